//! Files of materials through the API: uploaded, handed in, listed, read in ranges, and by whom.

use axum::Router;
use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::local::{CITY, Region, Told, application, get, matter, officer, post, send, submitted};

const SCAN: &[u8] = b"%PDF-1.7 a scan of an application, which is longer than a segment of this shelf: 0123456789012345678901234567890123456789";

fn refused(told: &Told) -> (u16, String) {
    (told.status.as_u16(), told.json()["code"].as_str().unwrap_or_default().to_owned())
}

fn uploading(name: &str, person: &str) -> crate::local::Head {
    post(&format!("/v1/files?name={name}"), person).header("content-type", "application/octet-stream")
}

async fn upload(router: &Router, bytes: &'static [u8]) -> Value {
    let told = send(router, bytes, uploading("scan%201.pdf", "demo-applicant")).await;
    assert_eq!(told.status, StatusCode::CREATED, "{}", told.text);
    told.json()
}

fn reading(path: &str, person: &str) -> crate::local::Head {
    get(path).header("x-tongban-person", person)
}

#[tokio::test]
async fn a_file_is_uploaded_handed_in_listed_and_read_by_who_may() {
    let (region, router) = Region::city_node().await;
    let matter = matter(&region).await;
    let uploaded = upload(&router, SCAN).await;
    assert_eq!((&uploaded["media_type"], &uploaded["bytes"]), (&json!("application/pdf"), &json!(SCAN.len())));
    let mut body = application(&matter);
    let ticket = uploaded["ticket"].clone();
    body["files"] = json!([{"material": "其他材料", "ticket": ticket}]);
    let submit = || post("/v1/cases", "demo-applicant").header("idempotency-key", "first");
    assert_eq!(refused(&send(&router, body.to_string(), submit()).await), (422, "file.material_absent".to_owned()));
    body["files"] = json!([{"material": matter.1[0], "ticket": "00"}]);
    let submit = |key: &str| post("/v1/cases", "demo-applicant").header("idempotency-key", key);
    let told = send(&router, body.to_string(), submit("second")).await;
    assert_eq!(refused(&told), (422, "file.ticket_unfit".to_owned()));
    body["files"] = json!([{"material": matter.1[0], "ticket": ticket}]);
    let told = send(&router, body.to_string(), submit("third")).await;
    assert_eq!(told.status, StatusCode::CREATED, "{}", told.text);
    let path = format!("/v1/cases/{}", told.json()["number"].as_str().unwrap());

    // Whoever only holds the number sees that files came; who submitted it, and staff, see and read them.
    let case = send(&router, "", reading(&path, "demo-applicant")).await.json();
    let came = case["timeline"].as_array().unwrap().iter().find(|line| line["kind"] == "files_came").unwrap();
    assert_eq!(came["materials"], json!([matter.1[0]]));
    assert!(!case.to_string().contains("scan 1"), "its name is sealed");
    let files = format!("{path}/files");
    let inspector = format!("demo-administrator-{CITY}");
    assert_eq!(refused(&send(&router, "", get(&files)).await).1, "auth.person_missing");
    let listed = send(&router, "", reading(&files, "demo-applicant")).await.json();
    assert_eq!((&listed["arrived"], &listed["of"]), (&json!(1), &json!(1)));
    assert_eq!(listed["files"][0]["name"], "scan 1.pdf");
    assert_eq!(send(&router, "", reading(&files, &inspector)).await.json(), listed);
    let blob = listed["files"][0]["file"].as_str().unwrap().to_owned();
    let file = format!("{files}/{blob}");
    let whole = send(&router, "", reading(&file, "demo-applicant")).await;
    assert_eq!((whole.status, whole.text.as_bytes()), (StatusCode::OK, SCAN));
    assert_eq!(whole.header("content-type"), "application/pdf");
    assert_eq!(whole.header("content-disposition"), "attachment; filename*=UTF-8''scan%201.pdf");
    let part = send(&router, "", reading(&file, "demo-applicant").header("range", "bytes=90-104")).await;
    assert_eq!((part.status, part.text.as_bytes()), (StatusCode::PARTIAL_CONTENT, &SCAN[90..105]));
    assert_eq!(part.header("content-range"), format!("bytes 90-104/{}", SCAN.len()));
    let beyond = send(&router, "", reading(&file, "demo-applicant").header("range", "bytes=9000-")).await;
    assert_eq!(refused(&beyond), (416, "file.range".to_owned()));
    let other = format!("{files}/{}", "0".repeat(64));
    assert_eq!(refused(&send(&router, "", reading(&other, "demo-applicant")).await), (404, "file.unknown".to_owned()));

    region.files.lose(&blob);
    let listed = send(&router, "", reading(&files, "demo-applicant")).await.json();
    assert_eq!((&listed["arrived"], &listed["of"]), (&json!(0), &json!(1)));
    let told = send(&router, "", reading(&file, "demo-applicant")).await;
    assert_eq!(refused(&told), (503, "file.not_arrived".to_owned()));
}

#[tokio::test]
async fn files_are_added_to_a_case_that_is_here() {
    let (region, router) = Region::city_node().await;
    let matter = matter(&region).await;
    let number = submitted(&router, &matter, "first").await;
    let files = format!("/v1/cases/{number}/files");
    let told = send(&router, &b"MZ"[..], uploading("a.exe", "demo-applicant")).await;
    assert_eq!(refused(&told), (415, "file.media_unknown".to_owned()));
    let ticket = upload(&router, SCAN).await["ticket"].clone();
    let body = |material: &str| json!({"files": [{"material": material, "ticket": ticket}]}).to_string();
    let none = json!({"files": []}).to_string();
    assert_eq!(refused(&send(&router, none, officer(&files)).await), (422, "file.none".to_owned()));
    let unlisted = send(&router, body("其他材料"), officer(&files)).await;
    assert_eq!(refused(&unlisted), (422, "case.materials_unlisted".to_owned()));
    let told = send(&router, body(&matter.1[0]), officer(&files)).await;
    assert_eq!(told.status, StatusCode::OK, "{}", told.text);
    let again = send(&router, body(&matter.1[0]), officer(&files)).await;
    assert_eq!(refused(&again), (409, "file.repeated".to_owned()));
    let listed = send(&router, "", reading(&files, &format!("demo-officer-{CITY}"))).await.json();
    assert_eq!(listed["of"], 1);
}
