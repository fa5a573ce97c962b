//! 受理: the legal act that starts the authority's clock (行政许可法 art. 32). Only an authority accepts.

use serde::{Deserialize, Serialize};

use crate::calendar::due;
use crate::case::{Acceptance, Authority, CaseContent, CaseRow, Due, Happening, Stage};
use crate::catalogue::{Entry, Matter};
use crate::ids::CaseId;
use crate::refusal::Refusal;
use crate::store::UnitStore;

use super::{Context, Deficit, Done, Halt, Ruling};

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
        accept(context, self, false, Terms::Plain)
    }
}

/// What is agreed with the applicant about what is not there.
pub(super) enum Terms<'a> {
    /// Nothing: all is there.
    Plain,
    /// It follows.
    Deficit(&'a Deficit),
    /// A promise stands for it.
    Promise {
        /// The applicant was told what follows from a false one, and signed.
        signed: bool,
    },
}

/// What has to be said of what is not there; refused where the terms do not fit it.
fn agree(
    context: &Context<'_, impl UnitStore>,
    terms: &Terms<'_>,
    content: &CaseContent,
    (entry, matter): (&Entry, &Matter),
) -> Result<Option<Happening>, Halt> {
    let lacking = content.to_follow(matter);
    let (proofs, names): (Vec<_>, Vec<_>) = lacking.into_iter().partition(|name| matter.lets_promise(name));
    let needed = |name: &&String| matter.materials.iter().any(|known| known.name == **name && known.must_be_brought());
    let missing: Vec<String> = proofs.iter().filter(needed).cloned().collect();
    if let (Terms::Plain | Terms::Deficit(_), false) = (terms, missing.is_empty()) {
        return Err(Refusal::MaterialsMissing { names: missing }.into());
    }
    match terms {
        Terms::Plain if names.is_empty() && proofs.is_empty() => Ok(None),
        Terms::Plain => Err(Refusal::DeficitUntold { names: names.into_iter().chain(proofs).collect() }.into()),
        Terms::Deficit(_) if names.is_empty() && proofs.is_empty() => Err(Refusal::DeficitNone.into()),
        Terms::Deficit(deficit) if !deficit.asked => Err(Refusal::ConsentMissing.into()),
        Terms::Deficit(deficit) => {
            context.check_no_breach(content)?;
            let within = context.period(&deficit.within, entry, &context.organs(content)?)?;
            let materials = names.into_iter().chain(proofs).collect();
            Ok(Some(Happening::DeficitAgreed { materials, within }))
        }
        Terms::Promise { signed } => {
            let rule = matter.guide.commitment.as_ref().filter(|_| !proofs.is_empty()).ok_or(Refusal::PromiseNone)?;
            if !names.is_empty() {
                return Err(Refusal::DeficitUntold { names }.into());
            }
            if !signed {
                return Err(Refusal::ConsentMissing.into());
            }
            context.check_no_breach(content)?;
            Ok(Some(Happening::Promised { materials: proofs, check: rule.check, basis: rule.basis.clone() }))
        }
    }
}

/// Accepts a case; `declared` is the applicant's declaration, taken with this act.
pub(super) fn accept(
    context: &mut Context<'_, impl UnitStore>,
    command: &Accept,
    declared: bool,
    terms: Terms<'_>,
) -> Ruling {
    let (mut row, mut content) = context.owned_case(command.case)?;
    if content.stage != Stage::Received {
        return Err(Refusal::StageUnfit { stage: content.stage }.into());
    }
    let unit = context.meta.unit;
    let (entry, matter) = context.terms(&content)?;
    context.check_not_accepted_by_law(&row, &content)?;
    let beside = agree(context, &terms, &content, (&entry, &matter))?;
    context.check_about(&content)?;
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
    if let Some(beside) = beside {
        context.announce(&mut content, beside)?;
    }
    context.take_up(&content)?;
    context.set_decision_timers(command.case, &mut row, &content)?;
    row.content = Some(content);
    context.put_case(command.case, row)?;
    context.renew_overdue(command.case)?;
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
    let limit = entry.limit(&matter);
    let due = due(at.date(), limit.days, limit.unit, organs.of(Some(&entry.body)));
    let authority = Authority { unit: context.meta.unit, body: entry.body.clone() };
    let accepted = Happening::AcceptedByLaw { body: authority.body.clone(), since: at.date(), due: due.date };
    content.stage = Stage::Accepted;
    content.acceptance = Some(Acceptance { at, authority, due });
    // What does not fit its licence any more is accepted all the same, and denied.
    let fits = context.check_about(&content).is_ok();
    context.announce(&mut content, accepted)?;
    if fits {
        context.take_up(&content)?;
    }
    context.set_decision_timers(case, &mut row, &content)?;
    row.content = Some(content);
    context.put_case(case, row)?;
    if fits {
        context.renew_overdue(case)?;
    }
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
