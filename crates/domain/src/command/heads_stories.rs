//! Heads of the books between neighbours, told as stories: commands in, rows and mail out.

use super::*;
use crate::audit::{AuditHead, Countersignature, HeadNews, SignatureBytes, SignedHead, Tree, leaf_hash};
use crate::ids::{Generation, MailSequence, NodeId, UnitId};
use crate::mail::Mail;
use crate::store::UnitRead;
use crate::support::*;
use crate::tables::{AuditTrees, Countersignatures, Evidence, Fork, Forks, HeadOwed, HeadsOwed, HeadsSeen, HeadsTold};

impl TestUnit {
    /// The head of the books as they stand, as the leader would sign it.
    fn head(&self) -> SignedHead {
        let meta = self.meta();
        let tree = Tree::of(&self.store, meta.generation).unwrap().unwrap();
        let size = tree.size_at(meta.sequence);
        let head = AuditHead {
            region: meta.region,
            unit: self.unit,
            generation: meta.generation,
            size,
            root: tree.root(size).unwrap(),
            state: ContentHash::default(),
            at: self.clock,
        };
        SignedHead { head, signer: NodeId(1), signature: SignatureBytes(vec![1; 8]) }
    }

    fn countersignature(&self, of: UnitId) -> Option<Countersignature> {
        let seen = self.store.get::<HeadsSeen>(&(of, Generation::FIRST)).unwrap()?;
        Some(Countersignature {
            head: seen.signed,
            by: self.unit,
            generation: Generation::FIRST,
            at: self.clock,
            signer: NodeId(1),
            signature: SignatureBytes(vec![2; 8]),
        })
    }

    fn telling(&self, to: UnitId, answers: bool) -> Telling {
        Telling { to, countersignature: self.countersignature(to), answers }
    }

    fn tell(&mut self, to: UnitId, answers: bool) {
        let command = TellHead { signed: self.head(), to: vec![self.telling(to, answers)] };
        assert_eq!(self.done(Command::TellHead(Box::new(command))), Done::HeadTold);
    }

    fn has_news(&self) -> bool {
        self.store.get::<AuditTrees>(&Generation::FIRST).unwrap().unwrap().untold_since.is_some()
    }

    fn owes(&self) -> Vec<UnitId> {
        let all = self.store.scan::<HeadsOwed>(UnitId::FIRST..=UnitId::LAST, usize::MAX).unwrap();
        all.into_iter().map(|(unit, HeadOwed { .. })| unit).collect()
    }

    fn forks(&self) -> Vec<Fork> {
        let all = self.store.scan::<Forks>(Sequence(0)..=Sequence(u64::MAX), usize::MAX).unwrap();
        all.into_iter().map(|(_, fork)| fork).collect()
    }

    fn awaits(&self, peer: UnitId) -> bool {
        self.store.get::<HeadsTold>(&peer).unwrap().unwrap().awaited
    }
}

#[test]
fn a_head_is_told_answered_and_signed_by_both_sides_and_then_nothing_flows() {
    let mut world = World::jining();
    assert!(world.unit(VILLAGE).has_news() && world.unit(COUNTY).has_news());
    let told = world.unit(VILLAGE).head();
    world.unit(VILLAGE).tell(COUNTY, false);
    assert!(world.unit(VILLAGE).awaits(COUNTY) && !world.unit(VILLAGE).has_news());
    world.exchange();
    let county = world.unit(COUNTY);
    assert_eq!(county.owes(), [VILLAGE]);
    assert_eq!(county.store.get::<HeadsSeen>(&(VILLAGE, Generation::FIRST)).unwrap().unwrap().signed, told);
    let answer = county.head();
    county.tell(VILLAGE, true);
    assert_eq!(county.owes(), []);
    assert!(county.has_news(), "an answer to one neighbour tells the unit above nothing");
    world.exchange();
    let village = world.unit(VILLAGE);
    assert!(!village.awaits(COUNTY) && !village.has_news(), "an answer is neither answered nor news");
    assert_eq!(village.owes(), []);
    let signed = village.store.get::<Countersignatures>(&COUNTY).unwrap().unwrap();
    assert_eq!((signed.head, signed.by), (told, COUNTY));
    assert_eq!(village.outbox(COUNTY), []);

    // The next head carries what the village owes: its name under the county's.
    world.receive(VILLAGE, EQUAL);
    assert!(world.unit(VILLAGE).has_news());
    world.unit(VILLAGE).tell(COUNTY, false);
    world.exchange();
    let county = world.unit(COUNTY);
    let signed = county.store.get::<Countersignatures>(&VILLAGE).unwrap().unwrap();
    assert_eq!((signed.head, signed.by), (answer, VILLAGE));
    county.tell(VILLAGE, true);
    world.exchange();
    let all = Sequence(0)..=Sequence(u64::MAX);
    for unit in [VILLAGE, COUNTY] {
        assert_eq!(world.unit(unit).store.scan::<Evidence>(all.clone(), 9).unwrap(), vec![]);
    }
    world.replay();
}

