//! One case's path over time: who held what under which attempt, and what units wrote down about it.

use std::collections::BTreeMap;

use domain::case::{CaseContent, CaseRow, DayUnit, Due, Happening};
use domain::handoff::Role;
use domain::ids::{Attempt, CaseNumber, Generation, UnitId};
use domain::store::UnitRead;
use domain::tables::Cases;
use domain::time::Timestamp;

use super::{CaseChange, Change, Observer, Standing};
use crate::play::story::happening;
use crate::play::{CasePath, Held, Line};
use crate::scenario::word_of;

/// What is kept of a case.
#[derive(Debug, Default)]
pub(super) struct Path {
    pub(super) label: Option<String>,
    pub(super) number: Option<CaseNumber>,
    pub(super) standings: BTreeMap<UnitId, Standing>,
    held: Vec<Span>,
    happenings: Vec<(Timestamp, UnitId, Happening)>,
}

/// A standing for a time; without end while it lasts.
#[derive(Debug)]
struct Span {
    unit: UnitId,
    role: &'static str,
    attempt: Attempt,
    from: Timestamp,
    to: Option<Timestamp>,
}

impl Path {
    /// A unit goes on with what its mirror had of the case.
    pub(super) fn comes_back(&mut self, unit: UnitId, generation: Generation, row: &CaseRow, at: Timestamp) {
        self.is_lost(unit, at);
        let standing = Standing {
            generation,
            custody: row.custody,
            stage: row.stage(),
            keeps: row.content.is_some() && row.key.is_some(),
            since: at,
        };
        self.standings.insert(unit, standing);
        let (role, attempt) = (role_word(row.custody.role), row.custody.attempt);
        self.held.push(Span { unit, role, attempt, from: at, to: None });
    }

    /// A unit does not know the case any more.
    pub(super) fn is_lost(&mut self, unit: UnitId, at: Timestamp) {
        self.standings.remove(&unit);
        if let Some(open) = self.held.iter_mut().rfind(|span| span.unit == unit) {
            open.to.get_or_insert(at);
        }
    }

    /// What a batch changed about the case.
    pub(super) fn follow(&mut self, change: &Change, case: &CaseChange, at: Timestamp) {
        let Some(row) = &case.after else { return };
        let unit = change.unit;
        if let Some(content) = &row.content {
            self.number = Some(content.number);
        }
        let own = |entry: &&&domain::case::TimelineEntry| entry.unit == unit;
        let lines = case.new_entries();
        self.happenings.extend(lines.iter().filter(own).map(|entry| (at, unit, entry.what.clone())));
        let before = self.standings.get(&unit);
        let same =
            before.is_some_and(|b| (b.custody.role, b.custody.attempt) == (row.custody.role, row.custody.attempt));
        let since = before.filter(|_| same).map_or(at, |before| before.since);
        let standing = Standing {
            generation: change.generation,
            custody: row.custody,
            stage: row.stage(),
            keeps: row.content.is_some() && row.key.is_some(),
            since,
        };
        self.standings.insert(unit, standing);
        if !same {
            if let Some(open) = self.held.iter_mut().rfind(|span| span.unit == unit) {
                open.to.get_or_insert(at);
            }
            let (role, attempt) = (role_word(row.custody.role), row.custody.attempt);
            self.held.push(Span { unit, role, attempt, from: at, to: None });
        }
    }
}

impl Observer {
    /// Each case's path, in the order of their labels and numbers; `alias` says what the scenario calls a unit.
    pub fn paths(&self, end: Timestamp, alias: impl Fn(UnitId) -> String) -> Vec<CasePath> {
        let path = |(case, path): (&domain::ids::CaseId, &Path)| {
            let number = path.number.map(|number| number.to_string()).unwrap_or_default();
            let label = path.label.clone().unwrap_or_else(|| number.clone());
            let held = |span: &Span| Held {
                unit: span.unit,
                role: span.role.to_owned(),
                attempt: span.attempt.0,
                from: span.from,
                to: span.to.unwrap_or(end),
            };
            let line = |(at, unit, what): &(Timestamp, UnitId, Happening)| Line {
                at: *at,
                who: alias(*unit),
                what: happening(what, &alias),
                case: Some(label.clone()),
            };
            let content = self.newest_content(*case);
            CasePath {
                number,
                held: path.held.iter().map(held).collect(),
                happenings: path.happenings.iter().map(line).collect(),
                clocks: content.as_ref().map(clock_words).unwrap_or_default(),
                stage: content.map_or_else(|| "unknown".to_owned(), |content| word_of(&content.stage)),
                label: label.clone(),
            }
        };
        let mut paths: Vec<CasePath> = self.cases.iter().map(path).collect();
        paths.sort_by(|a, b| (&a.label, &a.number).cmp(&(&b.label, &b.number)));
        paths
    }

    /// The content of a case with its owner; where it is on its way, with who holds the highest attempt.
    pub fn newest_content(&self, case: domain::ids::CaseId) -> Option<CaseContent> {
        let owns = |standing: &Standing| matches!(standing.custody.role, Role::Owner | Role::Offering { .. });
        let keepers = self.standings(case).filter(|(_, standing)| standing.keeps);
        let (unit, _) = keepers.max_by_key(|(_, standing)| (owns(standing), standing.custody.attempt))?;
        self.rows(unit)?.get::<Cases>(&case).ok()??.content
    }
}

/// As expectations and paths name a role.
pub(super) fn role_word(role: Role) -> &'static str {
    match role {
        Role::Owner => "owner",
        Role::Offering { .. } => "offering",
        Role::Gone { .. } => "gone",
        Role::Offered { .. } => "offered",
        Role::Prepared { .. } => "prepared",
        Role::Dropped { .. } => "dropped",
    }
}

fn clock_words(content: &CaseContent) -> Vec<String> {
    let mut clocks = vec![format!("applicant: waits since {}", content.collected_at)];
    if let Some(acceptance) = &content.acceptance {
        let Due { date, from, days, unit, provisional, .. } = &acceptance.due;
        let unit = match unit {
            DayUnit::Working => "working",
            DayUnit::Calendar => "calendar",
        };
        let provisional = if *provisional { " (a year's calendar is not published yet)" } else { "" };
        clocks.push(format!("authority: decides by {date}, {days} {unit} days from {from}{provisional}"));
    }
    clocks
}
