//! Commands: what a unit's log holds. One command, one file: its data, its `apply`, its refusals in order of precedence, its
//! table test.
//!
//! A command carries everything that needs a clock, randomness, a rule engine or a key (protocol.md §1); `apply` only checks
//! and writes. Nothing is sent from here: mail and deadlines are rows.

mod abort;
mod accept;
mod accept_declared;
mod accept_on_promise;
mod accept_with_deficit;
mod accounts;
mod answer_complaint;
mod answer_fence;
mod answer_urging;
mod answers;
mod ask_hearing;
mod attach_files;
mod call_back;
mod check_promise;
mod claiming;
#[cfg(test)]
mod claims_stories;
mod close;
mod complain;
mod complete;
#[cfg(test)]
mod concern_sequences;
#[cfg(test)]
mod concern_stories;
mod concerning;
mod confirm_time;
mod context;
mod decide;
mod declare_lost;
mod decline;
mod deliver;
mod do_step;
mod doubt_time;
mod exclude_rating;
mod extend_limit;
mod fire_timer;
#[cfg(test)]
mod flow_stories;
mod found;
mod halt;
mod handle_complaint;
#[cfg(test)]
mod heads_stories;
mod hear;
mod hear_head;
#[cfg(test)]
mod hearing_stories;
mod hold_hearing;
mod install;
mod judge_complaint;
mod judge_inherited;
mod keep_dispute;
mod kinds;
#[cfg(test)]
mod licence_stories;
mod licensing;
mod mail_acknowledged;
mod mail_arrived;
mod not_accept;
mod offer;
mod outcome;
mod pass_on;
mod prepare;
mod prolong_stop;
mod propose_version;
mod publish;
mod publish_reviewed;
mod rate;
mod receive;
mod receive_about;
mod receive_filed;
mod receive_stated;
mod recover;
mod recovering;
#[cfg(test)]
mod recovery_stories;
mod rectify;
#[cfg(test)]
mod referral_stories;
mod resume_clock;
mod review_version;
mod revoke_licence;
mod send_up;
#[cfg(test)]
mod sequences;
mod set_hearing;
mod step_back;
mod stop_clock;
mod store_chunk;
#[cfg(test)]
mod stories;
mod supplement;
mod task;
mod tell_gaps;
mod tell_head;
mod tell_hearing;
mod urge;
#[cfg(test)]
mod version_stories;
mod versions;
mod withdraw;
mod withdraw_proposal;

