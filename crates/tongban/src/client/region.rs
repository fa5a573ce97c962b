//! Which node to ask: a URL, or a unit by code or name, looked up in what `tongban dev` or `tongban region init` wrote down.

use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use clap::Args;
use domain::division::{DivisionTree, FindFault, Tier};
use domain::ids::UnitId;
use reqwest::Url;
use serde::Deserialize;

use super::{Client, ClientFault, Person};

/// Options of every command that asks a node.
#[derive(Clone, Debug, Args)]
pub(crate) struct Where {
    /// The unit to ask: its code or name (370811, 任城区, 许庄街道/航运新村居委会), or a node's URL.
    #[arg(long, visible_alias = "unit", value_name = "UNIT|URL")]
    pub(crate) at: Option<String>,
    /// The folder of the running region, or a file that lists its nodes.
    #[arg(long, value_name = "PATH", default_value = "tongban-dev")]
    pub(crate) dir: PathBuf,
}

/// The units that run, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Region {
    /// Its name.
    pub(crate) name: String,
    /// From the top down.
    pub(crate) units: Vec<ListedUnit>,
}

/// A unit that runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ListedUnit {
    /// Which.
    pub(crate) unit: UnitId,
    /// Its name.
    pub(crate) name: String,
    /// Its tier.
    pub(crate) tier: Tier,
    /// Of its nodes.
    pub(crate) urls: Vec<Url>,
    /// Demo people there, where the file names them.
    pub(crate) people: Vec<Person>,
}

/// Why no node is known.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RegionFault {
    /// Nothing was written down there.
    #[error("no region runs in {}: start one with `tongban dev`, name its folder with --dir, or a node with --at URL", .0.display())]
    None(PathBuf),
    /// A file that cannot be read.
    #[error("{}: {why}", path.display())]
    Damaged {
        /// Which.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// No such place, or several.
    #[error("{}", place_fault(.0))]
    Place(#[from] FindFault),
    /// The place has no node of its own in this region.
    #[error("{unit} {name} has no node in this region; these have: {}", .listed.join(", "))]
    NotRun {
        /// The place.
        unit: UnitId,
        /// Its name.
        name: String,
        /// Code and name of each unit that has.
        listed: Vec<String>,
    },
    /// Nothing says which unit is meant.
    #[error("which unit? Name it with --at: its code, its name, or a node's URL ({why})")]
    Needed {
        /// Why it does not follow from anything else.
        why: &'static str,
    },
    /// Not an address.
    #[error("{text:?} is not a node's URL, e.g. http://127.0.0.1:8400")]
    Url {
        /// As it was given.
        text: String,
    },
    /// Not a case's number.
    #[error("{text:?} is no case's number ({expected}): copy it from the receipt")]
    Case {
        /// As it was given, cut short.
        text: String,
        /// What would be.
        expected: &'static str,
    },
}

fn place_fault(fault: &FindFault) -> String {
    let (what, candidates) = match fault {
        FindFault::Empty => return fault.to_string(),
        FindFault::Ambiguous { asked, candidates } => {
            (format!("{asked:?} is the name of {} places; which one?", candidates.len()), candidates)
        }
        FindFault::Unknown { asked, nearest } => (format!("no place is called {asked:?}; nearest:"), nearest),
    };
    let lines = candidates.iter().take(20).map(|candidate| format!("\n  {} {}", candidate.unit, candidate.path));
    let more = candidates.len().saturating_sub(20);
    let rest = (more > 0).then(|| format!("\n  and {more} more: name the place above it too, e.g. 任城区/许庄街道"));
    what + &lines.chain(rest).collect::<String>()
}

impl RegionFault {
    /// The documented code (docs/errors.md).
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::Place(fault) => fault.code(),
            Self::NotRun { .. } => "http.unit_elsewhere",
            Self::Needed { .. } => "http.unit_needed",
            Self::Case { .. } => "request.case",
            Self::None(_) | Self::Damaged { .. } | Self::Url { .. } => "region.file",
        }
    }
}

/// The places of the release.
pub(crate) fn divisions() -> &'static DivisionTree {
    static PLACES: LazyLock<Arc<DivisionTree>> = LazyLock::new(node::divisions);
    &PLACES
}

