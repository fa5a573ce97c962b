//! The people of a scenario: applicants with numbers made by rule, and what they and officials ask for.
//!
//! Nobody here exists. Every citizen number has the birth year 1900 and the county's area code, so that a search for any of them
//! in what was written finds a leak and nothing else.

use std::collections::BTreeMap;

use domain::catalogue::{ChunkKind, Entry, Matter};
use domain::digest::ContentHash;
use domain::division::{county_of, covers};
use domain::ids::{CaseId, UnitId};
use domain::licence::LicenceAct;
use domain::principal::{Principal, PrincipalKind};
use unit::{AboutLicence, Act, Applicant, Application, CaseName, Concerning, Handling, Request};

use crate::observe::Observer;
use crate::scenario::{self, Officer};

/// The catalogue as people know it: which matters there are and who decides them.
#[derive(Clone, Debug, Default)]
pub struct Guide {
    matters: Vec<Matter>,
    entries: BTreeMap<UnitId, Vec<Entry>>,
}

impl Guide {
    /// From the pieces that the city publishes; what cannot be read is left out.
    pub fn of(chunks: &[(ChunkKind, Vec<u8>)]) -> Self {
        let mut guide = Self::default();
        for (kind, bytes) in chunks {
            match kind {
                ChunkKind::Matters => {
                    guide.matters.extend(serde_json::from_slice::<Vec<Matter>>(bytes).unwrap_or_default());
                }
                ChunkKind::Entries { unit } => {
                    let entries = serde_json::from_slice::<Vec<Entry>>(bytes).unwrap_or_default();
                    guide.entries.entry(*unit).or_default().extend(entries);
                }
                ChunkKind::Calendar => {}
            }
        }
        guide
    }

    /// A matter by its code.
    pub fn matter(&self, code: &str) -> Option<&Matter> {
        self.matters.iter().find(|matter| matter.code.to_string() == code)
    }

    /// The n-th of the matters that somebody may decide for a place, counted round and round.
    pub fn nth(&self, place: UnitId, n: usize) -> Option<&Matter> {
        let decided: Vec<&Matter> = self.matters.iter().filter(|matter| self.authorities(matter, place) > 0).collect();
        decided.get(n % decided.len().max(1)).copied()
    }

    /// The codes of the matters that somebody decides for a place.
    pub fn decided_at(&self, place: UnitId) -> String {
        let decided = self.matters.iter().filter(|matter| self.authorities(matter, place) > 0);
        decided.map(|matter| matter.code.as_str()).collect::<Vec<_>>().join(", ")
    }

    /// The first matter that city and county hold alike for a place.
    pub fn shared(&self, place: UnitId) -> Option<&Matter> {
        self.matters.iter().find(|matter| self.authorities(matter, place) > 1)
    }

    fn authorities(&self, matter: &Matter, place: UnitId) -> usize {
        let holds = |(unit, entries): (&UnitId, &Vec<Entry>)| {
            let here = covers(*unit, place) || *unit == county_of(place);
            here && entries.iter().any(|entry| entry.matter == matter.code)
        };
        self.entries.iter().filter(|entry| holds(*entry)).count()
    }
}

/// Somebody who applies: equal words are the same person.
pub fn applicant(words: &str) -> Applicant {
    let hash = ContentHash::of_bytes("applicant of a scenario", words.as_bytes()).0;
    let number = u32::from_be_bytes([hash[0], hash[1], hash[2], hash[3]]);
    let (month, day, order) = (number % 12 + 1, number / 12 % 28 + 1, number / 336 % 999 + 1);
    let digits = format!("3708111900{month:02}{day:02}{order:03}");
    let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum: u32 = digits.bytes().zip(weights).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
    let check = b"10X98765432"[(sum % 11) as usize] as char;
    Applicant {
        name: format!("申请人{words}"),
        identifier: format!("{digits}{check}"),
        telephone: format!("199{:08}", number % 100_000_000),
    }
}

/// What an applicant's fields must never be found in: number, name, telephone.
pub fn planted(applicant: &Applicant) -> [String; 3] {
    [applicant.identifier.clone(), applicant.name.clone(), applicant.telephone.clone()]
}

