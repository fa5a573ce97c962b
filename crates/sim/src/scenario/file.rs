//! From a file's text to a checked scenario, or to all that is wrong with it.

use std::collections::BTreeSet;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use domain::division::DivisionTree;
use domain::time::Timestamp;
use toml::de::DeTable;

use super::fault::{Problem, ScenarioFault};
use super::fields::{Field, Fields, Reading};
use super::place::{Place, Source};
use super::time::parse_wall;
use super::words::{FILE_KEYS, INVARIANTS, REQUIRE_KEYS, table_of};
use super::world::keys;
use super::{FaultKind, Fidelity, Requirements, Scenario, expect, order, steps, world};

/// A scenario file is not larger.
pub const MOST_BYTES: u64 = 1024 * 1024;
/// More faults than these are not told at once.
const MOST_FAULTS: usize = 40;

/// Reads a scenario file of the disk. No more of it is read than a scenario can have.
///
/// # Errors
/// All that is wrong with it.
pub fn load(path: &Path, tree: &DivisionTree) -> Result<Scenario, Vec<ScenarioFault>> {
    let unread = |problem| {
        let source = Arc::new(Source { path: path.to_owned(), text: String::new() });
        vec![ScenarioFault { place: Place::new(&source, 0..0), problem }]
    };
    let file = |why: std::io::Error| unread(Problem::File { why: why.to_string() });
    let mut bytes = Vec::new();
    let opened = std::fs::File::open(path).map_err(file)?;
    let length = opened.metadata().map_err(file)?.len();
    opened.take(MOST_BYTES + 1).read_to_end(&mut bytes).map_err(file)?;
    let counted = length.max(bytes.len() as u64);
    if counted > MOST_BYTES {
        return Err(unread(Problem::TooLarge { bytes: counted }));
    }
    let text = String::from_utf8(bytes).map_err(|why| {
        let at = why.utf8_error().valid_up_to();
        unread(Problem::File { why: format!("byte {} is no UTF-8 text", at + 1) })
    })?;
    read(path, text, tree)
}

/// Reads the text of a scenario file.
///
/// # Errors
/// All that is wrong with it, in the order of the file.
pub fn read(path: &Path, text: String, tree: &DivisionTree) -> Result<Scenario, Vec<ScenarioFault>> {
    let too_large = text.len() as u64 > MOST_BYTES;
    let (bytes, text) = (text.len() as u64, if too_large { String::new() } else { text });
    let source = Arc::new(Source { path: path.to_owned(), text });
    let mut reading = Reading::new(Arc::clone(&source), tree);
    if too_large {
        reading.note(0..0, Problem::TooLarge { bytes });
        return Err(reading.faults);
    }
    let table = match DeTable::parse(&source.text) {
        Ok(table) => table,
        Err(why) => {
            let what = why.message().trim_end().to_owned();
            reading.note(why.span().unwrap_or(0..0), Problem::Syntax { what });
            return Err(reading.faults);
        }
    };
    // The whole file as a place would underline everything: what it lacks is said of its first line.
    let first_line = 0..source.text.find('\n').unwrap_or(source.text.len());
    let fields = Fields::of(table.get_ref(), first_line);
    let scenario = read_file(&mut reading, &fields);
    let mut faults = reading.faults;
    match scenario {
        Some(scenario) if faults.is_empty() => Ok(scenario),
        _ => {
            faults.sort_by_key(|fault| fault.place.line_and_column());
            faults.truncate(MOST_FAULTS);
            Err(faults)
        }
    }
}

