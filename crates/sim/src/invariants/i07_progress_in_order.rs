//! I7: what a unit knows only grows. Its numbers and its time never go back, a case's story is only written on, its stage only
//! goes forward, and nobody is told something older than what anybody was told before.
//!
//! A unit's numbers go on from its mirror, so a line of its lost tail can bear a higher number than one of its next life. What orders a
//! story is the life, then the number; and in what travels with the case a next life says first how it comes to go on with it.

use std::collections::BTreeMap;

use domain::case::{CaseContent, Happening, Stage, TimelineEntry};
use domain::ids::{Generation, Sequence, UnitId};
use domain::time::Timestamp;

use super::{Broken, Invariant, Look, steps};
use crate::ground::What;
use crate::observe::{CaseChange, Change, Moment, Observer};

#[derive(Default)]
pub(super) struct ProgressInOrder {
    /// Lines that units wrote, by number and time, and in which life.
    written: BTreeMap<(UnitId, Sequence, Timestamp), Generation>,
}

impl Invariant for ProgressInOrder {
    fn id(&self) -> &'static str {
        "I7"
    }

    fn meaning(&self) -> &'static str {
        "What an office has told about an application is never taken back by an older answer."
    }

    fn look(&mut self, moment: &Moment<'_>, observer: &Observer) -> Look {
        if let What::Answered { ticket, answer: Ok(outcome) } = &moment.event.what
            && let Some(asked) = observer.oracle().asked(*ticket)
            && outcome.sequence <= asked.floor
        {
            return Err(Broken::new(format!(
                "{} answered with command {}; command {} had been told to somebody before this was asked",
                asked.unit, outcome.sequence.0, asked.floor.0
            )));
        }
        let Some(change) = &moment.change else { return Ok(()) };
        time_goes_on(change)?;
        for case in &change.cases {
            self.note_lives(change, case);
            let lives = Lives { written: &self.written, observer };
            let grows = grows(change, case, &lives).and_then(|()| steps::look(change, case, observer));
            grows.map_err(|what| {
                Broken::new(format!("case {} at {}: {what}", observer.name_of(case.key), change.unit))
            })?;
        }
        Ok(())
    }
}

impl ProgressInOrder {
    /// Lines that these very commands wrote are of this life, whatever a former self wrote under the same numbers.
    fn note_lives(&mut self, change: &Change, case: &CaseChange) {
        let own = case.new_entries().into_iter().filter(|entry| entry.unit == change.unit);
        let here = |entry: &&TimelineEntry| {
            change.audits.iter().any(|(sequence, audit)| (*sequence, audit.at) == (entry.sequence, entry.at))
        };
        for entry in own.filter(here) {
            self.written.insert((entry.unit, entry.sequence, entry.at), change.generation);
        }
    }
}

/// In which life of its unit a line was written.
struct Lives<'a> {
    written: &'a BTreeMap<(UnitId, Sequence, Timestamp), Generation>,
    observer: &'a Observer,
}

impl Lives<'_> {
    /// `None` for a line that nobody saw written, of a unit that was lost more than once.
    fn of(&self, entry: &TimelineEntry) -> Option<Generation> {
        if let Some(life) = self.written.get(&(entry.unit, entry.sequence, entry.at)) {
            return Some(*life);
        }
        // A former self that runs on writes unseen.
        let mut lost = self.observer.losses().iter().filter(|loss| loss.unit == entry.unit);
        match (lost.next(), lost.next()) {
            (None, _) => Some(Generation::FIRST),
            (Some(loss), None) => Some(loss.former),
            (Some(_), Some(_)) => None,
        }
    }
}

/// Kind of command in audit rows: the time is certain again.
const CONFIRM_TIME: u16 = 27;

fn time_goes_on(change: &Change) -> Look {
    let unit = change.unit;
    let mut last = change.before.as_ref().map(|meta| meta.now);
    for (sequence, audit) in &change.audits {
        // A confirmation takes back what a fast clock showed while it was in doubt (I6 judges to where).
        let confirms = audit.command == CONFIRM_TIME && audit.refused.is_none();
        if let Some(last) = last.filter(|last| audit.at < *last && !confirms) {
            let (at, number) = (audit.at, sequence.0);
            return Err(Broken::new(format!("{unit}: command {number} is dated {at}, the one before {last}")));
        }
        last = Some(audit.at);
    }
    match last {
        Some(last) if change.meta.now < last => {
            Err(Broken::new(format!("{unit}: its time is {}, its last command's {last}", change.meta.now)))
        }
        _ => Ok(()),
    }
}

