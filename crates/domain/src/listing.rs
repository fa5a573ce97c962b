//! Lists as offices hand them over: CSV text with a header, read row by row. A bad row is a finding, the rest is kept.
//!
//! Knows nothing of what the columns mean. Called by the division tree, the calendar and the catalogue's import.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Something about one place of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding<F> {
    /// The line as an editor numbers it; the header is line 1.
    pub row: u64,
    /// The column's name; `None` when the whole row is meant.
    pub column: Option<String>,
    /// What was found.
    pub fault: F,
}

impl<F> Finding<F> {
    /// About one cell.
    pub fn at(row: u64, column: &str, fault: F) -> Self {
        Self { row, column: Some(column.to_owned()), fault }
    }

    /// About a whole row.
    pub fn of_row(row: u64, fault: F) -> Self {
        Self { row, column: None, fault }
    }
}

impl<F: fmt::Display> fmt::Display for Finding<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.column {
            Some(column) => write!(f, "row {}, column {column}: {}", self.row, self.fault),
            None => write!(f, "row {}: {}", self.row, self.fault),
        }
    }
}

/// What can be wrong with a list before its cells are looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum ShapeFault {
    /// Another list, or none.
    #[error("the header is {got:?}, not {expected:?}")]
    Header {
        /// The columns in order.
        expected: Vec<String>,
        /// What stands there.
        got: Vec<String>,
    },
    /// A comma too many, or a cell that lost its quotes.
    #[error("{got} cells where the header has {expected}")]
    Cells {
        /// Columns of the header.
        expected: usize,
        /// Cells of the row.
        got: usize,
    },
    /// Not UTF-8.
    #[error("the row is not UTF-8 text")]
    Text,
}

/// One row, cells in the order of the header, blanks around them taken off.
pub(crate) struct Row<'a> {
    pub(crate) number: u64,
    pub(crate) cells: &'a [&'a str],
}

/// Reads a list; every row goes to `each`, what cannot be read to `faults`.
pub(crate) fn read<F: From<ShapeFault>>(
    bytes: &[u8],
    columns: &[&str],
    faults: &mut Vec<Finding<F>>,
    mut each: impl FnMut(Row<'_>, &mut Vec<Finding<F>>),
) {
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    let mut reader =
        csv::ReaderBuilder::new().has_headers(false).flexible(true).trim(csv::Trim::All).from_reader(bytes);
    let mut record = csv::ByteRecord::new();
    let mut header_seen = false;
    // Reading from memory fails only where a record ends early, which a flexible reader takes: the loop ends at the end.
    while let Ok(true) = reader.read_byte_record(&mut record) {
        let number = record.position().map_or(0, csv::Position::line);
        let Ok(cells) = record.iter().map(std::str::from_utf8).collect::<Result<Vec<_>, _>>() else {
            faults.push(Finding::of_row(number, ShapeFault::Text.into()));
            header_seen = true;
            continue;
        };
        if !header_seen {
            header_seen = true;
            if cells != columns {
                let owned = |cells: &[&str]| cells.iter().map(|cell| (*cell).to_owned()).collect();
                let fault = ShapeFault::Header { expected: owned(columns), got: owned(&cells) };
                faults.push(Finding::of_row(number, fault.into()));
                return;
            }
            continue;
        }
        if cells.len() != columns.len() {
            let fault = ShapeFault::Cells { expected: columns.len(), got: cells.len() };
            faults.push(Finding::of_row(number, fault.into()));
            continue;
        }
        each(Row { number, cells: &cells }, faults);
    }
    if !header_seen {
        let expected = columns.iter().map(|cell| (*cell).to_owned()).collect();
        faults.push(Finding::of_row(1, ShapeFault::Header { expected, got: vec![] }.into()));
    }
}
