//! Who may propose, who may read, and how the lead changes hands.

use std::time::Duration;

use consensus::{Group, LeadFault, ProposeFault, ReadFault, Role, Timing};
use domain::ids::{Generation, NodeId};
use protocol::memory::MemoryDisk;
use protocol::seam::{Channel, GroupRows, RowSnapshot};

use crate::support::{
    Cluster, MemoryGroup, Net, PATIENCE, agreed, chunk, config, found, leader, members, propose, seen, unit, within,
};

/// Elections that no test waits for.
fn never_elected() -> Timing {
    Timing {
        heartbeat_millis: 100,
        election_min_millis: 60_000,
        election_max_millis: 120_000,
        snapshot_part_millis: 5000,
    }
}

#[tokio::test]
async fn a_follower_names_the_leader() {
    let cluster = Cluster::founded(3).await;
    let leader = cluster.leader().await.node();
    let follower = cluster.follower().await;
    seen(&follower, |view| view.leader == Some(leader)).await;
    assert_eq!(follower.propose(&chunk(1), PATIENCE).await, Err(ProposeFault::NotLeader { leader }));
    let own = follower.transfer_leader(follower.node(), PATIENCE).await;
    assert_eq!(own, Err(LeadFault::NotLeader { leader: Some(leader) }));
    assert_eq!(follower.view().role, Role::Follower);
    let unknown = cluster.leader().await.transfer_leader(NodeId(9), PATIENCE).await;
    assert_eq!(unknown, Err(LeadFault::NotVoter { node: NodeId(9) }));
}

#[tokio::test]
async fn a_replica_before_its_founding_has_no_leader() {
    let (log, rows) = MemoryDisk::automatic().group(unit(), Generation::FIRST);
    let group = MemoryGroup::start(config(unit(), 1), log, rows, Net::default().links(1)).await.unwrap();
    assert_eq!(group.view().role, Role::Learner);
    assert_eq!(group.propose(&found(unit()), PATIENCE).await, Err(ProposeFault::NoLeader));
    assert!(matches!(group.read_barrier(PATIENCE).await, Err(ReadFault::NoLeader { .. })));
    let other = group.found(members([2, 3])).await.unwrap_err();
    assert!(other.to_string().contains("node 1 is not among the members"), "{other}");
}

