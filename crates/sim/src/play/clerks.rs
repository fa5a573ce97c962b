//! Officials who work by themselves: whatever waits for them is done after their pace, as long as it takes.

use std::collections::BTreeMap;

use domain::case::{DayUnit, Within};
use domain::catalogue::{LimitDays, installed};
use domain::command::{Deficit, TaskKind};
use domain::digest::ContentHash;
use domain::ids::{CaseId, UnitId};
use domain::store::UnitRead as _;
use domain::tables::{Cases, Tasks};
use domain::time::Timestamp;
use unit::{Act, Handling, Request};
use uuid::Uuid;

use super::engine::millis;
use super::people;
use crate::observe::Observer;
use crate::scenario::{Clerks, Scenario};

/// An act that came to nothing is done again after this.
const AGAIN_MILLIS: i64 = 20_000;

/// What they have begun.
#[derive(Debug, Default)]
pub(super) struct ClerksAtWork {
    /// When each task was first seen, and when it was last begun.
    seen: BTreeMap<(UnitId, CaseId, TaskKind), (Timestamp, Option<Timestamp>)>,
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
            for kind in
                [TaskKind::Accept, TaskKind::Supplement, TaskKind::Complete, TaskKind::Decide, TaskKind::Deliver]
            {
                for case in waiting_for(observer, unit.unit, kind) {
                    let key = (unit.unit, case, kind);
                    let (since, begun) = self.seen.get(&key).copied().unwrap_or((now, None));
                    let ready = now.0 - since.0 >= millis(clerks.pace);
                    let free = begun.is_none_or(|begun| now.0 - begun.0 >= AGAIN_MILLIS);
                    if ready && free {
                        self.tries += 1;
                        let wanted = wanted(observer, unit.unit, case, kind);
                        let act = act(kind, case, clerks, wanted);
                        begin.push((unit.unit, people::staff(act, unit.unit, format!("clerk-{}", self.tries))));
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

fn act(kind: TaskKind, case: CaseId, clerks: Clerks, wanted: Vec<String>) -> Act {
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
