//! From a text to matters, best first.

use domain::catalogue::BasicCode;
use domain::time::CivilDate;

use crate::alphabet::{CharNumber, UNKNOWN};
use crate::found::{Field, FoundBy, Hit, Way};
use crate::index::MatterIndex;
use crate::query::{self, Word};
use crate::rate::Ratings;

/// A text that is a name as a whole, marks left out, is that matter before anything else.
const WHOLE_TEXT: u32 = 10_000;

impl MatterIndex {
    /// Matters that fit the words on a day, best first, at most so many; all by code where there are no words. What fits equally
    /// well stands in the order of codes.
    ///
    /// A matter must fit every word that says anything. Where none does, those are given that have most of the text, in whatever
    /// order; where there are none, those that are meant by something said in passing. A matter whose planned dates do not hold on
    /// the day is not offered.
    pub fn find(&self, words: &str, today: CivilDate, most: usize) -> Vec<Hit> {
        let offered = |place: &usize| self.planned(*place).hold_on(today);
        let parted = query::words(words);
        if words.trim().is_empty() {
            let all = (0..self.len()).filter(offered).take(most);
            return all.filter_map(|place| self.hit(place, Vec::new())).collect();
        }
        let mut tries = vec![query::joined(&parted), parted.clone(), query::by_script(&parted)];
        tries.dedup();
        for words in &tries {
            let found = self.with_all(words, false, offered, most);
            if !found.is_empty() {
                return found;
            }
        }
        let alike = self.alike(&parted, offered, most);
        if alike.is_empty() { self.with_all(&tries[0], true, offered, most) } else { alike }
    }

    fn hit(&self, place: usize, found_by: Vec<FoundBy>) -> Option<Hit> {
        // Every code was one before it was added.
        let code: BasicCode = self.code(place).parse().ok()?;
        Some(Hit { code, found_by })
    }

    /// Matters that fit every word.
    fn with_all(&self, words: &[Word], in_passing: bool, offered: impl Fn(&usize) -> bool, most: usize) -> Vec<Hit> {
        let rated: Vec<(&Word, Ratings)> = words.iter().map(|word| (word, self.rate(word, in_passing))).collect();
        let says: Vec<&(&Word, Ratings)> = rated.iter().filter(|(_, ratings)| !ratings.is_filler).collect();
        if says.is_empty() {
            return Vec::new();
        }
        let text: Vec<CharNumber> =
            words.iter().flat_map(|word| &word.characters).map(|c| self.alphabet.number(*c)).collect();
        let mut found: Vec<(u32, usize)> = Vec::new();
        for place in (0..self.len()).filter(offered) {
            let mut points = says.iter().map(|(_, ratings)| ratings.rated[place].points);
            let sum = points.try_fold(0, |sum: u32, points| (points > 0).then_some(sum + points));
            if let Some(sum) = sum {
                let is_whole = self.names.get(place) == text && !text.contains(&UNKNOWN);
                found.push((sum + if is_whole { WHOLE_TEXT } else { 0 }, place));
            }
        }
        found.sort_unstable_by_key(|(points, place)| (std::cmp::Reverse(*points), *place));
        let why = |place: usize| {
            let told = says.iter().map(|(word, ratings)| {
                let rated = ratings.rated[place];
                let means = rated.means(self).map(str::to_owned);
                FoundBy { word: word.text(), field: rated.field, way: rated.way, means }
            });
            told.collect()
        };
        found.into_iter().take(most).filter_map(|(_, place)| self.hit(place, why(place))).collect()
    }

