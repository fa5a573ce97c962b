//! Reads what single steps do, where the table's own line does not say it all.

use std::time::Duration;

use domain::catalogue::BasicCode;
use domain::ids::UnitId;
use domain::licence::LicenceAct;
use domain::time::CivilDate;

use super::fields::{Field, Fields, Reading};
use super::step_words::MOST_UNITS;
use super::time::{parse_offset, parse_wall};
use super::words::{Form, OUTCOMES, disk_words, former_words, table_of};
use super::{
    Action, Application, ClockFault, Direction, DiskFault, Lag, LinkQuality, Moment, NodeChoice, Shape, VoterStep,
};

pub(super) fn label(reading: &mut Reading<'_>, field: Field<'_>) -> Option<String> {
    let text = reading.text(field, "\"shop\"")?;
    let fits = (1..=60).contains(&text.chars().count()) && !text.chars().any(char::is_control);
    if !fits {
        reading.unfit(field.span(), "not a label", "write 1 to 60 characters on one line");
    }
    fits.then(|| text.to_owned())
}

pub(super) fn optional_text(reading: &mut Reading<'_>, fields: &Fields<'_>, key: &str) -> Option<String> {
    match fields.get(key) {
        None => Some(String::new()),
        Some(field) => reading.text(field, "\"…\"").map(str::to_owned),
    }
}

pub(super) fn lasting(reading: &mut Reading<'_>, fields: &Fields<'_>, key: &str) -> Option<Duration> {
    reading.lasting(fields.get(key)?)
}

pub(super) fn matter(reading: &mut Reading<'_>, fields: &Fields<'_>) -> Option<Option<String>> {
    let Some(field) = fields.get("matter") else { return Some(None) };
    let text = reading.text(field, &Form::Matter.example())?;
    match text.parse::<BasicCode>() {
        Ok(code) => Some(Some(code.to_string())),
        Err(fault) => {
            reading.unfit(
                field.span(),
                fault.to_string(),
                "`tongban catalogue` lists the sample matters with their codes",
            );
            None
        }
    }
}

pub(super) fn submit(reading: &mut Reading<'_>, fields: &Fields<'_>, value: Field<'_>) -> Option<Action> {
    let case = label(reading, value);
    let at = reading.unit(fields.get("to")?);
    let matter = matter(reading, fields);
    let mut place_of = |key: &str| match fields.get(key) {
        None => Some(None),
        Some(field) => reading.division(field).map(Some),
    };
    let (place, authority) = (place_of("place"), place_of("authority"));
    let applicant = match fields.get("applicant") {
        None => case.clone(),
        Some(field) => label(reading, field),
    };
    let lacks = match fields.get("lacks") {
        None => Some(None),
        Some(field) => label(reading, field).map(Some),
    };
    let act = match fields.get("act") {
        None => Some(LicenceAct::Renew),
        Some(field) => reading.word("act", field, &table_of(&LicenceAct::ALL)),
    };
    let about = match fields.get("about") {
        None => Some(None),
        Some(field) => label(reading, field).zip(act).map(Some),
    };
    Some(Action::Submit(Application {
        case: case?,
        at: at?,
        matter: matter?,
        place: place?,
        authority: authority?,
        applicant: applicant?,
        lacks: lacks?,
        about: about?,
    }))
}

pub(super) fn traffic(reading: &mut Reading<'_>, fields: &Fields<'_>, value: Field<'_>) -> Option<Action> {
    let cases = reading.count(value, 1..=1_000_000);
    let at = reading.units(fields.get("to")?, 1, MOST_UNITS);
    let over = lasting(reading, fields, "over");
    let matter = matter(reading, fields);
    Some(Action::Traffic { cases: u32::try_from(cases?).ok()?, at: at?, over: over?, matter: matter? })
}

/// A civil day.
pub(super) fn day(reading: &mut Reading<'_>, field: Field<'_>) -> Option<CivilDate> {
    match reading.text(field, "\"2026-03-10\"")?.parse() {
        Ok(day) => Some(day),
        Err(_) => {
            reading.unfit(field.span(), "no day", "write \"2026-03-10\"");
            None
        }
    }
}

pub(super) fn case_act(
    reading: &mut Reading<'_>,
    fields: &Fields<'_>,
    value: Field<'_>,
    action: impl FnOnce(String, UnitId) -> Action,
) -> Option<Action> {
    let case = label(reading, value);
    let by = reading.unit(fields.get("by")?);
    Some(action(case?, by?))
}

