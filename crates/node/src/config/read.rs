//! Reads a TOML file into its serde form, and turns what the parser says into typed faults with places.

use std::path::Path;
use std::sync::Arc;

use serde::de::DeserializeOwned;

use super::fault::{ConfigFault, UnknownKind};
use super::place::{Place, Source};

/// The file's serde form, and the file, to point at later.
///
/// # Errors
/// Missing, not TOML, or not of that form.
pub fn read<T: DeserializeOwned>(path: &Path) -> Result<(T, Arc<Source>), ConfigFault> {
    let text = std::fs::read_to_string(path)
        .map_err(|why| ConfigFault::File { path: path.to_owned(), why: why.to_string() })?;
    parse(path, text)
}

/// As [`read`], of a text that would lie at `path`.
///
/// # Errors
/// Not TOML, or not of that form.
pub fn parse<T: DeserializeOwned>(path: &Path, text: String) -> Result<(T, Arc<Source>), ConfigFault> {
    let source = Arc::new(Source { path: path.to_owned(), text });
    match toml::from_str(&source.text) {
        Ok(form) => Ok((form, source)),
        Err(why) => Err(fault(&source, &why)),
    }
}

fn fault(source: &Arc<Source>, why: &toml::de::Error) -> ConfigFault {
    let place = Place::new(source, why.span().unwrap_or(0..0));
    let what = why.message().trim_end().to_owned();
    // Whether the text is TOML at all: asked only once it is known to be wrong.
    if source.text.parse::<toml::Table>().is_err() {
        return ConfigFault::Syntax { place, what };
    }
    // serde's own sentences quote the word that came, then those that could have come.
    let mut quoted = what.split('`').skip(1).step_by(2).map(str::to_owned);
    let kind = match &what {
        w if w.starts_with("unknown field") => Some(UnknownKind::Key),
        w if w.starts_with("unknown variant") => Some(UnknownKind::Word),
        _ => None,
    };
    match (kind, quoted.next()) {
        (Some(kind), Some(word)) => ConfigFault::Unknown { place, kind, word, known: quoted.collect() },
        (None, Some(key)) if what.starts_with("missing field") => ConfigFault::Missing { place, key },
        _ => ConfigFault::Value { place, what },
    }
}
