//! A published list of matters, read row by row. Real lists are dirty: what can be used is kept, the rest is told by row and column.
//!
//! Makes no rule of its own: limits, materials and bodies come from [`super::rules`].

use std::collections::BTreeMap;

use super::{BasicCode, MatterType};
use crate::identifiers::CreditCode;
use crate::listing::{self, Finding, ShapeFault};
use crate::text::Malformed;

/// Columns of a list of matters.
pub const MATTER_COLUMNS: [&str; 8] = [
    "department",
    "main_item",
    "matter_name",
    "local_item_code",
    "area_code",
    "implementing_body_uscc",
    "task_type",
    "full_code",
];

/// The longest matter name that is taken, in characters; the longest of the real list has 110.
pub const LONGEST_MATTER_NAME: usize = 200;

/// How the real list writes "belongs to no main item".
const UNCLASSIFIED: &str = "未分类";

/// One good row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MatterRow {
    /// The line as an editor numbers it.
    pub row: u64,
    /// The catalogue's key: the item's part of `full_code`.
    pub code: BasicCode,
    /// As people know it.
    pub name: String,
    /// The item that it belongs to.
    pub main_item: Option<String>,
    /// The department that the list names, e.g. `区行政审批局`.
    pub department: String,
    /// GB/T 39046 table A.1.
    pub matter_type: MatterType,
    /// The body of the list's own place; `None` where it is missing or fails its check.
    pub body: Option<CreditCode>,
    /// As published.
    pub full_code: String,
}

/// Whether a row is left out or kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The row is left out.
    Error,
    /// The row is kept without what the finding names.
    Warning,
}

/// What is wrong with a row.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MatterFault {
    /// Not a row of this list.
    #[error(transparent)]
    Shape(#[from] ShapeFault),
    /// No department.
    #[error("the department is missing")]
    DepartmentMissing,
    /// No name, or one that nobody can print.
    #[error("the name has {length} characters; 1 to {LONGEST_MATTER_NAME} are taken")]
    NameLength {
        /// How many it has.
        length: usize,
    },
    /// Not a type of table A.1 that people can apply for.
    #[error("type {0:?} is none of 1, 5, 7, 8, 9, 10, 20")]
    Type(String),
    /// No key can be read from the full code.
    #[error(transparent)]
    Code(Malformed),
    /// The full code stands in an earlier row.
    #[error("the code {code} stands in row {first} already")]
    Duplicate {
        /// The item's part of the full code.
        code: BasicCode,
        /// The row that was kept.
        first: u64,
    },
    /// The credit code is none.
    #[error(transparent)]
    CreditCode(Malformed),
    /// There is no credit code.
    #[error("the implementing body's credit code is missing")]
    CreditCodeMissing,
    /// The item rests on a decree of another place.
    #[error("the name cites a decree that does not hold here: {0:?}")]
    OtherPlace(String),
}

impl MatterFault {
    /// The documented code (docs/errors.md).
    pub fn code(&self) -> &'static str {
        match self {
            Self::Shape(_) => "import.row_shape",
            Self::DepartmentMissing => "import.department_missing",
            Self::NameLength { .. } => "import.name_length",
            Self::Type(_) => "import.matter_type",
            Self::Code(_) => "import.matter_code",
            Self::Duplicate { .. } => "import.duplicate",
            Self::CreditCode(_) => "import.credit_code",
            Self::CreditCodeMissing => "import.credit_code_missing",
            Self::OtherPlace(_) => "import.other_place",
        }
    }

    /// Whether the row is left out. The body's code is no error: who implements a matter here is not what the list says.
    pub fn severity(&self) -> Severity {
        match self {
            Self::Shape(_)
            | Self::DepartmentMissing
            | Self::NameLength { .. }
            | Self::Type(_)
            | Self::Code(_)
            | Self::Duplicate { .. } => Severity::Error,
            Self::CreditCode(_) | Self::CreditCodeMissing | Self::OtherPlace(_) => Severity::Warning,
        }
    }
}

/// What an import came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MatterList {
    /// Good rows, in the list's order.
    pub rows: Vec<MatterRow>,
    /// What was found, in the list's order.
    pub findings: Vec<Finding<MatterFault>>,
}

