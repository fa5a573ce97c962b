//! Papers of a case: which lines of its story are acts that the applicant gets a paper of, and what the law asks of each (domain.md §4).
//!
//! A paper is a line of the story in legal form. It is drawn from the story wherever somebody wants it, so it says the same everywhere,
//! and cannot be edited. What it says in words is for whoever prints it; nothing here seals.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::case::{Happening, TimelineEntry};
use crate::codes::Bilingual;
use crate::ids::{CaseNumber, UnitId};
use crate::text::Malformed;
use crate::time::Timestamp;

/// What a paper is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaperKind {
    /// 收件凭证: papers were taken; not an acceptance.
    Receipt,
    /// 补正告知书: all gaps, told once.
    GapsNotice,
    /// 补正材料接收凭证: what was missing is in.
    SupplementReceipt,
    /// 受理通知书; by law too, where nobody accepted in time.
    Acceptance,
    /// 不予受理决定书.
    NonAcceptance,
    /// 特别程序告知书: the clock stands still, for how long and why; a second one where it takes longer.
    StopNotice,
    /// 延长期限告知书.
    ExtensionNotice,
    /// 准予决定书.
    Grant,
    /// 不予决定书.
    Denial,
    /// 送达回证.
    DeliveryReceipt,
    /// 撤回确认书.
    WithdrawalReceipt,
    /// 终止办理告知书: ended as a duplicate.
    TerminationNotice,
    /// 容缺受理告知书: which materials are to follow, by when, and what happens otherwise.
    DeficitNotice,
    /// 逾期终止办理告知书: what was asked for did not come.
    LapseNotice,
    /// 移送告知书: passed to the authority that is competent.
    TransferNotice,
    /// 告知承诺书: what was promised, and when it is checked.
    PromiseNotice,
    /// 证照信息: the licence's number and its last day.
    LicenceSlip,
    /// 视为准予延续告知书: the law renewed the licence.
    RenewalByLaw,
    /// 撤销决定书: the licence was not to be granted.
    Revocation,
    /// 注销告知书: given up.
    CancellationNotice,
    /// 转报告知书: reviewed, and sent up to the organ above.
    ReferralNotice,
    /// 听证告知书: the right to a hearing, and until when it is asked for.
    HearingRights,
    /// 听证通知书: when and where it is held, and who chairs it.
    HearingNotice,
}

impl PaperKind {
    /// All, in the order of a case's life.
    pub const ALL: [Self; 23] = [
        Self::Receipt,
        Self::GapsNotice,
        Self::SupplementReceipt,
        Self::Acceptance,
        Self::NonAcceptance,
        Self::StopNotice,
        Self::ExtensionNotice,
        Self::Grant,
        Self::Denial,
        Self::DeliveryReceipt,
        Self::WithdrawalReceipt,
        Self::TerminationNotice,
        Self::DeficitNotice,
        Self::LapseNotice,
        Self::TransferNotice,
        Self::PromiseNotice,
        Self::LicenceSlip,
        Self::RenewalByLaw,
        Self::Revocation,
        Self::CancellationNotice,
        Self::ReferralNotice,
        Self::HearingRights,
        Self::HearingNotice,
    ];

