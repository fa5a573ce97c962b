//! Which way the next try to a peer goes: straight, or through a relay. State here may be lost.

use domain::ids::UnitId;
use domain::time::Timestamp;

/// So often the straight way is tried before a relay is: each of a small unit's voters may be the one that is up.
const STRAIGHT_FIRST: usize = 2;
/// Who is reached through a relay is tried straight again after so long.
const STRAIGHT_AGAIN_MILLIS: i64 = 30_000;

/// How mail gets to a peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// Over the link to the peer.
    Straight,
    /// Through a relay.
    Through(UnitId),
}

/// Which ways to a peer have failed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ways {
    /// Tries since one last came through.
    failed: usize,
    /// What last worked, if not the straight way.
    relay: Option<UnitId>,
    straight_again: Timestamp,
}

impl Ways {
    /// The next try's. Straight and relays take turns, so that a link that is back is soon used. Who may carry is found out only
    /// when it is asked: that looks at the whole region.
    pub(crate) fn next(&self, relays: impl FnOnce() -> Vec<UnitId>, now: Timestamp) -> Way {
        if let Some(relay) = self.relay {
            // Longer than this ahead, the clock was set back since.
            let waits = self.straight_again.0.saturating_sub(now.0);
            return if (1..=STRAIGHT_AGAIN_MILLIS).contains(&waits) { Way::Through(relay) } else { Way::Straight };
        }
        let Some(turn) = self.failed.checked_sub(STRAIGHT_FIRST).filter(|turn| turn % 2 == 0) else {
            return Way::Straight;
        };
        let relays = relays();
        let relay = relays.get((turn / 2) % relays.len().max(1));
        relay.map_or(Way::Straight, |relay| Way::Through(*relay))
    }

    /// Through which relay the peer is reached at the moment.
    pub(crate) fn through(&self) -> Option<UnitId> {
        self.relay
    }

    /// The peer itself answered.
    pub(crate) fn came_through(&mut self, way: Way, now: Timestamp) {
        self.failed = 0;
        match way {
            Way::Straight => self.relay = None,
            Way::Through(relay) => {
                if self.relay != Some(relay) {
                    self.straight_again = now.plus_millis(STRAIGHT_AGAIN_MILLIS);
                }
                self.relay = Some(relay);
            }
        }
    }

    /// Nothing came back from the peer. Returns whether another way is known to work, so that the next try need not wait.
    pub(crate) fn failed(&mut self, way: Way, now: Timestamp) -> bool {
        match (way, self.relay) {
            (Way::Straight, Some(_)) => {
                self.straight_again = now.plus_millis(STRAIGHT_AGAIN_MILLIS);
                true
            }
            _ => {
                self.relay = None;
                self.failed = self.failed.saturating_add(1);
                false
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(number: u64) -> UnitId {
        UnitId::new(370_811_000_000 + number).unwrap()
    }

    #[test]
    fn relays_take_turns_with_the_straight_way_and_one_that_works_is_kept() {
        let (mut ways, mut now) = (Ways::default(), Timestamp(1_000));
        let relays = || vec![unit(1), unit(2)];
        let mut tried = Vec::new();
        for _ in 0..7 {
            let way = ways.next(relays, now);
            tried.push(way);
            assert!(!ways.failed(way, now));
        }
        let through = |number| Way::Through(unit(number));
        use Way::Straight;
        assert_eq!(tried, [Straight, Straight, through(1), Straight, through(2), Straight, through(1)]);

        ways.came_through(through(2), now);
        assert_eq!((ways.next(relays, now), ways.through()), (through(2), Some(unit(2))));
        now = now.plus_millis(STRAIGHT_AGAIN_MILLIS);
        assert_eq!(ways.next(relays, now), Straight);
        assert!(ways.failed(Straight, now), "the relay is known to work: at once");
        assert_eq!(ways.next(relays, now), through(2));
        assert!(!ways.failed(through(2), now), "it does not any more");
        assert_eq!(ways.through(), None);
        ways.came_through(Straight, now);
        assert_eq!(ways.next(relays, now), Straight);
        assert_eq!(Ways { failed: 2, ..Ways::default() }.next(Vec::new, now), Straight, "nobody between the two");
    }
}
