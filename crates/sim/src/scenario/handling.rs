//! Steps of the work beside receipt and decision, as files say them: gaps, supplement, deficit, promises, passing on, stops of the clock,
//! extension, revocation.
//!
//! A material that a file leaves out is filled in when the step comes: the first that the application was handed in with, for a notice of
//! gaps; all of them, for a supplement.

use domain::case::{DayUnit, Gap, Within};
use domain::catalogue::LimitDays;
use domain::command::Deficit;
use domain::hearing::HearingParty;
use domain::ids::UnitId;
use domain::legal::{Approver, Procedure, StopNotice};
use domain::licence::LicenceAct;
use unit::{Handling, Private};

use super::actions::{case_act, day, optional_text};
use super::fields::{Field, Fields, Reading};
use super::words::{table_of, word_of};
use super::write::Row;
use super::{Action, Officer};

const PROCEDURES: [Procedure; 9] = [
    Procedure::Hearing,
    Procedure::Tender,
    Procedure::Auction,
    Procedure::Inspection,
    Procedure::Testing,
    Procedure::Quarantine,
    Procedure::Appraisal,
    Procedure::ExpertReview,
    Procedure::SiteCheck,
];
const APPROVERS: [Approver; 2] = [Approver::OrganHead, Approver::GovernmentHead];

pub(super) fn licence_act_words() -> Vec<String> {
    LicenceAct::ALL.iter().map(word_of).collect()
}

pub(super) fn procedure_words() -> Vec<String> {
    PROCEDURES.iter().map(word_of).collect()
}

pub(super) fn officer_words() -> Vec<String> {
    Officer::ALL.iter().map(word_of).collect()
}

pub(super) fn approver_words() -> Vec<String> {
    APPROVERS.iter().map(word_of).collect()
}

type Read = Option<Action>;

fn step(reading: &mut Reading<'_>, fields: &Fields<'_>, value: Field<'_>, handling: Option<Handling>) -> Read {
    // Read even where the rest is at fault, so that one look shows all faults of the line.
    let given = handling.clone().unwrap_or(Handling::ResumeClock);
    let officer = match fields.get("officer") {
        Some(field) => reading.word("officer", field, &table_of(&Officer::ALL)),
        None => Some(Officer::First),
    };
    let who = officer.unwrap_or_default();
    let action =
        case_act(reading, fields, value, |case, by| Action::Handle { case, by, officer: who, handling: given });
    handling.and(officer).and(action)
}

pub(super) fn tell_gaps(reading: &mut Reading<'_>, fields: &Fields<'_>, value: Field<'_>) -> Read {
    let (material, what) = (optional_text(reading, fields, "material"), optional_text(reading, fields, "what"));
    let within = match fields.get("within") {
        Some(_) => within(reading, fields).map(Some),
        None => Some(None),
    };
    let gap = material.zip(what).map(|(material, what)| Gap { material, what });
    let handling = gap.zip(within).map(|(gap, within)| Handling::TellGaps { gaps: vec![gap], within });
    step(reading, fields, value, handling)
}

/// A period of the applicant's: none where the file says none, which is refused.
fn within(reading: &mut Reading<'_>, fields: &Fields<'_>) -> Option<Within> {
    let days = match fields.get("within") {
        Some(field) => u16::try_from(reading.count(field, 1..=1_000)?).ok()?,
        None => 0,
    };
    let basis = optional_text(reading, fields, "basis")?;
    Some(Within { told: LimitDays { days, unit: DayUnit::Working }, basis })
}

/// Yes where the file does not say.
fn agreed(reading: &mut Reading<'_>, fields: &Fields<'_>, key: &str) -> Option<bool> {
    match fields.get(key) {
        Some(field) => reading.flag(field),
        None => Some(true),
    }
}

pub(super) fn accept_with_deficit(reading: &mut Reading<'_>, fields: &Fields<'_>, value: Field<'_>) -> Read {
    let deficit = agreed(reading, fields, "asked").zip(within(reading, fields));
    let deficit = deficit.map(|(asked, within)| Deficit { asked, within });
    step(reading, fields, value, deficit.map(|deficit| Handling::AcceptWithDeficit { declared: false, deficit }))
}

