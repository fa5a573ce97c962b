//! Accounts over HTTP: signing in on pages and by programs, what is refused, and that nothing secret is written anywhere.

use axum::Router;
use axum::http::{Request as HttpRequest, StatusCode};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

use crate::local::{FIRST_CODES, Head, Region, Told, VILLAGE, get, send};

/// Planted: searched for in everything that is written.
const PASSWORD: &str = "planted-password-荷花";
const OTHER: &str = "another-planted-password";

/// A city whose node has no demo people.
struct Office {
    region: Region,
    router: Router,
}

impl Office {
    /// The first two have set up their accounts.
    async fn staffed() -> Self {
        let region = Region::new();
        let mut site = region.site(vec![region.city.clone()]);
        site.people.clear();
        let office = Self { router: web::router(site), region };
        let first = json!({
            "security": {"name": "security", "display": "李明", "code": FIRST_CODES[0].to_uppercase()},
            "audit": {"name": "auditor", "display": "王芳", "code": FIRST_CODES[1]},
        });
        let told = office.post("/v1/accounts/first", "", &first).await;
        assert_eq!(told.status, StatusCode::NO_CONTENT, "{}", told.text);
        office.set_up("security", FIRST_CODES[0]).await;
        office.set_up("auditor", FIRST_CODES[1]).await;
        office
    }

    async fn post(&self, path: &str, token: &str, body: &Value) -> Told {
        let mut head = HttpRequest::post(path).header("content-type", "application/json");
        if !token.is_empty() {
            head = head.header("authorization", format!("Bearer {token}"));
        }
        send(&self.router, body.to_string(), head).await
    }

    async fn get(&self, path: &str, token: &str) -> Told {
        send(&self.router, "", bearer(get(path), token)).await
    }

    async fn set_up(&self, name: &str, code: &str) {
        let body = json!({"name": name, "code": code, "password": PASSWORD});
        let told = self.post("/v1/invitations", "", &body).await;
        assert_eq!(told.status, StatusCode::NO_CONTENT, "{}", told.text);
    }

    async fn sign_in(&self, name: &str, password: &str, code: &str) -> Told {
        self.post("/v1/sessions", "", &json!({"name": name, "password": password, "code": code})).await
    }

    async fn token(&self, name: &str) -> String {
        let told = self.sign_in(name, PASSWORD, "").await;
        assert_eq!(told.status, StatusCode::CREATED, "{}", told.text);
        told.json()["token"].as_str().unwrap().to_owned()
    }

    /// An account that is set up, and its session.
    async fn member(&self, name: &str, roles: &[&str]) -> String {
        let security = self.token("security").await;
        let body = json!({"name": name, "display": "张三", "roles": roles});
        let told = self.post("/v1/accounts", &security, &body).await;
        assert_eq!(told.status, StatusCode::CREATED, "{}", told.text);
        self.set_up(name, told.json()["invitation"].as_str().unwrap()).await;
        self.token(name).await
    }

    /// Sets up a second factor. A minute passes with each look at the clock, and one request in some looks once more, since it logs that
    /// the session is used: each number of looks is tried more than once.
    async fn set_factor(&self, token: &str, secret: &str) {
        for looks in [1, 1, 1, 2, 2, 2] {
            let new_code = code_at(secret, self.region.city.clock() + looks * 60_000);
            let body = json!({"password": PASSWORD, "secret": secret, "new_code": new_code});
            let told = self.post("/v1/me/second-factor", token, &body).await;
            if told.status == StatusCode::NO_CONTENT {
                return;
            }
            assert_eq!(code(&told), "account.code_wrong", "{}", told.text);
        }
        panic!("no code fits");
    }

    async fn act(&self, by: &str, account: &str, body: Value) -> Told {
        self.post(&format!("/v1/accounts/{account}"), by, &body).await
    }
}

fn bearer(head: Head, token: &str) -> Head {
    head.header("authorization", format!("Bearer {token}"))
}

