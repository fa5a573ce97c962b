//! `tongban unit findings`: what came of a loss, as a folder tells it.

use clap::Args;
use domain::case::{Happening, TimelineEntry};
use domain::ids::CaseId;
use domain::recovery::Finding;
use domain::store::{StoreFault, UnitRead};
use domain::tables::{Cases, Findings, FoundCase, Rounds};
use protocol::overlay::Overlay;
use serde_json::{Value, json};
use uuid::Uuid;

use super::record::meta;
use super::{Failure, Folder, Output, open, print, print_json};

/// What became of each case that a unit inherited from its former life, and what was told of cases that is void.
#[derive(Debug, Args)]
pub(super) struct FindingsOf {
    #[command(flatten)]
    folder: Folder,
    /// In which form.
    #[arg(short, long, value_enum, default_value_t)]
    output: Output,
}

impl FindingsOf {
    pub(super) fn run(self) -> Result<(), Failure> {
        let (_evidence, groups) = open(&self.folder.data)?;
        let mut told = Vec::new();
        for group in &groups {
            let rows = group.rows().map_err(Failure::failed)?;
            let meta = meta(&rows).map_err(Failure::failed)?;
            let found = Found::of(&Overlay::new(&rows)).map_err(Failure::failed)?;
            if self.output == Output::Text {
                let name = meta.map(|meta| meta.name).unwrap_or_default();
                print(format_args!("{} {name}, generation {}", group.unit.grouped(), group.generation.0));
                found.lines().iter().for_each(|line| print(format_args!("  {line}")));
            }
            told.push(json!({ "unit": group.unit, "generation": group.generation, "findings": found.json() }));
        }
        if self.output == Output::Json {
            print_json(&told.into());
        }
        Ok(())
    }
}

/// One case and what is told of it.
struct FoundHere {
    case: CaseId,
    number: Option<String>,
    found: Option<FoundCase>,
    void: Vec<TimelineEntry>,
}

/// All that a unit's rows tell.
struct Found {
    awaits: Option<Vec<String>>,
    cases: Vec<FoundHere>,
}

impl Found {
    fn of(rows: &impl UnitRead) -> Result<Self, StoreFault> {
        let every = CaseId(Uuid::nil())..=CaseId(Uuid::max());
        let mut cases = Vec::new();
        for (case, row) in rows.scan::<Cases>(every.clone(), usize::MAX)? {
            let (found, void) = (rows.get::<Findings>(&case)?, row.void_acts());
            if found.is_some() || !void.is_empty() {
                let number = row.content.map(|content| content.number.to_string());
                cases.push(FoundHere { case, number, found, void });
            }
        }
        // What was found of a case that nobody kept stands alone.
        for (case, found) in rows.scan::<Findings>(every, usize::MAX)? {
            if rows.get::<Cases>(&case)?.is_none() {
                cases.push(FoundHere { case, number: None, found: Some(found), void: vec![] });
            }
        }
        let awaits = rows.get::<Rounds>(&())?.map(|open| {
            let awaited = open.round.peers.iter().filter(|(peer, _)| open.round.awaits(*peer));
            awaited.map(|(peer, _)| peer.to_string()).collect()
        });
        Ok(Self { awaits, cases })
    }

    fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        match &self.awaits {
            Some(awaits) if awaits.is_empty() => lines.push("its round judges what it inherited".to_owned()),
            Some(awaits) => lines.push(format!("its round waits for {}", awaits.join(", "))),
            None => {}
        }
        for FoundHere { case, number, found, void } in &self.cases {
            let name = number.clone().unwrap_or_else(|| case.to_string());
            if let Some(found) = found {
                let attempt = |attempt: Option<domain::ids::Attempt>| {
                    attempt.map_or_else(|| "none".to_owned(), |attempt| attempt.0.to_string())
                };
                let (known, now) = (attempt(found.known), attempt(found.attempt));
                let what = in_words(found.finding);
                lines.push(format!("{name}  {what} (attempt {known}, now {now}; {})", found.at));
            }
            lines.extend(void.iter().map(|entry| {
                let (unit, sequence) = (entry.unit, entry.sequence.0);
                format!("{name}  void: {} by {unit}, its command {sequence}, {}", kind(&entry.what), entry.at)
            }));
        }
        if lines.is_empty() {
            lines.push("nothing was inherited, and nothing that was told is void".to_owned());
        }
        lines
    }

    fn json(&self) -> Value {
        let case = |here: &FoundHere| json!({ "case": here.case, "number": here.number, "found": here.found, "void": here.void });
        json!({ "awaits": self.awaits, "cases": self.cases.iter().map(case).collect::<Vec<_>>() })
    }
}

/// As the JSON form names it: `accepted`, `decided`.
fn kind(what: &Happening) -> String {
    match serde_json::to_value(what) {
        Ok(Value::String(kind)) => kind,
        Ok(Value::Object(fields)) => fields.into_iter().map(|(kind, _)| kind).collect(),
        _ => "something".to_owned(),
    }
}

fn in_words(finding: Finding) -> String {
    match finding {
        Finding::Ours => "ours again".to_owned(),
        Finding::Taken { from } => format!("ours, committed by {from}"),
        Finding::Offered { by } => format!("offered by {by}"),
        Finding::CommitStands { to } => format!("handed over to {to}, said once more"),
        Finding::Elsewhere { with } => format!("elsewhere, with {with}"),
        Finding::AsKnown => "as the mirror knew it".to_owned(),
        Finding::ContentLost => "nobody kept its content: a presented slip is needed".to_owned(),
    }
}
