//! What is known at the end of a run: the recorded logs, read once for all rules.

use std::collections::BTreeMap;

use domain::command::Proposal;
use domain::ids::{Generation, UnitId};
use domain::time::Timestamp;
use protocol::record;

use crate::ground::Recorded;

/// The end of a run.
#[derive(Debug)]
pub struct End<'a> {
    /// True time.
    pub at: Timestamp,
    /// Whether faults were healed and the region had its time to come to rest.
    pub live: bool,
    /// Every replica that runs at the end.
    pub recorded: &'a [Recorded],
    /// The longest log of each life of a unit.
    pub logs: BTreeMap<(UnitId, Generation), Log<'a>>,
}

/// One log, read.
#[derive(Debug)]
pub struct Log<'a> {
    /// As bytes.
    pub payloads: &'a [Vec<u8>],
    /// As commands; what cannot be read is said by I12.
    pub proposals: Vec<Option<Proposal>>,
    /// How many replicas of the unit run at the end.
    pub replicas: usize,
}

impl<'a> End<'a> {
    pub(super) fn read(at: Timestamp, live: bool, recorded: &'a [Recorded]) -> Self {
        /// The longest log's payloads, and how many replicas have one.
        type Longest<'a> = (&'a [Vec<u8>], usize);
        let mut longest: BTreeMap<(UnitId, Generation), Longest<'a>> = BTreeMap::new();
        for replica in recorded {
            let log = longest.entry((replica.unit, replica.generation)).or_default();
            log.1 += 1;
            if replica.payloads.len() > log.0.len() {
                log.0 = &replica.payloads;
            }
        }
        let read = |(payloads, replicas): (&'a [Vec<u8>], usize)| Log {
            payloads,
            proposals: payloads.iter().map(|payload| record::read::<Proposal>(payload).ok()).collect(),
            replicas,
        };
        let logs = longest.into_iter().map(|(name, log)| (name, read(log))).collect();
        Self { at, live, recorded, logs }
    }
}
