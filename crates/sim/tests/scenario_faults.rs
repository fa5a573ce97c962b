//! What is said about files that are no scenarios: every message as a person reads it (tests/snapshots).

use std::fmt::Write as _;
use std::path::Path;

use domain::division::DivisionTree;
use sim::scenario::{MOST_BYTES, load, read};

fn tree() -> DivisionTree {
    DivisionTree::from_csv(domain::sample::DIVISIONS).0
}

/// A good file but for what is put in.
fn file(world: &str, steps: &str, expect: &str) -> String {
    format!(
        "title = \"T\"\nintent = \"I\"\nstart = \"2026-03-02 09:00\"\nsteps = [\n{steps}\n]\nexpect = [\n{expect}\n]\n[world]\n{world}\n"
    )
}

const WORLD: &str = "units = { city = \"济宁市\", county = \"济宁市/任城区\", township = \"任城区/许庄街道\", village = \"370811002001\" }\nvoters = { city = 3 }";

fn steps(steps: &str) -> String {
    file(WORLD, steps, "")
}

fn expect(expect: &str) -> String {
    file(WORLD, "{ submit = \"shop\", to = \"village\" },", expect)
}

fn world(world: &str) -> String {
    file(world, "", "")
}

#[test]
fn every_fault_is_told_with_its_place_and_how_to_mend_it() {
    let submit = "{ at = \"+1s\", submit = \"shop\", to = \"village\" },\n";
    let rows: Vec<(&str, String)> = vec![
        ("empty", String::new()),
        ("not TOML", steps("{ at = +10s },")),
        ("a table that is no table", "title = \"T\"\nintent = \"I\"\nstart = \"2026-03-02 09:00\"\nworld = 3\n".into()),
        ("unknown key of the file", format!("titel = \"T\"\n{}", steps(""))),
        ("unknown division", world("units = { city = \"济宁市\", county = \"任城曲\" }")),
        ("ambiguous name", world("units = { city = \"济宁市\", village = \"东村村委会\" }")),
        ("nobody above", world("units = { city = \"济宁市\", village = \"370811002001\" }")),
        ("two names for one", world("units = { city = \"济宁市\", town = \"370800\" }")),
        ("no units", world("units = { }")),
        ("bad name", world("units = { all = \"济宁市\" }")),
        ("no voters", world("units = { city = \"济宁市\" }\nvoters = { city = 0 }")),
        ("too many voters", world("units = { city = \"济宁市\" }\nvoters = { city = 8 }")),
        ("voters of nobody", world("units = { city = \"济宁市\" }\nvoters = { citty = 3 }")),
        ("a wall time", steps("").replace("2026-03-02 09:00", "yesterday")),
        ("a date", steps("").replace("\"2026-03-02 09:00\"", "2026-03-02")),
        ("unknown step", steps("{ at = \"+1s\", sbumit = \"shop\", to = \"village\" },")),
        ("step without a word", steps("{ at = \"+1s\" },")),
        ("two words", steps("{ at = \"+1s\", cut = \"county\", heal = \"all\" },")),
        ("key of another step", steps("{ at = \"+1s\", cut = \"county\", when = \"prepared\" },")),
        ("answer of a fault", steps("{ at = \"+1s\", cut = \"county\", answer = \"done\" },")),
        ("missing key", steps("{ at = \"+1s\", submit = \"shop\" },")),
        ("unknown unit", steps("{ at = \"+1s\", cut = \"conty\" },")),
        ("text wanted", steps("{ at = 10, cut = \"county\" },")),
        ("span", steps("{ at = \"+10\", cut = \"county\" },")),
        ("unknown moment", steps("{ at = \"+1s\", crash = \"city\", when = \"prepard\" },")),
        ("unknown forgery", steps("{ at = \"+1s\", forge-mail = \"city\", to = \"county\", how = \"alterd\" },")),
        ("unknown disk fault", steps("{ at = \"+1s\", disk = \"city\", fault = \"broken\" },")),
        ("unknown required fault", format!("require = {{ faults = [\"cutt\"] }}\n{}", steps(""))),
        ("unknown invariant", format!("always = [\"I17\"]\n{}", steps(""))),
        (
            "unknown answer",
            steps(&format!("{submit}{{ accept = \"shop\", by = \"county\", answer = \"case.unknwon\" }},")),
        ),
        ("before the world", steps("{ at = \"08:00\", cut = \"county\" },")),
        ("negative", steps("{ at = \"-10s\", cut = \"county\" },")),
        ("backwards", steps("{ at = \"12:00\", cut = \"county\" },\n{ at = \"11:00\", heal = \"all\" },")),
        (
            "during an advance",
            steps("{ at = \"+1s\", advance = \"3d\" },\n{ at = \"day 2 09:00\", cut = \"county\" },"),
        ),
        ("unknown case", steps(&format!("{submit}{{ at = \"+1s\", accept = \"shpo\", by = \"county\" }},"))),
        ("case too early", steps(&format!("{{ accept = \"shop\", by = \"county\" }},\n{submit}"))),
        ("two with one label", steps(&format!("{submit}{submit}"))),
        ("heal of nothing", steps("{ at = \"+1s\", heal = \"all\" },")),
        ("heal of another", steps("{ cut = \"county\" },\n{ at = \"+1s\", heal = \"township\" },")),
        (
            "heal twice",
            steps("{ cut = \"county\" },\n{ at = \"+1s\", heal = \"county\" },\n{ at = \"+1s\", heal = \"all\" },"),
        ),
        ("restart of what runs", steps("{ at = \"+1s\", restart = \"city\" },")),
        ("restart of a leader", steps("{ crash = \"city/leader\" },\n{ at = \"+1s\", restart = \"city/leader\" },")),
        ("wiped while it runs", steps("{ at = \"+1s\", wipe = \"city/2\" },")),
        ("mended without a fault", steps("{ at = \"+1s\", disk = \"city\", fault = \"mended\" },")),
        ("no such replica", steps("{ at = \"+1s\", crash = \"city/4\" },")),
        ("one way of one", steps("{ at = \"+1s\", cut = \"county\", one-way = true },")),
        ("three to cut", steps("{ at = \"+1s\", cut = [\"city\", \"county\", \"village\"] },")),
        ("twice the same", steps("{ at = \"+1s\", cut = [\"county\", \"county\"] },")),
        ("a clock in two ways", steps("{ clock = \"city\", offset = \"+1d\", set = \"1970-01-01 08:00\" },")),
        (
            "denied without reasons",
            steps(&format!("{submit}{{ decide = \"shop\", by = \"county\", as = \"denied\" }},")),
        ),
        ("expectation without a word", expect("{ within = \"2m\" },")),
        ("expectation of nothing", expect("{ within = \"2m\", case = \"shop\" },")),
        ("expectation outside the world", expect("{ unit = \"conty\", backlog = 0 },")),
        ("expectation of an unknown case", expect("{ case = \"sohp\", stage = \"received\" },")),
        ("unknown stage", expect("{ case = \"shop\", stage = \"acepted\" },")),
        ("role of nobody", expect("{ case = \"shop\", role = \"gone\" },")),
        (
            "several at once",
            steps(
                "{ at = \"+1s\", cut = \"conty\" },\n{ at = \"+x\", heall = \"all\" },\n{ submit = 3, to = \"vilage\" },",
            ),
        ),
    ];
    let tree = tree();
    let mut told = String::new();
    for (name, text) in rows {
        let faults = read(Path::new("scenarios/a.toml"), text, &tree).expect_err(name);
        writeln!(told, "=== {name}").unwrap();
        for fault in faults {
            assert!(domain::codes::find(fault.code()).is_some(), "{} is not documented", fault.code());
            writeln!(told, "{fault}\n").unwrap();
        }
    }
    insta::assert_snapshot!(told);
}

