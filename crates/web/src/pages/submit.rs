//! Submitting an application: a form, and a redirect to its case. A hidden key makes a double click one case.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use domain::catalogue::Matter;
use domain::command::Done;
use domain::ids::UnitId;
use unit::{Act, Applicant, Application};

use crate::api::acts::{act, done};
use crate::api::matters::{ask_matter, ask_route};
use crate::extract::{FormFields, MatterPath, is_key};
use crate::person::Deed;
use crate::problem::{Problem, ProblemBody};
use crate::site::Shared;

use super::frame::{Choice, Frame, Page, render};
use super::words;

#[derive(Template)]
#[template(path = "apply.html")]
struct ApplyPage {
    f: Frame,
    matter: Matter,
    may_submit: bool,
    key: String,
    filled: Filled,
    authorities: Vec<Choice>,
    wrong: Option<ProblemBody>,
}

impl ApplyPage {
    /// Whether the problem is with this field of the form.
    fn is_wrong(&self, field: &str) -> bool {
        self.wrong.as_ref().is_some_and(|problem| problem.field.as_deref() == Some(field))
    }

    fn is_handed_in(&self, material: &str) -> bool {
        self.filled.materials.iter().any(|name| name == material)
    }
}

/// What was typed before. The identifier is never written back.
#[derive(Default)]
struct Filled {
    name: String,
    telephone: String,
    place: String,
    authority: String,
    about: String,
    materials: Vec<String>,
    /// What the fields that name the object say, in the matter's order.
    object: Vec<(String, String)>,
    declared: bool,
}

pub(crate) async fn form(
    State(shared): State<Arc<Shared>>,
    page: Page,
    MatterPath(code): MatterPath,
) -> Result<Response, Problem> {
    let filled = Filled { place: shared.places.path(page.served.unit()), ..Filled::default() };
    let key = (shared.site.form_key)();
    show(&shared, page, code, filled, key, None).await
}

pub(crate) async fn submit(
    State(shared): State<Arc<Shared>>,
    page: Page,
    MatterPath(code): MatterPath,
    fields: FormFields,
) -> Result<Response, Problem> {
    let person = page.caller.allowed(Deed::Submit, page.served.unit())?;
    let key = fields.get("key").to_owned();
    if !is_key(&key) {
        return Err(Problem::of("request.key").field("key"));
    }
    let sent = async {
        let application = application(&shared, code.clone(), &fields)?;
        let outcome = act(&page.served, person, Some(key.clone()), Act::Submit(Box::new(application))).await?;
        match done(&outcome)? {
            Done::Received { number, .. } => Ok(*number),
            _ => Err(Problem::of("http.internal")),
        }
    };
    match sent.await {
        Ok(number) => Ok(Redirect::to(&format!("{}/cases/{number}", page.frame.base)).into_response()),
        Err(problem) => {
            // What is put right is another request. Where the outcome is unknown it must stay the same one.
            let unknown = problem.status().is_server_error();
            let key = if unknown { key } else { (shared.site.form_key)() };
            let filled = Filled {
                name: fields.get("name").to_owned(),
                telephone: fields.get("telephone").to_owned(),
                place: fields.get("place").to_owned(),
                authority: fields.get("authority").to_owned(),
                about: fields.get("about").to_owned(),
                materials: fields.all("material").map(str::to_owned).collect(),
                object: object(&fields).collect(),
                declared: fields.get("declared") == "yes",
            };
            show(&shared, page, code, filled, key, Some(problem)).await
        }
    }
}

fn application(shared: &Shared, matter: String, fields: &FormFields) -> Result<Application, Problem> {
    let resolve = |field: &'static str| -> Result<Option<UnitId>, Problem> {
        match fields.get(field) {
            "" => Ok(None),
            text => shared.places.find(field, text).map(Some),
        }
    };
    let about = Some(fields.get("about")).filter(|text| !text.is_empty());
    let about = about.map(|text| ("about".to_owned(), text.to_owned()));
    Ok(Application {
        matter,
        place: resolve("place")?,
        applicant: Applicant {
            name: fields.get("name").to_owned(),
            identifier: fields.get("identifier").to_owned(),
            telephone: fields.get("telephone").to_owned(),
        },
        form: about.into_iter().chain(object(fields)).collect(),
        materials: fields.all("material").map(str::to_owned).collect(),
        authority: resolve("authority")?,
        declared: fields.get("declared") == "yes",
        about: None,
    })
}

/// The fields that name the object: the page sends their names and values as two lists of one order.
fn object(fields: &FormFields) -> impl Iterator<Item = (String, String)> + '_ {
    fields.all("object-name").zip(fields.all("object")).map(|(name, value)| (name.to_owned(), value.trim().to_owned()))
}

async fn show(
    shared: &Shared,
    page: Page,
    code: String,
    filled: Filled,
    key: String,
    problem: Option<Problem>,
) -> Result<Response, Problem> {
    let (language, unit) = (page.language(), page.served.unit());
    let matter = ask_matter(&page.served, code.clone()).await?.matter;
    let typed = |name: &String| {
        let said = filled.object.iter().find(|(said, _)| said == name);
        (name.clone(), said.map(|(_, value)| value.clone()).unwrap_or_default())
    };
    let object = matter.claims.object_fields.iter().map(typed).collect();
    let filled = Filled { object, ..filled };
    let place = shared.places.find("place", &filled.place).unwrap_or(unit);
    let route = ask_route(&page.served, code, place).await?;
    let nearest = Choice {
        value: String::new(),
        label: language.say("apply-authority-nearest"),
        chosen: filled.authority.is_empty(),
    };
    // With one authority there is nothing to choose.
    let equal = if route.candidates.len() > 1 { &route.candidates[..] } else { &[] };
    let mut authorities = vec![nearest];
    authorities.extend(equal.iter().map(|candidate| Choice {
        value: candidate.unit.to_string(),
        label: shared.places.path(candidate.unit),
        chosen: filled.authority == candidate.unit.to_string(),
    }));
    let status = problem.as_ref().map_or(StatusCode::OK, Problem::status);
    let form = ApplyPage {
        may_submit: page.caller.may(Deed::Submit, unit),
        matter,
        key,
        filled,
        authorities,
        wrong: problem.map(|problem| problem.tell(language, &shared.places, "")),
        f: page.frame,
    };
    Ok(render(language, status, &form))
}
