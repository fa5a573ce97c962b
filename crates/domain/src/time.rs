//! Stored time and legal dates (protocol.md §1).
//!
//! No zone database and no clock: a stored time is a number, a legal date is that number at UTC+8.

use std::fmt;
use std::str::FromStr;

use jiff::civil;
use serde::{Deserialize, Serialize};

use crate::text::Malformed;

/// Milliseconds since 1970-01-01 UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

const DAY_MILLIS: i64 = 86_400_000;
const EAST_EIGHT_MILLIS: i64 = 8 * 3_600_000;

impl Timestamp {
    /// The legal date at this moment: the civil date at UTC+8.
    pub fn date(self) -> CivilDate {
        let days = self.0.saturating_add(EAST_EIGHT_MILLIS).div_euclid(DAY_MILLIS);
        CivilDate::from_days(days.clamp(i64::from(CivilDate::FIRST), i64::from(CivilDate::LAST)) as i32)
    }

    /// Hours, minutes and seconds of the day at UTC+8.
    pub fn time_of_day(self) -> (u8, u8, u8) {
        let seconds = self.0.saturating_add(EAST_EIGHT_MILLIS).rem_euclid(DAY_MILLIS) / 1000;
        ((seconds / 3600) as u8, (seconds / 60 % 60) as u8, (seconds % 60) as u8)
    }

    /// Later by that many milliseconds; stays at the end of time rather than wrap.
    pub const fn plus_millis(self, millis: i64) -> Self {
        Self(self.0.saturating_add(millis))
    }
}

impl fmt::Display for Timestamp {
    /// `2026-02-02 09:15:00`, at UTC+8.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (hour, minute, second) = self.time_of_day();
        write!(f, "{} {hour:02}:{minute:02}:{second:02}", self.date())
    }
}

impl FromStr for Timestamp {
    type Err = Malformed;

    /// `2026-02-02 09:15` or `2026-02-02 09:15:30`, at UTC+8.
    fn from_str(text: &str) -> Result<Self, Malformed> {
        let malformed = || Malformed::new("time", text, "a day and a time at UTC+8, like 2026-02-02 09:15");
        let (date, clock) = text.split_once(' ').ok_or_else(malformed)?;
        let date: CivilDate = date.parse().map_err(|_| malformed())?;
        let two = |digits: &str| match digits.len() {
            2 if digits.bytes().all(|byte| byte.is_ascii_digit()) => digits.parse::<i64>().ok(),
            _ => None,
        };
        let parts: Vec<i64> = clock.split(':').map(two).collect::<Option<_>>().ok_or_else(malformed)?;
        let (hour, minute, second) = match parts[..] {
            [hour, minute] => (hour, minute, 0),
            [hour, minute, second] => (hour, minute, second),
            _ => return Err(malformed()),
        };
        if hour > 23 || minute > 59 || second > 59 {
            return Err(malformed());
        }
        Ok(date.begins_at().plus_millis(((hour * 60 + minute) * 60 + second) * 1000))
    }
}

/// A civil date; stored as days since 1970-01-01, written `2026-02-02`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CivilDate(i32);

impl CivilDate {
    /// 0001-01-01 and 9999-12-31 as day numbers: what the calendar library can tell apart.
    const FIRST: i32 = -719_162;
    const LAST: i32 = 2_932_896;

    /// `None` where the calendar has no such day.
    pub fn new(year: i16, month: i8, day: i8) -> Option<Self> {
        if year < 1 {
            return None;
        }
        civil::Date::new(year, month, day).ok().map(|date| Self((date - EPOCH).get_days()))
    }

    /// 1970-01-01.
    pub const EPOCH: Self = Self(0);

    fn from_days(days: i32) -> Self {
        Self(days.clamp(Self::FIRST, Self::LAST))
    }

    fn civil(self) -> civil::Date {
        // Every value lies between FIRST and LAST, so the addition cannot leave the library's range.
        EPOCH.saturating_add(jiff::Span::new().days(self.0))
    }

    /// The year, e.g. 2026.
    pub fn year(self) -> i16 {
        self.civil().year()
    }

