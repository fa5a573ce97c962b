//! A unit's replica on this node: its parts, how it starts and stops.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, AtomicUsize};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use consensus::{Config, FoundFault, Group, Member, StartFault, Stop};
use domain::command::TaskKind;
use domain::division::DivisionTree;
use domain::ids::{NodeId, Sequence};
use domain::store::StoreFault;
use futures::channel::mpsc;
use openraft_rt::AsyncRuntime;
use protocol::crypto::Standard;
use protocol::directory::{Directory, DirectoryFault};
use protocol::overlay::Overlay;
use protocol::record;
use protocol::seam::{Blobs, Clock, Entropy, GroupLog, GroupRows, Links};
use unit::identity::{Identity, Keys, Tools};
use unit::mirrors::Mirrors;
use unit::streams::Verdict;
use unit::{ClockWatch, MailStatus, MatterIndexes, MirroringStatus};

use crate::duties::Event;
use crate::voters::Changing;
use crate::waiting::Waiting;
use crate::witness::witnesses;

/// How long a planned stop waits for another voter to take the lead.
const STEP_DOWN: Duration = Duration::from_secs(2);

/// The world that a host runs in: which runtime, disk, links, clock and randomness.
pub trait World: Send + Sync + 'static {
    /// Tasks and timers.
    type Runtime: AsyncRuntime;
    /// The group's log.
    type Log: GroupLog;
    /// The group's rows.
    type Rows: GroupRows;
    /// To other nodes.
    type Links: Links;
    /// Wall time.
    type Clock: Clock;
    /// Keys and names.
    type Entropy: Entropy;
}

/// What a host is made of.
pub struct Parts<W: World> {
    /// Which replica of which unit.
    pub identity: Identity,
    /// The unit's and the node's keys.
    pub keys: Keys,
    /// The region as signed.
    pub directory: Arc<Directory>,
    /// The region's places.
    pub divisions: Arc<DivisionTree>,
    /// Timing and limits of the group.
    pub consensus: Config,
    /// The group's log.
    pub log: W::Log,
    /// The group's rows.
    pub rows: W::Rows,
    /// To other nodes.
    pub links: W::Links,
    /// Who holds which sealed files.
    pub blobs: Arc<dyn Blobs>,
    /// Wall time.
    pub clock: W::Clock,
    /// Keys and names.
    pub entropy: W::Entropy,
    /// Who mirrors the unit.
    pub mirrors: Mirrors,
    /// Neighbours are told a head of the books at most so often.
    pub heads_every: Duration,
}

/// A unit's replica on this node. Cheap to clone; all clones are the same.
pub struct Host<W: World> {
    pub(crate) inner: Arc<Inner<W>>,
}

impl<W: World> Clone for Host<W> {
    fn clone(&self) -> Self {
        Self { inner: Arc::clone(&self.inner) }
    }
}

/// The cases that wait, by what for, as they were after a command.
pub(crate) type Counted = (Option<Sequence>, Vec<(TaskKind, u64)>);

