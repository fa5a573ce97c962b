//! `topology.toml`: which units a region starts with and where their nodes are, as the person who sets it up writes it.
//!
//! A unit is named by its code or by names; its name, tier and the unit above come from the division tree.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use domain::division::{Division, DivisionTree, FindFault, Tier};
use domain::ids::UnitId;
use protocol::directory::RegionName;
use serde::Deserialize;
use toml::Spanned;
use transport::topology::{Topology, TopologyNode, TopologyUnit};

use crate::config::{
    ConfigFault, LimitsFile, Log, MirrorFile, People, Place, Settings, Source, TimingFile, parse, read,
};

/// A topology that makes sense on the tree: what the authority is told, and what each node's file gets.
#[derive(Clone, Debug)]
pub struct Plan {
    /// For the authority, in the order of the file: nodes are numbered in it.
    pub topology: Topology,
    /// One per node, in the same order.
    pub nodes: Vec<PlannedNode>,
    /// How long an offer may stay unanswered, for the catalogues that are built for this region; the usual time where `None`.
    pub patience_seconds: Option<u32>,
    pub(crate) settings: Settings,
}

/// What one node's file gets beside the settings that all have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedNode {
    /// Its unit.
    pub unit: UnitId,
    /// Where it listens for other nodes.
    pub quic: SocketAddr,
    /// Where it listens for people and programs.
    pub http: SocketAddr,
    /// Its data folder, relative to its own.
    pub data: PathBuf,
}

impl Plan {
    /// Reads a topology file.
    ///
    /// # Errors
    /// File, line and column of what is wrong; candidates where a name is ambiguous.
    pub fn read(path: &Path, divisions: &DivisionTree) -> Result<Self, ConfigFault> {
        let (file, source) = read::<TopologyFile>(path)?;
        file.plan(&source, divisions)
    }

