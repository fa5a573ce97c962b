//! A unit is lost and goes on from what a mirror had of its log; its former self may have mail under way. No directory and no
//! envelopes: what is refused here is refused by the rules of the log alone.

use std::sync::Arc;

use domain::audit::Tree;
use domain::command::*;
use domain::digest::ContentHash;
use domain::ids::{CaseId, Generation, MailSequence, NodeId, UnitId};
use domain::sealed::WrappedKey;
use domain::store::UnitRead;
use domain::tables::{FencesOwed, InboxCursors, Meta, Outbox, OutboxHeads, Rounds};
use protocol::machine;
use protocol::memory::MapSnapshot;
use protocol::overlay::{Overlay, WriteSet};
use sim::ground::What;

use super::{One, Region, UNITS};

/// Two people who say that the old machines are switched off.
pub(crate) fn people() -> [String; 2] {
    ["李明".to_owned(), "王芳".to_owned()]
}

impl Region {
    /// Which life of a unit goes on.
    pub(crate) fn generation(&self, unit: UnitId) -> Generation {
        self.observer.generation(unit).unwrap_or(Generation::FIRST)
    }

    /// The nodes of a unit's present life.
    pub(crate) fn nodes(&self, unit: UnitId) -> [NodeId; 2] {
        let lives = u64::from(self.generation(unit).0 - 1) * 2;
        [super::first_node(unit), super::second_node(unit)].map(|node| NodeId(node.0 + lives))
    }

    /// A unit is lost: its next life begins with a log that lacks the last `behind` commands, or fewer where somebody relies on
    /// more. It fences everybody, and waits for them.
    pub(crate) fn lose(&mut self, unit: UnitId, behind: usize) {
        let formers = self.nodes(unit).to_vec();
        let generation = Generation(self.generation(unit).0 + 1);
        let all = self.units[&unit].payloads.len();
        let begun = |rows: &MapSnapshot| {
            Overlay::new(rows).get::<Meta>(&()).unwrap().is_some_and(|meta| meta.catalogue.is_some())
        };
        let mirror = (0..=behind.min(all)).rev().map(|behind| mirror(&self.units[&unit].payloads[..all - behind]));
        let (rows, writes) = mirror
            .into_iter()
            .find(|(rows, _)| begun(rows) && self.is_enough(unit, rows))
            .expect("all of it is enough");
        let recover = recover(&rows, generation);
        let minted = self.units[&unit].minted + 1_000_000;
        let clock_millis = self.units[&unit].clock_millis;
        let payloads = self.units[&unit].payloads[..writes.len()].to_vec();
        let second = MapSnapshot::default();
        let next = One { rows, payloads, second, second_at: 0, minted, clock_millis };
        let former = self.units.insert(unit, next).expect("the unit is there");
        self.formers.push((unit, former));
        let node = NodeId(super::first_node(unit).0 + u64::from(generation.0 - 1) * 2);
        self.tell(What::Promoted { unit, generation, node, formers, mirror: writes });
        for node in self.nodes(unit) {
            self.tell(What::Up { node, unit });
        }
        assert_eq!(self.done(unit, recover), Done::Recovering);
    }

    /// Whether a mirror has all that peers have forgotten because it said so.
    fn is_enough(&self, unit: UnitId, rows: &MapSnapshot) -> bool {
        UNITS.into_iter().filter(|peer| *peer != unit).all(|peer| {
            let forgotten = self.read::<OutboxHeads>(peer, &unit).map_or(MailSequence(0), |head| head.mirrored);
            let read = Overlay::new(rows).get::<InboxCursors>(&peer).unwrap();
            // Who lives again has forgotten all that its former lives were told.
            let same = read.filter(|read| read.generation == self.generation(peer));
            forgotten <= same.map_or(MailSequence(0), |read| read.sequence)
        })
    }

