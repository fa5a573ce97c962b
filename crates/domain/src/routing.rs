//! Which authority takes a case, by the published rule, and why (domain.md §2).
//!
//! Nearest first: county before city. Equal are only entries that are flagged so and carry the same content of exercise. Works
//! on whatever slice of the catalogue a unit has installed; what the slice cannot say is asked of the city by sending the
//! case there. Called by `Offer` and `Receive`, by leaders, and by who asks for an explanation.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::case::{CaseContent, PassedOver, PassedOverReason};
use crate::catalogue::{BasicCode, Entry, PowerSource, installed};
use crate::division::{Tier, city_of, county_of, covers};
use crate::identifiers::CreditCode;
use crate::ids::UnitId;
use crate::store::{StoreFault, UnitRead};

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteQuestion<'a> {
    /// The unit that asks: its slice answers.
    pub here: UnitId,
    /// The catalogue version.
    pub version: u64,
    /// The matter.
    pub matter: &'a BasicCode,
    /// The place that the application is about.
    pub place: UnitId,
    /// The authority that the applicant chose.
    pub chosen: Option<UnitId>,
    /// Nobody but the chosen one may take it: it issued the licence that the application is about.
    pub bound: bool,
    /// Who was offered the case and did not take it, in order.
    pub passed_over: &'a [PassedOver],
    /// Who has reviewed the case and sent it up.
    pub reviewed: Vec<UnitId>,
}

impl<'a> RouteQuestion<'a> {
    /// Of a case that a unit has.
    pub fn of_case(here: UnitId, content: &'a CaseContent) -> Self {
        Self {
            here,
            version: content.pin.number,
            matter: &content.matter,
            place: content.place,
            chosen: content.chosen,
            bound: content.about().is_some(),
            passed_over: &content.passed_over,
            reviewed: content.reviewed(),
        }
    }
}

/// Where a case goes, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RouteAnswer {
    /// The matter.
    pub matter: BasicCode,
    /// The place that it is about.
    pub place: UnitId,
    /// The catalogue version that answered.
    pub version: u64,
    /// Where the case goes next; `None` where nobody may decide it.
    pub to: Option<UnitId>,
    /// The rule that chose.
    pub rule: RouteRule,
    /// 转报: who reviews before the decision, in order, those that have done so included; empty where one level handles it alone.
    pub reviews: Vec<UnitId>,
    /// Who may take it, in the order in which they are asked.
    pub candidates: Vec<RouteCandidate>,
    /// Who may not, and why.
    pub ruled_out: Vec<RuledOut>,
}

/// The rule that chose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RouteRule {
    /// One authority is competent.
    OnlyAuthority,
    /// Several are equal: the nearest, county before city.
    Nearest,
    /// Several are equal: the one that the applicant chose.
    ApplicantsChoice,
    /// Several are equal: those before it were offered the case and did not take it.
    NextEqual,
    /// Everybody was asked: it starts again from the nearest.
    StartedAgain,
    /// The place lies outside what is installed here: the city knows all entries, and routes on.
    Forwarded,
    /// Nobody may decide the matter for the place.
    NoAuthority,
    /// Its entries list a review by a lower organ before the decision, which that one has not made yet (行政许可法 art. 43).
    ReviewFirst,
}

/// Who may take a case, with its provenance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RouteCandidate {
    /// Where the work is done.
    pub unit: UnitId,
    /// Of the unit.
    pub tier: Tier,
    /// Who acts in law.
    pub body: CreditCode,
    /// The body's name.
    pub body_name: String,
    /// Of the body's entry.
    pub implementation_code: String,
    /// Law → list entry → instrument → post.
    pub power: PowerSource,
    /// How often it was offered the case and did not take it.
    pub passed_over: u32,
}

/// Who may not take a case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuledOut {
    /// Which unit.
    pub unit: UnitId,
    /// Why not.
    pub reason: RuledOutReason,
}

/// Why a unit may not take a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RuledOutReason {
    /// It implements the matter for other places.
    OtherPlace,
    /// The place's county or city does not implement the matter.
    NotImplemented,
    /// It is not flagged as equal to the nearest authority, which handles the matter alone (one level).
    NotFlaggedEqual,
    /// Its content of exercise differs from that of the nearest authority.
    OtherExercise,
    /// The applicant chose it, but it is no equal authority for the place.
    ChosenUnfit,
    /// It had the case, and said that it is not competent.
    SaidNotCompetent,
    /// The application is about a licence that another one issued.
    NotTheIssuer,
}

