//! Who signed which books: heads of audit trees and what neighbours put under them, by the keys of the region's directory.
//!
//! Needs no log and no unit: a proof is judged by whoever has it and a directory (promise 5). Called by leaders before they log
//! a head, and by the command line. The arithmetic of trees is `domain::audit`'s.

mod bundle;
mod proof;

pub use bundle::{Bundle, Finding, Verified};
pub use proof::{AuditProof, FORM, ProofFault, ProofRefusal, Proved, ProvedCountersignature, ProvedRow, Witness};

use domain::audit::{AuditHead, Countersignature, SignatureBytes, SignedHead};
use domain::codec::{self, CodecFault};
use domain::ids::{Generation, NodeId, UnitId};
use domain::time::Timestamp;
use serde::{Deserialize, Serialize};

use crate::crypto::Crypto;
use crate::directory::Directory;
use crate::signing::{Signature, SigningKey, VerifyingKey};

const HEAD_PURPOSE: &str = "tongban audit head";
const COUNTERSIGNATURE_PURPOSE: &str = "tongban audit head seen";

/// A document that can be judged without its unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "document", rename_all = "snake_case")]
pub enum Document {
    /// Some rows and their paths.
    Proof(AuditProof),
    /// All rows.
    Bundle(Bundle),
}

/// A head under a node's signature.
///
/// # Errors
/// A head without form in bytes: a defect.
pub fn sign_head(
    head: AuditHead,
    (signer, key): (NodeId, &SigningKey),
    crypto: &dyn Crypto,
) -> Result<SignedHead, CodecFault> {
    let signature = signed(crypto.sign(key, HEAD_PURPOSE, &head.message()?))?;
    Ok(SignedHead { head, signer, signature })
}

/// That a unit has seen a neighbour's head, under a node's signature.
///
/// # Errors
/// A head without form in bytes: a defect.
pub fn countersign(
    head: SignedHead,
    (by, generation, at): (UnitId, Generation, Timestamp),
    (signer, key): (NodeId, &SigningKey),
    crypto: &dyn Crypto,
) -> Result<Countersignature, CodecFault> {
    let unsigned = Countersignature { head, by, generation, at, signer, signature: SignatureBytes(vec![]) };
    let signature = signed(crypto.sign(key, COUNTERSIGNATURE_PURPOSE, &unsigned.message()?))?;
    Ok(Countersignature { signature, ..unsigned })
}

fn signed(signature: Signature) -> Result<SignatureBytes, CodecFault> {
    codec::encode(&signature).map(SignatureBytes)
}

/// Why a signature says nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignedFault {
    /// Books of another region than the directory's.
    #[error("the books are of region {got:?}, the directory is of {known:?}")]
    Region {
        /// As the head says.
        got: String,
        /// The directory's.
        known: String,
    },
    /// The directory knows no such node.
    #[error("the directory knows no node {node}")]
    SignerUnknown {
        /// Said to have signed.
        node: NodeId,
    },
    /// A node of another unit signed.
    #[error("node {node} of unit {unit} signed for unit {said}")]
    SignerOfOther {
        /// Who signed.
        node: NodeId,
        /// Its unit, by the directory.
        unit: UnitId,
        /// For whom.
        said: UnitId,
    },
    /// A life that the unit has not had.
    #[error("signed for generation {} of unit {unit}, which is in generation {}", said.0, known.0)]
    Generation {
        /// The unit.
        unit: UnitId,
        /// As signed.
        said: Generation,
        /// By the directory.
        known: Generation,
    },
    /// Forged or altered.
    #[error("the signature is not node {node}'s")]
    Signature {
        /// Said to have signed.
        node: NodeId,
    },
    /// What is signed has no form in bytes.
    #[error(transparent)]
    Body(#[from] CodecFault),
}

impl SignedFault {
    /// The documented code (docs/errors.md).
    pub fn code(&self) -> &'static str {
        match self {
            Self::Region { .. } => "audit.region",
            Self::SignerUnknown { .. } | Self::SignerOfOther { .. } | Self::Generation { .. } => "audit.signer",
            Self::Signature { .. } | Self::Body(_) => "audit.signature",
        }
    }
}

/// Whether a head is signed by a node of its unit.
///
/// # Errors
/// [`SignedFault`], with both sides.
pub fn check_head(signed: &SignedHead, directory: &Directory, crypto: &dyn Crypto) -> Result<(), SignedFault> {
    let head = &signed.head;
    let known = directory.region().as_str();
    if head.region != known {
        let got = head.region.chars().take(40).collect();
        return Err(SignedFault::Region { got, known: known.to_owned() });
    }
    let key = signer_key(directory, signed.signer, (head.unit, head.generation))?;
    verifies(&key, HEAD_PURPOSE, &head.message()?, (signed.signer, &signed.signature), crypto)
}

/// Whether a countersignature is of a node of who is said to have seen the head, and the head of a node of its own unit.
///
/// # Errors
/// [`SignedFault`], with both sides.
pub fn check_countersignature(
    seen: &Countersignature,
    directory: &Directory,
    crypto: &dyn Crypto,
) -> Result<(), SignedFault> {
    check_head(&seen.head, directory, crypto)?;
    let key = signer_key(directory, seen.signer, (seen.by, seen.generation))?;
    verifies(&key, COUNTERSIGNATURE_PURPOSE, &seen.message()?, (seen.signer, &seen.signature), crypto)
}

fn signer_key(
    directory: &Directory,
    node: NodeId,
    (said, generation): (UnitId, Generation),
) -> Result<VerifyingKey, SignedFault> {
    let listing = directory.node(node).ok_or(SignedFault::SignerUnknown { node })?;
    if listing.unit != said {
        return Err(SignedFault::SignerOfOther { node, unit: listing.unit, said });
    }
    let known = directory.unit(said).map_or(Generation(0), |unit| unit.generation);
    // What a former life signed stands, as long as the directory lists who signed.
    if generation > known {
        return Err(SignedFault::Generation { unit: said, said: generation, known });
    }
    Ok(listing.signing_key.into())
}

fn verifies(
    key: &VerifyingKey,
    purpose: &'static str,
    message: &[u8],
    (node, signature): (NodeId, &SignatureBytes),
    crypto: &dyn Crypto,
) -> Result<(), SignedFault> {
    let signature: Signature = codec::decode(&signature.0).map_err(|_| SignedFault::Signature { node })?;
    match crypto.verifies(key, purpose, message, &signature) {
        true => Ok(()),
        false => Err(SignedFault::Signature { node }),
    }
}
