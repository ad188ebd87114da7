//! What changed in a series between two fetches, in a form that fits into a message.

use serde::{Deserialize, Serialize};

use crate::dbnomics::indicators::{Revision, Revisions, revisions};
use crate::dbnomics::{Observation, Observations, Period};

/// Periods of a kind that are listed: a series that is computed anew changes as a whole.
const MAX_LISTED: usize = 100;

/// The differences of two fetches. The lists are oldest first, and have the newest 100 at most.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Changes {
    /// When `DBnomics` had read the series of the earlier fetch, as it wrote that.
    pub(super) since: Option<String>,
    /// Periods that have a value and had none before.
    pub(super) new: Vec<Observation>,
    /// Periods that have another value, or none any more.
    pub(super) revised: Vec<Revision>,
    /// Periods that had a value and are gone.
    pub(super) removed: Vec<Period>,
    pub(super) counts: Counts,
}

/// How many there are of each kind, listed or not.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Counts {
    new: usize,
    revised: usize,
    removed: usize,
}

impl Changes {
    pub(super) fn between(before: &Observations, now: &Observations, since: Option<String>) -> Self {
        let Revisions { changed, added, mut removed } = revisions(before, now);
        // A period that was announced without a value is new when it has one.
        let (filled, revised): (Vec<_>, Vec<_>) = changed.into_iter().partition(|it| it.before.is_none());
        let filled = filled.into_iter().map(|it| Observation { period: it.period, value: it.now });
        let mut new: Vec<Observation> = filled.chain(added).filter(|it| it.value.is_some()).collect();
        new.sort_by_key(|it| it.period);
        removed.retain(|period| before.value_of(*period).is_some());
        let counts = Counts { new: new.len(), revised: revised.len(), removed: removed.len() };
        Self { since, new: newest(new), revised: newest(revised), removed: newest(removed), counts }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.counts == Counts::default()
    }
}

fn newest<T>(mut all: Vec<T>) -> Vec<T> {
    all.split_off(all.len().saturating_sub(MAX_LISTED))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dbnomics::Frequency;

    fn years(values: impl IntoIterator<Item = (i16, Option<f64>)>) -> Observations {
        let at =
            |(year, value): (i16, _)| Observation { period: format!("{year:04}").parse().unwrap(), value };
        Observations::new(Frequency::Annual, values.into_iter().map(at))
    }

    fn changes(before: &[(i16, Option<f64>)], now: &[(i16, Option<f64>)]) -> Changes {
        Changes::between(&years(before.iter().copied()), &years(now.iter().copied()), None)
    }

    #[test]
    fn the_newest_are_listed_and_all_are_counted() {
        let now = years((1800..2000).map(|year| (year, Some(1.0))));
        let changes = Changes::between(&years([]), &now, None);
        assert_eq!((changes.counts.new, changes.new.len()), (200, 100));
        assert_eq!(changes.new[..], now.as_slice()[100..]);
    }

    #[test]
    fn a_period_is_news_when_it_has_a_value() {
        assert!(changes(&[], &[(2026, None)]).is_empty());
        assert!(changes(&[(2026, None)], &[]).is_empty());
        let filled = changes(&[(2026, None)], &[(2026, Some(1.0))]);
        assert_eq!(filled.counts, Counts { new: 1, revised: 0, removed: 0 });
        let gone = changes(&[(2025, Some(1.0)), (2026, Some(2.0))], &[(2025, None)]);
        assert_eq!(gone.counts, Counts { new: 0, revised: 1, removed: 1 });
    }
}