impl RouteAnswer {
    /// Whether a unit may be offered the case: one of the candidates, or where it is forwarded to.
    pub fn allows(&self, unit: UnitId) -> bool {
        self.candidates.iter().any(|candidate| candidate.unit == unit)
            || (self.rule == RouteRule::Forwarded && self.to == Some(unit))
    }
}

/// Answers from what is installed here.
pub fn route(store: &impl UnitRead, question: &RouteQuestion<'_>) -> Result<RouteAnswer, StoreFault> {
    Ok(choose(question, installed::entries(store, question.version, question.matter)?))
}

/// The rule itself, over the entries of the matter that are known here.
pub fn choose(question: &RouteQuestion<'_>, entries: Vec<Arc<Entry>>) -> RouteAnswer {
    let place = question.place;
    let (county, city) = (county_of(place), city_of(place));
    let mut ruled_out = Vec::new();
    let rule_out = |unit, reason| RuledOut { unit, reason };

    let (mut competent, elsewhere): (Vec<_>, Vec<_>) = entries.into_iter().partition(|entry| covers(entry.unit, place));
    let is_out = |entry: &Arc<Entry>| {
        let said = |past: &PassedOver| past.unit == entry.unit && past.reason == PassedOverReason::NotCompetent;
        question.passed_over.iter().any(said)
    };
    ruled_out.extend(
        competent
            .extract_if(.., |entry| is_out(entry))
            .map(|entry| rule_out(entry.unit, RuledOutReason::SaidNotCompetent)),
    );
    // Nearest first: the lower tier covers fewer places.
    competent.sort_by_key(|entry| (std::cmp::Reverse(Tier::of(entry.unit)), entry.unit));
    ruled_out.extend(elsewhere.iter().map(|entry| rule_out(entry.unit, RuledOutReason::OtherPlace)));
    for unit in [county, city] {
        if knows_entries_of(question.here, unit) && competent.iter().all(|entry| entry.unit != unit) {
            ruled_out.push(rule_out(unit, RuledOutReason::NotImplemented));
        }
    }

    // The lowest organ reviews first; who decides is asked once all have.
    let reviewers: Vec<Arc<Entry>> = competent.extract_if(.., |entry| entry.reviews()).collect();
    let reviews: Vec<UnitId> = reviewers.iter().map(|entry| entry.unit).collect();
    let next_review = reviewers.into_iter().find(|entry| !question.reviewed.contains(&entry.unit));

    let mut equal: Vec<Arc<Entry>> = Vec::new();
    for entry in competent {
        let reason = equal.first().and_then(|nearest| unequal(nearest, &entry));
        match reason {
            Some(reason) => ruled_out.push(rule_out(entry.unit, reason)),
            None => equal.push(entry),
        }
    }
    let answer = |to, rule, candidates, ruled_out| RouteAnswer {
        matter: question.matter.clone(),
        place,
        version: question.version,
        to,
        rule,
        reviews: reviews.clone(),
        candidates,
        ruled_out,
    };
    // The county's own entry is not known here: whether it has one decides who is nearest, and the city can tell.
    if !knows_entries_of(question.here, county) {
        return answer(Some(city), RouteRule::Forwarded, vec![], ruled_out);
    }

    if let Some(entry) = next_review.filter(|_| !equal.is_empty()) {
        let candidate = RouteCandidate::of(&entry, question.passed_over);
        return answer(Some(entry.unit), RouteRule::ReviewFirst, vec![candidate], ruled_out);
    }

    let chosen = question.chosen.filter(|unit| equal.iter().any(|entry| entry.unit == *unit));
    if let (Some(unit), None) = (question.chosen, chosen) {
        ruled_out.push(rule_out(unit, RuledOutReason::ChosenUnfit));
    }
    if let Some(issuer) = chosen.filter(|_| question.bound) {
        let others = equal.extract_if(.., |entry| entry.unit != issuer);
        ruled_out.extend(others.map(|entry| rule_out(entry.unit, RuledOutReason::NotTheIssuer)));
    }
    // The applicant's choice is asked first; the order of the others stays.
    equal.sort_by_key(|entry| chosen != Some(entry.unit));
    let candidates: Vec<RouteCandidate> =
        equal.iter().map(|entry| RouteCandidate::of(entry, question.passed_over)).collect();
    // Who was passed over least often, and of these the first in order: after everybody was asked it starts again.
    let Some(next) = candidates.iter().min_by_key(|candidate| candidate.passed_over) else {
        return answer(None, RouteRule::NoAuthority, vec![], ruled_out);
    };
    let rule = match next {
        _ if candidates.len() == 1 => RouteRule::OnlyAuthority,
        next if next.passed_over > 0 && Some(next.unit) == candidates.first().map(|first| first.unit) => {
            RouteRule::StartedAgain
        }
        next if Some(next.unit) != candidates.first().map(|first| first.unit) => RouteRule::NextEqual,
        _ if chosen.is_some() => RouteRule::ApplicantsChoice,
        _ => RouteRule::Nearest,
    };
    let to = next.unit;
    answer(Some(to), rule, candidates, ruled_out)
}

