//! The division tree: which unit lies in which, and how a place is found by what people call it.
//!
//! The tree is reference data, never a unit's state: `apply` asks only what a code itself says ([`covers`], [`city_of`]).

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::ids::UnitId;
use crate::listing::{self, Finding, ShapeFault};
use crate::text::Malformed;

/// The four tiers that have units of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tier {
    /// 市
    City,
    /// 县, 区, 县级市, 开发区
    County,
    /// 乡镇, 街道
    Township,
    /// 村, 社区
    Village,
}

impl Tier {
    /// From the top of the tree down.
    pub const ALL: [Self; 4] = [Self::City, Self::County, Self::Township, Self::Village];

    /// As files and messages write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::City => "city",
            Self::County => "county",
            Self::Township => "township",
            Self::Village => "village",
        }
    }

    /// The tier that a code's zeros tell: `370800…` a city, `370811…` a county, and so on.
    pub fn of(unit: UnitId) -> Self {
        match unit.get() {
            code if code % 100_000_000 == 0 => Self::City,
            code if code % 1_000_000 == 0 => Self::County,
            code if code % 1_000 == 0 => Self::Township,
            _ => Self::Village,
        }
    }

    fn above(self) -> Option<Self> {
        match self {
            Self::City => None,
            Self::County => Some(Self::City),
            Self::Township => Some(Self::County),
            Self::Village => Some(Self::Township),
        }
    }

    /// What a code of this tier is counted in.
    fn step(self) -> u64 {
        match self {
            Self::City => 100_000_000,
            Self::County => 1_000_000,
            Self::Township => 1_000,
            Self::Village => 1,
        }
    }
}

/// Whether a place lies in a unit or is the unit itself: its code begins as the unit's does.
///
/// Source: division codes are hierarchical (2-2-2-3-3 digits), so `371000` is a city and covers no place of `370800`.
pub fn covers(unit: UnitId, place: UnitId) -> bool {
    let step = Tier::of(unit).step();
    unit.get() / step == place.get() / step
}

/// The city that a place lies in.
pub fn city_of(place: UnitId) -> UnitId {
    at_tier(place, Tier::City)
}

/// The county that a place lies in; a city is in none and gives itself.
pub fn county_of(place: UnitId) -> UnitId {
    at_tier(place, Tier::County)
}

/// Whether a unit is a development zone (开发区): in practice codes `71` to `79` of a city's counties.
///
/// Source: zones have no administrative code of their own kind; the statistics bureau files them under these numbers.
pub fn is_zone(unit: UnitId) -> bool {
    Tier::of(unit) != Tier::City && (71..=79).contains(&(unit.get() / Tier::County.step() % 100))
}

fn at_tier(place: UnitId, tier: Tier) -> UnitId {
    // Zeros at the end keep the leading digits, so the result is a code whenever the place is one.
    UnitId::new(place.get() / tier.step() * tier.step()).unwrap_or(place)
}

/// One place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Division {
    /// Its code.
    pub unit: UnitId,
    /// Its name, e.g. `许庄街道`.
    pub name: String,
    /// Its tier.
    pub tier: Tier,
    /// The place above; `None` for the city.
    pub parent: Option<UnitId>,
}

/// All places of a region. Every parent is in the tree and one tier up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DivisionTree {
    places: BTreeMap<UnitId, Division>,
    below: BTreeMap<UnitId, Vec<UnitId>>,
}

