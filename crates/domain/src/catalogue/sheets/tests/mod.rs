//! The tables of a catalogue: what is written is read back as it was, every element has its place, and what is wrong is told where it
//! stands.

pub(in crate::catalogue) mod dice;

use proptest::prelude::*;

use self::dice::Dice;
use super::*;
use crate::calendar::WorkCalendar;
use crate::catalogue::import::MatterList;
use crate::catalogue::{DraftOptions, Matter, rules};
use crate::division::DivisionTree;

fn read_back(draft: &CatalogueDraft, language: Language) -> SheetsRead {
    read(&write(draft, language), &mut |_| {})
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    /// Any catalogue, in either language, and its rows where they were laid.
    #[test]
    fn nothing_is_lost(bytes in prop::collection::vec(any::<u8>(), 0..1500)) {
        let draft = Dice::new(&bytes).draft();
        for language in [Language::Chinese, Language::English] {
            let back = read_back(&draft, language);
            prop_assert_eq!(&back.findings, &Vec::new());
            prop_assert_eq!(&back.draft, &draft);
            prop_assert_eq!(back.rows, RowIndex::of_written(&draft));
        }
        // What is lost in tables is not hidden by what JSON leaves out: both say the same.
        for matter in &draft.matters {
            let json = serde_json::to_string(matter).unwrap();
            prop_assert_eq!(&serde_json::from_str::<Matter>(&json).unwrap(), matter);
        }
    }

    /// Whatever stands in a file, reading ends and tells.
    #[test]
    fn any_cells_are_read_to_their_end(
        names in prop::collection::vec(prop::sample::select(vec!["matters", "设定依据", "entries", "委托", "x", "calendar"]), 0..5),
        cells in prop::collection::vec(prop::collection::vec("[a-z0-9事项,、\n ]{0,6}", 0..5), 0..6),
    ) {
        let rows: Vec<TableRow> = (1..).zip(cells).map(|(number, cells)| TableRow { number, cells }).collect();
        let tables: Vec<Table> =
            names.iter().map(|name| Table { name: (*name).to_owned(), rows: rows.clone() }).collect();
        let read = read(&tables, &mut |_| {});
        for finding in &read.findings {
            prop_assert!(crate::codes::find(finding.fault.code()).is_some());
        }
    }
}

#[test]
fn dice_throw_every_field() {
    // The property above is worth what its dice throw: with enough of them no field of the JSON is left out.
    let mut seen = std::collections::BTreeSet::new();
    for round in 0..60_u64 {
        let hash = |at: u64| crate::digest::ContentHash::of_bytes("dice", &(round * 1000 + at).to_be_bytes()).0;
        let bytes: Vec<u8> = (0..60).flat_map(hash).collect();
        let draft = Dice::new(&bytes).draft();
        for matter in &draft.matters {
            paths("Matter", &serde_json::to_value(matter).unwrap(), &mut seen);
        }
        for entry in draft.entries.values().flatten() {
            paths("Entry", &serde_json::to_value(entry).unwrap(), &mut seen);
        }
        paths("Calendar", &serde_json::to_value(&draft.calendar).unwrap(), &mut seen);
    }
    let missing: Vec<_> = Sheet::ALL
        .iter()
        .flat_map(|sheet| columns(*sheet))
        .filter(|column| !column.path.is_empty() && !seen.iter().any(|path| is_part_of(path, column.path)))
        .map(|column| column.path)
        .collect();
    assert!(missing.is_empty(), "columns whose field no JSON has: {missing:?}");
    // And the other way round: what the JSON says has a column.
    let of_columns: Vec<&str> = Sheet::ALL.iter().flat_map(|sheet| columns(*sheet)).map(|column| column.path).collect();
    let unheld: Vec<_> = seen
        .iter()
        .filter(|path| !path.starts_with("Calendar."))
        .filter(|path| !of_columns.iter().any(|column| is_part_of(path, column)))
        .collect();
    assert!(unheld.is_empty(), "fields without a column: {unheld:?}");
}

