//! What was asked, so that tests can count and look.

use std::collections::{HashMap, VecDeque};

use http::HeaderMap;
use http::request::Parts;
use parking_lot::Mutex;

use super::Route;

/// A request that came in.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Seen {
    /// What it asked for.
    pub route: Route,
    /// `GET` or `POST`.
    pub method: String,
    /// The path as it came, percent-encoded.
    pub path: String,
    /// The query as it came.
    pub query: Option<String>,
    /// All headers.
    pub headers: HeaderMap,
}

/// Counts of all requests, and the last ones themselves.
#[derive(Debug, Default)]
pub(super) struct Log(Mutex<Entries>);

#[derive(Debug, Default)]
struct Entries {
    counts: HashMap<Route, u64>,
    last: VecDeque<Seen>,
}

/// How many requests are kept.
const KEPT: usize = 1_000;

impl Log {
    pub(super) fn note(&self, route: Route, request: &Parts) {
        let mut entries = self.0.lock();
        *entries.counts.entry(route).or_default() += 1;
        if entries.last.len() == KEPT {
            entries.last.pop_front();
        }
        entries.last.push_back(Seen {
            route,
            method: request.method.to_string(),
            path: request.uri.path().to_owned(),
            query: request.uri.query().map(str::to_owned),
            headers: request.headers.clone(),
        });
    }

    pub(super) fn count(&self, route: Route) -> u64 {
        self.0.lock().counts.get(&route).copied().unwrap_or(0)
    }

    pub(super) fn total(&self) -> u64 {
        self.0.lock().counts.values().sum()
    }

    pub(super) fn last(&self) -> Vec<Seen> {
        self.0.lock().last.iter().cloned().collect()
    }

    pub(super) fn clear(&self) {
        *self.0.lock() = Entries::default();
    }
}
