//! What changed in a series between two fetches, in a form that fits into a message.

use serde::{Deserialize, Serialize};

use crate::dbnomics::indicators::{Revision, Revisions};
use crate::dbnomics::{Observation, Period};

/// Periods of a kind that are listed: a series that is computed anew changes as a whole.
const MAX_LISTED: usize = 100;

/// The differences of two fetches. The lists are oldest first, and have the newest 100 at most.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Changes {
    /// When `DBnomics` had read the series of the earlier fetch, as it wrote that.
    pub(super) since: Option<String>,
    /// Periods that have a value and were not there before.
    pub(super) new: Vec<Observation>,
    /// Periods that have another value, or none any more.
    pub(super) revised: Vec<Revision>,
    /// Periods that are gone.
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
    pub(super) fn of(since: Option<String>, found: Revisions) -> Self {
        let Revisions { changed, mut added, removed } = found;
        added.retain(|observation| observation.value.is_some());
        let counts = Counts { new: added.len(), revised: changed.len(), removed: removed.len() };
        Self { since, new: newest(added), revised: newest(changed), removed: newest(removed), counts }
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

    fn at(year: i16, value: Option<f64>) -> Observation {
        Observation { period: format!("{year:04}").parse().unwrap(), value }
    }

    #[test]
    fn the_newest_are_listed_and_all_are_counted() {
        let added = (1800..2000).map(|year| at(year, Some(1.0))).collect();
        let changes = Changes::of(None, Revisions { added, ..Revisions::default() });
        assert_eq!((changes.counts.new, changes.new.len()), (200, 100));
        assert_eq!((changes.new[0], changes.new[99]), (at(1900, Some(1.0)), at(1999, Some(1.0))));
    }

    #[test]
    fn a_period_without_a_value_is_no_news() {
        let added = vec![at(2026, None)];
        assert!(Changes::of(None, Revisions { added, ..Revisions::default() }).is_empty());
    }
}
