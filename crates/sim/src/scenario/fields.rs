//! Reading typed values out of a parsed file. What is wrong is noted with its place, and reading goes on, so that one look shows
//! all faults of a file.

use std::collections::BTreeMap;
use std::ops::{Range, RangeInclusive};
use std::sync::Arc;
use std::time::Duration;

use domain::division::DivisionTree;
use domain::ids::UnitId;
use toml::Spanned;
use toml::de::DeValue;

use super::fault::{Problem, ScenarioFault};
use super::place::{Place, Source};
use super::time::{cut, parse_span};
use super::words::Key;
use super::{NodeChoice, WorldUnit};

/// One key with its value.
#[derive(Clone, Copy)]
pub(super) struct Field<'t> {
    pub(super) key: &'t str,
    key_span: (usize, usize),
    pub(super) value: &'t DeValue<'t>,
    span: (usize, usize),
}

impl<'t> Field<'t> {
    /// A value without a key of its own: an element of an array.
    pub(super) fn element(key: &'t str, value: &'t Spanned<DeValue<'t>>) -> Self {
        let Range { start, end } = value.span();
        Self { key, key_span: (start, end), value: value.get_ref(), span: (start, end) }
    }

    /// The text under a key, where this is a table that has one; says nothing where it is not.
    pub(super) fn text_under(&self, key: &str) -> Option<&'t str> {
        let DeValue::Table(table) = self.value else { return None };
        match table.get(key)?.get_ref() {
            DeValue::String(text) => Some(text),
            _ => None,
        }
    }

    /// Where the value stands.
    pub(super) fn span(&self) -> Range<usize> {
        self.span.0..self.span.1
    }

    /// Where the key stands.
    pub(super) fn key_span(&self) -> Range<usize> {
        self.key_span.0..self.key_span.1
    }

    /// Its elements; none where it is no array.
    pub(super) fn elements(&self) -> Option<Vec<Field<'t>>> {
        match self.value {
            DeValue::Array(array) => Some(array.iter().map(|value| Self::element(self.key, value)).collect()),
            _ => None,
        }
    }
}

/// A table, its keys in the order of the file.
pub(super) struct Fields<'t> {
    pub(super) rows: Vec<Field<'t>>,
    pub(super) span: Range<usize>,
}

impl<'t> Fields<'t> {
    pub(super) fn of(table: &'t toml::de::DeTable<'t>, span: Range<usize>) -> Self {
        let mut rows: Vec<Field<'t>> = table
            .iter()
            .map(|(key, value)| {
                let Range { start, end } = key.span();
                Field { key: key.get_ref(), key_span: (start, end), ..Field::element("", value) }
            })
            .collect();
        rows.sort_by_key(|row| row.key_span);
        Self { rows, span }
    }

    pub(super) fn get(&self, key: &str) -> Option<Field<'t>> {
        self.rows.iter().copied().find(|row| row.key == key)
    }
}

/// A file that is being read.
pub(super) struct Reading<'a> {
    source: Arc<Source>,
    pub(super) tree: &'a DivisionTree,
    pub(super) faults: Vec<ScenarioFault>,
    /// The world's units by alias; `None` where what is wrong with one was said already.
    pub(super) aliases: BTreeMap<String, Option<UnitId>>,
    pub(super) units: Vec<WorldUnit>,
}

impl<'a> Reading<'a> {
    pub(super) fn new(source: Arc<Source>, tree: &'a DivisionTree) -> Self {
        Self { source, tree, faults: Vec::new(), aliases: BTreeMap::new(), units: Vec::new() }
    }

    pub(super) fn note(&mut self, span: Range<usize>, problem: Problem) {
        self.faults.push(ScenarioFault { place: Place::new(&self.source, span), problem });
    }

    pub(super) fn unfit(&mut self, span: Range<usize>, what: impl Into<String>, remedy: impl Into<String>) {
        self.note(span, Problem::Value { what: what.into(), remedy: remedy.into() });
    }

    pub(super) fn contradiction(&mut self, span: Range<usize>, what: impl Into<String>, remedy: impl Into<String>) {
        self.note(span, Problem::Contradiction { what: what.into(), remedy: remedy.into() });
    }

    pub(super) fn line(&self, span: &Range<usize>) -> usize {
        Place::new(&self.source, span.clone()).line_and_column().0
    }

    fn of_type(&mut self, field: Field<'_>, wanted: &str, example: &str) {
        let what = format!("{} instead of {wanted}", article(field.value.type_str()));
        self.unfit(field.span(), what, format!("write `{} = {example}`", field.key));
    }

