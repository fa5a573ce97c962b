//! The real world behind the seams: RocksDB, QUIC, the machine's clock and randomness, tokio.

use domain::time::Timestamp;
use protocol::seam::{Clock, Entropy};

/// What a node's host runs in.
#[derive(Debug)]
pub enum RealWorld {}

impl host::World for RealWorld {
    type Runtime = openraft_rt_tokio::TokioRuntime;
    type Log = store::RocksLog;
    type Rows = store::RocksRows;
    type Links = transport::Quic;
    type Clock = MachineClock;
    type Entropy = MachineEntropy;
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct MachineClock;

impl Clock for MachineClock {
    fn now(&self) -> Timestamp {
        #[expect(clippy::disallowed_methods, reason = "the one place where a node reads the machine's clock")]
        let now = std::time::SystemTime::now();
        // A clock before 1970 is a negative time; one beyond the range of i64 cannot be.
        let millis = match now.duration_since(std::time::UNIX_EPOCH) {
            Ok(since) => i64::try_from(since.as_millis()).unwrap_or(i64::MAX),
            Err(before) => -i64::try_from(before.duration().as_millis()).unwrap_or(i64::MAX),
        };
        Timestamp(millis)
    }

    #[expect(clippy::disallowed_methods, reason = "the one place where a node reads the machine's steady clock")]
    fn steady_millis(&self) -> i64 {
        static STARTED: std::sync::LazyLock<std::time::Instant> = std::sync::LazyLock::new(std::time::Instant::now);
        i64::try_from(STARTED.elapsed().as_millis()).unwrap_or(i64::MAX)
    }
}

/// The system's randomness.
#[derive(Clone, Copy, Debug, Default)]
pub struct MachineEntropy;

impl Entropy for MachineEntropy {
    /// # Panics
    /// A system that has no randomness: nothing secret can be made on it.
    fn fill(&self, bytes: &mut [u8]) {
        use rand::TryRng;
        rand::rngs::SysRng.try_fill_bytes(bytes).expect("the system gives randomness");
    }
}
