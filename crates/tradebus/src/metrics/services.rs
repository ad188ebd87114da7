//! What is counted of a service.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use parking_lot::Mutex;
use serde::Serialize;

use super::histogram::LatencyHistogram;
use super::latency::Latency;
use super::meters::Counter;
use crate::clock::now_ns;

/// What a service has done in this process.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ServiceMetrics {
    /// Its name.
    pub name: String,
    /// Requests that were answered, whatever the answer.
    pub requests_processed: u64,
    /// Those of them that were not fulfilled.
    pub requests_failed: u64,
    /// Those of them whose handlers panicked, or took too long.
    pub handlers_broken: u64,
    /// Messages on its topics that are no requests to it.
    pub ignored: u64,
    /// Requests that are being handled.
    pub active: u64,
    /// Mean time from the arrival of a request to its answer in the last 30 to 60 seconds.
    pub avg_time_ms: f64,
    /// 95 % of the requests took no longer.
    pub p95_time_ms: f64,
    /// Answers out of a cache.
    pub cache_hits: u64,
    /// Answers that were not in the cache.
    pub cache_misses: u64,
    /// `cache_hits` over both, 0 to 1.
    pub cache_hit_rate: f64,
}

/// The counters of one service.
#[derive(Debug)]
pub(crate) struct ServiceMeter {
    name: String,
    pub(crate) processed: Counter,
    pub(crate) failed: Counter,
    pub(crate) broken: Counter,
    pub(crate) ignored: Counter,
    pub(crate) active: AtomicU64,
    pub(crate) hits: Counter,
    pub(crate) misses: Counter,
    time: Latency,
}

impl ServiceMeter {
    fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            processed: Counter::default(),
            failed: Counter::default(),
            broken: Counter::default(),
            ignored: Counter::default(),
            active: AtomicU64::new(0),
            hits: Counter::default(),
            misses: Counter::default(),
            time: Latency::default(),
        }
    }

    /// A request that came then, in nanoseconds since 1970 UTC, is answered.
    pub(crate) fn note_answered(&self, came: u64) {
        self.processed.add(1);
        self.time.record_since(now_ns(), std::iter::once(came));
    }

    pub(crate) fn read(&self) -> ServiceMetrics {
        let time = self.time.summary();
        let (hits, misses) = (self.hits.get(), self.misses.get());
        ServiceMetrics {
            name: self.name.clone(),
            requests_processed: self.processed.get(),
            requests_failed: self.failed.get(),
            handlers_broken: self.broken.get(),
            ignored: self.ignored.get(),
            active: self.active.load(Relaxed),
            avg_time_ms: time.avg_ms,
            p95_time_ms: time.p95_ms,
            cache_hits: hits,
            cache_misses: misses,
            cache_hit_rate: hits as f64 / (hits + misses).max(1) as f64,
        }
    }
}

/// The counters of the services of a bus, by name.
#[derive(Debug, Default)]
pub(crate) struct ServiceMeters(Mutex<Vec<Arc<ServiceMeter>>>);

impl ServiceMeters {
    /// The counters of a service; one that is started again goes on counting.
    pub(crate) fn of(&self, name: &str) -> Arc<ServiceMeter> {
        let mut all = self.0.lock();
        if let Some(known) = all.iter().find(|meter| meter.name == name) {
            return known.clone();
        }
        let meter = Arc::new(ServiceMeter::new(name));
        all.push(meter.clone());
        meter
    }

    pub(crate) fn read(&self) -> Vec<ServiceMetrics> {
        self.0.lock().iter().map(|meter| meter.read()).collect()
    }

    pub(crate) fn histograms(&self) -> Vec<(String, LatencyHistogram)> {
        self.0.lock().iter().map(|meter| (meter.name.clone(), meter.time.read())).collect()
    }
}
