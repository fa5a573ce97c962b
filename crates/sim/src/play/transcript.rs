//! A run as text: what is recorded beside a scenario file and read as a diff.

use std::fmt::Write as _;

use domain::time::Timestamp;

use super::{Played, Verdict};

/// The whole run, one line for each thing that happened. Equal runs give equal texts.
pub fn transcript(played: &Played) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "{} — {} (seed {})", played.title, played.fidelity.as_str(), played.seed);
    let units: Vec<String> = played
        .units
        .iter()
        .map(|unit| format!("{} = {} {} ×{}", unit.alias, unit.unit, unit.name, unit.voters))
        .collect();
    let _ = writeln!(text, "{}\nstarts {}\n", units.join("\n"), played.started);
    for line in &played.lines {
        let _ = writeln!(text, "{}  {:<16} {}", since(played.started, line.at), line.who, line.what);
    }
    let _ = writeln!(text);
    for checked in &played.expectations {
        match checked.met {
            Some(at) => {
                let _ = writeln!(
                    text,
                    "expected, line {}: {} — so at {}",
                    checked.line,
                    checked.what,
                    since(played.started, at)
                );
            }
            None => {
                let _ = writeln!(text, "expected, line {}: {} — NEVER; {}", checked.line, checked.what, checked.found);
            }
        }
    }
    for judged in &played.invariants {
        let verdict = match &judged.verdict {
            Verdict::Held => "held".to_owned(),
            Verdict::Broken { at, what } => format!("BROKEN at {}: {what}", since(played.started, *at)),
            Verdict::NotYet { issue } => format!("not yet: {issue}"),
        };
        let _ = writeln!(text, "{:<4} {verdict}", judged.id);
    }
    for (kind, count) in &played.faults {
        let _ = writeln!(text, "fault {kind:?}: {count}");
    }
    for skipped in &played.skipped {
        let _ = writeln!(text, "SKIPPED {skipped}");
    }
    let counts = &played.counts;
    let _ = writeln!(
        text,
        "{}, {} commands, {} mail, {} answered, {} unknown",
        counts.cases_in_words(),
        counts.commands,
        counts.mail,
        counts.answered,
        counts.unknown
    );
    for failure in &played.failures {
        let _ = writeln!(text, "FAILED {failure}");
    }
    let _ = writeln!(text, "trace {}", played.trace.short());
    text
}

/// Since the start, e.g. `+0:01:02.345` or `+2d 03:00:00.000`.
pub fn since(start: Timestamp, at: Timestamp) -> String {
    let millis = at.0 - start.0;
    let (sign, millis) = if millis < 0 { ('-', -millis) } else { ('+', millis) };
    let (seconds, left) = (millis / 1000, millis % 1000);
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60);
    let clock = format!("{hours:02}:{minutes:02}:{:02}.{left:03}", seconds % 60);
    if days == 0 { format!("{sign}{clock}") } else { format!("{sign}{days}d {clock}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_from_the_start() {
        let at = |millis: i64| since(Timestamp(1_000), Timestamp(1_000 + millis));
        assert_eq!(at(0), "+00:00:00.000");
        assert_eq!(at(62_345), "+00:01:02.345");
        assert_eq!(at(-1), "-00:00:00.001");
        assert_eq!(at(2 * 86_400_000 + 3_600_000), "+2d 01:00:00.000");
    }
}
