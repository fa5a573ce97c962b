//! Decision table of `domain::handoff::step`: every standing against every input, words of units that lie included.
//!
//! The model shows that lawful units never break a promise; this shows that what a unit holds cannot be talked away from it by
//! words that no lawful unit would say.

use domain::digest::ContentHash;
use domain::handoff::{Custody, Effect, Input, Move, Role, Step, StepFault, step};
use domain::ids::{Attempt, UnitId};

const KNOWN: Attempt = Attempt(5);
const HELD: ContentHash = ContentHash([1; 32]);
const OTHER: ContentHash = ContentHash([2; 32]);

fn partner() -> UnitId {
    UnitId::new(370_811_000_000).expect("a code")
}

fn stranger() -> UnitId {
    UnitId::new(370_829_000_000).expect("a code")
}

fn standings() -> Vec<Option<Custody>> {
    let (to, by) = (partner(), partner());
    let held = |role| Some(Custody { role, attempt: KNOWN, content: Some(HELD) });
    vec![
        None,
        Some(Custody { role: Role::Owner, attempt: KNOWN, content: None }),
        held(Role::Offering { to }),
        held(Role::Gone { to }),
        held(Role::Offered { by }),
        held(Role::Prepared { by }),
        Some(Custody { role: Role::Dropped { by }, attempt: KNOWN, content: None }),
    ]
}

fn words() -> Vec<Move> {
    let around = [Attempt(KNOWN.0 - 1), KNOWN, KNOWN.next()];
    around
        .into_iter()
        .flat_map(|attempt| {
            [
                Move::Offer { attempt, content: HELD },
                Move::Offer { attempt, content: OTHER },
                Move::Prepared { attempt },
                Move::Declined { attempt },
                Move::Commit { attempt },
                Move::Abort { attempt },
                Move::Stale { highest: attempt },
            ]
        })
        .collect()
}

/// A standing, who said what, and what it came to.
type Row = (Option<Custody>, UnitId, Move, Result<Step, StepFault>);

fn heard() -> Vec<Row> {
    let mut rows = Vec::new();
    for before in standings() {
        for from in [partner(), stranger()] {
            for said in words() {
                rows.push((before, from, said, step(before, Input::Heard { from, said })));
            }
        }
    }
    rows
}

fn attempt_of(said: Move) -> Attempt {
    match said {
        Move::Offer { attempt, .. }
        | Move::Prepared { attempt }
        | Move::Declined { attempt }
        | Move::Commit { attempt }
        | Move::Abort { attempt }
        | Move::Stale { highest: attempt } => attempt,
    }
}

#[test]
fn a_word_moves_only_whom_it_was_meant_for() {
    for (before, from, said, after) in heard() {
        let role = before.map(|custody| custody.role);
        let current = attempt_of(said) == KNOWN;
        let expected = match (said, role) {
            (Move::Prepared { .. }, Some(Role::Offering { to })) if to == from && current => Effect::Released,
            (Move::Declined { .. }, Some(Role::Offering { to })) if to == from && current => Effect::Regained,
            (Move::Commit { .. }, Some(Role::Prepared { by })) if by == from && current => Effect::Took,
            (Move::Abort { .. }, Some(Role::Offered { by } | Role::Prepared { by })) if by == from && current => {
                Effect::Forgot
            }
            (Move::Offer { attempt, .. }, None | Some(Role::Gone { .. } | Role::Offered { .. }))
            | (Move::Offer { attempt, .. }, Some(Role::Prepared { .. } | Role::Dropped { .. }))
                if before.is_none_or(|custody| attempt > custody.attempt) =>
            {
                Effect::Arrived
            }
            _ => Effect::Nothing,
        };
        let got = after.map_or(Effect::Nothing, |step| step.effect);
        assert_eq!(got, expected, "{before:?} hears {said:?} from {from}");
        if let (Ok(step), Effect::Nothing) = (after, expected) {
            assert_eq!(step.custody, before, "{before:?} hears {said:?} from {from}");
        }
    }
}

#[test]
fn a_word_that_cannot_be_is_told_from_old_news() {
    for (before, from, said, after) in heard() {
        let role = before.map(|custody| custody.role);
        let known = before.map(|custody| custody.attempt).unwrap_or_default();
        let order = Err(StepFault::Order { role, said });
        let expected_fault = match (said, role) {
            (Move::Offer { attempt, .. }, Some(Role::Owner | Role::Offering { .. })) if attempt > known => Some(order),
            (Move::Offer { attempt, .. }, _) if attempt == known => Some(Err(StepFault::Fork(attempt))),
            (Move::Commit { attempt }, Some(Role::Prepared { by })) if by == from && attempt == known => None,
            (Move::Commit { attempt }, _) if attempt >= known => Some(order),
            (Move::Stale { highest }, Some(Role::Offering { to })) if to == from && highest > known => Some(order),
            _ => None,
        };
        match expected_fault {
            Some(fault) => assert_eq!(after, fault, "{before:?} hears {said:?} from {from}"),
            None => assert!(after.is_ok(), "{before:?} hears {said:?} from {from}: {after:?}"),
        }
    }
}

#[test]
fn old_offers_are_answered_and_nothing_else_is() {
    for (before, from, said, after) in heard() {
        let Ok(Step { send, effect, .. }) = after else { continue };
        let expected = match said {
            Move::Offer { .. } if effect == Effect::Nothing => Some((from, Move::Stale { highest: KNOWN })),
            Move::Prepared { attempt } if effect == Effect::Released => Some((from, Move::Commit { attempt })),
            _ => None,
        };
        assert_eq!(send, expected, "{before:?} hears {said:?} from {from}");
    }
}

#[test]
fn no_step_lowers_an_attempt_and_every_outcome_raises_it() {
    let own = [Input::Offer { to: stranger(), content: OTHER }, Input::Abort, Input::Prepare, Input::Decline];
    let own = standings().into_iter().flat_map(|before| own.map(|input| (before, step(before, input))));
    let heard = heard().into_iter().map(|(before, _, _, after)| (before, after));
    for (before, after) in own.chain(heard) {
        let (Some(before), Ok(Step { custody: Some(after), effect, .. })) = (before, after) else { continue };
        assert!(after.attempt >= before.attempt, "{before:?} became {after:?}");
        if matches!(effect, Effect::Took | Effect::Regained) {
            assert_eq!((after.role, after.attempt), (Role::Owner, before.attempt.next()));
        }
    }
}

#[test]
fn an_own_command_fits_one_role_only() {
    let offer = Input::Offer { to: stranger(), content: OTHER };
    for before in standings() {
        let role = before.map(|custody| custody.role);
        for input in [offer, Input::Abort, Input::Prepare, Input::Decline] {
            let fits = matches!(
                (input, role),
                (Input::Offer { .. }, Some(Role::Owner))
                    | (Input::Abort, Some(Role::Offering { .. }))
                    | (Input::Prepare | Input::Decline, Some(Role::Offered { .. }))
            );
            match step(before, input) {
                Ok(_) => assert!(fits, "{input:?} while {role:?}"),
                Err(fault) => assert_eq!((fits, fault), (false, StepFault::NotNow(role)), "{input:?} while {role:?}"),
            }
        }
    }
}
