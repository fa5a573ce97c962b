//! What people say of a case, and what officials do about it: rate, urge, order, complain; call back, put right, exclude, answer.

use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use super::act::{COUNTER, How};
use super::{Failure, Named, Output, print, print_json};
use crate::forms;
use crate::words;

const APPLICANT: &[&str] = &["applicant"];
const INSPECTOR: &[&str] = &["inspector"];

/// A finished step.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Step {
    /// 收件
    Received,
    /// 补正告知
    GapsTold,
    /// 移送
    PassedOn,
    /// 受理
    Accepted,
    /// 不予受理
    NotAccepted,
    /// 决定
    Decided,
    /// 送达
    Delivered,
}

/// How satisfied.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Level {
    /// 非常满意
    VerySatisfied,
    /// 满意
    Satisfied,
    /// 基本满意
    FairlySatisfied,
    /// 不满意
    Dissatisfied,
    /// 非常不满意
    VeryDissatisfied,
}

/// 好差评.
#[derive(Debug, Args)]
pub(super) struct Rate {
    /// The number that the application was made under.
    #[arg(long)]
    identifier: String,
    /// Which finished step; the last of its kind.
    #[arg(long, value_enum, default_value_t = Step::Decided)]
    step: Step,
    /// How satisfied.
    #[arg(long, value_enum)]
    level: Level,
    /// In the person's words; kept sealed.
    #[arg(long, default_value = "")]
    remark: String,
    #[command(flatten)]
    how: How,
}

/// 催办.
#[derive(Debug, Args)]
pub(super) struct Urge {
    /// The number that the application was made under.
    #[arg(long)]
    identifier: String,
    /// In the person's words; kept sealed.
    #[arg(long, default_value = "")]
    words: String,
    #[command(flatten)]
    how: How,
}

/// 督办.
#[derive(Debug, Args)]
pub(super) struct Order {
    /// The day by which the case is to be finished, e.g. 2026-03-10.
    #[arg(long)]
    until: String,
    /// The order; public.
    #[arg(long)]
    order: String,
    #[command(flatten)]
    how: How,
}

/// 投诉.
#[derive(Debug, Args)]
pub(super) struct Complain {
    /// Who complains; kept sealed, and not shown to who handles the case.
    #[arg(long)]
    name: String,
    /// The person's number.
    #[arg(long)]
    identifier: String,
    /// Where the person is reached.
    #[arg(long, default_value = "")]
    telephone: String,
    /// Which finished step; the whole case where left out.
    #[arg(long, value_enum)]
    step: Option<Step>,
    /// What is complained of; kept sealed.
    #[arg(long)]
    text: String,
    #[command(flatten)]
    how: How,
}

/// Which of several things that were said.
#[derive(Debug, Args)]
struct Which {
    /// Its name, as `tongban case concerns` lists it; the oldest one that waits for it where left out.
    #[arg(long)]
    concern: Option<String>,
    #[command(flatten)]
    how: How,
}

/// 回访.
#[derive(Debug, Args)]
pub(super) struct CallBack {
    /// Nobody could be reached.
    #[arg(long)]
    not_reached: bool,
    /// In how many attempts.
    #[arg(long, default_value_t = 1)]
    attempts: u16,
    /// What the person confirmed; public, names nobody.
    #[arg(long, default_value = "")]
    said: String,
    #[command(flatten)]
    which: Which,
}

/// 整改.
#[derive(Debug, Args)]
pub(super) struct Rectify {
    /// Nothing was to be put right: it is explained.
    #[arg(long)]
    explained: bool,
    /// With what; public, names nobody.
    #[arg(long)]
    what: String,
    #[command(flatten)]
    which: Which,
}

/// A malicious rating counts no more.
#[derive(Debug, Args)]
pub(super) struct Exclude {
    /// What shows that it is malicious; public, names nobody.
    #[arg(long)]
    reasons: String,
    #[command(flatten)]
    which: Which,
}

/// An urging is answered.
#[derive(Debug, Args)]
pub(super) struct AnswerUrging {
    /// Public, names nobody.
    #[arg(long)]
    answer: String,
    #[command(flatten)]
    which: Which,
}

/// 投诉受理.
#[derive(Debug, Args)]
pub(super) struct Judge {
    /// It is not accepted; needs reasons.
    #[arg(long, requires = "reasons")]
    refuse: bool,
    /// Why not; public, names nobody.
    #[arg(long, default_value = "")]
    reasons: String,
    #[command(flatten)]
    which: Which,
}

