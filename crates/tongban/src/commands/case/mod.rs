//! `tongban case`: 办件, from the application to the result.
//!
//! A case's number begins with the unit that received it, and that unit knows where the case went: without --at, commands ask
//! there and go on to whoever holds it.

mod act;
mod cards;
mod concern;
mod files;
mod flow;
mod follow;
mod handle;
mod hearing;
mod licence;
mod list;
mod papers;
mod show;
mod submit;

use std::time::Duration;

use clap::{Args, Subcommand};
use domain::ids::CaseNumber;
use domain::text::Malformed;
use serde_json::Value;

use super::{Failure, Output, block_on, columns, fresh_key, print, print_json};
use crate::client::{Client, ClientFault, ListedUnit, Region, RegionFault, Where};
use crate::forms;
use crate::words;

/// 办件: hand in an application, follow it, accept, decide and deliver it.
#[derive(Debug, Args)]
pub(crate) struct Case {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// 收件: hand in an application at a unit, and get its receipt.
    Submit(submit::Submit),
    /// Where a case is, both clocks, what has happened, and why it goes where it goes.
    Show(show::Show),
    /// 文书: its receipts, notices and decisions.
    Papers(papers::Papers),
    /// 预警, 黄牌, 红牌: cards on the authority that has it, for staff.
    Cards(cards::Cards),
    /// Cases, newest first: of one unit, or of every unit of the region.
    List(list::List),
    /// 受理: accept a case; the authority's clock starts.
    Accept(act::Accept),
    /// 不予受理: do not accept a case, with reasons.
    NotAccept(act::NotAccept),
    /// 补正告知: tell the applicant all gaps, at once and once.
    Gaps(handle::Gaps),
    /// 补正: hand in what was missing.
    Supplement(handle::Supplement),
    /// 容缺受理: accept a case with listed materials to follow, at the applicant's signed request.
    AcceptWithDeficit(handle::AcceptWithDeficit),
    /// 电子材料: upload files of a material, and add them to a case.
    Attach(files::Attach),
    /// The files of a case: how many have arrived; --save writes them into a folder.
    Files(files::Files),
    /// 补齐: bring what was to follow.
    Complete(handle::Supplement),
    /// 移送: pass a case on to the authority that is competent.
    PassOn(handle::PassOn),
    /// 转报: send a reviewed case up to the organ above, with an opinion.
    SendUp(flow::SendUp),
    /// 承办, 审核, 批准, 现场核查: do a step that the matter lists between acceptance and decision.
    DoStep(flow::DoStep),
    /// 退回: send a case back to a step, which is done anew with all after it.
    StepBack(flow::StepBack),
    /// 告知听证权利: tell those concerned that they may ask for a hearing.
    TellHearing(hearing::Tell),
    /// 申请听证: ask for a hearing.
    AskHearing(hearing::Ask),
    /// 听证通知: tell when and where a hearing is held, and who chairs it.
    SetHearing(hearing::Set),
    /// 听证笔录: hand in the record of a hearing, as its chair.
    HoldHearing(hearing::Hold),
    /// 环节: the listed steps, and how far the case has got with them.
    Steps(flow::Show),
    /// 内部意见: what officials wrote to each other, for officers.
    Opinions(flow::Show),
    /// 告知承诺: accept a case on the applicant's written promise in place of proofs.
    AcceptOnPromise(licence::AcceptOnPromise),
    /// 核查: record whether what was promised is so.
    CheckPromise(licence::CheckPromise),
    /// 撤销: take back the licence that was issued in a case.
    Revoke(licence::Revoke),
    /// 证照: what the register of the issuer says of a licence.
    Licence(licence::Show),
    /// 特别程序: stop the clock for a procedure, for the time that the applicant is told.
    Stop(handle::Stop),
    /// Stop the clock for longer, by a second, reasoned notice.
    Prolong(handle::Prolong),
    /// The procedure is over before the time told: counting goes on.
    Resume(act::Plain),
    /// 延长: extend the limit of the decision, once.
    Extend(handle::Extend),
    /// 决定: grant or deny, once.
    Decide(act::Decide),
    /// 送达: hand the result over to the applicant.
    Deliver(act::Plain),
    /// 撤回: withdraw an application before its decision.
    Withdraw(act::Withdraw),
    /// Take an open offer to another unit back.
    TakeBack(act::Plain),
    /// 好差评: rate a finished step, once, as the person served.
    Rate(concern::Rate),
    /// 催办: ask for speed, as the applicant.
    Urge(concern::Urge),
    /// 督办: order a case to be finished by a day, as an inspector.
    Order(concern::Order),
    /// 投诉: complain about a case or a step.
    Complain(concern::Complain),
    /// 回访: tell what came of calling back who rated badly.
    CallBack(concern::CallBack),
    /// 整改: put right or explain what was rated badly.
    Rectify(concern::Rectify),
    /// A malicious rating counts no more.
    ExcludeRating(concern::Exclude),
    /// Answer an urging.
    AnswerUrging(concern::AnswerUrging),
    /// 投诉受理: accept a complaint, or not.
    JudgeComplaint(concern::Judge),
    /// Tell what was found and done about a complaint.
    HandleComplaint(concern::HandleComplaint),
    /// 投诉答复: answer a complaint.
    AnswerComplaint(concern::AnswerComplaint),
    /// What was said of a case, and what came of it.
    Concerns(concern::Concerns),
    /// What happens to a case, as it happens, until nothing more will.
    Follow(follow::Follow),
}

