//! How values stand in cells. What is written is read back as it was; what people write beside that is read where it can only mean one
//! thing (是, yes, 1; 20 工作日, 20 working).

use std::collections::BTreeSet;

use super::calendar::DaySet;
use super::{Language, SheetFault};
use crate::case::{DayUnit, Intake};
use crate::catalogue::{
    BasicCode, BasisLevel, BodyNature, CaseKind, ClaimHome, ClosedSet, ContactWay, CrossRegionScope, DelegateNature,
    ExerciseTier, Fen, HandlingForm, ImplementationCode, LimitDays, MaterialSource, MatterType, Necessity, ResultKind,
    ServiceItemCode, ServiceObject, StepKind, StepPart, SystemTier, Telephone, TopicAudience, WebAddress,
};
use crate::digest::ContentHash;
use crate::identifiers::CreditCode;
use crate::ids::UnitId;
use crate::legal::Procedure;
use crate::text::Malformed;
use crate::time::CivilDate;

/// A value of one cell.
pub(super) trait Cell: Sized {
    /// As it is written.
    fn write(&self, language: Language) -> String;

    /// From a cell's text without blanks at its ends, not empty.
    fn read(text: &str) -> Result<Self, SheetFault>;

    /// What an empty cell means; `None` where it means nothing.
    fn empty() -> Option<Self> {
        None
    }
}

impl Cell for String {
    fn write(&self, _: Language) -> String {
        self.clone()
    }

    fn read(text: &str) -> Result<Self, SheetFault> {
        Ok(text.to_owned())
    }

    fn empty() -> Option<Self> {
        Some(Self::new())
    }
}

impl Cell for bool {
    fn write(&self, language: Language) -> String {
        let word = match (language, self) {
            (Language::Chinese, true) => "是",
            (Language::Chinese, false) => "否",
            (Language::English, true) => "yes",
            (Language::English, false) => "no",
        };
        word.to_owned()
    }

    fn read(text: &str) -> Result<Self, SheetFault> {
        match text.to_ascii_lowercase().as_str() {
            "是" | "yes" | "true" | "1" => Ok(true),
            "否" | "no" | "false" | "0" => Ok(false),
            _ => Err(not_one_of(text, "是, 否, yes, no, 1, 0".to_owned())),
        }
    }

    fn empty() -> Option<Self> {
        Some(false)
    }
}

impl<T: Cell> Cell for Option<T> {
    fn write(&self, language: Language) -> String {
        self.as_ref().map(|value| value.write(language)).unwrap_or_default()
    }

    fn read(text: &str) -> Result<Self, SheetFault> {
        T::read(text).map(Some)
    }

    fn empty() -> Option<Self> {
        Some(None)
    }
}

fn not_one_of(text: &str, expected: String) -> SheetFault {
    SheetFault::NotOneOf { got: text.chars().take(40).collect(), expected }
}

/// The words that a closed set has.
fn words<T: ClosedSet>() -> String {
    let all: Vec<String> = T::ALL.iter().map(|one| format!("{} ({})", one.member().zh, one.member().key)).collect();
    all.join(", ")
}

macro_rules! numbers {
    ($($type:ident $what:literal $expected:literal)+) => {$(
        impl Cell for $type {
            fn write(&self, _: Language) -> String {
                self.to_string()
            }

            fn read(text: &str) -> Result<Self, SheetFault> {
                text.parse().map_err(|_| Malformed::new($what, text, $expected).into())
            }

            fn empty() -> Option<Self> {
                Some(0)
            }
        }
    )+};
}

numbers! {
    u8 "number" "0 to 255"
    u16 "number of days" "0 to 65535"
    u32 "number" "0 to 4294967295"
}

macro_rules! closed {
    ($($type:ident = $empty:expr;)+) => {$(
        impl Cell for $type {
            fn write(&self, language: Language) -> String {
                match language {
                    Language::Chinese => self.member().zh.to_owned(),
                    Language::English => self.member().key.to_owned(),
                }
            }

            fn read(text: &str) -> Result<Self, SheetFault> {
                Self::named(text).ok_or_else(|| not_one_of(text, words::<Self>()))
            }

            fn empty() -> Option<Self> {
                $empty
            }
        }

        impl Listed for $type {}
    )+};
}

// An empty cell chooses only where the form of before had nothing to choose.
closed! {
    MatterType = None;
    DayUnit = None;
    Intake = None;
    ClaimHome = Some(ClaimHome::default());
    Necessity = None;
    MaterialSource = Some(MaterialSource::default());
    CaseKind = None;
    BasisLevel = None;
    StepKind = None;
    StepPart = Some(StepPart::default());
    Procedure = None;
    ResultKind = None;
    ServiceObject = None;
    TopicAudience = None;
    CrossRegionScope = None;
    ExerciseTier = None;
    BodyNature = None;
    HandlingForm = None;
    SystemTier = None;
    ContactWay = None;
    DelegateNature = None;
    DaySet = None;
}

macro_rules! parsed {
    ($($type:ident)+) => {$(
        impl Cell for $type {
            fn write(&self, _: Language) -> String {
                self.to_string()
            }

            fn read(text: &str) -> Result<Self, SheetFault> {
                text.parse().map_err(SheetFault::from)
            }
        }
    )+};
}

parsed!(BasicCode UnitId CreditCode CivilDate ContentHash Telephone WebAddress ImplementationCode ServiceItemCode);

impl Listed for UnitId {}
impl Listed for Telephone {}

