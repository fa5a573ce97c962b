//! What people and programs ask of the unit, at any of its nodes: done here by the leader, passed on to it by the others.

use std::collections::BTreeSet;
use std::task::Poll;
use std::time::Duration;

use consensus::{ProposeFault, ReadFault};
use domain::accounts::AccountName;
use domain::command::{Command, Done, Outcome, Reply, TaskKind};
use domain::files::FilesRefusal;
use domain::ids::{CaseId, NodeId, Sequence, UnitId};
use domain::principal::{Principal, PrincipalKind};
use domain::refusal::Refusal;
use domain::store::{StoreFault, UnitRead};
use domain::stretch;
use domain::tables::{Cases, Contradiction, Dispute, Disputes, Evidence, Meta, Tasks, UnitMeta};
use domain::time::Timestamp;
use protocol::client::ClientReply;
use protocol::machine::state_hash;
use protocol::record;
use protocol::seam::{Channel, GroupRows, Links};
use unit::query::Prepared;
use unit::stamp::{StampFault, stamp};
use unit::{
    Act, Answer, AskFault, BooksStatus, Call, Called, CaseName, Credentials, DisputeStatus, MOST_COUNTED, NodeRole,
    OpenFile, Pending, Question, Request, SubmitFault, Unavailable, UnitHandle, UnitStatus, VoterPlan, VoterRequest,
    VoterStatus, VotersFault, VotersView,
};

use crate::host::{Host, Inner, World};

/// How long an act may take before the requester is told that its outcome is unknown.
const SUBMIT_MILLIS: u64 = 10_000;
/// How long a question may take.
const ASK_MILLIS: u64 = 5_000;
/// Between two tries while no leader is known.
const RETRY_MILLIS: u64 = 50;
/// How often a command that met a change is stamped anew: the clock or the case moved while it was on its way.
const STAMPED_ANEW: usize = 3;

/// How a try at the leader's ended.
pub(crate) enum Tried<T> {
    Done(T),
    /// Nothing was done: try again, at that node if one is named.
    Again(Option<NodeId>),
}

impl<W: World> UnitHandle for Host<W> {
    fn unit(&self) -> UnitId {
        self.inner.identity.unit
    }

    fn submit(&self, request: Request) -> Pending<'_, Result<Outcome, SubmitFault>> {
        Box::pin(async move {
            let unit = self.unit();
            let work = self.at_leader(
                || self.inner.submit_here(&request),
                Call::Submit(request.clone()),
                request.principal.clone(),
            );
            match self.inner.within(SUBMIT_MILLIS, work).await {
                Some(Ok(Called::Submitted(outcome))) => outcome,
                Some(Ok(_)) => Err(Unavailable::NoLeader { unit }.into()),
                Some(Err(unavailable)) => Err(unavailable.into()),
                None => Err(Unavailable::Deadline { unit, millis: SUBMIT_MILLIS }.into()),
            }
        })
    }

    fn ask(&self, question: Question) -> Pending<'_, Result<Answer, AskFault>> {
        Box::pin(async move { self.inner.ask_here(&question).await })
    }

    fn files(&self, case: CaseName) -> Pending<'_, Result<Vec<OpenFile>, AskFault>> {
        Box::pin(async move {
            let inner = &self.inner;
            inner.barrier().await?;
            let files = inner.look(|rows, tools| unit::files::of_case(case, rows, tools));
            match files.map_err(|fault| AskFault::Unavailable(inner.stopped(&fault)))? {
                Ok(files) => Ok(files),
                Err(StampFault::Invalid(fault)) => Err(fault.into()),
                Err(StampFault::Refused(refusal)) => Err(refusal.into()),
                Err(StampFault::Store(fault)) => Err(inner.stopped(&fault).into()),
            }
        })
    }

    fn credentials(&self, account: AccountName) -> Pending<'_, Result<Option<Credentials>, AskFault>> {
        Box::pin(async move {
            let inner = &self.inner;
            inner.barrier().await?;
            let found = inner.look(|rows, tools| unit::accounts::credentials(&account, rows, tools));
            match found.map_err(|fault| AskFault::Unavailable(inner.stopped(&fault)))? {
                Ok(credentials) => Ok(credentials),
                Err(StampFault::Invalid(fault)) => Err(fault.into()),
                Err(StampFault::Refused(refusal)) => Err(refusal.into()),
                Err(StampFault::Store(fault)) => Err(inner.stopped(&fault).into()),
            }
        })
    }

    fn status(&self) -> Pending<'_, UnitStatus> {
        Box::pin(async move { self.inner.status() })
    }

    fn voters(&self) -> Pending<'_, Result<VotersView, Unavailable>> {
        Box::pin(async move {
            let unit = self.unit();
            let here = || async { self.inner.voters_here() };
            let work = self.at_leader(here, Call::Voters, nobody());
            match self.inner.within(ASK_MILLIS, work).await {
                Some(Ok(Called::Voters(view))) => view,
                Some(Ok(_)) | None => Err(Unavailable::NoLeader { unit }),
                Some(Err(unavailable)) => Err(unavailable),
            }
        })
    }

    fn change_voters(&self, by: Principal, request: VoterRequest) -> Pending<'_, Result<VoterPlan, VotersFault>> {
        Box::pin(async move {
            let unit = self.unit();
            let here = || self.change_voters_here(&by, request);
            let work = self.at_leader(here, Call::ChangeVoters(request), by.clone());
            match self.inner.within(SUBMIT_MILLIS, work).await {
                Some(Ok(Called::VotersChanged(changed))) => changed,
                Some(Ok(_)) => Err(Unavailable::NoLeader { unit }.into()),
                Some(Err(unavailable)) => Err(unavailable.into()),
                None => Err(Unavailable::Deadline { unit, millis: SUBMIT_MILLIS }.into()),
            }
        })
    }

    fn changed(&self, case: Option<CaseId>) -> Pending<'_, ()> {
        Box::pin(async move {
            let changed = || {
                let row = case.map(|case| self.inner.look(|rows, _| rows.get::<Cases>(&case)));
                row.map(|row| row.ok().and_then(Result::ok).flatten().map(|row| row.changed))
            };
            let before = changed();
            loop {
                let wait = self.inner.waiting.wait();
                // Looked at again once the wait is set: nothing falls between the two.
                if case.is_some() && changed() != before {
                    return;
                }
                // The sender is gone when the loop has ended: nothing will change any more.
                let ended = wait.await.is_err();
                if ended || case.is_none() || changed() != before {
                    return;
                }
            }
        })
    }
}

