//! Composition: one process that is a node. Configuration, the region's folder, wiring of store, consensus, transport, host and
//! web, telemetry, shutdown. The four binaries differ in their tier only.
//!
//! The only place where store and transport meet. Holds no rule of the domain and no step of a protocol.

pub mod config;
pub mod evidence;
mod fault;
mod files;
pub mod first_codes;
pub mod membership;
mod metrics;
mod mirrors;
mod news;
mod node;
pub mod program;
pub mod region;
pub mod seals;
pub mod telemetry;
mod world;

pub use fault::{Listener, NodeError};
pub use membership::Membership;
pub use node::{Node, Ready, Sockets, divisions, run};
pub use web::{DemoPerson, DemoRole};
pub use world::{MachineClock, MachineEntropy, RealWorld};
