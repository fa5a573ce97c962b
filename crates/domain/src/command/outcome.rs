//! What a command came to: the answer, and when and under which number it was given.

use serde::{Deserialize, Serialize};

use crate::accounts::AccountName;
use crate::ids::{CaseId, CaseNumber, ConcernId, Sequence};
use crate::refusal::Refusal;
use crate::time::Timestamp;

/// What a command came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// The unit's number for the command.
    pub sequence: Sequence,
    /// The unit's time when it was applied.
    pub at: Timestamp,
    /// What was answered.
    pub reply: Reply,
}

/// What was answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reply {
    /// Done now.
    Done(Done),
    /// Not done; nothing was written.
    Refused(Refusal),
    /// Done before under the same key: the first answer once more.
    Repeated {
        /// The first command's number.
        of: Sequence,
        /// What was answered then.
        ruling: Result<Done, Refusal>,
    },
}

impl Reply {
    /// What was answered, the first time or again.
    pub fn ruling(&self) -> Result<&Done, &Refusal> {
        match self {
            Self::Done(done) => Ok(done),
            Self::Refused(refusal) => Err(refusal),
            Self::Repeated { ruling, .. } => ruling.as_ref(),
        }
    }

    pub(super) fn into_ruling(self) -> Result<Done, Refusal> {
        match self {
            Self::Done(done) => Ok(done),
            Self::Refused(refusal) => Err(refusal),
            Self::Repeated { ruling, .. } => ruling,
        }
    }
}

/// What was done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Done {
    /// The log is founded.
    Founded,
    /// A piece of a catalogue is kept.
    ChunkKept,
    /// A catalogue version is known; installed once all pieces are here.
    Published {
        /// Whether all pieces are here.
        installed: bool,
    },
    /// A new case.
    Received {
        /// Its internal name.
        case: CaseId,
        /// Its printed number.
        number: CaseNumber,
    },
    /// The case's stage or standing changed.
    CaseChanged {
        /// Which case.
        case: CaseId,
    },
    /// The mail is logged.
    MailLogged,
    /// The mail was logged before: an equal repeat.
    MailRepeated,
    /// The mail contradicts what is known: kept as evidence, does nothing else.
    MailContradicts,
    /// The mail asked for nothing any more, or the acknowledgement told nothing new.
    Nothing,
    /// Neighbours are told the head of the audit tree.
    HeadTold,
    /// A new life has begun; its round is open.
    Recovering,
    /// The peer counts as lost: nobody waits for it, and its generation is fenced.
    DeclaredLost,
    /// A piece of an answer is written.
    FenceAnswered {
        /// Whether it was the last one.
        is_last: bool,
    },
    /// Inherited cases were judged.
    Judged {
        /// Whether the round is over with them.
        is_over: bool,
    },
    /// The log's time is uncertain from here on.
    TimeDoubted {
        /// This command.
        since: Sequence,
    },
    /// The log's time is certain again.
    TimeConfirmed {
        /// The command that began the stretch.
        since: Sequence,
    },
    /// A rating, an urging or a complaint is taken.
    ConcernTaken {
        /// Which case it is about.
        case: CaseId,
        /// Its name.
        concern: ConcernId,
    },
    /// A catalogue version is proposed.
    VersionProposed {
        /// The proposal's number.
        proposal: u64,
    },
    /// A proposal was reviewed or withdrawn.
    ProposalChanged {
        /// Which.
        proposal: u64,
    },
    /// An account, its sessions or its tokens changed.
    AccountChanged {
        /// Which.
        account: AccountName,
    },
    /// Somebody is signed in.
    SignedIn {
        /// Whose account it is.
        account: AccountName,
    },
    /// A failure to sign in is counted.
    SignInFailed {
        /// How many in a row.
        failures: u32,
    },
    /// The unit's first accounts are open.
    AccountsOpened,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::{Happening, PassedOverReason};
    use crate::codec::{decode, encode};
    use crate::ids::UnitId;

    #[test]
    fn what_is_kept_is_read_back_by_the_positional_codec() {
        // An internally tagged enum writes and never reads: the codec is not self-describing.
        let unit = UnitId::new(370_811_000_000).unwrap();
        let happening = Happening::Regained { from: unit, reason: PassedOverReason::Unanswered };
        assert_eq!(decode(&encode(&happening).unwrap()), Ok(happening));
        let reply = Reply::Refused(Refusal::CaseElsewhere { with: unit });
        assert_eq!(decode(&encode(&reply).unwrap()), Ok(reply));
    }
}
