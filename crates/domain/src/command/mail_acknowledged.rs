//! A peer has our mail: committed stops resending, mirrored allows deletion (protocol.md §2).

use serde::{Deserialize, Serialize};

use crate::ids::{Generation, MailSequence, UnitId};
use crate::refusal::Refusal;
use crate::store::UnitStore;
use crate::tables::{Outbox, OutboxHead, OutboxHeads};

use super::{Context, Done, Ruling};

/// How far the peer has our stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailAcknowledged {
    /// Who has it.
    pub peer: UnitId,
    /// Of ours, that the stream belongs to.
    pub generation: Generation,
    /// On a majority of the peer's voters.
    pub committed: MailSequence,
    /// At the peer's mirrors too.
    pub mirrored: MailSequence,
}

/// At most that many mails are deleted by one command, so that no command does unbounded work; the next one goes on.
const DELETED_AT_ONCE: usize = 4096;

impl MailAcknowledged {
    pub(crate) fn apply(&self, context: &mut Context<'_, impl UnitStore>) -> Ruling {
        // What a former life wrote is not this stream's.
        if self.generation < context.meta.generation {
            return Ok(Done::Nothing);
        }
        let head = context.store.get::<OutboxHeads>(&self.peer)?;
        let fits = |head: &OutboxHead| {
            self.generation == context.meta.generation
                && self.committed <= head.written
                && self.mirrored <= self.committed
        };
        let Some(head) = head.filter(fits) else { return Err(Refusal::AcknowledgementUnfit.into()) };
        let committed = head.committed.max(self.committed);
        let mut mirrored = head.mirrored;
        if self.mirrored > head.mirrored {
            let safe = (self.peer, head.mirrored.next())..=(self.peer, self.mirrored);
            for key in context.store.keys::<Outbox>(safe, DELETED_AT_ONCE)? {
                context.store.delete::<Outbox>(&key)?;
                mirrored = mirrored.max(key.1);
            }
        }
        let after = OutboxHead { committed, mirrored, ..head };
        if after == head {
            return Ok(Done::Nothing);
        }
        context.store.put::<OutboxHeads>(&self.peer, &after)?;
        Ok(Done::MailLogged)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::Command;
    use crate::support::*;

    #[test]
    fn an_acknowledgement_never_goes_beyond_what_was_written() {
        let mut world = World::jining();
        let case = world.receive(VILLAGE, EQUAL);
        world.offer(VILLAGE, case, COUNTY);
        let village = world.unit(VILLAGE);
        let acknowledge = |peer, generation, committed, mirrored| {
            Command::MailAcknowledged(MailAcknowledged {
                peer,
                generation: Generation(generation),
                committed: MailSequence(committed),
                mirrored: MailSequence(mirrored),
            })
        };
        for unfit in [
            acknowledge(CITY, 1, 1, 0),
            acknowledge(COUNTY, 1, 2, 0),
            acknowledge(COUNTY, 1, 0, 1),
            acknowledge(COUNTY, 2, 1, 1),
        ] {
            assert_eq!(village.refused(unfit), Refusal::AcknowledgementUnfit);
        }
        // Of a former life: nothing.
        assert_eq!(village.done(acknowledge(COUNTY, 0, 9, 9)), Done::Nothing);
        let rows = |unit: &TestUnit| {
            use crate::store::UnitRead;
            let all = (COUNTY, MailSequence(0))..=(COUNTY, MailSequence(u64::MAX));
            unit.store.scan::<Outbox>(all, usize::MAX).unwrap().len()
        };
        assert_eq!(village.done(acknowledge(COUNTY, 1, 1, 0)), Done::MailLogged);
        assert_eq!((village.outbox(COUNTY).len(), rows(village)), (0, 1));
        assert_eq!(village.done(acknowledge(COUNTY, 1, 1, 1)), Done::MailLogged);
        assert_eq!(rows(village), 0);
        assert_eq!(village.done(acknowledge(COUNTY, 1, 1, 0)), Done::Nothing);
    }
}
