//! Codes of mirrors: why one is not told anything, or does not go on.

use super::codes;

codes! {
    "mirror.foreign" - {
        en: "Who asks is no mirror of this unit", "A mirror is kept by the first nodes of the unit right above, as many as `[mirror] nodes` in the settings says on both sides; only the region's operator freezes and reads one.";
        zh: "请求方不是本单元的镜像", "镜像由上一级单元最前面的若干节点保存,数量须在双方设置 `[mirror] nodes` 中一致;只有区域运维人员可冻结并读取镜像。";
    }
    "mirror.generation" - {
        en: "The mirror is of another life of the unit", "Nothing, while news of a directory spreads; else bring the latest directory.json to both nodes.";
        zh: "镜像对应本单元的另一代", "名录更新传播期间无需处理;否则请将最新的 directory.json 送到双方节点。";
    }
    "mirror.ahead" - {
        en: "The mirror has more than the unit", "The unit was set back to an old copy: stop it, keep its folder as evidence, and let it go on as its next life (`tongban unit promote`).";
        zh: "镜像比本单元更新", "本单元已被退回旧副本:请停止该节点,保留其目录作为证据,并以下一代继续(`tongban unit promote`)。";
    }
    "mirror.behind" - {
        en: "Mail waits for the unit's mirror", "Look at the line to the unit above and at its node: what a unit with one machine says to others goes out once its mirror has it.";
        zh: "邮件正在等待本单元的镜像", "请检查通往上一级单元的线路及其节点:单机单元对外所言,须待镜像取得后方可发出。";
    }
    "mirror.none" - {
        en: "There is no such mirror to go on from", "Look which nodes of the unit above mirror it (`tongban status`), start one of them, and try again.";
        zh: "没有可据以继续的镜像", "请用 `tongban status` 查看上一级单元的哪些节点保存该镜像,启动其中之一后重试。";
    }
    "mirror.order" - {
        en: "A mirror is frozen before it is read, and read from its first part on", "Begin anew.";
        zh: "镜像须先冻结后读取,且须从头读起", "请重新开始。";
    }
}
