//! What a group is told when it starts.

use std::time::Duration;

use domain::ids::{NodeId, UnitId};
use openraft::SnapshotPolicy;

use crate::fault::StartFault;

/// Who the replica is and how it keeps time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Whose log it is.
    pub unit: UnitId,
    /// This replica.
    pub node: NodeId,
    /// Its data folder's own name, made with the folder: peers hold a voter to it (protocol.md §9).
    pub incarnation: [u8; 16],
    /// Heartbeats, elections, deadlines.
    pub timing: Timing,
    /// A snapshot point is set, and what lies far enough before it purged, after so many entries. `None`: only when asked.
    pub snapshot_every_entries: Option<u64>,
    /// So many entries are kept before a snapshot point, for followers that are a little behind.
    pub keep_entries: u64,
    /// A longer command is refused before it is logged: one that no frame carries would stop replication for ever.
    pub most_command_bytes: usize,
}

impl Config {
    /// The usual configuration of a replica on a LAN, of a folder without a name of its own.
    pub fn new(unit: UnitId, node: NodeId) -> Self {
        Self {
            unit,
            node,
            incarnation: [0; 16],
            timing: Timing::default(),
            snapshot_every_entries: Some(20_000),
            keep_entries: 10_000,
            most_command_bytes: 4 << 20,
        }
    }

    pub(crate) fn openraft(&self) -> Result<openraft::Config, StartFault> {
        let Timing { heartbeat_millis, election_min_millis, election_max_millis, snapshot_part_millis } = self.timing;
        let config = openraft::Config {
            cluster_name: self.unit.to_string(),
            heartbeat_interval: heartbeat_millis,
            election_timeout_min: election_min_millis,
            election_timeout_max: election_max_millis,
            install_snapshot_timeout: snapshot_part_millis,
            snapshot_policy: match self.snapshot_every_entries {
                Some(entries) => SnapshotPolicy::LogsSinceLast(entries),
                None => SnapshotPolicy::Never,
            },
            // Entries are sent as long as they are there: a snapshot of a large unit is dearer than any backlog.
            replication_lag_threshold: u64::MAX,
            max_in_snapshot_log_to_keep: self.keep_entries,
            purge_batch_size: (self.keep_entries / 4).max(1),
            // Bounds what a burst can hold in memory; who comes then waits within its own deadline.
            api_channel_size: Some(4096),
            enable_pre_vote: Some(true),
            // A restarted leader asks for votes again: rows and the committed mark are not synced one by one, so it may know
            // less than it did, and the lease it gave itself is forgotten.
            enable_leader_restore: Some(false),
            ..openraft::Config::default()
        };
        config.validate().map_err(|why| StartFault::Config(why.to_string()))
    }
}

/// How a group keeps time. Heartbeat < shortest election timeout < longest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// Between two heartbeats of a leader.
    pub heartbeat_millis: u64,
    /// A follower that hears nothing for at least this long asks for votes.
    pub election_min_millis: u64,
    /// At the latest after this long; also how long a leader takes proposals without hearing from a majority.
    pub election_max_millis: u64,
    /// For each part of a snapshot; the last one is installed and synced within it.
    pub snapshot_part_millis: u64,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            heartbeat_millis: 250,
            election_min_millis: 1000,
            election_max_millis: 2000,
            snapshot_part_millis: 30_000,
        }
    }
}

impl Timing {
    /// How long an answer to entries may take before the stream is opened anew. Longer than openraft's own limit for a
    /// heartbeat: an append waits for the follower's sync, and a slow disk must not be made slower by sending all again.
    pub(crate) fn append_patience(self) -> Duration {
        Duration::from_millis(self.election_max_millis)
    }
}
