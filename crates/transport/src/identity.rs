//! Who a certificate says its holder is: a URI name `spiffe://REGION/unit/CODE/gen/G/node/N`, or `spiffe://REGION/client/NAME`
//! for a program that is no node, and a DNS name that says the same for those who dial.

use std::fmt;
use std::str::FromStr;

use domain::ids::{Generation, NodeId, UnitId};
use domain::text::Malformed;
use protocol::directory::{Directory, RegionName};
use protocol::seam::Peer;
use rustls::pki_types::CertificateDer;
use x509_parser::extensions::GeneralName;
use x509_parser::parse_x509_certificate;

/// Of whom a certificate speaks.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Identity {
    /// Whose authority gave the certificate.
    pub region: RegionName,
    /// Who it is.
    pub holder: Holder,
}

/// A node, or a program.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Holder {
    /// A replica of a unit.
    Node(Peer),
    /// A program or an operator's command line: may ask, and is no part of any unit.
    Program(ProgramName),
}

/// What the authority calls a program: 1–40 small letters, digits and inner dashes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProgramName(String);

impl ProgramName {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ProgramName {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        // A region's name has the same letters; only the length differs.
        match text.parse::<RegionName>() {
            Ok(_) if text.len() <= 40 => Ok(Self(text.to_owned())),
            _ => Err(Malformed::new("program name", text, "1 to 40 small letters, digits and inner dashes")),
        }
    }
}

impl fmt::Display for ProgramName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Identity {
    /// The URI.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let region = &self.region;
        match &self.holder {
            Holder::Node(Peer { unit, generation, node }) => {
                write!(f, "spiffe://{region}/unit/{unit}/gen/{}/node/{node}", generation.0)
            }
            Holder::Program(name) => write!(f, "spiffe://{region}/client/{name}"),
        }
    }
}

impl FromStr for Identity {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        const FORM: &str = "spiffe://REGION/unit/CODE/gen/G/node/N or spiffe://REGION/client/NAME";
        let malformed = || Malformed::new("identity", text, FORM);
        let parts: Vec<&str> = text.strip_prefix("spiffe://").ok_or_else(malformed)?.split('/').collect();
        let (region, holder) = match parts.as_slice() {
            [region, "unit", unit, "gen", generation, "node", node] => {
                let unit: UnitId = unit.parse()?;
                let generation = Generation(generation.parse().map_err(|_| malformed())?);
                let node = NodeId(node.parse().map_err(|_| malformed())?);
                (region, Holder::Node(Peer { unit, generation, node }))
            }
            [region, "client", name] => (region, Holder::Program(name.parse()?)),
            _ => return Err(malformed()),
        };
        let identity = Self { region: region.parse()?, holder };
        // One identity has one spelling: no leading zeros, signs or short codes.
        if identity.to_string() == text { Ok(identity) } else { Err(malformed()) }
    }
}

impl Identity {
    /// A node of a region.
    pub fn of_node(region: RegionName, peer: Peer) -> Self {
        Self { region, holder: Holder::Node(peer) }
    }

    /// The node, unless it is a program.
    pub fn node(&self) -> Option<Peer> {
        match self.holder {
            Holder::Node(peer) => Some(peer),
            Holder::Program(_) => None,
        }
    }

    /// The DNS name in the certificate, by which it is dialed.
    pub fn dns_name(&self) -> String {
        match &self.holder {
            Holder::Node(peer) => format!("node-{}.unit-{}.{}", peer.node, peer.unit, self.region),
            Holder::Program(name) => format!("{name}.client.{}", self.region),
        }
    }

    /// What a certificate says, whoever signed it: the chain is checked elsewhere, before.
    ///
    /// # Errors
    /// Not exactly one URI name, or one of another form.
    pub fn of_certificate(certificate: &CertificateDer<'_>) -> Result<Self, Malformed> {
        let unreadable = || Malformed::new("node certificate", "", "X.509 with one URI name");
        let (_, parsed) = parse_x509_certificate(certificate).map_err(|_| unreadable())?;
        let names = parsed.subject_alternative_name().map_err(|_| unreadable())?.ok_or_else(unreadable)?;
        let mut uris = names.value.general_names.iter().filter_map(|name| match name {
            GeneralName::URI(uri) => Some(*uri),
            _ => None,
        });
        match (uris.next(), uris.next()) {
            (Some(uri), None) => uri.parse(),
            _ => Err(unreadable()),
        }
    }

    /// Whether the directory knows its holder as what the certificate says: the node, its unit and that unit's life. A program
    /// needs a certificate of the region only.
    pub fn is_listed(&self, directory: &Directory) -> bool {
        if self.region != *directory.region() {
            return false;
        }
        let Holder::Node(peer) = &self.holder else { return true };
        let lives = directory.unit(peer.unit).is_some_and(|unit| unit.generation == peer.generation);
        lives && directory.node(peer.node).is_some_and(|node| node.unit == peer.unit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identity_has_one_spelling() {
        for text in ["spiffe://jining/unit/370811002001/gen/2/node/17", "spiffe://jining/client/operator"] {
            assert_eq!(text.parse::<Identity>().map(|identity| identity.to_string()), Ok(text.to_owned()));
        }
        for wrong in [
            "",
            "https://jining/client/operator",
            "spiffe://jining/unit/370811/gen/2/node/17",
            "spiffe://jining/unit/370811002001/gen/02/node/17",
            "spiffe://jining/unit/370811002001/gen/2/node/+17",
            "spiffe://jining/unit/370811002001/gen/2/node/17/",
            "spiffe://Jining/client/operator",
            "spiffe://jining/client/",
            "spiffe://jining/client/a/b",
        ] {
            assert!(wrong.parse::<Identity>().is_err(), "{wrong}");
        }
    }
}
