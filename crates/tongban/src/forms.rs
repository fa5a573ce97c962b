//! What nodes answer, as far as people are shown it. Fields that this release does not know are passed over; `-o json` prints
//! the answer itself.

use serde::Deserialize;

/// A unit by code and name.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct Unit {
    pub(crate) code: String,
    pub(crate) name: String,
}

/// A case as one unit knows it.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Case {
    pub(crate) id: String,
    pub(crate) number: Option<String>,
    pub(crate) unit: Unit,
    pub(crate) role: String,
    pub(crate) with: Option<Unit>,
    pub(crate) holder: Unit,
    pub(crate) stage: Option<String>,
    #[serde(default)]
    pub(crate) is_final: bool,
    pub(crate) waiting: Option<String>,
    #[serde(default)]
    pub(crate) claim: Option<Claim>,
    pub(crate) matter: Option<CaseMatter>,
    pub(crate) applicant: Option<Applicant>,
    pub(crate) place: Option<Unit>,
    pub(crate) receiver: Option<Unit>,
    pub(crate) intake: Option<String>,
    pub(crate) collected_at: Option<String>,
    pub(crate) received_at: Option<String>,
    pub(crate) chosen: Option<Unit>,
    #[serde(default)]
    pub(crate) materials: Vec<String>,
    #[serde(default)]
    pub(crate) passed_over: Vec<PassedOver>,
    pub(crate) acceptance: Option<Acceptance>,
    pub(crate) non_acceptance: Option<NonAcceptance>,
    pub(crate) decision: Option<Decision>,
    #[serde(default)]
    pub(crate) clocks: Option<Clocks>,
    #[serde(default)]
    pub(crate) timeline: Vec<Entry>,
    pub(crate) as_of: String,
}

impl Case {
    /// Whether units are at work on it by themselves: it will wait for somebody, or be with another unit, in a moment.
    pub(crate) fn is_moving(&self) -> bool {
        let duty = |waiting: &str| {
            matches!(
                waiting,
                "route" | "prepare" | "await_answer" | "close" | "return" | "await_commit" | "await_claim"
            )
        };
        !self.is_final && (self.role != "owner" || self.waiting.as_deref().is_some_and(duty))
    }
}

impl Case {
    /// The authority's clock, where the answering unit can count it.
    pub(crate) fn clock(&self) -> Option<&AuthorityClock> {
        self.clocks.as_ref()?.authority.as_ref()
    }

    /// The last day for the decision as it stands: stops and an extension counted, where they are known here.
    pub(crate) fn due(&self) -> Option<&Due> {
        self.clock().map(|clock| &clock.due).or(self.acceptance.as_ref().map(|acceptance| &acceptance.due))
    }
}

/// Both clocks; the applicant's is told from the case itself.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Clocks {
    pub(crate) authority: Option<AuthorityClock>,
}

/// An authority's time.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct AuthorityClock {
    pub(crate) due: Due,
    pub(crate) left: i32,
    pub(crate) derivation: Vec<CountedDay>,
}

/// One day of a derivation.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct CountedDay {
    pub(crate) date: String,
    pub(crate) kind: String,
    #[serde(default)]
    pub(crate) holiday: Option<String>,
    pub(crate) number: Option<u16>,
    pub(crate) provisional: bool,
}

/// How the claim of a case stands.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Claim {
    pub(crate) standing: String,
    pub(crate) unit: Unit,
    #[serde(default)]
    pub(crate) duplicate_of: Option<String>,
    #[serde(default)]
    pub(crate) ground: Option<String>,
    #[serde(default)]
    pub(crate) same_submission: Option<bool>,
}

/// The matter of a case.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct CaseMatter {
    pub(crate) code: String,
    pub(crate) name: String,
    pub(crate) version: u64,
}

/// As much of an applicant as nodes show.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Applicant {
    pub(crate) name: String,
    pub(crate) identifier: String,
}

/// A unit that a case passed by.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct PassedOver {
    pub(crate) unit: Unit,
    pub(crate) reason: String,
}

/// 受理.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Acceptance {
    pub(crate) at: String,
    pub(crate) unit: Unit,
    pub(crate) body: String,
    pub(crate) due: Due,
}

/// A last day and what it was derived from.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Due {
    pub(crate) date: String,
    pub(crate) from: String,
    pub(crate) days: u16,
    pub(crate) unit: String,
    pub(crate) provisional: bool,
}

/// 不予受理.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct NonAcceptance {
    pub(crate) reasons: String,
    pub(crate) right_authority: Option<Unit>,
}

