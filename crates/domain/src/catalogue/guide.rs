//! What a matter's guide says beside its name, limits and materials, alike for every body that implements it (GB/T 39046-2020
//! table 4; domain.md §3).
//!
//! Everything here may be missing: a catalogue of before has none of it, and what is missing is not written, so that its canonical
//! bytes stay what they are. What may be published is for [`super::checks`] to say.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{ContactWay, LegalBasis, LimitDays, is_default};
use crate::digest::ContentHash;
use crate::legal::Procedure;
use crate::time::CivilDate;

/// The part of a matter that its guide shows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Guide {
    /// 办件类型: done while one waits, or by a promised day.
    #[serde(skip_serializing_if = "is_default")]
    pub case_kind: Option<CaseKind>,
    /// 设定依据: why there is such a matter at all.
    #[serde(skip_serializing_if = "is_default")]
    pub bases: Vec<LegalBasis>,
    /// 法定办结时限说明
    #[serde(skip_serializing_if = "is_default")]
    pub statutory_note: String,
    /// 承诺办结时限说明
    #[serde(skip_serializing_if = "is_default")]
    pub promised_note: String,
    /// 受理条件: all of them; nothing else can be asked.
    #[serde(skip_serializing_if = "is_default")]
    pub conditions: Vec<Condition>,
    /// 办理流程: all steps; nothing else is done. Who does them at one unit is in its entry.
    #[serde(skip_serializing_if = "is_default")]
    pub flow: Vec<FlowStep>,
    /// 收费: none where there are none.
    #[serde(skip_serializing_if = "is_default")]
    pub fees: Vec<Fee>,
    /// 特别程序: what may stop the clock.
    #[serde(skip_serializing_if = "is_default")]
    pub special_procedures: Vec<SpecialProcedure>,
    /// 中介服务 that the law demands.
    #[serde(skip_serializing_if = "is_default")]
    pub intermediary_services: Vec<IntermediaryService>,
    /// 数量限制
    #[serde(skip_serializing_if = "is_default")]
    pub quantity_limit: Option<QuantityLimit>,
    /// 结果: what the applicant gets.
    #[serde(skip_serializing_if = "is_default")]
    pub results: Vec<ResultPaper>,
    /// 服务对象
    #[serde(skip_serializing_if = "is_default")]
    pub service_objects: BTreeSet<ServiceObject>,
    /// 服务主题: under which headings people find it.
    #[serde(skip_serializing_if = "is_default")]
    pub topics: Vec<ServiceTopic>,
    /// 通办范围: from how far away it can be handed in.
    #[serde(skip_serializing_if = "is_default")]
    pub cross_region: Option<CrossRegionScope>,
    /// 到办事现场次数
    #[serde(skip_serializing_if = "is_default")]
    pub visits: Option<Visits>,
    /// 咨询方式: the ways in which one may ask.
    #[serde(skip_serializing_if = "is_default")]
    pub contact_ways: BTreeSet<ContactWay>,
    /// 常见问题
    #[serde(skip_serializing_if = "is_default")]
    pub questions: Vec<CommonQuestion>,
    /// 计划生效日期, 计划取消日期
    #[serde(skip_serializing_if = "is_default")]
    pub planned: PlannedDates,
    /// When a case gets a card.
    #[serde(skip_serializing_if = "is_default")]
    pub cards: Option<CardRule>,
    /// What a bad rating sets going.
    #[serde(skip_serializing_if = "is_default")]
    pub ratings: Option<RatingRule>,
    /// What is decided on the applicant's promise.
    #[serde(skip_serializing_if = "is_default")]
    pub commitment: Option<CommitmentRule>,
}

/// 办件类型 (GB/T 39046 table A.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CaseKind {
    /// 即办件
    Instant,
    /// 承诺件
    Promised,
}

/// 受理条件: one of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Condition {
    /// What must be so.
    pub text: String,
    /// The article that demands it.
    #[serde(skip_serializing_if = "is_default")]
    pub basis: String,
}

/// 办理流程: one step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlowStep {
    /// Its name, unlike that of any other step of the matter.
    pub name: String,
    /// What is done.
    pub kind: StepKind,
    /// The department; that of the matter where empty.
    #[serde(default, skip_serializing_if = "is_default")]
    pub department: String,
    /// The post that does it.
    #[serde(default, skip_serializing_if = "is_default")]
    pub post: String,
    /// Whether the department leads the step or assists another one's.
    #[serde(default, skip_serializing_if = "is_default")]
    pub part: StepPart,
    /// How long it may take.
    #[serde(default, skip_serializing_if = "is_default")]
    pub limit: Option<LimitDays>,
    /// Steps that must be done before, by name; none: it begins with the case. Two steps after the same one are parallel branches.
    #[serde(default, skip_serializing_if = "is_default")]
    pub after: Vec<String>,
    /// By what the step judges (审查标准).
    #[serde(default, skip_serializing_if = "is_default")]
    pub standard: String,
}

/// What a step does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepKind {
    /// 收件
    Receive,
    /// 受理
    Accept,
    /// 承办
    Handle,
    /// 审核
    Examine,
    /// 批准
    Approve,
    /// 决定
    Decide,
    /// 制证
    MakeResult,
    /// 送达
    Deliver,
    /// 实地核查: done by two officers (art. 34).
    SiteCheck,
}

/// Whose step it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepPart {
    /// 主办
    #[default]
    Lead,
    /// 协办
    Assist,
}

