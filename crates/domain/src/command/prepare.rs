//! Holds what was offered, for the sender's decision.

use serde::{Deserialize, Serialize};

use crate::handoff::Input;
use crate::ids::{Attempt, CaseId};
use crate::refusal::Refusal;
use crate::store::UnitStore;
use crate::tables::Versions;

use super::context::may_hold;
use super::{Context, Done, Ruling};

/// Which offer. The leader has seen that its materials are here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prepare {
    /// Which case.
    pub case: CaseId,
    /// Of the offer: another one is `Changed`.
    pub attempt: Attempt,
}

impl Prepare {
    pub(crate) fn apply(&self, context: &mut Context<'_, impl UnitStore>) -> Ruling {
        let mut row = context.case(self.case)?;
        if row.custody.attempt != self.attempt {
            return Err(Refusal::Changed.into());
        }
        let step = context.own_step(&row, Input::Prepare)?;
        // A unit never handles a case under rules that it does not have (protocol.md §3, §7).
        if let Some(content) = &row.content {
            let version = context.store.get::<Versions>(&content.pin.number)?;
            let installed = version.is_some_and(|v| v.installed.is_some() && v.hash == content.pin.manifest);
            if !installed {
                return Err(Refusal::CatalogueMissing { number: content.pin.number }.into());
            }
            if !may_hold(context.store, &context.meta, content)? {
                return Err(Refusal::NotAuthority { unit: context.meta.unit }.into());
            }
        }
        context.send_step(self.case, &step, None)?;
        row.custody = step.custody.unwrap_or(row.custody);
        context.put_case(self.case, row)?;
        Ok(Done::CaseChanged { case: self.case })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::Command;
    use crate::handoff::Role;
    use crate::support::*;

    #[test]
    fn refusals_in_order() {
        let mut world = World::jining();
        let case = world.receive(VILLAGE, EQUAL);
        let unknown = CaseId(uuid::Uuid::nil());
        let prepare = |case, attempt| Command::Prepare(Prepare { case, attempt: Attempt(attempt) });
        let village = world.unit(VILLAGE);
        assert_eq!(village.refused(prepare(unknown, 9)), Refusal::CaseUnknown { case: unknown });
        assert_eq!(village.refused(prepare(case, 9)), Refusal::Changed);
        assert_eq!(village.refused(prepare(case, 1)), Refusal::CaseMoving { role: Role::Owner });
        world.offer(VILLAGE, case, COUNTY);
        world.deliver_one(VILLAGE, COUNTY);
        let county = world.unit(COUNTY);
        county.done(prepare(case, 1));
        assert_eq!(county.refused(prepare(case, 1)), Refusal::CaseMoving { role: Role::Prepared { by: VILLAGE } });
    }
}
