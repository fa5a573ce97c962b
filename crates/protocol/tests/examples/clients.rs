//! Examples of what clients and units say to each other.

use domain::principal::PrincipalKind;
use protocol::applicant::ApplicantFields;
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

pub(crate) fn applicant_fields() -> Examples<ApplicantFields> {
    let (name, identifier, telephone) = ("张三".into(), "11010519491231002X".into(), "13800000000".into());
    vec![("person", ApplicantFields { name, identifier, telephone })]
}
