//! Answers to questions, read from one frozen view. Personal fields leave here masked or not at all.

use std::sync::Arc;

use domain::cards;
use domain::case::{CaseContent, CaseRow, Happening, Stage};
use domain::catalogue::{BasicCode, CataloguePin, FlowStep, installed};
use domain::clocks::clocks;
use domain::command::{TaskKind, licence_numbered};
use domain::concerns::{ConcernRow, ConcernTask, Saying, Urger, cards_of};
use domain::flow::{CaseStep, Progress};
use domain::ids::{CaseId, ConcernId, UnitId};
use domain::licence::LicenceNumber;
use domain::refusal::Refusal;
use domain::routing::{self, RouteQuestion};
use domain::sealed::Sealed;
use domain::store::{StoreFault, UnitRead};
use domain::stretch;
use domain::tables::{Audits, Cases, ConcernTasks, Concerns, Findings, RatingCounts, Rounds, Tasks, UnitMeta};
use domain::time::Timestamp;
use protocol::applicant::ApplicantFields;
use protocol::sealing::{Field, unwrap};
use uuid::Uuid;

use crate::catalogue;
use crate::handle::{AskFault, Unavailable};
use crate::identity::Tools;
use crate::question::{
    Answer, CaseFilter, CaseView, ClaimStanding, Complainant, ConcernView, FindingView, FindingsView, FoundMatter,
    MaskedApplicant, OpinionView, Question, StepView,
};
use crate::request::{CaseName, Code, RequestFault};
use crate::stamp::{StampFault, calendar, case_id, meta};

/// The longest list that one answer gives.
const MOST_LISTED: usize = 200;
/// Rows looked at for one page at the most: a filter that fits nothing must not read a million cases.
const MOST_LOOKED_AT: usize = 10_000;

/// Answers one question.
pub fn answer(question: &Question, rows: &impl UnitRead, tools: &Tools<'_>) -> Result<Answer, AskFault> {
    let looked = Look { rows, tools, meta: meta(rows).map_err(|fault| asked(fault, tools))? };
    looked.answer(question).map_err(|fault| asked(fault, tools))
}

/// Does a step of what a question needs before it can be answered at once. Whoever asks does all steps, and lets others run between
/// them; [`answer`] does what is left.
///
/// # Errors
/// As [`answer`]'s.
pub fn prepare(question: &Question, rows: &impl UnitRead, tools: &Tools<'_>) -> Result<Prepared, AskFault> {
    let Question::Matters { .. } = question else { return Ok(Prepared::Whole) };
    let looked = Look { rows, tools, meta: meta(rows).map_err(|fault| asked(fault, tools))? };
    // Without a catalogue the answer is a refusal.
    let Ok(pin) = looked.in_force() else { return Ok(Prepared::Whole) };
    let index = tools.indexes.step(rows, pin).map_err(|fault| asked(fault.into(), tools))?;
    Ok(if index.is_some() { Prepared::Whole } else { Prepared::InPart })
}

/// How far the preparation of an answer has got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prepared {
    /// Nothing is left to do.
    Whole,
    /// There is more.
    InPart,
}

fn asked(fault: StampFault, tools: &Tools<'_>) -> AskFault {
    match fault {
        StampFault::Invalid(fault) => AskFault::Invalid(fault),
        StampFault::Refused(refusal) => AskFault::Refused(refusal),
        StampFault::Store(fault) => {
            AskFault::Unavailable(Unavailable::Stopped { unit: tools.identity.unit, why: fault.to_string() })
        }
    }
}

struct Look<'a, R> {
    rows: &'a R,
    tools: &'a Tools<'a>,
    meta: UnitMeta,
}

