//! From a request to a proposal: checked, sealed, with everything that needs a clock, a key, randomness or a rule engine computed
//! (protocol.md §1). A checked request is another type than an unchecked one: what comes out is a [`Proposal`].

use std::str::FromStr;
use std::sync::Arc;

use domain::accounts::AccountName;
use domain::calendar::{WorkCalendar, due};
use domain::case::{CaseContent, Due, Material, PassedOverReason};
use domain::catalogue::{BasicCode, CataloguePin, Matter, installed};
use domain::codec;
use domain::command::{
    Abort, Accept, AcceptDeclared, AttachFiles, Command, ConfirmTime, Decide, Deliver, Filed, Idempotency, NotAccept,
    Proposal, Receive, ReceiveAbout, ReceiveFiled, ReceiveStated, Stamp, StoreChunk, Withdraw, chunk_hash, issuer_of,
};
use domain::digest::ContentHash;
use domain::identifiers::{CitizenNumber, CitizenNumberFault, CreditCode};
use domain::ids::{CaseId, UnitId};
use domain::licence::{About, LicenceNumber};
use domain::principal::Principal;
use domain::refusal::Refusal;
use domain::routing::{self, RouteQuestion};
use domain::sealed::{BlindIndex, Sealed};
use domain::store::{StoreFault, UnitRead};
use domain::stretch::{self, Confirmation};
use domain::tables::{Accounts, CaseNumbers, Cases, Meta};
use domain::time::Timestamp;
use protocol::applicant::ApplicantFields;
use protocol::sealing::{DataKey, Field};

use crate::catalogue;
use crate::clock::{DoubtCause, MOST_APART_MILLIS};
use crate::concerning::{Private, said};
use crate::files;
use crate::identity::Tools;
use crate::request::{
    AboutLicence, Act, Applicant, Application, CaseName, Code, MOST_CHUNK_BYTES, MOST_FIELDS, MOST_NAME, MOST_REASONS,
    Request, RequestFault, text,
};

/// Purpose of the city's signature under a catalogue version.
pub const CATALOGUE_PURPOSE: &str = "catalogue version";

/// Why a request does not become a proposal.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StampFault {
    /// The request cannot be.
    #[error(transparent)]
    Invalid(#[from] RequestFault),
    /// What it names is not there, or not in a state for it.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreFault),
}

