//! What an upstream answered.

use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::error::{Breakage, UpstreamError};

/// A whole answer with a status of 200 to 299. If it says that it is JSON, it is: the client has looked.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The content type as the upstream wrote it.
    pub content_type: Option<String>,
    /// How much may still be asked, if the upstream said so.
    pub rate_limit: RateLimit,
    /// The body, decompressed.
    pub body: Bytes,
    /// From the call to the last byte, with all waits and retries.
    pub elapsed: Duration,
    /// How many requests it took, redirects not counted.
    pub attempts: u32,
}

impl Answer {
    /// Reads the body as JSON.
    ///
    /// # Errors
    ///
    /// [`UpstreamError::Broken`] if it is cut, no JSON, or not what `T` wants.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, UpstreamError> {
        serde_json::from_slice(&self.body).map_err(|error| broken(&error))
    }
}

/// What is wrong with JSON that could not be read.
pub(super) fn broken(error: &serde_json::Error) -> UpstreamError {
    let kind = match error.classify() {
        serde_json::error::Category::Eof => Breakage::Cut,
        serde_json::error::Category::Data => Breakage::Shape,
        _ => Breakage::NotJson,
    };
    UpstreamError::Broken { kind, detail: error.to_string() }
}

/// How many requests a key has, and has left, as api.data.gov tells it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RateLimit {
    /// Requests in each window (an hour at api.data.gov): `X-RateLimit-Limit`.
    pub limit: Option<u64>,
    /// Requests that are left in the window: `X-RateLimit-Remaining`.
    pub remaining: Option<u64>,
}

impl RateLimit {
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let number = |name: &str| headers.get(name)?.to_str().ok()?.trim().parse().ok();
        Self { limit: number("x-ratelimit-limit"), remaining: number("x-ratelimit-remaining") }
    }

    pub(super) fn is_known(self) -> bool {
        self.limit.is_some() || self.remaining.is_some()
    }

    /// How long to wait once nothing is left: there is no header that says when something is.
    ///
    /// The window is an hour and moves on (api.data.gov manual), so requests come back one by one, on average every
    /// 3600 s / limit. `None` while something is left or nothing is known.
    pub(super) fn pause(self) -> Option<Duration> {
        const WINDOW: Duration = Duration::from_hours(1);
        let (Some(0), Some(limit)) = (self.remaining, self.limit) else { return None };
        Some(WINDOW / u32::try_from(limit.max(1)).unwrap_or(u32::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_used_up_limit_pauses_for_the_share_of_one_request() {
        let limit = |limit, remaining| RateLimit { limit, remaining };
        assert_eq!(limit(Some(30), Some(0)).pause(), Some(Duration::from_mins(2)));
        assert_eq!(limit(Some(1000), Some(0)).pause(), Some(Duration::from_millis(3_600)));
        assert_eq!(limit(Some(0), Some(0)).pause(), Some(Duration::from_hours(1)));
        assert_eq!(limit(Some(30), Some(1)).pause(), None);
        assert_eq!(limit(None, Some(0)).pause(), None);
    }
}
