//! Proposals for the next catalogue version, at the city: listed, shown, reviewed by another person, taken back, published.

use clap::Args;
use serde_json::{Value, json};

use super::still_to_extend::STAFF;
use super::{Failure, Output, Words, block_on, columns, fresh_key, print, print_json};
use crate::client::{Region, Where};

/// Where, and as whom.
#[derive(Debug, Args)]
struct Asks {
    #[command(flatten)]
    place: Where,
    /// The demo person who asks; one whose role may where left out.
    #[arg(long = "as", value_name = "PERSON")]
    person: Option<String>,
}

impl Asks {
    fn get(&self, path: &[&str], query: &[(&str, &str)]) -> Result<Value, Failure> {
        let mut answer = None;
        block_on(async {
            let mut client = self.place.client(Region::top)?;
            client.act_as(match &self.person {
                Some(person) => Some(person.clone()),
                None => client.someone(STAFF).await?,
            });
            answer = Some(client.get(path, query).await?);
            Ok(())
        })?;
        answer.ok_or_else(|| Failure::failed("nothing came back"))
    }

    /// Does something about a proposal, as somebody of this role.
    fn post(&self, role: &str, proposal: u64, act: &str, body: Option<&Value>) -> Result<Value, Failure> {
        let mut answer = None;
        block_on(async {
            let mut client = self.place.client(Region::top)?;
            client.act_as(match &self.person {
                Some(person) => Some(person.clone()),
                None => client.someone(&[role]).await?,
            });
            let key = fresh_key()?;
            let number = proposal.to_string();
            let sent = client
                .post(&["catalogue", "proposals", &number, act], body, &key, |fault| eprintln!("{fault}; again"))
                .await?;
            answer = Some(sent.value);
            Ok(())
        })?;
        answer.ok_or_else(|| Failure::failed("nothing came back"))
    }
}

/// Newest first.
#[derive(Debug, Args)]
pub(super) struct Proposals {
    /// At most that many.
    #[arg(long, value_name = "NUMBER", default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=200))]
    limit: u16,
    /// Only those before this one.
    #[arg(long, value_name = "NUMBER")]
    before: Option<u64>,
    #[command(flatten)]
    asks: Asks,
    /// In which form.
    #[arg(short, long, value_enum, default_value_t)]
    output: Output,
}

