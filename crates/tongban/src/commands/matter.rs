//! `tongban matter`: what people can apply for.

use clap::{Args, Subcommand};
use serde_json::Value;

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

/// Characters of a line, wide ones counted twice: what a page of paper and most windows hold.
const WIDEST: u16 = 100;

fn list(found: &MatterList) -> String {
    if found.matters.is_empty() {
        return format!("No matter of catalogue version {} fits. Try fewer or shorter words.", found.version);
    }
    let mut table = columns(["code", "matter", "type", "department", "by law within"]);
    // Names of a hundred characters are wrapped rather than that every line is as long; a narrower terminal is filled.
    let width = table.width().map_or(WIDEST, |width| width.min(WIDEST));
    table.set_width(width);
    for matter in &found.matters {
        let why: Vec<String> = matter.found_by.iter().filter_map(words::found).collect();
        let name = std::iter::once(matter.name.clone()).chain(why).collect::<Vec<_>>().join("\n");
        table.add_row([
            matter.code.as_str(),
            &name,
            words::matter_type(&matter.matter_type),
            &matter.department,
            &words::limit(&matter.statutory_limit),
        ]);
    }
    format!("{table}\n{} matters, catalogue version {}", found.matters.len(), found.version)
}

fn guide(guide: &Guide) -> String {
    let Guide { matter, offered, guide: elements, entries, version } = guide;
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
    if !offered {
        lines.push("  cannot be applied for today: see its planned dates".to_owned());
    }
    lines.extend(elements.iter().flat_map(|(name, value)| element(name, value)));
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

/// One element of a guide: a line, or a line a row.
fn element(name: &str, value: &Value) -> Vec<String> {
    let name = name.replace('_', " ");
    match value {
        Value::Array(rows) if rows.iter().any(Value::is_object) => {
            std::iter::once(name).chain(rows.iter().map(|row| format!("  {}", said(row)))).collect()
        }
        _ => vec![format!("  {name}: {}", said(value))],
    }
}

fn said(value: &Value) -> String {
    match value {
        Value::String(text) => text.replace('\n', " "),
        Value::Array(values) => values.iter().map(said).collect::<Vec<_>>().join(", "),
        Value::Object(fields) => {
            let fields = fields.iter().map(|(name, value)| format!("{} {}", name.replace('_', " "), said(value)));
            fields.collect::<Vec<_>>().join("; ")
        }
        other => other.to_string(),
    }
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
        let elements =
            r#"{"case_kind":"instant","fees":[{"item":"工本费","amount_fen":1000}],"contact_ways":["web","counter"]}"#;
        let shown = Guide {
            matter: found.matters[0].clone(),
            offered: false,
            guide: serde_json::from_str(elements).unwrap(),
            entries: vec![],
            version: 1,
        };
        assert!(
            guide(&shown).contains("within 20 working days by law, 1 calendar day as promised"),
            "{}",
            guide(&shown)
        );
        for line in [
            "  case kind: instant",
            "  contact ways: web, counter",
            "fees\n  amount fen 1000; item 工本费",
            "cannot be applied for today",
        ] {
            assert!(guide(&shown).contains(line), "{line}: {}", guide(&shown));
        }
    }

    #[test]
    fn a_list_fits_a_page_whatever_names_are_in_it() {
        let matter = |name: &str| {
            serde_json::json!({"code": "511A0126800000", "name": name, "matter_type": "public_service", "department": "区自然资源和规划局",
                "statutory_limit": {"days": 20, "unit": "working"}, "promised_limit": {"days": 1, "unit": "calendar"},
                "intake": "for_authority", "found_by": [{"word": "开饭店", "field": "name", "way": "everyday", "means": "食品 经营许可核发"}]})
        };
        let found = serde_json::json!({"matters": [matter(&"食品经营许可".repeat(17)), matter("登记")], "version": 1});
        let text = list(&serde_json::from_value(found).unwrap());
        let width = |line: &str| line.chars().map(|c| if c.is_ascii() || c == '─' { 1 } else { 2 }).sum::<usize>();
        assert!(text.lines().all(|line| width(line) <= usize::from(WIDEST)), "{text}");
        assert!(text.contains("开饭店"), "{text}");
    }
}
