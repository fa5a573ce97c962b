//! How a unit takes a catalogue version: announced by its manifest, installed once its slice is here, fed on to the units below.
//!
//! Shared by `Publish` (at the city) and by arriving mail (everywhere else). A unit never steps back, and takes no version whose
//! parent is not the one before (protocol.md §7, I9). A version is read completely before the first row is written; one that
//! can never be installed is marked so, kept as evidence by the caller, and does not hold up those after it.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::calendar::WorkCalendar;
use crate::catalogue::{
    Approvals, BasicCode, CataloguePin, ChunkKind, ChunkRef, Entry, Manifest, Matter, SignedManifest, check_named,
};
use crate::digest::ContentHash;
use crate::division::covers;
use crate::ids::UnitId;
use crate::mail::Mail;
use crate::refusal::{CatalogueRefusal, Refusal};
use crate::store::{StoreFault, UnitStore};
use crate::tables::{Chunk, Chunks, Definition, Entries, Matters, Version, Versions};

use super::store_chunk::chunk_hash;
use super::{Context, Halt};

/// Whether the city may publish a version: it follows the newest, every piece is here, and all of them can be read.
pub(super) fn check(context: &Context<'_, impl UnitStore>, manifest: &Manifest) -> Result<(), Halt> {
    check_order(context, manifest)?;
    match read_slice(context, manifest)? {
        Slice::Complete(_) => Ok(()),
        Slice::Missing(missing) => Err(Refusal::CatalogueIncomplete { missing }.into()),
        Slice::Unfit(why) => Err(Refusal::CataloguePiece { why }.into()),
    }
}

/// Keeps a version and installs it if its slice is here. Gives what is wrong with a version that can never be installed.
pub(super) fn announce(
    context: &mut Context<'_, impl UnitStore>,
    signed: &SignedManifest,
) -> Result<Option<String>, Halt> {
    check_order(context, &signed.manifest)?;
    if check_named(&signed.manifest).is_err() {
        return Err(CatalogueRefusal::Unreviewed { number: signed.manifest.number }.into());
    }
    let hash = signed.manifest.hash()?;
    feed_manifest(context, signed)?;
    let version = Version { hash, signed: signed.clone(), installed: None, unfit: None };
    context.store.put::<Versions>(&signed.manifest.number, &version)?;
    install_complete(context, None)
}

/// Keeps a piece that mail brought, feeds it on, and installs what it completes.
pub(super) fn arrived(
    context: &mut Context<'_, impl UnitStore>,
    hash: ContentHash,
    bytes: &[u8],
) -> Result<Option<String>, Halt> {
    if chunk_hash(bytes) != hash {
        let why = format!("its bytes are not those of {}", hash.short());
        return Err(Refusal::CataloguePiece { why }.into());
    }
    if context.store.has::<Chunks>(&hash)? {
        return Ok(None);
    }
    context.store.put::<Chunks>(&hash, &Chunk(bytes.to_vec()))?;
    let versions = context.store.scan::<Versions>(0..=u64::MAX, usize::MAX)?;
    for child in context.meta.children.clone() {
        if versions.iter().any(|(_, version)| names_for(&version.signed, child, hash)) {
            context.send(child, Mail::Chunk { hash, bytes: bytes.to_vec() })?;
        }
    }
    install_complete(context, Some((hash, bytes)))
}

/// Refused where a version is not the one after the newest.
pub(super) fn check_order(context: &Context<'_, impl UnitStore>, manifest: &Manifest) -> Result<(), Halt> {
    let newest = context.store.scan::<Versions>(0..=u64::MAX, usize::MAX)?.pop();
    let (newest_number, newest_hash) = newest.map_or((0, None), |(number, version)| (number, Some(version.hash)));
    if manifest.number != newest_number + 1 || manifest.parent != newest_hash {
        return Err(Refusal::CatalogueOrder { number: manifest.number, newest: newest_number }.into());
    }
    Ok(())
}

/// Sends a version's manifest, then its pieces, to every unit below: what is here already now, the rest when it comes. A piece
/// that an earlier version named for that unit was or will be sent with that one.
fn feed_manifest(context: &mut Context<'_, impl UnitStore>, signed: &SignedManifest) -> Result<(), StoreFault> {
    let earlier = context.store.scan::<Versions>(0..=u64::MAX, usize::MAX)?;
    for child in context.meta.children.clone() {
        context.send(child, Mail::Manifest(signed.clone()))?;
        for chunk in &signed.manifest.chunks {
            let sent = earlier.iter().any(|(_, version)| names_for(&version.signed, child, chunk.hash));
            if sent || !is_in_slice(chunk.kind, signed.signer, child) {
                continue;
            }
            if let Some(Chunk(bytes)) = context.store.get::<Chunks>(&chunk.hash)? {
                context.send(child, Mail::Chunk { hash: chunk.hash, bytes })?;
            }
        }
    }
    Ok(())
}

/// Whether a version names a piece for a unit.
fn names_for(signed: &SignedManifest, unit: UnitId, hash: ContentHash) -> bool {
    let named = |kind| is_in_slice(kind, signed.signer, unit);
    signed.manifest.chunks.iter().any(|chunk| chunk.hash == hash && named(chunk.kind))
}

