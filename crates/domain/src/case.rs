//! A case (办件): what travels from unit to unit, and what each unit keeps beside it.

use serde::{Deserialize, Serialize};

use crate::catalogue::{BasicCode, CataloguePin, LimitDays, Matter};
use crate::claims::{ClaimNote, Duplicate};
use crate::command::TimerKind;
use crate::digest::ContentHash;
use crate::files::CaseFile;
use crate::handoff::Custody;
use crate::hearing::HearingParty;
use crate::identifiers::CreditCode;
use crate::ids::{CaseId, CaseNumber, Generation, Sequence, UnitId};
use crate::legal::{Approver, Procedure};
use crate::licence::{LicenceAct, LicenceNumber};
use crate::recovery::{ContentVersion, Statement};
use crate::sealed::{BlindIndex, Sealed, WrappedKey};
use crate::time::{CivilDate, Timestamp};

pub use crate::files::Material;

/// How far the case has got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// 收件: papers taken; no clock of an authority runs for the decision.
    Received,
    /// 受理: the legal act that starts the clock.
    Accepted,
    /// 不予受理, with reasons and the right authority.
    NotAccepted,
    /// 决定: granted or denied.
    Decided,
    /// 办结: result made, waiting for delivery.
    Closed,
    /// 送达: in the applicant's hands.
    Delivered,
    /// 撤回: by the applicant, before the decision.
    Withdrawn,
    /// 终止: as a duplicate of another case, by a formal paper; receipt date and work are kept.
    Terminated,
    /// 待补正: the applicant was told all gaps at once and has not filled them yet.
    AwaitingSupplement,
    /// 逾期终止: what the applicant was to bring did not come within the period told.
    Lapsed,
    /// 转报: reviewed here, and to be taken by the organ above.
    SentUp,
}

impl Stage {
    /// Whether it is decided, whatever is left to do with the result.
    pub fn is_decided(self) -> bool {
        matches!(self, Self::Decided | Self::Closed | Self::Delivered)
    }

    /// Whether nothing more will happen.
    pub fn is_final(self) -> bool {
        matches!(self, Self::NotAccepted | Self::Delivered | Self::Withdrawn | Self::Terminated | Self::Lapsed)
    }
}

/// Where first contact counts as receipt (domain.md §4, "Where the clock starts").
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Intake {
    /// Day 0 is the day at the counter, even offline.
    ForAuthority,
    /// Day 0 is the day of arrival at the authority.
    Courier,
}

/// The unit and body that may decide.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Authority {
    /// Where the work is done.
    pub unit: UnitId,
    /// Who acts in law.
    pub body: CreditCode,
}

/// 受理.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acceptance {
    /// When, by the accepting unit's log.
    pub at: Timestamp,
    /// Who accepted.
    pub authority: Authority,
    /// The last day for the decision, and how it was found.
    pub due: Due,
}

/// A last day and the facts that it was derived from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Due {
    /// The last day.
    pub date: CivilDate,
    /// The day of the event; not counted.
    pub from: CivilDate,
    /// How many days.
    pub days: u16,
    /// Working days of the organ (art. 82), or calendar days.
    pub unit: DayUnit,
    /// Of the calendar that was used.
    pub calendar: ContentHash,
    /// Whether a year that counts has no published calendar yet.
    pub provisional: bool,
}

/// What a limit is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DayUnit {
    /// Of the official calendar, moved weekends included.
    Working,
    /// Every day.
    Calendar,
}

/// 决定.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// When, by the deciding unit's log.
    pub at: Timestamp,
    /// Whether the application is granted.
    pub granted: bool,
    /// Why; never empty when denied. Public text: no personal fields.
    pub reasons: String,
    /// Who decided, in whose name.
    pub authority: Authority,
    /// The deciding unit's number for the command.
    pub sequence: Sequence,
}

