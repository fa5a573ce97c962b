//! Hearings: the right to one is told, it is asked for, set and held.

use clap::{Args, ValueEnum};
use serde_json::json;

use super::Failure;
use super::act::{COUNTER, How, OFFICER};

/// 告知听证权利.
#[derive(Debug, Args)]
pub(super) struct Tell {
    /// Whose interests it touches, and how; public.
    #[arg(long, default_value = "")]
    reason: String,
    #[command(flatten)]
    how: How,
}

/// Who asks for a hearing.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Party {
    /// 申请人
    Applicant,
    /// 利害关系人
    InterestedParty,
}

/// 申请听证.
#[derive(Debug, Args)]
pub(super) struct Ask {
    /// Who asks.
    #[arg(long, value_enum, default_value = "applicant")]
    party: Party,
    #[command(flatten)]
    how: How,
}

/// 听证通知.
#[derive(Debug, Args)]
pub(super) struct Set {
    /// The day, e.g. 2026-03-20.
    #[arg(long, value_name = "DAY")]
    on: String,
    /// Where; public.
    #[arg(long, default_value = "")]
    place: String,
    /// The account that chairs it; it works on the case in no other way.
    #[arg(long, default_value = "")]
    chair: String,
    #[command(flatten)]
    how: How,
}

/// 听证笔录.
#[derive(Debug, Args)]
pub(super) struct Hold {
    /// What was said; not public.
    #[arg(long, default_value = "")]
    record: String,
    #[command(flatten)]
    how: How,
}

impl Tell {
    pub(super) async fn run(self) -> Result<(), Failure> {
        self.how.act("tell-hearing", OFFICER, Some(json!({ "reason": self.reason }))).await
    }
}

impl Ask {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let party = match self.party {
            Party::Applicant => "applicant",
            Party::InterestedParty => "interested_party",
        };
        self.how.act("ask-hearing", COUNTER, Some(json!({ "party": party }))).await
    }
}

impl Set {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let body = json!({ "held": self.on, "place": self.place, "chair": self.chair });
        self.how.act("set-hearing", OFFICER, Some(body)).await
    }
}

impl Hold {
    pub(super) async fn run(self) -> Result<(), Failure> {
        self.how.act("hold-hearing", OFFICER, Some(json!({ "record": self.record }))).await
    }
}
