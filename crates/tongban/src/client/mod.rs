//! Asks nodes over their HTTP interface. Every failure is told with its documented code; nothing personal is ever printed.

mod events;
mod fault;
mod region;
mod saved;

pub(crate) use events::{Event, Events};
pub(crate) use fault::{ClientFault, Problem};
pub(crate) use region::{ListedUnit, Region, RegionFault, Where, divisions};
pub(crate) use saved::Saved;

use std::time::Duration;

use domain::ids::UnitId;
use reqwest::{Method, RequestBuilder, Response, Url};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// A node that is there answers the door at once.
const CONNECT: Duration = Duration::from_secs(3);
/// Longer than a node lets itself take.
const ANSWER: Duration = Duration::from_secs(45);
/// A file over a slow line, and until other machines have it.
const FILE: Duration = Duration::from_secs(3600);
/// How often an act whose outcome is unknown is put again, under the same key.
const TRIES: usize = 4;
/// An election takes about so long.
const BETWEEN_TRIES: Duration = Duration::from_millis(1500);

/// One unit, reached at any of its nodes.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    http: reqwest::Client,
    /// Of its nodes, the most likely leader first.
    urls: Vec<Url>,
    /// Asked by name, so that a node that runs another unit by now says so; `None` where only a URL was given.
    unit: Option<UnitId>,
    person: Option<String>,
    /// Of a session that `tongban sign-in` kept for this unit: used where no demo person acts.
    session: Option<Saved>,
}

/// Keeps a session for a client's unit, or forgets it.
///
/// # Errors
/// What the system said of the file.
pub(crate) fn keep_session(client: &Client, session: Option<&Saved>) -> std::io::Result<std::path::PathBuf> {
    saved::keep(&saved::names(&client.urls, client.unit), session)
}

/// Somebody who can be picked instead of a login.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct Person {
    /// For `--as`.
    pub(crate) name: String,
    /// `applicant`, `agent`, `window`, `officer` or `administrator`.
    pub(crate) role: String,
}

impl Client {
    /// Of a unit whose nodes have these addresses.
    pub(crate) fn new(urls: Vec<Url>, unit: Option<UnitId>) -> Result<Self, ClientFault> {
        let mut headers = reqwest::header::HeaderMap::new();
        headers.insert(reqwest::header::ACCEPT_LANGUAGE, reqwest::header::HeaderValue::from_static(language()));
        headers.insert(reqwest::header::ACCEPT, reqwest::header::HeaderValue::from_static("application/json"));
        // Nodes are on the department's own network: no proxy of the environment knows them.
        let http = reqwest::Client::builder().no_proxy().connect_timeout(CONNECT).default_headers(headers).build();
        let http = http.map_err(|why| ClientFault::Setup { why: told(&why) })?;
        let session = saved::find(&saved::names(&urls, unit));
        Ok(Self { http, urls, unit, person: None, session })
    }

    /// Whether a session is kept for this unit.
    pub(crate) fn is_signed_in(&self) -> bool {
        self.session.is_some()
    }

    /// With the word of who asks.
    fn identified(&self, request: RequestBuilder) -> RequestBuilder {
        match (&self.person, &self.session) {
            (Some(person), _) => request.header(PERSON, person),
            (None, Some(session)) => request.bearer_auth(&session.token),
            (None, None) => request,
        }
    }

    /// Acts as this person from now on.
    pub(crate) fn act_as(&mut self, person: Option<String>) {
        self.person = person;
    }

    /// The first of these roles that a demo person has there, nearest to the beginning of the list; nobody where a session is kept.
    pub(crate) async fn someone(&self, roles: &[&str]) -> Result<Option<String>, ClientFault> {
        if self.is_signed_in() {
            return Ok(None);
        }
        #[derive(Deserialize)]
        struct Listed {
            #[serde(flatten)]
            person: Person,
            unit: Option<crate::forms::Unit>,
        }
        let url = |base: &Url| path(base, &["v1", "people"]);
        let people: Vec<Listed> = read(self.send(Method::GET, url, None, None).await?).await?;
        let here = self.unit.map(|unit| unit.to_string());
        let works_here = |listed: &Listed| match (&listed.unit, &here) {
            (Some(unit), Some(here)) => unit.code == *here,
            _ => true,
        };
        Ok(roles.iter().find_map(|role| {
            people
                .iter()
                .find(|listed| listed.person.role == *role && works_here(listed))
                .map(|l| l.person.name.clone())
        }))
    }