/// Turns a request into what is proposed.
pub fn stamp(request: &Request, rows: &impl UnitRead, tools: &Tools<'_>) -> Result<Proposal, StampFault> {
    let idempotency =
        request.idempotency_key.as_deref().map(|key| idempotency(key, &request.act, tools)).transpose()?;
    let stamp = Stamp {
        time: tools.now,
        minted: tools.mint(),
        principal: request.principal.clone(),
        policy: ContentHash::of_bytes("policy", policy(&request.principal, rows)?),
        idempotency,
    };
    let command = match &request.act {
        Act::Submit(application) => match filed(application, CaseId(stamp.minted), rows, tools)?.0 {
            Filed::Plain(receive) => Command::Receive(Box::new(receive)),
            Filed::Stated(stated) => Command::ReceiveStated(Box::new(stated)),
            Filed::About(about) => Command::ReceiveAbout(Box::new(about)),
        },
        Act::SubmitFiled { application, files } => {
            let case = CaseId(stamp.minted);
            let (application, key) = filed(application, case, rows, tools)?;
            let files = files::named(files, case, &key, tools)?;
            Command::ReceiveFiled(Box::new(ReceiveFiled { application, files }))
        }
        Act::Attach { case, files } => {
            let case = case_id(*case, rows)?;
            Command::AttachFiles(AttachFiles { case, files: files::named_for(files, case, rows, tools)? })
        }
        Act::Accept { case, declared } => {
            trusted_clock(tools)?;
            let (case, content) = content(*case, rows)?;
            let accept = Accept { case, due: decision_due(&content, rows, tools)? };
            if *declared { Command::AcceptDeclared(AcceptDeclared { accept }) } else { Command::Accept(accept) }
        }
        Act::NotAccept { case, reasons, right_authority } => {
            trusted_clock(tools)?;
            let case = case_id(*case, rows)?;
            let reasons = text("reasons", reasons, MOST_REASONS)?;
            Command::NotAccept(NotAccept { case, reasons, right_authority: *right_authority })
        }
        Act::Decide { case, granted, reasons } => {
            trusted_clock(tools)?;
            let reasons = text("reasons", reasons, MOST_REASONS)?;
            Command::Decide(Decide { case: case_id(*case, rows)?, granted: *granted, reasons })
        }
        Act::Deliver { case } => Command::Deliver(Deliver { case: case_id(*case, rows)? }),
        Act::Withdraw { case, reason } => {
            let reason = text("reason", reason, MOST_REASONS)?;
            Command::Withdraw(Withdraw { case: case_id(*case, rows)?, reason })
        }
        Act::TakeBack { case } => {
            let case = case_id(*case, rows)?;
            let row = rows.get::<Cases>(&case)?.ok_or(Refusal::CaseUnknown { case })?;
            Command::Abort(Abort { case, attempt: row.custody.attempt, reason: PassedOverReason::TakenBack })
        }
        Act::KeepCatalogueChunk { json } => Command::StoreChunk(chunk(json)?),
        Act::PublishCatalogue(publication) => Command::Publish(catalogue::publish(publication, rows, tools)?),
        Act::Catalogue(act) => act.command(&request.principal, rows, tools)?,
        Act::Account(act) => act.command(&request.principal, rows, tools)?,
        Act::Handle { case, handling } => {
            trusted_clock(tools)?;
            let name = *case;
            let due = || decision_due(&content(name, rows)?.1, rows, tools);
            let case = case_id(name, rows)?;
            let seal = |field, words: &Private| {
                let row = rows.get::<Cases>(&case)?.ok_or(Refusal::CaseUnknown { case })?;
                let sealed = said(case, &row, Field::Opinion, (field, words), tools)?;
                Ok(sealed.unwrap_or_else(|| Sealed(vec![])))
            };
            handling.command(case, due, seal)?
        }
        Act::Concern { case, concerning } => {
            if !concerning.is_said_by_the_public() {
                trusted_clock(tools)?;
            }
            concerning.command(case_id(*case, rows)?, rows, tools)?
        }
        Act::ConfirmTime { said } => Command::ConfirmTime(confirm_time(*said, rows, tools)?),
    };
    Ok(Proposal { command, stamp })
}

/// By which table people were let act: demo people have roles without an account.
fn policy(principal: &Principal, rows: &impl UnitRead) -> Result<&'static [u8], StoreFault> {
    let has_account = match AccountName::from_str(&principal.name) {
        Ok(name) => rows.has::<Accounts>(&name)?,
        Err(_) => false,
    };
    Ok(if has_account { b"posts of accounts" } else { b"demo roles" })
}

const MOST_TELEPHONE: usize = 30;
const MOST_FIELD: usize = 2_000;
const MOST_KEY: usize = 128;

fn idempotency(key: &str, act: &Act, tools: &Tools<'_>) -> Result<Idempotency, StampFault> {
    if key.is_empty() || key.len() > MOST_KEY || !key.bytes().all(|b| b.is_ascii_graphic()) {
        let what = format!("1 to {MOST_KEY} visible ASCII characters, without blanks");
        return Err(RequestFault { code: Code::Key, field: "idempotency_key".to_owned(), what }.into());
    }
    let digest = tools.keys.digest.digest(&codec::encode(act).map_err(StoreFault::from)?);
    Ok(Idempotency { key: key.to_owned(), digest })
}

/// What starts or ends a legal period needs a clock that can be trusted; everything else goes on (protocol.md §1).
fn trusted_clock(tools: &Tools<'_>) -> Result<(), RequestFault> {
    #[cfg(mutants)]
    if domain::mutants::is(domain::mutants::Mutant::ActsInUncertainTime) {
        return Ok(());
    }
    match tools.clock_doubt {
        None => Ok(()),
        Some(doubt) => Err(clock_fault(doubt.why.clone())),
    }
}

fn clock_fault(what: String) -> RequestFault {
    RequestFault { code: Code::Clock, field: "clock".to_owned(), what }
}

