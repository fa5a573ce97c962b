//! One case through the API, and what it says about matters, routes, places and the unit.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::local::{
    CITIZEN, CITY, Region, VILLAGE, administrator, application, get, matter, officer, post, publication, send,
    submitted,
};
use unit::UnitHandle as _;

#[tokio::test]
async fn a_case_goes_from_submission_to_delivery() {
    let (region, router) = Region::city_node().await;
    let matter = matter(&region).await;
    let number = submitted(&router, &matter, "first").await;
    let path = format!("/v1/cases/{number}");
    let look = || get(&path).header("x-tongban-person", "demo-applicant");

    let told = send(&router, "", look()).await;
    let case = told.json();
    assert_eq!(case["stage"], "received");
    assert_eq!(case["waiting"], "accept");
    assert_eq!((&case["claim"]["standing"], &case["claim"]["unit"]["code"]), (&json!("granted"), &json!(CITY)));
    assert_eq!(case["applicant"], json!({"name": "王**", "identifier": "1101**********002X"}));
    assert!(!told.text.contains(CITIZEN) && !told.text.contains("小明"), "{}", told.text);
    let tag = told.header("etag").to_owned();
    assert_eq!(tag, format!("\"1-{}\"", case["changed"]));
    let same = send(&router, "", look().header("if-none-match", &tag)).await;
    assert_eq!((same.status, same.text.as_str()), (StatusCode::NOT_MODIFIED, ""));

    let accepted = send(&router, "", officer(&format!("{path}/accept"))).await;
    assert_eq!(accepted.status, StatusCode::OK, "{}", accepted.text);
    let due = accepted.json()["acceptance"]["due"].clone();
    assert_eq!(due["from"], "2026-02-10");
    assert_eq!(accepted.json()["clocks"]["authority"]["due"], due);
    let days = accepted.json()["clocks"]["authority"]["derivation"].as_array().unwrap().clone();
    assert_eq!(days.first().unwrap()["kind"], "event");
    assert_eq!(days.last().unwrap()["date"], due["date"]);
    assert_ne!(send(&router, "", look().header("if-none-match", &tag)).await.status, StatusCode::NOT_MODIFIED);

    let denied = send(&router, json!({"granted": false}).to_string(), officer(&format!("{path}/decide"))).await;
    assert_eq!(
        (denied.status, denied.json()["code"].as_str()),
        (StatusCode::UNPROCESSABLE_ENTITY, Some("case.reasons_missing"))
    );
    let decided = send(&router, json!({"granted": true}).to_string(), officer(&format!("{path}/decide"))).await;
    assert_eq!(decided.json()["stage"], "closed", "{}", decided.text);
    assert_eq!(decided.json()["decision"]["granted"], true);
    let delivered = send(&router, "", officer(&format!("{path}/deliver"))).await;
    assert_eq!(
        (delivered.json()["stage"].as_str(), delivered.json()["is_final"].as_bool()),
        (Some("delivered"), Some(true))
    );

    let list = send(&router, "", officer("/v1/cases?stage=delivered&limit=1")).await;
    assert_eq!(list.status, StatusCode::METHOD_NOT_ALLOWED.min(list.status));
    let staff = get("/v1/cases?stage=delivered").header("x-tongban-person", format!("demo-officer-{CITY}"));
    assert_eq!(send(&router, "", staff).await.json()["cases"][0]["number"], number);
}

