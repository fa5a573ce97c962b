//! The rows of a guide and of an entry: steps, fees, places … each as programs read it. What is not filled is left out.

use domain::catalogue::{ClosedSet, LimitDays};
use serde::Serialize;
use utoipa::ToSchema;

use super::matters::LimitForm;

/// A word of a closed set as programs write it; docs/standards/gbt-39046.md has all of them.
pub(super) fn key(member: impl ClosedSet) -> &'static str {
    member.member().key
}

pub(super) fn limit(limit: Option<LimitDays>) -> Option<LimitForm> {
    limit.map(Into::into)
}

pub(super) fn texts<T: ToString>(values: &[T]) -> Vec<String> {
    values.iter().map(ToString::to_string).collect()
}

/// A norm that a matter rests on.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LegalBasis)]
pub(crate) struct BasisForm {
    /// What kind of norm: `law`, `state_council_regulation` …
    level: &'static str,
    /// Its title.
    title: String,
    /// 文号
    #[serde(skip_serializing_if = "String::is_empty")]
    document_number: String,
    /// 条款号
    #[serde(skip_serializing_if = "String::is_empty")]
    article: String,
    /// What the article says.
    #[serde(skip_serializing_if = "String::is_empty")]
    text: String,
}

impl From<&domain::catalogue::LegalBasis> for BasisForm {
    fn from(of: &domain::catalogue::LegalBasis) -> Self {
        Self {
            level: key(of.level),
            title: of.title.clone(),
            document_number: of.document_number.clone(),
            article: of.article.clone(),
            text: of.text.clone(),
        }
    }
}

/// What must be so; nothing else can be demanded.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Condition)]
pub(crate) struct ConditionForm {
    /// What must be so.
    text: String,
    /// The article that demands it.
    #[serde(skip_serializing_if = "String::is_empty")]
    basis: String,
}

impl From<&domain::catalogue::Condition> for ConditionForm {
    fn from(of: &domain::catalogue::Condition) -> Self {
        Self { text: of.text.clone(), basis: of.basis.clone() }
    }
}

/// A step; nothing else is done.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FlowStep)]
pub(crate) struct StepForm {
    /// Its name, unlike that of any other step of the matter.
    name: String,
    /// What is done: `receive`, `accept`, `handle`, `examine`, `approve`, `decide`, `make_result` or `deliver`.
    kind: &'static str,
    /// The department; that of the matter where it is left out.
    #[serde(skip_serializing_if = "String::is_empty")]
    department: String,
    /// The post that does it.
    #[serde(skip_serializing_if = "String::is_empty")]
    post: String,
    /// `lead` or `assist`.
    part: &'static str,
    /// How long it may take.
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<LimitForm>,
    /// Steps that must be done before, by name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    after: Vec<String>,
    /// By what the step judges.
    #[serde(skip_serializing_if = "String::is_empty")]
    standard: String,
}

impl From<&domain::catalogue::FlowStep> for StepForm {
    fn from(of: &domain::catalogue::FlowStep) -> Self {
        Self {
            name: of.name.clone(),
            kind: key(of.kind),
            department: of.department.clone(),
            post: of.post.clone(),
            part: key(of.part),
            limit: limit(of.limit),
            after: texts(&of.after),
            standard: of.standard.clone(),
        }
    }
}

/// What is paid; none that is not listed.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Fee)]
pub(crate) struct FeeForm {
    /// What is paid for.
    item: String,
    /// How much, in hundredths of a yuan; left out where the standard is a scale.
    #[serde(skip_serializing_if = "Option::is_none")]
    amount_fen: Option<u64>,
    /// For how much of what, or the name of the scale.
    #[serde(skip_serializing_if = "String::is_empty")]
    per: String,
    /// 收费依据
    #[serde(skip_serializing_if = "String::is_empty")]
    basis: String,
    /// Who pays less or nothing.
    #[serde(skip_serializing_if = "String::is_empty")]
    relief: String,
}

