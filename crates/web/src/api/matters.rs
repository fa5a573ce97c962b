//! Matters of the catalogue, and who decides them where.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use domain::catalogue::{ClosedSet, Entry, LimitDays, Matter, MatterMaterial, MatterType, PowerSource};
use domain::ids::UnitId;
use domain::routing::{RouteAnswer, RouteRule, RuledOutReason};
use serde::{Deserialize, Serialize};
use unit::{Answer, Question};
use utoipa::{IntoParams, ToSchema};

use crate::extract::{Asked, MatterPath, Served, matter_code};
use crate::places::Places;
use crate::problem::{Problem, ProblemBody};
use crate::site::Shared;

use super::form::{DayUnitForm, IntakeForm, UnitForm};
use super::guide::{ElementsForm, ParticularsForm};

/// A matter with who implements it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MatterGuide)]
pub(crate) struct GuideForm {
    /// The matter.
    matter: MatterForm,
    /// Whether it can be applied for today, by its planned dates.
    offered: bool,
    /// What else its guide says.
    guide: ElementsForm,
    /// Who implements it, as far as this unit's slice of the catalogue knows.
    entries: Vec<EntryForm>,
    /// The catalogue version that answered.
    version: u64,
}

/// What a person can apply for.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Matter)]
pub(crate) struct MatterForm {
    /// The catalogue's key.
    code: String,
    /// As people know it.
    name: String,
    /// The item that it belongs to.
    main_item: Option<String>,
    /// GB/T 39046 table A.1.
    matter_type: MatterTypeForm,
    /// The department that the list names.
    department: String,
    /// By law, from acceptance to decision.
    statutory_limit: LimitForm,
    /// What the body promises.
    promised_limit: LimitForm,
    /// What must be handed in.
    materials: Vec<MaterialForm>,
    /// How first contact at a village or township counts.
    intake: IntakeForm,
    /// How long an offer may stay unanswered before the next equal authority is asked.
    patience_seconds: u32,
    /// Limits, materials, intake and patience were made by rule, not taken from a published list.
    synthetic: bool,
}

/// GB/T 39046 table A.1.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum MatterTypeForm {
    /// 01 行政许可
    Licence,
    /// 05 行政给付
    Grant,
    /// 07 行政确认
    Confirmation,
    /// 08 行政奖励
    Reward,
    /// 09 行政裁决
    Ruling,
    /// 10 其他行政权力
    Other,
    /// 20 公共服务
    PublicService,
}

impl From<MatterType> for MatterTypeForm {
    fn from(matter_type: MatterType) -> Self {
        match matter_type {
            MatterType::Licence => Self::Licence,
            MatterType::Grant => Self::Grant,
            MatterType::Confirmation => Self::Confirmation,
            MatterType::Reward => Self::Reward,
            MatterType::Ruling => Self::Ruling,
            MatterType::Other => Self::Other,
            MatterType::PublicService => Self::PublicService,
        }
    }
}

/// A number of days.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LimitForm {
    /// How many.
    days: u16,
    /// What they are counted in.
    unit: DayUnitForm,
}

impl From<LimitDays> for LimitForm {
    fn from(limit: LimitDays) -> Self {
        Self { days: limit.days, unit: limit.unit.into() }
    }
}

impl From<LimitForm> for LimitDays {
    fn from(limit: LimitForm) -> Self {
        Self { days: limit.days, unit: limit.unit.into() }
    }
}

/// A material that an applicant hands in.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MaterialForm {
    /// As listed.
    name: String,
    /// `required`, `optional` or `may_follow`.
    necessity: &'static str,
    /// Who has it: `applicant`, `department` or `shared_data`; nobody has to bring what is shared.
    source: &'static str,
    /// Who issues it.
    #[serde(skip_serializing_if = "String::is_empty")]
    issuer: String,
    /// How old it may be, or by when it must be issued.
    #[serde(skip_serializing_if = "String::is_empty")]
    issued_when: String,
    /// How one gets it.
    #[serde(skip_serializing_if = "String::is_empty")]
    how_to_get: String,
    /// Where one gets it.
    #[serde(skip_serializing_if = "String::is_empty")]
    where_to_get: String,
    /// What it is for, how it is filled in.
    #[serde(skip_serializing_if = "String::is_empty")]
    use_note: String,
    /// The article that demands it.
    #[serde(skip_serializing_if = "String::is_empty")]
    basis: String,
    /// How many originals.
    originals: u8,
    /// How many copies.
    copies: u8,
    /// An electronic form is enough.
    electronic: bool,
    /// A filled-in example: the file's name.
    #[serde(skip_serializing_if = "String::is_empty")]
    sample_file: String,
}

