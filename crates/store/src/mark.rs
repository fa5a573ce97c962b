//! The mark of a data folder: whose it is, in words that an operator can read, and a checksum against slips of the hand.

use std::fmt;

use domain::ids::{Generation, NodeId, UnitId};
use rand::TryRng;
use serde::{Deserialize, Serialize};

/// The newest form of a data folder. Rises when an older release could no longer read what is written.
pub const FORMAT: u32 = 1;

/// Who opens a folder, as its certificate says: one node of one life of one unit of one region.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// The region, e.g. `jining`.
    pub region: String,
    /// The unit that the node is a replica of.
    pub unit: UnitId,
    /// Which life of the unit.
    pub generation: Generation,
    /// The node.
    pub node: NodeId,
}

/// One folder's own name, made with it at random. Peers keep it: a folder made anew is another voter (protocol.md §9).
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Incarnation(pub [u8; 16]);

impl Incarnation {
    /// A new one, from the system's randomness.
    pub(crate) fn mint() -> Result<Self, String> {
        let mut bytes = [0; 16];
        rand::rngs::SysRng.try_fill_bytes(&mut bytes).map_err(|why| why.to_string())?;
        Ok(Self(bytes))
    }
}

impl fmt::Display for Incarnation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for Incarnation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Incarnation({self})")
    }
}

/// What the mark says, and the database once more: files of two folders that were mixed are noticed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// Whose folder it is.
    pub identity: Identity,
    /// The folder's own name.
    pub incarnation: Incarnation,
}

domain::first_form! {
    128: Mark;
}

/// Why a mark cannot be read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum MarkFault {
    /// A newer release wrote it.
    Newer(u64),
    /// Not a mark, or changed.
    Damaged(String),
}

const HEAD: &str = "\
# The data folder of one node of tongban. Neither edit nor copy it: a node refuses a folder that is not its own,
# and a copy that runs beside its original would vote twice.
";

/// The file as TOML. Numbers that may not fit into TOML's signed integers are texts.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct MarkFile {
    format: u32,
    region: String,
    unit: UnitId,
    generation: u32,
    node: String,
    incarnation: String,
    check: String,
}

impl MarkFile {
    fn check(&self) -> String {
        let Self { format, region, unit, generation, node, incarnation, check: _ } = self;
        let fields = format!("{format}\n{region}\n{unit}\n{generation}\n{node}\n{incarnation}\n");
        format!("{:08x}", crc32fast::hash(fields.as_bytes()))
    }
}

impl Mark {
    /// The file's text.
    pub(crate) fn to_text(&self) -> Result<String, String> {
        let Identity { region, unit, generation, node } = &self.identity;
        let mut file = MarkFile {
            format: FORMAT,
            region: region.clone(),
            unit: *unit,
            generation: generation.0,
            node: node.to_string(),
            incarnation: self.incarnation.to_string(),
            check: String::new(),
        };
        file.check = file.check();
        toml::to_string(&file).map(|fields| format!("{HEAD}{fields}")).map_err(|why| why.to_string())
    }

    /// What a file's text says. The format is looked at before anything else: a newer one may have other fields.
    pub(crate) fn from_text(text: &str) -> Result<Self, MarkFault> {
        let damaged = |why: String| MarkFault::Damaged(format!("MARK: {why}"));
        let table: toml::Table = toml::from_str(text).map_err(|why| damaged(why.message().to_owned()))?;
        let format = table.get("format").and_then(toml::Value::as_integer).and_then(|format| format.try_into().ok());
        match format {
            None => return Err(damaged("it names no format".to_owned())),
            Some(format) if format > u64::from(FORMAT) => return Err(MarkFault::Newer(format)),
            Some(_) => {}
        }
        let file: MarkFile = table.try_into().map_err(|why: toml::de::Error| damaged(why.message().to_owned()))?;
        let expected = file.check();
        if file.check != expected {
            return Err(damaged(format!("its checksum {} does not fit {expected}: it was changed", file.check)));
        }
        let node = file.node.parse().map_err(|_| damaged(format!("{:?} is not a node's number", file.node)))?;
        let mut incarnation = [0; 16];
        hex::decode_to_slice(&file.incarnation, &mut incarnation)
            .map_err(|_| damaged(format!("{:?} is not an incarnation", file.incarnation)))?;
        let generation = Generation(file.generation);
        let identity = Identity { region: file.region, unit: file.unit, generation, node: NodeId(node) };
        Ok(Self { identity, incarnation: Incarnation(incarnation) })
    }
}

impl Identity {
    /// The first thing in which a folder's identity is another: name, whose the folder is, whose it should be.
    pub(crate) fn difference(&self, found: &Self) -> Option<(&'static str, String, String)> {
        let pairs = [
            ("region", found.region.clone(), self.region.clone()),
            ("unit", found.unit.to_string(), self.unit.to_string()),
            ("generation", found.generation.0.to_string(), self.generation.0.to_string()),
            ("node", found.node.to_string(), self.node.to_string()),
        ];
        pairs.into_iter().find(|(_, found, expected)| found != expected)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark() -> Mark {
        let unit = UnitId::new(370_811_002_001).unwrap();
        let identity =
            Identity { region: "jining".to_owned(), unit, generation: Generation(2), node: NodeId(u64::MAX) };
        Mark { identity, incarnation: Incarnation([0xAB; 16]) }
    }

    #[test]
    fn a_mark_is_read_back_and_its_text_is_kept() {
        let text = mark().to_text().unwrap();
        assert_eq!(Mark::from_text(&text), Ok(mark()));
        // The golden text of format 1.
        let fields = "format = 1\nregion = \"jining\"\nunit = \"370811002001\"\ngeneration = 2\n\
                      node = \"18446744073709551615\"\nincarnation = \"abababababababababababababababab\"\n";
        assert!(text.strip_prefix(HEAD).unwrap().starts_with(fields), "{text}");
    }

    #[test]
    fn every_changed_field_is_noticed() {
        let text = mark().to_text().unwrap();
        let changes = [
            ("jining", "jinan"),
            ("370811002001", "370811002002"),
            ("generation = 2", "generation = 3"),
            ("18446744073709551615", "7"),
            ("abab", "abac"),
            ("region", "regions"),
            ("format = 1", "format = one"),
        ];
        for (from, to) in changes {
            let changed = Mark::from_text(&text.replacen(from, to, 1));
            assert!(matches!(changed, Err(MarkFault::Damaged(_))), "{from} → {to}: {changed:?}");
        }
        let newer = text.replace("format = 1", "format = 2\nshape = \"other\"");
        assert_eq!(Mark::from_text(&newer), Err(MarkFault::Newer(2)));
    }
}
