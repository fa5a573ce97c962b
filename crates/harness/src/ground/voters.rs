//! Changes of a unit's voters on real nodes: a spare machine is started, and the change is asked for over HTTP and followed, as
//! `tongban unit` does.

use std::time::Duration;

use anyhow::Result;
use domain::codes;
use domain::ids::NodeId;
use serde_json::{Value, json};
use sim::ground::{NotDone, What};
use sim::scenario::VoterStep;
use tokio::time::{Instant, sleep};

use super::RealGround;
use super::faults::wait;

/// The operator gives up after so long.
const PATIENCE: Duration = Duration::from_secs(120);
/// Between two looks at how far a change is.
const LOOK: Duration = Duration::from_millis(250);

/// How a change ended: of which step, and whose machine is to be switched off then.
pub(super) type Changed = (usize, Option<NodeId>, Result<(), NotDone>);

impl RealGround {
    pub(super) fn change_voters(&mut self, step: usize, change: VoterStep) -> Result<()> {
        let one = |ground: &Self, choice| ground.chosen(choice).first().copied();
        let (node, starts) = (one(self, change.node()), change.starts().and_then(|choice| one(self, choice)));
        let Some(node) = node else { return Ok(()) };
        if let Some(spare) = starts.filter(|spare| !self.places[spare].in_service) {
            self.places.get_mut(&spare).expect("a node of the region").in_service = true;
            self.start_node(spare)?;
        }
        let (body, gone) = match change {
            VoterStep::Add(_) => (json!({ "change": "add", "node": node.0 }), None),
            VoterStep::Remove(_) => (json!({ "change": "remove", "node": node.0 }), Some(node)),
            VoterStep::Lead(_) => (json!({ "change": "lead", "node": node.0 }), None),
            VoterStep::Replace { .. } => {
                (json!({ "change": "replace", "node": node.0, "by": starts.map(|by| by.0) }), Some(node))
            }
        };
        let unit = self.places[&node].unit;
        let running = self.nodes_of(unit).into_iter().filter(|node| {
            let place = &self.places[node];
            place.runs && !place.stands_still && place.stopped.is_none() && Some(*node) != starts
        });
        let running: Vec<NodeId> = running.collect();
        let nodes = self.region.nodes.iter().filter(|node| running.contains(&NodeId(node.number)));
        let (urls, staff): (Vec<String>, Vec<String>) =
            nodes.map(|node| (node.url("/v1/voters"), node.staff())).unzip();
        let (told, staff) = (self.changes.clone(), staff.first().cloned().unwrap_or_default());
        self.changing += 1;
        tokio::spawn(async move {
            let operator = Operator { client: reqwest::Client::new(), urls, staff };
            let answer = operator.see_through(&body).await;
            // The run may be over.
            let _over = told.send((step, gone, answer));
        });
        Ok(())
    }

    pub(super) fn look_at_changes(&mut self) -> Result<()> {
        while let Ok((step, gone, answer)) = self.changed.try_recv() {
            self.busy = Instant::now();
            self.changing -= 1;
            if let Some(node) = gone.filter(|_| answer.is_ok()) {
                // A machine that votes no more is switched off for good.
                let place = self.places.get_mut(&node).expect("a node of the region");
                let (unit, ran) = (place.unit, place.runs);
                place.in_service = false;
                if ran {
                    self.node(node).map_or(Ok(()), crate::Node::kill)?;
                    self.has_ended(node);
                    self.tell(What::Down { node, unit });
                }
            }
            self.tell(What::VotersChanged { step, answer });
        }
        Ok(())
    }

    /// Starts a node on what its folder holds.
    pub(super) fn start_node(&mut self, node: NodeId) -> Result<()> {
        // What follows the folder has its files open: it lets go before anything is mounted.
        let emptied = self.emptied.remove(&node);
        self.logs.reopen(node, emptied);
        self.mount_again(node)?;
        let Some(started) = self.node(node) else { return Ok(()) };
        wait(started.start())?;
        let (url, staff) = (started.url("/v1/status"), started.staff());
        self.statuses.starts(node, url, staff);
        let place = self.places.get_mut(&node).expect("a node of the region");
        (place.runs, place.stopped, place.left_behind) = (true, None, false);
        Ok(())
    }
}

