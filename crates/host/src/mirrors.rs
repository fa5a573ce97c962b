//! The unit's mirrors at the unit above, as this replica knows them; and the first command of a next life that was taken from one
//! (protocol.md §5, §6).

use std::sync::PoisonError;
use std::sync::atomic::Ordering;

use domain::command::Proposal;
use domain::ids::{NodeId, Sequence, UnitId};
use domain::mirror::MirrorMark;
use domain::store::{StoreFault, UnitRead};
use domain::tables::{InboxCursors, Meta};
use domain::time::Timestamp;
use protocol::overlay::Overlay;
use protocol::record;
use protocol::seam::{Clock, GroupRows};
use unit::identity::Identity;
use unit::{MirrorStatus, MirroringStatus};

use crate::host::{Host, Inner, World};

/// The name of the note that says from whose words a next life begins.
pub const PROMOTED: &str = "promoted";

/// How long the answer to a peer's mail is kept back until the mirrors have it too.
const ANSWER_MILLIS: u64 = 500;

/// Whether the rows are a former life's, and this one has not begun.
pub(crate) fn is_next_life(rows: &impl GroupRows, identity: &Identity) -> Result<bool, StoreFault> {
    let view = rows.snapshot()?;
    let meta = Overlay::new(&view).get::<Meta>(&())?;
    Ok(meta.is_some_and(|meta| meta.generation < identity.generation))
}

impl<W: World> Host<W> {
    /// Whether a node is a mirror of the unit.
    pub fn is_mirrored_by(&self, node: NodeId) -> bool {
        self.inner.mirrors.lock().unwrap_or_else(PoisonError::into_inner).has(node)
    }

    /// A mirror has every command up to `at`; the unit is at `head`.
    pub fn mirror_has(&self, node: NodeId, at: Sequence, head: Sequence) {
        let now = self.inner.clock.steady_millis();
        self.inner.mirrors.lock().unwrap_or_else(PoisonError::into_inner).heard(node, at, head, now);
        self.inner.mirrored.wake();
    }

    /// Whether this replica leads a life that has begun, and who leads. Rows of a former life are told to no mirror of the next.
    pub fn leads(&self) -> (bool, Option<NodeId>) {
        let view = self.inner.group.view();
        (view.leads && !self.inner.awaits_recovery(), view.leader)
    }

    /// What the node says of the mirrors of units below that it keeps, for the unit's status.
    pub fn set_mirroring(&self, mirroring: Vec<MirroringStatus>) {
        *self.inner.mirroring.lock().unwrap_or_else(PoisonError::into_inner) = mirroring;
    }

    /// Stops the group where the directory in use lists a later life of the unit: a former self does nothing any more.
    pub async fn stop_if_superseded(&self) {
        let inner = &self.inner;
        let listed = inner.directory().unit(inner.identity.unit).map(|listing| listing.generation);
        if let Some(met) = listed.filter(|met| *met > inner.identity.generation) {
            inner.group.fail(StoreFault::Superseded { ours: inner.identity.generation.0, met: met.0 }).await;
        }
    }
}

impl<W: World> Inner<W> {
    pub(crate) fn mirroring(&self) -> Vec<MirroringStatus> {
        self.mirroring.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn mirrors_at(&self, head: Sequence) -> Vec<MirrorStatus> {
        let (now, since) = (self.clock.steady_millis(), self.led_since.load(Ordering::Relaxed));
        self.mirrors.lock().unwrap_or_else(PoisonError::into_inner).status(head, now, since)
    }

    /// Whether mail may only go out once the unit's mirrors have what it says: its one disk is its only other memory.
    pub(crate) fn must_be_mirrored(&self) -> bool {
        let is_mirrored = self.mirrors.lock().unwrap_or_else(PoisonError::into_inner).is_mirrored();
        is_mirrored && self.directory().unit(self.identity.unit).is_some_and(|listing| listing.voters.len() == 1)
    }

    fn least_mirrored(&self) -> Option<Sequence> {
        self.mirrors.lock().unwrap_or_else(PoisonError::into_inner).least()
    }

    /// Whether every mirror has the commands up to `at`, within so many milliseconds.
    pub(crate) async fn mirrored_to(&self, at: Sequence, millis: u64) -> bool {
        let reached = async {
            loop {
                let wait = self.mirrored.wait();
                // Looked at once the wait is set: nothing falls between the two.
                if self.least_mirrored().is_none_or(|least| least >= at) {
                    return true;
                }
                if wait.await.is_err() {
                    return false;
                }
            }
        };
        self.within(millis, reached).await.unwrap_or(false)
    }

    /// How far all mirrors have read a peer's mail; `None` without any. Waits a little, so that one answer says both.
    pub(crate) async fn mirrored_of(&self, peer: UnitId) -> Option<domain::ids::MailSequence> {
        self.least_mirrored()?;
        let at = || {
            let read = self.look(|rows, _| {
                let meta = rows.get::<Meta>(&())?;
                Ok::<_, StoreFault>((meta.map_or(Sequence(0), |meta| meta.sequence), rows.get::<InboxCursors>(&peer)?))
            });
            // A fault of the store shows where the answer is made.
            read.and_then(|read| read).unwrap_or_default()
        };
        let (head, cursor) = at();
        self.mirrored_to(head, ANSWER_MILLIS).await;
        self.mirrors.lock().unwrap_or_else(PoisonError::into_inner).read(peer, cursor, head)
    }

    /// Whether the unit's next life has not begun yet.
    pub(crate) fn awaits_recovery(&self) -> bool {
        is_next_life(&self.rows, &self.identity).unwrap_or(true)
    }

    /// The first command of a next life, if the rows are a former life's.
    ///
    /// # Errors
    /// Rows of a former life that nobody took from its mirror.
    pub(crate) fn recovery(&self) -> Result<Option<Proposal>, StoreFault> {
        if !is_next_life(&self.rows, &self.identity)? {
            return Ok(None);
        }
        let broken = |what: &str| StoreFault::Broken { promise: "I12", what: what.to_owned() };
        let note = self.rows.note(PROMOTED)?.ok_or_else(|| broken("rows of a former life that nobody promoted"))?;
        let Ok(MirrorMark::Promoted { people }) = record::read(&note) else {
            return Err(broken("who promoted these rows cannot be read"));
        };
        self.look(|rows, tools| {
            let mut proposal = unit::recovery::recover(rows, tools, people)?;
            if tools.clock_doubt.is_some() {
                // Nothing is known of the time yet: the unit's own goes on.
                proposal.stamp.time = Timestamp::default();
            }
            Ok(Some(proposal))
        })?
    }
}
