//! Whether this machine's clock can be trusted, from what other clocks show and from its own jumps (protocol.md §1); and what a leader
//! logs when it cannot, and when it can again.
//!
//! A doubt stops nothing but what starts or ends a legal period: the unit goes on receiving, in a stretch of its log whose time is
//! uncertain ([`domain::stretch`]).

use std::collections::BTreeSet;

use domain::command::{Command, ConfirmTime, DoubtTime, Proposal};
use domain::ids::NodeId;
use domain::store::{StoreFault, UnitRead};
use domain::stretch::{self, Confirmation};
use domain::tables::Meta;
use domain::time::Timestamp;
use protocol::clock::ClockStanding;

use crate::identity::Tools;

/// A clock that is further from others, or from itself a moment ago, is wrong and has not only drifted.
pub const MOST_APART_MILLIS: i64 = 10 * 60 * 1000;

/// Why a clock is not to be trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClockDoubt {
    /// For people.
    pub why: String,
    /// What brought it about.
    pub cause: DoubtCause,
}

/// What brought a doubt about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DoubtCause {
    /// The machine has just started: nobody was asked yet.
    Started,
    /// The clock was set by more than it can have drifted.
    Jumped,
    /// Other clocks say otherwise: then no clerk's word ends it. This clock has to be set, or theirs.
    Contradicted,
}

/// What another machine's clock showed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// Which machine.
    pub node: NodeId,
    /// How many milliseconds it is ahead of this one.
    pub ahead_millis: i64,
    /// What that machine thinks of its own clock.
    pub standing: ClockStanding,
    /// Whether it is of this unit; else of the unit above.
    pub is_own: bool,
}

/// Watches one machine's clock. May be lost: a new one doubts until a witness agrees.
#[derive(Clone, Debug, Default)]
pub struct ClockWatch {
    doubt: Option<ClockDoubt>,
    /// On the steady clock, when the doubt began.
    doubted_at: i64,
    /// How far the wall clock was ahead of the steady one when last looked at.
    ahead: Option<i64>,
    /// The same when the clock was last trusted.
    trusted_ahead: Option<i64>,
    /// Whose trusted clocks contradicted this one, while they do.
    contradicted_by: BTreeSet<NodeId>,
}

impl ClockWatch {
    /// Of a machine that has just started. Where no other machine can ever be a witness, its clock is believed until it jumps.
    pub fn started(has_witnesses: bool, steady_millis: i64) -> Self {
        let doubt = has_witnesses.then(|| ClockDoubt {
            why: "no other machine's clock was compared with this one's since it started".to_owned(),
            cause: DoubtCause::Started,
        });
        Self { doubt, doubted_at: steady_millis, ..Self::default() }
    }

    /// Why the clock is in doubt now, if it is.
    pub fn doubt(&self) -> Option<&ClockDoubt> {
        self.doubt.as_ref()
    }

    /// What others are told.
    pub fn standing(&self) -> ClockStanding {
        match self.doubt.as_ref().map(|doubt| doubt.cause) {
            None => ClockStanding::Trusted,
            Some(DoubtCause::Started | DoubtCause::Jumped) => ClockStanding::Unsure,
            Some(DoubtCause::Contradicted) => ClockStanding::Doubted,
        }
    }

    /// How long the clock has been in doubt.
    pub fn doubted_millis(&self, steady_millis: i64) -> i64 {
        steady_millis.saturating_sub(self.doubted_at)
    }

