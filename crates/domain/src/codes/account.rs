//! Codes of accounts, of signing in, and of sessions and tokens.

use super::codes;

codes! {
    "account.unknown" 404 {
        en: "No such account at this unit", "`tongban account list` lists the unit's accounts; each unit has its own.";
        zh: "本单元没有该账户", "可用 `tongban account list` 查看本单元账户;各单元账户互相独立。";
    }
    "account.name_taken" 409 {
        en: "An account of that name is or was here", "Choose another name: names are given once, since the books name people by them.";
        zh: "该账户名已被使用", "请另取账户名:账册以账户名记人,名称不重复使用。";
    }
    "account.not_first" 409 {
        en: "This unit has accounts already", "Further accounts are opened by its security administrator: `tongban account open`.";
        zh: "本单元已有账户", "其他账户由安全管理员开立:`tongban account open`。";
    }
    "account.first_unfit" 422 {
        en: "The first accounts are two people's", "Open a security administrator's and an audit administrator's account together: `tongban account first`.";
        zh: "首批账户须为两人", "请同时开立安全管理员和审计管理员账户:`tongban account first`。";
    }
    "account.not_administrator" 403 {
        en: "Only a security administrator of this unit does that", "Sign in as one, or ask one.";
        zh: "只有本单元的安全管理员可以进行该操作", "请以安全管理员身份登录,或者请其办理。";
    }
    "account.own" 403 {
        en: "Nobody does that to one's own account", "Let another security administrator do it.";
        zh: "不得对本人账户进行该操作", "请由另一名安全管理员办理。";
    }
    "account.posts_unfit" 422 {
        en: "Staff has at least one post, the public none", "Name the posts of a member of staff; for the public name none.";
        zh: "工作人员至少有一个岗位,公众没有岗位", "请为工作人员列出岗位;公众账户不列岗位。";
    }
    "account.post_elsewhere" 422 {
        en: "A post counts at the unit of its account", "Open an account at the other unit for its post.";
        zh: "岗位只在账户所在单元有效", "其他单元的岗位,请在该单元另开账户。";
    }
    "account.posts_apart" 422 {
        en: "One person does not hold both posts", "Security, audit and operation of nodes are three people's: open another account.";
        zh: "同一人不得兼任这两个岗位", "安全、审计与运行维护由三人分任:请另开账户。";
    }
    "account.shut" 409 {
        en: "The account is locked, closed, or not set up yet", "Ask a security administrator: a locked one is unlocked, one that is not set up takes its invitation first.";
        zh: "账户已锁定、已注销或者尚未启用", "请联系安全管理员:锁定的可解锁,未启用的请先使用邀请码设置密码。";
    }
    "account.waiting" 429 {
        en: "Too many failures: nobody signs in to this account yet", "Wait up to an hour, or let a security administrator unlock it.";
        zh: "失败次数过多,该账户暂不能登录", "请等候(最长一小时),或者请安全管理员解锁。";
    }
    "account.not_signed_in" 401 {
        en: "Name, password or code is not right, or nobody signs in to this account now", "Check what you typed; after several failures wait up to an hour. Who has lost a password or second factor is let in again by two colleagues (`tongban account recover`).";
        zh: "账户名、密码或者验证码不正确,或者该账户暂不能登录", "请核对输入;多次失败后请等候(最长一小时)。密码或者第二因素丢失的,由两名同事恢复(`tongban account recover`)。";
    }
    "account.second_needed" 401 {
        en: "A code of the second factor is needed", "Type the six digits that your authenticator shows now.";
        zh: "需要第二因素验证码", "请输入身份验证器当前显示的六位数字。";
    }
    "account.code_taken" 401 {
        en: "That code was taken before", "Wait for the next code, at most half a minute.";
        zh: "该验证码已使用过", "请等候下一个验证码,最多半分钟。";
    }
    "account.code_wrong" 422 {
        en: "The code is not one of the new secret now", "Check that the authenticator has this secret and the right time, and type the code that it shows now.";
        zh: "验证码与新密钥不符", "请核对身份验证器已添加该密钥且时间正确,然后输入当前显示的验证码。";
    }
    "account.invitation_unfit" 403 {
        en: "The invitation is over, was taken, or is another one", "Check name and code; a security administrator gives a new one: `tongban account invite`.";
        zh: "邀请码无效、已使用或者已过期", "请核对账户名和邀请码;安全管理员可重新发放:`tongban account invite`。";
    }
    "account.session_over" 401 {
        en: "The session or token has ended", "Sign in again; for a program, give it a new token.";
        zh: "会话或者令牌已失效", "请重新登录;程序请使用新令牌。";
    }
    "account.set_up" 409 {
        en: "The account is set up: one person does not set it up anew", "Two other people recover it: `tongban account recover`.";
        zh: "该账户已启用,不能由一人重新设置", "请由另外两人恢复:`tongban account recover`。";
    }
    "account.recovery_none" 409 {
        en: "Nobody has asked for this recovery, or more than a day ago", "One person asks and says why, another one allows it within a day.";
        zh: "没有待批准的恢复申请,或者已超过一天", "请由一人申请并说明理由,另一人在一天内批准。";
    }
    "account.two_people" 403 {
        en: "Two other people recover an account", "Neither its owner nor one person twice; one of the two is a security or audit administrator.";
        zh: "账户恢复须由另外两人进行", "不得由本人或者同一人办理;两人中须有安全管理员或者审计管理员。";
    }
    "account.token_unfit" 422 {
        en: "A token has a name and holds at most a year, and a unit keeps a bounded number", "Say what it is for and until when; end those that nobody uses.";
        zh: "令牌须有名称,有效期不超过一年,且单元令牌数量有限", "请写明用途和期限;不用的令牌请注销。";
    }
    "account.password_unfit" 422 {
        en: "The password cannot be taken", "Choose 12 to 256 characters, not the account's name; a sentence is a good one.";
        zh: "密码不符合要求", "请使用 12 至 256 个字符,且不得与账户名相同;一句话即可。";
    }
    "account.first_codes" 403 {
        en: "The two codes for the first accounts are not right, or this node has none", "Use the two codes that `tongban region init` showed for this unit, each kept by one person.";
        zh: "首批账户的两个开户码不正确,或者本节点没有开户码", "请使用 `tongban region init` 为本单元显示的两个开户码,由两人分别保管。";
    }
    "auth.sign_in" 401 {
        en: "Nobody is signed in", "Sign in on the page /sign-in, by POST /v1/sessions, or with `tongban sign-in`.";
        zh: "尚未登录", "请在 /sign-in 页面登录,或者使用 POST /v1/sessions、`tongban sign-in`。";
    }
    "auth.demo_off" 403 {
        en: "This node has no demo people", "Sign in with an account; demo people are only where the node's configuration says so.";
        zh: "本节点不使用演示人员", "请使用账户登录;仅在节点配置明确启用时才有演示人员。";
    }
    "auth.scope" 403 {
        en: "The token's scope does not reach so far", "Give the program a token of wider scope, or do it as a person.";
        zh: "令牌权限范围不足", "请为程序发放范围更大的令牌,或者由人员办理。";
    }
    "auth.busy" 503 {
        en: "Too many people sign in at once", "Try again in some seconds.";
        zh: "同时登录的人数过多", "请数秒后重试。";
    }
}
