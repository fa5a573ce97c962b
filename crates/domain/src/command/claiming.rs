//! What a unit does for claims (protocol.md §4): asks their home when a case becomes its own to accept, carries out what homes and
//! owners say, ends duplicates by the termination paper, and lets a claim go when its case is over.
//!
//! Nothing here is a command: it happens in the transaction of whichever command changed the case, from `put_case`. A word to
//! another unit is mail; a word of the home to itself is carried out at once, so that a home decides its own cases without waiting.
//! Which word, and what it means, is for [`crate::claims`].

use std::collections::VecDeque;

use crate::case::{CaseContent, CaseRow, Happening, Stage};
use crate::catalogue::{ClaimHome, Entry, installed};
use crate::claims::{
    Bearing, ClaimKey, ClaimNote, Duplicate, FromHome, Lacks, Petition, Said, ToHome, has_claim, judge, last_note,
    may_accept, must_ask, obey,
};
use crate::division::{city_of, county_of};
use crate::handoff::Role;
use crate::ids::{CaseId, UnitId};
use crate::mail::Mail;
use crate::refusal::Refusal;
use crate::store::{StoreFault, UnitRead, UnitStore};
use crate::tables::{ClaimWord, ClaimWords, Claims};

use super::context::is_ours_to_do;
use super::{Context, Halt, TimerKind};

/// A word on its way.
pub(super) struct Word {
    pub(super) to: UnitId,
    pub(super) from: UnitId,
    pub(super) key: ClaimKey,
    pub(super) case: CaseId,
    pub(super) said: Said,
}

/// Who grants the claim on a case; `None` where its matter needs none. From the version that the case pins, as known where it may be
/// decided.
pub fn claim_home(store: &impl UnitRead, content: &CaseContent) -> Result<Option<UnitId>, StoreFault> {
    let number = content.pin.number;
    let matter = installed::matter(store, number, &content.matter)?;
    let Some(rule) = matter.as_ref().map(|matter| &matter.claims).filter(|rule| !rule.repeatable) else {
        return Ok(None);
    };
    let (county, city) = (county_of(content.place), city_of(content.place));
    Ok(Some(match rule.home {
        ClaimHome::Nearest if installed::has_entry(store, number, &content.matter, county)? => county,
        ClaimHome::Nearest | ClaimHome::City => city,
    }))
}

/// What a case asks with.
pub(super) fn petition(here: UnitId, content: &CaseContent) -> Petition {
    Petition {
        case: content.id,
        number: content.number,
        unit: here,
        received: content.received_at.unwrap_or(content.collected_at).date(),
        submission: content.submission_key.clone(),
    }
}

fn noted(content: &CaseContent) -> Option<ClaimNote> {
    last_note(&content.timeline).map(|(_, _, note)| note)
}

