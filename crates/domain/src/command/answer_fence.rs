//! A peer's fence is answered: every case that it can have held is named, with the newest content, in pieces.
//!
//! Which cases a piece names follows from the rows alone; the leader adds what `apply` may not make: each content's data key,
//! sealed to the peer.

use serde::{Deserialize, Serialize};

use crate::case::{CaseRow, Happening, Stage};
use crate::claims::{Bearing, ClaimKey, last_note};
use crate::codec;
use crate::handoff::Role;
use crate::ids::{CaseId, Generation, UnitId};
use crate::mail::Mail;
use crate::recovery::claims::{ClaimState, ClaimStated};
use crate::recovery::{Answer, HeldContent, StatedCase, can_have_held};
use crate::refusal::Refusal;
use crate::sealed::WrappedKey;
use crate::store::{StoreFault, UnitRead, UnitStore};
use crate::tables::{Cases, FenceOwed, FencesOwed};

use super::claiming::petition;
use super::{Context, Done, Ruling};

/// So many cases are looked at for one piece, and at most so many named in it.
const LOOKED_AT: usize = 512;
const NAMED: usize = 64;
/// A piece that has so many bytes is not made longer: well below the largest envelope.
const PIECE_BYTES: usize = 1 << 20;

/// One piece of an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnswerFence {
    /// Who asked.
    pub to: UnitId,
    /// In which life.
    pub fence: Generation,
    /// The last case that the piece before looked at, as the leader saw it.
    pub after: Option<CaseId>,
    /// The data keys of the contents that this piece hands over, sealed to who asked.
    pub keys: Vec<(CaseId, WrappedKey)>,
}

/// What a piece is about.
#[derive(Clone, Debug, Default)]
pub struct Piece {
    /// Cases that who asks can have held, as they are here.
    pub named: Vec<(CaseId, CaseRow)>,
    /// What is stated of claims that it grants.
    pub claims: Vec<(ClaimKey, ClaimStated)>,
    /// The last case that was looked at; `None`: nothing is left.
    pub last: Option<CaseId>,
}

/// What the next piece of an answer to `asks` is about.
///
/// # Errors
/// Rows that cannot be read.
pub fn answer_piece(
    store: &impl UnitRead,
    here: UnitId,
    asks: UnitId,
    after: Option<CaseId>,
) -> Result<Piece, StoreFault> {
    let first = after.map_or(CaseId(uuid::Uuid::nil()), |last| last.next());
    let rows = store.scan::<Cases>(first..=CaseId(uuid::Uuid::max()), LOOKED_AT)?;
    let mut piece = Piece::default();
    let mut bytes = 0;
    let is_all = rows.len() < LOOKED_AT;
    let end = rows.len();
    for (at, (case, row)) in rows.into_iter().enumerate() {
        piece.claims.extend(stated_claim(here, asks, &row)?);
        let named = row.content.as_ref().map(crate::case::CaseContent::named);
        if can_have_held(asks, row.custody, named.as_deref()) {
            bytes += codec::encode(&row)?.len();
            piece.named.push((case, row));
        }
        let is_full = piece.named.len() >= NAMED || bytes >= PIECE_BYTES;
        if is_full || at + 1 == end {
            piece.last = (!is_all || at + 1 < end).then_some(case);
            break;
        }
    }
    Ok(piece)
}

/// Where a case that is held here stands with its claim, if the unit that asks grants it.
pub(super) fn stated_claim(
    here: UnitId,
    home: UnitId,
    row: &CaseRow,
) -> Result<Option<(ClaimKey, ClaimStated)>, StoreFault> {
    let Some(content) = &row.content else { return Ok(None) };
    let is_here = matches!(row.custody.role, Role::Owner | Role::Offering { .. } | Role::Prepared { .. });
    let (true, Some((_, known, note))) = (is_here, last_note(&content.timeline)) else { return Ok(None) };
    if known != home {
        return Ok(None);
    }
    let ended = content.timeline.iter().rev().find_map(|entry| match entry.what {
        Happening::Terminated { duplicate } => Some(duplicate),
        _ => None,
    });
    let ended = ended.filter(|_| content.stage == Stage::Terminated);
    let bearing = Bearing::of(content.decision.is_some(), content.stage.is_final(), false);
    let standing = ClaimState::of(Some(note), bearing, ended);
    Ok(Some((ClaimKey::of(content)?, ClaimStated { petition: petition(here, content), standing })))
}

impl AnswerFence {
    pub(crate) fn apply(&self, context: &mut Context<'_, impl UnitStore>) -> Ruling {
        let owed = context.store.get::<FencesOwed>(&self.to)?.ok_or(Refusal::RecoveryUnfit)?;
        if (owed.generation, owed.after) != (self.fence, self.after) {
            return Err(Refusal::RecoveryUnfit.into());
        }
        let piece = answer_piece(&*context.store, context.meta.unit, self.to, self.after)?;
        let mut cases = Vec::new();
        for (case, row) in piece.named {
            let statement = row.statement();
            let held = match row.content {
                None => None,
                Some(content) => {
                    let key = self.keys.iter().find(|(known, _)| *known == case).map(|(_, key)| key.clone());
                    // The rows have changed since the leader looked.
                    let key = key.ok_or(Refusal::RecoveryUnfit)?;
                    Some(HeldContent { content: Box::new(content), key })
                }
            };
            cases.push(StatedCase { case, statement, held });
        }
        let is_last = piece.last.is_none();
        match piece.last {
            None => context.store.delete::<FencesOwed>(&self.to)?,
            after => context.store.put::<FencesOwed>(&self.to, &FenceOwed { after, ..owed })?,
        }
        let answer = Answer { fence: self.fence, cases, claims: piece.claims, is_last };
        context.send(self.to, Mail::Answer(Box::new(answer)))?;
        Ok(Done::FenceAnswered { is_last })
    }
}
