//! The division tree: which unit lies in which.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::ids::UnitId;

/// The four tiers that have units of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tier {
    /// 市
    City,
    /// 县, 区, 县级市, 开发区
    County,
    /// 乡镇, 街道
    Township,
    /// 村, 社区
    Village,
}

impl Tier {
    /// As files and messages write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::City => "city",
            Self::County => "county",
            Self::Township => "township",
            Self::Village => "village",
        }
    }
}

/// One place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Division {
    /// Its code.
    pub unit: UnitId,
    /// Its name, e.g. `许庄街道`.
    pub name: String,
    /// Its tier.
    pub tier: Tier,
    /// The place above; `None` for the city.
    pub parent: Option<UnitId>,
}

/// All places of a region.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DivisionTree {
    places: BTreeMap<UnitId, Division>,
}