impl Case {
    pub(crate) fn run(self) -> Result<(), Failure> {
        match self.command {
            Command::Submit(submit) => block_on(submit.run()),
            Command::Show(show) => block_on(show.run()),
            Command::Papers(papers) => block_on(papers.run()),
            Command::Cards(cards) => block_on(cards.run()),
            Command::List(list) => block_on(list.run()),
            Command::Accept(act) => block_on(act.run()),
            Command::NotAccept(act) => block_on(act.run()),
            Command::Gaps(act) => block_on(act.run()),
            Command::Supplement(act) => block_on(act.run()),
            Command::Attach(act) => block_on(act.run()),
            Command::Files(files) => block_on(files.run()),
            Command::AcceptWithDeficit(act) => block_on(act.run()),
            Command::Complete(act) => block_on(act.complete()),
            Command::PassOn(act) => block_on(act.run()),
            Command::SendUp(act) => block_on(act.run()),
            Command::DoStep(act) => block_on(act.run()),
            Command::StepBack(act) => block_on(act.run()),
            Command::TellHearing(act) => block_on(act.run()),
            Command::AskHearing(act) => block_on(act.run()),
            Command::SetHearing(act) => block_on(act.run()),
            Command::HoldHearing(act) => block_on(act.run()),
            Command::Steps(show) => block_on(show.steps()),
            Command::Opinions(show) => block_on(show.opinions()),
            Command::AcceptOnPromise(act) => block_on(act.run()),
            Command::CheckPromise(act) => block_on(act.run()),
            Command::Revoke(act) => block_on(act.run()),
            Command::Licence(show) => block_on(show.run()),
            Command::Stop(act) => block_on(act.run()),
            Command::Prolong(act) => block_on(act.run()),
            Command::Resume(act) => block_on(act.run("resume", act::OFFICER)),
            Command::Extend(act) => block_on(act.run()),
            Command::Decide(act) => block_on(act.run()),
            Command::Deliver(act) => block_on(act.run("deliver", act::COUNTER)),
            Command::Withdraw(act) => block_on(act.run()),
            Command::TakeBack(act) => block_on(act.run("take-back", act::COUNTER)),
            Command::Rate(act) => block_on(act.run()),
            Command::Urge(act) => block_on(act.run()),
            Command::Order(act) => block_on(act.run()),
            Command::Complain(act) => block_on(act.run()),
            Command::CallBack(act) => block_on(act.run()),
            Command::Rectify(act) => block_on(act.run()),
            Command::ExcludeRating(act) => block_on(act.run()),
            Command::AnswerUrging(act) => block_on(act.run()),
            Command::JudgeComplaint(act) => block_on(act.run()),
            Command::HandleComplaint(act) => block_on(act.run()),
            Command::AnswerComplaint(act) => block_on(act.run()),
            Command::Concerns(act) => block_on(act.run()),
            Command::Follow(follow) => block_on(follow.run()),
        }
    }
}

/// Which case, and as whom.
#[derive(Debug, Args)]
struct Named {
    /// The number on the receipt, e.g. 370811002001-260202-A-00001-7; or the internal name, with --at.
    case: String,
    #[command(flatten)]
    place: Where,
    /// The demo person who acts; who is signed in there, or somebody of the unit who may, where left out.
    #[arg(long = "as", value_name = "PERSON")]
    person: Option<String>,
}

/// Everybody who holds the number may look.
const READERS: &[&str] = &["applicant", "officer", "window", "agent"];
/// How long a case that is on its way is waited for before an act is tried all the same.
const ON_ITS_WAY: Duration = Duration::from_secs(10);
const BETWEEN_LOOKS: Duration = Duration::from_millis(300);

