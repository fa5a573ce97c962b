//! Why something may not be published.

use crate::catalogue::import::Severity;
use crate::catalogue::{BasicCode, BasisLevel, ClosedSet, DelegateNature, LimitDays, MatterType};
use crate::ids::UnitId;

/// What is wrong with a catalogue as it stands.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PublicationFault {
    /// No norm is named.
    #[error("no legal basis is named")]
    BasisMissing,
    /// A licence that the city made.
    #[error("a {} creates no licence (行政许可法 arts. 14–17); none of the bases above it does", .0.member().zh)]
    CityLicence(BasisLevel),
    /// A licence that no norm may create.
    #[error("a {} creates no licence (行政许可法 arts. 14, 15, 17)", .0.member().zh)]
    LicenceBasis(BasisLevel),
    /// Something that is asked for is left open.
    #[error("{words:?} leaves open what may be asked for: {text:?}")]
    CatchAll {
        /// The words.
        words: String,
        /// The whole text.
        text: String,
    },
    /// Listed as what needs no approval, and one by its name.
    #[error("type {} is no approval, and the name says {words:?}", .matter_type.member().code)]
    DisguisedApproval {
        /// As listed.
        matter_type: MatterType,
        /// The words of the name.
        words: String,
    },
    /// Listed as what needs no approval, and one by its result.
    #[error("type {} is no approval, and its result {result:?} is one", .matter_type.member().code)]
    DisguisedResult {
        /// As listed.
        matter_type: MatterType,
        /// The result's name.
        result: String,
    },
    /// A step that the matter does not list.
    #[error("the matter lists no step {step:?}")]
    UnlistedStep {
        /// As named.
        step: String,
    },
    /// Two things of one name.
    #[error("{what} stands there twice")]
    Twice {
        /// A code or a name.
        what: String,
    },
    /// Steps that wait for one another.
    #[error("step {step:?} waits for itself")]
    StepsInACircle {
        /// One of them.
        step: String,
    },
    /// A step that assists nobody.
    #[error("step {step:?} assists, and no step beside it leads")]
    AssistWithoutLead {
        /// The step.
        step: String,
    },
    /// The steps take longer than is promised.
    #[error("the steps one after another take {steps_days} days, promised are {promised_days}")]
    StepsTooLong {
        /// Of the longest chain.
        steps_days: u32,
        /// Of the matter.
        promised_days: u16,
    },
    /// Nothing says that the clock may stand still for it.
    #[error("{procedure} stops the clock only where a law is cited")]
    ProcedureBasis {
        /// 中文.
        procedure: &'static str,
    },
    /// A fee that nothing allows.
    #[error("fee {item:?} has no basis (行政许可法 arts. 58, 59)")]
    FeeBasis {
        /// What is paid for.
        item: String,
    },
    /// One must come, and nobody says why.
    #[error("{most} visits, and no reason why")]
    VisitReason {
        /// How many.
        most: u8,
    },
    /// More is promised than the law allows.
    #[error("{} days are promised, {} are the law's", .promised.days, .statutory.days)]
    PromiseLonger {
        /// What is promised.
        promised: LimitDays,
        /// What the law gives.
        statutory: LimitDays,
    },
    /// Done at once, and days are promised.
    #[error("an instant matter is done on its day, not within {days}")]
    InstantLimit {
        /// As promised.
        days: u16,
    },
    /// A yellow card before the warning.
    #[error("the yellow card comes {yellow} days before the last one, the warning {warning}")]
    CardDays {
        /// Of the warning.
        warning: u16,
        /// Of the yellow card.
        yellow: u16,
    },
    /// Too little or too much time to put a bad rating right.
    #[error("a bad rating is put right within 5 to 15 working days, not {days}")]
    RatingDays {
        /// As listed.
        days: u16,
    },
    /// It ends before it begins.
    #[error("it is planned to end before it begins")]
    PlannedDates,
    /// An entry of nothing.
    #[error("the catalogue has no matter {0}")]
    MatterUnknown(BasicCode),
    /// An entry among those of another unit.
    #[error("the entry is of {got}, among those of {expected}")]
    Misplaced {
        /// Whose list it stands in.
        expected: UnitId,
        /// Whose it is.
        got: UnitId,
    },
    /// A code that says something else than its row.
    #[error("the code says {what} {code:?}, the row {row:?}")]
    CodeParts {
        /// Which part.
        what: &'static str,
        /// In the code.
        code: String,
        /// In the row.
        row: String,
    },
    /// A licence at a village or an outlet.
    #[error("a licence is never exercised by a village or an outlet (行政许可法 art. 24): {who:?}")]
    LicenceToVillage {
        /// The village or outlet.
        who: String,
    },
    /// A licence delegated to what is no administrative organ.
    #[error("a licence is delegated to administrative organs only (行政许可法 art. 24), not to {:?}", .0.member().zh)]
    LicenceToOrganisation(DelegateNature),
    /// A delegate that delegates.
    #[error("who acts by delegation does not delegate (行政许可法 art. 24)")]
    Redelegated,
    /// A delegation that nobody announced.
    #[error("a delegation names its basis and its announcement (行政许可法 art. 24)")]
    DelegationUnannounced,
    /// Held alike by a vertical body.
    #[error("a vertical body's power is held alike by nobody")]
    SameAuthorityVertical,
    /// Held alike although graded.
    #[error("a graded power is held alike by nobody")]
    SameAuthorityGraded,
    /// Held alike by a zone that was given nothing.
    #[error("a development zone holds a power alike only by an instrument of its own")]
    SameAuthorityZone,
    /// Held alike with another content.
    #[error("held alike with {unit}, whose content of exercise is {expected:?}, not {got:?}")]
    SameAuthorityContent {
        /// The other one.
        unit: UnitId,
        /// Its content.
        expected: String,
        /// This one's.
        got: String,
    },
    /// Held alike with nobody.
    #[error("held alike, and only at one tier")]
    SameAuthorityAlone,
    /// A review before a decision that nobody makes.
    #[error("it reviews, and no tier above it decides")]
    ReviewUndecided,
    /// A review that nothing demands.
    #[error("a lower organ reviews only where a provision says so (行政许可法 art. 43)")]
    ReviewBasis,
    /// Four-tier sameness does not hold.
    #[error("the body's own list says {own:?} where the catalogue says {catalogue:?}")]
    TiersDiffer {
        /// In the catalogue.
        catalogue: String,
        /// In the body's list.
        own: String,
    },
}

