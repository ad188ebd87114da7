//! Whether the store can be reached, as all connections of a bus see it together.

mod breaker;

use std::time::{Duration, Instant};

use parking_lot::Mutex;
use smol_str::SmolStr;

pub use self::breaker::BreakerState;

pub(crate) use self::breaker::Breaker;

use crate::store::StoreError;

/// What the connections of one bus report. An outage is said once when it begins and once when it is over, however many
/// connections it hits.
#[derive(Debug, Default)]
pub(crate) struct Connectivity {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Roles of the connections that are down.
    down: Vec<SmolStr>,
    since: Option<Instant>,
    reason: Option<String>,
    reconnects: u64,
}

impl Connectivity {
    /// A connection was lost, or could not be made, or is refused for the time being.
    pub(crate) fn down(&self, role: &str, error: &StoreError) {
        let mut state = self.state.lock();
        if state.down.is_empty() {
            tracing::warn!(%error, "the store cannot be used; trying again until it can");
            state.since = Some(Instant::now());
        }
        state.reason = Some(error.to_string());
        if !state.down.iter().any(|known| known == role) {
            state.down.push(role.into());
        }
    }

    /// A connection works (again).
    pub(crate) fn up(&self, role: &str) {
        let mut state = self.state.lock();
        let Some(at) = state.down.iter().position(|known| known == role) else { return };
        state.down.swap_remove(at);
        state.reconnects += 1;
        if state.down.is_empty() {
            let outage = state.since.take().map_or(Duration::ZERO, |since| since.elapsed());
            state.reason = None;
            tracing::info!(after_ms = outage.as_millis() as u64, "the store can be used again");
        }
    }

    /// A connection is no longer wanted.
    pub(crate) fn forget(&self, role: &str) {
        self.state.lock().down.retain(|known| known != role);
    }

    /// Whether this connection is down.
    pub(crate) fn is_down(&self, role: &str) -> bool {
        self.state.lock().down.iter().any(|known| known == role)
    }

    /// Why the store cannot be used, if so.
    pub(crate) fn trouble(&self) -> Option<String> {
        let state = self.state.lock();
        if state.down.is_empty() { None } else { state.reason.clone() }
    }

    /// Connections that were made again.
    pub(crate) fn reconnects(&self) -> u64 {
        self.state.lock().reconnects
    }
}

/// Waiting times between tries: random up to a bound that doubles, so that many clients do not come back at once.
#[derive(Debug, Clone)]
pub(crate) struct Backoff {
    least: Duration,
    most: Duration,
    bound: Duration,
}

impl Backoff {
    pub(crate) fn new(least: Duration, most: Duration) -> Self {
        Self { least, most, bound: least }
    }

    /// How long to wait before the next try.
    pub(crate) fn next(&mut self) -> Duration {
        let delay = self.least.mul_f64(0.5) + self.bound.mul_f64(fastrand::f64());
        self.bound = (self.bound * 2).min(self.most);
        delay.min(self.most)
    }

    /// It worked.
    pub(crate) fn reset(&mut self) {
        self.bound = self.least;
    }
}

#[cfg(test)]
mod tests {
    use super::Backoff;
    use std::time::Duration;

    #[test]
    fn backoff_is_bounded_and_starts_over() {
        let (least, most) = (Duration::from_millis(50), Duration::from_secs(2));
        let mut backoff = Backoff::new(least, most);
        assert!(backoff.next() <= least.mul_f64(1.5));
        for _ in 0..100 {
            let delay = backoff.next();
            assert!(delay >= least / 2 && delay <= most, "{delay:?}");
        }
        backoff.reset();
        assert!(backoff.next() <= least.mul_f64(1.5));
    }
}
