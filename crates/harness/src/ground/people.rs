//! People at real nodes: what they ask for goes over HTTP as one of the demo people, and what they are told comes back. An act
//! without an answer is unknown, never absent.

use std::time::Duration;

use domain::case::Within;
use domain::codes;
use domain::command::{Done, Outcome, Reply};
use domain::division::Tier;
use domain::ids::{CaseId, CaseNumber, Sequence, UnitId};
use domain::principal::{Principal, PrincipalKind};
use domain::time::Timestamp;
use serde_json::{Value, json};
use sim::ground::{NotDone, Ticket};
use sim::scenario::Officer;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::{Instant, sleep};
use unit::{About, Act, CaseName, CatalogueAct, Concerning, Handling, Publication, Request};

use super::logs::Logs;

/// How long somebody at a counter waits for an answer.
const PATIENCE: Duration = Duration::from_secs(15);
/// So long after a confirmation its command must be found in the unit's log; else it is told as it was confirmed, and judged.
const FOUND_WITHIN: Duration = Duration::from_secs(10);

/// Who a request can be made by at real nodes: the unit's own staff, or the one who applies.
pub(super) fn known(at: UnitId, mut request: Request) -> Request {
    let name = match (request.principal.kind, &request.act) {
        (_, Act::Catalogue(CatalogueAct::Review { .. })) => format!("demo-reviewer-{at}"),
        (_, Act::KeepCatalogueChunk { .. } | Act::PublishCatalogue(_) | Act::Catalogue(_)) => {
            format!("demo-administrator-{at}")
        }
        (PrincipalKind::Public, _) => "demo-applicant".to_owned(),
        (_, Act::Concern { concerning, .. }) if concerning.is_review() => format!("demo-inspector-{at}"),
        _ => match Tier::of(at) {
            Tier::Village => format!("demo-agent-{at}"),
            // At a township the window takes papers, and an officer reviews.
            Tier::Township if !is_reviewing(&request.act) => format!("demo-window-{at}"),
            _ => format!("demo-officer{}-{at}", suffix(&request.principal.name)),
        },
    };
    // Who chairs a hearing is an account too.
    if let Act::Handle { handling: Handling::SetHearing { chair, .. }, .. } = &mut request.act
        && chair.starts_with("staff")
    {
        *chair = format!("demo-officer{}-{at}", suffix(chair));
    }
    request.principal = Principal { kind: request.principal.kind, name };
    request
}

/// Whether an officer does it, wherever.
fn is_reviewing(act: &Act) -> bool {
    matches!(act, Act::Accept { .. } | Act::NotAccept { .. } | Act::Decide { .. } | Act::Handle { .. })
}

/// Which of a unit's officers the simulated name means.
fn suffix(name: &str) -> &'static str {
    let of = |officer: &Officer| name.starts_with(&format!("staff{}-", officer.suffix()));
    Officer::ALL.into_iter().rev().find(of).map_or("", Officer::suffix)
}

/// What an act says over HTTP: the path and the body.
fn said(act: &Act) -> Option<(String, Value)> {
    let on = |case: &CaseName, act: &str, body: Value| {
        let name = match case {
            CaseName::Number(number) => number.to_string(),
            CaseName::Id(id) => id.to_string(),
        };
        Some((format!("/v1/cases/{name}/{act}"), body))
    };
    match act {
        Act::Submit(application) => {
            let mut body = json!({
                "matter": application.matter,
                "applicant": {
                    "name": application.applicant.name,
                    "identifier": application.applicant.identifier,
                    "telephone": application.applicant.telephone,
                },
                "form": application.form,
                "materials": application.materials,
                "declared": application.declared,
            });
            if let Some(about) = &application.about {
                body["about"] = json!(about);
            }
            for (key, unit) in [("place", application.place), ("authority", application.authority)] {
                if let Some(unit) = unit {
                    body[key] = json!(unit.to_string());
                }
            }
            Some(("/v1/cases".to_owned(), body))
        }
        Act::Accept { case, declared } => on(case, "accept", json!({ "declared": declared })),
        Act::NotAccept { case, reasons, .. } => on(case, "not-accept", json!({ "reasons": reasons })),
        Act::Decide { case, granted, reasons } => on(case, "decide", json!({ "granted": granted, "reasons": reasons })),
        Act::Deliver { case } => on(case, "deliver", json!({})),
        Act::Withdraw { case, reason } => on(case, "withdraw", json!({ "reason": reason })),
        Act::TakeBack { case } => on(case, "take-back", json!({})),
        Act::Handle { case, handling } => on(case, handling.name(), body_of(handling)),
        Act::Concern { case, concerning } => on(case, concerning.name(), concern_body(concerning)),
        // A ticket is its own node's: what is uploaded in one world is no file of another.
        Act::SubmitFiled { .. } | Act::Attach { .. } | Act::Account(_) => None,
        Act::ConfirmTime { said } => Some(("/v1/time/confirm".to_owned(), json!({ "said": said.to_string() }))),
        Act::Catalogue(act) => match act {
            CatalogueAct::Review { proposal, approved, words } => Some((
                format!("/v1/catalogue/proposals/{proposal}/{}", act.name()),
                json!({ "approved": approved, "words": words }),
            )),
            CatalogueAct::Withdraw { proposal, words } => {
                Some((format!("/v1/catalogue/proposals/{proposal}/{}", act.name()), json!({ "words": words })))
            }
            CatalogueAct::Publish { proposal } => {
                Some((format!("/v1/catalogue/proposals/{proposal}/{}", act.name()), json!({})))
            }
            CatalogueAct::Propose { .. } => None,
        },
        Act::KeepCatalogueChunk { .. } | Act::PublishCatalogue(_) => None,
    }
}

