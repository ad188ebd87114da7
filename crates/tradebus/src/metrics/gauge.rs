//! Values that several parts of a bus have at the same time.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Weak};

use parking_lot::Mutex;

/// A value that rises and falls.
#[derive(Debug, Default)]
pub(crate) struct Gauge(AtomicU64);

impl Gauge {
    pub(crate) fn set(&self, value: f64) {
        self.0.store(value.to_bits(), Relaxed);
    }

    fn get(&self) -> f64 {
        f64::from_bits(self.0.load(Relaxed))
    }
}

/// The gauges of those who are there.
#[derive(Debug, Default)]
pub(crate) struct Gauges(Mutex<Vec<Weak<Gauge>>>);

impl Gauges {
    /// A gauge that counts until it is dropped.
    pub(crate) fn add(&self) -> Arc<Gauge> {
        let gauge = Arc::new(Gauge::default());
        let mut all = self.0.lock();
        all.retain(|gauge| gauge.strong_count() > 0);
        all.push(Arc::downgrade(&gauge));
        gauge
    }

    /// The highest value; 0 if there is none.
    pub(crate) fn highest(&self) -> f64 {
        self.0.lock().iter().filter_map(Weak::upgrade).map(|gauge| gauge.get()).fold(0.0, f64::max)
    }

    /// All of them together.
    pub(crate) fn sum(&self) -> f64 {
        self.0.lock().iter().filter_map(Weak::upgrade).map(|gauge| gauge.get()).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::Gauges;

    #[test]
    fn the_highest_of_those_who_are_there() {
        let gauges = Gauges::default();
        let (low, high) = (gauges.add(), gauges.add());
        low.set(0.25);
        high.set(0.75);
        assert!((gauges.sum() - 1.0).abs() < 1e-9);
        assert!((gauges.highest() - 0.75).abs() < 1e-9);
        drop(high);
        assert!((gauges.highest() - 0.25).abs() < 1e-9);
    }
}
