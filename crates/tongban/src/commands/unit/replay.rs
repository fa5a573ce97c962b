//! `tongban unit replay`: recorded commands through the rules alone, on rows in memory: no consensus, no disk, no network. The
//! same commands give the same state, byte for byte (promise 4), or a promise is broken.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use clap::Args;
use domain::ids::{Generation, UnitId};
use domain::store::StoreFault;
use protocol::machine;
use protocol::memory::MapSnapshot;
use protocol::overlay::WriteSet;
use serde::Serialize;

use super::record::{Head, Line, State};
use super::{Failure, Output, open, print, print_json};

/// Run recorded commands through the rules alone: the same state must come out, byte for byte.
#[derive(Debug, Args)]
#[group(id = "source", required = true, multiple = false, args = ["data", "log"])]
pub(super) struct Replay {
    /// A node's data folder, which holds the file MARK: replayed and compared with its own rows.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// What `unit log -o json` wrote; compared with the hashes at its end.
    #[arg(long, value_name = "FILE")]
    log: Option<PathBuf>,
    /// In which form.
    #[arg(short, long, value_enum, default_value_t)]
    output: Output,
}

/// What one unit's log came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(in crate::commands) struct Replayed {
    unit: UnitId,
    generation: Generation,
    /// By the replay.
    replayed: State,
    /// By the folder's rows, or the log's end.
    recorded: Option<State>,
    /// Whether both are the same; nothing where there is nothing to compare with.
    pub(in crate::commands) same: Option<bool>,
}

impl Replay {
    pub(super) fn run(self) -> Result<(), Failure> {
        let units = match (&self.data, &self.log) {
            (Some(folder), _) => of_folder(folder)?,
            (None, Some(file)) => {
                let opened =
                    File::open(file).map_err(|why| Failure::refused(format!("error: {}: {why}", file.display())))?;
                of_lines(BufReader::new(opened))
                    .map_err(|why| Failure::refused(format!("error: {}: {why}", file.display())))?
            }
            (None, None) => vec![],
        };
        match self.output {
            Output::Json => print_json(&serde_json::to_value(&units).map_err(Failure::failed)?),
            Output::Text => units.iter().for_each(|unit| print(told(unit))),
        }
        match units.iter().filter(|unit| unit.same == Some(false)).count() {
            0 => Ok(()),
            units => Err(Failure::failed(format!(
                "{units} units have another state than their commands give: a promise is broken (I12); keep the folder as evidence"
            ))),
        }
    }
}

/// One unit's rows as its commands make them.
#[derive(Default)]
struct Rows {
    rows: MapSnapshot,
}

impl Rows {
    fn apply(&mut self, payload: &[u8]) -> Result<(), StoreFault> {
        let mut batch = WriteSet::default();
        machine::apply(&self.rows, &mut batch, payload)?;
        self.rows.write(&batch);
        Ok(())
    }

    fn end(&self, head: &Head, recorded: Option<State>) -> Result<Replayed, StoreFault> {
        let replayed = State::of(&self.rows)?;
        let same = recorded.map(|recorded| recorded == replayed);
        Ok(Replayed { unit: head.unit, generation: head.generation, replayed, recorded, same })
    }
}

/// Replays a data folder's log and compares with its rows.
pub(in crate::commands) fn of_folder(folder: &Path) -> Result<Vec<Replayed>, Failure> {
    let (_evidence, groups) = open(folder)?;
    let mut units = Vec::new();
    for group in groups {
        let commands = group.commands().map_err(Failure::failed)?;
        let head = Head { unit: group.unit, generation: group.generation, whole: commands.is_whole() };
        whole(&head).map_err(Failure::refused)?;
        let mut rows = Rows::default();
        for command in commands {
            rows.apply(&command.map_err(Failure::failed)?.payload).map_err(Failure::failed)?;
        }
        let recorded = State::of(&group.rows().map_err(Failure::failed)?).map_err(Failure::failed)?;
        units.push(rows.end(&head, Some(recorded)).map_err(Failure::failed)?);
    }
    Ok(units)
}

fn whole(head: &Head) -> Result<(), String> {
    match head.whole {
        true => Ok(()),
        false => Err(format!(
            "error: the log of unit {} does not begin with its founding: older commands were purged after a snapshot, and cannot \
             be replayed from nothing. Export a log with `tongban unit log` before it is purged, or keep more entries \
             (limits.log_entries_kept)",
            head.unit
        )),
    }
}

fn of_lines(lines: impl BufRead) -> Result<Vec<Replayed>, String> {
    let mut units = Vec::new();
    let mut open: Option<(Head, Rows)> = None;
    for (at, line) in lines.lines().enumerate() {
        let line = line.map_err(|why| format!("line {}: {why}", at + 1))?;
        if line.trim().is_empty() {
            continue;
        }
        let line: Line = serde_json::from_str(&line).map_err(|why| format!("line {}: {why}", at + 1))?;
        let wrong = |what: &str| Err(format!("line {}: {what}", at + 1));
        match (line, &mut open) {
            (Line::Unit(head), open) => {
                whole(&head)?;
                // A log that was cut off has no end: what there is of it is replayed all the same.
                units.extend(open.replace((head, Rows::default())).map(|(head, rows)| (head, rows, None)));
            }
            (Line::Command(command), Some((_, rows))) => {
                rows.apply(&command.payload).map_err(|why| format!("line {}: {why}", at + 1))?;
            }
            (Line::End(state), open) => match open.take() {
                Some((head, rows)) => units.push((head, rows, Some(state))),
                None => return wrong("an end without a beginning"),
            },
            (Line::Command(_), None) => return wrong("a command before any unit"),
        }
    }
    units.extend(open.map(|(head, rows)| (head, rows, None)));
    units.iter().map(|(head, rows, state)| rows.end(head, *state).map_err(|why| why.to_string())).collect()
}

