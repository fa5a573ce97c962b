//! `tongban verify`: judges a proof, a bundle or a data folder without its unit, by the region directory's keys alone.

use std::path::{Path, PathBuf};

use clap::Args;
use domain::ids::{Sequence, UnitId};
use domain::tables::Audit;
use protocol::audit::{AuditProof, Bundle, Document, Verified};
use protocol::crypto::Standard;
use protocol::directory::Directory;
use protocol::overlay::Overlay;
use seal::Judged;
use serde_json::{Map, Value, json};
use transport::authority::believed;

use super::audit::coded;
use super::{Failure, Output, print, print_json};

/// Judge a proof, a bundle or a data folder by the region directory's keys alone.
///
/// Recomputes every hash, and checks every signature against the keys that the region's authority signed. What stands in no audit
/// row is not judged: `tongban unit replay` and `tongban unit check` look at the rest of a folder.
#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// What `tongban audit` or `tongban case papers --save` wrote, or a node's data folder.
    #[arg(value_name = "FILE|DIR")]
    what: PathBuf,
    /// A folder with directory.json and authority.pub, and for papers seal-authority.json, got from who is trusted: a node's or program's own, for example.
    #[arg(long, value_name = "DIR", default_value = "tongban-dev/region/clients/operator")]
    keys: PathBuf,
    /// In which form.
    #[arg(short, long, value_enum, default_value_t)]
    output: Output,
}

