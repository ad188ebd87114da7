//! What is sent back.

use axum::body::Body;
use axum::response::Response;
use http::header::{CONTENT_TYPE, LOCATION};
use http::{HeaderName, HeaderValue, StatusCode};
use serde_json::Value;

/// The page that the proxy of Data.gov puts in place of an error (status and title are facts, the rest is not).
pub(super) const SITE_UNAVAILABLE: &str = "<!doctype html>\n<html lang=\"en\"><head><title>Site unavailable</title></head>\
<body><h1>Site unavailable</h1></body></html>\n";

/// An answer before it is written.
#[derive(Debug, Clone)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) content_type: &'static str,
    pub(super) body: Vec<u8>,
    pub(super) headers: Vec<(&'static str, String)>,
}

impl Reply {
    /// JSON. `serde_json` keeps the keys in alphabetical order, as both services do.
    pub(super) fn json(status: u16, body: &Value) -> Self {
        Self {
            status,
            content_type: "application/json",
            body: body.to_string().into_bytes(),
            headers: Vec::new(),
        }
    }

    pub(super) fn html(status: u16, page: &str) -> Self {
        Self { status, content_type: "text/html", body: page.as_bytes().to_vec(), headers: Vec::new() }
    }

    pub(super) fn text(content_type: &'static str, body: &str) -> Self {
        Self { status: 200, content_type, body: body.as_bytes().to_vec(), headers: Vec::new() }
    }

    pub(super) fn redirect(to: &str) -> Self {
        Self::html(302, "<!doctype html>\n<title>Redirecting...</title>\n").header(LOCATION.as_str(), to)
    }

    pub(super) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub(super) fn respond(self) -> Response {
        let mut response = Response::new(Body::from(self.body));
        *response.status_mut() =
            StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(self.content_type));
        for (name, value) in self.headers {
            if let Ok(value) = HeaderValue::from_str(&value) {
                response.headers_mut().append(HeaderName::from_static(name), value);
            }
        }
        response
    }
}
