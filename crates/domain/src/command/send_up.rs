//! 转报: a lower organ has reviewed the case and sends it up, with its opinion and everything that was handed in (行政许可法 art. 43). Each organ has
//! its own time, none runs on the way, and the higher one asks for nothing again (art. 35).
//!
//! Whoever reviews asks for no claim: who decides does, where the case arrives, and nothing is decided without it. So a claim moves with nobody.
//!
//! Who reviews is what the entries of the matter list, lowest tier first ([`crate::routing`]); a hop that is down is waited for, never skipped.

use serde::{Deserialize, Serialize};

use crate::calendar::due;
use crate::case::{Acceptance, Authority, CaseContent, CaseRow, Happening, Stage};
use crate::ids::CaseId;
use crate::refusal::Refusal;
use crate::routing::{RouteQuestion, route};
use crate::sealed::Sealed;
use crate::store::UnitStore;

use super::context::is_our_turn;
use super::{Context, Done, Halt, Ruling, TimerKind};

/// Which case, and what the review found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SendUp {
    /// Which case.
    pub case: CaseId,
    /// Whether this organ would grant it. The one that decides is not bound by it.
    pub agrees: bool,
    /// 初审意见, sealed under the case's key: for officials alone.
    pub opinion: Sealed,
}

impl SendUp {
    pub(crate) fn apply(&self, context: &mut Context<'_, impl UnitStore>) -> Ruling {
        let (mut row, mut content, _) = context.accepted_case(self.case)?;
        let (entry, matter) = context.terms(&content)?;
        if !entry.reviews() {
            return Err(Refusal::DecidesHere { unit: context.meta.unit }.into());
        }
        context.check_not_lapsed(&row, &content)?;
        if self.opinion.0.is_empty() {
            return Err(Refusal::ReasonsMissing.into());
        }
        // All materials go up with it: nothing is to follow.
        let names = content.to_follow(&matter);
        if !names.is_empty() {
            return Err(Refusal::MaterialsMissing { names }.into());
        }
        context.check_time()?;
        let here = context.meta.unit;
        let mut question = RouteQuestion::of_case(here, &content);
        question.reviewed.push(here);
        let to = route(&*context.store, &question)?.to.filter(|to| *to != here);
        let to = to.ok_or(Refusal::NoAuthority { place: content.place })?;

        for kind in TimerKind::LEGAL {
            context.clear_timers(self.case, &mut row, kind)?;
        }
        content.stage = Stage::SentUp;
        let (agrees, opinion) = (self.agrees, self.opinion.clone());
        context.announce(&mut content, Happening::SentUp { to, agrees, opinion })?;
        row.content = Some(content);
        context.put_case(self.case, row)?;
        Ok(Done::CaseChanged { case: self.case })
    }
}

/// What was sent up has arrived at the organ whose turn it is: its time begins, from the day after. Anywhere else it goes on.
pub(super) fn come_up(
    context: &mut Context<'_, impl UnitStore>,
    row: &mut CaseRow,
    content: &mut CaseContent,
) -> Result<(), Halt> {
    if content.stage != Stage::SentUp || !is_our_turn(&*context.store, &context.meta, content)? {
        return Ok(());
    }
    let (entry, matter) = context.terms(content)?;
    let (limit, today) = (entry.limit(&matter), context.now().date());
    let due = due(today, limit.days, limit.unit, context.organs(content)?.of(Some(&entry.body)));
    let authority = Authority { unit: context.meta.unit, body: entry.body.clone() };
    let came = Happening::CameUp { body: authority.body.clone(), due: due.date };
    content.stage = Stage::Accepted;
    content.acceptance = Some(Acceptance { at: context.now(), authority, due });
    context.announce(content, came)?;
    Ok(context.set_decision_timers(content.id, row, content)?)
}
