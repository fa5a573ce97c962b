//! Catalogue versions as the city of the tests brings them about: the first at once, each later one by two people.

use domain::catalogue::{ChunkBytes, Manifest, ProposedVersion, SignedManifest};
use domain::command::*;
use domain::tables::{VersionProposals, Versions};

use super::{CITY, Region, pieces};

impl Region {
    /// Keeps the pieces of a new version and brings it about.
    pub(crate) fn publish(&mut self, patience_seconds: u32) {
        let pieces = pieces(patience_seconds);
        for (_, bytes) in &pieces {
            self.done(CITY, Command::StoreChunk(StoreChunk { hash: chunk_hash(bytes), bytes: bytes.clone() }));
        }
        let newest = self.scan::<Versions>(CITY, 0..=u64::MAX).pop().map(|(number, version)| (number, version.hash));
        let signed = |manifest| SignedManifest { manifest, signer: CITY, signature: vec![0; 64] };
        match newest {
            None => {
                let manifest = Manifest::of_chunks(self.generation(CITY), None, "2026-01-01".parse().unwrap(), &pieces);
                self.done(CITY, Command::Publish(Publish { signed: signed(manifest) }));
            }
            Some(_) => {
                let proposal = self.propose(&pieces, newest);
                let review = ReviewVersion { proposal, approved: true, words: String::new() };
                self.by("reviewer", Command::ReviewVersion(review));
                let row = self.read::<VersionProposals>(CITY, &proposal).unwrap();
                let approvals = self.approvals(proposal, "editor").unwrap();
                let signed = signed(row.version.manifest(self.generation(CITY), &approvals));
                self.by("editor", Command::PublishReviewed(PublishReviewed { proposal, signed }));
            }
        }
        self.versions += 1;
    }

    fn propose(&mut self, pieces: &[ChunkBytes], newest: Option<(u64, domain::digest::ContentHash)>) -> u64 {
        let today = self.meta(CITY).now.max(self.clock(CITY)).date();
        let manifest = Manifest::of_chunks(self.generation(CITY), newest, today, pieces);
        let propose = ProposeVersion { version: ProposedVersion::of(&manifest), why: "上级文件".to_owned() };
        match self.by("editor", Command::ProposeVersion(propose)) {
            Done::VersionProposed { proposal } => proposal,
            other => panic!("{other:?}"),
        }
    }

    /// A command of the city as somebody gives it, which is done.
    fn by(&mut self, who: &str, command: Command) -> Done {
        match self.run_with(CITY, command, Some((who, "")), |_, _| {}).reply {
            Reply::Done(done) => done,
            other => panic!("{other:?}"),
        }
    }
}
