//! Offers a case to another unit: content is frozen, the leader may only take the offer back.

use serde::{Deserialize, Serialize};

use crate::case::{CaseContent, Happening, Stage};
use crate::handoff::Input;
use crate::ids::{Attempt, CaseId, UnitId};
use crate::refusal::Refusal;
use crate::routing::{RouteQuestion, route};
use crate::sealed::WrappedKey;
use crate::store::UnitStore;
use crate::stretch;

use super::context::content_hash;
use super::{Context, Done, Halt, Ruling, TimerKind};

/// Whom the case is offered to, with the data key sealed to that unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// Which case.
    pub case: CaseId,
    /// As the leader saw it: another one is `Changed`.
    pub attempt: Attempt,
    /// Whom to.
    pub to: UnitId,
    /// The case's data key, sealed to that unit.
    pub key: WrappedKey,
}

impl Offer {
    pub(crate) fn apply(&self, context: &mut Context<'_, impl UnitStore>) -> Ruling {
        let (mut row, mut content) = context.owned_case(self.case)?;
        if row.custody.attempt != self.attempt {
            return Err(Refusal::Changed.into());
        }
        self.check_taker(context, &content)?;
        context.tell(&mut content, Happening::Offered { to: self.to })?;
        let content_hash = content_hash(&content)?;
        let step = context.own_step(&row, Input::Offer { to: self.to, content: content_hash })?;
        let patience = match content.stage {
            // Before acceptance an unanswered offer goes to the next equal authority; afterwards the mail is patient for ever.
            Stage::Received => Some(context.matter(content.pin, &content.matter)?.patience_seconds),
            _ => None,
        };

        if let Some(seconds) = patience {
            // In a stretch of uncertain time the earliest that it can be: counted from the confirmation once it fires.
            let since = stretch::open(&*context.store)?.map_or(context.now(), |open| open.certain_until);
            let due = since.plus_millis(i64::from(seconds) * 1000);
            context.set_timer(self.case, &mut row, due, TimerKind::Patience)?;
        }
        context.send_step(self.case, &step, Some((&content, &self.key)))?;
        row.custody = step.custody.unwrap_or(row.custody);
        row.content = Some(content);
        context.put_case(self.case, row)?;
        Ok(Done::CaseChanged { case: self.case })
    }
    /// A case only received or sent up goes to whose turn it is or who routes it on; a result goes back to where the case was received. In
    /// between it stays where it was accepted.
    fn check_taker(&self, context: &Context<'_, impl UnitStore>, content: &CaseContent) -> Result<(), Halt> {
        let unit = context.meta.unit;
        let fits = self.to != unit
            && match content.stage {
                Stage::Received | Stage::SentUp => {
                    route(&*context.store, &RouteQuestion::of_case(unit, content))?.allows(self.to)
                }
                Stage::Closed => self.to == content.receiver,
                stage => return Err(Refusal::StageUnfit { stage }.into()),
            };
        if fits { Ok(()) } else { Err(Refusal::OfferUnfit { to: self.to }.into()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::{Command, Done};
    use crate::ids::CaseId;
    use crate::support::*;

    #[test]
    fn refusals_in_order() {
        let mut world = World::jining();
        let case = world.receive(VILLAGE, COUNTY_ONLY);
        let unknown = CaseId(uuid::Uuid::nil());
        let village = world.unit(VILLAGE);
        // Wrong in every way; then right in one more each time.
        for (command, refusal) in [
            (offer(unknown, Attempt(9), VILLAGE), Refusal::CaseUnknown { case: unknown }),
            (offer(case, Attempt(9), VILLAGE), Refusal::Changed),
            (offer(case, Attempt(1), VILLAGE), Refusal::OfferUnfit { to: VILLAGE }),
            (offer(case, Attempt(1), OTHER_COUNTY), Refusal::OfferUnfit { to: OTHER_COUNTY }),
            (offer(case, Attempt(1), CITY), Refusal::OfferUnfit { to: CITY }),
        ] {
            assert_eq!(village.refused(command), refusal);
        }
        assert_eq!(village.done(offer(case, Attempt(1), COUNTY)), Done::CaseChanged { case });
        let again: Command = offer(case, Attempt(1), COUNTY);
        let role = crate::handoff::Role::Offering { to: COUNTY };
        assert_eq!(village.refused(again.clone()), Refusal::CaseMoving { role });
        world.settle();
        assert_eq!(world.unit(VILLAGE).refused(again), Refusal::CaseElsewhere { with: COUNTY });
        // Once accepted it stays; the result goes to nobody but who received it.
        world.accept(COUNTY, case);
        let county = world.unit(COUNTY);
        assert_eq!(county.refused(offer(case, Attempt(2), CITY)), Refusal::StageUnfit { stage: Stage::Accepted });
        county.done(decide(case, true, ""));
        county.done(Command::Close(crate::command::Close { case }));
        assert_eq!(county.refused(offer(case, Attempt(2), CITY)), Refusal::OfferUnfit { to: CITY });
        assert_eq!(county.done(offer(case, Attempt(2), VILLAGE)), Done::CaseChanged { case });
        assert!(county.timers().is_empty(), "a result waits for ever");
    }
}
