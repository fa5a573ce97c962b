//! The voters of a county change while applications come: a killed and wiped one is replaced by a new machine, and the leader that is
//! asked to stop hands the lead over.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use domain::identifiers::CitizenNumber;
use domain::store::UnitRead;
use domain::tables::CaseNumbers;
use futures::{StreamExt, stream};
use harness::network::enter_own_network;
use harness::{Form, Region, UnitSpec, tongban};
use protocol::overlay::Overlay;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::catalogue::{Offered, publish};
use crate::logs::{judge, replay};

const COUNTY: &str = "370811";
const VILLAGE: &str = "370811002001";

fn units() -> [UnitSpec<'static>; 4] {
    let spec = |code, nodes| UnitSpec { code, nodes };
    [spec("370800", 1), spec(COUNTY, 3), spec("370812", 1), spec(VILLAGE, 1)]
}

fn run(story: impl Future<Output = Result<()>>) {
    enter_own_network().unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(story).unwrap_or_else(|why| panic!("{why:?}"));
}

#[test]
fn a_killed_and_wiped_voter_is_replaced_by_a_new_machine_under_load() {
    run(replaced());
}

#[test]
fn a_leader_that_is_asked_to_stop_is_followed_without_an_election_timeout() {
    run(stepped_down());
}

async fn replaced() -> Result<()> {
    let timing =
        "[timing]\nheartbeat_milliseconds = 100\nelection_least_milliseconds = 400\nelection_most_milliseconds = 800\n";
    let mut region = Region::start(Form::Processes, &units(), timing).await?;
    let offered = publish(&mut region, 600).await?;
    let mut numbers = hand_in(&region, &offered, 0..20).await?;

    let leader = leads(&region).await.context("the county has a leader")?;
    let [dead, other] = followers(&region, leader)[..] else { bail!("two follow") };
    region.nodes[dead].kill()?;
    std::fs::remove_dir_all(region.nodes[dead].folder.join("data"))?;
    // Under its old number the machine has forgotten what it voted for: it is refused, and stands aside.
    region.nodes[dead].start().await?;
    region
        .until("the wiped voter is refused", async |region| {
            region.nodes[dead].status().await.is_ok_and(|status| said(&status["stopped"]).contains("node.reverted"))
        })
        .await?;
    region.nodes[dead].kill()?;

    let folder = region.folder().context("the region's folder")?;
    let (dead_number, other_number) = (region.nodes[dead].number.to_string(), region.nodes[other].number.to_string());
    region
        .until("the leader hears the dead voter no more", async |region| {
            voters(region, leader).await.is_ok_and(|told| answering(&told) == 2)
        })
        .await?;
    let refused = asks(&["unit", "remove-voter", &other_number, "--at", COUNTY, "--yes"], &folder).await;
    let refused = refused.expect_err("a majority of two cannot be one").to_string();
    ensure!(refused.contains("voters.quorum"), "{refused}");

    let new = region.add_node(COUNTY, &[])?;
    let new_number = region.nodes[new].number.to_string();
    ensure!(new_number != dead_number, "a number is never used again");
    region.nodes[new].start().await?;
    region
        .until("the leader has heard of the new machine", async |region| {
            let number = json!(region.nodes[new].number);
            let listed = voters(region, leader).await.map(|told| told["listed"].clone());
            listed.is_ok_and(|listed| listed.as_array().is_some_and(|listed| listed.contains(&number)))
        })
        .await?;
    let line = ["unit", "replace", &dead_number, "--by", &new_number, "--at", COUNTY, "--yes", "-o", "json"];
    let began = Instant::now();
    let (asked, more) = futures::future::join(asks(&line, &folder), hand_in(&region, &offered, 20..80)).await;
    let done: Value = serde_json::from_str(&asked?)?;
    println!("replaced in {} ms while sixty applications came", began.elapsed().as_millis());
    numbers.extend(more?);
    ensure!(done["done"] == true, "{done}");
    let after = &done["plan"]["after"];
    ensure!(after.as_array().is_some_and(|after| after.len() == 3 && after.contains(&json!(region.nodes[new].number))));
    let told = voters(&region, leader).await?;
    ensure!(told["members"].as_array().is_some_and(|members| members.len() == 3), "{told}");
    ensure!(answering(&told) == 3, "{told}");

    // The new voter's vote counts: with it two are a majority. And it can lead: its mail is taken, signed by a key that the others
    // have heard of since.
    region.nodes[other].kill()?;
    asks(&["unit", "transfer", &new_number, "--at", COUNTY, "--yes"], &folder).await?;
    numbers.extend(hand_in(&region, &offered, 80..100).await?);
    let county = new;
    region
        .until("the county has them all", async |region| {
            let waiting = region.nodes[county].status().await.map(|status| count(&status, "accept"));
            waiting.is_ok_and(|waiting| waiting == numbers.len() as u64)
        })
        .await?;
    ensure!(leads(&region).await == Some(new), "the new machine leads");
    ensure!(numbers.len() == 100, "{} receipts", numbers.len());

    let mut judged = Vec::new();
    for at in (0..region.nodes.len()).filter(|at| *at != dead && *at != other) {
        region.nodes[at].terminate().await?;
        let replayed = replay(&region.nodes[at])?;
        if region.nodes[at].unit.starts_with(COUNTY) && region.nodes[at].unit.ends_with("000000") {
            for number in &numbers {
                let known = Overlay::new(&replayed.rows).get::<CaseNumbers>(number)?;
                ensure!(known.is_some(), "node {} does not know {number}", region.nodes[at].number);
            }
        }
        if judged.iter().all(|unit: &crate::logs::Replayed| unit.unit != replayed.unit) {
            judged.push(replayed);
        }
    }
    // What was handed in at the county itself has not moved: it is in no path, and its number was looked for above.
    let moved = (0..numbers.len()).filter(|n| n % 3 != 0).count();
    let owners = judge(&judged)?;
    ensure!(owners.len() == moved, "{} cases moved, of {moved} that were handed in at the village", owners.len());
    Ok(())
}

