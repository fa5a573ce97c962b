//! 收件: papers are taken. Anyone may receive; only an authority accepts.

use serde::{Deserialize, Serialize};

use crate::case::{CaseContent, CaseRow, Happening, Intake, Material, Stage};
use crate::catalogue::{BasicCode, Matter, MatterMaterial};
use crate::division::city_of;
use crate::files::{self, CaseFile};
use crate::handoff::Custody;
use crate::ids::{CaseId, CaseNumber, Sequence, UnitId};
use crate::licence::About;
use crate::refusal::Refusal;
use crate::routing::{RouteAnswer, RouteQuestion, RouteRule, route};
use crate::sealed::{BlindIndex, Sealed, WrappedKey};
use crate::store::UnitStore;
use crate::tables::{CaseNumbers, CaseRef, Cases, Count, DailyNumbers};

use super::{Context, Done, Ruling};

/// An application, its personal fields sealed under a new data key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receive {
    /// The matter; the version in force is pinned.
    pub matter: BasicCode,
    /// The place that the application is about.
    pub place: UnitId,
    /// The authority that the applicant chose, where several are equal.
    pub chosen: Option<UnitId>,
    /// Keyed hash of the applicant's identifier.
    pub applicant: BlindIndex,
    /// Name, identifier, telephone.
    pub applicant_fields: Sealed,
    /// The form's fields.
    pub form: Sealed,
    /// The data key, sealed to this unit.
    pub key: WrappedKey,
    /// What was handed in.
    pub materials: Vec<Material>,
}

impl Receive {
    pub(crate) fn apply(&self, context: &mut Context<'_, impl UnitStore>) -> Ruling {
        take_in(context, self, Beside::default())
    }

    /// Somebody may decide it, and the applicant's choice is one of them. What only the city can tell is taken as it is.
    fn check_authority(&self, here: UnitId, answer: &RouteAnswer) -> Result<(), Refusal> {
        if city_of(here) != city_of(self.place) {
            return Err(Refusal::PlaceOutside { place: self.place });
        }
        match (answer.rule, self.chosen) {
            (RouteRule::NoAuthority, _) => Err(Refusal::NoAuthority { place: self.place }),
            (RouteRule::Forwarded | RouteRule::ReviewFirst, _) | (_, None) => Ok(()),
            (_, Some(unit)) if answer.allows(unit) => Ok(()),
            (_, Some(unit)) => Err(Refusal::NotAuthority { unit }),
        }
    }

    /// Required materials are there, and nothing unlisted is taken (domain.md §2).
    fn check_materials(&self, matter: &Matter) -> Result<(), Refusal> {
        let listed = &matter.materials;
        let names = unlisted(listed, self.materials.iter().map(|material| material.name.as_str()));
        if !names.is_empty() {
            return Err(Refusal::MaterialsUnlisted { names });
        }
        let missing: Vec<String> = listed
            .iter()
            // What a promise can stand for is asked about at acceptance.
            .filter(|l| l.must_be_brought() && !matter.lets_promise(&l.name))
            .filter(|l| self.materials.iter().all(|m| m.name != l.name))
            .map(|l| l.name.clone())
            .collect();
        if missing.is_empty() { Ok(()) } else { Err(Refusal::MaterialsMissing { names: missing }) }
    }
}

/// The names that a matter does not list.
pub(super) fn unlisted<'a>(listed: &[MatterMaterial], names: impl Iterator<Item = &'a str>) -> Vec<String> {
    names.filter(|name| listed.iter().all(|known| known.name != *name)).map(str::to_owned).collect()
}

/// What is stated beside an application.
#[derive(Default)]
pub(super) struct Beside<'a> {
    /// The form's fields that name the object.
    pub(super) object: Option<BlindIndex>,
    /// The applicant declares that nothing else is pending for the same thing.
    pub(super) declared: bool,
    /// The licence that it is about.
    pub(super) about: Option<&'a About>,
    /// Files of its materials.
    pub(super) files: &'a [CaseFile],
}

