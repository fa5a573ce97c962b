//! A fence round: who must answer, who has, and who was declared lost.
//!
//! Two units that come back at once: **the unit above goes first.** A unit with a round open answers the fence of one that goes
//! before it at once, from what its mirror had; the fence of one that goes after it, only when its own round is over. So each
//! round but the first hears what the one before came to, and nobody waits in a circle.

use serde::{Deserialize, Serialize};

use crate::ids::{Attempt, Generation, UnitId};

/// Where a peer stands in a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Word {
    /// Has not answered.
    Awaited,
    /// Has answered; what it sends from here on replaces what it stated.
    Answered,
    /// Two people declared it lost: its generation is fenced, nobody waits for it.
    Lost,
}

/// The round of a new generation. Over, it is a row no more.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Round {
    /// Whose fence this is: answers name it.
    pub generation: Generation,
    /// Every unit that can have held one of our cases, in the order of its code.
    pub peers: Vec<(UnitId, Word)>,
    /// Fences of units that go after us, with their generation: answered when this round is over.
    pub owed: Vec<(UnitId, Generation)>,
}

impl Round {
    /// All of `peers` are asked.
    pub fn open(generation: Generation, mut peers: Vec<UnitId>) -> Self {
        peers.sort_unstable();
        peers.dedup();
        let peers = peers.into_iter().map(|peer| (peer, Word::Awaited)).collect();
        Self { generation, peers, owed: vec![] }
    }

    /// Whether a peer's answer is missing.
    pub fn awaits(&self, peer: UnitId) -> bool {
        self.peers.contains(&(peer, Word::Awaited))
    }

    /// Whether nobody's answer is missing.
    pub fn is_over(&self) -> bool {
        #[cfg(mutants)]
        if crate::mutants::ends_early(&self.peers) {
            return true;
        }
        self.peers.iter().all(|(_, word)| *word != Word::Awaited)
    }

    /// A peer answered the fence of one of our generations: whether that counts. An answer to a former self's fence does not: it
    /// was given before this generation was believed.
    pub fn answered(&mut self, from: UnitId, fence: Generation) -> bool {
        let counts = fence == self.generation;
        if counts {
            self.turn(from, |word| if word == Word::Awaited { Word::Answered } else { word });
        }
        counts
    }

    /// Two people declared a peer lost. `false`: it is not awaited.
    pub fn declare_lost(&mut self, peer: UnitId) -> bool {
        let awaited = self.awaits(peer);
        if awaited {
            self.turn(peer, |_| Word::Lost);
        }
        awaited
    }

    /// Whether what a peer says makes a case inherited that was not so before: it sent it before its answer, or in it, and knows
    /// more than we do. `known` is our own attempt, 0 for a case never heard of.
    ///
    /// A case first heard of after its sender's answer is daily business: no former self can have acted on it.
    pub fn inherits(&self, from: UnitId, known: Attempt, said: Attempt) -> bool {
        self.awaits(from) && said > known
    }

    fn turn(&mut self, peer: UnitId, turn: impl Fn(Word) -> Word) {
        self.peers.iter_mut().filter(|(known, _)| *known == peer).for_each(|(_, word)| *word = turn(*word));
    }
}

/// What a unit does about a fence that it has logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Fenced {
    /// Answer now; else the answer is owed.
    pub answer: bool,
    /// What the peer's former self answered is void: forget its statements, and send it our own fence once more, since it may have
    /// lost the first.
    pub fence_again: bool,
}

/// A fence of `from` is logged. `is_new`: its generation is higher than the last one that was believed. `round` is our own, where
/// one is open.
pub fn fenced(round: Option<&mut Round>, here: UnitId, from: UnitId, generation: Generation, is_new: bool) -> Fenced {
    let Some(round) = round else { return Fenced { answer: true, fence_again: false } };
    let asked = round.peers.iter().any(|(peer, _)| *peer == from);
    let fence_again = is_new && asked;
    if fence_again {
        // Even one that was declared lost: it is back, and knows what its mirror had.
        round.turn(from, |_| Word::Awaited);
    }
    let answer = goes_before(from, here);
    if !answer {
        round.owed.retain(|(peer, _)| *peer != from);
        round.owed.push((from, generation));
    }
    Fenced { answer, fence_again }
}

