//! What a step can do: acts of people, and faults.

use std::time::Duration;

use domain::ids::UnitId;
use domain::licence::LicenceAct;
use domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use unit::{Concerning, Handling};

/// Who of a unit's officers acts: who handles a case does not judge it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Officer {
    /// Who accepts and decides, and does whatever no other is named for.
    #[default]
    First,
    /// Another one.
    Second,
    /// And a third.
    Third,
}

impl Officer {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::First, Self::Second, Self::Third];

    /// As files say it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Second => "second",
            Self::Third => "third",
        }
    }

    /// What the account's name has for it, behind the role; nothing for the first.
    pub fn suffix(self) -> &'static str {
        match self {
            Self::First => "",
            Self::Second => "-second",
            Self::Third => "-third",
        }
    }
}

/// Something done to the world.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Somebody hands in an application.
    Submit(Application),
    /// Many hand in applications, one after the other, evenly over a time.
    Traffic {
        /// How many cases.
        cases: u32,
        /// At these units in turn.
        at: Vec<UnitId>,
        /// Over so long a time.
        over: Duration,
        /// The matter's code; matters of the catalogue in turn where `None`.
        matter: Option<String>,
    },
    /// 受理.
    Accept {
        /// The case's label.
        case: String,
        /// Where the act is done.
        by: UnitId,
    },
    /// 不予受理.
    NotAccept {
        /// The case's label.
        case: String,
        /// Where the act is done.
        by: UnitId,
        /// Why.
        reasons: String,
    },
    /// 决定.
    Decide {
        /// The case's label.
        case: String,
        /// Where the act is done.
        by: UnitId,
        /// Whether it is granted.
        granted: bool,
        /// Why; needed for a denial.
        reasons: String,
    },
    /// 送达.
    Deliver {
        /// The case's label.
        case: String,
        /// Where the act is done.
        by: UnitId,
    },
    /// 撤回.
    Withdraw {
        /// The case's label.
        case: String,
        /// Where the act is done.
        by: UnitId,
        /// As the applicant says.
        reason: String,
    },
    /// An open offer is taken back.
    TakeBack {
        /// The case's label.
        case: String,
        /// Where the act is done.
        by: UnitId,
    },
    /// A step of the work between receipt and decision.
    Handle {
        /// The case's label.
        case: String,
        /// Where the act is done.
        by: UnitId,
        /// By whom there.
        officer: Officer,
        /// Which step.
        handling: Handling,
    },
    /// Something is said of a case, or done about what was said. Where nobody is named the case's own applicant says it.
    Concern {
        /// The case's label.
        case: String,
        /// Where the act is done.
        by: UnitId,
        /// What.
        concerning: Concerning,
    },
    /// A clerk has looked at another clock, and says that the unit's time is right.
    ConfirmTime {
        /// Where the act is done.
        by: UnitId,
        /// What that clock showed; the true time where `None`.
        said: Option<Timestamp>,
    },
    /// Who votes in a unit, or who leads it, is changed by its operator.
    Voters(VoterStep),
    /// The city publishes a new catalogue version.
    Publish {
        /// How long an offer may stay unanswered from then on.
        patience: Option<Duration>,
    },

    /// Links are cut in some shape.
    Cut(Shape),
    /// Cut links are joined again: those of a unit, or all.
    Heal(Option<UnitId>),
    /// Links between two units get better or worse, both ways; all links where `None`.
    Link {
        /// The pair.
        pair: Option<(UnitId, UnitId)>,
        /// How they are from now on.
        quality: LinkQuality,
    },
    /// Processes end without warning; what no sync kept is lost.
    Crash {
        /// Which replicas.
        nodes: NodeChoice,
        /// Not at once, but the next time that the unit reaches this moment of the protocol.
        when: Option<Moment>,
        /// The power goes with them: of the unsynced batches this share (percent) reached the disk all the same. `None`: simulation
        /// loses them all; a real process loses what it had not handed to the system.
        kept_percent: Option<u8>,
    },
    /// Ended processes start again.
    Restart(NodeChoice),
    /// Processes stand still and go on after a time; longer than an election, the lead is lost.
    Pause {
        /// Which replicas.
        nodes: NodeChoice,
        /// For how long.
        lasting: Duration,
    },
    /// A clock is wrong from now on.
    Clock {
        /// Which replicas.
        nodes: NodeChoice,
        /// How.
        fault: ClockFault,
    },
    /// A disk fails in some way.
    Disk {
        /// Which replicas.
        nodes: NodeChoice,
        /// How.
        fault: DiskFault,
    },
    /// Mail that a unit once sent is handed to its receiver again.
    ReplayMail {
        /// Who sent it.
        from: UnitId,
        /// Who gets it again.
        to: UnitId,
    },
    /// Mail is made up or altered on its way.
    ForgeMail {
        /// In whose name.
        from: UnitId,
        /// Who gets it.
        to: UnitId,
        /// How.
        forgery: Forgery,
    },
    /// Wall time goes on for everyone while nothing else happens: machines were suspended, or the days were quiet.
    Advance(Duration),
    /// A unit that is lost goes on as its next generation.
    Promote {
        /// Which unit.
        unit: UnitId,
        /// How far its mirror is behind when it is lost.
        lag: Lag,
        /// The old machines run on, whatever the two people recorded.
        former_runs: bool,
    },
    /// In the round of a unit that comes back, two people declare that another does not.
    DeclareLost {
        /// Who is lost.
        peer: UnitId,
        /// In whose round.
        by: UnitId,
    },
}

