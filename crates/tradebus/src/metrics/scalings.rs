//! The last changes of the number of workers.

use std::collections::VecDeque;

use parking_lot::Mutex;
use serde::Serialize;

/// Changes that are remembered.
const MOST: usize = 32;

/// A change of the number of workers of a pool: one for each handler.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Scaling {
    /// When, in nanoseconds since 1970 UTC.
    pub ts: u64,
    /// Of which pool, as the log names it: its pattern, and the group if it has one.
    pub pool: String,
    /// Workers before.
    pub from: usize,
    /// Workers then.
    pub to: usize,
    /// Why, in a few words.
    pub reason: &'static str,
    /// Utilization that led to it, 0 to 1: how full the queue is, or how busy the workers are.
    pub utilization: f64,
}

/// Remembers the last of them.
#[derive(Debug, Default)]
pub(crate) struct Scalings(Mutex<VecDeque<Scaling>>);

impl Scalings {
    pub(crate) fn note(&self, scaling: Scaling) {
        let mut last = self.0.lock();
        last.truncate(MOST - 1);
        last.push_front(scaling);
    }

    /// The newest first.
    pub(crate) fn read(&self) -> Vec<Scaling> {
        self.0.lock().iter().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{MOST, Scaling, Scalings};

    #[test]
    fn the_last_are_remembered_the_newest_first() {
        let scalings = Scalings::default();
        assert_eq!(scalings.read(), []);
        for ts in 0..100 {
            let pool = "quotes".to_owned();
            scalings.note(Scaling { ts, pool, from: 1, to: 2, reason: "", utilization: 0.9 });
        }
        let times: Vec<_> = scalings.read().iter().map(|scaling| scaling.ts).collect();
        assert_eq!(times, (0..100).rev().take(MOST).collect::<Vec<_>>());
    }
}
