//! Codes of proposals, reviews and publications of catalogue versions.

use super::codes;

codes! {
    "catalogue.proposal_unknown" 404 {
        en: "No such proposal is known here", "`tongban catalogue proposals` lists them; proposals are at the city.";
        zh: "此处没有该目录变更提案", "可用 `tongban catalogue proposals` 查看全部提案;提案由市级保存。";
    }
    "catalogue.proposal_over" 409 {
        en: "The proposal is too far, or not far enough, for that", "`tongban catalogue show-proposal NUMBER` says how far it is: it is reviewed once by another person, then published; what is over is proposed anew.";
        zh: "该提案当前状态不允许此操作", "可用 `tongban catalogue show-proposal 编号` 查看状态:提案由他人审核一次后发布;已结束的请重新提案。";
    }
    "catalogue.same_person" 403 {
        en: "Who proposed it does not review it", "Let another person of the city review it: two people stand behind every version.";
        zh: "提案人不得审核本人的提案", "请由市级另一名人员审核:每个版本须有两人负责。";
    }
    "catalogue.not_proposer" 403 {
        en: "Somebody else proposed it", "Who proposed it takes it back; who is against it sends it back by a review, with reasons.";
        zh: "该提案由他人提出", "撤回由提案人进行;不同意的,请在审核时说明理由退回。";
    }
    "catalogue.why_missing" 422 {
        en: "It is not said why", "Say why the change is needed, or what is wrong with it: others read it.";
        zh: "未说明理由", "请写明变更的理由,或者退回的原因。";
    }
    "catalogue.stale" 409 {
        en: "The proposal was drawn up against an older version", "Another version was published meanwhile: look at what it changed, and propose anew.";
        zh: "提案所依据的版本已不是最新版本", "其间已发布其他版本:请核对其变更后重新提案。";
    }
    "catalogue.effective_unfit" 422 {
        en: "The version cannot hold from that day", "Plan a day from the one that the answer names: rules are not made for days that have passed, nor before those that they replace.";
        zh: "生效日期不符合要求", "请改为答复所列日期或者以后的日期:规则不溯及既往,也不得早于所替代版本的生效日期。";
    }
    "catalogue.unreviewed" 409 {
        en: "The version is not what one person proposed and another approved", "After the first, a version is proposed (`tongban catalogue import FILE --propose WHY`), approved by another person and then published; what comes otherwise is kept as evidence and not installed.";
        zh: "该版本未经一人提出、另一人审核同意", "首个版本之后,请先提案(`tongban catalogue import 文件 --propose 理由`),由他人审核同意后发布;其他途径到达的版本不予安装,留作证据。";
    }
}
