//! How fast a number rises or falls, by its last samples.

use std::collections::VecDeque;
use std::time::Instant;

/// Samples that are kept.
const SAMPLES: usize = 8;

/// The last samples of a number; the clock is the caller's.
#[derive(Debug, Default)]
pub(super) struct Trend {
    samples: VecDeque<(Instant, u64)>,
}

impl Trend {
    pub(super) fn push(&mut self, now: Instant, value: u64) {
        if self.samples.len() == SAMPLES {
            self.samples.pop_front();
        }
        self.samples.push_back((now, value));
    }

    /// The slope of the line that fits the samples best, per second; `None` before there are two of different times.
    pub(super) fn per_second(&self) -> Option<f64> {
        let (first, base) = *self.samples.front()?;
        let points = self.samples.iter().map(|&(at, value)| {
            (at.saturating_duration_since(first).as_secs_f64(), value as f64 - base as f64)
        });
        let count = self.samples.len() as f64;
        let (sum_x, sum_y) = points.clone().fold((0.0, 0.0), |(xs, ys), (x, y)| (xs + x, ys + y));
        let (mean_x, mean_y) = (sum_x / count, sum_y / count);
        let (above, below) = points.fold((0.0, 0.0), |(above, below), (x, y)| {
            (above + (x - mean_x) * (y - mean_y), below + (x - mean_x).powi(2))
        });
        (below > 0.0).then(|| above / below)
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::{SAMPLES, Trend};

    fn trend(values: &[u64]) -> Option<f64> {
        let mut trend = Trend::default();
        let start = Instant::now();
        for (n, &value) in values.iter().enumerate() {
            trend.push(start + Duration::from_secs(2) * n as u32, value);
        }
        trend.per_second()
    }

    #[test]
    fn the_slope_of_the_last_samples() {
        let is = |values: &[u64], slope: f64| (trend(values).unwrap() - slope).abs() < 1e-9;
        assert_eq!((trend(&[]), trend(&[5])), (None, None));
        assert!(is(&[5, 5, 5], 0.0));
        assert!(is(&[0, 20, 40], 10.0));
        assert!(is(&[40, 20, 0], -10.0));
        assert!(is(&[u64::MAX - 4096, u64::MAX], 2048.0), "large numbers do not overflow");
        assert!(is(&[0, 30, 20, 50], 7.0), "what jumps is smoothed: {:?}", trend(&[0, 30, 20, 50]));
        let long_ago = [&[1_000_000; 5][..], &[7; SAMPLES]].concat();
        assert!(is(&long_ago, 0.0));
        let (mut same, now) = (Trend::default(), Instant::now());
        same.push(now, 1);
        same.push(now, 2);
        assert_eq!(same.per_second(), None, "there is no time in between");
    }
}