struct Operator {
    client: reqwest::Client,
    urls: Vec<String>,
    staff: String,
}

impl Operator {
    /// Asks, and asks again, until the change is done or refused.
    async fn see_through(&self, body: &Value) -> Result<(), NotDone> {
        let until = Instant::now() + PATIENCE;
        let mut begun: Option<Value> = None;
        while Instant::now() < until {
            match self.ask(Some(body)).await {
                Ok(plan) if plan["begun"] == false => return Ok(()),
                Ok(plan) => begun = Some(plan),
                Err(fault) if is_passing(&fault) => {}
                // A leader before this one did it.
                Err(_)
                    if begun.as_ref().is_some_and(|plan| plan["change"] != "remove") && self.stands(&begun).await =>
                {
                    return Ok(());
                }
                Err(fault) => return Err(fault),
            }
            while Instant::now() < until {
                sleep(LOOK).await;
                let Ok(voters) = self.ask(None).await else { continue };
                if same(&voters["under_way"], body) {
                    continue;
                }
                if same(&voters["last"], body) {
                    match voters["last"]["code"].as_str().and_then(codes::find) {
                        None => return Ok(()),
                        Some(row) if row.code == "voters.interrupted" => {}
                        Some(row) => {
                            let why = voters["last"]["why"].as_str().unwrap_or_default().to_owned();
                            return Err(NotDone::Refused { code: row.code, why });
                        }
                    }
                } else if self.stands(&begun).await {
                    return Ok(());
                }
                break;
            }
        }
        Err(NotDone::Unknown { code: "voters.interrupted", why: "not done in time".to_owned() })
    }

    /// Whether the unit's voters are what the change was to make of them.
    async fn stands(&self, begun: &Option<Value>) -> bool {
        let (Some(plan), Ok(voters)) = (begun, self.ask(None).await) else { return false };
        let members = voters["members"].as_array().into_iter().flatten();
        let voting: Vec<&Value> =
            members.filter(|member| member["votes"] == true).map(|member| &member["node"]).collect();
        let is_led = plan["change"] != "lead" || voters["leader"] == plan["node"];
        is_led
            && voters["leaving"].is_null()
            && plan["after"].as_array().is_some_and(|after| voting.into_iter().eq(after))
    }

    /// The first machine that answers.
    async fn ask(&self, body: Option<&Value>) -> Result<Value, NotDone> {
        let mut last = unknown("unit.no_leader", "no machine of the unit answers".to_owned());
        for url in &self.urls {
            let request = match body {
                Some(body) => self.client.post(url).json(body),
                None => self.client.get(url),
            };
            let sent = request.header("x-tongban-person", &self.staff).timeout(Duration::from_secs(15)).send().await;
            let Ok(response) = sent else { continue };
            let status = response.status();
            let Ok(told) = response.json::<Value>().await else { continue };
            if status.is_success() {
                return Ok(told);
            }
            let row = told["code"].as_str().and_then(codes::find);
            let (code, why) = (row.map_or("http.internal", |row| row.code), told.to_string());
            if !status.is_server_error() {
                return Err(NotDone::Refused { code, why });
            }
            last = unknown(code, why);
        }
        Err(last)
    }
}

fn unknown(code: &'static str, why: String) -> NotDone {
    NotDone::Unknown { code, why }
}

fn is_passing(fault: &NotDone) -> bool {
    matches!(fault, NotDone::Unknown { .. }) || fault.code() == "voters.under_way"
}

/// Whether a change that a node tells is the one that was asked for.
fn same(told: &Value, asked: &Value) -> bool {
    ["change", "node", "by"].iter().all(|key| told[key] == asked[key]) && !told.is_null()
}
