//! What a unit states about one case: in answer to a fence, and by every word that it sends afterwards.

use serde::{Deserialize, Serialize};

use crate::handoff::{Custody, Move, Role};
use crate::ids::{Attempt, UnitId};

/// How new a content is: the lines of its timeline. Every act and every move adds one, so of two contents of one case the longer
/// one came later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ContentVersion(pub u32);

/// What a unit is to a case and holds of it. Nothing in it: a case that it never heard of, or that can never have been with whom it
/// answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Statement {
    /// Role, attempt, and the hash of what is under offer.
    pub custody: Option<Custody>,
    /// The newest content that it can send; `None` where it holds none.
    pub holds: Option<ContentVersion>,
}

impl Statement {
    /// The highest attempt that it knows; 0 where it knows none.
    pub fn attempt(&self) -> Attempt {
        self.custody.map(|custody| custody.attempt).unwrap_or_default()
    }

    /// Whether it speaks as who gives: its log decides what an attempt came to.
    pub(super) fn gives(&self) -> bool {
        let role = self.custody.map(|custody| custody.role);
        matches!(role, Some(Role::Owner | Role::Offering { .. } | Role::Gone { .. }))
    }

    /// What a peer states once it has sent one more word to `here`: the word replaces what it stated before. `brought` is the
    /// content that came with an offer.
    ///
    /// Words are read in the order in which they were sent, so the last one is what holds. A word before the answer counts too:
    /// its sender may be declared lost and never answer.
    pub fn after(self, here: UnitId, said: Move, brought: Option<ContentVersion>) -> Self {
        let is = |role, attempt, content| Some(Custody { role, attempt, content });
        let under = |attempt| self.custody.filter(|known| known.attempt == attempt).and_then(|known| known.content);
        match said {
            Move::Offer { attempt, content } => Self {
                custody: is(Role::Offering { to: here }, attempt, Some(content)),
                holds: brought.max(self.holds),
            },
            Move::Commit { attempt } => Self { custody: is(Role::Gone { to: here }, attempt, under(attempt)), ..self },
            Move::Abort { attempt } => Self { custody: is(Role::Owner, attempt.next(), None), ..self },
            Move::Prepared { attempt } => {
                Self { custody: is(Role::Prepared { by: here }, attempt, under(attempt)), ..self }
            }
            Move::Declined { attempt } => Self { custody: is(Role::Dropped { by: here }, attempt, None), holds: None },
            Move::Stale { .. } => self,
        }
    }
}

impl Move {
    /// The attempt that a word speaks of.
    pub fn attempt(self) -> Attempt {
        match self {
            Self::Offer { attempt, .. }
            | Self::Prepared { attempt }
            | Self::Declined { attempt }
            | Self::Commit { attempt }
            | Self::Abort { attempt } => attempt,
            Self::Stale { highest } => highest,
        }
    }
}

/// Whether a unit that asks by its fence can have held a case: then the answer names it. `named` are the units that the case's
/// content names; `None` where nothing is held of it, so that nothing can be told apart.
///
/// A content from before the unit came into the case does not name it, and need not: what the unit knows of the case has a higher
/// attempt then.
pub fn can_have_held(asks: UnitId, custody: Custody, named: Option<&[UnitId]>) -> bool {
    custody.role.counterpart() == Some(asks) || named.is_none_or(|named| named.contains(&asks))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::ContentHash;
    use crate::support::{CITY, COUNTY, VILLAGE};

    #[test]
    fn a_word_replaces_what_was_stated() {
        let (one, two) = (Attempt(1), Attempt(2));
        let content = ContentHash([7; 32]);
        let is = |role, attempt, content| Some(Custody { role, attempt, content });
        let before = Statement { custody: is(Role::Owner, one, None), holds: Some(ContentVersion(3)) };
        let newer = Some(ContentVersion(4));
        let offering = is(Role::Offering { to: COUNTY }, one, Some(content));
        let offered = before.after(COUNTY, Move::Offer { attempt: one, content }, newer);
        assert_eq!(offered, Statement { custody: offering, holds: newer });
        for (said, custody, holds) in [
            (Move::Commit { attempt: one }, is(Role::Gone { to: COUNTY }, one, Some(content)), newer),
            (Move::Commit { attempt: two }, is(Role::Gone { to: COUNTY }, two, None), newer),
            (Move::Abort { attempt: one }, is(Role::Owner, two, None), newer),
            (Move::Prepared { attempt: two }, is(Role::Prepared { by: COUNTY }, two, None), newer),
            (Move::Declined { attempt: two }, is(Role::Dropped { by: COUNTY }, two, None), None),
            (Move::Stale { highest: two }, offering, newer),
        ] {
            assert_eq!(offered.after(COUNTY, said, None), Statement { custody, holds }, "{said:?}");
        }
        // A commit of what the mirror had read already, before the answer is here.
        let committed = Statement::default().after(COUNTY, Move::Commit { attempt: two }, None);
        assert_eq!(committed, Statement { custody: is(Role::Gone { to: COUNTY }, two, None), holds: None });
    }

    #[test]
    fn an_answer_names_what_the_unit_can_have_held() {
        let owner = Custody::RECEIVED_HERE;
        let dropped = |by| Custody { role: Role::Dropped { by }, ..owner };
        for (custody, named, counts) in [
            (owner, Some(&[VILLAGE, COUNTY][..]), true),
            (owner, Some(&[VILLAGE]), false),
            (dropped(COUNTY), Some(&[VILLAGE]), true),
            // Nothing is left of it that would tell.
            (dropped(CITY), None, true),
        ] {
            assert_eq!(can_have_held(COUNTY, custody, named), counts, "{custody:?} {named:?}");
        }
    }
}
