//! What one command sees while it is applied: the store, the unit, the stamp, and the writes that several commands share.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::case::{
    Acceptance, CaseContent, CaseRow, Happening, PassedOver, PassedOverReason, Period, Stage, TimelineEntry, Within,
};
use crate::catalogue::{BasicCode, CataloguePin, Entry, Matter, installed};
use crate::claims::{has_claim, last_note};
use crate::clocks::{Counting, decision_due, stopped_until};
use crate::concerns::is_past_urging;
use crate::digest::ContentHash;
use crate::division::covers;
use crate::flow::Progress;
use crate::handoff::{Effect, Input, Move, Role, Step, StepFault, step};
use crate::ids::{CaseId, MailSequence, UnitId};
use crate::legal::{Act, LegalRefusal, LegalRegime, Organs, Timeline, of_case, reckon};
use crate::mail::Mail;
use crate::refusal::Refusal;
use crate::routing::{RouteQuestion, RouteRule, route};
use crate::sealed::WrappedKey;
use crate::store::{StoreFault, UnitRead, UnitStore};
use crate::stretch;
use crate::tables::{
    BlobName, BlobNames, BlobsByAge, CaseRef, Cases, Meta, Outbox, OutboxHead, OutboxHeads, OutboxMail, Task, Tasks,
    Timer, Timers, UnitMeta,
};
use crate::time::{CivilDate, Timestamp};

use super::licensing::{licence_ends, licence_tasks};
use super::{Done, Halt, Ruling, Stamp, TaskKind, TimerKind};

/// The view of one command.
pub(crate) struct Context<'a, S> {
    pub(crate) store: &'a mut S,
    pub(crate) meta: UnitMeta,
    pub(crate) stamp: &'a Stamp,
    /// Of the case that was read last, until it is written: a case is the largest row, and is read once.
    stored: Option<(CaseId, Stored)>,
}

/// What matters of a case as it is stored to whoever writes it anew.
#[derive(Default)]
pub(super) struct Stored {
    waiting: Vec<(TaskKind, Option<UnitId>)>,
    is_final: bool,
    is_past_urging: bool,
    blobs: BTreeMap<ContentHash, u64>,
}

/// The sealed files that a case names, with their sizes.
pub fn blobs(row: &CaseRow) -> BTreeMap<ContentHash, u64> {
    row.content.iter().flat_map(CaseContent::files).map(|file| (file.blob, file.bytes)).collect()
}

impl<'a, S: UnitStore> Context<'a, S> {
    pub(crate) fn new(store: &'a mut S, meta: UnitMeta, stamp: &'a Stamp) -> Self {
        Self { store, meta, stamp, stored: None }
    }

    pub(crate) fn finish(self) -> Result<(), StoreFault> {
        self.store.put::<Meta>(&(), &self.meta)
    }

    /// The unit's time of this command.
    pub(crate) fn now(&self) -> Timestamp {
        self.meta.now
    }

    /// The catalogue version that holds today: what is received now pins it.
    pub(crate) fn catalogue_in_force(&self) -> Result<CataloguePin, Halt> {
        let pin = installed::in_force(&*self.store, &self.meta, self.now().date())?;
        Ok(pin.ok_or(Refusal::NoCatalogue)?)
    }

    /// A case that this unit knows and may do something about: one that it inherited is only read until its round is over.
    pub(crate) fn case(&mut self, case: CaseId) -> Result<CaseRow, Halt> {
        let row = self.stored_case(case)?.ok_or(Refusal::CaseUnknown { case })?;
        if self.is_only_read(case)? {
            return Err(Refusal::CaseRecovering { case }.into());
        }
        Ok(row)
    }

    /// A case that this unit may act on now, and its content, which is put back before the case is written.
    pub(crate) fn owned_case(&mut self, case: CaseId) -> Result<(CaseRow, CaseContent), Halt> {
        let mut row = self.case(case)?;
        match (row.custody.role, row.content.take()) {
            (Role::Owner, Some(content)) => Ok((row, content)),
            (Role::Owner, None) => {
                let what = format!("case {case} is owned without content");
                Err(StoreFault::Broken { promise: "I2", what }.into())
            }
            (Role::Gone { to }, _) => Err(Refusal::CaseElsewhere { with: to }.into()),
            (Role::Dropped { by }, _) => Err(Refusal::CaseElsewhere { with: by }.into()),
            (role @ (Role::Offering { .. } | Role::Offered { .. } | Role::Prepared { .. }), _) => {
                Err(Refusal::CaseMoving { role }.into())
            }
        }
    }