impl From<&domain::catalogue::Fee> for FeeForm {
    fn from(of: &domain::catalogue::Fee) -> Self {
        Self {
            item: of.item.clone(),
            amount_fen: of.amount.map(|fen| fen.0),
            per: of.per.clone(),
            basis: of.basis.clone(),
            relief: of.relief.clone(),
        }
    }
}

/// What may stop the clock.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SpecialProcedure)]
pub(crate) struct SpecialProcedureForm {
    /// `hearing`, `tender`, `auction`, `inspection`, `testing`, `quarantine`, `appraisal`, `expert_review` or `site_check`.
    kind: &'static str,
    /// The article that demands it.
    #[serde(skip_serializing_if = "String::is_empty")]
    basis: String,
    /// The most that it takes.
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<LimitForm>,
}

impl From<&domain::catalogue::SpecialProcedure> for SpecialProcedureForm {
    fn from(of: &domain::catalogue::SpecialProcedure) -> Self {
        Self { kind: key(of.kind), basis: of.basis.clone(), limit: limit(of.limit) }
    }
}

/// What the law makes the applicant pay others for.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = IntermediaryService)]
pub(crate) struct IntermediaryServiceForm {
    /// What is done.
    name: String,
    /// The article that demands it.
    #[serde(skip_serializing_if = "String::is_empty")]
    basis: String,
}

impl From<&domain::catalogue::IntermediaryService> for IntermediaryServiceForm {
    fn from(of: &domain::catalogue::IntermediaryService) -> Self {
        Self { name: of.name.clone(), basis: of.basis.clone() }
    }
}

/// 数量限制
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = QuantityLimit)]
pub(crate) struct QuantityLimitForm {
    /// How many are granted at most.
    most: u32,
    /// In which time or place, and how one is chosen among more.
    #[serde(skip_serializing_if = "String::is_empty")]
    rule: String,
}

impl From<&domain::catalogue::QuantityLimit> for QuantityLimitForm {
    fn from(of: &domain::catalogue::QuantityLimit) -> Self {
        Self { most: of.most, rule: of.rule.clone() }
    }
}

/// What the applicant gets.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ResultPaper)]
pub(crate) struct ResultPaperForm {
    /// Its name.
    name: String,
    /// `licence`, `approval`, `certificate`, `record`, `payment` or `answer`.
    kind: &'static str,
    /// A sample: the file's name.
    #[serde(skip_serializing_if = "String::is_empty")]
    sample_file: String,
}

impl From<&domain::catalogue::ResultPaper> for ResultPaperForm {
    fn from(of: &domain::catalogue::ResultPaper) -> Self {
        Self { name: of.name.clone(), kind: key(of.kind), sample_file: of.sample_file.clone() }
    }
}

/// A heading under which people look for the matter.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ServiceTopic)]
pub(crate) struct TopicForm {
    /// `natural_person` or `legal_person`.
    audience: &'static str,
    /// The heading.
    name: String,
    /// Its code in that list.
    #[serde(skip_serializing_if = "String::is_empty")]
    code: String,
}

impl From<&domain::catalogue::ServiceTopic> for TopicForm {
    fn from(of: &domain::catalogue::ServiceTopic) -> Self {
        Self { audience: key(of.audience), name: of.name.clone(), code: of.code.clone() }
    }
}

/// 到办事现场次数
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Visits)]
pub(crate) struct VisitsForm {
    /// How often the applicant must come.
    most: u8,
    /// Why.
    #[serde(skip_serializing_if = "String::is_empty")]
    why: String,
}

impl From<&domain::catalogue::Visits> for VisitsForm {
    fn from(of: &domain::catalogue::Visits) -> Self {
        Self { most: of.most, why: of.why.clone() }
    }
}

/// 常见问题
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CommonQuestion)]
pub(crate) struct QuestionForm {
    /// As people ask.
    question: String,
    /// What is true.
    answer: String,
}

impl From<&domain::catalogue::CommonQuestion> for QuestionForm {
    fn from(of: &domain::catalogue::CommonQuestion) -> Self {
        Self { question: of.question.clone(), answer: of.answer.clone() }
    }
}

