//! A matter's steps: named once, waiting only for listed ones and never in a circle, within what is promised.

use std::collections::BTreeMap;

use super::{Findings, PublicationFault, Spot};
use crate::catalogue::sheets::Sheet;
use crate::catalogue::{FlowStep, Matter, StepPart};

pub(super) fn check(matter: &Matter, findings: &mut Findings<'_>) {
    let flow = &matter.guide.flow;
    let spot = |at| Spot { matter: &matter.code, unit: None, sheet: Sheet::Steps, at };
    let mut by_name: BTreeMap<&str, usize> = BTreeMap::new();
    // What comes before what is looked at only where every name means one step.
    let mut is_sound = true;
    for (at, step) in flow.iter().enumerate() {
        if by_name.insert(&step.name, at).is_some() {
            findings.add(spot(at), "name", PublicationFault::Twice { what: step.name.clone() });
            is_sound = false;
        }
    }
    for (at, step) in flow.iter().enumerate() {
        for before in step.after.iter().filter(|before| !by_name.contains_key(before.as_str())) {
            findings.add(spot(at), "after", PublicationFault::UnlistedStep { step: before.clone() });
            is_sound = false;
        }
        if step.part == StepPart::Assist && !is_led(flow, step) {
            findings.add(spot(at), "part", PublicationFault::AssistWithoutLead { step: step.name.clone() });
        }
    }
    if !is_sound {
        return;
    }
    match longest(flow, &by_name) {
        Err(at) => findings.add(spot(at), "after", PublicationFault::StepsInACircle { step: flow[at].name.clone() }),
        Ok((at, days)) if days > u32::from(matter.promised_limit.days) => {
            let promised_days = matter.promised_limit.days;
            findings.add(spot(at), "limit", PublicationFault::StepsTooLong { steps_days: days, promised_days });
        }
        Ok(_) => {}
    }
}

/// Whether a step that leads begins after the same steps.
fn is_led(flow: &[FlowStep], assisting: &FlowStep) -> bool {
    flow.iter().any(|step| step.part == StepPart::Lead && step.after == assisting.after)
}

/// The days of the longest chain of steps and the step that ends it; a step of a circle where there is one. Steps without a limit take
/// no days, and so do limits in another unit than that of most steps: what cannot be added up is not judged.
fn longest(flow: &[FlowStep], by_name: &BTreeMap<&str, usize>) -> Result<(usize, u32), usize> {
    let unit = flow.iter().find_map(|step| step.limit).map(|limit| limit.unit);
    let days_of =
        |step: &FlowStep| step.limit.filter(|limit| Some(limit.unit) == unit).map_or(0, |limit| u32::from(limit.days));
    // Each round settles at least one step more, or there is a circle.
    let mut until: Vec<Option<u32>> = vec![None; flow.len()];
    for _ in 0..flow.len() {
        for (at, step) in flow.iter().enumerate() {
            let before: Option<Vec<u32>> =
                step.after.iter().map(|name| by_name.get(name.as_str()).and_then(|at| until[*at])).collect();
            if let Some(before) = before {
                until[at] = Some(before.into_iter().max().unwrap_or(0) + days_of(step));
            }
        }
    }
    if let Some(at) = until.iter().position(Option::is_none) {
        return Err(at);
    }
    let ends = until.iter().enumerate().filter_map(|(at, days)| Some((at, (*days)?)));
    Ok(ends.max_by_key(|(at, days)| (*days, std::cmp::Reverse(*at))).unwrap_or((0, 0)))
}
