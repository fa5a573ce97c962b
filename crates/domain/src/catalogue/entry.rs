//! How one body at one unit implements a matter (实施清单; GB/T 39046-2020 table 4).

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{
    BasicCode, ImplementationCode, LimitDays, Matter, MatterType, PlannedDates, Service, ServiceItemCode, StepPart,
    is_default,
};
use crate::identifiers::CreditCode;
use crate::ids::UnitId;
use crate::time::CivilDate;

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
    pub implementation_code: ImplementationCode,
    /// Flagged as held alike at city and county (市县同权).
    pub same_authority: bool,
    /// 行使内容: two entries are equal only with the same content of exercise.
    pub exercise: String,
    /// Law → list entry → instrument → post.
    pub power: PowerSource,
    /// Nothing is accepted here before the claim is granted, not even on the applicant's declaration.
    #[serde(default)]
    pub claim_before_acceptance: bool,
    /// What else the body's list says.
    #[serde(default, skip_serializing_if = "is_default")]
    pub particulars: Particulars,
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

/// What a body's own list says of a matter beside who acts and why. All of it may be missing, as in [`super::Guide`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Particulars {
    /// 业务办理项编码
    #[serde(skip_serializing_if = "is_default")]
    pub service_item_code: Option<ServiceItemCode>,
    /// 行使层级
    #[serde(skip_serializing_if = "is_default")]
    pub tier: Option<ExerciseTier>,
    /// 权限划分: which part of a graded power is this tier's; empty where it is not graded.
    #[serde(skip_serializing_if = "is_default")]
    pub division_of_power: String,
    /// 实施主体性质
    #[serde(skip_serializing_if = "is_default")]
    pub body_nature: Option<BodyNature>,
    /// 垂直管理: the body answers to its own line above, not to the unit's government.
    #[serde(skip_serializing_if = "is_default")]
    pub vertical: bool,
    /// 承办机构
    #[serde(skip_serializing_if = "is_default")]
    pub handling_organ: Option<HandlingOrgan>,
    /// 共同实施部门
    #[serde(skip_serializing_if = "is_default")]
    pub joint_bodies: Vec<JointBody>,
    /// 行政管辖: the divisions whose people and things it is for; the unit's own where there are none.
    #[serde(skip_serializing_if = "is_default")]
    pub jurisdiction: BTreeSet<UnitId>,
    /// 承诺办结时限, where this body promises less than the matter says.
    #[serde(skip_serializing_if = "is_default")]
    pub promised_limit: Option<LimitDays>,
    /// Who does the matter's steps here.
    #[serde(skip_serializing_if = "is_default")]
    pub posts: Vec<StepPost>,
    /// 委托: who else decides in this body's name.
    #[serde(skip_serializing_if = "is_default")]
    pub delegations: Vec<Delegation>,
    /// 初审: this body reviews a case and sends it up to the one that decides; `None`: it decides.
    #[serde(skip_serializing_if = "is_default")]
    pub review: Option<Review>,
    /// What the list that the body itself keeps says of the matter, for the comparison of tiers.
    #[serde(skip_serializing_if = "is_default")]
    pub own_list: Option<OwnList>,
    /// From when until when the body has the power.
    #[serde(skip_serializing_if = "is_default")]
    pub planned: PlannedDates,
    /// Where, when and how the public is served.
    #[serde(skip_serializing_if = "is_default")]
    pub service: Service,
}

/// 初审: a lower organ's review before a higher one decides (行政许可法 art. 43). Which organs review, and in which order, is what the
/// entries of a matter say together: lowest tier first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Review {
    /// How long it may take.
    pub limit: LimitDays,
    /// The provision that demands it.
    pub basis: String,
}

impl Entry {
    /// Whether this body only reviews, and another one decides.
    pub fn reviews(&self) -> bool {
        self.particulars.review.is_some()
    }

    /// How long a case may take here from its acceptance or arrival: until the decision, or until it is sent up.
    pub fn limit(&self, matter: &Matter) -> LimitDays {
        self.particulars.review.as_ref().map_or(matter.statutory_limit, |review| review.limit)
    }
}

/// 行使层级 (GB/T 39046 table A.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExerciseTier {
    /// 国家级
    Nation,
    /// 省级
    Province,
    /// 市级
    City,
    /// 县级
    County,
    /// 镇(乡、街道)级
    Township,
    /// 村(社区)级
    Village,
    /// 分级管理: each tier a part, by a threshold; such a power is never held alike.
    Graded,
}

/// 实施主体性质 (GB/T 39046 table A.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BodyNature {
    /// 法定机关
    Statutory,
    /// 授权组织: by law or regulation, in its own name (art. 23).
    Authorised,
    /// 受委托组织: in another one's name, not passed on (art. 24).
    Delegated,
    /// 其他
    Other,
}

/// 承办机构: who works on it inside or for the body.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct HandlingOrgan {
    /// Its name.
    pub name: String,
    /// Its credit code, where it has one of its own.
    #[serde(skip_serializing_if = "is_default")]
    pub code: Option<CreditCode>,
}

/// 共同实施部门: another body without which the matter is not decided.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct JointBody {
    /// Its name.
    pub name: String,
    /// Its credit code.
    #[serde(skip_serializing_if = "is_default")]
    pub code: Option<CreditCode>,
    /// Whether it leads or assists.
    #[serde(skip_serializing_if = "is_default")]
    pub part: StepPart,
}

/// Who does one of the matter's steps at one unit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct StepPost {
    /// The step, by its name in the matter's flow.
    pub step: String,
    /// The department here.
    #[serde(skip_serializing_if = "is_default")]
    pub department: String,
    /// The post here.
    #[serde(skip_serializing_if = "is_default")]
    pub post: String,
}

/// 委托: another organ decides in this body's name (行政许可法 art. 24).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delegation {
    /// Where the delegate sits.
    pub to_unit: UnitId,
    /// What the delegate is.
    pub to_nature: DelegateNature,
    /// Its name.
    pub to_name: String,
    /// Its credit code.
    #[serde(default, skip_serializing_if = "is_default")]
    pub to_code: Option<CreditCode>,
    /// The law, regulation or rule that allows it.
    #[serde(default, skip_serializing_if = "is_default")]
    pub basis: String,
    /// The announcement.
    #[serde(default, skip_serializing_if = "is_default")]
    pub instrument: String,
    /// What of the power it covers.
    #[serde(default, skip_serializing_if = "is_default")]
    pub scope: String,
    /// First day; `None`: since the version holds.
    #[serde(default, skip_serializing_if = "is_default")]
    pub from: Option<CivilDate>,
    /// Last day; `None`: until it is taken back.
    #[serde(default, skip_serializing_if = "is_default")]
    pub until: Option<CivilDate>,
}

/// What a delegate is: a licence goes to an organ only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DelegateNature {
    /// 行政机关
    Organ,
    /// 其他组织
    Organisation,
    /// 村(居)民委员会
    VillageCommittee,
    /// 服务点: a bank or post branch, a station.
    Outlet,
}

/// A matter as a body's own list has it. Empty fields say nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct OwnList {
    /// The name there.
    #[serde(skip_serializing_if = "is_default")]
    pub name: String,
    /// The basic code there.
    #[serde(skip_serializing_if = "is_default")]
    pub basic_code: String,
    /// The type there.
    #[serde(skip_serializing_if = "is_default")]
    pub matter_type: Option<MatterType>,
    /// Titles of the norms there.
    #[serde(skip_serializing_if = "is_default")]
    pub bases: Vec<String>,
}
