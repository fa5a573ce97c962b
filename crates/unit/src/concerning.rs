//! What people say of a case, and what officials do about it, as it is asked for: what the public writes is sealed here, and who says it
//! becomes a keyed index.

use domain::case::CaseRow;
use domain::command::{
    AnswerComplaint, AnswerUrging, CallBack, Command, Complain, ExcludeRating, HandleComplaint, JudgeComplaint, Rate,
    Rectify, Urge,
};
use domain::concerns::{
    ConcernKind, ConcernRefusal, ConcernRow, FinishedStep, RatingLevel, Remedy, StoryLine, Urger, finished_steps,
};
use domain::ids::{CaseId, ConcernId, Sequence};
use domain::refusal::Refusal;
use domain::sealed::{BlindIndex, Sealed};
use domain::store::{StoreFault, UnitRead};
use domain::tables::{Cases, Concerns};
use domain::time::CivilDate;
use protocol::sealing::{DataKey, Field, unwrap};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::identity::Tools;
use crate::request::{Applicant, Code, MOST_REASONS, RequestFault, text};
use crate::stamp::{StampFault, applicant, checked_identifier};

/// One thing that is said, or done about what was said. Where `concern` is `None` the oldest one of the case that waits for it is meant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Concerning {
    /// 好差评
    Rate {
        /// Of who rates: the case's own applicant.
        identifier: Private,
        /// Which finished step.
        about: About,
        /// How satisfied.
        level: RatingLevel,
        /// In the person's words; may be empty.
        remark: Private,
    },
    /// 催办
    Urge {
        /// Of who urges: the case's own applicant.
        identifier: Private,
        /// In the person's words; may be empty.
        words: Private,
    },
    /// 督办
    Order {
        /// To be finished by that day.
        until: CivilDate,
        /// Public.
        order: String,
    },
    /// 投诉
    Complain {
        /// Which finished step; the whole case where `None`.
        about: Option<About>,
        /// Who complains.
        complainant: Applicant,
        /// What is complained of.
        text: Private,
    },
    /// 回访
    CallBack {
        /// Which rating.
        concern: Option<ConcernId>,
        /// Whether the person was reached.
        reached: bool,
        /// In how many attempts.
        attempts: u16,
        /// What the person confirmed; public.
        said: String,
    },
    /// 整改
    Rectify {
        /// Which rating.
        concern: Option<ConcernId>,
        /// Put right or explained.
        remedy: Remedy,
        /// With what; public.
        what: String,
    },
    /// A malicious rating counts no more.
    Exclude {
        /// Which rating.
        concern: Option<ConcernId>,
        /// Public.
        reasons: String,
    },
    /// An urging is answered.
    AnswerUrging {
        /// Which urging.
        concern: Option<ConcernId>,
        /// Public.
        answer: String,
    },
    /// A complaint is accepted, or not.
    JudgeComplaint {
        /// Which complaint.
        concern: Option<ConcernId>,
        /// Whether.
        accepted: bool,
        /// Why not; public.
        reasons: String,
    },
    /// A complaint is looked into.
    HandleComplaint {
        /// Which complaint.
        concern: Option<ConcernId>,
        /// Public.
        what: String,
    },
    /// A complaint is answered.
    AnswerComplaint {
        /// Which complaint.
        concern: Option<ConcernId>,
        /// Whether it was justified.
        upheld: bool,
        /// Public.
        answer: String,
    },
}

/// A finished step, as people name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum About {
    /// The last one of its kind in the story.
    Step(FinishedStep),
    /// A line of the story.
    Line(StoryLine),
}

/// What somebody typed about oneself or others. Never printed or logged.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Private(pub String);

impl std::fmt::Debug for Private {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Private(…)")
    }
}

