//! Everyday speech, prepared: what is said as texts that words are compared with, and what it means as words to look for.

use domain::catalogue::{EVERYDAY_WORDS, everyday_words};

use crate::alphabet::{Alphabet, CharNumber, Texts, folded};
use crate::pattern::{Pattern, Reading};

/// The table of everyday words.
#[derive(Debug)]
pub(crate) struct Everyday {
    said: Vec<Vec<char>>,
    said_texts: Texts,
    /// By what is said: the row of its meanings.
    rows: Vec<u16>,
    meanings: Vec<Vec<Meaning>>,
    /// The longest first.
    fillers: Vec<Vec<char>>,
}

/// What something that is said may mean.
#[derive(Debug)]
pub(crate) struct Meaning {
    /// As people are told.
    pub(crate) text: String,
    /// What must occur.
    words: Vec<Vec<CharNumber>>,
}

impl Meaning {
    /// Whether a name has all of it.
    pub(crate) fn is_in(&self, name: &[CharNumber]) -> bool {
        self.words.iter().all(|word| name.windows(word.len()).any(|part| part == word))
    }
}

/// A row of meanings that a word calls up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Called {
    /// The row.
    pub(crate) row: usize,
    /// It is all that the word says.
    pub(crate) is_all: bool,
}

impl Everyday {
    /// The checked-in table.
    pub(crate) fn new(alphabet: &mut Alphabet) -> Self {
        let table = everyday_words(EVERYDAY_WORDS).expect("the table is part of the program, and a test reads it");
        let mut everyday = Self {
            said: Vec::new(),
            said_texts: Texts::default(),
            rows: Vec::new(),
            meanings: Vec::new(),
            fillers: Vec::new(),
        };
        for row in table {
            let said = row.said.iter().map(|said| said.chars().filter_map(folded).collect::<Vec<_>>());
            if row.means.is_empty() {
                everyday.fillers.extend(said);
                continue;
            }
            for said in said {
                everyday.said_texts.add(alphabet, &said.iter().collect::<String>());
                everyday.said.push(said);
                everyday.rows.push(everyday.meanings.len() as u16);
            }
            let mut words = Texts::default();
            let mut numbers = |word: &String| {
                let place = words.add(alphabet, word);
                words.get(place as usize).to_vec()
            };
            let meanings = row
                .means
                .iter()
                .map(|means| Meaning { text: means.join(" "), words: means.iter().map(&mut numbers).collect() });
            everyday.meanings.push(meanings.collect());
        }
        everyday.fillers.sort_by_key(|filler| std::cmp::Reverse(filler.len()));
        everyday
    }

    /// What a row means, the likeliest first.
    pub(crate) fn meanings(&self, row: usize) -> &[Meaning] {
        &self.meanings[row]
    }

