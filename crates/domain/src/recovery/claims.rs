//! Claims after a loss (protocol.md §4, §6): what the next generation of a home makes of its row and of what its peers state, and what
//! an owner that comes back may still rely on.
//!
//! While its round is open a home grants nothing, and nothing that needs its claim is accepted or decided there. Then each key is
//! judged once, from the mirror's row and all statements: **whose owner was told that it has the claim has it still**, and what the home
//! granted is said again. Only then are the others judged, as on any day.

use serde::{Deserialize, Serialize};

use crate::claims::{
    Bearing, Claim, ClaimNote, Duplicate, FromHome, Judged, Petition, ToHome, choose, current, judge, must_ask,
};
use crate::ids::{CaseId, UnitId};

/// Where a case stands with its claim, as its owner's log says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ClaimState {
    /// Live, and has not got the claim, or gave it back.
    Asks {
        /// The last grant that it gave back; 0 for none.
        gave_back: u32,
    },
    /// Has the claim, or has used it.
    Has {
        /// Under which grant.
        round: u32,
    },
    /// Ended for another one.
    Ended(Duplicate),
    /// Needs it no more.
    Over,
}

/// What a peer, or our own log, states of a case whose claim we grant.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ClaimStated {
    /// The case, and who owns it.
    pub petition: Petition,
    /// Where it stands.
    pub standing: ClaimState,
}

impl ClaimState {
    /// From what its content says: the last note, how it may still be decided, and what it was ended for.
    pub fn of(last: Option<ClaimNote>, bearing: Bearing, ended: Option<Duplicate>) -> Self {
        match (ended, bearing, last) {
            (Some(duplicate), ..) => Self::Ended(duplicate),
            (None, Bearing::Over | Bearing::Duplicate, _) | (None, _, Some(ClaimNote::Released { .. })) => Self::Over,
            (None, _, Some(ClaimNote::Granted { round })) => Self::Has { round },
            (None, _, Some(ClaimNote::GivenBack { round })) => Self::Asks { gave_back: round },
            (None, _, Some(ClaimNote::Asked) | None) => Self::Asks { gave_back: 0 },
        }
    }
}

impl ClaimStated {
    /// What an owner states once it has said one more word, after its answer or before: the word replaces what it stated.
    pub fn after(before: Option<Self>, said: ToHome) -> Option<Self> {
        match (said, before) {
            (ToHome::Ask(petition), None) => Some(Self { petition, standing: ClaimState::Asks { gave_back: 0 } }),
            (ToHome::Ask(petition), Some(before)) => Some(Self { petition, ..before }),
            (ToHome::GaveBack { round }, Some(before)) => {
                Some(Self { standing: ClaimState::Asks { gave_back: round }, ..before })
            }
            (ToHome::Released, Some(before)) => Some(Self { standing: ClaimState::Over, ..before }),
            (ToHome::Moved { to, .. }, Some(before)) => {
                Some(Self { petition: Petition { unit: to, ..before.petition }, ..before })
            }
            // That it stands is what it has.
            (ToHome::Stands, before) => before,
            (ToHome::GaveBack { .. } | ToHome::Released | ToHome::Moved { .. }, None) => None,
        }
    }
}

