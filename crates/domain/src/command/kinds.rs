//! What a command is to those who list, count or look it up: its number, its name, its case.

use super::*;
use crate::files::CaseFile;
use crate::ids::CaseId;
use crate::mail::Mail;

impl Command {
    /// The kind's number, in audit rows.
    pub fn kind(&self) -> u16 {
        match self {
            Self::Found(_) => 1,
            Self::StoreChunk(_) => 2,
            Self::Publish(_) => 3,
            Self::Receive(_) => 4,
            Self::Offer(_) => 5,
            Self::Abort(_) => 6,
            Self::Prepare(_) => 7,
            Self::Decline(_) => 8,
            Self::Accept(_) => 9,
            Self::NotAccept(_) => 10,
            Self::Decide(_) => 11,
            Self::Close(_) => 12,
            Self::Deliver(_) => 13,
            Self::Withdraw(_) => 14,
            Self::MailArrived(_) => 15,
            Self::MailAcknowledged(_) => 16,
            Self::FireTimer(_) => 17,
            Self::ReceiveStated(_) => 18,
            Self::AcceptDeclared(_) => 19,
            Self::TellHead(_) => 20,
            Self::KeepDispute(_) => 21,
            Self::Recover(_) => 22,
            Self::DeclareLost(_) => 23,
            Self::AnswerFence(_) => 24,
            Self::JudgeInherited(_) => 25,
            Self::DoubtTime(_) => 26,
            Self::ConfirmTime(_) => 27,
            Self::TellGaps(_) => 28,
            Self::Supplement(_) => 29,
            Self::StopClock(_) => 30,
            Self::ProlongStop(_) => 31,
            Self::ResumeClock(_) => 32,
            Self::ExtendLimit(_) => 33,
            Self::AcceptWithDeficit(_) => 34,
            Self::Complete(_) => 35,
            Self::PassOn(_) => 36,
            Self::Rate(_) => 37,
            Self::Urge(_) => 38,
            Self::Complain(_) => 39,
            Self::CallBack(_) => 40,
            Self::Rectify(_) => 41,
            Self::ExcludeRating(_) => 42,
            Self::AnswerUrging(_) => 43,
            Self::JudgeComplaint(_) => 44,
            Self::HandleComplaint(_) => 45,
            Self::AnswerComplaint(_) => 46,
            Self::ReceiveAbout(_) => 47,
            Self::AcceptOnPromise(_) => 48,
            Self::CheckPromise(_) => 49,
            Self::RevokeLicence(_) => 50,
            Self::SendUp(_) => 51,
            Self::DoStep(_) => 52,
            Self::StepBack(_) => 53,
            Self::TellHearing(_) => 54,
            Self::AskHearing(_) => 55,
            Self::SetHearing(_) => 56,
            Self::HoldHearing(_) => 57,
            Self::ProposeVersion(_) => 58,
            Self::ReviewVersion(_) => 59,
            Self::WithdrawProposal(_) => 60,
            Self::PublishReviewed(_) => 61,
            Self::ReceiveFiled(_) => 62,
            Self::AttachFiles(_) => 63,
            Self::OpenAccounts(_) => 64,
            Self::SignIn(_) => 65,
            Self::TakeInvitation(_) => 66,
            Self::ChangeCredentials(_) => 67,
            Self::UseSession(_) => 68,
            Self::EndSessions(_) => 69,
            Self::ChangeAccount(_) => 70,
            Self::RecoverAccount(_) => 71,
            Self::GiveToken(_) => 72,
            Self::EndToken(_) => 73,
        }
    }

