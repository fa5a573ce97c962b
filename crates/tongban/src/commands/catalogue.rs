//! `tongban catalogue`: from an office's list to a version in force. Without --publish nothing leaves this machine.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use clap::{Args, Subcommand};
use domain::calendar::WorkCalendar;
use domain::catalogue::import::{MatterFault, MatterList, Severity};
use domain::catalogue::{CatalogueDraft, ChunkBytes, ChunkKind, DraftOptions};
use domain::ids::UnitId;
use domain::listing::Finding;
use domain::time::{CivilDate, Timestamp};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};

use super::{Failure, Output, block_on, columns, fresh_key, print, print_json};
use crate::client::{Region, Where, divisions};

/// The catalogue of matters: check a list, publish it.
#[derive(Debug, Args)]
pub(crate) struct Catalogue {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Check a list of matters row by row; with --publish, make it the next version in force at the city.
    Import(Import),
}

/// Bad rows are left out and told by row and column; the rest is kept. Limits, materials and who implements what are made by
/// rule and marked synthetic. Units install a published version by themselves; cases begun before go on under theirs.
#[derive(Debug, Args)]
struct Import {
    /// The list: CSV in UTF-8 with the columns department, main_item, matter_name, local_item_code, area_code,
    /// implementing_body_uscc, task_type, full_code.
    #[arg(value_name = "FILE.csv")]
    file: PathBuf,
    /// Publish what is good at the city. Without it nothing is sent.
    #[arg(long)]
    publish: bool,
    /// From when the version holds; today where left out.
    #[arg(long, value_name = "DATE", value_parser = parse_date)]
    effective: Option<CivilDate>,
    /// How long an authority may leave an offer unanswered before the next equal one is asked.
    #[arg(long, value_name = "SECONDS", default_value_t = 30 * 60, value_parser = clap::value_parser!(u32).range(1..))]
    patience: u32,
    #[command(flatten)]
    place: Where,
    /// The demo person who publishes; the city's administrator where left out.
    #[arg(long = "as", value_name = "PERSON")]
    person: Option<String>,
    /// Findings shown at most; all of them in the JSON form.
    #[arg(long, value_name = "NUMBER", default_value_t = 20)]
    findings: usize,
    /// In which form.
    #[arg(short, long, value_enum, default_value_t)]
    output: Output,
}

fn parse_date(text: &str) -> Result<CivilDate, String> {
    text.parse().map_err(|_| "expected a date, e.g. 2026-01-01".to_owned())
}

impl Catalogue {
    pub(crate) fn run(self) -> Result<(), Failure> {
        match self.command {
            Command::Import(import) => import.run(),
        }
    }
}

impl Import {
    fn run(self) -> Result<(), Failure> {
        let bytes = std::fs::read(&self.file)
            .map_err(|why| Failure::refused(format!("error: {}: {why}", self.file.display())))?;
        let list = MatterList::from_csv(&bytes);
        if self.output == Output::Text {
            print(told(&list, self.findings));
        }
        if list.rows.is_empty() {
            return Err(Failure::refused(format!("error: {} has no row that can be used", self.file.display())));
        }
        let published = match self.publish {
            true => Some(self.publish(&list)?),
            false => None,
        };
        match self.output {
            Output::Json => print_json(&as_json(&list, published)),
            Output::Text => match published {
                Some(answer) => print(format_args!(
                    "Published at the city (its command {}){}. Units install it by themselves: `tongban status` shows who has.",
                    answer["sequence"],
                    if answer["installed"] == true { " and in force there" } else { "" }
                )),
                None => print("Nothing was sent. --publish makes the good rows the next version."),
            },
        }
        Ok(())
    }

    fn publish(&self, list: &MatterList) -> Result<Value, Failure> {
        let region = Region::read(&self.place.dir).ok();
        // Without a region's file every county of the table implements.
        let counties = region.map(|region| region.units.iter().map(|unit| unit.unit).collect::<BTreeSet<UnitId>>());
        let (calendar, _) = WorkCalendar::from_csv(domain::sample::WORKDAYS);
        let options = DraftOptions { patience_seconds: self.patience, counties };
        let pieces = CatalogueDraft::build(&list.rows, divisions(), calendar, &options);
        let pieces = pieces.into_chunks().map_err(Failure::refused)?;
        let body = publication(self.effective.unwrap_or_else(today), &pieces)?;
        let bytes: usize = pieces.iter().map(|(_, bytes)| bytes.len()).sum();
        block_on_value(async {
            let mut client = self.place.client(Region::top)?;
            client.act_as(match &self.person {
                Some(person) => Some(person.clone()),
                None => client.someone(&["administrator"]).await?,
            });
            let bar = self.bar(&format!("{} pieces, {} KiB, to the city", pieces.len(), bytes / 1024));
            let key = fresh_key()?;
            let sent = client
                .post(&["catalogue"], Some(&body), &key, |_| bar.set_message("no answer yet; sending it again"))
                .await;
            bar.finish_and_clear();
            Ok(sent?.value)
        })
    }

