//! Where the built programs are: beside the test or program that runs.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};

/// The path of a program of this workspace.
///
/// # Errors
/// The program is not built: says how to build it.
pub fn binary(name: &str) -> Result<PathBuf> {
    let own = std::env::current_exe().context("where this program is")?;
    // target/<profile>/tongban, or target/<profile>/deps/<test>
    let beside = own.parent().context("this program is in no folder")?;
    let folder = if beside.ends_with("deps") { beside.parent().unwrap_or(beside) } else { beside };
    let path = folder.join(name);
    if !path.is_file() {
        bail!(
            "{} is not built: run `cargo build --workspace --bins` first, as `cargo xtask test` does",
            path.display()
        );
    }
    Ok(path)
}

/// Whether a program loads shared libraries when it starts, so that one can be put before the others.
pub(crate) fn is_dynamic(path: &std::path::Path) -> Result<bool> {
    use std::io::Read as _;
    // The name of the loader stands near the beginning of such a program.
    let mut head = vec![0; 4096];
    let read = std::fs::File::open(path)?.read(&mut head)?;
    Ok(head[..read].windows(9).any(|window| window == b"/ld-linux"))
}
