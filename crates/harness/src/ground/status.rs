//! Asks every node how it is, over HTTP, again and again: how far it has applied, whether it leads, whether it has stopped.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::ids::NodeId;
use serde_json::Value;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

/// Between two questions to one node.
const EVERY: Duration = Duration::from_millis(80);
/// A node that stands still is not waited for.
const PATIENCE: Duration = Duration::from_secs(1);

/// What a node last said.
#[derive(Clone, Debug)]
pub(super) struct Status {
    /// Of its last command.
    pub(super) sequence: u64,
    /// The rolling hash of its state there, as text.
    pub(super) state: String,
    pub(super) leads: bool,
    pub(super) knows_leader: bool,
    /// It does not trust its own clock.
    pub(super) doubts: bool,
    /// Why its group has stopped, if so.
    pub(super) stopped: Option<String>,
    pub(super) heard: Instant,
}

/// Whom to ask, and what was answered in this life of the node.
struct Asked {
    url: String,
    staff: String,
    life: u32,
    runs: bool,
    status: Option<Status>,
}

/// The questions to all nodes. They end when it is dropped.
pub(super) struct Statuses {
    asked: Arc<Mutex<BTreeMap<NodeId, Asked>>>,
    tasks: Vec<JoinHandle<()>>,
}

type Shared = Arc<Mutex<BTreeMap<NodeId, Asked>>>;

fn lock(shared: &Shared) -> MutexGuard<'_, BTreeMap<NodeId, Asked>> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Statuses {
    /// Asks nobody yet: [`Self::starts`]. Must be called within a tokio runtime.
    pub(super) fn of(nodes: impl IntoIterator<Item = NodeId>) -> Self {
        let asked: Shared = Arc::default();
        let client = reqwest::Client::builder().timeout(PATIENCE).build().unwrap_or_default();
        let tasks = nodes.into_iter().map(|node| tokio::spawn(ask(node, Arc::clone(&asked), client.clone()))).collect();
        Self { asked, tasks }
    }

    /// A node was started: what it said before is of another life.
    pub(super) fn starts(&self, node: NodeId, url: String, staff: String) {
        let mut asked = lock(&self.asked);
        let life = asked.get(&node).map_or(0, |asked| asked.life) + 1;
        asked.insert(node, Asked { url, staff, life, runs: true, status: None });
    }

    /// A node does not run any more.
    pub(super) fn ends(&self, node: NodeId) {
        if let Some(asked) = lock(&self.asked).get_mut(&node) {
            (asked.runs, asked.status) = (false, None);
            asked.life += 1;
        }
    }

    /// What a node said last since it was started.
    pub(super) fn of_node(&self, node: NodeId) -> Option<Status> {
        lock(&self.asked).get(&node)?.status.clone()
    }
}

impl Drop for Statuses {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

async fn ask(node: NodeId, shared: Shared, client: reqwest::Client) {
    loop {
        let whom = lock(&shared)
            .get(&node)
            .filter(|asked| asked.runs)
            .map(|asked| (asked.url.clone(), asked.staff.clone(), asked.life));
        if let Some((url, staff, life)) = whom
            && let Some(status) = answer(client.get(url).header("x-tongban-person", staff)).await
            && let Some(asked) = lock(&shared).get_mut(&node).filter(|asked| asked.life == life)
        {
            asked.status = Some(status);
        }
        sleep(EVERY).await;
    }
}

async fn answer(request: reqwest::RequestBuilder) -> Option<Status> {
    let told: Value = request.send().await.ok()?.json().await.ok()?;
    Some(Status {
        sequence: told["sequence"].as_u64()?,
        state: told["state_hash"].as_str()?.to_owned(),
        leads: told["role"] == "leader",
        knows_leader: !told["leader"].is_null(),
        doubts: !told["clock"].is_null(),
        stopped: told["stopped"].as_str().map(str::to_owned),
        heard: Instant::now(),
    })
}
