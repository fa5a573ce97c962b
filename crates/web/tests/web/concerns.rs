//! What people say of a case, through the API and by the page's forms: who may, and who sees what of it.

use axum::Router;
use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::local::{CITIZEN, CITY, Region, Told, get, licence, officer, post, send, submitted};

const STRANGER: &str = "110105194912310046";

async fn say(router: &Router, person: &str, path: &str, body: Value) -> Told {
    send(router, body.to_string(), post(path, person)).await
}

async fn seen(router: &Router, person: &str, path: &str) -> Value {
    send(router, "", get(path).header("x-tongban-person", person)).await.json()
}

fn code(told: &Told) -> String {
    told.json()["code"].as_str().unwrap_or_default().to_owned()
}

fn inspector() -> String {
    format!("demo-inspector-{CITY}")
}

/// A case of the city, accepted and decided there.
async fn decided(region: &Region, router: &Router) -> String {
    let number = submitted(router, &licence(region).await, "first").await;
    for (act, body) in [("accept", json!({"declared": true})), ("decide", json!({"granted": true}))] {
        let told = send(router, body.to_string(), officer(&format!("/v1/cases/{number}/{act}"))).await;
        assert_eq!(told.status, StatusCode::OK, "{}", told.text);
    }
    number
}

#[tokio::test]
async fn a_bad_rating_is_called_back_by_another_person_and_put_right() {
    let (region, router) = Region::city_node().await;
    let number = decided(&region, &router).await;
    let path = |act: &str| format!("/v1/cases/{number}/{act}");
    let rating = |identifier: &str, step: &str| json!({"identifier": identifier, "step": step, "level": "dissatisfied", "remark": "等了两小时"});
    for (person, body, expected) in [
        ("demo-applicant", rating("123", "decided"), "request.identifier"),
        ("demo-applicant", rating(STRANGER, "decided"), "concern.not_applicant"),
        ("demo-applicant", rating(CITIZEN, "delivered"), "rating.line_unfit"),
        ("demo-applicant", json!({"identifier": CITIZEN, "level": "satisfied"}), "request.field"),
        (&inspector(), rating(CITIZEN, "decided"), "auth.role"),
    ] {
        let told = say(&router, person, &path("rate"), body.clone()).await;
        assert_eq!(code(&told), expected, "{body}: {}", told.text);
        assert!(!told.text.contains(CITIZEN) && !told.text.contains(STRANGER), "{}", told.text);
    }
    let told = say(&router, "demo-applicant", &path("rate"), rating(CITIZEN, "decided")).await;
    assert_eq!(told.status, StatusCode::OK, "{}", told.text);
    let again = say(&router, "demo-applicant", &path("rate"), rating(CITIZEN, "decided")).await;
    assert_eq!((again.status.as_u16(), code(&again)), (409, "rating.rated_before".to_owned()));

    // Everybody with the number sees that something was said; level and words are for who answers.
    let public = &seen(&router, "demo-applicant", &path("concerns")).await["concerns"][0];
    assert_eq!((&public["kind"], &public["level"], &public["words"]), (&json!("rating"), &json!(null), &json!(null)));
    let officer_sees = &seen(&router, &format!("demo-officer-{CITY}"), &path("concerns")).await["concerns"][0];
    assert_eq!((&officer_sees["level"], &officer_sees["words"]), (&json!("dissatisfied"), &json!("等了两小时")));
    let listed = &seen(&router, &inspector(), "/v1/concerns?task=call_back").await["concerns"][0];
    assert_eq!((&listed["number"], &listed["due"]), (&json!(number), &json!("2026-02-24")));

    let call = json!({"reached": true, "attempts": 1, "said": "等候过久"});
    let own = say(&router, &format!("demo-officer-{CITY}"), &path("call-back"), call.clone()).await;
    assert_eq!(code(&own), "auth.role", "who handles does not review");
    let early =
        say(&router, &format!("demo-officer-{CITY}"), &path("rectify"), json!({"remedy": "put_right", "what": "x"}))
            .await;
    assert_eq!((early.status.as_u16(), code(&early)), (409, "concern.unfit".to_owned()));
    assert_eq!(say(&router, &inspector(), &path("call-back"), call).await.status, StatusCode::OK);
    let put_right = json!({"remedy": "put_right", "what": "增开窗口"});
    let told = say(&router, &format!("demo-officer-{CITY}"), &path("rectify"), put_right).await;
    assert_eq!(told.status, StatusCode::OK, "{}", told.text);

    let all = &seen(&router, "demo-applicant", "/v1/ratings").await["all"];
    let shares = (&all["dissatisfied"], &all["satisfied_percent"], &all["called_back_percent"], &all["rectified"]);
    assert_eq!(shares, (&json!(1), &json!(0), &json!(100), &json!(1)));
    let said = &seen(&router, "demo-applicant", &path("concerns")).await["concerns"][0];
    let events: Vec<&str> = said["events"].as_array().unwrap().iter().map(|e| e["what"].as_str().unwrap()).collect();
    assert_eq!((events, &said["waits"]), (vec!["called_back", "rectified"], &json!(null)));
}

