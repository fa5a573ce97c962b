//! Every element of a matter's guide and of an entry that is filled, under the headings by which officials keep it.
//!
//! The tables of `domain::catalogue::sheets` are the list of what there is, in both languages: a column that is added there is shown here.

use domain::catalogue::sheets::{self, Sheet, Table};
use domain::catalogue::{CatalogueDraft, Entry, Matter};

use crate::language::Language;

/// A part of a guide: facts one below the other, or a table.
pub(crate) struct Section {
    pub(crate) title: String,
    pub(crate) facts: Vec<(String, String)>,
    pub(crate) head: Vec<String>,
    pub(crate) rows: Vec<Vec<String>>,
}

/// What the page shows in its own words, or to nobody: whose a row is, and the hash of a file.
const ELSEWHERE: &[(Sheet, &[&str])] = &[
    (
        Sheet::Matters,
        &[
            "code",
            "name",
            "main_item",
            "matter_type",
            "department",
            "statutory_days",
            "statutory_unit",
            "promised_days",
            "promised_unit",
            "intake",
            "patience_seconds",
            "synthetic",
        ],
    ),
    (
        Sheet::Entries,
        &[
            "matter",
            "matter_name",
            "unit",
            "body_name",
            "implementation_code",
            "exercise",
            "same_authority",
            "law",
            "list_entry",
            "instrument",
            "post",
        ],
    ),
    (Sheet::Materials, &["sample"]),
    (Sheet::Results, &["sample"]),
];
const OWNER: &[&str] = &["matter", "unit"];

/// What a matter's guide says beside its first facts.
pub(crate) fn of_matter(language: Language, matter: &Matter) -> Vec<Section> {
    let draft = CatalogueDraft { matters: vec![matter.clone()], ..CatalogueDraft::default() };
    sections(language, &draft)
}

/// What one unit's entry says beside who acts and why.
pub(crate) fn of_entry(language: Language, entry: &Entry) -> Vec<Section> {
    let entries = [(entry.unit, vec![entry.clone()])].into();
    sections(language, &CatalogueDraft { entries, ..CatalogueDraft::default() })
}

fn sections(language: Language, draft: &CatalogueDraft) -> Vec<Section> {
    let written = match language {
        Language::Chinese => sheets::Language::Chinese,
        Language::English => sheets::Language::English,
    };
    let tables = sheets::write(draft, written).into_iter().zip(Sheet::ALL.iter().copied());
    tables.filter_map(|(table, sheet)| section(language, sheet, &table)).collect()
}

/// A table with the columns in which something stands; nothing where it has no rows.
fn section(language: Language, sheet: Sheet, table: &Table) -> Option<Section> {
    let (head, rows) = table.rows.split_first()?;
    let hidden = ELSEWHERE.iter().find(|(of, _)| *of == sheet).map(|(_, hidden)| *hidden).unwrap_or_default();
    let no = if language == Language::Chinese { "否" } else { "no" };
    let says = |cell: &str| !cell.is_empty() && cell != no;
    let shown = sheets::columns(sheet).enumerate().filter(|(at, column)| {
        let hidden = hidden.contains(&column.key) || (sheet != Sheet::Matters && OWNER.contains(&column.key));
        !hidden && rows.iter().any(|row| says(&row.cells[*at]))
    });
    let shown: Vec<usize> = shown.map(|(at, _)| at).collect();
    if shown.is_empty() {
        return None;
    }
    let heading = |at: &usize| words(language, &head.cells[*at]);
    let cell = |cells: &[String], at: usize| words_of_cell(language, &cells[at]);
    // A table of one row is no table to whoever reads one guide.
    let title = match sheet {
        Sheet::Matters | Sheet::Entries => language.say("matter-more"),
        _ => words(language, &table.name),
    };
    let section = match (sheet, rows) {
        (Sheet::Matters | Sheet::Entries, [row]) => Section {
            title,
            facts: shown
                .iter()
                .filter(|at| says(&row.cells[**at]))
                .map(|at| (heading(at), cell(&row.cells, *at)))
                .collect(),
            head: vec![],
            rows: vec![],
        },
        _ => Section {
            title,
            facts: vec![],
            head: shown.iter().map(heading).collect(),
            rows: rows.iter().map(|row| shown.iter().map(|at| cell(&row.cells, *at)).collect()).collect(),
        },
    };
    Some(section)
}

