//! One sound catalogue, and for each rule the least change that breaks it: what is told, and where.

use proptest::prelude::*;

use super::*;
use crate::case::{DayUnit, Intake};
use crate::catalogue::sheets::tests::dice::Dice;
use crate::catalogue::sheets::{Language, read, write};
use crate::catalogue::{
    BasisLevel, BodyNature, CardRule, CaseKind, CommitmentRule, Condition, DelegateNature, Delegation, Entry,
    ExerciseTier, Fee, FlowStep, Guide, LegalBasis, LimitDays, MatterMaterial, MatterType, Necessity, OwnList,
    Particulars, PlannedDates, PowerSource, RatingRule, ResultKind, ResultPaper, SpecialProcedure, StepKind, StepPart,
    StepPost, Visits,
};
use crate::legal::Procedure;

fn working(days: u16) -> LimitDays {
    LimitDays { days, unit: DayUnit::Working }
}

fn basis(level: BasisLevel, title: &str) -> LegalBasis {
    LegalBasis {
        level,
        title: title.to_owned(),
        document_number: String::new(),
        article: "第三条".to_owned(),
        text: String::new(),
    }
}

fn step(name: &str, kind: StepKind, days: u16, after: &[&str]) -> FlowStep {
    FlowStep {
        name: name.to_owned(),
        kind,
        department: "综合执法局".to_owned(),
        post: "审批岗".to_owned(),
        part: StepPart::Lead,
        limit: Some(working(days)),
        after: after.iter().map(|name| (*name).to_owned()).collect(),
        standard: String::new(),
    }
}

fn delegation(to_unit: &str, to_nature: DelegateNature) -> Delegation {
    Delegation {
        to_unit: to_unit.parse().unwrap(),
        to_nature,
        to_name: "受托方".to_owned(),
        to_code: None,
        basis: "某条例第五条".to_owned(),
        instrument: "委托公告一号".to_owned(),
        scope: String::new(),
        from: None,
        until: None,
    }
}

const CITY: &str = "370800000000";
const COUNTY: &str = "370811000000";
const BODY: &str = "11511301008778183N";

fn entry(unit: &str, tier: ExerciseTier) -> Entry {
    Entry {
        matter: "512012002012".parse().unwrap(),
        unit: unit.parse().unwrap(),
        body: BODY.parse().unwrap(),
        body_name: "行政审批服务局".to_owned(),
        implementation_code: format!("{BODY}{}512012002012", crate::catalogue::ClosedSet::member(tier).code)
            .parse()
            .unwrap(),
        same_authority: true,
        exercise: "全部环节".to_owned(),
        power: PowerSource {
            law: "某条例".to_owned(),
            list_entry: "第一项".to_owned(),
            instrument: "通告".to_owned(),
            post: "审批岗".to_owned(),
        },
        claim_before_acceptance: false,
        particulars: Particulars::default(),
    }
}

