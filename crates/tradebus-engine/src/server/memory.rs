//! What keys and values take in memory.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use crate::Db;

/// Adding up takes at most this part of the time: one in so many.
const SHARE: u32 = 100;

/// Adds up what all keys take, which holds up everybody else: not again before a hundred times as long as it took has passed.
#[derive(Default)]
pub(super) struct MemoryGauge {
    last: Mutex<Option<Reading>>,
    peak: AtomicU64,
}

#[derive(Clone, Copy)]
struct Reading {
    bytes: u64,
    at: Instant,
    took: Duration,
}

impl Reading {
    fn take(db: &Db) -> Self {
        let at = Instant::now();
        let bytes = db.memory_bytes() as u64;
        Self { bytes, at, took: at.elapsed() }
    }

    fn is_fresh(&self) -> bool {
        self.at.elapsed() < self.took * SHARE
    }
}

impl MemoryGauge {
    pub(super) fn read(&self, db: &Db) -> u64 {
        let mut last = self.last.lock();
        let reading = last.filter(Reading::is_fresh).unwrap_or_else(|| Reading::take(db));
        *last = Some(reading);
        self.peak.fetch_max(reading.bytes, Ordering::Relaxed);
        reading.bytes
    }

    /// The largest that was read.
    pub(super) fn peak(&self) -> u64 {
        self.peak.load(Ordering::Relaxed)
    }
}
