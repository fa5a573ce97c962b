//! Making seals: the port, and the seals that a node keeps for the bodies of its unit.

use std::fmt;
use std::sync::Arc;

use domain::codes::Bilingual;
use domain::identifiers::CreditCode;
use domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::authority::{Certificate, Root};
use crate::canonical::canonical;
use crate::sm::{SecretKey, sm3};

/// The name of a paper's field that holds its seal, and is all that the seal does not cover.
pub(crate) const SEAL: &str = "seal";
/// The name of a paper's field that holds its number.
pub(crate) const NUMBER: &str = "number";

/// What a seal stands under.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sealed {
    /// The paper's number.
    pub paper: String,
    /// SM3 of the paper's canonical form without its seal.
    pub sm3: String,
    /// When it was sealed, by the sealing node's clock.
    pub at: Timestamp,
    /// The certificate's number.
    pub serial: u64,
}

/// A seal on a paper.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PaperSeal {
    /// What was sealed, and when.
    pub says: Sealed,
    /// Whose seal it is.
    pub certificate: Certificate,
    /// The body's, under that.
    pub signature: String,
}

/// Why there is no seal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoSeal {
    /// None of that body is kept here.
    #[error("no seal of the body is kept here")]
    NotKept,
    /// Its certificate does not hold yet.
    #[error("the seal's certificate does not hold yet")]
    TooEarly,
    /// Its certificate has run out.
    #[error("the seal's certificate has expired")]
    Expired,
    /// It was revoked.
    #[error("the seal was revoked")]
    Revoked,
    /// It gave no signature.
    #[error("the seal could not be made")]
    Failed,
}

impl NoSeal {
    /// As a paper says it on its face.
    #[must_use]
    pub fn on_paper(self) -> Bilingual {
        match self {
            Self::NotKept => Bilingual {
                zh: "本节点未保管该行政机关的电子印章",
                en: "no electronic seal of this body is kept at this node",
            },
            Self::TooEarly => {
                Bilingual { zh: "印章证书尚未生效", en: "the seal's certificate does not hold yet" }
            }
            Self::Expired => Bilingual { zh: "印章证书已过有效期", en: "the seal's certificate has expired" },
            Self::Revoked => Bilingual { zh: "印章已被吊销", en: "the seal was revoked" },
            Self::Failed => Bilingual { zh: "印章系统未能签章", en: "the seal system gave no seal" },
        }
    }
}

/// Seals for a body. The port where the national seal system is connected.
pub trait Seal: Send + Sync {
    /// Seals everything that a paper says, but what its field `seal` may say.
    ///
    /// # Errors
    /// Why there is no seal. The paper is given without one, and says so.
    fn seal(&self, body: &CreditCode, paper: &Map<String, Value>) -> Result<PaperSeal, NoSeal>;
}

/// One body's seal.
#[derive(Clone, Debug)]
pub struct BodySeal {
    /// Whose it is.
    pub certificate: Certificate,
    /// What it seals with.
    pub key: SecretKey,
}

/// The seals that a node keeps.
#[derive(Clone)]
pub struct BodySeals {
    root: Option<Root>,
    seals: Vec<BodySeal>,
    now: Arc<dyn Fn() -> Timestamp + Send + Sync>,
}

impl fmt::Debug for BodySeals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BodySeals").field("seals", &self.seals.len()).finish_non_exhaustive()
    }
}

impl BodySeals {
    /// None: every paper says so.
    #[must_use]
    pub fn none() -> Self {
        Self { root: None, seals: vec![], now: Arc::new(Timestamp::default) }
    }

    /// Those kept, what is known of revocations, and the clock that tells when something is sealed.
    pub fn new(root: Root, seals: Vec<BodySeal>, now: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self { root: Some(root), seals, now: Arc::new(now) }
    }

    /// Why a seal is not to be used at that time.
    fn objection(&self, certificate: &Certificate, at: Timestamp) -> Option<NoSeal> {
        let says = &certificate.says;
        let revoked = self.root.as_ref().and_then(|root| root.revoked_since(says.serial));
        if revoked.is_some_and(|since| since <= at) {
            return Some(NoSeal::Revoked);
        }
        if at < says.from {
            return Some(NoSeal::TooEarly);
        }
        (at > says.until).then_some(NoSeal::Expired)
    }
}

impl Seal for BodySeals {
    fn seal(&self, body: &CreditCode, paper: &Map<String, Value>) -> Result<PaperSeal, NoSeal> {
        let at = (self.now)();
        let mut why = NoSeal::NotKept;
        // The newest first: a body that got another seal goes on with that one.
        let mut own: Vec<&BodySeal> = self.seals.iter().filter(|seal| seal.certificate.says.body == *body).collect();
        own.sort_by_key(|seal| std::cmp::Reverse(seal.certificate.says.serial));
        for BodySeal { certificate, key } in own {
            if let Some(objection) = self.objection(certificate, at) {
                if why == NoSeal::NotKept {
                    why = objection;
                }
                continue;
            }
            let number = paper.get(NUMBER).and_then(Value::as_str).unwrap_or_default().to_owned();
            let says = Sealed { paper: number, sm3: paper_hash(paper), at, serial: certificate.says.serial };
            let bytes = sealed_bytes(&says).ok_or(NoSeal::Failed)?;
            let signature = key.sign(bytes.as_bytes()).ok_or(NoSeal::Failed)?;
            return Ok(PaperSeal { says, certificate: certificate.clone(), signature });
        }
        Err(why)
    }
}

/// SM3 of everything that a paper says but its seal.
pub(crate) fn paper_hash(paper: &Map<String, Value>) -> String {
    let mut covered = paper.clone();
    covered.remove(SEAL);
    sm3(format!("tongban paper 1\n{}", canonical(&Value::Object(covered))).as_bytes())
}

pub(crate) fn sealed_bytes(says: &Sealed) -> Option<String> {
    let value = serde_json::to_value(says).ok()?;
    Some(format!("tongban seal 1\n{}", canonical(&value)))
}
