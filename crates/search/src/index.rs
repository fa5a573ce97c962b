//! The names of one catalogue version, prepared once.

use std::collections::BTreeMap;

use domain::catalogue::{Matter, PlannedDates};

use crate::alphabet::{Alphabet, Texts};
use crate::everyday::Everyday;
use crate::found::Field;

/// What is searched of the matters of one catalogue version. Every village has one: [`MatterIndex::heap_bytes`] tells what it takes.
#[derive(Debug)]
pub struct MatterIndex {
    pub(crate) alphabet: Alphabet,
    pub(crate) everyday: Everyday,
    /// By place: matters in the order in which they were added.
    pub(crate) names: Texts,
    codes: String,
    code_ends: Vec<u32>,
    /// Of other fields, each text once.
    pub(crate) others: Texts,
    links: Vec<(Field, u32)>,
    link_ends: Vec<u32>,
    /// Of those that have any.
    planned: BTreeMap<u32, PlannedDates>,
    /// Where a text of `others` is; empty once all is added.
    known: BTreeMap<String, u32>,
}

impl Default for MatterIndex {
    fn default() -> Self {
        Self::new()
    }
}

impl MatterIndex {
    /// Without matters.
    pub fn new() -> Self {
        let mut alphabet = Alphabet::default();
        let everyday = Everyday::new(&mut alphabet);
        Self {
            alphabet,
            everyday,
            names: Texts::default(),
            codes: String::new(),
            code_ends: Vec::new(),
            others: Texts::default(),
            links: Vec::new(),
            link_ends: Vec::new(),
            planned: BTreeMap::new(),
            known: BTreeMap::new(),
        }
    }

    /// Of all matters, in the order of their codes.
    pub fn of<'a>(matters: impl IntoIterator<Item = &'a Matter>) -> Self {
        let mut index = Self::new();
        matters.into_iter().for_each(|matter| index.add(matter));
        index.finished()
    }

    /// Adds a matter. What fits equally well is told in the order in which it was added: that of codes.
    pub fn add(&mut self, matter: &Matter) {
        let place = self.names.add(&mut self.alphabet, &matter.name);
        self.codes.push_str(matter.code.as_str());
        self.code_ends.push(self.codes.len() as u32);
        let guide = &matter.guide;
        let item = matter.main_item.iter().map(|item| (Field::MainItem, item));
        let topics = guide.topics.iter().map(|topic| (Field::Topic, &topic.name));
        let questions = guide.questions.iter().map(|question| (Field::Question, &question.question));
        let department = std::iter::once((Field::Department, &matter.department));
        for (field, text) in item.chain(topics).chain(questions).chain(department) {
            let known = self.known.get(text).copied();
            let text = known.unwrap_or_else(|| {
                let place = self.others.add(&mut self.alphabet, text);
                self.known.insert(text.clone(), place);
                place
            });
            self.links.push((field, text));
        }
        self.link_ends.push(self.links.len() as u32);
        if guide.planned != PlannedDates::default() {
            self.planned.insert(place, guide.planned);
        }
    }

    /// Lets go of what was needed to add matters.
    #[must_use]
    pub fn finished(mut self) -> Self {
        self.known = BTreeMap::new();
        self.names.shrink();
        self.others.shrink();
        self.codes.shrink_to_fit();
        self.code_ends.shrink_to_fit();
        self.links.shrink_to_fit();
        self.link_ends.shrink_to_fit();
        self
    }

    /// How many matters it has.
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// About what it takes of memory: lists exactly, trees as they are at the worst.
    pub fn heap_bytes(&self) -> usize {
        self.alphabet.heap_bytes()
            + self.everyday.heap_bytes()
            + self.names.heap_bytes()
            + self.codes.capacity()
            + self.code_ends.capacity() * 4
            + self.others.heap_bytes()
            + self.links.capacity() * size_of::<(Field, u32)>()
            + self.link_ends.capacity() * 4
            + self.planned.len() * 2 * size_of::<(u32, PlannedDates)>()
    }

    pub(crate) fn code(&self, place: usize) -> &str {
        let begin = place.checked_sub(1).map_or(0, |before| self.code_ends[before] as usize);
        &self.codes[begin..self.code_ends[place] as usize]
    }

    pub(crate) fn links(&self, place: usize) -> &[(Field, u32)] {
        let begin = place.checked_sub(1).map_or(0, |before| self.link_ends[before] as usize);
        &self.links[begin..self.link_ends[place] as usize]
    }

    pub(crate) fn planned(&self, place: usize) -> PlannedDates {
        self.planned.get(&(place as u32)).copied().unwrap_or_default()
    }
}