/// 收费项目. None may be taken that is not listed with its basis (行政许可法 arts. 58, 59).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Fee {
    /// What is paid for.
    pub item: String,
    /// How much; `None` where the standard is a scale that [`Self::per`] names.
    #[serde(skip_serializing_if = "is_default")]
    pub amount: Option<Fen>,
    /// For how much of what, e.g. 件, or the name of the scale.
    #[serde(skip_serializing_if = "is_default")]
    pub per: String,
    /// 收费依据
    #[serde(skip_serializing_if = "is_default")]
    pub basis: String,
    /// Who pays less or nothing, and by which rule.
    #[serde(skip_serializing_if = "is_default")]
    pub relief: String,
}

/// An amount of money in hundredths of a yuan.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fen(pub u64);

/// 特别程序: one that the matter lists; no other may stop its clock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpecialProcedure {
    /// Which.
    pub kind: Procedure,
    /// The article that demands it.
    #[serde(default, skip_serializing_if = "is_default")]
    pub basis: String,
    /// The most that it takes.
    #[serde(default, skip_serializing_if = "is_default")]
    pub limit: Option<LimitDays>,
}

/// 中介服务: one that the law makes the applicant pay others for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct IntermediaryService {
    /// What is done.
    pub name: String,
    /// The article that demands it.
    #[serde(skip_serializing_if = "is_default")]
    pub basis: String,
}

/// 数量限制
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct QuantityLimit {
    /// How many are granted at most.
    pub most: u32,
    /// In which time or place, and how one is chosen among more.
    #[serde(skip_serializing_if = "is_default")]
    pub rule: String,
}

/// 结果: a paper or payment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResultPaper {
    /// 结果名称
    pub name: String,
    /// What it is.
    pub kind: ResultKind,
    /// 结果样本: the file's name.
    #[serde(default, skip_serializing_if = "is_default")]
    pub sample_file: String,
    /// 结果样本: the file's content ([`ContentHash::of_bytes`], purpose `attachment`).
    #[serde(default, skip_serializing_if = "is_default")]
    pub sample: Option<ContentHash>,
    /// 有效期: for how many months it holds; without an end where `None`.
    #[serde(default, skip_serializing_if = "is_default")]
    pub valid_months: Option<u16>,
}

/// 告知承诺: what the applicant's written promise can stand for, and what becomes of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommitmentRule {
    /// Listed materials that need not be brought where the applicant promises what they prove.
    pub materials: Vec<String>,
    /// By when what was promised is checked, from the day on which the result is made.
    pub check: LimitDays,
    /// The provision that allows it.
    pub basis: String,
    /// For so many calendar days, who broke a promise is believed no other and given no deficit.
    pub barred_days: u16,
}

/// What an applicant gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResultKind {
    /// 证照: the right to do something.
    Licence,
    /// 批文: the same, in a letter.
    Approval,
    /// 证明: that something is so.
    Certificate,
    /// 备案回执: that something was told.
    Record,
    /// 资金给付
    Payment,
    /// 其他结果
    Answer,
}

/// 服务对象 (GB/T 39046 table A.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ServiceObject {
    /// 自然人
    NaturalPerson,
    /// 企业法人
    Enterprise,
    /// 事业法人
    Institution,
    /// 社会组织法人
    SocialOrganisation,
    /// 行政机关
    Organ,
    /// 其他组织
    OtherOrganisation,
}

/// 服务主题: a heading under which people look for the matter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceTopic {
    /// Whose list of headings.
    pub audience: TopicAudience,
    /// The heading.
    pub name: String,
    /// Its code in that list.
    #[serde(default, skip_serializing_if = "is_default")]
    pub code: String,
}

/// Whose list of headings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TopicAudience {
    /// 自然人
    NaturalPerson,
    /// 法人
    LegalPerson,
}

/// 通办范围: between which places the matter can be handed in at one and decided at the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CrossRegionScope {
    /// 全国
    Nationwide,
    /// 跨省
    CrossProvince,
    /// 跨市
    CrossCity,
    /// 跨县
    CrossCounty,
}

/// 到办事现场次数
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Visits {
    /// How often the applicant must come.
    pub most: u8,
    /// Why; needed where it is not never.
    #[serde(skip_serializing_if = "is_default")]
    pub why: String,
}

/// 常见问题
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CommonQuestion {
    /// As people ask.
    pub question: String,
    /// What is true.
    pub answer: String,
}

/// From when until when something is planned to hold; both days included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PlannedDates {
    /// 计划生效日期; `None`: since the version holds.
    #[serde(skip_serializing_if = "is_default")]
    pub from: Option<CivilDate>,
    /// 计划取消日期; `None`: without an end.
    #[serde(skip_serializing_if = "is_default")]
    pub until: Option<CivilDate>,
}

impl PlannedDates {
    /// Whether it holds on a day.
    pub fn hold_on(self, day: CivilDate) -> bool {
        self.from.is_none_or(|from| from <= day) && self.until.is_none_or(|until| day <= until)
    }
}

/// 预警, 黄牌, 红牌: days before or after the last one, in what the promised limit is counted in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CardRule {
    /// 预警: so many days before the last one.
    pub warning_days_before: u16,
    /// 黄牌: so many days before the last one; no more than for a warning.
    pub yellow_days_before: u16,
    /// 红牌: so many days after the last one; 0: on the next day.
    pub red_days_after: u16,
}

/// 好差评: what follows a bad one. In working days from the rating.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RatingRule {
    /// Whoever gave it is called back by then.
    pub call_back_working_days: u16,
    /// Put right or explained by then: 5 to 15 (domain.md §4).
    pub rectify_working_days: u16,
}
