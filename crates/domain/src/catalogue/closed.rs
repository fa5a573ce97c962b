//! Closed sets as lists write them: one word in each language and, where a standard has one, a code.
//!
//! What is read from a cell may be any of the three; what is written is the word of the language that was asked for.

use super::{
    BasisLevel, BodyNature, CaseKind, ClaimHome, ContactWay, CrossRegionScope, DelegateNature, ExerciseTier,
    HandlingForm, MaterialSource, MatterType, Necessity, ResultKind, ServiceObject, StepKind, StepPart, SystemTier,
    TopicAudience,
};
use crate::case::{DayUnit, Intake};
use crate::legal::Procedure;

/// How one member of a closed set is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Member {
    /// In files for programs, and in English headings.
    pub key: &'static str,
    /// 中文.
    pub zh: &'static str,
    /// Of GB/T 39046-2020 annex A; empty where the annex has none.
    pub code: &'static str,
}

/// A set that officials choose from, never add to.
pub trait ClosedSet: Copy + PartialEq + 'static {
    /// All of it, in the order of the standard.
    const ALL: &'static [Self];

    /// How this member is written.
    fn member(self) -> Member;

    /// The member that a text names by key, word or code; a code may lack its leading zero.
    fn named(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|one| {
            let Member { key, zh, code } = one.member();
            let is_code = !code.is_empty() && (text == code || Some(text) == code.strip_prefix('0'));
            text.eq_ignore_ascii_case(key) || text == zh || (is_code && !text.is_empty())
        })
    }
}

macro_rules! closed_sets {
    ($($name:ident { $($variant:ident $key:literal $zh:literal $code:literal;)+ })+) => {$(
        impl ClosedSet for $name {
            const ALL: &'static [Self] = &[$(Self::$variant),+];

            fn member(self) -> Member {
                match self {
                    $(Self::$variant => Member { key: $key, zh: $zh, code: $code },)+
                }
            }
        }
    )+};
}

