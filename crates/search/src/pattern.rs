//! One word, to be looked for in many texts: a machine that reads each text once, whatever the word may be spelt as.
//!
//! A state is a set of bits: bit *j* says that the word's first *j* characters have been read. A character of a text moves all of
//! them at once, so that a text costs a few operations a character, without a way back (Shift-And; for slips: Wu, Manber,
//! Fast text searching allowing errors, CACM 35, 1992). A syllable moves a bit by as many letters as it is spelt with.

use crate::alphabet::{Alphabet, CharNumber, UNKNOWN};

/// The longest word: one bit a character, and the first for none.
pub(crate) const LONGEST_WORD: usize = 120;

/// How a word is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reading {
    /// As it stands.
    Text,
    /// Letters also as pinyin in full.
    Pinyin,
    /// Letters also as pinyin whose syllables may be cut to their initials, and the last one anywhere.
    Initials,
    /// Characters also as others of the same sound.
    Sound,
    /// With one character wrong, missing or too many; in letters: one letter of one syllable.
    Slip,
}

/// From which states one character leads where.
#[derive(Debug, Default)]
struct Moves {
    /// From these bits, by so many.
    steps: Vec<(u128, u32)>,
    /// The same, where the character is not quite what stands there.
    nearly: Vec<(u128, u32)>,
    /// From these bits the word ends within the syllable.
    ends_within: u128,
}

/// A word that is looked for.
#[derive(Debug)]
pub(crate) struct Pattern {
    /// By character: its place in `moves`; 0 for those that lead nowhere.
    table: Vec<u16>,
    moves: Vec<Moves>,
    /// The bit that says that the whole word has been read.
    goal: u128,
    slips: Slips,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Slips {
    None,
    /// In one syllable.
    Syllable,
    /// One character replaced, missing or too many.
    Any,
}

impl Pattern {
    /// The machine for a word of at most [`LONGEST_WORD`] folded characters; `None` where nothing could be found by it: a word that
    /// is empty, too long, or too short to be read so.
    pub(crate) fn new(alphabet: &Alphabet, word: &[char], reading: Reading) -> Option<Self> {
        let letters = word.iter().filter(|c| c.is_ascii_lowercase()).count();
        let slips = slips(reading, word.len(), letters)?;
        let mut pattern =
            Self { table: vec![0; alphabet.len()], moves: vec![Moves::default()], goal: 1 << word.len(), slips };
        for (at, c) in word.iter().enumerate() {
            let number = alphabet.number(*c);
            if number != UNKNOWN {
                pattern.of(number).steps.push((1 << at, 1));
            }
        }
        match reading {
            Reading::Text => {}
            Reading::Sound => pattern.hear(alphabet, word),
            Reading::Pinyin | Reading::Initials | Reading::Slip if letters > 0 => {
                pattern.spell(alphabet, word, reading);
            }
            Reading::Slip => pattern.hear(alphabet, word),
            Reading::Pinyin | Reading::Initials => return None,
        }
        // One step for all places at which a character is the same.
        for moves in &mut pattern.moves {
            moves.steps = merged(&moves.steps);
            moves.nearly = merged(&moves.nearly);
        }
        (pattern.moves.len() > 1).then_some(pattern)
    }

    fn of(&mut self, number: CharNumber) -> &mut Moves {
        let place = &mut self.table[usize::from(number)];
        if *place == 0 {
            *place = self.moves.len() as u16;
            self.moves.push(Moves::default());
        }
        &mut self.moves[usize::from(*place)]
    }

    /// Characters of one sound are one.
    fn hear(&mut self, alphabet: &Alphabet, word: &[char]) {
        let mut sounds = vec![0_u128; alphabet.syllables().len()];
        // Two characters sound like too much else, unless one of them is written in another script.
        let heard = word.iter().enumerate().filter(|(_, c)| word.len() > 2 || alphabet.number(**c) == UNKNOWN);
        for (at, c) in heard {
            for syllable in alphabet.readings_of(*c) {
                sounds[usize::from(syllable)] |= 1 << at;
            }
        }
        for number in 1..alphabet.len() as CharNumber {
            let from = alphabet.readings(number).iter().fold(0, |from, syllable| from | sounds[usize::from(*syllable)]);
            if from != 0 {
                self.of(number).steps.push((from, 1));
            }
        }
    }

