//! Every error code that people and programs can meet: the one source of docs/errors.md, of problem titles and of remedies.
//!
//! A code is `area.reason`. It is written into logs, scripts and manuals, so it is only ever added: never renamed, removed or
//! given another meaning (`tests/errors_document.rs` holds that against the document). Whoever answers with a code looks its
//! words up here; what is particular to one answer (which case, which unit) is said by the error itself.

mod account;
mod audit;
mod catalogue;
mod concerns;
mod files;
mod flow;
mod hearing;
mod http;
mod legal;
mod licence;
mod mirrors;
mod publish;
mod recovery;
mod scenario;
mod seal;
mod sheet;
mod streams;
mod time;
mod voters;

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
        pub(super) const ROWS: &[$crate::codes::ErrorCode] = &[$($crate::codes::ErrorCode {
            code: $code,
            status: codes!(@status $status),
            title: $crate::codes::Bilingual { en: $title_en, zh: $title_zh },
            remedy: $crate::codes::Bilingual { en: $remedy_en, zh: $remedy_zh },
        }),+];
    };
    (@status -) => { None };
    (@status $status:literal) => { Some($status) };
}
use codes;

/// The files of rows, in order.
const PARTS: &[&[ErrorCode]] = &[
    ROWS,
    http::ROWS,
    scenario::ROWS,
    audit::ROWS,
    streams::ROWS,
    recovery::ROWS,
    legal::ROWS,
    concerns::ROWS,
    licence::ROWS,
    mirrors::ROWS,
    flow::ROWS,
    hearing::ROWS,
    catalogue::ROWS,
    time::ROWS,
    sheet::ROWS,
    publish::ROWS,
    voters::ROWS,
    seal::ROWS,
    files::ROWS,
    account::ROWS,
];

const fn count(parts: &[&[ErrorCode]]) -> usize {
    let (mut part, mut all) = (0, 0);
    while part < parts.len() {
        all += parts[part].len();
        part += 1;
    }
    all
}

static ALL: [ErrorCode; count(PARTS)] = {
    let mut all = [ROWS[0]; count(PARTS)];
    let (mut part, mut at) = (0, 0);
    while part < PARTS.len() {
        let mut row = 0;
        while row < PARTS[part].len() {
            all[at] = PARTS[part][row];
            at += 1;
            row += 1;
        }
        part += 1;
    }
    all
};

/// All codes, by area, in the order in which they were added.
pub const CODES: &[ErrorCode] = &ALL;