impl<W: World> Host<W> {
    /// Does `here` if this node leads, else asks the leader with `call`.
    async fn at_leader<F: Future<Output = Result<Tried<Called>, Unavailable>>>(
        &self,
        here: impl Fn() -> F,
        call: Call,
        principal: Principal,
    ) -> Result<Called, Unavailable> {
        let inner = &self.inner;
        loop {
            let leader = inner.group.view().leader;
            let tried = match leader {
                Some(node) if node != inner.identity.node => inner.pass_on(node, &call, &principal).await?,
                _ => here().await?,
            };
            match tried {
                Tried::Done(called) => return Ok(called),
                Tried::Again(_) => inner.sleep(Duration::from_millis(RETRY_MILLIS)).await,
            }
        }
    }

    /// Serves a request that came over a link. A node of the unit is believed what it says of who asks; a program acts as itself.
    pub(crate) async fn serve_here(&self, program: Option<&str>, by: &Principal, call: Call) -> ClientReply {
        let called = match call {
            // Whether a password was right is the word of the unit's own nodes, and who is signed in their affair.
            Call::Submit(Request { act: Act::Account(_), .. }) if program.is_some() => {
                return ClientReply::Malformed { why: "programs with a certificate have no accounts".to_owned() };
            }
            Call::Ask(question) if program.is_some() && question.is_about_accounts() => {
                return ClientReply::Malformed { why: "programs with a certificate have no accounts".to_owned() };
            }
            Call::Submit(mut request) => {
                if let Some(program) = program {
                    let name = format!("program-{program}");
                    request.principal = Principal { kind: PrincipalKind::Staff, name };
                }
                match self.inner.submit_here(&request).await {
                    Ok(Tried::Done(called)) => called,
                    Ok(Tried::Again(hint)) => return ClientReply::NotLeader { hint },
                    Err(unavailable) => Called::Submitted(Err(unavailable.into())),
                }
            }
            Call::Ask(question) => Called::Asked(self.inner.ask_here(&question).await),
            // Who votes is the affair of the unit's own machines and of whoever may act at them.
            Call::Voters | Call::ChangeVoters(_) if program.is_some() => {
                return ClientReply::Malformed { why: "programs do not change who votes".to_owned() };
            }
            Call::Voters => match self.inner.voters_here() {
                Ok(Tried::Done(called)) => called,
                Ok(Tried::Again(hint)) => return ClientReply::NotLeader { hint },
                Err(unavailable) => Called::Voters(Err(unavailable)),
            },
            Call::ChangeVoters(request) => match self.change_voters_here(by, request).await {
                Ok(Tried::Done(called)) => called,
                Ok(Tried::Again(hint)) => return ClientReply::NotLeader { hint },
                Err(unavailable) => Called::VotersChanged(Err(unavailable.into())),
            },
        };
        match serde_json::to_vec(&called) {
            Ok(body) => ClientReply::Answer { body },
            Err(why) => ClientReply::Unknown { why: why.to_string() },
        }
    }
}

