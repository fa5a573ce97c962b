//! Stories drawn from a seed: people act in any order, mail is late, comes twice and out of turn, clocks are wrong, answers are
//! lost. Then everything is put right, and the region has its time to come to rest.

use domain::case::PassedOverReason;
use domain::command::*;
use domain::handoff::Role;
use domain::ids::{CaseId, UnitId};
use sim::play::Judged;

use super::{COUNTY, MATTERS, PATIENCE_SECONDS, Region, UNITS, decide};

/// One stream of numbers from a seed (splitmix64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % bound
    }

    fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    fn pick<T: Clone>(&mut self, from: &[T]) -> Option<T> {
        let bound = u64::try_from(from.len()).unwrap();
        (bound > 0).then(|| from[usize::try_from(self.below(bound)).unwrap()].clone())
    }
}

struct Story {
    region: Region,
    dice: Dice,
    /// Where, what for, under which key something was handed in.
    asked: Vec<(UnitId, &'static str, String)>,
    keys: u64,
}

impl Story {
    fn new(seed: u64) -> Self {
        Self { region: Region::jining(), dice: Dice(seed), asked: vec![], keys: 0 }
    }
}

/// Plays a story of so many steps, and gives every verdict.
pub(crate) fn play(seed: u64, steps: usize) -> Vec<Judged> {
    let mut story = Story::new(seed);
    for _ in 0..steps {
        story.step();
    }
    story.heal()
}

/// The same, and a third of the way one unit is lost and goes on from a mirror that lags; what its former self had under way arrives at
/// any time from then on.
#[allow(dead_code, reason = "one of the tests loses nobody")]
pub(crate) fn play_with_loss(seed: u64, steps: usize) -> Vec<Judged> {
    let mut story = Story::new(seed);
    story.region.unmirrored = 12;
    for step in 0..steps {
        if step == steps / 3 {
            let unit = story.dice.pick(&UNITS).unwrap();
            let behind = usize::try_from(story.dice.below(12)).unwrap();
            story.region.lose(unit, behind);
        }
        story.step();
        if story.dice.chance(30)
            && let Some((to, mail)) = story.dice.pick(&story.region.under_way())
        {
            story.region.carry(mail, to, false);
        }
    }
    story.heal()
}

impl Story {
    fn step(&mut self) {
        let unit = self.dice.pick(&UNITS).unwrap();
        let to = self.dice.pick(&UNITS).unwrap();
        match self.dice.below(100) {
            0..13 => self.submit(unit),
            13..30 => {
                for command in self.region.duties(unit) {
                    if self.dice.chance(70) {
                        self.region.run(unit, command);
                    }
                }
            }
            30..50 => self.carry(unit, to),
            50..72 => self.officer(unit),
            72..76 => self.wrong_duty(unit),
            76..81 => {
                self.region.fire(unit);
                if let (true, Some(timer)) = (self.dice.chance(40), self.region.timers(unit).first()) {
                    // Before its time: it must be refused.
                    self.region.run(unit, Command::FireTimer(timer.clone()));
                }
            }
            81..89 => {
                let longest = if self.dice.chance(5) { 3 * 86_400_000 } else { 15 * 60_000 };
                let millis = self.dice.below(longest);
                self.region.pass(i64::try_from(millis).unwrap());
            }
            89..93 => {
                let off = i64::try_from(self.dice.below(1_200_000)).unwrap() - 600_000;
                self.region.set_clock(unit, off);
            }
            93 if self.region.versions < 3 => self.region.publish(PATIENCE_SECONDS + 60),
            _ => self.region.follow(unit, |_| {}),
        }
    }

