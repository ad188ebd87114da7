//! How fast a counter rises.

use std::time::Instant;

use parking_lot::Mutex;

/// Shortest time over which a rate is measured, in seconds: below, the last one still holds.
const SHORTEST: f64 = 1.0;

/// The rate of a counter between the last two looks at it that were at least a second apart.
#[derive(Debug)]
pub(crate) struct Rate {
    last: Mutex<Look>,
}

#[derive(Debug)]
struct Look {
    at: Instant,
    count: u64,
    per_second: f64,
    /// Before the second look there is no earlier rate to hold on to.
    first: bool,
}

impl Default for Rate {
    fn default() -> Self {
        Self { last: Mutex::new(Look { at: Instant::now(), count: 0, per_second: 0.0, first: true }) }
    }
}

impl Rate {
    /// The rate, given where the counter stands now.
    pub(crate) fn per_second(&self, count: u64) -> f64 {
        let mut last = self.last.lock();
        let elapsed = last.at.elapsed().as_secs_f64();
        let rate = count.saturating_sub(last.count) as f64 / elapsed.max(1e-9);
        if elapsed >= SHORTEST {
            *last = Look { at: Instant::now(), count, per_second: rate, first: false };
        }
        if last.first { rate } else { last.per_second }
    }
}
