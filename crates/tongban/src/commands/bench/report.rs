//! What was measured, with the settings of both sides: a number without them says nothing.

use comfy_table::CellAlignment;
use serde_json::{Value, json};

use super::columns;
use super::load::Round;

/// One side's round.
pub(super) struct Measured {
    pub(super) interface: &'static str,
    pub(super) round: Round,
}

/// Under which settings.
pub(super) struct Settings {
    /// Name and value, in the order in which they are told.
    pub(super) lines: Vec<(&'static str, String)>,
}

pub(super) fn text(settings: &Settings, measured: &[Measured]) -> String {
    let mut table = columns(["clients", "interface", "commands/s", "p50 ms", "p99 ms", "confirmed", "failed"]);
    for Measured { interface, round } in measured {
        table.add_row([
            round.clients.to_string(),
            (*interface).to_owned(),
            format!("{:.0}", round.per_second()),
            format!("{:.2}", round.quantile_millis(0.5)),
            format!("{:.2}", round.quantile_millis(0.99)),
            round.commands.to_string(),
            round.failed.to_string(),
        ]);
    }
    for column in [0, 2, 3, 4, 5, 6] {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let mut text = String::new();
    for (name, value) in &settings.lines {
        text += &format!("{name:<9} {value}\n");
    }
    text += &table.to_string();
    for Measured { interface, round } in measured {
        if let Some(fault) = &round.fault {
            text +=
                &format!("\n! {interface}, {} clients: {} failed, the first one: {fault}", round.clients, round.failed);
        }
    }
    text
}

pub(super) fn as_json(settings: &Settings, measured: &[Measured]) -> Value {
    let rounds = measured.iter().map(|Measured { interface, round }| {
        json!({
            "interface": interface,
            "clients": round.clients,
            "seconds": round.took.as_secs_f64(),
            "confirmed": round.commands,
            "failed": round.failed,
            "first_fault": round.fault,
            "commands_per_second": round.per_second(),
            "p50_millis": round.quantile_millis(0.5),
            "p99_millis": round.quantile_millis(0.99),
        })
    });
    let settings: serde_json::Map<String, Value> =
        settings.lines.iter().map(|(name, value)| ((*name).to_owned(), value.as_str().into())).collect();
    json!({ "settings": settings, "rounds": rounds.collect::<Vec<_>>() })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use hdrhistogram::Histogram;

    use super::*;

    #[test]
    fn figures_are_told_with_their_settings_and_faults() {
        let mut latency = Histogram::new_with_bounds(1, 1_000_000, 3).unwrap();
        for micros in [1000, 2000, 2000, 8000] {
            latency.record(micros).unwrap();
        }
        let fault = Some("504".to_owned());
        let round = Round { clients: 16, took: Duration::from_secs(2), commands: 4, failed: 1, fault, latency };
        let measured = [Measured { interface: "QUIC", round }];
        let settings = Settings { lines: vec![("machine", "2 processors".to_owned())] };
        let told = text(&settings, &measured);
        assert!(told.starts_with("machine   2 processors\n"), "{told}");
        let row: Vec<&str> = told.lines().find(|line| line.contains("QUIC")).unwrap().split_whitespace().collect();
        assert_eq!(row, ["16", "QUIC", "2", "2.00", "8.00", "4", "1"]);
        assert!(told.ends_with("! QUIC, 16 clients: 1 failed, the first one: 504"), "{told}");
        assert_eq!(as_json(&settings, &measured)["rounds"][0]["confirmed"], 4);
    }
}
