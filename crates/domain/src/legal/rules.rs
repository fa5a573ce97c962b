//! The rules of legal time as one table, and the terms under which one matter runs.

use serde::{Deserialize, Serialize};

use super::act::{Approver, Procedure};
use crate::case::{DayUnit, Intake};
use crate::catalogue::{LimitDays, Matter, MatterType};
use crate::codes::Bilingual;
use crate::identifiers::CreditCode;
use crate::time::CivilDate;

/// A rule that limits somebody's time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// All gaps are told, or the application counts as accepted.
    GapsTold,
    /// The decision.
    Decision,
    /// The decision where several departments handle jointly or as one.
    JointDecision,
    /// A lower organ's review before it sends a case up.
    LowerReview,
    /// The result is handed over.
    Delivery,
    /// A hearing is asked for: the applicant's own period.
    HearingAsked,
    /// The hearing is held.
    HearingHeld,
    /// Those concerned are told before the hearing: counted back from it.
    HearingNotice,
    /// Renewal is asked for before the licence ends: counted back from its last day, the applicant's own period.
    RenewalAsked,
    /// What the organ promises, beside the statutory limit.
    Promised,
}

/// How a limit may be extended, once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extension {
    /// At most, in the limit's own unit.
    pub days: u16,
    /// With whose approval.
    pub by: Approver,
}

/// A rule of the licensing law.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RuleRow {
    /// Which.
    pub rule: Rule,
    /// How long.
    pub limit: LimitDays,
    /// How it may be extended.
    pub extension: Option<Extension>,
    /// Of 行政许可法.
    pub article: &'static str,
    /// What must be done, and from when it counts.
    pub words: Bilingual,
}

const fn row(
    rule: Rule,
    (days, unit): (u16, DayUnit),
    extension: Option<Extension>,
    article: &'static str,
    (en, zh): (&'static str, &'static str),
) -> RuleRow {
    RuleRow { rule, limit: LimitDays { days, unit }, extension, article, words: Bilingual { en, zh } }
}

const TEN: Option<Extension> = Some(Extension { days: 10, by: Approver::OrganHead });
const FIFTEEN: Option<Extension> = Some(Extension { days: 15, by: Approver::GovernmentHead });

/// 行政许可法, for type 01. Organs count working days (art. 82). The two periods of the applicant's own are counted in the unit that
/// leaves the applicant more time: working days to ask for a hearing, calendar days back from a licence's last day.
pub const RULES: [RuleRow; 9] = [
    row(
        Rule::GapsTold,
        (5, DayUnit::Working),
        None,
        "32",
        (
            "all gaps told, from receipt; else accepted from the day of receipt",
            "自收到申请材料之日起一次告知补正内容,逾期不告知的自收到之日起即为受理",
        ),
    ),
    row(Rule::Decision, (20, DayUnit::Working), TEN, "42", ("decision, from acceptance", "自受理之日起作出决定")),
    row(
        Rule::JointDecision,
        (45, DayUnit::Working),
        FIFTEEN,
        "26, 42",
        ("joint or unified decision, from acceptance", "统一办理或者联合办理、集中办理,自受理之日起办结"),
    ),
    row(
        Rule::LowerReview,
        (20, DayUnit::Working),
        None,
        "43",
        ("lower organ's review, from its acceptance", "下级行政机关自受理之日起审查完毕"),
    ),
    row(
        Rule::Delivery,
        (10, DayUnit::Working),
        None,
        "44",
        ("result handed over, from the decision", "自作出决定之日起颁发、送达"),
    ),
    row(
        Rule::HearingAsked,
        (5, DayUnit::Working),
        None,
        "46, 47",
        ("hearing asked for, from when the right was told", "自被告知听证权利之日起提出听证申请"),
    ),
    row(
        Rule::HearingHeld,
        (20, DayUnit::Working),
        None,
        "47",
        ("hearing held, from when it was asked for", "自提出听证申请之日起组织听证"),
    ),
    row(
        Rule::HearingNotice,
        (7, DayUnit::Working),
        None,
        "48",
        ("notice of time and place, back from the hearing", "举行听证前通知时间、地点"),
    ),
    row(
        Rule::RenewalAsked,
        (30, DayUnit::Calendar),
        None,
        "50",
        (
            "renewal asked for, back from the licence's last day; not decided by then: renewed",
            "有效期届满前提出延续申请,届满时未作决定的视为准予延续",
        ),
    ),
];