/// 不予受理.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NonAcceptance {
    /// When.
    pub at: Timestamp,
    /// Why; never empty.
    pub reasons: String,
    /// The authority to turn to, where this is the wrong one.
    pub right_authority: Option<UnitId>,
}

/// All that travels with a case. Frozen from the offer on; its hash is what the receiver prepares.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseContent {
    /// The internal name.
    pub id: CaseId,
    /// The number printed on paper.
    pub number: CaseNumber,
    /// The basic entry of the matter.
    pub matter: BasicCode,
    /// The matter's name when it was received.
    pub matter_name: String,
    /// Pinned at receipt: materials and limits.
    pub pin: CataloguePin,
    /// The place that the application is about: decides who is competent.
    pub place: UnitId,
    /// Who took the papers, and hands over the result.
    pub receiver: UnitId,
    /// How first contact counts.
    pub intake: Intake,
    /// First contact: the applicant's clock.
    pub collected_at: Timestamp,
    /// Legal receipt; `None` until it has arrived, for a courier's case.
    pub received_at: Option<Timestamp>,
    /// Keyed hash of the applicant's identifier.
    pub applicant: BlindIndex,
    /// The applicant's fields (name, identifier, telephone), sealed.
    pub applicant_fields: Sealed,
    /// The form's fields, sealed.
    pub form: Sealed,
    /// What was handed in.
    pub materials: Vec<Material>,
    /// The submission's idempotency key: belongs to the case and travels with it (protocol.md §9).
    pub submission_key: String,
    /// The authority that the applicant chose, where several are equal.
    pub chosen: Option<UnitId>,
    /// Units that were offered the case and did not answer or declined, in order.
    pub passed_over: Vec<PassedOver>,
    /// How far it has got.
    pub stage: Stage,
    /// The legal act that started the clock; of a case that came up, its arrival at who has it now.
    pub acceptance: Option<Acceptance>,
    /// Why it was not accepted.
    pub non_acceptance: Option<NonAcceptance>,
    /// What was decided.
    pub decision: Option<Decision>,
    /// When the result was made.
    pub closed_at: Option<Timestamp>,
    /// When the result was handed over.
    pub delivered_at: Option<Timestamp>,
    /// What has happened, in order.
    pub timeline: Vec<TimelineEntry>,
}

/// A unit that a case passed by on its way, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PassedOver {
    /// The unit.
    pub unit: UnitId,
    /// Why it was passed over.
    pub reason: PassedOverReason,
    /// When the sender's log gave it up.
    pub at: Timestamp,
}

/// Why an offer came to nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PassedOverReason {
    /// No answer within the matter's patience.
    Unanswered,
    /// It declined.
    Declined,
    /// The applicant or a clerk took the offer back.
    TakenBack,
    /// It had the case, and said that another one is competent: it is not asked again.
    NotCompetent,
}

/// One thing that happened, as anyone concerned may read it: no personal fields.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimelineEntry {
    /// When, by the log of the unit where it happened.
    pub at: Timestamp,
    /// Where it happened.
    pub unit: UnitId,
    /// That unit's number for the command.
    pub sequence: Sequence,
    /// What happened.
    pub what: Happening,
}

