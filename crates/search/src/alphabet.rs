//! Characters as small numbers, with their readings; texts as lists of such numbers.

use std::collections::BTreeMap;

use pinyin::ToPinyinMulti;

/// A character that an index knows; [`UNKNOWN`] is none of them.
pub(crate) type CharNumber = u16;

/// Stands for characters that no text of the index has.
pub(crate) const UNKNOWN: CharNumber = 0;

/// The characters of an index, and how each is read.
#[derive(Debug)]
pub(crate) struct Alphabet {
    numbers: BTreeMap<char, CharNumber>,
    /// By number: the syllables of a character end here in `readings`.
    ends: Vec<u32>,
    readings: Vec<u16>,
    syllables: Syllables,
}

impl Default for Alphabet {
    fn default() -> Self {
        // The unknown character has no reading.
        Self { numbers: BTreeMap::new(), ends: vec![0], readings: Vec::new(), syllables: Syllables::default() }
    }
}

impl Alphabet {
    /// How many characters there are, the unknown one counted.
    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    /// A character's number, as far as it is known.
    pub(crate) fn number(&self, c: char) -> CharNumber {
        self.numbers.get(&c).copied().unwrap_or(UNKNOWN)
    }

    /// A character's number; a new one gets the next. Past 65,535 characters, more than are ever in use, all are unknown.
    fn learn(&mut self, c: char) -> CharNumber {
        if let Some(number) = self.numbers.get(&c) {
            return *number;
        }
        let Ok(number) = CharNumber::try_from(self.ends.len()) else { return UNKNOWN };
        self.numbers.insert(c, number);
        for spelling in spellings(c) {
            self.readings.push(self.syllables.learn(&spelling));
        }
        self.ends.push(self.readings.len() as u32);
        number
    }

    /// The syllables that a character is read as.
    pub(crate) fn readings(&self, number: CharNumber) -> &[u16] {
        let number = usize::from(number);
        let begin = number.checked_sub(1).map_or(0, |before| self.ends[before] as usize);
        &self.readings[begin..self.ends[number] as usize]
    }

    /// The syllables of a character that the index need not know: those that some known character has too.
    pub(crate) fn readings_of(&self, c: char) -> Vec<u16> {
        spellings(c).iter().filter_map(|spelling| self.syllables.numbers.get(spelling.as_str()).copied()).collect()
    }

    /// How all syllables are spelt, by number.
    pub(crate) fn syllables(&self) -> &[Box<str>] {
        &self.syllables.spellings
    }

    pub(crate) fn heap_bytes(&self) -> usize {
        // A node of the tree holds eleven keys and values; half full at the worst.
        self.numbers.len() * 2 * (size_of::<char>() + size_of::<CharNumber>())
            + self.ends.capacity() * 4
            + self.readings.capacity() * 2
            + self.syllables.spellings.len() * 96
    }
}

#[derive(Debug, Default)]
struct Syllables {
    numbers: BTreeMap<Box<str>, u16>,
    spellings: Vec<Box<str>>,
}

impl Syllables {
    fn learn(&mut self, spelling: &str) -> u16 {
        if let Some(number) = self.numbers.get(spelling) {
            return *number;
        }
        // Some 420 exist.
        let number = self.spellings.len() as u16;
        self.numbers.insert(spelling.into(), number);
        self.spellings.push(spelling.into());
        number
    }
}

/// How a character may be spelt, without tones: each reading once. `ü` is written `v`, and `u` by those who do not know that.
fn spellings(c: char) -> Vec<String> {
    let mut spellings: Vec<String> = Vec::new();
    for reading in c.to_pinyin_multi().into_iter().flatten() {
        let plain = reading.plain();
        let forms = if plain.contains('ü') {
            vec![plain.replace('ü', "v"), plain.replace('ü', "u")]
        } else {
            vec![plain.replace('ê', "e")]
        };
        for form in forms {
            let is_spelt = !form.is_empty() && form.bytes().all(|b| b.is_ascii_lowercase());
            if is_spelt && !spellings.contains(&form) {
                spellings.push(form);
            }
        }
    }
    spellings
}

/// Texts one behind the other.
#[derive(Debug, Default)]
pub(crate) struct Texts {
    ends: Vec<u32>,
    characters: Vec<CharNumber>,
}

impl Texts {
    /// Adds a text without what parts its words, and gives its place.
    pub(crate) fn add(&mut self, alphabet: &mut Alphabet, text: &str) -> u32 {
        let place = self.ends.len() as u32;
        self.characters.extend(text.chars().filter_map(folded).map(|c| alphabet.learn(c)));
        self.ends.push(self.characters.len() as u32);
        place
    }

    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    pub(crate) fn get(&self, place: usize) -> &[CharNumber] {
        let begin = place.checked_sub(1).map_or(0, |before| self.ends[before] as usize);
        &self.characters[begin..self.ends[place] as usize]
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &[CharNumber]> {
        (0..self.len()).map(|place| self.get(place))
    }

    pub(crate) fn shrink(&mut self) {
        self.ends.shrink_to_fit();
        self.characters.shrink_to_fit();
    }

    pub(crate) fn heap_bytes(&self) -> usize {
        self.ends.capacity() * 4 + self.characters.capacity() * 2
    }
}

/// A character as it is compared: half width, small letters, ü as keyboards have it; `None` for what parts words.
pub(crate) fn folded(c: char) -> Option<char> {
    // U+FF01 to U+FF5E are the full widths of `!` to `~`.
    let c = match c {
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c),
        'ü' | 'Ü' => 'v',
        other => other,
    };
    c.is_alphanumeric().then(|| c.to_lowercase().next().unwrap_or(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_and_cases_are_one() {
        let fold = |text: &str| text.chars().filter_map(folded).collect::<String>();
        assert_eq!(fold("８（ＥＴＣ）ABC、县级 "), "8etcabc县级");
        assert_eq!(fold("lüguan LÜ"), "lvguanlv");
    }

    #[test]
    fn each_reading_counts_once_and_u_with_dots_has_two_spellings() {
        assert_eq!(spellings('重'), ["zhong", "chong", "tong"]);
        assert!(spellings('行').contains(&"hang".to_owned()) && spellings('行').contains(&"xing".to_owned()));
        assert_eq!(spellings('长'), ["zhang", "chang"]);
        assert_eq!(spellings('律'), ["lv", "lu"]);
        assert_eq!(spellings('a'), Vec::<String>::new());
    }

    #[test]
    fn texts_keep_their_places() {
        let (mut alphabet, mut texts) = (Alphabet::default(), Texts::default());
        let places: Vec<u32> = ["食品", "", "品(食)"].iter().map(|text| texts.add(&mut alphabet, text)).collect();
        assert_eq!(places, [0, 1, 2]);
        assert_eq!(texts.iter().collect::<Vec<_>>(), [&[1, 2][..], &[], &[2, 1]]);
        assert_eq!(alphabet.number('经'), UNKNOWN);
        assert_eq!(alphabet.readings(UNKNOWN), &[] as &[u16]);
        let shi = alphabet.readings(1)[0];
        assert_eq!(&*alphabet.syllables()[usize::from(shi)], "shi");
        assert!(alphabet.readings_of('時').contains(&shi));
    }
}
