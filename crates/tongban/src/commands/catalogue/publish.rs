//! Sends a catalogue to the city: its pieces first, then the version that names them.

use std::time::{SystemTime, UNIX_EPOCH};

use domain::catalogue::{CatalogueDraft, ChunkBytes, ChunkKind};
use domain::time::{CivilDate, Timestamp};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};

use super::{Failure, block_on, fresh_key};
use crate::client::{Region, Where};

/// Makes a draft the next version in force at the city. Answers what the city says of it.
pub(super) fn publish(
    draft: CatalogueDraft,
    effective: Option<CivilDate>,
    place: &Where,
    person: Option<&str>,
) -> Result<Value, Failure> {
    let pieces = draft.into_chunks().map_err(Failure::refused)?;
    let body = publication(effective.unwrap_or_else(today), &pieces)?;
    let bytes: usize = pieces.iter().map(|(_, bytes)| bytes.len()).sum();
    let mut answer = None;
    block_on(async {
        let mut client = place.client(Region::top)?;
        client.act_as(match person {
            Some(person) => Some(person.to_owned()),
            None => client.someone(&["administrator"]).await?,
        });
        let bar = spinner(&format!("{} pieces, {} KiB, to the city", pieces.len(), bytes / 1024));
        let key = fresh_key()?;
        let sent = client
            .post(&["catalogue"], Some(&body), &key, |_| bar.set_message("no answer yet; sending it again"))
            .await;
        bar.finish_and_clear();
        answer = Some(sent?.value);
        Ok(())
    })?;
    answer.ok_or_else(|| Failure::failed("nothing came back"))
}

/// On a terminal, and nowhere else.
fn spinner(message: &str) -> ProgressBar {
    let style =
        ProgressStyle::with_template("{spinner} {elapsed} {msg}").unwrap_or_else(|_| ProgressStyle::default_spinner());
    let bar = ProgressBar::new_spinner().with_style(style).with_message(message.to_owned());
    bar.enable_steady_tick(std::time::Duration::from_millis(100));
    bar
}

/// The calendar's today, at UTC+8.
fn today() -> CivilDate {
    #[expect(clippy::disallowed_methods, reason = "a command line is told the time by its machine")]
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX)).date()
}

fn publication(effective: CivilDate, pieces: &[ChunkBytes]) -> Result<Value, Failure> {
    let mut chunks = Vec::new();
    for (kind, bytes) in pieces {
        let json = std::str::from_utf8(bytes).map_err(Failure::failed)?;
        chunks.push(match kind {
            ChunkKind::Matters => json!({ "kind": "matters", "json": json }),
            ChunkKind::Calendar => json!({ "kind": "calendar", "json": json }),
            ChunkKind::Entries { unit } => json!({ "kind": "entries", "unit": unit.to_string(), "json": json }),
        });
    }
    Ok(json!({ "effective": effective.to_string(), "chunks": chunks }))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use domain::calendar::WorkCalendar;
    use domain::catalogue::DraftOptions;
    use domain::catalogue::import::MatterList;

    use super::*;
    use crate::client::divisions;

    #[test]
    fn pieces_are_published_in_their_order_with_their_kinds() {
        let list = MatterList::from_csv(domain::sample::MATTERS);
        let below_city = Some(BTreeSet::from(["370811".parse().unwrap()]));
        let options = DraftOptions { patience_seconds: 20, below_city };
        let (calendar, _) = WorkCalendar::from_csv(domain::sample::WORKDAYS);
        let pieces = CatalogueDraft::build(&list.rows, divisions(), calendar, &options).into_chunks().unwrap();
        let body = publication("2026-01-01".parse().unwrap(), &pieces).unwrap();
        assert_eq!(
            (body["effective"].as_str(), body["chunks"][0]["kind"].as_str()),
            (Some("2026-01-01"), Some("calendar"))
        );
        let chunks = body["chunks"].as_array().unwrap();
        assert!(chunks.iter().all(|chunk| (chunk["kind"] == "entries") == chunk["unit"].is_string()));
        assert!(chunks.iter().any(|chunk| chunk["unit"] == "370811000000"));
    }
}
