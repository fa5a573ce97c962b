//! What two units' nodes say to each other on the mail channel: who is ahead, some envelopes, how far they have got.
//!
//! Batches are bounded in number and size; a reply is a few bytes. What is inside an envelope is [`crate::envelope`]'s.

use domain::digest::ContentHash;
use domain::ids::{Generation, MailSequence, NodeId, UnitId};
use domain::tables::InboxCursor;
use serde::{Deserialize, Serialize};

use crate::envelope::MOST_ENVELOPE_BYTES;
use crate::record::{self, RecordFault};
use crate::statement::{SignedGreeting, SignedStatement};

/// Envelopes in one batch: what a leader proposes before it answers, well under a second of work.
pub const MOST_ENVELOPES: usize = 64;

/// Bytes of all envelopes in one batch: room for the largest envelope and its neighbours.
pub const MOST_BATCH_BYTES: usize = 2 * MOST_ENVELOPE_BYTES;

/// One request on the mail channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum MailRequest {
    /// First on every link, and whenever the sender does not know how far the receiver is.
    Hello(MailHello),
    /// Mail in the order of its stream.
    Batch(MailBatch),
    /// A hello under the sending node's signature: what opens every stream since it can come over a relay.
    Greet(Box<SignedGreeting>),
    /// To a relay: bring this to a unit that the sender cannot reach.
    Carry(Box<Carry>),
    /// From a relay: what another unit asked it to bring.
    Carried(Box<Carried>),
}

/// How far the sender's stream to the receiver goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailHello {
    /// The sending unit.
    pub from: UnitId,
    /// Which life of it.
    pub generation: Generation,
    /// The receiving unit.
    pub to: UnitId,
    /// The last mail written: never lower than once seen.
    pub written: MailSequence,
    /// With that mail.
    pub chain: ContentHash,
}

/// A request that a relay is to bring to a unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Carry {
    /// To which unit.
    pub to: UnitId,
    /// To which of its nodes.
    pub node: NodeId,
    /// A [`MailRequest`] record of the sender's, as the receiver is to read it.
    #[serde(with = "serde_bytes")]
    pub request: Vec<u8>,
}

/// A request that a relay brings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Carried {
    /// Whose it is, by the relay's word: what is in it has to prove it.
    pub from: UnitId,
    /// A [`MailRequest`] record.
    #[serde(with = "serde_bytes")]
    pub request: Vec<u8>,
}

/// Some envelopes of one stream, in order, each a record's bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailBatch {
    /// At most [`MOST_ENVELOPES`], together at most [`MOST_BATCH_BYTES`].
    #[serde(with = "as_bytes")]
    pub envelopes: Vec<Vec<u8>>,
}

/// The same encoding as of lists of numbers, at the speed of copying.
mod as_bytes {
    use serde::{Deserialize as _, Deserializer, Serializer};
    use serde_bytes::{ByteBuf, Bytes};

    pub(super) fn serialize<S: Serializer>(all: &[Vec<u8>], to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(all.iter().map(|one| Bytes::new(one)))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Vec<u8>>, D::Error> {
        let all = Vec::<ByteBuf>::deserialize(from)?;
        Ok(all.into_iter().map(ByteBuf::into_vec).collect())
    }
}

/// How far the receiver has got with a stream. Two acknowledgements: *committed* stops resending, *mirrored* allows deletion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailAck {
    /// The life of the sender that the stream belongs to.
    pub generation: Generation,
    /// On a majority of the receiver's voters.
    pub committed: MailSequence,
    /// At the receiver's mirrors too; equal to `committed` where there are none.
    pub mirrored: MailSequence,
}

/// The answer to a hello or a batch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum MailReply {
    /// How far the receiver is now.
    Ack(MailAck),
    /// Another node leads the receiving unit.
    NotLeader {
        /// Which one, if it is known.
        hint: Option<NodeId>,
    },
    /// The first envelope that was not taken, or the hello, and why. What came before it in the batch is taken.
    Refused {
        /// `area.reason` (docs/errors.md).
        code: String,
        /// Both sides of the mismatch, for the sender's log; no personal fields.
        why: String,
        /// Whether the sender goes on trying by itself; otherwise people have to look.
        passing: bool,
    },
    /// How far the receiver is, or why it takes nothing, under its node's signature: no relay can say it in its place.
    Stated(Box<SignedStatement>),
}

domain::first_form! {
    66: MailRequest;
    67: MailReply;
}

/// Why a request on the mail channel is not read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MailRequestFault {
    /// Not a request.
    #[error(transparent)]
    Record(#[from] RecordFault),
    /// More envelopes than a batch has.
    #[error("{got} envelopes in a batch, at most {MOST_ENVELOPES} are taken")]
    Count {
        /// How many came.
        got: usize,
    },
    /// More bytes than a batch has.
    #[error("a request of {got} bytes, at most {most} are taken", most = MOST_REQUEST_BYTES)]
    Bytes {
        /// How many came.
        got: usize,
    },
}

/// A full batch, the record around it, and what a relay puts around that.
pub const MOST_REQUEST_BYTES: usize = MOST_BATCH_BYTES + 8 * MOST_ENVELOPES + 128;

impl MailRequest {
    /// Reads a request and checks its bounds.
    pub fn read(bytes: &[u8]) -> Result<Self, MailRequestFault> {
        if bytes.len() > MOST_REQUEST_BYTES {
            return Err(MailRequestFault::Bytes { got: bytes.len() });
        }
        let request = record::read(bytes)?;
        match &request {
            Self::Batch(batch) if batch.envelopes.len() > MOST_ENVELOPES => {
                Err(MailRequestFault::Count { got: batch.envelopes.len() })
            }
            _ => Ok(request),
        }
    }
}

