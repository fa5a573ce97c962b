//! What a case, a matter and a route are called in the words of the pages.

use domain::cards::{Card, CardCause, CardKind};
use domain::case::{DayUnit, Happening, Intake, PassedOverReason, Stage, TimelineEntry};
use domain::catalogue::{LimitDays, MatterType, Necessity};
use domain::claims::{ClaimNote, Ground};
use domain::command::TaskKind;
use domain::hearing::HearingParty;
use domain::legal::{Approver, Procedure};
use domain::licence::LicenceAct;
use domain::time::CivilDate;
use unit::{CaseView, ClaimStanding, FoundBy, FoundField, FoundWay};

use crate::language::Language;
use crate::person::DemoRole;
use crate::places::Places;

pub(crate) fn stage_key(stage: Stage) -> &'static str {
    match stage {
        Stage::Received => "stage-received",
        Stage::Accepted => "stage-accepted",
        Stage::NotAccepted => "stage-not-accepted",
        Stage::Decided => "stage-decided",
        Stage::Closed => "stage-closed",
        Stage::Delivered => "stage-delivered",
        Stage::Withdrawn => "stage-withdrawn",
        Stage::Terminated => "stage-terminated",
        Stage::AwaitingSupplement => "stage-awaiting-supplement",
        Stage::Lapsed => "stage-lapsed",
        Stage::SentUp => "stage-sent-up",
    }
}

pub(crate) fn waiting_key(waiting: TaskKind) -> &'static str {
    match waiting {
        TaskKind::Route => "waiting-route",
        TaskKind::Prepare => "waiting-prepare",
        TaskKind::AwaitAnswer => "waiting-await-answer",
        TaskKind::Accept => "waiting-accept",
        TaskKind::Decide => "waiting-decide",
        TaskKind::Close => "waiting-close",
        TaskKind::Return => "waiting-return",
        TaskKind::Deliver => "waiting-deliver",
        TaskKind::AwaitCommit => "waiting-await-commit",
        TaskKind::AwaitClaim => "waiting-await-claim",
        TaskKind::Supplement => "waiting-supplement",
        TaskKind::Complete => "waiting-complete",
        TaskKind::CheckPromise => "waiting-check-promise",
        TaskKind::Revoke => "waiting-revoke",
        TaskKind::Step => "waiting-step",
        TaskKind::Review => "waiting-review",
    }
}

pub(crate) fn reason_key(reason: PassedOverReason) -> &'static str {
    match reason {
        PassedOverReason::Unanswered => "reason-unanswered",
        PassedOverReason::Declined => "reason-declined",
        PassedOverReason::TakenBack => "reason-taken-back",
        PassedOverReason::NotCompetent => "reason-not-competent",
    }
}

pub(crate) fn ground_key(ground: Ground) -> &'static str {
    match ground {
        Ground::Stands => "ground-stands",
        Ground::EarlierReceipt => "ground-earlier-receipt",
        Ground::Home => "ground-home",
        Ground::NamedFirst => "ground-named-first",
    }
}

/// How a claim stands, as a sentence.
pub(crate) fn claim(language: Language, places: &Places, claim: ClaimStanding) -> String {
    match claim {
        ClaimStanding::Awaited { home, .. } => language.tell("claim-awaited", [("unit", places.name(home))]),
        ClaimStanding::Granted { home, .. } => language.tell("claim-granted", [("unit", places.name(home))]),
        ClaimStanding::Duplicate(duplicate) => {
            let key = if duplicate.same_submission { "claim-same-submission" } else { "claim-duplicate" };
            let ground = language.say(ground_key(duplicate.ground));
            let unit = places.name(duplicate.at);
            language.tell(key, [("number", duplicate.of.to_string()), ("unit", unit), ("ground", ground)])
        }
    }
}

/// What the law lets the clock stand still for; a site check is for entries that cite a law.
pub(crate) const PROCEDURES: [Procedure; 8] = [
    Procedure::Hearing,
    Procedure::Tender,
    Procedure::Auction,
    Procedure::Inspection,
    Procedure::Testing,
    Procedure::Quarantine,
    Procedure::Appraisal,
    Procedure::ExpertReview,
];

pub(crate) fn procedure_key(kind: Procedure) -> &'static str {
    match kind {
        Procedure::Hearing => "procedure-hearing",
        Procedure::Tender => "procedure-tender",
        Procedure::Auction => "procedure-auction",
        Procedure::Inspection => "procedure-inspection",
        Procedure::Testing => "procedure-testing",
        Procedure::Quarantine => "procedure-quarantine",
        Procedure::Appraisal => "procedure-appraisal",
        Procedure::ExpertReview => "procedure-expert-review",
        Procedure::SiteCheck => "procedure-site-check",
    }
}

