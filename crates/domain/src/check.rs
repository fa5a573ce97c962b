//! Checks a unit's rows against each other: what can be said about one unit's state without the others (faults.md, I1–I4, I8,
//! I9, I14 locally). Reads only. Called by tests, by simulation after every step, and by operators.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use crate::accounts::check_accounts;
use crate::audit::Tree;
use crate::case::{CaseRow, Happening, Stage};
use crate::catalogue::installed;
use crate::claims::{Claim, ClaimKey, has_claim, last_note};
use crate::command::{TaskKind, TimerKind, blobs, content_hash, gaps_due, lapse_due, licence_ends, waiting};
use crate::concerns::check_concerns;
use crate::digest::ContentHash;
use crate::handoff::Role;
use crate::ids::{CaseId, MailSequence, Sequence, UnitId};
use crate::store::{Key, StoreFault, Table, UnitRead};
use crate::stretch;
use crate::tables::{
    Audits, BlobNames, BlobsByAge, CaseNumbers, CaseRef, Cases, Claims, Findings, Meta, Outbox, OutboxHead,
    OutboxHeads, Stretches, Tasks, Timers, UnitMeta, Versions,
};
use crate::time::Timestamp;

/// Two rows that contradict each other.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StateFinding {
    /// There are rows and no founding.
    #[error("I12: rows without a founding")]
    NotFounded,
    /// A case stands in other worklists than its state says.
    #[error("case {case} waits for {expected:?} and stands in the lists {found:?}")]
    Task {
        /// Which case.
        case: CaseId,
        /// By its state.
        expected: Vec<TaskKind>,
        /// Where it stands.
        found: Vec<TaskKind>,
    },
    /// Content is missing where the unit's role needs it, or kept where it was to be forgotten.
    #[error("I2: case {case} is {role:?}; content here: {content}, key here: {key}")]
    Content {
        /// Which case.
        case: CaseId,
        /// What the unit is to it.
        role: Role,
        /// Whether content is here.
        content: bool,
        /// Whether the data key is here.
        key: bool,
    },
    /// Frozen content is not what the offer says; or an owner's custody holds an offer's hash.
    #[error("I4: case {case} is {role:?} under {custody:?}; its content hashes to {content:?}")]
    Frozen {
        /// Which case.
        case: CaseId,
        /// What the unit is to it.
        role: Role,
        /// By its custody.
        custody: Option<ContentHash>,
        /// Of what is here.
        content: Option<ContentHash>,
    },
    /// A printed number leads nowhere, or elsewhere.
    #[error("I14: number {number} leads to {found:?}, not to {expected:?}")]
    Number {
        /// As printed.
        number: String,
        /// The case that has it.
        expected: Option<CaseId>,
        /// The case that it leads to.
        found: Option<CaseId>,
    },
    /// A timer of a case is not in the table, or one of the table is not the case's.
    #[error("case {case}: timer {kind:?} at {due} stands with the case: {with_case}, in the table: {in_table}")]
    Timer {
        /// Which case.
        case: CaseId,
        /// When.
        due: Timestamp,
        /// What for.
        kind: TimerKind,
        /// Whether the case has it.
        with_case: bool,
        /// Whether the table has it.
        in_table: bool,
    },
    /// A stream's mails do not lead from what the peer has safe to the head.
    #[error("the stream to {peer}: {what}")]
    Stream {
        /// To whom.
        peer: UnitId,
        /// Both sides of the contradiction.
        what: String,
    },
    /// A case was decided without the claim, ended as a duplicate without the paper, or has a claim that the home's row does not know.
    #[error("claims: case {case}: {what}")]
    Claim {
        /// Which case.
        case: CaseId,
        /// Both sides of the contradiction.
        what: String,
    },
    /// A command without audit row, or an audit row without command.
    #[error("I8: audit rows lead to {found:?}, the unit's sequence is {expected:?}")]
    Audit {
        /// The unit's last sequence.
        expected: Sequence,
        /// The last one without a gap before it.
        found: Sequence,
    },
    /// A node of the audit tree is missing, or is not what the audit rows below it give.
    #[error("I8: node {at} of level {level} of the audit tree does not fit the audit rows below it")]
    Tree {
        /// Levels above the rows.
        level: u32,
        /// Its place in the level, from 0.
        at: u64,
    },
    /// The newest installed version is not one that is installed.
    #[error("I9: catalogue version {number} is in force and not installed under that hash")]
    Catalogue {
        /// Its number.
        number: u64,
    },
    /// What the law makes of a case whose gaps nobody tells is not waited for, or not on its day.
    #[error("I15: case {case} counts as accepted from {expected:?} on; its timer is set to {found:?}")]
    Gaps {
        /// The case.
        case: CaseId,
        /// By receipt, entry and calendar.
        expected: Option<Timestamp>,
        /// As set.
        found: Option<Timestamp>,
    },
    /// When an application or a licence is over is not what the story or the register says.
    #[error("I15: case {case}: {kind:?} is at {expected:?} by what was told; the timer says {found:?}")]
    Due {
        /// The case.
        case: CaseId,
        /// What is over then.
        kind: TimerKind,
        /// By the notice or the licence.
        expected: Option<Timestamp>,
        /// As set.
        found: Option<Timestamp>,
    },
    /// What somebody said of a case does not fit its list, its counts, its case or itself.
    #[error("concerns: case {case}: {what}")]
    Concern {
        /// Which case.
        case: CaseId,
        /// Both sides of the contradiction.
        what: String,
    },
    /// What a case names is not what stands beside it.
    #[error("I13: case {case} names {expected:?}; beside it stand {found:?}")]
    Blobs {
        /// Which case.
        case: CaseId,
        /// By its content.
        expected: Vec<ContentHash>,
        /// By the table.
        found: Vec<ContentHash>,
    },
    /// The stretch of uncertain time that is open is not the one that has no end.
    #[error("I6: the stretches of uncertain time without an end are {found:?}; the open one is {expected:?}")]
    Time {
        /// By the row of the open one.
        expected: Option<Sequence>,
        /// Without an end.
        found: Vec<Sequence>,
    },
    /// Rows of accounts contradict each other.
    #[error("accounts: {what}")]
    Account {
        /// Both sides of the contradiction.
        what: String,
    },
}

