//! Journeys of one case through the region.

use std::collections::BTreeMap;

use domain::case::{Happening, Stage};
use domain::claims::Ground;
use domain::command::Done;
use domain::handoff::Role;
use domain::principal::PrincipalKind;
use unit::{Act, Answer, Applicant, Application, ClaimStanding, Question, SubmitFault, UnitHandle};

use crate::world::{Region, unit};

const CITIZEN: &str = "11010519491231002X";

/// A matter that city and county hold alike, with what must be handed in.
async fn shared_matter(region: &Region) -> (String, Vec<String>) {
    let Ok(Answer::Matters { matters, .. }) =
        region.node("370811").ask(Question::Matters { words: String::new(), limit: 200 }).await
    else {
        panic!("no matters")
    };
    for matter in matters.into_iter().map(|found| found.matter) {
        let question = Question::Matter { code: matter.code.to_string() };
        let Ok(Answer::Matter { entries, .. }) = region.node("370811").ask(question).await else { continue };
        if entries.iter().filter(|entry| entry.same_authority).count() >= 2 {
            return (matter.code.to_string(), matter.materials.into_iter().map(|m| m.name).collect());
        }
    }
    panic!("no matter is held alike at city and county")
}

fn application((matter, materials): &(String, Vec<String>)) -> Act {
    Act::Submit(Box::new(Application {
        about: None,
        matter: matter.clone(),
        place: None,
        applicant: Applicant { name: "王小明".into(), identifier: CITIZEN.into(), telephone: String::new() },
        form: BTreeMap::new(),
        materials: materials.clone(),
        authority: None,
        declared: false,
    }))
}

async fn submit(region: &Region, at: &str, key: &str, act: Act) -> String {
    let outcome = region.act(at, PrincipalKind::Public, Some(key), act).await.unwrap();
    match outcome.reply.ruling() {
        Ok(Done::Received { number, .. }) => number.to_string(),
        other => panic!("not received: {other:?}"),
    }
}

