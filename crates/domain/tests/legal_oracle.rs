//! Random timelines, reckoned here and by an oracle in Python that has its own days and its own arithmetic (`tests/oracle`).
//!
//! `cargo xtask oracle --timelines N --seed S` sets the oracle up and runs any number; `cargo xtask test` runs 20,000.
#![expect(clippy::print_stdout, reason = "says what was compared: the record of a long run")]

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;

use domain::calendar::WorkCalendar;
use domain::case::{DayUnit, Intake};
use domain::catalogue::LimitDays;
use domain::identifiers::CreditCode;
use domain::legal::{
    Act, Approver, CitedRule, CutOff, Extension, LegalRegime, Organs, Procedure, RULES, Rule, StopNotice, Terms,
    Timeline,
};
use domain::time::{CivilDate, Timestamp};
use serde_json::{Value, json};

/// Timelines that one oracle process answers.
const BATCH: u64 = 2_000;
const MOST_COMPARED_WITHOUT_WISH: u64 = 20_000;

/// One timeline's draws: SplitMix64 (Steele, Lea, Flood 2014). One stream per timeline, so that each can be made alone.
struct Draw(u64);

impl Draw {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    fn is(&mut self, of_hundred: u64) -> bool {
        self.below(100) < of_hundred
    }

    fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len() as u64) as usize]
    }

    fn days(&mut self, most: u64) -> LimitDays {
        LimitDays { days: self.below(most + 1) as u16, unit: self.unit() }
    }

    fn unit(&mut self) -> DayUnit {
        if self.is(75) { DayUnit::Working } else { DayUnit::Calendar }
    }
}

struct Made {
    published_until: i16,
    own: BTreeMap<CreditCode, BTreeMap<CivilDate, &'static str>>,
    terms: Terms,
    contact: Timestamp,
    acts: Vec<Act>,
    today: CivilDate,
}

fn organ(place: &str) -> CreditCode {
    domain::catalogue::rules::body(place.parse().unwrap(), "行政审批服务局").unwrap()
}

const KINDS: [Procedure; 9] = [
    Procedure::Hearing,
    Procedure::Tender,
    Procedure::Auction,
    Procedure::Inspection,
    Procedure::Testing,
    Procedure::Quarantine,
    Procedure::Appraisal,
    Procedure::ExpertReview,
    Procedure::SiteCheck,
];

fn terms(draw: &mut Draw, organs: &[CreditCode]) -> Terms {
    let regime = if draw.is(65) {
        LegalRegime::Licence
    } else {
        let mut rules = Vec::new();
        for row in RULES.iter().filter(|row| row.rule != Rule::RenewalAsked) {
            if draw.is(70) {
                let by = draw.one(&[Approver::OrganHead, Approver::GovernmentHead]);
                let extension = draw.is(50).then(|| Extension { days: 1 + draw.below(20) as u16, by });
                rules.push(CitedRule { rule: row.rule, limit: draw.days(60), extension, basis: "条例".to_owned() });
            }
        }
        let stops = KINDS.into_iter().filter(|kind| *kind != Procedure::SiteCheck && draw.is(60)).collect();
        LegalRegime::Cited { rules, stops, deemed: draw.is(40) }
    };
    Terms {
        regime,
        intake: if draw.is(75) { Intake::ForAuthority } else { Intake::Courier },
        organ: organs[0].clone(),
        cut_off: draw.is(40).then(|| CutOff { minutes: 900 + draw.below(300) as u16 }),
        joint: draw.is(20),
        reviews: draw.one(&[0, 0, 0, 1, 2]),
        review: None,
        site_check: draw.is(30).then(|| "消防法".to_owned()),
        promised: draw.is(60).then(|| draw.days(20)),
        decision: None,
    }
}

