//! The two clocks of a case in their outside form, the last day with its derivation day by day.

use domain::calendar::{DayCounted, DayKind};
use domain::clocks::Clocks;
use serde::Serialize;
use utoipa::ToSchema;

use super::form::{DueForm, moment};

/// Both clocks at the time of the answer.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Clocks)]
pub(crate) struct ClocksForm {
    /// The applicant's wait since first contact.
    applicant: ApplicantClockForm,
    /// The authority's legal time; absent before acceptance.
    authority: Option<AuthorityClockForm>,
}

/// The applicant's wait.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ApplicantClock)]
pub(crate) struct ApplicantClockForm {
    /// First contact.
    since: String,
    /// When it stopped; absent while the applicant waits.
    until: Option<String>,
    /// Calendar days.
    days: i32,
}

/// The authority's legal time.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = AuthorityClock)]
pub(crate) struct AuthorityClockForm {
    /// The last day, and the facts that it was derived from.
    due: DueForm,
    /// When the clock stopped for good.
    until: Option<String>,
    /// Days used, in the limit's own unit.
    used: i32,
    /// Days left, in the limit's own unit: 0 on the last day, negative when over.
    left: i32,
    /// Why it is that date: every day from the event to the last.
    derivation: Vec<DayForm>,
}

/// One day of a derivation.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = CountedDay)]
pub(crate) struct DayForm {
    /// The day.
    date: String,
    /// `event`, `working`, `moved_workday`, `weekend`, `holiday` or `stopped`.
    kind: &'static str,
    /// The holiday's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    holiday: Option<String>,
    /// Its number in the count, where it counts.
    number: Option<u16>,
    /// Its year's calendar is not published yet.
    provisional: bool,
}

/// As programs write it, and the holiday's name; the words have the same key with `day-` before it.
pub(crate) fn day_kind(kind: &DayKind) -> (&'static str, Option<&str>) {
    match kind {
        DayKind::Event => ("event", None),
        DayKind::Working => ("working", None),
        DayKind::MovedWorkday(name) => ("moved_workday", Some(name)),
        DayKind::Weekend => ("weekend", None),
        DayKind::Holiday(name) => ("holiday", Some(name)),
        DayKind::Stopped => ("stopped", None),
    }
}

impl From<&DayCounted> for DayForm {
    fn from(day: &DayCounted) -> Self {
        let (kind, holiday) = day_kind(&day.kind);
        Self {
            date: day.date.to_string(),
            kind,
            holiday: holiday.map(str::to_owned),
            number: day.number,
            provisional: day.provisional,
        }
    }
}

impl From<&Clocks> for ClocksForm {
    fn from(clocks: &Clocks) -> Self {
        Self {
            applicant: ApplicantClockForm {
                since: moment(clocks.applicant.since),
                until: clocks.applicant.until.map(moment),
                days: clocks.applicant.days,
            },
            authority: clocks.authority.as_ref().map(|clock| AuthorityClockForm {
                due: (&clock.due).into(),
                until: clock.until.map(moment),
                used: clock.used,
                left: clock.left,
                derivation: clock.derivation.days.iter().map(Into::into).collect(),
            }),
        }
    }
}
