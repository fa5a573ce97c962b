//! What people say of a case, on its page: what was said and answered, and the forms for whoever may say or answer something.

use domain::concerns::{
    ConcernEvent, ConcernKind, ConcernStep, ConcernTask, FinishedStep, RatingLevel, Remedy, Saying, StoryLine, Urger,
};
use domain::ids::Sequence;
use unit::{About, Applicant, CaseView, ConcernView, Concerning, Private, Question};

use crate::api::concerns::{Sight, ask};
use crate::extract::FormFields;
use crate::language::Language;
use crate::person::Deed;
use crate::places::Places;
use crate::problem::Problem;

use super::frame::Page;
use super::words;

/// All of it.
#[derive(Default)]
pub(crate) struct Concerns {
    /// A sentence each, with what came of it.
    pub(crate) lines: Vec<ConcernLine>,
    /// Finished steps that can be rated or complained of: value and sentence.
    pub(crate) steps: Vec<(String, String)>,
    /// Whoever acts may rate, urge and complain.
    pub(crate) say: bool,
    /// The case is not decided: it can be urged.
    pub(crate) urge: bool,
    /// An inspector may order it to be finished.
    pub(crate) order: bool,
    pub(crate) call_back: bool,
    pub(crate) exclude: bool,
    pub(crate) rectify: bool,
    pub(crate) answer_urging: bool,
    pub(crate) judge: bool,
    pub(crate) handle: bool,
    pub(crate) answer_complaint: bool,
}

/// One thing that was said.
pub(crate) struct ConcernLine {
    pub(crate) at: String,
    pub(crate) unit: String,
    pub(crate) what: String,
    pub(crate) words: Option<String>,
    pub(crate) waits: Option<String>,
    pub(crate) events: Vec<String>,
    pub(crate) cards: Vec<String>,
}

impl Concerns {
    /// Whether anything can be said or done.
    pub(crate) fn any(&self) -> bool {
        self.say || self.order || self.reviews() || self.rectify || self.answer_urging
    }

    fn reviews(&self) -> bool {
        self.call_back || self.exclude || self.judge || self.handle || self.answer_complaint
    }
}

pub(crate) const LEVELS: [(&str, &str); 5] = [
    ("very_satisfied", "level-very-satisfied"),
    ("satisfied", "level-satisfied"),
    ("fairly_satisfied", "level-fairly-satisfied"),
    ("dissatisfied", "level-dissatisfied"),
    ("very_dissatisfied", "level-very-dissatisfied"),
];

fn level_key(level: RatingLevel) -> &'static str {
    LEVELS[level as usize].1
}

fn step_key(step: FinishedStep) -> &'static str {
    match step {
        FinishedStep::Received => "step-received",
        FinishedStep::GapsTold => "step-gaps-told",
        FinishedStep::PassedOn => "step-passed-on",
        FinishedStep::Accepted => "step-accepted",
        FinishedStep::NotAccepted => "step-not-accepted",
        FinishedStep::Decided => "step-decided",
        FinishedStep::Delivered => "step-delivered",
    }
}

fn task_key(task: ConcernTask) -> &'static str {
    match task {
        ConcernTask::CallBack => "concern-waits-call-back",
        ConcernTask::Rectify => "concern-waits-rectify",
        ConcernTask::AnswerUrging => "concern-waits-answer-urging",
        ConcernTask::JudgeComplaint => "concern-waits-judge",
        ConcernTask::HandleComplaint => "concern-waits-handle",
        ConcernTask::AnswerComplaint => "concern-waits-answer-complaint",
    }
}

