//! A county with one machine is lost for good, and goes on from its mirror at the city as its next life: on real processes, over real
//! links, with a mirror that had everything and with one that had not.

use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use harness::network::{Cut, enter_own_network};
use harness::{Form, Region, UnitSpec};
use serde_json::{Value, json};

use crate::catalogue::{Offered, publish};
use crate::voters::application;

const CITY: &str = "370800";
const COUNTY: &str = "370811";
const VILLAGE: &str = "370811002001";
const PEOPLE: [&str; 2] = ["李明", "王芳"];
const SETTINGS: &str = "[mirror]\nnodes = 1\n[timing]\nheartbeat_milliseconds = 100\nelection_least_milliseconds = 400\n\
                        election_most_milliseconds = 800\n";

fn units() -> [UnitSpec<'static>; 4] {
    [CITY, COUNTY, "370812", VILLAGE].map(|code| UnitSpec { code, nodes: 1 })
}

fn run(story: impl Future<Output = Result<()>>) {
    enter_own_network().unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(story).unwrap_or_else(|why| panic!("{why:?}"));
}

#[test]
fn a_lost_county_goes_on_from_a_mirror_that_had_everything() {
    run(with_everything());
}

#[test]
fn a_lost_county_goes_on_from_a_mirror_that_lacked_some_and_peers_say_the_rest() {
    run(with_a_lag());
}

#[test]
fn a_mirror_goes_on_over_restarts_of_both_sides_and_fetches_rows_whole_where_the_log_is_purged() {
    run(over_restarts());
}

async fn with_everything() -> Result<()> {
    let mut region = Region::start(Form::Processes, &units(), SETTINGS).await?;
    let offered = publish(&mut region, 600).await?;
    let here = hand_in(&region, COUNTY, &offered, 0).await?;
    let moved = hand_in(&region, VILLAGE, &offered, 1).await?;
    waits_for(&mut region, COUNTY, &[&here, &moved], "accept").await?;
    accept(&region, &here).await?;
    accept(&region, &moved).await?;
    caught_up(&mut region).await?;

    let old = region.first(COUNTY);
    region.nodes[old].kill()?;
    // Offered while the county is gone: it waits at the village, and goes on with the next life.
    let late = hand_in(&region, VILLAGE, &offered, 2).await?;
    let (new, promoted) = region.promote(COUNTY, PEOPLE)?;
    ensure!(promoted["generation"] == 2, "{promoted}");
    region.nodes[new].start().await?;
    round_is_over(&mut region, new).await?;

    for number in [&here, &moved] {
        let case = region.nodes[new].get(&format!("/v1/cases/{number}")).await?;
        ensure!(
            case["waiting"] != "accept" && !case["waiting"].is_null(),
            "{number} was accepted before the loss: {case}"
        );
    }
    region
        .until("the case that was offered meanwhile came", async |region| {
            let case = region.nodes[new].get(&format!("/v1/cases/{late}")).await;
            case.is_ok_and(|case| case["waiting"] == "accept")
        })
        .await?;
    act(&region, new, &late, "accept").await?;
    // Numbers go on in the block of the new life: never one that the first life gave.
    let again = hand_in_at(&region, new, &offered, 3).await?;
    ensure!(again != here && again.contains('B'), "{again} is no number of the second life");
    region
        .until("the next life is mirrored too", async |region| {
            let Ok(city) = region.of(CITY)[0].status().await else { return false };
            let mut kept = city["mirroring"].as_array().into_iter().flatten();
            kept.any(|kept| kept["generation"] == 2 && kept["at"] == kept["head"])
        })
        .await?;

    // The old machine comes back: its certificate is of a life that is no more.
    region.nodes[old].start().await?;
    region.until("the former self has ended", async |region| region.nodes[old].log().contains("certificate")).await?;
    ensure!(region.nodes[old].status().await.is_err(), "a former self answers nobody");
    Ok(())
}

