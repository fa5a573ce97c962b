//! Peers have our mail: committed stops resending, mirrored allows deletion (protocol.md §2).

use serde::{Deserialize, Serialize};

use crate::ids::{Generation, MailSequence, UnitId};
use crate::refusal::Refusal;
use crate::store::UnitStore;
use crate::tables::{Outbox, OutboxHead, OutboxHeads};

use super::{Context, Done, Halt, Ruling};

/// How far peers have our streams.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailAcknowledged {
    /// Of ours, that the streams belong to.
    pub generation: Generation,
    /// One for each peer.
    pub peers: Vec<Acknowledged>,
}

/// How far one peer has our stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acknowledged {
    /// Who has it.
    pub peer: UnitId,
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
        let mut heads = Vec::with_capacity(self.peers.len());
        for said in &self.peers {
            let head = context.store.get::<OutboxHeads>(&said.peer)?;
            let fits = |head: &OutboxHead| {
                self.generation == context.meta.generation
                    && said.committed <= head.written
                    && said.mirrored <= said.committed
            };
            heads.push((said, head.filter(fits).ok_or(Refusal::AcknowledgementUnfit)?));
        }
        let (mut room, mut is_news) = (DELETED_AT_ONCE, false);
        for (said, head) in heads {
            is_news |= said.apply(head, &mut room, context)?;
        }
        Ok(if is_news { Done::MailLogged } else { Done::Nothing })
    }
}

impl Acknowledged {
    /// Whether that was more than was known. `room` is how many mails may still be deleted.
    fn apply(
        &self,
        head: OutboxHead,
        room: &mut usize,
        context: &mut Context<'_, impl UnitStore>,
    ) -> Result<bool, Halt> {
        let committed = head.committed.max(self.committed);
        let mut mirrored = head.mirrored;
        if self.mirrored > head.mirrored {
            let safe = (self.peer, head.mirrored.next())..=(self.peer, self.mirrored);
            for key in context.store.keys::<Outbox>(safe, *room)? {
                context.store.delete::<Outbox>(&key)?;
                mirrored = mirrored.max(key.1);
                *room -= 1;
            }
        }
        let after = OutboxHead { committed, mirrored, ..head };
        if after != head {
            context.store.put::<OutboxHeads>(&self.peer, &after)?;
        }
        Ok(after != head)
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
                generation: Generation(generation),
                peers: vec![Acknowledged {
                    peer,
                    committed: MailSequence(committed),
                    mirrored: MailSequence(mirrored),
                }],
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

    #[test]
    fn several_peers_are_logged_at_once_or_none() {
        let mut world = World::jining();
        let case = world.receive(VILLAGE, EQUAL);
        world.offer(VILLAGE, case, COUNTY);
        let village = world.unit(VILLAGE);
        let of = |peer, read| Acknowledged { peer, committed: MailSequence(read), mirrored: MailSequence(read) };
        let all = |peers| Command::MailAcknowledged(MailAcknowledged { generation: Generation::FIRST, peers });
        assert_eq!(village.refused(all(vec![of(COUNTY, 1), of(CITY, 7)])), Refusal::AcknowledgementUnfit);
        assert_eq!(village.outbox(COUNTY).len(), 1);
        assert_eq!(village.done(all(vec![of(COUNTY, 1), of(COUNTY, 0)])), Done::MailLogged);
        assert_eq!((village.outbox(COUNTY).len(), village.done(all(vec![]))), (0, Done::Nothing));
    }
}