/// A licence of city and county with everything that a rule looks at, and nothing wrong.
fn sound() -> CatalogueDraft {
    let guide = Guide {
        case_kind: Some(CaseKind::Promised),
        bases: vec![basis(BasisLevel::CityRule, "市办法"), basis(BasisLevel::StateCouncilRegulation, "某条例")],
        conditions: vec![Condition { text: "有固定场所".to_owned(), basis: String::new() }],
        flow: vec![
            step("受理", StepKind::Accept, 1, &[]),
            step("现场核查", StepKind::Handle, 3, &["受理"]),
            step("意见征求", StepKind::Handle, 4, &["受理"]),
            step("决定", StepKind::Decide, 2, &["现场核查", "意见征求"]),
        ],
        fees: vec![Fee { item: "工本费".to_owned(), basis: "收费目录".to_owned(), ..Fee::default() }],
        special_procedures: vec![SpecialProcedure { kind: Procedure::Hearing, basis: String::new(), limit: None }],
        results: vec![ResultPaper {
            name: "许可证".to_owned(),
            kind: ResultKind::Licence,
            sample_file: String::new(),
            sample: None,
            valid_months: Some(36),
        }],
        visits: Some(Visits { most: 1, why: "核对原件".to_owned() }),
        cards: Some(CardRule { warning_days_before: 3, yellow_days_before: 1, red_days_after: 0 }),
        ratings: Some(RatingRule { call_back_working_days: 1, rectify_working_days: 15 }),
        ..Guide::default()
    };
    let matter = Matter {
        code: "512012002012".parse().unwrap(),
        name: "户外招牌设置许可".to_owned(),
        main_item: None,
        matter_type: MatterType::Licence,
        department: "综合执法局".to_owned(),
        statutory_limit: working(20),
        promised_limit: working(7),
        materials: vec![
            MatterMaterial::named("申请书", Necessity::Required),
            MatterMaterial::named("高等级证明", Necessity::Optional),
        ],
        intake: Intake::ForAuthority,
        patience_seconds: 60,
        synthetic: false,
        claims: crate::catalogue::ClaimRule::default(),
        guide,
    };
    let mut county = entry(COUNTY, ExerciseTier::County);
    county.particulars = Particulars {
        posts: vec![StepPost {
            step: "受理".to_owned(), department: "窗口".to_owned(), post: "受理岗".to_owned()
        }],
        delegations: vec![delegation("370811002", DelegateNature::Organ)],
        own_list: Some(OwnList {
            name: "户外招牌设置许可".to_owned(),
            basic_code: "512012002012".to_owned(),
            matter_type: Some(MatterType::Licence),
            bases: vec!["某条例".to_owned(), "市办法".to_owned()],
        }),
        service_item_code: Some(format!("{BODY}451201200201201").parse().unwrap()),
        ..Particulars::default()
    };
    CatalogueDraft {
        matters: vec![matter],
        entries: [
            (CITY.parse().unwrap(), vec![entry(CITY, ExerciseTier::City)]),
            (COUNTY.parse().unwrap(), vec![county]),
        ]
        .into(),
        calendar: crate::calendar::WorkCalendar::from_rows(std::iter::empty()).0,
    }
}

/// `sheet row column code` of each finding, as found in the file that the draft would be written to and read from.
fn told(change: fn(&mut Matter, &mut Entry)) -> Vec<String> {
    let mut draft = sound();
    let county = &mut draft.entries.get_mut(&COUNTY.parse::<UnitId>().unwrap()).unwrap()[0];
    change(&mut draft.matters[0], county);
    let read = read(&write(&draft, Language::Chinese), &mut |_| {});
    assert_eq!((&read.draft, read.findings.as_slice()), (&draft, [].as_slice()));
    let found = check(&read.draft, &read.rows);
    assert_eq!(found, check(&draft, &RowIndex::of_written(&draft)));
    assert!(found.iter().all(|finding| crate::codes::find(finding.fault.code()).is_some()));
    let line = |finding: &Located<PublicationFault>| {
        let (sheet, column) = (finding.sheet.unwrap(), finding.column.as_deref().unwrap());
        format!("{sheet} {} {column} {}", finding.row, finding.fault.code())
    };
    found.iter().map(line).collect()
}

#[test]
fn a_sound_catalogue_may_be_published() {
    assert_eq!(told(|_, _| {}), [""; 0]);
    assert!(may_be_published(&[]));
}

