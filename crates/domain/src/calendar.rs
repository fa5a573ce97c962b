//! The official calendar of working days, and legal time counted on it (domain.md §4; 行政许可法 art. 82).
//!
//! A date is always derived from facts (event, limit, stops, calendar) and can print how. Years whose calendar is not yet
//! published are counted by what is known in advance, and make the date provisional. Ours covers 2020–2026.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::case::{DayUnit, Due};
use crate::command::chunk_hash;
use crate::digest::ContentHash;
use crate::listing::{self, Finding, ShapeFault};
use crate::text::Malformed;
use crate::time::CivilDate;

/// Where the official calendar differs from Monday to Friday. As JSON it is the catalogue's calendar chunk.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkCalendar {
    /// Years whose calendar is published.
    published: BTreeSet<i16>,
    /// Days off, with the holiday's name.
    holidays: BTreeMap<CivilDate, String>,
    /// Weekend days that are worked, with the holiday that moved them.
    workdays: BTreeMap<CivilDate, String>,
    /// Of the bytes that it was read from: what a due date cites.
    #[serde(skip)]
    hash: ContentHash,
}

/// What is wrong with one row of a calendar. The row is left out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CalendarFault {
    /// Not a row of this list.
    #[error(transparent)]
    Shape(#[from] ShapeFault),
    /// Not a date.
    #[error(transparent)]
    Date(#[from] Malformed),
    /// Neither a day off nor a day worked.
    #[error("kind {0:?} is neither holiday nor workday")]
    Kind(String),
    /// A day needs the name of its holiday.
    #[error("the holiday's name is missing")]
    Name,
    /// Only a weekend day can be worked instead.
    #[error("{0} is a weekday: it is worked anyway")]
    WeekdayWorked(CivilDate),
    /// The day stands in an earlier row.
    #[error("{0} stands in an earlier row already")]
    Duplicate(CivilDate),
}

/// A stop of the clock (art. 45): days after `after` up to and with `resumed` are not counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Stop {
    /// The last day that is counted before the stop.
    pub after: CivilDate,
    /// The day on which it resumes; not counted. `None` while it is stopped: counting goes no further.
    pub resumed: Option<CivilDate>,
}

/// What a day is in the count.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DayKind {
    /// The day of the event: not counted.
    Event,
    /// A day that counts.
    Working,
    /// A weekend day worked for a holiday: counts.
    MovedWorkday(String),
    /// Saturday or Sunday.
    Weekend,
    /// A day off.
    Holiday(String),
    /// The clock stood still, or resumed on this day.
    Stopped,
}

/// One day of a derivation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayCounted {
    /// The day.
    pub date: CivilDate,
    /// What it is.
    pub kind: DayKind,
    /// Its number in the count, where it counts.
    pub number: Option<u16>,
    /// Its year's calendar is not published yet.
    pub provisional: bool,
}

/// A date and how it was found, day by day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Derivation {
    /// The last day. `None` while the clock stands still before the limit is used up.
    pub due: Option<Due>,
    /// Every day from the event to the last one.
    pub days: Vec<DayCounted>,
}

impl fmt::Display for Derivation {
    /// One line a day: `2026-02-16 day off (Spring Festival)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for day in &self.days {
            write!(f, "{} ", day.date)?;
            match &day.kind {
                DayKind::Event => f.write_str("day of the event, not counted")?,
                DayKind::Working => f.write_str("working day")?,
                DayKind::MovedWorkday(name) => write!(f, "weekend day worked ({name})")?,
                DayKind::Weekend => f.write_str("weekend")?,
                DayKind::Holiday(name) => write!(f, "day off ({name})")?,
                DayKind::Stopped => f.write_str("the clock stood still")?,
            }
            if let Some(number) = day.number {
                write!(f, ": {number}")?;
            }
            f.write_str(if day.provisional { " (calendar not yet published)\n" } else { "\n" })?;
        }
        Ok(())
    }
}

impl WorkCalendar {
    /// Columns of a calendar.
    pub const COLUMNS: [&str; 3] = ["date", "kind", "holiday"];

