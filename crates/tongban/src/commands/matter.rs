//! `tongban matter`: what people can apply for.

use clap::{Args, Subcommand};

use super::{Failure, Output, block_on, columns, print, print_json};
use crate::client::{Region, Where};
use crate::forms::{Guide, MatterList};
use crate::words;

/// Matters that people can apply for.
#[derive(Debug, Args)]
pub(crate) struct Matter {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Find matters by plain words.
    Search(Search),
    /// One matter: limits, materials, who implements it.
    Show(Show),
}

#[derive(Debug, Args)]
struct Search {
    /// Plain words, e.g. 食品 经营.
    #[arg(required = true)]
    words: Vec<String>,
    /// At most that many.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u8).range(1..=200))]
    limit: u8,
    #[command(flatten)]
    place: Where,
    /// In which form.
    #[arg(short, long, value_enum, default_value_t)]
    output: Output,
}

#[derive(Debug, Args)]
struct Show {
    /// The matter's code, as `matter search` prints it.
    code: String,
    #[command(flatten)]
    place: Where,
    /// In which form.
    #[arg(short, long, value_enum, default_value_t)]
    output: Output,
}

impl Matter {
    pub(crate) fn run(self) -> Result<(), Failure> {
        match self.command {
            Command::Search(search) => block_on(search.run()),
            Command::Show(show) => block_on(show.run()),
        }
    }
}

impl Search {
    async fn run(self) -> Result<(), Failure> {
        let client = self.place.client(Region::top)?;
        let (words, limit) = (self.words.join(" "), self.limit.to_string());
        let value = client.get(&["matters"], &[("words", &words), ("limit", &limit)]).await?;
        match self.output {
            Output::Json => print_json(&value),
            Output::Text => print(list(&serde_json::from_value(value).map_err(Failure::failed)?)),
        }
        Ok(())
    }
}

impl Show {
    async fn run(self) -> Result<(), Failure> {
        let client = self.place.client(Region::top)?;
        let value = client.get(&["matters", &self.code], &[]).await?;
        match self.output {
            Output::Json => print_json(&value),
            Output::Text => print(guide(&serde_json::from_value(value).map_err(Failure::failed)?)),
        }
        Ok(())
    }
}

fn list(found: &MatterList) -> String {
    if found.matters.is_empty() {
        return format!("No matter of catalogue version {} fits. Try fewer or shorter words.", found.version);
    }
    let mut table = columns(["code", "matter", "type", "department", "by law within"]);
    for matter in &found.matters {
        table.add_row([
            matter.code.as_str(),
            &matter.name,
            words::matter_type(&matter.matter_type),
            &matter.department,
            &words::limit(&matter.statutory_limit),
        ]);
    }
    format!("{table}\n{} matters, catalogue version {}", found.matters.len(), found.version)
}

fn guide(guide: &Guide) -> String {
    let Guide { matter, entries, version } = guide;
    let mut lines = vec![
        format!("{}  {}", matter.code, matter.name),
        format!("  {}, {}; catalogue version {version}", words::matter_type(&matter.matter_type), matter.department),
        format!(
            "  decided within {} by law, {} as promised",
            words::limit(&matter.statutory_limit),
            words::limit(&matter.promised_limit)
        ),
        format!("  handed in at a village or township: {}", words::intake(&matter.intake)),
    ];
    if matter.synthetic {
        lines.push(
            "  synthetic: limits, materials and intake were made by rule, not taken from a published list".to_owned(),
        );
    }
    lines.push("Materials".to_owned());
    lines.extend(
        matter
            .materials
            .iter()
            .map(|material| format!("  {}  {}", words::necessity(&material.necessity), material.name)),
    );
    lines.push("Who implements it, as far as the asked unit's slice of the catalogue tells".to_owned());
    for entry in entries {
        let alike = if entry.same_authority { "同权 same authority" } else { "alone" };
        lines.push(format!("  {}  {}  {alike}, {}", words::unit(&entry.unit), entry.body_name, entry.exercise));
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matters_are_listed_with_their_limits() {
        let json = r#"{"matters":[{"code":"512012002012","name":"小餐饮登记","main_item":null,"matter_type":"licence",
            "department":"市场监管局","statutory_limit":{"days":20,"unit":"working"},"promised_limit":{"days":1,"unit":"calendar"},
            "materials":[{"name":"申请书","necessity":"required"}],"intake":"for_authority","patience_seconds":20,"synthetic":true}],
            "version":1}"#;
        let found: MatterList = serde_json::from_str(json).unwrap();
        let text = list(&found);
        let row = text.lines().find(|line| line.contains("512012002012")).unwrap();
        for part in ["小餐饮登记", "行政许可 licence", "市场监管局", "20 working days"] {
            assert!(row.contains(part), "{text}");
        }
        assert!(text.ends_with("1 matters, catalogue version 1"), "{text}");
        let shown = Guide { matter: found.matters[0].clone(), entries: vec![], version: 1 };
        assert!(
            guide(&shown).contains("within 20 working days by law, 1 calendar day as promised"),
            "{}",
            guide(&shown)
        );
    }
}
