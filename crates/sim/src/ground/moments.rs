//! Which named moments of the protocol a batch of writes holds.

use std::collections::BTreeSet;

use domain::case::{CaseRow, Happening};
use domain::handoff::Role;
use domain::store::Table;
use domain::tables::{Audit, Audits, Cases, Version, Versions};
use protocol::overlay::WriteSet;
use protocol::record;

use crate::scenario::Moment;

/// All moments of a batch.
pub fn moments(writes: &WriteSet) -> BTreeSet<Moment> {
    let mut found = BTreeSet::new();
    for (key, row) in writes.iter() {
        let (Some(table), Some(row)) = (key.first().copied(), row) else { continue };
        if table == Audits::ID {
            found.extend(record::read::<Audit>(row).ok().and_then(|audit| of_command(&audit)));
        } else if table == Cases::ID {
            found.extend(record::read::<CaseRow>(row).ok().and_then(|row| of_case(&row)));
        } else if table == Versions::ID {
            let installed = record::read::<Version>(row).is_ok_and(|version| version.installed.is_some());
            found.extend(installed.then_some(Moment::Installed));
        }
    }
    found
}

/// By the numbers of `domain::command::Command::kind`.
fn of_command(audit: &Audit) -> Option<Moment> {
    if audit.refused.is_some() {
        return None;
    }
    match audit.command {
        4 | 18 => Some(Moment::Received),
        5 => Some(Moment::Offered),
        7 => Some(Moment::Prepared),
        8 => Some(Moment::Declined),
        9 | 19 => Some(Moment::Accepted),
        11 => Some(Moment::Decided),
        15 => Some(Moment::MailLogged),
        16 => Some(Moment::Acknowledged),
        _ => None,
    }
}

/// What mail and timers bring about.
fn of_case(row: &CaseRow) -> Option<Moment> {
    let told = |happening: fn(&Happening) -> bool| {
        row.timeline().iter().any(|entry| entry.sequence == row.changed && happening(&entry.what))
    };
    match row.custody.role {
        Role::Offered { .. } => Some(Moment::OfferArrived),
        Role::Gone { .. } if told(|what| matches!(what, Happening::HandedOver { .. })) => Some(Moment::Committed),
        Role::Owner if told(|what| matches!(what, Happening::TakenOver { .. })) => Some(Moment::Taken),
        // Taken back by hand or when patience ended, or declined.
        Role::Owner if told(|what| matches!(what, Happening::Regained { .. })) => Some(Moment::Aborted),
        Role::Dropped { .. } => Some(Moment::Dropped),
        _ => None,
    }
}
