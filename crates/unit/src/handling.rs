//! What an authority does to a case between receipt and decision, as it is asked for: gaps and their supplement, stops of the clock, the
//! extension.

use domain::case::{Gap, Material};
use domain::catalogue::LimitDays;
use domain::command::{Command, ExtendLimit, ProlongStop, ResumeClock, StopClock, Supplement, TellGaps};
use domain::ids::CaseId;
use domain::legal::{Approver, StopNotice};
use serde::{Deserialize, Serialize};

use crate::request::{Code, MOST_FIELDS, MOST_NAME, MOST_REASONS, RequestFault, text};

/// One step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Handling {
    /// 补正告知: all that is missing or wrong, at once.
    TellGaps {
        /// What is asked for.
        gaps: Vec<Gap>,
    },
    /// 补正: the applicant fills the gaps.
    Supplement {
        /// Names of the materials handed in, as listed.
        materials: Vec<String>,
    },
    /// 特别程序: the clock stands still for a period that the applicant is told.
    StopClock {
        /// Kind, basis, period.
        notice: StopNotice,
    },
    /// The procedure takes longer.
    ProlongStop {
        /// Why.
        reason: String,
        /// The further period.
        told: Option<LimitDays>,
    },
    /// The procedure is over.
    ResumeClock,
    /// 延长.
    ExtendLimit {
        /// In the limit's own unit.
        days: u16,
        /// Who approved.
        by: Approver,
        /// As the applicant is told.
        reason: String,
    },
}

impl Handling {
    /// Its name in addresses, under the case.
    pub fn name(&self) -> &'static str {
        match self {
            Self::TellGaps { .. } => "gaps",
            Self::Supplement { .. } => "supplement",
            Self::StopClock { .. } => "stop",
            Self::ProlongStop { .. } => "prolong",
            Self::ResumeClock => "resume",
            Self::ExtendLimit { .. } => "extend",
        }
    }

    /// What is proposed.
    pub(crate) fn command(&self, case: CaseId) -> Result<Command, RequestFault> {
        Ok(match self {
            Self::TellGaps { gaps } => {
                most("gaps", gaps.len())?;
                let gap = |gap: &Gap| {
                    let material = name("gaps.material", &gap.material)?;
                    Ok(Gap { material, what: text("gaps.what", &gap.what, MOST_REASONS)? })
                };
                let gaps = gaps.iter().map(gap).collect::<Result<_, RequestFault>>()?;
                Command::TellGaps(TellGaps { case, gaps })
            }
            Self::Supplement { materials } => {
                most("materials", materials.len())?;
                let material = |given: &String| Ok(Material { name: name("materials", given)?, content: None });
                let materials = materials.iter().map(material).collect::<Result<_, RequestFault>>()?;
                Command::Supplement(Supplement { case, materials })
            }
            Self::StopClock { notice } => {
                let basis = text("basis", &notice.basis, MOST_REASONS)?;
                let told = notice.told.map(|told| period("told", told)).transpose()?;
                Command::StopClock(StopClock { case, notice: StopNotice { kind: notice.kind, basis, told } })
            }
            Self::ProlongStop { reason, told } => {
                let reason = text("reason", reason, MOST_REASONS)?;
                let told = told.map(|told| period("told", told)).transpose()?;
                Command::ProlongStop(ProlongStop { case, reason, told })
            }
            Self::ResumeClock => Command::ResumeClock(ResumeClock { case }),
            Self::ExtendLimit { days, by, reason } => {
                let reason = text("reason", reason, MOST_REASONS)?;
                Command::ExtendLimit(ExtendLimit { case, days: *days, by: *by, reason })
            }
        })
    }
}

/// A period is derived day by day: none is longer than a few years.
const MOST_DAYS: u16 = 1_000;

fn period(field: &'static str, told: LimitDays) -> Result<LimitDays, RequestFault> {
    if told.days <= MOST_DAYS {
        return Ok(told);
    }
    let what = format!("at most {MOST_DAYS} days; {} were given", told.days);
    Err(RequestFault { code: Code::Field, field: field.to_owned(), what })
}

fn most(field: &'static str, number: usize) -> Result<(), RequestFault> {
    if number <= MOST_FIELDS {
        return Ok(());
    }
    let what = format!("at most {MOST_FIELDS}; {number} were given");
    Err(RequestFault { code: Code::Field, field: field.to_owned(), what })
}

fn name(field: &'static str, given: &str) -> Result<String, RequestFault> {
    text(field, given, MOST_NAME)
}
