//! 四级四同: name, basic code, basis and type of a matter are the same at every tier that exercises it.
//!
//! A catalogue holds a matter once, so that two tiers can differ only where a tier says something of its own. What a body's own list
//! says in its fields is compared field by field, and a difference is refused: one of the two is wrong, and people would be told two things.
//! Where only free text speaks (the norm that an entry's power rests on, a name under two codes) the words can differ and mean
//! the same, or be the same and mean two things: that is a warning, and a person decides.

use std::collections::BTreeMap;

use super::{Findings, PublicationFault, Spot};
use crate::catalogue::sheets::Sheet;
use crate::catalogue::{BasicCode, CatalogueDraft, ClosedSet, Entry, Matter};
use crate::division::Tier;

fn row(entry: &Entry) -> Spot<'_> {
    Spot { matter: &entry.matter, unit: Some(entry.unit), sheet: Sheet::Entries, at: 0 }
}

/// What a body's own list says against the catalogue.
pub(super) fn own_list(entry: &Entry, matter: &Matter, findings: &mut Findings<'_>) {
    let Some(own) = &entry.particulars.own_list else { return };
    let mut differs = |column, catalogue: String, own: String| {
        if catalogue != own {
            findings.add(row(entry), column, PublicationFault::TiersDiffer { catalogue, own });
        }
    };
    if !own.name.is_empty() {
        differs("own_name", matter.name.clone(), own.name.clone());
    }
    if !own.basic_code.is_empty() {
        differs("own_code", matter.code.to_string(), own.basic_code.clone());
    }
    if let Some(own) = own.matter_type {
        differs("own_type", matter.matter_type.member().zh.to_owned(), own.member().zh.to_owned());
    }
    if !own.bases.is_empty() {
        // In whatever order.
        let listed = |titles: std::collections::BTreeSet<&str>| titles.into_iter().collect::<Vec<_>>().join("、");
        let catalogue = listed(matter.guide.bases.iter().map(|basis| basis.title.as_str()).collect());
        differs("own_bases", catalogue, listed(own.bases.iter().map(String::as_str).collect()));
    }
}

/// What tiers say against each other.
pub(super) fn between(draft: &CatalogueDraft, findings: &mut Findings<'_>) {
    let mut held: BTreeMap<&BasicCode, Vec<&Entry>> = BTreeMap::new();
    for entry in draft.entries.values().flatten() {
        held.entry(&entry.matter).or_default().push(entry);
    }
    for holders in held.values() {
        // Units are in order, so that the highest tier's stands first; bodies of one tier are that tier's own affair.
        let first = holders[0];
        for entry in holders.iter().filter(|entry| Tier::of(entry.unit) != Tier::of(first.unit)) {
            if entry.power.law != first.power.law {
                let (unit, expected, got) = (first.unit, first.power.law.clone(), entry.power.law.clone());
                findings.add(row(entry), "law", PublicationFault::TiersCite { unit, expected, got });
            }
        }
    }
    codes(draft, &held, findings);
}

/// One name and type under two codes that no tier holds both of: most likely one matter, coded anew at another tier.
fn codes(draft: &CatalogueDraft, held: &BTreeMap<&BasicCode, Vec<&Entry>>, findings: &mut Findings<'_>) {
    let mut named: BTreeMap<(&str, &str), Vec<&Matter>> = BTreeMap::new();
    for matter in &draft.matters {
        named.entry((&matter.name, matter.matter_type.member().code)).or_default().push(matter);
    }
    let tiers = |matter: &Matter| held.get(&matter.code).into_iter().flatten().map(|entry| Tier::of(entry.unit));
    for alike in named.values().filter(|alike| alike.len() > 1) {
        let first = alike[0];
        for matter in &alike[1..] {
            let is_elsewhere = tiers(matter).next().is_some()
                && tiers(first).next().is_some()
                && tiers(matter).all(|tier| tiers(first).all(|other| other != tier));
            if is_elsewhere {
                let spot = Spot { matter: &matter.code, unit: None, sheet: Sheet::Matters, at: 0 };
                findings.add(spot, "code", PublicationFault::TiersCode { other: first.code.clone() });
            }
        }
    }
}
