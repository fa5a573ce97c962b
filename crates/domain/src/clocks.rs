//! The two clocks of a case: how long the applicant has waited, and how much of its legal time the authority has left.
//!
//! Facts are stored, clocks are derived (domain.md §4): the same facts and calendar give the same answer everywhere.

use serde::{Deserialize, Serialize};

use crate::calendar::{Derivation, WorkCalendar};
use crate::case::CaseContent;
use crate::time::{CivilDate, Timestamp};

/// Both clocks at one moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clocks {
    /// The applicant's wait since first contact.
    pub applicant: ApplicantClock,
    /// The authority's legal time; `None` before acceptance.
    pub authority: Option<AuthorityClock>,
}

/// Runs from first contact until the result is handed over, or the case ends otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApplicantClock {
    /// First contact.
    pub since: Timestamp,
    /// When it stopped; `None` while the applicant waits.
    pub until: Option<Timestamp>,
    /// Calendar days from first contact to now, or to the end.
    pub days: i32,
}

/// Runs from acceptance until the decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthorityClock {
    /// The day of acceptance; not counted.
    pub from: CivilDate,
    /// The last day for the decision.
    pub due: CivilDate,
    /// Whether a year that counts has no published calendar yet.
    pub provisional: bool,
    /// The day of the decision; `None` while it is open.
    pub decided: Option<CivilDate>,
    /// Working days left until the last day, from today or from the decision; negative once it is late.
    pub working_days_left: i32,
    /// Why it is that date, day by day.
    pub derivation: Derivation,
}

/// Both clocks of a case at `now`, by the calendar of the version that it pins.
pub fn clocks(content: &CaseContent, calendar: &WorkCalendar, now: Timestamp) -> Clocks {
    let ended = content.timeline.last().filter(|_| content.stage.is_final()).map(|entry| entry.at);
    let until = content.delivered_at.or(ended);
    let days = until.unwrap_or(now).date().days_since(content.collected_at.date());
    let authority = content.acceptance.as_ref().map(|acceptance| {
        let due = &acceptance.due;
        let decided = content.decision.as_ref().map(|decision| decision.at.date());
        AuthorityClock {
            from: due.from,
            due: due.date,
            provisional: due.provisional,
            decided,
            working_days_left: calendar.working_days_between(decided.unwrap_or(now.date()), due.date),
            derivation: calendar.derive(due.from, due.days, due.unit, &[]),
        }
    });
    Clocks { applicant: ApplicantClock { since: content.collected_at, until, days }, authority }
}
