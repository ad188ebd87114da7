//! A series: one entry of `series.docs`.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Deserialize;

use super::{Cell, lenient};
use crate::dbnomics::id::{IdError, SeriesId};
use crate::dbnomics::observations::{Observation, Observations};
use crate::dbnomics::period::{Frequency, Period};
use crate::dbnomics::sentinels::Sentinels;

/// A series of an answer. The lists are empty unless observations were asked for.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Series {
    /// `ECB`.
    #[serde(deserialize_with = "lenient::plain")]
    pub provider_code: String,
    /// `EXR`.
    #[serde(deserialize_with = "lenient::plain")]
    pub dataset_code: String,
    /// What the dataset is about.
    #[serde(deserialize_with = "lenient::plain")]
    pub dataset_name: String,
    /// `D.USD.EUR.SP00.A`.
    #[serde(deserialize_with = "lenient::plain")]
    pub series_code: String,
    /// What the series is.
    #[serde(deserialize_with = "lenient::plain")]
    pub series_name: String,
    /// Dimension code → value code.
    #[serde(deserialize_with = "lenient::texts")]
    pub dimensions: BTreeMap<String, String>,
    /// When DBnomics last read it, RFC 3339.
    #[serde(deserialize_with = "lenient::text")]
    pub indexed_at: Option<String>,
    /// `@frequency`, with observations only.
    #[serde(rename = "@frequency", deserialize_with = "lenient::text")]
    pub frequency: Option<String>,
    /// Periods as the API writes them.
    pub period: Option<Vec<String>>,
    /// The first day of each period.
    pub period_start_day: Option<Vec<String>>,
    /// The value of each period.
    pub value: Option<Vec<Cell>>,
    /// Attribute code and one text for each period, mostly empty: `["OBS_STATUS", ["", "p"]]`.
    #[serde(deserialize_with = "lenient::list")]
    pub observations_attributes: Vec<(String, Vec<String>)>,
}

/// The lists of a series do not belong together.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ShapeError {
    /// `period`, `period_start_day` and `value` must have one length.
    #[error(
        "{id}: period has {periods} entries, period_start_day {days}, value {values}: they must have one length"
    )]
    Lengths {
        /// The series.
        id: String,
        /// The length of `period`.
        periods: usize,
        /// The length of `period_start_day`.
        days: usize,
        /// The length of `value`.
        values: usize,
    },
    /// Neither `@frequency` nor any period can be read.
    #[error("{id}: no frequency: @frequency is {given:?}, and no period can be read")]
    Frequency {
        /// The series.
        id: String,
        /// What stands there.
        given: Option<String>,
    },
}

impl Series {
    /// Its id.
    ///
    /// # Errors
    /// Where a code is missing or not possible.
    pub fn id(&self) -> Result<SeriesId, IdError> {
        SeriesId::new(&self.provider_code, &self.dataset_code, &self.series_code)
    }

    /// When DBnomics last read it. `None` where that cannot be read.
    pub fn indexed_at(&self) -> Option<Timestamp> {
        self.indexed_at.as_deref()?.parse().ok()
    }

    /// Checks that the three lists have one length; how many observations there are.
    ///
    /// # Errors
    /// [`ShapeError::Lengths`] otherwise.
    pub fn check_lengths(&self) -> Result<usize, ShapeError> {
        let (periods, days, values) =
            (len(self.period.as_ref()), len(self.period_start_day.as_ref()), len(self.value.as_ref()));
        if periods == days && days == values {
            return Ok(periods);
        }
        Err(ShapeError::Lengths { id: self.label(), periods, days, values })
    }

    /// The observations: sorted, sentinels and "NA" as missing.
    ///
    /// A period that cannot be read is left out and named by [`Observations::unreadable`].
    ///
    /// # Errors
    /// Where the lists have different lengths, or the frequency cannot be known.
    pub fn observations(&self, sentinels: &Sentinels) -> Result<Observations, ShapeError> {
        self.check_lengths()?;
        let dataset = format!("{}/{}", self.provider_code, self.dataset_code);
        let missing = sentinels.of(&dataset);
        let (mut read, mut unreadable) = (Vec::new(), Vec::new());
        let cells = self.value.iter().flatten();
        for (text, cell) in self.period.iter().flatten().zip(cells) {
            match text.parse::<Period>() {
                Ok(period) => read.push(Observation { period, value: cell.number(missing) }),
                Err(error) => unreadable.push(error.0),
            }
        }
        let frequency = self.read_frequency(&read)?;
        Ok(Observations::new(frequency, read).with_unreadable(unreadable))
    }

    /// `@frequency`; where it cannot be read, the longest period that occurs, into which all others fit.
    fn read_frequency(&self, read: &[Observation]) -> Result<Frequency, ShapeError> {
        if let Some(Ok(frequency)) = self.frequency.as_deref().map(str::parse) {
            return Ok(frequency);
        }
        let of_periods = read.iter().map(|observation| observation.period.frequency()).min();
        of_periods.ok_or_else(|| ShapeError::Frequency { id: self.label(), given: self.frequency.clone() })
    }

    fn label(&self) -> String {
        format!("{}/{}/{}", self.provider_code, self.dataset_code, self.series_code)
    }
}

fn len<T>(list: Option<&Vec<T>>) -> usize {
    list.map_or(0, Vec::len)
}
