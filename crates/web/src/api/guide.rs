//! What a matter's guide and a body's entry say beside what every list has, as programs read it. What is not filled is left out.

use std::collections::BTreeSet;

use domain::catalogue::{ClosedSet, Delegation, Guide, Particulars};
use domain::time::CivilDate;
use serde::Serialize;
use utoipa::ToSchema;

use crate::places::Places;

use super::form::UnitForm;
use super::guide_parts::{
    BasisForm, CardRuleForm, ConditionForm, FeeForm, HandlingOrganForm, IntermediaryServiceForm, JointBodyForm,
    OwnListForm, QuantityLimitForm, QuestionForm, RatingRuleForm, ResultPaperForm, ServicePlaceForm,
    SpecialProcedureForm, StepForm, StepPostForm, TopicForm, VisitsForm, key, limit, texts,
};
use super::matters::LimitForm;

/// What a matter's guide says beside name, limits and materials, alike for every body that implements it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = GuideElements)]
pub(crate) struct ElementsForm {
    /// `instant` or `promised`.
    #[serde(skip_serializing_if = "Option::is_none")]
    case_kind: Option<&'static str>,
    /// Why there is such a matter at all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    bases: Vec<BasisForm>,
    /// 法定办结时限说明
    #[serde(skip_serializing_if = "String::is_empty")]
    statutory_note: String,
    /// 承诺办结时限说明
    #[serde(skip_serializing_if = "String::is_empty")]
    promised_note: String,
    /// All conditions.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    conditions: Vec<ConditionForm>,
    /// All steps; two after the same one are parallel branches.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    flow: Vec<StepForm>,
    /// All fees.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fees: Vec<FeeForm>,
    /// All procedures that may stop the clock.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    special_procedures: Vec<SpecialProcedureForm>,
    /// 中介服务
    #[serde(skip_serializing_if = "Vec::is_empty")]
    intermediary_services: Vec<IntermediaryServiceForm>,
    /// 数量限制
    #[serde(skip_serializing_if = "Option::is_none")]
    quantity_limit: Option<QuantityLimitForm>,
    /// What the applicant gets.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    results: Vec<ResultPaperForm>,
    /// `natural_person`, `enterprise`, `institution`, `social_organisation`, `organ`, `other_organisation`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    service_objects: Vec<&'static str>,
    /// Under which headings people look for it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    topics: Vec<TopicForm>,
    /// From how far away it can be handed in: `nationwide`, `cross_province`, `cross_city` or `cross_county`.
    #[serde(skip_serializing_if = "Option::is_none")]
    cross_region: Option<&'static str>,
    /// How often the applicant must come.
    #[serde(skip_serializing_if = "Option::is_none")]
    visits: Option<VisitsForm>,
    /// `telephone`, `letter`, `mail`, `web`, `counter`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    contact_ways: Vec<&'static str>,
    /// 常见问题
    #[serde(skip_serializing_if = "Vec::is_empty")]
    questions: Vec<QuestionForm>,
    /// The first day on which it can be applied for.
    #[serde(skip_serializing_if = "Option::is_none")]
    planned_from: Option<String>,
    /// The last day.
    #[serde(skip_serializing_if = "Option::is_none")]
    planned_until: Option<String>,
    /// When a case gets a card.
    #[serde(skip_serializing_if = "Option::is_none")]
    cards: Option<CardRuleForm>,
    /// What a bad rating sets going.
    #[serde(skip_serializing_if = "Option::is_none")]
    ratings: Option<RatingRuleForm>,
}

