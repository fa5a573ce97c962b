//! Steps between acceptance and decision, through the API and on the page: in their order, by who may, and what they found for officials alone.

use axum::Router;
use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::local::{CITY, Region, Told, get, post, send, submitted, with_steps};

/// The city's officers.
const OFFICERS: [&str; 3] = ["demo-officer", "demo-officer-second", "demo-officer-third"];

async fn does(router: &Router, officer: usize, path: &str, body: Value) -> Told {
    send(router, body.to_string(), post(path, &format!("{}-{CITY}", OFFICERS[officer]))).await
}

async fn sees(router: &Router, person: &str, path: &str) -> Told {
    send(router, "", get(path).header("x-tongban-person", person)).await
}

fn code(told: &Told) -> String {
    told.json()["code"].as_str().unwrap_or_default().to_owned()
}

fn step(name: &str, agrees: bool) -> Value {
    json!({"step": name, "agrees": agrees, "opinion": "两间诊室,符合条件"})
}

#[tokio::test]
async fn steps_are_done_in_order_by_who_may_and_their_findings_stay_with_officials() {
    let (region, router) = Region::city_node().await;
    let number = submitted(&router, &with_steps(&region).await, "first").await;
    let path = format!("/v1/cases/{number}");
    let (act, back) = (format!("{path}/do-step"), format!("{path}/step-back"));
    let state = async || {
        let steps = sees(&router, "demo-applicant", &format!("{path}/steps")).await.json();
        let told = |step: &Value| step["state"].as_str().unwrap().chars().next().unwrap();
        steps.as_array().unwrap().iter().map(told).collect::<String>()
    };
    assert_eq!(state().await, "", "nothing before acceptance");
    assert_eq!(code(&does(&router, 0, &act, step("现场核查", true)).await), "case.stage_unfit");
    assert_eq!(does(&router, 0, &format!("{path}/accept"), json!({})).await.status, StatusCode::OK);
    assert_eq!(state().await, "ooww");
    for (officer, body, refused) in [
        (1, step("专家论证", true), "flow.unlisted"),
        (1, step("审核", true), "flow.steps_open"),
        (1, json!({"step": "现场核查", "agrees": true}), "case.reasons_missing"),
        (1, step("现场核查", true), ""),
        (1, step("现场核查", true), "flow.duties_apart"),
        (2, step("现场核查", true), ""),
        (2, step("现场核查", true), "flow.over"),
        (2, step("征求意见", true), ""),
        (1, step("审查", true), ""),
        (2, step("审核", true), "flow.duties_apart"),
        (0, step("审核", false), ""),
    ] {
        let told = does(&router, officer, &act, body.clone()).await;
        assert_eq!(code(&told), refused, "{officer} {body}: {}", told.text);
    }
    let grant = json!({"granted": true, "reasons": ""});
    assert_eq!(code(&does(&router, 0, &format!("{path}/decide"), grant.clone()).await), "flow.steps_object");
    let again = does(&router, 0, &back, json!({"to": "审查", "reasons": "缺平面图"})).await;
    assert_eq!((again.status, state().await.as_str()), (StatusCode::OK, "ddow"));
    // What was found is in no outside form that the public gets.
    let public = sees(&router, "demo-applicant", &path).await;
    assert!(public.text.contains("step_done") && !public.text.contains("agrees"), "{}", public.text);
    assert!(!public.text.contains("诊室") && !public.text.contains("平面图"), "{}", public.text);
    let kept = sees(&router, "demo-applicant", &format!("{path}/opinions")).await;
    assert_eq!((kept.status.as_u16(), code(&kept)), (403, "auth.role".to_owned()));
    let read = sees(&router, &format!("demo-officer-{CITY}"), &format!("{path}/opinions")).await.json();
    let words: Vec<_> = read.as_array().unwrap().iter().map(|line| (&line["agrees"], &line["words"])).collect();
    assert_eq!(words.len(), 6);
    assert_eq!(words[4], (&json!(false), &json!("两间诊室,符合条件")));
    assert_eq!(words[5], (&Value::Null, &json!("缺平面图")));

    does(&router, 1, &act, step("审查", true)).await;
    does(&router, 0, &act, step("审核", true)).await;
    assert_eq!(code(&does(&router, 1, &format!("{path}/decide"), grant.clone()).await), "flow.duties_apart");
    assert_eq!(does(&router, 0, &format!("{path}/decide"), grant).await.status, StatusCode::OK);
    let up = does(&router, 0, &format!("{path}/send-up"), json!({"agrees": true, "opinion": "x"})).await;
    assert_eq!(code(&up), "case.stage_unfit");
}

#[tokio::test]
async fn the_page_has_the_steps_for_everybody_and_their_forms_and_opinions_for_officers() {
    let (region, router) = Region::city_node().await;
    let number = submitted(&router, &with_steps(&region).await, "first").await;
    does(&router, 0, &format!("/v1/cases/{number}/accept"), json!({})).await;
    let place = format!("/cases/{number}");
    let officer = format!("demo-officer-second-{CITY}");
    let look = async |who: &str, language: &str| sees(&router, who, &format!("{place}?lang={language}")).await.text;
    let page = look(&officer, "en").await;
    for words in ["Steps", "Do a step", "Can be done now", "For steps before it", "by two people"] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(!page.contains("Send back to a step"), "nothing was done yet");
    let key = crate::pages::hidden(&page, "do-step").to_owned();
    let fields = [("key", key.as_str()), ("step", "现场核查"), ("opinion", "两间诊室"), ("agrees", "yes")];
    let done = crate::pages::fill(&router, &format!("{place}/do-step"), &officer, &fields).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
    let page = look(&officer, "zh-CN").await;
    for words in ["办理环节", "内部意见", "两间诊室", "退回环节", "现场核查"] {
        assert!(page.contains(words), "{words}: {page}");
    }
    let public = look("demo-applicant", "zh-CN").await;
    assert!(public.contains("办理环节") && !public.contains("内部意见") && !public.contains("两间诊室"), "{public}");
}
