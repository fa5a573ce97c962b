//! How `tongban dev stop` and `start` reach the process that runs the nodes: one line of JSON each way over loopback TCP. The
//! address and a secret lie in `control.json`, which only its owner can read.

use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, bail};
use protocol::seam::Entropy;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt};
use tokio::sync::{mpsc, oneshot};

/// The file that tells where the process listens.
#[derive(Debug, Serialize, Deserialize)]
struct ControlFile {
    /// Of the running process.
    process: u32,
    address: SocketAddr,
    /// Given back with every order.
    secret: String,
}

/// What the other process is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Order {
    pub(super) deed: Deed,
    /// A unit's code or name.
    pub(super) unit: String,
    /// One node of it; all where `None`.
    pub(super) node: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Deed {
    Stop,
    Start,
}

#[derive(Debug, Serialize, Deserialize)]
struct Sent {
    secret: String,
    #[serde(flatten)]
    order: Order,
}

/// What it says: lines to print, or why not.
pub(super) type Reply = Result<String, String>;

/// An order with the place for its reply.
pub(super) type Asked = (Order, oneshot::Sender<Reply>);

const LONGEST_LINE: u64 = 4096;
/// A stop waits for requests under way; a start for a leader.
const PATIENCE: Duration = Duration::from_secs(30);

fn path(folder: &Path) -> PathBuf {
    folder.join("control.json")
}

/// Listens, and tells where in `folder`. Orders come out of the returned queue, one at a time.
pub(super) async fn listen(folder: &Path) -> anyhow::Result<mpsc::Receiver<Asked>> {
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let mut secret = [0; 16];
    node::MachineEntropy.fill(&mut secret);
    let secret = hex::encode(secret);
    let file = ControlFile { process: std::process::id(), address: listener.local_addr()?, secret: secret.clone() };
    write_whole(&path(folder), &serde_json::to_string_pretty(&file)?, 0o600)?;
    let (orders, receiver) = mpsc::channel(1);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            // One after the other: orders change what the next one finds.
            drop(tokio::time::timeout(PATIENCE, serve(stream, &secret, &orders)).await);
        }
    });
    Ok(receiver)
}

async fn serve(mut stream: tokio::net::TcpStream, secret: &str, orders: &mpsc::Sender<Asked>) -> anyhow::Result<()> {
    let (reading, mut writing) = stream.split();
    let mut line = String::new();
    tokio::io::BufReader::new(reading.take(LONGEST_LINE)).read_line(&mut line).await?;
    let reply = match serde_json::from_str::<Sent>(&line) {
        Ok(sent) if sent.secret == secret => {
            let (told, reply) = oneshot::channel();
            orders.send((sent.order, told)).await?;
            reply.await?
        }
        Ok(_) => Err("the secret is another one: control.json is from an earlier start".to_owned()),
        Err(why) => Err(format!("not an order: {why}")),
    };
    writing.write_all((serde_json::to_string(&reply)? + "\n").as_bytes()).await?;
    Ok(())
}

/// Gives an order to the process that runs in `folder`, and waits for its reply.
pub(super) fn give(folder: &Path, order: Order) -> anyhow::Result<String> {
    let path = path(folder);
    let none =
        || format!("no `tongban dev` runs in {}: start it there, or name its folder with --dir", folder.display());
    let text = std::fs::read_to_string(&path).with_context(none)?;
    let file: ControlFile = serde_json::from_str(&text).with_context(|| format!("{} is damaged", path.display()))?;
    let mut stream = TcpStream::connect(file.address).with_context(none)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let sent = Sent { secret: file.secret, order };
    stream.write_all((serde_json::to_string(&sent)? + "\n").as_bytes())?;
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line)?;
    match serde_json::from_str::<Reply>(&line).context("the process gave no answer")? {
        Ok(told) => Ok(told),
        Err(why) => bail!(why),
    }
}

/// Nobody listens any more.
pub(super) fn forget(folder: &Path) {
    // A file that is gone already is as good.
    drop(std::fs::remove_file(path(folder)));
}

/// Writes a file beside its place and moves it there: a reader sees all of it or none.
pub(super) fn write_whole(path: &Path, text: &str, mode: u32) -> anyhow::Result<()> {
    let beside = path.with_added_extension("new");
    drop(std::fs::remove_file(&beside));
    let write = || {
        let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(mode).open(&beside)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&beside, path)
    };
    write().with_context(|| format!("{} cannot be written", path.display()))
}