/// Everything that contradicts itself, in the order of the tables; empty for a sound state.
pub fn check(store: &impl UnitRead) -> Result<Vec<StateFinding>, StoreFault> {
    let Some(meta) = store.get::<Meta>(&())? else {
        let any = store.scan::<Audits>(Sequence(0)..=Sequence(u64::MAX), 1)?;
        return Ok(if any.is_empty() { vec![] } else { vec![StateFinding::NotFounded] });
    };
    let mut findings = Vec::new();
    check_cases(store, &meta, &mut findings)?;
    check_claims(store, &meta, &mut findings)?;
    check_streams(store, &meta, &mut findings)?;
    check_audits(store, &meta, &mut findings)?;
    check_time(store, &mut findings)?;
    check_concerns(store, &meta, &mut findings)?;
    findings.extend(check_accounts(store)?.into_iter().map(|what| StateFinding::Account { what }));
    if let Some(pin) = meta.catalogue {
        let version = store.get::<Versions>(&pin.number)?;
        if !version.is_some_and(|version| version.installed.is_some() && version.hash == pin.manifest) {
            findings.push(StateFinding::Catalogue { number: pin.number });
        }
    }
    Ok(findings)
}

fn check_time(store: &impl UnitRead, findings: &mut Vec<StateFinding>) -> Result<(), StoreFault> {
    let expected = stretch::open(store)?.map(|open| open.since);
    let mut found = Vec::new();
    each::<Stretches>(store, Sequence(0)..=Sequence(u64::MAX), |since, stretch| {
        found.extend(stretch.ended.is_none().then_some(since));
        Ok(())
    })?;
    if !found.iter().eq(&expected) {
        findings.push(StateFinding::Time { expected, found });
    }
    Ok(())
}

pub(crate) const FIRST_CASE: CaseId = CaseId(Uuid::nil());
pub(crate) const LAST_CASE: CaseId = CaseId(Uuid::max());

