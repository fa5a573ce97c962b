//! The least real ground.
