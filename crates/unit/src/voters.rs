//! Changes of a unit's voters: what they come to, and when they are refused. Pure: `host` knows the group, asks [`plan`], and does
//! what it says. Membership is no part of the unit's state: nothing here is a command.

use std::collections::BTreeSet;

use domain::ids::{NodeId, UnitId};
use serde::{Deserialize, Serialize};

use crate::handle::Unavailable;

/// A change of who votes or leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "change")]
pub enum VoterChange {
    /// A node that is listed in the directory comes up as a learner, catches up, and votes.
    Add {
        /// Which.
        node: NodeId,
    },
    /// A voter votes no more; or a learner is taken out.
    Remove {
        /// Which.
        node: NodeId,
    },
    /// A voter, mostly a dead one, gives its place to a new node: one step for both.
    Replace {
        /// Which voter.
        node: NodeId,
        /// By which new node. A folder that was lost comes back as another node, never under its old number.
        by: NodeId,
    },
    /// A voter takes the lead.
    Lead {
        /// Which.
        node: NodeId,
    },
}

/// What is asked of the leader.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VoterRequest {
    /// What is to change.
    pub change: VoterChange,
    /// Only say what would be done.
    pub plan_only: bool,
    /// A new node catches up within so long, or is taken out again.
    pub within_millis: u64,
}

/// A unit's members, as its leader knows them now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VotersView {
    /// Whose.
    pub unit: UnitId,
    /// Who leads and says so.
    pub leader: NodeId,
    /// Voters and learners, in the order of their numbers.
    pub members: Vec<MemberView>,
    /// While voters change: the set that is being left. A majority of both is needed meanwhile.
    pub leaving: Option<BTreeSet<NodeId>>,
    /// Nodes that the directory lists in this unit.
    pub listed: BTreeSet<NodeId>,
    /// The number of the leader's directory.
    pub directory: u64,
    /// The change that is under way.
    pub under_way: Option<ChangeView>,
    /// The last one that this leader has ended.
    pub last: Option<EndedChange>,
}

/// A member of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberView {
    /// Which.
    pub node: NodeId,
    /// Whether it votes; a learner only follows.
    pub votes: bool,
    /// Whether it has answered the leader lately. The leader answers itself.
    pub answers: bool,
    /// Log entries behind the leader.
    pub behind: u64,
}

/// A change that is under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeView {
    /// Which.
    pub change: VoterChange,
    /// What is being done.
    pub step: ChangeStep,
}

/// How a change ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndedChange {
    /// Which.
    pub change: VoterChange,
    /// Nothing where it is done.
    pub fault: Option<VotersFault>,
}

/// A step of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "step")]
pub enum ChangeStep {
    /// Another voter takes the lead: the one that is to go, or that shall not lead, has it.
    HandOver {
        /// Who takes it.
        to: NodeId,
    },
    /// The new node follows without a vote until it has what the leader has.
    CatchUp {
        /// Which.
        node: NodeId,
    },
    /// The voters change, through a majority of both sets.
    ChangeVoters,
    /// A node without a vote is taken out.
    TakeOut {
        /// Which.
        node: NodeId,
    },
}

/// What a change comes to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VoterPlan {
    /// Which change.
    pub change: VoterChange,
    /// Who votes now.
    pub before: BTreeSet<NodeId>,
    /// Who votes afterwards.
    pub after: BTreeSet<NodeId>,
    /// Of those who vote afterwards, who answers now; a new node is expected to.
    pub answering: BTreeSet<NodeId>,
    /// What is done, in this order.
    pub steps: Vec<ChangeStep>,
}

impl VoterPlan {
    /// How many of the voters before make a majority.
    pub fn majority_before(&self) -> usize {
        majority(&self.before)
    }

    /// How many of the voters after make a majority.
    pub fn majority_after(&self) -> usize {
        majority(&self.after)
    }
}

