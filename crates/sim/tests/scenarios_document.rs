//! scenarios/schema.json and docs/scenarios-reference.md are what the reader's own table of words says, and every file of the
//! library is a scenario.
//!
//! `BLESS=1 cargo test -p sim --test scenarios_document` writes them anew (`cargo xtask bless` does).

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use domain::division::DivisionTree;
use sim::scenario::{Action, FaultKind, Fidelity, Scenario, load, reference, schema};
use unit::Handling;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn recorded(path: &str, rendered: &str) {
    let file = root().join(path);
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&file, rendered).unwrap();
    }
    let written = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(written == rendered, "{path} is not what the reader's words say: run `cargo xtask bless`");
}

#[test]
fn the_schema_is_up_to_date() {
    recorded("scenarios/schema.json", &(serde_json::to_string_pretty(&schema()).unwrap() + "\n"));
}

#[test]
fn the_reference_is_up_to_date() {
    recorded("docs/scenarios-reference.md", &reference());
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "toml") {
            found.push(path);
        }
    }
}

fn library() -> Vec<(PathBuf, Scenario)> {
    let (tree, findings) = DivisionTree::from_csv(domain::sample::DIVISIONS);
    assert_eq!(findings, []);
    let mut paths = Vec::new();
    files(&root().join("scenarios"), &mut paths);
    paths.sort();
    let mut wrong = Vec::new();
    let mut read = Vec::new();
    for path in paths {
        match load(&path, &tree) {
            Ok(scenario) => read.push((path, scenario)),
            Err(faults) => wrong.extend(faults.iter().map(ToString::to_string)),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    read
}

#[test]
fn the_library_reads_and_every_title_is_its_own() {
    let library = library();
    assert!(library.len() >= 30, "only {} scenarios", library.len());
    let titles: BTreeSet<&str> = library.iter().map(|(_, scenario)| scenario.title.as_str()).collect();
    assert_eq!(titles.len(), library.len(), "two scenarios have one title");
    for (path, scenario) in &library {
        let path = path.display();
        assert!(!scenario.expectations.is_empty(), "{path} expects nothing");
        let faults = scenario.require.faults.len() as u64;
        assert!(faults + scenario.require.commands + scenario.require.cases > 0, "{path} requires nothing to happen");
    }
}

/// Every kind of fault is demanded by some file, so that none can silently stop to fire.
#[test]
fn the_library_demands_every_kind_of_fault() {
    let demanded: BTreeSet<FaultKind> =
        library().into_iter().flat_map(|(_, scenario)| scenario.require.faults).collect();
    let missing: Vec<_> = FaultKind::ALL.iter().filter(|kind| !demanded.contains(kind)).collect();
    assert_eq!(missing, Vec::<&FaultKind>::new());
}

/// The guide's files are read as they stand there.
#[test]
fn the_files_in_the_guide_are_scenarios() {
    let text = std::fs::read_to_string(root().join("docs/scenarios.md")).unwrap();
    let (tree, _) = DivisionTree::from_csv(domain::sample::DIVISIONS);
    let blocks: Vec<&str> = text.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    let whole: Vec<&&str> = blocks.iter().filter(|block| block.starts_with("title")).collect();
    assert!(!whole.is_empty(), "the guide shows no whole file");
    for block in whole {
        let faults = sim::scenario::read(Path::new("docs/scenarios.md"), (*block).to_owned(), &tree).err();
        let told: Vec<String> = faults.into_iter().flatten().map(|fault| fault.to_string()).collect();
        assert!(told.is_empty(), "{}\n{block}", told.join("\n"));
    }
    assert!(
        text.contains(&sim::scenario::template("My first scenario")),
        "the guide shows another template than `new` writes"
    );
}

/// The journeys that the product performs end to end: name, and what somebody can check.
const JOURNEYS: [(&str, &str); 22] = [
    (
        "Find the matter",
        "plain words, pinyin or a synonym find it; the guide shows every element; a retired matter is not offered",
    ),
    ("A case in one sitting", "received, accepted, decided, its result made; the receipt has number and time"),
    ("Notice of gaps", "one notice lists all; a second is refused; none by the fifth day: accepted as of receipt"),
    ("Wrong authority", "the refusal names the right one; one act passes the application there; no duplicate"),
    (
        "Special procedure",
        "stop, resume, stop, resume; the last day equals the oracle's; a stop without kind, basis or period is refused",
    ),
    ("Extension", "once, at most the law's, approved and told"),
    (
        "Same-authority race",
        "the same application at city and county with the link cut: one live case in the end, never two decisions",
    ),
    ("County cut off from the city", "both go on with what they own; after healing all is consistent"),
    ("Owner lost for good", "two people promote the parent's mirror; late writes of the old node are refused"),
    ("Village offline for three days", "slips say received, not accepted; after reconnecting one case each"),
    (
        "Received in one county for another",
        "the decider's authority and catalogue; the result handed over where it was received",
    ),
    ("Cross-city", "the neighbour's node is down: queued, next try shown"),
    ("Theme", "one form, several matters in several departments at two tiers"),
    (
        "Accept with deficit",
        "only what may follow, asked for and signed, told once; no result before all is in; over when it never comes",
    ),
    ("Commitment", "decided on a promise, checked later, revoked when it was false"),
    ("Referral", "village, township, county, city: each hop's time apart"),
    ("Land to construction", "pre-review by stages, formal papers in one act"),
    ("Policies", "matched with reasons; never paid twice across city and county"),
    ("Ratings and cards", "to rectification, call-back and urging"),
    ("A power moves", "city to county from one date to another; old cases end under old rules"),
    ("Renewal", "decided in time, and deemed renewed when not"),
    ("A presented slip", "from a village whose disk is lost: the case with its date"),
];

/// What `tongban case` calls a step.
fn command(action: &Action) -> Option<&'static str> {
    Some(match action {
        Action::Submit(_) => "submit",
        Action::Accept { .. } => "accept",
        Action::NotAccept { .. } => "not-accept",
        Action::Decide { .. } => "decide",
        Action::Deliver { .. } => "deliver",
        Action::Withdraw { .. } => "withdraw",
        Action::TakeBack { .. } => "take-back",
        Action::Handle { handling, .. } => match handling {
            Handling::TellGaps { .. } => "gaps",
            Handling::Supplement { .. } => "supplement",
            Handling::StopClock { .. } => "stop",
            Handling::ProlongStop { .. } => "prolong",
            Handling::ResumeClock => "resume",
            Handling::ExtendLimit { .. } => "extend",
            Handling::AcceptWithDeficit { .. } => "accept-with-deficit",
            Handling::Complete { .. } => "complete",
            Handling::PassOn { .. } => "pass-on",
            Handling::AcceptOnPromise { .. } => "accept-on-promise",
            Handling::CheckPromise { .. } => "check-promise",
            Handling::Revoke { .. } => "revoke",
            Handling::SendUp { .. } => "send-up",
            Handling::DoStep { .. } => "do-step",
            Handling::StepBack { .. } => "step-back",
            Handling::TellHearing { .. } => "tell-hearing",
            Handling::AskHearing { .. } => "ask-hearing",
            Handling::SetHearing { .. } => "set-hearing",
            Handling::HoldHearing { .. } => "hold-hearing",
        },
        Action::Concern { concerning, .. } => concerning.name(),
        _ => return None,
    })
}

#[test]
fn the_journeys_are_up_to_date() {
    let library = library();
    let root = root().canonicalize().unwrap();
    let mut page = "# Journeys\n\nWhat the product performs from end to end, the scenario files that walk it, and the commands that do the same by hand. Written from \
        the files (`cargo xtask bless`). `tongban scenario run FILE` plays one; at `process` and `container` everything goes through the JSON API of real nodes. \
        No file walks a journey that has none below yet.\n"
        .to_owned();
    let mut walked = 0;
    for (number, (name, checked)) in (1u8..).zip(JOURNEYS) {
        page.push_str(&format!("\n## {number}. {name}\n\nTo see: {checked}.\n\n"));
        let files: Vec<_> = library.iter().filter(|(_, scenario)| scenario.journeys.contains(&number)).collect();
        walked += usize::from(!files.is_empty());
        if files.is_empty() {
            page.push_str("No file yet.\n");
        }
        for (path, scenario) in files {
            let path = path.canonicalize().unwrap();
            let file = path.strip_prefix(&root).unwrap().display().to_string();
            let played: Vec<&str> = scenario.fidelities.iter().copied().map(Fidelity::as_str).collect();
            let mut commands: Vec<&str> = scenario.steps.iter().filter_map(|step| command(&step.action)).collect();
            let mut seen = BTreeSet::new();
            commands.retain(|command| seen.insert(*command));
            page.push_str(&format!(
                "- [{}](../{file}) ({}): `tongban case {}`\n",
                scenario.title,
                played.join(", "),
                commands.join("|")
            ));
        }
    }
    recorded("docs/journeys.md", &page);
    assert!(walked >= 11, "{walked} journeys have a file");
}
