//! All books of one life of a unit, with everything signed that the unit has: recomputed and judged by whoever holds it. One JSON
//! document, or a data folder's rows.

use std::collections::BTreeMap;

use domain::audit::{Countersignature, Frontier, SignedHead, leaf_bytes, leaf_hash};
use domain::codec::CodecFault;
use domain::digest::ContentHash;
use domain::ids::{Generation, Sequence, UnitId};
use domain::store::{StoreFault, UnitRead};
use domain::tables::{Audit, AuditTrees, Audits, Countersignatures, Fork, Forks, HeadsSeen, HeadsTold, Meta};
use domain::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::{FORM, SignedFault, check_countersignature, check_head};
use crate::crypto::Crypto;
use crate::directory::Directory;

/// The books of one life of a unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bundle {
    /// [`FORM`].
    pub form: u16,
    /// Whose.
    pub unit: UnitId,
    /// Which life.
    pub generation: Generation,
    /// The sequence of the first row.
    pub first: Sequence,
    /// Every row, in order.
    pub rows: Vec<(Sequence, Audit)>,
    /// The newest heads that the unit told, one for each neighbour.
    pub told: Vec<SignedHead>,
    /// The newest heads that neighbours told.
    pub seen: Vec<SignedHead>,
    /// What neighbours signed under this unit's heads.
    pub countersignatures: Vec<Countersignature>,
    /// Pairs of heads that cannot be of one log.
    pub forks: Vec<Fork>,
}

/// Something in the books that does not hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Finding {
    /// Written by a newer release.
    #[error("form {got} of a bundle; this release reads form {FORM}")]
    Form {
        /// As written.
        got: u16,
    },
    /// Rows do not follow each other.
    #[error("audit row {} stands where {} was due", found.0, due.0)]
    Order {
        /// What is there.
        found: Sequence,
        /// What was due.
        due: Sequence,
    },
    /// A signature says nothing.
    #[error("the head of {size} rows of unit {unit}: {fault}")]
    Head {
        /// Whose head.
        unit: UnitId,
        /// Its size.
        size: u64,
        /// What is wrong.
        fault: SignedFault,
    },
    /// The rows are not those that the unit signed for.
    #[error("the unit signed for {size} rows with root {}, the rows here give {}", said.short(), is.short())]
    Told {
        /// The head's size.
        size: u64,
        /// As signed.
        said: ContentHash,
        /// Of the rows.
        is: ContentHash,
    },
    /// A countersignature says nothing.
    #[error("the countersignature of unit {by} under {size} rows: {fault}")]
    Countersignature {
        /// Who is said to have signed.
        by: UnitId,
        /// The head's size.
        size: u64,
        /// What is wrong.
        fault: SignedFault,
    },
    /// The rows are not those that a neighbour saw.
    #[error("unit {by} saw {size} rows with root {}, the rows here give {}", said.short(), is.short())]
    Seen {
        /// Who signed.
        by: UnitId,
        /// The head's size.
        size: u64,
        /// As signed.
        said: ContentHash,
        /// Of the rows.
        is: ContentHash,
    },
    /// Somebody signed for rows that are not here.
    #[error("unit {by} signed for {size} rows of unit {unit}, {rows} are here: some are missing")]
    Short {
        /// Who signed.
        by: UnitId,
        /// Whose rows.
        unit: UnitId,
        /// The head's size.
        size: u64,
        /// How many are here.
        rows: u64,
    },
    /// The unit holds evidence of two histories.
    #[error("two histories of unit {of}, seen at {at}: {what}")]
    Forked {
        /// Whose log.
        of: UnitId,
        /// When the evidence was logged.
        at: Timestamp,
        /// Both sides.
        what: String,
    },
    /// A row has no form in bytes.
    #[error(transparent)]
    Body(#[from] CodecFault),
}

impl Finding {
    /// The documented code (docs/errors.md).
    pub fn code(&self) -> &'static str {
        match self {
            Self::Form { .. } | Self::Body(_) => "audit.file",
            Self::Order { .. } | Self::Told { .. } | Self::Short { .. } => "audit.rows",
            Self::Head { fault, .. } | Self::Countersignature { fault, .. } => fault.code(),
            Self::Seen { .. } | Self::Forked { .. } => "audit.forked",
        }
    }
}

/// What came of judging the books.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// How many rows there are.
    pub rows: u64,
    /// The root over all of them.
    pub root: ContentHash,
    /// Signed heads that were checked: the unit's own, and its neighbours'.
    pub heads: usize,
    /// Neighbours who signed, and the last row that each has seen.
    pub witnesses: Vec<(UnitId, Sequence)>,
    /// What does not hold; nothing where the books are sound.
    pub findings: Vec<Finding>,
}

