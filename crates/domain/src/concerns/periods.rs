//! By when a concern is to be met: the matter's rule, or where it has none the periods that this file names.

use serde::{Deserialize, Serialize};

use super::{Concern, ConcernTask, Saying, Urger};
use crate::calendar::{WorkCalendar, due};
use crate::case::DayUnit;
use crate::catalogue::{RatingRule, installed};
use crate::store::{StoreFault, UnitRead};
use crate::tables::UnitMeta;
use crate::time::CivilDate;

/// Where a matter has no rule of its own. GB/T 39734 and 39735 leave the days to the place, within 5 to 15 working days: the person is
/// called back within the shorter, and the answer stands within the longer.
pub const DEFAULT_PERIODS: RatingRule = RatingRule { call_back_working_days: 5, rectify_working_days: 15 };

/// The last days, as they stood when the concern came to who answers: working days from the day on which it was **given**.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Periods {
    /// First word: called back, an urging answered, a complaint accepted or not.
    pub first: CivilDate,
    /// Last word: put right or explained, a complaint handled and answered.
    pub last: CivilDate,
}

impl Periods {
    /// The last day of a task.
    pub fn of(self, task: ConcernTask) -> CivilDate {
        match task {
            ConcernTask::CallBack | ConcernTask::AnswerUrging | ConcernTask::JudgeComplaint => self.first,
            ConcernTask::Rectify | ConcernTask::HandleComplaint | ConcernTask::AnswerComplaint => self.last,
        }
    }

    /// Counted from a day. An inspector's order names its own day.
    pub(super) fn counted(concern: &Concern, from: CivilDate, rule: RatingRule, calendar: &WorkCalendar) -> Self {
        let after = |days| due(from, days, DayUnit::Working, calendar).date;
        let (first, last) = (after(rule.call_back_working_days), after(rule.rectify_working_days));
        match concern.saying {
            Saying::Urging(Urger::Inspector { until, .. }) => Self { first: until, last: until },
            _ => Self { first, last },
        }
    }

    /// Of a concern that this unit answers.
    pub(crate) fn set(rows: &impl UnitRead, meta: &UnitMeta, concern: &Concern) -> Result<Self, StoreFault> {
        let (rule, calendar) = terms(rows, meta, concern)?;
        Ok(Self::counted(concern, concern.at.date(), rule, &calendar))
    }
}

/// The rule and calendar of the version that the case pins; of the one in force here where that is not here: a result that came back to the
/// counter is rated there too.
pub(super) fn terms(
    rows: &impl UnitRead,
    meta: &UnitMeta,
    concern: &Concern,
) -> Result<(RatingRule, WorkCalendar), StoreFault> {
    let versions = [Some(concern.pin.number), installed::in_force(rows, meta, meta.now.date())?.map(|pin| pin.number)];
    let mut rule = None;
    let mut calendar = None;
    for number in versions.into_iter().flatten() {
        if rule.is_none() {
            rule = installed::matter(rows, number, &concern.matter)?.and_then(|matter| matter.guide.ratings);
        }
        if calendar.is_none() {
            calendar = installed::calendar(rows, number)?;
        }
    }
    // Without any calendar weekends are known all the same, and the holidays that never move.
    let calendar = calendar.map(|calendar| (*calendar).clone()).unwrap_or_default();
    Ok((rule.unwrap_or(DEFAULT_PERIODS), calendar))
}
