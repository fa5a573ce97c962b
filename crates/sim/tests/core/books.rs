//! Heads of the books between real leaders: told once something happened, answered, signed by both sides, and then silence.

use std::collections::{BTreeMap, BTreeSet};

use domain::audit::HeadNews;
use domain::ids::UnitId;
use domain::mail::Mail;
use domain::store::Table;
use domain::tables::{Audits, Evidence, Outbox, OutboxMail};
use sim::ground::What;

use super::world::{CITY, COUNTY, Region, VILLAGE, unit};

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// Every head that was told so far: from whom, to whom, what.
fn told(region: &Region) -> Vec<(UnitId, UnitId, HeadNews)> {
    let mut told = Vec::new();
    let mut seen = BTreeSet::new();
    for event in &region.events {
        let What::Applied { unit: from, writes, .. } = &event.what else { continue };
        for (key, row) in writes.iter().filter(|(key, _)| key[0] == Outbox::ID) {
            let Some(row) = row else { continue };
            let mail: OutboxMail = protocol::record::read(row).unwrap();
            let to = UnitId::new(u64::from_be_bytes(key[1..9].try_into().unwrap())).unwrap();
            if let (true, Mail::Head(news)) = (seen.insert((*from, key.to_vec())), mail.mail) {
                told.push((*from, to, *news));
            }
        }
    }
    told
}

fn count(region: &Region, table: u8) -> usize {
    let writes = region.events.iter().filter_map(|event| match &event.what {
        What::Applied { writes, .. } => Some(writes),
        _ => None,
    });
    writes.flat_map(|writes| writes.iter()).filter(|(key, _)| key[0] == table).count()
}

#[test]
fn after_the_founding_every_unit_has_signed_and_been_signed_for_and_then_nothing_flows() {
    let mut region = Region::start(1);
    region.pass(2 * HOUR);
    let told = told(&region);
    let pairs: BTreeMap<(UnitId, UnitId), usize> = told.iter().fold(BTreeMap::new(), |mut pairs, (from, to, _)| {
        *pairs.entry((*from, *to)).or_default() += 1;
        pairs
    });
    for (below, above) in [(COUNTY, CITY), ("370812", CITY), (VILLAGE, "370811002"), ("370811002", COUNTY)] {
        for pair in [(unit(below), unit(above)), (unit(above), unit(below))] {
            let times = pairs.get(&pair).copied().unwrap_or_default();
            assert!((1..=4).contains(&times), "{pair:?}: {times} heads for a founding and a catalogue");
        }
    }
    assert!(told.iter().any(|(from, _, news)| *from == unit(COUNTY) && news.countersignature.is_some()));
    assert_eq!(count(&region, Evidence::ID), 0);

    let commands = count(&region, Audits::ID);
    region.pass(60 * DAY);
    assert_eq!(count(&region, Audits::ID), commands, "nothing flows when nothing happens");
}

#[test]
fn a_case_is_told_within_the_hour_and_each_head_goes_on_from_the_one_before() {
    let mut region = Region::start(1);
    region.pass(2 * HOUR);
    let before = told(&region).len();
    region.submit(VILLAGE, None);
    region.pass(MINUTE);
    let heads = told(&region);
    assert!(
        heads[before..].iter().any(|(from, ..)| *from == unit(VILLAGE)),
        "told soon: an hour has passed since the last"
    );
    for _ in 0..20 {
        region.submit(VILLAGE, None);
        region.pass(MINUTE);
    }
    let village =
        |heads: &[(UnitId, UnitId, HeadNews)]| heads.iter().filter(|(from, ..)| *from == unit(VILLAGE)).count();
    let soon = village(&told(&region));
    assert_eq!(soon, village(&heads), "not again within the hour");
    region.pass(HOUR);
    let heads = told(&region);
    assert_eq!(village(&heads), soon + 1);
    let mut newest: BTreeMap<(UnitId, UnitId), (u64, domain::digest::ContentHash)> = BTreeMap::new();
    for (from, to, news) in &heads {
        let head = &news.signed.head;
        if let Some(seen) = newest.insert((*from, *to), (head.size, head.root)) {
            assert_eq!(news.since, seen.0);
            assert_eq!(domain::audit::verify_consistency(seen, (head.size, head.root), &news.proof), Ok(()));
        }
    }
    assert_eq!(count(&region, Evidence::ID), 0);
}
