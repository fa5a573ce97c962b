//! One task per node: starts it, stops it, starts it again, and tells when it fails.

use std::time::Duration;

use node::{Membership, Node, NodeError, Ready, Sockets};
use tokio::sync::{mpsc, oneshot};

use super::world::Planned;

/// What a keeper is asked.
pub(super) enum Order {
    /// Stop the node; answered once its data folder is released.
    Stop(oneshot::Sender<Told>),
    /// Start the node; answered once it can answer for its unit, or could not be started.
    Start(oneshot::Sender<Told>),
}

/// What became of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Told {
    /// Runs now.
    Started,
    /// Runs, but its unit has no leader yet.
    Waits,
    /// Does not run now.
    Stopped,
    /// Was so already.
    Already,
    /// Could not be done.
    Failed(String),
}

/// One order at a time is under way, one more may wait.
pub(super) type Orders = mpsc::Sender<Order>;

/// How long a start waits for a leader: one that has lost its other voters has none.
const LEADER_PATIENCE: Duration = Duration::from_secs(5);

/// Starts the node and keeps it. `started` is told how the first start went.
pub(super) fn keep(planned: Planned, started: oneshot::Sender<Result<(Handle, Ready), NodeError>>) -> Orders {
    let (orders, receiver) = mpsc::channel(2);
    tokio::spawn(run(planned, started, receiver));
    orders
}

/// The unit as pages ask it, for whoever publishes the first catalogue.
pub(super) type Handle = std::sync::Arc<dyn unit::UnitHandle>;

async fn run(
    mut planned: Planned,
    started: oneshot::Sender<Result<(Handle, Ready), NodeError>>,
    mut orders: mpsc::Receiver<Order>,
) {
    let mut running = match start(&mut planned).await {
        Ok(node) => {
            let ready = node.ready().await;
            drop(started.send(Ok((node.handle(), ready))));
            Some(node)
        }
        Err(fault) => {
            drop(started.send(Err(fault)));
            None
        }
    };
    loop {
        let order = match &mut running {
            None => orders.recv().await,
            Some(node) => tokio::select! {
                biased;
                order = orders.recv() => order,
                fault = node.failed() => {
                    eprintln!("node {} of {} {} stops\n{}", planned.node, planned.unit, planned.name, fault.message(false));
                    None
                }
            },
        };
        match (order, running.take()) {
            (Some(Order::Stop(told)), Some(node)) => {
                node.shut_down().await;
                drop(told.send(Told::Stopped));
            }
            (Some(Order::Stop(told)), None) => drop(told.send(Told::Already)),
            (Some(Order::Start(told)), Some(node)) => {
                running = Some(node);
                drop(told.send(Told::Already));
            }
            (Some(Order::Start(told)), None) => match start(&mut planned).await {
                Ok(node) => {
                    let led = tokio::time::timeout(LEADER_PATIENCE, node.ready()).await.is_ok();
                    running = Some(node);
                    drop(told.send(if led { Told::Started } else { Told::Waits }));
                }
                Err(fault) => drop(told.send(Told::Failed(fault.message(false)))),
            },
            // The node failed: it can be started again. Or nobody can give orders any more.
            (None, Some(node)) => {
                node.shut_down().await;
                if orders.is_closed() {
                    return;
                }
            }
            (None, None) => return,
        }
    }
}

/// A node that was stopped a moment ago may still hold its folder or port.
async fn start(planned: &mut Planned) -> Result<Node, NodeError> {
    const TRIES: u32 = 50;
    const BETWEEN: Duration = Duration::from_millis(100);
    let mut tries = 0;
    loop {
        let membership = Membership::read(&planned.config, None)?;
        let sockets = match planned.sockets.take() {
            Some(sockets) => Ok(sockets),
            None => Sockets::bind(planned.config.quic, planned.config.http),
        };
        let started = match sockets {
            Ok(sockets) => Node::start(&planned.config, membership, sockets).await,
            Err(fault) => Err(fault),
        };
        tries += 1;
        match started {
            Err(fault) if tries < TRIES && matches!(fault.code(), "folder.in_use" | "node.listen") => {
                tokio::time::sleep(BETWEEN).await;
            }
            started => return started,
        }
    }
}
