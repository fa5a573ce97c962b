//! The part of I6 about the limits of the law in a case's story: gaps are told in time or the law accepts, and each last day that a line
//! names is counted here once more, from the lines alone, in plain integers.

use domain::case::{CaseContent, DayUnit, Happening, TimelineEntry};
use domain::catalogue::{LimitDays, MatterType, installed};
use domain::time::{CivilDate, Timestamp};

use super::{Broken, Look, Workdays};
use crate::observe::{CaseChange, Change, Observer};

/// 行政许可法 art. 32: working days in which all gaps are told.
const GAPS_DAYS: u16 = 5;
/// Art. 42: so much longer at most.
const MOST_LONGER: u16 = 10;

/// What a case's new lines say.
pub(super) fn look(days: &Workdays, change: &Change, case: &CaseChange, observer: &Observer) -> Look {
    let Some(content) = case.content() else { return Ok(()) };
    let known = case.content_before().map_or(0, |before| before.timeline.len());
    let rows = observer.rows(change.unit).filter(|_| observer.keeps_all());
    let is_licence = rows.is_some_and(|rows| {
        let matter = installed::matter(rows, content.pin.number, &content.matter);
        matter.is_ok_and(|matter| matter.is_some_and(|matter| matter.matter_type == MatterType::Licence))
    });
    for at in known..content.timeline.len() {
        let line = &content.timeline[at];
        if line.unit != change.unit {
            continue;
        }
        let before = Told { days, content, lines: &content.timeline[..at] };
        let fits = before.gaps(line, is_licence).and_then(|()| before.limit(line)).and_then(|()| before.lapse(line));
        fits.map_err(|what| Broken::new(format!("case {}: {what}", observer.name_of(case.key))))?;
    }
    Ok(())
}

/// A story up to a line.
struct Told<'a> {
    days: &'a Workdays,
    content: &'a CaseContent,
    lines: &'a [TimelineEntry],
}

