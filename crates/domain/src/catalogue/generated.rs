//! A made-up catalogue as large as real ones, from the real names of a county's list: what a city, its counties, townships and
//! villages would have of it. Everything that is not a name is made by rule and marked synthetic.
//!
//! Published lists come to thousands because an item is listed once for each situation in which it is handled (业务办理项): so does this
//! one. Called by `tongban bench search` and by scenarios with more matters than the list has; nothing of it is published as real.

use std::collections::BTreeSet;

use super::import::MatterRow;
use super::{
    BasicCode, CaseKind, CatalogueDraft, CommonQuestion, Condition, ContactWay, Entry, FlowStep, Guide, LimitDays,
    Matter, MatterType, ResultKind, ResultPaper, ServiceObject, ServiceTopic, StepKind, StepPart, TopicAudience,
    Visits, rules,
};
use crate::calendar::WorkCalendar;
use crate::division::{DivisionTree, Tier};
use crate::ids::UnitId;

/// What a prefecture-level city lists, about.
pub const CITY_ENTRIES: usize = 4_989;
/// What a township and a village list, about.
const TOWNSHIP_ENTRIES: usize = 150;
const VILLAGE_ENTRIES: usize = 50;

/// In which situations one item is handled; the item as listed is the first.
const SITUATIONS: &[&str] = &["新办", "变更", "延续", "补办", "注销", "换发", "委托办理", "跨区域办理", "容缺办理"];

/// Rows for so many matters: those of the list, then each once more for a situation, until there are enough. Fewer where list and situations do
/// not give so many.
pub fn rows(list: &[MatterRow], matters: usize) -> Vec<MatterRow> {
    let mut listed: Vec<&MatterRow> = list.iter().collect();
    listed.sort_by(|a, b| a.code.cmp(&b.code));
    let first = listed.iter().map(|row| (*row).clone());
    let again = SITUATIONS
        .iter()
        .zip(1..)
        .flat_map(|(situation, number)| listed.iter().filter_map(move |row| in_situation(row, situation, number)));
    let mut rows: Vec<MatterRow> = first.chain(again).take(matters).collect();
    rows.sort_by(|a, b| a.code.cmp(&b.code));
    rows
}

/// An item in one situation; `None` where its code leaves no room for the situation's number.
fn in_situation(row: &MatterRow, situation: &str, number: u32) -> Option<MatterRow> {
    let code: BasicCode = format!("{}-S{number}", row.code).parse().ok()?;
    let mut made = row.clone();
    made.name = format!("{}({situation})", row.name);
    made.full_code = format!("{}-S{number}", row.full_code);
    made.main_item = Some(row.name.clone());
    made.code = code;
    Some(made)
}

/// The catalogue over such rows for the units that are asked for: the city has an entry for each matter that anybody of its tier may have, a
/// county for those of the list itself, a township and a village for some of what people come to them for.
pub fn draft(
    rows: &[MatterRow],
    tree: &DivisionTree,
    units: &BTreeSet<UnitId>,
    calendar: WorkCalendar,
    patience_seconds: u32,
) -> CatalogueDraft {
    let matters = rows.iter().map(|row| matter(row, patience_seconds)).collect();
    let near: Vec<&MatterRow> = rows.iter().filter(|row| is_near(row)).collect();
    let entries = tree.iter().filter(|place| units.contains(&place.unit)).map(|place| {
        let entries: Vec<Entry> = match place.tier {
            Tier::City => rows.iter().filter_map(|row| rules::entry_of_tier(row, place)).collect(),
            Tier::County => {
                rows.iter().filter(|row| !is_made(row)).filter_map(|row| rules::entry_of_tier(row, place)).collect()
            }
            Tier::Township => {
                near.iter().take(TOWNSHIP_ENTRIES).filter_map(|row| rules::entry_of_tier(row, place)).collect()
            }
            Tier::Village => {
                near.iter().take(VILLAGE_ENTRIES).filter_map(|row| rules::entry_of_tier(row, place)).collect()
            }
        };
        (place.unit, entries)
    });
    CatalogueDraft { entries: entries.collect(), matters, calendar }
}

fn is_made(row: &MatterRow) -> bool {
    row.main_item.as_ref().is_some_and(|item| row.name.starts_with(item.as_str()) && row.name.len() > item.len())
        && row.code.as_str().contains("-S")
}

/// What people come to a township or village for: grants and services of departments that deal with persons.
fn is_near(row: &MatterRow) -> bool {
    let departments = ["人社", "民政", "医疗保障", "残联", "卫健", "退役军人", "农业农村", "公安"];
    let is_asked = matches!(row.matter_type, MatterType::Grant | MatterType::PublicService | MatterType::Confirmation);
    !is_made(row) && is_asked && departments.iter().any(|department| row.department.contains(department))
}

/// A matter with a guide as full as real ones are.
fn matter(row: &MatterRow, patience_seconds: u32) -> Matter {
    let matter = rules::matter(row, patience_seconds);
    let guide = guide(&matter);
    Matter { guide, ..matter }
}