/// What a timeline tells.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the fields are the words of the sentence")]
pub enum Happening {
    /// Papers taken.
    Received { number: CaseNumber },
    /// Offered to an authority; content is frozen from here on.
    Offered { to: UnitId },
    /// The offer came to nothing: ours again.
    Regained { from: UnitId, reason: PassedOverReason },
    /// Handed over: gone from here.
    HandedOver { to: UnitId },
    /// Taken over: in transit from commit to take.
    TakenOver { from: UnitId },
    /// Accepted; the clock runs.
    Accepted { body: CreditCode, due: CivilDate },
    /// Not accepted.
    NotAccepted { reasons: String, right_authority: Option<UnitId> },
    /// Decided.
    Decided { granted: bool, reasons: String },
    /// Result made.
    Closed,
    /// Result handed over to the applicant.
    Delivered,
    /// Withdrawn by the applicant.
    Withdrawn { reason: String },
    /// The applicant declared that nothing else is pending for the same thing, and was told the consequences.
    Declared,
    /// The form names what the application is about: a keyed index of the fields that the matter lists.
    ObjectNamed { object: BlindIndex },
    /// The claim on the application, kept by its home.
    Claim { home: UnitId, note: ClaimNote },
    /// Ended as a duplicate: the formal termination paper.
    Terminated { duplicate: Duplicate },
    /// The termination paper is void: what it named was lost with the home's former self.
    LivesAgain { accepted: bool },
    /// It goes on here after the unit was lost, in its next life.
    Recovered { generation: Generation },
    /// As `Recovered`, and the last of the unit's own lines that the story has: what it told after that one, before it was lost, is
    /// void.
    GoesOn { generation: Generation, kept: Sequence },
    /// What the unit tells from here on happened after `certain_until`, and when exactly is not known: its clock is in doubt.
    TimeUncertain { since: Sequence, certain_until: Timestamp },
    /// What the unit told since that command happened before `at`; from here on its times are certain again.
    TimeConfirmed { since: Sequence, at: Timestamp },
    /// 补正告知: everything that is missing or wrong, told once; and by when it is to be filled, where a rule says so.
    GapsTold { gaps: Vec<Gap>, within: Option<Period> },
    /// 补正: what was missing is in.
    Supplemented { materials: Vec<String> },
    /// Gaps were not told in time: accepted by law, since the day of receipt.
    AcceptedByLaw { body: CreditCode, since: CivilDate, due: CivilDate },
    /// The authority's clock stands still for a procedure, until the period told is over; the decision is due later by that.
    ClockStopped { kind: Procedure, basis: String, told: LimitDays, until: CivilDate, due: CivilDate },
    /// The procedure takes longer: a second, reasoned notice.
    StopProlonged { reason: String, told: LimitDays, until: CivilDate, due: CivilDate },
    /// The procedure ended before the period told was over: counting goes on.
    ClockResumed { due: CivilDate },
    /// The period told is over, and the procedure was not reported as ended: counting goes on by itself.
    StopExpired { due: CivilDate },
    /// The limit of the decision is longer, once.
    LimitExtended { days: u16, by: Approver, reason: String, due: CivilDate },
    /// 容缺受理: accepted at the applicant's signed request, with listed materials to follow.
    DeficitAgreed { materials: Vec<String>, within: Period },
    /// 补齐: of what was to follow, these are in.
    Completed { materials: Vec<String> },
    /// What was asked for did not come within the period told: the application is over, by the rule that the notice cited.
    Lapsed { basis: String },
    /// 移送: a wrong authority passes the application to the right one, with the applicant's consent.
    PassedOn { to: UnitId, reasons: String },
    /// The application is about a licence that was issued before.
    AboutLicence { licence: LicenceNumber, act: LicenceAct },
    /// 告知承诺: accepted on the applicant's written promise in place of these proofs, to be checked after the decision.
    Promised { materials: Vec<String>, check: LimitDays, basis: String },
    /// A licence was made, or a further issue of one; and by when the promise that it rests on is to be checked.
    LicenceIssued { licence: LicenceNumber, until: Option<CivilDate>, check_until: Option<CivilDate> },
    /// 视为准予延续: the licence's last day passed before its renewal was decided.
    RenewedByLaw { licence: LicenceNumber, until: Option<CivilDate> },
    /// What was promised was looked at.
    PromiseChecked { kept: bool, findings: String },
    /// 撤销: the licence was not to be granted.
    LicenceRevoked { licence: LicenceNumber, reasons: String, basis: String },
    /// 注销: given up by its holder.
    LicenceCancelled { licence: LicenceNumber },
    /// The licence's last day has passed.
    LicenceEnded { licence: LicenceNumber },
    /// 转报: a lower organ has reviewed the case and sends it up, with its opinion, which officials read.
    SentUp { to: UnitId, agrees: bool, opinion: Sealed },
    /// What was sent up has arrived: the time of the next organ begins.
    CameUp { body: CreditCode, due: CivilDate },
    /// A listed step of the flow was done, by an account, with an opinion, which officials read.
    StepDone { step: String, by: String, agrees: bool, opinion: Sealed },
    /// 退回: an earlier step is done anew, and all after it.
    SteppedBack { to: String, reasons: Sealed },
    /// 告知听证权利: those concerned may ask for a hearing.
    HearingOffered { until: CivilDate, reason: String },
    /// 申请听证; by when it is to be held.
    HearingAsked { party: HearingParty, until: CivilDate },
    /// 听证通知: when, where, and by whom it is chaired.
    HearingSet { held: CivilDate, place: String, chair: String },
    /// It was held; its record is for officials and those concerned.
    HearingHeld { record: Sealed },
    /// Files of materials came: scans and photographs.
    FilesCame { files: Vec<CaseFile> },
}

