//! A run of realistic size, made by hand: three cases, a cut, a crash, a broken invariant, words that must be escaped.

use std::collections::BTreeMap;

use domain::digest::ContentHash;
use domain::division::Tier;
use domain::ids::UnitId;
use domain::time::{CivilDate, Timestamp};
use sim::play::{Band, CasePath, Checked, Counts, Held, Judged, Line, Played, PlayedUnit, Verdict};
use sim::scenario::{FaultKind, Fidelity};

fn unit(code: &str) -> UnitId {
    code.parse().unwrap()
}

/// So many seconds after nine o'clock.
fn at(seconds: i64) -> Timestamp {
    CivilDate::new(2026, 3, 2).unwrap().begins_at().plus_millis(9 * 3_600_000 + seconds * 1000)
}

const DAY: i64 = 86_400;

fn held(code: &str, role: &str, attempt: u32, from: i64, to: i64) -> Held {
    Held { unit: unit(code), role: role.into(), attempt, from: at(from), to: at(to) }
}

fn line(seconds: i64, who: &str, what: &str, case: Option<&str>) -> Line {
    Line { at: at(seconds), who: who.into(), what: what.into(), case: case.map(str::to_owned) }
}

fn case(label: &str, number: &str, stage: &str, held: Vec<Held>) -> CasePath {
    CasePath {
        label: label.into(),
        number: number.into(),
        happenings: held
            .iter()
            .map(|held| Line {
                at: held.from,
                who: held.unit.to_string(),
                what: format!("{} since then", held.role),
                case: Some(label.into()),
            })
            .collect(),
        held,
        clocks: vec!["decision due 2026-03-30: 20 working days from 2026-03-02".into()],
        stage: stage.into(),
    }
}

/// The run; broken and failed where `failing`.
pub(crate) fn played(failing: bool) -> Played {
    let (city, county, village) = ("370800", "370811", "370811002001");
    let end = DAY + 300;
    let place = |code: &str, alias: &str, name: &str, tier, voters| PlayedUnit {
        unit: unit(code),
        alias: alias.into(),
        name: name.into(),
        tier,
        voters,
    };
    let invariants = sim::invariants::meanings().into_iter().map(|(id, meaning)| Judged {
        id: id.into(),
        meaning: meaning.into(),
        looked: 412,
        verdict: match id {
            "I1" if failing => Verdict::Broken {
                at: at(75),
                what: "case stall: county is owner of attempt 2, city is owner of attempt 2".into(),
            },
            "I10" | "I13" => Verdict::NotYet { issue: "mirrors and papers".into() },
            _ => Verdict::Held,
        },
    });
    let mut lines: Vec<Line> = (0..60).map(|n| line(n * 5, "county", &format!("applied command {n}"), None)).collect();
    lines.push(line(30, "fault", "county cut off from city <both ways> & \"quoted\"", None));
    lines.push(line(end, "world", "the end", None));
    lines.sort_by_key(|line| line.at);
    Played {
        title: "County cut off from the city for a day <b>&".into(),
        intent: "Both go on with what they own; after healing all is consistent and nothing is missing.".into(),
        file: Some("scenarios/cut-off/county-cut-off-from-the-city-for-a-day.toml".into()),
        fidelity: Fidelity::Consensus,
        seed: 7,
        replay: "tongban scenario replay scenarios/cut-off/county-cut-off-from-the-city-for-a-day.toml --fidelity consensus --seed 7".into(),
        started: at(0),
        ended: at(end),
        units: vec![
            place(city, "city", "济宁市", Tier::City, 3),
            place(county, "county", "济宁市/任城区", Tier::County, 1),
            place("370811002", "township", "济宁市/任城区/许庄街道", Tier::Township, 1),
            place(village, "village", "济宁市/任城区/许庄街道/航运新村居委会", Tier::Village, 1),
        ],
        lines,
        bands: vec![
            Band { kind: FaultKind::Cut, what: "county cut off from city".into(), units: vec![unit(city), unit(county)], from: at(30), to: at(DAY + 60) },
            Band { kind: FaultKind::Crash, what: "city/2 down".into(), units: vec![unit(city)], from: at(50), to: at(80) },
            Band { kind: FaultKind::Loss, what: "5 % of all messages lost".into(), units: vec![], from: at(DAY + 40), to: at(DAY + 90) },
        ],
        cases: vec![
            case("shop", "370811002001-260302-A-00001-7", "closed", vec![
                held(village, "owner", 1, 2, 3), held(village, "offering", 1, 3, 8), held(county, "offered", 1, 5, 6),
                held(county, "prepared", 1, 6, 9), held(county, "owner", 2, 9, DAY + 70), held(village, "gone", 2, 8, DAY + 70),
                held(county, "offering", 2, DAY + 70, DAY + 75), held(village, "owner", 3, DAY + 76, end),
            ]),
            case("bridge", "370800000000-260302-A-00001-1", "accepted", vec![held(city, "owner", 1, 20, end)]),
            case("stall", "370811002001-260302-A-00002-5", "received", vec![
                held(village, "owner", 1, 40, 41), held(village, "offering", 1, 41, 61), held(county, "prepared", 1, 43, 63),
                held(village, "owner", 2, 61, 62), held(village, "offering", 2, 62, 70), held(city, "prepared", 2, 64, 71), held(city, "owner", 3, 71, end),
                held(county, "dropped", 2, 63, end),
            ]),
        ],
        expectations: vec![
            Checked { line: 24, what: "within 2 min: case shop is closed at village".into(), met: Some(at(DAY + 76)), found: String::new() },
            Checked { line: 25, what: "within 1 min: case stall is received at county".into(), met: (!failing).then(|| at(DAY + 80)), found: "owned by city, received".into() },
        ],
        invariants: invariants.collect(),
        faults: BTreeMap::from([(FaultKind::Cut, 38), (FaultKind::Crash, 1), (FaultKind::Advance, 1)]),
        skipped: if failing { vec!["line 14: a disk cannot rot at fidelity core".into()] } else { vec![] },
        counts: Counts { commands: 58, cases: 3, mail: 41, answered: 12, unknown: 1 },
        trace: ContentHash::of_bytes("trace", b"sample"),
        failures: if failing { vec!["invariant I1 broken".into(), "line 25: expectation not met".into()] } else { vec![] },
    }
}