    fn submit(&mut self, unit: UnitId) {
        let again = self.dice.chance(30).then(|| self.dice.pick(&self.asked)).flatten();
        let (unit, matter, key) = again.unwrap_or_else(|| {
            self.keys += 1;
            (unit, self.dice.pick(&MATTERS).unwrap(), format!("key-{}", self.keys))
        });
        // A village's first catalogue can still be under way.
        if self.region.meta(unit).catalogue.is_none() {
            return;
        }
        let application = self.region.application(unit, matter);
        if self.dice.chance(4) {
            // Lost on its way: nobody will ever know.
            self.region.begin(unit, &application, "window", &key);
        } else {
            let heard = self.dice.chance(85);
            self.region.act(unit, application, "window", &key, heard);
        }
        self.asked.push((unit, matter, key));
    }

    fn carry(&mut self, from: UnitId, to: UnitId) {
        let pairs = UNITS.into_iter().flat_map(|from| UNITS.map(|to| (from, to)));
        let waiting: Vec<_> = pairs.filter(|(from, to)| self.region.next_mail(*from, *to).is_some()).collect();
        if let Some((from, to)) = self.dice.pick(&waiting) {
            let mail = self.region.next_mail(from, to).unwrap();
            let acknowledged = self.dice.chance(80);
            self.region.carry(mail, to, acknowledged);
        }
        if self.dice.chance(25)
            && let Some(any) = self.dice.pick(&self.region.outbox(from, to))
        {
            // Once more, or before its turn.
            self.region.carry(any, to, false);
        }
    }

    /// Somebody does something to a case, whether it fits or not.
    fn officer(&mut self, anywhere: UnitId) {
        let cases: Vec<CaseId> = self.region.observer.cases().collect();
        let Some(case) = self.dice.pick(&cases) else { return };
        let owner = self.region.observer.owners(case).first().copied();
        let unit = if self.dice.chance(75) { owner.unwrap_or(anywhere) } else { anywhere };
        let attempt = self.region.case(unit, case).map(|row| row.custody.attempt).unwrap_or_default();
        let granted = self.dice.chance(80);
        let command = match self.dice.below(20) {
            0..7 => self.region.acceptance(unit, case),
            7..12 => Some(decide(case, granted)),
            12..15 => Some(Command::Deliver(Deliver { case })),
            15 => Some(Command::Withdraw(Withdraw { case, reason: "不办了".to_owned() })),
            16 => Some(Command::NotAccept(NotAccept {
                case,
                reasons: "不属于本机关职权".to_owned(),
                right_authority: Some(COUNTY),
            })),
            _ => Some(Command::Abort(Abort { case, attempt, reason: PassedOverReason::TakenBack })),
        };
        let Some(command) = command else { return };
        self.keys += 1;
        let key = format!("key-{}", self.keys);
        let heard = self.dice.chance(85);
        self.region.act(unit, command.clone(), "officer", &key, heard);
        if self.dice.chance(25) {
            // Pressed twice: under the same key, or as a request of its own.
            let key = if granted { key } else { format!("{key}-again") };
            self.region.act(unit, command, "officer", &key, true);
        }
    }

    /// A leader that does not know its place: prepares or declines whatever it was ever offered.
    fn wrong_duty(&mut self, unit: UnitId) {
        let cases: Vec<CaseId> = self.region.observer.cases().collect();
        let Some(case) = self.dice.pick(&cases) else { return };
        let Some(row) = self.region.case(unit, case) else { return };
        let attempt = row.custody.attempt;
        let declines = self.dice.chance(70) && matches!(row.custody.role, Role::Prepared { .. } | Role::Owner);
        let command = match declines {
            true => Command::Decline(Decline { case, attempt }),
            false => Command::Prepare(Prepare { case, attempt }),
        };
        self.region.run(unit, command);
    }

    fn heal(mut self) -> Vec<Judged> {
        let region = &mut self.region;
        UNITS.into_iter().for_each(|unit| region.set_clock(unit, 0));
        region.settle();
        let now = region.now;
        region.watch.healed(now);
        for _ in 0..4 {
            region.pass(i64::from(PATIENCE_SECONDS) * 1_000);
            UNITS.into_iter().for_each(|unit| region.fire(unit));
            region.settle();
        }
        self.region.finish()
    }
}
