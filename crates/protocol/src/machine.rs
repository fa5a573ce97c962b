//! The state machine as bytes: one log payload in, rows and an outcome out. The only caller of `domain::apply` outside tests:
//! replicas, mirrors, simulation and replay all come through here, so that they cannot differ.

use domain::command::{Outcome, Proposal};
use domain::digest::{ContentHash, RunningDigest};
use domain::store::StoreFault;

use crate::overlay::{Layer, Overlay, WriteSet};
use crate::record;
use crate::seam::RowSnapshot;

/// Key of the rolling state hash: table 255 is the machine's own and holds nothing else.
const STATE_HASH_KEY: &[u8] = &[255];

/// Applies one payload on top of `batch`, the writes of earlier payloads since `under` was taken, and adds its own to it.
///
/// Keeps the rolling hash over the write sets of every command so far (protocol.md §9).
///
/// # Errors
/// A [`StoreFault`] stops the group: the store failed, the payload is none, or a promise is broken.
pub fn apply<S: RowSnapshot>(under: &S, batch: &mut WriteSet, payload: &[u8]) -> Result<Outcome, StoreFault> {
    let proposal = record::read(payload)
        .map_err(|why| StoreFault::Broken { promise: "I12", what: format!("a log payload: {why}") })?;
    apply_read(under, batch, &proposal)
}

/// As [`apply`], for a proposal that was read from its payload, or never was one: simulations of a million cases keep no log.
///
/// # Errors
/// As [`apply`].
pub fn apply_read<S: RowSnapshot>(under: &S, batch: &mut WriteSet, proposal: &Proposal) -> Result<Outcome, StoreFault> {
    let view = Layer { under, writes: batch };
    let mut overlay = Overlay::new(&view);
    let outcome = domain::apply(&mut overlay, &proposal.command, &proposal.stamp)?;
    let mut writes = overlay.into_writes();
    let hash = roll(state_hash(&view)?, &writes);
    writes.write(STATE_HASH_KEY.to_vec(), Some(hash.0.to_vec()));
    batch.extend(writes);
    Ok(outcome)
}

/// The rolling hash of a view; zeros before the first command.
pub fn state_hash(rows: &impl RowSnapshot) -> Result<ContentHash, StoreFault> {
    let Some(bytes) = rows.get(STATE_HASH_KEY)? else { return Ok(ContentHash::default()) };
    let why = "the state hash has not 32 bytes".to_owned();
    bytes.try_into().map(ContentHash).map_err(|_| StoreFault::Unreadable { table: STATE_HASH_KEY[0], why })
}

fn roll(before: ContentHash, writes: &WriteSet) -> ContentHash {
    let mut digest = before.chaining("state");
    for (key, row) in writes.iter() {
        add_counted(&mut digest, key);
        match row {
            Some(row) => {
                digest.add(&[1]);
                add_counted(&mut digest, row);
            }
            None => digest.add(&[0]),
        }
    }
    digest.end()
}

/// A hash over all rows as they lie there: what the rolling hash stands for, at one sequence.
pub fn table_hash(rows: &impl RowSnapshot) -> Result<ContentHash, StoreFault> {
    const AT_ONCE: usize = 1024;
    let mut hash = ContentHash::default();
    let mut from = vec![0];
    loop {
        let some = rows.scan(&from..=&[0xFF; 1], AT_ONCE)?;
        let mut digest = hash.chaining("table rows");
        for (key, row) in &some {
            add_counted(&mut digest, key);
            add_counted(&mut digest, row);
        }
        hash = digest.end();
        match some.last() {
            Some((key, _)) if some.len() == AT_ONCE => from = [key.as_slice(), &[0]].concat(),
            _ => return Ok(hash),
        }
    }
}

fn add_counted(to: &mut RunningDigest, bytes: &[u8]) {
    to.add(&(bytes.len() as u64).to_be_bytes());
    to.add(bytes);
}
