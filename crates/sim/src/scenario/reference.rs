//! The schema for editors and the reference page, both made from the table of words that the reader uses.

use serde_json::{Map, Value, json};

use crate::invariants::meanings;

use super::expect::EXPECT_WORDS;
use super::step_words::STEP_WORDS;
use super::words::{
    ANSWER, AT, CLERK_KEYS, EXPECT_KEYS, FILE_KEYS, Form, Key, LINK_KEYS, PAIR_KEYS, REQUIRE_KEYS, WORLD_KEYS,
    disk_words, fault_words, fidelity_words, forgery_words, moment_words, role_words, stage_words,
};

/// The JSON Schema of scenario files.
pub fn schema() -> Value {
    let mut file = table(FILE_KEYS.iter());
    file.insert("$schema".into(), json!("http://json-schema.org/draft-07/schema#"));
    file.insert("title".into(), json!("Scenario"));
    file.insert("description".into(), json!("A small region, what is done to it when, and what must come of it."));
    file.into()
}

fn table<'a>(keys: impl Iterator<Item = &'a Key>) -> Map<String, Value> {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for key in keys {
        properties.insert(key.key.into(), described(&key.form, key.meaning));
        if key.required {
            required.push(json!(key.key));
        }
    }
    let mut table = Map::new();
    table.insert("type".into(), json!("object"));
    table.insert("properties".into(), properties.into());
    if !required.is_empty() {
        table.insert("required".into(), required.into());
    }
    table.insert("additionalProperties".into(), json!(false));
    table
}

fn described(form: &Form, meaning: &str) -> Value {
    let mut value = form_schema(form);
    if let Some(object) = value.as_object_mut() {
        object.insert("description".into(), json!(meaning));
    }
    value
}

fn form_schema(form: &Form) -> Value {
    let text = || json!({ "type": "string" });
    let units = |least: usize, most: Option<usize>| {
        let mut list = json!({ "type": "array", "items": text(), "minItems": least, "uniqueItems": true });
        if let (Some(most), Some(object)) = (most, list.as_object_mut()) {
            object.insert("maxItems".into(), json!(most));
        }
        list
    };
    match form {
        Form::Label | Form::Text | Form::Unit | Form::UnitOrAll | Form::Nodes | Form::Division | Form::Matter => text(),
        Form::When | Form::Wall | Form::Answer => text(),
        Form::Span => json!({ "type": "string", "pattern": "^([0-9]+(d|h|ms|m|us|s))+$" }),
        Form::Offset => json!({ "type": "string", "pattern": "^[+-]?([0-9]+(d|h|ms|m|us|s))+$" }),
        Form::Units => units(1, None),
        Form::Pair => units(2, Some(2)),
        Form::UnitOrPair | Form::PairOrAll => json!({ "anyOf": [text(), units(2, Some(2))] }),
        Form::Count(least, most) if *most > u64::from(u32::MAX) => json!({ "type": "integer", "minimum": least }),
        Form::Count(least, most) => json!({ "type": "integer", "minimum": least, "maximum": most }),
        Form::Percent => json!({ "type": "number", "minimum": 0, "maximum": 100 }),
        Form::Flag => json!({ "type": "boolean" }),
        Form::OneOf(words) => json!({ "enum": words() }),
        Form::ManyOf(words) => json!({ "type": "array", "items": { "enum": words() } }),
        Form::Table(keys) => table(keys.iter()).into(),
        Form::Tables(keys) => json!({ "type": "array", "items": table(keys.iter()) }),
        Form::ByAlias(form) => json!({ "type": "object", "additionalProperties": form_schema(form) }),
        Form::Numbers(least, most) => {
            json!({ "type": "array", "items": { "type": "integer", "minimum": least, "maximum": most } })
        }
        Form::Steps => {
            let steps = STEP_WORDS.iter().map(|word| {
                let answer = word.act.then_some(&ANSWER);
                one(word.word, &word.form, word.meaning, [&AT].into_iter().chain(answer).chain(word.keys))
            });
            json!({ "type": "array", "items": { "oneOf": steps.collect::<Vec<_>>() } })
        }
        Form::Expectations => {
            let words = EXPECT_WORDS
                .iter()
                .map(|word| one(word.word, &word.form, word.meaning, EXPECT_KEYS.iter().chain(word.keys)));
            json!({ "type": "array", "items": { "oneOf": words.collect::<Vec<_>>() } })
        }
    }
}

/// The table of one step or expectation.
fn one<'a>(word: &'static str, form: &Form, meaning: &'static str, keys: impl Iterator<Item = &'a Key>) -> Value {
    let own = Key { key: word, form: *form, required: true, meaning };
    let keys: Vec<Key> = std::iter::once(own).chain(keys.copied()).collect();
    let mut table = table(keys.iter());
    table.insert("title".into(), json!(word));
    table.into()
}

