//! One value of every record, and of every variant inside one: what golden bytes are taken from. All fictitious.

mod accounts;
mod books;
mod clients;
mod concerns;
mod files;
mod flow;
mod handling;
mod licences;
mod links;
mod mirrors;
mod recovery;
mod streams;
mod time;
mod versions;

use domain::case::*;
use domain::catalogue::{CataloguePin, ChunkKind, ChunkRef, Manifest, SignedManifest};
use domain::claims::{Claim, ClaimKey, ClaimNote, Duplicate, FromHome, Ground, Petition, Said, ToHome};
use domain::command::*;
use domain::concerns::ConcernRefusal;
use domain::digest::ContentHash;
use domain::division::Tier;
use domain::handoff::{Custody, Move, Role};
use domain::ids::*;
use domain::legal::{LegalRefusal, LegalStage};
use domain::mail::Mail;
use domain::principal::{Principal, PrincipalKind};
use domain::refusal::Refusal;
use domain::sealed::{BlindIndex, Sealed, WrappedKey};
use domain::stretch::Confirmation;
use domain::tables::*;
use domain::time::{CivilDate, Timestamp};
use protocol::mail_exchange::{Carried, Carry, MailBatch, MailHello, MailRequest};

use crate::support::unit;

pub(crate) use accounts::{account, program_token, recovery, session, session_mark};
pub(crate) use books::*;
pub(crate) use clients::{applicant_fields, client_reply, client_request};
pub(crate) use concerns::{concern_row, concern_waits, rating_count};
pub(crate) use files::{blob_name, blob_reply, blob_request, file_label};
pub(crate) use licences::{breaches, licence};
pub(crate) use links::*;
pub(crate) use mirrors::{mirror_mark, mirror_reply, mirror_request};
pub(crate) use recovery::{claim_statement, fence_owed, found_case, inherited_case, open_round, peer_statement};
pub(crate) use streams::*;
pub(crate) use time::{clock_said, open_stretch, stretch};
pub(crate) use versions::version_proposal;

