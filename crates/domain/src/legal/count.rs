//! Counting days: forward to a last day, backward to the day of a notice, in the earliest and in the latest world that an unpublished
//! calendar allows.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::festivals::{FESTIVALS, open_festivals};
use crate::calendar::{DayKind, WorkCalendar};
use crate::case::DayUnit;
use crate::catalogue::LimitDays;
use crate::identifiers::CreditCode;
use crate::time::CivilDate;

/// A date as far as published calendars tell. Both ends are the same once they tell all of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DateRange {
    /// What organs work to.
    pub earliest: CivilDate,
    /// When what the law makes happen by itself is certain.
    pub latest: CivilDate,
}

impl DateRange {
    /// A day that is known.
    pub fn exact(date: CivilDate) -> Self {
        Self { earliest: date, latest: date }
    }

    /// Whether a calendar that is not published yet decides.
    pub fn is_provisional(self) -> bool {
        self.earliest != self.latest
    }

    /// Its end in a world.
    pub fn at(self, world: World) -> CivilDate {
        match world {
            World::Earliest => self.earliest,
            World::Latest => self.latest,
        }
    }
}

/// What unpublished calendars are taken to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum World {
    /// As few days off, as many weekend days worked as can be.
    Earliest,
    /// As many days off as can be, no weekend day worked.
    Latest,
}

/// Calendars by organ: the national one, and those of organs that have their own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Organs {
    /// Of every organ without its own.
    pub national: Arc<WorkCalendar>,
    /// Of an organ with its own.
    pub own: BTreeMap<CreditCode, WorkCalendar>,
}

impl Organs {
    /// One calendar for all.
    pub fn national(national: impl Into<Arc<WorkCalendar>>) -> Self {
        Self { national: national.into(), own: BTreeMap::new() }
    }

    /// The calendar by which an organ counts.
    pub fn of(&self, organ: Option<&CreditCode>) -> &WorkCalendar {
        organ.and_then(|organ| self.own.get(organ)).unwrap_or(&self.national)
    }
}

/// Days that are not counted: those after `after`, up to and with `until`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pause {
    /// The last day before it.
    pub after: CivilDate,
    /// Its last day: on which counting resumes, not counted.
    pub until: DateRange,
}

/// What a day is in a count.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DayReason {
    /// The day of the event: not counted.
    Event,
    /// Counts.
    Working,
    /// A weekend day worked for a holiday: counts.
    MovedWorkday(String),
    /// Counts, since every day does.
    Calendar,
    /// Saturday or Sunday.
    Weekend,
    /// A day off.
    Holiday(String),
    /// The clock stood still.
    Stopped,
    /// A weekend day that an unpublished calendar may have worked: counts in the earliest world.
    MayBeWorked(String),
    /// A weekday that an unpublished calendar takes off, in this world.
    MayBeOff(String),
}

/// One day of a derivation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayReckoned {
    /// The day.
    pub date: CivilDate,
    /// What it is.
    pub reason: DayReason,
    /// Its number in the count, where it counts.
    pub number: Option<u16>,
}

/// A last day and how it was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reckoned {
    /// The last day.
    pub due: DateRange,
    /// Every day from the event to the earliest last day.
    pub days: Vec<DayReckoned>,
}

/// How a limit runs after `from`. `calendar_of` names the calendar that a day is counted by.
pub fn reckon<'a>(
    from: CivilDate,
    limit: LimitDays,
    pauses: &[Pause],
    calendar_of: &dyn Fn(CivilDate) -> &'a WorkCalendar,
) -> Reckoned {
    let (earliest, days, open) = walk(from, limit, pauses, calendar_of, World::Earliest);
    let latest = if open || pauses.iter().any(|pause| pause.until.is_provisional()) {
        walk(from, limit, pauses, calendar_of, World::Latest).0
    } else {
        earliest
    };
    Reckoned { due: DateRange { earliest, latest }, days }
}

