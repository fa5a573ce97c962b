//! Stories with the real binaries: kill -9, cut links, restarts, searched disks.

#![expect(clippy::print_stdout, reason = "what a story says of itself goes to the captured output")]

mod accounts;
mod catalogue;
mod cut_county;
mod files;
mod hostile_relay;
mod logs;
mod mirror;
mod restart;
mod voters;
