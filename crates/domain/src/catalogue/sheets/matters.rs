//! The table of matters.

use super::cell::Cell;
use super::columns::column_list;
use super::reading::Cells;
use super::{Column, Language};
use crate::catalogue::{
    CardRule, ClaimRule, CommitmentRule, Guide, LimitDays, Matter, PlannedDates, QuantityLimit, RatingRule, Visits,
};

pub(super) const COLUMNS: &[Column] = column_list! {
    code required "基本编码" "Matter.code" [2];
    name required "事项名称" "Matter.name" [1];
    main_item optional "主项名称" "Matter.main_item" [];
    matter_type required "事项类型" "Matter.matter_type" [4, 5];
    department required "牵头部门" "Matter.department" [];
    statutory_days required "法定办结时限" "Matter.statutory_limit.days" [15];
    statutory_unit required "法定办结时限单位" "Matter.statutory_limit.unit" [16];
    statutory_note optional "法定办结时限说明" "Matter.guide.statutory_note" [17];
    promised_days required "承诺办结时限" "Matter.promised_limit.days" [18];
    promised_unit required "承诺办结时限单位" "Matter.promised_limit.unit" [19];
    promised_note optional "承诺办结时限说明" "Matter.guide.promised_note" [20];
    case_kind optional "办件类型" "Matter.guide.case_kind" [];
    service_objects optional "服务对象" "Matter.guide.service_objects" [34, 35];
    cross_region optional "通办范围" "Matter.guide.cross_region" [33];
    quantity_most optional "数量限制" "Matter.guide.quantity_limit.most" [28];
    quantity_rule optional "数量限制说明" "Matter.guide.quantity_limit.rule" [28];
    visits optional "到现场次数" "Matter.guide.visits.most" [];
    visits_why optional "必须到现场原因" "Matter.guide.visits.why" [];
    contact_ways optional "咨询方式" "Matter.guide.contact_ways" [52];
    planned_from optional "计划生效日期" "Matter.guide.planned.from" [];
    planned_until optional "计划取消日期" "Matter.guide.planned.until" [];
    card_warning_days optional "预警提前天数" "Matter.guide.cards.warning_days_before" [];
    card_yellow_days optional "黄牌提前天数" "Matter.guide.cards.yellow_days_before" [];
    card_red_days optional "红牌超期天数" "Matter.guide.cards.red_days_after" [];
    rating_call_back_days optional "差评回访工作日" "Matter.guide.ratings.call_back_working_days" [];
    rating_rectify_days optional "差评整改工作日" "Matter.guide.ratings.rectify_working_days" [];
    commitment_materials optional "告知承诺材料" "Matter.guide.commitment.materials" [];
    commitment_check optional "告知承诺核查期限" "Matter.guide.commitment.check" [];
    commitment_basis optional "告知承诺依据" "Matter.guide.commitment.basis" [];
    commitment_barred_days optional "失信限制天数" "Matter.guide.commitment.barred_days" [];
    intake required "代收方式" "Matter.intake" [];
    patience_seconds required "等待答复秒数" "Matter.patience_seconds" [];
    claim_repeatable optional "可重复申请" "Matter.claims.repeatable" [];
    claim_object_fields optional "对象字段" "Matter.claims.object_fields" [];
    claim_home optional "归口" "Matter.claims.home" [];
    claim_kept optional "准予后保留" "Matter.claims.kept_when_granted" [];
    synthetic optional "示例数据" "Matter.synthetic" [];
};

pub(super) fn write(matter: &Matter, language: Language) -> Vec<String> {
    let Guide { case_kind, statutory_note, promised_note, quantity_limit, visits, planned, cards, ratings, .. } =
        &matter.guide;
    let commitment = matter.guide.commitment.as_ref();
    let number = |value: Option<u16>| value.write(language);
    vec![
        matter.code.write(language),
        matter.name.clone(),
        matter.main_item.write(language),
        matter.matter_type.write(language),
        matter.department.clone(),
        matter.statutory_limit.days.write(language),
        matter.statutory_limit.unit.write(language),
        statutory_note.clone(),
        matter.promised_limit.days.write(language),
        matter.promised_limit.unit.write(language),
        promised_note.clone(),
        case_kind.write(language),
        matter.guide.service_objects.write(language),
        matter.guide.cross_region.write(language),
        quantity_limit.as_ref().map(|limit| limit.most).write(language),
        quantity_limit.as_ref().map(|limit| limit.rule.clone()).unwrap_or_default(),
        visits.as_ref().map(|visits| visits.most).write(language),
        visits.as_ref().map(|visits| visits.why.clone()).unwrap_or_default(),
        matter.guide.contact_ways.write(language),
        planned.from.write(language),
        planned.until.write(language),
        number(cards.map(|rule| rule.warning_days_before)),
        number(cards.map(|rule| rule.yellow_days_before)),
        number(cards.map(|rule| rule.red_days_after)),
        number(ratings.map(|rule| rule.call_back_working_days)),
        number(ratings.map(|rule| rule.rectify_working_days)),
        commitment.map(|rule| rule.materials.clone()).unwrap_or_default().write(language),
        commitment.map(|rule| rule.check).write(language),
        commitment.map(|rule| rule.basis.clone()).unwrap_or_default(),
        number(commitment.map(|rule| rule.barred_days)),
        matter.intake.write(language),
        matter.patience_seconds.write(language),
        matter.claims.repeatable.write(language),
        matter.claims.object_fields.write(language),
        matter.claims.home.write(language),
        matter.claims.kept_when_granted.write(language),
        matter.synthetic.write(language),
    ]
}

