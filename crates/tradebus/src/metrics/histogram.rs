//! Readings of what was recorded since the start: latencies and sizes.

use std::time::Duration;

use hdrhistogram::Histogram;

use super::summary::LatencySummary;
use crate::Priority;

/// Longest latency that is told apart, in microseconds: one minute.
pub(super) const LONGEST_US: u64 = 60_000_000;
/// Largest size that is told apart.
const LARGEST: u64 = 1 << 20;

/// An empty histogram of latencies in microseconds. All have the same bounds, so that they can be added.
pub(super) fn micros() -> Histogram<u64> {
    Histogram::new_with_bounds(1, LONGEST_US, 2).expect("the bounds are valid")
}

/// What was recorded, with its exact sum.
#[derive(Debug, Clone)]
pub(super) struct Recorded {
    pub(super) values: Histogram<u64>,
    pub(super) sum: u64,
}

impl Recorded {
    pub(super) fn sizes() -> Self {
        Self { values: Histogram::new_with_bounds(1, LARGEST, 2).expect("the bounds are valid"), sum: 0 }
    }

    pub(super) fn record(&mut self, value: u64) {
        self.values.saturating_record(value);
        self.sum += value;
    }

    fn count_up_to(&self, bound: u64) -> u64 {
        self.values.count_between(0, bound)
    }

    /// What is in this reading and not in an earlier one.
    fn since(&self, earlier: &Self) -> Self {
        let mut values = self.values.clone();
        values.reset();
        for step in self.values.iter_recorded() {
            let value = step.value_iterated_to();
            let more = step.count_at_value().saturating_sub(earlier.values.count_at(value));
            values.saturating_record_n(value, more);
        }
        Self { values, sum: self.sum.saturating_sub(earlier.sum) }
    }
}

/// Latencies that were recorded since the start of a bus, or between two readings. Whole microseconds, rounded down, of at least one and at most
/// 60 s (what took longer counts as that); told apart to one part in a hundred, and below 256 µs exactly.
#[derive(Debug, Clone)]
pub struct LatencyHistogram(pub(super) Recorded);

impl LatencyHistogram {
    /// How many were recorded.
    pub fn count(&self) -> u64 {
        self.0.values.len()
    }

    /// All of them together, to the microsecond each.
    pub fn sum(&self) -> Duration {
        Duration::from_micros(self.0.sum)
    }

    /// How many took no longer than this: cumulative, as the buckets of Prometheus are. The bound is rounded up to what the histogram tells apart:
    /// by one part in a hundred at most.
    pub fn count_up_to(&self, bound: Duration) -> u64 {
        self.0.count_up_to(u64::try_from(bound.as_micros()).unwrap_or(u64::MAX))
    }

    /// What was recorded between an earlier reading of the same latencies and this one. Where the earlier one has more (it is none of the same
    /// bus), that counts as nothing.
    #[must_use = "it is a new histogram"]
    pub fn since(&self, earlier: &Self) -> Self {
        Self(self.0.since(&earlier.0))
    }

    /// Mean, percentiles and the longest, in milliseconds.
    pub fn summary(&self) -> LatencySummary {
        LatencySummary::of(&self.0.values)
    }
}

/// Sizes that were recorded since the start of a bus, or between two readings: whole numbers of at least one and at most 1,048,576, told apart to
/// one part in a hundred, and below 256 exactly.
#[derive(Debug, Clone)]
pub struct SizeHistogram(pub(super) Recorded);

impl SizeHistogram {
    /// How many were recorded.
    pub fn count(&self) -> u64 {
        self.0.values.len()
    }

    /// All of them together, exactly.
    pub fn sum(&self) -> u64 {
        self.0.sum
    }

    /// How many were no larger than this, which is rounded up to what the histogram tells apart.
    pub fn count_up_to(&self, bound: u64) -> u64 {
        self.0.count_up_to(bound)
    }

    /// What was recorded between an earlier reading of the same sizes and this one. Where the earlier one has more, that counts as nothing.
    #[must_use = "it is a new histogram"]
    pub fn since(&self, earlier: &Self) -> Self {
        Self(self.0.since(&earlier.0))
    }
}

/// What a bus has measured since its start, one value at a time. Some hundred KiB: to be read by the second, not by the message.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Histograms {
    /// By tier, the most urgent first.
    pub tiers: Vec<TierHistograms>,
    /// Of each service of this process, by its name: from the arrival of a request to its answer.
    pub services: Vec<(String, LatencyHistogram)>,
}

/// What was measured of a tier.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct TierHistograms {
    /// Which tier.
    pub priority: Priority,
    /// Publishing to the confirmation by the store.
    pub publish: LatencyHistogram,
    /// Publishing to the subscriber, once for each subscription.
    pub delivery: LatencyHistogram,
    /// Messages in each batch that was sent to the store; those of a batch that is sent again count once.
    pub batch_sizes: SizeHistogram,
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::{LatencyHistogram, Recorded, SizeHistogram, micros};

    fn recorded(mut empty: Recorded, values: &[u64]) -> Recorded {
        for &value in values {
            empty.record(value);
        }
        empty
    }

    fn latencies(values: &[u64]) -> LatencyHistogram {
        LatencyHistogram(recorded(Recorded { values: micros(), sum: 0 }, values))
    }

    #[test]
    fn counts_are_cumulative_and_exact_where_it_is_short() {
        let read = latencies(&[1, 9, 10, 11, 100, 255]);
        let up_to = |micros| read.count_up_to(Duration::from_micros(micros));
        assert_eq!([0, 1, 9, 10, 11, 99, 100, 255].map(up_to), [0, 1, 2, 3, 4, 4, 5, 6]);
        assert_eq!((read.count(), read.sum()), (6, Duration::from_micros(386)));
        assert_eq!(read.count_up_to(Duration::MAX), 6);
    }

    #[test]
    fn between_two_readings_is_what_came_after_the_first() {
        let (earlier, later) = (latencies(&[5, 1000]), latencies(&[5, 1000, 1000, 7]));
        let between = later.since(&earlier);
        assert_eq!((between.count(), between.sum()), (2, Duration::from_micros(1007)));
        assert!((between.summary().max_ms - 1.0).abs() < 0.01, "{:?}", between.summary());
        let nothing = earlier.since(&later);
        assert_eq!((nothing.count(), nothing.sum()), (0, Duration::ZERO));
        assert_eq!(later.since(&later).summary().count, 0);
    }

    #[test]
    fn sizes_are_exact_where_they_are_small() {
        let read = SizeHistogram(recorded(Recorded::sizes(), &[1, 1, 100, 5000]));
        assert_eq!((read.count(), read.sum()), (4, 5102));
        assert_eq!([1, 99, 100, 4000, 5000].map(|bound| read.count_up_to(bound)), [2, 2, 3, 3, 4]);
    }

    proptest! {
        /// Buckets never fall, end with all, and are wrong by one part in a hundred at most.
        #[test]
        fn buckets_hold(micros in prop::collection::vec(1u64..60_000_000, 1..100), bound in 1u64..60_000_000) {
            let read = latencies(&micros);
            let counted = read.count_up_to(Duration::from_micros(bound));
            let exact = |most: u64| micros.iter().filter(|&&it| it <= most).count() as u64;
            prop_assert!((exact(bound)..=exact(bound + bound / 100)).contains(&counted));
            prop_assert!(counted <= read.count_up_to(Duration::from_micros(bound * 2)));
            prop_assert_eq!(read.count_up_to(Duration::from_mins(1)), micros.len() as u64);
        }
    }
}
