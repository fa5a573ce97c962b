//! Refusals: answers to a request that cannot be done. Typed, with a code that is documented once for ever.

use serde::{Deserialize, Serialize};

use crate::accounts::AccountRefusal;
use crate::case::Stage;
pub use crate::catalogue::CatalogueRefusal;
use crate::concerns::ConcernRefusal;
use crate::files::FilesRefusal;
use crate::handoff::Role;
use crate::ids::{CaseId, CaseNumber, Sequence, UnitId};
use crate::legal::LegalRefusal;
use crate::licence::LicenceNumber;
use crate::time::CivilDate;

/// Why a command was not done. A refusal writes nothing but its audit row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// The first command of a log is the founding, and only that.
    #[error("this log is already founded, or not yet")]
    Founding,
    /// No such case here.
    #[error("case {case} is not known here")]
    CaseUnknown {
        /// The case.
        case: CaseId,
    },
    /// No such printed number here.
    #[error("case {number} is not known here")]
    NumberUnknown {
        /// The number.
        number: CaseNumber,
    },
    /// The id minted for a new case is taken: a leader's defect.
    #[error("case {case} exists already")]
    CaseExists {
        /// The case.
        case: CaseId,
    },
    /// Another unit owns the case.
    #[error("the case is with unit {with}")]
    CaseElsewhere {
        /// Who has it.
        with: UnitId,
    },
    /// The case is on its way, and nobody may act on it until that is decided.
    #[error("the case is on its way ({role:?})")]
    CaseMoving {
        /// What this unit is to it.
        role: Role,
    },
    /// The act does not fit how far the case has got.
    #[error("the case is {stage:?}: too early or too late for that")]
    StageUnfit {
        /// How far it has got.
        stage: Stage,
    },
    /// The case changed since the leader looked.
    #[error("the case changed meanwhile: look again")]
    Changed,
    /// This unit has no entry for the matter, so it may not decide it.
    #[error("unit {unit} is no authority for this matter")]
    NotAuthority {
        /// This unit.
        unit: UnitId,
    },
    /// No catalogue version is installed here yet.
    #[error("no catalogue is installed here yet")]
    NoCatalogue,
    /// The catalogue version that the case pins is not installed here.
    #[error("catalogue version {number} is not installed here")]
    CatalogueMissing {
        /// The version.
        number: u64,
    },
    /// The pinned version has no such matter.
    #[error("the catalogue has no matter {matter}")]
    MatterUnknown {
        /// The code that was asked for.
        matter: String,
    },
    /// The version does not follow the newest one: older, a fork, or a gap.
    #[error("catalogue version {number} does not follow version {newest}")]
    CatalogueOrder {
        /// What came.
        number: u64,
        /// What is here.
        newest: u64,
    },
    /// Bytes that are not what their hash says, or cannot be read.
    #[error("a catalogue piece cannot be read: {why}")]
    CataloguePiece {
        /// What is wrong.
        why: String,
    },
    /// A denial and a non-acceptance need their reasons.
    #[error("reasons are missing")]
    ReasonsMissing,
    /// A required material is not there.
    #[error("required materials are missing: {names:?}")]
    MaterialsMissing {
        /// As listed.
        names: Vec<String>,
    },
    /// A material that the matter does not list may not be asked for nor taken.
    #[error("materials that this matter does not list: {names:?}")]
    MaterialsUnlisted {
        /// As handed in.
        names: Vec<String>,
    },
    /// The unit has used up the day's case numbers.
    #[error("no case numbers are left for today")]
    NumbersExhausted,
    /// The key was used for another request.
    #[error("this idempotency key was used for another request")]
    KeyReused,
    /// Nothing can be offered to oneself.
    #[error("a case cannot be offered to unit {to}")]
    OfferUnfit {
        /// Whom to.
        to: UnitId,
    },
    /// The timer is not due, or what it was set for is over.
    #[error("nothing is due")]
    NotDue,
    /// The mail is not the next one of its stream.
    #[error("mail {got} came where {expected} was due")]
    MailOrder {
        /// What came.
        got: u64,
        /// What was due.
        expected: u64,
    },
    /// A former life of the sender.
    #[error("the sender's generation {got} is fenced; {current} is current")]
    MailFenced {
        /// What came.
        got: u32,
        /// What is current.
        current: u32,
    },
    /// An acknowledgement for mail that was never written.
    #[error("an acknowledgement beyond what was written")]
    AcknowledgementUnfit,
    /// The place lies in another city: cross-region handling is not open yet.
    #[error("place {place} lies outside this city")]
    PlaceOutside {
        /// The place.
        place: UnitId,
    },
    /// Nobody implements the matter for the place.
    #[error("no authority may decide this matter for {place}")]
    NoAuthority {
        /// The place.
        place: UnitId,
    },
    /// A version is published with all its pieces.
    #[error("{missing} pieces of the catalogue version are not here")]
    CatalogueIncomplete {
        /// How many are missing.
        missing: u32,
    },
    /// The claim is not here yet: its home has not answered, or asks the other case first.
    #[error("the claim on this application is awaited from its home {home}")]
    ClaimAwaited {
        /// Who grants it.
        home: UnitId,
    },
    /// Before the home has answered, a case is accepted on the applicant's declaration only.
    #[error("the home {home} of the claim has not answered: accepting needs the applicant's declaration")]
    DeclarationMissing {
        /// Who grants it.
        home: UnitId,
    },
    /// A head that is not this unit's to tell: another's, not that of its own tree, told already, or to who is no neighbour.
    #[error("a head of {size} audit rows is not this unit's to tell now")]
    HeadUnfit {
        /// As the head says.
        size: u64,
    },
    /// The case comes from before the unit was lost: it is read, and not acted on before all peers have said what they know.
    #[error("case {case} comes from before the unit was lost: it is read, and not acted on yet")]
    CaseRecovering {
        /// Which case.
        case: CaseId,
    },
    /// No such step of a recovery is due: no round is open, it still waits for somebody, or the step was taken already.
    #[error("no such step of a recovery is due")]
    RecoveryUnfit,
    /// A loss is recorded by two people, each by name.
    #[error("a loss is recorded by two people: {people:?} are not two")]
    PeopleUnfit {
        /// As named.
        people: Vec<String>,
    },
    /// The log's time is uncertain: nothing that begins or ends a legal period, and no timer, before it is confirmed.
    #[error("the unit's time is uncertain since its command {}: it has to be confirmed first", since.0)]
    TimeUncertain {
        /// The command that began it.
        since: Sequence,
    },
    /// There is no uncertain time, or no longer that one.
    #[error("the unit's time is certain: there is nothing to confirm")]
    TimeCertain,
    /// Legal time does not allow it: the refusal names the article.
    #[error("{0}")]
    Legal(LegalRefusal),
    /// A notice of gaps that names none, or not what is wrong.
    #[error("the notice names no gap, or a gap without what is wrong")]
    GapsMissing,
    /// Materials are to follow, and nobody agreed with the applicant on it.
    #[error("materials are still to come, and nothing is agreed about them: {names:?}")]
    DeficitUntold {
        /// As listed.
        names: Vec<String>,
    },
    /// Nothing is to follow.
    #[error("no material of this application is to follow")]
    DeficitNone,
    /// The applicant has not asked for it, or not agreed.
    #[error("the applicant's own request or consent is not recorded")]
    ConsentMissing,
    /// A period of no day.
    #[error("the notice tells no period of at least one day")]
    PeriodMissing,
    /// A consequence without its provision.
    #[error("the notice cites no provision")]
    BasisMissing,
    /// The period that was told has passed.
    #[error("what was asked for could be brought until {until}")]
    Lapsed {
        /// The last day.
        until: CivilDate,
    },
    /// What came is none of what is to follow.
    #[error("not among what is to follow: {names:?}")]
    NotToFollow {
        /// As handed in.
        names: Vec<String>,
    },
    /// What is said of a case, or done about it, does not fit.
    #[error("{0}")]
    Concern(ConcernRefusal),
    /// Not issued here to this applicant for this matter.
    #[error("no licence {licence} of this applicant and matter is known here")]
    LicenceUnknown {
        /// As named.
        licence: LicenceNumber,
    },
    /// It does not hold any more, or did not when the application was received.
    #[error("licence {licence} does not hold (last day {until:?})")]
    LicenceOver {
        /// As named.
        licence: LicenceNumber,
        /// Its last day.
        until: Option<CivilDate>,
    },
    /// Nothing to renew.
    #[error("licence {licence} holds without an end: there is nothing to renew")]
    LicenceEndless {
        /// As named.
        licence: LicenceNumber,
    },
    /// Another application about it is open.
    #[error("application {number} about licence {licence} is open")]
    LicenceBusy {
        /// As named.
        licence: LicenceNumber,
        /// The open one.
        number: CaseNumber,
    },
    /// No licence was first issued in the case.
    #[error("no licence was first issued in case {case}")]
    LicenceNone {
        /// Which case.
        case: CaseId,
    },
    /// Nothing that a promise could stand for, or none that is to be checked.
    #[error("no promise can stand here, or none is to be checked")]
    PromiseNone,
    /// The applicant broke a promise not long ago.
    #[error("the applicant broke a promise in case {number}, which counts until {until}")]
    BreachOpen {
        /// The case that was decided on it.
        number: CaseNumber,
        /// The last day on which it counts.
        until: CivilDate,
    },
    /// A lower organ reviews, and another one decides.
    #[error("unit {unit} reviews this matter and does not decide it")]
    ReviewsOnly {
        /// This unit.
        unit: UnitId,
    },
    /// Nothing is sent up from who decides.
    #[error("unit {unit} decides this matter: there is nobody to send it up to")]
    DecidesHere {
        /// This unit.
        unit: UnitId,
    },
    /// The matter lists no such step between acceptance and decision.
    #[error("the matter lists no step {step:?} between acceptance and decision")]
    StepUnlisted {
        /// As named.
        step: String,
    },
    /// The step was done.
    #[error("step {step:?} is done")]
    StepOver {
        /// As listed.
        step: String,
    },
    /// Steps come first that are not done.
    #[error("not done yet: {steps:?}")]
    StepsOpen {
        /// As listed.
        steps: Vec<String>,
    },
    /// A step found that it cannot be granted.
    #[error("the application cannot be granted by what was found: {steps:?}")]
    StepsObject {
        /// As listed.
        steps: Vec<String>,
    },
    /// Who handles a case does not judge it, and two people look at a site.
    #[error("step {step:?} is for another person than who did its other side")]
    DutiesApart {
        /// As listed, or the decision.
        step: String,
    },
    /// No hearing was offered, asked for or set: what was asked comes too early, or the matter's law knows none.
    #[error("no hearing of this case is at that point")]
    HearingNone,
    /// It was told, asked for or set before.
    #[error("that was done about the hearing before")]
    HearingTold,
    /// A hearing without place or chair.
    #[error("a hearing has a place and somebody who chairs it")]
    HearingUnclear,
    /// Its day has not come.
    #[error("the hearing is on {held}")]
    HearingEarly {
        /// The day.
        held: CivilDate,
    },
    /// A decision waits for it, or for the day until which it can be asked for.
    #[error("a hearing can be asked for, or was asked for and is not held yet")]
    HearingOpen,
    /// What is asked about a version of the catalogue does not fit.
    #[error("{0}")]
    Catalogue(CatalogueRefusal),
    /// Files of materials are not taken.
    #[error("{0}")]
    Files(FilesRefusal),
    /// What is asked about accounts is not done.
    #[error("{0}")]
    Account(AccountRefusal),
}