/// 决定.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Decision {
    pub(crate) at: String,
    pub(crate) granted: bool,
    pub(crate) reasons: String,
    pub(crate) unit: Unit,
    pub(crate) body: String,
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct Entry {
    pub(crate) at: String,
    pub(crate) unit: Unit,
    pub(crate) kind: String,
    #[serde(default)]
    pub(crate) other: Option<Unit>,
    #[serde(default)]
    pub(crate) reasons: Option<String>,
    #[serde(default)]
    pub(crate) granted: Option<bool>,
    #[serde(default)]
    pub(crate) due: Option<String>,
    #[serde(default)]
    pub(crate) duplicate_of: Option<String>,
    #[serde(default)]
    pub(crate) bound: Option<String>,
    #[serde(default)]
    pub(crate) gaps: Vec<Gap>,
    #[serde(default)]
    pub(crate) materials: Vec<String>,
    #[serde(default)]
    pub(crate) since: Option<String>,
    #[serde(default)]
    pub(crate) procedure: Option<String>,
    #[serde(default)]
    pub(crate) until: Option<String>,
    #[serde(default)]
    pub(crate) days: Option<u16>,
    #[serde(default)]
    pub(crate) approved_by: Option<String>,
    #[serde(default)]
    pub(crate) licence: Option<String>,
    #[serde(default)]
    pub(crate) act: Option<String>,
    #[serde(default)]
    pub(crate) kept: Option<bool>,
    pub(crate) step: Option<String>,
    pub(crate) by: Option<String>,
    pub(crate) held: Option<String>,
}

/// One thing that is missing or wrong.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct Gap {
    pub(crate) material: String,
    pub(crate) what: String,
}

/// Some cases of a unit.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct CaseList {
    pub(crate) cases: Vec<Case>,
    pub(crate) next: Option<String>,
}

/// A confirmed receipt.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Receipt {
    pub(crate) number: String,
    pub(crate) at: String,
}

/// Matters that fit.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct MatterList {
    pub(crate) matters: Vec<Matter>,
    pub(crate) version: u64,
}

/// Nodes that do not say so offer what they have.
fn is_offered() -> bool {
    true
}

/// A matter with who implements it.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Guide {
    pub(crate) matter: Matter,
    #[serde(default = "is_offered")]
    pub(crate) offered: bool,
    /// What else its guide says, by the names that programs use.
    #[serde(default)]
    pub(crate) guide: serde_json::Map<String, serde_json::Value>,
    pub(crate) entries: Vec<Implementation>,
    pub(crate) version: u64,
}

/// What a person can apply for.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Matter {
    pub(crate) code: String,
    pub(crate) name: String,
    pub(crate) matter_type: String,
    pub(crate) department: String,
    pub(crate) statutory_limit: Limit,
    pub(crate) promised_limit: Limit,
    #[serde(default)]
    pub(crate) materials: Vec<Material>,
    pub(crate) intake: String,
    #[serde(default)]
    pub(crate) synthetic: bool,
    /// In a list: why it was found.
    #[serde(default)]
    pub(crate) found_by: Vec<FoundBy>,
}

/// Why a matter was found by one word.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct FoundBy {
    pub(crate) word: String,
    pub(crate) field: String,
    pub(crate) way: String,
    pub(crate) means: Option<String>,
}

/// A number of days.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Limit {
    pub(crate) days: u16,
    pub(crate) unit: String,
}

/// A material that is handed in.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Material {
    pub(crate) name: String,
    pub(crate) necessity: String,
}

/// How one unit implements a matter.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Implementation {
    pub(crate) unit: Unit,
    pub(crate) body_name: String,
    pub(crate) same_authority: bool,
    pub(crate) exercise: String,
}

/// Where a case would go, and why.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Route {
    pub(crate) matter: String,
    pub(crate) place: Unit,
    pub(crate) version: u64,
    pub(crate) to: Option<Unit>,
    pub(crate) rule: String,
    pub(crate) candidates: Vec<Candidate>,
    pub(crate) ruled_out: Vec<RuledOut>,
    #[serde(default)]
    pub(crate) reviews: Vec<Unit>,
}

/// Who may take a case.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Candidate {
    pub(crate) unit: Unit,
    pub(crate) tier: String,
    pub(crate) body: String,
    pub(crate) body_name: String,
    pub(crate) implementation_code: String,
    pub(crate) power: Power,
    #[serde(default)]
    pub(crate) passed_over: u32,
}

/// Law → list entry → instrument → post.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Power {
    pub(crate) law: String,
    pub(crate) list_entry: String,
    pub(crate) instrument: String,
    pub(crate) post: String,
}

/// Who may not take a case.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct RuledOut {
    pub(crate) unit: Unit,
    pub(crate) reason: String,
}

/// One unit at one node.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Status {
    pub(crate) unit: Unit,
    pub(crate) tier: String,
    pub(crate) parent: Option<Unit>,
    pub(crate) generation: u32,
    pub(crate) node: u64,
    pub(crate) role: String,
    pub(crate) leader: Option<u64>,
    #[serde(default)]
    pub(crate) voters: Vec<Voter>,
    pub(crate) sequence: u64,
    pub(crate) catalogue: Option<Pin>,
    #[serde(default)]
    pub(crate) mail: Vec<Mail>,
    #[serde(default)]
    pub(crate) waiting: Vec<Waiting>,
    #[serde(default)]
    pub(crate) contradictions: u64,
    #[serde(default)]
    pub(crate) disputes: Vec<Dispute>,
    #[serde(default)]
    pub(crate) books: Books,
    #[serde(default)]
    pub(crate) mirrors: Vec<Mirror>,
    #[serde(default)]
    pub(crate) mirroring: Vec<Mirroring>,
    pub(crate) clock: Option<String>,
    pub(crate) certain_until: Option<String>,
    pub(crate) stopped: Option<String>,
}

