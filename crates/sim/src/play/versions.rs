//! Catalogue versions of a scenario: the first, which sets the region up; and later ones, as people of the city bring them about.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::catalogue::{CatalogueDraft, ChunkBytes, ChunkRef, Entry};
use domain::command::{Done, Outcome, chunk_hash};
use domain::division::DivisionTree;
use domain::time::CivilDate;
use unit::{Act, CatalogueAct, Publication};

use super::engine::{Engine, MOST_TRIES};
use super::people;
use crate::ground::{Ground, NotDone, region};
use crate::scenario::{CatalogueDeed, CatalogueStep, ExpectedAnswer, PowerMoves};

/// What the scenario's people have brought about so far.
#[derive(Default)]
pub(super) struct Versions {
    /// What the newest version holds; that of the set-up where `None`.
    newest: Option<CatalogueDraft>,
    /// By label: the proposal's number, and what it holds.
    proposals: BTreeMap<String, (u64, CatalogueDraft)>,
}

impl<G: Ground> Engine<'_, G> {
    /// Keeps every piece at the city and publishes them as its first version; each act is put again until it is done.
    pub(super) async fn publish_first(&mut self, chunks: Vec<ChunkBytes>, key: &str) -> bool {
        let effective = self.scenario.start.date();
        let Some(refs) = self.keep(chunks, key).await else { return false };
        let key = format!("{key}-{}", refs.len());
        let act = Act::PublishCatalogue(Publication { effective, chunks: refs });
        matches!(self.insist(act, "staff", key).await, Some(Ok(_)))
    }

    /// The same for a later version: one person proposes it, another approves it, and it is published.
    pub(super) async fn publish_next(&mut self, chunks: Vec<ChunkBytes>, key: &str) -> bool {
        let pieces = chunks.clone();
        let effective = self.ground.now().date();
        let Some(refs) = self.keep(chunks, key).await else { return false };
        let publication = Publication { effective, chunks: refs };
        let propose = CatalogueAct::Propose { publication, why: "下一版目录".to_owned() };
        let proposed = self.insist(Act::Catalogue(propose), "editor", format!("{key}-propose")).await;
        let Some(proposal) = proposal_of(proposed.as_ref()) else { return false };
        let review = CatalogueAct::Review { proposal, approved: true, words: String::new() };
        for (act, who, word) in
            [(review, "reviewer", "review"), (CatalogueAct::Publish { proposal }, "editor", "publish")]
        {
            let answer = self.insist(Act::Catalogue(act), who, format!("{key}-{word}")).await;
            if !matches!(answer, Some(Ok(_))) {
                return false;
            }
        }
        self.versions.newest = draft_of(&pieces);
        true
    }

    /// A step about a version.
    pub(super) async fn catalogue_step(&mut self, at: usize, step: &CatalogueStep) {
        let CatalogueStep { proposal: label, person, what } = step;
        let key = format!("step-{at}");
        let act = match what {
            CatalogueDeed::Propose { patience, effective, moves } => {
                return self.propose(at, step, (*patience, *effective, moves.as_ref())).await;
            }
            _ => {
                let Some((proposal, _)) = self.versions.proposals.get(label) else {
                    let line = self.scenario.steps[at].line;
                    return self.fail(format!("line {line}: nothing was proposed as `{label}`"));
                };
                let proposal = *proposal;
                match what {
                    CatalogueDeed::Review { send_back } => CatalogueAct::Review {
                        proposal,
                        approved: send_back.is_none(),
                        words: send_back.clone().unwrap_or_default(),
                    },
                    CatalogueDeed::Withdraw => CatalogueAct::Withdraw { proposal, words: String::new() },
                    CatalogueDeed::Publish | CatalogueDeed::Propose { .. } => CatalogueAct::Publish { proposal },
                }
            }
        };
        let answer = self.insist(Act::Catalogue(act), person, key).await;
        let done = self.judge_step(at, answer).is_some();
        if done && *what == CatalogueDeed::Publish {
            self.versions.newest = self.versions.proposals.get(label).map(|(_, draft)| draft.clone());
        }
    }

    async fn propose(
        &mut self,
        at: usize,
        step: &CatalogueStep,
        (patience, effective, moves): (Option<Duration>, Option<CivilDate>, Option<&PowerMoves>),
    ) {
        let (line, key) = (self.scenario.steps[at].line, format!("step-{at}"));
        let tree = region::divisions();
        let newest = match self.versions.newest.clone() {
            Some(newest) => Some(newest),
            None => region::catalogue(
                &self.scenario.world,
                &self.scenario.named_matters(),
                &tree,
                self.scenario.world.patience,
            )
            .ok()
            .and_then(|pieces| draft_of(&pieces)),
        };
        let Some(mut draft) = newest else { return self.fail(format!("line {line}: there is no catalogue to change")) };
        if let Some(patience) = patience {
            let seconds = u32::try_from(patience.as_secs()).unwrap_or(u32::MAX);
            draft.matters.iter_mut().for_each(|matter| matter.patience_seconds = seconds);
        }
        if let Some(moves) = moves
            && let Err(why) = move_power(&mut draft, moves, &tree)
        {
            return self.fail(format!("line {line}: {why}"));
        }
        let effective = effective.unwrap_or_else(|| self.ground.now().date());
        let Ok(pieces) = draft.clone().into_chunks() else {
            return self.fail(format!("line {line}: the catalogue cannot be cut into pieces"));
        };
        let Some(chunks) = self.keep(pieces, &key).await else {
            return self.fail(format!("line {line}: the city did not keep the pieces"));
        };
        let publication = Publication { effective, chunks };
        let act = CatalogueAct::Propose { publication, why: format!("变更:{}", step.proposal) };
        let answer = self.insist(Act::Catalogue(act), &step.person, format!("{key}-propose")).await;
        let proposal = proposal_of(answer.as_ref());
        if self.judge_step(at, answer).is_some()
            && let Some(proposal) = proposal
        {
            self.versions.proposals.insert(step.proposal.clone(), (proposal, draft));
        }
    }

    /// Keeps pieces at the city; `None` where one is not kept.
    async fn keep(&mut self, chunks: Vec<ChunkBytes>, key: &str) -> Option<Vec<ChunkRef>> {
        let mut refs = Vec::new();
        for (n, (kind, bytes)) in chunks.into_iter().enumerate() {
            refs.push(ChunkRef { kind, hash: chunk_hash(&bytes) });
            let json = String::from_utf8(bytes).ok()?;
            let answer = self.insist(Act::KeepCatalogueChunk { json }, "staff", format!("{key}-{n}")).await;
            if !matches!(answer, Some(Ok(_))) {
                return None;
            }
        }
        Some(refs)
    }

    /// Puts an act to the city until it is answered.
    async fn insist(&mut self, act: Act, person: &str, key: String) -> Option<Result<Outcome, NotDone>> {
        let city = self.scenario.world.units.first().map(|unit| unit.unit)?;
        let request = people::official(act, person, city, key);
        let mut answer = None;
        for _ in 0..MOST_TRIES {
            answer = self.ask_and_wait(city, request.clone()).await;
            if matches!(answer, Some(Ok(_) | Err(NotDone::Refused { .. }))) {
                break;
            }
            self.pass(Duration::from_secs(1)).await;
        }
        answer
    }

    /// Tells a step's answer and holds it against what the file expects. The outcome where it was done.
    fn judge_step(&mut self, at: usize, answer: Option<Result<Outcome, NotDone>>) -> Option<Outcome> {
        let step = &self.scenario.steps[at];
        let (code, why) = match &answer {
            Some(Ok(_)) => ("done".to_owned(), String::new()),
            Some(Err(NotDone::Refused { code, why })) => ((*code).to_owned(), format!(" ({why})")),
            Some(Err(NotDone::Unknown { .. })) | None => ("unknown".to_owned(), String::new()),
        };
        let (now, city) = (self.ground.now(), self.scenario.world.units.first().map(|unit| unit.alias.clone()));
        self.line(now, city.unwrap_or_default(), format!("answered: {code}"), None);
        if step.answer != ExpectedAnswer::Any && code != step.answer.word() {
            self.fail(format!("line {}: answered {code}{why}, expected {}", step.line, step.answer.word()));
        }
        answer.and_then(Result::ok)
    }
}

