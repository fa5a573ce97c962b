//! How a scenario writes time: spans (`1m30s`), wall times at UTC+8 (`day 3 09:00`), and signed offsets (`-3h`).

use std::time::Duration;

use domain::time::{CivilDate, Timestamp};

/// No scenario is longer.
pub(super) const LONGEST: Duration = Duration::from_secs(3660 * 86_400);

const UNITS: [(&str, u64); 6] =
    [("d", 86_400_000_000), ("h", 3_600_000_000), ("ms", 1_000), ("m", 60_000_000), ("us", 1), ("s", 1_000_000)];

/// A span such as `20s`, `1m30s`, `3d`; what is wrong with it otherwise.
pub fn parse_span(text: &str) -> Result<Duration, String> {
    const FORM: &str = "not a span of time like 500ms, 20s, 1m30s, 2h or 3d";
    let mut rest = text.trim();
    let mut micros: u64 = 0;
    if rest.is_empty() {
        return Err(FORM.to_owned());
    }
    while !rest.is_empty() {
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let count: u64 = rest[..digits].parse().map_err(|_| FORM.to_owned())?;
        rest = &rest[digits..];
        // `ms` is tried before `m`.
        let (unit, each) = UNITS.into_iter().find(|(unit, _)| rest.starts_with(unit)).ok_or(FORM)?;
        rest = &rest[unit.len()..];
        micros = count.checked_mul(each).and_then(|more| micros.checked_add(more)).ok_or("longer than ten years")?;
    }
    let span = Duration::from_micros(micros);
    if span > LONGEST { Err("longer than ten years".to_owned()) } else { Ok(span) }
}

/// The span as [`parse_span`] reads it; exact to the microsecond.
pub fn print_span(span: Duration) -> String {
    let mut rest = u64::try_from(span.as_micros()).unwrap_or(u64::MAX);
    let mut text = String::new();
    for (unit, each) in [UNITS[0], UNITS[1], UNITS[3], UNITS[5], UNITS[2], UNITS[4]] {
        if rest >= each {
            text += &format!("{}{unit}", rest / each);
            rest %= each;
        }
    }
    if text.is_empty() { "0s".to_owned() } else { text }
}

/// A signed span in milliseconds: `+1d`, `-3h`, `0s`.
pub(super) fn parse_offset(text: &str) -> Result<i64, String> {
    let text = text.trim();
    let (sign, span) = match text.strip_prefix('-') {
        Some(span) => (-1, span),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    Ok(sign * i64::try_from(parse_span(span)?.as_millis()).unwrap_or(i64::MAX))
}

/// The offset as [`parse_offset`] reads it.
pub(super) fn print_offset(millis: i64) -> String {
    let sign = if millis < 0 { '-' } else { '+' };
    format!("{sign}{}", print_span(Duration::from_millis(millis.unsigned_abs())))
}

/// When something is, as written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum When {
    /// `+10s`: after what went before.
    After(Duration),
    /// `12:30`: on the same day as what went before; milliseconds of the day.
    Clock(i64),
    /// `day 3 09:00`: the scenario begins on day 1.
    Day(i32, i64),
    /// `2026-03-04 09:00`.
    Date(CivilDate, i64),
}

/// Reads a time of a step or expectation; gives what is wrong and what would be right.
pub(super) fn parse_when(text: &str) -> Result<When, (String, String)> {
    let text = text.trim();
    let form = || {
        let remedy =
            "write \"+10s\" (after the one before), \"12:30\" (the same day), \"day 3 09:00\" or \"2026-03-04 09:00\"";
        (format!("\"{}\" is no time", cut(text)), remedy.to_owned())
    };
    if let Some(span) = text.strip_prefix('+') {
        return parse_span(span).map(When::After).map_err(|what| (format!("\"{}\" is {what}", cut(text)), form().1));
    }
    if text.starts_with('-') {
        return Err((
            "before the one before: time only goes on".to_owned(),
            "move the line to where it belongs; times count from the step before it".to_owned(),
        ));
    }
    if let Some(rest) = text.strip_prefix("day ") {
        let (day, clock) = rest.trim_start().split_once(' ').ok_or_else(form)?;
        let day: i32 = day.parse().ok().filter(|day| (0..=3660).contains(day)).ok_or_else(form)?;
        if day == 0 {
            return Err((
                "before the world exists: the scenario begins on day 1".to_owned(),
                "write \"day 1 …\", or an earlier `start`".to_owned(),
            ));
        }
        return Ok(When::Day(day, parse_clock(clock).ok_or_else(form)?));
    }
    match text.split_once([' ', 'T']) {
        Some((date, clock)) => Ok(When::Date(date.parse().map_err(|_| form())?, parse_clock(clock).ok_or_else(form)?)),
        None => parse_clock(text).map(When::Clock).ok_or_else(form),
    }
}

/// `2026-03-02 09:00`, at UTC+8.
pub(super) fn parse_wall(text: &str) -> Option<Timestamp> {
    match parse_when(text) {
        Ok(When::Date(date, millis)) => Some(date.begins_at().plus_millis(millis)),
        _ => None,
    }
}