/// By when an applicant is to bring what is asked for, as a notice tells it: not checked yet.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Within {
    /// How long; the applicant's period has its own unit.
    pub told: LimitDays,
    /// The provision by which the application is over otherwise.
    pub basis: String,
}

/// By when an applicant is to bring what was asked for, as it was told.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Period {
    /// How long.
    pub told: LimitDays,
    /// The last day. Where a calendar that is not published yet decides, the latest that it can be.
    pub until: CivilDate,
    /// The provision by which the application is over otherwise.
    pub basis: String,
}

/// One thing that a notice of gaps asks for: never what the matter does not list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// The listed material that is missing or wrong.
    pub material: String,
    /// What is missing or wrong about it. Public text: no personal fields.
    pub what: String,
}

/// A case as one unit keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseRow {
    /// What this unit is to the case, and the attempt.
    pub custody: Custody,
    /// What travels. A unit that dropped the case keeps none.
    pub content: Option<CaseContent>,
    /// The case's data key, sealed to this unit.
    pub key: Option<WrappedKey>,
    /// What happened since the content was frozen or left: our own hand-over, and what the owner elsewhere has told.
    pub news: Vec<TimelineEntry>,
    /// What was set for the case and has neither fired nor been superseded.
    pub timers: Vec<(Timestamp, TimerKind)>,
    /// When it last changed here.
    pub changed: Sequence,
}

impl CaseContent {
    /// Every unit that its content names: whoever may have held the case, as far as it tells.
    pub fn named(&self) -> Vec<UnitId> {
        let told = self.timeline.iter().flat_map(|entry| {
            let other = match &entry.what {
                Happening::Offered { to }
                | Happening::HandedOver { to }
                | Happening::PassedOn { to, .. }
                | Happening::SentUp { to, .. } => Some(*to),
                Happening::Regained { from, .. } | Happening::TakenOver { from } => Some(*from),
                _ => None,
            };
            std::iter::once(entry.unit).chain(other)
        });
        let mut named: Vec<UnitId> = std::iter::once(self.receiver).chain(told).collect();
        named.sort_unstable();
        named.dedup();
        named
    }

    /// The story since who has it now accepted it, or had it come up; all of it before that.
    pub(crate) fn since_begun(&self) -> &[TimelineEntry] {
        let begins = |line: &TimelineEntry| line.what.stage() == Some(Stage::Accepted);
        &self.timeline[self.timeline.iter().rposition(begins).unwrap_or(0)..]
    }

    /// Who has reviewed it and sent it up, in order.
    pub fn reviewed(&self) -> Vec<UnitId> {
        let sent = self.timeline.iter().filter(|entry| matches!(entry.what, Happening::SentUp { .. }));
        sent.map(|entry| entry.unit).collect()
    }

