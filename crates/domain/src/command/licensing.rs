//! What a unit does for the licences that it issues (domain.md §4): makes them with the result of a case, takes up applications about them,
//! lets the law renew or end them, tells everybody who can hold one what became of it, and remembers broken promises.
//!
//! Nothing here is a command: it happens in the transaction of whichever command made or changed a licence.

use crate::case::{Authority, CaseContent, CaseRow, Decision, Happening, Stage};
use crate::catalogue::{Matter, installed};
use crate::division::Tier;
use crate::handoff::Role;
use crate::ids::{CaseId, UnitId};
use crate::legal::{LegalRegime, reckon};
use crate::licence::{
    About, Breach, Issue, Licence, LicenceAct, LicenceNumber, Promise, Standing, renewed_until, valid_until,
};
use crate::mail::Mail;
use crate::refusal::Refusal;
use crate::sealed::BlindIndex;
use crate::store::{StoreFault, UnitRead, UnitStore};
use crate::tables::{Breaches, CaseRef, Count, LicenceCounts, LicenceNumbers, Licences};
use crate::time::Timestamp;

use super::{Context, Done, Halt, Ruling, TaskKind, TimerKind};

/// So many serials belong to each life of a unit: one that comes back without its last numbers never gives them out again.
const SERIALS_OF_A_LIFE: u64 = 100_000_000;

/// A licence of this unit's register by its number, whatever the version, and the case that it is kept under.
pub fn licence_numbered(
    store: &impl UnitRead,
    number: &LicenceNumber,
) -> Result<Option<(CaseId, Licence)>, StoreFault> {
    let Some(CaseRef(register)) = store.get::<LicenceNumbers>(&number.register_key())? else { return Ok(None) };
    Ok(store.get::<Licences>(&register)?.map(|licence| (register, licence)))
}

/// The unit whose body issued a licence, as far as the entries known here tell: it alone decides about it.
pub fn issuer_of(
    store: &impl UnitRead,
    version: u64,
    matter: &crate::catalogue::BasicCode,
    number: &LicenceNumber,
) -> Result<Option<UnitId>, StoreFault> {
    let entries = installed::entries(store, version, matter)?;
    Ok(entries.iter().find(|entry| entry.body == *number.issuer()).map(|entry| entry.unit))
}

/// The broken promise that still counts against an applicant; the one that counts longest.
pub fn open_breach(
    store: &impl UnitRead,
    applicant: &BlindIndex,
    now: Timestamp,
) -> Result<Option<Breach>, StoreFault> {
    let all = (applicant.0, CaseId(uuid::Uuid::nil()))..=(applicant.0, CaseId(uuid::Uuid::max()));
    let known = store.scan::<Breaches>(all, usize::MAX)?.into_iter().map(|(_, breach)| breach);
    Ok(known.filter(|breach| now.date() <= breach.until).max_by_key(|breach| breach.until))
}

/// When the licence that was first issued in a case is over; `None` where none was, or it is over already.
pub fn licence_ends(store: &impl UnitRead, row: &CaseRow) -> Result<Option<Timestamp>, StoreFault> {
    Ok(licence_of(store, row)?.and_then(|licence| licence.ends_at()))
}

/// What the licence of a case waits for, beside the case.
pub(super) fn licence_tasks(store: &impl UnitRead, row: &CaseRow) -> Result<Vec<TaskKind>, StoreFault> {
    let Some(licence) = licence_of(store, row)? else { return Ok(vec![]) };
    let waits = [(TaskKind::CheckPromise, licence.is_to_check()), (TaskKind::Revoke, licence.is_to_revoke())];
    Ok(waits.into_iter().filter(|(_, waits)| *waits).map(|(kind, _)| kind).collect())
}

fn licence_of(store: &impl UnitRead, row: &CaseRow) -> Result<Option<Licence>, StoreFault> {
    match row.content.as_ref().filter(|content| content.closed_at.is_some()) {
        Some(content) => store.get::<Licences>(&content.id),
        None => Ok(None),
    }
}

