//! A catalogue version from its proposal to its publication, by programs; and what is still to be extended.

use axum::Router;
use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::local::{CITY, Region, Told, administrator, get, officer, post, publication, send};

fn reviewer(path: &str) -> axum::http::request::Builder {
    post(path, &format!("demo-reviewer-{CITY}"))
}

/// The next version: one matter is called otherwise, and one power is said to come from the province.
fn proposal(effective: &str, name: &str) -> (Value, String) {
    let mut body = publication();
    let mut granted = String::new();
    for piece in body["chunks"].as_array_mut().unwrap() {
        let mut rows: Value = serde_json::from_str(piece["json"].as_str().unwrap()).unwrap();
        match piece["kind"].as_str().unwrap() {
            "matters" => rows[0]["name"] = name.into(),
            "entries" if piece["unit"] == CITY && granted.is_empty() => {
                let entry = rows.as_array_mut().unwrap().iter_mut().find(|entry| entry["same_authority"] == false);
                if let Some(entry) = entry {
                    granted = entry["matter"].as_str().unwrap().to_owned();
                    let grant = json!({"instrument": "鲁政发〔2026〕1号", "on": "2026-01-05"});
                    entry["particulars"] = json!({ "granted": grant });
                }
            }
            _ => continue,
        }
        piece["json"] = rows.to_string().into();
    }
    assert!(!granted.is_empty(), "the city has a power that it does not share");
    body["effective"] = effective.into();
    body["why"] = "鲁政发〔2026〕1号".into();
    (body, granted)
}

async fn propose(router: &Router, body: &Value) -> Told {
    send(router, body.to_string(), administrator("/v1/catalogue/proposals")).await
}

fn code(told: &Told) -> (u16, String) {
    (told.status.as_u16(), told.json()["code"].as_str().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn a_version_is_proposed_reviewed_by_another_person_and_published() {
    let (_, router) = Region::city_node().await;
    let (body, _) = proposal("2026-02-20", "改名的事项");
    let told = propose(&router, &body).await;
    assert_eq!(told.status, StatusCode::CREATED, "{}", told.text);
    assert_eq!(told.json()["proposal"], 1);
    let review = |approved: bool, words: &str| json!({"approved": approved, "words": words}).to_string();
    let at = |act: &str| format!("/v1/catalogue/proposals/1/{act}");

    // Who may do what, in the order in which it is refused.
    for (told, expected) in [
        (send(&router, review(true, ""), administrator(&at("review"))).await, (403, "auth.role")),
        (send(&router, review(true, ""), officer(&at("review"))).await, (403, "auth.role")),
        (send(&router, "{}", reviewer(&at("publish"))).await, (403, "auth.role")),
        (send(&router, "{}", administrator(&at("publish"))).await, (409, "catalogue.proposal_over")),
        (send(&router, review(false, ""), reviewer(&at("review"))).await, (422, "catalogue.why_missing")),
        (
            send(&router, "{}", administrator("/v1/catalogue/proposals/7/publish")).await,
            (404, "catalogue.proposal_unknown"),
        ),
        (send(&router, "{}", administrator("/v1/catalogue/proposals/x/publish")).await, (422, "request.field")),
        (propose(&router, &proposal("2026-02-01", "改名").0).await, (422, "catalogue.effective_unfit")),
    ] {
        assert_eq!(code(&told), (expected.0, expected.1.to_owned()), "{}", told.text);
    }
    let stranger = get("/v1/catalogue/proposals/1").header("x-tongban-person", "demo-applicant");
    assert_eq!(code(&send(&router, "", stranger).await), (403, "auth.role".to_owned()));

    let head = |path: &str| get(path).header("x-tongban-person", format!("demo-reviewer-{CITY}"));
    let shown = send(&router, "", head("/v1/catalogue/proposals/1")).await.json();
    assert_eq!(
        (&shown["standing"], &shown["version"], &shown["stale"]),
        (&json!("proposed"), &json!(2), &json!(false))
    );
    assert_eq!(shown["proposed"]["words"], "鲁政发〔2026〕1号");
    let changes = shown["changes"].as_array().unwrap();
    assert_eq!(shown["changes_count"], changes.len());
    let said =
        |language: &str, text: &str| changes.iter().any(|change| change[language].as_str().unwrap().contains(text));
    assert!(said("zh", "改为“改名的事项”") && said("zh", "省级赋权文件填为“鲁政发〔2026〕1号”"), "{shown}");
    assert!(said("en", "and is “改名的事项”") && said("en", "granted_by"), "{shown}");

    assert_eq!(send(&router, review(true, ""), reviewer(&at("review"))).await.status, StatusCode::OK);
    let published = send(&router, "{}", administrator(&at("publish"))).await;
    assert_eq!((published.status, published.json()["installed"].as_bool()), (StatusCode::OK, Some(true)));
    let list = send(&router, "", head("/v1/catalogue/proposals")).await.json();
    assert_eq!((&list["proposals"][0]["standing"], &list["next"]), (&json!("published"), &Value::Null));
    assert_eq!(list["proposals"][0]["reviewed"]["by"], format!("demo-reviewer-{CITY}"));

    // Installed, and not in force before its day: what people are shown is still the first.
    let status = send(&router, "", get("/v1/status")).await.json();
    assert_eq!(status["catalogue"]["number"], 2);
    let matters = send(&router, "", get("/v1/matters?limit=1&words=")).await.json();
    assert_eq!(matters["version"], 1, "{matters}");
}

#[tokio::test]
async fn what_the_province_gave_is_listed_until_it_is_extended() {
    let (_, router) = Region::city_node().await;
    let inspector =
        || get("/v1/catalogue/still-to-extend").header("x-tongban-person", format!("demo-inspector-{CITY}"));
    assert_eq!(send(&router, "", inspector()).await.json()["open"], json!([]));
    // From today on.
    let (body, granted) = proposal("2026-02-10", "改名的事项");
    assert_eq!(propose(&router, &body).await.status, StatusCode::CREATED);
    let review = json!({"approved": true}).to_string();
    assert_eq!(send(&router, review, reviewer("/v1/catalogue/proposals/1/review")).await.status, StatusCode::OK);
    let published = send(&router, "{}", administrator("/v1/catalogue/proposals/1/publish")).await;
    assert_eq!(published.status, StatusCode::OK, "{}", published.text);

    let told = send(&router, "", inspector()).await.json();
    assert_eq!((&told["version"], &told["on"]), (&json!(2), &json!("2026-02-10")));
    let open = told["open"].as_array().unwrap();
    assert!(open.iter().all(|row| row["matter"] == granted && row["since"] == "2026-01-05"), "{told}");
    let counties: Vec<&str> = open.iter().map(|row| row["county"]["name"].as_str().unwrap()).collect();
    assert!(counties.contains(&"任城区") && counties.contains(&"兖州区"), "{told}");
    assert!(!counties.iter().any(|name| name.contains("开发区") || name.contains("高新")), "{counties:?}");
    let stranger = get("/v1/catalogue/still-to-extend").header("x-tongban-person", "demo-applicant");
    assert_eq!(code(&send(&router, "", stranger).await), (403, "auth.role".to_owned()));
}
