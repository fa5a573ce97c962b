//! The words of the terminal: legal terms in both languages, as the glossary has them. An unknown name of a later release is
//! shown as it is.

use crate::forms::{Claim, Concern, Entry, FoundBy, Limit, Unit};

/// How far a case has got.
pub(crate) fn stage(name: &str) -> &str {
    match name {
        "received" => "收件 received",
        "accepted" => "受理 accepted",
        "not_accepted" => "不予受理 not accepted",
        "decided" => "决定 decided",
        "closed" => "办结 closed",
        "delivered" => "送达 delivered",
        "withdrawn" => "撤回 withdrawn",
        "terminated" => "终止 ended as a duplicate",
        "awaiting_supplement" => "待补正 waiting for what is missing",
        "lapsed" => "逾期终止 over, as it was not brought in time",
        "sent_up" => "已转报 reviewed and sent up",
        other => other,
    }
}

/// What a case waits for.
pub(crate) fn waiting(name: &str) -> &str {
    match name {
        "route" => "an authority is being found",
        "prepare" => "what was offered is being fetched",
        "await_answer" => "the authority's answer",
        "accept" => "an officer to accept it",
        "decide" => "an officer to decide",
        "close" => "the result to be made",
        "return" => "its way back to where it was received",
        "deliver" => "someone to hand the result over",
        "await_commit" => "the sender's decision",
        "await_claim" => "the claim, from its home",
        "supplement" => "the applicant, to fill the gaps",
        "complete" => "the applicant, to bring what is to follow",
        "check_promise" => "an officer, to check what was promised",
        "revoke" => "an officer, to revoke what was granted on a broken promise",
        "step" => "officers, to do the listed steps whose turn it is",
        "review" => "an officer, to review it and send it up",
        other => other,
    }
}

/// How serious a card is.
pub(crate) fn card(name: &str) -> &str {
    match name {
        "warning" => "预警 warning",
        "yellow" => "黄牌 yellow card",
        "red" => "红牌 red card",
        other => other,
    }
}

/// What a card is for.
pub(crate) fn card_cause(name: &str) -> &str {
    match name {
        "not_accepted" => "not accepted in time",
        "decision" => "the decision, by the law",
        "promise" => "the decision, as promised",
        "call_back" => "a call to who rated badly",
        "rectification" => "a bad rating, put right or explained",
        "urging" => "the answer to an urging",
        "complaint_acceptance" => "a complaint, accepted or not",
        "complaint_answer" => "the answer to a complaint",
        other => other,
    }
}

/// What was said of a case.
pub(crate) fn concern_kind(of: &Concern) -> &'static str {
    match (of.kind.as_str(), of.ordered) {
        ("rating", _) => "评价 rating",
        ("urging", true) => "督办 order",
        ("urging", false) => "催办 urging",
        _ => "投诉 complaint",
    }
}

/// What is owed to who said something.
pub(crate) fn concern_task(name: &str) -> &str {
    match name {
        "call_back" => "回访 a call-back",
        "rectify" => "整改 to be put right or explained",
        "answer_urging" => "答复 an answer",
        "judge_complaint" => "受理 to be accepted, or not",
        "handle_complaint" => "办理 to be looked into",
        "answer_complaint" => "答复 an answer",
        other => other,
    }
}

/// One thing that was said, and what came of it.
pub(crate) fn concern(of: &Concern) -> String {
    let step = of.step.as_deref().map(|step| format!(" of {}", step.replace('_', " "))).unwrap_or_default();
    let level = of.level.as_deref().map(|level| format!(": {}", level.replace('_', " "))).unwrap_or_default();
    let said = of.words.as_deref().map(|words| format!(": {words}")).unwrap_or_default();
    let mut lines = vec![format!("{}  {}  {}{step}{level}{said}", moment(&of.at), of.given_at.name, concern_kind(of))];
    lines.push(format!("  {}", of.id));
    for event in &of.events {
        let words = event.words.as_deref().map(|words| format!(": {words}")).unwrap_or_default();
        lines.push(format!("  {}  {}  {}{words}", moment(&event.at), event.unit.name, event.what.replace('_', " ")));
    }
    if let Some(task) = &of.waits {
        let due = of.due.as_deref().map(|due| format!(", by {due}")).unwrap_or_default();
        lines.push(format!("  owed by {}: {}{due}", of.with.name, concern_task(task)));
    }
    lines.extend(
        of.cards.iter().map(|of| format!("  {} for {} since {}", card(&of.kind), card_cause(&of.cause), of.on)),
    );
    lines.join("\n")
}

