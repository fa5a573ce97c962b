//! What is wrong with a text that should have been a name, number or date.

/// A text that is not what it should be: what was expected, what came, how to put it right.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a {what}: expected {expected}")]
pub struct Malformed {
    /// What the text should have been, e.g. `division code`.
    pub what: &'static str,
    /// The text, cut to 40 characters. Personal numbers are never put here.
    pub text: String,
    /// The form that would have been taken.
    pub expected: &'static str,
}

impl Malformed {
    /// Keeps the beginning of `text` only: what was typed can be any size.
    pub fn new(what: &'static str, text: &str, expected: &'static str) -> Self {
        Self { what, text: text.chars().take(40).collect(), expected }
    }
}
