//! `tongban case show`: where a case is, both clocks and why its last day is that day, what has happened, why it goes where it
//! goes.

use clap::Args;
use domain::time::CivilDate;
use serde_json::json;

use super::super::route;
use super::{Failure, Named, Output, print, print_json};
use crate::forms;
use crate::words;

/// Where a case is, both clocks, what has happened, and why it goes where it goes.
#[derive(Debug, Args)]
pub(super) struct Show {
    #[command(flatten)]
    named: Named,
    /// Count the days to the last day one by one.
    #[arg(long)]
    why: bool,
    /// In which form.
    #[arg(short, long, value_enum, default_value_t)]
    output: Output,
}

impl Show {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let (client, value) = self.named.holder().await?;
        let case: forms::Case = serde_json::from_value(value.clone()).map_err(Failure::failed)?;
        let route = match (&case.matter, &case.place) {
            (Some(matter), Some(place)) => {
                client.get(&["routes"], &[("matter", &matter.code), ("place", &place.code)]).await.ok()
            }
            _ => None,
        };
        match self.output {
            Output::Json => print_json(&json!({ "case": value, "route": route })),
            Output::Text => {
                let route = route.and_then(|route| serde_json::from_value(route).ok());
                print(render(&case, route.as_ref(), self.why));
            }
        }
        Ok(())
    }
}

fn render(case: &forms::Case, route: Option<&forms::Route>, why: bool) -> String {
    let number = case.number.as_deref().unwrap_or(&case.id);
    let stage = case.stage.as_deref().map_or("unknown", words::stage);
    let mut lines = vec![format!("{number}  {stage}")];
    let mut row = |name: &str, text: String| lines.push(format!("  {name:<10} {text}"));
    if let Some(matter) = &case.matter {
        row("matter", format!("{} {} (catalogue version {})", matter.code, matter.name, matter.version));
    }
    if let Some(place) = &case.place {
        row("about", words::unit(place));
    }
    if let Some(applicant) = &case.applicant {
        row("applicant", format!("{} {}", applicant.name, applicant.identifier));
    }
    if !case.materials.is_empty() {
        row("materials", case.materials.join(" · "));
    }
    if let (Some(receiver), Some(at)) = (&case.receiver, &case.collected_at) {
        let legal = match &case.received_at {
            Some(legal) if legal != at => format!("; legal receipt {}", words::moment(legal)),
            Some(_) => String::new(),
            None => "; legal receipt on arrival at the authority".to_owned(),
        };
        let intake = case.intake.as_deref().map(|intake| format!("; {}", words::intake(intake))).unwrap_or_default();
        row("received", format!("{} at {}{intake}{legal}", words::moment(at), words::unit(receiver)));
    }
    if let Some(chosen) = &case.chosen {
        row("chosen", format!("{} by the applicant", words::unit(chosen)));
    }
    row("where", format!("{} {}", words::unit(&case.unit), words::role(&case.role, case.with.as_ref())));
    if case.holder.code != case.unit.code {
        row("", format!("now with {}, as far as is known here", words::unit(&case.holder)));
    }
    if let Some(waiting) = &case.waiting {
        row("waits for", words::waiting(waiting).to_owned());
    }
    if let Some(claim) = &case.claim {
        row("claim", words::claim(claim));
    }
    for past in &case.passed_over {
        row("passed by", format!("{}: {}", words::unit(&past.unit), words::reason(&past.reason)));
    }
    if let Some(refused) = &case.non_acceptance {
        let right = refused.right_authority.as_ref().map(|unit| format!("; turn to {}", words::unit(unit)));
        row("refused", format!("{}{}", refused.reasons, right.unwrap_or_default()));
    }
    if let Some(decision) = &case.decision {
        let what = if decision.granted { "准予 granted" } else { "不予许可 denied" };
        let because = if decision.reasons.is_empty() { String::new() } else { format!(": {}", decision.reasons) };
        let by = format!("{} of {}", decision.body, words::unit(&decision.unit));
        row("decision", format!("{what} {} by {by}{because}", words::moment(&decision.at)));
    }

    lines.push("Clocks".to_owned());
    lines.extend(clocks(case).into_iter().map(|line| format!("  {line}")));
    if let Some(due) = case.due() {
        lines.extend(derivation(case, due, why).into_iter().map(|line| format!("  {line}")));
    }
    lines.push("Timeline".to_owned());
    lines.extend(case.timeline.iter().map(|entry| format!("  {}", words::entry(entry))));
    if let Some(route) = route {
        lines.push("Route, by the catalogue in force here".to_owned());
        lines.extend(route::explain(route).lines().map(|line| format!("  {line}")));
    }
    lines.join("\n")
}

