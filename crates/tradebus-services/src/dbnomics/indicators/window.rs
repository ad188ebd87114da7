//! Where the last value lies among the last ones: z-score and percentile.

use std::cmp::Ordering;

use serde::Serialize;

use super::{finite, last};
use crate::dbnomics::observations::Observations;
use crate::dbnomics::period::Period;

/// The last value among the last `observations` ones, itself included.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Position {
    /// How many values it was computed from: the window, or fewer if the series is shorter.
    pub observations: usize,
    /// The oldest period among them.
    pub from: Period,
    /// The newest period among them.
    pub to: Period,
    /// Their mean, in the unit of the series.
    pub mean: Option<f64>,
    /// Their sample standard deviation (divided by n − 1), in the unit of the series.
    pub deviation: Option<f64>,
    /// `(last − mean) / deviation`. `None` where all values are equal.
    pub z_score: Option<f64>,
    /// 0 to 100: the share of values below the last one, and half of those equal to it, itself included.
    pub percentile: f64,
}

/// Computed from the last `window` values. `None` for fewer than 3 values.
pub fn position(observations: &Observations, window: usize) -> Option<Position> {
    let values = last(observations, window);
    if values.len() < 3 {
        return None;
    }
    let (from, to) = (values.first()?.0, values.last()?.0);
    let newest = values.last()?.1;
    let n = values.len() as f64;
    let mean = finite(values.iter().map(|&(_, value)| value).sum::<f64>() / n);
    let deviation = mean.and_then(|mean| {
        let squares: f64 = values.iter().map(|&(_, value)| (value - mean).powi(2)).sum();
        finite((squares / (n - 1.0)).sqrt())
    });
    let count = |order: Ordering| {
        values.iter().filter(|&&(_, value)| value.partial_cmp(&newest) == Some(order)).count()
    };
    let (below, equal) = (count(Ordering::Less), count(Ordering::Equal));
    // Equal values can have a tiny deviation from rounding, and then any z-score.
    let all_equal = equal == values.len();
    let z_score = match (mean, deviation) {
        (Some(mean), Some(deviation)) if !all_equal && deviation > 0.0 => finite((newest - mean) / deviation),
        _ => None,
    };
    let percentile = (below as f64 + equal as f64 / 2.0) / n * 100.0;
    Some(Position { observations: values.len(), from, to, mean, deviation, z_score, percentile })
}
