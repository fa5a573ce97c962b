//! I14: the applicant's number, receipt date and clock survive every move; a number is printed once in the whole region.

use std::collections::BTreeMap;

use domain::case::{CaseContent, Happening};
use domain::handoff::Role;
use domain::ids::{CaseId, CaseNumber, Sequence, UnitId};
use domain::sealed::BlindIndex;
use domain::time::Timestamp;

use super::{Broken, End, Invariant, Look};
use crate::ground::What;
use crate::observe::{Change, Moment, Observer};

/// What an applicant was told at the counter.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Told {
    number: CaseNumber,
    collected_at: Timestamp,
    receiver: UnitId,
    applicant: BlindIndex,
    matter: String,
    place: UnitId,
    submission_key: String,
}

impl Told {
    fn of(content: &CaseContent) -> Self {
        Self {
            number: content.number,
            collected_at: content.collected_at,
            receiver: content.receiver,
            applicant: content.applicant,
            matter: content.matter.as_str().to_owned(),
            place: content.place,
            submission_key: content.submission_key.clone(),
        }
    }
}

#[derive(Default)]
pub(super) struct NumberSurvives {
    told: BTreeMap<CaseId, Told>,
    /// The legal receipt, and which command of which unit told it first. By how often the case was passed on to who is competent: with each
    /// time receipt begins anew, where it arrives.
    received_at: BTreeMap<(CaseId, usize), (Timestamp, UnitId, Sequence)>,
    numbers: BTreeMap<CaseNumber, CaseId>,
}

impl Invariant for NumberSurvives {
    fn id(&self) -> &'static str {
        "I14"
    }

    fn meaning(&self) -> &'static str {
        "The number and the date on the receipt stay what they are, and nobody else has the same number."
    }

    fn look(&mut self, moment: &Moment<'_>, observer: &Observer) -> Look {
        // A courier's case that arrived in a lost tail arrives anew; what the mirror had stays what it is.
        if let (What::Promoted { .. }, Some(loss)) = (&moment.event.what, observer.losses().last()) {
            self.received_at.retain(|_, (_, by, sequence)| *by != loss.unit || *sequence <= loss.mirror);
        }
        let Some(change) = &moment.change else { return Ok(()) };
        for case in &change.cases {
            let (Some(row), Some(content)) = (&case.after, case.content()) else { continue };
            // A copy that stayed behind knows nothing of what the next unit did.
            let owns = matches!(row.custody.role, Role::Owner | Role::Offering { .. });
            self.is_as_told(change, case.key, content, owns)?;
        }
        for (number, case) in &change.numbers {
            let known = number.parse().ok().and_then(|number| self.numbers.get(&number));
            if let Some(known) = known.filter(|known| *known != case) {
                return Err(Broken::new(format!("{}: number {number} leads to {case}; it is {known}'s", change.unit)));
            }
        }
        Ok(())
    }

    fn finish(&mut self, _: &End<'_>, observer: &Observer) -> Look {
        for (number, case) in &self.numbers {
            match observer.newest_content(*case) {
                Some(content) if content.number != *number => {
                    return Err(Broken::new(format!("case {case} was {number} and is {} at the end", content.number)));
                }
                _ => {}
            }
        }
        Ok(())
    }
}

impl NumberSurvives {
    fn is_as_told(&mut self, change: &Change, case: CaseId, content: &CaseContent, owns: bool) -> Look {
        let unit = change.unit;
        let new = Told::of(content);
        let known = self.told.entry(case).or_insert_with(|| new.clone());
        if *known != new {
            return Err(Broken::new(format!(
                "case {case} at {unit}: the applicant was told {known:?}; now it is {new:?}"
            )));
        }
        let owner = *self.numbers.entry(content.number).or_insert(case);
        if owner != case {
            return Err(Broken::new(format!("{unit}: number {} is {owner}'s and {case}'s", content.number)));
        }
        if content.number.unit() != content.receiver {
            return Err(Broken::new(format!("{unit}: number {} was made by {}", content.number, content.receiver)));
        }
        let passed = content.timeline.iter().filter(|line| matches!(line.what, Happening::PassedOn { .. })).count();
        match (self.received_at.get(&(case, passed)), content.received_at) {
            (Some((known, ..)), now) if Some(*known) != now && (owns || now.is_some()) => {
                let now = now.map_or_else(|| "none".to_owned(), |now| now.to_string());
                Err(Broken::new(format!("case {case} at {unit}: its legal receipt was {known}, now it is {now}")))
            }
            (None, Some(now)) => {
                self.received_at.insert((case, passed), (now, unit, change.meta.sequence));
                Ok(())
            }
            _ => Ok(()),
        }
    }
}
