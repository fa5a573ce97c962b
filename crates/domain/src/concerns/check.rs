//! The part of [`crate::check`] that holds concerns against each other, against their list, their counts and their cases.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use super::{ConcernKind, ConcernRow, ConcernStep, ConcernTask, RatingCount, is_past_urging};
use crate::check::{FIRST_CASE, LAST_CASE, StateFinding, each};
use crate::ids::{CaseId, ConcernId};
use crate::store::{StoreFault, UnitRead};
use crate::tables::{Cases, ConcernTasks, Concerns, RatingCounts, UnitMeta};
use crate::time::{CivilDate, Timestamp};

type Place = (ConcernTask, CivilDate, (CaseId, ConcernId));

pub(crate) fn check_concerns(
    store: &impl UnitRead,
    meta: &UnitMeta,
    findings: &mut Vec<StateFinding>,
) -> Result<(), StoreFault> {
    let first = (FIRST_CASE, ConcernId(Uuid::nil()));
    let last = (LAST_CASE, ConcernId(Uuid::max()));
    let mut found: BTreeSet<Place> = BTreeSet::new();
    let every_task = (ConcernTask::CallBack, Timestamp(i64::MIN).date(), first)
        ..=(ConcernTask::AnswerComplaint, Timestamp(i64::MAX).date(), last);
    each::<ConcernTasks>(store, every_task, |place, _| {
        found.insert(place);
        Ok(())
    })?;
    let mut rated = BTreeSet::new();
    let mut counts: BTreeMap<String, RatingCount> = BTreeMap::new();
    each::<Concerns>(store, first..=last, |(case, id), row| {
        let mut say = |what: String| findings.push(StateFinding::Concern { case, what });
        if (row.concern.case, row.concern.id) != (case, id) {
            say(format!("concern {id} stands under another name"));
        }
        if row.periods.is_some() != (row.with == meta.unit) {
            say(format!("concern {id} is with {}, and its days here: {:?}", row.with, row.periods));
        }
        if let Some((task, day)) = row.due()
            && !found.remove(&(task, day, (case, id)))
        {
            say(format!("concern {id} waits for {task:?} until {day}, and stands in no list"));
        }
        if row.concern.kind() == ConcernKind::Rating && row.with == meta.unit {
            let counted = RatingCount::of(&row, meta.unit);
            let all = counts.entry(row.concern.matter.to_string()).or_default();
            *all = all.instead(RatingCount::default(), counted);
            let stands = !row.has(|step| matches!(step, ConcernStep::NotCounted));
            if stands && !rated.insert((case, row.concern.line())) {
                say(format!("concern {id} is the second rating of its line"));
            }
        }
        if let Some(what) = out_of_order(&row) {
            say(format!("concern {id}: {what}"));
        }
        if row.due().is_some_and(|(task, _)| task == ConcernTask::AnswerUrging)
            && store.get::<Cases>(&case)?.is_some_and(|case| is_past_urging(&case))
        {
            say(format!("concern {id} still urges, and nothing is left to be hurried here"));
        }
        Ok(())
    })?;
    for (task, day, (case, id)) in found {
        let what = format!("concern {id} stands in the list for {task:?} until {day}, and does not wait for it");
        findings.push(StateFinding::Concern { case, what });
    }
    counts.retain(|_, count| *count != RatingCount::default());
    let mut kept = BTreeMap::new();
    each::<RatingCounts>(store, String::new()..=char::MAX.to_string(), |matter, count| {
        kept.insert(matter, count);
        Ok(())
    })?;
    if kept != counts {
        let what = format!("ratings give {counts:?}, and the counts are {kept:?}");
        findings.push(StateFinding::Concern { case: FIRST_CASE, what });
    }
    Ok(())
}

/// What was done before what it needs.
fn out_of_order(row: &ConcernRow) -> Option<&'static str> {
    let place = |wanted: fn(&ConcernStep) -> bool| row.events.iter().position(|event| wanted(&event.what));
    let called = place(|step| matches!(step, ConcernStep::CalledBack { .. }));
    let rectified = place(|step| matches!(step, ConcernStep::Rectified { .. }));
    if rectified.is_some_and(|at| called.is_none_or(|called| called > at)) {
        return Some("put right before anybody was called back");
    }
    let accepted = place(|step| matches!(step, ConcernStep::ComplaintAccepted));
    let handled = place(|step| matches!(step, ConcernStep::ComplaintHandled { .. }));
    let answered = place(|step| matches!(step, ConcernStep::ComplaintAnswered { .. }));
    let before = |first: Option<usize>, then: Option<usize>| then.is_none_or(|then| first.is_some_and(|at| at < then));
    (!before(accepted, handled) || !before(handled, answered)).then_some("a complaint answered before it was handled")
}
