//! The books of units and their neighbours: sound stories hold I8, and a history that was written anew is caught by it.

#[allow(dead_code, reason = "other forgeries are for the other tests")]
mod units;

use domain::audit::{AuditHead, HeadNews, SignatureBytes, SignedHead, Tree, leaf_hash};
use domain::command::*;
use domain::digest::ContentHash;
use domain::ids::{Generation, MailSequence, NodeId, Sequence, UnitId};
use domain::mail::Mail;
use domain::store::UnitRead;
use domain::tables::{AuditNodes, Audits, HeadsSeen, HeadsTold, Outbox, OutboxHeads, OutboxMail};
use protocol::overlay::{Overlay, row_key};
use units::{COUNTY, Region, VILLAGE, all_broken, broken, put};

/// The head of a unit's books as its leader would tell it.
fn head(region: &Region, unit: UnitId) -> SignedHead {
    region.with_rows(unit, |rows| {
        let tree = Tree::of(rows, Generation::FIRST).unwrap().unwrap();
        let size = tree.size_at(region.meta(unit).sequence);
        let head = AuditHead {
            region: "jining".to_owned(),
            unit,
            generation: Generation::FIRST,
            size,
            root: tree.root(size).unwrap(),
            state: ContentHash::default(),
            at: region.now,
        };
        SignedHead { head, signer: NodeId(1), signature: SignatureBytes(vec![1]) }
    })
}

fn tell(region: &mut Region, from: UnitId, to: UnitId, answers: bool) {
    let countersignature = region.read::<HeadsSeen>(from, &(to, Generation::FIRST)).map(|seen| {
        let (by, signer) = (from, NodeId(1));
        let signature = SignatureBytes(vec![2]);
        domain::audit::Countersignature {
            head: seen.signed,
            by,
            generation: Generation::FIRST,
            at: region.now,
            signer,
            signature,
        }
    });
    let signed = head(region, from);
    let command = TellHead { signed, to: vec![Telling { to, countersignature, answers }] };
    assert_eq!(region.done(from, Command::TellHead(Box::new(command))), Done::HeadTold);
}

/// The village's books told to the county and signed there, twice.
fn told() -> Region {
    let mut region = Region::jining();
    for key in ["first", "second"] {
        region.submit(VILLAGE, "CI1", key);
        tell(&mut region, VILLAGE, COUNTY, false);
        region.exchange();
        tell(&mut region, COUNTY, VILLAGE, true);
        region.exchange();
    }
    region
}

#[track_caller]
fn breaks(region: Region, words: &str) {
    let judged = region.finish();
    let what = broken(&judged, "I8").unwrap_or_else(|| panic!("I8 held; broken: {:?}", all_broken(&judged)));
    assert!(what.contains(words), "{what}");
}

#[test]
fn books_that_neighbours_signed_hold() {
    let region = told();
    assert!(!region.read::<HeadsTold>(VILLAGE, &COUNTY).unwrap().awaited);
    assert_eq!(all_broken(&region.finish()), []);
}

/// A head in the village's stream to the county that no command told.
fn slip_in(region: &mut Region, change: impl FnOnce(&mut HeadNews)) {
    let end = region.read::<OutboxHeads>(VILLAGE, &COUNTY).unwrap();
    let before = region.read::<HeadsTold>(VILLAGE, &COUNTY).unwrap().signed.head;
    let signed = head(region, VILLAGE);
    let proof = region.with_rows(VILLAGE, |rows| {
        let tree = Tree::of(rows, Generation::FIRST).unwrap().unwrap();
        tree.consistency(before.size, signed.head.size).unwrap().unwrap()
    });
    let mut news = HeadNews { signed, since: before.size, proof, countersignature: None, answers: true };
    change(&mut news);
    let sequence: MailSequence = end.written.next();
    let mail = Mail::Head(Box::new(news));
    let chain = domain::command::chain(end.chain, sequence, &mail).unwrap();
    let row = OutboxMail { mail, before: end.chain, chain, at: region.now };
    let after = domain::tables::OutboxHead { written: sequence, chain, ..end };
    region.forge(VILLAGE, |_, writes| {
        put::<Outbox>(writes, &(COUNTY, sequence), &row);
        put::<OutboxHeads>(writes, &COUNTY, &after);
    });
}

#[test]
fn a_history_that_was_written_anew_is_caught() {
    // Without a change it is an honest head.
    let mut region = told();
    slip_in(&mut region, |_| {});
    assert_eq!(broken(&region.finish(), "I8"), None);

    // Told of books that do not go on from those before.
    let mut region = told();
    slip_in(&mut region, |news| news.signed.head.root = leaf_hash(b"another history"));
    breaks(region, "two histories");

    // The same number of rows with another root.
    let mut region = told();
    let before = region.read::<HeadsTold>(VILLAGE, &COUNTY).unwrap().signed;
    slip_in(&mut region, |news| {
        news.signed = before;
        news.signed.head.root = leaf_hash(b"another history");
        news.proof.clear();
    });
    breaks(region, "two roots");
}

#[test]
fn a_row_that_was_changed_behind_a_head_is_caught_by_who_signed() {
    let mut region = told();
    let sequence = Sequence(3);
    let mut audit = region.read::<Audits>(VILLAGE, &sequence).unwrap();
    audit.principal.name = "somebody else".to_owned();
    // The replica itself writes the row anew, and so does not diverge from another.
    region.forge(VILLAGE, |_, writes| {
        writes.write(row_key::<Audits>(&sequence), Some(protocol::record::write(&audit).unwrap()))
    });
    breaks(region, "");
}

#[test]
fn a_head_that_nobody_signs_is_told() {
    let mut region = told();
    region.submit(VILLAGE, "CI1", "third");
    tell(&mut region, VILLAGE, COUNTY, false);
    region.exchange();
    region.pass(11 * 60_000);
    breaks(region, "has not signed the head");
}

/// What each side of an exchange has in its rows afterwards is what an operator's check finds sound.
#[test]
fn the_state_checker_finds_the_tree_sound() {
    let mut region = told();
    for number in 0..16 {
        region.submit(VILLAGE, "CI1", &format!("more {number}"));
    }
    for unit in [VILLAGE, COUNTY] {
        let findings = region.with_rows(unit, |rows: &Overlay<'_, _>| domain::check::check(rows).unwrap());
        assert_eq!(findings, []);
    }
    let kept = |rows: &Overlay<'_, _>| rows.has::<AuditNodes>(&(Generation::FIRST, 4, 0)).unwrap();
    assert!(region.with_rows(VILLAGE, kept));
}
