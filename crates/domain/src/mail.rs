//! What units say to each other. Envelopes, sealing and signatures are in `protocol`; this is what is inside.

use serde::{Deserialize, Serialize};

use crate::audit::HeadNews;
use crate::case::{CaseContent, TimelineEntry};
use crate::catalogue::SignedManifest;
use crate::claims::{ClaimKey, Said};
use crate::concerns::ConcernWord;
use crate::digest::ContentHash;
use crate::handoff::Move;
use crate::ids::{Attempt, CaseId};
use crate::licence::Breach;
use crate::recovery::Answer;
use crate::sealed::{BlindIndex, WrappedKey};

/// One mail. Kinds are numbered once for ever; a kind's payload has a version of its own ([`Mail::VERSION`]).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Mail {
    /// A word of the handoff that carries no content.
    Move {
        /// Which case.
        case: CaseId,
        /// What is said; never an offer.
        said: Move,
    },
    /// An offer with what it offers.
    Offer {
        /// The attempt that it opens.
        attempt: Attempt,
        /// Of `content`.
        hash: ContentHash,
        /// What is offered.
        content: Box<CaseContent>,
        /// The case's data key, sealed to the receiver of this mail.
        key: WrappedKey,
    },
    /// The owner tells who received the case what has happened. A courtesy: nothing legal hangs on it.
    News {
        /// Which case.
        case: CaseId,
        /// What has happened, in order.
        entries: Vec<TimelineEntry>,
    },
    /// A new catalogue version, from the unit above.
    Manifest(SignedManifest),
    /// A piece of a catalogue version, under the hash that a manifest names.
    Chunk {
        /// Of `bytes`.
        hash: ContentHash,
        /// Canonical JSON.
        #[serde(with = "serde_bytes")]
        bytes: Vec<u8>,
    },
    /// A word between a case's owner and the home of its claim.
    Claim {
        /// What the claim is for.
        key: ClaimKey,
        /// Which case.
        case: CaseId,
        /// What is said.
        said: Said,
    },
    /// The head of the sender's audit tree, to the units right above and below.
    Head(Box<HeadNews>),
    /// A new life of the sender has begun: the first mail of its stream. Who has logged it gives nothing to and believes nothing
    /// from a former self, and answers.
    Fence,
    /// A piece of the answer to the receiver's fence.
    Answer(Box<Answer>),
    /// What somebody says of a case, to the unit that answers; and what was done about it, back to where it was given.
    Concern(ConcernWord),
    /// Somebody did not keep a promise that was decided on.
    Breach {
        /// Keyed hash of who gave it.
        applicant: BlindIndex,
        /// The case that was decided on it.
        case: CaseId,
        /// The case's number, and for how long it counts.
        breach: Breach,
    },
}

impl Mail {
    /// The payload version that this build writes. A receiver that knows less refuses it by this number.
    pub const VERSION: u16 = 1;

    /// The kind's number, in clear on the envelope.
    pub fn kind(&self) -> MailKind {
        match self {
            Self::Move { .. } => MailKind::Move,
            Self::Offer { .. } => MailKind::Offer,
            Self::News { .. } => MailKind::News,
            Self::Manifest(_) => MailKind::Manifest,
            Self::Chunk { .. } => MailKind::Chunk,
            Self::Claim { .. } => MailKind::Claim,
            Self::Head(_) => MailKind::Head,
            Self::Fence => MailKind::Fence,
            Self::Answer(_) => MailKind::Answer,
            Self::Concern(_) => MailKind::Concern,
            Self::Breach { .. } => MailKind::Breach,
        }
    }
}

/// What a mail is, as anyone on its way may see.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[repr(u16)]
pub enum MailKind {
    /// A word of the handoff.
    Move = 1,
    /// An offer with content.
    Offer = 2,
    /// News of a case.
    News = 3,
    /// A catalogue version.
    Manifest = 4,
    /// A piece of a catalogue.
    Chunk = 5,
    /// A word about a claim.
    Claim = 6,
    /// The head of an audit tree.
    Head = 7,
    /// A new life of the sender.
    Fence = 8,
    /// A piece of the answer to a fence.
    Answer = 9,
    /// A rating, an urging, a complaint, or what was done about one.
    Concern = 10,
    /// A promise that was not kept.
    Breach = 11,
}

impl MailKind {
    /// From the number on an envelope.
    pub fn from_number(number: u16) -> Option<Self> {
        let first = [Self::Move, Self::Offer, Self::News, Self::Manifest, Self::Chunk, Self::Claim, Self::Head];
        first
            .into_iter()
            .chain([Self::Fence, Self::Answer, Self::Concern, Self::Breach])
            .find(|kind| *kind as u16 == number)
    }
}
