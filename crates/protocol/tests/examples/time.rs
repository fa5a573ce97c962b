//! Examples of uncertain time.

use domain::case::{Happening, TimelineEntry};
use domain::command::{Command, ConfirmTime, DoubtTime};
use domain::ids::Sequence;
use domain::stretch::{Confirmation, OpenStretch, Stretch, StretchEnd};
use protocol::clock::{ClockSaid, ClockStanding};

use super::{AT, Examples, entry};

const SINCE: Sequence = Sequence(300);

pub(super) fn doubt_time() -> Command {
    Command::DoubtTime(DoubtTime { why: "no other machine's clock was compared with this one's".into() })
}

pub(super) fn confirm_time(by: Confirmation) -> Command {
    Command::ConfirmTime(ConfirmTime { since: SINCE, by })
}

/// Every line on uncertain time.
pub(super) fn timeline() -> Vec<TimelineEntry> {
    let said = [
        Happening::TimeUncertain { since: SINCE, certain_until: AT },
        Happening::TimeConfirmed { since: SINCE, at: AT.plus_millis(60_000) },
    ];
    said.into_iter().enumerate().map(|(at, what)| entry(at as u64 + 401, what)).collect()
}

pub(crate) fn stretch() -> Examples<Stretch> {
    let open = Stretch { certain_until: AT, why: "it jumped".into(), ended: None };
    let ended = |by| {
        let ended = Some(StretchEnd { sequence: Sequence(310), at: AT.plus_millis(60_000), by });
        Stretch { ended, ..open.clone() }
    };
    vec![
        ("open", open.clone()),
        ("ended by witnesses", ended(Confirmation::Witnesses)),
        ("ended by a clerk", ended(Confirmation::Clerk { said: AT })),
    ]
}

pub(crate) fn open_stretch() -> Examples<OpenStretch> {
    vec![("open", OpenStretch { since: SINCE, certain_until: AT })]
}

pub(crate) fn clock_said() -> Examples<ClockSaid> {
    let said = |standing| ClockSaid { time: AT, standing };
    vec![
        ("trusted", said(ClockStanding::Trusted)),
        ("unsure", said(ClockStanding::Unsure)),
        ("doubted", said(ClockStanding::Doubted)),
    ]
}
