//! `tongban unit show | add-voter | remove-voter | replace | transfer`: who votes in a running unit. A change is shown first, as what it
//! comes to; then it is asked for, and followed until it is done.

use std::io::{BufRead, IsTerminal, Write};
use std::time::Duration;

use clap::Args;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Failure, Output, block_on, columns, fresh_key, print, print_json};
use crate::client::{Client, ClientFault, Region, Where};

/// Between two looks at how far a change is.
const LOOK: Duration = Duration::from_millis(500);
/// So often nobody may know of the change any more, or nobody answer, before it counts as interrupted: elections take their time.
const LOST_LOOKS: u32 = 40;

#[derive(Debug, Args)]
pub(super) struct Show {
    #[command(flatten)]
    place: Where,
    /// In which form.
    #[arg(short, long, value_enum, default_value_t)]
    output: Output,
}

#[derive(Debug, Args)]
pub(super) struct AddVoter {
    /// The node's number in the region's directory (`tongban region add-node`).
    node: u64,
    /// The node has to catch up within so many seconds, or is taken out again.
    #[arg(long, value_name = "SECONDS")]
    within: Option<u64>,
    #[command(flatten)]
    how: How,
}

#[derive(Debug, Args)]
pub(super) struct RemoveVoter {
    /// The node's number.
    node: u64,
    #[command(flatten)]
    how: How,
}

#[derive(Debug, Args)]
pub(super) struct Replace {
    /// The number of the voter that goes, mostly a dead one.
    node: u64,
    /// The number of the new node: never an old one.
    #[arg(long, value_name = "NODE")]
    by: u64,
    /// The new node has to catch up within so many seconds, or is taken out again.
    #[arg(long, value_name = "SECONDS")]
    within: Option<u64>,
    #[command(flatten)]
    how: How,
}

#[derive(Debug, Args)]
pub(super) struct Transfer {
    /// The number of the voter that shall lead.
    node: u64,
    #[command(flatten)]
    how: How,
}

#[derive(Debug, Args)]
struct How {
    #[command(flatten)]
    place: Where,
    /// Only show what would be done.
    #[arg(long, conflicts_with = "yes")]
    plan: bool,
    /// Do not ask.
    #[arg(long)]
    yes: bool,
    /// Who asks: a demo person; the first of the unit's staff where left out.
    #[arg(long = "as", value_name = "PERSON")]
    person: Option<String>,
    /// In which form.
    #[arg(short, long, value_enum, default_value_t)]
    output: Output,
}

/// Who votes, as a node tells it.
#[derive(Debug, Deserialize)]
struct Voters {
    leader: u64,
    members: Vec<Member>,
    leaving: Option<Vec<u64>>,
    listed: Vec<u64>,
    directory: u64,
    under_way: Option<UnderWay>,
    last: Option<Ended>,
}

#[derive(Debug, Deserialize)]
struct Member {
    node: u64,
    votes: bool,
    answers: bool,
    behind: u64,
}

#[derive(Debug, PartialEq, Eq, Deserialize)]
struct Change {
    change: String,
    node: u64,
    by: Option<u64>,
}

#[derive(Debug, Deserialize)]
struct Step {
    step: String,
    node: Option<u64>,
}

#[derive(Debug, Deserialize)]
struct UnderWay {
    #[serde(flatten)]
    change: Change,
    doing: Step,
}

