//! Cards of who leaves people without an answer, by the rules of [`crate::cards`]: red once the last day is over, a warning and yellow
//! by the matter's rule, each once, and none for what was done in time.
//!
//! The days count from when a concern was given, wherever that was. Of one that was so long on its way that a last day had passed
//! before it came, that day is nobody's fault: it is counted anew from the day of arrival.

use super::periods::terms;
use super::{ConcernRow, ConcernStep, Periods, Saying};
use crate::cards::{Card, CardCause, CardKind, KnownTime};
use crate::catalogue::{CardRule, installed};
use crate::store::{StoreFault, UnitRead};
use crate::tables::UnitMeta;
use crate::time::{CivilDate, Timestamp};

/// The cards of the unit that answers a concern; none where another one does.
///
/// # Errors
/// The store failed.
pub fn cards_of(
    rows: &impl UnitRead,
    meta: &UnitMeta,
    row: &ConcernRow,
    known: KnownTime,
) -> Result<Vec<Card>, StoreFault> {
    let Some(set) = row.periods else { return Ok(vec![]) };
    let (rule, calendar) = terms(rows, meta, &row.concern)?;
    let matter = installed::matter(rows, row.concern.pin.number, &row.concern.matter)?;
    let cards = matter.and_then(|matter| matter.guide.cards);
    let anew = Periods::counted(&row.concern, row.since.date(), rule, &calendar);
    let mut all = Vec::new();
    for (cause, done, set, anew) in limits(row, set, anew) {
        let due = if row.since.date() > set { anew } else { set };
        let until = done.unwrap_or(known.now).date();
        let certain = known.certain_until.filter(|_| done.is_none()).map(Timestamp::date);
        let mut card = |kind, on: CivilDate| {
            let undetermined = !row.concern.certain || certain.is_some_and(|certain| on > certain);
            if on <= until && on >= row.since.date() {
                all.push(Card { kind, cause, unit: meta.unit, on, due, undetermined });
            }
        };
        if let Some(CardRule { warning_days_before, yellow_days_before, .. }) = cards {
            // The first day on which so few working days are left, of those on which the unit knew of it.
            let first = |days: u16| {
                let mut day = row.since.date();
                while day < due && calendar.working_days_between(day, due) > i32::from(days) {
                    day = day.plus_days(1);
                }
                day
            };
            card(CardKind::Warning, first(warning_days_before));
            card(CardKind::Yellow, first(yellow_days_before));
        }
        card(CardKind::Red, due.plus_days(1 + i32::from(cards.map_or(0, |rule| rule.red_days_after))));
    }
    all.sort_by_key(|card| (card.on, std::cmp::Reverse(card.kind), card.cause));
    Ok(all)
}

/// What is owed: when it was done, its last day as set, and as counted from arrival.
type Limit = (CardCause, Option<Timestamp>, CivilDate, CivilDate);

fn limits(row: &ConcernRow, set: Periods, anew: Periods) -> Vec<Limit> {
    let done =
        |wanted: fn(&ConcernStep) -> bool| row.events.iter().find(|event| wanted(&event.what)).map(|event| event.at);
    match &row.concern.saying {
        Saying::Rating { level, .. } if !level.is_bad() || row.has(|step| matches!(step, ConcernStep::NotCounted)) => {
            vec![]
        }
        Saying::Rating { .. } => {
            let called = done(|step| matches!(step, ConcernStep::CalledBack { .. } | ConcernStep::Excluded { .. }));
            let rectified = done(|step| matches!(step, ConcernStep::Rectified { .. } | ConcernStep::Excluded { .. }));
            vec![
                (CardCause::CallBack, called, set.first, anew.first),
                (CardCause::Rectification, rectified, set.last, anew.last),
            ]
        }
        Saying::Urging(_) => {
            let answered = done(|step| {
                matches!(step, ConcernStep::Answered { .. } | ConcernStep::Over | ConcernStep::WentOn { .. })
            });
            vec![(CardCause::Urging, answered, set.first, anew.first)]
        }
        Saying::Complaint { .. } => {
            let judged =
                done(|step| matches!(step, ConcernStep::ComplaintAccepted | ConcernStep::ComplaintRefused { .. }));
            let answered = done(|step| {
                matches!(step, ConcernStep::ComplaintAnswered { .. } | ConcernStep::ComplaintRefused { .. })
            });
            vec![
                (CardCause::ComplaintAcceptance, judged, set.first, anew.first),
                (CardCause::ComplaintAnswer, answered, set.last, anew.last),
            ]
        }
    }
}
