//! Finds matters by what people write: plain words and parts of them, pinyin, initials, everyday speech, with a slip of the pen.
//!
//! Names are prepared once for a catalogue version and read through for each question; there is no list of words and no
//! dictionary (docs/adr/0021). Pure: no clock, no randomness, no files; what day it is, is told. An index is derived from
//! installed rows and lives in memory alone: never replicated, never kept.
//! Called by `unit` for the public's questions, and by `tongban bench search`.

mod alphabet;
mod everyday;
mod find;
mod found;
mod index;
mod pattern;
mod query;
mod rate;

pub use found::{Field, FoundBy, Hit, Way};
pub use index::MatterIndex;
