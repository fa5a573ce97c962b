//! Tables: the vectors of domain.md, one per rule; refusals in their order; properties over every interleaving.

use proptest::prelude::*;

use super::*;
use crate::calendar::WorkCalendar;
use crate::case::{DayUnit, Intake};
use crate::catalogue::LimitDays;
use crate::identifiers::CreditCode;
use crate::time::{CivilDate, Timestamp};

fn official() -> Organs {
    Organs::national(WorkCalendar::from_csv(crate::sample::WORKDAYS).0)
}

fn day(text: &str) -> CivilDate {
    text.parse().unwrap()
}

fn at(text: &str, minutes: i64) -> Timestamp {
    day(text).begins_at().plus_millis(minutes * 60_000)
}

fn organ(place: &str) -> CreditCode {
    crate::catalogue::rules::body(place.parse().unwrap(), "行政审批服务局").unwrap()
}

fn working(days: u16) -> LimitDays {
    LimitDays { days, unit: DayUnit::Working }
}

fn terms() -> Terms {
    Terms {
        regime: LegalRegime::Licence,
        intake: Intake::ForAuthority,
        organ: organ("370811"),
        cut_off: None,
        joint: false,
        reviews: 0,
        review: None,
        site_check: None,
        promised: None,
        decision: None,
    }
}

/// Received and accepted on one day, which is a working day's noon.
fn accepted<'a>(terms: Terms, organs: &'a Organs, on: &str) -> Timeline<'a> {
    let mut timeline = Timeline::begin(terms, organs, at(on, 720));
    timeline.record(&Act::Accepted { on: day(on) }).unwrap();
    timeline
}

fn due(timeline: &Timeline<'_>, rule: Rule) -> String {
    let shown = timeline.clocks(day("2026-02-10")).limits;
    let due = shown.iter().rev().find(|shown| shown.rule == rule).unwrap().reckoned.due;
    match due.is_provisional() {
        true => format!("{}..{}", due.earliest, due.latest),
        false => due.earliest.to_string(),
    }
}

fn stop(on: &str, days: u16) -> Act {
    let notice =
        StopNotice { kind: Some(Procedure::Appraisal), basis: "条例第9条".to_owned(), told: Some(working(days)) };
    Act::Stopped { on: day(on), notice }
}

fn extended(on: &str, days: u16, by: Approver) -> Act {
    Act::Extended { on: day(on), days, by, reason: "案情复杂".to_owned() }
}

#[test]
fn the_vectors_of_the_domain() {
    let organs = official();
    for (start, rows) in [
        ("2026-02-10", ["02-24", "03-02", "03-16", "03-30", "04-21"]),
        ("2025-09-24", ["09-30", "10-14", "10-28", "11-11", "12-02"]),
    ] {
        for (days, end) in [5, 10, 20, 30, 45].into_iter().zip(rows) {
            let found = reckon(day(start), working(days), &[], &|_| &organs.national).due;
            assert_eq!(found, DateRange::exact(day(&format!("{}-{end}", &start[..4]))), "{start} + {days}");
        }
    }
    let mut timeline = accepted(terms(), &organs, "2026-02-10");
    timeline.record(&stop("2026-02-13", 30)).unwrap();
    timeline.record(&Act::Resumed { on: day("2026-03-04") }).unwrap();
    assert_eq!(due(&timeline, Rule::Decision), "2026-03-27");
}

