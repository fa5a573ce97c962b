//! Two hundred cases, a county cut off from everyone, a city leader killed between prepare and commit.
//!
//! A seed fixes how long things are let run between the steps; `TONGBAN_SEEDS=1..11` chooses those of the long run.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use domain::identifiers::CitizenNumber;
use domain::store::UnitRead;
use domain::tables::{CaseNumbers, Cases};
use futures::StreamExt;
use futures::stream;
use harness::container::image_is_built;
use harness::network::{Cut, enter_own_network};
use harness::{Form, Region, UnitSpec};
use protocol::overlay::Overlay;
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::catalogue::{Offered, publish};
use crate::logs::{Replayed, aborted_to, judge, replay};

const CITY: &str = "370800";
/// Cut off from everyone.
const COUNTY: &str = "370811";
const OTHER_COUNTY: &str = "370812";
const VILLAGES: [&str; 2] = ["370811002001", "370811002003"];
const OTHER_VILLAGES: [&str; 2] = ["370812001002", "370812001003"];
const CASES_AT_EACH: usize = 50;
const PATIENCE_SECONDS: u32 = 4;

const UNITS: [UnitSpec; 9] = [
    UnitSpec { code: CITY, nodes: 3 },
    UnitSpec { code: COUNTY, nodes: 1 },
    UnitSpec { code: OTHER_COUNTY, nodes: 1 },
    UnitSpec { code: "370811002", nodes: 1 },
    UnitSpec { code: "370812001", nodes: 1 },
    UnitSpec { code: VILLAGES[0], nodes: 1 },
    UnitSpec { code: VILLAGES[1], nodes: 1 },
    UnitSpec { code: OTHER_VILLAGES[0], nodes: 1 },
    UnitSpec { code: OTHER_VILLAGES[1], nodes: 1 },
];

#[test]
fn two_hundred_cases_survive_a_cut_county_and_a_killed_leader() {
    run(1..2);
}

#[test]
#[ignore = "many seeds: for `cargo xtask soak`"]
fn two_hundred_cases_survive_with_many_seeds() {
    run(seeds());
}

#[test]
#[ignore = "needs docker and the image of `cargo xtask image`: for `cargo xtask soak`"]
fn two_hundred_cases_survive_in_containers() {
    assert!(image_is_built(), "the image tongban:local is missing: run `cargo xtask image` first");
    tell(Form::Containers, 1..2);
}

fn run(seeds: std::ops::Range<u64>) {
    enter_own_network().unwrap();
    tell(Form::Processes, seeds);
}

fn tell(form: Form, seeds: std::ops::Range<u64>) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    for seed in seeds {
        println!("seed {seed}: TONGBAN_SEEDS={seed}..{} replays it", seed + 1);
        runtime.block_on(story(form, seed)).unwrap_or_else(|why| panic!("seed {seed}: {why:?}"));
    }
}

/// `TONGBAN_SEEDS=A..B`; ten seeds without it.
fn seeds() -> std::ops::Range<u64> {
    let asked = std::env::var("TONGBAN_SEEDS").unwrap_or_else(|_| "1..11".to_owned());
    let (from, to) = asked.split_once("..").expect("TONGBAN_SEEDS is A..B");
    from.parse().expect("a number")..to.parse().expect("a number")
}

/// Spreads the seed over the story's pauses.
struct Pauses(u64);

impl Pauses {
    async fn pause(&mut self, most_millis: u64) {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        sleep(Duration::from_millis((self.0 >> 33) % most_millis)).await;
    }
}

