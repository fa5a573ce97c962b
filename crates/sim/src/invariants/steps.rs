//! The part of I7 about steps and reviews: each organ reviews once, upwards and before anybody decides; only listed steps are done, in their
//! order, and who handled a case neither examines nor approves it. Judged from a story's lines and the pinned list alone.

use std::collections::BTreeSet;

use domain::case::{CaseContent, Happening, TimelineEntry};
use domain::catalogue::{FlowStep, StepKind, installed};
use domain::division::covers;

use crate::observe::{CaseChange, Change, Observer};

/// What a case's new lines say.
pub(super) fn look(change: &Change, case: &CaseChange, observer: &Observer) -> Result<(), String> {
    let Some(content) = case.content() else { return Ok(()) };
    let known = case.content_before().map_or(0, |before| before.timeline.len());
    let Some(rows) = observer.rows(change.unit).filter(|_| observer.keeps_all()) else { return Ok(()) };
    let number = content.pin.number;
    let Ok(Some(matter)) = installed::matter(rows, number, &content.matter) else { return Ok(()) };
    let Ok(entries) = installed::entries(rows, number, &content.matter) else { return Ok(()) };
    let reviews = |line: &TimelineEntry| entries.iter().any(|entry| entry.unit == line.unit && entry.reviews());
    for at in known..content.timeline.len() {
        let line = &content.timeline[at];
        if line.unit != change.unit {
            continue;
        }
        let before = &content.timeline[..at];
        match &line.what {
            Happening::SentUp { to, .. } if !reviews(line) => {
                return Err(format!("{} sends it up to {to}, and is to review nothing", line.unit));
            }
            Happening::SentUp { to, .. } if !covers(*to, line.unit) => {
                return Err(format!("{} sends it up to {to}, which is not above it", line.unit));
            }
            Happening::SentUp { .. } if sent_up(before).any(|unit| unit == line.unit) => {
                return Err(format!("{} sends it up a second time", line.unit));
            }
            Happening::Decided { .. } => {
                let left = entries.iter().filter(|entry| entry.reviews() && covers(entry.unit, content.place));
                let left = left.map(|entry| entry.unit).find(|unit| sent_up(before).all(|sent| sent != *unit));
                if let Some(unit) = left {
                    return Err(format!("it is decided, and {unit} has not reviewed it"));
                }
                decided(&matter.guide.flow, before, line)?;
            }
            Happening::StepDone { step, by, .. } => done(&matter.guide.flow, content, before, (step, by))?,
            _ => {}
        }
    }
    Ok(())
}

/// How often a case has come up to an organ that reviews or decides it.
pub(super) fn hops(content: &CaseContent) -> usize {
    content.timeline.iter().filter(|line| matches!(line.what, Happening::CameUp { .. })).count()
}

fn sent_up(lines: &[TimelineEntry]) -> impl Iterator<Item = domain::ids::UnitId> {
    lines.iter().filter(|line| matches!(line.what, Happening::SentUp { .. })).map(|line| line.unit)
}

/// Which accounts did a step since it was last open, and whether the newest found for it.
fn hands<'a>(flow: &[FlowStep], lines: &'a [TimelineEntry], name: &str) -> Vec<(&'a str, bool)> {
    let mut hands = vec![];
    for line in lines {
        match &line.what {
            Happening::StepDone { step, by, agrees, .. } if step == name => hands.push((by.as_str(), *agrees)),
            Happening::SteppedBack { to, .. } if to == name || comes_after(flow, name, to, flow.len()) => hands.clear(),
            _ => {}
        }
    }
    hands
}

/// Whether a step is done after another one, directly or over others.
fn comes_after(flow: &[FlowStep], name: &str, first: &str, depth: usize) -> bool {
    let Some(step) = flow.iter().find(|step| step.name == name).filter(|_| depth > 0) else { return false };
    step.after.iter().any(|before| before == first || comes_after(flow, before, first, depth - 1))
}

fn is_inner(step: &FlowStep) -> bool {
    matches!(step.kind, StepKind::Handle | StepKind::Examine | StepKind::Approve | StepKind::SiteCheck)
}

fn is_whole(flow: &[FlowStep], lines: &[TimelineEntry], step: &FlowStep) -> bool {
    let accounts: BTreeSet<&str> = hands(flow, lines, &step.name).into_iter().map(|(by, _)| by).collect();
    accounts.len() >= if step.kind == StepKind::SiteCheck { 2 } else { 1 }
}

fn done(flow: &[FlowStep], content: &CaseContent, before: &[TimelineEntry], step: (&str, &str)) -> Result<(), String> {
    let (name, by) = step;
    let Some(listed) = flow.iter().find(|listed| listed.name == name && is_inner(listed)) else {
        return Err(format!("{name} is done, which {} does not list", content.matter));
    };
    let early = flow
        .iter()
        .find(|first| is_inner(first) && listed.after.contains(&first.name) && !is_whole(flow, before, first));
    if let Some(first) = early {
        return Err(format!("{name} is done before {}", first.name));
    }
    let judges = |kind| matches!(kind, StepKind::Examine | StepKind::Approve);
    let other = before.iter().find_map(|line| match &line.what {
        Happening::StepDone { step, by: hand, .. } if hand == by => {
            let known = flow.iter().find(|known| known.name == *step)?;
            (judges(known.kind) != judges(listed.kind)).then_some(step)
        }
        _ => None,
    });
    match other {
        Some(other) => Err(format!("{by} did {other} and does {name}")),
        None => Ok(()),
    }
}

fn decided(flow: &[FlowStep], before: &[TimelineEntry], line: &TimelineEntry) -> Result<(), String> {
    let Happening::Decided { granted: true, .. } = line.what else { return Ok(()) };
    for step in flow.iter().filter(|step| is_inner(step)) {
        if !is_whole(flow, before, step) {
            return Err(format!("it is granted before {} is done", step.name));
        }
    }
    Ok(())
}