    /// A case as it is stored, whatever may be done about it.
    pub(super) fn stored_case(&mut self, case: CaseId) -> Result<Option<CaseRow>, StoreFault> {
        let row = self.store.get::<Cases>(&case)?;
        let stored = match &row {
            Some(row) => Stored {
                waiting: waiting(&*self.store, &self.meta, row)?,
                is_final: row.content.as_ref().is_some_and(|content| content.stage.is_final()),
                is_past_urging: is_past_urging(row),
                blobs: blobs(row),
            },
            None => Stored::default(),
        };
        self.stored = Some((case, stored));
        Ok(row)
    }

    /// What a case is as it is stored: kept since it was read, which is what there still is, or read now.
    pub(super) fn stored(&mut self, case: CaseId) -> Result<Stored, StoreFault> {
        if self.stored.as_ref().is_none_or(|(read, _)| *read != case) {
            self.stored_case(case)?;
        }
        Ok(self.stored.take().map(|(_, stored)| stored).unwrap_or_default())
    }

    /// Writes a case, and says what its claim needs said: asked for once it is ours to accept, let go once it is over.
    pub(crate) fn put_case(&mut self, case: CaseId, mut row: CaseRow) -> Result<(), Halt> {
        if row.custody.role == Role::Owner && row.content.is_none() {
            let what = format!("case {case} is owned, and written without content");
            return Err(StoreFault::Broken { promise: "I2", what }.into());
        }
        let before = self.stored(case)?;
        let words = self.claim_words(case, before.is_final, &mut row)?;
        self.write_case(case, before, row)?;
        self.say(words)
    }

    /// Writes a case, its place in the worklists included: what waits is derived from what the case is, never kept apart.
    pub(super) fn write_case(
        &mut self,
        case: CaseId,
        Stored { waiting: before, is_past_urging: was_past_urging, blobs: named, .. }: Stored,
        mut row: CaseRow,
    ) -> Result<(), StoreFault> {
        row.changed = self.meta.sequence;
        let after = waiting(&*self.store, &self.meta, &row)?;
        for (kind, _) in before.iter().filter(|task| !after.contains(task)) {
            self.store.delete::<Tasks>(&(*kind, case))?;
        }
        let is_to_accept = after.iter().any(|(kind, _)| *kind == TaskKind::Accept);
        #[cfg(mutants)]
        let is_to_accept = crate::mutants::instead(crate::mutants::Mutant::LawNotAwaited, is_to_accept, false);
        for (kind, with) in after.into_iter().filter(|task| !before.contains(task)) {
            self.store.put::<Tasks>(&(kind, case), &Task { since: self.now(), with })?;
        }
        match (is_to_accept, row.timers.iter().any(|(_, kind)| *kind == TimerKind::GapsDue)) {
            (true, false) => {
                if let Some(due) = gaps_due(&*self.store, &self.meta, &row)? {
                    self.set_timer(case, &mut row, due, TimerKind::GapsDue)?;
                }
            }
            (false, true) => self.clear_timers(case, &mut row, TimerKind::GapsDue)?,
            _ => {}
        }
        let derived =
            [(TimerKind::LapseDue, lapse_due(&row)), (TimerKind::LicenceEnds, licence_ends(&*self.store, &row)?)];
        for (kind, due) in derived {
            if due != row.timers.iter().find(|(_, known)| *known == kind).map(|(due, _)| *due) {
                self.clear_timers(case, &mut row, kind)?;
                if let Some(due) = due {
                    self.set_timer(case, &mut row, due, kind)?;
                }
            }
        }
        self.name_blobs(case, &named, &blobs(&row))?;
        self.store.put::<Cases>(&case, &row)?;
        if is_past_urging(&row) && !was_past_urging { self.end_urgings(case, row.custody.role) } else { Ok(()) }
    }