impl<W: World> Inner<W> {
    /// The work's result, or nothing after the deadline.
    pub(crate) async fn within<T>(&self, millis: u64, work: impl Future<Output = T>) -> Option<T> {
        let deadline = Box::pin(self.sleep(Duration::from_millis(millis)));
        match futures::future::select(Box::pin(work), deadline).await {
            futures::future::Either::Left((done, _)) => Some(done),
            futures::future::Either::Right(_) => None,
        }
    }

    async fn submit_here(&self, request: &Request) -> Result<Tried<Called>, Unavailable> {
        // Rows of a group that has stopped are nobody's word: they may lie in a folder that was refused.
        if self.group.view().role == consensus::Role::Stopped {
            self.barrier().await?;
        }
        for _ in 0..STAMPED_ANEW {
            // What an act names is looked up in rows that hold everything confirmed; a new application names nothing here.
            if !matches!(request.act, Act::Submit(_)) && self.barrier().await.is_err() {
                return Ok(Tried::Again(None));
            }
            // What a clerk confirms has to be in the log.
            if matches!(request.act, Act::ConfirmTime { .. })
                && let Err(fault) = self.log_doubt().await
            {
                return self.not_proposed(fault, request);
            }
            let stamped = self.look(|rows, tools| stamp(request, rows, tools)).map_err(|fault| self.stopped(&fault))?;
            let proposal = match stamped {
                Ok(proposal) => proposal,
                Err(StampFault::Store(fault)) => return Err(self.stopped(&fault)),
                Err(StampFault::Invalid(fault)) => return Ok(Tried::Done(Called::Submitted(Err(fault.into())))),
                Err(StampFault::Refused(refusal)) => return Ok(Tried::Done(Called::Submitted(Err(refusal.into())))),
            };
            if let Some(refusal) = self.not_held(&proposal.command).await {
                return Ok(Tried::Done(Called::Submitted(Err(refusal.into()))));
            }
            match self.propose(&proposal).await {
                Ok(Outcome { reply: Reply::Refused(Refusal::Changed), .. }) => {}
                Ok(outcome) => {
                    if let Ok(Done::TimeConfirmed { .. }) = outcome.reply.ruling() {
                        self.watched(|watch, _| watch.confirmed());
                    }
                    let refused = outcome.reply.ruling().err().cloned();
                    let submitted = refused.map_or(Ok(outcome), |refusal| Err(refusal.into()));
                    return Ok(Tried::Done(Called::Submitted(submitted)));
                }
                Err(fault) => return self.not_proposed(fault, request),
            }
        }
        Ok(Tried::Done(Called::Submitted(Err(Refusal::Changed.into()))))
    }

    /// Why a command may not rely on its files yet: they are not on a majority of the voters. What is there stays there: a blob that
    /// no case names is collected a day later at the earliest.
    async fn not_held(&self, command: &Command) -> Option<Refusal> {
        let blobs: Vec<_> = command.files().iter().map(|file| file.blob).collect();
        let first = *blobs.first()?;
        let refusal = Refusal::Files(FilesRefusal::NotHeld { blob: first });
        // A group that has stopped says so when the command is proposed.
        let groups = self.group.status().map(|group| group.members.voters).unwrap_or_default();
        let voters: BTreeSet<NodeId> = groups.iter().flatten().copied().collect();
        let holders = self.blobs.holders(voters, blobs).await;
        let is_majority = |group: &BTreeSet<NodeId>| group.intersection(&holders).count() * 2 > group.len();
        if groups.iter().all(is_majority) { None } else { Some(refusal) }
    }

