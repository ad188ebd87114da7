//! What families say of themselves when they are read.

use tradebus::{LatencyHistogram, SizeHistogram};

use super::Family;
use super::families::{LATENCY_BOUNDS_US, SIZE_BOUNDS};

/// A family with what was read.
#[derive(Debug)]
pub(super) struct Collected {
    pub(super) family: &'static Family,
    pub(super) samples: Vec<Sample>,
}

/// One of the values of a family.
#[derive(Debug)]
pub(super) struct Sample {
    pub(super) labels: Vec<(&'static str, String)>,
    pub(super) value: Value,
}

/// A value.
#[derive(Debug)]
pub(super) enum Value {
    Count(u64),
    Number(f64),
    Buckets(Buckets),
}

/// A histogram: how many are in each bucket alone, by its upper bound.
#[derive(Debug)]
pub(super) struct Buckets {
    pub(super) sum: f64,
    pub(super) count: u64,
    pub(super) by_bound: Vec<(f64, u64)>,
}

/// Takes the values of one family.
#[derive(Debug)]
pub(super) struct Samples {
    labels: &'static [&'static str],
    pub(super) all: Vec<Sample>,
}

impl Samples {
    pub(super) fn new(labels: &'static [&'static str]) -> Self {
        Self { labels, all: Vec::new() }
    }

    /// The value of a family without labels.
    pub(super) fn one(&mut self, value: impl Into<Value>) {
        self.of([], value);
    }

    /// A value with the values of its labels, in the order in which the family names them. What is no number is left out.
    pub(super) fn of<const N: usize>(&mut self, labels: [&str; N], value: impl Into<Value>) {
        debug_assert_eq!(self.labels.len(), N, "{:?}", self.labels);
        let value = value.into();
        if matches!(value, Value::Number(number) if !number.is_finite()) {
            return;
        }
        let labels = self.labels.iter().copied().zip(labels.map(str::to_owned)).collect();
        self.all.push(Sample { labels, value });
    }
}

impl From<u64> for Value {
    fn from(count: u64) -> Self {
        Self::Count(count)
    }
}

impl From<usize> for Value {
    fn from(count: usize) -> Self {
        Self::Count(count as u64)
    }
}

impl From<bool> for Value {
    fn from(holds: bool) -> Self {
        Self::Count(u64::from(holds))
    }
}

impl From<f64> for Value {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

impl From<&LatencyHistogram> for Value {
    fn from(latencies: &LatencyHistogram) -> Self {
        let bounds = LATENCY_BOUNDS_US.iter().map(|&bound| {
            let up_to = latencies.count_up_to(std::time::Duration::from_micros(bound));
            (bound as f64 / 1e6, up_to)
        });
        Self::Buckets(Buckets::new(latencies.sum().as_secs_f64(), latencies.count(), bounds))
    }
}

impl From<&SizeHistogram> for Value {
    fn from(sizes: &SizeHistogram) -> Self {
        let bounds = SIZE_BOUNDS.iter().map(|&bound| (bound as f64, sizes.count_up_to(bound)));
        Self::Buckets(Buckets::new(sizes.sum() as f64, sizes.count(), bounds))
    }
}

impl Buckets {
    /// From bounds with how many are no larger.
    fn new(sum: f64, count: u64, up_to: impl Iterator<Item = (f64, u64)>) -> Self {
        let mut below = 0;
        let alone = |(bound, up_to): (f64, u64)| {
            let alone = up_to.saturating_sub(below);
            below = up_to;
            (bound, alone)
        };
        let by_bound = up_to.chain([(f64::INFINITY, count)]).map(alone).collect();
        Self { sum, count, by_bound }
    }
}
