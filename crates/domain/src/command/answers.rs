//! Answers that are kept under the keys of requests, so that a repeat is told what came of the first (protocol.md §9).

use crate::ids::Sequence;
use crate::refusal::Refusal;
use crate::store::{StoreFault, UnitStore};
use crate::tables::{Answer, AnswerRef, Answers, AnswersByAge, UnitMeta};

use super::{Context, Reply};

/// How many answers are kept, and for how long (protocol.md §9).
const ANSWERS_KEPT: u64 = 100_000;
const ANSWERS_KEPT_MILLIS: i64 = 30 * 86_400_000;
/// So often it is looked whether answers have grown too old, and so many are forgotten then: more than came meanwhile.
const AGED_EVERY: u64 = 64;
const AGED_AT_ONCE: usize = 128;

/// The first answer under the stamp's key, if there is one.
pub(super) fn remembered(context: &Context<'_, impl UnitStore>) -> Result<Option<Reply>, StoreFault> {
    let Some(idempotency) = &context.stamp.idempotency else { return Ok(None) };
    #[cfg(mutants)]
    if crate::mutants::is(crate::mutants::Mutant::KeysForgotten) {
        return Ok(None);
    }
    let key = (context.stamp.principal.name.clone(), idempotency.key.clone());
    let Some(answer) = context.store.get::<Answers>(&key)? else { return Ok(None) };
    if answer.digest != idempotency.digest {
        return Ok(Some(Reply::Refused(Refusal::KeyReused)));
    }
    Ok(Some(Reply::Repeated { of: answer.sequence, ruling: answer.reply.into_ruling() }))
}

/// Keeps the answer, and forgets what is too old: the one that has become too many, and now and then those whose days are over. No
/// command does unbounded work, and most look at one key only.
pub(super) fn remember(context: &mut Context<'_, impl UnitStore>, reply: &Reply) -> Result<(), StoreFault> {
    let UnitMeta { sequence, now, .. } = context.meta;
    let one_too_many = Sequence(sequence.0.wrapping_sub(ANSWERS_KEPT + 1));
    let mut over: Vec<_> =
        context.store.get::<AnswersByAge>(&one_too_many)?.map(|old| (one_too_many, old)).into_iter().collect();
    if sequence.0.is_multiple_of(AGED_EVERY) {
        // Below lie only traces of deletions, which a disk would look through.
        let first = Sequence(sequence.0.saturating_sub(ANSWERS_KEPT));
        let oldest = context.store.scan::<AnswersByAge>(first..=sequence, AGED_AT_ONCE)?;
        over.extend(oldest.into_iter().take_while(|(_, old)| old.at.plus_millis(ANSWERS_KEPT_MILLIS) < now));
    }
    for (age, old) in over {
        context.store.delete::<Answers>(&(old.principal, old.key))?;
        context.store.delete::<AnswersByAge>(&age)?;
    }
    let keep = match reply {
        Reply::Done(_) => true,
        Reply::Refused(refusal) => !refusal.is_passing(),
        Reply::Repeated { .. } => false,
    };
    if let (true, Some(idempotency)) = (keep, &context.stamp.idempotency) {
        let (principal, key) = (context.stamp.principal.name.clone(), idempotency.key.clone());
        let answer = Answer { digest: idempotency.digest, sequence, at: now, reply: reply.clone() };
        context.store.put::<Answers>(&(principal.clone(), key.clone()), &answer)?;
        context.store.put::<AnswersByAge>(&sequence, &AnswerRef { principal, key, at: now })?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::Stamp;
    use super::*;
    use crate::digest::ContentHash;
    use crate::principal::{Principal, PrincipalKind};
    use crate::store::UnitRead;
    use crate::support::{Memory, VILLAGE, World, at};

    #[test]
    fn answers_are_forgotten_once_they_are_too_many_or_too_old() {
        let meta = World::jining().unit(VILLAGE).meta();
        let mut store = Memory::default();
        let principal = Principal { kind: PrincipalKind::Public, name: "somebody".to_owned() };
        let stamp = |time| Stamp {
            time,
            minted: uuid::Uuid::nil(),
            principal: principal.clone(),
            policy: ContentHash::default(),
            idempotency: None,
        };
        let answered = |store: &mut Memory, sequence: u64, at| {
            let key = sequence.to_string();
            let reply = Reply::Refused(Refusal::Changed);
            let answer = Answer { digest: ContentHash::default(), sequence: Sequence(sequence), at, reply };
            store.put::<Answers>(&(principal.name.clone(), key.clone()), &answer).unwrap();
            let by_age = AnswerRef { principal: principal.name.clone(), key, at };
            store.put::<AnswersByAge>(&Sequence(sequence), &by_age).unwrap();
        };
        let (then, now) = (at("2026-02-10"), at("2026-03-15"));
        let few = [(100_061, now), (100_062, now), (100_063, now), (100_070, then), (100_071, then), (150_000, now)];
        for (sequence, when) in few {
            answered(&mut store, sequence, when);
        }
        let mut left_after = |sequence: u64| {
            let stamp = stamp(now);
            let meta = UnitMeta { sequence: Sequence(sequence), now, ..meta.clone() };
            remember(&mut Context::new(&mut store, meta, &stamp), &Reply::Refused(Refusal::Changed)).unwrap();
            let left = store.keys::<AnswersByAge>(Sequence(0)..=Sequence(u64::MAX), 9).unwrap();
            let all = left.iter().all(|age| store.has::<Answers>(&("somebody".to_owned(), age.0.to_string())).unwrap());
            assert!(all, "both rows go together");
            left.into_iter().map(|age| age.0).collect::<Vec<_>>()
        };
        // Of each command the answer that is 100,001 before it.
        assert_eq!(left_after(200_062), [100_062, 100_063, 100_070, 100_071, 150_000]);
        assert_eq!(left_after(200_063), [100_063, 100_070, 100_071, 150_000]);
        // At every sixty-fourth command, what is older than thirty days too.
        assert_eq!(left_after(200_064), [150_000]);
    }
}
