//! What a node is told by its operator: `node.toml`, read, checked against the region's folder, and turned into paths, addresses
//! and times.
//!
//! Plain TOML with `deny_unknown_fields`: a misspelt key is refused with the nearest one, never ignored. What the region says
//! (names, tiers, peers' addresses, keys) is not repeated here: it comes from the signed directory beside it.

mod fault;
mod place;
mod read;
mod settings;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use domain::ids::{NodeId, UnitId};
use serde::Deserialize;
use toml::Spanned;

pub use fault::{ConfigFault, UnknownKind};
pub use place::{Place, Source};
pub use read::{parse, read};
pub use settings::{Limits, Log, LogForm, LogLevel, Mirroring, People, Timing};
pub(crate) use settings::{LimitsFile, MirrorFile, Settings, TimingFile};

/// A node's settings, checked by themselves. Whether they fit the region is checked by [`crate::membership::Membership`].
#[derive(Clone, Debug)]
pub struct Config {
    /// Its number in the directory.
    pub node: NodeId,
    /// The unit that it is a replica of.
    pub unit: UnitId,
    /// The folder with directory, certificates and keys.
    pub region: PathBuf,
    /// The data folder.
    pub data: PathBuf,
    /// Where it listens for other nodes, over UDP.
    pub quic: SocketAddr,
    /// Where it listens for people and programs, over TCP.
    pub http: SocketAddr,
    /// Times of the unit's group and of its requests.
    pub timing: Timing,
    /// Bounds.
    pub limits: Limits,
    /// Who mirrors whom.
    pub mirror: Mirroring,
    /// What is logged, and how.
    pub log: Log,
    /// Who may act.
    pub people: People,
    /// Where ClamAV's daemon listens that files are scanned by; unscanned where `None`.
    pub clamd: Option<SocketAddr>,
    places: Places,
}

/// Where in the file things were said that are checked later.
#[derive(Clone, Debug)]
struct Places {
    node: Place,
    unit: Place,
    region: Place,
    data: Place,
}

impl Config {
    /// Reads `node.toml`. Paths in it are relative to its folder.
    ///
    /// # Errors
    /// The file, line and column of what is wrong, and the remedy.
    pub fn read(path: &Path) -> Result<Self, ConfigFault> {
        let (file, source) = read::<File>(path)?;
        Self::from_file(file, &source)
    }

    /// As [`Config::read`], of a text that would lie at `path`.
    ///
    /// # Errors
    /// The line and column of what is wrong, and the remedy.
    pub fn parse(path: &Path, text: String) -> Result<Self, ConfigFault> {
        let (file, source) = parse::<File>(path, text)?;
        Self::from_file(file, &source)
    }

    fn from_file(file: File, source: &Arc<Source>) -> Result<Self, ConfigFault> {
        let folder = source.path.parent().unwrap_or(Path::new(""));
        let place = |span| Place::new(source, span);
        let settings = Settings {
            timing: file.timing,
            limits: file.limits,
            mirror: file.mirror,
            log: file.log,
            people: file.people,
        };
        let (timing, limits, mirror, log) = settings.checked(source)?;
        let ListenFile { quic, http } = file.listen;
        Ok(Self {
            node: NodeId(*file.node.get_ref()),
            unit: *file.unit.get_ref(),
            region: folder.join(file.region.get_ref()),
            data: folder.join(file.data.get_ref()),
            quic: *quic.get_ref(),
            http: *http.get_ref(),
            timing,
            limits,
            mirror,
            log,
            people: file.people,
            clamd: file.files.clamd,
            places: Places {
                node: place(file.node.span()),
                unit: place(file.unit.span()),
                region: place(file.region.span()),
                data: place(file.data.span()),
            },
        })
    }

    /// Where the node's number is written.
    pub fn node_place(&self) -> &Place {
        &self.places.node
    }

    /// Where the unit is written.
    pub fn unit_place(&self) -> &Place {
        &self.places.unit
    }

    /// Where the region's folder is written.
    pub fn region_place(&self) -> &Place {
        &self.places.region
    }

    /// Where the data folder is written.
    pub fn data_place(&self) -> &Place {
        &self.places.data
    }
}

/// The file's form.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    node: Spanned<u64>,
    unit: Spanned<UnitId>,
    region: Spanned<PathBuf>,
    data: Spanned<PathBuf>,
    listen: ListenFile,
    #[serde(default)]
    timing: TimingFile,
    #[serde(default)]
    limits: LimitsFile,
    #[serde(default)]
    mirror: MirrorFile,
    #[serde(default)]
    log: Log,
    #[serde(default)]
    people: People,
    #[serde(default)]
    files: FilesFile,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct FilesFile {
    clamd: Option<SocketAddr>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ListenFile {
    quic: Spanned<SocketAddr>,
    http: Spanned<SocketAddr>,
}