pub(crate) struct Inner<W: World> {
    pub(crate) identity: Identity,
    pub(crate) keys: Keys,
    /// In use; a later one takes its place while the replica runs.
    directory: Mutex<Arc<Directory>>,
    pub(crate) divisions: Arc<DivisionTree>,
    pub(crate) group: Group<W::Runtime, W::Log, W::Rows, W::Links>,
    pub(crate) rows: W::Rows,
    pub(crate) links: W::Links,
    pub(crate) blobs: Arc<dyn Blobs>,
    pub(crate) clock: W::Clock,
    pub(crate) entropy: W::Entropy,
    heads_every_millis: i64,
    indexes: MatterIndexes,
    pub(crate) waiting: Waiting,
    /// What the loop last found out about its streams; the loop alone writes it.
    pub(crate) mail: Mutex<Vec<MailStatus>>,
    pub(crate) watch: Mutex<ClockWatch>,
    /// Not counted again before the next command.
    pub(crate) counted: Mutex<Counted>,
    /// Why the unit's neighbours know another history than the one here: nothing is proposed any more.
    pub(crate) disowned: Mutex<Option<String>>,
    /// Whether a unit whose only memory is this disk still waits for what the units above know of it: nothing is proposed before.
    pub(crate) hearing: AtomicBool,
    /// Whether the loop has seen the log's first command in the rows: before, nothing else is proposed.
    pub(crate) founded: AtomicBool,
    /// How far the unit's mirrors are, and who waits for them.
    pub(crate) mirrors: Mutex<Mirrors>,
    pub(crate) mirrored: Waiting,
    /// When this replica started or last came to lead, in steady milliseconds.
    pub(crate) led_since: AtomicI64,
    /// What the node says of the mirrors that it keeps.
    pub(crate) mirroring: Mutex<Vec<MirroringStatus>>,
    /// Requests of other units that are being carried, and how many ever were.
    pub(crate) carrying: AtomicUsize,
    pub(crate) carried: AtomicU64,
    /// The change of voters that is under way here, and how the last one ended.
    pub(crate) changing: Mutex<Changing>,
    events: mpsc::UnboundedSender<Event>,
}

impl<W: World> Host<W> {
    /// Starts the replica and its loop.
    pub async fn start(parts: Parts<W>) -> Result<Self, StartFault> {
        let Parts {
            identity,
            keys,
            directory,
            divisions,
            consensus,
            log,
            rows,
            links,
            blobs,
            clock,
            entropy,
            mut mirrors,
            heads_every,
        } = parts;
        mirrors.listed(&directory, identity.unit);
        let listing = directory.unit(identity.unit);
        let is_alone = listing.is_some_and(|unit| unit.voters == [identity.node] && unit.parent.is_some());
        let watch = ClockWatch::started(!witnesses(&identity, &directory).is_empty(), clock.steady_millis());
        let led_since = AtomicI64::new(clock.steady_millis());
        // A next life knows that it lacks what its former self did: nobody above can tell it more.
        let is_alone = is_alone && !crate::mirrors::is_next_life(&rows, &identity).map_err(Stop::from)?;
        let group = Group::start(consensus, log, rows.clone(), links.clone()).await?;
        // Unbounded, but every event answers one of our own bounded proposals or deliveries.
        let (events, receiver) = mpsc::unbounded();
        let inner = Arc::new(Inner {
            identity,
            keys,
            directory: Mutex::new(directory),
            divisions,
            group,
            rows,
            links,
            blobs,
            clock,
            entropy,
            heads_every_millis: i64::try_from(heads_every.as_millis()).unwrap_or(i64::MAX),
            indexes: MatterIndexes::default(),
            waiting: Waiting::default(),
            mail: Mutex::new(Vec::new()),
            watch: Mutex::new(watch),
            counted: Mutex::default(),
            disowned: Mutex::new(None),
            hearing: AtomicBool::new(is_alone),
            founded: AtomicBool::new(false),
            mirrors: Mutex::new(mirrors),
            mirrored: Waiting::default(),
            led_since,
            mirroring: Mutex::default(),
            carrying: AtomicUsize::new(0),
            carried: AtomicU64::new(0),
            changing: Mutex::default(),
            events,
        });
        let host = Self { inner };
        // Once contradicted, always: the folder holds the same history as before.
        if let Some(why) = host.inner.verdict().map_err(Stop::from)? {
            host.inner.disown(why).await;
        }
        drop(W::Runtime::spawn(crate::duties::run(host.clone(), receiver)));
        drop(W::Runtime::spawn(crate::witness::watch::<W>(Arc::downgrade(&host.inner))));
        Ok(host)
    }

    /// Makes the first members of a group that has none. A group that has some is left as it is.
    pub async fn found(&self, members: BTreeSet<NodeId>) -> Result<(), FoundFault> {
        let members = members.into_iter().map(|node| (node, Member { incarnation: None })).collect();
        self.inner.group.found(members).await
    }

