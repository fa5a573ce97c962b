//! The reference model of legal days: the official list of days off and days worked, counted day by day in plain integers.
//!
//! Shares nothing with `domain::calendar` but the list itself, so that an error there is not repeated here.

use std::collections::{BTreeMap, BTreeSet};

use domain::case::DayUnit;

/// Days as numbers since 1970-01-01.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Workdays {
    /// Whether a day that the list names is worked.
    listed: BTreeMap<i64, bool>,
    /// Years whose list is published: those whose first day is listed.
    published: BTreeSet<i64>,
}

impl Workdays {
    /// The official list.
    pub fn official() -> Self {
        Self::from_csv(&String::from_utf8_lossy(domain::sample::WORKDAYS))
    }

    /// From lines `2026-02-16,holiday,…` and `2026-02-14,workday,…`; others are passed over.
    pub fn from_csv(text: &str) -> Self {
        let mut days = Self::default();
        for line in text.lines() {
            let mut cells = line.split(',');
            let (Some(date), Some(kind)) = (cells.next().and_then(day_number), cells.next()) else { continue };
            days.listed.insert(date, kind == "workday");
            let (year, month, day) = civil(date);
            if (month, day) == (1, 1) && kind == "holiday" {
                days.published.insert(year);
            }
        }
        days
    }

    /// Whether organs work on a day.
    pub fn is_worked(&self, day: i64) -> bool {
        if let Some(worked) = self.listed.get(&day) {
            return *worked;
        }
        // 1970-01-01 was a Thursday: days 2 and 3 after it were a Saturday and a Sunday.
        if matches!(day.rem_euclid(7), 2 | 3) {
            return false;
        }
        let (year, month, date) = civil(day);
        let fixed = matches!((month, date), (1, 1) | (5, 1 | 2) | (10, 1..=3));
        self.published.contains(&year) || !fixed
    }

    /// Whether the list of a day's year is published.
    pub fn knows(&self, day: i64) -> bool {
        self.published.contains(&civil(day).0)
    }

    /// The last day of a limit. The day of the event does not count.
    pub fn due(&self, event: i64, limit: u16, unit: DayUnit) -> i64 {
        match unit {
            DayUnit::Calendar => event + i64::from(limit),
            DayUnit::Working => {
                let mut day = event;
                let mut left = limit;
                while left > 0 {
                    day += 1;
                    left -= u16::from(self.is_worked(day));
                }
                day
            }
        }
    }
}

/// `2026-02-16` as days since 1970-01-01.
fn day_number(text: &str) -> Option<i64> {
    let mut parts = text.splitn(3, '-').map(|part| part.parse::<i64>().ok());
    Some(number_of(parts.next()??, parts.next()??, parts.next()??))
}

fn number_of(year: i64, month: i64, day: i64) -> i64 {
    // Years begin with March here, so that the leap day is the last one.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let in_year = (153 * month + 2) / 5 + day - 1;
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + in_year - 719_468
}

/// Year, month and day of a day number: found by counting years and months from its start.
fn civil(day: i64) -> (i64, i64, i64) {
    let mut year = 1970 + day.div_euclid(366);
    let first = |year: i64| number_of(year, 1, 1);
    while first(year + 1) <= day {
        year += 1;
    }
    let leap = first(year + 1) - first(year) == 366;
    let mut left = day - first(year);
    for (month, length) in [31, 28 + i64::from(leap), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31].into_iter().enumerate() {
        if left < length {
            return (year, month as i64 + 1, left + 1);
        }
        left -= length;
    }
    (year, 12, 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reference_counts_as_the_published_examples_do() {
        let days = Workdays::official();
        let due = |from: &str, limit| days.due(day_number(from).unwrap(), limit, DayUnit::Working);
        // Over the Spring Festival of 2026 with its two worked weekend days, and the National Day of 2025.
        assert_eq!(civil(due("2026-02-10", 5)), (2026, 2, 24));
        assert_eq!(civil(due("2026-02-10", 20)), (2026, 3, 16));
        assert_eq!(civil(due("2025-09-24", 10)), (2025, 10, 14));
        assert_eq!(civil(days.due(day_number("2024-02-27").unwrap(), 3, DayUnit::Calendar)), (2024, 3, 1));
        for day in ["1970-01-01", "2000-02-29", "2024-12-31", "2100-03-01"] {
            let (year, month, date) = civil(day_number(day).unwrap());
            assert_eq!(format!("{year}-{month:02}-{date:02}"), day);
        }
    }

    #[test]
    fn it_agrees_with_the_domain_on_every_start_of_eight_years() {
        let (reference, calendar) =
            (Workdays::official(), domain::calendar::WorkCalendar::from_csv(domain::sample::WORKDAYS).0);
        let first: domain::time::CivilDate = "2020-01-01".parse().unwrap();
        for ahead in 0..8 * 365 {
            let from = first.plus_days(ahead);
            let number = i64::from(from.days_since(domain::time::CivilDate::EPOCH));
            for limit in [0, 1, 5, 20] {
                let due = domain::calendar::due(from, limit, DayUnit::Working, &calendar).date;
                let due = i64::from(due.days_since(domain::time::CivilDate::EPOCH));
                assert_eq!(reference.due(number, limit, DayUnit::Working), due, "{from} + {limit}");
            }
        }
    }
}
