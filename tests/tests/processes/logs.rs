//! What the nodes' folders say after the fact: logs read back, replayed through `domain` alone, merged and judged.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, ensure};
use consensus::read_log;
use domain::command::Proposal;
use domain::handoff::{Custody, Role};
use domain::ids::{Attempt, CaseId, UnitId};
use domain::store::UnitRead;
use domain::tables::Cases;
use harness::Node;
use protocol::machine::{apply, state_hash, table_hash};
use protocol::memory::MapSnapshot;
use protocol::overlay::{Overlay, WriteSet};
use protocol::record;
use protocol::seam::GroupRows;
use store::{Store, StoreView};

/// What a case was to a unit, one after another, by the unit's log.
pub(crate) type Path = Vec<Custody>;

/// A unit's log, replayed.
pub(crate) struct Replayed {
    pub(crate) unit: UnitId,
    pub(crate) commands: usize,
    pub(crate) paths: BTreeMap<CaseId, Path>,
    pub(crate) rows: MapSnapshot,
}

/// Replays a stopped node's log through `domain` alone, and compares the state with what the node had written.
pub(crate) fn replay(node: &Node) -> Result<Replayed> {
    let folder = node.folder.join("data");
    let identity = StoreView::open(&folder)?.mark().identity.clone();
    let (unit, generation) = (identity.unit, identity.generation);
    let store = Store::open(&folder, &identity)?;
    let (log, written) = store.group(unit, generation)?;
    let logged = read_log(&log, &written)?;
    ensure!(logged.is_whole(), "node {}: the log was purged: its beginning is not to be had", node.number);
    let mut rows = MapSnapshot::default();
    let mut paths: BTreeMap<CaseId, Path> = BTreeMap::new();
    let mut commands = 0;
    for logged in logged {
        let logged = logged?;
        let mut writes = WriteSet::default();
        apply(&rows, &mut writes, &logged.payload)?;
        rows.write(&writes);
        commands += 1;
        let proposal: Proposal = record::read(&logged.payload)?;
        let Some(case) = proposal.command.case() else { continue };
        if let Some(row) = Overlay::new(&rows).get::<Cases>(&case)? {
            let path = paths.entry(case).or_default();
            if path.last() != Some(&row.custody) {
                path.push(row.custody);
            }
        }
    }
    let written = written.snapshot()?;
    let (ours, theirs) = (state_hash(&rows)?, state_hash(&written)?);
    ensure!(ours == theirs, "node {}: replayed {ours:?}, written {theirs:?}", node.number);
    ensure!(table_hash(&rows)? == table_hash(&written)?, "node {}: the tables differ", node.number);
    Ok(Replayed { unit, commands, paths, rows })
}

/// I1 and I2 over the merged logs, ordered by attempt: every attempt of every case has at most one acting unit; a unit takes only
/// what was committed to it; in the end exactly one unit owns every case.
pub(crate) fn judge(units: &[Replayed]) -> Result<BTreeMap<CaseId, UnitId>> {
    let cases: BTreeSet<CaseId> = units.iter().flat_map(|unit| unit.paths.keys().copied()).collect();
    cases.into_iter().map(|case| Ok((case, one_owner(case, units)?))).collect()
}

fn one_owner(case: CaseId, units: &[Replayed]) -> Result<UnitId> {
    let mut acting: BTreeMap<Attempt, BTreeSet<UnitId>> = BTreeMap::new();
    let mut committed = BTreeSet::new();
    let mut taken = BTreeSet::new();
    for Replayed { unit, paths, .. } in units {
        let path = paths.get(&case).map(Vec::as_slice).unwrap_or_default();
        for custody in path {
            match custody.role {
                Role::Owner | Role::Offering { .. } => {
                    acting.entry(custody.attempt).or_default().insert(*unit);
                }
                Role::Gone { to } => {
                    committed.insert((custody.attempt, to));
                }
                Role::Offered { .. } | Role::Prepared { .. } | Role::Dropped { .. } => {}
            }
        }
        for two in path.windows(2) {
            ensure!(two[0].attempt <= two[1].attempt, "I4: case {case} at {unit}: an attempt went back");
            if matches!(two[0].role, Role::Prepared { .. }) && two[1].role == Role::Owner {
                taken.insert((two[0].attempt, *unit));
            }
        }
    }
    for (attempt, who) in &acting {
        ensure!(who.len() == 1, "I1: case {case} attempt {attempt:?}: {who:?} acted");
    }
    ensure!(taken == committed, "I2, I5: case {case}: committed {committed:?}, taken {taken:?}");
    let (_, last) = acting.last_key_value().context("I2: nobody ever owned the case")?;
    last.first().copied().context("I2: nobody owns the case")
}

/// How many cases a unit's log saw under offer to `to` and then its own again.
pub(crate) fn aborted_to(unit: &Replayed, to: UnitId) -> usize {
    let came_back =
        |path: &&Path| path.windows(2).any(|two| two[0].role == Role::Offering { to } && two[1].role == Role::Owner);
    unit.paths.values().filter(came_back).count()
}
