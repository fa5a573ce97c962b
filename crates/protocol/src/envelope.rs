//! The envelope around a mail (protocol.md §2): its header in clear, its body sealed to the receiving unit, the whole signed by
//! the node that sends it.
//!
//! A relay can delay an envelope; it can neither read nor forge one. Opening checks everything that can be checked without the
//! receiver's log; order, repeats, forks and fences are the log's (`domain::command::MailArrived`). A mail is sealed anew each
//! time it is sent, so an envelope's expiry bounds how long a copy can be played back and never ends a mail.

use std::fmt;

use domain::codec::{self, CodecFault};
use domain::command::{MailArrived, chain};
use domain::digest::ContentHash;
use domain::ids::{Generation, MailSequence, NodeId, UnitId};
use domain::mail::{Mail, MailKind};
use domain::store::StoreFault;
use domain::time::Timestamp;
use serde::{Deserialize, Serialize};

use crate::crypto::Crypto;
use crate::directory::Directory;
use crate::record::{self, RecordFault};
use crate::sealing::{SealFault, SealingKey, SealingPublicKey};
use crate::seam::{Entropy, Peer};
use crate::signing::{Signature, SigningKey, VerifyingKey};

/// No envelope is larger. The largest mail is a piece of the catalogue: a region's matters are about 1 MiB.
pub const MOST_ENVELOPE_BYTES: usize = 4 * 1024 * 1024;

/// Purpose of the signature, and HPKE's `info` of the body.
const PURPOSE: &str = "tongban mail";

/// What anyone on its way may see.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// The region's name: two regions may use the same codes in tests.
    pub region: String,
    /// Who says it.
    pub from: UnitId,
    /// Which life of the sender.
    pub generation: Generation,
    /// Who is meant.
    pub to: UnitId,
    /// Its place in the stream (from, generation, to).
    pub sequence: MailSequence,
    /// Of the stream before it.
    pub before: ContentHash,
    /// With this mail.
    pub chain: ContentHash,
    /// [`MailKind`] as a number, which a later release may know and this one not.
    pub kind: u16,
    /// Of the body: [`Mail::VERSION`] of the sender.
    pub payload_version: u16,
    /// After this the envelope is refused and has to be sealed anew.
    pub expires: Option<Timestamp>,
    /// Who signed.
    pub signer: NodeId,
}

/// A mail on its way.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Envelope {
    /// In clear.
    pub header: Header,
    /// The mail's canonical bytes, sealed to the receiving unit; bound to the header.
    #[serde(with = "serde_bytes")]
    pub sealed: Vec<u8>,
    /// Of header and sealed body.
    pub signature: Signature,
}

domain::first_form! {
    65: Envelope;
}

impl fmt::Debug for Envelope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Envelope({:?}, {} bytes)", self.header, self.sealed.len())
    }
}

/// A mail as its sender's outbox keeps it, and where it goes.
#[derive(Clone, Copy, Debug)]
pub struct Outgoing<'a> {
    /// The region's name.
    pub region: &'a str,
    /// The sending unit.
    pub from: UnitId,
    /// Which life of it.
    pub generation: Generation,
    /// The receiving unit.
    pub to: UnitId,
    /// The mail's place in the stream.
    pub sequence: MailSequence,
    /// Of the stream before it.
    pub before: ContentHash,
    /// With it.
    pub chain: ContentHash,
    /// What is said.
    pub mail: &'a Mail,
    /// When this copy expires.
    pub expires: Option<Timestamp>,
}

