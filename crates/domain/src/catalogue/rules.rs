//! The published rule by which a bare list of matters becomes a catalogue for Jining. Everything it adds is synthetic.
//!
//! The list is of another place and has no limits, materials or fees. The rule is simple enough to be read by an official:
//!
//! | Row | Who implements it | Equal (市县同权) |
//! |---|---|---|
//! | department is vertical (税务, 烟草, 气象, 消防) | counties | never: domain.md §2 |
//! | name cites a provincial power (省级权限) | city alone: the grant is reserved | no |
//! | name ends with 初审 | city; counties and townships review first (转报) | no |
//! | name says 市级 and 县级 | both | yes |
//! | name says 市级 / 县级 alone | city / counties | no |
//! | type 01, 07, 10 | both | yes |
//! | type 05, 08, 09, 20 | counties | no |
//!
//! Claims (protocol.md §4), by type: public services (20) may be applied for any number of times; what pays or certifies (05, 07, 09)
//! is accepted only once the claim is granted; what pays (05, 08) is granted once. The object is the place; for a vehicle's papers
//! (车辆 in the name) it is the vehicle's number, and the city is the home, since a vehicle is at no place.
//!
//! A licence (01) is valid for 36 months, and the proof of the place of business can be promised. Where the name says （新办）, its site is
//! looked at and another department asked before it is handled and examined; no other matter lists steps between acceptance and decision.
//!
//! A development zone implements what counties do, but is equal to nobody without an instrument of its own.

use super::import::MatterRow;
use super::{
    BasicCode, CardRule, ClaimHome, ClaimRule, CommitmentRule, Entry, FlowStep, Guide, ImplementationCode, LimitDays,
    Matter, MatterMaterial, MatterType, Necessity, Particulars, PowerSource, ResultKind, ResultPaper, Review, StepKind,
    StepPart,
};
use crate::case::{DayUnit, Intake};
use crate::digest::ContentHash;
use crate::division::{Division, Tier, is_zone};
use crate::identifiers::CreditCode;
use crate::ids::UnitId;

/// Who implements a matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Holders {
    /// The city alone.
    City,
    /// Each county, for its own places.
    Counties,
    /// City and counties alike: one of them handles a case alone.
    Equal,
    /// The city, after a review by the township and one by the county (art. 43).
    Reviewed,
}

/// Departments that answer to their own line above: what the city holds is never theirs to share.
const VERTICAL: [&str; 4] = ["税务", "烟草", "气象", "消防"];

/// Who implements a row's matter.
pub fn holders(row: &MatterRow) -> Holders {
    let says = |word: &str| row.name.contains(word);
    if is_vertical(row) {
        return Holders::Counties;
    }
    if says("省级权限") {
        return Holders::City;
    }
    if row.name.ends_with("初审") {
        return Holders::Reviewed;
    }
    match (says("市级"), says("县级")) {
        (true, true) => Holders::Equal,
        (true, false) => Holders::City,
        (false, true) => Holders::Counties,
        (false, false) => match row.matter_type {
            MatterType::Licence | MatterType::Confirmation | MatterType::Other => Holders::Equal,
            MatterType::Grant | MatterType::Reward | MatterType::Ruling | MatterType::PublicService => {
                Holders::Counties
            }
        },
    }
}

fn is_vertical(row: &MatterRow) -> bool {
    VERTICAL.iter().any(|line| row.department.contains(line))
}

