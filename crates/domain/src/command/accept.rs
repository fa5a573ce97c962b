//! 受理: the legal act that starts the authority's clock (行政许可法 art. 32). Only an authority accepts.

use serde::{Deserialize, Serialize};

use crate::calendar::due;
use crate::case::{Acceptance, Authority, CaseRow, Due, Happening, Stage};
use crate::ids::CaseId;
use crate::refusal::Refusal;
use crate::store::UnitStore;

use super::{Context, Deficit, Done, Ruling};

/// Which case, and the last day for its decision as the leader derived it from the pinned calendar.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accept {
    /// Which case.
    pub case: CaseId,
    /// From the day of acceptance.
    pub due: Due,
}

impl Accept {
    pub(crate) fn apply(&self, context: &mut Context<'_, impl UnitStore>) -> Ruling {
        accept(context, self, false, None)
    }
}

/// Accepts a case; `declared` is the applicant's declaration, taken with this act, `deficit` what is agreed about materials that are to follow.
pub(super) fn accept(
    context: &mut Context<'_, impl UnitStore>,
    command: &Accept,
    declared: bool,
    deficit: Option<&Deficit>,
) -> Ruling {
    let (mut row, mut content) = context.owned_case(command.case)?;
    if content.stage != Stage::Received {
        return Err(Refusal::StageUnfit { stage: content.stage }.into());
    }
    let unit = context.meta.unit;
    let (entry, matter) = context.terms(&content)?;
    context.check_not_accepted_by_law(&row, &content)?;
    let names = content.to_follow(&matter.materials);
    let follow = match deficit {
        None if names.is_empty() => None,
        None => return Err(Refusal::DeficitUntold { names }.into()),
        Some(_) if names.is_empty() => return Err(Refusal::DeficitNone.into()),
        Some(deficit) if !deficit.asked => return Err(Refusal::ConsentMissing.into()),
        Some(deficit) => {
            let within = context.period(&deficit.within, &entry, &context.organs(&content)?)?;
            Some(Happening::DeficitAgreed { materials: names, within })
        }
    };
    context.check_time()?;
    // The leader derived the date from the day it saw; the log's day decides.
    if command.due.from != context.now().date() {
        return Err(Refusal::Changed.into());
    }
    context.check_acceptable(&content, &entry, declared)?;

    if declared {
        context.tell(&mut content, Happening::Declared)?;
    }
    let authority = Authority { unit, body: entry.body.clone() };
    let accepted = Happening::Accepted { body: authority.body.clone(), due: command.due.date };
    content.stage = Stage::Accepted;
    content.acceptance = Some(Acceptance { at: context.now(), authority, due: command.due.clone() });
    context.announce(&mut content, accepted)?;
    if let Some(follow) = follow {
        context.announce(&mut content, follow)?;
    }
    context.set_decision_timers(command.case, &mut row, &content)?;
    row.content = Some(content);
    context.put_case(command.case, row)?;
    Ok(Done::CaseChanged { case: command.case })
}

/// Accepts a case whose gaps were not told in time, as of the day on which the application was whole (art. 32). No claim is asked for: what
/// the law does needs none, and of two such cases their home ends one (protocol.md §4).
pub(super) fn accept_by_law(context: &mut Context<'_, impl UnitStore>, mut row: CaseRow) -> Ruling {
    let Some(mut content) = row.content.take() else { return Ok(Done::Nothing) };
    let case = content.id;
    let (entry, matter) = context.terms(&content)?;
    let organs = context.organs(&content)?;
    let at = content.whole_since();
    #[cfg(mutants)]
    let at = crate::mutants::instead(crate::mutants::Mutant::AcceptedWhenNoticed, at, context.now());
    let limit = matter.statutory_limit;
    let due = due(at.date(), limit.days, limit.unit, organs.of(Some(&entry.body)));
    let authority = Authority { unit: context.meta.unit, body: entry.body.clone() };
    let accepted = Happening::AcceptedByLaw { body: authority.body.clone(), since: at.date(), due: due.date };
    content.stage = Stage::Accepted;
    content.acceptance = Some(Acceptance { at, authority, due });
    context.announce(&mut content, accepted)?;
    context.set_decision_timers(case, &mut row, &content)?;
    row.content = Some(content);
    context.put_case(case, row)?;
    Ok(Done::CaseChanged { case })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::Command;
    use crate::support::*;

    #[test]
    fn refusals_in_order() {
        let mut world = World::jining();
        let case = world.receive(VILLAGE, EQUAL);
        let unknown = CaseId(uuid::Uuid::nil());
        let due = |day| crate::calendar::due(at(day).date(), 20, crate::case::DayUnit::Working, &calendar());
        let accept = |case, day| Command::Accept(Accept { case, due: due(day) });
        let village = world.unit(VILLAGE);
        assert_eq!(village.refused(accept(unknown, "2026-02-09")), Refusal::CaseUnknown { case: unknown });
        // A village receives; it never accepts, whatever day it says.
        assert_eq!(village.refused(accept(case, "2026-02-09")), Refusal::NotAuthority { unit: VILLAGE });
        world.settle();
        assert_eq!(world.unit(VILLAGE).refused(accept(case, "2026-02-09")), Refusal::CaseElsewhere { with: COUNTY });
        let county = world.unit(COUNTY);
        assert_eq!(county.refused(accept(case, "2026-02-09")), Refusal::Changed);
        county.done(accept(case, "2026-02-10"));
        let day_after = at("2026-03-17").date().begins_at();
        assert_eq!(county.timers(), [(day_after, case, crate::command::TimerKind::DecisionDue)]);
        assert_eq!(county.refused(accept(case, "2026-02-09")), Refusal::StageUnfit { stage: Stage::Accepted });
    }
}