async fn story(form: Form, seed: u64) -> Result<()> {
    let mut pauses = Pauses(seed);
    let timing =
        "[timing]\nheartbeat_milliseconds = 100\nelection_least_milliseconds = 400\nelection_most_milliseconds = 800\n";
    let mut region = Region::start(form, &UNITS, timing).await?;
    let offered = publish(&mut region, PATIENCE_SECONDS).await?;

    // The county stands still while its villages' cases come: its offers stay open, and then the link is cut.
    let county = region.first(COUNTY);
    region.nodes[county].pause().await?;
    let mut numbers = submit(&region, &VILLAGES, &offered).await?;
    region
        .until("twenty offers to the county are open", async |region| {
            waiting(region, &VILLAGES, "await_answer").await.is_ok_and(|open| open >= 20)
        })
        .await?;
    region.nodes[county].cut(Cut::Off)?;
    region.nodes[county].resume().await?;
    let at_the_cut = waiting(&region, &VILLAGES, "await_answer").await?;
    ensure!(at_the_cut >= 20, "only {at_the_cut} handoffs in flight at the cut");
    numbers.extend(submit(&region, &OTHER_VILLAGES, &offered).await?);
    ensure!(numbers.len() == 200, "{} receipts", numbers.len());

    let killed = kill_the_leader_between_prepare_and_commit(&mut region, &mut pauses).await?;
    pauses.pause(1_000).await;
    region.nodes[killed].start().await?;
    region
        .until("the city has taken what the county did not answer", async |region| {
            waiting(region, &VILLAGES, "await_answer").await.is_ok_and(|open| open == 0)
                && waiting(region, &VILLAGES, "route").await.is_ok_and(|left| left == 0)
        })
        .await?;
    // The city accepts what the county cannot, on the applicants' declaration; what it decides waits for the county's claims.
    region
        .until("the city has accepted the cut county's cases", async |region| {
            work(region, CITY, "accept", json!({ "declared": true })).await;
            waiting(region, &[CITY], "accept").await.is_ok_and(|left| left == 0)
        })
        .await?;
    let decided = work(&region, CITY, "decide", json!({ "granted": true })).await;
    ensure!(decided == 0, "the city decided {decided} cases without the county's claim");
    pauses.pause(1_000).await;
    region.nodes[county].cut(Cut::Healed)?;

    work_until_delivered(&mut region).await?;
    let stopped = stop_and_replay(&mut region).await?;
    confirm(&stopped, &numbers)?;
    let aborted: usize =
        stopped.iter().filter(|unit| is_village(unit)).map(|unit| aborted_to(unit, code(COUNTY))).sum();
    ensure!(aborted >= 10, "only {aborted} offers to the county were aborted");
    let commands: usize = stopped.iter().map(|unit| unit.commands).sum();
    println!("seed {seed}: {at_the_cut} in flight at the cut, {aborted} aborted, {commands} commands replayed");
    Ok(())
}

fn code(text: &str) -> domain::ids::UnitId {
    text.parse().expect("a division code")
}

fn is_village(unit: &Replayed) -> bool {
    VILLAGES.iter().any(|village| code(village) == unit.unit)
}

/// Submits each village's share, some at once, each under its own key; a receipt is a promise.
async fn submit(region: &Region, villages: &[&str], offered: &Offered) -> Result<BTreeSet<String>> {
    let all = villages.iter().flat_map(|village| (0..CASES_AT_EACH).map(move |n| (*village, n)));
    let receipts = stream::iter(all).map(async |(village, n)| {
        let body = json!({
            "matter": offered.code,
            "applicant": { "name": "王小明", "identifier": citizen(village, n) },
            "materials": offered.materials,
        });
        let node = region.of(village)[0];
        let receipt = node.post("/v1/cases", "demo-applicant", Some(&format!("{village}-{n}")), &body).await?;
        receipt["number"].as_str().map(str::to_owned).context("a receipt without a number")
    });
    receipts.buffer_unordered(8).collect::<Vec<Result<String>>>().await.into_iter().collect()
}

/// A citizen of its own for each application: what one person files twice for one thing is one case.
fn citizen(village: &str, n: usize) -> String {
    let year = 50 + VILLAGES.iter().chain(&OTHER_VILLAGES).position(|known| *known == village).unwrap_or_default();
    let first_17 = format!("37081119{year}0101{n:03}");
    let check = CitizenNumber::check_character(&first_17).expect("17 digits");
    format!("{first_17}{check}")
}

/// How many cases wait for one thing, over some units.
async fn waiting(region: &Region, units: &[&str], kind: &str) -> Result<u64> {
    let mut sum = 0;
    for unit in units {
        sum += count(&region.of(unit)[0].status().await?, kind);
    }
    Ok(sum)
}

fn count(status: &Value, kind: &str) -> u64 {
    let counts = status["waiting"].as_array().into_iter().flatten();
    counts.filter(|count| count["waiting"] == kind).filter_map(|count| count["cases"].as_u64()).sum()
}

/// Kills the city's leader while cases are prepared there whose villages stand still before their commit.
async fn kill_the_leader_between_prepare_and_commit(region: &mut Region, pauses: &mut Pauses) -> Result<usize> {
    let villages: Vec<usize> = VILLAGES.iter().map(|village| region.first(village)).collect();
    for _ in 0..2_000 {
        for village in &villages {
            region.nodes[*village].pause().await?;
        }
        pauses.pause(40).await;
        let held = match leader(region).await {
            Some((leader, status)) if count(&status, "await_commit") > 0 => Some(leader),
            _ => None,
        };
        if let Some(leader) = held {
            region.nodes[leader].kill()?;
        }
        for village in &villages {
            region.nodes[*village].resume().await?;
        }
        if let Some(leader) = held {
            return Ok(leader);
        }
        pauses.pause(40).await;
    }
    anyhow::bail!("no case was ever seen prepared at the city")
}