    /// On the terminal, and nowhere else.
    fn bar(&self, message: &str) -> ProgressBar {
        let style = ProgressStyle::with_template("{spinner} {elapsed} {msg}")
            .unwrap_or_else(|_| ProgressStyle::default_spinner());
        let bar = ProgressBar::new_spinner().with_style(style).with_message(message.to_owned());
        bar.enable_steady_tick(std::time::Duration::from_millis(100));
        bar
    }
}

fn block_on_value<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let mut value = None;
    block_on(async {
        value = Some(work.await?);
        Ok(())
    })?;
    value.ok_or_else(|| Failure::failed("nothing came back"))
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

/// What was found, errors first, and what is kept.
fn told(list: &MatterList, most: usize) -> String {
    let mut by_code: BTreeMap<(Severity, &str), usize> = BTreeMap::new();
    for finding in &list.findings {
        *by_code.entry((finding.fault.severity(), finding.fault.code())).or_default() += 1;
    }
    let (errors, warnings) = (list.errors().count(), list.warnings().count());
    let mut text =
        format!("{} rows are good, {errors} are left out, {warnings} are kept with a warning.", list.rows.len());
    if list.findings.is_empty() {
        return text;
    }
    let mut table = columns(["row", "column", "", "code", "what"]);
    let shown: Vec<&Finding<MatterFault>> = list.errors().chain(list.warnings()).take(most).collect();
    for finding in &shown {
        table.add_row([
            &finding.row.to_string(),
            finding.column.as_deref().unwrap_or("–"),
            severity(finding.fault.severity()),
            finding.fault.code(),
            &finding.fault.to_string(),
        ]);
    }
    if !shown.is_empty() {
        text += &format!("\n{table}");
    }
    let more = list.findings.len() - shown.len();
    if more > 0 {
        text += &format!("\nand {more} more: --findings {} shows all of them. In all:", list.findings.len());
        for ((kind, code), count) in by_code {
            text += &format!("\n  {count:>5} {} {code}", severity(kind));
        }
    }
    text
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "left out",
        Severity::Warning => "warning",
    }
}

fn as_json(list: &MatterList, published: Option<Value>) -> Value {
    let findings = list.findings.iter().map(|finding| {
        json!({
            "row": finding.row,
            "column": finding.column,
            "severity": finding.fault.severity(),
            "code": finding.fault.code(),
            "what": finding.fault.to_string(),
        })
    });
    json!({ "good_rows": list.rows.len(), "findings": findings.collect::<Vec<_>>(), "published": published })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_real_list_is_told_with_its_dirt() {
        let list = MatterList::from_csv(domain::sample::MATTERS);
        let text = told(&list, 2);
        assert!(text.starts_with("1135 rows are good, 0 are left out, 157 are kept with a warning."), "{text}");
        assert!(text.contains("and 155 more: --findings 157 shows all of them"), "{text}");
        for line in [
            "      4 warning import.other_place",
            "      7 warning import.credit_code",
            "    146 warning import.credit_code_missing",
        ] {
            assert!(text.lines().any(|told| told == line), "{line}: {text}");
        }
        let json = as_json(&list, None);
        assert_eq!(json["findings"].as_array().map(Vec::len), Some(157));
    }

    #[test]
    fn errors_are_told_by_row_and_column_before_warnings() {
        let head =
            "department,main_item,matter_name,local_item_code,area_code,implementing_body_uscc,task_type,full_code";
        let rows =
            [head, "局,,事项一,A1,511602000000,,1,A1-511602000000", "局,,事项二,A2,511602000000,,02,A2-511602000000"];
        let list = MatterList::from_csv(rows.join("\n").as_bytes());
        let text = told(&list, 20);
        let at = |part: &str| text.find(part).unwrap_or_else(|| panic!("{part}: {text}"));
        assert!(at("import.matter_type") < at("import.credit_code_missing"), "{text}");
        let row = text.lines().find(|line| line.contains("import.matter_type")).unwrap();
        assert!(row.contains(" 3 ") && row.contains("task_type") && row.contains("left out"), "{text}");
    }

    #[test]
    fn pieces_are_published_in_their_order_with_their_kinds() {
        let list = MatterList::from_csv(domain::sample::MATTERS);
        let counties = Some(BTreeSet::from(["370811".parse().unwrap()]));
        let options = DraftOptions { patience_seconds: 20, counties };
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