    /// The paper that follows from something that happened; `None` where the applicant gets none.
    pub fn of(what: &Happening) -> Option<Self> {
        Some(match what {
            Happening::Received { .. } => Self::Receipt,
            Happening::GapsTold { .. } => Self::GapsNotice,
            Happening::Supplemented { .. } | Happening::Completed { .. } => Self::SupplementReceipt,
            Happening::Accepted { .. } | Happening::AcceptedByLaw { .. } => Self::Acceptance,
            Happening::NotAccepted { .. } => Self::NonAcceptance,
            Happening::ClockStopped { .. } | Happening::StopProlonged { .. } => Self::StopNotice,
            Happening::LimitExtended { .. } => Self::ExtensionNotice,
            Happening::Decided { granted: true, .. } => Self::Grant,
            Happening::Decided { granted: false, .. } => Self::Denial,
            Happening::Delivered => Self::DeliveryReceipt,
            Happening::Withdrawn { .. } => Self::WithdrawalReceipt,
            Happening::Terminated { .. } => Self::TerminationNotice,
            Happening::DeficitAgreed { .. } => Self::DeficitNotice,
            Happening::Lapsed { .. } => Self::LapseNotice,
            Happening::PassedOn { .. } => Self::TransferNotice,
            Happening::Promised { .. } => Self::PromiseNotice,
            Happening::LicenceIssued { .. } => Self::LicenceSlip,
            Happening::RenewedByLaw { .. } => Self::RenewalByLaw,
            Happening::LicenceRevoked { .. } => Self::Revocation,
            Happening::LicenceCancelled { .. } => Self::CancellationNotice,
            Happening::SentUp { .. } => Self::ReferralNotice,
            Happening::HearingOffered { .. } => Self::HearingRights,
            Happening::HearingSet { .. } => Self::HearingNotice,
            Happening::Offered { .. }
            | Happening::Regained { .. }
            | Happening::HandedOver { .. }
            | Happening::TakenOver { .. }
            | Happening::Closed
            | Happening::Declared
            | Happening::ObjectNamed { .. }
            | Happening::Claim { .. }
            | Happening::LivesAgain { .. }
            | Happening::Recovered { .. }
            | Happening::GoesOn { .. }
            | Happening::TimeUncertain { .. }
            | Happening::TimeConfirmed { .. }
            | Happening::ClockResumed { .. }
            | Happening::StopExpired { .. }
            | Happening::AboutLicence { .. }
            | Happening::PromiseChecked { .. }
            | Happening::LicenceEnded { .. }
            | Happening::CameUp { .. }
            | Happening::StepDone { .. }
            | Happening::SteppedBack { .. }
            | Happening::HearingAsked { .. }
            | Happening::HearingHeld { .. }
            | Happening::FilesCame { .. } => return None,
        })
    }

    /// Where the licensing law asks for it (行政许可法). Other matters cite what their entries name.
    pub fn licensing_law(self) -> Option<Bilingual> {
        let article = |zh, en| Some(Bilingual { zh, en });
        match self {
            Self::Receipt => None,
            Self::GapsNotice => article("《行政许可法》第三十二条第一款第四项", "Licensing Law, art. 32 (1) 4"),
            Self::SupplementReceipt | Self::Acceptance => {
                article("《行政许可法》第三十二条第一款第五项、第二款", "Licensing Law, art. 32 (1) 5 and (2)")
            }
            Self::NonAcceptance => {
                article("《行政许可法》第三十二条第一款、第二款", "Licensing Law, art. 32 (1) and (2)")
            }
            Self::StopNotice => article("《行政许可法》第四十五条", "Licensing Law, art. 45"),
            Self::ExtensionNotice => article("《行政许可法》第四十二条第一款", "Licensing Law, art. 42 (1)"),
            Self::Grant => article("《行政许可法》第三十八条第一款", "Licensing Law, art. 38 (1)"),
            Self::Denial => article("《行政许可法》第三十八条第二款", "Licensing Law, art. 38 (2)"),
            Self::DeliveryReceipt => article("《行政许可法》第四十四条", "Licensing Law, art. 44"),
            Self::TransferNotice => article("《行政许可法》第三十二条第一款第二项", "Licensing Law, art. 32 (1) 2"),
            Self::LicenceSlip => article("《行政许可法》第三十九条第一款", "Licensing Law, art. 39 (1)"),
            Self::RenewalByLaw => article("《行政许可法》第五十条第二款", "Licensing Law, art. 50 (2)"),
            Self::Revocation => article("《行政许可法》第六十九条", "Licensing Law, art. 69"),
            Self::CancellationNotice => article("《行政许可法》第七十条", "Licensing Law, art. 70"),
            Self::ReferralNotice => article("《行政许可法》第四十三条", "Licensing Law, art. 43"),
            Self::HearingRights => article("《行政许可法》第四十七条", "Licensing Law, art. 47"),
            Self::HearingNotice => article("《行政许可法》第四十八条", "Licensing Law, art. 48"),
            Self::WithdrawalReceipt
            | Self::TerminationNotice
            | Self::DeficitNotice
            | Self::LapseNotice
            | Self::PromiseNotice => None,
        }
    }