    /// From CSV text. Good rows are kept, every other one is a finding. A year counts as published when its New Year's Day
    /// is among the days off.
    pub fn from_csv(bytes: &[u8]) -> (Self, Vec<Finding<CalendarFault>>) {
        let mut findings = Vec::new();
        let mut calendar = Self::default();
        listing::read(bytes, &Self::COLUMNS, &mut findings, |row, findings| {
            if let Err((column, fault)) = calendar.read_day(row.cells) {
                findings.push(Finding::at(row.number, Self::COLUMNS[column], fault));
            }
        });
        calendar.finish();
        (calendar, findings)
    }

    /// The same from rows that are cells already, each with its number: day, `holiday` or `workday`, the holiday's name.
    pub fn from_rows<'a>(rows: impl Iterator<Item = (u64, [&'a str; 3])>) -> (Self, Vec<Finding<CalendarFault>>) {
        let mut findings = Vec::new();
        let mut calendar = Self::default();
        for (number, cells) in rows {
            if let Err((column, fault)) = calendar.read_day(&cells) {
                findings.push(Finding::at(number, Self::COLUMNS[column], fault));
            }
        }
        calendar.finish();
        (calendar, findings)
    }

    /// What [`Self::from_rows`] reads, by day.
    pub fn rows(&self) -> impl Iterator<Item = [String; 3]> {
        let mut days: Vec<_> = self.holidays.iter().map(|(date, name)| (date, "holiday", name)).collect();
        days.extend(self.workdays.iter().map(|(date, name)| (date, "workday", name)));
        days.sort();
        days.into_iter().map(|(date, kind, name)| [date.to_string(), kind.to_owned(), name.clone()])
    }

    fn finish(&mut self) {
        let new_year = |date: &&CivilDate| (date.month(), date.day()) == (1, 1);
        self.published = self.holidays.keys().filter(new_year).map(|date| date.year()).collect();
        self.hash = chunk_hash(&self.canonical());
    }

    fn read_day(&mut self, cells: &[&str]) -> Result<(), (usize, CalendarFault)> {
        let [date, kind, holiday] = cells else { return Err((0, ShapeFault::Text.into())) };
        let date: CivilDate = date.parse().map_err(|fault: Malformed| (0, fault.into()))?;
        if self.holidays.contains_key(&date) || self.workdays.contains_key(&date) {
            return Err((0, CalendarFault::Duplicate(date)));
        }
        if holiday.is_empty() {
            return Err((2, CalendarFault::Name));
        }
        match *kind {
            "holiday" => self.holidays.insert(date, (*holiday).to_owned()),
            "workday" if date.is_weekend() => self.workdays.insert(date, (*holiday).to_owned()),
            "workday" => return Err((1, CalendarFault::WeekdayWorked(date))),
            other => return Err((1, CalendarFault::Kind(other.chars().take(40).collect()))),
        };
        Ok(())
    }

    /// An organ's own calendar: this one, where the organ's own days off and days worked stand before it. Which years are
    /// published is this one's to say.
    pub fn with_own(&self, own: &Self) -> Self {
        let mut both = self.clone();
        for (date, name) in &own.holidays {
            both.workdays.remove(date);
            both.holidays.insert(*date, name.clone());
        }
        for (date, name) in &own.workdays {
            both.holidays.remove(date);
            both.workdays.insert(*date, name.clone());
        }
        both.hash = chunk_hash(&both.canonical());
        both
    }

    /// This calendar as it was before some years were published: what is left is known of every year.
    pub fn before_publication_of(&self, first_year: i16) -> Self {
        let mut before = self.clone();
        before.published.retain(|year| *year < first_year);
        before.holidays.retain(|date, _| date.year() < first_year);
        before.workdays.retain(|date, _| date.year() < first_year);
        before.hash = chunk_hash(&before.canonical());
        before
    }

    /// From a catalogue chunk; the bytes' hash is what due dates cite.
    pub fn from_chunk(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        let calendar: Self = serde_json::from_slice(bytes)?;
        Ok(Self { hash: chunk_hash(bytes), ..calendar })
    }

    /// The catalogue chunk: JSON with fields and days in order.
    pub fn canonical(&self) -> Vec<u8> {
        // Years, dates and texts under texts: nothing of this type has no form in JSON.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// What due dates cite.
    pub fn hash(&self) -> ContentHash {
        self.hash
    }

    /// Years whose calendar is published, in order.
    pub fn published_years(&self) -> impl Iterator<Item = i16> {
        self.published.iter().copied()
    }

    /// Whether the year of a day is published.
    pub fn is_published(&self, date: CivilDate) -> bool {
        self.published.contains(&date.year())
    }

    /// Whether organs work on that day. For a year that is not published: Monday to Friday without the fixed holidays.
    pub fn is_working_day(&self, date: CivilDate) -> bool {
        matches!(self.kind(date), DayKind::Working | DayKind::MovedWorkday(_))
    }

    /// Whether a year is published.
    pub(crate) fn has_year(&self, year: i16) -> bool {
        self.published.contains(&year)
    }

    /// What a day is by this calendar; the same for a year that is not published as [`Self::is_working_day`] takes it.
    pub(crate) fn kind(&self, date: CivilDate) -> DayKind {
        if let Some(name) = self.holidays.get(&date) {
            DayKind::Holiday(name.clone())
        } else if let Some(name) = self.workdays.get(&date) {
            DayKind::MovedWorkday(name.clone())
        } else if date.is_weekend() {
            DayKind::Weekend
        } else if let (false, Some(name)) = (self.is_published(date), fixed_holiday(date)) {
            DayKind::Holiday(name.to_owned())
        } else {
            DayKind::Working
        }
    }

    /// Working days after `from` up to and with `to`; negative when `to` is earlier.
    pub fn working_days_between(&self, from: CivilDate, to: CivilDate) -> i32 {
        let (early, late, sign) = if from <= to { (from, to, 1) } else { (to, from, -1) };
        let days = (1..=late.days_since(early)).filter(|ahead| self.is_working_day(early.plus_days(*ahead)));
        sign * i32::try_from(days.count()).unwrap_or(i32::MAX)
    }

    /// How a limit runs from an event, day by day; stops in the order of time.
    pub fn derive(&self, from: CivilDate, limit: u16, unit: DayUnit, stops: &[Stop]) -> Derivation {
        let event = DayCounted { date: from, kind: DayKind::Event, number: None, provisional: false };
        let mut days = vec![event];
        let mut counted = 0;
        let mut date = from;
        let mut provisional = false;
        while counted < limit {
            date = date.plus_days(1);
            let stop = stops.iter().find(|stop| stop.after < date && stop.resumed.is_none_or(|day| date <= day));
            if stop.is_some_and(|stop| stop.resumed.is_none()) {
                return Derivation { due: None, days };
            }
            let kind = match (stop, unit) {
                (Some(_), _) => DayKind::Stopped,
                (None, DayUnit::Calendar) => DayKind::Working,
                (None, DayUnit::Working) => self.kind(date),
            };
            let counts = matches!(kind, DayKind::Working | DayKind::MovedWorkday(_));
            counted += u16::from(counts);
            let unknown = unit == DayUnit::Working && stop.is_none() && !self.is_published(date);
            provisional |= unknown;
            days.push(DayCounted { date, kind, number: counts.then_some(counted), provisional: unknown });
        }
        let due = Due { date, from, days: limit, unit, calendar: self.hash, provisional };
        Derivation { due: Some(due), days }
    }
}

