//! Tables below a matter or an entry, one row a material, a step, a place …: each field of the type is a column.

use super::cell::Cell;
use super::columns::{need, of_part};
use super::reading::Cells;
use super::{Column, Language, Sheet};
use crate::catalogue::{
    CommonQuestion, Condition, Delegation, Entry, Fee, FlowStep, IntermediaryService, JointBody, LegalBasis, Matter,
    MatterMaterial, ResultPaper, ServicePlace, ServiceTopic, SpecialProcedure, StepPost,
};

/// What has a row of its own below a matter or an entry.
pub(super) trait Part: Sized {
    /// Its fields.
    const COLUMNS: &'static [Column];

    /// A row's cells, without those that say whose it is.
    fn write(&self, language: Language) -> Vec<String>;

    /// From a row; what is wrong with it is told to `cells`.
    fn read(cells: &mut Cells<'_>) -> Option<Self>;
}

macro_rules! parts {
    ($($type:ident at $path:literal { $($field:ident $need:ident $zh:literal [$($element:literal),*];)+ })+) => {$(
        impl Part for $type {
            const COLUMNS: &'static [Column] = &[$(Column {
                key: stringify!($field),
                zh: $zh,
                required: need!($need),
                path: concat!($path, "[].", stringify!($field)),
                elements: &[$($element),*],
            }),+];

            fn write(&self, language: Language) -> Vec<String> {
                vec![$(Cell::write(&self.$field, language)),+]
            }

            fn read(cells: &mut Cells<'_>) -> Option<Self> {
                $(let $field = cells.take(stringify!($field));)+
                Some(Self { $($field: $field?),+ })
            }
        }
    )+};
}

parts! {
    LegalBasis at "Matter.guide.bases" {
        level required "依据层级" [6];
        title required "依据名称" [6];
        document_number optional "文号" [6];
        article optional "条款号" [6];
        text optional "条款内容" [6];
    }
    Condition at "Matter.guide.conditions" {
        text required "受理条件" [21];
        basis optional "依据" [];
    }
    MatterMaterial at "Matter.materials" {
        name required "材料名称" [56];
        necessity required "是否必备" [64];
        source optional "来源渠道" [];
        issuer optional "出具机构" [57];
        issued_when optional "出具时间要求" [58];
        how_to_get optional "材料办理说明" [59];
        where_to_get optional "材料办理地点" [60];
        use_note optional "材料使用说明" [61];
        basis optional "依据" [];
        originals optional "原件份数" [62];
        copies optional "复印件份数" [63];
        electronic optional "可用电子件" [];
        sample_file optional "样表文件" [];
        sample optional "样表摘要" [];
    }
    FlowStep at "Matter.guide.flow" {
        name required "环节名称" [22];
        kind required "环节类别" [22];
        department optional "部门" [22];
        post optional "岗位" [22];
        part optional "主办协办" [22];
        limit optional "环节时限" [22];
        after optional "前置环节" [22];
        standard optional "审查标准" [22];
    }
    Fee at "Matter.guide.fees" {
        item required "收费项目" [31];
        amount optional "收费标准(元)" [31];
        per optional "计费单位" [31];
        basis optional "收费依据" [32];
        relief optional "减免" [];
    }
    SpecialProcedure at "Matter.guide.special_procedures" {
        kind required "特别程序" [41];
        basis optional "依据" [41];
        limit optional "最长时限" [41];
    }
    IntermediaryService at "Matter.guide.intermediary_services" {
        name required "中介服务" [27];
        basis optional "依据" [27];
    }
    ResultPaper at "Matter.guide.results" {
        name required "结果名称" [29];
        kind required "结果类型" [];
        sample_file optional "结果样本文件" [30];
        sample optional "结果样本摘要" [30];
        valid_months optional "有效期(月)" [];
    }
    ServiceTopic at "Matter.guide.topics" {
        audience required "适用对象" [37, 38];
        name required "服务主题" [36];
        code optional "主题代码" [37, 38];
    }
    CommonQuestion at "Matter.guide.questions" {
        question required "问题" [55];
        answer required "解答" [55];
    }
    StepPost at "Entry.particulars.posts" {
        step required "环节名称" [22];
        department optional "部门" [22];
        post optional "岗位" [22];
    }
    JointBody at "Entry.particulars.joint_bodies" {
        name required "共同实施部门" [23];
        code optional "共同实施部门代码" [24];
        part optional "主办协办" [];
    }
    ServicePlace at "Entry.particulars.service.places" {
        name required "窗口名称" [50];
        address optional "办理地点" [50];
        hours optional "办理时间" [51];
    }
    Delegation at "Entry.particulars.delegations" {
        to_unit required "受托单元" [];
        to_nature required "受托方性质" [];
        to_name required "受托方名称" [];
        to_code optional "受托方代码" [];
        basis optional "依据" [];
        instrument optional "公告" [];
        scope optional "委托范围" [];
        from optional "起始日期" [];
        until optional "截止日期" [];
    }
}

