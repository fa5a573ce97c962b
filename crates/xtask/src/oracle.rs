//! The oracle of legal time (`tests/oracle`): a Python of its own with one pinned package, and the comparison with any number of
//! random timelines.

use anyhow::{Context as _, bail};

use crate::machine::{Machine, Need};
use crate::steps;

/// What a comparison was asked for.
#[derive(Debug, PartialEq, Eq)]
struct Request {
    timelines: u64,
    seed: u64,
}

/// Sets up and compares.
pub(crate) fn run(machine: &Machine, arguments: &[String]) -> anyhow::Result<()> {
    let Request { timelines, seed } = read(arguments)?;
    machine.set_up(&[Need::Build, Need::Test])?;
    let mut command = machine.cargo();
    // The profile of long runs: it waits, and shows what the comparison met.
    command.args(["nextest", "run", "--workspace", "--locked", "--profile", "soak", "--test", "legal_oracle"]);
    command.env("TONGBAN_TIMELINES", timelines.to_string()).env("TONGBAN_SEED", seed.to_string());
    steps::run(&format!("{timelines} timelines of seed {seed}"), &mut command)
}

/// Makes the oracle's Python where it is not: the package in the pinned version, by its hash.
pub(crate) fn set_up(machine: &Machine) -> anyhow::Result<()> {
    let python = machine.oracle_python();
    let imports = "import chinese_calendar.constants, importlib.metadata as m, sys; \
                   sys.exit(m.version('chinese_calendar') != sys.argv[1])";
    let requirements = machine.root().join("tests/oracle/requirements.txt");
    let pinned = std::fs::read_to_string(&requirements).context("tests/oracle/requirements.txt")?;
    let version =
        pinned.split_whitespace().next().and_then(|line| line.split_once("==")).context("no pinned version")?.1;
    if python.is_file() && steps::answers(machine.command(&python).args(["-c", imports, version])) {
        return Ok(());
    }
    let folder = python.ancestors().nth(2).context("the oracle's folder")?;
    steps::run("make the oracle's Python", machine.command("python3").args(["-m", "venv", "--clear"]).arg(folder))?;
    let mut install = machine.command(&python);
    install.args(["-m", "pip", "install", "-q", "--disable-pip-version-check", "--require-hashes", "-r"]);
    steps::run("install chinese_calendar for it", install.arg(&requirements))
}

/// `--timelines N` and `--seed S`.
fn read(arguments: &[String]) -> anyhow::Result<Request> {
    let mut request = Request { timelines: 20_000, seed: 1 };
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        let field = match argument.as_str() {
            "--timelines" => &mut request.timelines,
            "--seed" => &mut request.seed,
            other => bail!("{other:?} is neither --timelines N nor --seed S"),
        };
        let text = rest.next().with_context(|| format!("{argument} wants a number"))?;
        *field = text.parse().with_context(|| format!("{argument} {text}: no number"))?;
    }
    if request.timelines == 0 {
        bail!("--timelines 0 compares nothing");
    }
    Ok(request)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_read() {
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(read(&[]).unwrap(), Request { timelines: 20_000, seed: 1 });
        assert_eq!(read(&words("--seed 7 --timelines 10")).unwrap(), Request { timelines: 10, seed: 7 });
        for bad in ["--seed", "--seed x", "--timelines 0", "10"] {
            assert!(read(&words(bad)).is_err(), "{bad}");
        }
    }
}
