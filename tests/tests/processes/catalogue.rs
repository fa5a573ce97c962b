//! The sample catalogue, published at the city over HTTP.

use anyhow::{Context, Result};
use domain::calendar::WorkCalendar;
use domain::catalogue::import::MatterList;
use domain::catalogue::{CatalogueDraft, ChunkKind, DraftOptions};
use domain::division::DivisionTree;
use harness::Region;
use serde_json::{Value, json};

/// A matter that can be applied for: its code and what must be handed in.
#[derive(Clone, Debug)]
pub(crate) struct Offered {
    pub(crate) code: String,
    pub(crate) materials: Vec<String>,
}

/// Publishes the sample catalogue and waits until every unit has installed its slice. Returns a matter that city and county
/// hold alike.
pub(crate) async fn publish(region: &mut Region, patience_seconds: u32) -> Result<Offered> {
    let tree = DivisionTree::from_csv(include_bytes!("../../../crates/domain/data/jining-regions.csv")).0;
    let rows = MatterList::from_csv(include_bytes!("../../../crates/domain/data/county-matters.csv")).rows;
    let calendar = WorkCalendar::from_csv(include_bytes!("../../../crates/domain/data/china-workdays.csv")).0;
    let counties = ["370811", "370812"].map(|code| code.parse().unwrap()).into();
    let options = DraftOptions { patience_seconds, below_city: Some(counties) };
    let draft = CatalogueDraft::build(&rows, &tree, calendar, &options);
    let offered = alike(&draft)?;
    let chunks: Vec<Value> = draft.into_chunks()?.into_iter().map(chunk).collect::<Result<_>>()?;
    let body = json!({ "effective": "2026-01-01", "chunks": chunks });
    let administrator = "demo-administrator-370800000000";
    region.of("370800")[0].post("/v1/catalogue", administrator, Some("first-version"), &body).await?;
    region
        .until("every unit has the catalogue", async |region| {
            for node in &region.nodes {
                let status = node.status().await;
                if !status.is_ok_and(|status| !status["catalogue"].is_null()) {
                    return false;
                }
            }
            true
        })
        .await?;
    Ok(offered)
}

fn alike(draft: &CatalogueDraft) -> Result<Offered> {
    let held =
        |matter| draft.entries.values().flatten().filter(|e| e.same_authority && e.matter == matter).count() >= 3;
    let matter = draft.matters.iter().find(|matter| held(matter.code.clone())).context("no matter is held alike")?;
    let materials = matter.materials.iter().map(|material| material.name.clone()).collect();
    Ok(Offered { code: matter.code.to_string(), materials })
}

fn chunk((kind, bytes): (ChunkKind, Vec<u8>)) -> Result<Value> {
    let json = String::from_utf8(bytes)?;
    Ok(match kind {
        ChunkKind::Matters => json!({ "kind": "matters", "json": json }),
        ChunkKind::Calendar => json!({ "kind": "calendar", "json": json }),
        ChunkKind::Entries { unit } => json!({ "kind": "entries", "unit": unit.to_string(), "json": json }),
    })
}
