//! Three replicas: nothing that was confirmed is lost, nothing takes effect twice, all come to the same state.

use std::collections::BTreeSet;

use domain::command::Reply;
use domain::ids::{Sequence, UnitId};
use futures::{StreamExt, stream};

use crate::support::{Cluster, Net, agreed, chunk, effect, leader, propose, replay, seen, unit};

const COMMANDS: u64 = 1000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_leader_stops_among_a_thousand_commands() {
    let cluster = Cluster::founded(3).await;
    let first = cluster.leader().await;
    let living: Vec<_> = cluster.groups.iter().filter(|group| group.node() != first.node()).cloned().collect();

    let mut effects = BTreeSet::new();
    let mut outcomes = stream::iter(1..=COMMANDS)
        .map(|number| {
            let groups = &cluster.groups;
            async move { propose(groups, &chunk(number)).await }
        })
        .buffer_unordered(64);
    while let Some(outcome) = outcomes.next().await {
        assert!(effects.insert(effect(&outcome)), "two commands took effect as one");
        if effects.len() == 300 {
            // As a crash: no hand-over, and proposals are under way.
            cluster.net.detach(first.node().0, unit());
            first.shutdown().await.unwrap();
        }
    }
    drop(outcomes);
    assert_eq!(effects.len() as u64, COMMANDS);

    let second = leader(&living).await;
    assert_ne!(second.node(), first.node());
    let hash = agreed(&living).await;
    for (group, log) in cluster.groups.iter().zip(&cluster.logs).filter(|(group, _)| group.node() != first.node()) {
        let (replayed, applied) = replay(log, group.rows());
        assert_eq!(replayed, hash, "the recorded log gives another state");
        let new = applied.iter().filter(|outcome| !matches!(outcome.reply, Reply::Repeated { .. }));
        let took_effect: BTreeSet<Sequence> =
            new.map(|outcome| outcome.sequence).filter(|s| *s != Sequence(1)).collect();
        assert_eq!(took_effect, effects, "confirmed is exactly what took effect");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_groups_share_nodes_and_links() {
    let net = Net::default();
    let units = [unit(), UnitId::new(370_811_002_000).unwrap(), UnitId::new(370_811_002_001).unwrap()];
    let mut clusters = vec![];
    for unit in units {
        clusters.push(Cluster::on(&net, unit, 3, |_| {}).await);
    }
    let one = async |(at, cluster): (usize, &Cluster)| {
        for number in 0..20 + at as u64 {
            propose(&cluster.groups, &chunk(number)).await;
        }
        (agreed(&cluster.groups).await, cluster.leader().await.status().unwrap())
    };
    let ends = futures::future::join_all(clusters.iter().enumerate().map(one)).await;
    let hashes: BTreeSet<_> = ends.iter().map(|(hash, _)| *hash).collect();
    assert_eq!(hashes.len(), units.len(), "each unit has its own state");
    for (_, status) in &ends {
        assert_eq!(status.followers.len(), 2);
        assert_eq!(status.members.nodes.len(), 3);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_member_joins_and_one_leaves() {
    use crate::support::{MemoryGroup, PATIENCE, config};
    use consensus::Member;
    use domain::ids::{Generation, NodeId};
    use protocol::memory::MemoryDisk;

    let cluster = Cluster::founded(3).await;
    let (log, rows) = MemoryDisk::automatic().group(unit(), Generation::FIRST);
    let fourth = MemoryGroup::start(config(unit(), 4), log, rows, cluster.net.links(4)).await.unwrap();
    cluster.net.attach(&fourth);

    let leading = cluster.leader().await;
    let leaving = cluster.follower().await.node();
    leading.add_learner(NodeId(4), Member { incarnation: Some([4; 16]) }, PATIENCE).await.unwrap();
    let voters: BTreeSet<_> = (1..=4).map(NodeId).filter(|node| *node != leaving).collect();
    leading.change_voters(voters.clone(), PATIENCE).await.unwrap();
    propose(&cluster.groups, &chunk(1)).await;

    agreed(&[leading, fourth.clone()]).await;
    seen(&fourth, |view| view.applied.is_some()).await;
    let members = fourth.status().unwrap().members;
    assert_eq!(members.voters, vec![voters]);
    assert_eq!(members.nodes[&NodeId(4)].incarnation, Some([4; 16]));
}
