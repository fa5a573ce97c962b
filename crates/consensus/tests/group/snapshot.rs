//! A follower that is too far behind is sent the rows.

use domain::ids::NodeId;
use domain::tables::{Chunks, Tasks};
use protocol::touched::Touched;

use crate::support::{Cluster, agreed, chunk, propose, seen, within};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_follower_catches_up_after_the_log_was_purged() {
    let cluster = Cluster::founded(3).await;
    let leader = cluster.leader().await;
    let behind = cluster.follower().await;
    let together: Vec<_> = cluster.groups.iter().filter(|group| group.node() != behind.node()).cloned().collect();

    cluster.net.cut(behind.node());
    for number in 1..=100 {
        propose(&together, &chunk(number)).await;
    }
    // A row that fills more than one frame together with its neighbours.
    for number in 0..3 {
        propose(&together, &large_chunk(number)).await;
    }
    let applied = leader.view().applied.unwrap();
    purge(&leader, applied).await;
    propose(&together, &chunk(101)).await;
    let touched = leader.take_touched();
    assert!(touched.has::<Chunks>() && !touched.has::<Tasks>());
    assert_eq!(leader.take_touched(), Touched::default(), "what was told is told once");

    behind.take_touched();
    cluster.net.heal();
    agreed(&cluster.groups).await;
    assert!(behind.take_touched().is_everything(), "rows that came as a snapshot were written by no command here");
    let status = behind.status().unwrap();
    assert!(status.purged.is_some_and(|purged| purged.index >= applied), "not by a snapshot: {status:?}");
    assert_eq!(status.members.nodes.len(), 3);

    // It goes on as any other, also as leader.
    leader.transfer_leader(behind.node(), crate::support::PATIENCE).await.unwrap();
    seen(&behind, |view| view.leads).await;
    propose(&cluster.groups, &chunk(102)).await;
    agreed(&cluster.groups).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transfer_that_is_cut_begins_anew() {
    let cluster = Cluster::founded(3).await;
    let leader = cluster.leader().await;
    let behind = cluster.follower().await;
    let together: Vec<_> = cluster.groups.iter().filter(|group| group.node() != behind.node()).cloned().collect();
    cluster.net.cut(behind.node());
    for number in 0..20 {
        propose(&together, &large_chunk(number)).await;
    }
    purge(&leader, leader.view().applied.unwrap()).await;
    for _ in 0..5 {
        cluster.net.heal();
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
        cluster.net.cut(behind.node());
    }
    cluster.net.heal();
    agreed(&cluster.groups).await;
    assert!(behind.status().unwrap().purged.is_some());
    assert_eq!(leader.status().unwrap().followers.iter().filter(|f| f.node != NodeId(0)).count(), 2);
}

async fn purge(leader: &crate::support::MemoryGroup, upto: u64) {
    within(async {
        loop {
            leader.trigger_snapshot().await.unwrap();
            leader.purge_log(upto).await.unwrap();
            if leader.status().unwrap().purged.is_some_and(|purged| purged.index >= upto) {
                return;
            }
            tokio::task::yield_now().await;
        }
    })
    .await;
}

fn large_chunk(number: u64) -> domain::command::Proposal {
    use domain::command::{Command, StoreChunk, chunk_hash};
    let mut proposal = chunk(1_000_000 + number);
    let bytes = vec![number as u8; 300 << 10];
    proposal.command = Command::StoreChunk(StoreChunk { hash: chunk_hash(&bytes), bytes });
    proposal
}
