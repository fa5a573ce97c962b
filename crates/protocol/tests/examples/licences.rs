//! Examples of licences and of the promises that they rest on.

use domain::case::{DayUnit, Happening, TimelineEntry};
use domain::catalogue::LimitDays;
use domain::command::{
    Accept, AcceptOnPromise, CheckPromise, Command, FireTimer, Receive, ReceiveAbout, RevokeLicence, TimerKind,
};
use domain::ids::CaseId;
use domain::licence::{About, Breach, Checked, Issue, Licence, LicenceAct, LicenceNumber, Promise, Standing};
use domain::mail::Mail;
use domain::refusal::Refusal;
use domain::sealed::BlindIndex;

use super::{AT, Examples, case, date, due, entry, number};

fn licence_number() -> LicenceNumber {
    "1.2.156.3005.2.11100000000013338W087.11440100007482575H.0000000001.001.I".parse().unwrap()
}

fn breach() -> Breach {
    Breach { number: number(), until: date().plus_days(365) }
}

pub(super) fn commands(case: CaseId, receive: Receive) -> Vec<(&'static str, Command)> {
    let about = About { licence: licence_number(), act: LicenceAct::Renew };
    let accept = Accept { case, due: due() };
    vec![
        ("receive about", Command::ReceiveAbout(Box::new(ReceiveAbout { receive, declared: true, about }))),
        ("accept on promise", Command::AcceptOnPromise(AcceptOnPromise { accept, declared: false, signed: true })),
        ("check promise", Command::CheckPromise(CheckPromise { case, kept: false, findings: "场所系住宅".into() })),
        (
            "revoke licence",
            Command::RevokeLicence(RevokeLicence {
                case, reasons: "承诺不实".into(), basis: "第六十九条".into()
            }),
        ),
        ("fire licence ends", Command::FireTimer(FireTimer { due: AT, case, kind: TimerKind::LicenceEnds })),
    ]
}

pub(super) fn refusals() -> Vec<(&'static str, Refusal)> {
    let licence = licence_number;
    vec![
        ("licence unknown", Refusal::LicenceUnknown { licence: licence() }),
        ("licence over", Refusal::LicenceOver { licence: licence(), until: Some(date()) }),
        ("licence endless", Refusal::LicenceEndless { licence: licence() }),
        ("licence busy", Refusal::LicenceBusy { licence: licence(), number: number() }),
        ("licence none", Refusal::LicenceNone { case: case() }),
        ("promise none", Refusal::PromiseNone),
        ("breach open", Refusal::BreachOpen { number: number(), until: date() }),
    ]
}

pub(super) fn mail() -> Mail {
    Mail::Breach { applicant: BlindIndex([3; 32]), case: case(), breach: breach() }
}

/// Every line about a licence.
pub(super) fn timeline() -> Vec<TimelineEntry> {
    let licence = licence_number;
    let check = LimitDays { days: 20, unit: DayUnit::Working };
    let said = [
        Happening::AboutLicence { licence: licence(), act: LicenceAct::Cancel },
        Happening::Promised { materials: vec!["场所使用证明".into()], check, basis: "第六条".into() },
        Happening::LicenceIssued { licence: licence(), until: Some(date()), check_until: Some(date()) },
        Happening::RenewedByLaw { licence: licence(), until: None },
        Happening::PromiseChecked { kept: true, findings: "属实".into() },
        Happening::LicenceRevoked {
            licence: licence(), reasons: "承诺不实".into(), basis: "第六十九条".into()
        },
        Happening::LicenceCancelled { licence: licence() },
        Happening::LicenceEnded { licence: licence() },
    ];
    said.into_iter().enumerate().map(|(at, what)| entry(at as u64 + 601, what)).collect()
}

pub(crate) fn licence() -> Examples<Licence> {
    let issue =
        |until, by_law| Issue { number: licence_number(), case: case(), case_number: number(), at: AT, until, by_law };
    let licence = |standing, promise, open| Licence {
        name: "食品经营许可证".into(),
        matter: "000131001000".parse().expect("a code"),
        holder: BlindIndex([3; 32]),
        issues: vec![issue(Some(date()), false), issue(None, true)],
        standing,
        promise,
        open,
    };
    let promise =
        |checked| Some(Promise { materials: vec!["场所使用证明".into()], check_until: date(), checked });
    let checked = Checked { at: AT, kept: false, findings: "场所系住宅".into() };
    let revoked = Standing::Revoked { at: AT, reasons: "承诺不实".into(), basis: "第六十九条".into() };
    vec![
        ("valid", licence(Standing::Valid, None, Some(case()))),
        ("on a promise", licence(Standing::Valid, promise(None), None)),
        ("revoked", licence(revoked, promise(Some(checked)), None)),
        ("ended", licence(Standing::Ended { at: AT }, None, None)),
        ("cancelled", licence(Standing::Cancelled { at: AT }, None, None)),
    ]
}

pub(crate) fn breaches() -> Examples<Breach> {
    vec![("one", breach())]
}
