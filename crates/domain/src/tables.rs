//! The unit's tables. Numbers and names stand once for ever (docs/formats.md); a number of a table that is gone is never used again.
//!
//! 17 cards, 18 roll-ups, 19 licences are kept for what comes.

use serde::{Deserialize, Serialize};

use crate::accounts::{Account, AccountName, ProgramToken, Recovery, Session, SessionMark};
use crate::audit::{Countersignature, SignedHead};
use crate::case::CaseRow;
use crate::catalogue::{CataloguePin, SignedManifest, VersionProposal};
use crate::claims::{Claim, ClaimKey, FromHome};
use crate::command::{Reply, TaskKind, TimerKind};
use crate::concerns::{ConcernRow, ConcernTask, ConcernWaits, RatingCount};
use crate::digest::ContentHash;
use crate::division::Tier;
use crate::first_form;
use crate::ids::{Attempt, CaseId, CaseNumber, ConcernId, Generation, MailSequence, Sequence, UnitId};
use crate::licence::{Breach, Licence};
use crate::mail::Mail;
use crate::principal::Principal;
use crate::recovery::claims::ClaimStated;
use crate::recovery::{Finding, HeldContent, OpenRound, Statement};
use crate::store::Table;
use crate::stretch::{OpenStretch, Stretch};
use crate::time::{CivilDate, Timestamp};

