//! The last value, and how it moved.

use jiff::ToSpan;
use serde::Serialize;

use super::finite;
use crate::dbnomics::observations::Observations;
use crate::dbnomics::period::{Frequency, Period};

/// The last value of a series.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Level {
    /// The period it belongs to.
    pub period: Period,
    /// In the unit of the series.
    pub value: f64,
}

/// The last value against an earlier one.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Change {
    /// The period of the last value.
    pub period: Period,
    /// The period of the earlier value.
    pub base_period: Period,
    /// The earlier value.
    pub base: f64,
    /// `last − base`, in the unit of the series. `None` where it is too large for a number.
    pub absolute: Option<f64>,
    /// `(last / base − 1) × 100`. `None` unless the base is above zero: a percentage of nothing or of a negative value misleads.
    pub percent: Option<f64>,
}

/// The last observation that has a value.
pub fn level(observations: &Observations) -> Option<Level> {
    observations.values().next_back().map(|(period, value)| Level { period, value })
}

/// Against the observation with a value before it. If periods between are missing, `base_period` says so.
pub fn change(observations: &Observations) -> Option<Change> {
    let mut newest_first = observations.values().rev();
    let last = newest_first.next()?;
    Some(between(last, newest_first.next()?))
}

/// Against the same period a year before, by the calendar and not by the place in the list.
///
/// Business-daily series have no value on weekends: for daily data it is the last value on that day or up to 6 days before
/// (29 February: 28 February), and `base_period` says which. `None` where there is no such value, and for week 53.
pub fn year_on_year(observations: &Observations) -> Option<Change> {
    let last = observations.values().next_back()?;
    if last.0.frequency() == Frequency::Daily {
        let to = last.0.start_day().checked_sub(1.year()).ok()?;
        let from = to.checked_sub(6.days()).ok()?;
        let fits = |period: Period| from <= period.start_day() && period.start_day() <= to;
        let base = observations.values().rev().find(|&(period, _)| fits(period))?;
        return Some(between(last, base));
    }
    let period = last.0.year_before()?;
    Some(between(last, (period, observations.value_of(period)?)))
}

fn between((period, last): (Period, f64), (base_period, base): (Period, f64)) -> Change {
    let percent = if base > 0.0 { finite((last / base - 1.0) * 100.0) } else { None };
    Change { period, base_period, base, absolute: finite(last - base), percent }
}