/// What a step of handling says beside its name.
fn body_of(handling: &Handling) -> Value {
    match handling {
        Handling::TellGaps { gaps, within } => json!({ "gaps": gaps, "within": within.as_ref().map(within_of) }),
        Handling::Supplement { materials } => json!({ "materials": materials }),
        Handling::StopClock { notice } => json!(notice),
        Handling::ProlongStop { reason, told } => json!({ "reason": reason, "told": told }),
        Handling::ResumeClock => json!({}),
        Handling::ExtendLimit { days, by, reason } => json!({ "days": days, "by": by, "reason": reason }),
        Handling::AcceptWithDeficit { declared, deficit } => {
            json!({ "declared": declared, "asked": deficit.asked, "within": within_of(&deficit.within) })
        }
        Handling::Complete { materials } => json!({ "materials": materials }),
        Handling::AcceptOnPromise { declared, signed } => json!({ "declared": declared, "signed": signed }),
        Handling::CheckPromise { kept, findings } => json!({ "kept": kept, "findings": findings }),
        Handling::Revoke { reasons, basis } => json!({ "reasons": reasons, "basis": basis }),
        Handling::SendUp { agrees, opinion } => json!({ "agrees": agrees, "opinion": opinion.0 }),
        Handling::DoStep { step, agrees, opinion } => {
            json!({ "step": step, "agrees": agrees, "opinion": opinion.0 })
        }
        Handling::TellHearing { reason } => json!({ "reason": reason }),
        Handling::AskHearing { party } => json!({ "party": party }),
        Handling::SetHearing { held, place, chair } => {
            json!({ "held": held.to_string(), "place": place, "chair": chair })
        }
        Handling::HoldHearing { record } => json!({ "record": record.0 }),
        Handling::StepBack { to, reasons } => json!({ "to": to, "reasons": reasons.0 }),
        Handling::PassOn { to, reasons, consented } => {
            json!({ "to": to.to_string(), "reasons": reasons, "consented": consented })
        }
    }
}

/// What is said of a case, or done about what was said, beside its name.
fn concern_body(concerning: &Concerning) -> Value {
    let about = |body: &mut Value, about: &About| match about {
        About::Step(step) => body["step"] = json!(step),
        About::Line(line) => {
            body["line"] = json!({ "unit": line.unit.to_string(), "sequence": line.sequence.0 });
        }
    };
    match concerning {
        Concerning::Rate { identifier, about: of, level, remark } => {
            let mut body = json!({ "identifier": identifier.0, "level": level, "remark": remark.0 });
            about(&mut body, of);
            body
        }
        Concerning::Urge { identifier, words } => json!({ "identifier": identifier.0, "words": words.0 }),
        Concerning::Order { until, order } => json!({ "until": until.to_string(), "order": order }),
        Concerning::Complain { about: of, complainant, text } => {
            let who = json!({
                "name": complainant.name,
                "identifier": complainant.identifier,
                "telephone": complainant.telephone,
            });
            let mut body = json!({ "complainant": who, "text": text.0 });
            if let Some(of) = of {
                about(&mut body, of);
            }
            body
        }
        Concerning::CallBack { concern, reached, attempts, said } => {
            json!({ "concern": concern, "reached": reached, "attempts": attempts, "said": said })
        }
        Concerning::Rectify { concern, remedy, what } => json!({ "concern": concern, "remedy": remedy, "what": what }),
        Concerning::Exclude { concern, reasons } => json!({ "concern": concern, "reasons": reasons }),
        Concerning::AnswerUrging { concern, answer } => json!({ "concern": concern, "answer": answer }),
        Concerning::JudgeComplaint { concern, accepted, reasons } => {
            json!({ "concern": concern, "accepted": accepted, "reasons": reasons })
        }
        Concerning::HandleComplaint { concern, what } => json!({ "concern": concern, "what": what }),
        Concerning::AnswerComplaint { concern, upheld, answer } => {
            json!({ "concern": concern, "upheld": upheld, "answer": answer })
        }
    }
}

