//! Real nodes for tests, as processes or as containers of the shipped image: a region in a network of its own, that can be cut,
//! paused and killed; and the same as a ground on which scenario files are played. Product crates never depend on it.

#![expect(clippy::print_stderr, reason = "what a test says while it runs goes to its captured output")]

pub mod binary;
mod clocks;
pub mod container;
pub mod ground;
pub mod network;
mod node;
mod region;

pub use node::Node;
pub use region::{Form, Region, UnitSpec, tongban};
