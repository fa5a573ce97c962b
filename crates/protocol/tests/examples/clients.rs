//! Examples of what clients and units say to each other.

use domain::principal::PrincipalKind;
use protocol::client::{ClientReply, ClientRequest};

use super::{Examples, principal};

pub(crate) fn client_request() -> Examples<ClientRequest> {
    let principal = principal(PrincipalKind::Staff);
    vec![("command", ClientRequest { principal, idempotency_key: Some("slip-1".into()), body: b"{}".to_vec() })]
}

pub(crate) fn client_reply() -> Examples<ClientReply> {
    vec![
        ("answer", ClientReply::Answer { body: b"{}".to_vec() }),
        ("not leader", ClientReply::NotLeader { hint: None }),
        ("unknown", ClientReply::Unknown { why: "the leader was lost".into() }),
        ("malformed", ClientReply::Malformed { why: "no record".into() }),
    ]
}
