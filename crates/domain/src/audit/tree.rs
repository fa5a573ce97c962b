//! The tree: leaves are audit rows in the order of their sequence, hashes and proofs are those of RFC 6962 §2.1.
//!
//! Nothing is kept in memory. Rows hold the audit rows themselves and every fourth level of complete nodes, so that a command
//! adds one node for each sixteen rows, reads at most sixteen hashes a level, and a proof reads O(log n) rows. Which nodes a proof
//! needs, and whether one holds, is said by the library `ct-merkle`.

use std::cell::RefCell;
use std::collections::BTreeMap;

use ct_merkle::{
    ConsistencyProof, InclusionProof, RootHash, indices_for_consistency_proof, indices_for_inclusion_proof,
};
use sha2::digest::Output;
use sha2::{Digest, Sha256};

use crate::codec::{self, CodecFault};
use crate::digest::ContentHash;
use crate::ids::{Generation, Sequence};
use crate::store::{StoreFault, UnitRead, UnitStore};
use crate::tables::{Audit, AuditNode, AuditNodes, AuditTree, AuditTrees, Audits, UnitMeta};

/// A tree has no more leaves: far beyond what a unit can log, and within what proofs count with.
pub const MOST_LEAVES: u64 = 1 << 48;

/// Levels between two that are kept.
const KEPT_EVERY: u32 = 4;

/// The leaf of an audit row: its number and the row, in canonical bytes.
///
/// A later form of [`Audit`] has to say in which form a row was written, and give that form's bytes here: a leaf never changes.
pub fn leaf_bytes(sequence: Sequence, audit: &Audit) -> Result<Vec<u8>, CodecFault> {
    leaf_of(sequence, &codec::encode(audit)?)
}

/// The same from the row's bytes: those of a pair are those of its parts.
fn leaf_of(sequence: Sequence, row: &[u8]) -> Result<Vec<u8>, CodecFault> {
    let mut leaf = codec::encode(&sequence)?;
    leaf.extend_from_slice(row);
    Ok(leaf)
}

/// Hash of a leaf: SHA-256 of a zero byte and the leaf (RFC 6962 §2.1).
pub fn leaf_hash(leaf: &[u8]) -> ContentHash {
    let mut hasher = Sha256::new_with_prefix([0]);
    hasher.update(leaf);
    ContentHash(hasher.finalize().into())
}

/// Hash of a node: SHA-256 of a one byte and both hashes below it (RFC 6962 §2.1).
pub fn node_hash(left: ContentHash, right: ContentHash) -> ContentHash {
    let mut hasher = Sha256::new_with_prefix([1]);
    hasher.update(left.0);
    hasher.update(right.0);
    ContentHash(hasher.finalize().into())
}

/// The tree of one life of a unit, over the rows that hold it.
#[derive(Debug)]
pub struct Tree<'a, S> {
    rows: &'a S,
    generation: Generation,
    first: Sequence,
    /// Hashes over ranges of leaves that were asked for: a root and the proofs under it have most of theirs in common, and the rows do
    /// not change as long as this lives.
    known: RefCell<BTreeMap<(u64, u64), ContentHash>>,
}

impl<'a, S: UnitRead> Tree<'a, S> {
    /// The tree of a life; `None` where that life has no row yet.
    pub fn of(rows: &'a S, generation: Generation) -> Result<Option<Self>, StoreFault> {
        let tree = rows.get::<AuditTrees>(&generation)?;
        Ok(tree.map(|AuditTree { first, .. }| Self::over(rows, generation, first)))
    }

    fn over(rows: &'a S, generation: Generation, first: Sequence) -> Self {
        Self { rows, generation, first, known: RefCell::default() }
    }

    /// The sequence of the first leaf.
    pub fn first(&self) -> Sequence {
        self.first
    }

    /// How many leaves there are up to a command and with it.
    pub fn size_at(&self, sequence: Sequence) -> u64 {
        (sequence.0 + 1).saturating_sub(self.first.0)
    }

    /// Hash of the tree of the first `size` leaves. That of no leaf is the hash of nothing.
    pub fn root(&self, size: u64) -> Result<ContentHash, StoreFault> {
        match size {
            0 => Ok(ContentHash(Sha256::digest([]).into())),
            size => self.range(0, size),
        }
    }

