//! What is looked at in entries: codes, delegations, sameness of tiers, and what is held alike.

use std::collections::{BTreeMap, BTreeSet};

use super::matters::in_order;
use super::{Findings, PublicationFault, Spot};
use crate::catalogue::sheets::Sheet;
use crate::catalogue::{
    BasicCode, BodyNature, CatalogueDraft, ClosedSet, DelegateNature, Delegation, Entry, ExerciseTier, Matter,
    MatterType, PlannedDates,
};
use crate::division::{Tier, covers, is_zone};
use crate::ids::UnitId;

fn spot(entry: &Entry, sheet: Sheet, at: usize) -> Spot<'_> {
    Spot { matter: &entry.matter, unit: Some(entry.unit), sheet, at }
}

pub(super) fn check_unit(
    unit: UnitId,
    entries: &[Entry],
    matters: &BTreeMap<&BasicCode, &Matter>,
    findings: &mut Findings<'_>,
) {
    let mut seen = BTreeSet::new();
    for entry in entries {
        let row = spot(entry, Sheet::Entries, 0);
        if entry.unit != unit {
            findings.add(row, "unit", PublicationFault::Misplaced { expected: unit, got: entry.unit });
        }
        if !seen.insert(&entry.matter) {
            findings.add(row, "matter", PublicationFault::Twice { what: entry.matter.to_string() });
        }
        let Some(matter) = matters.get(&entry.matter) else {
            findings.add(row, "matter", PublicationFault::MatterUnknown(entry.matter.clone()));
            continue;
        };
        codes(entry, findings);
        steps(entry, matter, findings);
        sameness(entry, matter, findings);
        delegations(entry, matter, findings);
        alike(entry, findings);
        if !in_order(entry.particulars.planned) {
            findings.add(row, "planned_until", PublicationFault::PlannedDates);
        }
    }
}

/// What a code says of itself is what its row says.
fn codes(entry: &Entry, findings: &mut Findings<'_>) {
    let row = spot(entry, Sheet::Entries, 0);
    if let Some(parts) = entry.implementation_code.parts() {
        let mut compare = |what, code: &str, listed: &str| {
            if code != listed {
                let fault = PublicationFault::CodeParts { what, code: code.to_owned(), row: listed.to_owned() };
                findings.add(row, "implementation_code", fault);
            }
        };
        compare("body", parts.body.as_str(), entry.body.as_str());
        compare("matter", &parts.basic, entry.matter.as_str());
        let tier = entry.particulars.tier.unwrap_or(tier_of(entry.unit));
        compare("tier", parts.tier.member().code, tier.member().code);
    }
    let item = entry.particulars.service_item_code.as_ref().and_then(|item| item.implementation());
    if let Some(of) = item.filter(|of| *of != entry.implementation_code) {
        let row_says = entry.implementation_code.to_string();
        let fault = PublicationFault::CodeParts { what: "entry", code: of.to_string(), row: row_says };
        findings.add(row, "service_item_code", fault);
    }
}

fn tier_of(unit: UnitId) -> ExerciseTier {
    match Tier::of(unit) {
        Tier::City => ExerciseTier::City,
        Tier::County => ExerciseTier::County,
        Tier::Township => ExerciseTier::Township,
        Tier::Village => ExerciseTier::Village,
    }
}

/// Nothing is done that the matter does not list (domain.md §2).
fn steps(entry: &Entry, matter: &Matter, findings: &mut Findings<'_>) {
    for (at, post) in entry.particulars.posts.iter().enumerate() {
        if matter.guide.flow.iter().all(|step| step.name != post.step) {
            let fault = PublicationFault::UnlistedStep { step: post.step.clone() };
            findings.add(spot(entry, Sheet::Posts, at), "step", fault);
        }
    }
}