    /// Looks whether the wall clock was set while nobody compared it. Called before each use of the clock: a jump is what lies between
    /// two calls. One that is set back to where it was trusted is trusted again.
    pub fn look(&mut self, now: Timestamp, steady_millis: i64) {
        let ahead = now.0.saturating_sub(steady_millis);
        let before = self.ahead.replace(ahead).unwrap_or(ahead);
        #[cfg(mutants)]
        let before = domain::mutants::instead(domain::mutants::Mutant::JumpBelieved, before, ahead);
        match &self.doubt {
            _ if are_apart(ahead, before) && self.trusted_ahead.is_none_or(|trusted| are_apart(ahead, trusted)) => {
                let why = jump(ahead.saturating_sub(before));
                self.doubted(ClockDoubt { why, cause: DoubtCause::Jumped }, steady_millis);
            }
            Some(ClockDoubt { cause: DoubtCause::Jumped, .. }) => {
                if self.trusted_ahead.is_some_and(|trusted| !are_apart(ahead, trusted)) {
                    self.doubt = None;
                }
            }
            Some(_) => {}
            None => self.trusted_ahead = Some(ahead),
        }
    }

    /// What other machines' clocks show, to a unit with so many voters. Where none of them can tell, all stays as it was.
    pub fn compared(&mut self, readings: &[Reading], voters: usize, steady_millis: i64) {
        match judge(readings, voters, self.standing()) {
            Some(Ok(())) => self.confirmed(),
            Some(Err(why)) => {
                let trusted = readings.iter().filter(|reading| reading.standing == ClockStanding::Trusted);
                let contradict = trusted.filter(|reading| are_apart(reading.ahead_millis, 0));
                self.contradicted_by = contradict.map(|reading| reading.node).collect();
                self.doubted(ClockDoubt { why, cause: DoubtCause::Contradicted }, steady_millis);
            }
            None => self.take_back(readings),
        }
    }

    /// Nobody vouches for a clock now. Where all who contradicted this one show the same as it by now, either was set since: neither is
    /// known to be right, and neither is known to be wrong any more. Without this, machines that are set right one after the other
    /// would each wait for the others for ever.
    fn take_back(&mut self, readings: &[Reading]) {
        let agrees =
            |node: &NodeId| readings.iter().any(|reading| reading.node == *node && !are_apart(reading.ahead_millis, 0));
        if let Some(doubt) = self.doubt.as_mut().filter(|doubt| doubt.cause == DoubtCause::Contradicted)
            && self.contradicted_by.iter().all(agrees)
        {
            let why =
                "the clocks that contradicted this machine's agree with it now, and nobody vouches for any of them"
                    .to_owned();
            *doubt = ClockDoubt { why, cause: DoubtCause::Started };
            self.contradicted_by.clear();
        }
    }

    /// A clerk has looked at another clock, and it showed the same.
    pub fn confirmed(&mut self) {
        self.doubt = None;
        self.contradicted_by.clear();
        self.trusted_ahead = self.ahead;
    }

    fn doubted(&mut self, doubt: ClockDoubt, steady_millis: i64) {
        if self.doubt.replace(doubt).is_none() {
            self.doubted_at = steady_millis;
        }
    }
}

fn are_apart(one: i64, other: i64) -> bool {
    one.saturating_sub(other).saturating_abs() > MOST_APART_MILLIS
}

/// What the witnesses say: that the clock is right, or why not; `None` where nobody can tell.
///
/// A machine that doubts its own clock is no witness, with one exception: where all voters of a unit have just started, or stood still
/// together, a majority of them that agree are right.
fn judge(readings: &[Reading], voters: usize, own: ClockStanding) -> Option<Result<(), String>> {
    let of = |standing| readings.iter().filter(move |reading| reading.standing == standing);
    let trusted: Vec<i64> = of(ClockStanding::Trusted).map(|reading| reading.ahead_millis).collect();
    if !trusted.is_empty() {
        return Some(apart(trusted).map_or(Ok(()), Err));
    }
    let agree =
        of(ClockStanding::Unsure).filter(|reading| reading.is_own && !are_apart(reading.ahead_millis, 0)).count();
    (own == ClockStanding::Unsure && 1 + agree > voters / 2 && voters > 1).then_some(Ok(()))
}