impl MailBatch {
    /// Whether another envelope of that size still fits. An empty batch takes any envelope.
    pub fn has_room_for(&self, bytes: usize) -> bool {
        let held: usize = self.envelopes.iter().map(Vec::len).sum();
        self.envelopes.is_empty() || (self.envelopes.len() < MOST_ENVELOPES && held + bytes <= MOST_BATCH_BYTES)
    }
}

/// A hello that contradicts what was once seen of the sender: refused, with an alarm and evidence (protocol.md §2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HelloFault {
    /// A former life of the sender.
    #[error("generation {} of unit {from} greets, generation {} has been seen", said.0, seen.0)]
    Fenced {
        /// The sender.
        from: UnitId,
        /// As it says.
        said: Generation,
        /// As was seen.
        seen: Generation,
    },
    /// Its log ends before what was read from it: it was rolled back or restored without a promotion.
    #[error("unit {from} says that its stream ends at {}, but mail {} was read from it: its log was rolled back", said.0, seen.0)]
    RolledBack {
        /// The sender.
        from: UnitId,
        /// As it says.
        said: MailSequence,
        /// As was read.
        seen: MailSequence,
    },
    /// Its stream ends where we have read to, with another history.
    #[error("unit {from} and this unit disagree about mail {}: chain {} said, {} read", at.0, said.short(), seen.short())]
    Forked {
        /// The sender.
        from: UnitId,
        /// Where.
        at: MailSequence,
        /// As it says.
        said: ContentHash,
        /// As was read.
        seen: ContentHash,
    },
}

impl HelloFault {
    /// A code for the refusal, `area.reason` (docs/errors.md).
    pub fn code(&self) -> &'static str {
        match self {
            Self::Fenced { .. } => "mail.fenced",
            Self::RolledBack { .. } => "mail.rolled_back",
            Self::Forked { .. } => "mail.forked",
        }
    }
}

impl MailHello {
    /// Compares with how far the sender's stream has been read.
    pub fn check(&self, cursor: Option<&InboxCursor>) -> Result<(), HelloFault> {
        let Some(cursor) = cursor else { return Ok(()) };
        let from = self.from;
        if self.generation < cursor.generation {
            return Err(HelloFault::Fenced { from, said: self.generation, seen: cursor.generation });
        }
        if self.generation > cursor.generation {
            return Ok(());
        }
        if self.written < cursor.sequence {
            return Err(HelloFault::RolledBack { from, said: self.written, seen: cursor.sequence });
        }
        if self.written == cursor.sequence && self.chain != cursor.chain {
            return Err(HelloFault::Forked { from, at: self.written, said: self.chain, seen: cursor.chain });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hello(generation: u32, written: u64, chain: u8) -> MailHello {
        MailHello {
            from: UnitId::new(370_811_002_000).unwrap(),
            generation: Generation(generation),
            to: UnitId::new(370_811_000_000).unwrap(),
            written: MailSequence(written),
            chain: ContentHash([chain; 32]),
        }
    }

    #[test]
    fn a_hello_never_goes_back() {
        let cursor = InboxCursor { generation: Generation(2), sequence: MailSequence(5), chain: ContentHash([5; 32]) };
        let code = |hello: MailHello| hello.check(Some(&cursor)).map_err(|fault| fault.code());
        assert_eq!(hello(1, 9, 0).check(None), Ok(()));
        assert_eq!(code(hello(2, 5, 5)), Ok(()));
        assert_eq!(code(hello(2, 6, 0)), Ok(()), "mail under way");
        assert_eq!(code(hello(3, 0, 0)), Ok(()), "a new life begins its stream anew");
        assert_eq!(code(hello(1, 9, 0)), Err("mail.fenced"));
        assert_eq!(code(hello(2, 4, 0)), Err("mail.rolled_back"));
        assert_eq!(code(hello(2, 5, 0)), Err("mail.forked"));
    }

    #[test]
    fn a_batch_is_bounded() {
        let batch = |count: usize, size: usize| MailBatch { envelopes: vec![vec![0; size]; count] };
        assert!(batch(0, 0).has_room_for(MOST_ENVELOPE_BYTES));
        assert!(batch(MOST_ENVELOPES - 1, 1).has_room_for(1));
        assert!(!batch(MOST_ENVELOPES, 1).has_room_for(1));
        assert!(batch(1, MOST_ENVELOPE_BYTES).has_room_for(MOST_ENVELOPE_BYTES));
        assert!(!batch(2, MOST_ENVELOPE_BYTES).has_room_for(1));

        let read = |batch| MailRequest::read(&record::write(&MailRequest::Batch(batch)).unwrap());
        assert!(read(batch(2, MOST_ENVELOPE_BYTES)).is_ok());
        assert!(read(batch(MOST_ENVELOPES, 1)).is_ok());
        let count = MOST_ENVELOPES + 1;
        assert_eq!(read(batch(count, 1)), Err(MailRequestFault::Count { got: count }));
        let large = record::write(&MailRequest::Batch(batch(3, MOST_ENVELOPE_BYTES))).unwrap();
        assert_eq!(MailRequest::read(&large), Err(MailRequestFault::Bytes { got: large.len() }));
    }
}
