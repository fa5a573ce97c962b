//! What stands around every page: banner, who acts, language, menu.

use std::sync::Arc;

use askama::Template;
use axum::extract::{FromRequestParts, Request};
use axum::http::header::{CONTENT_LANGUAGE, CONTENT_TYPE, SET_COOKIE};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use domain::division::Tier;
use domain::ids::UnitId;

use crate::extract::Served;
use crate::language::{LANGUAGE_COOKIE, Language};
use crate::person::{Caller, Deed};
use crate::problem::Problem;
use crate::site::Shared;

use super::words;

/// The words and links around a page.
pub(crate) struct Frame {
    pub(crate) language: Language,
    /// What stands before this unit's paths.
    pub(crate) base: String,
    pub(crate) unit: Option<UnitLine>,
    pub(crate) languages: Vec<LanguageLink>,
    pub(crate) people: Vec<Choice>,
    pub(crate) style: &'static str,
    /// The path of this page, to come back to.
    pub(crate) here: String,
    /// Whether whoever acts may see the list of cases.
    pub(crate) lists_cases: bool,
    /// Likewise the unit's accounts.
    pub(crate) lists_accounts: bool,
    /// Whether demo people can be picked here.
    pub(crate) is_demo: bool,
    /// The account that is signed in.
    pub(crate) signed_in: Option<String>,
}

/// The unit that a page is of.
pub(crate) struct UnitLine {
    pub(crate) name: String,
    pub(crate) path: String,
    pub(crate) grouped: String,
    pub(crate) tier_key: &'static str,
    pub(crate) of_tier_key: &'static str,
}

/// A link to the same page in another language.
pub(crate) struct LanguageLink {
    pub(crate) tag: &'static str,
    pub(crate) name: &'static str,
    pub(crate) href: String,
    pub(crate) current: bool,
}

/// Something to choose from a list.
pub(crate) struct Choice {
    pub(crate) value: String,
    pub(crate) label: String,
    pub(crate) chosen: bool,
}

impl Frame {
    /// Around an answer that belongs to no unit, or to one that could not be found.
    pub(crate) fn bare(shared: &Shared, language: Language, request: &Request) -> Self {
        let only = match shared.site.units.as_slice() {
            [only] => Some((only.unit(), String::new())),
            _ => None,
        };
        let named = request.uri().path().strip_prefix("/units/").and_then(|rest| rest.split('/').next());
        let named = named.and_then(|text| text.parse().ok()).filter(|unit| shared.unit(*unit).is_some());
        let of = named.map(|unit| (unit, format!("/units/{unit}"))).or(only);
        Self::new(shared, language, request.uri(), of, &Caller::nobody())
    }

    fn new(shared: &Shared, language: Language, uri: &Uri, of: Option<(UnitId, String)>, caller: &Caller) -> Self {
        let unit = of.as_ref().map(|(unit, _)| *unit);
        let chosen = caller.who().map(|person| person.name.as_str());
        let mut people =
            vec![Choice { value: String::new(), label: language.say("person-nobody"), chosen: chosen.is_none() }];
        people.extend(shared.site.people.iter().filter(|p| p.unit.is_none() || p.unit == unit).map(|person| {
            let role = language.say(words::role_key(person.role));
            let label = match person.unit {
                Some(unit) => format!("{role} · {}", shared.places.name(unit)),
                None => role,
            };
            Choice { value: person.name.clone(), label, chosen: chosen == Some(&person.name) }
        }));
        Self {
            language,
            unit: unit.map(|unit| UnitLine::new(shared, unit)),
            base: of.map(|(_, base)| base).unwrap_or_default(),
            languages: Language::ALL.map(|other| LanguageLink::new(other, language, uri)).into(),
            people,
            style: super::assets::style_path(),
            here: uri.path().to_owned(),
            lists_cases: unit.is_some_and(|unit| caller.may(Deed::List, unit)),
            lists_accounts: unit.is_some_and(|unit| caller.may(Deed::ReadAccounts, unit)),
            is_demo: !shared.site.people.is_empty(),
            signed_in: caller.who().filter(|person| person.bearer.is_some()).map(|person| person.name.clone()),
        }
    }