impl Named {
    /// The unit that holds the case, and the case as it knows it.
    async fn holder(&self) -> Result<(Client, Value), Failure> {
        let mut client = self.place.client(|region| self.receiver(region))?;
        let mut view = self.look(&mut client).await?;
        if self.place.at.is_some() {
            return Ok((client, view));
        }
        // A case takes few steps; a unit that it left may know of one less than was taken.
        const STEPS: usize = 4;
        let region = Region::read(&self.place.dir)?;
        for _ in 0..STEPS {
            let case: forms::Case = serde_json::from_value(view.clone()).map_err(Failure::failed)?;
            if case.holder.code == case.unit.code {
                break;
            }
            let Some(listed) = case.holder.code.parse().ok().and_then(|unit| region.of(unit)) else { break };
            let mut next = listed.client()?;
            match self.look(&mut next).await {
                Ok(seen) => (client, view) = (next, seen),
                // What the unit before knows is still told: a cut unit is no reason to know nothing.
                Err(ClientFault::Unreachable { .. }) => {
                    eprintln!("{} cannot be reached; this is what {} knows", case.holder.name, case.unit.name);
                    break;
                }
                Err(fault) => return Err(fault.into()),
            }
        }
        Ok((client, view))
    }

    /// Who accepted the case, wherever it is by now, as somebody in one of these roles.
    async fn authority(&self, roles: &[&str]) -> Result<Client, Failure> {
        let (mut client, view) = self.holder().await?;
        let accepted = view["acceptance"]["unit"]["code"].as_str().and_then(|code| code.parse().ok());
        if let (Some(unit), None) = (accepted, &self.place.at) {
            let region = Region::read(&self.place.dir)?;
            client = region.of(unit).map(ListedUnit::client).transpose()?.unwrap_or(client);
        }
        client.act_as(match &self.person {
            Some(person) => Some(person.clone()),
            None => client.someone(roles).await?,
        });
        Ok(client)
    }

    /// The same for an act, as somebody in one of these roles: a case that units are moving just now is waited for.
    async fn actor(&self, roles: &[&str]) -> Result<Client, Failure> {
        let mut left = ON_ITS_WAY;
        let (mut client, case) = loop {
            let (client, view) = self.holder().await?;
            let case: forms::Case = serde_json::from_value(view).map_err(Failure::failed)?;
            if !case.is_moving() || left.is_zero() {
                break (client, case);
            }
            if left == ON_ITS_WAY {
                eprintln!("the case is on its way; waiting for it");
            }
            tokio::time::sleep(BETWEEN_LOOKS).await;
            left = left.saturating_sub(BETWEEN_LOOKS);
        };
        let person = match &self.person {
            Some(person) => Some(person.clone()),
            None => client.someone(roles).await?,
        };
        if person.is_none() && !client.is_signed_in() {
            let stage = case.stage.as_deref().map_or("unknown", words::stage);
            return Err(Failure::failed(format!(
                "nobody at {} may do that [auth.role]\n  what     the case is there: {stage}\n  remedy   it takes one of: {}; name a \
                 person with --as",
                words::unit(&case.unit),
                roles.join(", ")
            )));
        }
        client.act_as(person);
        Ok(client)
    }

    /// With --at the person is asked as; on the way to the holder nobody is known everywhere but applicants.
    async fn look(&self, client: &mut Client) -> Result<Value, ClientFault> {
        client.act_as(match (&self.person, &self.place.at) {
            (Some(person), Some(_)) => Some(person.clone()),
            _ => client.someone(READERS).await?,
        });
        client.get(&["cases", &self.case], &[]).await
    }

    fn receiver<'a>(&self, region: &'a Region) -> Result<&'a crate::client::ListedUnit, RegionFault> {
        if self.case.parse::<uuid::Uuid>().is_ok() {
            return Err(RegionFault::Needed { why: "an internal name does not tell where the case is" });
        }
        let number: CaseNumber = self.case.parse().map_err(|fault: Malformed| RegionFault::Case {
            text: self.case.chars().take(60).collect(),
            expected: fault.expected,
        })?;
        region.find(&number.unit().to_string())
    }
}

/// Tells that an act is put again, and under which key.
fn again(key: &str) -> impl FnMut(&ClientFault) + '_ {
    move |fault| {
        let code = fault.code().map(|code| format!(" [{code}]")).unwrap_or_default();
        eprintln!("no answer yet{code}; asking again under the same key {key}");
    }
}
