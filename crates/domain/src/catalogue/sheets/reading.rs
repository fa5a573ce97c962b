//! From tables to a catalogue: every finding has its table, row and column, and the rest is kept.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::cell::Cell;
use super::{
    Column, Located, Owner, RowIndex, Sheet, SheetFault, Table, TableRow, calendar, columns, entries, matters, parts,
};
use crate::calendar::WorkCalendar;
use crate::catalogue::{BasicCode, CatalogueDraft, Entry, Matter};
use crate::ids::UnitId;

/// What tables came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SheetsRead {
    /// What could be read.
    pub draft: CatalogueDraft,
    /// Where it stands.
    pub rows: RowIndex,
    /// What was found, in the order of the tables.
    pub findings: Vec<Located<SheetFault>>,
}

/// One row's cells by their headings.
pub(super) struct Cells<'a> {
    sheet: Sheet,
    number: u64,
    texts: Vec<String>,
    at: &'a Headings,
    matter: Option<BasicCode>,
    findings: &'a mut Vec<Located<SheetFault>>,
}

/// Where a table has which column.
type Headings = BTreeMap<&'static str, (usize, &'static Column)>;

impl Cells<'_> {
    /// A cell's text without blanks at its ends; empty where the table lacks the column.
    fn text(&self, key: &str) -> &str {
        let at = self.at.get(key).map(|(at, _)| *at);
        at.and_then(|at| self.texts.get(at)).map(String::as_str).unwrap_or_default()
    }

    /// A cell's value; what is wrong with it is told.
    pub(super) fn take<T: Cell>(&mut self, key: &'static str) -> Option<T> {
        let is_needed = self.at.get(key).is_some_and(|(_, column)| column.required);
        self.value(key, is_needed)
    }

    /// A cell's value where it must not be empty.
    pub(super) fn take_needed<T: Cell>(&mut self, key: &'static str) -> Option<T> {
        self.value(key, true)
    }

    fn value<T: Cell>(&mut self, key: &'static str, is_needed: bool) -> Option<T> {
        let text = self.text(key);
        let value = match text.is_empty() {
            true => T::empty().filter(|_| !is_needed).ok_or(SheetFault::Missing),
            false => T::read(text),
        };
        value.map_err(|fault| self.tell(Some(key), fault)).ok()
    }

    /// Fields that are there together or not at all: `Some(None)` where all of their cells are empty.
    pub(super) fn group<T>(
        &mut self,
        keys: &[&'static str],
        read: impl FnOnce(&mut Self) -> Option<T>,
    ) -> Option<Option<T>> {
        if keys.iter().all(|key| self.text(key).is_empty()) { Some(None) } else { read(self).map(Some) }
    }

    fn tell(&mut self, column: Option<&str>, fault: SheetFault) {
        self.findings.push(Located {
            sheet: Some(self.sheet),
            row: self.number,
            column: column.map(str::to_owned),
            matter: self.matter.clone(),
            fault,
        });
    }
}

/// Reads tables in any order of theirs and of their columns. `told` is called after each row with how many were read: a file of a
/// prefecture has some hundred thousand.
pub fn read(tables: &[Table], told: &mut dyn FnMut(usize)) -> SheetsRead {
    let mut reading = Reading {
        told,
        count: 0,
        read: SheetsRead::default(),
        faulty: BTreeSet::new(),
        matters: HashMap::new(),
        entries: HashMap::new(),
    };
    let mut by_sheet: BTreeMap<Sheet, &Table> = BTreeMap::new();
    for table in tables {
        let fault = match Sheet::named(table.name.trim()) {
            None => Located {
                sheet: None,
                row: 0,
                column: None,
                matter: None,
                fault: SheetFault::UnknownSheet(table.name.chars().take(40).collect()),
            },
            Some(sheet) if by_sheet.contains_key(&sheet) => {
                Located { sheet: Some(sheet), row: 0, column: None, matter: None, fault: SheetFault::SheetTwice }
            }
            Some(sheet) => {
                by_sheet.insert(sheet, table);
                continue;
            }
        };
        reading.read.findings.push(fault);
    }
    // What stands above is read first, whatever the order in the file: the rest is put below it.
    for sheet in Sheet::ALL.iter().copied() {
        if let Some(table) = by_sheet.get(&sheet) {
            reading.table(sheet, table);
        }
    }
    reading.read
}