#[derive(Debug, Deserialize)]
struct Ended {
    #[serde(flatten)]
    change: Change,
    code: Option<String>,
    why: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Plan {
    #[serde(flatten)]
    change: Change,
    before: Vec<u64>,
    after: Vec<u64>,
    majority_before: usize,
    majority_after: usize,
    answering: Vec<u64>,
    steps: Vec<Step>,
}

impl Show {
    pub(super) fn run(self) -> Result<(), Failure> {
        block_on(async {
            let client = self.place.client(Region::top)?;
            let told = client.get(&["voters"], &[]).await?;
            match self.output {
                Output::Json => print_json(&told),
                Output::Text => print(read::<Voters>(&told)?.text()),
            }
            Ok(())
        })
    }
}

impl AddVoter {
    pub(super) fn run(self) -> Result<(), Failure> {
        self.how.change(json!({ "change": "add", "node": self.node }), self.within)
    }
}

impl RemoveVoter {
    pub(super) fn run(self) -> Result<(), Failure> {
        self.how.change(json!({ "change": "remove", "node": self.node }), None)
    }
}

impl Replace {
    pub(super) fn run(self) -> Result<(), Failure> {
        self.how.change(json!({ "change": "replace", "node": self.node, "by": self.by }), self.within)
    }
}

impl Transfer {
    pub(super) fn run(self) -> Result<(), Failure> {
        self.how.change(json!({ "change": "lead", "node": self.node }), None)
    }
}

impl How {
    fn change(self, mut body: Value, within: Option<u64>) -> Result<(), Failure> {
        if let Some(seconds) = within {
            body["within_seconds"] = seconds.into();
        }
        block_on(async {
            let mut client = self.place.client(Region::top)?;
            let person = match &self.person {
                Some(person) => Some(person.clone()),
                None => client.someone(&["agent", "window", "officer"]).await?,
            };
            client.act_as(person);
            let mut asked = body.clone();
            asked["plan"] = true.into();
            let told = client.post(&["voters"], Some(&asked), &fresh_key()?, |_| {}).await?.value;
            let plan: Plan = read(&told)?;
            if self.output == Output::Text {
                let voters: Voters = read(&client.get(&["voters"], &[]).await?)?;
                print(plan.text(&voters));
            }
            if self.plan || plan.steps.is_empty() {
                if self.output == Output::Json {
                    print_json(&json!({ "plan": told, "done": plan.steps.is_empty() }));
                }
                return Ok(());
            }
            if !self.yes && !agreed()? {
                return Err(Failure::refused("nothing was changed 未作变更"));
            }
            client.post(&["voters"], Some(&body), &fresh_key()?, |_| {}).await?;
            self.follow(&client, &plan).await?;
            match self.output {
                Output::Json => print_json(&json!({ "plan": told, "done": true })),
                Output::Text => print(plan.done()),
            }
            Ok(())
        })
    }

    /// Until the change is done. Progress goes to standard error where the answer is for programs.
    async fn follow(&self, client: &Client, plan: &Plan) -> Result<(), Failure> {
        let (mut told, mut lost) = (String::new(), 0);
        loop {
            tokio::time::sleep(LOOK).await;
            let voters: Voters = match client.get(&["voters"], &[]).await {
                Ok(value) => read(&value)?,
                Err(fault) if fault.is_passing() && lost < LOST_LOOKS => {
                    lost += 1;
                    continue;
                }
                Err(fault) => return Err(fault.into()),
            };
            if let Some(under_way) = voters.under_way.as_ref().filter(|under_way| under_way.change == plan.change) {
                lost = 0;
                let line = under_way.doing.text(&voters);
                if line != told {
                    match self.output {
                        Output::Text => print(format_args!("… {line}")),
                        Output::Json => eprintln!("… {line}"),
                    }
                    told = line;
                }
                continue;
            }
            if let Some(ended) = voters.last.as_ref().filter(|ended| ended.change == plan.change) {
                return ended.told();
            }
            // Another node leads by now: what stands in the log is what was done.
            if plan.is_done(&voters) {
                return Ok(());
            }
            lost += 1;
            if lost >= LOST_LOOKS {
                let why =
                    format!("node {} leads, and knows of no change; voters {}", voters.leader, list(&voters.voting()));
                return Err(told_code("voters.interrupted", &why));
            }
        }
    }
}

fn read<T: serde::de::DeserializeOwned>(value: &Value) -> Result<T, Failure> {
    let fault = |why: serde_json::Error| ClientFault::Form { url: "/v1/voters".to_owned(), why: why.to_string() };
    Ok(serde_json::from_value(value.clone()).map_err(fault)?)
}

/// Whether the person at the terminal says yes.
pub(super) fn agreed() -> Result<bool, Failure> {
    let mut input = std::io::stdin().lock();
    if !std::io::stdin().is_terminal() {
        return Err(Failure::refused(
            "error: nobody is there to be asked\n  remedy   say --yes to go on, or --plan to look only",
        ));
    }
    eprint!("Go on? 是否继续? [y/N] ");
    std::io::stderr().flush().map_err(Failure::failed)?;
    let mut line = String::new();
    input.read_line(&mut line).map_err(Failure::failed)?;
    Ok(matches!(line.trim(), "y" | "Y" | "yes" | "是"))
}

fn told_code(code: &str, why: &str) -> Failure {
    let row = domain::codes::find(code);
    let (title, remedy) = row.map_or(("", ""), |row| (row.title.en, row.remedy.en));
    let zh = row.map_or("", |row| row.title.zh);
    Failure { text: format!("error[{code}]: {title} {zh}\n  what     {why}\n  remedy   {remedy}"), exit: 1 }
}

fn list(nodes: &[u64]) -> String {
    nodes.iter().map(u64::to_string).collect::<Vec<_>>().join(", ")
}

impl Ended {
    fn told(&self) -> Result<(), Failure> {
        match &self.code {
            None => Ok(()),
            Some(code) => Err(told_code(code, self.why.as_deref().unwrap_or_default())),
        }
    }
}

impl Step {
    fn text(&self, voters: &Voters) -> String {
        let node = self.node.map(|node| node.to_string()).unwrap_or_default();
        let behind = self.node.and_then(|node| voters.members.iter().find(|member| member.node == node));
        match self.step.as_str() {
            "hand_over" => format!("node {node} takes the lead 移交主节点"),
            "catch_up" => match behind {
                Some(Member { behind, .. }) => {
                    format!(
                        "node {node} follows without a vote until it has what the leader has 追赶进度: {behind} behind"
                    )
                }
                None => format!("node {node} follows without a vote until it has what the leader has 追赶进度"),
            },
            "change_voters" => "the voters change, by a majority of both sets 变更投票成员".to_owned(),
            "take_out" => format!("node {node} is taken out 撤出"),
            other => other.to_owned(),
        }
    }
}

impl Voters {
    fn voting(&self) -> Vec<u64> {
        self.members.iter().filter(|member| member.votes).map(|member| member.node).collect()
    }

