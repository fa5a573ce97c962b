//! What a data folder holds of its groups, for those who look without changing anything: export, replay, check. Takes no lock,
//! so it may look at the folder of a running node, and then sees what that node had written when it was opened.

use std::path::Path;

use consensus::{LoggedCommand, LoggedCommands, read_log};
use domain::ids::{Generation, UnitId};
use domain::store::StoreFault;
use protocol::seam::{GroupRows, RowSnapshot};
use store::{Mark, OpenFault, RocksLog, RocksRows, StoreView};

/// A data folder, opened to be looked at.
#[derive(Debug)]
pub struct Evidence {
    view: StoreView,
}

/// One group in it.
#[derive(Debug)]
pub struct GroupEvidence {
    /// Of which unit.
    pub unit: UnitId,
    /// Which life of the unit.
    pub generation: Generation,
    log: RocksLog,
    rows: RocksRows,
}

impl Evidence {
    /// Opens a folder, whosever it is.
    ///
    /// # Errors
    /// What is wrong with it, and what to do.
    pub fn open(folder: &Path) -> Result<Self, OpenFault> {
        Ok(Self { view: StoreView::open(folder)? })
    }

    /// Whose folder it is.
    pub fn mark(&self) -> &Mark {
        self.view.mark()
    }

    /// The groups of the folder's own unit, by generation. Mirrors of other units have rows and no log, and are no evidence.
    ///
    /// # Errors
    /// The disk, or rows that cannot be read.
    pub fn groups(&self) -> Result<Vec<GroupEvidence>, StoreFault> {
        let mut groups = Vec::new();
        let own = self.view.mark().identity.unit;
        for (unit, generation) in self.view.groups()?.into_iter().filter(|(unit, _)| *unit == own) {
            if let Some((log, rows)) = self.view.group(unit, generation)? {
                groups.push(GroupEvidence { unit, generation, log, rows });
            }
        }
        Ok(groups)
    }
}

impl GroupEvidence {
    /// The commands whose writes are in the rows, as far back as the log goes.
    ///
    /// # Errors
    /// The disk, or an entry that cannot be read.
    pub fn commands(&self) -> Result<Commands, StoreFault> {
        Ok(Commands(read_log(&self.log, &self.rows)?))
    }

    /// The rows.
    ///
    /// # Errors
    /// The disk.
    pub fn rows(&self) -> Result<impl RowSnapshot + use<>, StoreFault> {
        self.rows.snapshot()
    }
}

/// Commands of a log, in order. Ends after the first fault.
#[derive(Debug)]
pub struct Commands(LoggedCommands<RocksLog>);

impl Commands {
    /// Whether nothing of the log was purged: the commands begin with the unit's founding.
    pub fn is_whole(&self) -> bool {
        self.0.is_whole()
    }
}

impl Iterator for Commands {
    type Item = Result<LoggedCommand, StoreFault>;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next()
    }
}
