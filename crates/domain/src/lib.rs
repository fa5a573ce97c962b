//! Words and rules of government service on a tree of units, pure.
//!
//! Holds the division tree, the catalogue, cases, legal time, routing, the handoff between units, commands and `apply`.
//! Does not know clocks, randomness, files, networks or threads: what needs them is computed before and carried by the command.
//! Called by `protocol` (the overlay that runs `apply`), `unit` (leader duties) and by every simulation.

pub mod accounts;
pub mod audit;
pub mod calendar;
pub mod cards;
pub mod case;
pub mod catalogue;
pub mod check;
pub mod claims;
pub mod clocks;
pub mod codec;
pub mod codes;
pub mod command;
pub mod concerns;
pub mod digest;
pub mod division;
pub mod files;
pub mod flow;
pub mod handoff;
pub mod hearing;
pub mod identifiers;
pub mod ids;
pub mod legal;
pub mod licence;
pub mod listing;
pub mod mail;
pub mod mirror;
#[cfg(mutants)]
pub mod mutants;
pub mod papers;
pub mod principal;
pub mod recovery;
pub mod refusal;
pub mod routing;
pub mod sample;
pub mod sealed;
pub mod store;
pub mod stretch;
#[cfg(test)]
mod support;
pub mod tables;
pub mod text;
pub mod time;

pub use command::apply;