/// 四级四同: name, basic code, type and bases are the same at every tier.
fn sameness(entry: &Entry, matter: &Matter, findings: &mut Findings<'_>) {
    let Some(own) = &entry.particulars.own_list else { return };
    let row = spot(entry, Sheet::Entries, 0);
    let mut differs = |column, catalogue: String, own: String| {
        if catalogue != own {
            findings.add(row, column, PublicationFault::TiersDiffer { catalogue, own });
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
        let listed = |titles: BTreeSet<&str>| titles.into_iter().collect::<Vec<_>>().join("、");
        let catalogue = listed(matter.guide.bases.iter().map(|basis| basis.title.as_str()).collect());
        differs("own_bases", catalogue, listed(own.bases.iter().map(String::as_str).collect()));
    }
}

/// 行政许可法 art. 24.
fn delegations(entry: &Entry, matter: &Matter, findings: &mut Findings<'_>) {
    let is_licence = matter.matter_type == MatterType::Licence;
    if is_licence && Tier::of(entry.unit) == Tier::Village {
        let who = entry.body_name.clone();
        findings.add(spot(entry, Sheet::Entries, 0), "unit", PublicationFault::LicenceToVillage { who });
    }
    for (at, delegation) in entry.particulars.delegations.iter().enumerate() {
        let row = spot(entry, Sheet::Delegations, at);
        let Delegation { to_unit, to_nature, to_name, basis, instrument, from, until, .. } = delegation;
        match to_nature {
            _ if !is_licence => {}
            DelegateNature::VillageCommittee | DelegateNature::Outlet => {
                findings.add(row, "to_nature", PublicationFault::LicenceToVillage { who: to_name.clone() });
            }
            DelegateNature::Organisation => {
                findings.add(row, "to_nature", PublicationFault::LicenceToOrganisation(*to_nature));
            }
            DelegateNature::Organ if Tier::of(*to_unit) == Tier::Village => {
                findings.add(row, "to_unit", PublicationFault::LicenceToVillage { who: to_name.clone() });
            }
            DelegateNature::Organ => {}
        }
        if entry.particulars.body_nature == Some(BodyNature::Delegated) {
            findings.add(row, "to_name", PublicationFault::Redelegated);
        }
        if basis.is_empty() || instrument.is_empty() {
            let column = if basis.is_empty() { "basis" } else { "instrument" };
            findings.add(row, column, PublicationFault::DelegationUnannounced);
        }
        if !in_order(PlannedDates { from: *from, until: *until }) {
            findings.add(row, "until", PublicationFault::PlannedDates);
        }
    }
}

/// What can be held alike at all (domain.md §2).
fn alike(entry: &Entry, findings: &mut Findings<'_>) {
    if !entry.same_authority {
        return;
    }
    let particulars = &entry.particulars;
    let is_graded = particulars.tier == Some(ExerciseTier::Graded) || !particulars.division_of_power.is_empty();
    let obstacles = [
        (particulars.vertical, PublicationFault::SameAuthorityVertical),
        (is_graded, PublicationFault::SameAuthorityGraded),
        (is_zone(entry.unit) && entry.power.instrument.trim().is_empty(), PublicationFault::SameAuthorityZone),
    ];
    for (_, fault) in obstacles.into_iter().filter(|(stands_in_the_way, _)| *stands_in_the_way) {
        findings.add(spot(entry, Sheet::Entries, 0), "same_authority", fault);
    }
}

/// Those that hold a matter alike do so with the same content: the highest tier's is what the others are compared with.
pub(super) fn check_equals(draft: &CatalogueDraft, findings: &mut Findings<'_>) {
    let mut alike: BTreeMap<&BasicCode, Vec<&Entry>> = BTreeMap::new();
    for entry in draft.entries.values().flatten().filter(|entry| entry.same_authority) {
        alike.entry(&entry.matter).or_default().push(entry);
    }
    for holders in alike.values() {
        // Units are in order, so that the city stands before its counties.
        let first = holders[0];
        for entry in &holders[1..] {
            if entry.exercise != first.exercise {
                let fault = PublicationFault::SameAuthorityContent {
                    unit: first.unit,
                    expected: first.exercise.clone(),
                    got: entry.exercise.clone(),
                };
                findings.add(spot(entry, Sheet::Entries, 0), "exercise", fault);
            }
        }
        if holders.iter().all(|entry| Tier::of(entry.unit) == Tier::of(first.unit)) {
            findings.add(spot(first, Sheet::Entries, 0), "same_authority", PublicationFault::SameAuthorityAlone);
        }
    }
}

/// Who reviews does so by a provision, before a higher tier that decides for the same places (行政许可法 art. 43).
pub(super) fn check_reviews(draft: &CatalogueDraft, findings: &mut Findings<'_>) {
    for entry in draft.entries.values().flatten() {
        let Some(review) = &entry.particulars.review else { continue };
        let row = spot(entry, Sheet::Entries, 0);
        if review.basis.trim().is_empty() {
            findings.add(row, "review_basis", PublicationFault::ReviewBasis);
        }
        let decides = |above: &&Entry| {
            above.matter == entry.matter && !above.reviews() && Tier::of(above.unit) < Tier::of(entry.unit)
        };
        let above = draft.entries.iter().filter(|(unit, _)| covers(**unit, entry.unit)).flat_map(|(_, of)| of);
        if !above.into_iter().any(|above| decides(&above)) {
            findings.add(row, "review_limit", PublicationFault::ReviewUndecided);
        }
    }
}