    /// Keeps what a case names beside it, so that whoever holds sealed files knows for what.
    fn name_blobs(
        &mut self,
        case: CaseId,
        before: &BTreeMap<ContentHash, u64>,
        after: &BTreeMap<ContentHash, u64>,
    ) -> Result<(), StoreFault> {
        for blob in before.keys().filter(|blob| !after.contains_key(blob)) {
            if let Some(name) = self.store.get::<BlobNames>(&(*blob, case))? {
                self.store.delete::<BlobsByAge>(&(name.since, *blob))?;
            }
            self.store.delete::<BlobNames>(&(*blob, case))?;
        }
        let since = self.meta.sequence;
        for (blob, bytes) in after.iter().filter(|(blob, _)| !before.contains_key(blob)) {
            self.store.put::<BlobNames>(&(*blob, case), &BlobName { since, bytes: *bytes })?;
            self.store.put::<BlobsByAge>(&(since, *blob), &CaseRef(case))?;
        }
        Ok(())
    }

    /// Sets a timer for a case, under the row's attempt.
    pub(crate) fn set_timer(
        &mut self,
        case: CaseId,
        row: &mut CaseRow,
        due: Timestamp,
        kind: TimerKind,
    ) -> Result<(), StoreFault> {
        let timer = Timer { attempt: row.custody.attempt, generation: self.meta.generation };
        row.timers.push((due, kind));
        self.store.put::<Timers>(&(due, case, kind), &timer)
    }

    /// Removes a case's timers of one kind: what they were set for is over.
    pub(crate) fn clear_timers(&mut self, case: CaseId, row: &mut CaseRow, over: TimerKind) -> Result<(), StoreFault> {
        for (due, kind) in row.timers.extract_if(.., |(_, kind)| *kind == over) {
            self.store.delete::<Timers>(&(due, case, kind))?;
        }
        Ok(())
    }

    /// This unit's entry for the case's matter, in the version that the case pins. `None`: it may not decide the case.
    pub(crate) fn entry(&self, content: &CaseContent) -> Result<Option<Arc<Entry>>, StoreFault> {
        if !covers(self.meta.unit, content.place) {
            return Ok(None);
        }
        let entry = installed::entry(&*self.store, content.pin.number, &content.matter, self.meta.unit)?;
        Ok(entry.filter(|entry| entry.holds_on(content.begun_on())))
    }

    /// A matter of a version.
    pub(crate) fn matter(&self, pin: CataloguePin, code: &BasicCode) -> Result<Arc<Matter>, Halt> {
        let matter = installed::matter(&*self.store, pin.number, code)?;
        matter.ok_or_else(|| Refusal::MatterUnknown { matter: code.to_string() }.into())
    }

    /// A line of the timeline.
    pub(crate) fn happening(&self, what: Happening) -> TimelineEntry {
        TimelineEntry { at: self.now(), unit: self.meta.unit, sequence: self.meta.sequence, what }
    }

    /// Adds a line to a case's story, after what has to be said first of the unit's time. Gives what was added.
    pub(crate) fn tell(&self, content: &mut CaseContent, what: Happening) -> Result<Vec<TimelineEntry>, StoreFault> {
        let mark = self.time_mark(&content.timeline)?;
        let told: Vec<_> = mark.into_iter().chain([what]).map(|what| self.happening(what)).collect();
        content.timeline.extend(told.iter().cloned());
        Ok(told)
    }

    /// What has to be said of the unit's time before its next line of a story.
    pub(crate) fn time_mark(&self, story: &[TimelineEntry]) -> Result<Option<Happening>, StoreFault> {
        stretch::mark(&*self.store, (self.meta.unit, self.now()), story)
    }

    /// Adds a line to a case's story and tells the unit that received the case, if it is another one.
    pub(crate) fn announce(&mut self, content: &mut CaseContent, what: Happening) -> Result<(), StoreFault> {
        let told = self.tell(content, what)?;
        self.send_news(content, told)
    }

    /// Tells the unit that received the case what has happened, if it is another one.
    pub(crate) fn send_news(&mut self, content: &CaseContent, told: Vec<TimelineEntry>) -> Result<(), StoreFault> {
        if content.receiver == self.meta.unit {
            return Ok(());
        }
        self.send(content.receiver, Mail::News { case: content.id, entries: told })
    }

