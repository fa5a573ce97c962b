//! What people write, over the 1,135 real names of one district.

use std::collections::BTreeSet;

use domain::catalogue::import::MatterList;
use domain::catalogue::{EVERYDAY_WORDS, Matter, PlannedDates, ServiceTopic, TopicAudience, everyday_words, rules};
use domain::time::CivilDate;
use search::{Field, FoundBy, MatterIndex, Way};

fn day(text: &str) -> CivilDate {
    text.parse().unwrap()
}

/// The list as a catalogue has it, by code.
fn matters() -> Vec<Matter> {
    let list = MatterList::from_csv(domain::sample::MATTERS);
    let mut matters: Vec<Matter> = list.rows.iter().map(|row| rules::matter(row, 60)).collect();
    matters.sort_by(|a, b| a.code.cmp(&b.code));
    matters
}

struct List {
    matters: Vec<Matter>,
    index: MatterIndex,
}

impl List {
    fn new(matters: Vec<Matter>) -> Self {
        let index = MatterIndex::of(&matters);
        Self { matters, index }
    }

    fn name(&self, code: &domain::catalogue::BasicCode) -> &str {
        &self.matters.iter().find(|matter| matter.code == *code).unwrap().name
    }

    fn found(&self, words: &str) -> Vec<(&str, Vec<FoundBy>)> {
        let hits = self.index.find(words, day("2026-11-27"), usize::MAX);
        hits.into_iter().map(|hit| (self.name(&hit.code), hit.found_by)).collect()
    }

    fn names(&self, words: &str) -> Vec<&str> {
        self.found(words).into_iter().map(|(name, _)| name).collect()
    }
}

/// What is written, how it is read, what stands first, and what else is among the first ten.
type Row = (&'static str, Way, &'static str, &'static [&'static str]);

