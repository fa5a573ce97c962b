//! From a catalogue to its tables.

use std::collections::BTreeMap;

use super::columns::split;
use super::{Column, Language, Owner, RowIndex, Sheet, Table, TableRow, calendar, columns, entries, matters, parts};
use crate::catalogue::{BasicCode, CatalogueDraft};
use crate::ids::UnitId;

/// Tables under way: rows are numbered as they are added, the headings are row 1.
struct Tables {
    language: Language,
    rows: BTreeMap<Sheet, Vec<TableRow>>,
    index: RowIndex,
}

impl Tables {
    fn add(&mut self, sheet: Sheet, matter: &BasicCode, unit: Option<UnitId>, cells: Vec<String>) {
        let number = self.push(sheet, cells);
        self.index.add(sheet, (matter.clone(), unit), number);
    }

    fn push(&mut self, sheet: Sheet, cells: Vec<String>) -> u64 {
        let rows = self.rows.entry(sheet).or_default();
        let number = rows.len() as u64 + 2;
        rows.push(TableRow { number, cells });
        number
    }
}

/// All tables of a catalogue, the empty ones with their headings alone. [`super::read`] gives the catalogue back as it was, but for
/// blanks at the ends of texts, empty lines in lists of texts, and groups of fields in which nothing is said.
pub fn write(draft: &CatalogueDraft, language: Language) -> Vec<Table> {
    let mut tables = lay_out(draft, language);
    let table = |sheet: Sheet| {
        let headings = columns(sheet).map(|column| match language {
            Language::Chinese => column.zh.to_owned(),
            Language::English => column.key.to_owned(),
        });
        let mut rows = vec![TableRow { number: 1, cells: headings.collect() }];
        rows.extend(tables.rows.remove(&sheet).unwrap_or_default());
        Table { name: sheet.name(language).to_owned(), rows }
    };
    Sheet::ALL.iter().copied().map(table).collect()
}

/// A draft's rows without the cells that say whose they are, by owner and table; the calendar's are nobody's.
pub(in crate::catalogue) fn rows_by_owner(
    draft: &CatalogueDraft,
    language: Language,
) -> BTreeMap<Option<Owner>, BTreeMap<Sheet, Vec<Vec<String>>>> {
    let Tables { rows, index, .. } = lay_out(draft, language);
    let mut by_owner: BTreeMap<Option<Owner>, BTreeMap<Sheet, Vec<Vec<String>>>> = BTreeMap::new();
    for ((sheet, owner), numbers) in index.rows {
        let whose = split(sheet).0.len();
        let of_sheet = rows.get(&sheet).map(Vec::as_slice).unwrap_or_default();
        // The first row below the headings is number 2.
        let of_owner = numbers.iter().filter_map(|number| of_sheet.get((*number as usize).checked_sub(2)?));
        let own = of_owner.map(|row| row.cells[whose..].to_vec()).collect();
        by_owner.entry(Some(owner)).or_default().insert(sheet, own);
    }
    let days = rows.get(&Sheet::Calendar).map(Vec::as_slice).unwrap_or_default();
    if !days.is_empty() {
        let days = days.iter().map(|row| row.cells.clone()).collect();
        by_owner.entry(None).or_default().insert(Sheet::Calendar, days);
    }
    by_owner
}

/// A table's columns without those that say whose a row is.
pub(in crate::catalogue) fn columns_below(sheet: Sheet) -> &'static [Column] {
    split(sheet).1
}

/// Where everything of a draft stands in its tables.
pub(super) fn index(draft: &CatalogueDraft) -> RowIndex {
    lay_out(draft, Language::English).index
}

fn lay_out(draft: &CatalogueDraft, language: Language) -> Tables {
    let mut tables = Tables { language, rows: BTreeMap::new(), index: RowIndex::default() };
    let mut names: BTreeMap<&BasicCode, &str> = BTreeMap::new();
    for matter in &draft.matters {
        names.insert(&matter.code, &matter.name);
        let cells = matters::write(matter, tables.language);
        tables.add(Sheet::Matters, &matter.code, None, cells);
        parts::of_matter(matter, language, |sheet, cells| {
            let cells = [matter.code.to_string()].into_iter().chain(cells).collect();
            tables.add(sheet, &matter.code, None, cells);
        });
    }
    for entry in draft.entries.values().flatten() {
        let name = names.get(&entry.matter).copied().unwrap_or_default();
        let cells = entries::write(entry, name, tables.language);
        tables.add(Sheet::Entries, &entry.matter, Some(entry.unit), cells);
        parts::of_entry(entry, language, |sheet, cells| {
            let cells = [entry.matter.to_string(), entry.unit.to_string()].into_iter().chain(cells).collect();
            tables.add(sheet, &entry.matter, Some(entry.unit), cells);
        });
    }
    for cells in calendar::write(&draft.calendar, language) {
        tables.push(Sheet::Calendar, cells);
    }
    tables
}
