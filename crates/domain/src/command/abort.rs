//! Takes an open offer back: ours again, under a fresh attempt.

use serde::{Deserialize, Serialize};

use crate::case::{Happening, PassedOver, PassedOverReason};
use crate::handoff::{Input, Role};
use crate::ids::{Attempt, CaseId};
use crate::refusal::Refusal;
use crate::store::UnitStore;

use super::{Context, Done, Ruling, TimerKind};

/// Which offer, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Abort {
    /// Which case.
    pub case: CaseId,
    /// Of the offer: another one is `Changed`.
    pub attempt: Attempt,
    /// Why it is taken back.
    pub reason: PassedOverReason,
}

impl Abort {
    pub(crate) fn apply(&self, context: &mut Context<'_, impl UnitStore>) -> Ruling {
        let mut row = context.case(self.case)?;
        if row.custody.attempt != self.attempt {
            return Err(Refusal::Changed.into());
        }
        let step = context.own_step(&row, Input::Abort)?;
        if let (Role::Offering { to }, Some(content)) = (row.custody.role, &mut row.content) {
            let at = context.now();
            content.passed_over.push(PassedOver { unit: to, reason: self.reason, at });
            context.tell(content, Happening::Regained { from: to, reason: self.reason })?;
        }
        context.clear_timers(self.case, &mut row, TimerKind::Patience)?;
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
    use crate::support::*;

    #[test]
    fn refusals_in_order() {
        let mut world = World::jining();
        let case = world.receive(VILLAGE, EQUAL);
        let unknown = CaseId(uuid::Uuid::nil());
        let reason = PassedOverReason::TakenBack;
        let abort = |case, attempt| Command::Abort(Abort { case, attempt: Attempt(attempt), reason });
        let village = world.unit(VILLAGE);
        assert_eq!(village.refused(abort(unknown, 9)), Refusal::CaseUnknown { case: unknown });
        assert_eq!(village.refused(abort(case, 9)), Refusal::Changed);
        assert_eq!(village.refused(abort(case, 1)), Refusal::CaseMoving { role: Role::Owner });
        village.done(offer(case, Attempt(1), COUNTY));
        village.done(abort(case, 1));
        // An old attempt does nothing.
        assert_eq!(village.refused(abort(case, 1)), Refusal::Changed);
        assert_eq!(village.attempt(case), Attempt(2));
    }
}