impl<R: UnitRead> Look<'_, R> {
    fn answer(&self, question: &Question) -> Result<Answer, StampFault> {
        match question {
            Question::Case { case } => Ok(Answer::Case(Box::new(self.case(*case)?))),
            Question::Cases(filter) => self.cases(filter),
            Question::Matters { words, limit } => self.matters(words, *limit),
            Question::Matter { code } => self.matter(code),
            Question::Route { matter, place } => self.route(matter, *place),
            Question::Audit { case } => self.audit(*case),
            Question::Findings { limit, after } => self.findings(*limit, *after),
            Question::Licence { number } => self.licence(number),
            Question::VoidActs { case } => self.void_acts(*case),
            Question::Concerns { case } => self.concerns(*case),
            Question::Steps { case } => self.steps(*case),
            Question::Opinions { case } => self.opinions(*case),
            Question::ConcernTasks { task, limit } => self.concern_tasks(*task, *limit),
            Question::Proposals { limit: most, before } => {
                Ok(Answer::Proposals(catalogue::proposals(self.rows, *before, limit(*most)?)?))
            }
            Question::Proposal { proposal } => {
                Ok(Answer::Proposal(Box::new(catalogue::proposal(self.rows, *proposal)?)))
            }
            Question::StillToExtend => {
                let (version, on) = (self.in_force()?.number, self.now().date());
                let open = catalogue::still_to_extend(self.rows, (&self.meta, self.tools), version, on)?;
                Ok(Answer::StillToExtend { open, version, on })
            }
            Question::Bearer { token } => {
                let bearer = crate::accounts::bearer(*token, self.now(), self.rows, self.tools)?;
                Ok(Answer::Bearer(bearer.map(Box::new)))
            }
            Question::Accounts => Ok(Answer::Accounts(crate::accounts::accounts(self.rows, self.tools)?)),
            Question::Account { account } => {
                let view = crate::accounts::account(account, self.now(), self.rows, self.tools)?;
                Ok(Answer::Account(Box::new(view)))
            }
            Question::Ratings => {
                Ok(Answer::Ratings(self.rows.scan::<RatingCounts>(String::new()..=char::MAX.to_string(), usize::MAX)?))
            }
        }
    }

    /// The catalogue version that holds now.
    fn in_force(&self) -> Result<CataloguePin, StampFault> {
        let pin = installed::in_force(self.rows, &self.meta, self.now().date())?;
        Ok(pin.ok_or(Refusal::NoCatalogue)?)
    }

    fn case(&self, name: CaseName) -> Result<CaseView, StampFault> {
        let case = case_id(name, self.rows)?;
        let row = self.rows.get::<Cases>(&case)?.ok_or(Refusal::CaseUnknown { case })?;
        self.view(case, row)
    }

    fn view(&self, id: CaseId, row: CaseRow) -> Result<CaseView, StampFault> {
        let timeline = row.timeline();
        let stage = row.content.as_ref().and(row.stage());
        let clocks = match &row.content {
            Some(content) => {
                let calendar = calendar(self.rows, content.pin)?;
                Some(clocks(content, &calendar, self.meta.now))
            }
            None => None,
        };
        // Of a decided case whoever decided it tells, and whoever has it.
        let accepted_here = |content: &CaseContent| {
            content.acceptance.as_ref().is_some_and(|acceptance| acceptance.authority.unit == self.meta.unit)
        };
        let standing = match &row.content {
            Some(content) if row.custody.may_act() || accepted_here(content) => {
                cards::of_case(self.rows, content, self.now())?
            }
            _ => None,
        };
        Ok(CaseView {
            standing,
            id,
            number: row.content.as_ref().map(|content| content.number),
            unit: self.meta.unit,
            role: row.custody.role,
            attempt: row.custody.attempt,
            stage,
            waiting: self.waiting(id)?,
            claim: ClaimStanding::of(&timeline),
            applicant: self.applicant(id, &row),
            content: row.content,
            timeline,
            clocks,
            generation: self.meta.generation,
            changed: row.changed,
            as_of: self.meta.now,
        })
    }

    /// By the machine's clock: a unit to which nothing happens logs no time. By the log where that clock is in doubt.
    fn now(&self) -> Timestamp {
        match self.tools.clock_doubt {
            None => self.meta.now.max(self.tools.now),
            Some(_) => self.meta.now,
        }
    }

    fn waiting(&self, case: CaseId) -> Result<Option<TaskKind>, StoreFault> {
        for kind in TaskKind::ALL {
            if self.rows.get::<Tasks>(&(kind, case))?.is_some() {
                return Ok(Some(kind));
            }
        }
        Ok(None)
    }

    /// The applicant, masked; nobody where the key is not here or does not open.
    fn applicant(&self, id: CaseId, row: &CaseRow) -> Option<MaskedApplicant> {
        let (content, key) = (row.content.as_ref()?, row.key.as_ref()?);
        let key = unwrap(key, id, self.meta.unit, &self.tools.keys.sealing, self.tools.crypto).ok()?;
        let fields = ApplicantFields::open(&content.applicant_fields, id, &key).ok()?;
        Some(MaskedApplicant { name: masked(&fields.name, 1, 0), identifier: masked(&fields.identifier, 4, 4) })
    }

    /// A page of cases, oldest first: names order by age.
    fn cases(&self, filter: &CaseFilter) -> Result<Answer, StampFault> {
        let limit = limit(filter.limit)?;
        let mut from = filter.after.map_or(CaseId(Uuid::nil()), |after| CaseId(successor(after.0)));
        let mut cases = Vec::new();
        let mut looked_at = 0;
        loop {
            let ids = self.page(filter.waiting, from)?;
            let full = ids.len() == MOST_LISTED;
            for id in ids {
                looked_at += 1;
                from = CaseId(successor(id.0));
                let Some(row) = self.rows.get::<Cases>(&id)? else { continue };
                let view = self.view(id, row)?;
                if filter.stage.is_none_or(|stage| view.stage == Some(stage)) {
                    cases.push(view);
                }
                if cases.len() == limit || looked_at == MOST_LOOKED_AT {
                    return Ok(Answer::Cases { cases, next: Some(id) });
                }
            }
            if !full {
                return Ok(Answer::Cases { cases, next: None });
            }
        }
    }

    fn page(&self, waiting: Option<TaskKind>, from: CaseId) -> Result<Vec<CaseId>, StoreFault> {
        let last = CaseId(Uuid::max());
        Ok(match waiting {
            Some(kind) => {
                let tasks = self.rows.scan::<Tasks>((kind, from)..=(kind, last), MOST_LISTED)?;
                tasks.into_iter().map(|((_, case), _)| case).collect()
            }
            None => self.rows.scan::<Cases>(from..=last, MOST_LISTED)?.into_iter().map(|(case, _)| case).collect(),
        })
    }

    fn matters(&self, words: &str, most: usize) -> Result<Answer, StampFault> {
        let most = limit(most)?;
        let pin = self.in_force()?;
        let index = self.tools.indexes.whole(self.rows, pin)?;
        let mut matters = Vec::new();
        for hit in index.find(words, self.now().date(), most) {
            let matter = installed::matter_once(self.rows, pin.number, &hit.code)?;
            matters.extend(matter.map(|matter| FoundMatter { matter, found_by: hit.found_by }));
        }
        Ok(Answer::Matters { matters, version: pin.number })
    }

    fn matter(&self, code: &str) -> Result<Answer, StampFault> {
        let pin = self.in_force()?;
        let parsed = matter_code(code)?;
        let matter = crate::stamp::matter(self.rows, pin, &parsed)?;
        let entries = installed::entries(self.rows, pin.number, &parsed)?;
        let offered = matter.guide.planned.hold_on(self.now().date());
        let (matter, entries) = (Box::new(Arc::unwrap_or_clone(matter)), entries.into_iter().map(Arc::unwrap_or_clone));
        Ok(Answer::Matter { matter, entries: entries.collect(), offered, version: pin.number })
    }

    fn route(&self, matter: &str, place: UnitId) -> Result<Answer, StampFault> {
        let pin = self.in_force()?;
        let code = matter_code(matter)?;
        crate::stamp::matter(self.rows, pin, &code)?;
        if self.tools.divisions.get(place).is_none() {
            let what = format!("{place} is not a division of this region");
            return Err(RequestFault { code: Code::Division, field: "place".to_owned(), what }.into());
        }
        let here = self.meta.unit;
        let question = RouteQuestion {
            here,
            version: pin.number,
            day: self.now().date(),
            matter: &code,
            place,
            chosen: None,
            bound: false,
            passed_over: &[],
            reviewed: vec![],
        };
        Ok(Answer::Route(Box::new(routing::route(self.rows, &question)?)))
    }

    fn audit(&self, name: CaseName) -> Result<Answer, StampFault> {
        let case = case_id(name, self.rows)?;
        let row = self.rows.get::<Cases>(&case)?.ok_or(Refusal::CaseUnknown { case })?;
        // The timeline names the commands of this unit that changed the case; their audit rows are read one by one.
        let own = row.timeline().into_iter().filter(|entry| entry.unit == self.meta.unit);
        let mut audits = Vec::new();
        for sequence in own.map(|entry| entry.sequence) {
            if let Some(audit) = self.rows.get::<Audits>(&sequence)? {
                audits.push((sequence, audit));
            }
        }
        Ok(Answer::Audit(audits))
    }

    /// A page of what was found, oldest case first.
    fn findings(&self, most: usize, after: Option<CaseId>) -> Result<Answer, StampFault> {
        let most = limit(most)?;
        let from = after.map_or(CaseId(Uuid::nil()), |after| CaseId(successor(after.0)));
        let found = self.rows.scan::<Findings>(from..=CaseId(Uuid::max()), most)?;
        let next = found.last().map(|(case, _)| *case).filter(|_| found.len() == most);
        let mut findings = Vec::new();
        for (case, found) in found {
            let row = self.rows.get::<Cases>(&case)?;
            let number = row.and_then(|row| row.content).map(|content| content.number);
            findings.push(FindingView { case, number, found });
        }
        let round = self.rows.get::<Rounds>(&())?;
        Ok(Answer::Findings(Box::new(FindingsView { generation: self.meta.generation, round, findings, next })))
    }

    fn licence(&self, number: &LicenceNumber) -> Result<Answer, StampFault> {
        match licence_numbered(self.rows, number)? {
            Some((_, licence)) => Ok(Answer::Licence(Box::new(licence))),
            None => Err(Refusal::LicenceUnknown { licence: number.clone() }.into()),
        }
    }

    fn void_acts(&self, name: CaseName) -> Result<Answer, StampFault> {
        let case = case_id(name, self.rows)?;
        let row = self.rows.get::<Cases>(&case)?.ok_or(Refusal::CaseUnknown { case })?;
        Ok(Answer::VoidActs(row.void_acts()))
    }
}

