//! What a unit has installed, read back from its rows: for questions, for routing and for due dates.

use std::cell::RefCell;
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;

use serde::de::DeserializeOwned;

use super::{BasicCode, CatalogueDraft, CataloguePin, ChunkKind, Entry, Matter};
use crate::calendar::WorkCalendar;
use crate::digest::ContentHash;
use crate::ids::UnitId;
use crate::store::{StoreFault, Table, UnitRead};
use crate::tables::{Chunk, Chunks, Definition, Entries, Matters, Meta, UnitMeta, Versions};
use crate::time::CivilDate;

/// The newest installed version; `None` before the first.
pub fn newest(store: &impl UnitRead) -> Result<Option<CataloguePin>, StoreFault> {
    Ok(store.get::<Meta>(&())?.and_then(|meta| meta.catalogue))
}

/// The version that holds on a day: the newest installed one whose day has come. `None`: none is installed, or none holds yet.
pub fn in_force(store: &impl UnitRead, meta: &UnitMeta, day: CivilDate) -> Result<Option<CataloguePin>, StoreFault> {
    let Some(newest) = meta.catalogue else { return Ok(None) };
    // Nearly always the newest does, and every command asks.
    if effective(store, newest)?.is_some_and(|from| from <= day) {
        return Ok(Some(newest));
    }
    // Known versions that can never be installed lie between.
    for number in (1..newest.number).rev() {
        let Some(version) = store.get::<Versions>(&number)? else { continue };
        if version.installed.is_some() && version.signed.manifest.effective <= day {
            return Ok(Some(CataloguePin { number, manifest: version.hash }));
        }
    }
    Ok(None)
}

thread_local! {
    /// The day of the version that was asked for last, by its hash: what a hash names never changes, and a manifest names hundreds of pieces.
    static DAY_READ_LAST: RefCell<Option<(ContentHash, CivilDate)>> = const { RefCell::new(None) };
}

/// From when on a known version holds.
fn effective(store: &impl UnitRead, pin: CataloguePin) -> Result<Option<CivilDate>, StoreFault> {
    if let Some((_, day)) = DAY_READ_LAST.with(|last| *last.borrow()).filter(|(hash, _)| *hash == pin.manifest) {
        return Ok(Some(day));
    }
    let version = store.get::<Versions>(&pin.number)?.filter(|version| version.hash == pin.manifest);
    let day = version.map(|version| version.signed.manifest.effective);
    if let Some(day) = day {
        DAY_READ_LAST.set(Some((pin.manifest, day)));
    }
    Ok(day)
}

/// A matter of a version.
pub fn matter(store: &impl UnitRead, number: u64, code: &BasicCode) -> Result<Option<Arc<Matter>>, StoreFault> {
    MATTERS.with(|known| known_as::<Matters, Matter>(store, &(number, code.as_str().to_owned()), known))
}

/// All matters of a version, by code.
pub fn matters(store: &impl UnitRead, number: u64) -> Result<Vec<Matter>, StoreFault> {
    let rows = store.scan::<Matters>((number, String::new())..=(number, char::MAX.to_string()), usize::MAX)?;
    rows.iter().map(|(_, definition)| read(definition)).collect()
}

/// The next matters of a version by code, at most so many; from the first on where `after` is empty.
pub fn matters_after(store: &impl UnitRead, number: u64, after: &str, most: usize) -> Result<Vec<Matter>, StoreFault> {
    // Nothing stands between a text and its first continuation.
    let from = if after.is_empty() { String::new() } else { format!("{after}\0") };
    let rows = store.scan::<Matters>((number, from)..=(number, char::MAX.to_string()), most)?;
    rows.iter().map(|(_, definition)| read(definition)).collect()
}

/// A matter of a version that is not kept for the next question: what somebody leafs through would push out what cases ask for.
pub fn matter_once(store: &impl UnitRead, number: u64, code: &BasicCode) -> Result<Option<Matter>, StoreFault> {
    store.get::<Matters>(&(number, code.as_str().to_owned()))?.map(|definition| read(&definition)).transpose()
}

