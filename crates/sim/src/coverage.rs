//! Which faults really took effect, and at which fidelity: counted over many runs, written as a table for people.
//!
//! A fault that a scenario asks for and that never fires proves nothing; the table shows what no run has ever seen.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use crate::play::Played;
use crate::scenario::{FaultKind, Fidelity};

const COUNTS: &str = "<!-- counts: ";
const HEAD: &str = "\
# Which faults took effect, and where

Written by `tongban scenario run FILE|DIR --fidelity … --coverage docs/coverage.md`; a run replaces the columns of the fidelities
that it played. A cell says how often a fault took effect, and in how many runs. What a fidelity was asked for and cannot do stands
below the table.

";

/// Counts over runs. What different processes counted can be added up.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Coverage {
    /// By fidelity.
    pub fidelities: BTreeMap<Fidelity, Fired>,
}

/// What fired at one fidelity.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fired {
    /// How many runs there were.
    pub runs: u64,
    /// How often each kind took effect, over all runs.
    pub times: BTreeMap<FaultKind, u64>,
    /// In how many runs each kind took effect.
    pub in_runs: BTreeMap<FaultKind, u64>,
    /// What runs were asked for and could not do, and how often.
    pub skipped: BTreeMap<String, u64>,
}

impl Coverage {
    /// Counts one run.
    pub fn add(&mut self, played: &Played) {
        let fired = self.fidelities.entry(played.fidelity).or_default();
        fired.runs += 1;
        for (kind, times) in played.faults.iter().filter(|(_, times)| **times > 0) {
            *fired.times.entry(*kind).or_default() += times;
            *fired.in_runs.entry(*kind).or_default() += 1;
        }
        for what in &played.skipped {
            *fired.skipped.entry(what.clone()).or_default() += 1;
        }
    }

    /// Adds what another process counted.
    pub fn merge(&mut self, other: &Self) {
        for (fidelity, more) in &other.fidelities {
            let fired = self.fidelities.entry(*fidelity).or_default();
            fired.runs += more.runs;
            add_all(&mut fired.times, &more.times);
            add_all(&mut fired.in_runs, &more.in_runs);
            add_all(&mut fired.skipped, &more.skipped);
        }
    }

    /// The document that a run writes, from the one that is there: what was played now takes the place of the same fidelities,
    /// and the others stay. The counts stand in it too, where people do not see them.
    ///
    /// # Errors
    /// Counts that cannot be read: say so rather than lose what other runs counted.
    pub fn document(&self, before: Option<&str>) -> Result<String, serde_json::Error> {
        let kept =
            before.and_then(|text| text.lines().find_map(|line| line.strip_prefix(COUNTS)?.strip_suffix(" -->")));
        let mut all: Self = kept.map(serde_json::from_str).transpose()?.unwrap_or_default();
        all.fidelities.extend(self.fidelities.clone());
        let counts = serde_json::to_string(&all)?;
        Ok(format!("{HEAD}{}\n{COUNTS}{counts} -->\n", all.markdown()))
    }

    /// Kinds that never took effect anywhere.
    pub fn never(&self) -> Vec<FaultKind> {
        let fired = |kind: &FaultKind| self.fidelities.values().any(|fired| fired.times.contains_key(kind));
        FaultKind::ALL.into_iter().filter(|kind| !fired(kind)).collect()
    }

    /// The table in Markdown: one row a fault kind, one column a fidelity that was run. A cell is how often it took effect and
    /// in how many runs.
    pub fn markdown(&self) -> String {
        let mut text = String::from("| Fault |");
        for (fidelity, fired) in &self.fidelities {
            let _ = write!(text, " {} ({} runs) |", fidelity.as_str(), fired.runs);
        }
        text.push_str("\n|---|");
        text.push_str(&"---|".repeat(self.fidelities.len()));
        text.push('\n');
        for kind in FaultKind::ALL {
            let _ = write!(text, "| {} |", name(kind));
            for fired in self.fidelities.values() {
                match (fired.times.get(&kind), fired.in_runs.get(&kind)) {
                    (Some(times), Some(runs)) => drop(write!(text, " {times} in {runs} |")),
                    _ => text.push_str(" – |"),
                }
            }
            text.push('\n');
        }
        match self.never().as_slice() {
            [] => text.push_str("\nEvery kind took effect.\n"),
            never => {
                let names: Vec<String> = never.iter().map(|kind| name(*kind)).collect();
                let _ = writeln!(text, "\n**Never took effect:** {}.", names.join(", "));
            }
        }
        for (fidelity, fired) in &self.fidelities {
            for (what, times) in &fired.skipped {
                let _ = writeln!(text, "\nSkipped at {} ({times} times): {what}.", fidelity.as_str());
            }
        }
        text
    }
}

fn add_all<K: Ord + Clone>(to: &mut BTreeMap<K, u64>, more: &BTreeMap<K, u64>) {
    for (key, count) in more {
        *to.entry(key.clone()).or_default() += count;
    }
}

/// As scenario files write it.
fn name(kind: FaultKind) -> String {
    // A unit variant is a JSON string.
    serde_json::to_value(kind).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn coverage(fidelity: Fidelity, kinds: &[(FaultKind, u64)]) -> Coverage {
        let times: BTreeMap<FaultKind, u64> = kinds.iter().copied().collect();
        let in_runs = times.keys().map(|kind| (*kind, 1)).collect();
        let skipped = BTreeMap::from([("a full disk".to_owned(), 2)]);
        Coverage { fidelities: BTreeMap::from([(fidelity, Fired { runs: 3, times, in_runs, skipped })]) }
    }

    #[test]
    fn the_table_names_what_fired_and_what_never_did() {
        let mut all = coverage(Fidelity::Core, &[(FaultKind::Cut, 5)]);
        all.merge(&coverage(Fidelity::Consensus, &[(FaultKind::Cut, 7), (FaultKind::Crash, 2)]));
        all.merge(&coverage(Fidelity::Core, &[(FaultKind::Cut, 1)]));
        let text = all.markdown();
        assert!(text.starts_with("| Fault | core (6 runs) | consensus (3 runs) |\n|---|---|---|\n"), "{text}");
        assert!(text.contains("| cut | 6 in 2 | 7 in 1 |\n"), "{text}");
        assert!(text.contains("| crash | – | 2 in 1 |\n"), "{text}");
        assert!(text.contains("| rolled-back | – | – |\n"), "{text}");
        assert!(text.contains("**Never took effect:** cut-one-way, cut-node,"), "{text}");
        assert!(text.contains("Skipped at core (4 times): a full disk."), "{text}");
        assert_eq!(all.never().len(), FaultKind::ALL.len() - 2);
        let document = all.document(None).unwrap();
        let later = coverage(Fidelity::Core, &[(FaultKind::Pause, 4)]).document(Some(&document)).unwrap();
        assert!(later.contains("| Fault | core (3 runs) | consensus (3 runs) |\n"), "{later}");
        assert!(later.contains("| pause | 4 in 1 | – |\n") && later.contains("| crash | – | 2 in 1 |\n"), "{later}");
        let json = serde_json::to_string(&all).unwrap();
        assert_eq!(serde_json::from_str::<Coverage>(&json).unwrap(), all);
    }
}