/// The key's row at the end of the round, and what to say: one judgement over the mirror's row and all that was stated, our own
/// cases included, each case once. `silent` are units that were declared lost: what they know may come back. Pure; total.
pub fn rebuild(home: UnitId, own: Option<Claim>, stated: &[ClaimStated], silent: &[UnitId]) -> Judged {
    let stated_of = |case: CaseId| stated.iter().find(|stated| stated.petition.case == case);
    let rounds = stated.iter().map(|stated| match stated.standing {
        ClaimState::Has { round } | ClaimState::Asks { gave_back: round } => round,
        ClaimState::Ended(_) | ClaimState::Over => 0,
    });
    let last_round = rounds.chain(own.iter().map(|claim| claim.round)).max().unwrap_or(0);

    // A peer's word before our own: what our own case was granted, the former self may have taken back in the lost tail. Numbers of
    // grants begin anew once a key was free, so between the two they tell nothing.
    let told = stated.iter().filter_map(|stated| match stated.standing {
        ClaimState::Has { round } => Some((stated.petition.unit != home, round, &stated.petition)),
        _ => None,
    });
    let told = told.max_by_key(|(peer, round, _)| (*peer, *round)).map(|(.., petition)| petition.clone());
    let (granted, waited) = match own {
        Some(Claim { holder, round, waiting }) => (Some((holder, round)), waiting),
        None => (None, vec![]),
    };
    // Our own grant stands, unless its case gave it back or is over: what came of that was in the lost tail.
    let granted = granted.and_then(|(holder, round)| match stated_of(holder.case) {
        None => Some(holder),
        Some(ClaimStated { petition, standing: ClaimState::Asks { gave_back } }) if *gave_back < round => {
            Some(petition.clone())
        }
        Some(_) => None,
    });
    let holder = told.or(granted);
    // Who is silent still waits as our row says.
    let waited = waited.into_iter().filter(|petition| stated_of(petition.case).is_none());
    let asks = stated.iter().filter(|one| match one.standing {
        ClaimState::Asks { .. } | ClaimState::Has { .. } => true,
        ClaimState::Ended(duplicate) => {
            let known = stated.iter().any(|other| other.petition.number == duplicate.of)
                || holder.as_ref().is_some_and(|holder| holder.number == duplicate.of);
            !known && holder.is_none() && !silent.contains(&duplicate.at)
        }
        ClaimState::Over => false,
    });
    let is_holder = |petition: &Petition| holder.as_ref().is_some_and(|holder| holder.case == petition.case);
    let asking = asks.map(|one| one.petition.clone()).chain(waited);
    let asking: Vec<_> = asking.filter(|petition| !is_holder(petition)).collect();
    let revived = |case: CaseId| matches!(stated_of(case).map(|s| s.standing), Some(ClaimState::Ended(_)));

    let mut judged = match holder {
        None => choose(home, asking, last_round),
        Some(holder) => {
            let claim = Claim { holder, round: last_round, waiting: vec![] };
            let mut judged = Judged { say: vec![current(&claim)], claim: Some(claim) };
            for petition in asking {
                let Judged { claim, say } = judge(home, judged.claim, petition.case, ToHome::Ask(petition));
                judged.claim = claim;
                judged.say.extend(say);
            }
            judged
        }
    };
    // Its winner was in the lost tail: the paper that ended it is void.
    for (_, case, said) in &mut judged.say {
        if let (FromHome::Granted { round }, true) = (&*said, revived(*case)) {
            *said = FromHome::LivesAgain { round: *round };
        }
    }
    judged
}