/// A peer's word that contradicts a stream of mail.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Dispute {
    pub(crate) peer: Unit,
    pub(crate) of: Unit,
    pub(crate) what: String,
    pub(crate) at: String,
}

/// A mirror of the unit.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Mirror {
    pub(crate) node: u64,
    pub(crate) behind: u64,
    pub(crate) behind_millis: u64,
    pub(crate) alarm: bool,
}

/// A mirror of a unit below.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Mirroring {
    pub(crate) unit: Unit,
    pub(crate) generation: u32,
    pub(crate) at: u64,
    pub(crate) frozen: bool,
    pub(crate) stopped: Option<String>,
}

/// How a unit's books stand.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct Books {
    pub(crate) told: Option<u64>,
    #[serde(default)]
    pub(crate) witnesses: Vec<Witness>,
    #[serde(default)]
    pub(crate) forks: Vec<Fork>,
}

/// A neighbour who signed under the books.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Witness {
    pub(crate) unit: Unit,
    pub(crate) up_to: u64,
}

/// Evidence that a log has two histories.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Fork {
    pub(crate) of: Unit,
    pub(crate) what: String,
    pub(crate) at: String,
}

/// One voter.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Voter {
    pub(crate) node: u64,
    pub(crate) behind: Option<u64>,
}

/// A catalogue version.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Pin {
    pub(crate) number: u64,
}

/// The streams between a unit and one peer.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Mail {
    pub(crate) peer: Unit,
    pub(crate) backlog: u64,
    pub(crate) oldest: Option<String>,
    pub(crate) last_fault: Option<String>,
    #[serde(default)]
    pub(crate) through: Option<Unit>,
}

/// How many cases wait for one thing.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Waiting {
    pub(crate) waiting: String,
    pub(crate) cases: u64,
}

/// The cards on a case.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct CaseCards {
    pub(crate) cards: Vec<Card>,
    pub(crate) early_days: Option<u16>,
}

/// One card.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Card {
    pub(crate) kind: String,
    pub(crate) cause: String,
    pub(crate) unit: Unit,
    pub(crate) on: String,
    pub(crate) due: String,
    pub(crate) undetermined: bool,
}

/// What was said of cases.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct ConcernList {
    pub(crate) concerns: Vec<Concern>,
}

/// One thing that was said.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Concern {
    pub(crate) id: String,
    pub(crate) kind: String,
    pub(crate) number: String,
    pub(crate) step: Option<String>,
    pub(crate) ordered: bool,
    pub(crate) given_at: Unit,
    pub(crate) at: String,
    pub(crate) with: Unit,
    pub(crate) waits: Option<String>,
    pub(crate) due: Option<String>,
    pub(crate) events: Vec<ConcernEvent>,
    pub(crate) level: Option<String>,
    pub(crate) words: Option<String>,
    pub(crate) cards: Vec<Card>,
}

/// What was done about it.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct ConcernEvent {
    pub(crate) at: String,
    pub(crate) unit: Unit,
    pub(crate) what: String,
    pub(crate) words: Option<String>,
}

/// How a unit's steps were rated.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct RatingList {
    pub(crate) all: RatingCounts,
    pub(crate) matters: Vec<RatingCounts>,
}

/// Counts and shares of one matter, or of all.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct RatingCounts {
    pub(crate) matter: Option<String>,
    pub(crate) very_satisfied: u32,
    pub(crate) satisfied: u32,
    pub(crate) fairly_satisfied: u32,
    pub(crate) dissatisfied: u32,
    pub(crate) very_dissatisfied: u32,
    pub(crate) excluded: u32,
    pub(crate) satisfied_percent: Option<u32>,
    pub(crate) called_back_percent: Option<u32>,
}

/// The papers of a case.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct PaperList {
    pub(crate) papers: Vec<Paper>,
}

/// One paper.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Paper {
    pub(crate) number: String,
    pub(crate) title: Words,
    pub(crate) issued: String,
    pub(crate) issuer: String,
    pub(crate) facts: Vec<PaperFact>,
    pub(crate) text: Vec<Words>,
    pub(crate) basis: Option<Words>,
    pub(crate) review: Option<Words>,
    pub(crate) uncertain: Option<Words>,
    pub(crate) unsealed_because: Option<Words>,
    pub(crate) seal: Option<seal::PaperSeal>,
}

/// A fact on a paper.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct PaperFact {
    pub(crate) label: Words,
    pub(crate) value: Words,
}

/// A text in both languages.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Words {
    pub(crate) zh: String,
    pub(crate) en: String,
}
