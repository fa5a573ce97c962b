//! A deadline has come. A stale timer, whose attempt or generation has passed, is removed and does nothing.

use serde::{Deserialize, Serialize};

use crate::case::PassedOverReason;
use crate::handoff::Role;
use crate::ids::CaseId;
use crate::refusal::Refusal;
use crate::store::UnitStore;
use crate::tables::{Cases, Timers};
use crate::time::Timestamp;

use super::abort::Abort;
use super::{Context, Done, Ruling, TimerKind};

/// Which timer: its key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FireTimer {
    /// When it is due: the event's own time.
    pub due: Timestamp,
    /// Which case.
    pub case: CaseId,
    /// What for.
    pub kind: TimerKind,
}

impl FireTimer {
    pub(crate) fn apply(&self, context: &mut Context<'_, impl UnitStore>) -> Ruling {
        let key = (self.due, self.case, self.kind);
        let timer = context.store.get::<Timers>(&key)?.ok_or(Refusal::NotDue)?;
        let now = context.now();
        #[cfg(mutants)]
        let now = crate::mutants::instead(crate::mutants::Mutant::FiresEarly, now, self.due);
        if now < self.due {
            return Err(Refusal::NotDue.into());
        }
        if context.is_only_read(self.case)? {
            return Err(Refusal::CaseRecovering { case: self.case }.into());
        }
        context.store.delete::<Timers>(&key)?;
        let Some(mut row) = context.store.get::<Cases>(&self.case)? else { return Ok(Done::Nothing) };
        row.timers.retain(|timer| *timer != (self.due, self.kind));
        let stale = timer.attempt != row.custody.attempt || timer.generation != context.meta.generation;
        match self.kind {
            TimerKind::Patience if !stale && matches!(row.custody.role, Role::Offering { .. }) => {
                let reason = PassedOverReason::Unanswered;
                Abort { case: self.case, attempt: timer.attempt, reason }.apply(context)
            }
            // What follows from a late decision (cards) is derived from facts and recorded elsewhere.
            TimerKind::Patience | TimerKind::DecisionDue => {
                context.put_case(self.case, row)?;
                Ok(Done::Nothing)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::Command;
    use crate::ids::Attempt;
    use crate::support::*;

    #[test]
    fn a_timer_fires_once_when_it_is_due() {
        let mut world = World::jining();
        let case = world.receive(VILLAGE, EQUAL);
        world.offer(VILLAGE, case, COUNTY);
        let village = world.unit(VILLAGE);
        let (due, _, kind) = village.timers()[0];
        let fire = |due| Command::FireTimer(FireTimer { due, case, kind });
        assert_eq!(village.refused(fire(due.plus_millis(1))), Refusal::NotDue);
        assert_eq!(village.refused(fire(due)), Refusal::NotDue);
        village.clock = due;
        assert_eq!(village.done(fire(due)), Done::CaseChanged { case });
        assert_eq!(village.refused(fire(due)), Refusal::NotDue);
        assert_eq!((village.attempt(case), village.timers()), (Attempt(2), vec![]));
    }

    #[test]
    fn a_late_decision_is_a_fact_and_changes_nothing() {
        let mut world = World::jining();
        let case = world.receive(COUNTY, EQUAL);
        world.accept(COUNTY, case);
        let county = world.unit(COUNTY);
        let (due, _, kind) = county.timers()[0];
        county.clock = due;
        assert_eq!(county.done(Command::FireTimer(FireTimer { due, case, kind })), Done::Nothing);
        assert!(county.timers().is_empty());
        county.done(decide(case, true, ""));
    }
}