    fn table(&self, joining: Option<u64>) -> String {
        let mut table = columns(["NODE 节点", "IS 角色", "ANSWERS 答复", "BEHIND 落后"]);
        for member in &self.members {
            let is = match (member.votes, member.node == self.leader) {
                (_, true) => "leader 主节点",
                (true, false) => "voter 投票",
                (false, false) => "learner 学习",
            };
            let answers = if member.answers { "yes 是" } else { "no 否" };
            table.add_row([member.node.to_string(), is.into(), answers.into(), member.behind.to_string()]);
        }
        if let Some(node) = joining.filter(|node| self.members.iter().all(|member| member.node != *node)) {
            table.add_row([node.to_string(), "new 新增".into(), String::new(), String::new()]);
        }
        table.to_string()
    }

    fn text(&self) -> String {
        let mut text = self.table(None);
        let voting = self.voting();
        let silent = self.members.iter().filter(|member| member.votes && !member.answers).count();
        let majority = voting.len() / 2 + 1;
        text += &format!(
            "\n\n{} voters, a majority is {majority}, {silent} silent; directory {}",
            voting.len(),
            self.directory
        );
        if let Some(leaving) = &self.leaving {
            text += &format!("\n! a change is half done: {} still have to agree too 变更进行到一半", list(leaving));
        }
        if let Some(UnderWay { doing, .. }) = &self.under_way {
            text += &format!("\n… {}", doing.text(self));
        }
        let others: Vec<u64> =
            self.listed.iter().copied().filter(|node| self.members.iter().all(|m| m.node != *node)).collect();
        if !others.is_empty() {
            text += &format!("\nlisted and no member 名录所列而非成员: {}", list(&others));
        }
        text
    }
}

impl Plan {
    fn what(&self) -> String {
        let Change { change, node, by } = &self.change;
        match (change.as_str(), by) {
            ("replace", Some(by)) => format!("node {by} takes the place of node {node} 替换"),
            ("add", _) => format!("node {node} becomes a voter 增加投票成员"),
            ("remove", _) => format!("node {node} leaves 移除"),
            _ => format!("node {node} leads 移交主节点"),
        }
    }