    /// The kind's name, for programs: as in `tongban unit log`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Found(_) => "found",
            Self::StoreChunk(_) => "store_chunk",
            Self::Publish(_) => "publish",
            Self::Receive(_) => "receive",
            Self::Offer(_) => "offer",
            Self::Abort(_) => "abort",
            Self::Prepare(_) => "prepare",
            Self::Decline(_) => "decline",
            Self::Accept(_) => "accept",
            Self::NotAccept(_) => "not_accept",
            Self::Decide(_) => "decide",
            Self::Close(_) => "close",
            Self::Deliver(_) => "deliver",
            Self::Withdraw(_) => "withdraw",
            Self::MailArrived(_) => "mail_arrived",
            Self::MailAcknowledged(_) => "mail_acknowledged",
            Self::FireTimer(_) => "fire_timer",
            Self::ReceiveStated(_) => "receive_stated",
            Self::AcceptDeclared(_) => "accept_declared",
            Self::TellHead(_) => "tell_head",
            Self::KeepDispute(_) => "keep_dispute",
            Self::Recover(_) => "recover",
            Self::DeclareLost(_) => "declare_lost",
            Self::AnswerFence(_) => "answer_fence",
            Self::JudgeInherited(_) => "judge_inherited",
            Self::DoubtTime(_) => "doubt_time",
            Self::ConfirmTime(_) => "confirm_time",
            Self::TellGaps(_) => "tell_gaps",
            Self::Supplement(_) => "supplement",
            Self::StopClock(_) => "stop_clock",
            Self::ProlongStop(_) => "prolong_stop",
            Self::ResumeClock(_) => "resume_clock",
            Self::ExtendLimit(_) => "extend_limit",
            Self::AcceptWithDeficit(_) => "accept_with_deficit",
            Self::Complete(_) => "complete",
            Self::PassOn(_) => "pass_on",
            Self::Rate(_) => "rate",
            Self::Urge(_) => "urge",
            Self::Complain(_) => "complain",
            Self::CallBack(_) => "call_back",
            Self::Rectify(_) => "rectify",
            Self::ExcludeRating(_) => "exclude_rating",
            Self::AnswerUrging(_) => "answer_urging",
            Self::JudgeComplaint(_) => "judge_complaint",
            Self::HandleComplaint(_) => "handle_complaint",
            Self::AnswerComplaint(_) => "answer_complaint",
            Self::ReceiveAbout(_) => "receive_about",
            Self::AcceptOnPromise(_) => "accept_on_promise",
            Self::CheckPromise(_) => "check_promise",
            Self::RevokeLicence(_) => "revoke_licence",
            Self::SendUp(_) => "send_up",
            Self::DoStep(_) => "do_step",
            Self::StepBack(_) => "step_back",
            Self::TellHearing(_) => "tell_hearing",
            Self::AskHearing(_) => "ask_hearing",
            Self::SetHearing(_) => "set_hearing",
            Self::HoldHearing(_) => "hold_hearing",
            Self::ProposeVersion(_) => "propose_version",
            Self::ReviewVersion(_) => "review_version",
            Self::WithdrawProposal(_) => "withdraw_proposal",
            Self::PublishReviewed(_) => "publish_reviewed",
            Self::ReceiveFiled(_) => "receive_filed",
            Self::AttachFiles(_) => "attach_files",
            Self::OpenAccounts(_) => "open_accounts",
            Self::SignIn(_) => "sign_in",
            Self::TakeInvitation(_) => "take_invitation",
            Self::ChangeCredentials(_) => "change_credentials",
            Self::UseSession(_) => "use_session",
            Self::EndSessions(_) => "end_sessions",
            Self::ChangeAccount(_) => "change_account",
            Self::RecoverAccount(_) => "recover_account",
            Self::GiveToken(_) => "give_token",
            Self::EndToken(_) => "end_token",
        }
    }

    /// The case that the command is about, where it names one.
    pub fn case(&self) -> Option<CaseId> {
        match self {
            Self::Offer(Offer { case, .. })
            | Self::Abort(Abort { case, .. })
            | Self::Prepare(Prepare { case, .. })
            | Self::Decline(Decline { case, .. })
            | Self::Accept(Accept { case, .. })
            | Self::AcceptDeclared(AcceptDeclared { accept: Accept { case, .. } })
            | Self::AcceptWithDeficit(AcceptWithDeficit { accept: Accept { case, .. }, .. })
            | Self::AcceptOnPromise(AcceptOnPromise { accept: Accept { case, .. }, .. })
            | Self::CheckPromise(CheckPromise { case, .. })
            | Self::RevokeLicence(RevokeLicence { case, .. })
            | Self::SendUp(SendUp { case, .. })
            | Self::DoStep(DoStep { case, .. })
            | Self::StepBack(StepBack { case, .. })
            | Self::TellHearing(TellHearing { case, .. })
            | Self::AskHearing(AskHearing { case, .. })
            | Self::SetHearing(SetHearing { case, .. })
            | Self::HoldHearing(HoldHearing { case, .. })
            | Self::Complete(Complete { case, .. })
            | Self::PassOn(PassOn { case, .. })
            | Self::NotAccept(NotAccept { case, .. })
            | Self::Decide(Decide { case, .. })
            | Self::Close(Close { case })
            | Self::Deliver(Deliver { case })
            | Self::Withdraw(Withdraw { case, .. })
            | Self::FireTimer(FireTimer { case, .. })
            | Self::TellGaps(TellGaps { case, .. })
            | Self::Supplement(Supplement { case, .. })
            | Self::StopClock(StopClock { case, .. })
            | Self::ProlongStop(ProlongStop { case, .. })
            | Self::ResumeClock(ResumeClock { case })
            | Self::ExtendLimit(ExtendLimit { case, .. })
            | Self::Rate(Rate { case, .. })
            | Self::Urge(Urge { case, .. })
            | Self::Complain(Complain { case, .. })
            | Self::CallBack(CallBack { case, .. })
            | Self::Rectify(Rectify { case, .. })
            | Self::ExcludeRating(ExcludeRating { case, .. })
            | Self::AnswerUrging(AnswerUrging { case, .. })
            | Self::JudgeComplaint(JudgeComplaint { case, .. })
            | Self::HandleComplaint(HandleComplaint { case, .. })
            | Self::AnswerComplaint(AnswerComplaint { case, .. })
            | Self::AttachFiles(AttachFiles { case, .. }) => Some(*case),
            Self::MailArrived(arrived) => match &arrived.mail {
                Mail::Move { case, .. }
                | Mail::News { case, .. }
                | Mail::Claim { case, .. }
                | Mail::Breach { case, .. } => Some(*case),
                Mail::Offer { content, .. } => Some(content.id),
                Mail::Concern(word) => Some(word.case()),
                Mail::Manifest(_) | Mail::Chunk { .. } | Mail::Head(_) | Mail::Fence | Mail::Answer(_) => None,
            },
            Self::Found(_)
            | Self::StoreChunk(_)
            | Self::Publish(_)
            | Self::ProposeVersion(_)
            | Self::ReviewVersion(_)
            | Self::WithdrawProposal(_)
            | Self::PublishReviewed(_)
            | Self::Receive(_)
            | Self::ReceiveStated(_)
            | Self::ReceiveAbout(_)
            | Self::ReceiveFiled(_)
            | Self::MailAcknowledged(_)
            | Self::TellHead(_)
            | Self::KeepDispute(_)
            | Self::Recover(_)
            | Self::DeclareLost(_)
            | Self::AnswerFence(_)
            | Self::JudgeInherited(_)
            | Self::DoubtTime(_)
            | Self::ConfirmTime(_)
            | Self::OpenAccounts(_)
            | Self::SignIn(_)
            | Self::TakeInvitation(_)
            | Self::ChangeCredentials(_)
            | Self::UseSession(_)
            | Self::EndSessions(_)
            | Self::ChangeAccount(_)
            | Self::RecoverAccount(_)
            | Self::GiveToken(_)
            | Self::EndToken(_) => None,
        }
    }

    /// The files that it relies on: they are on a majority of the voters before it is proposed.
    pub fn files(&self) -> &[CaseFile] {
        match self {
            Self::ReceiveFiled(filed) => &filed.files,
            Self::AttachFiles(AttachFiles { files, .. }) => files,
            _ => &[],
        }
    }

    /// Whether it only carries heads of audit trees to and fro. Such commands are no news themselves: two units that told each
    /// other of them would never be done.
    pub(super) fn is_about_heads(&self) -> bool {
        match self {
            Self::TellHead(_) | Self::MailAcknowledged(_) => true,
            Self::MailArrived(arrived) => matches!(arrived.mail, Mail::Head(_)),
            _ => false,
        }
    }
}
