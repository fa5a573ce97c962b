//! Kinds of faults: what a run can demand, and what the coverage table counts.

use serde::{Deserialize, Serialize};

/// A kind of fault: what a run can demand, and what the coverage table counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "each is the action or part of an action of the same name")]
pub enum FaultKind {
    Cut,
    CutOneWay,
    CutNode,
    Ring,
    Bridge,
    Flapping,
    Swizzle,
    Delay,
    Loss,
    Duplicate,
    Reorder,
    Rate,
    Crash,
    CrashAtMoment,
    Restart,
    Pause,
    ClockOffset,
    ClockSet,
    ClockStrobe,
    UnsyncedLost,
    SyncFails,
    DiskDead,
    DiskSlow,
    DiskFull,
    Rot,
    RolledBack,
    Wiped,
    ReplayMail,
    ForgeMail,
    Advance,
    Promote,
    DeclareLost,
}

impl FaultKind {
    /// Every kind.
    pub const ALL: [Self; 32] = [
        Self::Cut,
        Self::CutOneWay,
        Self::CutNode,
        Self::Ring,
        Self::Bridge,
        Self::Flapping,
        Self::Swizzle,
        Self::Delay,
        Self::Loss,
        Self::Duplicate,
        Self::Reorder,
        Self::Rate,
        Self::Crash,
        Self::CrashAtMoment,
        Self::Restart,
        Self::Pause,
        Self::ClockOffset,
        Self::ClockSet,
        Self::ClockStrobe,
        Self::UnsyncedLost,
        Self::SyncFails,
        Self::DiskDead,
        Self::DiskSlow,
        Self::DiskFull,
        Self::Rot,
        Self::RolledBack,
        Self::Wiped,
        Self::ReplayMail,
        Self::ForgeMail,
        Self::Advance,
        Self::Promote,
        Self::DeclareLost,
    ];
}
