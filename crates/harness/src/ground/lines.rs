//! Lines that are slow, narrow, double what goes over them or let one packet overtake another, for kernels without `sch_netem`. The
//! firewall marks packets of such a way, a queue (NFQUEUE) takes them from the kernel before any rule of loss sees them, and they go
//! on by a raw socket, under another mark, when the line has let them through. Every draw follows from the seed, the way, and the
//! number of the packet on it.
//!
//! Not here: which way has which quality (`faults`), what is lost (`firewall`).

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, bail};
use domain::ids::UnitId;
use nfq::{Queue, Verdict};
use sim::ground::draw::Draw;
use sim::scenario::LinkQuality;
use socket2::{Domain, Protocol, Socket, Type};
use tokio::time::Instant;

use super::firewall::{HELD, PASSED, Way};
use crate::network::run;

/// Of this network's queues.
const QUEUE: u16 = 7;
/// Packets that wait for the thread; more are lost, as they would be on a line.
const QUEUE_PACKETS: u32 = 16_384;
/// `IPPROTO_RAW`: a packet goes out with the head that it has.
const WITH_ITS_HEAD: i32 = 255;
/// Between two looks at the queue: so exact are delays.
const LOOK: Duration = Duration::from_millis(1);
/// How much later an overtaken packet comes at most, as in simulation.
const OVERTAKEN: Duration = Duration::from_millis(400);
/// A packet that would wait longer before a narrow line is lost, as it is where a router's memory is full.
const LONGEST_WAIT: Duration = Duration::from_secs(1);
/// From so long a delay on it is told as one, as in simulation.
pub(super) const DELAYED: Duration = Duration::from_millis(100);

/// A directed pair of units: what is narrow is narrow for all nodes of both.
pub(super) type Link = (UnitId, UnitId);

/// The ways that are no good, and how bad each is.
pub(super) type Bad = BTreeMap<Way, (Link, LinkQuality)>;

/// What packets of one way met so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Met {
    /// Held so long that it is told.
    pub(super) delayed: u64,
    /// Put on the wire once more.
    pub(super) doubled: u64,
    /// Came out after one that had gone in later.
    pub(super) overtaken: u64,
    /// Waited before a narrow line, behind others, or were lost there.
    pub(super) waited: u64,
}

/// By way. Shared by the thread and the watcher.
type Counters = Mutex<BTreeMap<Way, Met>>;

/// All bad lines of this process's own network. What is held is lost when it is dropped.
#[derive(Debug)]
pub(super) struct Lines {
    /// `None` once it is dropped.
    orders: Option<Sender<Bad>>,
    counters: Arc<Counters>,
    thread: Option<JoinHandle<Result<()>>>,
}

impl Lines {
    /// Takes over the queue. Every packet that the firewall marks goes through it from now on.
    ///
    /// # Errors
    /// This machine has no such queue, or does not let this process have it.
    pub(super) fn open(seed: u64) -> Result<Self> {
        let mut queue = Queue::open().context("a socket for packets")?;
        queue.bind(QUEUE).context("the queue of packets")?;
        queue.set_queue_max_len(QUEUE, QUEUE_PACKETS)?;
        queue.set_nonblocking(true);
        let out = Socket::new_raw(Domain::IPV4, Type::RAW, Some(Protocol::from(WITH_ITS_HEAD)))?;
        out.set_mark(PASSED)?;
        let (mark, number) = (HELD.to_string(), QUEUE.to_string());
        let rule = ["-p", "udp", "-m", "mark", "--mark", &mark, "-j", "NFQUEUE", "--queue-num", &number];
        run("iptables", &[&["-w", "5", "-t", "mangle", "-A", "INPUT"], rule.as_slice()].concat())?;
        let counters = Arc::<Counters>::default();
        let (orders, told) = channel();
        let held = Held::new(seed, Arc::clone(&counters));
        let thread = std::thread::Builder::new().name("bad lines".to_owned());
        let thread = thread.spawn(move || hold(&mut queue, &out, &told, held))?;
        Ok(Self { orders: Some(orders), counters, thread: Some(thread) })
    }

    /// From now on these ways are bad, and no others.
    pub(super) fn set(&mut self, bad: Bad) -> Result<()> {
        match self.orders.as_ref().map(|orders| orders.send(bad)) {
            Some(Ok(())) => Ok(()),
            _ => self.ended(),
        }
    }

