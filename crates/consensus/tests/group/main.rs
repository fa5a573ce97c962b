//! Real openraft groups in one process, on both implementations of the seams.

mod cluster;
mod faults;
mod lead;
mod restart;
mod returned;
mod snapshot;
mod suite;
mod support;
mod voters;
