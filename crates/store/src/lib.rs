//! What a node keeps on disk: one RocksDB for the logs and rows of all its groups, behind the seams of `protocol` (architecture
//! §5, docs/adr/0007). Who calls it: `node`, which opens the folder and hands each group its log and rows.
//!
//! Not here: what the bytes mean (`consensus`, `domain`), blobs, backup of the whole node.
//!
//! ```text
//! folder/LOCK    held while a node runs; names its process
//! folder/MARK    whose folder this is, for people and for the checks at opening
//! folder/db/     RocksDB
//! ```

mod engine;
mod fault;
mod folder;
mod group;
mod keys;
mod log;
mod mark;
mod options;
mod rows;
mod store;
mod syncer;
mod view;

pub use fault::OpenFault;
pub use log::RocksLog;
pub use mark::{FORMAT, Identity, Incarnation, Mark};
pub use rows::{RocksRows, RocksSnapshot};
pub use store::Store;
pub use view::{LogView, StoreView};
