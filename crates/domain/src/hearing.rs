//! 听证 (行政许可法 arts. 46 to 48): how far the hearing of a case has got, derived from its story since who has it now began with it.
//!
//! The right is told; within five days it is asked for, by the applicant or somebody whose interests the licence touches; it is held within twenty,
//! told of seven days before, and chaired by somebody who works on the case in no other way. Nothing is decided while it is open, and the decision
//! goes by its record.

use serde::{Deserialize, Serialize};

use crate::case::{CaseContent, Happening};
use crate::time::CivilDate;

/// Who asks for a hearing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HearingParty {
    /// 申请人
    Applicant,
    /// 利害关系人
    InterestedParty,
}

/// How far it has got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hearing {
    /// Nobody was told of a right to one.
    None,
    /// It can be asked for.
    Offered {
        /// The last day.
        until: CivilDate,
    },
    /// It was asked for, and is to be set.
    Asked {
        /// It is held by then.
        by: CivilDate,
    },
    /// Those concerned know when and where.
    Set {
        /// The day.
        held: CivilDate,
        /// The account that chairs it.
        chair: String,
    },
    /// It was held.
    Held,
}

impl Hearing {
    /// Of a case.
    pub fn of(content: &CaseContent) -> Self {
        let mut hearing = Self::None;
        for line in content.since_begun() {
            hearing = match &line.what {
                Happening::HearingOffered { until, .. } => Self::Offered { until: *until },
                Happening::HearingAsked { until, .. } => Self::Asked { by: *until },
                Happening::HearingSet { held, chair, .. } => Self::Set { held: *held, chair: chair.clone() },
                Happening::HearingHeld { .. } => Self::Held,
                _ => continue,
            };
        }
        hearing
    }

    /// Whether a decision of that day has to wait for it.
    pub fn is_open(&self, today: CivilDate) -> bool {
        match self {
            Self::None | Self::Held => false,
            Self::Offered { until } => today <= *until,
            Self::Asked { .. } | Self::Set { .. } => true,
        }
    }
}
