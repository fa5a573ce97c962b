//! The end of a round: every inherited case is judged by the highest statement, then every claim that this unit grants.
//!
//! Bounded work at a time, so that a unit with a hundred thousand cases goes on serving its counter; what is judged is acted on
//! at once. Which verdict, is for [`crate::recovery`]; this carries it out.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::case::{CaseRow, Happening, Stage};
use crate::claims::{Bearing, ClaimKey, ClaimNote, FromHome, Said, ToHome, last_note};
use crate::digest::ContentHash;
use crate::handoff::Role;
use crate::ids::{CaseId, Sequence, UnitId};
use crate::mail::Mail;
use crate::recovery::claims::{rebuild, said_again};
use crate::recovery::{
    Finding, HeldContent, Judging, OpenRound, Source, Statement, Verdict, Word as PeerWord, verdict,
};
use crate::refusal::Refusal;
use crate::store::{StoreFault, UnitStore};
use crate::tables::{
    CaseNumbers, CaseRef, Cases, ClaimStatement, Claims, ClaimsStated, FenceOwed, FencesOwed, Findings, FoundCase,
    Inherited, PeerStatement, Rounds, Stated,
};

use super::answer_fence::stated_claim;
use super::claiming::{Word, petition};
use super::context::is_our_turn;
use super::send_up::come_up;
use super::{Context, Done, Halt, Ruling, TimerKind};

/// So many cases, or keys of claims, are judged by one command.
const JUDGED_AT_ONCE: usize = 64;

/// The next ones are judged: whose turn it is follows from the rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JudgeInherited;

impl JudgeInherited {
    pub(crate) fn apply(self, context: &mut Context<'_, impl UnitStore>) -> Ruling {
        let open = context.open_round()?.ok_or(Refusal::RecoveryUnfit)?;
        if !open.round.is_over() {
            return Err(Refusal::RecoveryUnfit.into());
        }
        let is_over = match open.judging {
            Judging::Cases(after) => {
                judge_cases(context, open, after)?;
                false
            }
            Judging::Claims(after) => judge_claims(context, open, after)?,
        };
        if is_over {
            end(context)?;
        }
        Ok(Done::Judged { is_over })
    }
}

fn judge_cases(
    context: &mut Context<'_, impl UnitStore>,
    mut open: OpenRound,
    after: Option<CaseId>,
) -> Result<(), Halt> {
    let first = after.map_or(CaseId(Uuid::nil()), |last| last.next());
    let range = first..=CaseId(Uuid::max());
    let known = context.store.scan::<Cases>(range.clone(), JUDGED_AT_ONCE)?.into_iter().map(|(case, _)| case);
    let told = context.store.scan::<Inherited>(range, JUDGED_AT_ONCE)?.into_iter().map(|(case, _)| case);
    let next: BTreeSet<CaseId> = known.chain(told).collect();
    let next: Vec<CaseId> = next.into_iter().take(JUDGED_AT_ONCE).collect();
    let mut inherited = Vec::new();
    for case in &next {
        if open.is_inherited(&*context.store, *case)? {
            inherited.push(*case);
        }
    }
    open.judging = match next.last() {
        Some(last) if next.len() == JUDGED_AT_ONCE => Judging::Cases(Some(*last)),
        _ => Judging::Claims(None),
    };
    context.store.put::<Rounds>(&(), &open)?;
    inherited.into_iter().try_for_each(|case| judge_case(context, &open, case))
}