/// What a unit needs of a version: all matters, the calendar, and the entries of the units that may decide for its places.
///
/// A unit needs its own entries, those of all above it, so that it can say where else a case may go, and those of all below it, which it
/// feeds on. The city needs all.
fn is_in_slice(kind: ChunkKind, city: UnitId, of: UnitId) -> bool {
    match kind {
        ChunkKind::Matters | ChunkKind::Calendar | ChunkKind::Approvals => true,
        ChunkKind::Entries { unit } => of == city || unit == city || covers(unit, of) || covers(of, unit),
    }
}

/// Installs, in order, every announced version whose slice is complete. Gives the first reason why one can never be.
///
/// `fresh` is the piece that has just come. The version that is next was checked as far as it was here when it was announced and
/// with every piece since, so that only the fresh one is checked.
fn install_complete(
    context: &mut Context<'_, impl UnitStore>,
    mut fresh: Option<(ContentHash, &[u8])>,
) -> Result<Option<String>, Halt> {
    let from = context.meta.catalogue.map_or(0, |pin| pin.number) + 1;
    let mut found_unfit = None;
    for (number, mut version) in context.store.scan::<Versions>(from..=u64::MAX, usize::MAX)? {
        if version.unfit.is_some() {
            continue;
        }
        let slice = match fresh.take() {
            Some(fresh) => read_on(context, &version.signed.manifest, fresh)?,
            None => read_slice(context, &version.signed.manifest)?,
        };
        match slice {
            Slice::Missing(_) => break,
            Slice::Unfit(why) => {
                version.unfit = Some(why.clone());
                found_unfit = found_unfit.or(Some(why));
            }
            Slice::Complete(definitions) => {
                for definition in definitions {
                    definition.write(context, number)?;
                }
                version.installed = Some(context.meta.sequence);
                context.meta.catalogue = Some(CataloguePin { number, manifest: version.hash });
            }
        }
        context.store.put::<Versions>(&number, &version)?;
    }
    Ok(found_unfit)
}

/// This unit's part of a version.
enum Slice {
    /// Every piece is here and was read.
    Complete(Vec<Read>),
    /// How many pieces are not here.
    Missing(u32),
    /// A piece is here under its hash and cannot be read: that can never change.
    Unfit(String),
}

/// One definition with its key, its JSON as it came: an older unit keeps what it does not know yet.
enum Read {
    Matter(String, Definition),
    Entry((String, UnitId), Definition),
}

impl Read {
    fn write(self, context: &mut Context<'_, impl UnitStore>, number: u64) -> Result<(), StoreFault> {
        match self {
            Self::Matter(code, definition) => context.store.put::<Matters>(&(number, code), &definition),
            Self::Entry(key, definition) => context.store.put::<Entries>(&(number, key), &definition),
        }
    }
}

fn read_slice(context: &Context<'_, impl UnitStore>, manifest: &Manifest) -> Result<Slice, StoreFault> {
    let (unit, city) = (context.meta.unit, crate::division::city_of(context.meta.unit));
    let mut missing = 0;
    let mut unfit = None;
    for chunk in manifest.chunks.iter().filter(|chunk| is_in_slice(chunk.kind, city, unit)) {
        let Some(Chunk(bytes)) = context.store.get::<Chunks>(&chunk.hash)? else {
            missing += 1;
            continue;
        };
        if unfit.is_none()
            && let Err(why) = fits(manifest, chunk, &bytes)
        {
            unfit = Some(format!("piece {}: {why}", chunk.hash.short()));
        }
    }
    match unfit {
        Some(why) => Ok(Slice::Unfit(why)),
        None if missing > 0 => Ok(Slice::Missing(missing)),
        None => collect(context, manifest),
    }
}

/// The definitions of a slice whose pieces are all here and were checked.
fn collect(context: &Context<'_, impl UnitStore>, manifest: &Manifest) -> Result<Slice, StoreFault> {
    let (unit, city) = (context.meta.unit, crate::division::city_of(context.meta.unit));
    let mut definitions = Vec::new();
    for chunk in manifest.chunks.iter().filter(|chunk| is_in_slice(chunk.kind, city, unit)) {
        let here = context.store.get::<Chunks>(&chunk.hash)?;
        let read = here.map(|Chunk(bytes)| definitions_of(chunk, &bytes, &mut definitions));
        if read != Some(Ok(())) {
            let what = format!("piece {} was here and read: {read:?}", chunk.hash.short());
            return Err(StoreFault::Broken { promise: "I9", what });
        }
    }
    Ok(Slice::Complete(definitions))
}