pub use abort::Abort;
pub use accept::Accept;
pub use accept_declared::AcceptDeclared;
pub use accept_on_promise::AcceptOnPromise;
pub use accept_with_deficit::{AcceptWithDeficit, Deficit};
pub use accounts::{
    AccountChange, ChangeAccount, ChangeCredentials, CredentialChange, EndSessions, EndToken, Ending, GiveToken,
    NewAccount, OpenAccounts, RecoverAccount, RecoveryStep, SignIn, SignInProof, TakeInvitation, UseSession,
};
pub use answer_complaint::AnswerComplaint;
pub use answer_fence::{AnswerFence, Piece, answer_piece};
pub use answer_urging::AnswerUrging;
pub use ask_hearing::AskHearing;
pub use attach_files::AttachFiles;
pub use call_back::CallBack;
pub use check_promise::CheckPromise;
pub use claiming::claim_home;
pub use close::Close;
pub use complain::Complain;
pub use complete::Complete;
pub use confirm_time::ConfirmTime;
pub(crate) use context::Context;
pub use context::{blobs, chain, content_hash, gaps_due, lapse_due, may_hold, stream_start, waiting};
pub use decide::Decide;
pub use declare_lost::DeclareLost;
pub use decline::Decline;
pub use deliver::Deliver;
pub use do_step::DoStep;
pub use doubt_time::DoubtTime;
pub use exclude_rating::ExcludeRating;
pub use extend_limit::ExtendLimit;
pub use fire_timer::FireTimer;
pub use found::Found;
pub(crate) use halt::Halt;
pub use handle_complaint::HandleComplaint;
pub use hold_hearing::HoldHearing;
pub use judge_complaint::JudgeComplaint;
pub use judge_inherited::JudgeInherited;
pub use keep_dispute::KeepDispute;
pub use licensing::{issuer_of, licence_ends, licence_numbered, open_breach};
pub use mail_acknowledged::{Acknowledged, MailAcknowledged};
pub use mail_arrived::MailArrived;
pub use not_accept::NotAccept;
pub use offer::Offer;
pub use outcome::{Done, Outcome, Reply};
pub use pass_on::PassOn;
pub use prepare::Prepare;
pub use prolong_stop::ProlongStop;
pub use propose_version::ProposeVersion;
pub use publish::Publish;
pub use publish_reviewed::{PublishReviewed, approvals};
pub use rate::Rate;
pub use receive::Receive;
pub use receive_about::ReceiveAbout;
pub use receive_filed::{Filed, ReceiveFiled};
pub use receive_stated::ReceiveStated;
pub use recover::Recover;
pub use rectify::Rectify;
pub use resume_clock::ResumeClock;
pub use review_version::ReviewVersion;
pub use revoke_licence::RevokeLicence;
pub use send_up::SendUp;
pub use set_hearing::SetHearing;
pub use step_back::StepBack;
pub use stop_clock::StopClock;
pub use store_chunk::{StoreChunk, chunk_hash};
pub use supplement::Supplement;
pub use task::{TaskKind, TimerKind};
pub use tell_gaps::TellGaps;
pub use tell_head::{TellHead, Telling};
pub use tell_hearing::TellHearing;
pub use urge::Urge;
pub use withdraw::Withdraw;
pub use withdraw_proposal::WithdrawProposal;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::catalogue::installed;
use crate::digest::ContentHash;
use crate::first_form;
use crate::ids::Sequence;
use crate::principal::Principal;
use crate::refusal::Refusal;
use crate::store::{StoreFault, UnitStore};
use crate::tables::{Audit, AuditTree, AuditTrees, Audits, Meta};
use crate::time::Timestamp;

