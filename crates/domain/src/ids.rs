//! Names and numbers: units, generations, sequences, attempts, cases.
//!
//! Every one is a newtype, orders as it counts, and is fixed on disk and on the wire (protocol.md §1).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::text::Malformed;
use crate::time::CivilDate;

/// A unit's division code: 12 digits, shorter codes padded right with zeros, e.g. `370811002001`.
///
/// Source: National Bureau of Statistics division codes; the tables give 6 (city, county), 9 (township) or 12 (village) digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "UnitIdText", into = "UnitIdText")]
pub struct UnitId(u64);

impl UnitId {
    /// The smallest number of 12 digits with a province that can exist.
    const SMALLEST: u64 = 110_000_000_000;
    const LARGEST: u64 = 999_999_999_999;

    /// No unit orders before this one.
    pub const FIRST: Self = Self(Self::SMALLEST);
    /// No unit orders after this one.
    pub const LAST: Self = Self(Self::LARGEST);

    /// From the 12-digit number; `None` when it has fewer or more digits.
    pub const fn new(code: u64) -> Option<Self> {
        if code >= Self::SMALLEST && code <= Self::LARGEST { Some(Self(code)) } else { None }
    }

    /// The 12-digit number.
    pub const fn get(self) -> u64 {
        self.0
    }
}

impl FromStr for UnitId {
    type Err = Malformed;

    /// Takes 6, 9 or 12 digits, with or without the spaces of the grouped form.
    fn from_str(text: &str) -> Result<Self, Malformed> {
        let digits: String = text.chars().filter(|c| *c != ' ').collect();
        let malformed = || Malformed::new("division code", text, "6, 9 or 12 digits");
        if !matches!(digits.len(), 6 | 9 | 12) || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(malformed());
        }
        let number: u64 = format!("{digits:0<12}").parse().map_err(|_| malformed())?;
        Self::new(number).ok_or_else(malformed)
    }
}

impl fmt::Display for UnitId {
    /// The twelve digits without spaces: what goes into files, URLs and logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:012}", self.0)
    }
}

impl UnitId {
    /// Grouped for people: `370811 002 001`.
    pub fn grouped(self) -> String {
        let digits = self.to_string();
        format!("{} {} {}", &digits[..6], &digits[6..9], &digits[9..])
    }
}

impl fmt::Debug for UnitId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UnitId({self})")
    }
}

