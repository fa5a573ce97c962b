//! The two clocks of a case, derived from its facts (domain.md §4): how long the applicant waits, and what is left of the
//! authority's legal time. Nothing is stored; nothing here changes anything.

use serde::{Deserialize, Serialize};

use crate::calendar::{Derivation, Stop, WorkCalendar, due};
use crate::case::{CaseContent, DayUnit, Due, Happening};
use crate::catalogue::LimitDays;
use crate::time::{CivilDate, Timestamp};

/// Both clocks at one moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clocks {
    /// From first contact to the end.
    pub applicant: ApplicantClock,
    /// From acceptance to the decision; `None` before acceptance, when none runs.
    pub authority: Option<AuthorityClock>,
}

/// How long the applicant waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApplicantClock {
    /// First contact.
    pub since: Timestamp,
    /// When the case came to its end; `None` while it runs.
    pub until: Option<Timestamp>,
    /// Calendar days since, the day of first contact not counted.
    pub days: i32,
}

/// An authority's time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthorityClock {
    /// The last day, and the facts that it was derived from.
    pub due: Due,
    /// When the clock stopped for good: at the decision; or at the end of the case, if it came first.
    pub until: Option<Timestamp>,
    /// Days used, in the limit's own unit.
    pub used: i32,
    /// Days left, in the limit's own unit: 0 on the last day, negative when over.
    pub left: i32,
    /// Why the last day is that day, day by day.
    pub derivation: Derivation,
}

impl AuthorityClock {
    /// Whether the last day has passed, or had when the clock stopped.
    pub fn is_over(&self) -> bool {
        self.left < 0
    }
}

/// Both clocks of a case at `now`.
pub fn clocks(content: &CaseContent, calendar: &WorkCalendar, now: Timestamp) -> Clocks {
    let until = ended_at(content);
    let since = content.collected_at;
    let days = until.unwrap_or(now).date().days_since(since.date());
    let accepted = content.acceptance.as_ref();
    let authority = accepted.map(|acceptance| run(&Counting::of(content), &acceptance.due, content, calendar, now));
    Clocks { applicant: ApplicantClock { since, until, days }, authority }
}

/// The clock of what the authority promises; runs beside the statutory one. `None` before acceptance.
pub fn promised_clock(
    content: &CaseContent,
    promised: LimitDays,
    calendar: &WorkCalendar,
    now: Timestamp,
) -> Option<AuthorityClock> {
    let acceptance = content.acceptance.as_ref()?;
    let given = due(acceptance.due.from, promised.days, promised.unit, calendar);
    // What stands still stands still for both; only the law's limit is extended.
    let counting = Counting::of(content).unextended();
    Some(run(&counting, &given, content, calendar, now))
}

fn run(
    counting: &Counting,
    given: &Due,
    content: &CaseContent,
    calendar: &WorkCalendar,
    now: Timestamp,
) -> AuthorityClock {
    let until = content.decision.as_ref().map(|decision| decision.at).or_else(|| ended_at(content));
    let today = until.unwrap_or(now).date();
    let derivation = counting.derive(given, calendar);
    // A story's stops have an end: the period told.
    let due = derivation.due.clone().unwrap_or_else(|| given.clone());
    let (used, left) = used_and_left(&due, &derivation, calendar, today);
    AuthorityClock { used, left, until, due, derivation }
}

/// Days of a limit that are used and left on a day, in its own unit; what is left is negative once it is over.
pub(crate) fn used_and_left(
    due: &Due,
    derivation: &Derivation,
    calendar: &WorkCalendar,
    today: CivilDate,
) -> (i32, i32) {
    let limit = i32::from(due.days);
    if today <= due.date {
        let used = derivation.days.iter().filter(|day| day.date <= today).filter_map(|day| day.number).max();
        let used = used.map_or(0, i32::from);
        return (used, limit - used);
    }
    let over = match due.unit {
        DayUnit::Working => calendar.working_days_between(due.date, today),
        DayUnit::Calendar => today.days_since(due.date),
    };
    // On days off too: over by at least one, since the limit ended with its last day.
    (limit + over, -over.max(1))
}

/// How a case's story says that its limit is counted: what stood still, and by how much it was extended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counting {
    stops: Vec<Stop>,
    extended: u16,
}

impl Counting {
    /// As the story tells.
    pub fn of(content: &CaseContent) -> Self {
        let mut counting = Self::default();
        for line in &content.timeline {
            counting.take(line.at.date(), &line.what);
        }
        counting
    }

    /// One more line.
    pub(crate) fn take(&mut self, on: CivilDate, what: &Happening) {
        match what {
            Happening::ClockStopped { until, .. } => self.stops.push(Stop { after: on, resumed: Some(*until) }),
            Happening::StopProlonged { until, .. } => self.end_last(*until),
            Happening::ClockResumed { .. } => self.end_last(on),
            Happening::LimitExtended { days, .. } => self.extended += days,
            // Each tier has its own time.
            Happening::CameUp { .. } => *self = Self::default(),
            _ => {}
        }
    }

