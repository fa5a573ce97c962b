//! What came of runs as one self-contained page: no script, no outside file, readable on paper and on a telephone.

use std::fmt::Write as _;

use crate::play::{CasePath, Played, Verdict};
use crate::scenario::word_of;

use super::{escape, is_met, lasting, moment, swim_lanes, verdicts};

const STYLE: &str = include_str!("style.css");

/// The page of one run, or of many with an index before them.
pub fn page(runs: &[Played]) -> String {
    let title = match runs {
        [one] => one.title.clone(),
        many => format!("{} runs", many.len()),
    };
    let mut page = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n<title>{}</title>\n<style>\n{STYLE}</style>\n\
         </head>\n<body>\n",
        escape(&title)
    );
    match runs {
        [one] => page += &run(one, 0),
        many => {
            page += &index(many);
            for (at, played) in many.iter().enumerate() {
                page += &run(played, at);
            }
        }
    }
    page + "</body>\n</html>\n"
}

fn badge(played: &Played) -> &'static str {
    if played.passed() {
        "<span class=\"verdict good\">passed</span>"
    } else {
        "<span class=\"verdict bad\">FAILED</span>"
    }
}

fn row(cells: &[String]) -> String {
    format!("<tr>{}</tr>\n", cells.concat())
}

fn cell(text: &str) -> String {
    format!("<td>{}</td>", escape(text))
}

fn time_cell(text: &str) -> String {
    format!("<td class=\"time\">{}</td>", escape(text))
}

fn number_cell(number: impl std::fmt::Display) -> String {
    format!("<td class=\"number\">{number}</td>")
}

fn grid(heads: &[&str], rows: &str) -> String {
    let heads: String = heads.iter().map(|head| format!("<th>{head}</th>")).collect();
    format!("<div class=\"wide\"><table>\n<thead><tr>{heads}</tr></thead>\n<tbody>\n{rows}</tbody>\n</table></div>\n")
}

fn index(runs: &[Played]) -> String {
    let failed = runs.iter().filter(|played| !played.passed()).count();
    let skipped: usize = runs.iter().map(|played| played.skipped.len()).sum();
    let verdict = if failed == 0 { "good" } else { "bad" };
    let mut text = format!(
        "<h1>{} runs: <span class=\"{verdict}\">{} passed, {failed} failed</span></h1>\n",
        runs.len(),
        runs.len() - failed
    );
    if skipped > 0 {
        text += &format!("<p class=\"skipped\">{skipped} things were <strong>skipped</strong>: see the runs.</p>\n");
    }
    let mut rows = String::new();
    for (at, played) in runs.iter().enumerate() {
        let (held, broken, _) = verdicts(played);
        let faults: u64 = played.faults.values().sum();
        rows += &row(&[
            format!("<td>{}</td>", badge(played)),
            format!("<td><a href=\"#run-{at}\">{}</a></td>", escape(&played.title)),
            cell(played.fidelity.as_str()),
            number_cell(played.seed),
            time_cell(&lasting(played.started, played.ended)),
            number_cell(played.counts.commands),
            number_cell(played.counts.cases),
            number_cell(faults),
            number_cell(format!("{held} / {broken}")),
            number_cell(played.skipped.len()),
        ]);
    }
    let heads =
        ["", "Scenario", "Fidelity", "Seed", "True time", "Commands", "Cases", "Faults", "Held / broken", "Skipped"];
    text + &grid(&heads, &rows)
}

fn run(played: &Played, at: usize) -> String {
    let mut text = format!(
        "<section class=\"run\" id=\"run-{at}\">\n<p>{}</p>\n<h1>{}</h1>\n<p>{}</p>\n",
        badge(played),
        escape(&played.title),
        escape(&played.intent)
    );
    text += &alarm("failures", "Why it fails", &played.failures);
    text += &alarm("skipped", "SKIPPED: this fidelity could not do it", &played.skipped);
    text += &facts(played);
    text += "<h2>What happened</h2>\n<p class=\"note\">True time from left to right; quiet stretches are drawn short (//).\
             <span class=\"key owner\"></span>owner<span class=\"key\"></span>owner, offers it\
             <span class=\"key held\"></span>was offered it<span class=\"key fault\"></span>fault</p>\n<div class=\"wide\">\n";
    text += &swim_lanes(played);
    text += "</div>\n";
    text += &expectations(played);
    text += &invariants(played);
    text += &faults(played);
    text += "<h2>Cases</h2>\n";
    text += &cases(played);
    text += &story(played);
    text + "</section>\n"
}

fn alarm(class: &str, title: &str, items: &[String]) -> String {
    if items.is_empty() {
        return String::new();
    }
    let items: String = items.iter().map(|item| format!("<li>{}</li>", escape(item))).collect();
    format!("<div class=\"{class}\"><strong>{title}</strong><ul>{items}</ul></div>\n")
}

fn facts(played: &Played) -> String {
    let counts = played.counts;
    let file = played.file.as_deref().unwrap_or("made by the generator");
    let rows = [
        ("Play it again", format!("<code>{}</code>", escape(&played.replay))),
        ("File", format!("<code>{}</code>", escape(file))),
        ("Fidelity, seed", format!("{}, {}", played.fidelity.as_str(), played.seed)),
        ("True time", format!("{} to {} ({})", played.started, played.ended, lasting(played.started, played.ended))),
        (
            "Flowed",
            format!(
                "{} commands, {}, {} mail; {} acts answered, {} with unknown outcome",
                counts.commands,
                counts.cases_in_words(),
                counts.mail,
                counts.answered,
                counts.unknown
            ),
        ),
        ("Trace", format!("<code>{}</code>", played.trace)),
    ];
    let rows: String = rows.iter().map(|(name, value)| format!("<dt>{name}</dt><dd>{value}</dd>\n")).collect();
    format!("<dl class=\"facts\">\n{rows}</dl>\n")
}

