//! What a state of the model is: three logs, their mirrors, their former selves, and the mail between them.

use domain::digest::ContentHash;
use domain::handoff::{Custody, Move, Role};
use domain::ids::{Attempt, Generation, UnitId};
use domain::recovery::block::ATTEMPTS_A_LIFE;
use domain::recovery::{ContentVersion, Round, Statement, can_have_held};

/// A township with one voter, and two equal authorities, as places in an array.
pub(crate) const TOWNSHIP: usize = 0;
pub(crate) const COUNTY: usize = 1;
pub(crate) const CITY: usize = 2;
pub(crate) const UNITS: [usize; 3] = [TOWNSHIP, COUNTY, CITY];

pub(crate) fn unit(place: usize) -> UnitId {
    UnitId::new([370_811_002_000, 370_811_000_000, 370_800_000_000][place]).expect("codes of the real tree")
}

pub(crate) fn place(unit: UnitId) -> usize {
    UNITS.into_iter().find(|at| self::unit(*at) == unit).expect("only these three speak")
}

pub(crate) fn bit(place: usize) -> u8 {
    1 << place
}

pub(crate) fn hash_of(version: u8) -> ContentHash {
    ContentHash([version; 32])
}

/// An attempt as one bit of a set: its place in its block, and the block. The last of a block is only ever remembered.
pub(crate) fn attempt_bit(attempt: Attempt) -> u64 {
    let (block, within) = (attempt.0 / ATTEMPTS_A_LIFE, attempt.0 % ATTEMPTS_A_LIFE);
    1 << (block * 8 + within.min(7))
}

/// What travels: its version, and the units that its timeline names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Content {
    pub(crate) version: u8,
    pub(crate) names: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Mail {
    Word(Move, Content),
    Fence,
    /// Names the generation whose fence it answers.
    Answer(Generation, Statement, Content),
}

/// How far a peer's stream has been read; generations below are fenced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Cursor {
    pub(crate) generation: Generation,
    /// Mails read, not counting those that nobody can read any more.
    pub(crate) read: u8,
}

/// What one log of a unit yields.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Log {
    pub(crate) unit: usize,
    pub(crate) generation: Generation,
    pub(crate) custody: Option<Custody>,
    /// Version 0: holds nothing.
    pub(crate) held: Content,
    pub(crate) round: Option<Round>,
    /// The case may come from before the promotion.
    pub(crate) inherited: bool,
    pub(crate) said: [Option<(Statement, Content)>; 3],
    pub(crate) cursor: [Cursor; 3],
    pub(crate) outbox: [Vec<Mail>; 3],
    /// Rows (case, attempt) of this log, as sets.
    pub(crate) offers: u64,
    pub(crate) commits: u64,
    pub(crate) takes: u64,
    pub(crate) aborts: u64,
    /// Reported as a receipt whose content nobody kept.
    pub(crate) content_lost: bool,
}

impl Log {
    pub(crate) fn new(unit: usize) -> Self {
        Self {
            unit,
            generation: Generation::FIRST,
            custody: None,
            held: Content::default(),
            round: None,
            inherited: false,
            said: [None; 3],
            cursor: [Cursor { generation: Generation::FIRST, read: 0 }; 3],
            outbox: Default::default(),
            offers: 0,
            commits: 0,
            takes: 0,
            aborts: 0,
            content_lost: false,
        }
    }

    pub(crate) fn role(&self) -> Option<Role> {
        self.custody.map(|custody| custody.role)
    }

    pub(crate) fn attempt(&self) -> Attempt {
        self.custody.map(|custody| custody.attempt).unwrap_or_default()
    }

    pub(crate) fn owns(&self) -> bool {
        matches!(self.role(), Some(Role::Owner | Role::Offering { .. }))
    }

    /// An inherited case is read, not acted on, until the round is over.
    pub(crate) fn may_act(&self) -> bool {
        self.round.is_none() || !self.inherited
    }

    pub(crate) fn statement(&self) -> Statement {
        let holds = (self.held.version > 0).then_some(ContentVersion(u32::from(self.held.version)));
        Statement { custody: self.custody, holds }
    }

    /// What is answered to a fence of a peer.
    pub(crate) fn answer_to(&self, peer: usize) -> (Statement, Content) {
        let named: Vec<_> = UNITS.into_iter().filter(|at| self.held.names & bit(*at) != 0).map(unit).collect();
        let named = (self.held.version > 0).then_some(&named[..]);
        match self.custody {
            Some(custody) if can_have_held(unit(peer), custody, named) => (self.statement(), self.held),
            _ => (Statement::default(), Content::default()),
        }
    }

    pub(crate) fn send(&mut self, to: usize, mail: Mail) {
        self.outbox[to].push(mail);
    }
}

/// A former self that goes on, or is dead and has mail under way.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Former {
    pub(crate) log: Log,
    /// Per peer, how much of its mail may be sent: of the township, only what its mirror had.
    pub(crate) sendable: [u8; 3],
}

