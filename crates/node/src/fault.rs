//! Why a node does not start, or stops. Each has a documented code, an exit code and one sentence for the operator.

use std::io;
use std::net::SocketAddr;

use domain::ids::UnitId;
use domain::store::StoreFault;
use store::OpenFault;

use crate::config::ConfigFault;

/// Why a node ended otherwise than by being asked to.
#[derive(Debug, thiserror::Error)]
pub enum NodeError {
    /// Its settings, or the region's folder.
    #[error(transparent)]
    Config(#[from] ConfigFault),
    /// Its data folder.
    #[error(transparent)]
    Data(#[from] OpenFault),
    /// An address that it cannot listen on.
    #[error("{what} cannot listen on {address}: {why}{}", remedy(why, *what))]
    Listen {
        /// `QUIC (UDP)` or `HTTP (TCP)`.
        what: Listener,
        /// The address.
        address: SocketAddr,
        /// What the system said.
        why: io::Error,
    },
    /// Its links to other nodes.
    #[error(transparent)]
    Links(#[from] transport::StartFault),
    /// Its unit's group cannot start.
    #[error("the group of unit {unit} cannot start: {why}")]
    Group {
        /// The unit.
        unit: UnitId,
        /// What consensus found.
        why: String,
    },
    /// The disk failed while it ran: after a failed sync nobody knows what is on it.
    #[error(
        "the node stops, because its disk failed: {0}; nothing that was confirmed is lost as long as a majority of the unit's voters \
         runs: check the disk, then start the node again"
    )]
    Store(#[from] StoreFault),
    /// The region's directory lists a later life of the unit: this is its former self.
    #[error(
        "the node stops: {0} [unit.superseded]; it is not started again: keep the data folder as evidence of what was done after the loss \
         (docs/operations/losing-a-unit.md)"
    )]
    Superseded(StoreFault),
    /// The folder of sealed files.
    #[error("the folder of files cannot be used: {0}")]
    Files(blobs::StoreFault),
    /// Its HTTP interface ended.
    #[error("the HTTP interface ended: {0}")]
    Http(io::Error),
    /// The process has no signals, threads or memory to run with.
    #[error("the process cannot run: {0}")]
    Process(io::Error),
}

/// What listens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listener {
    /// For other nodes.
    Quic,
    /// For people and programs.
    Http,
}

impl std::fmt::Display for Listener {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Quic => "QUIC (UDP)",
            Self::Http => "HTTP (TCP)",
        })
    }
}

fn remedy(why: &io::Error, what: Listener) -> String {
    let key = match what {
        Listener::Quic => "quic",
        Listener::Http => "http",
    };
    match why.kind() {
        io::ErrorKind::AddrInUse => format!(": another process has it; stop that one, or set another `listen.{key}`"),
        io::ErrorKind::AddrNotAvailable => format!(": no interface here has it; set another `listen.{key}`"),
        io::ErrorKind::PermissionDenied => format!(": ports below 1024 need a right; set another `listen.{key}`"),
        _ => String::new(),
    }
}

impl NodeError {
    /// The documented code (docs/errors.md).
    pub fn code(&self) -> &'static str {
        match self {
            Self::Config(fault) => fault.code(),
            Self::Data(fault) => fault.code(),
            Self::Listen { .. } => "node.listen",
            Self::Links(_) => "config.credentials",
            Self::Group { .. } => "node.group",
            Self::Store(_) => "node.store",
            Self::Superseded(_) => "unit.superseded",
            Self::Files(_) => "file.disk",
            Self::Http(_) => "node.http",
            Self::Process(_) => "node.process",
        }
    }

    /// The exit code of the process: 2 settings, 3 data folder, 4 address, 5 stopped by a fault while it ran, 1 anything else.
    /// 0 is a stop that was asked for.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Config(_) | Self::Links(_) => 2,
            Self::Data(_) | Self::Files(_) => 3,
            Self::Listen { .. } => 4,
            Self::Store(_) | Self::Superseded(_) | Self::Group { .. } | Self::Http(_) => 5,
            Self::Process(_) => 1,
        }
    }

    /// The whole message for an operator, the code included.
    pub fn message(&self, styled: bool) -> String {
        match self {
            Self::Config(fault) if styled => fault.styled(),
            Self::Config(fault) => fault.to_string(),
            other => format!("error[{}]: {other}", other.code()),
        }
    }
}
