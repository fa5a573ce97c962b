//! What is told of a catalogue that was read: what is left out, what may not be published, by table, row and column.

use std::collections::BTreeMap;

use domain::catalogue::CatalogueDraft;
use domain::catalogue::checks::PublicationFault;
use domain::catalogue::import::Severity;
use domain::catalogue::sheets::{Located, SheetFault};
use serde_json::{Value, json};

use super::columns;

/// A finding of either kind, in the words of the table.
struct Told {
    place: [String; 3],
    severity: Severity,
    /// Whether it was found while reading, or forbids publishing.
    is_of_reading: bool,
    code: &'static str,
    what: String,
}

impl Told {
    fn new<F: std::fmt::Display>(
        found: &Located<F>,
        severity: Severity,
        code: &'static str,
        is_of_reading: bool,
    ) -> Self {
        let sheet = found.sheet.map_or("–".to_owned(), |sheet| format!("{} {}", sheet.zh(), sheet.key()));
        let row = if found.row == 0 { "–".to_owned() } else { found.row.to_string() };
        let column = found.column.clone().unwrap_or_else(|| "–".to_owned());
        Self { place: [sheet, row, column], severity, is_of_reading, code, what: found.fault.to_string() }
    }

    fn verdict(&self) -> &'static str {
        match (self.severity, self.is_of_reading) {
            (Severity::Error, true) => "left out",
            (Severity::Error, false) => "refused",
            (Severity::Warning, _) => "warning",
        }
    }

    fn json(&self) -> Value {
        let [sheet, row, column] = &self.place;
        let row = row.parse::<u64>().ok();
        json!({
            "sheet": sheet.split_once(' ').map(|(_, key)| key), "row": row, "column": (column != "–").then_some(column),
            "severity": self.severity, "verdict": self.verdict(), "code": self.code, "what": self.what,
        })
    }
}

fn all(read: &[Located<SheetFault>], found: &[Located<PublicationFault>]) -> Vec<Told> {
    let of_reading = read.iter().map(|one| Told::new(one, one.fault.severity(), one.fault.code(), true));
    let of_publishing = found.iter().map(|one| Told::new(one, one.fault.severity(), one.fault.code(), false));
    let mut told: Vec<Told> = of_reading.chain(of_publishing).collect();
    // Errors first; else as they stand in the tables.
    told.sort_by_key(|one| one.severity);
    told
}

pub(super) fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "left out",
        Severity::Warning => "warning",
    }
}

/// For people: how much there is, then at most so many findings.
pub(super) fn text(
    draft: &CatalogueDraft,
    read: &[Located<SheetFault>],
    found: &[Located<PublicationFault>],
    most: usize,
) -> String {
    let told = all(read, found);
    let count = |verdict| told.iter().filter(|one| one.verdict() == verdict).count();
    let mut text = format!(
        "{} matters and {} entries are read. {} findings left something out, {} forbid publishing, {} are warnings.",
        draft.matters.len(),
        draft.entries.values().map(Vec::len).sum::<usize>(),
        count("left out"),
        count("refused"),
        count("warning")
    );
    if told.is_empty() {
        return text;
    }
    let mut table = columns(["table", "row", "column", "", "code", "what"]);
    for one in told.iter().take(most) {
        let [sheet, row, column] = &one.place;
        table.add_row([sheet, row, column, one.verdict(), one.code, &one.what]);
    }
    if most > 0 {
        text += &format!("\n{table}");
    }
    if told.len() > most {
        text += &format!("\nand {} more: --findings {} shows all of them. In all:", told.len() - most, told.len());
        let mut by_code: BTreeMap<(Severity, &str, &str), usize> = BTreeMap::new();
        for one in &told {
            *by_code.entry((one.severity, one.verdict(), one.code)).or_default() += 1;
        }
        for ((_, verdict, code), count) in by_code {
            text += &format!("\n  {count:>5} {verdict} {code}");
        }
    }
    text
}

/// For programs: all findings.
pub(super) fn as_json(
    draft: &CatalogueDraft,
    read: &[Located<SheetFault>],
    found: &[Located<PublicationFault>],
    published: Option<Value>,
) -> Value {
    let findings: Vec<Value> = all(read, found).iter().map(Told::json).collect();
    json!({
        "matters": draft.matters.len(),
        "entries": draft.entries.values().map(Vec::len).sum::<usize>(),
        "findings": findings,
        "published": published,
    })
}
