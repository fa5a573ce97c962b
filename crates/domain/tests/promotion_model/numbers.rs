//! I14: numbers on paper are unique over generations, whatever the mirror lagged, and with the former self still at its counter.

use std::collections::BTreeSet;

use domain::ids::{CaseNumber, Generation};
use domain::recovery::block::case_number;
use domain::time::CivilDate;
use stateright::{Checker, Model, Property};

use super::world::{TOWNSHIP, unit};

/// Cases that each life receives, and lives.
const MOST: u32 = 3;
const LIVES: u32 = 3;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Counter {
    /// How many numbers each life's log has given today.
    used: Vec<u32>,
    printed: BTreeSet<CaseNumber>,
    twice: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Action {
    /// A life prints a number; a former one too.
    Receive(usize),
    /// The newest life is lost; its mirror had so many of its numbers.
    Promote { mirrored: u32 },
}

struct Numbers {
    /// A mutant: numbers go on without the generation.
    one_letter: bool,
}

impl Model for Numbers {
    type State = Counter;
    type Action = Action;

    fn init_states(&self) -> Vec<Counter> {
        vec![Counter { used: vec![0], printed: BTreeSet::new(), twice: false }]
    }

    fn actions(&self, counter: &Counter, actions: &mut Vec<Action>) {
        let receive = |life: usize| (counter.used[life] < MOST).then_some(Action::Receive(life));
        actions.extend((0..counter.used.len()).filter_map(receive));
        if counter.used.len() < LIVES as usize {
            let newest = counter.used.last().copied().unwrap_or_default();
            actions.extend((0..=newest).map(|mirrored| Action::Promote { mirrored }));
        }
    }

    fn next_state(&self, last: &Counter, action: Action) -> Option<Counter> {
        let mut counter = last.clone();
        match action {
            Action::Receive(life) => {
                let generation = Generation(if self.one_letter { 1 } else { life as u32 + 1 });
                let day = CivilDate::new(2026, 2, 2)?;
                let number = case_number(unit(TOWNSHIP), day, generation, counter.used[life])?;
                counter.used[life] += 1;
                counter.twice |= !counter.printed.insert(number);
            }
            Action::Promote { mirrored } => counter.used.push(mirrored),
        }
        Some(counter)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("I14 a number is printed once", |_, counter: &Counter| !counter.twice),
            Property::sometimes("three lives print", |_, counter: &Counter| {
                counter.used.len() == 3 && counter.used.iter().all(|used| *used > 0)
            }),
        ]
    }
}

fn found(one_letter: bool) -> BTreeSet<&'static str> {
    let checker = Numbers { one_letter }.checker().spawn_bfs().join();
    assert!(checker.is_done());
    checker.discoveries().into_keys().collect()
}

#[test]
fn generations_and_former_selves_share_no_number() {
    assert_eq!(found(false), BTreeSet::from(["three lives print"]));
}

#[test]
fn without_the_generation_a_number_is_printed_twice() {
    assert!(found(true).contains("I14 a number is printed once"));
}
