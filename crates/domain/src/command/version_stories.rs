//! The life of a version: proposed, reviewed by another person, published, fed down, in force from its day; and what is refused.

use super::*;
use crate::catalogue::{
    ChunkBytes, ChunkKind, ProposalStanding, ProposedVersion, SignedManifest, VersionProposal, installed,
};
use crate::ids::{CaseId, MailSequence, UnitId};
use crate::mail::Mail;
use crate::refusal::CatalogueRefusal;
use crate::store::UnitRead;
use crate::support::*;
use crate::tables::{Evidence, InboxCursors, VersionProposals, Versions};
use crate::time::CivilDate;

fn day(text: &str) -> CivilDate {
    text.parse().unwrap()
}

fn other(person: &'static str, unit: &mut TestUnit, command: Command) -> Outcome {
    let own = std::mem::replace(&mut unit.person, person);
    let outcome = unit.run(command);
    unit.person = own;
    outcome
}

fn review(proposal: u64, approved: bool, words: &str) -> Command {
    Command::ReviewVersion(ReviewVersion { proposal, approved, words: words.to_owned() })
}

fn withdraw(proposal: u64) -> Command {
    Command::WithdrawProposal(WithdrawProposal { proposal, words: String::new() })
}

fn refusal(outcome: Outcome) -> Refusal {
    match outcome.reply {
        Reply::Refused(refusal) => refusal,
        reply => panic!("{reply:?}"),
    }
}

fn proposal_row(unit: &TestUnit, proposal: u64) -> VersionProposal {
    unit.store.get::<VersionProposals>(&proposal).unwrap().unwrap()
}

#[test]
fn two_people_bring_a_version_about_and_everyone_installs_it() {
    let mut world = World::jining();
    let next = pieces(PATIENCE_SECONDS * 2);
    let city = world.unit(CITY);
    let proposal = city.propose(&next, day("2026-02-10"));
    assert_eq!((proposal, proposal_row(city, proposal).standing), (1, ProposalStanding::Proposed));
    city.approve(proposal);
    let publish = city.publish_reviewed(proposal);
    // A third person has it published.
    let Command::PublishReviewed(_) = &publish else { panic!() };
    assert_eq!(city.done(publish), Done::Published { installed: true });
    let row = proposal_row(city, proposal);
    assert_eq!(row.standing, ProposalStanding::Published);
    assert_eq!(
        (row.proposed.by.name.as_str(), row.reviewed.unwrap().by.name.as_str()),
        ("demo-window", "demo-reviewer")
    );

    // Its words are a piece of it: the acts of the log, which the audit rows show.
    let version = city.store.get::<Versions>(&2).unwrap().unwrap();
    let named = version.signed.manifest.chunks.iter().find(|chunk| chunk.kind == ChunkKind::Approvals).unwrap();
    let bytes = city.store.get::<crate::tables::Chunks>(&named.hash).unwrap().unwrap().0;
    let approvals = crate::catalogue::Approvals::from_chunk(&bytes).unwrap();
    for approval in [&approvals.proposed, &approvals.reviewed] {
        let audit = city.store.get::<Audits>(&approval.sequence).unwrap().unwrap();
        assert_eq!((audit.principal.name, audit.digest, audit.at), (approval.by.clone(), approval.digest, approval.at));
    }
    world.exchange();
    assert!([COUNTY, OTHER_COUNTY, VILLAGE].into_iter().all(|unit| world.unit(unit).catalogue() == Some(2)));
    world.replay();
}

