//! What is known of a year before its calendar is published: how far each festival can move days off and days worked.
//!
//! The bounds hold for every calendar of 2008–2026 but for what the law says otherwise today: 05-02 was worked in some years before
//! 2019, and 2015 had a day off of its own, 09-03. A test holds them against the calendars that we have. A year that breaks them is
//! reckoned anew when its calendar comes, as every year is. Dates that stand fixed in law
//! (元旦, 劳动节, 国庆节) are counted by [`crate::calendar::WorkCalendar`] itself; the days of the moon calendar only have a window.
//! Source: 全国年节及纪念日放假办法 (2024); notices of the State Council 2008–2026.

use crate::calendar::WorkCalendar;
use crate::time::CivilDate;

/// How far a festival can change the days of a year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Festival {
    /// As calendars name it.
    pub name: &'static str,
    /// 中文.
    pub zh: &'static str,
    /// First day of its window, month and day. The window of New Year's Day begins in the year before.
    pub first: (i8, i8),
    /// Last day of its window.
    pub last: (i8, i8),
    /// Weekdays off in the window, beside the fixed ones: at least.
    pub off_at_least: u16,
    /// The same: at most.
    pub off_at_most: u16,
    /// Weekend days worked in the window: at most.
    pub worked_at_most: u16,
}

const fn festival(
    name: &'static str,
    zh: &'static str,
    (first, last): ((i8, i8), (i8, i8)),
    (off_at_least, off_at_most, worked_at_most): (u16, u16, u16),
) -> Festival {
    Festival { name, zh, first, last, off_at_least, off_at_most, worked_at_most }
}

/// All of them; only the last two overlap.
pub const FESTIVALS: [Festival; 7] = [
    festival("New Year's Day", "元旦", ((12, 28), (1, 6)), (0, 2, 2)),
    festival("Spring Festival", "春节", ((1, 14), (3, 4)), (4, 7, 2)),
    festival("Tomb-sweeping Day", "清明节", ((3, 30), (4, 9)), (1, 3, 2)),
    festival("Labour Day", "劳动节", ((4, 20), (5, 14)), (0, 3, 2)),
    festival("Dragon Boat Festival", "端午节", ((5, 24), (6, 30)), (1, 3, 2)),
    festival("Mid-autumn Festival", "中秋节", ((9, 4), (10, 12)), (0, 3, 2)),
    festival("National Day", "国庆节", ((9, 18), (10, 14)), (0, 5, 2)),
];

impl Festival {
    /// Its window in the year of its main day.
    pub(super) fn window(&self, year: i16) -> Option<(CivilDate, CivilDate)> {
        let first_year = if self.first > self.last { year.checked_sub(1)? } else { year };
        let first = CivilDate::new(first_year, self.first.0, self.first.1)?;
        Some((first, CivilDate::new(year, self.last.0, self.last.1)?))
    }
}

/// Festivals that can still move a day, by their place in [`FESTIVALS`], with the year of their main day: those whose window has the
/// day, and whose year is not published. In the order in which the windows end.
pub(super) fn open_festivals(date: CivilDate, calendar: &WorkCalendar) -> impl Iterator<Item = (usize, i16)> {
    let (year, month) = (date.year(), date.month());
    let main_year = if month == 12 { year.saturating_add(1) } else { year };
    let open = !calendar.has_year(main_year);
    let in_window = move |festival: &Festival| {
        festival.window(main_year).is_some_and(|(first, last)| open && first <= date && date <= last)
    };
    (0..FESTIVALS.len()).filter(move |at| in_window(&FESTIVALS[*at])).map(move |at| (at, main_year))
}

/// 中文 of a holiday that a calendar names in English; a name that is not known stands as it is.
pub(super) fn chinese(name: &str) -> &str {
    FESTIVALS.iter().find(|festival| festival.name == name).map_or(name, |festival| festival.zh)
}