    /// What the applicant was told to fill and has not filled yet, and by when.
    pub fn open_gaps(&self) -> Option<(&[Gap], Option<&Period>)> {
        let last = self.timeline.iter().rev().find_map(|entry| match &entry.what {
            Happening::GapsTold { gaps, within } => Some(Some((gaps.as_slice(), within.as_ref()))),
            Happening::Supplemented { .. } => Some(None),
            _ => None,
        });
        last.flatten()
    }

    /// Materials that may come after acceptance (容缺), or that a promise can stand for and none does, and that are not there: nothing
    /// is granted before they are. `matter`: in the version that the case pins.
    pub fn to_follow(&self, matter: &Matter) -> Vec<String> {
        let promised = self.promised().map(|(names, _)| names).unwrap_or_default();
        let missing = matter.materials.iter().filter(|listed| {
            let may_lack = listed.may_follow() || (listed.must_be_brought() && matter.lets_promise(&listed.name));
            may_lack && !self.has(&listed.name) && !promised.contains(&listed.name)
        });
        missing.map(|listed| listed.name.clone()).collect()
    }

    /// Whether a material was handed in.
    pub fn has(&self, name: &str) -> bool {
        self.materials.iter().any(|material| material.name == name)
    }

    /// The period in which the applicant is to bring something, and after which the application is over; `None` where none runs.
    pub fn owed_within(&self) -> Option<&Period> {
        match self.stage {
            Stage::AwaitingSupplement => self.open_gaps().and_then(|(_, within)| within),
            Stage::Accepted => {
                let (mut owed, mut within): (&[String], _) = (&[], None);
                let mut came: Vec<&String> = vec![];
                for entry in &self.timeline {
                    match &entry.what {
                        Happening::DeficitAgreed { materials, within: period } => {
                            (owed, within) = (materials, Some(period))
                        }
                        Happening::Completed { materials } => came.extend(materials),
                        _ => {}
                    }
                }
                within.filter(|_| owed.iter().any(|name| !came.contains(&name)))
            }
            _ => None,
        }
    }

    /// When the application was whole where it is: received, or supplemented since. A wrong authority's receipt does not count.
    pub fn whole_since(&self) -> Timestamp {
        let last = self.timeline.iter().rev().find_map(|entry| match entry.what {
            Happening::Supplemented { .. } => Some(Some(entry.at)),
            Happening::PassedOn { .. } => Some(None),
            _ => None,
        });
        last.flatten().or(self.received_at).unwrap_or(self.collected_at)
    }

    /// Whether it counts as accepted because its gaps were not told in time, and nobody accepted it before.
    pub fn is_accepted_by_law(&self) -> bool {
        self.timeline.iter().any(|entry| matches!(entry.what, Happening::AcceptedByLaw { .. }))
    }

    /// How new it is, for who compares two contents of one case.
    pub fn version(&self) -> ContentVersion {
        ContentVersion(u32::try_from(self.timeline.len()).unwrap_or(u32::MAX))
    }
}

impl CaseRow {
    /// What this unit states about the case.
    pub fn statement(&self) -> Statement {
        Statement { custody: Some(self.custody), holds: self.content.as_ref().map(CaseContent::version) }
    }

    /// What has happened, as far as this unit knows: one ordered timeline without repeats.
    ///
    /// What travels with the case comes first and stands as it is. What only the news tell follows the last thing that the
    /// same unit is known to have done before (its own numbers order it), or comes at the end. Clocks of different units
    /// are never compared.
    pub fn timeline(&self) -> Vec<TimelineEntry> {
        let mut timeline = self.content.as_ref().map(|content| content.timeline.clone()).unwrap_or_default();
        for entry in &self.news {
            if timeline.contains(entry) {
                continue;
            }
            let before = |known: &TimelineEntry| known.unit == entry.unit && known.sequence <= entry.sequence;
            let at = timeline.iter().rposition(before).map_or(timeline.len(), |last| last + 1);
            timeline.insert(at, entry.clone());
        }
        timeline
    }