/// What an owner that comes back says once more to the home of an inherited case's claim. Its log may lag, and what its former self
/// said last was fenced with it. `None`: the home was never asked.
///
/// A live case asks again, **whatever its mirror was granted**, and is noted as one that has asked: it may have given the claim back,
/// and lost it. Until the home answers it is not decided. This holds at the home for its own cases too, which its row and its
/// peers judge. `Fixed` is a decided case alone: an acceptance may have been undone in the lost tail; `Over` is one that needs
/// the claim no more.
pub fn said_again(last: Option<ClaimNote>, bearing: Bearing, petition: Petition) -> Option<ToHome> {
    match bearing {
        _ if must_ask(last) => None,
        Bearing::Live => Some(ToHome::Ask(petition)),
        Bearing::Fixed => Some(ToHome::Stands),
        Bearing::Over | Bearing::Duplicate => Some(ToHome::Released),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::claims::Ground;
    use crate::ids::{CaseNumber, Generation};
    use crate::support::{CITY, COUNTY, OTHER_COUNTY};
    use crate::time::CivilDate;

    fn petition(id: u8, unit: UnitId, day: i8) -> Petition {
        let date = CivilDate::new(2026, 2, day).unwrap();
        Petition {
            case: CaseId(uuid::Uuid::from_u128(u128::from(id))),
            number: CaseNumber::new(unit, date, Generation::FIRST, u32::from(id)).unwrap(),
            unit,
            received: date,
            submission: format!("key-{id}"),
        }
    }

    fn duplicate_of(winner: &Petition) -> Duplicate {
        Duplicate { of: winner.number, at: winner.unit, ground: Ground::Stands, same_submission: false }
    }

    #[test]
    fn the_home_goes_on_from_its_row_and_what_was_stated() {
        use ClaimState::{Asks, Ended, Has, Over};
        let (ours, city, other) = (petition(1, COUNTY, 3), petition(2, CITY, 4), petition(3, OTHER_COUNTY, 5));
        let row = |holder: &Petition, round| Some(Claim { holder: holder.clone(), round, waiting: vec![] });
        let asks = Asks { gave_back: 0 };
        let lost_tail = Ended(duplicate_of(&petition(9, COUNTY, 1)));
        let at_silent = Ended(duplicate_of(&petition(9, OTHER_COUNTY, 1)));
        // The mirror's row; what is stated of our own case, the city's and the other county's; then holder, round, and who is told.
        for (own, stated, holder, round, told) in [
            // What a peer was told outlives our row, whatever the row says.
            (None, vec![(&city, Has { round: 1 })], Some(2), 1, "2 granted"),
            (row(&ours, 1), vec![(&ours, asks), (&city, Has { round: 2 })], Some(2), 2, "2 granted, 2 recall"),
            // Freed by the former self, and granted to a peer under the number that our own case had.
            (
                row(&ours, 1),
                vec![(&city, Has { round: 1 }), (&ours, Has { round: 1 })],
                Some(2),
                1,
                "2 granted, 2 recall",
            ),
            (row(&city, 1), vec![(&city, Has { round: 1 })], Some(2), 1, "2 granted"),
            // Our own grants are said again, and stand for a unit that is silent.
            (row(&city, 1), vec![(&city, asks)], Some(2), 1, "2 granted"),
            (row(&other, 1), vec![(&city, asks)], Some(3), 1, "3 granted, 3 recall"),
            // Given back, or over, in the lost tail: chosen anew, under a higher number.
            (row(&city, 1), vec![(&ours, asks), (&city, Asks { gave_back: 1 })], Some(1), 2, "1 granted, 2 lost"),
            (row(&city, 1), vec![(&ours, asks), (&city, Over)], Some(1), 2, "1 granted"),
            (row(&city, 1), vec![(&city, Over)], None, 0, ""),
            (None, vec![(&city, asks), (&other, asks)], Some(2), 1, "2 granted, 3 lost"),
            // The winner was in the lost tail.
            (None, vec![(&city, lost_tail)], Some(2), 1, "2 lives again"),
            (None, vec![(&city, lost_tail), (&ours, asks)], Some(1), 1, "1 granted, 2 lost"),
            (None, vec![(&city, lost_tail), (&other, Has { round: 1 })], Some(3), 1, "3 granted"),
            // It is known, or with a unit that is silent: it may come back.
            (None, vec![(&city, Ended(duplicate_of(&ours))), (&ours, Over)], None, 0, ""),
            (None, vec![(&city, at_silent)], None, 0, ""),
            (row(&other, 1), vec![(&city, Ended(duplicate_of(&other)))], Some(3), 1, "3 granted"),
        ] {
            let stated: Vec<_> = stated
                .into_iter()
                .map(|(petition, standing)| ClaimStated { petition: petition.clone(), standing })
                .collect();
            let judged = rebuild(COUNTY, own.clone(), &stated, &[OTHER_COUNTY]);
            let say = judged.say.iter().map(|(_, case, said)| {
                let word = match said {
                    FromHome::Granted { .. } => "granted",
                    FromHome::Recall { .. } => "recall",
                    FromHome::Lost(_) => "lost",
                    FromHome::LivesAgain { .. } => "lives again",
                };
                format!("{} {word}", case.0.as_u128())
            });
            let say = say.collect::<Vec<_>>().join(", ");
            let claim = judged.claim.map(|claim| (claim.holder.case.0.as_u128(), claim.round));
            assert_eq!((claim, &say[..]), (holder.map(|holder| (holder, round)), told), "{own:?} {stated:?}");
        }
    }

    #[test]
    fn a_word_replaces_what_was_stated() {
        let city = petition(2, CITY, 4);
        let is = |standing| Some(ClaimStated { petition: city.clone(), standing });
        let has = is(ClaimState::Has { round: 1 });
        let gave_back = ClaimState::Asks { gave_back: 1 };
        let moved = ToHome::Moved { to: COUNTY, missed: FromHome::Granted { round: 1 } };
        for (before, said, after) in [
            (None, ToHome::Ask(city.clone()), is(ClaimState::Asks { gave_back: 0 })),
            (has.clone(), ToHome::Ask(city.clone()), has.clone()),
            (has.clone(), ToHome::GaveBack { round: 1 }, is(gave_back)),
            (has.clone(), ToHome::Released, is(ClaimState::Over)),
            (has.clone(), ToHome::Stands, has.clone()),
            (None, ToHome::Released, None),
        ] {
            assert_eq!(ClaimStated::after(before, said.clone()), after, "{said:?}");
        }
        assert_eq!(ClaimStated::after(has, moved).map(|stated| stated.petition.unit), Some(COUNTY));
    }

    #[test]
    fn a_state_is_what_the_content_says_and_is_said_again() {
        use Bearing::{Duplicate as Ended, Fixed, Live, Over};
        let duplicate = duplicate_of(&petition(1, COUNTY, 3));
        let ask = Some(ToHome::Ask(petition(2, CITY, 4)));
        let granted = Some(ClaimNote::Granted { round: 2 });
        for (last, bearing, ended, standing, again) in [
            (None, Live, None, ClaimState::Asks { gave_back: 0 }, None),
            (Some(ClaimNote::Asked), Live, None, ClaimState::Asks { gave_back: 0 }, ask.clone()),
            (Some(ClaimNote::GivenBack { round: 2 }), Live, None, ClaimState::Asks { gave_back: 2 }, ask.clone()),
            (granted, Live, None, ClaimState::Has { round: 2 }, ask),
            (granted, Fixed, None, ClaimState::Has { round: 2 }, Some(ToHome::Stands)),
            (granted, Over, None, ClaimState::Over, Some(ToHome::Released)),
            (Some(ClaimNote::Asked), Ended, Some(duplicate), ClaimState::Ended(duplicate), Some(ToHome::Released)),
        ] {
            assert_eq!(ClaimState::of(last, bearing, ended), standing);
            assert_eq!(said_again(last, bearing, petition(2, CITY, 4)), again, "{last:?} {bearing:?}");
        }
    }
}