    /// Letters are syllables too.
    fn spell(&mut self, alphabet: &Alphabet, word: &[char], reading: Reading) {
        // Where a character is no letter no syllable fits: 0 is none.
        let letters: Vec<u8> = word.iter().map(|c| if c.is_ascii_lowercase() { *c as u8 } else { 0 }).collect();
        let syllables: Vec<Moves> =
            alphabet.syllables().iter().map(|syllable| moves(&letters, syllable.as_bytes(), reading)).collect();
        for number in 1..alphabet.len() as CharNumber {
            for syllable in alphabet.readings(number) {
                let syllable = &syllables[usize::from(*syllable)];
                if syllable.steps.is_empty() && syllable.nearly.is_empty() && syllable.ends_within == 0 {
                    continue;
                }
                let moves = self.of(number);
                moves.steps.extend_from_slice(&syllable.steps);
                moves.nearly.extend_from_slice(&syllable.nearly);
                moves.ends_within |= syllable.ends_within;
            }
        }
    }

    /// Whether the word stands somewhere in a text.
    pub(crate) fn is_in(&self, text: &[CharNumber]) -> bool {
        match self.slips {
            Slips::None => self.reads(text, true).is_some(),
            _ => self.reads_with_slip(text),
        }
    }

    /// Whether a text begins with the word, and whether it is nothing else. Slips are not looked for.
    pub(crate) fn begins(&self, text: &[CharNumber]) -> Option<bool> {
        self.reads(text, false).map(|read| read == text.len())
    }

    /// After how many characters of a text the word has been read: the fewest where it may begin anywhere, else the most.
    fn reads(&self, text: &[CharNumber], anywhere: bool) -> Option<usize> {
        let mut state = 1_u128;
        let mut last = None;
        for (at, number) in text.iter().enumerate() {
            let moves = &self.moves[usize::from(self.table[usize::from(*number)])];
            let ended = state & moves.ends_within != 0;
            state = after(state, &moves.steps);
            if ended || state & self.goal != 0 {
                last = Some(at + 1);
                if anywhere {
                    break;
                }
            }
            if anywhere {
                state |= 1;
            } else if state == 0 {
                break;
            }
        }
        last
    }

