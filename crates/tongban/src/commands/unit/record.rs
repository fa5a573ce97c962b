//! A recorded log as lines of JSON: for each unit a head, its commands in order, and an end with the hashes that a replay must
//! come to. Personal fields in payloads are sealed, as they are in the log.

use domain::command::{Command, Proposal};
use domain::digest::ContentHash;
use domain::ids::{CaseId, Generation, Sequence, UnitId};
use domain::store::{StoreFault, UnitRead};
use domain::tables::{Meta, UnitMeta};
use domain::time::Timestamp;
use protocol::machine::{state_hash, table_hash};
use protocol::overlay::Overlay;
use protocol::record::{self, RecordFault};
use protocol::seam::RowSnapshot;
use serde::{Deserialize, Serialize};

/// One line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "record", rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Line {
    /// A unit's log begins.
    Unit(Head),
    /// A command.
    Command(Logged),
    /// The log ends here.
    End(State),
}

/// Whose log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Head {
    pub(super) unit: UnitId,
    pub(super) generation: Generation,
    /// Whether it begins with the unit's founding: a log whose beginning was purged cannot be replayed from nothing.
    pub(super) whole: bool,
}

/// A command as it was applied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Logged {
    /// Its place in the group's log, for finding it again.
    pub(super) index: u64,
    /// The unit's number for it.
    pub(super) sequence: Sequence,
    /// When the leader stamped it.
    pub(super) time: Timestamp,
    /// What is done.
    pub(super) kind: String,
    /// Who acts.
    pub(super) principal: String,
    /// The case that it is about, where it names one.
    pub(super) case: Option<CaseId>,
    /// The command as it lies in the log, in hexadecimal digits.
    #[serde(with = "digits")]
    pub(super) payload: Vec<u8>,
}

/// A unit's state, as far as two of them can be compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct State {
    /// Of the last command.
    pub(super) sequence: Sequence,
    /// The rolling hash over every command's writes.
    pub(super) state_hash: ContentHash,
    /// The hash over all rows as they lie there.
    pub(super) table_hash: ContentHash,
}

impl State {
    /// Of these rows.
    pub(super) fn of(rows: &impl RowSnapshot) -> Result<Self, StoreFault> {
        let sequence = meta(rows)?.map(|meta| meta.sequence).unwrap_or_default();
        Ok(Self { sequence, state_hash: state_hash(rows)?, table_hash: table_hash(rows)? })
    }
}

/// What the unit is; `None` before its founding.
pub(super) fn meta(rows: &impl RowSnapshot) -> Result<Option<UnitMeta>, StoreFault> {
    Overlay::new(rows).get::<Meta>(&())
}

impl Logged {
    /// A command of a log, read.
    pub(super) fn read(index: u64, sequence: Sequence, payload: Vec<u8>) -> Result<Self, RecordFault> {
        let Proposal { command, stamp } = record::read(&payload)?;
        let case = match &command {
            // The case is named by the stamp that made it.
            Command::Receive(_) | Command::ReceiveStated(_) | Command::ReceiveFiled(_) => Some(CaseId(stamp.minted)),
            other => other.case(),
        };
        Ok(Self {
            index,
            sequence,
            time: stamp.time,
            kind: command.name().to_owned(),
            principal: stamp.principal.name,
            case,
            payload,
        })
    }
}

/// Bytes as hexadecimal digits.
mod digits {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&hex::encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        hex::decode(String::deserialize(from)?).map_err(D::Error::custom)
    }
}
