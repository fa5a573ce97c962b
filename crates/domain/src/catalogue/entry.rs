//! A matter, and how one body implements it (GB/T 39046-2020 table 4, first cut).

use serde::{Deserialize, Serialize};

use super::BasicCode;
use crate::case::{DayUnit, Intake};
use crate::identifiers::CreditCode;
use crate::ids::UnitId;

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

/// A material that an applicant hands in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MatterMaterial {
    /// As listed.
    pub name: String,
    /// Whether it must be there.
    pub necessity: Necessity,
}

/// Whether a material must be there at receipt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Necessity {
    /// 必要
    Required,
    /// 非必要
    Optional,
    /// 容缺
    MayFollow,
}

/// How one unit implements a matter (实施清单).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The matter.
    pub matter: BasicCode,
    /// Where the work is done.
    pub unit: UnitId,
    /// Who acts in law.
    pub body: CreditCode,
    /// The body's name.
    pub body_name: String,
    /// USCC 18 + tier 1 + basic 12; local codes make it longer or shorter.
    pub implementation_code: String,
    /// Flagged as held alike at city and county (市县同权).
    pub same_authority: bool,
    /// 行使内容: two entries are equal only with the same content of exercise.
    pub exercise: String,
    /// Law → list entry → instrument → post.
    pub power: PowerSource,
    /// Nothing is accepted here before the claim is granted, not even on the applicant's declaration.
    #[serde(default)]
    pub claim_before_acceptance: bool,
}

/// Why an authority may act.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PowerSource {
    /// The law or rule.
    pub law: String,
    /// The entry of the powers list.
    pub list_entry: String,
    /// The published instrument that gave it to this unit.
    pub instrument: String,
    /// The post that acts.
    pub post: String,
}
