//! A request as people make it: not checked, not sealed. [`crate::stamp`] turns it into a command.

use std::collections::BTreeMap;

use domain::ids::{CaseId, CaseNumber, UnitId};
use domain::licence::LicenceAct;
use domain::principal::Principal;
use domain::time::Timestamp;
use serde::{Deserialize, Serialize};

use crate::accounts::AccountAct;
use crate::catalogue::CatalogueAct;
use crate::concerning::Concerning;
use crate::files::HandedFile;
use crate::handling::Handling;

/// One act somebody asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// Who asks.
    pub principal: Principal,
    /// Equal keys of one principal mean the same request; 1–128 visible ASCII characters.
    pub idempotency_key: Option<String>,
    /// What is asked for.
    pub act: Act,
}

/// What can be asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Act {
    /// 收件: take an application.
    Submit(Box<Application>),
    /// 受理.
    Accept {
        /// Which case.
        case: CaseName,
        /// The applicant declares that nothing else is pending for the same thing, and was told the consequences: needed where
        /// the claim's home has not answered, unless the application said it already.
        declared: bool,
    },
    /// 不予受理.
    NotAccept {
        /// Which case.
        case: CaseName,
        /// Why; public.
        reasons: String,
        /// Whom to turn to instead.
        right_authority: Option<UnitId>,
    },
    /// 决定.
    Decide {
        /// Which case.
        case: CaseName,
        /// Whether it is granted.
        granted: bool,
        /// Why; public; needed for a denial.
        reasons: String,
    },
    /// 送达.
    Deliver {
        /// Which case.
        case: CaseName,
    },
    /// 撤回.
    Withdraw {
        /// Which case.
        case: CaseName,
        /// As the applicant says.
        reason: String,
    },
    /// Take an open offer back.
    TakeBack {
        /// Which case.
        case: CaseName,
    },
    /// Keep a piece of a catalogue to be published; at the city only. One request each, so that none grows without bound.
    KeepCatalogueChunk {
        /// Canonical JSON, at most [`MOST_CHUNK_BYTES`].
        json: String,
    },
    /// Publish the city's first catalogue version, whose pieces are kept already; every later one is proposed and reviewed.
    PublishCatalogue(Publication),
    /// Somebody has looked at another clock: the unit's time is certain again.
    ConfirmTime {
        /// What that clock showed.
        said: Timestamp,
    },
    /// A step of the work between receipt and decision.
    Handle {
        /// Which case.
        case: CaseName,
        /// Which step.
        handling: Handling,
    },
    /// Something is said of a case, or done about what was said.
    Concern {
        /// Which case.
        case: CaseName,
        /// What.
        concerning: Concerning,
    },
    /// A catalogue version is proposed, reviewed, withdrawn or published; at the city only.
    Catalogue(CatalogueAct),
    /// 收件, with files of the materials.
    SubmitFiled {
        /// What is applied for.
        application: Box<Application>,
        /// What was uploaded; at least one.
        files: Vec<HandedFile>,
    },
    /// Files of materials, for a case that is here.
    Attach {
        /// Which case.
        case: CaseName,
        /// What was uploaded.
        files: Vec<HandedFile>,
    },
    /// Something about accounts, sessions and tokens. Of nodes of the unit only: whether a password was right is their word.
    Account(AccountAct),
}

/// A name has at most so many characters.
pub(crate) const MOST_NAME: usize = 100;
/// A text that is told has at most so many characters.
pub(crate) const MOST_REASONS: usize = 2_000;
/// A list has at most so many entries.
pub(crate) const MOST_FIELDS: usize = 64;

/// A text of bounded length, without blanks around it.
pub(crate) fn text(field: &'static str, value: &str, most: usize) -> Result<String, RequestFault> {
    let length = value.chars().count();
    if length <= most {
        return Ok(value.trim().to_owned());
    }
    Err(RequestFault {
        code: Code::Field,
        field: field.to_owned(),
        what: format!("at most {most} characters; {length} were given"),
    })
}

/// A piece of a catalogue is not larger.
pub const MOST_CHUNK_BYTES: usize = 512 * 1024;

/// A catalogue version to be published. The unit numbers and signs it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Publication {
    /// From when it holds.
    pub effective: domain::time::CivilDate,
    /// The pieces.
    pub chunks: Vec<domain::catalogue::ChunkRef>,
}

/// An application as it is handed in.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Application {
    /// The matter's code.
    pub matter: String,
    /// The place that it is about; the receiving unit's own place where `None`.
    #[serde(default)]
    pub place: Option<UnitId>,
    /// Who applies.
    pub applicant: Applicant,
    /// The form's fields.
    #[serde(default)]
    pub form: BTreeMap<String, String>,
    /// Names of the materials handed in, as listed.
    #[serde(default)]
    pub materials: Vec<String>,
    /// The authority that the applicant chooses, where several are equal.
    #[serde(default)]
    pub authority: Option<UnitId>,
    /// The applicant declares that nothing else is pending for the same thing, and was told the consequences.
    #[serde(default)]
    pub declared: bool,
    /// The licence that it is about, and what is asked for; a new one where `None`.
    #[serde(default)]
    pub about: Option<AboutLicence>,
}

/// The licence that an application is about, as it is typed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AboutLicence {
    /// Its number, as printed on it.
    pub licence: String,
    /// What is asked for.
    pub act: LicenceAct,
}

/// Who applies. Never printed or logged.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Applicant {
    /// The person's or enterprise's name.
    pub name: String,
    /// A citizen number (18 characters) or a unified social credit code.
    pub identifier: String,
    /// How to reach the applicant; may be empty.
    #[serde(default)]
    pub telephone: String,
}

impl std::fmt::Debug for Application {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Application").field("matter", &self.matter).field("place", &self.place).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Applicant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Applicant(…)")
    }
}

/// How people name a case: by its printed number, or as programs do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CaseName {
    /// The printed number.
    Number(CaseNumber),
    /// The internal name.
    Id(CaseId),
}

impl std::str::FromStr for CaseName {
    type Err = domain::text::Malformed;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.parse::<CaseId>() {
            Ok(id) => Ok(Self::Id(id)),
            Err(_) => text.parse().map(Self::Number),
        }
    }
}

/// What is wrong with a request, where, and how to put it right. Never repeats personal fields.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{field}: {what}")]
pub struct RequestFault {
    /// The documented code (docs/errors.md).
    pub code: Code,
    /// Which field, as programs name it, e.g. `applicant.identifier`.
    pub field: String,
    /// What is wrong with it and what would be right.
    pub what: String,
}

/// Codes of request faults.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Code {
    /// Empty, too long, or not of its form.
    Field,
    /// The citizen number or credit code is not valid.
    Identifier,
    /// No such division, or not one of this region.
    Division,
    /// The code is not a matter code.
    Matter,
    /// The idempotency key is not of its form.
    Key,
    /// The authority that was chosen may not decide the matter for the place.
    Authority,
    /// The machine's clock is too far from its witnesses' to do what starts or ends a legal period.
    Clock,
    /// The catalogue to be published cannot be.
    Catalogue,
}

impl RequestFault {
    /// The documented code (docs/errors.md).
    pub fn code(&self) -> &'static str {
        match self.code {
            Code::Field => "request.field",
            Code::Identifier => "request.identifier",
            Code::Division => "request.division",
            Code::Matter => "request.matter",
            Code::Key => "request.key",
            Code::Authority => "request.authority",
            Code::Clock => "time.clock_off",
            Code::Catalogue => "catalogue.unfit",
        }
    }
}
