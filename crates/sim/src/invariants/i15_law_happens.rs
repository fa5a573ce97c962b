//! I15: what the law makes happen by itself happens: a due timer fires, once, not early, and within a bound while its unit lives.
//!
//! Whether a unit is late is judged by its own time: a unit that stood still or was cut from itself is not late while it sleeps,
//! and a clock that is wrong is another rule's matter.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::case::{PassedOverReason, Stage};
use domain::command::TimerKind;
use domain::ids::{CaseId, UnitId};
use domain::store::UnitRead;
use domain::tables::Timers;
use domain::time::Timestamp;

use super::{Broken, End, Invariant, Look, Terms};
use crate::ground::What;
use crate::observe::{CaseChange, Change, Moment, Observer};

/// Kind of command in audit rows: a deadline has come.
const FIRE_TIMER: u16 = 17;
/// A unit that applies nothing for longer than this does not count as living in between.
const LIVES_MILLIS: i64 = 1_000;

pub(super) struct LawHappens {
    bound_millis: i64,
    units: BTreeMap<UnitId, Waiting>,
    set: BTreeMap<(UnitId, CaseId), u64>,
    fired: BTreeMap<(UnitId, CaseId), u64>,
}

/// Timers of one unit.
#[derive(Default)]
struct Waiting {
    /// For how long each has been due while the unit lived.
    timers: BTreeMap<(Timestamp, CaseId, TimerKind), i64>,
    last: Option<Timestamp>,
}

impl LawHappens {
    pub(super) fn new(terms: &Terms) -> Self {
        Self { bound_millis: millis(terms.step), units: BTreeMap::new(), set: BTreeMap::new(), fired: BTreeMap::new() }
    }
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

impl Invariant for LawHappens {
    fn id(&self) -> &'static str {
        "I15"
    }

    fn meaning(&self) -> &'static str {
        "A deadline takes effect by itself, on its day, whoever is away."
    }

    fn look(&mut self, moment: &Moment<'_>, observer: &Observer) -> Look {
        if let What::Promoted { unit, .. } = &moment.event.what {
            self.goes_on(*unit, observer);
        }
        let Some(change) = &moment.change else { return Ok(()) };
        self.fires_in_time(change, moment.at, observer)?;
        self.fires_once(change, observer)?;
        change.cases.iter().try_for_each(|case| not_before_it_is_due(change, case, observer))
    }

    fn finish(&mut self, end: &End<'_>, observer: &Observer) -> Look {
        if !end.live {
            return Ok(());
        }
        for (unit, waiting) in &self.units {
            let over = end.at.plus_millis(-self.bound_millis);
            let due = waiting.timers.range(..(over, CaseId(uuid::Uuid::nil()), TimerKind::Patience));
            if let Some(((due, case, kind), _)) = due.into_iter().next() {
                let name = observer.name_of(*case);
                return Err(Broken::new(format!("{unit}: {kind:?} of case {name} was due at {due} and never came")));
            }
        }
        Ok(())
    }
}

fn has_lapsed(case: &CaseChange) -> bool {
    case.content().is_some_and(|content| content.stage == Stage::Lapsed)
}

impl LawHappens {
    /// A unit goes on with the deadlines that its mirror had.
    fn goes_on(&mut self, unit: UnitId, observer: &Observer) {
        self.set.retain(|(at, _), _| *at != unit);
        self.fired.retain(|(at, _), _| *at != unit);
        let waiting = self.units.entry(unit).or_default();
        waiting.timers.clear();
        let all = (Timestamp(i64::MIN), CaseId(uuid::Uuid::nil()), TimerKind::Patience)
            ..=(Timestamp(i64::MAX), CaseId(uuid::Uuid::max()), TimerKind::LAST);
        let known = observer.rows(unit).and_then(|rows| rows.scan::<Timers>(all, usize::MAX).ok());
        for (key, _) in known.into_iter().flatten() {
            waiting.timers.insert(key, 0);
            *self.set.entry((unit, key.1)).or_default() += 1;
        }
    }

