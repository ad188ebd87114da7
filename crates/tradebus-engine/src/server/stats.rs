//! What the server counts.

use std::sync::atomic::{AtomicU64, Ordering};

/// Samples over which the rate of commands is taken.
const SAMPLES: u64 = 16;

/// Counters since the start.
#[derive(Default)]
pub(super) struct Stats {
    connections: AtomicU64,
    rejected: AtomicU64,
    commands: AtomicU64,
    errors: AtomicU64,
    input_bytes: AtomicU64,
    output_bytes: AtomicU64,
    slow_readers: AtomicU64,
    sampled_commands: AtomicU64,
    /// Commands in the time of all samples, as a moving average.
    rate: AtomicU64,
}

/// The counters at one moment.
pub(super) struct Counts {
    pub(super) connections: u64,
    pub(super) rejected: u64,
    pub(super) commands: u64,
    pub(super) errors: u64,
    pub(super) input_bytes: u64,
    pub(super) output_bytes: u64,
    pub(super) slow_readers: u64,
    pub(super) commands_per_second: u64,
}

impl Stats {
    pub(super) fn accepted(&self) {
        self.connections.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn rejected(&self) {
        self.rejected.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn slow_reader(&self) {
        self.slow_readers.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn received(&self, bytes: usize) {
        self.input_bytes.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    pub(super) fn sent(&self, bytes: usize) {
        self.output_bytes.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    pub(super) fn command(&self) {
        self.commands.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn error(&self) {
        self.errors.fetch_add(1, Ordering::Relaxed);
    }

    /// Called every [`RATE_INTERVAL`](super::RATE_INTERVAL).
    pub(super) fn sample_rate(&self) {
        let commands = self.commands.load(Ordering::Relaxed);
        let new = commands - self.sampled_commands.swap(commands, Ordering::Relaxed);
        let rate = self.rate.load(Ordering::Relaxed);
        self.rate.store(rate - rate / SAMPLES + new, Ordering::Relaxed);
    }

    pub(super) fn counts(&self) -> Counts {
        let load = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let interval_ms = super::RATE_INTERVAL.as_millis() as u64;
        Counts {
            connections: load(&self.connections),
            rejected: load(&self.rejected),
            commands: load(&self.commands),
            errors: load(&self.errors),
            input_bytes: load(&self.input_bytes),
            output_bytes: load(&self.output_bytes),
            slow_readers: load(&self.slow_readers),
            commands_per_second: load(&self.rate) * 1000 / (SAMPLES * interval_ms),
        }
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
