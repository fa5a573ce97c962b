//! A voter that comes back with another folder, or with its own as it was before, is refused before openraft sees it: it stops and
//! says why, and the leader keeps its lead.

use consensus::{Config, Group, Reverted, Stop};
use domain::ids::{Generation, NodeId};
use protocol::memory::MemoryDisk;

use crate::support::{MemoryGroup, Net, agreed, chunk, config, effect, found, leader, members, propose, unit, within};

const FOLDER: [u8; 16] = [1; 16];

async fn start(net: &Net, disk: &MemoryDisk, node: u64, incarnation: [u8; 16]) -> MemoryGroup {
    let (log, rows) = disk.group(unit(), Generation::FIRST);
    let config = Config { incarnation, ..config(unit(), node) };
    let group = Group::start(config, log, rows, net.links(node)).await.unwrap();
    net.attach(&group);
    group
}

/// Three voters with ten entries, and where a follower's disk lies.
async fn three() -> (Net, Vec<MemoryGroup>, Vec<MemoryDisk>) {
    let net = Net::default();
    let disks: Vec<_> = (0..3).map(|_| MemoryDisk::automatic()).collect();
    let mut groups = vec![];
    for (node, disk) in (1..).zip(&disks) {
        groups.push(start(&net, disk, node, FOLDER).await);
    }
    groups[0].found(members(1..=3)).await.unwrap();
    propose(&groups, &found(unit())).await;
    for number in 0..10 {
        propose(&groups, &chunk(number)).await;
    }
    agreed(&groups).await;
    (net, groups, disks)
}

async fn a_follower(groups: &[MemoryGroup]) -> usize {
    let leading = leader(groups).await.node();
    groups.iter().position(|group| group.node() != leading).unwrap()
}

/// Stops a follower and starts it again with that disk and folder; says who leads meanwhile and how the follower ended.
async fn returns(
    net: &Net,
    groups: &mut Vec<MemoryGroup>,
    at: usize,
    (disk, incarnation): (&MemoryDisk, [u8; 16]),
) -> (NodeId, Stop) {
    let old = groups.remove(at);
    let node = old.node();
    old.shutdown().await.unwrap();
    net.detach(node.0, unit());
    let leading = leader(groups).await.node();
    let back = start(net, disk, node.0, incarnation).await;
    // As a node does: it found no log, and founds the group that it belongs to.
    drop(back.found(members(1..=3)).await);
    (leading, within(back.stopped()).await)
}

/// The two others go on, and under the same leader.
async fn goes_on(groups: &[MemoryGroup], leading: NodeId) {
    for number in 100..110 {
        let outcome = propose(groups, &chunk(number)).await;
        effect(&outcome);
    }
    let leads = groups.iter().find(|group| group.node() == leading).unwrap();
    assert!(leads.view().leads, "the leader has lost its lead");
    agreed(groups).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_voter_with_a_wiped_folder_is_refused_and_the_leader_keeps_its_lead() {
    let (net, mut groups, _disks) = three().await;
    let at = a_follower(&groups).await;
    let node = groups[at].node();
    let (leading, stop) = returns(&net, &mut groups, at, (&MemoryDisk::automatic(), [9; 16])).await;
    assert_eq!(stop, Stop::Reverted(Reverted::Folder { node, has: [9; 16], known: FOLDER }));
    goes_on(&groups, leading).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_voter_with_an_old_copy_of_its_folder_is_refused_and_the_leader_keeps_its_lead() {
    let (net, mut groups, disks) = three().await;
    let at = a_follower(&groups).await;
    let node = groups[at].node();
    let copy = disks[at].copy();
    for number in 20..40 {
        propose(&groups, &chunk(number)).await;
    }
    agreed(&groups).await;
    let (leading, stop) = returns(&net, &mut groups, at, (&copy, FOLDER)).await;
    match &stop {
        Stop::Reverted(Reverted::Log { node: refused, last: Some(last), acknowledged }) => {
            assert_eq!(*refused, node);
            assert!(last.index < acknowledged.index, "{stop}");
        }
        other => panic!("{other:?}"),
    }
    assert!(stop.to_string().contains("set back to an old copy"), "{stop}");
    goes_on(&groups, leading).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_voter_with_its_own_folder_is_taken_back() {
    let (net, mut groups, disks) = three().await;
    let at = a_follower(&groups).await;
    let old = groups.remove(at);
    let node = old.node().0;
    old.shutdown().await.unwrap();
    net.detach(node, unit());
    propose(&groups, &chunk(50)).await;
    groups.push(start(&net, &disks[at], node, FOLDER).await);
    agreed(&groups).await;
}
