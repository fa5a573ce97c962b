//! The one loop: joins a unit, its consensus group, links and a clock. Generic over the seams and the async runtime, so that a
//! node and a simulation run the same code.
//!
//! Knows no RocksDB, QUIC or HTTP. `node` and `sim` make one [`Host`] per unit; `web` and the command line call it as a
//! [`unit::UnitHandle`].

mod answering;
mod asking;
mod duties;
mod host;
mod mirrors;
mod voters;
mod waiting;
mod witness;

pub use host::{Host, Parts, World};
pub use mirrors::PROMOTED;
