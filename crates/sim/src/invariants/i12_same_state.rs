//! I12: the same commands give the same state: on every replica while it runs, and once more when the recorded log is applied to
//! nothing at the end.

use std::collections::BTreeMap;

use domain::digest::ContentHash;
use domain::ids::Sequence;
use protocol::machine::{apply, state_hash, table_hash};
use protocol::memory::MapSnapshot;
use protocol::overlay::WriteSet;

use super::{Broken, End, Invariant, Log, Look};
use crate::observe::{Moment, Observer};

#[derive(Default)]
pub(super) struct SameState;

impl Invariant for SameState {
    fn id(&self) -> &'static str {
        "I12"
    }

    fn meaning(&self) -> &'static str {
        "Whichever of an office's machines answers, the answer is the same."
    }

    fn look(&mut self, moment: &Moment<'_>, _: &Observer) -> Look {
        let unreadable = moment.change.iter().flat_map(|change| &change.unreadable).next();
        match moment.divergence.as_ref().or(unreadable) {
            Some(what) => Err(Broken::new(what.clone())),
            None => Ok(()),
        }
    }

    fn finish(&mut self, end: &End<'_>, observer: &Observer) -> Look {
        for replica in end.recorded {
            let Some(log) = end.logs.get(&(replica.unit, replica.generation)) else { continue };
            let mut both = (1..).zip(replica.payloads.iter().zip(log.payloads));
            if let Some((sequence, _)) = both.find(|(_, (own, longest))| own != longest) {
                let node = replica.node;
                return Err(Broken::new(format!("{}: node {node} has another command {sequence}", replica.unit)));
            }
        }
        for ((unit, generation), log) in &end.logs {
            let replayed = replay(log).map_err(|what| Broken::new(format!("{unit}, replayed: {what}")))?;
            for replica in end.recorded.iter().filter(|r| (r.unit, r.generation) == (*unit, *generation)) {
                let expected = replayed.hashes.get(replica.payloads.len()).copied().unwrap_or_default();
                if replica.state != expected {
                    let (node, commands) = (replica.node, replica.payloads.len());
                    let (is, again) = (replica.state.short(), expected.short());
                    return Err(Broken::new(format!(
                        "{unit}: node {node} has state {is} after command {commands}; replayed it is {again}"
                    )));
                }
            }
            let sequence = Sequence(log.payloads.len() as u64);
            let last = replayed.hashes.last().copied().unwrap_or_default();
            if let Some(seen) = observer.state_at(*unit, *generation, sequence).filter(|seen| *seen != last) {
                let (seen, again) = (seen.short(), last.short());
                return Err(Broken::new(format!("{unit}: state {seen} after all commands; replayed it is {again}")));
            }
            let at_end = observer.meta(*unit).is_some_and(|meta| {
                (meta.generation, meta.sequence) == (*generation, sequence) && observer.keeps_all()
            });
            if let (true, Some(rows)) = (at_end, observer.rows_of(*unit, *generation)) {
                let (seen, again) = (table_hash(rows).ok(), table_hash(&replayed.rows).ok());
                if seen != again {
                    let what = first_difference(rows.iter(), replayed.rows.iter());
                    return Err(Broken::new(format!("{unit}: rows differ from those of a replay: {what}")));
                }
            }
        }
        Ok(())
    }
}

struct Replayed {
    rows: MapSnapshot,
    /// State hashes: before the first command, after the first, and so on.
    hashes: Vec<ContentHash>,
}

fn replay(log: &Log<'_>) -> Result<Replayed, String> {
    let mut replayed = Replayed { rows: MapSnapshot::default(), hashes: vec![ContentHash::default()] };
    for payload in log.payloads {
        let mut writes = WriteSet::default();
        apply(&replayed.rows, &mut writes, payload).map_err(|fault| fault.to_string())?;
        replayed.rows.write(&writes);
        replayed.hashes.push(state_hash(&replayed.rows).map_err(|fault| fault.to_string())?);
    }
    Ok(replayed)
}

/// The table and length of the first key under which two row sets differ.
fn first_difference<'a>(
    one: impl Iterator<Item = (&'a [u8], &'a [u8])>,
    two: impl Iterator<Item = (&'a [u8], &'a [u8])>,
) -> String {
    let (one, two): (BTreeMap<_, _>, BTreeMap<_, _>) = (one.collect(), two.collect());
    let differs = one.keys().chain(two.keys()).filter(|key| one.get(*key) != two.get(*key)).min();
    match differs {
        Some(key) => format!("table {}, key {:02x?}", key.first().copied().unwrap_or_default(), key),
        None => "nowhere".to_owned(),
    }
}
