//! A relay that lies: somebody who has the folder of a node of a unit that may carry, and answers in that node's place.

use std::net::UdpSocket;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, Result};
use domain::ids::{Generation, MailSequence, UnitId};
use domain::tables::InboxCursor;
use protocol::crypto::Standard;
use protocol::mail_exchange::{Carried, Carry, MailReply, MailRequest};
use protocol::record;
use protocol::seam::{Answers, Channel, Links as _, Peer};
use protocol::signing::SigningKey;
use protocol::statement::{MailStatement, asked};
use sim::ground::draw::Draw;
use tokio::time::{Instant, sleep};
use transport::authority::NodeKeys;
use transport::{Quic, QuicConfig};

use super::hostile::Shown;
use super::{LOOK, machine_time};

/// For the answer to what it carries honestly.
const DEADLINE_MILLIS: u64 = 4_000;
/// Its last tasks end after it, and with them its socket.
const FREE_WITHIN: Duration = Duration::from_secs(5);

/// What it did with a request that it was to carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trick {
    /// Said in the receiver's name that everything has come, under its own signature.
    AnsweredInItsPlace,
    /// Carried it, brought the answer back, and kept a copy.
    Carried,
    /// Carried nothing, and answered with the copy.
    PlayedAgain,
}

/// A hostile relay. It does each [`Trick`] once in turn, and the last one from then on.
#[derive(Debug)]
pub struct HostileRelay {
    quic: Quic,
    address: String,
    done: Arc<Mutex<Vec<Trick>>>,
}

/// What answers.
struct Lies {
    region: String,
    own: SigningKey,
    links: Quic,
    done: Arc<Mutex<Vec<Trick>>>,
    kept: Mutex<Option<Vec<u8>>>,
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl HostileRelay {
    /// In the place of a node that does not run, by its folder. Within a runtime.
    ///
    /// # Errors
    /// Keys that cannot be read, or an address that is taken.
    pub fn begin(folder: &Path, address: &str) -> Result<Self> {
        let keys = NodeKeys::read(folder)?;
        let directory = keys.directory()?;
        let region = directory.region().to_string();
        let quic = Quic::bind(QuicConfig {
            socket: UdpSocket::bind(address).with_context(|| address.to_owned())?,
            credentials: keys.credentials()?,
            directory,
            incarnation: [0; 16],
            clock: Arc::new(Shown(machine_time())),
            entropy: Arc::new(Draw::new(u64::from(std::process::id()), "hostile relay")),
            timing: transport::Timing::default(),
        })?;
        let done = Arc::<Mutex<Vec<Trick>>>::default();
        let lies = Lies {
            region,
            own: keys.signing_key,
            links: quic.clone(),
            done: Arc::clone(&done),
            kept: Mutex::default(),
        };
        quic.serve(Arc::new(lies));
        Ok(Self { quic, address: address.to_owned(), done })
    }

    /// What it has done, in order.
    pub fn done(&self) -> Vec<Trick> {
        held(&self.done).clone()
    }

    /// Gives the address free.
    ///
    /// # Errors
    /// It is still taken after a while.
    pub async fn end(self) -> Result<()> {
        let Self { quic, address, .. } = self;
        quic.shutdown().await;
        drop(quic);
        let until = Instant::now() + FREE_WITHIN;
        while let Err(why) = UdpSocket::bind(&address) {
            if Instant::now() > until {
                return Err(why).context(address);
            }
            sleep(LOOK).await;
        }
        Ok(())
    }
}

impl Answers for Lies {
    async fn answer(&self, from: Peer, _: UnitId, channel: Channel, body: Vec<u8>) -> Result<Vec<u8>, String> {
        match (channel, MailRequest::read(&body)) {
            (Channel::Mail, Ok(MailRequest::Carry(carry))) => {
                self.carry(from, *carry).await.map_err(|why| format!("{why:#}"))
            }
            _ => Err("here is nobody".to_owned()),
        }
    }
}

impl Lies {
    async fn carry(&self, from: Peer, carry: Carry) -> Result<Vec<u8>> {
        let first = held(&self.done).is_empty();
        let kept = held(&self.kept).clone();
        let (trick, answer) = match kept {
            _ if first => (Trick::AnsweredInItsPlace, self.in_its_place(from.unit, &carry)?),
            Some(kept) => (Trick::PlayedAgain, kept),
            None => {
                let carried = MailRequest::Carried(Box::new(Carried { from: from.unit, request: carry.request }));
                let (body, to) = (record::write(&carried)?, carry.to);
                let answer = self.links.request(carry.node, to, Channel::Mail, body, DEADLINE_MILLIS).await?;
                *held(&self.kept) = Some(answer.clone());
                (Trick::Carried, answer)
            }
        };
        held(&self.done).push(trick);
        Ok(answer)
    }

    /// A statement as good as one can be made without the receiver's key.
    fn in_its_place(&self, sender: UnitId, carry: &Carry) -> Result<Vec<u8>> {
        let hello = match MailRequest::read(&carry.request)? {
            MailRequest::Greet(greeting) => Some(greeting.greeting.hello),
            _ => None,
        };
        let read = hello.map(|hello| InboxCursor {
            generation: hello.generation,
            sequence: hello.written,
            chain: hello.chain,
        });
        let statement = MailStatement {
            region: self.region.clone(),
            by: carry.to,
            generation: Generation::FIRST,
            to: sender,
            asked: asked(&carry.request),
            read,
            mirrored: read.map_or(MailSequence(0), |read| read.sequence),
            acknowledged: MailSequence(0),
            refused: None,
        };
        let signed = statement.sign((carry.node, &self.own), &Standard)?;
        Ok(record::write(&MailReply::Stated(Box::new(signed)))?)
    }
}
