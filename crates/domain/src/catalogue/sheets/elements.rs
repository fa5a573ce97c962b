//! The 64 elements of 政务服务事项 in GB/T 39046-2020 table 4, and where the catalogue has each of them.
//!
//! The names are the standard's own. Which columns hold an element is said at the column; here is only what no column holds as it is.

use std::fmt::Write as _;

use super::{Column, Language, Sheet, columns};

/// One element of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Element {
    /// Its number in the table.
    pub number: u8,
    /// Its name there.
    pub name: &'static str,
    /// How the catalogue has it.
    pub held: Held,
}

/// How the catalogue has an element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held {
    /// As columns say.
    Columns,
    /// Word and code are one member of a closed set, which has both.
    Member,
    /// It follows from what the columns say.
    Derived {
        /// How, in English.
        how: &'static str,
        /// 中文
        zh: &'static str,
    },
}

macro_rules! elements {
    ($($number:literal $name:literal $held:expr;)+) => {
        /// In the order of the table.
        pub const ELEMENTS: &[Element] = &[$(Element { number: $number, name: $name, held: $held }),+];
    };
}

const COLUMNS: Held = Held::Columns;
const MEMBER: Held = Held::Member;

elements! {
    1 "事项名称" COLUMNS;
    2 "基本编码" COLUMNS;
    3 "实施编码" COLUMNS;
    4 "事项类型" MEMBER;
    5 "事项类型代码" MEMBER;
    6 "设定依据" COLUMNS;
    7 "行使层级" MEMBER;
    8 "行使层级代码" MEMBER;
    9 "权限划分" COLUMNS;
    10 "行使内容" COLUMNS;
    11 "实施主体" COLUMNS;
    12 "实施主体代码" COLUMNS;
    13 "实施主体性质" MEMBER;
    14 "实施主体性质代码" MEMBER;
    15 "法定办结时限" COLUMNS;
    16 "法定办结时限单位" COLUMNS;
    17 "法定办结时限说明" COLUMNS;
    18 "承诺办结时限" COLUMNS;
    19 "承诺办结时限单位" COLUMNS;
    20 "承诺办结时限说明" COLUMNS;
    21 "受理条件" COLUMNS;
    22 "办理流程" COLUMNS;
    23 "共同实施部门" COLUMNS;
    24 "共同实施部门代码" COLUMNS;
    25 "承办机构" COLUMNS;
    26 "承办机构代码" COLUMNS;
    27 "中介服务" COLUMNS;
    28 "数量限制" COLUMNS;
    29 "结果名称" COLUMNS;
    30 "结果样本" COLUMNS;
    31 "是否收费" Held::Derived { how: "yes where a fee is listed", zh: "列有收费项目即为是" };
    32 "收费依据" COLUMNS;
    33 "通办范围代码" COLUMNS;
    34 "服务对象" MEMBER;
    35 "服务对象代码" MEMBER;
    36 "服务主题" COLUMNS;
    37 "法人服务主题代码" Held::Derived { how: "the codes of topics whose audience are legal persons", zh: "适用对象为法人的主题代码" };
    38 "自然人服务主题代码" Held::Derived { how: "the codes of topics whose audience are natural persons", zh: "适用对象为自然人的主题代码" };
    39 "办理形式" MEMBER;
    40 "办理形式代码" MEMBER;
    41 "特别程序" COLUMNS;
    42 "行政管辖" Held::Derived { how: "the names that the division tree has for the codes", zh: "由区划代码查得名称" };
    43 "行政管辖代码" COLUMNS;
    44 "是否支持预约办理" COLUMNS;
    45 "是否支持网上支付" COLUMNS;
    46 "是否支持物流快递" COLUMNS;
    47 "是否网办" Held::Derived { how: "yes where a form is web or mobile", zh: "办理形式含电脑端或移动端即为是" };
    48 "网办地址" COLUMNS;
    49 "运行系统层级" COLUMNS;
    50 "办理地点" COLUMNS;
    51 "办理时间" COLUMNS;
    52 "咨询方式" COLUMNS;
    53 "咨询电话" COLUMNS;
    54 "监督电话" COLUMNS;
    55 "常见问题" COLUMNS;
    56 "材料名称" COLUMNS;
    57 "出具机构" COLUMNS;
    58 "出具时间要求" COLUMNS;
    59 "材料办理说明" COLUMNS;
    60 "材料办理地点" COLUMNS;
    61 "材料使用说明" COLUMNS;
    62 "原件份数" COLUMNS;
    63 "复印件份数" COLUMNS;
    64 "是否必备材料" COLUMNS;
}