fn make(seed: u64, number: u64) -> Made {
    let mut draw = Draw(seed.wrapping_mul(0xD134_2543_DE82_EF95).wrapping_add(number));
    draw.next();
    let organs = ["370800", "370811", "370826"].map(organ);
    let first: CivilDate = "2020-01-02".parse().unwrap();
    let contact_day = first.plus_days(draw.below(2540) as i32);
    let mut own = BTreeMap::new();
    for organ in &organs {
        let mut days = BTreeMap::new();
        while draw.is(60) {
            let day = contact_day.plus_days(draw.below(120) as i32);
            days.insert(day, if day.is_weekend() && draw.is(70) { "workday" } else { "holiday" });
        }
        own.insert(organ.clone(), days);
    }
    let terms = terms(&mut draw, &organs);
    let millis = |draw: &mut Draw, day: CivilDate| day.begins_at().plus_millis(draw.below(86_400_000) as i64);
    let contact = millis(&mut draw, contact_day);
    let published_until =
        if draw.is(40) { 2027 } else { (contact_day.year() + draw.below(2) as i16).clamp(2020, 2027) };
    let (mut acts, mut day) = (Vec::new(), contact_day);
    // A likely way, with whatever else may be tried in between.
    let mut way = vec![];
    if terms.intake == Intake::Courier {
        way.push(0);
    }
    if draw.is(20) {
        way.push(1);
    }
    if draw.is(35) {
        way.extend([3, 4]);
    }
    if draw.is(80) {
        way.push(5);
    }
    let middle: Vec<u64> = (0..draw.below(7)).map(|_| draw.one(&[2, 7, 7, 7, 8, 9, 10, 10, 13, 14, 15])).collect();
    way.extend(middle);
    for _ in 0..terms.reviews {
        way.extend([11, 12]);
        way.extend((0..draw.below(3)).map(|_| draw.one(&[7, 9, 10])));
    }
    if draw.is(70) {
        way.extend([16, 17]);
    }
    for step in way {
        let step = if draw.is(6) { draw.below(18) } else { step };
        day = day.plus_days(match draw.below(20) {
            0 => -1,
            1..8 => 0,
            8..15 => draw.below(4) as i32,
            15..19 => draw.below(15) as i32,
            _ => draw.below(60) as i32,
        });
        let told = |draw: &mut Draw| draw.is(96).then(|| draw.days(20));
        let reason = |draw: &mut Draw| if draw.is(95) { "需要".to_owned() } else { " ".to_owned() };
        let to = organs[draw.below(3) as usize].clone();
        acts.push(match step {
            0 => Act::Arrived { at: millis(&mut draw, day) },
            1 => Act::Redirected { at: millis(&mut draw, day), to },
            2 => {
                let left = day;
                day = day.plus_days(draw.below(5) as i32 - i32::from(draw.is(3)));
                Act::Moved { left, arrived: day, to }
            }
            3 => Act::GapsTold { on: day },
            4 => Act::Supplemented { at: millis(&mut draw, day) },
            5 => Act::Accepted { on: day },
            6 => Act::NotAccepted { on: day },
            7 => {
                let kind = draw.is(96).then(|| draw.one(&KINDS));
                Act::Stopped { on: day, notice: StopNotice { kind, basis: reason(&mut draw), told: told(&mut draw) } }
            }
            8 => Act::Prolonged { on: day, reason: reason(&mut draw), told: told(&mut draw) },
            9 => Act::Resumed { on: day },
            10 => {
                let days = if draw.is(80) { 1 + draw.below(10) } else { draw.below(20) } as u16;
                let by = if terms.joint != draw.is(10) { Approver::GovernmentHead } else { Approver::OrganHead };
                Act::Extended { on: day, days, by, reason: reason(&mut draw) }
            }
            11 => Act::SentUp { on: day },
            12 => Act::CameUp { on: day, to },
            13 => Act::HearingOffered { on: day },
            14 => Act::HearingAsked { on: day },
            15 => Act::HearingSet { on: day, held: day.plus_days(draw.below(45) as i32) },
            16 => Act::Decided { on: day },
            _ => Act::Delivered { on: day },
        });
    }
    let today = day.plus_days(draw.below(50) as i32);
    Made { published_until, own, terms, contact, acts, today }
}

fn answer(made: &Made, official: &WorkCalendar, met: &mut BTreeMap<String, u64>) -> Value {
    let national = official.before_publication_of(made.published_until);
    let own_days = |days: &BTreeMap<CivilDate, &str>| {
        let rows: String = days.iter().map(|(day, kind)| format!("{day},{kind},Own\n")).collect();
        WorkCalendar::from_csv(format!("date,kind,holiday\n{rows}").as_bytes()).0
    };
    let own = made.own.iter().map(|(organ, days)| (organ.clone(), national.with_own(&own_days(days)))).collect();
    let organs = Organs { national: national.into(), own };
    let mut timeline = Timeline::begin(made.terms.clone(), &organs, made.contact);
    let mut outcomes = Vec::new();
    for act in &made.acts {
        let outcome = timeline.record(act).map_or_else(|refusal| refusal.code(), |()| "done");
        *met.entry(outcome.to_owned()).or_default() += 1;
        outcomes.push(outcome);
    }
    let clocks = timeline.clocks(made.today);
    let limits: Vec<Value> = clocks
        .limits
        .iter()
        .map(|shown| {
            let due = shown.reckoned.due;
            *met.entry(format!("{:?}", shown.rule)).or_default() += 1;
            *met.entry(if due.is_provisional() { "a range" } else { "a date" }.to_owned()).or_default() += 1;
            json!([shown.rule, shown.from, due.earliest, due.latest, shown.left])
        })
        .collect();
    json!({ "waited": clocks.waited, "limits": limits, "outcomes": outcomes })
}