    /// Matters that have more than half of the text's neighbouring characters, or two thirds of the characters beside a neighbour:
    /// Chinese is written without blanks, and people leave words out. Neighbours that few names have count for more.
    fn alike(&self, words: &[Word], offered: impl Fn(&usize) -> bool, most: usize) -> Vec<Hit> {
        let parts: Vec<&[char]> = words.iter().map(|word| self.everyday.stripped(&word.characters)).collect();
        let pairs = Pairs::of(parts.iter().map(|part| part.iter().map(|c| self.alphabet.number(*c)).collect()));
        if pairs.keys.is_empty() {
            return Vec::new();
        }
        let pairs_of = |has: u128| pairs.places.iter().filter(|(bit, _)| has & (1 << bit) != 0).count();
        let mut has: Vec<u128> = self.names.iter().map(|name| pairs.found_in(name)).collect();
        let others: Vec<u128> = self.others.iter().map(|text| pairs.found_in(text)).collect();
        for (place, has) in has.iter_mut().enumerate() {
            for (_, text) in self.links(place).iter().filter(|(field, _)| *field == Field::MainItem) {
                *has |= others[*text as usize];
            }
        }
        let frequent = |at: usize| has.iter().filter(|has| *has & (1 << at) != 0).count().max(1);
        let weights: Vec<u32> =
            (0..pairs.keys.len()).map(|at| (self.len() / frequent(at)).max(1).ilog2() + 1).collect();
        let mut found: Vec<(u32, usize, usize)> = Vec::new();
        for place in (0..self.len()).filter(offered) {
            // Two thirds of the characters where the words stand in another order: where they meet no pair is theirs.
            let is_alike =
                pairs_of(has[place]) * 2 > pairs.neighbours || pairs.covered(has[place]) * 3 > pairs.characters * 2;
            if is_alike {
                let weight = (0..weights.len()).filter(|at| has[place] & (1 << at) != 0).map(|at| weights[at]).sum();
                found.push((weight, self.names.get(place).len(), place));
            }
        }
        found.sort_unstable_by_key(|(weight, length, place)| (std::cmp::Reverse(*weight), *length, *place));
        let text: String = parts.iter().map(|part| part.iter().collect::<String>()).collect::<Vec<_>>().join(" ");
        let why = FoundBy { word: text, field: Field::Name, way: Way::Alike, means: None };
        found.into_iter().take(most).filter_map(|(_, _, place)| self.hit(place, vec![why.clone()])).collect()
    }
}

/// Neighbouring characters of a text: `开饭店` has `开饭`, `饭店`.
struct Pairs {
    /// In order, each once, with the bit that says that it was found.
    keys: Vec<(u32, u32)>,
    /// By character: whether a pair begins with it.
    begins: Vec<bool>,
    /// For each two neighbours of the text that names may have: its bit, and which characters they are.
    places: Vec<(u32, u128)>,
    /// How many there are in all.
    neighbours: usize,
    characters: usize,
}

impl Pairs {
    fn of(parts: impl Iterator<Item = Vec<CharNumber>>) -> Self {
        let mut pairs = Self { keys: Vec::new(), begins: Vec::new(), places: Vec::new(), neighbours: 0, characters: 0 };
        for part in parts {
            for (at, pair) in part.windows(2).enumerate() {
                if pair.contains(&UNKNOWN) {
                    continue;
                }
                let key = key(pair[0], pair[1]);
                let next = pairs.keys.len() as u32;
                let bit = pairs.keys.iter().find(|(known, _)| *known == key).map_or(next, |(_, bit)| *bit);
                if bit == next {
                    pairs.keys.push((key, bit));
                }
                pairs.places.push((bit, 0b11 << (pairs.characters + at)));
                let begins = usize::from(pair[0]);
                pairs.begins.resize(pairs.begins.len().max(begins + 1), false);
                pairs.begins[begins] = true;
            }
            pairs.neighbours += part.len().saturating_sub(1);
            pairs.characters += part.len();
        }
        pairs.keys.sort_unstable();
        pairs
    }

    fn found_in(&self, text: &[CharNumber]) -> u128 {
        let mut found = 0;
        for pair in text.windows(2) {
            if self.begins.get(usize::from(pair[0])) == Some(&true)
                && let Ok(at) = self.keys.binary_search_by_key(&key(pair[0], pair[1]), |(key, _)| *key)
            {
                found |= 1 << self.keys[at].1;
            }
        }
        found
    }

    /// How many characters of the text stand beside a neighbour that was found with them.
    fn covered(&self, found: u128) -> usize {
        let covered = self.places.iter().filter(|(bit, _)| found & (1 << bit) != 0).fold(0, |all, (_, two)| all | two);
        covered.count_ones() as usize
    }
}

fn key(first: CharNumber, second: CharNumber) -> u32 {
    u32::from(first) << 16 | u32::from(second)
}
