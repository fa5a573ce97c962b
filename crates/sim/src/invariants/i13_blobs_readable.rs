//! I13: blobs that a confirmed command names are readable, byte by byte, on a majority. There are no blobs yet: materials carry
//! no content, and the day one does, [`super::not_yet`] says so.

use super::not_yet::NotYet;

pub(super) const PART: NotYet = NotYet {
    id: "I13",
    meaning: "A paper that was handed in can be read again, unchanged.",
    issue: "materials as sealed blobs",
};