/// What a unit is to a case.
pub(crate) fn role(name: &str, with: Option<&Unit>) -> String {
    let with = with.map_or_else(|| "another unit".to_owned(), |unit| unit.name.clone());
    match name {
        "owner" => "has it and may act on it".to_owned(),
        "offering" => format!("has it and offers it to {with}"),
        "gone" => format!("handed it over to {with}"),
        "offered" => format!("was offered it by {with}"),
        "prepared" => format!("holds it for the decision of {with}"),
        "dropped" => format!("forgot it: {with} has it"),
        other => other.to_owned(),
    }
}

/// How a claim stands.
pub(crate) fn claim(claim: &Claim) -> String {
    let at = unit(&claim.unit);
    match (claim.standing.as_str(), &claim.duplicate_of) {
        ("awaited", _) => format!("唯一在办权 awaited from home {at}: nothing is decided before it is here"),
        ("granted", _) => format!("唯一在办权 granted by home {at}"),
        (_, Some(number)) => {
            let twice = if claim.same_submission == Some(true) { ", one submission sent twice" } else { "" };
            let why = claim.ground.as_deref().map_or("", ground);
            format!("重复件 duplicate of {number} at {at}{twice}: {why}")
        }
        (other, None) => other.to_owned(),
    }
}

/// Why another case for the same thing stands.
pub(crate) fn ground(name: &str) -> &str {
    match name {
        "stands" => "that one is decided, or accepted for good",
        "earlier_receipt" => "that one was received on an earlier day",
        "home" => "both were received on one day, and that one at the claim's home",
        "named_first" => "that one was registered first",
        other => other,
    }
}

/// How first contact counts.
pub(crate) fn intake(name: &str) -> &str {
    match name {
        "for_authority" => "day 0 is the day at the counter",
        "courier" => "day 0 is the day of arrival at the authority",
        other => other,
    }
}

/// Why an offer came to nothing.
pub(crate) fn reason(name: &str) -> &str {
    match name {
        "unanswered" => "no answer within the matter's patience",
        "declined" => "it declined",
        "taken_back" => "the offer was taken back",
        "not_competent" => "said that it is not competent",
        other => other,
    }
}

/// The rule that chose an authority.
pub(crate) fn rule(name: &str) -> &str {
    match name {
        "only_authority" => "it alone may decide this here",
        "nearest" => "several are equal (同权): the nearest goes first, county before city",
        "applicants_choice" => "several are equal (同权): the applicant chose it",
        "next_equal" => "several are equal (同权): those before it were asked in vain",
        "started_again" => "several are equal (同权): all were asked in vain, so it starts again from the nearest",
        "forwarded" => "what is installed here does not cover the place: the city knows every entry and routes on",
        "no_authority" => "nobody may decide this matter for the place",
        "review_first" => "a lower organ reviews first, and a higher one decides (转报)",
        other => other,
    }
}

/// Why a unit may not take a case.
pub(crate) fn ruled_out(name: &str) -> &str {
    match name {
        "other_place" => "implements the matter for other places",
        "not_implemented" => "does not implement the matter",
        "not_flagged_equal" => "not flagged as equal to the nearest, which handles the matter alone (一级办理)",
        "other_exercise" => "its content of exercise (行使内容) differs from the nearest's",
        "chosen_unfit" => "was chosen, but is no equal authority for the place",
        "said_not_competent" => "had the case, and said that it is not competent",
        "not_the_issuer" => "another authority issued the licence",
        "not_on_that_day" => "does not have the power on that day, by its planned dates",
        other => other,
    }
}

