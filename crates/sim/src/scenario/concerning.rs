//! What people say of a case, and what officials do about it, as files say it. Who says it is the case's own applicant where a file names
//! nobody: the number is filled in when the step comes.

use domain::concerns::{ConcernKind, ConcernTask, FinishedStep, RatingLevel, Remedy};
use serde::Serialize;
use unit::{About, Applicant, Concerning, Private};

use super::Action;
use super::actions::{case_act, day, optional_text};
use super::fields::{Field, Fields, Reading};
use super::step_words::{BY, act};
use super::words::{Form, Key, StepWord, may, must, table_of, word_of};
use super::write::Row;

const REMEDIES: [Remedy; 2] = [Remedy::PutRight, Remedy::Explained];
pub(super) const KINDS: [ConcernKind; 3] = [ConcernKind::Rating, ConcernKind::Urging, ConcernKind::Complaint];
/// Nothing is owed.
pub(super) const NOTHING: &str = "nothing";

fn words_of<T: Serialize>(values: &[T]) -> Vec<String> {
    values.iter().map(word_of).collect()
}

fn steps() -> Vec<String> {
    words_of(&FinishedStep::ALL)
}

fn levels() -> Vec<String> {
    words_of(&RatingLevel::ALL)
}

fn remedies() -> Vec<String> {
    words_of(&REMEDIES)
}

pub(super) fn kinds() -> Vec<String> {
    words_of(&KINDS)
}

pub(super) fn tasks() -> Vec<String> {
    words_of(&ConcernTask::ALL).into_iter().chain([NOTHING.to_owned()]).collect()
}

/// What is owed, by its word.
pub(super) fn task_table() -> Vec<(String, Option<ConcernTask>)> {
    let nothing = [(NOTHING.to_owned(), None)];
    table_of(&ConcernTask::ALL).into_iter().map(|(word, task)| (word, Some(task))).chain(nothing).collect()
}

const PERSON: Key =
    may("person", Form::Text, "who says it, as applicants are named; the applicant where it is left out");

pub(super) const RATE: StepWord = act(
    ("rate-step", Form::Label),
    &[
        BY,
        must("step", Form::OneOf(steps), "the last finished step of that kind that is known there"),
        must("level", Form::OneOf(levels), "how satisfied"),
        may("remark", Form::Text, "in the person's words; sealed"),
        PERSON,
    ],
    "好差评: the person served rates a finished step, once, at any unit that knows the case. A bad one opens a rectification.",
    r#"{ at = "+1d", rate-step = "shop", by = "village", step = "decided", level = "dissatisfied" }"#,
    |reading, fields, value| {
        let step = reading.word("step", fields.get("step")?, &table_of(&FinishedStep::ALL));
        let level = reading.word("level", fields.get("level")?, &table_of(&RatingLevel::ALL));
        let remark = private(reading, fields, "remark");
        let identifier = private(reading, fields, "person");
        let read = step.zip(level).zip(remark).zip(identifier);
        let concerning = read.map(|(((step, level), remark), identifier)| Concerning::Rate {
            identifier,
            about: About::Step(step),
            level,
            remark,
        });
        said(reading, fields, value, concerning)
    },
);

pub(super) const URGE: StepWord = act(
    ("urge", Form::Label),
    &[BY, may("words", Form::Text, "in the person's words; sealed"), PERSON],
    "催办: the applicant asks for speed, at any unit that knows the case; it is answered where the case is.",
    r#"{ at = "+5d", urge = "shop", by = "village" }"#,
    |reading, fields, value| {
        let read = private(reading, fields, "words").zip(private(reading, fields, "person"));
        let concerning = read.map(|(words, identifier)| Concerning::Urge { identifier, words });
        said(reading, fields, value, concerning)
    },
);

pub(super) const ORDER: StepWord = act(
    ("order", Form::Label),
    &[
        BY,
        must("until", Form::Text, "the day by which the case is to be finished"),
        may("words", Form::Text, "the order; refused without"),
    ],
    "督办: an inspector orders a case to be finished by a day.",
    r#"{ at = "+5d", order = "shop", by = "county", until = "2026-03-10", words = "finish it this week" }"#,
    |reading, fields, value| {
        let until = day(reading, fields.get("until")?);
        let read = until.zip(optional_text(reading, fields, "words"));
        said(reading, fields, value, read.map(|(until, order)| Concerning::Order { until, order }))
    },
);

