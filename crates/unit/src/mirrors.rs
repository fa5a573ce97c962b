//! Who mirrors a unit, and how far each is, as the unit's leader hears it (protocol.md §5). What a mirror asks from is its acknowledgement;
//! "mirrored" means all of them. State here may be lost: each mirror asks again.

use std::collections::{BTreeMap, BTreeSet};

use domain::ids::{Generation, MailSequence, NodeId, Sequence, UnitId};
use domain::tables::InboxCursor;
use protocol::directory::Directory;

use crate::status::MirrorStatus;

/// What is known of the mirrors of a unit.
#[derive(Debug, Default)]
pub struct Mirrors {
    nodes: usize,
    by: BTreeSet<NodeId>,
    heard: BTreeMap<NodeId, Heard>,
    reads: BTreeMap<UnitId, Read>,
    alarm_millis: i64,
}

/// The nodes of a unit that mirror the units right below it.
pub fn keepers(directory: &Directory, unit: UnitId, nodes: usize) -> BTreeSet<NodeId> {
    let voters = directory.unit(unit).map(|listing| listing.voters.as_slice()).unwrap_or_default();
    voters.iter().take(nodes).copied().collect()
}

/// What one mirror said. Moments are steady milliseconds.
#[derive(Clone, Copy, Debug)]
struct Heard {
    at: Sequence,
    when: i64,
    /// When it last had everything.
    whole: i64,
}

/// How far a peer's stream is read, and how far of that is mirrored as far as is known.
#[derive(Clone, Copy, Debug)]
struct Read {
    generation: Generation,
    /// With the command `0` the stream was read up to `1`.
    pending: (Sequence, MailSequence),
    safe: MailSequence,
}

impl Mirrors {
    /// So many nodes of the unit above mirror the unit; one that is behind or silent for longer than so many milliseconds is an alarm. None are
    /// known before [`Self::listed`].
    pub fn new(nodes: usize, alarm_millis: i64) -> Self {
        Self { nodes, alarm_millis, ..Self::default() }
    }

    /// The directory in use tells who they are. A next life of the unit above, or another voter of it, is asked from then on.
    pub fn listed(&mut self, directory: &Directory, unit: UnitId) {
        let above = directory.parent(unit).map(|above| above.unit);
        self.by = above.map(|above| keepers(directory, above, self.nodes)).unwrap_or_default();
    }

    /// Whether the unit has mirrors at all.
    pub fn is_mirrored(&self) -> bool {
        !self.by.is_empty()
    }

    /// Whether a node is one of them.
    pub fn has(&self, node: NodeId) -> bool {
        self.by.contains(&node)
    }

    /// A mirror has every command up to `at`; the unit is at `head`.
    pub fn heard(&mut self, node: NodeId, at: Sequence, head: Sequence, now: i64) {
        let before = self.heard.get(&node).copied();
        let whole = if at >= head { now } else { before.map_or(now, |before| before.whole) };
        self.heard.insert(node, Heard { at, when: now, whole });
    }

    /// What all mirrors have; `None` for a unit without any.
    pub fn least(&self) -> Option<Sequence> {
        self.by.iter().map(|node| self.heard.get(node).map_or(Sequence(0), |heard| heard.at)).min()
    }

    /// How far of a peer's stream, which `head` has read up to `cursor`, all mirrors have read; `None` for a unit without any.
    pub fn read(&mut self, peer: UnitId, cursor: Option<InboxCursor>, head: Sequence) -> Option<MailSequence> {
        let least = self.least()?;
        let Some(InboxCursor { generation, sequence, .. }) = cursor else { return Some(MailSequence(0)) };
        let fresh = Read { generation, pending: (head, sequence), safe: MailSequence(0) };
        let read = self.reads.entry(peer).or_insert(fresh);
        if read.generation != generation {
            *read = fresh;
        }
        if least >= read.pending.0 {
            read.safe = read.safe.max(read.pending.1);
            read.pending = (head, sequence);
        }
        if least >= head {
            read.safe = sequence;
        }
        Some(read.safe.min(sequence))
    }

