//! A broken promise or a failed disk stops the group, loudly.

use consensus::{ProposeFault, Role, StartFault, Stop};
use domain::ids::Generation;
use domain::store::StoreFault;
use protocol::memory::MemoryDisk;
use protocol::seam::GroupLog;

use crate::support::{Cluster, MemoryGroup, Net, PATIENCE, chunk, config, leader, members, unit, within};

#[tokio::test]
async fn a_broken_promise_stops_every_replica_that_applies_it() {
    let net = Net::default();
    let mut groups = vec![];
    for node in 1..=3 {
        let (log, rows) = MemoryDisk::automatic().group(unit(), Generation::FIRST);
        let group = MemoryGroup::start(config(unit(), node), log, rows, net.links(node)).await.unwrap();
        net.attach(&group);
        groups.push(group);
    }
    groups[0].found(members(1..=3)).await.unwrap();
    let leading = leader(&groups).await;
    // The first command of a log is its founding.
    let fault = within(leading.propose(&chunk(1), PATIENCE)).await.unwrap_err();
    assert!(fault.is_unknown(), "{fault}");
    let stop = within(leading.stopped()).await;
    assert!(matches!(&stop, Stop::Store(StoreFault::Broken { promise: "I12", .. })), "{stop:?}");
    assert_eq!(leading.status().unwrap().role, Role::Stopped);
    let after = leading.propose(&chunk(2), PATIENCE).await;
    assert_eq!(after, Err(ProposeFault::Stopped(stop)));
}

#[tokio::test]
async fn a_failed_sync_stops_the_group() {
    let disk = MemoryDisk::manual();
    let (log, rows) = disk.group(unit(), Generation::FIRST);
    let group = MemoryGroup::start(config(unit(), 1), log, rows, Net::default().links(1)).await.unwrap();
    let founding = tokio::spawn({
        let group = group.clone();
        async move { group.found(members([1])).await }
    });
    within(async {
        while disk.unsynced() == 0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    disk.fail_sync();
    let stop = within(group.stopped()).await;
    assert!(matches!(&stop, Stop::Store(StoreFault::Device(why)) if why.contains("sync failed")), "{stop:?}");
    within(founding).await.unwrap().ok();
}

#[tokio::test]
async fn a_log_that_cannot_be_read_is_not_started() {
    let disk = MemoryDisk::automatic();
    let (log, rows) = disk.group(unit(), Generation::FIRST);
    log.save_vote(b"no record".to_vec(), Box::new(|_| ())).unwrap();
    let started = MemoryGroup::start(config(unit(), 1), log, rows, Net::default().links(1)).await;
    let fault = started.err().unwrap();
    assert!(matches!(&fault, StartFault::Stopped(Stop::Store(StoreFault::Broken { .. }))), "{fault:?}");
}

#[tokio::test]
async fn a_configuration_that_contradicts_itself_is_refused() {
    let (log, rows) = MemoryDisk::automatic().group(unit(), Generation::FIRST);
    let mut config = config(unit(), 1);
    config.timing.election_max_millis = 1;
    let fault = MemoryGroup::start(config, log, rows, Net::default().links(1)).await.err().unwrap();
    assert!(matches!(fault, StartFault::Config(_)), "{fault:?}");
}

#[tokio::test]
async fn a_shut_down_group_says_so() {
    let cluster = Cluster::founded(1).await;
    let group = cluster.leader().await;
    let waiting = tokio::spawn({
        let group = group.clone();
        async move { group.stopped().await }
    });
    group.shutdown().await.unwrap();
    assert_eq!(within(waiting).await.unwrap(), Stop::ShutDown);
    assert_eq!(group.propose(&chunk(1), PATIENCE).await, Err(ProposeFault::Stopped(Stop::ShutDown)));
}
