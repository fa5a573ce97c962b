//! I5: a unit acts on what it was offered only after the sender's commit stands in the sender's log.
//!
//! After a loss a round says whose a case is, and there is no offer that the taker prepared. What it may take is judged by who had it
//! last: of all lives that count, the one that had it under the highest attempt was this unit itself, or let go of it to this unit,
//! or will not be heard because two people declared it lost.

use std::collections::{BTreeMap, BTreeSet};

use domain::case::Happening;
use domain::command::{Command, JudgeInherited};
use domain::handoff::{Custody, Move, Role};
use domain::ids::{Attempt, CaseId, Sequence, UnitId};
use domain::mail::Mail;
use domain::recovery::Word;
use domain::store::UnitRead as _;
use domain::tables::Rounds;

use super::{Broken, Invariant, Look};
use crate::ground::What;
use crate::observe::{CaseChange, Change, Moment, Observer};

#[derive(Default)]
pub(super) struct CommitBeforeTake {
    /// Commits that a sender's log holds: case, attempt, from, to.
    committed: BTreeSet<(CaseId, Attempt, UnitId, UnitId)>,
    /// Under which attempt each unit last had a case, and whom it let go of it to. A lost tail does not count, nor what a round took
    /// back.
    had: BTreeMap<CaseId, BTreeMap<UnitId, Had>>,
}

/// A unit had a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Had {
    attempt: Attempt,
    gone_to: Option<UnitId>,
}

impl Had {
    fn of(custody: Custody) -> Option<Self> {
        let had = |gone_to| Some(Self { attempt: custody.attempt, gone_to });
        match custody.role {
            Role::Owner | Role::Offering { .. } => had(None),
            Role::Gone { to } => had(Some(to)),
            Role::Offered { .. } | Role::Prepared { .. } | Role::Dropped { .. } => None,
        }
    }
}

impl Invariant for CommitBeforeTake {
    fn id(&self) -> &'static str {
        "I5"
    }

    fn meaning(&self) -> &'static str {
        "No office acts on an application before the one that had it has let go of it."
    }

    fn look(&mut self, moment: &Moment<'_>, observer: &Observer) -> Look {
        if let What::Promoted { unit, .. } = &moment.event.what {
            self.comes_back(*unit, observer);
        }
        let Some(change) = &moment.change else { return Ok(()) };
        for (to, _, sent) in &change.sent {
            if let Mail::Move { case, said: Move::Commit { attempt } } = &sent.mail {
                self.committed.insert((*case, *attempt, change.unit, *to));
            }
        }
        for case in &change.cases {
            match is_judged(change, case) {
                true => self.took_what_was_left_to_it(change, case, observer)?,
                false => self.took_what_was_committed(change, case, observer)?,
            }
            acts_as_owner(change, case, observer)?;
            self.remember(change.unit, case);
        }
        Ok(())
    }
}

impl CommitBeforeTake {
    /// A unit goes on from its mirror: what it had is what that says.
    fn comes_back(&mut self, unit: UnitId, observer: &Observer) {
        for case in observer.cases() {
            let standing = observer.standing(case, unit);
            let had = self.had.entry(case).or_default();
            match standing.and_then(|standing| Had::of(standing.custody)) {
                Some(known) => drop(had.insert(unit, known)),
                None => drop(had.remove(&unit)),
            }
        }
    }

    fn remember(&mut self, unit: UnitId, case: &CaseChange) {
        let Some(custody) = case.after.as_ref().map(|row| row.custody) else { return };
        let had = self.had.entry(case.key).or_default();
        match (Had::of(custody), custody.role) {
            (Some(now), _) => drop(had.insert(unit, now)),
            // Only a verdict takes a case from who had it.
            (None, Role::Dropped { .. }) if had.get(&unit).is_some_and(|had| had.gone_to.is_none()) => {
                had.remove(&unit);
            }
            _ => {}
        }
    }

    /// What a round found to be the unit's own was its own, or was left to it.
    fn took_what_was_left_to_it(&self, change: &Change, case: &CaseChange, observer: &Observer) -> Look {
        let Some(Role::Owner) = case.after.as_ref().map(|row| row.custody.role) else { return Ok(()) };
        let unit = change.unit;
        let open = observer.rows(unit).and_then(|rows| rows.get::<Rounds>(&()).ok().flatten());
        let is_lost = |of: UnitId| open.as_ref().is_some_and(|open| open.round.peers.contains(&(of, Word::Lost)));
        let known = self.had.get(&case.key).into_iter().flatten().filter(|(of, _)| !is_lost(**of));
        let Some((last, had)) = known.max_by_key(|(_, had)| had.attempt) else { return Ok(()) };
        match had.gone_to {
            None if *last == unit => Ok(()),
            Some(to) if to == unit => Ok(()),
            gone_to => {
                let where_to = gone_to.map_or(String::new(), |to| format!(" and let go of it to {to}"));
                Err(Broken::new(format!(
                    "case {}: the round of {unit} took it; {last} had it under attempt {}{where_to}",
                    observer.name_of(case.key),
                    had.attempt.0,
                )))
            }
        }
    }

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

/// Whether a case was last written by the judging of a round.
fn is_judged(change: &Change, case: &CaseChange) -> bool {
    let changed = case.after.as_ref().map_or(Sequence(0), |row| row.changed);
    let judging = Command::JudgeInherited(JudgeInherited).kind();
    change.audits.iter().any(|(sequence, audit)| *sequence == changed && audit.command == judging)
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