/// Text where people read (JSON, TOML), the bare number where machines do (records): one type for both.
#[derive(Serialize, Deserialize)]
#[serde(transparent)]
struct UnitIdText(#[serde(with = "unit_id_form")] u64);

mod unit_id_form {
    use super::UnitId;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(code: &u64, to: S) -> Result<S::Ok, S::Error> {
        if to.is_human_readable() { to.collect_str(&format_args!("{code:012}")) } else { to.serialize_u64(*code) }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
        if from.is_human_readable() {
            let text = std::borrow::Cow::<'de, str>::deserialize(from)?;
            text.parse::<UnitId>().map(UnitId::get).map_err(D::Error::custom)
        } else {
            u64::deserialize(from)
        }
    }
}

impl TryFrom<UnitIdText> for UnitId {
    type Error = Malformed;

    fn try_from(text: UnitIdText) -> Result<Self, Malformed> {
        Self::new(text.0).ok_or_else(|| Malformed::new("division code", &text.0.to_string(), "12 digits"))
    }
}

impl From<UnitId> for UnitIdText {
    fn from(unit: UnitId) -> Self {
        Self(unit.0)
    }
}

/// Counts the lives of a unit's log. Starts at 1, rises by promotion or restore only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Generation(pub u32);

impl Generation {
    /// The first life of a unit.
    pub const FIRST: Self = Self(1);
}

/// The unit's own gap-free number per command, minted in `apply`; the first command has 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sequence(pub u64);

impl Sequence {
    /// The number after this one.
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

/// Place of a mail in its stream (from, generation, to); the first mail has 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MailSequence(pub u64);

impl MailSequence {
    /// The number after this one.
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

/// Counts the outcomes of a case's moves; rises with every one and travels with the case (protocol.md §3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Attempt(pub u32);

impl Attempt {
    /// What a case starts with at the unit that received it.
    pub const FIRST: Self = Self(1);

    /// The attempt after this one's outcome.
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

/// A replica: one process on one machine within a unit. Unique within the region.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NodeId(pub u64);

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// The internal name of a case: a uuid v7 minted by the leader that received it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CaseId(pub uuid::Uuid);

impl CaseId {
    /// The name after this one, in their order; the last one has none after it and is its own.
    pub const fn next(self) -> Self {
        Self(uuid::Uuid::from_u128(self.0.as_u128().saturating_add(1)))
    }
}

impl fmt::Display for CaseId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for CaseId {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let malformed = || Malformed::new("case id", text, "a uuid");
        uuid::Uuid::parse_str(text).map(Self).map_err(|_| malformed())
    }
}

/// The name of what somebody says of a case: a uuid v7 minted where it is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ConcernId(pub uuid::Uuid);

impl fmt::Display for ConcernId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for ConcernId {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        uuid::Uuid::parse_str(text).map(Self).map_err(|_| Malformed::new("concern", text, "a uuid"))
    }
}

/// The number printed on paper: unit (12) · date (6) · generation letter · daily sequence (5) · check digit,
/// e.g. `370811002001-260202-A-00001-7`. It never changes and is never used again.
///
/// The check digit is ISO 7064 MOD 11,10 over all digits, the letter counted as its place in the alphabet (A = 01),
/// so that a digit misheard over a telephone is noticed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CaseNumber {
    unit: UnitId,
    date: CivilDate,
    generation: Generation,
    daily: u32,
}

impl CaseNumber {
    /// The most cases that one unit can number in one day.
    pub const MOST_A_DAY: u32 = 99_999;

    /// `None` when the day's numbers are used up, or the generation has no letter (A–Z: 26 lives).
    pub fn new(unit: UnitId, date: CivilDate, generation: Generation, daily: u32) -> Option<Self> {
        let fits = (1..=Self::MOST_A_DAY).contains(&daily)
            && (1..=26).contains(&generation.0)
            && (2000..=2099).contains(&date.year());
        fits.then_some(Self { unit, date, generation, daily })
    }

    /// The unit that received the case.
    pub fn unit(self) -> UnitId {
        self.unit
    }

    /// Which life of that unit printed it.
    pub fn generation(self) -> Generation {
        self.generation
    }

    /// Two digits each of year, month and day.
    fn date_digits(self) -> u64 {
        let two = |part: i16| u64::from(part.unsigned_abs() % 100);
        two(self.date.year()) * 10_000 + two(self.date.month().into()) * 100 + two(self.date.day().into())
    }

    fn check(self) -> u8 {
        let (unit, date) = (digits::<12>(self.unit.get()), digits::<6>(self.date_digits()));
        let (generation, daily) = (digits::<2>(self.generation.0.into()), digits::<5>(self.daily.into()));
        let all = unit.into_iter().chain(date).chain(generation).chain(daily);
        let product = all.fold(10, |product: u8, digit| CHECK_STEPS[usize::from(product)][usize::from(digit)]);
        (11 - product) % 10
    }

    /// As it is printed. Every row with a case in it is read and written with this.
    fn text(self) -> [u8; TEXT_BYTES] {
        let mut text = *b"000000000000-000000-A-00000-0";
        let mut put = |first: usize, digits: &[u8]| {
            for (at, digit) in digits.iter().enumerate() {
                text[first + at] = b'0' + digit;
            }
        };
        put(0, &digits::<12>(self.unit.get()));
        put(13, &digits::<6>(self.date_digits()));
        put(22, &digits::<5>(self.daily.into()));
        put(28, &[self.check()]);
        text[20] += (self.generation.0 - 1) as u8;
        text
    }
}

/// ISO 7064 MOD 11,10: the product after one more digit, by the product before it. A table, since every row with a case is checked.
const CHECK_STEPS: [[u8; 10]; 11] = {
    let mut steps = [[0; 10]; 11];
    let mut product = 0;
    while product < 11 {
        let mut digit = 0;
        while digit < 10 {
            let sum = (product + digit) % 10;
            steps[product][digit] = ((if sum == 0 { 10 } else { sum }) * 2 % 11) as u8;
            digit += 1;
        }
        product += 1;
    }
    steps
};

/// Bytes of a printed case number.
const TEXT_BYTES: usize = 29;

/// The last decimal digits of a number.
fn digits<const PLACES: usize>(mut value: u64) -> [u8; PLACES] {
    let mut digits = [0; PLACES];
    for digit in digits.iter_mut().rev() {
        *digit = (value % 10) as u8;
        value /= 10;
    }
    digits
}

impl fmt::Display for CaseNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Nothing but ASCII.
        f.write_str(std::str::from_utf8(&self.text()).unwrap_or_default())
    }
}

