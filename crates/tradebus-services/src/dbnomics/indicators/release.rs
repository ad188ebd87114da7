//! When the next value can be expected.
//!
//! DBnomics has no calendar of releases. What can be known comes from index dates: a period that stands in the data was
//! published on the day of `indexed_at` or before. From that follows how long after the end of a period its value comes.

use jiff::ToSpan;
use jiff::civil::{Date, Weekday};
use serde::{Deserialize, Serialize};

use super::staleness;
use crate::dbnomics::observations::Observations;
use crate::dbnomics::period::{Frequency, Period, days_between};

/// A period and the day of the first `indexed_at` with which it was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sighting {
    /// The newest period of a fetch.
    pub period: Period,
    /// The day of `indexed_at` (UTC) of the first fetch that had it.
    pub first_seen: Date,
}

/// How an expected release was estimated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "from")]
#[non_exhaustive]
pub enum Basis {
    /// The lags of several periods that were seen to appear: the median, and the shortest and longest as bounds.
    Sightings {
        /// How many.
        count: usize,
    },
    /// One index date only: the lag is at most `indexed_at` − end of the last period, and the next period was not there yet.
    IndexDate,
}

/// The next value of a series.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ExpectedRelease {
    /// The period that it will have.
    pub period: Period,
    /// The end of that period + `lag_days`; for business-daily series moved to Monday from a weekend.
    pub day: Date,
    /// Not before this day, by the same estimate.
    pub earliest: Date,
    /// Not after this day, by the same estimate.
    pub latest: Date,
    /// Days from the end of a period to its value; for [`Basis::IndexDate`] an upper bound.
    pub lag_days: i32,
    /// How the lag was estimated.
    pub basis: Basis,
}

/// Sightings from which a lag is taken; with fewer of them the one index date is used.
const ENOUGH: usize = 3;

/// The next period is the one after the last value (for business-daily series the next weekday); its release its end + the lag.
///
/// `None` where the lag cannot be known: no index date, an index date before the end of the last period, or a series that
/// was [stale](super::Staleness) already when it was indexed.
pub fn expected_release(
    observations: &Observations,
    indexed: Option<Date>,
    sightings: &[Sighting],
) -> Option<ExpectedRelease> {
    let (last, _) = observations.values().next_back()?;
    let on_weekends =
        last.frequency() != Frequency::Daily || observations.values().any(|(p, _)| p.is_weekend());
    let mut period = last.next()?;
    while !on_weekends && period.is_weekend() {
        period = period.next()?;
    }
    if let Some(indexed) = indexed
        && staleness(observations, indexed)?.stale
    {
        return None;
    }
    let (basis, lag_days, earliest, latest) =
        from_sightings(period, sightings).or_else(|| from_index_date(last, period, indexed?))?;
    let moved = |day| if on_weekends { Some(day) } else { weekday_from(day) };
    let day = moved(after(period, lag_days)?)?;
    Some(ExpectedRelease { period, day, earliest: moved(earliest)?, latest: moved(latest)?, lag_days, basis })
}

type Estimate = (Basis, i32, Date, Date);

fn from_sightings(next: Period, sightings: &[Sighting]) -> Option<Estimate> {
    let fitting = sightings.iter().filter(|seen| seen.period.frequency() == next.frequency());
    let mut lags: Vec<i32> =
        fitting.map(|seen| days_between(seen.period.end_day(), seen.first_seen)).collect();
    lags.sort_unstable();
    if lags.len() < ENOUGH {
        return None;
    }
    // Of an even number the later one of the two in the middle: rather late than in vain.
    let (first, middle, last) = (*lags.first()?, *lags.get(lags.len() / 2)?, *lags.last()?);
    Some((Basis::Sightings { count: lags.len() }, middle, after(next, first)?, after(next, last)?))
}

fn from_index_date(last: Period, next: Period, indexed: Date) -> Option<Estimate> {
    let lag = days_between(last.end_day(), indexed);
    if lag < 0 {
        return None;
    }
    let latest = after(next, lag)?;
    Some((Basis::IndexDate, lag, indexed.tomorrow().ok()?.min(latest), latest))
}

fn after(period: Period, days: i32) -> Option<Date> {
    period.end_day().checked_add(jiff::Span::new().try_days(days).ok()?).ok()
}

fn weekday_from(day: Date) -> Option<Date> {
    let days = match day.weekday() {
        Weekday::Saturday => 2,
        Weekday::Sunday => 1,
        _ => 0,
    };
    day.checked_add(days.days()).ok()
}
