//! Catalogues from bytes: each field takes what it needs from them, and zeros make the smallest one, so that a failing case shrinks.

use std::collections::BTreeSet;

use crate::calendar::WorkCalendar;
use crate::case::DayUnit;
use crate::catalogue::{
    CardRule, CatalogueDraft, ClaimRule, ClosedSet, CommitmentRule, CommonQuestion, Condition, Delegation, Entry, Fee,
    Fen, FlowStep, Guide, HandlingOrgan, IntermediaryService, JointBody, LegalBasis, LimitDays, Matter, MatterMaterial,
    OwnList, Particulars, PlannedDates, PowerSource, QuantityLimit, RatingRule, ResultPaper, Review, Service,
    ServicePlace, ServiceTopic, SpecialProcedure, StepPost, Visits,
};
use crate::digest::ContentHash;
use crate::identifiers::CreditCode;
use crate::ids::UnitId;
use crate::time::CivilDate;

pub(in crate::catalogue) struct Dice<'a> {
    bytes: std::slice::Iter<'a, u8>,
}

/// What cells have to bear: marks of lists, quotes, formulas, lines, several scripts.
const TEXTS: &[&str] = &[
    "甲",
    "营业执照、身份证",
    "a,b;c；d，e",
    "\"引号\" 'x'",
    "=1+2",
    "第一行\n第二行",
    "0012",
    "是",
    "20 工作日",
    "𠀀龘é",
    "-",
    "2026-01-01",
];

/// The same without line breaks: lists of texts have one a line.
const LINES: &[&str] = &["甲", "营业执照、身份证", "a,b;c；d，e", "\"引号\"", "=1", "0012"];

