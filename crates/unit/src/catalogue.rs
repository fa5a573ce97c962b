//! Catalogue versions as people bring them about: what is asked is made into what is proposed to the log, and proposals are shown in plain words.
//!
//! Here, and not in the log: whether a catalogue may be published at all (a rule engine's work), and the city's signature.

use std::collections::BTreeSet;

use domain::catalogue::changes::{Change, changes};
use domain::catalogue::checks::{self, PublicationFault};
use domain::catalogue::extension::{StillToExtend, still_without};
use domain::catalogue::import::Severity;
use domain::catalogue::sheets::{Language, Located, RowIndex};
use domain::catalogue::{
    BasicCode, CatalogueDraft, ChunkKind, ChunkRef, Manifest, ProposalStanding, ProposedVersion, SignedManifest,
    VersionProposal, installed,
};
use domain::codec;
use domain::command::{Command, ProposeVersion, Publish, PublishReviewed, ReviewVersion, WithdrawProposal, approvals};
use domain::division::{Tier, city_of};
use domain::ids::UnitId;
use domain::principal::Principal;
use domain::refusal::CatalogueRefusal;
use domain::store::{StoreFault, UnitRead};
use domain::tables::{Chunk, Chunks, UnitMeta, VersionProposals, Versions};
use domain::time::CivilDate;
use serde::{Deserialize, Serialize};

use crate::identity::Tools;
use crate::request::{Code, MOST_REASONS, Publication, RequestFault, text};
use crate::stamp::{CATALOGUE_PURPOSE, StampFault, meta};

/// Something about a catalogue version, at the city only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CatalogueAct {
    /// Propose the next version; its pieces are kept already.
    Propose {
        /// What it holds, and from when.
        publication: Publication,
        /// Why; who reviews reads it.
        why: String,
    },
    /// Another person approves it, or sends it back.
    Review {
        /// Which proposal.
        proposal: u64,
        /// Whether it may be published.
        approved: bool,
        /// What there is to say; needed where it is sent back.
        words: String,
    },
    /// Who proposed it takes it back.
    Withdraw {
        /// Which proposal.
        proposal: u64,
        /// Why, where there is something to say.
        words: String,
    },
    /// An approved proposal becomes the next version.
    Publish {
        /// Which proposal.
        proposal: u64,
    },
}

impl CatalogueAct {
    /// Its name in addresses, under the proposal.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Propose { .. } => "propose",
            Self::Review { .. } => "review",
            Self::Withdraw { .. } => "withdraw",
            Self::Publish { .. } => "publish",
        }
    }

    /// What is proposed to the log. `by`: who asks, as the version will say.
    pub(crate) fn command(
        &self,
        by: &Principal,
        rows: &impl UnitRead,
        tools: &Tools<'_>,
    ) -> Result<Command, StampFault> {
        Ok(match self {
            Self::Propose { publication, why } => {
                let why = text("why", why, MOST_REASONS)?;
                check_chunks(&publication.chunks, rows)?;
                let newest = rows.scan::<Versions>(0..=u64::MAX, usize::MAX)?.pop();
                let version = ProposedVersion {
                    number: newest.as_ref().map_or(1, |(number, _)| number + 1),
                    parent: newest.map(|(_, version)| version.hash),
                    effective: publication.effective,
                    chunks: publication.chunks.clone(),
                };
                Command::ProposeVersion(ProposeVersion { version, why })
            }
            Self::Review { proposal, approved, words } => {
                let words = text("words", words, MOST_REASONS)?;
                Command::ReviewVersion(ReviewVersion { proposal: *proposal, approved: *approved, words })
            }
            Self::Withdraw { proposal, words } => {
                let words = text("words", words, MOST_REASONS)?;
                Command::WithdrawProposal(WithdrawProposal { proposal: *proposal, words })
            }
            Self::Publish { proposal } => Command::PublishReviewed(reviewed(*proposal, by, rows, tools)?),
        })
    }
}

fn unfit(field: &str, what: &str) -> RequestFault {
    RequestFault { code: Code::Catalogue, field: field.to_owned(), what: what.to_owned() }
}

fn unknown(proposal: u64) -> StampFault {
    StampFault::Refused(CatalogueRefusal::ProposalUnknown { proposal }.into())
}