    /// The entry and matter under which this unit handles a case.
    pub(crate) fn terms(&self, content: &CaseContent) -> Result<(Arc<Entry>, Arc<Matter>), Halt> {
        let unit = self.meta.unit;
        let entry = self.entry(content)?.ok_or(Refusal::NotAuthority { unit })?;
        Ok((entry, self.matter(content.pin, &content.matter)?))
    }

    /// The calendars that a case's days are counted by: those of the version that it pins.
    pub(crate) fn organs(&self, content: &CaseContent) -> Result<Organs, Halt> {
        let number = content.pin.number;
        let calendar = installed::calendar(&*self.store, number)?.ok_or(Refusal::CatalogueMissing { number })?;
        Ok(Organs::national(calendar))
    }

    /// The day on which an act of now counts: never before the last fact, which another unit's clock may have dated.
    pub(crate) fn legal_day(&self, legal: &Timeline<'_>) -> CivilDate {
        self.now().date().max(legal.last_day())
    }

    /// A case of ours that is accepted and not decided.
    pub(crate) fn accepted_case(&mut self, case: CaseId) -> Result<(CaseRow, CaseContent, Acceptance), Halt> {
        let (row, content) = self.owned_case(case)?;
        match (content.stage, content.acceptance.clone()) {
            (Stage::Accepted, Some(acceptance)) => Ok((row, content, acceptance)),
            (stage, _) => Err(Refusal::StageUnfit { stage }.into()),
        }
    }

    /// Does what moves the last day for the decision of an accepted case: the act is added to the case's legal timeline, or refused
    /// with its article; then it is told with the day until which the clock stands still and the new last day, and what falls due by
    /// them is set.
    pub(crate) fn move_last_day(
        &mut self,
        case: CaseId,
        act: impl FnOnce(CivilDate) -> Act,
        say: impl Fn(CivilDate, CivilDate) -> Result<Happening, LegalRefusal>,
    ) -> Ruling {
        let (mut row, mut content, acceptance) = self.accepted_case(case)?;
        let (entry, matter) = self.terms(&content)?;
        let organs = self.organs(&content)?;
        let mut legal = of_case(&content, &matter, &entry, &organs);
        let on = self.legal_day(&legal);
        legal.record(&act(on))?;
        self.check_time()?;

        let until = legal.stops().last().map_or(on, |stop| legal.until(stop).earliest);
        let mut counting = Counting::of(&content);
        counting.take(self.now().date(), &say(until, acceptance.due.date)?);
        let calendar = organs.of(Some(&acceptance.authority.body));
        let due = counting.derive(&acceptance.due, calendar).due.map_or(acceptance.due.date, |due| due.date);
        #[cfg(mutants)]
        let due = crate::mutants::instead(crate::mutants::Mutant::StopUncounted, due, acceptance.due.date);
        self.announce(&mut content, say(until, due)?)?;
        self.set_decision_timers(case, &mut row, &content)?;
        row.content = Some(content);
        self.put_case(case, row)?;
        Ok(Done::CaseChanged { case })
    }

    /// What falls due for an accepted case: its decision, and the end of a stop.
    pub(crate) fn set_decision_timers(
        &mut self,
        case: CaseId,
        row: &mut CaseRow,
        content: &CaseContent,
    ) -> Result<(), StoreFault> {
        self.clear_timers(case, row, TimerKind::DecisionDue)?;
        self.clear_timers(case, row, TimerKind::StopOver)?;
        let days = [(decision_due(content), TimerKind::DecisionDue), (stopped_until(content), TimerKind::StopOver)];
        for (day, kind) in days {
            if let Some(day) = day {
                self.set_timer(case, row, day.plus_days(1).begins_at(), kind)?;
            }
        }
        Ok(())
    }

    /// Refused where the law has accepted the case and its timer has not said so yet.
    pub(crate) fn check_not_accepted_by_law(&self, row: &CaseRow, content: &CaseContent) -> Result<(), Halt> {
        let passed = |(due, kind): &(Timestamp, TimerKind)| *kind == TimerKind::GapsDue && *due <= self.now();
        match row.timers.iter().find(|timer| passed(timer)) {
            Some((due, _)) => {
                let until = due.date().plus_days(-1);
                Err(LegalRefusal::AcceptedByLaw { since: content.whole_since().date(), until }.into())
            }
            None => Ok(()),
        }
    }

