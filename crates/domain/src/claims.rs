//! One live case per applicant, matter and object (protocol.md §4): who may decide, when the same thing is filed at two equal
//! authorities.
//!
//! The home of a claim (the county of the place, else as the catalogue says) keeps one row per key and names one case. What it
//! grants belongs to the case, not to a unit, and goes with it. The one rule that carries everything: **the home names another case only
//! after the one that it named before gave the claim back, ended, or was delivered; and only a case that has the claim is
//! decided.** [`judge`] is the home's side, [`obey`] that of the case's owner; both are what the model in `tests/claims_model/`
//! runs. Mail is exactly-once and in order per sender. What a unit does about it is in `command/claiming.rs`.
//!
//! The seam for a home that is lost: nothing here is decided by silence. Its next generation takes the rows from the mirror and from
//! what its peers were granted, and then judges on (protocol.md §6).

use serde::{Deserialize, Serialize};

use crate::case::{CaseContent, Happening, TimelineEntry};
use crate::codec::CodecFault;
use crate::digest::ContentHash;
use crate::ids::{CaseId, CaseNumber, UnitId};
use crate::sealed::BlindIndex;
use crate::time::CivilDate;

/// What a claim is for: a hash of applicant, matter and object. The applicant comes as a keyed index, so the hash tells nobody
/// anything who lacks the region's key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ClaimKey(pub ContentHash);

/// What an application is about, beside its matter.
#[derive(Serialize)]
enum Object {
    /// The place, where the matter names no fields.
    Place(UnitId),
    /// The form's fields that the matter names, as a keyed index.
    Fields(BlindIndex),
    /// A licence that was issued before.
    Licence(String),
}

impl ClaimKey {
    /// Of a case: from what travels with it, so that every unit finds the same.
    pub fn of(content: &CaseContent) -> Result<Self, CodecFault> {
        let named = content.timeline.iter().find_map(|entry| match entry.what {
            Happening::ObjectNamed { object } => Some(object),
            _ => None,
        });
        let object = match (content.about(), named) {
            (Some(about), _) => Object::Licence(about.licence.register_key()),
            (None, Some(fields)) => Object::Fields(fields),
            (None, None) => Object::Place(content.place),
        };
        Ok(Self(ContentHash::of("claim key", &(content.applicant, &content.matter, object))?))
    }
}

/// A case that asks for the claim, as its owner told the home.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Petition {
    /// Which case.
    pub case: CaseId,
    /// Its printed number: what a duplicate is linked to.
    pub number: CaseNumber,
    /// Who owns the case, as far as the home knows.
    pub unit: UnitId,
    /// The day of legal receipt. Days are compared, not clocks of different units.
    pub received: CivilDate,
    /// The submission's idempotency key: equal ones are one submission that was sent twice.
    pub submission: String,
}

/// The home's row for one key: which case has the claim.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Claim {
    /// The case that has it.
    pub holder: Petition,
    /// Counts the grants: what was given back under an earlier one is not given back under this one.
    pub round: u32,
    /// Live cases that ask for it too. While there are any, the holder has been asked to give the claim back, and nobody is
    /// named until it has answered.
    pub waiting: Vec<Petition>,
}

impl Petition {
    /// Whether a unit can have the case, as far as the home knows: who asked, who it went on to as that one said, and who
    /// received it, where every case ends.
    pub fn may_be_with(&self, unit: UnitId) -> bool {
        unit == self.unit || unit == self.number.unit()
    }
}

impl Claim {
    /// What a case asked with, as long as it has the claim or waits for it.
    pub fn petition(&self, case: CaseId) -> Option<&Petition> {
        std::iter::once(&self.holder).chain(&self.waiting).find(|petition| petition.case == case)
    }
}

/// What an owner tells the home.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ToHome {
    /// This case asks for the claim.
    Ask(Petition),
    /// To a recall: it is decided, or cannot be undone; it stands.
    Stands,
    /// To a recall: given back, and not used from here on. It waits for your word.
    GaveBack {
        /// Of the grant.
        round: u32,
    },
    /// The case needs the claim no more.
    Released,
    /// The case went on to another unit before your word came.
    Moved {
        /// Who has it, or is the only one who can come to have it.
        to: UnitId,
        /// The word that came too late.
        missed: FromHome,
    },
}