    fn text(&self, voters: &Voters) -> String {
        let joining = self.after.iter().copied().find(|node| !self.before.contains(node));
        let mut text = format!("{}\n\n{}\n\n", self.what(), voters.table(joining));
        let mut table = columns(["", "BEFORE 变更前", "AFTER 变更后"]);
        table.add_row(["voters 投票成员".to_owned(), list(&self.before), list(&self.after)]);
        let majority = |of: &[u64], needed| format!("{needed} of {}", of.len());
        table.add_row([
            "majority 多数".to_owned(),
            majority(&self.before, self.majority_before),
            majority(&self.after, self.majority_after),
        ]);
        table.add_row(["answer 能答复".to_owned(), String::new(), list(&self.answering)]);
        text += &table.to_string();
        for (at, step) in self.steps.iter().enumerate() {
            text += &format!("\n{}. {}", at + 1, step.text(voters));
        }
        if self.steps.is_empty() {
            text += "\nIt is so already: nothing is to be done 无需变更";
        } else if self.answering.len() == self.majority_after {
            text += "\n! Afterwards no voter may fail 变更后不能再失去任何成员";
        }
        text
    }

    /// Whether it stands so, whoever leads.
    fn is_done(&self, voters: &Voters) -> bool {
        let is_led = self.change.change != "lead" || voters.leader == self.change.node;
        let is_out = self.change.change != "remove" || voters.members.iter().all(|m| m.node != self.change.node);
        voters.leaving.is_none() && voters.voting() == self.after && is_led && is_out
    }

    fn done(&self) -> String {
        let mut text = format!("done 已完成: {}; voters {}", self.what(), list(&self.after));
        if self.before != self.after {
            text += "\nLet the region's authority list them: tongban region set-voters UNIT --region DIR --voters ";
            text += &self.after.iter().map(u64::to_string).collect::<Vec<_>>().join(",");
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn voters(members: &[(u64, bool, bool)], leader: u64) -> Voters {
        let member = |(node, votes, answers): &(u64, bool, bool)| Member {
            node: *node,
            votes: *votes,
            answers: *answers,
            behind: 4,
        };
        Voters {
            leader,
            members: members.iter().map(member).collect(),
            leaving: None,
            listed: vec![1, 2, 3, 9],
            directory: 2,
            under_way: None,
            last: None,
        }
    }

    fn plan() -> Plan {
        serde_json::from_value(json!({
            "change": "replace", "node": 3, "by": 9, "before": [1, 2, 3], "after": [1, 2, 9], "majority_before": 2,
            "majority_after": 2, "answering": [1, 2, 9], "steps": [{"step": "catch_up", "node": 9}, {"step": "change_voters"}],
        }))
        .unwrap()
    }

    #[test]
    fn a_plan_tells_who_votes_before_and_after_and_who_answers() {
        let before = voters(&[(1, true, true), (2, true, true), (3, true, false)], 1);
        let text = plan().text(&before);
        for part in [
            "node 9 takes the place of node 3",
            "1, 2, 3",
            "1, 2, 9",
            "2 of 3",
            "no 否",
            "new 新增",
            "1. node 9 follows",
        ] {
            assert!(text.contains(part), "{part} is not in\n{text}");
        }
        assert!(before.text().contains("listed and no member 名录所列而非成员: 9"), "{}", before.text());
    }

    #[test]
    fn what_stands_tells_whether_it_is_done() {
        let plan = plan();
        assert!(!plan.is_done(&voters(&[(1, true, true), (2, true, true), (3, true, false), (9, false, true)], 2)));
        assert!(plan.is_done(&voters(&[(1, true, true), (2, true, true), (9, true, true)], 2)));
        let half =
            Voters { leaving: Some(vec![1, 2, 3]), ..voters(&[(1, true, true), (2, true, true), (9, true, true)], 2) };
        assert!(!plan.is_done(&half));
        let ended = Ended {
            change: Change { change: "add".into(), node: 9, by: None },
            code: Some("voters.behind".into()),
            why: Some("node 9 was 40 log entries behind".into()),
        };
        let failure = ended.told().unwrap_err();
        assert!(
            failure.text.contains("[voters.behind]") && failure.text.contains("remedy   Look at its log"),
            "{}",
            failure.text
        );
    }
}