fn hold(rows: &[Row]) {
    let list = List::new(matters());
    let mut wrong = Vec::new();
    for (words, way, first, among) in rows {
        let found = list.found(words);
        let ten: Vec<&str> = found.iter().take(10).map(|(name, _)| *name).collect();
        let read = found.first().and_then(|(_, by)| by.iter().map(|by| by.way).max());
        if ten.first() != Some(first) || among.iter().any(|name| !ten.contains(name)) || read != Some(*way) {
            wrong.push(format!("{words}, read as {read:?}: {} found, {ten:#?}", found.len()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn plain_words_and_parts_of_them_in_any_order() {
    hold(&[
        ("规范户外招牌设施设置", Way::Text, "规范户外招牌设施设置", &[]),
        ("烟草 补办", Way::Text, "烟草专卖零售许可证补办", &[]),
        ("补办 烟草", Way::Text, "烟草专卖零售许可证补办", &[]),
        ("零售许可证补办", Way::Text, "烟草专卖零售许可证补办", &[]),
        // One word of the list alone is nearer than two of them.
        ("教师资格认定", Way::Text, "教师资格认定", &[]),
        // Marks and widths are no part of a name.
        ("拖拉机联合收割机注册登记", Way::Text, "拖拉机/联合收割机注册登记", &[]),
        ("企业投资项目备案(技术改造)(市级/县级)", Way::Text, "企业投资项目备案（技术改造）（市级/县级）", &[]),
        ("《预防接种证》办理", Way::Text, "《预防接种证》办理", &[]),
        ("１０００人以上", Way::Text, "预计参加人数在1000人以上5000人以下的大型群众性活动安全许可或变更", &[]),
        // Not written so in the list, but most of it is there.
        ("补办烟草零售证", Way::Alike, "烟草专卖零售许可证补办", &[]),
        ("烟草证补办", Way::Alike, "烟草专卖零售许可证补办", &[]),
        ("许可证新办烟草专卖", Way::Alike, "烟草专卖零售许可证新办", &[]),
        ("我们村里的道路货物运输经营", Way::Alike, "道路货物运输经营许可", &[]),
        // The department's matters, by the department's name.
        ("气象局 鉴定", Way::Text, "雷电灾害鉴定", &[]),
    ]);
}

#[test]
fn pinyin_initials_and_both() {
    hold(&[
        ("jiaoshizigerending", Way::Pinyin, "教师资格认定", &[]),
        ("jiao shi zi ge ren ding", Way::Pinyin, "教师资格认定", &[]),
        ("Jiaoshi Zige", Way::Pinyin, "教师资格认定", &[]),
        ("yancao buban", Way::Everyday, "烟草专卖零售许可证补办", &[]),
        ("烟草buban", Way::Everyday, "烟草专卖零售许可证补办", &[]),
        ("jszgrd", Way::Initials, "教师资格认定", &[]),
        ("jiaoszg", Way::Initials, "教师资格认定", &[]),
        ("教师zgrd", Way::Initials, "教师资格认定", &[]),
        ("jshzgrd", Way::Initials, "教师资格认定", &[]),
        ("jiaoshizigeren", Way::Pinyin, "教师资格认定", &[]),
        ("jiaoshizigerend", Way::Initials, "教师资格认定", &[]),
        ("yingyezhizhao", Way::Everyday, "公司设立登记", &["个体工商户设立登记"]),
        ("ying ye zhi zhao", Way::Everyday, "公司设立登记", &["个体工商户设立登记"]),
        ("yyzz", Way::Everyday, "公司设立登记", &["个体工商户设立登记"]),
        ("kaifandian", Way::Everyday, "食品(含保健食品)经营许可核发", &[]),
        // 行: xing, hang; 重: zhong, chong; 长: chang, zhang.
        ("lvguanyetezhonghangye", Way::Pinyin, "旅馆业特种行业变更备案", &["旅馆业特种行业许可证核发"]),
        ("lüguanyetezhonghangye", Way::Pinyin, "旅馆业特种行业变更备案", &["旅馆业特种行业许可证核发"]),
        ("luguanyetezhongxingye", Way::Pinyin, "旅馆业特种行业变更备案", &["旅馆业特种行业许可证核发"]),
        ("chongdashigu", Way::Pinyin, "重大事故隐患的排查和处理情况的备案", &[]),
        ("zhongdashigu", Way::Pinyin, "重大事故隐患的排查和处理情况的备案", &[]),
    ]);
}

#[test]
fn everyday_speech() {
    hold(&[
        ("开饭店", Way::Everyday, "食品(含保健食品)经营许可核发", &["食品小经营店备案发放", "个体工商户设立登记"]),
        ("我想开饭店需要什么手续", Way::Everyday, "食品(含保健食品)经营许可核发", &[]),
        ("生孩子", Way::Everyday, "《出生医学证明》首次签发", &["生育津贴支付", "生育医疗费支付", "户口登记"]),
        ("买房", Way::Everyday, "商品房预售许可", &["已购公有和经济适用住房上市交易审核"]),
        ("办身份证", Way::Everyday, "居民身份证办理（包括临时）", &["居民身份证跨省异地办理"]),
        ("身份证", Way::Everyday, "居民身份证办理（包括临时）", &[]),
        ("办营业执照", Way::Everyday, "公司设立登记", &["个体工商户设立登记"]),
        ("怎么办理结婚登记", Way::Text, "结婚登记预约", &[]),
        ("卖烟花", Way::Everyday, "烟花爆竹经营（零售）许可证核发", &[]),
        ("卖烟", Way::Everyday, "烟草专卖零售许可证新办", &[]),
        ("拖欠工资", Way::Everyday, "劳动人事争议仲裁申请", &[]),
        ("領結婚證", Way::Everyday, "中国内地公民婚姻登记", &["补领结婚证"]),
        ("社保卡丢了", Way::Everyday, "社会保障卡挂失", &["社会保障卡补领、换领、换发"]),
        ("营业执照补办", Way::Everyday, "证照遗失补领、换发申请", &[]),
        ("营业执照 补办", Way::Everyday, "证照遗失补领、换发申请", &[]),
    ]);
}

#[test]
fn a_slip_of_the_pen() {
    hold(&[
        ("教师资格人定", Way::Sound, "教师资格认定", &[]),
        ("教師資格認定", Way::Sound, "教师资格认定", &[]),
        ("教师资革认定", Way::Sound, "教师资格认定", &[]),
        ("教师资格X认定", Way::Alike, "教师资格认定", &[]),
        ("教师资格大定", Way::Slip, "教师资格认定", &[]),
        ("教师格认定", Way::Slip, "教师资格认定", &[]),
        ("教师的资格认定", Way::Slip, "教师资格认定", &[]),
        ("jiaosizigerending", Way::Slip, "教师资格认定", &[]),
    ]);
}

#[test]
fn codes() {
    let list = List::new(matters());
    let found = list.index.find("511a0126800000", day("2026-11-27"), 10);
    assert_eq!(found[0].code.as_str(), "511A0126800000");
    assert_eq!(found[0].found_by[0].field, Field::Code);
    let begun = list.index.find("511A0126", day("2026-11-27"), 200);
    assert!(begun.len() > 1 || begun[0].code.as_str().starts_with("511A0126"));
    assert!(begun.iter().all(|hit| hit.code.as_str().starts_with("511A0126")), "{begun:?}");
    // Marks are no part of a code.
    for words in ["G-000007-001", "g000007001"] {
        assert_eq!(list.index.find(words, day("2026-11-27"), 1)[0].code.as_str(), "G-000007-001");
    }
}

#[test]
fn what_is_not_there_is_not_found() {
    let list = List::new(matters());
    for words in ["量子计算机", "怎么办理", "zzzzqqqq", "的", "🦀", "，、", "公积金", "驾照", "烟草 量子"]
    {
        assert_eq!(list.names(words), Vec::<&str>::new(), "{words}");
    }
    assert!(list.names("卫生许可").iter().all(|name| name.contains("卫生许可")));
}

#[test]
fn names_find_themselves_first() {
    let list = List::new(matters());
    for matter in list.matters.iter().step_by(7) {
        assert_eq!(list.names(&matter.name).first(), Some(&&*matter.name));
    }
}

#[test]
fn each_meaning_of_everyday_words_finds_a_real_matter() {
    let list = List::new(matters());
    let folded = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).collect::<String>();
    let names: Vec<String> = list.matters.iter().map(|matter| folded(&matter.name)).collect();
    for row in everyday_words(EVERYDAY_WORDS).unwrap() {
        for meaning in &row.means {
            let finds = |name: &&String| meaning.iter().all(|word| name.contains(&folded(word)));
            assert!(names.iter().any(|name| finds(&name)), "{meaning:?} of {:?} finds nothing", row.said);
        }
        for said in row.said.iter().filter(|_| !row.means.is_empty()) {
            assert!(!list.names(said).is_empty(), "{said}");
        }
    }
}

#[test]
fn all_matters_are_told_by_code_where_nothing_is_asked() {
    let list = List::new(matters());
    let codes: Vec<_> = list.index.find(" ", day("2026-11-27"), usize::MAX).into_iter().map(|hit| hit.code).collect();
    assert_eq!(codes, list.matters.iter().map(|matter| matter.code.clone()).collect::<Vec<_>>());
    assert_eq!(list.index.find("", day("2026-11-27"), 3).len(), 3);
}

#[test]
fn what_is_retired_or_not_begun_is_not_offered() {
    let mut all = matters();
    let at = all.iter().position(|matter| matter.name == "教师资格认定").unwrap();
    all[at].guide.planned = PlannedDates { from: Some(day("2026-03-01")), until: Some(day("2026-06-30")) };
    let list = List::new(all);
    let offered = |on: &str| {
        ["教师资格认定", "jszgrd", "教师资格认证", ""].map(|words| {
            let hits = list.index.find(words, day(on), usize::MAX);
            hits.iter().any(|hit| list.name(&hit.code) == "教师资格认定")
        })
    };
    for (on, expected) in [("2026-02-28", false), ("2026-03-01", true), ("2026-06-30", true), ("2026-07-01", false)] {
        assert_eq!(offered(on), [expected; 4], "{on}");
    }
}

#[test]
fn headings_and_questions_of_a_guide_are_found_and_told() {
    let mut all = matters();
    let at = all.iter().position(|matter| matter.name == "教师资格认定").unwrap();
    let topic =
        ServiceTopic { audience: TopicAudience::NaturalPerson, name: "职业生涯".to_owned(), code: String::new() };
    all[at].guide.topics = vec![topic];
    all[at].guide.questions = vec![domain::catalogue::CommonQuestion {
        question: "普通话要几级".to_owned(),
        answer: "二级乙等".to_owned(),
    }];
    let list = List::new(all);
    for (words, field) in [("职业生涯", Field::Topic), ("普通话", Field::Question), ("putonghua", Field::Question)]
    {
        let found = list.found(words);
        assert_eq!(found.len(), 1, "{words}");
        assert_eq!((found[0].0, found[0].1[0].field), ("教师资格认定", field));
        assert_eq!(found[0].1[0].word, words);
    }
    let found = list.found("开饭店");
    assert_eq!(found[0].1[0].means.as_deref(), Some("食品 经营许可核发"));
}

#[test]
fn equal_questions_have_equal_answers_in_an_order_without_gaps() {
    let (one, other) = (List::new(matters()), List::new(matters()));
    for words in ["登记", "xuke", "办证 备案", "食品经营"] {
        assert_eq!(one.found(words), other.found(words), "{words}");
        let codes: BTreeSet<_> =
            one.index.find(words, day("2026-11-27"), usize::MAX).into_iter().map(|hit| hit.code).collect();
        assert_eq!(codes.len(), one.names(words).len(), "none stands twice: {words}");
    }
}
