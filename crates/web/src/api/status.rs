//! How a unit is.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use domain::ids::UnitId;
use serde::Serialize;
use unit::{
    BooksStatus, DisputeStatus, ForkStatus, MirrorStatus, MirroringStatus, NodeRole, UnitStatus, WitnessStatus,
};
use utoipa::ToSchema;

use crate::extract::Served;
use crate::places::Places;
use crate::problem::{Problem, ProblemBody};
use crate::site::Shared;

use super::form::{UnitForm, WaitingForm, moment};

/// One unit at one node.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = UnitStatus)]
pub(crate) struct StatusForm {
    /// The region's name.
    region: String,
    /// The unit.
    unit: UnitForm,
    /// `city`, `county`, `township` or `village`.
    tier: &'static str,
    /// The unit above.
    parent: Option<UnitForm>,
    /// Which life of its log.
    generation: u32,
    /// The node that answers.
    node: u64,
    /// `leader`, `follower`, `candidate`, `learner` or `stopped`.
    role: &'static str,
    /// The leader, as far as known.
    leader: Option<u64>,
    /// The voters, where the leader answers.
    voters: Vec<VoterForm>,
    /// Of the last command applied here.
    sequence: u64,
    /// The unit's time.
    now: String,
    /// Rolling hash of the state at `sequence`.
    state_hash: String,
    /// The newest catalogue version installed.
    catalogue: Option<PinForm>,
    /// Mail by peer.
    mail: Vec<MailForm>,
    /// How many cases wait, by what for.
    waiting: Vec<WaitingCount>,
    /// Peers' mail kept as evidence: more than none is an alarm.
    contradictions: u64,
    /// Peers with whom this unit does not agree how far a stream goes: more than none is an alarm.
    disputes: Vec<DisputeForm>,
    /// Requests of other units that the node has carried since it started.
    carried: u64,
    /// How the unit's books stand.
    books: BooksForm,
    /// The unit's mirrors, where the leader answers: what one of them lacks is lost with this unit's disk.
    mirrors: Vec<MirrorForm>,
    /// The mirrors of units below that this node keeps.
    mirroring: Vec<MirroringForm>,
    /// Why the clock is not to be trusted, if so.
    clock: Option<String>,
    /// The last time that is certain, where the log is in a stretch of uncertain time.
    certain_until: Option<String>,
    /// Why the group has stopped here, if so.
    stopped: Option<String>,
}

/// One voter.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct VoterForm {
    /// Which node.
    node: u64,
    /// Log entries behind the leader.
    behind: Option<u64>,
}

/// A catalogue version.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PinForm {
    /// Its number.
    number: u64,
    /// The hash of its manifest.
    manifest: String,
}

/// The streams between the unit and one peer.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MailForm {
    /// The peer.
    peer: UnitForm,
    /// Mail written and not yet acknowledged as committed.
    backlog: u64,
    /// When the oldest of it was written.
    oldest: Option<String>,
    /// What the last try to deliver said, if it failed.
    last_fault: Option<String>,
    /// The relay through which the peer is reached, where it cannot be reached straight.
    through: Option<UnitForm>,
    /// Whether nothing is sent because the peer and this unit contradict each other.
    stopped: bool,
}

/// A peer's word that contradicts a stream of mail.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DisputeForm {
    /// The unit at the other end of the stream.
    peer: UnitForm,
    /// Whose log is in doubt.
    of: UnitForm,
    /// Both sides of the contradiction.
    what: String,
    /// When it was logged.
    at: String,
}

/// How many cases wait for one thing.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WaitingCount {
    /// What for.
    waiting: WaitingForm,
    /// How many; 10,000 stands for that many or more.
    cases: u64,
}

/// A mirror of the unit.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MirrorForm {
    /// The node of the unit above that keeps it.
    node: u64,
    /// The last command that it has; none before it was heard.
    at: Option<u64>,
    /// Commands that it lacks.
    behind: u64,
    /// For how long it has lacked some.
    behind_millis: u64,
    /// Whether it is behind or silent for longer than is set.
    alarm: bool,
}

/// A mirror of a unit below.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MirroringForm {
    /// Whose.
    unit: UnitForm,
    /// Which life of it.
    generation: u32,
    /// The last command that is here.
    at: u64,
    /// The last one that the unit is known to have.
    head: u64,
    /// Whether it stands still for good: a next life was begun from it.
    frozen: bool,
    /// Why it goes on no more, if so: an alarm.
    stopped: Option<String>,
    /// What the last try to reach the unit said, if it failed.
    last_fault: Option<String>,
}

