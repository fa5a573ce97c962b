//! Papers sealed and judged: what holds, and each way in which it does not.

use domain::identifiers::CreditCode;
use domain::time::Timestamp;
use seal::sm::SecretKey;
use seal::{BodySeal, BodySeals, Certified, NoSeal, PaperSeal, Revoked, Root, Seal, SealFault, TestAuthority, check};
use serde_json::{Map, Value, json};

const FROM: Timestamp = Timestamp(1_000);
const UNTIL: Timestamp = Timestamp(9_000);

fn key(seed: u8) -> SecretKey {
    SecretKey::from_bytes(&[seed; 32]).unwrap()
}

fn body(first: &str) -> CreditCode {
    format!("{first}{}", CreditCode::check_character(first).unwrap()).parse().unwrap()
}

fn bureau() -> CreditCode {
    body("11370811MB2857385")
}

fn authority() -> TestAuthority {
    TestAuthority::new("某市印章机构", key(1))
}

fn seal_of(authority: &TestAuthority, body: CreditCode, serial: u64) -> BodySeal {
    let key = key(7);
    let says = Certified {
        serial,
        body,
        body_name: "某区行政审批服务局".into(),
        key: key.public(),
        from: FROM,
        until: UNTIL,
        issuer: String::new(),
        test: false,
    };
    BodySeal { certificate: authority.certify(says).unwrap(), key }
}

fn seals(at: i64) -> BodySeals {
    let authority = authority();
    BodySeals::new(authority.root(vec![]), vec![seal_of(&authority, bureau(), 5)], move || Timestamp(at))
}

fn paper() -> Map<String, Value> {
    let paper = json!({
        "number": "370811002001-260202-A-00001-7/02",
        "kind": "acceptance",
        "title": {"zh": "受理通知书", "en": "Notice of acceptance"},
        "issued": "2026-02-03T10:00:00.000+08:00",
        "issuer": "某区行政审批服务局",
        "body": bureau().as_str(),
        "facts": [{"label": {"zh": "申请人", "en": "Applicant"}, "value": {"zh": "张*", "en": "张*"}}],
        "text": [{"zh": "予以受理。", "en": "Accepted."}],
        "seal_state": "sealed",
    });
    let Value::Object(paper) = paper else { unreachable!() };
    paper
}

fn sealed() -> Map<String, Value> {
    let mut paper = paper();
    let seal = seals(5_000).seal(&bureau(), &paper).unwrap();
    paper.insert("seal".into(), serde_json::to_value(seal).unwrap());
    paper
}

fn root() -> Root {
    authority().root(vec![])
}

#[test]
fn a_sealed_paper_says_by_whom_and_when_however_it_is_written() {
    let judged = check(&sealed(), &root()).unwrap();
    assert_eq!((judged.at, judged.by.serial, judged.by.body), (Timestamp(5_000), 5, bureau()));
    assert_eq!(judged.paper, "370811002001-260202-A-00001-7/02");
    // Nobody takes a seal of the test authority for a real one.
    assert!(judged.by.test && judged.by.issuer.contains("示例"), "{}", judged.by.issuer);
    let spread = serde_json::to_string_pretty(&sealed()).unwrap();
    assert!(check(&serde_json::from_str(&spread).unwrap(), &root()).is_ok());
    // The same paper at the same time has the same seal.
    assert_eq!(sealed(), sealed());
}

/// Calls with each copy of a value in which one leaf is another.
fn each_change(value: &Value, path: &str, tell: &mut dyn FnMut(String, Value)) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                let mut without = fields.clone();
                without.remove(name);
                tell(format!("{path}/{name} left out"), Value::Object(without));
                each_change(field, &format!("{path}/{name}"), &mut |what, changed| {
                    let mut fields = fields.clone();
                    fields.insert(name.clone(), changed);
                    tell(what, Value::Object(fields));
                });
            }
            let mut more = fields.clone();
            more.insert("added".into(), json!("x"));
            tell(format!("{path} with more"), Value::Object(more));
        }
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                each_change(item, &format!("{path}/{at}"), &mut |what, changed| {
                    let mut items = items.clone();
                    items[at] = changed;
                    tell(what, Value::Array(items));
                });
            }
            tell(format!("{path} emptied"), json!([]));
        }
        Value::String(text) => {
            for (at, first) in text.char_indices() {
                let mut other = text.clone();
                let turned = if first == '0' { "1" } else { "0" };
                other.replace_range(at..at + first.len_utf8(), turned);
                tell(format!("{path} at {at}"), Value::String(other));
            }
            tell(format!("{path} longer"), Value::String(format!("{text} ")));
        }
        Value::Number(number) => tell(path.to_owned(), json!(number.as_i64().unwrap() + 1)),
        Value::Bool(is) => tell(path.to_owned(), json!(!is)),
        Value::Null => {}
    }
}