fn wish(name: &str, otherwise: u64) -> u64 {
    let text = std::env::var(name);
    text.map_or(otherwise, |text| text.parse().unwrap_or_else(|_| panic!("{name} is no number: {text:?}")))
}

/// The oracle's own Python, which `cargo xtask oracle` sets up.
fn python() -> PathBuf {
    let named = std::env::var_os("TONGBAN_ORACLE_PYTHON").map(PathBuf::from);
    let cache = || {
        let cache = std::env::var_os("XDG_CACHE_HOME").filter(|folder| !folder.is_empty()).map(PathBuf::from);
        let folder = cache.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache")))?;
        Some(folder.join("tongban/oracle/bin/python"))
    };
    let python = named.or_else(cache).expect("HOME or TONGBAN_ORACLE_PYTHON is set");
    assert!(python.is_file(), "{} is not there: `cargo xtask oracle` sets the oracle up", python.display());
    python
}

fn compare(python: &Path, seed: u64, numbers: std::ops::Range<u64>, met: &Mutex<BTreeMap<String, u64>>) {
    let official = WorkCalendar::from_csv(domain::sample::WORKDAYS).0;
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/oracle/oracle.py");
    let mut oracle = Command::new(python)
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the oracle's Python starts");
    let mut ours = Vec::new();
    let mut lines = String::new();
    let mut here = BTreeMap::new();
    for number in numbers.clone() {
        let made = make(seed, number);
        let request = json!({ "published_until": made.published_until, "own": made.own, "terms": made.terms,
            "contact": made.contact, "acts": made.acts, "today": made.today });
        lines += &format!("{request}\n");
        ours.push((request, answer(&made, &official, &mut here)));
    }
    let mut input = oracle.stdin.take().expect("piped");
    let answers = BufReader::new(oracle.stdout.take().expect("piped"));
    std::thread::scope(|scope| {
        // Apart, since the oracle answers while it is still told: two full pipes would wait for each other.
        // A comparison that fails ends the reading; it tells why itself.
        scope.spawn(move || drop(input.write_all(lines.as_bytes())));
        let mut answers = answers.lines();
        for (number, (request, ours)) in numbers.zip(&ours) {
            let line = answers.next().expect("the oracle answers every timeline").expect("the oracle writes text");
            let theirs: Value = serde_json::from_str(&line).expect("the oracle writes JSON");
            assert!(*ours == theirs, "seed {seed}, timeline {number}:\n{request}\nours   {ours}\noracle {theirs}");
        }
    });
    assert!(oracle.wait().expect("the oracle ends").success());
    let mut met = met.lock().expect("no other thread failed while it held this");
    here.into_iter().for_each(|(what, times)| *met.entry(what).or_default() += times);
}

#[test]
fn the_oracle_agrees_on_random_timelines() {
    let (timelines, seed) = (wish("TONGBAN_TIMELINES", MOST_COMPARED_WITHOUT_WISH), wish("TONGBAN_SEED", 1));
    let python = python();
    let met = Mutex::new(BTreeMap::new());
    let next = Mutex::new(0);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let first = {
                        let mut next = next.lock().expect("nothing fails while it is held");
                        let first = *next;
                        *next = first + BATCH;
                        first
                    };
                    if first >= timelines {
                        break;
                    }
                    compare(&python, seed, first..timelines.min(first + BATCH), &met);
                }
            });
        }
    });
    let met = met.into_inner().expect("the threads have ended");
    println!("{timelines} timelines of seed {seed}, each answered alike; met: {met:#?}");
    // Enough of them meet every refusal and every rule; else the comparison proves less than it says.
    if timelines >= MOST_COMPARED_WITHOUT_WISH {
        let refusals = domain::codes::CODES.iter().filter(|row| row.code.starts_with("legal.") && row.status.is_some());
        let rules = RULES.iter().map(|row| row.rule).chain([Rule::Promised]);
        let rules = rules.filter(|rule| !matches!(rule, Rule::RenewalAsked | Rule::HearingNotice));
        let wanted = refusals.map(|row| row.code.to_owned()).chain(rules.map(|rule| format!("{rule:?}")));
        let missing: Vec<String> = wanted.filter(|what| !met.contains_key(what)).collect();
        assert_eq!(missing, Vec::<String>::new(), "never met");
    }
}
