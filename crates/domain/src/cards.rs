//! Cards (预警, 黄牌, 红牌) on an authority that lets time run out, and praise where it was early (domain.md §4).
//!
//! Derived from a case's facts by event time, and nowhere stored: when news of an act arrives changes nothing, so a link that was
//! broken brings no false card. While the clock stands still nothing begins. Time that nobody can vouch for decides nothing: a card that only
//! such time brings is undetermined, and an inspector looks.

use serde::{Deserialize, Serialize};

use crate::calendar::{WorkCalendar, due};
use crate::case::{CaseContent, Due, Happening};
use crate::catalogue::{CardRule, Matter, installed};
use crate::clocks::{Counting, used_and_left};
use crate::ids::UnitId;
use crate::legal::{DateRange, LegalRegime, Rule, reckon};
use crate::store::{StoreFault, UnitRead};
use crate::stretch;
use crate::time::{CivilDate, Timestamp};

/// How serious it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CardKind {
    /// 预警: the last day is near.
    Warning,
    /// 黄牌: about to be late.
    Yellow,
    /// 红牌: late.
    Red,
}

/// What was let run out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CardCause {
    /// Neither accepted nor its gaps told in time: the law accepted it (art. 32).
    NotAccepted,
    /// The decision, by the limit of the law.
    Decision,
    /// The decision, by what the authority promises.
    Promise,
    /// Nobody called back who rated badly.
    CallBack,
    /// A bad rating neither put right nor explained.
    Rectification,
    /// An urging without an answer.
    Urging,
    /// A complaint neither accepted nor refused.
    ComplaintAcceptance,
    /// A complaint without an answer.
    ComplaintAnswer,
    /// A lower organ's review, sent up late (art. 43).
    Review,
}

/// A card.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Card {
    /// How serious.
    pub kind: CardKind,
    /// Of what.
    pub cause: CardCause,
    /// Whose: the unit of the authority.
    pub unit: UnitId,
    /// The day on which it began.
    pub on: CivilDate,
    /// The last day that it is about, as it stood then.
    pub due: CivilDate,
    /// Only time that nobody can vouch for brings it: an inspector looks.
    pub undetermined: bool,
}

/// How an authority stands in a case.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// Its cards, oldest first; of equals the more serious first.
    pub cards: Vec<Card>,
    /// 表扬: so many days earlier than promised was it decided, in the limit's own unit; `None` where it was not.
    pub early: Option<u16>,
}

impl Standing {
    /// The most serious card that is certain; of a day that is not certain none.
    pub fn worst(&self) -> Option<CardKind> {
        self.cards.iter().filter(|card| !card.undetermined).map(|card| card.kind).max()
    }
}

/// The time up to which facts are known where a case is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KnownTime {
    /// What the unit's clock shows.
    pub now: Timestamp,
    /// Until when it is certain, where it is in doubt.
    pub certain_until: Option<Timestamp>,
}

/// How the authority of a case that is here stands, by the terms of the version that the case pins. `None` before acceptance, and where
/// this unit's slice has not those terms.
///
/// # Errors
/// The store failed.
pub fn of_case(rows: &impl UnitRead, content: &CaseContent, now: Timestamp) -> Result<Option<Standing>, StoreFault> {
    let Some(acceptance) = &content.acceptance else { return Ok(None) };
    let (number, unit) = (content.pin.number, acceptance.authority.unit);
    let matter = installed::matter(rows, number, &content.matter)?;
    let entry = installed::entry(rows, number, &content.matter, unit)?;
    let (Some((matter, entry)), Some(calendar)) = (matter.zip(entry), installed::calendar(rows, number)?) else {
        return Ok(None);
    };
    let regime = LegalRegime::of(&matter, &entry.power.law);
    let reviews = entry.reviews();
    let known = KnownTime { now, certain_until: stretch::open(rows)?.map(|open| open.certain_until) };
    Ok(Some(standing(content, &matter, (&regime, reviews), &calendar, known)))
}

