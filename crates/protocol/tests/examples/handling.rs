//! Examples of the work between receipt and decision.

use domain::case::{DayUnit, Gap, Happening, Material, Period, TimelineEntry, Within};
use domain::catalogue::LimitDays;
use domain::claims::ClaimNote;
use domain::command::{
    Accept, AcceptWithDeficit, Command, Complete, Deficit, ExtendLimit, PassOn, ProlongStop, ResumeClock, StopClock,
    Supplement, TellGaps,
};
use domain::ids::{CaseId, UnitId};
use domain::legal::{Approver, Procedure, StopNotice};
use domain::time::CivilDate;

use super::{Examples, entry};

const TEN: LimitDays = LimitDays { days: 10, unit: DayUnit::Working };
const FIVE: LimitDays = LimitDays { days: 5, unit: DayUnit::Calendar };

fn gaps() -> Vec<Gap> {
    vec![Gap { material: "申请书".into(), what: "缺少签字".into() }]
}

fn tell_gaps(case: CaseId) -> Command {
    Command::TellGaps(TellGaps { case, gaps: gaps(), within: None })
}

fn within() -> Within {
    Within { told: TEN, basis: "容缺受理办法第八条".into() }
}

fn period() -> Period {
    Period { told: TEN, until: CivilDate::EPOCH.plus_days(20_514), basis: "容缺受理办法第八条".into() }
}

fn tell_gaps_with_an_end(case: CaseId) -> Command {
    Command::TellGaps(TellGaps { case, gaps: gaps(), within: Some(within()) })
}

fn accept_with_deficit(accept: Accept) -> Command {
    let deficit = Deficit { asked: true, within: within() };
    Command::AcceptWithDeficit(AcceptWithDeficit { accept, declared: true, deficit })
}

pub(super) fn commands(case: CaseId) -> Examples<Command> {
    vec![
        ("tell gaps", tell_gaps(case)),
        ("supplement", supplement(case)),
        ("stop the clock", stop_clock(case)),
        ("prolong the stop", prolong_stop(case)),
        ("resume the clock", resume_clock(case)),
        ("extend the limit", extend_limit(case)),
        ("tell gaps with an end", tell_gaps_with_an_end(case)),
        ("accept with deficit", accept_with_deficit(Accept { case, due: super::due() })),
        ("complete", complete(case)),
        ("pass on", pass_on(case, super::county())),
    ]
}

fn complete(case: CaseId) -> Command {
    Command::Complete(Complete { case, materials: vec![Material { name: "场所使用证明".into(), content: None }] })
}

fn pass_on(case: CaseId, to: UnitId) -> Command {
    Command::PassOn(PassOn { case, to, reasons: "跨县区项目".into(), consented: true })
}

fn supplement(case: CaseId) -> Command {
    Command::Supplement(Supplement { case, materials: vec![Material { name: "申请书".into(), content: None }] })
}

fn stop_clock(case: CaseId) -> Command {
    let notice = StopNotice { kind: Some(Procedure::ExpertReview), basis: "第四十五条".into(), told: Some(TEN) };
    Command::StopClock(StopClock { case, notice })
}

fn prolong_stop(case: CaseId) -> Command {
    Command::ProlongStop(ProlongStop { case, reason: "专家未到".into(), told: Some(FIVE) })
}

fn resume_clock(case: CaseId) -> Command {
    Command::ResumeClock(ResumeClock { case })
}

fn extend_limit(case: CaseId) -> Command {
    Command::ExtendLimit(ExtendLimit { case, days: 10, by: Approver::OrganHead, reason: "案情复杂".into() })
}

/// Every line on it.
pub(super) fn timeline() -> Vec<TimelineEntry> {
    let day = |ahead| CivilDate::EPOCH.plus_days(20_500 + ahead);
    let body = || "11511301008778183N".parse().unwrap();
    let said = [
        Happening::GapsTold { gaps: gaps(), within: None },
        Happening::GapsTold { gaps: gaps(), within: Some(period()) },
        Happening::Supplemented { materials: vec!["申请书".into()] },
        Happening::AcceptedByLaw { body: body(), since: day(0), due: day(30) },
        Happening::ClockStopped {
            kind: Procedure::ExpertReview,
            basis: "第四十五条".into(),
            told: TEN,
            until: day(14),
            due: day(44),
        },
        Happening::StopProlonged { reason: "专家未到".into(), told: FIVE, until: day(19), due: day(49) },
        Happening::ClockResumed { due: day(40) },
        Happening::StopExpired { due: day(49) },
        Happening::LimitExtended {
            days: 10, by: Approver::GovernmentHead, reason: "案情复杂".into(), due: day(60)
        },
        Happening::DeficitAgreed { materials: vec!["场所使用证明".into()], within: period() },
        Happening::Completed { materials: vec!["场所使用证明".into()] },
        Happening::Lapsed { basis: "容缺受理办法第八条".into() },
        Happening::Claim { home: super::county(), note: ClaimNote::Released { round: 1 } },
        Happening::PassedOn { to: super::county(), reasons: "跨县区项目".into() },
    ];
    said.into_iter().enumerate().map(|(at, what)| entry(at as u64 + 501, what)).collect()
}
