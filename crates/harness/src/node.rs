//! One node, as a process or as a container: started, paused, cut off, killed, asked.

use std::ffi::OsString;
use std::fs::File;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::Value;
use tokio::time::{Instant, sleep};

use crate::binary::binary;
use crate::container::Container;
use crate::network::{self, Cut};

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
    runs: Runs,
    client: reqwest::Client,
    starts: u32,
    /// Variables of its environment, where it is a process.
    environment: Vec<(OsString, OsString)>,
}

/// As what a node runs.
#[derive(Debug)]
pub(crate) enum Runs {
    /// A process beside this test; `None` while it does not run.
    Process(Option<Child>),
    /// A container in a network of that name; `None` before it is first started.
    Container(String, Option<Box<Container>>),
}

impl Node {
    pub(crate) fn new(unit: String, number: u64, tier: &str, folder: PathBuf, runs: Runs) -> Self {
        // No request may hang: a paused node answers nobody.
        let client = reqwest::Client::builder().timeout(Duration::from_secs(15)).build().unwrap_or_default();
        let address = network::address(usize::try_from(number).unwrap_or(usize::MAX));
        Self {
            unit,
            number,
            folder,
            program: format!("{tier}-node"),
            address,
            runs,
            client,
            starts: 0,
            environment: vec![],
        }
    }

    /// Sets variables of its environment from its next start on. A container has the image's own.
    pub(crate) fn set_environment(&mut self, variables: Vec<(OsString, OsString)>) {
        self.environment = variables;
    }

    /// Starts it. What a process prints goes to `node-<starts>.log` in its folder.
    pub async fn start(&mut self) -> Result<()> {
        self.starts += 1;
        let log = self.log_file();
        match &mut self.runs {
            Runs::Process(child) => *child = Some(spawn(&self.program, &self.folder, &log, &self.environment)?),
            Runs::Container(_, Some(container)) => {
                container.start_again().await?;
                self.address = container.address()?;
            }
            Runs::Container(network, made) => {
                let name = host_name(self.number);
                let container = Container::run(&self.program, &name, network, &self.folder).await?;
                self.address = container.address()?;
                *made = Some(Box::new(container));
            }
        }
        Ok(())
    }

    fn log_file(&self) -> PathBuf {
        self.folder.join(format!("node-{}.log", self.starts))
    }

    /// What it printed since it was last started.
    pub fn log(&self) -> String {
        match &self.runs {
            Runs::Container(_, Some(container)) => container.log(),
            _ => std::fs::read_to_string(self.log_file()).unwrap_or_default(),
        }
    }

    /// kill -9.
    pub fn kill(&mut self) -> Result<()> {
        match &mut self.runs {
            Runs::Process(child) => {
                if let Some(mut child) = child.take() {
                    child.kill()?;
                    child.wait()?;
                }
                Ok(())
            }
            Runs::Container(_, Some(container)) => container.kill(),
            Runs::Container(_, None) => Ok(()),
        }
    }

    /// SIGTERM, and waits for the end.
    ///
    /// # Errors
    /// It did not end, or not well.
    pub async fn terminate(&mut self) -> Result<()> {
        let code = match &mut self.runs {
            Runs::Container(_, container) => container.as_ref().context("not started")?.terminate().await?,
            Runs::Process(child) => {
                let mut child = child.take().context("does not run")?;
                signal(&child, "TERM")?;
                ended(&mut child).await?.and_then(|status| status.code()).map(i64::from)
            }
        };
        if code != Some(0) {
            bail!("node {} of {} ended with {code:?} after SIGTERM:\n{}", self.number, self.unit, self.log());
        }
        Ok(())
    }

    /// It stands still.
    pub async fn pause(&self) -> Result<()> {
        match &self.runs {
            Runs::Process(child) => signal(child.as_ref().context("does not run")?, "STOP"),
            Runs::Container(_, container) => container.as_ref().context("not started")?.pause().await,
        }
    }

