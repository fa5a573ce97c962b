//! Codes of a unit's voters: why they are not changed.

use super::codes;

codes! {
    "voters.under_way" 409 {
        en: "Another change of the unit's voters is under way", "Wait until it is done: `tongban unit show` tells how far it is.";
        zh: "本单元的另一项投票成员变更正在进行", "请等待其完成:`tongban unit show` 可查看进度。";
    }
    "voters.unlisted" 409 {
        en: "The region's directory does not list the node in this unit", "Let the region's authority give it a folder (`tongban region add-node`), and bring the new directory.json to one node of the unit; within seconds all have it.";
        zh: "区域名录未将该节点列入本单元", "请先由区域签发机构为其制发文件夹(`tongban region add-node`),并将新的 directory.json 送到本单元的一个节点;数秒内各节点即会取得。";
    }
    "voters.unknown" 404 {
        en: "The node is no member of the unit's group", "`tongban unit show` lists the members.";
        zh: "该节点不是本单元的成员", "`tongban unit show` 可列出全部成员。";
    }
    "voters.already" 409 {
        en: "The node votes already", "Nothing: go on.";
        zh: "该节点已是投票成员", "无需处理。";
    }
    "voters.not_voter" 409 {
        en: "The node does not vote", "Only a voter can lead: `tongban unit add-voter` makes it one.";
        zh: "该节点不是投票成员", "只有投票成员才能任主节点:可先用 `tongban unit add-voter` 将其加入。";
    }
    "voters.silent" 409 {
        en: "The node does not answer its leader", "Start it, and look at its line and its log; then ask again.";
        zh: "该节点没有答复主节点", "请启动该节点,检查其线路与日志,然后重试。";
    }
    "voters.last" 409 {
        en: "The unit's last voter cannot be removed", "Add another voter first (`tongban unit add-voter`), then remove this one.";
        zh: "不能移除本单元唯一的投票成员", "请先用 `tongban unit add-voter` 增加另一投票成员,再移除它。";
    }
    "voters.quorum" 409 {
        en: "Too few voters would answer afterwards: the unit would stand still", "Start the voters that are silent, or replace a dead one instead of removing a living one.";
        zh: "变更后能答复的投票成员不足多数,本单元将无法运行", "请先启动没有答复的投票成员;或替换已损坏的成员,而不是移除正常的成员。";
    }
    "voters.behind" - {
        en: "The new node did not catch up in time, and was taken out again", "Look at its log, its disk and its line; then ask again, with a longer --within.";
        zh: "新节点未在时限内赶上进度,已撤出", "请检查其日志、磁盘与线路,然后以更长的 --within 重试。";
    }
    "voters.interrupted" - {
        en: "The change was interrupted: the leader changed, or the unit stood still", "Ask again: what was done already is kept, and half a change is finished by whoever leads next.";
        zh: "变更被中断:主节点已更换,或本单元一度无法运行", "请再次提出:已完成的部分保留,进行到一半的变更由下一任主节点完成。";
    }
    "directory.refused" - {
        en: "A node refuses a region directory", "Bring it the newest directory.json that this region's authority has signed: never an older one, never another region's.";
        zh: "节点拒绝使用该区域名录", "请提供本区域签发机构签名的最新 directory.json:不得用旧的,也不得用其他区域的。";
    }
}
