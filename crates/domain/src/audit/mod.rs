//! The books of a unit: a tree over its audit rows (RFC 6962), the heads that it signs, and what neighbours sign under them.
//!
//! Hashes and proofs only. Who signs, and whose key that is, is `protocol::audit`'s; what a head that arrives does is
//! `command::hear_head`'s. A peer that holds a head holds the unit to every row below it: a row that is changed or taken out
//! later cannot be proved consistent with it any more (promise 5).

mod head;
mod tree;

pub use head::{AuditHead, Countersignature, HeadNews, SignatureBytes, SignedHead};
pub use tree::{
    Frontier, MOST_LEAVES, ProofFault, Tree, append, leaf_bytes, leaf_hash, node_hash, verify_consistency,
    verify_inclusion,
};
