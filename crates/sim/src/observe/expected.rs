//! Answers to what scenarios expect: what is there now, and whether that is what was to be.

use domain::cards::{CardKind, KnownTime};
use domain::command::TaskKind;
use domain::concerns::{ConcernKind, ConcernRow};
use domain::handoff::Role;
use domain::ids::{CaseId, ConcernId, MailSequence, Sequence, UnitId};
use domain::store::UnitRead;
use domain::tables::{Cases, Concerns, Disputes, Evidence, InboxCursors, OutboxHead, OutboxHeads, Tasks};
use uuid::Uuid;

use super::Observer;
use super::path::role_word;
use crate::scenario::{Expected, ExpectedCard, word_of};

impl Observer {
    /// Whether something is so now; else what is there instead, in words.
    ///
    /// # Errors
    /// What was found, for whoever reads why an expectation was not met.
    pub fn holds(&self, expected: &Expected) -> Result<(), String> {
        match expected {
            Expected::Case { case: label, owner, stage, seen_from, role, passed_over, card } => {
                let case = self.labelled(label).ok_or_else(|| format!("case {label} is not known to any unit"))?;
                if let Some(expected) = owner
                    && self.owners(case) != [*expected]
                {
                    return Err(self.owner_words(case));
                }
                let seen =
                    |unit: UnitId| self.stage_seen(case, unit).map_or("unknown".to_owned(), |stage| word_of(&stage));
                if let Some(expected) = stage {
                    let view = seen_from.or_else(|| self.owners(case).first().copied());
                    let view = view.ok_or_else(|| self.owner_words(case))?;
                    if self.stage_seen(case, view) != Some(*expected) {
                        return Err(format!("{view} sees it as {}", seen(view)));
                    }
                }
                if let (Some(unit), Some(expected)) = (seen_from, role) {
                    let found = self.role_at(case, *unit);
                    if found != expected {
                        return Err(format!("{unit} is {found} to it"));
                    }
                }
                if let Some(expected) = card {
                    let found = self.card_of(case)?;
                    if found != *expected {
                        return Err(format!("its worst card is {}", word_of(&found)));
                    }
                }
                match passed_over {
                    Some(unit) if !self.was_passed_over(case, *unit) => Err(format!("{unit} was not passed over")),
                    _ => Ok(()),
                }
            }
            Expected::Concern { case: label, seen_from, kind, number, waits, card } => {
                let case = self.labelled(label).ok_or_else(|| format!("case {label} is not known to any unit"))?;
                let said = self.said(case, *seen_from)?.into_iter().filter(|(row, _)| row.concern.kind() == *kind);
                let said: Vec<_> = said.collect();
                let counts = |row: &ConcernRow| *kind != ConcernKind::Rating || row.counts();
                let found = said.iter().filter(|(row, _)| counts(row)).count() as u64;
                differs(&format!("what was said at {seen_from}"), *number, found)?;
                let Some((row, worst)) = said.last() else {
                    return match (waits, card) {
                        (None, None) => Ok(()),
                        _ => Err(format!("{seen_from} knows of nothing that was said")),
                    };
                };
                match waits {
                    Some(expected) if *expected != row.waits_for() => {
                        return Err(format!("it waits for {:?}", row.waits_for()));
                    }
                    _ => {}
                }
                match card {
                    Some(expected) if expected != worst => Err(format!("its worst card is {}", word_of(worst))),
                    _ => Ok(()),
                }
            }
            Expected::Unit { unit, catalogue, backlog, stopped, evidence } => {
                let meta = self.meta(*unit).ok_or_else(|| format!("{unit} is not founded"))?;
                let number = meta.catalogue.map_or(0, |pin| pin.number);
                differs("catalogue version", *catalogue, number)?;
                differs("mail that waits", *backlog, self.backlog(*unit))?;
                differs("evidence", *evidence, self.evidence(*unit))?;
                let has_stopped = self.stopped().contains(unit);
                match stopped {
                    Some(expected) if *expected != has_stopped => {
                        Err(if has_stopped { "a replica has stopped" } else { "no replica has stopped" }.to_owned())
                    }
                    _ => Ok(()),
                }
            }
            Expected::Quiet => self.is_quiet(),
        }
    }

