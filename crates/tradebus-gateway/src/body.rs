//! Bodies of requests: JSON that says what is wrong with it.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::response::IntoResponse as _;
use http::{StatusCode, header};
use serde::de::DeserializeOwned;

use crate::problem::{Outcome, Problem};

/// A body that was read.
#[derive(Debug)]
pub(crate) struct Body<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Outcome<Self> {
        check_type(&request)?;
        let bytes = Bytes::from_request(request, state).await.map_err(|rejection| {
            let detail = rejection.body_text();
            match rejection.into_response().status() {
                StatusCode::PAYLOAD_TOO_LARGE => Problem::new(
                    StatusCode::PAYLOAD_TOO_LARGE,
                    "too-large",
                    "the body is larger than it may be",
                ),
                _ => Problem::bad_request(detail),
            }
        })?;
        read(&bytes).map(Self)
    }
}

/// A page of another site can send a form without being asked, but no JSON.
fn check_type(request: &Request) -> Outcome<()> {
    let given = request.headers().get(header::CONTENT_TYPE).and_then(|given| given.to_str().ok());
    let kind = given.unwrap_or_default().split(';').next().unwrap_or_default().trim();
    if kind.eq_ignore_ascii_case("application/json") {
        return Ok(());
    }
    let detail = format!("the body must be JSON, with Content-Type: application/json; it is `{kind}`");
    Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "media-type", detail))
}

/// Reads JSON; an error names the place.
pub(crate) fn read<T: DeserializeOwned>(text: &[u8]) -> Outcome<T> {
    let mut reader = serde_json::Deserializer::from_slice(text);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let path = error.path().to_string();
        match path.as_str() {
            "." | "?" => Problem::bad_request(error.inner().to_string()),
            path => Problem::bad_value(path, error.inner()),
        }
    })?;
    reader.end().map_err(|error| Problem::bad_request(error.to_string()))?;
    Ok(value)
}
