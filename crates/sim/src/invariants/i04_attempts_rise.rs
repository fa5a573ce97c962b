//! I4: a case's attempt rises with every outcome, aborts too; an old attempt does nothing; nobody's words contradict each other
//! unless they were forged.

use std::collections::BTreeMap;

use domain::handoff::Role;
use domain::ids::{Attempt, CaseId, UnitId};
use domain::mail::Mail;

use super::{Broken, Invariant, Look};
use crate::ground::What;
use crate::observe::{CaseChange, Moment, Observer};
use crate::scenario::FaultKind;

#[derive(Default)]
pub(super) struct AttemptsRise {
    /// Who owned a case under which attempt.
    owned: BTreeMap<(CaseId, Attempt), UnitId>,
    /// Who offered a case under which attempt, and to whom.
    offered: BTreeMap<(CaseId, Attempt), (UnitId, UnitId)>,
    /// Words were forged, or a disk was brought back: contradictions are what is to come of it.
    forged: bool,
}

impl Invariant for AttemptsRise {
    fn id(&self) -> &'static str {
        "I4"
    }

    fn meaning(&self) -> &'static str {
        "What was called off stays called off: an old offer that arrives late changes nothing."
    }

    fn look(&mut self, moment: &Moment<'_>, observer: &Observer) -> Look {
        if let What::Fault { kind, .. } = &moment.event.what {
            use FaultKind::{ForgeMail, ReplayMail, RolledBack, Rot, Wiped};
            self.forged |= matches!(kind, ForgeMail | ReplayMail | RolledBack | Rot | Wiped);
        }
        let Some(change) = &moment.change else { return Ok(()) };
        for case in &change.cases {
            self.rises(change.unit, case, observer)?;
        }
        for (to, _, sent) in &change.sent {
            let Mail::Offer { attempt, content, .. } = &sent.mail else { continue };
            let new = (change.unit, *to);
            let known = *self.offered.entry((content.id, *attempt)).or_insert(new);
            if known != new {
                let name = observer.name_of(content.id);
                return Err(Broken::new(format!(
                    "case {name}: attempt {} was offered by {} to {}, and by {} to {}",
                    attempt.0, known.0, known.1, new.0, new.1
                )));
            }
        }
        match change.evidence.first() {
            Some((sequence, evidence)) if !self.forged => Err(Broken::new(format!(
                "{} keeps a mail of {} as a contradiction that nobody forged (command {}): {}",
                change.unit, evidence.from, sequence.0, evidence.what
            ))),
            _ => Ok(()),
        }
    }
}

impl AttemptsRise {
    fn rises(&mut self, unit: UnitId, case: &CaseChange, observer: &Observer) -> Look {
        let Some(after) = case.after.as_ref().map(|row| row.custody) else { return Ok(()) };
        let broken = |what: String| Err(Broken::new(format!("case {} at {unit}: {what}", observer.name_of(case.key))));
        let before = case.before.as_ref().map(|row| row.custody);
        if let Some(before) = before
            && after.attempt < before.attempt
        {
            return broken(format!("attempt {} after {}", after.attempt.0, before.attempt.0));
        }
        let Role::Owner = after.role else { return Ok(()) };
        let regained = before.is_some_and(|before| before.role != Role::Owner && before.attempt == after.attempt);
        let other = self.owned.insert((case.key, after.attempt), unit).filter(|other| *other != unit);
        match (other, regained) {
            (Some(other), _) => broken(format!("owned under attempt {}, as {other} did before", after.attempt.0)),
            (None, true) => {
                let role = before.map(|before| before.role);
                broken(format!("owned under attempt {}, under which it was {role:?} before", after.attempt.0))
            }
            _ => Ok(()),
        }
    }
}