/// What is wrong with one row of a list of divisions. The row is left out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DivisionFault {
    /// Not a row of this list.
    #[error(transparent)]
    Shape(#[from] ShapeFault),
    /// Not a division code.
    #[error(transparent)]
    Code(#[from] Malformed),
    /// A place needs a name of at most 50 characters.
    #[error("the name has {length} characters; 1 to {} are taken", DivisionTree::LONGEST_NAME)]
    Name {
        /// How many it has.
        length: usize,
    },
    /// None of the four tiers.
    #[error("tier {0:?} is none of city, county, township, village")]
    Tier(String),
    /// The code's zeros tell another tier than the row.
    #[error("the code is that of a {of_code}, the row says {of_row}")]
    TierUnfit {
        /// By its zeros.
        of_code: &'static str,
        /// As written.
        of_row: &'static str,
    },
    /// Only a city stands alone.
    #[error("a {0} needs the place above it")]
    ParentMissing(&'static str),
    /// The place above is not in the list.
    #[error("the place above, {0}, is not in the list")]
    ParentUnknown(UnitId),
    /// The place above is not one tier up, or the code does not begin as its does.
    #[error("{unit} does not lie in {parent}")]
    ParentUnfit {
        /// The row's place.
        unit: UnitId,
        /// The place above as written.
        parent: UnitId,
    },
    /// The code stands in an earlier row.
    #[error("{unit} stands in row {first} already")]
    Duplicate {
        /// The code.
        unit: UnitId,
        /// The row that was kept.
        first: u64,
    },
}

/// A place that may have been meant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candidate {
    /// Its code.
    pub unit: UnitId,
    /// Names from the city down, e.g. `济宁市/任城区/许庄街道`.
    pub path: String,
}

impl fmt::Display for Candidate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.unit, self.path)
    }
}

/// Why a place was not found.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FindFault {
    /// Nothing was asked for.
    #[error("a place is needed: a division code, a name, or names from the city down")]
    Empty,
    /// Several places are called so.
    #[error("{asked:?} is the name of {} places: {}", .candidates.len(), list(.candidates))]
    Ambiguous {
        /// As it was asked, cut to 40 characters.
        asked: String,
        /// All of them, by code.
        candidates: Vec<Candidate>,
    },
    /// No place is called so.
    #[error("no place is called {asked:?}; nearest: {}", list(.nearest))]
    Unknown {
        /// As it was asked, cut to 40 characters.
        asked: String,
        /// What resembles it most, best first, at most five.
        nearest: Vec<Candidate>,
    },
}

impl FindFault {
    /// The documented code (docs/errors.md).
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty => "place.missing",
            Self::Ambiguous { .. } => "place.ambiguous",
            Self::Unknown { .. } => "place.unknown",
        }
    }
}

fn list(candidates: &[Candidate]) -> String {
    candidates.iter().take(10).map(Candidate::to_string).collect::<Vec<_>>().join("; ")
}

impl DivisionTree {
    /// Columns of a list of divisions.
    pub const COLUMNS: [&str; 4] = ["code", "name", "tier", "parent"];

    const LONGEST_NAME: usize = 50;
    const NEAREST: usize = 5;

    /// From CSV text; rows may come in any order. Good rows are kept, every other one is a finding.
    pub fn from_csv(bytes: &[u8]) -> (Self, Vec<Finding<DivisionFault>>) {
        let mut findings = Vec::new();
        let mut rows: BTreeMap<UnitId, (u64, Division)> = BTreeMap::new();
        listing::read(bytes, &Self::COLUMNS, &mut findings, |row, findings| match read_division(row.cells) {
            Err((column, fault)) => findings.push(Finding::at(row.number, Self::COLUMNS[column], fault)),
            Ok(place) => match rows.get(&place.unit) {
                Some((first, _)) => {
                    let fault = DivisionFault::Duplicate { unit: place.unit, first: *first };
                    findings.push(Finding::at(row.number, "code", fault));
                }
                None => {
                    rows.insert(place.unit, (row.number, place));
                }
            },
        });
        let mut tree = Self::default();
        // From the top down, so that a place whose parent was left out is left out too.
        for tier in Tier::ALL {
            for (number, place) in rows.values().filter(|(_, place)| place.tier == tier) {
                match tree.check_parent(place) {
                    Ok(()) => tree.insert(place.clone()),
                    Err(fault) => findings.push(Finding::at(*number, "parent", fault)),
                }
            }
        }
        findings.sort_by_key(|finding| finding.row);
        (tree, findings)
    }