    /// What follows from a proposal without an outcome.
    fn not_proposed(&self, fault: ProposeFault, request: &Request) -> Result<Tried<Called>, Unavailable> {
        match fault {
            ProposeFault::NotLeader { leader } => Ok(Tried::Again(Some(leader))),
            ProposeFault::NoLeader => Ok(Tried::Again(None)),
            ProposeFault::Stopped(stop) => {
                Err(Unavailable::Stopped { unit: self.identity.unit, why: stop.to_string() })
            }
            // Whether it was done is unknown. Under a key the same request may be put again; without one only people may.
            fault if fault.is_unknown() && request.idempotency_key.is_some() => Ok(Tried::Again(None)),
            fault => {
                tracing::warn!(unit = %self.identity.unit, %fault, "an act has no known outcome");
                Err(Unavailable::Deadline { unit: self.identity.unit, millis: SUBMIT_MILLIS })
            }
        }
    }

    async fn ask_here(&self, question: &Question) -> Result<Answer, AskFault> {
        self.barrier().await?;
        loop {
            let prepared = self.look(|rows, tools| unit::query::prepare(question, rows, tools));
            match prepared.map_err(|fault| AskFault::Unavailable(self.stopped(&fault)))?? {
                Prepared::Whole => break,
                Prepared::InPart => give_way().await,
            }
        }
        let answered = self.look(|rows, tools| unit::query::answer(question, rows, tools));
        answered.map_err(|fault| AskFault::Unavailable(self.stopped(&fault)))?
    }

    pub(crate) async fn barrier(&self) -> Result<(), Unavailable> {
        let unit = self.identity.unit;
        match self.group.read_barrier(Duration::from_millis(ASK_MILLIS)).await {
            Ok(_) => Ok(()),
            Err(ReadFault::NoLeader { .. }) => Err(Unavailable::NoLeader { unit }),
            Err(ReadFault::Deadline { millis }) => Err(Unavailable::Deadline { unit, millis }),
            Err(ReadFault::Stopped(stop)) => Err(Unavailable::Stopped { unit, why: stop.to_string() }),
        }
    }

    /// Asks another node of the unit, which is believed to lead.
    async fn pass_on(&self, node: NodeId, call: &Call, principal: &Principal) -> Result<Tried<Called>, Unavailable> {
        let unit = self.identity.unit;
        let broken = |why: String| Unavailable::Stopped { unit, why };
        let request = call.framed(principal.clone()).map_err(|why| broken(why.to_string()))?;
        let bytes = record::write(&request).map_err(|fault| broken(fault.to_string()))?;
        let Ok(bytes) = self.links.request(node, unit, Channel::Client, bytes, SUBMIT_MILLIS).await else {
            // Unknown: under its key the same act is put again, and answered as the first time.
            return match call {
                Call::Submit(request) if request.idempotency_key.is_none() => {
                    Err(Unavailable::Deadline { unit, millis: SUBMIT_MILLIS })
                }
                _ => Ok(Tried::Again(None)),
            };
        };
        match record::read(&bytes).map_err(|fault| broken(fault.to_string()))? {
            ClientReply::Answer { body } => {
                serde_json::from_slice(&body).map(Tried::Done).map_err(|why| broken(why.to_string()))
            }
            ClientReply::NotLeader { hint } => Ok(Tried::Again(hint)),
            ClientReply::Unknown { .. } => Err(Unavailable::Deadline { unit, millis: SUBMIT_MILLIS }),
            ClientReply::Malformed { why } => Err(broken(why)),
        }
    }

    pub(crate) fn stopped(&self, fault: &StoreFault) -> Unavailable {
        Unavailable::Stopped { unit: self.identity.unit, why: fault.to_string() }
    }

    fn status(&self) -> UnitStatus {
        let directory = self.directory();
        let listing = directory.unit(self.identity.unit);
        let group = self.group.status();
        let rows = self.look(|rows, _| self.row_status(rows));
        let RowStatus { meta, waiting, contradictions, disputes, books, certain_until } =
            rows.ok().and_then(Result::ok).unwrap_or_default();
        let leads = self.group.view().leads;
        let mirrors = meta.as_ref().filter(|_| leads).map(|meta| self.mirrors_at(meta.sequence)).unwrap_or_default();
        let hash = self.rows.snapshot().and_then(|snapshot| state_hash(&snapshot));
        UnitStatus {
            region: self.identity.region.clone(),
            unit: self.identity.unit,
            name: listing.map(|unit| unit.name.clone()).unwrap_or_default(),
            tier: listing.map_or(domain::division::Tier::Village, |unit| unit.tier),
            parent: listing.and_then(|unit| unit.parent),
            generation: self.identity.generation,
            node: self.identity.node,
            role: group.as_ref().map_or(NodeRole::Stopped, |group| node_role(group.role)),
            leader: group.as_ref().ok().and_then(|group| group.leader),
            voters: group.as_ref().map(|group| self.voters(group)).unwrap_or_default(),
            sequence: meta.as_ref().map(|meta| meta.sequence).unwrap_or_default(),
            now: meta.as_ref().map(|meta| meta.now).unwrap_or_default(),
            state_hash: hash.unwrap_or_default(),
            catalogue: meta.as_ref().and_then(|meta| meta.catalogue),
            mail: self.mail.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone(),
            waiting,
            contradictions,
            disputes,
            carried: self.carried.load(std::sync::atomic::Ordering::Relaxed),
            books,
            mirrors,
            mirroring: self.mirroring(),
            clock: self.clock_doubt().map(|doubt| doubt.why),
            certain_until,
            stopped: self.group.ended().map(|stop| stop.to_string()).or(group.err().map(|fault| fault.to_string())),
        }
    }

