//! A county's list of matters: what is told of it, and the catalogue that its good rows come to by rule. Limits, materials and who
//! implements what are made by that rule and marked synthetic.

use std::collections::{BTreeMap, BTreeSet};

use domain::calendar::WorkCalendar;
use domain::catalogue::checks;
use domain::catalogue::import::{MatterFault, MatterList, Severity};
use domain::catalogue::sheets::RowIndex;
use domain::catalogue::{CatalogueDraft, DraftOptions};
use domain::ids::UnitId;
use domain::listing::Finding;
use serde_json::{Value, json};

use super::columns;
use super::told::severity;
use crate::client::{Region, Where, divisions};

/// The catalogue of a list's good rows, for the units of the running region; for every unit of the table where none runs.
pub(super) fn draft(list: &MatterList, place: &Where, patience_seconds: u32) -> CatalogueDraft {
    let region = Region::read(&place.dir).ok();
    let below_city = region.map(|region| region.units.iter().map(|unit| unit.unit).collect::<BTreeSet<UnitId>>());
    let (calendar, _) = WorkCalendar::from_csv(domain::sample::WORKDAYS);
    CatalogueDraft::build(&list.rows, divisions(), calendar, &DraftOptions { patience_seconds, below_city })
}

/// What a catalogue of these rows would be refused for, were it not made by rule: how many findings by code.
pub(super) fn refused_if_real(draft: &CatalogueDraft) -> BTreeMap<&'static str, usize> {
    let mut by_code = BTreeMap::new();
    for finding in checks::check(draft, &RowIndex::default()) {
        if finding.fault.severity() == Severity::Error {
            *by_code.entry(finding.fault.code()).or_default() += 1;
        }
    }
    by_code
}

/// What was found, errors first, and what is kept.
pub(super) fn told(list: &MatterList, most: usize) -> String {
    let mut by_code: BTreeMap<(Severity, &str), usize> = BTreeMap::new();
    for finding in &list.findings {
        *by_code.entry((finding.fault.severity(), finding.fault.code())).or_default() += 1;
    }
    let (errors, warnings) = (list.errors().count(), list.warnings().count());
    let mut text =
        format!("{} rows are good, {errors} are left out, {warnings} are kept with a warning.", list.rows.len());
    if list.findings.is_empty() {
        return text;
    }
    let mut table = columns(["row", "column", "", "code", "what"]);
    let shown: Vec<&Finding<MatterFault>> = list.errors().chain(list.warnings()).take(most).collect();
    for finding in &shown {
        table.add_row([
            &finding.row.to_string(),
            finding.column.as_deref().unwrap_or("–"),
            severity(finding.fault.severity()),
            finding.fault.code(),
            &finding.fault.to_string(),
        ]);
    }
    if !shown.is_empty() {
        text += &format!("\n{table}");
    }
    let more = list.findings.len() - shown.len();
    if more > 0 {
        text += &format!("\nand {more} more: --findings {} shows all of them. In all:", list.findings.len());
        for ((kind, code), count) in by_code {
            text += &format!("\n  {count:>5} {} {code}", severity(kind));
        }
    }
    text
}

pub(super) fn as_json(list: &MatterList, published: Option<Value>) -> Value {
    let findings = list.findings.iter().map(|finding| {
        json!({
            "row": finding.row,
            "column": finding.column,
            "severity": finding.fault.severity(),
            "code": finding.fault.code(),
            "what": finding.fault.to_string(),
        })
    });
    json!({ "good_rows": list.rows.len(), "findings": findings.collect::<Vec<_>>(), "published": published })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_real_list_is_told_with_its_dirt() {
        let list = MatterList::from_csv(domain::sample::MATTERS);
        let text = told(&list, 2);
        assert!(text.starts_with("1135 rows are good, 0 are left out, 157 are kept with a warning."), "{text}");
        assert!(text.contains("and 155 more: --findings 157 shows all of them"), "{text}");
        for line in [
            "      4 warning import.other_place",
            "      7 warning import.credit_code",
            "    146 warning import.credit_code_missing",
        ] {
            assert!(text.lines().any(|told| told == line), "{line}: {text}");
        }
        let json = as_json(&list, None);
        assert_eq!(json["findings"].as_array().map(Vec::len), Some(157));
    }

    #[test]
    fn errors_are_told_by_row_and_column_before_warnings() {
        let head =
            "department,main_item,matter_name,local_item_code,area_code,implementing_body_uscc,task_type,full_code";
        let rows =
            [head, "局,,事项一,A1,511602000000,,1,A1-511602000000", "局,,事项二,A2,511602000000,,02,A2-511602000000"];
        let list = MatterList::from_csv(rows.join("\n").as_bytes());
        let text = told(&list, 20);
        let at = |part: &str| text.find(part).unwrap_or_else(|| panic!("{part}: {text}"));
        assert!(at("import.matter_type") < at("import.credit_code_missing"), "{text}");
        let row = text.lines().find(|line| line.contains("import.matter_type")).unwrap();
        assert!(row.contains(" 3 ") && row.contains("task_type") && row.contains("left out"), "{text}");
    }

    #[test]
    fn what_a_real_catalogue_would_be_refused_for_is_counted() {
        let list = MatterList::from_csv(domain::sample::MATTERS);
        let (calendar, _) = WorkCalendar::from_csv(domain::sample::WORKDAYS);
        let draft = CatalogueDraft::build(&list.rows, divisions(), calendar, &DraftOptions::default());
        assert_eq!(refused_if_real(&draft), BTreeMap::from([("publish.disguised_approval", 5)]));
    }
}