/// How one unit implements a matter.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Entry)]
pub(crate) struct EntryForm {
    /// Where the work is done.
    unit: UnitForm,
    /// Who acts in law: a unified social credit code.
    body: String,
    /// The body's name.
    body_name: String,
    /// Of the body's entry.
    implementation_code: String,
    /// Whether city and county hold the power alike.
    same_authority: bool,
    /// 行使内容
    exercise: String,
    /// Why the authority may act.
    power: PowerForm,
    /// Nothing is accepted here before the claim is granted.
    claim_before_acceptance: bool,
    /// What else the body's list says.
    particulars: ParticularsForm,
}

/// Law → list entry → instrument → post.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PowerSource)]
pub(crate) struct PowerForm {
    /// The law or rule.
    law: String,
    /// The entry of the powers list.
    list_entry: String,
    /// The published instrument that gave it to the unit.
    instrument: String,
    /// The post that acts.
    post: String,
}

impl From<&PowerSource> for PowerForm {
    fn from(power: &PowerSource) -> Self {
        Self {
            law: power.law.clone(),
            list_entry: power.list_entry.clone(),
            instrument: power.instrument.clone(),
            post: power.post.clone(),
        }
    }
}

impl From<&Matter> for MatterForm {
    fn from(matter: &Matter) -> Self {
        let material = |material: &MatterMaterial| MaterialForm {
            name: material.name.clone(),
            necessity: material.necessity.member().key,
            source: material.source.member().key,
            issuer: material.issuer.clone(),
            issued_when: material.issued_when.clone(),
            how_to_get: material.how_to_get.clone(),
            where_to_get: material.where_to_get.clone(),
            use_note: material.use_note.clone(),
            basis: material.basis.clone(),
            originals: material.originals,
            copies: material.copies,
            electronic: material.electronic,
            sample_file: material.sample_file.clone(),
        };
        Self {
            code: matter.code.to_string(),
            name: matter.name.clone(),
            main_item: matter.main_item.clone(),
            matter_type: matter.matter_type.into(),
            department: matter.department.clone(),
            statutory_limit: matter.statutory_limit.into(),
            promised_limit: matter.promised_limit.into(),
            materials: matter.materials.iter().map(material).collect(),
            intake: matter.intake.into(),
            patience_seconds: matter.patience_seconds,
            synthetic: matter.synthetic,
        }
    }
}

impl EntryForm {
    fn new(places: &Places, entry: &Entry) -> Self {
        Self {
            unit: UnitForm::new(places, entry.unit),
            body: entry.body.to_string(),
            body_name: entry.body_name.clone(),
            implementation_code: entry.implementation_code.to_string(),
            same_authority: entry.same_authority,
            exercise: entry.exercise.clone(),
            power: (&entry.power).into(),
            claim_before_acceptance: entry.claim_before_acceptance,
            particulars: ParticularsForm::new(places, &entry.particulars),
        }
    }
}

