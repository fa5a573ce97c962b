//! What a unit's mirror and its nodes say to each other (protocol.md §5; docs/adr/0031): the mirror asks for the committed commands
//! behind those it has, and is answered with them, or with a snapshot where they are purged. What it asks from is its acknowledgement.

use crate::digest::ContentHash;
use crate::ids::{Generation, NodeId, Sequence};
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

/// About so many bytes of commands go in one answer: small beside the channel's limit, large beside a round trip.
pub const BATCH_BYTES: usize = 1 << 20;
/// The longest that an answer is kept back while there is nothing to tell, in milliseconds.
pub const MOST_WAIT_MILLIS: u32 = 20_000;

/// What is asked of a unit by its mirror, or of a mirror by the region's operator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum MirrorRequest {
    /// The commands behind `after`, all of which the mirror has applied and synced. Answered late where there are none.
    Follow {
        /// Which life of the unit.
        generation: Generation,
        /// The last command that the mirror has.
        after: Sequence,
        /// How long the answer may be kept back.
        within_millis: u32,
    },
    /// A frame of a snapshot of the unit's rows: number 0 begins it anew, each other one follows the one before or repeats it.
    Snapshot {
        /// Which life of the unit.
        generation: Generation,
        /// Its number.
        frame: u32,
    },
    /// By the operator: acknowledge this life no more, for good, and say how far it came.
    Freeze {
        /// Which life of the unit.
        generation: Generation,
        /// The two people who recorded that the unit's machines are switched off or destroyed.
        people: [String; 2],
    },
    /// By the operator, of a frozen mirror: a frame of its rows, numbered as those of a snapshot.
    Frozen {
        /// Which life of the unit.
        generation: Generation,
        /// Its number.
        frame: u32,
    },
}

/// What is answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum MirrorReply {
    /// Commands as they were logged, in their order, without a gap behind what was asked from.
    Commands {
        /// The last one before them.
        after: Sequence,
        /// Records of `domain`'s `Proposal`. Empty where nothing happened in time.
        commands: Vec<ByteBuf>,
        /// The last command that the unit has applied.
        head: Sequence,
        /// Rolling hash of the unit's state at `head`.
        hash: ContentHash,
    },
    /// The log begins behind what was asked from: a snapshot has to be fetched.
    Purged {
        /// The last command that the unit has applied.
        head: Sequence,
    },
    /// A frame of a snapshot.
    Frame {
        /// Its number.
        frame: u32,
        /// As consensus cut it.
        bytes: ByteBuf,
        /// Whether it is the last.
        is_last: bool,
    },
    /// Only the leader tells a mirror anything: it alone has to know how far the mirrors are.
    NotLeader {
        /// Who leads, if known.
        hint: Option<NodeId>,
    },
    /// The mirror is frozen.
    Stands {
        /// The last command that it has.
        at: Sequence,
        /// Rolling hash of the state there.
        hash: ContentHash,
    },
    /// Not done.
    Refused {
        /// The documented code.
        code: String,
        /// In words.
        why: String,
    },
}

/// How far a mirror is: kept beside its rows, written in one batch with them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum MirrorMark {
    /// It follows.
    Follows {
        /// The last command whose writes are in its rows.
        at: Sequence,
    },
    /// It stands still for good: what it has may have been read for the unit's next life.
    Frozen {
        /// The last command whose writes are in its rows.
        at: Sequence,
        /// Who asked for it.
        people: [String; 2],
    },
    /// These rows are a next life's, taken from a mirror; its first command names these people.
    Promoted {
        /// Two people who recorded that the machines of the life before are switched off or destroyed.
        people: [String; 2],
    },
}

crate::first_form! {
    58: MirrorRequest;
    61: MirrorReply;
    62: MirrorMark;
}
