//! The table of the official calendar. A year is published when its New Year's Day is among the days off.

use super::cell::Cell;
use super::columns::column_list;
use super::reading::Cells;
use super::{Column, Language};
use crate::calendar::WorkCalendar;
use crate::catalogue::{ClosedSet, Member};

pub(super) const COLUMNS: &[Column] = column_list! {
    date required "日期" "Calendar.holidays" [];
    kind required "放假上班" "Calendar.workdays" [];
    holiday required "节日" "Calendar.published" [];
};

/// What is special about a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DaySet {
    /// 放假
    Off,
    /// 上班
    Worked,
}

impl ClosedSet for DaySet {
    const ALL: &'static [Self] = &[Self::Off, Self::Worked];

    fn member(self) -> Member {
        match self {
            Self::Off => Member { key: "holiday", zh: "放假", code: "" },
            Self::Worked => Member { key: "workday", zh: "上班", code: "" },
        }
    }
}

pub(super) fn write(calendar: &WorkCalendar, language: Language) -> impl Iterator<Item = Vec<String>> {
    calendar.rows().map(move |[date, kind, holiday]| {
        let kind = DaySet::named(&kind).map(|kind| kind.write(language));
        vec![date, kind.unwrap_or_default(), holiday]
    })
}

/// A row as [`WorkCalendar::from_rows`] takes it.
pub(super) fn read(cells: &mut Cells<'_>) -> Option<[String; 3]> {
    let date: Option<crate::time::CivilDate> = cells.take("date");
    let kind: Option<DaySet> = cells.take("kind");
    let holiday = cells.take("holiday");
    Some([date?.to_string(), kind?.member().key.to_owned(), holiday?])
}