/// A limit that an entry cites.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CitedRule {
    /// Which.
    pub rule: Rule,
    /// How long.
    pub limit: LimitDays,
    /// How it may be extended.
    pub extension: Option<Extension>,
    /// The law or rule that the entry cites.
    pub basis: String,
}

/// By which law a matter's time runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LegalRegime {
    /// 行政许可法: type 01.
    Licence,
    /// Only what the entry cites: every other type.
    Cited {
        /// The limits.
        rules: Vec<CitedRule>,
        /// What stops the clock.
        stops: Vec<Procedure>,
        /// Gaps that are not told in time make the application accepted; only with a limit for telling them.
        deemed: bool,
    },
}

impl LegalRegime {
    /// Of a matter as catalogues have it today: a licence runs by the law, anything else by the limit for its decision alone.
    pub fn of(matter: &Matter, basis: &str) -> Self {
        match matter.matter_type {
            MatterType::Licence => Self::Licence,
            _ => Self::Cited {
                rules: vec![CitedRule {
                    rule: Rule::Decision,
                    limit: matter.statutory_limit,
                    extension: None,
                    basis: basis.to_owned(),
                }],
                stops: vec![],
                deemed: false,
            },
        }
    }

    /// Limit and extension of a rule; `None` where nothing limits.
    pub fn limit(&self, rule: Rule) -> Option<(LimitDays, Option<Extension>)> {
        match self {
            Self::Licence => RULES.iter().find(|row| row.rule == rule).map(|row| (row.limit, row.extension)),
            Self::Cited { rules, .. } => {
                rules.iter().find(|cited| cited.rule == rule).map(|cited| (cited.limit, cited.extension))
            }
        }
    }

    /// Where a rule stands.
    pub fn basis(&self, rule: Rule) -> String {
        match self {
            _ if rule == Rule::Promised => "服务承诺".to_owned(),
            Self::Licence => {
                let row = RULES.iter().find(|row| row.rule == rule);
                row.map(|row| format!("行政许可法 art. {}", row.article)).unwrap_or_default()
            }
            Self::Cited { rules, .. } => {
                rules.iter().find(|cited| cited.rule == rule).map(|cited| cited.basis.clone()).unwrap_or_default()
            }
        }
    }

    /// Whether an application whose gaps are not told in time counts as accepted.
    pub fn deems(&self) -> bool {
        match self {
            Self::Licence => true,
            Self::Cited { deemed, .. } => *deemed,
        }
    }

    /// Whether a procedure stops the clock; a site check is asked of the entry, not here.
    pub fn stops_for(&self, kind: Procedure) -> bool {
        match self {
            Self::Licence => kind != Procedure::SiteCheck,
            Self::Cited { stops, .. } => stops.contains(&kind),
        }
    }
}

/// Until when on a day papers are filed on that day; later ones are filed on the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CutOff {
    /// Minutes since midnight at UTC+8; filed in this minute is in time.
    pub minutes: u16,
}

/// The terms under which one application runs, of its entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// By which law.
    pub regime: LegalRegime,
    /// How first contact counts.
    pub intake: Intake,
    /// Who is turned to first.
    pub organ: CreditCode,
    /// Published for filing by night; `None`: the day lasts until midnight.
    pub cut_off: Option<CutOff>,
    /// Several departments handle it jointly or as one, by art. 26.
    pub joint: bool,
    /// How many organs review before the one that decides.
    pub reviews: u8,
    /// How long the review of who has the case may take, where its entry says so; else as the regime says.
    pub review: Option<LimitDays>,
    /// The law that lets a site check stop the clock, where the entry cites one.
    pub site_check: Option<String>,
    /// What the organ promises.
    pub promised: Option<LimitDays>,
    /// The entry's own limit for the decision, where another law gives it (art. 42: 法律、法规另有规定的,依照其规定).
    #[serde(default)]
    pub decision: Option<LimitDays>,
}

/// A licence's renewal (art. 50): until when it is asked for, and since when it counts as renewed because nobody decided in time.
///
/// Asked for later, the organ may still renew, but nothing happens by itself.
pub fn renewal(
    last_day: CivilDate,
    asked: Option<CivilDate>,
    decided: Option<CivilDate>,
    today: CivilDate,
) -> (CivilDate, Option<CivilDate>) {
    let back = RULES.iter().find(|row| row.rule == Rule::RenewalAsked).map_or(0, |row| row.limit.days);
    let ask_by = last_day.plus_days(-i32::from(back));
    let in_time = asked.is_some_and(|asked| asked <= ask_by);
    let undecided = decided.is_none_or(|decided| decided > last_day);
    (ask_by, (in_time && undecided && today > last_day).then_some(last_day))
}