// New codes go to the end of their area; a new area goes into a file of its own under `codes`. `-` instead of a status: never an
// answer over HTTP.
codes! {
    "unit.founding" 409 {
        en: "The unit's log is founded already, or not yet", "Found a unit once, before anything else: `tongban region init` prepares it.";
        zh: "本单元日志已经建立,或者尚未建立", "每个单元只建立一次,且必须最先进行:由 `tongban region init` 准备。";
    }
    "unit.no_leader" 503 {
        en: "The unit has no leader that can be reached", "Try again shortly, under the same Idempotency-Key; `tongban status` shows which nodes are missing.";
        zh: "本单元目前没有可达的主节点", "请稍后用同一 Idempotency-Key 重试;`tongban status` 可查看缺少哪些节点。";
    }
    "unit.deadline" 504 {
        en: "The unit did not answer in time", "Whether it was done is unknown: send the same request again under the same Idempotency-Key.";
        zh: "本单元未在时限内答复", "是否办成尚不可知:请用同一 Idempotency-Key 重发同一请求。";
    }
    "unit.stopped" 503 {
        en: "The unit has stopped at this node", "Ask another node of the unit; the operator finds the reason in this node's log.";
        zh: "本单元在该节点已停止", "请改用本单元的其他节点;运维人员可在该节点日志中查到原因。";
    }
    "unit.overloaded" 503 {
        en: "Too many requests are waiting", "Try again shortly, under the same Idempotency-Key.";
        zh: "等待的请求过多", "请稍后用同一 Idempotency-Key 重试。";
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
    "case.gaps_missing" 400 {
        en: "The notice names no gap, or a gap without what is wrong", "Name every listed material that is missing or wrong, and what is wrong about it; all in this one notice.";
        zh: "告知未写明缺少或者不符的内容", "请在同一份告知中写明每一项缺少或者不符的材料及其问题。";
    }
    "case.deficit_untold" 409 {
        en: "Materials are still to come, and nothing is agreed about them", "At the applicant's signed request accept with deficit, and say by when they are due; or tell them as gaps.";
        zh: "尚有材料未到，且未约定补齐", "请依申请人签字的申请容缺受理并告知补齐时限，或者一次性告知补正。";
    }
    "case.deficit_none" 409 {
        en: "No material of this application is to follow", "Accept it as it is: there is no deficit.";
        zh: "本件没有待补齐的材料", "请直接受理，无须容缺。";
    }
    "case.not_to_follow" 422 {
        en: "The material is not one that is to follow", "Hand in what the acceptance named; what is there already is not replaced.";
        zh: "该材料不在待补齐之列", "请提交容缺受理告知所列材料，已提交的不再替换。";
    }
    "case.consent_missing" 422 {
        en: "The applicant's own request or consent is not recorded", "Ask the applicant; go on only with the signed request or consent, and record it.";
        zh: "未记录申请人本人的申请或者同意", "请征询申请人，取得其签字的申请或者同意并记录后再办。";
    }
    "case.period_missing" 400 {
        en: "The notice tells no period of at least one day", "Tell the applicant by when it is due.";
        zh: "告知未写明至少一日的期限", "请告知申请人补齐的期限。";
    }
    "case.basis_missing" 400 {
        en: "The notice cites no provision", "Cite the provision by which the application is over when the period passes.";
        zh: "告知未载明依据", "请载明逾期即终止办理所依据的规定。";
    }
    "case.lapsed" 409 {
        en: "The period in which it could be brought has passed", "The application is over by the rule that the notice cited; a new one can be handed in.";
        zh: "补齐期限已过", "本件依告知所载规定终止办理，可以重新申请。";
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
    "catalogue.unfit" 422 {
        en: "The catalogue cannot be published", "Put right the rows that the answer names, then publish again.";
        zh: "目录不能发布", "请改正答复所列各行后重新发布。";
    }

    "matter.unknown" 404 {
        en: "The catalogue has no such matter", "`tongban matter search` finds the code of a matter in force.";
        zh: "目录中没有该事项", "可用 `tongban matter search` 查找现行事项编码。";
    }

    "request.key_reused" 422 {
        en: "The Idempotency-Key was used for another request", "Use a new key for a new request; the old one only for the same request again.";
        zh: "该 Idempotency-Key 已用于其他请求", "新请求请使用新键;旧键仅可用于重发同一请求。";
    }
    "request.key" 422 {
        en: "The Idempotency-Key has the wrong form", "Make one for each request: a UUID always fits.";
        zh: "Idempotency-Key 格式不正确", "请为每个请求生成一个:UUID 必定合格。";
    }
    "request.field" 422 {
        en: "A field is empty, too long or of another form", "Correct the field that the answer names; it says what would be right.";
        zh: "某一字段为空、过长或格式不符", "请改正答复所指字段;答复中写明了正确格式。";
    }
    "request.identifier" 422 {
        en: "The citizen number or credit code is not valid", "Compare it with the card: its last character is computed from the others.";
        zh: "公民身份号码或统一社会信用代码无效", "请与证件核对:末位由其余各位计算得出。";
    }
    "request.division" 422 {
        en: "No such division in this region", "Name a division by its 12-digit code or its path; the answer lists what could be meant.";
        zh: "本区域没有该区划", "请用 12 位区划代码或完整路径指明;答复列出可能的选项。";
    }
    "request.matter" 422 {
        en: "Not a matter code", "`tongban matter search` finds the code of a matter.";
        zh: "不是事项编码", "可用 `tongban matter search` 查找事项编码。";
    }
    "request.authority" 422 {
        en: "The chosen authority may not decide the matter for the place", "Leave the choice out, or choose one that `tongban route explain` lists.";
        zh: "所选机关无权办理该地的此事项", "请不作选择,或从 `tongban route explain` 所列机关中选择。";
    }
    "request.case" 422 {
        en: "Neither a case number nor the internal name of a case", "Type the number as printed, e.g. 370811002001-260202-A-00001-7; a check digit that does not fit means that one digit was misread.";
        zh: "既不是办件编号,也不是办件标识", "请按凭证填写编号,例如 370811002001-260202-A-00001-7;校验位不符说明有一位数字读错。";
    }
    "request.key_missing" 400 {
        en: "A submission needs an Idempotency-Key", "Send a new random key, e.g. a uuid, with each new application, and the same one again when you repeat it.";
        zh: "提交申请须带 Idempotency-Key", "每次新申请请带一个新的随机键(如 uuid),重发时用同一个键。";
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
    "mail.large" - {
        en: "An envelope is larger than any can be", "Nothing: it is refused. If it repeats, the sender is defective or hostile.";
        zh: "信封超过允许的最大长度", "无需处理:已拒收;如反复出现,说明发送方有缺陷或怀有恶意。";
    }
    "mail.malformed" - {
        en: "An envelope cannot be read", "Upgrade this unit if the sender is of a newer release; else the sender is defective.";
        zh: "信封无法读取", "如发送方版本较新,请升级本单元;否则是发送方有缺陷。";
    }
    "mail.region" - {
        en: "Mail of another region", "Check which region's certificates and directory the node was given.";
        zh: "邮件来自其他区域", "请检查节点所用的是哪个区域的证书和名录。";
    }
    "mail.not_for_us" - {
        en: "Mail for another unit", "Check the addresses in the region directory: two units may have been mixed up.";
        zh: "邮件不是给本单元的", "请检查区域名录中的地址:两个单元可能被弄混。";
    }
    "mail.sender" - {
        en: "The sender on the envelope is not the one who speaks", "A node tried to speak for another unit: keep the log, and revoke its certificate.";
        zh: "信封上的发送方与实际发送方不符", "有节点冒用其他单元名义:请保留日志并吊销其证书。";
    }
    "mail.generation" - {
        en: "The envelope's generation is not the sender's", "Switch the old node off: the unit lives on in another generation.";
        zh: "信封所载代与发送方不符", "请关闭旧节点:该单元已以另一代继续运行。";
    }
    "mail.expired" - {
        en: "A copy of an envelope that is too old", "Nothing: the sender seals its mail anew. If it repeats, compare the clocks.";
        zh: "信封副本已过期", "无需处理:发送方会重新封装;如反复出现,请核对时钟。";
    }
    "mail.signer_unknown" - {
        en: "The directory knows no such node", "Bring the newest region directory to this node.";
        zh: "名录中没有签名节点", "请为本节点更新区域名录。";
    }
    "mail.signer_of_other" - {
        en: "A node of another unit signed", "A node tried to speak for another unit: keep the log, and revoke its certificate.";
        zh: "签名节点属于其他单元", "有节点冒用其他单元名义:请保留日志并吊销其证书。";
    }
    "mail.signature" - {
        en: "The signature is not the node's", "Forged or altered on the way: keep the log as evidence; the sender sends again.";
        zh: "签名与节点不符", "邮件被伪造或途中改动:请保留日志作为证据;发送方会重发。";
    }
    "mail.payload_unknown" - {
        en: "A kind or version of mail that is not known here", "Upgrade this unit; the sender keeps the mail until then.";
        zh: "本单元不认识该类或该版本的邮件", "请升级本单元;在此之前发送方会保留邮件。";
    }
    "mail.not_from_them" - {
        en: "That unit does not send this kind of mail here", "The catalogue comes from the unit above only: check the region directory.";
        zh: "该单元不应向此处发送此类邮件", "目录只能来自上级单元:请检查区域名录。";
    }
    "mail.sealed" - {
        en: "The mail's body cannot be opened", "Check that the unit's sealing key is the one in the region directory.";
        zh: "邮件正文无法解封", "请检查本单元密封密钥是否与区域名录一致。";
    }
    "mail.kind" - {
        en: "The mail is of another kind than its envelope says", "The sender is defective: report it.";
        zh: "邮件类别与信封不符", "发送方有缺陷,请报告。";
    }
    "mail.chain" - {
        en: "The mail does not continue the stream's history", "The sender was restored from an old disk or forked: follow the guide on promotion.";
        zh: "邮件与该流的历史不衔接", "发送方由旧磁盘恢复或已分叉:请按晋升指南处理。";
    }
    "mail.store" - {
        en: "The mail has no form in bytes here", "Upgrade this unit; the sender keeps the mail until then.";
        zh: "邮件在此处没有对应的字节格式", "请升级本单元;在此之前发送方会保留邮件。";
    }
    "mail.rolled_back" - {
        en: "The sender's log ends before what was read from it", "It was restored without a promotion: stop it, and promote it by the guide.";
        zh: "发送方日志的末端早于已读取的位置", "该单元未经晋升就被恢复:请停止它,并按指南晋升。";
    }
    "mail.forked" - {
        en: "The sender's history is another than the one that was read", "Two lives of one unit run: stop both, keep their disks, and promote by the guide.";
        zh: "发送方的历史与已读取的不同", "同一单元有两个实例在运行:请全部停止、保留磁盘,并按指南晋升。";
    }
    "mail.pair" - {
        en: "These two units do not exchange this kind of mail", "Check the region directory: who is above whom, and of which tier.";
        zh: "这两个单元之间不交换此类邮件", "请检查区域名录:上下级关系与层级是否正确。";
    }

    "route.place_outside" 422 {
        en: "The place lies outside this city", "Choose a place of this city; applications for other cities are not taken yet.";
        zh: "地点不在本市", "请选择本市范围内的地点;目前尚不受理外市事项。";
    }
    "route.no_authority" 422 {
        en: "Nobody may decide this matter for the place", "Ask for the route's explanation: it lists who was ruled out and why.";
        zh: "该地没有有权办理此事项的机关", "请查看路由说明,其中列明被排除的机关及原因。";
    }
    "route.reviews_only" 409 {
        en: "This organ reviews the matter and does not decide it", "Send the case up with your opinion (行政许可法 art. 43).";
        zh: "本机关仅负责初审,无权决定", "请签署初审意见并转报上级机关(行政许可法第四十三条)。";
    }
    "route.decides_here" 409 {
        en: "This organ decides the matter: nothing is sent up", "Decide the case.";
        zh: "本机关即决定机关,无须转报", "请直接作出决定。";
    }
    "catalogue.incomplete" 409 {
        en: "Pieces of the catalogue version are missing", "Store every piece that the manifest names, then publish again.";
        zh: "目录版本缺少分片", "请先存入清单所列的全部分片,再重新发布。";
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

    "time.clock_off" 503 {
        en: "The machine's clock is too far from its witnesses'", "Set the machine's clock (NTP). Applications are still received meanwhile; legal periods wait.";
        zh: "本机时钟与见证方相差过大", "请校准本机时钟(NTP)。其间仍可收件,法定期限的起止暂缓。";
    }
    "folder.in_use" - {
        en: "Another process holds the data folder", "Stop the process that the message names, or give this node a folder of its own.";
        zh: "数据目录正被其他进程使用", "请停止提示中的进程,或为本节点指定单独的目录。";
    }
    "folder.not_usable" - {
        en: "Files cannot be made, read or written in the data folder", "Check that it exists, who owns it and whether the disk is full.";
        zh: "无法在数据目录中创建、读取或写入文件", "请检查目录是否存在、属主是否正确、磁盘是否已满。";
    }
    "folder.not_empty" - {
        en: "The folder is not a data folder and holds something else", "Name an empty or a new folder; nothing was changed in this one.";
        zh: "该目录不是数据目录,且存有其他内容", "请指定空目录或新目录;本目录未作任何改动。";
    }
    "folder.another" - {
        en: "The data folder belongs to another region, unit, generation or node", "Name the folder that was made for this node, or a new one. Never copy a folder: two nodes would vote as one.";
        zh: "数据目录属于其他区域、单元、世代或节点", "请指定为本节点创建的目录或新目录。切勿复制数据目录,否则两个节点会以同一身份投票。";
    }
    "folder.newer" - {
        en: "A newer release wrote the data folder", "Start that release again, or upgrade this one.";
        zh: "数据目录由更新的版本写入", "请改用该版本启动,或升级本程序。";
    }
    "folder.damaged" - {
        en: "The data folder is damaged, or files of two folders are mixed", "Keep a copy as evidence. Let the node rejoin its unit with an empty folder; a unit with one voter is restored, which is a promotion.";
        zh: "数据目录已损坏,或混入了其他目录的文件", "请保留副本作为证据。让节点以空目录重新加入本单元;只有一个投票节点的单元按恢复(晋升)流程处理。";
    }

    "config.file" - {
        en: "A settings file cannot be read", "Check the path and who may read it; `tongban region init` writes a region's files.";
        zh: "配置文件无法读取", "请检查路径和读取权限;配置文件由 `tongban region init` 生成。";
    }
    "config.syntax" - {
        en: "A settings file is not TOML", "Put right what stands at the line and column.";
        zh: "配置文件不是有效的 TOML", "请更正所示行列处的内容。";
    }
    "config.key_unknown" - {
        en: "A settings file has an unknown key", "Take the nearest known key, or leave it out: nothing is ignored silently.";
        zh: "配置文件中有未知的键", "请改用最接近的已知键,或将其删去;未知内容不会被忽略。";
    }
    "config.key_missing" - {
        en: "A settings file lacks a key", "Add the key to the table that is pointed at.";
        zh: "配置文件缺少必要的键", "请在所示表中补上该键。";
    }
    "config.value" - {
        en: "A value in a settings file cannot stand there", "Give a value of the kind and within the bounds that the message names.";
        zh: "配置文件中的值不合要求", "请按提示填写类型正确且在范围内的值。";
    }
    "config.tier" - {
        en: "The program runs units of another tier", "Start the unit with the program of its tier, which the message names.";
        zh: "程序与单元层级不符", "请使用提示中对应层级的程序启动该单元。";
    }
    "config.node" - {
        en: "The region's directory does not list the node", "Use the folder that `tongban region init` made for this node, with the newest directory.json.";
        zh: "区域名录中没有该节点", "请使用 `tongban region init` 为该节点生成的文件夹,以及最新的 directory.json。";
    }
    "config.credentials" - {
        en: "Certificates, keys or the directory cannot be used", "Use the folder that `tongban region init` made for this node, unchanged.";
        zh: "证书、密钥或区域名录不可用", "请原样使用 `tongban region init` 为该节点生成的文件夹。";
    }
    "config.division" - {
        en: "A settings file names no division, or several", "Choose one of the candidates by its code.";
        zh: "配置文件中的区划不存在或不唯一", "请从候选中按区划代码选择。";
    }
    "config.contradiction" - {
        en: "Two things in a settings file contradict each other", "Change one of the two; the message names both.";
        zh: "配置文件中有两处相互矛盾", "请更改其中一处;提示中写明了两处内容。";
    }

    "region.occupied" - {
        en: "The region's folder holds something already", "Choose a new or empty folder: keys are never written over.";
        zh: "区域文件夹中已有内容", "请选择新的或空的文件夹;已有密钥绝不会被覆盖。";
    }
    "region.file" - {
        en: "A file of the region cannot be written", "Check who owns the folder and whether the disk is full; nothing was left behind.";
        zh: "区域文件无法写入", "请检查文件夹所有者和磁盘空间;未留下任何残余文件。";
    }
    "region.authority" - {
        en: "The region's authority refuses", "Put right what the message names; nothing was left behind.";
        zh: "区域证书机构拒绝", "请更正提示所指内容;未留下任何残余文件。";
    }
    "region.form" - {
        en: "A file of the region has no form", "Report it: it is a defect.";
        zh: "区域文件无法生成", "请报告,这是程序缺陷。";
    }

    "node.reverted" - {
        en: "A voter has another data folder than the one that voted, or an older copy of it", "Keep the folder as evidence; give the machine an empty folder and another node number, and let it join anew.";
        zh: "某投票节点的数据目录不是曾参与投票的目录,或是其旧副本", "请保留该目录作为证据;为该机器换用空目录和新的节点号,重新加入。";
    }
    "node.listen" - {
        en: "The node cannot listen on an address", "Stop the process that has the port, or set another address; the message names both.";
        zh: "节点无法监听地址", "请停止占用端口的进程,或更换监听地址;提示中写明了地址。";
    }
    "node.group" - {
        en: "The unit's group cannot start", "See the message: what lies on the disk cannot be, or the times contradict each other.";
        zh: "单元共识组无法启动", "请看提示:磁盘内容异常,或时间设置相互矛盾。";
    }
    "node.store" - {
        en: "The node's disk failed", "Check the disk, then start the node again; what was confirmed is kept by a majority of the unit's voters.";
        zh: "节点磁盘故障", "请检查磁盘后重新启动节点;已确认的内容由本单元多数节点保存。";
    }
    "node.http" - {
        en: "The node's HTTP interface ended", "See the log, then start the node again.";
        zh: "节点 HTTP 接口已终止", "请查看日志后重新启动节点。";
    }
    "node.process" - {
        en: "The process cannot run", "The system gives it no signals, threads or memory: see the message.";
        zh: "进程无法运行", "系统未提供信号、线程或内存:请看提示。";
    }

    "auth.person_missing" 401 {
        en: "Nobody was picked to act", "Pick a demo person: on the page, or by the header X-Tongban-Person; GET /v1/people lists them.";
        zh: "尚未选择身份", "请选择演示人员:在页面上选择,或使用请求头 X-Tongban-Person;GET /v1/people 列出全部人员。";
    }
    "auth.person_unknown" 401 {
        en: "No such demo person at this node", "Use one of the names that GET /v1/people lists; staff belong to their unit's node.";
        zh: "本节点没有该演示人员", "请使用 GET /v1/people 列出的名称;工作人员属于其所在单元的节点。";
    }
    "auth.role" 403 {
        en: "This role may not do that here", "Act as somebody whose role may: officers of this unit accept and decide, its staff receive and deliver.";
        zh: "该身份在此无权进行该操作", "请改用有权的身份:受理、决定由本单元受理与决定人员进行,收件、送达由本单元工作人员进行。";
    }
    "auth.not_own_case" 403 {
        en: "Somebody else submitted this case here", "Act as the one who submitted it, or ask the unit's staff at the counter.";
        zh: "该办件不是由当前身份在此提交", "请使用提交时的身份,或到窗口由工作人员办理。";
    }
    "auth.cross_site" 403 {
        en: "The form was sent by another site", "Open this node's own page and send the form from there.";
        zh: "该表单来自其他网站", "请打开本节点的页面,在该页面提交。";
    }

}
