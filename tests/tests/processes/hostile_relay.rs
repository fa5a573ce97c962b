//! A village cannot reach its county, and the one unit that could carry its mail lies: nothing of what it says is believed, and the
//! mail arrives once somebody carries it who does not.

use anyhow::{Context, Result, ensure};
use harness::ground::{HostileRelay, Trick};
use harness::network::{Cut, cut_pair, enter_own_network};
use harness::{Form, Region, UnitSpec};
use serde_json::json;

use crate::catalogue::publish;

const CITY: &str = "370800";
const COUNTY: &str = "370811";
const TOWNSHIP: &str = "370811002";
const VILLAGE: &str = "370811002001";

#[test]
fn a_relay_that_answers_in_the_receivers_place_or_plays_an_old_answer_again_is_not_believed() {
    enter_own_network().unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(story()).unwrap_or_else(|why| panic!("{why:?}"));
}

async fn story() -> Result<()> {
    let spec = |code, nodes| UnitSpec { code, nodes };
    // A second county is asked for by the catalogue. It is no way either: it dies with the city.
    let units = [spec(CITY, 1), spec(COUNTY, 1), spec("370812", 1), spec(TOWNSHIP, 1), spec(VILLAGE, 1)];
    let mut region = Region::start(Form::Processes, &units, "").await?;
    let offered = publish(&mut region, 86_400).await?;
    let (county, township, village) = (region.first(COUNTY), region.first(TOWNSHIP), region.first(VILLAGE));
    cut_pair(region.nodes[village].address(), region.nodes[county].address(), Cut::Off)?;
    for dies in [region.first(CITY), region.first("370812"), township] {
        region.nodes[dies].kill()?;
    }
    let place = &region.nodes[township];
    let relay = HostileRelay::begin(&place.folder, &format!("{}:8440", place.address()))?;

    let body = json!({
        "matter": offered.code,
        "applicant": { "name": "Zhang", "identifier": "440524188001010014", "telephone": "13900000000" },
        "materials": offered.materials,
        "form": {},
    });
    let receipt = region.nodes[village].post("/v1/cases", "demo-applicant", Some("only-once"), &body).await?;
    let number = receipt["number"].as_str().context("a receipt without a number")?.to_owned();

    believes(&mut region, village, "[mail.signature]").await?;
    believes(&mut region, village, "[mail.answer_unfit]").await?;
    let done = relay.done();
    ensure!(done[..2] == [Trick::AnsweredInItsPlace, Trick::Carried], "{done:?}");
    ensure!(done[2..].iter().all(|trick| *trick == Trick::PlayedAgain) && done.len() > 2, "{done:?}");
    ensure!(!stands_at_the_county(&region, county, &number).await, "the county has what nobody brought to it");

    relay.end().await?;
    region.nodes[township].start().await?;
    region
        .until("the case waits at the county", async |region| stands_at_the_county(region, county, &number).await)
        .await?;
    region.until("nothing waits at the village", async |region| backlog(region, village).await == Some(0)).await
}

/// The village says why it does not believe what came through the township, and the mail waits on.
async fn believes(region: &mut Region, village: usize, code: &str) -> Result<()> {
    let what = format!("the village refuses an answer through the township: {code}");
    region
        .until(&what, async |region| {
            let Some(mail) = to_the_county(region, village).await else { return false };
            let why = mail["last_fault"].as_str().unwrap_or_default().to_owned();
            let refused = why.starts_with(&format!("through {TOWNSHIP}")) && why.contains(code);
            refused && mail["backlog"].as_u64() > Some(0)
        })
        .await
}

async fn backlog(region: &Region, village: usize) -> Option<u64> {
    to_the_county(region, village).await?["backlog"].as_u64()
}

/// How the village's stream to the county is.
async fn to_the_county(region: &Region, village: usize) -> Option<serde_json::Value> {
    let status = region.nodes[village].status().await.ok()?;
    let streams = status["mail"].as_array()?;
    streams.iter().find(|mail| mail["peer"]["code"].as_str().is_some_and(|code| code == "370811000000")).cloned()
}

async fn stands_at_the_county(region: &Region, county: usize, number: &str) -> bool {
    let case = region.nodes[county].get(&format!("/v1/cases/{number}")).await;
    case.is_ok_and(|case| case["waiting"] == "accept")
}
