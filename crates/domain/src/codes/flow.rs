//! Codes of the steps between acceptance and decision.

use super::codes;

codes! {
    "flow.unlisted" 422 {
        en: "The matter lists no such step between acceptance and decision", "Do a step that the matter lists; nothing else may be done or asked for.";
        zh: "该事项未列明此环节", "只能办理清单列明的环节，不得增设。";
    }
    "flow.over" 409 {
        en: "The step is done", "Go on with the next one; to do it anew, send the case back to it with reasons.";
        zh: "该环节已办结", "请办理后续环节；确需重办的，请说明理由后退回该环节。";
    }
    "flow.steps_open" 409 {
        en: "Steps come first that are not done", "Do the steps that the answer names first.";
        zh: "前序环节尚未办结", "请先办结答复所列环节。";
    }
    "flow.steps_object" 409 {
        en: "By what a step found, the application cannot be granted", "Deny it with reasons, or send the case back to the step that objects.";
        zh: "已有环节提出不予许可意见", "请说明理由作出不予决定，或者退回提出意见的环节重新办理。";
    }
    "flow.duties_apart" 403 {
        en: "This is for another person", "Who handles a case neither examines, approves nor decides it, and a site is looked at by two: ask a colleague.";
        zh: "应由其他人员办理", "承办与审核、批准、决定相分离，实地核查须由两人进行：请由其他人员办理。";
    }
}