/// Whether a path is another one or what is below it.
fn is_part_of(path: &str, whole: &str) -> bool {
    path.strip_prefix(whole).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

fn paths(at: &str, value: &serde_json::Value, seen: &mut std::collections::BTreeSet<String>) {
    match value {
        serde_json::Value::Object(fields) if !at.starts_with("Calendar.") => {
            fields.iter().for_each(|(name, value)| paths(&format!("{at}.{name}"), value, seen));
        }
        serde_json::Value::Array(items) if items.iter().any(serde_json::Value::is_object) => {
            items.iter().for_each(|item| paths(&format!("{at}[]"), item, seen));
        }
        serde_json::Value::Null => {}
        // Nothing in it, nothing to look for.
        serde_json::Value::Array(items) if items.is_empty() => {}
        _ => {
            seen.insert(at.to_owned());
        }
    }
}

#[test]
fn the_prefecture_of_the_real_list() {
    let list = MatterList::from_csv(crate::sample::MATTERS);
    let (tree, _) = DivisionTree::from_csv(crate::sample::DIVISIONS);
    let (calendar, _) = WorkCalendar::from_csv(crate::sample::WORKDAYS);
    let draft = CatalogueDraft::build(&list.rows, &tree, calendar, &DraftOptions::default());
    let back = read_back(&draft, Language::Chinese);
    assert_eq!(back.findings, vec![]);
    assert_eq!(back.draft, draft);
    // The pieces that are signed are the same bytes.
    assert_eq!(back.draft.into_chunks().unwrap(), draft.into_chunks().unwrap());
}

/// A table of some columns, from lines of cells parted by `|`.
fn table(name: &str, lines: &[&str]) -> Table {
    let cells = |line: &&str| line.split('|').map(str::to_owned).collect();
    let rows = (1..).zip(lines).map(|(number, line)| TableRow { number, cells: cells(line) }).collect();
    Table { name: name.to_owned(), rows }
}

const HEAD: &str = "code|name|matter_type|department|statutory_days|statutory_unit|promised_days|promised_unit|intake|patience_seconds";
const GOOD: &str = "M1|招牌设置|01|综合执法局|20|工作日|10|工作日|代收即收件|1800";

fn told(tables: &[Table]) -> Vec<(String, u64, String, &'static str)> {
    let read = read(tables, &mut |_| {});
    let where_it_is = |finding: &Located<SheetFault>| {
        let sheet = finding.sheet.map(|sheet| sheet.to_string()).unwrap_or_default();
        (sheet, finding.row, finding.column.clone().unwrap_or_default(), finding.fault.code())
    };
    read.findings.iter().map(where_it_is).collect()
}

#[test]
fn a_table_with_the_needed_columns_alone() {
    let entries = "matter|unit|body|body_name|implementation_code|exercise|law|list_entry|instrument|post";
    let entry = "M1|370811|11511301008778183N|执法局|11511301008778183N4M1|全部|法|第一项|文|岗";
    let tables = [table("matters", &[HEAD, GOOD]), table("实施清单", &[entries, entry])];
    let read = read(&tables, &mut |_| {});
    assert_eq!(read.findings, vec![]);
    let matter = &read.draft.matters[0];
    assert_eq!((matter.name.as_str(), matter.statutory_limit.days, matter.synthetic), ("招牌设置", 20, false));
    let entry = &read.draft.entries[&"370811".parse().unwrap()][0];
    assert_eq!((entry.exercise.as_str(), entry.same_authority, entry.power.post.as_str()), ("全部", false, "岗"));
}

#[test]
fn everything_wrong_is_told_where_it_stands_and_the_rest_is_kept() {
    let at = |sheet: &str, row, column: &str, code| (sheet.to_owned(), row, column.to_owned(), code);
    let matters = [
        HEAD,
        GOOD,
        "M2||02|局|x|工作日|10|天|代收即收件|1800",
        GOOD,
        "m-3|名|01|局|20|工作日|10|工作日|代收即收件|",
        "M4|名|01|局|20|工作日|10|工作日|代收即收件|60",
    ];
    let materials = ["matter|name|necessity|原件份数|备注", "M1|申请书|必要|1|", "M9|申请书|必要||", "M4||最好有|999|"];
    let entries =
        ["matter|matter_name|unit|body|body_name|implementation_code|exercise|law|list_entry|instrument|post"];
    let good = "M4|另一个名|370811|11511301008778183N|执法局|E-1|全部|法|第一项|文|岗";
    let twice = "M4|名|370811000000|11511301008778183N|执法局|E-1|全部|法|第一项|文|岗";
    let bad = "M1||济宁|11511301008778183M|执法局|e1|全部|法|第一项|文|岗";
    let tables = [
        table("附注", &["随便"]),
        table("matters", &matters),
        table("matters", &matters),
        table("申请材料", &materials),
        table("entries", &[entries[0], good, twice, bad]),
        table("posts", &["matter|unit|step", "M4|370811|受理", "M4|370812|受理", "M1|370811|受理"]),
        table("fees", &["matter|basis", "M1|某办法"]),
        table(
            "calendar",
            &["日期|放假上班|节日", "2026-01-01|放假|元旦", "2026-01-05|上班|元旦", "2026-13-01|放假|元旦"],
        ),
    ];
    assert_eq!(
        told(&tables),
        [
            at("", 0, "", "sheet.unknown"),
            at("matters", 0, "", "sheet.twice"),
            at("matters", 3, "name", "sheet.cell_missing"),
            at("matters", 3, "matter_type", "sheet.not_one_of"),
            at("matters", 3, "statutory_days", "sheet.cell_malformed"),
            at("matters", 3, "promised_unit", "sheet.not_one_of"),
            at("matters", 4, "code", "sheet.duplicate"),
            at("matters", 5, "code", "sheet.cell_malformed"),
            at("matters", 5, "patience_seconds", "sheet.cell_missing"),
            at("materials", 1, "备注", "sheet.column_unknown"),
            at("materials", 3, "matter", "sheet.matter_unknown"),
            at("materials", 4, "name", "sheet.cell_missing"),
            at("materials", 4, "necessity", "sheet.not_one_of"),
            at("materials", 4, "originals", "sheet.cell_malformed"),
            at("fees", 1, "item", "sheet.column_missing"),
            at("entries", 2, "matter_name", "sheet.name_differs"),
            at("entries", 3, "unit", "sheet.duplicate"),
            at("entries", 4, "unit", "sheet.cell_malformed"),
            at("entries", 4, "body", "sheet.cell_malformed"),
            at("entries", 4, "implementation_code", "sheet.code_character"),
            at("posts", 3, "unit", "sheet.entry_unknown"),
            at("posts", 4, "unit", "sheet.entry_unknown"),
            at("calendar", 4, "date", "sheet.cell_malformed"),
            at("calendar", 3, "kind", "sheet.calendar_day"),
        ]
    );
    let read = read(&tables, &mut |_| {});
    let codes: Vec<_> = read.draft.matters.iter().map(|matter| matter.code.as_str()).collect();
    assert_eq!(codes, ["M1", "M4"]);
    assert_eq!(read.draft.matters[0].materials.len(), 1);
    assert_eq!(read.draft.entries.values().flatten().count(), 1);
    assert_eq!(read.rows.row(Sheet::Materials, &"M1".parse().unwrap(), None, 0), 2);
    let message = read.findings.iter().find(|f| f.fault.code() == "sheet.duplicate").unwrap().to_string();
    assert_eq!(message, "matters, row 4, column code: M1 stands in row 2 already");
}

#[test]
fn what_stands_below_a_faulty_row_goes_with_it_and_is_not_told_once_more() {
    let entries = "matter|unit|body|body_name|implementation_code|exercise|law|list_entry|instrument|post";
    let bad = "M1|370811|11511301008778183M|执法局|E-1|全部|法|第一项|文|岗";
    let below = ["matter|unit|step", "M1|370811|受理", "M1|370812|受理", "M2|370811|受理"];
    let tables = [
        table("matters", &[HEAD, GOOD, "M2||01|局|20|工作日|10|工作日|代收即收件|60"]),
        table("conditions", &["matter|text", "M2|条件", "M1|条件"]),
        table("entries", &[entries, bad]),
        table("posts", &below),
    ];
    let at = |sheet: &str, row, column: &str, code| (sheet.to_owned(), row, column.to_owned(), code);
    let expected = [
        at("matters", 3, "name", "sheet.cell_missing"),
        at("entries", 2, "body", "sheet.cell_malformed"),
        at("posts", 3, "unit", "sheet.entry_unknown"),
    ];
    assert_eq!(told(&tables), expected);
    let read = read(&tables, &mut |_| {});
    assert_eq!((read.draft.matters.len(), read.draft.matters[0].guide.conditions.len()), (1, 1));
    assert!(read.draft.entries.is_empty());
}

#[test]
fn rows_read_are_counted_for_whoever_waits() {
    let mut seen = Vec::new();
    let tables = [table("matters", &[HEAD, GOOD, "", "M2||"]), table("bases", &["matter|level|title", "M1|法律|法"])];
    read(&tables, &mut |count| seen.push(count));
    assert_eq!(seen, [1, 2, 3]);
}

#[test]
fn headings_differ_within_a_table_and_elements_are_all_held() {
    for sheet in Sheet::ALL {
        let mut words = std::collections::BTreeSet::new();
        for column in columns(*sheet) {
            assert!(words.insert(column.key) && words.insert(column.zh), "{sheet}: {}", column.key);
        }
    }
    assert_eq!(ELEMENTS.iter().map(|element| element.number).collect::<Vec<_>>(), (1..=64).collect::<Vec<u8>>());
    for element in ELEMENTS {
        assert!(elements::held_by(element.number).count() > 0, "{} {} has no column", element.number, element.name);
    }
    let highest = Sheet::ALL.iter().flat_map(|sheet| columns(*sheet)).flat_map(|column| column.elements).max();
    assert_eq!(highest, Some(&64));
}

#[test]
fn what_follows_from_columns_is_so() {
    let list = MatterList::from_csv(crate::sample::MATTERS);
    let matter = rules::matter(&list.rows[0], 60);
    assert!(matter.guide.fees.is_empty() && !crate::catalogue::Service::default().is_online());
    let service = crate::catalogue::Service {
        forms: [crate::catalogue::HandlingForm::Mobile].into(),
        ..crate::catalogue::Service::default()
    };
    assert!(service.is_online());
}
