//! Legal time as a pure reckoning: from facts (what happened, on which civil day) and calendars to last days, each with its
//! derivation (domain.md §4, "Legal time"; 行政许可法).
//!
//! Nothing is stored here and nothing reads a clock. Days come from [`crate::calendar::WorkCalendar`] and from nowhere else. Years
//! without a published calendar make a range, worked to its earliest day; what the law makes happen by itself waits for its latest.
//! Called by the command line (`tongban time`) and by whoever shows or judges dates; the independent check is `tests/oracle`.

mod act;
mod count;
mod explain;
mod festivals;
mod of_case;
mod refusal;
mod rules;
mod timeline;

pub use act::{Act, Approver, Procedure, StopNotice};
pub use count::{DateRange, DayReason, DayReckoned, Organs, Pause, Reckoned, World, notice_day, reckon};
pub use explain::{Interval, Words, intervals};
pub use festivals::{FESTIVALS, Festival};
pub use of_case::of_case;
pub use refusal::LegalRefusal;
pub use rules::{CitedRule, CutOff, Extension, LegalRegime, RULES, Rule, RuleRow, Terms, renewal};
pub use timeline::{LegalClock, LegalStage, LegalStop, Shown, Timeline, TimelineClocks, recomputed};

#[cfg(test)]
mod tests;