/// Why a clock is not to be trusted, from how many milliseconds each witness is ahead of it; `None` where it is.
///
/// The median of all clocks, this one's included, against this one's.
fn apart(mut ahead: Vec<i64>) -> Option<String> {
    let witnesses = ahead.len();
    // Of two that differ one is wrong, and the witness is believed: this clock counts only among several.
    if witnesses > 1 {
        ahead.push(0);
    }
    ahead.sort_unstable();
    // Of an even number of clocks the middle one that is nearer: a tie is no doubt.
    let (low, high) = (ahead[(ahead.len() - 1) / 2], ahead[ahead.len() / 2]);
    let median = if low.abs() < high.abs() { low } else { high };
    let of = if witnesses == 1 { "its witness".to_owned() } else { format!("its {witnesses} witnesses") };
    let side = if median > 0 { "behind" } else { "ahead of" };
    (median.abs() > MOST_APART_MILLIS)
        .then(|| format!("this machine's clock is {} {side} that of {of}: set it right, then try again", span(median)))
}

fn jump(millis: i64) -> String {
    let to = if millis > 0 { "ahead" } else { "back" };
    format!("this machine's clock jumped {} {to}, and no witness has agreed with it since", span(millis))
}

fn span(millis: i64) -> String {
    let minutes = (millis.saturating_abs() + 30_000) / 60_000;
    format!("{} h {} min", minutes / 60, minutes % 60)
}

/// What has to be logged before anything else that a doubted clock stamps: that the log's time is uncertain from here on.
pub fn doubted_first(rows: &impl UnitRead, tools: &Tools<'_>) -> Result<Option<Proposal>, StoreFault> {
    let Some(doubt) = tools.clock_doubt else { return Ok(None) };
    if stretch::open(rows)?.is_some() || !rows.has::<Meta>(&())? {
        return Ok(None);
    }
    let command = Command::DoubtTime(DoubtTime { why: doubt.why.clone() });
    Ok(Some(Proposal { command, stamp: tools.own_stamp() }))
}