fn code(told: &Told) -> String {
    told.json()["code"].as_str().unwrap_or_default().to_owned()
}

fn form(path: &str, cookie: &str) -> Head {
    HttpRequest::post(path)
        .header("content-type", "application/x-www-form-urlencoded")
        .header("accept", "text/html")
        .header("sec-fetch-site", "same-origin")
        .header("cookie", cookie)
}

#[tokio::test]
async fn without_demo_people_only_accounts_act() {
    let office = Office::staffed().await;
    let demo = send(&office.router, "", get("/v1/me").header("x-tongban-person", "demo-applicant")).await;
    assert_eq!((demo.status, code(&demo).as_str()), (StatusCode::FORBIDDEN, "auth.demo_off"));
    let picked = send(&office.router, "", get("/v1/me").header("cookie", "tongban-person=demo-applicant")).await;
    assert_eq!((picked.status, code(&picked).as_str()), (StatusCode::UNAUTHORIZED, "auth.sign_in"));
    let nobody = send(&office.router, "", get("/v1/cases")).await;
    assert_eq!(code(&nobody), "auth.sign_in");

    let officer = office.member("officer", &["officer"]).await;
    let me = office.get("/v1/me", &officer).await.json();
    assert_eq!(
        (&me["name"], &me["display"], &me["roles"], &me["by"]),
        (&json!("officer"), &json!("张三"), &json!(["officer"]), &json!("session"),)
    );
    assert_eq!(office.get("/v1/cases", &officer).await.status, StatusCode::OK);
    // The posts' table holds: an officer manages no accounts, a security administrator reads no cases.
    let opening = office.post("/v1/accounts", &officer, &json!({"name": "x-y", "display": "x"})).await;
    assert_eq!(code(&opening), "auth.role");
    let security = office.token("security").await;
    assert_eq!(code(&office.get("/v1/cases", &security).await), "auth.role");
    assert_eq!(office.get("/v1/accounts", &security).await.json().as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn whatever_is_wrong_is_answered_alike() {
    let office = Office::staffed().await;
    office.member("officer", &["officer"]).await;
    let security = office.token("security").await;
    let invited = json!({"name": "waiting", "display": "未启用", "roles": ["window"]});
    assert_eq!(office.post("/v1/accounts", &security, &invited).await.status, StatusCode::CREATED);
    office.member("locked", &["window"]).await;
    assert_eq!(office.act(&security, "locked", json!({"act": "lock"})).await.status, StatusCode::OK);
    let mut told = vec![];
    for (name, password) in [
        ("officer", OTHER),
        ("nobody", PASSWORD),
        ("NOT A NAME", PASSWORD),
        ("waiting", PASSWORD),
        ("locked", PASSWORD),
    ] {
        let answer = office.sign_in(name, password, "").await;
        let mut body = answer.json();
        body["instance"] = Value::Null;
        told.push((answer.status, body));
    }
    assert!(told.iter().all(|answer| *answer == told[0]), "{told:#?}");
    assert_eq!(told[0].1["code"], "account.not_signed_in");
}

#[tokio::test]
async fn who_guesses_is_kept_waiting_whatever_comes() {
    let office = Office::staffed().await;
    office.member("officer", &["officer"]).await;
    for _ in 0..5 {
        assert_eq!(code(&office.sign_in("officer", OTHER, "").await), "account.not_signed_in");
    }
    // A minute passes with every look at this clock: the wait is over after some, and not before.
    let mut tries = 0;
    while office.sign_in("officer", PASSWORD, "").await.status != StatusCode::CREATED {
        tries += 1;
        assert!(tries < 5);
    }
    let security = office.token("security").await;
    for _ in 0..9 {
        office.sign_in("officer", OTHER, "").await;
    }
    assert_eq!(code(&office.sign_in("officer", PASSWORD, "").await), "account.not_signed_in");
    assert_eq!(office.act(&security, "officer", json!({"act": "unlock"})).await.status, StatusCode::OK);
    office.token("officer").await;
}

#[tokio::test]
async fn a_page_signs_in_under_a_new_session_and_out_again() {
    let office = Office::staffed().await;
    let page = send(&office.router, "", get("/sign-in").header("accept", "text/html")).await;
    assert!(page.text.contains("type=\"password\"") && !page.text.contains("<script"));
    let body = format!("name=security&password={}", urlencoded(PASSWORD));
    // Somebody else's idea of a session is not taken over.
    let planted = "tongban-session=tbs_planted";
    let told = send(&office.router, body.clone(), form("/sign-in", planted)).await;
    assert_eq!(told.status, StatusCode::SEE_OTHER, "{}", told.text);
    let line = told.header("set-cookie").to_owned();
    assert!(line.starts_with("tongban-session=tbs_") && !line.contains("planted"), "{line}");
    assert!(line.contains("HttpOnly") && line.contains("SameSite=Lax") && line.contains("Path=/"), "{line}");
    let cookie = line.split(';').next().unwrap().to_owned();
    let account =
        send(&office.router, "", get("/account").header("accept", "text/html").header("cookie", &cookie)).await;
    assert_eq!(account.status, StatusCode::OK, "{}", account.text);
    assert!(account.text.contains("李明") && account.text.contains("<svg"));
    let accounts =
        send(&office.router, "", get("/accounts").header("accept", "text/html").header("cookie", &cookie)).await;
    assert!(accounts.text.contains("auditor"), "{}", accounts.text);
    // Signing in again ends the session that the browser had.
    let again = send(&office.router, body, form("/sign-in", &cookie)).await;
    let next = again.header("set-cookie").split(';').next().unwrap().to_owned();
    assert_ne!(next, cookie);
    let me = |cookie: &str| get("/v1/me").header("cookie", cookie);
    assert_eq!(send(&office.router, "", me(&cookie)).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(send(&office.router, "", me(&next)).await.status, StatusCode::OK);
    let out = send(&office.router, "", form("/sign-out", &next)).await;
    assert!(out.header("set-cookie").contains("Max-Age=0"), "{}", out.header("set-cookie"));
    assert_eq!(send(&office.router, "", me(&next)).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_form_of_another_site_does_nothing_in_a_session() {
    let office = Office::staffed().await;
    let token = office.token("security").await;
    let cookie = format!("tongban-session={token}");
    let body = "act=lock&name=auditor";
    let head = |site: &str, origin: &str| {
        let mut head = HttpRequest::post("/accounts")
            .header("content-type", "application/x-www-form-urlencoded")
            .header("host", "here:1")
            .header("cookie", &cookie);
        if !site.is_empty() {
            head = head.header("sec-fetch-site", site);
        }
        if !origin.is_empty() {
            head = head.header("origin", origin);
        }
        head
    };
    for (site, origin) in [("cross-site", ""), ("same-site", ""), ("", "http://there:1"), ("", "null"), ("", "")] {
        let told = send(&office.router, body, head(site, origin)).await;
        assert_eq!((told.status, code(&told).as_str()), (StatusCode::FORBIDDEN, "auth.cross_site"), "{site} {origin}");
    }
    let done = send(&office.router, body, head("", "http://here:1")).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
}

#[tokio::test]
async fn sessions_and_tokens_end_and_are_of_one_unit() {
    let office = Office::staffed().await;
    let officer = office.member("officer", &["officer"]).await;
    let second = office.token("officer").await;
    let listed = office.get("/v1/sessions", &second).await.json();
    assert_eq!(listed.as_array().unwrap().len(), 2);
    let other = listed.as_array().unwrap().iter().find(|session| session["current"] == false).unwrap();
    let path = format!("/v1/sessions/{}", other["session"].as_str().unwrap());
    let delete = |path: &str, token: &str| bearer(HttpRequest::delete(path), token);
    assert_eq!(send(&office.router, "", delete(&path, &second)).await.status, StatusCode::NO_CONTENT);
    assert_eq!(code(&office.get("/v1/me", &officer).await), "account.session_over");

    let body = json!({"label": "报表", "scope": "read", "days": 1});
    let given = office.post("/v1/tokens", &second, &body).await;
    assert_eq!(given.status, StatusCode::CREATED, "{}", given.text);
    let program = given.json()["token"].as_str().unwrap().to_owned();
    assert_eq!(office.get("/v1/me", &program).await.json()["by"], "token");
    assert_eq!(office.get("/v1/cases", &program).await.status, StatusCode::OK);
    // Reading is its scope; accounts, credentials and further tokens are no program's affair.
    assert_eq!(code(&office.post("/v1/files", &program, &json!({})).await), "auth.scope");
    assert_eq!(code(&office.post("/v1/tokens", &program, &body).await), "auth.scope");
    assert_eq!(code(&office.get("/v1/sessions", &program).await), "auth.scope");
    // What the city's unit knows the village's does not.
    let village = web::router(office.region.site(vec![office.region.village.clone()]));
    for token in [&second, &program] {
        let told = send(&village, "", bearer(get("/v1/me"), token)).await;
        assert_eq!(code(&told), "account.session_over", "{VILLAGE}");
    }
    let name = given.json()["name"].as_str().unwrap().to_owned();
    let ended = send(&office.router, "", delete(&format!("/v1/tokens/{name}"), &second)).await;
    assert_eq!(ended.status, StatusCode::NO_CONTENT);
    assert_eq!(code(&office.get("/v1/me", &program).await), "account.session_over");
    assert_eq!(send(&office.router, "", delete("/v1/sessions/current", &second)).await.status, StatusCode::NO_CONTENT);
    assert_eq!(code(&office.get("/v1/me", &second).await), "account.session_over");
}

#[tokio::test]
async fn an_idle_session_is_over() {
    let office = Office::staffed().await;
    let officer = office.member("officer", &["officer"]).await;
    assert_eq!(office.get("/v1/me", &officer).await.status, StatusCode::OK);
    office.region.city.pass(40 * 60_000);
    assert_eq!(code(&office.get("/v1/me", &officer).await), "account.session_over");
    // In use it goes on, until its day is over.
    let officer = office.token("officer").await;
    let mut minutes = 0;
    while office.get("/v1/me", &officer).await.status == StatusCode::OK {
        office.region.city.pass(20 * 60_000);
        minutes += 20;
        assert!(minutes < 13 * 60);
    }
    assert!(minutes > 9 * 60, "{minutes}");
}

#[tokio::test]
async fn a_second_factor_is_asked_for_and_recovered_by_two_people() {
    let office = Office::staffed().await;
    let officer = office.member("officer", &["officer"]).await;
    let secret = office.post("/v1/me/second-factor/secret", &officer, &json!({})).await.json();
    let secret = secret["secret"].as_str().unwrap().to_owned();
    let wrong = json!({"password": PASSWORD, "secret": secret, "new_code": "000000"});
    let wrong = office.post("/v1/me/second-factor", &officer, &wrong).await;
    assert_eq!(code(&wrong), "account.code_wrong");
    office.set_factor(&officer, &secret).await;
    assert_eq!(code(&office.sign_in("officer", PASSWORD, "").await), "account.second_needed");
    assert_eq!(code(&office.sign_in("officer", PASSWORD, "123456").await), "account.not_signed_in");
    let next = code_at(&secret, office.region.city.clock());
    let told = office.sign_in("officer", PASSWORD, &next).await;
    assert_eq!(told.status, StatusCode::CREATED, "{}", told.text);
    assert_eq!(office.get("/v1/me", told.json()["token"].as_str().unwrap()).await.json()["second_factor"], true);
    assert_eq!(code(&office.sign_in("officer", PASSWORD, &next).await), "account.not_signed_in");

    let (security, auditor) = (office.token("security").await, office.token("auditor").await);
    let ask = json!({"act": "ask_recovery", "why": "手机丢失"});
    assert_eq!(office.act(&auditor, "officer", ask).await.status, StatusCode::OK);
    let allow = json!({"act": "allow_recovery"});
    assert_eq!(code(&office.act(&auditor, "officer", allow.clone()).await), "account.two_people");
    let allowed = office.act(&security, "officer", allow).await;
    assert_eq!(allowed.status, StatusCode::OK, "{}", allowed.text);
    office.set_up("officer", allowed.json()["invitation"].as_str().unwrap()).await;
    office.token("officer").await;
}

/// RFC 6238, written once more: what an authenticator would show.
fn code_at(secret: &str, millis: i64) -> String {
    use hmac::{Hmac, KeyInit, Mac};
    const LETTERS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let bits: String = secret.chars().map(|sign| format!("{:05b}", LETTERS.find(sign).unwrap())).collect();
    let key: Vec<u8> = (0..20).map(|at| u8::from_str_radix(&bits[at * 8..at * 8 + 8], 2).unwrap()).collect();
    let mut mac = Hmac::<sha1::Sha1>::new_from_slice(&key).unwrap();
    mac.update(&(millis / 30_000).to_be_bytes());
    let digest = mac.finalize().into_bytes();
    let from = usize::from(digest[19] % 16);
    let number = u32::from_be_bytes(digest[from..from + 4].try_into().unwrap()) % (1 << 31);
    format!("{:06}", number % 1_000_000)
}

fn urlencoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

#[tokio::test]
async fn behind_tls_the_cookie_is_for_that_host_alone() {
    let office = Office::staffed().await;
    let mut site = office.region.site(vec![office.region.city.clone()]);
    site.behind_tls = true;
    let router = web::router(site);
    let body = format!("name=security&password={}", urlencoded(PASSWORD));
    let told = send(&router, body, form("/sign-in", "")).await;
    let line = told.header("set-cookie").to_owned();
    assert!(
        line.starts_with("__Host-tongban-session=") && line.contains("; Secure") && line.contains("Path=/"),
        "{line}"
    );
}

/// Everything that is logged, at the finest level.
#[derive(Clone, Default)]
struct Logged(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Logged {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn no_password_token_code_or_secret_is_written_anywhere() {
    let logged = Logged::default();
    let writer = logged.clone();
    let subscriber =
        tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(move || writer.clone());
    let guard = tracing::subscriber::set_default(subscriber.finish());
    let office = Office::staffed().await;
    let officer = office.member("officer", &["officer"]).await;
    office.sign_in("officer", OTHER, "").await;
    let secret = office.post("/v1/me/second-factor/secret", &officer, &json!({})).await.json();
    let secret = secret["secret"].as_str().unwrap().to_owned();
    office.set_factor(&officer, &secret).await;
    let token = office.post("/v1/tokens", &officer, &json!({"label": "报表", "scope": "work", "days": 9})).await;
    let token = token.json()["token"].as_str().unwrap().to_owned();
    assert_eq!(office.get("/v1/me", &token).await.status, StatusCode::OK);
    drop(guard);

    let mut written = office.region.city.written();
    assert!(written.len() > 2_000, "{} bytes of rows", written.len());
    let log = logged.0.lock().unwrap().clone();
    assert!(String::from_utf8_lossy(&log).contains("/v1/sessions"), "the log was looked at");
    written.extend_from_slice(&log);
    let plain = FIRST_CODES[0].replace('-', "");
    for planted in [PASSWORD, OTHER, &officer, &token, &secret, FIRST_CODES[0], &plain, "张三", "李明"] {
        let found = written.windows(planted.len()).any(|window| window == planted.as_bytes());
        assert!(!found, "{planted} was written");
    }
    // The search finds what is there.
    assert!(written.windows(7).any(|window| window == b"officer"));
}
