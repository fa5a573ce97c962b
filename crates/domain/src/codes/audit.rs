//! Codes of the books: audit rows, their tree, heads and proofs.

use super::codes;

codes! {
    "audit.head_unfit" - {
        en: "A head of the audit tree is not this unit's to tell now", "Nothing: the unit's leader tells its next head by itself.";
        zh: "审计树根此时不应由本单元通告", "无需处理:本单元的主节点会自行通告下一个树根。";
    }
    "audit.forked" - {
        en: "A unit's books have two histories", "Keep both data folders as evidence and stop the unit; only a promotion of its mirror or a fresh start may follow.";
        zh: "某单元的审计账有两个不同的历史", "请保留双方数据目录作为证据并停止该单元;之后只能由镜像晋升或重新建立。";
    }
    "audit.row_missing" - {
        en: "There is no such audit row here", "Give a case number or a sequence that this unit's log has; `tongban unit log` lists them.";
        zh: "此处没有该审计行", "请给出本单元日志中存在的办件编号或序号;可用 `tongban unit log` 查看。";
    }
    "audit.not_told" - {
        en: "No signed head covers the audit row yet", "Wait until the unit has told its next head: `timing.heads_minutes` says how often.";
        zh: "尚无已签名的树根涵盖该审计行", "请等待本单元通告下一个树根,间隔见 `timing.heads_minutes`。";
    }
    "audit.file" - {
        en: "A file is no proof of audit rows", "Give a file that `tongban audit proof` or `tongban audit bundle` wrote, as it was written.";
        zh: "该文件不是审计证明", "请使用 `tongban audit proof` 或 `tongban audit bundle` 写出的原文件。";
    }
    "audit.region" - {
        en: "The books are of another region than the directory", "Give the directory of the region that the proof names.";
        zh: "审计账与名录不属于同一区域", "请使用证明中所列区域的名录。";
    }
    "audit.signer" - {
        en: "Who signed is no node of that unit by the directory", "Give the directory that was in force; if there is none that lists the node, the proof proves nothing.";
        zh: "按名录,签名者不是该单元的节点", "请使用当时有效的名录;如无任何名录列有该节点,该证明无效。";
    }
    "audit.signature" - {
        en: "A signature is not the node's", "What it stands under was forged or altered: do not rely on it, and keep it as evidence.";
        zh: "签名与该节点不符", "所签内容系伪造或被改动:请勿采信,并保留作为证据。";
    }
    "audit.path" - {
        en: "A proof does not lead to the signed head", "The row was altered, or is of other books: do not rely on it, and keep it as evidence.";
        zh: "证明路径不能得出已签名的树根", "该审计行被改动或属于其他账目:请勿采信,并保留作为证据。";
    }
    "audit.rows" - {
        en: "Audit rows are missing, altered or out of order", "Keep the folder as evidence; take the rows from another replica, and check that one too.";
        zh: "审计行缺失、被改动或顺序不符", "请保留该数据目录作为证据;从其他副本取得审计行,并同样核验。";
    }
}
