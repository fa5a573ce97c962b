//! What may never happen (`I1` to `I16`), one rule a file, looked at after every event and at the end of a run.
//!
//! An invariant sees what the [`Observer`] sees and nothing of the code that it judges: what it needs to know of the rules (legal
//! days, the order of stages) it has in a form of its own. The first bad moment is kept; after it that invariant looks no more.

mod deadlines;
mod end;
mod i01_one_owner;
mod i02_never_orphaned;
mod i03_one_decision;
mod i04_attempts_rise;
mod i05_commit_before_take;
mod i06_legal_days;
mod i07_progress_in_order;
mod i08_one_audit_row;
mod i09_catalogue_rises;
mod i10_receipts_kept;
mod i11_moves_end;
mod i12_same_state;
mod i13_blobs_readable;
mod i14_number_survives;
mod i15_law_happens;
mod i16_no_personal_number;
mod not_yet;
mod state;
mod steps;
mod uncertain_time;
mod workdays;

use std::collections::BTreeSet;
use std::time::Duration;

use domain::time::Timestamp;

pub use end::{End, Log};
pub use not_yet::{KNOWN_COMMANDS, KNOWN_MAIL, KNOWN_TABLES, NOT_YET, NotYet};
pub use workdays::Workdays;

use crate::ground::{Recorded, What};
use crate::observe::{Moment, Observer};
use crate::play::{Judged, Verdict};

/// A rule that did not hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct Broken {
    /// Both sides of the contradiction.
    pub what: String,
}

impl Broken {
    fn new(what: impl Into<String>) -> Self {
        Self { what: what.into() }
    }
}

/// What came of a look.
pub type Look = Result<(), Broken>;

/// One rule.
pub trait Invariant {
    /// `I1` to `I16`; `state` and `unchecked` for the two that stand beside them.
    fn id(&self) -> &'static str;

    /// What it means for a citizen, in one plain sentence.
    fn meaning(&self) -> &'static str;

    /// Looks at one moment; the observer has seen it already.
    ///
    /// # Errors
    /// [`Broken`], with both sides.
    fn look(&mut self, moment: &Moment<'_>, observer: &Observer) -> Look;

    /// Faults are over from now on: what waited for that must end within its bound.
    fn healed(&mut self, at: Timestamp) {
        let _ = at;
    }

    /// Looks at the end.
    ///
    /// # Errors
    /// [`Broken`], with both sides.
    fn finish(&mut self, end: &End<'_>, observer: &Observer) -> Look {
        let _ = (end, observer);
        Ok(())
    }
}

/// What a run's own facts set for the rules.
#[derive(Clone, Debug)]
pub struct Terms {
    /// Numbers and names of persons that were put in, and that may be found nowhere in clear (I16).
    pub plants: Vec<String>,
    /// How long an offer may stay unanswered.
    pub patience: Duration,
    /// After the heal, so long may a single step between two units take (I11), and a due timer wait (I15).
    pub step: Duration,
    /// Whether some clock of every unit stays right, so that a wrong one is found out.
    pub has_right_clocks: bool,
    /// The state checker looks at a unit each time that it has applied so many commands more, and at the end.
    pub state_every: u64,
}

impl Default for Terms {
    fn default() -> Self {
        let minute = Duration::from_secs(60);
        Self { plants: vec![], patience: 30 * minute, step: 2 * minute, has_right_clocks: true, state_every: 256 }
    }
}

/// Every rule, in the order of ids.
fn all(terms: &Terms) -> Vec<Box<dyn Invariant>> {
    vec![
        Box::<i01_one_owner::OneOwner>::default(),
        Box::<i02_never_orphaned::NeverOrphaned>::default(),
        Box::<i03_one_decision::OneDecision>::default(),
        Box::<i04_attempts_rise::AttemptsRise>::default(),
        Box::<i05_commit_before_take::CommitBeforeTake>::default(),
        Box::new(i06_legal_days::LegalDays::new(terms)),
        Box::<i07_progress_in_order::ProgressInOrder>::default(),
        Box::<i08_one_audit_row::OneAuditRow>::default(),
        Box::<i09_catalogue_rises::CatalogueRises>::default(),
        Box::<i10_receipts_kept::ReceiptsKept>::default(),
        Box::new(i11_moves_end::MovesEnd::new(terms)),
        Box::<i12_same_state::SameState>::default(),
        Box::<i14_number_survives::NumberSurvives>::default(),
        Box::new(i15_law_happens::LawHappens::new(terms)),
        Box::new(i16_no_personal_number::NoPersonalNumber::new(terms)),
        Box::new(state::State::new(terms)),
        Box::<not_yet::Unchecked>::default(),
    ]
}

/// Each rule's id and what it means for a citizen, in the order of ids; what is not built yet included.
pub fn meanings() -> Vec<(&'static str, &'static str)> {
    let built = all(&Terms::default());
    let built = built.iter().map(|rule| (rule.id(), rule.meaning())).filter(|(id, _)| id.starts_with('I'));
    let mut meanings: Vec<_> = built.collect();
    for part in NOT_YET {
        if !meanings.iter().any(|(id, _)| *id == part.id) {
            meanings.push((part.id, part.meaning));
        }
    }
    meanings.sort_by_key(|(id, _)| id[1..].parse::<u8>().unwrap_or(u8::MAX));
    meanings
}

struct Watched {
    invariant: Box<dyn Invariant>,
    looked: u64,
    broken: Option<(Timestamp, Broken)>,
}

impl Watched {
    fn note(&mut self, at: Timestamp, look: Look) {
        self.looked += 1;
        if let Err(broken) = look {
            self.broken = Some((at, broken));
        }
    }
}

/// The rules of one run.
pub struct Watch {
    watched: Vec<Watched>,
    /// As the scenario names them; all where it names none.
    always: BTreeSet<String>,
}

impl Watch {
    /// Watches the invariants that `always` names; all of them where it names none. What contradicts itself and what nobody
    /// checks is watched in any case.
    pub fn new(always: &BTreeSet<String>, terms: &Terms) -> Self {
        let wanted = |invariant: &dyn Invariant| {
            always.is_empty() || always.contains(invariant.id()) || !invariant.id().starts_with('I')
        };
        let watched = all(terms).into_iter().filter(|invariant| wanted(&**invariant));
        let watched = watched.map(|invariant| Watched { invariant, looked: 0, broken: None }).collect();
        Self { watched, always: always.clone() }
    }