    /// Asks something.
    pub(crate) async fn get(&self, parts: &[&str], query: &[(&str, &str)]) -> Result<Value, ClientFault> {
        let url = |base: &Url| {
            let mut url = self.unit_path(base, parts);
            if !query.is_empty() {
                url.query_pairs_mut().extend_pairs(query);
            }
            url
        };
        read(self.send(Method::GET, url, None, None).await?).await
    }

    /// Does something, once: under its key it is put again while its outcome is unknown. `again` is told of each such try.
    pub(crate) async fn post(
        &self,
        parts: &[&str],
        body: Option<&Value>,
        key: &str,
        mut again: impl FnMut(&ClientFault),
    ) -> Result<Done, ClientFault> {
        let url = |base: &Url| self.unit_path(base, parts);
        let mut tries = 1;
        loop {
            let sent = self.send(Method::POST, url, body, Some(key)).await;
            match sent {
                Ok(response) => {
                    let replayed = response.headers().contains_key("idempotency-replayed");
                    return Ok(Done { value: read(response).await?, replayed });
                }
                Err(fault) if fault.is_passing() && tries < TRIES => {
                    again(&fault);
                    tries += 1;
                    tokio::time::sleep(BETWEEN_TRIES).await;
                }
                Err(fault) if fault.is_passing() => {
                    return Err(ClientFault::Unknown { key: key.to_owned(), tries, last: Box::new(fault) });
                }
                Err(fault) => return Err(fault),
            }
        }
    }

    /// Does something that is not put again while its outcome is unknown: what is in it is told once, or counted.
    pub(crate) async fn post_once(&self, parts: &[&str], body: &Value) -> Result<Value, ClientFault> {
        let url = |base: &Url| self.unit_path(base, parts);
        let response = self.send(Method::POST, url, Some(body), None).await?;
        if response.status() == reqwest::StatusCode::NO_CONTENT {
            return Ok(Value::Null);
        }
        read(response).await
    }

    /// Ends something.
    pub(crate) async fn delete(&self, parts: &[&str]) -> Result<(), ClientFault> {
        let url = |base: &Url| self.unit_path(base, parts);
        self.send(Method::DELETE, url, None, None).await.map(drop)
    }

    /// Uploads a file of so many bytes: what its ticket is.
    pub(crate) async fn upload(&self, name: &str, file: tokio::fs::File, bytes: u64) -> Result<Value, ClientFault> {
        let base = self.urls.first().ok_or(ClientFault::NoAddress)?;
        let mut url = self.unit_path(base, &["files"]);
        url.query_pairs_mut().append_pair("name", name);
        let mut request = self.http.post(url).timeout(FILE).body(file);
        request = request.header(reqwest::header::CONTENT_LENGTH, bytes);
        request = request.header(reqwest::header::CONTENT_TYPE, "application/octet-stream");
        request = self.identified(request);
        let silent = |why: reqwest::Error| ClientFault::Silent { url: base.to_string(), why: told(&why) };
        read(checked(request.send().await.map_err(silent)?).await?).await
    }

    /// Something that is no JSON, as it comes.
    pub(crate) async fn read(&self, parts: &[&str]) -> Result<Response, ClientFault> {
        let base = self.urls.first().ok_or(ClientFault::NoAddress)?;
        let mut request = self.http.get(self.unit_path(base, parts)).timeout(FILE);
        request = self.identified(request);
        let silent = |why: reqwest::Error| ClientFault::Silent { url: base.to_string(), why: told(&why) };
        checked(request.send().await.map_err(silent)?).await
    }

    /// What happens to a case, as it happens.
    pub(crate) async fn follow(&self, case: &str, seen: Option<&str>) -> Result<Events, ClientFault> {
        let base = self.urls.first().ok_or(ClientFault::NoAddress)?;
        let mut request = self
            .http
            .get(self.unit_path(base, &["cases", case, "timeline"]))
            .header(reqwest::header::ACCEPT, "text/event-stream");
        request = self.identified(request);
        if let Some(seen) = seen {
            request = request.header("last-event-id", seen);
        }
        let unreachable =
            |why: reqwest::Error| ClientFault::Unreachable { tried: vec![(base.to_string(), told(&why))] };
        let response = checked(request.send().await.map_err(unreachable)?).await?;
        Ok(Events::new(response))
    }