    /// The path from a command's row to the root of the first `size` leaves; `None` where that tree does not have it.
    pub fn inclusion(&self, sequence: Sequence, size: u64) -> Result<Option<Vec<ContentHash>>, StoreFault> {
        let index = sequence.0.checked_sub(self.first.0).filter(|index| *index < size && size <= MOST_LEAVES);
        let Some(index) = index else { return Ok(None) };
        self.nodes(indices_for_inclusion_proof(size, index), size).map(Some)
    }

    /// That the tree of the first `old` leaves is the beginning of that of the first `size`; `None` where `old` is none, or more.
    pub fn consistency(&self, old: u64, size: u64) -> Result<Option<Vec<ContentHash>>, StoreFault> {
        if old == 0 || old > size || size > MOST_LEAVES {
            return Ok(None);
        }
        self.nodes(indices_for_consistency_proof(old, size - old), size).map(Some)
    }

    /// Nodes by their places in the array form of a tree (RFC 9420, appendix C): a level has as many ones at its end.
    fn nodes(&self, places: Vec<u64>, size: u64) -> Result<Vec<ContentHash>, StoreFault> {
        let node = |place: u64| {
            let level = place.trailing_ones();
            let first = (place >> (level + 1)) << level;
            self.range(first, (first + (1 << level)).min(size))
        };
        places.into_iter().map(node).collect()
    }

    /// Hash over the leaves from `first` to before `end`.
    fn range(&self, first: u64, end: u64) -> Result<ContentHash, StoreFault> {
        if let Some(known) = self.known.borrow().get(&(first, end)) {
            return Ok(*known);
        }
        let leaves = end - first;
        let hash = if leaves.is_power_of_two() && first.is_multiple_of(leaves) {
            self.node(leaves.trailing_zeros(), first / leaves)?
        } else {
            let left = 1 << (leaves - 1).ilog2();
            node_hash(self.range(first, first + left)?, self.range(first + left, end)?)
        };
        self.known.borrow_mut().insert((first, end), hash);
        Ok(hash)
    }

    /// A complete node.
    fn node(&self, level: u32, at: u64) -> Result<ContentHash, StoreFault> {
        if level == 0 {
            return self.leaf(at);
        }
        if level.is_multiple_of(KEPT_EVERY) {
            let node = self.rows.get::<AuditNodes>(&node_key(self.generation, level, at))?;
            return node.map(|AuditNode(hash)| hash).ok_or_else(|| missing(&format!("node {at} of level {level}")));
        }
        self.joined(level, at)
    }

    /// The same from the nodes below it.
    fn joined(&self, level: u32, at: u64) -> Result<ContentHash, StoreFault> {
        Ok(node_hash(self.node(level - 1, 2 * at)?, self.node(level - 1, 2 * at + 1)?))
    }

    fn leaf(&self, at: u64) -> Result<ContentHash, StoreFault> {
        let sequence = Sequence(self.first.0 + at);
        // Not read: the leaf is the row as it was written.
        let Some(row) = self.rows.body::<Audits>(&sequence)? else {
            return Err(missing(&format!("audit row {}", sequence.0)));
        };
        Ok(leaf_hash(&leaf_of(sequence, &row)?))
    }

    /// Nodes that are kept and are not what the rows below them give, or missing, by level and place: for checkers.
    pub fn unsound_nodes(&self, size: u64) -> Result<Vec<(u32, u64)>, StoreFault> {
        let mut unsound = Vec::new();
        let mut level = KEPT_EVERY;
        while size >> level > 0 {
            for at in 0..size >> level {
                let kept = self.rows.get::<AuditNodes>(&node_key(self.generation, level, at))?;
                // What is missing below was said one kept level further down.
                let below = self.joined(level, at).ok();
                if kept.map(|AuditNode(hash)| hash) != below || below.is_none() {
                    unsound.push((level, at));
                }
            }
            level += KEPT_EVERY;
        }
        Ok(unsound)
    }
}

fn node_key(generation: Generation, level: u32, at: u64) -> (Generation, u8, u64) {
    // A tree of 2^48 leaves has 48 levels.
    (generation, level as u8, at)
}

fn missing(what: &str) -> StoreFault {
    StoreFault::Broken { promise: "I8", what: format!("the audit tree lacks {what}") }
}

