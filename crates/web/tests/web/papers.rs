//! Papers of a case: as JSON, and as a page to be printed.

use std::sync::Arc;

use axum::Router;
use axum::http::StatusCode;
use domain::time::Timestamp;
use seal::sm::SecretKey;
use seal::{BodySeal, BodySeals, Certified, TestAuthority};
use serde_json::{Value, json};

use crate::local::{CITY, Region, get, licence, officer, send, submitted};

#[tokio::test]
async fn each_act_that_the_applicant_is_told_of_is_a_paper_in_both_languages() {
    let (region, router) = Region::city_node().await;
    let licence = licence(&region).await;
    let number = submitted(&router, &licence, "first").await;
    let path = format!("/v1/cases/{number}");
    let act = async |what: &str, body: Value| {
        let done = send(&router, body.to_string(), officer(&format!("{path}/{what}"))).await;
        assert_eq!(done.status, StatusCode::OK, "{what}: {}", done.text);
    };
    let look =
        async |at: String| send(&router, "", get(&at).header("x-tongban-person", format!("demo-officer-{CITY}"))).await;
    act("gaps", json!({"gaps": [{"material": licence.1[0], "what": "缺少签字"}]})).await;
    act("supplement", json!({"materials": [licence.1[0]]})).await;
    act("accept", json!({})).await;
    let told = json!({"days": 10, "unit": "working"});
    act("stop", json!({"kind": "testing", "basis": "需要检测", "told": told})).await;
    act("extend", json!({"days": 10, "by": "organ_head", "reason": "案情复杂"})).await;
    act("decide", json!({"granted": false, "reasons": "不符合标准"})).await;

    let list = look(format!("{path}/papers")).await.json();
    let papers = list["papers"].as_array().unwrap();
    let kinds: Vec<_> = papers.iter().map(|paper| paper["kind"].as_str().unwrap()).collect();
    let expected =
        ["receipt", "gaps_notice", "supplement_receipt", "acceptance", "stop_notice", "extension_notice", "denial"];
    assert_eq!(kinds, expected);
    for (at, paper) in papers.iter().enumerate() {
        assert_eq!(paper["number"], format!("{number}/{:02}", at + 1));
        assert_eq!(paper["seal_state"], "unsealed");
        assert!(paper["unsealed_because"]["zh"].as_str().unwrap().contains("未保管"), "{paper}");
        let text = paper["text"].as_array().unwrap();
        assert!(!text.is_empty() && text.iter().all(|words| words["zh"] != "" && words["en"] != ""), "{paper}");
    }
    // Who only takes papers says so, and the day of the law's own words stands on what is decided.
    assert_eq!(papers[0]["title"]["zh"], "收件凭证");
    assert!(papers[0]["text"][0]["zh"].as_str().unwrap().contains("非受理通知书"), "{}", papers[0]);
    assert_eq!(papers[0].get("basis"), None);
    assert!(papers[1]["facts"].to_string().contains("缺少签字"), "{}", papers[1]);
    assert!(papers[3]["text"][0]["en"].as_str().unwrap().contains("by 2026-03-16"), "{}", papers[3]);
    assert!(papers[4]["text"][0]["zh"].as_str().unwrap().contains("10 个工作日"), "{}", papers[4]);
    assert_eq!(papers[6]["title"]["zh"], "不予行政许可决定书");
    assert_eq!(papers[6]["basis"]["zh"], "依据：《行政许可法》第三十八条第二款");
    for told in [&papers[6]["review"]["zh"], &papers[6]["text"][1]["zh"]] {
        let told = told.as_str().unwrap();
        assert!(told.contains("六十日") || told.contains("不符合标准"), "{told}");
    }
    assert_eq!(papers[3].get("review"), None, "an acceptance goes against nobody");

    // The case's page leads to them, and each is a page of its own.
    let page = look(format!("/cases/{number}?lang=en")).await;
    assert!(page.text.contains(&format!("href=\"/cases/{number}/papers/7\"")), "{}", page.text);
    assert!(page.text.contains("Decision to deny the licence"), "{}", page.text);
    let paper = look(format!("/cases/{number}/papers/7")).await;
    for words in ["不予行政许可决定书", "Decision to deny the licence", "不符合标准", "行政复议", "未加盖电子印章"]
    {
        assert!(paper.text.contains(words), "{words}: {}", paper.text);
    }
    assert!(!paper.text.contains("370811199001011"), "no personal number on any paper");
    for none in ["8", "0", "x"] {
        assert_eq!(look(format!("/cases/{number}/papers/{none}")).await.status, StatusCode::NOT_FOUND, "{none}");
    }
}

fn body_seals(body: &Value, root: &TestAuthority, until: i64) -> BodySeals {
    let key = SecretKey::from_bytes(&[7; 32]).unwrap();
    let says = Certified {
        serial: 1,
        body: serde_json::from_value(body.clone()).unwrap(),
        body_name: "某局".to_owned(),
        key: key.public(),
        from: Timestamp(0),
        until: Timestamp(until),
        issuer: String::new(),
        test: true,
    };
    let certificate = root.certify(says).unwrap();
    BodySeals::new(root.root(vec![]), vec![BodySeal { certificate, key }], || Timestamp(1_000))
}

#[tokio::test]
async fn a_paper_is_given_out_with_the_seal_of_its_body_where_the_node_keeps_it() {
    let (region, plain) = Region::city_node().await;
    let licence = licence(&region).await;
    let number = submitted(&plain, &licence, "first").await;
    let path = format!("/v1/cases/{number}");
    let done = send(&plain, "{}", officer(&format!("{path}/accept"))).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.text);
    let person = format!("demo-officer-{CITY}");
    let look =
        async |router: &Router, at: String| send(router, "", get(&at).header("x-tongban-person", person.clone())).await;
    let body = look(&plain, format!("{path}/papers")).await.json()["papers"][1]["body"].clone();

    let root = TestAuthority::new("某市", SecretKey::from_bytes(&[1; 32]).unwrap());
    let with = |until: i64| {
        let mut site = region.site(vec![region.city.clone()]);
        site.seals = Arc::new(body_seals(&body, &root, until));
        web::router(site)
    };
    let router = with(9_000);
    let list = look(&router, format!("{path}/papers")).await.json();
    let paper = list["papers"][1].as_object().unwrap();
    assert_eq!((&paper["seal_state"], paper.get("unsealed_because")), (&json!("sealed"), None));
    // What was given out is what was sealed.
    let judged = seal::check(paper, &root.root(vec![])).unwrap();
    assert_eq!((judged.paper, judged.at), (format!("{number}/02"), Timestamp(1_000)));
    let mut changed = paper.clone();
    changed["text"][0]["zh"] = json!("不予受理。");
    assert_eq!(seal::check(&changed, &root.root(vec![])).unwrap_err().code(), "seal.altered");
    let page = look(&router, format!("/cases/{number}/papers/2")).await.text;
    for told in ["电子印章：某局", "示例印章，无法律效力", "A seal for demonstration", &judged.by.issuer]
    {
        assert!(page.contains(told), "{told}: {page}");
    }

    let expired = look(&with(999), format!("{path}/papers")).await.json();
    assert_eq!(expired["papers"][1]["seal_state"], "unsealed");
    assert_eq!(expired["papers"][1]["unsealed_because"]["en"], "the seal's certificate has expired");
}
