//! Rules that are broken around the production functions.

use domain::handoff::{Custody, Effect, Input, Move, Role, Step, StepFault, step};
use domain::ids::{Attempt, Generation, UnitId};
use domain::recovery::{Fenced, Finding, Round, Source, Statement, Verdict, Word, fenced, verdict};

use super::Log;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mutant {
    /// None: production.
    None,
    /// The receiver acts as soon as it has prepared.
    ActsOnPrepare,
    /// A promotion opens no round.
    SkipsRound,
    /// The round is over with the first answer.
    FirstAnswerEndsRound,
    /// An inherited case is acted on during the round.
    ActsOnInherited,
    /// What a peer sent before its answer is daily business.
    EarlyMailIsLive,
    /// What a peer sends after its answer does not replace it.
    AnswerStands,
    /// A case first heard of after its sender's answer is judged by the round too.
    LiveCasesAreJudged,
    /// Our own log decides.
    OwnLogDecides,
    /// At one attempt our own log stands before a peer's.
    OwnBeforePeer,
    /// At one attempt the receiver stands before the giver.
    ReceiverBeforeGiver,
    /// The case is ours again under the attempt that was the highest.
    AttemptStays,
    /// The attempt of somebody else's undecided move is remembered as done.
    UndecidedCounts,
    /// We go on with our own content.
    OwnContentGoesOn,
    /// Our own commit is not said again.
    CommitIsNotRepeated,
    /// Our own commit is aborted with what else is open.
    CommitIsAborted,
    /// Offers of ours that a peer holds are not ended.
    OffersStayOpen,
    /// A unit with one voter sends what its mirror has not.
    SendsUnmirrored,
    /// A peer that has logged a fence still believes the former self.
    BelievesFenced,
    /// A peer that has logged a fence still gives to the former self.
    GivesToFenced,
    /// An answer to a former self's fence counts.
    AnyAnswerCounts,
    /// A fence from a peer's new generation does not void what its former self answered.
    AnswersOutliveTheirUnit,
}

impl Mutant {
    pub(crate) fn step(self, before: Option<Custody>, input: Input) -> Result<Step, StepFault> {
        if (self, input) == (Self::ActsOnPrepare, Input::Prepare) {
            let honest = step(before, input)?;
            let acts = |custody: Custody| Custody { role: Role::Owner, attempt: custody.attempt.next(), content: None };
            return Ok(Step { custody: honest.custody.map(acts), effect: Effect::Took, ..honest });
        }
        step(before, input)
    }

    pub(crate) fn acts(self, log: &Log) -> bool {
        (log.may_act() || self == Self::ActsOnInherited) && log.owns()
    }

    pub(crate) fn is_over(self, round: &Round) -> bool {
        let answered = round.peers.iter().any(|(_, word)| *word != Word::Awaited);
        round.is_over() || (self == Self::FirstAnswerEndsRound && answered)
    }

    pub(crate) fn inherits(self, round: &Round, from: UnitId, known: Attempt, said: Attempt) -> bool {
        self != Self::EarlyMailIsLive && round.inherits(from, known, said)
    }

    /// Whether a word replaces what its sender stated.
    pub(crate) fn replaces(self, round: &Round, from: UnitId) -> bool {
        self != Self::AnswerStands || round.awaits(from)
    }

    pub(crate) fn answered(self, round: &mut Round, from: UnitId, fence: Generation) -> bool {
        let fence = if self == Self::AnyAnswerCounts { round.generation } else { fence };
        round.answered(from, fence)
    }

    pub(crate) fn fenced(
        self,
        round: Option<&mut Round>,
        here: UnitId,
        from: UnitId,
        generation: Generation,
        is_new: bool,
    ) -> Fenced {
        match self {
            Self::AnswersOutliveTheirUnit => fenced(round, here, from, generation, false),
            _ => fenced(round, here, from, generation, is_new),
        }
    }

    pub(crate) fn verdict(self, here: UnitId, own: Statement, said: &[(UnitId, Statement)]) -> Verdict {
        let giver = |stated: &Statement| {
            let role = stated.custody.map(|custody| custody.role);
            matches!(role, Some(Role::Owner | Role::Offering { .. } | Role::Gone { .. }))
        };
        let highest = said.iter().map(|(_, stated)| stated.attempt()).max().unwrap_or_default().max(own.attempt());
        match self {
            Self::OwnLogDecides if own.custody.is_some() => verdict(here, own, &[]),
            Self::OwnBeforePeer if own.attempt() == highest => {
                let lower: Vec<_> = said.iter().filter(|(_, stated)| stated.attempt() < highest).copied().collect();
                verdict(here, own, &lower)
            }
            Self::ReceiverBeforeGiver => {
                let outranked = |stated: &Statement| {
                    giver(stated)
                        && said.iter().any(|(_, other)| {
                            other.custody.is_some() && other.attempt() >= stated.attempt() && !giver(other)
                        })
                };
                let rest: Vec<_> = said.iter().filter(|(_, stated)| !outranked(stated)).copied().collect();
                let own = if outranked(&own) { Statement { custody: None, ..own } } else { own };
                verdict(here, own, &rest)
            }
            Self::CommitIsAborted => {
                let mut honest = verdict(here, own, said);
                if let Finding::CommitStands { to } = honest.finding {
                    let attempt = own.attempt();
                    let custody = Custody { role: Role::Owner, attempt: attempt.next(), content: None };
                    honest.custody = Some(custody);
                    honest.finding = Finding::Ours;
                    honest.send = vec![(to, Move::Abort { attempt })];
                }
                honest
            }
            _ => self.falsify(verdict(here, own, said), highest),
        }
    }

    fn falsify(self, mut honest: Verdict, highest: Attempt) -> Verdict {
        let is_abort = |said: &Move| matches!(said, Move::Abort { .. });
        match (self, honest.finding, &mut honest.custody) {
            (Self::AttemptStays, Finding::Ours | Finding::Taken { .. }, Some(custody)) => custody.attempt = highest,
            (Self::UndecidedCounts, Finding::Elsewhere { .. }, Some(custody)) => custody.attempt = highest,
            (Self::OwnContentGoesOn, Finding::Ours | Finding::Taken { .. }, _) => honest.content = Source::Own,
            (Self::CommitIsNotRepeated, Finding::CommitStands { .. }, _) => {
                honest.send.retain(|(_, said)| is_abort(said));
            }
            (Self::OffersStayOpen, ..) => honest.send.retain(|(_, said)| !is_abort(said)),
            _ => {}
        }
        honest
    }
}
