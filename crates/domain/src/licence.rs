//! Licences (电子证照) as who issued them keeps them: numbers, versions, promises that they rest on, and their end (domain.md §4).
//!
//! A licence is issued with the result of a case and lives on when that case is over and gone. Its register row stays with the authority
//! that issued it, under the case that it was first issued in; what becomes of it is told to every unit that had that case. Renewal,
//! change, replacement and cancellation are cases of their own, decided by who issued the licence.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::case::{CaseContent, Happening};
use crate::catalogue::{BasicCode, LimitDays};
use crate::identifiers::CreditCode;
use crate::ids::{CaseId, CaseNumber};
use crate::sealed::BlindIndex;
use crate::text::Malformed;
use crate::time::{CivilDate, Timestamp};

/// Renewal is to be asked for so many calendar days before the last one (行政许可法 art. 50).
pub const RENEWAL_DAYS: i32 = 30;

/// A licence's identifier: `1.2.156.3005.2.` type . issuer . serial . version . check. Source: GB/T 36904-2018; the check character is that
/// of ISO 7064 MOD 37,36 over all that stands between the prefix and it.
///
/// The type is the issuing body's own (its code and `000`), where no list of licence types names one.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct LicenceNumber {
    issuer: CreditCode,
    kind: String,
    serial: u64,
    version: u16,
}

/// The arc of electronic licences.
const PREFIX: &str = "1.2.156.3005.2";
/// Ten digits.
const MOST_SERIAL: u64 = 9_999_999_999;

impl LicenceNumber {
    /// The next number of a body; `None` where ten digits do not hold the serial.
    pub fn new(issuer: CreditCode, serial: u64, version: u16) -> Option<Self> {
        let kind = format!("{issuer}000");
        (1..=MOST_SERIAL).contains(&serial).then_some(())?;
        (1..=999).contains(&version).then_some(Self { issuer, kind, serial, version })
    }

    /// Who issued it.
    pub fn issuer(&self) -> &CreditCode {
        &self.issuer
    }

    /// Which issue of the licence: 1, and one more with every renewal, change or replacement.
    pub fn version(&self) -> u16 {
        self.version
    }

    /// The same licence whatever its version: what a register finds it by.
    pub fn register_key(&self) -> String {
        format!("{}.{}.{:010}", self.kind, self.issuer, self.serial)
    }

    /// The next issue of the same licence; `None` after the last that three digits hold.
    pub fn next_version(&self) -> Option<Self> {
        (self.version < 999).then(|| Self { version: self.version + 1, ..self.clone() })
    }

    fn parts(&self) -> [String; 4] {
        [self.kind.clone(), self.issuer.to_string(), format!("{:010}", self.serial), format!("{:03}", self.version)]
    }

    /// ISO 7064 MOD 37,36; `None` where a character is no digit or capital.
    fn check_character(text: &str) -> Option<char> {
        let mut remainder = 36;
        for c in text.chars() {
            let value = c.to_digit(36).filter(|_| !c.is_ascii_lowercase())?;
            let sum = match (remainder + value) % 36 {
                0 => 36,
                sum => sum,
            };
            remainder = sum * 2 % 37;
        }
        char::from_digit((37 - remainder) % 36, 36).map(|c| c.to_ascii_uppercase())
    }
}

impl fmt::Display for LicenceNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = self.parts();
        let check = Self::check_character(&parts.concat()).unwrap_or_default();
        write!(f, "{PREFIX}.{}.{check}", parts.join("."))
    }
}

impl fmt::Debug for LicenceNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LicenceNumber({self})")
    }
}

impl FromStr for LicenceNumber {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let malformed = |expected| Malformed::new("licence number", text, expected);
        let form = || {
            malformed("1.2.156.3005.2. and type, issuer, 10 digits, 3 digits, one check character, with dots between")
        };
        let rest = text.strip_prefix(PREFIX).and_then(|rest| rest.strip_prefix('.')).ok_or_else(form)?;
        let parts: Vec<&str> = rest.split('.').collect();
        let [kind, issuer, serial, version, check] = parts[..] else { return Err(form()) };
        let digits = |text: &str, length| text.len() == length && text.bytes().all(|b| b.is_ascii_digit());
        if kind.len() != 21 || !digits(serial, 10) || !digits(version, 3) || check.len() != 1 {
            return Err(form());
        }
        let expected = Self::check_character(&[kind, issuer, serial, version].concat()).ok_or_else(form)?;
        if !check.starts_with(expected) {
            return Err(malformed("another check character: one was misread"));
        }
        let issuer: CreditCode = issuer.parse()?;
        let (serial, version) = (serial.parse().map_err(|_| form())?, version.parse().map_err(|_| form())?);
        if serial == 0 || version == 0 {
            return Err(form());
        }
        Ok(Self { issuer, kind: kind.to_owned(), serial, version })
    }
}

impl TryFrom<String> for LicenceNumber {
    type Error = Malformed;

    fn try_from(text: String) -> Result<Self, Malformed> {
        text.parse()
    }
}

