//! People who are signed in stay so when the leader is killed; a village that is cut off signs its own people in; and nothing that they
//! typed lies on any disk.

use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use harness::network::{Cut, enter_own_network};
use harness::{Form, Node, Region, UnitSpec, tongban};
use serde_json::{Value, json};

const COUNTY: &str = "370811";
const VILLAGE: &str = "370811002001";
/// Planted: searched for on every disk afterwards.
const PASSWORD: &str = "planted-password-at-nodes";

#[test]
fn people_stay_signed_in_when_the_leader_is_killed_and_a_cut_village_signs_in() {
    enter_own_network().unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(story()).unwrap_or_else(|why| panic!("{why:?}"));
}

async fn story() -> Result<()> {
    let spec = |code, nodes| UnitSpec { code, nodes };
    let timing =
        "[timing]\nheartbeat_milliseconds = 100\nelection_least_milliseconds = 400\nelection_most_milliseconds = 800\n";
    let units = [spec("370800", 1), spec(COUNTY, 3), spec(VILLAGE, 1)];
    let mut region = Region::start(Form::Processes, &units, timing).await?;
    let folder = region.folder().context("the region's folder")?;

    let county: Vec<usize> = of(&region, COUNTY);
    let leader = leads(&region, &county).await.context("the county has a leader")?;
    let followers: Vec<usize> = county.into_iter().filter(|at| *at != leader).collect();
    let [here, there] = followers[..] else { bail!("two follow") };
    // Everything is asked of a follower: what was verified there goes to the leader as an outcome.
    let mut planted = staff(&region.nodes[here], COUNTY, &folder).await?;
    let token = sign_in(&region.nodes[here]).await?;
    let before = region.nodes[there].call(Some(&token), "/v1/me", None).await?;
    ensure!(before["name"] == "security", "{before}");

    region.nodes[leader].kill()?;
    for at in [here, there] {
        region
            .until("the session is known after the fail-over", async |region| {
                let me = region.nodes[at].call(Some(&token), "/v1/me", None).await;
                me.is_ok_and(|me| me["name"] == "security" && me["by"] == "session")
            })
            .await?;
    }
    let wrong = json!({ "name": "security", "password": "not-this-password" });
    let refused = region.nodes[there].call(None, "/v1/sessions", Some(&wrong)).await;
    ensure!(refused.is_err_and(|why| why.to_string().contains("account.not_signed_in")), "a wrong password");
    planted.push(token);

    let village = *of(&region, VILLAGE).first().context("a village")?;
    planted.extend(staff(&region.nodes[village], VILLAGE, &folder).await?);
    region.nodes[village].cut(Cut::Off)?;
    let token = sign_in(&region.nodes[village]).await?;
    let me = region.nodes[village].call(Some(&token), "/v1/me", None).await?;
    ensure!(me["name"] == "security", "{me}");
    // What one unit knows another does not.
    let elsewhere = region.nodes[here].call(Some(&token), "/v1/me", None).await;
    ensure!(elsewhere.is_err_and(|why| why.to_string().contains("account.session_over")), "another unit's token");
    planted.push(token);
    planted.push(PASSWORD.to_owned());

    for node in &mut region.nodes {
        node.kill()?;
        let mut bytes = node.log().into_bytes();
        read(&node.folder.join("data"), &mut bytes)?;
        ensure!(bytes.len() > 10_000, "{} bytes of node {}", bytes.len(), node.number);
        for secret in &planted {
            let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
            ensure!(!found, "something secret lies on the disk of node {}", node.number);
        }
    }
    Ok(())
}

/// Opens a unit's first accounts as two people do, and sets the first one's password. Gives what must not lie on a disk.
async fn staff(node: &Node, unit: &str, folder: &Path) -> Result<Vec<String>> {
    let said = String::from_utf8(tongban(&["account", "codes", unit], &[("--region", folder)])?)?;
    let code = |line: &str| {
        let line = said.lines().find(|said| said.starts_with(line)).context("a code")?;
        line.split_whitespace().last().map(str::to_owned).context("a code")
    };
    let (first, second) = (code("first code")?, code("second code")?);
    let accounts = json!({
        "security": { "name": "security", "display": "李明", "code": first },
        "audit": { "name": "auditor", "display": "王芳", "code": second },
    });
    let mut false_codes = accounts.clone();
    false_codes["audit"]["code"] = json!(first);
    let refused = node.call(None, "/v1/accounts/first", Some(&false_codes)).await;
    ensure!(refused.is_err_and(|why| why.to_string().contains("account.first_codes")), "one person's code twice");
    node.call(None, "/v1/accounts/first", Some(&accounts)).await?;
    let set_up = json!({ "name": "security", "code": first, "password": PASSWORD });
    node.call(None, "/v1/invitations", Some(&set_up)).await?;
    Ok(vec![first, second, "李明".to_owned()])
}

async fn sign_in(node: &Node) -> Result<String> {
    let body = json!({ "name": "security", "password": PASSWORD });
    let session: Value = node.call(None, "/v1/sessions", Some(&body)).await?;
    session["token"].as_str().map(str::to_owned).context("a token")
}

fn of(region: &Region, unit: &str) -> Vec<usize> {
    let unit = format!("{unit:0<12}");
    (0..region.nodes.len()).filter(|at| region.nodes[*at].unit == unit).collect()
}

async fn leads(region: &Region, nodes: &[usize]) -> Option<usize> {
    for at in nodes {
        if region.nodes[*at].status().await.is_ok_and(|status| status["role"] == "leader") {
            return Some(*at);
        }
    }
    None
}

/// Every file of a folder.
fn read(folder: &Path, into: &mut Vec<u8>) -> Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        match path.is_dir() {
            true => read(&path, into)?,
            false => into.extend(std::fs::read(&path)?),
        }
    }
    Ok(())
}