fn told(unit: &Replayed) -> String {
    let Replayed { unit: code, generation, replayed, recorded, same } = unit;
    let verdict = match same {
        Some(true) => "the same state as recorded",
        Some(false) => "ANOTHER STATE THAN RECORDED",
        None => "nothing was recorded to compare with",
    };
    let mut lines = vec![format!("{}, generation {}: {verdict}", code.grouped(), generation.0)];
    let mut row = |name: &str, state: &State| {
        lines.push(format!(
            "  {name}  sequence {}  state {}  tables {}",
            state.sequence.0, state.state_hash, state.table_hash
        ));
    };
    row("replayed", replayed);
    if let (Some(recorded), Some(false)) = (recorded, same) {
        row("recorded", recorded);
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use domain::command::{Command, Found, Proposal, Stamp, StoreChunk, chunk_hash};
    use domain::digest::ContentHash;
    use domain::division::Tier;
    use domain::ids::Sequence;
    use domain::principal::{Principal, PrincipalKind};
    use domain::time::Timestamp;
    use protocol::record;

    use super::super::record::Logged;
    use super::*;

    fn city() -> UnitId {
        "370800".parse().unwrap()
    }

    /// A founding, and commands behind it.
    fn payloads() -> Vec<Vec<u8>> {
        let found = Found {
            region: "jining".into(),
            unit: city(),
            name: "济宁市".into(),
            tier: Tier::City,
            parent: None,
            children: vec![],
            generation: Generation::FIRST,
        };
        let chunk = |text: &str| {
            Command::StoreChunk(StoreChunk { hash: chunk_hash(text.as_bytes()), bytes: text.as_bytes().to_vec() })
        };
        let commands = [Command::Found(found), chunk("[]"), chunk("[1]"), chunk("[2]")];
        let stamp = |second: i64| Stamp {
            time: Timestamp(1_770_000_000_000 + second * 1000),
            minted: uuid::Uuid::from_u128(u128::try_from(second).unwrap() + 1),
            principal: Principal { kind: PrincipalKind::Staff, name: "demo-administrator".into() },
            policy: ContentHash::default(),
            idempotency: None,
        };
        let proposals =
            commands.into_iter().zip(0..).map(|(command, second)| Proposal { command, stamp: stamp(second) });
        proposals.map(|proposal| record::write(&proposal).unwrap()).collect()
    }

    /// The state by another way: all commands in one batch.
    fn state() -> State {
        let (rows, mut batch) = (MapSnapshot::default(), WriteSet::default());
        for payload in payloads() {
            machine::apply(&rows, &mut batch, &payload).unwrap();
        }
        let mut rows = rows;
        rows.write(&batch);
        State::of(&rows).unwrap()
    }

    fn lines(end: Option<State>, payloads: Vec<Vec<u8>>) -> String {
        let head = Line::Unit(Head { unit: city(), generation: Generation::FIRST, whole: true });
        let commands = payloads
            .into_iter()
            .zip(1..)
            .map(|(payload, at)| Line::Command(Logged::read(at + 4, Sequence(at), payload).unwrap()));
        let all = std::iter::once(head).chain(commands).chain(end.map(Line::End));
        all.map(|line| serde_json::to_string(&line).unwrap() + "\n").collect()
    }

    #[test]
    fn a_recorded_log_gives_the_recorded_hashes() {
        let text = lines(Some(state()), payloads());
        assert!(text.contains(r#""kind":"found""#) && text.contains(r#""sequence":4,"#), "{text}");
        let units = of_lines(text.as_bytes()).unwrap();
        assert_eq!(units.len(), 1);
        assert_eq!((units[0].same, units[0].replayed), (Some(true), state()));
        assert_eq!(units[0].replayed.sequence, Sequence(4));
        assert!(told(&units[0]).starts_with("370800 000 000, generation 1: the same state as recorded"));
    }

    #[test]
    fn another_state_is_told_with_both_hashes() {
        let mut fewer = payloads();
        fewer.pop();
        let units = of_lines(lines(Some(state()), fewer).as_bytes()).unwrap();
        assert_eq!(units[0].same, Some(false));
        let text = told(&units[0]);
        assert!(text.contains("ANOTHER STATE") && text.contains("recorded  sequence 4"), "{text}");
        for hash in [units[0].replayed.state_hash, state().state_hash] {
            assert!(text.contains(&hash.to_string()), "{text}");
        }
    }

    #[test]
    fn broken_logs_are_told_by_line() {
        let whole = lines(Some(state()), payloads());
        let units = of_lines(lines(None, payloads()).as_bytes()).unwrap();
        assert_eq!(units[0].same, None);
        let behind_head: String = whole.lines().skip(1).map(|line| line.to_owned() + "\n").collect();
        for (text, told) in [
            (behind_head, "line 1: a command before any unit"),
            (whole.replace("\"whole\":true", "\"whole\":false"), "does not begin with its founding"),
            (whole.replacen("\"payload\":\"", "\"payload\":\"zz", 1), "line 2: "),
            (whole.lines().filter(|line| !line.contains("found")).collect::<Vec<_>>().join("\n"), "line 2: "),
        ] {
            let fault = of_lines(text.as_bytes()).unwrap_err();
            assert!(fault.contains(told), "{fault}");
        }
    }
}
