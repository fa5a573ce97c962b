//! What can go wrong on a link, in types: why somebody is refused, why a dial fails, why a stream ends.

use domain::ids::NodeId;
use protocol::record::RecordFault;
use protocol::seam::LinkFault;
use quinn::{ConnectionError, ReadError, VarInt, WriteError};

/// Why a peer or what it sent is refused. Each has its own counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Refusal {
    /// It showed no certificate.
    NoCertificate,
    /// Its certificate has expired or does not hold yet.
    Expired,
    /// Its certificate is not of this region's authority.
    ForeignAuthority,
    /// Its certificate speaks of a node, unit or generation that the directory does not list so.
    NotListed,
    /// Another failure of the handshake: damaged certificate, other protocol.
    Handshake,
    /// Its hello does not fit its certificate, or comes from another version.
    Hello,
    /// It may not use that channel for that group, or not on that connection.
    NotPermitted,
    /// A frame over the channel's limit.
    TooLong,
    /// Bytes that are no frame.
    Malformed,
    /// Too many handshakes at once.
    Busy,
}

impl Refusal {
    /// Every reason, in the order of the counters.
    pub const ALL: [Self; 10] = [
        Self::NoCertificate,
        Self::Expired,
        Self::ForeignAuthority,
        Self::NotListed,
        Self::Handshake,
        Self::Hello,
        Self::NotPermitted,
        Self::TooLong,
        Self::Malformed,
        Self::Busy,
    ];

    /// As metrics and logs write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NoCertificate => "no_certificate",
            Self::Expired => "expired",
            Self::ForeignAuthority => "foreign_authority",
            Self::NotListed => "not_listed",
            Self::Handshake => "handshake",
            Self::Hello => "hello",
            Self::NotPermitted => "not_permitted",
            Self::TooLong => "too_long",
            Self::Malformed => "malformed",
            Self::Busy => "busy",
        }
    }

    /// From the code that ended a handshake: both sides see the same TLS alert, so both name the same reason.
    pub(crate) fn of_handshake(code: quinn::TransportErrorCode) -> Option<Self> {
        // RFC 9001 §4.8: a TLS alert is 0x100 + its number. RFC 8446 §6: the numbers.
        let alert = u64::from(code).checked_sub(0x100).filter(|alert| *alert <= 0xFF)?;
        Some(match alert {
            116 => Self::NoCertificate,
            45 => Self::Expired,
            48 => Self::ForeignAuthority,
            49 => Self::NotListed,
            _ => Self::Handshake,
        })
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::NoCertificate => "no certificate was shown",
            Self::Expired => "the certificate has expired or does not hold yet",
            Self::ForeignAuthority => "the certificate is not of this region's authority",
            Self::NotListed => "the directory does not list that node, unit and generation together",
            Self::Handshake => "the handshake failed",
            Self::Hello => "the hello does not fit",
            Self::NotPermitted => "that channel is not permitted to this peer for this group",
            Self::TooLong => "the frame is over the channel's limit",
            Self::Malformed => "the bytes are no frame",
            Self::Busy => "too many handshakes at once",
        })
    }
}

/// Why a node could not be dialed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DialFault {
    /// The directory does not list it.
    #[error("node {node} is not in directory {directory}")]
    Unlisted {
        /// Whom.
        node: NodeId,
        /// The directory's number.
        directory: u64,
    },
    /// None of its addresses answered.
    #[error("node {node} cannot be reached: {why}")]
    Unreachable {
        /// Whom.
        node: NodeId,
        /// Of the last address that was tried.
        why: String,
    },
    /// The node at that address refused us.
    #[error("node {node} refused this node: {reason}")]
    Refused {
        /// Whom.
        node: NodeId,
        /// What it told.
        reason: Refusal,
    },
    /// We refuse the node at that address.
    #[error("whoever answers at the address of node {node} was refused: {reason}")]
    Impostor {
        /// Who was expected.
        node: NodeId,
        /// What is wrong with the one who answered.
        reason: Refusal,
    },
    /// It let us in, and its hello does not fit.
    #[error("node {node}: {fault}")]
    Hello {
        /// Whom.
        node: NodeId,
        /// What is wrong.
        fault: HelloFault,
    },
    /// It failed a moment ago; the next try is later.
    #[error("node {node} is tried again in {millis} ms; last time: {last}")]
    Waiting {
        /// Whom.
        node: NodeId,
        /// Until the next try.
        millis: u64,
        /// Why the last one failed.
        last: Box<DialFault>,
    },
    /// This endpoint is closing.
    #[error("this node is shutting down")]
    Closing,
}