#[test]
fn each_rule_of_a_matter_and_where_it_is_broken() {
    type Change = fn(&mut Matter, &mut Entry);
    let cases: &[(Change, &[&str])] = &[
        (
            |matter, entry| {
                matter.guide.bases.clear();
                entry.particulars.own_list = None;
            },
            &["matters 2 code publish.basis_missing"],
        ),
        (
            |matter, entry| {
                matter.guide.bases.pop();
                entry.particulars.own_list = None;
            },
            &["bases 2 level publish.city_licence"],
        ),
        (|matter, _| matter.guide.bases[1].level = BasisLevel::MinistryRule, &["bases 2 level publish.city_licence"]),
        (
            |matter, _| {
                matter.guide.bases[0].level = BasisLevel::NormativeDocument;
                matter.guide.bases[1].level = BasisLevel::MinistryRule;
            },
            &["bases 2 level publish.licence_basis"],
        ),
        (|matter, _| matter.materials[1].name = "其他材料".to_owned(), &["materials 3 name publish.catch_all"]),
        (|matter, _| matter.materials[0].name = "身份证等".to_owned(), &["materials 2 name publish.catch_all"]),
        (|matter, _| matter.materials[0].name = "高等级证明".to_owned(), &["materials 3 name publish.twice"]),
        (
            |matter, _| matter.guide.conditions[0].text = "法律法规规定的其他条件".to_owned(),
            &["conditions 2 text publish.catch_all"],
        ),
        (|matter, _| matter.guide.fees[0].item = "其他费用".to_owned(), &["fees 2 item publish.catch_all"]),
        (
            |matter, entry| {
                matter.matter_type = MatterType::Other;
                matter.guide.special_procedures.clear();
                entry.particulars.own_list = None;
            },
            &["matters 2 name publish.disguised_approval", "results 2 kind publish.disguised_approval"],
        ),
        (
            |matter, entry| {
                matter.matter_type = MatterType::PublicService;
                matter.name = "招牌设置指导".to_owned();
                matter.guide.special_procedures.clear();
                entry.particulars.own_list = None;
            },
            &["results 2 kind publish.disguised_approval"],
        ),
        (
            |matter, _| {
                matter.guide.commitment = Some(CommitmentRule {
                    materials: vec![matter.materials[0].name.clone(), "未列材料".to_owned()],
                    check: working(20),
                    basis: "某办法".to_owned(),
                    barred_days: 365,
                });
            },
            &["matters 2 commitment_materials publish.promise_unlisted"],
        ),
        (|matter, _| matter.guide.flow[3].name = "受理".to_owned(), &["steps 5 name publish.twice"]),
        (|matter, _| matter.guide.flow[3].after.push("公示".to_owned()), &["steps 5 after publish.unlisted_step"]),
        (|matter, _| matter.guide.flow[1].after.push("决定".to_owned()), &["steps 3 after publish.steps_in_a_circle"]),
        (|matter, _| matter.guide.flow[2].part = StepPart::Assist, &[]),
        (
            |matter, _| {
                matter.guide.flow[1].part = StepPart::Assist;
                matter.guide.flow[2].part = StepPart::Assist;
            },
            &["steps 3 part publish.assist_without_lead", "steps 4 part publish.assist_without_lead"],
        ),
        // 1 + 4 + 2: parallel branches take as long as the longer one.
        (|matter, _| matter.promised_limit.days = 6, &["steps 5 limit publish.steps_too_long"]),
        (
            |matter, _| matter.guide.special_procedures[0].kind = Procedure::SiteCheck,
            &["special_procedures 2 basis publish.procedure_basis"],
        ),
        (|matter, _| matter.guide.fees[0].basis.clear(), &["fees 2 basis publish.fee_basis"]),
        (
            |matter, _| matter.guide.visits = Some(Visits { most: 2, why: String::new() }),
            &["matters 2 visits_why publish.visit_reason"],
        ),
        (|matter, _| matter.promised_limit.days = 21, &["matters 2 promised_days publish.promise_longer"]),
        (|matter, _| matter.promised_limit = LimitDays { days: 21, unit: DayUnit::Calendar }, &[]),
        (
            |matter, _| matter.guide.case_kind = Some(CaseKind::Instant),
            &["matters 2 promised_days publish.instant_limit"],
        ),
        (
            |matter, _| {
                matter.guide.cards = Some(CardRule { warning_days_before: 1, yellow_days_before: 2, red_days_after: 0 })
            },
            &["matters 2 card_yellow_days publish.card_days"],
        ),
        (
            |matter, _| matter.guide.ratings = Some(RatingRule { call_back_working_days: 1, rectify_working_days: 4 }),
            &["matters 2 rating_rectify_days publish.rating_days"],
        ),
        (
            |matter, _| {
                matter.guide.planned = PlannedDates {
                    from: Some("2026-03-02".parse().unwrap()),
                    until: Some("2026-03-01".parse().unwrap()),
                }
            },
            &["matters 2 planned_until publish.planned_dates"],
        ),
    ];
    for (at, (change, expected)) in cases.iter().enumerate() {
        assert_eq!(told(*change), *expected, "case {at}");
    }
}

