//! Codes of what bodies implement: 31 characters for an entry, 33 for one form of handling it, and local forms of both.
//!
//! GB/T 39046-2020 table 4 prints shorter lengths (10 and 24) than codes in use have (12, 31, 33): what is in use is taken, and so is
//! what a place writes its own way, within bounds that a file name and a barcode can bear.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{ClosedSet, ExerciseTier, as_text};
use crate::identifiers::CreditCode;

/// Characters of a code in the standard's form.
pub const IMPLEMENTATION_CODE_LENGTH: usize = 31;
/// Characters of a code in the standard's form: an implementation code and two digits.
pub const SERVICE_ITEM_CODE_LENGTH: usize = 33;
/// The longest local form that is taken.
pub const LONGEST_LOCAL_CODE: usize = 64;

/// A text that is no code.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CodeFault {
    /// Empty, or longer than any form.
    #[error("the code has {length} characters; 1 to {LONGEST_LOCAL_CODE} are taken")]
    Length {
        /// How many it has.
        length: usize,
    },
    /// A character that no code has.
    #[error("{found:?}, character {at} of the code, is no capital, digit or dash")]
    Character {
        /// Counted from 1.
        at: usize,
        /// What stands there.
        found: char,
    },
    /// As long as an implementation code of the standard's form and digits, but its first 18 characters are no credit code.
    #[error("the first 18 characters {got:?} of a code of {length} fail the credit code's check")]
    Body {
        /// What stands there.
        got: String,
        /// Characters of the whole code.
        length: usize,
    },
    /// As long as a code of the standard's form, and the tier is none of table A.2.
    #[error("{0:?}, character 19 of the code, is no tier of exercise: 1 to 7")]
    Tier(char),
    /// A service item that does not end in its number.
    #[error("a code of 33 characters ends in two digits, not {0:?}")]
    Number(String),
}

impl CodeFault {
    /// The documented code (docs/errors.md).
    pub fn code(&self) -> &'static str {
        match self {
            Self::Length { .. } => "sheet.code_length",
            Self::Character { .. } => "sheet.code_character",
            Self::Body { .. } => "sheet.code_body",
            Self::Tier(_) => "sheet.code_tier",
            Self::Number(_) => "sheet.code_number",
        }
    }
}

/// What a code says of itself, where it has the standard's beginning: body, tier, then the matter's own code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeParts {
    /// Who acts.
    pub body: CreditCode,
    /// At which tier (table A.2).
    pub tier: ExerciseTier,
    /// The basic code, 12 characters or a local form.
    pub basic: String,
}

/// 实施编码: credit code 18 · tier 1 · basic code 12, or a local form of 1–64 capitals, digits and dashes.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ImplementationCode(String);

/// 业务办理项编码: implementation code 31 · number 2, or a local form of 1–64 capitals, digits and dashes.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ServiceItemCode(String);

impl ImplementationCode {
    /// Whether it has the standard's 31 characters and their meaning.
    pub fn is_standard(&self) -> bool {
        self.0.len() == IMPLEMENTATION_CODE_LENGTH && self.parts().is_some()
    }

    /// Body, tier and matter; `None` for a local form that does not begin with them.
    pub fn parts(&self) -> Option<CodeParts> {
        let (body, rest) = self.0.split_at_checked(18)?;
        let (tier, basic) = rest.split_at_checked(1)?;
        let tier = ExerciseTier::ALL.iter().copied().find(|one| one.member().code == tier)?;
        Some(CodeParts { body: body.parse().ok()?, tier, basic: basic.to_owned() })
    }
}

impl ServiceItemCode {
    /// The entry that it belongs to; `None` for a local form.
    pub fn implementation(&self) -> Option<ImplementationCode> {
        let entry: ImplementationCode = self.0.get(..IMPLEMENTATION_CODE_LENGTH)?.parse().ok()?;
        (self.0.len() == SERVICE_ITEM_CODE_LENGTH && entry.is_standard()).then_some(entry)
    }
}

/// Characters and length of any form.
fn check(text: &str) -> Result<(), CodeFault> {
    let length = text.chars().count();
    if !(1..=LONGEST_LOCAL_CODE).contains(&length) {
        return Err(CodeFault::Length { length });
    }
    let wrong = |c: char| !(c.is_ascii_uppercase() || c.is_ascii_digit() || c == '-');
    match text.chars().enumerate().find(|(_, c)| wrong(*c)) {
        Some((at, found)) => Err(CodeFault::Character { at: at + 1, found }),
        None => Ok(()),
    }
}

