//! `tongban catalogue export`: a catalogue as officials keep it, or exactly.

use std::path::{Path, PathBuf};

use clap::Args;
use domain::catalogue::{CatalogueDraft, installed, sheets};
use domain::ids::UnitId;
use protocol::overlay::Overlay;
use serde_json::json;

use super::source::{Form, Source};
use super::{Failure, Output, Words, folder, print, print_json, workbook};

/// The catalogue comes from a file or folder that `catalogue import` takes, or from what a node has installed.
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("from").required(true))]
pub(super) struct Export {
    /// An .xlsx workbook, a folder of .csv files, a .json catalogue, or a county's list in .csv.
    #[arg(value_name = "FILE|FOLDER", group = "from")]
    file: Option<PathBuf>,
    /// A node's data folder: its newest installed version. The node must not be running.
    #[arg(long, value_name = "DIR", group = "from")]
    data: Option<PathBuf>,
    /// Which unit's, where the folder holds several.
    #[arg(long, value_name = "CODE", requires = "data")]
    unit: Option<UnitId>,
    /// An .xlsx workbook, a .json catalogue (the exact form), or else a folder of .csv files.
    #[arg(long, value_name = "FILE|FOLDER")]
    to: PathBuf,
    /// Write over what is there.
    #[arg(long)]
    force: bool,
    /// In which language headings and words are written; both are read.
    #[arg(long, value_enum, default_value_t)]
    words: Words,
    /// In which form the answer is printed.
    #[arg(short, long, value_enum, default_value_t)]
    output: Output,
}

impl Export {
    pub(super) fn run(self) -> Result<(), Failure> {
        let form = Form::of(&self.to)?;
        if form == Form::CountyList {
            let why = "a catalogue has more than one table: name an .xlsx workbook, a .json file, or a folder";
            return Err(Failure::refused(format!("error[sheet.file]: {}: {why}", self.to.display())));
        }
        if !self.force && is_taken(&self.to) {
            let how = "--force writes over it";
            return Err(Failure::refused(format!("error: {} is there already: {how}", self.to.display())));
        }
        let draft = match (&self.file, &self.data) {
            (Some(file), _) => Source::read(file)?.into_draft(),
            (None, Some(data)) => installed_at(data, self.unit)?,
            (None, None) => return Err(Failure::refused("error: name a file, or --data")),
        };
        let tables = || sheets::write(&draft, self.words.into());
        match form {
            Form::Workbook => workbook::write(&self.to, &tables())?,
            Form::Folder => folder::write(&self.to, &tables())?,
            Form::Json | Form::CountyList => {
                let bytes = draft.canonical().map_err(Failure::failed)?;
                std::fs::write(&self.to, bytes)
                    .map_err(|why| Failure::failed(format!("{}: {why}", self.to.display())))?;
            }
        }
        let (matters, entries) = (draft.matters.len(), draft.entries.values().map(Vec::len).sum::<usize>());
        match self.output {
            Output::Json => print_json(&json!({ "to": self.to, "matters": matters, "entries": entries })),
            Output::Text => {
                print(format_args!("{matters} matters and {entries} entries are in {}.", self.to.display()));
            }
        }
        Ok(())
    }
}

/// A file, or a folder that is not empty.
fn is_taken(to: &Path) -> bool {
    match std::fs::read_dir(to) {
        Ok(mut entries) => entries.next().is_some(),
        Err(_) => to.exists(),
    }
}

fn installed_at(data: &Path, unit: Option<UnitId>) -> Result<CatalogueDraft, Failure> {
    let (_evidence, groups) = crate::commands::unit::open(data)?;
    let chosen: Vec<_> = groups.iter().filter(|group| unit.is_none_or(|unit| group.unit == unit)).collect();
    // Generations of one unit: the last one goes on from those before.
    let Some(group) = chosen.last() else {
        return Err(Failure::refused(format!("error: {} holds no log of that unit", data.display())));
    };
    if chosen.iter().any(|other| other.unit != group.unit) {
        let units: Vec<String> = chosen.iter().map(|group| group.unit.to_string()).collect();
        return Err(Failure::refused(format!(
            "error: {} holds {}: name one by --unit",
            data.display(),
            units.join(", ")
        )));
    }
    let rows = group.rows().map_err(Failure::failed)?;
    let rows = Overlay::new(&rows);
    let Some(pin) = installed::newest(&rows).map_err(Failure::failed)? else {
        return Err(Failure::refused(format!("error: {} has no catalogue installed yet", group.unit)));
    };
    installed::whole(&rows, pin.number).map_err(Failure::failed)
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        export: Export,
    }

    fn export(line: &[&Path]) -> Result<(), Failure> {
        let words = line.iter().map(|word| word.as_os_str().to_owned());
        let line = Line::try_parse_from(std::iter::once("export".into()).chain(words)).unwrap();
        line.export.run()
    }

    /// The head and the first rows of the real list.
    fn list(folder: &Path, rows: usize) -> PathBuf {
        let text = std::str::from_utf8(domain::sample::MATTERS).unwrap();
        let path = folder.join("list.csv");
        std::fs::write(&path, text.lines().take(rows + 1).collect::<Vec<_>>().join("\n")).unwrap();
        path
    }

    #[test]
    fn a_catalogue_goes_through_every_form_and_comes_out_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let list = list(folder.path(), 40);
        let draft = Source::read(&list).unwrap().into_draft();
        assert_eq!(draft.matters.len(), 40);
        let to = Path::new("--to");
        export(&[&list, to, &at("目录.xlsx")]).unwrap();
        export(&[&at("目录.xlsx"), to, &at("tables"), Path::new("--words"), Path::new("en")]).unwrap();
        export(&[&at("tables"), to, &at("catalogue.json")]).unwrap();
        assert_eq!(std::fs::read(at("catalogue.json")).unwrap(), draft.canonical().unwrap());
        let matters = std::fs::read_to_string(at("tables").join("matters.csv")).unwrap();
        assert!(matters.starts_with("\u{feff}code,name,main_item,matter_type,"), "{}", &matters[..60]);
        for form in ["目录.xlsx", "tables", "catalogue.json"] {
            assert_eq!(Source::read(&at(form)).unwrap().into_draft(), draft, "{form}");
        }
    }

    #[test]
    fn nothing_is_written_over_or_into_a_single_table() {
        let folder = tempfile::tempdir().unwrap();
        let list = list(folder.path(), 1);
        let (to, taken) = (Path::new("--to"), folder.path().join("catalogue.json"));
        std::fs::write(&taken, "mine").unwrap();
        for target in [taken.as_path(), folder.path()] {
            let fault = export(&[&list, to, target]).unwrap_err();
            assert_eq!((fault.exit, fault.text.contains("--force writes over it")), (3, true), "{}", fault.text);
        }
        assert_eq!(std::fs::read(&taken).unwrap(), b"mine");
        export(&[&list, to, &taken, Path::new("--force")]).unwrap();
        assert_eq!(Source::read(&taken).unwrap().into_draft().matters.len(), 1);
        for target in ["one.csv", "one.ods"] {
            let fault = export(&[&list, to, &folder.path().join(target)]).unwrap_err();
            assert!(fault.exit == 3 && fault.text.starts_with("error[sheet.file]"), "{}", fault.text);
        }
    }
}