#[test]
fn each_rule_of_an_entry_and_where_it_is_broken() {
    type Change = fn(&mut Matter, &mut Entry);
    let cases: &[(Change, &[&str])] = &[
        (|_, entry| entry.particulars.posts[0].step = "论证".to_owned(), &["posts 2 step publish.unlisted_step"]),
        (
            |_, entry| entry.particulars.own_list.as_mut().unwrap().name = "招牌许可".to_owned(),
            &["entries 3 own_name publish.tiers_differ"],
        ),
        (
            |_, entry| entry.particulars.own_list.as_mut().unwrap().basic_code = "512012002013".to_owned(),
            &["entries 3 own_code publish.tiers_differ"],
        ),
        (
            |_, entry| entry.particulars.own_list.as_mut().unwrap().matter_type = Some(MatterType::Other),
            &["entries 3 own_type publish.tiers_differ"],
        ),
        (
            |_, entry| entry.particulars.own_list.as_mut().unwrap().bases.truncate(1),
            &["entries 3 own_bases publish.tiers_differ"],
        ),
        (|_, entry| entry.power.law = "另一条例".to_owned(), &["entries 3 law publish.tiers_cite"]),
        (
            |_, entry| entry.body = "115113010833722043".parse().unwrap(),
            &["entries 3 implementation_code publish.code_parts"],
        ),
        (
            |_, entry| entry.particulars.tier = Some(ExerciseTier::City),
            &["entries 3 implementation_code publish.code_parts"],
        ),
        (
            |_, entry| {
                entry.implementation_code = format!("{BODY}4512012002013").parse().unwrap();
                entry.particulars.service_item_code = None;
            },
            &["entries 3 implementation_code publish.code_parts"],
        ),
        (
            |_, entry| entry.particulars.service_item_code = Some(format!("{BODY}451201200201301").parse().unwrap()),
            &["entries 3 service_item_code publish.code_parts"],
        ),
        (
            |_, entry| {
                entry.implementation_code = "E-000004-001".parse().unwrap();
                entry.particulars.service_item_code = None;
            },
            &[],
        ),
        (
            |_, entry| entry.particulars.delegations.push(delegation("370811002", DelegateNature::VillageCommittee)),
            &["delegations 3 to_nature publish.licence_to_village"],
        ),
        (
            |_, entry| entry.particulars.delegations.push(delegation("370811002", DelegateNature::Outlet)),
            &["delegations 3 to_nature publish.licence_to_village"],
        ),
        (
            |_, entry| entry.particulars.delegations.push(delegation("370811002001", DelegateNature::Organ)),
            &["delegations 3 to_unit publish.licence_to_village"],
        ),
        (
            |_, entry| entry.particulars.delegations[0].to_nature = DelegateNature::Organisation,
            &["delegations 2 to_nature publish.licence_to_organisation"],
        ),
        (
            |matter, entry| {
                // A confirmation may be delegated to a village.
                matter.matter_type = MatterType::Confirmation;
                matter.guide.special_procedures.clear();
                entry.particulars.own_list = None;
                entry.particulars.delegations.push(delegation("370811002001", DelegateNature::VillageCommittee));
            },
            &[],
        ),
        (
            |_, entry| entry.particulars.body_nature = Some(BodyNature::Delegated),
            &["delegations 2 to_name publish.redelegated"],
        ),
        (
            |_, entry| entry.particulars.delegations[0].instrument.clear(),
            &["delegations 2 instrument publish.delegation_unannounced"],
        ),
        (
            |_, entry| {
                let delegation = &mut entry.particulars.delegations[0];
                (delegation.from, delegation.until) =
                    (Some("2026-03-02".parse().unwrap()), Some("2026-03-01".parse().unwrap()));
            },
            &["delegations 2 until publish.planned_dates"],
        ),
        (|_, entry| entry.particulars.vertical = true, &["entries 3 same_authority publish.same_authority_vertical"]),
        (
            |_, entry| entry.particulars.division_of_power = "一千平方米以下".to_owned(),
            &["entries 3 same_authority publish.same_authority_graded"],
        ),
        (|_, entry| entry.exercise = "初审".to_owned(), &["entries 3 exercise publish.same_authority_content"]),
        (|_, entry| entry.same_authority = false, &["entries 2 same_authority publish.same_authority_alone"]),
    ];
    for (at, (change, expected)) in cases.iter().enumerate() {
        assert_eq!(told(*change), *expected, "case {at}");
    }
}