/// Everything that can be written in a unit's log. Kinds are numbered by their order here: only ever add at the end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Command {
    /// The log's first command: what the unit is.
    Found(Found),
    /// A piece of a catalogue is kept.
    StoreChunk(StoreChunk),
    /// The city publishes a catalogue version.
    Publish(Publish),
    /// 收件.
    Receive(Box<Receive>),
    /// Offer a case to another unit.
    Offer(Offer),
    /// Take an open offer back.
    Abort(Abort),
    /// Hold what was offered.
    Prepare(Prepare),
    /// Refuse what was offered.
    Decline(Decline),
    /// 受理.
    Accept(Accept),
    /// 不予受理.
    NotAccept(NotAccept),
    /// 决定.
    Decide(Decide),
    /// 办结.
    Close(Close),
    /// 送达.
    Deliver(Deliver),
    /// 撤回.
    Withdraw(Withdraw),
    /// A peer's mail, checked.
    MailArrived(Box<MailArrived>),
    /// A peer has our mail.
    MailAcknowledged(MailAcknowledged),
    /// A deadline has come.
    FireTimer(FireTimer),
    /// 收件, with what the applicant states for the claim.
    ReceiveStated(Box<ReceiveStated>),
    /// 受理, on the applicant's declaration.
    AcceptDeclared(AcceptDeclared),
    /// Neighbours are told the head of the audit tree.
    TellHead(Box<TellHead>),
    /// A neighbour's word that contradicts a stream of mail is kept.
    KeepDispute(Box<KeepDispute>),
    /// A new life of the unit begins, from its mirror.
    Recover(Box<Recover>),
    /// A peer that a round waits for is lost too.
    DeclareLost(DeclareLost),
    /// A piece of the answer to a peer's fence.
    AnswerFence(Box<AnswerFence>),
    /// Inherited cases and claims are judged, so many at a time.
    JudgeInherited(JudgeInherited),
    /// The leader's clock is in doubt.
    DoubtTime(DoubtTime),
    /// The time is certain again.
    ConfirmTime(ConfirmTime),
    /// 补正告知.
    TellGaps(TellGaps),
    /// 补正.
    Supplement(Supplement),
    /// 特别程序: the clock stands still.
    StopClock(StopClock),
    /// The procedure takes longer.
    ProlongStop(ProlongStop),
    /// The procedure is over.
    ResumeClock(ResumeClock),
    /// 延长.
    ExtendLimit(ExtendLimit),
    /// 容缺受理.
    AcceptWithDeficit(AcceptWithDeficit),
    /// 补齐.
    Complete(Complete),
    /// 移送.
    PassOn(PassOn),
    /// 好差评.
    Rate(Rate),
    /// 催办, 督办.
    Urge(Urge),
    /// 投诉.
    Complain(Complain),
    /// 回访.
    CallBack(CallBack),
    /// 整改.
    Rectify(Rectify),
    /// A malicious rating is excluded.
    ExcludeRating(ExcludeRating),
    /// An urging is answered.
    AnswerUrging(AnswerUrging),
    /// 投诉受理.
    JudgeComplaint(JudgeComplaint),
    /// A complaint is looked into.
    HandleComplaint(HandleComplaint),
    /// 投诉答复.
    AnswerComplaint(AnswerComplaint),
    /// 收件, of an application about a licence.
    ReceiveAbout(Box<ReceiveAbout>),
    /// 告知承诺.
    AcceptOnPromise(AcceptOnPromise),
    /// 核查.
    CheckPromise(CheckPromise),
    /// 撤销.
    RevokeLicence(RevokeLicence),
    /// 转报.
    SendUp(SendUp),
    /// A step of the flow.
    DoStep(DoStep),
    /// 退回.
    StepBack(StepBack),
    /// 告知听证权利.
    TellHearing(TellHearing),
    /// 申请听证.
    AskHearing(AskHearing),
    /// 听证通知.
    SetHearing(SetHearing),
    /// 听证笔录.
    HoldHearing(HoldHearing),
    /// A catalogue version is proposed.
    ProposeVersion(ProposeVersion),
    /// Another person approves a proposed version, or sends it back.
    ReviewVersion(ReviewVersion),
    /// Who proposed a version takes it back.
    WithdrawProposal(WithdrawProposal),
    /// The city publishes an approved version.
    PublishReviewed(PublishReviewed),
    /// 收件, with files of the materials.
    ReceiveFiled(Box<ReceiveFiled>),
    /// Files of materials, for a case that is here.
    AttachFiles(AttachFiles),
    /// Accounts are opened.
    OpenAccounts(OpenAccounts),
    /// Somebody signs in, or fails to.
    SignIn(SignIn),
    /// The owner of an account takes its invitation.
    TakeInvitation(TakeInvitation),
    /// Somebody changes a password or second factor of one's own.
    ChangeCredentials(ChangeCredentials),
    /// A session is in use.
    UseSession(UseSession),
    /// Sessions end.
    EndSessions(EndSessions),
    /// An account is locked, unlocked, closed, invited, or holds other posts.
    ChangeAccount(ChangeAccount),
    /// Two people recover another one's account.
    RecoverAccount(RecoverAccount),
    /// A program gets a token.
    GiveToken(GiveToken),
    /// A program's token ends.
    EndToken(EndToken),
}

/// What the leader adds to a command: when, for whom, under which policy and key, and new ids.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    /// The leader's clock.
    pub time: Timestamp,
    /// A uuid v7 for what the command makes.
    pub minted: Uuid,
    /// Who acts.
    pub principal: Principal,
    /// Hash of the policy that allowed it.
    pub policy: ContentHash,
    /// The requester's key, where the request had one.
    pub idempotency: Option<Idempotency>,
}

