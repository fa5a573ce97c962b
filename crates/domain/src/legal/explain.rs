//! A derivation in words, Chinese and English: one line for days in a row that are the same thing.

use serde::{Deserialize, Serialize};

use super::count::{DayReason, DayReckoned};
use super::festivals::chinese;
use crate::time::CivilDate;

/// A text in both languages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Words {
    /// 中文.
    pub zh: String,
    /// English.
    pub en: String,
}

/// Days in a row that are the same thing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interval {
    /// The first of them.
    pub first: CivilDate,
    /// The last of them.
    pub last: CivilDate,
    /// Numbers in the count, where they count.
    pub numbers: Option<(u16, u16)>,
    /// What they are, and why they count or do not.
    pub words: Words,
}

/// A derivation by intervals.
pub fn intervals(days: &[DayReckoned]) -> Vec<Interval> {
    let same = |a: &DayReckoned, b: &DayReckoned| a.reason == b.reason;
    let runs = days.chunk_by(same);
    runs.filter_map(|run| {
        let (first, last) = (run.first()?, run.last()?);
        Some(Interval {
            first: first.date,
            last: last.date,
            numbers: first.number.zip(last.number),
            words: words(&first.reason),
        })
    })
    .collect()
}

fn words(reason: &DayReason) -> Words {
    let both = |zh: String, en: String| Words { zh, en };
    match reason {
        DayReason::Event => both("事件当日,不计入".to_owned(), "day of the event, not counted".to_owned()),
        DayReason::Working => both("工作日(第82条)".to_owned(), "working day (art. 82)".to_owned()),
        DayReason::Calendar => both("自然日".to_owned(), "calendar day".to_owned()),
        DayReason::Weekend => both("周末".to_owned(), "weekend".to_owned()),
        DayReason::Stopped => both("特别程序,不计入(第45条)".to_owned(), "the clock stood still (art. 45)".to_owned()),
        DayReason::Holiday(name) => both(format!("放假({})", chinese(name)), format!("day off ({name})")),
        DayReason::MovedWorkday(name) => {
            both(format!("调休上班({})", chinese(name)), format!("weekend day worked ({name})"))
        }
        DayReason::MayBeWorked(name) => both(
            format!("可能调休上班({},年历未公布)", chinese(name)),
            format!("may be worked ({name}, calendar not yet published)"),
        ),
        DayReason::MayBeOff(name) => {
            both(format!("放假({},年历未公布)", chinese(name)), format!("off ({name}, calendar not yet published)"))
        }
    }
}
