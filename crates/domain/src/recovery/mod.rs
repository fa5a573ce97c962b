//! How a unit comes back from loss: generations, fences, and what becomes of the cases that it inherits (protocol.md §6).
//!
//! A unit that is lost for good goes on from its mirror, which may lag by any amount, as the next generation of itself. It opens a
//! [`Round`]: it sends a fence to every unit that can have held one of its cases, and each answers with a [`Statement`] about
//! every such case. Until all have answered, an inherited case is read and not acted on; then [`verdict`] says what each one is
//! to us. [`claims`] does the same for what the unit granted as a home, and for what its cases were granted.
//!
//! Everything here is a pure function of rows and words; the model in `tests/promotion_model/` runs it together with
//! [`crate::handoff::step`]. The commands that log a fence, an answer and the verdicts are in `command/` (`recover`, `declare_lost`,
//! `answer_fence`, `judge_inherited`), and what mail does meanwhile in `command/recovering.rs`.

mod answer;
pub mod block;
pub mod claims;
mod open;
mod round;
mod statement;
mod verdict;

pub use answer::{Answer, HeldContent, StatedCase};
pub use open::{Judging, OpenRound};
pub use round::{Fenced, Round, Word, fenced, goes_before, is_former};
pub use statement::{ContentVersion, Statement, can_have_held};
pub use verdict::{Finding, Source, Verdict, verdict};
