//! 收件 with files of the materials: what was scanned or photographed is on a majority of the voters before it is named here.

use serde::{Deserialize, Serialize};

use crate::files::{CaseFile, FilesRefusal};
use crate::refusal::Refusal;
use crate::store::UnitStore;

use super::receive::{Beside, take_in};
use super::{Context, Receive, ReceiveAbout, ReceiveStated, Ruling};

/// An application, and its files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiveFiled {
    /// As it is taken without files.
    pub application: Filed,
    /// Each of a material that is handed in; at least one.
    pub files: Vec<CaseFile>,
}

/// An application that files come with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Filed {
    /// Nothing is stated beside the form.
    Plain(Receive),
    /// With statements for the claim.
    Stated(ReceiveStated),
    /// About a licence.
    About(ReceiveAbout),
}

impl ReceiveFiled {
    pub(crate) fn apply(&self, context: &mut Context<'_, impl UnitStore>) -> Ruling {
        if self.files.is_empty() {
            return Err(Refusal::Files(FilesRefusal::None).into());
        }
        match &self.application {
            Filed::Plain(receive) => take_in(context, receive, Beside { files: &self.files, ..Beside::default() }),
            Filed::Stated(stated) => stated.apply_with(context, &self.files),
            Filed::About(about) => about.apply_with(context, &self.files),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::{Command, Done};
    use crate::digest::ContentHash;
    use crate::store::UnitRead;
    use crate::support::*;
    use crate::tables::{BlobNames, BlobsByAge};

    fn filed(files: Vec<CaseFile>) -> Command {
        let Command::Receive(receive) = receive(EQUAL, VILLAGE) else { panic!("it receives") };
        Command::ReceiveFiled(Box::new(ReceiveFiled { application: Filed::Plain(*receive), files }))
    }

    #[test]
    fn refusals_in_order() {
        let mut world = World::jining();
        let village = world.unit(VILLAGE);
        let file = |material: &str| case_file(material, 1);
        assert_eq!(village.refused(filed(vec![])), Refusal::Files(FilesRefusal::None));
        let absent = FilesRefusal::MaterialAbsent { material: "其他材料".to_owned() };
        assert_eq!(village.refused(filed(vec![file("其他材料")])), Refusal::Files(absent));
        let twice = FilesRefusal::Repeated { blob: file("申请书").blob };
        assert_eq!(village.refused(filed(vec![file("申请书"), file("申请书")])), Refusal::Files(twice));
        village.done(filed(vec![file("申请书")]));
    }

    #[test]
    fn what_a_case_names_stands_beside_it_wherever_its_content_is() {
        let mut world = World::jining();
        let files = vec![case_file("申请书", 1), case_file("申请书", 2)];
        let Done::Received { case, .. } = world.unit(VILLAGE).done(filed(files.clone())) else { panic!() };
        let named = |world: &World, unit| -> Vec<ContentHash> {
            let rows = world.store_of(unit);
            let blobs = files.iter().map(|file| file.blob);
            blobs
                .filter(|blob| {
                    let name = rows.get::<BlobNames>(&(*blob, case)).unwrap();
                    name.is_some_and(|name| rows.get::<BlobsByAge>(&(name.since, *blob)).unwrap().is_some())
                })
                .collect()
        };
        let both: Vec<_> = files.iter().map(|file| file.blob).collect();
        assert_eq!(named(&world, VILLAGE), both);
        let content = world.unit(VILLAGE).content(case);
        assert_eq!(content.files().count(), 2);
        let of = |name: &str| content.materials.iter().find(|material| material.name == name).unwrap().content;
        assert!(of("申请书").is_some() && of("申请人身份证明").is_none());

        world.settle();
        assert_eq!(named(&world, COUNTY), both, "the county has the case, and what it names");
        assert_eq!(named(&world, VILLAGE), both, "the village keeps its content");
    }
}
