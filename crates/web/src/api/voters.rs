//! Who votes in a unit, and changes of it: for operators.

use axum::Json;
use domain::ids::NodeId;
use serde::{Deserialize, Serialize};
use unit::{ChangeStep, ChangeView, EndedChange, VoterChange, VoterPlan, VoterRequest, VotersView};
use utoipa::ToSchema;

use crate::extract::{JsonBody, Served};
use crate::person::{Caller, Deed};
use crate::problem::{Problem, ProblemBody};

/// A new node catches up within so long, where nothing is said.
const WITHIN_SECONDS: u64 = 600;
/// The longest that may be said: a week.
const MOST_SECONDS: u64 = 7 * 24 * 3600;

/// A change that is asked for.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = VoterChange)]
pub(crate) struct ChangeForm {
    change: ChangeKind,
    /// The node that joins, leaves, is replaced, or takes the lead.
    node: u64,
    /// With `replace`: the new node that takes its place.
    by: Option<u64>,
    /// Only say what would be done.
    #[serde(default)]
    plan: bool,
    /// A new node catches up within so long, or is taken out again.
    within_seconds: Option<u64>,
}

/// What changes.
#[derive(Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ChangeKind {
    /// A listed node becomes a voter.
    Add,
    /// A voter votes no more, or a learner is taken out.
    Remove,
    /// A new node takes the place of a voter, mostly a dead one.
    Replace,
    /// A voter takes the lead.
    Lead,
}

/// A change, as it is told.
#[derive(Serialize, ToSchema)]
#[schema(as = VoterChangeTold)]
pub(crate) struct ToldChange {
    change: ChangeKind,
    /// The node.
    node: u64,
    /// The new node that takes its place.
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<u64>,
}

/// A step of a change.
#[derive(Serialize, ToSchema)]
#[schema(as = VoterStep)]
pub(crate) struct StepForm {
    /// `hand_over`, `catch_up`, `change_voters` or `take_out`.
    step: &'static str,
    /// The node that takes the lead, catches up or is taken out.
    #[serde(skip_serializing_if = "Option::is_none")]
    node: Option<u64>,
}

/// What a change comes to.
#[derive(Serialize, ToSchema)]
#[schema(as = VoterPlan)]
pub(crate) struct PlanForm {
    /// Which change.
    #[serde(flatten)]
    change: ToldChange,
    /// Who votes before it.
    before: Vec<u64>,
    /// Who votes after it.
    after: Vec<u64>,
    /// How many make a majority before it.
    majority_before: usize,
    /// How many make a majority after it.
    majority_after: usize,
    /// Of those who vote after it, who answers now; a new node is expected to.
    answering: Vec<u64>,
    /// What is done, in this order; nothing where it is so already.
    steps: Vec<StepForm>,
    /// Whether it has begun: `GET` of the same path tells how far it is.
    begun: bool,
}

/// Who votes, as the leader knows now.
#[derive(Serialize, ToSchema)]
#[schema(as = Voters)]
pub(crate) struct VotersForm {
    /// Who leads.
    leader: u64,
    /// Voters and learners.
    members: Vec<MemberForm>,
    /// While voters change: the set that is being left. A majority of both is needed meanwhile.
    leaving: Option<Vec<u64>>,
    /// Nodes that the region's directory lists in the unit.
    listed: Vec<u64>,
    /// The number of the leader's directory.
    directory: u64,
    /// The change that is under way.
    under_way: Option<UnderWayForm>,
    /// The last change that this leader has ended.
    last: Option<EndedForm>,
}

/// A member of the unit's group.
#[derive(Serialize, ToSchema)]
#[schema(as = VoterMember)]
pub(crate) struct MemberForm {
    /// Which node.
    node: u64,
    /// Whether it votes; a learner only follows.
    votes: bool,
    /// Whether it has answered the leader lately.
    answers: bool,
    /// Log entries behind the leader.
    behind: u64,
}

/// A change that is under way.
#[derive(Serialize, ToSchema)]
#[schema(as = VoterChangeUnderWay)]
pub(crate) struct UnderWayForm {
    /// Which change.
    #[serde(flatten)]
    change: ToldChange,
    /// What is being done.
    doing: StepForm,
}

/// How a change ended.
#[derive(Serialize, ToSchema)]
#[schema(as = VoterChangeEnded)]
pub(crate) struct EndedForm {
    /// Which change.
    #[serde(flatten)]
    change: ToldChange,
    /// Whether it is done.
    done: bool,
    /// The documented code of what came in between.
    code: Option<&'static str>,
    /// Its particulars.
    why: Option<String>,
}

fn numbers<'a>(nodes: impl IntoIterator<Item = &'a NodeId>) -> Vec<u64> {
    nodes.into_iter().map(|node| node.0).collect()
}

