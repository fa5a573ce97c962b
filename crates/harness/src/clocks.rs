//! Wall clocks of nodes that run as processes, set from outside by libfaketime: each reads a file of its own, again and again.
//! Monotonic time is left alone, so elections and links live in real time however the wall clocks leap.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::Result;

/// Debian's package `faketime`, by machine.
const LIBRARIES: [&str; 3] = [
    "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1",
    "/usr/lib/aarch64-linux-gnu/faketime/libfaketimeMT.so.1",
    "/usr/lib/faketime/libfaketimeMT.so.1",
];

/// The clocks of a region's processes.
#[derive(Debug)]
pub(crate) struct Clocks {
    folder: PathBuf,
    library: PathBuf,
}

impl Clocks {
    /// With files in a folder; `None` where the library is not installed.
    pub(crate) fn find(folder: &Path) -> Option<Self> {
        let library = LIBRARIES.iter().map(PathBuf::from).find(|path| path.is_file())?;
        Some(Self { folder: folder.to_owned(), library })
    }

    /// A process's clock is so many milliseconds ahead of the machine's from now on.
    pub(crate) fn set(&self, process: &str, ahead_millis: i64) -> Result<()> {
        // Replaced whole: a clock that is read at this moment shows the old time or the new one.
        let (now, next) = (self.file(process), self.folder.join(format!("{process}.next")));
        std::fs::write(&next, format!("{}.{:03}\n", Whole(ahead_millis), ahead_millis.unsigned_abs() % 1000))?;
        Ok(std::fs::rename(next, now)?)
    }

    /// What a process has in its environment.
    pub(crate) fn environment(&self, process: &str) -> Vec<(OsString, OsString)> {
        let text = |name: &str, value: &str| (OsString::from(name), OsString::from(value));
        vec![
            ("LD_PRELOAD".into(), self.library.clone().into()),
            ("FAKETIME_TIMESTAMP_FILE".into(), self.file(process).into()),
            text("FAKETIME_NO_CACHE", "1"),
            text("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
            text("DONT_FAKE_MONOTONIC", "1"),
        ]
    }

    fn file(&self, process: &str) -> PathBuf {
        self.folder.join(process)
    }
}

/// Whole seconds of a number of milliseconds, with its sign even where they are 0.
struct Whole(i64);

impl std::fmt::Display for Whole {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}{}", if self.0 < 0 { '-' } else { '+' }, self.0.unsigned_abs() / 1000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_is_written_with_its_sign_and_milliseconds() {
        let folder = tempfile::tempdir().unwrap();
        let clocks = Clocks { folder: folder.path().to_owned(), library: PathBuf::new() };
        for (millis, text) in [(1_500, "+1.500\n"), (-250, "-0.250\n"), (0, "+0.000\n"), (-86_400_001, "-86400.001\n")]
        {
            clocks.set("7", millis).unwrap();
            assert_eq!(std::fs::read_to_string(folder.path().join("7")).unwrap(), text);
        }
    }
}
