//! A proof that stands by itself: audit rows, their paths to a signed head, and what neighbours signed. One JSON document.

use domain::audit::{
    Countersignature, ProofFault as PathFault, SignedHead, Tree, leaf_bytes, verify_consistency, verify_inclusion,
};
use domain::codec::CodecFault;
use domain::digest::ContentHash;
use domain::ids::{Sequence, UnitId};
use domain::store::{StoreFault, UnitRead};
use domain::tables::{Audit, Audits, Countersignatures, HeadsTold, Meta};
use domain::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::{SignedFault, check_countersignature, check_head};
use crate::crypto::Crypto;
use crate::directory::Directory;

/// The form of the document; only ever added to.
pub const FORM: u16 = 1;

/// What was done, by whom, under which rules, with which outcome: provable to who trusts neither side.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuditProof {
    /// [`FORM`].
    pub form: u16,
    /// The unit's head that every row is proved against.
    pub head: SignedHead,
    /// The sequence of the tree's first leaf.
    pub first: Sequence,
    /// What is proved.
    pub rows: Vec<ProvedRow>,
    /// Neighbours who saw the same books.
    pub countersignatures: Vec<ProvedCountersignature>,
}

/// A row and its path to the head.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProvedRow {
    /// The unit's number for the command.
    pub sequence: Sequence,
    /// The row.
    pub audit: Audit,
    /// RFC 6962 §2.1.1.
    pub path: Vec<ContentHash>,
}

/// What a neighbour signed, and the path from the head that it saw to the proof's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProvedCountersignature {
    /// As signed.
    pub countersignature: Countersignature,
    /// RFC 6962 §2.1.2.
    pub path: Vec<ContentHash>,
}

/// Why rows cannot be proved now.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofRefusal {
    /// No such row in these books.
    #[error("there is no audit row {} here: the last one is {}", sequence.0, last.0)]
    RowMissing {
        /// As asked.
        sequence: Sequence,
        /// The last one.
        last: Sequence,
    },
    /// No head that was told covers it.
    #[error("audit row {} is not under a signed head yet: the newest one covers rows up to {}", sequence.0, told.0)]
    NotTold {
        /// As asked.
        sequence: Sequence,
        /// The last row under a head.
        told: Sequence,
    },
}

impl ProofRefusal {
    /// The documented code (docs/errors.md).
    pub fn code(&self) -> &'static str {
        match self {
            Self::RowMissing { .. } => "audit.row_missing",
            Self::NotTold { .. } => "audit.not_told",
        }
    }
}

/// Why a proof proves nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofFault {
    /// Written by a newer release.
    #[error("form {got} of a proof; this release reads form {FORM}")]
    Form {
        /// As written.
        got: u16,
    },
    /// Nothing is in it.
    #[error("no audit row is in it")]
    Empty,
    /// The unit's own signature.
    #[error("the head of {size} rows of unit {unit}: {fault}")]
    Head {
        /// Whose books.
        unit: UnitId,
        /// The head's size.
        size: u64,
        /// What is wrong.
        fault: SignedFault,
    },
    /// A row is not under the head.
    #[error("audit row {}: {fault}", sequence.0)]
    Row {
        /// Which.
        sequence: Sequence,
        /// What is wrong.
        fault: PathFault,
    },
    /// A neighbour's signature.
    #[error("the countersignature of unit {by}: {fault}")]
    Countersignature {
        /// Who is said to have signed.
        by: UnitId,
        /// What is wrong.
        fault: SignedFault,
    },
    /// What the neighbour saw is not of these books.
    #[error("unit {by} saw other books: {fault}")]
    Seen {
        /// Who signed.
        by: UnitId,
        /// What is wrong.
        fault: PathFault,
    },
    /// What the neighbour signed is about other books.
    #[error("unit {by} signed under books of unit {of}")]
    OtherBooks {
        /// Who signed.
        by: UnitId,
        /// Whose books.
        of: UnitId,
    },
    /// A row has no form in bytes.
    #[error(transparent)]
    Body(#[from] CodecFault),
}

impl ProofFault {
    /// The documented code (docs/errors.md).
    pub fn code(&self) -> &'static str {
        match self {
            Self::Form { .. } | Self::Empty | Self::Body(_) => "audit.file",
            Self::Head { fault, .. } | Self::Countersignature { fault, .. } => fault.code(),
            Self::Row { .. } | Self::OtherBooks { .. } => "audit.path",
            Self::Seen { .. } => "audit.forked",
        }
    }
}

/// What a sound proof shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proved {
    /// Neighbours, in the document's order.
    pub witnesses: Vec<Witness>,
}

/// A neighbour who signed under the books.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Witness {
    /// Who.
    pub by: UnitId,
    /// The last row that it has seen.
    pub up_to: Sequence,
    /// When, by its clock.
    pub at: Timestamp,
    /// Whether every row of the proof lies under what it has seen.
    pub covers_all: bool,
}