/// A clerk's word stands where no witness can be heard; a clock that others contradict, or that is not what the clerk says, is to be
/// set first.
fn confirm_time(said: Timestamp, rows: &impl UnitRead, tools: &Tools<'_>) -> Result<ConfirmTime, StampFault> {
    let open = stretch::open(rows)?.ok_or(Refusal::TimeCertain)?;
    if let Some(doubt) = tools.clock_doubt.filter(|doubt| doubt.cause == DoubtCause::Contradicted) {
        return Err(clock_fault(doubt.why.clone()).into());
    }
    if said.0.saturating_sub(tools.now.0).saturating_abs() > MOST_APART_MILLIS {
        let what = format!("this machine's clock shows {}, and you say {said}: set it right, then confirm", tools.now);
        return Err(clock_fault(what).into());
    }
    Ok(ConfirmTime { since: open.since, by: Confirmation::Clerk { said } })
}

/// An application, with what is stated beside it, and the case's data key.
fn filed(
    application: &Application,
    case: CaseId,
    rows: &impl UnitRead,
    tools: &Tools<'_>,
) -> Result<(Filed, DataKey), StampFault> {
    let (mut receive, key) = receive(application, case, rows, tools)?;
    let declared = application.declared;
    if let Some(typed) = &application.about {
        let about = about(typed, &mut receive, rows, tools)?;
        return Ok((Filed::About(ReceiveAbout { receive, declared, about }), key));
    }
    let filed = match (object(application, &receive.matter, rows, tools)?, declared) {
        (None, false) => Filed::Plain(receive),
        (object, declared) => Filed::Stated(ReceiveStated { receive, object, declared }),
    };
    Ok((filed, key))
}

fn receive(
    application: &Application,
    case: CaseId,
    rows: &impl UnitRead,
    tools: &Tools<'_>,
) -> Result<(Receive, DataKey), StampFault> {
    let matter: BasicCode = application.matter.parse().map_err(|fault: domain::text::Malformed| RequestFault {
        code: Code::Matter,
        field: "matter".to_owned(),
        what: fault.to_string(),
    })?;
    let place = place(application.place, tools)?;
    let fields = applicant(&application.applicant)?;
    check_form(application)?;
    if let Some(chosen) = application.authority {
        check_choice(chosen, &matter, place, (rows, tools))?;
    }

    let closed =
        |_| RequestFault { code: Code::Field, field: "applicant".to_owned(), what: "cannot be sealed".to_owned() };
    let key = DataKey::generate(tools.entropy);
    let form = codec::encode(&application.form).map_err(StoreFault::from)?;
    let receive = Receive {
        matter,
        place,
        chosen: application.authority,
        applicant: tools.keys.blind.index(&fields.identifier),
        applicant_fields: fields.seal(case, &key, tools.entropy).map_err(|fault| RequestFault {
            code: Code::Field,
            field: "applicant".to_owned(),
            what: fault.to_string(),
        })?,
        form: key.seal(case, Field::Form, &form, tools.entropy).map_err(closed)?,
        key: key.keep(case, tools.identity.unit, &tools.keys.sealing, (tools.crypto, tools.entropy)).map_err(closed)?,
        materials: application.materials.iter().map(|name| Material { name: name.clone(), content: None }).collect(),
    };
    Ok((receive, key))
}

/// The licence that an application is about. Who issued it decides: the choice is not the applicant's.
fn about(
    typed: &AboutLicence,
    receive: &mut Receive,
    rows: &impl UnitRead,
    tools: &Tools<'_>,
) -> Result<About, StampFault> {
    let licence: LicenceNumber = typed.licence.trim().parse().map_err(|fault: domain::text::Malformed| {
        RequestFault { code: Code::Field, field: "about.licence".to_owned(), what: fault.to_string() }
    })?;
    if let Some(pin) = in_force(rows, tools)? {
        receive.chosen = issuer_of(rows, pin.number, &receive.matter, &licence)?;
    }
    Ok(About { licence, act: typed.act })
}