/// A complaint is looked into.
#[derive(Debug, Args)]
pub(super) struct HandleComplaint {
    /// What was found and done; public, names nobody.
    #[arg(long)]
    what: String,
    #[command(flatten)]
    which: Which,
}

/// 投诉答复.
#[derive(Debug, Args)]
pub(super) struct AnswerComplaint {
    /// It was justified.
    #[arg(long)]
    upheld: bool,
    /// Public, names nobody.
    #[arg(long)]
    answer: String,
    #[command(flatten)]
    which: Which,
}

/// Everything that was said of a case, as a unit knows it.
#[derive(Debug, Args)]
pub(super) struct Concerns {
    #[command(flatten)]
    named: Named,
    /// In which form.
    #[arg(short, long, value_enum, default_value_t)]
    output: Output,
}

fn name(choice: &impl ValueEnum) -> String {
    choice.to_possible_value().map(|value| value.get_name().replace('-', "_")).unwrap_or_default()
}

impl Which {
    async fn act(self, act: &str, roles: &[&str], mut body: Value) -> Result<(), Failure> {
        if let Some(concern) = self.concern {
            body["concern"] = concern.into();
        }
        self.how.act(act, roles, Some(body)).await
    }
}

impl Rate {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let body = json!({
            "identifier": self.identifier,
            "step": name(&self.step),
            "level": name(&self.level),
            "remark": self.remark,
        });
        self.how.act("rate", APPLICANT, Some(body)).await
    }
}

impl Urge {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let body = json!({ "identifier": self.identifier, "words": self.words });
        self.how.act("urge", APPLICANT, Some(body)).await
    }
}

impl Order {
    pub(super) async fn run(self) -> Result<(), Failure> {
        self.how.act("order", INSPECTOR, Some(json!({ "until": self.until, "order": self.order }))).await
    }
}

impl Complain {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let who = json!({ "name": self.name, "identifier": self.identifier, "telephone": self.telephone });
        let mut body = json!({ "complainant": who, "text": self.text });
        if let Some(step) = &self.step {
            body["step"] = name(step).into();
        }
        self.how.act("complain", APPLICANT, Some(body)).await
    }
}

impl CallBack {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let body = json!({ "reached": !self.not_reached, "attempts": self.attempts, "said": self.said });
        self.which.act("call-back", INSPECTOR, body).await
    }
}

impl Rectify {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let remedy = if self.explained { "explained" } else { "put_right" };
        self.which.act("rectify", COUNTER, json!({ "remedy": remedy, "what": self.what })).await
    }
}

impl Exclude {
    pub(super) async fn run(self) -> Result<(), Failure> {
        self.which.act("exclude-rating", INSPECTOR, json!({ "reasons": self.reasons })).await
    }
}

impl AnswerUrging {
    pub(super) async fn run(self) -> Result<(), Failure> {
        self.which.act("answer-urging", COUNTER, json!({ "answer": self.answer })).await
    }
}

impl Judge {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let body = json!({ "accepted": !self.refuse, "reasons": self.reasons });
        self.which.act("judge-complaint", INSPECTOR, body).await
    }
}

impl HandleComplaint {
    pub(super) async fn run(self) -> Result<(), Failure> {
        self.which.act("handle-complaint", INSPECTOR, json!({ "what": self.what })).await
    }
}

impl AnswerComplaint {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let body = json!({ "upheld": self.upheld, "answer": self.answer });
        self.which.act("answer-complaint", INSPECTOR, body).await
    }
}

/// Who sees most comes first.
const READERS: &[&str] = &["inspector", "officer", "window", "agent", "applicant"];

impl Concerns {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let (mut client, _) = self.named.holder().await?;
        client.act_as(match &self.named.person {
            Some(person) => Some(person.clone()),
            None => client.someone(READERS).await?,
        });
        let value = client.get(&["cases", &self.named.case, "concerns"], &[]).await?;
        if self.output == Output::Json {
            print_json(&value);
            return Ok(());
        }
        let found: forms::ConcernList = serde_json::from_value(value).map_err(Failure::failed)?;
        print(match found.concerns.is_empty() {
            true => "nothing was said of it".to_owned(),
            false => found.concerns.iter().map(words::concern).collect::<Vec<_>>().join("\n"),
        });
        Ok(())
    }
}
