//! Members that come and go: who does not catch up leaves no trace, half a change is finished by the next leader, and who stops hands
//! over to one that answers.

use std::collections::BTreeSet;
use std::time::Duration;

use consensus::{LeadFault, Member};
use domain::ids::{Generation, NodeId};
use protocol::memory::MemoryDisk;

use crate::support::{Cluster, MemoryGroup, PATIENCE, agreed, chunk, config, leader, propose, seen, unit, within};

async fn new(cluster: &Cluster, node: u64) -> MemoryGroup {
    let (log, rows) = MemoryDisk::automatic().group(unit(), Generation::FIRST);
    let group = MemoryGroup::start(config(unit(), node), log, rows, cluster.net.links(node)).await.unwrap();
    cluster.net.attach(&group);
    group
}

fn nodes(numbers: impl IntoIterator<Item = u64>) -> BTreeSet<NodeId> {
    numbers.into_iter().map(NodeId).collect()
}

async fn until(what: &str, holds: impl Fn() -> bool) {
    within(async {
        while !holds() {
            // Nothing tells of a heartbeat that did not come.
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
    assert!(holds(), "{what}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replica_that_does_not_catch_up_is_told_and_leaves_no_trace() {
    let cluster = Cluster::founded(3).await;
    let leading = cluster.leader().await;
    let before = leading.status().unwrap().members;
    // Nobody is there under that number.
    let late = leading.add_learner(NodeId(4), Member::default(), Duration::from_millis(300)).await.unwrap_err();
    assert!(matches!(late, LeadFault::Behind { node: NodeId(4), behind: 1.., millis: 300 }), "{late:?}");
    let (members, followers) = (leading.status().unwrap().members, leading.status().unwrap().followers);
    assert_eq!(members.voters, before.voters, "it never votes");
    assert!(followers.iter().any(|follower| follower.node == NodeId(4) && !follower.answers));
    leading.remove_learner(NodeId(4), PATIENCE).await.unwrap();
    assert_eq!(leading.status().unwrap().members, before);
    propose(&cluster.groups, &chunk(1)).await;
    agreed(&cluster.groups).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_joined_late_has_all_and_who_leaves_is_forgotten() {
    let cluster = Cluster::founded(3).await;
    for number in 0..200 {
        propose(&cluster.groups, &chunk(number)).await;
    }
    let fourth = new(&cluster, 4).await;
    let leading = cluster.leader().await;
    let leaving = cluster.follower().await.node();
    leading.add_learner(NodeId(4), Member::default(), PATIENCE).await.unwrap();
    let behind = leading.status().unwrap().followers.into_iter().find(|follower| follower.node == NodeId(4)).unwrap();
    assert!(behind.answers && behind.lag_entries == 0, "{behind:?}");
    let voters: BTreeSet<_> = nodes(1..=4).into_iter().filter(|node| *node != leaving).collect();
    leading.change_voters(voters.clone(), PATIENCE).await.unwrap();
    let members = leading.status().unwrap().members;
    assert_eq!(members.voters, vec![voters]);
    assert!(!members.nodes.contains_key(&leaving), "{members:?}");
    agreed(&[leading, fourth]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn half_a_change_is_finished() {
    let cluster = Cluster::founded(3).await;
    let leading = cluster.leader().await;
    let own = leading.node().0;
    for node in [8, 9] {
        let absent = leading.add_learner(NodeId(node), Member::default(), Duration::from_millis(200)).await;
        assert!(matches!(absent, Err(LeadFault::Behind { .. })), "{absent:?}");
    }
    // Of the new set the leader alone is there: both majorities are needed, and one never comes.
    let after = nodes([own, 8, 9]);
    let late = leading.change_voters(after.clone(), Duration::from_millis(300)).await;
    assert_eq!(late, Err(LeadFault::Deadline { millis: 300 }));
    assert!(leading.is_joint());
    assert_eq!(leading.settle(PATIENCE).await, Err(LeadFault::UnderWay), "one change at a time");

    let eighth = new(&cluster, 8).await;
    seen(&eighth, |view| view.leader.is_some()).await;
    within(async {
        while leading.settle(PATIENCE).await.is_err() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
    assert!(!leading.is_joint());
    assert_eq!(leading.status().unwrap().members.voters, vec![after]);
    propose(&[leading.clone(), eighth.clone()], &chunk(1)).await;
    agreed(&[leading, eighth]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_stops_hands_over_to_one_that_answers() {
    let cluster = Cluster::founded(3).await;
    propose(&cluster.groups, &chunk(1)).await;
    let old = cluster.leader().await;
    let silent = cluster.follower().await.node();
    let next = cluster.groups.iter().find(|group| ![old.node(), silent].contains(&group.node())).unwrap().clone();
    cluster.net.cut(silent);
    let answers = |node| {
        let followers = old.status().unwrap().followers;
        followers.iter().any(|follower| follower.node == node && follower.answers)
    };
    until("the cut voter is silent", || !answers(silent) && answers(next.node())).await;
    assert_eq!(old.successor(), Some(next.node()));
    old.step_down(PATIENCE).await.unwrap();
    let others = [next.clone(), old.clone()];
    assert_eq!(leader(&others).await.node(), next.node());
    propose(&others, &chunk(2)).await;
}
