//! One unit over a perfect log: the production rules and leader duties, with a log that commits every command at once.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::command::{Command, Done, Found, Outcome, Proposal, Reply};
use domain::digest::ContentHash;
use domain::division::DivisionTree;
use domain::ids::{Generation, MailSequence, UnitId};
use domain::mail::MailKind;
use domain::refusal::Refusal;
use domain::store::{StoreFault, UnitRead};
use domain::tables::{InboxCursors, Meta, Timers};
use domain::time::Timestamp;
use protocol::crypto::Crypto;
use protocol::directory::Directory;
use protocol::machine;
use protocol::mail_exchange::MailReply;
use protocol::overlay::{Overlay, WriteSet};
use protocol::record;
use protocol::seam::Peer;
use protocol::touched::Touched;
use unit::clock::{ClockDoubt, ClockWatch, doubted_first};
use unit::duties::{Duties, Duty};
use unit::identity::{Identity, Keys, Tools};
use unit::inbox::{Incoming, Taken, state, take};
use unit::outbox::{Delivered, Delivery, Judged, Logging, Sending};
use unit::stamp::{StampFault, stamp};
use unit::{Act, Answer, AskFault, MatterIndexes, Question, Request, SubmitFault, Unavailable};

use crate::ground::core::mirror::{Mirror, Mirrored};
use crate::ground::core::rows::{CoreRows, Slices};
use crate::ground::draw::Draw;
use crate::scenario::{Lag, Moment};

/// As `host` does: a command that met a change is stamped anew that often.
const STAMPED_ANEW: usize = 3;

/// What every unit of a region has in common.
pub(crate) struct Common {
    pub(crate) directory: Arc<Directory>,
    pub(crate) tree: Arc<DivisionTree>,
    pub(crate) crypto: Arc<dyn Crypto>,
    pub(crate) slices: Slices,
    /// As `node` has it from its configuration.
    pub(crate) heads_every_millis: i64,
    /// One for all units: what a version has is the same everywhere.
    pub(crate) indexes: MatterIndexes,
    /// Whether what was applied is told, and payloads are kept.
    pub(crate) tells: bool,
    /// How many commands were applied.
    pub(crate) applied: BTreeMap<Applied, u64>,
}