impl Proposals {
    pub(super) fn run(self) -> Result<(), Failure> {
        let (limit, before) = (self.limit.to_string(), self.before.map(|before| before.to_string()));
        let mut query = vec![("limit", limit.as_str())];
        query.extend(before.as_deref().map(|before| ("before", before)));
        let answer = self.asks.get(&["catalogue", "proposals"], &query)?;
        match self.output {
            Output::Json => print_json(&answer),
            Output::Text => print(list(&answer)),
        }
        Ok(())
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or("–").to_owned()
}

fn list(answer: &Value) -> String {
    let all = answer["proposals"].as_array().map(Vec::as_slice).unwrap_or_default();
    if all.is_empty() {
        return "Nothing was proposed.".to_owned();
    }
    let mut table = columns(["no.", "", "version", "holds from", "proposed by", "why", "reviewed by"]);
    for one in all {
        let (proposed, reviewed) = (&one["proposed"], &one["reviewed"]);
        table.add_row([
            one["proposal"].to_string(),
            text(&one["standing"]),
            one["version"].to_string(),
            text(&one["effective"]),
            text(&proposed["by"]),
            text(&proposed["words"]),
            text(&reviewed["by"]),
        ]);
    }
    table.to_string()
}

/// What it changes is told from the version that it follows.
#[derive(Debug, Args)]
pub(super) struct ShowProposal {
    /// Its number.
    #[arg(value_name = "NUMBER")]
    proposal: u64,
    /// In which language changes are told.
    #[arg(long, value_enum, default_value_t)]
    words: Words,
    #[command(flatten)]
    asks: Asks,
    /// In which form.
    #[arg(short, long, value_enum, default_value_t)]
    output: Output,
}

impl ShowProposal {
    pub(super) fn run(self) -> Result<(), Failure> {
        let answer = self.asks.get(&["catalogue", "proposals", &self.proposal.to_string()], &[])?;
        match self.output {
            Output::Json => print_json(&answer),
            Output::Text => print(shown(&answer, self.words)),
        }
        Ok(())
    }
}

fn shown(answer: &Value, words: Words) -> String {
    let act = |what: &str, act: &Value| match act["by"].as_str() {
        Some(by) => {
            let said = act["words"].as_str().filter(|words| !words.is_empty());
            let said = said.map(|words| format!(": {words}")).unwrap_or_default();
            format!("\n  {what} by {by} at {} (command {}){said}", text(&act["at"]), act["sequence"])
        }
        None => String::new(),
    };
    let mut told = format!(
        "Proposal {} for version {}, to hold from {}: {}",
        answer["proposal"],
        answer["version"],
        text(&answer["effective"]),
        text(&answer["standing"])
    );
    told += &act("proposed", &answer["proposed"]);
    told += &act("reviewed", &answer["reviewed"]);
    told += &act(if answer["standing"] == "published" { "published" } else { "ended" }, &answer["ended"]);
    if answer["stale"] == true {
        told += "\n  Another version was published meanwhile: it cannot be published any more.";
    }
    let changes = answer["changes"].as_array().map(Vec::as_slice).unwrap_or_default();
    let key = if words == Words::Zh { "zh" } else { "en" };
    if changes.is_empty() {
        told += "\nNothing changes. 没有变化。";
    }
    for change in changes {
        told += &format!("\n{}", text(&change[key]));
    }
    let more = answer["changes_count"].as_u64().unwrap_or_default().saturating_sub(changes.len() as u64);
    if more > 0 {
        told += &format!("\nand {more} more");
    }
    told
}

/// Another person than who proposed it.
#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("verdict").required(true).args(["approve", "send_back"])))]
pub(super) struct Review {
    /// The proposal's number.
    #[arg(value_name = "NUMBER")]
    proposal: u64,
    /// It may be published.
    #[arg(long)]
    approve: bool,
    /// It is sent back, for these reasons.
    #[arg(long, value_name = "REASONS")]
    send_back: Option<String>,
    #[command(flatten)]
    asks: Asks,
}

impl Review {
    pub(super) fn run(self) -> Result<(), Failure> {
        let words = self.send_back.clone().unwrap_or_default();
        let body = json!({ "approved": self.approve, "words": words });
        self.asks.post("reviewer", self.proposal, "review", Some(&body))?;
        let number = self.proposal;
        print(match self.approve {
            true => format!(
                "Proposal {number} is approved. `tongban catalogue publish {number}` makes it the next version."
            ),
            false => format!("Proposal {number} is sent back."),
        });
        Ok(())
    }
}

/// Only who proposed it does.
#[derive(Debug, Args)]
pub(super) struct Withdraw {
    /// The proposal's number.
    #[arg(value_name = "NUMBER")]
    proposal: u64,
    /// Why, where there is something to say.
    #[arg(long, value_name = "TEXT", default_value = "")]
    words: String,
    #[command(flatten)]
    asks: Asks,
}

impl Withdraw {
    pub(super) fn run(self) -> Result<(), Failure> {
        let body = json!({ "words": self.words });
        self.asks.post("administrator", self.proposal, "withdraw", Some(&body))?;
        print(format!("Proposal {} is withdrawn.", self.proposal));
        Ok(())
    }
}

/// It holds from its day; cases received before stay under the version that they were received under.
#[derive(Debug, Args)]
pub(super) struct Publish {
    /// The proposal's number.
    #[arg(value_name = "NUMBER")]
    proposal: u64,
    #[command(flatten)]
    asks: Asks,
}

impl Publish {
    pub(super) fn run(self) -> Result<(), Failure> {
        let answer = self.asks.post("administrator", self.proposal, "publish", None)?;
        print(format_args!(
            "Published at the city (its command {}){}. Units install it by themselves: `tongban status` shows who has.",
            answer["sequence"],
            if answer["installed"] == true { " and installed there" } else { "" }
        ));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proposal_is_told_with_its_people_and_changes() {
        let act = |by: &str, words: &str| json!({"by": by, "at": "2026-02-10T12:00:00.000+08:00", "sequence": 7, "words": words});
        let change = json!({"zh": "M1 某事项:名称由“甲”改为“乙”", "en": "M1: name was “甲” and is “乙”"});
        let answer = json!({
            "proposal": 3, "version": 2, "effective": "2026-03-01", "standing": "proposed",
            "proposed": act("demo-administrator", "鲁政发〔2026〕1号"), "reviewed": null, "ended": null,
            "stale": true, "changes": [change], "changes_count": 3,
        });
        let zh = shown(&answer, Words::Zh);
        assert!(zh.contains("proposed by demo-administrator") && zh.contains("名称由“甲”改为“乙”"), "{zh}");
        assert!(zh.contains("cannot be published any more") && zh.ends_with("and 2 more"), "{zh}");
        assert!(shown(&answer, Words::En).contains("name was “甲” and is “乙”"));
        let row = list(&json!({"proposals": [answer], "next": null}));
        assert!(row.contains("demo-administrator") && row.contains("2026-03-01"), "{row}");
        assert_eq!(list(&json!({"proposals": [], "next": null})), "Nothing was proposed.");
    }
}
