//! The words of two people under a version: a piece of it like any other, so that the city's signature covers them and every
//! unit judges them before it installs anything (adr/0028).
//!
//! Does not prove that the people did what it says: that is for the audit rows of the city's log, which it names by number and digest.

use serde::{Deserialize, Serialize};

use super::{ChunkKind, Manifest, ProposedVersion};
use crate::codec::CodecFault;
use crate::command::chunk_hash;
use crate::digest::ContentHash;
use crate::ids::Sequence;
use crate::time::Timestamp;

/// Who proposed a version and who else approved it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Approvals {
    /// The proposal's number at the city.
    pub proposal: u64,
    /// [`ProposedVersion::hash`] of what both looked at.
    pub version: ContentHash,
    /// The first signature.
    pub proposed: Approval,
    /// The second, by another person.
    pub reviewed: Approval,
    /// Who had it published: one of the two, or a third.
    pub published_by: String,
}

/// One person's act, where it stands in the city's log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Approval {
    /// The account.
    pub by: String,
    /// By the city's log.
    pub at: Timestamp,
    /// The command's number there: an audit proof of that row shows account and digest.
    pub sequence: Sequence,
    /// The command's digest, as in its audit row.
    pub digest: ContentHash,
}

/// Why the words under a version do not allow it to be installed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ApprovalFault {
    /// Every version after the first names its approvals, once.
    #[error("version {number} names {found} approvals; one is needed")]
    Missing {
        /// The version.
        number: u64,
        /// How many it names.
        found: usize,
    },
    /// A name is empty.
    #[error("a signature names nobody")]
    Nobody,
    /// One person is not two.
    #[error("{by} proposed the version and approved it")]
    SamePerson {
        /// Who.
        by: String,
    },
    /// It was approved before it was proposed.
    #[error("command {} approves what command {} proposes", .reviewed.0, .proposed.0)]
    Order {
        /// Of the proposal.
        proposed: Sequence,
        /// Of the review.
        reviewed: Sequence,
    },
    /// What they looked at is something else.
    #[error("the approvals are of {approved}, the version is {version}")]
    OtherVersion {
        /// What was approved.
        approved: String,
        /// What is to be installed.
        version: String,
    },
    /// A form that has no canonical bytes: a defect.
    #[error(transparent)]
    Codec(#[from] CodecFault),
}

impl Approvals {
    /// The piece's bytes.
    pub fn canonical(&self) -> Vec<u8> {
        // Numbers, texts and hashes only: writing them cannot fail.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// Under which name a manifest has the piece.
    pub fn chunk_hash(&self) -> ContentHash {
        chunk_hash(&self.canonical())
    }

    /// From a piece's bytes.
    ///
    /// # Errors
    /// Not of this form.
    pub fn from_chunk(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(bytes)
    }

    /// Whether two people stand behind this version.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn check(&self, manifest: &Manifest) -> Result<(), ApprovalFault> {
        let (proposed, reviewed) = (&self.proposed, &self.reviewed);
        if [&proposed.by, &reviewed.by, &self.published_by].into_iter().any(|name| name.trim().is_empty()) {
            return Err(ApprovalFault::Nobody);
        }
        if proposed.by == reviewed.by {
            return Err(ApprovalFault::SamePerson { by: proposed.by.clone() });
        }
        if reviewed.sequence <= proposed.sequence {
            return Err(ApprovalFault::Order { proposed: proposed.sequence, reviewed: reviewed.sequence });
        }
        let version = ProposedVersion::of(manifest).hash()?;
        if version != self.version {
            return Err(ApprovalFault::OtherVersion { approved: self.version.short(), version: version.short() });
        }
        Ok(())
    }
}

/// Whether a manifest names its approvals as it must: once; the first version of a region, which sets it up, may do without.
///
/// # Errors
/// How many it names instead.
pub fn check_named(manifest: &Manifest) -> Result<(), ApprovalFault> {
    let found = manifest.chunks.iter().filter(|chunk| chunk.kind == ChunkKind::Approvals).count();
    match (manifest.number, found) {
        (_, 1) | (1, 0) => Ok(()),
        (number, found) => Err(ApprovalFault::Missing { number, found }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::ChunkRef;
    use crate::ids::Generation;

    fn version() -> ProposedVersion {
        let chunks = vec![ChunkRef { kind: ChunkKind::Matters, hash: ContentHash([7; 32]) }];
        let effective = "2026-03-01".parse().unwrap();
        ProposedVersion { number: 2, parent: Some(ContentHash([1; 32])), effective, chunks }
    }

    fn approvals() -> Approvals {
        let act = |by: &str, sequence| Approval {
            by: by.to_owned(),
            at: Timestamp(1_770_000_000_000),
            sequence: Sequence(sequence),
            digest: ContentHash([9; 32]),
        };
        Approvals {
            proposal: 1,
            version: version().hash().unwrap(),
            proposed: act("anna", 5),
            reviewed: act("bo", 6),
            published_by: "anna".to_owned(),
        }
    }

    #[test]
    fn each_fault_is_found_and_told() {
        let right = approvals();
        let manifest = version().manifest(Generation::FIRST, &right);
        assert_eq!(right.check(&manifest), Ok(()));
        assert_eq!(ProposedVersion::of(&manifest), version());
        assert_eq!(Approvals::from_chunk(&right.canonical()).unwrap(), right);

        let with = |change: &dyn Fn(&mut Approvals)| {
            let mut approvals = approvals();
            change(&mut approvals);
            approvals.check(&manifest)
        };
        assert_eq!(with(&|one| one.reviewed.by.clear()), Err(ApprovalFault::Nobody));
        assert_eq!(with(&|one| one.published_by = " ".to_owned()), Err(ApprovalFault::Nobody));
        let same = ApprovalFault::SamePerson { by: "anna".to_owned() };
        assert_eq!(with(&|one| one.reviewed.by = "anna".to_owned()), Err(same));
        let order = ApprovalFault::Order { proposed: Sequence(5), reviewed: Sequence(5) };
        assert_eq!(with(&|one| one.reviewed.sequence = Sequence(5)), Err(order));
        let other = |fault: Result<(), ApprovalFault>| matches!(fault, Err(ApprovalFault::OtherVersion { .. }));
        assert!(other(with(&|one| one.version = ContentHash::default())));
        // What was approved is the day too.
        let later = Manifest { effective: "2026-03-02".parse().unwrap(), ..manifest.clone() };
        assert!(other(right.check(&later)));
    }

    #[test]
    fn only_the_first_version_may_do_without() {
        let named = |number, times: usize| {
            let mut manifest = version().manifest(Generation::FIRST, &approvals());
            let approvals = manifest.chunks.pop().unwrap();
            manifest.chunks.extend(std::iter::repeat_n(approvals, times));
            check_named(&Manifest { number, ..manifest })
        };
        assert_eq!(named(1, 0), Ok(()));
        assert_eq!(named(1, 1), Ok(()));
        assert_eq!(named(2, 1), Ok(()));
        assert_eq!(named(2, 0), Err(ApprovalFault::Missing { number: 2, found: 0 }));
        assert_eq!(named(1, 2), Err(ApprovalFault::Missing { number: 1, found: 2 }));
    }
}