fn guide(matter: &Matter) -> Guide {
    let condition = |text: String| Condition { text, basis: "示例依据第一条".to_owned() };
    let step = |name: &str, kind, after: &[&str], days| FlowStep {
        name: name.to_owned(),
        kind,
        department: matter.department.clone(),
        post: format!("{name}岗"),
        part: StepPart::Lead,
        limit: Some(LimitDays { days, unit: matter.promised_limit.unit }),
        after: after.iter().map(|name| (*name).to_owned()).collect(),
        standard: "材料齐全,符合法定形式".to_owned(),
    };
    let is_service = matter.matter_type == MatterType::PublicService;
    Guide {
        case_kind: Some(if is_service { CaseKind::Instant } else { CaseKind::Promised }),
        conditions: vec![
            condition(format!("申请人属于{}的服务对象", matter.name)),
            condition("材料真实、齐全".to_owned()),
        ],
        flow: vec![
            step("收件", StepKind::Receive, &[], 1),
            step("受理", StepKind::Accept, &["收件"], 1),
            step("审核", StepKind::Examine, &["受理"], matter.promised_limit.days),
            step("决定", StepKind::Decide, &["审核"], 1),
            step("送达", StepKind::Deliver, &["决定"], 1),
        ],
        results: vec![ResultPaper {
            name: format!("{}结果文书", matter.main_item.as_deref().unwrap_or(&matter.name)),
            kind: if matter.matter_type == MatterType::Licence { ResultKind::Licence } else { ResultKind::Answer },
            sample_file: String::new(),
            sample: None,
            valid_months: (matter.matter_type == MatterType::Licence).then_some(36),
        }],
        service_objects: [ServiceObject::NaturalPerson, ServiceObject::Enterprise].into(),
        topics: vec![ServiceTopic {
            audience: TopicAudience::NaturalPerson,
            name: topic(&matter.department).to_owned(),
            code: String::new(),
        }],
        visits: Some(Visits { most: u8::from(!is_service), why: "核对原件".to_owned() }),
        contact_ways: [ContactWay::Telephone, ContactWay::Counter].into(),
        questions: vec![CommonQuestion {
            question: "可以请人代办吗".to_owned(),
            answer: "可以,须提交授权委托书和双方身份证明。".to_owned(),
        }],
        ..Guide::default()
    }
}

/// A heading for a department's matters.
fn topic(department: &str) -> &'static str {
    let topics = [
        ("人社", "就业创业"),
        ("医疗", "医疗卫生"),
        ("卫健", "医疗卫生"),
        ("公安", "证件办理"),
        ("税", "纳税缴费"),
        ("交通", "交通出行"),
        ("住建", "住房保障"),
        ("自然资源", "住房保障"),
        ("教", "教育科研"),
        ("民政", "社会救助"),
    ];
    topics.iter().find(|(part, _)| department.contains(part)).map_or("其他", |(_, topic)| topic)
}

#[cfg(test)]
mod tests {
    use super::super::import::MatterList;
    use super::*;

    #[test]
    fn a_catalogue_of_realistic_size_from_real_names() {
        let list = MatterList::from_csv(crate::sample::MATTERS).rows;
        let (tree, _) = DivisionTree::from_csv(crate::sample::DIVISIONS);
        let units: Vec<UnitId> =
            ["370800", "370811", "370811002", "370811002001"].iter().map(|code| code.parse().unwrap()).collect();
        let made = rows(&list, CITY_ENTRIES);
        let draft = draft(&made, &tree, &units.iter().copied().collect(), WorkCalendar::default(), 60);
        assert_eq!(draft.matters.len(), CITY_ENTRIES);
        assert!(draft.matters.iter().all(|matter| matter.synthetic));
        assert!(draft.matters.is_sorted_by(|a, b| a.code < b.code), "each code once");
        let entries: Vec<usize> = units.iter().map(|unit| draft.entries[unit].len()).collect();
        assert_eq!(entries, [CITY_ENTRIES, list.len(), TOWNSHIP_ENTRIES, VILLAGE_ENTRIES]);
        for entry in draft.entries.values().flatten() {
            let digit = match Tier::of(entry.unit) {
                Tier::City => '3',
                Tier::County => '4',
                Tier::Township => '5',
                Tier::Village => '6',
            };
            assert_eq!(entry.implementation_code.as_str().chars().nth(18), Some(digit));
        }
        for row in &list {
            assert!(draft.matters.iter().any(|matter| matter.name == row.name), "{}", row.name);
        }
        assert_eq!(rows(&list, 10_000).len(), 10_000);
        let all = rows(&list, usize::MAX);
        assert_eq!(all.len(), list.len() * (SITUATIONS.len() + 1));
        // Names are told apart from each other as the list's own are.
        let names: BTreeSet<&str> = all.iter().map(|row| row.name.as_str()).collect();
        let listed: BTreeSet<&str> = list.iter().map(|row| row.name.as_str()).collect();
        assert_eq!(names.len(), listed.len() * (SITUATIONS.len() + 1));
    }

    #[test]
    fn it_goes_into_pieces_and_comes_back() {
        let list = MatterList::from_csv(crate::sample::MATTERS).rows;
        let (tree, _) = DivisionTree::from_csv(crate::sample::DIVISIONS);
        let units = ["370800".parse().unwrap(), "370811002001".parse().unwrap()].into();
        let made = draft(&rows(&list, 1_500), &tree, &units, WorkCalendar::default(), 60);
        let pieces = made.clone().into_chunks().unwrap();
        let read = CatalogueDraft::from_chunks(pieces.iter().map(|(kind, bytes)| (*kind, &bytes[..]))).unwrap();
        assert_eq!((read.matters, read.entries), (made.matters, made.entries));
    }
}
