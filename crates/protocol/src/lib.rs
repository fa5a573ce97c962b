//! What leaves memory: records, envelopes, frames, sealing; the overlay that runs `apply`; the seams that a real and a simulated
//! world implement. No input or output happens here.

pub mod directory;
pub mod machine;
pub mod memory;
pub mod overlay;
pub mod record;
pub mod seam;
