//! Codes of what may not be published: what is wrong with a catalogue although all of it can be read.

use super::codes;

codes! {
    "publish.basis_missing" 422 {
        en: "A matter names no legal basis", "Add a row to the table of bases: nothing is done without one.";
        zh: "事项未列设定依据", "请在设定依据表中补充;没有依据不得实施。";
    }
    "publish.city_licence" 422 {
        en: "A licence was made by the city", "A city creates no licences (行政许可法 arts. 14–17): name the law, regulation or provincial norm, or strike the matter.";
        zh: "行政许可由市自行设定", "设区的市不得设定行政许可(行政许可法第十四条至第十七条):请列明法律、法规或省级依据,否则删除该事项。";
    }
    "publish.licence_basis" 422 {
        en: "A licence rests on norms that may not create one", "Name the law, State Council regulation or decision, or provincial norm that creates it (行政许可法 arts. 14, 15, 17), or strike the matter.";
        zh: "行政许可的依据无权设定许可", "请列明设定该许可的法律、行政法规、国务院决定或省级依据(行政许可法第十四、十五、十七条),否则删除该事项。";
    }
    "publish.catch_all" 422 {
        en: "Something that is asked for is left open", "List every material, condition and fee by itself; strike 其他材料, 等 and the like.";
        zh: "所列内容含兜底条款", "请逐项列明材料、条件和收费,删去其他材料、等字样。";
    }
    "publish.disguised_approval" 422 {
        en: "An approval is listed as another power or a public service", "List it as type 01 with the law that creates it, or make it what its type says and name it so.";
        zh: "变相许可:以其他权力或公共服务之名设定审批", "请列为行政许可并注明设定依据,或改为名副其实的事项。";
    }
    "publish.unlisted_step" 422 {
        en: "A step is named that the matter does not list", "Add the step to the matter's flow, or strike it: nothing unlisted is done.";
        zh: "出现事项流程未列的环节", "请在办理流程中列明该环节,或予以删除:不得增设未列环节。";
    }
    "publish.twice" 422 {
        en: "Something stands in the catalogue twice", "Keep one of them, or give them different names.";
        zh: "目录中有重复内容", "请只保留其一,或使用不同名称。";
    }
    "publish.steps_in_a_circle" 422 {
        en: "Steps wait for one another", "Correct which steps come before which.";
        zh: "环节前后关系成环", "请更正前置环节。";
    }
    "publish.assist_without_lead" 422 {
        en: "A step assists, and nobody leads", "Name the step that leads, beginning after the same steps.";
        zh: "只有协办环节,没有主办环节", "请列明同一前置之后的主办环节。";
    }
    "publish.steps_too_long" 422 {
        en: "The steps take longer than is promised", "Shorten the steps, or promise more days.";
        zh: "各环节时限之和超过承诺时限", "请缩短环节时限,或延长承诺时限。";
    }
    "publish.procedure_basis" 422 {
        en: "Nothing lets the clock stand still for a special procedure", "Cite the law that demands it, or strike it (行政许可法 arts. 34, 45).";
        zh: "特别程序未列依据", "请注明规定该程序的法律依据,或予以删除(行政许可法第三十四、四十五条)。";
    }
    "publish.fee_basis" 422 {
        en: "A fee has no basis", "Cite what allows it, or strike it (行政许可法 arts. 58, 59).";
        zh: "收费未列依据", "请注明收费依据,或予以删除(行政许可法第五十八、五十九条)。";
    }
    "publish.visit_reason" 422 {
        en: "The applicant must come, and nobody says why", "Give the reason, or make it no visit.";
        zh: "必须到现场而未说明原因", "请填写必须到现场的原因,或改为零次。";
    }
    "publish.promise_longer" 422 {
        en: "More is promised than the law allows", "Promise no more days than the statutory limit has.";
        zh: "承诺时限长于法定时限", "承诺时限不得超过法定时限。";
    }
    "publish.instant_limit" 422 {
        en: "An instant matter promises days", "Promise at most one day, or list it as promised.";
        zh: "即办件的承诺时限过长", "即办件承诺时限至多一日,否则请列为承诺件。";
    }
    "publish.card_days" 422 {
        en: "The yellow card comes before the warning", "Warn first: give the warning at least as many days as the yellow card.";
        zh: "黄牌早于预警", "预警提前天数应不少于黄牌提前天数。";
    }
    "publish.rating_days" 422 {
        en: "A bad rating gets too little or too much time", "Give 5 to 15 working days to put it right.";
        zh: "差评整改期限不在规定范围内", "差评整改期限应为 5 至 15 个工作日。";
    }
    "publish.planned_dates" 422 {
        en: "Something ends before it begins", "Correct the planned days.";
        zh: "计划取消日期早于生效日期", "请更正计划日期。";
    }
    "publish.matter_unknown" 422 {
        en: "An entry is of a matter that is not there", "Add the matter, or strike the entry.";
        zh: "实施清单条目所属事项不存在", "请补充该事项,或删除该条目。";
    }
    "publish.misplaced" 422 {
        en: "An entry stands among those of another unit", "Put it among its unit's entries.";
        zh: "实施清单条目归入了其他单元", "请归入其所属行政单元。";
    }
    "publish.code_parts" 422 {
        en: "A code says something else than its row", "Correct the code, or the body, tier or matter beside it.";
        zh: "编码与所在行内容不一致", "请更正编码,或更正实施主体、行使层级或事项编码。";
    }
    "publish.licence_to_village" 422 {
        en: "A licence would be exercised by a village or an outlet", "Let the village or outlet receive papers only; the power stays with the organ (行政许可法 art. 24).";
        zh: "行政许可委托给村(社区)或服务点", "村(社区)和服务点只能代收材料,许可权仍归行政机关(行政许可法第二十四条)。";
    }
    "publish.licence_to_organisation" 422 {
        en: "A licence would be exercised by what is no administrative organ", "Delegate it to an administrative organ, or not at all (行政许可法 art. 24).";
        zh: "行政许可委托给非行政机关", "行政许可只能委托其他行政机关实施(行政许可法第二十四条)。";
    }
    "publish.redelegated" 422 {
        en: "A delegate would delegate", "Delegate from the body that has the power (行政许可法 art. 24).";
        zh: "受委托方再委托", "应由有权机关直接委托,受委托方不得再委托(行政许可法第二十四条)。";
    }
    "publish.delegation_unannounced" 422 {
        en: "A delegation lacks its basis or its announcement", "Name both (行政许可法 art. 24).";
        zh: "委托缺少依据或公告", "请列明委托依据和公告(行政许可法第二十四条)。";
    }
    "publish.same_authority_vertical" 422 {
        en: "A vertical body's power is flagged as held alike", "Take the flag away.";
        zh: "垂直管理机关的权力标为市县同权", "请取消同权标记。";
    }
    "publish.same_authority_graded" 422 {
        en: "A graded power is flagged as held alike", "Take the flag away, or the division of power.";
        zh: "分级权力标为市县同权", "请取消同权标记,或取消权限划分。";
    }
    "publish.same_authority_zone" 422 {
        en: "A development zone is flagged as holding a power alike without an instrument", "Name the instrument that gave it to the zone, or take the flag away.";
        zh: "开发区无专门文件而标为市县同权", "请列明赋权文件,或取消同权标记。";
    }
    "publish.same_authority_content" 422 {
        en: "A power is flagged as held alike with another content", "Give both the same content of exercise, or take the flag away.";
        zh: "市县同权但行使内容不同", "请统一行使内容,或取消同权标记。";
    }
    "publish.same_authority_alone" 422 {
        en: "A power is flagged as held alike at one tier only", "Check whether the other tier's entry is missing; it is published as it stands.";
        zh: "市县同权标记仅见于一个层级", "请核对另一层级的条目是否遗漏;现按原样发布。";
    }
    "publish.empty" 422 {
        en: "Nothing is left that can be published", "Put right what the findings name.";
        zh: "没有可以发布的事项", "请按提示更正后再发布。";
    }
    "publish.review_undecided" 422 {
        en: "A body reviews what nobody above it decides", "Add the entry of the organ that decides, or strike the review.";
        zh: "列为初审而上级无决定机关", "请补充有决定权的上级条目,或取消初审。";
    }
    "publish.review_basis" 422 {
        en: "A review has no basis", "Cite the provision that demands the review (行政许可法 art. 43), or strike it.";
        zh: "初审缺少依据", "请列明要求初审的规定(行政许可法第四十三条),或取消初审。";
    }
    "publish.tiers_differ" 422 {
        en: "A body's own list differs from the catalogue", "Make name, code, type and bases the same at every tier (四级四同).";
        zh: "本级清单与目录不一致", "名称、编码、类型和依据应四级四同,请统一。";
    }
}