#[test]
fn proposing_in_order_of_refusals() {
    let mut world = World::jining();
    let next = pieces(PATIENCE_SECONDS * 2);
    let mut version = ProposedVersion::of(&world.unit(CITY).next_version(&next).manifest);
    let propose = |version: &ProposedVersion, why: &str| {
        Command::ProposeVersion(ProposeVersion { version: version.clone(), why: why.to_owned() })
    };
    version.number = 3;
    version.effective = day("2026-02-09");
    version.chunks.insert(0, crate::catalogue::ChunkRef { kind: ChunkKind::Approvals, hash: ContentHash::default() });
    // Wrong in every way; then right in one more each time.
    assert_eq!(world.unit(COUNTY).refused(propose(&version, "")), Refusal::NotAuthority { unit: COUNTY });
    let city = world.unit(CITY);
    assert_eq!(city.refused(propose(&version, " ")), CatalogueRefusal::WhyMissing.into());
    let stale = CatalogueRefusal::Stale { number: 3, newest: 1 };
    assert_eq!(city.refused(propose(&version, "上级文件")), stale.into());
    version.number = 2;
    version.parent = None;
    let fork = CatalogueRefusal::Stale { number: 2, newest: 1 };
    assert_eq!(city.refused(propose(&version, "上级文件")), fork.into());
    version.parent = ProposedVersion::of(&city.next_version(&next).manifest).parent;
    let early = CatalogueRefusal::EffectiveUnfit { effective: day("2026-02-09"), earliest: day("2026-02-10") };
    assert_eq!(city.refused(propose(&version, "上级文件")), early.into());
    version.effective = day("2026-02-10");
    assert!(matches!(city.refused(propose(&version, "上级文件")), Refusal::CataloguePiece { .. }));
    version.chunks.remove(0);
    // Calendar and entries are those of version 1; the new matters are not kept yet.
    assert_eq!(city.refused(propose(&version, "上级文件")), Refusal::CatalogueIncomplete { missing: 1 });
    for (_, bytes) in &next {
        city.done(Command::StoreChunk(StoreChunk { hash: chunk_hash(bytes), bytes: bytes.clone() }));
    }
    assert_eq!(city.done(propose(&version, "上级文件")), Done::VersionProposed { proposal: 1 });
}

#[test]
fn reviewing_in_order_of_refusals() {
    let mut world = World::jining();
    assert_eq!(world.unit(COUNTY).refused(review(1, true, "")), Refusal::NotAuthority { unit: COUNTY });
    let city = world.unit(CITY);
    let unknown = CatalogueRefusal::ProposalUnknown { proposal: 1 };
    assert_eq!(city.refused(review(1, true, "")), unknown.into());
    let proposal = city.propose(&pieces(PATIENCE_SECONDS * 2), day("2026-02-10"));
    let same = || Refusal::from(CatalogueRefusal::SamePerson { by: "demo-window".to_owned() });
    assert_eq!(city.refused(review(proposal, true, "")), same());
    assert_eq!(city.refused(review(proposal, false, "不妥")), same());
    let silent = refusal(other("demo-reviewer", city, review(proposal, false, " ")));
    assert_eq!(silent, CatalogueRefusal::WhyMissing.into());
    let sent_back = other("demo-reviewer", city, review(proposal, false, "材料清单与依据不符"));
    assert_eq!(sent_back.reply, Reply::Done(Done::ProposalChanged { proposal }));
    let over = CatalogueRefusal::ProposalOver { proposal, standing: ProposalStanding::SentBack };
    assert_eq!(refusal(other("demo-reviewer", city, review(proposal, true, ""))), over.clone().into());
    assert_eq!(city.refused(withdraw(proposal)), over.into());

    // Its day passes before anybody looks at it: it can be sent back, and not approved.
    let late = city.propose(&pieces(PATIENCE_SECONDS * 3), day("2026-02-10"));
    city.clock = at("2026-02-11");
    let passed = CatalogueRefusal::EffectiveUnfit { effective: day("2026-02-10"), earliest: day("2026-02-11") };
    assert_eq!(refusal(other("demo-reviewer", city, review(late, true, ""))), passed.into());
    // The same where another version came first.
    let behind = city.propose(&pieces(PATIENCE_SECONDS * 4), day("2026-03-01"));
    city.publish(&pieces(PATIENCE_SECONDS * 5));
    let stale = CatalogueRefusal::Stale { number: 2, newest: 2 };
    assert_eq!(refusal(other("demo-reviewer", city, review(behind, true, ""))), stale.into());
    let sent_back = other("demo-reviewer", city, review(behind, false, "已过时"));
    assert_eq!(sent_back.reply, Reply::Done(Done::ProposalChanged { proposal: behind }));
}

