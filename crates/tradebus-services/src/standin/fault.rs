//! What goes wrong when a test asks for it.

use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use futures_util::{StreamExt as _, stream};
use http::HeaderValue;
use http::header::{ACCEPT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use parking_lot::Mutex;
use serde_json::{Value, json};

use super::reply::{Reply, SITE_UNAVAILABLE};

/// A way to go wrong.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Fault {
    /// The right answer, but only after so long.
    Slow(Duration),
    /// A status with an HTML page, as proxies send it.
    Html(u16),
    /// A status with a body of JSON, and headers.
    Json(u16, Value, Vec<(&'static str, String)>),
    /// 429 as the gateway of Data.gov sends it, with `Retry-After` in seconds or without.
    RateLimited(Option<u64>),
    /// A redirect (302) to an address.
    Redirect(String),
    /// The right answer ends in the middle, and the connection with it.
    Cut,
    /// JSON of so many bytes, whose length is not announced.
    Gigantic(u64),
    /// Lists that never end: there always is a next page, and it holds the same.
    EndlessPages,
    /// The right answer with every number as text and every list of objects as an object.
    WrongTypes,
    /// The right answer, complete, with a comma too many.
    BrokenJson,
    /// The right answer, whose lists of values are one shorter than their lists of periods.
    UnequalLists,
}

/// How often a fault occurs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Times {
    /// Until [`super::Standin::heal`].
    Always,
    /// For the next requests only.
    Next(u32),
}

/// Tells the room that answers that its pages have no end.
#[derive(Debug, Clone, Copy)]
pub(super) struct Endless;

/// The faults that are asked for, the newest last.
#[derive(Debug, Default)]
pub(super) struct Faults(Mutex<Vec<Planned>>);

#[derive(Debug)]
struct Planned {
    prefix: String,
    fault: Fault,
    times: Times,
}

impl Faults {
    pub(super) fn plan(&self, prefix: &str, fault: Fault, times: Times) {
        self.0.lock().push(Planned { prefix: prefix.to_owned(), fault, times });
    }

    pub(super) fn clear(&self) {
        self.0.lock().clear();
    }

    /// The fault for a path, of several the one that was asked for first.
    pub(super) fn take(&self, path: &str) -> Option<Fault> {
        let mut planned = self.0.lock();
        planned.retain(|plan| plan.times != Times::Next(0));
        let plan = planned.iter_mut().find(|plan| path.starts_with(&plan.prefix))?;
        if let Times::Next(times) = &mut plan.times {
            *times -= 1;
        }
        Some(plan.fault.clone())
    }
}

impl Fault {
    /// Answers in its way, with the help of the right answer where it needs that.
    pub(super) async fn occur(self, mut request: Request, next: Next) -> Response {
        match self {
            Self::Slow(wait) => {
                tokio::time::sleep(wait).await;
                next.run(request).await
            }
            Self::Html(status) => Reply::html(status, SITE_UNAVAILABLE).respond(),
            Self::Json(status, body, headers) => headers
                .into_iter()
                .fold(Reply::json(status, &body), |reply, (name, value)| reply.header(name, value))
                .respond(),
            Self::RateLimited(retry_after) => {
                let reply = super::datagov::over_rate_limit();
                retry_after
                    .into_iter()
                    .fold(reply, |reply, seconds| reply.header("retry-after", seconds.to_string()))
                    .respond()
            }
            Self::Redirect(to) => Reply::redirect(&to).respond(),
            Self::Cut => cut(next.run(request).await).await,
            Self::Gigantic(bytes) => gigantic(bytes),
            Self::EndlessPages => {
                request.extensions_mut().insert(Endless);
                next.run(request).await
            }
            Self::WrongTypes => changed(request, next, wrong_types).await,
            Self::UnequalLists => changed(request, next, unequal_lists).await,
            Self::BrokenJson => {
                let (response, body) = plain(request, next).await;
                let text = String::from_utf8_lossy(&body).replacen(',', ",,", 1);
                with_body(response, Body::from(text))
            }
        }
    }
}

/// Sends half of a body, then ends the connection as a dying server does.
async fn cut(response: Response) -> Response {
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
    let half = body.slice(..body.len() / 2);
    // A part is sent before the end: otherwise the answer would not begin at all.
    let end = stream::once(async {
        tokio::task::yield_now().await;
        Err(std::io::Error::other("cut as asked for"))
    });
    let pieces = stream::iter([Ok(half)]).chain(end);
    with_body(Response::from_parts(parts, Body::empty()), Body::from_stream(pieces))
}

/// A list of numbers, in pieces.
fn gigantic(bytes: u64) -> Response {
    const PIECE: &[u8; 64] = b"1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,";
    let pieces = (0..bytes / PIECE.len() as u64).map(|_| Ok::<_, std::io::Error>(Bytes::from_static(PIECE)));
    let all =
        std::iter::once(Ok(Bytes::from_static(b"["))).chain(pieces).chain([Ok(Bytes::from_static(b"1]"))]);
    let mut response = Response::new(Body::from_stream(stream::iter(all)));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

async fn changed(request: Request, next: Next, change: fn(Value) -> Value) -> Response {
    let (response, body) = plain(request, next).await;
    let body = match serde_json::from_slice(&body) {
        Ok(value) => change(value).to_string().into_bytes(),
        Err(_) => body.to_vec(),
    };
    with_body(response, Body::from(body))
}

/// The right answer without compression.
async fn plain(mut request: Request, next: Next) -> (Response, Bytes) {
    request.headers_mut().remove(ACCEPT_ENCODING);
    let (parts, body) = next.run(request).await.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
    (Response::from_parts(parts, Body::empty()), body)
}

fn with_body(mut response: Response, body: Body) -> Response {
    response.headers_mut().remove(CONTENT_LENGTH);
    *response.body_mut() = body;
    response
}

fn wrong_types(value: Value) -> Value {
    match value {
        Value::Number(number) => Value::String(number.to_string()),
        Value::Array(items) if items.first().is_some_and(Value::is_object) => {
            json!({ "items": items.into_iter().map(wrong_types).collect::<Vec<_>>() })
        }
        Value::Array(items) => items.into_iter().map(wrong_types).collect(),
        Value::Object(fields) => fields.into_iter().map(|(name, value)| (name, wrong_types(value))).collect(),
        other => other,
    }
}

fn unequal_lists(value: Value) -> Value {
    match value {
        Value::Array(items) => items.into_iter().map(unequal_lists).collect(),
        Value::Object(mut fields) => {
            if let Some(Value::Array(values)) = fields.get_mut("value") {
                values.pop();
            }
            fields.into_iter().map(|(name, value)| (name, unequal_lists(value))).collect()
        }
        other => other,
    }
}