/// An approved proposal under the city's signature.
fn reviewed(
    proposal: u64,
    by: &Principal,
    rows: &impl UnitRead,
    tools: &Tools<'_>,
) -> Result<PublishReviewed, StampFault> {
    let row = rows.get::<VersionProposals>(&proposal)?.ok_or_else(|| unknown(proposal))?;
    let standing = row.standing;
    let over = || StampFault::Refused(CatalogueRefusal::ProposalOver { proposal, standing }.into());
    let approvals = approvals(rows, proposal, &row, &by.name)?.ok_or_else(over)?;
    check_chunks(&row.version.chunks, rows)?;
    let signed = sign(row.version.manifest(tools.identity.generation, &approvals), tools)?;
    Ok(PublishReviewed { proposal, signed })
}

/// The first version of a city, which sets it up.
pub(crate) fn publish(
    publication: &Publication,
    rows: &impl UnitRead,
    tools: &Tools<'_>,
) -> Result<Publish, StampFault> {
    // Said first: nobody sends pieces to a unit that cannot sign.
    publishing_key(tools)?;
    check_chunks(&publication.chunks, rows)?;
    let newest = meta(rows)?.catalogue;
    let manifest = Manifest {
        generation: tools.identity.generation,
        number: newest.map_or(1, |pin| pin.number + 1),
        parent: newest.map(|pin| pin.manifest),
        effective: publication.effective,
        chunks: publication.chunks.clone(),
    };
    Ok(Publish { signed: sign(manifest, tools)? })
}

fn publishing_key<'a>(tools: &'a Tools<'_>) -> Result<&'a protocol::signing::SigningKey, RequestFault> {
    let key = tools.keys.publishing.as_ref();
    key.ok_or_else(|| unfit("unit", "only the city publishes catalogue versions"))
}

fn sign(manifest: Manifest, tools: &Tools<'_>) -> Result<SignedManifest, StampFault> {
    let key = publishing_key(tools)?;
    let hash = manifest.hash().map_err(StoreFault::from)?;
    let signature = codec::encode(&tools.crypto.sign(key, CATALOGUE_PURPOSE, &hash.0)).map_err(StoreFault::from)?;
    Ok(SignedManifest { manifest, signer: tools.identity.unit, signature })
}

/// Refused where a piece is not here or cannot be read, or where something forbids publishing what they hold.
fn check_chunks(chunks: &[ChunkRef], rows: &impl UnitRead) -> Result<(), StampFault> {
    let mut pieces = Vec::with_capacity(chunks.len());
    for chunk in chunks {
        let missing = || unfit("chunks", &format!("piece {} is not kept here: send it first", chunk.hash.short()));
        pieces.push((chunk.kind, rows.get::<Chunks>(&chunk.hash)?.ok_or_else(missing)?));
    }
    let pieces = pieces.iter().map(|(kind, Chunk(bytes))| (*kind, &bytes[..]));
    let draft = CatalogueDraft::from_chunks(pieces)
        .map_err(|why| unfit("chunks", &format!("a piece is not what it says it is: {why}")))?;
    match forbidden(&draft) {
        Some(forbidden) => Err(unfit("chunks", &forbidden).into()),
        None => Ok(()),
    }
}

/// At most so many findings are told at once.
const MOST_FINDINGS: usize = 5;

/// Why a catalogue may not be published (domain.md §2, §3), told by table, row and column as they would be written; `None` where nothing
/// forbids it. Matters that were made by rule, to try things out, say so wherever they are shown, and are left alone.
fn forbidden(draft: &CatalogueDraft) -> Option<String> {
    let synthetic: BTreeSet<&BasicCode> =
        draft.matters.iter().filter(|matter| matter.synthetic).map(|matter| &matter.code).collect();
    let found = checks::check(draft, &RowIndex::of_written(draft));
    let real = |finding: &&Located<PublicationFault>| {
        let is_real = finding.matter.as_ref().is_none_or(|matter| !synthetic.contains(matter));
        is_real && finding.fault.severity() == Severity::Error
    };
    let all: Vec<&Located<PublicationFault>> = found.iter().filter(real).collect();
    let told: Vec<String> =
        all.iter().take(MOST_FINDINGS).map(|finding| format!("{finding} [{}]", finding.fault.code())).collect();
    match all.len() {
        0 => None,
        1 => Some(format!("one finding forbids it: {}", told.join("; "))),
        many => Some(format!("{many} findings forbid it: {}", told.join("; "))),
    }
}

/// The longest list of changes that is told of one proposal; how many there are is said beside it.
const MOST_CHANGES: usize = 500;

