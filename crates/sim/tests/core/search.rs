//! Ten thousand matters come to every unit, and are found at a village that nobody else can be reached from.

use sim::scenario::{Action, Direction, Shape};
use unit::{Answer, FoundWay, Question};

use crate::world::{CITY, COUNTY, Region, VILLAGE, unit};

#[test]
fn a_village_that_is_cut_off_finds_what_it_has_of_ten_thousand_matters() {
    let mut region = Region::with_matters(7, 10_000);
    for other in [CITY, COUNTY, "370812", "370811002", "370811002003"] {
        region.inflict(&Action::Cut(Shape::Pair(unit(other), unit(VILLAGE), Direction::Both))).unwrap();
    }
    let ask = |words: &str| {
        let question = Question::Matters { words: words.to_owned(), limit: 20 };
        match region.ask(VILLAGE, &question) {
            Some(Ok(Answer::Matters { matters, version: 1 })) => matters,
            other => panic!("{words}: {other:?}"),
        }
    };
    for (words, name, way) in [
        ("教师资格认定", "教师资格认定", FoundWay::Text),
        ("jszgrd", "教师资格认定", FoundWay::Initials),
        ("补办 教师资格认定", "教师资格认定(补办)", FoundWay::Text),
        ("开饭店", "食品(含保健食品)经营许可核发", FoundWay::Everyday),
    ] {
        let found = ask(words);
        assert_eq!((found[0].matter.name.as_str(), found[0].found_by[0].way), (name, way), "{words}");
        assert_eq!(found, ask(words));
    }
    assert_eq!(ask("").len(), 20);
    let code = ask("教师资格认定")[0].matter.code.to_string();
    match region.ask(VILLAGE, &Question::Matter { code }) {
        Some(Ok(Answer::Matter { matter, offered: true, .. })) => assert!(!matter.guide.flow.is_empty()),
        other => panic!("{other:?}"),
    }
}