/// Named values of one record type.
pub(crate) type Examples<R> = Vec<(&'static str, R)>;

const AT: Timestamp = Timestamp(1_770_000_000_000);

fn county() -> UnitId {
    unit(370_811_000_000)
}

fn village() -> UnitId {
    unit(370_811_002_001)
}

fn case() -> CaseId {
    CaseId(uuid::Uuid::from_u128(0x0198_0000_0000_7000_8000_0000_0000_0001))
}

fn date() -> CivilDate {
    CivilDate::new(2026, 2, 2).expect("a day")
}

fn number() -> CaseNumber {
    CaseNumber::new(village(), date(), Generation::FIRST, 1).expect("a number")
}

fn hash(byte: u8) -> ContentHash {
    ContentHash([byte; 32])
}

fn pin() -> CataloguePin {
    CataloguePin { number: 1, manifest: hash(1) }
}

fn authority() -> Authority {
    Authority { unit: county(), body: "11370811MB2849530P".parse().or("11100000000013338W".parse()).expect("a code") }
}

fn due() -> Due {
    let date = CivilDate::new(2026, 3, 9).expect("a day");
    Due { date, from: self::date(), days: 20, unit: DayUnit::Working, calendar: hash(2), provisional: false }
}

fn entry(sequence: u64, what: Happening) -> TimelineEntry {
    TimelineEntry { at: AT, unit: village(), sequence: Sequence(sequence), what }
}

fn timeline() -> Vec<TimelineEntry> {
    let reason = PassedOverReason::Unanswered;
    let body = authority().body;
    [
        Happening::Received { number: number() },
        Happening::Offered { to: county() },
        Happening::Regained { from: county(), reason },
        Happening::HandedOver { to: county() },
        Happening::TakenOver { from: village() },
        Happening::Accepted { body, due: due().date },
        Happening::NotAccepted { reasons: "另有机关".into(), right_authority: Some(county()) },
        Happening::Decided { granted: true, reasons: String::new() },
        Happening::Closed,
        Happening::Delivered,
        Happening::Withdrawn { reason: "不办了".into() },
    ]
    .into_iter()
    .enumerate()
    .map(|(at, what)| entry(at as u64 + 1, what))
    .collect()
}

/// As received at a village, with nothing done yet.
fn received() -> CaseContent {
    CaseContent {
        id: case(),
        number: number(),
        matter: "000131001000".parse().expect("a code"),
        matter_name: "食品经营许可".into(),
        pin: pin(),
        place: village(),
        receiver: village(),
        intake: Intake::Courier,
        collected_at: AT,
        received_at: None,
        applicant: BlindIndex([3; 32]),
        applicant_fields: Sealed(vec![1, 4, 4]),
        form: Sealed(vec![1, 5, 5]),
        materials: vec![Material { name: "营业执照".into(), content: Some(hash(6)) }],
        submission_key: "slip-1".into(),
        chosen: None,
        passed_over: vec![],
        stage: Stage::Received,
        acceptance: None,
        non_acceptance: None,
        decision: None,
        closed_at: None,
        delivered_at: None,
        timeline: timeline()[..1].to_vec(),
    }
}

/// With every field filled: more than any real case has at once.
fn full() -> CaseContent {
    CaseContent {
        intake: Intake::ForAuthority,
        received_at: Some(AT),
        chosen: Some(county()),
        passed_over: vec![
            PassedOver { unit: county(), reason: PassedOverReason::Declined, at: AT },
            PassedOver { unit: county(), reason: PassedOverReason::TakenBack, at: AT },
        ],
        stage: Stage::Delivered,
        acceptance: Some(Acceptance { at: AT, authority: authority(), due: due() }),
        non_acceptance: Some(NonAcceptance { at: AT, reasons: "另有机关".into(), right_authority: None }),
        decision: Some(Decision {
            at: AT,
            granted: true,
            reasons: String::new(),
            authority: authority(),
            sequence: Sequence(7),
        }),
        closed_at: Some(AT),
        delivered_at: Some(AT),
        timeline: timeline(),
        ..received()
    }
}

fn custody(role: Role) -> Custody {
    Custody { role, attempt: Attempt(2), content: Some(hash(7)) }
}

fn signed_manifest() -> SignedManifest {
    let chunk = |kind, byte| ChunkRef { kind, hash: hash(byte) };
    SignedManifest {
        manifest: Manifest {
            generation: Generation::FIRST,
            number: 1,
            parent: None,
            effective: date(),
            chunks: vec![
                chunk(ChunkKind::Matters, 8),
                chunk(ChunkKind::Entries { unit: county() }, 9),
                chunk(ChunkKind::Calendar, 10),
            ],
        },
        signer: unit(370_800_000_000),
        signature: vec![11; 64],
    }
}

pub(crate) fn unit_meta() -> Examples<UnitMeta> {
    let meta = UnitMeta {
        region: "jining".into(),
        unit: county(),
        name: "任城区".into(),
        tier: Tier::County,
        parent: Some(unit(370_800_000_000)),
        children: vec![unit(370_811_002_000)],
        generation: Generation::FIRST,
        now: AT,
        sequence: Sequence(300),
        catalogue: Some(pin()),
    };
    let tiered = |tier| UnitMeta { tier, parent: None, children: vec![], catalogue: None, ..meta.clone() };
    vec![
        ("city", tiered(Tier::City)),
        ("township", tiered(Tier::Township)),
        ("village", tiered(Tier::Village)),
        ("county", meta),
    ]
}

pub(crate) fn case_row() -> Examples<CaseRow> {
    let row = |custody, content: Option<CaseContent>| CaseRow {
        custody,
        key: content.is_some().then(|| WrappedKey(vec![1, 12])),
        content,
        news: vec![entry(9, Happening::Closed)],
        timers: vec![(AT, TimerKind::Patience)],
        changed: Sequence(4),
    };
    vec![
        ("owner", row(Custody::RECEIVED_HERE, Some(received()))),
        ("full", row(Custody::RECEIVED_HERE, Some(full()))),
        ("offering", row(custody(Role::Offering { to: county() }), Some(received()))),
        ("gone", row(custody(Role::Gone { to: county() }), Some(received()))),
        ("offered", row(custody(Role::Offered { by: village() }), Some(received()))),
        ("prepared", row(custody(Role::Prepared { by: village() }), Some(received()))),
        ("dropped", row(custody(Role::Dropped { by: village() }), None)),
    ]
}

pub(crate) fn case_ref() -> Examples<CaseRef> {
    vec![("case", CaseRef(case()))]
}

pub(crate) fn count() -> Examples<Count> {
    vec![("small", Count(7)), ("large", Count(99_999))]
}

pub(crate) fn task() -> Examples<Task> {
    vec![("alone", Task { since: AT, with: None }), ("with", Task { since: AT, with: Some(county()) })]
}

pub(crate) fn timer() -> Examples<Timer> {
    vec![("patience", Timer { attempt: Attempt(2), generation: Generation::FIRST })]
}

/// Every kind, and every word of the handoff.
pub(crate) fn mails() -> Examples<Mail> {
    let attempt = Attempt(2);
    let said = |said| Mail::Move { case: case(), said };
    let offer = Mail::Offer { attempt, hash: hash(7), content: Box::new(received()), key: WrappedKey(vec![1, 12]) };
    vec![
        ("move offer", said(Move::Offer { attempt, content: hash(7) })),
        ("move prepared", said(Move::Prepared { attempt })),
        ("move declined", said(Move::Declined { attempt })),
        ("move commit", said(Move::Commit { attempt })),
        ("move abort", said(Move::Abort { attempt })),
        ("move stale", said(Move::Stale { highest: attempt })),
        ("offer", offer),
        ("news", Mail::News { case: case(), entries: timeline() }),
        ("manifest", Mail::Manifest(signed_manifest())),
        ("chunk", Mail::Chunk { hash: hash(8), bytes: b"[]".to_vec() }),
        ("claim ask", claimed(Said::ToHome(ToHome::Ask(petition())))),
        ("claim stands", claimed(Said::ToHome(ToHome::Stands))),
        ("claim gave back", claimed(Said::ToHome(ToHome::GaveBack { round: 200 }))),
        ("claim released", claimed(Said::ToHome(ToHome::Released))),
        ("claim moved", claimed(Said::ToHome(ToHome::Moved { to: county(), missed: FromHome::Granted { round: 1 } }))),
        ("claim granted", claimed(Said::FromHome(FromHome::Granted { round: 200 }))),
        ("claim recall", claimed(Said::FromHome(FromHome::Recall { round: 200 }))),
        ("claim lost", claimed(Said::FromHome(FromHome::Lost(duplicate())))),
        ("news of a claim", Mail::News { case: case(), entries: claim_timeline() }),
        ("head", first_head()),
        ("head answers", answering_head()),
        ("fence", recovery::fence()),
        ("answer", recovery::answer()),
        ("news of a loss", Mail::News { case: case(), entries: recovery::timeline() }),
        ("news of uncertain time", Mail::News { case: case(), entries: time::timeline() }),
        ("news of the work before a decision", Mail::News { case: case(), entries: handling::timeline() }),
        ("news of steps and reviews", Mail::News { case: case(), entries: flow::timeline() }),
        ("rating", Mail::Concern(concerns::given(concerns::rating()))),
        ("urging", Mail::Concern(concerns::given(concerns::urging()))),
        ("order", Mail::Concern(concerns::given(concerns::order()))),
        ("complaint", Mail::Concern(concerns::given(concerns::complaint()))),
        ("what came of a concern", Mail::Concern(concerns::told())),
        ("news of a licence", Mail::News { case: case(), entries: licences::timeline() }),
        ("a broken promise", licences::mail()),
        ("news of files", Mail::News { case: case(), entries: files::timeline() }),
    ]
}

fn claimed(said: Said) -> Mail {
    Mail::Claim { key: ClaimKey(hash(17)), case: case(), said }
}

fn petition() -> Petition {
    Petition { case: case(), number: number(), unit: village(), received: date(), submission: "slip-1".into() }
}

fn duplicate() -> Duplicate {
    Duplicate { of: number(), at: county(), ground: Ground::EarlierReceipt, same_submission: false }
}

/// Every line on a claim.
fn claim_timeline() -> Vec<TimelineEntry> {
    let home = county();
    let claim = |note| Happening::Claim { home, note };
    let said = [
        Happening::Declared,
        Happening::ObjectNamed { object: BlindIndex([4; 32]) },
        claim(ClaimNote::Asked),
        claim(ClaimNote::Granted { round: 1 }),
        claim(ClaimNote::GivenBack { round: 200 }),
        Happening::Terminated { duplicate: duplicate() },
    ];
    said.into_iter().enumerate().map(|(at, what)| entry(at as u64 + 1, what)).collect()
}

pub(crate) fn claim() -> Examples<Claim> {
    let alone = Claim { holder: petition(), round: 1, waiting: vec![] };
    vec![("alone", alone.clone()), ("recalled", Claim { round: 200, waiting: vec![petition()], ..alone })]
}

pub(crate) fn claim_word() -> Examples<ClaimWord> {
    let word = |said| ClaimWord { home: county(), key: ClaimKey(hash(17)), said };
    vec![
        ("granted", word(FromHome::Granted { round: 1 })),
        ("recall", word(FromHome::Recall { round: 1 })),
        ("lost", word(FromHome::Lost(duplicate()))),
    ]
}

pub(crate) fn outbox_mail() -> Examples<OutboxMail> {
    let mail = mails().swap_remove(1).1;
    vec![("prepared", OutboxMail { mail, before: hash(13), chain: hash(14), at: AT })]
}

pub(crate) fn outbox_head() -> Examples<OutboxHead> {
    let (written, committed, mirrored) = (MailSequence(300), MailSequence(200), MailSequence(100));
    vec![("ahead", OutboxHead { written, chain: hash(14), committed, mirrored })]
}

pub(crate) fn inbox_cursor() -> Examples<InboxCursor> {
    vec![("read", InboxCursor { generation: Generation(2), sequence: MailSequence(300), chain: hash(14) })]
}

pub(crate) fn answer() -> Examples<Answer> {
    let reply = Reply::Done(Done::Received { case: case(), number: number() });
    vec![("received", Answer { digest: hash(15), sequence: Sequence(300), at: AT, reply })]
}

pub(crate) fn answer_ref() -> Examples<AnswerRef> {
    vec![("key", AnswerRef { principal: "demo-window".into(), key: "slip-1".into(), at: AT })]
}

pub(crate) fn version() -> Examples<Version> {
    let version = Version { hash: hash(1), signed: signed_manifest(), installed: None, unfit: None };
    vec![("announced", version.clone()), ("installed", Version { installed: Some(Sequence(3)), ..version })]
}

pub(crate) fn chunk() -> Examples<Chunk> {
    vec![("empty list", Chunk(b"[]".to_vec()))]
}

pub(crate) fn definition() -> Examples<Definition> {
    vec![("matter", Definition { json: "{\"code\":\"000131001000\"}".into() })]
}

fn principal(kind: PrincipalKind) -> Principal {
    Principal { kind, name: "demo-window-370811002000".into() }
}

pub(crate) fn contradiction() -> Examples<Contradiction> {
    let row = Contradiction {
        from: village(),
        generation: Generation::FIRST,
        sequence: MailSequence(3),
        before: hash(13),
        mail: mails().swap_remove(3).1,
        what: "another mail under a known number".into(),
        at: AT,
    };
    vec![("fork", row)]
}

pub(crate) fn erasure() -> Examples<Erasure> {
    vec![("dropped", Erasure { by: village(), content: Some(hash(7)), at: AT })]
}

fn commands() -> Examples<Command> {
    let (case, attempt, to) = (case(), Attempt(2), county());
    let key = || WrappedKey(vec![1, 12]);
    let found = Found {
        region: "jining".into(),
        unit: county(),
        name: "任城区".into(),
        tier: Tier::County,
        parent: Some(unit(370_800_000_000)),
        children: vec![],
        generation: Generation::FIRST,
    };
    let receive = Receive {
        matter: received().matter,
        place: village(),
        applicant: BlindIndex([3; 32]),
        applicant_fields: Sealed(vec![1, 4, 4]),
        form: Sealed(vec![1, 5, 5]),
        key: key(),
        materials: received().materials,
        chosen: Some(county()),
    };
    let arrived = MailArrived {
        from: village(),
        generation: Generation::FIRST,
        sequence: MailSequence(3),
        before: hash(13),
        mail: mails().swap_remove(1).1,
        objection: Some("not signed by the city".into()),
    };
    let acknowledged = Acknowledged { peer: to, committed: MailSequence(3), mirrored: MailSequence(2) };
    let acknowledged = MailAcknowledged { generation: Generation::FIRST, peers: vec![acknowledged] };
    let reasons = || "不符合条件".to_owned();
    vec![
        ("found", Command::Found(found)),
        ("store chunk", Command::StoreChunk(StoreChunk { hash: hash(8), bytes: b"[]".to_vec() })),
        ("publish", Command::Publish(Publish { signed: signed_manifest() })),
        ("receive", Command::Receive(Box::new(receive.clone()))),
        ("offer", Command::Offer(Offer { case, attempt, to, key: key() })),
        ("abort", Command::Abort(Abort { case, attempt, reason: PassedOverReason::Unanswered })),
        ("prepare", Command::Prepare(Prepare { case, attempt })),
        ("decline", Command::Decline(Decline { case, attempt })),
        ("accept", Command::Accept(Accept { case, due: due() })),
        ("not accept", Command::NotAccept(NotAccept { case, reasons: reasons(), right_authority: Some(to) })),
        ("decide", Command::Decide(Decide { case, granted: false, reasons: reasons() })),
        ("close", Command::Close(Close { case })),
        ("deliver", Command::Deliver(Deliver { case })),
        ("withdraw", Command::Withdraw(Withdraw { case, reason: reasons() })),
        ("mail arrived", Command::MailArrived(Box::new(arrived))),
        ("mail acknowledged", Command::MailAcknowledged(acknowledged)),
        ("fire patience", Command::FireTimer(FireTimer { due: AT, case, kind: TimerKind::Patience })),
        ("fire decision due", Command::FireTimer(FireTimer { due: AT, case, kind: TimerKind::DecisionDue })),
        (
            "receive stated",
            Command::ReceiveStated(Box::new(ReceiveStated {
                receive: receive.clone(),
                object: Some(BlindIndex([4; 32])),
                declared: true,
            })),
        ),
        ("accept declared", Command::AcceptDeclared(AcceptDeclared { accept: Accept { case, due: self::due() } })),
        ("tell head", tell_head()),
        ("keep dispute", keep_dispute()),
        ("recover", recovery::recover()),
        ("declare lost", recovery::declare_lost()),
        ("answer fence", recovery::answer_fence()),
        ("judge inherited", recovery::judge_inherited()),
        ("doubt time", time::doubt_time()),
        ("confirm time by witnesses", time::confirm_time(Confirmation::Witnesses)),
        ("fire lapse due", Command::FireTimer(FireTimer { due: AT, case, kind: TimerKind::LapseDue })),
        ("fire gaps due", Command::FireTimer(FireTimer { due: AT, case, kind: TimerKind::GapsDue })),
        ("fire stop over", Command::FireTimer(FireTimer { due: AT, case, kind: TimerKind::StopOver })),
        ("confirm time by a clerk", time::confirm_time(Confirmation::Clerk { said: AT })),
    ]
    .into_iter()
    .chain(handling::commands(case))
    .chain(concerns::commands(case))
    .chain(files::commands(case, &receive))
    .chain(licences::commands(case, receive))
    .chain(flow::commands(case))
    .chain(versions::commands())
    .chain(accounts::commands())
    .collect()
}

pub(crate) fn proposal() -> Examples<Proposal> {
    let stamp = Stamp {
        time: AT,
        minted: case().0,
        principal: principal(PrincipalKind::Staff),
        policy: hash(16),
        idempotency: Some(Idempotency { key: "slip-1".into(), digest: hash(15) }),
    };
    commands().into_iter().map(|(name, command)| (name, Proposal { command, stamp: stamp.clone() })).collect()
}

fn refusals() -> Examples<Refusal> {
    let (case, with, to, number) = (case(), county(), county(), 2);
    vec![
        ("founding", Refusal::Founding),
        ("case unknown", Refusal::CaseUnknown { case }),
        ("case exists", Refusal::CaseExists { case }),
        ("case elsewhere", Refusal::CaseElsewhere { with }),
        ("case moving", Refusal::CaseMoving { role: Role::Offering { to } }),
        ("stage unfit", Refusal::StageUnfit { stage: Stage::Withdrawn }),
        ("changed", Refusal::Changed),
        ("not authority", Refusal::NotAuthority { unit: village() }),
        ("no catalogue", Refusal::NoCatalogue),
        ("catalogue missing", Refusal::CatalogueMissing { number }),
        ("matter unknown", Refusal::MatterUnknown { matter: "000131001000".into() }),
        ("catalogue order", Refusal::CatalogueOrder { number, newest: 3 }),
        ("catalogue piece", Refusal::CataloguePiece { why: "its end is missing".into() }),
        ("reasons missing", Refusal::ReasonsMissing),
        ("materials missing", Refusal::MaterialsMissing { names: vec!["营业执照".into()] }),
        ("materials unlisted", Refusal::MaterialsUnlisted { names: vec!["其他材料".into()] }),
        ("numbers exhausted", Refusal::NumbersExhausted),
        ("key reused", Refusal::KeyReused),
        ("offer unfit", Refusal::OfferUnfit { to }),
        ("not due", Refusal::NotDue),
        ("mail order", Refusal::MailOrder { got: 5, expected: 4 }),
        ("mail fenced", Refusal::MailFenced { got: 1, current: 2 }),
        ("acknowledgement unfit", Refusal::AcknowledgementUnfit),
        ("number unknown", Refusal::NumberUnknown { number: self::number() }),
        ("place outside", Refusal::PlaceOutside { place: unit(371_700_000_000) }),
        ("no authority", Refusal::NoAuthority { place: village() }),
        ("catalogue incomplete", Refusal::CatalogueIncomplete { missing: 2 }),
        ("claim awaited", Refusal::ClaimAwaited { home: county() }),
        ("declaration missing", Refusal::DeclarationMissing { home: county() }),
        ("head unfit", Refusal::HeadUnfit { size: 300 }),
        ("case recovering", Refusal::CaseRecovering { case }),
        ("recovery unfit", Refusal::RecoveryUnfit),
        ("people unfit", Refusal::PeopleUnfit { people: vec!["李明".into(), "李明".into()] }),
        ("time uncertain", Refusal::TimeUncertain { since: Sequence(300) }),
        ("time certain", Refusal::TimeCertain),
        ("gaps missing", Refusal::GapsMissing),
        ("gaps told again", Refusal::Legal(LegalRefusal::GapsAgain)),
        ("not accepted yet", Refusal::Legal(LegalRefusal::Stage { stage: LegalStage::Waiting })),
        ("deficit untold", Refusal::DeficitUntold { names: vec!["场所使用证明".into()] }),
        ("deficit none", Refusal::DeficitNone),
        ("consent missing", Refusal::ConsentMissing),
        ("period missing", Refusal::PeriodMissing),
        ("basis missing", Refusal::BasisMissing),
        ("not to follow", Refusal::NotToFollow { names: vec!["申请书".into()] }),
        ("lapsed", Refusal::Lapsed { until: due().date }),
        ("rated before", Refusal::Concern(ConcernRefusal::RatedBefore { line: concerns::line() })),
    ]
    .into_iter()
    .chain(licences::refusals())
    .chain(flow::refusals())
    .chain(versions::refusals())
    .chain(files::refusals())
    .chain(accounts::refusals())
    .collect()
}

pub(crate) fn outcome() -> Examples<Outcome> {
    let outcome = |reply| Outcome { sequence: Sequence(300), at: AT, reply };
    let done = [
        ("founded", Done::Founded),
        ("chunk kept", Done::ChunkKept),
        ("published", Done::Published { installed: true }),
        ("received", Done::Received { case: case(), number: number() }),
        ("case changed", Done::CaseChanged { case: case() }),
        ("mail logged", Done::MailLogged),
        ("mail repeated", Done::MailRepeated),
        ("mail contradicts", Done::MailContradicts),
        ("nothing", Done::Nothing),
        ("head told", Done::HeadTold),
        ("recovering", Done::Recovering),
        ("declared lost", Done::DeclaredLost),
        ("fence answered", Done::FenceAnswered { is_last: true }),
        ("judged", Done::Judged { is_over: false }),
        ("time doubted", Done::TimeDoubted { since: Sequence(300) }),
        ("time confirmed", Done::TimeConfirmed { since: Sequence(300) }),
        ("concern taken", Done::ConcernTaken { case: case(), concern: concerns::name() }),
    ];
    let repeated = Reply::Repeated { of: Sequence(200), ruling: Ok(Done::CaseChanged { case: case() }) };
    let done = done.into_iter().chain(versions::done()).chain(accounts::done());
    let done = done.map(|(name, done)| (name, outcome(Reply::Done(done))));
    let refused = refusals().into_iter().map(|(name, refusal)| (name, outcome(Reply::Refused(refusal))));
    done.chain(refused).chain([("repeated", outcome(repeated))]).collect()
}

pub(crate) fn mail_request() -> Examples<MailRequest> {
    let hello = MailHello {
        from: village(),
        generation: Generation::FIRST,
        to: county(),
        written: MailSequence(3),
        chain: hash(14),
    };
    let batch = MailBatch { envelopes: vec![vec![24, 24], vec![25]] };
    let carry = Carry { to: county(), node: NodeId(7), request: vec![26, 26] };
    vec![
        ("hello", MailRequest::Hello(hello)),
        ("batch", MailRequest::Batch(batch)),
        ("greet", MailRequest::Greet(Box::new(streams::greeting()))),
        ("carry", MailRequest::Carry(Box::new(carry))),
        ("carried", MailRequest::Carried(Box::new(Carried { from: village(), request: vec![27] }))),
    ]
}
