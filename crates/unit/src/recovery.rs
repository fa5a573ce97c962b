//! What a leader owes when a unit comes back from loss, its own or a peer's: answers to fences, piece by piece, and the judging of
//! what was inherited (protocol.md §6). And the commands that two people bring about: a new life, a peer declared lost.

use std::collections::BTreeSet;

use domain::audit::Tree;
use domain::case::CaseRow;
use domain::command::{AnswerFence, Command, DeclareLost, JudgeInherited, Proposal, Recover, answer_piece};
use domain::ids::{CaseId, Generation, UnitId};
use domain::recovery::is_former;
use domain::sealed::WrappedKey;
use domain::store::{StoreFault, UnitRead};
use domain::tables::{FencesOwed, Meta, Rounds, UnitMeta};
use protocol::sealing::{SealingPublicKey, rewrap};

use crate::duties::{Duty, DutyId};
use crate::identity::Tools;

/// At most so many fences are answered in one look.
const ANSWERS_AT_ONCE: usize = 16;

/// Whether this is a former self: the directory lists a later life of the unit. It stops at once.
pub(crate) fn is_superseded(meta: &UnitMeta, tools: &Tools<'_>) -> Result<(), StoreFault> {
    let listed = tools.directory.unit(meta.unit).map(|listing| listing.generation);
    match listed.filter(|met| is_former(meta.generation, *met)) {
        Some(met) => Err(StoreFault::Superseded { ours: meta.generation.0, met: met.0 }),
        None => Ok(()),
    }
}

/// What is owed to fences and to the unit's own round, and not under way.
pub(crate) fn owed(
    rows: &impl UnitRead,
    tools: &Tools<'_>,
    under_way: &BTreeSet<DutyId>,
) -> Result<Vec<Duty>, StoreFault> {
    let mut duties = Vec::new();
    let duty = |id, command| Duty { id, proposal: Proposal { command, stamp: tools.own_stamp() } };
    for (to, owed) in rows.scan::<FencesOwed>(UnitId::FIRST..=UnitId::LAST, ANSWERS_AT_ONCE)? {
        let id = DutyId::Fence(to);
        // The directory tells how to seal to who asks; it may come later than the fence.
        let Some(listing) = tools.directory.unit(to).filter(|_| !under_way.contains(&id)) else { continue };
        let receiver = SealingPublicKey(listing.sealing_key.0);
        let piece = answer_piece(rows, tools.identity.unit, to, owed.after)?;
        let named = piece.named.iter().filter(|(_, row)| row.content.is_some());
        let keys = named.filter_map(|(case, row)| Some((*case, sealed_to(to, &receiver, *case, row, tools)?)));
        let answer = AnswerFence { to, fence: owed.generation, after: owed.after, keys: keys.collect() };
        duties.push(duty(id, Command::AnswerFence(Box::new(answer))));
    }
    let is_over = rows.get::<Rounds>(&())?.is_some_and(|open| open.round.is_over());
    if is_over && !under_way.contains(&DutyId::Judge) {
        duties.push(duty(DutyId::Judge, Command::JudgeInherited(JudgeInherited)));
    }
    Ok(duties)
}

fn sealed_to(
    to: UnitId,
    receiver: &SealingPublicKey,
    case: CaseId,
    row: &CaseRow,
    tools: &Tools<'_>,
) -> Option<WrappedKey> {
    let own = (tools.identity.unit, &tools.keys.sealing);
    match rewrap(row.key.as_ref()?, case, own, (to, receiver), (tools.crypto, tools.entropy)) {
        Ok(key) => Some(key),
        Err(fault) => {
            tracing::error!(%case, %to, %fault, "the case's key cannot be sealed to who asks");
            None
        }
    }
}

/// The first command of a unit's next life, over the rows that its mirror had. Every unit of the region can have held a case of it.
///
/// # Errors
/// Rows that cannot be read, or that are no unit's.
pub fn recover(rows: &impl UnitRead, tools: &Tools<'_>, people: [String; 2]) -> Result<Proposal, StoreFault> {
    let none = || StoreFault::Broken { promise: "I12", what: "a mirror without a unit in it".to_owned() };
    let meta = rows.get::<Meta>(&())?.ok_or_else(none)?;
    let tree = Tree::of(rows, meta.generation)?.ok_or_else(none)?;
    let size = tree.size_at(meta.sequence);
    let root = tree.root(size)?;
    let peers = tools.directory.units().map(|listing| listing.unit).filter(|unit| *unit != meta.unit).collect();
    let generation = tools.identity.generation;
    let command = Command::Recover(Box::new(Recover { generation, people, size, root, peers }));
    Ok(Proposal { command, stamp: tools.own_stamp() })
}

/// Two people declare that a peer does not come back: its life by the directory, and all before it, are fenced.
pub fn declare_lost(tools: &Tools<'_>, peer: UnitId, people: [String; 2]) -> Proposal {
    let generation = tools.directory.unit(peer).map_or(Generation(0), |listing| listing.generation);
    let command = Command::DeclareLost(DeclareLost { peer, generation, people });
    Proposal { command, stamp: tools.own_stamp() }
}

/// Whether a case is only read for now: it comes from before the unit was lost.
pub(crate) fn is_inherited(rows: &impl UnitRead, case: CaseId) -> Result<bool, StoreFault> {
    #[cfg(mutants)]
    if domain::mutants::is(domain::mutants::Mutant::ActsOnInherited) {
        return Ok(false);
    }
    match rows.get::<Rounds>(&())? {
        Some(open) => open.is_inherited(rows, case),
        None => Ok(false),
    }
}