    /// Notes keys that are not known here.
    pub(super) fn only(&mut self, fields: &Fields<'_>, known: &[&str]) {
        for row in fields.rows.iter().filter(|row| !known.contains(&row.key)) {
            let known = known.iter().map(|key| (*key).to_owned()).collect();
            self.note(row.key_span(), Problem::KeyUnknown { key: cut(row.key), known });
        }
    }

    /// Notes a key that is not there.
    pub(super) fn need<'t>(&mut self, fields: &Fields<'t>, key: &Key) -> Option<Field<'t>> {
        let found = fields.get(key.key);
        if found.is_none() {
            self.missing(fields.span.clone(), key.key, &key.form.example());
        }
        found
    }

    pub(super) fn missing(&mut self, span: Range<usize>, key: &'static str, example: &str) {
        self.note(span, Problem::KeyMissing { key, example: example.to_owned() });
    }

    pub(super) fn table<'t>(&mut self, field: Field<'t>, example: &str) -> Option<Fields<'t>> {
        match field.value {
            DeValue::Table(table) => Some(Fields::of(table, field.span())),
            _ => {
                self.of_type(field, "a table", example);
                None
            }
        }
    }

    pub(super) fn list<'t>(&mut self, field: Field<'t>, example: &str) -> Option<Vec<Field<'t>>> {
        let elements = field.elements();
        if elements.is_none() {
            self.of_type(field, "a list", example);
        }
        elements
    }

    pub(super) fn text<'t>(&mut self, field: Field<'t>, example: &str) -> Option<&'t str> {
        match field.value {
            DeValue::String(text) => Some(text),
            _ => {
                self.of_type(field, "a text", example);
                None
            }
        }
    }

    /// A text that people read: not empty, not endless.
    pub(super) fn sentence(&mut self, field: Field<'_>) -> Option<String> {
        const MOST: usize = 2_000;
        let text = self.text(field, "\"…\"")?.trim();
        let length = text.chars().count();
        if (1..=MOST).contains(&length) {
            return Some(text.to_owned());
        }
        self.unfit(field.span(), format!("{length} characters"), format!("write 1 to {MOST} characters"));
        None
    }

    pub(super) fn count(&mut self, field: Field<'_>, range: RangeInclusive<u64>) -> Option<u64> {
        let (least, most) = (*range.start(), *range.end());
        let bounds = if most > u64::from(u32::MAX) {
            format!("a whole number from {least} on")
        } else {
            format!("a whole number from {least} to {most}")
        };
        let DeValue::Integer(number) = field.value else {
            self.of_type(field, &bounds, &least.to_string());
            return None;
        };
        let read = u64::from_str_radix(number.as_str(), number.radix()).ok().filter(|number| range.contains(number));
        if read.is_none() {
            self.unfit(field.span(), format!("{} cannot stand here", cut(number.as_str())), format!("write {bounds}"));
        }
        read
    }

    pub(super) fn percent(&mut self, field: Field<'_>) -> Option<f64> {
        let read: Option<f64> = match field.value {
            DeValue::Integer(number) => number.as_str().parse().ok().filter(|_| number.radix() == 10),
            DeValue::Float(number) => number.as_str().parse().ok(),
            _ => None,
        };
        let read = read.filter(|percent| (0.0..=100.0).contains(percent));
        if read.is_none() {
            self.unfit(field.span(), "not a share of a hundred", "write a number from 0 to 100, without a sign");
        }
        read
    }

    /// A key that can only be set: `one-way = true`.
    pub(super) fn flag(&mut self, field: Field<'_>) -> Option<bool> {
        match field.value {
            DeValue::Boolean(set) => Some(*set),
            _ => {
                self.of_type(field, "true or false", "true");
                None
            }
        }
    }

    /// A word that only stands to be written at all: `quiet = true`.
    pub(super) fn set(&mut self, field: Field<'_>) -> Option<()> {
        let set = self.flag(field)?;
        if !set {
            self.unfit(field.span(), "nothing is said", format!("write `{} = true`, or leave the line out", field.key));
        }
        set.then_some(())
    }

    pub(super) fn span_of_time(&mut self, field: Field<'_>) -> Option<Duration> {
        let text = self.text(field, "\"20s\"")?;
        match parse_span(text) {
            Ok(span) => Some(span),
            Err(what) => {
                self.unfit(field.span(), what, format!("write `{} = \"20s\"`, or 500ms, 1m30s, 2h, 3d", field.key));
                None
            }
        }
    }

    /// As [`Self::span_of_time`], and longer than nothing.
    pub(super) fn lasting(&mut self, field: Field<'_>) -> Option<Duration> {
        let span = self.span_of_time(field)?;
        if span.is_zero() {
            self.unfit(field.span(), "no time at all", format!("write `{} = \"20s\"`", field.key));
        }
        (!span.is_zero()).then_some(span)
    }

    /// One of a set of words.
    pub(super) fn word<T: Clone>(&mut self, kind: &'static str, field: Field<'_>, known: &[(String, T)]) -> Option<T> {
        let text = self.text(field, &format!("\"{}\"", known.first().map_or("", |(word, _)| word)))?;
        let found = known.iter().find(|(word, _)| word == text).map(|(_, value)| value.clone());
        if found.is_none() {
            let known = known.iter().map(|(word, _)| word.clone()).collect();
            self.note(field.span(), Problem::WordUnknown { kind, word: cut(text), known });
        }
        found
    }

    /// A unit of the world by its alias.
    pub(super) fn unit(&mut self, field: Field<'_>) -> Option<UnitId> {
        let alias = self.text(field, "\"county\"")?;
        self.alias(alias, field.span())
    }

    fn alias(&mut self, alias: &str, span: Range<usize>) -> Option<UnitId> {
        if let Some(known) = self.aliases.get(alias) {
            return *known;
        }
        let known = self.aliases.keys().cloned().collect();
        self.note(span, Problem::UnitUnknown { alias: cut(alias), known });
        None
    }

    /// A list of units, each once.
    pub(super) fn units(&mut self, field: Field<'_>, least: usize, most: usize) -> Option<Vec<UnitId>> {
        let example = "[\"city\", \"county\", \"township\"]";
        let elements = self.list(field, example)?;
        let wanted = if least == most { format!("{least}") } else { format!("at least {least}") };
        if !(least..=most).contains(&elements.len()) {
            let what = format!("{} units instead of {wanted}", elements.len());
            self.unfit(field.span(), what, format!("name {wanted} different units of the world"));
            return None;
        }
        let mut units = Vec::new();
        for element in &elements {
            // All of them are looked at, so that each unknown one is named.
            if let Some(unit) = self.unit(*element) {
                if units.contains(&unit) {
                    self.unfit(element.span(), "named twice", "name each unit once");
                }
                units.push(unit);
            }
        }
        (units.len() == elements.len()).then_some(units)
    }

    pub(super) fn pair(&mut self, field: Field<'_>) -> Option<(UnitId, UnitId)> {
        match self.units(field, 2, 2)?.as_slice() {
            [a, b] => Some((*a, *b)),
            _ => None,
        }
    }

    /// `city`, `city/leader`, `city/2`, `everyone`.
    pub(super) fn nodes(&mut self, field: Field<'_>) -> Option<NodeChoice> {
        let text = self.text(field, "\"city/leader\"")?;
        if text == "everyone" {
            return Some(NodeChoice::Everyone);
        }
        let (alias, which) = text.split_once('/').map_or((text, None), |(alias, which)| (alias, Some(which)));
        let unit = self.alias(alias, field.span())?;
        let known = self.units.iter().find(|known| known.unit == unit);
        let voters = known.map_or(1, |known| known.voters.saturating_add(known.spares));
        match which {
            None => Some(NodeChoice::All(unit)),
            Some("leader") => Some(NodeChoice::Leader(unit)),
            Some(number) => {
                let number = number.parse::<u8>().ok().filter(|number| (1..=voters).contains(number));
                if number.is_none() {
                    let what = format!("{alias} has {voters} replica{}", if voters == 1 { "" } else { "s" });
                    let choice = format!(
                        "write \"{alias}\" (all), \"{alias}/leader\", or \"{alias}/1\" to \"{alias}/{voters}\""
                    );
                    self.unfit(field.span(), what, choice);
                }
                number.map(|number| NodeChoice::Nth(unit, number))
            }
        }
    }

    /// A place of the tree: an alias of the world, a code, or a path of names.
    pub(super) fn division(&mut self, field: Field<'_>) -> Option<UnitId> {
        let text = self.text(field, "\"济宁市/任城区\"")?;
        if let Some(known) = self.aliases.get(text) {
            return *known;
        }
        match self.tree.find(text) {
            Ok(place) => Some(place.unit),
            Err(fault) => {
                self.note(field.span(), Problem::Division(fault));
                None
            }
        }
    }
}

fn article(kind: &str) -> String {
    let kind = match kind {
        "integer" | "float" => "number",
        "string" => "text",
        "boolean" => "true or false",
        "array" => "list",
        "datetime" => "bare date",
        kind => kind,
    };
    if kind.starts_with("true") { kind.to_owned() } else { format!("a {kind}") }
}