pub(super) const COMPLAIN: StepWord = act(
    ("complain", Form::Label),
    &[
        BY,
        may(
            "step",
            Form::OneOf(steps),
            "about the last finished step of that kind; the whole case where it is left out",
        ),
        may("text", Form::Text, "what is complained of; sealed; refused without"),
        PERSON,
    ],
    "投诉: somebody complains. Who it is stays sealed.",
    r#"{ at = "+1d", complain = "shop", by = "village", text = "nobody at the counter for two hours" }"#,
    |reading, fields, value| {
        let about = match fields.get("step") {
            Some(field) => {
                reading.word("step", field, &table_of(&FinishedStep::ALL)).map(|step| Some(About::Step(step)))
            }
            None => Some(None),
        };
        let read = about.zip(private(reading, fields, "text")).zip(optional_text(reading, fields, "person"));
        let concerning = read.map(|((about, text), person)| {
            let complainant = Applicant { name: person, identifier: String::new(), telephone: String::new() };
            Concerning::Complain { about, complainant, text }
        });
        said(reading, fields, value, concerning)
    },
);

pub(super) const CALL_BACK: StepWord = act(
    ("call-back", Form::Label),
    &[
        BY,
        may("reached", Form::Flag, "whether the person was reached; yes if left out"),
        may("attempts", Form::Count(0, 1_000), "in how many attempts; one if left out"),
        may("said", Form::Text, "what the person confirmed; refused without where the person was reached"),
    ],
    "回访: an inspector calls back who rated badly.",
    r#"{ at = "+1d", call-back = "shop", by = "county", said = "two hours of waiting" }"#,
    |reading, fields, value| {
        let attempts = match fields.get("attempts") {
            Some(field) => reading.count(field, 0..=1_000).and_then(|attempts| u16::try_from(attempts).ok()),
            None => Some(1),
        };
        let read = yes_unless(reading, fields, "reached").zip(attempts).zip(optional_text(reading, fields, "said"));
        let concerning =
            read.map(|((reached, attempts), said)| Concerning::CallBack { concern: None, reached, attempts, said });
        said(reading, fields, value, concerning)
    },
);

pub(super) const RECTIFY: StepWord = act(
    ("rectify", Form::Label),
    &[
        BY,
        may("remedy", Form::OneOf(remedies), "put right where it is left out"),
        may("what", Form::Text, "with what; refused without"),
    ],
    "整改: what was rated badly is put right or explained, once the person was called back.",
    r#"{ at = "+2d", rectify = "shop", by = "county", what = "a second counter" }"#,
    |reading, fields, value| {
        let remedy = match fields.get("remedy") {
            Some(field) => reading.word("remedy", field, &table_of(&REMEDIES)),
            None => Some(Remedy::PutRight),
        };
        let read = remedy.zip(optional_text(reading, fields, "what"));
        let concerning = read.map(|(remedy, what)| Concerning::Rectify { concern: None, remedy, what });
        said(reading, fields, value, concerning)
    },
);

pub(super) const EXCLUDE_RATING: StepWord = act(
    ("exclude-rating", Form::Label),
    &[BY, may("reasons", Form::Text, "what shows that it is malicious; refused without")],
    "An inspector finds a bad rating malicious: it counts no more.",
    r#"{ at = "+2d", exclude-rating = "shop", by = "county", reasons = "a competitor" }"#,
    |reading, fields, value| {
        let reasons = optional_text(reading, fields, "reasons");
        said(reading, fields, value, reasons.map(|reasons| Concerning::Exclude { concern: None, reasons }))
    },
);

pub(super) const ANSWER_URGING: StepWord = act(
    ("answer-urging", Form::Label),
    &[BY, may("reply", Form::Text, "refused without")],
    "An urging is answered with a sentence.",
    r#"{ at = "+1d", answer-urging = "shop", by = "county", reply = "it is decided this week" }"#,
    |reading, fields, value| {
        let answer = optional_text(reading, fields, "reply");
        said(reading, fields, value, answer.map(|answer| Concerning::AnswerUrging { concern: None, answer }))
    },
);

pub(super) const JUDGE_COMPLAINT: StepWord = act(
    ("judge-complaint", Form::Label),
    &[
        BY,
        may("accepted", Form::Flag, "yes if left out"),
        may("reasons", Form::Text, "why not; refused without where it is not accepted"),
    ],
    "投诉受理: an inspector accepts a complaint, or not.",
    r#"{ at = "+1d", judge-complaint = "shop", by = "county" }"#,
    |reading, fields, value| {
        let read = yes_unless(reading, fields, "accepted").zip(optional_text(reading, fields, "reasons"));
        let concerning =
            read.map(|(accepted, reasons)| Concerning::JudgeComplaint { concern: None, accepted, reasons });
        said(reading, fields, value, concerning)
    },
);

