//! A region's folder: what is made, with which rights, and what is refused.

use std::fmt::Write;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use domain::division::Tier;
use node::config::Config;
use node::region::{self, InitFault, Made, Plan};
use node::{MachineClock, MachineEntropy, Membership, divisions};
use protocol::seam::Clock;

const GOOD: &str = r#"region = "jining"

[catalogue]
patience_seconds = 30

[timing]
heartbeat_milliseconds = 100
election_least_milliseconds = 300
election_most_milliseconds = 600

[[unit]]
place = "370800"
[[unit.node]]
quic = ["city-1:7400"]
http = "city-1:8400"

[[unit]]
place = "任城区"
tier = "county"
[[unit.node]]
quic = ["127.0.0.1:7404"]
http = "127.0.0.1:8404"
listen_quic = "127.0.0.1:7404"
listen_http = "127.0.0.1:8404"
data = "/var/lib/tongban"

[[unit]]
place = "任城区/许庄街道/航运新村居委会"
[[unit.node]]
quic = ["127.0.0.1:7405"]
http = "127.0.0.1:8405"
"#;

fn plan(text: &str) -> Result<Plan, node::config::ConfigFault> {
    Plan::parse(Path::new("topology.toml"), text.to_owned(), &divisions())
}

fn made(folder: &Path) -> Made {
    region::init(&plan(GOOD).unwrap(), folder, MachineClock.now(), &MachineEntropy).unwrap()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}

#[test]
fn each_node_gets_a_folder_that_its_own_program_takes() {
    let folder = tempfile::tempdir().unwrap();
    let region = folder.path().join("region");
    let made = made(&region);
    let units: Vec<_> = made.nodes.iter().map(|node| (node.unit.to_string(), node.tier, node.node.0)).collect();
    assert_eq!(
        units,
        [
            ("370800000000".to_owned(), Tier::City, 1),
            ("370811000000".to_owned(), Tier::County, 2),
            ("370811002001".to_owned(), Tier::Village, 3)
        ]
    );
    for node in &made.nodes {
        let config = Config::read(&region.join(&node.folder).join(region::NODE_FILE)).unwrap();
        assert_eq!(config.timing.heartbeat.as_millis(), 100);
        let membership = Membership::read(&config, Some(node.tier)).unwrap();
        assert_eq!((membership.peer.node, membership.peer.unit), (node.node, node.unit));
        // A village without a township that runs nodes lies under its county.
        let parent = membership.listing.parent.map(|parent| parent.to_string());
        let expected = match node.tier {
            Tier::City => None,
            Tier::County => Some("370800000000"),
            _ => Some("370811000000"),
        };
        assert_eq!(parent.as_deref(), expected);
    }
    let county = Config::read(&region.join(&made.nodes[1].folder).join(region::NODE_FILE)).unwrap();
    assert_eq!(county.data, Path::new("/var/lib/tongban"));
    assert_eq!(county.quic.to_string(), "127.0.0.1:7404");
    let city = Config::read(&region.join(&made.nodes[0].folder).join(region::NODE_FILE)).unwrap();
    assert_eq!(city.http.to_string(), "0.0.0.0:8400");
    let summary: Made = serde_json::from_str(&fs::read_to_string(region.join(region::SUMMARY)).unwrap()).unwrap();
    assert_eq!(summary, made);
    assert_eq!(summary.patience_seconds, Some(30));
}

#[test]
fn secrets_are_the_owners_alone() {
    let folder = tempfile::tempdir().unwrap();
    let region = folder.path().join("region");
    let made = made(&region);
    let files = files(&region);
    let mut secrets = 0;
    for file in &files {
        let mode = fs::metadata(file).unwrap().permissions().mode() & 0o777;
        let secret = file.extension().is_some_and(|extension| extension == "key");
        secrets += usize::from(secret);
        assert_eq!(mode, if secret { 0o600 } else { 0o644 }, "{}", file.display());
    }
    assert!(secrets > 3 * made.nodes.len(), "{files:?}");
    assert!(region.join(&made.operator).join("node.key").exists());
}

