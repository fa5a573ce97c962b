//! A peer's mail: always logged and counted, whatever it asks for (protocol.md §2).
//!
//! Checked before it was proposed: the certificate's unit is the envelope's, the pair may exchange this kind, the payload
//! version is known, the signature and the chain fit. What is left to the log: order, repeats, forks, fences.

use serde::{Deserialize, Serialize};

use crate::case::TimelineEntry;
use crate::catalogue::SignedManifest;
use crate::claims::{ClaimKey, Said, ToHome, last_note};
use crate::digest::ContentHash;
use crate::handoff::Move;
use crate::ids::{CaseId, Generation, MailSequence, UnitId};
use crate::mail::Mail;
use crate::refusal::Refusal;
use crate::store::UnitStore;
use crate::tables::{
    CaseNumbers, CaseRef, Cases, Claims, Contradiction, Evidence, InboxCursor, InboxCursors, Versions,
};

use super::claiming::Word;
use super::context::{chain, content_hash, stream_start};
use super::hear::{Brought, hear};
use super::hear_head::hear_head;
use super::install::{announce, arrived};
use super::{Context, Done, Halt, Ruling};

/// A mail and its place in the sender's stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailArrived {
    /// Who sent it.
    pub from: UnitId,
    /// Which life of the sender.
    pub generation: Generation,
    /// Its place in the stream.
    pub sequence: MailSequence,
    /// Of the stream before it.
    pub before: ContentHash,
    /// What it says.
    pub mail: Mail,
    /// What the leader found wrong with its content, e.g. a manifest that the city did not sign: the mail is counted, kept as
    /// evidence, and does nothing else.
    pub objection: Option<String>,
}

impl MailArrived {
    pub(crate) fn apply(&self, context: &mut Context<'_, impl UnitStore>) -> Ruling {
        let here = context.meta.unit;
        let fresh = || {
            let chain = stream_start(self.from, self.generation.0, here);
            InboxCursor { generation: self.generation, sequence: MailSequence(0), chain }
        };
        let known = context.store.get::<InboxCursors>(&self.from)?.unwrap_or_else(fresh);
        #[cfg(mutants)]
        let known = crate::mutants::known_stream(known, self);
        if self.generation < known.generation {
            let (got, current) = (self.generation.0, known.generation.0);
            return Err(Refusal::MailFenced { got, current }.into());
        }
        let cursor = if self.generation > known.generation { fresh() } else { known };
        let chain = chain(self.before, self.sequence, &self.mail)?;

        if self.sequence == cursor.sequence && chain != cursor.chain {
            return self.contradiction(context, "another mail under a known number");
        }
        if self.sequence <= cursor.sequence {
            return Ok(Done::MailRepeated);
        }
        if self.sequence != cursor.sequence.next() {
            let (got, expected) = (self.sequence.0, cursor.sequence.next().0);
            return Err(Refusal::MailOrder { got, expected }.into());
        }
        if self.before != cursor.chain {
            return self.contradiction(context, "the stream before this mail is not the one that was read");
        }
        let cursor = InboxCursor { generation: self.generation, sequence: self.sequence, chain };
        #[cfg(mutants)]
        let cursor = crate::mutants::cursor_after(cursor, known, &self.mail);
        #[cfg(mutants)]
        {
            context.meta.now = crate::mutants::time_after_mail(context.meta.now, &self.mail);
        }
        context.store.put::<InboxCursors>(&self.from, &cursor)?;
        let is_new = known.generation < self.generation || known.sequence == MailSequence(0);
        match &self.objection {
            Some(what) => self.contradiction(context, what),
            None => self.carry_out(context, is_new),
        }
    }

    /// `is_new`: the first mail of a life of the sender that was not believed before.
    fn carry_out(&self, context: &mut Context<'_, impl UnitStore>, is_new: bool) -> Ruling {
        let teller = (self.from, self.generation);
        let outcome = match &self.mail {
            Mail::Fence => {
                context.fence_came(teller, is_new)?;
                Ok(())
            }
            Mail::Answer(answer) => {
                context.answer_came(teller, answer)?;
                Ok(())
            }
            Mail::Move { case, said } if context.is_for_the_round(teller, *case, *said, None)? => Ok(()),
            Mail::Move { said: Move::Offer { .. }, .. } => {
                return self.contradiction(context, "an offer without content");
            }
            Mail::Move { case, said } => hear(context, self.from, *case, *said, None)?,
            Mail::Offer { attempt, hash, content, key } => {
                if content_hash(content)? != *hash {
                    return self.contradiction(context, "content that is not what its hash says");
                }
                let named = context.store.get::<CaseNumbers>(&content.number.to_string())?;
                if named.is_some_and(|CaseRef(case)| case != content.id) {
                    return self.contradiction(context, "two cases under one number");
                }
                let said = Move::Offer { attempt: *attempt, content: *hash };
                if context.is_for_the_round(teller, content.id, said, Some((content, key)))? {
                    return Ok(Done::MailLogged);
                }
                hear(context, self.from, content.id, said, Some(Brought { content, key }))?
            }
            Mail::News { entries, .. } if entries.iter().any(|entry| entry.unit != self.from) => {
                return self.contradiction(context, "news of what another unit did");
            }
            Mail::News { case, entries } => {
                self.keep_news(context, *case, entries)?;
                Ok(())
            }
            Mail::Claim { key, case, said } => match self.unfit_word(context, *key, *case, said)? {
                Some(why) => return self.contradiction(context, why),
                None => {
                    let (to, from) = (context.meta.unit, self.from);
                    context.say(vec![Word { to, from, key: *key, case: *case, said: said.clone() }])?;
                    Ok(())
                }
            },
            Mail::Concern(word) => match context.hear_concern(self.from, word)? {
                None => Ok(()),
                Some(why) => return self.contradiction(context, why),
            },
            Mail::Breach { applicant, case, breach } => {
                context.keep_breach(*applicant, *case, *breach, Some(self.from))?;
                Ok(())
            }
            Mail::Head(news) => match hear_head(context, self.from, self.generation, news)? {
                None => Ok(()),
                Some(why) => return self.contradiction(context, &why),
            },
            Mail::Manifest(_) | Mail::Chunk { .. } if context.meta.parent != Some(self.from) => {
                return self.contradiction(context, "a catalogue from who is not the unit above");
            }
            // The next life of the unit above says again what its former self may not have brought through.
            Mail::Manifest(signed) if is_known(context, signed)? => Ok(()),
            Mail::Manifest(signed) => return self.catalogue_came(context, |context| announce(context, signed)),
            Mail::Chunk { hash, bytes } => {
                return self.catalogue_came(context, |context| arrived(context, *hash, bytes));
            }
        };
        match outcome {
            Ok(()) => Ok(Done::MailLogged),
            Err(fault) => self.contradiction(context, &fault.to_string()),
        }
    }