pub(super) const HANDLE_COMPLAINT: StepWord = act(
    ("handle-complaint", Form::Label),
    &[BY, may("what", Form::Text, "what was found and done; refused without")],
    "An inspector looks into a complaint that was accepted.",
    r#"{ at = "+3d", handle-complaint = "shop", by = "county", what = "the counter was closed" }"#,
    |reading, fields, value| {
        let what = optional_text(reading, fields, "what");
        said(reading, fields, value, what.map(|what| Concerning::HandleComplaint { concern: None, what }))
    },
);

pub(super) const ANSWER_COMPLAINT: StepWord = act(
    ("answer-complaint", Form::Label),
    &[
        BY,
        may("upheld", Form::Flag, "whether it was justified; yes if left out"),
        may("reply", Form::Text, "refused without"),
    ],
    "投诉答复: a complaint that was looked into is answered.",
    r#"{ at = "+4d", answer-complaint = "shop", by = "county", reply = "you were right" }"#,
    |reading, fields, value| {
        let read = yes_unless(reading, fields, "upheld").zip(optional_text(reading, fields, "reply"));
        let concerning = read.map(|(upheld, answer)| Concerning::AnswerComplaint { concern: None, upheld, answer });
        said(reading, fields, value, concerning)
    },
);

fn yes_unless(reading: &mut Reading<'_>, fields: &Fields<'_>, key: &str) -> Option<bool> {
    match fields.get(key) {
        Some(field) => reading.flag(field),
        None => Some(true),
    }
}

fn private(reading: &mut Reading<'_>, fields: &Fields<'_>, key: &str) -> Option<Private> {
    optional_text(reading, fields, key).map(Private)
}

fn said(
    reading: &mut Reading<'_>,
    fields: &Fields<'_>,
    value: Field<'_>,
    concerning: Option<Concerning>,
) -> Option<Action> {
    // Read even where the rest is at fault, so that one look shows all faults of the line.
    let given = concerning.clone().unwrap_or(Concerning::AnswerUrging { concern: None, answer: String::new() });
    let action = case_act(reading, fields, value, |case, by| Action::Concern { case, by, concerning: given });
    concerning.and(action)
}

/// The word of a step: `rate` alone is how fast a link is.
pub(super) fn word(concerning: &Concerning) -> &'static str {
    match concerning {
        Concerning::Rate { .. } => "rate-step",
        other => other.name(),
    }
}

/// The keys beside case and unit, as files write them.
pub(super) fn write(row: &mut Row, concerning: &Concerning) {
    let text = |row: &mut Row, key: &'static str, value: &str| {
        if !value.is_empty() {
            row.text(key, value);
        }
    };
    let unless_yes = |row: &mut Row, key: &'static str, value: bool| {
        if !value {
            row.raw(key, false);
        }
    };
    let about = |row: &mut Row, about: &About| {
        // Files name steps alone.
        if let About::Step(step) = about {
            row.text("step", &word_of(step));
        }
    };
    match concerning {
        Concerning::Rate { identifier, about: of, level, remark } => {
            about(row, of);
            row.text("level", &word_of(level));
            text(row, "remark", &remark.0);
            text(row, "person", &identifier.0);
        }
        Concerning::Urge { identifier, words } => {
            text(row, "words", &words.0);
            text(row, "person", &identifier.0);
        }
        Concerning::Order { until, order } => {
            row.text("until", &until.to_string());
            text(row, "words", order);
        }
        Concerning::Complain { about: of, complainant, text: said } => {
            if let Some(of) = of {
                about(row, of);
            }
            text(row, "text", &said.0);
            text(row, "person", &complainant.name);
        }
        Concerning::CallBack { reached, attempts, said, .. } => {
            unless_yes(row, "reached", *reached);
            if *attempts != 1 {
                row.raw("attempts", attempts);
            }
            text(row, "said", said);
        }
        Concerning::Rectify { remedy, what, .. } => {
            row.text("remedy", &word_of(remedy));
            text(row, "what", what);
        }
        Concerning::Exclude { reasons, .. } => text(row, "reasons", reasons),
        Concerning::AnswerUrging { answer, .. } => text(row, "reply", answer),
        Concerning::JudgeComplaint { accepted, reasons, .. } => {
            unless_yes(row, "accepted", *accepted);
            text(row, "reasons", reasons);
        }
        Concerning::HandleComplaint { what, .. } => text(row, "what", what),
        Concerning::AnswerComplaint { upheld, answer, .. } => {
            unless_yes(row, "upheld", *upheld);
            text(row, "reply", answer);
        }
    }
}
