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

/// The line on which a record begins, as an editor numbers it. A reader of CSV stands at the end of the line before: behind a carriage
/// return its line feed is still to come, and lines that are empty are passed over with the record.
pub fn first_line(bytes: &[u8], byte: u64, line: u64) -> u64 {
    let rest = usize::try_from(byte).ok().and_then(|at| bytes.get(at..)).unwrap_or_default();
    let passed_over = rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).filter(|byte| **byte == b'\n');
    line + passed_over.count() as u64
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
        let number = record.position().map_or(0, |at| first_line(bytes, at.byte(), at.line()));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_numbered_as_an_editor_numbers_them() {
        for ends in ["\n", "\r\n"] {
            let text = ["a,b", "1,2", "", "", "\"x", "y\",3", "4"].join(ends);
            let (mut rows, mut faults) = (Vec::new(), Vec::<Finding<ShapeFault>>::new());
            read(text.as_bytes(), &["a", "b"], &mut faults, |row, _| rows.push(row.number));
            assert_eq!(rows, [2, 5], "{ends:?}");
            assert_eq!(faults, [Finding::of_row(7, ShapeFault::Cells { expected: 2, got: 1 })], "{ends:?}");
        }
    }
}
