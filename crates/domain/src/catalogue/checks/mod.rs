//! What may not be published (domain.md §2, §3): each finding by table, row and column, with what stands there.
//!
//! Pure and whole: a catalogue is looked at from end to end, so that an official reads all findings at once. Says nothing about cells
//! that cannot be read ([`super::sheets`]) nor about who proposes and who reviews. Called before a version is cut into pieces.

mod entries;
mod fault;
mod flow;
mod matters;
#[cfg(test)]
mod tests;
mod words;

use std::collections::{BTreeMap, BTreeSet};

pub use fault::PublicationFault;
pub use words::{approval_in, catch_all_in};

use super::sheets::{Located, RowIndex, Sheet, SheetFault, SheetsRead};
use super::{BasicCode, CatalogueDraft, Matter};
use crate::catalogue::import::Severity;
use crate::ids::UnitId;

/// What was found, with what every check needs to tell where.
struct Findings<'a> {
    rows: &'a RowIndex,
    found: Vec<Located<PublicationFault>>,
}

/// One thing of a matter or an entry: the how manieth of its table.
#[derive(Clone, Copy)]
struct Spot<'a> {
    matter: &'a BasicCode,
    unit: Option<UnitId>,
    sheet: Sheet,
    at: usize,
}

impl Findings<'_> {
    fn add(&mut self, spot: Spot<'_>, column: &str, fault: PublicationFault) {
        self.found.push(Located {
            sheet: Some(spot.sheet),
            row: self.rows.row(spot.sheet, spot.matter, spot.unit, spot.at),
            column: Some(column.to_owned()),
            matter: Some(spot.matter.clone()),
            fault,
        });
    }
}

/// Looks at a whole catalogue. `rows` says where its things stand in the file that it came from; [`RowIndex::of_written`] where they
/// would stand if it were written.
pub fn check(draft: &CatalogueDraft, rows: &RowIndex) -> Vec<Located<PublicationFault>> {
    let mut findings = Findings { rows, found: Vec::new() };
    let mut by_code: BTreeMap<&BasicCode, &Matter> = BTreeMap::new();
    for matter in &draft.matters {
        if by_code.insert(&matter.code, matter).is_some() {
            let spot = Spot { matter: &matter.code, unit: None, sheet: Sheet::Matters, at: 0 };
            findings.add(spot, "code", PublicationFault::Twice { what: matter.code.to_string() });
        }
        matters::check(matter, &mut findings);
    }
    for (unit, of_unit) in &draft.entries {
        entries::check_unit(*unit, of_unit, &by_code, &mut findings);
    }
    entries::check_equals(draft, &mut findings);
    entries::check_reviews(draft, &mut findings);
    findings.found
}

/// What may be published of what was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sound {
    /// The rest.
    pub draft: CatalogueDraft,
    /// Matters that an error concerns: left out whole, with their entries, since half a matter asks for too much or too little.
    pub left_out: BTreeSet<BasicCode>,
    /// Rows in error of which nobody can tell whose they are.
    pub unknown_rows: usize,
}

impl Sound {
    /// Whether nothing was left out.
    pub fn is_whole(&self) -> bool {
        self.left_out.is_empty() && self.unknown_rows == 0
    }
}

/// What is left without the matters that an error concerns.
///
/// # Errors
/// The first finding that concerns all of them: a table that could not be read, or a day of the calendar.
pub fn without_faulty<'a>(
    read: &'a SheetsRead,
    found: &[Located<PublicationFault>],
) -> Result<Sound, &'a Located<SheetFault>> {
    let concerns_all = |finding: &&Located<SheetFault>| {
        let whole =
            matches!(finding.fault, SheetFault::SheetTwice | SheetFault::ColumnTwice(_) | SheetFault::ColumnMissing);
        whole || finding.sheet == Some(Sheet::Calendar)
    };
    if let Some(finding) = read.errors().find(concerns_all) {
        return Err(finding);
    }
    let unknown_rows = read.errors().filter(|finding| finding.matter.is_none()).count();
    let of_reading = read.errors().filter_map(|finding| finding.matter.clone());
    let forbidden = found.iter().filter(|finding| finding.fault.severity() == Severity::Error);
    let left_out: BTreeSet<BasicCode> = of_reading.chain(forbidden.filter_map(|one| one.matter.clone())).collect();
    let mut draft = read.draft.clone();
    draft.matters.retain(|matter| !left_out.contains(&matter.code));
    for entries in draft.entries.values_mut() {
        entries.retain(|entry| !left_out.contains(&entry.matter));
    }
    draft.entries.retain(|_, entries| !entries.is_empty());
    Ok(Sound { draft, left_out, unknown_rows })
}

/// Whether nothing that was found forbids publishing.
pub fn may_be_published(found: &[Located<PublicationFault>]) -> bool {
    found.iter().all(|finding| finding.fault.severity() == Severity::Warning)
}
