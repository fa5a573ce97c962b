//! `tongban unit`: what a node's data folder proves, read while the node may run; who votes in a running unit;
//! and a lost unit's next life.

mod check;
mod findings;
mod log;
mod promote;
mod record;
pub(super) mod replay;
mod voters;

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use node::evidence::{Evidence, GroupEvidence};

use super::{Failure, Output, block_on, columns, fresh_key, print, print_json};

/// A unit's voters, shown and changed; and what its data folder proves: its commands, replayed and checked.
#[derive(Debug, Args)]
pub(crate) struct Unit {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Who votes in a running unit, who answers, how far each is.
    Show(voters::Show),
    /// Let a new node catch up, and make it a voter.
    AddVoter(voters::AddVoter),
    /// Take the vote from a node, or a learner out of the unit.
    RemoveVoter(voters::RemoveVoter),
    /// Put a new node in the place of a voter, mostly of a dead one.
    Replace(voters::Replace),
    /// Let another voter lead.
    Transfer(voters::Transfer),
    /// Let a unit that is lost for good go on from its mirror, as its next life.
    Promote(promote::Promote),
    /// The committed commands of a folder, one a line.
    Log(log::Log),
    /// Run recorded commands through the rules alone: the same state must come out, byte for byte.
    Replay(replay::Replay),
    /// Check a folder's rows against each other.
    Check(check::Check),
    /// What came of a loss: what became of each inherited case, and what was told that is void.
    Findings(findings::FindingsOf),
}

impl Unit {
    pub(crate) fn run(self) -> Result<(), Failure> {
        match self.command {
            Command::Show(show) => show.run(),
            Command::AddVoter(add) => add.run(),
            Command::RemoveVoter(remove) => remove.run(),
            Command::Replace(replace) => replace.run(),
            Command::Transfer(transfer) => transfer.run(),
            Command::Promote(promote) => promote.run(),
            Command::Log(log) => log.run(),
            Command::Replay(replay) => replay.run(),
            Command::Check(check) => check.run(),
            Command::Findings(findings) => findings.run(),
        }
    }
}

/// A node's data folder: the one that holds `MARK`.
#[derive(Debug, Args)]
struct Folder {
    /// The node's data folder, which holds the file MARK.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
}

pub(super) fn open(folder: &Path) -> Result<(Evidence, Vec<GroupEvidence>), Failure> {
    let evidence =
        Evidence::open(folder).map_err(|fault| Failure::refused(format!("error[{}]: {fault}", fault.code())))?;
    let groups = evidence.groups().map_err(Failure::failed)?;
    if groups.is_empty() {
        return Err(Failure::refused(format!("error: {} holds no unit's log yet", folder.display())));
    }
    Ok((evidence, groups))
}
