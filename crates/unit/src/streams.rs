//! Whether what a peer says about the streams between it and this unit can be true of one history, and if not, whose log is in
//! doubt (protocol.md §2, §6; docs/adr/0016).
//!
//! Only rows that hold everything that was ever confirmed may judge: whoever calls this to accuse anybody has shown before that its
//! rows are fresh. A leader that was deposed and does not know it would accuse itself, and everybody else.

use std::collections::BTreeMap;
use std::fmt;

use domain::ids::{Generation, MailSequence, UnitId};
use domain::store::{StoreFault, UnitRead};
use domain::tables::{InboxCursor, InboxCursors, Outbox, OutboxHead, OutboxHeads};
use protocol::mail_exchange::MailHello;
use protocol::statement::{MailGreeting, MailStatement};
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use crate::identity::Identity;

/// A contradiction between what a peer says and what lies here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Contradiction {
    /// The peer has read more of our stream than we have written.
    RolledBack {
        /// By our log.
        written: MailSequence,
        /// By the peer's.
        read: MailSequence,
    },
    /// The peer has read another mail of ours under that number.
    Forked {
        /// The number.
        at: MailSequence,
    },
    /// The peer knows a later life of us.
    Fenced {
        /// Ours.
        own: Generation,
        /// As it has seen.
        seen: Generation,
    },
    /// We have read less of the peer's stream than we once said.
    ForgotReading {
        /// By our log.
        read: MailSequence,
        /// As the peer was told.
        said: MailSequence,
    },
    /// The peer has read less of our stream than it once said.
    PeerForgot {
        /// By its log.
        read: MailSequence,
        /// As it told us.
        said: MailSequence,
    },
}

impl Contradiction {
    /// Whether it is this unit's log that is in doubt, not the peer's.
    pub fn is_about_us(self) -> bool {
        !matches!(self, Self::PeerForgot { .. })
    }

    /// The documented code (docs/errors.md).
    pub fn code(self) -> &'static str {
        match self {
            Self::RolledBack { .. } => "mail.rolled_back",
            Self::Forked { .. } => "mail.forked",
            Self::Fenced { .. } => "mail.fenced",
            Self::ForgotReading { .. } | Self::PeerForgot { .. } => "mail.forgotten",
        }
    }
}

impl fmt::Display for Contradiction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RolledBack { written, read } => {
                write!(f, "it has read our mail up to {}, we have written {}", read.0, written.0)
            }
            Self::Forked { at } => {
                write!(f, "it has read another mail {} of ours than the one that is written here", at.0)
            }
            Self::Fenced { own, seen } => write!(f, "it knows generation {} of us, we are {}", seen.0, own.0),
            Self::ForgotReading { read, said } => {
                write!(f, "we once said that we have its mail up to {}, here it ends at {}", said.0, read.0)
            }
            Self::PeerForgot { read, said } => {
                write!(f, "it once said that it has our mail up to {}, now it says {}", said.0, read.0)
            }
        }?;
        write!(f, " [{}]", self.code())
    }
}

/// What a statement of a peer contradicts, if anything. The graver first. `committed` is what it was known to have when it was asked: it
/// may have said more since, to another leader.
pub fn contradiction(
    rows: &impl UnitRead,
    identity: &Identity,
    statement: &MailStatement,
    committed: MailSequence,
) -> Result<Option<Contradiction>, StoreFault> {
    let (own, peer) = (identity.generation, statement.by);
    let head = rows.get::<OutboxHeads>(&peer)?;
    if let Some(read) = statement.read {
        if read.generation > own {
            return Ok(Some(Contradiction::Fenced { own, seen: read.generation }));
        }
        if read.generation == own
            && let Some(found) = in_stream(rows, peer, head, read)?
        {
            return Ok(Some(found));
        }
    }
    let forgot = forgot_reading(rows, identity, (peer, statement.generation), statement.acknowledged)?;
    Ok(forgot.or_else(|| peer_forgot(committed, own, statement)))
}

/// What a greeting of a peer says about ourselves that cannot be. What it says about the peer is [`MailHello::check`]'s.
pub fn contradicts_us(
    rows: &impl UnitRead,
    identity: &Identity,
    greeting: &MailGreeting,
) -> Result<Option<Contradiction>, StoreFault> {
    let MailHello { from, generation, .. } = greeting.hello;
    forgot_reading(rows, identity, (from, generation), greeting.acknowledged)
}

/// A cursor in our own stream, held against it as far as it is still kept.
fn in_stream(
    rows: &impl UnitRead,
    peer: UnitId,
    head: Option<OutboxHead>,
    read: InboxCursor,
) -> Result<Option<Contradiction>, StoreFault> {
    let at = read.sequence;
    let written = head.map_or(MailSequence(0), |head| head.written);
    if at > written {
        return Ok(Some(Contradiction::RolledBack { written, read: at }));
    }
    let chain = match head {
        Some(head) if head.written == at => Some(head.chain),
        _ => match rows.get::<Outbox>(&(peer, at))? {
            Some(mail) => Some(mail.chain),
            // What is safe at the peer is deleted here, and was compared before.
            None => rows.get::<Outbox>(&(peer, at.next()))?.map(|next| next.before),
        },
    };
    Ok(chain.filter(|chain| *chain != read.chain).map(|_| Contradiction::Forked { at }))
}