#[tokio::test]
async fn who_complains_is_shown_to_who_reviews_alone() {
    let (region, router) = Region::city_node().await;
    let number = decided(&region, &router).await;
    let path = |act: &str| format!("/v1/cases/{number}/{act}");
    let complainant = json!({"name": "赵芳华", "identifier": STRANGER, "telephone": "13900000000"});
    let body = json!({"complainant": complainant, "text": "赵芳华到场时窗口无人"});
    let told = say(&router, "demo-applicant", &path("complain"), body).await;
    assert_eq!(told.status, StatusCode::OK, "{}", told.text);
    for person in ["demo-applicant".to_owned(), format!("demo-officer-{CITY}")] {
        for place in [path("concerns"), format!("/cases/{number}?lang=en"), "/v1/concerns".to_owned()] {
            let looks = send(&router, "", get(&place).header("x-tongban-person", &person)).await;
            for secret in ["赵芳华", "13900000000", STRANGER, "赵**"] {
                assert!(!looks.text.contains(secret), "{person} sees {secret} at {place}: {}", looks.text);
            }
        }
    }
    let said = &seen(&router, &inspector(), &path("concerns")).await["concerns"][0];
    assert!(said["complainant"].as_str().unwrap().starts_with("赵**"), "{said}");
    assert_eq!((&said["telephone"], &said["words"]), (&json!("13900000000"), &json!("赵芳华到场时窗口无人")));
    for (act, body) in [
        ("judge-complaint", json!({"accepted": true})),
        ("handle-complaint", json!({"what": "窗口午间无人值守"})),
        ("answer-complaint", json!({"upheld": true, "answer": "属实,已安排值守"})),
    ] {
        let told = say(&router, &inspector(), &path(act), body).await;
        assert_eq!(told.status, StatusCode::OK, "{act}: {}", told.text);
    }
    let list = &seen(&router, &inspector(), "/v1/concerns").await["concerns"];
    assert_eq!(list, &json!([]));
}

#[tokio::test]
async fn the_page_has_the_forms_of_who_looks() {
    let (region, router) = Region::city_node().await;
    let number = decided(&region, &router).await;
    let place = format!("/cases/{number}");
    let look = async |who: &str| {
        send(&router, "", get(&format!("{place}?lang=en")).header("x-tongban-person", who)).await.text
    };
    let fill = async |who: &str, act: &str, fields: &[(&str, &str)]| {
        let page = look(who).await;
        let key = crate::pages::hidden(&page, act).to_owned();
        let all: Vec<_> = std::iter::once(("key", key.as_str())).chain(fields.iter().copied()).collect();
        crate::pages::fill(&router, &format!("{place}/{act}"), who, &all).await
    };
    let page = look("demo-applicant").await;
    assert!(page.contains("/rate\"") && !page.contains("/call-back\""), "{page}");
    assert!(!page.contains("/urge\""), "it is decided: nothing to hurry");
    let about = page.split("name=\"about\"><option value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let rated = fill(
        "demo-applicant",
        "rate",
        &[("about", &about), ("level", "very_dissatisfied"), ("identifier", CITIZEN), ("remark", "无人接待")],
    )
    .await;
    assert_eq!(rated.status, StatusCode::SEE_OTHER, "{}", rated.text);
    let inspector = inspector();
    let page = look(&inspector).await;
    assert!(page.contains("Very dissatisfied") && page.contains("无人接待") && page.contains("/call-back\""), "{page}");
    let unsaid = fill(&inspector, "call-back", &[("reached", "yes"), ("attempts", "1"), ("said", " ")]).await;
    assert!(unsaid.text.contains("There is a problem"), "{}", unsaid.text);
    let called = fill(&inspector, "call-back", &[("attempts", "3"), ("said", "")]).await;
    assert_eq!(called.status, StatusCode::SEE_OTHER, "{}", called.text);
    let page = look("demo-applicant").await;
    assert!(page.contains("Nobody was reached in 3 attempts") && !page.contains("无人接待"), "{page}");
}
