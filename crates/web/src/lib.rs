//! HTTP: the JSON API under `/v1`, and plain pages in Chinese and English. The only crate that knows HTTP.
//!
//! Everything is asked of [`unit::UnitHandle`]: nothing is decided or kept here, so any node of a unit answers alike. Knows no
//! log, disk or link between units. Called by `node`, which gives a
//! [`Site`] and serves the [`router`].

mod api;
mod extract;
mod guard;
mod language;
mod pages;
mod papers;
mod passwords;
mod person;
mod places;
mod problem;
mod router;
mod second_factor;
mod sign_in;
mod site;

pub use api::sessions::code_hash as invitation_hash;
pub use person::{DemoPerson, DemoRole};
pub use problem::Problem;
pub use router::{openapi, router, serve};
pub use sign_in::invitation_code;
pub use site::{Limits, Readiness, Site};