    pub(crate) fn say(&self, key: &str) -> String {
        self.language.say(key)
    }

    pub(crate) fn tell(&self, key: &str, name: &'static str, value: impl ToString) -> String {
        self.language.tell(key, [(name, value.to_string())])
    }
}

impl UnitLine {
    fn new(shared: &Shared, unit: UnitId) -> Self {
        let (tier_key, of_tier_key) = match shared.places.0.get(unit).map_or_else(|| Tier::of(unit), |place| place.tier)
        {
            Tier::City => ("tier-city", "of-tier-city"),
            Tier::County => ("tier-county", "of-tier-county"),
            Tier::Township => ("tier-township", "of-tier-township"),
            Tier::Village => ("tier-village", "of-tier-village"),
        };
        Self {
            name: shared.places.name(unit),
            path: shared.places.path(unit),
            grouped: unit.grouped(),
            tier_key,
            of_tier_key,
        }
    }
}

impl LanguageLink {
    fn new(other: Language, current: Language, uri: &Uri) -> Self {
        let kept =
            uri.query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty() && !pair.starts_with("lang="));
        let query: Vec<String> = kept.map(str::to_owned).chain([format!("lang={}", other.tag())]).collect();
        Self {
            tag: other.tag(),
            name: other.name(),
            href: format!("{}?{}", uri.path(), query.join("&")),
            current: other == current,
        }
    }
}

/// What every page handler takes: the unit, who acts, and the frame.
pub(crate) struct Page {
    pub(crate) served: Served,
    pub(crate) caller: Caller,
    pub(crate) frame: Frame,
}

impl Page {
    pub(crate) fn language(&self) -> Language {
        self.frame.language
    }
}

impl FromRequestParts<Arc<Shared>> for Page {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, shared: &Arc<Shared>) -> Result<Self, Problem> {
        let served = Served::from_request_parts(parts, shared).await?;
        let caller = Caller::from_request_parts(parts, shared).await?;
        let language = Language::wanted(parts.uri.query(), &parts.headers);
        // Nested routers see a shortened path; links need the whole one.
        let uri = parts.extensions.get::<axum::extract::OriginalUri>().map_or(&parts.uri, |original| &original.0);
        let frame = Frame::new(shared, language, uri, Some((served.unit(), served.base.clone())), &caller);
        Ok(Self { served, caller, frame })
    }
}

/// A page, or the defect that it could not be written.
pub(crate) fn render(language: Language, status: StatusCode, page: &impl Template) -> Response {
    match page.render() {
        Ok(text) => {
            let headers = [(CONTENT_TYPE, "text/html; charset=utf-8"), (CONTENT_LANGUAGE, language.tag())];
            (status, headers, text).into_response()
        }
        Err(fault) => {
            tracing::error!(%fault, "a page could not be written");
            Problem::of("http.internal").into_response()
        }
    }
}

/// Keeps a language that was asked for by `?lang=`.
pub(crate) async fn remember_language(request: Request, next: Next) -> Response {
    let query = request.uri().query().unwrap_or_default();
    let asked = query.split('&').find_map(|pair| pair.strip_prefix("lang=")).and_then(Language::of_tag);
    let mut response = next.run(request).await;
    if let Some(language) = asked {
        response.headers_mut().append(SET_COOKIE, cookie(LANGUAGE_COOKIE, language.tag()));
    }
    response
}

/// A cookie that no script reads and no other site sends. Values are ours: plain ASCII.
pub(crate) fn cookie(name: &str, value: &str) -> HeaderValue {
    HeaderValue::from_str(&format!("{name}={value}; Path=/; HttpOnly; SameSite=Strict"))
        .unwrap_or_else(|_| HeaderValue::from_static(""))
}
