//! Papers of a case, for programs.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use domain::ids::UnitId;
use domain::papers::PaperKind;
use seal::NoSeal;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::extract::{CasePath, Served};
use crate::papers::{Mark, Sheet, Words, sheets};
use crate::person::{Caller, Deed};
use crate::problem::{Problem, ProblemBody};
use crate::site::Shared;

use super::cases::ask_case;
use super::form::moment;

/// Papers of a case.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PaperList)]
pub(crate) struct PapersForm {
    /// Oldest first.
    papers: Vec<PaperForm>,
}

/// One paper, as it is printed.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Paper)]
pub(crate) struct PaperForm {
    /// The case's number and the paper's place among its papers.
    #[schema(example = "370811002001-260202-A-00001-7/02")]
    number: String,
    kind: PaperKindForm,
    title: WordsForm,
    /// When it was issued, by the unit's log.
    issued: String,
    /// In whose name.
    issuer: String,
    /// Number, matter, applicant, and what the paper lists.
    facts: Vec<FactForm>,
    /// What is told, a paragraph each.
    text: Vec<WordsForm>,
    /// Where the law asks for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    basis: Option<WordsForm>,
    /// How it can be challenged.
    #[serde(skip_serializing_if = "Option::is_none")]
    review: Option<WordsForm>,
    /// Within which bounds it was issued, where the unit's clock was in doubt.
    #[serde(skip_serializing_if = "Option::is_none")]
    uncertain: Option<WordsForm>,
    /// In whose name in law: unified social credit code. Missing where a unit without power over the matter took papers.
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<String>,
    seal_state: SealStateForm,
    /// Why it bears no seal.
    #[serde(skip_serializing_if = "Option::is_none")]
    unsealed_because: Option<WordsForm>,
    /// The seal: what it says, the certificate, the SM2 signature. It covers every other field in canonical form (docs/seals.md); keep the
    /// paper as it was given, and `tongban verify` judges it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    seal: Option<Value>,
}

/// What a paper is.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = PaperKind)]
pub(crate) enum PaperKindForm {
    /// 收件凭证
    Receipt,
    /// 补正告知书
    GapsNotice,
    /// 补正材料接收凭证
    SupplementReceipt,
    /// 受理通知书
    Acceptance,
    /// 不予受理决定书
    NonAcceptance,
    /// 特别程序告知书
    StopNotice,
    /// 延长期限告知书
    ExtensionNotice,
    /// 准予决定书
    Grant,
    /// 不予决定书
    Denial,
    /// 送达回证
    DeliveryReceipt,
    /// 撤回确认书
    WithdrawalReceipt,
    /// 终止办理告知书
    TerminationNotice,
    /// 容缺受理告知书
    DeficitNotice,
    /// 逾期终止办理告知书
    LapseNotice,
    /// 移送告知书
    TransferNotice,
    /// 告知承诺书
    PromiseNotice,
    /// 证照信息
    LicenceSlip,
    /// 视为准予延续告知书
    RenewalByLaw,
    /// 撤销行政许可决定书
    Revocation,
    /// 注销行政许可告知书
    CancellationNotice,
    /// 转报告知书
    ReferralNotice,
    /// 听证告知书
    HearingRights,
    /// 听证通知书
    HearingNotice,
}

/// Whether a paper bears an electronic seal.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = SealState)]
pub(crate) enum SealStateForm {
    /// No seal: the paper says so on its face.
    Unsealed,
    /// By the body in whose name it is.
    Sealed,
}

/// A text in Chinese, with an English gloss.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Words)]
pub(crate) struct WordsForm {
    zh: String,
    en: String,
}

/// A fact on a paper.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PaperFact)]
pub(crate) struct FactForm {
    label: WordsForm,
    value: WordsForm,
}

impl From<Words> for WordsForm {
    fn from(Words { zh, en }: Words) -> Self {
        Self { zh, en }
    }
}

