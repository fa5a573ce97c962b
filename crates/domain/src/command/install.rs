//! How a unit takes a catalogue version: announced by its manifest, installed once its slice is here, fed on to the units below.
//!
//! Shared by `Publish` (at the city) and by arriving mail (everywhere else). A unit never steps back, and takes no version whose
//! parent is not the one before (protocol.md §7, I9).

use crate::catalogue::{CataloguePin, ChunkKind, Entry, Matter, SignedManifest};
use crate::digest::ContentHash;
use crate::ids::UnitId;
use crate::mail::Mail;
use crate::refusal::Refusal;
use crate::store::{StoreFault, UnitStore};
use crate::tables::{Chunk, Chunks, Definition, Entries, Matters, Version, Versions};

use super::context::covers;
use super::store_chunk::chunk_hash;
use super::{Context, Halt};

/// Keeps a version and installs it if its slice is here.
pub(super) fn announce(context: &mut Context<'_, impl UnitStore>, signed: &SignedManifest) -> Result<(), Halt> {
    let hash = signed.manifest.hash()?;
    let newest = context.store.scan::<Versions>(0..=u64::MAX, usize::MAX)?.pop();
    let number = signed.manifest.number;
    let (newest_number, newest_hash) = newest.map_or((0, None), |(number, version)| (number, Some(version.hash)));
    if number != newest_number + 1 || signed.manifest.parent != newest_hash {
        return Err(Refusal::CatalogueOrder { number, newest: newest_number }.into());
    }
    let version = Version { hash, signed: signed.clone(), installed: None };
    context.store.put::<Versions>(&number, &version)?;
    feed_manifest(context, signed)?;
    install_complete(context)
}

/// Keeps a piece that mail brought, feeds it on, and installs what it completes.
pub(super) fn arrived(context: &mut Context<'_, impl UnitStore>, hash: ContentHash, bytes: &[u8]) -> Result<(), Halt> {
    if chunk_hash(bytes) != hash {
        let why = format!("its bytes are not those of {}", hash.short());
        return Err(Refusal::CataloguePiece { why }.into());
    }
    context.store.put::<Chunks>(&hash, &Chunk(bytes.to_vec()))?;
    for child in context.meta.children.clone() {
        if named_for(context, child, hash)? {
            context.send(child, Mail::Chunk { hash, bytes: bytes.to_vec() })?;
        }
    }
    install_complete(context)
}

/// Whether an announced version names a piece for a unit below.
fn named_for(context: &Context<'_, impl UnitStore>, child: UnitId, hash: ContentHash) -> Result<bool, StoreFault> {
    let newest = context.store.scan::<Versions>(0..=u64::MAX, usize::MAX)?.pop();
    let Some((_, version)) = newest else { return Ok(false) };
    Ok(version
        .signed
        .manifest
        .chunks
        .iter()
        .any(|chunk| chunk.hash == hash && is_in_slice(chunk.kind, version.signed.signer, child)))
}

/// Sends a version's manifest, then its pieces, to every unit below: what is here already now, the rest when it comes.
fn feed_manifest(context: &mut Context<'_, impl UnitStore>, signed: &SignedManifest) -> Result<(), StoreFault> {
    for child in context.meta.children.clone() {
        context.send(child, Mail::Manifest(signed.clone()))?;
        for chunk in &signed.manifest.chunks {
            if !is_in_slice(chunk.kind, signed.signer, child) {
                continue;
            }
            if let Some(Chunk(bytes)) = context.store.get::<Chunks>(&chunk.hash)? {
                context.send(child, Mail::Chunk { hash: chunk.hash, bytes })?;
            }
        }
    }
    Ok(())
}

/// What a unit needs of a version: all matters, the calendar, and the entries of the units that may decide for its places.
///
/// A unit below county level needs the entries of its county and of the city; a county needs its own and the city's too, so
/// that it can say where else a case may go. The city needs all.
fn is_in_slice(kind: ChunkKind, city: UnitId, of: UnitId) -> bool {
    match kind {
        ChunkKind::Matters | ChunkKind::Calendar => true,
        ChunkKind::Entries { unit } => of == city || unit == city || covers(unit, of),
    }
}

/// Installs, in order, every announced version whose slice is complete.
fn install_complete(context: &mut Context<'_, impl UnitStore>) -> Result<(), Halt> {
    let from = context.meta.catalogue.map_or(0, |pin| pin.number) + 1;
    for (number, mut version) in context.store.scan::<Versions>(from..=u64::MAX, usize::MAX)? {
        let signed = &version.signed;
        let mut pieces = Vec::new();
        for chunk in &signed.manifest.chunks {
            if !is_in_slice(chunk.kind, signed.signer, context.meta.unit) {
                continue;
            }
            match context.store.get::<Chunks>(&chunk.hash)? {
                Some(Chunk(bytes)) => pieces.push((chunk.kind, bytes)),
                None => return Ok(()),
            }
        }
        for (kind, bytes) in pieces {
            install_piece(context, number, kind, &bytes)?;
        }
        version.installed = Some(context.meta.sequence);
        context.meta.catalogue = Some(CataloguePin { number, manifest: version.hash });
        context.store.put::<Versions>(&number, &version)?;
    }
    Ok(())
}

fn install_piece(
    context: &mut Context<'_, impl UnitStore>,
    number: u64,
    kind: ChunkKind,
    bytes: &[u8],
) -> Result<(), Halt> {
    match kind {
        ChunkKind::Matters => {
            for matter in read_piece::<Matter>(bytes)? {
                let key = (number, matter.code.as_str().to_owned());
                context.store.put::<Matters>(&key, &write_definition(&matter)?)?;
            }
        }
        ChunkKind::Entries { unit } => {
            for entry in read_piece::<Entry>(bytes)? {
                if entry.unit != unit {
                    let why = format!("an entry of {} among those of {unit}", entry.unit);
                    return Err(Refusal::CataloguePiece { why }.into());
                }
                let key = (number, (entry.matter.as_str().to_owned(), unit));
                context.store.put::<Entries>(&key, &write_definition(&entry)?)?;
            }
        }
        // Read from the pieces where a due date is derived.
        ChunkKind::Calendar => {}
    }
    Ok(())
}

fn read_piece<T: serde::de::DeserializeOwned>(bytes: &[u8]) -> Result<Vec<T>, Refusal> {
    serde_json::from_slice(bytes).map_err(|why| Refusal::CataloguePiece { why: why.to_string() })
}

fn write_definition<T: serde::Serialize>(value: &T) -> Result<Definition, Refusal> {
    let json = serde_json::to_string(value).map_err(|why| Refusal::CataloguePiece { why: why.to_string() })?;
    Ok(Definition { json })
}
