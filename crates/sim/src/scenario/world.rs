//! The world of a file: its units, how they hang together, and what they start with.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::division::Tier;
use domain::ids::UnitId;

use super::actions::quality;
use super::fault::Problem;
use super::fields::{Field, Fields, Reading};
use super::words::{CLERK_KEYS, Key, LINK_KEYS, PAIR_KEYS, WORLD_KEYS};
use super::{Clerks, LinkQuality, World, WorldUnit};

/// More replicas than any unit has.
pub(super) const MOST_VOTERS: u64 = 7;
pub(super) const PATIENCE: Duration = Duration::from_secs(20);
pub(super) const MATTERS: usize = 40;

/// Words of replicas and of `heal`: no unit can be called so.
const TAKEN: [&str; 2] = ["all", "everyone"];

pub(super) fn keys(keys: &[Key]) -> Vec<&'static str> {
    keys.iter().map(|key| key.key).collect()
}

/// Reads the world; what cannot be read is noted, and the rest is as if it were not there.
pub(super) fn read(reading: &mut Reading<'_>, fields: &Fields<'_>) -> World {
    reading.only(fields, &keys(WORLD_KEYS));
    if let Some(units) = reading.need(fields, &WORLD_KEYS[0]).and_then(|field| reading.table(field, UNITS)) {
        read_units(reading, &units);
    }
    if let Some(voters) = fields.get("voters").and_then(|field| reading.table(field, "{ city = 3 }")) {
        for row in &voters.rows {
            let unit = known(reading, *row);
            let count = reading.count(*row, 1..=MOST_VOTERS).and_then(|count| u8::try_from(count).ok());
            if let (Some(unit), Some(count)) = (unit, count)
                && let Some(known) = reading.units.iter_mut().find(|known| known.unit == unit)
            {
                known.voters = count;
            }
        }
    }
    if let Some(spares) = fields.get("spares").and_then(|field| reading.table(field, "{ county = 1 }")) {
        for row in &spares.rows {
            let unit = known(reading, *row);
            let count = reading.count(*row, 1..=MOST_VOTERS).and_then(|count| u8::try_from(count).ok());
            if let (Some(unit), Some(count)) = (unit, count)
                && let Some(known) = reading.units.iter_mut().find(|known| known.unit == unit)
            {
                known.spares = count;
            }
        }
    }
    let patience = fields.get("patience").and_then(|field| reading.lasting(field)).unwrap_or(PATIENCE);
    let matters = fields.get("matters").and_then(|field| reading.count(field, 1..=100_000));
    let clerks = fields.get("clerks").and_then(|field| read_clerks(reading, field));
    let mut links = LinkQuality::default();
    if let Some(table) = fields.get("links").and_then(|field| reading.table(field, "{ delay = \"5ms\" }")) {
        reading.only(&table, &keys(LINK_KEYS));
        links = quality(reading, &table, links).unwrap_or(links);
    }
    let pairs = fields.get("pairs").map(|field| read_pairs(reading, field, links)).unwrap_or_default();
    World {
        units: reading.units.clone(),
        patience,
        matters: matters.and_then(|matters| usize::try_from(matters).ok()).unwrap_or(MATTERS),
        clerks,
        links,
        pairs,
    }
}

const UNITS: &str = "{ city = \"济宁市\", county = \"济宁市/任城区\" }";

/// The unit that a key names.
fn known(reading: &mut Reading<'_>, row: Field<'_>) -> Option<UnitId> {
    match reading.aliases.get(row.key) {
        Some(known) => *known,
        None => {
            let known = reading.aliases.keys().cloned().collect();
            reading.note(row.key_span(), Problem::UnitUnknown { alias: super::time::cut(row.key), known });
            None
        }
    }
}

