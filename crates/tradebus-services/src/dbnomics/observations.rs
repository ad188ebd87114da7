//! The observations of one series: periods and values, sorted.

use serde::{Deserialize, Serialize};

use super::period::{Frequency, Period};

/// A period and its value. `None` is a missing one ("NA", null, a sentinel).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Observation {
    /// When.
    pub period: Period,
    /// How much, in the unit of the series. Always finite in [`Observations`].
    pub value: Option<f64>,
}

/// Observations of one frequency, oldest first, each period once.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Observations {
    frequency: Frequency,
    list: Vec<Observation>,
    unreadable: Vec<String>,
    conflicting: Vec<Period>,
}

impl Observations {
    /// At most this many unreadable or conflicting periods are named.
    pub const MAX_NAMED: usize = 100;

    /// Sorts observations; their order in the input does not matter.
    ///
    /// A period of another frequency is taken as the period of `frequency` in which it begins (weekly data are dated by a
    /// day in places). Where a period occurs with different values none of them can be trusted: it is missing, and
    /// named by [`conflicting`](Self::conflicting). Values that are not finite are missing.
    pub fn new(frequency: Frequency, observations: impl IntoIterator<Item = Observation>) -> Self {
        let mut list: Vec<Observation> = Vec::new();
        for Observation { period, value } in observations {
            let fitting = if period.frequency() == frequency {
                Some(period)
            } else {
                Period::containing(frequency, period.start_day())
            };
            if let Some(period) = fitting {
                list.push(Observation { period, value: value.filter(|value| value.is_finite()) });
            }
        }
        list.sort_by_key(|observation| observation.period);
        let mut conflicting = Vec::new();
        list.dedup_by(|later, kept| merge(later, kept, &mut conflicting));
        // A third value may have come back after the conflict: the verdict holds.
        for observation in &mut list {
            if conflicting.binary_search(&observation.period).is_ok() {
                observation.value = None;
            }
        }
        conflicting.truncate(Self::MAX_NAMED);
        Self { frequency, list, unreadable: Vec::new(), conflicting }
    }

    /// Names the periods that could not be read, at most [`MAX_NAMED`](Self::MAX_NAMED).
    #[must_use]
    pub(crate) fn with_unreadable(mut self, mut unreadable: Vec<String>) -> Self {
        unreadable.truncate(Self::MAX_NAMED);
        self.unreadable = unreadable;
        self
    }

    /// The frequency of all its periods.
    pub fn frequency(&self) -> Frequency {
        self.frequency
    }

    /// All of them, oldest first.
    pub fn as_slice(&self) -> &[Observation] {
        &self.list
    }

    /// Those that have a value, oldest first.
    pub fn values(&self) -> impl DoubleEndedIterator<Item = (Period, f64)> + Clone + '_ {
        self.list.iter().filter_map(|observation| Some((observation.period, observation.value?)))
    }

    /// The value of a period. `None` if it is missing or not there.
    pub fn value_of(&self, period: Period) -> Option<f64> {
        let at = self.list.binary_search_by_key(&period, |observation| observation.period).ok()?;
        self.list[at].value
    }

    /// Texts of periods that could not be read, and were left out.
    pub fn unreadable(&self) -> &[String] {
        &self.unreadable
    }

    /// Periods that occurred with different values, and count as missing.
    pub fn conflicting(&self) -> &[Period] {
        &self.conflicting
    }

    /// Those whose period `keep` accepts.
    #[must_use]
    pub fn filtered(&self, keep: impl Fn(Period) -> bool) -> Self {
        let list = self.list.iter().copied().filter(|observation| keep(observation.period)).collect();
        Self { list, ..self.clone() }
    }
}

/// Whether `later` has the period of `kept` and goes.
fn merge(later: &mut Observation, kept: &mut Observation, conflicting: &mut Vec<Period>) -> bool {
    if later.period != kept.period {
        return false;
    }
    match (kept.value, later.value) {
        (Some(a), Some(b)) if a.to_bits() != b.to_bits() && conflicting.last() != Some(&kept.period) => {
            conflicting.push(kept.period);
        }
        (None, Some(value)) => kept.value = Some(value),
        _ => {}
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(period: &str, value: f64) -> Observation {
        Observation { period: period.parse().unwrap(), value: Some(value) }
    }

    #[test]
    fn sorted_whatever_the_order() {
        let observations = Observations::new(Frequency::Annual, [at("2021", 2.0), at("2020", 1.0)]);
        assert_eq!(observations.as_slice(), [at("2020", 1.0), at("2021", 2.0)]);
        assert_eq!(observations.value_of("2021".parse().unwrap()), Some(2.0));
    }

    #[test]
    fn different_values_of_one_period_are_missing() {
        let twice = [at("2020", 1.0), at("2020", 3.0), at("2020", 1.0), at("2021", 2.0), at("2021", 2.0)];
        let observations = Observations::new(Frequency::Annual, twice);
        assert_eq!(observations.conflicting(), ["2020".parse().unwrap()]);
        assert_eq!(observations.value_of("2020".parse().unwrap()), None);
        assert_eq!(observations.value_of("2021".parse().unwrap()), Some(2.0));
    }

    #[test]
    fn days_of_a_weekly_series_are_its_weeks() {
        let observations =
            Observations::new(Frequency::Weekly, [at("2026-07-08", 1.0), at("2026-07-15", 2.0)]);
        let weeks: Vec<String> = observations.as_slice().iter().map(|o| o.period.to_string()).collect();
        assert_eq!(weeks, ["2026-W28", "2026-W29"]);
    }

    #[test]
    fn what_is_not_finite_is_missing() {
        let observations =
            Observations::new(Frequency::Annual, [at("2020", f64::NAN), at("2021", f64::INFINITY)]);
        assert_eq!(observations.values().count(), 0);
    }
}