#[test]
fn a_vector_for_every_rule() {
    let organs = official();
    let base = terms();
    // rule, terms, acts after receipt on 2026-02-10, last day
    let accept = || Act::Accepted { on: day("2026-02-10") };
    let reviewed = Terms { reviews: 1, ..base.clone() };
    let joint = Terms { joint: true, ..base.clone() };
    let promising = Terms { promised: Some(working(10)), ..base.clone() };
    let up = || vec![accept(), Act::SentUp { on: day("2026-02-24") }];
    let came = || [up(), vec![Act::CameUp { on: day("2026-03-02"), to: organ("370800") }]].concat();
    let hearing = || vec![accept(), Act::HearingOffered { on: day("2026-02-10") }];
    let asked = || [hearing(), vec![Act::HearingAsked { on: day("2026-02-24") }]].concat();
    for (rule, terms, acts, expected) in [
        (Rule::GapsTold, &base, vec![], "2026-02-24"),
        (Rule::Decision, &base, vec![accept()], "2026-03-16"),
        (Rule::Decision, &base, vec![accept(), extended("2026-03-16", 10, Approver::OrganHead)], "2026-03-30"),
        (Rule::JointDecision, &joint, vec![accept()], "2026-04-21"),
        (
            Rule::JointDecision,
            &joint,
            vec![accept(), extended("2026-03-16", 15, Approver::GovernmentHead)],
            "2026-05-14",
        ),
        (Rule::LowerReview, &reviewed, up(), "2026-03-16"),
        (Rule::Decision, &reviewed, came(), "2026-03-30"),
        (Rule::Promised, &promising, vec![accept()], "2026-03-02"),
        (Rule::Promised, &promising, vec![accept(), stop("2026-02-13", 3)], "2026-03-05"),
        (Rule::Delivery, &base, vec![accept(), Act::Decided { on: day("2026-02-10") }], "2026-03-02"),
        (Rule::HearingAsked, &base, hearing(), "2026-02-24"),
        (Rule::HearingHeld, &base, asked(), "2026-03-23"),
    ] {
        let mut timeline = Timeline::begin(terms.clone(), &organs, at("2026-02-10", 720));
        for act in &acts {
            timeline.record(act).unwrap_or_else(|refusal| panic!("{rule:?}: {refusal}"));
        }
        assert_eq!(due(&timeline, rule), expected, "{rule:?} after {acts:?}");
    }
    assert_eq!(notice_day(day("2026-03-16"), 7, &organs.national), DateRange::exact(day("2026-03-05")));
    let (asked_in_time, asked_late) = (Some(day("2026-03-01")), Some(day("2026-03-02")));
    for (asked, decided, today, deemed) in [
        (asked_in_time, None, "2026-04-01", Some("2026-03-31")),
        (asked_in_time, None, "2026-03-31", None),
        (asked_late, None, "2026-04-01", None),
        (asked_in_time, Some("2026-03-31"), "2026-04-01", None),
        (asked_in_time, Some("2026-04-01"), "2026-04-02", Some("2026-03-31")),
        (None, None, "2026-04-01", None),
    ] {
        let found = renewal(day("2026-03-31"), asked, decided.map(day), day(today));
        assert_eq!(found, (day("2026-03-01"), deemed.map(day)), "{asked:?} {decided:?} {today}");
    }
}

#[test]
fn a_matter_runs_by_its_type() {
    let list = crate::catalogue::import::MatterList::from_csv(include_bytes!("../../data/county-matters.csv"));
    let (mut licences, mut others) = (0, 0);
    for row in &list.rows {
        let matter = crate::catalogue::rules::matter(row, 60);
        match LegalRegime::of(&matter, "设定依据") {
            LegalRegime::Licence => licences += 1,
            cited => {
                others += 1;
                assert_eq!(cited.limit(Rule::Decision), Some((matter.statutory_limit, None)));
                assert_eq!((cited.limit(Rule::GapsTold), cited.deems()), (None, false));
                assert!(!cited.stops_for(Procedure::Hearing));
            }
        }
    }
    assert_eq!((licences, others), (536, 599));
}

#[test]
fn where_the_clock_starts() {
    let organs = official();
    let cut = Terms { cut_off: Some(CutOff { minutes: 17 * 60 }), ..terms() };
    let courier = Terms { intake: Intake::Courier, ..terms() };
    let wrong = || vec![Act::Redirected { at: at("2026-03-05", 600), to: organ("370800") }];
    // terms, minute of filing on 2026-03-02, acts, day 0
    for (terms, minute, acts, from) in [
        (terms(), 1439, vec![], "2026-03-02"),
        (cut.clone(), 17 * 60, vec![], "2026-03-02"),
        (cut, 17 * 60 + 1, vec![], "2026-03-03"),
        (courier, 600, vec![Act::Arrived { at: at("2026-03-04", 600) }], "2026-03-04"),
        (terms(), 600, wrong(), "2026-03-05"),
    ] {
        let mut timeline = Timeline::begin(terms, &organs, at("2026-03-02", minute));
        acts.iter().for_each(|act| timeline.record(act).unwrap());
        let clocks = timeline.clocks(day("2026-03-05"));
        assert_eq!(clocks.limits.last().map(|shown| shown.from), Some(day(from)));
        assert_eq!((clocks.since, clocks.waited), (day("2026-03-02"), 3));
    }
}

