//! Neighbours are told how the books stand: a signed head of the audit tree, with the proof that it goes on from the one before.
//!
//! The leader signs, for `apply` has no key; the signature is checked where the head arrives. Here the head is held against the
//! unit's own tree, so that no leader can tell of books that the log does not have.

use serde::{Deserialize, Serialize};

use crate::audit::{Countersignature, HeadNews, SignedHead, Tree};
use crate::ids::UnitId;
use crate::mail::Mail;
use crate::refusal::Refusal;
use crate::store::UnitStore;
use crate::tables::{AuditTree, AuditTrees, HeadTold, HeadsOwed, HeadsSeen, HeadsTold, UnitMeta};

use super::{Context, Done, Halt, Ruling};

/// A head, and whom it is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TellHead {
    /// The unit's own, of any size that its tree had.
    pub signed: SignedHead,
    /// In the order of units, each once.
    pub to: Vec<Telling>,
}

/// One neighbour that is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Telling {
    /// The unit right above or right below.
    pub to: UnitId,
    /// Under the newest head that it told us.
    pub countersignature: Option<Countersignature>,
    /// Whether it is told because it told us.
    pub answers: bool,
}

/// Whether two units tell each other of their books.
pub(super) fn is_neighbour(meta: &UnitMeta, unit: UnitId) -> bool {
    meta.parent == Some(unit) || meta.children.contains(&unit)
}

impl TellHead {
    pub(crate) fn apply(&self, context: &mut Context<'_, impl UnitStore>) -> Ruling {
        let (generation, head) = (context.meta.generation, &self.signed.head);
        let tree = Tree::of(&*context.store, generation)?.ok_or(self.unfit())?;
        // The row of this very command is not in the tree yet.
        let size = tree.size_at(context.meta.sequence) - 1;
        let meta = &context.meta;
        let is_own = head.region == meta.region && head.unit == meta.unit && head.generation == generation;
        let in_order = !self.to.is_empty() && self.to.is_sorted_by(|before, after| before.to < after.to);
        if !is_own || !in_order || head.size == 0 || head.size > size || tree.root(head.size)? != head.root {
            return Err(self.unfit().into());
        }
        let told = self.to.iter().map(|telling| self.news(context, &tree, telling));
        for (telling, news) in self.to.iter().zip(told.collect::<Result<Vec<_>, _>>()?) {
            let awaited = news.awaited;
            context.store.put::<HeadsTold>(&telling.to, &HeadTold { signed: self.signed.clone(), awaited })?;
            if telling.answers {
                context.store.delete::<HeadsOwed>(&telling.to)?;
            }
            context.send(telling.to, Mail::Head(Box::new(news.news)))?;
        }
        if self.to.iter().any(|telling| !telling.answers)
            && let Some(tree) = context.store.get::<AuditTrees>(&generation)?
        {
            let told = AuditTree { untold_since: None, told_at: Some(context.now()), ..tree };
            context.store.put::<AuditTrees>(&generation, &told)?;
        }
        Ok(Done::HeadTold)
    }

    fn unfit(&self) -> Refusal {
        Refusal::HeadUnfit { size: self.signed.head.size }
    }

    fn news<S: UnitStore>(
        &self,
        context: &Context<'_, S>,
        tree: &Tree<'_, S>,
        telling: &Telling,
    ) -> Result<ToBeTold, Halt> {
        let generation = context.meta.generation;
        if !is_neighbour(&context.meta, telling.to) {
            return Err(self.unfit().into());
        }
        let told = context.store.get::<HeadsTold>(&telling.to)?;
        // What a former life told was of another tree.
        let told = told.filter(|told| told.signed.head.generation == generation);
        let since = told.as_ref().map_or(0, |told| told.signed.head.size);
        let awaited = told.is_some_and(|told| told.awaited);
        let out_of_turn = match telling.answers {
            true => !context.store.has::<HeadsOwed>(&telling.to)?,
            false => awaited,
        };
        if self.signed.head.size <= since || out_of_turn || !self.is_seen(context, telling)? {
            return Err(self.unfit().into());
        }
        let news = HeadNews {
            signed: self.signed.clone(),
            since,
            proof: tree.consistency(since, self.signed.head.size)?.unwrap_or_default(),
            countersignature: telling.countersignature.clone(),
            answers: telling.answers,
        };
        Ok(ToBeTold { news, awaited: awaited || !telling.answers })
    }

    /// Whether what is countersigned is the newest head that the neighbour told, under this unit's name.
    fn is_seen(&self, context: &Context<'_, impl UnitStore>, telling: &Telling) -> Result<bool, Halt> {
        let Some(countersigned) = &telling.countersignature else { return Ok(true) };
        let seen = context.store.get::<HeadsSeen>(&(telling.to, countersigned.head.head.generation))?;
        let ours = countersigned.by == context.meta.unit && countersigned.generation == context.meta.generation;
        Ok(ours && seen.is_some_and(|seen| seen.signed == countersigned.head))
    }
}

struct ToBeTold {
    news: HeadNews,
    awaited: bool,
}
