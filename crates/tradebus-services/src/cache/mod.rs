//! What was fetched, kept for a while: in this process, and in the store of the bus, where all instances of a service share it.
//!
//! An answer is looked for in a bounded part of memory, then in the store, and is then fetched. Of those that want the same at one time, one
//! fetches, and all get what comes of it; also those in other instances, unless it takes long. That something is *not* there is remembered too, for a shorter time. Answers stay in the store beyond
//! their time: while the source does not work, an old answer, marked as stale, is better than none.

mod config;
mod entry;
mod far;
mod flights;
mod meters;
#[cfg(test)]
mod tests;

use std::future::ready;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt as _;
use tradebus::StreamStore;

pub use self::config::{CacheConfig, CacheConfigError};
pub use self::meters::CacheMetrics;

use self::entry::Entry;
use self::far::{Far, Turn};
use self::flights::Flights;
use self::meters::Meters;

/// What was fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fetched {
    /// It is there.
    Found(Bytes),
    /// There is no such thing; the text says so to people.
    Missing(String),
}

/// What a cache gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cached {
    /// What was fetched, now or before.
    pub fetched: Fetched,
    /// Whether it was fetched before it was asked for.
    pub cached: bool,
    /// Whether it is older than it should be, because the source does not work.
    pub stale: bool,
    /// Time since it was fetched.
    pub age: Duration,
    /// When that was, in milliseconds since 1970 UTC.
    pub at_ms: u64,
}

/// The cache of one service.
#[derive(Debug)]
pub struct Cache<E> {
    config: CacheConfig,
    /// What lies in the store.
    far: Arc<Far>,
    /// What this process has fetched or seen lately.
    near: moka::sync::Cache<String, Arc<Entry>>,
    flights: Flights<E>,
    meters: Arc<Meters>,
}