/// The keyed index of the form's fields that name the object, where the matter lists any; each of them is needed.
fn object(
    application: &Application,
    code: &BasicCode,
    rows: &impl UnitRead,
    tools: &Tools<'_>,
) -> Result<Option<BlindIndex>, StampFault> {
    // Without a catalogue, or without the matter in it, the command itself says so.
    let Some(pin) = in_force(rows, tools)? else { return Ok(None) };
    let Some(matter) = installed::matter(rows, pin.number, code)? else { return Ok(None) };
    let rule = &matter.claims;
    if rule.repeatable || rule.object_fields.is_empty() {
        return Ok(None);
    }
    let mut named = String::new();
    for field in &rule.object_fields {
        let value = application.form.get(field).map(|value| value.trim()).filter(|value| !value.is_empty());
        let value = value.ok_or_else(|| RequestFault {
            code: Code::Field,
            field: format!("form.{field}"),
            what: format!("needed: {field} names what the application is about"),
        })?;
        // Ends that no value has: two fields never read as one.
        named.push_str(&format!("{field}\u{1F}{value}\u{1E}"));
    }
    Ok(Some(tools.keys.blind.index(&named)))
}

fn place(place: Option<UnitId>, tools: &Tools<'_>) -> Result<UnitId, RequestFault> {
    let place = place.unwrap_or(tools.identity.unit);
    match tools.divisions.get(place) {
        Some(_) => Ok(place),
        None => {
            let what = format!("{place} is not a division of this region");
            Err(RequestFault { code: Code::Division, field: "place".to_owned(), what })
        }
    }
}

/// Checks who applies. An error never repeats what was typed.
pub(crate) fn applicant(applicant: &Applicant) -> Result<ApplicantFields, RequestFault> {
    let name = personal("applicant.name", &applicant.name, 1, MOST_NAME)?;
    let telephone = personal("applicant.telephone", &applicant.telephone, 0, MOST_TELEPHONE)?;
    let identifier = checked_identifier("applicant.identifier", &applicant.identifier)?;
    Ok(ApplicantFields { name, identifier, telephone })
}

/// A citizen number or credit code, in the one form that its index is made of.
pub(crate) fn checked_identifier(field: &'static str, typed: &str) -> Result<String, RequestFault> {
    let typed = typed.trim();
    let fault = |what: &str| RequestFault { code: Code::Identifier, field: field.to_owned(), what: what.to_owned() };
    match typed.parse::<CitizenNumber>() {
        Ok(number) => Ok(number.reveal().to_owned()),
        Err(why) => match (typed.parse::<CreditCode>(), why) {
            (Ok(code), _) => Ok(code.to_string()),
            // Digits in front mean a citizen number: its own fault says more.
            (Err(_), CitizenNumberFault::Check | CitizenNumberFault::BirthDate) if typed.is_ascii() => {
                Err(fault(&why.to_string()))
            }
            (Err(_), _) => Err(fault("neither a citizen number nor a unified social credit code of 18 characters")),
        },
    }
}

fn personal(field: &'static str, value: &str, least: usize, most: usize) -> Result<String, RequestFault> {
    let value = value.trim();
    let length = value.chars().count();
    if (least..=most).contains(&length) && !value.chars().any(char::is_control) {
        return Ok(value.to_owned());
    }
    let what = format!("{least} to {most} characters on one line; {length} were given");
    Err(RequestFault { code: Code::Field, field: field.to_owned(), what })
}

fn check_form(application: &Application) -> Result<(), RequestFault> {
    let fits = application.form.len() <= MOST_FIELDS
        && application.form.iter().all(|(k, v)| k.chars().count() <= MOST_NAME && v.chars().count() <= MOST_FIELD);
    if !fits {
        let what = format!("at most {MOST_FIELDS} fields of at most {MOST_FIELD} characters");
        return Err(RequestFault { code: Code::Field, field: "form".to_owned(), what });
    }
    if application.materials.len() > MOST_FIELDS || application.materials.iter().any(|m| m.chars().count() > MOST_NAME)
    {
        let what = format!("at most {MOST_FIELDS} names of at most {MOST_NAME} characters");
        return Err(RequestFault { code: Code::Field, field: "materials".to_owned(), what });
    }
    Ok(())
}

