//! The columns of every table: heading in both languages, whether a row needs it, where the value is in the catalogue's JSON, and which
//! elements of GB/T 39046-2020 table 4 it holds.

use super::parts::{Part, parts_columns};
use super::{Sheet, calendar, entries, matters};

/// One column of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// English heading.
    pub key: &'static str,
    /// 中文 heading.
    pub zh: &'static str,
    /// A row cannot be read without it.
    pub required: bool,
    /// Where the value is in the JSON of a matter (`Matter.…`), an entry (`Entry.…`) or the calendar; `[]` stands for each of several.
    /// Empty for what is written for readers only.
    pub path: &'static str,
    /// Numbers of the elements that it holds.
    pub elements: &'static [u8],
}

/// Columns from `key need "中文" "path" [elements];`.
macro_rules! column_list {
    ($($key:ident $need:ident $zh:literal $path:literal [$($element:literal),*];)+) => {
        &[$($crate::catalogue::sheets::Column {
            key: stringify!($key),
            zh: $zh,
            required: $crate::catalogue::sheets::columns::need!($need),
            path: $path,
            elements: &[$($element),*],
        }),+]
    };
}

/// `required` or `optional`, and no other word.
macro_rules! need {
    (required) => {
        true
    };
    (optional) => {
        false
    };
}

pub(super) use {column_list, need};

/// Whose rows below a matter are.
const OF_MATTER: &[Column] = column_list! {
    matter required "事项编码" "Matter.code" [];
};

/// Whose rows below an entry are.
const OF_ENTRY: &[Column] = column_list! {
    matter required "事项编码" "Entry.matter" [];
    unit required "行政单元" "Entry.unit" [];
};

/// A table's columns, in the order in which they are written.
pub fn columns(sheet: Sheet) -> impl Iterator<Item = &'static Column> {
    let (owner, own) = split(sheet);
    owner.iter().chain(own)
}

/// Those that say whose a row is, and the rest.
pub(super) fn split(sheet: Sheet) -> (&'static [Column], &'static [Column]) {
    match sheet {
        Sheet::Matters => (&[], matters::COLUMNS),
        Sheet::Entries => (&[], entries::COLUMNS),
        Sheet::Calendar => (&[], calendar::COLUMNS),
        Sheet::Posts | Sheet::JointBodies | Sheet::Places | Sheet::Delegations => (OF_ENTRY, parts_columns(sheet)),
        _ => (OF_MATTER, parts_columns(sheet)),
    }
}

/// Columns of a part.
pub(super) const fn of_part<P: Part>() -> &'static [Column] {
    P::COLUMNS
}
