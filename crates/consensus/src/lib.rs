//! The Raft group of one unit: the only crate that knows openraft (docs/adr/0001).
//!
//! Joins the seams of `protocol` (a log, rows, links) to openraft, for any async runtime, so that simulation runs the same code.
//! Everything that lies on disk or travels is a record of this crate's own; openraft's types are never kept or sent raw.
//! Called by `host`, which makes one [`Group`] per unit, hands it what other nodes send ([`Group::answer`]) and watches
//! [`Group::changes`]. Who votes is changed by `voters`. Not here: what a command means, forwarding of proposals, addresses, certificates.

mod alarm;
mod answer;
mod changes;
mod config;
mod export;
mod fault;
mod form;
mod group;
mod log;
mod machine;
mod mirror;
mod peer;
mod snapshot;
mod standing;
mod status;
mod types;
mod voters;
mod wire;

pub use changes::{Changes, View};
pub use config::{Config, Timing};
pub use export::{LoggedCommand, LoggedCommands, read_log, read_log_from};
pub use fault::{FoundFault, LeadFault, ProposeFault, ReadFault, StartFault, Stop};
pub use form::{Ballot, Member, Members, Position};
pub use group::Group;
pub use mirror::{Pack, Place, Tail, Unpack, commands_after};
pub use snapshot::FrameFault;
pub use standing::Reverted;
pub use status::{Follower, Role, Status};

/// What the storage suite of openraft needs to see; for this crate's tests only.
#[doc(hidden)]
pub mod suite {
    pub use crate::log::LogStore;
    pub use crate::machine::Machine;
    pub use crate::types::Types;
}
