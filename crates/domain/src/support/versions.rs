//! Catalogue versions as two people bring them about.

use super::{CITY, TestUnit};
use crate::catalogue::{Approval, Approvals, ChunkBytes, ChunkKind, Manifest, ProposedVersion, SignedManifest};
use crate::command::*;
use crate::digest::ContentHash;
use crate::ids::{Generation, Sequence};
use crate::store::UnitRead;
use crate::tables::{VersionProposals, Versions};
use crate::time::{CivilDate, Timestamp};

/// A version under the words of two made-up people, and the piece that holds them: as mail brings it.
pub(crate) fn approved(version: &ProposedVersion, people: [&str; 2]) -> (SignedManifest, ChunkBytes) {
    let act = |by: &str, sequence| {
        let digest = ContentHash::of_bytes("act of a test", by.as_bytes());
        Approval { by: by.to_owned(), at: Timestamp(0), sequence: Sequence(sequence), digest }
    };
    let approvals = Approvals {
        proposal: 1,
        version: version.hash().unwrap(),
        proposed: act(people[0], 7),
        reviewed: act(people[1], 8),
        published_by: people[0].to_owned(),
    };
    let manifest = version.manifest(Generation::FIRST, &approvals);
    let signed = SignedManifest { manifest, signer: CITY, signature: vec![0; 64] };
    (signed, (ChunkKind::Approvals, approvals.canonical()))
}

impl TestUnit {
    /// Keeps pieces and publishes them as the next version.
    pub(crate) fn publish(&mut self, pieces: &[ChunkBytes]) {
        for (_, bytes) in pieces {
            let chunk = StoreChunk { hash: chunk_hash(bytes), bytes: bytes.clone() };
            assert_eq!(self.done(Command::StoreChunk(chunk)), Done::ChunkKept);
        }
        let signed = self.next_version(pieces);
        if signed.manifest.number == 1 {
            let done = self.done(Command::Publish(Publish { signed }));
            assert_eq!(done, Done::Published { installed: true });
            return;
        }
        let today = self.clock.date();
        let proposal = self.propose(pieces, today);
        self.approve(proposal);
        let publish = self.publish_reviewed(proposal);
        assert_eq!(self.done(publish), Done::Published { installed: true });
    }

    /// Keeps pieces and proposes them as the next version.
    pub(crate) fn propose(&mut self, pieces: &[ChunkBytes], effective: CivilDate) -> u64 {
        for (_, bytes) in pieces {
            self.done(Command::StoreChunk(StoreChunk { hash: chunk_hash(bytes), bytes: bytes.clone() }));
        }
        let mut version = ProposedVersion::of(&self.next_version(pieces).manifest);
        version.effective = effective;
        let propose = Command::ProposeVersion(ProposeVersion { version, why: "上级文件".to_owned() });
        match self.done(propose) {
            Done::VersionProposed { proposal } => proposal,
            other => panic!("{other:?}"),
        }
    }

    /// Another person approves a proposal.
    pub(crate) fn approve(&mut self, proposal: u64) {
        let person = std::mem::replace(&mut self.person, "demo-reviewer");
        let review = ReviewVersion { proposal, approved: true, words: String::new() };
        assert_eq!(self.done(Command::ReviewVersion(review)), Done::ProposalChanged { proposal });
        self.person = person;
    }

    /// What the leader would propose to publish an approved proposal now.
    pub(crate) fn publish_reviewed(&self, proposal: u64) -> Command {
        let row = self.store.get::<VersionProposals>(&proposal).unwrap().unwrap();
        let approvals = approvals(&self.store, proposal, &row, self.person).unwrap();
        let chunks = row.version.chunks.clone();
        let manifest = match &approvals {
            Some(approvals) => row.version.manifest(Generation::FIRST, approvals),
            None => Manifest { chunks, ..self.next_version(&[]).manifest },
        };
        let signed = SignedManifest { manifest, signer: CITY, signature: vec![0; 64] };
        Command::PublishReviewed(PublishReviewed { proposal, signed })
    }

    pub(crate) fn next_version(&self, pieces: &[ChunkBytes]) -> SignedManifest {
        let newest = self.store.scan::<Versions>(0..=u64::MAX, usize::MAX).unwrap().pop();
        let parent = newest.map(|(number, version)| (number, version.hash));
        let manifest = Manifest::of_chunks(Generation::FIRST, parent, "2026-01-01".parse().unwrap(), pieces);
        SignedManifest { manifest, signer: CITY, signature: vec![0; 64] }
    }
}
