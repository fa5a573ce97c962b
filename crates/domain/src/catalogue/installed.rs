//! What a unit has installed, read back from its rows: for questions, for routing and for due dates.

use std::cell::RefCell;
use std::sync::Arc;

use serde::de::DeserializeOwned;

use super::{BasicCode, CataloguePin, ChunkKind, Entry, Matter};
use crate::calendar::WorkCalendar;
use crate::digest::ContentHash;
use crate::ids::UnitId;
use crate::store::{StoreFault, UnitRead};
use crate::tables::{Chunk, Chunks, Definition, Entries, Matters, Meta, Versions};

/// The newest installed version; `None` before the first.
pub fn newest(store: &impl UnitRead) -> Result<Option<CataloguePin>, StoreFault> {
    Ok(store.get::<Meta>(&())?.and_then(|meta| meta.catalogue))
}

/// A matter of a version.
pub fn matter(store: &impl UnitRead, number: u64, code: &BasicCode) -> Result<Option<Matter>, StoreFault> {
    store.get::<Matters>(&(number, code.as_str().to_owned()))?.as_ref().map(read).transpose()
}

/// All matters of a version, by code.
pub fn matters(store: &impl UnitRead, number: u64) -> Result<Vec<Matter>, StoreFault> {
    let rows = store.scan::<Matters>((number, String::new())..=(number, char::MAX.to_string()), usize::MAX)?;
    rows.iter().map(|(_, definition)| read(definition)).collect()
}

/// One unit's entry for a matter.
pub fn entry(store: &impl UnitRead, number: u64, code: &BasicCode, unit: UnitId) -> Result<Option<Entry>, StoreFault> {
    store.get::<Entries>(&(number, (code.as_str().to_owned(), unit)))?.as_ref().map(read).transpose()
}

/// All entries for a matter that this unit knows of, by unit.
pub fn entries(store: &impl UnitRead, number: u64, code: &BasicCode) -> Result<Vec<Entry>, StoreFault> {
    let key = |unit| (number, (code.as_str().to_owned(), unit));
    let rows = store.scan::<Entries>(key(UnitId::FIRST)..=key(UnitId::LAST), usize::MAX)?;
    rows.iter().map(|(_, definition)| read(definition)).collect()
}

thread_local! {
    /// The calendar that was read last, by the hash of its bytes: what a hash names never changes, and every acceptance asks for it.
    static READ_LAST: RefCell<Option<(ContentHash, Arc<WorkCalendar>)>> = const { RefCell::new(None) };
}

/// The calendar of a version; `None` where the version, or its calendar, is not here.
pub fn calendar(store: &impl UnitRead, number: u64) -> Result<Option<Arc<WorkCalendar>>, StoreFault> {
    let Some(version) = store.get::<Versions>(&number)? else { return Ok(None) };
    let named = version.signed.manifest.chunks.into_iter().find(|chunk| chunk.kind == ChunkKind::Calendar);
    let Some(named) = named else { return Ok(None) };
    // Asked of the rows each time: whether it is here is theirs to say.
    if !store.has::<Chunks>(&named.hash)? {
        return Ok(None);
    }
    let known = READ_LAST.with_borrow(|last| last.as_ref().filter(|(hash, _)| *hash == named.hash).cloned());
    if let Some((_, calendar)) = known {
        return Ok(Some(calendar));
    }
    let Some(Chunk(bytes)) = store.get::<Chunks>(&named.hash)? else { return Ok(None) };
    let calendar = Arc::new(WorkCalendar::from_chunk(&bytes).map_err(|why| broken(&why))?);
    READ_LAST.set(Some((named.hash, Arc::clone(&calendar))));
    Ok(Some(calendar))
}

fn read<T: DeserializeOwned>(definition: &Definition) -> Result<T, StoreFault> {
    serde_json::from_str(&definition.json).map_err(|why| broken(&why))
}

fn broken(why: &serde_json::Error) -> StoreFault {
    StoreFault::Broken { promise: "I9", what: format!("an installed definition: {why}") }
}
