//! Offers a case to another unit: content is frozen, the leader may only take the offer back.

use serde::{Deserialize, Serialize};

use crate::case::{Happening, Stage};
use crate::handoff::Input;
use crate::ids::{Attempt, CaseId, UnitId};
use crate::refusal::Refusal;
use crate::sealed::WrappedKey;
use crate::store::UnitStore;
use crate::tables::{Timer, Timers};

use super::context::content_hash;
use super::{Context, Done, Ruling, TimerKind, other_unit};

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
        other_unit(&context.meta, self.to)?;
        let (mut row, mut content) = context.owned_case(self.case)?;
        if row.custody.attempt != self.attempt {
            return Err(Refusal::Changed.into());
        }
        if content.stage.is_final() {
            return Err(Refusal::StageUnfit { stage: content.stage }.into());
        }
        content.timeline.push(context.happening(Happening::Offered { to: self.to }));
        let content_hash = content_hash(&content)?;
        let step = context.own_step(&row, Input::Offer { to: self.to, content: content_hash })?;

        // Before acceptance an unanswered offer goes to the next equal authority; afterwards the mail is patient for ever.
        if content.stage == Stage::Received {
            let patience = context.matter(content.pin, &content.matter)?.patience_seconds;
            let due = context.now().plus_millis(i64::from(patience) * 1000);
            let timer = Timer { attempt: self.attempt, generation: context.meta.generation };
            context.store.put::<Timers>(&(due, self.case, TimerKind::Patience), &timer)?;
        }
        context.send_step(self.case, &step, Some((&content, &self.key)))?;
        row.custody = step.custody.unwrap_or(row.custody);
        row.content = Some(content);
        context.put_case(self.case, row)?;
        Ok(Done::CaseChanged { case: self.case })
    }
}
