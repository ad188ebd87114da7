//! What the server counts.

use std::sync::atomic::{AtomicU64, Ordering};

use super::command_stats::{CommandStats, ErrorStats};

/// Samples over which a rate is taken.
const SAMPLES: u64 = 16;

/// A number that grows until it is reset.
#[derive(Default)]
pub(super) struct Counter(AtomicU64);

impl Counter {
    pub(super) fn add(&self, number: u64) {
        self.0.fetch_add(number, Ordering::Relaxed);
    }

    pub(super) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    pub(super) fn reset(&self) {
        self.0.store(0, Ordering::Relaxed);
    }
}

/// How fast a counter grows.
#[derive(Default)]
struct Rate {
    sampled: AtomicU64,
    /// What came in the time of all samples, as a moving average.
    sum: AtomicU64,
}

impl Rate {
    fn sample(&self, counter: &Counter) {
        let count = counter.get();
        let new = count.saturating_sub(self.sampled.swap(count, Ordering::Relaxed));
        let sum = self.sum.load(Ordering::Relaxed);
        self.sum.store(sum - sum / SAMPLES + new, Ordering::Relaxed);
    }

    fn per_second(&self) -> u64 {
        let samples_ms = SAMPLES * super::TICK.as_millis() as u64;
        self.sum.load(Ordering::Relaxed) * 1000 / samples_ms
    }
}

/// Counters since the start, or since they were reset.
#[derive(Default)]
pub(super) struct Stats {
    pub(super) connections: Counter,
    pub(super) rejected: Counter,
    pub(super) commands: Counter,
    pub(super) input_bytes: Counter,
    pub(super) output_bytes: Counter,
    pub(super) reads: Counter,
    pub(super) writes: Counter,
    pub(super) slow_readers: Counter,
    /// Keys that were looked up to be read, and were there or not.
    pub(super) hits: Counter,
    pub(super) misses: Counter,
    pub(super) by_command: CommandStats,
    pub(super) errors: ErrorStats,
    expired_before: AtomicU64,
    command_rate: Rate,
    input_rate: Rate,
    output_rate: Rate,
}

impl Stats {
    pub(super) fn received(&self, bytes: usize) {
        self.reads.add(1);
        self.input_bytes.add(bytes as u64);
    }

    pub(super) fn sent(&self, bytes: usize) {
        self.writes.add(1);
        self.output_bytes.add(bytes as u64);
    }

    /// Called every [`TICK`](super::TICK).
    pub(super) fn sample_rates(&self) {
        self.command_rate.sample(&self.commands);
        self.input_rate.sample(&self.input_bytes);
        self.output_rate.sample(&self.output_bytes);
    }

    pub(super) fn commands_per_second(&self) -> u64 {
        self.command_rate.per_second()
    }

    pub(super) fn input_bytes_per_second(&self) -> u64 {
        self.input_rate.per_second()
    }

    pub(super) fn output_bytes_per_second(&self) -> u64 {
        self.output_rate.per_second()
    }

    /// Keys that have expired, of which the store counts all since it was opened.
    pub(super) fn expired_since_reset(&self, expired: u64) -> u64 {
        expired.saturating_sub(self.expired_before.load(Ordering::Relaxed))
    }

    pub(super) fn reset(&self, expired: u64) {
        self.expired_before.store(expired, Ordering::Relaxed);
        let counters = [
            &self.connections,
            &self.rejected,
            &self.commands,
            &self.input_bytes,
            &self.output_bytes,
            &self.reads,
            &self.writes,
            &self.slow_readers,
            &self.hits,
            &self.misses,
        ];
        counters.into_iter().for_each(Counter::reset);
        self.by_command.reset();
        self.errors.reset();
    }
}

/// Forty digits that tell this run from others.
pub(super) fn run_id() -> String {
    use std::fmt::Write;
    use std::hash::{BuildHasher, RandomState};
    let mut digits = String::new();
    while digits.len() < 40 {
        // Writing to a string does not fail.
        let _ = write!(digits, "{:016x}", RandomState::new().hash_one(digits.len()));
    }
    digits.truncate(40);
    digits
}
