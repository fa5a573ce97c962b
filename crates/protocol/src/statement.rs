//! What opens a stream of mail, and what answers everything on it: how far each side says both streams between them go, under the
//! signature of the node that says it (protocol.md §2, §6).
//!
//! Signed, because it may come over a relay, which can delay and neither read nor forge; and because it is evidence: a unit that
//! says less than it once said was set back, and whoever has both words can show it to anybody. Who is believed when two words
//! contradict each other is `unit`'s.

use domain::codec;
use domain::digest::ContentHash;
use domain::ids::{Generation, MailSequence, NodeId, UnitId};
use domain::tables::InboxCursor;
use serde::{Deserialize, Serialize};

use crate::crypto::Crypto;
use crate::directory::Directory;
use crate::envelope::Signer;
use crate::mail_exchange::MailHello;
use crate::signing::{Signature, SigningKey};

const GREETING: &str = "tongban mail greeting";
const STATEMENT: &str = "tongban mail statement";

/// What a sender says before its first batch: after it became leader, after a restart, after a delivery that failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailGreeting {
    /// The region's name.
    pub region: String,
    /// How far the sender's stream goes.
    pub hello: MailHello,
    /// How far the receiver said that it has read it: a receiver that has read less has forgotten.
    pub acknowledged: MailSequence,
    /// How far the receiver's own stream has been read here.
    pub read: Option<InboxCursor>,
    /// Where the receiver said what contradicts this: the sender says it knowing that. A greeting that was late can never do so, and
    /// this alone is a confession.
    pub told: Option<Told>,
    /// Never the same twice, so that the answer to one greeting is no answer to another.
    pub nonce: u64,
}

/// What a receiver had said, as its sender repeats it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// How far it has read the sender's stream.
    pub read: Option<InboxCursor>,
    /// How far the sender once said that it has read the receiver's.
    pub acknowledged: MailSequence,
}

/// A greeting as its sender's node signed it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedGreeting {
    /// What is said.
    pub greeting: MailGreeting,
    /// A node of the sending unit.
    pub signer: NodeId,
    /// Of the greeting.
    pub signature: Signature,
}

/// What a receiver says to a greeting or a batch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailStatement {
    /// The region's name.
    pub region: String,
    /// Who says it.
    pub by: UnitId,
    /// Which life of it.
    pub generation: Generation,
    /// To whom.
    pub to: UnitId,
    /// Digest of the request that it answers ([`asked`]).
    pub asked: ContentHash,
    /// How far the asker's stream is in the log of a majority here; nothing before its first mail.
    pub read: Option<InboxCursor>,
    /// How far it is at this unit's mirrors too; equal where there are none.
    pub mirrored: MailSequence,
    /// How far the asker once said that it has read this unit's own stream.
    pub acknowledged: MailSequence,
    /// Why the request was not taken, or not all of it.
    pub refused: Option<MailRefusal>,
}

/// Why a request on the mail channel was not taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailRefusal {
    /// `area.reason` (docs/errors.md).
    pub code: String,
    /// Both sides of the mismatch, for the sender's log; no personal fields.
    pub why: String,
    /// Whether the sender goes on trying by itself; otherwise people have to look.
    pub passing: bool,
}

/// A statement as its unit's node signed it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedStatement {
    /// What is said.
    pub statement: MailStatement,
    /// A node of the unit that says it.
    pub signer: NodeId,
    /// Of the statement.
    pub signature: Signature,
}

domain::first_form! {
    71: SignedGreeting;
    72: SignedStatement;
}

/// Why a signed word is not believed. It has no effect whatever it says.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StatementFault {
    /// Another region's.
    #[error("a word of region {got:?} in region {own:?}")]
    Region {
        /// As it says, cut to 40 characters.
        got: String,
        /// Ours.
        own: String,
    },
    /// Between other units than those that talk here.
    #[error("a word of unit {by} to unit {to} where unit {expected_by} speaks to unit {expected_to}")]
    Units {
        /// Who says it.
        by: UnitId,
        /// To whom.
        to: UnitId,
        /// Who should.
        expected_by: UnitId,
        /// To whom it should be.
        expected_to: UnitId,
    },
    /// An answer to something else.
    #[error("an answer to another question: {} was asked, {} is answered", asked.short(), answers.short())]
    Asked {
        /// What was asked.
        asked: ContentHash,
        /// What is answered.
        answers: ContentHash,
    },
    /// Who signed is no node of the unit, or of another life of it.
    #[error("node {signer} is none of generation {} of unit {unit} by the directory", generation.0)]
    Signer {
        /// Said to have signed.
        signer: NodeId,
        /// Of which unit.
        unit: UnitId,
        /// Of which life.
        generation: Generation,
    },
    /// Forged or altered.
    #[error("the signature is not node {signer}'s")]
    Signature {
        /// Said to have signed.
        signer: NodeId,
    },
    /// It has no form in bytes.
    #[error(transparent)]
    Form(#[from] codec::CodecFault),
}

