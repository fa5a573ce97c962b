//! `tongban audit proof`: some audit rows with all that is needed to believe them, as one document.

use clap::Args;
use domain::ids::{CaseId, Sequence};
use domain::store::{StoreFault, UnitRead};
use domain::tables::{Audits, CaseNumbers, CaseRef};
use protocol::audit::{AuditProof, Document};
use protocol::overlay::Overlay;
use unit::CaseName;

use super::{Books, Failure, coded};

/// The audit rows of a case, or one row, with their paths to the unit's signed head and what neighbours signed.
///
/// The document stands by itself: `tongban verify` judges it by the region directory's keys alone.
#[derive(Debug, Args)]
pub(super) struct Proof {
    /// A case's number or internal name, or the number of one audit row.
    #[arg(value_name = "CASE|SEQUENCE")]
    what: String,
    #[command(flatten)]
    books: Books,
}

impl Proof {
    pub(super) fn run(self) -> Result<(), Failure> {
        let (_evidence, group) = self.books.open()?;
        let rows = group.rows().map_err(Failure::failed)?;
        let rows = Overlay::new(&rows);
        let refused = |code: &str, what: &dyn std::fmt::Display| Failure::refused(coded(code, &self.books.data, what));
        let sequences = match self.what.parse::<u64>() {
            Ok(sequence) => vec![Sequence(sequence)],
            Err(_) => {
                let name: CaseName = self.what.parse().map_err(|fault| refused("audit.row_missing", &fault))?;
                about(&rows, name).map_err(Failure::failed)?
            }
        };
        if sequences.is_empty() {
            let what = format!("unit {} has no audit row about case {}", group.unit, self.what);
            return Err(refused("audit.row_missing", &what));
        }
        match AuditProof::of(&rows, &sequences).map_err(Failure::failed)? {
            Ok(proof) => self.books.write(&Document::Proof(proof)),
            Err(refusal) => Err(refused(refusal.code(), &refusal)),
        }
    }
}

/// Every row about a case, in order.
fn about(rows: &impl UnitRead, name: CaseName) -> Result<Vec<Sequence>, StoreFault> {
    const AT_ONCE: usize = 4096;
    let case: Option<CaseId> = match name {
        CaseName::Id(case) => Some(case),
        CaseName::Number(number) => rows.get::<CaseNumbers>(&number.to_string())?.map(|CaseRef(case)| case),
    };
    let (mut found, mut from) = (Vec::new(), Sequence(0));
    while let Some(case) = case {
        let some = rows.scan::<Audits>(from..=Sequence(u64::MAX), AT_ONCE)?;
        found.extend(some.iter().filter(|(_, audit)| audit.case == Some(case)).map(|(sequence, _)| *sequence));
        match some.last() {
            Some((last, _)) if some.len() == AT_ONCE => from = last.next(),
            _ => break,
        }
    }
    Ok(found)
}
