//! What a unit does about a neighbour's head: held against the one that it had, kept, answered later by its leader.
//!
//! Whether the signatures are whose they say was checked before the mail was logged (`unit::inbox`); what is left is arithmetic.

use crate::audit::{Countersignature, HeadNews, SignedHead, Tree, verify_consistency};
use crate::ids::{Generation, UnitId};
use crate::store::UnitStore;
use crate::tables::{Countersignatures, Fork, Forks, HeadOwed, HeadSeen, HeadTold, HeadsOwed, HeadsSeen, HeadsTold};

use super::tell_head::is_neighbour;
use super::{Context, Halt};

/// Takes a head. `Some`: it contradicts what is known, and does nothing but stand as evidence.
pub(super) fn hear_head(
    context: &mut Context<'_, impl UnitStore>,
    from: UnitId,
    generation: Generation,
    news: &HeadNews,
) -> Result<Option<String>, Halt> {
    let head = &news.signed.head;
    if !is_neighbour(&context.meta, from) {
        return Ok(Some("a head of the books from who is neither right above nor right below".to_owned()));
    }
    if head.unit != from || head.generation != generation || head.region != context.meta.region {
        return Ok(Some("a head of another unit's books".to_owned()));
    }
    let seen = context.store.get::<HeadsSeen>(&(from, generation))?;
    if let Some(what) = contradicts(seen.as_ref().map(|seen| &seen.signed), news) {
        keep_fork(context, from, seen.map(|seen| seen.signed), &news.signed, &what)?;
        return Ok(Some(what));
    }
    if let Some(countersigned) = &news.countersignature
        && let Some(what) = take_countersignature(context, from, generation, countersigned)?
    {
        return Ok(Some(what));
    }
    let at = context.now();
    context.store.put::<HeadsSeen>(&(from, generation), &HeadSeen { signed: news.signed.clone(), at })?;
    match (news.answers, context.store.get::<HeadsTold>(&from)?) {
        (true, Some(told)) => {
            context.store.put::<HeadsTold>(&from, &HeadTold { awaited: false, ..told })?;
        }
        (true, None) => {}
        (false, _) => context.store.put::<HeadsOwed>(&from, &HeadOwed { since: at })?,
    }
    Ok(None)
}

/// How a head cannot be of the log whose head was seen before.
fn contradicts(seen: Option<&SignedHead>, news: &HeadNews) -> Option<String> {
    let head = &news.signed.head;
    let Some(seen) = seen.map(|seen| &seen.head) else {
        return (news.since != 0)
            .then(|| format!("a head that goes on from {} audit rows, none was seen here", news.since));
    };
    if head.size < seen.size {
        return Some(format!("its books end at {} audit rows, {} were seen", head.size, seen.size));
    }
    if news.since != seen.size {
        return Some(format!("a head that goes on from {} audit rows, {} were seen", news.since, seen.size));
    }
    verify_consistency((seen.size, seen.root), (head.size, head.root), &news.proof).err().map(|why| why.to_string())
}

/// A neighbour has signed under a head of ours. `Some`: our log never had that head.
fn take_countersignature(
    context: &mut Context<'_, impl UnitStore>,
    from: UnitId,
    generation: Generation,
    countersigned: &Countersignature,
) -> Result<Option<String>, Halt> {
    let (unit, own) = (context.meta.unit, context.meta.generation);
    let head = &countersigned.head.head;
    if countersigned.by != from || countersigned.generation != generation || head.unit != unit {
        return Ok(Some("a countersignature in another unit's name".to_owned()));
    }
    // What was told last was held against the tree then, and the tree only grows.
    let told = context.store.get::<HeadsTold>(&from)?;
    if told.is_some_and(|told| head.generation == own && told.signed == countersigned.head) {
        return keep_countersignature(context, from, countersigned);
    }
    // What a former life of ours told is not of this tree.
    let Some(tree) = Tree::of(&*context.store, own)?.filter(|_| head.generation == own) else { return Ok(None) };
    let size = tree.size_at(context.meta.sequence) - 1;
    let root = if head.size <= size { Some(tree.root(head.size)?) } else { None };
    if root != Some(head.root) {
        let what = format!("it has seen {} audit rows of ours that this log does not have; it has {size}", head.size);
        keep_fork(context, unit, None, &countersigned.head, &what)?;
        return Ok(Some(what));
    }
    keep_countersignature(context, from, countersigned)
}

fn keep_countersignature(
    context: &mut Context<'_, impl UnitStore>,
    from: UnitId,
    countersigned: &Countersignature,
) -> Result<Option<String>, Halt> {
    let (own, head) = (context.meta.generation, &countersigned.head.head);
    let before = context.store.get::<Countersignatures>(&from)?;
    if before.is_none_or(|before| before.head.head.generation < own || before.head.head.size <= head.size) {
        context.store.put::<Countersignatures>(&from, countersigned)?;
    }
    Ok(None)
}

fn keep_fork(
    context: &mut Context<'_, impl UnitStore>,
    of: UnitId,
    known: Option<SignedHead>,
    came: &SignedHead,
    what: &str,
) -> Result<(), Halt> {
    let fork = Fork { of, known, came: came.clone(), what: what.to_owned(), at: context.now() };
    let sequence = context.meta.sequence;
    context.store.put::<Forks>(&sequence, &fork)?;
    Ok(())
}