#[test]
fn every_changed_character_is_found() {
    let (sealed, root, mut changes) = (sealed(), root(), 0);
    each_change(&Value::Object(sealed), "", &mut |what, changed| {
        let Value::Object(changed) = changed else { unreachable!() };
        assert!(check(&changed, &root).is_err(), "{what}");
        changes += 1;
    });
    assert!(changes > 500, "{changes}");
}

#[test]
fn each_fault_has_its_own_words() {
    let fault = |change: &dyn Fn(&mut Map<String, Value>)| {
        let mut paper = sealed();
        change(&mut paper);
        check(&paper, &root()).unwrap_err()
    };
    let seal_at = |at: i64, body: CreditCode| {
        let mut paper = paper();
        let authority = authority();
        // A seal that its keeper uses although it should not: only who judges it finds out.
        let mut kept = seal_of(&authority, body.clone(), 5);
        let honest = kept.certificate.clone();
        (kept.certificate.says.from, kept.certificate.says.until) = (Timestamp(0), Timestamp(99_000));
        let seals = BodySeals::new(authority.root(vec![]), vec![kept], move || Timestamp(at));
        let seal = PaperSeal { certificate: honest, ..seals.seal(&body, &paper).unwrap() };
        paper.insert("seal".into(), serde_json::to_value(seal).unwrap());
        paper
    };
    let other_root = TestAuthority::new("某市印章机构", key(2)).root(vec![]);
    let revoked = |since: i64| authority().root(vec![Revoked { serial: 5, since: Timestamp(since) }]);
    let faults: Vec<(SealFault, &str)> = vec![
        (fault(&|paper| drop(paper.remove("seal"))), "seal.unsealed"),
        (fault(&|paper| drop(paper.insert("seal".into(), json!({"says": 1})))), "seal.malformed"),
        (check(&sealed(), &other_root).unwrap_err(), "seal.root"),
        (fault(&|paper| paper["seal"]["certificate"]["says"]["body_name"] = json!("另一机关")), "seal.root"),
        (fault(&|paper| paper["seal"]["says"]["at"] = json!(5_001)), "seal.signature"),
        (fault(&|paper| paper["number"] = json!("370811002001-260202-A-00001-7/03")), "seal.paper"),
        (fault(&|paper| paper["text"][0]["zh"] = json!("不予受理。")), "seal.altered"),
        (check(&seal_at(5_000, body("11370812MB2857385")), &root()).unwrap_err(), "seal.body"),
        (check(&seal_at(999, bureau()), &root()).unwrap_err(), "seal.expired"),
        (check(&seal_at(9_001, bureau()), &root()).unwrap_err(), "seal.expired"),
        (check(&sealed(), &revoked(5_000)).unwrap_err(), "seal.revoked"),
    ];
    for (fault, code) in &faults {
        assert_eq!(fault.code(), *code, "{fault}");
        let row = domain::codes::find(code).unwrap();
        assert!(!row.title.zh.is_empty() && !row.remedy.en.is_empty(), "{code}");
    }
    // What was sealed while the seal counted stays sealed.
    assert!(check(&sealed(), &revoked(5_001)).is_ok());
    for last in [1_000, 9_000] {
        assert!(check(&seal_at(last, bureau()), &root()).is_ok(), "{last}");
    }
}

#[test]
fn a_seal_is_only_used_by_its_body_while_it_counts() {
    let at = |at: i64| seals(at).seal(&bureau(), &paper()).map(|seal| seal.says.at);
    assert_eq!(at(999), Err(NoSeal::TooEarly));
    assert_eq!(at(1_000), Ok(FROM));
    assert_eq!(at(9_000), Ok(UNTIL));
    assert_eq!(at(9_001), Err(NoSeal::Expired));
    assert_eq!(seals(5_000).seal(&body("11370812MB2857385"), &paper()), Err(NoSeal::NotKept));
    assert_eq!(BodySeals::none().seal(&bureau(), &paper()), Err(NoSeal::NotKept));

    // A revoked seal is replaced by the body's next one.
    let authority = authority();
    let revoked = authority.root(vec![Revoked { serial: 5, since: Timestamp(2_000) }]);
    let old = seal_of(&authority, bureau(), 5);
    let seals = |seals| BodySeals::new(revoked.clone(), seals, || Timestamp(5_000));
    assert_eq!(seals(vec![old.clone()]).seal(&bureau(), &paper()), Err(NoSeal::Revoked));
    let both = seals(vec![old, seal_of(&authority, bureau(), 6)]);
    assert_eq!(both.seal(&bureau(), &paper()).unwrap().says.serial, 6);
}
