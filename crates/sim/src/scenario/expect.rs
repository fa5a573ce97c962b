//! The expectations of a file.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::time::Timestamp;

use super::fault::Problem;
use super::fields::{Field, Fields, Reading};
use super::time::{cut, parse_when};
use super::words::{
    CARDS, EXPECT_KEYS, ExpectWord, Form, ROLES, STAGES, card_words, may, role_words, stage_words, table_of,
};
use super::{Expectation, Expected, concerning};

/// Everything that can be expected, in the order of the reference page.
pub const EXPECT_WORDS: &[ExpectWord] = &[
    ExpectWord {
        word: "case",
        form: Form::Label,
        keys: &[
            may("owner", Form::Unit, "the unit that owns it"),
            may("stage", Form::OneOf(stage_words), "how far it has got, as its owner (or `seen-from`) knows"),
            may("seen-from", Form::Unit, "whose view is meant; the owner's where it is left out"),
            may("role", Form::OneOf(role_words), "what the unit of `seen-from` is to it"),
            may("passed-over", Form::Unit, "a unit that was offered the case and did not take it"),
            may("card", Form::OneOf(card_words), "the most serious certain card of its authority, or `none`"),
        ],
        meaning: "How a case stands. Every part that is named must hold.",
        example: r#"{ within = "2m", case = "shop", owner = "county", stage = "received" }"#,
    },
    ExpectWord {
        word: "concern",
        form: Form::Label,
        keys: &[
            may("seen-from", Form::Unit, "whose view is meant; needed"),
            may("kind", Form::OneOf(concerning::kinds), "the newest of which kind; needed"),
            may("number", Form::Count(0, 1_000), "how many of that kind the unit knows; of ratings those that count"),
            may("waits", Form::OneOf(concerning::tasks), "what is owed, or `nothing`"),
            may("card", Form::OneOf(card_words), "the most serious certain card of who answers, or `none`"),
        ],
        meaning: "How what was said of a case stands at a unit. Every part that is named must hold.",
        example: r#"{ within = "2m", concern = "shop", seen-from = "county", kind = "rating", waits = "call-back" }"#,
    },
    ExpectWord {
        word: "unit",
        form: Form::Unit,
        keys: &[
            may("catalogue", Form::Count(0, u32::MAX as u64), "the number of its newest installed catalogue version"),
            may("backlog", Form::Count(0, u32::MAX as u64), "mail that has not come to its receivers, over all peers"),
            may("stopped", Form::Flag, "whether a replica of it has stopped by itself, after a fault; may be `false`"),
            may(
                "evidence",
                Form::Count(0, u32::MAX as u64),
                "how many of its peers' words it keeps as evidence of a contradiction",
            ),
        ],
        meaning: "How a unit stands. Every part that is named must hold.",
        example: r#"{ within = "1m", unit = "county", catalogue = 2, backlog = 0 }"#,
    },
    ExpectWord {
        word: "quiet",
        form: Form::Flag,
        keys: &[],
        meaning: "Nothing moves any more: no mail waits, no case is on its way, all replicas are level.",
        example: r#"{ within = "5m", quiet = true }"#,
    },
];

/// What expectations may speak of.
pub(super) struct Told<'a> {
    pub(super) start: Timestamp,
    /// When the last step is over.
    pub(super) end: Duration,
    /// Labels of cases, with when they are submitted and in which line.
    pub(super) cases: &'a BTreeMap<String, (Duration, usize)>,
}

/// All expectations, in the order of the file.
pub(super) fn read(reading: &mut Reading<'_>, list: &[Field<'_>], told: &Told<'_>) -> Vec<Expectation> {
    let mut expectations = Vec::new();
    for element in list {
        if let Some(fields) = reading.table(*element, "{ within = \"2m\", … }") {
            expectations.extend(read_one(reading, &fields, told));
        }
    }
    expectations
}