/// A proposal with what it changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProposalView {
    /// Its number.
    pub proposal: u64,
    /// As it is kept.
    pub row: VersionProposal,
    /// It waits, and another version came first: it cannot be published any more.
    pub is_stale: bool,
    /// What it changes, in plain words; the first of them.
    pub changes: Vec<ToldChange>,
    /// How many changes there are.
    pub changes_count: u64,
}

/// A change in both languages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToldChange {
    /// 中文
    pub zh: String,
    /// English
    pub en: String,
}

/// A page of proposals, newest first: those before a number.
pub(crate) fn proposals(
    rows: &impl UnitRead,
    before: Option<u64>,
    most: usize,
) -> Result<Vec<(u64, VersionProposal)>, StoreFault> {
    let last = before.map_or(u64::MAX, |before| before.saturating_sub(1));
    let all = rows.scan::<VersionProposals>(0..=last, usize::MAX)?;
    Ok(all.into_iter().rev().take(most).collect())
}

/// One proposal.
pub(crate) fn proposal(rows: &impl UnitRead, proposal: u64) -> Result<ProposalView, StampFault> {
    let row = rows.get::<VersionProposals>(&proposal)?.ok_or_else(|| unknown(proposal))?;
    let newest = rows.scan::<Versions>(0..=u64::MAX, usize::MAX)?.pop().map(|(_, version)| version.hash);
    let waits = matches!(row.standing, ProposalStanding::Proposed | ProposalStanding::Approved);
    let is_stale = waits && newest != row.version.parent;
    let base = match row.version.parent {
        None => vec![],
        Some(_) => rows
            .get::<Versions>(&row.version.number.saturating_sub(1))?
            .map(|version| version.signed.manifest.chunks)
            .unwrap_or_default(),
    };
    let old = draft_of(&base, &row.version.chunks, rows)?;
    let new = draft_of(&row.version.chunks, &base, rows)?;
    let told = |language| changes(&old, &new, language);
    let (zh, en) = (told(Language::Chinese), told(Language::English));
    let words =
        |(zh, en): (&Change, &Change)| ToldChange { zh: zh.words(Language::Chinese), en: en.words(Language::English) };
    let changes_count = zh.len() as u64;
    let changes = zh.iter().zip(&en).take(MOST_CHANGES).map(words).collect();
    Ok(ProposalView { proposal, row, is_stale, changes, changes_count })
}

/// What a version holds, without entries and calendar that the other one has in the same pieces: they cannot have changed. All matters are
/// read, since they say what an entry is an entry of.
fn draft_of(chunks: &[ChunkRef], other: &[ChunkRef], rows: &impl UnitRead) -> Result<CatalogueDraft, StampFault> {
    let mut pieces = Vec::new();
    for chunk in chunks {
        if chunk.kind != ChunkKind::Matters && other.contains(chunk) {
            continue;
        }
        if let Some(Chunk(bytes)) = rows.get::<Chunks>(&chunk.hash)? {
            pieces.push((chunk.kind, bytes));
        }
    }
    CatalogueDraft::from_chunks(pieces.iter().map(|(kind, bytes)| (*kind, &bytes[..])))
        .map_err(|why| StoreFault::Broken { promise: "I9", what: format!("a kept piece: {why}") }.into())
}

/// What is still to be extended to counties on a day, as far as this unit knows entries: all of it at the city, its own county's elsewhere.
pub(crate) fn still_to_extend(
    rows: &impl UnitRead,
    (meta, tools): (&UnitMeta, &Tools<'_>),
    version: u64,
    day: CivilDate,
) -> Result<Vec<StillToExtend>, StoreFault> {
    let city = city_of(meta.unit);
    let known = |county: &UnitId| meta.unit == city || domain::division::covers(*county, meta.unit);
    let counties = tools.divisions.iter().filter(|place| place.tier == Tier::County && city_of(place.unit) == city);
    let counties: BTreeSet<UnitId> = counties.map(|place| place.unit).filter(known).collect();
    let mut open = Vec::new();
    for matter in installed::matters(rows, version)? {
        let Some(of_city) = installed::entry(rows, version, &matter.code, city)? else { continue };
        if of_city.particulars.granted.is_none() {
            continue;
        }
        let entries = installed::entries(rows, version, &matter.code)?;
        let without = still_without(&of_city, entries.iter().map(|entry| &**entry), &counties, day);
        open.extend(without.into_iter().filter_map(|county| StillToExtend::of(&of_city, &matter.name, county)));
    }
    open.sort();
    Ok(open)
}
