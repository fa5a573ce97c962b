//! A small region over perfect logs, and how it is asked and acted on.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use domain::case::Happening;
use domain::catalogue::ChunkRef;
use domain::command::{Done, Outcome, chunk_hash};
use domain::digest::ContentHash;
use domain::ids::UnitId;
use domain::principal::{Principal, PrincipalKind};
use domain::time::{CivilDate, Timestamp};
use futures::executor::block_on;
use sim::ground::core::CoreGround;
use sim::ground::{Event, Ground, NotDone, NotHere, Ticket, What, region};
use sim::scenario::{
    Action, ExpectedAnswer, FaultKind, Lag, LinkQuality, Requirements, Scenario, Step, World, WorldUnit,
};
use unit::{Act, Answer, Applicant, Application, CaseName, CaseView, Publication, Question, Request};

pub(crate) const CITY: &str = "370800";
pub(crate) const COUNTY: &str = "370811";
pub(crate) const VILLAGE: &str = "370811002001";

const CITIZEN: &str = "11010519491231002X";

pub(crate) fn unit(code: &str) -> UnitId {
    code.parse().unwrap()
}

/// Nine in the morning of a working day.
pub(crate) fn start() -> Timestamp {
    "2026-03-02".parse::<CivilDate>().unwrap().begins_at().plus_millis(9 * 3_600_000)
}

pub(crate) fn scenario(seed: u64) -> Scenario {
    let units = [
        (CITY, "city", 3),
        (COUNTY, "county", 1),
        ("370812", "other-county", 1),
        ("370811002", "township", 1),
        (VILLAGE, "village", 1),
        ("370811002003", "other-village", 1),
    ];
    let units = units.map(|(code, alias, voters)| WorldUnit {
        unit: unit(code),
        alias: alias.to_owned(),
        name: alias.to_owned(),
        voters,
        spares: 0,
    });
    Scenario {
        title: "A small region".to_owned(),
        intent: "For tests".to_owned(),
        journeys: vec![],
        start: start(),
        seed,
        fidelities: BTreeSet::new(),
        world: World {
            units: units.to_vec(),
            patience: Duration::from_secs(60),
            matters: 400,
            clerks: None,
            links: LinkQuality::default(),
            pairs: BTreeMap::new(),
        },
        steps: vec![],
        expectations: vec![],
        always: BTreeSet::new(),
        require: Requirements::default(),
    }
}

/// The ground with all that it has told so far.
pub(crate) struct Region {
    pub(crate) ground: CoreGround,
    pub(crate) events: Vec<Event>,
    tickets: u64,
}

impl Region {
    /// All units, with the catalogue installed everywhere.
    pub(crate) fn start(seed: u64) -> Self {
        let scenario = scenario(seed);
        let ground = CoreGround::new(&scenario).unwrap();
        let mut region = Self { ground, events: vec![], tickets: 0 };
        region.publish(&scenario.world);
        region.pass(10_000);
        region
    }

    /// The same, with a catalogue of so many matters.
    pub(crate) fn with_matters(seed: u64, matters: usize) -> Self {
        let mut scenario = scenario(seed);
        scenario.world.matters = matters;
        let ground = CoreGround::new(&scenario).unwrap();
        let mut region = Self { ground, events: vec![], tickets: 0 };
        region.publish(&scenario.world);
        region.pass(600_000);
        region
    }

    /// The same; these units have mirrors that are so far behind, and can be lost.
    pub(crate) fn with_losses(seed: u64, losses: &[(&str, Lag)]) -> Self {
        let mut scenario = scenario(seed);
        scenario.steps.extend(losses.iter().map(|(code, lag)| Step {
            at: Duration::ZERO,
            action: Action::Promote { unit: unit(code), lag: *lag, former_runs: false },
            answer: ExpectedAnswer::Any,
            line: 0,
        }));
        let ground = CoreGround::begin(&scenario, scenario.start).unwrap();
        let mut region = Self { ground, events: vec![], tickets: 0 };
        region.publish(&scenario.world);
        region.pass(10_000);
        region
    }