fn check_cases(store: &impl UnitRead, meta: &UnitMeta, findings: &mut Vec<StateFinding>) -> Result<(), StoreFault> {
    let mut lists: BTreeMap<CaseId, Vec<TaskKind>> = BTreeMap::new();
    let every_task = (TaskKind::Route, FIRST_CASE)..=(TaskKind::LAST, LAST_CASE);
    each::<Tasks>(store, every_task, |(kind, case), _| {
        lists.entry(case).or_default().push(kind);
        Ok(())
    })?;
    let mut timers: BTreeSet<(CaseId, Timestamp, TimerKind)> = BTreeSet::new();
    let every_timer =
        (Timestamp(i64::MIN), FIRST_CASE, TimerKind::Patience)..=(Timestamp(i64::MAX), LAST_CASE, TimerKind::LAST);
    each::<Timers>(store, every_timer, |(due, case, kind), _| {
        timers.insert((case, due, kind));
        Ok(())
    })?;
    let mut numbers: BTreeMap<String, CaseId> = BTreeMap::new();
    each::<CaseNumbers>(store, String::new()..=char::MAX.to_string(), |number, CaseRef(case)| {
        numbers.insert(number, case);
        Ok(())
    })?;

    let mut named: BTreeMap<CaseId, BTreeMap<ContentHash, u64>> = BTreeMap::new();
    let (first, last) = (ContentHash([0; 32]), ContentHash([0xFF; 32]));
    each::<BlobNames>(store, (first, FIRST_CASE)..=(last, LAST_CASE), |(blob, case), name| {
        let by_age = store.get::<BlobsByAge>(&(name.since, blob))?;
        if by_age == Some(CaseRef(case)) {
            named.entry(case).or_default().insert(blob, name.bytes);
        }
        Ok(())
    })?;

    let mut known = BTreeSet::new();
    each::<Cases>(store, FIRST_CASE..=LAST_CASE, |case, row| {
        known.insert(case);
        let mut expected: Vec<_> = waiting(store, meta, &row)?.into_iter().map(|(kind, _)| kind).collect();
        expected.sort_unstable();
        let is_to_accept = expected.contains(&TaskKind::Accept);
        let found = lists.remove(&case).unwrap_or_default();
        if found != expected {
            findings.push(StateFinding::Task { case, expected, found });
        }
        let expected = if is_to_accept { gaps_due(store, meta, &row)? } else { None };
        let found = row.timers.iter().find(|(_, kind)| *kind == TimerKind::GapsDue).map(|(due, _)| *due);
        if found != expected {
            findings.push(StateFinding::Gaps { case, expected, found });
        }
        let derived = [(TimerKind::LapseDue, lapse_due(&row)), (TimerKind::LicenceEnds, licence_ends(store, &row)?)];
        for (kind, expected) in derived {
            let found = row.timers.iter().find(|(_, known)| *known == kind).map(|(due, _)| *due);
            if found != expected {
                findings.push(StateFinding::Due { case, kind, expected, found });
            }
        }
        let (expected, found) = (blobs(&row), named.remove(&case).unwrap_or_default());
        if expected != found {
            let names = |blobs: BTreeMap<ContentHash, u64>| blobs.into_keys().collect();
            findings.push(StateFinding::Blobs { case, expected: names(expected), found: names(found) });
        }
        check_custody(store, case, &row, findings)?;
        check_claim(store, case, &row, findings)?;
        for (due, kind) in row.timers {
            if !timers.remove(&(case, due, kind)) {
                findings.push(StateFinding::Timer { case, due, kind, with_case: true, in_table: false });
            }
        }
        if let Some(content) = &row.content {
            let (number, found) = (content.number.to_string(), numbers.get(&content.number.to_string()).copied());
            if found != Some(case) {
                findings.push(StateFinding::Number { number, expected: Some(case), found });
            }
        }
        Ok(())
    })?;
    for (case, found) in named {
        findings.push(StateFinding::Blobs { case, expected: vec![], found: found.into_keys().collect() });
    }
    for (case, found) in lists {
        findings.push(StateFinding::Task { case, expected: vec![], found });
    }
    for (case, due, kind) in timers {
        findings.push(StateFinding::Timer { case, due, kind, with_case: false, in_table: true });
    }
    for (number, case) in numbers {
        if !known.contains(&case) {
            findings.push(StateFinding::Number { number, expected: None, found: Some(case) });
        }
    }
    Ok(())
}