#[test]
fn gaps_that_nobody_tells_accept_from_receipt() {
    let organs = official();
    let cited = |deemed| LegalRegime::Cited {
        rules: [Rule::GapsTold, Rule::Decision]
            .map(|rule| CitedRule { rule, limit: working(5), extension: None, basis: "办法".to_owned() })
            .to_vec(),
        stops: vec![],
        deemed,
    };
    for (regime, accepts) in [(LegalRegime::Licence, true), (cited(true), true), (cited(false), false)] {
        let timeline = Timeline::begin(Terms { regime, ..terms() }, &organs, at("2026-02-10", 720));
        let decision = |today| {
            timeline.clocks(day(today)).limits.iter().find(|shown| shown.rule == Rule::Decision).map(|s| s.from)
        };
        assert_eq!(decision("2026-02-24"), None);
        assert_eq!(decision("2026-02-25"), accepts.then(|| day("2026-02-10")));
    }
    let mut told = Timeline::begin(terms(), &organs, at("2026-02-10", 720));
    let late = Act::GapsTold { on: day("2026-02-25") };
    let by_law = LegalRefusal::AcceptedByLaw { since: day("2026-02-10"), until: day("2026-02-25") };
    assert_eq!(told.record(&late).unwrap_err().code(), by_law.code());
    told.record(&Act::GapsTold { on: day("2026-02-24") }).unwrap();
    told.record(&Act::Supplemented { at: at("2026-03-02", 600) }).unwrap();
    assert_eq!(told.record(&Act::GapsTold { on: day("2026-03-03") }), Err(LegalRefusal::GapsAgain));
}

#[test]
fn a_stop_runs_for_the_period_told() {
    let organs = official();
    let mut timeline = accepted(terms(), &organs, "2026-03-02");
    timeline.record(&stop("2026-03-04", 5)).unwrap();
    assert_eq!(due(&timeline, Rule::Decision), "2026-04-07");
    assert_eq!(timeline.clocks(day("2026-03-20")).warnings, [DateRange::exact(day("2026-03-11"))]);
    let second = |on: &str| Act::Prolonged { on: day(on), reason: "样品复检".to_owned(), told: Some(working(2)) };
    assert_eq!(timeline.clone().record(&second("2026-03-12")).unwrap_err().code(), "legal.not_stopped");
    timeline.record(&second("2026-03-11")).unwrap();
    assert_eq!(due(&timeline, Rule::Decision), "2026-04-09");
    assert_eq!(timeline.record(&second("2026-03-12")), Err(LegalRefusal::ProlongedAgain));
}

#[test]
fn refusals_of_a_stop_in_their_order() {
    let organs = official();
    let notice = |kind, basis: &str, told| StopNotice { kind, basis: basis.to_owned(), told };
    let mut timeline = accepted(terms(), &organs, "2026-03-02");
    let mut refused = |on: &str, kind, basis, told| {
        let act = Act::Stopped { on: day(on), notice: notice(kind, basis, told) };
        timeline.record(&act).map_err(|refusal| (refusal.code(), refusal.article()))
    };
    let hearing = Some(Procedure::Hearing);
    assert_eq!(refused("2026-03-01", None, "", None), Err(("legal.order", "32–44")));
    assert_eq!(refused("2026-03-03", None, "", None), Err(("legal.stop_kind", "45")));
    assert_eq!(refused("2026-03-03", hearing, " ", None), Err(("legal.stop_basis", "45")));
    assert_eq!(refused("2026-03-03", hearing, "x", None), Err(("legal.stop_estimate", "45")));
    assert_eq!(refused("2026-03-03", hearing, "x", Some(working(0))), Err(("legal.stop_estimate", "45")));
    let check = Some(Procedure::SiteCheck);
    assert_eq!(refused("2026-03-03", check, "x", Some(working(3))), Err(("legal.site_check", "34, 45")));
    assert_eq!(refused("2026-03-30", hearing, "x", Some(working(3))), Err(("legal.stop_late", "45")));
    assert_eq!(refused("2026-03-27", hearing, "x", Some(working(3))), Ok(()));
    assert_eq!(refused("2026-03-31", hearing, "x", Some(working(3))), Err(("legal.stop_overlap", "45")));
    let cites = Terms { site_check: Some("消防法".to_owned()), ..terms() };
    let act = Act::Stopped { on: day("2026-03-03"), notice: notice(check, "x", Some(working(3))) };
    assert_eq!(accepted(cites, &organs, "2026-03-02").record(&act), Ok(()));
}

