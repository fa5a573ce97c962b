//! Examples of what a unit's mirror and its nodes say to each other.

use domain::ids::{Generation, NodeId, Sequence};
use domain::mirror::{MirrorMark, MirrorReply, MirrorRequest};
use serde_bytes::ByteBuf;

use super::{Examples, hash};

const SECOND: Generation = Generation(2);

fn people() -> [String; 2] {
    ["李明".into(), "王芳".into()]
}

pub(crate) fn mirror_request() -> Examples<MirrorRequest> {
    vec![
        ("follow", MirrorRequest::Follow { generation: SECOND, after: Sequence(300), within_millis: 5_000 }),
        ("snapshot", MirrorRequest::Snapshot { generation: SECOND, frame: 7 }),
        ("freeze", MirrorRequest::Freeze { generation: SECOND, people: people() }),
        ("frozen", MirrorRequest::Frozen { generation: SECOND, frame: 0 }),
    ]
}

pub(crate) fn mirror_reply() -> Examples<MirrorReply> {
    let commands = vec![ByteBuf::from(vec![1, 2]), ByteBuf::from(vec![3])];
    vec![
        ("commands", MirrorReply::Commands { after: Sequence(300), commands, head: Sequence(302), hash: hash(9) }),
        ("purged", MirrorReply::Purged { head: Sequence(9_000) }),
        ("frame", MirrorReply::Frame { frame: 7, bytes: ByteBuf::from(vec![4; 5]), is_last: true }),
        ("not leader", MirrorReply::NotLeader { hint: Some(NodeId(3)) }),
        ("stands", MirrorReply::Stands { at: Sequence(302), hash: hash(9) }),
        ("refused", MirrorReply::Refused { code: "mirror.foreign".into(), why: "not its mirror".into() }),
    ]
}

pub(crate) fn mirror_mark() -> Examples<MirrorMark> {
    vec![
        ("follows", MirrorMark::Follows { at: Sequence(302) }),
        ("frozen", MirrorMark::Frozen { at: Sequence(302), people: people() }),
        ("promoted", MirrorMark::Promoted { people: people() }),
    ]
}