/// What the home tells an owner.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum FromHome {
    /// The case has the claim.
    Granted {
        /// Which grant.
        round: u32,
    },
    /// Another live case of the key asks and would prevail: give the claim back, or say that the case stands.
    Recall {
        /// Of the grant.
        round: u32,
    },
    /// Another case has it for good: end this one as its duplicate.
    Lost(Duplicate),
    /// What ended it as a duplicate was lost with the home's former self: it is live again, and has the claim.
    LivesAgain {
        /// Which grant.
        round: u32,
    },
}

/// Either side's word.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Said {
    /// From an owner.
    ToHome(ToHome),
    /// From the home.
    FromHome(FromHome),
}

/// What a case is ended as: the link that its termination paper carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Duplicate {
    /// The case that stands.
    pub of: CaseNumber,
    /// Where that case was when it was settled.
    pub at: UnitId,
    /// Why that one stands.
    pub ground: Ground,
    /// Both came of one submission that was sent twice.
    pub same_submission: bool,
}

/// Why one of two live cases stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ground {
    /// It is decided, or was accepted under a claim that its entry demands before acceptance.
    Stands,
    /// It was received on an earlier day.
    EarlierReceipt,
    /// Both were received on one day: the home's own goes first.
    Home,
    /// Both were received on one day, none or both at the home: the home's log names this one first.
    NamedFirst,
}

/// Why `winner` stands before `loser`, where neither is decided; `None` where it does not: the earlier day of receipt wins, a
/// tie goes to the home, else to who is named first.
fn prevails(home: UnitId, winner: &Petition, loser: &Petition) -> Option<Ground> {
    let at_home = |petition: &Petition| petition.unit == home;
    match winner.received.cmp(&loser.received) {
        std::cmp::Ordering::Less => Some(Ground::EarlierReceipt),
        std::cmp::Ordering::Equal if at_home(winner) && !at_home(loser) => Some(Ground::Home),
        _ => None,
    }
}

/// What the home does about one word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged {
    /// The key's row afterwards.
    pub claim: Option<Claim>,
    /// What to say, about which case, and to whom.
    pub say: Vec<(UnitId, CaseId, FromHome)>,
}

/// The home's side: one word about one case of the key. Pure; total over all inputs. A word that fits nothing does nothing.
pub fn judge(home: UnitId, before: Option<Claim>, case: CaseId, said: ToHome) -> Judged {
    match (said, before) {
        (ToHome::Ask(petition), None) => grant(Claim { holder: petition, round: 1, waiting: vec![] }, vec![]),
        (ToHome::Ask(petition), Some(claim)) => ask(home, claim, petition),
        (ToHome::Stands, Some(claim)) if claim.holder.case == case => {
            let losers = lost(home, &claim.holder, &claim.waiting, Some(Ground::Stands));
            Judged { claim: Some(Claim { waiting: vec![], ..claim }), say: losers }
        }
        (ToHome::GaveBack { round }, Some(claim)) if claim.holder.case == case && claim.round == round => {
            let asking = std::iter::once(claim.holder).chain(claim.waiting).collect();
            choose(home, asking, claim.round)
        }
        (ToHome::Released, Some(claim)) if claim.holder.case == case => choose(home, claim.waiting, claim.round),
        (ToHome::Released, Some(mut claim)) => {
            claim.waiting.retain(|petition| petition.case != case);
            Judged { claim: Some(claim), say: vec![] }
        }
        // Whoever lost is in no row any more: its word goes after it as it was.
        (ToHome::Moved { to, missed: lost @ FromHome::Lost(_) }, claim) => {
            Judged { claim, say: vec![(to, case, lost)] }
        }
        (ToHome::Moved { to, .. }, Some(mut claim)) => {
            if let Some(petition) =
                std::iter::once(&mut claim.holder).chain(&mut claim.waiting).find(|p| p.case == case)
            {
                petition.unit = to;
            }
            let say = if claim.holder.case == case { vec![current(&claim)] } else { vec![] };
            Judged { claim: Some(claim), say }
        }
        (ToHome::Stands | ToHome::GaveBack { .. } | ToHome::Released | ToHome::Moved { .. }, claim) => {
            Judged { claim, say: vec![] }
        }
    }
}

