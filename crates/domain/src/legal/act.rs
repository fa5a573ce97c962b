//! What happens to an application, as legal time sees it: facts that a timeline is told in the order of their days.

use serde::{Deserialize, Serialize};

use crate::catalogue::LimitDays;
use crate::identifiers::CreditCode;
use crate::time::{CivilDate, Timestamp};

/// What takes time that is not counted (art. 45), and what does not although one might think so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Procedure {
    /// 听证
    Hearing,
    /// 招标
    Tender,
    /// 拍卖
    Auction,
    /// 检验
    Inspection,
    /// 检测
    Testing,
    /// 检疫
    Quarantine,
    /// 鉴定
    Appraisal,
    /// 专家评审
    ExpertReview,
    /// 实地核查 (art. 34): stops nothing unless the entry cites a law.
    SiteCheck,
}

/// Who approves an extension.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Approver {
    /// 本行政机关负责人
    OrganHead,
    /// 本级人民政府负责人
    GovernmentHead,
}

/// A written notice that time is not counted, as it was handed in: not checked yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StopNotice {
    /// Which procedure.
    pub kind: Option<Procedure>,
    /// Why this case needs it.
    pub basis: String,
    /// The time needed, as the applicant is told in writing.
    pub told: Option<LimitDays>,
}

/// One fact. Days are civil dates at UTC+8; filing has a time of day, for the published cut-off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "snake_case")]
#[expect(missing_docs, reason = "the fields are the words of the sentence")]
pub enum Act {
    /// A courier's papers reach the authority: receipt is on this day.
    Arrived { at: Timestamp },
    /// Papers given to a wrong authority reach the right one: receipt is on this day, nothing before counts.
    Redirected { at: Timestamp, to: CreditCode },
    /// An equal authority takes the case over: its time goes on, days after `left` are the new one's.
    Moved { left: CivilDate, arrived: CivilDate, to: CreditCode },
    /// All gaps told at once (art. 32).
    GapsTold { on: CivilDate },
    /// What was missing is in: receipt of the whole application is on this day.
    Supplemented { at: Timestamp },
    /// 受理
    Accepted { on: CivilDate },
    /// 不予受理
    NotAccepted { on: CivilDate },
    /// Counting stops after this day for the period told.
    Stopped { on: CivilDate, notice: StopNotice },
    /// A second, reasoned notice: the stop goes on for a further period after the one told first.
    Prolonged { on: CivilDate, reason: String, told: Option<LimitDays> },
    /// The procedure ended before the period told: counting resumes, this day not counted.
    Resumed { on: CivilDate },
    /// The limit is extended once, and the reason told.
    Extended { on: CivilDate, days: u16, by: Approver, reason: String },
    /// A lower organ has reviewed and sends the case up (art. 43).
    SentUp { on: CivilDate },
    /// It reaches the next organ, whose own time begins.
    CameUp { on: CivilDate, to: CreditCode },
    /// Somebody is told of the right to a hearing (art. 47).
    HearingOffered { on: CivilDate },
    /// A hearing is asked for.
    HearingAsked { on: CivilDate },
    /// Those concerned are told when and where it is held (art. 48).
    HearingSet { on: CivilDate, held: CivilDate },
    /// 决定
    Decided { on: CivilDate },
    /// 送达
    Delivered { on: CivilDate },
}