    fn row_status(&self, rows: &impl UnitRead) -> Result<RowStatus, StoreFault> {
        let first = Sequence(0);
        let evidence: Vec<(_, Contradiction)> = rows.scan::<Evidence>(first..=Sequence(u64::MAX), usize::MAX)?;
        let meta = rows.get::<Meta>(&())?;
        let waiting = self.waiting_cases(rows, meta.as_ref().map(|meta| meta.sequence))?;
        let books = meta.as_ref().map(|meta| unit::heads::status(rows, meta)).transpose()?.unwrap_or_default();
        let disputes =
            rows.scan::<Disputes>((UnitId::FIRST, UnitId::FIRST)..=(UnitId::LAST, UnitId::LAST), usize::MAX)?;
        let disputes =
            disputes.into_iter().map(|((peer, of), Dispute { what, at, .. })| DisputeStatus { peer, of, what, at });
        let certain_until = stretch::open(rows)?.map(|open| open.certain_until);
        let (contradictions, disputes) = (evidence.len() as u64, disputes.collect());
        Ok(RowStatus { meta, waiting, contradictions, disputes, books, certain_until })
    }

    /// Status is asked for every second: what no command has changed since is not counted again.
    fn waiting_cases(&self, rows: &impl UnitRead, at: Option<Sequence>) -> Result<Vec<(TaskKind, u64)>, StoreFault> {
        let mut counted = self.counted.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if at.is_none() || counted.0 != at {
            let (nil, max) = (CaseId(uuid::Uuid::nil()), CaseId(uuid::Uuid::max()));
            let count = |kind| Ok((kind, rows.keys::<Tasks>((kind, nil)..=(kind, max), MOST_COUNTED)?.len() as u64));
            let counts = TaskKind::ALL.into_iter().map(count).collect::<Result<Vec<_>, StoreFault>>()?;
            *counted = (at, counts.into_iter().filter(|(_, count)| *count > 0).collect());
        }
        Ok(counted.1.clone())
    }

    fn voters(&self, group: &consensus::Status) -> Vec<VoterStatus> {
        let voters = group.members.voters.iter().flatten().collect::<std::collections::BTreeSet<_>>();
        let behind = |node: NodeId| {
            let follower = group.followers.iter().find(|follower| follower.node == node);
            follower.map(|follower| follower.lag_entries)
        };
        voters.into_iter().map(|node| VoterStatus { node: *node, behind: behind(*node) }).collect()
    }
}

/// Lets whatever else waits for this thread run first.
async fn give_way() {
    let mut gave_way = false;
    std::future::poll_fn(|context| {
        if std::mem::replace(&mut gave_way, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// Who asks a question that anybody may ask.
fn nobody() -> Principal {
    Principal { kind: PrincipalKind::Public, name: String::new() }
}

/// What a unit's rows tell of how it is.
#[derive(Default)]
struct RowStatus {
    meta: Option<UnitMeta>,
    waiting: Vec<(TaskKind, u64)>,
    contradictions: u64,
    disputes: Vec<DisputeStatus>,
    books: BooksStatus,
    certain_until: Option<Timestamp>,
}

fn node_role(role: consensus::Role) -> NodeRole {
    match role {
        consensus::Role::Leader => NodeRole::Leader,
        consensus::Role::Follower => NodeRole::Follower,
        consensus::Role::Candidate => NodeRole::Candidate,
        consensus::Role::Learner => NodeRole::Learner,
        consensus::Role::Stopped => NodeRole::Stopped,
    }
}
