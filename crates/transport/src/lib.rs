//! The region's authority and the links between nodes: the only crate that knows QUIC and certificates.
//!
//! Does not know what is said over a link, nor where keys come from other than the authority's files. `node` starts it, the
//! command line makes authorities with it; `protocol::seam::Links` and `Answers` are all that others see of it.

pub mod authority;
mod counters;
mod credentials;
mod dial;
mod fault;
mod frame;
mod hello;
mod identity;
mod links;
mod news;
mod permission;
mod quic;
mod serve;
mod tls;
pub mod topology;
mod verify;

pub use counters::Counters;
pub use credentials::{Credentials, PemFault};
pub use fault::{DialFault, FrameFault, HelloFault, Refusal};
pub use hello::{Hello, Purpose};
pub use identity::{Holder, Identity, ProgramName};
pub use quic::{Heard, Quic, QuicConfig, StartFault, Timing};
pub use tls::CredentialFault;
