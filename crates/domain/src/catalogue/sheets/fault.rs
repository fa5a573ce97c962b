//! What can be wrong with a cell, a row or a table of a catalogue, and where it stands.

use std::fmt;

use super::Sheet;
use crate::calendar::CalendarFault;
use crate::catalogue::import::Severity;
use crate::catalogue::{BasicCode, CodeFault};
use crate::text::Malformed;

/// Something about one place of a catalogue's tables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Located<F> {
    /// The table; `None` for one that the catalogue does not have.
    pub sheet: Option<Sheet>,
    /// The row as an editor numbers it; 0 where no file has it.
    pub row: u64,
    /// The column's English heading; `None` where the whole row is meant.
    pub column: Option<String>,
    /// Whose it is, where that is known.
    pub matter: Option<BasicCode>,
    /// What was found.
    pub fault: F,
}

impl<F: fmt::Display> fmt::Display for Located<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(sheet) = self.sheet {
            write!(f, "{sheet}, ")?;
        }
        if self.row > 0 {
            write!(f, "row {}, ", self.row)?;
        }
        if let Some(column) = &self.column {
            write!(f, "column {column}: ")?;
        }
        write!(f, "{}", self.fault)
    }
}

/// What is wrong with a table.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SheetFault {
    /// A table that no catalogue has.
    #[error("{0:?} is no table of a catalogue")]
    UnknownSheet(String),
    /// The same table a second time.
    #[error("the table stands in the file twice")]
    SheetTwice,
    /// A heading that the table does not have.
    #[error("the table has no column {0:?}")]
    UnknownColumn(String),
    /// The same heading a second time.
    #[error("the heading {0:?} stands there twice")]
    ColumnTwice(String),
    /// A heading without which no row can be read.
    #[error("the column is missing: no row of the table can be read")]
    ColumnMissing,
    /// A cell that must not be empty.
    #[error("the cell is empty")]
    Missing,
    /// A text that is not what the column holds.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// No member of a closed set.
    #[error("{got:?} is none of {expected}")]
    NotOneOf {
        /// What stands there, cut to 40 characters.
        got: String,
        /// What could stand there.
        expected: String,
    },
    /// No code.
    #[error(transparent)]
    Code(#[from] CodeFault),
    /// No such day, or one that the calendar has already.
    #[error(transparent)]
    Calendar(#[from] CalendarFault),
    /// What stands in an earlier row.
    #[error("{what} stands in row {first} already")]
    Duplicate {
        /// A matter's code, or that and a unit.
        what: String,
        /// The row that was kept.
        first: u64,
    },
    /// A row of a matter that the table of matters does not have.
    #[error("no good row of the table of matters has the code {0}")]
    MatterUnknown(BasicCode),
    /// A row of an entry that the table of entries does not have.
    #[error("no good row of the table of entries is of {0}")]
    EntryUnknown(String),
    /// The name that an entry repeats for readers is not the matter's.
    #[error("the matter is called {expected:?}, not {got:?}")]
    NameDiffers {
        /// The matter's name.
        expected: String,
        /// What stands in the entry's row.
        got: String,
    },
}

impl SheetFault {
    /// The documented code (docs/errors.md).
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnknownSheet(_) => "sheet.unknown",
            Self::SheetTwice => "sheet.twice",
            Self::UnknownColumn(_) => "sheet.column_unknown",
            Self::ColumnTwice(_) => "sheet.column_twice",
            Self::ColumnMissing => "sheet.column_missing",
            Self::Missing => "sheet.cell_missing",
            Self::Malformed(_) => "sheet.cell_malformed",
            Self::NotOneOf { .. } => "sheet.not_one_of",
            Self::Code(fault) => fault.code(),
            Self::Calendar(_) => "sheet.calendar_day",
            Self::Duplicate { .. } => "sheet.duplicate",
            Self::MatterUnknown(_) => "sheet.matter_unknown",
            Self::EntryUnknown(_) => "sheet.entry_unknown",
            Self::NameDiffers { .. } => "sheet.name_differs",
        }
    }

    /// Whether something was left out.
    pub fn severity(&self) -> Severity {
        match self {
            // Notes of the office's own, beside what the catalogue takes.
            Self::UnknownSheet(_) | Self::UnknownColumn(_) | Self::NameDiffers { .. } => Severity::Warning,
            Self::SheetTwice
            | Self::ColumnTwice(_)
            | Self::ColumnMissing
            | Self::Missing
            | Self::Malformed(_)
            | Self::NotOneOf { .. }
            | Self::Code(_)
            | Self::Calendar(_)
            | Self::Duplicate { .. }
            | Self::MatterUnknown(_)
            | Self::EntryUnknown(_) => Severity::Error,
        }
    }
}