/// As [`read_slice`] where all that was here before was checked: a fresh piece more.
fn read_on(
    context: &Context<'_, impl UnitStore>,
    manifest: &Manifest,
    (fresh, bytes): (ContentHash, &[u8]),
) -> Result<Slice, StoreFault> {
    let (unit, city) = (context.meta.unit, crate::division::city_of(context.meta.unit));
    let mut missing = 0;
    for chunk in manifest.chunks.iter().filter(|chunk| is_in_slice(chunk.kind, city, unit)) {
        missing += u32::from(!context.store.has::<Chunks>(&chunk.hash)?);
    }
    for chunk in manifest.chunks.iter().filter(|chunk| chunk.hash == fresh && is_in_slice(chunk.kind, city, unit)) {
        if let Err(why) = fits(manifest, chunk, bytes) {
            return Ok(Slice::Unfit(format!("piece {}: {why}", chunk.hash.short())));
        }
    }
    match missing {
        0 => collect(context, manifest),
        missing => Ok(Slice::Missing(missing)),
    }
}

fn definitions_of(chunk: &ChunkRef, bytes: &[u8], definitions: &mut Vec<Read>) -> Result<(), String> {
    for (name, place) in piece(chunk, bytes)?.iter() {
        let json = bytes.get(place.clone()).and_then(|json| std::str::from_utf8(json).ok());
        let definition = Definition { json: json.ok_or("a definition is not where it was")?.to_owned() };
        definitions.push(match chunk.kind {
            ChunkKind::Entries { unit } => Read::Entry((name.clone(), unit), definition),
            ChunkKind::Matters | ChunkKind::Calendar | ChunkKind::Approvals => Read::Matter(name.clone(), definition),
        });
    }
    Ok(())
}

/// What a piece defines: the names of matters, and where in the piece each definition stands. Or why it cannot be what the version says.
type Piece = Result<Arc<[(String, Range<usize>)]>, String>;

/// Then all are forgotten: more pieces than some versions of a prefecture have together.
const MOST_KNOWN: usize = 256;

thread_local! {
    /// Pieces that were read lately: what a hash names never changes, and it is asked for with every other piece that comes.
    static KNOWN: RefCell<BTreeMap<(ChunkKind, ContentHash), Piece>> = const { RefCell::new(BTreeMap::new()) };
}

/// Reads a piece, and judges the approvals of this version.
fn fits(manifest: &Manifest, chunk: &ChunkRef, bytes: &[u8]) -> Result<(), String> {
    piece(chunk, bytes)?;
    if chunk.kind == ChunkKind::Approvals {
        let approvals = Approvals::from_chunk(bytes).map_err(|why| why.to_string())?;
        approvals.check(manifest).map_err(|why| why.to_string())?;
    }
    Ok(())
}

/// Reads a piece whose bytes are those of its hash.
fn piece(chunk: &ChunkRef, bytes: &[u8]) -> Piece {
    let name = (chunk.kind, chunk.hash);
    if let Some(known) = KNOWN.with_borrow(|known| known.get(&name).cloned()) {
        return known;
    }
    let read: Piece = check_piece(chunk.kind, bytes).and_then(|()| name_definitions(chunk.kind, bytes)).map(Arc::from);
    KNOWN.with_borrow_mut(|known| {
        if known.len() >= MOST_KNOWN {
            known.clear();
        }
        known.insert(name, read.clone());
    });
    read
}

/// Why a piece cannot be what the version says.
fn check_piece(kind: ChunkKind, bytes: &[u8]) -> Result<(), String> {
    let text = |why: serde_json::Error| why.to_string();
    match kind {
        // Read from the pieces where a due date is derived.
        ChunkKind::Calendar => WorkCalendar::from_chunk(bytes).map(drop).map_err(text),
        ChunkKind::Matters => serde_json::from_slice::<Vec<Matter>>(bytes).map(drop).map_err(text),
        ChunkKind::Approvals => Approvals::from_chunk(bytes).map(drop).map_err(text),
        ChunkKind::Entries { unit } => {
            let entries: Vec<Entry> = serde_json::from_slice(bytes).map_err(text)?;
            match entries.iter().find(|entry| entry.unit != unit) {
                Some(entry) => Err(format!("an entry of {} among those of {unit}", entry.unit)),
                None => Ok(()),
            }
        }
    }
}

/// What a definition is kept under.
#[derive(Deserialize)]
struct MatterName {
    code: BasicCode,
}

/// The same of an entry, whose unit is that of its piece.
#[derive(Deserialize)]
struct EntryName {
    matter: BasicCode,
}

fn name_definitions(kind: ChunkKind, bytes: &[u8]) -> Result<Vec<(String, Range<usize>)>, String> {
    let text = |why: serde_json::Error| why.to_string();
    if matches!(kind, ChunkKind::Calendar | ChunkKind::Approvals) {
        return Ok(vec![]);
    }
    let mut named = Vec::new();
    for raw in serde_json::from_slice::<Vec<&RawValue>>(bytes).map_err(text)? {
        let name = match kind {
            ChunkKind::Entries { .. } => serde_json::from_str::<EntryName>(raw.get()).map_err(text)?.matter,
            ChunkKind::Matters | ChunkKind::Calendar | ChunkKind::Approvals => {
                serde_json::from_str::<MatterName>(raw.get()).map_err(text)?.code
            }
        };
        // It is borrowed from the piece.
        let first = raw.get().as_ptr().addr() - bytes.as_ptr().addr();
        named.push((name.into(), first..first + raw.get().len()));
    }
    Ok(named)
}