/// Why an entry is not equal to the nearest one; `None` where it is.
fn unequal(nearest: &Entry, entry: &Entry) -> Option<RuledOutReason> {
    if !nearest.same_authority || !entry.same_authority {
        Some(RuledOutReason::NotFlaggedEqual)
    } else if nearest.exercise != entry.exercise {
        Some(RuledOutReason::OtherExercise)
    } else {
        None
    }
}

/// Whether a unit's slice holds another's entries: its own county's and the city's; the city's slice holds all.
fn knows_entries_of(here: UnitId, other: UnitId) -> bool {
    let city = city_of(here);
    here == city || other == city || covers(other, here)
}

impl RouteCandidate {
    fn of(entry: &Entry, passed_over: &[PassedOver]) -> Self {
        let times = passed_over.iter().filter(|past| past.unit == entry.unit).count();
        Self {
            tier: Tier::of(entry.unit),
            unit: entry.unit,
            body: entry.body.clone(),
            body_name: entry.body_name.clone(),
            implementation_code: entry.implementation_code.to_string(),
            power: entry.power.clone(),
            passed_over: u32::try_from(times).unwrap_or(u32::MAX),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::PassedOverReason;
    use crate::time::Timestamp;

    fn unit(code: &str) -> UnitId {
        code.parse().unwrap()
    }

    fn entry(code: &str, same_authority: bool, exercise: &str) -> Entry {
        Entry {
            matter: "M1".parse().unwrap(),
            unit: unit(code),
            body: "11511301008778183N".parse().unwrap(),
            body_name: format!("{code} 局"),
            implementation_code: "370811-1".parse().unwrap(),
            same_authority,
            exercise: exercise.to_owned(),
            power: PowerSource {
                law: "法".to_owned(),
                list_entry: "项".to_owned(),
                instrument: "文".to_owned(),
                post: "岗".to_owned(),
            },
            claim_before_acceptance: false,
            particulars: crate::catalogue::Particulars::default(),
        }
    }

    fn passed(codes: &[&str]) -> Vec<PassedOver> {
        let at = Timestamp(0);
        codes.iter().map(|code| PassedOver { unit: unit(code), reason: PassedOverReason::Unanswered, at }).collect()
    }

    #[test]
    fn the_rule() {
        use RouteRule::*;
        let county = || entry("370811", true, "全部");
        let city = || entry("370800", true, "全部");
        let (village, zone_village, other) = ("370811002001", "370871001001", "370812001");
        // here, place, entries known here, chosen, passed over, where to, rule
        type Row<'a> = (&'a str, &'a str, Vec<Entry>, Option<&'a str>, &'a [&'a str], Option<&'a str>, RouteRule);
        let rows: Vec<Row<'_>> = vec![
            (village, village, vec![county(), city()], None, &[], Some("370811"), Nearest),
            (village, village, vec![county(), city()], Some("370800"), &[], Some("370800"), ApplicantsChoice),
            (village, village, vec![county(), city()], Some("370812"), &[], Some("370811"), Nearest),
            (village, village, vec![county(), city()], None, &["370811"], Some("370800"), NextEqual),
            (village, village, vec![county(), city()], Some("370800"), &["370800"], Some("370811"), NextEqual),
            (village, village, vec![county(), city()], None, &["370811", "370800"], Some("370811"), StartedAgain),
            (
                village,
                village,
                vec![county(), city()],
                None,
                &["370811", "370800", "370811"],
                Some("370800"),
                NextEqual,
            ),
            (village, village, vec![county()], None, &["370811"], Some("370811"), OnlyAuthority),
            (village, village, vec![city()], None, &[], Some("370800"), OnlyAuthority),
            (village, village, vec![], None, &[], None, NoAuthority),
            // One flag is not enough, nor are two with different contents: the nearest handles it alone.
            (
                village,
                village,
                vec![entry("370811", false, "全部"), city()],
                None,
                &["370811"],
                Some("370811"),
                OnlyAuthority,
            ),
            (
                village,
                village,
                vec![county(), entry("370800", true, "初审")],
                None,
                &["370811"],
                Some("370811"),
                OnlyAuthority,
            ),
            (
                zone_village,
                zone_village,
                vec![entry("370871", false, "全部"), city()],
                None,
                &["370871"],
                Some("370871"),
                OnlyAuthority,
            ),
            // Received in one county for another: only the city's slice can tell.
            (village, other, vec![county(), city()], None, &[], Some("370800"), Forwarded),
            (
                "370800",
                other,
                vec![county(), entry("370812", true, "全部"), city()],
                None,
                &[],
                Some("370812"),
                Nearest,
            ),
            ("370800", "370800", vec![county(), city()], None, &[], Some("370800"), OnlyAuthority),
        ];
        for (at, (here, place, entries, chosen, passed_over, to, rule)) in rows.into_iter().enumerate() {
            let matter = "M1".parse().unwrap();
            let question = RouteQuestion {
                here: unit(here),
                version: 1,
                matter: &matter,
                place: unit(place),
                chosen: chosen.map(unit),
                bound: false,
                passed_over: &passed(passed_over),
                reviewed: vec![],
            };
            let answer = choose(&question, entries.into_iter().map(Arc::new).collect());
            assert_eq!((answer.to, answer.rule), (to.map(unit), rule), "row {at}: {answer:?}");
            assert!(answer.to.is_none_or(|unit| answer.allows(unit)), "row {at}");
        }
    }