fn proposal_of(answer: Option<&Result<Outcome, NotDone>>) -> Option<u64> {
    match answer?.as_ref().ok()?.reply.ruling() {
        Ok(Done::VersionProposed { proposal }) => Some(*proposal),
        _ => None,
    }
}

fn draft_of(pieces: &[ChunkBytes]) -> Option<CatalogueDraft> {
    CatalogueDraft::from_chunks(pieces.iter().map(|(kind, bytes)| (*kind, &bytes[..]))).ok()
}

/// A power moves: its own name, its own liability.
fn move_power(draft: &mut CatalogueDraft, moves: &PowerMoves, tree: &DivisionTree) -> Result<(), String> {
    let PowerMoves { matter, from, to } = moves;
    let of = draft.entries.entry(*from).or_default();
    let place = of.iter().position(|entry| entry.matter.as_str() == matter);
    let place = place.ok_or_else(|| format!("{from} has no power over {matter} that could move"))?;
    let gone = of.remove(place);
    let name = tree.get(*to).map(|place| place.name.clone()).unwrap_or_default();
    let taken = draft.entries.entry(*to).or_default();
    if taken.iter().all(|entry| entry.matter != gone.matter) {
        let mut entry = Entry { unit: *to, body_name: format!("{name}审批机关"), same_authority: false, ..gone };
        entry.power.instrument = format!("权力移交通告(示例)·{name}");
        taken.push(entry);
        taken.sort_by(|a, b| a.matter.cmp(&b.matter));
    }
    Ok(())
}
