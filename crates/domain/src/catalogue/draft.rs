//! A catalogue version in the making: matters, entries, calendar; then its pieces and the manifest that names them.
//!
//! Does not sign: whoever publishes signs [`Manifest::hash`].

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::import::MatterRow;
use super::{ChunkKind, ChunkRef, Entry, Manifest, Matter, rules};
use crate::calendar::WorkCalendar;
use crate::command::chunk_hash;
use crate::digest::ContentHash;
use crate::division::{DivisionTree, Tier};
use crate::ids::{Generation, UnitId};
use crate::time::CivilDate;

/// The largest piece, in bytes: a piece is one log entry and one mail.
pub const LARGEST_CHUNK: usize = 512 * 1024;

/// The most matters or entries of one piece.
pub const MOST_IN_CHUNK: usize = 256;

/// What the builder is free to choose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DraftOptions {
    /// How long an offer may stay unanswered, in seconds.
    pub patience_seconds: u32,
    /// Units below the city that implement matters; all of the tree where `None`.
    pub below_city: Option<BTreeSet<UnitId>>,
}

impl Default for DraftOptions {
    /// Half an hour of patience, all units.
    fn default() -> Self {
        Self { patience_seconds: 30 * 60, below_city: None }
    }
}

/// A version before it is cut into pieces.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CatalogueDraft {
    /// By code.
    pub matters: Vec<Matter>,
    /// By unit, each in the order of codes.
    pub entries: BTreeMap<UnitId, Vec<Entry>>,
    /// The official calendar.
    pub calendar: WorkCalendar,
}

/// A draft that cannot be cut into pieces.
#[derive(Debug, thiserror::Error)]
pub enum DraftFault {
    /// One matter or entry alone is larger than a piece may be, or the calendar is.
    #[error("one item of {kind:?} has {bytes} bytes; a piece has at most {LARGEST_CHUNK}")]
    TooLarge {
        /// What is too large.
        kind: ChunkKind,
        /// Its bytes.
        bytes: usize,
    },
    /// Something has no form in JSON: a defect.
    #[error("an item has no form in JSON")]
    Json(#[from] serde_json::Error),
}

/// A piece: what is in it, and its canonical JSON.
pub type ChunkBytes = (ChunkKind, Vec<u8>);

impl CatalogueDraft {
    /// From a list's good rows, for the city and what lies below it in the tree, by the rule of [`rules`].
    pub fn build(rows: &[MatterRow], tree: &DivisionTree, calendar: WorkCalendar, options: &DraftOptions) -> Self {
        let mut rows: Vec<&MatterRow> = rows.iter().collect();
        rows.sort_by(|a, b| a.code.cmp(&b.code));
        let chosen = |unit| options.below_city.as_ref().is_none_or(|units| units.contains(&unit));
        let entries = tree
            .iter()
            .filter(|place| place.tier == Tier::City || chosen(place.unit))
            .map(|place| (place.unit, rows.iter().filter_map(|row| rules::entry(row, place)).collect::<Vec<_>>()))
            .filter(|(_, entries)| !entries.is_empty())
            .collect();
        let matters = rows.iter().map(|row| rules::matter(row, options.patience_seconds)).collect();
        Self { matters, entries, calendar }
    }

    /// Read back from pieces, in any order.
    ///
    /// # Errors
    /// A piece that is not of its kind.
    pub fn from_chunks<'a>(chunks: impl IntoIterator<Item = (ChunkKind, &'a [u8])>) -> Result<Self, serde_json::Error> {
        let mut draft = Self::default();
        for (kind, bytes) in chunks {
            match kind {
                ChunkKind::Calendar => draft.calendar = WorkCalendar::from_chunk(bytes)?,
                ChunkKind::Matters => draft.matters.extend(serde_json::from_slice::<Vec<Matter>>(bytes)?),
                ChunkKind::Entries { unit } => {
                    draft.entries.entry(unit).or_default().extend(serde_json::from_slice::<Vec<Entry>>(bytes)?);
                }
            }
        }
        Ok(draft)
    }

    /// The pieces, in the order in which a manifest names them: calendar, matters, entries by unit.
    pub fn into_chunks(self) -> Result<Vec<ChunkBytes>, DraftFault> {
        let calendar = self.calendar.canonical();
        if calendar.len() > LARGEST_CHUNK {
            return Err(DraftFault::TooLarge { kind: ChunkKind::Calendar, bytes: calendar.len() });
        }
        let mut chunks = vec![(ChunkKind::Calendar, calendar)];
        cut(ChunkKind::Matters, &self.matters, &mut chunks)?;
        for (unit, entries) in &self.entries {
            cut(ChunkKind::Entries { unit: *unit }, entries, &mut chunks)?;
        }
        Ok(chunks)
    }
}

