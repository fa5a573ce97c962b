//! Acts on a case: each at the unit that holds it, once under its key; then the case as it stands.

use clap::{ArgGroup, Args};
use serde_json::{Value, json};

use super::{Failure, Named, Output, again, fresh_key, print, print_json};
use crate::client::Client;
use crate::forms;
use crate::words;

/// Who accepts and decides.
pub(super) const OFFICER: &[&str] = &["officer"];
/// Who serves people at a counter; an officer where there is no other.
pub(super) const COUNTER: &[&str] = &["agent", "window", "officer"];

/// An act that says nothing but itself.
#[derive(Debug, Args)]
pub(super) struct Plain {
    #[command(flatten)]
    how: How,
}

/// 受理.
#[derive(Debug, Args)]
pub(super) struct Accept {
    /// The applicant declares that nothing else is pending for the same thing: needed where the claim's home does not answer.
    #[arg(long)]
    declared: bool,
    #[command(flatten)]
    how: How,
}

/// 不予受理.
#[derive(Debug, Args)]
pub(super) struct NotAccept {
    /// Why; the applicant reads it.
    #[arg(long)]
    reasons: String,
    /// Whom to turn to instead: a code or name.
    #[arg(long, value_name = "PLACE")]
    right_authority: Option<String>,
    #[command(flatten)]
    how: How,
}

/// 决定.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("decision").required(true).args(["grant", "deny"]))]
pub(super) struct Decide {
    /// 准予: grant the application.
    #[arg(long)]
    grant: bool,
    /// 不予许可: deny it; needs reasons.
    #[arg(long, requires = "reasons")]
    deny: bool,
    /// Why; the applicant reads it.
    #[arg(long)]
    reasons: Option<String>,
    #[command(flatten)]
    how: How,
}

/// 撤回.
#[derive(Debug, Args)]
pub(super) struct Withdraw {
    /// As the applicant says.
    #[arg(long, default_value = "")]
    reason: String,
    #[command(flatten)]
    how: How,
}

#[derive(Debug, Args)]
pub(super) struct How {
    #[command(flatten)]
    named: Named,
    /// Equal keys mean the same request: give the one that a failed try printed. A new one where left out.
    #[arg(long)]
    key: Option<String>,
    /// In which form.
    #[arg(short, long, value_enum, default_value_t)]
    output: Output,
}

impl Plain {
    pub(super) async fn run(self, act: &str, roles: &[&str]) -> Result<(), Failure> {
        self.how.act(act, roles, None).await
    }
}

impl Accept {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let body = self.declared.then(|| json!({ "declared": true }));
        self.how.act("accept", OFFICER, body).await
    }
}

impl NotAccept {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let mut body = json!({ "reasons": self.reasons });
        if let Some(right) = self.right_authority {
            body["right_authority"] = right.into();
        }
        self.how.act("not-accept", OFFICER, Some(body)).await
    }
}

impl Decide {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let body = json!({ "granted": self.grant, "reasons": self.reasons.unwrap_or_default() });
        self.how.act("decide", OFFICER, Some(body)).await
    }
}

impl Withdraw {
    pub(super) async fn run(self) -> Result<(), Failure> {
        self.how.act("withdraw", COUNTER, Some(json!({ "reason": self.reason }))).await
    }
}

impl How {
    pub(super) async fn act(self, act: &str, roles: &[&str], body: Option<Value>) -> Result<(), Failure> {
        let client = self.named.actor(roles).await?;
        self.put(client, act, body).await
    }

    /// Of a licence, which stays with who issued it wherever its case is.
    pub(super) async fn act_where_issued(self, act: &str, body: Value) -> Result<(), Failure> {
        let client = self.named.authority(OFFICER).await?;
        self.put(client, act, Some(body)).await
    }

    pub(super) async fn actor(&self, roles: &[&str]) -> Result<Client, Failure> {
        self.named.actor(roles).await
    }

    pub(super) async fn put(self, client: Client, act: &str, body: Option<Value>) -> Result<(), Failure> {
        let key = self.key.map_or_else(fresh_key, Ok)?;
        let done = client.post(&["cases", &self.named.case, act], body.as_ref(), &key, again(&key)).await?;
        match self.output {
            Output::Json => print_json(&done.value),
            Output::Text => {
                let case = serde_json::from_value(done.value).map_err(Failure::failed)?;
                print(stands(&case, done.replayed));
            }
        }
        Ok(())
    }
}

/// What came of it, in a few lines.
fn stands(case: &forms::Case, replayed: bool) -> String {
    let number = case.number.as_deref().unwrap_or(&case.id);
    let stage = case.stage.as_deref().map_or("unknown", words::stage);
    let mut lines = vec![format!("{number}  {stage}, at {}", words::unit(&case.unit))];
    if replayed {
        lines.push("  done before under this key: nothing was done twice".to_owned());
    }
    if let Some(entry) = case.timeline.last() {
        lines.push(format!("  {}", words::entry(entry)));
    }
    if let Some(due) = case.due().filter(|_| case.decision.is_none() && !case.is_final) {
        let days = words::days(u64::from(due.days), &due.unit);
        let provisional = if due.provisional { "; provisional: a year's calendar is not published yet" } else { "" };
        lines.push(format!("  to be decided by {}: {days} after {}{provisional}", due.date, due.from));
    }
    if let Some(waiting) = &case.waiting {
        lines.push(format!("  waits for {}", words::waiting(waiting)));
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::case::show::tests::accepted;

    #[test]
    fn what_came_of_an_act_is_told_in_a_few_lines() {
        assert_eq!(
            stands(&accepted(), true),
            "370811002001-260202-A-00001-7  受理 accepted, at 任城区 (370811 000 000)\n  \
             done before under this key: nothing was done twice\n  \
             2026-02-10 10:00:00  任城区  受理 accepted, due 2026-03-16\n  \
             to be decided by 2026-03-16: 20 working days after 2026-02-10\n  waits for an officer to decide"
        );
    }
}
