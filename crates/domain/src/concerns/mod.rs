//! What people say of a case: ratings (好差评), urgings (催办, 督办) and complaints (投诉), and what is done about each.
//!
//! A concern stands **beside** its case and is no part of what travels with it (docs/adr/0024): the case may be over, gone, or frozen on its
//! way when somebody has something to say of it. It is given where the person is, goes by mail to the unit that answers, and that
//! unit's log alone decides what becomes of it; where it was given is told.
//!
//! Texts that the public writes are sealed under the case's data key. What officials write is public and names nobody.

mod cards;
mod check;
mod counts;
mod periods;
mod refusal;

pub use cards::cards_of;
pub(crate) use check::check_concerns;
pub use counts::RatingCount;
pub use periods::{DEFAULT_PERIODS, Periods};
pub use refusal::ConcernRefusal;

use serde::{Deserialize, Serialize};

use crate::case::{CaseRow, Happening, TimelineEntry};
use crate::catalogue::{BasicCode, CataloguePin};
use crate::first_form;
use crate::handoff::Role;
use crate::ids::{CaseId, CaseNumber, ConcernId, Sequence, UnitId};
use crate::sealed::{BlindIndex, Sealed};
use crate::time::{CivilDate, Timestamp};

/// A line of a case's story: whose, and that unit's number for the command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct StoryLine {
    /// Who did it.
    pub unit: UnitId,
    /// The unit's number for the command.
    pub sequence: Sequence,
}

/// A finished step, which the person served may rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FinishedStep {
    /// 收件
    Received,
    /// 补正告知
    GapsTold,
    /// 移送
    PassedOn,
    /// 受理, by the authority or by law
    Accepted,
    /// 不予受理
    NotAccepted,
    /// 决定
    Decided,
    /// 送达
    Delivered,
}

impl FinishedStep {
    /// Every one, in the order of a case's life.
    pub const ALL: [Self; 7] = [
        Self::Received,
        Self::GapsTold,
        Self::PassedOn,
        Self::Accepted,
        Self::NotAccepted,
        Self::Decided,
        Self::Delivered,
    ];

    /// The step that a line of a story finishes; `None` for what serves nobody.
    pub fn of(what: &Happening) -> Option<Self> {
        match what {
            Happening::Received { .. } => Some(Self::Received),
            Happening::GapsTold { .. } => Some(Self::GapsTold),
            Happening::PassedOn { .. } => Some(Self::PassedOn),
            Happening::Accepted { .. } | Happening::AcceptedByLaw { .. } => Some(Self::Accepted),
            Happening::NotAccepted { .. } => Some(Self::NotAccepted),
            Happening::Decided { .. } => Some(Self::Decided),
            Happening::Delivered => Some(Self::Delivered),
            _ => None,
        }
    }
}

/// The five levels of a rating (GB/T 39735).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RatingLevel {
    /// 非常满意
    VerySatisfied,
    /// 满意
    Satisfied,
    /// 基本满意
    FairlySatisfied,
    /// 不满意
    Dissatisfied,
    /// 非常不满意
    VeryDissatisfied,
}

impl RatingLevel {
    /// Every one, best first.
    pub const ALL: [Self; 5] =
        [Self::VerySatisfied, Self::Satisfied, Self::FairlySatisfied, Self::Dissatisfied, Self::VeryDissatisfied];

    /// 差评: it is called back, checked, and put right or explained.
    pub fn is_bad(self) -> bool {
        matches!(self, Self::Dissatisfied | Self::VeryDissatisfied)
    }
}

/// Who urges.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Urger {
    /// 催办: the applicant asks for speed.
    Applicant {
        /// Keyed hash of the identifier: the case's own applicant.
        by: BlindIndex,
        /// In the applicant's words, sealed.
        words: Option<Sealed>,
    },
    /// 督办: an inspector orders the case to be finished.
    Inspector {
        /// By that day.
        until: CivilDate,
        /// The order; public.
        order: String,
    },
}

/// What is said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Saying {
    /// 好差评
    Rating {
        /// What it is about.
        line: StoryLine,
        /// What that line finished.
        step: FinishedStep,
        /// How satisfied.
        level: RatingLevel,
        /// Keyed hash of the identifier: the person served.
        by: BlindIndex,
        /// In the person's words, sealed.
        remark: Option<Sealed>,
    },
    /// 催办 or 督办
    Urging(Urger),
    /// 投诉
    Complaint {
        /// What it is about; the whole case where `None`.
        line: Option<StoryLine>,
        /// Who complains, sealed; never shown to who handles the case.
        complainant: Sealed,
        /// What is complained of, sealed.
        text: Sealed,
    },
}

