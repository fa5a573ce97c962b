//! Tables in an XLSX workbook: one sheet a table. Cells are written as text, so that a code keeps its zeros; numbers and dates that
//! somebody typed into a spreadsheet are read as what they show.

use std::io::Cursor;
use std::path::Path;

use calamine::{Data, Reader, Xlsx};
use domain::catalogue::sheets::{Table, TableRow};
use domain::time::CivilDate;
use rust_xlsxwriter::{Format, FormatAlign, Workbook, XlsxError};

use super::Failure;
use super::source::{bar, unreadable};

/// The most characters of one cell that a spreadsheet takes.
const LONGEST_CELL: usize = 32_767;

/// All sheets of a workbook, in its order.
pub(super) fn read(path: &Path, bytes: &[u8]) -> Result<Vec<Table>, Failure> {
    let mut workbook: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(|why| unreadable(path, why))?;
    let names = workbook.sheet_names();
    let bar = bar(names.len(), "sheets");
    let mut tables = Vec::new();
    for name in names {
        let range = workbook.worksheet_range(&name).map_err(|why| unreadable(path, format!("sheet {name}: {why}")))?;
        // A range begins at the first filled cell. Columns are told by their headings, so that only rows need to know where.
        let (first_row, _) = range.start().unwrap_or_default();
        let row = |(number, cells): (u64, &[Data])| TableRow { number, cells: cells.iter().map(shown).collect() };
        let rows = (u64::from(first_row) + 1..).zip(range.rows()).map(row).collect();
        tables.push(Table { name, rows });
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(tables)
}

/// A cell as its reader sees it.
fn shown(cell: &Data) -> String {
    match cell {
        Data::Empty => String::new(),
        Data::String(text) | Data::DateTimeIso(text) | Data::DurationIso(text) => text.clone(),
        Data::Bool(value) => value.to_string(),
        Data::Int(number) => number.to_string(),
        Data::Float(number) => number.to_string(),
        Data::DateTime(moment) if moment.is_datetime() => {
            let (year, month, day, ..) = moment.to_ymd_hms_milli();
            let date = i16::try_from(year).ok().zip(i8::try_from(month).ok()).zip(i8::try_from(day).ok());
            let date = date.and_then(|((year, month), day)| CivilDate::new(year, month, day));
            date.map_or_else(|| moment.as_f64().to_string(), |date| date.to_string())
        }
        Data::DateTime(duration) => duration.as_f64().to_string(),
        // A formula that failed: its row is told as malformed, with what the reader sees there.
        Data::Error(error) => error.to_string(),
    }
}

/// One sheet a table, headings in bold and held at the top.
pub(super) fn write(path: &Path, tables: &[Table]) -> Result<(), Failure> {
    if let Some((sheet, number)) = too_long(tables) {
        let why = format!(
            "sheet {sheet}, row {number}: a cell has more than {LONGEST_CELL} characters; CSV and JSON take it"
        );
        return Err(Failure::refused(format!("error[sheet.file]: {}: {why}", path.display())));
    }
    let failed = |why: &dyn std::fmt::Display| Failure::failed(format!("{}: {why}", path.display()));
    let bytes = workbook(tables).map_err(|why| failed(&why))?;
    std::fs::write(path, bytes).map_err(|why| failed(&why))
}

fn too_long(tables: &[Table]) -> Option<(&str, u64)> {
    let is_too_long = |cell: &String| cell.encode_utf16().count() > LONGEST_CELL;
    let find = |table: &'_ Table| table.rows.iter().find(|row| row.cells.iter().any(is_too_long)).map(|row| row.number);
    tables.iter().find_map(|table| Some((table.name.as_str(), find(table)?)))
}

fn workbook(tables: &[Table]) -> Result<Vec<u8>, XlsxError> {
    let head = Format::new().set_bold().set_text_wrap();
    let text = Format::new().set_num_format("@").set_text_wrap().set_align(FormatAlign::Top);
    let mut workbook = Workbook::new();
    let bar = bar(tables.len(), "sheets");
    for table in tables {
        let sheet = workbook.add_worksheet();
        sheet.set_name(&table.name)?.set_freeze_panes(1, 0)?;
        for (row, cells) in (0_u32..).zip(&table.rows) {
            let format = if row == 0 { &head } else { &text };
            for (column, cell) in (0_u16..).zip(&cells.cells) {
                if row == 0 {
                    sheet.set_column_width(column, 18)?;
                }
                if !cell.is_empty() {
                    sheet.write_string_with_format(row, column, cell, format)?;
                }
            }
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    workbook.save_to_buffer()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(number: u64, cells: &[&str]) -> TableRow {
        TableRow { number, cells: cells.iter().map(|cell| (*cell).to_owned()).collect() }
    }

    #[test]
    fn a_workbook_is_read_back() {
        let rows =
            vec![row(1, &["编码", "说明"]), row(2, &["0012", "=1+2"]), row(3, &["2026-01-01", "第一行\n第二行"])];
        let tables = vec![
            Table { name: "事项".to_owned(), rows },
            Table { name: "收费".to_owned(), rows: vec![row(1, &["收费项目"])] },
        ];
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("目录.xlsx");
        write(&path, &tables).unwrap();
        assert_eq!(read(&path, &std::fs::read(&path).unwrap()).unwrap(), tables);
    }

    #[test]
    fn what_a_spreadsheet_makes_of_typed_cells() {
        let mut workbook = Workbook::new();
        let sheet = workbook.add_worksheet();
        let date = Format::new().set_num_format("yyyy-mm-dd");
        sheet.set_name("事项").unwrap();
        // The first two rows and the first column are empty.
        sheet.write_string(2, 1, "承诺办结时限").unwrap().write_string(2, 2, "计划生效日期").unwrap();
        sheet.write_number(3, 1, 20).unwrap().write_number_with_format(3, 2, 46_023, &date).unwrap();
        sheet.write_boolean(4, 1, true).unwrap().write_number(4, 2, 1.5).unwrap();
        let bytes = workbook.save_to_buffer().unwrap();
        let tables = read(Path::new("a.xlsx"), &bytes).unwrap();
        let expected =
            [row(3, &["承诺办结时限", "计划生效日期"]), row(4, &["20", "2026-01-01"]), row(5, &["true", "1.5"])];
        assert_eq!(tables[0].rows, expected);
    }

    #[test]
    fn what_is_no_workbook_is_refused() {
        let fault = read(Path::new("a.xlsx"), b"code,name").unwrap_err();
        assert!(fault.exit == 3 && fault.text.starts_with("error[sheet.file]: a.xlsx: "), "{}", fault.text);
        let long =
            vec![Table { name: "事项".to_owned(), rows: vec![row(1, &["a"]), row(2, &[&"长".repeat(40_000)])] }];
        let fault = write(Path::new("a.xlsx"), &long).unwrap_err();
        assert!(fault.exit == 3 && fault.text.contains("sheet 事项, row 2"), "{}", fault.text);
    }
}