#[test]
fn what_no_table_can_hold_is_told_of_json() {
    let codes = |draft: &CatalogueDraft| -> Vec<&'static str> {
        check(draft, &RowIndex::default()).iter().map(|finding| finding.fault.code()).collect()
    };
    let mut twice = sound();
    twice.matters.push(twice.matters[0].clone());
    assert_eq!(codes(&twice), ["publish.twice"]);
    let mut orphan = sound();
    orphan.matters.clear();
    assert_eq!(codes(&orphan), ["publish.matter_unknown"; 2]);
    let mut misplaced = sound();
    let county = misplaced.entries.remove(&COUNTY.parse::<UnitId>().unwrap()).unwrap();
    misplaced.entries.insert("370812000000".parse().unwrap(), county);
    assert_eq!(codes(&misplaced), ["publish.misplaced"]);
    let mut zone = sound();
    let mut entry = entry("370871000000", ExerciseTier::County);
    entry.power.instrument.clear();
    zone.entries.insert("370871000000".parse().unwrap(), vec![entry]);
    assert_eq!(codes(&zone), ["publish.same_authority_zone"]);
    let mut village = sound();
    let mut entry = super::tests::entry("370811002001", ExerciseTier::Village);
    entry.same_authority = false;
    village.entries.insert("370811002001".parse().unwrap(), vec![entry]);
    assert_eq!(codes(&village), ["publish.licence_to_village"]);
    assert!(!may_be_published(&check(&village, &RowIndex::default())));
}

#[test]
fn a_finding_says_both_sides() {
    let mut draft = sound();
    draft.matters[0].guide.bases.pop();
    let of_county = &mut draft.entries.get_mut(&COUNTY.parse::<UnitId>().unwrap()).unwrap()[0];
    of_county.particulars.own_list = None;
    of_county.exercise = "初审".to_owned();
    let told: Vec<String> = check(&draft, &RowIndex::of_written(&draft)).iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "bases, row 2, column level: a 设区的市政府规章 creates no licence (行政许可法 arts. 14–17); none of the bases above it does",
            "entries, row 3, column exercise: held alike with 370800000000, whose content of exercise is \"全部环节\", not \"初审\"",
        ]
    );
}