/// The cards of a case, and whether it was early. `regime`: of the authority that has it, and whether it only reviews; `calendar`: that
/// it counts by.
pub fn standing(
    content: &CaseContent,
    matter: &Matter,
    (regime, reviews): (&LegalRegime, bool),
    calendar: &WorkCalendar,
    known: KnownTime,
) -> Standing {
    let mut cards: Vec<Card> = not_accepted(content, regime, calendar).into_iter().collect();
    cards.extend(sent_up_late(content));
    let mut early = None;
    if let Some(acceptance) = &content.acceptance {
        let unit = acceptance.authority.unit;
        let given = &acceptance.due;
        let promised = due(given.from, matter.promised_limit.days, matter.promised_limit.unit, calendar);
        let rule = matter.guide.cards;
        let late = CardRule::default();
        let cause = if reviews { CardCause::Review } else { CardCause::Decision };
        let statutory = Judged { content, calendar, known, unit, given, cause };
        // The law knows no warning: what the catalogue's rule says is about the promise.
        cards.extend(statutory.cards(late, [CardKind::Red].as_slice()));
        let by_promise = Judged { given: &promised, cause: CardCause::Promise, ..statutory };
        // What is promised is the decision.
        if let Some(rule) = rule.filter(|_| !reviews) {
            cards.extend(by_promise.cards(rule, &[CardKind::Warning, CardKind::Yellow, CardKind::Red]));
        }
        early = by_promise.early();
    }
    cards.sort_by_key(|card| (card.on, std::cmp::Reverse(card.kind), card.cause));
    Standing { cards, early }
}

/// Accepted by law where somebody could have told its gaps: it was there before the last day was over.
fn not_accepted(content: &CaseContent, regime: &LegalRegime, calendar: &WorkCalendar) -> Option<Card> {
    let at = content.timeline.iter().position(|line| matches!(line.what, Happening::AcceptedByLaw { .. }))?;
    let line = &content.timeline[at];
    let Happening::AcceptedByLaw { since, .. } = line.what else { return None };
    let (limit, _) = regime.limit(Rule::GapsTold)?;
    let DateRange { latest, .. } = reckon(since, limit, &[], &|_| calendar).due;
    let came = content.timeline[..at]
        .iter()
        .rev()
        .find(|before| before.unit == line.unit && matches!(before.what, Happening::TakenOver { .. }));
    // What was late on its way is nobody's: it was accepted where it arrived.
    if came.is_some_and(|came| came.at.date() > latest) {
        return None;
    }
    let (kind, cause) = (CardKind::Red, CardCause::NotAccepted);
    Some(Card { kind, cause, unit: line.unit, on: latest.plus_days(1), due: latest, undetermined: false })
}

/// Reviews that were sent up after the last day that stood then: each organ's own, also once the case has left it.
fn sent_up_late(content: &CaseContent) -> Vec<Card> {
    let mut cards = Vec::new();
    let mut due = None;
    for line in &content.timeline {
        match line.what {
            Happening::Accepted { due: told, .. }
            | Happening::AcceptedByLaw { due: told, .. }
            | Happening::CameUp { due: told, .. }
            | Happening::ClockStopped { due: told, .. }
            | Happening::StopProlonged { due: told, .. }
            | Happening::ClockResumed { due: told }
            | Happening::StopExpired { due: told }
            | Happening::LimitExtended { due: told, .. } => due = Some(told),
            Happening::SentUp { .. } => {
                let late = due.take().filter(|due| line.at.date() > *due);
                let (kind, cause, unit) = (CardKind::Red, CardCause::Review, line.unit);
                let card = |due: CivilDate| Card { kind, cause, unit, on: due.plus_days(1), due, undetermined: false };
                cards.extend(late.map(card));
            }
            _ => {}
        }
    }
    cards
}

/// One limit of a decision.
#[derive(Clone, Copy)]
struct Judged<'a> {
    content: &'a CaseContent,
    calendar: &'a WorkCalendar,
    known: KnownTime,
    unit: UnitId,
    given: &'a Due,
    cause: CardCause,
}

/// No limit is watched for longer: whoever is a year late has every card.
const MOST_DAYS: i32 = 800;