/// What was said of a case, and what whoever acts can say or do. A help: where it cannot be had the case is shown without.
pub(crate) async fn concerns(page: &Page, places: &Places, view: &CaseView) -> Concerns {
    let language = page.language();
    let said = ask(&page.served, Question::Concerns { case: unit::CaseName::Id(view.id) }).await.unwrap_or_default();
    let may = |deed| page.caller.may(deed, page.served.unit());
    let (review, put_right) = (may(Deed::Review), may(Deed::PutRight));
    let owed = |task| said.iter().any(|view| view.row.due().is_some_and(|(owed, _)| owed == task));
    let open = view.stage.is_some_and(|stage| !stage.is_decided() && !stage.is_final()) && view.content.is_some();
    let sight = Sight::of(&page.caller, &page.served);
    let steps = view.timeline.iter().filter_map(|entry| FinishedStep::of(&entry.what).map(|step| (entry, step)));
    let steps = steps.map(|(entry, step)| {
        let told = [("step", language.say(step_key(step))), ("unit", places.name(entry.unit))];
        (format!("{}-{}", entry.unit, entry.sequence.0), language.tell("concern-step", told))
    });
    Concerns {
        steps: steps.collect(),
        say: may(Deed::Say) && view.content.is_some(),
        urge: open,
        order: may(Deed::Order) && open,
        call_back: review && owed(ConcernTask::CallBack),
        exclude: review && (owed(ConcernTask::CallBack) || owed(ConcernTask::Rectify)),
        rectify: put_right && owed(ConcernTask::Rectify),
        answer_urging: put_right && owed(ConcernTask::AnswerUrging),
        judge: review && owed(ConcernTask::JudgeComplaint),
        handle: review && owed(ConcernTask::HandleComplaint),
        answer_complaint: review && owed(ConcernTask::AnswerComplaint),
        lines: said.iter().map(|view| line(language, places, view, sight)).collect(),
    }
}

fn line(language: Language, places: &Places, view: &ConcernView, sight: Sight) -> ConcernLine {
    let row = &view.row;
    let what = match &row.concern.saying {
        Saying::Rating { step, line, level, .. } => {
            let told = [
                ("step", language.say(step_key(*step))),
                ("unit", places.name(line.unit)),
                ("level", language.say(level_key(*level))),
            ];
            language.tell(if sight.answers { "concern-rating-level" } else { "concern-rating" }, told)
        }
        Saying::Urging(Urger::Applicant { .. }) => language.say("concern-urging"),
        Saying::Urging(Urger::Inspector { until, order }) => {
            language.tell("concern-order", [("until", until.to_string()), ("order", order.clone())])
        }
        Saying::Complaint { .. } => language.say("concern-complaint"),
    };
    let waits = row.waits_for().map(|task| {
        let due = row.due().map(|(_, day)| language.tell("concern-due", [("day", day.to_string())]));
        let told = [("task", language.say(task_key(task))), ("unit", places.name(row.with))];
        format!("{}{}", language.tell("concern-waits", told), due.unwrap_or_default())
    });
    let complainant =
        view.complainant.as_ref().filter(|_| sight.reviews && row.concern.kind() == ConcernKind::Complaint);
    let who = complainant.map(|of| {
        language.tell("concern-complainant", [("name", of.masked.name.clone()), ("telephone", of.telephone.clone())])
    });
    let said = sight.words(view).into_iter().chain(who).collect::<Vec<_>>().join(" · ");
    ConcernLine {
        at: row.concern.at.to_string(),
        unit: places.name(row.concern.given_at),
        what,
        words: Some(said).filter(|said| !said.is_empty()),
        waits,
        events: row.events.iter().map(|event| told(language, places, event)).collect(),
        cards: match sight.staff {
            true => view.cards.iter().map(|card| words::card(language, places, card)).collect(),
            false => vec![],
        },
    }
}