impl Told<'_> {
    /// When the application was whole.
    fn whole(&self) -> Timestamp {
        // A wrong authority's receipt does not count: it is the right one's.
        let last = self.lines.iter().rev().find_map(|line| match line.what {
            Happening::Supplemented { .. } => Some(Some(line.at)),
            Happening::PassedOn { .. } => Some(None),
            _ => None,
        });
        last.flatten().or(self.content.received_at).unwrap_or(self.content.collected_at)
    }

    /// The lines since a wrong authority passed it on.
    fn here(&self) -> &[TimelineEntry] {
        let passed = self.lines.iter().rposition(|line| matches!(line.what, Happening::PassedOn { .. }));
        passed.map_or(self.lines, |at| &self.lines[at..])
    }

    /// What is owed by the applicant, and until when.
    fn owed(&self) -> Option<(Vec<&str>, i64)> {
        let mut owed = None;
        for line in self.lines {
            match &line.what {
                Happening::GapsTold { within: Some(within), .. } => {
                    owed = Some((vec![], self.after(day_of(line.at), within.told)));
                }
                Happening::DeficitAgreed { materials, within } => {
                    let names = materials.iter().map(String::as_str).collect();
                    owed = Some((names, self.after(day_of(line.at), within.told)));
                }
                Happening::GapsTold { within: None, .. } | Happening::Supplemented { .. } => owed = None,
                Happening::Completed { materials } => {
                    if let Some((names, _)) = &mut owed {
                        names.retain(|name| !materials.iter().any(|came| came == name));
                    }
                    owed = owed.filter(|(names, _)| !names.is_empty());
                }
                _ => {}
            }
        }
        owed
    }

    /// An application is over only after the period told, counted here once more; nothing is granted while something is owed.
    fn lapse(&self, line: &TimelineEntry) -> Result<(), String> {
        let on = day_of(line.at);
        match (&line.what, self.owed()) {
            (Happening::Lapsed { .. }, None) => Err("it is over for what nobody was asked for".to_owned()),
            (Happening::Lapsed { .. }, Some((_, until))) if on <= until => Err(format!(
                "it is over on {}, and what was asked for could come until {}",
                line.at.date(),
                date(until)
            )),
            (Happening::Decided { granted: true, .. }, Some((names, _))) => {
                Err(format!("it is granted, and still to come are {}", names.join(", ")))
            }
            (Happening::Supplemented { .. } | Happening::Completed { .. }, Some((_, until)))
                if on > until && self.days.knows(until) =>
            {
                Err(format!("something is taken on {}, and could come until {}", line.at.date(), date(until)))
            }
            _ => Ok(()),
        }
    }

    fn waits_for_applicant(&self) -> bool {
        let last = self.lines.iter().rev().find_map(|line| match line.what {
            Happening::GapsTold { .. } => Some(true),
            Happening::Supplemented { .. } => Some(false),
            _ => None,
        });
        last == Some(true)
    }

    /// The last day on which gaps can be told. A year that is not published yet can only make it later.
    fn gaps_until(&self) -> i64 {
        self.days.due(day_of(self.whole()), GAPS_DAYS, DayUnit::Working)
    }

    fn gaps(&self, line: &TimelineEntry, is_licence: bool) -> Result<(), String> {
        let until = self.gaps_until();
        let (on, known) = (day_of(line.at), self.days.knows(until));
        let (is, what) = match &line.what {
            Happening::AcceptedByLaw { .. } if !is_licence => {
                return Err("no law accepts its matter by itself".to_owned());
            }
            Happening::AcceptedByLaw { since, .. } if number(*since) != day_of(self.whole()) => {
                return Err(format!("accepted by law since {since}, and whole since {}", self.whole().date()));
            }
            Happening::AcceptedByLaw { .. } => (on > until, "accepted by law"),
            _ if !is_licence || !known => return Ok(()),
            Happening::Accepted { .. } => (on <= until, "accepted by hand"),
            // What is waited for is the applicant's to bring: no day of the authority passes.
            Happening::NotAccepted { .. } if self.waits_for_applicant() => return Ok(()),
            Happening::NotAccepted { .. } => (on <= until, "not accepted"),
            Happening::GapsTold { .. }
                if self.here().iter().any(|line| matches!(line.what, Happening::GapsTold { .. })) =>
            {
                return Err(format!("its gaps are told a second time on {}", line.at.date()));
            }
            Happening::GapsTold { .. } => (on <= until, "told its gaps"),
            _ => return Ok(()),
        };
        let last = date(until);
        if is { Ok(()) } else { Err(format!("{what} on {}, and its gaps could be told until {last}", line.at.date())) }
    }

    fn limit(&self, line: &TimelineEntry) -> Result<(), String> {
        let (Happening::ClockStopped { due, .. }
        | Happening::StopProlonged { due, .. }
        | Happening::ClockResumed { due }
        | Happening::StopExpired { due }
        | Happening::LimitExtended { due, .. }) = &line.what
        else {
            return Ok(());
        };
        let Some(acceptance) = &self.content.acceptance else {
            return Err("a limit that began with no acceptance is counted".to_owned());
        };
        let (mut stops, mut longer): (Vec<(i64, i64)>, u16) = (vec![], 0);
        // Each tier's time stands for itself.
        let came = self.lines.iter().rposition(|told| matches!(told.what, Happening::CameUp { .. }));
        for told in self.lines[came.unwrap_or(0)..].iter().chain([line]) {
            let on = day_of(told.at);
            match &told.what {
                Happening::ClockStopped { told, .. } => stops.push((on, self.after(on, *told))),
                Happening::StopProlonged { told, .. } => {
                    if let Some(last) = stops.last_mut() {
                        last.1 = self.after(last.1, *told);
                    }
                }
                Happening::ClockResumed { .. } => {
                    if let Some(last) = stops.last_mut() {
                        last.1 = last.1.min(on);
                    }
                }
                Happening::LimitExtended { days, .. } => longer += days,
                _ => {}
            }
        }
        if longer > MOST_LONGER {
            return Err(format!("its limit is {longer} days longer, and {MOST_LONGER} are the law's most"));
        }
        let (mut left, mut day) = (acceptance.due.days + longer, number(acceptance.due.from));
        while left > 0 {
            day += 1;
            let stands_still = stops.iter().any(|(after, until)| (after + 1..=*until).contains(&day));
            let counts = acceptance.due.unit == DayUnit::Calendar || self.days.is_worked(day);
            left -= u16::from(counts && !stands_still);
        }
        if number(*due) == day {
            return Ok(());
        }
        Err(format!("it is to be decided by {due}; counted once more the limit ends on {}", date(day)))
    }

    fn after(&self, event: i64, told: LimitDays) -> i64 {
        self.days.due(event, told.days, told.unit)
    }
}

fn number(date: CivilDate) -> i64 {
    i64::from(date.days_since(CivilDate::EPOCH))
}

fn day_of(at: Timestamp) -> i64 {
    const DAY_MILLIS: i64 = 86_400_000;
    const EAST_EIGHT_MILLIS: i64 = 8 * 3_600_000;
    (at.0 + EAST_EIGHT_MILLIS).div_euclid(DAY_MILLIS)
}

fn date(number: i64) -> CivilDate {
    CivilDate::EPOCH.plus_days(i32::try_from(number).unwrap_or_default())
}
