//! The words of a story: what changed at a unit, as people would tell it.

use domain::case::{CaseRow, Happening};
use domain::handoff::Role;
use domain::ids::UnitId;
use unit::{Concerning, Handling};

use crate::scenario::{Action, NodeChoice, Officer, Shape, VoterStep, World, word_of};

/// What changed about a case at a unit: one sentence for each thing that happened there, and for each change of standing that
/// no happening tells.
pub(super) fn changes(unit: UnitId, before: Option<&CaseRow>, after: &CaseRow, world: &World) -> Vec<String> {
    let known = before.map(CaseRow::timeline).unwrap_or_default();
    let mut told: Vec<String> = after
        .timeline()
        .iter()
        .filter(|entry| entry.unit == unit && !known.contains(entry))
        .map(|entry| happening(&entry.what, &|unit| world.alias(unit)))
        .collect();
    let (was, is) = (before.map(|row| row.custody.role), after.custody.role);
    if was != Some(is) {
        let alias = |unit| world.alias(unit);
        match is {
            Role::Offered { by } => {
                told.push(format!("is offered it by {}, attempt {}", alias(by), after.custody.attempt.0))
            }
            Role::Prepared { by } => told.push(format!("holds it for {}", alias(by))),
            Role::Dropped { by } => told.push(format!("forgets what {} offered", alias(by))),
            _ => {}
        }
    }
    told
}

