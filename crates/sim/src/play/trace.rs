//! The trace of a run: one hash over everything that happened, in order. Equal seeds give equal ones, in every process.

use domain::digest::ContentHash;

use crate::ground::{Event, What};

/// Hash over events so far.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Trace(ContentHash);

/// Where the machine keeps the rolling state hash (`protocol::machine`): it stands for all that was written.
const STATE_HASH_TABLE: u8 = 255;

impl Trace {
    /// One more.
    pub(super) fn add(&mut self, event: &Event) {
        let mut bytes = event.at.0.to_be_bytes().to_vec();
        match &event.what {
            What::Applied { unit, generation, node, writes } => {
                bytes.extend_from_slice(&unit.get().to_be_bytes());
                bytes.extend_from_slice(&generation.0.to_be_bytes());
                bytes.extend_from_slice(&node.0.to_be_bytes());
                for (key, row) in writes.iter().filter(|(key, _)| key.first() == Some(&STATE_HASH_TABLE)) {
                    bytes.extend_from_slice(key);
                    bytes.extend_from_slice(row.unwrap_or_default());
                }
            }
            What::Promoted { unit, generation, node, mirror, .. } => {
                bytes.extend_from_slice(format!("{unit} {generation:?} {node} {}", mirror.len()).as_bytes());
            }
            other => bytes.extend_from_slice(format!("{other:?}").as_bytes()),
        }
        self.0 = self.0.chain("trace", &bytes);
    }

    /// Of all of them.
    pub(super) fn hash(self) -> ContentHash {
        self.0
    }
}
