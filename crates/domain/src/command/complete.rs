//! 补齐: what was to follow after acceptance is in, all of it or a part. Tables: `accept_with_deficit`.

use serde::{Deserialize, Serialize};

use crate::case::{Happening, Material};
use crate::ids::CaseId;
use crate::refusal::Refusal;
use crate::store::UnitStore;

use super::supplement::take_materials;
use super::{Context, Done, Ruling};

/// Which case, and what came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Complete {
    /// Which case.
    pub case: CaseId,
    /// As listed; nothing but what was to follow.
    pub materials: Vec<Material>,
}

impl Complete {
    pub(crate) fn apply(&self, context: &mut Context<'_, impl UnitStore>) -> Ruling {
        let (mut row, mut content, _) = context.accepted_case(self.case)?;
        let (_, matter) = context.terms(&content)?;
        context.check_not_lapsed(&row, &content)?;
        let missing = content.to_follow(&matter);
        if missing.is_empty() {
            return Err(Refusal::DeficitNone.into());
        }
        let came: Vec<String> = self.materials.iter().map(|material| material.name.clone()).collect();
        if came.is_empty() {
            return Err(Refusal::MaterialsMissing { names: missing }.into());
        }
        let names: Vec<String> = came.iter().filter(|name| !missing.contains(name)).cloned().collect();
        if !names.is_empty() {
            return Err(Refusal::NotToFollow { names }.into());
        }
        context.check_time()?;

        take_materials(&mut content, &self.materials)?;
        context.announce(&mut content, Happening::Completed { materials: came })?;
        row.content = Some(content);
        context.put_case(self.case, row)?;
        Ok(Done::CaseChanged { case: self.case })
    }
}
