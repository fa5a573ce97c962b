//! One node as a process: started, paused, killed, asked.

use std::fs::File;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::Value;
use tokio::time::{Instant, sleep};

use crate::binary::binary;
use crate::network;

/// One node of a region. Ended when dropped.
#[derive(Debug)]
pub struct Node {
    /// Its unit's code, as the region writes it.
    pub unit: String,
    /// Its number in the region.
    pub number: u64,
    /// The folder with its settings, keys and data.
    pub folder: PathBuf,
    program: String,
    address: Ipv4Addr,
    child: Option<Child>,
    client: reqwest::Client,
    starts: u32,
}

impl Node {
    pub(crate) fn new(unit: String, number: u64, tier: &str, folder: PathBuf, address: Ipv4Addr) -> Self {
        // No request may hang: a paused node answers nobody.
        let client = reqwest::Client::builder().timeout(Duration::from_secs(15)).build().unwrap_or_default();
        Self { unit, number, folder, program: format!("{tier}-node"), address, child: None, client, starts: 0 }
    }

    /// Starts the process. What it prints goes to `node-<starts>.log` in its folder.
    pub fn start(&mut self) -> Result<()> {
        self.starts += 1;
        let log = File::create(self.log_file())?;
        let child = Command::new(binary(&self.program)?)
            .arg("--config")
            .arg(self.folder.join("node.toml"))
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .with_context(|| format!("starting {}", self.program))?;
        self.child = Some(child);
        Ok(())
    }

    fn log_file(&self) -> PathBuf {
        self.folder.join(format!("node-{}.log", self.starts))
    }

    /// What the process printed since it was last started.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.log_file()).unwrap_or_default()
    }

    /// Whether the process runs.
    pub fn runs(&mut self) -> bool {
        self.child.as_mut().is_some_and(|child| matches!(child.try_wait(), Ok(None)))
    }

    /// kill -9.
    pub fn kill(&mut self) -> Result<()> {
        if let Some(mut child) = self.child.take() {
            child.kill()?;
            child.wait()?;
        }
        Ok(())
    }

    /// SIGTERM, and waits for the end.
    pub async fn terminate(&mut self) -> Result<ExitStatus> {
        self.signal("TERM")?;
        let Some(mut child) = self.child.take() else { bail!("node {} does not run", self.number) };
        let until = Instant::now() + Duration::from_secs(30);
        loop {
            if let Some(status) = child.try_wait()? {
                return Ok(status);
            }
            if Instant::now() > until {
                child.kill()?;
                bail!("node {} of {} did not end within 30 s of SIGTERM:\n{}", self.number, self.unit, self.log());
            }
            sleep(Duration::from_millis(20)).await;
        }
    }

    /// SIGSTOP: the process stands still.
    pub fn pause(&self) -> Result<()> {
        self.signal("STOP")
    }

    /// SIGCONT.
    pub fn resume(&self) -> Result<()> {
        self.signal("CONT")
    }

    fn signal(&self, name: &str) -> Result<()> {
        let Some(child) = &self.child else { bail!("node {} does not run", self.number) };
        let sent = Command::new("kill").arg(format!("-{name}")).arg(child.id().to_string()).status()?;
        if sent.success() { Ok(()) } else { bail!("kill -{name} {}", child.id()) }
    }

    /// Cuts the node off from every other one.
    pub fn cut(&self) -> Result<()> {
        network::cut(self.address)
    }

    /// Undoes [`Self::cut`].
    pub fn heal(&self) -> Result<()> {
        network::heal(self.address)
    }

    /// Of its HTTP interface.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}:8400{path}", self.address)
    }

    /// A question over HTTP, as JSON.
    pub async fn get(&self, path: &str) -> Result<Value> {
        answer(path, self.client.get(self.url(path)).send().await?).await
    }

    /// An act over HTTP, by one of the demo people; under a key where one is given.
    pub async fn post(&self, path: &str, person: &str, key: Option<&str>, body: &Value) -> Result<Value> {
        let mut request = self.client.post(self.url(path)).header("x-tongban-person", person).json(body);
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        answer(path, request.send().await?).await
    }

    /// `/v1/status`.
    pub async fn status(&self) -> Result<Value> {
        self.get("/v1/status").await
    }
}

async fn answer(path: &str, response: reqwest::Response) -> Result<Value> {
    let status = response.status();
    let body: Value = response.json().await.with_context(|| format!("{path} answered {status} without JSON"))?;
    if status.is_success() { Ok(body) } else { bail!("{path} answered {status}: {body}") }
}

impl Drop for Node {
    fn drop(&mut self) {
        if let Err(why) = self.kill() {
            eprintln!("node {} of {} is not ended: {why}", self.number, self.unit);
        }
    }
}
