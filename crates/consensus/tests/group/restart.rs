//! What was confirmed is there after a restart, and after a loss of power.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use consensus::Group;
use domain::ids::Generation;
use futures::{StreamExt, stream};
use protocol::memory::MemoryDisk;
use store::{RocksLog, RocksRows, Store};

use crate::support::{
    MemoryGroup, Net, TestGroup, agreed, chunk, config, effect, found, leader, members, open_store, propose, replay,
    unit,
};

type RocksGroup = TestGroup<RocksLog, RocksRows>;

async fn start(net: &Net, store: &Store, node: u64) -> RocksGroup {
    let (log, rows) = store.group(unit(), Generation::FIRST).unwrap();
    let group = Group::start(config(unit(), node), log, rows, net.links(node)).await.unwrap();
    net.attach(&group);
    group
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_of_every_node_from_rocksdb_keeps_everything() {
    let folders: Vec<_> = (0..3).map(|_| tempfile::tempdir().unwrap()).collect();
    let mut hash = None;
    for life in 0..2_u64 {
        let net = Net::default();
        let mut groups = vec![];
        let mut stores = vec![];
        for (node, folder) in (1..).zip(&folders) {
            let store = open_store(folder.path(), node);
            groups.push(start(&net, &store, node).await);
            stores.push(store);
        }
        if life == 0 {
            groups[0].found(members(1..=3)).await.unwrap();
            propose(&groups, &found(unit())).await;
        } else {
            // Before anything new: a leader is elected and every replica comes to the state that was left.
            leader(&groups).await;
            assert_eq!(Some(agreed(&groups).await), hash);
        }
        let done: Vec<_> = stream::iter(0..100)
            .map(|number| {
                let groups = &groups;
                async move { propose(groups, &chunk(life * 1000 + number)).await }
            })
            .buffer_unordered(16)
            .collect()
            .await;
        let mut effects: Vec<_> = done.iter().map(|outcome| effect(outcome).0).collect();
        effects.sort_unstable();
        assert!(effects.iter().all(|sequence| (life * 100 + 2..).contains(sequence)));
        hash = Some(agreed(&groups).await);
        let (log, rows) = stores[1].group(unit(), Generation::FIRST).unwrap();
        assert_eq!(Some(replay(&log, &rows).0), hash);
        for group in &groups {
            net.detach(group.node().0, unit());
            group.shutdown().await.unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_loss_of_power_takes_nothing_that_was_confirmed() {
    let disk = MemoryDisk::manual();
    let net = Net::default();
    let mut confirmed = 0;
    for life in 0..4_u64 {
        let (log, rows) = disk.group(unit(), Generation::FIRST);
        let group = MemoryGroup::start(config(unit(), 1), log.clone(), rows, net.links(1));
        let syncing = Arc::new(AtomicBool::new(true));
        let pump = {
            let (disk, syncing) = (disk.clone(), syncing.clone());
            tokio::spawn(async move {
                while syncing.load(Ordering::Relaxed) {
                    disk.sync();
                    tokio::task::yield_now().await;
                }
            })
        };
        let group = group.await.unwrap();
        let groups = std::slice::from_ref(&group);
        if life == 0 {
            group.found(members([1])).await.unwrap();
            propose(groups, &found(unit())).await;
            confirmed += 1;
        }
        for number in 0..50 {
            let outcome = propose(groups, &chunk(life * 1000 + number)).await;
            confirmed += 1;
            assert_eq!(outcome.sequence.0, confirmed, "life {life}");
        }
        let hash = group.status().unwrap().state_hash;
        assert_eq!(replay(&log, group.rows()).0, hash);
        syncing.store(false, Ordering::Relaxed);
        pump.await.unwrap();
        // Rows, the applied position and the committed mark are written and not synced by themselves.
        disk.crash_keeping((life as usize) % 3);
        group.shutdown().await.ok();
    }
}