/// What is here fits what the unit is to the case.
fn check_custody(
    store: &impl UnitRead,
    case: CaseId,
    row: &CaseRow,
    findings: &mut Vec<StateFinding>,
) -> Result<(), StoreFault> {
    let role = row.custody.role;
    let (content, key) = (row.content.is_some(), row.key.is_some());
    let needed = !matches!(role, Role::Dropped { .. });
    // What a round found elsewhere keeps its copy: it may be the last one.
    let copy = !needed && content && key && store.has::<Findings>(&case)?;
    if (content, key) != (needed, needed) && !copy {
        findings.push(StateFinding::Content { case, role, content, key });
    }
    let hash = row.content.as_ref().map(content_hash).transpose()?;
    let frozen = match role {
        Role::Owner | Role::Dropped { .. } => None,
        Role::Offering { .. } | Role::Gone { .. } | Role::Offered { .. } | Role::Prepared { .. } => hash,
    };
    if row.custody.content != frozen {
        findings.push(StateFinding::Frozen { case, role, custody: row.custody.content, content: hash });
    }
    Ok(())
}

/// What a case says of its own claim.
fn check_claim(
    store: &impl UnitRead,
    case: CaseId,
    row: &CaseRow,
    findings: &mut Vec<StateFinding>,
) -> Result<(), StoreFault> {
    let Some(content) = &row.content else { return Ok(()) };
    let mut found = |what: String| findings.push(StateFinding::Claim { case, what });
    let matter = installed::matter(store, content.pin.number, &content.matter)?;
    let needs_claim = matter.is_some_and(|matter| !matter.claims.repeatable);
    let last = last_note(&content.timeline).map(|(_, _, note)| note);
    let by_law = content.timeline.iter().any(|entry| matches!(entry.what, Happening::RenewedByLaw { .. }));
    if needs_claim && content.decision.is_some() && !by_law && !has_claim(last) {
        found(format!("decided, and the last word on its claim is {last:?}"));
    }
    let papers = content.timeline.iter().rev().find_map(|entry| match entry.what {
        Happening::Terminated { .. } => Some(true),
        Happening::LivesAgain { .. } => Some(false),
        _ => None,
    });
    let paper = papers == Some(true);
    if paper != (content.stage == Stage::Terminated) || (paper && content.decision.is_some()) {
        found(format!("{:?}, termination paper: {paper}, decided: {}", content.stage, content.decision.is_some()));
    }
    Ok(())
}

/// The home's rows: a case asks under one key; and a live case of the home's own that has the claim is the one that its row names.
/// One that only asks may have lost already: the word follows it from unit to unit.
fn check_claims(store: &impl UnitRead, meta: &UnitMeta, findings: &mut Vec<StateFinding>) -> Result<(), StoreFault> {
    let first = ClaimKey(ContentHash([0; 32]));
    let last = ClaimKey(ContentHash([0xFF; 32]));
    let mut named: BTreeSet<CaseId> = BTreeSet::new();
    let mut holders: BTreeMap<CaseId, ClaimKey> = BTreeMap::new();
    each::<Claims>(store, first..=last, |key, Claim { holder, waiting, .. }| {
        holders.insert(holder.case, key);
        for petition in std::iter::once(&holder).chain(&waiting) {
            if !named.insert(petition.case) {
                let what = "named twice among the claims".to_owned();
                findings.push(StateFinding::Claim { case: petition.case, what });
            }
        }
        Ok(())
    })?;
    each::<Cases>(store, FIRST_CASE..=LAST_CASE, |case, row| {
        let live = row.content.filter(|content| row.custody.role == Role::Owner && !content.stage.is_final());
        let Some(content) = live else { return Ok(()) };
        let Some((_, home, note)) = last_note(&content.timeline) else { return Ok(()) };
        let (key, found) = (ClaimKey::of(&content)?, holders.get(&case));
        if home == meta.unit && has_claim(Some(note)) && found != Some(&key) {
            let what = format!("has the claim {key:?}, and the home's row names it under {found:?}");
            findings.push(StateFinding::Claim { case, what });
        }
        Ok(())
    })
}