    /// What a unit owes to fences and to its own round.
    pub(super) fn recovery_duties(&self, unit: UnitId) -> Vec<Command> {
        let view = Overlay::new(&self.units[&unit].rows);
        let owed = view.scan::<FencesOwed>(UnitId::FIRST..=UnitId::LAST, usize::MAX).unwrap();
        let answer = |(to, owed): (UnitId, domain::tables::FenceOwed)| {
            let piece = answer_piece(&view, unit, to, owed.after).unwrap();
            let keys = piece.named.iter().map(|(case, _)| (*case, WrappedKey(vec![5; 80]))).collect();
            Command::AnswerFence(Box::new(AnswerFence { to, fence: owed.generation, after: owed.after, keys }))
        };
        let mut duties: Vec<Command> = owed.into_iter().map(answer).collect();
        if view.get::<Rounds>(&()).unwrap().is_some_and(|open| open.round.is_over()) {
            duties.push(Command::JudgeInherited(JudgeInherited));
        }
        duties
    }

    /// Whether a case is only read for now.
    pub(super) fn is_inherited(&self, unit: UnitId, case: CaseId) -> bool {
        let view = Overlay::new(&self.units[&unit].rows);
        let open = view.get::<Rounds>(&()).unwrap();
        open.is_some_and(|open| open.is_inherited(&view, case).unwrap())
    }

    /// Mail flows and fences are answered until the unit waits for nobody; nothing is judged yet.
    pub(crate) fn hear_everybody(&mut self, unit: UnitId) {
        for _ in 0..40 {
            self.exchange();
            for peer in UNITS.into_iter().filter(|peer| *peer != unit) {
                for duty in self.recovery_duties(peer) {
                    self.run(peer, duty);
                }
            }
            if self.read::<Rounds>(unit, &()).is_none_or(|open| open.round.is_over()) {
                return;
            }
        }
        panic!("somebody does not answer");
    }

    /// What former selves wrote and never brought: to whom, and the mail.
    pub(crate) fn under_way(&self) -> Vec<(UnitId, MailArrived)> {
        let every = (UnitId::FIRST, MailSequence(0))..=(UnitId::LAST, MailSequence(u64::MAX));
        let mail = |(from, former): &(UnitId, One)| {
            let view = Overlay::new(&former.rows);
            let generation = view.get::<Meta>(&()).unwrap().map_or(Generation::FIRST, |meta| meta.generation);
            let rows = view.scan::<Outbox>(every.clone(), usize::MAX).unwrap();
            let arrives = |((to, sequence), row): ((UnitId, MailSequence), domain::tables::OutboxMail)| {
                let (from, before, mail) = (*from, row.before, row.mail);
                (to, MailArrived { from, generation, sequence, before, mail, objection: None })
            };
            rows.into_iter().map(arrives).collect::<Vec<_>>()
        };
        self.formers.iter().flat_map(mail).collect()
    }
}

/// A mirror that has so much of a log: its rows, and what each command wrote.
fn mirror(payloads: &[Vec<u8>]) -> (MapSnapshot, Vec<Arc<WriteSet>>) {
    let mut rows = MapSnapshot::default();
    let mut all = Vec::new();
    for payload in payloads {
        let mut writes = WriteSet::default();
        machine::apply(&rows, &mut writes, payload).unwrap();
        rows.write(&writes);
        all.push(Arc::new(writes));
    }
    (rows, all)
}

fn recover(rows: &MapSnapshot, generation: Generation) -> Command {
    let view = Overlay::new(rows);
    let meta = view.get::<Meta>(&()).unwrap().unwrap();
    let tree = Tree::of(&view, meta.generation).unwrap().unwrap();
    let size = tree.size_at(meta.sequence);
    let root: ContentHash = tree.root(size).unwrap();
    let peers = UNITS.into_iter().filter(|peer| *peer != meta.unit).collect();
    Command::Recover(Box::new(Recover { generation, people: people(), size, root, peers }))
}
