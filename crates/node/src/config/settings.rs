//! Times, bounds and the log: the part of `node.toml` that a topology may give to all nodes alike.

use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use toml::Spanned;

use super::fault::ConfigFault;
use super::place::{Place, Source};

/// Times. All voters of a unit should have the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// A leader tells its followers that it is there.
    pub heartbeat: Duration,
    /// A follower that hears nothing asks for votes after a time between this …
    pub election_least: Duration,
    /// … and this.
    pub election_most: Duration,
    /// An HTTP request is answered within this.
    pub request: Duration,
    /// On shutdown, requests under way may take this long.
    pub drain: Duration,
    /// Neighbours are told a head of the unit's books at most so often.
    pub heads: Duration,
}

/// Bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Of an HTTP body, in bytes.
    pub body_bytes: usize,
    /// Of a catalogue to be published, in bytes.
    pub catalogue_bytes: usize,
    /// HTTP requests under way at once.
    pub requests: usize,
    /// Timelines followed at once.
    pub followers: usize,
    /// Log entries kept before a snapshot point, for followers that are a little behind.
    pub log_entries_kept: u64,
    /// Log entries between two snapshot points.
    pub snapshot_every: u64,
}

/// Who mirrors whom. All nodes of a region should have the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mirroring {
    /// So many nodes of each unit, the first that the directory lists as its voters, mirror every unit right below; none where 0.
    pub nodes: usize,
    /// A mirror that is behind or silent for longer is an alarm.
    pub alarm: Duration,
}

/// What is logged. Never a personal field, at any level.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Log {
    /// From which level on.
    pub level: LogLevel,
    /// How a line looks.
    pub form: LogForm,
}

/// Who may act, and by which way browsers come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct People {
    /// Demo people can be picked without signing in: for trying things out, never where real people are served.
    pub demo: bool,
    /// A proxy in front ends TLS: sessions are for that host and TLS alone.
    pub behind_tls: bool,
}

/// From which level on lines are written (CONTRIBUTING.md defines the levels).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogLevel {
    /// A promise is broken or the node stops.
    Error,
    /// Something needs an operator's eye.
    Warn,
    /// What an operator wants to see of a healthy node.
    #[default]
    Info,
    /// For people who look for a fault.
    Debug,
    /// Everything.
    Trace,
}

/// How a log line looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogForm {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line, for programs.
    Json,
}

/// The tables, as written. What is left out has its default.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Settings {
    pub(crate) timing: TimingFile,
    pub(crate) limits: LimitsFile,
    pub(crate) mirror: MirrorFile,
    pub(crate) log: Log,
    pub(crate) people: People,
}

impl Settings {
    /// The values, if each lies within its bounds and they fit each other.
    pub(crate) fn checked(&self, source: &Arc<Source>) -> Result<(Timing, Limits, Mirroring, Log), ConfigFault> {
        let mirror = self.mirror.checked(source)?;
        Ok((self.timing.checked(source)?, self.limits.checked(source)?, mirror, self.log.clone()))
    }
}

/// Declares a table of numbers: each with its unit in its name, its bounds and its default.
macro_rules! numbers {
    ($file:ident { $($key:ident: $range:expr, $default:literal;)+ }) => {
        #[derive(Clone, Debug, Default, Serialize, Deserialize)]
        #[serde(deny_unknown_fields, default)]
        pub(crate) struct $file {
            $(#[serde(skip_serializing_if = "Option::is_none")]
            $key: Option<Spanned<u64>>,)+
        }

        impl $file {
            $(fn $key(&self, source: &Arc<Source>) -> Result<u64, ConfigFault> {
                bounded(source, self.$key.as_ref(), $range, $default)
            })+
        }
    };
}

numbers!(TimingFile {
    heartbeat_milliseconds: 10..=60_000, 250;
    election_least_milliseconds: 50..=600_000, 1_000;
    election_most_milliseconds: 100..=600_000, 2_000;
    request_seconds: 1..=300, 30;
    drain_seconds: 0..=300, 10;
    heads_minutes: 1..=10_080, 60;
});

numbers!(LimitsFile {
    body_kibibytes: 16..=16_384, 256;
    catalogue_mebibytes: 1..=256, 16;
    requests: 1..=100_000, 512;
    followers: 1..=100_000, 256;
    log_entries_kept: 100..=10_000_000, 10_000;
    snapshot_every_entries: 1_000..=100_000_000, 20_000;
});

numbers!(MirrorFile {
    nodes: 0..=9, 0;
    alarm_seconds: 1..=86_400, 60;
});

fn bounded(
    source: &Arc<Source>,
    given: Option<&Spanned<u64>>,
    range: RangeInclusive<u64>,
    default: u64,
) -> Result<u64, ConfigFault> {
    let Some(given) = given else { return Ok(default) };
    let value = *given.get_ref();
    if range.contains(&value) {
        return Ok(value);
    }
    let what = format!("{value} is outside {} to {}; left out it is {default}", range.start(), range.end());
    Err(ConfigFault::Value { place: Place::new(source, given.span()), what })
}

impl TimingFile {
    fn checked(&self, source: &Arc<Source>) -> Result<Timing, ConfigFault> {
        let heartbeat = self.heartbeat_milliseconds(source)?;
        let least = self.election_least_milliseconds(source)?;
        let most = self.election_most_milliseconds(source)?;
        let given = [&self.heartbeat_milliseconds, &self.election_least_milliseconds, &self.election_most_milliseconds];
        // The last one that was written; where none was, the defaults fit each other.
        let span = given.into_iter().rev().flatten().map(Spanned::span).next().unwrap_or(0..0);
        let contradiction = |what: String, remedy: &str| {
            let place = Place::new(source, span.clone());
            Err(ConfigFault::Contradiction { place, what, remedy: remedy.to_owned() })
        };
        if least < 2 * heartbeat {
            let what = format!("an election after {least} ms, but a heartbeat only every {heartbeat} ms");
            return contradiction(what, "let at least two heartbeats fit into `election_least_milliseconds`");
        }
        if most <= least {
            let what = format!("an election between {least} and {most} ms leaves no room for chance");
            return contradiction(what, "let `election_most_milliseconds` be twice `election_least_milliseconds`");
        }
        Ok(Timing {
            heartbeat: Duration::from_millis(heartbeat),
            election_least: Duration::from_millis(least),
            election_most: Duration::from_millis(most),
            request: Duration::from_secs(self.request_seconds(source)?),
            drain: Duration::from_secs(self.drain_seconds(source)?),
            heads: Duration::from_secs(60 * self.heads_minutes(source)?),
        })
    }
}

impl MirrorFile {
    fn checked(&self, source: &Arc<Source>) -> Result<Mirroring, ConfigFault> {
        let nodes = usize::try_from(self.nodes(source)?).unwrap_or(usize::MAX);
        Ok(Mirroring { nodes, alarm: Duration::from_secs(self.alarm_seconds(source)?) })
    }
}

impl LimitsFile {
    fn checked(&self, source: &Arc<Source>) -> Result<Limits, ConfigFault> {
        let whole = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
        Ok(Limits {
            body_bytes: whole(self.body_kibibytes(source)? * 1024),
            catalogue_bytes: whole(self.catalogue_mebibytes(source)? * 1024 * 1024),
            requests: whole(self.requests(source)?),
            followers: whole(self.followers(source)?),
            log_entries_kept: self.log_entries_kept(source)?,
            snapshot_every: self.snapshot_every_entries(source)?,
        })
    }
}
