//! One application's legal time: facts recorded in the order of their days, each checked against the law; clocks derived from them.
//!
//! What binds an organ is judged by the earliest day that calendars allow, what the law makes happen by itself by the latest.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::act::{Act, Procedure, StopNotice};
use super::count::{DateRange, Organs, Pause, Reckoned, notice_day, reckon};
use super::refusal::LegalRefusal;
use super::rules::{Rule, Terms};
use crate::calendar::WorkCalendar;
use crate::case::{DayUnit, Intake};
use crate::catalogue::LimitDays;
use crate::identifiers::CreditCode;
use crate::time::{CivilDate, Timestamp};

/// A stop of the clock, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LegalStop {
    /// The last day that is counted before it.
    pub after: CivilDate,
    /// Which procedure.
    pub kind: Procedure,
    /// Why this case needs it.
    pub basis: String,
    /// The period told.
    pub told: LimitDays,
    /// The further period of the second notice.
    pub further: Option<LimitDays>,
    /// The day on which it was ended before its time.
    pub resumed: Option<CivilDate>,
}

/// A limit that runs or has run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LegalClock {
    /// By which rule.
    pub rule: Rule,
    /// The day of the event: not counted.
    pub from: CivilDate,
    /// Its length, extension included.
    pub limit: LimitDays,
    /// Whether it was extended.
    pub extended: bool,
    /// When what it limits was done.
    pub ended: Option<CivilDate>,
}

/// A clock as it is shown on one day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shown {
    /// By which rule.
    pub rule: Rule,
    /// Where the rule stands.
    pub basis: String,
    /// The day of the event.
    pub from: CivilDate,
    /// Its length, extension included.
    pub limit: LimitDays,
    /// The last day, and every day until its earliest.
    #[serde(flatten)]
    pub reckoned: Reckoned,
    /// When what it limits was done.
    pub ended: Option<CivilDate>,
    /// Days left, in the limit's unit; negative when over, 0 on the last day.
    pub left: i32,
}

/// Both clocks on one day: the applicant's wait, and every limit of an organ.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimelineClocks {
    /// The day of first contact.
    pub since: CivilDate,
    /// Calendar days that the applicant has waited.
    pub waited: i32,
    /// Limits in the order in which they began.
    pub limits: Vec<Shown>,
    /// Days on which stops end by themselves, ended ones included: counting goes on after, and somebody is to be told.
    pub warnings: Vec<DateRange>,
}

/// How far an application has got, as legal time sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LegalStage {
    /// On its way to the authority.
    Contacted,
    /// Received: gaps can be told.
    Received,
    /// For what is missing.
    Waiting,
    /// Accepted, by the organ or because it told no gaps in time.
    Accepted {
        /// The latter.
        by_law: bool,
    },
    /// A lower organ has reviewed it.
    SentUp,
    /// Decided.
    Decided,
    /// The result is handed over.
    Delivered,
    /// Not accepted.
    NotAccepted,
}

impl fmt::Display for LegalStage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Contacted => "on its way to the authority",
            Self::Received => "received",
            Self::Waiting => "waiting for what is missing",
            Self::Accepted { .. } => "accepted",
            Self::SentUp => "on its way up",
            Self::Decided => "decided",
            Self::Delivered => "delivered",
            Self::NotAccepted => "not accepted",
        })
    }
}

/// One application's facts, and the calendars that they are counted by.
#[derive(Clone, Debug)]
pub struct Timeline<'a> {
    terms: Terms,
    organs: &'a Organs,
    /// From the day after on, days are counted by the organ's calendar.
    legs: Vec<(CivilDate, CreditCode)>,
    stops: Vec<LegalStop>,
    clocks: Vec<LegalClock>,
    stage: LegalStage,
    contact: CivilDate,
    received: CivilDate,
    gaps_told: bool,
    reviews_left: u8,
    last: CivilDate,
    done: Option<CivilDate>,
}

impl<'a> Timeline<'a> {
    /// From first contact. At a place that takes papers for the authority that is receipt.
    pub fn begin(terms: Terms, organs: &'a Organs, contact: Timestamp) -> Self {
        let filed = filing_day(contact, &terms);
        let mut timeline = Self {
            organs,
            legs: vec![],
            stops: vec![],
            clocks: vec![],
            stage: LegalStage::Contacted,
            contact: contact.date(),
            received: filed,
            gaps_told: false,
            reviews_left: terms.reviews,
            last: filed,
            done: None,
            terms,
        };
        if timeline.terms.intake == Intake::ForAuthority {
            timeline.receive(filed);
        }
        timeline
    }