    /// Refused where the applicant's period has passed and its timer has not said so yet.
    pub(crate) fn check_not_lapsed(&self, row: &CaseRow, content: &CaseContent) -> Result<(), Halt> {
        let passed = |(due, kind): &(Timestamp, TimerKind)| *kind == TimerKind::LapseDue && *due <= self.now();
        match content.owed_within().filter(|_| row.timers.iter().any(passed)) {
            Some(Period { until, .. }) => Err(Refusal::Lapsed { until: *until }.into()),
            None => Ok(()),
        }
    }

    /// A period of the applicant's that is told now, by the calendar of who tells it. It ends a right: the latest day counts.
    pub(crate) fn period(&self, within: &Within, entry: &Entry, organs: &Organs) -> Result<Period, Refusal> {
        if within.told.days == 0 {
            return Err(Refusal::PeriodMissing);
        }
        if within.basis.trim().is_empty() {
            return Err(Refusal::BasisMissing);
        }
        let calendar = organs.of(Some(&entry.body));
        let until = reckon(self.now().date(), within.told, &[], &|_| calendar).due.latest;
        Ok(Period { told: within.told, until, basis: within.basis.clone() })
    }

    /// What begins or ends a legal period waits until the unit's time is certain.
    pub(crate) fn check_time(&self) -> Result<(), Halt> {
        #[cfg(mutants)]
        if crate::mutants::is(crate::mutants::Mutant::ActsInUncertainTime) {
            return Ok(());
        }
        match stretch::open(&*self.store)? {
            Some(open) => Err(Refusal::TimeUncertain { since: open.since }.into()),
            None => Ok(()),
        }
    }

    /// Adds a mail to the stream to a peer.
    pub(crate) fn send(&mut self, to: UnitId, mail: Mail) -> Result<(), StoreFault> {
        let head = self.store.get::<OutboxHeads>(&to)?.unwrap_or_else(|| OutboxHead {
            written: MailSequence(0),
            chain: stream_start(self.meta.unit, self.meta.generation.0, to),
            committed: MailSequence(0),
            mirrored: MailSequence(0),
        });
        let sequence = head.written.next();
        let before = head.chain;
        let chain = chain(before, sequence, &mail)?;
        let row = OutboxMail { mail, before, chain, at: self.now() };
        self.store.put::<Outbox>(&(to, sequence), &row)?;
        self.store.put::<OutboxHeads>(&to, &OutboxHead { written: sequence, chain, ..head })
    }

    /// One step of a handoff by our own command: a step that does not fit is an answer.
    pub(crate) fn own_step(&self, row: &CaseRow, input: Input) -> Result<Step, Halt> {
        step(Some(row.custody), input).map_err(|fault| match fault {
            StepFault::NotNow(role) => match role {
                Some(Role::Gone { to }) => Refusal::CaseElsewhere { with: to }.into(),
                Some(role) => Refusal::CaseMoving { role }.into(),
                None => Refusal::Changed.into(),
            },
            StepFault::Fork(_) | StepFault::Order { .. } => {
                StoreFault::Broken { promise: "I4", what: fault.to_string() }.into()
            }
        })
    }

    /// Sends what a step says, the content with an offer.
    pub(crate) fn send_step(
        &mut self,
        case: CaseId,
        step: &Step,
        offered: Option<(&CaseContent, &WrappedKey)>,
    ) -> Result<(), StoreFault> {
        let Some((to, said)) = step.send else { return Ok(()) };
        let mail = match (said, offered) {
            (Move::Offer { attempt, content: hash }, Some((content, key))) => {
                Mail::Offer { attempt, hash, content: Box::new(content.clone()), key: key.clone() }
            }
            (Move::Offer { attempt, .. }, None) => {
                let what = format!("offer {attempt:?} of case {case} without content");
                return Err(StoreFault::Broken { promise: "I2", what });
            }
            (said, _) => Mail::Move { case, said },
        };
        debug_assert_ne!(step.effect, Effect::Took, "a take sends nothing");
        self.send(to, mail)
    }
}

