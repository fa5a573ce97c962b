//! I10: what was confirmed exists, exactly once, and is in the logs that survive; what was refused does not exist; what nobody
//! was told of may exist, once. What a loss took is not hidden: every case that a unit's mirror had stands among what its round
//! found, so that whoever was told of an act in the lost tail can be told what came of it.

use std::collections::{BTreeMap, BTreeSet};

use domain::digest::ContentHash;
use domain::ids::{CaseId, Generation, Sequence, UnitId};
use domain::store::{Table as _, UnitRead};
use domain::tables::{Audits, Findings, Rounds};
use unit::{Act, CatalogueAct, Concerning, Handling};

use super::{Broken, End, Invariant, Look};
use crate::ground::{Ticket, What};
use crate::observe::{Asked, Certainty, Moment, Observer, RequestName};

#[derive(Default)]
pub(super) struct ReceiptsKept {
    /// Cases by who handed them in under which key, and where.
    received: BTreeMap<RequestName, BTreeSet<CaseId>>,
    /// Commands whose outcome was told to somebody: which digest they had then, and whom they were told to.
    told: BTreeMap<(UnitId, Generation, Sequence), (ContentHash, Ticket)>,
    /// What a unit's mirror had, until its round is over.
    to_find: BTreeMap<UnitId, BTreeSet<CaseId>>,
}

impl Invariant for ReceiptsKept {
    fn id(&self) -> &'static str {
        "I10"
    }

    fn meaning(&self) -> &'static str {
        "Whoever holds a receipt has an application, exactly one, whatever breaks afterwards."
    }

    fn look(&mut self, moment: &Moment<'_>, observer: &Observer) -> Look {
        if let What::Answered { ticket, answer: Ok(_) } = &moment.event.what
            && let Some(asked) = observer.oracle().asked(*ticket)
        {
            self.is_there(*ticket, asked, observer)?;
        }
        if let (What::Promoted { .. }, Some(loss)) = (&moment.event.what, observer.losses().last()) {
            self.received.values_mut().for_each(|cases| cases.retain(|case| !loss.receipts.contains(case)));
            self.to_find.insert(loss.unit, loss.inherited.clone());
        }
        let Some(change) = &moment.change else { return Ok(()) };
        if change.tables.contains(&Rounds::ID) && !observer.is_recovering(change.unit) {
            self.has_found(change.unit, observer)?;
        }
        for case in &change.cases {
            let (None, Some(content)) = (&case.before, case.content()) else { continue };
            if content.receiver != change.unit || content.submission_key.is_empty() {
                continue;
            }
            if let Some((_, audit)) = change.done_about(case.key).next() {
                let name = (change.unit, audit.principal.name.clone(), content.submission_key.clone());
                self.received.entry(name).or_default().insert(case.key);
            }
        }
        Ok(())
    }

    fn finish(&mut self, end: &End<'_>, observer: &Observer) -> Look {
        let oracle = observer.oracle();
        for name in oracle.names().filter(|name| oracle.under(name).any(Asked::hands_in)) {
            let none = BTreeSet::new();
            let cases = self.received.get(name).unwrap_or(&none);
            let (unit, _, key) = name;
            match (oracle.certainty(name), cases.len()) {
                (Some(Certainty::Must), 1) | (Some(Certainty::May), 0 | 1) | (Some(Certainty::MustNot), 0) => {}
                // Every one who was told had a receipt of a lost tail: "kept here" was all that it said.
                (Some(Certainty::Must), 0) if is_all_lost(name, observer) => {}
                (certainty, found) => {
                    let told = match certainty {
                        Some(Certainty::Must) => "was confirmed",
                        Some(Certainty::MustNot) => "was refused",
                        _ => "got no answer",
                    };
                    return Err(Broken::new(format!("key {key} at {unit} {told}, and there are {found} cases of it")));
                }
            }
        }
        for (_, asked) in oracle.all() {
            let Some((case, number)) = asked.receipt() else { continue };
            let known = observer.numbered(&number.to_string());
            let is_kept = observer.standings(case).next().is_some() || observer.is_lost_receipt(case);
            if known != Some(case) || !is_kept {
                return Err(Broken::new(format!(
                    "{} gave a receipt {number} for a case that nobody knows",
                    asked.unit
                )));
            }
        }
        if end.live { self.logs_hold(end, observer) } else { Ok(()) }
    }
}

impl ReceiptsKept {
    /// A unit's round is over: what became of each case that its mirror had can be read there.
    fn has_found(&mut self, unit: UnitId, observer: &Observer) -> Look {
        let inherited = self.to_find.remove(&unit).unwrap_or_default();
        let (Some(rows), Some(life)) = (observer.rows(unit), observer.generation(unit)) else { return Ok(()) };
        let is_found = |case: &CaseId| {
            let found = rows.get::<Findings>(case).ok().flatten();
            found.is_some_and(|found| found.generation == life)
        };
        match inherited.iter().filter(|_| observer.keeps_all()).find(|case| !is_found(case)) {
            None => Ok(()),
            Some(case) => Err(Broken::new(format!(
                "case {}: the mirror of {unit} had it, and the round of life {} has not found what became of it",
                observer.name_of(*case),
                life.0
            ))),
        }
    }

