//! Stories told by real programs: see `tests/`. There is nothing to call here.