#[tokio::test]
async fn what_a_round_found_is_told_to_staff_in_pages() {
    let (region, router) = Region::city_node().await;
    let matter = matter(&region).await;
    let first = submitted(&router, &matter, "first").await;
    let staff = |path: &str| get(path).header("x-tongban-person", format!("demo-officer-{CITY}"));
    let nothing = send(&router, "", staff("/v1/findings")).await.json();
    assert_eq!(nothing, json!({"generation": 1, "round": null, "findings": [], "next": null}));

    region.city.come_back(region.village.unit());
    let open = send(&router, "", staff("/v1/findings")).await.json();
    assert_eq!((&open["generation"], &open["findings"]), (&json!(2), &json!([])));
    assert_eq!(open["round"]["awaited"][0]["code"], VILLAGE);
    assert_eq!(open["round"]["people"], json!(["李明", "王芳"]));
    let waits = send(&router, "", officer(&format!("/v1/cases/{first}/accept"))).await;
    assert_eq!(waits.json()["code"], "case.recovering", "{}", waits.text);

    region.city.judge_without(region.village.unit());
    let found = send(&router, "", staff("/v1/findings?limit=1")).await.json();
    assert_eq!(found["round"], json!(null));
    let one = &found["findings"][0];
    assert_eq!((&one["number"], &one["finding"], &one["other"]), (&json!(first), &json!("ours"), &json!(null)));
    assert_eq!((&one["generation"], &one["known_attempt"], &one["attempt"]), (&json!(2), &json!(1), &json!(65_536)));
    let next = found["next"].as_str().expect("there may be more");
    let rest = send(&router, "", staff(&format!("/v1/findings?after={next}"))).await.json();
    assert_eq!((&rest["findings"], &rest["next"]), (&json!([]), &json!(null)));
    let void = send(&router, "", staff(&format!("/v1/cases/{first}/void-acts"))).await;
    assert_eq!((void.status, void.json()), (StatusCode::OK, json!({"entries": []})));

    for (path, person, status, code) in [
        ("/v1/findings", "demo-applicant", StatusCode::FORBIDDEN, "auth.role"),
        ("/v1/findings?limit=0", "", StatusCode::UNPROCESSABLE_ENTITY, "request.field"),
        ("/v1/findings?after=yesterday", "", StatusCode::UNPROCESSABLE_ENTITY, "request.field"),
        ("/v1/cases/00000000-0000-0000-0000-000000000000/void-acts", "", StatusCode::NOT_FOUND, "case.unknown"),
    ] {
        let head = if person.is_empty() { staff(path) } else { get(path).header("x-tongban-person", person) };
        let told = send(&router, "", head).await;
        assert_eq!((told.status, told.json()["code"].as_str()), (status, Some(code)), "{path}: {}", told.text);
    }
}

#[tokio::test]
async fn the_same_key_is_the_same_case_and_another_request_under_it_is_refused() {
    let (region, router) = Region::city_node().await;
    let matter = matter(&region).await;
    let send_with = async |body: Value| {
        let head = post("/v1/cases", "demo-applicant").header("idempotency-key", "k");
        send(&router, body.to_string(), head).await
    };
    let first = send_with(application(&matter)).await;
    assert_eq!((first.status, first.header("idempotency-replayed")), (StatusCode::CREATED, ""));
    let again = send_with(application(&matter)).await;
    assert_eq!((again.status, again.header("idempotency-replayed")), (StatusCode::CREATED, "true"));
    assert_eq!(first.json()["number"], again.json()["number"]);
    assert_eq!(first.header("location"), again.header("location"));
    let mut other = application(&matter);
    other["form"] = json!({"about": "something else"});
    let other = send_with(other).await;
    assert_eq!(
        (other.status, other.json()["code"].as_str()),
        (StatusCode::UNPROCESSABLE_ENTITY, Some("request.key_reused"))
    );
    let none = send(&router, application(&matter).to_string(), post("/v1/cases", "demo-applicant")).await;
    assert_eq!((none.status, none.json()["code"].as_str()), (StatusCode::BAD_REQUEST, Some("request.key_missing")));
}

#[tokio::test]
async fn whoever_submitted_may_withdraw_and_others_may_not() {
    let (region, router) = Region::city_node().await;
    let matter = matter(&region).await;
    let head = officer("/v1/cases").header("idempotency-key", "staff");
    let mut of_another = application(&matter);
    of_another["applicant"]["identifier"] = json!("440524188001010014");
    let by_staff = send(&router, of_another.to_string(), head).await.json()["number"].as_str().unwrap().to_owned();
    let own = submitted(&router, &matter, "own").await;
    let withdraw =
        async |number: &str| send(&router, "{}", post(&format!("/v1/cases/{number}/withdraw"), "demo-applicant")).await;
    let refused = withdraw(&by_staff).await;
    assert_eq!((refused.status, refused.json()["code"].as_str()), (StatusCode::FORBIDDEN, Some("auth.not_own_case")));
    assert_eq!(withdraw(&own).await.json()["stage"], "withdrawn");
}