/// When a case gets a card, in what the promised limit is counted in.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CardRule)]
pub(crate) struct CardRuleForm {
    /// 预警: so many days before the last one.
    warning_days_before: u16,
    /// 黄牌: so many days before the last one.
    yellow_days_before: u16,
    /// 红牌: so many days after the last one.
    red_days_after: u16,
}

impl From<&domain::catalogue::CardRule> for CardRuleForm {
    fn from(of: &domain::catalogue::CardRule) -> Self {
        Self {
            warning_days_before: of.warning_days_before,
            yellow_days_before: of.yellow_days_before,
            red_days_after: of.red_days_after,
        }
    }
}

/// What a bad rating sets going, in working days from it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RatingRule)]
pub(crate) struct RatingRuleForm {
    /// Whoever gave it is called back by then.
    call_back_working_days: u16,
    /// Put right or explained by then.
    rectify_working_days: u16,
}

impl From<&domain::catalogue::RatingRule> for RatingRuleForm {
    fn from(of: &domain::catalogue::RatingRule) -> Self {
        Self { call_back_working_days: of.call_back_working_days, rectify_working_days: of.rectify_working_days }
    }
}

/// Who works on it inside or for the body.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = HandlingOrgan)]
pub(crate) struct HandlingOrganForm {
    /// Its name.
    name: String,
    /// Its credit code.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
}

impl From<&domain::catalogue::HandlingOrgan> for HandlingOrganForm {
    fn from(of: &domain::catalogue::HandlingOrgan) -> Self {
        Self { name: of.name.clone(), code: of.code.as_ref().map(ToString::to_string) }
    }
}

/// Another body without which the matter is not decided.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = JointBody)]
pub(crate) struct JointBodyForm {
    /// Its name.
    name: String,
    /// Its credit code.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    /// `lead` or `assist`.
    part: &'static str,
}

impl From<&domain::catalogue::JointBody> for JointBodyForm {
    fn from(of: &domain::catalogue::JointBody) -> Self {
        Self { name: of.name.clone(), code: of.code.as_ref().map(ToString::to_string), part: key(of.part) }
    }
}

/// Who does one of the matter's steps at the unit.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = StepPost)]
pub(crate) struct StepPostForm {
    /// The step, by its name in the matter's flow.
    step: String,
    /// The department.
    #[serde(skip_serializing_if = "String::is_empty")]
    department: String,
    /// The post.
    #[serde(skip_serializing_if = "String::is_empty")]
    post: String,
}

impl From<&domain::catalogue::StepPost> for StepPostForm {
    fn from(of: &domain::catalogue::StepPost) -> Self {
        Self { step: of.step.clone(), department: of.department.clone(), post: of.post.clone() }
    }
}

/// Where people are received.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ServicePlace)]
pub(crate) struct ServicePlaceForm {
    /// The hall or window.
    name: String,
    /// Street and number.
    #[serde(skip_serializing_if = "String::is_empty")]
    address: String,
    /// Days and hours.
    #[serde(skip_serializing_if = "String::is_empty")]
    hours: String,
}

impl From<&domain::catalogue::ServicePlace> for ServicePlaceForm {
    fn from(of: &domain::catalogue::ServicePlace) -> Self {
        Self { name: of.name.clone(), address: of.address.clone(), hours: of.hours.clone() }
    }
}

/// The matter as the list has it that the body itself keeps.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OwnList)]
pub(crate) struct OwnListForm {
    /// The name there.
    #[serde(skip_serializing_if = "String::is_empty")]
    name: String,
    /// The basic code there.
    #[serde(skip_serializing_if = "String::is_empty")]
    basic_code: String,
    /// The type there.
    #[serde(skip_serializing_if = "Option::is_none")]
    matter_type: Option<&'static str>,
    /// Titles of the norms there.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    bases: Vec<String>,
}

impl From<&domain::catalogue::OwnList> for OwnListForm {
    fn from(of: &domain::catalogue::OwnList) -> Self {
        Self {
            name: of.name.clone(),
            basic_code: of.basic_code.clone(),
            matter_type: of.matter_type.map(key),
            bases: texts(&of.bases),
        }
    }
}