impl DialFault {
    /// As the seam tells it.
    pub(crate) fn told(self, node: NodeId) -> LinkFault {
        match self {
            Self::Refused { .. } | Self::Impostor { .. } | Self::Hello { .. } => {
                LinkFault::Refused { node, why: self.to_string() }
            }
            Self::Waiting { last, .. } => last.told(node),
            Self::Unreachable { why, .. } => LinkFault::Unreachable { node, why },
            Self::Unlisted { .. } | Self::Closing => LinkFault::Unreachable { node, why: self.to_string() },
        }
    }

    /// Of a connection that ended before it was usable.
    pub(crate) fn of_connection(node: NodeId, why: &ConnectionError) -> Self {
        match why {
            ConnectionError::ConnectionClosed(close) => match Refusal::of_handshake(close.error_code) {
                Some(reason) => Self::Refused { node, reason },
                None => Self::Unreachable { node, why: why.to_string() },
            },
            ConnectionError::TransportError(error) => match Refusal::of_handshake(error.code) {
                Some(reason) => Self::Impostor { node, reason },
                None => Self::Unreachable { node, why: why.to_string() },
            },
            ConnectionError::ApplicationClosed(close) => match Code::of(close.error_code) {
                Some(Code::Refused) => Self::Refused { node, reason: Refusal::Hello },
                _ => Self::Unreachable { node, why: why.to_string() },
            },
            _ => Self::Unreachable { node, why: why.to_string() },
        }
    }
}

/// Why a hello is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HelloFault {
    /// Another version of the link's protocol.
    #[error("speaks link protocol {got}, this release speaks {expected}")]
    Protocol {
        /// What came.
        got: u16,
        /// What is spoken here.
        expected: u16,
    },
    /// It says that it is another than its certificate says.
    #[error("calls itself {got}, its certificate says {expected}")]
    Identity {
        /// What it said.
        got: String,
        /// What the certificate says.
        expected: String,
    },
    /// The hello cannot be read.
    #[error(transparent)]
    Record(#[from] RecordFault),
    /// No hello came.
    #[error("no hello came: {0}")]
    Missing(FrameFault),
}

/// Why a frame could not be sent or received.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameFault {
    /// Over the limit.
    #[error("a frame of {bytes} bytes is over the limit of {limit}")]
    TooLong {
        /// Its length.
        bytes: usize,
        /// What the channel allows.
        limit: usize,
    },
    /// The stream ended within a frame.
    #[error("the stream ended {missing} bytes before the end of a frame")]
    Cut {
        /// Bytes that did not come.
        missing: usize,
    },
    /// The stream's first bytes are of no known form.
    #[error("not the beginning of a stream: {0}")]
    Opening(String),
    /// The peer gave up this stream.
    #[error("the peer gave up the stream")]
    Reset,
    /// The connection is gone.
    #[error("{0}")]
    Lost(String),
    /// A part that was sent only in half by an abandoned call: nothing can follow it.
    #[error("an earlier send was abandoned half-way")]
    Abandoned,
    /// Took too long.
    #[error("nothing came within {millis} ms")]
    Deadline {
        /// How long.
        millis: u64,
    },
}

impl FrameFault {
    /// As the seam tells it.
    pub(crate) fn told(self, node: NodeId) -> LinkFault {
        match self {
            Self::TooLong { .. } => LinkFault::Refused { node, why: self.to_string() },
            Self::Deadline { millis } => LinkFault::Deadline { node, millis },
            _ => LinkFault::Unreachable { node, why: self.to_string() },
        }
    }

    /// How the receiving side counts it, when it is the peer's doing.
    pub(crate) fn refusal(&self) -> Option<Refusal> {
        match self {
            Self::TooLong { .. } => Some(Refusal::TooLong),
            Self::Cut { .. } | Self::Opening(_) => Some(Refusal::Malformed),
            Self::Reset | Self::Lost(_) | Self::Abandoned | Self::Deadline { .. } => None,
        }
    }
}

impl From<ReadError> for FrameFault {
    fn from(why: ReadError) -> Self {
        match why {
            ReadError::Reset(_) => Self::Reset,
            other => Self::Lost(other.to_string()),
        }
    }
}

impl From<WriteError> for FrameFault {
    fn from(why: WriteError) -> Self {
        match why {
            WriteError::Stopped(_) => Self::Reset,
            other => Self::Lost(other.to_string()),
        }
    }
}

/// Codes with which connections and streams are ended; fixed on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Code {
    /// The node shuts down.
    Closing = 1,
    /// Whoever asked does not wait any longer.
    Cancelled = 2,
    /// The connection is old; a younger one takes its place.
    Aged = 3,
    /// The peer is refused.
    Refused = 4,
    /// A new directory does not list the peer any more.
    Unlisted = 5,
}

impl Code {
    pub(crate) fn number(self) -> VarInt {
        VarInt::from_u32(self as u32)
    }

    pub(crate) fn of(number: VarInt) -> Option<Self> {
        let known = [Self::Closing, Self::Cancelled, Self::Aged, Self::Refused, Self::Unlisted];
        known.into_iter().find(|code| code.number() == number)
    }
}
