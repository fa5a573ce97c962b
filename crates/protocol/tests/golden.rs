//! Golden bytes: what a record's bytes are stands once for ever (architecture §5).
//!
//! One file per record and version under `golden/`, each line an example's name and its bytes. A changed form fails here; it
//! needs a new version, whose file is added while the old one stays and is still read. `BLESS=1` writes what is missing; it
//! never changes a line that is there. Until the first release a file may be removed and written anew.

mod examples;
mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{Debug, Write as _};
use std::path::{Path, PathBuf};

use domain::store::Record;
use proptest::prelude::*;
use protocol::record;

/// A record type, with its type erased.
pub(crate) struct Golden {
    /// Of the record.
    pub(crate) kind: u16,
    /// The newest.
    pub(crate) version: u8,
    /// Of the Rust type.
    pub(crate) name: &'static str,
    /// Examples in bytes.
    written: Vec<(&'static str, Vec<u8>)>,
    /// Whether bytes of any version are read; and if they are the example of that name, as it.
    reads: fn(&str, &[u8]) -> Result<(), String>,
    /// Reads anything without a word.
    tries: fn(&[u8]),
}

fn golden<R: Record>(
    name: &'static str,
    written: Vec<(&'static str, Vec<u8>)>,
    reads: fn(&str, &[u8]) -> Result<(), String>,
) -> Golden {
    let tries = |bytes: &[u8]| drop(record::read::<R>(bytes));
    Golden { kind: R::KIND, version: R::VERSION, name, written, reads, tries }
}

fn write<R: Record>(examples: examples::Examples<R>) -> Vec<(&'static str, Vec<u8>)> {
    examples.iter().map(|(name, value)| (*name, record::write(value).expect("an example has bytes"))).collect()
}

fn reads_as<R: Record + PartialEq + Debug>(
    examples: examples::Examples<R>,
    name: &str,
    bytes: &[u8],
) -> Result<(), String> {
    let read: R = record::read(bytes).map_err(|fault| fault.to_string())?;
    match examples.iter().find(|(known, _)| *known == name) {
        Some((_, value)) if *value == read => Ok(()),
        Some((_, value)) => Err(format!("reads as {read:?}, expected {value:?}")),
        None => Err("no example has that name any more".to_owned()),
    }
}

macro_rules! goldens {
    ($($type:ident: $examples:ident;)+) => {
        vec![$(golden::<$type>(
            stringify!($type),
            write(examples::$examples()),
            |name, bytes| reads_as(examples::$examples(), name, bytes),
        )),+]
    };
}

/// Every record of `domain` and `protocol`; [`every_declared_record_has_golden_bytes`] finds one that is missing.
fn goldens() -> Vec<Golden> {
    use domain::accounts::{Account, ProgramToken, Recovery, Session, SessionMark};
    use domain::audit::Countersignature;
    use domain::case::CaseRow;
    use domain::catalogue::VersionProposal;
    use domain::claims::Claim;
    use domain::command::{Outcome, Proposal};
    use domain::concerns::{ConcernRow, ConcernWaits, RatingCount};
    use domain::licence::{Breach, Licence};
    use domain::mirror::{MirrorMark, MirrorReply, MirrorRequest};
    use domain::recovery::OpenRound;
    use domain::stretch::{OpenStretch, Stretch};
    use domain::tables::*;
    use protocol::applicant::ApplicantFields;
    use protocol::blob::{BlobReply, BlobRequest, FileLabel};
    use protocol::client::{ClientReply, ClientRequest};
    use protocol::clock::ClockSaid;
    use protocol::directory::SignedDirectory;
    use protocol::envelope::Envelope;
    use protocol::mail_exchange::{MailReply, MailRequest};
    use protocol::statement::{SignedGreeting, SignedStatement};
    goldens! {
        Account: account;
        Session: session;
        SessionMark: session_mark;
        ProgramToken: program_token;
        Recovery: recovery;
        ConcernRow: concern_row;
        Licence: licence;
        Breach: breaches;
        VersionProposal: version_proposal;
        ConcernWaits: concern_waits;
        RatingCount: rating_count;
        UnitMeta: unit_meta;
        CaseRow: case_row;
        CaseRef: case_ref;
        Count: count;
        Task: task;
        Timer: timer;
        OutboxMail: outbox_mail;
        OutboxHead: outbox_head;
        InboxCursor: inbox_cursor;
        Answer: answer;
        AnswerRef: answer_ref;
        Version: version;
        Chunk: chunk;
        Definition: definition;
        Audit: audit;
        Contradiction: contradiction;
        Erasure: erasure;
        Claim: claim;
        ClaimWord: claim_word;
        AuditTree: audit_tree;
        AuditNode: audit_node;
        HeadTold: head_told;
        HeadSeen: head_seen;
        HeadOwed: head_owed;
        Countersignature: countersignature;
        Fork: fork;
        Dispute: dispute;
        OpenRound: open_round;
        InheritedCase: inherited_case;
        PeerStatement: peer_statement;
        ClaimStatement: claim_statement;
        FenceOwed: fence_owed;
        FoundCase: found_case;
        Stretch: stretch;
        OpenStretch: open_stretch;
        ClockSaid: clock_said;
        Proposal: proposal;
        Outcome: outcome;
        SignedDirectory: signed_directory;
        Envelope: envelope;
        MailRequest: mail_request;
        MailReply: mail_reply;
        SignedGreeting: signed_greeting;
        SignedStatement: signed_statement;
        ClientRequest: client_request;
        ClientReply: client_reply;
        ApplicantFields: applicant_fields;
        BlobName: blob_name;
        BlobRequest: blob_request;
        BlobReply: blob_reply;
        FileLabel: file_label;
        MirrorRequest: mirror_request;
        MirrorReply: mirror_reply;
        MirrorMark: mirror_mark;
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

fn file_name(golden: &Golden, version: u8) -> String {
    format!("{:03}-{}-v{version}.txt", golden.kind, golden.name)
}

/// Lines of a golden file by example: `name: hexadecimal`.
fn read_file(path: &Path) -> BTreeMap<String, Vec<u8>> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let line = |line: &str| {
        let (name, bytes) = line.split_once(": ").unwrap_or_else(|| panic!("{}: {line:?}", path.display()));
        (name.to_owned(), hex::decode(bytes).unwrap_or_else(|why| panic!("{}: {name}: {why}", path.display())))
    };
    text.lines().map(line).collect()
}

/// Compares with the file; when blessing, first adds what it lacks.
fn check(path: &Path, written: &[(&'static str, Vec<u8>)]) {
    let known = read_file(path);
    let unknown: Vec<_> = written.iter().filter(|(name, _)| !known.contains_key(*name)).collect();
    if std::env::var_os("BLESS").is_some() && !unknown.is_empty() {
        let mut text = std::fs::read_to_string(path).unwrap_or_default();
        for (name, bytes) in &unknown {
            writeln!(text, "{name}: {}", hex::encode(bytes)).unwrap();
        }
        std::fs::write(path, text).unwrap();
    } else {
        let names: Vec<_> = unknown.iter().map(|(name, _)| name).collect();
        assert!(names.is_empty(), "{}: no golden bytes for {names:?}: run with BLESS=1", path.display());
    }
    for (name, bytes) in written {
        if let Some(expected) = known.get(*name) {
            let (got, expected) = (hex::encode(bytes), hex::encode(expected));
            let advice = "a changed form needs a new version (docs/formats.md)";
            assert_eq!(got, expected, "{}: {name} has other bytes: {advice}", path.display());
        }
    }
}

#[test]
fn records_have_the_bytes_that_they_always_had() {
    for golden in goldens() {
        check(&folder().join(file_name(&golden, golden.version)), &golden.written);
    }
}

/// Bodies of mail are sealed, so their bytes have a file of their own beside the envelope's.
#[test]
fn mails_have_the_bytes_that_they_always_had() {
    let path = folder().join(format!("mail-v{}.txt", domain::mail::Mail::VERSION));
    let written: Vec<_> =
        examples::mails().iter().map(|(name, mail)| (*name, domain::codec::encode(mail).unwrap())).collect();
    check(&path, &written);
    for (name, bytes) in read_file(&path) {
        let mail: domain::mail::Mail = domain::codec::decode(&bytes).unwrap();
        let example = examples::mails().into_iter().find(|(known, _)| **known == *name);
        assert_eq!(Some(mail), example.map(|(_, mail)| mail), "{name}");
    }
    let kinds: BTreeSet<_> = examples::mails().iter().map(|(_, mail)| mail.kind() as u16).collect();
    let known: BTreeSet<_> =
        (0..1000).filter(|number| domain::mail::MailKind::from_number(*number).is_some()).collect();
    assert_eq!(kinds, known, "an example for every kind of mail");
}

/// Old versions too: their files stay for ever.
#[test]
fn every_golden_file_is_still_read() {
    let goldens = goldens();
    let mut files: BTreeSet<String> =
        std::fs::read_dir(folder()).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    for golden in &goldens {
        for version in 1..=golden.version {
            let name = file_name(golden, version);
            assert!(files.remove(&name), "{name} is missing: the bytes of an old version are kept for ever");
            for (example, bytes) in read_file(&folder().join(&name)) {
                (golden.reads)(&example, &bytes).unwrap_or_else(|why| panic!("{name}: {example}: {why}"));
            }
        }
    }
    files.retain(|name| name.ends_with(".txt") && !name.starts_with("mail-v"));
    assert_eq!(files, BTreeSet::new(), "files of records that are gone or renamed");
}

/// Every variant has an example, so that a new one cannot come without golden bytes.
#[test]
fn every_command_and_refusal_has_an_example() {
    let commands: BTreeSet<u16> = examples::proposal().iter().map(|(_, proposal)| proposal.command.kind()).collect();
    let declared = support::variants("domain/src/command/mod.rs", "pub enum Command {");
    assert_eq!(commands, (1..=declared as u16).collect(), "an example for every command");

    let rulings = examples::outcome();
    let variant = |refusal: &domain::refusal::Refusal| {
        let text = format!("{refusal:?}");
        text.split(|c: char| !c.is_alphanumeric()).next().map(str::to_owned)
    };
    let refused: BTreeSet<_> =
        rulings.iter().filter_map(|(_, outcome)| outcome.reply.ruling().err().and_then(variant)).collect();
    let declared = support::variants("domain/src/refusal.rs", "pub enum Refusal {");
    assert_eq!(refused.len(), declared, "an example for every refusal");
    let done = rulings.iter().filter(|(name, outcome)| *name != "repeated" && outcome.reply.ruling().is_ok()).count();
    assert_eq!(
        done,
        support::variants("domain/src/command/outcome.rs", "pub enum Done {"),
        "an example for every answer"
    );
}

/// Read from the sources, so that a record declared without golden bytes cannot be forgotten here.
#[test]
fn every_declared_record_has_golden_bytes() {
    let known: BTreeSet<(u16, String)> = goldens().iter().map(|g| (g.kind, g.name.to_owned())).collect();
    let declared: BTreeSet<(u16, String)> = support::declared_records()
        .into_iter()
        .filter(|record| ["domain", "protocol"].contains(&record.in_crate.as_str()))
        .map(|record| (record.kind, record.name))
        .collect();
    assert_eq!(known, declared);
}

proptest! {
    #[test]
    fn reading_anything_never_panics(body in proptest::collection::vec(any::<u8>(), 0..300), version in 0..3_u8) {
        for golden in goldens() {
            (golden.tries)(&body);
            (golden.tries)(&support::with_header(golden.kind, version, &body));
        }
    }

    /// Nearly right is harder than random: real bytes with some changed, cut or doubled, under a right checksum.
    #[test]
    fn reading_altered_records_never_panics(at: u16, with: u8, cut: u16, doubled: bool) {
        for golden in goldens() {
            for (_, bytes) in &golden.written {
                let mut body = bytes[record::HEADER..].to_vec();
                if let Some(byte) = body.get_mut(usize::from(at) % bytes.len()) {
                    *byte = with;
                }
                body.truncate(usize::from(cut) % (2 * bytes.len()));
                if doubled {
                    body.extend_from_within(..);
                }
                (golden.tries)(&support::with_header(golden.kind, golden.version, &body));
            }
        }
    }
}
