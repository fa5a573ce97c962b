//! Codes of a unit that comes back from loss.

use super::codes;

codes! {
    "case.recovering" 409 {
        en: "The case comes from before this unit was lost, and is read only for now", "Try again later: it is acted on once every other unit has said what it knows of it, or two people have declared that unit lost.";
        zh: "该办件形成于本单元灾失之前,目前只可查看", "请稍后再试:待其他各单元说明所知情况,或由两人宣告该单元灭失后,即可办理。";
    }
    "recovery.unfit" 409 {
        en: "No such step of a recovery is due", "Look at the unit's round: it may still wait for an answer, or be over.";
        zh: "此时没有这一恢复步骤", "请查看该单元的恢复轮次:可能仍在等待答复,或已结束。";
    }
    "recovery.two_people" 422 {
        en: "A loss is recorded by two people", "Name two different people who have seen that the machines are switched off or destroyed.";
        zh: "灾失须由两人记录", "请填写两位不同人员的姓名,二人均已确认机器已关停或毁坏。";
    }
    "unit.superseded" - {
        en: "A later life of this unit is at work", "Leave this node stopped and keep its data folder: it is evidence of what was done after the loss.";
        zh: "本单元的后续一代已在运行", "请保持该节点停止并保留其数据目录:其中记录了灾失之后的办理情况,作为证据。";
    }
}
