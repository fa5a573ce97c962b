//! `tongban catalogue still-to-extend`: what the province gave the city and counties have not got yet.

use clap::Args;
use serde_json::Value;

use super::{Failure, Output, block_on, columns, print, print_json};
use crate::client::{Region, Where};

/// At the city of all counties, elsewhere of the unit's own. A power is extended when an instrument for it is published at the county, or a
/// delegation to it.
#[derive(Debug, Args)]
pub(super) struct StillToExtend {
    #[command(flatten)]
    place: Where,
    /// The demo person who asks; the unit's inspector or another of its staff where left out.
    #[arg(long = "as", value_name = "PERSON")]
    person: Option<String>,
    /// In which form.
    #[arg(short, long, value_enum, default_value_t)]
    output: Output,
}

/// Who may ask, most likely first.
pub(super) const STAFF: &[&str] = &["inspector", "administrator", "reviewer", "officer", "window", "agent"];

impl StillToExtend {
    pub(super) fn run(self) -> Result<(), Failure> {
        let mut answer = None;
        block_on(async {
            let mut client = self.place.client(Region::top)?;
            client.act_as(match &self.person {
                Some(person) => Some(person.clone()),
                None => client.someone(STAFF).await?,
            });
            answer = Some(client.get(&["catalogue", "still-to-extend"], &[]).await?);
            Ok(())
        })?;
        let answer = answer.ok_or_else(|| Failure::failed("nothing came back"))?;
        match self.output {
            Output::Json => print_json(&answer),
            Output::Text => print(told(&answer)),
        }
        Ok(())
    }
}

fn told(answer: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or("–").to_owned();
    let open = answer["open"].as_array().map(Vec::as_slice).unwrap_or_default();
    let on = text(&answer["on"]);
    if open.is_empty() {
        return format!("Nothing is left to extend on {on}, by catalogue version {}.", answer["version"]);
    }
    let mut table = columns(["matter", "name", "given by", "since", "body", "county"]);
    for row in open {
        let cells = ["matter", "name", "instrument", "since", "body"].map(|key| text(&row[key]));
        let [matter, name, instrument, since, body] = cells;
        table.add_row([matter, name, instrument, since, body, text(&row["county"]["name"])]);
    }
    format!("{} to extend on {on}, by catalogue version {}:\n{table}", open.len(), answer["version"])
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_open_is_told_by_county() {
        let county = json!({"code": "370811000000", "name": "任城区"});
        let row = json!({
            "matter": "M1", "name": "某许可", "body": "市局", "instrument": "鲁政发〔2026〕1号", "since": null, "county": county
        });
        let text = told(&json!({"version": 3, "on": "2026-02-10", "open": [row]}));
        assert!(text.starts_with("1 to extend on 2026-02-10, by catalogue version 3:"), "{text}");
        assert!(["某许可", "鲁政发〔2026〕1号", "任城区"].iter().all(|word| text.contains(word)), "{text}");
        let none = told(&json!({"version": 3, "on": "2026-02-10", "open": []}));
        assert_eq!(none, "Nothing is left to extend on 2026-02-10, by catalogue version 3.");
    }
}