/// What people said, and what is owed to them.
impl<R: UnitRead> Look<'_, R> {
    fn concerns(&self, name: CaseName) -> Result<Answer, StampFault> {
        let case = case_id(name, self.rows)?;
        let row = self.rows.get::<Cases>(&case)?.ok_or(Refusal::CaseUnknown { case })?;
        let said = crate::concerning::of_case(self.rows, case)?;
        let views = said.into_iter().map(|said| self.concern(said, Some(&row))).collect::<Result<_, StampFault>>()?;
        Ok(Answer::Concerns(views))
    }

    fn concern_tasks(&self, task: Option<ConcernTask>, most: usize) -> Result<Answer, StampFault> {
        let most = limit(most)?;
        let end = |day: Timestamp, id: Uuid| (day.date(), (CaseId(id), ConcernId(id)));
        let mut views = Vec::new();
        for task in ConcernTask::ALL.into_iter().filter(|of| task.is_none_or(|task| task == *of)) {
            let (first, last) = (end(Timestamp(i64::MIN), Uuid::nil()), end(Timestamp(i64::MAX), Uuid::max()));
            let range = (task, first.0, first.1)..=(task, last.0, last.1);
            for ((_, _, key), _) in self.rows.scan::<ConcernTasks>(range, most)? {
                let Some(said) = self.rows.get::<Concerns>(&key)? else { continue };
                let row = self.rows.get::<Cases>(&key.0)?;
                views.push(self.concern(said, row.as_ref())?);
            }
        }
        Ok(Answer::Concerns(views))
    }

    fn concern(&self, row: ConcernRow, case: Option<&CaseRow>) -> Result<ConcernView, StampFault> {
        let id = row.concern.case;
        let key = case.and_then(|case| crate::concerning::data_key(id, case, self.tools));
        let open = |field, sealed: &Sealed| key.as_ref().and_then(|key| key.open(id, field, sealed).ok());
        let text = |field, sealed: &Sealed| open(field, sealed).and_then(|text| String::from_utf8(text.to_vec()).ok());
        let (words, complainant) = match &row.concern.saying {
            Saying::Rating { remark, .. } => (remark.as_ref().and_then(|sealed| text(Field::Remark, sealed)), None),
            Saying::Urging(Urger::Applicant { words, .. }) => {
                (words.as_ref().and_then(|sealed| text(Field::Remark, sealed)), None)
            }
            Saying::Urging(Urger::Inspector { .. }) => (None, None),
            Saying::Complaint { complainant, text: said, .. } => {
                let fields = open(Field::Complainant, complainant);
                let fields = fields.and_then(|fields| protocol::record::read::<ApplicantFields>(&fields).ok());
                (text(Field::Complaint, said), fields.filter(|_| row.with == self.meta.unit))
            }
        };
        let complainant = complainant.map(|fields| Complainant {
            masked: MaskedApplicant { name: masked(&fields.name, 1, 0), identifier: masked(&fields.identifier, 4, 4) },
            telephone: fields.telephone.clone(),
        });
        let certain_until = stretch::open(self.rows)?.map(|open| open.certain_until);
        let known = cards::KnownTime { now: self.now(), certain_until };
        let cards = cards_of(self.rows, &self.meta, &row, known)?;
        Ok(ConcernView { row, words, complainant, cards })
    }
}

