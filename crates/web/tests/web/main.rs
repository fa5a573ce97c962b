//! The HTTP interface over a real unit in memory: API, problems, timeline, pages, document and words.

mod accounts;
mod api;
mod concerns;
mod document;
mod files;
mod flow;
mod handling;
mod local;
mod pages;
mod papers;
mod problems;
mod proposals;
mod search;
mod shelf;
mod timeline;
mod words;