    fn check_parent(&self, place: &Division) -> Result<(), DivisionFault> {
        let unit = place.unit;
        match (place.tier.above(), place.parent) {
            (None, None) => Ok(()),
            (Some(_), None) => Err(DivisionFault::ParentMissing(place.tier.as_str())),
            (None, Some(parent)) => Err(DivisionFault::ParentUnfit { unit, parent }),
            (Some(above), Some(parent)) => match self.places.get(&parent) {
                None => Err(DivisionFault::ParentUnknown(parent)),
                Some(found) if found.tier != above || !covers(parent, unit) => {
                    Err(DivisionFault::ParentUnfit { unit, parent })
                }
                Some(_) => Ok(()),
            },
        }
    }

    fn insert(&mut self, place: Division) {
        if let Some(parent) = place.parent {
            self.below.entry(parent).or_default().push(place.unit);
        }
        self.places.insert(place.unit, place);
    }

    /// How many places there are.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// All places, by code.
    pub fn iter(&self) -> impl Iterator<Item = &Division> {
        self.places.values()
    }

    /// A place by its code.
    pub fn get(&self, unit: UnitId) -> Option<&Division> {
        self.places.get(&unit)
    }

    /// The place above.
    pub fn parent(&self, unit: UnitId) -> Option<&Division> {
        self.get(self.get(unit)?.parent?)
    }

    /// The places directly below, by code.
    pub fn children(&self, unit: UnitId) -> impl Iterator<Item = &Division> {
        self.below.get(&unit).into_iter().flatten().filter_map(|below| self.get(*below))
    }

    /// The places above, nearest first.
    pub fn ancestors(&self, unit: UnitId) -> impl Iterator<Item = &Division> {
        std::iter::successors(self.parent(unit), |place| self.parent(place.unit))
    }

    /// Names from the city down, e.g. `济宁市/任城区/许庄街道`; empty for a place that is not here.
    pub fn path(&self, unit: UnitId) -> String {
        let mut names: Vec<&str> =
            self.get(unit).into_iter().chain(self.ancestors(unit)).map(|place| place.name.as_str()).collect();
        names.reverse();
        names.join("/")
    }

    /// The place that someone means: a code, a name, or names from above down (`任城区/许庄街道`, `任城区许庄街道`), any of
    /// which may be left out or cut short (`任城/许庄`). A whole name goes before one that is cut short.
    pub fn find(&self, asked: &str) -> Result<&Division, FindFault> {
        let parts: Vec<&str> = asked.split(SEPARATORS).map(str::trim).filter(|part| !part.is_empty()).collect();
        if parts.is_empty() {
            return Err(FindFault::Empty);
        }
        let code: String = asked.chars().filter(|c| !c.is_whitespace()).collect();
        if let Some(place) = code.parse().ok().and_then(|unit| self.get(unit)) {
            return Ok(place);
        }
        let asked_short = || asked.chars().take(40).collect::<String>();
        let joined = parts.concat();
        type Fits<'a> = &'a dyn Fn(&Division) -> bool;
        let ways: [Fits<'_>; 3] = [
            &|place| self.fits(place, &parts, |name, part| name == part),
            &|place| self.fits_joined(place, &joined),
            &|place| self.fits(place, &parts, |name, part| name.starts_with(part)),
        ];
        for way in ways {
            let found: Vec<&Division> = self.iter().filter(|place| way(place)).collect();
            match found.as_slice() {
                [] => {}
                [place] => return Ok(place),
                several => {
                    let candidates = several.iter().map(|place| self.candidate(place)).collect();
                    return Err(FindFault::Ambiguous { asked: asked_short(), candidates });
                }
            }
        }
        let nearest = parts.last().map(|last| self.nearest(last)).unwrap_or_default();
        Err(FindFault::Unknown { asked: asked_short(), nearest })
    }

    fn candidate(&self, place: &Division) -> Candidate {
        Candidate { unit: place.unit, path: self.path(place.unit) }
    }

