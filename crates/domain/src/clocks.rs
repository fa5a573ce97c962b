//! The two clocks of a case, derived from its facts (domain.md §4): how long the applicant waits, and what is left of the
//! authority's legal time. Nothing is stored; nothing here changes anything.

use serde::{Deserialize, Serialize};

use crate::calendar::{Derivation, WorkCalendar, due};
use crate::case::{CaseContent, DayUnit, Due};
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
    let authority = content.acceptance.as_ref().map(|acceptance| run(acceptance.due.clone(), content, calendar, now));
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
    Some(run(due(acceptance.due.from, promised.days, promised.unit, calendar), content, calendar, now))
}

fn run(due: Due, content: &CaseContent, calendar: &WorkCalendar, now: Timestamp) -> AuthorityClock {
    let until = content.decision.as_ref().map(|decision| decision.at).or_else(|| ended_at(content));
    let today = until.unwrap_or(now).date();
    let between = |from: CivilDate, to: CivilDate| match due.unit {
        DayUnit::Working => calendar.working_days_between(from, to),
        DayUnit::Calendar => to.days_since(from),
    };
    let left = match between(today, due.date) {
        // After the last day, on days off too: over by at least one, since the limit ended with that day.
        0 if today > due.date => -1,
        left => left,
    };
    let derivation = calendar.derive(due.from, due.days, due.unit, &[]);
    AuthorityClock { used: between(due.from, today), left, until, due, derivation }
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