impl AuditProof {
    /// Proves rows against the newest head that the unit told.
    ///
    /// # Errors
    /// A [`StoreFault`] when rows cannot be read; inside, why there is no proof now.
    pub fn of(rows: &impl UnitRead, sequences: &[Sequence]) -> Result<Result<Self, ProofRefusal>, StoreFault> {
        let none = |last| sequences.first().map(|sequence| ProofRefusal::RowMissing { sequence: *sequence, last });
        let Some(meta) = rows.get::<Meta>(&())? else { return Ok(Err(refusal(none(Sequence(0))))) };
        let Some(tree) = Tree::of(rows, meta.generation)? else { return Ok(Err(refusal(none(meta.sequence)))) };
        let told = rows.scan::<HeadsTold>(UnitId::FIRST..=UnitId::LAST, usize::MAX)?;
        let own = told.into_iter().map(|(_, told)| told.signed).filter(|told| told.head.generation == meta.generation);
        let newest = own.max_by_key(|told| told.head.size);
        let size = newest.as_ref().map_or(0, |newest| newest.head.size);
        let told = Sequence(tree.first().0 + size - 1);
        let mut proved = Vec::new();
        for sequence in sequences {
            let Some(audit) = rows.get::<Audits>(sequence)?.filter(|_| *sequence >= tree.first()) else {
                return Ok(Err(ProofRefusal::RowMissing { sequence: *sequence, last: meta.sequence }));
            };
            let Some(path) = tree.inclusion(*sequence, size)? else {
                return Ok(Err(ProofRefusal::NotTold { sequence: *sequence, told }));
            };
            proved.push(ProvedRow { sequence: *sequence, audit, path });
        }
        let Some(head) = newest else { return Ok(Err(refusal(none(meta.sequence)))) };
        let mut countersignatures = Vec::new();
        for (_, countersignature) in rows.scan::<Countersignatures>(UnitId::FIRST..=UnitId::LAST, usize::MAX)? {
            let seen = &countersignature.head.head;
            if seen.generation == meta.generation
                && let Some(path) = tree.consistency(seen.size, size)?
            {
                countersignatures.push(ProvedCountersignature { countersignature, path });
            }
        }
        Ok(Ok(Self { form: FORM, head, first: tree.first(), rows: proved, countersignatures }))
    }

    /// Judges the proof by a directory's keys alone.
    ///
    /// # Errors
    /// The first thing in it that does not hold.
    pub fn check(&self, directory: &Directory, crypto: &dyn Crypto) -> Result<Proved, ProofFault> {
        if self.form != FORM {
            return Err(ProofFault::Form { got: self.form });
        }
        let Some(last) = self.rows.iter().map(|row| row.sequence).max() else { return Err(ProofFault::Empty) };
        let head = &self.head.head;
        let (unit, size) = (head.unit, head.size);
        check_head(&self.head, directory, crypto).map_err(|fault| ProofFault::Head { unit, size, fault })?;
        for ProvedRow { sequence, audit, path } in &self.rows {
            let leaf = leaf_bytes(*sequence, audit)?;
            // Before the first leaf there is no place; the largest number is one that no tree has.
            let index = sequence.0.checked_sub(self.first.0).unwrap_or(u64::MAX);
            verify_inclusion(&leaf, index, (size, head.root), path)
                .map_err(|fault| ProofFault::Row { sequence: *sequence, fault })?;
        }
        let witness = |proved: &ProvedCountersignature| self.witness(proved, last, directory, crypto);
        Ok(Proved { witnesses: self.countersignatures.iter().map(witness).collect::<Result<_, _>>()? })
    }

    fn witness(
        &self,
        ProvedCountersignature { countersignature, path }: &ProvedCountersignature,
        last: Sequence,
        directory: &Directory,
        crypto: &dyn Crypto,
    ) -> Result<Witness, ProofFault> {
        let (by, seen, head) = (countersignature.by, &countersignature.head.head, &self.head.head);
        check_countersignature(countersignature, directory, crypto)
            .map_err(|fault| ProofFault::Countersignature { by, fault })?;
        if (seen.unit, seen.generation) != (head.unit, head.generation) || by == head.unit {
            return Err(ProofFault::OtherBooks { by, of: seen.unit });
        }
        verify_consistency((seen.size, seen.root), (head.size, head.root), path)
            .map_err(|fault| ProofFault::Seen { by, fault })?;
        let up_to = Sequence(self.first.0.saturating_add(seen.size).saturating_sub(1));
        Ok(Witness { by, up_to, at: countersignature.at, covers_all: last <= up_to })
    }
}

/// Asked for nothing, nothing is missing but the first row.
fn refusal(refusal: Option<ProofRefusal>) -> ProofRefusal {
    refusal.unwrap_or(ProofRefusal::RowMissing { sequence: Sequence(1), last: Sequence(0) })
}
