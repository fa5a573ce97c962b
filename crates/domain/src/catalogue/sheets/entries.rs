//! The table of entries: how each body implements a matter.

use super::cell::Cell;
use super::columns::column_list;
use super::reading::Cells;
use super::{Column, Language};
use crate::catalogue::{Entry, HandlingOrgan, OwnList, Particulars, PlannedDates, PowerSource, Review, Service};

pub(super) const COLUMNS: &[Column] = column_list! {
    matter required "事项编码" "Entry.matter" [];
    matter_name optional "事项名称" "" [];
    unit required "行政单元" "Entry.unit" [];
    body required "实施主体代码" "Entry.body" [12];
    body_name required "实施主体" "Entry.body_name" [11];
    body_nature optional "实施主体性质" "Entry.particulars.body_nature" [13, 14];
    vertical optional "垂直管理" "Entry.particulars.vertical" [];
    implementation_code required "实施编码" "Entry.implementation_code" [3];
    service_item_code optional "业务办理项编码" "Entry.particulars.service_item_code" [];
    tier optional "行使层级" "Entry.particulars.tier" [7, 8];
    division_of_power optional "权限划分" "Entry.particulars.division_of_power" [9];
    exercise required "行使内容" "Entry.exercise" [10];
    same_authority optional "市县同权" "Entry.same_authority" [];
    jurisdiction optional "行政管辖" "Entry.particulars.jurisdiction" [42, 43];
    handling_organ optional "承办机构" "Entry.particulars.handling_organ.name" [25];
    handling_organ_code optional "承办机构代码" "Entry.particulars.handling_organ.code" [26];
    promised_limit optional "本级承诺时限" "Entry.particulars.promised_limit" [18, 19];
    law required "权力依据" "Entry.power.law" [];
    list_entry required "权责清单条目" "Entry.power.list_entry" [];
    instrument required "取得权力的文件" "Entry.power.instrument" [];
    post required "决定岗位" "Entry.power.post" [];
    review_limit optional "初审期限" "Entry.particulars.review.limit" [];
    review_basis optional "初审依据" "Entry.particulars.review.basis" [];
    claim_before_acceptance optional "先核唯一再受理" "Entry.claim_before_acceptance" [];
    forms optional "办理形式" "Entry.particulars.service.forms" [39, 40, 47];
    appointment optional "支持预约办理" "Entry.particulars.service.appointment" [44];
    online_payment optional "支持网上支付" "Entry.particulars.service.online_payment" [45];
    courier_delivery optional "支持物流快递" "Entry.particulars.service.courier_delivery" [46];
    online_address optional "网办地址" "Entry.particulars.service.online_address" [48];
    system_tier optional "运行系统层级" "Entry.particulars.service.system_tier" [49];
    enquiry_telephones optional "咨询电话" "Entry.particulars.service.enquiry_telephones" [53];
    supervision_telephones optional "监督电话" "Entry.particulars.service.supervision_telephones" [54];
    planned_from optional "计划生效日期" "Entry.particulars.planned.from" [];
    planned_until optional "计划取消日期" "Entry.particulars.planned.until" [];
    own_name optional "本级清单名称" "Entry.particulars.own_list.name" [];
    own_code optional "本级清单编码" "Entry.particulars.own_list.basic_code" [];
    own_type optional "本级清单类型" "Entry.particulars.own_list.matter_type" [];
    own_bases optional "本级清单依据" "Entry.particulars.own_list.bases" [];
};

pub(super) fn write(entry: &Entry, matter_name: &str, language: Language) -> Vec<String> {
    let particulars = &entry.particulars;
    let (service, own) = (&particulars.service, particulars.own_list.clone().unwrap_or_default());
    let organ = particulars.handling_organ.clone().unwrap_or_default();
    let review = particulars.review.as_ref();
    vec![
        entry.matter.write(language),
        matter_name.to_owned(),
        entry.unit.write(language),
        entry.body.write(language),
        entry.body_name.clone(),
        particulars.body_nature.write(language),
        particulars.vertical.write(language),
        entry.implementation_code.write(language),
        particulars.service_item_code.write(language),
        particulars.tier.write(language),
        particulars.division_of_power.clone(),
        entry.exercise.clone(),
        entry.same_authority.write(language),
        particulars.jurisdiction.write(language),
        organ.name,
        organ.code.write(language),
        particulars.promised_limit.write(language),
        entry.power.law.clone(),
        entry.power.list_entry.clone(),
        entry.power.instrument.clone(),
        entry.power.post.clone(),
        review.map(|review| review.limit).write(language),
        review.map(|review| review.basis.clone()).unwrap_or_default(),
        entry.claim_before_acceptance.write(language),
        service.forms.write(language),
        service.appointment.write(language),
        service.online_payment.write(language),
        service.courier_delivery.write(language),
        service.online_address.write(language),
        service.system_tier.write(language),
        service.enquiry_telephones.write(language),
        service.supervision_telephones.write(language),
        particulars.planned.from.write(language),
        particulars.planned.until.write(language),
        own.name,
        own.basic_code,
        own.matter_type.write(language),
        own.bases.write(language),
    ]
}

