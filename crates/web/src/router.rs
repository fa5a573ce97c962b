//! Puts the routes together, with what stands around them.

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::get;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::trace::TraceLayer;
use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::{InfoBuilder, LicenseBuilder, ObjectBuilder, OpenApi, OpenApiBuilder, PathItem, Required, Type};
use utoipa_axum::router::OpenApiRouter;
use utoipa_swagger_ui::SwaggerUi;

use crate::problem::Problem;
use crate::site::{Shared, Site};
use crate::{api, guard, pages};

/// Everything that a node serves over HTTP.
pub fn router(site: Site) -> Router {
    let limits = site.limits;
    let shared = Arc::new(Shared::new(site));
    let (routes, openapi) = api_routes(limits.catalogue_bytes).split_for_parts();
    let openapi = finished(openapi);
    let served = serde_json::to_string(&openapi).unwrap_or_default();
    let document = move || async move { ([(axum::http::header::CONTENT_TYPE, "application/json")], served) };

    routes
        .merge(pages::routes())
        .fallback(|| async { Problem::of("http.not_found") })
        .with_state(shared.clone())
        .route("/openapi.json", get(document))
        .merge(SwaggerUi::new("/docs").config(utoipa_swagger_ui::Config::from("/openapi.json")))
        .layer(DefaultBodyLimit::max(limits.body_bytes))
        .layer(from_fn_with_state(shared.clone(), guard::same_site))
        .layer(from_fn_with_state(limits.request, guard::in_time))
        .layer(from_fn_with_state(shared.clone(), guard::bounded))
        .layer(CatchPanicLayer::custom(guard::panicked))
        .layer(from_fn_with_state(shared, guard::tell))
        .layer(from_fn(guard::headers))
        .layer(TraceLayer::new_for_http().make_span_with(|request: &Request| guard::span(request)))
        .layer(from_fn(guard::identify))
}

/// Serves a site on an address that was taken before, until `close` completes; then requests under way are answered.
///
/// # Errors
/// The address cannot be listened on.
pub async fn serve(
    listener: tokio::net::TcpListener,
    site: Site,
    close: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    axum::serve(listener, router(site)).with_graceful_shutdown(close).await
}

/// The API's document, as `/openapi.json` serves it.
pub fn openapi() -> OpenApi {
    finished(api_routes(0).into_openapi())
}

fn api_routes(catalogue_bytes: usize) -> OpenApiRouter<Arc<Shared>> {
    let info = InfoBuilder::new()
        .title("tongban")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(
            "Government service on a tree of units. `POST /v1/sessions` signs somebody in; `Authorization: Bearer` carries the \
             token of a session or program. Where a node has demo people, `X-Tongban-Person` picks one. Every failure is a \
             problem of RFC 9457 with a documented code.",
        ))
        .license(Some(LicenseBuilder::new().name("Apache-2.0").identifier(Some("Apache-2.0")).build()))
        .build();
    let catalogue = || api::catalogue_routes().layer(DefaultBodyLimit::max(catalogue_bytes));
    // A file's length is bounded where it is taken.
    let uploads = || api::upload_routes().layer(DefaultBodyLimit::disable());
    OpenApiRouter::with_openapi(OpenApiBuilder::new().info(info).build())
        .nest("/v1", api::unit_routes().merge(catalogue()).merge(uploads()))
        .nest("/v1/units/{unit}", api::unit_routes().merge(catalogue()).merge(uploads()))
        .merge(api::node_routes())
}

/// Tells the paths that name their unit so, and gives every operation a name of its own.
fn finished(mut openapi: OpenApi) -> OpenApi {
    for (path, item) in &mut openapi.paths.paths {
        if !path.starts_with("/v1/units/{unit}") {
            continue;
        }
        item.parameters.get_or_insert_default().push(unit_parameter().into());
        for operation in operations(item) {
            if let Some(name) = &mut operation.operation_id {
                name.push_str("_of_unit");
            }
        }
    }
    openapi
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [&mut item.get, &mut item.post, &mut item.delete].into_iter().flatten()
}

fn unit_parameter() -> Parameter {
    ParameterBuilder::new()
        .name("unit")
        .parameter_in(ParameterIn::Path)
        .required(Required::True)
        .description(Some("The unit's division code: 6, 9 or 12 digits"))
        .schema(Some(ObjectBuilder::new().schema_type(Type::String).build()))
        .build()
}