/// The row's matter, the same at every tier.
pub fn matter(row: &MatterRow, patience_seconds: u32) -> Matter {
    let (statutory, promised) = limits(row.matter_type);
    let working = |days| LimitDays { days, unit: DayUnit::Working };
    // What the receiver cannot hand to an equal authority counts from the day it arrives.
    let intake = match holders(row) {
        Holders::City => Intake::Courier,
        _ if is_vertical(row) => Intake::Courier,
        Holders::Counties | Holders::Equal | Holders::Reviewed => Intake::ForAuthority,
    };
    Matter {
        code: row.code.clone(),
        name: row.name.clone(),
        main_item: row.main_item.clone(),
        matter_type: row.matter_type,
        department: local_name(&row.department).to_owned(),
        statutory_limit: working(statutory),
        promised_limit: working(promised),
        materials: materials(row.matter_type),
        intake,
        patience_seconds,
        synthetic: true,
        claims: claims(row),
        guide: Guide {
            cards: Some(CardRule { warning_days_before: 3, yellow_days_before: 1, red_days_after: 0 }),
            results: results(row),
            commitment: commitment(row.matter_type),
            flow: flow(row),
            ..Guide::default()
        },
    }
}

fn claims(row: &MatterRow) -> ClaimRule {
    ClaimRule {
        repeatable: row.matter_type == MatterType::PublicService,
        object_fields: if is_vehicles(row) { vec![VEHICLE_NUMBER.to_owned()] } else { vec![] },
        home: if is_vehicles(row) { ClaimHome::City } else { ClaimHome::Nearest },
        kept_when_granted: matches!(row.matter_type, MatterType::Grant | MatterType::Reward),
    }
}

/// The form's field that names a vehicle.
const VEHICLE_NUMBER: &str = "号牌号码";

fn is_vehicles(row: &MatterRow) -> bool {
    row.name.contains("车辆") && row.matter_type != MatterType::PublicService
}

/// What pays or certifies is not undone by a termination paper alone: nothing is accepted twice.
fn claim_before_acceptance(matter_type: MatterType) -> bool {
    matches!(matter_type, MatterType::Grant | MatterType::Confirmation | MatterType::Ruling)
}

/// Statutory and promised working days. The licence's 20 are the law's (行政许可法 art. 42), the others made.
fn limits(matter_type: MatterType) -> (u16, u16) {
    match matter_type {
        MatterType::Licence => (20, 10),
        MatterType::Confirmation | MatterType::Other => (20, 7),
        MatterType::Grant => (30, 15),
        MatterType::Reward | MatterType::Ruling => (60, 30),
        MatterType::PublicService => (5, 1),
    }
}

/// Ten days in all, as promised.
fn flow(row: &MatterRow) -> Vec<FlowStep> {
    if row.matter_type != MatterType::Licence || !row.name.contains("（新办）") {
        return vec![];
    }
    let step = |name: &str, kind, days, after: &[&str]| FlowStep {
        name: name.to_owned(),
        kind,
        department: local_name(&row.department).to_owned(),
        post: format!("{name}岗"),
        part: StepPart::Lead,
        limit: (days > 0).then_some(LimitDays { days, unit: DayUnit::Working }),
        after: after.iter().map(|name| (*name).to_owned()).collect(),
        standard: "审查工作细则(示例)".to_owned(),
    };
    let asked = step("征求意见", StepKind::Handle, 5, &["受理"]);
    vec![
        step("收件", StepKind::Receive, 0, &[]),
        step("受理", StepKind::Accept, 0, &["收件"]),
        step("现场核查", StepKind::SiteCheck, 5, &["受理"]),
        FlowStep { department: "生态环境局".to_owned(), part: StepPart::Assist, ..asked },
        step("审查", StepKind::Handle, 2, &["现场核查", "征求意见"]),
        step("审核", StepKind::Examine, 2, &["审查"]),
        step("决定", StepKind::Decide, 1, &["审核"]),
    ]
}

/// A licence holds for three years.
fn results(row: &MatterRow) -> Vec<ResultPaper> {
    let licence = |name: &str| ResultPaper {
        name: format!("{name}许可证(示例)"),
        kind: ResultKind::Licence,
        sample_file: String::new(),
        sample: None,
        valid_months: Some(36),
    };
    (row.matter_type == MatterType::Licence).then(|| licence(&row.name)).into_iter().collect()
}

