//! Whether a voter that returns is the one that voted before (protocol.md §9).
//!
//! A voter whose folder was wiped, or set back to a copy, has forgotten entries that it acknowledged; with its vote the group could
//! lose what was confirmed. Its own disk cannot tell: a copy brings everything along. So every replica keeps what it knows of the others: the incarnation of
//! their folder, and how far they have acknowledged. Each request between replicas names both, and is not shown to openraft before they fit.
//!
//! What is known spreads with heartbeats from the leader, and is kept beside the rows. Acknowledged here means committed too, for
//! only that is never truncated; within one leader's term its own knowledge reaches further.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::first_form;
use domain::ids::NodeId;
use domain::store::StoreFault;
use protocol::record;
use protocol::seam::{GroupLog, GroupRows};
use serde::{Deserialize, Serialize};

use crate::config::Config;
use crate::form::{Ballot, Position};
use crate::log::{Flushed, read_form, unreadable};
use crate::machine::applied;
use crate::wire::{Greeted, Request};

/// The name of the note that keeps [`Known`].
const NOTE: &str = "voters";
/// What is acknowledged is kept anew each time that it has grown by so many entries: a note for each heartbeat would be most of
/// what an idle disk does.
const KEPT_EVERY: u64 = 256;

/// What is known of one replica.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Mark {
    /// Of its folder; `None` until it was heard of.
    pub(crate) incarnation: Option<[u8; 16]>,
    /// Of the log: the last entry that it has acknowledged, and that is committed.
    pub(crate) acknowledged: Option<Position>,
}

/// What is known of every replica, as it lies on disk and travels.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Known(pub(crate) BTreeMap<NodeId, Mark>);

first_form! {
    109: Known;
}

/// Why a replica is not the one that voted before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum Reverted {
    /// Another folder.
    #[error(
        "the data folder of node {node} is another one than the group knows ({} instead of {}): it was wiped or exchanged{REMEDY}",
        hex(has),
        hex(known)
    )]
    Folder {
        /// Which voter.
        node: NodeId,
        /// Of the folder that it has.
        has: [u8; 16],
        /// Of the folder that the group knows.
        known: [u8; 16],
    },
    /// The same folder as it was before.
    #[error(
        "the log of node {node} ends at {}, but it has acknowledged entry {}: its data folder was set back to an old copy{REMEDY}",
        last.map_or(0, |last| last.index), acknowledged.index
    )]
    Log {
        /// Which voter.
        node: NodeId,
        /// Where its log ends.
        last: Option<Position>,
        /// What it has acknowledged.
        acknowledged: Position,
    },
}

const REMEDY: &str = ". It has forgotten what it voted for and must not vote again [node.reverted]: keep the folder as evidence, and let the \
                      machine join anew as another node with an empty folder";