fn ask(home: UnitId, mut claim: Claim, petition: Petition) -> Judged {
    if claim.holder.case == petition.case {
        // No owner asks twice: what holds now is all that there is to say.
        let say = vec![current(&claim)];
        return Judged { claim: Some(claim), say };
    }
    if claim.waiting.iter().any(|known| known.case == petition.case) {
        return Judged { claim: Some(claim), say: vec![] };
    }
    // Between two of one day that are equal else, the one named first stays: a recall would come to nothing.
    if claim.waiting.is_empty() && prevails(home, &petition, &claim.holder).is_none() {
        let say = lost(home, &claim.holder, std::slice::from_ref(&petition), None);
        return Judged { claim: Some(claim), say };
    }
    let recalled = !claim.waiting.is_empty();
    claim.waiting.push(petition);
    let say = if recalled { vec![] } else { vec![current(&claim)] };
    Judged { claim: Some(claim), say }
}

/// What the holder is to know now.
pub(crate) fn current(claim: &Claim) -> (UnitId, CaseId, FromHome) {
    let round = claim.round;
    let said = if claim.waiting.is_empty() { FromHome::Granted { round } } else { FromHome::Recall { round } };
    (claim.holder.unit, claim.holder.case, said)
}

/// Nobody has the claim: the best of those who ask gets it, and all others end as its duplicates.
pub(crate) fn choose(home: UnitId, mut asking: Vec<Petition>, last_round: u32) -> Judged {
    let mut best = 0;
    for at in 1..asking.len() {
        if prevails(home, &asking[at], &asking[best]).is_some() {
            best = at;
        }
    }
    if asking.is_empty() {
        return Judged { claim: None, say: vec![] };
    }
    let holder = asking.remove(best);
    let losers = lost(home, &holder, &asking, None);
    grant(Claim { holder, round: last_round + 1, waiting: vec![] }, losers)
}

fn grant(claim: Claim, mut say: Vec<(UnitId, CaseId, FromHome)>) -> Judged {
    say.insert(0, current(&claim));
    Judged { claim: Some(claim), say }
}

/// What those who lose are told.
fn lost(
    home: UnitId,
    winner: &Petition,
    losers: &[Petition],
    stands: Option<Ground>,
) -> Vec<(UnitId, CaseId, FromHome)> {
    let told = |loser: &Petition| {
        let ground = stands.or_else(|| prevails(home, winner, loser)).unwrap_or(Ground::NamedFirst);
        let same_submission = !winner.submission.is_empty() && winner.submission == loser.submission;
        let duplicate = Duplicate { of: winner.number, at: winner.unit, ground, same_submission };
        (loser.unit, loser.case, FromHome::Lost(duplicate))
    };
    losers.iter().map(told).collect()
}

/// What a case's own timeline says of its claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClaimNote {
    /// The home was asked.
    Asked,
    /// The case has the claim.
    Granted {
        /// Which grant.
        round: u32,
    },
    /// Given back at the home's call; its word is awaited.
    GivenBack {
        /// Of the grant.
        round: u32,
    },
    /// Given up by its owner, who passed the case on to who is competent: that one asks anew.
    Released {
        /// Of the grant.
        round: u32,
    },
}

/// The last that a timeline says of the claim: where, its home, and what.
pub fn last_note(timeline: &[TimelineEntry]) -> Option<(&TimelineEntry, UnitId, ClaimNote)> {
    timeline.iter().rev().find_map(|entry| match entry.what {
        Happening::Claim { home, note } => Some((entry, home, note)),
        _ => None,
    })
}

/// What may still become of a case, as far as its claim is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Bearing {
    /// Live: may be decided, may still be ended for another.
    Live,
    /// Decided, or accepted under a claim that the entry demands: it stands.
    Fixed,
    /// Ended without a decision.
    Over,
    /// Ended as the duplicate of another, which its home alone can undo.
    Duplicate,
}