pub(super) fn complete(reading: &mut Reading<'_>, fields: &Fields<'_>, value: Field<'_>) -> Read {
    let material = optional_text(reading, fields, "material");
    let materials = material.map(|name| Some(name).filter(|name| !name.is_empty()).into_iter().collect());
    step(reading, fields, value, materials.map(|materials| Handling::Complete { materials }))
}

pub(super) fn pass_on(reading: &mut Reading<'_>, fields: &Fields<'_>, value: Field<'_>) -> Read {
    let to = reading.unit(fields.get("to")?);
    let said = to.zip(optional_text(reading, fields, "reasons")).zip(agreed(reading, fields, "consented"));
    let handling = said.map(|((to, reasons), consented)| Handling::PassOn { to, reasons, consented });
    step(reading, fields, value, handling)
}

pub(super) fn send_up(reading: &mut Reading<'_>, fields: &Fields<'_>, value: Field<'_>) -> Read {
    let said = agreed(reading, fields, "agrees").zip(private(reading, fields, "opinion"));
    step(reading, fields, value, said.map(|(agrees, opinion)| Handling::SendUp { agrees, opinion }))
}

pub(super) fn do_step(reading: &mut Reading<'_>, fields: &Fields<'_>, value: Field<'_>) -> Read {
    let named = reading.text(fields.get("step")?, "\"审核\"");
    let said = agreed(reading, fields, "agrees").zip(private(reading, fields, "opinion"));
    let handling =
        named.zip(said).map(|(step, (agrees, opinion))| Handling::DoStep { step: step.to_owned(), agrees, opinion });
    step(reading, fields, value, handling)
}

pub(super) fn step_back(reading: &mut Reading<'_>, fields: &Fields<'_>, value: Field<'_>) -> Read {
    let named = reading.text(fields.get("to")?, "\"审核\"");
    let said = named.zip(private(reading, fields, "reasons"));
    step(reading, fields, value, said.map(|(to, reasons)| Handling::StepBack { to: to.to_owned(), reasons }))
}

const PARTIES: [HearingParty; 2] = [HearingParty::Applicant, HearingParty::InterestedParty];

pub(super) fn party_words() -> Vec<String> {
    PARTIES.iter().map(word_of).collect()
}

pub(super) fn tell_hearing(reading: &mut Reading<'_>, fields: &Fields<'_>, value: Field<'_>) -> Read {
    let reason = optional_text(reading, fields, "reason");
    step(reading, fields, value, reason.map(|reason| Handling::TellHearing { reason }))
}

pub(super) fn ask_hearing(reading: &mut Reading<'_>, fields: &Fields<'_>, value: Field<'_>) -> Read {
    let party = match fields.get("party") {
        Some(field) => reading.word("party", field, &table_of(&PARTIES)),
        None => Some(HearingParty::Applicant),
    };
    step(reading, fields, value, party.map(|party| Handling::AskHearing { party }))
}

pub(super) fn set_hearing(reading: &mut Reading<'_>, fields: &Fields<'_>, value: Field<'_>) -> Read {
    let held = day(reading, fields.get("held")?);
    let said = held.zip(optional_text(reading, fields, "place")).zip(optional_text(reading, fields, "chair"));
    let handling = said.map(|((held, place), chair)| Handling::SetHearing { held, place, chair });
    step(reading, fields, value, handling)
}

pub(super) fn hold_hearing(reading: &mut Reading<'_>, fields: &Fields<'_>, value: Field<'_>) -> Read {
    let record = private(reading, fields, "record");
    step(reading, fields, value, record.map(|record| Handling::HoldHearing { record }))
}

fn private(reading: &mut Reading<'_>, fields: &Fields<'_>, key: &str) -> Option<Private> {
    optional_text(reading, fields, key).map(Private)
}

pub(super) fn accept_on_promise(reading: &mut Reading<'_>, fields: &Fields<'_>, value: Field<'_>) -> Read {
    let signed = agreed(reading, fields, "signed");
    step(reading, fields, value, signed.map(|signed| Handling::AcceptOnPromise { declared: false, signed }))
}

