//! Simulation as a product: scenario files, the worlds in which they are played, faults, invariants, transcripts and reports.
//!
//! One scenario file is played at several fidelities (architecture §7). Here are `core` (rules and leader duties over perfect
//! logs) and `consensus` (the same `host`, `unit` and `domain` over openraft, on a simulated runtime, network, disk and clock).
//! Real processes and containers implement the same [`ground::Ground`] in `harness`. Nothing in here is shipped with a node.
//!
//! The way of one run: [`scenario`] is read from a file or made by a generator; [`play`] does its steps on a ground, which
//! tells everything that happens as [`ground::Event`]s; [`observe`] reads them and [`invariants`] look at every one of them; what came of it is a
//! [`play::Played`], from which transcript and [`report`] are written.

pub mod coverage;
pub mod generate;
pub mod ground;
pub mod invariants;
pub mod observe;
pub mod play;
pub mod report;
pub mod run;
pub mod scenario;
pub mod shrink;