fn check_streams(store: &impl UnitRead, meta: &UnitMeta, findings: &mut Vec<StateFinding>) -> Result<(), StoreFault> {
    let mut heads: BTreeMap<UnitId, OutboxHead> = BTreeMap::new();
    each::<OutboxHeads>(store, UnitId::FIRST..=UnitId::LAST, |peer, head| {
        heads.insert(peer, head);
        Ok(())
    })?;
    // Where each stream has got to: the last mail read, and the chain with it; unknown where earlier mails were deleted.
    let mut ends: BTreeMap<UnitId, (MailSequence, Option<ContentHash>)> = BTreeMap::new();
    for (peer, head) in &heads {
        let nothing_deleted = head.mirrored == MailSequence(0);
        let start = crate::command::stream_start(meta.unit, meta.generation.0, *peer);
        ends.insert(*peer, (head.mirrored, nothing_deleted.then_some(start)));
    }
    let every_mail = (UnitId::FIRST, MailSequence(0))..=(UnitId::LAST, MailSequence(u64::MAX));
    each::<Outbox>(store, every_mail, |(peer, sequence), mail| {
        let stream = |what: String| StateFinding::Stream { peer, what };
        let Some((last, chain)) = ends.insert(peer, (sequence, Some(mail.chain))) else {
            findings.push(stream(format!("mail {} without a head", sequence.0)));
            return Ok(());
        };
        if sequence != last.next() {
            findings.push(stream(format!("mail {} after {}", sequence.0, last.0)));
        } else if chain.is_some_and(|chain| chain != mail.before) {
            findings.push(stream(format!("mail {} does not continue the chain", sequence.0)));
        }
        if crate::command::chain(mail.before, sequence, &mail.mail)? != mail.chain {
            findings.push(stream(format!("mail {} is not what its chain says", sequence.0)));
        }
        Ok(())
    })?;
    for (peer, head) in heads {
        let end = ends.get(&peer).copied();
        let fits =
            end.is_some_and(|(last, chain)| last == head.written && chain.is_none_or(|chain| chain == head.chain));
        if !fits || head.committed > head.written || head.mirrored > head.committed {
            findings
                .push(StateFinding::Stream { peer, what: format!("the head is {head:?}, the mails end at {end:?}") });
        }
    }
    Ok(())
}

fn check_audits(store: &impl UnitRead, meta: &UnitMeta, findings: &mut Vec<StateFinding>) -> Result<(), StoreFault> {
    let mut last = Sequence(0);
    let mut gap = false;
    each::<Audits>(store, Sequence(0)..=Sequence(u64::MAX), |sequence, _| {
        gap |= sequence != last.next();
        if !gap {
            last = sequence;
        }
        Ok(())
    })?;
    if gap || last != meta.sequence {
        findings.push(StateFinding::Audit { expected: meta.sequence, found: last });
    }
    if let Some(tree) = Tree::of(store, meta.generation)? {
        let unsound = tree.unsound_nodes(tree.size_at(meta.sequence))?;
        findings.extend(unsound.into_iter().map(|(level, at)| StateFinding::Tree { level, at }));
    }
    Ok(())
}