macro_rules! tables {
    ($($(#[$doc:meta])+ $id:literal $name:ident: $key:ty => $row:ty;)+) => {$(
        $(#[$doc])+
        #[derive(Clone, Copy, Debug)]
        pub enum $name {}

        impl Table for $name {
            const ID: u8 = $id;
            type Key = $key;
            type Row = $row;
        }
    )+
        /// Every table: number and name, for dumps and for the check that none is used twice.
        pub const TABLES: &[(u8, &str)] = &[$(($id, stringify!($name))),+];
    };
}

tables! {
    /// What the unit is; one row.
    0 Meta: () => UnitMeta;
    /// Cases by internal name.
    1 Cases: CaseId => CaseRow;
    /// Internal name by printed number.
    2 CaseNumbers: String => CaseRef;
    /// How many numbers a day has used.
    3 DailyNumbers: CivilDate => Count;
    /// What waits for someone: the leader's duties and the officers' lists.
    5 Tasks: (TaskKind, CaseId) => Task;
    /// What is due when.
    6 Timers: (Timestamp, CaseId, TimerKind) => Timer;
    /// Mail by peer, until the peer has it safe.
    7 Outbox: (UnitId, MailSequence) => OutboxMail;
    /// How far the stream to a peer has got.
    8 OutboxHeads: UnitId => OutboxHead;
    /// How far the stream of a peer has been read.
    9 InboxCursors: UnitId => InboxCursor;
    /// What was answered under an idempotency key.
    10 Answers: (String, String) => Answer;
    /// The same in the order of age.
    11 AnswersByAge: Sequence => AnswerRef;
    /// Catalogue versions, announced and installed.
    12 Versions: u64 => Version;
    /// Pieces of catalogue versions.
    13 Chunks: ContentHash => Chunk;
    /// Matters of a version, canonical JSON.
    14 Matters: (u64, String) => Definition;
    /// At the home: which case has the claim, by applicant, matter and object.
    15 Claims: ClaimKey => Claim;
    /// What people say of cases: ratings, urgings, complaints.
    16 Concerns: (CaseId, ConcernId) => ConcernRow;
    /// Implementing entries of a version, canonical JSON.
    20 Entries: (u64, (String, UnitId)) => Definition;
    /// One row per command, kept after purge.
    21 Audits: Sequence => Audit;
    /// Peers' mail that contradicts what was known.
    22 Evidence: Sequence => Contradiction;
    /// What was forgotten, and why.
    23 Erasures: (CaseId, Attempt) => Erasure;
    /// What a home said about a case on its way: carried out once the move is decided.
    24 ClaimWords: CaseId => ClaimWord;
    /// Where the audit tree of a life begins, and whether neighbours have yet to hear of something in it.
    30 AuditTrees: Generation => AuditTree;
    /// Nodes of the audit tree: generation, level, place in it.
    31 AuditNodes: (Generation, u8, u64) => AuditNode;
    /// The newest head that a neighbour was told.
    32 HeadsTold: UnitId => HeadTold;
    /// The newest head that each life of a neighbour told.
    33 HeadsSeen: (UnitId, Generation) => HeadSeen;
    /// Neighbours whose head is to be answered.
    34 HeadsOwed: UnitId => HeadOwed;
    /// The newest head of ours that a neighbour signed.
    35 Countersignatures: UnitId => Countersignature;
    /// Pairs of heads that cannot be of one log.
    36 Forks: Sequence => Fork;
    /// The round of a unit that comes back from loss, while it is open; one row.
    37 Rounds: () => OpenRound;
    /// Cases that mail made part of the round; those that the mirror had are so without a row.
    38 Inherited: CaseId => InheritedCase;
    /// What each peer last stated about an inherited case.
    39 Stated: (CaseId, UnitId) => PeerStatement;
    /// What is stated of a claim whose home comes back: by key and case.
    40 ClaimsStated: (ClaimKey, CaseId) => ClaimStatement;
    /// Fences that are to be answered.
    41 FencesOwed: UnitId => FenceOwed;
    /// What became of each inherited case.
    42 Findings: CaseId => FoundCase;
    /// Stretches of the log whose time was uncertain, by the command that began them.
    43 Stretches: Sequence => Stretch;
    /// The stretch that the log is in; one row, none while its time is certain.
    44 OpenStretches: () => OpenStretch;
    /// What concerns wait for at this unit, in the order of days.
    45 ConcernTasks: (ConcernTask, CivilDate, (CaseId, ConcernId)) => ConcernWaits;
    /// How this unit's steps were rated, by matter.
    46 RatingCounts: String => RatingCount;
    /// Words of neighbours that contradict a stream of mail, by neighbour and by whose log is in doubt.
    50 Disputes: (UnitId, UnitId) => Dispute;
    /// Licences that were issued here, by the case of the first issue.
    51 Licences: CaseId => Licence;
    /// That case by the licence's number, without its version.
    52 LicenceNumbers: String => CaseRef;
    /// How many licences this life of the unit has issued; one row.
    53 LicenceCounts: () => Count;
    /// Promises that were not kept, by applicant and by the case that was decided on them.
    54 Breaches: ([u8; 32], CaseId) => Breach;
    /// Which cases that are here name which sealed files.
    55 BlobNames: (ContentHash, CaseId) => BlobName;
    /// The same in the order in which they were named, for who has to fetch them.
    56 BlobsByAge: (Sequence, ContentHash) => CaseRef;
    /// At the city: proposed catalogue versions and what became of them.
    70 VersionProposals: u64 => VersionProposal;
    /// Who may sign in at this unit.
    71 Accounts: AccountName => Account;
    /// Who is signed in, by the hash of the session's token.
    72 Sessions: ContentHash => Session;
    /// Which sessions an account has.
    73 SessionsOf: (AccountName, ContentHash) => SessionMark;
    /// Tokens of programs, by their hash.
    74 ProgramTokens: ContentHash => ProgramToken;
    /// Recoveries that one person asked for and nobody allowed yet.
    75 Recoveries: AccountName => Recovery;
}

first_form! {
    1: UnitMeta;
    2: CaseRow;
    3: CaseRef;
    4: Count;
    5: Task;
    6: Timer;
    7: OutboxMail;
    8: OutboxHead;
    9: InboxCursor;
    10: Answer;
    11: AnswerRef;
    12: Version;
    13: Chunk;
    14: Definition;
    15: Audit;
    16: Contradiction;
    17: Erasure;
    18: Claim;
    19: ClaimWord;
    40: AuditTree;
    41: AuditNode;
    42: HeadTold;
    43: HeadSeen;
    44: HeadOwed;
    45: Countersignature;
    46: Fork;
    47: OpenRound;
    48: InheritedCase;
    49: PeerStatement;
    50: ClaimStatement;
    51: FenceOwed;
    52: FoundCase;
    55: Licence;
    56: Breach;
    57: BlobName;
    60: Dispute;
    63: VersionProposal;
}

/// What the unit is and how far it has got.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnitMeta {
    /// The region's name, e.g. `jining`.
    pub region: String,
    /// The unit.
    pub unit: UnitId,
    /// Its name, e.g. `任城区`.
    pub name: String,
    /// Its tier.
    pub tier: Tier,
    /// The unit above; `None` for the city.
    pub parent: Option<UnitId>,
    /// Units below that run nodes of their own: the catalogue is fed to them.
    pub children: Vec<UnitId>,
    /// Which life of its log.
    pub generation: Generation,
    /// `max` over all stamps: never goes back (protocol.md §1).
    pub now: Timestamp,
    /// Of the last command.
    pub sequence: Sequence,
    /// The newest installed catalogue version.
    pub catalogue: Option<CataloguePin>,
}

/// The case of a printed number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseRef(pub CaseId);

/// That a case names a sealed file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlobName {
    /// The command that named it here.
    pub since: Sequence,
    /// Of the sealed file.
    pub bytes: u64,
}

