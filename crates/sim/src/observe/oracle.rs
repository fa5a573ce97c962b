//! What people asked for and what they were told: the requesters' side of the truth. An unknown outcome is never an absent one.

use std::collections::BTreeMap;

use domain::command::{Done, Outcome, Reply};
use domain::ids::{CaseId, CaseNumber, Sequence, UnitId};
use domain::time::Timestamp;
use unit::{Act, Request};

use crate::ground::{NotDone, Ticket};

/// An act that somebody asked for.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Where.
    pub unit: UnitId,
    /// When, by true time.
    pub at: Timestamp,
    /// Who: the account's name.
    pub principal: String,
    /// Under which key.
    pub key: Option<String>,
    /// What.
    pub act: Act,
    /// What steps call the case that it hands in.
    pub label: Option<String>,
    /// The highest command of the unit that anybody had been told of by then: the answer must not be older.
    pub floor: Sequence,
    /// What was answered, and when.
    pub answer: Option<(Timestamp, Result<Outcome, NotDone>)>,
}

/// What must be true of what an act was to bring about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Certainty {
    /// It was confirmed: it exists, exactly once.
    Must,
    /// No answer, or one that leaves it open: it exists once or not at all.
    May,
    /// It was refused: it does not exist.
    MustNot,
}

impl Asked {
    /// What is known of the act alone. Others under the same key can make it certain.
    pub fn certainty(&self) -> Certainty {
        match &self.answer {
            None | Some((_, Err(NotDone::Unknown { .. }))) => Certainty::May,
            Some((_, Err(NotDone::Refused { .. }))) => Certainty::MustNot,
            Some((_, Ok(outcome))) => match outcome.reply.ruling() {
                Ok(_) => Certainty::Must,
                Err(_) => Certainty::MustNot,
            },
        }
    }

    /// What was done, where that was confirmed.
    pub fn done(&self) -> Option<(&Outcome, &Done)> {
        let (_, Ok(outcome)) = self.answer.as_ref()? else { return None };
        outcome.reply.ruling().ok().map(|done| (outcome, done))
    }

    /// The case that was confirmed as received.
    pub fn receipt(&self) -> Option<(CaseId, CaseNumber)> {
        match self.done()?.1 {
            Done::Received { case, number } => Some((*case, *number)),
            _ => None,
        }
    }

    /// The command that had the effect: the first one, where this one repeated it.
    pub fn effect(&self) -> Option<Sequence> {
        let (outcome, _) = self.done()?;
        Some(match outcome.reply {
            Reply::Repeated { of, .. } => of,
            _ => outcome.sequence,
        })
    }

    /// Whether it hands in an application.
    pub fn hands_in(&self) -> bool {
        matches!(self.act, Act::Submit(_))
    }
}

/// Requests of one account under one key at one unit are one request.
pub type RequestName = (UnitId, String, String);

/// Everything that was asked for.
#[derive(Debug, Default)]
pub struct Oracle {
    asked: BTreeMap<Ticket, Asked>,
    by_name: BTreeMap<RequestName, Vec<Ticket>>,
    /// What steps call the cases handed in, by where and under which key.
    labels: BTreeMap<(UnitId, String), String>,
    confirmed: BTreeMap<UnitId, Sequence>,
    answered: u64,
    unknown: u64,
}

impl Oracle {
    /// An act is begun.
    pub(super) fn begun(
        &mut self,
        ticket: Ticket,
        at: Timestamp,
        unit: UnitId,
        request: &Request,
        label: Option<&str>,
    ) {
        let asked = Asked {
            unit,
            at,
            principal: request.principal.name.clone(),
            key: request.idempotency_key.clone(),
            act: request.act.clone(),
            label: label.map(str::to_owned),
            floor: self.confirmed.get(&unit).copied().unwrap_or_default(),
            answer: None,
        };
        if let (Some(key), Some(label), true) = (&asked.key, &asked.label, asked.hands_in()) {
            self.labels.insert((unit, key.clone()), label.clone());
        }
        if let Some(key) = &asked.key {
            self.by_name.entry((unit, asked.principal.clone(), key.clone())).or_default().push(ticket);
        }
        self.asked.insert(ticket, asked);
    }

    /// An act was answered. An answer to nothing that was asked is ignored: grounds ask for things of their own.
    pub(super) fn answered(&mut self, ticket: Ticket, at: Timestamp, answer: &Result<Outcome, NotDone>) {
        let Some(asked) = self.asked.get_mut(&ticket) else { return };
        asked.answer = Some((at, answer.clone()));
        match answer {
            Err(NotDone::Unknown { .. }) => self.unknown += 1,
            _ => self.answered += 1,
        }
        if let Ok(outcome) = answer {
            let confirmed = self.confirmed.entry(asked.unit).or_default();
            *confirmed = outcome.sequence.max(*confirmed);
        }
    }

    /// A unit has lost all commands after one: what is asked of it from now on, or still waits, may be answered by lower numbers.
    pub(super) fn lost(&mut self, unit: UnitId, mirror: Sequence) {
        if let Some(confirmed) = self.confirmed.get_mut(&unit) {
            *confirmed = mirror.min(*confirmed);
        }
        for asked in self.asked.values_mut().filter(|asked| asked.unit == unit && asked.answer.is_none()) {
            asked.floor = mirror.min(asked.floor);
        }
    }

    /// One act.
    pub fn asked(&self, ticket: Ticket) -> Option<&Asked> {
        self.asked.get(&ticket)
    }

    /// Every act, in the order of tickets.
    pub fn all(&self) -> impl Iterator<Item = (Ticket, &Asked)> {
        self.asked.iter().map(|(ticket, asked)| (*ticket, asked))
    }

    /// What steps call the case that was handed in at a unit under a key.
    pub(super) fn label_under(&self, unit: UnitId, key: &str) -> Option<&String> {
        self.labels.get(&(unit, key.to_owned()))
    }

    /// Acts under one name: the same request, asked once or again.
    pub fn under(&self, name: &RequestName) -> impl Iterator<Item = &Asked> {
        self.by_name.get(name).into_iter().flatten().filter_map(|ticket| self.asked.get(ticket))
    }

    /// What must be true of what was asked for under one name: certain, if one answer makes it so.
    pub fn certainty(&self, name: &RequestName) -> Option<Certainty> {
        let all = || self.under(name).map(Asked::certainty);
        [Certainty::Must, Certainty::May, Certainty::MustNot]
            .into_iter()
            .find(|certainty| all().any(|c| c == *certainty))
    }

    /// Every name under which something was asked.
    pub fn names(&self) -> impl Iterator<Item = &RequestName> {
        self.by_name.keys()
    }

    /// Acts answered, and acts whose outcome stayed unknown.
    pub fn tally(&self) -> (u64, u64) {
        (self.answered, self.unknown)
    }
}
