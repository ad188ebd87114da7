//! What changed since an earlier fetch. DBnomics has no history of revisions: who wants one keeps what was fetched.

use serde::{Deserialize, Serialize};

use crate::dbnomics::observations::{Observation, Observations};
use crate::dbnomics::period::Period;

/// A period whose value is another one now.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Revision {
    /// The period.
    pub period: Period,
    /// Its value in the earlier fetch; `None` is missing.
    pub before: Option<f64>,
    /// Its value now; `None` is missing.
    pub now: Option<f64>,
}

/// The differences of two fetches, each list oldest first.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Revisions {
    /// Periods of both whose value differs.
    pub changed: Vec<Revision>,
    /// Periods that were not there before.
    pub added: Vec<Observation>,
    /// Periods that are gone.
    pub removed: Vec<Period>,
}

impl Revisions {
    /// Whether the two fetches are alike.
    pub fn is_empty(&self) -> bool {
        self.changed.is_empty() && self.added.is_empty() && self.removed.is_empty()
    }
}

/// Compares two fetches of one series. Values are compared exactly: the API writes what the provider publishes.
pub fn revisions(before: &Observations, now: &Observations) -> Revisions {
    let mut found = Revisions::default();
    let (mut old, mut new) = (before.as_slice(), now.as_slice());
    loop {
        match (old.split_first(), new.split_first()) {
            (Some((a, old_rest)), Some((b, new_rest))) if a.period == b.period => {
                if a.value != b.value {
                    found.changed.push(Revision { period: a.period, before: a.value, now: b.value });
                }
                (old, new) = (old_rest, new_rest);
            }
            (Some((a, old_rest)), b) if b.is_none_or(|(b, _)| a.period < b.period) => {
                found.removed.push(a.period);
                old = old_rest;
            }
            (_, Some((b, new_rest))) => {
                found.added.push(*b);
                new = new_rest;
            }
            _ => return found,
        }
    }
}