impl From<LicenceNumber> for String {
    fn from(number: LicenceNumber) -> Self {
        number.to_string()
    }
}

/// What an application about a licence asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LicenceAct {
    /// 延续: valid for a further term (行政许可法 art. 50).
    Renew,
    /// 变更: something that it says has changed (art. 49).
    Change,
    /// 补办: lost or spoilt.
    Replace,
    /// 注销: given up (art. 70).
    Cancel,
}

impl LicenceAct {
    /// All.
    pub const ALL: [Self; 4] = [Self::Renew, Self::Change, Self::Replace, Self::Cancel];
}

/// What an application is about, where it is about a licence.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct About {
    /// The licence, in the version that the applicant has.
    pub licence: LicenceNumber,
    /// What is asked for.
    pub act: LicenceAct,
}

/// A licence in its register.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Licence {
    /// What it is called: the result's name in the catalogue.
    pub name: String,
    /// The matter that it was granted for.
    pub matter: BasicCode,
    /// Keyed hash of the holder's identifier.
    pub holder: BlindIndex,
    /// Every issue, the newest last; never empty.
    pub issues: Vec<Issue>,
    /// Whether it holds.
    pub standing: Standing,
    /// The promise that it was granted on, where it was.
    pub promise: Option<Promise>,
    /// The application about it that was accepted last: one at a time.
    pub open: Option<CaseId>,
}

/// One issue of a licence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Issue {
    /// Its number; the version is the issue's place.
    pub number: LicenceNumber,
    /// The case whose result it is.
    pub case: CaseId,
    /// That case's printed number.
    pub case_number: CaseNumber,
    /// When it was issued.
    pub at: Timestamp,
    /// The last day on which it holds; `None` without an end.
    pub until: Option<CivilDate>,
    /// Renewed by law: not decided before its last day was over (art. 50).
    pub by_law: bool,
}

/// Whether a licence holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// It does, until its last day.
    Valid,
    /// Its last day has passed.
    Ended {
        /// When that was recorded.
        at: Timestamp,
    },
    /// 撤销: it was not to be granted (行政许可法 art. 69).
    Revoked {
        /// When.
        at: Timestamp,
        /// Public text.
        reasons: String,
        /// The provision.
        basis: String,
    },
    /// 注销: at its holder's request.
    Cancelled {
        /// When.
        at: Timestamp,
    },
}

/// What a decision rests on in place of proofs (告知承诺), and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Promise {
    /// Materials that the promise stands for.
    pub materials: Vec<String>,
    /// The last day for the check.
    pub check_until: CivilDate,
    /// What the check found; `None` while it is open.
    pub checked: Option<Checked>,
}

/// What a check of a promise found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checked {
    /// When.
    pub at: Timestamp,
    /// Whether what was promised is so.
    pub kept: bool,
    /// What was found. Public text.
    pub findings: String,
}

/// A promise that was not kept: who gave it is believed no further promise, and given no deficit, for a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Breach {
    /// The case that was decided on it.
    pub number: CaseNumber,
    /// The last day on which it counts.
    pub until: CivilDate,
}

impl Licence {
    /// The newest issue.
    pub fn current(&self) -> Option<&Issue> {
        self.issues.last()
    }

    /// Its last day; `None` without an end.
    pub fn until(&self) -> Option<CivilDate> {
        self.current().and_then(|issue| issue.until)
    }

    /// Whether it holds on a day. What ended it is derived from the day, not from when somebody recorded it.
    pub fn holds_on(&self, day: CivilDate) -> bool {
        self.standing == Standing::Valid && self.until().is_none_or(|until| day <= until)
    }

    /// When its last day is over and that is to be recorded; `None` where it never is, or was.
    pub fn ends_at(&self) -> Option<Timestamp> {
        let until = self.until().filter(|_| self.standing == Standing::Valid)?;
        Some(until.plus_days(1).begins_at())
    }

    /// Whether a renewal that was handed in on a day was asked for in time: what the law then does by itself, it does for no other.
    pub fn asked_in_time(&self, received: CivilDate) -> bool {
        self.until().is_some_and(|until| received.plus_days(RENEWAL_DAYS) <= until)
    }

    /// Whether the promise that it rests on is to be checked.
    pub fn is_to_check(&self) -> bool {
        self.standing == Standing::Valid && self.promise.as_ref().is_some_and(|promise| promise.checked.is_none())
    }

    /// Whether it rests on a promise that was found broken, and nobody has acted on that.
    pub fn is_to_revoke(&self) -> bool {
        let broken = |promise: &Promise| promise.checked.as_ref().is_some_and(|checked| !checked.kept);
        self.standing == Standing::Valid && self.promise.as_ref().is_some_and(broken)
    }
}

/// The day until which a licence holds that is issued on a day for so many months: the day before the same day of that month.
pub fn valid_until(issued: CivilDate, months: u16) -> CivilDate {
    same_day_after(issued, months).plus_days(-1)
}

/// The day until which a renewed licence holds: a further term from the end of the last one.
pub fn renewed_until(until: CivilDate, months: u16) -> CivilDate {
    valid_until(until.plus_days(1), months)
}

