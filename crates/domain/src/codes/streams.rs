//! Codes of streams of mail: what contradicts them, and who carries them.

use super::codes;

codes! {
    "mail.forgotten" - {
        en: "A unit has read less mail than it once said", "Its log was set back: stop it, keep its folder as evidence, and let it go on as its next generation only (docs/operations/a-unit-that-was-set-back.md).";
        zh: "某单元已读邮件少于其曾确认的数量", "其日志曾被回退:请停止该单元,保留其数据目录作为证据,只能以下一代继续运行(docs/operations/a-unit-that-was-set-back.md)。";
    }
    "mail.answer_unfit" - {
        en: "An answer belongs to another question", "Nothing if it stays single: it came late. If it repeats, somebody between the two units plays old answers again: look at the relay that the log names.";
        zh: "答复与所问不符", "偶发时无需处理,系迟到的答复;如反复出现,则两单元之间有人重放旧答复:请检查日志所列的中继单元。";
    }
    "mail.relay_unfit" - {
        en: "A unit may not carry that mail", "Units above one of the two and counties carry, over one hop only. Keep the log as evidence if somebody else tried to.";
        zh: "该单元不得转送此邮件", "只有双方的上级单元和各县可以转送,且只转送一程。如系其他单元所为,请保留日志作为证据。";
    }
    "unit.contradicted" 503 {
        en: "The unit's neighbours know another history than the one it has", "The folder was set back or copied. Keep it as evidence; the unit goes on as its next generation only (docs/operations/a-unit-that-was-set-back.md).";
        zh: "相邻单元所知的历史与本单元不符", "数据目录曾被回退或复制。请保留作为证据;本单元只能以下一代继续运行(docs/operations/a-unit-that-was-set-back.md)。";
    }
}