/// What a case waits for at a unit, and the unit at the other end: one thing, and beside it the claim that was asked for. Derived
/// from what the case is, and nothing else.
pub fn waiting(
    store: &impl UnitRead,
    meta: &UnitMeta,
    row: &CaseRow,
) -> Result<Vec<(TaskKind, Option<UnitId>)>, StoreFault> {
    let Some(content) = &row.content else { return Ok(vec![]) };
    let kind = match row.custody.role {
        Role::Offered { .. } => Some(TaskKind::Prepare),
        Role::Prepared { .. } => Some(TaskKind::AwaitCommit),
        Role::Offering { .. } => Some(TaskKind::AwaitAnswer),
        Role::Gone { .. } | Role::Dropped { .. } => None,
        Role::Owner => match content.stage {
            Stage::Received if is_our_turn(store, meta, content)? => Some(TaskKind::Accept),
            Stage::Received | Stage::SentUp => Some(TaskKind::Route),
            Stage::AwaitingSupplement => Some(TaskKind::Supplement),
            Stage::Accepted => Some(accepted_task(store, meta, content)?),
            Stage::Decided => Some(TaskKind::Close),
            Stage::Closed if content.receiver == meta.unit || return_failed(content) => Some(TaskKind::Deliver),
            Stage::Closed => Some(TaskKind::Return),
            Stage::NotAccepted | Stage::Delivered | Stage::Withdrawn | Stage::Terminated | Stage::Lapsed => None,
        },
    };
    let owed = content
        .owed_within()
        .filter(|_| content.stage == Stage::Accepted && kind.is_some())
        .map(|_| (TaskKind::Complete, None));
    let claim = match (kind, last_note(&content.timeline)) {
        (Some(TaskKind::Accept | TaskKind::Decide | TaskKind::Step | TaskKind::Review), Some((_, home, note)))
            if !has_claim(Some(note)) =>
        {
            Some((TaskKind::AwaitClaim, Some(home)))
        }
        _ => None,
    };
    let licence = licence_tasks(store, row)?.into_iter().map(|kind| (kind, None));
    let first = kind.map(|kind| (kind, row.custody.role.counterpart()));
    Ok(first.into_iter().chain(claim).chain(owed).chain(licence).collect())
}

/// What an accepted case waits for where it is: a review, steps of the flow, or the decision.
fn accepted_task(store: &impl UnitRead, meta: &UnitMeta, content: &CaseContent) -> Result<TaskKind, StoreFault> {
    let number = content.pin.number;
    let entry = installed::entry(store, number, &content.matter, meta.unit)?;
    if entry.is_some_and(|entry| entry.reviews()) {
        return Ok(TaskKind::Review);
    }
    let matter = installed::matter(store, number, &content.matter)?;
    let is_on = matter.is_some_and(|matter| Progress::of(&matter, content).is_on());
    Ok(if is_on { TaskKind::Step } else { TaskKind::Decide })
}

/// When a case of ours is over unless the applicant brings what was asked for; `None` where no such period runs.
pub fn lapse_due(row: &CaseRow) -> Option<Timestamp> {
    let content = row.content.as_ref().filter(|_| row.custody.role == Role::Owner)?;
    let until = content.owed_within()?.until;
    #[cfg(mutants)]
    let until = crate::mutants::instead(crate::mutants::Mutant::LapsesEarly, until, until.plus_days(-1));
    Some(until.plus_days(1).begins_at())
}

/// When a case that waits to be accepted here has been accepted by law: the gaps could be told until the day before (art. 32). Only that is
/// certain counts: the latest day that calendars allow. `None` where the law says no such thing.
pub fn gaps_due(store: &impl UnitRead, meta: &UnitMeta, row: &CaseRow) -> Result<Option<Timestamp>, StoreFault> {
    let Some(content) = &row.content else { return Ok(None) };
    let number = content.pin.number;
    let Some(matter) = installed::matter(store, number, &content.matter)? else { return Ok(None) };
    if !covers(meta.unit, content.place) {
        return Ok(None);
    }
    let entry = installed::entry(store, number, &content.matter, meta.unit)?;
    let Some(entry) = entry.filter(|entry| entry.holds_on(content.begun_on())) else { return Ok(None) };
    if !LegalRegime::of(&matter, &entry.power.law).deems() {
        return Ok(None);
    }
    let Some(calendar) = installed::calendar(store, number)? else { return Ok(None) };
    let organs = Organs::national(calendar);
    let until = of_case(content, &matter, &entry, &organs).gaps_until();
    Ok(until.map(|until| until.latest.plus_days(1).begins_at()))
}

