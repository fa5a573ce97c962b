//! `tongban status`: every unit of the region on one page, each asked at all of its nodes at once.

use clap::Args;
use futures::future::join_all;
use serde_json::{Value, json};

use super::{Failure, Output, block_on, columns, print, print_json};
use crate::client::{Client, ClientFault, ListedUnit, Region, Where};
use crate::forms;
use crate::words;

/// The region at a glance: who leads, who lags, what waits.
///
/// Reads what each unit says of itself. A unit that does not answer is shown so: it may be cut off from here and work on.
#[derive(Debug, Args)]
pub(crate) struct Status {
    #[command(flatten)]
    place: Where,
    /// In which form.
    #[arg(short, long, value_enum, default_value_t)]
    output: Output,
}

/// What the nodes of one unit said.
struct Seen {
    unit: ListedUnit,
    /// In the order of the unit's addresses.
    answers: Vec<Result<Value, ClientFault>>,
}

impl Status {
    pub(crate) fn run(self) -> Result<(), Failure> {
        block_on(async {
            if self.place.at.is_some() {
                let client = self.place.client(Region::top)?;
                let value = client.get(&["status"], &[]).await?;
                return self.print(value.clone(), || {
                    let status = serde_json::from_value(value.clone()).map_err(Failure::failed)?;
                    Ok(one(&status))
                });
            }
            let region = Region::read(&self.place.dir)?;
            let seen = join_all(region.units.iter().cloned().map(look)).await;
            let all = json!({ "region": region.name, "units": seen.iter().map(Seen::json).collect::<Vec<_>>() });
            self.print(all, || Ok(tree(&region.name, &seen)))
        })
    }

    fn print(&self, value: Value, text: impl FnOnce() -> Result<String, Failure>) -> Result<(), Failure> {
        match self.output {
            Output::Json => print_json(&value),
            Output::Text => print(text()?),
        }
        Ok(())
    }
}

async fn look(unit: ListedUnit) -> Seen {
    let ask = |url: reqwest::Url| {
        let code = unit.unit;
        async move { Client::new(vec![url], Some(code))?.get(&["status"], &[]).await }
    };
    let answers = join_all(unit.urls.clone().into_iter().map(ask)).await;
    Seen { unit, answers }
}

impl Seen {
    /// What its nodes answered, in the order of its addresses.
    fn statuses(&self) -> Vec<forms::Status> {
        self.answers.iter().flatten().filter_map(|value| serde_json::from_value(value.clone()).ok()).collect()
    }

    /// The leader's answer where there is one, for only it knows how far the others are; else any.
    fn best(&self) -> Option<forms::Status> {
        let mut known = self.statuses();
        known.sort_by_key(|status| (status.role != "leader", std::cmp::Reverse(status.sequence)));
        known.into_iter().next()
    }

    fn json(&self) -> Value {
        let nodes = self.unit.urls.iter().zip(&self.answers).map(|(url, answer)| match answer {
            Ok(status) => json!({ "url": url.as_str(), "status": status }),
            Err(fault) => json!({ "url": url.as_str(), "unreachable": fault.to_string() }),
        });
        json!({
            "unit": self.unit.unit.to_string(),
            "name": self.unit.name,
            "tier": self.unit.tier.as_str(),
            "nodes": nodes.collect::<Vec<_>>(),
        })
    }
}

fn tree(region: &str, seen: &[Seen]) -> String {
    let mut table = columns([
        "unit",
        "code",
        "leader",
        "nodes",
        "behind",
        "sequence",
        "catalogue",
        "mail waiting",
        "cases waiting",
    ]);
    let mut remarks = Vec::new();
    for (unit, depth) in ordered(seen) {
        let name = format!("{}{}", "  ".repeat(depth), unit.unit.name);
        let code = unit.unit.unit.grouped();
        let up = unit.answers.iter().filter(|answer| answer.is_ok()).count();
        let nodes = format!("{up} of {}", unit.answers.len());
        let Some(status) = unit.best() else {
            table.add_row([&name, &code, "unreachable", &nodes, "?", "?", "?", "?", "?"]);
            continue;
        };
        let leader = status.leader.map_or_else(|| "none".to_owned(), |node| format!("node {node}"));
        let most = status.voters.iter().filter_map(|voter| voter.behind).max();
        let behind = match (status.voters.len(), most) {
            (1, _) => "–".to_owned(),
            (_, Some(entries)) => entries.to_string(),
            (_, None) => "?".to_owned(),
        };
        let catalogue = status.catalogue.as_ref().map_or_else(|| "none".to_owned(), |pin| pin.number.to_string());
        let sequence = status.sequence.to_string();
        let row = [name, code, leader, nodes, behind, sequence, catalogue, backlog(&status), cases(&status)];
        table.add_row(row);
        remarks.extend(alarms(&status));
        // What the best answer cannot tell: that another node of the unit has stopped.
        let others = unit.statuses().into_iter().filter(|other| other.node != status.node);
        remarks.extend(others.filter_map(|other| stopped(&other)));
    }
    let mut text = format!("Region {region}: {} units\n{table}", seen.len());
    for remark in remarks {
        text += "\n! ";
        text += &remark;
    }
    text
}

