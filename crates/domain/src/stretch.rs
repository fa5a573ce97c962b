//! Stretches of the log whose time is uncertain (protocol.md §1): begun when the leader's clock is in doubt, ended once a witness,
//! or a clerk, confirms it.
//!
//! What lies in a stretch happened between the last certain time before it and its confirmation; the times told in between are only
//! what a doubted clock showed. Receiving goes on in a stretch. Nothing that begins or ends a legal period is done in one, no timer
//! fires in one, and a period that began in one is counted from its confirmation. Facts are never edited: a case's story says
//! where it becomes uncertain and where it is certain again.

use serde::{Deserialize, Serialize};

use crate::case::{Happening, TimelineEntry};
use crate::first_form;
use crate::ids::{Sequence, UnitId};
use crate::store::{StoreFault, UnitRead};
use crate::tables::{OpenStretches, Stretches};
use crate::time::Timestamp;

/// One stretch, under the number of the command that began it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stretch {
    /// The unit's time before it: what lies in it did not happen earlier.
    pub certain_until: Timestamp,
    /// Why the clock was in doubt, for people.
    pub why: String,
    /// None while it is open.
    pub ended: Option<StretchEnd>,
}

/// How a stretch ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StretchEnd {
    /// The command that ended it.
    pub sequence: Sequence,
    /// The confirmed time: what lies in the stretch did not happen later.
    pub at: Timestamp,
    /// Who confirmed it.
    pub by: Confirmation,
}

/// Who says that the clock is right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Confirmation {
    /// Other machines' clocks agree.
    Witnesses,
    /// A clerk has looked at another clock.
    Clerk {
        /// What that clock showed.
        said: Timestamp,
    },
}

/// The stretch that the log is in; at most one row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenStretch {
    /// The command that began it.
    pub since: Sequence,
    /// As of the stretch.
    pub certain_until: Timestamp,
}

first_form! {
    53: Stretch;
    54: OpenStretch;
}

/// The stretch that the log is in now, if its time is uncertain.
pub fn open(rows: &impl UnitRead) -> Result<Option<OpenStretch>, StoreFault> {
    rows.get::<OpenStretches>(&())
}

/// What a story has to say before the unit's next line in it: that times are uncertain from here on, or certain again; `None` where
/// it has said so already.
pub(crate) fn mark(
    rows: &impl UnitRead,
    (unit, now): (UnitId, Timestamp),
    story: &[TimelineEntry],
) -> Result<Option<Happening>, StoreFault> {
    #[cfg(mutants)]
    if crate::mutants::is(crate::mutants::Mutant::UncertainUnsaid) {
        return Ok(None);
    }
    let marked = uncertain_since(unit, story);
    Ok(match (open(rows)?, marked) {
        (Some(open), Some(since)) if open.since == since => None,
        (Some(OpenStretch { since, certain_until }), _) => Some(Happening::TimeUncertain { since, certain_until }),
        (None, Some(since)) => {
            // A stretch that was lost with the unit's former life has no end in this one: it ended with the life.
            let ended = rows.get::<Stretches>(&since)?.and_then(|stretch| stretch.ended);
            Some(Happening::TimeConfirmed { since, at: ended.map_or(now, |ended| ended.at) })
        }
        (None, None) => None,
    })
}

/// The stretch in which a unit's last line of a story lies, as far as the story says.
pub fn uncertain_since(unit: UnitId, story: &[TimelineEntry]) -> Option<Sequence> {
    let own = story.iter().rev().filter(|entry| entry.unit == unit);
    let marks = own.filter_map(|entry| match entry.what {
        Happening::TimeUncertain { since, .. } => Some(Some(since)),
        Happening::TimeConfirmed { .. } => Some(None),
        _ => None,
    });
    marks.into_iter().next().flatten()
}
