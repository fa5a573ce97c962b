//! Where log lines go and how they look. Lines hold codes, units, nodes and counts; never a personal field, at any level.

use std::io::IsTerminal;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::EnvFilter;

use crate::config::{Log, LogForm, LogLevel};

/// Starts writing log lines to standard error. `TONGBAN_LOG` (as of tracing's `EnvFilter`) goes before the settings. A second call
/// in one process does nothing.
pub fn start(log: &Log) {
    let level = match log.level {
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Trace => LevelFilter::TRACE,
    };
    // Others' crates speak of every packet and heartbeat below `warn`; openraft of every try to reach a peer that is off, which the
    // unit's status tells once.
    let own = ["host", "unit", "consensus", "store", "transport", "web", "node", "tongban"];
    let usual = own.iter().fold("warn,openraft=error".to_owned(), |usual, name| format!("{usual},{name}={level}"));
    let filter = EnvFilter::try_from_env("TONGBAN_LOG").unwrap_or_else(|_| EnvFilter::new(usual));
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // Refused only where a subscriber is there already.
    drop(match log.form {
        LogForm::Text => lines.with_ansi(std::io::stderr().is_terminal()).try_init(),
        LogForm::Json => lines.json().flatten_event(true).with_current_span(true).with_span_list(false).try_init(),
    });
}
