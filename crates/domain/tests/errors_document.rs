//! docs/errors.md is written from `domain::codes` and never loses a code.
//!
//! `BLESS=1 cargo test -p domain --test errors_document` writes it anew (`cargo xtask bless` does).

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::PathBuf;

use domain::codes::CODES;

fn document_path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/errors.md")
}

fn area(code: &str) -> &str {
    code.split_once('.').map_or(code, |(area, _)| area)
}

/// The codes of a written document: the headings' contents.
fn documented(text: &str) -> BTreeSet<&str> {
    text.lines().filter_map(|line| line.strip_prefix("### `")?.strip_suffix('`')).collect()
}

fn render() -> String {
    let mut text = String::from(
        "# Error codes\n\n\
         Written from `crates/domain/src/codes.rs`; `cargo xtask bless` renews it. A code is only ever added: scripts and manuals\n\
         may rely on it for ever. Problems over HTTP (RFC 9457) carry it as `code`, the command line prints it in brackets, logs\n\
         carry it as a field. No status: the error never answers a request.\n",
    );
    let mut areas: Vec<&str> = Vec::new();
    for row in CODES {
        if !areas.contains(&area(row.code)) {
            areas.push(area(row.code));
        }
    }
    for current in areas {
        write!(text, "\n## {current}\n").unwrap();
        for row in CODES.iter().filter(|row| area(row.code) == current) {
            write!(text, "\n### `{}`\n\n", row.code).unwrap();
            if let Some(status) = row.status {
                write!(text, "HTTP {status}\n\n").unwrap();
            }
            writeln!(text, "- {}. {}", row.title.en, row.remedy.en).unwrap();
            writeln!(text, "- {}。{}", row.title.zh, row.remedy.zh).unwrap();
        }
    }
    text
}

#[test]
fn the_document_is_up_to_date_and_has_lost_nothing() {
    let path = document_path();
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    let known: BTreeSet<&str> = CODES.iter().map(|row| row.code).collect();
    let lost: Vec<_> = documented(&written).difference(&known).copied().collect();
    assert!(lost.is_empty(), "codes are never removed or renamed: {lost:?}");

    let rendered = render();
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, &rendered).unwrap();
    } else {
        assert!(written == rendered, "docs/errors.md is not what codes.rs says: run `cargo xtask bless`");
    }
}

#[test]
fn codes_are_well_formed_and_unique() {
    let mut seen = BTreeSet::new();
    for row in CODES {
        assert!(seen.insert(row.code), "{} stands twice", row.code);
        let words = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_lowercase() || c == '_');
        let (area, reason) = row.code.split_once('.').expect("a code is area.reason");
        assert!(words(area) && words(reason), "{}: lower-case words and underscores, one dot", row.code);
        assert!(row.status.is_none_or(|status| (400..600).contains(&status)), "{}: not an error status", row.code);
        for text in [row.title.en, row.title.zh, row.remedy.en, row.remedy.zh] {
            assert!(!text.trim().is_empty(), "{}: a text is empty", row.code);
        }
        for title in [row.title.en, row.title.zh] {
            assert!(!title.ends_with(['.', '。']), "{}: a title has no full stop", row.code);
        }
        for remedy in [row.remedy.en, row.remedy.zh] {
            assert!(remedy.ends_with(['.', '。']), "{}: a remedy is a sentence", row.code);
        }
    }
}

/// Read from the source, so that a refusal added without a row cannot be forgotten here.
#[test]
fn every_refusal_is_documented() {
    let source = include_str!("../src/refusal.rs");
    let body = source.split_once("fn code(&self)").expect("Refusal::code").1;
    let body = body.split_once("\n    }\n").expect("the end of Refusal::code").0;
    let codes: Vec<&str> =
        body.split('"').skip(1).step_by(2).inspect(|code| assert!(code.contains('.'), "{code}")).collect();
    assert!(codes.len() >= 20, "only {} codes found: has Refusal::code another form now?", codes.len());
    let missing: Vec<_> = codes.into_iter().filter(|code| domain::codes::find(code).is_none()).collect();
    assert!(missing.is_empty(), "refusals without a row in codes.rs: {missing:?}");
}