/// One case is judged, and is daily business from here on.
fn judge_case(context: &mut Context<'_, impl UnitStore>, open: &OpenRound, case: CaseId) -> Result<(), Halt> {
    let before = context.store.get::<Cases>(&case)?;
    let all = (case, UnitId::FIRST)..=(case, UnitId::LAST);
    let mut stated: Vec<(UnitId, PeerStatement)> = Vec::new();
    for ((_, peer), row) in context.store.scan::<Stated>(all, usize::MAX)? {
        context.store.delete::<Stated>(&(case, peer))?;
        if open.believes(peer, row.generation) {
            stated.push((peer, row));
        }
    }
    context.store.delete::<Inherited>(&case)?;
    let own = before.as_ref().map_or(Statement::default(), CaseRow::statement);
    let said: Vec<_> = stated.iter().map(|(peer, row)| (*peer, row.statement)).collect();
    let verdict = verdict(context.meta.unit, own, &said);
    let found = FoundCase {
        generation: context.meta.generation,
        finding: verdict.finding,
        known: own.custody.map(|custody| custody.attempt),
        attempt: verdict.custody.map(|custody| custody.attempt),
        at: context.now(),
    };
    context.store.put::<Findings>(&case, &found)?;
    #[cfg(mutants)]
    crate::mutants::leave_out(context.store, case, &found)?;
    for (to, said) in &verdict.send {
        context.send(*to, Mail::Move { case, said: *said })?;
    }
    let held = match verdict.content {
        Source::Own => None,
        Source::Of(peer) => stated.into_iter().find(|(known, _)| *known == peer).and_then(|(_, row)| row.held),
    };
    carry_out(context, case, before, &verdict, held)
}

fn carry_out(
    context: &mut Context<'_, impl UnitStore>,
    case: CaseId,
    before: Option<CaseRow>,
    verdict: &Verdict,
    held: Option<HeldContent>,
) -> Result<(), Halt> {
    let Some(custody) = verdict.custody else { return Ok(()) };
    let (is_known, unchanged) =
        (before.is_some(), before.as_ref().is_some_and(|row| row.custody == custody) && held.is_none());
    if unchanged && custody.role != Role::Owner {
        return Ok(());
    }
    let fresh = CaseRow { custody, content: None, key: None, news: vec![], timers: vec![], changed: Sequence(0) };
    let mut row = before.unwrap_or(fresh);
    if let Some(HeldContent { content, key }) = held {
        context.store.put::<CaseNumbers>(&content.number.to_string(), &CaseRef(case))?;
        (row.content, row.key) = (Some(*content), Some(key));
    }
    row.custody = custody;
    for kind in std::iter::once(TimerKind::Patience).chain(TimerKind::LEGAL) {
        context.clear_timers(case, &mut row, kind)?;
    }
    if custody.role != Role::Owner {
        // One that was never known and is elsewhere leaves its attempt behind, so that nothing below it counts.
        debug_assert!(is_known || row.content.is_some() || matches!(custody.role, Role::Dropped { .. }));
        return context.put_case(case, row);
    }
    go_on(context, case, row, verdict.finding)
}

/// It is ours: its story says why, its deadline runs on, and the home of its claim hears its last word once more.
fn go_on(
    context: &mut Context<'_, impl UnitStore>,
    case: CaseId,
    mut row: CaseRow,
    finding: Finding,
) -> Result<(), Halt> {
    let Some(mut content) = row.content.take() else {
        let what = format!("case {case} is owned without content");
        return Err(StoreFault::Broken { promise: "I2", what }.into());
    };
    let (here, generation) = (context.meta.unit, context.meta.generation);
    let kept = content.timeline.iter().rev().find(|entry| entry.unit == here).map_or(Sequence(0), |last| last.sequence);
    let mut told = Vec::new();
    if let Finding::Taken { from } = finding {
        told.extend(context.tell(&mut content, Happening::TakenOver { from })?);
    }
    told.extend(context.tell(&mut content, Happening::GoesOn { generation, kept })?);
    if content.received_at.is_none() && is_our_turn(&*context.store, &context.meta, &content)? {
        content.received_at = Some(context.now());
    }
    context.send_news(&content, told)?;
    come_up(context, &mut row, &mut content)?;
    let mut words = Vec::new();
    if let Some((_, home, note)) = last_note(&content.timeline) {
        let bearing = match content.stage {
            Stage::Terminated => Bearing::Duplicate,
            // What is only accepted may have been withdrawn in the lost tail: decided alone is fixed.
            stage => Bearing::of(content.decision.is_some(), stage.is_final(), false),
        };
        let again = said_again(Some(note), bearing, petition(here, &content));
        if let Some(ToHome::Ask(_)) = again {
            context.note(&mut content, home, ClaimNote::Asked)?;
        }
        let key = ClaimKey::of(&content)?;
        if home != here {
            words.extend(again.map(|said| Word { to: home, from: here, key, case, said: Said::ToHome(said) }));
        }
    }
    if content.stage == Stage::Accepted {
        context.set_decision_timers(case, &mut row, &content)?;
    }
    row.content = Some(content);
    if let Some((key, stated)) = stated_claim(here, here, &row)? {
        context.keep_claim(key, ClaimStatement { by: here, generation, stated })?;
    }
    context.put_case(case, row)?;
    context.say(words)
}