/// Takes an application, with what is stated beside it.
pub(super) fn take_in(context: &mut Context<'_, impl UnitStore>, command: &Receive, beside: Beside<'_>) -> Ruling {
    let Beside { object, declared, about, files } = beside;
    let pin = context.catalogue_in_force()?;
    let matter = context.matter(pin, &command.matter)?;
    command.check_materials(&matter)?;
    if !files.is_empty() {
        let is_handed_in = |name: &str| command.materials.iter().any(|material| material.name == name);
        files::check([].iter(), files, is_handed_in).map_err(Refusal::Files)?;
    }
    let case = CaseId(context.stamp.minted);
    if context.store.get::<Cases>(&case)?.is_some() {
        return Err(Refusal::CaseExists { case }.into());
    }
    let question = RouteQuestion {
        here: context.meta.unit,
        version: pin.number,
        day: context.now().date(),
        matter: &command.matter,
        place: command.place,
        chosen: command.chosen,
        bound: about.is_some(),
        passed_over: &[],
        reviewed: vec![],
    };
    let answer = route(&*context.store, &question)?;
    command.check_authority(context.meta.unit, &answer)?;
    let today = context.now().date();
    let used = context.store.get::<DailyNumbers>(&today)?.map_or(0, |count| count.0);
    let number = CaseNumber::new(context.meta.unit, today, context.meta.generation, used + 1)
        .ok_or(Refusal::NumbersExhausted)?;

    let received_here = match matter.intake {
        Intake::ForAuthority => true,
        // An authority's own counter is where a courier would bring it.
        Intake::Courier => answer.candidates.iter().any(|candidate| candidate.unit == context.meta.unit),
    };
    let said = std::iter::once(Happening::Received { number })
        .chain(object.map(|object| Happening::ObjectNamed { object }))
        .chain(about.map(|About { licence, act }| Happening::AboutLicence { licence: licence.clone(), act: *act }))
        .chain(declared.then_some(Happening::Declared))
        .chain((!files.is_empty()).then(|| Happening::FilesCame { files: files.to_vec() }));
    let mut content = CaseContent {
        id: case,
        number,
        matter: command.matter.clone(),
        matter_name: matter.name.clone(),
        pin,
        place: command.place,
        receiver: context.meta.unit,
        intake: matter.intake,
        collected_at: context.now(),
        received_at: received_here.then_some(context.now()),
        applicant: command.applicant,
        applicant_fields: command.applicant_fields.clone(),
        form: command.form.clone(),
        materials: command.materials.clone(),
        submission_key: context.stamp.idempotency.as_ref().map(|i| i.key.clone()).unwrap_or_default(),
        chosen: command.chosen,
        passed_over: vec![],
        stage: Stage::Received,
        acceptance: None,
        non_acceptance: None,
        decision: None,
        closed_at: None,
        delivered_at: None,
        timeline: vec![],
    };
    for what in said {
        context.tell(&mut content, what)?;
    }
    content.settle_materials()?;
    let row = CaseRow {
        custody: Custody::RECEIVED_HERE,
        content: Some(content),
        key: Some(command.key.clone()),
        news: vec![],
        timers: vec![],
        changed: Sequence(0),
    };
    let count = used + 1;
    #[cfg(mutants)]
    let count = crate::mutants::instead(crate::mutants::Mutant::NumberReused, count, used);
    context.store.put::<DailyNumbers>(&today, &Count(count))?;
    context.store.put::<CaseNumbers>(&number.to_string(), &CaseRef(case))?;
    context.put_case(case, row)?;
    Ok(Done::Received { case, number })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::Command;
    use crate::support::*;

    #[test]
    fn what_the_government_can_fetch_is_not_asked_for() {
        use crate::catalogue::{ClosedSet, MaterialSource, Necessity};
        let Command::Receive(receive) = receive(EQUAL, VILLAGE) else { panic!("it receives") };
        let list = crate::catalogue::import::MatterList::from_csv(crate::sample::MATTERS);
        let mut matter = crate::catalogue::rules::matter(&list.rows[0], 60);
        matter.materials =
            receive.materials.iter().map(|m| MatterMaterial::named(&m.name, Necessity::Required)).collect();
        matter.materials.push(MatterMaterial::named("营业执照", Necessity::Required));
        let missing = Refusal::MaterialsMissing { names: vec!["营业执照".to_owned()] };
        assert_eq!(receive.check_materials(&matter), Err(missing));
        for source in MaterialSource::ALL {
            matter.materials.last_mut().unwrap().source = *source;
            let is_taken = receive.check_materials(&matter).is_ok();
            assert_eq!(is_taken, *source == MaterialSource::SharedData, "{source:?}");
        }
    }

    #[test]
    fn refusals_in_order() {
        let mut world = World::jining();
        let elsewhere: UnitId = "371002001001".parse().unwrap();
        let right = match receive(EQUAL, VILLAGE) {
            Command::Receive(receive) => *receive,
            other => panic!("{other:?}"),
        };
        let extra = Material { name: "其他材料".to_owned(), content: None };
        let unknown: BasicCode = "NONE".parse().unwrap();
        let with = |change: &dyn Fn(&mut Receive)| {
            let mut receive = right.clone();
            change(&mut receive);
            Command::Receive(Box::new(receive))
        };
        let village = world.unit(VILLAGE);
        // Wrong in every way; then right in one more each time.
        let wrong = |receive: &mut Receive| {
            receive.place = elsewhere;
            receive.chosen = Some(OTHER_COUNTY);
            receive.materials = vec![extra.clone()];
        };
        let matter = Refusal::MatterUnknown { matter: "NONE".to_owned() };
        assert_eq!(
            village.refused(with(&|receive| {
                wrong(receive);
                receive.matter = unknown.clone();
            })),
            matter
        );
        let names = vec!["其他材料".to_owned()];
        assert_eq!(village.refused(with(&wrong)), Refusal::MaterialsUnlisted { names });
        let missing = |receive: &mut Receive| {
            wrong(receive);
            receive.materials = right.materials[1..].to_vec();
        };
        assert_eq!(village.refused(with(&missing)), Refusal::MaterialsMissing { names: vec!["申请书".to_owned()] });
        let placed = |receive: &mut Receive| {
            wrong(receive);
            receive.materials = right.materials.clone();
        };
        assert_eq!(village.refused(with(&placed)), Refusal::PlaceOutside { place: elsewhere });
        let chosen = |receive: &mut Receive| receive.chosen = Some(OTHER_COUNTY);
        assert_eq!(village.refused(with(&chosen)), Refusal::NotAuthority { unit: OTHER_COUNTY });
        // A licence that the county alone implements is nobody's at the city's own place.
        let city_place = receive(COUNTY_ONLY, CITY);
        assert_eq!(village.refused(city_place.clone()), Refusal::NoAuthority { place: CITY });
        village.done(with(&|_| {}));
    }

    #[test]
    fn numbers_of_a_day_rise_and_begin_anew_the_next() {
        let mut world = World::jining();
        let village = world.unit(VILLAGE);
        let mut numbers = Vec::new();
        for _ in 0..2 {
            let Done::Received { number, .. } = village.done(receive(EQUAL, VILLAGE)) else { panic!() };
            numbers.push(number.to_string());
        }
        village.clock = at("2026-02-11");
        let Done::Received { number, .. } = village.done(receive(EQUAL, VILLAGE)) else { panic!() };
        numbers.push(number.to_string());
        let shown: Vec<&str> = numbers.iter().map(|number| &number[..27]).collect();
        assert_eq!(
            shown,
            ["370811002001-260210-A-00001", "370811002001-260210-A-00002", "370811002001-260211-A-00001"]
        );
        // A clock that is turned back moves nothing back.
        village.clock = at("2026-02-10");
        assert_eq!(village.run(receive(EQUAL, VILLAGE)).at, at("2026-02-11"));
    }
}