/// A requester's promise that equal keys mean the same request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Idempotency {
    /// As the requester gave it, 1–128 characters.
    pub key: String,
    /// Keyed digest of the request as it was asked, before anything was sealed.
    pub digest: ContentHash,
}

/// One entry of a unit's log: a command and its stamp.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposal {
    /// What is to be done.
    pub command: Command,
    /// What the leader added.
    pub stamp: Stamp,
}

first_form! {
    32: Proposal;
    33: Outcome;
}

/// What a command's own `apply` gives. A refusal comes before the first write.
pub(crate) type Ruling = Result<Done, Halt>;

/// Applies one log entry. All of the unit's state is a fold of this function over its log.
///
/// Mints the sequence, moves the unit's time, answers repeats, runs the command, writes its audit row and adds it to the tree.
///
/// # Errors
/// A [`StoreFault`] stops the group: the store failed, or a promise is broken. A refusal is no error.
pub fn apply(store: &mut impl UnitStore, command: &Command, stamp: &Stamp) -> Result<Outcome, StoreFault> {
    let before = store.get::<Meta>(&())?;
    let founding = matches!(command, Command::Found(_));
    let mut meta = match (before, command) {
        (Some(meta), _) => meta,
        (None, Command::Found(found)) => found.meta(),
        (None, _) => {
            let what = "the log does not begin with its founding".to_owned();
            return Err(StoreFault::Broken { promise: "I12", what });
        }
    };
    // A doubted clock's word is no time yet.
    if !matches!(command, Command::DoubtTime(_)) {
        meta.now = meta.now.max(stamp.time);
    }
    #[cfg(mutants)]
    {
        meta.now = crate::mutants::time_after(meta.now, stamp.time);
    }
    meta.sequence = meta.sequence.next();
    let sequence = meta.sequence;
    let mut context = Context::new(store, meta, stamp);

    let reply = match answers::remembered(&context)? {
        Some(reply) => reply,
        None => match run(&mut context, command, founding) {
            Ok(done) => Reply::Done(done),
            Err(Halt::Refused(refusal)) => Reply::Refused(refusal),
            Err(Halt::Fault(fault)) => return Err(fault),
        },
    };
    answers::remember(&mut context, &reply)?;
    audit(&mut context, command, &reply)?;
    let at = context.now();
    context.finish()?;
    Ok(Outcome { sequence, at, reply })
}