struct Reading<'a> {
    told: &'a mut dyn FnMut(usize),
    count: usize,
    read: SheetsRead,
    /// What was left out for a fault of its own: what stands below it goes with it, and is not told once more.
    faulty: BTreeSet<Owner>,
    /// Place in the draft, and row.
    matters: HashMap<BasicCode, (usize, u64)>,
    entries: HashMap<(BasicCode, UnitId), (usize, u64)>,
}

impl Reading<'_> {
    fn table(&mut self, sheet: Sheet, table: &Table) {
        let filled = |row: &&TableRow| row.cells.iter().any(|cell| !cell.trim().is_empty());
        let mut rows = table.rows.iter().filter(filled);
        let Some(first) = rows.next() else { return };
        let Some(headings) = self.headings(sheet, first) else { return };
        let mut days = Vec::new();
        for row in rows {
            let mut findings = std::mem::take(&mut self.read.findings);
            let texts = row.cells.iter().map(|cell| cell.replace("\r\n", "\n").trim().to_owned()).collect();
            let mut cells =
                Cells { sheet, number: row.number, texts, at: &headings, matter: None, findings: &mut findings };
            match sheet {
                Sheet::Matters => self.matter(&mut cells),
                Sheet::Entries => self.entry(&mut cells),
                Sheet::Calendar => days.extend(calendar::read(&mut cells).map(|day| (row.number, day))),
                Sheet::Posts | Sheet::JointBodies | Sheet::Places | Sheet::Delegations => self.below_entry(&mut cells),
                _ => self.below_matter(&mut cells),
            }
            self.read.findings = findings;
            self.count += 1;
            (self.told)(self.count);
        }
        if sheet == Sheet::Calendar {
            self.calendar(&days);
        }
    }

    /// Where the columns are; `None` where one is missing without which no row can be read.
    fn headings(&mut self, sheet: Sheet, first: &TableRow) -> Option<Headings> {
        let mut headings = Headings::new();
        let mut findings = Vec::new();
        let mut tell = |column: &str, fault| {
            let column = Some(column.to_owned());
            findings.push(Located { sheet: Some(sheet), row: first.number, column, matter: None, fault });
        };
        for (at, heading) in first.cells.iter().enumerate() {
            let heading = heading.trim();
            let column = columns(sheet).find(|column| heading.eq_ignore_ascii_case(column.key) || heading == column.zh);
            match column {
                None if heading.is_empty() => {}
                None => {
                    let heading: String = heading.chars().take(40).collect();
                    tell(&heading, SheetFault::UnknownColumn(heading.clone()));
                }
                Some(column) => {
                    if headings.insert(column.key, (at, column)).is_some() {
                        tell(column.key, SheetFault::ColumnTwice(heading.to_owned()));
                    }
                }
            }
        }
        let mut is_whole = true;
        for column in columns(sheet).filter(|column| column.required && !headings.contains_key(column.key)) {
            tell(column.key, SheetFault::ColumnMissing);
            is_whole = false;
        }
        self.read.findings.append(&mut findings);
        is_whole.then_some(headings)
    }

    fn matter(&mut self, cells: &mut Cells<'_>) {
        cells.matter = cells.text("code").parse().ok();
        let Some(matter) = matters::read(cells) else {
            self.faulty.extend(cells.matter.clone().map(|code| (code, None)));
            return;
        };
        if let Some((_, first)) = self.matters.get(&matter.code) {
            return cells.tell(Some("code"), SheetFault::Duplicate { what: matter.code.to_string(), first: *first });
        }
        self.matters.insert(matter.code.clone(), (self.read.draft.matters.len(), cells.number));
        self.read.rows.add(Sheet::Matters, (matter.code.clone(), None), cells.number);
        self.read.draft.matters.push(matter);
    }

    fn entry(&mut self, cells: &mut Cells<'_>) {
        let Some(at) = self.matter_of(cells) else { return };
        let expected = self.read.draft.matters[at].name.clone();
        let got = cells.text("matter_name").to_owned();
        if !got.is_empty() && got != expected {
            cells.tell(Some("matter_name"), SheetFault::NameDiffers { expected, got });
        }
        let Some(entry) = entries::read(cells) else {
            let unit = cells.text("unit").parse().ok();
            self.faulty.extend(cells.matter.clone().zip(unit).map(|(code, unit)| (code, Some(unit))));
            return;
        };
        let key = (entry.matter.clone(), entry.unit);
        if let Some((_, first)) = self.entries.get(&key) {
            let what = format!("{} at {}", key.0, key.1);
            return cells.tell(Some("unit"), SheetFault::Duplicate { what, first: *first });
        }
        let of_unit = self.read.draft.entries.entry(entry.unit).or_default();
        self.read.rows.add(Sheet::Entries, (entry.matter.clone(), Some(entry.unit)), cells.number);
        self.entries.insert(key, (of_unit.len(), cells.number));
        of_unit.push(entry);
    }

    /// The matter that a row is of: its place in the draft.
    fn matter_of(&self, cells: &mut Cells<'_>) -> Option<usize> {
        let code: BasicCode = cells.take("matter")?;
        cells.matter = Some(code.clone());
        let found = self.matters.get(&code).map(|(at, _)| *at);
        if found.is_none() && !self.faulty.contains(&(code.clone(), None)) {
            cells.tell(Some("matter"), SheetFault::MatterUnknown(code));
        }
        found
    }

    fn below_matter(&mut self, cells: &mut Cells<'_>) {
        let Some(at) = self.matter_of(cells) else { return };
        let matter: &mut Matter = &mut self.read.draft.matters[at];
        if parts::read_of_matter(cells.sheet, cells, matter) {
            self.read.rows.add(cells.sheet, (matter.code.clone(), None), cells.number);
        }
    }

    fn below_entry(&mut self, cells: &mut Cells<'_>) {
        if self.matter_of(cells).is_none() {
            return;
        }
        let (Some(code), Some(unit)) = (cells.matter.clone(), cells.take::<UnitId>("unit")) else { return };
        let key = (code, unit);
        let at = self.entries.get(&key).map(|(at, _)| *at);
        let entries: Option<&mut Vec<Entry>> = self.read.draft.entries.get_mut(&unit);
        let Some(entry) = at.and_then(|at| entries?.get_mut(at)) else {
            if !self.faulty.contains(&(key.0.clone(), Some(unit))) {
                cells.tell(Some("unit"), SheetFault::EntryUnknown(format!("{} at {}", key.0, key.1)));
            }
            return;
        };
        if parts::read_of_entry(cells.sheet, cells, entry) {
            self.read.rows.add(cells.sheet, (key.0, Some(unit)), cells.number);
        }
    }

    fn calendar(&mut self, days: &[(u64, [String; 3])]) {
        let rows = days.iter().map(|(number, [date, kind, holiday])| (*number, [date.as_str(), kind, holiday]));
        let (calendar, findings) = WorkCalendar::from_rows(rows);
        self.read.draft.calendar = calendar;
        self.read.findings.extend(findings.into_iter().map(|finding| Located {
            sheet: Some(Sheet::Calendar),
            row: finding.row,
            column: finding.column,
            matter: None,
            fault: SheetFault::Calendar(finding.fault),
        }));
    }
}
