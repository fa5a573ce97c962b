//! Changes of who votes, at the unit's leader: asked for by people, planned by `unit::voters`, done here step by step.
//!
//! A change lives in the memory of the leader that does it. One that its leader did not finish leaves a learner, which holds nothing
//! up, or two sets of voters: whoever leads next finishes that by itself.

use std::sync::{MutexGuard, PoisonError};
use std::time::Duration;

use consensus::{LeadFault, Member, Role};
use domain::principal::Principal;
use openraft_rt::AsyncRuntime;
use unit::voters::plan;
use unit::{
    Called, ChangeStep, ChangeView, EndedChange, MemberView, Unavailable, VoterPlan, VoterRequest, VotersFault,
    VotersView,
};

use crate::asking::Tried;
use crate::host::{Host, Inner, World};

/// For another voter to take the lead.
const LEAD: Duration = Duration::from_secs(3);
/// For one entry that names the members, or two, to be logged by majorities that answer.
const CHANGE: Duration = Duration::from_secs(15);
/// Who is silent is looked at so often again before a change is refused for it: a leader that has just come to lead has not heard of all.
const LOOKS: usize = 25;
/// Between two of these looks, and before an unfinished change is tried again.
const PAUSE: Duration = Duration::from_millis(100);

/// Changes at this replica, while it leads.
#[derive(Debug, Default)]
pub(crate) struct Changing {
    under_way: Option<ChangeView>,
    last: Option<EndedChange>,
    settling: bool,
}

impl<W: World> Host<W> {
    /// Begins a change here, or says that another replica leads.
    pub(crate) async fn change_voters_here(
        &self,
        by: &Principal,
        request: VoterRequest,
    ) -> Result<Tried<Called>, Unavailable> {
        let inner = &self.inner;
        let planned = match inner.planned(request).await? {
            Some(planned) => planned,
            None => return Ok(Tried::Again(None)),
        };
        let plan = match planned {
            Ok(plan) if request.plan_only || plan.steps.is_empty() => return Ok(done(Ok(plan))),
            Ok(plan) => plan,
            Err(fault) => return Ok(done(Err(fault))),
        };
        let unit = inner.identity.unit;
        if !inner.begin(&plan) {
            return Ok(done(Err(VotersFault::UnderWay { unit })));
        }
        tracing::warn!(%unit, by = by.name, change = ?plan.change, before = ?plan.before, after = ?plan.after, "the voters change");
        if let [ChangeStep::HandOver { to }, _, ..] = plan.steps[..] {
            // Whoever leads then plans anew, and does the rest.
            let handed = inner.group.transfer_leader(to, LEAD).await;
            inner.changing().under_way = None;
            if let Err(fault) = handed {
                tracing::warn!(%unit, %to, %fault, "the lead was not handed over");
            }
            return Ok(Tried::Again(Some(to)));
        }
        let (host, begun) = (self.clone(), plan.clone());
        let within = Duration::from_millis(request.within_millis);
        drop(W::Runtime::spawn(async move {
            let inner = &host.inner;
            let fault = inner.carry_out_change(&begun, within).await.err();
            match &fault {
                None => tracing::info!(%unit, change = ?begun.change, voters = ?begun.after, "the voters have changed"),
                Some(fault) => {
                    tracing::warn!(%unit, change = ?begun.change, %fault, code = fault.code(), "the voters were not changed")
                }
            }
            let mut changing = inner.changing();
            changing.under_way = None;
            changing.last = Some(EndedChange { change: begun.change, fault });
        }));
        Ok(done(Ok(plan)))
    }
}

fn done(changed: Result<VoterPlan, VotersFault>) -> Tried<Called> {
    Tried::Done(Called::VotersChanged(changed))
}

impl<W: World> Inner<W> {
    fn changing(&self) -> MutexGuard<'_, Changing> {
        // Nothing half done is left behind a panic: each change is one assignment.
        self.changing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Who votes, if this replica leads.
    pub(crate) fn voters_here(&self) -> Result<Tried<Called>, Unavailable> {
        Ok(match self.voters_view()? {
            Some(view) => Tried::Done(Called::Voters(Ok(view))),
            None => Tried::Again(None),
        })
    }

