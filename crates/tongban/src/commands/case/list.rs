//! `tongban case list`: what units have, newest first.

use clap::{Args, ValueEnum};
use comfy_table::Table;
use serde_json::{Value, json};

use super::{Failure, Output, columns, print, print_json};
use crate::client::{Client, ClientFault, Region, Where};
use crate::forms::{Case, CaseList};
use crate::words;

/// Cases, newest first: of one unit, or of every unit of the region.
#[derive(Debug, Args)]
pub(super) struct List {
    #[command(flatten)]
    place: Where,
    /// The demo person who asks; staff of each unit, where left out.
    #[arg(long = "as", value_name = "PERSON")]
    person: Option<String>,
    /// Only those that have got this far.
    #[arg(long, value_enum)]
    stage: Option<Stage>,
    /// Only those that wait for this.
    #[arg(long, value_enum)]
    waiting: Option<Waiting>,
    /// At most that many of each unit.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u8).range(1..=200))]
    limit: u8,
    /// The `next` of the answer before; with --at.
    #[arg(long, requires = "at", value_name = "NEXT")]
    after: Option<String>,
    /// In which form.
    #[arg(short, long, value_enum, default_value_t)]
    output: Output,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
#[value(rename_all = "snake_case")]
enum Stage {
    Received,
    Accepted,
    NotAccepted,
    Decided,
    Closed,
    Delivered,
    Withdrawn,
    Terminated,
    AwaitingSupplement,
    Lapsed,
    SentUp,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
#[value(rename_all = "snake_case")]
enum Waiting {
    Route,
    Prepare,
    AwaitAnswer,
    Accept,
    Decide,
    Step,
    Review,
    Close,
    Return,
    Deliver,
    AwaitCommit,
    AwaitClaim,
    Supplement,
    Complete,
    CheckPromise,
    Revoke,
}

const STAFF: &[&str] = &["officer", "window", "agent", "administrator"];

impl List {
    pub(super) async fn run(self) -> Result<(), Failure> {
        if self.place.at.is_some() {
            let value = self.ask(self.place.client(Region::top)?).await?;
            match self.output {
                Output::Json => print_json(&value),
                Output::Text => print(told(&value)?),
            }
            return Ok(());
        }
        let region = Region::read(&self.place.dir)?;
        let mut all = Vec::new();
        for unit in &region.units {
            let answer = self.ask(unit.client()?).await;
            match (self.output, answer) {
                (Output::Json, answer) => all.push(match answer {
                    Ok(answer) => json!({ "unit": unit.unit.to_string(), "name": unit.name, "cases": answer["cases"], "next": answer["next"] }),
                    Err(fault) => json!({ "unit": unit.unit.to_string(), "name": unit.name, "fault": fault.to_string() }),
                }),
                // Most units of a region have nothing to show.
                (Output::Text, Ok(answer)) if answer["cases"].as_array().is_some_and(Vec::is_empty) => {}
                (Output::Text, Ok(answer)) => print(format_args!("{} {}\n{}\n", unit.unit.grouped(), unit.name, told(&answer)?)),
                (Output::Text, Err(fault)) => print(format_args!("{} {}: {fault}\n", unit.unit.grouped(), unit.name)),
            }
        }
        if self.output == Output::Json {
            print_json(&Value::Array(all));
        }
        Ok(())
    }

    async fn ask(&self, mut client: Client) -> Result<Value, ClientFault> {
        client.act_as(match &self.person {
            Some(person) => Some(person.clone()),
            None => client.someone(STAFF).await?,
        });
        let limit = self.limit.to_string();
        let stage = self.stage.and_then(|stage| stage.to_possible_value());
        let waiting = self.waiting.and_then(|waiting| waiting.to_possible_value());
        let mut query = vec![("limit", limit.as_str())];
        query.extend(stage.as_ref().map(|stage| ("stage", stage.get_name())));
        query.extend(waiting.as_ref().map(|waiting| ("waiting", waiting.get_name())));
        query.extend(self.after.as_deref().map(|after| ("after", after)));
        client.get(&["cases"], &query).await
    }
}

fn told(answer: &Value) -> Result<String, Failure> {
    let list: CaseList = serde_json::from_value(answer.clone()).map_err(Failure::failed)?;
    let rest = list.next.map(|next| format!("\nmore: --after {next}")).unwrap_or_default();
    Ok(table(&list.cases).to_string() + &rest)
}

fn table(cases: &[Case]) -> Table {
    let mut table = columns(["number", "matter", "stage", "with", "waits for"]);
    for case in cases {
        table.add_row([
            case.number.as_deref().unwrap_or(&case.id),
            case.matter.as_ref().map_or("", |matter| &matter.name),
            case.stage.as_deref().map_or("", words::stage),
            &case.holder.name,
            case.waiting.as_deref().map_or("", words::waiting),
        ]);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::case::show::tests::accepted;

    #[test]
    fn a_list_names_number_matter_stage_and_where_it_is() {
        let text = table(&[accepted()]).to_string();
        let row = text.lines().find(|line| line.contains("00001")).unwrap();
        for part in ["370811002001-260202-A-00001-7", "小餐饮登记", "受理 accepted", "任城区", "an officer to decide"]
        {
            assert!(row.contains(part), "{text}");
        }
    }

    #[test]
    fn filters_are_the_interface_s_own_names() {
        let names: Vec<String> = Waiting::value_variants()
            .iter()
            .filter_map(|v| v.to_possible_value())
            .map(|v| v.get_name().to_owned())
            .collect();
        let kinds = domain::command::TaskKind::ALL.map(|kind| serde_json::to_value(kind).unwrap());
        assert_eq!(names, kinds.map(|kind| kind.as_str().unwrap().to_owned()));
    }
}