/// From the top down, each unit behind the one that it lies under, with its depth.
fn ordered(seen: &[Seen]) -> Vec<(&Seen, usize)> {
    let above = |unit: &Seen| {
        let mut above = crate::client::divisions().ancestors(unit.unit.unit);
        above.find_map(|place| seen.iter().position(|other| other.unit.unit == place.unit))
    };
    let parents: Vec<Option<usize>> = seen.iter().map(above).collect();
    let mut order = Vec::new();
    let mut open: Vec<(usize, usize)> =
        (0..seen.len()).rev().filter(|at| parents[*at].is_none()).map(|at| (at, 0)).collect();
    while let Some((at, depth)) = open.pop() {
        order.push((&seen[at], depth));
        open.extend((0..seen.len()).rev().filter(|child| parents[*child] == Some(at)).map(|child| (child, depth + 1)));
    }
    order
}

fn backlog(status: &forms::Status) -> String {
    let waiting = status.mail.iter().filter(|mail| mail.backlog > 0);
    let line = |mail: &forms::Mail| {
        let through = mail.through.as_ref().map(|relay| format!(" through {}", relay.name)).unwrap_or_default();
        format!("{} for {}{through}", mail.backlog, mail.peer.name)
    };
    let lines: Vec<String> = waiting.map(line).collect();
    if lines.is_empty() { "–".to_owned() } else { lines.join("\n") }
}

fn cases(status: &forms::Status) -> String {
    let line = |count: &forms::Waiting| {
        let or_more = if count.cases >= unit::MOST_COUNTED as u64 { " or more" } else { "" };
        format!("{}{or_more} for {}", count.cases, words::waiting(&count.waiting))
    };
    let lines: Vec<String> = status.waiting.iter().map(line).collect();
    if lines.is_empty() { "–".to_owned() } else { lines.join("\n") }
}

/// That a node has stopped its group, and why.
fn stopped(status: &forms::Status) -> Option<String> {
    let why = status.stopped.as_ref()?;
    Some(format!("{}: node {} has stopped its group: {why}", status.unit.name, status.node))
}

/// What needs an operator's eye.
fn alarms(status: &forms::Status) -> Vec<String> {
    let name = &status.unit.name;
    let mut alarms: Vec<String> = stopped(status).into_iter().collect();
    if let Some(why) = &status.clock {
        alarms.push(format!("{name}: the clock of node {} is not to be trusted: {why}", status.node));
    }
    if let Some(until) = &status.certain_until {
        let until = words::moment(until);
        alarms.push(format!(
            "{name}: its time is uncertain since {until}: nothing begins or ends a legal period until a witness agrees or a clerk says what \
             another clock shows (tongban time confirm)"
        ));
    }
    if status.contradictions > 0 {
        alarms.push(format!(
            "{name}: {} mails of peers contradict what was known and are kept as evidence",
            status.contradictions
        ));
    }
    for dispute in &status.disputes {
        let (peer, of, at) = (&dispute.peer.name, words::unit(&dispute.of), words::moment(&dispute.at));
        alarms.push(format!(
            "{name}: {peer} contradicts the mail between the two, the log of {of} is in doubt since {at}: {}",
            dispute.what
        ));
    }
    for fork in &status.books.forks {
        let (of, at) = (words::unit(&fork.of), words::moment(&fork.at));
        alarms.push(format!("{name}: the books of {of} have two histories, seen {at}: {} [audit.forked]", fork.what));
    }
    for mail in status.mail.iter().filter(|mail| mail.backlog > 0) {
        if let Some(why) = &mail.last_fault {
            let since = mail.oldest.as_deref().map(|at| format!(" since {}", words::moment(at))).unwrap_or_default();
            alarms.push(format!("{name}: mail for {} waits{since}: {why}", mail.peer.name));
        }
    }
    alarms
}

/// How far the books are told, and who signed under them.
fn books(books: &forms::Books) -> String {
    let Some(told) = books.told else { return "  books not told to any neighbour yet".to_owned() };
    let signed = books.witnesses.iter().map(|witness| format!("{} up to row {}", witness.unit.name, witness.up_to));
    let signed: Vec<String> = signed.collect();
    let signed = if signed.is_empty() { "nobody yet".to_owned() } else { signed.join(", ") };
    format!("  books told up to row {told}; signed by: {signed}")
}