/// A happening in words.
pub(crate) fn happening(what: &Happening, alias: &dyn Fn(UnitId) -> String) -> String {
    let alias = |unit: &UnitId| alias(*unit);
    match what {
        Happening::Received { number } => format!("receives it as {number}"),
        Happening::Offered { to } => format!("offers it to {}", alias(to)),
        Happening::Regained { from, reason } => format!("has it back from {} ({reason:?})", alias(from)),
        Happening::HandedOver { to } => format!("hands it over to {}", alias(to)),
        Happening::TakenOver { from } => format!("takes it over from {}", alias(from)),
        Happening::Accepted { due, .. } => format!("accepts it; to be decided by {due}"),
        Happening::NotAccepted { reasons, .. } => format!("does not accept it: {reasons}"),
        Happening::Decided { granted: true, .. } => "grants it".to_owned(),
        Happening::Decided { granted: false, reasons } => format!("denies it: {reasons}"),
        Happening::Closed => "makes the result".to_owned(),
        Happening::Delivered => "hands the result to the applicant".to_owned(),
        Happening::Withdrawn { reason } => format!("ends it: withdrawn by the applicant ({reason})"),
        Happening::Declared => "is told that nothing else is pending for the same thing".to_owned(),
        Happening::ObjectNamed { .. } => "reads in the form what it is about".to_owned(),
        Happening::Claim { home, note } => format!("its claim, kept by {}: {note:?}", alias(home)),
        Happening::Terminated { duplicate } => format!("ends it as a duplicate: {duplicate:?}"),
        Happening::Recovered { generation } | Happening::GoesOn { generation, .. } => {
            format!("goes on here, in life {} of the office", generation.0)
        }
        Happening::TimeUncertain { certain_until, .. } => {
            format!("cannot tell the time: what follows is later than {certain_until}, and when exactly is not known")
        }
        Happening::TimeConfirmed { at, .. } => {
            format!("can tell the time again: what it was not sure of was before {at}")
        }
        Happening::GapsTold { gaps, within } => {
            let told: Vec<String> = gaps.iter().map(|gap| format!("{} ({})", gap.material, gap.what)).collect();
            let until = within.as_ref().map(|within| format!("; to come until {}", within.until)).unwrap_or_default();
            format!("tells what is missing: {}{until}", told.join(", "))
        }
        Happening::Supplemented { materials } => format!("takes what was missing: {}", materials.join(", ")),
        Happening::DeficitAgreed { materials, within } => {
            format!("agrees on what is to follow: {}; to come until {}", materials.join(", "), within.until)
        }
        Happening::Completed { materials } => format!("takes what was to follow: {}", materials.join(", ")),
        Happening::Lapsed { basis } => format!("ends it: what was asked for did not come in time ({basis})"),
        Happening::SentUp { to, agrees, .. } => {
            format!("has reviewed it, {}, and sends it up to {}", if *agrees { "agrees" } else { "objects" }, alias(to))
        }
        Happening::CameUp { due, .. } => format!("has it to review or decide by {due}"),
        Happening::StepDone { step, by, agrees, .. } => {
            format!("has {step} done by {by}, who {}", if *agrees { "agrees" } else { "objects" })
        }
        Happening::SteppedBack { to, .. } => format!("sends it back to {to}"),
        Happening::HearingOffered { until, reason } => {
            format!("tells that a hearing can be asked for until {until} ({reason})")
        }
        Happening::HearingAsked { until, .. } => format!("is asked for a hearing, to be held by {until}"),
        Happening::HearingSet { held, chair, .. } => format!("sets the hearing for {held}, chaired by {chair}"),
        Happening::HearingHeld { .. } => "has the record of the hearing".to_owned(),
        Happening::PassedOn { to, reasons } => format!("passes it on to {}, which is competent ({reasons})", alias(to)),
        Happening::AcceptedByLaw { since, due, .. } => {
            format!("told no gaps in time: accepted by law since {since}; to be decided by {due}")
        }
        Happening::ClockStopped { kind, basis, until, due, .. } => {
            format!("stops the clock until {until} ({kind:?}: {basis}); to be decided by {due}")
        }
        Happening::StopProlonged { reason, until, due, .. } => {
            format!("stops the clock for longer, until {until} ({reason}); to be decided by {due}")
        }
        Happening::ClockResumed { due } => format!("counts on; to be decided by {due}"),
        Happening::StopExpired { due } => {
            format!("counts on by itself, as the time told is over; to be decided by {due}")
        }
        Happening::LimitExtended { days, reason, due, .. } => {
            format!("extends the limit by {days} days ({reason}); to be decided by {due}")
        }
        Happening::AboutLicence { licence, act } => format!("reads that it is about licence {licence}: {act:?}"),
        Happening::Promised { materials, .. } => {
            format!("takes the applicant's promise in place of: {}", materials.join(", "))
        }
        Happening::LicenceIssued { licence, until, check_until } => {
            let until = until.map(|until| format!(", good until {until}")).unwrap_or_default();
            let check =
                check_until.map(|check| format!("; the promise is to be checked by {check}")).unwrap_or_default();
            format!("issues licence {licence}{until}{check}")
        }
        Happening::RenewedByLaw { licence, .. } => {
            format!("did not decide in time: licence {licence} is renewed by law")
        }
        Happening::PromiseChecked { kept, findings } => {
            format!("finds the promise {}: {findings}", if *kept { "kept" } else { "broken" })
        }
        Happening::LicenceRevoked { licence, reasons, .. } => format!("revokes licence {licence}: {reasons}"),
        Happening::LicenceCancelled { licence } => format!("strikes licence {licence}, which its holder gives up"),
        Happening::LicenceEnded { licence } => format!("sees the last day of licence {licence} pass"),
        Happening::FilesCame { files } => format!("takes {} files of materials", files.len()),
        Happening::LivesAgain { .. } => "takes the termination back: the case that it named was lost".to_owned(),
    }
}

/// What is said of a case, or done about what was said, in words.
fn concern(case: &str, by: &str, concerning: &Concerning) -> String {
    match concerning {
        Concerning::Rate { level, .. } => format!("the person served rates {case} at {by}: {}", word_of(level)),
        Concerning::Urge { .. } => format!("the applicant urges {case} at {by}"),
        Concerning::Order { until, .. } => format!("an inspector at {by} orders {case} to be finished by {until}"),
        Concerning::Complain { .. } => format!("somebody complains of {case} at {by}"),
        Concerning::CallBack { reached: true, .. } => format!("an inspector at {by} calls back who rated {case}"),
        Concerning::CallBack { attempts, .. } => {
            format!("an inspector at {by} reaches nobody who rated {case}, in {attempts} attempts")
        }
        Concerning::Rectify { remedy, .. } => format!("{by} meets the rating of {case}: {}", word_of(remedy)),
        Concerning::Exclude { .. } => format!("an inspector at {by} excludes the rating of {case}"),
        Concerning::AnswerUrging { .. } => format!("{by} answers the urging of {case}"),
        Concerning::JudgeComplaint { accepted, .. } => {
            format!("an inspector at {by} {} the complaint of {case}", if *accepted { "accepts" } else { "refuses" })
        }
        Concerning::HandleComplaint { .. } => format!("an inspector at {by} looks into the complaint of {case}"),
        Concerning::AnswerComplaint { .. } => format!("an inspector at {by} answers the complaint of {case}"),
    }
}

