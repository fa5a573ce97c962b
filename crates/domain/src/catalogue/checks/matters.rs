//! What is looked at in one matter.

use std::collections::BTreeSet;

use super::{Findings, PublicationFault, Spot, approval_in, catch_all_in, flow};
use crate::catalogue::sheets::Sheet;
use crate::catalogue::{CaseKind, ClosedSet, Matter, MatterType, PlannedDates, ResultKind};
use crate::legal::Procedure;

pub(super) fn check(matter: &Matter, findings: &mut Findings<'_>) {
    bases(matter, findings);
    asked_for(matter, findings);
    promised(matter, findings);
    disguise(matter, findings);
    flow::check(matter, findings);
    limits(matter, findings);
    procedures_and_fees(matter, findings);
    supervision(matter, findings);
}

fn spot(matter: &Matter, sheet: Sheet, at: usize) -> Spot<'_> {
    Spot { matter: &matter.code, unit: None, sheet, at }
}

fn bases(matter: &Matter, findings: &mut Findings<'_>) {
    let bases = &matter.guide.bases;
    if bases.is_empty() {
        // What was made by rule, to try things out, rests on nothing and says so.
        if !matter.synthetic {
            findings.add(spot(matter, Sheet::Matters, 0), "code", PublicationFault::BasisMissing);
        }
        return;
    }
    if matter.matter_type != MatterType::Licence || bases.iter().any(|basis| basis.level.may_create_licence()) {
        return;
    }
    let of_city = bases.iter().position(|basis| basis.level.is_of_a_city());
    let at = of_city.unwrap_or(0);
    let level = bases[at].level;
    let fault = match of_city {
        Some(_) => PublicationFault::CityLicence(level),
        None => PublicationFault::LicenceBasis(level),
    };
    findings.add(spot(matter, Sheet::Bases, at), "level", fault);
}

/// Materials, conditions and fees are listed one by one.
fn asked_for(matter: &Matter, findings: &mut Findings<'_>) {
    let materials = matter.materials.iter().map(|material| material.name.as_str());
    let conditions = matter.guide.conditions.iter().map(|condition| condition.text.as_str());
    let fees = matter.guide.fees.iter().map(|fee| fee.item.as_str());
    let mut look = |sheet, column, texts: &mut dyn Iterator<Item = &str>| {
        for (at, text) in texts.enumerate() {
            if let Some(words) = catch_all_in(text) {
                let fault = PublicationFault::CatchAll { words: words.to_owned(), text: text.to_owned() };
                findings.add(spot(matter, sheet, at), column, fault);
            }
        }
    };
    look(Sheet::Materials, "name", &mut materials.clone());
    look(Sheet::Conditions, "text", &mut conditions.into_iter());
    look(Sheet::Fees, "item", &mut fees.into_iter());
    // A material is known by its name, on slips and in notices of gaps.
    let mut seen = BTreeSet::new();
    for (at, name) in materials.enumerate() {
        if !seen.insert(name) {
            findings.add(spot(matter, Sheet::Materials, at), "name", PublicationFault::Twice { what: name.to_owned() });
        }
    }
}

/// A promise stands in for a proof that the matter lists, and for nothing else.
fn promised(matter: &Matter, findings: &mut Findings<'_>) {
    let promised = matter.guide.commitment.iter().flat_map(|rule| &rule.materials);
    for material in promised.filter(|name| matter.materials.iter().all(|listed| listed.name != **name)) {
        let fault = PublicationFault::PromiseUnlisted { material: material.clone() };
        findings.add(spot(matter, Sheet::Matters, 0), "commitment_materials", fault);
    }
}

fn disguise(matter: &Matter, findings: &mut Findings<'_>) {
    if !matches!(matter.matter_type, MatterType::Other | MatterType::PublicService) {
        return;
    }
    let matter_type = matter.matter_type;
    if let Some(words) = approval_in(&matter.name) {
        let fault = PublicationFault::DisguisedApproval { matter_type, words: words.to_owned() };
        findings.add(spot(matter, Sheet::Matters, 0), "name", fault);
    }
    for (at, result) in matter.guide.results.iter().enumerate() {
        if matches!(result.kind, ResultKind::Licence | ResultKind::Approval) {
            let fault = PublicationFault::DisguisedResult { matter_type, result: result.name.clone() };
            findings.add(spot(matter, Sheet::Results, at), "kind", fault);
        }
    }
}

fn limits(matter: &Matter, findings: &mut Findings<'_>) {
    let (promised, statutory) = (matter.promised_limit, matter.statutory_limit);
    // Days of two kinds are not compared: it depends on the calendar which are more.
    if promised.unit == statutory.unit && promised.days > statutory.days {
        let fault = PublicationFault::PromiseLonger { promised, statutory };
        findings.add(spot(matter, Sheet::Matters, 0), "promised_days", fault);
    }
    if matter.guide.case_kind == Some(CaseKind::Instant) && promised.days > 1 {
        let fault = PublicationFault::InstantLimit { days: promised.days };
        findings.add(spot(matter, Sheet::Matters, 0), "promised_days", fault);
    }
}

fn procedures_and_fees(matter: &Matter, findings: &mut Findings<'_>) {
    for (at, procedure) in matter.guide.special_procedures.iter().enumerate() {
        // Art. 45 is a licence's basis, but for a site check.
        let is_by_law = matter.matter_type == MatterType::Licence && procedure.kind != Procedure::SiteCheck;
        if procedure.basis.is_empty() && !is_by_law {
            let fault = PublicationFault::ProcedureBasis { procedure: procedure.kind.member().zh };
            findings.add(spot(matter, Sheet::SpecialProcedures, at), "basis", fault);
        }
    }
    for (at, fee) in matter.guide.fees.iter().enumerate().filter(|(_, fee)| fee.basis.is_empty()) {
        let fault = PublicationFault::FeeBasis { item: fee.item.clone() };
        findings.add(spot(matter, Sheet::Fees, at), "basis", fault);
    }
}

fn supervision(matter: &Matter, findings: &mut Findings<'_>) {
    let row = spot(matter, Sheet::Matters, 0);
    let guide = &matter.guide;
    if let Some(visits) = guide.visits.as_ref().filter(|visits| visits.most > 0 && visits.why.is_empty()) {
        findings.add(row, "visits_why", PublicationFault::VisitReason { most: visits.most });
    }
    if let Some(cards) = guide.cards.filter(|cards| cards.yellow_days_before > cards.warning_days_before) {
        let fault = PublicationFault::CardDays { warning: cards.warning_days_before, yellow: cards.yellow_days_before };
        findings.add(row, "card_yellow_days", fault);
    }
    if let Some(ratings) = guide.ratings.filter(|ratings| !(5..=15).contains(&ratings.rectify_working_days)) {
        let fault = PublicationFault::RatingDays { days: ratings.rectify_working_days };
        findings.add(row, "rating_rectify_days", fault);
    }
    if !in_order(guide.planned) {
        findings.add(row, "planned_until", PublicationFault::PlannedDates);
    }
}

/// Whether the last day is not before the first.
pub(super) fn in_order(planned: PlannedDates) -> bool {
    planned.from.zip(planned.until).is_none_or(|(from, until)| from <= until)
}