fn told(language: Language, places: &Places, event: &ConcernEvent) -> String {
    let say = |key: &str, words: &str| language.tell(key, [("words", words.to_owned())]);
    let sentence = match &event.what {
        ConcernStep::NotCounted => language.say("concern-not-counted"),
        ConcernStep::CalledBack { reached: true, said, .. } => say("concern-called-back", said),
        ConcernStep::CalledBack { attempts, .. } => {
            language.tell("concern-not-reached", [("attempts", attempts.to_string())])
        }
        ConcernStep::Rectified { remedy: Remedy::PutRight, what } => say("concern-rectified", what),
        ConcernStep::Rectified { remedy: Remedy::Explained, what } => say("concern-explained", what),
        ConcernStep::Excluded { reasons } => say("concern-excluded", reasons),
        ConcernStep::Answered { answer } => say("concern-answered", answer),
        ConcernStep::Over => language.say("concern-over"),
        ConcernStep::WentOn { to } => language.tell("concern-went-on", [("unit", places.name(*to))]),
        ConcernStep::ComplaintAccepted => language.say("concern-complaint-accepted"),
        ConcernStep::ComplaintRefused { reasons } => say("concern-complaint-refused", reasons),
        ConcernStep::ComplaintHandled { what } => say("concern-complaint-handled", what),
        ConcernStep::ComplaintAnswered { upheld: true, answer } => say("concern-complaint-upheld", answer),
        ConcernStep::ComplaintAnswered { upheld: false, answer } => say("concern-complaint-not-upheld", answer),
    };
    format!("{} · {} · {sentence}", event.at, places.name(event.unit))
}

/// What a form of the page asks for; `None` where it is none of these.
pub(crate) fn asked(act: &str, fields: &FormFields) -> Result<Option<(Deed, Concerning)>, Problem> {
    let text = |name: &str| fields.get(name).trim().to_owned();
    let private = |name: &str| Private(text(name));
    let yes = |name: &str| fields.get(name) == "yes";
    let about = || match fields.get("about") {
        "" => Ok(None),
        value => about_of(value).map(Some).ok_or_else(|| Problem::of("request.field").field("about")),
    };
    let missing = |name: &'static str| move || Problem::of("request.field").field(name);
    let concern = None;
    Ok(Some(match act {
        "rate" => {
            let level = LEVELS.iter().position(|(value, _)| *value == fields.get("level"));
            let level = RatingLevel::ALL[level.ok_or_else(missing("level"))?];
            let about = about()?.ok_or_else(missing("about"))?;
            let (identifier, remark) = (private("identifier"), private("remark"));
            (Deed::Say, Concerning::Rate { identifier, about, level, remark })
        }
        "urge" => (Deed::Say, Concerning::Urge { identifier: private("identifier"), words: private("words") }),
        "order" => {
            let until = fields.get("until").trim().parse().map_err(|_| Problem::of("request.field").field("until"))?;
            (Deed::Order, Concerning::Order { until, order: text("order") })
        }
        "complain" => {
            let (name, identifier, telephone) = (text("name"), text("identifier"), text("telephone"));
            let complainant = Applicant { name, identifier, telephone };
            (Deed::Say, Concerning::Complain { about: about()?, complainant, text: private("text") })
        }
        "call-back" => {
            let attempts = fields.get("attempts").trim().parse().map_err(|_| missing("attempts")())?;
            (Deed::Review, Concerning::CallBack { concern, reached: yes("reached"), attempts, said: text("said") })
        }
        "rectify" => {
            let remedy = if yes("explained") { Remedy::Explained } else { Remedy::PutRight };
            (Deed::PutRight, Concerning::Rectify { concern, remedy, what: text("what") })
        }
        "exclude-rating" => (Deed::Review, Concerning::Exclude { concern, reasons: text("reasons") }),
        "answer-urging" => (Deed::PutRight, Concerning::AnswerUrging { concern, answer: text("answer") }),
        "judge-complaint" => {
            let (accepted, reasons) = (yes("accepted"), text("reasons"));
            (Deed::Review, Concerning::JudgeComplaint { concern, accepted, reasons })
        }
        "handle-complaint" => (Deed::Review, Concerning::HandleComplaint { concern, what: text("what") }),
        "answer-complaint" => {
            (Deed::Review, Concerning::AnswerComplaint { concern, upheld: yes("upheld"), answer: text("answer") })
        }
        _ => return Ok(None),
    }))
}

fn about_of(value: &str) -> Option<About> {
    let (unit, sequence) = value.split_once('-')?;
    Some(About::Line(StoryLine { unit: unit.parse().ok()?, sequence: Sequence(sequence.parse().ok()?) }))
}
