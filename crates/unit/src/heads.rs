//! When neighbours are told how the books stand, and what is signed then (protocol.md §2, §6).
//!
//! A unit tells the one above it once something has happened, and the top tells those below: at most every so often, and no second
//! time before the answer. Who is told answers with a head of its own and its name under the one that came; an answer is not
//! answered. Heads on their way are no news themselves, so that nothing flows while nothing happens.

use domain::audit::{AuditHead, Countersignature, SignedHead, Tree};
use domain::command::{Command, Proposal, TellHead, Telling};
use domain::ids::{Generation, Sequence, UnitId};
use domain::store::{StoreFault, UnitRead};
use domain::tables::{
    AuditTree, AuditTrees, Countersignatures, Forks, HeadsOwed, HeadsSeen, HeadsTold, Meta, UnitMeta,
};
use domain::time::Timestamp;
use protocol::audit::{countersign, sign_head};
use protocol::overlay::Overlay;
use protocol::seam::RowSnapshot;

use crate::identity::Tools;
use crate::status::{BooksStatus, ForkStatus, WitnessStatus};

/// What happens is told a little later, so that a head covers what belongs together.
const SETTLE_MILLIS: i64 = 10_000;
/// At most that many are answered by one command; the others by the next.
const ANSWERS_AT_ONCE: usize = 64;

/// The head that is to be told now, if one is.
pub(crate) fn owed<S: RowSnapshot>(
    rows: &Overlay<'_, S>,
    meta: &UnitMeta,
    tools: &Tools<'_>,
) -> Result<Option<Proposal>, StoreFault> {
    let mut to = answers(rows)?;
    if due_at(rows, meta, tools.heads_every_millis)?.is_some_and(|due| due <= tools.now) {
        // Who is owed an answer gets that first.
        let others = unawaited(rows, meta)?.into_iter().filter(|unit| !to.contains(&(*unit, true)));
        let others: Vec<_> = others.map(|unit| (unit, false)).collect();
        to.extend(others);
    }
    to.sort_unstable();
    let Some(signed) = (if to.is_empty() { None } else { sign(rows, meta, tools)? }) else { return Ok(None) };
    let mut tellings = Vec::new();
    for (to, answers) in to {
        tellings.push(Telling { to, countersignature: countersignature(rows, meta, to, tools)?, answers });
    }
    let command = Command::TellHead(Box::new(TellHead { signed, to: tellings }));
    Ok(Some(Proposal { command, stamp: tools.own_stamp() }))
}

/// How the books stand, for people.
///
/// # Errors
/// Rows that cannot be read.
pub fn status(rows: &impl UnitRead, meta: &UnitMeta) -> Result<BooksStatus, StoreFault> {
    let units = UnitId::FIRST..=UnitId::LAST;
    let Some(tree) = Tree::of(rows, meta.generation)? else { return Ok(BooksStatus::default()) };
    let last = |head: &AuditHead| Sequence((tree.first().0 + head.size).saturating_sub(1));
    let of_this_life = |head: &AuditHead| head.generation == meta.generation;
    let told = rows.scan::<HeadsTold>(units.clone(), usize::MAX)?.into_iter().map(|(_, told)| told.signed.head);
    let signed = rows.scan::<Countersignatures>(units, usize::MAX)?.into_iter().map(|(_, signed)| signed);
    let signed = signed.filter(|signed| of_this_life(&signed.head.head));
    let forks = rows.scan::<Forks>(Sequence(0)..=Sequence(u64::MAX), usize::MAX)?.into_iter();
    Ok(BooksStatus {
        told: told.filter(of_this_life).map(|head| last(&head)).max(),
        witnesses: signed
            .map(|signed| WitnessStatus { unit: signed.by, up_to: last(&signed.head.head), at: signed.at })
            .collect(),
        forks: forks.map(|(_, fork)| ForkStatus { of: fork.of, what: fork.what, at: fork.at }).collect(),
    })
}

/// When the next head falls due without anything else happening: for who sleeps until something is to be done.
pub fn next_due(rows: &impl UnitRead, heads_every_millis: i64) -> Result<Option<Timestamp>, StoreFault> {
    let Some(meta) = rows.get::<Meta>(&())? else { return Ok(None) };
    let due = due_at(rows, &meta, heads_every_millis)?;
    Ok(if due.is_some() && unawaited(rows, &meta)?.is_empty() { None } else { due })
}

/// When something that nobody was told of is to be told to whoever does not owe an answer.
fn due_at(rows: &impl UnitRead, meta: &UnitMeta, every_millis: i64) -> Result<Option<Timestamp>, StoreFault> {
    let Some(AuditTree { untold_since: Some(since), told_at, .. }) = rows.get::<AuditTrees>(&meta.generation)? else {
        return Ok(None);
    };
    let settled = since.plus_millis(SETTLE_MILLIS);
    Ok(Some(told_at.map_or(settled, |told| settled.max(told.plus_millis(every_millis)))))
}

/// Who is told of its own accord, and does not owe an answer: the unit above, or at the top those below.
fn unawaited(rows: &impl UnitRead, meta: &UnitMeta) -> Result<Vec<UnitId>, StoreFault> {
    let mut units = match meta.parent {
        Some(parent) => vec![parent],
        None => meta.children.clone(),
    };
    let mut awaited = Vec::new();
    for unit in &units {
        let told = rows.get::<HeadsTold>(unit)?;
        if told.is_some_and(|told| told.awaited && told.signed.head.generation == meta.generation) {
            awaited.push(*unit);
        }
    }
    units.retain(|unit| !awaited.contains(unit));
    Ok(units)
}

fn answers(rows: &impl UnitRead) -> Result<Vec<(UnitId, bool)>, StoreFault> {
    let owed = rows.scan::<HeadsOwed>(UnitId::FIRST..=UnitId::LAST, ANSWERS_AT_ONCE)?;
    Ok(owed.into_iter().map(|(unit, _)| (unit, true)).collect())
}

fn sign<S: RowSnapshot>(
    rows: &Overlay<'_, S>,
    meta: &UnitMeta,
    tools: &Tools<'_>,
) -> Result<Option<SignedHead>, StoreFault> {
    let Some(tree) = Tree::of(rows, meta.generation)? else { return Ok(None) };
    let size = tree.size_at(meta.sequence);
    let head = AuditHead {
        region: meta.region.clone(),
        unit: meta.unit,
        generation: meta.generation,
        size,
        root: tree.root(size)?,
        state: rows.state_hash()?,
        at: tools.now,
    };
    Ok(Some(sign_head(head, (tools.identity.node, &tools.keys.signing), tools.crypto)?))
}

/// Our name under the newest head that a neighbour told.
fn countersignature(
    rows: &impl UnitRead,
    meta: &UnitMeta,
    of: UnitId,
    tools: &Tools<'_>,
) -> Result<Option<Countersignature>, StoreFault> {
    let lives = (of, Generation(0))..=(of, Generation(u32::MAX));
    let Some((_, seen)) = rows.scan::<HeadsSeen>(lives, usize::MAX)?.pop() else { return Ok(None) };
    let signer = (tools.identity.node, &tools.keys.signing);
    let by = (meta.unit, meta.generation, tools.now);
    Ok(Some(countersign(seen.signed, by, signer, tools.crypto)?))
}
