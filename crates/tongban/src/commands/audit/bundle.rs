//! `tongban audit bundle`: all audit rows of a unit with everything signed that it has, as one document.

use clap::Args;
use protocol::audit::{self, Document};
use protocol::overlay::Overlay;

use super::{Books, Failure, coded};

/// All audit rows of a unit with everything signed that it has, for `tongban verify`.
#[derive(Debug, Args)]
pub(super) struct Bundle {
    #[command(flatten)]
    books: Books,
}

impl Bundle {
    pub(super) fn run(self) -> Result<(), Failure> {
        let (_evidence, group) = self.books.open()?;
        let rows = group.rows().map_err(Failure::failed)?;
        let bundle = audit::Bundle::of(&Overlay::new(&rows)).map_err(Failure::failed)?;
        let bundle = bundle.ok_or_else(|| {
            let what = format!("the log of unit {} is not founded yet", group.unit);
            Failure::refused(coded("audit.row_missing", &self.books.data, &what))
        })?;
        self.books.write(&Document::Bundle(bundle))
    }
}
