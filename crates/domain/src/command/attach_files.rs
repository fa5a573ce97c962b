//! Files of materials for a case that is here: scanned at the counter after receipt, or uploaded before a supplement hands the material in.

use serde::{Deserialize, Serialize};

use crate::case::{Happening, Stage};
use crate::files::{self, CaseFile};
use crate::ids::CaseId;
use crate::refusal::Refusal;
use crate::store::UnitStore;

use super::receive::unlisted;
use super::{Context, Done, Ruling};

/// Which case, and what came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttachFiles {
    /// Which case.
    pub case: CaseId,
    /// Each of a material that the matter lists.
    pub files: Vec<CaseFile>,
}

impl AttachFiles {
    pub(crate) fn apply(&self, context: &mut Context<'_, impl UnitStore>) -> Ruling {
        let (mut row, mut content) = context.owned_case(self.case)?;
        if !matches!(content.stage, Stage::Received | Stage::AwaitingSupplement | Stage::Accepted) {
            return Err(Refusal::StageUnfit { stage: content.stage }.into());
        }
        let matter = context.matter(content.pin, &content.matter)?;
        let names = unlisted(&matter.materials, self.files.iter().map(|file| file.material.as_str()));
        if !names.is_empty() {
            return Err(Refusal::MaterialsUnlisted { names }.into());
        }
        files::check(content.files(), &self.files, |_| true).map_err(Refusal::Files)?;

        context.announce(&mut content, Happening::FilesCame { files: self.files.clone() })?;
        content.settle_materials()?;
        row.content = Some(content);
        context.put_case(self.case, row)?;
        Ok(Done::CaseChanged { case: self.case })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::{Gap, Material};
    use crate::command::{Command, Supplement, TellGaps};
    use crate::files::FilesRefusal;
    use crate::support::*;

    fn attach(case: CaseId, files: Vec<CaseFile>) -> Command {
        Command::AttachFiles(AttachFiles { case, files })
    }

    #[test]
    fn refusals_in_order() {
        let mut world = World::jining();
        let case = world.receive(VILLAGE, EQUAL);
        let unknown = CaseId(uuid::Uuid::nil());
        let file = || case_file("申请书", 1);
        let village = world.unit(VILLAGE);
        assert_eq!(village.refused(attach(unknown, vec![])), Refusal::CaseUnknown { case: unknown });
        world.settle();
        let with = Refusal::CaseElsewhere { with: COUNTY };
        assert_eq!(world.unit(VILLAGE).refused(attach(case, vec![file()])), with);
        let county = world.unit(COUNTY);
        let names = vec!["其他材料".to_owned()];
        assert_eq!(county.refused(attach(case, vec![case_file("其他材料", 1)])), Refusal::MaterialsUnlisted { names });
        assert_eq!(county.refused(attach(case, vec![])), Refusal::Files(FilesRefusal::None));
        county.done(attach(case, vec![file()]));
        let twice = FilesRefusal::Repeated { blob: file().blob };
        assert_eq!(county.refused(attach(case, vec![file()])), Refusal::Files(twice));
        world.settle();
        world.accept(COUNTY, case);
        world.decide(COUNTY, case);
        let stage = Stage::Decided;
        assert_eq!(world.unit(COUNTY).refused(attach(case, vec![])), Refusal::StageUnfit { stage });
    }

    #[test]
    fn a_supplement_keeps_the_files_that_came_before_it() {
        let mut world = World::jining();
        let case = world.receive(COUNTY, EQUAL);
        let county = world.unit(COUNTY);
        let gap = Gap { material: "申请书".to_owned(), what: "看不清".to_owned() };
        county.done(Command::TellGaps(TellGaps { case, gaps: vec![gap], within: None }));
        county.done(attach(case, vec![case_file("申请书", 1)]));
        let known = county.content(case).materials.iter().find(|m| m.name == "申请书").unwrap().content;
        let materials = vec![Material { name: "申请书".to_owned(), content: None }];
        county.done(Command::Supplement(Supplement { case, materials }));
        let content = county.content(case);
        assert_eq!(content.materials.iter().find(|m| m.name == "申请书").unwrap().content, known);
        assert!(known.is_some());
    }
}