    /// Each mirror, of a unit that is at `head`.
    pub fn status(&self, head: Sequence, now: i64, led_since: i64) -> Vec<MirrorStatus> {
        let status = |node: &NodeId| {
            let heard = self.heard.get(node);
            let at = heard.map(|heard| heard.at);
            let behind = head.0.saturating_sub(at.unwrap_or_default().0);
            let whole = heard.map_or(led_since, |heard| heard.whole);
            let behind_millis = if behind == 0 { 0 } else { now.saturating_sub(whole).max(0) };
            let silent = now.saturating_sub(heard.map_or(led_since, |heard| heard.when)).max(0);
            let alarm = behind_millis.max(silent) > self.alarm_millis;
            MirrorStatus { node: *node, at, behind, behind_millis: behind_millis.unsigned_abs(), alarm }
        };
        self.by.iter().map(status).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::digest::ContentHash;

    fn cursor(sequence: u64) -> Option<InboxCursor> {
        let chain = ContentHash::default();
        Some(InboxCursor { generation: Generation::FIRST, sequence: MailSequence(sequence), chain })
    }

    fn mirrored_by(nodes: &[NodeId]) -> Mirrors {
        Mirrors { by: nodes.iter().copied().collect(), ..Mirrors::new(nodes.len(), 1_000) }
    }

    #[test]
    fn mirrored_is_what_every_mirror_has() {
        let nodes = [NodeId(1), NodeId(2)];
        let mut mirrors = mirrored_by(&nodes);
        assert_eq!(mirrors.least(), Some(Sequence(0)), "one that was never heard has nothing");
        mirrors.heard(NodeId(1), Sequence(9), Sequence(9), 0);
        assert_eq!(mirrors.least(), Some(Sequence(0)));
        mirrors.heard(NodeId(2), Sequence(7), Sequence(9), 0);
        assert_eq!(mirrors.least(), Some(Sequence(7)));
        assert_eq!(Mirrors::default().least(), None, "without a mirror there is nothing to wait for");
    }

    #[test]
    fn mail_counts_as_mirrored_once_the_command_that_read_it_is() {
        let peer = UnitId::new(370_812_000_000).unwrap();
        let mut mirrors = mirrored_by(&[NodeId(1)]);
        let mut read = |has: u64, head: u64, at: u64| {
            mirrors.heard(NodeId(1), Sequence(has), Sequence(head), 0);
            mirrors.read(peer, cursor(at), Sequence(head)).map(|mail| mail.0)
        };
        // Mirror has · unit is at · mail read up to there · of it mirrored.
        for (has, head, at, safe) in [(3, 5, 2, 0), (5, 8, 4, 2), (6, 9, 5, 2), (8, 10, 6, 4), (10, 10, 6, 6)] {
            assert_eq!(read(has, head, at), Some(safe), "{has} of {head}");
        }
        assert_eq!(Mirrors::default().read(peer, cursor(4), Sequence(8)), None);
    }

    #[test]
    fn a_mirror_that_is_behind_or_silent_for_long_is_an_alarm() {
        let mut mirrors = mirrored_by(&[NodeId(1)]);
        let told = |mirrors: &Mirrors, head, now| {
            let status = mirrors.status(Sequence(head), now, 0).remove(0);
            (status.behind, status.behind_millis, status.alarm)
        };
        assert_eq!(told(&mirrors, 4, 900), (4, 900, false));
        assert_eq!(told(&mirrors, 4, 1_001), (4, 1_001, true));
        mirrors.heard(NodeId(1), Sequence(4), Sequence(4), 2_000);
        assert_eq!(told(&mirrors, 4, 2_900), (0, 0, false));
        assert_eq!(told(&mirrors, 4, 3_001), (0, 0, true), "silent");
        mirrors.heard(NodeId(1), Sequence(5), Sequence(9), 4_000);
        assert_eq!(told(&mirrors, 9, 4_000), (4, 2_000, true), "behind since it last had everything");
    }
}