    /// Looks at one moment.
    pub fn look(&mut self, moment: &Moment<'_>, observer: &Observer) {
        for watched in self.watched.iter_mut().filter(|watched| watched.broken.is_none()) {
            let look = watched.invariant.look(moment, observer);
            if look.is_err() || tells_of_state(moment) {
                watched.note(moment.at, look);
            }
        }
    }

    /// Faults are over: the liveness phase begins.
    pub fn healed(&mut self, at: Timestamp) {
        self.watched.iter_mut().for_each(|watched| watched.invariant.healed(at));
    }

    /// The first bad moment so far: which rule, when, what.
    pub fn first_broken(&self) -> Option<(&'static str, Timestamp, &Broken)> {
        let broken = self.watched.iter().filter_map(|watched| {
            let (at, broken) = watched.broken.as_ref()?;
            Some((watched.invariant.id(), *at, broken))
        });
        broken.min_by_key(|(_, at, _)| *at)
    }

    /// Looks at the end and gives every verdict, those of what is not built yet included. `live` says that the faults were healed
    /// and the region had its time to come to rest.
    pub fn finish(mut self, at: Timestamp, live: bool, recorded: &[Recorded], observer: &Observer) -> Vec<Judged> {
        let end = End::read(at, live, recorded);
        for watched in self.watched.iter_mut().filter(|watched| watched.broken.is_none()) {
            let look = watched.invariant.finish(&end, observer);
            watched.note(at, look);
        }
        let mut judged: Vec<Judged> = self.watched.iter().map(judge).collect();
        let wanted = |part: &&NotYet| self.always.is_empty() || self.always.contains(part.id);
        judged.extend(NOT_YET.iter().filter(wanted).map(|part| Judged {
            id: part.id.to_owned(),
            meaning: part.meaning.to_owned(),
            looked: 0,
            verdict: Verdict::NotYet { issue: part.issue.to_owned() },
        }));
        judged
    }
}

fn judge(watched: &Watched) -> Judged {
    Judged {
        id: watched.invariant.id().to_owned(),
        meaning: watched.invariant.meaning().to_owned(),
        looked: watched.looked,
        verdict: match &watched.broken {
            None => Verdict::Held,
            Some((at, broken)) => Verdict::Broken { at: *at, what: broken.what.clone() },
        },
    }
}

/// Whether an event tells anything of what units know: the others are not counted as looks.
fn tells_of_state(moment: &Moment<'_>) -> bool {
    matches!(moment.event.what, What::Applied { .. } | What::Answered { .. })
}
