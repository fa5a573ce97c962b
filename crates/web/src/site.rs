//! What a node gives to be served, and what every handler shares.

use std::sync::Arc;
use std::time::Duration;

use domain::digest::ContentHash;
use domain::division::DivisionTree;
use domain::ids::UnitId;
use tokio::sync::Semaphore;
use unit::{FileKeeper, UnitHandle};

use crate::passwords::Passwords;
use crate::person::DemoPerson;
use crate::places::Places;
use crate::sign_in::FAILED_AFTER;

/// All that pages and programs reach through one node.
#[derive(Clone)]
pub struct Site {
    /// The units that this node has a replica of. `/v1/…` is for the only one; `/v1/units/{unit}/…` names one of several.
    pub units: Vec<Arc<dyn UnitHandle>>,
    /// The region's places.
    pub divisions: Arc<DivisionTree>,
    /// Who may be picked without signing in: for trying things out. Where there is none, only accounts act.
    pub people: Vec<DemoPerson>,
    /// Whether browsers reach it over TLS, which a proxy in front ends: sessions are then for that host and TLS alone.
    pub behind_tls: bool,
    /// 256 random bits: for tokens, codes, secrets and salts.
    pub secret: Arc<dyn Fn() -> [u8; 32] + Send + Sync>,
    /// The hashes of the two codes by which a unit's first two accounts are opened, where the node was brought some.
    pub first_codes: Arc<dyn Fn() -> Option<[ContentHash; 2]> + Send + Sync>,
    /// Whether the node can serve, for `/readyz`.
    pub ready: Arc<dyn Fn() -> Readiness + Send + Sync>,
    /// The node's metrics in the OpenMetrics text form, for `/metrics`.
    pub metrics: Arc<dyn Fn() -> String + Send + Sync>,
    /// A new idempotency key for a form, never given before: 1–128 visible ASCII characters.
    pub form_key: Arc<dyn Fn() -> String + Send + Sync>,
    /// The electronic seals that this node keeps for the bodies of its units.
    pub seals: Arc<dyn seal::Seal>,
    /// Keeps the files of materials.
    pub files: Arc<dyn FileKeeper>,
    /// What one client may take.
    pub limits: Limits,
}

/// Whether a node can serve.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Readiness {
    /// What is still missing, one sentence each; ready when nothing is.
    pub missing: Vec<String>,
    /// What people have to look at though the node serves, one sentence each.
    pub alarms: Vec<String>,
}

/// What one client may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The longest body of a request: an application with a long form stays far below.
    pub body_bytes: usize,
    /// The longest catalogue to be published.
    pub catalogue_bytes: usize,
    /// How long a request may take until its answer begins.
    pub request: Duration,
    /// How many requests are worked on at once; more are told to come back.
    pub requests: usize,
    /// How many timelines are followed at once; each holds a connection.
    pub followers: usize,
    /// That somebody is not signed in is told no sooner, whatever the reason.
    pub failed_after: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes: 256 * 1024,
            catalogue_bytes: 16 * 1024 * 1024,
            request: Duration::from_secs(30),
            requests: 512,
            followers: 256,
            failed_after: FAILED_AFTER,
        }
    }
}

/// What handlers share.
pub(crate) struct Shared {
    pub(crate) site: Site,
    pub(crate) places: Places,
    pub(crate) requests: Arc<Semaphore>,
    pub(crate) followers: Arc<Semaphore>,
    pub(crate) passwords: Passwords,
}

impl Shared {
    pub(crate) fn new(site: Site) -> Self {
        Self {
            places: Places(site.divisions.clone()),
            requests: Arc::new(Semaphore::new(site.limits.requests)),
            followers: Arc::new(Semaphore::new(site.limits.followers)),
            passwords: Passwords::start(),
            site,
        }
    }

    pub(crate) fn unit(&self, unit: UnitId) -> Option<&Arc<dyn UnitHandle>> {
        self.site.units.iter().find(|handle| handle.unit() == unit)
    }
}