/// GB/T 39046 table A.1.
pub(crate) fn matter_type(name: &str) -> &str {
    match name {
        "licence" => "行政许可 licence",
        "grant" => "行政给付 grant",
        "confirmation" => "行政确认 confirmation",
        "reward" => "行政奖励 reward",
        "ruling" => "行政裁决 ruling",
        "other" => "其他行政权力 other",
        "public_service" => "公共服务 public service",
        other => other,
    }
}

/// Why a matter was found by a word; nothing where its name shows it.
pub(crate) fn found(by: &FoundBy) -> Option<String> {
    let word = &by.word;
    Some(match (by.way.as_str(), by.field.as_str()) {
        ("text", "name") => return None,
        ("everyday", _) => format!("({word}: {})", by.means.as_deref().unwrap_or_default()),
        (way, "name") => format!("({word}: {way})"),
        (_, field) => format!("({word}: in its {})", field.replace('_', " ")),
    })
}

/// Whether a material must be there.
pub(crate) fn necessity(name: &str) -> &str {
    match name {
        "required" => "必要 required",
        "optional" => "非必要 optional",
        "may_follow" => "可容缺 may follow",
        other => other,
    }
}

/// A limit, e.g. `20 working days`.
pub(crate) fn limit(limit: &Limit) -> String {
    days(u64::from(limit.days), &limit.unit)
}

/// A number of days of a kind.
pub(crate) fn days(count: u64, unit: &str) -> String {
    let plural = if count == 1 { "day" } else { "days" };
    format!("{count} {unit} {plural}")
}

/// A moment without zone and fractions: every node tells it at UTC+8.
pub(crate) fn moment(text: &str) -> String {
    text.chars().take(19).map(|c| if c == 'T' { ' ' } else { c }).collect()
}

/// A unit for people: `任城区 (370811 000 000)`.
pub(crate) fn unit(unit: &Unit) -> String {
    match unit.code.parse::<domain::ids::UnitId>() {
        Ok(code) => format!("{} ({})", unit.name, code.grouped()),
        Err(_) => format!("{} ({})", unit.name, unit.code),
    }
}

/// One line of a timeline: when, where, what.
pub(crate) fn entry(entry: &Entry) -> String {
    format!("{}  {}  {}", moment(&entry.at), entry.unit.name, happening(entry))
}

fn bound(entry: &Entry) -> String {
    entry.bound.as_deref().map(moment).unwrap_or_default()
}

fn step(entry: &Entry) -> &str {
    entry.step.as_deref().unwrap_or_default()
}

fn licence(entry: &Entry) -> &str {
    entry.licence.as_deref().unwrap_or_default()
}

fn due(entry: &Entry) -> String {
    entry.due.as_deref().map(|due| format!("; due {due}")).unwrap_or_default()
}

/// What the clock stands still for.
fn procedure(name: &str) -> &str {
    match name {
        "hearing" => "听证 a hearing",
        "tender" => "招标 a tender",
        "auction" => "拍卖 an auction",
        "inspection" => "检验 an inspection",
        "testing" => "检测 testing",
        "quarantine" => "检疫 quarantine",
        "appraisal" => "鉴定 an appraisal",
        "expert_review" => "专家评审 an expert review",
        "site_check" => "实地核查 a site check",
        other => other,
    }
}

/// Who approves an extension.
fn approver(name: &str) -> &str {
    match name {
        "organ_head" => "本行政机关负责人 the organ's head",
        "government_head" => "本级人民政府负责人 the government's head",
        other => other,
    }
}

