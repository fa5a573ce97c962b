//! `tongban time`: last days, and why they are that day: reckoned here, by the rules that nodes use, without asking one. And a clerk's
//! word for a unit whose clock is in doubt.

mod confirm;

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use domain::calendar::WorkCalendar;
use domain::case::DayUnit;
use domain::catalogue::LimitDays;
use domain::legal::{Approver, DateRange, Pause, RULES, Reckoned, RuleRow, intervals, reckon};
use domain::time::CivilDate;
use serde_json::{Value, json};

use super::{Failure, Output, columns, print, print_json};

/// Legal time: last days and how they are found, and the rules behind them.
#[derive(Debug, Args)]
pub(crate) struct Time {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// The last day of a limit that runs from a day, with stops.
    Due(Due),
    /// The table of rules.
    Rules(Rules),
    /// A clerk's word for a unit whose clock is in doubt.
    Confirm(confirm::Confirm),
}

/// By which law time runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Regime {
    /// 行政许可法: licences (type 01).
    #[default]
    Licence,
    /// Only what the matter's entry cites: every other type. Its limit is given by --days.
    Cited,
}

#[derive(Debug, Args)]
struct Due {
    /// The day of the event, which is not counted, e.g. 2026-02-10.
    #[arg(long, value_name = "DATE")]
    from: String,
    /// How many days. Without it the limit is that of --rule.
    #[arg(long, value_name = "NUMBER")]
    days: Option<String>,
    /// A rule as `tongban time rules` names it, e.g. decision, for its limit.
    #[arg(long, value_name = "RULE")]
    rule: Option<String>,
    /// The clock stops after this day (art. 45). Any number of times, each with its --resume; the last may stand still.
    #[arg(long = "stop", value_name = "DATE")]
    stops: Vec<String>,
    /// The day on which it resumes, or with which the period told ends: not counted.
    #[arg(long = "resume", value_name = "DATE")]
    resumes: Vec<String>,
    /// Count every day, not the organ's working days.
    #[arg(long)]
    calendar_days: bool,
    /// By which law.
    #[arg(long, value_enum, default_value_t)]
    regime: Regime,
    /// An organ's own days, as CSV with the columns date, kind, holiday: they stand before the national ones.
    #[arg(long, value_name = "FILE.csv")]
    calendar: Option<PathBuf>,
    /// Say of every day why it counts or does not, in both languages.
    #[arg(long)]
    explain: bool,
    /// In which form.
    #[arg(short, long, value_enum, default_value_t)]
    output: Output,
}

#[derive(Debug, Args)]
struct Rules {
    /// In which form.
    #[arg(short, long, value_enum, default_value_t)]
    output: Output,
}

impl Time {
    pub(crate) fn run(self) -> Result<(), Failure> {
        match self.command {
            Command::Confirm(confirm) => return confirm.run(),
            Command::Due(due) => {
                let answer = due.answer()?;
                match due.output {
                    Output::Json => print_json(&answer.json(due.explain)),
                    Output::Text => print(answer.text(due.explain)),
                }
            }
            Command::Rules(Rules { output: Output::Json }) => print_json(&RULES.iter().map(rule_json).collect()),
            Command::Rules(Rules { output: Output::Text }) => print(rules_text()),
        }
        Ok(())
    }
}

/// What was asked and what came of it.
struct Answer {
    from: CivilDate,
    limit: LimitDays,
    rule: Option<&'static RuleRow>,
    stops: Vec<(CivilDate, Option<CivilDate>)>,
    /// `None` while the clock stands still; then how many days are left.
    reckoned: Result<Reckoned, u16>,
}

/// What is wrong, where on the command line, and what to do.
fn refused(code: &'static str, place: &str, what: impl std::fmt::Display) -> Failure {
    let remedy = domain::codes::find(code).map_or("", |row| row.remedy.en);
    Failure::refused(format!("error[{code}]: {what}\n  place    {place}\n  remedy   {remedy}"))
}

fn question(place: &str, what: impl std::fmt::Display) -> Failure {
    refused("legal.question", place, what)
}