impl<S: UnitStore> Context<'_, S> {
    /// Refused where an application about a licence cannot be taken up: there is no such licence of this applicant here, it does not hold
    /// any more, or another application about it is open.
    pub(super) fn check_about(&mut self, content: &CaseContent) -> Result<(), Halt> {
        let Some(About { licence: number, act }) = content.about() else { return Ok(()) };
        let found = licence_numbered(&*self.store, &number)?;
        let of_applicant = |licence: &Licence| licence.holder == content.applicant && licence.matter == content.matter;
        let Some((_, licence)) = found.filter(|(_, licence)| of_applicant(licence)) else {
            return Err(Refusal::LicenceUnknown { licence: number }.into());
        };
        let received = content.received_at.unwrap_or(content.collected_at).date();
        // What was asked for while it held is dealt with, however late it comes here.
        let holds = match (&licence.standing, act) {
            (Standing::Valid | Standing::Ended { .. }, LicenceAct::Renew) => {
                licence.until().is_none_or(|until| received <= until)
            }
            _ => licence.holds_on(self.now().date()),
        };
        if !holds {
            return Err(Refusal::LicenceOver { licence: number, until: licence.until() }.into());
        }
        if act == LicenceAct::Renew && licence.until().is_none() {
            return Err(Refusal::LicenceEndless { licence: number }.into());
        }
        self.check_not_busy(&licence, &number, Some(content.id))
    }

    /// Refused while another application about the licence is open.
    pub(super) fn check_not_busy(
        &mut self,
        licence: &Licence,
        number: &LicenceNumber,
        but: Option<CaseId>,
    ) -> Result<(), Halt> {
        let Some(open) = licence.open.filter(|open| but != Some(*open)) else { return Ok(()) };
        let Some(content) = self.stored_case(open)?.and_then(|row| row.content) else { return Ok(()) };
        if matches!(content.stage, Stage::Accepted | Stage::Decided) {
            return Err(Refusal::LicenceBusy { licence: number.clone(), number: content.number }.into());
        }
        Ok(())
    }

    /// An application about a licence was accepted: it is the one that is open.
    pub(super) fn take_up(&mut self, content: &CaseContent) -> Result<(), Halt> {
        let Some(About { licence: number, .. }) = content.about() else { return Ok(()) };
        if let Some((register, mut licence)) = licence_numbered(&*self.store, &number)? {
            licence.open = Some(content.id);
            self.put_licence(register, &licence, Some(content.id))?;
        }
        Ok(())
    }

    /// Makes the licence that a granted case results in, or does to one what was applied for.
    pub(super) fn make_licence(&mut self, content: &mut CaseContent) -> Result<(), Halt> {
        let Some(decision) = content.decision.clone().filter(|decision| decision.granted) else { return Ok(()) };
        let matter = self.matter(content.pin, &content.matter)?;
        match content.about() {
            Some(about) => self.change_licence(content, &matter, about),
            None => self.issue_licence(content, &matter, decision),
        }
    }

    fn issue_licence(&mut self, content: &mut CaseContent, matter: &Matter, decision: Decision) -> Result<(), Halt> {
        let Some(result) = matter.licence() else { return Ok(()) };
        let today = self.now().date();
        let used = self.store.get::<LicenceCounts>(&())?.map_or(0, |count| count.0) + 1;
        let serial = u64::from(self.meta.generation.0.saturating_sub(1)) * SERIALS_OF_A_LIFE + u64::from(used);
        let number = LicenceNumber::new(decision.authority.body.clone(), serial, 1);
        let number = number.ok_or(Refusal::NumbersExhausted)?;
        let until = result.valid_months.map(|months| valid_until(today, months));
        let promise = match content.promised() {
            Some((materials, check)) => {
                let organs = self.organs(content)?;
                let calendar = organs.of(Some(&decision.authority.body));
                let check_until = reckon(today, check, &[], &|_| calendar).due.earliest;
                Some(Promise { materials: materials.to_vec(), check_until, checked: None })
            }
            None => None,
        };
        let check_until = promise.as_ref().map(|promise| promise.check_until);
        let licence = Licence {
            name: result.name.clone(),
            matter: content.matter.clone(),
            holder: content.applicant,
            issues: vec![self.issue(content, number.clone(), until, false)],
            standing: Standing::Valid,
            promise,
            open: None,
        };
        self.store.put::<LicenceCounts>(&(), &Count(used))?;
        self.store.put::<LicenceNumbers>(&number.register_key(), &CaseRef(content.id))?;
        self.put_licence(content.id, &licence, Some(content.id))?;
        Ok(self.announce(content, Happening::LicenceIssued { licence: number, until, check_until })?)
    }

    fn issue(
        &self,
        content: &CaseContent,
        number: LicenceNumber,
        until: Option<crate::time::CivilDate>,
        by_law: bool,
    ) -> Issue {
        Issue { number, case: content.id, case_number: content.number, at: self.now(), until, by_law }
    }

    fn change_licence(&mut self, content: &mut CaseContent, matter: &Matter, about: About) -> Result<(), Halt> {
        let found = licence_numbered(&*self.store, &about.licence)?;
        let Some((register, mut licence)) = found else { return Ok(()) };
        // What the law renewed before the decision has its issue already.
        let Some(current) = licence.current().filter(|issue| issue.case != content.id) else { return Ok(()) };
        let number = current.number.clone();
        licence.open = None;
        if about.act == LicenceAct::Cancel {
            licence.standing = Standing::Cancelled { at: self.now() };
            self.put_licence(register, &licence, Some(content.id))?;
            let what = Happening::LicenceCancelled { licence: number };
            self.announce(content, what.clone())?;
            return self.tell_holders(&licence, &what, Some(content.id));
        }
        let until = match about.act {
            LicenceAct::Renew => self.next_term(&licence, matter),
            LicenceAct::Change | LicenceAct::Replace | LicenceAct::Cancel => licence.until(),
        };
        let number = number.next_version().ok_or(Refusal::NumbersExhausted)?;
        licence.issues.push(self.issue(content, number.clone(), until, false));
        if about.act == LicenceAct::Renew {
            licence.standing = Standing::Valid;
        }
        self.put_licence(register, &licence, Some(content.id))?;
        Ok(self.announce(content, Happening::LicenceIssued { licence: number, until, check_until: None })?)
    }

    fn next_term(&self, licence: &Licence, matter: &Matter) -> Option<crate::time::CivilDate> {
        let months = matter.licence().and_then(|result| result.valid_months)?;
        licence.until().map(|until| renewed_until(until, months))
    }

    /// The last day of a licence is over: the law has renewed it where that was asked for in time and is not decided (art. 50); otherwise it
    /// ends.
    pub(super) fn licence_is_over(&mut self, register: CaseId) -> Ruling {
        let Some(mut licence) = self.store.get::<Licences>(&register)? else { return Ok(Done::Nothing) };
        if licence.ends_at().is_none_or(|ends| self.now() < ends) {
            return Ok(Done::Nothing);
        }
        if let Some(open) = licence.open
            && let Some(row) = self.stored_case(open)?
            && self.renews_by_law(&licence, &row)?
        {
            return self.renew_by_law(register, licence, row);
        }
        licence.standing = Standing::Ended { at: self.now() };
        let number = licence.current().map(|issue| issue.number.clone());
        self.put_licence(register, &licence, None)?;
        if let Some(licence_number) = number {
            self.tell_holders(&licence, &Happening::LicenceEnded { licence: licence_number }, None)?;
        }
        Ok(Done::CaseChanged { case: register })
    }

    /// Whether a case is a renewal that the law grants once the licence's last day is over.
    fn renews_by_law(&self, licence: &Licence, row: &CaseRow) -> Result<bool, Halt> {
        let Some(content) = row.content.as_ref().filter(|_| row.custody.role == Role::Owner) else { return Ok(false) };
        let is_renewal = content.about().is_some_and(|about| about.act == LicenceAct::Renew);
        if !is_renewal || content.stage != Stage::Accepted {
            return Ok(false);
        }
        let (entry, matter) = self.terms(content)?;
        let received = content.received_at.unwrap_or(content.collected_at).date();
        Ok(LegalRegime::of(&matter, &entry.power.law).deems() && licence.asked_in_time(received))
    }

    /// An accepted renewal whose licence was over before it could be accepted: what the law has done is said at once.
    pub(super) fn renew_overdue(&mut self, case: CaseId) -> Result<(), Halt> {
        let Some(row) = self.stored_case(case)? else { return Ok(()) };
        let Some(about) = row.content.as_ref().and_then(CaseContent::about) else { return Ok(()) };
        let Some((register, licence)) = licence_numbered(&*self.store, &about.licence)? else { return Ok(()) };
        let over = licence.until().is_some_and(|until| until < self.now().date());
        if over && self.renews_by_law(&licence, &row)? {
            self.renew_by_law(register, licence, row)?;
        }
        Ok(())
    }

    fn renew_by_law(&mut self, register: CaseId, mut licence: Licence, mut row: CaseRow) -> Ruling {
        let Some(mut content) = row.content.take() else { return Ok(Done::Nothing) };
        let case = content.id;
        let (entry, matter) = self.terms(&content)?;
        let until = self.next_term(&licence, &matter);
        let number = licence.current().and_then(|issue| issue.number.next_version());
        let number = number.ok_or(Refusal::NumbersExhausted)?;
        licence.issues.push(self.issue(&content, number.clone(), until, true));
        licence.standing = Standing::Valid;
        licence.open = None;
        self.put_licence(register, &licence, Some(case))?;

        content.stage = Stage::Decided;
        content.decision = Some(Decision {
            at: self.now(),
            granted: true,
            reasons: String::new(),
            authority: Authority { unit: self.meta.unit, body: entry.body.clone() },
            sequence: self.meta.sequence,
        });
        for kind in TimerKind::LEGAL {
            self.clear_timers(case, &mut row, kind)?;
        }
        self.announce(&mut content, Happening::RenewedByLaw { licence: number, until })?;
        row.content = Some(content);
        self.put_case(case, row)?;
        Ok(Done::CaseChanged { case })
    }

    /// Writes a licence, and what its register case waits for. `in_hand`: a case that the command writes itself afterwards.
    pub(super) fn put_licence(
        &mut self,
        register: CaseId,
        licence: &Licence,
        in_hand: Option<CaseId>,
    ) -> Result<(), Halt> {
        if in_hand == Some(register) {
            return Ok(self.store.put::<Licences>(&register, licence)?);
        }
        // Read before: what it waited for follows from the licence as it was.
        let row = self.stored_case(register)?;
        self.store.put::<Licences>(&register, licence)?;
        match row {
            Some(row) => self.put_case(register, row),
            None => Ok(()),
        }
    }

    /// Adds what became of a licence to the story of every case that it was a result of, and tells all who had them. `but`: the case that
    /// says so itself.
    pub(super) fn tell_holders(
        &mut self,
        licence: &Licence,
        what: &Happening,
        but: Option<CaseId>,
    ) -> Result<(), Halt> {
        for issue in licence.issues.iter().filter(|issue| Some(issue.case) != but) {
            let Some(mut row) = self.stored_case(issue.case)? else { continue };
            let mark = self.time_mark(&row.timeline())?;
            let told: Vec<_> = mark.into_iter().chain([what.clone()]).map(|what| self.happening(what)).collect();
            let here = self.meta.unit;
            let named = row.content.as_ref().map(CaseContent::named).unwrap_or_default();
            match &mut row.content {
                Some(content) if row.custody.role == Role::Owner => content.timeline.extend(told.iter().cloned()),
                _ => row.news.extend(told.iter().cloned()),
            }
            self.put_case(issue.case, row)?;
            for to in named.into_iter().filter(|unit| *unit != here) {
                self.send(to, Mail::News { case: issue.case, entries: told.clone() })?;
            }
        }
        Ok(())
    }

    /// Refused while a broken promise counts against the applicant.
    pub(super) fn check_no_breach(&self, content: &CaseContent) -> Result<(), Halt> {
        match open_breach(&*self.store, &content.applicant, self.now())? {
            Some(Breach { number, until }) => Err(Refusal::BreachOpen { number, until }.into()),
            None => Ok(()),
        }
    }

    /// Remembers a broken promise, and tells it on to every unit that may accept: up, and down as far as the townships. Ends: who knows it
    /// tells nobody.
    pub(super) fn keep_breach(
        &mut self,
        applicant: BlindIndex,
        case: CaseId,
        breach: Breach,
        from: Option<UnitId>,
    ) -> Result<(), StoreFault> {
        if self.store.has::<Breaches>(&(applicant.0, case))? {
            return Ok(());
        }
        self.store.put::<Breaches>(&(applicant.0, case), &breach)?;
        let below = self.meta.children.iter().copied().filter(|unit| Tier::of(*unit) != Tier::Village);
        let neighbours: Vec<UnitId> = self.meta.parent.into_iter().chain(below).collect();
        for to in neighbours.into_iter().filter(|to| Some(*to) != from) {
            self.send(to, Mail::Breach { applicant, case, breach })?;
        }
        Ok(())
    }
}
