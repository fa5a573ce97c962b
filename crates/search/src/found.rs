//! What was found, and why: told to people, so that a surprising hit can be understood.

use domain::catalogue::BasicCode;
use serde::{Deserialize, Serialize};

/// A matter that fits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// Which.
    pub code: BasicCode,
    /// Why, one for each word that was looked for; none where there were no words.
    pub found_by: Vec<FoundBy>,
}

/// Why a matter was found by one word.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoundBy {
    /// The word as it was looked for.
    pub word: String,
    /// Where it was found.
    pub field: Field,
    /// How it was read.
    pub way: Way,
    /// What the word stands for, where it was read as everyday speech.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub means: Option<String>,
}

/// Where a word was found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// The matter's name.
    #[default]
    Name,
    /// Its code.
    Code,
    /// The item that it belongs to.
    MainItem,
    /// A heading under which people look for it.
    Topic,
    /// A common question of its guide.
    Question,
    /// The department.
    Department,
}

/// How a word was read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// As it stands.
    #[default]
    Text,
    /// As pinyin, each syllable in full.
    Pinyin,
    /// As pinyin with initials for some or all syllables.
    Initials,
    /// As everyday speech for something else.
    Everyday,
    /// As characters of the same sound: traditional ones, or a slip of the input method.
    Sound,
    /// With one character wrong, missing or too many.
    Slip,
    /// As a whole whose larger part is there.
    Alike,
}
