//! Words that leave a list open, or that call an approval something else.

/// Phrases that leave open what may be asked for.
const OPEN: &[&str] = &[
    "其他材料",
    "其它材料",
    "其他资料",
    "其它资料",
    "其他证明",
    "其它证明",
    "其他文件",
    "其它文件",
    "其他条件",
    "其它条件",
    "其他要求",
    "其它要求",
    "其他情形",
    "其它情形",
    "其他费用",
    "其它费用",
    "相关材料",
    "有关材料",
    "相关证明材料",
    "需要提供的材料",
    "认为需要",
    "认为应当",
    "规定的其他",
    "规定的其它",
    "要求的其他",
    "要求的其它",
];

/// What follows 等 where it stands for what is not said.
const AFTER_AND_SO_ON: &[&str] =
    &["材料", "资料", "证明", "证件", "文件", "手续", "条件", "要求", "情形", "相关", "有关", "其他", "其它"];

/// What stands before 等 where it means a rank or equality.
const BEFORE_RANK: &[char] = &[
    '一', '二', '三', '四', '五', '六', '特', '上', '中', '下', '高', '初', '低', '优', '同', '平', '相', '对', '均',
    '几', '次',
];

/// The words of a text that leave a list open: 其他材料, 法律法规规定的其他条件, or 等 where it does not mean a rank.
pub fn catch_all_in(text: &str) -> Option<&str> {
    if let Some(found) = OPEN.iter().find(|phrase| text.contains(**phrase)) {
        return Some(found);
    }
    for (at, mark) in text.match_indices('等') {
        let rest = &text[at + mark.len()..];
        let stands_for_more = match rest.chars().next() {
            None => true,
            Some(next) => !next.is_alphanumeric() || AFTER_AND_SO_ON.iter().any(|word| rest.starts_with(word)),
        };
        let is_rank = text[..at].ends_with(BEFORE_RANK);
        if stands_for_more && !is_rank {
            return Some(mark);
        }
    }
    None
}

/// Ends of a name that say that somebody is allowed something.
const APPROVALS: &[&str] =
    &["许可", "审批", "核准", "批准", "准入", "许可证核发", "许可证颁发", "许可证办理", "审批备案"];

/// The words of a name that call for an approval: its end, without what stands in brackets behind it.
pub fn approval_in(name: &str) -> Option<&'static str> {
    const BRACKETS: [(char, char); 3] = [('(', ')'), ('\u{ff08}', '\u{ff09}'), ('【', '】')];
    let mut name = name.trim();
    while let Some((open, _)) = BRACKETS.into_iter().find(|(_, close)| name.ends_with(*close)) {
        let Some(at) = name.rfind(open) else { break };
        name = name[..at].trim_end();
    }
    APPROVALS.iter().copied().find(|word| name.ends_with(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_closed() {
        for (text, found) in [
            ("其他材料", Some("其他材料")),
            ("法律、法规规定的其他材料", Some("其他材料")),
            ("法律法规规定的其他条件", Some("其他条件")),
            ("行政机关认为需要提交的证明", Some("认为需要")),
            ("身份证、户口簿等", Some("等")),
            ("身份证等证件", Some("等")),
            ("营业执照(复印件等)", Some("等")),
            ("身份证等。", Some("等")),
            ("高等学校学历证书", None),
            ("伤残等级证明", None),
            ("二等功证明", None),
            ("同等学力证明", None),
            ("获奖等次为一等", None),
            ("等额选举结果", None),
            ("申请书", None),
            ("", None),
        ] {
            assert_eq!(catch_all_in(text), found, "{text}");
        }
    }

    #[test]
    fn approvals_are_known_by_the_end_of_their_name() {
        for (name, found) in [
            ("燃气经营者停业、歇业审批", Some("审批")),
            ("协议方式选聘物业服务企业的核准", Some("核准")),
            ("食品经营许可(县级)", Some("许可")),
            ("食品经营许可\u{ff08}县级\u{ff09}【变更】", Some("许可")),
            ("烟草专卖零售许可证补办", None),
            ("许可证信息查询", None),
            ("旧货业备案", None),
            (")", None),
            ("", None),
        ] {
            assert_eq!(approval_in(name), found, "{name}");
        }
    }
}