/// Every row of a range, some at a time: a unit can have a million.
pub(crate) fn each<T: Table>(
    store: &impl UnitRead,
    range: std::ops::RangeInclusive<T::Key>,
    mut visit: impl FnMut(T::Key, T::Row) -> Result<(), StoreFault>,
) -> Result<(), StoreFault> {
    const AT_ONCE: usize = 512;
    let bytes = |key: &T::Key| {
        let mut bytes = Vec::new();
        key.write(&mut bytes);
        bytes
    };
    let (mut from, to) = range.into_inner();
    let mut seen: Option<Vec<u8>> = None;
    loop {
        let rows = store.scan::<T>(from.clone()..=to.clone(), AT_ONCE)?;
        let full = rows.len() == AT_ONCE;
        let Some((last, _)) = rows.last() else { return Ok(()) };
        from = last.clone();
        for (key, row) in rows {
            // The range includes where the one before ended.
            if seen.as_ref() != Some(&bytes(&key)) {
                visit(key, row)?;
            }
        }
        if !full {
            return Ok(());
        }
        seen = Some(bytes(&from));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::UnitStore;
    use crate::support::{COUNTY, EQUAL, VILLAGE, World};
    use crate::tables::Task;

    #[test]
    fn a_sound_state_has_no_findings_and_each_damage_has_its_own() {
        let mut world = World::jining();
        let case = world.receive(VILLAGE, EQUAL);
        world.offer(VILLAGE, case, COUNTY);
        let sound = world.unit(VILLAGE).store.clone();
        assert_eq!(check(&sound), Ok(vec![]));

        type Damage = fn(&mut crate::support::Memory, CaseId);
        let damages: [(&str, Damage); 7] = [
            ("Task", |store, case| {
                store.put::<Tasks>(&(TaskKind::Accept, case), &Task { since: Timestamp(0), with: None }).unwrap()
            }),
            ("Task", |store, case| store.delete::<Tasks>(&(TaskKind::AwaitAnswer, case)).unwrap()),
            ("Content", |store, case| {
                let mut row = store.get::<Cases>(&case).unwrap().unwrap();
                row.key = None;
                store.put::<Cases>(&case, &row).unwrap();
            }),
            ("Frozen", |store, case| {
                let mut row = store.get::<Cases>(&case).unwrap().unwrap();
                row.content.as_mut().unwrap().matter_name.push('!');
                store.put::<Cases>(&case, &row).unwrap();
            }),
            ("Timer", |store, case| {
                let mut row = store.get::<Cases>(&case).unwrap().unwrap();
                row.timers.clear();
                store.put::<Cases>(&case, &row).unwrap();
            }),
            ("Stream", |store, _| store.delete::<Outbox>(&(COUNTY, MailSequence(1))).unwrap()),
            ("Audit", |store, _| store.delete::<Audits>(&Sequence(1)).unwrap()),
        ];
        for (name, damage) in damages {
            let mut store = sound.clone();
            damage(&mut store, case);
            let findings = check(&store).unwrap();
            assert_eq!(findings.len(), 1, "{findings:?}");
            assert!(format!("{:?}", findings[0]).starts_with(name), "{findings:?}");
        }
    }

    #[test]
    fn a_claim_that_does_not_fit_its_case_is_found() {
        let mut world = World::jining();
        let case = world.receive(COUNTY, EQUAL);
        world.accept(COUNTY, case);
        world.decide(COUNTY, case);
        let sound = world.unit(COUNTY).store.clone();
        let content = |store: &crate::support::Memory| store.get::<Cases>(&case).unwrap().unwrap().content.unwrap();
        let change = |store: &mut crate::support::Memory, with: &dyn Fn(&mut crate::case::CaseContent)| {
            let mut row = store.get::<Cases>(&case).unwrap().unwrap();
            row.content.as_mut().map(with).unwrap();
            store.put::<Cases>(&case, &row).unwrap();
        };
        let claims = |findings: Vec<StateFinding>| {
            findings.into_iter().filter(|finding| matches!(finding, StateFinding::Claim { .. })).count()
        };
        let key = ClaimKey::of(&content(&sound)).unwrap();
        let mut unnamed = sound.clone();
        unnamed.delete::<Claims>(&key).unwrap();
        let mut twice = sound.clone();
        let claim = twice.get::<Claims>(&key).unwrap().unwrap();
        twice.put::<Claims>(&ClaimKey(ContentHash([1; 32])), &claim).unwrap();
        let mut undecidable = sound.clone();
        change(&mut undecidable, &|content| {
            content.timeline.retain(|entry| !matches!(entry.what, Happening::Claim { .. }));
        });
        let mut unwritten = sound.clone();
        change(&mut unwritten, &|content| content.stage = Stage::Terminated);
        for damaged in [unnamed, undecidable, unwritten] {
            assert_eq!(claims(check(&damaged).unwrap()), 1);
        }
        // Under the other key too: the row that comes last is taken for the one that holds.
        assert!(claims(check(&twice).unwrap()) >= 1);
    }

    #[test]
    fn pages_join_without_a_gap_or_a_repeat() {
        let mut store = crate::support::Memory::default();
        for n in 0..1500 {
            store.put::<CaseNumbers>(&format!("{n:05}"), &CaseRef(FIRST_CASE)).unwrap();
        }
        let mut seen = Vec::new();
        each::<CaseNumbers>(&store, String::new()..=char::MAX.to_string(), |number, _| {
            seen.push(number);
            Ok(())
        })
        .unwrap();
        assert_eq!(seen, (0..1500).map(|n| format!("{n:05}")).collect::<Vec<_>>());
    }
}