impl Concerning {
    /// Its name in addresses, under the case.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Rate { .. } => "rate",
            Self::Urge { .. } => "urge",
            Self::Order { .. } => "order",
            Self::Complain { .. } => "complain",
            Self::CallBack { .. } => "call-back",
            Self::Rectify { .. } => "rectify",
            Self::Exclude { .. } => "exclude-rating",
            Self::AnswerUrging { .. } => "answer-urging",
            Self::JudgeComplaint { .. } => "judge-complaint",
            Self::HandleComplaint { .. } => "handle-complaint",
            Self::AnswerComplaint { .. } => "answer-complaint",
        }
    }

    /// Whether the public says it: taken at any hour and by any clock. What officials do about it needs one that can be trusted.
    pub fn is_said_by_the_public(&self) -> bool {
        matches!(self, Self::Rate { .. } | Self::Urge { .. } | Self::Complain { .. })
    }

    /// Whether somebody does it who stands beside the case: not who handles it.
    pub fn is_review(&self) -> bool {
        !self.is_said_by_the_public() && !matches!(self, Self::Rectify { .. } | Self::AnswerUrging { .. })
    }

    /// What is proposed.
    pub(crate) fn command(&self, case: CaseId, rows: &impl UnitRead, tools: &Tools<'_>) -> Result<Command, StampFault> {
        let words = |field: &'static str, value: &str| text(field, value, MOST_REASONS);
        let pick = |concern: &Option<ConcernId>, kind| match concern {
            Some(concern) => Ok(*concern),
            None => pick(rows, case, kind),
        };
        Ok(match self {
            Self::Rate { identifier, about, level, remark } => {
                let row = known(case, rows)?;
                let (by, line) = (index(identifier, tools)?, about.line(&row, tools));
                let remark = said(case, &row, Field::Remark, ("remark", remark), tools)?;
                Command::Rate(Rate { case, line, level: *level, by, remark })
            }
            Self::Urge { identifier, words } => {
                let row = known(case, rows)?;
                let by = index(identifier, tools)?;
                let words = said(case, &row, Field::Remark, ("words", words), tools)?;
                Command::Urge(Urge { case, urger: Urger::Applicant { by, words } })
            }
            Self::Order { until, order } => {
                let order = words("order", order)?;
                Command::Urge(Urge { case, urger: Urger::Inspector { until: *until, order } })
            }
            Self::Complain { about, complainant, text } => {
                let row = known(case, rows)?;
                let fields = applicant(complainant)?;
                let missing = ConcernRefusal::WordsMissing;
                let text = said(case, &row, Field::Complaint, ("text", text), tools)?;
                let text = text.ok_or(Refusal::Concern(missing))?;
                let key = data_key(case, &row, tools).ok_or_else(|| unsealable("complainant"))?;
                let complainant = fields.seal_as(Field::Complainant, case, &key, tools.entropy);
                let complainant = complainant.map_err(|_| unsealable("complainant"))?;
                let line = about.map(|about| about.line(&row, tools));
                Command::Complain(Complain { case, line, complainant, text })
            }
            Self::CallBack { concern, reached, attempts, said } => {
                let (concern, said) = (pick(concern, ConcernKind::Rating)?, words("said", said)?);
                Command::CallBack(CallBack { case, concern, reached: *reached, attempts: *attempts, said })
            }
            Self::Rectify { concern, remedy, what } => {
                let (concern, what) = (pick(concern, ConcernKind::Rating)?, words("what", what)?);
                Command::Rectify(Rectify { case, concern, remedy: *remedy, what })
            }
            Self::Exclude { concern, reasons } => {
                let (concern, reasons) = (pick(concern, ConcernKind::Rating)?, words("reasons", reasons)?);
                Command::ExcludeRating(ExcludeRating { case, concern, reasons })
            }
            Self::AnswerUrging { concern, answer } => {
                let (concern, answer) = (pick(concern, ConcernKind::Urging)?, words("answer", answer)?);
                Command::AnswerUrging(AnswerUrging { case, concern, answer })
            }
            Self::JudgeComplaint { concern, accepted, reasons } => {
                let (concern, reasons) = (pick(concern, ConcernKind::Complaint)?, words("reasons", reasons)?);
                Command::JudgeComplaint(JudgeComplaint { case, concern, accepted: *accepted, reasons })
            }
            Self::HandleComplaint { concern, what } => {
                let (concern, what) = (pick(concern, ConcernKind::Complaint)?, words("what", what)?);
                Command::HandleComplaint(HandleComplaint { case, concern, what })
            }
            Self::AnswerComplaint { concern, upheld, answer } => {
                let (concern, answer) = (pick(concern, ConcernKind::Complaint)?, words("answer", answer)?);
                Command::AnswerComplaint(AnswerComplaint { case, concern, upheld: *upheld, answer })
            }
        })
    }
}

