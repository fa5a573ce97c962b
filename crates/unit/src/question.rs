//! Questions and their answers: what pages and programs see of a unit. No personal field leaves here unmasked.

use domain::accounts::AccountName;
use domain::cards::Card;
use domain::case::{CaseContent, Happening, Stage, TimelineEntry};
use domain::catalogue::extension::StillToExtend;
use domain::catalogue::{Entry, FlowStep, Matter, VersionProposal};
use domain::claims::{ClaimNote, Duplicate};
use domain::command::TaskKind;
use domain::concerns::{ConcernRow, ConcernTask, RatingCount};
use domain::digest::ContentHash;
use domain::flow::StepState;
use domain::handoff::Role;
use domain::ids::{Attempt, CaseId, CaseNumber, Generation, Sequence, UnitId};
use domain::licence::{Licence, LicenceNumber};
use domain::recovery::OpenRound;
use domain::tables::FoundCase;
use domain::time::{CivilDate, Timestamp};
use search::FoundBy;
use serde::{Deserialize, Serialize};

use crate::accounts::{AccountView, BearerView};
use crate::catalogue::ProposalView;
use crate::request::CaseName;

/// What can be asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Question {
    /// One case.
    Case {
        /// Which.
        case: CaseName,
    },
    /// Cases that this unit knows, newest first.
    Cases(CaseFilter),
    /// Matters of the catalogue in force that fit the words.
    Matters {
        /// Plain words; all matters where empty.
        words: String,
        /// At most that many, 1–200.
        limit: usize,
    },
    /// One matter with its implementing entries known here.
    Matter {
        /// Its code.
        code: String,
    },
    /// Which authority would decide a matter for a place, and why.
    Route {
        /// The matter's code.
        matter: String,
        /// The place that it is about.
        place: UnitId,
    },
    /// The audit rows of a case.
    Audit {
        /// Which.
        case: CaseName,
    },
    /// What became of the cases that the unit inherited from its former life (protocol.md §6).
    Findings {
        /// At most that many, 1–200.
        limit: usize,
        /// Only those that come after this one in the list.
        after: Option<CaseId>,
    },
    /// What this unit's register says of a licence.
    Licence {
        /// Its number, in any version.
        number: LicenceNumber,
    },
    /// What a unit told here of a case before it was lost, and its next life does not have.
    VoidActs {
        /// Which.
        case: CaseName,
    },
    /// What was said of a case, as far as this unit knows.
    Concerns {
        /// Which.
        case: CaseName,
    },
    /// What is owed here to people who said something, in the order of days.
    ConcernTasks {
        /// Only that.
        task: Option<ConcernTask>,
        /// At most that many, 1–200, of each task.
        limit: usize,
    },
    /// How this unit's steps were rated, by matter.
    Ratings,
    /// The listed steps between acceptance and decision, and how far the case has got with them.
    Steps {
        /// Which.
        case: CaseName,
    },
    /// What officials wrote to each other of a case: for officials alone.
    Opinions {
        /// Which.
        case: CaseName,
    },
    /// Proposed catalogue versions, newest first; at the city.
    Proposals {
        /// At most that many, 1–200.
        limit: usize,
        /// Only those before this one.
        before: Option<u64>,
    },
    /// One proposal, with what it changes.
    Proposal {
        /// Its number.
        proposal: u64,
    },
    /// Powers that the province gave the city and that are still to be extended to counties.
    StillToExtend,
    /// Who is signed in by a session or token. Of nodes of the unit only, as the other questions about accounts.
    Bearer {
        /// Of the token.
        token: ContentHash,
    },
    /// Every account of the unit.
    Accounts,
    /// One account, with its sessions and tokens.
    Account {
        /// Its name.
        account: AccountName,
    },
}

impl Question {
    /// Whether it is about accounts.
    pub fn is_about_accounts(&self) -> bool {
        matches!(self, Self::Bearer { .. } | Self::Accounts | Self::Account { .. })
    }
}

