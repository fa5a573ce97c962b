//! `tongban bench search`: how fast and in how much memory a unit finds matters, over a made-up catalogue from real names.

use std::hint::black_box;
use std::time::{Duration, Instant};

use clap::Args;
use comfy_table::CellAlignment;
use domain::catalogue::import::MatterList;
use domain::catalogue::{EVERYDAY_WORDS, Matter, everyday_words, generated};
use domain::time::CivilDate;
use hdrhistogram::Histogram;
use search::MatterIndex;
use serde_json::{Value, json};

use super::report::Settings;
use super::{Output, columns, load_average, print, print_json};

/// How long a unit takes to find matters, and what its index takes of memory.
///
/// The catalogue is made up from the real names of one county's list. Questions are made by rule from its names, so that every run asks the
/// same; one is asked after the other on one thread, as a unit answers them. What is measured is the index: reading what was found from
/// rows, and the page, are not.
#[derive(Debug, Args)]
pub(super) struct Search {
    /// How many matters the catalogue has.
    #[arg(long, value_name = "NUMBER", default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    matters: u32,
    /// How many questions of each kind.
    #[arg(long, value_name = "NUMBER", default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    questions: u32,
    /// In which form.
    #[arg(short, long, value_enum, default_value_t)]
    output: Output,
}

/// As the pages ask.
const MOST: usize = 100;

/// The questions of one kind.
struct Kind {
    name: &'static str,
    questions: Vec<String>,
}

/// What they took.
struct Took {
    name: &'static str,
    found: usize,
    asked: usize,
    /// In microseconds.
    latency: Histogram<u64>,
}

impl Search {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let list = MatterList::from_csv(domain::sample::MATTERS).rows;
        let units = std::collections::BTreeSet::new();
        let rows = generated::rows(&list, self.matters as usize);
        let draft =
            generated::draft(&rows, &node::divisions(), &units, domain::calendar::WorkCalendar::default(), 1800);
        let definitions: Vec<String> = draft.matters.iter().map(serde_json::to_string).collect::<Result<_, _>>()?;
        let kinds = kinds(&draft.matters, self.questions as usize);
        let bytes: usize = definitions.iter().map(String::len).sum();
        drop(draft);

        let before = resident_bytes();
        let began = now();
        // As a unit makes it: from the JSON of its rows, one matter in memory at a time.
        let mut index = MatterIndex::new();
        for definition in &definitions {
            index.add(&serde_json::from_str::<Matter>(definition)?);
        }
        let index = index.finished();
        let made_in = now() - began;
        let after = resident_bytes();
        let today: CivilDate = "2026-07-01".parse()?;
        let took: Vec<Took> = kinds.iter().map(|kind| ask(&index, kind, today)).collect::<anyhow::Result<_>>()?;

        let built = if cfg!(debug_assertions) { "with debug assertions" } else { "as a release" };
        let processors = std::thread::available_parallelism().map_or(0, usize::from);
        let settings = Settings {
            lines: vec![
                ("machine", format!("{processors} processors; load average {}", load_average())),
                ("tongban", format!("{} built {built}; one thread", env!("CARGO_PKG_VERSION"))),
                (
                    "catalogue",
                    format!(
                        "{} matters, {bytes} bytes of JSON; names of one county's list, made up to that number",
                        index.len()
                    ),
                ),
                (
                    "index",
                    format!(
                        "made in {:.1} ms from JSON; {} bytes by its own count; resident {before} bytes before, {after} after",
                        millis(made_in),
                        index.heap_bytes()
                    ),
                ),
                ("questions", format!("{} of each kind, at most {MOST} matters asked for", self.questions)),
            ],
        };
        match self.output {
            Output::Json => print_json(&as_json(&settings, &index, made_in, &took)),
            Output::Text => print(text(&settings, &took)),
        }
        Ok(())
    }
}

fn ask(index: &MatterIndex, kind: &Kind, today: CivilDate) -> anyhow::Result<Took> {
    let mut latency = Histogram::new_with_bounds(1, 60_000_000, 3)?;
    let mut found = 0;
    for question in &kind.questions {
        let began = now();
        let hits = black_box(index.find(black_box(question), today, MOST));
        latency.saturating_record(u64::try_from((now() - began).as_micros()).unwrap_or(u64::MAX));
        found += usize::from(!hits.is_empty());
    }
    Ok(Took { name: kind.name, found, asked: kind.questions.len(), latency })
}