/// The applicant's wait and the authority's time, at the moment of the answer.
fn clocks(case: &forms::Case) -> Vec<String> {
    let mut lines = Vec::new();
    let last = case.timeline.last().map(|entry| entry.at.as_str());
    let until = last.filter(|_| case.is_final).unwrap_or(&case.as_of);
    if let (Some(since), Some(from), Some(to)) =
        (&case.collected_at, case.collected_at.as_deref().and_then(date), date(until))
    {
        let (days, over) = (to.days_since(from), if case.is_final { "; it is over" } else { "" });
        lines.push(format!("applicant   {days} days since first contact on {}{over}", words::moment(since)));
    }
    let decided = case
        .decision
        .as_ref()
        .map(|decision| decision.at.as_str())
        .or_else(|| case.timeline.iter().find(|entry| entry.kind == "decided").map(|entry| entry.at.as_str()));
    // What the owner elsewhere tells is known before its content comes back.
    let told = case.timeline.iter().rev().find_map(|entry| entry.due.clone());
    let due = case.due().map(|due| due.date.clone()).or(told);
    lines.push(match (due, decided, case.is_final) {
        (Some(due), Some(at), _) => format!("authority   decided {}; the last day was {due}", words::moment(at)),
        (Some(due), None, false) => format!("authority   to be decided by {due}{}", left(case)),
        (Some(due), None, true) => format!("authority   stopped; the last day was {due}"),
        (None, _, true) => "authority   never began".to_owned(),
        (None, _, false) => "authority   begins with acceptance (受理)".to_owned(),
    });
    if let Some(acceptance) = &case.acceptance {
        lines.push(format!(
            "            accepted {} by {} of {}",
            words::moment(&acceptance.at),
            acceptance.body,
            words::unit(&acceptance.unit)
        ));
    }
    lines
}

/// How many days are left, where they can be counted where the answer comes from.
fn left(case: &forms::Case) -> String {
    match case.clock() {
        Some(clock) if clock.left < 0 => "; it is over".to_owned(),
        Some(clock) => {
            let left = u64::try_from(clock.left).unwrap_or_default();
            format!("; {} left", words::days(left, &clock.due.unit))
        }
        None => String::new(),
    }
}

/// Why the last day is that day.
fn derivation(case: &forms::Case, due: &forms::Due, why: bool) -> Vec<String> {
    let rule = words::days(u64::from(due.days), &due.unit);
    let mut lines = vec![format!("why {}   {rule}, the day of the event {} not counted", due.date, due.from)];
    if due.provisional {
        lines.push("                 provisional: a year that counts has no published calendar yet".to_owned());
    }
    let days = case.clock().map(|clock| &clock.derivation[..]).unwrap_or_default();
    if why {
        lines.extend(days.iter().map(|day| format!("                 {}", counted(day))));
        return lines;
    }
    let named = |kind: &str| {
        let found = days.iter().filter(|day| day.kind == kind);
        let short = |day: &forms::CountedDay| {
            let holiday = day.holiday.as_deref().map(|name| format!(" {name}")).unwrap_or_default();
            format!("{}{holiday}", day.date.get(5..).unwrap_or(&day.date))
        };
        found.map(short).collect::<Vec<_>>().join(", ")
    };
    let shown =
        [("days off", "holiday"), ("weekend days worked", "moved_workday"), ("the clock stood still", "stopped")];
    for (title, kind) in shown {
        let days = named(kind);
        if !days.is_empty() {
            lines.push(format!("                 {title}: {days}"));
        }
    }
    lines
}

/// A day in the count: `2026-02-16 day off (Spring Festival)`.
fn counted(day: &forms::CountedDay) -> String {
    let name = day.holiday.as_deref().unwrap_or_default();
    let what = match day.kind.as_str() {
        "event" => "day of the event, not counted".to_owned(),
        "working" => "working day".to_owned(),
        "moved_workday" => format!("weekend day worked ({name})"),
        "holiday" => format!("day off ({name})"),
        "stopped" => "the clock stood still".to_owned(),
        other => other.to_owned(),
    };
    let number = day.number.map(|number| format!(": {number}")).unwrap_or_default();
    let provisional = if day.provisional { " (calendar not yet published)" } else { "" };
    format!("{} {what}{number}{provisional}", day.date)
}

fn date(moment: &str) -> Option<CivilDate> {
    moment.get(..10)?.parse().ok()
}

#[cfg(test)]
pub(super) mod tests {
    use domain::calendar::{DayCounted, DayKind, WorkCalendar};
    use domain::case::DayUnit;

    use super::*;