impl Action {
    /// The label of the case that something is done with, if it is a case that was handed in before.
    pub fn case(&self) -> Option<&str> {
        match self {
            Self::Accept { case, .. }
            | Self::NotAccept { case, .. }
            | Self::Decide { case, .. }
            | Self::Deliver { case, .. }
            | Self::Withdraw { case, .. }
            | Self::TakeBack { case, .. }
            | Self::Handle { case, .. }
            | Self::Concern { case, .. } => Some(case),
            _ => None,
        }
    }
}

/// A change of a unit's voters. Each choice means one replica.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VoterStep {
    /// A spare machine starts and becomes a voter.
    Add(NodeChoice),
    /// A voter votes no more; once that is done its machine is switched off.
    Remove(NodeChoice),
    /// A spare machine starts and takes the place of a voter, whose machine is switched off once that is done.
    Replace {
        /// Which voter.
        node: NodeChoice,
        /// The spare machine.
        by: NodeChoice,
    },
    /// A voter takes the lead.
    Lead(NodeChoice),
}

impl VoterStep {
    /// The replica that goes, comes or leads.
    pub fn node(self) -> NodeChoice {
        match self {
            Self::Add(node) | Self::Remove(node) | Self::Lead(node) | Self::Replace { node, .. } => node,
        }
    }

    /// The spare machine that starts for it.
    pub fn starts(self) -> Option<NodeChoice> {
        match self {
            Self::Add(node) | Self::Replace { by: node, .. } => Some(node),
            Self::Remove(_) | Self::Lead(_) => None,
        }
    }
}

/// How far a mirror is behind its unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lag {
    /// By so many commands.
    Commands(u64),
    /// By what happened in so long a time.
    Time(Duration),
}

impl Lag {
    /// As files write it: `40 commands`, or a span.
    pub fn read(text: &str) -> Option<Self> {
        match text.strip_suffix(" commands").or_else(|| text.strip_suffix(" command")) {
            Some(number) => number.trim().parse().ok().map(Self::Commands),
            None => super::time::parse_span(text).ok().map(Self::Time),
        }
    }
}

impl std::fmt::Display for Lag {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Commands(number) => write!(f, "{number} commands"),
            Self::Time(span) => f.write_str(&super::time::print_span(*span)),
        }
    }
}

/// An application that is handed in.
#[derive(Clone, Debug, PartialEq)]
pub struct Application {
    /// What later steps call the case.
    pub case: String,
    /// Where it is handed in.
    pub at: UnitId,
    /// The matter's code; one that city and county hold alike where `None`.
    pub matter: Option<String>,
    /// The place that it is about; where it is handed in if `None`.
    pub place: Option<UnitId>,
    /// The authority that the applicant chooses.
    pub authority: Option<UnitId>,
    /// Who applies: equal words are the same person.
    pub applicant: String,
    /// A listed material that is not handed in yet.
    pub lacks: Option<String>,
    /// The case whose licence it is about, and what is asked for of it.
    pub about: Option<(String, LicenceAct)>,
}

/// Which links are cut.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shape {
    /// One unit from everyone, inside links of the unit left as they are.
    Unit(UnitId),
    /// Between two units.
    Pair(UnitId, UnitId, Direction),
    /// Some units from all others; they reach each other.
    Group(Vec<UnitId>),
    /// Each unit of these reaches its two neighbours in the list only.
    Ring(Vec<UnitId>),
    /// All but the first of these are split in two halves that only the first reaches.
    Bridge(Vec<UnitId>),
    /// One replica from the others of its unit and from everyone: a leader is isolated.
    Node(NodeChoice),
    /// Between two units, cut and joined in turn.
    Flapping {
        /// The pair.
        pair: (UnitId, UnitId),
        /// So long cut, so long joined.
        every: Duration,
        /// Joined for good after this.
        lasting: Duration,
    },
    /// Units are cut from everyone one after the other, and joined again in another order.
    Swizzle {
        /// Which.
        units: Vec<UnitId>,
        /// Between two of them.
        every: Duration,
    },
}