    /// What a unit knows that was said of a case, oldest first, each with the most serious certain card of who answers.
    fn said(&self, case: CaseId, unit: UnitId) -> Result<Vec<(ConcernRow, ExpectedCard)>, String> {
        let rows = self.rows(unit).ok_or_else(|| format!("the rows of {unit} are not kept in this run"))?;
        let meta = self.meta(unit).ok_or_else(|| format!("{unit} is not founded"))?;
        let all = (case, ConcernId(Uuid::nil()))..=(case, ConcernId(Uuid::max()));
        let found = rows.scan::<Concerns>(all, usize::MAX).map_err(|fault| fault.to_string())?;
        let known = KnownTime { now: meta.now, certain_until: None };
        let judged = found.into_iter().map(|(_, row)| {
            let cards = domain::concerns::cards_of(rows, meta, &row, known).map_err(|fault| fault.to_string())?;
            let worst = cards.iter().filter(|card| !card.undetermined).map(|card| card.kind).max();
            Ok((row, expected_card(worst)))
        });
        judged.collect()
    }

    /// The most serious certain card of the authority that has a case, as its owner would tell.
    fn card_of(&self, case: CaseId) -> Result<ExpectedCard, String> {
        let owner = self.owners(case).first().copied().ok_or_else(|| self.owner_words(case))?;
        let rows = self.rows(owner).ok_or_else(|| format!("the rows of {owner} are not kept in this run"))?;
        let row = rows.get::<Cases>(&case).map_err(|fault| fault.to_string())?;
        let content = row.and_then(|row| row.content).ok_or_else(|| format!("{owner} has no content of it"))?;
        let now = self.meta(owner).map(|meta| meta.now).unwrap_or(content.collected_at);
        let standing = domain::cards::of_case(rows, &content, now).map_err(|fault| fault.to_string())?;
        Ok(expected_card(standing.and_then(|standing| standing.worst())))
    }

    fn owner_words(&self, case: CaseId) -> String {
        let at = |(unit, standing): (UnitId, &super::Standing)| format!("{unit} {}", role_word(standing.custody.role));
        let all: Vec<String> = self.standings(case).map(at).collect();
        if all.is_empty() { "no unit knows it".to_owned() } else { all.join(", ") }
    }

    /// How far a case has got, as a unit knows.
    pub fn stage_seen(&self, case: CaseId, unit: UnitId) -> Option<domain::case::Stage> {
        self.standing(case, unit)?.stage
    }

