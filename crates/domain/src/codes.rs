//! Every error code that people and programs can meet: the one source of docs/errors.md, of problem titles and of remedies.
//!
//! A code is `area.reason`. It is written into logs, scripts and manuals, so it is only ever added: never renamed, removed or
//! given another meaning (`tests/errors_document.rs` holds that against the document). Whoever answers with a code looks its
//! words up here; what is particular to one answer (which case, which unit) is said by the error itself.

/// One text in the two languages of the pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bilingual {
    /// English.
    pub en: &'static str,
    /// 中文.
    pub zh: &'static str,
}

/// What is known about a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ErrorCode {
    /// `area.reason`.
    pub code: &'static str,
    /// The HTTP status of the problem; `None` where the error never answers a request.
    pub status: Option<u16>,
    /// What is wrong, short, without particulars.
    pub title: Bilingual,
    /// What to do about it.
    pub remedy: Bilingual,
}

/// The code's row; `None` for a code that nobody documented, which a test refuses.
pub fn find(code: &str) -> Option<&'static ErrorCode> {
    CODES.iter().find(|row| row.code == code)
}

macro_rules! codes {
    ($($code:literal $status:tt { en: $title_en:literal, $remedy_en:literal; zh: $title_zh:literal, $remedy_zh:literal; })+) => {
        /// All codes, by area, in the order in which they were added.
        pub const CODES: &[ErrorCode] = &[$(ErrorCode {
            code: $code,
            status: codes!(@status $status),
            title: Bilingual { en: $title_en, zh: $title_zh },
            remedy: Bilingual { en: $remedy_en, zh: $remedy_zh },
        }),+];
    };
    (@status -) => { None };
    (@status $status:literal) => { Some($status) };
}