/// A counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count(pub u32);

/// What waits, since when, and for whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {
    /// Since when.
    pub since: Timestamp,
    /// The unit at the other end of a move.
    pub with: Option<UnitId>,
}

/// A deadline. A stale one, whose attempt has passed, does nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timer {
    /// Of the case when it was set.
    pub attempt: Attempt,
    /// Of the unit when it was set.
    pub generation: Generation,
}

/// A mail as its sender keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutboxMail {
    /// What is said.
    pub mail: Mail,
    /// Of the stream's mail before it.
    pub before: ContentHash,
    /// With this mail.
    pub chain: ContentHash,
    /// When it was written.
    pub at: Timestamp,
}

/// The end of a stream to a peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutboxHead {
    /// The last mail written.
    pub written: MailSequence,
    /// With the last mail written.
    pub chain: ContentHash,
    /// The peer's log has it: it is not sent again.
    pub committed: MailSequence,
    /// The peer's mirrors have it: it is deleted here.
    pub mirrored: MailSequence,
}

/// How far a peer's stream has been read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InboxCursor {
    /// Of the peer; those below are fenced.
    pub generation: Generation,
    /// The last mail logged.
    pub sequence: MailSequence,
    /// With that mail.
    pub chain: ContentHash,
}

/// What was answered under an idempotency key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// Keyed digest of the request.
    pub digest: ContentHash,
    /// The command's number.
    pub sequence: Sequence,
    /// When.
    pub at: Timestamp,
    /// What was answered.
    pub reply: Reply,
}

/// Which answer has an age.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnswerRef {
    /// Whose.
    pub principal: String,
    /// Under which key.
    pub key: String,
    /// When.
    pub at: Timestamp,
}

/// A catalogue version at this unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version {
    /// The manifest's hash.
    pub hash: ContentHash,
    /// As the city signed it.
    pub signed: SignedManifest,
    /// The command that installed it; `None` while pieces are missing.
    pub installed: Option<Sequence>,
    /// Why it can never be installed here: a piece of it cannot be read.
    pub unfit: Option<String>,
}

/// A piece of a catalogue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chunk(#[serde(with = "serde_bytes")] pub Vec<u8>);

/// Something that officials define, as canonical JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Definition {
    /// Canonical JSON of a `Matter` or an `Entry`.
    pub json: String,
}

/// One row per command (promise 5): who did what under which rules, with which outcome.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Audit {
    /// By the unit's log.
    pub at: Timestamp,
    /// Who.
    pub principal: Principal,
    /// The policy that allowed it.
    pub policy: ContentHash,
    /// The catalogue version in force.
    pub catalogue: Option<CataloguePin>,
    /// Which command.
    pub command: u16,
    /// Of the command.
    pub digest: ContentHash,
    /// Which case, where it is about one.
    pub case: Option<CaseId>,
    /// Its printed number, where known.
    pub number: Option<CaseNumber>,
    /// `None` when done; the refusal's code when refused.
    pub refused: Option<String>,
}