#[test]
fn a_head_that_is_not_the_units_to_tell_is_refused() {
    let mut world = World::jining();
    world.unit(VILLAGE).tell(COUNTY, false);
    world.exchange();
    let county = world.unit(COUNTY);
    let (good, telling) = (county.head(), county.telling(VILLAGE, true));
    let with = |change: &dyn Fn(&mut AuditHead)| {
        let mut signed = good.clone();
        change(&mut signed.head);
        TellHead { signed, to: vec![telling.clone()] }
    };
    let to = |to: Vec<Telling>| TellHead { signed: good.clone(), to };
    let plain = |to, answers| Telling { to, countersignature: None, answers };
    let by_city = Countersignature { by: CITY, ..telling.countersignature.clone().unwrap() };
    for (what, unfit) in [
        ("another unit's", with(&|head| head.unit = CITY)),
        ("another region's", with(&|head| head.region = "elsewhere".to_owned())),
        ("another life's", with(&|head| head.generation = Generation(2))),
        ("another tree's", with(&|head| head.root = leaf_hash(b"forged"))),
        ("of nothing", with(&|head| head.size = 0)),
        ("beyond the end", with(&|head| head.size += 1)),
        ("to nobody", to(vec![])),
        ("twice to one", to(vec![telling.clone(), telling.clone()])),
        ("to no neighbour", to(vec![plain(OTHER_VILLAGE, false)])),
        ("an answer to who did not ask", to(vec![plain(CITY, true)])),
        ("in another's name", to(vec![Telling { countersignature: Some(by_city), ..telling.clone() }])),
    ] {
        let size = unfit.signed.head.size;
        assert_eq!(county.refused(Command::TellHead(Box::new(unfit))), Refusal::HeadUnfit { size }, "{what}");
    }
    county.tell(VILLAGE, true);
    let village = world.unit(VILLAGE);
    let again = TellHead { signed: village.head(), to: vec![village.telling(COUNTY, false)] };
    let size = again.signed.head.size;
    let refused = village.refused(Command::TellHead(Box::new(again)));
    assert_eq!(refused, Refusal::HeadUnfit { size }, "no second one before the answer to the first has come");
}

/// The county's head, as the village would get it next.
fn next_head(world: &mut World, from: UnitId, to: UnitId) -> (MailArrived, HeadNews) {
    let mail = world.unit(from).outbox(to).pop().unwrap();
    let Mail::Head(news) = mail.mail.clone() else { panic!("{mail:?}") };
    (mail, *news)
}