    /// Adds a fact.
    ///
    /// # Errors
    /// Why it cannot stand there; nothing is changed then.
    pub fn record(&mut self, act: &Act) -> Result<(), LegalRefusal> {
        let mut next = self.clone();
        let (on, last) = match act {
            Act::Arrived { at } | Act::Redirected { at, .. } | Act::Supplemented { at } => {
                let day = filing_day(*at, &self.terms);
                (day, day)
            }
            Act::Moved { left, arrived, .. } => (*left, *arrived),
            Act::GapsTold { on }
            | Act::Accepted { on }
            | Act::NotAccepted { on }
            | Act::Stopped { on, .. }
            | Act::Prolonged { on, .. }
            | Act::Resumed { on }
            | Act::Extended { on, .. }
            | Act::SentUp { on }
            | Act::CameUp { on, .. }
            | Act::HearingOffered { on }
            | Act::HearingAsked { on }
            | Act::HearingSet { on, .. }
            | Act::Decided { on }
            | Act::Delivered { on } => (*on, *on),
        };
        if on < self.last || last < on {
            // Of a move that arrives before it left, the arrival is what cannot be.
            let (on, last) = if on < self.last { (on, self.last) } else { (last, on) };
            return Err(LegalRefusal::Order { on, last });
        }
        next.settle(on);
        next.apply(act, on)?;
        next.last = last;
        *self = next;
        Ok(())
    }

    /// The day of the last fact.
    pub fn last_day(&self) -> CivilDate {
        self.last
    }

    /// The receipt from which gaps are told, or acceptance by law counts.
    pub fn received(&self) -> CivilDate {
        self.received
    }

    /// How far it has got by a day, with what the law has made happen by itself.
    pub fn stage_on(&self, day: CivilDate) -> LegalStage {
        let mut then = self.clone();
        then.settle(day);
        then.stage
    }

    /// Until when gaps can be told; `None` where they need not be, or no more.
    pub fn gaps_until(&self) -> Option<DateRange> {
        let clock = self.running(Rule::GapsTold).filter(|_| self.terms.regime.deems())?;
        Some(self.reckoned(clock).due)
    }

    /// Until when a limit runs that runs now.
    pub fn running_until(&self, rule: Rule) -> Option<DateRange> {
        self.running(rule).map(|clock| self.reckoned(clock).due)
    }

    /// Stops of the clock, in order.
    pub fn stops(&self) -> &[LegalStop] {
        &self.stops
    }

    /// All clocks on a day.
    pub fn clocks(&self, today: CivilDate) -> TimelineClocks {
        let mut then = self.clone();
        then.settle(today);
        let limits = then.clocks.iter().map(|clock| then.shown(clock, today)).collect();
        let expired = then.stops.iter().filter(|stop| stop.resumed.is_none());
        TimelineClocks {
            since: then.contact,
            waited: then.done.unwrap_or(today).days_since(then.contact),
            limits,
            warnings: expired.map(|stop| then.until(stop)).collect(),
        }
    }

