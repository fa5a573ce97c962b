//! 补正: the applicant fills the gaps that were told; receipt of the whole application is on this day (行政许可法 art. 32).

use serde::{Deserialize, Serialize};

use crate::case::{CaseContent, Happening, Material, Stage};
use crate::codec::CodecFault;
use crate::ids::CaseId;
use crate::refusal::Refusal;
use crate::store::UnitStore;

use super::receive::unlisted;
use super::{Context, Done, Ruling};

/// Which case, and what came: all that the notice names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Supplement {
    /// Which case.
    pub case: CaseId,
    /// As listed; one that is there already is replaced.
    pub materials: Vec<Material>,
}

impl Supplement {
    pub(crate) fn apply(&self, context: &mut Context<'_, impl UnitStore>) -> Ruling {
        let (mut row, mut content) = context.owned_case(self.case)?;
        let Some((gaps, _)) = content.open_gaps().filter(|_| content.stage == Stage::AwaitingSupplement) else {
            return Err(Refusal::StageUnfit { stage: content.stage }.into());
        };
        context.check_not_lapsed(&row, &content)?;
        let matter = context.matter(content.pin, &content.matter)?;
        let names = unlisted(&matter.materials, self.materials.iter().map(|material| material.name.as_str()));
        if !names.is_empty() {
            return Err(Refusal::MaterialsUnlisted { names }.into());
        }
        let came = |name: &str| self.materials.iter().any(|material| material.name == name);
        let mut names: Vec<String> = gaps.iter().map(|gap| gap.material.clone()).filter(|name| !came(name)).collect();
        names.dedup();
        if !names.is_empty() {
            return Err(Refusal::MaterialsMissing { names }.into());
        }
        context.check_time()?;

        take_materials(&mut content, &self.materials)?;
        content.stage = Stage::Received;
        let materials = self.materials.iter().map(|material| material.name.clone()).collect();
        context.announce(&mut content, Happening::Supplemented { materials })?;
        row.content = Some(content);
        context.put_case(self.case, row)?;
        Ok(Done::CaseChanged { case: self.case })
    }
}

/// Adds what came; what is there already is replaced.
pub(super) fn take_materials(content: &mut CaseContent, came: &[Material]) -> Result<(), CodecFault> {
    for material in came {
        match content.materials.iter_mut().find(|known| known.name == material.name) {
            Some(known) => *known = material.clone(),
            None => content.materials.push(material.clone()),
        }
    }
    // Their files came before them.
    content.settle_materials()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::Gap;
    use crate::command::{Command, TaskKind, TellGaps};
    use crate::support::*;

    #[test]
    fn refusals_in_order() {
        let mut world = World::jining();
        let case = world.receive(COUNTY, EQUAL);
        let unknown = CaseId(uuid::Uuid::nil());
        let supplement = |case, names: &[&str]| {
            let material = |name: &&str| Material { name: (*name).to_owned(), content: None };
            Command::Supplement(Supplement { case, materials: names.iter().map(material).collect() })
        };
        let county = world.unit(COUNTY);
        assert_eq!(county.refused(supplement(unknown, &[])), Refusal::CaseUnknown { case: unknown });
        assert_eq!(county.refused(supplement(case, &[])), Refusal::StageUnfit { stage: Stage::Received });
        let gap = |material: &str| Gap { material: material.to_owned(), what: "看不清".to_owned() };
        county.done(Command::TellGaps(TellGaps {
            case,
            gaps: vec![gap("申请书"), gap("申请人身份证明")],
            within: None,
        }));
        let names = vec!["其他材料".to_owned()];
        assert_eq!(county.refused(supplement(case, &["其他材料"])), Refusal::MaterialsUnlisted { names });
        let names = vec!["申请人身份证明".to_owned()];
        assert_eq!(county.refused(supplement(case, &["申请书"])), Refusal::MaterialsMissing { names });
        county.done(supplement(case, &["申请书", "申请人身份证明"]));
        assert_eq!(county.tasks(), [(TaskKind::Accept, case)]);
        assert_eq!(county.content(case).materials.len(), 3);
        let accept = county.accept_command(case);
        county.done(accept);
    }
}
