//! Steps between acceptance and decision, and reviews of lower organs.

use domain::case::{Happening, TimelineEntry};
use domain::command::{AskHearing, Command, DoStep, HoldHearing, SendUp, SetHearing, StepBack, TellHearing};
use domain::hearing::HearingParty;
use domain::ids::CaseId;
use domain::refusal::Refusal;
use domain::sealed::Sealed;
use domain::time::CivilDate;

use super::{Examples, entry};

fn day() -> CivilDate {
    CivilDate::EPOCH.plus_days(20_530)
}

fn opinion() -> Sealed {
    Sealed(vec![0xA5; 40])
}

pub(super) fn commands(case: CaseId) -> Examples<Command> {
    vec![
        ("send up", Command::SendUp(SendUp { case, agrees: true, opinion: opinion() })),
        ("do a step", Command::DoStep(DoStep { case, step: "审核".into(), agrees: false, opinion: opinion() })),
        ("tell hearing", Command::TellHearing(TellHearing { case, reason: "邻近住户的采光".into() })),
        ("ask hearing", Command::AskHearing(AskHearing { case, party: HearingParty::InterestedParty })),
        (
            "set hearing",
            Command::SetHearing(SetHearing { case, held: day(), place: "三楼".into(), chair: "chair".into() }),
        ),
        ("hold hearing", Command::HoldHearing(HoldHearing { case, record: opinion() })),
        ("step back", Command::StepBack(StepBack { case, to: "审查".into(), reasons: opinion() })),
    ]
}

pub(super) fn refusals() -> Examples<Refusal> {
    let steps = || vec!["现场核查".to_owned()];
    vec![
        ("reviews only", Refusal::ReviewsOnly { unit: super::county() }),
        ("decides here", Refusal::DecidesHere { unit: super::county() }),
        ("step unlisted", Refusal::StepUnlisted { step: "专家论证".into() }),
        ("step over", Refusal::StepOver { step: "审核".into() }),
        ("steps open", Refusal::StepsOpen { steps: steps() }),
        ("steps object", Refusal::StepsObject { steps: steps() }),
        ("hearing none", Refusal::HearingNone),
        ("hearing told", Refusal::HearingTold),
        ("hearing unclear", Refusal::HearingUnclear),
        ("hearing early", Refusal::HearingEarly { held: day() }),
        ("hearing open", Refusal::HearingOpen),
        ("duties apart", Refusal::DutiesApart { step: "审核".into() }),
    ]
}

/// Every line on it.
pub(super) fn timeline() -> Vec<TimelineEntry> {
    let said = [
        Happening::SentUp { to: super::county(), agrees: true, opinion: opinion() },
        Happening::CameUp { body: "11511301008778183N".parse().unwrap(), due: day() },
        Happening::StepDone { step: "审核".into(), by: "demo-officer".into(), agrees: true, opinion: opinion() },
        Happening::SteppedBack { to: "审查".into(), reasons: opinion() },
        Happening::HearingOffered { until: day(), reason: "邻近住户的采光".into() },
        Happening::HearingAsked { party: HearingParty::Applicant, until: day() },
        Happening::HearingSet { held: day(), place: "三楼".into(), chair: "chair".into() },
        Happening::HearingHeld { record: opinion() },
    ];
    said.into_iter().enumerate().map(|(at, what)| entry(at as u64 + 601, what)).collect()
}
