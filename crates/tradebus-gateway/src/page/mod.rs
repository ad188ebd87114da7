//! The page: its files, which are part of the program.

use axum::extract::Path;
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use rust_embed::{EmbeddedFile, RustEmbed};

use crate::problem::Problem;

#[derive(RustEmbed)]
#[folder = "page/"]
struct Files;

const HTML: &str = "text/html; charset=utf-8";

/// A file, for the routes that have one.
pub(crate) fn file(name: &str) -> Response {
    match Files::get(name) {
        Some(file) => respond(name, file, &HeaderMap::new()),
        None => Problem::not_found(format!("there is no {name}")).into_response(),
    }
}

/// `GET /assets/{name}`: a file that the page needs.
pub(crate) async fn asset(Path(name): Path<String>, headers: HeaderMap) -> Response {
    // Pages have addresses of their own.
    match Files::get(&name).filter(|_| kind(&name) != HTML) {
        Some(file) => respond(&name, file, &headers),
        None => Problem::not_found("there is no such file").into_response(),
    }
}

/// The file, or that the browser has it already.
fn respond(name: &str, file: EmbeddedFile, asked: &HeaderMap) -> Response {
    let hash = file.metadata.sha256_hash();
    let tag = format!("\"{}\"", URL_SAFE_NO_PAD.encode(hash));
    let is_known = asked.get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes());
    let mut response = if is_known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        file.data.into_owned().into_response()
    };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind(name)));
    // It is asked each time, and answered with a few bytes: a new program has new files.
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.extend(tag.parse().ok().map(|tag: HeaderValue| (header::ETAG, tag)));
    response
}

fn kind(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("html") => HTML,
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        _ => "application/octet-stream",
    }
}

/// `GET /`.
pub(crate) async fn index() -> Response {
    file("index.html")
}

/// `GET /docs`.
pub(crate) async fn docs() -> Response {
    file("docs.html")
}
