//! What a new generation may number: attempts and case numbers that no former self can have used or may still use.

use crate::ids::{Attempt, CaseNumber, Generation, UnitId};
use crate::time::CivilDate;

/// Attempts that one life of a unit can use for one case: a former self that goes on alone stays below the next block.
pub const ATTEMPTS_A_LIFE: u32 = 1 << 16;

/// The attempt under which a case is ours again: the first of the block above all that anybody has stated.
///
/// The block belongs to the case, not to the unit: attempts travel with the case, and each new generation that regains it goes on
/// one block higher.
pub fn fresh_attempt(highest: Attempt) -> Attempt {
    let block = highest.0 / ATTEMPTS_A_LIFE;
    Attempt(block.saturating_add(1).saturating_mul(ATTEMPTS_A_LIFE))
}

/// The printed number of a generation's case: the generation's letter is its block, so a day's count may begin anew in each
/// without a number being used twice (protocol.md §1). `None`: the day or the letters are used up.
///
/// `used` is how many numbers this generation's log has given on that day.
pub fn case_number(unit: UnitId, date: CivilDate, generation: Generation, used: u32) -> Option<CaseNumber> {
    CaseNumber::new(unit, date, generation, used.checked_add(1)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::support::COUNTY;

    #[test]
    fn a_fresh_attempt_is_the_first_of_the_next_block() {
        for (highest, fresh) in [(0, 1 << 16), (1, 1 << 16), (65_535, 1 << 16), (65_536, 2 << 16), (65_537, 2 << 16)] {
            assert_eq!(fresh_attempt(Attempt(highest)), Attempt(fresh), "{highest}");
        }
    }

    #[test]
    fn generations_share_no_number() {
        let date = CivilDate::new(2026, 2, 2).unwrap();
        let first = case_number(COUNTY, date, Generation(1), 6).unwrap();
        let second = case_number(COUNTY, date, Generation(2), 6).unwrap();
        assert_eq!(first.to_string(), "370811000000-260202-A-00007-2");
        assert_ne!(first, second);
        assert_eq!(case_number(COUNTY, date, Generation(2), CaseNumber::MOST_A_DAY), None);
        assert_eq!(case_number(COUNTY, date, Generation(2), u32::MAX), None);
        assert_eq!(case_number(COUNTY, date, Generation(27), 0), None);
    }
}