impl From<AccountRefusal> for Refusal {
    fn from(refusal: AccountRefusal) -> Self {
        Self::Account(refusal)
    }
}

impl From<CatalogueRefusal> for Refusal {
    fn from(refusal: CatalogueRefusal) -> Self {
        Self::Catalogue(refusal)
    }
}

impl Refusal {
    /// The documented code (docs/errors.md).
    pub fn code(&self) -> &'static str {
        match self {
            Self::Founding => "unit.founding",
            Self::CaseUnknown { .. } | Self::NumberUnknown { .. } => "case.unknown",
            Self::CaseExists { .. } => "case.exists",
            Self::CaseElsewhere { .. } => "case.elsewhere",
            Self::CaseMoving { .. } => "case.moving",
            Self::StageUnfit { .. } => "case.stage_unfit",
            Self::Changed => "case.changed",
            Self::NotAuthority { .. } => "route.not_authority",
            Self::NoCatalogue => "catalogue.none",
            Self::CatalogueMissing { .. } => "catalogue.version_missing",
            Self::MatterUnknown { .. } => "matter.unknown",
            Self::CatalogueOrder { .. } => "catalogue.order",
            Self::CataloguePiece { .. } => "catalogue.piece_unreadable",
            Self::ReasonsMissing => "case.reasons_missing",
            Self::MaterialsMissing { .. } => "case.materials_missing",
            Self::MaterialsUnlisted { .. } => "case.materials_unlisted",
            Self::NumbersExhausted => "case.numbers_exhausted",
            Self::KeyReused => "request.key_reused",
            Self::OfferUnfit { .. } => "case.offer_unfit",
            Self::NotDue => "timer.not_due",
            Self::MailOrder { .. } => "mail.order",
            Self::MailFenced { .. } => "mail.fenced",
            Self::AcknowledgementUnfit => "mail.acknowledgement_unfit",
            Self::PlaceOutside { .. } => "route.place_outside",
            Self::NoAuthority { .. } => "route.no_authority",
            Self::CatalogueIncomplete { .. } => "catalogue.incomplete",
            Self::ClaimAwaited { .. } => "claim.awaited",
            Self::DeclarationMissing { .. } => "claim.declaration_missing",
            Self::HeadUnfit { .. } => "audit.head_unfit",
            Self::CaseRecovering { .. } => "case.recovering",
            Self::RecoveryUnfit => "recovery.unfit",
            Self::PeopleUnfit { .. } => "recovery.two_people",
            Self::TimeUncertain { .. } => "time.uncertain",
            Self::TimeCertain => "time.certain",
            Self::Legal(refusal) => refusal.code(),
            Self::GapsMissing => "case.gaps_missing",
            Self::DeficitUntold { .. } => "case.deficit_untold",
            Self::DeficitNone => "case.deficit_none",
            Self::ConsentMissing => "case.consent_missing",
            Self::PeriodMissing => "case.period_missing",
            Self::BasisMissing => "case.basis_missing",
            Self::NotToFollow { .. } => "case.not_to_follow",
            Self::Lapsed { .. } => "case.lapsed",
            Self::Concern(refusal) => refusal.code(),
            Self::LicenceUnknown { .. } => "licence.unknown",
            Self::LicenceOver { .. } => "licence.over",
            Self::LicenceEndless { .. } => "licence.endless",
            Self::LicenceBusy { .. } => "licence.busy",
            Self::LicenceNone { .. } => "licence.none",
            Self::PromiseNone => "licence.promise_none",
            Self::BreachOpen { .. } => "licence.breach_open",
            Self::StepUnlisted { .. } => "flow.unlisted",
            Self::StepOver { .. } => "flow.over",
            Self::StepsOpen { .. } => "flow.steps_open",
            Self::StepsObject { .. } => "flow.steps_object",
            Self::DutiesApart { .. } => "flow.duties_apart",
            Self::HearingNone => "hearing.none",
            Self::HearingTold => "hearing.told",
            Self::HearingUnclear => "hearing.unclear",
            Self::HearingEarly { .. } => "hearing.early",
            Self::HearingOpen => "hearing.open",
            Self::ReviewsOnly { .. } => "route.reviews_only",
            Self::DecidesHere { .. } => "route.decides_here",
            Self::Catalogue(refusal) => refusal.code(),
            Self::Files(refusal) => refusal.code(),
            Self::Account(refusal) => refusal.code(),
        }
    }

    /// Whether the same request may be answered otherwise soon: not kept under an idempotency key (protocol.md §9).
    pub fn is_passing(&self) -> bool {
        if let Self::Files(refusal) = self {
            return refusal.is_passing();
        }
        matches!(
            self,
            Self::CaseMoving { .. }
                | Self::Changed
                | Self::NoCatalogue
                | Self::CatalogueMissing { .. }
                | Self::KeyReused
                | Self::ClaimAwaited { .. }
                | Self::DeclarationMissing { .. }
                | Self::CaseRecovering { .. }
                | Self::RecoveryUnfit
                | Self::TimeUncertain { .. }
                | Self::TimeCertain
                | Self::LicenceBusy { .. }
                | Self::HearingEarly { .. }
                | Self::HearingOpen
        )
    }
}
