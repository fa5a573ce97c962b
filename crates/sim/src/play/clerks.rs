//! Officials who work by themselves: whatever waits for them is done after their pace, as long as it takes.

use std::collections::BTreeMap;

use domain::case::{DayUnit, Within};
use domain::catalogue::{LimitDays, StepKind, installed};
use domain::command::{Deficit, TaskKind};
use domain::digest::ContentHash;
use domain::flow::{Progress, StepState};
use domain::ids::{CaseId, UnitId};
use domain::store::UnitRead as _;
use domain::tables::{Cases, Tasks};
use domain::time::Timestamp;
use unit::{Act, Handling, Private, Request};
use uuid::Uuid;

use super::engine::millis;
use super::people;
use crate::observe::Observer;
use crate::scenario::{Clerks, Officer, Scenario};

/// An act that came to nothing is done again after this.
const AGAIN_MILLIS: i64 = 20_000;

/// What they do when it waits for them.
const DONE: [TaskKind; 7] = [
    TaskKind::Accept,
    TaskKind::Supplement,
    TaskKind::Complete,
    TaskKind::Decide,
    TaskKind::Deliver,
    TaskKind::Step,
    TaskKind::Review,
];

/// A task at a unit, and how many hands were laid on the case's steps before it.
type Turn = (UnitId, CaseId, TaskKind, usize);

/// What they have begun.
#[derive(Debug, Default)]
pub(super) struct ClerksAtWork {
    /// When each task was first seen, and when it was last begun.
    seen: BTreeMap<Turn, (Timestamp, Option<Timestamp>)>,
    tries: u64,
}

impl ClerksAtWork {
    /// What they begin now.
    pub(super) fn work(
        &mut self,
        observer: &Observer,
        scenario: &Scenario,
        clerks: Clerks,
        now: Timestamp,
    ) -> Vec<(UnitId, Request)> {
        let mut begin = Vec::new();
        let mut waiting = BTreeMap::new();
        for unit in &scenario.world.units {
            for kind in DONE {
                for case in waiting_for(observer, unit.unit, kind) {
                    let turn = (kind == TaskKind::Step).then(|| turn(observer, unit.unit, case)).flatten();
                    let (officer, hands) =
                        turn.as_ref().map_or((Officer::First, 0), |(officer, _, hands)| (*officer, *hands));
                    let key = (unit.unit, case, kind, hands);
                    let (since, begun) = self.seen.get(&key).copied().unwrap_or((now, None));
                    let ready = now.0 - since.0 >= millis(clerks.pace);
                    let free = begun.is_none_or(|begun| now.0 - begun.0 >= AGAIN_MILLIS);
                    if ready && free {
                        self.tries += 1;
                        let wanted = wanted(observer, unit.unit, case, kind);
                        let step = turn.map(|(_, step, _)| step);
                        let act = act(kind, case, clerks, wanted, step);
                        let who = (unit.unit, officer);
                        begin.push((unit.unit, people::officer(act, who, format!("clerk-{}", self.tries))));
                        waiting.insert(key, (since, Some(now)));
                    } else {
                        waiting.insert(key, (since, begun));
                    }
                }
            }
        }
        self.seen = waiting;
        begin
    }
}

/// Cases that wait for an official of a unit.
fn waiting_for(observer: &Observer, unit: UnitId, kind: TaskKind) -> Vec<CaseId> {
    let Some(rows) = observer.rows(unit) else { return vec![] };
    let all = (kind, CaseId(Uuid::nil()))..=(kind, CaseId(Uuid::max()));
    let tasks = rows.scan::<Tasks>(all, usize::MAX).unwrap_or_default();
    tasks.into_iter().map(|((_, case), _)| case).collect()
}

/// The materials that an applicant was asked for, or has still to bring: whoever comes brings all of them.
fn wanted(observer: &Observer, unit: UnitId, case: CaseId, kind: TaskKind) -> Vec<String> {
    let Some(rows) = observer.rows(unit) else { return vec![] };
    let Some(content) = rows.get::<Cases>(&case).ok().flatten().and_then(|row| row.content) else { return vec![] };
    if kind == TaskKind::Supplement {
        let gaps = content.open_gaps().map(|(gaps, _)| gaps).unwrap_or_default();
        return gaps.iter().map(|gap| gap.material.clone()).collect();
    }
    let matter = installed::matter(rows, content.pin.number, &content.matter).ok().flatten();
    matter.map(|matter| content.to_follow(&matter)).unwrap_or_default()
}

/// The first step whose turn it is, who does it, and how many hands were laid on the case's steps: the second and the third officer handle,
/// the first one judges.
fn turn(observer: &Observer, unit: UnitId, case: CaseId) -> Option<(Officer, String, usize)> {
    let rows = observer.rows(unit)?;
    let content = rows.get::<Cases>(&case).ok().flatten().and_then(|row| row.content)?;
    let matter = installed::matter(rows, content.pin.number, &content.matter).ok().flatten()?;
    let progress = Progress::of(&matter, &content);
    let hands = progress.steps.iter().map(|step| step.hands.len()).sum();
    let step = progress.steps.iter().find(|step| step.state == StepState::Open)?;
    let officer = match (step.step.kind, step.hands.len()) {
        (StepKind::Examine | StepKind::Approve, _) => Officer::First,
        (_, 0) => Officer::Second,
        _ => Officer::Third,
    };
    Some((officer, step.step.name.clone(), hands))
}

fn act(kind: TaskKind, case: CaseId, clerks: Clerks, wanted: Vec<String>, step: Option<String>) -> Act {
    let name = people::named(case);
    match kind {
        TaskKind::Accept if wanted.is_empty() => Act::Accept { case: name, declared: false },
        // Whoever has not brought all of it asks for the rest to follow.
        TaskKind::Accept => {
            let told = LimitDays { days: 10, unit: DayUnit::Working };
            let within = Within { told, basis: "容缺受理办法第八条".to_owned() };
            let deficit = Deficit { asked: true, within };
            Act::Handle { case: name, handling: Handling::AcceptWithDeficit { declared: false, deficit } }
        }
        TaskKind::Step => {
            let (step, opinion) = (step.unwrap_or_default(), Private("符合条件".to_owned()));
            Act::Handle { case: name, handling: Handling::DoStep { step, agrees: true, opinion } }
        }
        TaskKind::Review => {
            let (agrees, opinion) = (!case.0.as_bytes()[15].is_multiple_of(4), Private("已初审".to_owned()));
            Act::Handle { case: name, handling: Handling::SendUp { agrees, opinion } }
        }
        TaskKind::Complete => Act::Handle { case: name, handling: Handling::Complete { materials: wanted } },
        TaskKind::Decide => {
            // Drawn from the case's own name, so that who decides it makes no difference.
            let drawn = ContentHash::of_bytes("clerk's decision", case.0.as_bytes()).0[0] % 100;
            let granted = drawn >= clerks.deny_percent;
            let reasons = if granted { String::new() } else { "不符合法定条件".to_owned() };
            Act::Decide { case: name, granted, reasons }
        }
        TaskKind::Supplement => Act::Handle { case: name, handling: Handling::Supplement { materials: wanted } },
        _ => Act::Deliver { case: name },
    }
}
