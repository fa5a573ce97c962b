//! A new life of the unit begins, from what its mirror had: the first command after those of the mirror (protocol.md §6).
//!
//! It opens the round and sends a fence to everybody who can have held a case of the unit. Streams begin anew, and so does the
//! audit tree: the row of this command is its first leaf, and names the head of the tree before it. It is the one command whose
//! work grows with what waited to be sent; it happens once in a life.

use serde::{Deserialize, Serialize};

use crate::audit::Tree;
use crate::digest::ContentHash;
use crate::ids::{Generation, MailSequence, UnitId};
use crate::mail::Mail;
use crate::recovery::{Judging, OpenRound, Round};
use crate::refusal::Refusal;
use crate::store::UnitStore;
use crate::tables::{InboxCursors, Outbox, OutboxHeads, Rounds};

use super::{Context, Done, Ruling};

/// Which life begins, who recorded the loss, and whom it may concern.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recover {
    /// The life that begins: above every one before.
    pub generation: Generation,
    /// Two people, each by name, who recorded that the old voters are switched off or destroyed.
    pub people: [String; 2],
    /// How many leaves the mirror's audit tree has.
    pub size: u64,
    /// Its root: with the size, the head that the new tree's first leaf names.
    pub root: ContentHash,
    /// Units that can have held a case of this one, by the directory. Whoever mail was exchanged with is asked in any case.
    pub peers: Vec<UnitId>,
}

/// Two people who are two.
pub(super) fn check_people(people: &[String; 2]) -> Result<(), Refusal> {
    let [one, other] = people;
    let named = |name: &str| !name.trim().is_empty();
    let are_two = named(one) && named(other) && one.trim() != other.trim();
    if are_two { Ok(()) } else { Err(Refusal::PeopleUnfit { people: people.to_vec() }) }
}

impl Recover {
    pub(crate) fn apply(&self, context: &mut Context<'_, impl UnitStore>) -> Ruling {
        check_people(&self.people)?;
        let (here, former) = (context.meta.unit, context.meta.generation);
        if self.generation <= former {
            return Err(Refusal::RecoveryUnfit.into());
        }
        let tree = Tree::of(&*context.store, former)?.ok_or(Refusal::RecoveryUnfit)?;
        // The row of this very command begins the next tree.
        let size = tree.size_at(context.meta.sequence) - 1;
        if self.size != size || tree.root(size)? != self.root {
            return Err(Refusal::RecoveryUnfit.into());
        }
        let units = UnitId::FIRST..=UnitId::LAST;
        let written = context.store.scan::<OutboxHeads>(units.clone(), usize::MAX)?;
        let read = context.store.scan::<InboxCursors>(units, usize::MAX)?;
        let known = written.iter().map(|(unit, _)| *unit).chain(read.iter().map(|(unit, _)| *unit));
        let peers: Vec<UnitId> = self.peers.iter().copied().chain(known).filter(|peer| *peer != here).collect();
        let round = Round::open(self.generation, peers);

        context.meta.generation = self.generation;
        let every_mail = (UnitId::FIRST, MailSequence(0))..=(UnitId::LAST, MailSequence(u64::MAX));
        let waited = context.store.scan::<Outbox>(every_mail, usize::MAX)?;
        for (key, _) in &waited {
            context.store.delete::<Outbox>(key)?;
        }
        for (peer, _) in &written {
            context.store.delete::<OutboxHeads>(peer)?;
        }
        for (peer, _) in &round.peers {
            context.send(*peer, Mail::Fence)?;
        }
        // What a former self said about cases, claims and books is void, and said again where it still holds. The catalogue is what
        // it was.
        for ((peer, _), row) in waited {
            if matches!(row.mail, Mail::Manifest(_) | Mail::Chunk { .. }) {
                context.send(peer, row.mail)?;
            }
        }
        let (began, people) = (context.meta.sequence, self.people.clone());
        let open = OpenRound { round, began, people, believed: vec![], judging: Judging::Cases(None) };
        context.store.put::<Rounds>(&(), &open)?;
        Ok(Done::Recovering)
    }
}
