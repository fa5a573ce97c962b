//! What an authority does to a case between receipt and decision, as it is asked for: gaps and their supplement, stops of the clock, the
//! extension.

use domain::case::{Due, Gap, Material, Within};
use domain::catalogue::LimitDays;
use domain::command::{
    Accept, AcceptOnPromise, AcceptWithDeficit, AskHearing, CheckPromise, Command, Complete, Deficit, DoStep,
    ExtendLimit, HoldHearing, PassOn, ProlongStop, ResumeClock, RevokeLicence, SendUp, SetHearing, StepBack, StopClock,
    Supplement, TellGaps, TellHearing,
};
use domain::hearing::HearingParty;
use domain::ids::{CaseId, UnitId};
use domain::legal::{Approver, StopNotice};
use domain::sealed::Sealed;
use domain::time::CivilDate;
use serde::{Deserialize, Serialize};

use crate::concerning::Private;
use crate::request::{Code, MOST_FIELDS, MOST_NAME, MOST_REASONS, RequestFault, text};
use crate::stamp::StampFault;

/// One step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Handling {
    /// 补正告知: all that is missing or wrong, at once.
    TellGaps {
        /// What is asked for.
        gaps: Vec<Gap>,
        /// By when, and by which provision the application is over otherwise.
        within: Option<Within>,
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
    /// 容缺受理: accepted, with listed materials to follow.
    AcceptWithDeficit {
        /// As in [`crate::Act::Accept`].
        declared: bool,
        /// What is agreed with the applicant.
        deficit: Deficit,
    },
    /// 补齐: what was to follow.
    Complete {
        /// Names of the materials handed in, as listed.
        materials: Vec<String>,
    },
    /// 移送: to the authority that is competent.
    PassOn {
        /// Which.
        to: UnitId,
        /// Why this one is not.
        reasons: String,
        /// The applicant agreed.
        consented: bool,
    },
    /// 告知承诺: accepted on the applicant's written promise.
    AcceptOnPromise {
        /// As in [`crate::Act::Accept`].
        declared: bool,
        /// The applicant was told what follows from a false promise, and signed.
        signed: bool,
    },
    /// 核查: whether what was promised is so.
    CheckPromise {
        /// Whether it is.
        kept: bool,
        /// What was found.
        findings: String,
    },
    /// 转报: reviewed, and sent up to the organ above.
    SendUp {
        /// Whether this organ would grant it.
        agrees: bool,
        /// For officials alone.
        opinion: Private,
    },
    /// A listed step between acceptance and decision is done.
    DoStep {
        /// Its name, as listed.
        step: String,
        /// Whether it can be granted, as far as the step looks.
        agrees: bool,
        /// For officials alone.
        opinion: Private,
    },
    /// 退回: an earlier step is done anew.
    StepBack {
        /// Its name, as listed.
        to: String,
        /// For officials alone.
        reasons: Private,
    },
    /// 告知听证权利.
    TellHearing {
        /// Whose interests it touches, and how.
        reason: String,
    },
    /// 申请听证.
    AskHearing {
        /// Who asks.
        party: HearingParty,
    },
    /// 听证通知.
    SetHearing {
        /// The day.
        held: CivilDate,
        /// Where.
        place: String,
        /// The account that chairs it.
        chair: String,
    },
    /// 听证笔录.
    HoldHearing {
        /// Not public.
        record: Private,
    },
    /// 撤销: the licence that was issued in the case was not to be granted.
    Revoke {
        /// Why.
        reasons: String,
        /// The provision.
        basis: String,
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
            Self::AcceptWithDeficit { .. } => "accept-with-deficit",
            Self::Complete { .. } => "complete",
            Self::PassOn { .. } => "pass-on",
            Self::AcceptOnPromise { .. } => "accept-on-promise",
            Self::CheckPromise { .. } => "check-promise",
            Self::Revoke { .. } => "revoke",
            Self::SendUp { .. } => "send-up",
            Self::TellHearing { .. } => "tell-hearing",
            Self::AskHearing { .. } => "ask-hearing",
            Self::SetHearing { .. } => "set-hearing",
            Self::HoldHearing { .. } => "hold-hearing",
            Self::DoStep { .. } => "do-step",
            Self::StepBack { .. } => "step-back",
        }
    }

    /// What is proposed. `due`: how an acceptance of today is counted; `seal`: what officials write to each other, by the name of its field, under
    /// the case's key; nothing stays nothing.
    pub(crate) fn command(
        &self,
        case: CaseId,
        due: impl FnOnce() -> Result<Due, StampFault>,
        seal: impl FnOnce(&'static str, &Private) -> Result<Sealed, StampFault>,
    ) -> Result<Command, StampFault> {
        Ok(match self {
            Self::TellGaps { gaps, within } => {
                most("gaps", gaps.len())?;
                let gap = |gap: &Gap| {
                    let material = name("gaps.material", &gap.material)?;
                    Ok(Gap { material, what: text("gaps.what", &gap.what, MOST_REASONS)? })
                };
                let gaps = gaps.iter().map(gap).collect::<Result<_, RequestFault>>()?;
                let within = within.as_ref().map(checked).transpose()?;
                Command::TellGaps(TellGaps { case, gaps, within })
            }
            Self::Supplement { materials } => {
                Command::Supplement(Supplement { case, materials: handed_in(materials)? })
            }
            Self::AcceptWithDeficit { declared, deficit: Deficit { asked, within } } => {
                let deficit = Deficit { asked: *asked, within: checked(within)? };
                let accept = Accept { case, due: due()? };
                Command::AcceptWithDeficit(AcceptWithDeficit { accept, declared: *declared, deficit })
            }
            Self::Complete { materials } => Command::Complete(Complete { case, materials: handed_in(materials)? }),
            Self::PassOn { to, reasons, consented } => {
                let reasons = text("reasons", reasons, MOST_REASONS)?;
                Command::PassOn(PassOn { case, to: *to, reasons, consented: *consented })
            }
            Self::AcceptOnPromise { declared, signed } => {
                let accept = Accept { case, due: due()? };
                Command::AcceptOnPromise(AcceptOnPromise { accept, declared: *declared, signed: *signed })
            }
            Self::CheckPromise { kept, findings } => {
                let findings = text("findings", findings, MOST_REASONS)?;
                Command::CheckPromise(CheckPromise { case, kept: *kept, findings })
            }
            Self::Revoke { reasons, basis } => {
                let reasons = text("reasons", reasons, MOST_REASONS)?;
                Command::RevokeLicence(RevokeLicence { case, reasons, basis: text("basis", basis, MOST_REASONS)? })
            }
            Self::SendUp { agrees, opinion } => {
                Command::SendUp(SendUp { case, agrees: *agrees, opinion: seal("opinion", opinion)? })
            }
            Self::DoStep { step, agrees, opinion } => {
                let (step, opinion) = (name("step", step)?, seal("opinion", opinion)?);
                Command::DoStep(DoStep { case, step, agrees: *agrees, opinion })
            }
            Self::TellHearing { reason } => {
                Command::TellHearing(TellHearing { case, reason: text("reason", reason, MOST_REASONS)? })
            }
            Self::AskHearing { party } => Command::AskHearing(AskHearing { case, party: *party }),
            Self::SetHearing { held, place, chair } => {
                let (place, chair) = (text("place", place, MOST_REASONS)?, name("chair", chair)?);
                Command::SetHearing(SetHearing { case, held: *held, place, chair })
            }
            Self::HoldHearing { record } => Command::HoldHearing(HoldHearing { case, record: seal("record", record)? }),
            Self::StepBack { to, reasons } => {
                Command::StepBack(StepBack { case, to: name("to", to)?, reasons: seal("reasons", reasons)? })
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

fn handed_in(names: &[String]) -> Result<Vec<Material>, RequestFault> {
    most("materials", names.len())?;
    names.iter().map(|given| Ok(Material { name: name("materials", given)?, content: None })).collect()
}

fn checked(within: &Within) -> Result<Within, RequestFault> {
    let told = period("within", within.told)?;
    Ok(Within { told, basis: text("basis", &within.basis, MOST_REASONS)? })
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
