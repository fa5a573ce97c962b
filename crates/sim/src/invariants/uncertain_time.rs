//! The part of I6 about clocks that cannot be trusted: a time that a story tells as certain is right to some minutes, by true time; one
//! that is not is told as uncertain; and in uncertain time no legal period begins or ends.

use std::collections::BTreeMap;

use domain::case::{Happening, TimelineEntry};
use domain::division::Tier;
use domain::ids::{Sequence, UnitId};
use domain::time::Timestamp;

use super::{Broken, Look, Terms};
use crate::ground::What;
use crate::observe::{CaseChange, Change, Moment, Observer};
use crate::scenario::FaultKind;

/// Kinds of commands in audit rows.
const FIRE_TIMER: u16 = 17;
const DOUBT_TIME: u16 = 26;
const CONFIRM_TIME: u16 = 27;

/// Two clocks that are not more apart do not contradict each other; a unit is compared with the one above, that one with the next.
const APART_MILLIS: i64 = 10 * 60 * 1000;
/// What was stamped before all clocks went on at once may be applied a little after.
const AFTER_ADVANCE_MILLIS: i64 = 60_000;

pub(super) struct UncertainTime {
    has_right_clocks: bool,
    /// Of each unit, the stretch that its log is in.
    open: BTreeMap<UnitId, Sequence>,
    advanced_at: Timestamp,
}

impl UncertainTime {
    pub(super) fn new(terms: &Terms) -> Self {
        let has_right_clocks = terms.has_right_clocks;
        Self { has_right_clocks, open: BTreeMap::new(), advanced_at: Timestamp(i64::MIN / 2) }
    }

    pub(super) fn look(&mut self, moment: &Moment<'_>, observer: &Observer) -> Look {
        match &moment.event.what {
            What::Fault { kind: FaultKind::Advance, .. } => self.advanced_at = moment.at,
            What::Promoted { unit, .. } => {
                // The next life goes on where its mirror was.
                match observer.open_stretch(*unit) {
                    Some(since) => drop(self.open.insert(*unit, since)),
                    None => drop(self.open.remove(unit)),
                }
            }
            _ => {}
        }
        let Some(change) = &moment.change else { return Ok(()) };
        let stretches = self.follow(change)?;
        let is_open = |sequence: Sequence| {
            let within = |(since, until): &&(Sequence, Option<Sequence>)| {
                *since < sequence && until.is_none_or(|until| sequence < until)
            };
            stretches.iter().find(within).map(|(since, _)| *since)
        };
        let first = change.before.as_ref().map_or(Sequence(0), |before| before.sequence);
        for case in &change.cases {
            let own = |entry: &&TimelineEntry| entry.unit == change.unit && entry.sequence > first;
            for entry in case.new_entries().into_iter().filter(own) {
                let since = is_open(entry.sequence);
                let told = told_since(case, entry);
                let bad = |what: String| Err(Broken::new(format!("case {}: {what}", observer.name_of(case.key))));
                if since != told && !is_mark(&entry.what) {
                    return bad(format!(
                        "{} tells {:?} in {since:?}; its story says {told:?}",
                        change.unit, entry.what
                    ));
                }
                if since.is_some() && is_legal(&entry.what) {
                    return bad(format!("{} does {:?} while it cannot tell the time", change.unit, entry.what));
                }
                if since.is_none()
                    && let Err(what) = self.is_right(change, entry.at, moment.at)
                {
                    return bad(what);
                }
            }
        }
        Ok(())
    }

    /// The stretches that a batch's commands lie in, with the command that ended each; keeps the one that is open after it.
    fn follow(&mut self, change: &Change) -> Result<Vec<(Sequence, Option<Sequence>)>, Broken> {
        let unit = change.unit;
        let mut stretches: Vec<(Sequence, Option<Sequence>)> =
            self.open.get(&unit).map(|since| (*since, None)).into_iter().collect();
        for (sequence, audit) in change.audits.iter().filter(|(_, audit)| audit.refused.is_none()) {
            let open = stretches.last_mut().filter(|(_, until)| until.is_none());
            match (audit.command, open) {
                (DOUBT_TIME, None) => stretches.push((*sequence, None)),
                (CONFIRM_TIME, Some((_, until))) => *until = Some(*sequence),
                (FIRE_TIMER, Some((since, _))) => {
                    let what =
                        format!("{unit}: a timer fires in command {}, in the stretch of {}", sequence.0, since.0);
                    return Err(Broken::new(what));
                }
                _ => {}
            }
        }
        match stretches.last() {
            Some((since, None)) => drop(self.open.insert(unit, *since)),
            _ => drop(self.open.remove(&unit)),
        }
        Ok(stretches)
    }

    /// Whether a time that is told as certain is the true one, to the minutes that clocks may be apart.
    fn is_right(&self, change: &Change, told: Timestamp, now: Timestamp) -> Result<(), String> {
        // The city's own voters have no other witness than each other.
        if !self.has_right_clocks || change.meta.parent.is_none() {
            return Ok(());
        }
        let steps = match change.meta.tier {
            Tier::City => 1,
            Tier::County => 2,
            Tier::Township => 3,
            Tier::Village => 4,
        };
        let apart = told.0 - now.0;
        let is_stale = apart < 0 && now.0 - self.advanced_at.0 < AFTER_ADVANCE_MILLIS;
        if apart.abs() <= steps * APART_MILLIS || is_stale {
            return Ok(());
        }
        Err(format!("{} tells {told} as certain, at {now} by the right time", change.unit))
    }
}

/// The stretch in which a story says that a line of it lies.
fn told_since(case: &CaseChange, line: &TimelineEntry) -> Option<Sequence> {
    let row = case.after.as_ref()?;
    let own = |entry: &&TimelineEntry| entry.unit == line.unit && entry.sequence <= line.sequence;
    let story = |entries: &[TimelineEntry]| {
        let before = entries.iter().position(|entry| entry == line).map_or(entries.len(), |at| at + 1);
        domain::stretch::uncertain_since(line.unit, &entries[..before])
    };
    let content = row.content.as_ref().map(|content| content.timeline.as_slice()).unwrap_or_default();
    // What stands beside the content goes on from what it says.
    match content.contains(line) {
        true => story(content),
        false => {
            let frozen = content.iter().filter(own);
            let beside = row.news.iter().take_while(|entry| *entry != line);
            let all: Vec<TimelineEntry> = frozen.chain(beside).cloned().collect();
            domain::stretch::uncertain_since(line.unit, &all)
        }
    }
}

fn is_mark(what: &Happening) -> bool {
    matches!(what, Happening::TimeUncertain { .. } | Happening::TimeConfirmed { .. })
}

/// What begins or ends a legal period.
fn is_legal(what: &Happening) -> bool {
    matches!(what, Happening::Accepted { .. } | Happening::NotAccepted { .. } | Happening::Decided { .. })
}
