//! A deadline has come. A stale timer, whose attempt or generation has passed, is removed and does nothing.

use serde::{Deserialize, Serialize};

use crate::case::{CaseRow, Happening, PassedOverReason, Stage};
use crate::clocks::{decision_due, stopped_until};
use crate::handoff::Role;
use crate::ids::CaseId;
use crate::refusal::Refusal;
use crate::store::UnitStore;
use crate::stretch;
use crate::tables::{Stretches, Timers};
use crate::time::Timestamp;

use super::abort::Abort;
use super::accept::accept_by_law;
use super::{Context, Done, Halt, Ruling, TimerKind};

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
        context.check_time()?;
        if context.is_only_read(self.case)? {
            return Err(Refusal::CaseRecovering { case: self.case }.into());
        }
        context.store.delete::<Timers>(&key)?;
        let Some(mut row) = context.stored_case(self.case)? else { return Ok(Done::Nothing) };
        row.timers.retain(|timer| *timer != (self.due, self.kind));
        let stale = timer.attempt != row.custody.attempt || timer.generation != context.meta.generation;
        match self.kind {
            TimerKind::Patience if !stale && matches!(row.custody.role, Role::Offering { .. }) => {
                if let Some(due) = counted_from_confirmation(context, &row)?.filter(|due| *due > now) {
                    context.set_timer(self.case, &mut row, due, TimerKind::Patience)?;
                    context.put_case(self.case, row)?;
                    return Ok(Done::Nothing);
                }
                let reason = PassedOverReason::Unanswered;
                Abort { case: self.case, attempt: timer.attempt, reason }.apply(context)
            }
            TimerKind::GapsDue if !stale && row.custody.role == Role::Owner => accept_by_law(context, row),
            // Wherever the case is by now: the licence stays here.
            TimerKind::LicenceEnds => {
                context.put_case(self.case, row)?;
                context.licence_is_over(self.case)
            }
            TimerKind::LapseDue if !stale && row.custody.role == Role::Owner => lapse(context, row),
            // By the story, as the period was told: counting has gone on already.
            TimerKind::StopOver if !stale => match (&mut row.content, row.custody.role) {
                (Some(content), Role::Owner) if stopped_until(content).is_some() => {
                    let mut content = content.clone();
                    let due = decision_due(&content).unwrap_or(now.date());
                    context.announce(&mut content, Happening::StopExpired { due })?;
                    row.content = Some(content);
                    context.put_case(self.case, row)?;
                    Ok(Done::CaseChanged { case: self.case })
                }
                _ => {
                    context.put_case(self.case, row)?;
                    Ok(Done::Nothing)
                }
            },
            // What follows from a late decision (cards) is derived from facts and recorded elsewhere.
            TimerKind::Patience
            | TimerKind::DecisionDue
            | TimerKind::GapsDue
            | TimerKind::StopOver
            | TimerKind::LapseDue => {
                context.put_case(self.case, row)?;
                Ok(Done::Nothing)
            }
        }
    }
}

/// What was asked for did not come within the period told: the application is over.
fn lapse(context: &mut Context<'_, impl UnitStore>, mut row: CaseRow) -> Ruling {
    let Some(mut content) = row.content.take() else { return Ok(Done::Nothing) };
    let Some(basis) = content.owed_within().map(|period| period.basis.clone()) else { return Ok(Done::Nothing) };
    let case = content.id;
    content.stage = Stage::Lapsed;
    for kind in TimerKind::LEGAL {
        context.clear_timers(case, &mut row, kind)?;
    }
    context.announce(&mut content, Happening::Lapsed { basis })?;
    row.content = Some(content);
    context.put_case(case, row)?;
    Ok(Done::CaseChanged { case })
}

/// When the patience with an offer ends that was made while the unit's time was uncertain: it began no later than that time was
/// confirmed.
fn counted_from_confirmation(context: &Context<'_, impl UnitStore>, row: &CaseRow) -> Result<Option<Timestamp>, Halt> {
    let Some(content) = &row.content else { return Ok(None) };
    // The content is frozen since the offer: its last line is the offer's.
    let Some(since) = stretch::uncertain_since(context.meta.unit, &content.timeline) else { return Ok(None) };
    let Some(ended) = context.store.get::<Stretches>(&since)?.and_then(|stretch| stretch.ended) else {
        return Ok(None);
    };
    let patience = context.matter(content.pin, &content.matter)?.patience_seconds;
    Ok(Some(ended.at.plus_millis(i64::from(patience) * 1000)))
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
