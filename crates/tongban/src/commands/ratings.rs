//! `tongban ratings`: how a unit's steps were rated, and what it owes to people who rated badly, urged or complained.

use clap::{Args, Subcommand};

use super::{Failure, Output, block_on, columns, print, print_json};
use crate::client::{ListedUnit, Region, RegionFault, Where};
use crate::forms;
use crate::words;

/// 好差评: counts, shares, and what is owed.
#[derive(Debug, Args)]
pub(crate) struct Ratings {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Counts by level, the share that is satisfied, the share of bad ones called back: by matter.
    Show(Asked),
    /// What is owed, by the last day: call-backs, rectifications, answers. Staff only.
    Owed(Asked),
}

/// Whose.
#[derive(Debug, Args)]
struct Asked {
    #[command(flatten)]
    place: Where,
    /// The demo person who asks; somebody of the unit who may, where left out.
    #[arg(long = "as", value_name = "PERSON")]
    person: Option<String>,
    /// In which form.
    #[arg(short, long, value_enum, default_value_t)]
    output: Output,
}

const STAFF: &[&str] = &["inspector", "officer", "window", "agent"];

impl Ratings {
    pub(crate) fn run(self) -> Result<(), Failure> {
        match self.command {
            Command::Show(asked) => block_on(asked.show()),
            Command::Owed(asked) => block_on(asked.owed()),
        }
    }
}

fn needed(_: &Region) -> Result<&ListedUnit, RegionFault> {
    Err(RegionFault::Needed { why: "ratings are a unit's own" })
}

impl Asked {
    async fn get(&self, path: &str) -> Result<serde_json::Value, Failure> {
        let mut client = self.place.client(needed)?;
        client.act_as(match &self.person {
            Some(person) => Some(person.clone()),
            None => client.someone(STAFF).await?,
        });
        Ok(client.get(&[path], &[]).await?)
    }

    async fn show(self) -> Result<(), Failure> {
        let value = self.get("ratings").await?;
        if self.output == Output::Json {
            print_json(&value);
            return Ok(());
        }
        let found: forms::RatingList = serde_json::from_value(value).map_err(Failure::failed)?;
        let percent = |percent: Option<u32>| percent.map_or("–".to_owned(), |percent| format!("{percent} %"));
        let mut table = columns([
            "matter",
            "非常满意",
            "满意",
            "基本满意",
            "不满意",
            "非常不满意",
            "satisfied",
            "called back",
            "excluded",
        ]);
        for of in found.matters.iter().chain([&found.all]) {
            table.add_row([
                of.matter.clone().unwrap_or_else(|| "all".to_owned()),
                of.very_satisfied.to_string(),
                of.satisfied.to_string(),
                of.fairly_satisfied.to_string(),
                of.dissatisfied.to_string(),
                of.very_dissatisfied.to_string(),
                percent(of.satisfied_percent),
                percent(of.called_back_percent),
                of.excluded.to_string(),
            ]);
        }
        print(table);
        Ok(())
    }

    async fn owed(self) -> Result<(), Failure> {
        let value = self.get("concerns").await?;
        if self.output == Output::Json {
            print_json(&value);
            return Ok(());
        }
        let found: forms::ConcernList = serde_json::from_value(value).map_err(Failure::failed)?;
        if found.concerns.is_empty() {
            print("nothing is owed");
            return Ok(());
        }
        let mut table = columns(["case", "what", "owed", "last day", "card"]);
        for said in &found.concerns {
            let worst = said.cards.last().map_or("", |card| words::card(&card.kind));
            table.add_row([
                said.number.as_str(),
                words::concern_kind(said),
                said.waits.as_deref().map_or("", words::concern_task),
                said.due.as_deref().unwrap_or_default(),
                worst,
            ]);
        }
        print(table);
        Ok(())
    }
}
