//! One unit's group, as one replica of it: what `host` calls.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::command::{Outcome, Proposal};
use domain::ids::{NodeId, UnitId};
use domain::store::StoreFault;
use futures::StreamExt;
use openraft::async_runtime::watch::WatchReceiver;
use openraft::errors::{ClientWriteError, Fatal, InitializeError, LinearizableReadError, RaftError};
use openraft::metrics::WaitError;
use openraft::{AsyncRuntime, Instant, Raft};
use protocol::record;
use protocol::seam::{Channel, GroupLog, GroupRows, Links};
use protocol::touched::Touched;

use crate::alarm::Alarm;
use crate::answer::{Answering, read_index};
use crate::changes::{Changes, View};
use crate::config::{Config, Timing};
use crate::fault::{FoundFault, ProposeFault, ReadFault, StartFault, Stop, forwarded};
use crate::form::Member;
use crate::log::LogStore;
use crate::machine::Machine;
use crate::peer::{Network, ask};
use crate::standing::Standing;
use crate::status::Status;
use crate::types::{Command, Types};
use crate::wire::{Answer, ReadPoint, Request};

/// A replica of a unit's group. Clones are the same replica; it runs until [`Self::shutdown`] or a fault, not until it is dropped.
pub struct Group<R: AsyncRuntime, L: GroupLog, W: GroupRows, K: Links> {
    pub(crate) raft: Raft<Types<R>, Machine<W>>,
    pub(crate) shared: Arc<Shared<L, W, K>>,
}

pub(crate) struct Shared<L, W, K> {
    unit: UnitId,
    pub(crate) node: NodeId,
    pub(crate) timing: Timing,
    most_command_bytes: usize,
    rows: W,
    touched: Arc<Mutex<Touched>>,
    links: K,
    alarm: Alarm,
    answering: Answering<L, W>,
}

impl<R: AsyncRuntime, L: GroupLog, W: GroupRows, K: Links> Clone for Group<R, L, W, K> {
    fn clone(&self) -> Self {
        Self { raft: self.raft.clone(), shared: self.shared.clone() }
    }
}

impl<R: AsyncRuntime, L: GroupLog, W: GroupRows, K: Links> Group<R, L, W, K> {
    /// Starts from what the log and rows hold. A replica that is its group's only voter leads at once; a new one waits to be
    /// founded, or to be sent entries.
    pub async fn start(config: Config, log: L, rows: W, links: K) -> Result<Self, StartFault> {
        let (alarm, mut reverted) = Alarm::watched();
        let openraft = Arc::new(config.openraft()?);
        let store = LogStore::new(log.clone(), alarm.clone());
        let standing = Standing::open(&config, rows.clone(), store.flushed()).map_err(Stop::from)?;
        let network = Network::<W, K>::new(&config, links.clone(), standing.clone(), alarm.clone());
        let machine = Machine::new(rows.clone(), alarm.clone());
        let touched = machine.touched();
        let stop = |fatal: Fatal<Types<R>>| Stop::new(&fatal, &alarm);
        let raft = Raft::new(config.node.0, openraft, network, store, machine).await.map_err(stop)?;
        let stopped = raft.clone();
        drop(R::spawn(async move {
            // Whoever finds out that this replica must not vote cannot end the group from within one of its own calls.
            if reverted.next().await.is_some() {
                drop(stopped.shutdown().await);
            }
        }));
        let alone = raft.voter_ids().eq([config.node.0]);
        if alone {
            raft.trigger().elect(false).await.map_err(stop)?;
        }
        let shared = Shared {
            unit: config.unit,
            node: config.node,
            timing: config.timing,
            most_command_bytes: config.most_command_bytes,
            answering: Answering::new(standing, log, rows.clone(), alarm.clone()),
            rows,
            touched,
            links,
            alarm,
        };
        Ok(Self { raft, shared: Arc::new(shared) })
    }