/// Columns of a table of parts; none of the others.
pub(super) fn parts_columns(sheet: Sheet) -> &'static [Column] {
    match sheet {
        Sheet::Bases => of_part::<LegalBasis>(),
        Sheet::Conditions => of_part::<Condition>(),
        Sheet::Materials => of_part::<MatterMaterial>(),
        Sheet::Steps => of_part::<FlowStep>(),
        Sheet::Fees => of_part::<Fee>(),
        Sheet::SpecialProcedures => of_part::<SpecialProcedure>(),
        Sheet::IntermediaryServices => of_part::<IntermediaryService>(),
        Sheet::Results => of_part::<ResultPaper>(),
        Sheet::Topics => of_part::<ServiceTopic>(),
        Sheet::Questions => of_part::<CommonQuestion>(),
        Sheet::Posts => of_part::<StepPost>(),
        Sheet::JointBodies => of_part::<JointBody>(),
        Sheet::Places => of_part::<ServicePlace>(),
        Sheet::Delegations => of_part::<Delegation>(),
        Sheet::Matters | Sheet::Entries | Sheet::Calendar => &[],
    }
}

/// The rows below a matter, in the order of the tables.
pub(super) fn of_matter(matter: &Matter, language: Language, mut each: impl FnMut(Sheet, Vec<String>)) {
    let guide = &matter.guide;
    rows(Sheet::Bases, &guide.bases, language, &mut each);
    rows(Sheet::Conditions, &guide.conditions, language, &mut each);
    rows(Sheet::Materials, &matter.materials, language, &mut each);
    rows(Sheet::Steps, &guide.flow, language, &mut each);
    rows(Sheet::Fees, &guide.fees, language, &mut each);
    rows(Sheet::SpecialProcedures, &guide.special_procedures, language, &mut each);
    rows(Sheet::IntermediaryServices, &guide.intermediary_services, language, &mut each);
    rows(Sheet::Results, &guide.results, language, &mut each);
    rows(Sheet::Topics, &guide.topics, language, &mut each);
    rows(Sheet::Questions, &guide.questions, language, &mut each);
}

/// The rows below an entry, in the order of the tables.
pub(super) fn of_entry(entry: &Entry, language: Language, mut each: impl FnMut(Sheet, Vec<String>)) {
    let particulars = &entry.particulars;
    rows(Sheet::Posts, &particulars.posts, language, &mut each);
    rows(Sheet::JointBodies, &particulars.joint_bodies, language, &mut each);
    rows(Sheet::Places, &particulars.service.places, language, &mut each);
    rows(Sheet::Delegations, &particulars.delegations, language, &mut each);
}

fn rows<P: Part>(sheet: Sheet, parts: &[P], language: Language, each: &mut impl FnMut(Sheet, Vec<String>)) {
    for part in parts {
        each(sheet, part.write(language));
    }
}

/// A row of a table below a matter, put where it belongs. Whether it could be read.
pub(super) fn read_of_matter(sheet: Sheet, cells: &mut Cells<'_>, matter: &mut Matter) -> bool {
    let guide = &mut matter.guide;
    match sheet {
        Sheet::Bases => put(cells, &mut guide.bases),
        Sheet::Conditions => put(cells, &mut guide.conditions),
        Sheet::Materials => put(cells, &mut matter.materials),
        Sheet::Steps => put(cells, &mut guide.flow),
        Sheet::Fees => put(cells, &mut guide.fees),
        Sheet::SpecialProcedures => put(cells, &mut guide.special_procedures),
        Sheet::IntermediaryServices => put(cells, &mut guide.intermediary_services),
        Sheet::Results => put(cells, &mut guide.results),
        Sheet::Topics => put(cells, &mut guide.topics),
        Sheet::Questions => put(cells, &mut guide.questions),
        _ => false,
    }
}

/// A row of a table below an entry, put where it belongs. Whether it could be read.
pub(super) fn read_of_entry(sheet: Sheet, cells: &mut Cells<'_>, entry: &mut Entry) -> bool {
    let particulars = &mut entry.particulars;
    match sheet {
        Sheet::Posts => put(cells, &mut particulars.posts),
        Sheet::JointBodies => put(cells, &mut particulars.joint_bodies),
        Sheet::Places => put(cells, &mut particulars.service.places),
        Sheet::Delegations => put(cells, &mut particulars.delegations),
        _ => false,
    }
}

fn put<P: Part>(cells: &mut Cells<'_>, parts: &mut Vec<P>) -> bool {
    let part = P::read(cells);
    let is_read = part.is_some();
    parts.extend(part);
    is_read
}
