//! Faults of links are told once they are seen to take effect: a packet of one of the ways that the fault is about was really lost, held,
//! doubled or overtaken after it was brought about.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use domain::ids::NodeId;
use sim::ground::draw::stream;
use sim::ground::network::{End, Network};
use sim::scenario::{Direction, FaultKind, Fidelity, LinkQuality, Shape};

use super::RealGround;
use super::firewall::{Lost, Namespace, Way};
use super::lines::{DELAYED, Lines, Met};

/// A fault of links that was brought about, by a step or by the world, and that no packet has met yet.
#[derive(Debug)]
pub(super) struct Unproven {
    step: Option<usize>,
    kind: FaultKind,
    ways: BTreeSet<Way>,
    /// What packets of these ways had met of this kind when it was brought about.
    before: u64,
}

/// What packets met so far, by way.
#[derive(Debug, Default)]
struct Counts {
    lost: Lost,
    met: BTreeMap<Way, Met>,
}

impl Counts {
    /// On these ways, of one kind.
    fn of(&self, kind: FaultKind, ways: &BTreeSet<Way>) -> u64 {
        let lost = |lost: &BTreeMap<Way, u64>| ways.iter().filter_map(|way| lost.get(way)).sum();
        let met = |of: fn(&Met) -> u64| ways.iter().filter_map(|way| self.met.get(way)).map(of).sum();
        match kind {
            FaultKind::Loss => lost(&self.lost.thinned),
            FaultKind::Delay => met(|met| met.delayed),
            FaultKind::Duplicate => met(|met| met.doubled),
            FaultKind::Reorder => met(|met| met.overtaken),
            FaultKind::Rate => met(|met| met.waited),
            _ => lost(&self.lost.cut),
        }
    }
}

impl RealGround {
    /// Tells which of the faults that wait for it a packet has met.
    pub(super) fn look_at_links(&mut self) -> Result<()> {
        if self.unproven.is_empty() {
            return Ok(());
        }
        let counts = self.counts()?;
        let unproven = std::mem::take(&mut self.unproven).into_iter();
        let (proven, unproven) = unproven.partition(|one| counts.of(one.kind, &one.ways) > one.before);
        self.unproven = unproven;
        for one in Vec::<Unproven>::into_iter(proven) {
            self.fault(one.step, one.kind, "");
        }
        Ok(())
    }

    /// A cut is told once a packet was lost on a way that it cuts, at any time while it lasts.
    pub(super) fn proves_cut(&mut self, step: usize, shape: &Shape) -> Result<()> {
        let units: BTreeSet<_> = self.places.values().map(|place| place.unit).collect();
        // As if nothing else were cut.
        let draws = stream(self.seed, "what a cut is about");
        let mut alone = Network::new(units.into_iter().collect(), LinkQuality::default(), &BTreeMap::new(), draws);
        match shape {
            Shape::Node(choice) => self.chosen(*choice).into_iter().for_each(|node| alone.cut_node(node)),
            Shape::Flapping { pair: (a, b), .. } => drop(alone.cut(&Shape::Pair(*a, *b, Direction::Both))),
            Shape::Swizzle { units, .. } => units.iter().for_each(|unit| alone.cut_unit(*unit)),
            steady => drop(alone.cut(steady)),
        }
        self.proves(Some(step), [shape.kind()], |from, to| !alone.reaches(from, to))
    }

    /// What links of a quality do is told once one of those between units that are of it now was seen to do it.
    pub(super) fn proves_quality(
        &mut self,
        step: Option<usize>,
        quality: &LinkQuality,
        means: impl Fn(End, End) -> bool,
    ) -> Result<()> {
        let does = [
            (FaultKind::Loss, quality.loss_percent > 0.0),
            (FaultKind::Delay, quality.delay + quality.jitter >= DELAYED),
            (FaultKind::Duplicate, quality.duplicate_percent > 0.0),
            (FaultKind::Reorder, quality.reorder_percent > 0.0),
            (FaultKind::Rate, quality.rate.is_some()),
        ];
        let does = does.into_iter().filter(|(_, does)| *does).map(|(kind, _)| kind);
        self.proves(step, does, |from, to| from.unit != to.unit && means(from, to))
    }

    fn proves(
        &mut self,
        step: Option<usize>,
        kinds: impl IntoIterator<Item = FaultKind>,
        means: impl Fn(End, End) -> bool,
    ) -> Result<()> {
        let ends = self.ends();
        let pairs = ends.iter().flat_map(|from| ends.iter().map(move |to| (from, to)));
        let meant = pairs.filter(|((from, _), (to, _))| from.node != to.node && means(*from, *to));
        let ways: BTreeSet<Way> = meant.map(|((_, sends), (_, receives))| (*sends, *receives)).collect();
        let counts = self.counts()?;
        self.unproven.extend(kinds.into_iter().map(|kind| {
            let before = counts.of(kind, &ways);
            Unproven { step, kind, ways: ways.clone(), before }
        }));
        Ok(())
    }

    /// Every node, and the address that its packets have.
    pub(super) fn ends(&self) -> Vec<(End, std::net::Ipv4Addr)> {
        let end = |node: &crate::Node| {
            let number = NodeId(node.number);
            (End { node: number, unit: self.places[&number].unit }, node.address())
        };
        self.region.nodes.iter().map(end).collect()
    }

    pub(super) fn namespaces(&mut self) -> Vec<Namespace> {
        match self.fidelity {
            Fidelity::Container => {
                let running = self.region.nodes.iter_mut().filter_map(crate::Node::process);
                running.map(Namespace::Of).collect()
            }
            _ => vec![Namespace::Own],
        }
    }

    /// An end of the lines is an end of the run.
    fn counts(&mut self) -> Result<Counts> {
        let met = self.lines.as_mut().map_or(Ok(BTreeMap::new()), Lines::met)?;
        let mut counts = Counts { lost: Lost::default(), met };
        for namespace in self.namespaces() {
            let lost = namespace.lost()?;
            // A way ends in one namespace alone.
            for (all, here) in [(&mut counts.lost.cut, lost.cut), (&mut counts.lost.thinned, lost.thinned)] {
                for (way, packets) in here {
                    *all.entry(way).or_default() += packets;
                }
            }
        }
        Ok(counts)
    }
}
