//! Which address leads where.

use std::sync::Arc;

use axum::extract::DefaultBodyLimit;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router, middleware};
use http::{Method, StatusCode, Uri};
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{NotForContentType, Predicate as _, SizeAbove};
use tower_http::timeout::TimeoutLayer;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::{config, dead, economics, health, live, messages, metrics, requests, streams};
use crate::guard::{self, Guard};
use crate::node::Shared;
use crate::problem::Problem;
use crate::{feed, openapi, page};

/// Bytes of the form with the token: whoever fills it in has not been let in yet.
const LONGEST_FORM: usize = 4 << 10;

/// All routes, behind the guard.
pub(crate) fn router(shared: Arc<Shared>, guard: &Arc<Guard>) -> Router {
    let limits = shared.limits;
    let (api, description) = api().split_for_parts();
    let description = Arc::new(openapi::complete(description));
    let document = get(async move || Json((*description).clone()));
    let entrance = Router::new()
        .route("/login", get(guard::login_form).post(guard::login))
        .route("/logout", post(guard::logout))
        .route("/api/v1/session", get(guard::session))
        .layer(DefaultBodyLimit::max(LONGEST_FORM))
        .with_state(guard.clone());
    let pages = Router::new()
        .route("/", get(page::index))
        .route("/docs", get(page::docs))
        .route("/assets/{*name}", get(page::asset))
        .route("/openapi.json", document);
    let plain = api.merge(economics::routes()).with_state(shared);
    // Streams are not compressed: each event has to leave at once.
    let compressible = SizeAbove::new(1024).and(NotForContentType::new("text/event-stream"));
    Router::new()
        .merge(plain)
        .merge(entrance)
        .merge(pages)
        .fallback(nowhere)
        .method_not_allowed_fallback(no_such_method)
        .layer(TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, limits.request_time))
        .layer(middleware::map_response(shape))
        .layer(DefaultBodyLimit::max(limits.body_bytes))
        .layer(CompressionLayer::new().compress_when(compressible))
        .layer(middleware::from_fn_with_state(guard.clone(), guard::guard))
}

fn api() -> OpenApiRouter<Arc<Shared>> {
    OpenApiRouter::new()
        .routes(routes!(messages::publish))
        .routes(routes!(feed::subscribe))
        .routes(routes!(live::snapshot))
        .routes(routes!(live::live))
        .routes(routes!(live::history))
        .routes(routes!(streams::list))
        .routes(routes!(streams::entries))
        .routes(routes!(streams::groups))
        .routes(routes!(streams::consumers))
        .routes(routes!(streams::trim))
        .routes(routes!(dead::list))
        .routes(routes!(dead::redrive))
        .routes(routes!(dead::drop_letters))
        .routes(routes!(requests::services))
        .routes(routes!(requests::request))
        .routes(routes!(config::config))
        .routes(routes!(health::live))
        .routes(routes!(health::ready))
        .routes(routes!(metrics::metrics))
}

async fn nowhere(uri: Uri) -> Problem {
    let known = "see /openapi.json for what there is";
    Problem::not_found(format!("there is nothing at {}; {known}", uri.path()))
}

async fn no_such_method(method: Method, uri: Uri) -> Problem {
    let detail = format!("{} does not take {method}: see /openapi.json for what it takes", uri.path());
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method", detail)
}

/// Gives what a library has refused the shape of all errors.
async fn shape(response: Response) -> Response {
    let status = response.status();
    let allow = response.headers().get(http::header::ALLOW).cloned();
    let is_ours = response.headers().contains_key(http::header::CONTENT_TYPE)
        && !response.headers()[http::header::CONTENT_TYPE].as_bytes().starts_with(b"text/plain");
    if !(status.is_client_error() || status.is_server_error()) || is_ours {
        return response;
    }
    let mut shaped = match status {
        StatusCode::REQUEST_TIMEOUT => {
            Problem::new(status, "timeout", "the request took longer than it may").into_response()
        }
        _ => Problem::new(status, "refused", "the request cannot be read").into_response(),
    };
    shaped.headers_mut().extend(allow.map(|allow| (http::header::ALLOW, allow)));
    shaped
}
