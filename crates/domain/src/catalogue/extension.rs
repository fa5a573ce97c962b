//! The duty to extend what the province granted (domain.md §2): a power that it gave the city is to be extended to the counties, unless
//! its grant names the city alone. What is still open is a list that an inspector sees.
//!
//! Pure; over one version and one day. A power is extended to a county when an instrument for it is published there: an entry of the county's
//! own that names it, or a delegation of the city's to an organ of that county. Development zones are no counties: they take part only by
//! instruments of their own, and nobody owes them one.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{BasicCode, CatalogueDraft, Entry};
use crate::division::{Tier, is_zone};
use crate::ids::UnitId;
use crate::time::CivilDate;

/// 省级赋权: the province gave the body a power that was its own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ProvinceGrant {
    /// The province's instrument, e.g. 鲁政发〔2025〕3号.
    pub instrument: String,
    /// Its day; `None` where the list does not say.
    #[serde(skip_serializing_if = "super::is_default")]
    pub on: Option<CivilDate>,
    /// It names the city alone: nothing is to be extended.
    #[serde(skip_serializing_if = "super::is_default")]
    pub reserved: bool,
}

/// A power that is still to be extended to one county.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct StillToExtend {
    /// The matter.
    pub matter: BasicCode,
    /// Its name.
    pub name: String,
    /// The city's body that has it.
    pub body: String,
    /// What the province gave it by.
    pub instrument: String,
    /// Since when the duty is open, where the list says it.
    pub since: Option<CivilDate>,
    /// The county that has not got it.
    pub county: UnitId,
}

/// The counties to which a city's entry is still to be extended on a day, in order. `others`: what other units' entries for the matter are
/// known; `counties`: all that there are.
pub fn still_without<'a>(
    city: &Entry,
    others: impl Iterator<Item = &'a Entry> + Clone,
    counties: &BTreeSet<UnitId>,
    day: CivilDate,
) -> Vec<UnitId> {
    let Some(grant) = &city.particulars.granted else { return vec![] };
    if grant.reserved || !city.holds_on(day) {
        return vec![];
    }
    let has_own = |county: UnitId| {
        // Who only reviews has not got the power.
        let of_county = |entry: &Entry| entry.unit == county && entry.holds_on(day) && !entry.reviews();
        others.clone().any(|entry| of_county(entry) && !entry.power.instrument.trim().is_empty())
    };
    let is_delegated = |county: UnitId| {
        city.particulars.delegations.iter().any(|delegation| {
            let begun = delegation.from.is_none_or(|from| from <= day);
            let over = delegation.until.is_some_and(|until| until < day);
            delegation.to_unit == county && !delegation.instrument.trim().is_empty() && begun && !over
        })
    };
    let owed = counties.iter().filter(|county| Tier::of(**county) == Tier::County && !is_zone(**county));
    owed.copied().filter(|county| !has_own(*county) && !is_delegated(*county)).collect()
}

/// All that is still to be extended on a day, by matter and county.
pub fn still_to_extend(draft: &CatalogueDraft, counties: &BTreeSet<UnitId>, day: CivilDate) -> Vec<StillToExtend> {
    let mut open = Vec::new();
    let of_city = draft.entries.iter().filter(|(unit, _)| Tier::of(**unit) == Tier::City);
    for city in of_city.flat_map(|(_, entries)| entries).filter(|entry| entry.particulars.granted.is_some()) {
        let others = draft.entries.values().flatten().filter(|entry| entry.matter == city.matter);
        let name = draft.matters.iter().find(|matter| matter.code == city.matter);
        let name = name.map(|matter| matter.name.clone()).unwrap_or_default();
        open.extend(
            still_without(city, others, counties, day)
                .into_iter()
                .filter_map(|county| StillToExtend::of(city, &name, county)),
        );
    }
    open.sort();
    open
}

