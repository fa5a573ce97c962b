//! Changes of a unit's voters, as an operator makes them: asked of any machine that runs, followed until they are done, and asked
//! again where the leader changed meanwhile.

use std::sync::Arc;
use std::time::Duration;

use domain::ids::{NodeId, UnitId};
use domain::principal::{Principal, PrincipalKind};
use unit::{Pending, Unavailable, UnitHandle, VoterChange, VoterPlan, VoterRequest, VotersFault, VotersView};

use super::ConsensusGround;
use super::world::{Shared, SimWorld};
use crate::ground::{NotDone, What};
use crate::scenario::VoterStep;
use host::Host;

/// A new machine catches up within so long.
const WITHIN: Duration = Duration::from_secs(120);
/// The operator gives up after so long.
const PATIENCE: Duration = Duration::from_secs(300);
/// One answer takes at most so long.
const ANSWER: Duration = Duration::from_secs(15);
/// Between two looks at how far a change is.
const LOOK: Duration = Duration::from_millis(500);
/// So many looks nobody may know of the change, before it is asked for again.
const LOST_LOOKS: usize = 20;

impl ConsensusGround {
    pub(super) fn change_voters(&mut self, step: usize, change: VoterStep) {
        let node = |ground: &Self, choice| ground.chosen(choice).first().copied();
        let starts = change.starts().and_then(|choice| node(self, choice));
        let asked = node(self, change.node()).and_then(|node| {
            let by = || starts.filter(|by| *by != node);
            Some(match change {
                VoterStep::Add(_) => VoterChange::Add { node },
                VoterStep::Remove(_) => VoterChange::Remove { node },
                VoterStep::Replace { .. } => VoterChange::Replace { node, by: by()? },
                VoterStep::Lead(_) => VoterChange::Lead { node },
            })
        });
        let unit = node(self, change.node()).and_then(|node| self.world.unit_of(node));
        let (Some(change), Some(unit)) = (asked, unit) else {
            let answer = Err(NotDone::Refused { code: "voters.unknown", why: "no such replica".to_owned() });
            return self.world.tell(What::VotersChanged { step, answer });
        };
        if let Some(node) = starts.filter(|node| !self.world.is_in_service(*node)) {
            self.world.put_in_service(node, true);
            self.start(node);
        }
        let operator = Operator { world: Arc::clone(&self.world), nodes: self.listed(unit), unit };
        self.world.spawn(async move {
            let answer = match tokio::time::timeout(PATIENCE, operator.see_through(change)).await {
                Ok(answer) => answer.map_err(NotDone::from),
                Err(_) => Err(Unavailable::Deadline { unit, millis: PATIENCE.as_millis() as u64 }.into()),
            };
            if let (Ok(()), VoterChange::Remove { node } | VoterChange::Replace { node, .. }) = (&answer, change) {
                operator.switch_off(node);
            }
            operator.world.tell(What::VotersChanged { step, answer });
        });
    }
}

struct Operator {
    world: Arc<Shared>,
    nodes: Vec<NodeId>,
    unit: UnitId,
}

impl Operator {
    /// Asks, and asks again, until the change is done or refused.
    async fn see_through(&self, change: VoterChange) -> Result<(), VotersFault> {
        let request = VoterRequest { change, plan_only: false, within_millis: WITHIN.as_millis() as u64 };
        let mut was_begun = false;
        loop {
            let by = Principal { kind: PrincipalKind::Staff, name: "operator".to_owned() };
            match self.ask(move |host| host.change_voters(by, request)).await {
                Ok(plan) if plan.steps.is_empty() => return Ok(()),
                Ok(plan) => {
                    was_begun = true;
                    if let Some(ended) = self.follow(&plan).await {
                        match ended {
                            Err(VotersFault::Interrupted { .. } | VotersFault::UnderWay { .. }) => {}
                            ended => return ended,
                        }
                    }
                }
                Err(VotersFault::Unavailable(_) | VotersFault::UnderWay { .. }) => {}
                // A leader before this one did it.
                Err(VotersFault::Already { .. } | VotersFault::Unknown { .. }) if was_begun => return Ok(()),
                Err(fault) => return Err(fault),
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// How the change ended; nothing where it is not known any more.
    async fn follow(&self, plan: &VoterPlan) -> Option<Result<(), VotersFault>> {
        let mut lost = 0;
        while lost < LOST_LOOKS {
            tokio::time::sleep(LOOK).await;
            let Ok(view) = self.ask(|host| host.voters()).await else {
                lost += 1;
                continue;
            };
            if view.under_way.is_some_and(|under_way| under_way.change == plan.change) {
                lost = 0;
                continue;
            }
            if let Some(ended) = view.last.as_ref().filter(|ended| ended.change == plan.change) {
                return Some(ended.fault.clone().map_or(Ok(()), Err));
            }
            if is_done(plan, &view) {
                return Some(Ok(()));
            }
            lost += 1;
        }
        None
    }

    /// Asks the first machine that runs, from within its life: with it the question ends.
    async fn ask<T: Send + 'static, F: From<Unavailable> + Send + 'static>(
        &self,
        question: impl FnOnce(&Host<SimWorld>) -> Pending<'_, Result<T, F>> + Send + 'static,
    ) -> Result<T, F> {
        let unit = self.unit;
        let running = self.nodes.iter().filter(|node| self.world.is_in_service(**node));
        let mut running = running.filter_map(|node| self.world.host(*node));
        let asked = running.find(|(host, life)| !life.is_still() && !has_stopped(host));
        let Some((host, life)) = asked else { return Err(Unavailable::NoLeader { unit }.into()) };
        let (to, answered) = futures::channel::oneshot::channel();
        life.spawn(async move {
            let answer = question(&host).await;
            let _gone = to.send(answer);
        });
        match tokio::time::timeout(ANSWER, answered).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) | Err(_) => Err(Unavailable::Deadline { unit, millis: ANSWER.as_millis() as u64 }.into()),
        }
    }

    /// A machine that votes no more is switched off for good.
    fn switch_off(&self, node: NodeId) {
        self.world.put_in_service(node, false);
        if let Some((_, life)) = self.world.host(node) {
            life.end();
            self.world.set_host(node, None);
            self.world.tell(What::Down { node, unit: self.unit });
        }
    }
}

fn has_stopped(host: &Host<SimWorld>) -> bool {
    host.group_status().map_or(true, |status| status.role == consensus::Role::Stopped)
}

fn is_done(plan: &VoterPlan, view: &VotersView) -> bool {
    let leads = |node: NodeId| view.leader == node;
    view.leaving.is_none()
        && view.voters() == plan.after
        && match plan.change {
            VoterChange::Lead { node } => leads(node),
            VoterChange::Remove { node } => view.members.iter().all(|member| member.node != node),
            VoterChange::Add { .. } | VoterChange::Replace { .. } => true,
        }
}