    /// The same at its next node: what to do when this one is gone.
    pub(crate) fn at_next_node(mut self) -> Self {
        self.urls.rotate_left(1);
        self
    }

    fn unit_path(&self, base: &Url, parts: &[&str]) -> Url {
        let unit = self.unit.map(|unit| unit.to_string());
        let front: Vec<&str> = unit.iter().flat_map(|unit| ["units", unit]).collect();
        path(base, &[&["v1"], front.as_slice(), parts].concat())
    }

    /// Tries the unit's nodes in turn until one answers the door.
    async fn send(
        &self,
        method: Method,
        url: impl Fn(&Url) -> Url,
        body: Option<&Value>,
        key: Option<&str>,
    ) -> Result<Response, ClientFault> {
        let mut tried = Vec::new();
        for base in &self.urls {
            let mut request = self.http.request(method.clone(), url(base)).timeout(ANSWER);
            request = self.identified(request);
            if let Some(key) = key {
                request = request.header("idempotency-key", key);
            }
            if let Some(body) = body {
                request = request.json(body);
            }
            match request.send().await {
                Ok(response) => return checked(response).await,
                // Nothing was sent: another node may be there.
                Err(why) if why.is_connect() => tried.push((base.to_string(), told(&why))),
                Err(why) => return Err(ClientFault::Silent { url: base.to_string(), why: told(&why) }),
            }
        }
        match tried.is_empty() {
            true => Err(ClientFault::NoAddress),
            false => Err(ClientFault::Unreachable { tried }),
        }
    }
}

/// What came of an act.
#[derive(Debug)]
pub(crate) struct Done {
    /// The node's answer.
    pub(crate) value: Value,
    /// It had been done before under the same key.
    pub(crate) replayed: bool,
}

/// The header that picks a demo person.
const PERSON: &str = "x-tongban-person";

fn path(base: &Url, parts: &[&str]) -> Url {
    let mut url = base.clone();
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.pop_if_empty().extend(parts);
    }
    url
}

/// An answer, or the problem that it tells.
async fn checked(response: Response) -> Result<Response, ClientFault> {
    let (status, url) = (response.status(), response.url().clone());
    if status.is_success() {
        return Ok(response);
    }
    let body = response.bytes().await.unwrap_or_default();
    match serde_json::from_slice::<Problem>(&body) {
        Ok(problem) => Err(ClientFault::Problem(Box::new(problem))),
        Err(_) => Err(ClientFault::Foreign { url: url.to_string(), status: status.as_u16() }),
    }
}

async fn read<T: DeserializeOwned>(response: Response) -> Result<T, ClientFault> {
    let url = response.url().to_string();
    let body = response.bytes().await.map_err(|why| ClientFault::Silent { url: url.clone(), why: told(&why) })?;
    serde_json::from_slice(&body).map_err(|why| ClientFault::Form { url, why: why.to_string() })
}

/// A fault of the HTTP library with its causes; its address, which is told elsewhere, left out.
fn told(why: &reqwest::Error) -> String {
    use std::error::Error as _;
    let mut cause = why.source();
    let mut text = String::new();
    while let Some(inner) = cause {
        text = inner.to_string();
        cause = inner.source();
    }
    if why.is_timeout() {
        return "no answer in time".to_owned();
    }
    if text.is_empty() { why.to_string() } else { text }
}

/// In which language nodes tell problems: the terminal's.
fn language() -> &'static str {
    let set = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    match set("LC_ALL").or_else(|| set("LC_MESSAGES")).or_else(|| set("LANG")) {
        Some(locale) if locale.starts_with("zh") => "zh-CN",
        _ => "en",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_name_their_unit_and_are_encoded() {
        let base: Url = "http://127.0.0.1:8400/".parse().unwrap();
        let named = Client::new(vec![base.clone()], Some("370811".parse().unwrap())).unwrap();
        assert_eq!(
            named.unit_path(&base, &["cases", "一/二"]).as_str(),
            "http://127.0.0.1:8400/v1/units/370811000000/cases/%E4%B8%80%2F%E4%BA%8C"
        );
        let unnamed = Client::new(vec![base.clone()], None).unwrap();
        assert_eq!(unnamed.unit_path(&base, &["status"]).as_str(), "http://127.0.0.1:8400/v1/status");
    }
}