    /// A word without what says nothing at its ends: `怎么办营业执照` is `营业执照`.
    pub(crate) fn stripped<'a>(&self, word: &'a [char]) -> &'a [char] {
        let mut left = word;
        loop {
            let shorter = self
                .fillers
                .iter()
                .find_map(|filler| left.strip_prefix(&filler[..]).or(left.strip_suffix(&filler[..])));
            match shorter {
                Some(shorter) => left = shorter,
                None => return left,
            }
        }
    }

    /// The rows that a word calls up; what is said within something longer that is said too does not count (卖烟花 is not 卖烟).
    /// What is said in passing, in no more than half of the word, counts only where that is asked for.
    pub(crate) fn called(&self, word: &[char], in_passing: bool) -> Vec<Called> {
        let stripped = self.stripped(word);
        let stands = |part: &[char], whole: &[char]| whole.windows(part.len()).any(|window| window == part);
        let is_all = |said: &[char]| said == word || said == stripped;
        // One character alone is part of too many words.
        let heard: Vec<usize> = (0..self.said.len())
            .filter(|at| is_all(&self.said[*at]) || (self.said[*at].len() > 1 && stands(&self.said[*at], word)))
            .collect();
        let within = |at: &usize| {
            heard.iter().any(|other| {
                self.said[*other].len() > self.said[*at].len() && stands(&self.said[*at], &self.said[*other])
            })
        };
        let begins = |said: &[char]| word.windows(said.len()).position(|window| window == said);
        let mut is_said = vec![false; word.len()];
        for said in heard.iter().map(|at| &self.said[*at]) {
            let begin = begins(said).unwrap_or(word.len());
            is_said.iter_mut().skip(begin).take(said.len()).for_each(|is_said| *is_said = true);
        }
        let is_most = is_said.iter().filter(|is_said| **is_said).count() * 2 > stripped.len();
        let called = heard.iter().filter(|at| is_all(&self.said[**at]) || (!within(at) && (is_most || in_passing)));
        self.rows_of(called.map(|at| (*at, is_all(&self.said[*at]))))
    }

    /// The rows that a word calls up by its sound alone: as pinyin, as initials, or in characters of the same sound.
    pub(crate) fn called_by(&self, alphabet: &Alphabet, word: &[char], reading: Reading) -> Vec<Called> {
        let Some(pattern) = Pattern::new(alphabet, word, reading) else { return Vec::new() };
        let said = self.said_texts.iter().enumerate();
        self.rows_of(said.filter(|(_, text)| pattern.begins(text) == Some(true)).map(|(at, _)| (at, true)))
    }

    fn rows_of(&self, said: impl Iterator<Item = (usize, bool)>) -> Vec<Called> {
        let mut called: Vec<Called> = Vec::new();
        for (at, is_all) in said {
            let row = usize::from(self.rows[at]);
            match called.iter_mut().find(|called| called.row == row) {
                Some(called) => called.is_all |= is_all,
                None => called.push(Called { row, is_all }),
            }
        }
        called
    }

    pub(crate) fn heap_bytes(&self) -> usize {
        let said = self
            .said
            .iter()
            .chain(&self.fillers)
            .map(|said| size_of::<Vec<char>>() + said.capacity() * size_of::<char>());
        let meaning = |meaning: &Meaning| {
            size_of::<Meaning>()
                + meaning.text.capacity()
                + meaning.words.iter().map(|word| size_of::<Vec<CharNumber>>() + word.capacity() * 2).sum::<usize>()
        };
        said.sum::<usize>() + self.said_texts.heap_bytes() + self.meanings.iter().flatten().map(meaning).sum::<usize>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_call_up_what_they_mean() {
        let mut alphabet = Alphabet::default();
        let everyday = Everyday::new(&mut alphabet);
        let first = |called: &[Called]| {
            called.iter().map(|called| everyday.meanings(called.row)[0].text.clone()).collect::<Vec<_>>()
        };
        let chars = |text: &str| text.chars().collect::<Vec<_>>();
        let tobacco = "烟草专卖零售许可证新办".to_owned();
        for (word, in_passing, expected, is_all) in [
            ("卖烟", false, vec![tobacco.clone()], true),
            ("我要卖烟", false, vec![tobacco.clone()], true),
            ("卖烟花", false, vec!["烟花爆竹经营".to_owned()], true),
            ("村卖烟", false, vec![tobacco.clone()], false),
            ("在村里卖烟", false, vec![], false),
            ("在村里卖烟", true, vec![tobacco], false),
            ("食品", true, vec![], false),
        ] {
            let called = everyday.called(&chars(word), in_passing);
            assert_eq!(first(&called), expected, "{word}");
            assert!(called.iter().all(|called| called.is_all == is_all), "{word}");
        }
        let by = |word: &str, reading| first(&everyday.called_by(&alphabet, &chars(word), reading));
        assert_eq!(by("yingyezhizhao", Reading::Pinyin), ["公司设立登记"]);
        assert_eq!(by("yyzz", Reading::Initials), ["公司设立登记"]);
        assert_eq!(by("營業執照", Reading::Sound), ["公司设立登记"]);
        assert_eq!(by("營業", Reading::Sound), Vec::<String>::new());
    }

    #[test]
    fn what_says_nothing_is_taken_off_both_ends() {
        let everyday = Everyday::new(&mut Alphabet::default());
        for (word, left) in [
            ("怎么办营业执照", "营业执照"),
            ("我想办理结婚登记需要什么材料", "结婚登记"),
            ("怎么办", ""),
            ("补办", "补"),
        ] {
            let word: Vec<char> = word.chars().collect();
            assert_eq!(everyday.stripped(&word).iter().collect::<String>(), left);
        }
    }
}