/// Which cases.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseFilter {
    /// Only those at this stage.
    pub stage: Option<Stage>,
    /// Only those that wait for this.
    pub waiting: Option<TaskKind>,
    /// At most that many, 1–200.
    pub limit: usize,
    /// Only those that come after this one in the list.
    pub after: Option<CaseId>,
}

/// What is answered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// To `Case`.
    Case(Box<CaseView>),
    /// To `Cases`.
    Cases {
        /// In order.
        cases: Vec<CaseView>,
        /// Give this as `after` for more; `None` at the end.
        next: Option<CaseId>,
    },
    /// To `Matters`.
    Matters {
        /// Best first; none that is retired, or does not hold yet.
        matters: Vec<FoundMatter>,
        /// Of the catalogue.
        version: u64,
    },
    /// To `Matter`.
    Matter {
        /// The matter.
        matter: Box<Matter>,
        /// Who implements it.
        entries: Vec<Entry>,
        /// Whether it can be applied for on the day of the answer, by its planned dates.
        #[serde(default)]
        offered: bool,
        /// Of the catalogue.
        version: u64,
    },
    /// To `Route`.
    Route(Box<domain::routing::RouteAnswer>),
    /// To `Audit`.
    Audit(Vec<(Sequence, domain::tables::Audit)>),
    /// To `Findings`.
    Findings(Box<FindingsView>),
    /// To `Licence`.
    Licence(Box<Licence>),
    /// To `VoidActs`: in the order in which they were told.
    VoidActs(Vec<TimelineEntry>),
    /// To `Concerns` and `ConcernTasks`.
    Concerns(Vec<ConcernView>),
    /// To `Ratings`: by the matter's code.
    Ratings(Vec<(String, RatingCount)>),
    /// To `Steps`: in the order in which the matter lists them.
    Steps(Vec<StepView>),
    /// To `Opinions`: in the order of the story.
    Opinions(Vec<OpinionView>),
    /// To `Proposals`.
    Proposals(Vec<(u64, VersionProposal)>),
    /// To `Proposal`.
    Proposal(Box<ProposalView>),
    /// To `StillToExtend`: by matter and county.
    StillToExtend {
        /// What is open.
        open: Vec<StillToExtend>,
        /// By the catalogue version in force.
        version: u64,
        /// On this day.
        on: CivilDate,
    },
    /// To `Bearer`: nobody where it has ended or is none.
    Bearer(Option<Box<BearerView>>),
    /// To `Accounts`: in the order of names.
    Accounts(Vec<AccountView>),
    /// To `Account`.
    Account(Box<AccountView>),
}

/// A listed step of a case. What its hands found is not here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepView {
    /// As listed.
    pub step: FlowStep,
    /// Who does it at the unit that has the case; as the matter lists where that unit's entry does not say.
    pub post: String,
    /// How far it has got.
    pub state: StepState,
    /// When, and which account, in order.
    pub hands: Vec<(Timestamp, String)>,
}

/// What an official wrote of a case.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpinionView {
    /// The line of the story, without its sealed words.
    pub line: TimelineEntry,
    /// The words; `None` where the key is not here.
    pub words: Option<String>,
}

impl std::fmt::Debug for OpinionView {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OpinionView").field("line", &self.line).finish_non_exhaustive()
    }
}

/// What was said of a case, and what came of it.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct ConcernView {
    /// As it is kept here. What the public wrote is sealed bytes in it, which are left out of every outside form.
    pub row: ConcernRow,
    /// What the public wrote; `None` for nothing, and where the key is not here.
    pub words: Option<String>,
    /// Who complains, for who answers and not for who handles the case.
    pub complainant: Option<Complainant>,
    /// Of who answers, where that is this unit.
    pub cards: Vec<Card>,
}

/// Who complains, as far as whoever answers needs it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Complainant {
    /// Masked as an applicant is.
    pub masked: MaskedApplicant,
    /// How to reach the person; may be empty.
    pub telephone: String,
}

impl std::fmt::Debug for ConcernView {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ConcernView").field("row", &self.row).field("cards", &self.cards).finish_non_exhaustive()
    }
}