/// One matter with who implements it.
#[utoipa::path(get, path = "/matters/{code}", tag = "matters", operation_id = "show_matter", params(
    ("code" = String, Path, description = "The matter's code"),
), responses(
    (status = 200, body = GuideForm),
    (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    (status = "5XX", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn show(
    State(shared): State<Arc<Shared>>,
    served: Served,
    MatterPath(code): MatterPath,
) -> Result<Json<GuideForm>, Problem> {
    let AnsweredMatter { matter, entries, offered, version } = ask_matter(&served, code).await?;
    let entries = entries.iter().map(|entry| EntryForm::new(&shared.places, entry)).collect();
    let (form, guide) = ((&matter).into(), (&matter.guide).into());
    Ok(Json(GuideForm { matter: form, offered, guide, entries, version }))
}

/// As a unit answers what it knows of a matter.
pub(crate) struct AnsweredMatter {
    pub(crate) matter: Matter,
    pub(crate) entries: Vec<Entry>,
    pub(crate) offered: bool,
    pub(crate) version: u64,
}

pub(crate) async fn ask_matter(served: &Served, code: String) -> Result<AnsweredMatter, Problem> {
    match served.handle.ask(Question::Matter { code }).await? {
        Answer::Matter { matter, entries, offered, version } => {
            Ok(AnsweredMatter { matter: *matter, entries, offered, version })
        }
        _ => Err(Problem::of("http.internal")),
    }
}

/// Which route.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct RouteQuery {
    /// The matter's code.
    matter: String,
    /// The place that it is about: its code or path of names; the unit's own where left out.
    place: Option<String>,
    /// Language of titles and remedies: `zh-CN` or `en`.
    #[expect(dead_code, reason = "read by Language")]
    lang: Option<String>,
}

/// Where a case would go, and why.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Route)]
pub(crate) struct RouteForm {
    /// The matter's code.
    matter: String,
    /// The place that it is about.
    place: UnitForm,
    /// The catalogue version that answered.
    version: u64,
    /// Where the case goes next; absent where nobody may decide it.
    to: Option<UnitForm>,
    /// The rule that chose: `only_authority`, `nearest`, `applicants_choice`, `next_equal`, `started_again`, `forwarded` or `no_authority`.
    rule: &'static str,
    /// Who may take it, in the order in which they are asked.
    candidates: Vec<CandidateForm>,
    /// Who may not, and why.
    ruled_out: Vec<RuledOutForm>,
    /// Who reviews before the decision, in order; none where one level handles it alone.
    reviews: Vec<UnitForm>,
}

/// Who may take a case.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RouteCandidate)]
pub(crate) struct CandidateForm {
    /// Where the work is done.
    unit: UnitForm,
    /// Of the unit.
    tier: &'static str,
    /// Who acts in law.
    body: String,
    /// The body's name.
    body_name: String,
    /// Of the body's entry.
    implementation_code: String,
    /// Law → list entry → instrument → post.
    power: PowerForm,
    /// How often it was offered the case in vain.
    passed_over: u32,
}

/// Who may not take a case.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RouteRuledOut)]
pub(crate) struct RuledOutForm {
    /// Which unit.
    unit: UnitForm,
    /// `other_place`, `not_implemented`, `not_flagged_equal`, `other_exercise` or `chosen_unfit`.
    reason: &'static str,
}

/// As programs write the rule; the words have the same key with `rule-` before it.
pub(crate) fn rule(rule: RouteRule) -> &'static str {
    match rule {
        RouteRule::OnlyAuthority => "only_authority",
        RouteRule::Nearest => "nearest",
        RouteRule::ApplicantsChoice => "applicants_choice",
        RouteRule::NextEqual => "next_equal",
        RouteRule::StartedAgain => "started_again",
        RouteRule::Forwarded => "forwarded",
        RouteRule::NoAuthority => "no_authority",
        RouteRule::ReviewFirst => "review_first",
    }
}

/// As programs write the reason; the words have the same key with `ruled-out-` before it.
pub(crate) fn ruled_out(reason: RuledOutReason) -> &'static str {
    match reason {
        RuledOutReason::OtherPlace => "other_place",
        RuledOutReason::NotImplemented => "not_implemented",
        RuledOutReason::NotFlaggedEqual => "not_flagged_equal",
        RuledOutReason::OtherExercise => "other_exercise",
        RuledOutReason::ChosenUnfit => "chosen_unfit",
        RuledOutReason::SaidNotCompetent => "said_not_competent",
        RuledOutReason::NotTheIssuer => "not_the_issuer",
    }
}

impl RouteForm {
    fn new(places: &Places, route: &RouteAnswer) -> Self {
        let unit = |unit: UnitId| UnitForm::new(places, unit);
        Self {
            matter: route.matter.to_string(),
            place: unit(route.place),
            version: route.version,
            to: route.to.map(unit),
            rule: rule(route.rule),
            reviews: route.reviews.iter().copied().map(unit).collect(),
            candidates: route
                .candidates
                .iter()
                .map(|candidate| CandidateForm {
                    unit: unit(candidate.unit),
                    tier: candidate.tier.as_str(),
                    body: candidate.body.to_string(),
                    body_name: candidate.body_name.clone(),
                    implementation_code: candidate.implementation_code.clone(),
                    power: (&candidate.power).into(),
                    passed_over: candidate.passed_over,
                })
                .collect(),
            ruled_out: route
                .ruled_out
                .iter()
                .map(|past| RuledOutForm { unit: unit(past.unit), reason: ruled_out(past.reason) })
                .collect(),
        }
    }
}

/// Which authority would decide a matter for a place, and why.
#[utoipa::path(get, path = "/routes", tag = "matters", operation_id = "explain_route", params(RouteQuery), responses(
    (status = 200, body = RouteForm),
    (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    (status = "5XX", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn route(
    State(shared): State<Arc<Shared>>,
    served: Served,
    Asked(query): Asked<RouteQuery>,
) -> Result<Json<RouteForm>, Problem> {
    let matter = matter_code(&query.matter)?;
    let place = match &query.place {
        Some(text) => shared.places.find("place", text)?,
        None => served.unit(),
    };
    Ok(Json(RouteForm::new(&shared.places, &ask_route(&served, matter, place).await?)))
}

pub(crate) async fn ask_route(served: &Served, matter: String, place: UnitId) -> Result<RouteAnswer, Problem> {
    match served.handle.ask(Question::Route { matter, place }).await? {
        Answer::Route(route) => Ok(*route),
        _ => Err(Problem::of("http.internal")),
    }
}
