//! What a trader reads from the observations of a series.
//!
//! Every number can be recomputed by hand from the observations: its formula stands at its function, and the output
//! names the periods and the number of observations it was computed from. Nothing is ever NaN or infinite: what cannot
//! be computed is `None`.
//!
//! An observation of a period that was not over when the data were read is no observation but a projection (IMF/WEO and
//! AMECO have them for years ahead): it is left out and counted. See [`known_until`].

mod gaps;
mod level;
mod release;
mod revisions;
mod staleness;
mod trend;
mod window;

pub use gaps::{Gap, GapKind, Gaps, gaps};
pub use level::{Change, Level, change, level, year_on_year};
pub use release::{Basis, ExpectedRelease, Sighting, expected_release};
pub use revisions::{Revision, Revisions, revisions};
pub use staleness::{Staleness, staleness};
pub use trend::{Trend, trend};
pub use window::{Position, position};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Serialize;

use super::observations::Observations;
use super::period::{Frequency, Period};

/// What the indicators are computed for.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// The day on which it is asked (UTC).
    pub today: Date,
    /// When DBnomics last read the series (`indexed_at`).
    pub indexed_at: Option<Timestamp>,
    /// The last so many observations give z-score and percentile. From 3, default 60.
    pub window: usize,
    /// The last so many observations give the trend. From 3, default 12.
    pub trend_window: usize,
    /// When earlier periods were first seen, from earlier fetches. May be empty.
    pub sightings: Vec<Sighting>,
}

impl Settings {
    /// The defaults, for a day.
    pub fn on(today: Date) -> Self {
        Self { today, indexed_at: None, window: 60, trend_window: 12, sightings: Vec::new() }
    }
}

/// All indicators of a series.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Indicators {
    /// The frequency of the series.
    pub frequency: Frequency,
    /// The last value.
    pub level: Option<Level>,
    /// Against the last value before.
    pub change: Option<Change>,
    /// Against the same period a year before.
    pub year_on_year: Option<Change>,
    /// Where the last value lies among the last ones.
    pub position: Option<Position>,
    /// The straight line through the last values.
    pub trend: Option<Trend>,
    /// When the next value can be expected.
    pub expected_release: Option<ExpectedRelease>,
    /// What is missing between the first and the last value.
    pub gaps: Gaps,
    /// Whether the last value is older than its frequency allows.
    pub staleness: Option<Staleness>,
    /// Values of periods that were not over: left out of everything above.
    pub projections: usize,
    /// Periods that came with different values: left out of everything above.
    pub conflicting: Vec<Period>,
    /// Texts that are no periods: left out of everything above.
    pub unreadable: Vec<String>,
}

/// Computes all indicators.
pub fn indicators(observations: &Observations, settings: &Settings) -> Indicators {
    let indexed = settings.indexed_at.map(utc_day);
    let until = known_until(settings.today, indexed);
    let observed = observations.filtered(|period| is_over(period, until));
    let projections = observations.values().count() - observed.values().count();
    Indicators {
        frequency: observed.frequency(),
        level: level(&observed),
        change: change(&observed),
        year_on_year: year_on_year(&observed),
        position: position(&observed, settings.window),
        trend: trend(&observed, settings.trend_window),
        expected_release: expected_release(&observed, indexed, &settings.sightings),
        gaps: gaps(&observed),
        staleness: staleness(&observed, settings.today),
        projections,
        conflicting: observed.conflicting().to_vec(),
        unreadable: observed.unreadable().to_vec(),
    }
}

/// The day up to which anything can have been observed: today, or the day of `indexed_at` if that is earlier.
pub fn known_until(today: Date, indexed: Option<Date>) -> Date {
    indexed.map_or(today, |indexed| indexed.min(today))
}

/// Whether a value of the period can be an observation on that day.
///
/// Periods of a quarter and longer must be over. Months and shorter ones must have begun: flash estimates, and rates that
/// are known from the first day on, come before the month is over.
pub fn is_over(period: Period, until: Date) -> bool {
    match period.frequency() {
        Frequency::Annual | Frequency::BiAnnual | Frequency::Quarterly => period.end_day() <= until,
        _ => period.start_day() <= until,
    }
}

fn utc_day(time: Timestamp) -> Date {
    time.to_zoned(TimeZone::UTC).date()
}

/// The number, if it is one.
fn finite(number: f64) -> Option<f64> {
    number.is_finite().then_some(number)
}

/// The last `count` observations that have a value, oldest first.
fn last(observations: &Observations, count: usize) -> Vec<(Period, f64)> {
    let mut last: Vec<_> = observations.values().rev().take(count).collect();
    last.reverse();
    last
}

#[cfg(test)]
mod tests;