pub(crate) fn approver_key(by: Approver) -> &'static str {
    match by {
        Approver::OrganHead => "approver-organ-head",
        Approver::GovernmentHead => "approver-government-head",
    }
}

pub(crate) fn type_key(matter_type: MatterType) -> &'static str {
    match matter_type {
        MatterType::Licence => "type-licence",
        MatterType::Grant => "type-grant",
        MatterType::Confirmation => "type-confirmation",
        MatterType::Reward => "type-reward",
        MatterType::Ruling => "type-ruling",
        MatterType::Other => "type-other",
        MatterType::PublicService => "type-public-service",
    }
}

pub(crate) fn necessity_key(necessity: Necessity) -> &'static str {
    match necessity {
        Necessity::Required => "necessity-required",
        Necessity::Optional => "necessity-optional",
        Necessity::MayFollow => "necessity-may-follow",
    }
}

pub(crate) fn intake_key(intake: Intake) -> &'static str {
    match intake {
        Intake::ForAuthority => "intake-for-authority",
        Intake::Courier => "intake-courier",
    }
}

/// Why a matter was found by a word; nothing where its name shows it.
pub(crate) fn found(language: Language, by: &FoundBy) -> Option<String> {
    let key = match (by.way, by.field) {
        (FoundWay::Text, FoundField::Name) => return None,
        (FoundWay::Everyday, _) => "found-everyday",
        (FoundWay::Pinyin, FoundField::Name) => "found-pinyin",
        (FoundWay::Initials, FoundField::Name) => "found-initials",
        (FoundWay::Sound, FoundField::Name) => "found-sound",
        (FoundWay::Slip, FoundField::Name) => "found-slip",
        (FoundWay::Alike, _) => "found-alike",
        (_, FoundField::Code) => "found-code",
        (_, FoundField::MainItem) => "found-main-item",
        (_, FoundField::Topic) => "found-topic",
        (_, FoundField::Question) => "found-question",
        (_, FoundField::Department) => "found-department",
    };
    let means = by.means.clone().unwrap_or_default();
    Some(language.tell(key, [("word", by.word.clone()), ("means", means)]))
}

/// The word of a post, by the name that programs have for it.
pub(crate) fn post_key(role: &str) -> &'static str {
    match role {
        "agent" => "role-agent",
        "window" => "role-window",
        "officer" => "role-officer",
        "matter-administrator" => "role-administrator",
        "list-reviewer" => "role-reviewer",
        "inspector" => "role-inspector",
        "security-administrator" => "post-security-administrator",
        "audit-administrator" => "post-audit-administrator",
        _ => "post-node-operator",
    }
}

/// The word of an account's state, likewise.
pub(crate) fn account_state_key(state: &str) -> &'static str {
    match state {
        "open" => "account-state-open",
        "locked" => "account-state-locked",
        _ => "account-state-closed",
    }
}

pub(crate) fn role_key(role: DemoRole) -> &'static str {
    match role {
        DemoRole::Applicant => "role-applicant",
        DemoRole::Agent => "role-agent",
        DemoRole::Window => "role-window",
        DemoRole::Officer => "role-officer",
        DemoRole::Administrator => "role-administrator",
        DemoRole::Reviewer => "role-reviewer",
        DemoRole::Inspector => "role-inspector",
    }
}

pub(crate) fn limit(language: Language, limit: LimitDays) -> String {
    let key = match limit.unit {
        DayUnit::Working => "days-working",
        DayUnit::Calendar => "days-calendar",
    };
    language.tell(key, [("days", limit.days.to_string())])
}

/// Cards on the authority that has a case, and praise, a sentence each.
pub(crate) fn standing(language: Language, places: &Places, view: &CaseView) -> Vec<String> {
    let Some(standing) = &view.standing else { return vec![] };
    let early = standing.early.map(|days| language.tell("card-early", [("days", days.to_string())]));
    standing.cards.iter().map(|of| card(language, places, of)).chain(early).collect()
}

/// A card as a sentence.
pub(crate) fn card(language: Language, places: &Places, card: &Card) -> String {
    let kind = language.say(match card.kind {
        CardKind::Warning => "card-warning",
        CardKind::Yellow => "card-yellow",
        CardKind::Red => "card-red",
    });
    let cause = language.say(match card.cause {
        CardCause::NotAccepted => "card-not-accepted",
        CardCause::Decision => "card-decision",
        CardCause::Promise => "card-promise",
        CardCause::CallBack => "card-call-back",
        CardCause::Rectification => "card-rectification",
        CardCause::Urging => "card-urging",
        CardCause::ComplaintAcceptance => "card-complaint-acceptance",
        CardCause::ComplaintAnswer => "card-complaint-answer",
        CardCause::Review => "card-review",
    });
    let told = [
        ("kind", kind),
        ("cause", cause),
        ("unit", places.name(card.unit)),
        ("on", card.on.to_string()),
        ("due", card.due.to_string()),
    ];
    language.tell(if card.undetermined { "card-undetermined" } else { "card-told" }, told)
}

