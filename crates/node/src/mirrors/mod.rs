//! Mirrors at a node (docs/adr/0031): what it tells the mirrors of its own unit, and the mirrors of units below that it keeps.

mod keeper;
mod keepers;
mod source;

pub(crate) use keeper::{reached, synced};
pub(crate) use keepers::Keepers;
pub(crate) use source::Source;
