//! What never happens, and what must be able to happen.

use domain::handoff::Role;
use stateright::Property;

use super::{Broken, Log, Promotion, UNITS, World, place, unit};

/// Of all units as they are; what a unit did that was lost with it is void.
fn union(world: &World, rows: fn(&Log) -> u64) -> u64 {
    current(world).map(rows).fold(0, |all, rows| all | rows)
}

fn current(world: &World) -> impl Iterator<Item = &Log> {
    world.now.iter().filter(|log| !world.is_lost(log.unit))
}

/// I2: an owner holds the content; or what was committed is held by whom it was committed to, or kept while the commit is under way.
fn is_kept(world: &World) -> bool {
    let owned = world.now.iter().any(|log| log.owns() && log.held.version > 0);
    let moving = UNITS.into_iter().any(|from| {
        let giver = &world.now[from];
        let Some(Role::Gone { to }) = giver.role() else { return false };
        let taker = &world.now[place(to)];
        let of_this = matches!(taker.role(), Some(Role::Offered { by } | Role::Prepared { by }) if by == unit(from));
        let holds = of_this && taker.attempt() == giver.attempt() && taker.held.version > 0;
        holds || (giver.held.version > 0 && taker.attempt() <= giver.attempt())
    });
    owned || moving || world.now.iter().any(|log| log.content_lost)
}

/// I11: with no mail under way and nobody coming back, nobody waits for a word that will not come.
fn hangs(world: &World) -> bool {
    let waits_in_vain = |at: usize| {
        let log = &world.now[at];
        let other_is = |other: domain::ids::UnitId, role: Role| {
            let there = &world.now[place(other)];
            (there.role(), there.attempt()) == (Some(role), log.attempt())
        };
        match log.role() {
            Some(Role::Prepared { .. }) => true,
            Some(Role::Offering { to }) => !other_is(to, Role::Offered { by: unit(at) }),
            Some(Role::Offered { by }) => !other_is(by, Role::Offering { to: unit(at) }),
            _ => false,
        }
    };
    let nobody = world.known() && !world.now.iter().any(|log| log.owns() || log.content_lost);
    world.now.iter().any(|log| log.round.is_some()) || nobody || UNITS.into_iter().any(waits_in_vain)
}

pub(crate) fn all() -> Vec<Property<Promotion>> {
    vec![
        Property::always("I1 at most one acting owner", |model: &Promotion, world: &World| {
            let acts = |at: &usize| !world.is_lost(*at) && model.mutant.acts(&world.now[*at]);
            UNITS.into_iter().filter(acts).count() <= 1
        }),
        Property::always("I2 never orphaned", |_, world: &World| {
            world.recovering() || !world.known() || is_kept(world)
        }),
        Property::always("I2 an owner has the newest content", |_, world: &World| {
            let newest = world.now.iter().map(|log| log.held.version).max().unwrap_or(0);
            world.recovering() || world.now.iter().all(|log| !log.owns() || log.held.version == newest)
        }),
        Property::always("I3 one decision per attempt", |_, world: &World| {
            let decided = union(world, |log| log.commits) | union(world, |log| log.takes);
            decided & union(world, |log| log.aborts) == 0
        }),
        Property::always("I4 attempts strictly rise", |_, world: &World| {
            let sum: u32 = current(world).map(|log| log.offers.count_ones()).sum();
            world.broken != Some(Broken::NotRisen) && sum == union(world, |log| log.offers).count_ones()
        }),
        Property::always("I5 took only what was committed", |_, world: &World| world.broken != Some(Broken::TookEarly)),
        Property::always("no contradiction", |_, world: &World| world.broken != Some(Broken::Contradiction)),
        Property::always("I11 nothing hangs at rest", |_, world: &World| {
            world.lost != 0 || !world.at_rest() || !hangs(world)
        }),
        Property::sometimes("handed over", |_, world: &World| world.now.iter().any(|log| log.takes != 0)),
        Property::sometimes("a new generation owns after its round", |model: &Promotion, world: &World| {
            let owns = |log: &Log| log.generation.0 > 1 && log.round.is_none() && log.owns();
            model.promotions == 0 || world.now.iter().any(owns)
        }),
        Property::sometimes("a new generation yields to a peer", |model: &Promotion, world: &World| {
            let yields = |log: &Log| {
                log.generation.0 > 1 && log.round.is_none() && matches!(log.role(), Some(Role::Dropped { .. }))
            };
            model.promotions == 0 || world.now.iter().any(yields)
        }),
        Property::sometimes("a former self acts for nothing", |model: &Promotion, world: &World| {
            model.promotions == 0 || world.void_act
        }),
    ]
}