closed_sets! {
    MatterType {
        Licence "licence" "行政许可" "01";
        Grant "grant" "行政给付" "05";
        Confirmation "confirmation" "行政确认" "07";
        Reward "reward" "行政奖励" "08";
        Ruling "ruling" "行政裁决" "09";
        Other "other" "其他行政权力" "10";
        PublicService "public_service" "公共服务" "20";
    }
    DayUnit {
        Working "working" "工作日" "";
        Calendar "calendar" "自然日" "";
    }
    Intake {
        ForAuthority "for_authority" "代收即收件" "";
        Courier "courier" "送达后收件" "";
    }
    ClaimHome {
        Nearest "nearest" "最近有权机关" "";
        City "city" "市级" "";
    }
    Necessity {
        Required "required" "必要" "1";
        Optional "optional" "非必要" "0";
        MayFollow "may_follow" "可容缺" "";
    }
    MaterialSource {
        Applicant "applicant" "申请人自备" "";
        Department "department" "政府部门核发" "";
        SharedData "shared_data" "数据共享免交" "";
    }
    CaseKind {
        Instant "instant" "即办件" "1";
        Promised "promised" "承诺件" "2";
    }
    BasisLevel {
        Law "law" "法律" "";
        StateCouncilRegulation "state_council_regulation" "行政法规" "";
        StateCouncilDecision "state_council_decision" "国务院决定" "";
        MinistryRule "ministry_rule" "部门规章" "";
        ProvincialRegulation "provincial_regulation" "省级地方性法规" "";
        ProvincialRule "provincial_rule" "省级政府规章" "";
        CityRegulation "city_regulation" "设区的市地方性法规" "";
        CityRule "city_rule" "设区的市政府规章" "";
        NormativeDocument "normative_document" "规范性文件" "";
    }
    StepKind {
        Receive "receive" "收件" "";
        Accept "accept" "受理" "";
        Handle "handle" "承办" "";
        Examine "examine" "审核" "";
        Approve "approve" "批准" "";
        Decide "decide" "决定" "";
        MakeResult "make_result" "制证" "";
        Deliver "deliver" "送达" "";
        SiteCheck "site_check" "实地核查" "";
    }
    StepPart {
        Lead "lead" "主办" "";
        Assist "assist" "协办" "";
    }
    Procedure {
        Hearing "hearing" "听证" "";
        Tender "tender" "招标" "";
        Auction "auction" "拍卖" "";
        Inspection "inspection" "检验" "";
        Testing "testing" "检测" "";
        Quarantine "quarantine" "检疫" "";
        Appraisal "appraisal" "鉴定" "";
        ExpertReview "expert_review" "专家评审" "";
        SiteCheck "site_check" "实地核查" "";
    }
    ResultKind {
        Licence "licence" "证照" "";
        Approval "approval" "批文" "";
        Certificate "certificate" "证明" "";
        Record "record" "备案回执" "";
        Payment "payment" "资金给付" "";
        Answer "answer" "其他结果" "";
    }
    ServiceObject {
        NaturalPerson "natural_person" "自然人" "1";
        Enterprise "enterprise" "企业法人" "2";
        Institution "institution" "事业法人" "3";
        SocialOrganisation "social_organisation" "社会组织法人" "4";
        Organ "organ" "行政机关" "5";
        OtherOrganisation "other_organisation" "其他组织" "6";
    }
    TopicAudience {
        NaturalPerson "natural_person" "自然人" "";
        LegalPerson "legal_person" "法人" "";
    }
    CrossRegionScope {
        Nationwide "nationwide" "全国" "";
        CrossProvince "cross_province" "跨省" "";
        CrossCity "cross_city" "跨市" "";
        CrossCounty "cross_county" "跨县" "";
    }
    ExerciseTier {
        Nation "nation" "国家级" "1";
        Province "province" "省级" "2";
        City "city" "市级" "3";
        County "county" "县级" "4";
        Township "township" "镇(乡、街道)级" "5";
        Village "village" "村(社区)级" "6";
        Graded "graded" "分级管理" "7";
    }
    BodyNature {
        Statutory "statutory" "法定机关" "1";
        Authorised "authorised" "授权组织" "2";
        Delegated "delegated" "受委托组织" "3";
        Other "other" "其他" "9";
    }
    HandlingForm {
        Window "window" "窗口办理" "1";
        Web "web" "电脑端网上办理" "2";
        Mobile "mobile" "移动端网上申请" "3";
        Post "post" "快递申请" "4";
        Kiosk "kiosk" "自助终端办理" "";
        Other "other" "其他" "9";
    }
    SystemTier {
        Nation "nation" "国家级" "";
        Province "province" "省级" "";
        City "city" "市级" "";
    }
    ContactWay {
        Telephone "telephone" "电话" "";
        Letter "letter" "信件" "";
        Mail "mail" "邮件" "";
        Web "web" "网上" "";
        Counter "counter" "窗口" "";
    }
    DelegateNature {
        Organ "organ" "行政机关" "";
        Organisation "organisation" "其他组织" "";
        VillageCommittee "village_committee" "村(居)民委员会" "";
        Outlet "outlet" "服务点" "";
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn unambiguous<T: ClosedSet + std::fmt::Debug>() {
        let mut words = BTreeSet::new();
        for one in T::ALL.iter().copied() {
            let member = one.member();
            for text in [member.key, member.zh, member.code].into_iter().filter(|text| !text.is_empty()) {
                assert!(words.insert(text), "{text} names two members");
                assert_eq!(T::named(text), Some(one), "{text}");
            }
        }
    }

    #[test]
    fn every_word_names_one_member() {
        unambiguous::<MatterType>();
        unambiguous::<DayUnit>();
        unambiguous::<Intake>();
        unambiguous::<ClaimHome>();
        unambiguous::<Necessity>();
        unambiguous::<MaterialSource>();
        unambiguous::<CaseKind>();
        unambiguous::<BasisLevel>();
        unambiguous::<StepKind>();
        unambiguous::<StepPart>();
        unambiguous::<Procedure>();
        unambiguous::<ResultKind>();
        unambiguous::<ServiceObject>();
        unambiguous::<TopicAudience>();
        unambiguous::<CrossRegionScope>();
        unambiguous::<ExerciseTier>();
        unambiguous::<BodyNature>();
        unambiguous::<HandlingForm>();
        unambiguous::<SystemTier>();
        unambiguous::<ContactWay>();
        unambiguous::<DelegateNature>();
    }

    #[test]
    fn codes_may_lack_their_zero_and_nothing_else() {
        assert_eq!(MatterType::named("1"), Some(MatterType::Licence));
        assert_eq!(MatterType::named("10"), Some(MatterType::Other));
        assert_eq!(Necessity::named("1"), Some(Necessity::Required));
        // A code that is nothing but a zero is read as it stands.
        assert_eq!(Necessity::named("0"), Some(Necessity::Optional));
        for wrong in ["", "02", "许可", "11"] {
            assert_eq!(MatterType::named(wrong), None, "{wrong}");
        }
    }
}