    /// Why a word about a claim cannot be: a unit speaks only for a case that it has or received, and a home only of the claim
    /// that the case itself asked it for (architecture §2, promise 5).
    fn unfit_word(
        &self,
        context: &Context<'_, impl UnitStore>,
        key: ClaimKey,
        case: CaseId,
        said: &Said,
    ) -> Result<Option<&'static str>, Halt> {
        Ok(match said {
            Said::ToHome(ToHome::Ask(petition)) => (petition.case != case || petition.unit != self.from)
                .then_some("a claim asked for in the name of another case or unit"),
            Said::ToHome(_) => {
                let claim = context.store.get::<Claims>(&key)?;
                let petition = claim.as_ref().and_then(|claim| claim.petition(case));
                petition
                    .is_some_and(|petition| !petition.may_be_with(self.from))
                    .then_some("a word about a claim from who has not got its case")
            }
            Said::FromHome(_) => {
                let Some(row) = context.store.get::<Cases>(&case)? else {
                    // What a former self asked for may have been in the lost tail.
                    let first_life = context.meta.generation == Generation::FIRST;
                    return Ok(first_life.then_some("a claim of a case that is not known here"));
                };
                let Some(content) = row.content else { return Ok(None) };
                let home = last_note(&content.timeline).map(|(_, home, _)| home);
                if home.is_some_and(|home| home != self.from) {
                    Some("a word about a claim from who is not its home")
                } else {
                    (ClaimKey::of(&content)? != key).then_some("a word about a claim that is not the case's")
                }
            }
        })
    }

    /// A version or piece that does not fit is refused and kept as evidence; the stream goes on (protocol.md §2).
    fn catalogue_came<'a, S: UnitStore>(
        &self,
        context: &mut Context<'a, S>,
        take: impl FnOnce(&mut Context<'a, S>) -> Result<Option<String>, Halt>,
    ) -> Ruling {
        match take(context) {
            Ok(None) => Ok(Done::MailLogged),
            Ok(Some(why)) => self.contradiction(context, &why),
            Err(Halt::Refused(refusal)) => self.contradiction(context, &refusal.to_string()),
            Err(fault) => Err(fault),
        }
    }

    /// What the owner tells about a case that left from here.
    fn keep_news(
        &self,
        context: &mut Context<'_, impl UnitStore>,
        case: CaseId,
        entries: &[TimelineEntry],
    ) -> Result<(), Halt> {
        let Some(mut row) = context.stored_case(case)? else { return Ok(()) };
        let added: Vec<_> = entries.iter().filter(|entry| !row.news.contains(entry)).cloned().collect();
        row.news.extend(added);
        if context.is_inherited(case)? {
            // It changes here, and stays what the round is about.
            context.inherit(case)?;
            let before = context.stored(case)?;
            return Ok(context.write_case(case, before, row)?);
        }
        context.put_case(case, row)
    }

    fn contradiction(&self, context: &mut Context<'_, impl UnitStore>, what: &str) -> Ruling {
        let row = Contradiction {
            from: self.from,
            generation: self.generation,
            sequence: self.sequence,
            before: self.before,
            mail: self.mail.clone(),
            what: what.to_owned(),
            at: context.now(),
        };
        let sequence = context.meta.sequence;
        context.store.put::<Evidence>(&sequence, &row)?;
        Ok(Done::MailContradicts)
    }
}

/// Whether a catalogue version is here under that number and hash.
fn is_known(context: &Context<'_, impl UnitStore>, signed: &SignedManifest) -> Result<bool, Halt> {
    let known = context.store.get::<Versions>(&signed.manifest.number)?;
    let hash = signed.manifest.hash()?;
    Ok(known.is_some_and(|known| known.hash == hash))
}
