//! A peer that a round waits for is lost too: nobody waits for it any more, and its generation is fenced.

use serde::{Deserialize, Serialize};

use crate::ids::{Generation, MailSequence, UnitId};
use crate::refusal::Refusal;
use crate::store::UnitStore;
use crate::tables::{InboxCursor, InboxCursors, Rounds};

use super::context::stream_start;
use super::recover::check_people;
use super::{Context, Done, Ruling};

/// Which peer, and who says so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeclareLost {
    /// The peer.
    pub peer: UnitId,
    /// Its life by the directory: that one and all before it are believed no more.
    pub generation: Generation,
    /// Two people, each by name.
    pub people: [String; 2],
}

impl DeclareLost {
    pub(crate) fn apply(&self, context: &mut Context<'_, impl UnitStore>) -> Ruling {
        check_people(&self.people)?;
        let mut open = context.open_round()?.ok_or(Refusal::RecoveryUnfit)?;
        if !open.round.declare_lost(self.peer) {
            return Err(Refusal::RecoveryUnfit.into());
        }
        let known = context.store.get::<InboxCursors>(&self.peer)?.map_or(Generation(0), |cursor| cursor.generation);
        let generation = Generation(self.generation.max(known).0 + 1);
        let chain = stream_start(self.peer, generation.0, context.meta.unit);
        let cursor = InboxCursor { generation, sequence: MailSequence(0), chain };
        context.store.put::<InboxCursors>(&self.peer, &cursor)?;
        context.store.put::<Rounds>(&(), &open)?;
        Ok(Done::DeclaredLost)
    }
}