/// Seals and signs a mail: the bytes of an [`Envelope`] record.
///
/// # Errors
/// [`SealMailFault`] when the receiver's key is none or the mail too large: both are the sender's own mistakes.
pub fn seal_mail(
    mail: Outgoing<'_>,
    to_key: &SealingPublicKey,
    (signer, signer_key): (NodeId, &SigningKey),
    (crypto, entropy): (&dyn Crypto, &dyn Entropy),
) -> Result<Vec<u8>, SealMailFault> {
    let header = Header {
        region: mail.region.to_owned(),
        from: mail.from,
        generation: mail.generation,
        to: mail.to,
        sequence: mail.sequence,
        before: mail.before,
        chain: mail.chain,
        kind: mail.mail.kind() as u16,
        payload_version: Mail::VERSION,
        expires: mail.expires,
        signer,
    };
    let header_bytes = codec::encode(&header)?;
    let sealed = crypto.seal(to_key, PURPOSE, &header_bytes, &codec::encode(mail.mail)?, entropy)?;
    let signature = crypto.sign(signer_key, PURPOSE, &signed(&header_bytes, &sealed));
    let bytes = record::write(&Envelope { header, sealed, signature })?;
    match bytes.len() {
        ..=MOST_ENVELOPE_BYTES => Ok(bytes),
        length => Err(SealMailFault::Large { length }),
    }
}

/// Who may sign for a unit: what the region's directory says about a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signer {
    /// The node's unit.
    pub unit: UnitId,
    /// The life of the unit that the node belongs to.
    pub generation: Generation,
    /// Its key.
    pub key: VerifyingKey,
}

impl Signer {
    /// As the directory lists the node.
    pub fn listed(directory: &Directory, node: NodeId) -> Option<Self> {
        let listing = directory.node(node)?;
        let generation = directory.unit(listing.unit)?.generation;
        Some(Self { unit: listing.unit, generation, key: listing.signing_key.into() })
    }
}

/// Where an envelope arrives.
#[derive(Clone, Copy)]
pub struct Arrival<'a> {
    /// The region's name.
    pub region: &'a str,
    /// This unit.
    pub unit: UnitId,
    /// The unit above, which alone may send the catalogue.
    pub parent: Option<UnitId>,
    /// This unit's key.
    pub key: &'a SealingKey,
    /// Now, for expiry.
    pub now: Timestamp,
    /// Who brought it, by the link's certificate.
    pub brought_by: Peer,
    /// Whose mail it is to be: who brought it, or another for whom a relay brings it.
    pub of: UnitId,
    /// Opens and verifies.
    pub crypto: &'a dyn Crypto,
}

/// Opens an envelope: all checks that stand before the log, the cheap ones first.
///
/// `signer` is the directory's answer for the node that the header names: [`Signer::listed`].
///
/// # Errors
/// [`EnvelopeFault`]; see [`EnvelopeFault::is_parked`] for the one that waits for an upgrade here.
pub fn open_mail(
    bytes: &[u8],
    arrival: Arrival<'_>,
    signer: impl FnOnce(NodeId) -> Option<Signer>,
) -> Result<MailArrived, EnvelopeFault> {
    if bytes.len() > MOST_ENVELOPE_BYTES {
        return Err(EnvelopeFault::Large { length: bytes.len() });
    }
    let Envelope { header, sealed, signature } = record::read(bytes)?;
    check_address(&header, arrival)?;
    let header_bytes = codec::encode(&header).map_err(RecordFault::from)?;
    check_signer(&header, (&header_bytes, &sealed), &signature, signer(header.signer), arrival.crypto)?;
    let kind = check_payload(&header, arrival)?;

    let plain = arrival.crypto.open(arrival.key, PURPOSE, &header_bytes, &sealed)?;
    let mail: Mail = codec::decode(&plain).map_err(RecordFault::from)?;
    if mail.kind() != kind {
        return Err(EnvelopeFault::Kind { said: kind, is: mail.kind() });
    }
    let is = chain(header.before, header.sequence, &mail)?;
    if is != header.chain {
        return Err(EnvelopeFault::Chain { said: header.chain, is });
    }
    let Header { from, generation, sequence, before, .. } = header;
    Ok(MailArrived { from, generation, sequence, before, mail, objection: None })
}