impl<S: UnitStore> Context<'_, S> {
    /// Whether an acceptance has what it needs of the claim: nothing where it is to a review; else the claim; or, where the home has not answered and the entry does
    /// not forbid it, the applicant's declaration.
    pub(super) fn check_acceptable(&self, content: &CaseContent, entry: &Entry, declared: bool) -> Result<(), Halt> {
        let Some(home) = claim_home(&*self.store, content)?.filter(|_| !entry.reviews()) else { return Ok(()) };
        if home == self.meta.unit && self.is_key_open(ClaimKey::of(content)?)? {
            return Err(Refusal::ClaimAwaited { home }.into());
        }
        let free = match home == self.meta.unit {
            true => Some(self.store.get::<Claims>(&ClaimKey::of(content)?)?.is_none()),
            false => None,
        };
        let declared = declared || content.timeline.iter().any(|entry| entry.what == Happening::Declared);
        may_accept(noted(content), free, entry.claim_before_acceptance, declared).map_err(|lacks| match lacks {
            Lacks::Claim => Refusal::ClaimAwaited { home }.into(),
            Lacks::Declaration => Refusal::DeclarationMissing { home }.into(),
        })
    }

    /// Whether a case has the claim that its decision needs, always.
    pub(super) fn check_decidable(&self, content: &CaseContent) -> Result<(), Halt> {
        match claim_home(&*self.store, content)? {
            Some(home) if !has_claim(noted(content)) => Err(Refusal::ClaimAwaited { home }.into()),
            Some(home) if home == self.meta.unit && self.is_key_open(ClaimKey::of(content)?)? => {
                Err(Refusal::ClaimAwaited { home }.into())
            }
            _ => Ok(()),
        }
    }

    /// What has to be said about a case that is about to be written, and the notes of it in its timeline.
    pub(super) fn claim_words(&mut self, case: CaseId, was_final: bool, row: &mut CaseRow) -> Result<Vec<Word>, Halt> {
        let mut words = Vec::new();
        if let (Role::Owner, Some(content)) = (row.custody.role, &mut row.content) {
            if content.stage.is_final() && !was_final {
                words.extend(self.release(content)?);
            } else {
                words.extend(self.ask(content)?);
            }
        }
        let at_rest = matches!(row.custody.role, Role::Owner | Role::Gone { .. } | Role::Dropped { .. });
        if at_rest && let Some(waited) = self.store.get::<ClaimWords>(&case)? {
            self.store.delete::<ClaimWords>(&case)?;
            let ClaimWord { home, key, said } = waited;
            words.push(Word { to: self.meta.unit, from: home, key, case, said: Said::FromHome(said) });
        }
        Ok(words)
    }

    /// Asks the home once the case is this unit's to accept or decide. A home that names the case at once says so with the same
    /// write.
    fn ask(&mut self, content: &mut CaseContent) -> Result<Option<Word>, Halt> {
        let (here, case) = (self.meta.unit, content.id);
        if !must_ask(noted(content)) || !is_ours_to_do(&*self.store, &self.meta, content)? {
            return Ok(None);
        }
        let Some(home) = claim_home(&*self.store, content)? else { return Ok(None) };
        let key = ClaimKey::of(content)?;
        let petition = petition(here, content);
        if home == here && !self.is_key_open(key)? {
            let judged = judge(home, self.store.get::<Claims>(&key)?, case, ToHome::Ask(petition.clone()));
            if let [(_, named, FromHome::Granted { round })] = judged.say[..]
                && named == case
            {
                self.put_claim(&key, judged.claim)?;
                self.note(content, home, ClaimNote::Granted { round })?;
                return Ok(None);
            }
        }
        self.note(content, home, ClaimNote::Asked)?;
        Ok(Some(Word { to: home, from: here, key, case, said: Said::ToHome(ToHome::Ask(petition)) }))
    }

    /// A case goes on to another authority, which is competent: its claim goes back, and is asked for anew there. While a word of the home is
    /// awaited it stays: it could lose what it asks for a second time.
    pub(super) fn give_up(&mut self, content: &mut CaseContent) -> Result<Option<Word>, Halt> {
        let Some((_, home, note)) = last_note(&content.timeline) else { return Ok(None) };
        let round = match note {
            ClaimNote::Granted { round } => round,
            ClaimNote::Released { .. } => return Ok(None),
            ClaimNote::Asked | ClaimNote::GivenBack { .. } => return Err(Refusal::ClaimAwaited { home }.into()),
        };
        self.note(content, home, ClaimNote::Released { round })?;
        let (key, said) = (ClaimKey::of(content)?, Said::ToHome(ToHome::Released));
        Ok(Some(Word { to: home, from: self.meta.unit, key, case: content.id, said }))
    }

    /// A case is over: its claim goes back, so that a later application is possible. A duplicate has none; what is granted once
    /// for all keeps it.
    fn release(&self, content: &CaseContent) -> Result<Option<Word>, Halt> {
        let Some((_, home, _)) = last_note(&content.timeline) else { return Ok(None) };
        let granted = content.decision.as_ref().is_some_and(|decision| decision.granted);
        let kept = match content.stage {
            Stage::Terminated => true,
            Stage::Delivered if granted && content.about().is_none() => {
                let matter = installed::matter(&*self.store, content.pin.number, &content.matter)?;
                matter.is_some_and(|matter| matter.claims.kept_when_granted)
            }
            _ => false,
        };
        if kept {
            return Ok(None);
        }
        let (key, said) = (ClaimKey::of(content)?, Said::ToHome(ToHome::Released));
        Ok(Some(Word { to: home, from: self.meta.unit, key, case: content.id, said }))
    }

    /// Says words to others by mail and carries out those to this unit, and what follows from them. Ends: each word moves a claim
    /// or a case on, and what is said to this unit about one case is said once.
    pub(super) fn say(&mut self, words: Vec<Word>) -> Result<(), Halt> {
        let mut words = VecDeque::from(words);
        while let Some(Word { to, from, key, case, said }) = words.pop_front() {
            if to != self.meta.unit {
                self.send(to, Mail::Claim { key, case, said })?;
                continue;
            }
            match said {
                // What a home that comes back hears before its key is judged is what the owner states.
                Said::ToHome(said) if self.is_key_open(key)? => self.state_claim(from, key, case, said)?,
                Said::ToHome(said) => {
                    let judged = judge(to, self.store.get::<Claims>(&key)?, case, said);
                    self.put_claim(&key, judged.claim)?;
                    let word = |(unit, case, said)| Word { to: unit, from: to, key, case, said: Said::FromHome(said) };
                    words.extend(judged.say.into_iter().map(word));
                }
                Said::FromHome(said) => {
                    let reply = self.heed(from, key, case, said)?;
                    words.extend(reply.map(|said| Word { to: from, from: to, key, case, said: Said::ToHome(said) }));
                }
            }
        }
        Ok(())
    }

    pub(super) fn put_claim(&mut self, key: &ClaimKey, claim: Option<crate::claims::Claim>) -> Result<(), StoreFault> {
        match claim {
            Some(claim) => self.store.put::<Claims>(key, &claim),
            None => self.store.delete::<Claims>(key),
        }
    }

    /// What the home says about a case that this unit knows. On its way, the word waits for the move's outcome; after it left, the
    /// home is told where to.
    fn heed(&mut self, home: UnitId, key: ClaimKey, case: CaseId, said: FromHome) -> Result<Option<ToHome>, Halt> {
        let Some(mut row) = self.stored_case(case)? else { return Ok(None) };
        // Its owner says its last word once more when the round is over, and is answered then.
        if self.is_inherited(case)? {
            return Ok(None);
        }
        // What is decided stays so wherever the case is.
        let decided = row.content.as_ref().is_some_and(|content| content.decision.is_some());
        match row.custody.role {
            Role::Owner => {}
            _ if decided && matches!(said, FromHome::Recall { .. }) => return Ok(Some(ToHome::Stands)),
            Role::Gone { to } | Role::Dropped { by: to } => return Ok(Some(ToHome::Moved { to, missed: said })),
            Role::Offering { .. } | Role::Offered { .. } | Role::Prepared { .. } => {
                self.store.put::<ClaimWords>(&case, &ClaimWord { home, key, said })?;
                return Ok(None);
            }
        }
        let Some(mut content) = row.content.take() else {
            let what = format!("case {case} is owned without content");
            return Err(StoreFault::Broken { promise: "I2", what }.into());
        };
        let last = noted(&content);
        let under_claim = content.stage == Stage::Accepted
            && !content.is_accepted_by_law()
            && has_claim(last)
            && self.entry(&content)?.is_some_and(|entry| entry.claim_before_acceptance);
        let bearing = match content.stage {
            Stage::Terminated => Bearing::Duplicate,
            stage => Bearing::of(decided, stage.is_final(), under_claim),
        };
        let obeyed = obey(last, bearing, said);
        if obeyed.note.is_none() && obeyed.end.is_none() {
            return Ok(obeyed.reply);
        }
        if let Some(note) = obeyed.note {
            self.note(&mut content, home, note)?;
        }
        if let Some(duplicate) = obeyed.end {
            self.terminate(case, &mut row, &mut content, duplicate)?;
        }
        if obeyed.revive {
            self.revive(case, &mut row, &mut content)?;
        }
        row.content = Some(content);
        let before = self.stored(case)?;
        self.write_case(case, before, row)?;
        Ok(obeyed.reply)
    }

    /// The termination paper: the case keeps its receipt date and its work, and names the one that stands.
    fn terminate(
        &mut self,
        case: CaseId,
        row: &mut CaseRow,
        content: &mut CaseContent,
        duplicate: Duplicate,
    ) -> Result<(), Halt> {
        self.clear_timers(case, row, TimerKind::Patience)?;
        for kind in TimerKind::LEGAL {
            self.clear_timers(case, row, kind)?;
        }
        content.stage = Stage::Terminated;
        Ok(self.announce(content, Happening::Terminated { duplicate })?)
    }

    /// The termination paper is void: the case goes on where it was, under its old dates.
    fn revive(&mut self, case: CaseId, row: &mut CaseRow, content: &mut CaseContent) -> Result<(), Halt> {
        let accepted = content.acceptance.is_some();
        content.stage = match (accepted, content.open_gaps()) {
            (true, _) => Stage::Accepted,
            (false, Some(_)) => Stage::AwaitingSupplement,
            (false, None) => Stage::Received,
        };
        if accepted {
            self.set_decision_timers(case, row, content)?;
        }
        Ok(self.announce(content, Happening::LivesAgain { accepted })?)
    }

    /// A line on the claim. What is settled at the home itself in one write is no news to anyone.
    pub(super) fn note(&mut self, content: &mut CaseContent, home: UnitId, note: ClaimNote) -> Result<(), StoreFault> {
        let told = self.tell(content, Happening::Claim { home, note })?;
        if home == self.meta.unit { Ok(()) } else { self.send_news(content, told) }
    }
}
