//! A closed loop of clients: each asks, waits for the answer, asks again. What is not answered is not counted.

use std::future::Future;
use std::time::Duration;

use futures::future::join_all;
use hdrhistogram::Histogram;
use tokio::time::Instant;

/// Something that commits.
pub(super) trait Target: Clone + Send + Sync + 'static {
    /// One command; returns once it is confirmed.
    fn commit(&self) -> impl Future<Output = Result<(), String>> + Send;
}

/// What some clients saw in one round.
#[derive(Clone, Debug)]
pub(super) struct Round {
    /// From the first request to the last answer.
    pub(super) took: Duration,
    pub(super) commands: u64,
    pub(super) failed: u64,
    /// Why the first one that failed did.
    pub(super) fault: Option<String>,
    /// In microseconds, of the commands that were confirmed.
    pub(super) latency: Histogram<u64>,
}

impl Round {
    pub(super) fn per_second(&self) -> f64 {
        self.commands as f64 / self.took.as_secs_f64().max(f64::EPSILON)
    }

    pub(super) fn quantile_millis(&self, quantile: f64) -> f64 {
        self.latency.value_at_quantile(quantile) as f64 / 1000.0
    }
}

/// Longer than any deadline of the asked side.
const LONGEST_MICROS: u64 = 120_000_000;
/// A target that is gone answers at once; its clients must not spin.
const AFTER_FAULT: Duration = Duration::from_millis(50);

/// Lets so many clients ask for so long. A request under way at the end is waited for and counted.
pub(super) async fn run<T: Target>(target: &T, clients: usize, time: Duration) -> Round {
    let begun = Instant::now();
    let until = begun + time;
    let one = |target: T| async move {
        let mut seen = histogram();
        let (mut failed, mut fault) = (0, None);
        while Instant::now() < until {
            let asked = Instant::now();
            match target.commit().await {
                Ok(()) => seen.saturating_record(u64::try_from(asked.elapsed().as_micros()).unwrap_or(u64::MAX)),
                Err(why) => {
                    failed += 1;
                    fault.get_or_insert(why);
                    tokio::time::sleep(AFTER_FAULT).await;
                }
            }
        }
        (seen, failed, fault)
    };
    let tasks = (0..clients).map(|_| tokio::spawn(one(target.clone())));
    let all = join_all(tasks).await;
    let mut round = Round { took: begun.elapsed(), commands: 0, failed: 0, fault: None, latency: histogram() };
    for task in all {
        match task {
            Ok((seen, failed, fault)) => {
                // All have the same bounds.
                let _ = round.latency.add(&seen);
                round.failed += failed;
                round.fault = round.fault.or(fault);
            }
            Err(why) => {
                round.failed += 1;
                round.fault.get_or_insert(why.to_string());
            }
        }
    }
    round.commands = round.latency.len();
    round
}

fn histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(1, LONGEST_MICROS, 3)
        .unwrap_or_else(|why| unreachable!("the bounds are constants: {why}"))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    /// Confirms each command after two milliseconds; every tenth fails.
    #[derive(Clone, Default)]
    struct Slow(Arc<AtomicU64>);

    impl Target for Slow {
        async fn commit(&self) -> Result<(), String> {
            tokio::time::sleep(Duration::from_millis(2)).await;
            match self.0.fetch_add(1, Ordering::Relaxed) % 10 {
                0 => Err("the tenth".into()),
                _ => Ok(()),
            }
        }
    }

    #[tokio::test]
    async fn what_is_confirmed_is_counted_and_timed() {
        let target = Slow::default();
        let round = run(&target, 4, Duration::from_millis(100)).await;
        assert_eq!(round.commands + round.failed, target.0.load(Ordering::Relaxed));
        assert!(round.failed > 0 && round.fault.as_deref() == Some("the tenth"));
        assert!(round.commands == 0 || round.quantile_millis(0.5) >= 1.9, "{}", round.quantile_millis(0.5));
        assert!((round.per_second() - round.commands as f64 / round.took.as_secs_f64()).abs() < 1e-6);
    }
}