/// A code without dashes and of the standard's length is meant in the standard's form: a misread character is told.
fn check_standard(text: &str, length: usize) -> Result<(), CodeFault> {
    if text.len() != length || text.contains('-') {
        return Ok(());
    }
    let tier = char::from(text.as_bytes()[18]);
    if text[..18].parse::<CreditCode>().is_err() {
        return Err(CodeFault::Body { got: text[..18].to_owned(), length });
    }
    if !('1'..='7').contains(&tier) {
        return Err(CodeFault::Tier(tier));
    }
    Ok(())
}

impl FromStr for ImplementationCode {
    type Err = CodeFault;

    fn from_str(text: &str) -> Result<Self, CodeFault> {
        check(text)?;
        check_standard(text, IMPLEMENTATION_CODE_LENGTH)?;
        Ok(Self(text.to_owned()))
    }
}

impl FromStr for ServiceItemCode {
    type Err = CodeFault;

    fn from_str(text: &str) -> Result<Self, CodeFault> {
        check(text)?;
        check_standard(text, SERVICE_ITEM_CODE_LENGTH)?;
        if text.len() == SERVICE_ITEM_CODE_LENGTH && !text.contains('-') {
            let number = &text[IMPLEMENTATION_CODE_LENGTH..];
            if !number.bytes().all(|byte| byte.is_ascii_digit()) {
                return Err(CodeFault::Number(number.to_owned()));
            }
        }
        Ok(Self(text.to_owned()))
    }
}

as_text!(CodeFault: ImplementationCode ServiceItemCode);

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &str = "11511301008778183N";

    #[test]
    fn the_standards_form_says_who_where_and_what() {
        let code: ImplementationCode = format!("{BODY}4512012002012").parse().unwrap();
        assert!(code.is_standard());
        let parts = code.parts().unwrap();
        assert_eq!(
            (parts.body.as_str(), parts.tier, parts.basic.as_str()),
            (BODY, ExerciseTier::County, "512012002012")
        );
        let item: ServiceItemCode = format!("{code}07").parse().unwrap();
        assert_eq!(item.implementation(), Some(code));
    }

    #[test]
    fn local_forms_are_taken_as_they_are() {
        for local in ["E-000004-001-11511301008778386B", "511602000000-000-1", "A"] {
            let code: ImplementationCode = local.parse().unwrap();
            assert!(!code.is_standard(), "{local}");
            assert_eq!(local.parse::<ServiceItemCode>().unwrap().implementation(), None);
        }
        // A basic code of 14 characters still says whose it is.
        let longer: ImplementationCode = format!("{BODY}4511A0042900001").parse().unwrap();
        assert_eq!(longer.parts().unwrap().basic, "511A0042900001");
    }

    #[test]
    fn what_is_no_code_is_told_apart() {
        let of = |text: &str| text.parse::<ImplementationCode>().unwrap_err();
        assert_eq!(of(""), CodeFault::Length { length: 0 });
        assert_eq!(of(&"1".repeat(65)), CodeFault::Length { length: 65 });
        assert_eq!(of("A码"), CodeFault::Character { at: 2, found: '码' });
        assert_eq!(of("AB c"), CodeFault::Character { at: 3, found: ' ' });
        let misread = "11511301008778183M";
        assert_eq!(of(&format!("{misread}4512012002012")), CodeFault::Body { got: misread.into(), length: 31 });
        assert_eq!(of(&format!("{BODY}8512012002012")), CodeFault::Tier('8'));
        let item = |text: &str| text.parse::<ServiceItemCode>().unwrap_err();
        assert_eq!(item(&format!("{BODY}45120120020120X")), CodeFault::Number("0X".into()));
        assert_eq!(item(&format!("{misread}451201200201201")), CodeFault::Body { got: misread.into(), length: 33 });
        // Every fault has its words.
        for fault in
            [of(""), of("A码"), of(&format!("{misread}4512012002012")), item(&format!("{BODY}45120120020120X"))]
        {
            assert!(crate::codes::find(fault.code()).is_some(), "{}", fault.code());
        }
    }
}
