//! The gateway api.data.gov: keys and rate limits.

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use http::header::AUTHORIZATION;
use parking_lot::Mutex;
use serde_json::json;

use crate::standin::pairs::Pairs;
use crate::standin::reply::Reply;

/// The key for trying: 30 requests an hour (api.data.gov manual).
pub const DEMO_KEY: &str = "DEMO_KEY";
/// A key of 40 characters that the stand-in takes: 1 000 requests an hour.
pub const STANDIN_KEY: &str = "standinstandinstandinstandinstandinstand";

const WINDOW: Duration = Duration::from_hours(1);

/// The keys and what they have used.
#[derive(Debug)]
pub(crate) struct Gateway {
    keys: Mutex<HashMap<String, Use>>,
}

#[derive(Debug)]
struct Use {
    per_hour: u64,
    /// When the requests of the last hour came.
    times: VecDeque<Instant>,
}

/// What a key has and has left.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limit {
    limit: u64,
    remaining: u64,
}

impl Gateway {
    pub(super) fn new() -> Self {
        let keys = [(DEMO_KEY, 30), (STANDIN_KEY, 1_000)];
        let keys = keys.map(|(key, per_hour)| (key.to_owned(), Use { per_hour, times: VecDeque::new() }));
        Self { keys: Mutex::new(keys.into()) }
    }

    /// Takes a key from now on, with a limit of its own.
    pub(crate) fn allow(&self, key: &str, per_hour: u64) {
        self.keys.lock().insert(key.to_owned(), Use { per_hour, times: VecDeque::new() });
    }

    /// Counts a request of a key, or turns it away.
    pub(super) fn admit(&self, query: &Pairs, headers: &HeaderMap) -> Result<Limit, Reply> {
        let key = key(query, headers);
        let key = key.filter(|key| !key.is_empty()).ok_or_else(|| {
            forbidden("API_KEY_MISSING", "No api_key was supplied. Get one at https://api.data.gov:443")
        })?;
        let mut keys = self.keys.lock();
        let used = keys.get_mut(&key).ok_or_else(|| {
            forbidden(
                "API_KEY_INVALID",
                "An invalid api_key was supplied. Get one at https://api.data.gov:443",
            )
        })?;
        let now = Instant::now();
        while used.times.front().is_some_and(|time| now.duration_since(*time) >= WINDOW) {
            used.times.pop_front();
        }
        let taken = used.times.len() as u64;
        if taken >= used.per_hour {
            // The block ends as the oldest request leaves the hour.
            let oldest = used.times.front().map_or(Duration::ZERO, |time| now.duration_since(*time));
            let wait = WINDOW.saturating_sub(oldest).as_secs().max(1);
            let reply = over_rate_limit().header("retry-after", wait.to_string());
            return Err(Limit { limit: used.per_hour, remaining: 0 }.mark(reply));
        }
        used.times.push_back(now);
        Ok(Limit { limit: used.per_hour, remaining: used.per_hour - taken - 1 })
    }
}

impl Limit {
    /// Adds the two headers. There is none that says when the limit is reset.
    pub(super) fn mark(self, reply: Reply) -> Reply {
        reply
            .header("x-ratelimit-limit", self.limit.to_string())
            .header("x-ratelimit-remaining", self.remaining.to_string())
    }
}

/// The key of a request: header, query, or the user of HTTP basic authentication.
fn key(query: &Pairs, headers: &HeaderMap) -> Option<String> {
    let header = headers.get("x-api-key").and_then(|value| value.to_str().ok()).map(str::to_owned);
    header.or_else(|| query.get("api_key").map(str::to_owned)).or_else(|| {
        let basic = headers.get(AUTHORIZATION)?.to_str().ok()?.strip_prefix("Basic ")?;
        let text = String::from_utf8(STANDARD.decode(basic).ok()?).ok()?;
        text.split(':').next().map(str::to_owned)
    })
}

fn forbidden(code: &str, message: &str) -> Reply {
    Reply::json(403, &json!({"error": {"code": code, "message": message}}))
}

/// The answer to one request too many.
pub(crate) fn over_rate_limit() -> Reply {
    let message = "You have exceeded your rate limit. Try again later or contact us at https://api.data.gov/contact/ for assistance";
    Reply::json(429, &json!({"error": {"code": "OVER_RATE_LIMIT", "message": message}}))
}