    fn voters_view(&self) -> Result<Option<VotersView>, Unavailable> {
        let view = self.group.view();
        let unit = self.identity.unit;
        if view.role == Role::Stopped {
            let why = self.group.ended().map(|stop| stop.to_string()).unwrap_or_default();
            return Err(Unavailable::Stopped { unit, why });
        }
        if !view.leads {
            return Ok(None);
        }
        let status = self.group.status().map_err(|fault| self.stopped(&fault))?;
        let sets = &status.members.voters;
        let (voters, leaving) = (sets.last(), sets.first().filter(|_| sets.len() > 1));
        let member = |node| {
            let follower = status.followers.iter().find(|follower| follower.node == node);
            MemberView {
                node,
                votes: voters.is_some_and(|voters| voters.contains(&node)),
                answers: node == self.identity.node || follower.is_some_and(|follower| follower.answers),
                behind: follower.map_or(0, |follower| follower.lag_entries),
            }
        };
        let directory = self.directory();
        let changing = self.changing();
        Ok(Some(VotersView {
            unit,
            leader: self.identity.node,
            members: status.members.nodes.keys().map(|node| member(*node)).collect(),
            leaving: leaving.cloned(),
            listed: directory.nodes_of(unit).map(|listed| listed.node).collect(),
            directory: directory.number(),
            under_way: changing.under_way,
            last: changing.last.clone(),
        }))
    }

    /// What a change comes to; nothing where this replica does not lead.
    async fn planned(&self, request: VoterRequest) -> Result<Option<Result<VoterPlan, VotersFault>>, Unavailable> {
        for look in 1.. {
            let Some(view) = self.voters_view()? else { return Ok(None) };
            match plan(&view, request.change) {
                Err(VotersFault::Quorum { .. } | VotersFault::Silent { .. }) if look < LOOKS => self.sleep(PAUSE).await,
                planned => return Ok(Some(planned)),
            }
        }
        Ok(None)
    }

    /// Whether this is the change that is under way from now on.
    fn begin(&self, plan: &VoterPlan) -> bool {
        let mut changing = self.changing();
        let Some(step) = plan.steps.first().copied().filter(|_| changing.under_way.is_none()) else { return false };
        changing.under_way = Some(ChangeView { change: plan.change, step });
        changing.last = None;
        true
    }

    async fn carry_out_change(&self, plan: &VoterPlan, within: Duration) -> Result<(), VotersFault> {
        for step in plan.steps.iter().copied() {
            self.changing().under_way = Some(ChangeView { change: plan.change, step });
            match step {
                ChangeStep::HandOver { to } => self.group.transfer_leader(to, LEAD).await,
                ChangeStep::TakeOut { node } => self.group.remove_learner(node, CHANGE).await,
                ChangeStep::CatchUp { node } => match self.group.add_learner(node, Member::default(), within).await {
                    Err(LeadFault::Behind { node, behind, millis }) => {
                        self.take_out(plan).await;
                        return Err(VotersFault::Behind { node, behind, millis });
                    }
                    came => came,
                },
                ChangeStep::ChangeVoters => {
                    // While a new node came up, somebody may have fallen silent.
                    if let Err(fault) =
                        self.voters_view()?.map_or(Ok(()), |view| view.judge_quorum(&plan.after, None).map(drop))
                    {
                        self.take_out(plan).await;
                        return Err(fault);
                    }
                    self.group.change_voters(plan.after.clone(), CHANGE).await
                }
            }
            .map_err(|fault| match fault {
                LeadFault::UnderWay => VotersFault::UnderWay { unit: self.identity.unit },
                fault => VotersFault::Interrupted { unit: self.identity.unit, why: fault.to_string() },
            })?;
        }
        Ok(())
    }

    /// A new node that does not become a voter leaves no trace.
    async fn take_out(&self, plan: &VoterPlan) {
        for node in plan.after.difference(&plan.before) {
            if let Err(fault) = self.group.remove_learner(*node, CHANGE).await {
                tracing::warn!(unit = %self.identity.unit, %node, %fault, "the new node is still a learner");
            }
        }
    }

    /// Whether a former leader left two sets of voters, and nobody is about to end that. Says so once until it was tried.
    pub(crate) fn must_settle(&self) -> bool {
        let mut changing = self.changing();
        let must = !changing.settling && changing.under_way.is_none() && self.group.is_joint();
        changing.settling |= must;
        must
    }

    /// Finishes what a former leader began.
    pub(crate) async fn settle_voters(&self) {
        match self.group.settle(CHANGE).await {
            Ok(()) => {
                tracing::info!(unit = %self.identity.unit, "a change of voters that was left half done is finished")
            }
            Err(fault) => {
                tracing::debug!(unit = %self.identity.unit, %fault, "a change of voters is still half done");
                self.sleep(PAUSE).await;
            }
        }
        self.changing().settling = false;
    }
}
