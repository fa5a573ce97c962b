//! How well each matter fits one word.

use crate::everyday::Called;
use crate::found::{Field, Way};
use crate::index::MatterIndex;
use crate::pattern::{Pattern, Reading};
use crate::query::Word;

/// How well a matter fits a word, and why.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Rated {
    /// None: it does not.
    pub(crate) points: u32,
    pub(crate) field: Field,
    pub(crate) way: Way,
    /// Of everyday words: row and place of the meaning.
    meaning: (u16, u16),
}

impl Rated {
    /// What the word stands for.
    pub(crate) fn means<'a>(&self, index: &'a MatterIndex) -> Option<&'a str> {
        let (row, at) = (usize::from(self.meaning.0), usize::from(self.meaning.1));
        (self.way == Way::Everyday).then(|| index.everyday.meanings(row)[at].text.as_str())
    }
}

/// One word's ratings.
#[derive(Debug)]
pub(crate) struct Ratings {
    /// By place.
    pub(crate) rated: Vec<Rated>,
    /// The word says nothing of a matter.
    pub(crate) is_filler: bool,
    /// Some matter has it where people would look for it: no other reading is tried then.
    is_close: bool,
    is_any: bool,
}

impl MatterIndex {
    /// Reads a word in one way after the other, from the nearest on, until it is found. What it says in passing counts where that
    /// is asked for.
    pub(crate) fn rate(&self, word: &Word, in_passing: bool) -> Ratings {
        let rated = vec![Rated::default(); self.len()];
        let mut ratings = Ratings { rated, is_filler: false, is_close: false, is_any: false };
        let characters = &word.characters[..];
        self.rate_codes(word, &mut ratings);
        self.rate_reading(characters, Reading::Text, &mut ratings);
        self.rate_called(characters, &self.everyday.called(characters, in_passing), &mut ratings);
        if word.has_letters() {
            for reading in [Reading::Pinyin, Reading::Initials] {
                // Two letters are too little to be the initials of something that is said.
                if reading == Reading::Pinyin || characters.len() > 2 {
                    let called = self.everyday.called_by(&self.alphabet, characters, reading);
                    self.rate_called(characters, &called, &mut ratings);
                }
                if !ratings.is_close {
                    self.rate_reading(characters, reading, &mut ratings);
                }
            }
            if !ratings.is_any {
                self.rate_reading(characters, Reading::Slip, &mut ratings);
            }
            return ratings;
        }
        let stripped = self.everyday.stripped(characters);
        ratings.is_filler = stripped.is_empty();
        if !ratings.is_close && stripped.len() < characters.len() {
            self.rate_reading(stripped, Reading::Text, &mut ratings);
        }
        if !ratings.is_any {
            let called = self.everyday.called_by(&self.alphabet, stripped, Reading::Sound);
            self.rate_called(stripped, &called, &mut ratings);
            self.rate_reading(stripped, Reading::Sound, &mut ratings);
        }
        if !ratings.is_any {
            self.rate_reading(stripped, Reading::Slip, &mut ratings);
        }
        ratings
    }

    fn rate_codes(&self, word: &Word, ratings: &mut Ratings) {
        if !word.characters.iter().all(char::is_ascii_alphanumeric) {
            return;
        }
        let asked: String = word.text().to_uppercase();
        // Letters alone are a code as a whole only.
        let has_digit = asked.bytes().any(|b| b.is_ascii_digit());
        for place in 0..self.len() {
            // Marks are no part of words.
            let mut code = self.code(place).bytes().filter(u8::is_ascii_alphanumeric);
            let begins = asked.bytes().all(|b| code.next() == Some(b));
            let is_whole = begins && code.next().is_none();
            if is_whole || (begins && has_digit) {
                let points = if is_whole { WHOLE_CODE } else { CODE };
                ratings.offer(place, Rated { points, field: Field::Code, ..Rated::default() });
            }
        }
    }

