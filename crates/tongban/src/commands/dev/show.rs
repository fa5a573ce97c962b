//! What `tongban dev` prints, and the same for programs.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use comfy_table::{CellAlignment, Column, Table, presets};
use domain::division::Tier;
use domain::ids::UnitId;
use node::{DemoPerson, DemoRole, Ready};
use serde::Serialize;
use unit::NodeRole;

/// What is told before anything starts.
pub(super) const NOTICE: &str = "\
NOT FOR PRODUCTION: no login, demo people, all keys on this machine.\n\
仅供试用,不得用于生产:演示人员无须登录即可操作,全部密钥存放在本机。";

/// The notice in a box.
pub(super) fn notice() -> String {
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL).add_row([NOTICE]);
    table.to_string()
}

/// A step's line: seconds since the start, and what is done.
pub(super) fn step(at: Duration, what: &str) {
    println!("{:>5.1} s  {what}", at.as_secs_f64());
}

/// A unit of the running region.
#[derive(Clone, Debug, Serialize)]
pub(super) struct UnitShown {
    pub(super) unit: UnitId,
    pub(super) name: String,
    pub(super) tier: Tier,
    /// Its leader's first.
    pub(super) urls: Vec<String>,
    pub(super) nodes: Vec<NodeShown>,
    pub(super) people: Vec<PersonShown>,
}

/// A node of it.
#[derive(Clone, Debug, Serialize)]
pub(super) struct NodeShown {
    pub(super) node: u64,
    pub(super) url: String,
    pub(super) quic: String,
    pub(super) leads: bool,
}

/// Somebody who may be picked there.
#[derive(Clone, Debug, Serialize)]
pub(super) struct PersonShown {
    pub(super) name: String,
    pub(super) role: &'static str,
}

/// All of it, for programs.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Shown {
    pub(super) region: String,
    pub(super) process: u32,
    pub(super) seconds: f64,
    pub(super) folder: String,
    pub(super) units: Vec<UnitShown>,
}

/// Units from the top down, from what their nodes said.
pub(super) fn units(ready: &[(Tier, Ready)]) -> Vec<UnitShown> {
    let mut units: BTreeMap<(Tier, UnitId), UnitShown> = BTreeMap::new();
    for (tier, ready) in ready {
        let unit = units.entry((*tier, ready.unit)).or_insert_with(|| UnitShown {
            unit: ready.unit,
            name: ready.name.clone(),
            tier: *tier,
            urls: vec![],
            nodes: vec![],
            people: DemoPerson::usual(ready.unit, *tier).iter().map(person).collect(),
        });
        let url = format!("http://{}", ready.http);
        let leads = ready.role == NodeRole::Leader;
        unit.urls.insert(if leads { 0 } else { unit.urls.len() }, url.clone());
        unit.nodes.push(NodeShown { node: ready.node.0, url, quic: ready.quic.to_string(), leads });
    }
    units.into_values().collect()
}

fn person(person: &DemoPerson) -> PersonShown {
    let role = match person.role {
        DemoRole::Applicant => "applicant",
        DemoRole::Agent => "agent",
        DemoRole::Window => "window",
        DemoRole::Officer => "officer",
        DemoRole::Administrator => "administrator",
        DemoRole::Reviewer => "reviewer",
        DemoRole::Inspector => "inspector",
    };
    PersonShown { name: person.name.clone(), role }
}

/// Units, addresses and people.
pub(super) fn table(units: &[UnitShown]) -> String {
    let mut table = Table::new();
    table.load_style(presets::UTF8_HORIZONTAL_ONLY).set_header(["unit", "", "tier", "page", "people"]);
    for unit in units {
        // The applicant is the same everywhere and told once.
        let staff: Vec<&str> =
            unit.people.iter().filter(|person| person.role != "applicant").map(|person| person.name.as_str()).collect();
        table.add_row([
            unit.unit.grouped(),
            unit.name.clone(),
            unit.tier.as_str().to_owned(),
            unit.urls.join("\n"),
            staff.join("\n"),
        ]);
    }
    if let Some(tier) = table.column_mut(2) {
        Column::set_cell_alignment(tier, CellAlignment::Left);
    }
    table.to_string()
}

/// What to try first.
pub(super) fn things_to_try(folder: &Path, units: &[UnitShown]) -> String {
    let url = |code: &str| {
        let unit = units.iter().find(|unit| unit.unit.to_string().starts_with(code));
        unit.and_then(|unit| unit.urls.first().cloned()).unwrap_or_default()
    };
    let village = url("370811002001");
    let dir = if folder == Path::new("tongban-dev") { String::new() } else { format!(" --dir {}", folder.display()) };
    format!(
        "Three things to try:\n\
         1. Apply for something at the village, in a browser: {village}/\n\
         2. Find a matter, and see who decides it there and why:\n\
         \x20  tongban matter search 食品经营许可{dir}\n\
         \x20  tongban route explain 511A0005200004 --place 航运新村居委会{dir}\n\
         3. Cut the county off, apply again at the village, and watch the city take the case; then heal it:\n\
         \x20  tongban dev stop 370811{dir}\n\
         \x20  tongban dev start 370811{dir}\n\
         Ctrl-C stops everything; the next start finds its data in {}.",
        folder.display()
    )
}