fn grows(change: &Change, case: &CaseChange, lives: &Lives<'_>) -> Result<(), String> {
    let (Some(before), after) = (&case.before, case.after.as_ref()) else { return Ok(()) };
    let after = after.ok_or("it was forgotten altogether")?;
    if after.changed <= before.changed && after != before {
        return Err(format!("changed by command {} after {}", after.changed.0, before.changed.0));
    }
    if after.changed > change.meta.sequence {
        return Err(format!("changed by command {}, which is still to come", after.changed.0));
    }
    in_order(&after.news, lives)?;
    if let Some(content) = &after.content {
        in_order(&content.timeline, lives)?;
        next_lives_are_told(&content.timeline, lives)?;
    }
    if !after.news.starts_with(&before.news) {
        return Err("news that were known are gone or moved".to_owned());
    }
    let (Some(old), Some(new)) = (&before.content, &after.content) else { return Ok(()) };
    if !new.timeline.starts_with(&old.timeline) {
        let (old, new) = (old.timeline.len(), new.timeline.len());
        return Err(format!("its story of {new} lines does not continue the {old} that were known"));
    }
    if !new.passed_over.starts_with(&old.passed_over) {
        return Err("a unit that it had passed over is not told of any more".to_owned());
    }
    stage_goes_forward(old, new)
}

fn stage_goes_forward(old: &CaseContent, new: &CaseContent) -> Result<(), String> {
    use Stage::{
        Accepted, AwaitingSupplement, Closed, Decided, Delivered, Lapsed, NotAccepted, Received, SentUp, Terminated,
        Withdrawn,
    };
    let (from, to) = (old.stage, new.stage);
    let lives_again = |entry: &&TimelineEntry| matches!(entry.what, Happening::LivesAgain { .. });
    let revived = from == Terminated && new.timeline.iter().skip(old.timeline.len()).any(|e| lives_again(&e));
    let forward = from == to
        || revived
        || match from {
            // Gaps are told once: what is supplemented waits for its acceptance.
            Received => true,
            AwaitingSupplement => matches!(to, Received | Accepted | NotAccepted | Withdrawn | Terminated | Lapsed),
            Accepted => matches!(to, Decided | Closed | Delivered | Withdrawn | Terminated | Lapsed | SentUp),
            // At the organ above it goes on, and may have got to its end before anybody looks.
            SentUp => !matches!(to, Received | AwaitingSupplement | NotAccepted),
            Decided => matches!(to, Closed | Delivered),
            Closed => matches!(to, Delivered),
            Delivered | NotAccepted | Withdrawn | Terminated | Lapsed => false,
        };
    if forward { Ok(()) } else { Err(format!("it was {from:?} and is {to:?}")) }
}

/// Each unit's lines stand in the order of its lives, and of its own numbers in each.
fn in_order(entries: &[TimelineEntry], lives: &Lives<'_>) -> Result<(), String> {
    let mut last: BTreeMap<UnitId, (Generation, Sequence)> = BTreeMap::new();
    for entry in entries {
        let Some(life) = lives.of(entry) else { continue };
        let before = last.insert(entry.unit, (life, entry.sequence));
        if let Some((known, before)) = before.filter(|before| *before > (life, entry.sequence)) {
            let (unit, number) = (entry.unit, entry.sequence.0);
            let told = |sequence: u64, of: Generation| match known == life {
                true => format!("command {sequence}"),
                false => format!("command {sequence} of life {}", of.0),
            };
            let (late, early) = (told(number, life), told(before.0, known));
            return Err(format!("{late} of {unit} is told after its {early}"));
        }
    }
    Ok(())
}

/// A unit's next life writes on what a former one wrote only after it has said how it comes to have it: found to be its own, or
/// taken over.
fn next_lives_are_told(entries: &[TimelineEntry], lives: &Lives<'_>) -> Result<(), String> {
    let mut last: BTreeMap<UnitId, Generation> = BTreeMap::new();
    for entry in entries {
        let Some(life) = lives.of(entry) else { continue };
        let before = last.insert(entry.unit, life);
        let says =
            matches!(entry.what, Happening::Recovered { .. } | Happening::GoesOn { .. } | Happening::TakenOver { .. });
        if let (Some(before), false) = (before.filter(|before| *before < life), says) {
            let (unit, number) = (entry.unit, entry.sequence.0);
            let what = format!("command {number} of life {} of {unit} writes on what life {} wrote", life.0, before.0);
            return Err(format!("{what}, and nothing says that it has the case again"));
        }
    }
    Ok(())
}
