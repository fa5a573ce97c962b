//! Running programs, one line a step with its seconds.

use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, bail};

/// Measures a step for its line; the one place here that reads a clock.
#[expect(clippy::disallowed_methods, reason = "tells a person how long a step took; nothing depends on it")]
pub(crate) fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = std::time::Instant::now();
    let done = work();
    (done, start.elapsed())
}

/// Runs a program with its output on the terminal; says what is being done before, and how long it took after.
pub(crate) fn run(what: &str, command: &mut Command) -> anyhow::Result<()> {
    println!("[    ] {what} …");
    let (result, took) = timed(|| command.status());
    let status = result.with_context(|| format!("{what}: cannot start {:?}", command.get_program()))?;
    if !status.success() {
        bail!("{what}: {status}, from {}", line(command));
    }
    println!("[done] {what}: {:.1} s", took.as_secs_f64());
    Ok(())
}

/// What a program printed, when it ended well; else its complaint.
pub(crate) fn output(command: &mut Command) -> anyhow::Result<String> {
    let done = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("cannot start {}", command.get_program().to_string_lossy()))?;
    if !done.status.success() {
        bail!("{}: {}\n{}", line(command), done.status, String::from_utf8_lossy(&done.stderr).trim_end());
    }
    String::from_utf8(done.stdout).context("the output is not UTF-8")
}

/// Whether a program is there and answers.
pub(crate) fn answers(command: &mut Command) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// The command as a person would type it.
fn line(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
}