/// A kind of concern.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConcernKind {
    /// 好差评
    Rating,
    /// 催办 or 督办
    Urging,
    /// 投诉
    Complaint,
}

/// A concern as it was given: it never changes, and goes to who answers as it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Concern {
    /// Its name, minted where it was given.
    pub id: ConcernId,
    /// Which case it is about.
    pub case: CaseId,
    /// The case's printed number.
    pub number: CaseNumber,
    /// The case's matter.
    pub matter: BasicCode,
    /// The version that the case pins: whose rule of periods holds.
    pub pin: CataloguePin,
    /// Where it was given.
    pub given_at: UnitId,
    /// When, by that unit's log.
    pub at: Timestamp,
    /// Whether that unit's time was certain.
    pub certain: bool,
    /// What is said.
    pub saying: Saying,
}

/// How a bad rating was met.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Remedy {
    /// 整改: put right.
    PutRight,
    /// 说明: nothing was wrong, and why.
    Explained,
}

/// One thing that was done about a concern. Texts are public: no personal fields.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConcernEvent {
    /// When, by the log of the unit where it was done.
    pub at: Timestamp,
    /// Where it was done.
    pub unit: UnitId,
    /// What.
    pub what: ConcernStep,
}

/// What is done about a concern.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the fields are the words of the sentence")]
pub enum ConcernStep {
    /// The line was rated before: this one counts for nothing.
    NotCounted,
    /// 回访: what the person confirmed; or nobody could be reached, in so many attempts.
    CalledBack { reached: bool, attempts: u16, said: String },
    /// 整改 or 说明.
    Rectified { remedy: Remedy, what: String },
    /// Malicious: it does not count.
    Excluded { reasons: String },
    /// An urging is answered.
    Answered { answer: String },
    /// The urged case is decided, or over: nothing is left to be hurried.
    Over,
    /// The urged case is with another unit, and the urging goes after it.
    WentOn { to: UnitId },
    /// 投诉受理
    ComplaintAccepted,
    /// 投诉不予受理
    ComplaintRefused { reasons: String },
    /// What was found and done.
    ComplaintHandled { what: String },
    /// 答复
    ComplaintAnswered { upheld: bool, answer: String },
}

/// A concern as one unit keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConcernRow {
    /// As it was given.
    pub concern: Concern,
    /// Who answers, as far as this unit knows.
    pub with: UnitId,
    /// Since when this unit knows of it.
    pub since: Timestamp,
    /// The days by which this unit owes its answers; none where another answers.
    pub periods: Option<Periods>,
    /// What was done about it, in the order in which this unit heard.
    pub events: Vec<ConcernEvent>,
}

/// What a concern waits for at who answers: a list of its own beside the case's tasks, in the order of days.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum ConcernTask {
    /// Call back whoever rated badly.
    CallBack = 1,
    /// Put right or explain.
    Rectify = 2,
    /// Answer an urging.
    AnswerUrging = 3,
    /// Accept a complaint, or not.
    JudgeComplaint = 4,
    /// Look into a complaint.
    HandleComplaint = 5,
    /// Answer a complaint.
    AnswerComplaint = 6,
}

impl ConcernTask {
    /// Every one, in the order of keys.
    pub const ALL: [Self; 6] = [
        Self::CallBack,
        Self::Rectify,
        Self::AnswerUrging,
        Self::JudgeComplaint,
        Self::HandleComplaint,
        Self::AnswerComplaint,
    ];
}

/// Since when a concern stands in the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConcernWaits {
    /// Since when.
    pub since: Timestamp,
}

/// What units say to each other of a concern.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ConcernWord {
    /// To who answers: this was given.
    Given(Box<Concern>),
    /// To where it was given: this was done about it.
    Told {
        /// Which case.
        case: CaseId,
        /// Which concern.
        concern: ConcernId,
        /// In order.
        events: Vec<ConcernEvent>,
    },
}

first_form! {
    20: ConcernRow;
    21: ConcernWaits;
    22: RatingCount;
}

impl ConcernWord {
    /// Which case it is about.
    pub fn case(&self) -> CaseId {
        match self {
            Self::Given(concern) => concern.case,
            Self::Told { case, .. } => *case,
        }
    }
}

impl Concern {
    /// What kind it is.
    pub fn kind(&self) -> ConcernKind {
        match self.saying {
            Saying::Rating { .. } => ConcernKind::Rating,
            Saying::Urging(_) => ConcernKind::Urging,
            Saying::Complaint { .. } => ConcernKind::Complaint,
        }
    }