impl From<VoterChange> for ToldChange {
    fn from(change: VoterChange) -> Self {
        match change {
            VoterChange::Add { node } => Self { change: ChangeKind::Add, node: node.0, by: None },
            VoterChange::Remove { node } => Self { change: ChangeKind::Remove, node: node.0, by: None },
            VoterChange::Replace { node, by } => Self { change: ChangeKind::Replace, node: node.0, by: Some(by.0) },
            VoterChange::Lead { node } => Self { change: ChangeKind::Lead, node: node.0, by: None },
        }
    }
}

impl From<ChangeStep> for StepForm {
    fn from(step: ChangeStep) -> Self {
        let (step, node) = match step {
            ChangeStep::HandOver { to } => ("hand_over", Some(to)),
            ChangeStep::CatchUp { node } => ("catch_up", Some(node)),
            ChangeStep::ChangeVoters => ("change_voters", None),
            ChangeStep::TakeOut { node } => ("take_out", Some(node)),
        };
        Self { step, node: node.map(|node| node.0) }
    }
}

impl PlanForm {
    fn new(plan: &VoterPlan, plan_only: bool) -> Self {
        Self {
            change: plan.change.into(),
            before: numbers(&plan.before),
            after: numbers(&plan.after),
            majority_before: plan.majority_before(),
            majority_after: plan.majority_after(),
            answering: numbers(&plan.answering),
            steps: plan.steps.iter().map(|step| (*step).into()).collect(),
            begun: !plan_only && !plan.steps.is_empty(),
        }
    }
}

impl From<VotersView> for VotersForm {
    fn from(view: VotersView) -> Self {
        let under_way =
            |ChangeView { change, step }: ChangeView| UnderWayForm { change: change.into(), doing: step.into() };
        let ended = |EndedChange { change, fault }: EndedChange| EndedForm {
            change: change.into(),
            done: fault.is_none(),
            code: fault.as_ref().map(unit::VotersFault::code),
            why: fault.map(|fault| fault.to_string()),
        };
        let member = |member: unit::MemberView| MemberForm {
            node: member.node.0,
            votes: member.votes,
            answers: member.answers,
            behind: member.behind,
        };
        Self {
            leader: view.leader.0,
            members: view.members.into_iter().map(member).collect(),
            leaving: view.leaving.as_ref().map(numbers),
            listed: numbers(&view.listed),
            directory: view.directory,
            under_way: view.under_way.map(under_way),
            last: view.last.map(ended),
        }
    }
}

impl ChangeForm {
    fn request(&self) -> Result<VoterRequest, Problem> {
        let node = NodeId(self.node);
        let change = match (self.change, self.by.map(NodeId)) {
            (ChangeKind::Replace, Some(by)) => VoterChange::Replace { node, by },
            (ChangeKind::Replace, None) | (_, Some(_)) => {
                return Err(Problem::of("request.field").field("by").detail("expected with replace, and only there"));
            }
            (ChangeKind::Add, None) => VoterChange::Add { node },
            (ChangeKind::Remove, None) => VoterChange::Remove { node },
            (ChangeKind::Lead, None) => VoterChange::Lead { node },
        };
        let seconds = self.within_seconds.unwrap_or(WITHIN_SECONDS);
        if !(1..=MOST_SECONDS).contains(&seconds) {
            let expected = format!("expected 1 to {MOST_SECONDS}");
            return Err(Problem::of("request.field").field("within_seconds").detail(expected));
        }
        Ok(VoterRequest { change, plan_only: self.plan, within_millis: seconds * 1000 })
    }
}

/// Who votes in the unit, who answers and how far each is; how far a change is. Told by the leader, whichever node is asked.
#[utoipa::path(get, path = "/voters", tag = "status", operation_id = "voters", responses(
    (status = 200, body = VotersForm),
    (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    (status = "5XX", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn show(served: Served) -> Result<Json<VotersForm>, Problem> {
    Ok(Json(served.handle.voters().await?.into()))
}

/// Change who votes in the unit, or who leads it: begins the change and answers with what it comes to.
///
/// Refused where the voters that answer now would be too few afterwards. Not undone by asking twice: a node that votes already is told
/// so.
#[utoipa::path(post, path = "/voters", tag = "acts", operation_id = "change_voters", request_body = ChangeForm, responses(
    (status = 200, body = PlanForm),
    (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    (status = "5XX", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn change(
    served: Served,
    caller: Caller,
    JsonBody(form): JsonBody<ChangeForm>,
) -> Result<Json<PlanForm>, Problem> {
    let person = caller.allowed(Deed::ChangeVoters, served.unit())?;
    let request = form.request()?;
    let plan = served.handle.change_voters(person.principal(), request).await?;
    Ok(Json(PlanForm::new(&plan, request.plan_only)))
}
