//! The life of a catalogue version as files say it: proposed, reviewed, taken back, published, each by somebody of the city.

use std::time::Duration;

use domain::ids::UnitId;
use domain::time::CivilDate;

use super::Action;
use super::actions::{label, matter_of};
use super::fields::{Field, Fields, Reading};
use super::step_words::act;
use super::words::{Form, Key, StepWord, may};
use super::write::Row;

/// Something about a version, by somebody of the city.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CatalogueStep {
    /// What later steps call the proposal.
    pub proposal: String,
    /// Who: equal words are the same person.
    pub person: String,
    /// What is done.
    pub what: CatalogueDeed,
}

/// What is done about a proposal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CatalogueDeed {
    /// It is made: the newest version with a change.
    Propose {
        /// How long an offer may stay unanswered under it; as before where `None`.
        patience: Option<Duration>,
        /// From when it is to hold; from the day of the step where `None`.
        effective: Option<CivilDate>,
        /// A power that moves from one unit to another.
        moves: Option<PowerMoves>,
    },
    /// It is approved, or sent back for these reasons.
    Review {
        /// Why not.
        send_back: Option<String>,
    },
    /// It is taken back.
    Withdraw,
    /// It becomes the next version.
    Publish,
}

/// A power that moves (下放, 收回).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PowerMoves {
    /// The matter's code.
    pub matter: String,
    /// Who has it no more.
    pub from: UnitId,
    /// Who has it now, in its own name.
    pub to: UnitId,
}

const PERSON: Key =
    may("person", Form::Text, "who: equal words are the same person; `editor`, or `reviewer` for a review");

pub(super) const PROPOSE: StepWord = act(
    ("propose", Form::Label),
    &[
        may("effective", Form::Text, "the day from which it is to hold; the day of the step where it is left out"),
        may("patience", Form::Span, "how long an offer may stay unanswered from this version on"),
        may("moves", Form::Matter, "a matter whose power moves from one unit to another"),
        may("from", Form::Unit, "who has that power no more"),
        may("to", Form::Unit, "who has that power now, in its own name"),
        PERSON,
    ],
    "Somebody of the city proposes the next catalogue version: the newest one with a change.",
    r#"{ at = "+5s", propose = "march", effective = "2026-03-05", moves = "511A16001002", from = "city", to = "county" }"#,
    |reading, fields, value| {
        let patience = match fields.get("patience") {
            None => Some(None),
            Some(field) => reading.lasting(field).map(Some),
        };
        let effective = match fields.get("effective") {
            None => Some(None),
            Some(field) => match reading.text(field, "\"2026-03-10\"")?.parse() {
                Ok(day) => Some(Some(day)),
                Err(_) => {
                    reading.unfit(field.span(), "no day", "write \"2026-03-10\"");
                    None
                }
            },
        };
        let moves = match fields.get("moves") {
            None => Some(None),
            Some(field) => {
                let matter = matter_of(reading, field);
                let mut unit = |key| match fields.get(key) {
                    Some(field) => reading.unit(field),
                    None => {
                        reading.unfit(field.span(), "moves from whom to whom?", "add `from` and `to`");
                        None
                    }
                };
                let (from, to) = (unit("from"), unit("to"));
                Some(Some(PowerMoves { matter: matter?, from: from?, to: to? }))
            }
        };
        let what = CatalogueDeed::Propose { patience: patience?, effective: effective?, moves: moves? };
        step(reading, fields, value, "editor", what)
    },
);

pub(super) const REVIEW: StepWord = act(
    ("review", Form::Label),
    &[may("send-back", Form::Text, "it is sent back for these reasons; approved where they are left out"), PERSON],
    "Another person of the city approves a proposed version, or sends it back.",
    r#"{ at = "+1m", review = "march" }"#,
    |reading, fields, value| {
        let send_back = match fields.get("send-back") {
            None => None,
            Some(field) => Some(reading.text(field, "\"…\"")?.to_owned()),
        };
        step(reading, fields, value, "reviewer", CatalogueDeed::Review { send_back })
    },
);

pub(super) const WITHDRAW_PROPOSAL: StepWord = act(
    ("withdraw-proposal", Form::Label),
    &[PERSON],
    "Who proposed a version takes it back.",
    r#"{ at = "+1m", withdraw-proposal = "march" }"#,
    |reading, fields, value| step(reading, fields, value, "editor", CatalogueDeed::Withdraw),
);

pub(super) const PUBLISH_PROPOSAL: StepWord = act(
    ("publish-proposal", Form::Label),
    &[PERSON],
    "The city publishes a proposed version; refused unless another person approved it.",
    r#"{ at = "+2m", publish-proposal = "march" }"#,
    |reading, fields, value| step(reading, fields, value, "editor", CatalogueDeed::Publish),
);

fn step(
    reading: &mut Reading<'_>,
    fields: &Fields<'_>,
    value: Field<'_>,
    usual: &str,
    what: CatalogueDeed,
) -> Option<Action> {
    let person = match fields.get("person") {
        None => Some(usual.to_owned()),
        Some(field) => label(reading, field),
    };
    Some(Action::Catalogue(CatalogueStep { proposal: label(reading, value)?, person: person?, what }))
}

/// As files write it.
pub(super) fn write(row: &mut Row, step: &CatalogueStep, alias: impl Fn(UnitId) -> String) {
    let CatalogueStep { proposal, person, what } = step;
    let usual = match what {
        CatalogueDeed::Propose { patience, effective, moves } => {
            row.text("propose", proposal);
            if let Some(effective) = effective {
                row.text("effective", &effective.to_string());
            }
            if let Some(patience) = patience {
                row.span("patience", *patience);
            }
            if let Some(PowerMoves { matter, from, to }) = moves {
                row.text("moves", matter);
                row.text("from", &alias(*from));
                row.text("to", &alias(*to));
            }
            "editor"
        }
        CatalogueDeed::Review { send_back } => {
            row.text("review", proposal);
            if let Some(reasons) = send_back {
                row.text("send-back", reasons);
            }
            "reviewer"
        }
        CatalogueDeed::Withdraw => {
            row.text("withdraw-proposal", proposal);
            "editor"
        }
        CatalogueDeed::Publish => {
            row.text("publish-proposal", proposal);
            "editor"
        }
    };
    if person != usual {
        row.text("person", person);
    }
}

/// In words, for a story.
pub(crate) fn told(step: &CatalogueStep, alias: &dyn Fn(&UnitId) -> String) -> String {
    let CatalogueStep { proposal, person, what } = step;
    match what {
        CatalogueDeed::Propose { effective, moves, .. } => {
            let from = effective.map(|day| format!(", to hold from {day}")).unwrap_or_default();
            let moves = moves.as_ref().map(|PowerMoves { matter, from, to }| {
                format!(": the power over {matter} moves from {} to {}", alias(from), alias(to))
            });
            format!("{person} proposes the catalogue version `{proposal}`{from}{}", moves.unwrap_or_default())
        }
        CatalogueDeed::Review { send_back: None } => format!("{person} approves `{proposal}`"),
        CatalogueDeed::Review { send_back: Some(reasons) } => format!("{person} sends `{proposal}` back: {reasons}"),
        CatalogueDeed::Withdraw => format!("{person} takes `{proposal}` back"),
        CatalogueDeed::Publish => format!("{person} has the city publish `{proposal}`"),
    }
}
