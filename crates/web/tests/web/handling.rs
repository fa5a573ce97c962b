//! The work between receipt and decision, through the API and by the page's forms.

use axum::Router;
use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::local::{CITY, Region, Told, get, licence, officer, post, send, submitted};

async fn act(router: &Router, path: &str, body: Value) -> Told {
    send(router, body.to_string(), officer(path)).await
}

/// Status and code of a refusal.
fn refused(told: &Told) -> (u16, String) {
    (told.status.as_u16(), told.json()["code"].as_str().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn gaps_are_told_once_and_filled_by_who_submitted() {
    let (region, router) = Region::city_node().await;
    let licence = licence(&region).await;
    let number = submitted(&router, &licence, "first").await;
    let path = format!("/v1/cases/{number}");
    let (gaps, supplement) = (format!("{path}/gaps"), format!("{path}/supplement"));
    let gap = |material: &str, what: &str| json!({"gaps": [{"material": material, "what": what}]});
    for (body, status, code) in [
        (gap("其他材料", "缺"), 422, "case.materials_unlisted"),
        (gap(&licence.1[0], " "), 400, "case.gaps_missing"),
        (json!({"gaps": []}), 400, "case.gaps_missing"),
        (json!({"gaps": [{"material": "x"}]}), 422, "request.field"),
    ] {
        let told = act(&router, &gaps, body.clone()).await;
        assert_eq!(refused(&told), (status, code.to_owned()), "{body}: {}", told.text);
    }
    let told = act(&router, &gaps, gap(&licence.1[0], "缺少签字")).await;
    assert_eq!(
        (told.json()["stage"].as_str(), told.json()["waiting"].as_str()),
        (Some("awaiting_supplement"), Some("supplement"))
    );
    let last = told.json()["timeline"].as_array().unwrap().last().unwrap().clone();
    assert_eq!((&last["kind"], &last["gaps"][0]["what"]), (&json!("gaps_told"), &json!("缺少签字")));
    let again = act(&router, &gaps, gap(&licence.1[0], "还缺盖章")).await;
    assert_eq!(refused(&again), (409, "legal.gaps_again".to_owned()));
    // A problem says what to do instead, in both languages.
    let chinese = officer(&gaps).header("accept-language", "zh-CN");
    let chinese = send(&router, gap(&licence.1[0], "还缺盖章").to_string(), chinese).await;
    assert!(chinese.text.contains("一次性告知"), "{}", chinese.text);

    // Officers tell; who submitted fills.
    let as_applicant = |path: &str| post(path, "demo-applicant");
    let forbidden = send(&router, gap(&licence.1[0], "缺").to_string(), as_applicant(&gaps)).await;
    assert_eq!(refused(&forbidden), (403, "auth.role".to_owned()));
    let short = send(&router, json!({"materials": []}).to_string(), as_applicant(&supplement)).await;
    assert_eq!(refused(&short).1, "case.materials_missing", "{}", short.text);
    let filled = send(&router, json!({"materials": [licence.1[0]]}).to_string(), as_applicant(&supplement)).await;
    assert_eq!((filled.status, filled.json()["stage"].as_str()), (StatusCode::OK, Some("received")), "{}", filled.text);
}

#[tokio::test]
async fn a_stop_and_an_extension_move_the_last_day_everywhere() {
    let (region, router) = Region::city_node().await;
    let number = submitted(&router, &licence(&region).await, "first").await;
    let path = format!("/v1/cases/{number}");
    let early = act(&router, &format!("{path}/extend"), json!({"days": 5, "by": "organ_head", "reason": "x"})).await;
    assert_eq!(refused(&early), (409, "case.stage_unfit".to_owned()));
    let accepted = act(&router, &format!("{path}/accept"), json!({})).await;
    assert_eq!(accepted.json()["clocks"]["authority"]["due"]["date"], "2026-03-16");

    let told = json!({"days": 10, "unit": "working"});
    let stop = format!("{path}/stop");
    for (body, code) in [
        (json!({"basis": "第45条", "told": told}), "legal.stop_kind"),
        (json!({"kind": "testing", "told": told}), "legal.stop_basis"),
        (json!({"kind": "testing", "basis": "第45条"}), "legal.stop_estimate"),
        (json!({"kind": "site_check", "basis": "第34条", "told": told}), "legal.site_check"),
        (json!({"kind": "walk", "basis": "x", "told": told}), "http.json"),
        (json!({"kind": "testing", "basis": "x", "told": {"days": 5_000, "unit": "working"}}), "request.field"),
    ] {
        let answer = act(&router, &stop, body.clone()).await;
        assert_eq!(refused(&answer).1, code, "{body}: {}", answer.text);
    }
    let stopped = act(&router, &stop, json!({"kind": "testing", "basis": "第45条", "told": told})).await;
    let line = stopped.json()["timeline"].as_array().unwrap().last().unwrap().clone();
    assert_eq!(
        (&line["procedure"], &line["until"], &line["due"]),
        (&json!("testing"), &json!("2026-03-02"), &json!("2026-03-30"))
    );
    let clock = stopped.json()["clocks"]["authority"].clone();
    assert_eq!((&clock["due"]["date"], &clock["left"]), (&json!("2026-03-30"), &json!(20)));
    let days = clock["derivation"].as_array().unwrap();
    assert_eq!(days.iter().filter(|day| day["kind"] == "stopped").count(), 20, "02-11 to 03-02");
    let resume = act(&router, &format!("{path}/resume"), json!({})).await;
    assert_eq!(refused(&resume), (409, "legal.not_stopped".to_owned()), "not on the day of the stop itself");

    let extend = json!({"days": 10, "by": "organ_head", "reason": "案情复杂"});
    let extended = act(&router, &format!("{path}/extend"), extend.clone()).await;
    let due = extended.json()["clocks"]["authority"]["due"].clone();
    assert_eq!((&due["date"], &due["days"]), (&json!("2026-04-14"), &json!(30)), "{}", extended.text);
    let again = act(&router, &format!("{path}/extend"), extend).await;
    assert_eq!(refused(&again), (409, "legal.extension_again".to_owned()));

    // The page says the same, in both languages.
    for (language, words) in [("en", "To be decided by 2026-04-14"), ("zh-CN", "2026-04-14")] {
        let page =
            get(&format!("/cases/{number}?lang={language}")).header("x-tongban-person", format!("demo-officer-{CITY}"));
        let page = send(&router, "", page).await;
        assert!(page.text.contains(words), "{language}: {}", page.text);
    }
}

#[tokio::test]
async fn the_page_s_forms_do_the_same() {
    let (region, router) = Region::city_node().await;
    let licence = licence(&region).await;
    let number = submitted(&router, &licence, "first").await;
    let who = format!("demo-officer-{CITY}");
    let place = format!("/cases/{number}");
    let look = async || send(&router, "", get(&format!("{place}?lang=en")).header("x-tongban-person", &who)).await.text;
    let fill = async |act: &str, fields: &[(&str, &str)]| {
        let page = look().await;
        let key = crate::pages::hidden(&page, act).to_owned();
        let all: Vec<_> = std::iter::once(("key", key.as_str())).chain(fields.iter().copied()).collect();
        crate::pages::fill(&router, &format!("{place}/{act}"), &who, &all).await
    };
    let field = format!("gap-{}", licence.1[0]);
    let told = fill("gaps", &[(&field, "缺少签字"), ("gap-其他", "")]).await;
    assert_eq!(told.status, StatusCode::SEE_OTHER, "{}", told.text);
    let page = look().await;
    for text in ["Waiting for what is missing", "缺少签字", "Hand in what was missing"] {
        assert!(page.contains(text), "{text}: {page}");
    }
    assert!(!page.contains("/gaps\""), "told once, offered once");
    let material = format!("material-{}", licence.1[0]);
    assert_eq!(fill("supplement", &[(&material, "yes")]).await.status, StatusCode::SEE_OTHER);
    assert!(!look().await.contains("/gaps\""));
    assert_eq!(fill("accept", &[]).await.status, StatusCode::SEE_OTHER);
    let wrong = fill("stop", &[("kind", "testing"), ("basis", ""), ("days", "10")]).await;
    assert!(wrong.text.contains("There is a problem") && wrong.text.contains("article 45"), "{}", wrong.text);
    let stop = [("kind", "testing"), ("basis", "第45条"), ("days", "10")];
    assert_eq!(fill("stop", &stop).await.status, StatusCode::SEE_OTHER);
    let page = look().await;
    for text in ["The clock stands still until 2026-03-02", "The procedure is over", "Stop the clock for longer"] {
        assert!(page.contains(text), "{text}: {page}");
    }
    let extend = [("days", "10"), ("by", "organ_head"), ("reason", "案情复杂")];
    assert_eq!(fill("extend", &extend).await.status, StatusCode::SEE_OTHER);
    assert!(look().await.contains("extended by 10 days"));
}

/// Without its last listed material, which may follow.
fn lacking((matter, materials): &(String, Vec<String>)) -> (String, Vec<String>) {
    (matter.clone(), materials[..materials.len() - 1].to_vec())
}

#[tokio::test]
async fn what_may_follow_is_agreed_on_brought_and_only_then_granted() {
    let (region, router) = Region::city_node().await;
    let licence = licence(&region).await;
    let (number, follows) = (submitted(&router, &lacking(&licence), "first").await, licence.1.last().unwrap());
    let path = format!("/v1/cases/{number}");
    let plain = act(&router, &format!("{path}/accept"), json!({})).await;
    assert_eq!(refused(&plain), (409, "case.deficit_untold".to_owned()));
    assert_eq!(plain.json()["candidates"][0]["value"], json!(follows), "{}", plain.text);
    let accept = format!("{path}/accept-with-deficit");
    let within = |days: u16, basis: &str| json!({"days": days, "basis": basis});
    for (body, status, code) in [
        (json!({"within": within(5, "第八条")}), 422, "case.consent_missing"),
        (json!({"asked": true, "within": within(0, "第八条")}), 400, "case.period_missing"),
        (json!({"asked": true, "within": within(5, " ")}), 400, "case.basis_missing"),
        (json!({"asked": true, "within": within(5_000, "第八条")}), 422, "request.field"),
        (json!({"asked": true}), 422, "request.field"),
    ] {
        let told = act(&router, &accept, body.clone()).await;
        assert_eq!(refused(&told), (status, code.to_owned()), "{body}: {}", told.text);
    }
    let told = act(&router, &accept, json!({"asked": true, "within": within(5, "第八条")})).await;
    assert_eq!(told.json()["stage"], "accepted", "{}", told.text);
    let line = told.json()["timeline"].as_array().unwrap().last().unwrap().clone();
    assert_eq!((&line["kind"], &line["until"]), (&json!("deficit_agreed"), &json!("2026-02-24")));
    assert_eq!((&line["materials"], &line["reasons"]), (&json!([follows]), &json!("第八条")));

    let decide = |granted: bool| json!({"granted": granted});
    let early = act(&router, &format!("{path}/decide"), decide(true)).await;
    assert_eq!(refused(&early), (422, "case.materials_missing".to_owned()));
    let complete = format!("{path}/complete");
    let other = act(&router, &complete, json!({"materials": [licence.1[0]]})).await;
    assert_eq!(refused(&other), (422, "case.not_to_follow".to_owned()));
    let brought = send(&router, json!({"materials": [follows]}).to_string(), post(&complete, "demo-applicant")).await;
    assert_eq!(brought.status, StatusCode::OK, "{}", brought.text);
    let again = act(&router, &complete, json!({"materials": [follows]})).await;
    assert_eq!(refused(&again), (409, "case.deficit_none".to_owned()));
    let granted = act(&router, &format!("{path}/decide"), decide(true)).await;
    assert_eq!(granted.status, StatusCode::OK, "{}", granted.text);

    // Its papers say what was told, and its cards are for staff.
    let papers = send(&router, "", officer_looks(&format!("{path}/papers"))).await.json();
    let kinds: Vec<&str> = papers["papers"].as_array().unwrap().iter().map(|p| p["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["receipt", "acceptance", "deficit_notice", "supplement_receipt", "grant", "licence_slip"]);
    let cards = send(&router, "", officer_looks(&format!("{path}/cards"))).await;
    assert_eq!((cards.status, &cards.json()["cards"]), (StatusCode::OK, &json!([])), "{}", cards.text);
    assert!(cards.json()["early_days"].as_u64().is_some_and(|days| days > 0), "{}", cards.text);
    let public = send(&router, "", get(&format!("{path}/cards")).header("x-tongban-person", "demo-applicant")).await;
    assert_eq!(refused(&public), (403, "auth.role".to_owned()));
    let list = send(&router, "", officer_looks("/v1/cards")).await;
    assert_eq!((list.status, &list.json()["cases"]), (StatusCode::OK, &json!([])), "{}", list.text);
}

fn officer_looks(path: &str) -> axum::http::request::Builder {
    get(path).header("x-tongban-person", format!("demo-officer-{CITY}"))
}

#[tokio::test]
async fn a_case_is_passed_on_with_consent_and_to_who_is_competent() {
    let (region, router) = Region::city_node().await;
    let number = submitted(&router, &licence(&region).await, "first").await;
    let pass = format!("/v1/cases/{number}/pass-on");
    for (body, status, code) in [
        (json!({"to": "370811"}), 422, "case.reasons_missing"),
        (json!({"to": "370811", "reasons": "跨县区"}), 422, "case.consent_missing"),
        (json!({"to": CITY, "reasons": "跨县区", "consented": true}), 403, "route.not_authority"),
        (json!({"to": "乌有县", "reasons": "跨县区", "consented": true}), 404, "place.unknown"),
    ] {
        let told = act(&router, &pass, body.clone()).await;
        assert_eq!(refused(&told).1, code, "{body}: {}", told.text);
        assert_eq!(refused(&told).0 / 100, status / 100, "{body}");
    }
}

#[tokio::test]
async fn the_page_asks_for_the_applicant_s_request_where_something_is_to_follow() {
    let (region, router) = Region::city_node().await;
    let licence = licence(&region).await;
    let number = submitted(&router, &lacking(&licence), "first").await;
    let who = format!("demo-officer-{CITY}");
    let place = format!("/cases/{number}");
    let look = async || send(&router, "", get(&format!("{place}?lang=en")).header("x-tongban-person", &who)).await.text;
    let fill = async |act: &str, fields: &[(&str, &str)]| {
        let page = look().await;
        let key = crate::pages::hidden(&page, act).to_owned();
        let all: Vec<_> = std::iter::once(("key", key.as_str())).chain(fields.iter().copied()).collect();
        crate::pages::fill(&router, &format!("{place}/{act}"), &who, &all).await
    };
    let page = look().await;
    assert!(page.contains("Accept with materials to follow") && !page.contains("/accept\""), "{page}");
    let unasked = fill("accept-with-deficit", &[("days", "5"), ("basis", "第八条")]).await;
    assert!(unasked.text.contains("There is a problem"), "{}", unasked.text);
    let asked = fill("accept-with-deficit", &[("asked", "yes"), ("days", "5"), ("basis", "第八条")]).await;
    assert_eq!(asked.status, StatusCode::SEE_OTHER, "{}", asked.text);
    let page = look().await;
    assert!(page.contains("To follow by 2026-02-24"), "{page}");
    let follows = format!("material-{}", licence.1.last().unwrap());
    assert_eq!(fill("complete", &[(&follows, "yes")]).await.status, StatusCode::SEE_OTHER);
    assert!(!look().await.contains("/complete\""), "all is in");
}
