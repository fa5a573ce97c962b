//! What leaves memory: records, envelopes, frames, sealing; the overlay that runs `apply`; the seams that a real and a simulated
//! world implement. No input or output happens here.

pub mod applicant;
pub mod audit;
pub mod blob;
pub mod client;
pub mod clock;
pub mod crypto;
pub mod directory;
pub mod envelope;
pub mod keyed_hash;
pub mod machine;
pub mod mail_exchange;
pub mod memory;
pub mod overlay;
pub mod record;
pub mod sealing;
pub mod seam;
pub mod signing;
pub mod statement;
pub mod touched;

#[cfg(test)]
mod testing;
