//! Where the built programs are: beside the test that runs.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};

/// The path of a program of this workspace.
///
/// # Errors
/// The program is not built: says how to build it.
pub fn binary(name: &str) -> Result<PathBuf> {
    let test = std::env::current_exe().context("where this test is")?;
    // target/<profile>/deps/<test>
    let folder = test.parent().and_then(|deps| deps.parent()).context("the test is not in a target folder")?;
    let path = folder.join(name);
    if !path.is_file() {
        bail!(
            "{} is not built: run `cargo build --workspace --bins` first, as `cargo xtask test` does",
            path.display()
        );
    }
    Ok(path)
}
