//! A matter: what a person can apply for, the same at every tier (四级四同).

use serde::{Deserialize, Serialize};

use super::{BasicCode, Guide, MatterMaterial, ResultKind, ResultPaper, is_default};
use crate::case::{DayUnit, Intake};

/// What a person can apply for: the same at every tier (四级四同).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Matter {
    /// The catalogue's key.
    pub code: BasicCode,
    /// As people know it.
    pub name: String,
    /// The item that it belongs to, where the list names one.
    pub main_item: Option<String>,
    /// GB/T 39046 table A.1.
    pub matter_type: MatterType,
    /// The department that the list names.
    pub department: String,
    /// By law, in the organ's days; from acceptance to decision.
    pub statutory_limit: LimitDays,
    /// What the body promises; runs beside the statutory one.
    pub promised_limit: LimitDays,
    /// What must be handed in.
    pub materials: Vec<MatterMaterial>,
    /// How first contact at a village or township counts.
    pub intake: Intake,
    /// How long an offer may stay unanswered before the next equal authority is asked, in seconds.
    pub patience_seconds: u32,
    /// Limits, materials, intake, patience and claims were made by rule, not taken from a published list.
    pub synthetic: bool,
    /// When two applications are for the same thing.
    #[serde(default)]
    pub claims: ClaimRule,
    /// What else its guide shows.
    #[serde(default, skip_serializing_if = "is_default")]
    pub guide: Guide,
}

impl Matter {
    /// The licence (证照) that it results in, where it does.
    pub fn licence(&self) -> Option<&ResultPaper> {
        self.guide.results.iter().find(|result| result.kind == ResultKind::Licence)
    }

    /// Whether the applicant's promise can stand for a material (告知承诺).
    pub fn lets_promise(&self, material: &str) -> bool {
        self.guide.commitment.as_ref().is_some_and(|rule| rule.materials.iter().any(|name| name == material))
    }
}

/// When two applications of one person for one matter are for the same thing, of which one case lives at a time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ClaimRule {
    /// Any number of applications may be live at once: no claim is needed.
    pub repeatable: bool,
    /// Fields of the form that name the object, e.g. a vehicle's number; the place where there are none.
    pub object_fields: Vec<String>,
    /// Who grants the claim.
    pub home: ClaimHome,
    /// A granted application keeps the claim after delivery: the same thing is not granted a second time.
    pub kept_when_granted: bool,
}

/// Who grants a claim: the same unit for all applications that can be for one thing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClaimHome {
    /// The nearest authority: the county of the place if it implements the matter, else the city.
    #[default]
    Nearest,
    /// The city: for objects that are bound to no place.
    City,
}

/// GB/T 39046 table A.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MatterType {
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

/// A number of days and what they are counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct LimitDays {
    /// How many.
    pub days: u16,
    /// Working or calendar days.
    pub unit: DayUnit,
}
