//! What came of runs, on a terminal: the least that a person must know, failures first.

use crate::play::{Played, Verdict};
use crate::scenario::word_of;

use super::{is_met, lasting, moment, verdicts};

/// Whether words are coloured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colours {
    /// Plain text.
    None,
    /// ANSI colours.
    Ansi,
}

impl Colours {
    fn paint(self, code: u8, text: &str) -> String {
        match self {
            Self::None => text.to_owned(),
            Self::Ansi => format!("\u{1b}[{code}m{text}\u{1b}[0m"),
        }
    }

    fn verdict(self, played: &Played) -> String {
        if played.passed() { self.paint(32, "passed") } else { self.paint(31, "FAILED") }
    }
}

/// One run, told in some lines.
pub fn summary(played: &Played, colours: Colours) -> String {
    let mut lines = vec![format!(
        "{}: {} ({}, seed {})",
        colours.verdict(played),
        clean(&played.title),
        played.fidelity.as_str(),
        played.seed
    )];
    let counts = played.counts;
    lines.push(format!(
        "  {} of true time; {} commands, {}, {} mail; {} acts answered, {} unknown",
        lasting(played.started, played.ended),
        counts.commands,
        counts.cases_in_words(),
        counts.mail,
        counts.answered,
        counts.unknown
    ));
    let faults: Vec<String> = played.faults.iter().map(|(kind, count)| format!("{} {count}", word_of(kind))).collect();
    lines.push(match faults.as_slice() {
        [] => "  no fault took effect".to_owned(),
        faults => format!("  faults: {}", faults.join(", ")),
    });
    for skipped in &played.skipped {
        lines.push(colours.paint(33, &format!("  SKIPPED: {}", clean(skipped))));
    }
    let met = played.expectations.iter().filter(|checked| is_met(checked)).count();
    lines.push(format!("  expectations: {met} of {} met", played.expectations.len()));
    for checked in played.expectations.iter().filter(|checked| !is_met(checked)) {
        let place = if checked.line > 0 { format!("line {}: ", checked.line) } else { String::new() };
        lines.push(colours.paint(31, &format!("    not met: {place}{}", clean(&checked.what))));
        lines.push(format!("      found: {}", clean(&checked.found)));
    }
    let (held, broken, not_yet) = verdicts(played);
    lines.push(format!("  invariants: {held} held, {broken} broken, {not_yet} not built yet"));
    for judged in &played.invariants {
        if let Verdict::Broken { at, what } = &judged.verdict {
            lines.push(
                colours.paint(31, &format!("    {} broken at {}: {}", judged.id, moment(played, *at), clean(what))),
            );
            lines.push(format!("      it means: {}", clean(&judged.meaning)));
        }
    }
    for failure in &played.failures {
        lines.push(colours.paint(31, &format!("  failure: {}", clean(failure))));
    }
    lines.push(format!("  trace {}", played.trace));
    lines.push(format!("  again: {}", clean(&played.replay)));
    lines.join("\n") + "\n"
}

/// Many runs, one line each, failures last where they are seen.
pub fn table(runs: &[Played], colours: Colours) -> String {
    let mut sorted: Vec<&Played> = runs.iter().collect();
    sorted.sort_by_key(|played| !played.passed());
    let mut text = String::new();
    for played in &sorted {
        let skipped = match played.skipped.len() {
            0 => String::new(),
            count => colours.paint(33, &format!("  {count} SKIPPED")),
        };
        text += &format!(
            "{}  {:<9}  seed {:<6}  {}{skipped}\n",
            colours.verdict(played),
            played.fidelity.as_str(),
            played.seed,
            clean(&played.title)
        );
        for failure in &played.failures {
            text += &format!("        {}\n", clean(failure));
        }
        if !played.passed() {
            text += &format!("        again: {}\n", clean(&played.replay));
        }
    }
    text
}

/// How many, in words: `1 run`, `2 runs`.
pub fn counted(many: usize, of: &str) -> String {
    format!("{many} {of}{}", if many == 1 { "" } else { "s" })
}

/// Text of a scenario never steers the terminal.
fn clean(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