#[test]
fn withdrawing_in_order_of_refusals() {
    let mut world = World::jining();
    assert_eq!(world.unit(COUNTY).refused(withdraw(1)), Refusal::NotAuthority { unit: COUNTY });
    let city = world.unit(CITY);
    assert_eq!(city.refused(withdraw(1)), CatalogueRefusal::ProposalUnknown { proposal: 1 }.into());
    let proposal = city.propose(&pieces(PATIENCE_SECONDS * 2), day("2026-02-10"));
    let foreign = CatalogueRefusal::NotProposer { proposer: "demo-window".to_owned() };
    assert_eq!(refusal(other("demo-reviewer", city, withdraw(proposal))), foreign.into());
    // Approved, it can still be taken back; then it is over for everybody.
    city.approve(proposal);
    let publish = city.publish_reviewed(proposal);
    assert_eq!(city.done(withdraw(proposal)), Done::ProposalChanged { proposal });
    let over = CatalogueRefusal::ProposalOver { proposal, standing: ProposalStanding::Withdrawn };
    assert_eq!(city.refused(withdraw(proposal)), over.clone().into());
    assert_eq!(city.refused(publish), over.into());
}

#[test]
fn publishing_in_order_of_refusals() {
    let mut world = World::jining();
    let next = pieces(PATIENCE_SECONDS * 2);
    let city = world.unit(CITY);
    let nothing = SignedManifest { signature: vec![0; 64], ..city.next_version(&next) };
    let publish = |proposal, signed: &SignedManifest| {
        Command::PublishReviewed(PublishReviewed { proposal, signed: signed.clone() })
    };
    assert_eq!(world.unit(COUNTY).refused(publish(1, &nothing)), Refusal::NotAuthority { unit: COUNTY });
    let city = world.unit(CITY);
    assert_eq!(city.refused(publish(1, &nothing)), CatalogueRefusal::ProposalUnknown { proposal: 1 }.into());
    let proposal = city.propose(&next, day("2026-02-10"));
    let early = CatalogueRefusal::ProposalOver { proposal, standing: ProposalStanding::Proposed };
    assert_eq!(city.refused(publish(proposal, &nothing)), early.into());
    city.approve(proposal);
    let unreviewed = || Refusal::from(CatalogueRefusal::Unreviewed { number: 2 });
    assert_eq!(city.refused(publish(proposal, &nothing)), unreviewed());
    let Command::PublishReviewed(right) = city.publish_reviewed(proposal) else { panic!() };
    let with = |change: &dyn Fn(&mut SignedManifest)| {
        let mut signed = right.signed.clone();
        change(&mut signed);
        publish(proposal, &signed)
    };
    assert_eq!(city.refused(with(&|signed| signed.signer = COUNTY)), unreviewed());
    assert_eq!(city.refused(with(&|signed| signed.manifest.effective = day("2026-02-11"))), unreviewed());
    assert_eq!(city.refused(with(&|signed| signed.manifest.generation = crate::ids::Generation(2))), unreviewed());
    assert_eq!(
        city.refused(with(&|signed| signed.manifest.chunks.truncate(signed.manifest.chunks.len() - 1))),
        unreviewed()
    );
    // In another one's name than who has it published.
    let refused = refusal(other("somebody", city, Command::PublishReviewed(right.clone())));
    assert_eq!(refused, unreviewed());
    // Another one came first.
    let second = city.propose(&pieces(PATIENCE_SECONDS * 3), day("2026-02-10"));
    city.approve(second);
    let late = city.publish_reviewed(second);
    city.done(Command::PublishReviewed(right.clone()));
    assert_eq!(city.refused(late), CatalogueRefusal::Stale { number: 2, newest: 2 }.into());
    let over = CatalogueRefusal::ProposalOver { proposal, standing: ProposalStanding::Published };
    assert_eq!(city.refused(Command::PublishReviewed(right)), over.into());
    // The planned day passed between approval and publication.
    let slow = city.propose(&pieces(PATIENCE_SECONDS * 4), day("2026-02-10"));
    city.approve(slow);
    city.clock = at("2026-02-12");
    let passed = CatalogueRefusal::EffectiveUnfit { effective: day("2026-02-10"), earliest: day("2026-02-12") };
    let publish = city.publish_reviewed(slow);
    assert_eq!(city.refused(publish), passed.into());
}

