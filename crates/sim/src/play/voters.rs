//! Steps that change a unit's voters: asked for like an act, answered when they are done.

use domain::time::Timestamp;

use super::engine::Engine;
use super::story;
use crate::ground::{Ground, NotDone};
use crate::scenario::ExpectedAnswer;

impl<G: Ground> Engine<'_, G> {
    pub(super) fn change_voters(&mut self, at: usize) {
        self.changes.insert(at);
        if let Err(not_here) = self.ground.inflict(at, &self.scenario.steps[at].action) {
            self.changes.remove(&at);
            self.skip(&not_here);
        }
    }

    pub(super) fn voters_changed(&mut self, at: Timestamp, step: usize, answer: &Result<(), NotDone>) {
        self.changes.remove(&step);
        let wanted = &self.scenario.steps[step].answer;
        let code = match answer {
            Ok(()) => "done",
            Err(NotDone::Unknown { .. }) => "unknown",
            Err(NotDone::Refused { code, .. }) => code,
        };
        self.line(at, "step", format!("{}: answered: {code}", self.words(step)), None);
        if *wanted != ExpectedAnswer::Any && code != wanted.word() {
            let why = answer.as_ref().err().map(|why| format!(" ({why})")).unwrap_or_default();
            let line = self.scenario.steps[step].line;
            self.fail(format!("line {line}: {}: answered {code}{why}, expected {}", self.words(step), wanted.word()));
        }
    }

    /// Changes that nobody has answered at the end.
    pub(super) fn fail_for_unanswered(&mut self) {
        for step in std::mem::take(&mut self.changes) {
            let line = self.scenario.steps[step].line;
            self.fail(format!("line {line}: {}: never answered", self.words(step)));
        }
    }

    fn words(&self, step: usize) -> String {
        story::action(&self.scenario.steps[step].action, &self.scenario.world)
    }
}