/// What a leader owes whose clock is trusted and whose log's time is uncertain: its confirmation.
pub(crate) fn owed(rows: &impl UnitRead, tools: &Tools<'_>) -> Result<Option<Command>, StoreFault> {
    if tools.clock_doubt.is_some() {
        return Ok(None);
    }
    let open = stretch::open(rows)?;
    Ok(open.map(|open| Command::ConfirmTime(ConfirmTime { since: open.since, by: Confirmation::Witnesses })))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 86_400_000;

    #[test]
    fn a_clock_off_by_a_day_is_doubted_and_one_wrong_witness_of_two_is_not_believed() {
        for (ahead, doubted) in [
            (vec![0], false),
            (vec![DAY], true),
            (vec![-DAY], true),
            (vec![599_999], false),
            (vec![0, DAY], false),
            (vec![DAY, DAY], true),
            (vec![-DAY, -DAY, 5], false),
            (vec![DAY, DAY, 5], false),
            (vec![-DAY, -DAY, -DAY, 5], true),
            (vec![-DAY, 3, 5], false),
        ] {
            assert_eq!(apart(ahead.clone()).is_some(), doubted, "{ahead:?}");
        }
        assert!(apart(vec![DAY]).unwrap().contains("24 h 0 min behind"));
    }

    #[test]
    fn who_doubts_itself_is_no_witness_but_a_majority_that_is_only_unsure_and_agrees_is() {
        use ClockStanding::{Doubted, Trusted, Unsure};
        let above = |ahead_millis, standing| Reading { node: NodeId(9), ahead_millis, standing, is_own: false };
        let own = |ahead_millis, standing| Reading { node: NodeId(2), ahead_millis, standing, is_own: true };
        for (readings, voters, judged) in [
            (vec![], 1, None),
            (vec![above(0, Trusted)], 1, Some(true)),
            (vec![above(DAY, Trusted)], 1, Some(false)),
            // The unit above has just started itself: it can say nothing.
            (vec![above(0, Unsure)], 1, None),
            (vec![above(DAY, Unsure), above(0, Trusted)], 1, Some(true)),
            // Three voters that start at once.
            (vec![own(0, Unsure), own(3, Unsure)], 3, Some(true)),
            (vec![own(0, Unsure)], 3, Some(true)),
            (vec![own(DAY, Unsure), own(0, Unsure)], 3, Some(true)),
            (vec![own(DAY, Unsure), own(DAY, Unsure)], 3, None),
            (vec![own(0, Doubted), own(0, Doubted)], 3, None),
            // Of five, two are no majority.
            (vec![own(0, Unsure)], 5, None),
            // One that is trusted stands before any number of those that are not.
            (vec![own(0, Unsure), own(0, Unsure), own(DAY, Trusted)], 3, Some(false)),
        ] {
            assert_eq!(judge(&readings, voters, Unsure).map(|said| said.is_ok()), judged, "{readings:?} of {voters}");
        }
        assert_eq!(
            judge(&[own(0, Unsure), own(0, Unsure)], 3, Doubted),
            None,
            "one that is contradicted is not confirmed by guesses"
        );
    }

    #[test]
    fn a_jump_is_a_doubt_until_a_witness_agrees_or_it_is_taken_back_and_a_drift_is_none() {
        let mut watch = ClockWatch::started(false, 0);
        watch.look(Timestamp(DAY), 0);
        watch.look(Timestamp(DAY + 590_000), 1_000);
        assert_eq!(watch.doubt(), None);
        watch.look(Timestamp(3 * DAY), 2_000);
        assert!(watch.doubt().is_some_and(|doubt| doubt.cause == DoubtCause::Jumped && doubt.why.contains("jumped")));
        assert_eq!(watch.doubted_millis(5_000), 3_000);
        watch.compared(&[], 1, 6_000);
        assert!(watch.doubt().is_some());
        watch.look(Timestamp(DAY + 594_000), 6_000);
        assert_eq!(watch.doubt(), None, "set back to where it was");

        watch.look(Timestamp(3 * DAY), 7_000);
        let standing = ClockStanding::Trusted;
        let witness = |ahead_millis| [Reading { node: NodeId(9), ahead_millis, standing, is_own: false }];
        watch.compared(&witness(DAY), 1, 7_000);
        assert!(watch.doubt().is_some_and(|doubt| doubt.cause == DoubtCause::Contradicted));
        watch.compared(&witness(0), 1, 8_000);
        assert_eq!(watch.doubt(), None);
        // It is trusted where it is now.
        watch.look(Timestamp(DAY), 9_000);
        assert!(watch.doubt().is_some());
        assert!(ClockWatch::started(true, 0).doubt().is_some());
    }

    #[test]
    fn who_was_contradicted_is_only_unsure_once_all_who_contradicted_it_show_the_same() {
        use ClockStanding::{Doubted, Trusted, Unsure};
        let of = |node, ahead_millis, standing| Reading { node: NodeId(node), ahead_millis, standing, is_own: true };
        let mut watch = ClockWatch::started(true, 0);
        watch.compared(&[of(2, DAY, Trusted), of(3, DAY, Trusted)], 3, 0);
        for (readings, standing) in [
            // Out of reach, or started anew and still apart: what was said stands.
            (vec![], Doubted),
            (vec![of(2, 0, Doubted)], Doubted),
            (vec![of(2, 0, Doubted), of(3, DAY, Unsure)], Doubted),
            // Both were set: nobody is known to be wrong, and two that are contradicted are no majority of the unsure.
            (vec![of(2, 0, Doubted), of(3, 0, Doubted)], Unsure),
            (vec![of(2, 0, Doubted), of(3, 0, Doubted)], Unsure),
            (vec![of(2, 0, Unsure), of(3, 0, Doubted)], Trusted),
        ] {
            watch.compared(&readings, 3, 0);
            assert_eq!(watch.standing(), standing, "{readings:?}");
        }
    }
}
