//! A series as answers show it.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Serialize;
use tradebus::ServiceError;

use super::ask::bad_upstream;
use super::shape;
use crate::dbnomics::indicators::{Staleness, is_over, known_until, staleness};
use crate::dbnomics::model::Series;
use crate::dbnomics::{Frequency, Observations, Period, Sentinels};

/// Which series it is.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Identity {
    /// `PROVIDER/DATASET/SERIES`
    pub(super) id: String,
    pub(super) provider_code: String,
    pub(super) dataset_code: String,
    pub(super) series_code: String,
    pub(super) dataset_name: String,
    pub(super) series_name: String,
    pub(super) dimensions: BTreeMap<String, String>,
    /// When `DBnomics` last read it, as it wrote that. Says nothing about the age of the data.
    pub(super) indexed_at: Option<String>,
}

impl Identity {
    pub(super) fn of(series: &Series) -> Self {
        Self {
            id: format!("{}/{}/{}", series.provider_code, series.dataset_code, series.series_code),
            provider_code: series.provider_code.clone(),
            dataset_code: series.dataset_code.clone(),
            series_code: series.series_code.clone(),
            dataset_name: series.dataset_name.clone(),
            series_name: series.series_name.clone(),
            dimensions: series.dimensions.clone(),
            indexed_at: series.indexed_at.clone(),
        }
    }
}

/// A series with its observations.
#[derive(Debug, Serialize)]
pub(super) struct Observed {
    #[serde(flatten)]
    identity: Identity,
    frequency: Frequency,
    /// Oldest first, each period once.
    observations: Vec<Point>,
    /// The first period that was not over when the data were read: its value and those after it are projections.
    projections_from: Option<Period>,
    /// How old the last value is that is no projection.
    staleness: Option<Staleness>,
    /// What to mind: sentences for people.
    warnings: Vec<String>,
}

/// An observation.
#[derive(Debug, Serialize)]
struct Point {
    period: Period,
    /// The first day of the period.
    start: Date,
    /// In the unit of the series; null where there is none.
    value: Option<f64>,
}

/// How many observations may still go into an answer.
///
/// Beyond [`MAX_OBSERVATIONS`] they are counted, but no longer kept: an answer must fit into a message, and many long series would
/// fill the memory before that is found out.
#[derive(Debug, Default)]
pub(super) struct Budget {
    counted: usize,
}

/// The most observations of an answer: about 7 MB.
pub(super) const MAX_OBSERVATIONS: usize = 100_000;

impl Budget {
    /// Counts the observations of a series, and drops them if they are too many.
    pub(super) fn spend(&mut self, series: &mut Observed) {
        self.counted += series.observations.len();
        if self.counted > MAX_OBSERVATIONS {
            series.observations = Vec::new();
        }
    }

    /// # Errors
    ///
    /// `bad_request` if they were too many: says how many, and what `help`s.
    pub(super) fn check(&self, field: &str, help: &str) -> Result<(), ServiceError> {
        if self.counted <= MAX_OBSERVATIONS {
            return Ok(());
        }
        Err(ServiceError::bad_request(format!(
            "`{field}`: the answer would have {} observations, allowed are {MAX_OBSERVATIONS}: {help}",
            self.counted
        )))
    }
}

/// From which period to which observations are wanted, both included.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Span {
    pub(super) start: Option<Period>,
    pub(super) end: Option<Period>,
}

impl Span {
    /// Whether a period lies in it as a whole.
    fn holds(self, period: Period) -> bool {
        self.start.is_none_or(|start| period.start_day() >= start.start_day())
            && self.end.is_none_or(|end| period.end_day() <= end.end_day())
    }
}

impl Observed {
    /// A series with its observations of a span, as of a day.
    ///
    /// # Errors
    ///
    /// `bad_upstream` when its lists cannot be read.
    pub(super) fn of(
        series: &Series,
        span: Span,
        sentinels: &Sentinels,
        today: Date,
    ) -> Result<Self, ServiceError> {
        let all = observations(series, sentinels)?;
        let indexed = series.indexed_at().map(|time| time.to_zoned(TimeZone::UTC).date());
        let until = known_until(today, indexed);
        let staleness = staleness(&all.filtered(|period| is_over(period, until)), today);
        let projections_from = all.values().map(|(period, _)| period).find(|period| !is_over(*period, until));
        let warnings = warnings(series, &all, staleness.as_ref(), projections_from);
        let wanted = all.as_slice().iter().filter(|observation| span.holds(observation.period));
        let observations = wanted
            .map(|it| Point { period: it.period, start: it.period.start_day(), value: it.value })
            .collect();
        let (identity, frequency) = (Identity::of(series), all.frequency());
        Ok(Self { identity, frequency, observations, projections_from, staleness, warnings })
    }
}

/// The observations of a series of an answer.
///
/// # Errors
///
/// `bad_upstream` when its lists cannot be read.
pub(super) fn observations(series: &Series, sentinels: &Sentinels) -> Result<Observations, ServiceError> {
    shape::lists(series).map_err(|reason| bad_upstream(&reason))?;
    series.observations(sentinels).map_err(|error| bad_upstream(&error))
}

/// The day of now, UTC.
pub(super) fn today() -> Date {
    jiff::Timestamp::now().to_zoned(TimeZone::UTC).date()
}

fn warnings(
    series: &Series,
    all: &Observations,
    staleness: Option<&Staleness>,
    projections_from: Option<Period>,
) -> Vec<String> {
    let mut warnings = Vec::new();
    match staleness {
        Some(it) if it.stale => {
            let (last, age, rule) = (it.last, it.age_days, &it.rule);
            warnings.push(format!("the last value is of {last}, which ended {age} days ago: {rule}"));
        }
        Some(_) => {}
        None => warnings.push("there is no value".to_owned()),
    }
    if let Some(period) = projections_from {
        warnings.push(format!("values from {period} on are projections of the provider"));
    }
    let strange = shape::strange(series);
    if strange > 0 {
        warnings.push(format!("{strange} values are no numbers, and count as missing"));
    }
    if !all.unreadable().is_empty() {
        warnings.push(format!("periods that cannot be read are left out: {}", all.unreadable().join(", ")));
    }
    if !all.conflicting().is_empty() {
        let periods: Vec<String> = all.conflicting().iter().map(ToString::to_string).collect();
        warnings.push(format!("periods with several values count as missing: {}", periods.join(", ")));
    }
    warnings
}