pub(super) fn decide(reading: &mut Reading<'_>, fields: &Fields<'_>, value: Field<'_>) -> Option<Action> {
    let reasons = optional_text(reading, fields, "reasons");
    let outcomes = [(OUTCOMES[0].to_owned(), true), (OUTCOMES[1].to_owned(), false)];
    let granted = reading.word("outcome", fields.get("as")?, &outcomes);
    let action = case_act(reading, fields, value, |case, by| Action::Decide {
        case,
        by,
        granted: granted.unwrap_or_default(),
        reasons: reasons.clone().unwrap_or_default(),
    });
    granted.and(reasons.as_ref()).and(action)
}

pub(super) fn confirm_time(reading: &mut Reading<'_>, fields: &Fields<'_>, value: Field<'_>) -> Option<Action> {
    let by = reading.unit(value);
    let said = match fields.get("said") {
        None => None,
        Some(field) => {
            let said = parse_wall(reading.text(field, "\"2026-03-02 09:15\"")?);
            if said.is_none() {
                reading.unfit(field.span(), "no wall time", "write \"2026-03-02 09:15\"");
            }
            Some(said?)
        }
    };
    Some(Action::ConfirmTime { by: by?, said })
}

/// One replica of a unit, by its number or as its leader.
fn replica(reading: &mut Reading<'_>, field: Field<'_>) -> Option<NodeChoice> {
    let node = reading.nodes(field)?;
    if matches!(node, NodeChoice::All(_) | NodeChoice::Everyone) {
        reading.unfit(field.span(), "not one replica", "write \"county/2\" or \"county/leader\"");
        return None;
    }
    Some(node)
}

pub(super) fn voters(
    reading: &mut Reading<'_>,
    value: Field<'_>,
    change: impl FnOnce(NodeChoice) -> VoterStep,
) -> Option<Action> {
    Some(Action::Voters(change(replica(reading, value)?)))
}

pub(super) fn replace_voter(reading: &mut Reading<'_>, fields: &Fields<'_>, value: Field<'_>) -> Option<Action> {
    let node = replica(reading, value);
    let by = replica(reading, fields.get("by")?);
    Some(Action::Voters(VoterStep::Replace { node: node?, by: by? }))
}

pub(super) fn publish(reading: &mut Reading<'_>, fields: &Fields<'_>, value: Field<'_>) -> Option<Action> {
    reading.set(value)?;
    let patience = match fields.get("patience") {
        None => None,
        Some(field) => Some(reading.lasting(field)?),
    };
    Some(Action::Publish { patience })
}

pub(super) fn cut_links(reading: &mut Reading<'_>, fields: &Fields<'_>, value: Field<'_>) -> Option<Action> {
    let one_way = match fields.get("one-way") {
        None => false,
        Some(field) => reading.flag(field)?,
    };
    if value.elements().is_none() {
        let unit = reading.unit(value)?;
        if let Some(field) = fields.get("one-way").filter(|_| one_way) {
            reading.unfit(field.key_span(), "one way of what?", "name two units: the first does not reach the second");
            return None;
        }
        return Some(Action::Cut(Shape::Unit(unit)));
    }
    if value.elements().is_some_and(|elements| elements.len() > 2) {
        reading.unfit(value.span(), "more than two units", "to cut several off from all others write `island = […]`");
        return None;
    }
    let (a, b) = reading.pair(value)?;
    let direction = if one_way { Direction::OneWay } else { Direction::Both };
    Some(Action::Cut(Shape::Pair(a, b, direction)))
}

/// A link's quality; what is not named is as in `usual`.
pub(super) fn quality(reading: &mut Reading<'_>, fields: &Fields<'_>, usual: LinkQuality) -> Option<LinkQuality> {
    let mut quality = usual;
    for row in &fields.rows {
        match row.key {
            "delay" => quality.delay = reading.span_of_time(*row)?,
            "jitter" => quality.jitter = reading.span_of_time(*row)?,
            "loss" => quality.loss_percent = reading.percent(*row)?,
            "duplicate" => quality.duplicate_percent = reading.percent(*row)?,
            "reorder" => quality.reorder_percent = reading.percent(*row)?,
            "rate" => quality.rate = Some(reading.count(*row, 0..=i64::MAX as u64)?).filter(|rate| *rate > 0),
            _ => {}
        }
    }
    Some(quality)
}

pub(super) fn crash(reading: &mut Reading<'_>, fields: &Fields<'_>, value: Field<'_>) -> Option<Action> {
    let nodes = reading.nodes(value);
    let when = match fields.get("when") {
        None => None,
        Some(field) => Some(reading.word("moment", field, &table_of(&Moment::ALL))?),
    };
    let kept_percent = match fields.get("keep") {
        None => None,
        Some(field) => Some(u8::try_from(reading.count(field, 0..=100)?).ok()?),
    };
    Some(Action::Crash { nodes: nodes?, when, kept_percent })
}

