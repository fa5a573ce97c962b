//! I7: what a unit knows only grows. Its numbers and its time never go back, a case's story is only written on, its stage only
//! goes forward, and nobody is told something older than what anybody was told before.

use domain::case::{CaseContent, Happening, Stage, TimelineEntry};
use domain::ids::UnitId;
use std::collections::BTreeMap;

use domain::ids::Sequence;

use super::{Broken, Invariant, Look};
use crate::ground::What;
use crate::observe::{CaseChange, Change, Moment, Observer};

#[derive(Default)]
pub(super) struct ProgressInOrder;

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
            // A unit's numbers go on from its mirror: lines of a lost tail that a peer brings back stand before lower ones.
            let is_first_life = observer.losses().is_empty();
            grows(change, case, is_first_life).map_err(|what| {
                Broken::new(format!("case {} at {}: {what}", observer.name_of(case.key), change.unit))
            })?;
        }
        Ok(())
    }
}

fn time_goes_on(change: &Change) -> Look {
    let unit = change.unit;
    let mut last = change.before.as_ref().map(|meta| meta.now);
    for (sequence, audit) in &change.audits {
        if let Some(last) = last.filter(|last| audit.at < *last) {
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

fn grows(change: &Change, case: &CaseChange, is_first_life: bool) -> Result<(), String> {
    let (Some(before), after) = (&case.before, case.after.as_ref()) else { return Ok(()) };
    let after = after.ok_or("it was forgotten altogether")?;
    if after.changed <= before.changed && after != before {
        return Err(format!("changed by command {} after {}", after.changed.0, before.changed.0));
    }
    if after.changed > change.meta.sequence {
        return Err(format!("changed by command {}, which is still to come", after.changed.0));
    }
    for entries in [&after.news, after.content.as_ref().map_or(&vec![], |content| &content.timeline)] {
        if is_first_life {
            in_order(entries)?;
        }
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
    use Stage::{Accepted, Closed, Decided, Delivered, NotAccepted, Received, Terminated, Withdrawn};
    let (from, to) = (old.stage, new.stage);
    let lives_again = |entry: &&TimelineEntry| matches!(entry.what, Happening::LivesAgain { .. });
    let revived = from == Terminated && new.timeline.iter().skip(old.timeline.len()).any(|e| lives_again(&e));
    let forward = from == to
        || revived
        || match from {
            Received => true,
            Accepted => matches!(to, Decided | Closed | Delivered | Withdrawn | Terminated),
            Decided => matches!(to, Closed | Delivered),
            Closed => matches!(to, Delivered),
            Delivered | NotAccepted | Withdrawn | Terminated => false,
        };
    if forward { Ok(()) } else { Err(format!("it was {from:?} and is {to:?}")) }
}

/// Each unit's lines stand in the order of its own numbers.
fn in_order(entries: &[TimelineEntry]) -> Result<(), String> {
    let mut last: BTreeMap<UnitId, Sequence> = BTreeMap::new();
    for entry in entries {
        let before = last.insert(entry.unit, entry.sequence);
        if let Some(before) = before.filter(|before| *before > entry.sequence) {
            let (unit, number) = (entry.unit, entry.sequence.0);
            return Err(format!("command {number} of {unit} is told after its command {}", before.0));
        }
    }
    Ok(())
}
