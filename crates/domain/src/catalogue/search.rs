//! Finds matters by plain words. Ranking is deterministic; an index with pinyin and synonyms is another crate's task.

use super::Matter;

/// Matters that fit the words, best first; all by code where there are no words.
///
/// Every word must occur in the name, main item, department or code. Where no matter has them all, matters whose name shares
/// more than half of the words' neighbouring characters are given: Chinese is written without spaces between words.
pub fn search<'a>(matters: &'a [Matter], words: &str) -> Vec<&'a Matter> {
    let words: Vec<String> = words
        .split(|c: char| c.is_whitespace() || ",，、;；/".contains(c))
        .filter(|word| !word.is_empty())
        .map(str::to_uppercase)
        .collect();
    let exact = ranked(matters, |matter| words.iter().map(|word| occurs(matter, word)).sum::<Option<u32>>());
    if !exact.is_empty() {
        return exact;
    }
    let pairs: Vec<String> = words.iter().flat_map(|word| neighbours(word)).collect();
    ranked(matters, |matter| resembles(matter, &pairs))
}

fn ranked(matters: &[Matter], score: impl Fn(&Matter) -> Option<u32>) -> Vec<&Matter> {
    let mut found: Vec<(u32, &Matter)> = matters.iter().filter_map(|matter| Some((score(matter)?, matter))).collect();
    found.sort_by(|(a, left), (b, right)| b.cmp(a).then_with(|| left.code.cmp(&right.code)));
    found.into_iter().map(|(_, matter)| matter).collect()
}

/// How well one word fits; `None` where it occurs nowhere.
fn occurs(matter: &Matter, word: &str) -> Option<u32> {
    let name = matter.name.to_uppercase();
    let length = name.chars().count() as u32;
    let in_name = name.find(word).map(|at| match at {
        0 if name == word => 2000,
        // Among names that have the word, shorter ones are nearer to it.
        0 => 1200 - length.min(200),
        _ => 1000 - length.min(200),
    });
    let in_code = matter.code.as_str().starts_with(word).then_some(1500);
    let in_item = matter.main_item.as_deref().is_some_and(|item| item.to_uppercase().contains(word)).then_some(400);
    let in_department = matter.department.contains(word).then_some(100);
    [in_name, in_code, in_item, in_department].into_iter().flatten().max()
}

fn resembles(matter: &Matter, pairs: &[String]) -> Option<u32> {
    let shared = pairs.iter().filter(|pair| matter.name.contains(pair.as_str())).count();
    (shared > 0 && shared * 2 > pairs.len())
        .then(|| (shared * 1000) as u32 - matter.name.chars().count().min(200) as u32)
}

/// Neighbouring characters: `开饭店` gives `开饭`, `饭店`.
fn neighbours(word: &str) -> Vec<String> {
    let characters: Vec<char> = word.chars().collect();
    characters.windows(2).map(|pair| pair.iter().collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::super::import::MatterList;
    use super::super::rules;
    use super::*;

    #[test]
    fn plain_words_over_the_real_list() {
        let list = MatterList::from_csv(include_bytes!("../../data/county-matters.csv"));
        let matters: Vec<Matter> = list.rows.iter().map(|row| rules::matter(row, 60)).collect();
        let names = |words: &str| search(&matters, words).into_iter().map(|m| m.name.as_str()).collect::<Vec<_>>();
        assert_eq!(names("").len(), matters.len());
        assert_eq!(names("规范户外招牌设施设置")[0], "规范户外招牌设施设置");
        assert!(names("卫生许可").iter().all(|name| name.contains("卫生许可")));
        let both = names("烟草 补办");
        assert!(both.contains(&"烟草专卖零售许可证补办"), "{both:?}");
        assert_eq!(search(&matters, "511a0126800000")[0].code.as_str(), "511A0126800000");
        // Nobody writes it so in the list, but most of it is there.
        assert!(names("烟草专卖零售证补办").contains(&"烟草专卖零售许可证补办"));
        assert!(names("量子计算机").is_empty());
        assert_eq!(names("登记"), names("登记"));
    }
}