fn happening(entry: &Entry) -> String {
    let other = entry.other.as_ref().map_or("another unit", |unit| unit.name.as_str());
    let because = entry.reasons.as_deref().map(|text| format!(": {text}")).unwrap_or_default();
    match entry.kind.as_str() {
        "received" => "收件 received".to_owned(),
        "offered" => format!("转送 offered to {other}"),
        "regained" => {
            let why = entry.reasons.as_deref().map_or("", reason);
            format!("收回 ours again from {other}: {why}")
        }
        "handed_over" => format!("移交 handed over to {other}"),
        "taken_over" => format!("接收 taken over from {other}"),
        "accepted" => match &entry.due {
            Some(due) => format!("受理 accepted, due {due}"),
            None => "受理 accepted".to_owned(),
        },
        "not_accepted" => match &entry.other {
            Some(right) => format!("不予受理 not accepted{because}; the right authority is {}", right.name),
            None => format!("不予受理 not accepted{because}"),
        },
        "decided" if entry.granted == Some(false) => format!("不予许可 denied{because}"),
        "decided" => format!("准予 granted{because}"),
        "closed" => "办结 the result is made".to_owned(),
        "delivered" => "送达 delivered".to_owned(),
        "withdrawn" => format!("撤回 withdrawn{because}"),
        "declared" => "声明 declared that nothing else is pending".to_owned(),
        "object_named" => "对象 what it is about is recorded, sealed".to_owned(),
        "claim_asked" => format!("申领 the claim was asked for at {other}"),
        "claim_granted" => format!("授予 the claim was granted by {other}"),
        "claim_released" => format!("放弃 the claim was given up to {other}, as another authority is competent"),
        "claim_given_back" => format!("交回 the claim was given back at the call of {other}"),
        "terminated" => {
            let (number, why) = (entry.duplicate_of.as_deref().unwrap_or("another case"), entry.reasons.as_deref());
            format!("终止 ended as a duplicate of {number}: {}", why.map_or("", ground))
        }
        "time_uncertain" => format!("时间存疑 the clock is in doubt: what follows happened after {}", bound(entry)),
        "time_confirmed" => {
            format!("时间确认 the time is certain again: what came before happened before {}", bound(entry))
        }
        "gaps_told" => {
            let gaps: Vec<String> = entry.gaps.iter().map(|gap| format!("{} ({})", gap.material, gap.what)).collect();
            let until = entry.until.as_deref().map(|until| format!(", to be filled by {until}")).unwrap_or_default();
            format!("补正告知 gaps told, once: {}{until}{because}", gaps.join("; "))
        }
        "supplemented" => format!("补正 supplemented: {}", entry.materials.join(", ")),
        "deficit_agreed" => {
            let until = entry.until.as_deref().unwrap_or_default();
            format!(
                "容缺受理 to follow by {until}, at the applicant's request: {}{because}",
                entry.materials.join(", ")
            )
        }
        "completed" => format!("补齐 brought, of what was to follow: {}", entry.materials.join(", ")),
        "lapsed" => format!("逾期终止 over, as what was asked for did not come in time{because}"),
        "passed_on" => format!("移送 passed on to {other}, which is competent{because}"),
        "sent_up" => format!("转报 reviewed, and sent up to {other}"),
        "came_up" => format!("转报到达 came up{}", due(entry)),
        "step_done" => format!("环节 {} done by {}", step(entry), entry.by.as_deref().unwrap_or_default()),
        "hearing_offered" => {
            format!(
                "告知听证权利 a hearing can be asked for until {}{because}",
                entry.until.as_deref().unwrap_or_default()
            )
        }
        "hearing_asked" => format!("申请听证 asked for, to be held by {}", entry.until.as_deref().unwrap_or_default()),
        "hearing_set" => format!(
            "听证通知 the hearing is on {}, chaired by {}{because}",
            entry.held.as_deref().unwrap_or_default(),
            entry.by.as_deref().unwrap_or_default()
        ),
        "hearing_held" => "听证笔录 the hearing was held".to_owned(),
        "stepped_back" => format!("退回 sent back to {}", step(entry)),
        "about_licence" => format!("about licence {}: {}", licence(entry), entry.act.as_deref().unwrap_or_default()),
        "promised" => format!("告知承诺 promised, in place of: {}", entry.materials.join(", ")),
        "licence_issued" => {
            let until = entry.until.as_deref().map(|day| format!(", good until {day}")).unwrap_or_default();
            let check = entry.due.as_deref().map(|day| format!("; promise to be checked by {day}")).unwrap_or_default();
            format!("签发 licence {} issued{until}{check}", licence(entry))
        }
        "renewed_by_law" => format!("视为准予延续 licence {} renewed by law", licence(entry)),
        "promise_checked" if entry.kept == Some(true) => format!("核查 the promise is kept{because}"),
        "promise_checked" => format!("核查 the promise is broken{because}"),
        "licence_revoked" => format!("撤销 licence {} revoked{because}", licence(entry)),
        "licence_cancelled" => format!("注销 licence {} given up", licence(entry)),
        "files_came" => format!("电子文件 files came of: {}", entry.materials.join(", ")),
        "licence_ended" => format!("the last day of licence {} has passed", licence(entry)),
        "accepted_by_law" => {
            let since = entry.since.as_deref().unwrap_or_default();
            format!("视为受理 accepted by law since {since}, as no gaps were told in time{}", due(entry))
        }
        "clock_stopped" => format!(
            "停止计时 the clock stands still until {} for {}{because}{}",
            entry.until.as_deref().unwrap_or_default(),
            entry.procedure.as_deref().map_or("a procedure", procedure),
            due(entry)
        ),
        "stop_prolonged" => {
            let until = entry.until.as_deref().unwrap_or_default();
            format!("延长停止 the clock stands still for longer, until {until}{because}{}", due(entry))
        }
        "clock_resumed" => format!("恢复计时 the procedure is over, counting goes on{}", due(entry)),
        "stop_expired" => format!("恢复计时 the time told is over, counting goes on by itself{}", due(entry)),
        "limit_extended" => {
            let more = entry.days.unwrap_or_default();
            let by = entry.approved_by.as_deref().map_or("its approver", approver);
            format!("延长期限 extended by {more} days, approved by {by}{because}{}", due(entry))
        }
        unknown => format!("{unknown}{because}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timeline_is_told_in_words() {
        let json = r#"[
            {"at":"2026-02-02T09:15:00.123+08:00","unit":{"code":"370811002001","name":"航运新村居委会"},"sequence":3,"kind":"received"},
            {"at":"2026-02-02T09:15:01.000+08:00","unit":{"code":"370811002001","name":"航运新村居委会"},"sequence":4,"kind":"offered",
             "other":{"code":"370811000000","name":"任城区"}},
            {"at":"2026-02-02T09:15:21.000+08:00","unit":{"code":"370811002001","name":"航运新村居委会"},"sequence":5,"kind":"regained",
             "other":{"code":"370811000000","name":"任城区"},"reasons":"unanswered"},
            {"at":"2026-02-02T10:00:00.000+08:00","unit":{"code":"370800000000","name":"济宁市"},"sequence":9,"kind":"accepted","due":"2026-03-09"},
            {"at":"2026-02-03T10:00:00.000+08:00","unit":{"code":"370800000000","name":"济宁市"},"sequence":10,"kind":"decided","granted":false,"reasons":"不符合条件"},
            {"at":"2026-02-03T11:00:00.000+08:00","unit":{"code":"370800000000","name":"济宁市"},"sequence":11,"kind":"later_kind"},
            {"at":"2026-02-03T12:00:00.000+08:00","unit":{"code":"370800000000","name":"济宁市"},"sequence":12,"kind":"terminated",
             "other":{"code":"370811000000","name":"任城区"},"reasons":"earlier_receipt","duplicate_of":"370811000000-260202-A-00001-3"}]"#;
        let entries: Vec<Entry> = serde_json::from_str(json).unwrap();
        let told: Vec<String> = entries.iter().map(entry).collect();
        assert_eq!(
            told,
            [
                "2026-02-02 09:15:00  航运新村居委会  收件 received",
                "2026-02-02 09:15:01  航运新村居委会  转送 offered to 任城区",
                "2026-02-02 09:15:21  航运新村居委会  收回 ours again from 任城区: no answer within the matter's patience",
                "2026-02-02 10:00:00  济宁市  受理 accepted, due 2026-03-09",
                "2026-02-03 10:00:00  济宁市  不予许可 denied: 不符合条件",
                "2026-02-03 11:00:00  济宁市  later_kind",
                "2026-02-03 12:00:00  济宁市  终止 ended as a duplicate of 370811000000-260202-A-00001-3: \
                 that one was received on an earlier day",
            ]
        );
    }
}
