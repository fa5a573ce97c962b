//! Acts between receipt and decision: gaps, supplement, deficit, passing on, stops of the clock, extension.

use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use super::Failure;
use super::act::{COUNTER, How, OFFICER};

/// 补正告知.
#[derive(Debug, Args)]
pub(super) struct Gaps {
    /// One gap, as MATERIAL=WHAT IS MISSING OR WRONG; once for each. Nothing that the matter does not list.
    #[arg(long = "gap", value_name = "MATERIAL=WHAT", required = true, value_parser = gap)]
    gaps: Vec<(String, String)>,
    #[command(flatten)]
    within: Within,
    #[command(flatten)]
    how: How,
}

/// By when the applicant is to bring what is asked for.
#[derive(Debug, Args)]
struct Within {
    /// So many days to bring it, as the applicant is told.
    #[arg(long)]
    within: Option<u16>,
    /// They are calendar days; working days where left out.
    #[arg(long, requires = "within")]
    calendar_days: bool,
    /// By which provision the application is over otherwise.
    #[arg(long, default_value = "")]
    basis: String,
}

impl Within {
    fn json(&self) -> Value {
        json!({ "days": self.within.unwrap_or_default(), "unit": unit(self.calendar_days), "basis": self.basis })
    }

    fn is_told(&self) -> bool {
        self.within.is_some() || !self.basis.is_empty()
    }
}

fn unit(calendar_days: bool) -> &'static str {
    if calendar_days { "calendar" } else { "working" }
}

/// 容缺受理.
#[derive(Debug, Args)]
pub(super) struct AcceptWithDeficit {
    /// The applicant asked for it and signed.
    #[arg(long)]
    asked: bool,
    /// The applicant declares that nothing else is pending for the same thing, and was told the consequences.
    #[arg(long)]
    declared: bool,
    #[command(flatten)]
    within: Within,
    #[command(flatten)]
    how: How,
}

/// 移送.
#[derive(Debug, Args)]
pub(super) struct PassOn {
    /// The competent authority: a code or path of names.
    #[arg(long)]
    to: String,
    /// Why this one is not; the applicant reads it.
    #[arg(long, default_value = "")]
    reasons: String,
    /// The applicant agreed.
    #[arg(long)]
    consented: bool,
    #[command(flatten)]
    how: How,
}

fn gap(text: &str) -> Result<(String, String), String> {
    let (material, what) = text.split_once('=').ok_or("write MATERIAL=WHAT, e.g. 申请书=缺少签字")?;
    Ok((material.trim().to_owned(), what.trim().to_owned()))
}

/// 补正.
#[derive(Debug, Args)]
pub(super) struct Supplement {
    /// A material that is handed in, as listed; once for each.
    #[arg(long = "material", value_name = "NAME", required = true)]
    materials: Vec<String>,
    #[command(flatten)]
    how: How,
}

/// A period that the applicant is told.
#[derive(Debug, Args)]
struct Told {
    /// So many days, as the applicant is told.
    #[arg(long)]
    days: Option<u16>,
    /// They are calendar days; working days where left out.
    #[arg(long, requires = "days")]
    calendar_days: bool,
}

impl Told {
    fn json(&self) -> Value {
        self.days.map_or(Value::Null, |days| json!({ "days": days, "unit": unit(self.calendar_days) }))
    }
}

/// 特别程序.
#[derive(Debug, Args)]
pub(super) struct Stop {
    /// For which procedure.
    #[arg(long, value_enum)]
    kind: Option<Kind>,
    /// Which provision requires it in this case.
    #[arg(long, default_value = "")]
    basis: String,
    #[command(flatten)]
    told: Told,
    #[command(flatten)]
    how: How,
}

/// 行政许可法 art. 45; a site check stops nothing unless the entry cites a law.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Kind {
    /// 听证
    Hearing,
    /// 招标
    Tender,
    /// 拍卖
    Auction,
    /// 检验
    Inspection,
    /// 检测
    Testing,
    /// 检疫
    Quarantine,
    /// 鉴定
    Appraisal,
    /// 专家评审
    ExpertReview,
    /// 实地核查
    SiteCheck,
}

/// The second notice of a stop.
#[derive(Debug, Args)]
pub(super) struct Prolong {
    /// Why the time told first is not enough.
    #[arg(long, default_value = "")]
    reason: String,
    #[command(flatten)]
    told: Told,
    #[command(flatten)]
    how: How,
}

/// 延长.
#[derive(Debug, Args)]
pub(super) struct Extend {
    /// By so many days, in the limit's own unit.
    #[arg(long)]
    days: u16,
    /// Who approved.
    #[arg(long, value_enum, default_value_t = Approver::OrganHead)]
    approved_by: Approver,
    /// As the applicant is told.
    #[arg(long, default_value = "")]
    reason: String,
    #[command(flatten)]
    how: How,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Approver {
    /// 本行政机关负责人
    OrganHead,
    /// 本级人民政府负责人
    GovernmentHead,
}

/// The name of a choice as the API writes it.
pub(super) fn name(choice: &impl ValueEnum) -> String {
    choice.to_possible_value().map(|value| value.get_name().replace('-', "_")).unwrap_or_default()
}

impl Gaps {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let gap = |(material, what): &(String, String)| json!({ "material": material, "what": what });
        let gaps: Vec<Value> = self.gaps.iter().map(gap).collect();
        let within = if self.within.is_told() { self.within.json() } else { Value::Null };
        self.how.act("gaps", OFFICER, Some(json!({ "gaps": gaps, "within": within }))).await
    }
}

impl Supplement {
    pub(super) async fn run(self) -> Result<(), Failure> {
        self.how.act("supplement", COUNTER, Some(json!({ "materials": self.materials }))).await
    }

    /// 补齐: the same words, of what was to follow.
    pub(super) async fn complete(self) -> Result<(), Failure> {
        self.how.act("complete", COUNTER, Some(json!({ "materials": self.materials }))).await
    }
}

impl AcceptWithDeficit {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let body = json!({ "declared": self.declared, "asked": self.asked, "within": self.within.json() });
        self.how.act("accept-with-deficit", OFFICER, Some(body)).await
    }
}

impl PassOn {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let body = json!({ "to": self.to, "reasons": self.reasons, "consented": self.consented });
        self.how.act("pass-on", OFFICER, Some(body)).await
    }
}

impl Stop {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let kind = self.kind.as_ref().map(name);
        let body = json!({ "kind": kind, "basis": self.basis, "told": self.told.json() });
        self.how.act("stop", OFFICER, Some(body)).await
    }
}

impl Prolong {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let body = json!({ "reason": self.reason, "told": self.told.json() });
        self.how.act("prolong", OFFICER, Some(body)).await
    }
}

impl Extend {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let body = json!({ "days": self.days, "by": name(&self.approved_by), "reason": self.reason });
        self.how.act("extend", OFFICER, Some(body)).await
    }
}