fn licence_act_key(act: LicenceAct) -> &'static str {
    match act {
        LicenceAct::Renew => "licence-act-renew",
        LicenceAct::Change => "licence-act-change",
        LicenceAct::Replace => "licence-act-replace",
        LicenceAct::Cancel => "licence-act-cancel",
    }
}

/// The last day of a licence.
pub(crate) fn last_day(language: Language, until: Option<CivilDate>) -> String {
    until.map_or_else(|| language.say("licence-without-end"), |until| until.to_string())
}

/// One thing that happened, as a sentence.
pub(crate) fn sentence(language: Language, places: &Places, entry: &TimelineEntry) -> String {
    let with_unit = |key, unit| language.tell(key, [("unit", places.name(unit))]);
    match &entry.what {
        Happening::Received { number } => language.tell("told-received", [("number", number.to_string())]),
        Happening::Offered { to } => with_unit("told-offered", *to),
        Happening::Regained { from, reason } => {
            let reason = language.say(reason_key(*reason));
            language.tell("told-regained", [("unit", places.name(*from)), ("reason", reason)])
        }
        Happening::HandedOver { to } => with_unit("told-handed-over", *to),
        Happening::TakenOver { from } => with_unit("told-taken-over", *from),
        Happening::Accepted { due, .. } => language.tell("told-accepted", [("due", due.to_string())]),
        Happening::NotAccepted { reasons, right_authority: None } => {
            language.tell("told-not-accepted", [("reasons", reasons.clone())])
        }
        Happening::NotAccepted { reasons, right_authority: Some(unit) } => {
            let unit = places.name(*unit);
            language.tell("told-not-accepted-elsewhere", [("reasons", reasons.clone()), ("unit", unit)])
        }
        Happening::Decided { granted: true, reasons } if reasons.is_empty() => language.say("told-granted"),
        Happening::Decided { granted: true, reasons } => {
            language.tell("told-granted-because", [("reasons", reasons.clone())])
        }
        Happening::Decided { granted: false, reasons } => language.tell("told-denied", [("reasons", reasons.clone())]),
        Happening::Closed => language.say("told-closed"),
        Happening::Delivered => language.say("told-delivered"),
        Happening::Withdrawn { reason } if reason.is_empty() => language.say("told-withdrawn"),
        Happening::Withdrawn { reason } => language.tell("told-withdrawn-because", [("reasons", reason.clone())]),
        Happening::Declared => language.say("told-declared"),
        Happening::ObjectNamed { .. } => language.say("told-object-named"),
        Happening::Claim { home, note: ClaimNote::Asked } => with_unit("told-claim-asked", *home),
        Happening::Claim { home, note: ClaimNote::Granted { .. } } => with_unit("told-claim-granted", *home),
        Happening::Claim { home, note: ClaimNote::GivenBack { .. } } => with_unit("told-claim-given-back", *home),
        Happening::Claim { home, note: ClaimNote::Released { .. } } => with_unit("told-claim-released", *home),
        Happening::Terminated { duplicate } => {
            let ground = language.say(ground_key(duplicate.ground));
            language.tell("told-terminated", [("number", duplicate.of.to_string()), ("ground", ground)])
        }
        Happening::TimeUncertain { certain_until, .. } => {
            language.tell("told-time-uncertain", [("at", certain_until.to_string())])
        }
        Happening::TimeConfirmed { at, .. } => language.tell("told-time-confirmed", [("at", at.to_string())]),
        Happening::GapsTold { gaps, within } => {
            let told: Vec<String> = gaps.iter().map(|gap| format!("{}({})", gap.material, gap.what)).collect();
            let said = language.tell("told-gaps", [("gaps", told.join("; "))]);
            let until = within.as_ref().map(|within| {
                let told = [("until", within.until.to_string()), ("basis", within.basis.clone())];
                language.tell("told-within", told)
            });
            [said].into_iter().chain(until).collect::<Vec<_>>().join(" ")
        }
        Happening::DeficitAgreed { materials, within } => {
            let told = [("materials", materials.join(" · ")), ("until", within.until.to_string())];
            language.tell("told-deficit-agreed", told)
        }
        Happening::Completed { materials } => language.tell("told-completed", [("materials", materials.join(" · "))]),
        Happening::Lapsed { basis } => language.tell("told-lapsed", [("basis", basis.clone())]),
        Happening::PassedOn { to, reasons } => {
            language.tell("told-passed-on", [("unit", places.name(*to)), ("reasons", reasons.clone())])
        }
        Happening::SentUp { to, .. } => with_unit("told-sent-up", *to),
        Happening::CameUp { due, .. } => language.tell("told-came-up", [("due", due.to_string())]),
        Happening::StepDone { step, by, .. } => {
            language.tell("told-step-done", [("step", step.clone()), ("by", by.clone())])
        }
        Happening::SteppedBack { to, .. } => language.tell("told-stepped-back", [("step", to.clone())]),
        Happening::HearingOffered { until, reason } => {
            language.tell("told-hearing-offered", [("until", until.to_string()), ("reasons", reason.clone())])
        }
        Happening::HearingAsked { party, until } => {
            let party = language.say(match party {
                HearingParty::Applicant => "hearing-applicant",
                HearingParty::InterestedParty => "hearing-interested-party",
            });
            language.tell("told-hearing-asked", [("party", party), ("until", until.to_string())])
        }
        Happening::HearingSet { held, place, chair } => {
            let told = [("held", held.to_string()), ("place", place.clone()), ("chair", chair.clone())];
            language.tell("told-hearing-set", told)
        }
        Happening::HearingHeld { .. } => language.say("told-hearing-held"),
        Happening::AboutLicence { licence, act } => {
            let act = language.say(licence_act_key(*act));
            language.tell("told-about-licence", [("licence", licence.to_string()), ("act", act)])
        }
        Happening::Promised { materials, check, .. } => {
            let told = [("materials", materials.join(" · ")), ("check", limit(language, *check))];
            language.tell("told-promised", told)
        }
        Happening::LicenceIssued { licence, until, check_until } => {
            let told = [("licence", licence.to_string()), ("until", last_day(language, *until))];
            let said = language.tell("told-licence-issued", told);
            let check = check_until.map(|day| language.tell("told-promise-check", [("until", day.to_string())]));
            [said].into_iter().chain(check).collect::<Vec<_>>().join(" ")
        }
        Happening::RenewedByLaw { licence, until } => {
            let told = [("licence", licence.to_string()), ("until", last_day(language, *until))];
            language.tell("told-renewed-by-law", told)
        }
        Happening::PromiseChecked { kept, findings } => {
            let key = if *kept { "told-promise-kept" } else { "told-promise-broken" };
            language.tell(key, [("findings", findings.clone())])
        }
        Happening::LicenceRevoked { licence, reasons, basis } => {
            let told = [("licence", licence.to_string()), ("reasons", reasons.clone()), ("basis", basis.clone())];
            language.tell("told-licence-revoked", told)
        }
        Happening::LicenceCancelled { licence } => {
            language.tell("told-licence-cancelled", [("licence", licence.to_string())])
        }
        Happening::LicenceEnded { licence } => language.tell("told-licence-ended", [("licence", licence.to_string())]),
        Happening::FilesCame { files } => {
            let mut materials: Vec<&str> = files.iter().map(|file| file.material.as_str()).collect();
            materials.dedup();
            let count = files.len().to_string();
            language.tell("told-files-came", [("count", count), ("materials", materials.join(" · "))])
        }
        Happening::Supplemented { materials } => {
            language.tell("told-supplemented", [("materials", materials.join(" · "))])
        }
        Happening::AcceptedByLaw { since, due, .. } => {
            language.tell("told-accepted-by-law", [("since", since.to_string()), ("due", due.to_string())])
        }
        Happening::ClockStopped { kind, basis, told, until, due } => {
            let kind = language.say(procedure_key(*kind));
            let [until, due] = [until, due].map(ToString::to_string);
            let told = limit(language, *told);
            let told = [("kind", kind), ("basis", basis.clone()), ("told", told), ("until", until), ("due", due)];
            language.tell("told-clock-stopped", told)
        }
        Happening::StopProlonged { reason, told, until, due } => {
            let [until, due] = [until, due].map(ToString::to_string);
            let told = limit(language, *told);
            let told = [("reasons", reason.clone()), ("told", told), ("until", until), ("due", due)];
            language.tell("told-stop-prolonged", told)
        }
        Happening::ClockResumed { due } => language.tell("told-clock-resumed", [("due", due.to_string())]),
        Happening::StopExpired { due } => language.tell("told-stop-expired", [("due", due.to_string())]),
        Happening::LimitExtended { days, by, reason, due } => {
            let by = language.say(approver_key(*by));
            let told = [("days", days.to_string()), ("by", by), ("reasons", reason.clone()), ("due", due.to_string())];
            language.tell("told-limit-extended", told)
        }
        Happening::LivesAgain { .. } => language.say("told-lives-again"),
        Happening::Recovered { .. } | Happening::GoesOn { .. } => language.say("told-recovered"),
    }
}
