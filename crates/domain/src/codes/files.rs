//! Codes of files of materials.

use super::codes;

codes! {
    "file.none" 422 {
        en: "No file is named", "Upload the file first (POST /v1/files), then name it by its ticket.";
        zh: "没有指明任何文件", "请先上传文件(POST /v1/files),再凭取得的凭据指明文件。";
    }
    "file.material_absent" 422 {
        en: "The material that the file belongs to is not handed in", "Name the material among those handed in, exactly as the matter lists it.";
        zh: "文件所属的材料不在提交之列", "请在提交的材料中列出该材料,名称须与事项清单一致。";
    }
    "file.too_many" 422 {
        en: "The application has too many files", "Put several pages into one PDF or OFD file; an application has at most 64 files.";
        zh: "文件数量超出上限", "请将多页合并为一个 PDF 或 OFD 文件;一份申请最多六十四个文件。";
    }
    "file.too_large" 413 {
        en: "The file, or all files of the application together, are too large", "Scan at a lower resolution or in parts: at most 200 MiB a file and 2 GiB an application.";
        zh: "文件或该申请的全部文件过大", "请降低扫描分辨率或拆分文件:单个文件不超过 200 MiB,一份申请合计不超过 2 GiB。";
    }
    "file.repeated" 409 {
        en: "The application has this file already", "Nothing is lost: leave it out, or upload the other file.";
        zh: "该申请已包含此文件", "无需重复提交;如需另一文件,请另行上传。";
    }
    "file.not_held" 503 {
        en: "The file is not safe on enough machines of this unit", "Try again shortly; upload it again if it was uploaded more than a day ago.";
        zh: "文件尚未在本单元多数机器上安全保存", "请稍后重试;上传超过一天的,请重新上传。";
    }
    "file.ticket_unfit" 422 {
        en: "That ticket does not name a file of this unit", "Give the ticket exactly as the upload answered it, at the unit where the file was uploaded.";
        zh: "该凭据不能指明本单元的文件", "请在上传文件的单元,原样提供上传时取得的凭据。";
    }
    "file.unknown" 404 {
        en: "The case names no such file", "GET /v1/cases/{case}/files lists the files of a case.";
        zh: "该办件没有此文件", "请用 GET /v1/cases/{case}/files 查看该办件的文件。";
    }
    "file.media_unknown" 415 {
        en: "The file is none of the kinds that are taken", "Hand in PDF, OFD, JPEG, PNG, TIFF, WebP, HEIF or BMP; the first bytes decide, not the name.";
        zh: "不接收此类文件", "请提交 PDF、OFD、JPEG、PNG、TIFF、WebP、HEIF 或 BMP 文件;以文件内容为准,不以扩展名为准。";
    }
    "file.infected" 422 {
        en: "The scanner found something harmful in the file", "Do not open it; make the file again on a clean machine.";
        zh: "扫描发现文件含有有害内容", "请勿打开该文件;请在安全的设备上重新制作。";
    }
    "file.scanner_down" 503 {
        en: "The scanner for harmful files does not answer", "Try again shortly; tell the unit's operator, and hand the papers in at the counter meanwhile.";
        zh: "病毒扫描程序没有响应", "请稍后重试并告知运维人员;其间可在窗口提交纸质材料。";
    }
    "file.cut" 400 {
        en: "The upload ended before the file was whole", "Send the file again.";
        zh: "上传中断,文件不完整", "请重新上传该文件。";
    }
    "file.not_arrived" 503 {
        en: "The file has not arrived at this machine yet", "The case does not wait for it. Try again shortly: the list of files says how many have arrived.";
        zh: "文件尚未到达本机", "办件不因此等待。请稍后重试:文件列表显示已到达的数量。";
    }
    "file.disk" 503 {
        en: "The file cannot be kept or read on this machine's disk", "Tell the unit's operator: the disk is full or fails.";
        zh: "本机磁盘无法保存或读取文件", "请告知运维人员:磁盘已满或发生故障。";
    }
    "file.range" 416 {
        en: "The file has no such bytes", "Ask for one range within the file's length.";
        zh: "文件没有所请求的字节范围", "请在文件长度之内请求一个范围。";
    }
}