impl MatterList {
    /// From CSV text.
    pub fn from_csv(bytes: &[u8]) -> Self {
        let mut list = Self::default();
        let mut first_rows: BTreeMap<BasicCode, u64> = BTreeMap::new();
        let Self { rows, findings } = &mut list;
        listing::read(bytes, &MATTER_COLUMNS, findings, |row, findings| {
            match read_row(row.number, row.cells, findings) {
                Err((column, fault)) => findings.push(Finding::at(row.number, MATTER_COLUMNS[column], fault)),
                Ok(matter) => match first_rows.get(&matter.code) {
                    Some(first) => {
                        let fault = MatterFault::Duplicate { code: matter.code, first: *first };
                        findings.push(Finding::at(row.number, MATTER_COLUMNS[7], fault));
                    }
                    None => {
                        first_rows.insert(matter.code.clone(), row.number);
                        rows.push(matter);
                    }
                },
            }
        });
        list
    }

    /// Findings that left their row out.
    pub fn errors(&self) -> impl Iterator<Item = &Finding<MatterFault>> {
        self.findings.iter().filter(|finding| finding.fault.severity() == Severity::Error)
    }

    /// Findings whose row was kept.
    pub fn warnings(&self) -> impl Iterator<Item = &Finding<MatterFault>> {
        self.findings.iter().filter(|finding| finding.fault.severity() == Severity::Warning)
    }
}

fn read_row(
    number: u64,
    cells: &[&str],
    findings: &mut Vec<Finding<MatterFault>>,
) -> Result<MatterRow, (usize, MatterFault)> {
    let [department, main_item, name, _, _, body, task_type, full_code] = cells else {
        return Err((0, ShapeFault::Cells { expected: MATTER_COLUMNS.len(), got: cells.len() }.into()));
    };
    if department.is_empty() {
        return Err((0, MatterFault::DepartmentMissing));
    }
    let length = name.chars().count();
    if !(1..=LONGEST_MATTER_NAME).contains(&length) {
        return Err((2, MatterFault::NameLength { length }));
    }
    let matter_type =
        read_type(task_type).ok_or_else(|| (6, MatterFault::Type(task_type.chars().take(40).collect())))?;
    let code = item_code(full_code).map_err(|fault| (7, MatterFault::Code(fault)))?;
    let mut warn = |column: usize, fault| findings.push(Finding::at(number, MATTER_COLUMNS[column], fault));
    if cites_other_place(name) {
        warn(2, MatterFault::OtherPlace((*name).to_owned()));
    }
    let body = match body.parse() {
        Ok(code) => Some(code),
        Err(_) if body.is_empty() => {
            warn(5, MatterFault::CreditCodeMissing);
            None
        }
        Err(fault) => {
            warn(5, MatterFault::CreditCode(fault));
            None
        }
    };
    let main_item = (!main_item.is_empty() && *main_item != UNCLASSIFIED).then(|| (*main_item).to_owned());
    Ok(MatterRow {
        row: number,
        code,
        name: (*name).to_owned(),
        main_item,
        department: (*department).to_owned(),
        matter_type,
        body,
        full_code: (*full_code).to_owned(),
    })
}

/// Table A.1 with or without its leading zero. Penalty, coercion, levy and inspection are powers nobody applies for.
fn read_type(text: &str) -> Option<MatterType> {
    Some(match text.strip_prefix('0').unwrap_or(text) {
        "1" => MatterType::Licence,
        "5" => MatterType::Grant,
        "7" => MatterType::Confirmation,
        "8" => MatterType::Reward,
        "9" => MatterType::Ruling,
        "10" => MatterType::Other,
        "20" => MatterType::PublicService,
        _ => return None,
    })
}

/// The item's part of a full code: what stands before the area or body, the first part of ten characters or more after it.
///
/// Real forms: `511A0042900001-511602000000-000-115113016823646795-1-00`, `G-000007-001-511602000000-…`, `E-000004-001-BODY`.
fn item_code(full_code: &str) -> Result<BasicCode, Malformed> {
    const AREA_OR_BODY: usize = 10;
    let mut parts = full_code.split('-');
    let mut item = parts.next().unwrap_or_default().to_owned();
    for part in parts.take_while(|part| part.len() < AREA_OR_BODY) {
        item.push('-');
        item.push_str(part);
    }
    item.parse()
}

