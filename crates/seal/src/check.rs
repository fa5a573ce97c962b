//! Judging a sealed paper by the authority's root alone.

use domain::time::Timestamp;
use serde_json::{Map, Value};

use crate::authority::{Certified, Root};
use crate::seals::{NUMBER, PaperSeal, SEAL, paper_hash, sealed_bytes};
use crate::sm::is_signed;

/// The name of a paper's field that holds the code of the body in whose name it is.
const BODY: &str = "body";

/// Why a paper is not sealed as it says, in the order in which it is looked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealFault {
    /// No seal at all.
    #[error("the paper bears no seal")]
    Unsealed,
    /// What stands in the place of the seal is none.
    #[error("what stands in the place of the seal is none: {0}")]
    Malformed(String),
    /// Its certificate is not of this authority.
    #[error("the certificate of the seal, by “{issuer}”, was not signed by {root}")]
    AnotherRoot {
        /// Who issued it, as it says.
        issuer: String,
        /// Whose root it is judged by.
        root: String,
    },
    /// The body did not sign what the seal says.
    #[error("the seal's signature is not by the key of {0}: the seal was forged or altered")]
    Signature(String),
    /// It was put on another paper.
    #[error("the seal is of paper {sealed}, and stands on paper {paper}")]
    AnotherPaper {
        /// Whose it is.
        sealed: String,
        /// Where it stands.
        paper: String,
    },
    /// Something on the paper is not as it was sealed.
    #[error("the paper is not as it was sealed: its SM3 is {found}, the seal's {sealed}")]
    Altered {
        /// Of the paper as it is.
        found: String,
        /// Of what was sealed.
        sealed: String,
    },
    /// Sealed by another body than the one in whose name the paper is.
    #[error("the paper is in the name of {paper}, and sealed by {sealed}")]
    AnotherBody {
        /// Who seals.
        sealed: String,
        /// In whose name it is.
        paper: String,
    },
    /// Sealed before or after its certificate held.
    #[error("sealed at {at}, while the certificate holds from {from} until {until}")]
    Expired {
        /// When.
        at: Timestamp,
        /// First moment.
        from: Timestamp,
        /// Last moment.
        until: Timestamp,
    },
    /// Sealed with what no longer counted.
    #[error("sealed at {at} by seal {serial}, which was revoked at {since}")]
    Revoked {
        /// When.
        at: Timestamp,
        /// Which seal.
        serial: u64,
        /// Since when it does not count.
        since: Timestamp,
    },
}

impl SealFault {
    /// For docs/errors.md.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unsealed => "seal.unsealed",
            Self::Malformed(_) => "seal.malformed",
            Self::AnotherRoot { .. } => "seal.root",
            Self::Signature(_) => "seal.signature",
            Self::AnotherPaper { .. } => "seal.paper",
            Self::Altered { .. } => "seal.altered",
            Self::AnotherBody { .. } => "seal.body",
            Self::Expired { .. } => "seal.expired",
            Self::Revoked { .. } => "seal.revoked",
        }
    }
}

/// What a sound seal says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged {
    /// The paper's number.
    pub paper: String,
    /// When it was sealed.
    pub at: Timestamp,
    /// By whom, and who says so.
    pub by: Certified,
}

/// Judges a paper's seal.
///
/// # Errors
/// The first thing that does not hold.
pub fn check(paper: &Map<String, Value>, root: &Root) -> Result<Judged, SealFault> {
    let seal = paper.get(SEAL).filter(|seal| !seal.is_null()).ok_or(SealFault::Unsealed)?;
    let seal: PaperSeal = serde_json::from_value(seal.clone()).map_err(|why| SealFault::Malformed(why.to_string()))?;
    let (says, by) = (&seal.says, &seal.certificate.says);
    if !root.has_signed(&seal.certificate) {
        return Err(SealFault::AnotherRoot { issuer: by.issuer.clone(), root: root.name.clone() });
    }
    let signed = sealed_bytes(says).is_some_and(|bytes| is_signed(&by.key, bytes.as_bytes(), &seal.signature));
    if !signed || says.serial != by.serial {
        return Err(SealFault::Signature(by.body_name.clone()));
    }
    let text = |name: &str| paper.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let found = paper_hash(paper);
    if found != says.sm3 {
        let number = text(NUMBER);
        return Err(match number == says.paper {
            true => SealFault::Altered { found, sealed: says.sm3.clone() },
            false => SealFault::AnotherPaper { sealed: says.paper.clone(), paper: number },
        });
    }
    if text(BODY) != by.body.as_str() {
        return Err(SealFault::AnotherBody { sealed: by.body.as_str().to_owned(), paper: text(BODY) });
    }
    let at = says.at;
    if at < by.from || at > by.until {
        return Err(SealFault::Expired { at, from: by.from, until: by.until });
    }
    match root.revoked_since(by.serial).filter(|since| *since <= at) {
        Some(since) => Err(SealFault::Revoked { at, serial: by.serial, since }),
        None => Ok(Judged { paper: says.paper.clone(), at, by: by.clone() }),
    }
}
