//! Sealed files of materials on a node's disk (docs/adr/0027): taken in through sniffing, scanning and sealing; kept under the hash of
//! their sealed bytes; completed piece by piece from peers; looked at again for rot. Who calls it: `node`.
//!
//! Not here: who may have them (`node`), what a case says of them (`domain`), keys (`protocol::blob`). Everything blocks: callers
//! use a thread that may.
//!
//! ```text
//! folder/KK/HASH          whole and synced; KK are the first two digits of HASH
//! folder/incoming/N       uploads under way; emptied at the start
//! folder/parts/HASH       what has come of one from peers; goes on where it ended
//! folder/aside/HASH       what was found damaged, for people
//! ```

mod folder;
mod intake;
mod scanner;
mod sniff;

pub use folder::{BlobFolder, Held, Part, StoreFault};
pub use intake::{Intake, IntakeFault, Taken};
pub use scanner::{Clamd, NoScanner, Scan, Scanner, ScannerFault, Verdict};
pub use sniff::{SNIFFED_BYTES, sniff};
