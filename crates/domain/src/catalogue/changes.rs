//! What changes from one catalogue to another, in plain words and both languages: what officials review and what is announced.
//!
//! Compares what the tables show, column by column, so that nothing that can be listed changes unseen. What an official reads is
//! said once: of a new matter that it is new, not each of its materials. Pure; called by the command line.

use std::collections::{BTreeMap, BTreeSet};

use super::sheets::{Column, Language, Owner, Sheet, columns_below, rows_by_owner};
use super::{BasicCode, CatalogueDraft};
use crate::ids::UnitId;

/// One change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Of which matter; `None` for the calendar.
    pub matter: Option<BasicCode>,
    /// The matter's name, the newer one where it changed.
    pub name: String,
    /// Of its entry at which unit.
    pub unit: Option<UnitId>,
    /// In which table.
    pub sheet: Sheet,
    /// What happened.
    pub what: Changed,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Changed {
    /// The matter, entry or row is new.
    Added {
        /// Which row of several; empty for a matter or an entry.
        row: String,
    },
    /// It is gone.
    Ended {
        /// Which row of several; empty for a matter or an entry.
        row: String,
    },
    /// One of its fields is another.
    Field {
        /// Which row of several; empty for a matter or an entry.
        row: String,
        /// The field.
        column: &'static Column,
        /// As it was; empty where nothing was said.
        old: String,
        /// As it is; empty where nothing is said.
        new: String,
    },
    /// The rows are the same in another order.
    Reordered,
}

impl Change {
    /// A sentence.
    pub fn words(&self, language: Language) -> String {
        let mut whose: Vec<String> = Vec::new();
        if let Some(matter) = &self.matter {
            whose.push(format!("{matter} {}", self.name));
        }
        if let Some(unit) = self.unit {
            whose.push(unit.to_string());
        }
        if self.sheet != Sheet::Matters && self.sheet != Sheet::Entries {
            whose.push(self.sheet.name(language).to_owned());
        }
        match language {
            Language::Chinese => format!("{}:{}", whose.join(" · "), self.in_chinese()),
            Language::English => format!("{}: {}", whose.join(" · "), self.in_english()),
        }
    }

    /// What a row without a name of its own is.
    fn kind(&self, language: Language) -> &'static str {
        match (language, self.sheet) {
            (Language::Chinese, Sheet::Matters) => "事项",
            (Language::Chinese, _) => "实施清单条目",
            (Language::English, Sheet::Matters) => "matter",
            (Language::English, _) => "entry",
        }
    }

    fn in_chinese(&self) -> String {
        let quoted = |row: &str| match row.is_empty() {
            true => self.kind(Language::Chinese).to_owned(),
            false => format!("“{row}”"),
        };
        match &self.what {
            Changed::Added { row } => format!("新增{}", quoted(row)),
            Changed::Ended { row } => format!("取消{}", quoted(row)),
            Changed::Reordered => "顺序调整".to_owned(),
            Changed::Field { row, column, old, new } => {
                let of = if row.is_empty() { String::new() } else { format!("“{row}”的") };
                match (old.is_empty(), new.is_empty()) {
                    (true, _) => format!("{of}{}填为“{new}”", column.zh),
                    (_, true) => format!("{of}{}删去“{old}”", column.zh),
                    _ => format!("{of}{}由“{old}”改为“{new}”", column.zh),
                }
            }
        }
    }

    fn in_english(&self) -> String {
        let quoted = |row: &str| match row.is_empty() {
            true => format!("the {}", self.kind(Language::English)),
            false => format!("“{row}”"),
        };
        match &self.what {
            Changed::Added { row } => format!("{} is new", quoted(row)),
            Changed::Ended { row } => format!("{} is gone", quoted(row)),
            Changed::Reordered => "in another order".to_owned(),
            Changed::Field { row, column, old, new } => {
                let of = if row.is_empty() { String::new() } else { format!(" of “{row}”") };
                match (old.is_empty(), new.is_empty()) {
                    (true, _) => format!("{}{of} is now “{new}”", column.key),
                    (_, true) => format!("{}{of} was “{old}” and is struck", column.key),
                    _ => format!("{}{of} was “{old}” and is “{new}”", column.key),
                }
            }
        }
    }
}