/// Canonical JSON arrays, none larger than a piece may be.
fn cut<T: Serialize>(kind: ChunkKind, items: &[T], chunks: &mut Vec<ChunkBytes>) -> Result<(), DraftFault> {
    let mut piece = Vec::new();
    let mut held = 0;
    for item in items {
        let json = serde_json::to_vec(item)?;
        // Two brackets, or a comma and a bracket.
        if json.len() + 2 > LARGEST_CHUNK {
            return Err(DraftFault::TooLarge { kind, bytes: json.len() });
        }
        if held > 0 && (held == MOST_IN_CHUNK || piece.len() + json.len() + 2 > LARGEST_CHUNK) {
            piece.push(b']');
            chunks.push((kind, std::mem::take(&mut piece)));
            held = 0;
        }
        piece.push(if held == 0 { b'[' } else { b',' });
        piece.extend_from_slice(&json);
        held += 1;
    }
    if held > 0 {
        piece.push(b']');
        chunks.push((kind, piece));
    }
    Ok(())
}

impl Manifest {
    /// Names pieces as a version that follows `parent` (number and hash of the version before; `None` for the first).
    pub fn of_chunks(
        generation: Generation,
        parent: Option<(u64, ContentHash)>,
        effective: CivilDate,
        chunks: &[ChunkBytes],
    ) -> Self {
        let (number, parent) = parent.map_or((1, None), |(number, hash)| (number + 1, Some(hash)));
        let chunks = chunks.iter().map(|(kind, bytes)| ChunkRef { kind: *kind, hash: chunk_hash(bytes) }).collect();
        Self { generation, number, parent, effective, chunks }
    }
}

#[cfg(test)]
mod tests {
    use super::super::import::MatterList;
    use super::*;

    fn jining() -> CatalogueDraft {
        let list = MatterList::from_csv(include_bytes!("../../data/county-matters.csv"));
        let (tree, _) = DivisionTree::from_csv(include_bytes!("../../data/jining-regions.csv"));
        let (calendar, _) = WorkCalendar::from_csv(include_bytes!("../../data/china-workdays.csv"));
        CatalogueDraft::build(&list.rows, &tree, calendar, &DraftOptions::default())
    }

    #[test]
    fn the_whole_prefecture() {
        let draft = jining();
        assert_eq!((draft.matters.len(), draft.entries.len()), (1135, 13 + 158));
        let of = |code: &str| draft.entries[&code.parse().unwrap()].len();
        assert_eq!([of("370800"), of("370811"), of("370871")], [621 + 15 + 2, 621 + 497 + 2, 621 + 497 + 2]);
        // Townships review, and hold nothing.
        let below = draft.entries.iter().filter(|(unit, _)| Tier::of(**unit) == Tier::Township);
        assert!(below.flat_map(|(_, entries)| entries).all(Entry::reviews));
        // Four-tier sameness: every entry is of a listed matter.
        let codes: BTreeSet<_> = draft.matters.iter().map(|matter| &matter.code).collect();
        assert!(draft.entries.values().flatten().all(|entry| codes.contains(&entry.matter)));
        assert!(draft.matters.iter().all(|matter| matter.synthetic && matter.patience_seconds == 1800));
    }

    #[test]
    fn pieces_are_bounded_equal_for_equal_drafts_and_read_back() {
        let draft = jining();
        let chunks = draft.clone().into_chunks().unwrap();
        assert_eq!(chunks, draft.clone().into_chunks().unwrap());
        assert!(chunks.iter().all(|(_, bytes)| bytes.len() <= LARGEST_CHUNK));
        for (kind, bytes) in &chunks {
            if let ChunkKind::Entries { unit } = kind {
                let entries: Vec<Entry> = serde_json::from_slice(bytes).unwrap();
                assert!(entries.len() <= MOST_IN_CHUNK && entries.iter().all(|entry| entry.unit == *unit));
            }
        }
        let pieces = || chunks.iter().map(|(kind, bytes)| (*kind, &bytes[..]));
        assert_eq!(CatalogueDraft::from_chunks(pieces()).unwrap(), draft);
        assert!(CatalogueDraft::from_chunks(pieces().map(|(_, bytes)| (ChunkKind::Calendar, bytes))).is_err());
        let first = Manifest::of_chunks(Generation::FIRST, None, "2026-01-01".parse().unwrap(), &chunks);
        let hash = first.hash().unwrap();
        let second = Manifest::of_chunks(Generation::FIRST, Some((1, hash)), first.effective, &chunks);
        assert_eq!((first.number, second.number, second.parent), (1, 2, Some(hash)));
    }

    #[test]
    fn only_chosen_units() {
        let list = MatterList::from_csv(include_bytes!("../../data/county-matters.csv"));
        let (tree, _) = DivisionTree::from_csv(include_bytes!("../../data/jining-regions.csv"));
        let below_city = Some(["370811".parse().unwrap()].into());
        let options = DraftOptions { patience_seconds: 5, below_city };
        let draft = CatalogueDraft::build(&list.rows, &tree, WorkCalendar::default(), &options);
        assert_eq!(draft.entries.keys().map(|unit| unit.get()).collect::<Vec<_>>(), [370_800_000_000, 370_811_000_000]);
    }

    #[test]
    fn an_item_larger_than_a_piece_is_refused() {
        let mut draft = jining();
        draft.matters[0].name = "长".repeat(LARGEST_CHUNK);
        assert!(matches!(draft.into_chunks(), Err(DraftFault::TooLarge { kind: ChunkKind::Matters, .. })));
    }
}