fn check_choice(
    chosen: UnitId,
    matter: &BasicCode,
    place: UnitId,
    (rows, tools): (&impl UnitRead, &Tools<'_>),
) -> Result<(), StampFault> {
    let meta = meta(rows)?;
    let version = in_force(rows, tools)?.ok_or(Refusal::NoCatalogue)?.number;
    let question = RouteQuestion {
        here: meta.unit,
        version,
        day: meta.now.max(tools.now).date(),
        matter,
        place,
        chosen: Some(chosen),
        bound: false,
        passed_over: &[],
        reviewed: vec![],
    };
    if routing::route(rows, &question)?.allows(chosen) {
        return Ok(());
    }
    let what = format!("unit {chosen} is no authority for this matter and place");
    Err(RequestFault { code: Code::Authority, field: "authority".to_owned(), what }.into())
}

/// The last day for a decision from today, by the matter's statutory limit and the calendar of the pinned version.
fn decision_due(content: &CaseContent, rows: &impl UnitRead, tools: &Tools<'_>) -> Result<Due, StampFault> {
    let today = meta(rows)?.now.max(tools.now).date();
    let matter = matter(rows, content.pin, &content.matter)?;
    let entry = installed::entry(rows, content.pin.number, &content.matter, tools.identity.unit)?;
    // Who has no entry is refused by the command, whatever day it says.
    let limit = entry.map_or(matter.statutory_limit, |entry| entry.limit(&matter));
    let calendar = calendar(rows, content.pin)?;
    Ok(due(today, limit.days, limit.unit, &calendar))
}

/// A matter of an installed version.
pub(crate) fn matter(rows: &impl UnitRead, pin: CataloguePin, code: &BasicCode) -> Result<Arc<Matter>, StampFault> {
    let matter = installed::matter(rows, pin.number, code)?;
    Ok(matter.ok_or_else(|| Refusal::MatterUnknown { matter: code.to_string() })?)
}

/// The calendar of an installed version.
pub(crate) fn calendar(rows: &impl UnitRead, pin: CataloguePin) -> Result<Arc<WorkCalendar>, StampFault> {
    let calendar = installed::calendar(rows, pin.number)?;
    Ok(calendar.ok_or(Refusal::CatalogueMissing { number: pin.number })?)
}

fn chunk(json: &str) -> Result<StoreChunk, RequestFault> {
    if json.len() > MOST_CHUNK_BYTES {
        let what = format!("a piece has at most {MOST_CHUNK_BYTES} bytes; {} were given", json.len());
        return Err(RequestFault { code: Code::Catalogue, field: "json".to_owned(), what });
    }
    let bytes = json.as_bytes().to_vec();
    Ok(StoreChunk { hash: chunk_hash(&bytes), bytes })
}

/// The version that holds when the command is applied, as far as the leader can tell: the time of the log is no earlier.
fn in_force(rows: &impl UnitRead, tools: &Tools<'_>) -> Result<Option<CataloguePin>, StampFault> {
    let meta = meta(rows)?;
    Ok(installed::in_force(rows, &meta, meta.now.max(tools.now).date())?)
}

pub(crate) fn meta(rows: &impl UnitRead) -> Result<domain::tables::UnitMeta, StampFault> {
    Ok(rows.get::<Meta>(&())?.ok_or(Refusal::Founding)?)
}

/// The internal name of a case that this unit knows.
pub(crate) fn case_id(name: CaseName, rows: &impl UnitRead) -> Result<CaseId, StampFault> {
    match name {
        CaseName::Id(case) => Ok(case),
        CaseName::Number(number) => {
            let found = rows.get::<CaseNumbers>(&number.to_string())?;
            Ok(found.ok_or(Refusal::NumberUnknown { number })?.0)
        }
    }
}

fn content(name: CaseName, rows: &impl UnitRead) -> Result<(CaseId, CaseContent), StampFault> {
    let case = case_id(name, rows)?;
    let row = rows.get::<Cases>(&case)?.ok_or(Refusal::CaseUnknown { case })?;
    match (row.content, row.custody.role.counterpart()) {
        (Some(content), _) => Ok((case, content)),
        (None, Some(with)) => Err(Refusal::CaseElsewhere { with }.into()),
        (None, None) => Err(Refusal::CaseUnknown { case }.into()),
    }
}