impl About {
    /// The line; one that no story has where the step is not in it.
    fn line(self, row: &CaseRow, tools: &Tools<'_>) -> StoryLine {
        match self {
            Self::Line(line) => line,
            Self::Step(step) => {
                let last = finished_steps(row).into_iter().rev().find(|(_, of)| *of == step);
                last.map_or(StoryLine { unit: tools.identity.unit, sequence: Sequence(0) }, |(line, _)| line)
            }
        }
    }
}

fn known(case: CaseId, rows: &impl UnitRead) -> Result<CaseRow, StampFault> {
    Ok(rows.get::<Cases>(&case)?.ok_or(Refusal::CaseUnknown { case })?)
}

fn index(identifier: &Private, tools: &Tools<'_>) -> Result<BlindIndex, StampFault> {
    Ok(tools.keys.blind.index(&checked_identifier("identifier", &identifier.0)?))
}

/// Everything that is known here of what was said of a case, oldest first.
pub(crate) fn of_case(rows: &impl UnitRead, case: CaseId) -> Result<Vec<ConcernRow>, StoreFault> {
    let all = (case, ConcernId(Uuid::nil()))..=(case, ConcernId(Uuid::max()));
    Ok(rows.scan::<Concerns>(all, usize::MAX)?.into_iter().map(|(_, row)| row).collect())
}

/// The oldest concern of a kind that something is owed to here; else the newest of that kind, which says what is wrong.
fn pick(rows: &impl UnitRead, case: CaseId, kind: ConcernKind) -> Result<ConcernId, StampFault> {
    let all: Vec<ConcernRow> = of_case(rows, case)?.into_iter().filter(|row| row.concern.kind() == kind).collect();
    let owed = all.iter().find(|row| row.due().is_some()).or(all.last());
    Ok(owed.map_or(ConcernId(Uuid::nil()), |row| row.concern.id))
}

/// What somebody wrote of a case, under the case's own key; `None` for nothing.
pub(crate) fn said(
    case: CaseId,
    row: &CaseRow,
    field: Field,
    (name, words): (&'static str, &Private),
    tools: &Tools<'_>,
) -> Result<Option<Sealed>, StampFault> {
    let words = text(name, &words.0, MOST_REASONS)?;
    if words.is_empty() {
        return Ok(None);
    }
    let key = data_key(case, row, tools).ok_or_else(|| unsealable(name))?;
    Ok(Some(key.seal(case, field, words.as_bytes(), tools.entropy).map_err(|_| unsealable(name))?))
}

/// A case's data key, where it is here and opens.
pub(crate) fn data_key(case: CaseId, row: &CaseRow, tools: &Tools<'_>) -> Option<DataKey> {
    unwrap(row.key.as_ref()?, case, tools.identity.unit, &tools.keys.sealing, tools.crypto).ok()
}

fn unsealable(field: &str) -> RequestFault {
    let what = "cannot be sealed: the case's key is not here, or is not this unit's".to_owned();
    RequestFault { code: Code::Field, field: field.to_owned(), what }
}
