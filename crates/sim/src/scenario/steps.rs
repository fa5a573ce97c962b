//! The steps of a file, in order: when each is, which word says what it does, how it must be answered.

use std::time::Duration;

use domain::time::Timestamp;

use super::fault::Problem;
use super::fields::{Field, Fields, Reading};
use super::step_words::STEP_WORDS;
use super::time::{cut, parse_when, print_span};
use super::words::{ANSWER, AT, StepWord};
use super::{ExpectedAnswer, Step};

/// A step with where its parts stand.
pub(super) struct Placed {
    pub(super) step: Step,
    /// Of the word that says what is done.
    pub(super) word: std::ops::Range<usize>,
    /// Of that word's value.
    pub(super) value: std::ops::Range<usize>,
}

/// All steps, in the order of the file, and when the last one is over.
pub(super) fn read(reading: &mut Reading<'_>, list: &[Field<'_>], start: Timestamp) -> (Vec<Placed>, Duration) {
    let mut steps: Vec<Placed> = Vec::new();
    let mut before = Duration::ZERO;
    for element in list {
        let Some(fields) = reading.table(*element, r#"{ at = "+10s", … }"#) else { continue };
        let at = when(reading, &fields, start, before);
        if let Some(at) = at {
            before = at;
        }
        if let Some(placed) = read_one(reading, &fields, at.unwrap_or(before)) {
            before = placed.step.end();
            steps.push(placed);
        }
    }
    (steps, before)
}

fn when(reading: &mut Reading<'_>, fields: &Fields<'_>, start: Timestamp, before: Duration) -> Option<Duration> {
    let Some(field) = fields.get("at") else { return Some(before) };
    let text = reading.text(field, "\"+10s\"")?;
    match parse_when(text).and_then(|when| when.resolve(start, before)) {
        Ok(at) if at < before => {
            let what = format!("earlier than the step before it, which is over {} after the start", print_span(before));
            let remedy = "move the line to where it belongs, or write a later time, e.g. \"day 2 09:00\"".to_owned();
            reading.note(field.span(), Problem::Time { what, remedy });
            None
        }
        Ok(at) => Some(at),
        Err((what, remedy)) => {
            reading.note(field.span(), Problem::Time { what, remedy });
            None
        }
    }
}

fn read_one(reading: &mut Reading<'_>, fields: &Fields<'_>, at: Duration) -> Option<Placed> {
    // Words first: a key like `by` or `for` belongs to several of them.
    let found: Vec<(&StepWord, Field<'_>)> = fields
        .rows
        .iter()
        .filter_map(|row| STEP_WORDS.iter().find(|word| word.word == row.key).map(|word| (word, *row)))
        .collect();
    let [(word, value)] = found.as_slice() else {
        let beside: Vec<&str> = STEP_WORDS.iter().flat_map(|word| word.keys.iter().map(|key| key.key)).collect();
        let odd = fields.rows.iter().find(|row| row.key != "at" && !beside.contains(&row.key) && row.key != "answer");
        let span = match (found.get(1), odd) {
            (Some((_, second)), _) => second.key_span(),
            (None, Some(odd)) => odd.key_span(),
            (None, None) => fields.span.clone(),
        };
        let words = found.iter().map(|(word, _)| word.word.to_owned()).collect();
        let known = STEP_WORDS.iter().map(|word| word.word.to_owned()).collect();
        let odd = odd.filter(|_| found.is_empty()).map(|odd| cut(odd.key));
        reading.note(span, Problem::Step { of: "step", words, known, odd });
        return None;
    };
    let mut known: Vec<&str> = vec![AT.key, word.word];
    known.extend(word.keys.iter().map(|key| key.key));
    known.extend(word.act.then_some(ANSWER.key));
    reading.only(fields, &known);
    let mut complete = true;
    for key in word.keys.iter().filter(|key| key.required) {
        complete &= reading.need(fields, key).is_some();
    }
    let answer = match fields.get("answer").filter(|_| word.act) {
        Some(field) => answer(reading, field),
        None => Some(ExpectedAnswer::Done),
    };
    if !complete {
        return None;
    }
    let action = (word.read)(reading, fields, *value)?;
    let line = reading.line(&fields.span);
    Some(Placed { step: Step { at, action, answer: answer?, line }, word: value.key_span(), value: value.span() })
}

fn answer(reading: &mut Reading<'_>, field: Field<'_>) -> Option<ExpectedAnswer> {
    match reading.text(field, "\"case.unknown\"")? {
        "done" => Some(ExpectedAnswer::Done),
        "unknown" => Some(ExpectedAnswer::Unknown),
        "any" => Some(ExpectedAnswer::Any),
        code if domain::codes::find(code).is_some() => Some(ExpectedAnswer::Code(code.to_owned())),
        word => {
            let areas = ["unit.", "case.", "route.", "matter.", "catalogue.", "request.", "time.", "voters."];
            let codes = domain::codes::CODES.iter().map(|row| row.code);
            let codes = codes.filter(|code| areas.iter().any(|area| code.starts_with(area)));
            let known = ["done", "unknown", "any"].into_iter().chain(codes).map(str::to_owned).collect();
            reading.note(field.span(), Problem::WordUnknown { kind: "answer", word: cut(word), known });
            None
        }
    }
}