/// Whether a case that is owned here is this unit's to accept or to decide, and not only to review: who decides asks for the claim.
pub(super) fn is_ours_to_do(store: &impl UnitRead, meta: &UnitMeta, content: &CaseContent) -> Result<bool, StoreFault> {
    let entry = installed::entry(store, content.pin.number, &content.matter, meta.unit)?;
    if entry.is_some_and(|entry| entry.reviews()) {
        return Ok(false);
    }
    match content.stage {
        Stage::Received | Stage::SentUp => is_our_turn(store, meta, content),
        stage => Ok(matches!(stage, Stage::AwaitingSupplement | Stage::Accepted)),
    }
}

/// Whether a case that is only received is this unit's to accept: it may decide it, and was chosen, or is the next by the rule.
/// Filing at an authority's own counter chooses it.
pub(super) fn is_our_turn(store: &impl UnitRead, meta: &UnitMeta, content: &CaseContent) -> Result<bool, StoreFault> {
    if !has_own_entry(store, meta, content)? {
        return Ok(false);
    }
    let passes_on = |past: &PassedOver| past.unit == meta.unit && past.reason == PassedOverReason::NotCompetent;
    let filed_here =
        content.receiver == meta.unit && content.chosen.is_none() && !content.passed_over.iter().any(passes_on);
    let answer = route(store, &RouteQuestion::of_case(meta.unit, content))?;
    // Who only reviews chooses nothing, nor does who decides after others have reviewed.
    let chooses = answer.rule != RouteRule::ReviewFirst && !answer.reviews.contains(&meta.unit);
    Ok(answer.to == Some(meta.unit) || (filed_here && chooses))
}

/// Whether what is offered is for this unit: a case only received is for who may decide it, or for the city to route on; a result
/// is for who received the case. Anything else is declined.
pub fn may_hold(store: &impl UnitRead, meta: &UnitMeta, content: &CaseContent) -> Result<bool, StoreFault> {
    Ok(match content.stage {
        Stage::Received | Stage::SentUp => meta.parent.is_none() || has_own_entry(store, meta, content)?,
        Stage::Closed => content.receiver == meta.unit,
        _ => false,
    })
}

/// Brought back once, and that came to nothing: the result is handed over where it was made.
fn return_failed(content: &CaseContent) -> bool {
    let since = |past: &PassedOver| content.closed_at.is_some_and(|closed| past.at >= closed);
    content.passed_over.iter().any(|past| past.unit == content.receiver && since(past))
}

/// Whether a unit may decide a case: it has an entry for the matter, and the place is its to decide about.
fn has_own_entry(store: &impl UnitRead, meta: &UnitMeta, content: &CaseContent) -> Result<bool, StoreFault> {
    if !covers(meta.unit, content.place) {
        return Ok(false);
    }
    let entry = installed::entry(store, content.pin.number, &content.matter, meta.unit)?;
    Ok(entry.is_some_and(|entry| entry.holds_on(content.begun_on())))
}

/// Hash of a case's content, as offers carry it.
pub fn content_hash(content: &CaseContent) -> Result<ContentHash, StoreFault> {
    Ok(ContentHash::of("case content", content)?)
}

/// Where the chain of a stream begins: bound to both ends and the sender's life.
pub fn stream_start(from: UnitId, generation: u32, to: UnitId) -> ContentHash {
    let text = format!("{from} {generation} {to}");
    ContentHash::of_bytes("mail stream", text.as_bytes())
}

/// The chain after one more mail.
pub fn chain(before: ContentHash, sequence: MailSequence, mail: &Mail) -> Result<ContentHash, StoreFault> {
    let body = ContentHash::of("mail body", &(sequence, Mail::VERSION, mail))?;
    Ok(before.chain("mail chain", &body.0))
}