async fn stepped_down() -> Result<()> {
    // Longer than the whole story: whoever leads in it came to it without one.
    let timing = "[timing]\nheartbeat_milliseconds = 100\nelection_least_milliseconds = 60000\n\
                  election_most_milliseconds = 90000\ndrain_seconds = 1\n";
    let mut region = Region::start(Form::Processes, &units(), timing).await?;
    let offered = publish(&mut region, 600).await?;
    let leader = leads(&region).await.context("the county has a leader")?;
    let [next, _] = followers(&region, leader)[..] else { bail!("two follow") };

    let began = Instant::now();
    region.nodes[leader].terminate().await?;
    let ended = began.elapsed();
    let body = application(&offered, 500);
    region.nodes[next].post("/v1/cases", "demo-applicant", Some("after"), &body).await?;
    let confirmed = began.elapsed();
    println!(
        "asked to stop: ended after {} ms, the next command confirmed after {} ms",
        ended.as_millis(),
        confirmed.as_millis()
    );
    ensure!(confirmed < Duration::from_secs(15), "confirmed after {confirmed:?}");
    Ok(())
}

/// What the command line says, beside what else goes on.
pub(crate) async fn asks(words: &[&str], folder: &std::path::Path) -> Result<String> {
    let (words, folder) = (words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>(), folder.to_owned());
    #[expect(
        clippy::disallowed_methods,
        reason = "a program is waited for beside what else goes on; no seed plays it again"
    )]
    let said = tokio::task::spawn_blocking(move || {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        tongban(&words, &[("--dir", folder.as_path())])
    });
    Ok(String::from_utf8(said.await??)?)
}

fn said(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

async fn voters(region: &Region, at: usize) -> Result<Value> {
    region.nodes[at].get("/v1/voters").await
}

fn answering(voters: &Value) -> usize {
    let members = voters["members"].as_array().into_iter().flatten();
    members.filter(|member| member["votes"] == true && member["answers"] == true).count()
}

/// The county's node that says it leads.
async fn leads(region: &Region) -> Option<usize> {
    for (at, node) in region.nodes.iter().enumerate().filter(|(_, node)| node.unit == format!("{COUNTY:0<12}")) {
        if node.status().await.is_ok_and(|status| status["role"] == "leader") {
            return Some(at);
        }
    }
    None
}

fn followers(region: &Region, leader: usize) -> Vec<usize> {
    let of_county = |at: &usize| region.nodes[*at].unit == format!("{COUNTY:0<12}") && *at != leader;
    (0..region.nodes.len()).filter(of_county).collect()
}

fn count(status: &Value, kind: &str) -> u64 {
    let counts = status["waiting"].as_array().into_iter().flatten();
    counts.filter(|count| count["waiting"] == kind).filter_map(|count| count["cases"].as_u64()).sum()
}

pub(crate) fn application(offered: &Offered, n: usize) -> Value {
    let first_17 = format!("37081119520101{n:03}");
    let check = CitizenNumber::check_character(&first_17).expect("17 digits");
    json!({
        "matter": offered.code,
        "applicant": { "name": "王小明", "identifier": format!("{first_17}{check}") },
        "materials": offered.materials,
    })
}

/// Hands in applications at the village and, every third, at the county itself; a receipt is a promise.
async fn hand_in(region: &Region, offered: &Offered, which: std::ops::Range<usize>) -> Result<BTreeSet<String>> {
    let leader = leads(region).await.context("the county has a leader")?;
    let receipts = stream::iter(which).map(async |n| {
        let node = if n % 3 == 0 { &region.nodes[leader] } else { region.of(VILLAGE)[0] };
        let body = application(offered, n);
        let receipt = node.post("/v1/cases", "demo-applicant", Some(&format!("application-{n}")), &body).await?;
        receipt["number"].as_str().map(str::to_owned).context("a receipt without a number")
    });
    receipts.buffer_unordered(3).collect::<Vec<Result<String>>>().await.into_iter().collect()
}