    /// What a unit told of the case before it was lost, and its next life does not have: an act that somebody was told of, and that
    /// is void (protocol.md §6).
    ///
    /// Found where the news came to: at the unit that received the case. The next life says how much of its own it has; what it told
    /// between that and the loss is gone. Where a unit was lost twice before it could say anything, the number of an earlier life
    /// may cover one of the later, which is then not found.
    pub fn void_acts(&self) -> Vec<TimelineEntry> {
        let is_void = |at: usize, entry: &TimelineEntry| {
            let own = self.news[at + 1..].iter().filter(|later| later.unit == entry.unit);
            let judged = own.into_iter().find_map(|later| match later.what {
                Happening::GoesOn { kept, .. } => Some(kept),
                _ => None,
            });
            judged.is_some_and(|kept| entry.sequence > kept)
        };
        let told = self.news.iter().enumerate().filter(|(at, entry)| is_void(*at, entry));
        told.map(|(_, entry)| entry.clone()).collect()
    }

    /// How far the case has got, news from the owner included; `None` where neither content nor news tell.
    pub fn stage(&self) -> Option<Stage> {
        let kept = self.content.as_ref().map(|content| content.stage);
        // While it is here its content is the newest there is; after it left, what the new owner tells is newer.
        if self.custody.may_act() && kept.is_some() {
            return kept;
        }
        let void = self.void_acts();
        let timeline = self.timeline();
        let mut counts = timeline.iter().rev().filter(|entry| !void.contains(entry));
        counts.find_map(|entry| entry.what.stage()).or(kept)
    }
}

impl Happening {
    /// The stage that a case has after this; `None` where it stays as it was.
    pub fn stage(&self) -> Option<Stage> {
        match self {
            Self::Received { .. } | Self::Supplemented { .. } | Self::PassedOn { .. } => Some(Stage::Received),
            Self::GapsTold { .. } => Some(Stage::AwaitingSupplement),
            Self::Accepted { .. } | Self::AcceptedByLaw { .. } | Self::CameUp { .. } => Some(Stage::Accepted),
            Self::SentUp { .. } => Some(Stage::SentUp),
            Self::NotAccepted { .. } => Some(Stage::NotAccepted),
            Self::Decided { .. } | Self::RenewedByLaw { .. } => Some(Stage::Decided),
            Self::Closed => Some(Stage::Closed),
            Self::Delivered => Some(Stage::Delivered),
            Self::Withdrawn { .. } => Some(Stage::Withdrawn),
            Self::Terminated { .. } => Some(Stage::Terminated),
            Self::Lapsed { .. } => Some(Stage::Lapsed),
            Self::LivesAgain { accepted } => Some(if *accepted { Stage::Accepted } else { Stage::Received }),
            Self::Offered { .. }
            | Self::Regained { .. }
            | Self::HandedOver { .. }
            | Self::TakenOver { .. }
            | Self::Declared
            | Self::ObjectNamed { .. }
            | Self::Claim { .. }
            | Self::Recovered { .. }
            | Self::GoesOn { .. }
            | Self::TimeUncertain { .. }
            | Self::TimeConfirmed { .. }
            | Self::ClockStopped { .. }
            | Self::StopProlonged { .. }
            | Self::ClockResumed { .. }
            | Self::StopExpired { .. }
            | Self::LimitExtended { .. }
            | Self::DeficitAgreed { .. }
            | Self::Completed { .. }
            | Self::AboutLicence { .. }
            | Self::Promised { .. }
            | Self::LicenceIssued { .. }
            | Self::PromiseChecked { .. }
            | Self::LicenceRevoked { .. }
            | Self::LicenceCancelled { .. }
            | Self::LicenceEnded { .. }
            | Self::StepDone { .. }
            | Self::SteppedBack { .. }
            | Self::HearingOffered { .. }
            | Self::HearingAsked { .. }
            | Self::HearingSet { .. }
            | Self::HearingHeld { .. }
            | Self::FilesCame { .. } => None,
        }
    }
}
