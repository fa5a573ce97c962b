//! Codes of what people say of a case, and of what is done about it.

use super::codes;

codes! {
    "concern.unknown" 404 {
        en: "Nothing of that kind was said of this case here", "GET /v1/cases/{case}/concerns lists what was said of a case; a rating is answered at the unit that did the step.";
        zh: "本单元没有关于该办件的此类诉求", "请用 GET /v1/cases/{case}/concerns 查看该办件的评价、催办和投诉;评价由办理该环节的单元处理。";
    }
    "concern.elsewhere" 409 {
        en: "Another unit answers that", "Go to the unit that is named; its answer is told here too.";
        zh: "该诉求由其他单元处理", "请到所列单元办理;处理结果也会告知本单元。";
    }
    "concern.unfit" 409 {
        en: "It does not wait for that", "A bad rating is called back first, then put right or explained; a complaint is accepted, handled, then answered (GB/T 39735).";
        zh: "该诉求当前不需要此项处理", "差评先回访核实,再整改或说明;投诉先受理,再办理,后答复(GB/T 39735)。";
    }
    "rating.line_unfit" 422 {
        en: "That is no finished step of this case", "Rate a step that the case's story shows as done: received, accepted or not, decided, delivered (GB/T 39735: one rating per finished step).";
        zh: "这不是该办件已办结的环节", "请评价办件经过中已完成的环节:收件、受理或不予受理、决定、送达(GB/T 39735:一环节一评价)。";
    }
    "concern.not_applicant" 403 {
        en: "Only the person served may do that", "Give the identifier that the application was made under. Others may complain.";
        zh: "只有被服务的申请人本人可以评价或催办", "请提供申请时使用的证件号码;其他人可以投诉。";
    }
    "rating.rated_before" 409 {
        en: "This step is rated already", "Each finished step is rated once. Rate another step, or complain about this one.";
        zh: "该环节已经评价过", "每个环节只能评价一次。可评价其他环节,或就该环节投诉。";
    }
    "urging.open" 409 {
        en: "An urging waits for its answer already", "Wait for the answer: it shows on the case's page. A complaint is possible at any time.";
        zh: "已有催办等待答复", "请等待答复,答复显示在办件页面;也可随时投诉。";
    }
    "urging.nothing_to_hurry" 409 {
        en: "The case is decided or over: there is nothing to be hurried", "Rate the step, or complain about it.";
        zh: "该办件已决定或已终结,无可催办", "可对相应环节评价或投诉。";
    }
    "urging.day_past" 422 {
        en: "The day of the order has passed", "Order the case to be finished by today or a later day.";
        zh: "督办期限已过", "请指定今天或以后的日期。";
    }
    "concern.own_step" 403 {
        en: "Whoever did the step does not review what is said of it", "Another person calls back, excludes, or handles the complaint.";
        zh: "办理该环节的人员不得复核对该环节的评价或投诉", "请由其他人员回访、复核排除或办理投诉。";
    }
    "concern.words_missing" 422 {
        en: "Words are missing", "Say what was confirmed, found, done or answered; reasons are always given.";
        zh: "缺少文字说明", "请写明确认、查明、采取或答复的内容;凡须说明理由的,不得省略。";
    }
    "rating.attempts_missing" 422 {
        en: "A call-back is at least one attempt", "Say how often it was tried, whether the person was reached or not.";
        zh: "回访至少须尝试一次", "无论是否联系到本人,请填写回访次数。";
    }
    "concern.too_many" 429 {
        en: "Too much is said of this case already", "Wait until what is open is answered.";
        zh: "该办件的诉求已达上限", "请待已有诉求办结后再提出。";
    }
}