pub(super) fn check_promise(reading: &mut Reading<'_>, fields: &Fields<'_>, value: Field<'_>) -> Read {
    let said = agreed(reading, fields, "kept").zip(optional_text(reading, fields, "findings"));
    step(reading, fields, value, said.map(|(kept, findings)| Handling::CheckPromise { kept, findings }))
}

pub(super) fn revoke(reading: &mut Reading<'_>, fields: &Fields<'_>, value: Field<'_>) -> Read {
    let said = optional_text(reading, fields, "reasons").zip(optional_text(reading, fields, "basis"));
    step(reading, fields, value, said.map(|(reasons, basis)| Handling::Revoke { reasons, basis }))
}

pub(super) fn supplement(reading: &mut Reading<'_>, fields: &Fields<'_>, value: Field<'_>) -> Read {
    let material = optional_text(reading, fields, "material");
    let materials = material.map(|name| Some(name).filter(|name| !name.is_empty()).into_iter().collect());
    step(reading, fields, value, materials.map(|materials| Handling::Supplement { materials }))
}

/// A period of days. `Some(None)`: the file names none.
fn told(reading: &mut Reading<'_>, fields: &Fields<'_>) -> Option<Option<LimitDays>> {
    let Some(field) = fields.get("told") else { return Some(None) };
    let days = u16::try_from(reading.count(field, 1..=1_000)?).ok()?;
    let by_calendar = match fields.get("calendar-days") {
        Some(field) => reading.flag(field)?,
        None => false,
    };
    let unit = if by_calendar { DayUnit::Calendar } else { DayUnit::Working };
    Some(Some(LimitDays { days, unit }))
}

pub(super) fn stop_clock(reading: &mut Reading<'_>, fields: &Fields<'_>, value: Field<'_>) -> Read {
    let kind = match fields.get("kind") {
        Some(field) => reading.word("procedure", field, &table_of(&PROCEDURES)).map(Some),
        None => Some(None),
    };
    let (basis, told) = (optional_text(reading, fields, "basis"), told(reading, fields));
    let notice = kind.zip(basis).zip(told).map(|((kind, basis), told)| StopNotice { kind, basis, told });
    step(reading, fields, value, notice.map(|notice| Handling::StopClock { notice }))
}

pub(super) fn prolong_stop(reading: &mut Reading<'_>, fields: &Fields<'_>, value: Field<'_>) -> Read {
    let (reason, told) = (optional_text(reading, fields, "reason"), told(reading, fields));
    step(reading, fields, value, reason.zip(told).map(|(reason, told)| Handling::ProlongStop { reason, told }))
}

pub(super) fn resume_clock(reading: &mut Reading<'_>, fields: &Fields<'_>, value: Field<'_>) -> Read {
    step(reading, fields, value, Some(Handling::ResumeClock))
}

pub(super) fn extend_limit(reading: &mut Reading<'_>, fields: &Fields<'_>, value: Field<'_>) -> Read {
    let days = reading.count(fields.get("days")?, 1..=1_000).and_then(|days| u16::try_from(days).ok());
    let by = match fields.get("approved-by") {
        Some(field) => reading.word("approver", field, &table_of(&APPROVERS)),
        None => Some(Approver::OrganHead),
    };
    let reason = optional_text(reading, fields, "reason");
    let handling = days.zip(by).zip(reason).map(|((days, by), reason)| Handling::ExtendLimit { days, by, reason });
    step(reading, fields, value, handling)
}

