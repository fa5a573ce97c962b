//! `tongban unit log`: the committed commands of a data folder, one a line.

use std::io::{self, BufWriter, Write};

use clap::Args;
use domain::ids::Sequence;
use node::evidence::GroupEvidence;

use super::record::{Head, Line, Logged, State};
use super::{Failure, Folder, Output, open};

/// The committed commands of a folder, one a line. In the JSON form each line is an object, which `unit replay --log` takes;
/// personal fields in it are sealed, as they are in the log.
#[derive(Debug, Args)]
pub(super) struct Log {
    #[command(flatten)]
    folder: Folder,
    /// In which form.
    #[arg(short, long, value_enum, default_value_t)]
    output: Output,
}

impl Log {
    pub(super) fn run(self) -> Result<(), Failure> {
        let (_evidence, groups) = open(&self.folder.data)?;
        let mut to = BufWriter::new(io::stdout().lock());
        for group in &groups {
            match export(group, self.output, &mut to) {
                // Whoever read had enough, e.g. `head`.
                Err(Stopped::Reader(why)) if why.kind() == io::ErrorKind::BrokenPipe => return Ok(()),
                Err(Stopped::Reader(why)) => return Err(Failure::failed(why)),
                Err(Stopped::Folder(why)) => return Err(Failure::failed(why)),
                Ok(()) => {}
            }
        }
        to.flush()
            .or_else(|why| if why.kind() == io::ErrorKind::BrokenPipe { Ok(()) } else { Err(Failure::failed(why)) })
    }
}

enum Stopped {
    Reader(io::Error),
    Folder(String),
}

impl From<io::Error> for Stopped {
    fn from(why: io::Error) -> Self {
        Self::Reader(why)
    }
}

fn export(group: &GroupEvidence, output: Output, to: &mut impl Write) -> Result<(), Stopped> {
    let folder = |why: &dyn std::fmt::Display| Stopped::Folder(format!("unit {}: {why}", group.unit));
    let commands = group.commands().map_err(|why| folder(&why))?;
    let head = Head { unit: group.unit, generation: group.generation, whole: commands.is_whole() };
    let end = State::of(&group.rows().map_err(|why| folder(&why))?).map_err(|why| folder(&why))?;
    // The last command has the last number: of a log whose beginning is gone the first one's follows from how many there are.
    let mut sequence = match commands.is_whole() {
        true => Sequence(0),
        false => Sequence(end.sequence.0 - group.commands().map_err(|why| folder(&why))?.count() as u64),
    };
    write(&Line::Unit(head), output, to)?;
    for command in commands {
        let command = command.map_err(|why| folder(&why))?;
        sequence = sequence.next();
        let logged = Logged::read(command.index, sequence, command.payload).map_err(|why| folder(&why))?;
        write(&Line::Command(logged), output, to)?;
    }
    write(&Line::End(end), output, to)
}

fn write(line: &Line, output: Output, to: &mut impl Write) -> Result<(), Stopped> {
    if output == Output::Json {
        let json = serde_json::to_string(line).map_err(|why| Stopped::Folder(why.to_string()))?;
        return Ok(writeln!(to, "{json}")?);
    }
    match line {
        Line::Unit(head) => {
            let from = if head.whole { "from its founding on" } else { "its beginning was purged after a snapshot" };
            writeln!(to, "unit {}, generation {}: {from}", head.unit.grouped(), head.generation.0)?;
        }
        Line::Command(logged) => {
            let case = logged.case.map(|case| case.to_string()).unwrap_or_default();
            let Logged { index, sequence, time, kind, principal, payload, .. } = logged;
            writeln!(
                to,
                "{index:>9} {:>9} {time}  {kind:<17} {:>7} B  {principal}  {case}",
                sequence.0,
                payload.len()
            )?;
        }
        Line::End(end) => {
            writeln!(to, "sequence {}\nstate hash {}\ntable hash {}", end.sequence.0, end.state_hash, end.table_hash)?;
        }
    }
    Ok(())
}
