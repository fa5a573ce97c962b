//! What an inherited case is to us, once every peer has answered: **the highest statement decides** (protocol.md §6).

use serde::{Deserialize, Serialize};

use crate::handoff::{Custody, Move, Role};
use crate::ids::{Attempt, UnitId};

use super::block::fresh_attempt;
use super::statement::Statement;

/// What a case turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Finding {
    /// Ours again, under a fresh attempt: whatever the former self gave away came to nothing.
    Ours,
    /// Committed to us before we were lost, or to our former self: ours, as by any take.
    Taken {
        /// Who committed it.
        from: UnitId,
    },
    /// An offer to us stands: it is prepared anew, or declined.
    Offered {
        /// Who offers it.
        by: UnitId,
    },
    /// Our own commit stands and was said once more.
    CommitStands {
        /// Who has it, or is the only one who can come to have it.
        to: UnitId,
    },
    /// Somebody else has it.
    Elsewhere {
        /// Who has it, or is the only one who can come to have it.
        with: UnitId,
    },
    /// As our own log says: forgotten, held for a giver that is lost, or never heard of.
    AsKnown,
    /// It would be ours, and nobody kept its content: a receipt of the lost tail. A presented slip makes it anew; it stands in
    /// the report until then.
    ContentLost,
}

/// Whose content the case goes on with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Source {
    /// What we hold, or hold not.
    Own,
    /// A peer's is newer, or is what is offered.
    Of(UnitId),
}

/// What to write and to send about one inherited case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// What it means.
    pub finding: Finding,
    /// Our custody from here on; `None` for a case that nobody knows.
    pub custody: Option<Custody>,
    /// Whose content we go on with, where we hold any from here on.
    pub content: Source,
    /// Our commit once more, and the end of every offer of ours.
    pub send: Vec<(UnitId, Move)>,
}

/// The verdict on one case: `own` is what our mirror had, `said` the last statement of each peer. Pure; total.
///
/// Of all statements the one with the highest attempt decides; at the same attempt the giver's stands before the receiver's,
/// since the sender's log decides, and a peer's before our own, since ours may lag.
pub fn verdict(here: UnitId, own: Statement, said: &[(UnitId, Statement)]) -> Verdict {
    let all = std::iter::once((here, own)).chain(said.iter().copied());
    let known = all.filter_map(|(who, stated)| Some((who, stated.custody?, stated.gives())));
    let highest = known.max_by_key(|(who, custody, gives)| (custody.attempt, *gives, *who != here));
    let as_known = Verdict { finding: Finding::AsKnown, custody: own.custody, content: Source::Own, send: vec![] };
    let Some((who, top, _)) = highest else { return as_known };
    let inherited = Inherited { here, own, said, who, top };
    match top.role {
        Role::Gone { to } if who == here => {
            let mut send = inherited.aborts(Some(to));
            send.push((to, Move::Commit { attempt: top.attempt }));
            Verdict { finding: Finding::CommitStands { to }, send, ..as_known }
        }
        Role::Owner | Role::Offering { .. } if who == here => inherited.ours(Finding::Ours),
        _ if who == here => Verdict { send: inherited.aborts(None), ..as_known },
        Role::Offered { by } | Role::Prepared { by } | Role::Dropped { by } if by == here => {
            inherited.ours(Finding::Ours)
        }
        Role::Gone { to } if to == here => inherited.ours(Finding::Taken { from: who }),
        Role::Offering { to } if to == here => Verdict {
            finding: Finding::Offered { by: who },
            custody: Some(Custody { role: Role::Offered { by: who }, ..top }),
            content: Source::Of(who),
            send: inherited.aborts(None),
        },
        // What is not decided yet may still come to us under that attempt.
        Role::Owner | Role::Offering { .. } => inherited.elsewhere(who, Attempt(top.attempt.0.saturating_sub(1))),
        Role::Gone { to: with }
        | Role::Offered { by: with }
        | Role::Prepared { by: with }
        | Role::Dropped { by: with } => inherited.elsewhere(with, top.attempt),
    }
}

/// A case, all that is stated about it, and the statement that decides.
struct Inherited<'a> {
    here: UnitId,
    own: Statement,
    said: &'a [(UnitId, Statement)],
    who: UnitId,
    top: Custody,
}