impl From<PaperKind> for PaperKindForm {
    fn from(kind: PaperKind) -> Self {
        match kind {
            PaperKind::Receipt => Self::Receipt,
            PaperKind::GapsNotice => Self::GapsNotice,
            PaperKind::SupplementReceipt => Self::SupplementReceipt,
            PaperKind::Acceptance => Self::Acceptance,
            PaperKind::NonAcceptance => Self::NonAcceptance,
            PaperKind::StopNotice => Self::StopNotice,
            PaperKind::ExtensionNotice => Self::ExtensionNotice,
            PaperKind::Grant => Self::Grant,
            PaperKind::Denial => Self::Denial,
            PaperKind::DeliveryReceipt => Self::DeliveryReceipt,
            PaperKind::WithdrawalReceipt => Self::WithdrawalReceipt,
            PaperKind::TerminationNotice => Self::TerminationNotice,
            PaperKind::DeficitNotice => Self::DeficitNotice,
            PaperKind::LapseNotice => Self::LapseNotice,
            PaperKind::TransferNotice => Self::TransferNotice,
            PaperKind::PromiseNotice => Self::PromiseNotice,
            PaperKind::LicenceSlip => Self::LicenceSlip,
            PaperKind::RenewalByLaw => Self::RenewalByLaw,
            PaperKind::Revocation => Self::Revocation,
            PaperKind::CancellationNotice => Self::CancellationNotice,
            PaperKind::ReferralNotice => Self::ReferralNotice,
            PaperKind::HearingRights => Self::HearingRights,
            PaperKind::HearingNotice => Self::HearingNotice,
        }
    }
}

impl From<Sheet> for PaperForm {
    fn from(sheet: Sheet) -> Self {
        let facts = sheet.facts.into_iter();
        Self {
            number: sheet.number.to_string(),
            kind: sheet.kind.into(),
            title: sheet.title.into(),
            issued: moment(sheet.issued),
            issuer: sheet.issuer,
            facts: facts.map(|fact| FactForm { label: fact.label.into(), value: fact.value.into() }).collect(),
            text: sheet.text.into_iter().map(Into::into).collect(),
            basis: sheet.basis.map(Into::into),
            review: sheet.review.map(Into::into),
            uncertain: sheet.uncertain.map(Into::into),
            body: sheet.body.map(Into::into),
            seal_state: match sheet.mark {
                Mark::Sealed(_) => SealStateForm::Sealed,
                Mark::Unsealed(_) => SealStateForm::Unsealed,
            },
            unsealed_because: match &sheet.mark {
                Mark::Sealed(_) => None,
                Mark::Unsealed(why) => {
                    let said = why.on_paper();
                    Some(WordsForm { zh: said.zh.to_owned(), en: said.en.to_owned() })
                }
            },
            seal: match sheet.mark {
                Mark::Sealed(seal) => serde_json::to_value(seal).ok(),
                Mark::Unsealed(_) => None,
            },
        }
    }
}

/// The paper with the seal of its body, where this node keeps it and the paper is of its own unit: nobody seals what another unit did.
pub(crate) fn sealed(mut sheet: Sheet, here: UnitId, shared: &Shared) -> Sheet {
    sheet.mark = match &sheet.body {
        Some(body) if sheet.unit == here => {
            // What is covered is the paper as it is given out, so that who has the paper has what was sealed.
            let form = PaperForm {
                seal_state: SealStateForm::Sealed,
                unsealed_because: None,
                seal: None,
                ..PaperForm::from(sheet.clone())
            };
            match serde_json::to_value(form) {
                Ok(Value::Object(paper)) => match shared.site.seals.seal(body, &paper) {
                    Ok(seal) => Mark::Sealed(Box::new(seal)),
                    Err(why) => Mark::Unsealed(why),
                },
                _ => Mark::Unsealed(NoSeal::Failed),
            }
        }
        _ => Mark::Unsealed(NoSeal::NotKept),
    };
    sheet
}

/// The papers of a case, for whoever holds its number: receipts, notices, decisions, each in Chinese with an English gloss.
///
/// A paper is a line of the case's story in legal form, as far as this unit knows the story. It is given with the electronic seal of its body by
/// the unit that issued it, where that node keeps the seal.
#[utoipa::path(get, path = "/cases/{case}/papers", tag = "cases", operation_id = "case_papers", params(
    ("case" = String, Path, description = "The printed number or the internal name"),
), responses(
    (status = 200, body = PapersForm),
    (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    (status = "5XX", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn papers(
    State(shared): State<Arc<Shared>>,
    served: Served,
    caller: Caller,
    CasePath(case): CasePath,
) -> Result<Json<PapersForm>, Problem> {
    caller.allowed(Deed::Follow, served.unit())?;
    let view = ask_case(&served, case).await?;
    let drawn = sheets(&served, &shared.places, &view).await?.into_iter();
    let papers = drawn.map(|sheet| sealed(sheet, served.unit(), &shared).into()).collect();
    Ok(Json(PapersForm { papers }))
}
