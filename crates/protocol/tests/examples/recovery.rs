//! Examples of a unit that comes back from loss.

use domain::case::{CaseContent, Happening, TimelineEntry};
use domain::claims::ClaimKey;
use domain::command::{AnswerFence, Command, DeclareLost, JudgeInherited, Recover};
use domain::handoff::{Custody, Role};
use domain::ids::{Attempt, Generation, Sequence};
use domain::mail::Mail;
use domain::recovery::claims::{ClaimState, ClaimStated};
use domain::recovery::{
    Answer, ContentVersion, Finding, HeldContent, Judging, OpenRound, Round, StatedCase, Statement,
};
use domain::sealed::WrappedKey;
use domain::tables::{ClaimStatement, FenceOwed, FoundCase, InheritedCase, PeerStatement};

use super::{AT, Examples, case, county, entry, full, hash, petition, village};

const SECOND: Generation = Generation(2);

fn people() -> [String; 2] {
    ["李明".into(), "王芳".into()]
}

fn statement() -> Statement {
    let custody = Custody { role: Role::Prepared { by: county() }, attempt: Attempt(3), content: Some(hash(40)) };
    Statement { custody: Some(custody), holds: Some(ContentVersion(5)) }
}

fn held(content: CaseContent) -> HeldContent {
    HeldContent { content: Box::new(content), key: WrappedKey(vec![41; 8]) }
}

fn stated() -> ClaimStated {
    ClaimStated { petition: petition(), standing: ClaimState::Has { round: 2 } }
}

pub(super) fn fence() -> Mail {
    Mail::Fence
}

pub(super) fn answer() -> Mail {
    let cases = vec![
        StatedCase { case: case(), statement: statement(), held: Some(held(full())) },
        StatedCase { case: case(), statement: Statement::default(), held: None },
    ];
    let claims = vec![(ClaimKey(hash(42)), stated())];
    Mail::Answer(Box::new(Answer { fence: SECOND, cases, claims, is_last: true }))
}

pub(super) fn recover() -> Command {
    let peers = vec![county(), village()];
    let recover = Recover { generation: SECOND, people: people(), size: 300, root: hash(43), peers };
    Command::Recover(Box::new(recover))
}

pub(super) fn declare_lost() -> Command {
    Command::DeclareLost(DeclareLost { peer: village(), generation: Generation::FIRST, people: people() })
}

pub(super) fn answer_fence() -> Command {
    let keys = vec![(case(), WrappedKey(vec![44; 8]))];
    Command::AnswerFence(Box::new(AnswerFence { to: county(), fence: SECOND, after: Some(case()), keys }))
}

pub(super) fn judge_inherited() -> Command {
    Command::JudgeInherited(JudgeInherited)
}

/// Every line on a loss.
pub(super) fn timeline() -> Vec<TimelineEntry> {
    let said = [
        Happening::LivesAgain { accepted: true },
        Happening::Recovered { generation: SECOND },
        Happening::GoesOn { generation: SECOND, kept: Sequence(300) },
    ];
    said.into_iter().enumerate().map(|(at, what)| entry(at as u64 + 301, what)).collect()
}

pub(crate) fn open_round() -> Examples<OpenRound> {
    let mut round = Round::open(SECOND, vec![county(), village()]);
    round.declare_lost(village());
    round.owed.push((village(), SECOND));
    let cases = OpenRound {
        round,
        began: Sequence(301),
        people: people(),
        believed: vec![(county(), SECOND)],
        judging: Judging::Cases(Some(case())),
    };
    let claims = OpenRound { judging: Judging::Claims(Some(ClaimKey(hash(42)))), ..cases.clone() };
    vec![("cases", cases), ("claims", claims)]
}

pub(crate) fn inherited_case() -> Examples<InheritedCase> {
    vec![("since", InheritedCase { since: AT })]
}

pub(crate) fn peer_statement() -> Examples<PeerStatement> {
    let held = Some(held(full()));
    vec![("holds", PeerStatement { generation: SECOND, statement: statement(), held })]
}

pub(crate) fn claim_statement() -> Examples<ClaimStatement> {
    vec![("has", ClaimStatement { by: county(), generation: SECOND, stated: stated() })]
}

pub(crate) fn fence_owed() -> Examples<FenceOwed> {
    let begun = FenceOwed { generation: SECOND, after: Some(case()), since: AT };
    vec![("begun", begun), ("owed", FenceOwed { after: None, ..begun })]
}

pub(crate) fn found_case() -> Examples<FoundCase> {
    let found = |finding| FoundCase {
        generation: SECOND,
        finding,
        known: Some(Attempt(2)),
        attempt: Some(Attempt(65_536)),
        at: AT,
    };
    vec![
        ("ours", found(Finding::Ours)),
        ("taken", found(Finding::Taken { from: village() })),
        ("offered", found(Finding::Offered { by: village() })),
        ("commit stands", found(Finding::CommitStands { to: county() })),
        ("elsewhere", found(Finding::Elsewhere { with: county() })),
        ("as known", found(Finding::AsKnown)),
        ("content lost", found(Finding::ContentLost)),
    ]
}