impl Judged<'_> {
    /// The last day that counts: of the decision, of the end, or today.
    fn until(&self) -> CivilDate {
        let decided = self.content.decision.as_ref().map(|decision| decision.at);
        let ended = self.content.stage.is_final().then(|| self.content.timeline.last().map(|line| line.at)).flatten();
        decided.or(ended).unwrap_or(self.known.now).date()
    }

    /// What was told up to a day.
    fn counting(&self, day: CivilDate) -> Counting {
        let told = self.content.timeline.iter().filter(|line| line.at.date() <= day);
        let mut counting = Counting::default();
        told.for_each(|line| counting.take(line.at.date(), &line.what));
        match self.cause {
            CardCause::Promise => counting.unextended(),
            _ => counting,
        }
    }

    /// Days left on a day, and the last day, both as they stood then; `None` while the clock stands still.
    fn left(&self, day: CivilDate) -> Option<(i32, CivilDate)> {
        let counting = self.counting(day);
        if counting.stands_still(day) {
            return None;
        }
        let derivation = counting.derive(self.given, self.calendar);
        let due = derivation.due.clone().unwrap_or_else(|| self.given.clone());
        let (_, left) = used_and_left(&due, &derivation, self.calendar, day);
        Some((left, due.date))
    }

    /// Each of `kinds` once: on the first day that brings it.
    fn cards(&self, rule: CardRule, kinds: &[CardKind]) -> Vec<Card> {
        let until = self.until();
        let open = self.content.decision.is_none() && !self.content.stage.is_final();
        let certain = self.known.certain_until.filter(|_| open).map(Timestamp::date);
        let mut cards: Vec<Card> = Vec::new();
        let days = until.days_since(self.given.from).clamp(0, MOST_DAYS);
        for day in (1..=days).map(|ahead| self.given.from.plus_days(ahead)) {
            if cards.len() == kinds.len() {
                break;
            }
            let Some((left, due)) = self.left(day) else { continue };
            let brings = |kind: CardKind| match kind {
                CardKind::Warning => left >= 0 && left <= i32::from(rule.warning_days_before),
                CardKind::Yellow => left >= 0 && left <= i32::from(rule.yellow_days_before),
                CardKind::Red => left < -i32::from(rule.red_days_after),
            };
            for kind in kinds.iter().copied().filter(|kind| brings(*kind)) {
                if cards.iter().all(|card| card.kind != kind) {
                    let undetermined = certain.is_some_and(|certain| day > certain);
                    cards.push(Card { kind, cause: self.cause, unit: self.unit, on: day, due, undetermined });
                }
            }
        }
        cards
    }

    fn early(&self) -> Option<u16> {
        let decided = self.content.decision.as_ref()?.at.date();
        let (left, _) = self.left(decided)?;
        u16::try_from(left).ok().filter(|left| *left > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::{Authority, Decision, Stage, TimelineEntry};
    use crate::catalogue::LimitDays;
    use crate::ids::Sequence;
    use crate::legal::Procedure;
    use crate::support::{COUNTY, EQUAL, accepted_case, at, calendar as official};

    const RULE: CardRule = CardRule { warning_days_before: 3, yellow_days_before: 1, red_days_after: 0 };

    fn matter(promised: u16) -> Matter {
        let world = crate::support::World::jining();
        let store = world.store_of(COUNTY);
        let matter = crate::catalogue::installed::matter(store, 1, &EQUAL.parse().unwrap()).unwrap().unwrap();
        let mut matter = (*matter).clone();
        matter.promised_limit = LimitDays { days: promised, unit: crate::case::DayUnit::Working };
        matter.guide.cards = Some(RULE);
        matter
    }

    fn told(at_day: &str, what: Happening) -> TimelineEntry {
        TimelineEntry { at: at(at_day), unit: COUNTY, sequence: Sequence(9), what }
    }

    fn decided(mut content: CaseContent, on: &str) -> CaseContent {
        let authority = Authority { unit: COUNTY, body: "11511301008778183N".parse().unwrap() };
        content.stage = Stage::Decided;
        content.decision =
            Some(Decision { at: at(on), granted: true, reasons: String::new(), authority, sequence: Sequence(10) });
        content
    }

    /// `(kind, cause, day, last day, undetermined)`
    type Told = (CardKind, CardCause, String, String, bool);

    fn cards_of(content: &CaseContent, promised: u16, today: &str, certain_until: Option<&str>) -> Vec<Told> {
        let known = KnownTime { now: at(today), certain_until: certain_until.map(at) };
        let all = standing(content, &matter(promised), (&LegalRegime::Licence, false), &official(), known);
        all.cards.iter().map(|c| (c.kind, c.cause, c.on.to_string(), c.due.to_string(), c.undetermined)).collect()
    }

    fn card(kind: CardKind, cause: CardCause, on: &str, due: &str) -> Told {
        (kind, cause, on.to_owned(), due.to_owned(), false)
    }

    #[test]
    fn a_case_that_nobody_decides_gets_each_card_once_on_its_day() {
        use CardCause::{Decision, Promise};
        use CardKind::{Red, Warning, Yellow};
        // Accepted 02-10: promised 10 days end on 03-02, the law's 20 on 03-16.
        let content = accepted_case("2026-02-09", "2026-02-10", 20, &official());
        let rows = [
            card(Warning, Promise, "2026-02-26", "2026-03-02"),
            card(Yellow, Promise, "2026-02-28", "2026-03-02"),
            card(Red, Promise, "2026-03-03", "2026-03-02"),
            card(Red, Decision, "2026-03-17", "2026-03-16"),
        ];
        for (today, so_many) in [
            ("2026-02-25", 0),
            ("2026-02-26", 1),
            ("2026-02-28", 2),
            ("2026-03-02", 2),
            ("2026-03-03", 3),
            ("2026-04-20", 4),
        ] {
            assert_eq!(cards_of(&content, 10, today, None), rows[..so_many], "{today}");
        }
        // Decided on the last day: no red card, whenever somebody asks.
        assert_eq!(cards_of(&decided(content, "2026-03-02"), 10, "2026-04-20", None), rows[..2]);
    }

    #[test]
    fn a_clock_that_stands_still_brings_nothing_and_moves_the_days() {
        use CardCause::Promise;
        use CardKind::{Red, Warning, Yellow};
        let mut content = accepted_case("2026-02-09", "2026-02-10", 20, &official());
        let told_days = LimitDays { days: 10, unit: crate::case::DayUnit::Working };
        let day = |text: &str| text.parse().unwrap();
        content.timeline.push(told(
            "2026-02-13",
            Happening::ClockStopped {
                kind: Procedure::Testing,
                basis: "第四十五条".to_owned(),
                told: told_days,
                until: day("2026-03-04"),
                due: day("2026-03-27"),
            },
        ));
        // Three of the ten days were used; the seven left run from 03-05 to 03-13.
        let rows = [
            card(Warning, Promise, "2026-03-10", "2026-03-13"),
            card(Yellow, Promise, "2026-03-12", "2026-03-13"),
            card(Red, Promise, "2026-03-16", "2026-03-13"),
        ];
        assert_eq!(cards_of(&content, 10, "2026-03-04", None), []);
        assert_eq!(cards_of(&content, 10, "2026-03-16", None)[..2], rows[..2]);
        let red = cards_of(&content, 10, "2026-03-20", None);
        assert_eq!((red[2].0, &red[2].3), (Red, &"2026-03-13".to_owned()));
    }

    #[test]
    fn time_in_doubt_decides_nothing_and_a_decision_does() {
        let content = accepted_case("2026-02-09", "2026-02-10", 20, &official());
        let doubted = cards_of(&content, 10, "2026-04-20", Some("2026-02-27"));
        let undetermined: Vec<bool> = doubted.iter().map(|card| card.4).collect();
        assert_eq!(undetermined, [false, true, true, true]);
        // It was decided before: what happened decides, not when the question comes.
        let known = KnownTime { now: at("2026-04-20"), certain_until: Some(at("2026-02-27")) };
        let content = decided(content, "2026-02-12");
        let early = standing(&content, &matter(10), (&LegalRegime::Licence, false), &official(), known);
        assert_eq!((early.cards.len(), early.worst(), early.early), (0, None, Some(8)));
    }

    #[test]
    fn what_the_law_accepted_is_the_units_that_had_it_and_nobodys_that_was_on_its_way() {
        let content = |came: &str| {
            let mut content = accepted_case("2026-02-10", "2026-02-10", 20, &official());
            let by_law = Happening::AcceptedByLaw {
                body: "11511301008778183N".parse().unwrap(),
                since: "2026-02-10".parse().unwrap(),
                due: "2026-03-16".parse().unwrap(),
            };
            content.timeline =
                vec![told(came, Happening::TakenOver { from: crate::support::VILLAGE }), told("2026-02-26", by_law)];
            content
        };
        let missed = [card(CardKind::Red, CardCause::NotAccepted, "2026-02-25", "2026-02-24")];
        assert_eq!(cards_of(&content("2026-02-11"), 20, "2026-02-26", None), missed);
        assert_eq!(cards_of(&content("2026-02-26"), 20, "2026-02-26", None), []);
    }
}