    /// Whether the clock stands still on a day, as far as it is told.
    pub(crate) fn stands_still(&self, on: CivilDate) -> bool {
        self.stops.iter().any(|stop| stop.after < on && stop.resumed.is_none_or(|resumed| on <= resumed))
    }

    /// The same for what the authority promised: only the law's limit is extended.
    pub(crate) fn unextended(&self) -> Self {
        Self { stops: self.stops.clone(), extended: 0 }
    }

    fn end_last(&mut self, on: CivilDate) {
        if let Some(last) = self.stops.last_mut() {
            last.resumed = Some(on);
        }
    }

    /// A limit's last day, counted so.
    pub(crate) fn derive(&self, given: &Due, calendar: &WorkCalendar) -> Derivation {
        calendar.derive(given.from, given.days + self.extended, given.unit, &self.stops)
    }
}

/// The last day for a decision as it stands: what was told last. `None` before acceptance.
pub fn decision_due(content: &CaseContent) -> Option<CivilDate> {
    let accepted = content.acceptance.as_ref()?.due.date;
    let told = content.timeline.iter().rev().find_map(|line| match line.what {
        Happening::ClockStopped { due, .. }
        | Happening::StopProlonged { due, .. }
        | Happening::ClockResumed { due }
        | Happening::LimitExtended { due, .. }
        | Happening::CameUp { due, .. } => Some(due),
        _ => None,
    });
    Some(told.unwrap_or(accepted))
}

/// Until when the clock stands still; `None` where it runs, as far as the story tells.
pub fn stopped_until(content: &CaseContent) -> Option<CivilDate> {
    let last = content.timeline.iter().rev().find_map(|line| match line.what {
        Happening::ClockStopped { until, .. } | Happening::StopProlonged { until, .. } => Some(Some(until)),
        Happening::ClockResumed { .. } | Happening::StopExpired { .. } | Happening::CameUp { .. } => Some(None),
        _ => None,
    });
    last.flatten()
}

/// When nothing more was left to do for the applicant.
fn ended_at(content: &CaseContent) -> Option<Timestamp> {
    content
        .delivered_at
        .or(content.non_acceptance.as_ref().map(|end| end.at))
        .or_else(|| content.stage.is_final().then(|| content.timeline.last().map(|entry| entry.at)).flatten())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::{Acceptance, Authority, Decision, Stage};
    use crate::ids::Sequence;
    use crate::support::{COUNTY, accepted_case, at};

    fn official() -> WorkCalendar {
        WorkCalendar::from_csv(include_bytes!("../data/china-workdays.csv")).0
    }

    #[test]
    fn both_clocks_over_a_long_holiday() {
        let calendar = official();
        let content = accepted_case("2026-02-09", "2026-02-10", 5, &calendar);
        // today, the applicant's days, used, left
        for (today, waited, used, left) in [
            ("2026-02-10", 1, 0, 5),
            ("2026-02-14", 5, 4, 1),
            ("2026-02-20", 11, 4, 1),
            ("2026-02-24", 15, 5, 0),
            ("2026-02-25", 16, 6, -1),
            // 02-28 was a worked Saturday; on the Sunday after it the count stands.
            ("2026-03-01", 20, 9, -4),
        ] {
            let clocks = clocks(&content, &calendar, at(today));
            let authority = clocks.authority.unwrap();
            assert_eq!((clocks.applicant.days, authority.used, authority.left), (waited, used, left), "{today}");
            assert_eq!(authority.is_over(), left < 0);
        }
    }

    #[test]
    fn a_day_off_after_the_last_day_is_over() {
        let calendar = official();
        // Due Friday 2026-03-06; Saturday is no working day and late all the same.
        let content = accepted_case("2026-02-27", "2026-02-27", 6, &calendar);
        let left = |today| clocks(&content, &calendar, at(today)).authority.unwrap().left;
        assert_eq!([left("2026-03-06"), left("2026-03-07"), left("2026-03-09")], [0, -1, -1]);
    }

    #[test]
    fn a_decision_stops_the_authority_and_delivery_the_applicant() {
        let calendar = official();
        let mut content = accepted_case("2026-03-02", "2026-03-02", 20, &calendar);
        let Acceptance { authority: Authority { unit, body }, .. } = content.acceptance.clone().unwrap();
        assert_eq!(unit, COUNTY);
        content.decision = Some(Decision {
            at: at("2026-03-04"),
            granted: true,
            reasons: String::new(),
            authority: Authority { unit, body },
            sequence: Sequence(9),
        });
        content.stage = Stage::Delivered;
        content.delivered_at = Some(at("2026-03-09"));
        let later = clocks(&content, &calendar, at("2026-05-20"));
        assert_eq!(later.applicant.days, 7);
        assert_eq!(later.authority.map(|clock| (clock.used, clock.left)), Some((2, 18)));
        let promised = LimitDays { days: 1, unit: DayUnit::Working };
        let promised = promised_clock(&content, promised, &calendar, at("2026-05-20")).unwrap();
        assert_eq!((promised.left, promised.is_over()), (-1, true));
    }
}
