//! Whether something harmful is in a file: asked of a scanner while it comes, before it is kept.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// What a scanner found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing.
    Clean,
    /// Something, by the scanner's name for it.
    Found(String),
}

/// A scanner that cannot be asked: nothing is taken unscanned where one is set.
#[derive(Debug, thiserror::Error)]
#[error("the scanner does not answer: {0}")]
pub struct ScannerFault(#[from] io::Error);

/// Looks at files.
pub trait Scanner: Send + Sync {
    /// Begins with one.
    ///
    /// # Errors
    /// It cannot be asked.
    fn begin(&self) -> Result<Box<dyn Scan>, ScannerFault>;
}

/// One file that is looked at.
pub trait Scan: Send {
    /// What comes next of it.
    ///
    /// # Errors
    /// The scanner has gone.
    fn add(&mut self, plain: &[u8]) -> Result<(), ScannerFault>;

    /// All has come.
    ///
    /// # Errors
    /// The scanner has gone, or did not say what it found.
    fn end(self: Box<Self>) -> Result<Verdict, ScannerFault>;
}

/// None is set: everything is clean.
#[derive(Clone, Copy, Debug)]
pub struct NoScanner;

impl Scanner for NoScanner {
    fn begin(&self) -> Result<Box<dyn Scan>, ScannerFault> {
        Ok(Box::new(Self))
    }
}

impl Scan for NoScanner {
    fn add(&mut self, _: &[u8]) -> Result<(), ScannerFault> {
        Ok(())
    }

    fn end(self: Box<Self>) -> Result<Verdict, ScannerFault> {
        Ok(Verdict::Clean)
    }
}

/// ClamAV's daemon, over TCP by `INSTREAM` (clamd(8)): length u32 big endian · bytes, ended by a length of nothing.
#[derive(Clone, Copy, Debug)]
pub struct Clamd {
    /// Where it listens.
    pub address: SocketAddr,
    /// How long it may take over each step.
    pub patience: Duration,
}

struct Stream(TcpStream);

/// An answer is one short line.
const MOST_ANSWER: u64 = 4096;

impl Scanner for Clamd {
    fn begin(&self) -> Result<Box<dyn Scan>, ScannerFault> {
        let mut stream = TcpStream::connect_timeout(&self.address, self.patience)?;
        stream.set_read_timeout(Some(self.patience))?;
        stream.set_write_timeout(Some(self.patience))?;
        stream.write_all(b"zINSTREAM\0")?;
        Ok(Box::new(Stream(stream)))
    }
}

impl Scan for Stream {
    fn add(&mut self, plain: &[u8]) -> Result<(), ScannerFault> {
        // A length of nothing is the end.
        if plain.is_empty() {
            return Ok(());
        }
        let length = u32::try_from(plain.len()).map_err(|_| io::Error::other("a piece of 4 GiB"))?;
        self.0.write_all(&length.to_be_bytes())?;
        Ok(self.0.write_all(plain)?)
    }

    fn end(mut self: Box<Self>) -> Result<Verdict, ScannerFault> {
        self.0.write_all(&0_u32.to_be_bytes())?;
        let mut answer = String::new();
        (&mut self.0).take(MOST_ANSWER).read_to_string(&mut answer)?;
        let said = answer.trim_end_matches('\0').trim().strip_prefix("stream: ").map(str::trim);
        match said {
            Some("OK") => Ok(Verdict::Clean),
            Some(said) if said.ends_with("FOUND") => {
                Ok(Verdict::Found(said.trim_end_matches("FOUND").trim().to_owned()))
            }
            _ => Err(io::Error::other(format!("it said {answer:?}")).into()),
        }
    }
}
