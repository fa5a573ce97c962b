//! What a unit that comes back from loss does about mail while its round is open, and what every unit does about a fence
//! (protocol.md §6). Nothing here is a command: it happens in the transaction of the mail.
//!
//! A word about an inherited case is kept as what its sender states, and the handoff goes on with it when the case is judged. A
//! case that was received in this life, or first heard of after its sender's answer, is daily business.

use crate::case::{CaseContent, CaseRow};
use crate::claims::{ClaimKey, ToHome};
use crate::handoff::Move;
use crate::ids::{Attempt, CaseId, Generation, UnitId};
use crate::mail::Mail;
use crate::recovery::claims::ClaimStated;
use crate::recovery::{Answer, HeldContent, OpenRound, Statement, fenced};
use crate::sealed::WrappedKey;
use crate::store::{StoreFault, UnitStore};
use crate::tables::{
    Cases, ClaimStatement, ClaimsStated, FenceOwed, FencesOwed, Inherited, InheritedCase, OutboxHead, OutboxHeads,
    PeerStatement, Rounds, Stated,
};

use super::Context;

impl<S: UnitStore> Context<'_, S> {
    pub(super) fn open_round(&self) -> Result<Option<OpenRound>, StoreFault> {
        self.store.get::<Rounds>(&())
    }

    /// Whether a case comes from before a loss and is not judged yet: it is read, and not acted on.
    pub(super) fn is_inherited(&self, case: CaseId) -> Result<bool, StoreFault> {
        match self.open_round()? {
            Some(open) => open.is_inherited(&*self.store, case),
            None => Ok(false),
        }
    }

    /// Whether nothing may be done about a case yet: it is inherited.
    pub(super) fn is_only_read(&self, case: CaseId) -> Result<bool, StoreFault> {
        #[cfg(mutants)]
        if crate::mutants::is(crate::mutants::Mutant::ActsOnInherited) {
            return Ok(false);
        }
        self.is_inherited(case)
    }

    /// Whether this unit, as a home that comes back, has not judged a claim yet.
    pub(super) fn is_key_open(&self, key: ClaimKey) -> Result<bool, StoreFault> {
        Ok(self.open_round()?.is_some_and(|open| open.is_key_open(key)))
    }

    /// A case belongs to the round, and is judged with it.
    pub(super) fn inherit(&mut self, case: CaseId) -> Result<(), StoreFault> {
        let Some(mut open) = self.open_round()? else { return Ok(()) };
        let since = self.now();
        self.store.put::<Inherited>(&case, &InheritedCase { since })?;
        open.take_up(case);
        self.store.put::<Rounds>(&(), &open)
    }

    /// A peer's new life has sent its fence, and the mail's cursor already believes nothing below it.
    pub(super) fn fence_came(
        &mut self,
        (from, generation): (UnitId, Generation),
        is_new: bool,
    ) -> Result<(), StoreFault> {
        let mut open = self.open_round()?;
        let here = self.meta.unit;
        let what = fenced(open.as_mut().map(|open| &mut open.round), here, from, generation, is_new);
        if let Some(open) = &mut open {
            if what.fence_again {
                open.believe(from, generation);
            }
            self.store.put::<Rounds>(&(), open)?;
        }
        if is_new {
            self.send_again(from)?;
        }
        if what.fence_again {
            self.send(from, Mail::Fence)?;
        }
        if what.answer {
            let since = self.now();
            self.store.put::<FencesOwed>(&from, &FenceOwed { generation, after: None, since })?;
        }
        Ok(())
    }

    /// What the former self had read and its mirror had not goes out again: the new life reads on from where its mirror was.
    fn send_again(&mut self, to: UnitId) -> Result<(), StoreFault> {
        match self.store.get::<OutboxHeads>(&to)? {
            Some(head) if head.committed > head.mirrored => {
                self.store.put::<OutboxHeads>(&to, &OutboxHead { committed: head.mirrored, ..head })
            }
            _ => Ok(()),
        }
    }

    /// A piece of an answer to our fence.
    pub(super) fn answer_came(
        &mut self,
        (from, generation): (UnitId, Generation),
        answer: &Answer,
    ) -> Result<(), StoreFault> {
        match self.open_round()? {
            Some(open) if open.round.generation == answer.fence => {}
            _ => return Ok(()),
        }
        for stated in &answer.cases {
            if self.joins(from, stated.case, stated.statement.attempt())? {
                let row = PeerStatement { generation, statement: stated.statement, held: stated.held.clone() };
                self.store.put::<Stated>(&(stated.case, from), &row)?;
            }
        }
        for (key, stated) in &answer.claims {
            self.keep_claim(*key, ClaimStatement { by: from, generation, stated: stated.clone() })?;
        }
        if answer.is_last
            && let Some(mut open) = self.open_round()?
        {
            open.round.answered(from, answer.fence);
            self.store.put::<Rounds>(&(), &open)?;
        }
        Ok(())
    }

    /// Whether a word about a case is only kept: the case is inherited, and the round says what it is.
    pub(super) fn is_for_the_round(
        &mut self,
        (from, generation): (UnitId, Generation),
        case: CaseId,
        said: Move,
        brought: Option<(&CaseContent, &WrappedKey)>,
    ) -> Result<bool, StoreFault> {
        if !self.joins(from, case, said.attempt())? {
            return Ok(false);
        }
        let before = self.store.get::<Stated>(&(case, from))?;
        let before = before.filter(|before| before.generation == generation);
        let (statement, held) = before.map_or((Statement::default(), None), |row| (row.statement, row.held));
        let statement = statement.after(self.meta.unit, said, brought.map(|(content, _)| content.version()));
        let came = brought.map(|(content, key)| HeldContent { content: Box::new(content.clone()), key: key.clone() });
        let row = PeerStatement { generation, statement, held: came.or(held) };
        self.store.put::<Stated>(&(case, from), &row)?;
        Ok(true)
    }

    /// Whether a case that a peer speaks of belongs to the round, by what is known or by what the peer says: then it does from now
    /// on.
    fn joins(&mut self, from: UnitId, case: CaseId, said: Attempt) -> Result<bool, StoreFault> {
        let Some(open) = self.open_round()? else { return Ok(false) };
        let row = self.store.get::<Cases>(&case)?;
        let known = row.as_ref().map(|row| row.custody.attempt).unwrap_or_default();
        let inherits = !self.is_of_this_life(row.as_ref()) && open.round.inherits(from, known, said);
        if !inherits && !open.is_inherited(&*self.store, case)? {
            return Ok(false);
        }
        self.inherit(case)?;
        Ok(true)
    }

    /// Whether a case was received at our own counter since the loss: no former self can have acted on it.
    fn is_of_this_life(&self, row: Option<&CaseRow>) -> bool {
        let number = row.and_then(|row| row.content.as_ref()).map(|content| content.number);
        number.is_some_and(|number| number.unit() == self.meta.unit && number.generation() == self.meta.generation)
    }

    /// One word about a claim whose home comes back: it replaces what its owner stated.
    pub(super) fn state_claim(
        &mut self,
        by: UnitId,
        key: ClaimKey,
        case: CaseId,
        said: ToHome,
    ) -> Result<(), StoreFault> {
        let before = self.store.get::<ClaimsStated>(&(key, case))?.map(|row| row.stated);
        let generation = self.meta.generation;
        match ClaimStated::after(before, said) {
            Some(stated) => self.keep_claim(key, ClaimStatement { by, generation, stated }),
            None => Ok(()),
        }
    }

    pub(super) fn keep_claim(&mut self, key: ClaimKey, row: ClaimStatement) -> Result<(), StoreFault> {
        self.store.put::<ClaimsStated>(&(key, row.stated.petition.case), &row)
    }
}
