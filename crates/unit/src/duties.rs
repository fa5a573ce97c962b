//! What the leader owes without being asked: find an authority and offer, prepare what was offered, make results, bring them
//! back, fire what is due, tell neighbours how the books stand. Each duty is one proposal; what is owed is read from rows, so a leader that is lost owes nothing twice.

use std::collections::{BTreeMap, BTreeSet};

use domain::case::{CaseContent, CaseRow, Stage};
use domain::command::{Close, Command, Decline, FireTimer, Offer, Prepare, Proposal, TaskKind, TimerKind, may_hold};
use domain::ids::{CaseId, UnitId};
use domain::routing::{self, RouteQuestion};
use domain::store::{StoreFault, UnitRead};
use domain::stretch;
use domain::tables::{Cases, FencesOwed, Meta, Rounds, Task, Tasks, Timers, UnitMeta, Versions};
use domain::time::Timestamp;
use protocol::overlay::Overlay;
use protocol::sealing::{SealingPublicKey, rewrap};
use protocol::seam::RowSnapshot;
use protocol::touched::Touched;
use uuid::Uuid;

use crate::clock;
use crate::heads;
use crate::identity::Tools;
use crate::recovery;

/// At most that many offers to one peer are open; the rest wait as still ours and are shown so (protocol.md §2).
const OPEN_OFFERS_TO_A_PEER: usize = 128;
/// At most that many proposals come of one look, so that a backlog does not starve what people ask for.
const PROPOSALS_AT_ONCE: usize = 64;

/// What a proposal is about: while it is under way it is not made again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DutyId {
    /// The next step of a case.
    Case(CaseId),
    /// A timer.
    Timer(Timestamp, CaseId, TimerKind),
    /// The head of the books.
    Head,
    /// The next piece of the answer to a peer's fence.
    Fence(UnitId),
    /// The next of what was inherited.
    Judge,
    /// The unit's time is certain again.
    Time,
}

/// A proposal that the leader owes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Duty {
    /// Hand it back to [`Duties::settled`].
    pub id: DutyId,
    /// What to propose.
    pub proposal: Proposal,
}

/// What does not follow from rows alone (a directory, a catalogue that comes into force) is seen at most so much later.
const LOOKED_AT_EVERY_MILLIS: i64 = 60_000;

/// The leader's own memory: what it has proposed already, and when it last looked. May be lost.
#[derive(Debug, Default)]
pub struct Duties {
    under_way: BTreeSet<DutyId>,
    /// When all tasks were last looked at and none was left; none where something may be owed that was not looked at.
    done_at: Option<Timestamp>,
}

impl Duties {
    /// What is owed now and not under way. `touched` is what changed in the rows since the last time.
    pub fn poll<S: RowSnapshot>(
        &mut self,
        rows: &Overlay<'_, S>,
        tools: &Tools<'_>,
        touched: &Touched,
    ) -> Result<Vec<Duty>, StoreFault> {
        let Some(meta) = rows.get::<Meta>(&())? else { return Ok(vec![]) };
        recovery::is_superseded(&meta, tools)?;
        let head = if self.under_way.contains(&DutyId::Head) { None } else { heads::owed(rows, &meta, tools)? };
        let (duties, under_way, open) = (Vec::new(), &self.under_way, BTreeMap::new());
        let mut found = Found { rows, tools, meta, duties, under_way, open };
        match clock::owed(rows, tools)? {
            Some(confirm) => found.add(DutyId::Time, confirm),
            None => found.timers()?,
        }
        if is_owed_by(touched) || !self.done_at.is_some_and(|at| is_lately(at, tools.now)) {
            found.tasks_of_cases()?;
            let is_full = found.is_full();
            found.duties.extend(recovery::owed(rows, tools, under_way)?);
            self.done_at = Some(tools.now).filter(|_| !is_full);
        }
        let mut duties = found.duties;
        duties.extend(head.map(|proposal| Duty { id: DutyId::Head, proposal }));
        self.under_way.extend(duties.iter().map(|duty| duty.id));
        Ok(duties)
    }

    /// A proposal was applied, refused, or came to nothing: then it may still be owed.
    pub fn settled(&mut self, id: DutyId) {
        self.under_way.remove(&id);
        self.done_at = None;
    }
}

/// Whether a write can have brought about a task: what is owed is read from these tables.
fn is_owed_by(touched: &Touched) -> bool {
    touched.has::<Tasks>() || touched.has::<Versions>() || touched.has::<Rounds>() || touched.has::<FencesOwed>()
}

fn is_lately(at: Timestamp, now: Timestamp) -> bool {
    (0..LOOKED_AT_EVERY_MILLIS).contains(&now.0.saturating_sub(at.0))
}

type TimerRange = std::ops::RangeInclusive<(Timestamp, CaseId, TimerKind)>;
type TaskRange = std::ops::RangeInclusive<(TaskKind, CaseId)>;

/// One look at the rows.
struct Found<'a, R> {
    rows: &'a R,
    tools: &'a Tools<'a>,
    meta: UnitMeta,
    duties: Vec<Duty>,
    under_way: &'a BTreeSet<DutyId>,
    open: BTreeMap<UnitId, usize>,
}