/// A command's kind, and the mail's where one arrived.
pub(crate) type Applied = (&'static str, Option<MailKind>);

/// One unit.
pub(crate) struct Cell {
    pub(crate) identity: Identity,
    keys: Keys,
    draw: Draw,
    pub(crate) rows: CoreRows,
    pub(crate) payloads: Vec<Vec<u8>>,
    pub(crate) commands: u64,
    duties: Duties,
    sending: Sending,
    touched: Touched,
    /// How far the machine's clock is ahead of true time.
    pub(crate) clock_ahead: i64,
    pub(crate) watch: ClockWatch,
    /// Set by the first command that failed: the group has stopped and does nothing any more.
    pub(crate) stopped: Option<String>,
    /// The next moment of each kind at which the unit is to crash.
    pub(crate) crash_at: BTreeMap<Moment, usize>,
    /// The moment that was just reached and at which it has to crash, with the step that wants it.
    pub(crate) crashing: Option<(Moment, usize)>,
    applied: Vec<Arc<WriteSet>>,
    confessions: Vec<Delivery>,
    /// An older directory that it still goes by: news of a new one takes its time.
    pub(crate) directory: Option<Arc<Directory>>,
    pub(crate) mirror: Mirror,
}

impl Cell {
    pub(crate) fn new(identity: Identity, keys: Keys, draw: Draw) -> Self {
        Self {
            identity,
            keys,
            draw,
            rows: CoreRows::default(),
            payloads: Vec::new(),
            commands: 0,
            duties: Duties::default(),
            sending: Sending::default(),
            touched: Touched::default(),
            clock_ahead: 0,
            watch: ClockWatch::default(),
            stopped: None,
            crash_at: BTreeMap::new(),
            crashing: None,
            applied: Vec::new(),
            confessions: Vec::new(),
            directory: None,
            mirror: Mirror::default(),
        }
    }

    /// The next life of a unit, from what its mirror had.
    pub(crate) fn next_life(&self, own: (Identity, Keys, Draw), mirror: &Mirrored) -> Self {
        let (identity, keys, draw) = own;
        let mut next = Self::new(identity, keys, draw);
        for writes in &mirror.writes {
            next.rows.write(writes);
        }
        next.commands = mirror.writes.len() as u64;
        next.payloads = self.payloads[..mirror.writes.len()].to_vec();
        next.mirror = Mirror { lag: self.mirror.lag, least: next.commands + 1, ..Mirror::default() };
        next.mirror.applied_at.resize(mirror.writes.len(), Timestamp(i64::MIN));
        next
    }

    /// What a mirror that is so far behind has: never less than what it acknowledged, and never less than a catalogue.
    pub(crate) fn mirrored(&self, lag: Lag, now: Timestamp) -> Result<Mirrored, StoreFault> {
        let had = self.mirror.had(lag, self.commands, now).max(self.mirror.least).min(self.commands);
        let mut rows = CoreRows::default();
        let mut writes = Vec::new();
        for payload in &self.payloads {
            let has_begun =
                || Overlay::new(&rows).get::<Meta>(&()).map(|meta| meta.is_some_and(|m| m.catalogue.is_some()));
            if writes.len() as u64 >= had && has_begun()? {
                break;
            }
            let mut batch = WriteSet::default();
            machine::apply(&rows, &mut batch, payload)?;
            rows.write(&batch);
            writes.push(Arc::new(batch));
        }
        Ok(Mirrored { writes })
    }

    /// The first command of a life after the first.
    pub(crate) fn recover(&mut self, common: &mut Common, now: Timestamp, people: [String; 2]) {
        match self.look(common, now, |rows, tools| unit::recovery::recover(rows, tools, people)) {
            Ok(proposal) => drop(self.apply(common, &proposal)),
            Err(fault) => self.stopped = Some(fault.to_string()),
        }
    }

    /// Two people declare a peer lost. Why that is not done, if it is not.
    pub(crate) fn declare_lost(
        &mut self,
        common: &mut Common,
        now: Timestamp,
        (peer, people): (UnitId, [String; 2]),
    ) -> Result<(), String> {
        let proposal = self.look(common, now, |_, tools| unit::recovery::declare_lost(tools, peer, people));
        match self.apply(common, &proposal) {
            Some(outcome) => outcome.reply.ruling().map(drop).map_err(ToString::to_string),
            None => Err("the unit does nothing any more".to_owned()),
        }
    }

    pub(crate) fn peer(&self) -> Peer {
        Peer { unit: self.identity.unit, generation: self.identity.generation, node: self.identity.node }
    }

    /// What this machine's clock shows.
    pub(crate) fn clock(&self, now: Timestamp) -> Timestamp {
        now.plus_millis(self.clock_ahead)
    }

    /// The writes of each command that was applied since this was last asked.
    pub(crate) fn take_applied(&mut self) -> Vec<Arc<WriteSet>> {
        std::mem::take(&mut self.applied)
    }

    /// The leader's own memory is lost, as by a crash.
    pub(crate) fn forget(&mut self) {
        self.duties = Duties::default();
        self.sending = Sending::default();
        self.crashing = None;
    }

    /// What it says about who it is and what it has: for questions and forging.
    pub(crate) fn look<T>(
        &self,
        common: &Common,
        now: Timestamp,
        look: impl FnOnce(&Overlay<'_, CoreRows>, &Tools<'_>) -> T,
    ) -> T {
        let (clock, doubt) = (self.clock(now), self.watch.doubt());
        let tools = tools((&self.identity, &self.keys, &self.draw, self.directory.as_deref()), common, clock, doubt);
        look(&Overlay::new(&self.rows), &tools)
    }

    pub(crate) fn state_hash(&self) -> ContentHash {
        machine::state_hash(&self.rows).unwrap_or_default()
    }

    /// The first command of the log, as `host` makes it from the directory.
    pub(crate) fn found(&mut self, common: &mut Common, now: Timestamp) {
        let Some(listing) = common.directory.unit(self.identity.unit) else { return };
        let found = Found {
            region: self.identity.region.clone(),
            unit: listing.unit,
            name: listing.name.clone(),
            tier: listing.tier,
            parent: listing.parent,
            children: common.directory.children(listing.unit).map(|child| child.unit).collect(),
            generation: listing.generation,
        };
        let stamp = self.look(common, now, |_, tools| tools.own_stamp());
        self.apply(common, &Proposal { command: Command::Found(found), stamp });
    }

    /// Logs and applies a command. `None` once the group has stopped, or has to crash before anything else happens.
    fn apply(&mut self, common: &mut Common, proposal: &Proposal) -> Option<Outcome> {
        if self.stopped.is_some() || self.crashing.is_some() {
            return None;
        }
        if self.watch.doubt().is_some() && !matches!(proposal.command, Command::Found(_) | Command::DoubtTime(_)) {
            self.log_doubt(common, proposal.stamp.time.plus_millis(-self.clock_ahead));
        }
        let mut batch = WriteSet::default();
        let applied = match common.tells {
            true => record::write(proposal)
                .map_err(|why| StoreFault::Device(why.to_string()))
                .and_then(|payload| Ok((machine::apply(&self.rows, &mut batch, &payload)?, Some(payload)))),
            false => machine::apply_read(&self.rows, &mut batch, proposal).map(|outcome| (outcome, None)),
        };
        let (outcome, payload) = match applied {
            Ok(applied) => applied,
            Err(fault) => {
                self.stopped = Some(fault.to_string());
                return None;
            }
        };
        self.commands += 1;
        let mail = match &proposal.command {
            Command::MailArrived(arrived) => Some(arrived.mail.kind()),
            _ => None,
        };
        *common.applied.entry((proposal.command.name(), mail)).or_default() += 1;
        self.touched.add(&batch);
        if self.rows.write(&batch) {
            self.rows.share(&mut common.slices);
        }
        if common.tells {
            let moments = crate::ground::moments::moments(&batch);
            let wanted = moments.iter().find_map(|moment| Some((*moment, self.crash_at.remove(moment)?)));
            self.crashing = wanted;
            self.payloads.extend(payload);
            self.mirror.applied_at.push(proposal.stamp.time.plus_millis(-self.clock_ahead));
            self.applied.push(Arc::new(batch));
        }
        Some(outcome)
    }

    /// Before anything that a doubted clock stamps, as `host` does.
    fn log_doubt(&mut self, common: &mut Common, now: Timestamp) {
        match self.look(common, now, |rows, tools| doubted_first(rows, tools)) {
            Ok(first) => drop(first.map(|first| self.apply(common, &first))),
            Err(fault) => drop(self.stopped.get_or_insert(fault.to_string())),
        }
    }

    /// Does an act as `host` does at its leader. `None` where its outcome is unknown to who asked.
    pub(crate) fn submit(
        &mut self,
        common: &mut Common,
        now: Timestamp,
        request: &Request,
    ) -> Option<Result<Outcome, SubmitFault>> {
        if matches!(request.act, Act::ConfirmTime { .. }) {
            self.log_doubt(common, now);
        }
        for _ in 0..STAMPED_ANEW {
            let stamped = self.look(common, now, |rows, tools| stamp(request, rows, tools));
            let proposal = match stamped {
                Ok(proposal) => proposal,
                Err(StampFault::Store(fault)) => {
                    self.stopped.get_or_insert(fault.to_string());
                    return Some(Err(self.is_stopped()));
                }
                Err(StampFault::Invalid(fault)) => return Some(Err(fault.into())),
                Err(StampFault::Refused(refusal)) => return Some(Err(refusal.into())),
            };
            let outcome = self.apply(common, &proposal);
            if self.crashing.is_some() {
                return None;
            }
            match outcome {
                None => return Some(Err(self.is_stopped())),
                Some(Outcome { reply: Reply::Refused(Refusal::Changed), .. }) => {}
                Some(outcome) => {
                    if let Ok(Done::TimeConfirmed { .. }) = outcome.reply.ruling() {
                        self.watch.confirmed();
                    }
                    let refused = outcome.reply.ruling().err().cloned();
                    return Some(refused.map_or(Ok(outcome), |refusal| Err(refusal.into())));
                }
            }
        }
        Some(Err(Refusal::Changed.into()))
    }

    fn is_stopped(&self) -> SubmitFault {
        let why = self.stopped.clone().unwrap_or_default();
        Unavailable::Stopped { unit: self.identity.unit, why }.into()
    }

    /// Answers a question from all that is applied.
    pub(crate) fn ask(&self, common: &Common, now: Timestamp, question: &Question) -> Result<Answer, AskFault> {
        self.look(common, now, |rows, tools| unit::query::answer(question, rows, tools))
    }

    /// Takes a request on the mail channel, as `host` does at its leader. `None` where nobody is told: it stopped or crashed.
    pub(crate) fn take_mail(
        &mut self,
        common: &mut Common,
        now: Timestamp,
        from: Peer,
        body: &[u8],
    ) -> Result<Option<MailReply>, String> {
        let asking = match Incoming::read(from, body).map_err(|fault| fault.to_string())? {
            Incoming::Asking(asking) => asking,
            Incoming::Carry(_) => return Err("links carry, cells do not".to_owned()),
        };
        let taken = self.look(common, now, |rows, tools| take(rows, tools, &asking));
        let Taken { proposals, refused, accused } = taken.map_err(|fault| fault.to_string())?;
        if let Some((what, said)) = accused {
            let clock = self.clock(now);
            let tools = tools(
                (&self.identity, &self.keys, &self.draw, self.directory.as_deref()),
                common,
                clock,
                self.watch.doubt(),
            );
            let judged = self.sending.accused(asking.from, what, said, &tools);
            self.judged(common, judged);
        }
        for proposal in &proposals {
            self.apply(common, proposal);
        }
        if self.stopped.is_some() || self.crashing.is_some() {
            return Ok(None);
        }
        let cursor = self.look(common, now, |rows, _| rows.get::<InboxCursors>(&asking.from));
        let cursor = cursor.map_err(|fault| fault.to_string())?;
        // Where nothing is told, nobody is lost.
        if let Some(cursor) = cursor.filter(|_| common.tells) {
            self.mirror.read.entry(asking.from).or_default().push((self.commands, cursor));
        }
        let generation = cursor.map_or(Generation::FIRST, |cursor| cursor.generation);
        let mirrored = self.mirrored_of((asking.from, generation), now);
        Ok(self.look(common, now, |rows, tools| state(rows, tools, &asking, refused, mirrored)).ok())
    }

    /// How far the unit's mirror has read a peer's stream; `None` where there is no mirror.
    fn mirrored_of(&mut self, peer: (UnitId, Generation), now: Timestamp) -> Option<MailSequence> {
        let had = match (self.mirror.frozen, self.mirror.lag) {
            // Before a promotion reads it, a mirror stops acknowledging for good.
            (Some(had), _) => had,
            (None, Some(lag)) => self.mirror.had(lag, self.commands, now).max(self.mirror.least),
            // Without a mirror what is read is as safe as it gets: it may not be lost.
            (None, None) => {
                self.mirror.least = self.commands;
                return None;
            }
        };
        Some(self.mirror.has_read(peer, had))
    }

    /// What follows from a contradiction. What has to be confessed waits to be sent.
    fn judged(&mut self, common: &mut Common, judged: Judged) {
        let Judged { proposals, confessions, verdict } = judged;
        self.confessions.extend(confessions);
        match verdict {
            Some(verdict) => drop(self.stopped.get_or_insert(verdict.why)),
            None => {
                for proposal in &proposals {
                    self.apply(common, proposal);
                }
            }
        }
    }

    /// A delivery of ours ended.
    pub(crate) fn delivered(&mut self, common: &mut Common, now: Timestamp, to: UnitId, delivered: Delivered) {
        let clock = self.clock(now);
        let doubt = self.watch.doubt();
        let tools = tools((&self.identity, &self.keys, &self.draw, self.directory.as_deref()), common, clock, doubt);
        let rows = Overlay::new(&self.rows);
        match self.sending.handle_delivered(to, delivered, &rows, &tools) {
            Ok(Some(logging)) => self.log_acknowledged(common, now, logging),
            Ok(None) => {}
            Err(fault) => drop(self.stopped.get_or_insert(fault.to_string())),
        }
        self.judge(common, clock);
    }

    fn log_acknowledged(&mut self, common: &mut Common, now: Timestamp, logging: Logging) {
        self.apply(common, &logging.proposal);
        let (clock, doubt) = (self.clock(now), self.watch.doubt());
        let tools = tools((&self.identity, &self.keys, &self.draw, self.directory.as_deref()), common, clock, doubt);
        if let Err(fault) = self.sending.logged(logging.peers, &Overlay::new(&self.rows), &tools) {
            self.stopped.get_or_insert(fault.to_string());
        }
    }

    /// Holds what peers said against the log, which is perfect and so always fresh.
    fn judge(&mut self, common: &mut Common, clock: Timestamp) {
        if self.sending.has_suspicions() {
            let doubt = self.watch.doubt();
            let tools =
                tools((&self.identity, &self.keys, &self.draw, self.directory.as_deref()), common, clock, doubt);
            let judged = self.sending.judge(&Overlay::new(&self.rows), &tools);
            match judged {
                Ok(judged) => self.judged(common, judged),
                Err(fault) => drop(self.stopped.get_or_insert(fault.to_string())),
            }
        }
    }

    /// Does all that the leader owes now, and gives the batches that go out. True where something was done, so that there may
    /// be more.
    pub(crate) fn duties(&mut self, common: &mut Common, now: Timestamp) -> Result<(bool, Vec<Delivery>), StoreFault> {
        if self.stopped.is_some() || self.crashing.is_some() {
            return Ok((false, vec![]));
        }
        let (clock, doubt) = (self.clock(now), self.watch.doubt().cloned());
        let mut has_done = false;
        let mut touched = self.touched.take();
        let (owed, to_log) = {
            let tools = tools(
                (&self.identity, &self.keys, &self.draw, self.directory.as_deref()),
                common,
                clock,
                doubt.as_ref(),
            );
            let rows = Overlay::new(&self.rows);
            (self.duties.poll(&rows, &tools, &touched)?, self.sending.to_log(&rows, &tools)?)
        };
        for Duty { id, proposal } in owed {
            let outcome = self.apply(common, &proposal);
            has_done |= outcome.is_some_and(|outcome| outcome.reply.ruling().is_ok());
            self.duties.settled(id);
        }
        if let Some(logging) = to_log {
            self.log_acknowledged(common, now, logging);
        }
        if self.crashing.is_some() {
            return Ok((false, vec![]));
        }
        let tools =
            tools((&self.identity, &self.keys, &self.draw, self.directory.as_deref()), common, clock, doubt.as_ref());
        let mut deliveries = std::mem::take(&mut self.confessions);
        touched.add_all(&self.touched);
        deliveries.extend(self.sending.poll(&Overlay::new(&self.rows), &tools, &touched)?);
        // A unit with one voter sends only what its mirror has (protocol.md §5).
        let voters = tools.directory.unit(self.identity.unit).map_or(1, |listing| listing.voters.len());
        if voters == 1 && !deliveries.is_empty() {
            if self.mirror.frozen.is_some() {
                return Ok((has_done, vec![]));
            }
            self.mirror.least = self.commands;
        }
        Ok((has_done, deliveries))
    }

    /// When, by its own clock, something falls due without being told: a timer, a head of the books, a peer to be tried again.
    /// What is due already and was not done waits for something else to happen: an inherited case's deadline for its judgement.
    pub(crate) fn next_due(&self, common: &Common, now: Timestamp) -> Option<Timestamp> {
        let clock = self.clock(now);
        let timer = domain::ids::CaseId(uuid::Uuid::nil());
        let first = (clock.plus_millis(1), timer, domain::command::TimerKind::Patience);
        let last = (Timestamp(i64::MAX), domain::ids::CaseId(uuid::Uuid::max()), domain::command::TimerKind::LAST);
        let timers = Overlay::new(&self.rows).scan::<Timers>(first..=last, 1).unwrap_or_default();
        let timer = timers.first().map(|((due, ..), _)| *due);
        let head = unit::heads::next_due(&Overlay::new(&self.rows), common.heads_every_millis).unwrap_or_default();
        let all = [timer, head, self.sending.next_due()].into_iter().flatten();
        all.filter(|due| *due > clock).min()
    }

    /// Whether the unit knows a catalogue.
    pub(crate) fn has_catalogue(&self) -> bool {
        let meta = Overlay::new(&self.rows).get::<Meta>(&());
        meta.ok().flatten().is_some_and(|meta| meta.catalogue.is_some())
    }
}

fn tools<'a>(
    (identity, keys, draw, older): (&'a Identity, &'a Keys, &'a Draw, Option<&'a Directory>),
    common: &'a Common,
    now: Timestamp,
    clock_doubt: Option<&'a ClockDoubt>,
) -> Tools<'a> {
    Tools {
        identity,
        directory: older.unwrap_or(&common.directory),
        keys,
        crypto: &*common.crypto,
        entropy: draw,
        now,
        divisions: &common.tree,
        clock_doubt,
        heads_every_millis: common.heads_every_millis,
        indexes: &common.indexes,
    }
}