/// The same day so many months later; the month's last one where it is shorter.
fn same_day_after(day: CivilDate, months: u16) -> CivilDate {
    let index = i32::from(day.year()) * 12 + i32::from(day.month()) - 1 + i32::from(months);
    let year = i16::try_from(index.div_euclid(12)).unwrap_or(i16::MAX);
    let month = i8::try_from(index.rem_euclid(12) + 1).unwrap_or(1);
    let fits = (1..=day.day()).rev().find_map(|day| CivilDate::new(year, month, day));
    fits.unwrap_or_else(|| day.plus_days(i32::from(months) * 30))
}

impl CaseContent {
    /// The licence that the application is about, and what it asks for.
    pub fn about(&self) -> Option<About> {
        self.timeline.iter().find_map(|entry| match &entry.what {
            Happening::AboutLicence { licence, act } => Some(About { licence: licence.clone(), act: *act }),
            _ => None,
        })
    }

    /// Materials that the applicant's promise stands for, and how its check is set.
    pub fn promised(&self) -> Option<(&[String], LimitDays)> {
        self.timeline.iter().find_map(|entry| match &entry.what {
            Happening::Promised { materials, check, .. } => Some((materials.as_slice(), *check)),
            _ => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The standard's synthetic example, as domain.md §5 quotes it.
    const EXAMPLE: &str = "1.2.156.3005.2.11100000000013338W087.11440100007482575H.0000000001.001.I";

    #[test]
    fn numbers_are_read_as_they_are_written_and_a_misread_character_is_found() {
        let number: LicenceNumber = EXAMPLE.parse().unwrap();
        assert_eq!(number.to_string(), EXAMPLE);
        assert_eq!((number.version(), number.issuer().as_str()), (1, "11440100007482575H"));
        let next = number.next_version().unwrap();
        assert_eq!(next.register_key(), number.register_key());
        assert_eq!(next.to_string().parse(), Ok(next));
        for at in (PREFIX.len() + 1)..EXAMPLE.len() {
            let old = EXAMPLE.as_bytes()[at];
            if old == b'.' {
                continue;
            }
            let mut text = EXAMPLE.to_owned();
            text.replace_range(at..=at, if old == b'2' { "3" } else { "2" });
            assert!(text.parse::<LicenceNumber>().is_err(), "{text}");
        }
        for wrong in ["", "1.2.156.3005.2", &EXAMPLE[..EXAMPLE.len() - 2], &EXAMPLE.replace("3005", "3006")] {
            assert!(wrong.parse::<LicenceNumber>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_body_numbers_its_own_licences() {
        let issuer: CreditCode = "11440100007482575H".parse().unwrap();
        let number = LicenceNumber::new(issuer.clone(), 100_000_001, 1).unwrap();
        assert_eq!(number.to_string().parse(), Ok(number));
        for (serial, version) in [(0, 1), (10_000_000_000, 1), (1, 0), (1, 1000)] {
            assert_eq!(LicenceNumber::new(issuer.clone(), serial, version), None);
        }
    }

    #[test]
    fn terms_end_the_day_before_the_same_day() {
        let day = |text: &str| text.parse::<CivilDate>().unwrap();
        for (issued, months, until) in [
            ("2026-02-10", 36, "2029-02-09"),
            ("2026-01-31", 1, "2026-02-27"),
            ("2024-02-29", 12, "2025-02-27"),
            ("2026-12-01", 1, "2026-12-31"),
        ] {
            assert_eq!(valid_until(day(issued), months), day(until), "{issued} and {months} months");
        }
        // One term follows the other without a gap or an overlap.
        assert_eq!(renewed_until(day("2029-02-09"), 36), day("2032-02-09"));
    }

    #[test]
    fn a_renewal_is_asked_for_thirty_days_before() {
        let day = |text: &str| text.parse::<CivilDate>().unwrap();
        let issuer: CreditCode = "11440100007482575H".parse().unwrap();
        let issue = Issue {
            number: LicenceNumber::new(issuer, 1, 1).unwrap(),
            case: CaseId(uuid::Uuid::nil()),
            case_number: "370811002001-260202-A-00001-7".parse().unwrap(),
            at: Timestamp(0),
            until: Some(day("2026-03-31")),
            by_law: false,
        };
        let mut licence = Licence {
            name: "许可证".to_owned(),
            matter: "M1".parse().unwrap(),
            holder: BlindIndex([0; 32]),
            issues: vec![issue],
            standing: Standing::Valid,
            promise: None,
            open: None,
        };
        assert!(licence.asked_in_time(day("2026-03-01")) && !licence.asked_in_time(day("2026-03-02")));
        assert!(licence.holds_on(day("2026-03-31")) && !licence.holds_on(day("2026-04-01")));
        assert_eq!(licence.ends_at(), Some(day("2026-04-01").begins_at()));
        licence.standing = Standing::Cancelled { at: Timestamp(1) };
        assert!(!licence.holds_on(day("2026-03-31")));
        assert_eq!(licence.ends_at(), None);
    }
}
