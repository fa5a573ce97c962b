//! Licences: acceptance on a promise, its check, revocation, and what the issuer's register says.

use clap::Args;
use serde_json::{Value, json};

use super::act::{How, OFFICER};
use super::{Failure, Output, Where, columns, print, print_json};
use crate::client::RegionFault;
use crate::words;

/// 告知承诺.
#[derive(Debug, Args)]
pub(super) struct AcceptOnPromise {
    /// The applicant was told what follows from a false promise, and signed.
    #[arg(long)]
    signed: bool,
    /// The applicant declares that nothing else is pending for the same thing, and was told the consequences.
    #[arg(long)]
    declared: bool,
    #[command(flatten)]
    how: How,
}

/// 核查.
#[derive(Debug, Args)]
pub(super) struct CheckPromise {
    /// What was promised is not so; it is where this is left out.
    #[arg(long)]
    broken: bool,
    /// What was found; public.
    #[arg(long, default_value = "")]
    findings: String,
    #[command(flatten)]
    how: How,
}

/// 撤销.
#[derive(Debug, Args)]
pub(super) struct Revoke {
    /// Why; public.
    #[arg(long, default_value = "")]
    reasons: String,
    /// The provision.
    #[arg(long, default_value = "")]
    basis: String,
    #[command(flatten)]
    how: How,
}

/// A licence in the register of who issued it.
#[derive(Debug, Args)]
pub(super) struct Show {
    /// Its number, as printed on it.
    number: String,
    #[command(flatten)]
    place: Where,
    /// In which form.
    #[arg(short, long, value_enum, default_value_t)]
    output: Output,
}

impl AcceptOnPromise {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let body = json!({ "declared": self.declared, "signed": self.signed });
        self.how.act("accept-on-promise", OFFICER, Some(body)).await
    }
}

impl CheckPromise {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let body = json!({ "kept": !self.broken, "findings": self.findings });
        self.how.act_where_issued("check-promise", body).await
    }
}

impl Revoke {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let body = json!({ "reasons": self.reasons, "basis": self.basis });
        self.how.act_where_issued("revoke", body).await
    }
}

impl Show {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let client = self
            .place
            .client(|_| Err(RegionFault::Needed { why: "a licence is looked up at the unit whose body issued it" }))?;
        let licence = client.get(&["licences", &self.number], &[]).await?;
        if self.output == Output::Json {
            print_json(&licence);
            return Ok(());
        }
        let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
        let standing = match licence["standing"].as_str() {
            Some("valid") => "有效 valid",
            Some("ended") => "有效期届满 ended",
            Some("revoked") => "已撤销 revoked",
            _ => "已注销 cancelled",
        };
        print(format!("{} · {}", text(&licence["name"]), text(&licence["number"])));
        print(format!("{standing}; last day {}; case {}", text(&licence["until"]), text(&licence["case"])));
        if let Some(reasons) = licence["reasons"].as_str() {
            print(format!("reasons: {reasons}"));
        }
        if let Some(promise) = licence["promise"].as_str() {
            print(format!("告知承诺 promise: {promise}"));
        }
        let mut table = columns(["issue", "case", "since", "last day", "by law"]);
        for issue in licence["issues"].as_array().into_iter().flatten() {
            let by_law = if issue["by_law"] == true { "yes" } else { "no" };
            let [number, case, at, until] = ["number", "case", "at", "until"].map(|key| text(&issue[key]));
            table.add_row([&number, &case, &words::moment(&at), &until, by_law]);
        }
        print(table);
        Ok(())
    }
}