impl<R: UnitRead> Look<'_, R> {
    /// None before acceptance, where the matter lists none, and where the case's matter is not known here.
    fn steps(&self, name: CaseName) -> Result<Answer, StampFault> {
        let case = case_id(name, self.rows)?;
        let row = self.rows.get::<Cases>(&case)?.ok_or(Refusal::CaseUnknown { case })?;
        let story = row.timeline();
        let Some(mut content) = row.content else { return Ok(Answer::Steps(vec![])) };
        let matter = crate::stamp::matter(self.rows, content.pin, &content.matter)?;
        // What the owner elsewhere has told counts too.
        content.timeline = story;
        let begun = content.timeline.iter().rev().find(|line| line.what.stage() == Some(Stage::Accepted));
        let Some(unit) = begun.map(|line| line.unit) else { return Ok(Answer::Steps(vec![])) };
        let entry = installed::entry(self.rows, content.pin.number, &content.matter, unit)?;
        if entry.as_ref().is_some_and(|entry| entry.reviews()) {
            return Ok(Answer::Steps(vec![]));
        }
        let post = |step: &FlowStep| {
            let posts = entry.iter().flat_map(|entry| &entry.particulars.posts);
            let mut own = posts.filter(|post| post.step == step.name && !post.post.is_empty());
            own.next_back().map_or_else(|| step.post.clone(), |post| post.post.clone())
        };
        let progress = Progress::of(&matter, &content);
        let views = progress.steps.into_iter().map(|CaseStep { step, state, hands }| StepView {
            step: step.clone(),
            post: post(step),
            state,
            hands: hands.into_iter().map(|hand| (hand.at, hand.by)).collect(),
        });
        Ok(Answer::Steps(views.collect()))
    }

    fn opinions(&self, name: CaseName) -> Result<Answer, StampFault> {
        let case = case_id(name, self.rows)?;
        let row = self.rows.get::<Cases>(&case)?.ok_or(Refusal::CaseUnknown { case })?;
        let key = crate::concerning::data_key(case, &row, self.tools);
        let read = |sealed: &mut Sealed| {
            let sealed = std::mem::replace(sealed, Sealed(vec![]));
            let open = key.as_ref().and_then(|key| key.open(case, Field::Opinion, &sealed).ok());
            open.and_then(|text| String::from_utf8(text.to_vec()).ok())
        };
        let views = row.timeline().into_iter().filter_map(|mut line| {
            let words = match &mut line.what {
                Happening::SentUp { opinion, .. } | Happening::StepDone { opinion, .. } => read(opinion),
                Happening::SteppedBack { reasons, .. } => read(reasons),
                Happening::HearingHeld { record } => read(record),
                _ => return None,
            };
            Some(OpinionView { line, words })
        });
        Ok(Answer::Opinions(views.collect()))
    }
}