fn hex(bytes: &[u8; 16]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Reverted {
    /// Whether it was said of a request that came late: by now the log ends where it should. A candidacy can be overtaken by the entries of
    /// the leader that it made.
    pub(crate) fn is_overtaken(&self, end: Option<Position>) -> bool {
        match self {
            Self::Folder { .. } => false,
            Self::Log { acknowledged, .. } => end.is_some_and(|end| end.index >= acknowledged.index),
        }
    }

    /// Which voter.
    pub fn node(&self) -> NodeId {
        match self {
            Self::Folder { node, .. } | Self::Log { node, .. } => *node,
        }
    }
}

impl Mark {
    /// Whether a replica with this folder and log is the one that is known.
    pub(crate) fn check(&self, node: NodeId, has: [u8; 16], last: Option<Position>) -> Result<(), Reverted> {
        if let Some(known) = self.incarnation.filter(|known| *known != has) {
            return Err(Reverted::Folder { node, has, known });
        }
        match self.acknowledged {
            Some(acknowledged) if last.is_none_or(|last| last.index < acknowledged.index) => {
                Err(Reverted::Log { node, last, acknowledged })
            }
            _ => Ok(()),
        }
    }
}

/// What this replica knows of all, itself included. Clones are the same.
#[derive(Clone, Debug)]
pub(crate) struct Standing<W> {
    pub(crate) own: NodeId,
    pub(crate) incarnation: [u8; 16],
    rows: W,
    flushed: Flushed,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    known: Known,
    /// As it was last kept.
    kept: Known,
    /// What others have acknowledged to this replica as the leader of a term, committed or not.
    led: BTreeMap<NodeId, (u64, Position)>,
    /// Who was refused, and an operator told so: it goes on asking with each heartbeat.
    refused: BTreeSet<NodeId>,
}

impl<W: GroupRows> Standing<W> {
    /// From what was kept.
    pub(crate) fn open(config: &Config, rows: W, flushed: Flushed) -> Result<Self, StoreFault> {
        let known = match rows.note(NOTE)? {
            Some(bytes) => record::read(&bytes).map_err(|why| unreadable("what is known of voters", &why))?,
            None => Known::default(),
        };
        let state = State { kept: known.clone(), known, ..State::default() };
        let (own, incarnation) = (config.node, config.incarnation);
        Ok(Self { own, incarnation, rows, flushed, state: Arc::new(Mutex::new(state)) })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing half done is left behind a panic: each change is one assignment.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What a request to a replica names: for a leader, also what that one acknowledged to it in this term.
    pub(crate) fn mark(&self, of: NodeId, vote: Option<Ballot>) -> Mark {
        let state = self.state();
        let mark = state.known.0.get(&of).copied().unwrap_or_default();
        let led = state.led.get(&of).filter(|(term, _)| vote.is_some_and(|vote| vote.term == *term));
        Mark { acknowledged: mark.acknowledged.max(led.map(|(_, at)| *at)), ..mark }
    }

    /// A request with what is known of both sides; with a leader's heartbeat goes what it knows of all.
    pub(crate) fn greet(&self, to: NodeId, request: Request) -> Request {
        let known = match &request {
            Request::Append(append) if append.entries.is_empty() => Some(self.all(append.committed)),
            _ => None,
        };
        let expected = self.mark(to, request.vote());
        Request::Known(Box::new(Greeted { incarnation: self.incarnation, expected, known, request }))
    }

    fn all(&self, committed: Option<Position>) -> Known {
        let mut known = self.state().known.clone();
        let own = known.0.entry(self.own).or_default();
        own.incarnation = Some(self.incarnation);
        // A leader's own entries may be committed by the others before its own disk has them.
        let synced = self.flushed.last().zip(committed).map(|(synced, committed)| synced.min(committed));
        own.acknowledged = own.acknowledged.max(synced);
        known
    }

    /// A voter is not the one that is known: said once, until it is.
    pub(crate) fn refuse(&self, why: &Reverted) {
        if self.state().refused.insert(why.node()) {
            tracing::error!(node = %why.node(), %why, "a voter is refused");
        }
    }

    /// Another replica says that this one is not the one that it knows; whether that is so now.
    pub(crate) fn is_reverted(&self, why: &Reverted) -> bool {
        why.node() == self.own && !why.is_overtaken(self.flushed.last())
    }

    /// A replica has answered: this is its folder.
    pub(crate) fn met(&self, node: NodeId, incarnation: [u8; 16]) -> Result<(), StoreFault> {
        self.state().refused.remove(&node);
        let learned = Known(BTreeMap::from([(node, Mark { incarnation: Some(incarnation), acknowledged: None })]));
        self.learn(&learned)
    }

    /// A follower has acknowledged up to here to the leader of this term, which has committed up to there.
    pub(crate) fn acknowledged(
        &self,
        node: NodeId,
        term: u64,
        at: Position,
        committed: Option<Position>,
    ) -> Result<(), StoreFault> {
        let before = self.state().led.insert(node, (term, at));
        if let Some(before) = before.filter(|(of, before)| *of == term && *before > at) {
            // Answers may come out of turn over two streams; what was once acknowledged stays so.
            self.state().led.insert(node, before);
        }
        let safe = committed.map(|committed| committed.min(at));
        self.learn(&Known(BTreeMap::from([(node, Mark { incarnation: None, acknowledged: safe })])))
    }

    /// Adds what another replica knows. The first incarnation stands.
    pub(crate) fn learn(&self, other: &Known) -> Result<(), StoreFault> {
        let mut state = self.state();
        for (node, mark) in &other.0 {
            let known = state.known.0.entry(*node).or_default();
            known.incarnation = known.incarnation.or(mark.incarnation);
            known.acknowledged = known.acknowledged.max(mark.acknowledged);
        }
        if !state.is_worth_keeping() {
            return Ok(());
        }
        let bytes = record::write(&state.known).map_err(|why| unreadable("what is known of voters", &why))?;
        state.kept = state.known.clone();
        // Kept in the order in which it was learnt: the lock is held over the write, which does not wait for a sync.
        self.rows.save_note(NOTE, bytes)
    }
}

impl State {
    fn is_worth_keeping(&self) -> bool {
        let index = |mark: Option<&Mark>| mark.and_then(|mark| mark.acknowledged).map_or(0, |at| at.index);
        self.known.0.iter().any(|(node, mark)| {
            let kept = self.kept.0.get(node);
            kept.and_then(|kept| kept.incarnation) != mark.incarnation || index(Some(mark)) >= index(kept) + KEPT_EVERY
        })
    }
}

/// Where a replica's log ends: its last entry, what was purged, or what a snapshot brought.
pub(crate) fn last(log: &impl GroupLog, rows: &impl GroupRows) -> Result<Option<Position>, StoreFault> {
    let entry = log.last()?.as_ref().map(read_form).transpose()?.map(|entry| entry.at);
    let purged: Option<Position> = match log.purged()? {
        Some(bytes) => Some(record::read(&bytes).map_err(|why| unreadable("what was purged", &why))?),
        None => None,
    };
    Ok(entry.max(purged).max(applied(rows)?.last))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{Answer, Candidacy, Voted};
    use domain::store::Record;

    const NODE: NodeId = NodeId(2);

    fn at(index: u64) -> Position {
        Position { term: 3, leader: NodeId(1), index }
    }

    #[test]
    fn a_voter_that_returns_is_held_against_what_is_known_of_it() {
        let mark = Mark { incarnation: Some([7; 16]), acknowledged: Some(at(40)) };
        assert_eq!(Mark::default().check(NODE, [1; 16], None), Ok(()), "nothing is known of a new one");
        assert_eq!(mark.check(NODE, [7; 16], Some(at(40))), Ok(()));
        assert_eq!(mark.check(NODE, [7; 16], Some(Position { term: 5, ..at(41) })), Ok(()));
        let wiped = mark.check(NODE, [1; 16], Some(at(99))).unwrap_err();
        assert_eq!(wiped, Reverted::Folder { node: NODE, has: [1; 16], known: [7; 16] });
        let set_back = mark.check(NODE, [7; 16], Some(at(39))).unwrap_err();
        assert_eq!(set_back, Reverted::Log { node: NODE, last: Some(at(39)), acknowledged: at(40) });
        assert!(mark.check(NODE, [7; 16], None).is_err());
        // A candidacy of before that arrives after the entries of the leader that it made says nothing of the log as it is now.
        assert!(set_back.is_overtaken(Some(at(40))) && !set_back.is_overtaken(Some(at(39))));
        assert!(!set_back.is_overtaken(None) && !wiped.is_overtaken(Some(at(99))));
        for fault in [wiped, set_back] {
            assert!(
                fault.to_string().contains("node.reverted") && fault.to_string().contains("another node"),
                "{fault}"
            );
        }
    }

    #[track_caller]
    fn golden<R: Record + PartialEq + std::fmt::Debug>(value: R, golden: &str) {
        let bytes = record::write(&value).unwrap();
        assert_eq!(hex::encode(&bytes), golden);
        assert_eq!(record::read::<R>(&bytes).unwrap(), value);
    }

    /// These bytes lie on disks and travel between releases: a change here is a new version, never a new expectation.
    #[test]
    fn golden_bytes() {
        let mark = Mark { incarnation: Some([7; 16]), acknowledged: Some(at(40)) };
        golden(Known(BTreeMap::from([(NODE, mark)])), GOLDEN[0]);
        let vote = Ballot { term: 3, node: NodeId(1), granted: false };
        let request = Request::PreVote(Candidacy { vote, last: None, by_transfer: false });
        let known = Some(Known(BTreeMap::from([(NODE, Mark::default())])));
        let greeted = Greeted { incarnation: [7; 16], expected: mark, known, request };
        golden(Request::Known(Box::new(greeted)), GOLDEN[1]);
        let answer = Box::new(Answer::Vote(Voted { vote, granted: true, last: None }));
        golden(Answer::Known { incarnation: [7; 16], answer }, GOLDEN[2]);
        let folder = Reverted::Folder { node: NODE, has: [1; 16], known: [7; 16] };
        golden(Answer::Reverted(folder), GOLDEN[3]);
        let log = Reverted::Log { node: NODE, last: None, acknowledged: at(40) };
        golden(Answer::Reverted(log), GOLDEN[4]);
    }

    const GOLDEN: [&str; 5] = [
        "006d01007f2ab9140102010707070707070707070707070707070701030128",
        "006e0100e127a75906070707070707070707070707070707070107070707070707070707070707070707010301280101020000020301000000",
        "006f0100b547cbad0607070707070707070707070707070707010301000100",
        "006f01008d59019b0700020101010101010101010101010101010107070707070707070707070707070707",
        "006f010006c363fb07010200030128",
    ];
}