#[test]
fn refusals_of_an_extension_in_their_order() {
    let organs = official();
    let mut timeline = accepted(terms(), &organs, "2026-03-02");
    let head = Approver::OrganHead;
    for (act, code) in [
        (extended("2026-03-03", 11, head), "legal.extension_long"),
        (extended("2026-03-03", 0, head), "legal.extension_long"),
        (extended("2026-03-03", 5, Approver::GovernmentHead), "legal.extension_by"),
        (Act::Extended { on: day("2026-03-03"), days: 5, by: head, reason: String::new() }, "legal.reason_missing"),
        (extended("2026-03-31", 5, head), "legal.extension_late"),
    ] {
        assert_eq!(timeline.record(&act).unwrap_err().code(), code);
    }
    timeline.record(&extended("2026-03-30", 10, head)).unwrap();
    assert_eq!(timeline.record(&extended("2026-03-30", 1, head)), Err(LegalRefusal::ExtensionAgain));
    let mut reviewing = accepted(Terms { reviews: 1, ..terms() }, &organs, "2026-03-02");
    assert_eq!(reviewing.record(&extended("2026-03-03", 1, head)), Err(LegalRefusal::ExtensionNone));
}

#[test]
fn a_hearing_is_announced_and_held_in_time() {
    let organs = official();
    let mut timeline = accepted(terms(), &organs, "2026-03-02");
    timeline.record(&Act::HearingOffered { on: day("2026-03-02") }).unwrap();
    let asked = |on: &str| Act::HearingAsked { on: day(on) };
    assert_eq!(timeline.clone().record(&asked("2026-03-10")).unwrap_err().code(), "legal.hearing_late");
    timeline.record(&asked("2026-03-09")).unwrap();
    let set = |on: &str, held: &str| Act::HearingSet { on: day(on), held: day(held) };
    assert_eq!(
        timeline.record(&set("2026-03-10", "2026-04-08")),
        Err(LegalRefusal::HearingFar { by: day("2026-04-07") })
    );
    let notice = LegalRefusal::HearingNotice { held: day("2026-03-18"), by: day("2026-03-09") };
    assert_eq!(timeline.record(&set("2026-03-10", "2026-03-18")), Err(notice));
    assert_eq!(timeline.record(&set("2026-03-10", "2026-03-19")), Ok(()));
}

/// Every range that an unpublished calendar gives holds the day that the calendar gave in the end.
#[test]
fn ranges_held_what_came() {
    let organs = official();
    let mut open = 0;
    for year in 2020..=2026 {
        let before = organs.national.before_publication_of(year);
        let first = CivilDate::new(year - 1, 11, 1).unwrap();
        for ahead in 0..400 {
            let from = first.plus_days(ahead);
            for days in [1, 5, 10, 20, 30, 45] {
                let range = reckon(from, working(days), &[], &|_| &before).due;
                let came = reckon(from, working(days), &[], &|_| &organs.national).due;
                // What 2027 will say is not known: only days that published calendars decide are judged.
                if came.is_provisional() {
                    continue;
                }
                open += u32::from(range.is_provisional());
                let holds = range.earliest <= came.earliest && came.earliest <= range.latest;
                assert!(holds, "{from} + {days}: {range:?}, and it was {}", came.earliest);
            }
        }
    }
    assert!(open > 1000, "{open} ranges were open");
}