pub(super) fn clock(reading: &mut Reading<'_>, fields: &Fields<'_>, value: Field<'_>) -> Option<Action> {
    let nodes = reading.nodes(value);
    let ways: Vec<Field<'_>> = ["offset", "set", "strobe"].into_iter().filter_map(|key| fields.get(key)).collect();
    let [way] = ways.as_slice() else {
        let what = if ways.is_empty() { "how is it wrong?" } else { "wrong in two ways at once" };
        let span = ways.get(1).map_or(fields.span.clone(), Field::key_span);
        reading.unfit(span, what, "write one of offset = \"+1d\", set = \"1970-01-01 08:00\", strobe = \"5s\"");
        return None;
    };
    for key in ["every", "for"] {
        if let Some(field) = fields.get(key).filter(|_| way.key != "strobe") {
            reading.unfit(field.key_span(), "belongs to `strobe`", "leave it out, or write `strobe`");
            return None;
        }
    }
    let text = reading.text(*way, "\"+1d\"")?;
    if way.key == "set" {
        let time = parse_wall(text);
        if time.is_none() {
            reading.unfit(way.span(), "no wall time", "write \"1970-01-01 08:00\"");
        }
        return Some(Action::Clock { nodes: nodes?, fault: ClockFault::Set(time?) });
    }
    let millis = match parse_offset(text) {
        Ok(millis) => millis,
        Err(what) => {
            reading.unfit(way.span(), what, format!("write `{} = \"+1d\"`, or \"-3h\", \"0s\"", way.key));
            return None;
        }
    };
    if way.key == "offset" {
        return Some(Action::Clock { nodes: nodes?, fault: ClockFault::Offset(millis) });
    }
    for key in ["every", "for"] {
        if fields.get(key).is_none() {
            reading.missing(fields.span.clone(), key, "\"10s\"");
        }
    }
    let (every, lasting) = (lasting(reading, fields, "every")?, lasting(reading, fields, "for")?);
    Some(Action::Clock { nodes: nodes?, fault: ClockFault::Strobe { by_millis: millis, every, lasting } })
}

pub(super) fn disk(reading: &mut Reading<'_>, fields: &Fields<'_>, value: Field<'_>) -> Option<Action> {
    let nodes = reading.nodes(value);
    let known: Vec<(String, String)> = disk_words().into_iter().map(|word| (word.clone(), word)).collect();
    let word = reading.word("disk fault", fields.get("fault")?, &known)?;
    let takes = fields.get("takes");
    if let Some(field) = takes.filter(|_| word != "slow") {
        reading.unfit(field.key_span(), "belongs to `slow`", "leave it out, or write fault = \"slow\"");
        return None;
    }
    let fault = match word.as_str() {
        "sync-fails" => DiskFault::SyncFails,
        "dead" => DiskFault::Dead,
        "full" => DiskFault::Full,
        "mended" => DiskFault::Mended,
        "rot" => DiskFault::Rot,
        _ => match takes {
            Some(field) => DiskFault::Slow(reading.lasting(field)?),
            None => {
                reading.missing(fields.span.clone(), "takes", "\"2s\"");
                return None;
            }
        },
    };
    Some(Action::Disk { nodes: nodes?, fault })
}

pub(super) fn from_to(reading: &mut Reading<'_>, fields: &Fields<'_>, value: Field<'_>) -> Option<(UnitId, UnitId)> {
    let from = reading.unit(value);
    let field = fields.get("to")?;
    let to = reading.unit(field);
    if from.is_some() && from == to {
        reading.contradiction(field.span(), "a unit sends no mail to itself", "name two units");
        return None;
    }
    Some((from?, to?))
}

pub(super) fn promote(reading: &mut Reading<'_>, fields: &Fields<'_>, value: Field<'_>) -> Option<Action> {
    let unit = reading.unit(value);
    let lag = match fields.get("lag") {
        None => Lag::Commands(0),
        Some(field) => {
            let read = Lag::read(reading.text(field, "\"40 commands\"")?);
            if read.is_none() {
                reading.unfit(field.span(), "no lag of a mirror", "write \"40 commands\", or a span: \"2h\"");
            }
            read?
        }
    };
    let known: Vec<(String, String)> = former_words().into_iter().map(|word| (word.clone(), word)).collect();
    let former_runs = match fields.get("former") {
        None => false,
        Some(field) => reading.word("former self", field, &known)? == "runs",
    };
    Some(Action::Promote { unit: unit?, lag, former_runs })
}