#[test]
fn half_a_matter_is_not_published() {
    let mut draft = sound();
    let mut second = draft.matters[0].clone();
    second.code = "M2".parse().unwrap();
    draft.matters.push(second);
    let tables = write(&draft, Language::Chinese);
    let sound_of = |tables: &[crate::catalogue::sheets::Table]| {
        let read = read(tables, &mut |_| {});
        let found = check(&read.draft, &read.rows);
        without_faulty(&read, &found).map_err(|finding| finding.fault.code())
    };
    let rest = sound_of(&tables).unwrap();
    assert!(rest.is_whole());
    assert_eq!(rest.draft, draft);
    // What cannot be read of a matter, and what may not be published of it, leave it out with its entries.
    for change in [
        |tables: &mut Vec<crate::catalogue::sheets::Table>| tables[3].rows[1].cells[2] = "最好有".to_owned(),
        |tables: &mut Vec<crate::catalogue::sheets::Table>| tables[3].rows[1].cells[1] = "其他材料".to_owned(),
    ] {
        let mut tables = tables.clone();
        assert_eq!(tables[3].name, Sheet::Materials.zh());
        change(&mut tables);
        let rest = sound_of(&tables).unwrap();
        assert_eq!(rest.left_out, BTreeSet::from(["512012002012".parse().unwrap()]));
        assert_eq!(rest.draft.matters, draft.matters[1..]);
        assert!(rest.draft.entries.is_empty() && !rest.is_whole());
    }
    // A row of nobody is counted, so that it is not passed over.
    let mut unknown = tables.clone();
    unknown[0].rows[2].cells[0] = "m-2".to_owned();
    let rest = sound_of(&unknown).unwrap();
    assert_eq!((rest.unknown_rows, rest.draft.matters.len(), rest.is_whole()), (1, 1, false));
    // A table that cannot be read concerns all.
    let mut headless = tables.clone();
    headless[3].rows[0].cells[1] = "名".to_owned();
    assert_eq!(sound_of(&headless), Err("sheet.column_missing"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    /// Of any catalogue: each finding has its words and its row, and what is left without the faulty matters may be published.
    #[test]
    fn what_is_left_may_be_published(bytes in prop::collection::vec(any::<u8>(), 0..1500)) {
        let draft = Dice::new(&bytes).draft();
        let read = SheetsRead { rows: RowIndex::of_written(&draft), draft, findings: vec![] };
        let found = check(&read.draft, &read.rows);
        for finding in &found {
            prop_assert!(crate::codes::find(finding.fault.code()).is_some());
            prop_assert!(finding.row > 1, "{finding}");
        }
        let sound = without_faulty(&read, &found).unwrap();
        prop_assert!(may_be_published(&check(&sound.draft, &RowIndex::of_written(&sound.draft))));
        prop_assert_eq!(sound.is_whole(), may_be_published(&found));
    }
}

#[test]
fn one_matter_under_two_codes_at_two_tiers_is_told_and_published() {
    let mut draft = sound();
    let rows = || RowIndex::default();
    assert_eq!(check_tiers(&draft, &rows()), (vec![], 1));
    // The county codes it anew: the same name and type, under another code.
    let county: UnitId = COUNTY.parse().unwrap();
    let mut again = draft.matters[0].clone();
    again.code = "512012002999".parse().unwrap();
    draft.matters.push(again);
    let entry = &mut draft.entries.get_mut(&county).unwrap()[0];
    entry.matter = "512012002999".parse().unwrap();
    entry.particulars.own_list = None;
    let (found, compared) = check_tiers(&draft, &rows());
    assert_eq!((found.len(), compared), (1, 0));
    assert_eq!(found[0].fault, PublicationFault::TiersCode { other: "512012002012".parse().unwrap() });
    assert_eq!((found[0].column.as_deref(), found[0].fault.severity()), (Some("code"), Severity::Warning));
    // One body that has both does two things of one name.
    let mut both = draft.entries[&county][0].clone();
    both.matter = "512012002012".parse().unwrap();
    draft.entries.get_mut(&county).unwrap().push(both);
    assert_eq!(check_tiers(&draft, &rows()), (vec![], 1));
}