    /// It goes on.
    pub async fn resume(&self) -> Result<()> {
        match &self.runs {
            Runs::Process(child) => signal(child.as_ref().context("does not run")?, "CONT"),
            Runs::Container(_, container) => container.as_ref().context("not started")?.resume().await,
        }
    }

    /// Cuts the node off from every other one, or heals it.
    pub fn cut(&self, cut: Cut) -> Result<()> {
        match &self.runs {
            Runs::Process(_) => network::cut_address(self.address, cut),
            Runs::Container(_, container) => container.as_ref().context("not started")?.cut(cut),
        }
    }

    /// Where it is reached.
    pub fn address(&self) -> Ipv4Addr {
        self.address
    }

    /// The number of its process as this machine knows it; `None` while it does not run.
    pub(crate) fn process(&mut self) -> Option<String> {
        match &mut self.runs {
            Runs::Process(child) => {
                let child = child.as_mut()?;
                matches!(child.try_wait(), Ok(None)).then(|| child.id().to_string())
            }
            Runs::Container(_, container) => {
                let process = container.as_ref().and_then(|container| container.process().ok());
                process.filter(|process| process != "0")
            }
        }
    }

    /// Of its HTTP interface.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}:8400{path}", self.address)
    }

    /// The unit's own demo staff: an officer, a window or an agent, by its tier.
    pub fn staff(&self) -> String {
        let post = match self.program.as_str() {
            "village-node" => "agent",
            "township-node" => "window",
            _ => "officer",
        };
        format!("demo-{post}-{}", self.unit)
    }

    /// A question over HTTP by the unit's own staff, as JSON.
    pub async fn get(&self, path: &str) -> Result<Value> {
        let request = self.client.get(self.url(path)).header("x-tongban-person", self.staff());
        answer(path, request.send().await?).await
    }

    /// An act over HTTP, by one of the demo people; under a key where one is given.
    pub async fn post(&self, path: &str, person: &str, key: Option<&str>, body: &Value) -> Result<Value> {
        let mut request = self.client.post(self.url(path)).header("x-tongban-person", person).json(body);
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        answer(path, request.send().await?).await
    }

    /// A question over HTTP, or an act where a body is given, by whoever has a session's token or by nobody; null where nothing is
    /// answered.
    pub async fn call(&self, token: Option<&str>, path: &str, body: Option<&Value>) -> Result<Value> {
        let mut request = match body {
            Some(body) => self.client.post(self.url(path)).json(body),
            None => self.client.get(self.url(path)),
        };
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        let response = request.send().await?;
        if response.status() == reqwest::StatusCode::NO_CONTENT {
            return Ok(Value::Null);
        }
        answer(path, response).await
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

/// How the other nodes call it, where it runs as a container.
pub(crate) fn host_name(number: u64) -> String {
    format!("node-{number}")
}

fn spawn(program: &str, folder: &Path, log: &Path, environment: &[(OsString, OsString)]) -> Result<Child> {
    let log = File::create(log)?;
    Command::new(binary(program)?)
        .envs(environment.iter().map(|(name, value)| (name, value)))
        .arg("--config")
        .arg(folder.join("node.toml"))
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        .spawn()
        .with_context(|| format!("starting {program}"))
}

fn signal(child: &Child, name: &str) -> Result<()> {
    network::run("kill", &[&format!("-{name}"), &child.id().to_string()]).map(drop)
}

/// The end of a process that was asked to end; killed, and `None`, when it takes too long.
async fn ended(child: &mut Child) -> Result<Option<ExitStatus>> {
    let until = Instant::now() + Duration::from_secs(30);
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if Instant::now() > until {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        sleep(Duration::from_millis(20)).await;
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // A container is removed by its own drop.
        if matches!(self.runs, Runs::Process(_))
            && let Err(why) = self.kill()
        {
            eprintln!("node {} of {} is not ended: {why}", self.number, self.unit);
        }
    }
}
