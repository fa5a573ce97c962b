//! Which named moments of the protocol a command that was applied has reached.

use domain::command::{Command, Done, Outcome};
use domain::handoff::{Move, Role};
use domain::ids::CaseId;
use domain::mail::Mail;
use domain::store::Table;
use domain::tables::{Cases, Entries, Matters};
use protocol::overlay::{WriteSet, row_key};
use protocol::record;

use crate::scenario::Moment;

/// In the order in which they lie.
pub(crate) fn of(command: &Command, outcome: &Outcome, writes: &WriteSet) -> Vec<Moment> {
    let Ok(done) = outcome.reply.ruling() else { return vec![] };
    let logged = *done == Done::MailLogged;
    let role = |case| role(writes, case);
    let mut moments = Vec::new();
    match command {
        Command::Receive(_) | Command::ReceiveStated(_) => moments.push(Moment::Received),
        Command::Offer(_) => moments.push(Moment::Offered),
        Command::Prepare(_) => moments.push(Moment::Prepared),
        Command::Decline(_) => moments.push(Moment::Declined),
        Command::Abort(_) => moments.push(Moment::Aborted),
        Command::Accept(_) | Command::AcceptDeclared(_) => moments.push(Moment::Accepted),
        Command::Decide(_) => moments.push(Moment::Decided),
        Command::FireTimer(_) if matches!(done, Done::CaseChanged { .. }) => moments.push(Moment::Aborted),
        Command::MailAcknowledged(_) if logged => moments.push(Moment::Acknowledged),
        Command::MailArrived(arrived) if logged => {
            moments.push(Moment::MailLogged);
            match &arrived.mail {
                Mail::Offer { .. } => moments.push(Moment::OfferArrived),
                Mail::Move { case, said: Move::Prepared { .. } } if matches!(role(*case), Some(Role::Gone { .. })) => {
                    moments.push(Moment::Committed);
                }
                Mail::Move { case, said: Move::Commit { .. } } if role(*case) == Some(Role::Owner) => {
                    moments.push(Moment::Taken);
                }
                Mail::Move { case, said: Move::Abort { .. } } if matches!(role(*case), Some(Role::Dropped { .. })) => {
                    moments.push(Moment::Dropped);
                }
                Mail::Move { .. } | Mail::News { .. } | Mail::Manifest(_) | Mail::Chunk { .. } | Mail::Claim { .. } => {
                }
            }
        }
        _ => {}
    }
    if writes.iter().any(|(key, _)| matches!(key.first(), Some(&(Matters::ID | Entries::ID)))) {
        moments.push(Moment::Installed);
    }
    moments
}

fn role(writes: &WriteSet, case: CaseId) -> Option<Role> {
    let key = row_key::<Cases>(&case);
    let (_, row) = writes.iter().find(|(written, _)| *written == key.as_slice())?;
    let row: domain::case::CaseRow = record::read(row?).ok()?;
    Some(row.custody.role)
}