/// A promise can stand for the proof that may follow anyhow.
fn commitment(matter_type: MatterType) -> Option<CommitmentRule> {
    (matter_type == MatterType::Licence).then(|| CommitmentRule {
        materials: vec!["场所使用证明".to_owned()],
        check: LimitDays { days: 20, unit: DayUnit::Working },
        basis: "告知承诺制实施办法(示例)第六条".to_owned(),
        barred_days: 365,
    })
}

fn materials(matter_type: MatterType) -> Vec<MatterMaterial> {
    use Necessity::{MayFollow, Optional, Required};
    let listed: &[(&str, Necessity)] = match matter_type {
        MatterType::Licence => &[("申请书", Required), ("申请人身份证明", Required), ("场所使用证明", MayFollow)],
        MatterType::Grant => &[("申请表", Required), ("申请人身份证明", Required), ("银行账户信息", MayFollow)],
        MatterType::Confirmation | MatterType::Other => {
            &[("申请表", Required), ("申请人身份证明", Required), ("授权委托书", Optional)]
        }
        MatterType::Reward => &[("申报表", Required), ("事迹材料", Required)],
        MatterType::Ruling => &[("裁决申请书", Required), ("证据材料", Required), ("授权委托书", Optional)],
        MatterType::PublicService => &[("申请人身份证明", Required)],
    };
    listed.iter().map(|(name, necessity)| MatterMaterial::named(name, *necessity)).collect()
}

/// How a place implements a row's matter; `None` where it does not.
pub fn entry(row: &MatterRow, place: &Division) -> Option<Entry> {
    match (place.tier, holders(row)) {
        (Tier::City, Holders::City | Holders::Equal | Holders::Reviewed)
        | (Tier::County, Holders::Counties | Holders::Equal) => entry_of_tier(row, place),
        (Tier::County | Tier::Township, Holders::Reviewed) => {
            let mut entry = entry_of_tier(row, place)?;
            entry.exercise = "初审".to_owned();
            entry.particulars.review = Some(Review {
                limit: LimitDays { days: 20, unit: DayUnit::Working },
                basis: "《中华人民共和国行政许可法》第四十三条".to_owned(),
            });
            Some(entry)
        }
        _ => None,
    }
}

/// How a place of any tier would implement a row's matter; `None` where its code leaves no room for one of an entry.
pub(super) fn entry_of_tier(row: &MatterRow, place: &Division) -> Option<Entry> {
    let holders = holders(row);
    // GB/T 39046 table A.2: tier of exercise.
    let tier_digit = match place.tier {
        Tier::City => '3',
        Tier::County => '4',
        Tier::Township => '5',
        Tier::Village => '6',
    };
    let department = local_name(&row.department);
    let body = body(place.unit, department)?;
    let same_authority = holders == Holders::Equal && !is_zone(place.unit);
    Some(Entry {
        matter: row.code.clone(),
        unit: place.unit,
        implementation_code: implementation_code(&body, tier_digit, &row.code)?,
        body,
        body_name: format!("{}{department}", place.name),
        same_authority,
        exercise: "全部环节".to_owned(),
        power: PowerSource {
            law: law(row.matter_type).to_owned(),
            // Counted from 0, and the first item stands below the headings: numbers of before stay what they were.
            list_entry: format!("权责清单(示例)第{}项", row.row.saturating_sub(2)),
            instrument: instrument(place, same_authority),
            post: format!("{department}审批岗"),
        },
        claim_before_acceptance: claim_before_acceptance(row.matter_type),
        particulars: Particulars::default(),
    })
}

fn law(matter_type: MatterType) -> &'static str {
    match matter_type {
        MatterType::Licence => "《中华人民共和国行政许可法》及该事项的设定依据",
        _ => "该事项的设定依据",
    }
}

fn instrument(place: &Division, same_authority: bool) -> String {
    match (place.tier, same_authority) {
        (Tier::County, true) => format!("市县同权通告(示例)·{}", place.name),
        _ => format!("{}权力清单公告(示例)", place.name),
    }
}

