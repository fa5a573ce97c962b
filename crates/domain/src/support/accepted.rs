//! An accepted case, outside any log.

use uuid::Uuid;

use super::{COUNTY, EQUAL, VILLAGE, at};
use crate::calendar::{WorkCalendar, due};
use crate::case::{Acceptance, Authority, CaseContent, DayUnit, Intake, Stage};
use crate::catalogue::CataloguePin;
use crate::digest::ContentHash;
use crate::ids::{CaseId, CaseNumber, Generation};
use crate::sealed::{BlindIndex, Sealed};
use crate::time::CivilDate;

/// A case accepted at the county, outside any log.
pub(crate) fn accepted_case(collected: &str, accepted: &str, days: u16, calendar: &WorkCalendar) -> CaseContent {
    let from: CivilDate = accepted.parse().unwrap();
    let authority = Authority { unit: COUNTY, body: "11511301008778183N".parse().unwrap() };
    let limit = due(from, days, DayUnit::Working, calendar);
    CaseContent {
        id: CaseId(Uuid::from_u128(1)),
        number: CaseNumber::new(VILLAGE, collected.parse().unwrap(), Generation::FIRST, 1).unwrap(),
        matter: EQUAL.parse().unwrap(),
        matter_name: "食品经营许可".to_owned(),
        pin: CataloguePin { number: 1, manifest: ContentHash::default() },
        place: VILLAGE,
        receiver: VILLAGE,
        intake: Intake::ForAuthority,
        collected_at: at(collected),
        received_at: Some(at(collected)),
        applicant: BlindIndex([0; 32]),
        applicant_fields: Sealed(vec![]),
        form: Sealed(vec![]),
        materials: vec![],
        submission_key: String::new(),
        chosen: None,
        passed_over: vec![],
        stage: Stage::Accepted,
        acceptance: Some(Acceptance { at: at(accepted), authority, due: limit }),
        non_acceptance: None,
        decision: None,
        closed_at: None,
        delivered_at: None,
        timeline: vec![],
    }
}