fn run(context: &mut Context<'_, impl UnitStore>, command: &Command, founding: bool) -> Ruling {
    if founding && context.meta.sequence != Sequence(1) {
        return Err(Refusal::Founding.into());
    }
    match command {
        Command::Found(_) => Ok(Done::Founded),
        Command::StoreChunk(command) => command.apply(context),
        Command::Publish(command) => command.apply(context),
        Command::Receive(command) => command.apply(context),
        Command::Offer(command) => command.apply(context),
        Command::Abort(command) => command.apply(context),
        Command::Prepare(command) => command.apply(context),
        Command::Decline(command) => command.apply(context),
        Command::Accept(command) => command.apply(context),
        Command::NotAccept(command) => command.apply(context),
        Command::Decide(command) => command.apply(context),
        Command::Close(command) => command.apply(context),
        Command::Deliver(command) => command.apply(context),
        Command::Withdraw(command) => command.apply(context),
        Command::MailArrived(command) => command.apply(context),
        Command::MailAcknowledged(command) => command.apply(context),
        Command::FireTimer(command) => command.apply(context),
        Command::ReceiveStated(command) => command.apply(context),
        Command::AcceptDeclared(command) => command.apply(context),
        Command::TellHead(command) => command.apply(context),
        Command::KeepDispute(command) => command.apply(context),
        Command::Recover(command) => command.apply(context),
        Command::DeclareLost(command) => command.apply(context),
        Command::AnswerFence(command) => command.apply(context),
        Command::JudgeInherited(command) => command.apply(context),
        Command::DoubtTime(command) => command.apply(context),
        Command::ConfirmTime(command) => command.apply(context),
        Command::TellGaps(command) => command.apply(context),
        Command::Supplement(command) => command.apply(context),
        Command::StopClock(command) => command.apply(context),
        Command::ProlongStop(command) => command.apply(context),
        Command::ResumeClock(command) => command.apply(context),
        Command::ExtendLimit(command) => command.apply(context),
        Command::AcceptWithDeficit(command) => command.apply(context),
        Command::Complete(command) => command.apply(context),
        Command::PassOn(command) => command.apply(context),
        Command::Rate(command) => command.apply(context),
        Command::Urge(command) => command.apply(context),
        Command::Complain(command) => command.apply(context),
        Command::CallBack(command) => command.apply(context),
        Command::Rectify(command) => command.apply(context),
        Command::ExcludeRating(command) => command.apply(context),
        Command::AnswerUrging(command) => command.apply(context),
        Command::JudgeComplaint(command) => command.apply(context),
        Command::HandleComplaint(command) => command.apply(context),
        Command::AnswerComplaint(command) => command.apply(context),
        Command::ReceiveAbout(command) => command.apply(context),
        Command::AcceptOnPromise(command) => command.apply(context),
        Command::CheckPromise(command) => command.apply(context),
        Command::RevokeLicence(command) => command.apply(context),
        Command::SendUp(command) => command.apply(context),
        Command::DoStep(command) => command.apply(context),
        Command::StepBack(command) => command.apply(context),
        Command::TellHearing(command) => command.apply(context),
        Command::AskHearing(command) => command.apply(context),
        Command::SetHearing(command) => command.apply(context),
        Command::HoldHearing(command) => command.apply(context),
        Command::ProposeVersion(command) => command.apply(context),
        Command::ReviewVersion(command) => command.apply(context),
        Command::WithdrawProposal(command) => command.apply(context),
        Command::PublishReviewed(command) => command.apply(context),
        Command::ReceiveFiled(command) => command.apply(context),
        Command::AttachFiles(command) => command.apply(context),
        Command::OpenAccounts(command) => command.apply(context),
        Command::SignIn(command) => command.apply(context),
        Command::TakeInvitation(command) => command.apply(context),
        Command::ChangeCredentials(command) => command.apply(context),
        Command::UseSession(command) => command.apply(context),
        Command::EndSessions(command) => command.apply(context),
        Command::ChangeAccount(command) => command.apply(context),
        Command::RecoverAccount(command) => command.apply(context),
        Command::GiveToken(command) => command.apply(context),
        Command::EndToken(command) => command.apply(context),
    }
}

fn audit(context: &mut Context<'_, impl UnitStore>, command: &Command, reply: &Reply) -> Result<(), StoreFault> {
    #[cfg(mutants)]
    if reply.ruling().is_err() && crate::mutants::is(crate::mutants::Mutant::RefusalUnaudited) {
        return Ok(());
    }
    let (case, number) = match reply.ruling() {
        Ok(Done::Received { case, number }) => (Some(*case), Some(*number)),
        _ => (command.case(), None),
    };
    let row = Audit {
        at: context.meta.now,
        principal: context.stamp.principal.clone(),
        policy: context.stamp.policy,
        catalogue: installed::in_force(&*context.store, &context.meta, context.meta.now.date())?,
        command: command.kind(),
        digest: ContentHash::of("command", command)?,
        case,
        number,
        refused: reply.ruling().err().map(|refusal| refusal.code().to_owned()),
    };
    context.store.put::<Audits>(&context.meta.sequence, &row)?;
    let tree = crate::audit::append(context.store, &context.meta)?;
    if tree.untold_since.is_none() && !command.is_about_heads() {
        let untold = AuditTree { untold_since: Some(context.meta.now), ..tree };
        context.store.put::<AuditTrees>(&context.meta.generation, &untold)?;
    }
    Ok(())
}