/// All changes, by matter, then by unit, in the order of the tables; values in the words of a language.
pub fn changes(old: &CatalogueDraft, new: &CatalogueDraft, language: Language) -> Vec<Change> {
    let names = |draft: &CatalogueDraft| -> BTreeMap<BasicCode, String> {
        draft.matters.iter().map(|matter| (matter.code.clone(), matter.name.clone())).collect()
    };
    let mut names_of = names(old);
    names_of.extend(names(new));
    let (old, new) = (rows_by_owner(old, language), rows_by_owner(new, language));
    let owners: BTreeSet<&Option<Owner>> = old.keys().chain(new.keys()).collect();
    let mut told = Vec::new();
    for owner in owners {
        let (matter, unit) = owner.clone().map_or((None, None), |(matter, unit)| (Some(matter), unit));
        let ended = |code: &BasicCode| !new.contains_key(&Some((code.clone(), None)));
        // That nobody implements a matter that is gone is said by saying that it is gone.
        if unit.is_some() && matter.as_ref().is_some_and(ended) {
            continue;
        }
        let name = matter.as_ref().and_then(|code| names_of.get(code)).cloned().unwrap_or_default();
        let whole = if unit.is_some() { Sheet::Entries } else { Sheet::Matters };
        let mut tell = |sheet, what| {
            told.push(Change { matter: matter.clone(), name: name.clone(), unit, sheet, what });
        };
        match (old.get(owner), new.get(owner)) {
            (Some(old), Some(new)) => {
                for sheet in Sheet::ALL {
                    let rows = |of: &BTreeMap<Sheet, Vec<Vec<String>>>| of.get(sheet).cloned().unwrap_or_default();
                    compare(*sheet, &rows(old), &rows(new), &mut tell);
                }
            }
            (None, Some(_)) if owner.is_some() => tell(whole, Changed::Added { row: String::new() }),
            (Some(_), None) if owner.is_some() => tell(whole, Changed::Ended { row: String::new() }),
            (old, new) => {
                let none = BTreeMap::new();
                let rows = |of: Option<&BTreeMap<Sheet, Vec<Vec<String>>>>| {
                    of.unwrap_or(&none).get(&Sheet::Calendar).cloned().unwrap_or_default()
                };
                compare(Sheet::Calendar, &rows(old), &rows(new), &mut tell);
            }
        }
    }
    told
}

/// The columns by which people know a row among its matter's.
fn known_by(sheet: Sheet) -> &'static [usize] {
    match sheet {
        Sheet::Matters | Sheet::Entries => &[],
        // Title and article, audience and heading, place and delegate.
        Sheet::Bases => &[1, 3],
        Sheet::Topics => &[0, 1],
        Sheet::Delegations => &[0, 2],
        _ => &[0],
    }
}

fn compare(sheet: Sheet, old: &[Vec<String>], new: &[Vec<String>], tell: &mut impl FnMut(Sheet, Changed)) {
    if old == new {
        return;
    }
    let keyed = |rows: &[Vec<String>]| -> Vec<(String, usize)> {
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        let mut of = |row: &Vec<String>| {
            let parts = known_by(sheet).iter().filter_map(|at| row.get(*at)).filter(|part| !part.is_empty());
            let key = parts.cloned().collect::<Vec<_>>().join(" ");
            let count = seen.entry(key.clone()).or_default();
            *count += 1;
            (key, *count)
        };
        rows.iter().map(&mut of).collect()
    };
    let (old_keys, new_keys) = (keyed(old), keyed(new));
    for (key, _) in old_keys.iter().filter(|key| !new_keys.contains(key)) {
        tell(sheet, Changed::Ended { row: key.clone() });
    }
    for (key, row) in new_keys.iter().zip(new) {
        let Some(before) = old_keys.iter().position(|other| other == key).and_then(|at| old.get(at)) else {
            tell(sheet, Changed::Added { row: key.0.clone() });
            continue;
        };
        let cells = columns_below(sheet).iter().zip(before.iter().zip(row));
        for (column, (old, new)) in cells.filter(|(_, (old, new))| old != new) {
            // What is written for readers only is told where it comes from.
            if !column.path.is_empty() {
                let (old, new) = (old.clone(), new.clone());
                tell(sheet, Changed::Field { row: key.0.clone(), column, old, new });
            }
        }
    }
    let kept = |keys: &[(String, usize)], others: &[(String, usize)]| -> Vec<(String, usize)> {
        keys.iter().filter(|key| others.contains(key)).cloned().collect()
    };
    if kept(&old_keys, &new_keys) != kept(&new_keys, &old_keys) {
        tell(sheet, Changed::Reordered);
    }
}

#[cfg(test)]
mod tests {
    use super::super::import::MatterList;
    use super::super::{
        DraftOptions, Entry, Fee, Fen, Matter, MatterMaterial, MatterType, Necessity, StepPost, Visits,
    };
    use super::*;
    use crate::calendar::WorkCalendar;
    use crate::division::DivisionTree;

    /// The first matter of the real list, at the city and in one county.
    fn small() -> CatalogueDraft {
        let list = MatterList::from_csv(crate::sample::MATTERS);
        let (tree, _) = DivisionTree::from_csv(crate::sample::DIVISIONS);
        let row = list.rows.iter().find(|row| row.code.as_str() == "1J-5100-00026").unwrap().clone();
        let below_city = Some(["370811".parse().unwrap()].into());
        let days = [(1, ["2026-01-01", "holiday", "元旦"])].into_iter();
        let calendar = WorkCalendar::from_rows(days).0;
        CatalogueDraft::build(&[row], &tree, calendar, &DraftOptions { patience_seconds: 60, below_city })
    }

