//! The straight line through the last values.

use serde::Serialize;

use super::{finite, last};
use crate::dbnomics::observations::Observations;
use crate::dbnomics::period::Period;

/// A least squares line through the last values.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Trend {
    /// How many values it was computed from.
    pub observations: usize,
    /// The oldest period among them.
    pub from: Period,
    /// The newest period among them.
    pub to: Period,
    /// Change per period, in the unit of the series; for daily series per calendar day.
    pub slope: f64,
    /// The standard error of the slope: `sqrt(SSE / (n − 2) / Sxx)`.
    pub standard_error: Option<f64>,
}

/// Computed from the last `window` values, `slope = Sxy / Sxx`, where x is the number of the period, so that missing periods
/// keep their width. `None` for fewer than 3 values.
pub fn trend(observations: &Observations, window: usize) -> Option<Trend> {
    let values = last(observations, window);
    if values.len() < 3 {
        return None;
    }
    let (from, to) = (values.first()?.0, values.last()?.0);
    let points: Vec<(f64, f64)> =
        values.iter().filter_map(|&(period, y)| Some((f64::from(period.periods_since(from)?), y))).collect();
    let n = points.len() as f64;
    let mean_x = points.iter().map(|point| point.0).sum::<f64>() / n;
    let mean_y = points.iter().map(|point| point.1).sum::<f64>() / n;
    let s_xx: f64 = points.iter().map(|point| (point.0 - mean_x).powi(2)).sum();
    let s_xy: f64 = points.iter().map(|point| (point.0 - mean_x) * (point.1 - mean_y)).sum();
    let slope = finite(s_xy / s_xx)?;
    let errors = points.iter().map(|point| (point.1 - mean_y) - slope * (point.0 - mean_x));
    let sse: f64 = errors.map(|error| error * error).sum();
    let standard_error = finite((sse / (n - 2.0) / s_xx).sqrt());
    Some(Trend { observations: values.len(), from, to, slope, standard_error })
}
