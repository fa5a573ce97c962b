//! Tables in a folder: one CSV file a table, UTF-8, with the mark that spreadsheets know it by.

use std::path::Path;

use domain::catalogue::sheets::{Table, TableRow};
use domain::listing::first_line;

use super::Failure;
use super::source::{bar, unreadable};

const MARK: &[u8] = "\u{feff}".as_bytes();

/// All `.csv` files of a folder, by name.
pub(super) fn read(folder: &Path) -> Result<Vec<Table>, Failure> {
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(|why| unreadable(folder, why))? {
        let path = entry.map_err(|why| unreadable(folder, why))?.path();
        if path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("csv")) {
            paths.push(path);
        }
    }
    paths.sort();
    if paths.is_empty() {
        return Err(unreadable(folder, "the folder has no .csv file"));
    }
    let bar = bar(paths.len(), "files");
    let mut tables = Vec::new();
    for path in paths {
        let bytes = std::fs::read(&path).map_err(|why| unreadable(&path, why))?;
        let name = path.file_stem().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let rows = rows(&bytes).map_err(|why| unreadable(&path, why))?;
        tables.push(Table { name, rows });
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(tables)
}

/// Rows are numbered by the line on which they begin, as an editor numbers them.
fn rows(bytes: &[u8]) -> Result<Vec<TableRow>, String> {
    let bytes = bytes.strip_prefix(MARK).unwrap_or(bytes);
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(bytes);
    let mut rows = Vec::new();
    let mut record = csv::ByteRecord::new();
    while reader.read_byte_record(&mut record).map_err(|why| why.to_string())? {
        let number = record.position().map_or(0, |at| first_line(bytes, at.byte(), at.line()));
        let cells = record.iter().map(|cell| std::str::from_utf8(cell).map(str::to_owned)).collect::<Result<_, _>>();
        rows.push(TableRow { number, cells: cells.map_err(|_| format!("row {number} is not UTF-8 text"))? });
    }
    Ok(rows)
}

/// One file a table; the folder is made where it is missing.
pub(super) fn write(folder: &Path, tables: &[Table]) -> Result<(), Failure> {
    let failed = |path: &Path, why: &dyn std::fmt::Display| Failure::failed(format!("{}: {why}", path.display()));
    std::fs::create_dir_all(folder).map_err(|why| failed(folder, &why))?;
    let bar = bar(tables.len(), "files");
    for table in tables {
        let path = folder.join(format!("{}.csv", table.name));
        std::fs::write(&path, text(table).map_err(|why| failed(&path, &why))?).map_err(|why| failed(&path, &why))?;
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(())
}

fn text(table: &Table) -> Result<Vec<u8>, String> {
    let mut writer =
        csv::WriterBuilder::new().flexible(true).terminator(csv::Terminator::CRLF).from_writer(MARK.to_vec());
    for row in &table.rows {
        writer.write_record(&row.cells).map_err(|why| why.to_string())?;
    }
    writer.into_inner().map_err(|why| why.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_read_back_with_the_lines_of_their_rows() {
        let row = |number, cells: &[&str]| TableRow { number, cells: cells.iter().map(|c| (*c).to_owned()).collect() };
        let rows = vec![row(1, &["编码", "说明"]), row(2, &["M1", "第一行\n第二行,\"引号\""]), row(4, &["M2", ""])];
        let table = Table { name: "事项".to_owned(), rows };
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), std::slice::from_ref(&table)).unwrap();
        assert!(std::fs::read(folder.path().join("事项.csv")).unwrap().starts_with(MARK));
        std::fs::write(folder.path().join("readme.txt"), "no table").unwrap();
        assert_eq!(read(folder.path()).unwrap(), [table]);
    }

    #[test]
    fn what_is_no_table_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let fault = read(folder.path()).unwrap_err();
        assert_eq!((fault.exit, fault.text.contains("no .csv file")), (3, true), "{}", fault.text);
        std::fs::write(folder.path().join("matters.csv"), b"code\nM1\n\xff\n").unwrap();
        let fault = read(folder.path()).unwrap_err();
        assert!(fault.text.contains("matters.csv: row 3 is not UTF-8 text"), "{}", fault.text);
    }
}