/// An entry without the rows below it.
pub(super) fn read(cells: &mut Cells<'_>) -> Option<Entry> {
    let matter = cells.take("matter");
    let unit = cells.take("unit");
    let body = cells.take("body");
    let body_name = cells.take("body_name");
    let implementation_code = cells.take("implementation_code");
    let same_authority = cells.take("same_authority");
    let exercise = cells.take("exercise");
    let law = cells.take("law");
    let list_entry = cells.take("list_entry");
    let instrument = cells.take("instrument");
    let post = cells.take("post");
    let claim_before_acceptance = cells.take("claim_before_acceptance");
    let particulars = read_particulars(cells);
    Some(Entry {
        matter: matter?,
        unit: unit?,
        body: body?,
        body_name: body_name?,
        implementation_code: implementation_code?,
        same_authority: same_authority?,
        exercise: exercise?,
        power: PowerSource { law: law?, list_entry: list_entry?, instrument: instrument?, post: post? },
        claim_before_acceptance: claim_before_acceptance?,
        particulars: particulars?,
    })
}

fn read_particulars(cells: &mut Cells<'_>) -> Option<Particulars> {
    let service_item_code = cells.take("service_item_code");
    let tier = cells.take("tier");
    let division_of_power = cells.take("division_of_power");
    let body_nature = cells.take("body_nature");
    let vertical = cells.take("vertical");
    let jurisdiction = cells.take("jurisdiction");
    let promised_limit = cells.take("promised_limit");
    let planned = (cells.take("planned_from"), cells.take("planned_until"));
    let handling_organ = cells.group(&["handling_organ", "handling_organ_code"], |cells| {
        let (name, code) = (cells.take_needed("handling_organ"), cells.take("handling_organ_code"));
        Some(HandlingOrgan { name: name?, code: code? })
    });
    let review = cells.group(&["review_limit", "review_basis"], |cells| {
        let (limit, basis) = (cells.take_needed("review_limit"), cells.take_needed("review_basis"));
        Some(Review { limit: limit?, basis: basis? })
    });
    let own_list = cells.group(&["own_name", "own_code", "own_type", "own_bases"], |cells| {
        let (name, basic_code) = (cells.take("own_name"), cells.take("own_code"));
        let (matter_type, bases) = (cells.take("own_type"), cells.take("own_bases"));
        Some(OwnList { name: name?, basic_code: basic_code?, matter_type: matter_type?, bases: bases? })
    });
    let service = read_service(cells);
    Some(Particulars {
        service_item_code: service_item_code?,
        tier: tier?,
        division_of_power: division_of_power?,
        body_nature: body_nature?,
        vertical: vertical?,
        handling_organ: handling_organ?,
        jurisdiction: jurisdiction?,
        promised_limit: promised_limit?,
        review: review?,
        own_list: own_list?,
        planned: PlannedDates { from: planned.0?, until: planned.1? },
        service: service?,
        ..Particulars::default()
    })
}

fn read_service(cells: &mut Cells<'_>) -> Option<Service> {
    let forms = cells.take("forms");
    let appointment = cells.take("appointment");
    let online_payment = cells.take("online_payment");
    let courier_delivery = cells.take("courier_delivery");
    let online_address = cells.take("online_address");
    let system_tier = cells.take("system_tier");
    let enquiry_telephones = cells.take("enquiry_telephones");
    let supervision_telephones = cells.take("supervision_telephones");
    Some(Service {
        forms: forms?,
        appointment: appointment?,
        online_payment: online_payment?,
        courier_delivery: courier_delivery?,
        online_address: online_address?,
        system_tier: system_tier?,
        enquiry_telephones: enquiry_telephones?,
        supervision_telephones: supervision_telephones?,
        ..Service::default()
    })
}