#[tokio::test]
async fn a_command_that_no_frame_carries_is_refused_before_the_log() {
    let cluster = Cluster::on(&Net::default(), unit(), 1, |config| config.most_command_bytes = 300).await;
    let leader = cluster.leader().await;
    let before = leader.status().unwrap().last_index;
    let mut large = chunk(1);
    large.stamp.principal.name = "x".repeat(300);
    let refused = leader.propose(&large, PATIENCE).await;
    assert!(matches!(refused, Err(ProposeFault::TooLarge { most: 300, .. })), "{refused:?}");
    assert_eq!(leader.status().unwrap().last_index, before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_isolated_leader_neither_reads_nor_writes() {
    let cluster = Cluster::founded(3).await;
    let old = cluster.leader().await;
    let others: Vec<_> = cluster.groups.iter().filter(|group| group.node() != old.node()).cloned().collect();
    old.read_barrier(PATIENCE).await.unwrap();

    cluster.net.cut(old.node());
    let read = old.read_barrier(Duration::from_millis(400)).await;
    assert!(matches!(read, Err(ReadFault::Deadline { .. } | ReadFault::NoLeader { .. })), "{read:?}");

    let new = leader(&others).await;
    propose(&others, &chunk(1)).await;
    let stale = old.propose(&chunk(2), Duration::from_millis(400)).await.unwrap_err();
    assert!(matches!(stale, ProposeFault::NoLeader | ProposeFault::Deadline { .. }), "{stale}");
    let read = old.read_barrier(Duration::from_millis(400)).await;
    assert!(matches!(read, Err(ReadFault::Deadline { .. } | ReadFault::NoLeader { .. })), "{read:?}");

    cluster.net.heal();
    seen(&old, |view| view.leader == Some(new.node())).await;
    agreed(&cluster.groups).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_follower_reads_what_was_just_confirmed() {
    let cluster = Cluster::founded(3).await;
    let follower = cluster.follower().await;
    for number in 1..=50 {
        propose(&cluster.groups, &chunk(number)).await;
        let expected = cluster.leader().await.status().unwrap().state_hash;
        follower.read_barrier(PATIENCE).await.unwrap();
        assert_eq!(follower.status().unwrap().state_hash, expected, "after command {number}");
    }
    assert!(follower.rows().snapshot().unwrap().get(&[255]).unwrap().is_some());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_leader_that_steps_down_is_followed_without_an_election_timeout() {
    let cluster = Cluster::on(&Net::default(), unit(), 3, |config| config.timing = never_elected()).await;
    let old = cluster.leader().await;
    let term = old.view().term;
    old.step_down(PATIENCE).await.unwrap();
    let others: Vec<_> = cluster.groups.iter().filter(|group| group.node() != old.node()).cloned().collect();
    let new = leader(&others).await;
    assert!(new.view().term > term);
    within(old.shutdown()).await.unwrap();
    cluster.net.detach(old.node().0, unit());
    propose(&others, &chunk(1)).await;
}

#[tokio::test]
async fn the_only_voter_leads_at_once_also_after_a_restart() {
    let disk = MemoryDisk::automatic();
    let net = Net::default();
    // `propose` gives up long before the shortest of these election timeouts.
    for life in 0..3 {
        let (log, rows) = disk.group(unit(), Generation::FIRST);
        let mut config = config(unit(), 1);
        config.timing = never_elected();
        let group = MemoryGroup::start(config, log, rows, net.links(1)).await.unwrap();
        group.found(members([1])).await.unwrap();
        let outcome = propose(std::slice::from_ref(&group), &if life == 0 { found(unit()) } else { chunk(life) }).await;
        assert_eq!(outcome.sequence.0, life + 1);
        group.read_barrier(PATIENCE).await.unwrap();
        group.step_down(PATIENCE).await.unwrap();
        group.shutdown().await.unwrap();
    }
}

#[tokio::test]
async fn nobody_speaks_in_anothers_name_or_on_the_wrong_channel() {
    let cluster = Cluster::founded(3).await;
    let leader = cluster.leader().await;
    let captured = {
        use protocol::seam::Links;
        use std::sync::{Arc, Mutex};
        // What node 7 would send: a vote request of its own, seen by whom it reaches.
        let seen: Arc<Mutex<Option<Vec<u8>>>> = Arc::default();
        #[derive(Clone)]
        struct Ear(Arc<Mutex<Option<Vec<u8>>>>);
        impl Links for Ear {
            async fn request(
                &self,
                to: NodeId,
                _: domain::ids::UnitId,
                _: Channel,
                body: Vec<u8>,
                _: u64,
            ) -> Result<Vec<u8>, protocol::seam::LinkFault> {
                *self.0.lock().unwrap() = Some(body);
                Err(protocol::seam::LinkFault::Unreachable { node: to, why: "listening".to_owned() })
            }
            async fn open_stream(
                &self,
                to: NodeId,
                _: domain::ids::UnitId,
                _: Channel,
            ) -> Result<impl protocol::seam::LinkStream, protocol::seam::LinkFault> {
                Err::<NoStream, _>(protocol::seam::LinkFault::Unreachable { node: to, why: "listening".to_owned() })
            }
        }
        let (log, rows) = MemoryDisk::automatic().group(unit(), Generation::FIRST);
        let seventh: Group<openraft_rt_tokio::TokioRuntime, _, _, Ear> =
            Group::start(config(unit(), 7), log, rows, Ear(seen.clone())).await.unwrap();
        seventh.found(members([7, 8])).await.unwrap();
        within(async {
            loop {
                if let Some(body) = seen.lock().unwrap().take() {
                    return body;
                }
                tokio::task::yield_now().await;
            }
        })
        .await
    };
    let wrong_name = leader.answer(NodeId(2), Channel::Vote, captured.clone()).await.unwrap_err();
    assert!(wrong_name.contains("node 2 spoke in the name of node 7"), "{wrong_name}");
    let wrong_channel = leader.answer(NodeId(7), Channel::Snapshot, captured.clone()).await.unwrap_err();
    assert!(wrong_channel.contains("channel Snapshot"), "{wrong_channel}");
    let damaged = leader.answer(NodeId(7), Channel::Vote, captured[..captured.len() - 1].to_vec()).await.unwrap_err();
    assert!(damaged.contains("damaged"), "{damaged}");
    assert!(leader.answer(NodeId(7), Channel::Vote, captured).await.is_ok());
    assert!(leader.view().leads, "a stranger's vote request moved the leader");
}

struct NoStream;

impl protocol::seam::LinkStream for NoStream {
    async fn send(&mut self, _: Vec<u8>) -> Result<(), protocol::seam::LinkFault> {
        unreachable!("never opened")
    }
    async fn receive(&mut self) -> Result<Vec<u8>, protocol::seam::LinkFault> {
        unreachable!("never opened")
    }
    fn split(self) -> (impl protocol::seam::LinkSender, impl protocol::seam::LinkReceiver) {
        (NoHalf, NoHalf)
    }
}

struct NoHalf;

impl protocol::seam::LinkSender for NoHalf {
    async fn send(&mut self, _: Vec<u8>) -> Result<(), protocol::seam::LinkFault> {
        unreachable!("never opened")
    }
}

impl protocol::seam::LinkReceiver for NoHalf {
    async fn receive(&mut self) -> Result<Vec<u8>, protocol::seam::LinkFault> {
        unreachable!("never opened")
    }
}