/// The word of a step.
pub(super) fn word(handling: &Handling) -> &'static str {
    match handling {
        Handling::TellGaps { .. } => "tell-gaps",
        Handling::Supplement { .. } => "supplement",
        Handling::StopClock { .. } => "stop-clock",
        Handling::ProlongStop { .. } => "prolong-stop",
        Handling::ResumeClock => "resume-clock",
        Handling::ExtendLimit { .. } => "extend-limit",
        Handling::AcceptWithDeficit { .. } => "accept-with-deficit",
        Handling::Complete { .. } => "complete",
        Handling::PassOn { .. } => "pass-on",
        Handling::AcceptOnPromise { .. } => "accept-on-promise",
        Handling::CheckPromise { .. } => "check-promise",
        Handling::Revoke { .. } => "revoke",
        Handling::SendUp { .. } => "send-up",
        Handling::DoStep { .. } => "do-step",
        Handling::StepBack { .. } => "step-back",
        Handling::TellHearing { .. } => "tell-hearing",
        Handling::AskHearing { .. } => "ask-hearing",
        Handling::SetHearing { .. } => "set-hearing",
        Handling::HoldHearing { .. } => "hold-hearing",
    }
}

/// The keys beside case and unit, as files write them.
pub(super) fn write(row: &mut Row, handling: &Handling, alias: impl Fn(UnitId) -> String) {
    let text = |row: &mut Row, key: &'static str, value: &str| {
        if !value.is_empty() {
            row.text(key, value);
        }
    };
    let told = |row: &mut Row, told: &Option<LimitDays>| {
        if let Some(LimitDays { days, unit }) = told {
            row.raw("told", days);
            if *unit == DayUnit::Calendar {
                row.raw("calendar-days", true);
            }
        }
    };
    let within = |row: &mut Row, Within { told, basis }: &Within| {
        if told.days > 0 {
            row.raw("within", told.days);
        }
        text(row, "basis", basis);
    };
    match handling {
        Handling::TellGaps { gaps, within: period } => {
            for Gap { material, what } in gaps.iter().take(1) {
                text(row, "material", material);
                row.text("what", what);
            }
            if let Some(period) = period {
                within(row, period);
            }
        }
        Handling::AcceptWithDeficit { deficit, .. } => {
            if !deficit.asked {
                row.raw("asked", false);
            }
            within(row, &deficit.within);
        }
        Handling::Complete { materials } => text(row, "material", materials.first().map_or("", String::as_str)),
        Handling::PassOn { to, reasons, consented } => {
            row.text("to", &alias(*to));
            text(row, "reasons", reasons);
            if !consented {
                row.raw("consented", false);
            }
        }
        Handling::AcceptOnPromise { signed, .. } => {
            if !signed {
                row.raw("signed", false);
            }
        }
        Handling::CheckPromise { kept, findings } => {
            if !kept {
                row.raw("kept", false);
            }
            text(row, "findings", findings);
        }
        Handling::Revoke { reasons, basis } => {
            text(row, "reasons", reasons);
            text(row, "basis", basis);
        }
        Handling::SendUp { agrees, opinion } => {
            if !agrees {
                row.raw("agrees", false);
            }
            text(row, "opinion", &opinion.0);
        }
        Handling::DoStep { step, agrees, opinion } => {
            row.text("step", step);
            if !agrees {
                row.raw("agrees", false);
            }
            text(row, "opinion", &opinion.0);
        }
        Handling::TellHearing { reason } => text(row, "reason", reason),
        Handling::AskHearing { party } => row.text("party", &word_of(party)),
        Handling::SetHearing { held, place, chair } => {
            row.text("held", &held.to_string());
            text(row, "place", place);
            text(row, "chair", chair);
        }
        Handling::HoldHearing { record } => text(row, "record", &record.0),
        Handling::StepBack { to, reasons } => {
            row.text("to", to);
            text(row, "reasons", &reasons.0);
        }
        Handling::Supplement { materials } => text(row, "material", materials.first().map_or("", String::as_str)),
        Handling::StopClock { notice } => {
            if let Some(kind) = &notice.kind {
                row.text("kind", &word_of(kind));
            }
            text(row, "basis", &notice.basis);
            told(row, &notice.told);
        }
        Handling::ProlongStop { reason, told: period } => {
            text(row, "reason", reason);
            told(row, period);
        }
        Handling::ResumeClock => {}
        Handling::ExtendLimit { days, by, reason } => {
            row.raw("days", days);
            row.text("approved-by", &word_of(by));
            text(row, "reason", reason);
        }
    }
}