/// A heading: the key that programs use is plain English.
fn words(language: Language, heading: &str) -> String {
    match language {
        Language::Chinese => heading.to_owned(),
        Language::English => {
            let words = heading.replace('_', " ");
            let mut characters = words.chars();
            let first = characters.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
            first + characters.as_str()
        }
    }
}

/// A word of a closed set is a key too; what an office has written stays as it is.
fn words_of_cell(language: Language, cell: &str) -> String {
    let is_key = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    match language {
        Language::English if cell.lines().all(is_key) => cell.replace('_', " "),
        _ => cell.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use domain::catalogue::import::MatterList;
    use domain::catalogue::{CaseKind, Fee, Fen, FlowStep, Guide, ServicePlace, StepKind, StepPart, Visits, rules};
    use domain::division::{Division, Tier};

    use super::*;

    fn row() -> domain::catalogue::import::MatterRow {
        MatterList::from_csv(domain::sample::MATTERS).rows.remove(0)
    }

    fn told(sections: &[Section]) -> String {
        let mut lines = Vec::new();
        for section in sections {
            lines.push(format!("# {}", section.title));
            lines.extend(section.facts.iter().map(|(name, value)| format!("{name}: {value}")));
            lines.extend(
                std::iter::once(&section.head)
                    .chain(&section.rows)
                    .filter(|row| !row.is_empty())
                    .map(|row| row.join(" | ")),
            );
        }
        lines.join("\n")
    }

    #[test]
    fn what_is_filled_is_told_in_both_languages_and_nothing_else() {
        let mut matter = rules::matter(&row(), 60);
        matter.materials.clear();
        let step = |name: &str, after: &[&str]| FlowStep {
            name: name.to_owned(),
            kind: StepKind::MakeResult,
            department: String::new(),
            post: "窗口".to_owned(),
            part: StepPart::Lead,
            limit: None,
            after: after.iter().map(ToString::to_string).collect(),
            standard: String::new(),
        };
        matter.guide = Guide {
            case_kind: Some(CaseKind::Instant),
            visits: Some(Visits { most: 1, why: "当面核验".to_owned() }),
            flow: vec![step("制证", &[]), step("复核", &["制证"])],
            fees: vec![Fee { item: "工本费".to_owned(), amount: Some(Fen(1000)), ..Fee::default() }],
            ..Guide::default()
        };
        let english = told(&of_matter(Language::English, &matter));
        assert!(
            english.starts_with(
                "# More about it\nCase kind: instant\nVisits: 1\nVisits why: 当面核验\nClaim home: nearest\n# Steps\n"
            ),
            "{english}"
        );
        assert!(english.contains("Name | Kind | Post | Part | After\n制证 | make result | 窗口 | lead | \n复核 | make result | 窗口 | lead | 制证"), "{english}");
        assert!(
            english.ends_with("# Fees\nItem | Amount\n工本费 | 10.00") || english.ends_with("工本费 | 10"),
            "{english}"
        );
        let chinese = told(&of_matter(Language::Chinese, &matter));
        assert!(
            chinese.contains("办件类型: 即办件")
                && chinese.contains("# 办理流程\n环节名称 | 环节类别 | 岗位 | 主办协办 | 前置环节"),
            "{chinese}"
        );

        let place =
            Division {
                unit: "370811".parse().unwrap(), name: "任城区".to_owned(), tier: Tier::County, parent: None
            };
        let mut entry = rules::entry(&row(), &place).unwrap();
        entry.particulars.service.places =
            vec![ServicePlace {
                name: "政务大厅".to_owned(), address: "一路1号".to_owned(), hours: String::new()
            }];
        entry.particulars.service.appointment = true;
        let told = told(&of_entry(Language::English, &entry));
        assert!(told.contains("Appointment: yes\n# Places\nName | Address\n政务大厅 | 一路1号"), "{told}");
    }
}
