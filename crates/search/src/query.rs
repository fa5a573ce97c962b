//! What somebody wrote, cut into the words that are looked for.

use crate::alphabet::folded;
use crate::pattern::LONGEST_WORD;

/// More words than that are not looked at: each is one reading of all names, and nobody describes a matter by more.
const MOST_WORDS: usize = 12;

/// One word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Word {
    /// Folded characters, at least one.
    pub(crate) characters: Vec<char>,
}

impl Word {
    /// Whether all of it can be pinyin.
    pub(crate) fn is_letters(&self) -> bool {
        self.characters.iter().all(char::is_ascii_lowercase)
    }

    /// Whether any of it can be pinyin.
    pub(crate) fn has_letters(&self) -> bool {
        self.characters.iter().any(char::is_ascii_lowercase)
    }

    pub(crate) fn text(&self) -> String {
        self.characters.iter().collect()
    }
}

/// The words of a text, as its blanks and marks part them.
pub(crate) fn words(text: &str) -> Vec<Word> {
    let mut words = vec![Word { characters: Vec::new() }];
    let mut left = LONGEST_WORD;
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        let Some(word) = words.last_mut() else { break };
        // Codes are written with dashes.
        let mut goes_on = || characters.peek().is_some_and(char::is_ascii_alphanumeric);
        if c == '-' && word.characters.last().is_some_and(char::is_ascii_alphanumeric) && goes_on() {
            continue;
        }
        match folded(c) {
            Some(c) if left > 0 => {
                word.characters.push(c);
                left -= 1;
            }
            Some(_) => break,
            None if word.characters.is_empty() => {}
            None if words.len() == MOST_WORDS => break,
            None => words.push(Word { characters: Vec::new() }),
        }
    }
    words.retain(|word| !word.characters.is_empty());
    words
}

/// The same with neighbouring syllables written as one: `ying ye` is `yingye`, and `xi'an` is `xian`.
pub(crate) fn joined(words: &[Word]) -> Vec<Word> {
    let mut joined: Vec<Word> = Vec::new();
    for word in words {
        match joined.last_mut() {
            Some(before) if before.is_letters() && word.is_letters() => before.characters.extend(&word.characters),
            _ => joined.push(word.clone()),
        }
    }
    joined
}

/// The same with letters apart from what stands beside them: `烟草buban` is `烟草 buban`.
pub(crate) fn by_script(words: &[Word]) -> Vec<Word> {
    let of_word = |word: &Word| {
        let parts = word.characters.chunk_by(|a, b| a.is_ascii_lowercase() == b.is_ascii_lowercase());
        parts.map(|part| Word { characters: part.to_vec() }).collect::<Vec<_>>()
    };
    words.iter().flat_map(of_word).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_where_it_is_parted() {
        let texts = |words: Vec<Word>| words.iter().map(Word::text).collect::<Vec<_>>();
        for (text, parted, written_as_one) in [
            ("", &[][..], &[][..]),
            (" ，、", &[], &[]),
            ("食品，经营", &["食品", "经营"], &["食品", "经营"]),
            ("Ying ye 许可 xi'an", &["ying", "ye", "许可", "xi", "an"], &["yingye", "许可", "xian"]),
            ("５１１Ａ０１", &["511a01"], &["511a01"]),
            ("G-000007-001 -证", &["g000007001", "证"], &["g000007001", "证"]),
        ] {
            let found = words(text);
            assert_eq!(texts(joined(&found)), written_as_one, "{text}");
            assert_eq!(texts(found), parted, "{text}");
        }
        assert_eq!(texts(by_script(&words("烟草buban etc证"))), ["烟草", "buban", "etc", "证"]);
        assert_eq!(words(&"长".repeat(1000))[0].characters.len(), LONGEST_WORD);
        assert_eq!(words(&"长 ".repeat(1000)).len(), MOST_WORDS);
    }
}