    /// Whether the last part is the place and the others are places above it, in order.
    fn fits(&self, place: &Division, parts: &[&str], same: impl Fn(&str, &str) -> bool) -> bool {
        let is = |place: &Division, part: &str| {
            same(&place.name, part) || part.parse::<UnitId>().is_ok_and(|unit| unit == place.unit)
        };
        let Some((last, above)) = parts.split_last() else { return false };
        let mut ancestors = self.ancestors(place.unit);
        is(place, last) && above.iter().rev().all(|part| ancestors.any(|ancestor| is(ancestor, part)))
    }

    /// The same where names are written without anything between them.
    fn fits_joined(&self, place: &Division, text: &str) -> bool {
        match text.strip_suffix(place.name.as_str()) {
            None => false,
            Some("") => true,
            Some(rest) => self.ancestors(place.unit).any(|ancestor| self.fits_joined(ancestor, rest)),
        }
    }

    /// By characters in common (Dice), better first, then by code.
    fn nearest(&self, part: &str) -> Vec<Candidate> {
        let mut scored: Vec<(u32, &Division)> =
            self.iter().map(|place| (likeness(&place.name, part), place)).filter(|(score, _)| *score > 0).collect();
        scored.sort_by_key(|(score, place)| (std::cmp::Reverse(*score), place.unit));
        scored.into_iter().take(Self::NEAREST).map(|(_, place)| self.candidate(place)).collect()
    }
}

const SEPARATORS: [char; 8] = ['/', '>', '\\', ' ', '\u{3000}', '·', ',', '，'];

fn read_division(cells: &[&str]) -> Result<Division, (usize, DivisionFault)> {
    let [code, name, tier, parent] = cells else { return Err((0, ShapeFault::Text.into())) };
    let unit: UnitId = code.parse().map_err(|fault: Malformed| (0, fault.into()))?;
    let length = name.chars().count();
    if !(1..=DivisionTree::LONGEST_NAME).contains(&length) {
        return Err((1, DivisionFault::Name { length }));
    }
    let unknown = || (2, DivisionFault::Tier(tier.chars().take(40).collect()));
    let tier = Tier::ALL.into_iter().find(|known| known.as_str() == *tier).ok_or_else(unknown)?;
    if Tier::of(unit) != tier {
        let (of_code, of_row) = (Tier::of(unit).as_str(), tier.as_str());
        return Err((2, DivisionFault::TierUnfit { of_code, of_row }));
    }
    let parent = match *parent {
        "" => None,
        text => Some(text.parse().map_err(|fault: Malformed| (3, fault.into()))?),
    };
    Ok(Division { unit, name: (*name).to_owned(), tier, parent })
}

