//! Whether time may be hurried: nothing moves that only real time moves.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use domain::ids::UnitId;
use sim::ground::Ground as _;
use sim::ground::network::End;
use unit::relay::relays;

use super::RealGround;

/// After something happened time is left alone for so long.
const SETTLES: Duration = Duration::from_millis(1_000);
/// What has waited for so long without anything happening waits for time.
const STUCK: Duration = Duration::from_secs(15);
/// A node has noticed by then that its clock was set, and says so.
const NOTICED: Duration = Duration::from_secs(3);
/// The same for mail that can go through a relay alone: a sender tries the straight way, and relays that do not answer, for as long
/// as an answer may take before it comes to the one that works.
const STUCK_BETWEEN: Duration = Duration::from_secs(45);

/// How mail can get to whom it is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Carried {
    Straight,
    ByRelay,
}

impl RealGround {
    /// Whether nothing moves that time would not move: then time may pass more quickly.
    pub(super) fn may_hurry(&self) -> bool {
        let waits = self.people.waiting() > 0 || self.changing > 0 || self.traps.any();
        if self.clocks.is_none() || waits || self.now() < self.lasting || self.asks_for_the_time() {
            return false;
        }
        let quiet = self.busy.elapsed();
        if quiet < SETTLES {
            return false;
        }
        match self.mail_on_its_way() {
            Some(Carried::Straight) => quiet > STUCK,
            Some(Carried::ByRelay) => quiet > STUCK_BETWEEN,
            None => quiet > STUCK || self.everyone_is_level(),
        }
    }

    /// The days went on a moment ago, and a node still asks others whether they did: that takes real time.
    fn asks_for_the_time(&self) -> bool {
        let Some(elapsed) = self.advanced.map(|at| at.elapsed()) else { return false };
        let mut running = self.places.iter().filter(|(_, place)| place.runs && !place.stands_still);
        let doubts = |node| self.statuses.of_node(node).is_none_or(|status| status.doubts);
        elapsed < NOTICED || (elapsed < STUCK && running.any(|(node, _)| doubts(*node)))
    }

    /// Every running node has answered, and its log was read as far as it says.
    fn everyone_is_level(&self) -> bool {
        let mut led: BTreeMap<UnitId, bool> = BTreeMap::new();
        for (node, place) in self.places.iter().filter(|(_, place)| place.runs && !place.stands_still) {
            let Some(status) = self.statuses.of_node(*node) else { return false };
            if status.sequence != self.logs.shown(*node) {
                return false;
            }
            *led.entry(place.unit).or_default() |= status.leads && self.is_followed(*node);
            // Nobody need be followed where a majority does not run.
            let all = self.nodes_of(place.unit);
            let run = all.iter().filter(|node| self.places[*node].runs).count();
            if run * 2 <= all.len() || !status.knows_leader && place.stopped.is_some() {
                led.insert(place.unit, true);
            }
        }
        led.into_values().all(|led| led)
    }

    /// The hardest way of the mail that waits and can arrive.
    fn mail_on_its_way(&self) -> Option<Carried> {
        let units: BTreeSet<UnitId> = self.places.values().map(|place| place.unit).collect();
        let pairs = units.iter().flat_map(|from| units.iter().map(move |to| (*from, *to)));
        let waits = pairs.filter(|(from, to)| from != to && self.logs.owes(*from, *to));
        waits.filter_map(|(from, to)| self.carried(from, to)).max()
    }

    /// How mail can go from one unit to another and its answer back, if it can.
    fn carried(&self, from: UnitId, to: UnitId) -> Option<Carried> {
        if self.reach(from, to) {
            return Some(Carried::Straight);
        }
        let between = relays(&self.directory, from, to);
        let works = |relay: &UnitId| self.reach(from, *relay) && self.reach(*relay, to);
        between.iter().any(works).then_some(Carried::ByRelay)
    }

    /// Whether mail can go from one unit to another and its answer back.
    fn reach(&self, from: UnitId, to: UnitId) -> bool {
        let ends = |unit| {
            let running = self.nodes_of(unit).into_iter().filter(|node| self.places[node].runs);
            running.map(move |node| End { node, unit }).collect::<Vec<_>>()
        };
        let (there, here) = (ends(to), ends(from));
        here.iter().any(|a| there.iter().any(|b| self.links.reaches(*a, *b) && self.links.reaches(*b, *a)))
    }
}
