//! The forms of a hearing on the page of a case.

use domain::command::TaskKind;
use domain::hearing::{Hearing, HearingParty};
use unit::{CaseName, CaseView, Handling, Private};

use crate::api::acts::for_applicant;
use crate::extract::FormFields;
use crate::person::Deed;
use crate::problem::Problem;

use super::frame::Page;

/// Which of them whoever acts can try now.
#[derive(Default)]
pub(crate) struct HearingForms {
    pub(crate) tell: bool,
    pub(crate) ask: bool,
    pub(crate) set: bool,
    pub(crate) hold: bool,
}

impl HearingForms {
    /// Whether there is one.
    pub(crate) fn any(&self) -> bool {
        self.tell || self.ask || self.set || self.hold
    }

    pub(crate) async fn new(page: &Page, view: &CaseView) -> Self {
        let is_handled = matches!(view.waiting, Some(TaskKind::Decide | TaskKind::Step));
        let Some(content) = view.content.as_ref().filter(|_| is_handled) else { return Self::default() };
        let handles = page.caller.may(Deed::Handle, page.served.unit());
        let deeds = (Deed::Supplement, Deed::SupplementOwn);
        let speaks = for_applicant(&page.served, &page.caller, CaseName::Id(view.id), deeds).await.is_ok();
        match Hearing::of(content) {
            Hearing::None => Self { tell: handles, ..Self::default() },
            Hearing::Offered { .. } => Self { ask: speaks, ..Self::default() },
            Hearing::Asked { .. } => Self { set: handles, ..Self::default() },
            Hearing::Set { .. } => Self { hold: handles, ..Self::default() },
            Hearing::Held => Self::default(),
        }
    }
}

/// What a form of these asks for, and as what; `None` where it is none of them.
pub(crate) fn asked(act: &str, fields: &FormFields) -> Result<Option<(Deed, Handling)>, Problem> {
    let text = |name: &str| fields.get(name).to_owned();
    Ok(Some(match act {
        "tell-hearing" => (Deed::Handle, Handling::TellHearing { reason: text("reason") }),
        "ask-hearing" => {
            let party = match fields.get("party") {
                "applicant" => HearingParty::Applicant,
                "interested_party" => HearingParty::InterestedParty,
                _ => return Err(Problem::of("request.field").field("party")),
            };
            (Deed::SupplementOwn, Handling::AskHearing { party })
        }
        "set-hearing" => {
            let held = fields.get("held").parse().map_err(|_| Problem::of("request.field").field("held"))?;
            (Deed::Handle, Handling::SetHearing { held, place: text("place"), chair: text("chair") })
        }
        "hold-hearing" => (Deed::Handle, Handling::HoldHearing { record: Private(text("record")) }),
        _ => return Ok(None),
    }))
}