/// Brings mail of the city to the county, whatever the city would say of it.
fn bring(county: &mut TestUnit, mails: Vec<Mail>) -> Vec<Done> {
    let mut done = Vec::new();
    for mail in mails {
        let cursor = county.store.get::<InboxCursors>(&CITY).unwrap().unwrap();
        let sequence = MailSequence(cursor.sequence.0 + 1);
        let (generation, before) = (cursor.generation, cursor.chain);
        let arrived = MailArrived { from: CITY, generation, sequence, before, mail, objection: None };
        done.push(county.done(Command::MailArrived(Box::new(arrived))));
    }
    done
}

fn chunk((_, bytes): &ChunkBytes) -> Mail {
    Mail::Chunk { hash: chunk_hash(bytes), bytes: bytes.clone() }
}

#[test]
fn no_unit_installs_what_two_people_do_not_stand_behind() {
    let mut world = World::jining();
    let next = pieces(PATIENCE_SECONDS * 2);
    let first = world.unit(CITY).next_version(&next).manifest;
    let second = ProposedVersion { effective: day("2026-02-10"), ..ProposedVersion::of(&first) };
    let evidence = |county: &TestUnit| {
        let all = Sequence(0)..=Sequence(u64::MAX);
        county.store.scan::<Evidence>(all, usize::MAX).unwrap().into_iter().map(|(_, row)| row.what).collect::<Vec<_>>()
    };
    let (good, words) = approved(&second, ["anna", "bo"]);
    let (alone, own_words) = approved(&second, ["anna", "anna"]);
    let other_version = ProposedVersion { effective: day("2026-02-11"), ..second.clone() };
    let (_, foreign_words) = approved(&other_version, ["anna", "bo"]);
    let mut borrowed = second.manifest(crate::ids::Generation::FIRST, &approvals_of(&foreign_words));
    borrowed.number = 2;
    let borrowed = SignedManifest { manifest: borrowed, ..good.clone() };
    let mut bare = good.clone();
    bare.manifest.chunks.pop();
    let older = world.unit(CITY).store.get::<Versions>(&1).unwrap().unwrap().signed;
    let mut fork = older.clone();
    fork.manifest.effective = day("2026-01-02");
    let mut gap = good.clone();
    gap.manifest.number = 3;
    // What comes, whether it is kept as evidence already as a manifest, and what is said.
    let rows: [(&str, SignedManifest, Vec<ChunkBytes>, &str); 6] = [
        ("without words", bare, vec![], "is not what one person proposed and another approved"),
        ("one person", alone, vec![own_words], "anna proposed the version and approved it"),
        ("words of another version", borrowed, vec![foreign_words], "the approvals are of"),
        ("a fork of what is installed", fork, vec![], "does not follow version 1"),
        ("a gap", gap, vec![], "does not follow version 1"),
        (
            "an older one in other words",
            SignedManifest {
                manifest: {
                    let mut one = older.manifest.clone();
                    one.number = 0;
                    one
                },
                ..older
            },
            vec![],
            "does not follow",
        ),
    ];
    for (what, signed, words, why) in rows {
        let mut county = world.unit(COUNTY).clone();
        let mails = std::iter::once(Mail::Manifest(signed)).chain(next.iter().chain(&words).map(chunk)).collect();
        let done = bring(&mut county, mails);
        assert!(done.contains(&Done::MailContradicts), "{what}: {done:?}");
        assert_eq!(county.catalogue(), Some(1), "{what}");
        let told = evidence(&county);
        assert!(told.len() == 1 && told[0].contains(why), "{what}: {told:?}");
    }
    // And what they do stand behind is installed, in whatever order its pieces come.
    let mut county = world.unit(COUNTY).clone();
    let mut mails = vec![Mail::Manifest(good), chunk(&words)];
    mails.extend(next.iter().map(chunk));
    let done = bring(&mut county, mails);
    assert!(done.iter().all(|done| *done == Done::MailLogged), "{done:?}");
    assert_eq!((county.catalogue(), evidence(&county).len()), (Some(2), 0));
}