    /// The same facts under other calendars: what was recorded stands, dates are derived anew.
    pub fn under<'b>(&self, organs: &'b Organs) -> Timeline<'b> {
        let own = self.clone();
        Timeline {
            organs,
            terms: own.terms,
            legs: own.legs,
            stops: own.stops,
            clocks: own.clocks,
            stage: own.stage,
            contact: own.contact,
            received: own.received,
            gaps_told: own.gaps_told,
            reviews_left: own.reviews_left,
            last: own.last,
            done: own.done,
        }
    }

    /// The last day of a limit, and how it is found.
    pub fn reckoned(&self, clock: &LegalClock) -> Reckoned {
        let pauses: Vec<Pause> = match stops_count(clock.rule) {
            true => self
                .stops
                .iter()
                .filter(|stop| stop.after >= clock.from)
                .map(|stop| Pause { after: stop.after, until: self.until(stop) })
                .collect(),
            false => vec![],
        };
        reckon(clock.from, clock.limit, &pauses, &|date| self.calendar(date))
    }

    /// The day on which a stop ends: not counted. The period was told by who had the case then, and is counted by that calendar.
    pub fn until(&self, stop: &LegalStop) -> DateRange {
        if let Some(resumed) = stop.resumed {
            return DateRange::exact(resumed);
        }
        let calendar = self.calendar(stop.after);
        let end = |from: CivilDate, told: LimitDays| reckon(from, told, &[], &|_| calendar).due;
        let first = end(stop.after, stop.told);
        match stop.further {
            None => first,
            Some(further) => {
                DateRange { earliest: end(first.earliest, further).earliest, latest: end(first.latest, further).latest }
            }
        }
    }

    fn calendar(&self, date: CivilDate) -> &'a WorkCalendar {
        let organ = self.legs.iter().rev().find(|(since, _)| *since < date).map(|(_, organ)| organ);
        self.organs.of(Some(organ.unwrap_or(&self.terms.organ)))
    }

    fn shown(&self, clock: &LegalClock, today: CivilDate) -> Shown {
        let reckoned = self.reckoned(clock);
        let day = clock.ended.map_or(today, |ended| ended.min(today));
        let due = reckoned.due.earliest;
        let left = if day <= due {
            let used = reckoned.days.iter().filter(|counted| counted.date <= day && counted.number.is_some()).count();
            i32::from(clock.limit.days) - i32::try_from(used).unwrap_or(i32::MAX)
        } else {
            // On days off too: over by at least one, since the limit ended with its last day.
            let over = match clock.limit.unit {
                DayUnit::Calendar => day.days_since(due),
                DayUnit::Working => {
                    let days = (1..=day.days_since(due)).map(|ahead| due.plus_days(ahead));
                    let worked = days.filter(|day| self.calendar(*day).is_working_day(*day)).count();
                    i32::try_from(worked).unwrap_or(i32::MAX)
                }
            };
            -over.max(1)
        };
        let basis = self.terms.regime.basis(clock.rule);
        Shown { rule: clock.rule, basis, from: clock.from, limit: clock.limit, reckoned, ended: clock.ended, left }
    }

    /// What the law has made happen by itself before a day.
    fn settle(&mut self, on: CivilDate) {
        if self.stage != LegalStage::Received || !self.terms.regime.deems() {
            return;
        }
        if let Some(until) = self.running(Rule::GapsTold).map(|clock| self.reckoned(clock).due)
            && until.latest < on
        {
            self.accept(self.received, true);
        }
    }

    fn running(&self, rule: Rule) -> Option<&LegalClock> {
        self.clocks.iter().rev().find(|clock| clock.rule == rule && clock.ended.is_none())
    }

    fn main_rule(&self) -> Rule {
        match (self.reviews_left, self.terms.joint) {
            (0, false) => Rule::Decision,
            (0, true) => Rule::JointDecision,
            _ => Rule::LowerReview,
        }
    }

    fn open(&mut self, rule: Rule, from: CivilDate) {
        let limit = match rule {
            Rule::Promised => self.terms.promised,
            Rule::Decision | Rule::JointDecision if self.terms.decision.is_some() => self.terms.decision,
            Rule::LowerReview if self.terms.review.is_some() => self.terms.review,
            _ => self.terms.regime.limit(rule).map(|(limit, _)| limit),
        };
        self.clocks.extend(limit.map(|limit| LegalClock { rule, from, limit, extended: false, ended: None }));
    }

    fn end(&mut self, wanted: impl Fn(Rule) -> bool, on: CivilDate) {
        let running = self.clocks.iter_mut().filter(|clock| clock.ended.is_none() && wanted(clock.rule));
        running.for_each(|clock| clock.ended = Some(on));
    }

    fn receive(&mut self, on: CivilDate) {
        self.end(|rule| rule == Rule::GapsTold, on);
        self.received = on;
        self.stage = LegalStage::Received;
        self.open(Rule::GapsTold, on);
    }

    fn accept(&mut self, on: CivilDate, by_law: bool) {
        self.end(|rule| rule == Rule::GapsTold, on);
        self.stage = LegalStage::Accepted { by_law };
        self.open(self.main_rule(), on);
        self.open(Rule::Promised, on);
    }

    fn apply(&mut self, act: &Act, on: CivilDate) -> Result<(), LegalRefusal> {
        let unfit = Err(LegalRefusal::Stage { stage: self.stage });
        let accepted = matches!(self.stage, LegalStage::Accepted { .. });
        match (act, self.stage) {
            (Act::Arrived { .. }, LegalStage::Contacted) | (Act::Supplemented { .. }, LegalStage::Waiting) => {
                self.receive(on)
            }
            (Act::Redirected { to, .. }, LegalStage::Contacted | LegalStage::Received | LegalStage::Waiting) => {
                self.legs.push((on, to.clone()));
                self.gaps_told = false;
                self.receive(on);
            }
            (Act::Moved { to, .. }, LegalStage::Received | LegalStage::Waiting | LegalStage::Accepted { .. }) => {
                self.legs.push((on, to.clone()));
            }
            (Act::GapsTold { .. } | Act::NotAccepted { .. }, LegalStage::Accepted { by_law: true }) => {
                return Err(self.accepted_by_law());
            }
            (Act::GapsTold { .. }, LegalStage::Received | LegalStage::Waiting) if self.gaps_told => {
                return Err(LegalRefusal::GapsAgain);
            }
            (Act::GapsTold { .. }, LegalStage::Received) => {
                self.gaps_told = true;
                self.end(|rule| rule == Rule::GapsTold, on);
                self.stage = LegalStage::Waiting;
            }
            (Act::Accepted { .. }, LegalStage::Received) => self.accept(on, false),
            // The paper for what the law has done already.
            (Act::Accepted { .. }, LegalStage::Accepted { by_law: true }) => {}
            (Act::NotAccepted { .. }, LegalStage::Received | LegalStage::Waiting) => {
                self.end(|_| true, on);
                self.stage = LegalStage::NotAccepted;
                self.done = Some(on);
            }
            (Act::Stopped { notice, .. }, _) if accepted => self.stop(on, notice)?,
            (Act::Prolonged { reason, told, .. }, _) if accepted => self.prolong(on, reason, *told)?,
            (Act::Resumed { .. }, _) if accepted => {
                let standing = self.standing(on, |on, until| on < until).ok_or(LegalRefusal::NotStopped { on })?;
                self.stops[standing].resumed = Some(on);
            }
            (Act::Extended { .. }, _) if accepted => self.extend(act)?,
            (Act::SentUp { .. }, _) if accepted && self.reviews_left > 0 => {
                self.end(|rule| rule == Rule::LowerReview, on);
                self.reviews_left -= 1;
                self.stage = LegalStage::SentUp;
            }
            (Act::CameUp { to, .. }, LegalStage::SentUp) => {
                self.legs.push((on, to.clone()));
                self.stage = LegalStage::Accepted { by_law: false };
                self.open(self.main_rule(), on);
            }
            (Act::HearingOffered { .. }, _) if accepted => {
                self.end(|rule| rule == Rule::HearingAsked, on);
                self.open(Rule::HearingAsked, on);
            }
            (Act::HearingAsked { .. }, _) if accepted => {
                let Some(clock) = self.running(Rule::HearingAsked) else { return unfit };
                // The right of who asks: lost only when that is certain.
                let until = self.reckoned(clock).due.latest;
                if on > until {
                    return Err(LegalRefusal::HearingLate { until });
                }
                self.end(|rule| rule == Rule::HearingAsked, on);
                self.open(Rule::HearingHeld, on);
            }
            (Act::HearingSet { held, .. }, _) if accepted => {
                let Some(clock) = self.running(Rule::HearingHeld) else { return unfit };
                let by = self.reckoned(clock).due.earliest;
                if *held > by {
                    return Err(LegalRefusal::HearingFar { by });
                }
                if let Some((limit, _)) = self.terms.regime.limit(Rule::HearingNotice) {
                    let by = notice_day(*held, limit.days, self.calendar(on)).earliest;
                    if on > by {
                        return Err(LegalRefusal::HearingNotice { held: *held, by });
                    }
                }
                self.end(|rule| rule == Rule::HearingHeld, *held);
            }
            (Act::Decided { .. }, _) if accepted && self.reviews_left == 0 => {
                self.end(|_| true, on);
                self.open(Rule::Delivery, on);
                self.stage = LegalStage::Decided;
            }
            (Act::Delivered { .. }, LegalStage::Decided) => {
                self.end(|_| true, on);
                self.stage = LegalStage::Delivered;
                self.done = Some(on);
            }
            _ => return unfit,
        }
        Ok(())
    }

    fn accepted_by_law(&self) -> LegalRefusal {
        let clock = self.clocks.iter().rev().find(|clock| clock.rule == Rule::GapsTold);
        let until = clock.map_or(self.received, |clock| self.reckoned(clock).due.latest);
        LegalRefusal::AcceptedByLaw { since: self.received, until }
    }

    /// The statutory limit that runs, else the promised one.
    fn stoppable(&self) -> Option<&LegalClock> {
        self.running(self.main_rule()).or_else(|| self.running(Rule::Promised))
    }

    fn stop(&mut self, on: CivilDate, notice: &StopNotice) -> Result<(), LegalRefusal> {
        let kind = notice.kind.ok_or(LegalRefusal::StopKind)?;
        if notice.basis.trim().is_empty() {
            return Err(LegalRefusal::StopBasis);
        }
        let told = notice.told.filter(|told| told.days > 0).ok_or(LegalRefusal::StopEstimate)?;
        match kind {
            Procedure::SiteCheck if self.terms.site_check.is_none() => return Err(LegalRefusal::SiteCheck),
            Procedure::SiteCheck => {}
            _ if !self.terms.regime.stops_for(kind) => return Err(LegalRefusal::StopUncited),
            _ => {}
        }
        let Some(clock) = self.stoppable() else { return Err(LegalRefusal::StopUncited) };
        let (from, due) = (clock.from, self.reckoned(clock).due);
        let before = self.stops.iter().rev().find(|stop| stop.after >= from);
        if let Some(until) = before.map(|stop| self.until(stop).latest)
            && on < until
        {
            return Err(LegalRefusal::StopOverlap { until });
        }
        if on >= due.earliest {
            return Err(LegalRefusal::stop_late(on, due));
        }
        let basis = notice.basis.clone();
        self.stops.push(LegalStop { after: on, kind, basis, told, further: None, resumed: None });
        Ok(())
    }

    /// The stop that holds on a day, by its place.
    fn standing(&self, on: CivilDate, in_time: impl Fn(CivilDate, CivilDate) -> bool) -> Option<usize> {
        let from = self.stoppable()?.from;
        let at = self.stops.len().checked_sub(1)?;
        let stop = &self.stops[at];
        let holds = stop.after >= from && stop.resumed.is_none() && on > stop.after;
        (holds && in_time(on, self.until(stop).earliest)).then_some(at)
    }

    fn prolong(&mut self, on: CivilDate, reason: &str, told: Option<LimitDays>) -> Result<(), LegalRefusal> {
        let standing = self.standing(on, |on, until| on <= until).ok_or(LegalRefusal::NotStopped { on })?;
        if self.stops[standing].further.is_some() {
            return Err(LegalRefusal::ProlongedAgain);
        }
        if reason.trim().is_empty() {
            return Err(LegalRefusal::Reason);
        }
        let told = told.filter(|told| told.days > 0).ok_or(LegalRefusal::StopEstimate)?;
        self.stops[standing].further = Some(told);
        Ok(())
    }

    fn extend(&mut self, act: &Act) -> Result<(), LegalRefusal> {
        let Act::Extended { on, days, by, reason } = act else { return Ok(()) };
        let rule = self.main_rule();
        let extension = self.terms.regime.limit(rule).and_then(|(_, extension)| extension);
        let extension = extension.ok_or(LegalRefusal::ExtensionNone)?;
        let running = |clock: &&mut LegalClock| clock.rule == rule && clock.ended.is_none();
        let Some(clock) = self.running(rule) else { return Err(LegalRefusal::ExtensionNone) };
        if clock.extended {
            return Err(LegalRefusal::ExtensionAgain);
        }
        if *days == 0 || *days > extension.days {
            return Err(LegalRefusal::ExtensionLong { asked: *days, most: extension.days });
        }
        if *by != extension.by {
            return Err(LegalRefusal::ExtensionBy { by: *by, needed: extension.by });
        }
        if reason.trim().is_empty() {
            return Err(LegalRefusal::Reason);
        }
        let due = self.reckoned(clock).due.earliest;
        if *on > due {
            return Err(LegalRefusal::ExtensionLate { on: *on, due });
        }
        if let Some(clock) = self.clocks.iter_mut().find(running) {
            clock.limit.days += days;
            clock.extended = true;
        }
        Ok(())
    }
}

/// The day on which papers count as filed: the next one after the published cut-off, by night and at weekends alike.
pub(super) fn filing_day(at: Timestamp, terms: &Terms) -> CivilDate {
    let (hour, minute, _) = at.time_of_day();
    let late = terms.cut_off.is_some_and(|cut_off| u16::from(hour) * 60 + u16::from(minute) > cut_off.minutes);
    at.date().plus_days(i32::from(late))
}

/// Whether a stop stops that limit: what organs decide or promise, not the applicant's and the next steps' own.
fn stops_count(rule: Rule) -> bool {
    matches!(rule, Rule::Decision | Rule::JointDecision | Rule::LowerReview | Rule::Promised)
}

/// What calendars that have come change: each limit whose last day is another one now, with the old and the new day.
pub fn recomputed(timeline: &Timeline<'_>, calendars: &Organs) -> Vec<(Rule, DateRange, DateRange)> {
    let now = timeline.under(calendars);
    let open = timeline.clocks.iter().filter(|clock| clock.ended.is_none());
    let pairs = open.map(|clock| (clock.rule, timeline.reckoned(clock).due, now.reckoned(clock).due));
    pairs.filter(|(_, old, new)| old != new).collect()
}