    /// A case that the county accepted, over the spring festival.
    pub(in crate::commands::case) fn accepted() -> forms::Case {
        let calendar = WorkCalendar::from_csv(domain::sample::WORKDAYS).0;
        let hash = calendar.hash().to_string();
        let counted = calendar.derive("2026-02-10".parse().unwrap(), 20, DayUnit::Working, &[]).days;
        let day = |day: &DayCounted| {
            let (kind, holiday) = match &day.kind {
                DayKind::Event => ("event", None),
                DayKind::Working => ("working", None),
                DayKind::MovedWorkday(name) => ("moved_workday", Some(name)),
                DayKind::Weekend => ("weekend", None),
                DayKind::Holiday(name) => ("holiday", Some(name)),
                DayKind::Stopped => ("stopped", None),
            };
            let date = day.date.to_string();
            json!({"date": date, "kind": kind, "holiday": holiday, "number": day.number, "provisional": false})
        };
        let days: Vec<_> = counted.iter().map(day).collect();
        let due = json!({"date": "2026-03-16", "from": "2026-02-10", "days": 20, "unit": "working", "calendar": hash, "provisional": false});
        let village = json!({"code": "370811002001", "name": "航运新村居委会"});
        let county = json!({"code": "370811000000", "name": "任城区"});
        serde_json::from_value(json!({
            "id": "0190f6c2-0000-7000-8000-000000000001", "number": "370811002001-260202-A-00001-7",
            "unit": county, "role": "owner", "with": null, "holder": county, "attempt": 2, "stage": "accepted",
            "is_final": false, "waiting": "decide", "claim": {"standing": "granted", "unit": county},
            "matter": {"code": "512012002012", "name": "小餐饮登记", "version": 1},
            "applicant": {"name": "张*", "identifier": "1101**********002X"},
            "place": village, "receiver": village, "intake": "for_authority",
            "collected_at": "2026-02-02T09:15:00.000+08:00", "received_at": "2026-02-02T09:15:00.000+08:00",
            "chosen": null, "materials": ["申请书", "身份证明"], "passed_over": [],
            "acceptance": {"at": "2026-02-10T10:00:00.000+08:00", "unit": county, "body": "11370811MB28586770",
                "due": due},
            "clocks": {"applicant": {}, "authority": {"due": due, "left": 17, "derivation": days}},
            "non_acceptance": null, "decision": null, "closed_at": null, "delivered_at": null,
            "timeline": [
                {"at": "2026-02-02T09:15:00.000+08:00", "unit": village, "sequence": 3, "kind": "received"},
                {"at": "2026-02-10T10:00:00.000+08:00", "unit": county, "sequence": 7, "kind": "accepted", "due": "2026-03-16"}],
            "generation": 1, "changed": 7, "as_of": "2026-02-13T10:00:00.000+08:00",
        }))
        .unwrap()
    }

    #[test]
    fn a_case_shows_both_clocks_and_why_its_last_day_is_that_day() {
        assert_eq!(
            render(&accepted(), None, false),
            "370811002001-260202-A-00001-7  受理 accepted\n  \
             matter     512012002012 小餐饮登记 (catalogue version 1)\n  \
             about      航运新村居委会 (370811 002 001)\n  \
             applicant  张* 1101**********002X\n  \
             materials  申请书 · 身份证明\n  \
             received   2026-02-02 09:15:00 at 航运新村居委会 (370811 002 001); day 0 is the day at the counter\n  \
             where      任城区 (370811 000 000) has it and may act on it\n  \
             waits for  an officer to decide\n  \
             claim      唯一在办权 granted by home 任城区 (370811 000 000)\n\
             Clocks\n  \
             applicant   11 days since first contact on 2026-02-02 09:15:00\n  \
             authority   to be decided by 2026-03-16; 17 working days left\n              \
             accepted 2026-02-10 10:00:00 by 11370811MB28586770 of 任城区 (370811 000 000)\n  \
             why 2026-03-16   20 working days, the day of the event 2026-02-10 not counted\n                   \
             days off: 02-15 Spring Festival, 02-16 Spring Festival, 02-17 Spring Festival, 02-18 Spring Festival, \
             02-19 Spring Festival, 02-20 Spring Festival, 02-21 Spring Festival, 02-22 Spring Festival, 02-23 Spring Festival\n                   \
             weekend days worked: 02-14 Spring Festival, 02-28 Spring Festival\n\
             Timeline\n  \
             2026-02-02 09:15:00  航运新村居委会  收件 received\n  \
             2026-02-10 10:00:00  任城区  受理 accepted, due 2026-03-16"
        );
    }

    #[test]
    fn days_are_counted_one_by_one_on_request_where_the_unit_can_count_them() {
        let mut case = accepted();
        let text = render(&case, None, true);
        assert!(text.contains("2026-03-16 working day: 20"), "{text}");
        case.clocks = None;
        let text = render(&case, None, true);
        assert!(text.contains("to be decided by 2026-03-16\n") && !text.contains("working day: 20"), "{text}");
    }

    #[test]
    fn a_case_that_left_shows_what_its_owner_told() {
        let mut case = accepted();
        (case.acceptance, case.clocks) = (None, None);
        case.unit = case.receiver.clone().unwrap();
        case.role = "gone".into();
        case.with = Some(case.holder.clone());
        let text = render(&case, None, false);
        assert!(text.contains("handed it over to 任城区"), "{text}");
        assert!(text.contains("now with 任城区 (370811 000 000), as far as is known here"), "{text}");
        assert!(text.contains("authority   to be decided by 2026-03-16\n"), "{text}");
    }
}
