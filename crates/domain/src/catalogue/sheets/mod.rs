//! The catalogue as officials keep it: one table for each kind of thing, a row a thing, a heading a field.
//!
//! Pure: a table is rows of text cells; files of CSV and XLSX are read and written by the command line. What is wrong is told by
//! table, row and column, and the rest is kept. Headings, table names and words of closed sets are read in Chinese and English alike
//! and written in one of them. The exact form of a catalogue is its canonical JSON: blanks at the ends of a cell are not kept here.
//!
//! Rows below a matter (materials, steps …) keep the order in which they stand; `matter`, and `unit` beside it below an entry, say whose
//! they are.

mod calendar;
mod cell;
mod columns;
mod elements;
mod entries;
mod fault;
mod matters;
mod parts;
mod reading;
#[cfg(test)]
pub(super) mod tests;
mod writing;

use std::collections::BTreeMap;
use std::fmt;

pub use columns::{Column, columns};
pub use elements::{ELEMENTS, Element, Held, checklist};
pub use fault::{Located, SheetFault};
pub use reading::{SheetsRead, read};
pub use writing::write;
pub(super) use writing::{columns_below, rows_by_owner};

use super::import::Severity;
use super::{BasicCode, CatalogueDraft};
use crate::ids::UnitId;

/// In which language headings and closed sets are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    /// 中文
    #[default]
    Chinese,
    /// English: the keys that the code uses.
    English,
}

/// One table of cells as a file has it; the first row is its headings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// The worksheet's name, or the file's without its ending.
    pub name: String,
    /// In order.
    pub rows: Vec<TableRow>,
}

/// One row of cells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TableRow {
    /// As an editor numbers it, from 1.
    pub number: u64,
    /// From the left.
    pub cells: Vec<String>,
}

macro_rules! sheets {
    ($($name:ident $key:literal $zh:literal #[$doc:meta];)+) => {
        /// The tables.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Sheet {
            $(#[$doc] $name,)+
        }

        impl Sheet {
            /// In the order in which they are written.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// In English: a file's name.
            pub fn key(self) -> &'static str {
                match self { $(Self::$name => $key,)+ }
            }

            /// 中文
            pub fn zh(self) -> &'static str {
                match self { $(Self::$name => $zh,)+ }
            }
        }
    };
}

sheets! {
    Matters "matters" "事项" #[doc = "One row a matter."];
    Bases "bases" "设定依据" #[doc = "Norms that a matter rests on."];
    Conditions "conditions" "受理条件" #[doc = "What must be so."];
    Materials "materials" "申请材料" #[doc = "What is handed in."];
    Steps "steps" "办理流程" #[doc = "What is done."];
    Fees "fees" "收费" #[doc = "What is paid."];
    SpecialProcedures "special_procedures" "特别程序" #[doc = "What may stop the clock."];
    IntermediaryServices "intermediary_services" "中介服务" #[doc = "What others are paid for by law."];
    Results "results" "办理结果" #[doc = "What the applicant gets."];
    Topics "topics" "服务主题" #[doc = "Under which headings people look."];
    Questions "questions" "常见问题" #[doc = "What people ask."];
    Entries "entries" "实施清单" #[doc = "One row for each unit that implements a matter."];
    Posts "posts" "环节岗位" #[doc = "Who does a step at one unit."];
    JointBodies "joint_bodies" "共同实施部门" #[doc = "Other bodies without which it is not decided."];
    Places "places" "办理地点" #[doc = "Where and when people are received."];
    Delegations "delegations" "委托" #[doc = "Who else decides in the body's name."];
    Calendar "calendar" "工作日历" #[doc = "Days on which the official calendar differs from Monday to Friday."];
}

impl Sheet {
    /// The table's name in a language.
    pub fn name(self, language: Language) -> &'static str {
        match language {
            Language::Chinese => self.zh(),
            Language::English => self.key(),
        }
    }

    /// The table that a file's name means.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|sheet| name.eq_ignore_ascii_case(sheet.key()) || name == sheet.zh())
    }
}

impl fmt::Display for Sheet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.key())
    }
}

/// Whose rows: a matter's, or those of its entry at one unit.
pub(super) type Owner = (BasicCode, Option<UnitId>);

/// In which row of a file everything of a draft stands, so that what is found later can be told by row and column.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RowIndex {
    rows: BTreeMap<(Sheet, Owner), Vec<u64>>,
}

impl RowIndex {
    /// Of a draft as [`write()`] lays it out.
    pub fn of_written(draft: &CatalogueDraft) -> Self {
        writing::index(draft)
    }

    /// The row of a matter's or an entry's thing; 0 where no file has it.
    pub fn row(&self, sheet: Sheet, matter: &BasicCode, unit: Option<UnitId>, at: usize) -> u64 {
        let rows = self.rows.get(&(sheet, (matter.clone(), unit)));
        rows.and_then(|rows| rows.get(at)).copied().unwrap_or(0)
    }

    fn add(&mut self, sheet: Sheet, owner: Owner, row: u64) {
        self.rows.entry((sheet, owner)).or_default().push(row);
    }
}

impl SheetsRead {
    /// Findings that left something out.
    pub fn errors(&self) -> impl Iterator<Item = &Located<SheetFault>> {
        self.findings.iter().filter(|finding| finding.fault.severity() == Severity::Error)
    }
}