/// Adds the audit row of `meta`'s sequence, which is written already, and gives the tree's own row. The first row of a life
/// begins a tree.
pub fn append(store: &mut impl UnitStore, meta: &UnitMeta) -> Result<AuditTree, StoreFault> {
    let generation = meta.generation;
    let tree = match store.get::<AuditTrees>(&generation)? {
        Some(tree) => tree,
        None => {
            let tree = AuditTree { first: meta.sequence, untold_since: None, told_at: None };
            store.put::<AuditTrees>(&generation, &tree)?;
            tree
        }
    };
    let size = meta.sequence.0 + 1 - tree.first.0;
    let mut level = KEPT_EVERY;
    while size.is_multiple_of(1 << level) {
        let at = (size >> level) - 1;
        let hash = Tree::over(&*store, generation, tree.first).joined(level, at)?;
        store.put::<AuditNodes>(&node_key(generation, level, at), &AuditNode(hash))?;
        level += KEPT_EVERY;
    }
    Ok(tree)
}

/// A tree that only grows, and keeps no more than it needs for that: for who recomputes one from its leaves.
#[derive(Clone, Debug, Default)]
pub struct Frontier {
    size: u64,
    /// Complete nodes whose neighbour to the right is not there yet, the largest first.
    nodes: Vec<ContentHash>,
}

impl Frontier {
    /// Adds a leaf.
    pub fn push(&mut self, leaf: ContentHash) {
        let mut node = leaf;
        // Every one at the end of the size is a complete node that now has its neighbour.
        for _ in 0..self.size.trailing_ones() {
            if let Some(left) = self.nodes.pop() {
                node = node_hash(left, node);
            }
        }
        self.nodes.push(node);
        self.size += 1;
    }

    /// How many leaves were added.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Hash of the tree so far.
    pub fn root(&self) -> ContentHash {
        let nodes = self.nodes.iter().rev().copied().reduce(|right, left| node_hash(left, right));
        nodes.unwrap_or_else(|| ContentHash(Sha256::digest([]).into()))
    }
}

/// Why a proof proves nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofFault {
    /// Sizes or places that no proof is about.
    #[error("a proof about {part} of {size} leaves is none")]
    Size {
        /// The leaf's place, or the older tree's size.
        part: u64,
        /// The tree's size.
        size: u64,
    },
    /// The hashes do not lead from one to the other.
    #[error("the path does not lead from {part} to the root of {size} leaves: {why}")]
    Path {
        /// The leaf's place, or the older tree's size.
        part: u64,
        /// The tree's size.
        size: u64,
        /// What the library said.
        why: String,
    },
}

/// Whether a leaf stands at a place (from 0) of the tree of `size` leaves with that root.
///
/// # Errors
/// [`ProofFault`], with both sides.
pub fn verify_inclusion(
    leaf: &[u8],
    index: u64,
    (size, root): (u64, ContentHash),
    path: &[ContentHash],
) -> Result<(), ProofFault> {
    if index >= size || size > MOST_LEAVES {
        return Err(ProofFault::Size { part: index, size });
    }
    let path: Vec<Output<Sha256>> = path.iter().map(|hash| hash.0.into()).collect();
    let proved = root_hash(size, root).verify_inclusion(&leaf, index, &InclusionProof::from_digests(&path));
    proved.map_err(|why| ProofFault::Path { part: index, size, why: why.to_string() })
}

/// Whether the tree of `old` is the beginning of the tree of `new`, each with its size and root.
///
/// # Errors
/// [`ProofFault`], with both sides.
pub fn verify_consistency(
    (old, old_root): (u64, ContentHash),
    (size, root): (u64, ContentHash),
    path: &[ContentHash],
) -> Result<(), ProofFault> {
    if old == 0 || old > size || size > MOST_LEAVES {
        return Err(ProofFault::Size { part: old, size });
    }
    let path: Vec<Output<Sha256>> = path.iter().map(|hash| hash.0.into()).collect();
    let proof = ConsistencyProof::from_digests(&path);
    let proved = root_hash(size, root).verify_consistency(&root_hash(old, old_root), &proof);
    proved.map_err(|why| ProofFault::Path { part: old, size, why: why.to_string() })
}

fn root_hash(size: u64, root: ContentHash) -> RootHash<Sha256> {
    RootHash::new(root.0.into(), size)
}

#[cfg(test)]
mod tests;
