//! I2: some unit owns or offers a case, or the one to which it was committed holds it prepared under that attempt.

use std::collections::BTreeSet;

use domain::handoff::Role;
use domain::ids::{CaseId, Generation};

use super::{Broken, End, Invariant, Look};
use crate::observe::{Moment, Observer};

#[derive(Default)]
pub(super) struct NeverOrphaned {
    /// Cases that some unit owned: those that are only forged or offered by a former life were never anybody's.
    owned: BTreeSet<CaseId>,
}

impl Invariant for NeverOrphaned {
    fn id(&self) -> &'static str {
        "I2"
    }

    fn meaning(&self) -> &'static str {
        "An application never falls between two offices: one of them has it, complete, or is bound to take it."
    }

    fn look(&mut self, moment: &Moment<'_>, observer: &Observer) -> Look {
        let changed = moment.change.iter().flat_map(|change| &change.cases);
        changed.map(|case| case.key).try_for_each(|case| self.is_kept(case, observer))
    }

    fn finish(&mut self, _: &End<'_>, observer: &Observer) -> Look {
        observer.cases().try_for_each(|case| self.is_kept(case, observer))
    }
}

impl NeverOrphaned {
    fn is_kept(&mut self, case: CaseId, observer: &Observer) -> Look {
        // Before everybody has said what they know, nobody can tell whose a case is.
        if observer.anybody_recovers() {
            return Ok(());
        }
        let broken = |what: String| Err(Broken::new(format!("case {}: {what}", observer.name_of(case))));
        let owners = observer.owners(case);
        if let Some(owner) = owners.first() {
            self.owned.insert(case);
            let keeps = observer.standing(case, *owner).is_some_and(|standing| standing.keeps);
            return if keeps { Ok(()) } else { broken(format!("{owner} owns it without its content or key")) };
        }
        if !self.owned.contains(&case) {
            return Ok(());
        }
        // A receipt of the lost tail that nobody else heard of: a presented slip makes it anew.
        if observer.is_lost_receipt(case) {
            return Ok(());
        }
        // The last commit decides: the highest attempt under which somebody gave it away.
        let gone = observer.standings(case).filter_map(|(unit, standing)| match standing.custody.role {
            Role::Gone { to } => Some((standing.custody.attempt, unit, to, standing)),
            _ => None,
        });
        let Some((attempt, from, to, giver)) = gone.max_by_key(|(attempt, ..)| *attempt) else {
            return broken("no unit owns it, and none committed it to another".to_owned());
        };
        let taker = observer.standing(case, to);
        let held = taker.is_some_and(|taker| {
            taker.custody.role == (Role::Prepared { by: from })
                && taker.custody.attempt == attempt
                && taker.custody.content == giver.custody.content
                && taker.keeps
        });
        // A taker that lives again may have lost it: then the giver's copy is what brings it back.
        let lives_again = observer.generation(to).is_some_and(|generation| generation > Generation::FIRST);
        // What was forgotten in a lost tail may be known to the giver alone.
        let behind = taker.is_none_or(|taker| taker.custody.attempt <= attempt);
        if held || ((lives_again || (behind && !observer.losses().is_empty())) && giver.keeps) {
            return Ok(());
        }
        let role = observer.role_at(case, to);
        broken(format!("{from} committed attempt {} to {to}, which is {role} to it", attempt.0))
    }
}
