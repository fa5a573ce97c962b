//! Codes of a unit's time.

use super::codes;

codes! {
    "time.uncertain" 503 {
        en: "The unit's time is uncertain: its clock is in doubt", "Applications are received meanwhile. Acts that begin or end a legal period wait until another machine's clock agrees, or a clerk confirms the time.";
        zh: "本单元的时间尚不确定:时钟存疑", "其间仍可收件;法定期限的起止须待其他机器的时钟印证,或由工作人员确认时间后办理。";
    }
    "time.certain" 409 {
        en: "The unit's time is certain: there is nothing to confirm", "Nothing: go on. If the clock is wrong all the same, set the machine's clock (NTP).";
        zh: "本单元的时间是确定的,无须确认", "无需处理,可继续办理。若时钟确有误差,请校准本机时钟(NTP)。";
    }
}
