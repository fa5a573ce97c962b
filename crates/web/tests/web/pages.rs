//! The walk-through on the pages: find a matter, submit, follow, accept, decide, deliver.

use axum::Router;
use axum::http::{Request, StatusCode};

use crate::local::{CITIZEN, CITY, Region, Told, get, matter, send};

fn browser(path: &str, person: &str, language: &str) -> axum::http::request::Builder {
    get(path)
        .header("accept", "text/html")
        .header("cookie", format!("tongban-person={person}; tongban-language={language}"))
}

pub(crate) async fn fill(router: &Router, path: &str, person: &str, fields: &[(&str, &str)]) -> Told {
    let body = serde_urlencoded(fields);
    let head = Request::post(path)
        .header("accept", "text/html")
        .header("content-type", "application/x-www-form-urlencoded")
        .header("cookie", format!("tongban-person={person}; tongban-language=en"));
    send(router, body, head).await
}

fn serde_urlencoded(fields: &[(&str, &str)]) -> String {
    let escape = |text: &str| text.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
    fields.iter().map(|(name, value)| format!("{}={}", escape(name), escape(value))).collect::<Vec<_>>().join("&")
}

pub(crate) fn hidden<'a>(page: &'a str, ending: &str) -> &'a str {
    let keys = page.split("name=\"key\" value=\"").skip(1).filter_map(|rest| rest.split('"').next());
    keys.into_iter().find(|key| key.ends_with(ending)).unwrap_or_else(|| panic!("no key {ending} in {page}"))
}

#[tokio::test]
async fn the_walk_through_can_be_clicked() {
    let (region, router) = Region::city_node().await;
    let (code, materials) = matter(&region).await;
    let look = async |path: &str, person: &str| send(&router, "", browser(path, person, "en")).await;

    let home = look("/", "").await;
    for text in ["Not for production", "非生产环境", "济宁市", "This is the unit of a city"] {
        assert!(home.text.contains(text), "{text}: {}", home.text);
    }
    assert!(look("/matters", "").await.text.contains("catalogue version 1"));
    let guide = look(&format!("/matters/{code}"), "").await;
    for text in ["Made by rule", "Who would decide, and why", "Limit by law", materials[0].as_str()] {
        assert!(guide.text.contains(text), "{text}: {}", guide.text);
    }

    let apply = format!("/matters/{code}/apply");
    assert!(look(&apply, "").await.text.contains("Pick who you act as"));
    let form = look(&apply, "demo-applicant").await;
    let key = hidden(&form.text, "");
    let mut fields = vec![("key", key), ("name", "王小明"), ("identifier", "110105194912310021"), ("place", CITY)];
    fields.extend(materials.iter().map(|name| ("material", name.as_str())));
    let wrong = fill(&router, &apply, "demo-applicant", &fields).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        wrong.text.contains("There is a problem") && wrong.text.contains("href=\"#applicant.identifier\""),
        "{}",
        wrong.text
    );
    assert!(wrong.text.contains("value=\"王小明\"") && !wrong.text.contains("110105194912310021"));

    let key = hidden(&wrong.text, "").to_owned();
    fields[0].1 = &key;
    fields[2].1 = CITIZEN;
    let first = fill(&router, &apply, "demo-applicant", &fields).await;
    assert_eq!(first.status, StatusCode::SEE_OTHER, "{}", first.text);
    let second = fill(&router, &apply, "demo-applicant", &fields).await;
    assert_eq!(first.header("location"), second.header("location"), "a double click is one case");

    let place = first.header("location").to_owned();
    let case = look(&place, "demo-applicant").await;
    for text in [
        "Receipt of papers; not a notice of acceptance.",
        "王**",
        "Two clocks",
        "Does not run yet",
        "Why this authority",
    ] {
        assert!(case.text.contains(text), "{text}: {}", case.text);
    }
    assert!(!case.text.contains(CITIZEN) && !case.text.contains("/accept\""), "the applicant cannot accept");
    let officer = format!("demo-officer-{CITY}");
    for (act, more) in [("accept", None), ("decide", Some(("granted", "yes"))), ("deliver", None)] {
        let page = look(&place, &officer).await;
        let key = hidden(&page.text, act);
        let fields: Vec<_> = [Some(("key", key)), more].into_iter().flatten().collect();
        let done = fill(&router, &format!("{place}/{act}"), &officer, &fields).await;
        assert_eq!(
            (done.status, done.header("location")),
            (StatusCode::SEE_OTHER, place.as_str()),
            "{act}: {}",
            done.text
        );
    }
    let end = look(&place, "demo-applicant").await;
    for text in ["Delivered", "The result is handed over to the applicant.", "working days", "Granted"] {
        assert!(end.text.contains(text), "{text}: {}", end.text);
    }
    let list = look("/cases?stage=delivered", &officer).await;
    assert!(list.text.contains(&place));
    assert_eq!(look("/cases", "demo-applicant").await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_person_and_a_language_are_kept_and_a_number_finds_its_case() {
    let region = Region::new();
    let router = web::router(region.site(vec![region.city.clone()]));
    let picked = fill(&router, "/person", "", &[("person", "demo-applicant"), ("back", "//evil.example")]).await;
    assert_eq!((picked.status, picked.header("location")), (StatusCode::SEE_OTHER, "/"));
    assert_eq!(picked.header("set-cookie"), "tongban-person=demo-applicant; Path=/; HttpOnly; SameSite=Strict");
    let english = send(&router, "", get("/?lang=en").header("accept-language", "zh")).await;
    assert!(
        english.text.contains("<html lang=\"en\">") && english.header("set-cookie").starts_with("tongban-language=en;")
    );
    let chinese = send(&router, "", get("/")).await;
    assert!(chinese.text.contains("<html lang=\"zh-CN\">") && chinese.text.contains("href=\"/?lang=en\""));

    let found = fill(&router, "/follow", "", &[("number", "3708110020012602 02A00001 7")]).await;
    let wrong = fill(&router, "/follow", "", &[("number", CITIZEN)]).await;
    assert!(found.status == StatusCode::SEE_OTHER || found.text.contains("There is a problem"), "{}", found.text);
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(!wrong.text.contains(CITIZEN));

    let style = english.text.split("href=\"/assets/").nth(1).unwrap().split('"').next().unwrap();
    let sheet = send(&router, "", get(&format!("/assets/{style}"))).await;
    assert_eq!((sheet.status, sheet.header("content-type")), (StatusCode::OK, "text/css; charset=utf-8"));
    assert!(sheet.header("cache-control").contains("immutable"));
    assert_eq!(send(&router, "", get("/assets/style-00000000.css")).await.status, StatusCode::NOT_FOUND);
}

/// Serves the city's pages until stopped, for looking at them: `cargo test -p web --test web -- --ignored look`.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "serves until stopped"]
async fn look() {
    let (_region, router) = Region::city_node().await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:8799").await.unwrap();
    axum::serve(listener, router).await.unwrap();
}
