//! Whether this machine's clock can be trusted: compared with those of the unit's other voters, and of the units above.
//!
//! What is found is only a doubt: the unit goes on receiving, and does nothing that starts or ends a legal period until the doubt
//! is gone (protocol.md §1).

use std::sync::{PoisonError, Weak};
use std::time::Duration;

use domain::ids::NodeId;
use futures::future::join_all;
use openraft_rt::AsyncRuntime;
use protocol::seam::{Clock, Links};

use crate::host::{Host, Inner, World};

/// A jump over this is no drift.
const MOST_APART_MILLIS: i64 = 10 * 60 * 1000;
/// Between two comparisons.
const COMPARED_EVERY: Duration = Duration::from_secs(10);

/// Compares as long as the replica is there. Holds it only while it compares: a replica that has ended lets go of its disk and
/// address at once.
pub(crate) async fn watch<W: World>(replica: Weak<Inner<W>>) {
    while let Some(inner) = replica.upgrade().filter(|inner| !inner.has_ended()) {
        let host = Host { inner };
        let witnesses = witnesses(&host);
        let ahead = join_all(witnesses.iter().map(|node| host.inner.links.clock_ahead_millis(*node))).await;
        let ahead: Vec<i64> = ahead.into_iter().flatten().collect();
        // Without a witness nothing is known that was not before: a doubt stays until one agrees.
        if !ahead.is_empty() {
            keep(&host, doubt(ahead));
        }
        drop(host);
        W::Runtime::sleep(COMPARED_EVERY).await;
    }
}

/// Looks whether the wall clock was set while nobody compared it: called often, and a jump is what lies between two calls.
#[derive(Debug, Default)]
pub(crate) struct Jumps {
    /// How far the wall clock was ahead of the steady one.
    ahead: Option<i64>,
}

impl Jumps {
    /// Brings a doubt about for a jump of more than [`MOST_APART_MILLIS`], in a unit that has witnesses who can end it.
    pub(crate) fn look<W: World>(&mut self, host: &Host<W>) {
        let clock = &host.inner.clock;
        let ahead = clock.now().0.saturating_sub(clock.steady_millis());
        let jumped: i64 = self.ahead.replace(ahead).map_or(0, |before| ahead.saturating_sub(before));
        if jumped.saturating_abs() > MOST_APART_MILLIS && !witnesses(host).is_empty() {
            keep(host, Some(jump(jumped)));
        }
    }
}

/// Why a clock that was set by so many milliseconds is in doubt until a witness agrees with it.
pub fn jump(millis: i64) -> String {
    let minutes = (millis.saturating_abs() + 30_000) / 60_000;
    let to = if millis > 0 { "ahead" } else { "back" };
    format!(
        "this machine's clock jumped {} h {} min {to}, and no witness has agreed with it since",
        minutes / 60,
        minutes % 60
    )
}

fn keep<W: World>(host: &Host<W>, doubt: Option<String>) {
    let inner = &host.inner;
    let mut known = inner.clock_doubt.lock().unwrap_or_else(PoisonError::into_inner);
    // How far apart they are changes with every comparison; whether it is trusted is what an operator is told.
    if known.is_some() != doubt.is_some() {
        match &doubt {
            Some(why) => tracing::error!(unit = %inner.identity.unit, %why, "this machine's clock is in doubt"),
            None => tracing::info!(unit = %inner.identity.unit, "this machine's clock agrees with its witnesses again"),
        }
    }
    *known = doubt;
}

/// The unit's other voters and the nodes of the unit above.
fn witnesses<W: World>(host: &Host<W>) -> Vec<NodeId> {
    let inner = &host.inner;
    let own = inner.directory.unit(inner.identity.unit).map(|unit| unit.voters.as_slice()).unwrap_or_default();
    let above = inner.directory.parent(inner.identity.unit).map(|unit| unit.voters.as_slice()).unwrap_or_default();
    own.iter().chain(above).copied().filter(|node| *node != inner.identity.node).collect()
}

/// Why a clock is not to be trusted, from how many milliseconds each witness is ahead of it; `None` where it is.
///
/// The median of all clocks, this one's included, against this one's. Without a witness there is nothing to compare.
pub fn doubt(mut ahead: Vec<i64>) -> Option<String> {
    if ahead.is_empty() {
        return None;
    }
    let witnesses = ahead.len();
    // Of two that differ one is wrong, and the unit above is believed: this clock counts only among several.
    if witnesses > 1 {
        ahead.push(0);
    }
    ahead.sort_unstable();
    // Of an even number of clocks the middle one that is nearer: a tie is no doubt.
    let (low, high) = (ahead[(ahead.len() - 1) / 2], ahead[ahead.len() / 2]);
    let median = if low.abs() < high.abs() { low } else { high };
    let minutes = (median.abs() + 30_000) / 60_000;
    let of = if witnesses == 1 { "its witness".to_owned() } else { format!("its {witnesses} witnesses") };
    let side = if median > 0 { "behind" } else { "ahead of" };
    (median.abs() > MOST_APART_MILLIS).then(|| {
        format!(
            "this machine's clock is {} h {} min {side} that of {of}: set it right, then try again",
            minutes / 60,
            minutes % 60
        )
    })
}

#[cfg(test)]
mod tests {
    use super::doubt;

    const DAY: i64 = 86_400_000;

    #[test]
    fn a_clock_off_by_a_day_is_doubted_and_one_wrong_witness_of_two_is_not_believed() {
        for (ahead, doubted) in [
            (vec![], false),
            (vec![0], false),
            (vec![DAY], true),
            (vec![-DAY], true),
            (vec![599_999], false),
            (vec![0, DAY], false),
            (vec![DAY, DAY], true),
            (vec![-DAY, -DAY, 5], false),
            (vec![DAY, DAY, 5], false),
            (vec![-DAY, -DAY, -DAY, 5], true),
            (vec![-DAY, 3, 5], false),
        ] {
            assert_eq!(doubt(ahead.clone()).is_some(), doubted, "{ahead:?}");
        }
        assert!(doubt(vec![DAY]).unwrap().contains("24 h 0 min behind"));
    }
}
