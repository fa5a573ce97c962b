//! What a neighbour said about a stream of mail, and what contradicts it: kept once as evidence, for people to look at (protocol.md
//! §2).
//!
//! The leader found the contradiction and checked the signature under it: neither can be done from rows alone. Here it is only
//! kept; what follows from it (which stream stops, whether the group does) is no part of the log.

use serde::{Deserialize, Serialize};

use crate::ids::{Generation, UnitId};
use crate::store::UnitStore;
use crate::tables::{Dispute, Disputes};

use super::{Context, Done, Ruling};

/// Two units that do not agree how far a stream between them goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeepDispute {
    /// The unit at the other end of the stream.
    pub peer: UnitId,
    /// Whose log was set back, forked or followed by another, as it seems from here: the peer's or this unit's.
    pub of: UnitId,
    /// Which life of that unit.
    pub generation: Generation,
    /// Both sides of the contradiction.
    pub what: String,
    /// What the peer said, a record under its node's signature: proof for whoever trusts neither side.
    #[serde(with = "serde_bytes")]
    pub said: Vec<u8>,
}

impl KeepDispute {
    pub(crate) fn apply(&self, context: &mut Context<'_, impl UnitStore>) -> Ruling {
        let key = (self.peer, self.of);
        let known = context.store.get::<Disputes>(&key)?;
        // A unit that was set back says so as often as it is asked: the first word is the evidence, the others are none.
        if known.is_some_and(|known| known.generation >= self.generation) {
            return Ok(Done::Nothing);
        }
        let Self { generation, what, said, .. } = self.clone();
        let row = Dispute { generation, what, said, at: context.now() };
        context.store.put::<Disputes>(&key, &row)?;
        Ok(Done::MailContradicts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::Command;
    use crate::store::UnitRead;
    use crate::support::*;

    #[test]
    fn the_first_word_of_a_life_is_kept_and_later_ones_change_nothing() {
        let mut world = World::jining();
        let county = world.unit(COUNTY);
        let dispute = |of, generation, what: &str| {
            let (what, said) = (what.to_owned(), vec![7]);
            Command::KeepDispute(Box::new(KeepDispute {
                peer: VILLAGE,
                of,
                generation: Generation(generation),
                what,
                said,
            }))
        };
        for (command, done) in [
            (dispute(VILLAGE, 1, "first"), Done::MailContradicts),
            (dispute(VILLAGE, 1, "again"), Done::Nothing),
            (dispute(COUNTY, 1, "about us"), Done::MailContradicts),
            (dispute(VILLAGE, 2, "its next life"), Done::MailContradicts),
            (dispute(VILLAGE, 1, "an old one"), Done::Nothing),
        ] {
            assert_eq!(county.done(command), done);
        }
        let kept = |of| county.store.get::<Disputes>(&(VILLAGE, of)).unwrap().unwrap().what;
        assert_eq!((kept(VILLAGE), kept(COUNTY)), ("its next life".to_owned(), "about us".to_owned()));
    }
}