impl Shape {
    /// The kind of fault that it is.
    pub fn kind(&self) -> FaultKind {
        match self {
            Self::Unit(_) | Self::Group(_) | Self::Pair(_, _, Direction::Both) => FaultKind::Cut,
            Self::Pair(_, _, Direction::OneWay) => FaultKind::CutOneWay,
            Self::Ring(_) => FaultKind::Ring,
            Self::Bridge(_) => FaultKind::Bridge,
            Self::Node(_) => FaultKind::CutNode,
            Self::Flapping { .. } => FaultKind::Flapping,
            Self::Swizzle { .. } => FaultKind::Swizzle,
        }
    }
}

/// Which way of a link.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// Both ways.
    #[default]
    Both,
    /// What the first sends to the second is lost; what the second sends arrives.
    OneWay,
}

/// How a link is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LinkQuality {
    /// One way.
    pub delay: Duration,
    /// Up to so much more, drawn for each message.
    pub jitter: Duration,
    /// Of a hundred messages so many are lost.
    pub loss_percent: f64,
    /// Of a hundred messages so many arrive twice.
    pub duplicate_percent: f64,
    /// Of a hundred messages so many are overtaken by later ones.
    pub reorder_percent: f64,
    /// Bytes per second; without bound where `None`.
    pub rate: Option<u64>,
}

impl Default for LinkQuality {
    /// A county's usual line: 5 ms, nothing lost.
    fn default() -> Self {
        Self {
            delay: Duration::from_millis(5),
            jitter: Duration::from_millis(1),
            loss_percent: 0.0,
            duplicate_percent: 0.0,
            reorder_percent: 0.0,
            rate: None,
        }
    }
}

/// Which replicas of a unit are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum NodeChoice {
    /// All of a unit's.
    All(UnitId),
    /// The one that leads when the step comes.
    Leader(UnitId),
    /// The n-th, from 1.
    Nth(UnitId, u8),
    /// Every replica of every unit.
    Everyone,
}

/// A named moment of the protocol at which a replica can be made to crash: the rows of the moment are written, nothing after
/// it has happened, no one was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Moment {
    /// An application was received.
    Received,
    /// An offer was written.
    Offered,
    /// An offer arrived.
    OfferArrived,
    /// What was offered is held.
    Prepared,
    /// An offer was declined.
    Declined,
    /// The sender committed: gone from here.
    Committed,
    /// An offer was taken back.
    Aborted,
    /// The receiver took over.
    Taken,
    /// The receiver forgot.
    Dropped,
    /// A case was accepted.
    Accepted,
    /// A case was decided.
    Decided,
    /// A peer's mail was logged.
    MailLogged,
    /// A peer's acknowledgement was logged.
    Acknowledged,
    /// A catalogue version was installed.
    Installed,
}

impl Moment {
    /// Every one, in the order of a case's way.
    pub const ALL: [Self; 14] = [
        Self::Received,
        Self::Offered,
        Self::OfferArrived,
        Self::Prepared,
        Self::Declined,
        Self::Committed,
        Self::Aborted,
        Self::Taken,
        Self::Dropped,
        Self::Accepted,
        Self::Decided,
        Self::MailLogged,
        Self::Acknowledged,
        Self::Installed,
    ];
}

/// How a clock is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClockFault {
    /// It differs from true time by so many milliseconds; 0 puts it right.
    Offset(i64),
    /// It shows this time now, and goes on from there.
    Set(domain::time::Timestamp),
    /// It jumps there and back by so many milliseconds.
    Strobe {
        /// How far.
        by_millis: i64,
        /// Between two jumps.
        every: Duration,
        /// Right again after this.
        lasting: Duration,
    },
}

/// How a disk fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DiskFault {
    /// The next sync fails; the node stops.
    SyncFails,
    /// Every call fails from now on: the device is gone.
    Dead,
    /// Syncs take so long, until put right with zero.
    Slow(Duration),
    /// No byte more can be written, until put right by a restart after `Mended`.
    Full,
    /// Full or slow no more.
    Mended,
    /// Bits of kept rows or log entries flip; seen when they are read.
    Rot,
    /// The folder is put back to what it was so long ago, while the replica is down.
    RolledBack(Duration),
    /// The folder is emptied, while the replica is down.
    Wiped,
}

/// How mail is forged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Forgery {
    /// One bit of a real envelope differs.
    Altered,
    /// A real envelope of one unit, brought by a node of another.
    WrongUnit,
    /// Signed by a key that the directory does not know.
    UnknownKey,
    /// In the name of a former life of the unit.
    OldGeneration,
    /// Bytes that are no envelope.
    Junk,
}

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
