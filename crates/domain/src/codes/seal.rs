//! Codes of electronic seals on papers, as `tongban verify` tells them.

use super::codes;

codes! {
    "seal.unsealed" - {
        en: "The paper bears no electronic seal", "Ask the issuing unit for a sealed copy; the paper says on its face why it bears none.";
        zh: "文书未加盖电子印章", "请向出具单元索取加盖电子印章的文书;未加盖的原因见文书。";
    }
    "seal.malformed" - {
        en: "What stands in the place of the seal is no seal", "Take the file as `tongban case papers --save` wrote it; if it is, do not rely on it.";
        zh: "文书的印章数据不成其为印章", "请使用 `tongban case papers --save` 写出的原文件;如确为原文件,请勿采信。";
    }
    "seal.root" - {
        en: "The seal's certificate is not by the seal authority that it is judged by", "Give the root of the authority that the paper names, got from who is trusted; without one the seal proves nothing.";
        zh: "印章证书并非由所依据的印章机构签发", "请提供经可信途径取得的、文书所列印章机构的根;否则该印章不能证明任何事项。";
    }
    "seal.signature" - {
        en: "The seal was forged or altered", "Do not rely on the paper; keep it as evidence and tell the body that it names.";
        zh: "印章系伪造或被改动", "请勿采信该文书;保留作为证据,并告知文书所列机关。";
    }
    "seal.paper" - {
        en: "The seal is of another paper", "Do not rely on the paper; keep it as evidence and ask the issuing unit for the paper of that number.";
        zh: "印章属于另一份文书", "请勿采信该文书;保留作为证据,并向出具单元索取该编号的文书。";
    }
    "seal.altered" - {
        en: "The paper was changed after it was sealed", "Do not rely on the paper; keep it as evidence and ask the issuing unit for a sealed copy.";
        zh: "文书在盖章后被改动", "请勿采信该文书;保留作为证据,并向出具单元索取加盖电子印章的文书。";
    }
    "seal.body" - {
        en: "Another body sealed than the one in whose name the paper is", "Do not rely on the paper; ask the body in whose name it is for one with its own seal.";
        zh: "盖章机关与文书署名机关不一致", "请勿采信该文书;请向署名机关索取加盖其印章的文书。";
    }
    "seal.expired" - {
        en: "The paper was sealed while the seal's certificate did not hold", "Ask the issuing unit for a copy sealed with a certificate that holds.";
        zh: "盖章时印章证书不在有效期内", "请向出具单元索取以有效证书盖章的文书。";
    }
    "seal.revoked" - {
        en: "The paper was sealed with a seal that had been revoked", "Do not rely on the paper; ask the issuing unit for a copy with the seal that is in use.";
        zh: "盖章时所用印章已被吊销", "请勿采信该文书;请向出具单元索取加盖现用印章的文书。";
    }
    "seal.file" - {
        en: "A file of the seal authority or of seals cannot be read", "Take it anew from the region's folder: `tongban region seal` writes it.";
        zh: "印章机构或印章文件无法读取", "请从区域目录重新取得:由 `tongban region seal` 写出。";
    }
}
