//! docs/standards/gbt-39046.md is written from the columns of the catalogue's tables.
//!
//! `BLESS=1 cargo test -p domain --test standards_document` writes it anew (`cargo xtask bless` does).

use std::path::PathBuf;

use domain::catalogue::sheets::{ELEMENTS, checklist};

#[test]
fn the_checklist_is_what_the_columns_say() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/standards/gbt-39046.md");
    let rendered = checklist();
    if std::env::var_os("BLESS").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &rendered).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(written == rendered, "docs/standards/gbt-39046.md is not what the columns say: run `cargo xtask bless`");
    for element in ELEMENTS {
        let row =
            written.lines().find(|line| line.starts_with(&format!("| {} | {} | `", element.number, element.name)));
        assert!(row.is_some(), "{} {}", element.number, element.name);
    }
}
