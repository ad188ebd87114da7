//! Latencies of the recent past and since the start, as histograms.
//!
//! Each is recorded once, into the current window. A window that is over is the previous one for a while, and is then added to those before it: what
//! was recorded since the start is the sum of the three.

use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use parking_lot::Mutex;

use super::histogram::{LONGEST_US, LatencyHistogram, Recorded, SizeHistogram, micros};
use super::summary::LatencySummary;

/// A report covers at least this much of the past, and at most twice as much.
const WINDOW: Duration = Duration::from_secs(30);

/// Latencies, recorded by the batch.
pub(crate) struct Latency {
    state: Mutex<Windows>,
}

struct Windows {
    current: Histogram<u64>,
    previous: Histogram<u64>,
    /// What was recorded before those two.
    past: Histogram<u64>,
    /// Of all three, in microseconds.
    sum: u64,
    since: Instant,
}

impl Default for Latency {
    fn default() -> Self {
        let windows =
            Windows { current: micros(), previous: micros(), past: micros(), sum: 0, since: Instant::now() };
        Self { state: Mutex::new(windows) }
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
            state.sum += micros;
        }
    }

    pub(crate) fn summary(&self) -> LatencySummary {
        summary_of_all(std::iter::once(self))
    }

    /// What was recorded since the start.
    pub(crate) fn read(&self) -> LatencyHistogram {
        let state = self.state.lock();
        let mut values = state.past.clone();
        for part in [&state.current, &state.previous] {
            values.add(part).expect("all have the same bounds");
        }
        LatencyHistogram(Recorded { values, sum: state.sum })
    }

    fn add_to(&self, all: &mut Histogram<u64>) {
        let mut state = self.state.lock();
        state.rotate();
        for part in [&state.current, &state.previous] {
            all.add(part).expect("all have the same bounds");
        }
    }
}

/// What several have recorded of late, taken together.
pub(crate) fn summary_of_all<'a>(latencies: impl IntoIterator<Item = &'a Latency>) -> LatencySummary {
    let mut all = micros();
    for latency in latencies {
        latency.add_to(&mut all);
    }
    LatencySummary::of(&all)
}

impl Windows {
    fn rotate(&mut self) {
        if self.since.elapsed() >= WINDOW {
            self.next_window();
        }
    }

    fn next_window(&mut self) {
        self.past.add(&self.previous).expect("all have the same bounds");
        std::mem::swap(&mut self.current, &mut self.previous);
        self.current.reset();
        self.since = Instant::now();
    }
}

impl std::fmt::Debug for Latency {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Latency").field(&self.summary()).finish()
    }
}

/// Sizes, recorded one by one.
#[derive(Debug)]
pub(crate) struct Sizes(Mutex<Recorded>);

impl Default for Sizes {
    fn default() -> Self {
        Self(Mutex::new(Recorded::sizes()))
    }
}

impl Sizes {
    pub(crate) fn record(&self, size: usize) {
        self.0.lock().record(size as u64);
    }

    /// What was recorded since the start.
    pub(crate) fn read(&self) -> SizeHistogram {
        SizeHistogram(self.0.lock().clone())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

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

    #[test]
    fn what_has_left_the_windows_counts_since_the_start() {
        let latency = Latency::default();
        for window in 1..=5 {
            latency.record_since(window * 1_000_000, [0, 1, 2].into_iter().map(|before| before * 1000));
            let all = latency.read();
            assert_eq!(all.count(), window * 2, "0 is no time");
            let recent = latency.summary().count;
            assert_eq!(recent, window.min(2) * 2, "the current window and the one before");
            latency.state.lock().next_window();
        }
        let (all, recent) = (latency.read(), latency.summary());
        assert_eq!((all.count(), recent.count), (10, 2));
        // 1 to 5 ms, less 1 and 2 µs each.
        assert_eq!(all.sum(), Duration::from_micros(2 * 15_000 - 5 * 3));
    }
}