fn limit(asked: usize) -> Result<usize, RequestFault> {
    if (1..=MOST_LISTED).contains(&asked) {
        return Ok(asked);
    }
    let what = format!("1 to {MOST_LISTED}; {asked} was given");
    Err(RequestFault { code: Code::Field, field: "limit".to_owned(), what })
}

fn matter_code(text: &str) -> Result<BasicCode, RequestFault> {
    text.parse().map_err(|fault: domain::text::Malformed| RequestFault {
        code: Code::Matter,
        field: "matter".to_owned(),
        what: fault.to_string(),
    })
}

fn successor(id: Uuid) -> Uuid {
    Uuid::from_u128(id.as_u128().saturating_add(1))
}

/// Keeps the first and last characters, stars between; a text that is too short for both keeps the first only.
fn masked(text: &str, first: usize, last: usize) -> String {
    let characters: Vec<char> = text.chars().collect();
    let last = if characters.len() > first + last { last } else { 0 };
    let hidden = characters.len().saturating_sub(first + last);
    let (head, tail) = (characters.iter().take(first), characters.iter().skip(characters.len() - last));
    head.copied().chain(std::iter::repeat_n('*', hidden)).chain(tail.copied()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_show_little() {
        assert_eq!(masked("王小明", 1, 0), "王**");
        assert_eq!(masked("11010519491231002X", 4, 4), "1101**********002X");
        assert_eq!(masked("12345678", 4, 4), "1234****");
        assert_eq!(masked("123", 1, 0), "1**");
        assert_eq!(masked("", 1, 0), "");
    }
}
