//! One run on real nodes: a region is made and started, the scenario is played on it, the region is ended.

use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use sim::ground::region;
use sim::play::{Options, Played, SET_UP};
use sim::scenario::{Fidelity, Scenario};

use super::disks::Disks;
use super::{RealGround, machine_time};
use crate::binary::{binary, is_dynamic};
use crate::clocks::Clocks;
use crate::container::image_is_built;
use crate::network::enter_own_network;
use crate::region::{Form, Region, UnitSpec};

/// Making and starting a region takes less than this.
const START: Duration = Duration::from_secs(120);
/// Where clocks cannot be set, the catalogue must be everywhere within this.
const SET_UP_IN_REAL_TIME: Duration = Duration::from_secs(25);

/// Plays a scenario on real nodes. At `process` it must be called where the process may go into a network of its own: the
/// process is started once more inside, and does not return here outside.
///
/// # Errors
/// The region cannot be made or started. A run that fails is no error.
///
/// # Panics
/// A fault of the machine in the middle of a run: what the watcher needs is gone.
pub fn play(scenario: &Scenario, fidelity: Fidelity, options: &Options) -> Result<Played> {
    let form = match fidelity {
        Fidelity::Process => Form::Processes,
        Fidelity::Container => Form::Containers,
        simulated => bail!("fidelity {} is played in simulation", simulated.as_str()),
    };
    match form {
        Form::Processes => enter_own_network()?,
        Form::Containers if !image_is_built() => bail!("the image tongban:local is missing: run `cargo xtask image`"),
        Form::Containers => {}
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(play_on(scenario, fidelity, form, options))
}

async fn play_on(scenario: &Scenario, fidelity: Fidelity, form: Form, options: &Options) -> Result<Played> {
    let folder = tempfile::Builder::new().prefix("tongban-clocks-").tempdir()?;
    let clocks = Clocks::find(folder.path()).filter(|_| form == Form::Processes);
    if clocks.is_none() && form == Form::Processes {
        eprintln!(
            "libfaketime is not installed (Debian's package faketime): clocks cannot be set, and the run takes its full time"
        );
    }
    if clocks.is_some() && !is_dynamic(&binary("city-node")?)? {
        bail!(
            "the programs are linked statically, as `cargo xtask image` leaves them: run `cargo build --workspace --bins`"
        );
    }
    let before = SET_UP + START;
    let shift_millis = match &clocks {
        Some(_) => scenario.start.0 - machine_time().0 - millis(before),
        None => 0,
    };
    let codes: Vec<String> = scenario.world.units.iter().map(|unit| unit.unit.to_string()).collect();
    let units: Vec<UnitSpec<'_>> = std::iter::zip(&codes, &scenario.world.units)
        .map(|(code, unit)| UnitSpec { code, nodes: usize::from(unit.voters.max(1)) })
        .collect();
    let environment = match &clocks {
        Some(clocks) => {
            clocks.set("region", shift_millis)?;
            clocks.environment("region")
        }
        None => vec![],
    };
    let mut region = Region::make(form, &units, "", &environment)?;
    let disks = Disks::prepare(scenario, fidelity, &region.nodes)?;
    if let Some(clocks) = &clocks {
        for node in &mut region.nodes {
            let name = node.number.to_string();
            clocks.set(&name, shift_millis)?;
            node.set_environment(clocks.environment(&name));
        }
    }
    region.start_all().await.context("starting the region")?;
    // Listed once the units are founded: a unit's first voters are those that are listed on its first day.
    let voting = region.nodes.len();
    for (code, unit) in std::iter::zip(&codes, &scenario.world.units) {
        for _ in 0..unit.spares {
            let spare = region.add_node(code, &environment)?;
            if let Some(clocks) = &clocks {
                let node = &mut region.nodes[spare];
                let name = node.number.to_string();
                clocks.set(&name, shift_millis)?;
                node.set_environment(clocks.environment(&name));
            }
        }
    }
    let spares: Vec<u64> = region.nodes[voting..].iter().map(|node| node.number).collect();

    // Where nodes show the machine's time, the scenario is played now, and not when it says.
    let mut scenario = scenario.clone();
    if clocks.is_none() {
        let begins = machine_time().0 + millis(SET_UP_IN_REAL_TIME);
        scenario.start = domain::time::Timestamp(begins - begins.rem_euclid(1000));
    }
    let simulated = region::Region::of(&scenario.world, scenario.seed)?;
    let ground = RealGround::begin(&scenario, fidelity, (region, disks, &spares), clocks, shift_millis)?;
    Ok(sim::play::play(&scenario, &simulated, ground, options).await)
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