/// Mail that cannot be, kept for people to look at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contradiction {
    /// Who sent it.
    pub from: UnitId,
    /// Which life of the sender.
    pub generation: Generation,
    /// Its place in the sender's stream.
    pub sequence: MailSequence,
    /// Of the mail before it, as the sender says.
    pub before: ContentHash,
    /// What it says.
    pub mail: Mail,
    /// Both sides of the contradiction.
    pub what: String,
    /// When it was logged.
    pub at: Timestamp,
}

/// Content of a case that was forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Erasure {
    /// Who had offered it.
    pub by: UnitId,
    /// Of the content.
    pub content: Option<ContentHash>,
    /// When it was forgotten.
    pub at: Timestamp,
}

/// The home's last word about a case that is on its way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimWord {
    /// Who said it.
    pub home: UnitId,
    /// What the claim is for.
    pub key: ClaimKey,
    /// What was said.
    pub said: FromHome,
}

/// Where the audit tree of one life begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditTree {
    /// Of its first leaf.
    pub first: Sequence,
    /// When the first thing happened that no neighbour was told a head of; heads themselves do not count.
    pub untold_since: Option<Timestamp>,
    /// When the unit last told a head of its own accord.
    pub told_at: Option<Timestamp>,
}

/// A node of the audit tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditNode(pub ContentHash);

/// The newest head that a neighbour was told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeadTold {
    /// As told.
    pub signed: SignedHead,
    /// Whether the neighbour's answer is awaited: no other head is told before it comes.
    pub awaited: bool,
}

/// The newest head that one life of a neighbour told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeadSeen {
    /// As told.
    pub signed: SignedHead,
    /// When it was logged.
    pub at: Timestamp,
}

/// A neighbour whose head is to be answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeadOwed {
    /// Since when.
    pub since: Timestamp,
}

/// Two heads under signatures of one unit that cannot be of one log: whoever has both can prove it to anybody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fork {
    /// Whose log has two histories.
    pub of: UnitId,
    /// The head that was known; `None` where this unit's own rows contradict.
    pub known: Option<SignedHead>,
    /// The head that came.
    pub came: SignedHead,
    /// Both sides of the contradiction.
    pub what: String,
    /// When it was logged.
    pub at: Timestamp,
}

/// What a neighbour said that contradicts a stream of mail between it and this unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dispute {
    /// Which life of the unit whose log is in doubt.
    pub generation: Generation,
    /// Both sides of the contradiction.
    pub what: String,
    /// As the neighbour said it, under its node's signature.
    #[serde(with = "serde_bytes")]
    pub said: Vec<u8>,
    /// When it was logged.
    pub at: Timestamp,
}

/// A case that mail made part of the round.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InheritedCase {
    /// Since when.
    pub since: Timestamp,
}

/// What a peer last stated about an inherited case: in its answer, or by a word before or after it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeerStatement {
    /// Which life of the peer: void once a later one has sent its fence.
    pub generation: Generation,
    /// What it is to the case.
    pub statement: Statement,
    /// The newest content that came from it.
    pub held: Option<HeldContent>,
}

/// What is stated of a claim whose home comes back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimStatement {
    /// Who states it.
    pub by: UnitId,
    /// Which life of who states it.
    pub generation: Generation,
    /// What is stated.
    pub stated: ClaimStated,
}

/// A fence that is to be answered, and how far the answer has got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FenceOwed {
    /// Whose fence it is: the answer names it.
    pub generation: Generation,
    /// The last case that was looked at for it.
    pub after: Option<CaseId>,
    /// Since when.
    pub since: Timestamp,
}

/// What became of an inherited case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoundCase {
    /// In which life of the unit.
    pub generation: Generation,
    /// What it turned out to be.
    pub finding: Finding,
    /// The attempt that our mirror knew.
    pub known: Option<Attempt>,
    /// The attempt that is known from here on.
    pub attempt: Option<Attempt>,
    /// When.
    pub at: Timestamp,
}