impl From<&Guide> for ElementsForm {
    fn from(of: &Guide) -> Self {
        Self {
            case_kind: of.case_kind.map(key),
            bases: forms(&of.bases),
            statutory_note: of.statutory_note.clone(),
            promised_note: of.promised_note.clone(),
            conditions: forms(&of.conditions),
            flow: forms(&of.flow),
            fees: forms(&of.fees),
            special_procedures: forms(&of.special_procedures),
            intermediary_services: forms(&of.intermediary_services),
            quantity_limit: of.quantity_limit.as_ref().map(Into::into),
            results: forms(&of.results),
            service_objects: keys(&of.service_objects),
            topics: forms(&of.topics),
            cross_region: of.cross_region.map(key),
            visits: of.visits.as_ref().map(Into::into),
            contact_ways: keys(&of.contact_ways),
            questions: forms(&of.questions),
            planned_from: day(of.planned.from),
            planned_until: day(of.planned.until),
            cards: of.cards.as_ref().map(Into::into),
            ratings: of.ratings.as_ref().map(Into::into),
        }
    }
}

/// What a body's own list says of a matter beside who acts and why.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = EntryParticulars)]
pub(crate) struct ParticularsForm {
    /// 业务办理项编码
    #[serde(skip_serializing_if = "Option::is_none")]
    service_item_code: Option<String>,
    /// `nation`, `province`, `city`, `county`, `township`, `village` or `graded`.
    #[serde(skip_serializing_if = "Option::is_none")]
    tier: Option<&'static str>,
    /// Which part of a graded power is this tier's.
    #[serde(skip_serializing_if = "String::is_empty")]
    division_of_power: String,
    /// `statutory`, `authorised`, `delegated` or `other`.
    #[serde(skip_serializing_if = "Option::is_none")]
    body_nature: Option<&'static str>,
    /// The body answers to its own line above.
    vertical: bool,
    /// 承办机构
    #[serde(skip_serializing_if = "Option::is_none")]
    handling_organ: Option<HandlingOrganForm>,
    /// 共同实施部门
    #[serde(skip_serializing_if = "Vec::is_empty")]
    joint_bodies: Vec<JointBodyForm>,
    /// The divisions whose people and things it is for; the unit's own where it is left out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    jurisdiction: Vec<UnitForm>,
    /// Where this body promises less than the matter says.
    #[serde(skip_serializing_if = "Option::is_none")]
    promised_limit: Option<LimitForm>,
    /// Who does the matter's steps here.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    posts: Vec<StepPostForm>,
    /// Who else decides in this body's name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    delegations: Vec<DelegationForm>,
    /// What the body's own list says.
    #[serde(skip_serializing_if = "Option::is_none")]
    own_list: Option<OwnListForm>,
    /// The first day of the power.
    #[serde(skip_serializing_if = "Option::is_none")]
    planned_from: Option<String>,
    /// The last day.
    #[serde(skip_serializing_if = "Option::is_none")]
    planned_until: Option<String>,
    /// How it is handed in: `window`, `web`, `mobile`, `post`, `kiosk`, `other`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    forms: Vec<&'static str>,
    /// 是否支持预约办理
    appointment: bool,
    /// 是否支持网上支付
    online_payment: bool,
    /// 是否支持物流快递
    courier_delivery: bool,
    /// 网办地址
    #[serde(skip_serializing_if = "Option::is_none")]
    online_address: Option<String>,
    /// Whose system it runs on: `nation`, `province` or `city`.
    #[serde(skip_serializing_if = "Option::is_none")]
    system_tier: Option<&'static str>,
    /// Where and when people are received.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    places: Vec<ServicePlaceForm>,
    /// 咨询电话
    #[serde(skip_serializing_if = "Vec::is_empty")]
    enquiry_telephones: Vec<String>,
    /// 监督电话
    #[serde(skip_serializing_if = "Vec::is_empty")]
    supervision_telephones: Vec<String>,
}

