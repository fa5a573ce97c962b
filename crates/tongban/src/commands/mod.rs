//! The subcommands. A new one is a file here, a variant of [`Command`] and an arm of [`Cli::run`].

mod account;
mod audit;
mod bench;
mod case;
mod catalogue;
mod dev;
mod matter;
mod ratings;
mod region;
mod route;
mod scenario;
mod sign_in;
mod status;
mod time;
mod unit;
mod verify;

use std::future::Future;
use std::io::Write;

use clap::{Parser, Subcommand, ValueEnum};
use comfy_table::{ContentArrangement, LineStyle, Table, TableStyle, presets};
use rand::TryRng;

use crate::client::{ClientFault, RegionFault};

/// 通办: run, watch and try a region of city, counties, townships and villages.
#[derive(Debug, Parser)]
#[command(name = "tongban", version, propagate_version = true, arg_required_else_help = true, after_help = AFTER_HELP)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Command,
}

const AFTER_HELP: &str = "\
A unit is named by its code or name, e.g. 370811, 任城区, 许庄街道/航运新村居委会, or by a node's URL. Codes and names are looked up\n\
in the folder of the running region (--dir, ./tongban-dev where left out). A case's number says where it was received, so that\n\
most commands find it without --at.\n\
\n\
Exit codes: 0 done; 1 it failed or was refused, with the code of docs/errors.md; 2 the command line is wrong; 3 what was given\n\
(a file, a place's name) cannot be taken as it stands.";

#[derive(Debug, Subcommand)]
enum Command {
    /// Start a small Jining in this process, to try things out. Not for production.
    Dev(dev::Dev),
    /// Make the keys, certificates and configuration of a region.
    Region(region::Region),
    SignIn(sign_in::SignIn),
    SignOut(sign_in::SignOut),
    Account(account::Account),
    /// The region at a glance: who leads, who lags, what waits.
    Status(status::Status),
    /// The catalogue of matters: check it, publish it, write it out, compare two.
    Catalogue(catalogue::Catalogue),
    /// Matters that people can apply for.
    Matter(matter::Matter),
    /// Which authority decides a matter for a place, and why.
    Route(route::Route),
    /// 办件: hand in an application, follow it, accept, decide and deliver it.
    Case(case::Case),
    /// 好差评: how a unit was rated, and what it owes to people who rated badly, urged or complained.
    Ratings(ratings::Ratings),
    /// A unit's voters, shown and changed; what its data folder proves.
    Unit(unit::Unit),
    /// Proofs of what was done, by whom, under which rules: for who trusts neither side.
    Audit(audit::Audit),
    /// Judge a proof, a bundle or a data folder by the region directory's keys alone.
    Verify(verify::Verify),
    /// Play scenarios: partitions, crashes, clocks, handoffs; every run can be played again exactly.
    Scenario(scenario::Scenario),
    /// Legal time: last days and how they are found, and the rules behind them.
    Time(time::Time),
    /// Measure what this machine gives.
    Bench(bench::Bench),
}

impl Cli {
    /// Does what was asked.
    ///
    /// # Errors
    /// What to print, and the exit code.
    pub(crate) fn run(self) -> Result<(), Failure> {
        match self.command {
            Command::Dev(dev) => dev.run(),
            Command::Region(region) => region.run(),
            Command::SignIn(sign_in) => sign_in.run(),
            Command::SignOut(sign_out) => sign_out.run(),
            Command::Account(account) => account.run(),
            Command::Status(status) => status.run(),
            Command::Catalogue(catalogue) => catalogue.run(),
            Command::Matter(matter) => matter.run(),
            Command::Route(route) => route.run(),
            Command::Case(case) => case.run(),
            Command::Ratings(ratings) => ratings.run(),
            Command::Unit(unit) => unit.run(),
            Command::Audit(audit) => audit.run(),
            Command::Verify(verify) => verify.run(),
            Command::Scenario(scenario) => scenario.run(),
            Command::Time(time) => time.run(),
            Command::Bench(bench) => bench.run(),
        }
    }
}

/// In which form answers are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Output {
    /// For people.
    #[default]
    Text,
    /// For programs: what the node answered.
    Json,
}

/// Prints for programs.
fn print_json(value: &serde_json::Value) {
    print(format_args!("{value:#}"));
}