impl StatementFault {
    /// A code for the refusal, `area.reason` (docs/errors.md).
    pub fn code(&self) -> &'static str {
        match self {
            Self::Region { .. } => "mail.region",
            Self::Units { .. } => "mail.sender",
            Self::Asked { .. } => "mail.answer_unfit",
            Self::Signer { .. } => "mail.signer_unknown",
            Self::Signature { .. } => "mail.signature",
            Self::Form(_) => "mail.malformed",
        }
    }
}

/// The digest of a request by which its answer names it: of the record's bytes, as the receiver reads them.
pub fn asked(request: &[u8]) -> ContentHash {
    ContentHash::of_bytes("mail request", request)
}

impl MailGreeting {
    /// Signs it as a node of the sending unit.
    ///
    /// # Errors
    /// [`StatementFault::Form`].
    pub fn sign(
        self,
        (signer, key): (NodeId, &SigningKey),
        crypto: &dyn Crypto,
    ) -> Result<SignedGreeting, StatementFault> {
        let signature = crypto.sign(key, GREETING, &codec::encode(&self)?);
        Ok(SignedGreeting { greeting: self, signer, signature })
    }

    /// What the sender says of its own log, knowing what the receiver had said: that it never wrote what was read, or has not read what
    /// it acknowledged.
    pub fn confession(&self) -> Option<String> {
        let told = self.told?;
        if let Err(fault) = self.hello.check(told.read.as_ref()) {
            return Some(format!("{fault} [{}]", fault.code()));
        }
        let read = self.read.map_or(MailSequence(0), |cursor| cursor.sequence);
        let from = self.hello.from;
        let forgot = self.hello.generation == Generation::FIRST && read < told.acknowledged;
        forgot.then(|| {
            let said = told.acknowledged.0;
            format!("unit {from} once said that it has our mail up to {said}, now it says {} [mail.forgotten]", read.0)
        })
    }
}

impl SignedGreeting {
    /// Checks that a node of the unit `by` says it to the unit `to`.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn check(
        &self,
        (by, to): (UnitId, UnitId),
        directory: &Directory,
        crypto: &dyn Crypto,
    ) -> Result<&MailGreeting, StatementFault> {
        let MailGreeting { region, hello, .. } = &self.greeting;
        check_region(region, directory)?;
        if (hello.from, hello.to) != (by, to) {
            let (expected_by, expected_to) = (by, to);
            return Err(StatementFault::Units { by: hello.from, to: hello.to, expected_by, expected_to });
        }
        let signed = (GREETING, codec::encode(&self.greeting)?);
        check_signature((by, hello.generation), self.signer, &signed, &self.signature, directory, crypto)?;
        Ok(&self.greeting)
    }
}

impl MailStatement {
    /// Signs it as a node of the unit that says it.
    ///
    /// # Errors
    /// [`StatementFault::Form`].
    pub fn sign(
        self,
        (signer, key): (NodeId, &SigningKey),
        crypto: &dyn Crypto,
    ) -> Result<SignedStatement, StatementFault> {
        let signature = crypto.sign(key, STATEMENT, &codec::encode(&self)?);
        Ok(SignedStatement { statement: self, signer, signature })
    }

    /// How far the stream of one life of the asker has been read.
    pub fn read_of(&self, generation: Generation) -> MailSequence {
        let cursor = self.read.filter(|cursor| cursor.generation == generation);
        cursor.map_or(MailSequence(0), |cursor| cursor.sequence)
    }
}

impl SignedStatement {
    /// Checks that a node of the unit `by` says it to the unit `to`, in answer to what was asked.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn check(
        &self,
        (by, to): (UnitId, UnitId),
        asked: ContentHash,
        directory: &Directory,
        crypto: &dyn Crypto,
    ) -> Result<&MailStatement, StatementFault> {
        let statement = &self.statement;
        check_region(&statement.region, directory)?;
        if (statement.by, statement.to) != (by, to) {
            let (expected_by, expected_to) = (by, to);
            return Err(StatementFault::Units { by: statement.by, to: statement.to, expected_by, expected_to });
        }
        if statement.asked != asked {
            return Err(StatementFault::Asked { asked, answers: statement.asked });
        }
        let signed = (STATEMENT, codec::encode(statement)?);
        check_signature((by, statement.generation), self.signer, &signed, &self.signature, directory, crypto)?;
        Ok(statement)
    }
}

fn check_region(got: &str, directory: &Directory) -> Result<(), StatementFault> {
    let own = directory.region().to_string();
    match got == own {
        true => Ok(()),
        false => Err(StatementFault::Region { got: got.chars().take(40).collect(), own }),
    }
}

fn check_signature(
    (unit, generation): (UnitId, Generation),
    signer: NodeId,
    (purpose, message): &(&'static str, Vec<u8>),
    signature: &Signature,
    directory: &Directory,
    crypto: &dyn Crypto,
) -> Result<(), StatementFault> {
    let listed = Signer::listed(directory, signer).filter(|known| (known.unit, known.generation) == (unit, generation));
    let listed = listed.ok_or(StatementFault::Signer { signer, unit, generation })?;
    match crypto.verifies(&listed.key, purpose, message, signature) {
        true => Ok(()),
        false => Err(StatementFault::Signature { signer }),
    }
}