    fn fires_in_time(&mut self, change: &Change, at: Timestamp, observer: &Observer) -> Look {
        let unit = change.unit;
        let waiting = self.units.entry(unit).or_default();
        for timer in &change.timers {
            match (&timer.before, &timer.after) {
                (_, None) => {
                    waiting.timers.remove(&timer.key);
                    let (due, case, kind) = timer.key;
                    let mut about = change.done_about(case).peekable();
                    let fired = about.peek().is_some() && about.all(|(_, audit)| audit.command == FIRE_TIMER);
                    // What is over by one deadline has no other.
                    let over = change.cases.iter().any(|changed| changed.key == case && has_lapsed(changed));
                    let with_another = over
                        && change.timers.iter().filter(|other| other.after.is_none()).any(|other| {
                            let (other_due, of, _) = other.key;
                            of == case && other_due <= change.meta.now
                        });
                    if fired && change.meta.now < due && !with_another {
                        let (name, now) = (observer.name_of(case), change.meta.now);
                        return Err(Broken::new(format!(
                            "{unit}: {kind:?} of case {name}, due at {due}, came at {now}"
                        )));
                    }
                }
                (before, Some(_)) => {
                    waiting.timers.insert(timer.key, 0);
                    if before.is_none() {
                        *self.set.entry((unit, timer.key.1)).or_default() += 1;
                    }
                }
            }
        }
        // Deadlines of what is inherited are held until it is judged, and keep their day.
        // And while nobody can tell the time nothing falls due.
        let held = observer.is_recovering(unit) || observer.is_time_uncertain(unit);
        let lived = waiting.last.replace(at).filter(|_| !held).map_or(0, |last| (at.0 - last.0).clamp(0, LIVES_MILLIS));
        let last = (change.meta.now, CaseId(uuid::Uuid::max()), TimerKind::LAST);
        for ((due, case, kind), late) in waiting.timers.range_mut(..=last) {
            *late += lived;
            if *late > self.bound_millis {
                let name = observer.name_of(*case);
                let seconds = *late / 1000;
                return Err(Broken::new(format!(
                    "{unit}: {kind:?} of case {name}, due at {due}, has not come in {seconds} s of work"
                )));
            }
        }
        Ok(())
    }

    fn fires_once(&mut self, change: &Change, observer: &Observer) -> Look {
        for (_, audit) in &change.audits {
            let (FIRE_TIMER, None, Some(case)) = (audit.command, &audit.refused, audit.case) else { continue };
            let fired = self.fired.entry((change.unit, case)).or_default();
            *fired += 1;
            let set = self.set.get(&(change.unit, case)).copied().unwrap_or_default();
            if *fired > set {
                let name = observer.name_of(case);
                return Err(Broken::new(format!("{}: case {name} had {set} timers, {fired} fired", change.unit)));
            }
        }
        Ok(())
    }
}

/// An offer counts as unanswered when its patience is over, by the time that it was set for.
fn not_before_it_is_due(change: &Change, case: &CaseChange, observer: &Observer) -> Look {
    let (Some(before), Some(content)) = (&case.before, case.content()) else { return Ok(()) };
    let known = case.content_before().map_or(0, |content| content.passed_over.len());
    let due = before.timers.iter().filter(|(_, kind)| *kind == TimerKind::Patience).map(|(due, _)| *due).max();
    let unanswered = content.passed_over.iter().skip(known).find(|past| past.reason == PassedOverReason::Unanswered);
    match (unanswered, due) {
        (Some(past), Some(due)) if past.at < due => {
            let (unit, name) = (change.unit, observer.name_of(case.key));
            let (other, at) = (past.unit, past.at);
            Err(Broken::new(format!("case {name}: {unit} gave {other} up at {at}, with time until {due}")))
        }
        _ => Ok(()),
    }
}