impl<R: UnitRead> Found<'_, R> {
    fn tasks_of_cases(&mut self) -> Result<(), StoreFault> {
        self.prepare()?;
        self.close()?;
        self.count_open_offers()?;
        self.offers(TaskKind::Route)?;
        self.offers(TaskKind::Return)
    }

    fn is_full(&self) -> bool {
        self.duties.len() >= PROPOSALS_AT_ONCE
    }

    fn add(&mut self, id: DutyId, command: Command) {
        if !self.under_way.contains(&id) {
            self.duties.push(Duty { id, proposal: Proposal { command, stamp: self.tools.own_stamp() } });
        }
    }

    /// Tasks of a kind that are not under way. Looks past those that are: they stay in the table until they are applied.
    fn tasks(&self, kind: TaskKind) -> Result<Vec<(CaseId, Task)>, StoreFault> {
        // What was inherited stands before what is new, and waits: nothing new waits behind it.
        let most = match self.rows.get::<Rounds>(&())? {
            Some(_) => usize::MAX,
            None => PROPOSALS_AT_ONCE + self.under_way.len(),
        };
        let mut free = Vec::new();
        for ((_, case), task) in self.rows.scan::<Tasks>(all_tasks(kind), most)? {
            if !self.under_way.contains(&DutyId::Case(case)) && !recovery::is_inherited(self.rows, case)? {
                free.push((case, task));
            }
        }
        Ok(free)
    }

    /// Nothing falls due by a clock that is in doubt: it fires, with its own due time, once a witness agrees (protocol.md §1).
    fn timers(&mut self) -> Result<(), StoreFault> {
        if self.tools.clock_doubt.is_some() || stretch::open(self.rows)?.is_some() {
            return Ok(());
        }
        for ((due, case, kind), _) in self.rows.scan::<Timers>(timers_to(self.tools.now), PROPOSALS_AT_ONCE)? {
            if !recovery::is_inherited(self.rows, case)? {
                self.add(DutyId::Timer(due, case, kind), Command::FireTimer(FireTimer { due, case, kind }));
            }
        }
        Ok(())
    }

    /// Holds what was offered once the version that it pins is installed here; until then the offer waits. What is not for this
    /// unit is declined.
    fn prepare(&mut self) -> Result<(), StoreFault> {
        for (case, _) in self.tasks(TaskKind::Prepare)? {
            if self.is_full() {
                break;
            }
            let Some((row, content)) = self.case(case)? else { continue };
            let version = self.rows.get::<Versions>(&content.pin.number)?;
            if version.is_some_and(|v| v.installed.is_some() && v.hash == content.pin.manifest) {
                let attempt = row.custody.attempt;
                let command = match may_hold(self.rows, &self.meta, &content)? {
                    true => Command::Prepare(Prepare { case, attempt }),
                    false => Command::Decline(Decline { case, attempt }),
                };
                self.add(DutyId::Case(case), command);
            }
        }
        Ok(())
    }

    fn close(&mut self) -> Result<(), StoreFault> {
        for (case, _) in self.tasks(TaskKind::Close)? {
            if self.is_full() {
                break;
            }
            self.add(DutyId::Case(case), Command::Close(Close { case }));
        }
        Ok(())
    }

    fn count_open_offers(&mut self) -> Result<(), StoreFault> {
        for (_, task) in self.rows.scan::<Tasks>(all_tasks(TaskKind::AwaitAnswer), usize::MAX)? {
            if let Some(to) = task.with {
                *self.open.entry(to).or_default() += 1;
            }
        }
        Ok(())
    }

    /// Offers what belongs elsewhere: to the authority that the rule chooses, or back to where it was received.
    fn offers(&mut self, kind: TaskKind) -> Result<(), StoreFault> {
        for (case, _) in self.tasks(kind)? {
            if self.is_full() {
                break;
            }
            let Some((row, content)) = self.case(case)? else { continue };
            let Some(to) = self.destination(&content)? else { continue };
            let open = self.open.entry(to).or_default();
            if *open >= OPEN_OFFERS_TO_A_PEER {
                continue;
            }
            if let Some(offer) = self.offer(&row, case, to) {
                *self.open.entry(to).or_default() += 1;
                self.add(DutyId::Case(case), Command::Offer(offer));
            }
        }
        Ok(())
    }

    fn destination(&self, content: &CaseContent) -> Result<Option<UnitId>, StoreFault> {
        if content.stage == Stage::Closed {
            return Ok(Some(content.receiver));
        }
        let here = self.tools.identity.unit;
        let route = routing::route(self.rows, &RouteQuestion::of_case(here, content))?;
        Ok(route.to.filter(|unit| *unit != here))
    }

    /// The data key goes along, sealed to the receiver. A key that cannot be opened keeps the case here, in sight.
    fn offer(&self, row: &CaseRow, case: CaseId, to: UnitId) -> Option<Offer> {
        let tools = self.tools;
        let receiver = SealingPublicKey(tools.directory.unit(to)?.sealing_key.0);
        let own = (tools.identity.unit, &tools.keys.sealing);
        match rewrap(row.key.as_ref()?, case, own, (to, &receiver), (tools.crypto, tools.entropy)) {
            Ok(key) => Some(Offer { case, attempt: row.custody.attempt, to, key }),
            Err(fault) => {
                tracing::error!(%case, %to, %fault, "the case's key cannot be sealed to the receiver");
                None
            }
        }
    }

    /// A case, and its content taken out of it.
    fn case(&self, case: CaseId) -> Result<Option<(CaseRow, CaseContent)>, StoreFault> {
        let Some(mut row) = self.rows.get::<Cases>(&case)? else { return Ok(None) };
        let content = row.content.take();
        Ok(content.map(|content| (row, content)))
    }
}

fn all_tasks(kind: TaskKind) -> TaskRange {
    (kind, CaseId(Uuid::nil()))..=(kind, CaseId(Uuid::max()))
}

fn timers_to(last: Timestamp) -> TimerRange {
    let first = (Timestamp(i64::MIN), CaseId(Uuid::nil()), TimerKind::Patience);
    first..=(last, CaseId(Uuid::max()), TimerKind::LAST)
}
