//! Composition: one process that is a node. The only place where store and transport meet.

pub mod evidence;