    /// Puts a later directory in the place of the one in use: from now on it says who is listed, by which keys, and who is above.
    ///
    /// # Errors
    /// An older one, or another region's.
    pub fn replace_directory(&self, directory: Arc<Directory>) -> Result<(), DirectoryFault> {
        let mut held = self.inner.directory.lock().unwrap_or_else(PoisonError::into_inner);
        directory.may_follow(&held)?;
        self.inner.mirrors.lock().unwrap_or_else(PoisonError::into_inner).listed(&directory, self.inner.identity.unit);
        *held = directory;
        self.inner.mirrored.wake();
        Ok(())
    }

    /// Gives the lead away where another voter can take it, and stops.
    pub async fn shut_down(&self) -> Result<(), Stop> {
        if let Err(fault) = self.inner.group.step_down(STEP_DOWN).await {
            // Another voter takes the lead by election instead.
            tracing::info!(unit = %self.inner.identity.unit, %fault, "the lead was not handed over");
        }
        self.inner.send(Event::Stop);
        self.inner.group.shutdown().await
    }

    /// What consensus knows of the group, for operators: term and indexes are no part of the unit's own status.
    pub fn group_status(&self) -> Result<consensus::Status, StoreFault> {
        self.inner.group.status()
    }

    /// Waits until the group has stopped, and says why: a fault, or that it was asked to.
    pub async fn stopped(&self) -> Stop {
        self.inner.group.stopped().await
    }
}

/// The name of the note that keeps a [`Verdict`].
const VERDICT: &str = "contradicted";

impl<W: World> Inner<W> {
    /// Why this folder's history was contradicted in an earlier life of the process, if it was.
    fn verdict(&self) -> Result<Option<String>, StoreFault> {
        let Some(bytes) = self.rows.note(VERDICT)? else { return Ok(None) };
        let verdict: Verdict = record::read(&bytes).map_err(|fault| StoreFault::Device(fault.to_string()))?;
        Ok(Some(verdict.why))
    }

    /// From now on nothing is proposed, in this life of the process or a later one. The group still runs: see [`Self::disown`].
    pub(crate) fn keep_verdict(&self, verdict: &Verdict) -> Result<(), StoreFault> {
        *self.disowned.lock().unwrap_or_else(PoisonError::into_inner) = Some(verdict.why.clone());
        let bytes = record::write(verdict).map_err(|fault| StoreFault::Device(fault.to_string()))?;
        self.rows.save_note(VERDICT, bytes)
    }

    /// Ends the group, for good.
    pub(crate) async fn disown(&self, why: String) {
        *self.disowned.lock().unwrap_or_else(PoisonError::into_inner) = Some(why.clone());
        self.group.disown(why).await;
    }

    /// The directory in use.
    pub(crate) fn directory(&self) -> Arc<Directory> {
        Arc::clone(&self.directory.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether the loop has ended.
    pub(crate) fn has_ended(&self) -> bool {
        self.events.is_closed()
    }

    pub(crate) fn send(&self, event: Event) {
        // After the loop has ended nobody needs to know.
        drop(self.events.unbounded_send(event));
    }

    /// Runs `look` over one frozen view of the rows, with the tools of this moment.
    pub(crate) fn look<T>(
        &self,
        look: impl FnOnce(&Overlay<'_, <W::Rows as GroupRows>::Snapshot>, &Tools<'_>) -> T,
    ) -> Result<T, StoreFault> {
        let snapshot = self.rows.snapshot()?;
        let (doubt, directory) = (self.clock_doubt(), self.directory());
        let tools = Tools {
            identity: &self.identity,
            directory: &directory,
            keys: &self.keys,
            crypto: &Standard,
            entropy: &self.entropy,
            now: self.clock.now(),
            divisions: &self.divisions,
            clock_doubt: doubt.as_ref(),
            heads_every_millis: self.heads_every_millis,
            indexes: &self.indexes,
        };
        Ok(look(&Overlay::new(&snapshot), &tools))
    }

    pub(crate) async fn sleep(&self, duration: Duration) {
        W::Runtime::sleep(duration).await;
    }
}
