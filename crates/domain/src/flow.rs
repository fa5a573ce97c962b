//! 办理流程: the steps between acceptance and decision that a matter lists, and how far a case has got with them (domain.md §4).
//!
//! Derived from the listed flow and the case's story, and nowhere stored. Only listed steps are done, in their order; steps after the same one are
//! parallel branches, of which one may be led and others assisted (主办, 协办). Receiving, accepting, deciding and what follows are acts of
//! their own, and count as done with the stage.
//!
//! Duties are kept apart by account: who handles a case or looks at its site neither examines, approves nor decides it, and a site is looked at by two.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::case::{CaseContent, Happening};
use crate::catalogue::{FlowStep, Matter, StepKind, StepPart};
use crate::time::Timestamp;

/// One hand that was laid on a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hand {
    /// When.
    pub at: Timestamp,
    /// Whose: an account.
    pub by: String,
    /// What it found: whether the application can be granted, as far as the step looks.
    pub agrees: bool,
}

/// How far a step has got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepState {
    /// For steps before it.
    Waits,
    /// Its turn.
    Open,
    /// Done.
    Done,
}

/// A step of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseStep<'a> {
    /// As listed.
    pub step: &'a FlowStep,
    /// How far it has got.
    pub state: StepState,
    /// Who did it, in order; of a site check that one has done, the first of two.
    pub hands: Vec<Hand>,
}

/// All steps between acceptance and decision, in the order in which the matter lists them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress<'a> {
    /// The steps.
    pub steps: Vec<CaseStep<'a>>,
    handlers: BTreeSet<String>,
    judges: BTreeSet<String>,
    chairs: BTreeSet<String>,
}

/// Whether a step is done between acceptance and decision.
fn is_inner(kind: StepKind) -> bool {
    matches!(kind, StepKind::Handle | StepKind::Examine | StepKind::Approve | StepKind::SiteCheck)
}

/// Whether who does it may not judge the case.
fn is_handling(kind: StepKind) -> bool {
    matches!(kind, StepKind::Handle | StepKind::SiteCheck)
}

impl<'a> Progress<'a> {
    /// Of an accepted case, since who has it now began with it. `matter`: in the version that the case pins.
    pub fn of(matter: &'a Matter, content: &CaseContent) -> Self {
        let flow = &matter.guide.flow;
        let fresh = |step| CaseStep { step, state: StepState::Waits, hands: vec![] };
        let steps = flow.iter().filter(|step| is_inner(step.kind)).map(fresh).collect();
        let nobody = BTreeSet::new;
        let mut progress = Self { steps, handlers: nobody(), judges: nobody(), chairs: nobody() };
        for line in content.since_begun() {
            match &line.what {
                Happening::StepDone { step, by, agrees, .. } => {
                    let hand = Hand { at: line.at, by: by.clone(), agrees: *agrees };
                    progress.lay(step, hand);
                }
                Happening::SteppedBack { to, .. } => progress.clear(flow, to),
                Happening::HearingSet { chair, .. } => drop(progress.chairs.insert(chair.clone())),
                _ => {}
            }
        }
        progress.judge(flow);
        progress
    }

    fn lay(&mut self, name: &str, hand: Hand) {
        let Some(step) = self.steps.iter_mut().find(|known| known.step.name == name) else { return };
        let side = if is_handling(step.step.kind) { &mut self.handlers } else { &mut self.judges };
        side.insert(hand.by.clone());
        step.hands.push(hand);
    }

    /// A step and everything that comes after it is open again. Whose hands were on it stays known.
    fn clear(&mut self, flow: &[FlowStep], to: &str) {
        let again = with_followers(flow, to);
        for step in self.steps.iter_mut().filter(|step| again.contains(step.step.name.as_str())) {
            step.hands.clear();
        }
    }

    fn judge(&mut self, flow: &[FlowStep]) {
        let needed = |kind| if kind == StepKind::SiteCheck { 2 } else { 1 };
        for step in &mut self.steps {
            if step.hands.len() >= needed(step.step.kind) {
                step.state = StepState::Done;
            }
        }
        let done: BTreeSet<&str> = self.done().map(|step| step.step.name.as_str()).collect();
        let before = |kind| matches!(kind, StepKind::Receive | StepKind::Accept);
        let is_over =
            |name: &String| done.contains(name.as_str()) || flow.iter().any(|s| s.name == *name && before(s.kind));
        for step in self.steps.iter_mut().filter(|step| step.state != StepState::Done) {
            if step.step.after.iter().all(is_over) {
                step.state = StepState::Open;
            }
        }
    }

