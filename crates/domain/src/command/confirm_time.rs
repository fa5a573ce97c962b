//! The time is certain again: witnesses agree, or a clerk has looked at another clock.

use serde::{Deserialize, Serialize};

use crate::ids::Sequence;
use crate::refusal::Refusal;
use crate::store::{StoreFault, UnitStore};
use crate::stretch::{Confirmation, OpenStretch, StretchEnd};
use crate::tables::{OpenStretches, Stretches};

use super::{Context, Done, Ruling};

/// Which stretch ends. The confirmed time is the stamp's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfirmTime {
    /// As the leader saw it: a confirmation that comes late ends no other stretch.
    pub since: Sequence,
    /// Who confirms.
    pub by: Confirmation,
}

impl ConfirmTime {
    /// The unit's time becomes the confirmed one, earlier than what a fast clock showed meanwhile, but never before the last certain
    /// one.
    pub(crate) fn apply(&self, context: &mut Context<'_, impl UnitStore>) -> Ruling {
        let open = context.store.get::<OpenStretches>(&())?.filter(|open| open.since == self.since);
        let Some(OpenStretch { since, certain_until }) = open else { return Err(Refusal::TimeCertain.into()) };
        let Some(mut stretch) = context.store.get::<Stretches>(&since)? else {
            let what = format!("the open stretch of uncertain time since command {} is not kept", since.0);
            return Err(StoreFault::Broken { promise: "I12", what }.into());
        };

        context.meta.now = context.stamp.time.max(certain_until);
        stretch.ended = Some(StretchEnd { sequence: context.meta.sequence, at: context.now(), by: self.by });
        context.store.put::<Stretches>(&since, &stretch)?;
        context.store.delete::<OpenStretches>(&())?;
        Ok(Done::TimeConfirmed { since })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::Happening;
    use crate::command::{Command, DoubtTime, FireTimer};
    use crate::support::*;

    const DAY: i64 = 86_400_000;

    fn doubt() -> Command {
        Command::DoubtTime(DoubtTime { why: "it jumped".into() })
    }

    fn confirm(since: Sequence) -> Command {
        Command::ConfirmTime(ConfirmTime { since, by: Confirmation::Witnesses })
    }

    #[test]
    fn a_stretch_begins_once_and_ends_at_the_confirmed_time() {
        let mut world = World::jining();
        let village = world.unit(VILLAGE);
        let (certain, next) = (village.meta().now, village.meta().sequence.next());
        assert_eq!(village.refused(confirm(next)), Refusal::TimeCertain);
        village.clock = certain.plus_millis(DAY);
        let since = village.meta().sequence.next();
        assert_eq!(village.done(doubt()), Done::TimeDoubted { since });
        assert_eq!(village.meta().now, certain, "a doubted clock is no time yet");
        assert_eq!(village.done(doubt()), Done::Nothing);
        assert_eq!(village.meta().now, certain);

        assert_eq!(village.refused(confirm(next)), Refusal::TimeCertain);
        assert_eq!(village.meta().now, certain.plus_millis(DAY), "within the stretch it is what the clock shows");
        village.clock = certain.plus_millis(60_000);
        assert_eq!(village.done(confirm(since)), Done::TimeConfirmed { since });
        assert_eq!(village.meta().now, certain.plus_millis(60_000));
        assert_eq!(village.refused(confirm(since)), Refusal::TimeCertain);

        // A clock that is behind confirms nothing before what was certain.
        let since = village.meta().sequence.next();
        let certain = village.meta().now;
        village.done(doubt());
        village.clock = certain.plus_millis(-DAY);
        village.done(confirm(since));
        assert_eq!(village.meta().now, certain);
    }

    #[test]
    fn a_story_says_where_its_times_are_uncertain_and_nothing_legal_is_done_there() {
        let mut world = World::jining();
        let before = world.receive(COUNTY, EQUAL);
        let county = world.unit(COUNTY);
        let (certain, since) = (county.meta().now, county.meta().sequence.next());
        county.done(doubt());
        let within = world.receive(COUNTY, COUNTY_ONLY);
        let county = world.unit(COUNTY);
        let due = crate::calendar::due(county.meta().now.date(), 20, crate::case::DayUnit::Working, &calendar());
        let accept = |case| Command::Accept(crate::command::Accept { case, due: due.clone() });
        for refused in [accept(before), accept(within)] {
            assert_eq!(county.refused(refused), Refusal::TimeUncertain { since });
        }
        let mark = Happening::TimeUncertain { since, certain_until: certain };
        assert_eq!(county.content(within).timeline[0].what, mark);
        assert!(county.content(before).timeline.iter().all(|entry| entry.what != mark), "nothing was told of it since");

        county.done(confirm(since));
        let at = county.meta().now;
        county.done(accept(before));
        county.done(accept(within));
        let ends = |case| {
            let told = county.content(case).timeline.into_iter();
            told.filter(|entry| entry.what == Happening::TimeConfirmed { since, at }).count()
        };
        assert_eq!([ends(before), ends(within)], [0, 1]);
    }

    #[test]
    fn patience_with_an_offer_made_in_uncertain_time_runs_from_its_confirmation() {
        let mut world = World::jining();
        let case = world.receive(VILLAGE, EQUAL);
        let village = world.unit(VILLAGE);
        let (certain, since) = (village.meta().now, village.meta().sequence.next());
        village.done(doubt());
        village.clock = certain.plus_millis(30 * DAY);
        world.offer(VILLAGE, case, COUNTY);
        let village = world.unit(VILLAGE);
        let (due, _, kind) = village.timers()[0];
        let patience = due.0 - certain.0;
        assert!(patience > 0 && patience < DAY, "counted from the last certain time");
        let fire = |due| Command::FireTimer(FireTimer { due, case, kind });
        assert_eq!(village.refused(fire(due)), Refusal::TimeUncertain { since });

        let confirmed = certain.plus_millis(DAY);
        village.clock = confirmed;
        village.done(confirm(since));
        assert_eq!(village.done(fire(due)), Done::Nothing);
        let due = confirmed.plus_millis(patience);
        assert_eq!(village.timers(), [(due, case, kind)]);
        village.clock = due;
        assert_eq!(village.done(fire(due)), Done::CaseChanged { case });
        assert!(village.timers().is_empty());
    }
}