/// Why voters are not changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum VotersFault {
    /// One change at a time.
    #[error("another change of the voters of unit {unit} is under way")]
    UnderWay {
        /// Whose.
        unit: UnitId,
    },
    /// Not of this unit, by the directory that its leader has.
    #[error("directory {directory} does not list node {node} in unit {unit}, but {}", list(listed))]
    Unlisted {
        /// Which node.
        node: NodeId,
        /// Whose unit.
        unit: UnitId,
        /// By which directory.
        directory: u64,
        /// Who is listed.
        listed: BTreeSet<NodeId>,
    },
    /// No member.
    #[error("node {node} is no member of unit {unit}; {} are", list(members))]
    Unknown {
        /// Which node.
        node: NodeId,
        /// Whose unit.
        unit: UnitId,
        /// Who is.
        members: BTreeSet<NodeId>,
    },
    /// Nothing to do.
    #[error("node {node} is a voter already")]
    Already {
        /// Which node.
        node: NodeId,
    },
    /// Only voters lead, and only voters are replaced.
    #[error("node {node} is no voter; {} are", list(voters))]
    NotVoter {
        /// Which node.
        node: NodeId,
        /// Who is.
        voters: BTreeSet<NodeId>,
    },
    /// Nobody can take the lead from the leader, or the named one does not answer.
    #[error("node {node} has not answered its leader lately")]
    Silent {
        /// Which node.
        node: NodeId,
    },
    /// A unit has a voter.
    #[error("node {node} is the only voter of unit {unit}")]
    Last {
        /// Which node.
        node: NodeId,
        /// Whose unit.
        unit: UnitId,
    },
    /// The unit would stand still.
    #[error("of the voters {} only {} would answer, {needed} are needed", list(voters), list(answering))]
    Quorum {
        /// Who would vote.
        voters: BTreeSet<NodeId>,
        /// Of them, who answers.
        answering: BTreeSet<NodeId>,
        /// A majority of them.
        needed: usize,
    },
    /// The new node did not come up to the leader. It was taken out again.
    #[error("node {node} was {behind} log entries behind after {millis} ms, and was taken out again")]
    Behind {
        /// Which node.
        node: NodeId,
        /// By how much.
        behind: u64,
        /// How long was waited.
        millis: u64,
    },
    /// The leader changed, or no majority answered in time: what was done is kept.
    #[error("the change of the voters of unit {unit} was interrupted: {why}")]
    Interrupted {
        /// Whose.
        unit: UnitId,
        /// By what.
        why: String,
    },
    /// The unit cannot answer now.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl VotersFault {
    /// The documented code (docs/errors.md).
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnderWay { .. } => "voters.under_way",
            Self::Unlisted { .. } => "voters.unlisted",
            Self::Unknown { .. } => "voters.unknown",
            Self::Already { .. } => "voters.already",
            Self::NotVoter { .. } => "voters.not_voter",
            Self::Silent { .. } => "voters.silent",
            Self::Last { .. } => "voters.last",
            Self::Quorum { .. } => "voters.quorum",
            Self::Behind { .. } => "voters.behind",
            Self::Interrupted { .. } => "voters.interrupted",
            Self::Unavailable(unavailable) => unavailable.code(),
        }
    }
}

impl VotersView {
    /// Who votes, after a change that is half done: the set that it goes to.
    pub fn voters(&self) -> BTreeSet<NodeId> {
        self.members.iter().filter(|member| member.votes).map(|member| member.node).collect()
    }

    /// Of these, who has answered lately.
    pub fn answering(&self, voters: &BTreeSet<NodeId>) -> BTreeSet<NodeId> {
        let answers = |member: &&MemberView| member.answers && voters.contains(&member.node);
        self.members.iter().filter(answers).map(|member| member.node).collect()
    }

    /// Whether so many of these answer that they can decide; `joining` is counted as if it did.
    ///
    /// # Errors
    /// [`VotersFault::Quorum`].
    pub fn judge_quorum(
        &self,
        voters: &BTreeSet<NodeId>,
        joining: Option<NodeId>,
    ) -> Result<BTreeSet<NodeId>, VotersFault> {
        let mut answering = self.answering(voters);
        answering.extend(joining);
        let needed = majority(voters);
        if answering.len() < needed {
            return Err(VotersFault::Quorum { voters: voters.clone(), answering, needed });
        }
        Ok(answering)
    }

    fn member(&self, node: NodeId) -> Result<&MemberView, VotersFault> {
        let members = || self.members.iter().map(|member| member.node).collect();
        let found = self.members.iter().find(|member| member.node == node);
        found.ok_or_else(|| VotersFault::Unknown { node, unit: self.unit, members: members() })
    }

    fn voter(&self, node: NodeId) -> Result<&MemberView, VotersFault> {
        let member = self.member(node)?;
        if member.votes { Ok(member) } else { Err(VotersFault::NotVoter { node, voters: self.voters() }) }
    }

    fn may_join(&self, node: NodeId) -> Result<(), VotersFault> {
        if self.voters().contains(&node) {
            return Err(VotersFault::Already { node });
        }
        if !self.listed.contains(&node) {
            let (unit, directory, listed) = (self.unit, self.directory, self.listed.clone());
            return Err(VotersFault::Unlisted { node, unit, directory, listed });
        }
        Ok(())
    }

    /// Of the voters that answer, but for the leader, the one that has the most; the lowest of several.
    fn successor(&self) -> Option<NodeId> {
        let others = self.members.iter().filter(|member| member.votes && member.answers && member.node != self.leader);
        others.min_by_key(|member| (member.behind, member.node)).map(|member| member.node)
    }
}