    fn done(&self) -> impl Iterator<Item = &CaseStep<'a>> {
        self.steps.iter().filter(|step| step.state == StepState::Done)
    }

    /// A step by its name.
    pub fn find(&self, name: &str) -> Option<&CaseStep<'a>> {
        self.steps.iter().find(|step| step.step.name == name)
    }

    /// Names of the steps that are not done.
    pub fn left(&self) -> Vec<String> {
        let left = self.steps.iter().filter(|step| step.state != StepState::Done);
        left.map(|step| step.step.name.clone()).collect()
    }

    /// Names of the steps that were led here and found that it cannot be granted. What an assisting department finds binds nobody: the
    /// one that leads weighs it.
    pub fn objecting(&self) -> Vec<String> {
        let objects = |step: &&CaseStep<'_>| {
            step.step.part == StepPart::Lead && step.hands.last().is_some_and(|hand| !hand.agrees)
        };
        self.done().filter(objects).map(|step| step.step.name.clone()).collect()
    }

    /// Whether the case waits for a step, and not for the decision.
    pub fn is_on(&self) -> bool {
        self.objecting().is_empty() && self.steps.iter().any(|step| step.state != StepState::Done)
    }

    /// Whether an account may do a step of a kind as far as what it did before goes.
    pub fn may_do(&self, step: &CaseStep<'_>, by: &str) -> bool {
        let other = if is_handling(step.step.kind) { &self.judges } else { &self.handlers };
        !other.contains(by) && !self.chairs.contains(by) && step.hands.iter().all(|hand| hand.by != by)
    }

    /// Whether an account may chair the hearing: it has no other part in the case (art. 48).
    pub fn may_chair(&self, by: &str) -> bool {
        !self.handlers.contains(by) && !self.judges.contains(by)
    }

    /// Whether an account may decide: it handled nothing of the case.
    pub fn may_decide(&self, by: &str) -> bool {
        !self.handlers.contains(by)
    }
}

/// A step and all that come after it, by name.
fn with_followers<'f>(flow: &'f [FlowStep], name: &str) -> BTreeSet<&'f str> {
    let mut found: BTreeSet<&str> = flow.iter().map(|step| step.name.as_str()).filter(|known| *known == name).collect();
    loop {
        let follows = |step: &&FlowStep| step.after.iter().any(|before| found.contains(before.as_str()));
        let more: Vec<&str> = flow.iter().filter(follows).map(|step| step.name.as_str()).collect();
        let size = found.len();
        found.extend(more);
        if found.len() == size {
            return found;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::TimelineEntry;
    use crate::ids::Sequence;
    use crate::sealed::Sealed;
    use crate::support::{COUNTY, FLOW, World, accepted_case, at, calendar};

    fn matter() -> Matter {
        let world = World::jining();
        let code = FLOW.parse().unwrap();
        (*crate::catalogue::installed::matter(world.store_of(COUNTY), 1, &code).unwrap().unwrap()).clone()
    }

    fn case(told: &[(&str, &str, bool)]) -> CaseContent {
        let mut content = accepted_case("2026-02-09", "2026-02-10", 20, &calendar());
        let mut add = |what| {
            content.timeline.push(TimelineEntry { at: at("2026-02-11"), unit: COUNTY, sequence: Sequence(9), what });
        };
        add(Happening::Accepted { body: "11511301008778183N".parse().unwrap(), due: "2026-03-16".parse().unwrap() });
        for (step, by, agrees) in told {
            add(match by.is_empty() {
                true => Happening::SteppedBack { to: (*step).to_owned(), reasons: Sealed(vec![1]) },
                false => Happening::StepDone {
                    step: (*step).to_owned(),
                    by: (*by).to_owned(),
                    agrees: *agrees,
                    opinion: Sealed(vec![1]),
                },
            });
        }
        content
    }

    #[test]
    fn steps_open_in_their_order_and_a_return_opens_them_again() {
        let matter = matter();
        let state = |told: &[(&str, &str, bool)]| {
            let content = case(told);
            let progress = Progress::of(&matter, &content);
            let letter = |step: &CaseStep<'_>| match step.state {
                StepState::Waits => 'w',
                StepState::Open => 'o',
                StepState::Done => 'd',
            };
            (progress.steps.iter().map(letter).collect::<String>(), progress.is_on())
        };
        // Site check and the assisting department's opinion stand side by side; then handled, then examined.
        let (site, assist, handle, examine) = ("现场核查", "征求意见", "审查", "审核");
        assert_eq!(state(&[]), ("ooww".to_owned(), true));
        assert_eq!(state(&[(site, "a", true)]), ("ooww".to_owned(), true));
        let mut told = vec![(site, "a", true), (site, "b", true)];
        assert_eq!(state(&told), ("doww".to_owned(), true));
        told.push((assist, "c", false));
        assert_eq!(state(&told), ("ddow".to_owned(), true), "an assisting department binds nobody");
        told.push((handle, "a", true));
        assert_eq!(state(&told), ("dddo".to_owned(), true));
        told.push((examine, "d", false));
        assert_eq!(state(&told), ("dddd".to_owned(), false), "an objection leads to the decision");
        told.push((assist, "", false));
        assert_eq!(state(&told), ("doww".to_owned(), true));
        told.push((site, "", false));
        assert_eq!(state(&told), ("ooww".to_owned(), true));
    }

    #[test]
    fn duties_stay_apart_also_after_a_return() {
        let matter = matter();
        let content = case(&[
            ("现场核查", "a", true),
            ("现场核查", "b", true),
            ("征求意见", "c", true),
            ("审查", "a", true),
            ("审核", "d", true),
            ("现场核查", "", true),
            ("现场核查", "a", true),
        ]);
        let progress = Progress::of(&matter, &content);
        let may = |step, by| progress.may_do(progress.find(step).unwrap(), by);
        assert!(may("现场核查", "b") && may("现场核查", "e"));
        assert!(!may("现场核查", "a"), "two people look at a site");
        assert!(!may("现场核查", "d"), "who examined does not handle");
        assert!(!may("审核", "a") && !may("审核", "c") && may("审核", "e"));
        assert!(!progress.may_decide("b") && progress.may_decide("d"));
    }
}