/// An application as it is handed in.
///
/// # Errors
/// Why it cannot be made: the guide has no such matter, or no licence was issued in the case that it is about.
pub fn application(
    asked: &scenario::Application,
    guide: &Guide,
    n: Option<usize>,
    observer: &Observer,
) -> Result<Act, String> {
    let place = asked.place.unwrap_or(asked.at);
    let matter = match (&asked.matter, n) {
        (Some(code), _) => guide.matter(code),
        (None, Some(n)) => guide.nth(place, n),
        // Where the city alone decides for a place nothing is held alike.
        (None, None) => guide.shared(place).or_else(|| guide.nth(place, 0)),
    };
    let no_such_matter = || {
        let known = guide.decided_at(place);
        format!("{}: the catalogue has no such matter for that place; it has {known}", asked.case)
    };
    let matter = matter.ok_or_else(no_such_matter)?;
    let about = |(case, act): &(String, LicenceAct)| match observer.licence_of(case) {
        Some(licence) => Ok(AboutLicence { licence: licence.to_string(), act: *act }),
        None => Err(format!("{}: no licence was issued in {case}", asked.case)),
    };
    let names = matter.materials.iter().map(|material| material.name.clone());
    Ok(Act::Submit(Box::new(Application {
        matter: matter.code.to_string(),
        place: asked.place,
        applicant: applicant(&asked.applicant),
        form: BTreeMap::new(),
        materials: names.filter(|name| asked.lacks.as_ref() != Some(name)).collect(),
        authority: asked.authority,
        // Whoever hands in at a counter is told of the consequences and declares.
        declared: true,
        about: asked.about.as_ref().map(about).transpose()?,
    })))
}

/// Who hands in the application that steps call so.
pub fn applicant_of<'a>(scenario: &'a scenario::Scenario, label: &str) -> Option<&'a String> {
    scenario.steps.iter().find_map(|step| match &step.action {
        scenario::Action::Submit(asked) if asked.case == label => Some(&asked.applicant),
        _ => None,
    })
}

/// What an application is handed in with.
pub fn materials(act: &Act) -> Vec<String> {
    match act {
        Act::Submit(application) => application.materials.clone(),
        _ => vec![],
    }
}

/// A step before a decision, with the materials that a file left out: the first that were handed in has a gap, all of them fill it; what
/// was not handed in completes an application with a deficit. `known`, `lacking`: what was handed in, and what was to follow.
pub fn handling(asked: &Handling, (known, lacking): (&[String], &[String])) -> Handling {
    let mut handling = asked.clone();
    match &mut handling {
        Handling::TellGaps { gaps, .. } => {
            for gap in gaps.iter_mut().filter(|gap| gap.material.is_empty()) {
                gap.material = known.first().cloned().unwrap_or_default();
            }
        }
        Handling::Supplement { materials } if materials.is_empty() => *materials = known.to_vec(),
        Handling::Complete { materials } if materials.is_empty() => *materials = lacking.to_vec(),
        _ => {}
    }
    handling
}

/// Somebody from the public at a counter.
pub fn public(act: Act, person: &str, key: String) -> Request {
    let name = ContentHash::of_bytes("person at a counter", person.as_bytes()).short();
    let principal = Principal { kind: PrincipalKind::Public, name: format!("public-{name}") };
    Request { principal, idempotency_key: Some(key), act }
}

/// A unit's own staff.
pub fn staff(act: Act, unit: UnitId, key: String) -> Request {
    officer(act, (unit, Officer::First), key)
}

/// One of a unit's officers.
pub fn officer(act: Act, (unit, who): (UnitId, Officer), key: String) -> Request {
    let principal = Principal { kind: PrincipalKind::Staff, name: format!("staff{}-{unit}", who.suffix()) };
    Request { principal, idempotency_key: Some(key), act }
}

/// Who looks after ratings and complaints at a unit: nobody who handles cases.
pub fn inspector(act: Act, unit: UnitId, key: String) -> Request {
    let principal = Principal { kind: PrincipalKind::Staff, name: format!("inspector-{unit}") };
    Request { principal, idempotency_key: Some(key), act }
}

/// What is said, with the number of who says it: a file has the person's words, or none for the case's own applicant.
pub fn concerning(asked: &Concerning, own: &str) -> Concerning {
    let mut concerning = asked.clone();
    let person = |words: &str| applicant(if words.is_empty() { own } else { words });
    match &mut concerning {
        Concerning::Rate { identifier, .. } | Concerning::Urge { identifier, .. } => {
            identifier.0 = person(&identifier.0).identifier;
        }
        Concerning::Complain { complainant, .. } => *complainant = person(&complainant.name),
        _ => {}
    }
    concerning
}

/// A case by its internal name.
pub fn named(case: CaseId) -> CaseName {
    CaseName::Id(case)
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::identifiers::CitizenNumber;

    #[test]
    fn numbers_are_made_by_rule_and_are_valid() {
        for person in ["Zhang", "person-1", "李"] {
            let made = applicant(person);
            assert!(made.identifier.parse::<CitizenNumber>().is_ok(), "{}", made.identifier);
            assert_eq!(made, applicant(person));
        }
        assert_ne!(applicant("a").identifier, applicant("b").identifier);
    }
}
