//! The words of scenario files in one table: the reader, the schema for editors and the reference page are made from it.

use serde::Serialize;

use super::fields::{Field, Fields, Reading};
use super::{Action, ExpectedCard, FaultKind, Fidelity, Forgery, Moment};
use domain::case::Stage;

/// What a value may be.
#[derive(Clone, Copy, Debug)]
pub enum Form {
    /// A label that steps give to a case.
    Label,
    /// A text for people.
    Text,
    /// A unit of the world, by its alias.
    Unit,
    /// The same, or the word `all`.
    UnitOrAll,
    /// Several units of the world.
    Units,
    /// Exactly two units of the world.
    Pair,
    /// The same, or one unit alone.
    UnitOrPair,
    /// The same, or the word `all`.
    PairOrAll,
    /// Replicas.
    Nodes,
    /// A place of the tree of divisions, in the world or not.
    Division,
    /// The code of a matter.
    Matter,
    /// A span of time.
    Span,
    /// A span of time with a sign.
    Offset,
    /// A time at which something is done.
    When,
    /// A wall time.
    Wall,
    /// A whole number.
    Count(u64, u64),
    /// A share of a hundred.
    Percent,
    /// `true`.
    Flag,
    /// How an act is answered.
    Answer,
    /// One of these words.
    OneOf(fn() -> Vec<String>),
    /// Several of these words.
    ManyOf(fn() -> Vec<String>),
    /// A table whose keys are these.
    Table(&'static [Key]),
    /// Several such tables.
    Tables(&'static [Key]),
    /// A table from alias to such a value.
    ByAlias(&'static Form),
    /// Several whole numbers.
    Numbers(u64, u64),
    /// The list of steps.
    Steps,
    /// The list of expectations.
    Expectations,
}

/// One key of a table.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// The key.
    pub key: &'static str,
    /// What its value may be.
    pub form: Form,
    /// Whether it must be there.
    pub required: bool,
    /// What it says.
    pub meaning: &'static str,
}

pub(super) const fn must(key: &'static str, form: Form, meaning: &'static str) -> Key {
    Key { key, form, required: true, meaning }
}

pub(super) const fn may(key: &'static str, form: Form, meaning: &'static str) -> Key {
    Key { key, form, required: false, meaning }
}

/// Reads what a step does; its keys were checked. `None` where a fault was noted.
pub(super) type ReadStep = fn(&mut Reading<'_>, &Fields<'_>, Field<'_>) -> Option<Action>;

/// One thing that a step can do.
pub struct StepWord {
    /// The key that says so.
    pub word: &'static str,
    /// What its value may be.
    pub form: Form,
    /// Keys beside it; `at` and, for acts, `answer` come to these.
    pub keys: &'static [Key],
    /// Whether people do it and get an answer.
    pub act: bool,
    /// What happens.
    pub meaning: &'static str,
    /// A line that does it.
    pub example: &'static str,
    /// Kinds of fault that a run can demand of it.
    pub faults: &'static [FaultKind],
    pub(super) read: ReadStep,
}

/// Something that can be expected.
pub struct ExpectWord {
    /// The key that says so.
    pub word: &'static str,
    /// What its value may be.
    pub form: Form,
    /// Keys beside it; `at` and `within` come to these.
    pub keys: &'static [Key],
    /// What must be so.
    pub meaning: &'static str,
    /// A line that expects it.
    pub example: &'static str,
}

/// Of every step.
pub(super) const AT: Key =
    may("at", Form::When, "when: after the step before (`+10s`), or a wall time; at once where it is left out");
/// Of acts.
pub(super) const ANSWER: Key =
    may("answer", Form::Answer, "how the unit must answer: `done` (the default), an error code, `unknown` or `any`");

/// Of every expectation.
pub(super) const EXPECT_KEYS: &[Key] = &[
    may(
        "at",
        Form::When,
        "from when on: `+10s` counts from the end of the last step, which is the default; or a wall time",
    ),
    may("within", Form::Span, "it must have become so at most this long after `at`; exactly then where it is left out"),
];

/// How a line is; for `links`, `pairs` and the step `link`.
pub(super) const LINK_KEYS: &[Key] = &[
    may("delay", Form::Span, "one way"),
    may("jitter", Form::Span, "up to so much more, drawn for each message"),
    may("loss", Form::Percent, "of a hundred messages so many are lost"),
    may("duplicate", Form::Percent, "of a hundred messages so many arrive twice"),
    may("reorder", Form::Percent, "of a hundred messages so many are overtaken by later ones"),
    may("rate", Form::Count(0, i64::MAX as u64), "bytes per second; 0 is without bound"),
];

pub(super) const CLERK_KEYS: &[Key] = &[
    must("pace", Form::Span, "how long each thing waits for them"),
    may("deny", Form::Count(0, 100), "of a hundred cases so many are denied; 0 where it is left out"),
];

pub(super) const PAIR_KEYS: &[Key] = &[
    must("between", Form::Pair, "the two units; both ways"),
    LINK_KEYS[0],
    LINK_KEYS[1],
    LINK_KEYS[2],
    LINK_KEYS[3],
    LINK_KEYS[4],
    LINK_KEYS[5],
];

pub(super) const UNITS_FORM: Form = Form::Division;
pub(super) const VOTERS_FORM: Form = Form::Count(1, super::world::MOST_VOTERS);

pub(super) const WORLD_KEYS: &[Key] = &[
    must(
        "units",
        Form::ByAlias(&UNITS_FORM),
        "what steps call each unit, and which it is: a division code, or names from the city down",
    ),
    may("voters", Form::ByAlias(&VOTERS_FORM), "how many replicas a unit has; 1 where it is not named"),
    may(
        "spares",
        Form::ByAlias(&VOTERS_FORM),
        "how many machines of a unit are listed and do not run before `add-voter` or `replace-voter`; none where it is not named",
    ),
    may("patience", Form::Span, "how long an offer may stay unanswered; `20s` where it is left out"),
    may(
        "matters",
        Form::Count(1, 100_000),
        "how many matters of the sample list the catalogue has, the first by code; 40 where it is left out; more than the list has are made by rule",
    ),
    may(
        "clerks",
        Form::Table(CLERK_KEYS),
        "officials who accept, decide and deliver by themselves; none where it is left out",
    ),
    may("links", Form::Table(LINK_KEYS), "how good links are; 5 ms, nothing lost, where it is left out"),
    may(
        "pairs",
        Form::Tables(PAIR_KEYS),
        "single pairs of units that differ from `links`; what is not named is as there",
    ),
];

pub(super) const REQUIRE_KEYS: &[Key] = &[
    may("faults", Form::ManyOf(fault_words), "each of these kinds must have taken effect at least once"),
    may("commands", Form::Count(0, u32::MAX as u64), "at least so many commands applied, over all units"),
    may("cases", Form::Count(0, u32::MAX as u64), "at least so many cases received"),
    may("mail", Form::Count(0, u32::MAX as u64), "at least so much mail logged by its receivers"),
];

/// Keys of the file itself.
pub(super) const FILE_KEYS: &[Key] = &[
    must("title", Form::Text, "as people would say it"),
    must("intent", Form::Text, "what it shows, and for whom"),
    may("journeys", Form::Numbers(1, 22), "journeys of the domain document that it walks"),
    must("start", Form::Wall, "the true time at which it begins, at UTC+8"),
    may("seed", Form::Count(0, u64::MAX), "fixes everything that is drawn; 1 where it is left out"),
    may("play", Form::ManyOf(fidelity_words), "where it can be played; core and consensus where it is left out"),
    must("world", Form::Table(WORLD_KEYS), "the units and what they start with"),
    may("steps", Form::Steps, "what is done, in the order of time"),
    may("expect", Form::Expectations, "what must come of it"),
    may("always", Form::ManyOf(invariant_words), "invariants that are watched; all where it is left out"),
    may(
        "require",
        Form::Table(REQUIRE_KEYS),
        "what must have happened for a run to count: a fault that never came proves nothing",
    ),
];

/// Ids of the rules that are never broken; [`crate::invariants::meanings`] says what each means.
pub const INVARIANTS: [&str; 16] =
    ["I1", "I2", "I3", "I4", "I5", "I6", "I7", "I8", "I9", "I10", "I11", "I12", "I13", "I14", "I15", "I16"];

/// The word of a value, as serde writes it, with dashes.
pub(crate) fn word_of<T: Serialize>(value: &T) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word.replace('_', "-"),
        _ => String::new(),
    }
}

/// Words with what they stand for.
pub(super) fn table_of<T: Serialize + Copy>(values: &[T]) -> Vec<(String, T)> {
    values.iter().map(|value| (word_of(value), *value)).collect()
}

pub(super) const STAGES: [Stage; 11] = [
    Stage::Received,
    Stage::Accepted,
    Stage::NotAccepted,
    Stage::Decided,
    Stage::Closed,
    Stage::Delivered,
    Stage::Withdrawn,
    Stage::Terminated,
    Stage::AwaitingSupplement,
    Stage::Lapsed,
    Stage::SentUp,
];

pub(super) const CARDS: [ExpectedCard; 4] =
    [ExpectedCard::None, ExpectedCard::Warning, ExpectedCard::Yellow, ExpectedCard::Red];

pub(super) fn card_words() -> Vec<String> {
    CARDS.iter().map(word_of).collect()
}

pub(super) const FORGERIES: [Forgery; 5] =
    [Forgery::Altered, Forgery::WrongUnit, Forgery::UnknownKey, Forgery::OldGeneration, Forgery::Junk];

/// What a unit can be to a case, and that it does not know it.
pub(super) const ROLES: [&str; 7] = ["owner", "offering", "gone", "offered", "prepared", "dropped", "unknown"];

/// How a disk can fail at a step `disk`.
pub(super) const DISK_FAULTS: [&str; 6] = ["sync-fails", "dead", "slow", "full", "mended", "rot"];

pub(super) const OUTCOMES: [&str; 2] = ["granted", "denied"];

fn owned(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

pub(super) fn fault_words() -> Vec<String> {
    FaultKind::ALL.iter().map(word_of).collect()
}

pub(super) fn fidelity_words() -> Vec<String> {
    Fidelity::ALL.iter().map(word_of).collect()
}

pub(super) fn invariant_words() -> Vec<String> {
    owned(&INVARIANTS)
}

pub(super) fn moment_words() -> Vec<String> {
    Moment::ALL.iter().map(word_of).collect()
}

pub(super) fn forgery_words() -> Vec<String> {
    FORGERIES.iter().map(word_of).collect()
}

pub(super) fn former_words() -> Vec<String> {
    owned(&["gone", "runs"])
}

pub(super) fn stage_words() -> Vec<String> {
    STAGES.iter().map(word_of).collect()
}

pub(super) fn role_words() -> Vec<String> {
    owned(&ROLES)
}

pub(super) fn disk_words() -> Vec<String> {
    owned(&DISK_FAULTS)
}

pub(super) fn outcome_words() -> Vec<String> {
    owned(&OUTCOMES)
}

impl Form {
    /// How a value may look, as a file has it.
    pub fn example(&self) -> String {
        match self {
            Self::Label => "\"shop\"".into(),
            Self::Text => "\"…\"".into(),
            Self::Unit | Self::UnitOrAll | Self::UnitOrPair => "\"county\"".into(),
            Self::Units => "[\"city\", \"county\", \"township\"]".into(),
            Self::Pair | Self::PairOrAll => "[\"city\", \"county\"]".into(),
            Self::Nodes => "\"city/leader\"".into(),
            Self::Division => "\"济宁市/任城区\"".into(),
            Self::Matter => "\"511Z07001006\"".into(),
            Self::Span => "\"20s\"".into(),
            Self::Offset => "\"+1d\"".into(),
            Self::When => "\"+10s\"".into(),
            Self::Wall => "\"2026-03-02 09:00\"".into(),
            Self::Count(least, _) => (*least).max(1).to_string(),
            Self::Percent => "5".into(),
            Self::Flag => "true".into(),
            Self::Answer => "\"case.unknown\"".into(),
            Self::OneOf(words) => format!("\"{}\"", words().first().map_or("", String::as_str)),
            Self::ManyOf(words) => format!("[\"{}\"]", words().first().map_or("", String::as_str)),
            Self::Table(_) => "{ … }".into(),
            Self::Tables(_) | Self::Steps | Self::Expectations => "[ … ]".into(),
            Self::ByAlias(form) => format!("{{ city = {} }}", form.example()),
            Self::Numbers(least, _) => format!("[{least}]"),
        }
    }

    /// What a value may be, for people.
    pub fn words(&self) -> String {
        match self {
            Self::Label => "a label".into(),
            Self::Text => "text".into(),
            Self::Unit => "a unit".into(),
            Self::UnitOrAll => "a unit, or `all`".into(),
            Self::Units => "a list of units".into(),
            Self::Pair => "two units".into(),
            Self::UnitOrPair => "a unit, or two".into(),
            Self::PairOrAll => "two units, or `all`".into(),
            Self::Nodes => "replicas".into(),
            Self::Division => "a unit, a division code, or a path of names".into(),
            Self::Matter => "a matter's code".into(),
            Self::Span => "a span of time".into(),
            Self::Offset => "a span of time with its sign".into(),
            Self::When => "a time".into(),
            Self::Wall => "a wall time".into(),
            Self::Count(least, most) if *most > u64::from(u32::MAX) => format!("a whole number from {least} on"),
            Self::Count(least, most) if *most == u64::from(u32::MAX) => format!("a whole number from {least} on"),
            Self::Count(least, most) => format!("a whole number from {least} to {most}"),
            Self::Percent => "a number from 0 to 100".into(),
            Self::Flag => "`true`".into(),
            Self::Answer => "a word or an error code".into(),
            Self::OneOf(words) => quoted(&words()),
            Self::ManyOf(_) => "a list of words, see below".into(),
            Self::Table(keys) => format!("a table of {}", quoted(&names(keys))),
            Self::Tables(keys) => format!("a list of tables of {}", quoted(&names(keys))),
            Self::ByAlias(form) => format!("a table: for each unit {}", form.words()),
            Self::Numbers(..) => "a list of numbers".into(),
            Self::Steps => "a list of steps, one inline table a line".into(),
            Self::Expectations => "a list of expectations, one inline table a line".into(),
        }
    }
}

fn names(keys: &[Key]) -> Vec<String> {
    keys.iter().map(|key| key.key.to_owned()).collect()
}

fn quoted(words: &[String]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}
