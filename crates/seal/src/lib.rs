//! Electronic seals on papers: who may seal for whom, what a seal covers, and how anybody judges it without a network (ADR 0025).
//!
//! A paper is the JSON that the API gives. Its seal covers the canonical form of everything in it but the seal itself, so that nothing can be
//! changed, added or left out. What a seal says follows GB/T 38540: the sealing body and its name, the maker's certificate and its validity,
//! the time, SM3 and SM2.

mod authority;
mod canonical;
mod check;
mod seals;
pub mod sm;

pub use authority::{Certificate, Certified, Revoked, Root, TestAuthority};
pub use check::{Judged, SealFault, check};
pub use seals::{BodySeal, BodySeals, NoSeal, PaperSeal, Seal, Sealed};