    const WHOSE: &str = "1J-5100-00026 剧毒化学品以及储存数量构成重大危险源的其他危险货物备案";

    #[test]
    fn each_kind_of_change_in_plain_words() {
        type Alter = fn(&mut CatalogueDraft);
        fn matter(draft: &mut CatalogueDraft) -> &mut Matter {
            &mut draft.matters[0]
        }
        fn county(draft: &mut CatalogueDraft) -> &mut Entry {
            &mut draft.entries.values_mut().last().unwrap()[0]
        }
        let cases: &[(Alter, &[(&str, &str)])] = &[
            (|_| {}, &[]),
            (
                |draft| matter(draft).promised_limit.days = 5,
                &[("{}:承诺办结时限由“7”改为“5”", "{}: promised_days was “7” and is “5”")],
            ),
            (
                |draft| matter(draft).matter_type = MatterType::Licence,
                &[("{}:事项类型由“其他行政权力”改为“行政许可”", "{}: matter_type was “other” and is “licence”")],
            ),
            (
                |draft| matter(draft).main_item = None,
                &[(
                    "{}:主项名称删去“港口经营人从事危险货物作业涉及安全的备案”",
                    "{}: main_item was “港口经营人从事危险货物作业涉及安全的备案” and is struck",
                )],
            ),
            (
                |draft| matter(draft).guide.visits = Some(Visits { most: 1, why: "核对".to_owned() }),
                &[
                    ("{}:到现场次数填为“1”", "{}: visits is now “1”"),
                    ("{}:必须到现场原因填为“核对”", "{}: visits_why is now “核对”"),
                ],
            ),
            (
                |draft| {
                    let materials = &mut matter(draft).materials;
                    materials.remove(2);
                    materials[1].necessity = Necessity::MayFollow;
                    materials.push(MatterMaterial::named("承诺书", Necessity::Required));
                },
                &[
                    ("{} · 申请材料:取消“授权委托书”", "{} · materials: “授权委托书” is gone"),
                    (
                        "{} · 申请材料:“申请人身份证明”的是否必备由“必要”改为“可容缺”",
                        "{} · materials: necessity of “申请人身份证明” was “required” and is “may_follow”",
                    ),
                    ("{} · 申请材料:新增“承诺书”", "{} · materials: “承诺书” is new"),
                ],
            ),
            (
                |draft| matter(draft).materials.swap(0, 1),
                &[("{} · 申请材料:顺序调整", "{} · materials: in another order")],
            ),
            (
                |draft| {
                    matter(draft).guide.fees.push(Fee {
                        item: "工本费".to_owned(),
                        amount: Some(Fen(1000)),
                        ..Fee::default()
                    })
                },
                &[("{} · 收费:新增“工本费”", "{} · fees: “工本费” is new")],
            ),
            (
                |draft| county(draft).same_authority = false,
                &[(
                    "{} · 370811000000:市县同权由“是”改为“否”",
                    "{} · 370811000000: same_authority was “yes” and is “no”",
                )],
            ),
            (
                |draft| {
                    county(draft).particulars.posts.push(StepPost { step: "受理".to_owned(), ..StepPost::default() })
                },
                &[("{} · 370811000000 · 环节岗位:新增“受理”", "{} · 370811000000 · posts: “受理” is new")],
            ),
            (
                |draft| drop(draft.entries.pop_last()),
                &[("{} · 370811000000:取消实施清单条目", "{} · 370811000000: the entry is gone")],
            ),
            (
                |draft| {
                    draft.matters.clear();
                    draft.entries.clear();
                },
                &[("{}:取消事项", "{}: the matter is gone")],
            ),
            (
                |draft| draft.calendar = WorkCalendar::default(),
                &[("工作日历:取消“2026-01-01”", "calendar: “2026-01-01” is gone")],
            ),
        ];
        for (at, (alter, expected)) in cases.iter().enumerate() {
            let (old, mut new) = (small(), small());
            alter(&mut new);
            for (language, pick) in [(Language::Chinese, 0), (Language::English, 1)] {
                let told: Vec<String> =
                    changes(&old, &new, language).iter().map(|change| change.words(language)).collect();
                let expected: Vec<String> =
                    expected.iter().map(|(zh, en)| [zh, en][pick].replace("{}", WHOSE)).collect();
                assert_eq!(told, expected, "case {at}");
            }
            // Backwards there are as many, unless everything of a matter is said in one sentence.
            assert_eq!(changes(&new, &old, Language::English).is_empty(), expected.is_empty(), "case {at}");
        }
    }
}