#[test]
fn nothing_is_written_over_and_nothing_half_done_stays() {
    let folder = tempfile::tempdir().unwrap();
    let region = folder.path().join("region");
    made(&region);
    let before: Vec<_> = files(&region).iter().map(|file| fs::read(file).unwrap()).collect();
    let again = region::init(&plan(GOOD).unwrap(), &region, MachineClock.now(), &MachineEntropy).unwrap_err();
    assert!(matches!(&again, InitFault::Occupied { folder, .. } if *folder == region), "{again:?}");
    assert_eq!(again.code(), "region.occupied");
    let after: Vec<_> = files(&region).iter().map(|file| fs::read(file).unwrap()).collect();
    assert!(before == after);

    let mut wrong = plan(GOOD).unwrap();
    wrong.topology.units[0].nodes[0].http = "city 1".into();
    let elsewhere = folder.path().join("elsewhere");
    let refused = region::init(&wrong, &elsewhere, MachineClock.now(), &MachineEntropy).unwrap_err();
    assert_eq!(refused.code(), "region.authority");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "only the first region is there");
}

#[test]
fn a_program_of_another_tier_and_another_nodes_settings_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let region = folder.path().join("region");
    let made = made(&region);
    let path = region.join(&made.nodes[1].folder).join(region::NODE_FILE);
    let config = Config::read(&path).unwrap();
    let wrong_tier = Membership::read(&config, Some(Tier::City)).unwrap_err();
    assert_eq!(wrong_tier.code(), "config.tier");
    let text = fs::read_to_string(&path).unwrap();
    let change = |old: &str, new: &str| {
        assert!(text.contains(old), "{text}");
        let config = Config::parse(&path, text.replace(old, new)).unwrap();
        Membership::read(&config, None).unwrap_err()
    };
    let mut transcript = format!("## wrong tier\n{wrong_tier}\n\n");
    for (what, fault) in [
        ("a node of another unit", change("node = 2", "node = 1")),
        ("a unit that is not listed", change("370811000000", "370812000000")),
        ("no such folder", change("region = \".\"", "region = \"nowhere\"")),
    ] {
        writeln!(transcript, "## {what}\n{fault}\n").unwrap();
    }
    let transcript = transcript.replace(&folder.path().display().to_string(), "TEMP");
    insta::assert_snapshot!(transcript);
}

#[test]
fn each_fault_of_a_topology_names_its_place() {
    let cases: &[(&str, &str, &str)] = &[
        ("no such place", "\"任城区\"", "\"任诚区\""),
        ("an ambiguous name", "\"任城区\"", "\"吕庄村村委会\""),
        ("the same unit twice", "\"任城区\"", "\"370800\""),
        ("a tier that is not the place's", "\"county\"", "\"township\""),
        ("no city", "\"370800\"", "\"370826\""),
        ("an even number of voters", "[catalogue]", "[catalogue]"),
        ("an address without port", "\"city-1:8400\"", "\"city-1\""),
        ("a misspelt key", "place = \"370800\"", "plaec = \"370800\""),
        ("no patience", "patience_seconds = 30", "patience_seconds = 0"),
        ("a region that is no name", "\"jining\"", "\"济宁\""),
    ];
    let mut transcript = String::new();
    for (what, old, new) in cases {
        let text = match *what {
            "an even number of voters" => GOOD.replacen(
                "http = \"city-1:8400\"",
                "http = \"city-1:8400\"\n[[unit.node]]\nquic = [\"city-2:7400\"]\nhttp = \"city-2:8400\"",
                1,
            ),
            _ => GOOD.replacen(old, new, 1),
        };
        assert_ne!(text, GOOD, "{what}");
        let fault = plan(&text).expect_err(what);
        writeln!(transcript, "## {what}\n{fault}\n").unwrap();
    }
    insta::assert_snapshot!(transcript);
}