fn check_address(header: &Header, arrival: Arrival<'_>) -> Result<(), EnvelopeFault> {
    if header.region != arrival.region {
        let (got, own) = (header.region.chars().take(40).collect(), arrival.region.to_owned());
        return Err(EnvelopeFault::Region { got, own });
    }
    if header.to != arrival.unit {
        return Err(EnvelopeFault::NotForUs { to: header.to, own: arrival.unit });
    }
    if header.from == arrival.unit || header.from != arrival.of {
        return Err(EnvelopeFault::From { said: header.from, certified: arrival.brought_by.unit });
    }
    // What a relay brings is its sender's by the signature alone, and that is checked against the directory's generation.
    if arrival.of == arrival.brought_by.unit && header.generation != arrival.brought_by.generation {
        return Err(EnvelopeFault::Generation { said: header.generation, known: arrival.brought_by.generation });
    }
    match header.expires {
        Some(expires) if expires < arrival.now => Err(EnvelopeFault::Expired { expires, now: arrival.now }),
        _ => Ok(()),
    }
}

fn check_signer(
    header: &Header,
    (header_bytes, sealed): (&[u8], &[u8]),
    signature: &Signature,
    signer: Option<Signer>,
    crypto: &dyn Crypto,
) -> Result<(), EnvelopeFault> {
    let node = header.signer;
    let signer = signer.ok_or(EnvelopeFault::SignerUnknown { node })?;
    if signer.unit != header.from {
        return Err(EnvelopeFault::SignerOfOther { node, unit: signer.unit, said: header.from });
    }
    if signer.generation != header.generation {
        return Err(EnvelopeFault::Generation { said: header.generation, known: signer.generation });
    }
    if !crypto.verifies(&signer.key, PURPOSE, &signed(header_bytes, sealed), signature) {
        return Err(EnvelopeFault::Signature { node });
    }
    Ok(())
}

fn check_payload(header: &Header, arrival: Arrival<'_>) -> Result<MailKind, EnvelopeFault> {
    let unknown = EnvelopeFault::Payload { kind: header.kind, version: header.payload_version };
    let kind = MailKind::from_number(header.kind).ok_or(unknown.clone())?;
    if header.payload_version != Mail::VERSION {
        return Err(unknown);
    }
    match kind {
        MailKind::Manifest | MailKind::Chunk if arrival.parent != Some(header.from) => {
            Err(EnvelopeFault::NotFromThem { kind, from: header.from })
        }
        _ => Ok(kind),
    }
}

/// What is signed: the header's length, the header, the sealed body.
fn signed(header: &[u8], sealed: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(8 + header.len() + sealed.len());
    bytes.extend_from_slice(&(header.len() as u64).to_be_bytes());
    bytes.extend_from_slice(header);
    bytes.extend_from_slice(sealed);
    bytes
}