    /// Founds the group with these voters. Done before: nothing happens, whoever was named then.
    ///
    /// May be called on one of the voters, or on several with the **same** members; other members on another replica would make
    /// two groups of one.
    pub async fn found(&self, members: BTreeMap<NodeId, Member>) -> Result<(), FoundFault> {
        let named = members.keys().copied().collect::<Vec<_>>();
        let nodes: BTreeMap<u64, Member> = members.into_iter().map(|(node, member)| (node.0, member)).collect();
        match self.raft.initialize(nodes).await {
            Ok(()) | Err(RaftError::APIError(InitializeError::NotAllowed(_))) => Ok(()),
            Err(RaftError::APIError(InitializeError::NotInMembers(_))) => {
                Err(FoundFault::NotMember { node: self.shared.node, members: named })
            }
            Err(RaftError::Fatal(fatal)) => Err(self.stop(&fatal).into()),
        }
    }

    /// Logs a command and waits until it is applied here. Many may be under way; they share syncs and messages.
    ///
    /// # Errors
    /// See [`ProposeFault::is_unknown`]: after some faults the command may still have been applied.
    pub async fn propose(&self, proposal: &Proposal, within: Duration) -> Result<Outcome, ProposeFault> {
        let payload = record::write(proposal)?;
        let (bytes, most) = (payload.len(), self.shared.most_command_bytes);
        if bytes > most {
            return Err(ProposeFault::TooLarge { bytes, most });
        }
        let late = || ProposeFault::Deadline { millis: millis(within) };
        let written = R::timeout(within, self.raft.client_write(Command(payload))).await.map_err(|_| late())?;
        match written {
            // A command always has an outcome; if it had none, nobody could say what became of it.
            Ok(response) => response.data.ok_or(ProposeFault::LeaderChanged { leader: None }),
            Err(RaftError::Fatal(fatal)) => Err(self.stop(&fatal).into()),
            Err(RaftError::APIError(ClientWriteError::LogEntryDiscarded(forward))) => {
                Err(ProposeFault::LeaderChanged { leader: forwarded(&forward, self.shared.node) })
            }
            Err(RaftError::APIError(ClientWriteError::ForwardToLeader(forward))) => {
                let other = forwarded(&forward, self.shared.node);
                Err(other.map_or(ProposeFault::NoLeader, |leader| ProposeFault::NotLeader { leader }))
            }
            // Only changes of members meet these.
            Err(RaftError::APIError(
                ClientWriteError::ChangeMembershipError(_) | ClientWriteError::PreconditionFailed(_),
            )) => Err(ProposeFault::NoLeader),
        }
    }

    /// After this, the rows here hold everything that was confirmed to anyone before it was called: take a view of them then.
    ///
    /// The leader asks a majority whether it still leads; any other replica asks the leader. Returns the index that is applied.
    pub async fn read_barrier(&self, within: Duration) -> Result<u64, ReadFault> {
        let late = || ReadFault::Deadline { millis: millis(within) };
        let deadline = R::Instant::now() + within;
        let point = R::timeout_at(deadline, self.read_point(within)).await.map_err(|_| late())??;
        let left = deadline.saturating_duration_since(R::Instant::now());
        match self.raft.wait(Some(left)).applied_index_at_least(Some(point), "read barrier").await {
            Ok(_) => Ok(point),
            Err(WaitError::Timeout(..)) => Err(late()),
            Err(WaitError::ShuttingDown) => Err(self.stopped_why().into()),
        }
    }

    async fn read_point(&self, within: Duration) -> Result<u64, ReadFault> {
        let leader = match self.raft.get_read_linearizer(read_index(within)).await {
            Ok(linearizer) => return Ok(linearizer.read_log_id().index()),
            Err(RaftError::Fatal(fatal)) => return Err(self.stop(&fatal).into()),
            Err(RaftError::APIError(LinearizableReadError::QuorumNotEnough(why))) => {
                return Err(ReadFault::NoLeader { why: why.to_string() });
            }
            Err(RaftError::APIError(LinearizableReadError::ForwardToLeader(forward))) => {
                let why = || "this node knows of no other leader".to_owned();
                forwarded(&forward, self.shared.node).ok_or_else(|| ReadFault::NoLeader { why: why() })?
            }
        };
        let request = Request::ReadPoint { within_millis: millis(within) };
        let answer = ask(&self.shared.links, leader, self.shared.unit, Channel::Vote, &request, within).await;
        match answer {
            Ok(Answer::ReadPoint(ReadPoint::At(position))) => Ok(position.index),
            Ok(Answer::ReadPoint(ReadPoint::Unknown { why })) => Err(ReadFault::NoLeader { why }),
            Ok(_) => Err(ReadFault::NoLeader { why: format!("node {leader} answered something else") }),
            Err(fault) => Err(ReadFault::NoLeader { why: fault.to_string() }),
        }
    }