/// Whether we are said to have read more of a peer's stream than we have. A unit that was promoted has lawfully lost what its former
/// self read: it does not judge itself by that.
fn forgot_reading(
    rows: &impl UnitRead,
    identity: &Identity,
    (peer, generation): (UnitId, Generation),
    said: MailSequence,
) -> Result<Option<Contradiction>, StoreFault> {
    if identity.generation > Generation::FIRST {
        return Ok(None);
    }
    let cursor = rows.get::<InboxCursors>(&peer)?;
    if cursor.is_some_and(|cursor| cursor.generation != generation) {
        return Ok(None);
    }
    let read = cursor.map_or(MailSequence(0), |cursor| cursor.sequence);
    Ok((said > read).then_some(Contradiction::ForgotReading { read, said }))
}

/// Whether the peer says that it has read less than it acknowledged, in its first life: a later one lawfully has less.
fn peer_forgot(said: MailSequence, own: Generation, statement: &MailStatement) -> Option<Contradiction> {
    let read = statement.read_of(own);
    (statement.generation == Generation::FIRST && read < said).then_some(Contradiction::PeerForgot { read, said })
}

/// Why a group stopped as contradicted, and what its peers said: kept beside the rows, so that the folder never runs again as what
/// it was. No part of the log, which ends before it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// For people.
    pub why: String,
    /// What each peer said, as a record under its node's signature.
    pub said: Vec<(UnitId, ByteBuf)>,
}

domain::first_form! {
    160: Verdict;
}

/// Peers that say of this unit what cannot be true of its log, and their words as records.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Accusers(BTreeMap<UnitId, (Contradiction, Vec<u8>)>);

impl Accusers {
    /// Another one, or the same once more.
    pub fn add(&mut self, peer: UnitId, what: Contradiction, said: Vec<u8>) {
        self.0.insert(peer, (what, said));
    }

    /// A peer and this unit agree again.
    pub fn remove(&mut self, peer: UnitId) {
        self.0.remove(&peer);
    }

    /// What follows: why the group has to stop, or nothing yet.
    ///
    /// A unit above is believed alone, two others together. A single other peer stops the stream to it and nothing else: it may
    /// lie, or be the one that was set back.
    pub fn verdict(&self, above: &[UnitId]) -> Option<Verdict> {
        let weighty = self.0.len() >= 2 || above.iter().any(|above| self.0.contains_key(above));
        if !weighty {
            return None;
        }
        let words: Vec<_> = self.0.iter().map(|(peer, (what, _))| format!("unit {peer}: {what}")).collect();
        let why = format!(
            "the log of this unit is not the one that its neighbours know: it was set back, forked or followed by another ({}) \
             [unit.contradicted]: keep the data folder as evidence; the unit goes on as its next generation only",
            words.join("; ")
        );
        let said = self.0.iter().map(|(peer, (_, said))| (*peer, ByteBuf::from(said.clone()))).collect();
        Some(Verdict { why, said })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(number: u64) -> UnitId {
        UnitId::new(370_811_000_000 + number).unwrap()
    }

    #[test]
    fn a_unit_above_or_two_others_stop_a_group_and_a_single_other_does_not() {
        let (above, other, third) = (unit(0), unit(1), unit(2));
        let what = Contradiction::RolledBack { written: MailSequence(2), read: MailSequence(5) };
        for (by, stops) in [
            (vec![], false),
            (vec![other], false),
            (vec![other, other], false),
            (vec![above], true),
            (vec![other, third], true),
        ] {
            let mut accusers = Accusers::default();
            by.iter().for_each(|peer| accusers.add(*peer, what, vec![]));
            assert_eq!(accusers.verdict(&[above]).is_some(), stops, "{by:?}");
        }
        let mut accusers = Accusers::default();
        accusers.add(above, what, vec![7]);
        assert_eq!(accusers.verdict(&[]), None, "who has nobody above believes two");
        let Verdict { why, said } = accusers.verdict(&[above]).unwrap();
        assert_eq!(said, [(above, ByteBuf::from(vec![7]))]);
        assert!(why.contains("up to 5, we have written 2") && why.contains("[unit.contradicted]"), "{why}");
        accusers.remove(above);
        assert_eq!(accusers.verdict(&[above]), None);
    }

    #[test]
    fn a_verdict_has_the_bytes_it_always_had() {
        let verdict = Verdict { why: "set back".to_owned(), said: vec![(unit(0), ByteBuf::from(vec![7, 7]))] };
        let bytes = protocol::record::write(&verdict).unwrap();
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, GOLDEN);
        assert_eq!(protocol::record::read(&bytes), Ok(verdict));
    }

    const GOLDEN: &str = "00a0010011e65e1f08736574206261636b01c0a9bbb0e50a020707";
}