// New codes go to the end of their area; a new area goes to the end. `-` instead of a status: never an answer over HTTP.
codes! {
    "unit.founding" 409 {
        en: "The unit's log is founded already, or not yet", "Found a unit once, before anything else: `tongban region init` prepares it.";
        zh: "本单元日志已经建立,或者尚未建立", "每个单元只建立一次,且必须最先进行:由 `tongban region init` 准备。";
    }

    "case.unknown" 404 {
        en: "No such case here", "Check the number; ask at the unit that printed the slip.";
        zh: "此处没有该办件", "请核对办件编号,或向出具凭证的单位查询。";
    }
    "case.exists" 409 {
        en: "The id minted for the case is taken", "Send the request again under the same Idempotency-Key. If it repeats, report it: it is a defect.";
        zh: "为办件生成的标识已被占用", "请用同一 Idempotency-Key 重新提交;如再次出现,请报告,这是程序缺陷。";
    }
    "case.elsewhere" 409 {
        en: "Another unit has the case", "Act at the unit that the answer names.";
        zh: "办件在其他单位", "请到答复中写明的单位办理。";
    }
    "case.moving" 409 {
        en: "The case is on its way between units", "Wait until the move is decided, then try again; the case page shows where it is.";
        zh: "办件正在流转中", "请等流转有结果后再试;办件页面显示其所在位置。";
    }
    "case.stage_unfit" 409 {
        en: "Too early or too late for this act", "Look at the case's stage: the act fits another one.";
        zh: "办件所处阶段不能进行该操作", "请查看办件当前阶段,在相应阶段再操作。";
    }
    "case.changed" 409 {
        en: "The case changed meanwhile", "Look at it again, then repeat the act if it still fits.";
        zh: "办件在此期间已有变化", "请重新查看,如仍合适再操作。";
    }
    "case.reasons_missing" 422 {
        en: "Reasons are missing", "State the reasons: a denial, a non-acceptance and a withdrawal are not possible without them.";
        zh: "未说明理由", "请写明理由:不予许可、不予受理、撤回均须说明理由。";
    }
    "case.materials_missing" 422 {
        en: "Required materials are missing", "Hand in the materials that the answer names; the matter's guide lists all of them.";
        zh: "缺少必要材料", "请补交答复中列出的材料;办事指南列明全部材料。";
    }
    "case.materials_unlisted" 422 {
        en: "Materials that the matter does not list", "Leave them out: nothing unlisted may be asked for or taken.";
        zh: "提交了清单之外的材料", "请去掉这些材料:清单之外的材料不得索要,也不得收取。";
    }
    "case.numbers_exhausted" 503 {
        en: "The day's case numbers are used up", "Submit tomorrow, or at another unit; tell the operator.";
        zh: "当日办件编号已用完", "请明日再提交,或到其他单位提交,并告知运维人员。";
    }
    "case.offer_unfit" 409 {
        en: "A case cannot be offered there", "Choose another unit: none can be offered its own case.";
        zh: "不能向该单位移交办件", "请选择其他单位:不能向本单位移交。";
    }

    "route.not_authority" 409 {
        en: "This unit is no authority for the matter", "`tongban route explain` names the authority and why it is that one.";
        zh: "本单位不是该事项的有权机关", "可用 `tongban route explain` 查看有权机关及其依据。";
    }

    "catalogue.none" 503 {
        en: "No catalogue is installed here yet", "Wait until the parent's catalogue has arrived, or see the node's log for why it does not.";
        zh: "本单位尚未安装事项目录", "请等待上级目录到达;如一直未到,请查看节点日志。";
    }
    "catalogue.version_missing" 503 {
        en: "The case's catalogue version is not installed here", "Wait until it has been fetched; nothing is lost meanwhile.";
        zh: "办件所依据的目录版本尚未安装", "请等待该版本取回,其间不会丢失任何内容。";
    }
    "catalogue.order" 409 {
        en: "The catalogue version does not follow the newest one", "Publish the version after the newest; a unit never goes back to an older one.";
        zh: "目录版本与最新版本不衔接", "请发布最新版本的下一版;任何单位都不会退回旧版本。";
    }
    "catalogue.piece_unreadable" 422 {
        en: "A piece of the catalogue cannot be read", "Have it sent again by the city; if its hash differs again, someone altered it: raise an alarm.";
        zh: "目录片段无法读取", "请由市级重新下发;如摘要仍不一致,说明内容被改动,请报警处置。";
    }

    "matter.unknown" 404 {
        en: "The catalogue has no such matter", "`tongban matter search` finds the code of a matter in force.";
        zh: "目录中没有该事项", "可用 `tongban matter search` 查找现行事项编码。";
    }

    "request.key_reused" 422 {
        en: "The Idempotency-Key was used for another request", "Use a new key for a new request; the old one only for the same request again.";
        zh: "该 Idempotency-Key 已用于其他请求", "新请求请使用新键;旧键仅可用于重发同一请求。";
    }

    "timer.not_due" - {
        en: "The timer is not due", "Nothing: what it was set for is over, or its time has not come.";
        zh: "定时尚未到期", "无需处理:所等之事已了结,或时间未到。";
    }

    "mail.order" - {
        en: "Mail came out of order", "Nothing: the sender sends again from the cursor. If it repeats, one side was restored from an old disk.";
        zh: "邮件顺序不符", "无需处理:发送方会从游标处重发;如反复出现,说明某一方是从旧磁盘恢复的。";
    }
    "mail.fenced" - {
        en: "Mail from a former life of a unit", "Switch the old node off and keep its disk as evidence: the unit was promoted elsewhere.";
        zh: "邮件来自某单元已被隔离的前一代", "请关闭旧节点并保留其磁盘作为证据:该单元已在别处晋升。";
    }
    "mail.acknowledgement_unfit" - {
        en: "An acknowledgement for mail never written", "One side was restored from an old disk: follow the guide on restoring, which is a promotion.";
        zh: "确认了从未写出的邮件", "某一方是从旧磁盘恢复的:请按恢复指南(即晋升)处理。";
    }

    "import.row_shape" 422 {
        en: "A row of the list cannot be read", "Give every row as many cells as the header, in UTF-8; put cells with commas in quotes.";
        zh: "清单中有一行无法读取", "请使每行的列数与表头一致,采用 UTF-8 编码;含逗号的单元格请加引号。";
    }
    "import.department_missing" 422 {
        en: "A row names no department", "Fill in the department; the row was left out.";
        zh: "某行未填写部门", "请补填部门;该行未导入。";
    }
    "import.name_length" 422 {
        en: "A matter's name is missing or too long", "Give a name of 1 to 200 characters; the row was left out.";
        zh: "事项名称缺失或过长", "请填写 1 至 200 个字符的名称;该行未导入。";
    }
    "import.matter_type" 422 {
        en: "A matter has an unknown type", "Use a type of GB/T 39046 table A.1 that people can apply for: 1, 5, 7, 8, 9, 10 or 20.";
        zh: "事项类型未知", "请使用 GB/T 39046 表 A.1 中可申请的类型:1、5、7、8、9、10 或 20。";
    }
    "import.matter_code" 422 {
        en: "A matter has no usable code", "Give the full code; its item part has 1 to 40 capitals, digits and dashes.";
        zh: "事项编码不可用", "请填写完整编码;其事项部分为 1 至 40 个大写字母、数字或连字符。";
    }
    "import.duplicate" 422 {
        en: "A matter stands in the list twice", "Keep one of the rows; the later one was left out.";
        zh: "清单中事项重复", "请只保留其中一行;靠后的一行未导入。";
    }
    "import.credit_code" 422 {
        en: "A body's credit code fails its check", "Correct the code; the row was kept without it.";
        zh: "实施主体统一社会信用代码校验不通过", "请更正代码;该行已导入,但不含此代码。";
    }
    "import.credit_code_missing" 422 {
        en: "A body's credit code is missing", "Fill in the code; the row was kept without it.";
        zh: "实施主体统一社会信用代码缺失", "请补填代码;该行已导入,但不含此代码。";
    }
    "import.other_place" 422 {
        en: "A matter rests on a decree of another place", "Check whether it is held here at all; the row was kept.";
        zh: "事项依据的是外地文件", "请核对本地是否具有该项权力;该行已导入。";
    }

    "place.missing" 422 {
        en: "A place is needed", "Give a division code, a name, or names from the city down.";
        zh: "缺少地点", "请填写区划代码、名称,或自市级起的各级名称。";
    }
    "place.unknown" 404 {
        en: "No place is called so", "Choose one of the nearest names, or give its division code.";
        zh: "没有这个地点", "请从相近名称中选择,或填写区划代码。";
    }
    "place.ambiguous" 409 {
        en: "Several places are called so", "Choose one of the candidates by its code, or put the name of the place above in front.";
        zh: "有多个同名地点", "请按区划代码选择其一,或在名称前加上级名称。";
    }
}