/// The reference page (docs/scenarios-reference.md).
pub fn reference() -> String {
    let mut page = Page(String::new());
    page.paragraph("# Scenario files: reference");
    page.paragraph(
        "Written from the table of words that the reader uses; `cargo xtask bless` renews it. How to write a first one:\n\
         [scenarios.md](scenarios.md). Editors complete and check files against `scenarios/schema.json` (taplo: the line\n\
         `#:schema ../schema.json` at the top of a file).",
    );
    page.paragraph("## The file");
    page.keys(FILE_KEYS, &[]);
    page.paragraph("## `[world]`");
    page.keys(WORLD_KEYS, &[]);
    page.paragraph(
        "A unit's name is found as `tongban route explain` finds it: a code, a name, or names from the city down. A name that\n\
         several places have is refused, with all of them. Every unit needs the unit above it; a world has one city.",
    );
    page.paragraph("### `clerks`");
    page.keys(CLERK_KEYS, &[]);
    page.paragraph("### `links`");
    page.keys(LINK_KEYS, &[]);
    page.paragraph("### `pairs`, each");
    page.keys(&PAIR_KEYS[..1], &[]);
    page.paragraph("and the keys of `links`.");
    page.paragraph("## Values");
    page.values();
    page.paragraph("## Steps");
    page.paragraph(
        "Each is one inline table in `steps`, with one of these words. Times only go on. Every step may have `at`; acts of people\n\
         may have `answer`.",
    );
    page.keys(&[AT, ANSWER], &[]);
    for word in STEP_WORDS {
        page.word(word.word, &word.form, word.keys, word.meaning, word.example);
        if !word.faults.is_empty() {
            let kinds: Vec<String> = word.faults.iter().map(|kind| format!("`{}`", super::word_of(kind))).collect();
            page.paragraph(&format!("Kinds of fault for `require`: {}.", kinds.join(", ")));
        }
    }
    page.paragraph("## Expectations");
    page.paragraph("Each is one inline table in `expect`, with one of these words.");
    page.keys(EXPECT_KEYS, &[]);
    for word in EXPECT_WORDS {
        page.word(word.word, &word.form, word.keys, word.meaning, word.example);
    }
    page.paragraph("## `require`");
    page.keys(REQUIRE_KEYS, &[]);
    page.paragraph("## Invariants");
    page.paragraph("What `always` can name, and what each means for a citizen.");
    let rows: Vec<[String; 2]> =
        meanings().into_iter().map(|(id, meaning)| [format!("`{id}`"), meaning.to_owned()]).collect();
    page.rows(["Id", "Never broken"], &rows);
    page.0.trim_end().to_owned() + "\n"
}

struct Page(String);

impl Page {
    fn paragraph(&mut self, text: &str) {
        self.0 += text;
        self.0 += "\n\n";
    }

    fn rows<const N: usize>(&mut self, heads: [&str; N], rows: &[[String; N]]) {
        self.0 += &format!("| {} |\n|{}\n", heads.join(" | "), "---|".repeat(N));
        for row in rows {
            self.0 += &format!("| {} |\n", row.each_ref().map(|cell| cell.replace('|', "\\|")).join(" | "));
        }
        self.0 += "\n";
    }

    /// Keys as rows; the word's own goes before them.
    fn keys(&mut self, keys: &[Key], before: &[[String; 3]]) {
        let mut rows = before.to_vec();
        rows.extend(keys.iter().map(|key| {
            let needed = if key.required { ", **needed**" } else { "" };
            [format!("`{}`", key.key), format!("{}{needed}", key.form.words()), key.meaning.to_owned()]
        }));
        self.rows(["Key", "Value", "Meaning"], &rows);
    }

    fn word(&mut self, word: &str, form: &Form, keys: &[Key], meaning: &str, example: &str) {
        self.paragraph(&format!("### `{word}`"));
        self.paragraph(meaning);
        self.paragraph(&format!("```toml\n{example}\n```"));
        self.keys(
            keys,
            &[[format!("`{word}`"), format!("{}, **needed**", form.words()), "says what it is".to_owned()]],
        );
    }

    fn values(&mut self) {
        let list = |words: Vec<String>| words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ");
        let rows = [
            ["a span of time".into(), "`500ms`, `20s`, `1m30s`, `2h`, `3d`".into()],
            [
                "a time".into(),
                "`+10s` after the step before, which `advance` makes longer; `12:30` the same day; `day 3 09:00`, the first day \
                 is day 1; `2026-03-04 09:00`. All at UTC+8, seconds may follow"
                    .into(),
            ],
            ["replicas".into(), "`city` all of a unit, `city/leader` whichever leads then, `city/2` the second, `everyone`".into()],
            ["a label".into(), "any words that steps call a case by, e.g. `shop`".into()],
            ["fidelity".into(), list(fidelity_words())],
            ["moment".into(), list(moment_words())],
            ["stage".into(), list(stage_words())],
            ["role".into(), list(role_words())],
            ["disk fault".into(), list(disk_words())],
            ["forgery".into(), list(forgery_words())],
            ["kind of fault".into(), list(fault_words())],
        ];
        self.rows(["Value", "How it is written"], &rows);
    }
}