/// What a change comes to, or why it is refused: in the order in which a person would want to hear it.
///
/// # Errors
/// Any [`VotersFault`] but those that are met on the way.
pub fn plan(view: &VotersView, change: VoterChange) -> Result<VoterPlan, VotersFault> {
    let unit = view.unit;
    if view.under_way.is_some() || view.leaving.is_some() {
        return Err(VotersFault::UnderWay { unit });
    }
    let before = view.voters();
    let mut after = before.clone();
    let (mut leaves, mut steps) = (None, Vec::new());
    match change {
        VoterChange::Add { node } => {
            view.may_join(node)?;
            after.insert(node);
            steps.extend([ChangeStep::CatchUp { node }, ChangeStep::ChangeVoters]);
        }
        VoterChange::Remove { node } if !view.member(node)?.votes => steps.push(ChangeStep::TakeOut { node }),
        VoterChange::Remove { node } => {
            after.remove(&node);
            leaves = Some(node);
            steps.push(ChangeStep::ChangeVoters);
        }
        VoterChange::Replace { node, by } => {
            view.voter(node)?;
            view.may_join(by)?;
            after.remove(&node);
            leaves = Some(node);
            steps.extend([ChangeStep::CatchUp { node: by }, ChangeStep::ChangeVoters]);
            // Its place is taken only where another one is left: who replaces the only voter cannot be given the lead first.
            if !after.is_empty() {
                after.insert(by);
            }
        }
        VoterChange::Lead { node } => {
            let member = view.voter(node)?;
            if !member.answers {
                return Err(VotersFault::Silent { node });
            }
            if node != view.leader {
                steps.push(ChangeStep::HandOver { to: node });
            }
        }
    }
    if let Some(node) = leaves.filter(|_| after.is_empty()) {
        return Err(VotersFault::Last { node, unit });
    }
    let joining = after.difference(&before).next().copied();
    let answering = if after == before { view.answering(&after) } else { view.judge_quorum(&after, joining)? };
    if leaves == Some(view.leader) {
        // The next leader does the rest: one that is to go would stop in the middle of it.
        let to = view.successor().ok_or(VotersFault::Silent { node: view.leader })?;
        steps.insert(0, ChangeStep::HandOver { to });
    }
    Ok(VoterPlan { change, before, after, answering, steps })
}