    /// As [`Plan::read`], of a text that would lie at `path`.
    ///
    /// # Errors
    /// As there.
    pub fn parse(path: &Path, text: String, divisions: &DivisionTree) -> Result<Self, ConfigFault> {
        let (file, source) = parse::<TopologyFile>(path, text)?;
        file.plan(&source, divisions)
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct TopologyFile {
    region: RegionName,
    #[serde(default)]
    data: Option<PathBuf>,
    #[serde(default)]
    catalogue: CatalogueFile,
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
    #[serde(rename = "unit")]
    units: Spanned<Vec<UnitFile>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct CatalogueFile {
    patience_seconds: Option<Spanned<u32>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct UnitFile {
    place: Spanned<String>,
    #[serde(default)]
    tier: Option<Spanned<Tier>>,
    #[serde(rename = "node")]
    nodes: Spanned<Vec<NodeFile>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct NodeFile {
    quic: Spanned<Vec<String>>,
    http: Spanned<String>,
    #[serde(default)]
    listen_quic: Option<SocketAddr>,
    #[serde(default)]
    listen_http: Option<SocketAddr>,
    #[serde(default)]
    data: Option<PathBuf>,
}

/// A unit of the file with its place on the tree.
struct Placed<'a> {
    file: &'a UnitFile,
    division: &'a Division,
}

impl TopologyFile {
    fn plan(self, source: &Arc<Source>, divisions: &DivisionTree) -> Result<Plan, ConfigFault> {
        let settings = Settings {
            timing: self.timing,
            limits: self.limits,
            mirror: self.mirror,
            log: self.log,
            people: self.people,
        };
        settings.checked(source)?;
        let mut placed: Vec<Placed<'_>> = Vec::new();
        for file in self.units.get_ref() {
            let division = file.find(source, divisions)?;
            if placed.iter().any(|other| other.division.unit == division.unit) {
                return Err(ConfigFault::Contradiction {
                    place: Place::new(source, file.place.span()),
                    what: format!("{} {} is listed above already", division.unit, division.name),
                    remedy: "list a unit once, with all its nodes".into(),
                });
            }
            placed.push(Placed { file, division });
        }
        let cities = placed.iter().filter(|unit| unit.division.tier == Tier::City).count();
        if cities != 1 {
            return Err(ConfigFault::Contradiction {
                place: Place::new(source, first_line(source, self.units.span())),
                what: format!("{cities} cities are listed, a region has one"),
                remedy: "list exactly one place of tier city".into(),
            });
        }
        let patience_seconds = match self.catalogue.patience_seconds {
            Some(seconds) if *seconds.get_ref() == 0 => {
                let what = "0 seconds: every offer would be taken back at once".to_owned();
                return Err(ConfigFault::Value { place: Place::new(source, seconds.span()), what });
            }
            seconds => seconds.map(Spanned::into_inner),
        };
        let mut units = Vec::new();
        let mut nodes = Vec::new();
        for unit in &placed {
            // Units that have no nodes yet are passed over: a village may lie right under its county.
            let above = divisions.ancestors(unit.division.unit).map(|place| place.unit);
            let parent = above.into_iter().find(|above| placed.iter().any(|other| other.division.unit == *above));
            let mut listed = Vec::new();
            for node in unit.file.nodes(source)? {
                nodes.push(node.plan(source, unit.division.unit, self.data.as_deref())?);
                listed.push(TopologyNode { quic: node.quic.get_ref().clone(), http: node.http.get_ref().clone() });
            }
            units.push(TopologyUnit {
                code: unit.division.unit,
                name: unit.division.name.clone(),
                tier: unit.division.tier,
                parent,
                nodes: listed,
            });
        }
        Ok(Plan { topology: Topology { region: self.region, units }, nodes, patience_seconds, settings })
    }
}

impl UnitFile {
    fn find<'a>(&self, source: &Arc<Source>, divisions: &'a DivisionTree) -> Result<&'a Division, ConfigFault> {
        let place = || Place::new(source, self.place.span());
        let division = divisions.find(self.place.get_ref()).map_err(|fault| {
            let (what, candidates) = match &fault {
                FindFault::Ambiguous { candidates, .. } => (format!("names {} places", candidates.len()), candidates),
                FindFault::Unknown { nearest, .. } => ("no place is called so".to_owned(), nearest),
                FindFault::Empty => ("a code, a name, or names from the city down".to_owned(), &Vec::new()),
            };
            let candidates = candidates.iter().take(10).map(ToString::to_string).collect();
            ConfigFault::Division { place: place(), what, candidates }
        })?;
        match &self.tier {
            Some(tier) if *tier.get_ref() != division.tier => Err(ConfigFault::Contradiction {
                place: Place::new(source, tier.span()),
                what: format!("{} {} is a {}", division.unit, division.name, division.tier.as_str()),
                remedy: "leave `tier` out, it follows from the place; or name another place".into(),
            }),
            _ => Ok(division),
        }
    }

    fn nodes(&self, source: &Arc<Source>) -> Result<&[NodeFile], ConfigFault> {
        let nodes = self.nodes.get_ref();
        if nodes.len() % 2 == 1 {
            return Ok(nodes);
        }
        let (what, remedy) = match nodes.len() {
            0 => ("no node: nobody would keep this unit's log".to_owned(), "list at least one node"),
            even => (
                format!("{even} voters survive no more losses than {}", even - 1),
                "list an odd number: city 3 or 5, county 3, township 1 or 3, village 1",
            ),
        };
        let place = Place::new(source, first_line(source, self.place.span()));
        Err(ConfigFault::Contradiction { place, what, remedy: remedy.into() })
    }
}

impl NodeFile {
    fn plan(&self, source: &Arc<Source>, unit: UnitId, data: Option<&Path>) -> Result<PlannedNode, ConfigFault> {
        let quic_span = || Place::new(source, self.quic.span());
        let first = self.quic.get_ref().first().map(String::as_str).unwrap_or_default();
        let data = self.data.clone().or(data.map(Path::to_owned)).unwrap_or_else(|| PathBuf::from("data"));
        Ok(PlannedNode {
            unit,
            quic: listen(self.listen_quic, first, quic_span)?,
            http: listen(self.listen_http, self.http.get_ref(), || Place::new(source, self.http.span()))?,
            data,
        })
    }
}

/// Where to listen: as written, else on every interface at the port by which others come.
fn listen(
    written: Option<SocketAddr>,
    reached: &str,
    place: impl FnOnce() -> Place,
) -> Result<SocketAddr, ConfigFault> {
    let port =
        reached.rsplit_once(':').and_then(|(host, port)| Some(port.parse::<u16>().ok()?).filter(|_| !host.is_empty()));
    match (port, written) {
        (Some(_), Some(address)) => Ok(address),
        (Some(port), None) => Ok((Ipv4Addr::UNSPECIFIED, port).into()),
        (None, _) => {
            Err(ConfigFault::Value { place: place(), what: "not an address: expected host:port or [v6]:port".into() })
        }
    }
}

/// The span's first line: a table that goes over many lines is pointed at where it begins.
fn first_line(source: &Source, span: std::ops::Range<usize>) -> std::ops::Range<usize> {
    let end = source.text[span.start..].find('\n').map_or(source.text.len(), |at| span.start + at);
    span.start..end.min(span.end)
}