#[tokio::test]
async fn the_same_thing_filed_twice_is_told_as_a_duplicate_in_both_languages() {
    let (region, router) = Region::city_node().await;
    let matter = matter(&region).await;
    let first = submitted(&router, &matter, "first").await;
    let second = submitted(&router, &matter, "second").await;
    let look = |language: &str| {
        get(&format!("/v1/cases/{second}?lang={language}")).header("x-tongban-person", "demo-applicant")
    };
    let case = send(&router, "", look("en")).await.json();
    assert_eq!((case["stage"].as_str(), case["is_final"].as_bool()), (Some("terminated"), Some(true)));
    let claim = &case["claim"];
    assert_eq!((&claim["standing"], &claim["duplicate_of"]), (&json!("duplicate"), &json!(first)));
    assert_eq!((&claim["ground"], &claim["same_submission"]), (&json!("named_first"), &json!(false)));
    for (language, words) in [("en", format!("duplicate of {first}")), ("zh-CN", "登记在先".to_owned())] {
        let page = get(&format!("/cases/{second}?lang={language}"))
            .header("accept", "text/html")
            .header("x-tongban-person", "demo-applicant");
        let told = send(&router, "", page).await;
        assert!(told.text.contains(&words), "{language}: {}", told.text);
    }
}

#[tokio::test]
async fn matters_routes_places_and_the_unit_are_told_to_everyone() {
    let (region, router) = Region::city_node().await;
    let (code, materials) = matter(&region).await;
    let ask = async |path: &str| send(&router, "", get(path)).await;

    let guide = ask(&format!("/v1/matters/{code}")).await.json();
    assert_eq!(guide["matter"]["synthetic"], true);
    assert_eq!(guide["matter"]["materials"].as_array().unwrap().len(), materials.len());
    assert_eq!(guide["version"], 1);
    let some = ask("/v1/matters?limit=3").await.json();
    assert_eq!(some["matters"].as_array().unwrap().len(), 3);
    let route = ask(&format!("/v1/routes?matter={code}&place=370800")).await.json();
    assert_eq!(route["to"]["code"], CITY);
    assert!(!route["candidates"][0]["power"]["law"].as_str().unwrap().is_empty());

    let place = ask("/v1/divisions?name=370811002001").await.json();
    assert_eq!((place["tier"].as_str(), place["parent"]["code"].as_str()), (Some("village"), Some("370811002000")));
    let status = ask("/v1/status").await.json();
    assert_eq!((status["unit"]["code"].as_str(), status["catalogue"]["number"].as_u64()), (Some(CITY), Some(1)));
    assert_eq!(ask("/healthz").await.text, "ok\n");
    assert_eq!(ask("/readyz").await.json(), json!({"ready": true, "missing": [], "alarms": []}));
    assert_eq!(ask("/metrics").await.text, "# EOF\n");
    let people = ask("/v1/people").await.json();
    assert!(people.as_array().unwrap().iter().any(|person| person["name"] == "demo-applicant"));
}

#[tokio::test]
async fn a_node_of_several_units_needs_the_unit_named() {
    let region = Region::new();
    let router = web::router(region.site(vec![region.city.clone(), region.village.clone()]));
    let needed = send(&router, "", get("/v1/status")).await;
    assert_eq!(needed.json()["code"], "http.unit_needed");
    assert_eq!(needed.json()["candidates"].as_array().unwrap().len(), 2);
    let named = send(&router, "", get("/v1/units/370811002001/status")).await;
    assert_eq!(named.json()["tier"], "village", "{}", named.text);
    let elsewhere = send(&router, "", get("/v1/units/370812/status")).await;
    assert_eq!(
        (elsewhere.status, elsewhere.json()["code"].as_str()),
        (StatusCode::NOT_FOUND, Some("http.unit_elsewhere"))
    );
    let none_yet = send(&router, "{}", administrator("/v1/units/370800/cases/x/withdraw")).await;
    assert_eq!(none_yet.json()["code"], "request.case");
}