/// One unit's entry for a matter.
pub fn entry(
    store: &impl UnitRead,
    number: u64,
    code: &BasicCode,
    unit: UnitId,
) -> Result<Option<Arc<Entry>>, StoreFault> {
    ENTRIES.with(|known| known_as::<Entries, Entry>(store, &(number, (code.as_str().to_owned(), unit)), known))
}

/// Whether a unit has an entry for a matter: every definition was read before it was installed.
pub fn has_entry(store: &impl UnitRead, number: u64, code: &BasicCode, unit: UnitId) -> Result<bool, StoreFault> {
    store.has::<Entries>(&(number, (code.as_str().to_owned(), unit)))
}

/// All entries for a matter that this unit knows of, by unit.
pub fn entries(store: &impl UnitRead, number: u64, code: &BasicCode) -> Result<Vec<Arc<Entry>>, StoreFault> {
    let key = |unit| (number, (code.as_str().to_owned(), unit));
    let keys = store.keys::<Entries>(key(UnitId::FIRST)..=key(UnitId::LAST), usize::MAX)?;
    ENTRIES
        .with(|known| keys.iter().filter_map(|key| known_as::<Entries, Entry>(store, key, known).transpose()).collect())
}

/// A version as far as it is here, to be written out: all of it at the city, a slice elsewhere. Entries stand in the order of codes.
pub fn whole(store: &impl UnitRead, number: u64) -> Result<CatalogueDraft, StoreFault> {
    let mut draft = CatalogueDraft { matters: matters(store, number)?, ..CatalogueDraft::default() };
    let first = (number, (String::new(), UnitId::FIRST));
    let last = (number, (char::MAX.to_string(), UnitId::LAST));
    for ((_, (_, unit)), definition) in store.scan::<Entries>(first..=last, usize::MAX)? {
        draft.entries.entry(unit).or_default().push(read(&definition)?);
    }
    if let Some(calendar) = calendar(store, number)? {
        draft.calendar = WorkCalendar::clone(&calendar);
    }
    Ok(draft)
}

/// Definitions that were read lately, with the row that each was read from: every step of a case asks for its matter and its
/// authorities several times. A row that is another one now (another unit's, in a simulation) is read anew.
type Known<K, V> = RefCell<HashMap<K, (Vec<u8>, Arc<V>)>>;

/// Then all are forgotten: as many entries as a prefecture of fourteen has of a thousand matters, some 30 MB.
const MOST_KNOWN: usize = 16 * 1024;

thread_local! {
    static MATTERS: Known<<Matters as Table>::Key, Matter> = RefCell::default();
    static ENTRIES: Known<<Entries as Table>::Key, Entry> = RefCell::default();
}

fn known_as<T, V>(store: &impl UnitRead, key: &T::Key, known: &Known<T::Key, V>) -> Result<Option<Arc<V>>, StoreFault>
where
    T: Table<Row = Definition>,
    T::Key: Clone + Eq + Hash,
    V: DeserializeOwned,
{
    let known_row = |row: Option<&[u8]>| match row {
        None => Ok(None),
        Some(row) => match known.borrow().get(key) {
            Some((of, value)) if of == row => Ok(Some(Arc::clone(value))),
            _ => Err(row.to_vec()),
        },
    };
    let row = match store.stored::<T, _>(key, known_row)? {
        Ok(value) => return Ok(value),
        Err(row) => row,
    };
    let Some(definition) = store.get::<T>(key)? else { return Ok(None) };
    let value: Arc<V> = Arc::new(read(&definition)?);
    let mut known = known.borrow_mut();
    if known.len() >= MOST_KNOWN {
        known.clear();
    }
    known.insert(key.clone(), (row, Arc::clone(&value)));
    Ok(Some(value))
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
