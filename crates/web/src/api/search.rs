//! Finding matters by words, and why each was found.

use axum::Json;
use serde::{Deserialize, Serialize};
use unit::{Answer, FoundField, FoundMatter, FoundWay, Question};
use utoipa::{IntoParams, ToSchema};

use crate::extract::{Asked, Served};
use crate::problem::{Problem, ProblemBody};

use super::cases::limit;
use super::matters::MatterForm;

/// Which matters.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct SearchQuery {
    /// Plain words; all matters where empty.
    #[serde(default)]
    words: String,
    /// At most that many, 1–200; 50 where left out.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<usize>,
    /// Language of titles and remedies: `zh-CN` or `en`.
    #[expect(dead_code, reason = "read by Language")]
    lang: Option<String>,
}

/// Matters that fit.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MatterList)]
pub(crate) struct MatterListForm {
    /// Best first; none that is retired, or cannot be applied for yet.
    matters: Vec<FoundMatterForm>,
    /// The catalogue version that answered.
    version: u64,
}

/// A matter that fits the words.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FoundMatter)]
pub(crate) struct FoundMatterForm {
    /// The matter.
    #[serde(flatten)]
    matter: MatterForm,
    /// Why it was found, for each word; nothing where all matters were asked for.
    found_by: Vec<FoundByForm>,
}

/// Why a matter was found by one word.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FoundBy)]
pub(crate) struct FoundByForm {
    /// The word as it was looked for.
    word: String,
    /// Where it was found.
    field: FieldForm,
    /// How it was read.
    way: WayForm,
    /// What the word stands for, where it was read as everyday speech.
    means: Option<String>,
}

/// Where a word was found.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = FoundField)]
pub(crate) enum FieldForm {
    /// The matter's name.
    Name,
    /// Its code.
    Code,
    /// The item that it belongs to.
    MainItem,
    /// A heading under which people look for it.
    Topic,
    /// A common question of its guide.
    Question,
    /// The department.
    Department,
}

/// How a word was read.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = FoundWay)]
pub(crate) enum WayForm {
    /// As it stands.
    Text,
    /// As pinyin in full.
    Pinyin,
    /// As pinyin with initials.
    Initials,
    /// As everyday speech for something else.
    Everyday,
    /// As characters of the same sound, traditional ones too.
    Sound,
    /// With one character wrong, missing or too many.
    Slip,
    /// As a whole whose larger part is there.
    Alike,
}

impl From<FoundMatter> for FoundMatterForm {
    fn from(found: FoundMatter) -> Self {
        let found_by = found.found_by.into_iter().map(|by| FoundByForm {
            word: by.word,
            field: match by.field {
                FoundField::Name => FieldForm::Name,
                FoundField::Code => FieldForm::Code,
                FoundField::MainItem => FieldForm::MainItem,
                FoundField::Topic => FieldForm::Topic,
                FoundField::Question => FieldForm::Question,
                FoundField::Department => FieldForm::Department,
            },
            way: match by.way {
                FoundWay::Text => WayForm::Text,
                FoundWay::Pinyin => WayForm::Pinyin,
                FoundWay::Initials => WayForm::Initials,
                FoundWay::Everyday => WayForm::Everyday,
                FoundWay::Sound => WayForm::Sound,
                FoundWay::Slip => WayForm::Slip,
                FoundWay::Alike => WayForm::Alike,
            },
            means: by.means,
        });
        Self { matter: (&found.matter).into(), found_by: found_by.collect() }
    }
}

/// Matters of the newest installed catalogue that fit the words.
#[utoipa::path(get, path = "/matters", tag = "matters", operation_id = "search_matters", params(SearchQuery), responses(
    (status = 200, body = MatterListForm),
    (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    (status = "5XX", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn search(served: Served, Asked(query): Asked<SearchQuery>) -> Result<Json<MatterListForm>, Problem> {
    let (matters, version) = ask_matters(&served, query.words, limit(query.limit)?).await?;
    Ok(Json(MatterListForm { matters: matters.into_iter().map(Into::into).collect(), version }))
}

pub(crate) async fn ask_matters(
    served: &Served,
    words: String,
    limit: usize,
) -> Result<(Vec<FoundMatter>, u64), Problem> {
    match served.handle.ask(Question::Matters { words, limit }).await? {
        Answer::Matters { matters, version } => Ok((matters, version)),
        _ => Err(Problem::of("http.internal")),
    }
}