    /// `owner`, `offering`, `gone`, `offered`, `prepared`, `dropped`, or `unknown`.
    pub fn role_at(&self, case: CaseId, unit: UnitId) -> &'static str {
        self.standing(case, unit).map_or("unknown", |standing| role_word(standing.custody.role))
    }

    /// Whether a case passed a unit by on its way.
    pub fn was_passed_over(&self, case: CaseId, unit: UnitId) -> bool {
        self.newest_content(case).is_some_and(|content| content.passed_over.iter().any(|past| past.unit == unit))
    }

    /// Mail of a unit that its receivers have not logged, over all peers. Whether the unit knows already what they have is its own
    /// affair: it logs that when it is much, or old.
    pub fn backlog(&self, unit: UnitId) -> u64 {
        let (Some(rows), Some(generation)) = (self.rows(unit), self.generation(unit)) else { return 0 };
        let heads = rows.scan::<OutboxHeads>(UnitId::FIRST..=UnitId::LAST, usize::MAX).unwrap_or_default();
        let waits = |(peer, head): (UnitId, OutboxHead)| {
            let cursor = self.rows(peer).and_then(|rows| rows.get::<InboxCursors>(&unit).ok().flatten());
            let read = cursor.filter(|cursor| cursor.generation == generation).map_or(MailSequence(0), |c| c.sequence);
            head.written.0.saturating_sub(head.committed.max(read).0)
        };
        heads.into_iter().map(waits).sum()
    }

    /// Peers' words that a unit keeps as evidence of a contradiction.
    pub fn evidence(&self, unit: UnitId) -> u64 {
        let all = Sequence(0)..=Sequence(u64::MAX);
        let Some(rows) = self.rows(unit) else { return 0 };
        let mail = rows.scan::<Evidence>(all, usize::MAX).map_or(0, |rows| rows.len());
        let pairs = (UnitId::FIRST, UnitId::FIRST)..=(UnitId::LAST, UnitId::LAST);
        let disputes = rows.scan::<Disputes>(pairs, usize::MAX).map_or(0, |rows| rows.len());
        (mail + disputes) as u64
    }

    /// Whether nothing moves any more: no mail waits, no case is on its way, no leader owes anything, all replicas that run are
    /// level.
    ///
    /// # Errors
    /// The first thing that moves.
    pub fn is_quiet(&self) -> Result<(), String> {
        for unit in self.units() {
            if self.is_recovering(unit) {
                return Err(format!("{unit} comes back and has not judged all that it inherited"));
            }
            match self.backlog(unit) {
                0 => {}
                waits => return Err(format!("{unit} has {waits} mail that waits")),
            }
            if let Some((kind, case)) = self.owed(unit) {
                return Err(format!("{unit} owes case {} the step {kind:?}", self.name_of(case)));
            }
            let sequence = self.meta(unit).map(|meta| meta.sequence);
            let lags = |replica: &&super::Replica| {
                replica.unit == unit && replica.up && replica.stopped.is_none() && replica.sequence.is_some()
            };
            if self.replicas.values().filter(lags).any(|replica| replica.sequence != sequence) {
                return Err(format!("a replica of {unit} is behind"));
            }
        }
        let on_its_way = |case: &CaseId| {
            let moving = |role| matches!(role, Role::Offering { .. } | Role::Offered { .. } | Role::Prepared { .. });
            self.standings(*case).any(|(_, standing)| moving(standing.custody.role))
        };
        match self.cases().find(on_its_way) {
            Some(case) => Err(format!("case {} is on its way: {}", self.name_of(case), self.owner_words(case))),
            None => Ok(()),
        }
    }

    /// The first thing that a unit's leader owes a case.
    fn owed(&self, unit: UnitId) -> Option<(TaskKind, CaseId)> {
        let rows = self.rows(unit)?;
        [TaskKind::Route, TaskKind::Prepare, TaskKind::Close, TaskKind::Return].into_iter().find_map(|kind| {
            let all = (kind, CaseId(Uuid::nil()))..=(kind, CaseId(Uuid::max()));
            rows.scan::<Tasks>(all, 1).ok()?.into_iter().next().map(|(key, _)| key)
        })
    }

    /// A case's row at a unit.
    pub fn case_row(&self, case: CaseId, unit: UnitId) -> Option<domain::case::CaseRow> {
        self.rows(unit)?.get::<Cases>(&case).ok()?
    }
}

fn expected_card(worst: Option<CardKind>) -> ExpectedCard {
    match worst {
        None => ExpectedCard::None,
        Some(CardKind::Warning) => ExpectedCard::Warning,
        Some(CardKind::Yellow) => ExpectedCard::Yellow,
        Some(CardKind::Red) => ExpectedCard::Red,
    }
}

fn differs(what: &str, expected: Option<u64>, found: u64) -> Result<(), String> {
    match expected {
        Some(expected) if expected != found => Err(format!("{what}: {found}")),
        _ => Ok(()),
    }
}