impl Cell for Fen {
    /// In yuan, e.g. `12.50`.
    fn write(&self, _: Language) -> String {
        format!("{}.{:02}", self.0 / 100, self.0 % 100)
    }

    fn read(text: &str) -> Result<Self, SheetFault> {
        let malformed = || Malformed::new("amount", text, "yuan with at most two digits behind the point");
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let (yuan, fen) = text.split_once('.').unwrap_or((text, "0"));
        if yuan.is_empty() || !(1..=2).contains(&fen.len()) || !digits(yuan) || !digits(fen) {
            return Err(malformed().into());
        }
        let yuan: u64 = yuan.parse().map_err(|_| malformed())?;
        let fen: u64 = format!("{fen:0<2}").parse().map_err(|_| malformed())?;
        let all = yuan.checked_mul(100).and_then(|yuan| yuan.checked_add(fen));
        Ok(Self(all.ok_or_else(malformed)?))
    }
}

impl Cell for LimitDays {
    /// E.g. `20 工作日`.
    fn write(&self, language: Language) -> String {
        format!("{} {}", self.days, self.unit.write(language))
    }

    fn read(text: &str) -> Result<Self, SheetFault> {
        let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let (days, unit) = text.split_at(end);
        let unit = unit.trim().trim_start_matches('个');
        let malformed = || Malformed::new("limit", text, "days and what they are counted in, like 20 工作日");
        Ok(Self { days: days.parse().map_err(|_| malformed())?, unit: DayUnit::named(unit).ok_or_else(malformed)? })
    }
}

/// What several of may stand in one cell: no such value has one of the marks that part them.
pub(super) trait Listed: Cell {}

const MARKS: [char; 5] = ['\n', '、', ';', '；', '，'];

fn parts<T: Listed>(text: &str) -> impl Iterator<Item = Result<T, SheetFault>> {
    text.split(MARKS).map(str::trim).filter(|part| !part.is_empty()).map(T::read)
}

fn joined<'a, T: Cell + 'a>(values: impl Iterator<Item = &'a T>, language: Language) -> String {
    values.map(|value| value.write(language)).collect::<Vec<_>>().join("\n")
}

impl<T: Listed + Ord> Cell for BTreeSet<T> {
    /// One a line.
    fn write(&self, language: Language) -> String {
        joined(self.iter(), language)
    }

    fn read(text: &str) -> Result<Self, SheetFault> {
        parts(text).collect()
    }

    fn empty() -> Option<Self> {
        Some(Self::new())
    }
}

impl<T: Listed> Cell for Vec<T> {
    /// One a line.
    fn write(&self, language: Language) -> String {
        joined(self.iter(), language)
    }

    fn read(text: &str) -> Result<Self, SheetFault> {
        parts(text).collect()
    }

    fn empty() -> Option<Self> {
        Some(Self::new())
    }
}

impl Cell for Vec<String> {
    /// One a line: any other mark may be part of one.
    fn write(&self, _: Language) -> String {
        self.join("\n")
    }

    fn read(text: &str) -> Result<Self, SheetFault> {
        Ok(text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect())
    }

    fn empty() -> Option<Self> {
        Some(Self::new())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_write_is_read_where_it_is_plain() {
        let days = |days, unit| LimitDays { days, unit };
        for text in ["20 工作日", "20工作日", "20个工作日", "20 working"] {
            assert_eq!(LimitDays::read(text), Ok(days(20, DayUnit::Working)), "{text}");
        }
        assert_eq!(LimitDays::read("30自然日"), Ok(days(30, DayUnit::Calendar)));
        for (text, fen) in [("12", 1200), ("12.5", 1250), ("0.05", 5), ("12.50", 1250)] {
            assert_eq!(Fen::read(text), Ok(Fen(fen)), "{text}");
        }
        assert_eq!([bool::read("是"), bool::read("No")], [Ok(true), Ok(false)]);
        let both = BTreeSet::from([HandlingForm::Window, HandlingForm::Web]);
        for text in ["窗口办理、电脑端网上办理", "2\n1", "web; window"] {
            assert_eq!(BTreeSet::<HandlingForm>::read(text), Ok(both.clone()), "{text}");
        }
        assert_eq!((Option::<CivilDate>::empty(), bool::empty(), u8::empty()), (Some(None), Some(false), Some(0)));
        assert_eq!((CivilDate::empty(), Necessity::empty()), (None, None));
        assert_eq!(MaterialSource::empty(), Some(MaterialSource::Applicant));
    }

    #[test]
    fn what_is_not_plain_is_told() {
        for text in ["20", "工作日", "二十工作日", "70000 工作日", "-1 工作日", "20 天"] {
            assert!(matches!(LimitDays::read(text), Err(SheetFault::Malformed(_))), "{text}");
        }
        for text in ["免费", "1.234", "1.", ".5", "-3", "99999999999999999999"] {
            assert!(matches!(Fen::read(text), Err(SheetFault::Malformed(_))), "{text}");
        }
        assert!(matches!(bool::read("或许"), Err(SheetFault::NotOneOf { .. })));
        assert!(matches!(u8::read("256"), Err(SheetFault::Malformed(_))));
        let Err(SheetFault::NotOneOf { got, expected }) = Necessity::read("最好有") else {
            panic!("it is no member")
        };
        assert_eq!(got, "最好有");
        assert!(expected.contains("可容缺 (may_follow)"), "{expected}");
    }
}
