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
            for (key, _) in context.store.scan::<Outbox>(safe, DELETED_AT_ONCE)? {
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
