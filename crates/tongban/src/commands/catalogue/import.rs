//! `tongban catalogue import`: reads, checks, tells; with --propose or --publish, sends.

use std::path::PathBuf;

use clap::Args;
use domain::catalogue::checks::{self, PublicationFault};
use domain::catalogue::sheets::{Located, RowIndex, SheetFault, SheetsRead};
use domain::catalogue::{CatalogueDraft, import::MatterList};
use domain::time::CivilDate;
use serde_json::Value;

use super::source::Source;
use super::{Failure, Output, county_list, print, print_json, publish, told};
use crate::client::Where;

/// What is wrong is told by table, row and column; the rest is kept. Units install a published version by themselves; cases begun
/// before go on under theirs.
///
/// A county's list (.csv with department, main_item, matter_name, local_item_code, area_code, implementing_body_uscc, task_type,
/// full_code) becomes a catalogue by rule: limits, materials and who implements what are made and marked synthetic. A catalogue in
/// tables or JSON is taken as it is, and published only where nothing forbids it.
#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("sent").args(["propose", "publish"])))]
pub(super) struct Import {
    /// An .xlsx workbook or a folder of .csv files as `catalogue export` writes them, a .json catalogue, or a county's list in .csv.
    #[arg(value_name = "FILE|FOLDER")]
    file: PathBuf,
    /// Propose what is good as the next version, and say why: another person reviews it. Without this or --publish nothing is sent.
    #[arg(long, value_name = "WHY", conflicts_with = "publish")]
    propose: Option<String>,
    /// Publish what is good as the city's first version, which nobody reviews.
    #[arg(long)]
    publish: bool,
    /// Send it although something is wrong: matters that an error concerns are left out whole, with their entries.
    #[arg(long, requires = "sent")]
    without_faulty: bool,
    /// From when the version holds; today where left out.
    #[arg(long, value_name = "DATE", value_parser = parse_date)]
    effective: Option<CivilDate>,
    /// Of a county's list: how long an authority may leave an offer unanswered before the next equal one is asked.
    #[arg(long, value_name = "SECONDS", default_value_t = 30 * 60, value_parser = clap::value_parser!(u32).range(1..))]
    patience: u32,
    #[command(flatten)]
    place: Where,
    /// The demo person who proposes or publishes; the city's administrator where left out.
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

impl Import {
    pub(super) fn run(self) -> Result<(), Failure> {
        match Source::read(&self.file)? {
            Source::CountyList(list) => self.list(&list),
            Source::Tables(read) => self.catalogue(read),
            Source::Exact(draft) => {
                // Where things would stand if they were written as tables: what people can be shown.
                let rows = RowIndex::of_written(&draft);
                self.catalogue(SheetsRead { draft, rows, findings: vec![] })
            }
        }
    }

    fn sends(&self) -> bool {
        self.publish || self.propose.is_some()
    }

    fn send(&self, draft: CatalogueDraft) -> Result<Value, Failure> {
        publish::publish(draft, (self.effective, self.propose.as_deref()), &self.place, self.person.as_deref())
    }

    fn list(&self, list: &MatterList) -> Result<(), Failure> {
        if self.output == Output::Text {
            print(county_list::told(list, self.findings));
        }
        if list.rows.is_empty() {
            return Err(Failure::refused(format!("error: {} has no row that can be used", self.file.display())));
        }
        let draft = county_list::draft(list, &self.place, self.patience);
        if self.output == Output::Text {
            for (code, count) in county_list::refused_if_real(&draft) {
                print(format_args!(
                    "A real catalogue would be refused for {count} of them ({code}); these are marked synthetic."
                ));
            }
        }
        let published = self.sends().then(|| self.send(draft)).transpose()?;
        match self.output {
            Output::Json => print_json(&county_list::as_json(list, published)),
            Output::Text => {
                conclude(published.as_ref(), "--propose WHY makes the good rows a proposal for the next version.")
            }
        }
        Ok(())
    }

    fn catalogue(&self, read: SheetsRead) -> Result<(), Failure> {
        let found = checks::check(&read.draft, &read.rows);
        if self.output == Output::Text {
            print(told::text(&read.draft, &read.findings, &found, self.findings));
        }
        let published = match self.sends() {
            true => Some(self.send(self.publishable(&read, &found)?)?),
            false => None,
        };
        match self.output {
            Output::Json => print_json(&told::as_json(&read.draft, &read.findings, &found, published)),
            Output::Text => conclude(published.as_ref(), "--propose WHY makes it a proposal for the next version."),
        }
        Ok(())
    }

    /// What may be sent of it.
    fn publishable(&self, read: &SheetsRead, found: &[Located<PublicationFault>]) -> Result<CatalogueDraft, Failure> {
        let file = self.file.display();
        let sound = checks::without_faulty(read, found)
            .map_err(|first| refused(first.fault.code(), format!("{file}: {first}; nothing was sent")))?;
        let count = sound.left_out.len() + sound.unknown_rows;
        if !sound.is_whole() && !self.without_faulty {
            let how = "put it right, or leave them out by --without-faulty";
            let why = format!("{file}: something is wrong with {count} matters: {how}; nothing was sent");
            return Err(refused(first_error(read, found), why));
        }
        if sound.draft.matters.is_empty() {
            return Err(refused("publish.empty", format!("{file}: no matter can be published; nothing was sent")));
        }
        if !sound.is_whole() && self.output == Output::Text {
            print(format_args!("{count} matters are left out: something is wrong with each of them."));
        }
        Ok(sound.draft)
    }
}

fn first_error(read: &SheetsRead, found: &[Located<PublicationFault>]) -> &'static str {
    let of_reading = read.errors().map(|finding: &Located<SheetFault>| finding.fault.code()).next();
    let mut of_publishing = found.iter().filter(|finding| !checks::may_be_published(std::slice::from_ref(finding)));
    of_reading.or_else(|| of_publishing.next().map(|finding| finding.fault.code())).unwrap_or("publish.empty")
}