/// The wall time as [`parse_wall`] reads it.
pub(super) fn print_wall(at: Timestamp) -> String {
    let text = at.to_string();
    match at.0.rem_euclid(1000) {
        0 => text.strip_suffix(":00").unwrap_or(&text).to_owned(),
        millis => format!("{text}.{millis:03}"),
    }
}

impl When {
    /// The moment, counted from the start; gives what is wrong and what would be right.
    ///
    /// `before` is when what went before ended; `"+…"` counts from there, and a plain clock time is on its day.
    pub(super) fn resolve(self, start: Timestamp, before: Duration) -> Result<Duration, (String, String)> {
        let last = start.plus_millis(i64::try_from(before.as_millis()).unwrap_or(i64::MAX));
        let wall = match self {
            Self::After(span) => {
                return Some(before + span).filter(|at| *at <= LONGEST).ok_or_else(|| {
                    ("more than ten years after the start".to_owned(), "no scenario is longer".to_owned())
                });
            }
            Self::Clock(millis) => last.date().begins_at().plus_millis(millis),
            Self::Day(day, millis) => start.date().plus_days(day - 1).begins_at().plus_millis(millis),
            Self::Date(date, millis) => date.begins_at().plus_millis(millis),
        };
        let since = wall.0.saturating_sub(start.0);
        match u64::try_from(since) {
            Err(_) => Err((
                format!("before the world exists: the scenario starts at {}", print_wall(start)),
                "write a later time, or an earlier `start`".to_owned(),
            )),
            Ok(millis) if Duration::from_millis(millis) > LONGEST => {
                Err(("more than ten years after the start".to_owned(), "no scenario is longer".to_owned()))
            }
            Ok(millis) => Ok(Duration::from_millis(millis)),
        }
    }
}

/// `09:00`, `09:00:30` or `09:00:30.250`, as milliseconds of the day.
fn parse_clock(text: &str) -> Option<i64> {
    let mut parts = text.trim().split(':');
    let (hour, minute) = (number(parts.next()?, 23)?, number(parts.next()?, 59)?);
    let millis = match parts.next() {
        None => 0,
        Some(second) => {
            let (second, fraction) = second.split_once('.').unwrap_or((second, "000"));
            if fraction.len() != 3 {
                return None;
            }
            number(second, 59)? * 1000 + fraction.parse::<u16>().ok().map(i64::from)?
        }
    };
    parts.next().is_none().then_some((hour * 60 + minute) * 60_000 + millis)
}

fn number(text: &str, most: i64) -> Option<i64> {
    let two = (1..=2).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|number| two && *number <= most)
}

/// At most forty characters, for messages.
pub(super) fn cut(text: &str) -> String {
    const MOST: usize = 40;
    match text.char_indices().nth(MOST) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read_and_written() {
        for (text, micros, again) in [
            ("20s", 20_000_000, "20s"),
            ("1m30s", 90_000_000, "1m30s"),
            ("90s", 90_000_000, "1m30s"),
            ("500ms", 500_000, "500ms"),
            ("5us", 5, "5us"),
            ("3d", 259_200_000_000, "3d"),
            ("0s", 0, "0s"),
            ("1d2h3m4s5ms6us", 93_784_005_006, "1d2h3m4s5ms6us"),
        ] {
            let span = parse_span(text).unwrap();
            assert_eq!(span, Duration::from_micros(micros), "{text}");
            assert_eq!(print_span(span), again);
        }
        for wrong in ["", "20", "s", "1.5s", "20 s", "-3s", "1y", "99999999999999999999s", "9999d", "20sx"] {
            assert!(parse_span(wrong).is_err(), "{wrong}");
        }
        assert_eq!(parse_offset("-3h"), Ok(-10_800_000));
        assert_eq!(print_offset(-10_800_000), "-3h");
        assert_eq!(print_offset(0), "+0s");
    }

    #[test]
    fn times_are_resolved_against_what_went_before() {
        let start = parse_wall("2026-03-02 09:00").unwrap();
        let before = Duration::from_secs(3600);
        let at = |text: &str| parse_when(text).and_then(|when| when.resolve(start, before));
        let hours = |count: u64| Ok(Duration::from_secs(count * 3600));
        assert_eq!(at("+1h"), hours(2));
        assert_eq!(at("12:00"), hours(3));
        assert_eq!(at("day 2 09:00"), hours(24));
        assert_eq!(at("2026-03-03 09:00"), hours(24));
        assert_eq!(at("10:00:00.250"), Ok(Duration::from_millis(3_600_250)));
        assert!(at("08:00").unwrap_err().0.contains("starts at 2026-03-02 09:00"));
        for wrong in ["-1s", "9", "25:00", "day 0 09:00", "day 3", "2026-02-30 09:00", "+1", "tomorrow", ""] {
            assert!(at(wrong).is_err(), "{wrong}");
        }
        assert_eq!(print_wall(start), "2026-03-02 09:00");
        assert_eq!(print_wall(start.plus_millis(30_001)), "2026-03-02 09:00:30.001");
        assert_eq!(parse_wall(&print_wall(Timestamp(0))), Some(Timestamp(0)));
    }
}