fn read_one(reading: &mut Reading<'_>, fields: &Fields<'_>, told: &Told<'_>) -> Option<Expectation> {
    let found: Vec<(&ExpectWord, Field<'_>)> = fields
        .rows
        .iter()
        .filter_map(|row| EXPECT_WORDS.iter().find(|word| word.word == row.key).map(|word| (word, *row)))
        .collect();
    let [(word, value)] = found.as_slice() else {
        let beside = |key: &str| EXPECT_KEYS.iter().any(|known| known.key == key);
        let odd = fields.rows.iter().find(|row| !beside(row.key)).filter(|_| found.is_empty());
        let span = found.get(1).map(|(_, second)| second.key_span()).or(odd.map(Field::key_span));
        let words = found.iter().map(|(word, _)| word.word.to_owned()).collect();
        let known = EXPECT_WORDS.iter().map(|word| word.word.to_owned()).collect();
        let odd = odd.map(|odd| cut(odd.key));
        reading.note(span.unwrap_or(fields.span.clone()), Problem::Step { of: "expectation", words, known, odd });
        return None;
    };
    let mut known: Vec<&str> = vec![word.word];
    known.extend(EXPECT_KEYS.iter().chain(word.keys).map(|key| key.key));
    reading.only(fields, &known);
    let at = at(reading, fields, told);
    let within = match fields.get("within") {
        None => Some(Duration::ZERO),
        Some(field) => reading.span_of_time(field),
    };
    let what = match word.word {
        "case" => case(reading, fields, *value, at.zip(within).map(|(at, within)| at + within), told),
        "concern" => concern(reading, fields, *value, told),
        "unit" => unit(reading, fields, *value),
        _ => reading.set(*value).map(|()| Expected::Quiet),
    };
    if what.is_some() && !word.keys.is_empty() && !word.keys.iter().any(|key| fields.get(key.key).is_some()) {
        let key = word.keys[0];
        reading.missing(fields.span.clone(), key.key, &key.form.example());
        return None;
    }
    let line = reading.line(&fields.span);
    Some(Expectation { at: at?, within: within?, what: what?, line })
}

fn at(reading: &mut Reading<'_>, fields: &Fields<'_>, told: &Told<'_>) -> Option<Duration> {
    let Some(field) = fields.get("at") else { return Some(told.end) };
    let text = reading.text(field, "\"+10s\"")?;
    match parse_when(text).and_then(|when| when.resolve(told.start, told.end)) {
        Ok(at) => Some(at),
        Err((what, remedy)) => {
            reading.note(field.span(), Problem::Time { what, remedy });
            None
        }
    }
}

fn case(
    reading: &mut Reading<'_>,
    fields: &Fields<'_>,
    value: Field<'_>,
    until: Option<Duration>,
    told: &Told<'_>,
) -> Option<Expected> {
    let label = reading.text(value, "\"shop\"")?;
    match told.cases.get(label) {
        None => {
            let known = told.cases.keys().cloned().collect();
            reading.note(value.span(), Problem::CaseUnknown { label: cut(label), known, later: None });
            return None;
        }
        Some((submitted, line)) if until.is_some_and(|until| until < *submitted) => {
            let problem = Problem::CaseUnknown { label: cut(label), known: vec![], later: Some(*line) };
            reading.note(value.span(), problem);
            return None;
        }
        Some(_) => {}
    }
    let mut unit_of = |key: &str| match fields.get(key) {
        None => Some(None),
        Some(field) => reading.unit(field).map(Some),
    };
    let (owner, seen_from, passed_over) = (unit_of("owner"), unit_of("seen-from"), unit_of("passed-over"));
    let stage = match fields.get("stage") {
        None => None,
        Some(field) => Some(reading.word("stage", field, &table_of(&STAGES))?),
    };
    let role = match fields.get("role") {
        None => None,
        Some(field) => Some(reading.word("role", field, &ROLES.map(|role| (role.to_owned(), role.to_owned())))?),
    };
    let card = match fields.get("card") {
        None => None,
        Some(field) => Some(reading.word("card", field, &table_of(&CARDS))?),
    };
    if let (Some(field), None) = (fields.get("role"), fields.get("seen-from")) {
        reading.contradiction(
            field.key_span(),
            "whose role?",
            "add `seen-from = \"county\"`: the unit whose role it is",
        );
        return None;
    }
    Some(Expected::Case {
        case: label.to_owned(),
        owner: owner?,
        stage,
        seen_from: seen_from?,
        role,
        passed_over: passed_over?,
        card,
    })
}

fn concern(reading: &mut Reading<'_>, fields: &Fields<'_>, value: Field<'_>, told: &Told<'_>) -> Option<Expected> {
    let label = reading.text(value, "\"shop\"")?;
    if !told.cases.contains_key(label) {
        let known = told.cases.keys().cloned().collect();
        reading.note(value.span(), Problem::CaseUnknown { label: cut(label), known, later: None });
        return None;
    }
    for (key, example) in [("seen-from", "\"county\""), ("kind", "\"rating\"")] {
        if fields.get(key).is_none() {
            reading.missing(fields.span.clone(), key, example);
            return None;
        }
    }
    let seen_from = reading.unit(fields.get("seen-from")?);
    let kind = reading.word("kind", fields.get("kind")?, &table_of(&concerning::KINDS));
    let number = match fields.get("number") {
        None => None,
        Some(field) => Some(reading.count(field, 0..=1_000)?),
    };
    let waits = match fields.get("waits") {
        None => None,
        Some(field) => Some(reading.word("what is owed", field, &concerning::task_table())?),
    };
    let card = match fields.get("card") {
        None => None,
        Some(field) => Some(reading.word("card", field, &table_of(&CARDS))?),
    };
    Some(Expected::Concern { case: label.to_owned(), seen_from: seen_from?, kind: kind?, number, waits, card })
}

fn unit(reading: &mut Reading<'_>, fields: &Fields<'_>, value: Field<'_>) -> Option<Expected> {
    let unit = reading.unit(value);
    let mut count_of = |key: &str| match fields.get(key) {
        None => Some(None),
        Some(field) => reading.count(field, 0..=u64::from(u32::MAX)).map(Some),
    };
    let (catalogue, backlog, evidence) = (count_of("catalogue"), count_of("backlog"), count_of("evidence"));
    let stopped = match fields.get("stopped") {
        None => None,
        Some(field) => Some(reading.flag(field)?),
    };
    Some(Expected::Unit { unit: unit?, catalogue: catalogue?, backlog: backlog?, stopped, evidence: evidence? })
}
