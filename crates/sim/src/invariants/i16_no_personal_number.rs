//! I16: a personal number that was put in is found nowhere in clear: in no row, no mail, no log, no message.

use super::{Broken, End, Invariant, Look, Terms};
use crate::ground::What;
use crate::observe::{Moment, Observer};

pub(super) struct NoPersonalNumber {
    plants: Vec<Vec<u8>>,
    /// Whether a plant begins with a byte.
    begins: [bool; 256],
}

impl NoPersonalNumber {
    pub(super) fn new(terms: &Terms) -> Self {
        let plants: Vec<Vec<u8>> = terms.plants.iter().map(|plant| plant.clone().into_bytes()).collect();
        let mut begins = [false; 256];
        for first in plants.iter().filter_map(|plant| plant.first()) {
            begins[usize::from(*first)] = true;
        }
        Self { plants: plants.into_iter().filter(|plant| !plant.is_empty()).collect(), begins }
    }

    /// Never says which one: the report must not be where it is found.
    fn search(&self, bytes: &[u8], place: impl FnOnce() -> String) -> Look {
        let hit = |from: usize| self.plants.iter().any(|plant| bytes[from..].starts_with(plant));
        let found = (0..bytes.len()).filter(|at| self.begins[usize::from(bytes[*at])]).find(|at| hit(*at));
        match found {
            Some(at) => Err(Broken::new(format!("a planted personal number stands in {}, at byte {at}", place()))),
            None => Ok(()),
        }
    }
}

impl Invariant for NoPersonalNumber {
    fn id(&self) -> &'static str {
        "I16"
    }

    fn meaning(&self) -> &'static str {
        "Nobody who finds a disk, a log or a line can read a citizen's number."
    }

    fn look(&mut self, moment: &Moment<'_>, _: &Observer) -> Look {
        if self.plants.is_empty() {
            return Ok(());
        }
        match &moment.event.what {
            What::Applied { unit, node, writes, .. } => writes.iter().try_for_each(|(key, row)| {
                let table = key.first().copied().unwrap_or_default();
                self.search(key, || format!("a key of table {table} of {unit}, node {node}"))?;
                self.search(row.unwrap_or_default(), || format!("a row of table {table} of {unit}, node {node}"))
            }),
            What::Answered { ticket, answer } => {
                let text = match answer {
                    Ok(outcome) => format!("{outcome:?}"),
                    Err(fault) => format!("{fault} {fault:?}"),
                };
                self.search(text.as_bytes(), || format!("the answer to act {}", ticket.0))
            }
            What::Stopped { node, why, .. } => self.search(why.as_bytes(), || format!("what node {node} said")),
            What::Fault { how, .. } => self.search(how.as_bytes(), || "the words of a fault".to_owned()),
            What::Installed { .. }
            | What::Promoted { .. }
            | What::VotersChanged { .. }
            | What::Up { .. }
            | What::Down { .. }
            | What::Leads { .. } => Ok(()),
        }
    }

    fn finish(&mut self, end: &End<'_>, _: &Observer) -> Look {
        if self.plants.is_empty() {
            return Ok(());
        }
        for ((unit, _), log) in &end.logs {
            for (sequence, payload) in (1u64..).zip(log.payloads) {
                self.search(payload, || format!("command {sequence} of the log of {unit}"))?;
            }
        }
        Ok(())
    }
}
