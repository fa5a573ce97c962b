//! I13: blobs that a confirmed command names are readable, byte by byte, on a majority. That every blob which a case names stands
//! beside it is checked by the state checker in every world. That it can be read is shown on real nodes (`tests/processes/files.rs`):
//! nobody in a simulated world hands a file in, and the day one does, [`super::not_yet`] says so.

use super::not_yet::NotYet;

pub(super) const PART: NotYet = NotYet {
    id: "I13",
    meaning: "A paper that was handed in can be read again, unchanged.",
    issue: "files in simulated worlds",
};
