//! A catalogue in a file or folder: which form it has is told by its name.

use std::path::Path;

use domain::calendar::WorkCalendar;
use domain::catalogue::import::MatterList;
use domain::catalogue::sheets::{self, Sheet, SheetsRead, Table};
use domain::catalogue::{CatalogueDraft, DraftOptions};
use indicatif::{ProgressBar, ProgressStyle};

use super::{Failure, folder, workbook};
use crate::client::divisions;

/// What a file or folder holds.
#[derive(Debug)]
pub(super) enum Source {
    /// A county's list of matters: CSV with the eight columns of that list.
    CountyList(MatterList),
    /// A catalogue in tables.
    Tables(SheetsRead),
    /// A catalogue as canonical JSON.
    Exact(CatalogueDraft),
}

/// The forms of a catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// A folder of CSV files.
    Folder,
    /// `.xlsx`
    Workbook,
    /// `.json`
    Json,
    /// `.csv`: a county's list.
    CountyList,
}

impl Form {
    /// By the name's ending: a name without one is a folder's.
    pub(super) fn of(path: &Path) -> Result<Self, Failure> {
        let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase());
        match ending.as_deref() {
            _ if path.is_dir() => Ok(Self::Folder),
            None => Ok(Self::Folder),
            Some("xlsx") => Ok(Self::Workbook),
            Some("json") => Ok(Self::Json),
            Some("csv") => Ok(Self::CountyList),
            Some(_) => {
                let forms = "an .xlsx workbook, a folder of .csv files, a .json catalogue, or a county's list in .csv";
                Err(Failure::refused(format!("error[sheet.file]: {}: expected {forms}", path.display())))
            }
        }
    }
}

/// Why a file cannot be read.
pub(super) fn unreadable(path: &Path, why: impl std::fmt::Display) -> Failure {
    Failure::refused(format!("error[sheet.file]: {}: {why}", path.display()))
}

impl Source {
    /// Reads a file or folder, with a bar for whoever waits at a terminal.
    pub(super) fn read(path: &Path) -> Result<Self, Failure> {
        let bytes = || std::fs::read(path).map_err(|why| Failure::refused(format!("error: {}: {why}", path.display())));
        Ok(match Form::of(path)? {
            Form::CountyList => Self::CountyList(MatterList::from_csv(&bytes()?)),
            Form::Json => {
                let draft = CatalogueDraft::from_canonical(&bytes()?);
                Self::Exact(draft.map_err(|why| unreadable(path, chain(&why)))?)
            }
            Form::Folder => Self::Tables(in_tables(&folder::read(path)?)),
            Form::Workbook => Self::Tables(in_tables(&workbook::read(path, &bytes()?)?)),
        })
    }

    /// The catalogue that it is, or that a list comes to by rule; what cannot be read is left out.
    pub(super) fn into_draft(self) -> CatalogueDraft {
        match self {
            Self::CountyList(list) => {
                let (calendar, _) = WorkCalendar::from_csv(domain::sample::WORKDAYS);
                CatalogueDraft::build(&list.rows, divisions(), calendar, &DraftOptions::default())
            }
            Self::Tables(read) => read.draft,
            Self::Exact(draft) => draft,
        }
    }
}

/// An error with what caused it.
fn chain(why: &dyn std::error::Error) -> String {
    let mut text = why.to_string();
    let mut next = why.source();
    while let Some(cause) = next {
        text += &format!(": {cause}");
        next = cause.source();
    }
    text
}

fn in_tables(tables: &[Table]) -> SheetsRead {
    let rows: usize = tables.iter().map(|table| table.rows.len().saturating_sub(1)).sum();
    let bar = bar(rows, "rows read");
    let mut read = sheets::read(tables, &mut |count| {
        // A bar that is asked at every row costs more than the row.
        if count % 256 == 0 {
            bar.set_position(count as u64);
        }
    });
    bar.finish_and_clear();
    // Where the file has no calendar, the official one holds.
    if !tables.iter().any(|table| Sheet::named(table.name.trim()) == Some(Sheet::Calendar)) {
        read.draft.calendar = WorkCalendar::from_csv(domain::sample::WORKDAYS).0;
    }
    read
}

/// On a terminal, and nowhere else.
pub(super) fn bar(length: usize, what: &'static str) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} {msg} {elapsed}")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(length as u64).with_style(style).with_message(what)
}
