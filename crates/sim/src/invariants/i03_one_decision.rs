//! I3: one decision per case and attempt, one effect per idempotency key, and one effect per mail: what a mail does is written
//! with the cursor that says it was read.

use std::collections::BTreeMap;

use domain::ids::{CaseId, Generation, MailSequence, Sequence, UnitId};
use domain::principal::PrincipalKind;
use domain::tables::InboxCursor;
use domain::time::Timestamp;

use super::steps::hops;
use super::{Broken, Invariant, Look};
use crate::ground::What;
use crate::observe::{CaseChange, Change, Changed, Moment, Observer};

/// Answers are kept so long at least (protocol.md §9): later the same key is another request.
const KEPT_MILLIS: i64 = 30 * 86_400_000;
const KEPT_COMMANDS: u64 = 100_000;

/// A kind that audit rows name: a peer's mail.
const MAIL_ARRIVED: u16 = 15;
/// A kind that audit rows name: an application was taken.
const RECEIVE: u16 = 4;

#[derive(Default)]
pub(super) struct OneDecision {
    decided: BTreeMap<CaseId, (UnitId, Sequence)>,
    /// By how often the case has come up to an organ: each has its own time, once.
    accepted: BTreeMap<(CaseId, usize), (UnitId, Timestamp)>,
    /// What a key brought about: the case, when by the unit's time, by which command.
    under_key: BTreeMap<(UnitId, String, String), (CaseId, Timestamp, Sequence)>,
}

impl Invariant for OneDecision {
    fn id(&self) -> &'static str {
        "I3"
    }

    fn meaning(&self) -> &'static str {
        "An application is decided once, and pressing the button twice does nothing twice."
    }

    fn look(&mut self, moment: &Moment<'_>, observer: &Observer) -> Look {
        if let What::Answered { ticket, .. } = &moment.event.what
            && let Some(asked) = observer.oracle().asked(*ticket)
            && let Some(key) = &asked.key
            && let Some(effect) = asked.effect()
        {
            let name = (asked.unit, asked.principal.clone(), key.clone());
            let others = observer.oracle().under(&name).filter(|other| other.act == asked.act);
            let is_lost = |other: &&crate::observe::Asked| {
                let told = other.answer.as_ref().map(|(at, _)| *at);
                let effect = other.effect();
                effect.zip(told).is_some_and(|(effect, told)| observer.is_in_lost_tail(asked.unit, effect, told))
            };
            let others = others.filter(|other| !is_lost(other));
            let recent = |other: &&crate::observe::Asked| moment.at.0 - other.at.0 < KEPT_MILLIS;
            if let Some(other) = others.filter(recent).filter_map(|other| other.effect()).find(|other| *other != effect)
            {
                let (one, two) = (other.0, effect.0);
                return Err(Broken::new(format!("key {key} at {}: done by command {one} and by {two}", asked.unit)));
            }
        }
        if let (What::Promoted { unit, .. }, Some(loss)) = (&moment.event.what, observer.losses().last()) {
            self.forget(*unit, loss.mirror, observer);
        }
        let Some(change) = &moment.change else { return Ok(()) };
        for case in &change.cases {
            self.decided_once(case, observer)?;
            self.received_once(change, case)?;
            mail_moves_its_cursor(change, case, observer)?;
        }
        if let Some(version) = change.versions.iter().find(|version| version.before != version.after)
            && change.audits.iter().all(|(_, audit)| audit.command == MAIL_ARRIVED)
            && !change.cursors.iter().any(has_read)
        {
            let (unit, number) = (change.unit, version.key);
            let what = "a mail did, and no mail counts as read";
            return Err(Broken::new(format!("{unit}: catalogue version {number} changed as {what}")));
        }
        for answer in &change.answers {
            let (Some(before), Some(after)) = (&answer.before, &answer.after) else { continue };
            let expired =
                before.at.plus_millis(KEPT_MILLIS) < after.at || before.sequence.0 + KEPT_COMMANDS < after.sequence.0;
            if before != after && !expired {
                let (principal, key) = &answer.key;
                let what = format!("{principal} under key {key}: answered by command {}", before.sequence.0);
                return Err(Broken::new(format!("{what}, and anew by {}", after.sequence.0)));
            }
        }
        Ok(())
    }
}