fn walk<'a>(
    from: CivilDate,
    limit: LimitDays,
    pauses: &[Pause],
    calendar_of: &dyn Fn(CivilDate) -> &'a WorkCalendar,
    world: World,
) -> (CivilDate, Vec<DayReckoned>, bool) {
    let mut days = vec![DayReckoned { date: from, reason: DayReason::Event, number: None }];
    let mut open = Open::default();
    let (mut date, mut counted) = (from, 0);
    while counted < limit.days {
        let next = date.plus_days(1);
        // The end of the calendar: no limit reaches it from any real event, and a count must end.
        if next == date {
            break;
        }
        date = next;
        let is_stopped = |pause: &Pause| pause.after < date && date <= pause.until.at(world);
        let reason = match limit.unit {
            _ if pauses.iter().any(is_stopped) => DayReason::Stopped,
            DayUnit::Calendar => DayReason::Calendar,
            DayUnit::Working => open.reason(date, calendar_of, world),
        };
        let counts = reason.counts();
        counted += u16::from(counts);
        days.push(DayReckoned { date, reason, number: counts.then_some(counted) });
    }
    (date, days, open.met)
}

/// The last day on which a notice is in time, `days` working days before an event: the day of the event is not counted.
pub fn notice_day(event: CivilDate, days: u16, calendar: &WorkCalendar) -> DateRange {
    let back = |world| {
        // Going back the worlds change sides: with fewer days worked one has to begin earlier.
        let mut open = Open::default();
        let (mut date, mut counted) = (event, 0);
        while counted < days {
            let before = date.plus_days(-1);
            if before == date {
                break;
            }
            date = before;
            counted += u16::from(open.reason(date, &|_| calendar, world).counts());
        }
        date
    };
    DateRange { earliest: back(World::Latest), latest: back(World::Earliest) }
}

impl DayReason {
    /// Whether the day counts.
    pub fn counts(&self) -> bool {
        matches!(self, Self::Working | Self::MovedWorkday(_) | Self::Calendar | Self::MayBeWorked(_))
    }
}

/// What of each open festival the days that were met so far have used up.
#[derive(Default)]
struct Open {
    /// By place in the table and year: running weekdays seen, days off taken, weekend days worked.
    used: BTreeMap<(usize, i16), (u16, u16, u16)>,
    met: bool,
}

impl Open {
    fn reason<'a>(
        &mut self,
        date: CivilDate,
        calendar_of: &dyn Fn(CivilDate) -> &'a WorkCalendar,
        world: World,
    ) -> DayReason {
        let calendar = calendar_of(date);
        let worked = match calendar.kind(date) {
            DayKind::Holiday(name) => return DayReason::Holiday(name),
            DayKind::MovedWorkday(name) => return DayReason::MovedWorkday(name),
            DayKind::Weekend => false,
            DayKind::Working | DayKind::Event | DayKind::Stopped => true,
        };
        for (at, year) in open_festivals(date, calendar) {
            self.met = true;
            let festival = &FESTIVALS[at];
            let (seen, off, moved) = self.used.entry((at, year)).or_default();
            match (worked, world) {
                (true, World::Earliest) => {
                    *seen += 1;
                    let forced = festival.off_at_least.saturating_sub(weekdays(at, year, calendar_of) - *seen);
                    if forced > *off {
                        *off += 1;
                        return DayReason::MayBeOff(festival.name.to_owned());
                    }
                }
                (true, World::Latest) if *off < festival.off_at_most => {
                    *off += 1;
                    return DayReason::MayBeOff(festival.name.to_owned());
                }
                (false, World::Earliest) if *moved < festival.worked_at_most => {
                    *moved += 1;
                    return DayReason::MayBeWorked(festival.name.to_owned());
                }
                (true | false, _) => {}
            }
        }
        if worked { DayReason::Working } else { DayReason::Weekend }
    }
}

/// Weekdays of a festival's window that no calendar has taken off yet.
fn weekdays<'a>(at: usize, year: i16, calendar_of: &dyn Fn(CivilDate) -> &'a WorkCalendar) -> u16 {
    let Some((first, last)) = FESTIVALS[at].window(year) else { return 0 };
    let days = (0..=last.days_since(first)).map(|ahead| first.plus_days(ahead));
    days.filter(|day| calendar_of(*day).kind(*day) == DayKind::Working).count().try_into().unwrap_or(u16::MAX)
}
