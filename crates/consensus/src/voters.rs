//! Who votes, and who leads: new replicas come up as learners, voters change through a joint majority, the lead is handed over.
//!
//! All of it on the leader, one change at a time. Whether a change is wise (who answers, what a majority is afterwards) is judged
//! before, by `unit::voters`; here only what consensus itself needs. Called by `host`.

use std::collections::BTreeSet;
use std::time::Duration;

use domain::ids::NodeId;
use openraft::async_runtime::watch::WatchReceiver;
use openraft::errors::{ChangeMembershipError, ClientWriteError, RaftError};
use openraft::metrics::WaitError;
use openraft::{AsyncRuntime, ChangeMembers, Instant, RaftMetrics, ServerState};
use protocol::seam::{GroupLog, GroupRows, Links};

use crate::fault::{LeadFault, forwarded};
use crate::form::Member;
use crate::group::{Group, millis};
use crate::status::behind;
use crate::types::Types;

type Changed<R, T> = Result<T, RaftError<Types<R>, ClientWriteError<Types<R>>>>;

impl<R: AsyncRuntime, L: GroupLog, W: GroupRows, K: Links> Group<R, L, W, K> {
    /// Gives the lead to a voter and waits until this replica does not lead any more.
    ///
    /// From here on this replica takes no proposals: where the other does not take the lead, the group elects.
    pub async fn transfer_leader(&self, to: NodeId, within: Duration) -> Result<(), LeadFault> {
        let leader = self.view().leader;
        if leader != Some(self.shared.node) {
            return Err(LeadFault::NotLeader { leader });
        }
        if !self.raft.voter_ids().any(|voter| voter == to.0) {
            return Err(LeadFault::NotVoter { node: to });
        }
        if to == self.shared.node {
            return Ok(());
        }
        self.raft.trigger().transfer_leader(to.0).await.map_err(|fatal| self.stop(&fatal))?;
        let left = |metrics: &RaftMetrics<Types<R>>| metrics.state != ServerState::Leader;
        match self.raft.wait(Some(within)).metrics(left, "lead handed over").await {
            Ok(_) => Ok(()),
            Err(WaitError::Timeout(..)) => Err(LeadFault::Deadline { millis: millis(within) }),
            Err(WaitError::ShuttingDown) => Err(self.stopped_why().into()),
        }
    }

    /// Before a planned stop: gives the lead to the voter that has the most, so that the group need not wait for an election.
    /// Nothing to do on a replica that does not lead, or has no other voter that answers.
    pub async fn step_down(&self, within: Duration) -> Result<(), LeadFault> {
        match self.successor() {
            Some(best) => self.transfer_leader(best, within).await,
            None => Ok(()),
        }
    }

    /// Of the other voters that answer the one that has the most; nobody on a replica that does not lead.
    pub fn successor(&self) -> Option<NodeId> {
        let metrics = self.raft.metrics();
        let metrics = metrics.borrow_watched();
        let voters: BTreeSet<u64> = metrics.membership_config.voter_ids().collect();
        let answering = self.answering(&metrics);
        let others = metrics.replication.iter().flatten().filter(|(node, _)| **node != self.shared.node.0);
        let others = others.filter(|(node, _)| voters.contains(*node) && answering.contains(&NodeId(**node)));
        others.max_by_key(|(_, matched)| **matched).map(|(node, _)| NodeId(*node))
    }

    /// Who has answered this leader within the longest election timeout, itself included; nobody on a replica that does not lead.
    pub(crate) fn answering(&self, metrics: &RaftMetrics<Types<R>>) -> BTreeSet<NodeId> {
        let Some(heard) = &metrics.heartbeat else { return BTreeSet::new() };
        let lately = Duration::from_millis(self.shared.timing.election_max_millis);
        let answers = |(node, at): (&u64, &Option<_>)| {
            let at: &openraft::metrics::SerdeInstant<R::Instant> = at.as_ref()?;
            (at.elapsed() <= lately).then_some(NodeId(*node))
        };
        heard.iter().filter_map(answers).chain([self.shared.node]).collect()
    }