    /// The line that it is about, where it names one.
    pub fn line(&self) -> Option<StoryLine> {
        match self.saying {
            Saying::Rating { line, .. } => Some(line),
            Saying::Urging(_) => None,
            Saying::Complaint { line, .. } => line,
        }
    }
}

impl ConcernRow {
    /// Whether something of a kind was done about it.
    pub fn has(&self, wanted: impl Fn(&ConcernStep) -> bool) -> bool {
        self.events.iter().any(|event| wanted(&event.what))
    }

    /// Whether it is a rating that counts: the first of its line, and not excluded.
    pub fn counts(&self) -> bool {
        let is_rating = self.concern.kind() == ConcernKind::Rating;
        is_rating && !self.has(|step| matches!(step, ConcernStep::NotCounted | ConcernStep::Excluded { .. }))
    }

    /// What it waits for at who answers; `None` once nothing is owed any more.
    pub fn waits_for(&self) -> Option<ConcernTask> {
        match &self.concern.saying {
            Saying::Rating { level, .. } if !level.is_bad() || !self.counts() => None,
            Saying::Rating { .. } if !self.has(|step| matches!(step, ConcernStep::CalledBack { .. })) => {
                Some(ConcernTask::CallBack)
            }
            Saying::Rating { .. } => {
                (!self.has(|step| matches!(step, ConcernStep::Rectified { .. }))).then_some(ConcernTask::Rectify)
            }
            Saying::Urging(_) => {
                let is_over = self.has(|step| matches!(step, ConcernStep::Answered { .. } | ConcernStep::Over));
                (!is_over).then_some(ConcernTask::AnswerUrging)
            }
            Saying::Complaint { .. } => {
                if self.has(|step| {
                    matches!(step, ConcernStep::ComplaintRefused { .. } | ConcernStep::ComplaintAnswered { .. })
                }) {
                    None
                } else if self.has(|step| matches!(step, ConcernStep::ComplaintHandled { .. })) {
                    Some(ConcernTask::AnswerComplaint)
                } else if self.has(|step| matches!(step, ConcernStep::ComplaintAccepted)) {
                    Some(ConcernTask::HandleComplaint)
                } else {
                    Some(ConcernTask::JudgeComplaint)
                }
            }
        }
    }

    /// The day by which that is owed; `None` where nothing is, or another unit owes it.
    pub fn due(&self) -> Option<(ConcernTask, CivilDate)> {
        let task = self.waits_for()?;
        self.periods.map(|periods| (task, periods.of(task)))
    }
}

/// The line of a story, and the step that it finished: what a rating may be about. What was told and is void serves nobody.
pub fn finished_step(row: &CaseRow, line: StoryLine) -> Option<FinishedStep> {
    finished_steps(row).into_iter().find(|(at, _)| *at == line).map(|(_, step)| step)
}

/// Every finished step of a case as a unit knows it, in order.
pub fn finished_steps(row: &CaseRow) -> Vec<(StoryLine, FinishedStep)> {
    let void = row.void_acts();
    let told = row.timeline();
    let counts = told.iter().filter(|entry| !void.contains(entry));
    counts.filter_map(|entry| FinishedStep::of(&entry.what).map(|step| (line_of(entry), step))).collect()
}

fn line_of(entry: &TimelineEntry) -> StoryLine {
    StoryLine { unit: entry.unit, sequence: entry.sequence }
}

/// Who has a case, as far as a unit knows.
pub(crate) fn holder(row: &CaseRow, here: UnitId) -> UnitId {
    match row.custody.role {
        Role::Owner | Role::Offering { .. } => here,
        Role::Offered { by } | Role::Prepared { by } | Role::Dropped { by } => by,
        Role::Gone { to } => {
            let last = row.timeline().iter().rev().find_map(|entry| match entry.what {
                Happening::HandedOver { to } => Some(to),
                Happening::TakenOver { .. } => Some(entry.unit),
                _ => None,
            });
            last.filter(|unit| *unit != here).unwrap_or(to)
        }
    }
}

/// Whether nothing of a case is left to be hurried at a unit: it is decided, over, or not here.
pub(crate) fn is_past_urging(row: &CaseRow) -> bool {
    let is_here = matches!(row.custody.role, Role::Owner | Role::Offering { .. });
    let decided = row.content.as_ref().is_some_and(|content| content.decision.is_some() || content.stage.is_final());
    matches!(row.custody.role, Role::Gone { .. } | Role::Dropped { .. }) || is_here && decided
}
