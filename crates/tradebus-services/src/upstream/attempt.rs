//! One request, its redirects and its answer.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::header::{ACCEPT, CONTENT_TYPE, LOCATION};
use http::{HeaderMap, StatusCode};
use jiff::Timestamp;
use reqwest::Response;
use serde::de::IgnoredAny;
use url::Url;

use super::answer::{RateLimit, broken};
use super::client::Inner;
use super::error::{Breakage, UpstreamError};
use super::message::{looks_like_html, tidy, told};
use super::retry_after::retry_after;
use super::{Call, redirect};

/// What came of one request.
pub(super) struct Received {
    pub(super) status: u16,
    pub(super) content_type: Option<String>,
    pub(super) rate_limit: RateLimit,
    pub(super) body: Bytes,
}

/// Sends a call once. Cancel safe: the connection ends with the future.
pub(super) async fn attempt(inner: &Inner, call: &Call, url: &Url) -> Result<Received, UpstreamError> {
    let response = follow(inner, call, url.clone()).await?;
    let rate_limit = RateLimit::of(response.headers());
    inner.counters.limited(rate_limit);
    if let Some(pause) = rate_limit.pause() {
        // The next request would be turned away, and turned away ones may count too.
        inner.pace.pause(retry_after(response.headers(), Timestamp::now()).unwrap_or(pause));
    }
    if !response.status().is_success() {
        return Err(refusal(inner, call, response, rate_limit).await);
    }
    let (status, content_type) = (response.status().as_u16(), content_type(response.headers()));
    let body = read(inner, call, response).await?;
    check(content_type.as_deref(), &body)?;
    Ok(Received { status, content_type, rate_limit, body })
}

async fn follow(inner: &Inner, call: &Call, mut url: Url) -> Result<Response, UpstreamError> {
    for _ in 0..=redirect::MOST {
        let response = send(inner, call, &url).await?;
        if !redirect::is_redirect(response.status()) {
            return Ok(response);
        }
        let location = response.headers().get(LOCATION).and_then(|value| value.to_str().ok());
        url = redirect::target(&call.method, &url, response.status(), location)?;
    }
    let detail = format!("more than {} redirects", redirect::MOST);
    Err(UpstreamError::Broken { kind: Breakage::Redirect, detail })
}

async fn send(inner: &Inner, call: &Call, url: &Url) -> Result<Response, UpstreamError> {
    let mut request = inner.http.request(call.method.clone(), url.clone()).header(ACCEPT, "application/json");
    // Another host has no business with our secrets, nor has the same host on another port.
    if url.origin() == inner.base.origin() {
        request = request.headers(inner.secrets.headers().clone());
    }
    if let Some(body) = &call.body {
        request = request.header(CONTENT_TYPE, "application/json").body(body.clone());
    }
    request.send().await.map_err(|error| UpstreamError::Unreachable {
        upstream: inner.name.clone(),
        unsent: error.is_connect(),
        reason: reason(&error.without_url()),
    })
}

/// Reads a body as far as is allowed.
async fn read(inner: &Inner, call: &Call, mut response: Response) -> Result<Bytes, UpstreamError> {
    let limit = inner.config.max_body_bytes;
    let too_large =
        || UpstreamError::TooLarge { upstream: inner.name.clone(), path: call.shown(), limit_bytes: limit };
    let announced = response.content_length().unwrap_or(0);
    if announced > limit {
        return Err(too_large());
    }
    // Trusted only so far: who announces much may send little.
    let mut body = BytesMut::with_capacity(announced.min(1024 * 1024) as usize);
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if (body.len() + chunk.len()) as u64 > limit => return Err(too_large()),
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Ok(None) => return Ok(body.freeze()),
            Err(error) => {
                let detail = format!("after {} bytes: {}", body.len(), reason(&error.without_url()));
                return Err(UpstreamError::Broken { kind: Breakage::Cut, detail });
            }
        }
    }
}

/// Whether a body is what it says.
fn check(content_type: Option<&str>, body: &[u8]) -> Result<(), UpstreamError> {
    let media = content_type.unwrap_or_default().split(';').next().unwrap_or_default().trim();
    let media = media.to_ascii_lowercase();
    if media == "text/html" || media == "application/xhtml+xml" || looks_like_html(body) {
        let detail = "a proxy, a firewall or the service is out of order".to_owned();
        return Err(UpstreamError::Broken { kind: Breakage::Html, detail });
    }
    let is_json = media.is_empty() || media == "application/json" || media.ends_with("+json");
    if is_json {
        serde_json::from_slice::<IgnoredAny>(body).map_err(|error| broken(&error))?;
    }
    Ok(())
}

/// The error for a status that is none of success.
async fn refusal(inner: &Inner, call: &Call, mut response: Response, limit: RateLimit) -> UpstreamError {
    /// What is read of an error page, in bytes.
    const MOST: usize = 64 * 1024;
    let (upstream, path, status) = (inner.name.clone(), call.shown(), response.status());
    let wait = retry_after(response.headers(), Timestamp::now());
    let mut body = BytesMut::new();
    while body.len() < MOST {
        let Ok(Some(chunk)) = response.chunk().await else { break };
        body.extend_from_slice(&chunk[..chunk.len().min(MOST - body.len())]);
    }
    let told = told(&body);
    // Hidden before it is shortened, or half a secret could be left.
    let clean = |text: String| tidy(&inner.secrets.hide(text));
    let (reason, message) = (told.code.map(clean), told.message.map(clean));
    let status = status.as_u16();
    match StatusCode::from_u16(status) {
        Ok(StatusCode::TOO_MANY_REQUESTS) => {
            UpstreamError::RateLimited { upstream, retry_after: wait.or(limit.pause()), message }
        }
        Ok(StatusCode::NOT_FOUND | StatusCode::GONE) => UpstreamError::NotFound { upstream, path, message },
        Ok(code) if code.is_server_error() => {
            UpstreamError::Unavailable { upstream, status: Some(status), retry_after: wait, message }
        }
        _ => UpstreamError::Refused { upstream, path, status, reason, message },
    }
}

fn content_type(headers: &HeaderMap) -> Option<String> {
    headers.get(CONTENT_TYPE)?.to_str().ok().map(str::to_owned)
}

/// The last cause of an error, which says most.
fn reason(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    tidy(&cause.to_string())
}

/// The error for a call whose time is used up.
pub(super) fn too_late(inner: &Inner, call: &Call) -> UpstreamError {
    let after = Duration::from_millis(inner.config.total_timeout_ms);
    UpstreamError::Timeout { upstream: inner.name.clone(), path: call.shown(), after }
}
