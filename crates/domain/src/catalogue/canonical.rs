//! A catalogue as one JSON text: the exact form, for keeping, comparing and handing on.
//!
//! What is signed are its pieces ([`CatalogueDraft::into_chunks`]); matters and entries are the same bytes in both.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{CatalogueDraft, Entry, Matter};
use crate::calendar::WorkCalendar;
use crate::ids::UnitId;

/// What the text says of itself.
const FORMAT: &str = "tongban catalogue 1";

#[derive(Serialize)]
struct Written<'a> {
    format: &'a str,
    matters: &'a [Matter],
    entries: &'a BTreeMap<UnitId, Vec<Entry>>,
    calendar: &'a WorkCalendar,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Read {
    format: String,
    matters: Vec<Matter>,
    entries: BTreeMap<UnitId, Vec<Entry>>,
    calendar: WorkCalendar,
}

/// A text that is no catalogue.
#[derive(Debug, thiserror::Error)]
pub enum CanonicalFault {
    /// Not JSON, or not of this form.
    #[error("not the JSON of a catalogue")]
    Json(#[from] serde_json::Error),
    /// JSON of another form.
    #[error("the text says that it is {got:?}, not {FORMAT:?}")]
    Format {
        /// What it says.
        got: String,
    },
}

impl CatalogueDraft {
    /// The catalogue as JSON: equal catalogues give equal bytes.
    ///
    /// # Errors
    /// Something has no form in JSON: a defect.
    pub fn canonical(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(&Written {
            format: FORMAT,
            matters: &self.matters,
            entries: &self.entries,
            calendar: &self.calendar,
        })
    }

    /// From [`Self::canonical`].
    ///
    /// # Errors
    /// The text is no catalogue, with the place where it stops being one.
    pub fn from_canonical(bytes: &[u8]) -> Result<Self, CanonicalFault> {
        let Read { format, matters, entries, calendar } = serde_json::from_slice(bytes)?;
        if format != FORMAT {
            return Err(CanonicalFault::Format { got: format.chars().take(40).collect() });
        }
        // The calendar's hash is of the bytes that its piece will have.
        let calendar = WorkCalendar::from_chunk(&calendar.canonical())?;
        Ok(Self { matters, entries, calendar })
    }
}

#[cfg(test)]
mod tests {
    use super::super::import::MatterList;
    use super::super::{DraftOptions, Manifest};
    use super::*;
    use crate::division::DivisionTree;
    use crate::ids::Generation;

    /// One matter and one entry as they were written when a catalogue had nothing but these fields: golden bytes.
    const MATTER: &str = r#"{"code":"1J-5100-00026","name":"剧毒化学品以及储存数量构成重大危险源的其他危险货物备案","main_item":"港口经营人从事危险货物作业涉及安全的备案","matter_type":"other","department":"交通运输局","statutory_limit":{"days":20,"unit":"working"},"promised_limit":{"days":7,"unit":"working"},"materials":[{"name":"申请表","necessity":"required"},{"name":"申请人身份证明","necessity":"required"},{"name":"授权委托书","necessity":"optional"}],"intake":"for_authority","patience_seconds":1800,"synthetic":true,"claims":{"repeatable":false,"object_fields":[],"home":"nearest","kept_when_granted":false}}"#;
    const ENTRY: &str = r#"{"matter":"1J-5100-00026","unit":"370811000000","body":"11370811TB56170438","body_name":"任城区交通运输局","implementation_code":"11370811TB5617043841J-5100-00026","same_authority":true,"exercise":"全部环节","power":{"law":"该事项的设定依据","list_entry":"权责清单(示例)第228项","instrument":"市县同权通告(示例)·任城区","post":"交通运输局审批岗"},"claim_before_acceptance":false}"#;
    /// Of the manifest over all 227 pieces, 7,413,540 bytes, of the prefecture by rule.
    const MANIFEST: &str = "a7c9ea43c8a50559d2fed2d755c31cc0a4557e9f40742c96a664824e43f33b46";

    fn prefecture() -> CatalogueDraft {
        let list = MatterList::from_csv(crate::sample::MATTERS);
        let (tree, _) = DivisionTree::from_csv(crate::sample::DIVISIONS);
        let (calendar, _) = WorkCalendar::from_csv(crate::sample::WORKDAYS);
        CatalogueDraft::build(&list.rows, &tree, calendar, &DraftOptions::default())
    }

    #[test]
    fn the_bytes_of_before_stay_what_they_were() {
        let matter: Matter = serde_json::from_str(MATTER).unwrap();
        let entry: Entry = serde_json::from_str(ENTRY).unwrap();
        assert_eq!(serde_json::to_string(&matter).unwrap(), MATTER);
        assert_eq!(serde_json::to_string(&entry).unwrap(), ENTRY);
        let draft = prefecture();
        let mut matter = matter;
        // What the rule gives beside.
        matter.guide.cards = draft.matters[3].guide.cards;
        assert!(matter.guide.cards.is_some());
        assert_eq!((&draft.matters[3], &draft.entries[&entry.unit][3]), (&matter, &entry));
        let chunks = draft.into_chunks().unwrap();
        let manifest = Manifest::of_chunks(Generation::FIRST, None, "2026-01-01".parse().unwrap(), &chunks);
        let bytes = chunks.iter().map(|(_, bytes)| bytes.len()).sum::<usize>();
        assert_eq!((chunks.len(), bytes, manifest.hash().unwrap().to_string().as_str()), (227, 7_413_540, MANIFEST));
    }

    #[test]
    fn a_catalogue_as_json_is_read_back_as_it_was() {
        let draft = prefecture();
        let bytes = draft.canonical().unwrap();
        let back = CatalogueDraft::from_canonical(&bytes).unwrap();
        assert_eq!(back, draft);
        assert_eq!(back.canonical().unwrap(), bytes);
        let text = String::from_utf8(bytes).unwrap();
        let other = text.replacen("tongban catalogue 1", "tongban catalogue 9", 1);
        let fault = CatalogueDraft::from_canonical(other.as_bytes()).unwrap_err();
        assert!(matches!(fault, CanonicalFault::Format { .. }), "{fault}");
        assert!(matches!(CatalogueDraft::from_canonical(b"{}"), Err(CanonicalFault::Json(_))));
    }
}
