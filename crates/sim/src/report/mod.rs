//! What came of runs, for people and programs: a page, a terminal summary, JSON.
//!
//! All of it is made from [`Played`] alone, so a page shows what any fidelity told. Nothing here judges: it repeats what was found.

mod html;
mod json;
mod svg;
mod terminal;

use domain::time::Timestamp;

use crate::play::{Checked, Played, Verdict};

pub use html::page;
pub use json::to_json;
pub use svg::swim_lanes;
pub use terminal::{Colours, counted, summary, table};

/// Text that stands in HTML or SVG, in content or in a quoted attribute.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            // No document may hold these.
            c if c.is_control() && !matches!(c, '\n' | '\t') => escaped.push('\u{fffd}'),
            c => escaped.push(c),
        }
    }
    escaped
}

/// A length of time in its two largest units: `1 d 3 h`, `2 min 5 s`, `250 ms`.
fn lasting(from: Timestamp, to: Timestamp) -> String {
    let millis = to.0.saturating_sub(from.0).max(0);
    let parts = [
        (millis / 86_400_000, "d"),
        (millis / 3_600_000 % 24, "h"),
        (millis / 60_000 % 60, "min"),
        (millis / 1000 % 60, "s"),
        (millis % 1000, "ms"),
    ];
    let Some(first) = parts.iter().position(|(count, _)| *count > 0) else { return "0 s".to_owned() };
    let shown = parts[first..].iter().take(2).filter(|(count, _)| *count > 0);
    shown.map(|(count, unit)| format!("{count} {unit}")).collect::<Vec<_>>().join(" ")
}

/// A moment within a run: the time of day, with the day where the run is longer than one.
fn moment(played: &Played, at: Timestamp) -> String {
    let (hour, minute, second) = at.time_of_day();
    let clock = format!("{hour:02}:{minute:02}:{second:02}.{:03}", at.0.rem_euclid(1000));
    if played.started.date() == played.ended.date() {
        return clock;
    }
    let day = at.date().days_since(played.started.date()) + 1;
    format!("day {day} {clock}")
}

fn is_met(checked: &Checked) -> bool {
    checked.met.is_some()
}

/// How many invariants held, were broken, are not built yet.
fn verdicts(played: &Played) -> (usize, usize, usize) {
    let count = |is: fn(&Verdict) -> bool| played.invariants.iter().filter(|judged| is(&judged.verdict)).count();
    (
        count(|verdict| matches!(verdict, Verdict::Held)),
        count(|verdict| matches!(verdict, Verdict::Broken { .. })),
        count(|verdict| matches!(verdict, Verdict::NotYet { .. })),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_gets_out_of_its_place() {
        assert_eq!(escape("<b a=\"1\">&'\u{0}"), "&lt;b a=&quot;1&quot;&gt;&amp;&#39;\u{fffd}");
        assert_eq!(escape("济宁市"), "济宁市");
    }

    #[test]
    fn lengths_of_time_are_short() {
        let shown = |millis| lasting(Timestamp(0), Timestamp(millis));
        assert_eq!(shown(0), "0 s");
        assert_eq!(shown(250), "250 ms");
        assert_eq!(shown(125_000), "2 min 5 s");
        assert_eq!(shown(86_400_000), "1 d");
        assert_eq!(shown(97_200_000), "1 d 3 h");
    }
}