    /// Whether it goes against the applicant, who is told how to have it reviewed: within 60 days by the body above (行政复议法 art. 20), within six
    /// months by a court (行政诉讼法 art. 46).
    pub fn can_be_challenged(self) -> bool {
        matches!(
            self,
            Self::NonAcceptance | Self::Denial | Self::TerminationNotice | Self::LapseNotice | Self::Revocation
        )
    }
}

/// A paper of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paper<'a> {
    /// Its place among the case's papers, from 1: a case's story only grows, so it stays.
    pub ordinal: u16,
    /// What it is.
    pub kind: PaperKind,
    /// The line of the story that it is of: when, where, what.
    pub line: &'a TimelineEntry,
    /// Where the clock of the unit was in doubt: within which bounds it was issued.
    pub uncertain: Option<Bounds>,
}

/// When something happened in a stretch of uncertain time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Not before.
    pub after: Timestamp,
    /// Not after; `None` while nobody has confirmed the unit's time.
    pub before: Option<Timestamp>,
}

/// The papers of a story, in its order. `void` are lines that do not count: what a unit told before it was lost, and its next life does not
/// have ([`crate::case::CaseRow::void_acts`]).
pub fn papers<'a>(story: &'a [TimelineEntry], void: &[TimelineEntry]) -> Vec<Paper<'a>> {
    let mut papers: Vec<Paper<'a>> = Vec::new();
    // The stretch that a unit's lines lie in, by unit.
    let mut doubted: BTreeMap<UnitId, Timestamp> = BTreeMap::new();
    for line in story.iter().filter(|line| !void.contains(line)) {
        match line.what {
            Happening::TimeUncertain { certain_until, .. } => drop(doubted.insert(line.unit, certain_until)),
            Happening::TimeConfirmed { at, .. } => {
                doubted.remove(&line.unit);
                let open = papers.iter_mut().filter(|paper| paper.line.unit == line.unit);
                for bounds in open.filter_map(|paper| paper.uncertain.as_mut()) {
                    bounds.before.get_or_insert(at);
                }
            }
            _ => {}
        }
        if let Some(kind) = PaperKind::of(&line.what) {
            let uncertain = doubted.get(&line.unit).map(|after| Bounds { after: *after, before: None });
            let ordinal = u16::try_from(papers.len() + 1).unwrap_or(u16::MAX);
            papers.push(Paper { ordinal, kind, line, uncertain });
        }
    }
    papers
}

/// What is printed on a paper: the case's number and the paper's place, `370811002001-260202-A-00001-7/02`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PaperNumber {
    /// The case's.
    pub case: CaseNumber,
    /// Among its papers.
    pub ordinal: u16,
}

impl fmt::Display for PaperNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{:02}", self.case, self.ordinal)
    }
}

impl FromStr for PaperNumber {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let malformed = || Malformed::new("paper number", text, "a case number, a slash, two digits");
        let (case, ordinal) = text.split_once('/').ok_or_else(malformed)?;
        let (case, ordinal) = (case.parse()?, ordinal.parse().map_err(|_| malformed())?);
        Ok(Self { case, ordinal })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::Sequence;

    const VILLAGE: UnitId = UnitId::FIRST;
    const COUNTY: UnitId = UnitId::LAST;