    #[test]
    fn who_reviews_comes_first_lowest_tier_first() {
        let matter = "M1".parse().unwrap();
        let review = |code| {
            let mut entry = entry(code, false, "初审");
            let limit = crate::catalogue::LimitDays { days: 20, unit: crate::case::DayUnit::Working };
            entry.particulars.review = Some(crate::catalogue::Review { limit, basis: "第43条".to_owned() });
            Arc::new(entry)
        };
        let (township, county, city) = ("370811002", "370811", "370800");
        let entries = || vec![Arc::new(entry(city, false, "全部")), review(county), review(township)];
        let ask = |here: &str, chosen: Option<&str>, reviewed: &[&str], entries| {
            let question = RouteQuestion {
                here: unit(here),
                version: 1,
                matter: &matter,
                place: unit("370811002001"),
                chosen: chosen.map(unit),
                bound: false,
                passed_over: &[],
                reviewed: reviewed.iter().map(|code| unit(code)).collect(),
            };
            choose(&question, entries)
        };
        let village = "370811002001";
        let rows: [(&[&str], &str, RouteRule); 4] = [
            (&[], township, RouteRule::ReviewFirst),
            (&[township], county, RouteRule::ReviewFirst),
            (&[township, county], city, RouteRule::OnlyAuthority),
            // A hop that was made out of order is not made twice.
            (&[county], township, RouteRule::ReviewFirst),
        ];
        for (reviewed, to, rule) in rows {
            let answer = ask(village, None, reviewed, entries());
            assert_eq!((answer.to, answer.rule), (Some(unit(to)), rule), "{reviewed:?}");
            assert_eq!(answer.reviews, [unit(township), unit(county)]);
            assert!(answer.allows(unit(to)));
        }
        // The applicant's choice leads past nobody who has to review.
        assert_eq!(ask(village, Some(city), &[], entries()).to, Some(unit(township)));
        // Where the township's entry is not known, the county is next, and knows it.
        let known = vec![Arc::new(entry(city, false, "全部")), review(county)];
        assert_eq!(ask("370811001001", None, &[], known).to, Some(unit(county)));
        assert_eq!(ask(county, None, &[], entries()).to, Some(unit(township)));
        // Nobody decides: no review leads to a decision.
        assert_eq!(ask(village, None, &[township], vec![review(township)]).rule, RouteRule::NoAuthority);
    }

    #[test]
    fn an_answer_explains_itself() {
        let matter = "M1".parse().unwrap();
        let question = RouteQuestion {
            here: unit("370800"),
            version: 3,
            matter: &matter,
            place: unit("370811002001"),
            chosen: Some(unit("370812")),
            bound: false,
            passed_over: &[],
            reviewed: vec![],
        };
        let entries = vec![entry("370800", true, "初审"), entry("370811", true, "全部"), entry("370812", true, "全部")];
        let answer = choose(&question, entries.into_iter().map(Arc::new).collect());
        let reason = |code: &str| {
            answer.ruled_out.iter().filter(|out| out.unit == unit(code)).map(|out| out.reason).collect::<Vec<_>>()
        };
        assert_eq!(reason("370800"), [RuledOutReason::OtherExercise]);
        assert_eq!(reason("370812"), [RuledOutReason::OtherPlace, RuledOutReason::ChosenUnfit]);
        assert_eq!(answer.candidates[0].power.instrument, "文");
        let json = serde_json::to_string(&answer).unwrap();
        assert_eq!(serde_json::from_str::<RouteAnswer>(&json).unwrap(), answer);
    }
}