impl PublicationFault {
    /// The documented code (docs/errors.md).
    pub fn code(&self) -> &'static str {
        match self {
            Self::BasisMissing => "publish.basis_missing",
            Self::CityLicence(_) => "publish.city_licence",
            Self::LicenceBasis(_) => "publish.licence_basis",
            Self::CatchAll { .. } => "publish.catch_all",
            Self::DisguisedApproval { .. } | Self::DisguisedResult { .. } => "publish.disguised_approval",
            Self::UnlistedStep { .. } => "publish.unlisted_step",
            Self::Twice { .. } => "publish.twice",
            Self::StepsInACircle { .. } => "publish.steps_in_a_circle",
            Self::AssistWithoutLead { .. } => "publish.assist_without_lead",
            Self::StepsTooLong { .. } => "publish.steps_too_long",
            Self::ProcedureBasis { .. } => "publish.procedure_basis",
            Self::FeeBasis { .. } => "publish.fee_basis",
            Self::VisitReason { .. } => "publish.visit_reason",
            Self::PromiseLonger { .. } => "publish.promise_longer",
            Self::InstantLimit { .. } => "publish.instant_limit",
            Self::CardDays { .. } => "publish.card_days",
            Self::RatingDays { .. } => "publish.rating_days",
            Self::PlannedDates => "publish.planned_dates",
            Self::MatterUnknown(_) => "publish.matter_unknown",
            Self::Misplaced { .. } => "publish.misplaced",
            Self::CodeParts { .. } => "publish.code_parts",
            Self::LicenceToVillage { .. } => "publish.licence_to_village",
            Self::LicenceToOrganisation(_) => "publish.licence_to_organisation",
            Self::Redelegated => "publish.redelegated",
            Self::DelegationUnannounced => "publish.delegation_unannounced",
            Self::SameAuthorityVertical => "publish.same_authority_vertical",
            Self::SameAuthorityGraded => "publish.same_authority_graded",
            Self::SameAuthorityZone => "publish.same_authority_zone",
            Self::SameAuthorityContent { .. } => "publish.same_authority_content",
            Self::SameAuthorityAlone => "publish.same_authority_alone",
            Self::ReviewUndecided => "publish.review_undecided",
            Self::ReviewBasis => "publish.review_basis",
            Self::TiersDiffer { .. } => "publish.tiers_differ",
        }
    }

    /// Whether it forbids publishing.
    pub fn severity(&self) -> Severity {
        match self {
            // A flag without a second holder changes nothing: routing finds one authority.
            Self::SameAuthorityAlone => Severity::Warning,
            _ => Severity::Error,
        }
    }
}
