//! Every node killed at once, in the middle of a case's way: nothing confirmed is lost, and no personal field is written anywhere.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use harness::network::enter_own_network;
use harness::{Form, Region, UnitSpec};
use serde_json::{Value, json};

use crate::catalogue::publish;
use crate::logs::replay;

const CITY: &str = "370800";
const COUNTY: &str = "370811";
const VILLAGE: &str = "370811002001";

/// Planted: nothing but this test has them.
const NAME: &str = "欧阳独一无二";
const CITIZEN: &str = "440524188001010014";
const TELEPHONE: &str = "13987654321";

#[test]
fn a_restart_of_every_node_at_once_loses_nothing_and_personal_fields_are_written_nowhere() {
    enter_own_network().unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(story()).unwrap_or_else(|why| panic!("{why:?}"));
}

async fn story() -> Result<()> {
    let spec = |code, nodes| UnitSpec { code, nodes };
    let units = [spec(CITY, 3), spec(COUNTY, 1), spec("370812", 1), spec("370811002", 1), spec(VILLAGE, 1)];
    let mut region = Region::start(Form::Processes, &units, "[log]\nlevel = \"debug\"\n").await?;
    let offered = publish(&mut region, 600).await?;
    let body = json!({
        "matter": offered.code,
        "applicant": { "name": NAME, "identifier": CITIZEN, "telephone": TELEPHONE },
        "materials": offered.materials,
        "form": { "remarks": format!("{NAME} {TELEPHONE}") },
    });
    let village = region.of(VILLAGE)[0];
    let receipt = village.post("/v1/cases", "demo-applicant", Some("only-once"), &body).await?;
    let number = receipt["number"].as_str().context("a receipt without a number")?.to_owned();

    kill_and_start_all(&mut region).await?;
    let village = region.of(VILLAGE)[0];
    let again = village.post("/v1/cases", "demo-applicant", Some("only-once"), &body).await?;
    ensure!(again["number"] == number.as_str(), "the same request under the same key made {again}");

    reaches(&mut region, COUNTY, &number, "accept").await?;
    act(&region, COUNTY, &number, "accept", json!({})).await?;
    kill_and_start_all(&mut region).await?;
    reaches(&mut region, COUNTY, &number, "decide").await?;
    act(&region, COUNTY, &number, "decide", json!({ "granted": true })).await?;
    reaches(&mut region, VILLAGE, &number, "deliver").await?;
    kill_and_start_all(&mut region).await?;
    reaches(&mut region, VILLAGE, &number, "deliver").await?;
    act(&region, VILLAGE, &number, "deliver", json!({})).await?;

    for node in &mut region.nodes {
        node.terminate().await?;
        replay(node)?;
        for planted in [NAME, CITIZEN, TELEPHONE] {
            let found = files_with(&node.folder, planted.as_bytes())?;
            ensure!(found.is_empty(), "{planted} stands in {found:?}");
        }
    }
    Ok(())
}

async fn act(region: &Region, unit: &str, number: &str, act: &str, body: Value) -> Result<()> {
    let node = region.of(unit)[0];
    node.post(&format!("/v1/cases/{number}/{act}"), &node.staff(), None, &body).await.map(drop)
}

async fn kill_and_start_all(region: &mut Region) -> Result<()> {
    for node in &mut region.nodes {
        node.kill()?;
    }
    for node in &mut region.nodes {
        node.start().await?;
    }
    region
        .until("every node answers again", async |region| {
            for node in &region.nodes {
                if !node.status().await.is_ok_and(|status| !status["leader"].is_null()) {
                    return false;
                }
            }
            true
        })
        .await
}

async fn reaches(region: &mut Region, unit: &str, number: &str, waiting: &str) -> Result<()> {
    region
        .until(&format!("{number} waits at {unit} for {waiting}"), async |region| {
            let case = region.of(unit)[0].get(&format!("/v1/cases/{number}")).await;
            case.is_ok_and(|case| case["waiting"] == waiting)
        })
        .await
}

/// Every file under a folder that holds the bytes.
fn files_with(folder: &Path, bytes: &[u8]) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                folders.push(entry.path());
            } else if std::fs::read(entry.path())?.windows(bytes.len()).any(|window| window == bytes) {
                found.push(entry.path());
            }
        }
    }
    Ok(found)
}