/// The last day of a limit that runs from an event without a stop. The day of the event is not counted.
pub fn due(from: CivilDate, days: u16, unit: DayUnit, calendar: &WorkCalendar) -> Due {
    #[cfg(mutants)]
    let days = crate::mutants::instead(crate::mutants::Mutant::EventDayCounts, days, days.saturating_sub(1));
    let derived = calendar.derive(from, days, unit, &[]).due;
    // Without a stop a derivation always ends; a limit of no days ends on the day of the event.
    derived.unwrap_or(Due { date: from, from, days, unit, calendar: calendar.hash, provisional: false })
}

/// Holidays that fall on the same day of every year, known before a year's calendar is published.
///
/// Source: 全国年节及纪念日放假办法 (2024): 元旦, 劳动节, 国庆节. Those of the moon calendar are not counted in advance.
fn fixed_holiday(date: CivilDate) -> Option<&'static str> {
    match (date.month(), date.day()) {
        (1, 1) => Some("New Year's Day"),
        (5, 1 | 2) => Some("Labour Day"),
        (10, 1..=3) => Some("National Day"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn official() -> WorkCalendar {
        let (calendar, findings) = WorkCalendar::from_csv(include_bytes!("../data/china-workdays.csv"));
        assert_eq!(findings, []);
        calendar
    }

    fn day(text: &str) -> CivilDate {
        text.parse().unwrap()
    }

    #[test]
    fn the_table_of_the_domain() {
        let calendar = official();
        assert_eq!(calendar.published_years().collect::<Vec<_>>(), (2020..=2026).collect::<Vec<_>>());
        for (start, rows) in [
            (
                "2026-02-10",
                [(5, "2026-02-24"), (10, "2026-03-02"), (20, "2026-03-16"), (30, "2026-03-30"), (45, "2026-04-21")],
            ),
            (
                "2025-09-24",
                [(5, "2025-09-30"), (10, "2025-10-14"), (20, "2025-10-28"), (30, "2025-11-11"), (45, "2025-12-02")],
            ),
        ] {
            for (days, end) in rows {
                let due = due(day(start), days, DayUnit::Working, &calendar);
                assert_eq!((due.date, due.provisional), (day(end), false), "{start} +{days}");
            }
        }
    }

    #[test]
    fn a_stopped_clock() {
        let calendar = official();
        let stop = Stop { after: day("2026-02-13"), resumed: Some(day("2026-03-04")) };
        let derived = calendar.derive(day("2026-02-10"), 20, DayUnit::Working, &[stop]);
        assert_eq!(derived.due.as_ref().map(|due| due.date), Some(day("2026-03-27")));
        let number = |date| derived.days.iter().find(|counted| counted.date == day(date)).unwrap().number;
        assert_eq!([number("2026-02-13"), number("2026-03-04"), number("2026-03-05")], [Some(3), None, Some(4)]);
        let standing = Stop { resumed: None, ..stop };
        assert_eq!(calendar.derive(day("2026-02-10"), 20, DayUnit::Working, &[standing]).due, None);
    }

    #[test]
    fn a_date_prints_how_it_was_found() {
        let text = official().derive(day("2026-02-13"), 2, DayUnit::Working, &[]).to_string();
        assert!(text.starts_with("2026-02-13 day of the event, not counted\n2026-02-14 weekend day worked"), "{text}");
        assert!(text.contains("2026-02-17 day off (Spring Festival)"), "{text}");
        assert!(text.ends_with("2026-02-24 working day: 2\n"), "{text}");
    }

    #[test]
    fn a_year_without_calendar_makes_the_date_provisional() {
        let calendar = official();
        let over = due(day("2026-12-25"), 10, DayUnit::Working, &calendar);
        assert_eq!((over.date, over.provisional), (day("2027-01-11"), true));
        let calendar_days = due(day("2026-12-25"), 10, DayUnit::Calendar, &calendar);
        assert_eq!((calendar_days.date, calendar_days.provisional), (day("2027-01-04"), false));
        assert_eq!(due(day("2026-02-10"), 0, DayUnit::Working, &calendar).date, day("2026-02-10"));
    }

    #[test]
    fn a_chunk_is_read_back_with_its_hash() {
        let calendar = official();
        let bytes = calendar.canonical();
        assert_eq!(WorkCalendar::from_chunk(&bytes).unwrap(), calendar);
        assert_eq!(calendar.hash(), chunk_hash(&bytes));
        assert_eq!(calendar.working_days_between(day("2026-02-10"), day("2026-02-24")), 5);
        assert_eq!(calendar.working_days_between(day("2026-02-24"), day("2026-02-10")), -5);
    }

    #[test]
    fn bad_rows_are_found() {
        let text = "date,kind,holiday\n2026-01-01,holiday,New Year's Day\n2026-13-01,holiday,x\n2026-01-05,workday,x\n\
                    2026-01-02,off,x\n2026-01-02,holiday,\n2026-01-01,holiday,again\n";
        let (calendar, findings) = WorkCalendar::from_csv(text.as_bytes());
        assert_eq!(calendar.holidays.len(), 1);
        let at: Vec<_> = findings.iter().map(|f| (f.row, f.column.as_deref().unwrap())).collect();
        assert_eq!(at, [(3, "date"), (4, "kind"), (5, "kind"), (6, "holiday"), (7, "date")]);
    }
}