/// How a unit's books stand.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BooksForm {
    /// The last audit row under a signed head that neighbours were told.
    told: Option<u64>,
    /// Neighbours who signed under the books.
    witnesses: Vec<WitnessForm>,
    /// Logs with two histories, this unit's or a neighbour's: more than none is an alarm.
    forks: Vec<ForkForm>,
}

/// A neighbour who signed under the books.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WitnessForm {
    /// Who.
    unit: UnitForm,
    /// The last audit row that it has seen.
    up_to: u64,
    /// When, by its clock.
    at: String,
}

/// Evidence that a log has two histories.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ForkForm {
    /// Whose log.
    of: UnitForm,
    /// Both sides of the contradiction.
    what: String,
    /// When it was logged.
    at: String,
}

impl DisputeForm {
    fn new(places: &Places, dispute: DisputeStatus) -> Self {
        let unit = |unit: UnitId| UnitForm::new(places, unit);
        Self { peer: unit(dispute.peer), of: unit(dispute.of), what: dispute.what, at: moment(dispute.at) }
    }
}

impl MirrorForm {
    fn new(mirror: MirrorStatus) -> Self {
        let MirrorStatus { node, at, behind, behind_millis, alarm } = mirror;
        Self { node: node.0, at: at.map(|at| at.0), behind, behind_millis, alarm }
    }
}

impl MirroringForm {
    fn new(places: &Places, mirroring: MirroringStatus) -> Self {
        let MirroringStatus { unit, generation, at, head, frozen, stopped, last_fault } = mirroring;
        let (unit, generation) = (UnitForm::new(places, unit), generation.0);
        Self { unit, generation, at: at.0, head: head.0, frozen, stopped, last_fault }
    }
}

impl BooksForm {
    fn new(places: &Places, books: BooksStatus) -> Self {
        let unit = |unit: UnitId| UnitForm::new(places, unit);
        let witness = |witness: &WitnessStatus| WitnessForm {
            unit: unit(witness.unit),
            up_to: witness.up_to.0,
            at: moment(witness.at),
        };
        let fork = |fork: ForkStatus| ForkForm { of: unit(fork.of), what: fork.what, at: moment(fork.at) };
        Self {
            told: books.told.map(|told| told.0),
            witnesses: books.witnesses.iter().map(witness).collect(),
            forks: books.forks.into_iter().map(fork).collect(),
        }
    }
}

impl StatusForm {
    fn new(places: &Places, status: UnitStatus) -> Self {
        let unit = |unit: UnitId| UnitForm::new(places, unit);
        Self {
            region: status.region,
            unit: UnitForm { code: status.unit.to_string(), name: status.name },
            tier: status.tier.as_str(),
            parent: status.parent.map(unit),
            generation: status.generation.0,
            node: status.node.0,
            role: match status.role {
                NodeRole::Leader => "leader",
                NodeRole::Follower => "follower",
                NodeRole::Candidate => "candidate",
                NodeRole::Learner => "learner",
                NodeRole::Stopped => "stopped",
            },
            leader: status.leader.map(|node| node.0),
            voters: status.voters.iter().map(|v| VoterForm { node: v.node.0, behind: v.behind }).collect(),
            sequence: status.sequence.0,
            now: moment(status.now),
            state_hash: status.state_hash.to_string(),
            catalogue: status.catalogue.map(|pin| PinForm { number: pin.number, manifest: pin.manifest.to_string() }),
            mail: status
                .mail
                .into_iter()
                .map(|mail| MailForm {
                    peer: unit(mail.peer),
                    backlog: mail.backlog,
                    oldest: mail.oldest.map(moment),
                    last_fault: mail.last_fault,
                    through: mail.through.map(unit),
                    stopped: mail.stopped,
                })
                .collect(),
            waiting: status
                .waiting
                .into_iter()
                .map(|(waiting, cases)| WaitingCount { waiting: waiting.into(), cases })
                .collect(),
            contradictions: status.contradictions,
            disputes: status.disputes.into_iter().map(|dispute| DisputeForm::new(places, dispute)).collect(),
            carried: status.carried,
            books: BooksForm::new(places, status.books),
            mirrors: status.mirrors.into_iter().map(MirrorForm::new).collect(),
            mirroring: status.mirroring.into_iter().map(|kept| MirroringForm::new(places, kept)).collect(),
            clock: status.clock,
            certain_until: status.certain_until.map(moment),
            stopped: status.stopped,
        }
    }
}

/// How the unit is, as far as this node knows. Answers without a leader too.
#[utoipa::path(get, path = "/status", tag = "status", operation_id = "unit_status", responses(
    (status = 200, body = StatusForm),
    (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    (status = "5XX", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn status(State(shared): State<Arc<Shared>>, served: Served) -> Result<Json<StatusForm>, Problem> {
    Ok(Json(StatusForm::new(&shared.places, served.handle.status().await)))
}