impl Where {
    /// The node or unit that --at names; `usual` chooses where it was left out.
    pub(crate) fn client(
        &self,
        usual: impl FnOnce(&Region) -> Result<&ListedUnit, RegionFault>,
    ) -> Result<Client, crate::commands::Failure> {
        if let Some(text) = self.at.as_deref().filter(|text| is_url(text)) {
            return Ok(Client::new(vec![url(text)?], None)?);
        }
        let region = Region::read(&self.dir)?;
        let unit = match &self.at {
            Some(asked) => region.find(asked)?,
            None => usual(&region)?,
        };
        Ok(unit.client()?)
    }
}

impl ListedUnit {
    /// Asks it.
    pub(crate) fn client(&self) -> Result<Client, ClientFault> {
        Client::new(self.urls.clone(), Some(self.unit))
    }
}

impl Region {
    /// From a folder of `tongban dev` (`ready.json`) or `tongban region init` (`region.json`), or from such a file.
    pub(crate) fn read(path: &Path) -> Result<Self, RegionFault> {
        let files = match path.is_dir() {
            true => vec![path.join("ready.json"), path.join("region.json")],
            false => vec![path.to_owned()],
        };
        let Some(file) = files.into_iter().find(|file| file.is_file()) else {
            return Err(RegionFault::None(path.to_owned()));
        };
        let damaged = |why: String| RegionFault::Damaged { path: file.clone(), why };
        let text = std::fs::read_to_string(&file).map_err(|why| damaged(why.to_string()))?;
        Self::parse(&text).map_err(damaged)
    }

    fn parse(text: &str) -> Result<Self, String> {
        #[derive(Deserialize)]
        struct File {
            region: String,
            #[serde(default)]
            units: Vec<FileUnit>,
            #[serde(default)]
            nodes: Vec<FileNode>,
        }
        #[derive(Deserialize)]
        struct FileUnit {
            unit: UnitId,
            name: String,
            tier: Tier,
            urls: Vec<String>,
            #[serde(default)]
            people: Vec<Person>,
        }
        #[derive(Deserialize)]
        struct FileNode {
            unit: UnitId,
            name: String,
            tier: Tier,
            http: String,
        }
        let file: File = serde_json::from_str(text).map_err(|why| why.to_string())?;
        let address = |text: &String| url(text).map_err(|fault| fault.to_string());
        let mut units = Vec::new();
        for FileUnit { unit, name, tier, urls, people } in file.units {
            let urls = urls.iter().map(address).collect::<Result<_, _>>()?;
            units.push(ListedUnit { unit, name, tier, urls, people });
        }
        for FileNode { unit, name, tier, http } in file.nodes {
            let url = address(&http)?;
            match units.iter_mut().find(|listed: &&mut ListedUnit| listed.unit == unit) {
                Some(listed) => listed.urls.push(url),
                None => units.push(ListedUnit { unit, name, tier, urls: vec![url], people: vec![] }),
            }
        }
        units.sort_by_key(|unit| (unit.tier, unit.unit));
        match units.is_empty() {
            true => Err("it lists no unit".to_owned()),
            false => Ok(Self { name: file.region, units }),
        }
    }

    /// The running unit that a code or name means. A name that several places have is told, even where one of them runs:
    /// an application handed in at the wrong village is worse than a question.
    pub(crate) fn find(&self, asked: &str) -> Result<&ListedUnit, RegionFault> {
        let place = divisions().find(asked)?;
        self.of(place.unit).ok_or_else(|| RegionFault::NotRun {
            unit: place.unit,
            name: place.name.clone(),
            listed: self.units.iter().map(|unit| format!("{} {}", unit.unit, unit.name)).collect(),
        })
    }

    /// The running unit of a code.
    pub(crate) fn of(&self, unit: UnitId) -> Option<&ListedUnit> {
        self.units.iter().find(|listed| listed.unit == unit)
    }

    /// The unit at the top, which knows every entry of the catalogue.
    pub(crate) fn top(&self) -> Result<&ListedUnit, RegionFault> {
        self.units.first().ok_or(RegionFault::Needed { why: "the region lists none" })
    }

    /// The running unit that is the place or lies nearest above it.
    pub(crate) fn nearest(&self, place: UnitId) -> Result<&ListedUnit, RegionFault> {
        let above = divisions().ancestors(place).map(|place| place.unit);
        std::iter::once(place).chain(above).find_map(|unit| self.of(unit)).map_or_else(|| self.top(), Ok)
    }
}

