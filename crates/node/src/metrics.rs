//! The node in numbers, in the OpenMetrics text form: what an operator's alarms hang on. Made anew from the unit's status each time
//! that it is asked for.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::{ConstGauge, Gauge};
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;
use transport::{Counters, Refusal};
use unit::{NodeRole, UnitStatus};

type Level = Gauge<i64, std::sync::atomic::AtomicI64>;
type Total = prometheus_client::metrics::counter::Counter<u64, AtomicU64>;

/// What is counted elsewhere and only read here.
#[derive(Clone)]
pub(crate) struct Sources {
    pub(crate) store: store::Store,
    pub(crate) links: Arc<Counters>,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct RoleLabel {
    role: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct PeerLabel {
    peer: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct VoterLabel {
    voter: u64,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct TaskLabel {
    task: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct ReasonLabel {
    reason: &'static str,
}

/// The text for `/metrics`. `raft` is term, last index and applied index of the group here.
pub(crate) fn text(status: &UnitStatus, raft: Option<&consensus::Status>, sources: &Sources) -> String {
    let own = [("unit".into(), status.unit.to_string().into()), ("node".into(), status.node.to_string().into())];
    let mut registry = Registry::with_prefix_and_labels("tongban", own.into_iter());
    let build = Info::new([
        ("version".to_owned(), env!("CARGO_PKG_VERSION").to_owned()),
        ("tier".to_owned(), status.tier.as_str().to_owned()),
    ]);
    registry.register("build", "Release and tier", build);
    raft_numbers(&mut registry, status, raft);
    unit_numbers(&mut registry, status);
    link_numbers(&mut registry, &sources.links);
    let syncs = ConstCounter::new(sources.store.syncs());
    registry.register("store_syncs", "Syncs of the disk; appends per sync tell how many share one", syncs);
    let failed = ConstGauge::new(i64::from(sources.store.fault().is_some()));
    registry.register("store_failed", "1 once the disk has failed", failed);
    let mut text = String::new();
    match encode(&mut text, &registry) {
        Ok(()) => text,
        // Writing into a text does not fail.
        Err(_) => String::new(),
    }
}

fn raft_numbers(registry: &mut Registry, status: &UnitStatus, raft: Option<&consensus::Status>) {
    let roles = Family::<RoleLabel, Level>::default();
    const ROLES: [(NodeRole, &str); 5] = [
        (NodeRole::Leader, "leader"),
        (NodeRole::Follower, "follower"),
        (NodeRole::Candidate, "candidate"),
        (NodeRole::Learner, "learner"),
        (NodeRole::Stopped, "stopped"),
    ];
    for (role, name) in ROLES {
        roles.get_or_create(&RoleLabel { role: name }).set(i64::from(status.role == role));
    }
    registry.register("raft_role", "1 for what the node is to its group", roles);
    let leader = ConstGauge::new(status.leader.map_or(0, |leader| number(leader.0)));
    registry.register("raft_leader", "Number of the node that leads; 0 while none is known", leader);
    if let Some(raft) = raft {
        registry.register("raft_term", "The group's term", ConstGauge::new(number(raft.term)));
        let last = ConstGauge::new(raft.last_index.map_or(0, number));
        registry.register("raft_last_index", "The last log entry here", last);
        let applied = ConstGauge::new(raft.applied.map_or(0, |position| number(position.index)));
        registry.register("raft_applied_index", "The last log entry that is in the rows here", applied);
    }
    let behind = Family::<VoterLabel, Level>::default();
    for voter in &status.voters {
        if let Some(entries) = voter.behind {
            behind.get_or_create(&VoterLabel { voter: voter.node.0 }).set(number(entries));
        }
    }
    registry.register("raft_behind_entries", "Entries that a voter lacks, as the leader knows", behind);
}

fn unit_numbers(registry: &mut Registry, status: &UnitStatus) {
    registry.register("sequence", "Number of the unit's last command here", ConstGauge::new(number(status.sequence.0)));
    let version = ConstGauge::new(status.catalogue.map_or(0, |pin| number(pin.number)));
    registry.register("catalogue_version", "The newest installed version; 0 before the first", version);
    let waiting = Family::<TaskLabel, Level>::default();
    for (task, count) in &status.waiting {
        let name = serde_json::to_value(task).ok().and_then(|name| Some(name.as_str()?.to_owned()));
        waiting.get_or_create(&TaskLabel { task: name.unwrap_or_default() }).set(number(*count));
    }
    registry.register("cases_waiting", "Cases by what they wait for here", waiting);
    let backlog = Family::<PeerLabel, Level>::default();
    let oldest = Family::<PeerLabel, Level>::default();
    for mail in &status.mail {
        let label = PeerLabel { peer: mail.peer.to_string() };
        backlog.get_or_create(&label).set(number(mail.backlog));
        let age = mail.oldest.map_or(0, |oldest| (status.now.0 - oldest.0).max(0) / 1000);
        oldest.get_or_create(&label).set(age);
    }
    let relayed = status.mail.iter().filter(|mail| mail.through.is_some()).count();
    let relayed = ConstGauge::new(number(relayed as u64));
    registry.register("mail_relayed_peers", "Peers that are reached through a relay at the moment", relayed);
    let stopped = status.mail.iter().filter(|mail| mail.stopped).count();
    let stopped = ConstGauge::new(number(stopped as u64));
    registry.register("mail_streams_stopped", "Peers to whom nothing is sent because of a contradiction", stopped);
    registry.register("mail_carried", "Requests carried between other units", ConstCounter::new(status.carried));
    let disputes = ConstGauge::new(number(status.disputes.len() as u64));
    registry.register("mail_disputes", "Words of peers that contradict a stream: more than none is an alarm", disputes);
    registry.register("mail_backlog", "Mail written and not yet in the peer's log", backlog);
    registry.register("mail_oldest_seconds", "Age of the oldest of it", oldest);
    let contradictions = ConstGauge::new(number(status.contradictions));
    registry.register(
        "mail_contradictions",
        "Peers' mail kept as evidence: more than none is an alarm",
        contradictions,
    );
    let forks = ConstGauge::new(number(status.books.forks.len() as u64));
    registry.register(
        "audit_forks",
        "Logs with two histories, of this unit or a neighbour: more than none is an alarm",
        forks,
    );
    let behind = Family::<VoterLabel, Level>::default();
    let behind_for = Family::<VoterLabel, Level>::default();
    for mirror in &status.mirrors {
        behind.get_or_create(&VoterLabel { voter: mirror.node.0 }).set(number(mirror.behind));
        behind_for.get_or_create(&VoterLabel { voter: mirror.node.0 }).set(number(mirror.behind_millis));
    }
    registry.register("mirror_behind_commands", "Commands that a mirror lacks, by the node that keeps it", behind);
    registry.register("mirror_behind_milliseconds", "For how long it has lacked some", behind_for);
    let stopped = status.mirroring.iter().filter(|kept| kept.stopped.is_some()).count();
    let stopped = ConstGauge::new(number(stopped as u64));
    registry.register(
        "mirrors_stopped",
        "Mirrors of units below that go on no more: more than none is an alarm",
        stopped,
    );
    let trusted = ConstGauge::new(i64::from(status.clock.is_none()));
    registry.register("clock_trusted", "1 while the machine's clock agrees with its witnesses", trusted);
    let stopped = ConstGauge::new(i64::from(status.stopped.is_some()));
    registry.register("group_stopped", "1 once the group has stopped here", stopped);
}

fn link_numbers(registry: &mut Registry, links: &Counters) {
    let mut count = |name: &str, help: &str, value: u64| registry.register(name, help, ConstCounter::new(value));
    count("links_dialed", "Connections that this node dialed", links.connections_dialed());
    count("links_accepted", "Connections of others that were let in", links.connections_accepted());
    count("links_dials_failed", "Dials that failed", links.dials_failed());
    count("links_frames_sent", "Requests and answers sent", links.frames_sent());
    count("links_frames_received", "Requests and answers received", links.frames_received());
    count("links_sent_bytes", "Bytes of frames sent", links.bytes_sent());
    count("links_received_bytes", "Bytes of frames received", links.bytes_received());
    let refused = Family::<ReasonLabel, Total>::default();
    for reason in Refusal::ALL {
        refused.get_or_create(&ReasonLabel { reason: reason.as_str() }).inc_by(links.refused(reason));
    }
    registry.register("links_refused", "Peers refused, by reason", refused);
}

fn number(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
