//! What a program says to a unit over a QUIC link, and what a follower forwards to its leader: a request's own JSON and the
//! answer's. The frame is frozen; what is inside is the API's (`unit`), so that HTTP and QUIC cannot differ.

use domain::ids::NodeId;
use domain::principal::Principal;
use serde::{Deserialize, Serialize};

use crate::record::{self, RecordFault};

/// A request's body is not larger; materials travel as blobs, never in a request.
pub const MOST_BODY_BYTES: usize = 1024 * 1024;

/// As [`domain::command::Idempotency`]: 1–128 characters.
pub const MOST_KEY_CHARACTERS: usize = 128;

/// A command or question.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientRequest {
    /// Who asks, as the sending node has made sure of; a node is believed within its own unit only.
    pub principal: Principal,
    /// The requester's promise that equal keys mean the same request; commands need one.
    pub idempotency_key: Option<String>,
    /// JSON of the request.
    #[serde(with = "serde_bytes")]
    pub body: Vec<u8>,
}

/// The answer.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ClientReply {
    /// JSON of the answer, a refusal included: it is an answer.
    Answer {
        /// The JSON.
        #[serde(with = "serde_bytes")]
        body: Vec<u8>,
    },
    /// Another node leads; nothing was done.
    NotLeader {
        /// Which one, if it is known.
        hint: Option<NodeId>,
    },
    /// It is not known whether it was done: ask again under the same key.
    Unknown {
        /// Why, for the log.
        why: String,
    },
    /// The request was not read; nothing was done.
    Malformed {
        /// Why.
        why: String,
    },
}

domain::first_form! {
    68: ClientRequest;
    69: ClientReply;
}

// Bodies hold personal fields: never printed.
impl std::fmt::Debug for ClientRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ClientRequest({:?}, {} bytes)", self.principal.kind, self.body.len())
    }
}

impl std::fmt::Debug for ClientReply {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Answer { body } => write!(f, "Answer({} bytes)", body.len()),
            Self::NotLeader { hint } => write!(f, "NotLeader({hint:?})"),
            Self::Unknown { why } => write!(f, "Unknown({why:?})"),
            Self::Malformed { why } => write!(f, "Malformed({why:?})"),
        }
    }
}

/// Why a client's request is not read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClientRequestFault {
    /// Not a request.
    #[error(transparent)]
    Record(#[from] RecordFault),
    /// Its body is too large.
    #[error("a request of {got} bytes, at most {MOST_BODY_BYTES} are taken; hand materials in by themselves")]
    Large {
        /// How many came.
        got: usize,
    },
    /// Its key is empty or too long.
    #[error("an idempotency key of {got} characters, 1 to {MOST_KEY_CHARACTERS} are taken")]
    Key {
        /// How many came.
        got: usize,
    },
}

impl ClientRequest {
    /// Reads a request and checks its bounds.
    pub fn read(bytes: &[u8]) -> Result<Self, ClientRequestFault> {
        // The rest of the record is a few names; the codec bounds them by what is there.
        if bytes.len() > MOST_BODY_BYTES + 4096 {
            return Err(ClientRequestFault::Large { got: bytes.len() });
        }
        let request: Self = record::read(bytes)?;
        if request.body.len() > MOST_BODY_BYTES {
            return Err(ClientRequestFault::Large { got: request.body.len() });
        }
        match request.idempotency_key.as_ref().map(|key| key.chars().count()) {
            Some(got) if !(1..=MOST_KEY_CHARACTERS).contains(&got) => Err(ClientRequestFault::Key { got }),
            _ => Ok(request),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::principal::PrincipalKind;

    fn request(key: Option<&str>, body: usize) -> ClientRequest {
        ClientRequest {
            principal: Principal { kind: PrincipalKind::Staff, name: "demo-window".into() },
            idempotency_key: key.map(str::to_owned),
            body: vec![b'x'; body],
        }
    }

    #[test]
    fn bounds_are_kept_and_bodies_not_printed() {
        let read = |request: &ClientRequest| ClientRequest::read(&record::write(request).unwrap());
        let good = request(Some("k"), 10);
        assert_eq!(read(&good), Ok(good.clone()));
        assert_eq!(read(&request(None, MOST_BODY_BYTES)), Ok(request(None, MOST_BODY_BYTES)));
        let got = MOST_BODY_BYTES + 1;
        assert_eq!(read(&request(None, got)), Err(ClientRequestFault::Large { got }));
        assert_eq!(read(&request(Some(""), 1)), Err(ClientRequestFault::Key { got: 0 }));
        let long = "键".repeat(MOST_KEY_CHARACTERS + 1);
        assert_eq!(read(&request(Some(&long), 1)), Err(ClientRequestFault::Key { got: MOST_KEY_CHARACTERS + 1 }));
        assert_eq!(read(&request(Some(&"键".repeat(MOST_KEY_CHARACTERS)), 1)).map(|_| ()), Ok(()));
        assert_eq!(format!("{good:?}"), "ClientRequest(Staff, 10 bytes)");
    }
}