/// A promise that was broken on the way into a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Broken {
    /// I4: an attempt was offered twice by one log, or did not rise with an outcome.
    NotRisen,
    /// I5: took what no giver had committed.
    TookEarly,
    /// `step` found a fork or an impossible order.
    Contradiction,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct World {
    pub(crate) now: [Log; 3],
    /// A mirror that was cut: what a promotion would start from. `None`: in step with the unit.
    pub(crate) mirror: [Option<Box<Log>>; 3],
    pub(crate) former: Vec<Former>,
    pub(crate) received: bool,
    pub(crate) lost: u8,
    pub(crate) promotions: u8,
    pub(crate) losses: u8,
    /// A former self still believed that it owned the case when the last peer had fenced it.
    pub(crate) void_act: bool,
    pub(crate) broken: Option<Broken>,
}

/// Who acts: a unit as it is, or a former self.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Process {
    Now(usize),
    Former(usize),
}

impl World {
    pub(crate) fn log(&self, process: Process) -> &Log {
        match process {
            Process::Now(at) => &self.now[at],
            Process::Former(which) => &self.former[which].log,
        }
    }

    pub(crate) fn log_mut(&mut self, process: Process) -> &mut Log {
        match process {
            Process::Now(at) => &mut self.now[at],
            Process::Former(which) => &mut self.former[which].log,
        }
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = Process> + use<> {
        UNITS.into_iter().map(Process::Now).chain((0..self.former.len()).map(Process::Former))
    }

    /// What a promotion of the unit would start from.
    pub(crate) fn recoverable(&self, at: usize) -> &Log {
        self.mirror[at].as_deref().unwrap_or(&self.now[at])
    }

    pub(crate) fn is_lost(&self, at: usize) -> bool {
        self.lost & bit(at) != 0
    }

    /// Somebody is lost or coming back: promises that need everybody's word wait.
    pub(crate) fn recovering(&self) -> bool {
        self.lost != 0 || self.now.iter().any(|log| log.round.is_some())
    }

    /// The case was received, and a unit still knows of it: a receipt may have been in the tail alone.
    pub(crate) fn known(&self) -> bool {
        self.now.iter().any(|log| log.custody.is_some())
    }

    /// Nothing is under way between units as they are.
    pub(crate) fn at_rest(&self) -> bool {
        let read = |from: usize, to: usize| {
            let (log, cursor) = (&self.now[from], self.now[to].cursor[from]);
            let mails = log.outbox[to].len();
            mails == 0 || (cursor.generation == log.generation && usize::from(cursor.read) == mails)
        };
        UNITS.into_iter().all(|from| UNITS.into_iter().all(|to| from == to || read(from, to)))
    }

    /// Forgets what nobody can read or act on any more: exact, and keeps the space small.
    pub(crate) fn tidy(&mut self) {
        if self.promotions == 0 {
            self.mirror = [None, None, None];
        }
        for which in (0..self.former.len()).rev() {
            let (at, generation) = (self.former[which].log.unit, self.former[which].log.generation);
            let fenced = |log: &Log| log.cursor[at].generation > generation;
            let by = |peer: usize| fenced(&self.now[peer]) && fenced(self.recoverable(peer));
            if UNITS.into_iter().all(|peer| peer == at || by(peer)) {
                self.void_act |= self.former.remove(which).log.owns();
            }
        }
        for process in self.all() {
            self.delete_read(process);
        }
    }

    fn delete_read(&mut self, sender: Process) {
        let (from, generation) = (self.log(sender).unit, self.log(sender).generation);
        for to in UNITS.into_iter().filter(|to| *to != from) {
            let read = |log: &Log| match log.cursor[from] {
                cursor if cursor.generation == generation => cursor.read,
                cursor if cursor.generation < generation => 0,
                _ => u8::MAX,
            };
            let formers = self.former.iter().filter(|former| former.log.unit == to).map(|former| read(&former.log));
            let least = formers.chain([read(&self.now[to]), read(self.recoverable(to))]).min().unwrap_or(0);
            let done = usize::from(least).min(self.log(sender).outbox[to].len());
            if done > 0 {
                self.delete(sender, to, done);
            }
        }
    }

    /// The first mails of a stream are gone; every place in it moves.
    pub(crate) fn delete(&mut self, sender: Process, to: usize, done: usize) {
        let (from, generation) = (self.log(sender).unit, self.log(sender).generation);
        self.log_mut(sender).outbox[to].drain(..done);
        if let Process::Former(which) = sender {
            let sendable = &mut self.former[which].sendable[to];
            *sendable = sendable.saturating_sub(done as u8);
        } else if let Some(mirror) = &mut self.mirror[from] {
            let kept = mirror.outbox[to].len();
            mirror.outbox[to].drain(..done.min(kept));
        }
        let readers = self.now.iter_mut().chain(self.mirror.iter_mut().flatten().map(|log| &mut **log));
        for log in readers.chain(self.former.iter_mut().map(|former| &mut former.log)).filter(|log| log.unit == to) {
            let cursor = &mut log.cursor[from];
            if cursor.generation == generation {
                cursor.read = cursor.read.saturating_sub(done as u8);
            }
        }
    }
}
