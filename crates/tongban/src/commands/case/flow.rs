//! Steps between acceptance and decision, reviews of lower organs, and what officials write to each other of them.

use clap::Args;
use serde_json::{Value, json};

use super::act::{How, OFFICER};
use super::{Failure, Named, Output, READERS, columns, print, print_json};
use crate::words;

/// What an official found, and why.
#[derive(Debug, Args)]
struct Finding {
    /// The application cannot be granted, as far as this goes; it can where left out.
    #[arg(long)]
    objects: bool,
    /// Why; officials alone read it.
    #[arg(long, default_value = "")]
    opinion: String,
}

/// 转报.
#[derive(Debug, Args)]
pub(super) struct SendUp {
    #[command(flatten)]
    finding: Finding,
    #[command(flatten)]
    how: How,
}

/// 承办, 审核, 批准, 现场核查.
#[derive(Debug, Args)]
pub(super) struct DoStep {
    /// Its name, as the matter lists it.
    #[arg(long)]
    step: String,
    #[command(flatten)]
    finding: Finding,
    #[command(flatten)]
    how: How,
}

/// 退回.
#[derive(Debug, Args)]
pub(super) struct StepBack {
    /// The step's name, as the matter lists it.
    #[arg(long)]
    to: String,
    /// Why; officials alone read it.
    #[arg(long, default_value = "")]
    reasons: String,
    #[command(flatten)]
    how: How,
}

/// The listed steps, and how far the case has got with them; or what officials wrote.
#[derive(Debug, Args)]
pub(super) struct Show {
    #[command(flatten)]
    named: Named,
    /// In which form.
    #[arg(short, long, value_enum, default_value_t)]
    output: Output,
}

impl SendUp {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let body = json!({ "agrees": !self.finding.objects, "opinion": self.finding.opinion });
        self.how.act("send-up", OFFICER, Some(body)).await
    }
}

impl DoStep {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let Finding { objects, opinion } = self.finding;
        let body = json!({ "step": self.step, "agrees": !objects, "opinion": opinion });
        self.how.act("do-step", OFFICER, Some(body)).await
    }
}

impl StepBack {
    pub(super) async fn run(self) -> Result<(), Failure> {
        self.how.act("step-back", OFFICER, Some(json!({ "to": self.to, "reasons": self.reasons }))).await
    }
}

impl Show {
    pub(super) async fn steps(self) -> Result<(), Failure> {
        let client = self.named.actor(READERS).await?;
        let steps = client.get(&["cases", &self.named.case, "steps"], &[]).await?;
        if self.output == Output::Json {
            print_json(&steps);
            return Ok(());
        }
        let steps = rows(&steps);
        if steps.is_empty() {
            print("no steps are listed between acceptance and decision, or the case is not accepted");
            return Ok(());
        }
        let mut table = columns(["step", "whose", "state", "done by"]);
        for step in steps {
            let part = if step["part"] == "assist" { " (协办 assists)" } else { "" };
            let whose = format!("{} {}{part}", text(&step["department"]), text(&step["post"]));
            let state = match step["state"].as_str() {
                Some("done") => "已办 done",
                Some("open") => "可办 can be done now",
                _ => "待前序环节 for steps before it",
            };
            let hands = rows(&step["hands"]);
            let hand = |hand: &Value| format!("{} {}", words::moment(&text(&hand["at"])), text(&hand["by"]));
            let hands: Vec<String> = hands.iter().map(hand).collect();
            table.add_row([&text(&step["name"]), &whose, state, &hands.join("\n")]);
        }
        print(table);
        Ok(())
    }

    pub(super) async fn opinions(self) -> Result<(), Failure> {
        let client = self.named.actor(OFFICER).await?;
        let opinions = client.get(&["cases", &self.named.case, "opinions"], &[]).await?;
        if self.output == Output::Json {
            print_json(&opinions);
            return Ok(());
        }
        let opinions = rows(&opinions);
        if opinions.is_empty() {
            print("nobody wrote an opinion");
        }
        for opinion in opinions {
            let line = serde_json::from_value(opinion["line"].clone()).map_err(Failure::failed)?;
            let finding = match opinion["agrees"].as_bool() {
                Some(true) => "同意 agrees: ",
                Some(false) => "不同意 objects: ",
                None => "",
            };
            let said = opinion["words"].as_str().unwrap_or("(the case's key is not here)");
            print(format!("{}\n  {finding}{said}", words::entry(&line)));
        }
        Ok(())
    }
}

fn rows(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