fn date(option: &str, text: &str) -> Result<CivilDate, Failure> {
    text.parse().map_err(|why| question(&format!("{option} {text}"), why))
}

fn name(row: &RuleRow) -> String {
    serde_json::to_value(row.rule).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

impl Due {
    fn answer(&self) -> Result<Answer, Failure> {
        let from = date("--from", &self.from)?;
        let (limit, rule) = self.limit()?;
        let calendar = self.calendar()?;
        let stops = self.stops(from)?;
        let due = |known: &[Pause]| reckon(from, limit, known, &|_| &calendar);
        let mut known: Vec<Pause> = Vec::new();
        for (after, until) in &stops {
            let before = due(&known);
            if *after >= before.due.earliest {
                let what = format!("no time is left to stop on {after}: the limit ends with {}", before.due.earliest);
                return Err(refused("legal.stop_late", &format!("--stop {after}"), what));
            }
            let Some(until) = until else {
                let used = before.days.iter().filter(|day| day.date <= *after && day.number.is_some()).count();
                let left = limit.days.saturating_sub(used.try_into().unwrap_or(u16::MAX));
                return Ok(Answer { from, limit, rule, stops, reckoned: Err(left) });
            };
            known.push(Pause { after: *after, until: DateRange::exact(*until) });
        }
        Ok(Answer { from, limit, rule, reckoned: Ok(due(&known)), stops })
    }

    fn limit(&self) -> Result<(LimitDays, Option<&'static RuleRow>), Failure> {
        let unit = if self.calendar_days { DayUnit::Calendar } else { DayUnit::Working };
        let rule = match &self.rule {
            None => None,
            Some(wanted) => {
                let place = format!("--rule {wanted}");
                if self.regime == Regime::Cited {
                    return Err(question(
                        &place,
                        "the table is of the licensing law: give the cited limit with --days",
                    ));
                }
                let row = RULES.iter().find(|row| name(row) == *wanted);
                Some(row.ok_or_else(|| question(&place, "`tongban time rules` lists the rules; this is none of them"))?)
            }
        };
        if let Some(row) = rule.filter(|row| row.words.en.contains("back from")) {
            return Err(question(&format!("--rule {}", name(row)), "this rule counts back from its event"));
        }
        match (&self.days, rule) {
            (Some(text), None) => match text.parse::<u16>() {
                Ok(days) if days <= 3660 => Ok((LimitDays { days, unit }, None)),
                _ => Err(question(&format!("--days {text}"), "a limit has 0 to 3660 days")),
            },
            (None, Some(row)) if self.calendar_days => {
                Err(question("--calendar-days", format!("the rule {} has its own unit", name(row))))
            }
            (None, Some(row)) => Ok((row.limit, rule)),
            (Some(_), Some(_)) => Err(question("--days, --rule", "one of the two gives the limit, not both")),
            (None, None) => Err(question("--days", "the limit is missing: give --days or --rule")),
        }
    }

    fn calendar(&self) -> Result<WorkCalendar, Failure> {
        let national = WorkCalendar::from_csv(domain::sample::WORKDAYS).0;
        let Some(file) = &self.calendar else { return Ok(national) };
        let place = file.display().to_string();
        let bytes = std::fs::read(file).map_err(|why| question(&place, why))?;
        let (own, findings) = WorkCalendar::from_csv(&bytes);
        match findings.first() {
            Some(first) => Err(question(&place, format!("{} of its rows cannot stand: {first:?}", findings.len()))),
            None => Ok(national.with_own(&own)),
        }
    }

    fn stops(&self, from: CivilDate) -> Result<Vec<(CivilDate, Option<CivilDate>)>, Failure> {
        if self.resumes.len() > self.stops.len() {
            let extra = &self.resumes[self.stops.len()];
            return Err(question(&format!("--resume {extra}"), "it resumes what no --stop has stopped"));
        }
        if self.stops.len() > self.resumes.len() + 1 {
            let without = &self.stops[self.resumes.len()];
            return Err(question(&format!("--stop {without}"), "only the last stop may be without its --resume"));
        }
        let mut stops: Vec<(CivilDate, Option<CivilDate>)> = Vec::new();
        for (at, text) in self.stops.iter().enumerate() {
            let after = date("--stop", text)?;
            let until = self.resumes.get(at).map(|text| date("--resume", text)).transpose()?;
            if after < from {
                return Err(question(&format!("--stop {after}"), format!("the clock does not run before {from}")));
            }
            if let Some((_, Some(before))) = stops.last()
                && after < *before
            {
                let what = format!("the clock stands still until {before} already");
                return Err(refused("legal.stop_overlap", &format!("--stop {after}"), what));
            }
            if let Some(until) = until.filter(|until| *until <= after) {
                return Err(question(&format!("--resume {until}"), format!("it is not after the stop on {after}")));
            }
            stops.push((after, until));
        }
        Ok(stops)
    }
}

impl Answer {
    fn json(&self, explain: bool) -> Value {
        let stops = self.stops.iter().map(|(after, until)| json!({ "after": after, "resumed": until }));
        let mut value = json!({
            "from": self.from, "limit": self.limit, "rule": self.rule.map(name), "article": self.rule.map(|row| row.article),
            "stops": stops.collect::<Vec<_>>(), "due": null, "provisional": false,
        });
        match &self.reckoned {
            Ok(reckoned) => {
                value["due"] = json!(reckoned.due);
                value["provisional"] = json!(reckoned.due.is_provisional());
                value["intervals"] = json!(intervals(&reckoned.days));
                if explain {
                    value["days"] = json!(reckoned.days);
                }
            }
            Err(left) => value["left"] = json!(left),
        }
        value
    }

    fn text(&self, explain: bool) -> String {
        let unit = match self.limit.unit {
            DayUnit::Working => "working days 工作日",
            DayUnit::Calendar => "calendar days 自然日",
        };
        let by = self.rule.map(|row| format!(", 行政许可法 art. {}", row.article)).unwrap_or_default();
        let mut lines = vec![match &self.reckoned {
            Err(left) => format!("stands still 停止计时: {left} days left"),
            Ok(Reckoned { due, .. }) if due.is_provisional() => {
                format!("[{}, {}] provisional 暂定: worked to the earliest 按最早日期办理", due.earliest, due.latest)
            }
            Ok(reckoned) => reckoned.due.earliest.to_string(),
        }];
        lines.push(format!("  from     {} (not counted 当日不计), {} {unit}{by}", self.from, self.limit.days));
        for (after, until) in &self.stops {
            let until = until.map_or("now 至今".to_owned(), |until| format!("{until} (not counted 当日不计)"));
            lines.push(format!("  stopped  after {after}, until {until} (art. 45)"));
        }
        if let (true, Ok(reckoned)) = (explain, &self.reckoned) {
            for run in intervals(&reckoned.days) {
                let days = if run.first == run.last {
                    run.first.to_string()
                } else {
                    format!("{} – {}", run.first, run.last)
                };
                let numbers = match run.numbers {
                    None => String::new(),
                    Some((first, last)) if first == last => format!("{first}"),
                    Some((first, last)) => format!("{first}–{last}"),
                };
                lines.push(format!("  {days:<23}  {numbers:>5}  {} {}", run.words.zh, run.words.en));
            }
        }
        lines.join("\n")
    }
}

fn approver(by: Approver) -> &'static str {
    match by {
        Approver::OrganHead => "the organ's head 本机关负责人",
        Approver::GovernmentHead => "the government's head 本级政府负责人",
    }
}

