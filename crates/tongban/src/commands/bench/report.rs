//! What was measured, with the settings of both sides: a number without them says nothing.

use comfy_table::CellAlignment;
use serde_json::{Value, json};

use super::columns;
use super::load::Round;

/// One side's rounds with as many clients, the others' rounds between them.
pub(super) struct Measured {
    pub(super) interface: &'static str,
    pub(super) clients: usize,
    pub(super) rounds: Vec<Round>,
}

impl Measured {
    /// Least, median and most over the rounds.
    fn spread(&self, of: impl Fn(&Round) -> f64) -> [f64; 3] {
        let mut all: Vec<f64> = self.rounds.iter().map(of).collect();
        all.sort_by(f64::total_cmp);
        let at = |index: usize| all.get(index).copied().unwrap_or_default();
        let (half, last) = (all.len() / 2, all.len().saturating_sub(1));
        let median = if all.len() % 2 == 1 { at(half) } else { (at(half.saturating_sub(1)) + at(half)) / 2.0 };
        [at(0), median, at(last)]
    }

    fn median(&self, of: impl Fn(&Round) -> f64) -> f64 {
        self.spread(of)[1]
    }

    fn count(&self, of: impl Fn(&Round) -> u64) -> u64 {
        self.rounds.iter().map(of).sum()
    }
}

/// Under which settings.
pub(super) struct Settings {
    /// Name and value, in the order in which they are told.
    pub(super) lines: Vec<(&'static str, String)>,
}

/// The other side, whose medians the rest is told beside.
const BESIDE: &str = "etcd";

fn beside(measured: &[Measured], one: &Measured) -> Option<f64> {
    let other = measured.iter().find(|other| other.interface == BESIDE && other.clients == one.clients)?;
    let other = other.median(Round::per_second);
    (other > 0.0).then(|| one.median(Round::per_second) / other)
}

pub(super) fn text(settings: &Settings, measured: &[Measured]) -> String {
    let mut table = columns([
        "clients",
        "interface",
        "commands/s",
        "least–most",
        "× etcd",
        "p50 ms",
        "p99 ms",
        "confirmed",
        "failed",
    ]);
    for one in measured {
        let [least, median, most] = one.spread(Round::per_second);
        table.add_row([
            one.clients.to_string(),
            one.interface.to_owned(),
            format!("{median:.0}"),
            format!("{least:.0}–{most:.0}"),
            beside(measured, one).map(|times| format!("{times:.2}")).unwrap_or_default(),
            format!("{:.2}", one.median(|round| round.quantile_millis(0.5))),
            format!("{:.2}", one.median(|round| round.quantile_millis(0.99))),
            one.count(|round| round.commands).to_string(),
            one.count(|round| round.failed).to_string(),
        ]);
    }
    for column in [0, 2, 3, 4, 5, 6, 7, 8] {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let mut text = String::new();
    for (name, value) in &settings.lines {
        text += &format!("{name:<9} {value}\n");
    }
    text += &table.to_string();
    for one in measured {
        if let Some(fault) = one.rounds.iter().find_map(|round| round.fault.as_ref()) {
            let failed = one.count(|round| round.failed);
            text += &format!("\n! {}, {} clients: {failed} failed, the first one: {fault}", one.interface, one.clients);
        }
    }
    text
}

pub(super) fn as_json(settings: &Settings, measured: &[Measured]) -> Value {
    let round = |round: &Round| {
        json!({
            "seconds": round.took.as_secs_f64(),
            "confirmed": round.commands,
            "failed": round.failed,
            "first_fault": round.fault,
            "commands_per_second": round.per_second(),
            "p50_millis": round.quantile_millis(0.5),
            "p99_millis": round.quantile_millis(0.99),
        })
    };
    let each = |one: &Measured| {
        let [least, median, most] = one.spread(Round::per_second);
        json!({
            "interface": one.interface,
            "clients": one.clients,
            "commands_per_second": { "least": least, "median": median, "most": most },
            "times_etcd": beside(measured, one),
            "p50_millis": one.median(|round| round.quantile_millis(0.5)),
            "p99_millis": one.median(|round| round.quantile_millis(0.99)),
            "rounds": one.rounds.iter().map(round).collect::<Vec<_>>(),
        })
    };
    let settings: serde_json::Map<String, Value> =
        settings.lines.iter().map(|(name, value)| ((*name).to_owned(), value.as_str().into())).collect();
    json!({ "settings": settings, "measured": measured.iter().map(each).collect::<Vec<_>>() })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use hdrhistogram::Histogram;

    use super::*;

    #[test]
    fn figures_are_told_with_their_settings_and_faults() {
        let round = |seconds: u64, micros: &[u64], fault: Option<&str>| {
            let mut latency = Histogram::new_with_bounds(1, 1_000_000, 3).unwrap();
            micros.iter().for_each(|micros| latency.record(*micros).unwrap());
            let (commands, failed) = (micros.len() as u64, u64::from(fault.is_some()));
            let took = Duration::from_secs(seconds);
            Round { took, commands, failed, fault: fault.map(str::to_owned), latency }
        };
        let rounds = vec![
            round(2, &[1000, 2000, 2000, 8000], Some("504")),
            round(1, &[3000, 3000, 3000], None),
            round(1, &[9000], None),
        ];
        let of = |interface, rounds| Measured { interface, clients: 16, rounds };
        let etcd = of("etcd", vec![round(1, &[1000; 4], None), round(1, &[1000; 12], None)]);
        let measured = [of("QUIC", rounds), etcd];
        let settings = Settings { lines: vec![("machine", "2 processors".to_owned())] };
        let told = text(&settings, &measured);
        assert!(told.starts_with("machine   2 processors\n"), "{told}");
        let row = |of| {
            let mut rows = told.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
            rows.find(|row| row.get(1) == Some(&of)).unwrap()
        };
        assert_eq!(row("QUIC"), ["16", "QUIC", "2", "1–3", "0.25", "3.00", "8.00", "8", "1"]);
        assert_eq!(row("etcd"), ["16", "etcd", "8", "4–12", "1.00", "1.00", "1.00", "16", "0"]);
        assert!(told.ends_with("! QUIC, 16 clients: 1 failed, the first one: 504"), "{told}");
        let json = as_json(&settings, &measured);
        assert_eq!(json["measured"][0]["rounds"][0]["confirmed"], 4);
        assert_eq!(json["measured"][0]["times_etcd"], 0.25);
    }
}