    /// What was just told stands in the unit's rows already, and is what was asked for.
    fn is_there(&mut self, ticket: Ticket, asked: &Asked, observer: &Observer) -> Look {
        if let Some((case, number)) = asked.receipt()
            && observer.case_row(case, asked.unit).is_none()
        {
            return Err(Broken::new(format!("{} gave a receipt {number} and has no such case", asked.unit)));
        }
        let (Some((outcome, _)), Some(generation)) = (asked.done(), observer.generation(asked.unit)) else {
            return Ok(());
        };
        let Some(rows) = observer.rows(asked.unit).filter(|_| observer.keeps_all()) else { return Ok(()) };
        let unit = asked.unit;
        let sequence = outcome.sequence;
        let audit = rows.get::<Audits>(&sequence).ok().flatten();
        let Some(audit) = audit else {
            return Err(Broken::new(format!("{unit} told of command {}, which no replica has applied", sequence.0)));
        };
        if !kinds_of(&asked.act).contains(&audit.command) || audit.refused.is_some() {
            let (told, kind) = (kinds_of(&asked.act), audit.command);
            return Err(Broken::new(format!(
                "{unit} told of command {} as done, of kinds {told:?}; it is of kind {kind}, refused: {:?}",
                sequence.0, audit.refused
            )));
        }
        self.told.insert((unit, generation, sequence), (audit.digest, ticket));
        Ok(())
    }

    /// Every command that somebody was told of is in the log that a majority brought through.
    fn logs_hold(&self, end: &End<'_>, observer: &Observer) -> Look {
        for ((unit, generation, sequence), (digest, ticket)) in &self.told {
            // What the mirror had is in the log of the life that goes on; the tail is lost exactly where the mirror ended.
            let cut = observer.losses().iter().filter(|loss| loss.unit == *unit && loss.former >= *generation);
            let cut = cut.map(|loss| loss.mirror).min();
            if cut.is_some_and(|mirror| *sequence > mirror) {
                continue;
            }
            let goes_on = observer.generation(*unit).unwrap_or(*generation);
            let Some(log) = end.logs.get(&(*unit, goes_on)) else { continue };
            let voters = observer.replicas().filter(|(_, replica)| replica.unit == *unit).count();
            if log.replicas * 2 <= voters {
                continue;
            }
            let place = usize::try_from(sequence.0).unwrap_or(usize::MAX).wrapping_sub(1);
            let kept = log.proposals.get(place).and_then(Option::as_ref);
            let same = kept.is_some_and(|kept| ContentHash::of("command", &kept.command).ok() == Some(*digest));
            if !same {
                let found = if kept.is_some() { "holds another one there" } else { "ends before it" };
                return Err(Broken::new(format!(
                    "{unit} confirmed command {} (act {}); the log of {} replicas {found}",
                    sequence.0, ticket.0, log.replicas
                )));
            }
        }
        Ok(())
    }
}

/// Whether everybody who was told of an application was told by a command in a lost tail.
fn is_all_lost(name: &RequestName, observer: &Observer) -> bool {
    let told = observer.oracle().under(name).filter(|asked| asked.certainty() == Certainty::Must);
    let lost = |asked: &Asked| {
        let at = asked.answer.as_ref().map(|(at, _)| *at);
        asked.effect().zip(at).is_some_and(|(effect, at)| observer.is_in_lost_tail(asked.unit, effect, at))
    };
    told.into_iter().all(lost)
}

/// The kinds of command that an act can become.
fn kinds_of(act: &Act) -> &'static [u16] {
    match act {
        Act::Submit(_) => &[4, 18, 47],
        Act::Accept { .. } => &[9, 19],
        Act::NotAccept { .. } => &[10],
        Act::Decide { .. } => &[11],
        Act::Deliver { .. } => &[13],
        Act::Withdraw { .. } => &[14],
        Act::TakeBack { .. } => &[6],
        Act::KeepCatalogueChunk { .. } => &[2],
        Act::PublishCatalogue(_) => &[3],
        Act::ConfirmTime { .. } => &[27],
        Act::Catalogue(act) => match act {
            CatalogueAct::Propose { .. } => &[58],
            CatalogueAct::Review { .. } => &[59],
            CatalogueAct::Withdraw { .. } => &[60],
            CatalogueAct::Publish { .. } => &[61],
        },
        Act::Handle { handling, .. } => match handling {
            Handling::TellGaps { .. } => &[28],
            Handling::Supplement { .. } => &[29],
            Handling::StopClock { .. } => &[30],
            Handling::ProlongStop { .. } => &[31],
            Handling::ResumeClock => &[32],
            Handling::ExtendLimit { .. } => &[33],
            Handling::AcceptWithDeficit { .. } => &[34],
            Handling::Complete { .. } => &[35],
            Handling::PassOn { .. } => &[36],
            Handling::AcceptOnPromise { .. } => &[48],
            Handling::CheckPromise { .. } => &[49],
            Handling::Revoke { .. } => &[50],
            Handling::SendUp { .. } => &[51],
            Handling::DoStep { .. } => &[52],
            Handling::StepBack { .. } => &[53],
            Handling::TellHearing { .. } => &[54],
            Handling::AskHearing { .. } => &[55],
            Handling::SetHearing { .. } => &[56],
            Handling::HoldHearing { .. } => &[57],
        },
        Act::SubmitFiled { .. } => &[62],
        Act::Attach { .. } => &[63],
        Act::Account(_) => &[70, 71, 72, 73, 74, 75, 76, 77, 78, 79],
        Act::Concern { concerning, .. } => match concerning {
            Concerning::Rate { .. } => &[37],
            Concerning::Urge { .. } | Concerning::Order { .. } => &[38],
            Concerning::Complain { .. } => &[39],
            Concerning::CallBack { .. } => &[40],
            Concerning::Rectify { .. } => &[41],
            Concerning::Exclude { .. } => &[42],
            Concerning::AnswerUrging { .. } => &[43],
            Concerning::JudgeComplaint { .. } => &[44],
            Concerning::HandleComplaint { .. } => &[45],
            Concerning::AnswerComplaint { .. } => &[46],
        },
    }
}
