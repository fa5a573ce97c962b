//! I6: legal days are conserved over moves, restarts and wrong clocks, and equal what a reference model counts; a unit's time is
//! the highest of the stamps that its own leaders made, and nothing else; where no clock could be trusted, the story says so.

use std::collections::BTreeMap;

use domain::case::{Acceptance, DayUnit};
use domain::catalogue::installed;
use domain::command::Command;
use domain::ids::{CaseId, Sequence};
use domain::store::UnitRead;
use domain::tables::Audits;
use domain::time::{CivilDate, Timestamp};

use super::steps::hops;
use super::uncertain_time::UncertainTime;
use super::{Broken, End, Invariant, Look, Terms, Workdays, deadlines};
use crate::ground::What;
use crate::observe::{Change, Moment, Observer};

const DAY_MILLIS: i64 = 86_400_000;
const EAST_EIGHT_MILLIS: i64 = 8 * 3_600_000;

pub(super) struct LegalDays {
    days: Workdays,
    /// By how often the case has come up to an organ: each has its own time.
    accepted: BTreeMap<(CaseId, usize), Acceptance>,
    time: UncertainTime,
}

impl LegalDays {
    pub(super) fn new(terms: &Terms) -> Self {
        Self { days: Workdays::official(), accepted: BTreeMap::new(), time: UncertainTime::new(terms) }
    }
}

impl Invariant for LegalDays {
    fn id(&self) -> &'static str {
        "I6"
    }

    fn meaning(&self) -> &'static str {
        "The day by which a decision is due is counted by the law and the calendar, and no move or broken clock shifts it."
    }

    fn look(&mut self, moment: &Moment<'_>, observer: &Observer) -> Look {
        // What a unit accepted in its lost tail is void, and may be accepted anew.
        if let What::Promoted { unit, .. } = &moment.event.what
            && let Some(mirror) = observer.meta(*unit)
        {
            self.accepted.retain(|_, known| known.authority.unit != *unit || known.at <= mirror.now);
        }
        self.time.look(moment, observer)?;
        let Some(change) = &moment.change else { return Ok(()) };
        for case in &change.cases {
            deadlines::look(&self.days, change, case, observer)?;
            let Some(content) = case.content() else { continue };
            let Some(acceptance) = &content.acceptance else { continue };
            let name = || observer.name_of(case.key);
            let hop = (case.key, hops(content));
            match self.accepted.get(&hop) {
                Some(known) if known == acceptance => continue,
                Some(known) => {
                    let (was, is) = (known.due.date, acceptance.due.date);
                    return Err(Broken::new(format!("case {}: due {was}; at {} it is {is}", name(), change.unit)));
                }
                None => {}
            }
            self.counts_right(change, acceptance).map_err(|what| Broken::new(format!("case {}: {what}", name())))?;
            limit_fits(change, content, acceptance, observer)
                .map_err(|what| Broken::new(format!("case {}: {what}", name())))?;
            self.accepted.insert(hop, acceptance.clone());
        }
        Ok(())
    }

    fn finish(&mut self, end: &End<'_>, observer: &Observer) -> Look {
        if !observer.keeps_all() {
            return Ok(());
        }
        for ((unit, generation), log) in &end.logs {
            let Some(rows) = observer.rows_of(*unit, *generation) else { continue };
            let mut now = Timestamp(i64::MIN);
            // While the time is uncertain: the last certain one.
            let mut certain_until = None;
            for (sequence, proposal) in (1..).map(Sequence).zip(&log.proposals) {
                let Some(proposal) = proposal else { continue };
                let stamped = proposal.stamp.time;
                match (&proposal.command, certain_until) {
                    (Command::DoubtTime(_), None) => certain_until = Some(now),
                    (Command::DoubtTime(_), Some(_)) => {}
                    // A confirmation of another stretch, which is over, changes nothing.
                    (Command::ConfirmTime(_), Some(certain)) => {
                        now = stamped.max(certain);
                        certain_until = None;
                    }
                    _ => now = now.max(stamped),
                }
                let Ok(Some(audit)) = rows.get::<Audits>(&sequence) else { continue };
                if audit.at != now {
                    return Err(Broken::new(format!(
                        "{unit}: command {} is dated {}; the stamps of the log so far say {now}",
                        sequence.0, audit.at
                    )));
                }
            }
        }
        Ok(())
    }
}

impl LegalDays {
    fn counts_right(&self, change: &Change, acceptance: &Acceptance) -> Result<(), String> {
        let due = &acceptance.due;
        let event = (acceptance.at.0 + EAST_EIGHT_MILLIS).div_euclid(DAY_MILLIS);
        if number(due.from) != event {
            return Err(format!("accepted at {} and counted from {}", acceptance.at, due.from));
        }
        if acceptance.at > change.meta.now {
            return Err(format!("accepted at {}, which is still to come at {}", acceptance.at, change.unit));
        }
        let reference = self.days.due(event, due.days, due.unit);
        if number(due.date) == reference {
            return Ok(());
        }
        let unit = match due.unit {
            DayUnit::Working => "working",
            DayUnit::Calendar => "calendar",
        };
        let right = CivilDate::EPOCH.plus_days(i32::try_from(reference).unwrap_or_default());
        Err(format!("{} {unit} days from {} end on {right}; it is due on {}", due.days, due.from, due.date))
    }
}

/// The limit is what the pinned version says of the matter.
fn limit_fits(
    change: &Change,
    content: &domain::case::CaseContent,
    acceptance: &Acceptance,
    observer: &Observer,
) -> Result<(), String> {
    let Some(rows) = observer.rows(change.unit).filter(|_| observer.keeps_all()) else { return Ok(()) };
    // Read as every page reads it; a unit that moved on to a newer version keeps the pinned one.
    let Ok(Some(matter)) = installed::matter(rows, content.pin.number, &content.matter) else { return Ok(()) };
    let Ok(entry) = installed::entry(rows, content.pin.number, &content.matter, acceptance.authority.unit) else {
        return Ok(());
    };
    let limit = entry.map_or(matter.statutory_limit, |entry| entry.limit(&matter));
    let due = &acceptance.due;
    if (limit.days, limit.unit) == (due.days, due.unit) {
        return Ok(());
    }
    Err(format!(
        "counted by {} {:?} days; version {} allows {} {:?}",
        due.days, due.unit, content.pin.number, limit.days, limit.unit
    ))
}

fn number(date: CivilDate) -> i64 {
    i64::from(date.days_since(CivilDate::EPOCH))
}