fn read_file(reading: &mut Reading<'_>, fields: &Fields<'_>) -> Option<Scenario> {
    reading.only(fields, &keys(FILE_KEYS));
    let mut needed = |key: &str| {
        let key = FILE_KEYS.iter().find(|known| known.key == key)?;
        reading.need(fields, key)
    };
    let (title, intent, start, world) = (needed("title"), needed("intent"), needed("start"), needed("world"));
    let title = title.and_then(|field| reading.sentence(field));
    let intent = intent.and_then(|field| reading.sentence(field));
    let journeys = fields.get("journeys").map(|field| read_journeys(reading, field)).unwrap_or_default();
    let start = start.and_then(|field| read_start(reading, field));
    let seed = match fields.get("seed") {
        None => Some(1),
        Some(field) => reading.count(field, 0..=u64::MAX),
    };
    let fidelities = match fields.get("play") {
        None => BTreeSet::from([Fidelity::Core, Fidelity::Consensus]),
        Some(field) => words(reading, "fidelity", field, &table_of(&Fidelity::ALL)),
    };
    let world_fields = world.and_then(|field| reading.table(field, "{ units = { … } }"))?;
    let world = world::read(reading, &world_fields);

    // A start that cannot be read is said once; the steps are looked at as if it could.
    let begins = start.unwrap_or(Timestamp(1_772_413_200_000));
    let list = fields.get("steps").and_then(|field| reading.list(field, "[ … ]")).unwrap_or_default();
    let (placed, end) = steps::read(reading, &list, begins);
    // A case whose step cannot be read was meant to be there: that step is told once, and not again with each that uses the case.
    let meant = list.iter().filter_map(|step| step.text_under("submit")).collect();
    let cases = order::check(reading, &placed, &meant);
    let list = fields.get("expect").and_then(|field| reading.list(field, "[ … ]")).unwrap_or_default();
    let expectations = expect::read(reading, &list, &expect::Told { start: begins, end, cases: &cases });
    let known: Vec<(String, String)> = INVARIANTS.iter().map(|id| ((*id).to_owned(), (*id).to_owned())).collect();
    let always = match fields.get("always") {
        None => known.into_iter().map(|(id, _)| id).collect(),
        Some(field) => words(reading, "invariant", field, &known),
    };
    let require = match fields.get("require") {
        None => Requirements::default(),
        Some(field) => read_requirements(reading, field)?,
    };
    Some(Scenario {
        title: title?,
        intent: intent?,
        journeys,
        start: start?,
        seed: seed?,
        fidelities,
        world,
        steps: placed.into_iter().map(|placed| placed.step).collect(),
        expectations,
        always,
        require,
    })
}

fn read_journeys(reading: &mut Reading<'_>, field: Field<'_>) -> Vec<u8> {
    let elements = reading.list(field, "[8]").unwrap_or_default();
    let numbers = elements.into_iter().filter_map(|element| reading.count(element, 1..=22));
    numbers.filter_map(|number| u8::try_from(number).ok()).collect()
}

fn read_start(reading: &mut Reading<'_>, field: Field<'_>) -> Option<Timestamp> {
    let text = reading.text(field, "\"2026-03-02 09:00\"")?;
    let Some(start) = parse_wall(text) else {
        reading.unfit(field.span(), "no wall time", "write `start = \"2026-03-02 09:00\"`, at UTC+8");
        return None;
    };
    if !(2000..=2080).contains(&start.date().year()) {
        reading.unfit(field.span(), "no case is numbered then", "choose a start from 2000 to 2080");
        return None;
    }
    Some(start)
}

fn words<T: Clone + Ord>(
    reading: &mut Reading<'_>,
    kind: &'static str,
    field: Field<'_>,
    known: &[(String, T)],
) -> BTreeSet<T> {
    let example = format!("[\"{}\"]", known.first().map_or("", |(word, _)| word));
    let elements = reading.list(field, &example).unwrap_or_default();
    if field.elements().is_some_and(|elements| elements.is_empty()) && kind != "fault" {
        reading.unfit(field.span(), "an empty list", "name at least one, or leave the line out");
    }
    elements.into_iter().filter_map(|element| reading.word(kind, element, known)).collect()
}

fn read_requirements(reading: &mut Reading<'_>, field: Field<'_>) -> Option<Requirements> {
    let fields = reading.table(field, "{ faults = [\"cut\"] }")?;
    reading.only(&fields, &keys(REQUIRE_KEYS));
    let faults = match fields.get("faults") {
        None => BTreeSet::new(),
        Some(field) => words(reading, "fault", field, &table_of(&FaultKind::ALL)),
    };
    let mut count = |key: &str| match fields.get(key) {
        None => Some(0),
        Some(field) => reading.count(field, 0..=u64::from(u32::MAX)),
    };
    let (commands, cases, mail) = (count("commands"), count("cases"), count("mail"));
    Some(Requirements { faults, commands: commands?, cases: cases?, mail: mail? })
}

impl Scenario {
    /// When the last step is over, since the start: expectations count from there.
    pub fn end_of_steps(&self) -> Duration {
        self.steps.last().map_or(Duration::ZERO, super::Step::end)
    }
}