fn approvals_of((_, bytes): &ChunkBytes) -> crate::catalogue::Approvals {
    crate::catalogue::Approvals::from_chunk(bytes).unwrap()
}

#[test]
fn a_version_holds_from_its_day_and_cases_begun_before_keep_theirs() {
    let mut world = World::jining();
    let city = world.unit(CITY);
    let proposal = city.propose(&pieces(PATIENCE_SECONDS * 2), day("2026-02-12"));
    city.approve(proposal);
    let publish = city.publish_reviewed(proposal);
    assert_eq!(city.done(publish), Done::Published { installed: true });
    world.exchange();
    // Installed everywhere, and not in force.
    let holds = |unit: &TestUnit, on: &str| {
        installed::in_force(&unit.store, &unit.meta(), day(on)).unwrap().map(|pin| pin.number)
    };
    assert_eq!(world.unit(VILLAGE).catalogue(), Some(2));
    let village = world.unit(VILLAGE);
    let found = ["2025-12-31", "2026-01-01", "2026-02-11", "2026-02-12", "2027-01-01"].map(|on| holds(village, on));
    assert_eq!(found, [None, Some(1), Some(1), Some(2), Some(2)]);
    let pin = |world: &mut World, unit: UnitId, case: CaseId| world.unit(unit).content(case).pin.number;
    let before = world.receive(VILLAGE, EQUAL);
    assert_eq!(pin(&mut world, VILLAGE, before), 1);
    // What is published next may not begin before what holds then.
    let city = world.unit(CITY);
    let mut third = ProposedVersion::of(&city.next_version(&pieces(PATIENCE_SECONDS * 2)).manifest);
    third.effective = day("2026-02-11");
    let early = CatalogueRefusal::EffectiveUnfit { effective: day("2026-02-11"), earliest: day("2026-02-12") };
    let propose = Command::ProposeVersion(ProposeVersion { version: third, why: "试".to_owned() });
    assert_eq!(city.refused(propose), early.into());

    world.pass(2 * 86_400_000);
    let after = world.receive(VILLAGE, EQUAL);
    assert_eq!(pin(&mut world, VILLAGE, after), 2);
    // The one begun before goes on and ends under the version that it was received under.
    world.settle();
    world.accept(COUNTY, before);
    world.decide(COUNTY, before);
    assert_eq!(pin(&mut world, COUNTY, before), 1);
    let county = world.unit(COUNTY);
    let audit = county.store.get::<Audits>(&county.meta().sequence).unwrap().unwrap();
    assert_eq!(audit.catalogue.map(|pin| pin.number), Some(2));
    world.replay();
}

#[test]
fn units_work_on_different_versions_at_once() {
    let mut world = World::jining();
    world.cut(OTHER_COUNTY);
    world.unit(CITY).publish(&pieces(PATIENCE_SECONDS * 2));
    world.exchange();
    assert_eq!((world.unit(COUNTY).catalogue(), world.unit(OTHER_COUNTY).catalogue()), (Some(2), Some(1)));
    let here = world.receive(VILLAGE, EQUAL);
    let there = world.receive(OTHER_VILLAGE, EQUAL);
    assert_eq!(world.unit(VILLAGE).content(here).pin.number, 2);
    assert_eq!(world.unit(OTHER_VILLAGE).content(there).pin.number, 1);
    world.settle();
    world.heal();
    world.settle();
    assert_eq!((world.owners(here), world.owners(there)), (vec![COUNTY], vec![OTHER_COUNTY]));
    assert_eq!(world.unit(OTHER_COUNTY).content(there).pin.number, 1);
    assert_eq!(world.unit(OTHER_COUNTY).catalogue(), Some(2));
    world.replay();
}

