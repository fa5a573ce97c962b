//! A case whose steps were done at several units, and what people say of it.

use super::*;
use crate::concerns::{
    ConcernRefusal, ConcernRow, ConcernTask, FinishedStep, RatingLevel, StoryLine, Urger, finished_steps,
};
use crate::ids::ConcernId;
use crate::tables::{ConcernTasks, Concerns};

/// The person served, as [`receive`] has it.
pub(crate) const SERVED: BlindIndex = BlindIndex([7; 32]);
/// Somebody else.
pub(crate) const STRANGER: BlindIndex = BlindIndex([8; 32]);

/// Received at the village, accepted at the county.
pub(crate) fn accepted_for_the_village() -> (World, CaseId) {
    let mut world = World::jining();
    let case = world.receive(VILLAGE, EQUAL);
    world.settle();
    world.accept(COUNTY, case);
    world.settle();
    (world, case)
}

/// And decided there; the result is back at the village.
pub(crate) fn decided_for_the_village() -> (World, CaseId) {
    let (mut world, case) = accepted_for_the_village();
    world.decide(COUNTY, case);
    world.settle();
    (world, case)
}

pub(crate) fn rate(case: CaseId, line: StoryLine, level: RatingLevel) -> Command {
    Command::Rate(Rate { case, line, level, by: SERVED, remark: Some(Sealed(vec![9; 40])) })
}

pub(crate) fn urge(case: CaseId) -> Command {
    Command::Urge(Urge { case, urger: Urger::Applicant { by: SERVED, words: None } })
}

pub(crate) fn complain(case: CaseId, line: Option<StoryLine>) -> Command {
    Command::Complain(Complain { case, line, complainant: Sealed(vec![6; 40]), text: Sealed(vec![5; 40]) })
}

pub(crate) fn call_back(case: CaseId, concern: ConcernId) -> Command {
    Command::CallBack(CallBack { case, concern, reached: true, attempts: 1, said: "等了两小时".to_owned() })
}

pub(crate) fn rectify(case: CaseId, concern: ConcernId) -> Command {
    let (remedy, what) = (crate::concerns::Remedy::PutRight, "增开窗口".to_owned());
    Command::Rectify(Rectify { case, concern, remedy, what })
}

impl TestUnit {
    /// What a command about a concern was refused for.
    pub(crate) fn unfit(&mut self, command: Command) -> ConcernRefusal {
        match self.refused(command) {
            Refusal::Concern(refusal) => refusal,
            other => panic!("{other:?}"),
        }
    }

    /// Takes what somebody says.
    pub(crate) fn take(&mut self, command: Command) -> ConcernId {
        match self.done(command) {
            Done::ConcernTaken { concern, .. } => concern,
            other => panic!("{other:?}"),
        }
    }

    /// The same by another member of staff.
    pub(crate) fn by_another<T>(&mut self, act: impl FnOnce(&mut Self) -> T) -> T {
        let usual = std::mem::replace(&mut self.person, "demo-inspector");
        let came = act(self);
        self.person = usual;
        came
    }

    /// The last line by which a step was finished.
    pub(crate) fn line(&self, case: CaseId, step: FinishedStep) -> StoryLine {
        let steps = finished_steps(&self.case(case));
        steps.into_iter().rev().find(|(_, of)| *of == step).map(|(line, _)| line).unwrap()
    }

    pub(crate) fn concern(&self, case: CaseId, concern: ConcernId) -> Option<ConcernRow> {
        self.store.get::<Concerns>(&(case, concern)).unwrap()
    }

    pub(crate) fn waits(&self, case: CaseId, concern: ConcernId) -> Option<ConcernTask> {
        self.concern(case, concern).and_then(|row| row.waits_for())
    }

    /// What stands in the list, with its last day.
    pub(crate) fn concern_list(&self) -> Vec<(ConcernTask, String)> {
        let end = |id: Uuid| (CaseId(id), ConcernId(id));
        let all = (ConcernTask::CallBack, Timestamp(i64::MIN).date(), end(Uuid::nil()))
            ..=(ConcernTask::AnswerComplaint, Timestamp(i64::MAX).date(), end(Uuid::max()));
        let rows = self.store.scan::<ConcernTasks>(all, usize::MAX).unwrap();
        rows.into_iter().map(|((task, day, _), _)| (task, day.to_string())).collect()
    }
}