impl StillToExtend {
    /// A row of the list; `None` for a power that no province gave.
    pub fn of(city: &Entry, name: &str, county: UnitId) -> Option<Self> {
        let grant = city.particulars.granted.as_ref()?;
        Some(Self {
            matter: city.matter.clone(),
            name: name.to_owned(),
            body: city.body_name.clone(),
            instrument: grant.instrument.clone(),
            since: grant.on,
            county,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::{DelegateNature, Delegation};
    use crate::support::{CITY, CITY_ONLY, COUNTY, EQUAL, OTHER_COUNTY, pieces};

    fn day(text: &str) -> CivilDate {
        text.parse().unwrap()
    }

    fn draft() -> CatalogueDraft {
        let pieces = pieces(60);
        CatalogueDraft::from_chunks(pieces.iter().map(|(kind, bytes)| (*kind, &bytes[..]))).unwrap()
    }

    fn city_entry<'a>(draft: &'a mut CatalogueDraft, code: &str) -> &'a mut Entry {
        draft.entries.get_mut(&CITY).unwrap().iter_mut().find(|entry| entry.matter.as_str() == code).unwrap()
    }

    fn granted(draft: &mut CatalogueDraft, code: &str, reserved: bool) {
        let grant =
            ProvinceGrant { instrument: "鲁政发〔2026〕1号".to_owned(), on: Some(day("2026-01-05")), reserved };
        city_entry(draft, code).particulars.granted = Some(grant);
    }

    fn delegation(to_unit: UnitId, until: Option<CivilDate>) -> Delegation {
        Delegation {
            to_unit,
            to_nature: DelegateNature::Organ,
            to_name: "区局".to_owned(),
            to_code: None,
            basis: "某规章".to_owned(),
            instrument: "委托公告一号".to_owned(),
            scope: String::new(),
            from: None,
            until,
        }
    }

    #[test]
    fn what_the_province_gave_is_owed_to_each_county_until_its_instrument_is_published() {
        let zone: UnitId = "370871".parse().unwrap();
        let counties = BTreeSet::from([COUNTY, OTHER_COUNTY, zone]);
        let open = |draft: &CatalogueDraft| {
            let open = still_to_extend(draft, &counties, day("2026-02-10"));
            open.into_iter().map(|one| (one.matter.to_string(), one.county)).collect::<Vec<_>>()
        };
        let mut draft = draft();
        // No grant, no duty.
        assert_eq!(open(&draft), []);
        granted(&mut draft, CITY_ONLY, false);
        let both = [(CITY_ONLY.to_owned(), COUNTY), (CITY_ONLY.to_owned(), OTHER_COUNTY)];
        assert_eq!(open(&draft), both);
        // Held alike by instruments of the counties: done.
        granted(&mut draft, EQUAL, false);
        assert_eq!(open(&draft), both);
        let entry = |draft: &mut CatalogueDraft, change: &dyn Fn(&mut Entry)| {
            let of_county = draft.entries.get_mut(&COUNTY).unwrap();
            change(of_county.iter_mut().find(|entry| entry.matter.as_str() == EQUAL).unwrap());
        };
        // An entry that names no instrument extends nothing, nor does one whose days are over.
        let owed = [both[0].clone(), both[1].clone(), (EQUAL.to_owned(), COUNTY)];
        let mut bare = draft.clone();
        entry(&mut bare, &|entry| entry.power.instrument = " ".to_owned());
        assert_eq!(open(&bare), owed);
        let mut over = draft.clone();
        entry(&mut over, &|entry| entry.particulars.planned.until = Some(day("2026-02-09")));
        assert_eq!(open(&over), owed);
        // Named for the city alone.
        let mut reserved = draft.clone();
        granted(&mut reserved, CITY_ONLY, true);
        assert_eq!(open(&reserved), []);
        // By delegation, while it lasts.
        for (until, left) in [(None, 1), (Some(day("2026-02-10")), 1), (Some(day("2026-02-09")), 2)] {
            let mut delegated = draft.clone();
            city_entry(&mut delegated, CITY_ONLY).particulars.delegations.push(delegation(COUNTY, until));
            assert_eq!(open(&delegated).len(), left, "{until:?}");
        }
        let told = still_to_extend(&draft, &counties, day("2026-02-10"));
        assert_eq!((told[0].instrument.as_str(), told[0].since), ("鲁政发〔2026〕1号", Some(day("2026-01-05"))));
        assert!(!told[0].name.is_empty() && !told[0].body.is_empty());
    }
}
