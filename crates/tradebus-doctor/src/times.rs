//! Times that were measured, and what they come to.

use std::time::Duration;

/// Some hundred times.
#[derive(Debug, Clone, Default)]
pub(crate) struct Times(Vec<Duration>);

impl Times {
    pub(crate) fn add(&mut self, time: Duration) {
        self.0.push(time);
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// The mean; `None` of nothing.
    pub(crate) fn mean_ms(&self) -> Option<f64> {
        let sum: Duration = self.0.iter().sum();
        (!self.0.is_empty()).then(|| ms(sum) / self.0.len() as f64)
    }

    /// The time that so many of a hundred took at most; `None` of nothing.
    pub(crate) fn percentile_ms(&self, percent: usize) -> Option<f64> {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let rank = (sorted.len() * percent).div_ceil(100).max(1);
        sorted.get(rank - 1).copied().map(ms)
    }
}

/// A time in milliseconds.
pub(crate) fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Times;

    #[test]
    fn mean_and_percentiles() {
        let mut times = Times::default();
        assert_eq!((times.mean_ms(), times.percentile_ms(95)), (None, None));
        for n in (1..=100).rev() {
            times.add(Duration::from_millis(n));
        }
        assert_eq!((times.mean_ms(), times.percentile_ms(95)), (Some(50.5), Some(95.0)));
        assert_eq!((times.percentile_ms(50), times.percentile_ms(100)), (Some(50.0), Some(100.0)));
        let mut one = Times::default();
        one.add(Duration::from_millis(7));
        assert_eq!((one.len(), one.percentile_ms(95)), (1, Some(7.0)));
    }
}
