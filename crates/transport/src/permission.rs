//! Who may use which channel: consensus stays within its unit; mail, the time, directories and sealed files are for any node of the
//! region, questions from the same unit or from a program. Whether a mail's sender is the one its envelope names is checked where
//! envelopes are opened; whether a unit shares the case that names a file, where files are kept; whose mirror asks, where
//! mirrors are answered.

use domain::ids::UnitId;
use protocol::seam::Channel;

use crate::hello::Purpose;
use crate::identity::Holder;

/// On which connection a channel's streams run.
pub(crate) fn purpose(channel: Channel) -> Purpose {
    match channel {
        Channel::Snapshot | Channel::Blob | Channel::Mirror => Purpose::Bulk,
        Channel::Vote | Channel::Append | Channel::Mail | Channel::Client | Channel::Time | Channel::Directory => {
            Purpose::Main
        }
    }
}

/// Whether a peer may open a stream for a group on a connection that was made for something.
pub(crate) fn is_permitted(peer: &Holder, made_for: Purpose, group: UnitId, channel: Channel) -> bool {
    if purpose(channel) != made_for {
        return false;
    }
    match (channel, peer) {
        (Channel::Vote | Channel::Append | Channel::Snapshot | Channel::Client, Holder::Node(peer)) => {
            peer.unit == group
        }
        (Channel::Mail | Channel::Time | Channel::Directory | Channel::Blob | Channel::Mirror, Holder::Node(_))
        | (Channel::Client, Holder::Program(_)) => true,
        (
            Channel::Vote
            | Channel::Append
            | Channel::Snapshot
            | Channel::Mail
            | Channel::Time
            | Channel::Directory
            | Channel::Blob
            | Channel::Mirror,
            Holder::Program(_),
        ) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::ids::{Generation, NodeId};
    use protocol::seam::Peer;

    #[test]
    fn consensus_stays_within_its_unit_and_programs_only_ask() {
        let city: UnitId = "370800".parse().unwrap();
        let county: UnitId = "370811".parse().unwrap();
        let node = |unit| Holder::Node(Peer { unit, generation: Generation::FIRST, node: NodeId(1) });
        let program = Holder::Program("bench".parse().unwrap());
        for (channel, same, other, asking) in [
            (Channel::Vote, true, false, false),
            (Channel::Append, true, false, false),
            (Channel::Snapshot, true, false, false),
            (Channel::Mail, true, true, false),
            (Channel::Client, true, false, true),
            (Channel::Time, true, true, false),
            (Channel::Directory, true, true, false),
            (Channel::Blob, true, true, false),
            (Channel::Mirror, true, true, false),
        ] {
            let right = purpose(channel);
            let wrong = if right == Purpose::Main { Purpose::Bulk } else { Purpose::Main };
            assert_eq!(is_permitted(&node(city), right, city, channel), same, "{channel:?}");
            assert_eq!(is_permitted(&node(county), right, city, channel), other, "{channel:?}");
            assert_eq!(is_permitted(&program, right, city, channel), asking, "{channel:?}");
            assert!(!is_permitted(&node(city), wrong, city, channel), "{channel:?}");
        }
    }
}