/// A matter that fits the words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoundMatter {
    /// The matter.
    #[serde(flatten)]
    pub matter: Matter,
    /// Why it was found, for each word; nothing where all matters were asked for.
    #[serde(default)]
    pub found_by: Vec<FoundBy>,
}

/// What the rounds of a unit that was lost found; nothing where it never was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindingsView {
    /// The life of the unit's log that answers.
    pub generation: Generation,
    /// The round that is open, if one is: what it has not judged is only read.
    pub round: Option<OpenRound>,
    /// In the order of the cases' names: the oldest case first.
    pub findings: Vec<FindingView>,
    /// Give this as `after` for more; `None` at the end.
    pub next: Option<CaseId>,
}

/// What became of one inherited case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindingView {
    /// Which.
    pub case: CaseId,
    /// Its printed number; `None` where its content is not here.
    pub number: Option<CaseNumber>,
    /// What was found.
    pub found: FoundCase,
}

/// A case as this unit knows it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CaseView {
    /// The internal name.
    pub id: CaseId,
    /// The printed number; `None` for a case whose content was forgotten here.
    pub number: Option<CaseNumber>,
    /// The unit that answers.
    pub unit: UnitId,
    /// What that unit is to the case.
    pub role: Role,
    /// The case's attempt there.
    pub attempt: Attempt,
    /// How far it has got, news from the owner included.
    pub stage: Option<Stage>,
    /// What it waits for here.
    pub waiting: Option<TaskKind>,
    /// How its claim stands; `None` where it needs none, or has not been asked for yet.
    pub claim: Option<ClaimStanding>,
    /// What travels with it. Personal fields in it are sealed bytes; they are left out of every outside form.
    pub content: Option<CaseContent>,
    /// The applicant, masked; `None` where this unit has no key to it.
    pub applicant: Option<MaskedApplicant>,
    /// What has happened, here and elsewhere, in order.
    pub timeline: Vec<TimelineEntry>,
    /// The applicant's and the authority's clock.
    pub clocks: Option<domain::clocks::Clocks>,
    /// Its authority's cards, and whether it was early; where the case is, once it is accepted.
    pub standing: Option<domain::cards::Standing>,
    /// The life of the unit's log that answers.
    pub generation: Generation,
    /// When it last changed here: with the generation, an entity tag.
    pub changed: Sequence,
    /// The unit's time of the answer.
    pub as_of: Timestamp,
}

/// How the claim of a case stands, as far as the unit that answers knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClaimStanding {
    /// Asked for, or given back at the home's call: the home's word is awaited, and nothing is decided without it.
    Awaited {
        /// Who grants it.
        home: UnitId,
        /// Since when.
        since: Timestamp,
    },
    /// The case has it.
    Granted {
        /// Who granted it.
        home: UnitId,
        /// Since when.
        since: Timestamp,
    },
    /// Another case has it for good: this one was ended as its duplicate.
    Duplicate(Duplicate),
}

impl ClaimStanding {
    /// What a timeline tells.
    pub fn of(timeline: &[TimelineEntry]) -> Option<Self> {
        let last = timeline.iter().rev().find_map(|entry| match entry.what {
            Happening::Claim { note: ClaimNote::Released { .. }, .. } => Some(None),
            Happening::Terminated { duplicate } => Some(Some(Self::Duplicate(duplicate))),
            Happening::Claim { home, note: ClaimNote::Granted { .. } } => {
                Some(Some(Self::Granted { home, since: entry.at }))
            }
            Happening::Claim { home, note: ClaimNote::Asked | ClaimNote::GivenBack { .. } } => {
                Some(Some(Self::Awaited { home, since: entry.at }))
            }
            _ => None,
        });
        last.flatten()
    }
}

/// As much of an applicant as a list may show: `王**`, `3708**********1234`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MaskedApplicant {
    /// The name's first character, then stars.
    pub name: String,
    /// The identifier's first and last four, then stars.
    pub identifier: String,
}
