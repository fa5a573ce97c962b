//! Scans handed in at a village come to the county with their case: byte by byte, on from where a cut link broke, and anew where a disk rots.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use harness::network::{Cut, enter_own_network};
use harness::{Form, Region, UnitSpec};
use serde_json::Value;
use tokio::time::Instant;

use crate::catalogue::publish;
use crate::voters::asks;

const COUNTY: &str = "370811";
const VILLAGE: &str = "370811002001";
/// Long enough that a link is cut while it comes.
const LARGE: usize = 96 * 1024 * 1024;
const SMALL: usize = 150_000;

#[test]
fn scans_come_with_their_case_over_a_link_that_is_cut() {
    enter_own_network().unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(story()).unwrap_or_else(|why| panic!("{why:?}"));
}

async fn story() -> Result<()> {
    let spec = |code, nodes| UnitSpec { code, nodes };
    let units = [spec("370800", 1), spec(COUNTY, 3), spec("370812", 1), spec(VILLAGE, 1)];
    let mut region = Region::start(Form::Processes, &units, "").await?;
    let offered = publish(&mut region, 600).await?;
    let desk = tempfile::tempdir()?;
    let (small, large) = (desk.path().join("身份证.pdf"), desk.path().join("图纸.pdf"));
    fs::write(&small, scan(SMALL, 1))?;
    fs::write(&large, scan(LARGE, 2))?;

    // The village is cut off while the application comes in: the case waits there, with its files.
    let village = region.first(VILLAGE);
    region.nodes[village].cut(Cut::Off)?;
    let folder = region.folder().context("the region's folder")?;
    let scans = [&small, &large].map(|file| format!("{}={}", offered.materials[0], file.display()));
    let mut line = vec!["case", "submit", &offered.code, "--at", VILLAGE, "--authority", COUNTY, "--all-materials"];
    line.extend(["--name", "王小明", "--identifier", "11010519491231002X", "-o", "json"]);
    for scan in &scans {
        line.extend(["--scan", scan]);
    }
    let receipt: Value = serde_json::from_str(&asks(&line, &folder).await?)?;
    let number = receipt["number"].as_str().context("a receipt")?.to_owned();
    let path = format!("/v1/cases/{number}/files");
    let listed = region.nodes[village].get(&path).await?;
    ensure!(listed["arrived"] == 2 && listed["of"] == 2, "{listed}");
    let blob = |at: usize| listed["files"][at]["file"].as_str().map(str::to_owned).context("a file's name");
    let (small_blob, large_blob) = (blob(0)?, blob(1)?);
    let on_disk = fs::read(whole(&region.nodes[village].folder, &large_blob))?;
    ensure!(!has(&on_disk, &scan(LARGE, 2)[5_000..5_064]), "the disk shows what was handed in");

    // Healed, the case goes first and the small file before the large one; then the link is cut while that one comes.
    region.nodes[village].cut(Cut::Healed)?;
    let county: Vec<usize> = (0..region.nodes.len()).filter(|at| region.nodes[*at].unit == "370811000000").collect();
    let parts: Vec<PathBuf> = county.iter().map(|at| part(&region.nodes[*at].folder, &large_blob)).collect();
    let deadline = Instant::now() + Duration::from_secs(90);
    // Far enough that whoever began anew would be seen to.
    while !parts.iter().any(|part| length(part) > LARGE as u64 / 8) {
        ensure!(Instant::now() < deadline, "the large file did not come so far");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    region.nodes[village].cut(Cut::Off)?;
    let held = |at: usize| whole(&region.nodes[at].folder, &large_blob).exists();
    ensure!(!county.iter().any(|at| held(*at)), "the link was cut too late to try anything");
    let began = Instant::now();
    region
        .until("the case is at the county, with one of its two files", async |region| {
            let mut arrived = true;
            for at in &county {
                let listed = region.nodes[*at].get(&path).await;
                arrived &= listed.is_ok_and(|listed| listed["arrived"] == 1 && listed["of"] == 2);
            }
            arrived
        })
        .await?;
    let before: Vec<u64> = parts.iter().map(|part| length(part)).collect();
    ensure!(before.iter().any(|bytes| *bytes > 0), "nothing of the large file stayed");
    println!(
        "cut after {before:?} of {LARGE} bytes; the small file was there {} ms later",
        began.elapsed().as_millis()
    );

    region.nodes[village].cut(Cut::Healed)?;
    let shrank = AtomicBool::new(false);
    region
        .until("every node of the county has both", async |region| {
            // Gone once it is whole; until then it only grows.
            let is_less =
                |(part, before): (&PathBuf, &u64)| fs::metadata(part).is_ok_and(|found| found.len() < *before);
            shrank.fetch_or(parts.iter().zip(&before).any(is_less), Ordering::Relaxed);
            let mut all = true;
            for at in &county {
                all &= region.nodes[*at].get(&path).await.is_ok_and(|listed| listed["arrived"] == 2);
            }
            all
        })
        .await?;
    ensure!(!shrank.into_inner(), "what had come was thrown away");

    let saved = desk.path().join("saved");
    let told = asks(&["case", "files", &number, "--save", &saved.display().to_string()], &folder).await?;
    ensure!(told.contains("2 of 2"), "{told}");
    ensure!(fs::read(saved.join("01-身份证.pdf"))? == scan(SMALL, 1), "the small file is another one");
    ensure!(fs::read(saved.join("02-图纸.pdf"))? == scan(LARGE, 2), "the large file is another one");

    // A disk rots: whoever reads the file there is not shown something else, and it is made good from a peer.
    let rotten = whole(&region.nodes[county[1]].folder, &small_blob);
    let sound = fs::read(&rotten)?;
    let mut bytes = sound.clone();
    bytes[100] ^= 1;
    fs::write(&rotten, bytes)?;
    let read = region.nodes[county[1]].get(&format!("{path}/{small_blob}")).await;
    ensure!(read.is_err(), "a damaged file was shown");
    region
        .until("the damaged file is whole again", async |_| fs::read(&rotten).is_ok_and(|bytes| bytes == sound))
        .await?;
    Ok(())
}

/// A scan that no compression and no chance makes like another.
fn scan(bytes: usize, seed: u32) -> Vec<u8> {
    let mut state = seed;
    let noise = std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    });
    b"%PDF-1.7\n".iter().copied().chain(noise).take(bytes).collect()
}

fn has(all: &[u8], part: &[u8]) -> bool {
    all.windows(part.len()).any(|window| window == part)
}

fn whole(node: &Path, blob: &str) -> PathBuf {
    node.join("data/blobs").join(&blob[..2]).join(blob)
}

fn part(node: &Path, blob: &str) -> PathBuf {
    node.join("data/blobs/parts").join(blob)
}

fn length(file: &Path) -> u64 {
    fs::metadata(file).map_or(0, |found| found.len())
}