    fn story(lines: Vec<(UnitId, Happening)>) -> Vec<TimelineEntry> {
        let line = |((unit, what), number): ((UnitId, Happening), i64)| TimelineEntry {
            at: Timestamp(number * 1000),
            unit,
            sequence: Sequence(number.unsigned_abs()),
            what,
        };
        lines.into_iter().zip(1..).map(line).collect()
    }

    fn number() -> CaseNumber {
        "370811002001-260202-A-00001-7".parse().unwrap()
    }

    #[test]
    fn lines_that_somebody_is_told_of_are_papers_and_moves_are_not() {
        let story = story(vec![
            (VILLAGE, Happening::Received { number: number() }),
            (VILLAGE, Happening::Offered { to: COUNTY }),
            (COUNTY, Happening::TakenOver { from: VILLAGE }),
            (COUNTY, Happening::GapsTold { gaps: vec![], within: None }),
            (COUNTY, Happening::Supplemented { materials: vec![] }),
            (COUNTY, Happening::Decided { granted: false, reasons: "不符".to_owned() }),
            (COUNTY, Happening::Closed),
            (VILLAGE, Happening::Delivered),
        ]);
        let told: Vec<_> = papers(&story, &[]).iter().map(|paper| (paper.ordinal, paper.kind)).collect();
        assert_eq!(
            told,
            [
                (1, PaperKind::Receipt),
                (2, PaperKind::GapsNotice),
                (3, PaperKind::SupplementReceipt),
                (4, PaperKind::Denial),
                (5, PaperKind::DeliveryReceipt),
            ]
        );
        // What a former life told is no paper of the case.
        let void = [story[3].clone()];
        assert_eq!(papers(&story, &void)[1].kind, PaperKind::SupplementReceipt);
    }

    #[test]
    fn a_paper_of_uncertain_time_says_within_which_bounds_it_was_issued() {
        let since = Sequence(1);
        let mut lines = vec![
            (VILLAGE, Happening::TimeUncertain { since, certain_until: Timestamp(7) }),
            (VILLAGE, Happening::Received { number: number() }),
            (COUNTY, Happening::NotAccepted { reasons: "错".to_owned(), right_authority: None }),
        ];
        let bounds = |lines: &[(UnitId, Happening)]| -> Vec<_> {
            papers(&story(lines.to_vec()), &[]).iter().map(|paper| paper.uncertain).collect()
        };
        assert_eq!(bounds(&lines), [Some(Bounds { after: Timestamp(7), before: None }), None]);
        lines.push((VILLAGE, Happening::TimeConfirmed { since, at: Timestamp(9) }));
        lines.push((VILLAGE, Happening::Delivered));
        // A later confirmation says nothing of an earlier stretch.
        lines.push((VILLAGE, Happening::TimeConfirmed { since, at: Timestamp(11) }));
        let first = Bounds { after: Timestamp(7), before: Some(Timestamp(9)) };
        assert_eq!(bounds(&lines), [Some(first), None, None]);
    }

    #[test]
    fn only_what_goes_against_the_applicant_can_be_challenged() {
        let can: Vec<_> = PaperKind::ALL.into_iter().filter(|kind| kind.can_be_challenged()).collect();
        use PaperKind::{Denial, LapseNotice, NonAcceptance, Revocation, TerminationNotice};
        assert_eq!(can, [NonAcceptance, Denial, TerminationNotice, LapseNotice, Revocation]);
    }

    #[test]
    fn numbers_are_read_as_they_are_written() {
        let paper = PaperNumber { case: number(), ordinal: 2 };
        assert_eq!(paper.to_string(), "370811002001-260202-A-00001-7/02");
        assert_eq!(paper.to_string().parse(), Ok(paper));
        for wrong in
            ["", "370811002001-260202-A-00001-7", "370811002001-260202-A-00001-8/02", "370811002001-260202-A-00001-7/x"]
        {
            assert!(wrong.parse::<PaperNumber>().is_err(), "{wrong}");
        }
    }
}
