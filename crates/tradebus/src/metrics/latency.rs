//! Latencies of the recent past, as a histogram.

use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use parking_lot::Mutex;
use serde::Serialize;

/// A report covers at least this much of the past, and at most twice as much.
const WINDOW: Duration = Duration::from_secs(30);
/// Longest latency that is told apart, in microseconds: one minute.
const LONGEST_US: u64 = 60_000_000;

/// Latencies, recorded by the batch.
pub(crate) struct Latency {
    state: Mutex<Windows>,
}

struct Windows {
    current: Histogram<u64>,
    previous: Histogram<u64>,
    since: Instant,
}

impl Default for Latency {
    fn default() -> Self {
        Self {
            state: Mutex::new(Windows { current: histogram(), previous: histogram(), since: Instant::now() }),
        }
    }
}

impl Latency {
    /// Records what lies between each of the times given and `now`, all in nanoseconds since 1970; 0 is no time.
    pub(crate) fn record_since(&self, now: u64, times: impl Iterator<Item = u64>) {
        let mut state = self.state.lock();
        state.rotate();
        for time in times.filter(|&time| time != 0) {
            // Clocks of two machines may disagree: a negative latency counts as none.
            let micros = (now.saturating_sub(time) / 1000).clamp(1, LONGEST_US);
            state.current.saturating_record(micros);
        }
    }

    pub(crate) fn summary(&self) -> LatencySummary {
        summary_of_all(std::slice::from_ref(self))
    }

    fn add_to(&self, all: &mut Histogram<u64>) {
        let mut state = self.state.lock();
        state.rotate();
        for part in [&state.current, &state.previous] {
            all.add(part).expect("all have the same bounds");
        }
    }
}

/// What several have recorded, taken together.
pub(crate) fn summary_of_all(latencies: &[Latency]) -> LatencySummary {
    let mut all = histogram();
    for latency in latencies {
        latency.add_to(&mut all);
    }
    LatencySummary::of(&all)
}

fn histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(1, LONGEST_US, 2).expect("the bounds are valid")
}

impl Windows {
    fn rotate(&mut self) {
        if self.since.elapsed() >= WINDOW {
            std::mem::swap(&mut self.current, &mut self.previous);
            self.current.reset();
            self.since = Instant::now();
        }
    }
}

impl std::fmt::Debug for Latency {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Latency").field(&self.summary()).finish()
    }
}

/// Latencies in milliseconds; all 0 where nothing was measured.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct LatencySummary {
    /// How many were measured.
    pub count: u64,
    /// Mean.
    pub avg_ms: f64,
    /// Half were no longer than this.
    pub p50_ms: f64,
    /// 95 % were no longer than this.
    pub p95_ms: f64,
    /// 99 % were no longer than this.
    pub p99_ms: f64,
    /// The longest.
    pub max_ms: f64,
}

impl LatencySummary {
    fn of(histogram: &Histogram<u64>) -> Self {
        if histogram.is_empty() {
            return Self::default();
        }
        let at = |quantile| histogram.value_at_quantile(quantile) as f64 / 1000.0;
        Self {
            count: histogram.len(),
            avg_ms: histogram.mean() / 1000.0,
            p50_ms: at(0.50),
            p95_ms: at(0.95),
            p99_ms: at(0.99),
            max_ms: histogram.max() as f64 / 1000.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Latency;

    #[test]
    fn percentiles_are_those_of_what_was_recorded() {
        let latency = Latency::default();
        latency.record_since(200_000_000, (1..=100).map(|ms| 200_000_000 - ms * 1_000_000));
        latency.record_since(5, [0, 6].into_iter());
        let summary = latency.summary();
        assert_eq!(summary.count, 101, "0 is no time, and the future is no latency");
        assert!((summary.p50_ms - 50.0).abs() <= 1.0, "{summary:?}");
        assert!((summary.p99_ms - 99.0).abs() <= 1.5, "{summary:?}");
        assert!((summary.max_ms - 100.0).abs() <= 1.5, "{summary:?}");
    }
}
