//! Where a service gets its answers: an API, with a cache in front of it.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use tradebus::{Answer, ErrorCode, ServiceError, ServiceHealth, StreamStore};

use crate::cache::{Cache, CacheMetrics, Cached, Fetched};
use crate::made::parts::{self, Part};
use crate::settings::{SettingsError, SourceSettings};
use crate::upstream::{Breakage, Call, Upstream, UpstreamError, UpstreamState, UpstreamStatus};

/// An API with a cache in front of it.
#[derive(Debug)]
pub struct Source {
    upstream: Upstream,
    cache: Cache<UpstreamError>,
    /// What answers say about where they come from, if they do not come from the real thing.
    origin: Option<&'static str>,
}

/// An answer of the API, from now or before.
#[derive(Debug, Clone)]
pub struct Got {
    /// The body.
    pub body: Bytes,
    /// Whether it was fetched before it was asked for.
    pub cached: bool,
    /// Whether it is older than it should be, because the API does not work.
    pub stale: bool,
    /// Time since it was fetched.
    pub age: Duration,
    origin: Option<&'static str>,
}

impl Source {
    /// An API whose answers are kept in this store, under keys that begin with `prefix`. With `origin`, answers say that they come from there.
    ///
    /// # Errors
    ///
    /// When a setting makes no sense, or a secret cannot be read.
    pub fn new(
        store: Arc<dyn StreamStore>,
        prefix: impl Into<String>,
        settings: &SourceSettings,
        origin: Option<&'static str>,
    ) -> Result<Self, SettingsError> {
        let upstream = Upstream::new(settings.upstream.clone())?;
        let cache = Cache::new(store, prefix, settings.cache.clone())?;
        Ok(Self { upstream, cache, origin })
    }

    /// What the API answers, no older than `max_age`.
    ///
    /// # Errors
    ///
    /// What a service answers then: `not_found` where the API says so, `unavailable`, `rate_limited`, `timeout`, `bad_upstream`, or
    /// `bad_request` where the API does not take the call.
    pub async fn get(&self, call: Call, max_age: Option<Duration>) -> Result<Got, ServiceError> {
        self.get_checked(call, max_age, |_body| Ok(())).await
    }

    /// As [`Source::get`]; an answer that `check` does not take counts as none: it is not kept, and an older one is given in its place if there
    /// is one.
    ///
    /// # Errors
    ///
    /// As [`Source::get`]; `bad_upstream` with what `check` says.
    pub async fn get_checked(
        &self,
        call: Call,
        max_age: Option<Duration>,
        check: impl FnOnce(&[u8]) -> Result<(), String> + Send + 'static,
    ) -> Result<Got, ServiceError> {
        let key = call.key();
        let (upstream, asked) = (self.upstream.clone(), call.clone());
        let fetch = || async move {
            match upstream.call(&asked).await {
                Ok(answer) => match check(&answer.body) {
                    Ok(()) => Ok(Fetched::Found(answer.body)),
                    Err(detail) => Err(UpstreamError::Broken { kind: Breakage::Shape, detail }),
                },
                Err(UpstreamError::NotFound { message, path, .. }) => {
                    Ok(Fetched::Missing(message.unwrap_or_else(|| format!("{path}: not found"))))
                }
                Err(error) => Err(error),
            }
        };
        let known = self.cache.get(&key, max_age, fetch).await;
        if !matches!(&known, Ok(Cached { fetched: Fetched::Found(_), .. })) {
            parts::note_failure();
        }
        let Cached { fetched, cached, stale, age, at_ms } = known.map_err(|error| refused(&call, &error))?;
        match fetched {
            Fetched::Found(body) => {
                let got = Got { body, cached, stale, age, origin: self.origin };
                parts::note(key, at_ms, &got);
                Ok(got)
            }
            Fetched::Missing(reason) => Err(ServiceError::not_found(reason)),
        }
    }