#[test]
fn a_former_self_that_runs_on_stops_once_it_reads_of_its_next_life() {
    run(superseded());
}

async fn superseded() -> Result<()> {
    let mut region = Region::start(Form::Processes, &units(), SETTINGS).await?;
    publish(&mut region, 600).await?;
    caught_up(&mut region).await?;
    // Two people were wrong: the machine runs.
    let old = region.first(COUNTY);
    let (new, _) = region.promote(COUNTY, PEOPLE)?;
    region
        .until("the former self has ended", async |region| region.nodes[old].log().contains("unit.superseded"))
        .await?;
    region.until("it answers nobody", async |region| region.nodes[old].status().await.is_err()).await?;
    region.nodes[new].start().await?;
    round_is_over(&mut region, new).await
}

async fn with_a_lag() -> Result<()> {
    let mut region = Region::start(Form::Processes, &units(), SETTINGS).await?;
    let offered = publish(&mut region, 600).await?;
    let known = hand_in(&region, VILLAGE, &offered, 0).await?;
    waits_for(&mut region, COUNTY, &[&known], "accept").await?;
    caught_up(&mut region).await?;

    // From here on the mirror gets nothing: what the county does is in its own log alone.
    let city = region.first(CITY);
    region.nodes[city].cut(Cut::Off)?;
    let taken = hand_in(&region, VILLAGE, &offered, 1).await?;
    region
        .until("the county's log has the case of the village", async |region| {
            let case = region.of(COUNTY)[0].get(&format!("/v1/cases/{taken}")).await;
            case.is_ok()
        })
        .await?;
    let lost = hand_in(&region, COUNTY, &offered, 2).await?;
    accept(&region, &known).await?;
    let status = region.of(COUNTY)[0].status().await?;
    ensure!(status["mirrors"][0]["behind"].as_u64().is_some_and(|behind| behind > 0), "{status}");
    // What a unit with one machine says goes out once its mirror has it: the village has not heard that the county holds the case.
    let case = region.of(VILLAGE)[0].get(&format!("/v1/cases/{taken}")).await?;
    ensure!(case["waiting"] == "await_answer", "the county's word went out before its mirror had it: {case}");

    let old = region.first(COUNTY);
    region.nodes[old].kill()?;
    region.nodes[city].cut(Cut::Healed)?;
    let (new, _) = region.promote(COUNTY, PEOPLE)?;
    region.nodes[new].start().await?;
    round_is_over(&mut region, new).await?;

    // The village brings back what it knows of.
    for number in [&known, &taken] {
        region
            .until(&format!("{number} waits at the next life"), async |region| {
                let case = region.nodes[new].get(&format!("/v1/cases/{number}")).await;
                case.is_ok_and(|case| case["waiting"] == "accept")
            })
            .await?;
        act(&region, new, number, "accept").await?;
    }
    // What the county alone knew, and said "kept here" of, is gone; its number is given to nobody else.
    ensure!(region.nodes[new].get(&format!("/v1/cases/{lost}")).await.is_err(), "{lost} was in the lost tail");
    let again = hand_in_at(&region, new, &offered, 3).await?;
    ensure!(again != lost, "{again} was given before");
    Ok(())
}

