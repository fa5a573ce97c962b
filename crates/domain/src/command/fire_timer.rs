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
        if context.now() < self.due {
            return Err(Refusal::NotDue.into());
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