/// Why a mail cannot be put into an envelope.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealMailFault {
    /// The receiver's key.
    #[error(transparent)]
    Seal(#[from] SealFault),
    /// The mail has no form in bytes.
    #[error(transparent)]
    Body(#[from] CodecFault),
    /// The envelope has none.
    #[error(transparent)]
    Record(#[from] RecordFault),
    /// Too large to be taken.
    #[error("an envelope of {length} bytes is larger than {MOST_ENVELOPE_BYTES}")]
    Large {
        /// Its size.
        length: usize,
    },
}

/// Why an envelope is not opened. Nothing of it reaches the log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopeFault {
    /// Too large.
    #[error("an envelope of {length} bytes is larger than {MOST_ENVELOPE_BYTES}")]
    Large {
        /// Its size.
        length: usize,
    },
    /// Not an envelope, or its opened body not a mail.
    #[error(transparent)]
    Record(#[from] RecordFault),
    /// Another region's.
    #[error("mail of region {got:?} in region {own:?}")]
    Region {
        /// On the envelope, cut to 40 characters.
        got: String,
        /// Ours.
        own: String,
    },
    /// Another unit's.
    #[error("mail for unit {to} at unit {own}")]
    NotForUs {
        /// On the envelope.
        to: UnitId,
        /// Ours.
        own: UnitId,
    },
    /// Another sender than the link's certificate says.
    #[error("mail said to be of unit {said} was brought by unit {certified}")]
    From {
        /// On the envelope.
        said: UnitId,
        /// By the link's certificate.
        certified: UnitId,
    },
    /// Another life of the sender than its certificate or the directory says.
    #[error("mail of generation {} where generation {} is known", said.0, known.0)]
    Generation {
        /// On the envelope.
        said: Generation,
        /// By certificate or directory.
        known: Generation,
    },
    /// A copy that is too old.
    #[error("the envelope expired at {expires}, it is {now}")]
    Expired {
        /// On the envelope.
        expires: Timestamp,
        /// Here.
        now: Timestamp,
    },
    /// The directory knows no such node.
    #[error("the directory knows no node {node}")]
    SignerUnknown {
        /// On the envelope.
        node: NodeId,
    },
    /// A node of another unit signed.
    #[error("node {node} of unit {unit} signed mail of unit {said}")]
    SignerOfOther {
        /// On the envelope.
        node: NodeId,
        /// Its unit, by the directory.
        unit: UnitId,
        /// The sender on the envelope.
        said: UnitId,
    },
    /// Forged or altered.
    #[error("the signature is not node {node}'s")]
    Signature {
        /// Said to have signed.
        node: NodeId,
    },
    /// A kind or version of payload that this release does not know: refused and parked until it does.
    #[error(
        "mail kind {kind} in version {version} is not known here: upgrade this unit, the sender keeps it until then"
    )]
    Payload {
        /// The kind's number.
        kind: u16,
        /// The payload's version.
        version: u16,
    },
    /// A pair of units that does not exchange this kind.
    #[error("unit {from} does not send {kind:?} here: the catalogue comes from the unit above")]
    NotFromThem {
        /// The kind.
        kind: MailKind,
        /// The sender.
        from: UnitId,
    },
    /// The body cannot be opened.
    #[error(transparent)]
    Seal(#[from] SealFault),
    /// The body is of another kind than the header.
    #[error("the envelope says {said:?}, the mail in it is {is:?}")]
    Kind {
        /// On the envelope.
        said: MailKind,
        /// Inside.
        is: MailKind,
    },
    /// The stream's chain with this mail is not what the header says.
    #[error("the envelope says chain {}, with this mail it is {}", said.short(), is.short())]
    Chain {
        /// On the envelope.
        said: ContentHash,
        /// By the mail inside.
        is: ContentHash,
    },
    /// The mail has no form in bytes here.
    #[error(transparent)]
    Store(#[from] StoreFault),
}

impl EnvelopeFault {
    /// Whether the sender keeps the mail and tries again later: it is the receiver that has to be upgraded.
    pub fn is_parked(&self) -> bool {
        matches!(self, Self::Payload { .. } | Self::Record(RecordFault::Newer { .. }))
            || matches!(self, Self::Seal(SealFault::Form { .. }))
    }

    /// Whether the sender only has to seal the mail anew.
    pub fn is_passing(&self) -> bool {
        matches!(self, Self::Expired { .. } | Self::SignerUnknown { .. })
    }

    /// A code for the refusal, `area.reason` (docs/errors.md).
    pub fn code(&self) -> &'static str {
        match self {
            Self::Large { .. } => "mail.large",
            Self::Record(_) => "mail.malformed",
            Self::Region { .. } => "mail.region",
            Self::NotForUs { .. } => "mail.not_for_us",
            Self::From { .. } => "mail.sender",
            Self::Generation { .. } => "mail.generation",
            Self::Expired { .. } => "mail.expired",
            Self::SignerUnknown { .. } => "mail.signer_unknown",
            Self::SignerOfOther { .. } => "mail.signer_of_other",
            Self::Signature { .. } => "mail.signature",
            Self::Payload { .. } => "mail.payload_unknown",
            Self::NotFromThem { .. } => "mail.not_from_them",
            Self::Seal(_) => "mail.sealed",
            Self::Kind { .. } => "mail.kind",
            Self::Chain { .. } => "mail.chain",
            Self::Store(_) => "mail.store",
        }
    }
}
