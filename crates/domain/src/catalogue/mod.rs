//! The catalogue of matters: versioned, signed by the city, fed down the tree, pinned in each case (domain.md §3).
//!
//! What officials define is canonical JSON, so that an old unit keeps what it does not know yet. A version is a manifest that
//! names chunks by hash; a unit installs its slice: the matters, and the entries of the units it may route to.

mod as_text;
mod basis;
mod canonical;
pub mod changes;
pub mod checks;
mod closed;
mod coding;
mod draft;
mod entry;
mod everyday;
pub mod generated;
mod guide;
pub mod import;
pub mod installed;
mod manifest;
mod material;
mod matter;
pub mod rules;
mod service;
pub mod sheets;

use as_text::as_text;
pub use basis::{BasisLevel, LegalBasis};
pub use canonical::CanonicalFault;
pub use closed::{ClosedSet, Member};
pub use coding::{
    CodeFault, CodeParts, IMPLEMENTATION_CODE_LENGTH, ImplementationCode, LONGEST_LOCAL_CODE, SERVICE_ITEM_CODE_LENGTH,
    ServiceItemCode,
};
pub use draft::{CatalogueDraft, ChunkBytes, DraftFault, DraftOptions, LARGEST_CHUNK, MOST_IN_CHUNK};
pub use entry::{
    BodyNature, DelegateNature, Delegation, Entry, ExerciseTier, HandlingOrgan, JointBody, OwnList, Particulars,
    PowerSource, Review, StepPost,
};
pub use everyday::{EVERYDAY_WORDS, EverydayFault, EverydayWords, everyday_words};
pub use guide::{
    CardRule, CaseKind, CommitmentRule, CommonQuestion, Condition, CrossRegionScope, Fee, Fen, FlowStep, Guide,
    IntermediaryService, PlannedDates, QuantityLimit, RatingRule, ResultKind, ResultPaper, ServiceObject, ServiceTopic,
    SpecialProcedure, StepKind, StepPart, TopicAudience, Visits,
};
pub use manifest::{CataloguePin, ChunkKind, ChunkRef, Manifest, SignedManifest};
pub use material::{MaterialSource, MatterMaterial, Necessity};
pub use matter::{ClaimHome, ClaimRule, LimitDays, Matter, MatterType};
pub use service::{ContactWay, HandlingForm, Service, ServicePlace, SystemTier, Telephone, WebAddress};

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::text::Malformed;

/// What is not there is not written: the canonical bytes of what a catalogue of before holds stay what they are.
fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// The catalogue's key of a matter: a basic code of 12 characters, or a local form.
///
/// GB/T 39046 prints shorter lengths than real codes have, and local forms exist: 1–40 capitals, digits and dashes.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct BasicCode(String);

impl BasicCode {
    /// The code as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for BasicCode {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let fits = (1..=40).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'-');
        fits.then(|| Self(text.to_owned()))
            .ok_or_else(|| Malformed::new("matter code", text, "1 to 40 capitals, digits and dashes"))
    }
}

impl TryFrom<String> for BasicCode {
    type Error = Malformed;

    fn try_from(text: String) -> Result<Self, Malformed> {
        text.parse()
    }
}

impl From<BasicCode> for String {
    fn from(code: BasicCode) -> Self {
        code.0
    }
}

impl fmt::Display for BasicCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for BasicCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BasicCode({})", self.0)
    }
}