impl fmt::Debug for CaseNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CaseNumber({self})")
    }
}

impl FromStr for CaseNumber {
    type Err = Malformed;

    /// Dashes and spaces may be left out or added; letters may be small.
    fn from_str(text: &str) -> Result<Self, Malformed> {
        let malformed = |hint| Malformed::new("case number", text, hint);
        const FORM: &str = "12 digits, 6 digits, a letter, 5 digits and a check digit";
        // Every row with a case in it is read with this: no second text is made.
        let mut compact = [0_u8; 25];
        let mut length = 0;
        for byte in text.bytes().filter(|byte| !matches!(byte, b'-' | b' ')) {
            *compact.get_mut(length).ok_or_else(|| malformed(FORM))? = byte.to_ascii_uppercase();
            length += 1;
        }
        let letter = compact[18];
        let digits_elsewhere = compact.iter().enumerate().all(|(at, byte)| at == 18 || byte.is_ascii_digit());
        if length != compact.len() || !letter.is_ascii_uppercase() || !digits_elsewhere {
            return Err(malformed(FORM));
        }
        let number = |range: std::ops::Range<usize>| {
            compact[range].iter().fold(0, |number: u64, digit| number * 10 + u64::from(digit - b'0'))
        };
        let date = CivilDate::new(2000 + number(12..14) as i16, number(14..16) as i8, number(16..18) as i8)
            .ok_or_else(|| malformed("a date that exists"))?;
        let unit = UnitId::new(number(0..12)).ok_or_else(|| malformed("the code of a division"))?;
        let generation = Generation(u32::from(letter - b'A') + 1);
        let case = Self::new(unit, date, generation, number(19..24) as u32).ok_or_else(|| malformed(FORM))?;
        if u64::from(case.check()) != number(24..25) {
            return Err(malformed("another check digit: one digit was misread"));
        }
        Ok(case)
    }
}

impl Serialize for CaseNumber {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(std::str::from_utf8(&self.text()).unwrap_or_default())
    }
}

impl<'de> Deserialize<'de> for CaseNumber {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Printed;
        impl de::Visitor<'_> for Printed {
            type Value = CaseNumber;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a case number")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<CaseNumber, E> {
                text.parse().map_err(E::custom)
            }
        }
        from.deserialize_str(Printed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn division_codes_are_padded_and_checked() {
        let unit = |text: &str| text.parse::<UnitId>().map(|u| u.to_string()).ok();
        assert_eq!(unit("370811").as_deref(), Some("370811000000"));
        assert_eq!(unit("370811002").as_deref(), Some("370811002000"));
        assert_eq!(unit("370811 002 001").as_deref(), Some("370811002001"));
        for wrong in ["", "37", "3708110020011", "37081100200x", "000000", "３７０８１１"] {
            assert_eq!(unit(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_case_number_is_read_back_and_a_misheard_digit_is_noticed() {
        let date = CivilDate::new(2026, 2, 2).unwrap();
        let number = CaseNumber::new("370811002001".parse().unwrap(), date, Generation::FIRST, 1).unwrap();
        let text = number.to_string();
        assert_eq!(text.parse(), Ok(number));
        assert_eq!(text.replace('-', "").to_lowercase().parse(), Ok(number));
        for at in (0..text.len()).filter(|at| text.as_bytes()[*at].is_ascii_digit()) {
            let mut bytes = text.clone().into_bytes();
            bytes[at] = if bytes[at] == b'9' { b'0' } else { bytes[at] + 1 };
            let misheard = String::from_utf8(bytes).unwrap();
            assert!(misheard.parse::<CaseNumber>().is_err(), "{misheard}");
        }
    }

    #[test]
    fn a_day_has_a_last_number_and_a_unit_a_last_life() {
        let unit = "370811002001".parse().unwrap();
        let date = CivilDate::new(2026, 2, 2).unwrap();
        assert!(CaseNumber::new(unit, date, Generation(26), 99_999).is_some());
        assert!(CaseNumber::new(unit, date, Generation(27), 1).is_none());
        assert!(CaseNumber::new(unit, date, Generation(1), 100_000).is_none());
        assert!(CaseNumber::new(unit, date, Generation(1), 0).is_none());
    }
}