fn within_of(within: &Within) -> Value {
    json!({ "days": within.told.days, "unit": within.told.unit, "basis": within.basis })
}

/// A confirmation over HTTP.
#[derive(Clone, Debug)]
struct Confirmed {
    /// Done before under the same key.
    repeated: bool,
    /// Of a receipt: the case, its number, and the unit's number for the act.
    receipt: Option<(CaseId, CaseNumber, Sequence)>,
}

struct Heard {
    asked: Asked,
    answer: Result<Confirmed, NotDone>,
}

/// An act that was put to a node.
#[derive(Clone, Debug)]
struct Asked {
    ticket: Ticket,
    at: UnitId,
    principal: String,
    key: String,
}

/// An act and the answer that is told of it.
pub(super) type Told = (Ticket, Result<Outcome, NotDone>);

/// Everybody who asks.
pub(super) struct People {
    client: reqwest::Client,
    // As many wait as acts are under way: people and clerks of one small scenario.
    heard: UnboundedReceiver<Heard>,
    tell: UnboundedSender<Heard>,
    under_way: usize,
    /// Confirmed, and not yet seen in a log.
    confirmed: Vec<(Asked, Confirmed, Instant)>,
    /// Pieces of the version that will be published next.
    pieces: Vec<String>,
}

impl People {
    pub(super) fn new() -> Self {
        let client = reqwest::Client::builder().timeout(PATIENCE).build().unwrap_or_default();
        let (tell, heard) = unbounded_channel();
        Self { client, heard, tell, under_way: 0, confirmed: vec![], pieces: vec![] }
    }

    /// How many acts have no answer yet.
    pub(super) fn waiting(&self) -> usize {
        self.under_way + self.confirmed.len()
    }

    /// Puts an act to a node; `None` where none of the unit's can be reached. Gives an answer where there is one at once.
    pub(super) fn ask(
        &mut self,
        ticket: Ticket,
        at: UnitId,
        request: Request,
        url: Option<String>,
        now: Timestamp,
    ) -> Option<Told> {
        // Over HTTP a version is published in one request: its pieces wait here until then.
        if let Act::KeepCatalogueChunk { json } = request.act {
            if !self.pieces.contains(&json) {
                self.pieces.push(json);
            }
            let outcome = Outcome { sequence: Sequence(0), at: now, reply: Reply::Done(Done::ChunkKept) };
            return Some((ticket, Ok(outcome)));
        }
        let (path, body) = match &request.act {
            Act::PublishCatalogue(publication) => ("/v1/catalogue".to_owned(), self.published(publication)),
            Act::Catalogue(CatalogueAct::Propose { publication, why }) => {
                let mut body = self.published(publication);
                body["why"] = json!(why);
                ("/v1/catalogue/proposals".to_owned(), body)
            }
            act => said(act)?,
        };
        let asked = Asked {
            ticket,
            at,
            principal: request.principal.name.clone(),
            key: request.idempotency_key.clone().unwrap_or_default(),
        };
        self.under_way += 1;
        let (client, tell) = (self.client.clone(), self.tell.clone());
        tokio::spawn(async move {
            let answer = match url {
                None => {
                    // Whoever finds nobody there takes a moment to try the next.
                    sleep(Duration::from_millis(500)).await;
                    Err(unknown("unit.no_leader", "none of the unit's nodes runs"))
                }
                Some(url) => {
                    let sent = client
                        .post(format!("{url}{path}"))
                        .header("x-tongban-person", &asked.principal)
                        .header("idempotency-key", &asked.key)
                        .json(&body)
                        .send()
                        .await;
                    answer(sent, path == "/v1/cases").await
                }
            };
            // Nobody listens once the run is over.
            let _over = tell.send(Heard { asked, answer });
        });
        None
    }

    /// A version and its pieces in one body.
    fn published(&self, publication: &Publication) -> Value {
        let chunks = publication.chunks.iter().filter_map(|chunk| self.piece(chunk));
        json!({ "effective": publication.effective.to_string(), "chunks": chunks.collect::<Vec<_>>() })
    }