    /// The same answer of the API as before, if it is at hand and no older than `max_age`.
    pub(crate) fn again(&self, part: &Part, max_age: Option<Duration>) -> Option<Got> {
        let Cached { fetched: Fetched::Found(body), cached, stale, age, at_ms } =
            self.cache.near(&part.key, max_age)?
        else {
            return None;
        };
        part.is(at_ms, &body).then_some(Got { body, cached, stale, age, origin: self.origin })
    }

    /// What the API answers to a call that does something, or to one that is not worth to be kept: it is sent each time, past the cache.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get).
    pub async fn send(&self, call: Call) -> Result<Got, ServiceError> {
        let answer = self.upstream.call(&call).await.map_err(|error| refused(&call, &error))?;
        let age = Duration::ZERO;
        Ok(Got { body: answer.body, cached: false, stale: false, age, origin: self.origin })
    }

    /// What answers say about where they come from, if they do not come from the real thing.
    pub fn origin(&self) -> Option<&'static str> {
        self.origin
    }

    /// How the API is.
    pub fn status(&self) -> UpstreamStatus {
        self.upstream.status()
    }

    /// What the cache has done.
    pub fn cache_metrics(&self) -> CacheMetrics {
        self.cache.metrics()
    }

    /// How a service over this API is.
    pub fn health(&self) -> ServiceHealth {
        let status = self.status();
        let last = status.last_error.map_or_else(String::new, |error| format!(": {}", error.message));
        match status.state {
            UpstreamState::Ok => ServiceHealth::healthy(),
            UpstreamState::Limited => {
                ServiceHealth::degraded(format!("{} wants to be asked less{last}", status.upstream))
            }
            _ => ServiceHealth::degraded(format!("{} does not answer{last}", status.upstream)),
        }
    }
}

impl Got {
    /// The body as JSON.
    ///
    /// # Errors
    ///
    /// `bad_upstream` when it is not what is wanted.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, ServiceError> {
        serde_json::from_slice(&self.body).map_err(|error| {
            ServiceError::new(
                ErrorCode::BadUpstream,
                format!("the answer of the API cannot be read: {error}"),
            )
        })
    }

    /// Counts another answer in, for what is made of both: as old as the older one, out of the cache if both are.
    pub fn join(&mut self, other: &Self) {
        self.cached &= other.cached;
        self.stale |= other.stale;
        self.age = self.age.max(other.age);
    }

    /// The answer of a service that was made of this.
    ///
    /// # Errors
    ///
    /// `internal` when the data cannot be written as JSON.
    pub fn answer(&self, data: impl Serialize) -> Result<Answer, ServiceError> {
        let data = serde_json::to_value(data)
            .map_err(|error| ServiceError::new(ErrorCode::Internal, error.to_string()))?;
        Ok(Answer { data: data.into(), cached: Some(self.cached), more: self.more() })
    }

    /// What goes beside the data of an answer.
    pub fn more(&self) -> Map<String, Value> {
        let mut more = Map::new();
        more.insert("stale".to_owned(), json!(self.stale));
        more.insert("age_seconds".to_owned(), json!(self.age.as_secs_f64()));
        if let Some(origin) = self.origin {
            more.insert("source".to_owned(), json!(origin));
        }
        more
    }
}

/// What a service says when the API has given nothing.
fn refused(call: &Call, error: &UpstreamError) -> ServiceError {
    if call.has_bad_cursor(error) {
        return ServiceError::bad_request("the cursor is not (any more) valid: start from the first page");
    }
    let code = match error {
        UpstreamError::Timeout { .. } => ErrorCode::Timeout,
        UpstreamError::RateLimited { .. } => ErrorCode::RateLimited,
        UpstreamError::NotFound { .. } => ErrorCode::NotFound,
        // A key that is not taken is no fault of whoever asks.
        UpstreamError::Refused { status: 401 | 403, .. } => ErrorCode::Unavailable,
        UpstreamError::Invalid { .. } | UpstreamError::Refused { .. } => ErrorCode::BadRequest,
        UpstreamError::Broken { .. } | UpstreamError::TooLarge { .. } => ErrorCode::BadUpstream,
        _ => ErrorCode::Unavailable,
    };
    ServiceError::new(code, error.to_string())
}
