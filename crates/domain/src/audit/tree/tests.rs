//! Against the vectors of the RFC's reference implementation, and against a tree in memory.

use ct_merkle::mem_backed_tree::MemoryBackedTree;
use proptest::prelude::*;

use super::*;
use crate::principal::{Principal, PrincipalKind};
use crate::support::Memory;
use crate::time::Timestamp;

/// Leaves of the reference tree of Certificate Transparency, as hexadecimal digits.
const LEAVES: [&str; 8] =
    ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];

/// Roots of its first one to eight leaves.
const ROOTS: [&str; 8] = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

fn bytes(digits: &str) -> Vec<u8> {
    (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap()).collect()
}

fn hash(digits: &str) -> ContentHash {
    digits.parse().unwrap()
}

/// RFC 6962 §2.1, as it stands there.
fn tree_hash(leaves: &[Vec<u8>]) -> ContentHash {
    match leaves {
        [leaf] => leaf_hash(leaf),
        leaves => {
            let (left, right) = leaves.split_at(1 << (leaves.len() - 1).ilog2());
            node_hash(tree_hash(left), tree_hash(right))
        }
    }
}

#[test]
fn hashes_and_proofs_are_those_of_the_reference_tree() {
    let leaves: Vec<Vec<u8>> = LEAVES.into_iter().map(bytes).collect();
    for (size, root) in (1..).zip(ROOTS) {
        assert_eq!(tree_hash(&leaves[..size]), hash(root), "{size} leaves");
    }
    for (index, size, path) in [
        (0, 1, vec![]),
        (0, 2, vec!["96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7"]),
        (1, 2, vec!["6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"]),
        (2, 3, vec!["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"]),
        (
            1,
            5,
            vec![
                "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            ],
        ),
        (
            5,
            8,
            vec![
                "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
                "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            ],
        ),
    ] {
        let path: Vec<_> = path.into_iter().map(hash).collect();
        let head = (size as u64, hash(ROOTS[size - 1]));
        assert_eq!(verify_inclusion(&leaves[index], index as u64, head, &path), Ok(()), "{index} of {size}");
        for other in (0..size).filter(|other| *other != index) {
            assert!(verify_inclusion(&leaves[other], index as u64, head, &path).is_err());
        }
    }
    for (old, size, path) in [
        (1, 1, vec![]),
        (
            1,
            8,
            vec![
                "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
            ],
        ),
        (
            2,
            5,
            vec![
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            ],
        ),
        (
            6,
            8,
            vec![
                "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
                "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            ],
        ),
    ] {
        let path: Vec<_> = path.into_iter().map(hash).collect();
        let (before, after) = ((old as u64, hash(ROOTS[old - 1])), (size as u64, hash(ROOTS[size - 1])));
        assert_eq!(verify_consistency(before, after, &path), Ok(()), "{old} in {size}");
        let another = (old as u64, hash(ROOTS[old % 8]));
        assert!(verify_consistency(another, after, &path).is_err(), "{old} in {size}");
    }
}

#[test]
fn sizes_that_no_proof_is_about_are_told() {
    let root = hash(ROOTS[0]);
    for (part, size) in [(1, 1), (7, 0), (0, MOST_LEAVES + 1), (0, u64::MAX)] {
        assert_eq!(verify_inclusion(&[], part, (size, root), &[]), Err(ProofFault::Size { part, size }));
    }
    for (part, size) in [(0, 1), (2, 1), (1, u64::MAX)] {
        assert_eq!(verify_consistency((part, root), (size, root), &[]), Err(ProofFault::Size { part, size }));
    }
}

const GENERATION: Generation = Generation(2);

fn audit(sequence: u64) -> Audit {
    Audit {
        at: Timestamp(i64::try_from(sequence).unwrap()),
        principal: Principal { kind: PrincipalKind::Staff, name: "demo".to_owned() },
        policy: ContentHash::default(),
        catalogue: None,
        command: 1,
        digest: leaf_hash(&sequence.to_be_bytes()),
        case: None,
        number: None,
        refused: None,
    }
}

/// A life whose rows begin at some sequence, as a later one's do, and the same in memory.
fn grown(first: u64, leaves: u64) -> (Memory, MemoryBackedTree<Sha256, Vec<u8>>) {
    let (mut rows, mut oracle) = (Memory::default(), MemoryBackedTree::new());
    let mut meta = crate::support::TestUnit::found(crate::support::CITY, None, &[]).meta();
    meta.generation = GENERATION;
    for sequence in first..first + leaves {
        meta.sequence = Sequence(sequence);
        rows.put::<Audits>(&Sequence(sequence), &audit(sequence)).unwrap();
        assert_eq!(append(&mut rows, &meta).unwrap().first, Sequence(first));
        oracle.push(leaf_bytes(Sequence(sequence), &audit(sequence)).unwrap());
    }
    (rows, oracle)
}

fn flat(path: &[ContentHash]) -> Vec<u8> {
    path.iter().flat_map(|hash| hash.0).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Roots and proofs from rows are those of the library's tree in memory, and hold.
    #[test]
    fn rows_give_what_a_tree_in_memory_gives(first in 1_u64..50, leaves in 1_u64..700, a: u64, b: u64) {
        let (rows, oracle) = grown(first, leaves);
        let tree = Tree::of(&rows, GENERATION).unwrap().unwrap();
        let root = tree.root(leaves).unwrap();
        let expected = oracle.root();
        prop_assert_eq!(&root.0[..], expected.as_bytes().as_slice());
        prop_assert_eq!(tree.size_at(Sequence(first + leaves - 1)), leaves);

        let mut frontier = Frontier::default();
        oracle.items().iter().for_each(|leaf| frontier.push(leaf_hash(leaf)));
        prop_assert_eq!((frontier.size(), frontier.root()), (leaves, root));

        let index = a % leaves;
        let sequence = Sequence(first + index);
        let path = tree.inclusion(sequence, leaves).unwrap().unwrap();
        let expected = oracle.prove_inclusion(index as usize);
        prop_assert_eq!(flat(&path), expected.as_bytes());
        let leaf = leaf_bytes(sequence, &audit(sequence.0)).unwrap();
        prop_assert_eq!(verify_inclusion(&leaf, index, (leaves, root), &path), Ok(()));

        let old = b % leaves + 1;
        let path = tree.consistency(old, leaves).unwrap().unwrap();
        let expected = oracle.prove_consistency((leaves - old) as usize);
        prop_assert_eq!(flat(&path), expected.as_bytes());
        prop_assert_eq!(verify_consistency((old, tree.root(old).unwrap()), (leaves, root), &path), Ok(()));
        prop_assert_eq!(tree.unsound_nodes(leaves).unwrap(), vec![]);
    }
}

#[test]
fn what_is_not_there_is_not_proved() {
    let (rows, _) = grown(5, 20);
    let tree = Tree::of(&rows, GENERATION).unwrap().unwrap();
    assert_eq!(tree.inclusion(Sequence(4), 20), Ok(None));
    assert_eq!(tree.inclusion(Sequence(25), 20), Ok(None));
    assert_eq!((tree.consistency(0, 20), tree.consistency(21, 20)), (Ok(None), Ok(None)));
    assert!(Tree::of(&rows, Generation(1)).unwrap().is_none());
}

/// A row that is changed or taken out afterwards is seen by who has a head, and by who looks at the nodes.
#[test]
fn a_row_that_was_touched_is_seen() {
    let (sound, _) = grown(1, 40);
    let root = Tree::of(&sound, GENERATION).unwrap().unwrap().root(40).unwrap();
    let mut changed = sound.clone();
    changed.put::<Audits>(&Sequence(3), &audit(99)).unwrap();
    let tree = Tree::of(&changed, GENERATION).unwrap().unwrap();
    assert_eq!(tree.unsound_nodes(40), Ok(vec![(4, 0)]));
    let path = tree.inclusion(Sequence(3), 40).unwrap().unwrap();
    let leaf = leaf_bytes(Sequence(3), &audit(99)).unwrap();
    assert!(verify_inclusion(&leaf, 2, (40, root), &path).is_err());

    let mut torn = sound;
    torn.delete::<Audits>(&Sequence(35)).unwrap();
    let fault = Tree::of(&torn, GENERATION).unwrap().unwrap().root(40);
    let lacking = |what: &str| what == "the audit tree lacks audit row 35";
    assert!(matches!(&fault, Err(StoreFault::Broken { promise: "I8", what }) if lacking(what)), "{fault:?}");
}
