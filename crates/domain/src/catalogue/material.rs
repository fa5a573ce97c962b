//! A material of a matter: what it is, whether it must be there, who has it, and in how many copies.

use serde::{Deserialize, Serialize};

use super::is_default;
use crate::digest::ContentHash;

/// A material that an applicant hands in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MatterMaterial {
    /// As listed.
    pub name: String,
    /// Whether it must be there.
    pub necessity: Necessity,
    /// Who has it.
    #[serde(default, skip_serializing_if = "is_default")]
    pub source: MaterialSource,
    /// 出具机构
    #[serde(default, skip_serializing_if = "is_default")]
    pub issuer: String,
    /// 出具时间要求: how old it may be, or by when it must be issued.
    #[serde(default, skip_serializing_if = "is_default")]
    pub issued_when: String,
    /// 材料办理说明: how one gets it.
    #[serde(default, skip_serializing_if = "is_default")]
    pub how_to_get: String,
    /// 材料办理地点: where one gets it.
    #[serde(default, skip_serializing_if = "is_default")]
    pub where_to_get: String,
    /// 材料使用说明: what it is for, how it is filled in.
    #[serde(default, skip_serializing_if = "is_default")]
    pub use_note: String,
    /// The article that demands it.
    #[serde(default, skip_serializing_if = "is_default")]
    pub basis: String,
    /// 原件份数
    #[serde(default, skip_serializing_if = "is_default")]
    pub originals: u8,
    /// 复印件份数
    #[serde(default, skip_serializing_if = "is_default")]
    pub copies: u8,
    /// An electronic form is enough.
    #[serde(default, skip_serializing_if = "is_default")]
    pub electronic: bool,
    /// A filled-in example: the file's name.
    #[serde(default, skip_serializing_if = "is_default")]
    pub sample_file: String,
    /// A filled-in example: the file's content ([`ContentHash::of_bytes`], purpose `attachment`).
    #[serde(default, skip_serializing_if = "is_default")]
    pub sample: Option<ContentHash>,
}

impl MatterMaterial {
    /// A material of which nothing is known but its name and whether it must be there.
    pub fn named(name: &str, necessity: Necessity) -> Self {
        Self {
            name: name.to_owned(),
            necessity,
            source: MaterialSource::default(),
            issuer: String::new(),
            issued_when: String::new(),
            how_to_get: String::new(),
            where_to_get: String::new(),
            use_note: String::new(),
            basis: String::new(),
            originals: 0,
            copies: 0,
            electronic: false,
            sample_file: String::new(),
            sample: None,
        }
    }

    /// Whether an application without it is not complete: what the government can fetch by itself, nobody has to bring.
    pub fn must_be_brought(&self) -> bool {
        self.necessity == Necessity::Required && self.source != MaterialSource::SharedData
    }

    /// Whether it may come after acceptance, and has to be there before a result.
    pub fn may_follow(&self) -> bool {
        self.necessity == Necessity::MayFollow && self.source != MaterialSource::SharedData
    }
}

/// Whether a material must be there at receipt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Necessity {
    /// 必要
    Required,
    /// 非必要
    Optional,
    /// 容缺
    MayFollow,
}

/// Who has a material.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MaterialSource {
    /// 申请人自备
    #[default]
    Applicant,
    /// 政府部门核发: the applicant has it from a department.
    Department,
    /// 数据共享免交: fetched by the authority, never asked of the applicant.
    SharedData,
}