fn rule_json(row: &RuleRow) -> Value {
    json!({
        "rule": row.rule, "limit": row.limit, "extension": row.extension, "article": row.article,
        "en": row.words.en, "zh": row.words.zh,
    })
}

fn rules_text() -> String {
    let mut table = columns(["RULE", "DAYS", "ONCE MORE", "ART.", "WHAT 内容"]);
    for row in &RULES {
        let unit = if row.limit.unit == DayUnit::Working { "working" } else { "calendar" };
        let more = row.extension.map(|more| format!("+{} by {}", more.days, approver(more.by))).unwrap_or_default();
        table.add_row([
            name(row),
            format!("{} {unit}", row.limit.days),
            more,
            row.article.to_owned(),
            format!("{} {}", row.words.en, row.words.zh),
        ]);
    }
    format!("行政许可法, for licences (type 01); other types run on what their entry cites\n{table}")
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;

    #[derive(clap::Parser)]
    struct Line {
        #[command(flatten)]
        due: Due,
    }

    fn told(line: &str) -> Result<String, String> {
        let words = std::iter::once("due").chain(line.split_whitespace());
        let due = Line::try_parse_from(words).map_err(|why| why.to_string())?.due;
        due.answer().map(|answer| answer.text(due.explain)).map_err(|failure| failure.text)
    }

    #[test]
    fn last_days_are_told() {
        for (line, first) in [
            ("--from 2026-02-10 --days 20", "2026-03-16"),
            ("--from 2026-02-10 --rule decision", "2026-03-16"),
            ("--from 2026-02-10 --days 20 --stop 2026-02-13 --resume 2026-03-04", "2026-03-27"),
            ("--from 2026-02-10 --days 20 --calendar-days", "2026-03-02"),
            ("--from 2026-02-10 --days 20 --stop 2026-02-13", "stands still 停止计时: 17 days left"),
            ("--from 2026-12-25 --days 20", "[2027-01-"),
        ] {
            let text = told(line).unwrap();
            assert!(text.starts_with(first), "{line}: {text}");
        }
        let text = told("--from 2026-02-10 --days 3 --explain").unwrap();
        assert!(text.ends_with("2026-02-11 – 2026-02-13    1–3  工作日(第82条) working day (art. 82)"), "{text}");
    }

    #[test]
    fn wrong_questions_name_place_and_remedy() {
        for (line, code, place) in [
            ("--from 2026-02-30 --days 20", "legal.question", "--from 2026-02-30"),
            ("--from 2026-02-10", "legal.question", "--days"),
            ("--from 2026-02-10 --days x", "legal.question", "--days x"),
            ("--from 2026-02-10 --days 3661", "legal.question", "--days 3661"),
            ("--from 2026-02-10 --days 5 --rule decision", "legal.question", "--days, --rule"),
            ("--from 2026-02-10 --rule decide", "legal.question", "--rule decide"),
            ("--from 2026-02-10 --rule hearing_notice", "legal.question", "--rule hearing_notice"),
            ("--from 2026-02-10 --rule decision --regime cited", "legal.question", "--rule decision"),
            ("--from 2026-02-10 --days 5 --resume 2026-02-12", "legal.question", "--resume 2026-02-12"),
            ("--from 2026-02-10 --days 5 --stop 2026-02-09", "legal.question", "--stop 2026-02-09"),
            (
                "--from 2026-02-10 --days 5 --stop 2026-02-11 --resume 2026-02-11",
                "legal.question",
                "--resume 2026-02-11",
            ),
            ("--from 2026-02-10 --days 5 --stop 2026-02-24", "legal.stop_late", "--stop 2026-02-24"),
            (
                "--from 2026-02-10 --days 5 --stop 2026-02-11 --resume 2026-02-25 --stop 2026-02-12",
                "legal.stop_overlap",
                "--stop 2026-02-12",
            ),
            ("--from 2026-02-10 --days 5 --calendar /none.csv", "legal.question", "/none.csv"),
        ] {
            let text = told(line).unwrap_err();
            assert!(text.starts_with(&format!("error[{code}]: ")), "{line}: {text}");
            assert!(text.contains(&format!("\n  place    {place}\n  remedy   ")), "{line}: {text}");
        }
    }

    #[test]
    fn every_rule_stands_in_the_table() {
        let text = rules_text();
        assert!(RULES.iter().all(|row| text.contains(&name(row)) && text.contains(row.article)), "{text}");
    }
}
