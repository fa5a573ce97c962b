//! Codes of requests over HTTP as such, and of claims.

use super::codes;

codes! {
    "http.not_found" 404 {
        en: "There is no such page or path", "See /docs for all paths of the API, or begin at the start page.";
        zh: "没有该页面或路径", "接口的全部路径见 /docs,或从首页开始。";
    }
    "http.method" 405 {
        en: "The path does not take this method", "The Allow header of the answer names the methods that it takes.";
        zh: "该路径不接受此方法", "答复的 Allow 头列出可用的方法。";
    }
    "http.unit_needed" 404 {
        en: "This node serves several units", "Name the unit: /v1/units/{unit}/…, with one of the codes that the answer lists.";
        zh: "本节点服务多个单元", "请写明单元:/v1/units/{unit}/…,代码见答复。";
    }
    "http.unit_elsewhere" 404 {
        en: "This node does not serve that unit", "Ask a node of that unit; the answer lists the units that this one serves.";
        zh: "本节点不服务该单元", "请访问该单元的节点;答复列出本节点服务的单元。";
    }
    "http.query" 400 {
        en: "The query of the address cannot be read", "See /docs for the names and forms that the path takes.";
        zh: "地址中的查询参数无法读取", "该路径可用的参数名称和格式见 /docs。";
    }
    "http.json" 400 {
        en: "The body is not the JSON that is expected", "Put it right at the line and column that the answer names; /docs shows the form.";
        zh: "请求体不是所要求的 JSON", "请按答复给出的行列更正;格式见 /docs。";
    }
    "http.unknown_field" 400 {
        en: "A field that is not known", "Leave it out or correct its name: nothing that is sent is silently ignored.";
        zh: "未知字段", "请去掉该字段或更正名称:提交的内容不会被悄悄忽略。";
    }
    "http.media_type" 415 {
        en: "The body has another media type than is taken", "Send the media type that the answer names.";
        zh: "请求体的媒体类型不被接受", "请使用答复中写明的媒体类型。";
    }
    "http.body_too_long" 413 {
        en: "The body is too long", "Send less: materials are named, not enclosed; a catalogue may have 16 MiB.";
        zh: "请求体过长", "请减少内容:材料只填名称,不附原件;目录最多 16 MiB。";
    }
    "http.malformed" 400 {
        en: "The request cannot be read", "See /docs for what the path takes.";
        zh: "请求无法读取", "该路径接受的内容见 /docs。";
    }
    "http.timeout" 504 {
        en: "No answer in time", "Whether it was done is unknown: ask again under the same Idempotency-Key.";
        zh: "未能及时答复", "是否已办不得而知:请用同一 Idempotency-Key 再次请求。";
    }
    "http.busy" 503 {
        en: "The node has too many requests at once", "Try again shortly; Retry-After says when.";
        zh: "节点同时处理的请求过多", "请稍后再试;Retry-After 写明何时。";
    }
    "http.internal" 500 {
        en: "A defect of the node", "Report it with the request's name: the node's log has more. What was confirmed is kept.";
        zh: "节点程序缺陷", "请报告并附上请求名称:节点日志有详情。已确认的内容不会丢失。";
    }

    "claim.awaited" 409 {
        en: "The claim on the application is not here yet", "Wait until its home, which the answer names, has answered; then decide. Nothing is lost meanwhile.";
        zh: "本申请的唯一在办权尚未取得", "请等待答复所写明的归口单位答复后再决定;其间不会丢失任何内容。";
    }
    "claim.declaration_missing" 409 {
        en: "The claim's home has not answered, and the applicant has not declared", "Accept again with the applicant's declaration that nothing else is pending, its consequences told; or wait for the home.";
        zh: "归口单位尚未答复,且申请人未作声明", "请在告知后果后取得申请人「无其他在办申请」的声明再受理;或等待归口单位答复。";
    }
}
