//! `tongban case follow`: the timeline as it happens. A broken connection is taken up where it ended, at the unit's next node.

use std::time::Duration;

use clap::Args;

use super::{Failure, Named, Output, print};
use crate::client::{Client, ClientFault, Event};
use crate::words;

/// What happens to a case, as it happens, until nothing more will.
#[derive(Debug, Args)]
pub(super) struct Follow {
    #[command(flatten)]
    named: Named,
    /// In which form; `json` prints one object a line.
    #[arg(short, long, value_enum, default_value_t)]
    output: Output,
}

/// A unit that elects a leader is back by then.
const PAUSE: Duration = Duration::from_secs(2);
/// Failed tries in a row until it is told that nobody answers.
const MOST_FAILED: usize = 5;

impl Follow {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let mut client = self.named.place.client(|region| self.named.receiver(region))?;
        self.named.look(&mut client).await?;
        let mut seen = None;
        let mut failed = 0;
        loop {
            match self.read(&client, &mut seen).await {
                Ok(true) => return Ok(()),
                Ok(false) => failed = 0,
                Err(fault) if fault.is_passing() && failed < MOST_FAILED => failed += 1,
                Err(fault) => return Err(fault.into()),
            }
            tokio::time::sleep(PAUSE).await;
            client = client.at_next_node();
        }
    }

    /// Until the stream ends; whether it ended because nothing more will happen.
    async fn read(&self, client: &Client, seen: &mut Option<String>) -> Result<bool, ClientFault> {
        let mut events = client.follow(&self.named.case, seen.as_deref()).await?;
        loop {
            match events.next().await {
                Ok(Some(event)) if event.kind == "end" => return Ok(true),
                Ok(Some(event)) => {
                    if let Some(line) = told(&event, self.output) {
                        print(line);
                    }
                    *seen = event.id.or(seen.take());
                }
                // The server closed, or the connection broke: what was seen is not told again.
                Ok(None) | Err(_) => return Ok(false),
            }
        }
    }
}

/// One entry's line; nothing for what is not an entry.
fn told(event: &Event, output: Output) -> Option<String> {
    if event.kind != "entry" {
        return None;
    }
    Some(match (output, serde_json::from_str(&event.data)) {
        (Output::Text, Ok(entry)) => words::entry(&entry),
        _ => event.data.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_told_and_nothing_else() {
        let data = r#"{"at":"2026-02-02T09:15:00.123+08:00","unit":{"code":"370811002001","name":"航运新村居委会"},"kind":"received"}"#;
        let event = |kind: &str| Event { id: Some("1".into()), kind: kind.into(), data: data.into() };
        let line = "2026-02-02 09:15:00  航运新村居委会  收件 received";
        assert_eq!(told(&event("entry"), Output::Text).as_deref(), Some(line));
        assert_eq!(told(&event("entry"), Output::Json).as_deref(), Some(data));
        assert_eq!(told(&event("problem"), Output::Text), None);
    }
}
