//! What makes a process a member of its unit: certificate, keys and the signed directory, checked against its settings and
//! against the tier that the program runs.

use domain::division::Tier;
use protocol::directory::{Directory, UnitListing};
use protocol::seam::Peer;
use transport::authority::NodeKeys;
use transport::{Credentials, Identity};

use crate::config::{Config, ConfigFault};

/// A node's place in its region, checked.
#[derive(Debug)]
pub struct Membership {
    /// Which node of which life of which unit.
    pub peer: Peer,
    /// Its unit, as the directory lists it.
    pub listing: UnitListing,
    /// Its keys.
    pub keys: NodeKeys,
    /// What it shows on a link.
    pub credentials: Credentials,
    /// Whom it knows.
    pub directory: Directory,
}

impl Membership {
    /// Reads the region's folder that the settings name. `tier` is what the program runs; any where `None`.
    ///
    /// # Errors
    /// Files that are missing or do not fit each other, a node that is not listed, a unit of another tier.
    pub fn read(config: &Config, tier: Option<Tier>) -> Result<Self, ConfigFault> {
        let credentials_fault = |why: &dyn std::fmt::Display| ConfigFault::Credentials {
            place: config.region_place().clone(),
            why: why.to_string(),
        };
        let keys = NodeKeys::read(&config.region).map_err(|why| credentials_fault(&why))?;
        let directory = keys.directory().map_err(|why| credentials_fault(&why))?;
        let credentials = keys.credentials().map_err(|why| credentials_fault(&why))?;

        let listed: Vec<_> = directory.nodes_of(config.unit).map(|node| node.node).collect();
        let listing = match directory.unit(config.unit) {
            Some(listing) if listed.contains(&config.node) => listing.clone(),
            _ => {
                // The unit is pointed at when it is the one that is unknown.
                let place = if listed.is_empty() { config.unit_place() } else { config.node_place() };
                return Err(ConfigFault::Node { place: place.clone(), node: config.node, unit: config.unit, listed });
            }
        };
        if let Some(program) = tier
            && program != listing.tier
        {
            return Err(ConfigFault::Tier {
                place: config.unit_place().clone(),
                unit: config.unit,
                name: listing.name,
                tier: listing.tier,
                program,
            });
        }
        let peer = Peer { unit: config.unit, generation: listing.generation, node: config.node };
        let expected = Identity::of_node(directory.region().clone(), peer);
        if credentials.identity != expected {
            let why = format!("the certificate is {}, this node is {expected}", credentials.identity);
            return Err(credentials_fault(&why));
        }
        Ok(Self { peer, listing, keys, credentials, directory })
    }
}