impl Inherited<'_> {
    /// Every offer of ours that a peer holds is ended, apart from the one that we committed.
    fn aborts(&self, committed: Option<UnitId>) -> Vec<(UnitId, Move)> {
        let ends = |(peer, stated): &(UnitId, Statement)| match stated.custody {
            Some(Custody { role: Role::Offered { by } | Role::Prepared { by }, attempt, .. })
                if by == self.here && committed != Some(*peer) =>
            {
                Some((*peer, Move::Abort { attempt }))
            }
            _ => None,
        };
        self.said.iter().filter_map(ends).collect()
    }

    /// Somebody else has it. The copy that we hold stays: it may be the last one if they are lost too.
    fn elsewhere(&self, with: UnitId, attempt: Attempt) -> Verdict {
        Verdict {
            finding: Finding::Elsewhere { with },
            custody: Some(Custody { role: Role::Dropped { by: with }, attempt, content: None }),
            content: Source::Own,
            send: self.aborts(None),
        }
    }

    /// Ours, under a fresh attempt, with the newest content of all.
    fn ours(&self, finding: Finding) -> Verdict {
        let mut send = self.aborts(None);
        // Whom it was offered to may know it from what we answered while it came back itself.
        if let (true, Role::Offering { to }, attempt) = (self.who == self.here, self.top.role, self.top.attempt)
            && send.iter().all(|(peer, _)| *peer != to)
        {
            send.push((to, Move::Abort { attempt }));
        }
        let mut newest = (self.own.holds, Source::Own);
        for (peer, stated) in self.said {
            if stated.holds > newest.0 {
                newest = (stated.holds, Source::Of(*peer));
            }
        }
        let attempt = fresh_attempt(self.top.attempt);
        #[cfg(mutants)]
        let attempt = crate::mutants::instead(crate::mutants::Mutant::AttemptStays, attempt, self.top.attempt);
        let (finding, role, attempt) = match newest.0 {
            Some(_) => (finding, Role::Owner, attempt),
            None => (Finding::ContentLost, Role::Dropped { by: self.who }, self.top.attempt),
        };
        Verdict { finding, custody: Some(Custody { role, attempt, content: None }), content: newest.1, send }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::ContentHash;
    use crate::recovery::ContentVersion;
    use crate::recovery::block::ATTEMPTS_A_LIFE;
    use crate::support::{CITY, COUNTY, VILLAGE};

    const CONTENT: ContentHash = ContentHash([7; 32]);
    const FRESH: Attempt = Attempt(ATTEMPTS_A_LIFE);

    /// A statement: role, attempt, lines of what is held (0: nothing).
    fn is(role: Role, attempt: u32, lines: u32) -> Statement {
        let content = matches!(role, Role::Offering { .. } | Role::Offered { .. } | Role::Prepared { .. });
        let custody = Custody { role, attempt: Attempt(attempt), content: content.then_some(CONTENT) };
        Statement { custody: Some(custody), holds: (lines > 0).then_some(ContentVersion(lines)) }
    }

    /// The county comes back; the village and the city have answered.
    fn county(own: Statement, village: Statement, city: Statement) -> Verdict {
        verdict(COUNTY, own, &[(VILLAGE, village), (CITY, city)])
    }

    const NEVER: Statement = Statement { custody: None, holds: None };

    #[test]
    fn the_highest_statement_decides() {
        use Role::{Dropped, Gone, Offered, Offering, Owner, Prepared};
        let (to, by) = (COUNTY, COUNTY);
        // Own log, village, city; then the finding, role and attempt afterwards.
        for (own, village, city, finding, role, attempt) in [
            // Nobody else knows more: ours, and no old number counts.
            (is(Owner, 1, 2), NEVER, NEVER, Finding::Ours, Owner, FRESH),
            (is(Offering { to: CITY }, 1, 3), NEVER, NEVER, Finding::Ours, Owner, FRESH),
            // Whatever a peer holds of ours comes back, at an attempt that we never saw too.
            (is(Owner, 1, 2), NEVER, is(Prepared { by }, 2, 4), Finding::Ours, Owner, FRESH),
            (is(Owner, 1, 2), NEVER, is(Dropped { by }, 3, 0), Finding::Ours, Owner, FRESH),
            (NEVER, is(Offered { by }, 1, 2), NEVER, Finding::Ours, Owner, FRESH),
            // Our own commit stands, held or not yet.
            (
                is(Gone { to: CITY }, 1, 3),
                NEVER,
                is(Prepared { by }, 1, 3),
                Finding::CommitStands { to: CITY },
                Gone { to: CITY },
                Attempt(1),
            ),
            // It was taken and came further than our mirror knows.
            (
                is(Gone { to: CITY }, 1, 3),
                NEVER,
                is(Owner, 2, 4),
                Finding::Elsewhere { with: CITY },
                Dropped { by: CITY },
                Attempt(1),
            ),
            (
                is(Owner, 1, 2),
                is(Gone { to: CITY }, 3, 2),
                NEVER,
                Finding::Elsewhere { with: CITY },
                Dropped { by: CITY },
                Attempt(3),
            ),
            (
                is(Owner, 1, 2),
                NEVER,
                is(Offering { to: VILLAGE }, 4, 2),
                Finding::Elsewhere { with: CITY },
                Dropped { by: CITY },
                Attempt(3),
            ),
            (
                NEVER,
                NEVER,
                is(Prepared { by: VILLAGE }, 2, 2),
                Finding::Elsewhere { with: VILLAGE },
                Dropped { by: VILLAGE },
                Attempt(2),
            ),
            // An offer to us stands and is prepared anew, whatever our log did about it.
            (
                is(Prepared { by: VILLAGE }, 1, 3),
                is(Offering { to }, 1, 3),
                NEVER,
                Finding::Offered { by: VILLAGE },
                Offered { by: VILLAGE },
                Attempt(1),
            ),
            (
                is(Dropped { by: VILLAGE }, 1, 0),
                is(Offering { to }, 1, 3),
                NEVER,
                Finding::Offered { by: VILLAGE },
                Offered { by: VILLAGE },
                Attempt(1),
            ),
            // Committed to us: ours, above what a former self may have gone on to.
            (NEVER, is(Gone { to }, 1, 3), NEVER, Finding::Taken { from: VILLAGE }, Owner, FRESH),
            (
                is(Prepared { by: VILLAGE }, 1, 3),
                is(Gone { to }, 1, 0),
                NEVER,
                Finding::Taken { from: VILLAGE },
                Owner,
                FRESH,
            ),
            // The former self went further than the giver knows.
            (
                is(Prepared { by: VILLAGE }, 1, 3),
                is(Gone { to }, 1, 3),
                is(Offered { by }, 2, 5),
                Finding::Ours,
                Owner,
                FRESH,
            ),
            // The giver speaks before the receiver, and a giver that is itself back from loss before us.
            (
                is(Prepared { by: VILLAGE }, 1, 3),
                is(Owner, 1, 2),
                NEVER,
                Finding::Elsewhere { with: VILLAGE },
                Dropped { by: VILLAGE },
                Attempt(0),
            ),
            // The giver is lost: held until its next generation speaks.
            (is(Prepared { by: VILLAGE }, 1, 3), NEVER, NEVER, Finding::AsKnown, Prepared { by: VILLAGE }, Attempt(1)),
        ] {
            let verdict = county(own, village, city);
            let custody = verdict.custody.map(|custody| (custody.role, custody.attempt));
            assert_eq!((verdict.finding, custody), (finding, Some((role, attempt))), "{own:?} {village:?} {city:?}");
        }
        assert_eq!(county(NEVER, NEVER, NEVER).custody, None);
    }

    #[test]
    fn offers_of_ours_end_by_mail_and_a_commit_is_said_again() {
        use Role::{Gone, Offered, Offering, Owner, Prepared};
        let by = COUNTY;
        let abort = |to, attempt| (to, Move::Abort { attempt: Attempt(attempt) });
        for (own, village, city, send) in [
            (is(Owner, 1, 2), NEVER, is(Prepared { by }, 2, 4), vec![abort(CITY, 2)]),
            // Whether a peer names our open offer or not.
            (is(Offering { to: CITY }, 1, 2), NEVER, NEVER, vec![abort(CITY, 1)]),
            (is(Offering { to: CITY }, 1, 2), NEVER, is(Offered { by }, 1, 2), vec![abort(CITY, 1)]),
            (
                is(Offering { to: CITY }, 1, 2),
                is(Offered { by }, 2, 3),
                is(Offered { by }, 1, 2),
                vec![abort(VILLAGE, 2), abort(CITY, 1)],
            ),
            // What became of an older one is decided long since.
            (is(Offering { to: CITY }, 1, 2), is(Gone { to: COUNTY }, 3, 3), is(Owner, 2, 3), vec![]),
            (
                is(Gone { to: CITY }, 1, 2),
                NEVER,
                is(Prepared { by }, 1, 2),
                vec![(CITY, Move::Commit { attempt: Attempt(1) })],
            ),
            (is(Owner, 1, 2), is(Offered { by }, 1, 2), is(Owner, 3, 4), vec![abort(VILLAGE, 1)]),
        ] {
            assert_eq!(county(own, village, city).send, send, "{own:?} {village:?} {city:?}");
        }
    }

    #[test]
    fn the_newest_content_of_all_goes_on() {
        use Role::{Dropped, Gone, Offering, Owner, Prepared};
        let (to, by) = (COUNTY, COUNTY);
        for (own, village, city, content) in [
            (is(Owner, 1, 2), NEVER, is(Prepared { by }, 1, 2), Source::Own),
            (is(Owner, 1, 2), NEVER, is(Prepared { by }, 1, 3), Source::Of(CITY)),
            // Who holds the newest need not be the one that decides.
            (NEVER, is(Gone { to }, 1, 3), is(Dropped { by: VILLAGE }, 0, 4), Source::Of(CITY)),
            // What is offered is what the giver says, not what is newest.
            (is(Owner, 1, 9), is(Offering { to }, 2, 3), NEVER, Source::Of(VILLAGE)),
        ] {
            assert_eq!(county(own, village, city).content, content, "{own:?} {village:?} {city:?}");
        }
        // The tail had the only copy: reported, never owned without content.
        let lost = county(NEVER, NEVER, is(Dropped { by }, 1, 0));
        let custody = Custody { role: Dropped { by: CITY }, attempt: Attempt(1), content: None };
        assert_eq!((lost.finding, lost.custody), (Finding::ContentLost, Some(custody)));
    }
}
