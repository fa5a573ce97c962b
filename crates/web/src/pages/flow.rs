//! Steps between acceptance and decision and reviews of lower organs, on the page of a case: a table for everybody, forms and opinions for
//! officers.

use domain::catalogue::{StepKind, StepPart};
use domain::command::TaskKind;
use domain::flow::StepState;
use unit::{CaseName, CaseView, Handling, Private};

use crate::api::flow::{agrees, ask_opinions, ask_steps};
use crate::extract::FormFields;
use crate::language::Language;
use crate::person::Deed;
use crate::places::Places;
use crate::problem::Problem;

use super::frame::Page;
use super::words;

/// All of it.
#[derive(Default)]
pub(crate) struct FlowLines {
    pub(crate) steps: Vec<StepLine>,
    /// Names of the steps that whoever acts may do.
    pub(crate) open: Vec<String>,
    /// Names of the steps that the case may go back to.
    pub(crate) back: Vec<String>,
    /// Whoever acts may send it up.
    pub(crate) send_up: bool,
    pub(crate) opinions: Vec<OpinionLine>,
}

/// A step.
pub(crate) struct StepLine {
    pub(crate) name: String,
    /// Department and post, and its part where others work beside it.
    pub(crate) whose: String,
    pub(crate) state: &'static str,
    /// Who did it, and when.
    pub(crate) hands: String,
}

/// An opinion.
pub(crate) struct OpinionLine {
    pub(crate) at: String,
    pub(crate) what: String,
    pub(crate) finding: Option<&'static str>,
    pub(crate) words: String,
}

impl FlowLines {
    /// Whether there is a form.
    pub(crate) fn any(&self) -> bool {
        self.send_up || !self.open.is_empty() || !self.back.is_empty()
    }

    /// A help: the case is shown without rather than not at all.
    pub(crate) async fn new(page: &Page, places: &Places, view: &CaseView) -> Self {
        let (language, case) = (page.language(), CaseName::Id(view.id));
        let steps = ask_steps(&page.served, case).await.unwrap_or_default();
        let handles = page.caller.may(Deed::Handle, page.served.unit());
        let opinions = match handles {
            true => ask_opinions(&page.served, case).await.unwrap_or_default(),
            false => vec![],
        };
        let works = handles && matches!(view.waiting, Some(TaskKind::Step | TaskKind::Decide));
        let named = |wanted: fn(&unit::StepView) -> bool| match works {
            true => steps.iter().filter(|step| wanted(step)).map(|step| step.step.name.clone()).collect(),
            false => vec![],
        };
        Self {
            open: named(|step| step.state == StepState::Open),
            back: named(|step| !step.hands.is_empty()),
            send_up: handles && view.waiting == Some(TaskKind::Review),
            opinions: opinions
                .into_iter()
                .map(|opinion| OpinionLine {
                    at: opinion.line.at.to_string(),
                    what: words::sentence(language, places, &opinion.line),
                    finding: agrees(&opinion.line.what).map(finding_key),
                    words: opinion.words.unwrap_or_else(|| language.say("case-opinion-unread")),
                })
                .collect(),
            steps: steps.into_iter().map(|step| step_line(language, step)).collect(),
        }
    }
}

fn finding_key(agrees: bool) -> &'static str {
    if agrees { "case-opinion-agrees" } else { "case-opinion-objects" }
}

fn step_line(language: Language, view: unit::StepView) -> StepLine {
    let step = view.step;
    let part = match step.part {
        StepPart::Lead => None,
        StepPart::Assist => Some(language.say("flow-part-assist")),
    };
    let two = (step.kind == StepKind::SiteCheck).then(|| language.say("flow-by-two"));
    let whose = [step.department, view.post].into_iter().filter(|said| !said.is_empty()).chain(part).chain(two);
    StepLine {
        name: step.name,
        whose: whose.collect::<Vec<_>>().join(" · "),
        state: match view.state {
            StepState::Waits => "flow-waits",
            StepState::Open => "flow-open",
            StepState::Done => "flow-done",
        },
        hands: view.hands.into_iter().map(|(at, by)| format!("{by}, {at}")).collect::<Vec<_>>().join("; "),
    }
}

/// What a form of these asks for; `None` where it is none of them.
pub(crate) fn asked(act: &str, fields: &FormFields) -> Result<Option<Handling>, Problem> {
    let private = |name: &str| Private(fields.get(name).to_owned());
    let agrees = || match fields.get("agrees") {
        "yes" => Ok(true),
        "no" => Ok(false),
        _ => Err(Problem::of("request.field").field("agrees")),
    };
    Ok(Some(match act {
        "send-up" => Handling::SendUp { agrees: agrees()?, opinion: private("opinion") },
        "do-step" => {
            let step = fields.get("step").to_owned();
            Handling::DoStep { step, agrees: agrees()?, opinion: private("opinion") }
        }
        "step-back" => Handling::StepBack { to: fields.get("to").to_owned(), reasons: private("reasons") },
        _ => return Ok(None),
    }))
}
