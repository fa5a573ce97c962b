//! Examples of what people say of a case, and of what is done about it.

use domain::command::{
    AnswerComplaint, AnswerUrging, CallBack, Command, Complain, ExcludeRating, HandleComplaint, JudgeComplaint, Rate,
    Rectify, Urge,
};
use domain::concerns::{
    Concern, ConcernEvent, ConcernRow, ConcernStep, ConcernWaits, ConcernWord, FinishedStep, Periods, RatingCount,
    RatingLevel, Remedy, Saying, StoryLine, Urger,
};
use domain::ids::{CaseId, ConcernId, Sequence};
use domain::sealed::{BlindIndex, Sealed};
use domain::time::CivilDate;

use super::{AT, Examples, case, county, pin, village};

pub(super) fn name() -> ConcernId {
    ConcernId(uuid::Uuid::from_u128(0x0194_b7e6_0000_7000_8000_0000_0000_0099))
}

pub(super) fn line() -> StoryLine {
    StoryLine { unit: county(), sequence: Sequence(300) }
}

fn by() -> BlindIndex {
    BlindIndex([4; 32])
}

fn day() -> CivilDate {
    CivilDate::EPOCH.plus_days(20_514)
}

fn applicant_urges() -> Urger {
    Urger::Applicant { by: by(), words: None }
}

fn inspector_orders() -> Urger {
    Urger::Inspector { until: day(), order: "限期办结".into() }
}

pub(super) fn rating() -> Saying {
    let (level, remark) = (RatingLevel::Dissatisfied, Some(Sealed(vec![1, 31])));
    Saying::Rating { line: line(), step: FinishedStep::Decided, level, by: by(), remark }
}

pub(super) fn urging() -> Saying {
    Saying::Urging(applicant_urges())
}

pub(super) fn order() -> Saying {
    Saying::Urging(inspector_orders())
}

pub(super) fn complaint() -> Saying {
    Saying::Complaint { line: Some(line()), complainant: Sealed(vec![1, 32]), text: Sealed(vec![1, 33]) }
}

fn concern(saying: Saying) -> Concern {
    let (matter, number) = ("000131001000".parse().unwrap(), super::number());
    Concern { id: name(), case: case(), number, matter, pin: pin(), given_at: village(), at: AT, certain: true, saying }
}

pub(super) fn given(saying: Saying) -> ConcernWord {
    ConcernWord::Given(Box::new(concern(saying)))
}

/// Every step.
fn events() -> Vec<ConcernEvent> {
    let steps = [
        ConcernStep::NotCounted,
        ConcernStep::CalledBack { reached: true, attempts: 2, said: "等了两小时".into() },
        ConcernStep::Rectified { remedy: Remedy::Explained, what: "当日系统检修".into() },
        ConcernStep::Excluded { reasons: "恶意".into() },
        ConcernStep::Answered { answer: "本周内决定".into() },
        ConcernStep::Over,
        ConcernStep::WentOn { to: county() },
        ConcernStep::ComplaintAccepted,
        ConcernStep::ComplaintRefused { reasons: "不属于投诉范围".into() },
        ConcernStep::ComplaintHandled { what: "窗口已调整".into() },
        ConcernStep::ComplaintAnswered { upheld: true, answer: "属实".into() },
    ];
    steps.into_iter().map(|what| ConcernEvent { at: AT, unit: county(), what }).collect()
}

pub(super) fn told() -> ConcernWord {
    ConcernWord::Told { case: case(), concern: name(), events: events() }
}

pub(super) fn commands(case: CaseId) -> Vec<(&'static str, Command)> {
    let concern = name();
    let complain = Complain { case, line: None, complainant: Sealed(vec![1, 32]), text: Sealed(vec![1, 33]) };
    let level = RatingLevel::VeryDissatisfied;
    vec![
        ("rate", Command::Rate(Rate { case, line: line(), level, by: by(), remark: Some(Sealed(vec![1, 31])) })),
        ("urge", Command::Urge(Urge { case, urger: applicant_urges() })),
        ("order", Command::Urge(Urge { case, urger: inspector_orders() })),
        ("complain", Command::Complain(complain)),
        ("call back", Command::CallBack(CallBack { case, concern, reached: false, attempts: 3, said: String::new() })),
        ("rectify", Command::Rectify(Rectify { case, concern, remedy: Remedy::PutRight, what: "增开窗口".into() })),
        ("exclude rating", Command::ExcludeRating(ExcludeRating { case, concern, reasons: "恶意".into() })),
        ("answer urging", Command::AnswerUrging(AnswerUrging { case, concern, answer: "本周内决定".into() })),
        (
            "judge complaint",
            Command::JudgeComplaint(JudgeComplaint { case, concern, accepted: true, reasons: String::new() }),
        ),
        ("handle complaint", Command::HandleComplaint(HandleComplaint { case, concern, what: "窗口已调整".into() })),
        (
            "answer complaint",
            Command::AnswerComplaint(AnswerComplaint { case, concern, upheld: false, answer: "不属实".into() }),
        ),
    ]
}

pub(crate) fn concern_row() -> Examples<ConcernRow> {
    let row = |saying, events| {
        let periods = Some(Periods { first: day(), last: day().plus_days(14) });
        ConcernRow { concern: concern(saying), with: county(), since: AT, periods, events }
    };
    let elsewhere = ConcernRow { periods: None, ..row(urging(), vec![]) };
    vec![
        ("rating", row(rating(), events())),
        ("order", row(order(), vec![])),
        ("complaint", row(complaint(), vec![])),
        ("urging elsewhere", elsewhere),
    ]
}

pub(crate) fn concern_waits() -> Examples<ConcernWaits> {
    vec![("since", ConcernWaits { since: AT })]
}

pub(crate) fn rating_count() -> Examples<RatingCount> {
    vec![("some", RatingCount { levels: [300, 20, 3, 2, 1], called_back: 2, rectified: 1, excluded: 1 })]
}