/// USCC 18 + tier 1 + basic code (GB/T 39046-2020); local codes make it longer.
fn implementation_code(body: &CreditCode, tier: char, code: &BasicCode) -> Option<ImplementationCode> {
    format!("{}{tier}{}", body.as_str(), code.as_str()).parse().ok()
}

/// The department's name without the list's own place in front.
fn local_name(department: &str) -> &str {
    department.trim_start_matches("广安区").trim_start_matches('区')
}

/// A made-up body: organ (11), division code, an organisation code that begins with `TB` and is drawn from the department's
/// name, and the two check characters of GB 11714 and GB 32100.
pub fn body(unit: UnitId, department: &str) -> Option<CreditCode> {
    const DIGITS: u64 = 1_000_000;
    let hash = ContentHash::of_bytes("synthetic body", department.as_bytes());
    let drawn = hash.0.iter().fold(0_u64, |sum, byte| (sum * 256 + u64::from(*byte)) % DIGITS);
    let organisation = format!("TB{drawn:06}");
    let check = organisation_check(&organisation)?;
    let first_17 = format!("11{:06}{organisation}{check}", unit.get() / DIGITS);
    let last = CreditCode::check_character(&first_17)?;
    format!("{first_17}{last}").parse().ok()
}

/// GB 11714-1997: mod 11, weights 3 7 9 10 5 8 4 2.
fn organisation_check(first_8: &str) -> Option<char> {
    const WEIGHTS: [u32; 8] = [3, 7, 9, 10, 5, 8, 4, 2];
    let mut sum = 0;
    for (c, weight) in first_8.chars().zip(WEIGHTS) {
        sum += c.to_digit(36)? * weight;
    }
    Some(match 11 - sum % 11 {
        10 => 'X',
        11 => '0',
        digit => char::from_digit(digit, 10)?,
    })
}

#[cfg(test)]
mod tests {
    use super::super::import::MatterList;
    use super::*;

    #[test]
    fn the_rule_over_the_real_list() {
        let list = MatterList::from_csv(include_bytes!("../../data/county-matters.csv"));
        let count = |wanted| list.rows.iter().filter(|row| holders(row) == wanted).count();
        let all = [Holders::Equal, Holders::Counties, Holders::City, Holders::Reviewed];
        assert_eq!(all.map(count), [621, 497, 15, 2]);
        for row in &list.rows {
            assert!(!is_vertical(row) || holders(row) == Holders::Counties, "{}", row.name);
        }
    }

    #[test]
    fn synthetic_bodies_pass_both_checks_and_differ() {
        let list = MatterList::from_csv(include_bytes!("../../data/county-matters.csv"));
        let departments: std::collections::BTreeSet<_> =
            list.rows.iter().map(|row| local_name(&row.department).to_owned()).collect();
        let unit = "370811".parse().unwrap();
        let bodies: std::collections::BTreeSet<_> =
            departments.iter().map(|department| body(unit, department).unwrap()).collect();
        assert_eq!(bodies.len(), departments.len());
        assert!(bodies.iter().all(|body| body.as_str().starts_with("11370811TB")));
        // The standard's own example, D2143569-X.
        assert_eq!(organisation_check("D2143569"), Some('X'));
    }

    #[test]
    fn a_zone_is_equal_to_nobody() {
        let list = MatterList::from_csv(include_bytes!("../../data/county-matters.csv"));
        let row = list.rows.iter().find(|row| holders(row) == Holders::Equal).unwrap();
        let place =
            |code: &str, tier| Division { unit: code.parse().unwrap(), name: "某地".to_owned(), tier, parent: None };
        let flag = |code, tier| entry(row, &place(code, tier)).map(|entry| entry.same_authority);
        assert_eq!(flag("370800", Tier::City), Some(true));
        assert_eq!(flag("370811", Tier::County), Some(true));
        assert_eq!(flag("370871", Tier::County), Some(false));
        assert_eq!(flag("370811002", Tier::Township), None);
    }
}