    /// What was met since it was opened, by way.
    ///
    /// # Errors
    /// The queue broke: nothing that is held comes out again.
    pub(super) fn met(&mut self) -> Result<BTreeMap<Way, Met>> {
        if self.thread.as_ref().is_none_or(JoinHandle::is_finished) {
            self.ended()?;
        }
        Ok(self.counters.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }

    fn ended(&mut self) -> Result<()> {
        match self.thread.take().map(JoinHandle::join) {
            Some(Ok(Err(why))) => Err(why),
            _ => bail!("packets are held by nobody any more"),
        }
    }
}

impl Drop for Lines {
    fn drop(&mut self) {
        // Its end is the thread's.
        self.orders = None;
        if let Some(Ok(Err(why))) = self.thread.take().map(JoinHandle::join) {
            eprintln!("lines: {why:?}");
        }
    }
}

/// The thread: takes what comes, lets go what is due, until nobody gives orders any more.
fn hold(queue: &mut Queue, out: &Socket, orders: &Receiver<Bad>, mut held: Held) -> Result<()> {
    loop {
        match orders.recv_timeout(LOOK) {
            Ok(bad) => held.bad = bad,
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return Ok(()),
        }
        loop {
            let mut message = match queue.recv() {
                Ok(message) => message,
                Err(why) if matches!(why.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => break,
                Err(why) => return Err(anyhow!(why).context("taking packets from the queue")),
            };
            held.take(message.get_payload().to_vec(), Instant::now());
            // The copy is what goes on: the kernel's queue is never longer than one look.
            message.set_verdict(Verdict::Drop);
            queue.verdict(message).context("telling the queue")?;
        }
        for (to, packet) in held.due(Instant::now()) {
            let to = SocketAddr::from((to, 0)).into();
            out.send_to(&packet, &to).context("putting a packet on the wire again")?;
        }
    }
}

/// A packet on its way through a line.
#[derive(Debug)]
struct Packet {
    way: Way,
    /// Of its way, from 1 on.
    number: u64,
    again: bool,
    came: Instant,
    bytes: Vec<u8>,
}

/// What is remembered of a way.
#[derive(Debug)]
struct Passing {
    draw: Draw,
    taken: u64,
    /// The latest packet that came out.
    passed: u64,
    /// When the last one comes out that is not overtaken: those after it come later, however they are drawn.
    last: Instant,
}

/// The lines themselves: nothing here touches a network or looks at a clock.
#[derive(Debug)]
struct Held {
    bad: Bad,
    seed: u64,
    ways: BTreeMap<Way, Passing>,
    /// Until when narrow links have something to send.
    busy: BTreeMap<Link, Instant>,
    packets: BTreeMap<(Instant, u64), Packet>,
    numbered: u64,
    counters: Arc<Counters>,
}

impl Held {
    fn new(seed: u64, counters: Arc<Counters>) -> Self {
        let (bad, ways, busy, packets) = (Bad::new(), BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        Self { bad, seed, ways, busy, packets, numbered: 0, counters }
    }

    /// A packet comes to its line.
    fn take(&mut self, bytes: Vec<u8>, now: Instant) {
        let Some(way) = way_of(&bytes) else { return };
        let seed = self.seed;
        let passing = self.ways.entry(way).or_insert_with(|| {
            let draw = Draw::new(seed, &format!("line from {} to {}", way.0, way.1));
            Passing { draw, taken: 0, passed: 0, last: now }
        });
        passing.taken += 1;
        let packet = Packet { way, number: passing.taken, again: false, came: now, bytes };
        // A line that is good again holds nothing back.
        let Some((link, quality)) = self.bad.get(&way).copied() else { return self.keep(now, packet) };
        let part = |of: Duration| of.mul_f64(passing.draw.below(1 << 20) as f64 / f64::from(1 << 20));
        let mut due = now + quality.delay + part(quality.jitter);
        if let Some(rate) = quality.rate {
            let free = self.busy.get(&link).copied().filter(|free| *free > now);
            count(&self.counters, way, |met| met.waited += u64::from(free.is_some()));
            let begins = free.unwrap_or(now);
            if begins - now > LONGEST_WAIT {
                return;
            }
            let ends = begins + Duration::from_secs_f64(packet.bytes.len() as f64 / rate.max(1) as f64);
            self.busy.insert(link, ends);
            due += ends - now;
        }
        // Only those that are drawn for it are overtaken.
        due = due.max(passing.last);
        if passing.draw.percent(quality.reorder_percent) {
            due += part(OVERTAKEN);
        } else {
            passing.last = due;
        }
        if passing.draw.percent(quality.duplicate_percent) {
            let later = due + part(OVERTAKEN);
            let copy = Packet { way, number: packet.number, again: true, came: now, bytes: packet.bytes.clone() };
            self.keep(later, copy);
        }
        self.keep(due, packet);
    }

    fn keep(&mut self, due: Instant, packet: Packet) {
        self.numbered += 1;
        self.packets.insert((due, self.numbered), packet);
    }

    /// What comes out by now, in its order.
    fn due(&mut self, now: Instant) -> Vec<(Ipv4Addr, Vec<u8>)> {
        let mut out = Vec::new();
        while let Some(first) = self.packets.first_entry().filter(|first| first.key().0 <= now) {
            let packet = first.remove();
            if packet.again {
                count(&self.counters, packet.way, |met| met.doubled += 1);
            } else if let Some(passing) = self.ways.get_mut(&packet.way) {
                count(&self.counters, packet.way, |met| {
                    met.delayed += u64::from(now - packet.came >= DELAYED);
                    met.overtaken += u64::from(packet.number < passing.passed);
                });
                passing.passed = passing.passed.max(packet.number);
            }
            out.push((packet.way.1, packet.bytes));
        }
        out
    }
}

fn count(counters: &Counters, way: Way, met: impl FnOnce(&mut Met)) {
    met(counters.lock().unwrap_or_else(PoisonError::into_inner).entry(way).or_default());
}

/// From whom to whom a packet of IPv4 goes.
fn way_of(packet: &[u8]) -> Option<Way> {
    let address = |at: usize| packet.get(at..at + 4)?.first_chunk::<4>().map(|four| Ipv4Addr::from(*four));
    (packet.first()? >> 4 == 4).then_some((address(12)?, address(16)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FROM: Ipv4Addr = Ipv4Addr::new(127, 1, 0, 1);
    const TO: Ipv4Addr = Ipv4Addr::new(127, 1, 0, 2);

    fn packet(number: u32, length: usize) -> Vec<u8> {
        let mut bytes = vec![0x45, 0, 0, 0, 0, 0, 0, 0, 64, 17, 0, 0];
        bytes.extend(FROM.octets());
        bytes.extend(TO.octets());
        bytes.extend(number.to_be_bytes());
        bytes.resize(length.max(24), 0);
        bytes
    }

    fn held(quality: LinkQuality) -> Held {
        let unit = |code: &str| code.parse::<UnitId>().unwrap();
        let mut held = Held::new(7, Arc::default());
        held.bad = Bad::from([((FROM, TO), ((unit("370800000000"), unit("370811000000")), quality))]);
        held
    }

    /// When which packet came out, in milliseconds, of so many that went in one each millisecond.
    fn played(held: &mut Held, packets: u32, length: usize) -> Vec<(u32, u32)> {
        let (begin, mut out) = (Instant::now(), Vec::new());
        for at in 0..packets + 3_000 {
            let now = begin + Duration::from_millis(at.into());
            if at < packets {
                held.take(packet(at, length), now);
            }
            for (to, bytes) in held.due(now) {
                assert_eq!(to, TO);
                out.push((at, u32::from_be_bytes(*bytes[20..].first_chunk().unwrap())));
            }
        }
        assert!(held.packets.is_empty());
        out
    }

    fn good() -> LinkQuality {
        LinkQuality { delay: Duration::ZERO, jitter: Duration::ZERO, ..LinkQuality::default() }
    }

    /// What was met on the one way there is.
    fn met(held: &Held) -> Met {
        let met = held.counters.lock().unwrap();
        assert!(met.keys().all(|way| *way == (FROM, TO)), "{met:?}");
        met[&(FROM, TO)]
    }

    #[test]
    fn a_slow_line_keeps_the_order_and_holds_each_packet_as_long_as_it_says() {
        let (delay, jitter) = (Duration::from_millis(200), Duration::from_millis(150));
        let mut held = held(LinkQuality { delay, jitter, ..good() });
        let out = played(&mut held, 500, 100);
        assert_eq!(out.len(), 500);
        assert!(out.windows(2).all(|two| two[0].1 < two[1].1), "{out:?}");
        assert!(out.iter().all(|(at, number)| (200..=351).contains(&(at - number))), "{out:?}");
        assert_eq!((met(&held).delayed, met(&held).overtaken), (500, 0));
    }

    #[test]
    fn so_many_come_twice_or_are_overtaken_as_was_asked_and_the_seed_says_which() {
        let quality = LinkQuality { duplicate_percent: 10.0, reorder_percent: 10.0, ..good() };
        let mut first = held(quality);
        let out = played(&mut first, 2_000, 100);
        let Met { doubled, overtaken, .. } = met(&first);
        assert_eq!(out.len() as u64, 2_000 + doubled);
        assert!((150..250).contains(&doubled), "{doubled}");
        assert!((150..250).contains(&overtaken), "{overtaken}");
        assert_eq!(played(&mut held(quality), 2_000, 100), out);
    }

    #[test]
    fn a_narrow_line_lets_no_more_through_than_it_can_and_loses_the_rest() {
        let mut held = held(LinkQuality { rate: Some(100_000), ..good() });
        // Ten times what fits.
        let out = played(&mut held, 2_000, 1_000);
        let span = f64::from(out.last().unwrap().0 - out[0].0) / 1000.0;
        let rate = (out.len() - 1) as f64 * 1_000.0 / span;
        assert!((95_000.0..101_000.0).contains(&rate), "{rate}");
        assert!((290..310).contains(&out.len()), "{}: in two seconds, and what waited one more", out.len());
        assert!(out.iter().all(|(at, number)| at - number <= 1_011), "{out:?}");
        assert_eq!(met(&held).waited, 1_999);
    }

    #[test]
    fn a_line_that_is_good_again_holds_nothing_and_other_packets_are_none_of_its_business() {
        let mut held = held(LinkQuality { delay: Duration::from_secs(1), ..good() });
        held.bad.clear();
        assert_eq!(played(&mut held, 3, 100), [(0, 0), (1, 1), (2, 2)]);
        held.take(vec![0x60; 60], Instant::now());
        held.take(vec![0x45; 8], Instant::now());
        assert!(held.packets.is_empty());
    }
}