mod sequences {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    const PEOPLE: [&str; 3] = ["anna", "bo", "chen"];

    proptest! {
        #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

        /// Whatever three people do in whatever order: versions rise one by one, each after the first is an approved proposal that another person
        /// proposed, and none holds before the one that it replaces.
        #[test]
        fn two_people_stand_under_every_version(
            acts in prop::collection::vec((0..6u8, 0..3usize, 1..5u64, 0..3i32), 1..30),
        ) {
            let mut world = World::jining();
            let drafts: Vec<_> = (1..4).map(|n| pieces(PATIENCE_SECONDS + n)).collect();
            let city = world.unit(CITY);
            for (what, person, proposal, days) in acts {
                city.person = PEOPLE[person];
                match what {
                    0 => {
                        let pieces = &drafts[person];
                        for (_, bytes) in pieces {
                            city.done(Command::StoreChunk(StoreChunk { hash: chunk_hash(bytes), bytes: bytes.clone() }));
                        }
                        let mut version = ProposedVersion::of(&city.next_version(pieces).manifest);
                        version.effective = city.clock.date().plus_days(days);
                        city.run(Command::ProposeVersion(ProposeVersion { version, why: "试".to_owned() }));
                    }
                    1 | 2 => drop(city.run(review(proposal, what == 1, "意见"))),
                    3 => drop(city.run(withdraw(proposal))),
                    4 if city.store.get::<VersionProposals>(&proposal).unwrap().is_some() => {
                        let publish = city.publish_reviewed(proposal);
                        city.run(publish);
                    }
                    _ => city.clock = city.clock.plus_millis(i64::from(days) * 86_400_000),
                }
            }
            let versions = city.store.scan::<Versions>(0..=u64::MAX, usize::MAX).unwrap();
            let proposals = city.store.scan::<VersionProposals>(0..=u64::MAX, usize::MAX).unwrap();
            let published = proposals.iter().filter(|(_, row)| row.standing == ProposalStanding::Published).count();
            prop_assert_eq!(versions.len(), published + 1);
            let mut effective = day("2026-01-01");
            let mut parents = BTreeSet::new();
            for (at, (number, version)) in versions.iter().enumerate() {
                let manifest = &version.signed.manifest;
                prop_assert_eq!((*number, manifest.number), (at as u64 + 1, at as u64 + 1));
                prop_assert!(parents.insert(manifest.parent) && manifest.effective >= effective);
                effective = manifest.effective;
                let Some(named) = manifest.chunks.iter().find(|chunk| chunk.kind == ChunkKind::Approvals) else {
                    prop_assert_eq!(*number, 1);
                    continue;
                };
                let kept = city.store.get::<crate::tables::Chunks>(&named.hash).unwrap().unwrap().0;
                let approvals = crate::catalogue::Approvals::from_chunk(&kept).unwrap();
                prop_assert_eq!(approvals.check(manifest), Ok(()));
                let (_, row) = proposals.iter().find(|(number, _)| *number == approvals.proposal).unwrap();
                prop_assert_eq!(&approvals.reviewed.by, &row.reviewed.as_ref().unwrap().by.name);
                prop_assert_ne!(&row.proposed.by.name, &row.reviewed.as_ref().unwrap().by.name);
            }
            world.exchange();
            let newest = world.unit(CITY).catalogue();
            prop_assert_eq!(world.unit(VILLAGE).catalogue(), newest);
        }
    }
}
