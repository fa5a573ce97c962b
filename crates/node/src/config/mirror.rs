//! Mirrors: the table `[mirror]` of `node.toml`.

use std::collections::BTreeSet;

use domain::ids::UnitId;
use serde::{Deserialize, Serialize};

/// Who mirrors the unit, and whose mirrors the node keeps. All of a unit's nodes should name the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Mirroring {
    /// Nodes of the unit above, each of which keeps a mirror of this unit. "Mirrored" means all of them.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub by: BTreeSet<u64>,
    /// Units right below, each of which this node keeps a mirror of.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub of: BTreeSet<UnitId>,
    /// A mirror that is behind or silent for longer is an alarm.
    pub alarm_seconds: u32,
}

impl Default for Mirroring {
    fn default() -> Self {
        Self { by: BTreeSet::new(), of: BTreeSet::new(), alarm_seconds: 60 }
    }
}