impl<'a> Dice<'a> {
    pub(in crate::catalogue) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes: bytes.iter() }
    }

    fn byte(&mut self) -> u8 {
        self.bytes.next().copied().unwrap_or(0)
    }

    fn below(&mut self, most: usize) -> usize {
        usize::from(self.byte()) % most
    }

    fn yes(&mut self) -> bool {
        self.byte() % 2 == 1
    }

    fn number(&mut self) -> u16 {
        u16::from(self.byte()) * 257
    }

    fn maybe<T>(&mut self, of: impl FnOnce(&mut Self) -> T) -> Option<T> {
        self.yes().then(|| of(self))
    }

    fn some<T>(&mut self, mut of: impl FnMut(&mut Self) -> T) -> Vec<T> {
        (0..self.below(3)).map(|_| of(self)).collect()
    }

    fn text(&mut self) -> String {
        TEXTS[self.below(TEXTS.len())].to_owned()
    }

    fn note(&mut self) -> String {
        self.maybe(Self::text).unwrap_or_default()
    }

    fn lines(&mut self) -> Vec<String> {
        self.some(|dice| LINES[dice.below(LINES.len())].to_owned())
    }

    fn one<T: ClosedSet>(&mut self) -> T {
        T::ALL[self.below(T::ALL.len())]
    }

    fn set<T: ClosedSet + Ord>(&mut self) -> BTreeSet<T> {
        self.some(Self::one).into_iter().collect()
    }

    fn limit(&mut self) -> LimitDays {
        LimitDays { days: self.number(), unit: self.one::<DayUnit>() }
    }

    fn day(&mut self) -> CivilDate {
        CivilDate::EPOCH.plus_days(20_000 + i32::from(self.byte()))
    }

    fn planned(&mut self) -> PlannedDates {
        PlannedDates { from: self.maybe(Self::day), until: self.maybe(Self::day) }
    }

    fn body(&mut self) -> CreditCode {
        let codes = ["11511301008778183N", "115113010833722043"];
        codes[self.below(2)].parse().unwrap()
    }

    fn unit(&mut self) -> UnitId {
        ["370800", "370811", "370811002", "370811002001"][self.below(4)].parse().unwrap()
    }

    fn sample(&mut self) -> ContentHash {
        ContentHash([self.byte(); 32])
    }

    pub(in crate::catalogue) fn draft(&mut self) -> CatalogueDraft {
        let count = self.below(4);
        let matters: Vec<Matter> = (0..count).map(|at| self.matter(at)).collect();
        let mut draft = CatalogueDraft { matters, ..CatalogueDraft::default() };
        for matter in &draft.matters {
            for unit in ["370800", "370811", "370811002001"] {
                if self.yes() {
                    let unit: UnitId = unit.parse().unwrap();
                    let entry = self.entry(matter, unit);
                    draft.entries.entry(unit).or_default().push(entry);
                }
            }
        }
        let days = [("2026-01-01", "holiday"), ("2026-01-04", "workday"), ("2027-02-05", "holiday")];
        let taken: Vec<_> = days.into_iter().filter(|_| self.yes()).collect();
        let rows = taken.iter().map(|(date, kind)| (1, [*date, *kind, "元旦"]));
        draft.calendar = WorkCalendar::from_rows(rows).0;
        draft
    }

    fn matter(&mut self, at: usize) -> Matter {
        Matter {
            code: format!("M-{at}").parse().unwrap(),
            name: self.text(),
            main_item: self.maybe(Self::text),
            matter_type: self.one(),
            department: self.text(),
            statutory_limit: self.limit(),
            promised_limit: self.limit(),
            materials: self.some(Self::material),
            intake: self.one(),
            patience_seconds: u32::from(self.number()) * 65_537,
            synthetic: self.yes(),
            claims: ClaimRule {
                repeatable: self.yes(),
                object_fields: self.lines(),
                home: self.one(),
                kept_when_granted: self.yes(),
            },
            guide: self.guide(),
        }
    }

    fn material(&mut self) -> MatterMaterial {
        MatterMaterial {
            name: self.text(),
            necessity: self.one(),
            source: self.one(),
            issuer: self.note(),
            issued_when: self.note(),
            how_to_get: self.note(),
            where_to_get: self.note(),
            use_note: self.note(),
            basis: self.note(),
            originals: self.byte(),
            copies: self.byte(),
            electronic: self.yes(),
            sample_file: self.note(),
            sample: self.maybe(Self::sample),
        }
    }

    fn guide(&mut self) -> Guide {
        Guide {
            case_kind: self.maybe(Self::one),
            bases: self.some(|dice| LegalBasis {
                level: dice.one(),
                title: dice.text(),
                document_number: dice.note(),
                article: dice.note(),
                text: dice.note(),
            }),
            statutory_note: self.note(),
            promised_note: self.note(),
            conditions: self.some(|dice| Condition { text: dice.text(), basis: dice.note() }),
            flow: self.some(|dice| FlowStep {
                name: dice.text(),
                kind: dice.one(),
                department: dice.note(),
                post: dice.note(),
                part: dice.one(),
                limit: dice.maybe(Self::limit),
                after: dice.lines(),
                standard: dice.note(),
            }),
            fees: self.some(|dice| Fee {
                item: dice.text(),
                amount: dice.maybe(|dice| Fen(u64::from(dice.number()) * 1_001)),
                per: dice.note(),
                basis: dice.note(),
                relief: dice.note(),
            }),
            special_procedures: self.some(|dice| SpecialProcedure {
                kind: dice.one(),
                basis: dice.note(),
                limit: dice.maybe(Self::limit),
            }),
            intermediary_services: self.some(|dice| IntermediaryService { name: dice.text(), basis: dice.note() }),
            quantity_limit: self.maybe(|dice| QuantityLimit { most: u32::from(dice.number()), rule: dice.note() }),
            results: self.some(|dice| ResultPaper {
                name: dice.text(),
                kind: dice.one(),
                sample_file: dice.note(),
                sample: dice.maybe(Self::sample),
                valid_months: dice.maybe(Self::number),
            }),
            service_objects: self.set(),
            topics: self.some(|dice| ServiceTopic { audience: dice.one(), name: dice.text(), code: dice.note() }),
            cross_region: self.maybe(Self::one),
            visits: self.maybe(|dice| Visits { most: dice.byte(), why: dice.note() }),
            contact_ways: self.set(),
            questions: self.some(|dice| CommonQuestion { question: dice.text(), answer: dice.text() }),
            planned: self.planned(),
            cards: self.maybe(|dice| CardRule {
                warning_days_before: dice.number(),
                yellow_days_before: dice.number(),
                red_days_after: dice.number(),
            }),
            ratings: self.maybe(|dice| RatingRule {
                call_back_working_days: dice.number(),
                rectify_working_days: dice.number(),
            }),
            commitment: self.maybe(|dice| CommitmentRule {
                materials: dice.lines().into_iter().chain(["证明".to_owned()]).collect(),
                check: dice.limit(),
                basis: dice.text(),
                barred_days: dice.number(),
            }),
        }
    }

    fn entry(&mut self, matter: &Matter, unit: UnitId) -> Entry {
        let body = self.body();
        Entry {
            matter: matter.code.clone(),
            unit,
            implementation_code: format!("{body}4{}", matter.code).parse().unwrap(),
            body,
            body_name: self.text(),
            same_authority: self.yes(),
            exercise: self.text(),
            power: PowerSource {
                law: self.text(),
                list_entry: self.text(),
                instrument: self.text(),
                post: self.text(),
            },
            claim_before_acceptance: self.yes(),
            particulars: self.particulars(),
        }
    }

    fn particulars(&mut self) -> Particulars {
        Particulars {
            service_item_code: self.maybe(|dice| format!("{}451201200201207", dice.body()).parse().unwrap()),
            tier: self.maybe(Self::one),
            division_of_power: self.note(),
            body_nature: self.maybe(Self::one),
            vertical: self.yes(),
            handling_organ: self.maybe(|dice| HandlingOrgan { name: dice.text(), code: dice.maybe(Self::body) }),
            joint_bodies: self.some(|dice| JointBody {
                name: dice.text(),
                code: dice.maybe(Self::body),
                part: dice.one(),
            }),
            jurisdiction: self.some(Self::unit).into_iter().collect(),
            promised_limit: self.maybe(Self::limit),
            posts: self.some(|dice| StepPost { step: dice.text(), department: dice.note(), post: dice.note() }),
            delegations: self.some(|dice| Delegation {
                to_unit: dice.unit(),
                to_nature: dice.one(),
                to_name: dice.text(),
                to_code: dice.maybe(Self::body),
                basis: dice.note(),
                instrument: dice.note(),
                scope: dice.note(),
                from: dice.maybe(Self::day),
                until: dice.maybe(Self::day),
            }),
            review: self.maybe(|dice| Review { limit: dice.limit(), basis: dice.text() }),
            own_list: self.maybe(|dice| OwnList {
                // One field at least: where nothing is said, there is no such list.
                name: dice.text(),
                basic_code: dice.note(),
                matter_type: dice.maybe(Self::one),
                bases: dice.lines(),
            }),
            planned: self.planned(),
            service: self.service(),
        }
    }

    fn service(&mut self) -> Service {
        let telephones = ["12345", "0537-2345678转801", "(0537)2345678"];
        Service {
            forms: self.set(),
            appointment: self.yes(),
            online_payment: self.yes(),
            courier_delivery: self.yes(),
            online_address: self
                .maybe(|dice| ["https://a.example/b;c", "http://例.example"][dice.below(2)].parse().unwrap()),
            system_tier: self.maybe(Self::one),
            places: self.some(|dice| ServicePlace { name: dice.text(), address: dice.note(), hours: dice.note() }),
            enquiry_telephones: self.some(|dice| telephones[dice.below(3)].parse().unwrap()),
            supervision_telephones: self.some(|dice| telephones[dice.below(3)].parse().unwrap()),
        }
    }
}