    fn piece(&self, chunk: &domain::catalogue::ChunkRef) -> Option<Value> {
        use domain::catalogue::ChunkKind;
        let json = self.pieces.iter().find(|json| domain::command::chunk_hash(json.as_bytes()) == chunk.hash)?;
        Some(match chunk.kind {
            ChunkKind::Matters => json!({ "kind": "matters", "json": json }),
            ChunkKind::Calendar => json!({ "kind": "calendar", "json": json }),
            // The city writes who approved a version.
            ChunkKind::Approvals => return None,
            ChunkKind::Entries { unit } => json!({ "kind": "entries", "unit": unit.to_string(), "json": json }),
        })
    }

    /// Answers that can be told: refusals at once, confirmations when the unit's log shows their command.
    pub(super) fn told(&mut self, logs: &Logs, now: Timestamp) -> Vec<Told> {
        let mut told = Vec::new();
        while let Ok(Heard { asked, answer }) = self.heard.try_recv() {
            self.under_way -= 1;
            match answer {
                Err(not_done) => told.push((asked.ticket, Err(not_done))),
                Ok(confirmed) => self.confirmed.push((asked, confirmed, Instant::now())),
            }
        }
        self.confirmed.retain(|(asked, confirmed, since)| {
            let outcome = outcome(asked, confirmed, logs);
            let late = since.elapsed() > FOUND_WITHIN;
            let outcome = outcome.or_else(|| late.then(|| as_confirmed(confirmed, now)));
            let Some(outcome) = outcome else { return true };
            told.push((asked.ticket, Ok(outcome)));
            false
        });
        told
    }
}

/// The command of a confirmation, as the unit's log has it.
fn outcome(asked: &Asked, confirmed: &Confirmed, logs: &Logs) -> Option<Outcome> {
    let found = logs.outcomes(asked.at, &asked.principal, &asked.key);
    let fits = |outcome: &&Outcome| {
        let repeated = matches!(outcome.reply, Reply::Repeated { .. });
        outcome.reply.ruling().is_ok() && repeated == confirmed.repeated
    };
    let outcome = found.iter().rfind(fits)?;
    match (&confirmed.receipt, outcome.reply.ruling()) {
        (Some((case, number, sequence)), Ok(Done::Received { case: known, number: printed })) => {
            (case == known && number == printed && *sequence == outcome.sequence).then(|| outcome.clone())
        }
        (Some(_), _) => None,
        (None, _) => Some(outcome.clone()),
    }
}

/// What was confirmed and is in no log.
fn as_confirmed(confirmed: &Confirmed, at: Timestamp) -> Outcome {
    match confirmed.receipt {
        Some((case, number, sequence)) => Outcome { sequence, at, reply: Reply::Done(Done::Received { case, number }) },
        None => Outcome { sequence: Sequence(u64::MAX), at, reply: Reply::Done(Done::Nothing) },
    }
}

fn unknown(code: &'static str, why: impl Into<String>) -> NotDone {
    NotDone::Unknown { code, why: why.into() }
}

async fn answer(sent: reqwest::Result<reqwest::Response>, receipt: bool) -> Result<Confirmed, NotDone> {
    let response = sent.map_err(|why| unknown("unit.deadline", why.without_url().to_string()))?;
    let status = response.status();
    let repeated = response.headers().get("idempotency-replayed").is_some();
    let body: Value = response.json().await.map_err(|why| unknown("unit.deadline", why.without_url().to_string()))?;
    if status.is_success() {
        let receipt =
            if receipt { Some(receipt_of(&body).ok_or_else(|| unknown("http.internal", "no receipt"))?) } else { None };
        return Ok(Confirmed { repeated, receipt });
    }
    let code = body["code"].as_str().and_then(codes::find).map_or("http.internal", |row| row.code);
    let why = format!("{} {}", body["title"].as_str().unwrap_or_default(), body["detail"].as_str().unwrap_or_default());
    // Some refusals pass by themselves and have the status of what is not available now: the code says which they are.
    let area = code.split('.').next().unwrap_or_default();
    if (status.is_server_error() || status == reqwest::StatusCode::TOO_MANY_REQUESTS) && matches!(area, "unit" | "http")
    {
        return Err(unknown(code, why.trim()));
    }
    Err(NotDone::Refused { code, why: why.trim().to_owned() })
}

fn receipt_of(body: &Value) -> Option<(CaseId, CaseNumber, Sequence)> {
    let text = |key: &str| body[key].as_str();
    Some((text("id")?.parse().ok()?, text("number")?.parse().ok()?, Sequence(body["sequence"].as_u64()?)))
}