/// A step in words.
pub(super) fn action(action: &Action, world: &World) -> String {
    let alias = |unit: &UnitId| world.alias(*unit);
    match action {
        Action::Submit(asked) => format!("{} hands in {} at {}", asked.applicant, asked.case, alias(&asked.at)),
        Action::Traffic { cases, .. } => format!("{cases} people hand in applications"),
        Action::Accept { case, by } => format!("{} accepts {case}", alias(by)),
        Action::NotAccept { case, by, .. } => format!("{} does not accept {case}", alias(by)),
        Action::Decide { case, by, granted, .. } => {
            format!("{} {} {case}", alias(by), if *granted { "grants" } else { "denies" })
        }
        Action::Deliver { case, by } => format!("{} delivers {case}", alias(by)),
        Action::Withdraw { case, by, .. } => format!("the applicant withdraws {case} at {}", alias(by)),
        Action::TakeBack { case, by } => format!("{} takes its offer of {case} back", alias(by)),
        Action::Handle { case, by, officer, handling } => {
            let by = match officer {
                Officer::First => alias(by),
                officer => format!("{} ({} officer)", alias(by), officer.as_str()),
            };
            match handling {
                Handling::TellGaps { .. } => format!("{by} tells the gaps of {case}"),
                Handling::Supplement { .. } => format!("the applicant fills the gaps of {case} at {by}"),
                Handling::StopClock { .. } => format!("{by} stops the clock of {case}"),
                Handling::ProlongStop { .. } => format!("{by} stops the clock of {case} for longer"),
                Handling::ResumeClock => format!("{by} says that the procedure of {case} is over"),
                Handling::AcceptWithDeficit { .. } => format!("{by} accepts {case}, with materials to follow"),
                Handling::Complete { .. } => format!("the applicant brings what was to follow of {case} at {by}"),
                Handling::PassOn { to, .. } => format!("{by} passes {case} on to {}", alias(to)),
                Handling::AcceptOnPromise { .. } => format!("{by} accepts {case} on the applicant's promise"),
                Handling::CheckPromise { kept, .. } => {
                    format!("{by} finds the promise of {case} {}", if *kept { "kept" } else { "broken" })
                }
                Handling::Revoke { .. } => format!("{by} revokes the licence of {case}"),
                Handling::SendUp { agrees, .. } => {
                    format!("{by} {} and sends {case} up", if *agrees { "agrees" } else { "objects" })
                }
                Handling::DoStep { step, agrees, .. } => {
                    format!("{by} does {step} of {case} and {}", if *agrees { "agrees" } else { "objects" })
                }
                Handling::StepBack { to, .. } => format!("{by} sends {case} back to {to}"),
                Handling::TellHearing { .. } => format!("{by} tells of the right to a hearing about {case}"),
                Handling::AskHearing { .. } => format!("somebody asks for a hearing about {case} at {by}"),
                Handling::SetHearing { held, .. } => format!("{by} sets the hearing about {case} for {held}"),
                Handling::HoldHearing { .. } => format!("{by} hands in the record of the hearing about {case}"),
                Handling::ExtendLimit { days, .. } => format!("{by} extends the limit of {case} by {days} days"),
            }
        }
        Action::Concern { case, by, concerning } => concern(case, &alias(by), concerning),
        Action::ConfirmTime { by, said: None } => format!("a clerk at {} confirms the time", alias(by)),
        Action::ConfirmTime { by, said: Some(said) } => {
            format!("a clerk at {} says that it is {said}", alias(by))
        }
        Action::Voters(change) => voters(*change, world),
        Action::Catalogue(step) => crate::scenario::told_version(step, &alias),
        Action::Publish { .. } => "the city publishes the next catalogue version".to_owned(),
        Action::Cut(shape) => cut(shape, world),
        Action::Heal(None) => "all links are joined".to_owned(),
        Action::Heal(Some(unit)) => format!("the links of {} are joined", alias(unit)),
        Action::Link { pair: Some((a, b)), quality } => {
            format!("the link between {} and {} changes: {}", alias(a), alias(b), link(quality))
        }
        Action::Link { pair: None, quality } => format!("all links change: {}", link(quality)),
        Action::Crash { nodes, when: None, .. } => format!("{} crashes", choice(*nodes, world)),
        Action::Crash { nodes, when: Some(moment), .. } => {
            format!("{} crashes at its next moment {moment:?}", choice(*nodes, world))
        }
        Action::Restart(nodes) => format!("{} starts again", choice(*nodes, world)),
        Action::Pause { nodes, lasting } => format!("{} stands still for {lasting:?}", choice(*nodes, world)),
        Action::Clock { nodes, fault } => format!("the clock of {}: {fault:?}", choice(*nodes, world)),
        Action::Disk { nodes, fault } => format!("the disk of {}: {fault:?}", choice(*nodes, world)),
        Action::ReplayMail { from, to } => format!("mail of {} to {} comes again", alias(from), alias(to)),
        Action::ForgeMail { from, to, forgery } => {
            format!("forged mail in the name of {} comes to {}: {forgery:?}", alias(from), alias(to))
        }
        Action::Advance(by) => format!("{by:?} go by"),
        Action::Promote { unit, lag, former_runs } => {
            let former = if *former_runs { "; its old machines run on" } else { "" };
            format!("{} is lost, and goes on from a mirror that is {lag} behind{former}", alias(unit))
        }
        Action::DeclareLost { peer, by } => {
            format!("two people at {} declare {} lost", alias(by), alias(peer))
        }
    }
}

