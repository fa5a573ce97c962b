//! Identifiers that people and bodies carry, with their check digits.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::text::Malformed;
use crate::time::CivilDate;

/// Unified social credit code of a body (统一社会信用代码), 18 characters. Source: GB 32100-2015.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CreditCode(String);

/// GB 32100: the characters by value; I, O, S, V and Z are not used.
const CREDIT_CHARACTERS: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";

impl CreditCode {
    /// The code as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The check character that belongs behind the first 17 (mod 31, weights 3^i); `None` where one of them is not allowed.
    pub fn check_character(first_17: &str) -> Option<char> {
        let mut weight = 1;
        let mut sum = 0;
        for byte in first_17.bytes() {
            sum += CREDIT_CHARACTERS.iter().position(|c| *c == byte)? * weight;
            weight = weight * 3 % 31;
        }
        let check = (31 - sum % 31) % 31;
        (first_17.len() == 17).then(|| char::from(CREDIT_CHARACTERS[check]))
    }
}

impl FromStr for CreditCode {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let malformed = |expected| Malformed::new("unified social credit code", text, expected);
        let code = text.to_ascii_uppercase();
        if code.len() != 18 || !code.is_ascii() {
            return Err(malformed("18 digits and capital letters"));
        }
        let check =
            Self::check_character(&code[..17]).ok_or_else(|| malformed("digits and capitals without I, O, S, V, Z"))?;
        if code.ends_with(check) { Ok(Self(code)) } else { Err(malformed("another check character: one was misread")) }
    }
}

impl TryFrom<String> for CreditCode {
    type Error = Malformed;

    fn try_from(text: String) -> Result<Self, Malformed> {
        text.parse()
    }
}

impl From<CreditCode> for String {
    fn from(code: CreditCode) -> Self {
        code.0
    }
}

impl fmt::Display for CreditCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for CreditCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CreditCode({})", self.0)
    }
}

/// A citizen number (公民身份号码), checked. Personal: it is never printed, logged or stored unsealed. Source: GB 11643-1999.
#[derive(Clone, PartialEq, Eq)]
pub struct CitizenNumber(String);

impl CitizenNumber {
    /// The number, for sealing and for the blind index only.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// The check character that belongs behind the first 17 digits (mod 11-2).
    pub fn check_character(first_17: &str) -> Option<char> {
        if first_17.len() != 17 || !first_17.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        // Weights are 2^(17-i) mod 11.
        let sum: u32 = first_17.bytes().enumerate().map(|(at, b)| u32::from(b - b'0') * ((1 << (17 - at)) % 11)).sum();
        Some(char::from(b"10X98765432"[(sum % 11) as usize]))
    }
}

impl FromStr for CitizenNumber {
    type Err = CitizenNumberFault;

    fn from_str(text: &str) -> Result<Self, CitizenNumberFault> {
        let number = text.trim().to_ascii_uppercase();
        if number.len() != 18 || !number.is_ascii() {
            return Err(CitizenNumberFault::Form);
        }
        let check = Self::check_character(&number[..17]).ok_or(CitizenNumberFault::Form)?;
        let part = |range: std::ops::Range<usize>| number[range].parse::<i16>().unwrap_or_default();
        if CivilDate::new(part(6..10), part(10..12) as i8, part(12..14) as i8).is_none() {
            return Err(CitizenNumberFault::BirthDate);
        }
        if number.ends_with(check) { Ok(Self(number)) } else { Err(CitizenNumberFault::Check) }
    }
}

impl fmt::Debug for CitizenNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CitizenNumber(…)")
    }
}

/// What is wrong with a citizen number. Never repeats the number: errors are shown and logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CitizenNumberFault {
    /// Wrong length or characters.
    #[error("a citizen number has 17 digits and a digit or X")]
    Form,
    /// Digits 7 to 14 are no day.
    #[error("digits 7 to 14 of the citizen number are not a date of birth")]
    BirthDate,
    /// One digit was misread or two were swapped.
    #[error("the citizen number's last character does not fit the others: one was mistyped")]
    Check,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credit_codes() {
        // A real body of the sample data, the printed placeholder that fails, and wrong letters.
        for (text, right) in [
            ("11511301008778183N", true),
            ("11511301MB051073XA", true),
            ("TE5116020105116050", false),
            ("11511301008778183M", false),
            ("I1511301008778183N", false),
            ("", false),
            ("统一社会信用代码十八位", false),
        ] {
            assert_eq!(text.parse::<CreditCode>().is_ok(), right, "{text}");
        }
    }

    #[test]
    fn citizen_numbers() {
        // The standard's own example, and what can go wrong with it.
        for (text, outcome) in [
            ("11010519491231002X", Ok(())),
            ("11010519491231002x", Ok(())),
            ("440524188001010014", Ok(())),
            ("110105194912310021", Err(CitizenNumberFault::Check)),
            ("11010519491331002X", Err(CitizenNumberFault::BirthDate)),
            ("1101051949123100", Err(CitizenNumberFault::Form)),
            ("1101051949123100２X", Err(CitizenNumberFault::Form)),
            ("", Err(CitizenNumberFault::Form)),
        ] {
            assert_eq!(text.parse::<CitizenNumber>().map(|_| ()), outcome, "{text}");
        }
    }

    #[test]
    fn an_error_never_repeats_the_number() {
        let fault = "110105194912310021".parse::<CitizenNumber>().unwrap_err();
        assert!(!fault.to_string().contains("1101"));
        let number: CitizenNumber = "11010519491231002X".parse().unwrap();
        assert!(!format!("{number:?}").contains("1101"));
    }
}