fn is_url(text: &str) -> bool {
    text.contains("://") || text.starts_with("localhost:") || text.parse::<std::net::SocketAddr>().is_ok()
}

fn url(text: &str) -> Result<Url, RegionFault> {
    let whole = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
    let fault = || RegionFault::Url { text: text.chars().take(80).collect() };
    let url: Url = whole.parse().map_err(|_| fault())?;
    if matches!(url.scheme(), "http" | "https") && url.has_host() { Ok(url) } else { Err(fault()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const READY: &str = r#"{"region":"jining","process":1,"seconds":1.5,"folder":"/x","units":[
        {"unit":"370811002001","name":"航运新村居委会","tier":"village","urls":["http://127.0.0.1:8408"],"nodes":[],
         "people":[{"name":"demo-agent-370811002001","role":"agent"}]},
        {"unit":"370800000000","name":"济宁市","tier":"city","urls":["http://127.0.0.1:8400","http://127.0.0.1:8401"],
         "nodes":[],"people":[]},
        {"unit":"370811000000","name":"任城区","tier":"county","urls":["http://127.0.0.1:8403"],"nodes":[],"people":[]}]}"#;

    #[test]
    fn units_are_found_by_code_name_and_path() {
        let region = Region::parse(READY).unwrap();
        assert_eq!(region.top().unwrap().name, "济宁市");
        for asked in ["370811", "370811 000 000", "任城区", "济宁市/任城区"] {
            assert_eq!(region.find(asked).unwrap().name, "任城区", "{asked}");
        }
        assert_eq!(region.find("许庄街道/航运新村居委会").unwrap().unit, "370811002001".parse().unwrap());
        assert_eq!(region.nearest("370811005001".parse().unwrap()).unwrap().name, "任城区");
        assert_eq!(region.nearest("370829001001".parse().unwrap()).unwrap().name, "济宁市");
    }

    #[test]
    fn what_is_not_found_is_told_with_its_code_and_candidates() {
        let region = Region::parse(READY).unwrap();
        let fault = region.find("曲阜市").unwrap_err();
        assert_eq!(fault.code(), "http.unit_elsewhere");
        assert!(fault.to_string().contains("370811000000 任城区"), "{fault}");
        let fault = region.find("无此村").unwrap_err();
        assert_eq!(fault.code(), "place.unknown");
        // A name that villages of several townships have.
        let fault = region.find("张庄村村委会").unwrap_err();
        assert_eq!(fault.code(), "place.ambiguous");
        assert!(fault.to_string().lines().count() > 2 && fault.to_string().contains("济宁市/"), "{fault}");
    }

    #[test]
    fn a_region_that_was_made_is_read_too() {
        let made = r#"{"region":"jining","operator":"programs/operator","nodes":[
            {"node":2,"unit":"370811000000","name":"任城区","tier":"county","http":"county.example:8400","folder":"b"},
            {"node":1,"unit":"370800000000","name":"济宁市","tier":"city","http":"10.0.0.1:8400","folder":"a"},
            {"node":3,"unit":"370800000000","name":"济宁市","tier":"city","http":"http://10.0.0.2:8400","folder":"c"}]}"#;
        let region = Region::parse(made).unwrap();
        let urls: Vec<String> = region.top().unwrap().urls.iter().map(Url::to_string).collect();
        assert_eq!(urls, ["http://10.0.0.1:8400/", "http://10.0.0.2:8400/"]);
        assert_eq!(region.units.len(), 2);
        for wrong in ["{}", "{\"region\":\"x\"}", "[", r#"{"region":"x","units":[{"unit":"37"}]}"#] {
            assert!(Region::parse(wrong).is_err(), "{wrong}");
        }
        let nowhere = Path::new("/nowhere/at/all");
        assert_eq!(Region::read(nowhere), Err(RegionFault::None(nowhere.to_owned())));
    }

    #[test]
    fn addresses_are_told_from_names() {
        for text in ["http://127.0.0.1:8400", "127.0.0.1:8400", "localhost:8400", "https://city.example/"] {
            assert!(is_url(text) && url(text).is_ok(), "{text}");
        }
        for text in ["任城区", "370811", "许庄街道/航运新村居委会"] {
            assert!(!is_url(text), "{text}");
        }
        assert!(url("ftp://x").is_err());
    }
}