async fn over_restarts() -> Result<()> {
    let settings = format!("{SETTINGS}[limits]\nlog_entries_kept = 100\nsnapshot_every_entries = 1000\n");
    let mut region = Region::start(Form::Processes, &units(), &settings).await?;
    let offered = publish(&mut region, 600).await?;
    caught_up(&mut region).await?;
    let (city, county) = (region.first(CITY), region.first(COUNTY));
    for (n, at) in [county, city].into_iter().enumerate() {
        region.nodes[at].kill()?;
        region.nodes[at].start().await?;
        let number = hand_in(&region, COUNTY, &offered, n).await;
        // The node may not be ready yet: what was not taken is handed in by the next round.
        drop(number);
        caught_up(&mut region).await?;
    }
    // While the city is gone, the county's log is purged beyond what the mirror has.
    region.nodes[city].kill()?;
    for n in 10..999 {
        hand_in(&region, COUNTY, &offered, n).await?;
    }
    region.nodes[city].start().await?;
    caught_up(&mut region).await?;
    let log = region.nodes[city].log();
    ensure!(log.contains("fetched whole"), "the log was not purged, or the mirror did not notice");
    let status = region.of(CITY)[0].status().await?;
    ensure!(
        status["mirroring"].as_array().is_some_and(|kept| kept.iter().all(|kept| kept["stopped"].is_null())),
        "{status}"
    );
    Ok(())
}

/// The mirror has everything, and both sides say the same.
async fn caught_up(region: &mut Region) -> Result<()> {
    region
        .until("the county's mirror has everything", async |region| {
            let (Ok(county), Ok(city)) = (region.of(COUNTY)[0].status().await, region.of(CITY)[0].status().await)
            else {
                return false;
            };
            let kept = city["mirroring"].as_array().into_iter().flatten();
            let here = kept
                .filter(|kept| kept["unit"]["code"] == county["unit"]["code"])
                .any(|kept| kept["at"] == county["sequence"]);
            here && county["mirrors"][0]["behind"] == 0 && !county["sequence"].is_null()
        })
        .await
}

async fn round_is_over(region: &mut Region, at: usize) -> Result<()> {
    region
        .until("the round of the next life is over", async |region| {
            let Ok(status) = region.nodes[at].status().await else { return false };
            let found = region.nodes[at].get("/v1/findings").await;
            status["generation"] == 2 && found.is_ok_and(|found| found["round"].is_null())
        })
        .await
}

async fn hand_in(region: &Region, unit: &str, offered: &Offered, n: usize) -> Result<String> {
    hand_in_at(region, region.first(unit), offered, n).await
}

async fn hand_in_at(region: &Region, at: usize, offered: &Offered, n: usize) -> Result<String> {
    let body = application(offered, n);
    for _ in 0..50 {
        let taken =
            region.nodes[at].post("/v1/cases", "demo-applicant", Some(&format!("application-{n}")), &body).await;
        match taken {
            Ok(receipt) => return receipt["number"].as_str().map(str::to_owned).context("a receipt without a number"),
            // Not ready yet: under its key it is put again.
            Err(why) if why.to_string().contains("503") || why.to_string().contains("error sending") => {
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
            Err(why) => return Err(why),
        }
    }
    bail!("nobody took application {n}")
}

async fn accept(region: &Region, number: &str) -> Result<()> {
    act(region, region.first(COUNTY), number, "accept").await
}

async fn act(region: &Region, at: usize, number: &str, act: &str) -> Result<()> {
    let node = &region.nodes[at];
    let staff = node.staff();
    for _ in 0..100 {
        let path = format!("/v1/cases/{number}/{act}");
        match node.post(&path, &staff, Some(&format!("{act}-{number}")), &json!({})).await {
            Ok(_) => return Ok(()),
            // After each start another machine's clock is looked at first, and a next life first hears what others know.
            Err(why) if ["time.clock_off", "case.recovering"].iter().any(|code| why.to_string().contains(code)) => {
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
            Err(why) => return Err(why),
        }
    }
    bail!("node {at} would not {act} {number}")
}

async fn waits_for(region: &mut Region, unit: &str, numbers: &[&String], waiting: &str) -> Result<()> {
    for number in numbers {
        region
            .until(&format!("{number} waits at {unit} for {waiting}"), async |region| {
                let case: Result<Value> = region.of(unit)[0].get(&format!("/v1/cases/{number}")).await;
                case.is_ok_and(|case| case["waiting"] == waiting)
            })
            .await?;
    }
    Ok(())
}