    fn rate_reading(&self, word: &[char], reading: Reading, ratings: &mut Ratings) {
        let Some(pattern) = Pattern::new(&self.alphabet, word, reading) else { return };
        let (way, percent) = way(reading);
        let mut offer = |place, field, points: u32| {
            ratings.offer(place, Rated { points: (points * percent / 100).max(1), field, way, ..Rated::default() });
        };
        let others: Vec<bool> = self.others.iter().map(|text| pattern.is_in(text)).collect();
        let some_other = others.contains(&true);
        for (place, name) in self.names.iter().enumerate() {
            if pattern.is_in(name) {
                // Among names that have the word, shorter ones are nearer to it.
                let length = shortened(name.len());
                let points = match pattern.begins(name) {
                    Some(true) => WHOLE_NAME,
                    Some(false) => BEGINNING_OF_NAME - length,
                    None => IN_NAME - length,
                };
                offer(place, Field::Name, points);
            }
            if some_other {
                for (field, _) in self.links(place).iter().filter(|(_, text)| others[*text as usize]) {
                    offer(place, *field, points_of(*field));
                }
            }
        }
    }

    fn rate_called(&self, word: &[char], called: &[Called], ratings: &mut Ratings) {
        for Called { row, is_all } in called {
            // A part of a word that stands in names itself is no everyday speech.
            if !is_all && ratings.is_close {
                continue;
            }
            let first = if *is_all { EVERYDAY } else { EVERYDAY_PART };
            // What fits several things that were said in one word fits it better (营业执照 and 补办 in 营业执照补办).
            let said_before = if *is_all { Vec::new() } else { ratings.rated.clone() };
            for (at, meaning) in self.everyday.meanings(*row).iter().enumerate() {
                // Where it means itself first it is read as it stands.
                let way = if meaning.text.chars().eq(word.iter().copied()) { Way::Text } else { Way::Everyday };
                let best = first - (at as u32 * EVERYDAY_NEXT).min(first / 2);
                for (place, name) in self.names.iter().enumerate().filter(|(_, name)| meaning.is_in(name)) {
                    let before = said_before.get(place).filter(|rated| rated.way == Way::Everyday);
                    let points = best - shortened(name.len()) / 8 + before.map_or(0, |rated| rated.points);
                    let meaning = (*row as u16, at as u16);
                    ratings.offer(place, Rated { points, field: Field::Name, way, meaning });
                }
            }
        }
    }
}

impl Ratings {
    fn offer(&mut self, place: usize, rated: Rated) {
        self.is_any = true;
        // What everyday speech stands for is no reason not to read a word as it stands.
        let is_near = matches!(rated.field, Field::Name | Field::Code | Field::MainItem | Field::Topic);
        self.is_close |= is_near && rated.way != Way::Everyday;
        let known = &mut self.rated[place];
        if rated.points > known.points {
            *known = rated;
        }
    }
}

const WHOLE_CODE: u32 = 3000;
const CODE: u32 = 1500;
const WHOLE_NAME: u32 = 2000;
const BEGINNING_OF_NAME: u32 = 1200;
const IN_NAME: u32 = 1000;
/// What somebody says is nearer to what it is known to mean than to names that happen to have the word within.
const EVERYDAY: u32 = 1300;
const EVERYDAY_PART: u32 = 700;
const EVERYDAY_NEXT: u32 = 60;

fn points_of(field: Field) -> u32 {
    match field {
        Field::Name => IN_NAME,
        Field::Code => CODE,
        Field::MainItem => 400,
        Field::Topic => 350,
        Field::Question => 150,
        Field::Department => 100,
    }
}

/// What a reading is called, and what it is worth beside the text as it stands.
fn way(reading: Reading) -> (Way, u32) {
    match reading {
        Reading::Text => (Way::Text, 100),
        Reading::Pinyin => (Way::Pinyin, 90),
        Reading::Sound => (Way::Sound, 85),
        Reading::Initials => (Way::Initials, 70),
        Reading::Slip => (Way::Slip, 50),
    }
}

/// What the length of a name takes off.
fn shortened(length: usize) -> u32 {
    length.min(200) as u32
}