/// Of two units that come back at once, which goes first: the one above, whose code is the lower; among equals the lower code.
pub fn goes_before(one: UnitId, other: UnitId) -> bool {
    one < other
}

/// Whether a unit that meets another generation of itself is the former one: it stops at once, and its log is evidence.
pub fn is_former(ours: Generation, met: Generation) -> bool {
    met > ours
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::support::{CITY, COUNTY, OTHER_COUNTY, VILLAGE};

    const SECOND: Generation = Generation(2);

    fn round() -> Round {
        Round::open(SECOND, vec![VILLAGE, CITY, VILLAGE])
    }

    #[test]
    fn a_round_is_over_when_all_have_answered_or_are_lost() {
        let mut round = round();
        assert_eq!(round.peers, [(CITY, Word::Awaited), (VILLAGE, Word::Awaited)]);
        assert!(!round.answered(CITY, Generation(1)), "an answer to a former fence");
        assert!(round.awaits(CITY));
        assert!(round.answered(CITY, SECOND));
        assert!(round.answered(CITY, SECOND), "a second answer replaces the first");
        assert!(!round.is_over());
        assert!(!round.declare_lost(CITY), "who has answered is not lost");
        assert!(!round.declare_lost(OTHER_COUNTY), "who was not asked");
        assert!(round.declare_lost(VILLAGE));
        assert!(round.is_over());
        // An answer after all comes too late.
        round.answered(VILLAGE, SECOND);
        assert_eq!(round.peers, [(CITY, Word::Answered), (VILLAGE, Word::Lost)]);
        assert!(Round::open(SECOND, vec![]).is_over());
    }

    #[test]
    fn what_was_sent_before_the_answer_is_inherited() {
        let mut round = round();
        round.answered(CITY, SECOND);
        for (from, known, said, inherits) in [
            (VILLAGE, 0, 1, true),
            (VILLAGE, 3, 4, true),
            (VILLAGE, 3, 3, false),
            (VILLAGE, 3, 2, false),
            (CITY, 0, 1, false),
            (OTHER_COUNTY, 0, 1, false),
        ] {
            assert_eq!(round.inherits(from, Attempt(known), Attempt(said)), inherits, "{from} {known} {said}");
        }
    }

    #[test]
    fn the_unit_above_goes_first() {
        let yes = Fenced { answer: true, fence_again: false };
        assert_eq!(fenced(None, COUNTY, VILLAGE, SECOND, true), yes);
        for (from, is_new, answer, fence_again, owed) in [
            (CITY, true, true, true, vec![]),
            (CITY, false, true, false, vec![]),
            (VILLAGE, true, false, true, vec![(VILLAGE, SECOND)]),
            (VILLAGE, false, false, false, vec![(VILLAGE, SECOND)]),
            // Never asked: answered in its turn, not asked again.
            (OTHER_COUNTY, true, false, false, vec![(OTHER_COUNTY, SECOND)]),
        ] {
            let mut ours = round();
            ours.answered(CITY, SECOND);
            ours.declare_lost(VILLAGE);
            let fenced = fenced(Some(&mut ours), COUNTY, from, SECOND, is_new);
            assert_eq!(fenced, Fenced { answer, fence_again }, "{from} {is_new}");
            assert_eq!(ours.owed, owed);
            assert_eq!(ours.awaits(from), fence_again, "{from} {is_new}");
        }
    }

    #[test]
    fn a_fence_is_owed_once_under_the_last_generation() {
        let mut ours = round();
        fenced(Some(&mut ours), COUNTY, VILLAGE, SECOND, true);
        fenced(Some(&mut ours), COUNTY, VILLAGE, Generation(3), true);
        fenced(Some(&mut ours), COUNTY, VILLAGE, Generation(3), false);
        assert_eq!(ours.owed, [(VILLAGE, Generation(3))]);
    }

    #[test]
    fn who_meets_a_higher_generation_of_itself_is_the_former() {
        assert!(is_former(Generation(1), SECOND));
        assert!(!is_former(SECOND, SECOND));
        assert!(!is_former(SECOND, Generation(1)));
    }
}