/// The columns that hold an element, with their tables.
pub(super) fn held_by(number: u8) -> impl Iterator<Item = (Sheet, &'static Column)> {
    let of = |sheet: Sheet| columns(sheet).map(move |column| (sheet, column));
    Sheet::ALL.iter().copied().flat_map(of).filter(move |(_, column)| column.elements.contains(&number))
}

/// The checklist as docs/standards/gbt-39046.md has it.
pub fn checklist() -> String {
    let mut text = String::from(HEAD);
    // Writing to a string does not fail.
    let _ = writeln!(text, "| No. | Element | Field | Column |\n|---|---|---|---|");
    for element in ELEMENTS {
        let held: Vec<_> = held_by(element.number).collect();
        let fields: Vec<String> = held.iter().map(|(_, column)| format!("`{}`", column.path)).collect();
        let columns: Vec<String> = held
            .iter()
            .map(|(sheet, column)| {
                format!("{} · {} (`{sheet}.{}`)", sheet.name(Language::Chinese), column.zh, column.key)
            })
            .collect();
        let note = match element.held {
            Held::Columns => String::new(),
            Held::Member => "; word and code of one member".to_owned(),
            Held::Derived { how, zh } => format!("; {how} ({zh})"),
        };
        let (fields, columns) = (fields.join(", "), columns.join("; "));
        let _ = writeln!(text, "| {} | {} | {fields}{note} | {columns} |", element.number, element.name);
    }
    text.push_str(BESIDE);
    let beside = |sheet: Sheet| columns(sheet).map(move |column| (sheet, column));
    for (sheet, column) in Sheet::ALL.iter().copied().flat_map(beside) {
        if column.elements.is_empty() && !column.path.is_empty() {
            let name = sheet.name(Language::Chinese);
            let _ = writeln!(text, "| `{}` | {name} · {} (`{sheet}.{}`) |", column.path, column.zh, column.key);
        }
    }
    text
}

const HEAD: &str = "\
# GB/T 39046-2020, table 4: where the catalogue has each element

Written from the columns in `crates/domain/src/catalogue/sheets`; `cargo xtask bless` renews it, and a test finds every field below in the
JSON of a matter and an entry in which all is said. The 64 elements are those of table 4, 事项管理基础数据集, in its order and under its
names.

- Lengths: the table prints 10 and 24 characters for codes 2 and 3. Codes in use have 12 and 31, and 33 for one form of handling
  (业务办理项编码): those are taken, and local forms of 1–64 capitals, digits and dashes (basic codes: 1–40).
- Types 02 penalty, 03 coercion, 04 levy and 06 inspection of table A.1 are powers that nobody applies for: no matter has them.
- 通办范围 (33) has words and no codes in the standard's annex. A kiosk has no code in table A.5 and is handed on as 9, 其他.
- 行政管辖 (42, 43) is not explained by the standard. We read it as the divisions whose people and things the entry is for; the unit's own
  where none are named.
- 结果样本 (30) is binary in the table. The catalogue has the file's name and the hash of its content.
- `[]` stands for each of several.

";

const BESIDE: &str = "
## Beside the table

What the catalogue says of a matter that table 4 does not have.

| Field | Column |
|---|---|
";
