//! One run, from a scenario to what came of it; and many, side by side.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::ground::consensus::{self, ConsensusGround};
use crate::ground::core::CoreGround;
use crate::ground::region::{Region, RegionFault};
use crate::play::{Options, Played, SET_UP, play};
use crate::scenario::{Fidelity, Scenario};

/// Why a scenario is not played at all.
#[derive(Debug, thiserror::Error)]
pub enum RunFault {
    /// Its units make no region.
    #[error(transparent)]
    Region(#[from] RegionFault),
    /// This machine gives no runtime.
    #[error("no runtime: {0}")]
    Runtime(#[from] std::io::Error),
    /// Real fidelities are played elsewhere.
    #[error("fidelity {} is played on real nodes, not in simulation", .0.as_str())]
    Real(Fidelity),
}

/// Plays a scenario in simulation.
///
/// # Errors
/// [`RunFault`]; a run that fails is no fault.
pub fn run(scenario: &Scenario, fidelity: Fidelity, options: &Options) -> Result<Played, RunFault> {
    let region = Arc::new(Region::of(&scenario.world, scenario.seed)?);
    let begins = scenario.start.plus_millis(-i64::try_from(SET_UP.as_millis()).unwrap_or(0));
    match fidelity {
        Fidelity::Core => {
            let ground = CoreGround::begin(scenario, begins)?;
            Ok(futures::executor::block_on(play(scenario, &region, ground, options)))
        }
        Fidelity::Consensus => Ok(consensus::run(scenario.seed, async {
            let ground = ConsensusGround::begin(scenario, Arc::clone(&region), begins);
            play(scenario, &region, ground, options).await
        })?),
        real => Err(RunFault::Real(real)),
    }
}

/// Does `work` for every item on so many threads, in order as far as threads are free, until all is done or `stop` is set.
/// Gives what was done, in the order of the items; each result is told to `done` as it comes.
pub fn side_by_side<I: Sync, T: Send>(
    items: &[I],
    jobs: usize,
    stop: &AtomicBool,
    work: impl Fn(&I) -> T + Sync,
    done: impl Fn(&T) + Sync,
) -> Vec<T> {
    let next = AtomicUsize::new(0);
    let results: Mutex<Vec<(usize, T)>> = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..jobs.max(1) {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(item) = items.get(at) else { return };
                    let result = work(item);
                    done(&result);
                    results.lock().unwrap_or_else(PoisonError::into_inner).push((at, result));
                }
            });
        }
    });
    let mut results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    results.sort_by_key(|(at, _)| *at);
    results.into_iter().map(|(_, result)| result).collect()
}
