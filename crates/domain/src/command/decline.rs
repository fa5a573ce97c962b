//! Refuses what was offered: its content is forgotten here.

use serde::{Deserialize, Serialize};

use crate::handoff::Input;
use crate::ids::{Attempt, CaseId};
use crate::refusal::Refusal;
use crate::store::UnitStore;

use super::hear::forget;
use super::{Context, Done, Ruling};

/// Which offer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decline {
    /// Which case.
    pub case: CaseId,
    /// Of the offer: another one is `Changed`.
    pub attempt: Attempt,
}

impl Decline {
    pub(crate) fn apply(&self, context: &mut Context<'_, impl UnitStore>) -> Ruling {
        let row = context.case(self.case)?;
        if row.custody.attempt != self.attempt {
            return Err(Refusal::Changed.into());
        }
        let step = context.own_step(&row, Input::Decline)?;
        context.send_step(self.case, &step, None)?;
        forget(context, self.case, row, &step)?;
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
        let decline = |case, attempt| Command::Decline(Decline { case, attempt: Attempt(attempt) });
        let village = world.unit(VILLAGE);
        assert_eq!(village.refused(decline(unknown, 9)), Refusal::CaseUnknown { case: unknown });
        assert_eq!(village.refused(decline(case, 9)), Refusal::Changed);
        assert_eq!(village.refused(decline(case, 1)), Refusal::CaseMoving { role: Role::Owner });
        world.offer(VILLAGE, case, COUNTY);
        world.deliver_one(VILLAGE, COUNTY);
        let county = world.unit(COUNTY);
        county.done(decline(case, 1));
        assert_eq!(county.case(case).content, None);
        assert_eq!(county.refused(decline(case, 1)), Refusal::CaseMoving { role: Role::Dropped { by: VILLAGE } });
    }
}
