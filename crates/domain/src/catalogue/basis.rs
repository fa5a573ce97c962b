//! 设定依据: the norms that a matter rests on, and what each of them may create.

use serde::{Deserialize, Serialize};

use super::is_default;

/// One norm that a matter rests on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LegalBasis {
    /// What kind of norm.
    pub level: BasisLevel,
    /// Its title.
    pub title: String,
    /// 文号, where it has one.
    #[serde(default, skip_serializing_if = "is_default")]
    pub document_number: String,
    /// 条款号
    #[serde(default, skip_serializing_if = "is_default")]
    pub article: String,
    /// What the article says.
    #[serde(default, skip_serializing_if = "is_default")]
    pub text: String,
}

/// Kinds of norms, from the highest down (立法法; 行政许可法 arts. 14–17).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BasisLevel {
    /// 法律
    Law,
    /// 行政法规
    StateCouncilRegulation,
    /// 国务院决定
    StateCouncilDecision,
    /// 部门规章
    MinistryRule,
    /// 省级地方性法规
    ProvincialRegulation,
    /// 省级政府规章: a licence for one year at most (art. 15).
    ProvincialRule,
    /// 设区的市地方性法规
    CityRegulation,
    /// 设区的市政府规章
    CityRule,
    /// 规范性文件
    NormativeDocument,
}

impl BasisLevel {
    /// Whether such a norm may create a licence (行政许可法 arts. 14, 15, 17). What a city makes may not: domain.md §2.
    pub fn may_create_licence(self) -> bool {
        match self {
            Self::Law
            | Self::StateCouncilRegulation
            | Self::StateCouncilDecision
            | Self::ProvincialRegulation
            | Self::ProvincialRule => true,
            Self::MinistryRule | Self::CityRegulation | Self::CityRule | Self::NormativeDocument => false,
        }
    }

    /// Whether the city, or one below it, made the norm.
    pub fn is_of_a_city(self) -> bool {
        matches!(self, Self::CityRegulation | Self::CityRule)
    }
}