#[tokio::test]
async fn a_real_catalogue_that_leaves_a_list_open_is_not_published() {
    let region = Region::new();
    let router = web::router(region.site(vec![region.city.clone()]));
    let send_as = async |path: &str, change: &dyn Fn(&mut Value)| {
        let mut body = publication();
        if path.ends_with("proposals") {
            body["why"] = "上级文件".into();
            body["effective"] = "2026-02-20".into();
        }
        let pieces = body["chunks"].as_array_mut().unwrap();
        let piece = pieces.iter_mut().find(|piece| piece["kind"] == "matters").unwrap();
        let mut matters: Value = serde_json::from_str(piece["json"].as_str().unwrap()).unwrap();
        change(&mut matters[0]);
        piece["json"] = matters.to_string().into();
        send(&router, body.to_string(), administrator(path)).await
    };
    let publish = async |change: &dyn Fn(&mut Value)| send_as("/v1/catalogue", change).await;
    let propose = async |change: &dyn Fn(&mut Value)| send_as("/v1/catalogue/proposals", change).await;
    let open = |matter: &mut Value| matter["materials"][0]["name"] = "其他材料".into();
    let basis = json!([{"level": "law", "title": "出版管理条例"}]);
    let refused = publish(&|matter| {
        open(matter);
        matter["synthetic"] = false.into();
        matter["guide"] = json!({ "bases": basis });
    })
    .await;
    assert_eq!(
        (refused.status, refused.json()["code"].as_str()),
        (StatusCode::UNPROCESSABLE_ENTITY, Some("catalogue.unfit"))
    );
    let detail = refused.json()["detail"].as_str().unwrap().to_owned();
    for told in ["one finding forbids it", "row 2, column name", "其他材料", "[publish.catch_all]"] {
        assert!(detail.contains(told), "{told}: {detail}");
    }
    let status = send(&router, "", get("/v1/status")).await.json();
    assert!(status["catalogue"].is_null(), "nothing was published: {status}");
    // What was made by rule says that it is synthetic, and is let through; what is whole is published.
    assert_eq!(publish(&open).await.status, StatusCode::CREATED);
    let whole = propose(&|matter| {
        matter["synthetic"] = false.into();
        matter["guide"] = json!({ "bases": basis });
    })
    .await;
    assert_eq!(whole.status, StatusCode::CREATED, "{}", whole.text);
    // A second version is not published without another person; one that may not be published is not even proposed.
    let alone = publish(&|_| {}).await;
    assert_eq!(alone.json()["code"], "catalogue.unreviewed", "{}", alone.text);
    let forbidden = propose(&|matter| {
        open(matter);
        matter["synthetic"] = false.into();
        matter["guide"] = json!({ "bases": basis });
    })
    .await;
    assert_eq!(forbidden.json()["code"], "catalogue.unfit");
    // A piece that is not what it says it is.
    let broken = propose(&|matter| *matter = json!("x")).await;
    assert_eq!(broken.json()["code"], "catalogue.unfit", "{}", broken.text);
}

#[tokio::test]
async fn voters_are_told_to_everybody_and_changed_by_staff() {
    let (region, router) = Region::city_node().await;
    let own = region.city.status().await.node.0;
    let told = send(&router, "", get("/v1/voters")).await.json();
    assert_eq!((&told["leader"], &told["members"][2]["answers"]), (&json!(own), &json!(false)));
    assert_eq!(told["listed"], json!([own, own + 1, own + 2, own + 3]));

    let ask = async |body: Value| send(&router, body.to_string(), officer("/v1/voters")).await;
    let plan = ask(json!({"change": "replace", "node": own + 2, "by": own + 3, "plan": true})).await;
    assert_eq!(plan.status, StatusCode::OK, "{}", plan.text);
    let plan = plan.json();
    assert_eq!((&plan["after"], &plan["begun"]), (&json!([own, own + 1, own + 3]), &json!(false)));
    assert_eq!((&plan["majority_before"], &plan["majority_after"]), (&json!(2), &json!(2)));
    assert_eq!(plan["steps"], json!([{"step": "catch_up", "node": own + 3}, {"step": "change_voters"}]));

    for (body, status, code) in [
        (json!({"change": "remove", "node": own + 1}), StatusCode::CONFLICT, "voters.quorum"),
        (json!({"change": "add", "node": own + 9}), StatusCode::CONFLICT, "voters.unlisted"),
        (json!({"change": "lead", "node": own + 2}), StatusCode::CONFLICT, "voters.silent"),
        (json!({"change": "remove", "node": own + 3}), StatusCode::NOT_FOUND, "voters.unknown"),
        (json!({"change": "replace", "node": own + 2}), StatusCode::UNPROCESSABLE_ENTITY, "request.field"),
        (
            json!({"change": "add", "node": own + 3, "within_seconds": 0}),
            StatusCode::UNPROCESSABLE_ENTITY,
            "request.field",
        ),
    ] {
        let refused = ask(body.clone()).await;
        assert_eq!((refused.status, refused.json()["code"].as_str()), (status, Some(code)), "{body}: {}", refused.text);
    }
    let stranger = post("/v1/voters", "demo-applicant");
    let refused = send(&router, json!({"change": "lead", "node": own}).to_string(), stranger).await;
    assert_eq!(refused.json()["code"], "auth.role");
}
