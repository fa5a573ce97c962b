//! docs/formats.md lists every number that stands once for ever, is written from the code, and never loses one.
//!
//! `BLESS=1 cargo test -p protocol --test formats_document` writes it anew (`cargo xtask bless` does).

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use domain::mail::{Mail, MailKind};
use domain::tables::TABLES;
use protocol::record::HEADER;
use protocol::seam::Channel;
use protocol::signing::SUITES;

fn document_path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/formats.md")
}

const ENDS: &str = "Written from the code by `crates/protocol/tests/formats_document.rs`; `cargo xtask bless` renews it. A number is only \
                    ever added: what is gone keeps its own, and a changed form is a new version with a `From` for the old one.";

fn render() -> String {
    let mut text = format!("# Formats\n\n{}\n", wrapped(ENDS));
    let section = |text: &mut String, title: &str, about: &str| {
        write!(text, "\n## {title}\n\n{}\n\n", wrapped(about)).unwrap();
    };
    section(
        &mut text,
        "Records",
        &format!(
            "Everything on disk and on the wire is a record: kind u16 · version u8 · flags u8 · CRC-32 u32 over all but itself, \
             big endian, {HEADER} bytes, then the body in postcard. Bytes of every version are kept in \
             `crates/protocol/tests/golden`. Kinds by crate: domain 1–63 and 162–169, protocol 64–79, transport 80–95, consensus 96–127, \
             store 128–159, unit 160, 161 and 170–191, tests from 60000."
        ),
    );
    text.push_str("| Kind | Record | Crate |\n|---|---|---|\n");
    for record in support::declared_records() {
        writeln!(text, "| {} | `{}` | {} |", record.kind, record.name, record.in_crate).unwrap();
    }
    section(
        &mut text,
        "Tables",
        "A row's key on disk: keyspace u32 big endian · table u8 · key. Numbers order as they count: big endian, the sign bit of \
         i64 turned; texts end with two zeros, a zero in them is followed by 0xFF. Table 255 is the state hash.",
    );
    text.push_str("| Table | Rows |\n|---|---|\n");
    for (number, name) in TABLES {
        writeln!(text, "| {number} | `{name}` |").unwrap();
    }
    section(
        &mut text,
        "Mail",
        &format!(
            "Kind and payload version stand in clear on the envelope; the body is sealed to the receiving unit. This release \
             writes payload version {}. A kind or version that the receiver does not know is refused and parked at the sender.",
            Mail::VERSION
        ),
    );
    text.push_str("| Kind | Mail |\n|---|---|\n");
    for kind in (0..=u16::MAX).filter_map(MailKind::from_number) {
        writeln!(text, "| {} | `{kind:?}` |", kind as u16).unwrap();
    }
    section(
        &mut text,
        "Commands",
        "Kinds as audit rows name them; a command's place in the log's form is its kind less one.",
    );
    text.push_str("| Kind | Command |\n|---|---|\n");
    for (at, name) in support::variant_names("domain/src/command/mod.rs", "pub enum Command {").iter().enumerate() {
        writeln!(text, "| {} | `{name}` |", at + 1).unwrap();
    }
    section(&mut text, "Channels", "The first byte of a frame between nodes, in the order of priority.");
    text.push_str("| Channel | For |\n|---|---|\n");
    for channel in (0..=u8::MAX).filter_map(Channel::from_number) {
        writeln!(text, "| {} | `{channel:?}` |", channel as u8).unwrap();
    }
    section(
        &mut text,
        "Cryptography",
        "What is sealed begins with a form byte. Form 1 to a unit: encapsulated key (32) · ciphertext · tag (16), HPKE base mode \
         with DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20-Poly1305 (RFC 9180). Form 2, by a unit to \
         itself: nonce (12) · ciphertext · tag (16), ChaCha20-Poly1305 under the HMAC-SHA256 of purpose and place by the unit's \
         secret key. Form 1 under a case's data key: nonce (12) · ciphertext · tag (16), ChaCha20-Poly1305. Signatures carry the number of their suite; purposes are signed with the \
         message, each behind its length as u64 big endian.",
    );
    text.push_str("| Suite | Public key | Signature |\n|---|---|---|\n");
    for suite in SUITES {
        let public = suite.public_key(&[1; 32]).len();
        let signature = suite.sign(&[1; 32], b"").len();
        writeln!(text, "| {} | {public} bytes | {signature} bytes |", suite.number()).unwrap();
    }
    text
}

/// Lines of at most 128 characters, as everywhere in the repository.
fn wrapped(text: &str) -> String {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let line = lines.last_mut().expect("never empty");
        if line.chars().count() + 1 + word.chars().count() > 128 {
            lines.push(word.to_owned());
        } else {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines.join("\n")
}

/// Numbered lines by section: `(section, number)` to what it stands for.
fn numbered(text: &str) -> BTreeMap<(&str, &str), &str> {
    let mut section = "";
    let mut found = BTreeMap::new();
    for line in text.lines() {
        if let Some(title) = line.strip_prefix("## ") {
            section = title;
        } else if let Some((number, rest)) = line.strip_prefix("| ").and_then(|line| line.split_once(" | "))
            && number.bytes().all(|byte| byte.is_ascii_digit())
        {
            found.insert((section, number), rest);
        }
    }
    found
}

#[test]
fn the_document_is_up_to_date_and_has_lost_nothing() {
    let written = std::fs::read_to_string(document_path()).unwrap_or_default();
    let rendered = render();
    let (known, now) = (numbered(&written), numbered(&rendered));
    for (place, was) in &known {
        assert_eq!(now.get(place), Some(was), "{place:?} stands once for ever");
    }
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(document_path(), &rendered).unwrap();
    } else {
        assert!(written == rendered, "docs/formats.md is not what the code says: run `cargo xtask bless`");
    }
}

#[test]
fn no_number_is_used_twice() {
    let mut kinds = BTreeMap::new();
    for record in support::declared_records() {
        let before = kinds.insert(record.kind, record.clone());
        assert_eq!(before, None, "kind {} is used twice: {record:?}", record.kind);
    }
    let tables: BTreeSet<u8> = TABLES.iter().map(|(number, _)| *number).collect();
    assert_eq!(tables.len(), TABLES.len());
    assert!(!tables.contains(&255), "table 255 is the machine's own");
}

#[test]
fn records_keep_to_the_kinds_of_their_crate() {
    for record in support::declared_records() {
        let ranges = match record.in_crate.as_str() {
            "domain" => [1..64, 162..170],
            "protocol" => [64..80, 0..0],
            "transport" => [80..96, 0..0],
            "consensus" => [96..128, 0..0],
            "store" => [128..160, 0..0],
            "unit" => [160..162, 170..192],
            other => panic!("no kinds are set aside for crate {other}: {record:?}"),
        };
        let is_in = ranges.iter().any(|range| range.contains(&record.kind));
        assert!(is_in, "{record:?} is outside of {ranges:?}");
    }
}