/// The next keys, each once. Whether none is left.
fn judge_claims(
    context: &mut Context<'_, impl UnitStore>,
    mut open: OpenRound,
    after: Option<ClaimKey>,
) -> Result<bool, Halt> {
    let lowest = ClaimKey(ContentHash([0; 32]));
    let highest = ClaimKey(ContentHash([0xFF; 32]));
    let first = after.unwrap_or(lowest);
    let is_next = |key: &ClaimKey| after.is_none_or(|after| *key > after);
    let granted = context.store.scan::<Claims>(first..=highest, JUDGED_AT_ONCE + 1)?;
    let stated = (first, CaseId(Uuid::nil()))..=(highest, CaseId(Uuid::max()));
    let stated = context.store.scan::<ClaimsStated>(stated, JUDGED_AT_ONCE + 1)?;
    let keys = granted.into_iter().map(|(key, _)| key).chain(stated.into_iter().map(|((key, _), _)| key));
    let next: BTreeSet<ClaimKey> = keys.filter(is_next).collect();
    let next: Vec<ClaimKey> = next.into_iter().take(JUDGED_AT_ONCE).collect();
    let Some(last) = next.last() else { return Ok(true) };
    open.judging = Judging::Claims(Some(*last));
    context.store.put::<Rounds>(&(), &open)?;
    next.into_iter().try_for_each(|key| judge_claim(context, &open, key))?;
    Ok(false)
}

fn judge_claim(context: &mut Context<'_, impl UnitStore>, open: &OpenRound, key: ClaimKey) -> Result<(), Halt> {
    let here = context.meta.unit;
    let all = (key, CaseId(Uuid::nil()))..=(key, CaseId(Uuid::max()));
    let mut stated = Vec::new();
    for (name, row) in context.store.scan::<ClaimsStated>(all, usize::MAX)? {
        context.store.delete::<ClaimsStated>(&name)?;
        if row.by == here || open.believes(row.by, row.generation) {
            stated.push(row.stated);
        }
    }
    let lost = |(peer, word): &(UnitId, PeerWord)| (*word == PeerWord::Lost).then_some(*peer);
    let silent: Vec<UnitId> = open.round.peers.iter().filter_map(lost).collect();
    let judged = rebuild(here, context.store.get::<Claims>(&key)?, &stated, &silent);
    context.put_claim(&key, judged.claim)?;
    let word =
        |(to, case, said): (UnitId, CaseId, FromHome)| Word { to, from: here, key, case, said: Said::FromHome(said) };
    context.say(judged.say.into_iter().map(word).collect())
}

/// The round is over: who asked meanwhile and comes after us is answered now.
fn end(context: &mut Context<'_, impl UnitStore>) -> Result<(), Halt> {
    let Some(OpenRound { round, .. }) = context.open_round()? else { return Ok(()) };
    let since = context.now();
    for (peer, generation) in round.owed {
        context.store.put::<FencesOwed>(&peer, &FenceOwed { generation, after: None, since })?;
    }
    Ok(context.store.delete::<Rounds>(&())?)
}