    fn reads_with_slip(&self, text: &[CharNumber]) -> bool {
        let (mut right, mut slipped) = (1_u128, 0_u128);
        for number in text {
            let moves = &self.moves[usize::from(self.table[usize::from(*number)])];
            let next = after(right, &moves.steps);
            let mut with_slip = after(slipped, &moves.steps);
            match self.slips {
                Slips::None => {}
                Slips::Syllable => with_slip |= after(right, &moves.nearly),
                // In its order: another character stands there; the text has one more; the text has one less.
                Slips::Any => with_slip |= (right << 1) | right | (next << 1),
            }
            if (next | with_slip) & self.goal != 0 {
                return true;
            }
            // Nothing above the goal is ever asked for.
            (right, slipped) = (next | 1, with_slip & (self.goal - 1));
        }
        false
    }
}

fn after(state: u128, steps: &[(u128, u32)]) -> u128 {
    steps.iter().fold(0, |next, (from, by)| next | ((state & from) << by))
}

fn merged(steps: &[(u128, u32)]) -> Vec<(u128, u32)> {
    let mut merged: Vec<(u128, u32)> = Vec::new();
    for (from, by) in steps {
        match merged.iter_mut().find(|(_, other)| other == by) {
            Some((all, _)) => *all |= from,
            None => merged.push((*from, *by)),
        }
    }
    merged
}

/// Which slips are forgiven; `None` where the word is too short, or too long, to be read so. Two of three characters are too little
/// to be what was meant, and one letter is the initial of half a catalogue.
fn slips(reading: Reading, length: usize, letters: usize) -> Option<Slips> {
    let is_spelt = letters > 0;
    match reading {
        _ if length == 0 || length > LONGEST_WORD => None,
        Reading::Text | Reading::Pinyin | Reading::Sound => Some(Slips::None),
        Reading::Initials => (letters != 1 || length > 1).then_some(Slips::None),
        Reading::Slip if is_spelt => (letters >= 5).then_some(Slips::Syllable),
        Reading::Slip => (length > 3).then_some(Slips::Any),
    }
}

/// Where one syllable may stand among letters.
fn moves(letters: &[u8], syllable: &[u8], reading: Reading) -> Moves {
    let mut found = Moves::default();
    let mut add = |at: usize, length: usize| found.steps.push((1 << at, length as u32));
    for at in 0..letters.len() {
        let rest = &letters[at..];
        if rest.starts_with(syllable) {
            add(at, syllable.len());
        }
        if reading != Reading::Initials || syllable.len() < 2 {
            continue;
        }
        if rest[0] == syllable[0] {
            add(at, 1);
        }
        if syllable[1] == b'h' && rest.starts_with(&syllable[..2]) {
            add(at, 2);
        }
        if rest.len() < syllable.len() && syllable.starts_with(rest) {
            found.ends_within |= 1 << at;
        }
    }
    if reading == Reading::Slip {
        for at in 0..letters.len() {
            for length in syllable.len().saturating_sub(1).max(1)..=(syllable.len() + 1).min(letters.len() - at) {
                let written = &letters[at..at + length];
                if !written.contains(&0) && differs_by_one(written, syllable) {
                    found.nearly.push((1 << at, length as u32));
                }
            }
        }
    }
    found
}

/// Whether one letter replaced, added or left out, or two neighbours exchanged, makes one of the other.
fn differs_by_one(a: &[u8], b: &[u8]) -> bool {
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    let same = short.iter().zip(long).take_while(|(a, b)| a == b).count();
    let (short, long) = (&short[same..], &long[same..]);
    match long.len() - short.len() {
        0 if long.is_empty() => false,
        0 => {
            let exchanged = short.len() >= 2 && short[0] == long[1] && short[1] == long[0] && short[2..] == long[2..];
            short[1..] == long[1..] || exchanged
        }
        1 => short == &long[1..],
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alphabet::Texts;

    fn stands(name: &str, word: &str, reading: Reading) -> bool {
        let (mut alphabet, mut texts) = (Alphabet::default(), Texts::default());
        texts.add(&mut alphabet, name);
        let word: Vec<char> = word.chars().collect();
        Pattern::new(&alphabet, &word, reading).is_some_and(|pattern| pattern.is_in(texts.get(0)))
    }

    #[test]
    fn words_are_read_in_each_way() {
        use Reading::{Initials, Pinyin, Slip, Sound, Text};
        let cases = [
            ("个体工商户设立登记", "工商户", Text, true),
            ("个体工商户设立登记", "工商局", Text, false),
            ("个体工商户设立登记", "gongshanghu", Pinyin, true),
            ("个体工商户设立登记", "工shang户", Pinyin, true),
            ("个体工商户设立登记", "gongshangh", Pinyin, false),
            ("个体工商户设立登记", "gongshangh", Initials, true),
            ("个体工商户设立登记", "gtgshsldj", Initials, true),
            ("个体工商户设立登记", "gsheli", Initials, false),
            ("个体工商户设立登记", "gshsheli", Initials, true),
            ("个体工商户设立登记", "gongshanghushel", Initials, true),
            ("个体工商户设立登记", "g", Initials, false),
            // 重: zhong, chong, tong; 行: xing, hang, heng; 长: zhang, chang.
            ("特种行业", "tzhy", Initials, true),
            ("特种行业", "tezhongxingye", Pinyin, true),
            ("特种行业", "tezhonghangye", Pinyin, true),
            ("重大事故", "chongda", Pinyin, true),
            ("重大事故", "zhongda", Pinyin, true),
            ("法律援助", "falvyuanzhu", Pinyin, true),
            ("法律援助", "faluyuanzhu", Pinyin, true),
            ("营业执照", "營業執照", Sound, true),
            ("营业执照", "营业直照", Sound, true),
            ("营业执照", "营业许可", Sound, false),
            ("营业执照核发", "营业执昭", Slip, true),
            ("营业执照核发", "营业大照", Slip, true),
            ("营业执照核发", "营业照", Slip, false),
            ("最高限价招标驾驶牌照", "驾照", Sound, false),
            ("结婚登记", "結婚", Sound, true),
            ("营业执照核发", "营业照核", Slip, true),
            ("营业执照核发", "营业的执照", Slip, true),
            ("营业执照核发", "营大执昭", Slip, true),
            ("营业执照核发", "营大执大", Slip, false),
            ("营业执照核发", "yingyezizhao", Slip, true),
            ("营业执照核发", "yinyezhizhao", Slip, true),
            ("营业执照核发", "yingyezihzao", Slip, false),
            ("营业执照核发", "yingyezihzhao", Slip, true),
            ("ETC办理", "etc", Text, true),
        ];
        for (name, word, reading, expected) in cases {
            assert_eq!(stands(name, word, reading), expected, "{word} in {name}, read as {reading:?}");
        }
    }

    #[test]
    fn a_beginning_is_told_from_a_whole() {
        let (mut alphabet, mut texts) = (Alphabet::default(), Texts::default());
        texts.add(&mut alphabet, "食品食品");
        let begins = |word: &str, reading| {
            let word: Vec<char> = word.chars().collect();
            Pattern::new(&alphabet, &word, reading).unwrap().begins(texts.get(0))
        };
        assert_eq!(begins("食品", Reading::Text), Some(false));
        assert_eq!(begins("品食", Reading::Text), None);
        assert_eq!(begins("食品食品", Reading::Text), Some(true));
        assert_eq!(begins("shipinshipin", Reading::Pinyin), Some(true));
        assert_eq!(begins("spsp", Reading::Initials), Some(true));
        assert_eq!(begins("spshipi", Reading::Initials), Some(true));
    }

    #[test]
    fn the_longest_word_fits_and_a_longer_one_finds_nothing() {
        let (mut alphabet, mut texts) = (Alphabet::default(), Texts::default());
        let name = "食品".repeat(LONGEST_WORD);
        texts.add(&mut alphabet, &name);
        for reading in [Reading::Text, Reading::Sound, Reading::Slip] {
            let word: Vec<char> = name.chars().take(LONGEST_WORD).collect();
            assert!(Pattern::new(&alphabet, &word, reading).unwrap().is_in(texts.get(0)), "{reading:?}");
            let longer: Vec<char> = name.chars().take(LONGEST_WORD + 1).collect();
            assert!(Pattern::new(&alphabet, &longer, reading).is_none());
        }
        let spelt: Vec<char> = "shipin".chars().cycle().take(LONGEST_WORD).collect();
        assert!(Pattern::new(&alphabet, &spelt, Reading::Pinyin).unwrap().is_in(texts.get(0)));
    }

    #[test]
    fn letters_that_differ_by_one() {
        for (a, b, expected) in [
            ("zhi", "zi", true),
            ("zhi", "zhi", false),
            ("zhi", "zih", true),
            ("zhi", "chi", true),
            ("zhi", "che", false),
            ("a", "", true),
            ("zhong", "zong", true),
            ("zhong", "zon", false),
        ] {
            assert_eq!(differs_by_one(a.as_bytes(), b.as_bytes()), expected, "{a} {b}");
            assert_eq!(differs_by_one(b.as_bytes(), a.as_bytes()), expected, "{b} {a}");
        }
    }
}
