//! What is not checked, said out loud: parts of the invariants whose subject is not built yet, and the one list of everything
//! that the invariants know. Whatever appears in a run and stands in no list fails it: it exists unchecked.
//!
//! Who adds a kind of command, a table or a kind of mail adds it to the list here, with the invariant that looks at it; who
//! builds a part of [`NOT_YET`] takes it out and writes the check.

use super::{Broken, Invariant, Look, i13_blobs_readable};
use crate::observe::{Moment, Observer};

/// Kinds of commands (audit rows name them), each with the invariants that judge what it does.
pub const KNOWN_COMMANDS: &[(u16, &str)] = &[
    (1, "I8 I12"),
    (2, "I9"),
    (3, "I9"),
    (4, "I3 I10 I14 I16"),
    (5, "I1 I2 I4"),
    (6, "I4 I11"),
    (7, "I2 I5"),
    (8, "I2 I4"),
    (9, "I3 I6 I9"),
    (10, "I7"),
    (11, "I3 I7"),
    (12, "I7"),
    (13, "I7"),
    (14, "I7"),
    (15, "I3 I4 I5"),
    (16, "I11"),
    (17, "I15"),
    (18, "I3 I10 I14 I16"),
    (19, "I3 I6 I9"),
    (20, "I8"),
    (21, "I8 I12"),
    (22, "I8 I12 I14"),
    (23, "I1 I11"),
    (24, "I2 I3"),
    (25, "I1 to I5, I15"),
    (26, "I6 I15"),
    (27, "I6 I15"),
    (28, "I6 I7 I15"),
    (29, "I6 I7 I15"),
    (30, "I6 I15"),
    (31, "I6 I15"),
    (32, "I6 I15"),
    (33, "I6 I15"),
    (34, "I3 I6 I15"),
    (35, "I6 I7"),
    (36, "I3 I14"),
    (37, "concerns state"),
    (38, "concerns state"),
    (39, "concerns state"),
    (40, "concerns state"),
    (41, "concerns state"),
    (42, "concerns state"),
    (43, "concerns state"),
    (44, "concerns state"),
    (45, "concerns state"),
    (46, "concerns state"),
    (47, "I3 I10 I14 I16"),
    (48, "I3 I6"),
    (49, "I7 state"),
    (50, "I7 state"),
    (51, "I3 I6 I7 state"),
    (52, "I7 state"),
    (53, "I7 state"),
    (54, "I6 I7 state"),
    (55, "I6 I7 state"),
    (56, "I6 I7 state"),
    (57, "I7 state"),
    (58, "I9"),
    (59, "I9"),
    (60, "I9"),
    (61, "I9"),
    (62, "I3 I10 I14 I16 state"),
    (63, "I7 state"),
    (70, "I12 state"),
    (71, "I12 state"),
    (72, "I12 state"),
    (73, "I12 state"),
    (74, "I12 state"),
    (75, "I12 state"),
    (76, "I12 state"),
    (77, "I12 state"),
    (78, "I12 state"),
    (79, "I12 state"),
];

/// Tables, each with the invariants that look at its rows; `state` is the state checker.
pub const KNOWN_TABLES: &[(u8, &str)] = &[
    (0, "I7 I8"),
    (1, "I1 to I7, I14"),
    (2, "I14 state"),
    (3, "I14"),
    (5, "state"),
    (6, "I15 state"),
    (7, "I4 I5 state"),
    (8, "I11 state"),
    (9, "I3"),
    (10, "I3"),
    (11, "I12"),
    (12, "I9"),
    (13, "I12"),
    (14, "I6"),
    (15, "I3 state"),
    (16, "concerns state"),
    (20, "I12"),
    (21, "I8"),
    (22, "I4"),
    (23, "I12"),
    (24, "I3 state"),
    (30, "I8"),
    (31, "I8 state"),
    (32, "I8"),
    (33, "I8"),
    (34, "I8"),
    (35, "I8"),
    (36, "I8"),
    (37, "I1 I2 I15"),
    (38, "I1"),
    (39, "I2 I12"),
    (40, "I3 I12"),
    (41, "I11 I12"),
    (42, "I10 state"),
    (43, "I6 state"),
    (44, "I6 I15 state"),
    (45, "state"),
    (46, "state"),
    (50, "I12"),
    (51, "I15 state"),
    (52, "I12"),
    (53, "I12"),
    (54, "I12"),
    (55, "state"),
    (56, "state"),
    (70, "I9 I12"),
    (71, "state"),
    (72, "state"),
    (73, "state"),
    (74, "state"),
    (75, "state"),
    (255, "I12"),
];

/// Kinds of mail, each with the invariants that look at it.
pub const KNOWN_MAIL: &[(u16, &str)] = &[
    (1, "I4 I5"),
    (2, "I4"),
    (3, "I7"),
    (4, "I9"),
    (5, "I9"),
    (6, "I3"),
    (7, "I8"),
    (8, "I1"),
    (9, "I2 I3"),
    (10, "concerns"),
    (11, "I12"),
];

/// A part of an invariant whose subject is not built yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotYet {
    /// Of the invariant.
    pub id: &'static str,
    /// What it will mean for a citizen.
    pub meaning: &'static str,
    /// Which part of the work brings it.
    pub issue: &'static str,
}

/// Every such part.
pub const NOT_YET: &[NotYet] = &[
    NotYet {
        id: "I10",
        meaning: "A receipt that says \"mirrored\" outlives the office that gave it.",
        issue: "mirrors",
    },
    i13_blobs_readable::PART,
    NotYet { id: "I12", meaning: "Machines of two releases give the same answer.", issue: "rolling upgrades" },
];

/// Fails when something exists that no list here names.
#[derive(Default)]
pub(super) struct Unchecked;

impl Invariant for Unchecked {
    fn id(&self) -> &'static str {
        "unchecked"
    }

    fn meaning(&self) -> &'static str {
        "Nothing happens in this system that nobody watches."
    }

    fn look(&mut self, moment: &Moment<'_>, observer: &Observer) -> Look {
        let Some(change) = &moment.change else { return Ok(()) };
        let unknown = |what: String| {
            Err(Broken::new(format!("{what} exists unchecked: name what holds of it in sim::invariants::not_yet")))
        };
        if let Some((_, audit)) = change.audits.iter().find(|(_, audit)| !knows(KNOWN_COMMANDS, audit.command)) {
            return unknown(format!("command kind {}", audit.command));
        }
        if let Some(table) = change.tables.iter().find(|table| !knows(KNOWN_TABLES, **table)) {
            return unknown(format!("table {table}"));
        }
        let kinds = change.sent.iter().map(|(_, _, sent)| sent.mail.kind() as u16);
        if let Some(kind) = kinds.into_iter().find(|kind| !knows(KNOWN_MAIL, *kind)) {
            return unknown(format!("mail kind {kind}"));
        }
        let materials = change.cases.iter().filter_map(|case| case.content()).flat_map(|content| &content.materials);
        if let Some(material) = materials.into_iter().find(|material| material.content.is_some()) {
            return unknown(format!("the files of material {}", material.name));
        }
        // A life after the first is judged where it is known what its mirror had.
        let is_known = observer.losses().iter().any(|loss| loss.unit == change.unit);
        if change.generation > domain::ids::Generation::FIRST && !is_known {
            return unknown(format!("generation {} of {}", change.generation.0, change.unit));
        }
        Ok(())
    }
}

fn knows<N: Copy + PartialEq>(list: &[(N, &str)], number: N) -> bool {
    list.iter().any(|(known, _)| *known == number)
}