impl ParticularsForm {
    pub(crate) fn new(places: &Places, of: &Particulars) -> Self {
        Self {
            service_item_code: of.service_item_code.as_ref().map(ToString::to_string),
            tier: of.tier.map(key),
            division_of_power: of.division_of_power.clone(),
            body_nature: of.body_nature.map(key),
            vertical: of.vertical,
            handling_organ: of.handling_organ.as_ref().map(Into::into),
            joint_bodies: forms(&of.joint_bodies),
            jurisdiction: of.jurisdiction.iter().map(|unit| UnitForm::new(places, *unit)).collect(),
            promised_limit: limit(of.promised_limit),
            posts: forms(&of.posts),
            delegations: of.delegations.iter().map(|of| DelegationForm::new(places, of)).collect(),
            own_list: of.own_list.as_ref().map(Into::into),
            planned_from: day(of.planned.from),
            planned_until: day(of.planned.until),
            forms: keys(&of.service.forms),
            appointment: of.service.appointment,
            online_payment: of.service.online_payment,
            courier_delivery: of.service.courier_delivery,
            online_address: of.service.online_address.as_ref().map(ToString::to_string),
            system_tier: of.service.system_tier.map(key),
            places: forms(&of.service.places),
            enquiry_telephones: texts(&of.service.enquiry_telephones),
            supervision_telephones: texts(&of.service.supervision_telephones),
        }
    }
}

/// Another organ decides in the body's name.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Delegation)]
pub(crate) struct DelegationForm {
    /// Where the delegate sits.
    to_unit: UnitForm,
    /// `organ`, `organisation`, `village_committee` or `outlet`.
    to_nature: &'static str,
    /// Its name.
    to_name: String,
    /// Its credit code.
    #[serde(skip_serializing_if = "Option::is_none")]
    to_code: Option<String>,
    /// The law, regulation or rule that allows it.
    #[serde(skip_serializing_if = "String::is_empty")]
    basis: String,
    /// The announcement.
    #[serde(skip_serializing_if = "String::is_empty")]
    instrument: String,
    /// What of the power it covers.
    #[serde(skip_serializing_if = "String::is_empty")]
    scope: String,
    /// First day.
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<String>,
    /// Last day.
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<String>,
}

impl DelegationForm {
    fn new(places: &Places, of: &Delegation) -> Self {
        Self {
            to_unit: UnitForm::new(places, of.to_unit),
            to_nature: key(of.to_nature),
            to_name: of.to_name.clone(),
            to_code: of.to_code.as_ref().map(ToString::to_string),
            basis: of.basis.clone(),
            instrument: of.instrument.clone(),
            scope: of.scope.clone(),
            from: day(of.from),
            until: day(of.until),
        }
    }
}

fn keys<T: ClosedSet>(members: &BTreeSet<T>) -> Vec<&'static str> {
    members.iter().copied().map(key).collect()
}

fn forms<'a, T, F: From<&'a T>>(values: &'a [T]) -> Vec<F> {
    values.iter().map(Into::into).collect()
}