async fn stands(region: &Region, at: &str, number: &str, role: Role, stage: Stage) -> bool {
    region.case(at, number).await.is_some_and(|case| case.role == role && case.stage == Some(stage))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_case_travels_to_the_county_and_its_result_comes_back() {
    let region = Region::start(60).await;
    let (village, county) = ("370811002001", "370811");
    let matter = shared_matter(&region).await;
    let number = submit(&region, village, "first", application(&matter)).await;
    assert_eq!(submit(&region, village, "first", application(&matter)).await, number, "a repeat is the same case");

    region
        .until("the county owns it", async || stands(&region, county, &number, Role::Owner, Stage::Received).await)
        .await;
    let name = number.parse().unwrap();
    region.act(county, PrincipalKind::Staff, None, Act::Accept { case: name, declared: false }).await.unwrap();
    let there = Role::Gone { to: unit(county) };
    region.until("the village is told", async || stands(&region, village, &number, there, Stage::Accepted).await).await;
    let early = region.act(village, PrincipalKind::Staff, None, Act::Deliver { case: name }).await;
    assert_eq!(early.map_err(|fault| fault.code()), Err("case.elsewhere"));
    let decide = Act::Decide { case: name, granted: true, reasons: String::new() };
    region.act(county, PrincipalKind::Staff, None, decide.clone()).await.unwrap();
    let twice = region.act(county, PrincipalKind::Staff, None, decide).await;
    assert!(matches!(twice, Err(SubmitFault::Refused(_))), "{twice:?}");

    region
        .until("the result is back", async || stands(&region, village, &number, Role::Owner, Stage::Closed).await)
        .await;
    region.act(village, PrincipalKind::Staff, None, Act::Deliver { case: name }).await.unwrap();
    let case = region.case(village, &number).await.unwrap();
    assert_eq!(case.stage, Some(Stage::Delivered));
    let told: Vec<&str> = case.timeline.iter().map(|entry| kind(&entry.what)).collect();
    let story = [
        "received",
        "offered",
        "handed over",
        "taken over",
        "claim",
        "accepted",
        "decided",
        "closed",
        "offered",
        "handed over",
        "taken over",
        "delivered",
    ];
    // The county's own "handed over" is its own fact: it told nobody after it had let go.
    assert_eq!(told, story.iter().enumerate().filter(|(at, _)| *at != 9).map(|(_, s)| *s).collect::<Vec<_>>());
    let clocks = case.clocks.unwrap();
    assert!(clocks.applicant.until.is_some());
    assert!(clocks.authority.unwrap().until.is_some());
    assert_eq!(case.applicant.unwrap().identifier, "1101**********002X");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_city_takes_what_a_cut_county_does_not_answer() {
    let region = Region::start(1).await;
    let (village, county, city) = ("370811002001", "370811", "370800");
    let matter = shared_matter(&region).await;
    region.cut(county, true);
    let number = submit(&region, village, "first", application(&matter)).await;
    region.until("the city owns it", async || stands(&region, city, &number, Role::Owner, Stage::Received).await).await;

    // On the applicant's declaration the city accepts without the county's word; it does not decide without it.
    let name = number.parse().unwrap();
    let accept = |declared| Act::Accept { case: name, declared };
    let undeclared = region.act(city, PrincipalKind::Staff, None, accept(false)).await;
    assert_eq!(undeclared.map_err(|fault| fault.code()), Err("claim.declaration_missing"));
    region.act(city, PrincipalKind::Staff, None, accept(true)).await.unwrap();
    let denied = Act::Decide { case: name, granted: false, reasons: "not on the list".into() };
    let early = region.act(city, PrincipalKind::Staff, None, denied.clone()).await;
    assert_eq!(early.map_err(|fault| fault.code()), Err("claim.awaited"));

    region.cut(county, false);
    region
        .until("the county has heard of it and let go", async || {
            let dropped = Role::Dropped { by: unit(village) };
            region.case(county, &number).await.is_some_and(|case| case.role == dropped && case.content.is_none())
        })
        .await;
    region
        .until("the claim is granted", async || {
            let claim = region.case(city, &number).await.and_then(|case| case.claim);
            matches!(claim, Some(ClaimStanding::Granted { home, .. }) if home == unit(county))
        })
        .await;
    region.act(city, PrincipalKind::Staff, None, denied).await.unwrap();
    region
        .until("the result is back", async || stands(&region, village, &number, Role::Owner, Stage::Closed).await)
        .await;

    region
        .until("the city's replicas agree", async || {
            let mut states = Vec::new();
            for node in region.nodes(city) {
                let status = node.status().await;
                states.push((status.sequence, status.state_hash));
            }
            states.windows(2).all(|two| two[0] == two[1])
        })
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_application_at_city_and_county_ends_as_one_case_and_a_linked_duplicate() {
    let region = Region::start(60).await;
    let (county, city) = ("370811", "370800");
    let Act::Submit(mut about) = application(&shared_matter(&region).await) else { panic!("an application") };
    about.place = Some(unit("370811002001"));
    region.cut(county, true);
    let here = submit(&region, county, "at-the-county", Act::Submit(about.clone())).await;
    let there = submit(&region, city, "at-the-city", Act::Submit(about)).await;
    let accept = |number: &str, declared| Act::Accept { case: number.parse().unwrap(), declared };
    let decide = |number: &str| {
        let (case, reasons) = (number.parse().unwrap(), String::new());
        Act::Decide { case, granted: true, reasons }
    };
    region.act(county, PrincipalKind::Staff, None, accept(&here, false)).await.unwrap();
    region.act(city, PrincipalKind::Staff, None, accept(&there, true)).await.unwrap();
    region.act(county, PrincipalKind::Staff, None, decide(&here)).await.unwrap();
    let awaited = region.act(city, PrincipalKind::Staff, None, decide(&there)).await;
    assert_eq!(awaited.map_err(|fault| fault.code()), Err("claim.awaited"));

    region.cut(county, false);
    region
        .until("the city's case is ended", async || stands(&region, city, &there, Role::Owner, Stage::Terminated).await)
        .await;
    let case = region.case(city, &there).await.unwrap();
    // Received on one day, a tie goes to the home; that it is decided there as well need not be asked.
    let Some(ClaimStanding::Duplicate(duplicate)) = case.claim else { panic!("{:?}", case.claim) };
    assert_eq!((duplicate.of.to_string(), duplicate.at, duplicate.ground), (here, unit(county), Ground::Home));
    let content = case.content.unwrap();
    assert!(content.received_at.is_some() && content.acceptance.is_some() && content.decision.is_none());
    let never = region.act(city, PrincipalKind::Staff, None, decide(&there)).await;
    assert_eq!(never.map_err(|fault| fault.code()), Err("case.stage_unfit"));
}

fn kind(what: &Happening) -> &'static str {
    match what {
        Happening::Received { .. } => "received",
        Happening::Offered { .. } => "offered",
        Happening::Regained { .. } => "regained",
        Happening::HandedOver { .. } => "handed over",
        Happening::TakenOver { .. } => "taken over",
        Happening::Accepted { .. } => "accepted",
        Happening::NotAccepted { .. } => "not accepted",
        Happening::Decided { .. } => "decided",
        Happening::Closed => "closed",
        Happening::Delivered => "delivered",
        Happening::Withdrawn { .. } => "withdrawn",
        Happening::Declared => "declared",
        Happening::ObjectNamed { .. } => "object named",
        Happening::Claim { .. } => "claim",
        Happening::Terminated { .. } => "terminated",
        Happening::LivesAgain { .. } => "lives again",
        Happening::TimeUncertain { .. } => "time uncertain",
        Happening::TimeConfirmed { .. } => "time confirmed",
        Happening::GapsTold { .. } => "gaps told",
        Happening::DeficitAgreed { .. } => "deficit agreed",
        Happening::Completed { .. } => "completed",
        Happening::Lapsed { .. } => "lapsed",
        Happening::PassedOn { .. } => "passed on",
        Happening::AboutLicence { .. } => "about a licence",
        Happening::Promised { .. } => "promised",
        Happening::LicenceIssued { .. } => "licence issued",
        Happening::RenewedByLaw { .. } => "renewed by law",
        Happening::PromiseChecked { .. } => "promise checked",
        Happening::LicenceRevoked { .. } => "licence revoked",
        Happening::LicenceCancelled { .. } => "licence cancelled",
        Happening::LicenceEnded { .. } => "licence ended",
        Happening::SentUp { .. } => "sent up",
        Happening::CameUp { .. } => "came up",
        Happening::StepDone { .. } => "step done",
        Happening::SteppedBack { .. } => "stepped back",
        Happening::HearingOffered { .. } => "hearing offered",
        Happening::HearingAsked { .. } => "hearing asked",
        Happening::HearingSet { .. } => "hearing set",
        Happening::HearingHeld { .. } => "hearing held",
        Happening::FilesCame { .. } => "files came",
        Happening::Supplemented { .. } => "supplemented",
        Happening::AcceptedByLaw { .. } => "accepted by law",
        Happening::ClockStopped { .. } => "clock stopped",
        Happening::StopProlonged { .. } => "stop prolonged",
        Happening::ClockResumed { .. } => "clock resumed",
        Happening::StopExpired { .. } => "stop expired",
        Happening::LimitExtended { .. } => "limit extended",
        Happening::Recovered { .. } | Happening::GoesOn { .. } => "recovered",
    }
}
