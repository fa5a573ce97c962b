//! I8: one audit row for each command, without a gap, never changed; it names the command that the log holds. Every head of the
//! books that was ever told goes on from those before it, is of the rows as they are, and is signed by who was told.

use std::collections::BTreeMap;

use domain::audit::{AuditHead, Frontier, leaf_bytes, leaf_hash, verify_consistency};
use domain::command::Proposal;
use domain::digest::ContentHash;
use domain::ids::{Generation, Sequence, UnitId};
use domain::mail::Mail;
use domain::store::UnitRead;
use domain::tables::{Audit, AuditTrees, Audits, HeadTold, HeadsTold};

use super::{Broken, End, Invariant, Look};
use crate::observe::{Change, Moment, Observer};

#[derive(Default)]
pub(super) struct OneAuditRow {
    /// Every head that was ever told or signed: root by size, of each life of a unit.
    heads: BTreeMap<(UnitId, Generation), BTreeMap<u64, ContentHash>>,
    /// The newest one that a neighbour was told.
    told: BTreeMap<(UnitId, Generation, UnitId), (u64, ContentHash)>,
}

impl OneAuditRow {
    fn look_at_heads(&mut self, change: &Change) -> Look {
        for (to, _, sent) in &change.sent {
            let Mail::Head(news) = &sent.mail else { continue };
            let head = &news.signed.head;
            self.one_root(head)?;
            if let Some(seen) = &news.countersignature {
                self.one_root(&seen.head.head)?;
            }
            let stream = (change.unit, change.generation, *to);
            if let Some(before) = self.told.insert(stream, (head.size, head.root)) {
                let goes_on = verify_consistency(before, (head.size, head.root), &news.proof);
                goes_on.map_err(|why| {
                    Broken::new(format!("{} told {to} of books with two histories: {why}", change.unit))
                })?;
            }
        }
        Ok(())
    }

    fn one_root(&mut self, head: &AuditHead) -> Look {
        let AuditHead { unit, generation, size, root, .. } = head;
        let known = self.heads.entry((*unit, *generation)).or_default().entry(*size).or_insert(*root);
        if known == root {
            return Ok(());
        }
        let (known, root) = (known.short(), root.short());
        Err(Broken::new(format!("{unit}: heads of {size} audit rows with two roots, {known} and {root}")))
    }

    /// Whether every head is of the rows as they are at the end.
    fn heads_are_of_the_rows(&self, observer: &Observer) -> Look {
        for ((unit, generation), heads) in &self.heads {
            let Some(rows) = observer.rows_of(*unit, *generation) else { continue };
            let Ok(Some(tree)) = rows.get::<AuditTrees>(generation) else { continue };
            let audits = rows.scan::<Audits>(tree.first..=Sequence(u64::MAX), usize::MAX).unwrap_or_default();
            let mut grown = Frontier::default();
            let mut leaves = audits.iter().filter_map(|(sequence, audit)| leaf_bytes(*sequence, audit).ok());
            for (size, root) in heads {
                leaves.by_ref().take((size - grown.size()) as usize).for_each(|leaf| grown.push(leaf_hash(&leaf)));
                if (grown.size(), grown.root()) != (*size, *root) {
                    let what = format!(
                        "{unit}: a head of {size} audit rows was told that its {} rows do not give",
                        audits.len()
                    );
                    return Err(Broken::new(what));
                }
            }
        }
        Ok(())
    }

    /// Whether every neighbour that was told has answered. Somebody who stopped answers nothing.
    fn heads_are_answered(&self, end: &End<'_>, observer: &Observer) -> Look {
        const PATIENCE_MILLIS: i64 = 10 * 60_000;
        if !end.live || !observer.stopped().is_empty() {
            return Ok(());
        }
        for unit in observer.units() {
            let Some(rows) = observer.rows(unit) else { continue };
            let told = rows.scan::<HeadsTold>(UnitId::FIRST..=UnitId::LAST, usize::MAX).unwrap_or_default();
            let of_this_life = |told: &HeadTold| Some(told.signed.head.generation) == observer.generation(unit);
            for (to, told) in told.iter().filter(|(_, told)| told.awaited && of_this_life(told)) {
                if told.signed.head.at.plus_millis(PATIENCE_MILLIS) < end.at {
                    let at = told.signed.head.at;
                    return Err(Broken::new(format!("{to} has not signed the head that {unit} told it at {at}")));
                }
            }
        }
        Ok(())
    }
}

impl Invariant for OneAuditRow {
    fn id(&self) -> &'static str {
        "I8"
    }

    fn meaning(&self) -> &'static str {
        "Whoever did something to an application stands in the books, which the neighbours sign: nobody can take it out again."
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
        self.look_at_heads(change)
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
        self.heads_are_of_the_rows(observer)?;
        self.heads_are_answered(end, observer)
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
