//! Plain pages, rendered here, in two languages: sign in, find a matter, submit, follow a case, act on it, look after accounts.
//!
//! They work without a script, and every form is answered with a redirect, so that going back or loading again repeats nothing.

mod account;
mod accounts;
mod assets;
mod case;
mod clocks;
pub(crate) mod concerns;
mod elements;
mod flow;
mod frame;
mod hearing;
mod home;
mod matter;
mod paper;
mod people;
mod problems;
mod sign_in;
mod submit;
pub(crate) mod words;

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};

pub(crate) use frame::Frame;
pub(crate) use problems::problem_page;

use crate::site::Shared;

/// All pages: for the node's only unit, and under `/units/{unit}` for one of several.
pub(crate) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/", get(home::home))
        .route("/units/{unit}", get(home::of_unit))
        .merge(unit_routes())
        .nest("/units/{unit}", unit_routes())
        .route("/problems", get(problems::list))
        .route("/problems/{code}", get(problems::explain))
        .route("/assets/{file}", get(assets::serve))
        .layer(axum::middleware::from_fn(frame::remember_language))
}

fn unit_routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/person", post(people::pick))
        .route("/sign-in", get(sign_in::form).post(sign_in::submit))
        .route("/sign-out", post(sign_in::sign_out))
        .route("/invitation", get(sign_in::invitation).post(sign_in::take_invitation))
        .route("/account", get(account::show).post(account::change))
        .route("/accounts", get(accounts::show).post(accounts::change))
        .route("/accounts/first", get(accounts::first).post(accounts::open_first_two))
        .route("/matters", get(matter::list))
        .route("/matters/{code}", get(matter::guide))
        .route("/matters/{code}/apply", get(submit::form).post(submit::submit))
        .route("/follow", get(case::follow).post(case::find))
        .route("/cases", get(case::list))
        .route("/cases/{case}", get(case::show))
        .route("/cases/{case}/{act}", post(case::act))
        .route("/cases/{case}/papers/{ordinal}", get(paper::show))
}
