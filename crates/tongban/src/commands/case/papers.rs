//! `tongban case papers`: the papers of a case, as its holder's story has them.

use std::io::Write;

use clap::Args;
use serde_json::json;

use super::{Failure, Named, Output, columns, print, print_json};
use crate::forms;
use crate::words;

/// Receipts, notices and decisions of a case; with --paper one of them in full.
#[derive(Debug, Args)]
pub(super) struct Papers {
    #[command(flatten)]
    named: Named,
    /// Which, by its place in the list.
    #[arg(long, value_name = "NUMBER")]
    paper: Option<usize>,
    /// Keep that paper in a file, with its seal, as `tongban verify` judges it. A file that is there is not written over.
    #[arg(long, value_name = "FILE", requires = "paper")]
    save: Option<std::path::PathBuf>,
    /// In which form.
    #[arg(short, long, value_enum, default_value_t)]
    output: Output,
}

impl Papers {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let (client, _) = self.named.holder().await?;
        let value = client.get(&["cases", &self.named.case, "papers"], &[]).await?;
        let list: forms::PaperList = serde_json::from_value(value.clone()).map_err(Failure::failed)?;
        let chosen = match self.paper {
            None => None,
            Some(number) => {
                let found = number.checked_sub(1).and_then(|at| list.papers.get(at).map(|paper| (at, paper)));
                let many = list.papers.len();
                Some(found.ok_or_else(|| {
                    Failure::refused(format!("error: the case has {many} papers, so none is number {number}"))
                })?)
            }
        };
        if let (Some(file), Some((at, _))) = (&self.save, chosen) {
            let refused = |why: std::io::Error| Failure::refused(format!("error: {}: {why}", file.display()));
            let mut new = std::fs::File::create_new(file).map_err(refused)?;
            writeln!(new, "{:#}", value["papers"][at]).map_err(refused)?;
        }
        match (self.output, chosen) {
            (Output::Json, Some((at, _))) => print_json(&json!(value["papers"][at])),
            (Output::Json, None) => print_json(&value),
            (Output::Text, Some((_, paper))) => print(in_full(paper)),
            (Output::Text, None) => {
                let mut table = columns(["number", "paper", "", "issued", "by"]);
                for paper in &list.papers {
                    let (title, issued) = (&paper.title, words::moment(&paper.issued));
                    table.add_row([&paper.number, &title.zh, &title.en, &issued, &paper.issuer]);
                }
                print(table);
            }
        }
        Ok(())
    }
}

fn in_full(paper: &forms::Paper) -> String {
    let both = |words: &forms::Words| match words.zh == words.en {
        true => words.zh.clone(),
        false => format!("{}\n{}", words.zh, words.en),
    };
    let mut parts = vec![format!("{}\n{}\n{}", paper.title.zh, paper.title.en, paper.number)];
    let fact = |fact: &forms::PaperFact| format!("{} {}: {}", fact.label.zh, fact.label.en, fact.value.zh);
    parts.push(paper.facts.iter().map(fact).collect::<Vec<_>>().join("\n"));
    parts.extend(paper.text.iter().map(both));
    parts.extend([&paper.basis, &paper.review, &paper.uncertain].into_iter().flatten().map(both));
    parts.push(format!("{}\n{}", paper.issuer, words::moment(&paper.issued)));
    parts.push(match (&paper.seal, &paper.unsealed_because) {
        (Some(seal), _) => {
            let by = &seal.certificate.says;
            let test = if by.test { "\n示例印章，无法律效力 a test seal, without force in law" } else { "" };
            let at = seal.says.at;
            format!("电子印章 sealed by {} {} at {at}, SM3 {}{test}", by.body.as_str(), by.body_name, seal.says.sm3)
        }
        (None, Some(why)) => format!("未加盖电子印章 no electronic seal\n{}", both(why)),
        (None, None) => "未加盖电子印章 no electronic seal".to_owned(),
    });
    parts.join("\n\n")
}
