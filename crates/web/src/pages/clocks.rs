//! The two clocks of a case in words: the applicant's wait since first contact, and the authority's legal time with why its last
//! day is that day.

use domain::case::{DayUnit, Due, Happening, Stage};
use domain::time::Timestamp;
use unit::CaseView;

use crate::api::clocks::day_kind;
use crate::language::Language;
use crate::places::Places;

/// Both clocks.
pub(crate) struct ClockLines {
    pub(crate) wait: String,
    pub(crate) wait_why: String,
    pub(crate) legal: String,
    pub(crate) legal_why: Option<String>,
    pub(crate) provisional: bool,
    /// Why it is that date, a sentence a day.
    pub(crate) days: Vec<String>,
}

const HOUR_MILLIS: i64 = 3_600_000;

/// `None` for a case whose content is not here.
pub(crate) fn clock_lines(language: Language, places: &Places, view: &CaseView) -> Option<ClockLines> {
    let content = view.content.as_ref()?;
    let over = view.stage.is_some_and(Stage::is_final);
    let until = if over { view.timeline.last().map_or(view.as_of, |entry| entry.at) } else { view.as_of };
    let (days, hours) = days_and_hours(content.collected_at, until);
    let wait = if over { "clock-wait-over" } else { "clock-wait-running" };
    // The owner elsewhere may have accepted or decided: then its news tells, and the content that stayed here does not.
    let accepted = view.timeline.iter().rev().find_map(|entry| match entry.what {
        Happening::Accepted { due, .. }
        | Happening::AcceptedByLaw { due, .. }
        | Happening::ClockStopped { due, .. }
        | Happening::StopProlonged { due, .. }
        | Happening::ClockResumed { due }
        | Happening::StopExpired { due }
        | Happening::LimitExtended { due, .. } => Some(due),
        _ => None,
    });
    let decided = view.timeline.iter().rev().find_map(|entry| match entry.what {
        Happening::Decided { .. } => Some(entry.at.date()),
        _ => None,
    });
    let legal = match (accepted, decided) {
        (_, Some(date)) => language.tell("clock-legal-done", [("date", date.to_string())]),
        (Some(date), None) => language.tell("clock-legal-due", [("date", date.to_string())]),
        (None, None) if over => language.say("clock-legal-none"),
        (None, None) => language.say("clock-legal-not-yet"),
    };
    // As it stands now: stops and an extension counted.
    let due = view.clocks.as_ref().and_then(|clocks| clocks.authority.as_ref()).map(|clock| &clock.due);
    Some(ClockLines {
        wait: language.tell(wait, [("days", days.to_string()), ("hours", hours.to_string())]),
        wait_why: language.tell(
            "clock-wait-why",
            [("from", content.collected_at.to_string()), ("unit", places.name(content.receiver))],
        ),
        legal,
        legal_why: due.map(|due| derivation(language, due)),
        provisional: due.is_some_and(|due| due.provisional),
        days: day_by_day(language, view),
    })
}

/// Every day from the event to the last one, as far as the case's clock tells.
fn day_by_day(language: Language, view: &CaseView) -> Vec<String> {
    let clock = view.clocks.as_ref().and_then(|clocks| clocks.authority.as_ref());
    let counted = clock.map(|clock| &clock.derivation.days[..]).unwrap_or_default();
    let day = |day: &domain::calendar::DayCounted| {
        let (kind, holiday) = day_kind(&day.kind);
        let arguments = [("date", day.date.to_string()), ("name", holiday.unwrap_or_default().to_owned())];
        let said = language.tell(&format!("day-{}", kind.replace('_', "-")), arguments);
        day.number.map_or(said.clone(), |number| format!("{said} — {number}"))
    };
    counted.iter().map(day).collect()
}

fn derivation(language: Language, due: &Due) -> String {
    let (date, days, from) =
        (("date", due.date.to_string()), ("days", due.days.to_string()), ("from", due.from.to_string()));
    match due.unit {
        DayUnit::Working => language.tell("clock-why-working", [date, days, from, ("calendar", due.calendar.short())]),
        DayUnit::Calendar => language.tell("clock-why-calendar", [date, days, from]),
    }
}

fn days_and_hours(from: Timestamp, until: Timestamp) -> (i64, i64) {
    let hours = (until.0 - from.0).max(0) / HOUR_MILLIS;
    (hours / 24, hours % 24)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_told_in_days_and_hours_and_is_never_negative() {
        let wait = |from, until| days_and_hours(Timestamp(from * HOUR_MILLIS), Timestamp(until * HOUR_MILLIS - 1));
        assert_eq!(wait(0, 25), (1, 0));
        assert_eq!(wait(0, 50), (2, 1));
        assert_eq!(wait(5, 1), (0, 0));
    }
}
