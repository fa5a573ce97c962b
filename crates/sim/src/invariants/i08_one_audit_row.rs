//! I8: one audit row for each command, without a gap, never changed; it names the command that the log holds.

use domain::command::Proposal;
use domain::digest::ContentHash;
use domain::ids::Sequence;
use domain::store::UnitRead;
use domain::tables::{Audit, Audits};

use super::{Broken, End, Invariant, Look};
use crate::observe::{Moment, Observer};

#[derive(Default)]
pub(super) struct OneAuditRow;

impl Invariant for OneAuditRow {
    fn id(&self) -> &'static str {
        "I8"
    }

    fn meaning(&self) -> &'static str {
        "Whoever did something to an application stands in the books, and nobody can take it out again."
    }

    fn look(&mut self, moment: &Moment<'_>, _: &Observer) -> Look {
        let Some(change) = &moment.change else { return Ok(()) };
        let unit = change.unit;
        if let Some(gone) = change.rewritten.first() {
            return Err(Broken::new(format!("{unit}: the audit row of command {} was deleted", gone.0)));
        }
        let mut last = change.before.as_ref().map_or(Sequence(0), |meta| meta.sequence);
        for (sequence, _) in &change.audits {
            if *sequence != last.next() {
                return Err(Broken::new(format!("{unit}: audit row {} after {}", sequence.0, last.0)));
            }
            last = *sequence;
        }
        if last != change.meta.sequence {
            let commands = change.meta.sequence.0;
            return Err(Broken::new(format!("{unit}: {commands} commands, the audit rows end with {}", last.0)));
        }
        Ok(())
    }

    fn finish(&mut self, end: &End<'_>, observer: &Observer) -> Look {
        if !observer.keeps_all() {
            return Ok(());
        }
        for ((unit, generation), log) in &end.logs {
            let Some(rows) = observer.rows_of(*unit, *generation) else { continue };
            for (sequence, proposal) in (1..).map(Sequence).zip(&log.proposals) {
                let Some(proposal) = proposal else { continue };
                let Ok(Some(audit)) = rows.get::<Audits>(&sequence) else { continue };
                if let Some(what) = differs(&audit, proposal) {
                    return Err(Broken::new(format!("{unit}: the audit row of command {} {what}", sequence.0)));
                }
            }
        }
        Ok(())
    }
}

fn differs(audit: &Audit, proposal: &Proposal) -> Option<String> {
    let kind = proposal.command.kind();
    if audit.command != kind {
        return Some(format!("names kind {}, the log holds kind {kind}", audit.command));
    }
    if ContentHash::of("command", &proposal.command).ok() != Some(audit.digest) {
        return Some("has another digest than the log's command".to_owned());
    }
    let (principal, policy) = (&proposal.stamp.principal, proposal.stamp.policy);
    (audit.principal != *principal || audit.policy != policy)
        .then(|| format!("says that {} acted, the log {}", audit.principal.name, principal.name))
}
