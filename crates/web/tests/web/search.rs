//! Finding a matter and reading its guide, on pages and by programs.

use axum::Router;
use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::local::{Region, Told, administrator, get, publication, send};

/// A name of the list that no other one contains.
const NAME: &str = "教师资格认定";

/// A city whose catalogue says of one matter what is given.
async fn with_guide(guide: Value) -> (Router, String) {
    let region = Region::new();
    let router = web::router(region.site(vec![region.city.clone()]));
    let mut body = publication();
    let mut code = String::new();
    for piece in body["chunks"].as_array_mut().unwrap().iter_mut().filter(|piece| piece["kind"] == "matters") {
        let mut matters: Value = serde_json::from_str(piece["json"].as_str().unwrap()).unwrap();
        for matter in matters.as_array_mut().unwrap().iter_mut().filter(|matter| matter["name"] == NAME) {
            code = matter["code"].as_str().unwrap().to_owned();
            matter["guide"] = guide.clone();
        }
        piece["json"] = matters.to_string().into();
    }
    let published = send(&router, body.to_string(), administrator("/v1/catalogue")).await;
    assert_eq!(published.status, StatusCode::CREATED, "{}", published.text);
    (router, code)
}

/// As a query writes it.
fn escaped(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

async fn page(router: &Router, path: &str, language: &str) -> Told {
    let head = get(path).header("accept", "text/html").header("cookie", format!("tongban-language={language}"));
    send(router, "", head).await
}

#[tokio::test]
async fn a_matter_is_found_by_what_people_write_and_the_answer_says_why() {
    let (_, router) = Region::city_node().await;
    let ask = async |words: &str| {
        let told = send(&router, "", get(&format!("/v1/matters?limit=5&words={}", escaped(words)))).await;
        assert_eq!(told.status, StatusCode::OK, "{}", told.text);
        let told = told.json();
        told["matters"][0].clone()
    };
    for (words, name, field, way) in [
        ("教师资格认定", NAME, "name", "text"),
        ("jiao shi zi ge ren ding", NAME, "name", "pinyin"),
        ("jszgrd", NAME, "name", "initials"),
        ("教師資格認定", NAME, "name", "sound"),
        ("教师资格大定", NAME, "name", "slip"),
        ("开饭店", "食品(含保健食品)经营许可核发", "name", "everyday"),
    ] {
        let found = ask(words).await;
        assert_eq!(found["name"], name, "{words}");
        assert_eq!(
            (&found["found_by"][0]["field"], &found["found_by"][0]["way"]),
            (&json!(field), &json!(way)),
            "{words}"
        );
    }
    assert_eq!(ask("开饭店").await["found_by"][0]["means"], "食品 经营许可核发");
    assert_eq!(ask("").await["found_by"], json!([]));

    let english = page(&router, &format!("/matters?words={}", escaped("开饭店")), "en").await;
    assert!(english.text.contains("“开饭店” may mean: 食品 经营许可核发"), "{}", english.text);
    let chinese = page(&router, "/matters?words=jszgrd", "zh-CN").await;
    assert!(chinese.text.contains("按拼音首字母") && chinese.text.contains(NAME), "{}", chinese.text);
    let plain = page(&router, &format!("/matters?words={}", escaped(NAME)), "en").await;
    assert!(!plain.text.contains("“教师"), "a name shows itself: {}", plain.text);
}

#[tokio::test]
async fn a_guide_shows_every_element_that_is_filled_in_both_languages() {
    let (router, code) = with_guide(json!({
        "case_kind": "promised",
        "conditions": [{"text": "持有普通话证书", "basis": "教师资格条例第八条"}],
        "flow": [{"name": "受理", "kind": "accept"}, {"name": "认定", "kind": "decide", "after": ["受理"]}],
        "fees": [{"item": "工本费", "amount": 600, "basis": "价格规定"}],
        "results": [{"name": "教师资格证书", "kind": "licence"}],
        "questions": [{"question": "非师范生可以申请吗", "answer": "可以"}],
        "visits": {"most": 1, "why": "现场确认"}
    }))
    .await;
    let told = send(&router, "", get(&format!("/v1/matters/{code}"))).await.json();
    assert_eq!(told["offered"], true);
    assert_eq!(told["guide"]["case_kind"], "promised");
    assert_eq!(told["guide"]["fees"][0], json!({"item": "工本费", "amount_fen": 600, "basis": "价格规定"}));
    assert_eq!(told["guide"]["flow"][1]["after"], json!(["受理"]));
    assert!(told["guide"].get("bases").is_none(), "what is not filled is left out");

    let path = format!("/matters/{code}");
    let chinese = page(&router, &path, "zh-CN").await;
    let english = page(&router, &path, "en").await;
    for text in
        ["持有普通话证书", "教师资格条例第八条", "认定", "工本费", "教师资格证书", "非师范生可以申请吗", "现场确认"]
    {
        assert!(chinese.text.contains(text) && english.text.contains(text), "{text}");
    }
    for text in ["受理条件", "办理流程", "前置环节", "承诺件", "收费标准", "常见问题", "到现场次数"]
    {
        assert!(chinese.text.contains(text), "{text}: {}", chinese.text);
    }
    for text in ["Conditions", "Steps", "After", "promised", "Fees", "Questions", "Visits", "decide"] {
        assert!(english.text.contains(text), "{text}: {}", english.text);
    }
    assert!(!chinese.text.contains("特别程序"), "there is none");
    let found = send(&router, "", get(&format!("/v1/matters?words={}", escaped("非师范生")))).await.json();
    assert_eq!(
        (&found["matters"][0]["name"], &found["matters"][0]["found_by"][0]["field"]),
        (&json!(NAME), &json!("question"))
    );
}

#[tokio::test]
async fn what_is_retired_is_not_offered_and_says_so_to_whoever_has_its_code() {
    // The test's unit lives in 2026.
    let (router, code) = with_guide(json!({"planned": {"from": "2020-01-01", "until": "2021-06-30"}})).await;
    let found = send(&router, "", get(&format!("/v1/matters?words={}", escaped(NAME)))).await.json();
    assert!(found["matters"].as_array().unwrap().iter().all(|matter| matter["name"] != NAME), "{found}");
    let told = send(&router, "", get(&format!("/v1/matters/{code}"))).await.json();
    assert_eq!((&told["offered"], &told["guide"]["planned_until"]), (&json!(false), &json!("2021-06-30")));
    let shown = page(&router, &format!("/matters/{code}"), "en").await;
    assert!(shown.text.contains("cannot be applied for today") && shown.text.contains("2021-06-30"), "{}", shown.text);
    assert!(!shown.text.contains(&format!("/matters/{code}/apply")), "{}", shown.text);
}
