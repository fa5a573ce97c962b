//! Codes of legal time.

use super::codes;

codes! {
    "legal.order" 409 {
        en: "A fact lies before one that is recorded already", "Record facts in the order of their days; facts are never edited, a correction is a fact of its own.";
        zh: "事实早于已记录的事实", "请按日期先后记录;已记录的事实不作修改,更正另行记录。";
    }
    "legal.stage_unfit" 409 {
        en: "The act does not fit how far the application has got", "Look how far it has got; record first what comes before (articles 32 to 44).";
        zh: "该行为与申请所处阶段不符", "请先查看申请所处阶段,并记录此前应有的事项(第32条至第44条)。";
    }
    "legal.gaps_again" 409 {
        en: "Gaps are told once, all together (article 32)", "Ask for nothing more: accept, accept with deficit, or decide on what there is.";
        zh: "补正内容只能一次性告知(第32条)", "不得再次要求补正:请予受理、容缺受理,或依现有材料作出决定。";
    }
    "legal.accepted_by_law" 409 {
        en: "The application counts as accepted, since its gaps were not told in time (article 32)", "Go on as after acceptance: the time for the decision runs from the day of receipt.";
        zh: "逾期未告知补正,申请自收到之日起即为受理(第32条)", "请按已受理继续办理:决定期限自收到申请材料之日起计算。";
    }
    "legal.stop_kind" 400 {
        en: "A notice that stops the clock names no procedure (article 45)", "Name one: 听证 hearing, 招标 tender, 拍卖 auction, 检验 inspection, 检测 testing, 检疫 quarantine, 鉴定 appraisal, 专家评审 expert review.";
        zh: "停止计时的通知未写明程序(第45条)", "请写明其一:听证、招标、拍卖、检验、检测、检疫、鉴定、专家评审。";
    }
    "legal.stop_basis" 400 {
        en: "A notice that stops the clock has no basis (article 45)", "Write which provision requires the procedure in this case.";
        zh: "停止计时的通知没有依据(第45条)", "请写明本件依何规定需要该程序。";
    }
    "legal.stop_estimate" 400 {
        en: "A notice that stops the clock tells no period (article 45)", "Tell the applicant in writing how many days are needed, at least one.";
        zh: "停止计时的通知未告知所需时间(第45条)", "请书面告知申请人所需天数,至少一天。";
    }
    "legal.stop_uncited" 409 {
        en: "Nothing lets this procedure stop the clock here (article 45)", "Go on counting; where a law lets it stop, have the entry cite it.";
        zh: "该程序在此不能停止计时(第45条)", "请继续计时;如有法律规定可停止,请先在实施清单中载明依据。";
    }
    "legal.site_check" 409 {
        en: "A site check stops nothing (articles 34, 45)", "Record the check and go on counting, unless the entry cites a law by which it stops the clock.";
        zh: "实地核查不停止计时(第34条、第45条)", "请记录核查并继续计时;实施清单载明法律依据的除外。";
    }
    "legal.stop_late" 409 {
        en: "The limit has ended, or ends today: nothing is left to stop (article 45)", "Decide; a limit that has not ended can be extended once.";
        zh: "期限已届满或当日届满,无可停止的时间(第45条)", "请作出决定;期限尚未届满的可延长一次。";
    }
    "legal.stop_overlap" 409 {
        en: "The clock stands still already (article 45)", "Prolong the stop by a second reasoned notice, or stop again once it has resumed.";
        zh: "目前已停止计时(第45条)", "请以附理由的第二次通知延长,或在恢复计时后再次停止。";
    }
    "legal.not_stopped" 409 {
        en: "The clock does not stand still on that day (article 45)", "A stop ends by itself after the period told; after that, give a new notice.";
        zh: "该日并未停止计时(第45条)", "所告知的时间届满后自动恢复计时;此后请另行通知。";
    }
    "legal.prolonged_again" 409 {
        en: "A stop is prolonged once (article 45)", "Let counting resume; a new procedure needs a notice of its own.";
        zh: "同一次停止只能延长一次(第45条)", "请恢复计时;新的程序须另行通知。";
    }
    "legal.reason_missing" 400 {
        en: "The reason is missing (articles 42, 45)", "Tell the applicant the reason.";
        zh: "缺少理由(第42条、第45条)", "请向申请人告知理由。";
    }
    "legal.extension_none" 409 {
        en: "This limit cannot be extended (article 42)", "Only the limits for a decision can be, where the law or the entry says so.";
        zh: "该期限不能延长(第42条)", "只有法律或实施清单规定可延长的决定期限才能延长。";
    }
    "legal.extension_again" 409 {
        en: "A limit is extended once (article 42)", "Decide within the extended limit.";
        zh: "期限只能延长一次(第42条)", "请在延长后的期限内作出决定。";
    }
    "legal.extension_long" 400 {
        en: "An extension is longer than the law gives, or of no day (article 42)", "Take at most the days that the answer names.";
        zh: "延长天数超过法定上限或为零(第42条)", "请不超过答复写明的天数。";
    }
    "legal.extension_by" 409 {
        en: "Somebody else approves this extension (article 42)", "Have it approved by the organ's head; for joint handling by the government's head.";
        zh: "延长未经有权负责人批准(第42条)", "请报本行政机关负责人批准;联合办理的报本级人民政府负责人批准。";
    }
    "legal.extension_late" 409 {
        en: "The limit has ended: nothing is left to extend (article 42)", "Decide.";
        zh: "期限已届满,不能再延长(第42条)", "请作出决定。";
    }
    "legal.hearing_late" 409 {
        en: "The time to ask for a hearing is over (article 47)", "The organ may still hold one of its own accord (article 46).";
        zh: "提出听证申请的期限已过(第47条)", "行政机关仍可依职权举行听证(第46条)。";
    }
    "legal.hearing_notice" 409 {
        en: "Notice of a hearing comes too late (article 48)", "Hold it on a later day, so that the notice is seven days before.";
        zh: "听证通知过迟(第48条)", "请推迟听证日期,使通知在七日前送达。";
    }
    "legal.hearing_far" 409 {
        en: "The hearing would be held too late (article 47)", "Hold it by the day that the answer names.";
        zh: "听证日期超过法定期限(第47条)", "请在答复写明的日期前举行。";
    }
    "legal.question" - {
        en: "A question about legal time cannot be answered as it stands", "Correct the option that the message names; `tongban time due --help` shows each.";
        zh: "期限问题无法按所给内容计算", "请更正提示所指的选项;用法见 `tongban time due --help`。";
    }
}
