//! Codes of hearings.

use super::codes;

codes! {
    "hearing.none" 409 {
        en: "No hearing of this case is at that point", "First tell those concerned of their right, then it is asked for, set and held (Licensing Law, arts. 46 to 48).";
        zh: "该办件听证尚未到此环节", "先告知听证权利，再由申请人或者利害关系人申请，然后通知、举行（《行政许可法》第四十六至四十八条）。";
    }
    "hearing.told" 409 {
        en: "That was done about the hearing before", "Look at the case's story, and go on from there.";
        zh: "听证的这一环节已经办理", "请查看办件经过，办理下一环节。";
    }
    "hearing.unclear" 422 {
        en: "A hearing has a place and somebody who chairs it", "Name both.";
        zh: "听证缺少地点或者主持人", "请写明地点和主持人账号。";
    }
    "hearing.early" 409 {
        en: "The hearing is still to come", "Hand its record in once it was held, on the day that was told or later.";
        zh: "听证日期未到", "听证举行后再提交笔录。";
    }
    "hearing.open" 409 {
        en: "A hearing can be asked for, or was asked for and is not held yet", "Wait for the last day on which it can be asked for, or hold it: the decision goes by its record (Licensing Law, art. 48).";
        zh: "听证申请期未满，或者听证尚未举行", "请待申请期满，或者举行听证后依笔录作出决定（《行政许可法》第四十八条）。";
    }
}
