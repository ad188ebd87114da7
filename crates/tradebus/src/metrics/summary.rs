//! Latencies in a few numbers.

use hdrhistogram::Histogram;
use serde::Serialize;

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
    /// Of latencies in microseconds.
    pub(super) fn of(histogram: &Histogram<u64>) -> Self {
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