fn day(day: Option<CivilDate>) -> Option<String> {
    day.map(|day| day.to_string())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use domain::division::DivisionTree;
    use serde_json::{Value, json};

    use super::*;

    /// Names of fields at every depth.
    fn names(value: &Value, into: &mut BTreeSet<String>) {
        match value {
            Value::Object(fields) => {
                for (name, value) in fields {
                    into.insert(name.clone());
                    names(value, into);
                }
            }
            Value::Array(values) => values.iter().for_each(|value| names(value, into)),
            _ => {}
        }
    }

    /// What the catalogue has that the form has under no name; dates, an amount and the service stand one level higher or by another.
    fn missing(catalogue: &Value, form: &Value) -> Vec<String> {
        let (mut of_catalogue, mut of_form) = (BTreeSet::new(), BTreeSet::new());
        names(catalogue, &mut of_catalogue);
        names(form, &mut of_form);
        let other = |name: &str| match name {
            "amount" => "amount_fen".to_owned(),
            "planned" => "planned_from".to_owned(),
            "service" => "forms".to_owned(),
            other => other.to_owned(),
        };
        of_catalogue.into_iter().filter(|name| !of_form.contains(&other(name))).collect()
    }

    #[test]
    fn every_filled_element_of_a_guide_is_told() {
        let limit = json!({"days": 3, "unit": "working"});
        let filled = json!({
            "case_kind": "instant",
            "bases": [{"level": "law", "title": "《食品安全法》", "document_number": "主席令21号", "article": "第三十五条", "text": "国家…"}],
            "statutory_note": "a", "promised_note": "b",
            "conditions": [{"text": "有场所", "basis": "第一条"}],
            "flow": [{"name": "受理", "kind": "accept", "department": "d", "post": "p", "part": "assist", "limit": limit, "after": ["收件"], "standard": "s"}],
            "fees": [{"item": "工本费", "amount": 1000, "per": "件", "basis": "b", "relief": "r"}],
            "special_procedures": [{"kind": "hearing", "basis": "b", "limit": limit}],
            "intermediary_services": [{"name": "检测", "basis": "b"}],
            "quantity_limit": {"most": 5, "rule": "r"},
            "results": [{"name": "许可证", "kind": "licence", "sample_file": "s.pdf"}],
            "service_objects": ["natural_person"],
            "topics": [{"audience": "legal_person", "name": "开办企业", "code": "01"}],
            "cross_region": "cross_city",
            "visits": {"most": 1, "why": "w"},
            "contact_ways": ["web"],
            "questions": [{"question": "q", "answer": "a"}],
            "cards": {"warning_days_before": 3, "yellow_days_before": 2, "red_days_after": 1},
            "ratings": {"call_back_working_days": 2, "rectify_working_days": 10}
        });
        let guide: Guide = serde_json::from_value(filled.clone()).unwrap();
        assert_eq!(serde_json::to_value(&guide).unwrap(), filled, "nothing is empty or unknown");
        let form = serde_json::to_value(ElementsForm::from(&guide)).unwrap();
        assert_eq!(missing(&filled, &form), Vec::<String>::new());
        assert_eq!((&form["fees"][0]["amount_fen"], &form["flow"][0]["kind"]), (&json!(1000), &json!("accept")));
        assert_eq!(serde_json::to_value(ElementsForm::from(&Guide::default())).unwrap(), json!({}));
    }

    #[test]
    fn every_filled_element_of_an_entry_is_told() {
        let filled = json!({
            "tier": "graded", "division_of_power": "县级以下", "body_nature": "authorised", "vertical": true,
            "handling_organ": {"name": "窗口科"},
            "joint_bodies": [{"name": "消防", "part": "assist"}],
            "jurisdiction": ["370811000000"],
            "promised_limit": {"days": 2, "unit": "calendar"},
            "posts": [{"step": "受理", "department": "d", "post": "p"}],
            "delegations": [{"to_unit": "370811002000", "to_nature": "organ", "to_name": "镇政府", "basis": "b", "instrument": "i", "scope": "s"}],
            "own_list": {"name": "n", "basic_code": "c", "matter_type": "licence", "bases": ["b"]},
            "service": {
                "forms": ["window", "web"], "appointment": true, "online_payment": true, "courier_delivery": true,
                "online_address": "https://example.cn/a", "system_tier": "city",
                "places": [{"name": "大厅", "address": "一路1号", "hours": "9–17"}],
                "enquiry_telephones": ["12345"], "supervision_telephones": ["0537-2345678"]
            }
        });
        let particulars: Particulars = serde_json::from_value(filled.clone()).unwrap();
        assert_eq!(serde_json::to_value(&particulars).unwrap(), filled, "nothing is empty or unknown");
        let (tree, _) = DivisionTree::from_csv(domain::sample::DIVISIONS);
        let form = ParticularsForm::new(&Places(std::sync::Arc::new(tree)), &particulars);
        let form = serde_json::to_value(form).unwrap();
        assert_eq!(missing(&filled, &form), Vec::<String>::new());
        assert_eq!(form["jurisdiction"][0]["name"], "任城区");
        assert_eq!(form["places"][0]["hours"], "9–17");
    }
}
