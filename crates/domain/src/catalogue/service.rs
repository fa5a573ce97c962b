//! Where, when and how a body serves the public: forms of handling, places, hours, telephones.

use std::collections::BTreeSet;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{as_text, is_default};
use crate::text::Malformed;

/// Where, when and how the public is served.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Service {
    /// 办理形式
    #[serde(skip_serializing_if = "is_default")]
    pub forms: BTreeSet<HandlingForm>,
    /// 是否支持预约办理
    #[serde(skip_serializing_if = "is_default")]
    pub appointment: bool,
    /// 是否支持网上支付
    #[serde(skip_serializing_if = "is_default")]
    pub online_payment: bool,
    /// 是否支持物流快递
    #[serde(skip_serializing_if = "is_default")]
    pub courier_delivery: bool,
    /// 网办地址
    #[serde(skip_serializing_if = "is_default")]
    pub online_address: Option<WebAddress>,
    /// 运行系统层级
    #[serde(skip_serializing_if = "is_default")]
    pub system_tier: Option<SystemTier>,
    /// 办理地点, 办理时间
    #[serde(skip_serializing_if = "is_default")]
    pub places: Vec<ServicePlace>,
    /// 咨询电话
    #[serde(skip_serializing_if = "is_default")]
    pub enquiry_telephones: Vec<Telephone>,
    /// 监督电话
    #[serde(skip_serializing_if = "is_default")]
    pub supervision_telephones: Vec<Telephone>,
}

impl Service {
    /// 是否网办: by web or mobile.
    pub fn is_online(&self) -> bool {
        self.forms.contains(&HandlingForm::Web) || self.forms.contains(&HandlingForm::Mobile)
    }
}

/// 办理形式 (GB/T 39046 table A.5; a kiosk has no code of its own there and counts as 9).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HandlingForm {
    /// 窗口办理
    Window,
    /// 电脑端网上办理
    Web,
    /// 移动端网上申请
    Mobile,
    /// 快递申请
    Post,
    /// 自助终端办理
    Kiosk,
    /// 其他
    Other,
}

/// 运行系统层级: whose system the matter runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SystemTier {
    /// 国家级
    Nation,
    /// 省级
    Province,
    /// 市级
    City,
}

/// 咨询方式: a way in which one may ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ContactWay {
    /// 电话
    Telephone,
    /// 信件
    Letter,
    /// 邮件
    Mail,
    /// 网上
    Web,
    /// 窗口
    Counter,
}

/// A place where people are received for a matter.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ServicePlace {
    /// The hall or window.
    pub name: String,
    /// Street and number.
    #[serde(skip_serializing_if = "is_default")]
    pub address: String,
    /// Days and hours.
    #[serde(skip_serializing_if = "is_default")]
    pub hours: String,
}

/// An office's telephone: digits, at most one plus in front, dashes, blanks, brackets, and 转 before an extension.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Telephone(String);

/// The address of a page, `http` or `https`, without blanks, at most 300 characters.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct WebAddress(String);

impl FromStr for Telephone {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let digits = text.bytes().filter(u8::is_ascii_digit).count();
        let fits = |(at, c): (usize, char)| c.is_ascii_digit() || "- ()转".contains(c) || (c == '+' && at == 0);
        let begins = text.starts_with(|c: char| c.is_ascii_digit() || "+(".contains(c));
        let ends = text.ends_with(|c: char| c.is_ascii_digit());
        if (3..=20).contains(&digits) && begins && ends && text.chars().enumerate().all(fits) {
            return Ok(Self(text.to_owned()));
        }
        Err(Malformed::new("telephone", text, "3 to 20 digits with dashes or brackets, and 转 before an extension"))
    }
}

impl FromStr for WebAddress {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
        let fits = text.chars().count() <= 300 && !text.contains(|c: char| c.is_whitespace() || c.is_control());
        match rest {
            Some(rest) if fits && rest.starts_with(char::is_alphanumeric) => Ok(Self(text.to_owned())),
            _ => Err(Malformed::new("web address", text, "http:// or https:// and no blanks, 300 characters at most")),
        }
    }
}

as_text!(Malformed: Telephone WebAddress);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn telephones_of_offices() {
        for good in ["12345", "0537-2345678", "(0537)2345678", "+86 537 2345678", "0537-2345678转8012"] {
            assert_eq!(good.parse::<Telephone>().map(String::from), Ok(good.to_owned()));
        }
        for wrong in ["", "12", "电话12345", "0537-2345678转", "12+345", "-12345", "123456789012345678901"] {
            assert!(wrong.parse::<Telephone>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn addresses_of_pages() {
        for good in ["https://www.example.gov.cn/a?b=1#c", "http://济宁.example/办事"] {
            assert!(good.parse::<WebAddress>().is_ok(), "{good}");
        }
        let long = format!("https://{}", "a".repeat(293));
        for wrong in ["", "www.example.gov.cn", "https://", "https:// a", "javascript:alert(1)", "http:///a", &long] {
            assert!(wrong.parse::<WebAddress>().is_err(), "{wrong}");
        }
    }
}
