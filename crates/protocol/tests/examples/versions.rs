//! Examples of proposed catalogue versions and of what is done about them.

use domain::catalogue::{
    CatalogueRefusal, ChunkKind, ChunkRef, ProposalAct, ProposalStanding, ProposedVersion, SignedManifest,
    VersionProposal,
};
use domain::command::{Command, Done, ProposeVersion, PublishReviewed, ReviewVersion, WithdrawProposal};
use domain::ids::Sequence;
use domain::principal::PrincipalKind;
use domain::refusal::Refusal;

use super::{AT, Examples, date, hash, principal, signed_manifest};

fn version() -> ProposedVersion {
    let chunks = vec![ChunkRef { kind: ChunkKind::Matters, hash: hash(8) }];
    ProposedVersion { number: 2, parent: Some(hash(1)), effective: date(), chunks }
}

/// Under its approvals.
fn signed() -> SignedManifest {
    let mut signed = signed_manifest();
    signed.manifest.number = 2;
    signed.manifest.parent = Some(hash(1));
    signed.manifest.chunks.push(ChunkRef { kind: ChunkKind::Approvals, hash: hash(12) });
    signed
}

pub(super) fn commands() -> Vec<(&'static str, Command)> {
    let (proposal, words) = (3, "依据已废止".to_owned());
    vec![
        (
            "propose version",
            Command::ProposeVersion(ProposeVersion { version: version(), why: "鲁政发〔2026〕1号".into() }),
        ),
        ("review version", Command::ReviewVersion(ReviewVersion { proposal, approved: false, words })),
        ("withdraw proposal", Command::WithdrawProposal(WithdrawProposal { proposal, words: String::new() })),
        ("publish reviewed", Command::PublishReviewed(PublishReviewed { proposal, signed: signed() })),
    ]
}

pub(super) fn done() -> [(&'static str, Done); 2] {
    [
        ("version proposed", Done::VersionProposed { proposal: 3 }),
        ("proposal changed", Done::ProposalChanged { proposal: 3 }),
    ]
}

pub(super) fn refusals() -> Vec<(&'static str, Refusal)> {
    let by = || "demo-administrator".to_owned();
    let standing = ProposalStanding::SentBack;
    [
        ("proposal unknown", CatalogueRefusal::ProposalUnknown { proposal: 3 }),
        ("proposal over", CatalogueRefusal::ProposalOver { proposal: 3, standing }),
        ("same person", CatalogueRefusal::SamePerson { by: by() }),
        ("not proposer", CatalogueRefusal::NotProposer { proposer: by() }),
        ("why missing", CatalogueRefusal::WhyMissing),
        ("version stale", CatalogueRefusal::Stale { number: 2, newest: 2 }),
        ("effective unfit", CatalogueRefusal::EffectiveUnfit { effective: date(), earliest: date().plus_days(1) }),
        ("version unreviewed", CatalogueRefusal::Unreviewed { number: 2 }),
    ]
    .map(|(name, refusal)| (name, refusal.into()))
    .into()
}

pub(crate) fn version_proposal() -> Examples<VersionProposal> {
    let act = |sequence, words: &str| ProposalAct {
        by: principal(PrincipalKind::Staff),
        at: AT,
        sequence: Sequence(sequence),
        words: words.to_owned(),
    };
    let proposed = VersionProposal {
        version: version(),
        proposed: act(300, "鲁政发〔2026〕1号"),
        reviewed: None,
        ended: None,
        standing: ProposalStanding::Proposed,
    };
    let reviewed = |standing| VersionProposal { reviewed: Some(act(301, "同意")), standing, ..proposed.clone() };
    let ended = |standing| VersionProposal { ended: Some(act(302, "")), ..reviewed(standing) };
    vec![
        ("proposed", proposed.clone()),
        ("approved", reviewed(ProposalStanding::Approved)),
        ("sent back", reviewed(ProposalStanding::SentBack)),
        ("withdrawn", ended(ProposalStanding::Withdrawn)),
        ("published", ended(ProposalStanding::Published)),
    ]
}