/// A change of voters in words.
fn voters(change: VoterStep, world: &World) -> String {
    match change {
        VoterStep::Add(node) => format!("{} is to become a voter", choice(node, world)),
        VoterStep::Remove(node) => format!("{} is to vote no more", choice(node, world)),
        VoterStep::Replace { node, by } => {
            format!("{} is to take the place of {}", choice(by, world), choice(node, world))
        }
        VoterStep::Lead(node) => format!("{} is to lead", choice(node, world)),
    }
}

fn cut(shape: &Shape, world: &World) -> String {
    let alias = |unit: &UnitId| world.alias(*unit);
    let all = |units: &[UnitId]| units.iter().map(alias).collect::<Vec<_>>().join(", ");
    match shape {
        Shape::Unit(unit) => format!("{} is cut off from everyone", alias(unit)),
        Shape::Pair(a, b, crate::scenario::Direction::Both) => format!("{} and {} are cut apart", alias(a), alias(b)),
        Shape::Pair(a, b, _) => format!("what {} sends to {} is lost", alias(a), alias(b)),
        Shape::Group(units) => format!("{} are cut off from all others", all(units)),
        Shape::Ring(units) => format!("only neighbours in a ring reach each other: {}", all(units)),
        Shape::Bridge(units) => format!("two halves reach only the first of {}", all(units)),
        Shape::Node(nodes) => format!("{} is cut off from everyone, its own unit too", choice(*nodes, world)),
        Shape::Flapping { pair: (a, b), every, lasting } => {
            format!("the link between {} and {} flaps every {every:?} for {lasting:?}", alias(a), alias(b))
        }
        Shape::Swizzle { units, .. } => format!("one by one are cut off, and joined in another order: {}", all(units)),
    }
}

fn link(quality: &crate::scenario::LinkQuality) -> String {
    let mut words = vec![format!("delay {:?}", quality.delay)];
    for (what, percent) in
        [("lost", quality.loss_percent), ("twice", quality.duplicate_percent), ("overtaken", quality.reorder_percent)]
    {
        if percent > 0.0 {
            words.push(format!("{percent:.0} % {what}"));
        }
    }
    words.extend(quality.rate.map(|rate| format!("{rate} bytes/s")));
    words.join(", ")
}

/// Replicas as files write them.
pub(super) fn choice(nodes: NodeChoice, world: &World) -> String {
    match nodes {
        NodeChoice::All(unit) => world.alias(unit),
        NodeChoice::Leader(unit) => format!("{}/leader", world.alias(unit)),
        NodeChoice::Nth(unit, nth) => format!("{}/{nth}", world.alias(unit)),
        NodeChoice::Everyone => "everyone".to_owned(),
    }
}
