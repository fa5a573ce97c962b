//! What a unit does about the words of a handoff that a peer sent. The step decides; this carries it out.

use crate::case::{CaseContent, CaseRow, Happening, PassedOver, PassedOverReason};
use crate::handoff::{Effect, Input, Move, Role, Step, StepFault, step};
use crate::ids::{CaseId, Sequence, UnitId};
use crate::sealed::WrappedKey;
use crate::store::UnitStore;
use crate::stretch;
use crate::tables::{CaseNumbers, CaseRef, Erasure, Erasures};

use super::context::is_our_turn;
use super::send_up::come_up;
use super::{Context, Halt, TimerKind};

/// What an offer brought beside its words.
pub(super) struct Brought<'a> {
    pub(super) content: &'a CaseContent,
    pub(super) key: &'a WrappedKey,
}

/// Carries out one word. `Ok(Err(_))`: it contradicts what is known.
pub(super) fn hear(
    context: &mut Context<'_, impl UnitStore>,
    from: UnitId,
    case: CaseId,
    said: Move,
    brought: Option<Brought<'_>>,
) -> Result<Result<(), StepFault>, Halt> {
    let row = context.stored_case(case)?;
    let step = match step(row.as_ref().map(|row| row.custody), Input::Heard { from, said }) {
        Ok(step) => step,
        Err(fault) => return Ok(Err(fault)),
    };
    context.send_step(case, &step, None)?;
    match (step.effect, row, brought) {
        (Effect::Arrived, row, Some(brought)) => arrive(context, case, row, &step, brought)?,
        (Effect::Released, Some(row), _) => release(context, case, row, &step, from)?,
        (Effect::Regained, Some(row), _) => regain(context, case, row, &step, from)?,
        (Effect::Took, Some(row), _) => take(context, case, row, &step, from)?,
        (Effect::Forgot, Some(row), _) => forget(context, case, row, &step)?,
        _ => {}
    }
    Ok(Ok(()))
}

/// Content arrived; what an older offer brought is replaced.
fn arrive(
    context: &mut Context<'_, impl UnitStore>,
    case: CaseId,
    before: Option<CaseRow>,
    step: &Step,
    brought: Brought<'_>,
) -> Result<(), Halt> {
    let Some(custody) = step.custody else { return Ok(()) };
    let number = brought.content.number.to_string();
    context.store.put::<CaseNumbers>(&number, &CaseRef(case))?;
    let row = CaseRow {
        custody,
        content: Some(brought.content.clone()),
        key: Some(brought.key.clone()),
        news: before.map(|row| row.news).unwrap_or_default(),
        timers: vec![],
        changed: Sequence(0),
    };
    context.put_case(case, row)
}

/// The peer holds it: committed, gone from here. The content is kept.
fn release(
    context: &mut Context<'_, impl UnitStore>,
    case: CaseId,
    mut row: CaseRow,
    step: &Step,
    to: UnitId,
) -> Result<(), Halt> {
    row.custody = step.custody.unwrap_or(row.custody);
    context.clear_timers(case, &mut row, TimerKind::Patience)?;
    // The content was frozen with the offer; what happened since stands beside it.
    let mark = context.time_mark(row.content.as_ref().map_or(&[], |content| content.timeline.as_slice()))?;
    let told = mark.into_iter().chain([Happening::HandedOver { to }]);
    row.news.extend(told.map(|what| context.happening(what)));
    context.put_case(case, row)
}

/// The peer declined: ours again, and it is passed over.
fn regain(
    context: &mut Context<'_, impl UnitStore>,
    case: CaseId,
    mut row: CaseRow,
    step: &Step,
    from: UnitId,
) -> Result<(), Halt> {
    context.clear_timers(case, &mut row, TimerKind::Patience)?;
    let reason = PassedOverReason::Declined;
    let at = context.now();
    if let Some(content) = &mut row.content {
        content.passed_over.push(PassedOver { unit: from, reason, at });
        context.tell(content, Happening::Regained { from, reason })?;
    }
    row.custody = step.custody.unwrap_or(row.custody);
    context.put_case(case, row)
}

/// The peer committed: ours.
fn take(
    context: &mut Context<'_, impl UnitStore>,
    case: CaseId,
    mut row: CaseRow,
    step: &Step,
    from: UnitId,
) -> Result<(), Halt> {
    row.custody = step.custody.unwrap_or(row.custody);
    if let Some(mut content) = row.content.take() {
        #[cfg(mutants)]
        crate::mutants::renew_pin(&mut content, context.meta.catalogue);
        // What was handed over in uncertain time stands beside the content, and is over if that time is.
        if stretch::open(&*context.store)?.is_none()
            && let Some(over) = context.time_mark(&row.news)?
            && !content.timeline.iter().any(|entry| entry.unit == context.meta.unit && is_end_of(&entry.what, &over))
        {
            let over = context.happening(over);
            content.timeline.push(over);
        }
        let told = context.tell(&mut content, Happening::TakenOver { from })?;
        // A courier's case is received where it arrives at an authority.
        if content.received_at.is_none() && is_our_turn(&*context.store, &context.meta, &content)? {
            content.received_at = Some(context.now());
        }
        context.send_news(&content, told)?;
        come_up(context, &mut row, &mut content)?;
        row.content = Some(content);
    }
    context.put_case(case, row)
}

/// Whether two lines end the same stretch of uncertain time.
fn is_end_of(told: &Happening, over: &Happening) -> bool {
    match (told, over) {
        (Happening::TimeConfirmed { since: told, .. }, Happening::TimeConfirmed { since: over, .. }) => told == over,
        _ => false,
    }
}

/// Content is forgotten; what remains is that it was, and why it is not.
pub(super) fn forget(
    context: &mut Context<'_, impl UnitStore>,
    case: CaseId,
    mut row: CaseRow,
    step: &Step,
) -> Result<(), Halt> {
    let custody = step.custody.unwrap_or(row.custody);
    if let Role::Dropped { by } = custody.role {
        let erasure = Erasure { by, content: row.custody.content, at: context.now() };
        context.store.put::<Erasures>(&(case, custody.attempt), &erasure)?;
    }
    row.custody = custody;
    row.content = None;
    row.key = None;
    context.put_case(case, row)
}
