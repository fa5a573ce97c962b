//! Every failure is a problem with a documented code, and never repeats what was sent.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::http::{Request, StatusCode};
use domain::codes::CODES;
use serde_json::json;
use unit::{Unavailable, UnitHandle};

use crate::local::{Region, application, get, matter, officer, post, send};

/// A number that looks like a citizen's, planted where it does not belong.
const PLANTED: &str = "370811199001011234";

#[tokio::test]
async fn each_failure_has_its_code_and_tells_nothing_that_was_sent() {
    let (region, router) = Region::city_node().await;
    let matter = matter(&region).await;
    let good = application(&matter);
    let with = |field: &str, value: serde_json::Value| {
        let mut body = good.clone();
        body[field] = value;
        body.to_string()
    };
    let submit = || post("/v1/cases", "demo-applicant").header("idempotency-key", "k1");
    let as_applicant = |path: &str| get(path).header("x-tongban-person", "demo-applicant");
    let planted_person = json!({"name": "王", "identifier": PLANTED});
    for (head, body, status, code) in [
        (get("/nowhere"), String::new(), 404, "http.not_found"),
        (Request::delete("/v1/status"), String::new(), 405, "http.method"),
        (get("/v1/status?x=1"), String::new(), 200, ""),
        (get(&format!("/v1/matters?{PLANTED}=1")), String::new(), 400, "http.unknown_field"),
        (get("/v1/matters?limit=0"), String::new(), 422, "request.field"),
        (get(&format!("/v1/matters?limit={PLANTED}x")), String::new(), 400, "http.query"),
        (get(&format!("/v1/matters/{PLANTED}x")), String::new(), 422, "request.matter"),
        (get(&format!("/v1/matters/{PLANTED}")), String::new(), 404, "matter.unknown"),
        (get(&format!("/v1/divisions?name={PLANTED}")), String::new(), 404, "place.unknown"),
        (get("/v1/divisions"), String::new(), 422, "request.field"),
        (get("/v1/cases/00000000-0000-0000-0000-000000000000"), String::new(), 401, "auth.person_missing"),
        (as_applicant(&format!("/v1/cases/{PLANTED}")), String::new(), 422, "request.case"),
        (as_applicant("/v1/cases/370800000000-260210-A-00009-0"), String::new(), 422, "request.case"),
        (as_applicant("/v1/cases/00000000-0000-0000-0000-000000000000"), String::new(), 404, "case.unknown"),
        (as_applicant("/v1/cases"), String::new(), 403, "auth.role"),
        (get("/v1/cases").header("x-tongban-person", PLANTED), String::new(), 401, "auth.person_unknown"),
        (post("/v1/cases/370800000000/accept", "demo-applicant"), String::new(), 422, "request.case"),
        (submit(), "{".into(), 400, "http.json"),
        (submit(), json!({"matter": PLANTED}).to_string(), 422, "request.field"),
        (submit(), with(PLANTED, json!(1)), 400, "http.unknown_field"),
        (submit(), with("applicant", json!(PLANTED)), 400, "http.json"),
        (submit(), with("applicant", planted_person), 422, "request.identifier"),
        (submit(), with("matter", json!(format!("{PLANTED}x"))), 422, "request.matter"),
        (submit(), with("place", json!(PLANTED)), 404, "place.unknown"),
        (submit(), with("materials", json!([])), 422, "case.materials_missing"),
        (submit(), with("form", json!({"about": "x".repeat(300_000)})), 413, "http.body_too_long"),
        (post("/v1/cases", "demo-applicant").header("idempotency-key", "a b"), good.to_string(), 422, "request.key"),
        (Request::post("/v1/cases").header("content-type", "text/plain"), String::new(), 415, "http.media_type"),
        (officer("/v1/catalogue"), "{}".into(), 422, "request.field"),
    ] {
        let told = send(&router, body, head).await;
        assert_eq!(told.status.as_u16(), status, "{code}: {}", told.text);
        if status == 200 {
            continue;
        }
        let problem = told.json();
        assert_eq!(problem["code"], code, "{}", told.text);
        assert_eq!(told.header("content-type"), "application/problem+json");
        assert_eq!(problem["type"], format!("/problems/{code}"));
        assert_eq!(problem["status"], status);
        assert!(problem["instance"].as_str().unwrap().starts_with("urn:tongban:request:"));
        assert!(!told.text.contains(PLANTED), "{code} repeats what was sent: {}", told.text);
    }
    let allow = send(&router, "", Request::delete("/v1/status")).await;
    assert_eq!(allow.header("allow"), "GET,HEAD");
}

