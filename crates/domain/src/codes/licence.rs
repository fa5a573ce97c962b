//! Codes of licences and of the promises that they rest on.

use super::codes;

codes! {
    "licence.unknown" 404 {
        en: "No such licence of this applicant and matter is known here", "Read the number from the licence, and apply for the matter that it was granted for; look it up at the unit that issued it, which alone decides about it.";
        zh: "此处没有该申请人该事项的这一证照", "请按证照核对编号，并申请原许可事项；查询、延续、变更、补办、注销由原发证机关办理。";
    }
    "licence.over" 409 {
        en: "The licence does not hold", "What has ended, was given up or revoked is applied for anew; renewal is asked for 30 days before the last day (Licensing Law, art. 50).";
        zh: "证照已失效", "已届满、注销或者撤销的，请重新申请；延续应当在有效期届满三十日前提出（《行政许可法》第五十条）。";
    }
    "licence.endless" 409 {
        en: "The licence holds without an end", "Nothing is to be renewed: go on using it.";
        zh: "证照长期有效", "无需延续，可继续使用。";
    }
    "licence.busy" 409 {
        en: "Another application about the licence is open", "Decide the one that the answer names first.";
        zh: "该证照另有申请正在办理", "请先办结答复所列的申请。";
    }
    "licence.none" 409 {
        en: "No licence was first issued in this case", "Act on the case in which the licence was first issued: `tongban case licence` names it.";
        zh: "本件未首次签发证照", "请在首次签发证照的办件上操作，可用 `tongban case licence` 查询。";
    }
    "licence.promise_none" 409 {
        en: "No promise can stand here, or none is to be checked", "Only proofs that the matter lists for it can be promised; a promise is checked once.";
        zh: "本件不适用告知承诺，或者没有待核查的承诺", "仅事项清单所列证明可以承诺代替；每项承诺只核查一次。";
    }
    "licence.breach_open" 409 {
        en: "The applicant broke a promise that still counts", "Ask for the materials themselves: neither promise nor deficit until the day that the answer names.";
        zh: "申请人有未履行承诺的记录，尚在限制期内", "请要求提交材料本身，在答复所列日期前不适用告知承诺和容缺受理。";
    }
}
