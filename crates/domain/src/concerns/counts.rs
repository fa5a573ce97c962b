//! How a unit is rated, by matter: counted as ratings come, so that a question reads a few rows and not a million.

use serde::{Deserialize, Serialize};

use super::{ConcernRow, ConcernStep, RatingLevel, Saying};
use crate::ids::UnitId;

/// What a unit's steps for one matter were rated. Ratings that were excluded, or came second for their line, are in none of the levels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RatingCount {
    /// By level, best first.
    pub levels: [u32; 5],
    /// Bad ones whose person was called back, reached or not.
    pub called_back: u32,
    /// Bad ones that were put right or explained.
    pub rectified: u32,
    /// Excluded on review.
    pub excluded: u32,
}

impl RatingCount {
    /// What one rating adds at the unit that is rated.
    pub(crate) fn of(row: &ConcernRow, here: UnitId) -> Self {
        let Saying::Rating { line, level, .. } = &row.concern.saying else { return Self::default() };
        if line.unit != here || row.has(|step| matches!(step, ConcernStep::NotCounted)) {
            return Self::default();
        }
        if !row.counts() {
            return Self { excluded: 1, ..Self::default() };
        }
        let mut levels = [0; 5];
        levels[*level as usize] = 1;
        let done = |wanted: fn(&ConcernStep) -> bool| u32::from(level.is_bad() && row.has(wanted));
        Self {
            levels,
            called_back: done(|step| matches!(step, ConcernStep::CalledBack { .. })),
            rectified: done(|step| matches!(step, ConcernStep::Rectified { .. })),
            excluded: 0,
        }
    }

    /// With another's numbers in place of some of its own.
    pub(crate) fn instead(self, before: Self, after: Self) -> Self {
        let moved = |all: u32, before: u32, after: u32| (all + after).saturating_sub(before);
        let mut levels = self.levels;
        for (at, all) in levels.iter_mut().enumerate() {
            *all = moved(*all, before.levels[at], after.levels[at]);
        }
        Self {
            levels,
            called_back: moved(self.called_back, before.called_back, after.called_back),
            rectified: moved(self.rectified, before.rectified, after.rectified),
            excluded: moved(self.excluded, before.excluded, after.excluded),
        }
    }

    /// Both together.
    pub fn plus(self, other: Self) -> Self {
        self.instead(Self::default(), other)
    }

    /// All that count.
    pub fn all(&self) -> u32 {
        self.levels.iter().sum()
    }

    /// Of the two lowest levels.
    pub fn bad(&self) -> u32 {
        RatingLevel::ALL.iter().filter(|level| level.is_bad()).map(|level| self.levels[*level as usize]).sum()
    }

    /// Percent that are at least fairly satisfied; `None` where nobody rated.
    pub fn satisfied_percent(&self) -> Option<u32> {
        percent(self.all() - self.bad(), self.all())
    }

    /// Percent of the bad ones whose person was called back; `None` where none is bad.
    pub fn called_back_percent(&self) -> Option<u32> {
        percent(self.called_back, self.bad())
    }
}

/// Rounded down: a hundred is said only of all.
fn percent(part: u32, all: u32) -> Option<u32> {
    (u64::from(part) * 100).checked_div(u64::from(all)).and_then(|percent| u32::try_from(percent).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_of_all_and_of_the_bad_and_never_rounded_up() {
        let count = RatingCount { levels: [100, 50, 48, 1, 1], called_back: 1, rectified: 0, excluded: 3 };
        assert_eq!((count.all(), count.bad()), (200, 2));
        assert_eq!((count.satisfied_percent(), count.called_back_percent()), (Some(99), Some(50)));
        assert_eq!(
            (RatingCount::default().satisfied_percent(), RatingCount::default().called_back_percent()),
            (None, None)
        );
        let nearly = RatingCount { levels: [999, 0, 0, 1, 0], ..RatingCount::default() };
        assert_eq!(nearly.satisfied_percent(), Some(99));
    }
}