fn read_units(reading: &mut Reading<'_>, fields: &Fields<'_>) {
    let mut places = BTreeMap::new();
    for row in &fields.rows {
        let fits = row.key.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '_')
            && (1..=40).contains(&row.key.chars().count())
            && !TAKEN.contains(&row.key);
        if !fits {
            let remedy = "call it by letters, digits and dashes; `all` and `everyone` are taken";
            reading.unfit(row.key_span(), "no name for a unit", remedy);
        }
        // Looked up here, not among the aliases: one may be called as a place is.
        let found = reading.text(*row, "\"济宁市/任城区\"").and_then(|text| match reading.tree.find(text) {
            Ok(place) => Some(place),
            Err(fault) => {
                reading.note(row.span(), Problem::Division(fault));
                None
            }
        });
        reading.aliases.insert(row.key.to_owned(), found.map(|place| place.unit));
        let Some(place) = found else { continue };
        if let Some(first) = places.insert(place.unit, *row) {
            let what = format!("{} is called `{}` already", place.name, first.key);
            reading.contradiction(row.key_span(), what, "take one of the two names out");
            continue;
        }
        let (alias, name) = (row.key.to_owned(), reading.tree.path(place.unit));
        reading.units.push(WorldUnit { unit: place.unit, alias, name, voters: 1, spares: 0 });
    }
    // From the top down; within a tier as the file has them.
    reading.units.sort_by_key(|unit| Tier::of(unit.unit));
    check_tree(reading, fields, &places);
}

/// One city, and every other unit under one that is there.
fn check_tree(reading: &mut Reading<'_>, fields: &Fields<'_>, places: &BTreeMap<UnitId, Field<'_>>) {
    if reading.aliases.is_empty() {
        let (what, remedy) = ("a world without units".to_owned(), format!("write `units = {UNITS}`"));
        reading.note(fields.span.clone(), Problem::Tree { what, remedy });
        return;
    }
    // What could not be found may be what is missing.
    if reading.aliases.values().any(Option::is_none) {
        return;
    }
    let (mut cities, tree) = (Vec::new(), reading.tree);
    for (unit, row) in places {
        match tree.parent(*unit) {
            None => cities.push(*row),
            Some(parent) if !places.contains_key(&parent.unit) => {
                let what = format!("the {} above it, {}, is not in this world", parent.tier.as_str(), parent.name);
                let remedy = format!("add `{} = \"{}\"` to units", parent.tier.as_str(), parent.unit);
                reading.note(row.span(), Problem::Tree { what, remedy });
            }
            Some(_) => {}
        }
    }
    if let [_, second, ..] = cities.as_slice() {
        let (what, remedy) = ("a second city".to_owned(), "a world has one city; take the other out".to_owned());
        reading.note(second.span(), Problem::Tree { what, remedy });
    }
}

fn read_clerks(reading: &mut Reading<'_>, field: Field<'_>) -> Option<Clerks> {
    let fields = reading.table(field, "{ pace = \"30s\", deny = 10 }")?;
    reading.only(&fields, &keys(CLERK_KEYS));
    let pace = reading.need(&fields, &CLERK_KEYS[0]).and_then(|field| reading.lasting(field));
    let deny = match fields.get("deny") {
        None => Some(0),
        Some(field) => reading.count(field, 0..=100),
    };
    Some(Clerks { pace: pace?, deny_percent: u8::try_from(deny?).ok()? })
}

fn read_pairs(
    reading: &mut Reading<'_>,
    field: Field<'_>,
    usual: LinkQuality,
) -> BTreeMap<(UnitId, UnitId), LinkQuality> {
    const EXAMPLE: &str = "[{ between = [\"city\", \"county\"], delay = \"40ms\" }]";
    let mut pairs = BTreeMap::new();
    for element in reading.list(field, EXAMPLE).unwrap_or_default() {
        let Some(fields) = reading.table(element, EXAMPLE) else { continue };
        reading.only(&fields, &keys(PAIR_KEYS));
        let pair = reading.need(&fields, &PAIR_KEYS[0]).and_then(|field| reading.pair(field));
        let Some(((a, b), quality)) = pair.zip(quality(reading, &fields, usual)) else { continue };
        if pairs.insert((a.min(b), a.max(b)), quality).is_some() {
            reading.contradiction(element.span(), "this pair stands above already", "write each pair once");
        }
    }
    pairs
}