/// One unit, with all that its node tells.
fn one(status: &forms::Status) -> String {
    let parent = status.parent.as_ref().map_or_else(|| "nothing: it is the top".to_owned(), words::unit);
    let leader = status.leader.map_or_else(|| "none is known".to_owned(), |node| format!("node {node}"));
    let voters = status.voters.iter().map(|voter| match voter.behind {
        Some(behind) => format!("node {} ({behind} behind)", voter.node),
        None => format!("node {}", voter.node),
    });
    let mut lines = vec![
        format!("{}, {}, under {parent}", words::unit(&status.unit), status.tier),
        format!(
            "  node {} is {}; leader: {leader}; voters: {}",
            status.node,
            status.role,
            voters.collect::<Vec<_>>().join(", ")
        ),
        format!("  generation {}, sequence {}", status.generation, status.sequence),
        match &status.catalogue {
            Some(pin) => format!("  catalogue version {}", pin.number),
            None => "  no catalogue yet".to_owned(),
        },
        books(&status.books),
        format!("  mail waiting: {}", backlog(status).replace('\n', ", ")),
        format!("  cases waiting: {}", cases(status).replace('\n', ", ")),
    ];
    lines.extend(alarms(status).into_iter().map(|alarm| format!("! {alarm}")));
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use domain::division::Tier;

    use super::*;

    fn listed(code: &str, name: &str, tier: Tier) -> ListedUnit {
        let urls = vec!["http://127.0.0.1:1/".parse().unwrap()];
        ListedUnit { unit: code.parse().unwrap(), name: name.into(), tier, urls, people: vec![] }
    }

    #[test]
    fn the_tree_shows_who_is_reachable_and_what_waits() {
        let status = json!({
            "region": "jining", "unit": {"code": "370811002001", "name": "航运新村居委会"}, "tier": "village",
            "parent": {"code": "370811002000", "name": "x"}, "generation": 1, "node": 9, "role": "leader", "leader": 9,
            "voters": [{"node": 9, "behind": null}], "sequence": 42, "now": "2026-02-02T09:15:00.000+08:00",
            "state_hash": "00", "catalogue": {"number": 2, "manifest": "ab"},
            "mail": [{"peer": {"code": "370811000000", "name": "任城区"}, "backlog": 3,
                      "oldest": "2026-02-02T09:00:00.000+08:00", "last_fault": "node 4 cannot be reached"}],
            "waiting": [{"waiting": "await_answer", "cases": 3}], "contradictions": 0, "clock": null, "stopped": null,
        });
        let gone = || Err(ClientFault::NoAddress);
        let seen = [
            Seen { unit: listed("370800", "济宁市", Tier::City), answers: vec![gone()] },
            Seen { unit: listed("370811", "任城区", Tier::County), answers: vec![gone()] },
            Seen { unit: listed("370812", "兖州区", Tier::County), answers: vec![gone()] },
            Seen {
                unit: listed("370811002001", "航运新村居委会", Tier::Village), answers: vec![Ok(status.clone())]
            },
        ];
        let text = tree("jining", &seen);
        let lines: Vec<&str> = text.lines().filter(|line| line.contains("37081") || line.contains("370800")).collect();
        let names: Vec<&str> = lines.iter().map(|line| line.split_whitespace().next().unwrap()).collect();
        // A village without a township lies right under its county.
        assert_eq!(names, ["济宁市", "任城区", "航运新村居委会", "兖州区"], "{text}");
        assert!(
            lines[2].find('航') > lines[1].find('任')
                && lines[0].contains("unreachable")
                && lines[0].contains("0 of 1"),
            "{text}"
        );
        assert!(lines[2].contains("node 9") && lines[2].contains("3 for 任城区"), "{text}");
        assert!(lines[2].contains("3 for the authority's answer"), "{text}");
        let mut doubted = status.clone();
        doubted["certain_until"] = json!("2026-02-02T09:14:00.000+08:00");
        let told = one(&serde_json::from_value(doubted).unwrap());
        assert!(told.contains("uncertain since 2026-02-02 09:14:00") && told.contains("time confirm"), "{told}");
        let forked = |books: Value| {
            let mut status = status.clone();
            status["books"] = books;
            one(&serde_json::from_value(status).unwrap())
        };
        let witness = json!({"unit": {"code": "370811000000", "name": "任城区"}, "up_to": 40, "at": "2026-02-02T09:00:00.000+08:00"});
        let told = forked(json!({"told": 42, "witnesses": [witness], "forks": []}));
        assert!(told.contains("books told up to row 42; signed by: 任城区 up to row 40"), "{told}");
        let fork = json!({"of": {"code": "370811000000", "name": "任城区"}, "what": "both sides", "at": "2026-02-02T09:00:00.000+08:00"});
        let told = forked(json!({"told": null, "witnesses": [], "forks": [fork]}));
        assert!(told.contains("books not told to any neighbour yet"), "{told}");
        assert!(told.contains("have two histories, seen 2026-02-02 09:00:00: both sides [audit.forked]"), "{told}");
        let alarm = "! 航运新村居委会: mail for 任城区 waits since 2026-02-02 09:00:00: node 4 cannot be reached";
        assert_eq!(text.lines().last(), Some(alarm));
    }
}