/// A matter without the rows below it.
pub(super) fn read(cells: &mut Cells<'_>) -> Option<Matter> {
    let code = cells.take("code");
    let name = cells.take("name");
    let main_item = cells.take("main_item");
    let matter_type = cells.take("matter_type");
    let department = cells.take("department");
    let statutory = (cells.take("statutory_days"), cells.take("statutory_unit"));
    let promised = (cells.take("promised_days"), cells.take("promised_unit"));
    let claims = (
        cells.take("claim_repeatable"),
        cells.take("claim_object_fields"),
        cells.take::<Option<_>>("claim_home"),
        cells.take("claim_kept"),
    );
    let intake = cells.take("intake");
    let patience_seconds = cells.take("patience_seconds");
    let synthetic = cells.take("synthetic");
    let guide = read_guide(cells);
    let limit = |(days, unit): (Option<u16>, Option<_>)| Some(LimitDays { days: days?, unit: unit? });
    Some(Matter {
        code: code?,
        name: name?,
        main_item: main_item?,
        matter_type: matter_type?,
        department: department?,
        statutory_limit: limit(statutory)?,
        promised_limit: limit(promised)?,
        materials: Vec::new(),
        intake: intake?,
        patience_seconds: patience_seconds?,
        synthetic: synthetic?,
        claims: ClaimRule {
            repeatable: claims.0?,
            object_fields: claims.1?,
            home: claims.2?.unwrap_or_default(),
            kept_when_granted: claims.3?,
        },
        guide: guide?,
    })
}

fn read_guide(cells: &mut Cells<'_>) -> Option<Guide> {
    let statutory_note = cells.take("statutory_note");
    let promised_note = cells.take("promised_note");
    let case_kind = cells.take("case_kind");
    let service_objects = cells.take("service_objects");
    let cross_region = cells.take("cross_region");
    let contact_ways = cells.take("contact_ways");
    let planned = (cells.take("planned_from"), cells.take("planned_until"));
    let quantity = cells.group(&["quantity_most", "quantity_rule"], |cells| {
        let (most, rule) = (cells.take_needed("quantity_most"), cells.take("quantity_rule"));
        Some(QuantityLimit { most: most?, rule: rule? })
    });
    let visits = cells.group(&["visits", "visits_why"], |cells| {
        let (most, why) = (cells.take_needed("visits"), cells.take("visits_why"));
        Some(Visits { most: most?, why: why? })
    });
    let cards = cells.group(&["card_warning_days", "card_yellow_days", "card_red_days"], |cells| {
        let warning = cells.take_needed("card_warning_days");
        let yellow = cells.take_needed("card_yellow_days");
        let red = cells.take_needed("card_red_days");
        Some(CardRule { warning_days_before: warning?, yellow_days_before: yellow?, red_days_after: red? })
    });
    let ratings = cells.group(&["rating_call_back_days", "rating_rectify_days"], |cells| {
        let call_back = cells.take_needed("rating_call_back_days");
        let rectify = cells.take_needed("rating_rectify_days");
        Some(RatingRule { call_back_working_days: call_back?, rectify_working_days: rectify? })
    });
    let columns = ["commitment_materials", "commitment_check", "commitment_basis", "commitment_barred_days"];
    let commitment = cells.group(&columns, |cells| {
        let materials: Option<Vec<String>> = cells.take_needed("commitment_materials");
        let check = cells.take_needed("commitment_check");
        let basis = cells.take_needed("commitment_basis");
        let barred = cells.take_needed("commitment_barred_days");
        Some(CommitmentRule { materials: materials?, check: check?, basis: basis?, barred_days: barred? })
    });
    Some(Guide {
        case_kind: case_kind?,
        statutory_note: statutory_note?,
        promised_note: promised_note?,
        quantity_limit: quantity?,
        service_objects: service_objects?,
        cross_region: cross_region?,
        visits: visits?,
        contact_ways: contact_ways?,
        planned: PlannedDates { from: planned.0?, until: planned.1? },
        cards: cards?,
        ratings: ratings?,
        commitment: commitment?,
        ..Guide::default()
    })
}