fn list(nodes: &BTreeSet<NodeId>) -> String {
    nodes.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn majority(voters: &BTreeSet<NodeId>) -> usize {
    voters.len() / 2 + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    const SILENT: u64 = 100;

    fn set(nodes: &[u64]) -> BTreeSet<NodeId> {
        nodes.iter().copied().map(NodeId).collect()
    }

    /// Node 1 leads; a number above a hundred is that node, silent.
    fn view(voters: &[u64], learners: &[u64]) -> VotersView {
        let member = |number: &u64, votes| MemberView {
            node: NodeId(number % SILENT),
            votes,
            answers: *number < SILENT,
            behind: number % 3,
        };
        let voting = voters.iter().map(|number| member(number, true));
        let members = voting.chain(learners.iter().map(|number| member(number, false))).collect();
        VotersView {
            unit: "370811".parse().unwrap(),
            leader: NodeId(1),
            members,
            leaving: None,
            listed: set(&[1, 2, 3, 4, 5, 9]),
            directory: 7,
            under_way: None,
            last: None,
        }
    }

    const fn n(number: u64) -> NodeId {
        NodeId(number)
    }

    #[test]
    fn what_changes_come_to() {
        use ChangeStep::{CatchUp, ChangeVoters, HandOver, TakeOut};
        // Voters, learners, the change; voters after it, and its steps.
        type Case<'a> = (&'a [u64], &'a [u64], VoterChange, &'a [u64], &'a [ChangeStep]);
        let cases: [Case<'_>; 9] = [
            (&[1], &[], VoterChange::Add { node: n(9) }, &[1, 9], &[CatchUp { node: n(9) }, ChangeVoters]),
            // It came up once before, and the leader changed meanwhile.
            (&[1, 2, 3], &[9], VoterChange::Add { node: n(9) }, &[1, 2, 3, 9], &[CatchUp { node: n(9) }, ChangeVoters]),
            (&[1, 2, 103], &[], VoterChange::Remove { node: n(3) }, &[1, 2], &[ChangeVoters]),
            (&[1, 2, 3], &[], VoterChange::Remove { node: n(1) }, &[2, 3], &[HandOver { to: n(3) }, ChangeVoters]),
            (&[1, 2], &[], VoterChange::Remove { node: n(1) }, &[2], &[HandOver { to: n(2) }, ChangeVoters]),
            (&[1, 2], &[109], VoterChange::Remove { node: n(9) }, &[1, 2], &[TakeOut { node: n(9) }]),
            (
                &[1, 2, 103],
                &[],
                VoterChange::Replace { node: n(3), by: n(9) },
                &[1, 2, 9],
                &[CatchUp { node: n(9) }, ChangeVoters],
            ),
            (&[1, 2, 3], &[], VoterChange::Lead { node: n(2) }, &[1, 2, 3], &[HandOver { to: n(2) }]),
            (&[1, 2, 3], &[], VoterChange::Lead { node: n(1) }, &[1, 2, 3], &[]),
        ];
        for (voters, learners, change, after, steps) in cases {
            let plan = plan(&view(voters, learners), change).unwrap();
            assert_eq!((plan.after, plan.steps.as_slice()), (set(after), steps), "{voters:?} {change:?}");
        }
    }

    #[test]
    fn what_is_refused_and_why() {
        let add = |node| VoterChange::Add { node: n(node) };
        let remove = |node| VoterChange::Remove { node: n(node) };
        let replace = |node, by| VoterChange::Replace { node: n(node), by: n(by) };
        let lead = |node| VoterChange::Lead { node: n(node) };
        let cases: [(&[u64], VoterChange, &str); 12] = [
            (&[1, 2, 3], add(3), "voters.already"),
            (&[1, 2, 3], add(7), "voters.unlisted"),
            (&[1, 2, 3], remove(9), "voters.unknown"),
            (&[1], remove(1), "voters.last"),
            (&[1], replace(1, 9), "voters.last"),
            // Two of three answer: without the living one a majority of two is one short.
            (&[1, 2, 103], remove(2), "voters.quorum"),
            // Of the four that are left two answer, and three are needed.
            (&[1, 2, 3, 104, 105], remove(3), "voters.quorum"),
            (&[1, 2, 3], replace(9, 5), "voters.unknown"),
            (&[1, 2, 3], replace(3, 2), "voters.already"),
            (&[1, 2, 3], replace(3, 8), "voters.unlisted"),
            (&[1, 2, 103], lead(3), "voters.silent"),
            (&[1, 2, 3], lead(9), "voters.unknown"),
        ];
        for (voters, change, code) in cases {
            let fault = plan(&view(voters, &[]), change).unwrap_err();
            assert_eq!(fault.code(), code, "{voters:?} {change:?}: {fault}");
            assert!(domain::codes::find(code).is_some(), "{code}");
        }
        let fault = plan(&view(&[1, 2, 103], &[]), remove(2)).unwrap_err();
        assert_eq!(fault, VotersFault::Quorum { voters: set(&[1, 3]), answering: set(&[1]), needed: 2 });
        assert_eq!(plan(&view(&[1, 2, 3], &[9]), lead(9)).unwrap_err().code(), "voters.not_voter");
        assert_eq!(plan(&view(&[1, 2, 3], &[9]), replace(9, 5)).unwrap_err().code(), "voters.not_voter");
    }

    #[test]
    fn one_change_at_a_time() {
        let change = VoterChange::Lead { node: n(2) };
        let busy =
            VotersView { under_way: Some(ChangeView { change, step: ChangeStep::ChangeVoters }), ..view(&[1, 2], &[]) };
        let half = VotersView { leaving: Some(set(&[1, 2, 3])), ..view(&[1, 2], &[]) };
        for view in [busy, half] {
            assert_eq!(plan(&view, change).unwrap_err().code(), "voters.under_way");
        }
    }

    /// Whatever is allowed leaves a majority that answers, and changes at most one voter for one.
    #[test]
    fn what_is_allowed_never_stands_still() {
        let mut allowed = 0;
        for silent in 0_u64..32 {
            for count in 1_u64..=5 {
                let number =
                    |node: u64| if (silent >> (node - 1)) & 1 == 1 && node != 1 { node + SILENT } else { node };
                let voters: Vec<u64> = (1..=count).map(number).collect();
                let view = view(&voters, &[]);
                for node in (1..=count).chain([9]).map(n) {
                    let changes = [
                        VoterChange::Add { node },
                        VoterChange::Remove { node },
                        VoterChange::Replace { node, by: n(9) },
                    ];
                    for plan in changes.into_iter().filter_map(|change| plan(&view, change).ok()) {
                        allowed += 1;
                        assert!(plan.answering.len() >= plan.majority_after(), "{plan:?}");
                        assert!(plan.answering.is_subset(&plan.after), "{plan:?}");
                        assert!(plan.before.symmetric_difference(&plan.after).count() <= 2, "{plan:?}");
                    }
                }
            }
        }
        assert!(allowed > 300, "{allowed}");
    }
}
