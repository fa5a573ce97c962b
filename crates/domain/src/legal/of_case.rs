//! The legal time of a case: its story's lines are the facts, its entry gives the terms.
//!
//! The story was written under the law's checks, so nothing is refused here. Lines of several units follow each other, and the clock of one
//! may be ahead of another's: a fact then counts on the day of the one before it.

use super::act::{Act, StopNotice};
use super::count::Organs;
use super::rules::{LegalRegime, Terms};
use super::timeline::Timeline;
use crate::case::{CaseContent, Happening, Intake};
use crate::catalogue::{Entry, Matter};

/// The facts of a case so far. `entry`: of the authority that has it.
pub fn of_case<'a>(content: &CaseContent, matter: &Matter, entry: &Entry, organs: &'a Organs) -> Timeline<'a> {
    let review = entry.particulars.review.as_ref();
    let reviews = content.reviewed().len() + usize::from(review.is_some());
    let reviews = u8::try_from(reviews).unwrap_or(u8::MAX);
    let terms = Terms {
        regime: LegalRegime::of(matter, &entry.power.law),
        intake: content.intake,
        organ: entry.body.clone(),
        cut_off: None,
        joint: false,
        reviews,
        review: review.map(|review| review.limit),
        site_check: None,
        // What is promised is the decision.
        promised: review.is_none().then_some(matter.promised_limit),
        decision: Some(matter.statutory_limit),
    };
    let mut timeline = Timeline::begin(terms, organs, content.collected_at);
    if let (Intake::Courier, Some(at)) = (content.intake, content.received_at) {
        let at = at.max(timeline.last_day().begins_at());
        tell(&mut timeline, Act::Arrived { at });
    }
    // A wrong authority passed the application on: the next one that takes it is the right one.
    let mut passed_on = false;
    for line in &content.timeline {
        let at = line.at.max(timeline.last_day().begins_at());
        let on = at.date();
        let act = match &line.what {
            Happening::PassedOn { .. } => {
                passed_on = true;
                continue;
            }
            Happening::TakenOver { .. } if passed_on => {
                passed_on = false;
                Act::Redirected { at, to: entry.body.clone() }
            }
            Happening::GapsTold { .. } => Act::GapsTold { on },
            Happening::Supplemented { .. } => Act::Supplemented { at },
            Happening::Accepted { .. } | Happening::AcceptedByLaw { .. } => Act::Accepted { on },
            Happening::NotAccepted { .. } => Act::NotAccepted { on },
            Happening::ClockStopped { kind, basis, told, .. } => {
                let notice = StopNotice { kind: Some(*kind), basis: basis.clone(), told: Some(*told) };
                Act::Stopped { on, notice }
            }
            Happening::StopProlonged { reason, told, .. } => {
                Act::Prolonged { on, reason: reason.clone(), told: Some(*told) }
            }
            Happening::ClockResumed { .. } => Act::Resumed { on },
            Happening::LimitExtended { days, by, reason, .. } => {
                Act::Extended { on, days: *days, by: *by, reason: reason.clone() }
            }
            Happening::SentUp { .. } => Act::SentUp { on },
            Happening::HearingOffered { .. } => Act::HearingOffered { on },
            Happening::HearingAsked { .. } => Act::HearingAsked { on },
            Happening::HearingSet { held, .. } => Act::HearingSet { on, held: *held },
            Happening::CameUp { body, .. } => Act::CameUp { on, to: body.clone() },
            Happening::Decided { .. } | Happening::RenewedByLaw { .. } => Act::Decided { on },
            Happening::Delivered => Act::Delivered { on },
            _ => continue,
        };
        tell(&mut timeline, act);
    }
    timeline
}

/// Takes a fact that its command has checked. What the law would refuse today all the same (the story of a unit whose clock was wrong) is left
/// out: it moves no limit.
fn tell(timeline: &mut Timeline<'_>, act: Act) {
    let _ = timeline.record(&act);
}
