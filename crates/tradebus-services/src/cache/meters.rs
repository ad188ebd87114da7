//! What is counted of a cache.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use serde::Serialize;

use super::Fetched;
use super::entry::Entry;

/// What a cache has done in this process, and what it holds there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[non_exhaustive]
pub struct CacheMetrics {
    /// Answers that were known, and fresh.
    pub hits: u64,
    /// Those of them that were in this process.
    pub near_hits: u64,
    /// Those of them that said that something is not there.
    pub negative_hits: u64,
    /// Answers that were not known, or too old.
    pub misses: u64,
    /// Fetches, each for one or many of those.
    pub fetches: u64,
    /// Those who got what another one's fetch brought.
    pub joined: u64,
    /// Fetches that failed.
    pub fetch_errors: u64,
    /// Old answers that were given because of that.
    pub stale: u64,
    /// Answers that were too large to be kept.
    pub too_large: u64,
    /// Times that the cache in the store could not be used.
    pub store_errors: u64,
    /// Answers in this process.
    pub near_entries: u64,
    /// Their size in bytes, keys included.
    pub near_bytes: u64,
}

#[derive(Debug, Default)]
pub(super) struct Counter(AtomicU64);

impl Counter {
    pub(super) fn add(&self) {
        self.0.fetch_add(1, Relaxed);
    }

    fn get(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

#[derive(Debug, Default)]
pub(super) struct Meters {
    hits: Counter,
    pub(super) near_hits: Counter,
    negative_hits: Counter,
    pub(super) misses: Counter,
    pub(super) fetches: Counter,
    pub(super) joined: Counter,
    pub(super) fetch_errors: Counter,
    pub(super) stale: Counter,
    pub(super) too_large: Counter,
    pub(super) store_errors: Counter,
}

impl Meters {
    pub(super) fn hit(&self, entry: &Entry) {
        self.hits.add();
        if matches!(entry.fetched, Fetched::Missing(_)) {
            self.negative_hits.add();
        }
    }

    pub(super) fn read(&self, near_entries: u64, near_bytes: u64) -> CacheMetrics {
        CacheMetrics {
            hits: self.hits.get(),
            near_hits: self.near_hits.get(),
            negative_hits: self.negative_hits.get(),
            misses: self.misses.get(),
            fetches: self.fetches.get(),
            joined: self.joined.get(),
            fetch_errors: self.fetch_errors.get(),
            stale: self.stale.get(),
            too_large: self.too_large.get(),
            store_errors: self.store_errors.get(),
            near_entries,
            near_bytes,
        }
    }
}