/// Prints a whole answer. Whoever reads it may have had enough (`head`, a pager that was left): that is no fault.
fn print(text: impl std::fmt::Display) {
    let mut out = std::io::stdout().lock();
    if writeln!(out, "{text}").and_then(|()| out.flush()).is_err() {
        std::process::exit(0);
    }
}

/// A list: one line a row, a line below the head; on a terminal not wider than it.
fn columns<const COLUMNS: usize>(head: [&str; COLUMNS]) -> Table {
    const RULE: TableStyle = presets::NOTHING.header_separator(LineStyle::new(' ', '─', ' ', ' '));
    let mut table = Table::new();
    table.load_style(RULE).set_header(head).set_content_arrangement(ContentArrangement::Dynamic);
    table
}

/// A key that was never given before, for an act that is to be done once.
fn new_key() -> Result<String, rand::rngs::SysError> {
    let mut bytes = [0; 16];
    rand::rngs::SysRng.try_fill_bytes(&mut bytes)?;
    Ok(uuid::Builder::from_random_bytes(bytes).into_uuid().to_string())
}

/// The same, for a command that ends where the system gives none.
fn fresh_key() -> Result<String, Failure> {
    new_key().map_err(Failure::failed)
}

/// Runs what asks nodes to its end.
fn block_on(work: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Failure::failed)?;
    runtime.block_on(work)
}

/// Why a command did not do what was asked: the words for the terminal, and the exit code.
///
/// Exit codes: 1 the command failed; 2 the command line was wrong (by clap); 3 what was asked is refused as it stands
/// (a file that would be overwritten, bad input).
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    /// Printed on standard error as it is.
    pub(crate) text: String,
    /// Of the process.
    pub(crate) exit: u8,
}

impl Failure {
    /// Something went wrong on the way.
    pub(crate) fn failed(why: impl std::fmt::Display) -> Self {
        Self { text: format!("error: {why}"), exit: 1 }
    }

    /// What was asked cannot be done as it stands.
    pub(crate) fn refused(why: impl std::fmt::Display) -> Self {
        Self { text: why.to_string(), exit: 3 }
    }
}

impl From<ClientFault> for Failure {
    fn from(fault: ClientFault) -> Self {
        Self::failed(fault)
    }
}