/// What the owner does about the home's word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Obeyed {
    /// A new line of the case's timeline.
    pub note: Option<ClaimNote>,
    /// What to answer.
    pub reply: Option<ToHome>,
    /// End the case as this.
    pub end: Option<Duplicate>,
    /// The paper that ended the case as a duplicate is void: it goes on where it was.
    pub revive: bool,
}

/// The owner's side: one word of the home about a case that is at rest here. Pure; total over all inputs.
pub fn obey(last: Option<ClaimNote>, bearing: Bearing, said: FromHome) -> Obeyed {
    let nothing = Obeyed { note: None, reply: None, end: None, revive: false };
    let note = |note| Obeyed { note: Some(note), ..nothing.clone() };
    let reply = |reply| Obeyed { reply: Some(reply), ..nothing.clone() };
    match (said, bearing) {
        (FromHome::LivesAgain { round }, Bearing::Duplicate) => {
            Obeyed { note: Some(ClaimNote::Granted { round }), revive: true, ..nothing }
        }
        (FromHome::Granted { round } | FromHome::LivesAgain { round }, Bearing::Live | Bearing::Fixed) => match last {
            // An older grant that was delayed on the way says nothing new.
            Some(
                ClaimNote::Granted { round: known }
                | ClaimNote::GivenBack { round: known }
                | ClaimNote::Released { round: known },
            ) if known >= round => nothing,
            _ => note(ClaimNote::Granted { round }),
        },
        // The home believes that an ended case holds the claim: nobody else would ever get it.
        // One that its applicant ended does not live again either, whatever ended it first.
        (FromHome::LivesAgain { .. }, Bearing::Over)
        | (FromHome::Granted { .. } | FromHome::Recall { .. }, Bearing::Over | Bearing::Duplicate) => {
            reply(ToHome::Released)
        }
        (FromHome::Recall { .. } | FromHome::Lost(_), Bearing::Fixed) => reply(ToHome::Stands),
        (FromHome::Recall { round }, Bearing::Live) => match last {
            Some(ClaimNote::Granted { round: known } | ClaimNote::GivenBack { round: known }) if known > round => {
                nothing
            }
            // Given up already: the home's row names another case, or nobody.
            Some(ClaimNote::Released { round: known }) if known >= round => nothing,
            Some(ClaimNote::GivenBack { round: known }) if known == round => reply(ToHome::GaveBack { round }),
            _ => Obeyed {
                note: Some(ClaimNote::GivenBack { round }),
                reply: Some(ToHome::GaveBack { round }),
                ..nothing
            },
        },
        (FromHome::Lost(duplicate), Bearing::Live) => Obeyed { end: Some(duplicate), ..nothing },
        (FromHome::Lost(_), Bearing::Over | Bearing::Duplicate) => nothing,
    }
}

impl Bearing {
    /// Of a case that is no duplicate: whether it is decided, whether it has ended, and whether it is accepted under a claim that the entry demands
    /// before acceptance.
    pub fn of(decided: bool, ended: bool, accepted_under_claim: bool) -> Self {
        match (decided, ended) {
            (true, _) => Self::Fixed,
            (false, true) => Self::Over,
            (false, false) if accepted_under_claim => Self::Fixed,
            (false, false) => Self::Live,
        }
    }
}

/// Whether a case with that last note may be decided, or accepted where the entry demands the claim first.
pub fn has_claim(last: Option<ClaimNote>) -> bool {
    matches!(last, Some(ClaimNote::Granted { .. }))
}

/// Whether an owner has to ask: a case asks once in its life, whoever owns it, and the answer finds it. One that asked again from
/// its next owner could win what it had lost already, and end after it made the other end. Who had the claim and gave it up has lost
/// nothing: the next owner asks as if for the first time.
pub fn must_ask(last: Option<ClaimNote>) -> bool {
    matches!(last, None | Some(ClaimNote::Released { .. }))
}

/// What an acceptance lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Lacks {
    /// The claim.
    Claim,
    /// The claim, or the applicant's declaration.
    Declaration,
}