/// Questions by rule, from names that are spread over the whole catalogue.
fn kinds(matters: &[Matter], questions: usize) -> Vec<Kind> {
    let names: Vec<Vec<char>> =
        matters.iter().map(|matter| matter.name.chars().filter(|c| c.is_alphanumeric()).collect()).collect();
    // A step without a common divisor with most numbers: no name twice before all were asked.
    let nth = |n: usize| &names[n * 7_919 % names.len()];
    let text = |characters: &[char]| characters.iter().collect::<String>();
    let part = |n: usize, length: usize| {
        let name = nth(n);
        let from = n * 31 % name.len().saturating_sub(length).max(1);
        text(&name[from..(from + length).min(name.len())])
    };
    let spelt = |text: &str, initials: bool| {
        use pinyin::ToPinyin;
        let spelt = text.to_pinyin().flatten().map(|one| if initials { one.first_letter() } else { one.plain() });
        spelt.collect::<String>()
    };
    let said: Vec<String> =
        everyday_words(EVERYDAY_WORDS).unwrap_or_default().into_iter().flat_map(|row| row.said).collect();
    let swapped = |n: usize, by: char| {
        let mut characters: Vec<char> = part(n, 6).chars().collect();
        if let Some(c) = characters.get_mut(2) {
            *c = by;
        }
        text(&characters)
    };
    let kind =
        |name, question: &dyn Fn(usize) -> String| Kind { name, questions: (0..questions).map(question).collect() };
    vec![
        kind("whole name", &|n| text(nth(n))),
        kind("part", &|n| part(n, 4)),
        kind("two words", &|n| format!("{} {}", part(n, 2), part(n + 1, 2))),
        kind("one sign", &|n| part(n, 1)),
        kind("pinyin", &|n| spelt(&part(n, 4), false)),
        kind("initials", &|n| spelt(&part(n, 5), true)),
        kind("everyday", &|n| said[n % said.len().max(1)].clone()),
        kind("slip", &|n| swapped(n, '凸')),
        kind("order changed", &|n| format!("{}{}", part(n, 8).chars().skip(4).collect::<String>(), part(n, 4))),
        kind("nothing", &|n| format!("凸凹{}", part(n, 2).chars().rev().collect::<String>())),
        kind("longest", &|n| (n..).map(|n| text(nth(n))).take(12).collect::<Vec<_>>().join(" ")),
    ]
}

fn all(took: &[Took]) -> Histogram<u64> {
    let mut all = took[0].latency.clone();
    took[1..].iter().for_each(|took| all.add(&took.latency).expect("all have the same bounds"));
    all
}

fn text(settings: &Settings, took: &[Took]) -> String {
    let mut table = columns(["question", "asked", "found", "p50 ms", "p99 ms", "max ms"]);
    let total = all(took);
    let (asked, found) = (took.iter().map(|took| took.asked).sum(), took.iter().map(|took| took.found).sum());
    let rows = took.iter().map(|took| (took.name, took.asked, took.found, &took.latency));
    for (name, asked, found, latency) in rows.chain([("all", asked, found, &total)]) {
        let figure = |micros: u64| format!("{:.2}", micros as f64 / 1000.0);
        table.add_row([
            name.to_owned(),
            asked.to_string(),
            found.to_string(),
            figure(latency.value_at_quantile(0.5)),
            figure(latency.value_at_quantile(0.99)),
            figure(latency.max()),
        ]);
    }
    for column in 1..6 {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let settings: String = settings.lines.iter().map(|(name, value)| format!("{name:<9} {value}\n")).collect();
    format!("{settings}{table}")
}

fn as_json(settings: &Settings, index: &MatterIndex, made_in: Duration, took: &[Took]) -> Value {
    let rows = took.iter().map(|took| {
        json!({
            "question": took.name,
            "asked": took.asked,
            "found": took.found,
            "p50_millis": took.latency.value_at_quantile(0.5) as f64 / 1000.0,
            "p99_millis": took.latency.value_at_quantile(0.99) as f64 / 1000.0,
            "max_millis": took.latency.max() as f64 / 1000.0,
        })
    });
    let settings: serde_json::Map<String, Value> =
        settings.lines.iter().map(|(name, value)| ((*name).to_owned(), value.as_str().into())).collect();
    json!({
        "settings": settings,
        "matters": index.len(),
        "index_bytes": index.heap_bytes(),
        "made_in_millis": millis(made_in),
        "rows": rows.collect::<Vec<_>>(),
    })
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

#[expect(clippy::disallowed_methods, reason = "what is measured is this machine's time")]
fn now() -> Instant {
    Instant::now()
}

/// What of this process is in memory; 0 where the system does not tell.
fn resident_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kibibytes = line.and_then(|line| line.trim().strip_suffix(" kB")).and_then(|number| number.parse::<u64>().ok());
    kibibytes.unwrap_or(0) * 1024
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_question_is_asked_and_answered_as_it_says() {
        let list = MatterList::from_csv(domain::sample::MATTERS).rows;
        let rows = generated::rows(&list, 1_500);
        let draft =
            generated::draft(&rows, &node::divisions(), &[].into(), domain::calendar::WorkCalendar::default(), 60);
        let index = MatterIndex::of(&draft.matters);
        let took: Vec<Took> = kinds(&draft.matters, 40)
            .iter()
            .map(|kind| ask(&index, kind, "2026-07-01".parse().unwrap()).unwrap())
            .collect();
        for took in &took {
            let found = match took.name {
                "nothing" | "longest" => took.found == 0,
                // One sign can be 办, a word that says nothing, and is not looked for then.
                "two words" | "one sign" | "initials" | "slip" | "order changed" => took.found > 0,
                _ => took.found == took.asked,
            };
            assert!(found, "{}: {} of {} found", took.name, took.found, took.asked);
        }
        let settings = Settings { lines: vec![("machine", "2 processors".to_owned())] };
        let told = text(&settings, &took);
        assert!(told.starts_with("machine   2 processors\n") && told.contains("whole name"), "{told}");
        assert_eq!(as_json(&settings, &index, Duration::ZERO, &took)["rows"][0]["asked"], 40);
    }
}
