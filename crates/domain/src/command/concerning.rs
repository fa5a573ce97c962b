//! What commands about concerns share: taking one, finding it again, writing it with its place in the list and the counts, and mail.

use crate::case::{CaseContent, CaseRow};
use crate::concerns::{
    Concern, ConcernEvent, ConcernKind, ConcernRefusal, ConcernRow, ConcernStep, ConcernTask, ConcernWaits,
    ConcernWord, Periods, RatingCount, Saying, StoryLine, finished_step, is_past_urging,
};
use crate::handoff::Role;
use crate::ids::{CaseId, ConcernId, Generation, UnitId};
use crate::mail::Mail;
use crate::refusal::Refusal;
use crate::store::{StoreFault, UnitStore};
use crate::stretch;
use crate::tables::{Audits, Cases, ConcernTasks, Concerns, RatingCounts};

use super::{Context, Done, Halt, Ruling};

/// Of one case at one unit. A case has a few dozen lines; what comes on top is urgings and complaints, and somebody answers those.
const MOST_OF_A_CASE: usize = 200;

impl From<ConcernRefusal> for Halt {
    fn from(refusal: ConcernRefusal) -> Self {
        Self::Refused(Refusal::Concern(refusal))
    }
}

impl<S: UnitStore> Context<'_, S> {
    /// A case that somebody says something of: any that this unit knows, whoever has it now.
    pub(super) fn known_case(&mut self, case: CaseId) -> Result<(CaseRow, CaseContent), Halt> {
        let row = self.case(case)?;
        match (&row.content, row.custody.role.counterpart()) {
            (Some(content), _) => {
                let content = content.clone();
                Ok((row, content))
            }
            (None, Some(with)) => Err(Refusal::CaseElsewhere { with }.into()),
            (None, None) => Err(Refusal::CaseUnknown { case }.into()),
        }
    }

    /// Everything that was said of a case here.
    pub(super) fn concerns_of(&self, case: CaseId) -> Result<Vec<ConcernRow>, StoreFault> {
        let all = (case, ConcernId(uuid::Uuid::nil()))..=(case, ConcernId(uuid::Uuid::max()));
        let rows = self.store.scan::<Concerns>(all, usize::MAX)?;
        Ok(rows.into_iter().map(|(_, row)| row).collect())
    }

    /// Keeps what is said, and brings it to who answers. The last of a command's checks is here.
    pub(super) fn give(&mut self, content: &CaseContent, to: UnitId, saying: Saying) -> Ruling {
        if self.concerns_of(content.id)?.len() >= MOST_OF_A_CASE {
            return Err(ConcernRefusal::TooMany { most: MOST_OF_A_CASE }.into());
        }
        let (case, id) = (content.id, ConcernId(self.stamp.minted));
        let concern = Concern {
            id,
            case,
            number: content.number,
            matter: content.matter.clone(),
            pin: content.pin,
            given_at: self.meta.unit,
            at: self.now(),
            certain: stretch::open(&*self.store)?.is_none(),
            saying,
        };
        if to != self.meta.unit {
            self.send(to, Mail::Concern(ConcernWord::Given(Box::new(concern.clone()))))?;
        }
        self.keep(concern, to)?;
        Ok(Done::ConcernTaken { case, concern: id })
    }

    /// A concern that came to be known here now.
    fn keep(&mut self, concern: Concern, with: UnitId) -> Result<ConcernRow, StoreFault> {
        let is_ours = with == self.meta.unit;
        let periods = is_ours.then(|| Periods::set(&*self.store, &self.meta, &concern)).transpose()?;
        let row = ConcernRow { concern, with, since: self.now(), periods, events: vec![] };
        self.put_concern(None, &row)?;
        Ok(row)
    }

    /// Writes a concern, its place in the list and what it adds to the counts: all of that is derived from what it is.
    fn put_concern(&mut self, before: Option<&ConcernRow>, row: &ConcernRow) -> Result<(), StoreFault> {
        let (key, here) = ((row.concern.case, row.concern.id), self.meta.unit);
        let (was, is) = (before.and_then(ConcernRow::due), row.due());
        if was != is {
            if let Some((task, day)) = was {
                self.store.delete::<ConcernTasks>(&(task, day, key))?;
            }
            if let Some((task, day)) = is {
                self.store.put::<ConcernTasks>(&(task, day, key), &ConcernWaits { since: self.now() })?;
            }
        }
        let counted = before.map_or_else(RatingCount::default, |before| RatingCount::of(before, here));
        let counts = RatingCount::of(row, here);
        if counted != counts {
            let matter = row.concern.matter.to_string();
            let all = self.store.get::<RatingCounts>(&matter)?.unwrap_or_default();
            self.store.put::<RatingCounts>(&matter, &all.instead(counted, counts))?;
        }
        self.store.put::<Concerns>(&key, row)
    }

    /// A concern that is to be answered here, and waits for that.
    pub(super) fn waiting_concern(
        &mut self,
        (case, concern): (CaseId, ConcernId),
        asked: ConcernTask,
    ) -> Result<ConcernRow, Halt> {
        let row = self.own_concern((case, concern))?;
        let waits = row.waits_for();
        if waits == Some(asked) { Ok(row) } else { Err(ConcernRefusal::Unfit { asked, waits }.into()) }
    }

    /// A concern that is to be answered here.
    pub(super) fn own_concern(&mut self, (case, concern): (CaseId, ConcernId)) -> Result<ConcernRow, Halt> {
        let row = self.store.get::<Concerns>(&(case, concern))?.ok_or(ConcernRefusal::Unknown { concern })?;
        match row.with {
            with if with == self.meta.unit => Ok(row),
            with => Err(ConcernRefusal::With { with }.into()),
        }
    }

    /// Refused where whoever asks did a step here that the concern is about.
    pub(super) fn check_not_own_step(&self, row: &ConcernRow) -> Result<(), Halt> {
        let lines: Vec<StoryLine> = match row.concern.line() {
            Some(line) => vec![line],
            None => {
                let case = self.store.get::<Cases>(&row.concern.case)?;
                let story = case.map(|case| case.timeline()).unwrap_or_default();
                story.iter().map(|entry| StoryLine { unit: entry.unit, sequence: entry.sequence }).collect()
            }
        };
        for line in lines.into_iter().filter(|line| line.unit == self.meta.unit) {
            let audit = self.store.get::<Audits>(&line.sequence)?;
            if audit.is_some_and(|audit| audit.principal == self.stamp.principal) {
                return Err(ConcernRefusal::OwnStep.into());
            }
        }
        Ok(())
    }

    /// Does one thing about a concern that is answered here, and tells where it was given.
    pub(super) fn deal(&mut self, row: ConcernRow, what: ConcernStep) -> Ruling {
        let case = row.concern.case;
        self.note_done(row, what)?;
        Ok(Done::CaseChanged { case })
    }

    fn note_done(&mut self, before: ConcernRow, what: ConcernStep) -> Result<(), StoreFault> {
        let mut row = before.clone();
        if let ConcernStep::WentOn { to } = what {
            (row.with, row.periods) = (to, None);
        }
        row.events.push(ConcernEvent { at: self.now(), unit: self.meta.unit, what });
        self.put_concern(Some(&before), &row)?;
        let Concern { case, id, given_at, .. } = row.concern;
        if given_at == self.meta.unit {
            return Ok(());
        }
        let events = row.events.last().cloned().into_iter().collect();
        self.send(given_at, Mail::Concern(ConcernWord::Told { case, concern: id, events }))
    }

    /// What a peer says of a concern. Why it cannot be, where it cannot: a unit answers for its own steps, and speaks for itself.
    pub(super) fn hear_concern(&mut self, from: UnitId, word: &ConcernWord) -> Result<Option<&'static str>, Halt> {
        match word {
            ConcernWord::Given(concern) => self.concern_came(concern),
            ConcernWord::Told { case, concern, events } => {
                if events.iter().any(|event| event.unit != from) {
                    return Ok(Some("what another unit did about a concern"));
                }
                // What was given in a lost tail is told of all the same: there is nobody here to hear it.
                let Some(before) = self.store.get::<Concerns>(&(*case, *concern))? else { return Ok(None) };
                // An urging may have been elsewhere before it came here.
                if before.with == self.meta.unit && before.concern.kind() != ConcernKind::Urging {
                    return Ok(Some("what another unit did about a concern that is answered here"));
                }
                let mut row = before.clone();
                row.events.extend(events.iter().filter(|event| !before.events.contains(event)).cloned());
                let went = row.events.iter().rev().find_map(|event| match event.what {
                    ConcernStep::WentOn { to } => Some(to),
                    _ => None,
                });
                // It may have gone on to this very unit, which hears so from who sent it on, with the concern itself.
                if row.with != self.meta.unit {
                    row.with = went.filter(|to| *to != self.meta.unit).unwrap_or(row.with);
                }
                self.put_concern(Some(&before), &row)?;
                Ok(None)
            }
        }
    }

    fn concern_came(&mut self, concern: &Concern) -> Result<Option<&'static str>, Halt> {
        let key = (concern.case, concern.id);
        let known = self.store.get::<Concerns>(&key)?;
        if known.as_ref().is_some_and(|known| known.concern != *concern) {
            return Ok(Some("another concern under a known name"));
        }
        // In a later life the lines that a concern is about may have been in the lost tail: somebody was served all the same.
        let knows_all = self.meta.generation == Generation::FIRST;
        let case = self.store.get::<Cases>(&concern.case)?;
        if case.is_none() && knows_all {
            return Ok(Some("a concern about a case that is not known here"));
        }
        if let Some(line) = concern.line() {
            let served = |case: &CaseRow| finished_step(case, line).is_some();
            if line.unit != self.meta.unit {
                return Ok(Some("a concern about what another unit did"));
            }
            if knows_all && case.as_ref().is_some_and(|case| case.content.is_some() && !served(case)) {
                return Ok(Some("a concern about what was not done here"));
            }
        }
        let content = case.as_ref().and_then(|case| case.content.as_ref());
        if let (Saying::Rating { by, .. }, Some(content)) = (&concern.saying, content)
            && content.applicant != *by
        {
            return Ok(Some("a rating by who was not served"));
        }
        match known {
            // An urging that came back to where it was before.
            Some(before) if before.with != self.meta.unit => {
                let mut row = before.clone();
                row.with = self.meta.unit;
                row.periods = Some(Periods::set(&*self.store, &self.meta, concern)?);
                self.put_concern(Some(&before), &row)?;
                self.after_arrival(row, case)?;
            }
            Some(_) => {}
            None => {
                let rated = match concern.saying {
                    Saying::Rating { line, .. } => self.is_rated(concern.case, line)?,
                    _ => false,
                };
                if rated {
                    // Written with what makes it count for nothing: two of one line never stand beside each other.
                    self.keep_uncounted(concern.clone())?;
                    return Ok(None);
                }
                let row = self.keep(concern.clone(), self.meta.unit)?;
                self.after_arrival(row, case)?;
            }
        }
        Ok(None)
    }

    fn keep_uncounted(&mut self, concern: Concern) -> Result<(), StoreFault> {
        let (with, since, at) = (self.meta.unit, self.now(), self.now());
        let periods = Some(Periods::set(&*self.store, &self.meta, &concern)?);
        let events = vec![ConcernEvent { at, unit: with, what: ConcernStep::NotCounted }];
        let (case, id, given_at) = (concern.case, concern.id, concern.given_at);
        self.put_concern(None, &ConcernRow { concern, with, since, periods, events: events.clone() })?;
        self.send(given_at, Mail::Concern(ConcernWord::Told { case, concern: id, events }))
    }

    /// An urging is for who has the case, and over with its decision.
    fn after_arrival(&mut self, row: ConcernRow, case: Option<CaseRow>) -> Result<(), StoreFault> {
        match case {
            Some(case) if matches!(row.concern.saying, Saying::Urging(_)) && is_past_urging(&case) => {
                self.end_urging(row, case.custody.role)
            }
            _ => Ok(()),
        }
    }

    /// Whether a line is rated here already by a rating that stands, excluded or not.
    pub(super) fn is_rated(&self, case: CaseId, line: StoryLine) -> Result<bool, StoreFault> {
        let is_of_line = |row: &ConcernRow| {
            matches!(row.concern.saying, Saying::Rating { line: rated, .. } if rated == line)
                && !row.has(|step| matches!(step, ConcernStep::NotCounted))
        };
        Ok(self.concerns_of(case)?.iter().any(is_of_line))
    }

    /// A case is decided, over, or has left: open urgings end, or go after it.
    pub(super) fn end_urgings(&mut self, case: CaseId, role: Role) -> Result<(), StoreFault> {
        for row in self.concerns_of(case)? {
            if row.due().is_some_and(|(task, _)| task == ConcernTask::AnswerUrging) {
                self.end_urging(row, role)?;
            }
        }
        Ok(())
    }

    fn end_urging(&mut self, row: ConcernRow, role: Role) -> Result<(), StoreFault> {
        if row.waits_for().is_none() {
            return Ok(());
        }
        match role {
            Role::Gone { to } | Role::Dropped { by: to } => {
                let concern = Box::new(row.concern.clone());
                self.note_done(row, ConcernStep::WentOn { to })?;
                self.send(to, Mail::Concern(ConcernWord::Given(concern)))
            }
            _ => self.note_done(row, ConcernStep::Over),
        }
    }
}