impl<E: Clone + std::fmt::Display + Send + Sync + 'static> Cache<E> {
    /// A cache whose keys in the store begin with `prefix`.
    ///
    /// # Errors
    ///
    /// When the configuration makes no sense; everything that is wrong is named.
    pub fn new(
        store: Arc<dyn StreamStore>,
        prefix: impl Into<String>,
        config: CacheConfig,
    ) -> Result<Self, CacheConfigError> {
        config.check()?;
        let near = moka::sync::Cache::builder()
            .max_capacity(config.near_bytes)
            .weigher(|key: &String, entry: &Arc<Entry>| {
                u32::try_from(key.len() + entry.bytes()).unwrap_or(u32::MAX)
            })
            .time_to_live(config.kept())
            .build();
        let meters = Arc::<Meters>::default();
        let far = Arc::new(Far::new(store, prefix.into(), config.kept(), meters.clone()));
        Ok(Self { config, far, near, flights: Flights::default(), meters })
    }

    /// What is known under a key, if it is no older than `max_age` (the `ttl` of the configuration at most, which also holds where it is `None`);
    /// otherwise what `fetch` brings. A `max_age` of zero fetches, unless somebody does so at this moment.
    ///
    /// # Errors
    ///
    /// With the error of `fetch`, if nothing at all is known. A store that cannot be used is no error: then only this process remembers.
    pub async fn get<F>(
        &self,
        key: &str,
        max_age: Option<Duration>,
        fetch: impl FnOnce() -> F,
    ) -> Result<Cached, E>
    where
        F: Future<Output = Result<Fetched, E>> + Send + 'static,
    {
        let now = now_ms();
        let known = self.known(key, now, max_age).await;
        if let Some(entry) = &known
            && self.is_fresh(entry, now, max_age)
        {
            self.meters.hit(entry);
            return Ok(entry.cached(now, true, false));
        }
        self.meters.misses.add();
        let flight =
            self.flights.join(key, &self.meters, || match self.landed_since(key, now, known.as_ref()) {
                Some(entry) => ready(Ok(entry)).left_future(),
                None => self.fetch_and_keep(key, now, known.as_ref(), fetch()).right_future(),
            });
        match (flight.await, known) {
            (Ok(entry), _) => Ok(entry.cached(entry.at_ms, false, false)),
            (Err(error), Some(entry)) => {
                tracing::warn!(key, %error, "an old answer is given, for lack of a new one");
                self.meters.stale.add();
                Ok(entry.cached(now, true, true))
            }
            (Err(error), None) => Err(error),
        }
    }

    /// What this process itself has, and is fresh.
    pub fn near(&self, key: &str, max_age: Option<Duration>) -> Option<Cached> {
        let now = now_ms();
        let entry = self.near.get(key).filter(|entry| self.is_fresh(entry, now, max_age))?;
        self.meters.near_hits.add();
        self.meters.hit(&entry);
        Some(entry.cached(now, true, false))
    }

    /// What the cache has done, and what it holds.
    pub fn metrics(&self) -> CacheMetrics {
        self.near.run_pending_tasks();
        self.meters.read(self.near.entry_count(), self.near.weighted_size())
    }

    /// What a flight has brought that ended after this look, at `now`, which saw `known`: there was none to join any more.
    fn landed_since(&self, key: &str, now: u64, known: Option<&Arc<Entry>>) -> Option<Arc<Entry>> {
        let entry = self.near.get(key).filter(|entry| entry.at_ms >= now)?;
        (!known.is_some_and(|known| Arc::ptr_eq(known, &entry))).then_some(entry)
    }

    /// What is known, fresh or not: out of this process where that is fresh, otherwise the newer of both.
    async fn known(&self, key: &str, now: u64, max_age: Option<Duration>) -> Option<Arc<Entry>> {
        let near = self.near.get(key);
        if near.as_ref().is_some_and(|entry| self.is_fresh(entry, now, max_age)) {
            self.meters.near_hits.add();
            return near;
        }
        let far = self.far.entry(key).await;
        let newer = match (near, far) {
            (Some(near), Some(far)) if near.at_ms >= far.at_ms => Some(near),
            (near, None) => near,
            (_, Some(far)) => {
                self.near.insert(key.to_owned(), far.clone());
                Some(far)
            }
        };
        newer.filter(|entry| now.saturating_sub(entry.at_ms) <= self.config.kept().as_millis() as u64)
    }

    fn is_fresh(&self, entry: &Entry, now: u64, max_age: Option<Duration>) -> bool {
        let ttl = self.config.ttl(&entry.fetched);
        let allowed = max_age.map_or(ttl, |max_age| max_age.min(ttl));
        !allowed.is_zero() && now.saturating_sub(entry.at_ms) <= allowed.as_millis() as u64
    }

    /// The flight that brings something newer than what is `known`, and than `now`.
    fn fetch_and_keep<F>(
        &self,
        key: &str,
        now: u64,
        known: Option<&Arc<Entry>>,
        fetch: F,
    ) -> impl Future<Output = Result<Arc<Entry>, E>> + Send + 'static
    where
        F: Future<Output = Result<Fetched, E>> + Send + 'static,
    {
        let (key, known_at) = (key.to_owned(), known.map(|entry| entry.at_ms));
        let (far, near, meters) = (self.far.clone(), self.near.clone(), self.meters.clone());
        let most = self.config.max_entry_bytes;
        async move {
            let turn = match far.take_turn(&key, now, known_at).await {
                Turn::Over(entry) => {
                    near.insert(key, entry.clone());
                    return Ok(entry);
                }
                Turn::Mine(held) => Some(held),
                Turn::None => None,
            };
            meters.fetches.add();
            let fetched = fetch.await.inspect_err(|_error| meters.fetch_errors.add());
            let entry = fetched.map(|fetched| Arc::new(Entry { fetched, at_ms: now_ms() }));
            match &entry {
                Ok(entry) if entry.bytes() > most => meters.too_large.add(),
                Ok(entry) => {
                    near.insert(key.clone(), entry.clone());
                    far.keep(&key, entry).await;
                }
                Err(_) => {}
            }
            if let Some(held) = turn {
                far.end_turn(held).await;
            }
            entry
        }
    }
}

/// Instances compare their clocks: they are meant to agree.
fn now_ms() -> u64 {
    u64::try_from(jiff::Timestamp::now().as_millisecond()).unwrap_or(0)
}
