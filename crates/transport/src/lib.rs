//! The region's authority and the links between nodes: the only crate that knows QUIC and certificates.
//!
//! Does not know what is said over a link, nor where keys come from other than the authority's files. `node` starts it, the
//! command line makes authorities with it; `protocol::seam::Links` and `Answers` are all that others see of it.

pub mod topology;