#[test]
fn books_that_do_not_go_on_from_what_was_seen_are_a_fork() {
    let mut world = World::jining();
    world.unit(VILLAGE).tell(COUNTY, false);
    world.exchange();
    world.unit(COUNTY).tell(VILLAGE, true);
    world.exchange();
    world.receive(VILLAGE, EQUAL);
    world.unit(VILLAGE).tell(COUNTY, false);
    let (mail, good) = next_head(&mut world, VILLAGE, COUNTY);
    let seen = world.unit(COUNTY).store.get::<HeadsSeen>(&(VILLAGE, Generation::FIRST)).unwrap().unwrap().signed;
    let with = |change: &dyn Fn(&mut HeadNews)| {
        let mut news = good.clone();
        change(&mut news);
        news
    };
    for (news, what) in [
        (with(&|news| news.signed.head.root = leaf_hash(b"another history")), "does not lead from"),
        (with(&|news| news.proof.clear()), "does not lead from"),
        (with(&|news| news.since -= 1), "goes on from"),
        (with(&|news| news.signed.head.size = 1), "its books end at 1 audit rows"),
    ] {
        // Each time the county is as it was: the next mail of the stream is another one.
        let mut county = world.unit(COUNTY).clone();
        let came = MailArrived { mail: Mail::Head(Box::new(news.clone())), ..mail.clone() };
        assert_eq!(county.done(Command::MailArrived(Box::new(came))), Done::MailContradicts);
        let [fork] = &county.forks()[..] else { panic!("{what}") };
        assert!(fork.what.contains(what), "{}", fork.what);
        assert_eq!((fork.of, fork.known.as_ref(), &fork.came), (VILLAGE, Some(&seen), &news.signed));
        let kept = county.store.get::<HeadsSeen>(&(VILLAGE, Generation::FIRST)).unwrap().unwrap().signed;
        assert_eq!(kept, seen, "what was seen is not given up");
        assert_eq!(county.owes(), []);
    }
    // And the honest one is taken.
    let county = world.unit(COUNTY);
    assert_eq!(county.done(Command::MailArrived(Box::new(mail))), Done::MailLogged);
    assert_eq!((county.forks(), county.owes()), (vec![], vec![VILLAGE]));
}

#[test]
fn a_head_from_who_is_no_neighbour_or_in_anothers_name_is_evidence_and_does_nothing() {
    let mut world = World::jining();
    world.unit(VILLAGE).tell(COUNTY, false);
    let (mail, news) = next_head(&mut world, VILLAGE, COUNTY);
    // The same words from a county to its neighbour county, whose stream is empty.
    let start = stream_start(OTHER_COUNTY, 1, COUNTY);
    let forged = MailArrived { from: OTHER_COUNTY, sequence: MailSequence(1), before: start, ..mail.clone() };
    assert_eq!(world.unit(COUNTY).done(Command::MailArrived(Box::new(forged))), Done::MailContradicts);
    let mut lie = news;
    lie.signed.head.unit = OTHER_VILLAGE;
    let lie = MailArrived { mail: Mail::Head(Box::new(lie)), ..mail };
    let county = world.unit(COUNTY);
    assert_eq!(county.done(Command::MailArrived(Box::new(lie))), Done::MailContradicts);
    assert_eq!((county.forks(), county.owes()), (vec![], vec![]));
    assert_eq!(county.store.get::<HeadsSeen>(&(VILLAGE, Generation::FIRST)).unwrap(), None);
}

/// A unit whose disk was set back learns it from who signed under what it has lost.
#[test]
fn a_countersignature_of_what_the_log_does_not_have_is_a_fork_of_its_own() {
    let mut world = World::jining();
    let before = world.unit(VILLAGE).clone();
    world.receive(VILLAGE, COUNTY_ONLY);
    world.unit(VILLAGE).tell(COUNTY, false);
    let lost = world.unit(VILLAGE).head();
    world.exchange();
    world.unit(COUNTY).tell(VILLAGE, true);
    let (mail, news) = next_head(&mut world, COUNTY, VILLAGE);
    let mut set_back = before;
    assert_eq!(set_back.done(Command::MailArrived(Box::new(mail))), Done::MailContradicts);
    let [fork] = &set_back.forks()[..] else { panic!() };
    assert_eq!((fork.of, &fork.known, &fork.came), (VILLAGE, &None, &news.countersignature.unwrap().head));
    assert!(fork.what.contains("that this log does not have") && lost.head.size > fork.came.head.size, "{}", fork.what);
}
