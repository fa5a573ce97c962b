//! The JSON API. One file an area: what is sent, what is answered, the handlers.

pub(crate) mod accounts;
pub(crate) mod acts;
pub(crate) mod cards;
pub(crate) mod cases;
pub(crate) mod catalogue;
pub(crate) mod claim;
pub(crate) mod clocks;
pub(crate) mod concerning;
pub(crate) mod concerns;
pub(crate) mod divisions;
pub(crate) mod entry;
pub(crate) mod files;
pub(crate) mod flow;
pub(crate) mod form;
mod guide;
mod guide_parts;
pub(crate) mod handling;
pub(crate) mod hearing;
mod licences;
pub(crate) mod matters;
pub(crate) mod node;
pub(crate) mod papers;
pub(crate) mod proposals;
pub(crate) mod recovery;
pub(crate) mod search;
pub(crate) mod sessions;
pub(crate) mod status;
pub(crate) mod time;
mod timeline;
pub(crate) mod voters;

use std::sync::Arc;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::site::Shared;

/// What is asked of one unit, without the `/v1` or `/v1/units/{unit}` before it.
pub(crate) fn unit_routes() -> OpenApiRouter<Arc<Shared>> {
    OpenApiRouter::new()
        .routes(routes!(cases::list, acts::submit))
        .routes(routes!(cases::show))
        .routes(routes!(acts::accept))
        .routes(routes!(acts::not_accept))
        .routes(routes!(acts::decide))
        .routes(routes!(acts::deliver))
        .routes(routes!(acts::withdraw))
        .routes(routes!(acts::take_back))
        .routes(routes!(handling::tell_gaps))
        .routes(routes!(handling::accept_with_deficit))
        .routes(routes!(handling::complete))
        .routes(routes!(handling::pass_on))
        .routes(routes!(flow::send_up))
        .routes(routes!(hearing::tell))
        .routes(routes!(hearing::ask))
        .routes(routes!(hearing::set))
        .routes(routes!(hearing::hold))
        .routes(routes!(flow::do_step))
        .routes(routes!(flow::step_back))
        .routes(routes!(flow::steps))
        .routes(routes!(flow::opinions))
        .routes(routes!(licences::accept_on_promise))
        .routes(routes!(licences::check_promise))
        .routes(routes!(licences::revoke))
        .routes(routes!(licences::show))
        .routes(routes!(handling::supplement))
        .routes(routes!(files::list, files::attach))
        .routes(routes!(files::read))
        .routes(routes!(handling::stop))
        .routes(routes!(handling::prolong))
        .routes(routes!(handling::resume))
        .routes(routes!(handling::extend))
        .routes(routes!(concerning::rate))
        .routes(routes!(concerning::urge))
        .routes(routes!(concerning::order))
        .routes(routes!(concerning::complain))
        .routes(routes!(concerning::call_back))
        .routes(routes!(concerning::rectify))
        .routes(routes!(concerning::exclude_rating))
        .routes(routes!(concerning::answer_urging))
        .routes(routes!(concerning::judge_complaint))
        .routes(routes!(concerning::handle_complaint))
        .routes(routes!(concerning::answer_complaint))
        .routes(routes!(concerns::of_case))
        .routes(routes!(concerns::list))
        .routes(routes!(concerns::ratings))
        .routes(routes!(timeline::timeline))
        .routes(routes!(papers::papers))
        .routes(routes!(cards::of_case))
        .routes(routes!(cards::list))
        .routes(routes!(search::search))
        .routes(routes!(matters::show))
        .routes(routes!(matters::route))
        .routes(routes!(recovery::findings))
        .routes(routes!(recovery::void_acts))
        .routes(routes!(status::status))
        .routes(routes!(time::confirm))
        .routes(routes!(voters::show, voters::change))
        .routes(routes!(proposals::show))
        .routes(routes!(proposals::review))
        .routes(routes!(proposals::withdraw))
        .routes(routes!(proposals::publish))
        .routes(routes!(proposals::still_to_extend))
        .merge(people_routes())
}

/// Who acts: accounts, sessions and tokens.
fn people_routes() -> OpenApiRouter<Arc<Shared>> {
    OpenApiRouter::new()
        .routes(routes!(sessions::list, sessions::sign_in))
        .routes(routes!(sessions::sign_out))
        .routes(routes!(sessions::end_one))
        .routes(routes!(sessions::me))
        .routes(routes!(sessions::change_password))
        .routes(routes!(sessions::new_secret))
        .routes(routes!(sessions::change_second_factor))
        .routes(routes!(sessions::take_invitation))
        .routes(routes!(sessions::tokens, sessions::give_token))
        .routes(routes!(sessions::end_token))
        .routes(routes!(accounts::first))
        .routes(routes!(accounts::list, accounts::open))
        .routes(routes!(accounts::show, accounts::change))
}

/// What takes longer bodies than the rest.
pub(crate) fn catalogue_routes() -> OpenApiRouter<Arc<Shared>> {
    OpenApiRouter::new().routes(routes!(catalogue::publish)).routes(routes!(proposals::list, proposals::propose))
}

/// What takes a body of any length, for as long as it goes on coming.
pub(crate) fn upload_routes() -> OpenApiRouter<Arc<Shared>> {
    OpenApiRouter::new().routes(routes!(files::upload))
}

/// What is asked of the node.
pub(crate) fn node_routes() -> OpenApiRouter<Arc<Shared>> {
    OpenApiRouter::new()
        .routes(routes!(divisions::resolve))
        .routes(routes!(node::people))
        .routes(routes!(node::health))
        .routes(routes!(node::ready))
        .routes(routes!(node::metrics))
}
