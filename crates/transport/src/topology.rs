//! What a region is made of, as the person who sets it up writes it: from it the authority makes keys, certificates and the
//! signed directory. Node numbers, generations and keys are not in it: the authority gives them.

use domain::division::Tier;
use domain::ids::UnitId;
use protocol::directory::RegionName;
use serde::{Deserialize, Serialize};

/// A region, or what is to be added to one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Topology {
    /// Its name.
    pub region: RegionName,
    /// Its units, in any order; exactly one city.
    #[serde(rename = "unit")]
    pub units: Vec<TopologyUnit>,
}

/// A unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TopologyUnit {
    /// Its division code; 6, 9 or 12 digits.
    pub code: UnitId,
    /// Its name, e.g. `许庄街道`.
    pub name: String,
    /// Its tier.
    pub tier: Tier,
    /// The unit above; left out for the city.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<UnitId>,
    /// Its machines; every one votes. Usual: city 3–5, county 3, township 1–3, village 1.
    #[serde(rename = "node")]
    pub nodes: Vec<TopologyNode>,
}

/// A machine of a unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TopologyNode {
    /// Where other nodes reach it: `host:port`, best first.
    pub quic: Vec<String>,
    /// Where people and programs reach it: `host:port`.
    pub http: String,
}
