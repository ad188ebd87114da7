//! How an upstream is, for health and metrics.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use jiff::Timestamp;
use parking_lot::Mutex;
use serde::Serialize;

use super::{RateLimit, UpstreamError};

/// How an upstream is, and what was asked of it since the start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct UpstreamStatus {
    /// Host and port.
    pub upstream: String,
    /// Whether requests are sent.
    pub state: UpstreamState,
    /// How long none is sent yet, in milliseconds; 0 if some are.
    pub waits_ms: u64,
    /// The last error that a caller got.
    pub last_error: Option<LastError>,
    /// Calls that were begun.
    pub calls: u64,
    /// Calls that ended with an error.
    pub errors: u64,
    /// Requests that were sent, redirects not counted.
    pub requests: u64,
    /// Those of them that were retries.
    pub retries: u64,
    /// Requests that are under way.
    pub in_flight: u64,
    /// Failures in a row.
    pub failures_in_row: u32,
    /// What the upstream last said about its limit.
    pub rate_limit: RateLimit,
}

/// Whether requests are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum UpstreamState {
    /// They are.
    Ok,
    /// The upstream wants none for a while.
    Limited,
    /// The upstream has failed often, and is left alone.
    BreakerOpen,
    /// The upstream has failed often, and the next request tries whether it works again.
    BreakerHalfOpen,
}

/// An error that a caller got.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LastError {
    /// See [`UpstreamError::code`].
    pub code: &'static str,
    /// The whole message.
    pub message: String,
    /// When, in nanoseconds since 1970 UTC.
    pub at_ns: i128,
}

/// What is counted.
#[derive(Debug, Default)]
pub(super) struct Counters {
    pub(super) calls: AtomicU64,
    pub(super) errors: AtomicU64,
    pub(super) requests: AtomicU64,
    pub(super) retries: AtomicU64,
    last_error: Mutex<Option<LastError>>,
    rate_limit: Mutex<RateLimit>,
}

impl Counters {
    pub(super) fn begun(&self) {
        self.calls.fetch_add(1, Relaxed);
    }

    pub(super) fn sent(&self, retry: bool) {
        self.requests.fetch_add(1, Relaxed);
        self.retries.fetch_add(u64::from(retry), Relaxed);
    }

    pub(super) fn failed(&self, error: &UpstreamError) {
        self.errors.fetch_add(1, Relaxed);
        let at_ns = Timestamp::now().as_nanosecond();
        *self.last_error.lock() = Some(LastError { code: error.code(), message: error.to_string(), at_ns });
    }

    pub(super) fn limited(&self, limit: RateLimit) {
        if limit.is_known() {
            *self.rate_limit.lock() = limit;
        }
    }

    pub(super) fn rate_limit(&self) -> RateLimit {
        *self.rate_limit.lock()
    }

    pub(super) fn last_error(&self) -> Option<LastError> {
        self.last_error.lock().clone()
    }
}

/// Whole milliseconds, rounded up so that zero means none.
pub(super) fn millis(wait: Duration) -> u64 {
    u64::try_from(wait.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX)
}