#[test]
fn junk_of_any_size_gets_one_clear_error() {
    let tree = tree();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("junk.toml");
    let code = |text: Vec<u8>| {
        std::fs::write(&path, text).unwrap();
        let faults = load(&path, &tree).unwrap_err();
        assert_eq!(faults.len(), 1, "{faults:?}");
        let message = faults[0].to_string();
        assert!(message.len() < 8_000, "{} bytes of message", message.len());
        faults[0].code()
    };
    let junk = |length: usize| (0..length).map(|at| (at * 7919 % 251) as u8).collect::<Vec<_>>();
    assert_eq!(code(junk(1000)), "scenario.file");
    assert_eq!(code(vec![b'['; 1_000_000]), "scenario.syntax");
    assert_eq!(code(vec![b'x'; 1_000_000]), "scenario.syntax");
    assert_eq!(code("哈".repeat(300_000).into_bytes()), "scenario.syntax");
    assert_eq!(code(vec![0; 1_000_000]), "scenario.syntax");
    assert_eq!(code(vec![b' '; 100 * 1024 * 1024]), "scenario.too_large");
    assert_eq!(code(junk(MOST_BYTES as usize + 1)), "scenario.too_large");
    std::fs::remove_file(&path).unwrap();
    assert_eq!(load(&path, &tree).unwrap_err()[0].code(), "scenario.file");
    let deep = format!("title = {}", "[".repeat(100_000));
    assert_eq!(read(&path, deep, &tree).unwrap_err()[0].code(), "scenario.syntax");
}

#[test]
fn a_step_that_cannot_be_read_is_told_once_and_not_with_all_that_uses_its_case() {
    let text = steps(
        "{ at = \"+1s\", submit = \"stall\", to = \"vilage\", applicant = \"Li\" },\n\
         { at = \"+9s\", accept = \"stall\", by = \"county\" },\n{ at = \"+9s\", deliver = \"stall\", by = \"village\" },",
    );
    let codes: Vec<_> =
        read(Path::new("a.toml"), text, &tree()).unwrap_err().iter().map(|fault| fault.code()).collect();
    assert_eq!(codes, ["scenario.unit_unknown"]);
}