#[test]
fn a_calendar_that_arrives_tells_old_and_new() {
    let organs = official();
    let before = Organs::national(organs.national.before_publication_of(2026));
    let mut timeline = accepted(terms(), &before, "2026-01-26");
    timeline.record(&stop("2026-01-28", 5)).unwrap();
    let (rule, old, new) = recomputed(&timeline, &organs)[0];
    assert_eq!((rule, old.is_provisional()), (Rule::Decision, true));
    assert_eq!(new, DateRange::exact(day("2026-03-06")));
    assert!(old.earliest <= new.earliest && new.latest <= old.latest, "{old:?}");
    assert_eq!(recomputed(&timeline.under(&organs), &organs), []);
}

#[test]
fn a_derivation_is_told_in_both_languages() {
    let organs = official();
    let told = intervals(&reckon(day("2026-02-13"), working(2), &[], &|_| &organs.national).days);
    let lines: Vec<_> =
        told.iter().map(|run| format!("{} {} {:?} {}", run.first, run.last, run.numbers, run.words.zh)).collect();
    assert_eq!(
        lines,
        [
            "2026-02-13 2026-02-13 None 事件当日,不计入",
            "2026-02-14 2026-02-14 Some((1, 1)) 调休上班(春节)",
            "2026-02-15 2026-02-23 None 放假(春节)",
            "2026-02-24 2026-02-24 Some((2, 2)) 工作日(第82条)"
        ]
    );
    assert_eq!(told[2].words.en, "day off (Spring Festival)");
}

proptest! {
    /// Whatever stops and moves between equal authorities come in between, exactly the limit's days are counted; what is counted,
    /// stopped or off makes up all days; and without its stopped days the clock is the one without stops.
    #[test]
    fn legal_days_are_conserved(
        start in 0_i32..1900,
        own in prop::collection::vec((0_i32..90, any::<bool>()), 0..6),
        steps in prop::collection::vec((0_i32..6, 0_u8..3, 1_u16..9), 0..10),
    ) {
        let national = official().national;
        let from = day("2020-06-01").plus_days(start);
        let rows: std::collections::BTreeMap<_, _> = own.iter().map(|(ahead, worked)| {
            let date = from.plus_days(*ahead);
            (date, if *worked && date.is_weekend() { "workday" } else { "holiday" })
        }).collect();
        let rows: String = rows.iter().map(|(date, kind)| format!("{date},{kind},Own\n")).collect();
        let own = WorkCalendar::from_csv(format!("date,kind,holiday\n{rows}").as_bytes()).0;
        let with_own = national.with_own(&own);
        let organs = Organs { national, own: [(organ("370800"), with_own)].into() };
        let mut timeline = Timeline::begin(terms(), &organs, from.begins_at());
        timeline.record(&Act::Accepted { on: from }).unwrap();
        let (mut date, mut legs, mut stops) = (from, vec![(from, organ("370811"))], Vec::new());
        for (ahead, what, days) in steps {
            date = date.plus_days(ahead);
            let to = organ(if what == 0 { "370800" } else { "370811" });
            let act = match what {
                0 | 1 => Act::Moved { left: date, arrived: date, to: to.clone() },
                _ => stop(&date.to_string(), days),
            };
            if timeline.record(&act).is_ok() {
                match act {
                    Act::Moved { .. } => legs.push((date, to)),
                    _ => stops.push((date, days)),
                }
            }
        }
        let shown = timeline.clocks(from).limits.pop().unwrap();
        let all = &shown.reckoned.days;
        let counted = all.iter().filter(|day| day.number.is_some()).count();
        prop_assert_eq!(counted, 20);
        prop_assert_eq!(all.len() as i32, shown.reckoned.due.earliest.days_since(from) + 1);
        // By hand: days worked at whoever has the case, less those of the periods told, each by its teller's calendar.
        let calendar = |date: CivilDate| {
            organs.of(legs.iter().rev().find(|(since, _)| *since < date).map(|(_, organ)| organ))
        };
        let stopped: std::collections::BTreeSet<_> = stops.iter().flat_map(|(after, days)| {
            let teller = calendar(*after);
            let mut left = *days;
            (1..).map(move |ahead| after.plus_days(ahead)).take_while(move |date| {
                let takes = left > 0;
                left -= u16::from(takes && teller.is_working_day(*date));
                takes
            })
        }).collect();
        for day in &all[1..] {
            let counts = calendar(day.date).is_working_day(day.date) && !stopped.contains(&day.date);
            prop_assert_eq!(day.number.is_some(), counts, "{}", day.date);
        }
    }
}
