//! I5: a unit acts on what it was offered only after the sender's commit stands in the sender's log.

use std::collections::BTreeSet;

use domain::case::Happening;
use domain::handoff::{Move, Role};
use domain::ids::{Attempt, CaseId, UnitId};
use domain::mail::Mail;

use super::{Broken, Invariant, Look};
use crate::observe::{CaseChange, Change, Moment, Observer};

/// Kind of command in audit rows: what was inherited is judged.
const JUDGE_INHERITED: u16 = 24;

#[derive(Default)]
pub(super) struct CommitBeforeTake {
    /// Commits that a sender's log holds: case, attempt, from, to.
    committed: BTreeSet<(CaseId, Attempt, UnitId, UnitId)>,
}

impl Invariant for CommitBeforeTake {
    fn id(&self) -> &'static str {
        "I5"
    }

    fn meaning(&self) -> &'static str {
        "No office acts on an application before the one that had it has let go of it."
    }

    fn look(&mut self, moment: &Moment<'_>, observer: &Observer) -> Look {
        let Some(change) = &moment.change else { return Ok(()) };
        for (to, _, sent) in &change.sent {
            if let Mail::Move { case, said: Move::Commit { attempt } } = &sent.mail {
                self.committed.insert((*case, *attempt, change.unit, *to));
            }
        }
        for case in &change.cases {
            self.took_what_was_committed(change, case, observer)?;
            acts_as_owner(change, case, observer)?;
        }
        Ok(())
    }
}

impl CommitBeforeTake {
    fn took_what_was_committed(&self, change: &Change, case: &CaseChange, observer: &Observer) -> Look {
        let Some(row) = &case.after else { return Ok(()) };
        let owned = |role| matches!(role, Role::Owner | Role::Offering { .. } | Role::Gone { .. });
        let before = case.before.as_ref().map(|row| row.custody);
        let received_here = case.content().is_some_and(|content| content.receiver == change.unit);
        let was_other = before.map_or(!received_here, |before| !owned(before.role));
        // Gone, taken and gone again within one batch keeps its role; the attempt tells.
        if !was_other || !owned(row.custody.role) {
            return Ok(());
        }
        // What a round finds to be ours may never have left, or come back by words that the lost tail had: I1 and I3 judge it.
        let judged = |(_, audit): &(domain::ids::Sequence, domain::tables::Audit)| audit.command == JUDGE_INHERITED;
        if change.audits.iter().any(judged) {
            return Ok(());
        }
        let unit = change.unit;
        let every = (case.key, Attempt(0), UnitId::FIRST, UnitId::FIRST)
            ..=(case.key, Attempt(u32::MAX), UnitId::LAST, UnitId::LAST);
        let from = before.map_or(Attempt(0), |before| before.attempt);
        let to_us = |(_, attempt, _, to): &(CaseId, Attempt, UnitId, UnitId)| {
            *to == unit && (from..row.custody.attempt).contains(attempt)
        };
        if self.committed.range(every).any(to_us) {
            return Ok(());
        }
        // A former self that runs on may have committed it before its fence: that counts, and its next life finds it elsewhere.
        let giver = before.and_then(|before| before.role.counterpart());
        if giver.is_some_and(|giver| observer.losses().iter().any(|loss| loss.unit == giver)) {
            return Ok(());
        }
        let attempt = before.map_or(0, |before| before.attempt.0);
        Err(Broken::new(format!(
            "case {}: {unit} is {} to it, and no unit has committed attempt {attempt} to it",
            observer.name_of(case.key),
            observer.role_at(case.key, unit),
        )))
    }
}

/// What a unit writes into the timeline as its own legal act, it writes as the owner.
fn acts_as_owner(change: &Change, case: &CaseChange, observer: &Observer) -> Look {
    let (Some(before), Some(after)) = (&case.before, &case.after) else { return Ok(()) };
    let bound = |role| matches!(role, Role::Offered { .. } | Role::Prepared { .. } | Role::Gone { .. });
    // Only where the role stood still: within one batch a unit may take, act and give away again.
    if before.custody != after.custody || !bound(after.custody.role) {
        return Ok(());
    }
    let legal = |what: &Happening| what.stage().is_some();
    let own = |entry: &&domain::case::TimelineEntry| entry.unit == change.unit && legal(&entry.what);
    match case.new_entries().into_iter().find(own) {
        None => Ok(()),
        Some(entry) => Err(Broken::new(format!(
            "case {}: {} wrote {:?} (command {}) while it was {}",
            observer.name_of(case.key),
            change.unit,
            entry.what,
            entry.sequence.0,
            observer.role_at(case.key, change.unit),
        ))),
    }
}