    fn publish(&mut self, world: &World) {
        let mut chunks = Vec::new();
        for (kind, bytes) in region::catalogue(world, &BTreeSet::new(), &region::divisions(), world.patience).unwrap() {
            chunks.push(ChunkRef { kind, hash: chunk_hash(&bytes) });
            let json = String::from_utf8(bytes).unwrap();
            self.act(CITY, Act::KeepCatalogueChunk { json }).unwrap();
        }
        let publication = Publication { effective: "2026-01-01".parse().unwrap(), chunks };
        self.act(CITY, Act::PublishCatalogue(publication)).unwrap();
    }

    /// Lets milliseconds pass.
    pub(crate) fn pass(&mut self, millis: i64) {
        let until = self.ground.now().plus_millis(millis);
        block_on(self.ground.pass_to(until));
        self.events.extend(self.ground.events());
    }

    /// Does an act, and gives its answer, which at a perfect log comes in the same moment.
    pub(crate) fn act(&mut self, at: &str, act: Act) -> Result<Outcome, NotDone> {
        self.tickets += 1;
        let ticket = Ticket(self.tickets);
        let kind = if matches!(act, Act::Submit(_)) { PrincipalKind::Public } else { PrincipalKind::Staff };
        let principal = Principal { kind, name: "demo".to_owned() };
        self.ground.act(ticket, unit(at), Request { principal, idempotency_key: None, act });
        self.pass(0);
        let answered = self.events.iter().find_map(|event| match &event.what {
            What::Answered { ticket: of, answer } if *of == ticket => Some(answer.clone()),
            _ => None,
        });
        answered.expect("an act is answered")
    }

    /// Hands in an application for a matter that city and county hold alike.
    pub(crate) fn submit(&mut self, at: &str, authority: Option<&str>) -> CaseName {
        let (matter, materials) = self.shared_matter();
        let application = Application {
            about: None,
            matter,
            place: Some(unit(VILLAGE)),
            applicant: Applicant { name: "王小明".into(), identifier: CITIZEN.into(), telephone: String::new() },
            form: BTreeMap::new(),
            materials,
            authority: authority.map(unit),
            declared: false,
        };
        let outcome = self.act(at, Act::Submit(Box::new(application))).unwrap();
        match outcome.reply.ruling() {
            Ok(Done::Received { number, .. }) => number.to_string().parse().unwrap(),
            other => panic!("not received: {other:?}"),
        }
    }

    fn shared_matter(&self) -> (String, Vec<String>) {
        let Some(Ok(Answer::Matters { matters, .. })) =
            self.ask(COUNTY, &Question::Matters { words: String::new(), limit: 200 })
        else {
            panic!("no matters")
        };
        let shared = matters.into_iter().map(|found| found.matter).find(|matter| {
            let question = Question::Matter { code: matter.code.to_string() };
            let Some(Ok(Answer::Matter { entries, .. })) = self.ask(COUNTY, &question) else { return false };
            entries.iter().filter(|entry| entry.same_authority).count() == 2
        });
        let matter = shared.expect("a matter that is held alike");
        (matter.code.to_string(), matter.materials.into_iter().map(|material| material.name).collect())
    }

    pub(crate) fn ask(&self, at: &str, question: &Question) -> Option<Result<Answer, unit::AskFault>> {
        self.ground.ask(unit(at), question)
    }

    pub(crate) fn case(&self, at: &str, case: CaseName) -> Option<CaseView> {
        match self.ask(at, &Question::Case { case }) {
            Some(Ok(Answer::Case(view))) => Some(*view),
            _ => None,
        }
    }

    pub(crate) fn inflict(&mut self, action: &Action) -> Result<(), NotHere> {
        let done = self.ground.inflict(7, action);
        self.pass(1);
        done
    }