/// Whether a case may be accepted. `free` is the home's own row, where the home itself accepts: free, a case that has not asked is
/// granted the claim with the act; `None` elsewhere, where a declaration does as long as the home has not answered, unless the entry demands the claim first.
pub fn may_accept(last: Option<ClaimNote>, free: Option<bool>, claim_first: bool, declared: bool) -> Result<(), Lacks> {
    match (has_claim(last), free) {
        (true, _) => Ok(()),
        // What another owner asked may be on its way yet: others can be before it.
        (false, Some(true)) if must_ask(last) => Ok(()),
        (false, Some(_)) => Err(Lacks::Claim),
        (false, None) if claim_first => Err(Lacks::Claim),
        (false, None) if declared => Ok(()),
        (false, None) => Err(Lacks::Declaration),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::Generation;
    use crate::support::{CITY, COUNTY};

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

    fn asked(claim: Option<Claim>, petition: &Petition) -> Judged {
        judge(COUNTY, claim, petition.case, ToHome::Ask(petition.clone()))
    }

    /// Who is told what, by the last digit of the case.
    fn told(judged: &Judged) -> Vec<(u128, String)> {
        let word = |said: &FromHome| match said {
            FromHome::Granted { round } => format!("granted {round}"),
            FromHome::Recall { round } => format!("recall {round}"),
            FromHome::Lost(duplicate) => format!("lost {:?}", duplicate.ground),
            FromHome::LivesAgain { round } => format!("lives again {round}"),
        };
        judged.say.iter().map(|(_, case, said)| (case.0.as_u128(), word(said))).collect()
    }

    fn says(case: u128, word: &str) -> (u128, String) {
        (case, word.to_owned())
    }

    #[test]
    fn the_second_ends_unless_it_would_prevail() {
        // First, second, what the second's petition brings.
        for (first, second, brings) in [
            ((COUNTY, 3), (CITY, 4), says(2, "lost EarlierReceipt")),
            ((COUNTY, 3), (CITY, 3), says(2, "lost Home")),
            ((COUNTY, 3), (CITY, 2), says(1, "recall 1")),
            ((CITY, 3), (COUNTY, 3), says(1, "recall 1")),
            ((CITY, 3), (COUNTY, 4), says(2, "lost EarlierReceipt")),
            ((CITY, 3), (CITY, 3), says(2, "lost NamedFirst")),
            ((COUNTY, 3), (COUNTY, 3), says(2, "lost NamedFirst")),
        ] {
            let first = asked(None, &petition(1, first.0, first.1));
            assert_eq!(told(&first), [says(1, "granted 1")]);
            assert_eq!(told(&asked(first.claim, &petition(2, second.0, second.1))), [brings]);
        }
    }

    #[test]
    fn a_recall_waits_for_the_holders_word_and_settles_all_at_once() {
        let (late, early, earliest) = (petition(1, CITY, 5), petition(2, COUNTY, 4), petition(3, CITY, 3));
        let case = late.case;
        let recalled = asked(asked(None, &late).claim, &early).claim;
        let all = asked(recalled, &earliest);
        assert_eq!(told(&all), []);
        let stale = judge(COUNTY, all.claim.clone(), case, ToHome::GaveBack { round: 0 });
        assert_eq!(stale, Judged { claim: all.claim.clone(), say: vec![] });
        let back = judge(COUNTY, all.claim.clone(), case, ToHome::GaveBack { round: 1 });
        assert_eq!(told(&back), [says(3, "granted 2"), says(1, "lost EarlierReceipt"), says(2, "lost EarlierReceipt")]);
        let stands = judge(COUNTY, all.claim.clone(), case, ToHome::Stands);
        assert_eq!(told(&stands), [says(2, "lost Stands"), says(3, "lost Stands")]);
        assert_eq!(stands.claim.map(|claim| claim.holder.case), Some(case));
        let released = judge(COUNTY, all.claim, case, ToHome::Released);
        assert_eq!(told(&released), [says(3, "granted 2"), says(2, "lost EarlierReceipt")]);
    }

    #[test]
    fn who_asked_and_ended_is_not_waited_for() {
        let (late, early) = (petition(1, CITY, 5), petition(2, COUNTY, 4));
        let recalled = asked(asked(None, &late).claim, &early).claim;
        let alone = judge(COUNTY, recalled, early.case, ToHome::Released);
        assert_eq!(told(&alone), []);
        // The holder gave it back for nobody: it has it again, under a new grant.
        let again = judge(COUNTY, alone.claim, late.case, ToHome::GaveBack { round: 1 });
        assert_eq!(told(&again), [says(1, "granted 2")]);
        let free = judge(COUNTY, again.claim, late.case, ToHome::Released);
        assert_eq!(free, Judged { claim: None, say: vec![] });
    }

    #[test]
    fn a_word_that_came_too_late_goes_after_the_case() {
        let (first, second) = (petition(1, COUNTY, 3), petition(2, CITY, 4));
        let claim = asked(None, &first).claim;
        let missed = FromHome::Granted { round: 1 };
        let after = judge(COUNTY, claim, first.case, ToHome::Moved { to: CITY, missed: missed.clone() });
        assert_eq!(after.say, [(CITY, first.case, missed)]);
        let lost = asked(after.claim, &second).say.remove(0).2;
        let again = judge(COUNTY, None, second.case, ToHome::Moved { to: COUNTY, missed: lost.clone() });
        assert_eq!(again.say, [(COUNTY, second.case, lost)]);
    }

    #[test]
    fn what_an_owner_does() {
        use Bearing::{Duplicate as Ended, Fixed, Live, Over};
        let granted = |round| FromHome::Granted { round };
        let recall = |round| FromHome::Recall { round };
        let first = petition(1, COUNTY, 3);
        let ground = Ground::Stands;
        let duplicate = Duplicate { of: first.number, at: COUNTY, ground, same_submission: false };
        let lost = FromHome::Lost(duplicate);
        let (has, back) = (|round| Some(ClaimNote::Granted { round }), |round| Some(ClaimNote::GivenBack { round }));
        let gave = |round| Some(ToHome::GaveBack { round });
        let nothing = (None, None, None);
        let again = FromHome::LivesAgain { round: 2 };
        // Last note, bearing, word, then: note, reply, end.
        for (last, bearing, said, then) in [
            (None, Live, granted(1), (has(1), None, None)),
            (Some(ClaimNote::Asked), Live, granted(1), (has(1), None, None)),
            (has(1), Live, granted(1), nothing.clone()),
            (back(1), Live, granted(1), nothing.clone()),
            (back(1), Live, granted(2), (has(2), None, None)),
            (has(1), Over, granted(1), (None, Some(ToHome::Released), None)),
            (has(1), Live, recall(1), (back(1), gave(1), None)),
            (back(1), Live, recall(1), (None, gave(1), None)),
            (has(2), Live, recall(1), nothing.clone()),
            (has(1), Fixed, recall(1), (None, Some(ToHome::Stands), None)),
            (has(1), Over, recall(1), (None, Some(ToHome::Released), None)),
            (back(1), Live, lost.clone(), (None, None, Some(duplicate))),
            (Some(ClaimNote::Asked), Over, lost.clone(), nothing.clone()),
            (Some(ClaimNote::Asked), Ended, lost.clone(), nothing.clone()),
            (Some(ClaimNote::Asked), Ended, granted(1), (None, Some(ToHome::Released), None)),
            (Some(ClaimNote::Asked), Ended, again.clone(), (has(2), None, None)),
            (Some(ClaimNote::Asked), Live, again.clone(), (has(2), None, None)),
            (has(1), Over, again.clone(), (None, Some(ToHome::Released), None)),
            (has(1), Fixed, lost.clone(), (None, Some(ToHome::Stands), None)),
        ] {
            let obeyed = obey(last, bearing, said.clone());
            assert_eq!((obeyed.note, obeyed.reply, obeyed.end), then, "{last:?} {bearing:?} {said:?}");
            assert_eq!(obeyed.revive, bearing == Ended && said == again, "{last:?} {bearing:?} {said:?}");
        }
    }
}