#[tokio::test]
async fn an_ambiguous_place_lists_its_candidates_and_a_code_is_taken() {
    let region = Region::new();
    let router = web::router(region.site(vec![region.city.clone()]));
    // 吕庄村村委会: three villages of the real tree are called so.
    let told =
        send(&router, "", get("/v1/divisions?name=%E5%90%95%E5%BA%84%E6%9D%91%E6%9D%91%E5%A7%94%E4%BC%9A")).await;
    let problem = told.json();
    assert_eq!((told.status, &problem["code"]), (StatusCode::CONFLICT, &json!("place.ambiguous")), "{}", told.text);
    let candidates = problem["candidates"].as_array().unwrap();
    assert_eq!(candidates.len(), 3, "{}", told.text);
    for candidate in candidates {
        let code = candidate["value"].as_str().unwrap();
        assert_eq!(send(&router, "", get(&format!("/v1/divisions?name={code}"))).await.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn both_languages_and_a_page_for_browsers() {
    let region = Region::new();
    let router = web::router(region.site(vec![region.city.clone()]));
    let row = domain::codes::find("http.not_found").unwrap();
    for (language, title) in [("en-GB,zh;q=0.5", row.title.en), ("zh-CN", row.title.zh), ("fr", row.title.zh)] {
        let told = send(&router, "", get("/nowhere").header("accept-language", language)).await;
        assert_eq!(told.json()["title"], title);
    }
    let page = send(&router, "", get("/nowhere?lang=en").header("accept", "text/html")).await;
    assert_eq!((page.status, page.header("content-type")), (StatusCode::NOT_FOUND, "text/html; charset=utf-8"));
    assert!(page.text.contains(row.title.en) && page.text.contains("Back to the start"));
    for row in CODES {
        let told = send(&router, "", get(&format!("/problems/{}", row.code))).await;
        assert_eq!(told.status, StatusCode::OK);
        assert!(told.text.contains(row.code) && told.text.contains("lang=\"en\""), "{}", row.code);
    }
}

#[tokio::test]
async fn a_unit_that_cannot_answer_says_so_and_when_to_come_back() {
    let (region, router) = Region::city_node().await;
    let unit = region.city.unit();
    for (fault, status, code) in [
        (Unavailable::NoLeader { unit }, 503, "unit.no_leader"),
        (Unavailable::Deadline { unit, millis: 5 }, 504, "unit.deadline"),
        (Unavailable::Stopped { unit, why: "disk 7 failed".into() }, 503, "unit.stopped"),
        (Unavailable::Overloaded { unit }, 503, "unit.overloaded"),
    ] {
        *region.city.fault.lock().unwrap() = Some(fault);
        let told = send(&router, "", get("/v1/matters")).await;
        assert_eq!((told.status.as_u16(), told.json()["code"].as_str()), (status, Some(code)));
        assert!(!told.text.contains("disk 7"), "why a group stopped is for its operator");
        assert_eq!(told.header("retry-after"), if status == 503 { "2" } else { "" });
    }
    *region.city.fault.lock().unwrap() = None;
    let panicked = send(&router, "", get("/v1/matters?words=panic")).await;
    assert_eq!((panicked.status.as_u16(), panicked.json()["code"].as_str()), (500, Some("http.internal")));
    assert_eq!(send(&router, "", get("/v1/matters?limit=1")).await.status, StatusCode::OK, "and it goes on");
}

#[tokio::test]
async fn a_busy_node_tells_requests_to_come_back() {
    let region = Region::new();
    let mut site = region.site(vec![region.city.clone()]);
    site.limits.requests = 0;
    let told = send(&web::router(site), "", get("/v1/status")).await;
    assert_eq!((told.status.as_u16(), told.json()["code"].as_str()), (503, Some("http.busy")));
}

#[tokio::test]
async fn browsers_are_told_to_keep_out_what_is_not_ours() {
    let region = Region::new();
    let router = web::router(region.site(vec![region.city.clone()]));
    for path in ["/", "/v1/status", "/nowhere", "/docs/"] {
        let told = send(&router, "", get(path)).await;
        let policy = told.header("content-security-policy");
        assert!(
            policy.starts_with("default-src 'none'") && policy.contains("frame-ancestors 'none'"),
            "{path}: {policy}"
        );
        assert!(
            !policy.split(';').any(|part| part.trim().starts_with("script-src") && part.contains("unsafe")),
            "{path}"
        );
        assert_eq!(told.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(told.header("x-frame-options"), "DENY", "{path}");
        assert_eq!(told.header("referrer-policy"), "no-referrer", "{path}");
    }
    let foreign = Request::post("/person")
        .header("content-type", "application/x-www-form-urlencoded")
        .header("sec-fetch-site", "cross-site");
    let told = send(&router, "person=demo-applicant", foreign).await;
    assert_eq!((told.status.as_u16(), told.json()["code"].as_str()), (403, Some("auth.cross_site")));
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn no_personal_number_reaches_the_log() {
    let (region, router): (Region, Router) = Region::city_node().await;
    let matter = matter(&region).await;
    let log = Log::default();
    let writer = log.clone();
    let subscriber =
        tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(move || writer.clone()).finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let mut body = application(&matter);
    body["applicant"]["identifier"] = json!(PLANTED);
    let head = || post("/v1/cases", "demo-applicant").header("idempotency-key", "logged");
    send(&router, body.to_string(), head()).await;
    send(&router, application(&matter).to_string(), head()).await;
    send(&router, "", get(&format!("/v1/matters/{PLANTED}?words={PLANTED}"))).await;
    send(&router, "", get(&format!("/{PLANTED}")).header("x-tongban-person", PLANTED)).await;
    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(text.contains("/v1/matters/{code}") && text.contains("POST"), "the trace is there: {text}");
    for personal in [PLANTED, crate::local::CITIZEN, "王小明"] {
        assert!(!text.contains(personal), "{personal} is in the log: {text}");
    }
}
