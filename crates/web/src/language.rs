//! The two languages of pages and problems: which one a request wants, and the words of a key.

use std::borrow::Cow;
use std::collections::HashMap;
use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::header::{ACCEPT_LANGUAGE, COOKIE};
use axum::http::request::Parts;
use domain::codes::Bilingual;
use fluent_templates::fluent_bundle::FluentValue;
use fluent_templates::{LanguageIdentifier, Loader};

fluent_templates::static_loader! {
    static WORDS = { locales: "./locales", fallback_language: "zh-CN" };
}

/// The cookie that keeps a chosen language.
pub(crate) const LANGUAGE_COOKIE: &str = "tongban-language";

/// A language of the pages. Chinese where a request names none that is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Language {
    #[default]
    Chinese,
    English,
}

impl Language {
    pub(crate) const ALL: [Self; 2] = [Self::Chinese, Self::English];

    /// As `lang` attributes, cookies and queries write it.
    pub(crate) fn tag(self) -> &'static str {
        match self {
            Self::Chinese => "zh-CN",
            Self::English => "en",
        }
    }

    /// Its own name for itself.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Chinese => "中文",
            Self::English => "English",
        }
    }

    pub(crate) fn of(self, text: Bilingual) -> &'static str {
        match self {
            Self::Chinese => text.zh,
            Self::English => text.en,
        }
    }

    /// The words of a key without arguments.
    pub(crate) fn say(self, key: &str) -> String {
        WORDS.lookup(&self.identifier(), key)
    }

    /// The words of a key with arguments.
    pub(crate) fn tell(self, key: &str, arguments: impl AsRef<[(&'static str, String)]>) -> String {
        let arguments: HashMap<Cow<'static, str>, FluentValue<'_>> =
            arguments.as_ref().iter().map(|(name, value)| ((*name).into(), value.as_str().into())).collect();
        // Isolation marks are for mixed directions of writing, which these two languages do not have.
        WORDS.lookup_with_args(&self.identifier(), key, &arguments).replace(['\u{2068}', '\u{2069}'], "")
    }

    fn identifier(self) -> LanguageIdentifier {
        match self {
            Self::Chinese => fluent_templates::langid!("zh-CN"),
            Self::English => fluent_templates::langid!("en"),
        }
    }

    /// Of a tag like `en-GB`; `None` for a language that the pages do not speak.
    pub(crate) fn of_tag(tag: &str) -> Option<Self> {
        match tag.trim().split(['-', '_']).next()?.to_ascii_lowercase().as_str() {
            "zh" => Some(Self::Chinese),
            "en" => Some(Self::English),
            _ => None,
        }
    }

    /// By `?lang=`, then the cookie, then `Accept-Language`.
    pub(crate) fn wanted(query: Option<&str>, headers: &HeaderMap) -> Self {
        let asked = query.and_then(|query| {
            query.split('&').filter_map(|pair| pair.split_once('=')).find(|(name, _)| *name == "lang")
        });
        asked
            .and_then(|(_, tag)| Self::of_tag(tag))
            .or_else(|| cookie(headers, LANGUAGE_COOKIE).and_then(Self::of_tag))
            .or_else(|| headers.get(ACCEPT_LANGUAGE)?.to_str().ok().and_then(Self::of_accept))
            .unwrap_or_default()
    }

    /// The known language with the highest weight; the first of equals.
    fn of_accept(list: &str) -> Option<Self> {
        let mut best: Option<(Self, f32)> = None;
        for range in list.split(',') {
            let (tag, weight) = range.split_once(";q=").unwrap_or((range, "1"));
            let weight = weight.trim().parse().unwrap_or(0.0);
            if let Some(language) = Self::of_tag(tag)
                && weight > best.map_or(0.0, |(_, most)| most)
            {
                best = Some((language, weight));
            }
        }
        best.map(|(language, _)| language)
    }
}

impl<S: Sync> FromRequestParts<S> for Language {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::wanted(parts.uri.query(), &parts.headers))
    }
}

/// A cookie's value.
pub(crate) fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(found, value)| (found == name).then_some(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_query_goes_before_the_cookie_before_the_browser() {
        for (query, cookie, accept, wanted) in [
            ("", "", "", Language::Chinese),
            ("", "", "en-GB,en;q=0.9,zh;q=0.8", Language::English),
            ("", "", "fr;q=0.9,zh;q=0.3,en;q=0.2", Language::Chinese),
            ("", "", "en;q=0", Language::Chinese),
            ("", "a=b; tongban-language=zh-CN", "en", Language::Chinese),
            ("words=a&lang=en", "tongban-language=zh-CN", "zh", Language::English),
            ("lang=fr", "", "en", Language::English),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(COOKIE, cookie.parse().unwrap());
            headers.insert(ACCEPT_LANGUAGE, accept.parse().unwrap());
            assert_eq!(Language::wanted(Some(query), &headers), wanted, "{query} {cookie} {accept}");
        }
    }
}
