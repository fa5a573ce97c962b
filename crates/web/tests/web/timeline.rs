//! The timeline as events, over a real connection.

use std::time::Duration;

use crate::local::{Region, get, matter, officer, send, submitted};

/// Reads events until the stream ends.
async fn events(mut response: reqwest::Response) -> String {
    let mut text = String::new();
    while let Some(chunk) = tokio::time::timeout(Duration::from_secs(20), response.chunk()).await.unwrap().unwrap() {
        text.push_str(std::str::from_utf8(&chunk).unwrap());
    }
    text
}

fn kinds(text: &str) -> Vec<&str> {
    text.lines().filter_map(|line| line.split("\"kind\":\"").nth(1)?.split('"').next()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_come_in_order_and_resume_and_end_with_the_case() {
    let (region, router) = Region::city_node().await;
    let matter = matter(&region).await;
    let number = submitted(&router, &matter, "followed").await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let served = router.clone();
    tokio::spawn(async move { axum::serve(listener, served).await });

    let follow = |last: Option<String>| {
        let request = reqwest::Client::new()
            .get(format!("http://{address}/v1/cases/{number}/timeline"))
            .header("accept", "text/event-stream")
            .header("x-tongban-person", "demo-applicant");
        match last {
            Some(last) => request.header("last-event-id", last).send(),
            None => request.send(),
        }
    };
    let response = follow(None).await.unwrap();
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let live = tokio::spawn(events(response));
    for (act, body) in [("accept", ""), ("decide", r#"{"granted":true}"#), ("deliver", "")] {
        let told = send(&router, body, officer(&format!("/v1/cases/{number}/{act}"))).await;
        assert!(told.status.is_success(), "{act}: {}", told.text);
    }
    let text = live.await.unwrap();
    let all = ["received", "claim_granted", "accepted", "decided", "closed", "delivered"];
    assert_eq!(kinds(&text), all, "{text}");
    assert!(text.ends_with("event: end\ndata: final\n\n"), "{text}");

    let accepted = text.split("\n\n").find(|event| event.contains("\"accepted\"")).unwrap();
    let id = accepted.lines().find_map(|line| line.strip_prefix("id: ")).unwrap().to_owned();
    assert_eq!(kinds(&events(follow(Some(id)).await.unwrap()).await), all[3..]);
    assert_eq!(kinds(&events(follow(Some("unheard of".into())).await.unwrap()).await), all);

    let json = get(&format!("/v1/cases/{number}/timeline")).header("x-tongban-person", "demo-applicant");
    let told = send(&router, "", json).await.json();
    assert_eq!((told["entries"].as_array().unwrap().len(), told["is_final"].as_bool()), (6, Some(true)));
}