fn expectations(played: &Played) -> String {
    if played.expectations.is_empty() {
        return String::new();
    }
    let mut rows = String::new();
    for checked in &played.expectations {
        let line = if checked.line > 0 { checked.line.to_string() } else { String::new() };
        let came = match checked.met {
            Some(at) => format!("<td class=\"good\">met at {}</td>", escape(&moment(played, at))),
            None => format!("<td class=\"bad\"><strong>not met</strong>; found: {}</td>", escape(&checked.found)),
        };
        rows += &row(&[number_cell(line), cell(&checked.what), came]);
    }
    let met = played.expectations.iter().filter(|checked| is_met(checked)).count();
    let title = format!("<h2>Expectations: {met} of {} met</h2>\n", played.expectations.len());
    title + &grid(&["Line", "Expected", "Came of it"], &rows)
}

fn invariants(played: &Played) -> String {
    let (held, broken, not_yet) = verdicts(played);
    let mut rows = String::new();
    for judged in &played.invariants {
        let verdict = match &judged.verdict {
            Verdict::Held if judged.looked == 0 => "<td class=\"warn\">never looked at</td>".to_owned(),
            Verdict::Held => "<td class=\"good\">held</td>".to_owned(),
            Verdict::Broken { at, what } => format!(
                "<td class=\"bad\"><strong>broken</strong> first at {}: {}</td>",
                escape(&moment(played, *at)),
                escape(what)
            ),
            Verdict::NotYet { issue } => format!("<td class=\"warn\">not yet: {}</td>", escape(issue)),
        };
        rows += &row(&[cell(&judged.id), cell(&judged.meaning), number_cell(judged.looked), verdict]);
    }
    let title = format!("<h2>Invariants: {held} held, {broken} broken, {not_yet} not built yet</h2>\n");
    title + &grid(&["Id", "What it means for a citizen", "Looked at", "Came of it"], &rows)
}

fn faults(played: &Played) -> String {
    if played.faults.is_empty() {
        return "<h2>Faults</h2>\n<p>No fault took effect.</p>\n".to_owned();
    }
    let rows: String =
        played.faults.iter().map(|(kind, count)| row(&[cell(&word_of(kind)), number_cell(count)])).collect();
    "<h2>Faults that took effect</h2>\n".to_owned() + &grid(&["Kind", "Times"], &rows)
}

fn cases(played: &Played) -> String {
    /// More are told in one table only.
    const MOST_TOLD: usize = 40;
    let alias = |unit| {
        let known = played.units.iter().find(|known| known.unit == unit);
        known.map_or_else(|| unit.to_string(), |known| known.alias.clone())
    };
    let path = |case: &CasePath| {
        let mut owners: Vec<String> = Vec::new();
        for held in case.held.iter().filter(|held| held.role == "owner") {
            let alias = alias(held.unit);
            if owners.last() != Some(&alias) {
                owners.push(alias);
            }
        }
        owners.join(" → ")
    };
    let mut rows = String::new();
    for case in &played.cases {
        rows += &row(&[
            cell(&case.label),
            format!("<td><code>{}</code></td>", escape(&case.number)),
            cell(&path(case)),
            cell(&case.stage),
            cell(&case.clocks.join("; ")),
        ]);
    }
    let mut text = grid(&["Case", "Number", "Owned by, in turn", "Stage at the end", "Legal clocks"], &rows);
    for case in played.cases.iter().take(MOST_TOLD) {
        let _infallible = writeln!(text, "<section class=\"case\">\n<h3>{}</h3>", escape(&case.label));
        let mut rows = String::new();
        for held in &case.held {
            rows += &row(&[
                time_cell(&moment(played, held.from)),
                time_cell(&moment(played, held.to)),
                cell(&alias(held.unit)),
                cell(&held.role),
                number_cell(held.attempt),
            ]);
        }
        text += &grid(&["From", "Until", "Unit", "Is to the case", "Attempt"], &rows);
        if !case.happenings.is_empty() {
            let items = case
                .happenings
                .iter()
                .map(|line| row(&[time_cell(&moment(played, line.at)), cell(&line.who), cell(&line.what)]));
            let items: String = items.collect();
            text += &format!(
                "<details><summary>{} entries of its timeline</summary>\n{}</details>\n",
                case.happenings.len(),
                grid(&["Time", "Unit", "What"], &items)
            );
        }
        text += "</section>\n";
    }
    text
}

fn story(played: &Played) -> String {
    /// A page of more lines is slow to open; the transcript has all.
    const MOST_LINES: usize = 3_000;
    let mut rows = String::new();
    for line in played.lines.iter().take(MOST_LINES) {
        rows += &row(&[
            time_cell(&moment(played, line.at)),
            cell(&line.who),
            cell(line.case.as_deref().unwrap_or_default()),
            cell(&line.what),
        ]);
    }
    let more = played.lines.len().saturating_sub(MOST_LINES);
    let note = if more > 0 {
        format!("<p class=\"note\">{more} more lines: see the transcript.</p>\n")
    } else {
        String::new()
    };
    format!(
        "<h2>The story</h2>\n<details><summary>{} lines</summary>\n{}{note}</details>\n",
        played.lines.len(),
        grid(&["Time", "Who", "Case", "What"], &rows)
    )
}