fn refused(code: &str, why: String) -> Failure {
    Failure::refused(format!("error[{code}]: {why}"))
}

fn conclude(published: Option<&Value>, otherwise: &str) {
    match published {
        Some(answer) if answer["proposal"].is_u64() => print(format_args!(
            "Proposed as number {}. Another person reviews it: `tongban catalogue review {} --approve`.",
            answer["proposal"], answer["proposal"]
        )),
        Some(answer) => print(format_args!(
            "Published at the city (its command {}){}. Units install it by themselves: `tongban status` shows who has.",
            answer["sequence"],
            if answer["installed"] == true { " and in force there" } else { "" }
        )),
        None => print(format_args!("Nothing was sent. {otherwise}")),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use domain::catalogue::sheets::{self, Language};

    use super::*;
    use crate::commands::catalogue::folder;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        import: Import,
    }

    fn import(words: &str) -> Import {
        Line::try_parse_from(words.split(' ')).unwrap().import
    }

    /// Three matters of the real list, the second an approval by its name under type 10.
    fn three() -> SheetsRead {
        let list = MatterList::from_csv(domain::sample::MATTERS);
        let wanted = ["旧货业备案", "燃气经营者停业、歇业审批", "开锁业备案"];
        let rows: Vec<_> =
            wanted.iter().filter_map(|name| list.rows.iter().find(|row| row.name == *name)).cloned().collect();
        assert_eq!(rows.len(), 3);
        let list = MatterList { rows, findings: vec![] };
        let draft = county_list::draft(&list, &import("import x.csv").place, 60);
        sheets::read(&sheets::write(&draft, Language::Chinese), &mut |_| {})
    }

    #[test]
    fn what_is_wrong_is_sent_only_where_it_is_left_out() {
        let read = three();
        let found = checks::check(&read.draft, &read.rows);
        let text = told::text(&read.draft, &read.findings, &found, 20);
        assert!(text.starts_with("3 matters and "), "{text}");
        assert!(text.contains("0 findings left something out, 1 forbid publishing"), "{text}");
        let row = text.lines().find(|line| line.contains("publish.disguised_approval")).unwrap();
        assert!(row.contains("matters") && row.contains("name") && row.contains("refused"), "{row}");

        let fault = import("import x.xlsx --publish").publishable(&read, &found).unwrap_err();
        assert_eq!(fault.exit, 3);
        let told = "error[publish.disguised_approval]: x.xlsx: something is wrong with 1 matters";
        assert!(fault.text.starts_with(told), "{}", fault.text);
        let rest = import("import x.xlsx --publish --without-faulty -o json").publishable(&read, &found).unwrap();
        assert_eq!(rest.matters.len(), 2);
        assert!(rest.entries.values().flatten().all(|entry| rest.matters.iter().any(|m| m.code == entry.matter)));
        assert!(checks::may_be_published(&checks::check(&rest, &RowIndex::default())));
    }

    #[test]
    fn a_catalogue_without_a_sound_matter_is_not_sent() {
        let mut read = three();
        let approval = read.draft.matters.iter().find(|matter| matter.name.ends_with("审批")).unwrap().clone();
        read.draft.entries.values_mut().for_each(|entries| entries.retain(|entry| entry.matter == approval.code));
        read.draft.matters = vec![approval];
        let found = checks::check(&read.draft, &read.rows);
        let fault = import("import x.xlsx --publish --without-faulty").publishable(&read, &found).unwrap_err();
        assert!(fault.exit == 3 && fault.text.starts_with("error[publish.empty]"), "{}", fault.text);
    }

    #[test]
    fn programs_read_where_everything_stands() {
        let read = three();
        let mut tables = sheets::write(&read.draft, Language::Chinese);
        tables[0].rows[1].cells[3] = "不知".to_owned();
        tables[0].rows[0].cells.push("备注".to_owned());
        let folder = tempfile::tempdir().unwrap();
        folder::write(folder.path(), &tables).unwrap();
        let Source::Tables(read) = Source::read(folder.path()).unwrap() else { panic!("it is a folder") };
        let found = checks::check(&read.draft, &read.rows);
        let json = told::as_json(&read.draft, &read.findings, &found, None);
        let first = &json["findings"][0];
        assert_eq!((&first["sheet"], &first["row"]), (&"matters".into(), &2.into()));
        assert_eq!((&first["column"], &first["code"]), (&"matter_type".into(), &"sheet.not_one_of".into()));
        assert_eq!((&first["severity"], &first["verdict"]), (&"error".into(), &"left out".into()));
        // What belongs to the row that was left out goes with it and is not told again; the rest is kept.
        assert_eq!((&json["matters"], json["published"].is_null()), (&2.into(), true));
        let codes: Vec<_> = json["findings"].as_array().unwrap().iter().filter_map(|f| f["code"].as_str()).collect();
        assert!(!codes.contains(&"sheet.matter_unknown") && codes.contains(&"sheet.column_unknown"), "{codes:?}");
    }
}