/// What came of one document or one unit's books.
struct Verdict {
    text: Vec<String>,
    json: Value,
    /// Code and words of each thing that does not hold.
    wrong: Vec<(&'static str, String)>,
}

impl Verify {
    pub(crate) fn run(self) -> Result<(), Failure> {
        if let Some(paper) = read_paper(&self.what) {
            return self.judge_paper(&paper);
        }
        let directory =
            believed(&self.keys).map_err(|fault| Failure::refused(coded("region.file", &self.keys, &fault)))?;
        let verdicts = match self.what.is_dir() {
            true => of_folder(&self.what, &directory)?,
            false => vec![of_file(&self.what, &directory)?],
        };
        match self.output {
            Output::Json => print_json(&verdicts.iter().map(|verdict| verdict.json.clone()).collect()),
            Output::Text => verdicts.iter().flat_map(|verdict| &verdict.text).for_each(print),
        }
        let wrong: Vec<String> = verdicts
            .iter()
            .flat_map(|verdict| &verdict.wrong)
            .map(|(code, what)| coded(code, &self.what, what))
            .collect();
        match wrong.is_empty() {
            true => Ok(()),
            false => Err(Failure { text: wrong.join("\n"), exit: 1 }),
        }
    }
}

/// A paper as the API gives it; `None` for anything else.
fn read_paper(file: &Path) -> Option<Map<String, Value>> {
    let text = std::fs::read_to_string(file).ok()?;
    let paper: Map<String, Value> = serde_json::from_str(&text).ok()?;
    (paper.contains_key("seal_state") || paper.contains_key("seal")).then_some(paper)
}

impl Verify {
    /// By the root of the seal authority alone: no directory is needed.
    fn judge_paper(&self, paper: &Map<String, Value>) -> Result<(), Failure> {
        let root = node::seals::root(&self.keys)
            .map_err(|fault| Failure::refused(coded("seal.file", &self.keys, &fault.why)))?;
        match seal::check(paper, &root) {
            Ok(Judged { paper, at, by }) => {
                let force =
                    if by.test { "示例印章，无法律效力。A test seal, without force in law." } else { "" };
                match self.output {
                    Output::Json => print_json(&json!({
                        "document": "paper", "sealed": true, "paper": paper, "at": at.to_string(), "by": by, "faults": [],
                    })),
                    Output::Text => print(format_args!(
                        "SEALED 印章有效\n  paper    {paper}\n  by       {} {}\n  at       {at}\n  seal     {} by {}, {} to {}\n{force}",
                        by.body.as_str(),
                        by.body_name,
                        by.serial,
                        by.issuer,
                        by.from,
                        by.until
                    )),
                }
                Ok(())
            }
            Err(fault) => {
                if self.output == Output::Json {
                    let faults = faults(&[(fault.code(), fault.to_string())]);
                    print_json(&json!({ "document": "paper", "sealed": false, "faults": faults }));
                }
                let zh = domain::codes::find(fault.code())
                    .map_or(String::new(), |row| format!("\n  中文     {}。{}", row.title.zh, row.remedy.zh));
                Err(Failure { text: coded(fault.code(), &self.what, &fault) + &zh, exit: 1 })
            }
        }
    }
}

fn of_file(file: &Path, directory: &Directory) -> Result<Verdict, Failure> {
    let text =
        std::fs::read_to_string(file).map_err(|why| Failure::refused(format!("error: {}: {why}", file.display())))?;
    let document: Document =
        serde_json::from_str(&text).map_err(|why| Failure::refused(coded("audit.file", file, &why)))?;
    Ok(match document {
        Document::Proof(proof) => of_proof(&proof, directory),
        Document::Bundle(bundle) => of_books(&bundle, directory, vec![]),
    })
}

fn of_folder(folder: &Path, directory: &Directory) -> Result<Vec<Verdict>, Failure> {
    let (_evidence, groups) = super::unit::open(folder)?;
    let mut verdicts = Vec::new();
    for group in groups {
        let rows = group.rows().map_err(Failure::failed)?;
        let rows = Overlay::new(&rows);
        let Some(bundle) = Bundle::of(&rows).map_err(Failure::failed)? else { continue };
        let mut wrong = Vec::new();
        if let Some(tree) = domain::audit::Tree::of(&rows, bundle.generation).map_err(Failure::failed)? {
            let unsound = tree.unsound_nodes(bundle.rows.len() as u64).map_err(Failure::failed)?;
            wrong.extend(unsound.iter().map(|(level, at)| {
                ("audit.rows", format!("node {at} of level {level} of the kept tree does not fit the rows below it"))
            }));
        }
        verdicts.push(of_books(&bundle, directory, wrong));
    }
    Ok(verdicts)
}

fn named(directory: &Directory, unit: UnitId) -> String {
    let name = directory.unit(unit).map(|listing| listing.name.as_str()).unwrap_or_default();
    format!("{} {name}", unit.grouped())
}

fn of_proof(proof: &AuditProof, directory: &Directory) -> Verdict {
    let head = &proof.head.head;
    let mut text = vec![format!(
        "proof of {} audit rows of {}, generation {}",
        proof.rows.len(),
        named(directory, head.unit),
        head.generation.0
    )];
    text.extend(proof.rows.iter().map(|row| format!("  row      {}", row_in_words(row.sequence, &row.audit))));
    let root = head.root;
    text.push(format!(
        "  head     {} rows, root {root}, signed by node {} at {}",
        head.size, proof.head.signer, head.at
    ));
    let checked = proof.check(directory, &Standard);
    let (witnesses, wrong) = match &checked {
        Ok(proved) => (proved.witnesses.clone(), vec![]),
        Err(fault) => (vec![], vec![(fault.code(), fault.to_string())]),
    };
    for witness in &witnesses {
        let covers = if witness.covers_all { "all of it" } else { "not all of it" };
        let by = named(directory, witness.by);
        text.push(format!("  seen by  {by}, up to row {}, signed at {}: {covers}", witness.up_to.0, witness.at));
    }
    let covering = witnesses.iter().filter(|witness| witness.covers_all).count();
    text.push(match (&checked, covering) {
        (Err(_), _) => "NOT PROVED".to_owned(),
        (Ok(_), 0) => "PROVED by the unit's own signature; no neighbour has signed under all of it yet".to_owned(),
        (Ok(_), 1) => "PROVED by the unit's signature and that of 1 neighbour".to_owned(),
        (Ok(_), neighbours) => format!("PROVED by the unit's signature and those of {neighbours} neighbours"),
    });
    let json = json!({
        "document": "proof", "unit": head.unit, "generation": head.generation, "size": head.size, "root": root,
        "rows": proof.rows.iter().map(|row| row.sequence).collect::<Vec<_>>(),
        "witnesses": witnesses.iter().map(|witness| json!({
            "unit": witness.by, "up_to": witness.up_to, "covers_all": witness.covers_all,
        })).collect::<Vec<_>>(),
        "proved": checked.is_ok(), "faults": faults(&wrong),
    });
    Verdict { text, json, wrong }
}

fn of_books(bundle: &Bundle, directory: &Directory, mut wrong: Vec<(&'static str, String)>) -> Verdict {
    let Verified { rows, root, heads, witnesses, findings } = bundle.check(directory, &Standard);
    wrong.extend(findings.iter().map(|finding| (finding.code(), finding.to_string())));
    let mut text = vec![
        format!("books of {}, generation {}", named(directory, bundle.unit), bundle.generation.0),
        format!("  {rows} audit rows, root {root}"),
        format!("  {heads} signed heads"),
    ];
    text.extend(
        witnesses.iter().map(|(by, up_to)| format!("  seen by  {}, up to row {}", named(directory, *by), up_to.0)),
    );
    text.push(match wrong.len() {
        0 => "SOUND".to_owned(),
        faults => format!("NOT SOUND: {faults} things do not hold"),
    });
    let json = json!({
        "document": "books", "unit": bundle.unit, "generation": bundle.generation, "rows": rows, "root": root, "heads": heads,
        "witnesses": witnesses.iter().map(|(unit, up_to)| json!({ "unit": unit, "up_to": up_to })).collect::<Vec<_>>(),
        "sound": wrong.is_empty(), "faults": faults(&wrong),
    });
    Verdict { text, json, wrong }
}

fn faults(wrong: &[(&'static str, String)]) -> Vec<Value> {
    wrong.iter().map(|(code, what)| json!({ "code": code, "what": what })).collect()
}

fn row_in_words(sequence: Sequence, audit: &Audit) -> String {
    let outcome = audit.refused.as_deref().map_or("done".to_owned(), |code| format!("refused [{code}]"));
    let case = audit.number.map(|number| number.to_string()).or(audit.case.map(|case| case.to_string()));
    let rules = audit.catalogue.map_or("no catalogue".to_owned(), |pin| format!("catalogue version {}", pin.number));
    format!(
        "{}  {}  command kind {} by {} under {rules}, policy {}: {outcome}{}",
        sequence.0,
        audit.at,
        audit.command,
        audit.principal.name,
        audit.policy.short(),
        case.map(|case| format!(", case {case}")).unwrap_or_default()
    )
}
