//! Plays a scenario on a ground: sets the region up, does each step at its time, lets officials work, waits for what is expected,
//! heals everything at the end and waits until nothing moves, and judges.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use domain::command::Outcome;
use domain::ids::UnitId;
use domain::time::Timestamp;
use unit::{Act, Publication, Request};

use super::clerks::ClerksAtWork;
use super::people::{self, Guide};
use super::terms::terms;
use super::trace::Trace;
use super::{Band, Checked, Line, Played, PlayedUnit, expect, judge, story};
use crate::ground::region::{self, Region};
use crate::ground::{Event, Ground, NotDone, NotHere, Ticket, What};
use crate::invariants::Watch;
use crate::observe::{Keep, Observer};
use crate::scenario::{Action, ClockFault, DiskFault, ExpectedAnswer, NodeChoice, Officer, Scenario};

/// Set-up (groups founded, catalogue installed everywhere) happens before the scenario's start, and takes at most this long.
pub const SET_UP: Duration = Duration::from_secs(120);
/// How often officials and expectations are looked at.
const TICK: Duration = Duration::from_millis(250);
/// How long nothing may come to rest after everything was healed.
const LIVENESS: Duration = Duration::from_secs(240);
/// An act whose outcome is unknown is put again under its key after this, so often at most.
const AGAIN: Duration = Duration::from_secs(3);
const MOST_TRIES: u32 = 20;

/// How a scenario is to be played.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The file, as it was named.
    pub file: Option<String>,
    /// The command that plays it again.
    pub replay: String,
    /// Set to end the run early.
    pub stop: Arc<AtomicBool>,
}

/// An act that was begun.
struct Begun {
    step: Option<usize>,
    label: Option<String>,
    at: UnitId,
    request: Request,
    expected: ExpectedAnswer,
    tries: u32,
}

/// Something to be done at a time.
enum Todo {
    Step(usize),
    /// The n-th application of a traffic step.
    Traffic {
        step: usize,
        n: u32,
    },
    Again(Box<Begun>),
}

/// A scenario that is being played.
pub(super) struct Engine<'a, G: Ground> {
    pub(super) scenario: &'a Scenario,
    pub(super) ground: G,
    pub(super) observer: Observer,
    watch: Watch,
    guide: Guide,
    trace: Trace,
    todo: BTreeMap<(Timestamp, u64), Todo>,
    begun: BTreeMap<Ticket, Begun>,
    /// Steps that change voters and are not answered yet.
    pub(super) changes: BTreeSet<usize>,
    /// Materials by the label of the case that they came with.
    handed_in: BTreeMap<String, (Vec<String>, Vec<String>)>,
    clerks: ClerksAtWork,
    next: u64,
    lines: Vec<Line>,
    bands: Vec<Band>,
    expected: Vec<Checked>,
    failures: Vec<String>,
    skipped: Vec<String>,
    faults: BTreeMap<crate::scenario::FaultKind, u64>,
}

/// Plays a scenario from its set-up to its verdict.
pub async fn play<G: Ground>(scenario: &Scenario, region: &Region, ground: G, options: &Options) -> Played {
    let (world, named) = (&scenario.world, scenario.named_matters());
    let chunks = region::catalogue(world, &named, &region.tree, world.patience).unwrap_or_default();
    let mut engine = Engine {
        scenario,
        ground,
        observer: Observer::new(Keep::All),
        watch: Watch::new(&scenario.always, &terms(scenario)),
        guide: Guide::of(&chunks),
        trace: Trace::default(),
        todo: BTreeMap::new(),
        begun: BTreeMap::new(),
        changes: BTreeSet::new(),
        handed_in: BTreeMap::new(),
        clerks: ClerksAtWork::default(),
        next: 0,
        lines: vec![],
        bands: vec![],
        expected: vec![],
        failures: vec![],
        skipped: vec![],
        faults: BTreeMap::new(),
    };
    if engine.set_up(chunks).await {
        engine.run(options).await;
        engine.close(options).await;
    }
    engine.finish(options)
}

