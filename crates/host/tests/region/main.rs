//! A small region in one process: real units, real consensus, disks in memory, links that are function calls.

mod journey;
mod world;