/// A provincial decree by its number: the list is of another province.
fn cites_other_place(name: &str) -> bool {
    name.contains("省政府令")
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &[u8] = include_bytes!("../../data/county-matters.csv");

    #[test]
    fn the_real_list_with_its_dirt() {
        let list = MatterList::from_csv(LIST);
        assert_eq!(list.rows.len(), 1135);
        assert_eq!(list.errors().count(), 0);
        let count = |code| list.findings.iter().filter(|f| f.fault.code() == code).count();
        assert_eq!(
            [count("import.credit_code"), count("import.credit_code_missing"), count("import.other_place")],
            [7, 146, 4]
        );
        let bad = list.findings.iter().find(|f| f.fault.code() == "import.credit_code").unwrap();
        // Its lines end in carriage return and line feed: rows are an editor's all the same.
        let line = std::str::from_utf8(LIST).unwrap().lines().nth(bad.row as usize - 1).unwrap();
        assert!(line.contains("TE5116020105116050"), "row {}: {line}", bad.row);
        assert!(bad.to_string().contains("column implementing_body_uscc: \"TE5116020105116050\""), "{bad}");
        let of = |wanted| list.rows.iter().filter(|row| row.matter_type == wanted).count();
        assert_eq!([MatterType::Licence, MatterType::PublicService, MatterType::Other].map(of), [536, 348, 182]);
    }

    #[test]
    fn keys_are_the_items_part_of_the_full_code() {
        for (full, item) in [
            ("511A0042900001-511602000000-000-115113016823646795-1-00", "511A0042900001"),
            ("512012002012-511602000000-000-115113010087786859-1-00", "512012002012"),
            ("G-000007-001-511602000000-000-115113010833722043-1-00", "G-000007-001"),
            ("E-000004-001-11511301008778386B", "E-000004-001"),
            ("1J-5100-00027-511602000000-000-11511301008778386B-1-00", "1J-5100-00027"),
        ] {
            assert_eq!(item_code(full).unwrap().as_str(), item);
        }
        for wrong in ["", "事项-511602000000", "abc-1"] {
            assert!(item_code(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn broken_rows_are_told_and_the_rest_is_kept() {
        let good = "局,未分类,事项一,A1,511602000000,11511301008778183N,1,A1-511602000000-000-11511301008778183N-1-00";
        let long = "长".repeat(LONGEST_MATTER_NAME + 1);
        let rows = [
            "department,main_item,matter_name,local_item_code,area_code,implementing_body_uscc,task_type,full_code",
            good,
            "局,,事项二,A2,511602000000,11511301008778183N,02,A2-511602000000",
            &format!("局,,{long},A3,511602000000,,1,A3-511602000000"),
            good,
            "局,,事项四,A4,511602000000,,1",
            "局,,事项五,A5,511602000000,,1,事项五",
            ",,事项六,A6,511602000000,,1,A6-511602000000",
            "局,,事项七,A7,511602000000,11511301008778183M,20,A7-511602000000",
            "局,,据省政府令第349号下放,A8,511602000000,,20,A8-511602000000",
        ];
        let list = MatterList::from_csv(rows.join("\n").as_bytes());
        assert_eq!(list.rows.iter().map(|row| row.row).collect::<Vec<_>>(), [2, 9, 10]);
        let told: Vec<_> = list.findings.iter().map(|f| (f.row, f.column.as_deref(), f.fault.code())).collect();
        assert_eq!(
            told,
            [
                (3, Some("task_type"), "import.matter_type"),
                (4, Some("matter_name"), "import.name_length"),
                (5, Some("full_code"), "import.duplicate"),
                (6, None, "import.row_shape"),
                (7, Some("full_code"), "import.matter_code"),
                (8, Some("department"), "import.department_missing"),
                (9, Some("implementing_body_uscc"), "import.credit_code"),
                (10, Some("matter_name"), "import.other_place"),
                (10, Some("implementing_body_uscc"), "import.credit_code_missing"),
            ]
        );
        let not_text = [rows[0].as_bytes(), b"\n\xff\xfe,,,,,,,\n", good.as_bytes()].concat();
        let list = MatterList::from_csv(&not_text);
        assert_eq!((list.rows.len(), list.findings[0].fault.clone()), (1, ShapeFault::Text.into()));
    }
}