/// The city's node that says it leads.
async fn leader(region: &Region) -> Option<(usize, Value)> {
    for (at, node) in region.nodes.iter().enumerate().take(3) {
        match node.status().await {
            Ok(status) if status["role"] == "leader" => return Some((at, status)),
            _ => {}
        }
    }
    None
}

/// Officers accept and decide, agents deliver, until every case is delivered.
async fn work_until_delivered(region: &mut Region) -> Result<()> {
    region
        .until("every case is delivered", async |region| {
            let (done, delivered) = one_round(region).await;
            println!("{done} acts, {delivered} delivered");
            delivered == 4 * CASES_AT_EACH
        })
        .await
}

/// One round of all that waits: how many acts succeeded, and how many cases are delivered in all.
async fn one_round(region: &Region) -> (usize, usize) {
    let mut done = 0;
    for authority in [CITY, COUNTY, OTHER_COUNTY] {
        done += work(region, authority, "accept", json!({})).await;
        done += work(region, authority, "decide", json!({ "granted": true })).await;
    }
    let mut delivered = 0;
    for village in VILLAGES.iter().chain(&OTHER_VILLAGES) {
        done += work(region, village, "deliver", json!({})).await;
        delivered += listed(region, village, "stage=delivered").await.unwrap_or_default().len();
    }
    (done, delivered)
}

async fn listed(region: &Region, unit: &str, filter: &str) -> Result<Vec<String>> {
    let node = region.of(unit)[0];
    let page = node.get(&format!("/v1/cases?{filter}&limit=200")).await?;
    let cases = page["cases"].as_array().context("a list of cases")?;
    Ok(cases.iter().filter_map(|case| case["number"].as_str().map(str::to_owned)).collect())
}

/// One round of one act on all that waits for it. What does not succeed now is left to the next round.
async fn work(region: &Region, unit: &str, act: &str, body: Value) -> usize {
    let cases = listed(region, unit, &format!("waiting={act}")).await.unwrap_or_default();
    let node = region.of(unit)[0];
    let acts = stream::iter(cases).map(async |case| {
        let path = format!("/v1/cases/{case}/{act}");
        node.post(&path, &node.staff(), Some(&format!("{act}-{case}")), &body)
            .await
            .inspect_err(|why| println!("{why}"))
            .is_ok()
    });
    acts.buffer_unordered(8).filter(|done| std::future::ready(*done)).count().await
}

/// Stops every node as an operator does, and replays every log through `domain` alone.
async fn stop_and_replay(region: &mut Region) -> Result<Vec<Replayed>> {
    region
        .until("the city's replicas are level", async |region| {
            let mut states = BTreeSet::new();
            for node in region.of(CITY) {
                let Ok(status) = node.status().await else { return false };
                states.insert(format!("{} {}", status["sequence"], status["state_hash"]));
            }
            states.len() == 1
        })
        .await?;
    let mut units: BTreeMap<_, Replayed> = BTreeMap::new();
    for node in &mut region.nodes {
        node.terminate().await?;
        let replayed = replay(node)?;
        units.entry(replayed.unit).or_insert(replayed);
    }
    Ok(units.into_values().collect())
}

/// Every receipt is found exactly once, with one owner, decided once.
fn confirm(units: &[Replayed], numbers: &BTreeSet<String>) -> Result<()> {
    let owners = judge(units)?;
    ensure!(owners.len() == numbers.len(), "{} cases for {} receipts", owners.len(), numbers.len());
    let mut found = BTreeSet::new();
    for (case, owner) in &owners {
        let unit = units.iter().find(|unit| unit.unit == *owner).context("the owner's log")?;
        let row = Overlay::new(&unit.rows).get::<Cases>(case)?.context("the owner's case")?;
        let content = row.content.context("I2: an owner without content")?;
        let number = content.number.to_string();
        ensure!(content.decision.is_some(), "case {number} is not decided");
        let decided =
            content.timeline.iter().filter(|entry| matches!(entry.what, domain::case::Happening::Decided { .. }));
        ensure!(decided.count() == 1, "I3: case {number} is decided more than once");
        ensure!(Overlay::new(&unit.rows).get::<CaseNumbers>(&number)?.is_some(), "the number resolves");
        ensure!(found.insert(number), "a number stands on two cases");
    }
    ensure!(&found == numbers, "receipts and cases differ");
    Ok(())
}