    /// Answers another replica of the same unit; `from` is the node that its certificate names.
    ///
    /// Requests of one stream must be handed over in their order; the next may be before the one before it is answered, and
    /// should, so that they share a sync. `Err` is told to the peer and ends the stream.
    pub async fn answer(&self, from: NodeId, channel: Channel, body: Vec<u8>) -> Result<Vec<u8>, String> {
        self.shared.answering.answer(&self.raft, from, channel, &body).await
    }

    /// Who leads and how far the rows are, now.
    pub fn view(&self) -> View {
        View::new(&self.raft.metrics().borrow_watched())
    }

    /// Waits for changes of [`Self::view`].
    pub fn changes(&self) -> Changes<R> {
        Changes::new(self.raft.metrics(), self.shared.alarm.clone())
    }

    /// Waits until the group has stopped, and says why.
    pub async fn stopped(&self) -> Stop {
        let mut changes = self.changes();
        loop {
            if let Err(stop) = changes.next().await {
                return stop;
            }
        }
    }

    /// Why the group has stopped; nothing while it runs.
    pub fn ended(&self) -> Option<Stop> {
        let metrics = self.raft.metrics();
        let state = metrics.borrow_watched().running_state.clone();
        state.err().map(|fatal| self.stop(&fatal))
    }

    /// All that can be seen of the group from here.
    pub fn status(&self) -> Result<Status, StoreFault> {
        let metrics = self.raft.metrics();
        let metrics = metrics.borrow_watched().clone();
        Status::new(&metrics, &self.shared.rows, &self.answering(&metrics))
    }

    /// The rows, to be read after [`Self::read_barrier`], or as they are.
    pub fn rows(&self) -> &W {
        &self.shared.rows
    }

    /// What was written to the rows since this was last asked; at first, nothing since the start.
    pub fn take_touched(&self) -> Touched {
        self.shared.touched.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// The unit.
    pub fn unit(&self) -> UnitId {
        self.shared.unit
    }

    /// This replica.
    pub fn node(&self) -> NodeId {
        self.shared.node
    }

    /// Sets a snapshot point at what is applied and lets the log before it, less what is to be kept, be purged. Returns at once.
    pub async fn trigger_snapshot(&self) -> Result<(), Stop> {
        self.raft.trigger().snapshot().await.map_err(|fatal| self.stop(&fatal))
    }

    /// Purges the log up to an index, as far as a snapshot point covers it, whatever is to be kept. Returns at once.
    pub async fn purge_log(&self, upto: u64) -> Result<(), Stop> {
        self.raft.trigger().purge_log(upto).await.map_err(|fatal| self.stop(&fatal))
    }

    /// Stops this replica. Proposals under way end as unknown; call [`Self::step_down`] first where there are other voters.
    pub async fn shutdown(&self) -> Result<(), Stop> {
        self.raft.shutdown().await.map_err(|why| Stop::Defect(why.to_string()))
    }

    /// Stops the group for a fault that was met beside consensus, by whoever reads the rows: a replica that cannot read what it
    /// has written must not go on answering (promise 6). [`Self::stopped`] gives the fault.
    pub async fn fail(&self, fault: StoreFault) {
        // The alarm has said it; what is left is to end.
        drop(self.shared.alarm.ring(fault));
        drop(self.raft.shutdown().await);
    }

    /// Stops this replica because the unit's neighbours know another history than the one that lies here: it must not go on with it.
    /// [`Self::stopped`] gives the reason as [`Stop::Contradicted`].
    pub async fn disown(&self, why: String) {
        self.shared.alarm.disown(why);
        drop(self.raft.shutdown().await);
    }

    pub(crate) fn stop(&self, fatal: &Fatal<Types<R>>) -> Stop {
        Stop::new(fatal, &self.shared.alarm)
    }

    pub(crate) fn stopped_why(&self) -> Stop {
        match &self.raft.metrics().borrow_watched().running_state {
            Err(fatal) => self.stop(fatal),
            Ok(()) => self.stop(&Fatal::Stopped),
        }
    }
}

pub(crate) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