    /// What faults of a kind have said so far.
    pub(crate) fn faults(&self, wanted: FaultKind) -> Vec<String> {
        let how = |event: &Event| match &event.what {
            What::Fault { kind, how, step } if *kind == wanted => {
                assert_eq!(*step, Some(7));
                Some(how.clone())
            }
            _ => None,
        };
        self.events.iter().filter_map(how).collect()
    }

    /// How many commands each unit has applied.
    pub(crate) fn logged(&mut self, at: &str) -> usize {
        let recorded = self.ground.recorded();
        recorded.into_iter().find(|recorded| recorded.unit == unit(at)).map_or(0, |recorded| recorded.payloads.len())
    }

    /// A hash over all that was told, and all that was recorded.
    pub(crate) fn trace(&mut self) -> ContentHash {
        let told = format!("{:?}", self.events);
        let recorded = format!("{:?}", self.ground.recorded());
        ContentHash::of_bytes("trace", told.as_bytes()).chain("trace", recorded.as_bytes())
    }

    /// What happened to a case, as its timeline at a unit tells it.
    pub(crate) fn story(&self, at: &str, case: CaseName) -> Vec<&'static str> {
        self.case(at, case).unwrap().timeline.iter().map(|entry| kind(&entry.what)).collect()
    }
}

fn kind(what: &Happening) -> &'static str {
    match what {
        Happening::Received { .. } => "received",
        Happening::Offered { .. } => "offered",
        Happening::Regained { .. } => "regained",
        Happening::HandedOver { .. } => "handed over",
        Happening::TakenOver { .. } => "taken over",
        Happening::Accepted { .. } => "accepted",
        Happening::NotAccepted { .. } => "not accepted",
        Happening::Decided { .. } => "decided",
        Happening::Closed => "closed",
        Happening::Delivered => "delivered",
        Happening::Withdrawn { .. } => "withdrawn",
        Happening::Declared => "declared",
        Happening::ObjectNamed { .. } => "object named",
        Happening::Claim { .. } => "claim",
        Happening::Terminated { .. } => "terminated",
        Happening::LivesAgain { .. } => "lives again",
        Happening::TimeUncertain { .. } => "time uncertain",
        Happening::TimeConfirmed { .. } => "time confirmed",
        Happening::GapsTold { .. } => "gaps told",
        Happening::DeficitAgreed { .. } => "deficit agreed",
        Happening::Completed { .. } => "completed",
        Happening::Lapsed { .. } => "lapsed",
        Happening::PassedOn { .. } => "passed on",
        Happening::AboutLicence { .. } => "about a licence",
        Happening::Promised { .. } => "promised",
        Happening::LicenceIssued { .. } => "licence issued",
        Happening::RenewedByLaw { .. } => "renewed by law",
        Happening::PromiseChecked { .. } => "promise checked",
        Happening::LicenceRevoked { .. } => "licence revoked",
        Happening::LicenceCancelled { .. } => "licence cancelled",
        Happening::LicenceEnded { .. } => "licence ended",
        Happening::SentUp { .. } => "sent up",
        Happening::CameUp { .. } => "came up",
        Happening::StepDone { .. } => "step done",
        Happening::SteppedBack { .. } => "stepped back",
        Happening::HearingOffered { .. } => "hearing offered",
        Happening::HearingAsked { .. } => "hearing asked",
        Happening::HearingSet { .. } => "hearing set",
        Happening::HearingHeld { .. } => "hearing held",
        Happening::FilesCame { .. } => "files came",
        Happening::Supplemented { .. } => "supplemented",
        Happening::AcceptedByLaw { .. } => "accepted by law",
        Happening::ClockStopped { .. } => "clock stopped",
        Happening::StopProlonged { .. } => "stop prolonged",
        Happening::ClockResumed { .. } => "clock resumed",
        Happening::StopExpired { .. } => "stop expired",
        Happening::LimitExtended { .. } => "limit extended",
        Happening::Recovered { .. } | Happening::GoesOn { .. } => "recovered",
    }
}
