//! How people say what they want to apply for: a table of everyday words and of the names that they mean.
//!
//! Data alone. Which matters a catalogue has for it, and in which order they are shown, is for the index of `search`.

/// The table as it is kept, with its source: `data/everyday-words.csv`.
pub const EVERYDAY_WORDS: &str = include_str!("../../data/everyday-words.csv");

/// Between several of one thing in a cell.
const BETWEEN: char = '、';

/// Words of equal meaning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EverydayWords {
    /// As people say it.
    pub said: Vec<String>,
    /// What it means, the likeliest first: texts that stand in names of matters, each as words that must all occur. None for
    /// words that say nothing of the matter (我要, 怎么办).
    pub means: Vec<Vec<String>>,
}

/// A table that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EverydayFault {
    /// The first line that is no comment.
    #[error("line {line}: the header is {got:?}, not \"said,means\"")]
    Header {
        /// As an editor numbers it.
        line: usize,
        /// What stands there.
        got: String,
    },
    /// A comma too many or too few, or nothing that is said.
    #[error("line {line}: {got:?} is not words, a comma, and what they mean")]
    Row {
        /// As an editor numbers it.
        line: usize,
        /// What stands there.
        got: String,
    },
    /// The same words twice: which meaning holds?
    #[error("line {line}: {said} stands in line {before} already")]
    Twice {
        /// As an editor numbers it.
        line: usize,
        /// Where it stood first.
        before: usize,
        /// What is said.
        said: String,
    },
}

/// Reads a table: comments begin with `#`, then a header, then a row for words of equal meaning.
///
/// # Errors
/// The first line that cannot be read.
pub fn everyday_words(text: &str) -> Result<Vec<EverydayWords>, EverydayFault> {
    let mut lines =
        text.lines().enumerate().map(|(at, line)| (at + 1, line)).filter(|(_, line)| !line.starts_with('#'));
    match lines.next() {
        Some((_, "said,means")) => {}
        Some((line, got)) => return Err(EverydayFault::Header { line, got: got.to_owned() }),
        None => return Err(EverydayFault::Header { line: 1, got: String::new() }),
    }
    let mut stood: std::collections::BTreeMap<String, usize> = std::collections::BTreeMap::new();
    let mut rows = Vec::new();
    for (line, row) in lines {
        let wrong = || EverydayFault::Row { line, got: row.to_owned() };
        let (said, means) = row.split_once(',').filter(|(_, means)| !means.contains(',')).ok_or_else(wrong)?;
        let said: Vec<String> = said.split(BETWEEN).filter(|said| !said.is_empty()).map(str::to_owned).collect();
        if said.is_empty() {
            return Err(wrong());
        }
        for said in &said {
            if let Some(before) = stood.insert(said.clone(), line) {
                return Err(EverydayFault::Twice { line, before, said: said.clone() });
            }
        }
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        let means = means.split(BETWEEN).map(words).filter(|words| !words.is_empty()).collect();
        rows.push(EverydayWords { said, means });
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_read() {
        let rows = everyday_words(EVERYDAY_WORDS).unwrap();
        assert!(rows.len() > 100, "{}", rows.len());
        let restaurant = rows.iter().find(|row| row.said.contains(&"开饭店".to_owned())).unwrap();
        assert_eq!(restaurant.means[0], ["食品", "经营许可核发"]);
        assert_eq!(rows.iter().filter(|row| row.means.is_empty()).count(), 1);
    }

    #[test]
    fn what_cannot_be_read_is_told_by_line() {
        let row = |line, got: &str| EverydayFault::Row { line, got: got.to_owned() };
        let cases = [
            ("", EverydayFault::Header { line: 1, got: String::new() }),
            ("# of\nsaid\n", EverydayFault::Header { line: 2, got: "said".to_owned() }),
            ("said,means\n买房\n", row(2, "买房")),
            ("said,means\n买房,a,b\n", row(2, "买房,a,b")),
            ("said,means\n、,a\n", row(2, "、,a")),
            ("said,means\na,x\nb、a,y\n", EverydayFault::Twice { line: 3, before: 2, said: "a".to_owned() }),
        ];
        for (text, fault) in cases {
            assert_eq!(everyday_words(text), Err(fault), "{text}");
        }
    }
}