    /// Adds a replica that follows without a vote, and waits until it has caught up. On the leader.
    ///
    /// It has, once a round lasted less than the shortest election timeout; a round is over when the replica has what the leader had
    /// as it began (Ongaro 2014, 4.2.1). Whoever becomes a voter so holds nothing up.
    ///
    /// # Errors
    /// [`LeadFault::Behind`] where it has not in time: it is a learner then, until [`Self::remove_learner`].
    pub async fn add_learner(&self, node: NodeId, member: Member, within: Duration) -> Result<(), LeadFault> {
        let deadline = R::Instant::now() + within;
        let added = R::timeout_at(deadline, self.raft.add_learner(node.0, member, false)).await;
        self.members_changed(added.map_err(|_| within)?)?;
        loop {
            let began = R::Instant::now();
            let target = self.raft.metrics().borrow_watched().last_log_index;
            let is_over = |metrics: &RaftMetrics<Types<R>>| {
                metrics.state != ServerState::Leader || matched(metrics, node) >= target
            };
            let left = deadline.saturating_duration_since(began);
            match self.raft.wait(Some(left)).metrics(is_over, "a round of catching up").await {
                Ok(metrics) if metrics.state != ServerState::Leader => {
                    let leader = metrics.current_leader.map(NodeId);
                    return Err(LeadFault::NotLeader { leader });
                }
                Ok(_) if began.elapsed() <= Duration::from_millis(self.shared.timing.election_min_millis) => {
                    return Ok(());
                }
                Ok(_) => {}
                Err(WaitError::ShuttingDown) => return Err(self.stopped_why().into()),
                Err(WaitError::Timeout(..)) => {
                    let metrics = self.raft.metrics();
                    let metrics = metrics.borrow_watched();
                    let behind = behind(metrics.last_log_index, matched(&metrics, node));
                    return Err(LeadFault::Behind { node, behind, millis: millis(within) });
                }
            }
        }
    }

    /// Takes a replica without a vote out of the group: what is left of one that never caught up. On the leader.
    pub async fn remove_learner(&self, node: NodeId, within: Duration) -> Result<(), LeadFault> {
        let gone = ChangeMembers::<u64, Member>::RemoveNodes(BTreeSet::from([node.0]));
        let changed = R::timeout(within, self.raft.change_membership(gone, true)).await;
        self.members_changed(changed.map_err(|_| within)?)
    }

    /// Makes these the voters, through a joint majority of both sets; each must be a member already. On the leader, one change at
    /// a time. Who is no longer named leaves the group.
    ///
    /// # Errors
    /// After [`LeadFault::Deadline`] and where the leader changes meanwhile both sets may be left: see [`Self::settle`].
    pub async fn change_voters(&self, voters: BTreeSet<NodeId>, within: Duration) -> Result<(), LeadFault> {
        let voters: BTreeSet<u64> = voters.into_iter().map(|node| node.0).collect();
        let changed = R::timeout(within, self.raft.change_membership(voters, false)).await;
        self.members_changed(changed.map_err(|_| within)?)
    }

    /// Whether two sets of voters are in force: a change that its leader did not finish.
    pub fn is_joint(&self) -> bool {
        self.raft.metrics().borrow_watched().membership_config.membership().get_joint_config().len() > 1
    }

    /// Finishes a change that a former leader began: the set that it was to be. On the leader.
    pub async fn settle(&self, within: Duration) -> Result<(), LeadFault> {
        let nobody = ChangeMembers::<u64, Member>::AddVoterIds(BTreeSet::new());
        let changed = R::timeout(within, self.raft.change_membership(nobody, false)).await;
        self.members_changed(changed.map_err(|_| within)?)
    }

    fn members_changed<T>(&self, changed: Changed<R, T>) -> Result<(), LeadFault> {
        match changed {
            Ok(_) => Ok(()),
            Err(RaftError::Fatal(fatal)) => Err(self.stop(&fatal).into()),
            Err(RaftError::APIError(
                ClientWriteError::ForwardToLeader(forward) | ClientWriteError::LogEntryDiscarded(forward),
            )) => Err(LeadFault::NotLeader { leader: forwarded(&forward, self.shared.node) }),
            Err(RaftError::APIError(ClientWriteError::ChangeMembershipError(ChangeMembershipError::InProgress(_)))) => {
                Err(LeadFault::UnderWay)
            }
            Err(RaftError::APIError(why)) => Err(LeadFault::Members { why: why.to_string() }),
        }
    }
}

/// The last entry that a replica is known to have.
fn matched<R: AsyncRuntime>(metrics: &RaftMetrics<Types<R>>, node: NodeId) -> Option<u64> {
    metrics.replication.as_ref()?.get(&node.0)?.map(|id| id.index)
}

impl From<Duration> for LeadFault {
    fn from(within: Duration) -> Self {
        Self::Deadline { millis: millis(within) }
    }
}
