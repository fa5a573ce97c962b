//! Sessions that `tongban sign-in` keeps: one file in the user's configuration, readable by its owner alone.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::PathBuf;

use domain::ids::UnitId;
use reqwest::Url;
use serde::{Deserialize, Serialize};

/// A session at one unit. Never printed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Saved {
    /// The account.
    pub(crate) name: String,
    /// For `Authorization: Bearer`.
    pub(crate) token: String,
}

impl std::fmt::Debug for Saved {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Saved").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Under a unit's code, or under the address of a node whose unit was not named.
type All = BTreeMap<String, Saved>;

fn path() -> io::Result<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let folder = set("XDG_CONFIG_HOME").or_else(|| set("HOME").map(|home| home.join(".config")));
    let folder = folder.ok_or_else(|| io::Error::other("neither XDG_CONFIG_HOME nor HOME is set"))?;
    Ok(folder.join("tongban").join("sessions.json"))
}

/// Under which names a client's session is kept, the best first.
pub(crate) fn names(urls: &[Url], unit: Option<UnitId>) -> Vec<String> {
    let address = |url: &Url| Some(format!("{}:{}", url.host_str()?, url.port_or_known_default()?));
    unit.map(|unit| unit.to_string()).into_iter().chain(urls.iter().filter_map(address)).collect()
}

fn all() -> io::Result<All> {
    match fs::read(path()?) {
        Ok(bytes) => serde_json::from_slice(&bytes).map_err(io::Error::other),
        Err(why) if why.kind() == io::ErrorKind::NotFound => Ok(All::new()),
        Err(why) => Err(why),
    }
}

/// The session of the first of these names that has one. A file that cannot be read counts as none: who acts is then told.
pub(crate) fn find(names: &[String]) -> Option<Saved> {
    let all = all().ok()?;
    names.iter().find_map(|name| all.get(name).cloned())
}

/// Keeps a session under these names, or forgets what is kept under them.
///
/// # Errors
/// What the system said of the file.
pub(crate) fn keep(names: &[String], saved: Option<&Saved>) -> io::Result<PathBuf> {
    let path = path()?;
    let mut all = all()?;
    for name in names {
        match saved {
            Some(saved) => drop(all.insert(name.clone(), saved.clone())),
            None => drop(all.remove(name)),
        }
    }
    if let Some(folder) = path.parent() {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    // Beside its place and moved there; what an interrupted write left may have other rights, and is not written into.
    let beside = path.with_added_extension("new");
    match fs::remove_file(&beside) {
        Err(why) if why.kind() != io::ErrorKind::NotFound => return Err(why),
        _ => {}
    }
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside)?;
    file.write_all(&serde_json::to_vec_pretty(&all)?)?;
    file.sync_all()?;
    fs::rename(&beside, &path)?;
    Ok(path)
}