impl OneDecision {
    /// What a unit did in its lost tail is void: it may be done anew, and what a peer brings back counts as it was.
    fn forget(&mut self, unit: UnitId, mirror: Sequence, observer: &Observer) {
        let now = observer.meta(unit).map(|meta| meta.now);
        self.decided.retain(|_, (by, sequence)| *by != unit || *sequence <= mirror);
        self.accepted.retain(|_, (by, at)| *by != unit || now.is_some_and(|now| *at <= now));
        self.under_key.retain(|(at, ..), (.., sequence)| *at != unit || *sequence <= mirror);
    }

    fn decided_once(&mut self, case: &CaseChange, observer: &Observer) -> Look {
        let Some(content) = case.content() else { return Ok(()) };
        if let Some(decision) = &content.decision {
            let new = (decision.authority.unit, decision.sequence);
            let known = *self.decided.entry(case.key).or_insert(new);
            if known != new {
                let name = observer.name_of(case.key);
                return Err(Broken::new(format!(
                    "case {name}: decided at {} by command {}, and at {} by command {}",
                    known.0, known.1.0, new.0, new.1.0
                )));
            }
        }
        if let Some(acceptance) = &content.acceptance {
            let new = (acceptance.authority.unit, acceptance.at);
            let known = *self.accepted.entry((case.key, hops(content))).or_insert(new);
            if known != new {
                let name = observer.name_of(case.key);
                return Err(Broken::new(format!(
                    "case {name}: accepted at {} on {}, and at {} on {}",
                    known.0, known.1, new.0, new.1
                )));
            }
        }
        Ok(())
    }

    fn received_once(&mut self, change: &Change, case: &CaseChange) -> Look {
        let (None, Some(content)) = (&case.before, case.content()) else { return Ok(()) };
        if content.receiver != change.unit || content.submission_key.is_empty() {
            return Ok(());
        }
        let received = change.done_about(case.key).find(|(_, audit)| audit.command == RECEIVE);
        let Some((sequence, audit)) = received else { return Ok(()) };
        let name = (change.unit, audit.principal.name.clone(), content.submission_key.clone());
        let new = (case.key, audit.at, *sequence);
        match self.under_key.insert(name, new) {
            Some((other, at, before))
                if other != case.key
                    && at.plus_millis(KEPT_MILLIS) >= audit.at
                    && before.0 + KEPT_COMMANDS >= sequence.0 =>
            {
                let key = &content.submission_key;
                Err(Broken::new(format!("key {key} at {}: cases {other} and {}", change.unit, case.key)))
            }
            _ => Ok(()),
        }
    }
}

/// A case that a peer's mail changed has that peer's cursor in the same batch.
fn mail_moves_its_cursor(change: &Change, case: &CaseChange, observer: &Observer) -> Look {
    let Some(row) = &case.after else { return Ok(()) };
    let last = change.done_about(case.key).find(|(sequence, _)| *sequence == row.changed);
    let Some((sequence, audit)) = last else { return Ok(()) };
    if audit.command != MAIL_ARRIVED || audit.principal.kind != PrincipalKind::Peer {
        return Ok(());
    }
    let Ok(peer) = audit.principal.name.parse::<UnitId>() else { return Ok(()) };
    let moved = change.cursors.iter().any(|cursor| cursor.key == peer && has_read(cursor));
    if moved {
        return Ok(());
    }
    let name = observer.name_of(case.key);
    Err(Broken::new(format!(
        "case {name}: command {} of {} did what a mail of {peer} asks for, and the mail does not count as read",
        sequence.0, change.unit
    )))
}

/// Whether a cursor went on.
fn has_read(cursor: &Changed<UnitId, InboxCursor>) -> bool {
    let place = |cursor: &InboxCursor| (cursor.generation, cursor.sequence);
    let before = cursor.before.as_ref().map_or((Generation::FIRST, MailSequence(0)), place);
    cursor.after.as_ref().is_some_and(|after| place(after) > before)
}