/// Characters in common, per thousand of both lengths; a shared beginning counts twice.
fn likeness(name: &str, asked: &str) -> u32 {
    let mut left: Vec<char> = name.chars().collect();
    let lengths = left.len() + asked.chars().count();
    let beginning = name.chars().zip(asked.chars()).take_while(|(a, b)| a == b).count();
    let mut common = 0;
    for c in asked.chars() {
        if let Some(at) = left.iter().position(|other| *other == c) {
            left.swap_remove(at);
            common += 1;
        }
    }
    ((common + beginning) * 1000 / lengths.max(1)) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn jining() -> DivisionTree {
        let (tree, findings) = DivisionTree::from_csv(include_bytes!("../data/jining-regions.csv"));
        assert_eq!(findings, []);
        tree
    }

    fn unit(text: &str) -> UnitId {
        text.parse().unwrap()
    }

    #[test]
    fn the_real_tree() {
        let tree = jining();
        assert_eq!(tree.len(), 5098);
        let of = |tier| tree.iter().filter(|place| place.tier == tier).count();
        assert_eq!(Tier::ALL.map(of), [1, 12, 158, 4927]);
        assert_eq!(tree.path(unit("370811002001")), "济宁市/任城区/许庄街道/航运新村居委会");
        assert_eq!(tree.children(unit("370800")).count(), 12);
        assert_eq!(
            tree.ancestors(unit("370811002001")).map(|p| p.tier).collect::<Vec<_>>(),
            [Tier::Township, Tier::County, Tier::City]
        );
        // Every code of the real tree says by itself what the tree says.
        for place in tree.iter() {
            assert_eq!(Tier::of(place.unit), place.tier, "{}", place.unit);
            assert!(place.parent.is_none_or(|parent| covers(parent, place.unit)));
            assert_eq!(city_of(place.unit), unit("370800"));
        }
    }

    #[test]
    fn a_place_is_found_by_what_people_call_it() {
        let tree = jining();
        for (asked, code) in [
            ("370811", "370811"),
            ("370811 002 001", "370811002001"),
            ("济宁市", "370800"),
            ("任城区", "370811"),
            ("任城", "370811"),
            ("任城区/许庄街道", "370811002"),
            ("济宁市 > 任城区 > 许庄街道 > 航运新村居委会", "370811002001"),
            ("任城区许庄街道航运新村居委会", "370811002001"),
            ("任城/许庄/航运新村", "370811002001"),
            ("370811/航运新村居委会", "370811002001"),
        ] {
            assert_eq!(tree.find(asked).map(|place| place.unit), Ok(unit(code)), "{asked}");
        }
    }

    #[test]
    fn an_ambiguous_name_lists_its_candidates_and_an_unknown_one_its_nearest() {
        let tree = jining();
        let Err(FindFault::Ambiguous { candidates, .. }) = tree.find("李堂村村委会") else { panic!() };
        assert_eq!(candidates.len(), 2);
        for candidate in &candidates {
            assert_eq!(tree.find(&candidate.path).map(|place| place.unit), Ok(candidate.unit));
        }
        let Err(FindFault::Unknown { nearest, .. }) = tree.find("任诚区") else { panic!() };
        assert_eq!(nearest[0].path, "济宁市/任城区");
        assert!(nearest.len() <= 5);
        assert!(matches!(tree.find("370899"), Err(FindFault::Unknown { .. })));
        assert_eq!(tree.find(" / "), Err(FindFault::Empty));
    }

    #[test]
    fn bad_rows_are_found_and_the_rest_is_kept() {
        let text = "code,name,tier,parent\n370800,济宁市,city,\n370811,任城区,county,370800\n37081x,某区,county,370800\n\
                    370812,,county,370800\n370826,微山县,shire,370800\n370811,任城区,county,370800\n370811002,许庄街道,township,370899\n\
                    370827,鱼台县,county\n370812001,鼓楼街道,township,370811\n371000,威海市,city,370800\n370828,金乡县,township,370800\n";
        let (tree, findings) = DivisionTree::from_csv(text.as_bytes());
        assert_eq!(tree.len(), 2);
        let at: Vec<(u64, Option<&str>)> = findings.iter().map(|f| (f.row, f.column.as_deref())).collect();
        assert_eq!(
            at,
            [
                (4, Some("code")),
                (5, Some("name")),
                (6, Some("tier")),
                (7, Some("code")),
                (8, Some("parent")),
                (9, None),
                (10, Some("parent")),
                (11, Some("parent")),
                (12, Some("tier")),
            ]
        );
        for wrong in ["", "name,code\n1,2\n"] {
            let (tree, findings) = DivisionTree::from_csv(wrong.as_bytes());
            assert!(tree.is_empty());
            assert!(matches!(findings[0].fault, DivisionFault::Shape(ShapeFault::Header { .. })), "{wrong:?}");
        }
    }

    #[test]
    fn codes_tell_who_covers_whom() {
        for (holder, place, right) in [
            ("370800", "370811002001", true),
            ("370800", "370871001", true),
            ("370811", "370811002", true),
            ("370811", "370871001", false),
            ("370871", "370871001", true),
            ("371000", "370811", false),
            ("370800", "371002", false),
            ("370811002", "370811002001", true),
            ("370811002", "370811", false),
        ] {
            assert_eq!(covers(unit(holder), unit(place)), right, "{holder} {place}");
        }
        assert!(is_zone(unit("370871001")) && !is_zone(unit("370811")) && !is_zone(unit("370800")));
        assert_eq!(county_of(unit("370871001")), unit("370871"));
    }
}
