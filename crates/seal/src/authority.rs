//! Who says whose seal is whose: certificates of seals, the root they are judged by, and an authority for tests and demonstrations.

use domain::identifiers::CreditCode;
use domain::time::Timestamp;
use serde::{Deserialize, Serialize};

use crate::canonical::canonical;
use crate::sm::{SecretKey, is_signed};

/// What a certificate says of a seal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Certified {
    /// Its number, given once by the authority.
    pub serial: u64,
    /// Whose it is: unified social credit code.
    pub body: CreditCode,
    /// The body's name, as on the seal.
    pub body_name: String,
    /// The public key that its seals are verified by.
    pub key: String,
    /// Seals made before are none.
    pub from: Timestamp,
    /// Seals made after are none.
    pub until: Timestamp,
    /// Who says so.
    pub issuer: String,
    /// Made up, for trying things out: such a seal has no force in law.
    pub test: bool,
}

/// A certificate of a seal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Certificate {
    /// What it says.
    pub says: Certified,
    /// The authority's, under that.
    pub signature: String,
}

/// A seal that no longer counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Revoked {
    /// The certificate's number.
    pub serial: u64,
    /// What was sealed from then on is not sealed.
    pub since: Timestamp,
}

/// What certificates are judged by, offline. Whoever judges has it from whom they trust: a signature of its own could not help against another root.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Root {
    /// The authority's name.
    pub name: String,
    /// Its public key.
    pub key: String,
    /// For trying things out only.
    pub test: bool,
    /// Seals that it has revoked, as far as is known here.
    pub revoked: Vec<Revoked>,
}

impl Root {
    /// Whether it has signed this.
    #[must_use]
    pub fn has_signed(&self, certificate: &Certificate) -> bool {
        certified_bytes(&certificate.says)
            .is_some_and(|bytes| is_signed(&self.key, bytes.as_bytes(), &certificate.signature))
    }

    /// Since when a seal does not count; `None` while it does.
    #[must_use]
    pub fn revoked_since(&self, serial: u64) -> Option<Timestamp> {
        self.revoked.iter().filter(|revoked| revoked.serial == serial).map(|revoked| revoked.since).min()
    }
}

/// Signs certificates of seals that have no force in law. The national seal system is in its place where papers count.
#[derive(Clone, Debug)]
pub struct TestAuthority {
    name: String,
    key: SecretKey,
}

impl TestAuthority {
    /// What its name ends in, whatever it is called.
    const MARK: &str = "（示例，无法律效力）";

    /// With a key that whoever makes it has drawn by chance.
    #[must_use]
    pub fn new(name: &str, key: SecretKey) -> Self {
        Self { name: format!("{}{}", name.trim_end_matches(Self::MARK), Self::MARK), key }
    }

    /// What its certificates are judged by.
    #[must_use]
    pub fn root(&self, revoked: Vec<Revoked>) -> Root {
        Root { name: self.name.clone(), key: self.key.public(), test: true, revoked }
    }

    /// A certificate for a body's seal. The issuer is this one, and it says that it is a test, whatever it was given. `None` as [`SecretKey::sign`].
    #[must_use]
    pub fn certify(&self, mut says: Certified) -> Option<Certificate> {
        (says.issuer, says.test) = (self.name.clone(), true);
        let signature = self.key.sign(certified_bytes(&says)?.as_bytes())?;
        Some(Certificate { says, signature })
    }
}

/// A signature under one kind of thing is none under another.
fn certified_bytes(says: &Certified) -> Option<String> {
    let value = serde_json::to_value(says).ok()?;
    Some(format!("tongban seal certificate 1\n{}", canonical(&value)))
}
