//! The founding of a unit's log: its first command, from the signed region directory.

use serde::{Deserialize, Serialize};

use crate::division::Tier;
use crate::ids::{Generation, Sequence, UnitId};
use crate::tables::UnitMeta;
use crate::time::Timestamp;

/// What the unit is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    /// The region's name.
    pub region: String,
    /// The unit.
    pub unit: UnitId,
    /// Its name.
    pub name: String,
    /// Its tier.
    pub tier: Tier,
    /// The unit above.
    pub parent: Option<UnitId>,
    /// Units below that run nodes of their own.
    pub children: Vec<UnitId>,
    /// Which life of its log.
    pub generation: Generation,
}

impl Found {
    /// The state before the first command is numbered.
    pub(crate) fn meta(&self) -> UnitMeta {
        UnitMeta {
            region: self.region.clone(),
            unit: self.unit,
            name: self.name.clone(),
            tier: self.tier,
            parent: self.parent,
            children: self.children.clone(),
            generation: self.generation,
            now: Timestamp(i64::MIN),
            sequence: Sequence(0),
            catalogue: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::command::{Close, Command, Stamp};
    use crate::ids::CaseId;
    use crate::principal::{Principal, PrincipalKind};
    use crate::refusal::Refusal;
    use crate::store::StoreFault;
    use crate::support::*;

    #[test]
    fn a_log_begins_with_its_founding_and_has_no_other() {
        let mut world = World::bare();
        let (again, stamp) = world.unit(CITY).log[0].clone();
        assert_eq!(world.unit(CITY).refused(again), Refusal::Founding);
        let stamp = Stamp { principal: Principal { kind: PrincipalKind::Unit, name: CITY.to_string() }, ..stamp };
        let early = Command::Close(Close { case: CaseId(uuid::Uuid::nil()) });
        let fault = crate::apply(&mut Memory::default(), &early, &stamp);
        assert!(matches!(fault, Err(StoreFault::Broken { promise: "I12", .. })), "{fault:?}");
    }
}