impl Bundle {
    /// The books of a unit's newest life; `None` before its founding.
    ///
    /// # Errors
    /// Rows that cannot be read.
    pub fn of(rows: &impl UnitRead) -> Result<Option<Self>, StoreFault> {
        let Some(meta) = rows.get::<Meta>(&())? else { return Ok(None) };
        let generation = meta.generation;
        let first = rows.get::<AuditTrees>(&generation)?.map_or(Sequence(1), |tree| tree.first);
        let units = UnitId::FIRST..=UnitId::LAST;
        let seen = (UnitId::FIRST, Generation(0))..=(UnitId::LAST, Generation(u32::MAX));
        let told = rows.scan::<HeadsTold>(units.clone(), usize::MAX)?.into_iter().map(|(_, told)| told.signed);
        let countersigned = rows.scan::<Countersignatures>(units, usize::MAX)?.into_iter().map(|(_, signed)| signed);
        let forks = rows.scan::<Forks>(Sequence(0)..=Sequence(u64::MAX), usize::MAX)?;
        Ok(Some(Self {
            form: FORM,
            unit: meta.unit,
            generation,
            first,
            rows: rows.scan::<Audits>(first..=Sequence(u64::MAX), usize::MAX)?,
            told: told.filter(|told| told.head.generation == generation).collect(),
            seen: rows.scan::<HeadsSeen>(seen, usize::MAX)?.into_iter().map(|(_, seen)| seen.signed).collect(),
            countersignatures: countersigned.filter(|signed| signed.head.head.generation == generation).collect(),
            forks: forks.into_iter().map(|(_, fork)| fork).collect(),
        }))
    }

    /// Recomputes the tree and judges everything signed, by a directory's keys alone.
    pub fn check(&self, directory: &Directory, crypto: &dyn Crypto) -> Verified {
        let mut findings = Vec::new();
        if self.form != FORM {
            findings.push(Finding::Form { got: self.form });
        }
        let signed = self.told.iter().chain(self.countersignatures.iter().map(|signed| &signed.head));
        let mut roots: BTreeMap<u64, Option<ContentHash>> = signed.map(|signed| (signed.head.size, None)).collect();
        let (rows, root) = self.grow(&mut roots, &mut findings);
        let heads = |signed: &SignedHead| {
            let (unit, size) = (signed.head.unit, signed.head.size);
            check_head(signed, directory, crypto).err().map(|fault| Finding::Head { unit, size, fault })
        };
        findings.extend(self.told.iter().chain(&self.seen).filter_map(heads));
        for told in &self.told {
            let (by, said, size) = (self.unit, told.head.root, told.head.size);
            findings.extend(match roots.get(&size).copied().flatten() {
                None => Some(Finding::Short { by, unit: self.unit, size, rows }),
                Some(is) => (is != said).then_some(Finding::Told { size, said, is }),
            });
        }
        let mut witnesses = Vec::new();
        for seen in &self.countersignatures {
            let (by, size, said) = (seen.by, seen.head.head.size, seen.head.head.root);
            if let Err(fault) = check_countersignature(seen, directory, crypto) {
                findings.push(Finding::Countersignature { by, size, fault });
                continue;
            }
            match roots.get(&size).copied().flatten() {
                None => findings.push(Finding::Short { by, unit: self.unit, size, rows }),
                Some(is) if is != said => findings.push(Finding::Seen { by, size, said, is }),
                Some(_) => witnesses.push((by, Sequence((self.first.0 + size).saturating_sub(1)))),
            }
        }
        let forked = |fork: &Fork| Finding::Forked { of: fork.of, at: fork.at, what: fork.what.clone() };
        findings.extend(self.forks.iter().map(forked));
        Verified { rows, root, heads: self.told.len() + self.seen.len(), witnesses, findings }
    }

    /// The tree over all rows in their order, and its root at each of the sizes that somebody signed for.
    fn grow(&self, roots: &mut BTreeMap<u64, Option<ContentHash>>, findings: &mut Vec<Finding>) -> (u64, ContentHash) {
        let mut tree = Frontier::default();
        let mut due = self.first;
        for (sequence, audit) in &self.rows {
            if *sequence != due {
                findings.push(Finding::Order { found: *sequence, due });
                break;
            }
            match leaf_bytes(*sequence, audit) {
                Ok(leaf) => tree.push(leaf_hash(&leaf)),
                Err(fault) => findings.push(fault.into()),
            }
            if let Some(root) = roots.get_mut(&tree.size()) {
                *root = Some(tree.root());
            }
            due = due.next();
        }
        (tree.size(), tree.root())
    }
}