    /// The month, 1–12.
    pub fn month(self) -> i8 {
        self.civil().month()
    }

    /// The day of the month, 1–31.
    pub fn day(self) -> i8 {
        self.civil().day()
    }

    /// Whether the day is a Saturday or Sunday.
    pub fn is_weekend(self) -> bool {
        // 1970-01-01 was a Thursday.
        matches!((self.0 + 3).rem_euclid(7), 5 | 6)
    }

    /// The day's first moment at UTC+8.
    pub fn begins_at(self) -> Timestamp {
        Timestamp(i64::from(self.0) * DAY_MILLIS - EAST_EIGHT_MILLIS)
    }

    /// That many days later (or earlier, if negative).
    pub fn plus_days(self, days: i32) -> Self {
        Self::from_days(self.0.saturating_add(days))
    }

    /// Days from `earlier` to this date.
    pub fn days_since(self, earlier: Self) -> i32 {
        self.0 - earlier.0
    }
}

const EPOCH: civil::Date = civil::Date::constant(1970, 1, 1);

impl fmt::Display for CivilDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.civil().fmt(f)
    }
}

impl fmt::Debug for CivilDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CivilDate({self})")
    }
}

impl FromStr for CivilDate {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let malformed = || Malformed::new("date", text, "a day that exists, like 2026-02-02");
        if text.len() != 10 {
            return Err(malformed());
        }
        let date: civil::Date = text.parse().map_err(|_| malformed())?;
        Self::new(date.year(), date.month(), date.day()).ok_or_else(malformed)
    }
}

impl Serialize for CivilDate {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        if to.is_human_readable() { to.collect_str(self) } else { to.serialize_i32(self.0) }
    }
}

impl<'de> Deserialize<'de> for CivilDate {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        use serde::de::Error;
        if from.is_human_readable() {
            String::deserialize(from)?.parse().map_err(D::Error::custom)
        } else {
            let days = i32::deserialize(from)?;
            if (Self::FIRST..=Self::LAST).contains(&days) {
                Ok(Self(days))
            } else {
                Err(D::Error::custom("a day outside the calendar"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_legal_date_turns_at_midnight_in_the_east() {
        let at = |millis| Timestamp(millis).date().to_string();
        assert_eq!(at(0), "1970-01-01");
        assert_eq!(at(57_599_999), "1970-01-01");
        assert_eq!(at(57_600_000), "1970-01-02");
        assert_eq!(at(-28_800_001), "1969-12-31");
        assert_eq!(Timestamp(57_600_000).to_string(), "1970-01-02 00:00:00");
    }

    #[test]
    fn a_wall_time_is_read_back() {
        for (text, shown) in
            [("2026-02-02 09:15", "2026-02-02 09:15:00"), ("2026-02-02 23:59:59", "2026-02-02 23:59:59")]
        {
            assert_eq!(text.parse::<Timestamp>().unwrap().to_string(), shown);
        }
        for wrong in
            ["2026-02-02", "09:15", "2026-02-02 24:00", "2026-02-02 9:15", "2026-02-30 09:15", "2026-02-02 09:60", ""]
        {
            assert!(wrong.parse::<Timestamp>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn dates_count_and_are_read_back() {
        let date: CivilDate = "2026-02-28".parse().unwrap();
        assert_eq!(date.plus_days(1).to_string(), "2026-03-01");
        assert_eq!(date.plus_days(365).days_since(date), 365);
        assert!(date.is_weekend());
        assert!(!date.plus_days(2).is_weekend());
        for wrong in ["2026-02-29", "2026-2-1", "0000-01-01", "", "2026-02-28T00:00"] {
            assert!(wrong.parse::<CivilDate>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_ends_of_the_calendar_hold() {
        assert_eq!(CivilDate::from_days(CivilDate::FIRST).to_string(), "0001-01-01");
        assert_eq!(CivilDate::from_days(CivilDate::LAST).to_string(), "9999-12-31");
        assert_eq!(Timestamp(i64::MAX).date().to_string(), "9999-12-31");
    }
}