impl From<RegionFault> for Failure {
    fn from(fault: RegionFault) -> Self {
        Self::refused(format!("error[{}]: {fault}", fault.code()))
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn lines_of_the_readme_are_understood() {
        for line in [
            "dev",
            "dev --dir elsewhere --port 0 --ready-file ready.json --patience 5",
            "dev stop 370811",
            "dev start 370800 --node 2 --dir elsewhere",
            "region init --topology topology.toml --out region",
            "status",
            "status -o json --dir elsewhere",
            "matter search 个体工商户",
            "matter show 512012002012 --at 济宁市",
            "route explain 512012002012 --place 任城区/许庄街道/航运新村居委会",
            "case submit 512012002012 --at 航运新村居委会 --name 张三 --identifier 11010519491231002X --all-materials",
            "case submit --at 航运新村居委会 --file -",
            "case submit 512012002012 --at http://127.0.0.1:8408 --file a.json --field 名称=小店 --material 申请书 --key k",
            "case show 370811002001-260202-A-00001-7 --why",
            "case list",
            "case list --at 任城区 --waiting accept --stage received --limit 10",
            "case accept 370811002001-260202-A-00001-7 --as demo-officer-370811000000",
            "case not-accept 370811002001-260202-A-00001-7 --reasons 不属于本机关 --right-authority 济宁市",
            "case decide 370811002001-260202-A-00001-7 --grant",
            "case decide 370811002001-260202-A-00001-7 --deny --reasons 不符合条件",
            "case deliver 370811002001-260202-A-00001-7",
            "case withdraw 370811002001-260202-A-00001-7 --reason 不办了",
            "case take-back 370811002001-260202-A-00001-7",
            "case follow 370811002001-260202-A-00001-7",
            "unit log --data node/data -o json",
            "unit replay --data node/data",
            "unit replay --log recorded.jsonl",
            "unit check --data node/data",
            "unit show --at 任城区 -o json",
            "unit add-voter 9 --at 任城区 --plan",
            "unit add-voter 9 --at 370811 --yes --within 60",
            "unit remove-voter 3 --at 任城区 --as demo-officer-370811000000",
            "unit replace 3 --by 9 --at 任城区 --yes -o json",
            "unit transfer 2 --at 任城区 --yes",
            "region add-node 任城区 --region region --quic 10.0.0.9:7400 --http 10.0.0.9:8400",
            "region set-voters 任城区 --region region --voters 4,5,9",
            "audit proof 370811002001-260202-A-00001-7 --data node/data --out proof.json",
            "audit proof 42 --data node/data --unit 370811",
            "audit bundle --data node/data --out books.json",
            "verify proof.json --keys region/clients/operator",
            "verify node/data -o json",
            "scenario new shop.toml --title 一件事",
            "scenario check scenarios",
            "scenario run scenarios --fidelity core,consensus --seeds 1..11 --jobs 2 --report report.html",
            "scenario replay shop.toml --fidelity core --seed 7",
            "scenario replay --random 9 --save nine.toml",
            "scenario random --seeds 1..101",
            "scenario shrink --random 9 --out smaller.toml",
            "time due --from 2026-02-10 --days 20 --explain",
            "time due --from 2026-02-10 --rule decision --stop 2026-02-13 --resume 2026-03-04 -o json",
            "time due --from 2026-02-10 --days 20 --calendar-days --regime cited",
            "time rules",
            "time confirm --at 航运新村居委会 --said 09:15",
            "bench commit",
            "bench size --cases 1000,10000 --seconds 5 --clients 16 --dir /var/tmp -o json",
            "bench commit --rounds 3 --seconds 2 --clients 1,16 --against etcd -o json --dir /var/tmp",
            "catalogue import list.csv",
            "catalogue import list.csv --publish --effective 2026-01-01 --patience 20 --at 370800",
            "catalogue import 目录.xlsx --publish --without-faulty --findings 5",
            "catalogue import tables -o json",
            "catalogue export list.csv --to 目录.xlsx",
            "catalogue export catalogue.json --to tables --words en --force",
            "catalogue export --data node/data --unit 370800 --to catalogue.json",
            "catalogue diff old.xlsx new.json --words en",
            "catalogue import 目录.xlsx --propose 鲁政发〔2026〕1号 --effective 2026-07-01 --without-faulty",
            "catalogue check 目录.xlsx -o json",
            "catalogue proposals --limit 10 --before 7 -o json",
            "catalogue show-proposal 3 --words en",
            "catalogue review 3 --approve --as demo-reviewer-370800000000",
            "catalogue review 3 --send-back 依据已废止",
            "catalogue withdraw 3 --words 另行提出",
            "catalogue publish 3 --at 济宁市",
            "catalogue still-to-extend --at 任城区 -o json",
        ] {
            let words = std::iter::once("tongban").chain(line.split(' '));
            assert!(
                Cli::try_parse_from(words).is_ok(),
                "{line}: {}",
                Cli::try_parse_from(["tongban"].into_iter().chain(line.split(' ')))
                    .err()
                    .map(|why| why.to_string())
                    .unwrap_or_default()
            );
        }
    }

    #[test]
    fn wrong_lines_are_told_with_exit_code_2() {
        for line in [
            "case decide 370811002001-260202-A-00001-7",
            "case decide 370811002001-260202-A-00001-7 --grant --deny",
            "case decide 370811002001-260202-A-00001-7 --deny",
            "case not-accept 370811002001-260202-A-00001-7",
            "case submit 512012002012 --at x --field 没有等号",
            "case list --stage 受理",
            "case list --limit 0",
            "matter search",
            "catalogue import list.csv --effective 明天",
            "catalogue import list.csv --patience 0",
            "catalogue import 目录.xlsx --without-faulty",
            "catalogue export --to 目录.xlsx",
            "catalogue export list.csv --data node/data --to 目录.xlsx",
            "catalogue diff old.xlsx",
            "catalogue import 目录.xlsx --publish --propose 理由",
            "catalogue review 3",
            "catalogue review 3 --approve --send-back 理由",
            "catalogue publish",
            "status -o yaml",
            "unit replay",
            "unit add-voter",
            "unit replace 3",
            "unit transfer 2 --yes --plan",
            "region set-voters 任城区 --region region --voters 四",
            "scenario run",
            "scenario run a.toml --seeds 9..3",
            "scenario replay",
            "bench commit --clients 0",
            "bench commit --against redis",
            "unit replay --data a --log b",
            "audit proof --data a",
            "verify",
        ] {
            let words = std::iter::once("tongban").chain(line.split(' '));
            let fault = Cli::try_parse_from(words).expect_err(line);
            assert_eq!(fault.exit_code(), 2, "{line}");
        }
    }
}