impl<G: Ground> Engine<'_, G> {
    pub(super) fn fail(&mut self, why: impl Into<String>) {
        self.failures.push(why.into());
    }

    pub(super) fn line(
        &mut self,
        at: Timestamp,
        who: impl Into<String>,
        what: impl Into<String>,
        case: Option<String>,
    ) {
        self.lines.push(Line { at, who: who.into(), what: what.into(), case });
    }

    /// Publishes the catalogue and waits until every unit has it and true time is the scenario's start.
    async fn set_up(&mut self, chunks: Vec<(domain::catalogue::ChunkKind, Vec<u8>)>) -> bool {
        let published = self.publish(chunks, "set-up").await;
        if !published {
            self.fail("set-up: the city could not publish the catalogue");
            return false;
        }
        let units: Vec<UnitId> = self.scenario.world.units.iter().map(|unit| unit.unit).collect();
        while !units.iter().all(|unit| self.observer.meta(*unit).is_some_and(|meta| meta.catalogue.is_some())) {
            if self.ground.now() >= self.scenario.start {
                self.fail("set-up: the catalogue is not installed everywhere in time");
                return false;
            }
            self.pass(TICK).await;
        }
        self.ground.pass_to(self.scenario.start).await;
        self.drain();
        true
    }

    /// Keeps every piece at the city and publishes them as the next version; each act is put again until it is done.
    async fn publish(&mut self, chunks: Vec<(domain::catalogue::ChunkKind, Vec<u8>)>, key: &str) -> bool {
        let Some(city) = self.scenario.world.units.first().map(|unit| unit.unit) else { return false };
        let mut acts = Vec::new();
        let mut refs = Vec::new();
        for (kind, bytes) in chunks {
            refs.push(domain::catalogue::ChunkRef { kind, hash: domain::command::chunk_hash(&bytes) });
            let Ok(json) = String::from_utf8(bytes) else { return false };
            acts.push(Act::KeepCatalogueChunk { json });
        }
        let effective = self.scenario.start.date();
        acts.push(Act::PublishCatalogue(Publication { effective, chunks: refs }));
        for (n, act) in acts.into_iter().enumerate() {
            let request = people::staff(act, city, format!("{key}-{n}"));
            let mut done = false;
            for _ in 0..MOST_TRIES {
                if let Some(Ok(_)) = self.ask_and_wait(city, request.clone()).await {
                    done = true;
                    break;
                }
                self.pass(Duration::from_secs(1)).await;
            }
            if !done {
                return false;
            }
        }
        true
    }

    async fn ask_and_wait(&mut self, at: UnitId, request: Request) -> Option<Result<Outcome, NotDone>> {
        let ticket = self.ticket();
        let request = self.ground.as_known_here(at, request);
        self.ground.act(ticket, at, request);
        let until = self.ground.now().plus_millis(20_000);
        while self.ground.now() < until {
            let next = self.ground.now().plus_millis(20);
            self.ground.pass_to(next).await;
            let mut found = None;
            for event in self.ground.events() {
                if let What::Answered { ticket: known, answer } = &event.what
                    && *known == ticket
                {
                    found = Some(answer.clone());
                }
                self.take(event);
            }
            if found.is_some() {
                return found;
            }
        }
        None
    }

    fn ticket(&mut self) -> Ticket {
        self.next += 1;
        Ticket(self.next)
    }

    fn later(&mut self, at: Timestamp, todo: Todo) {
        self.next += 1;
        self.todo.insert((at, self.next), todo);
    }

    async fn pass(&mut self, by: Duration) {
        let until = self.ground.now().plus_millis(millis(by));
        self.ground.pass_to(until).await;
        self.drain();
    }

    async fn run(&mut self, options: &Options) {
        let scenario = self.scenario;
        for (at, step) in scenario.steps.iter().enumerate() {
            self.later(scenario.start.plus_millis(millis(step.at)), Todo::Step(at));
            if let Action::Traffic { cases, over, .. } = &step.action {
                for n in 0..*cases {
                    let when = step.at + over.mul_f64(f64::from(n) / f64::from((*cases).max(1)));
                    self.later(scenario.start.plus_millis(millis(when)), Todo::Traffic { step: at, n });
                }
            }
        }
        let mut expectations = expect::Waiting::of(scenario);
        loop {
            if options.stop.load(Ordering::Relaxed) {
                self.fail(super::STOPPED);
                return;
            }
            let now = self.ground.now();
            while self.todo.first_key_value().is_some_and(|((at, _), _)| *at <= now) {
                if let Some((_, todo)) = self.todo.pop_first() {
                    self.do_one(todo).await;
                }
            }
            self.drain();
            self.let_clerks_work();
            expectations.look(&self.observer, self.ground.now());
            let next = [self.todo.first_key_value().map(|((at, _), _)| *at), expectations.next(self.ground.now())];
            let Some(next) = next.into_iter().flatten().min() else { break };
            let tick = self.ground.now().plus_millis(millis(TICK));
            self.ground.pass_to(next.min(tick)).await;
            self.drain();
        }
        for checked in expectations.results() {
            if checked.met.is_none() {
                let file = options.file.as_deref().unwrap_or("scenario");
                self.fail(format!("{file}:{}: never: {}; {}", checked.line, checked.what, checked.found));
            }
            self.expected.push(checked);
        }
    }

    async fn do_one(&mut self, todo: Todo) {
        match todo {
            Todo::Again(begun) => self.begin(*begun),
            Todo::Traffic { step, n } => self.traffic(step, n),
            Todo::Step(at) => {
                let scenario = self.scenario;
                let step = &scenario.steps[at];
                let now = self.ground.now();
                self.line(now, "step", story::action(&step.action, &scenario.world), None);
                match &step.action {
                    Action::Publish { patience } => {
                        let patience = patience.unwrap_or(scenario.world.patience);
                        let tree = region::divisions();
                        let named = scenario.named_matters();
                        let chunks = region::catalogue(&scenario.world, &named, &tree, patience).unwrap_or_default();
                        let key = format!("publish-{at}");
                        if !self.publish(chunks, &key).await && step.answer == ExpectedAnswer::Done {
                            self.fail(format!("line {}: the catalogue was not published", step.line));
                        }
                    }
                    Action::Traffic { .. } => {}
                    Action::Submit(_)
                    | Action::Accept { .. }
                    | Action::NotAccept { .. }
                    | Action::Decide { .. }
                    | Action::Deliver { .. }
                    | Action::Withdraw { .. }
                    | Action::TakeBack { .. }
                    | Action::Handle { .. }
                    | Action::Concern { .. } => self.act(at),
                    Action::ConfirmTime { by, said } => {
                        let said = said.unwrap_or(now);
                        let request = people::staff(Act::ConfirmTime { said }, *by, format!("step-{at}"));
                        let (label, expected) = (None, step.answer.clone());
                        self.begin(Begun { step: Some(at), label, at: *by, request, expected, tries: 0 });
                    }
                    Action::Voters(_) => self.change_voters(at),
                    fault => self.inflict(at, fault),
                }
            }
        }
    }

    fn inflict(&mut self, at: usize, action: &Action) {
        if let Err(not_here) = self.ground.inflict(at, action) {
            self.skip(&not_here);
        }
        let now = self.ground.now();
        super::bands::note(&mut self.bands, action, &self.scenario.world, now);
    }

    pub(super) fn skip(&mut self, not_here: &NotHere) {
        let now = self.ground.now();
        self.line(now, "SKIPPED", not_here.to_string(), None);
        self.skipped.push(not_here.to_string());
    }

    fn traffic(&mut self, step: usize, n: u32) {
        let Action::Traffic { at, matter, .. } = &self.scenario.steps[step].action else { return };
        let Some(unit) = at.get(n as usize % at.len().max(1)).copied() else { return };
        let label = format!("t{}-{}", step + 1, n + 1);
        let asked = crate::scenario::Application {
            case: label.clone(),
            at: unit,
            matter: matter.clone(),
            place: None,
            authority: None,
            applicant: format!("applicant {label}"),
            lacks: None,
            about: None,
        };
        self.submit(None, &asked, Some(n as usize), ExpectedAnswer::Any);
    }

    fn submit(
        &mut self,
        step: Option<usize>,
        asked: &crate::scenario::Application,
        n: Option<usize>,
        expected: ExpectedAnswer,
    ) {
        let act = match people::application(asked, &self.guide, n, &self.observer) {
            Ok(act) => act,
            Err(why) => return self.fail(why),
        };
        let lacks = asked.lacks.iter().cloned().collect();
        self.handed_in.insert(asked.case.clone(), (people::materials(&act), lacks));
        let request = people::public(act, &asked.applicant, format!("submit-{}", asked.case));
        self.begin(Begun { step, label: Some(asked.case.clone()), at: asked.at, request, expected, tries: 0 });
    }

    fn act(&mut self, at: usize) {
        let scenario = self.scenario;
        let step = &scenario.steps[at];
        let (label, by, by_public) = match &step.action {
            // Applications of a generated world take matters in turn; those of a file the one that is held alike.
            Action::Submit(asked) => {
                let n = (step.line == 0).then_some(at);
                return self.submit(Some(at), asked, n, step.answer.clone());
            }
            Action::Accept { case, by }
            | Action::NotAccept { case, by, .. }
            | Action::Decide { case, by, .. }
            | Action::Deliver { case, by }
            | Action::TakeBack { case, by }
            | Action::Handle { case, by, .. } => (case, *by, false),
            Action::Concern { case, by, concerning } => (case, *by, concerning.is_said_by_the_public()),
            Action::Withdraw { case, by, .. } => (case, *by, true),
            _ => return,
        };
        let Some(case) = self.observer.labelled(label) else {
            if step.answer != ExpectedAnswer::Any {
                self.fail(format!(
                    "line {}: nobody knows yet what {label} is: its submission was not answered",
                    step.line
                ));
            }
            return;
        };
        let case = people::named(case);
        let act = match &step.action {
            Action::Accept { .. } => Act::Accept { case, declared: false },
            Action::NotAccept { reasons, .. } => {
                Act::NotAccept { case, reasons: reasons.clone(), right_authority: None }
            }
            Action::Decide { granted, reasons, .. } => {
                Act::Decide { case, granted: *granted, reasons: reasons.clone() }
            }
            Action::Deliver { .. } => Act::Deliver { case },
            Action::Withdraw { reason, .. } => Act::Withdraw { case, reason: reason.clone() },
            Action::Handle { handling, .. } => {
                let handed_in = self.handed_in.get(label);
                let (known, lacks) = handed_in.map(|(known, lacks)| (&known[..], &lacks[..])).unwrap_or_default();
                Act::Handle { case, handling: people::handling(handling, (known, lacks)) }
            }
            Action::Concern { concerning, .. } => {
                let applicant = people::applicant_of(scenario, label).unwrap_or(label);
                Act::Concern { case, concerning: people::concerning(concerning, applicant) }
            }
            _ => Act::TakeBack { case },
        };
        let officer = match &step.action {
            Action::Handle { officer, .. } => *officer,
            _ => Officer::First,
        };
        let key = format!("step-{at}");
        let request = match &act {
            _ if by_public => people::public(act, label, key),
            Act::Concern { concerning, .. } if concerning.is_review() => people::inspector(act, by, key),
            _ => people::officer(act, (by, officer), key),
        };
        let (label, expected) = (Some(label.clone()), step.answer.clone());
        self.begin(Begun { step: Some(at), label, at: by, request, expected, tries: 0 });
    }

    fn begin(&mut self, begun: Begun) {
        let ticket = self.ticket();
        let request = self.ground.as_known_here(begun.at, begun.request.clone());
        let begun = Begun { request, ..begun };
        let label = begun.label.as_deref().filter(|_| matches!(begun.request.act, Act::Submit(_)));
        self.observer.begun(ticket, self.ground.now(), begun.at, &begun.request, label);
        self.ground.act(ticket, begun.at, begun.request.clone());
        self.begun.insert(ticket, begun);
    }

    fn let_clerks_work(&mut self) {
        let Some(clerks) = self.scenario.world.clerks else { return };
        let now = self.ground.now();
        for (at, request) in self.clerks.work(&self.observer, self.scenario, clerks, now) {
            let expected = ExpectedAnswer::Any;
            self.begin(Begun { step: None, label: None, at, request, expected, tries: MOST_TRIES });
        }
    }

    pub(super) fn drain(&mut self) {
        for event in self.ground.events() {
            self.take(event);
        }
    }

    fn take(&mut self, event: Event) {
        self.trace.add(&event);
        let world = &self.scenario.world;
        match &event.what {
            What::Answered { ticket, answer } => self.answered(event.at, *ticket, answer.clone()),
            What::VotersChanged { step, answer } => self.voters_changed(event.at, *step, answer),
            What::Stopped { node, unit, why } => {
                let who = world.alias(*unit);
                if why.contains("broken promise") {
                    self.fail(format!("node {node} of {who} stopped itself: {why}"));
                }
                self.line(event.at, who, format!("node {node} stops by itself: {why}"), None);
            }
            What::Leads { node, unit } => self.line(event.at, world.alias(*unit), format!("node {node} leads"), None),
            What::Up { node, unit } => self.line(event.at, world.alias(*unit), format!("node {node} runs"), None),
            What::Down { node, unit } => self.line(event.at, world.alias(*unit), format!("node {node} is down"), None),
            What::Installed { node, unit } => {
                self.line(event.at, world.alias(*unit), format!("node {node} takes a snapshot in"), None);
            }
            What::Fault { kind, how, .. } => {
                *self.faults.entry(*kind).or_default() += 1;
                if !how.is_empty() {
                    self.line(event.at, "fault", how.clone(), None);
                }
            }
            What::Promoted { unit, generation, node, mirror, .. } => {
                let what =
                    format!("life {} begins on node {node}: its mirror had {} commands", generation.0, mirror.len());
                self.line(event.at, world.alias(*unit), what, None);
            }
            What::Applied { .. } => {}
        }
        let moment = self.observer.observe(&event);
        if let Some(change) = &moment.change {
            for case in &change.cases {
                let Some(after) = &case.after else { continue };
                let label = self.observer.name_of(case.key);
                for what in story::changes(change.unit, case.before.as_ref(), after, world) {
                    let (who, what) = (world.alias(change.unit), format!("{label}: {what}"));
                    self.lines.push(Line { at: event.at, who, what, case: Some(label.clone()) });
                }
            }
        }
        self.watch.look(&moment, &self.observer);
    }

    fn answered(&mut self, at: Timestamp, ticket: Ticket, answer: Result<Outcome, NotDone>) {
        let Some(begun) = self.begun.remove(&ticket) else { return };
        let unknown = matches!(answer, Err(NotDone::Unknown { .. }));
        if unknown && begun.expected != ExpectedAnswer::Unknown && begun.tries + 1 < MOST_TRIES {
            // As a browser does: the same request under the same key.
            let again = self.ground.now().plus_millis(millis(AGAIN));
            return self.later(again, Todo::Again(Box::new(Begun { tries: begun.tries + 1, ..begun })));
        }
        let code = match &answer {
            Ok(_) => "done".to_owned(),
            Err(NotDone::Unknown { .. }) => "unknown".to_owned(),
            Err(NotDone::Refused { code, .. }) => (*code).to_owned(),
        };
        let Some(step) = begun.step else { return };
        let (line, wanted) = (self.scenario.steps[step].line, &begun.expected);
        let fits = *wanted == ExpectedAnswer::Any || code == wanted.word();
        let told = format!("answered: {code}");
        self.line(at, self.scenario.world.alias(begun.at), told, begun.label.clone());
        if !fits {
            let words = story::action(&self.scenario.steps[step].action, &self.scenario.world);
            let why = answer.err().map(|why| format!(" ({why})")).unwrap_or_default();
            self.fail(format!("line {line}: {words}: answered {code}{why}, expected {}", wanted.word()));
        }
    }

    /// Heals everything and waits until nothing moves any more: what was begun must end.
    async fn close(&mut self, options: &Options) {
        let now = self.ground.now();
        self.line(now, "world", "everything is healed", None);
        super::bands::end_all(&mut self.bands, now);
        for step in self.ground.disarm() {
            let never = format!(
                "{}: its moment never came",
                story::action(&self.scenario.steps[step].action, &self.scenario.world)
            );
            self.line(now, "world", never, None);
        }
        let past = self.scenario.steps.len();
        for action in [
            Action::Heal(None),
            Action::Link { pair: None, quality: self.scenario.world.links },
            Action::Clock { nodes: NodeChoice::Everyone, fault: ClockFault::Offset(0) },
            Action::Disk { nodes: NodeChoice::Everyone, fault: DiskFault::Mended },
            Action::Restart(NodeChoice::Everyone),
        ] {
            // What cannot be done here was not done before either.
            drop(self.ground.inflict(past, &action));
        }
        self.watch.healed(self.ground.now());
        let until = self.ground.now().plus_millis(millis(LIVENESS));
        let mut quiet_looks = 0;
        while self.ground.now() < until && !options.stop.load(Ordering::Relaxed) {
            let now = self.ground.now();
            while self.todo.first_key_value().is_some_and(|((at, _), _)| *at <= now) {
                if let Some((_, todo)) = self.todo.pop_first() {
                    self.do_one(todo).await;
                }
            }
            self.let_clerks_work();
            self.pass(Duration::from_secs(1)).await;
            let quiet = self.observer.is_quiet().is_ok()
                && self.begun.is_empty()
                && self.changes.is_empty()
                && self.todo.is_empty();
            quiet_looks = if quiet { quiet_looks + 1 } else { 0 };
            if quiet_looks == 5 {
                break;
            }
        }
    }

    fn finish(mut self, options: &Options) -> Played {
        self.fail_for_unanswered();
        let recorded = self.ground.recorded();
        let live = !options.stop.load(Ordering::Relaxed);
        let invariants = self.watch.finish(self.ground.now(), live, &recorded, &self.observer);
        judge::fail_for(&invariants, &mut self.failures);
        let counts = self.observer.counts();
        judge::requirements(self.scenario, &counts, &self.faults, &mut self.failures);
        let units = self.scenario.world.units.iter().map(|unit| PlayedUnit {
            unit: unit.unit,
            alias: unit.alias.clone(),
            name: unit.name.clone(),
            tier: domain::division::Tier::of(unit.unit),
            voters: unit.voters,
        });
        Played {
            title: self.scenario.title.clone(),
            intent: self.scenario.intent.clone(),
            file: options.file.clone(),
            fidelity: self.ground.fidelity(),
            seed: self.scenario.seed,
            replay: options.replay.clone(),
            started: self.scenario.start,
            ended: self.ground.now(),
            units: units.collect(),
            cases: self.observer.paths(self.ground.now(), |unit| self.scenario.world.alias(unit)),
            lines: self.lines,
            bands: self.bands,
            expectations: self.expected,
            invariants,
            faults: self.faults,
            skipped: self.skipped,
            counts,
            trace: self.trace.hash(),
            failures: self.failures,
        }
    }
}

pub(super) fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
