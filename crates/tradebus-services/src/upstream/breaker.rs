//! Leaves an upstream alone that only fails.

use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;

use super::config::BreakerConfig;

/// A circuit breaker: closed while all is well, open after failures in a row, and after a while half open: one request
/// tries, and decides.
#[derive(Debug)]
pub(super) struct Breaker {
    failures: u32,
    open_for: Duration,
    state: Mutex<State>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Closed {
        failures: u32,
    },
    Open {
        until: Instant,
    },
    /// A request is under way that decides.
    Probing,
}

/// What the breaker would say to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Position {
    Closed { failures: u32 },
    Open { wait: Duration },
    HalfOpen,
}

/// The leave to send one request. Dropped without a word, as when the caller goes away, it says nothing about the upstream.
#[derive(Debug)]
pub(super) struct Pass<'a> {
    breaker: &'a Breaker,
    probe: bool,
}

impl Breaker {
    pub(super) fn new(config: &BreakerConfig) -> Self {
        let state = Mutex::new(State::Closed { failures: 0 });
        Self { failures: config.failures, open_for: Duration::from_millis(config.open_ms), state }
    }

    /// Lets a request through, or says how long it makes no sense to ask again.
    pub(super) fn admit(&self) -> Result<Pass<'_>, Duration> {
        let mut state = self.state.lock();
        let wait = match *state {
            State::Closed { .. } => return Ok(Pass { breaker: self, probe: false }),
            State::Open { until } => until.saturating_duration_since(Instant::now()),
            // Whoever tries will know soon, but nobody can say when.
            State::Probing => return Err(Duration::ZERO),
        };
        if !wait.is_zero() {
            return Err(wait);
        }
        *state = State::Probing;
        Ok(Pass { breaker: self, probe: true })
    }

    pub(super) fn position(&self) -> Position {
        match *self.state.lock() {
            State::Closed { failures } => Position::Closed { failures },
            State::Open { until } => match until.saturating_duration_since(Instant::now()) {
                Duration::ZERO => Position::HalfOpen,
                wait => Position::Open { wait },
            },
            State::Probing => Position::HalfOpen,
        }
    }
}

impl Pass<'_> {
    /// The upstream works. Returns whether that closed the breaker.
    pub(super) fn succeeded(mut self) -> bool {
        let closes = std::mem::take(&mut self.probe);
        let mut state = self.breaker.state.lock();
        // An answer to what was asked before it opened proves nothing.
        if closes || matches!(*state, State::Closed { .. }) {
            *state = State::Closed { failures: 0 };
        }
        closes
    }

    /// The upstream failed. Returns whether that opened the breaker.
    pub(super) fn failed(mut self) -> bool {
        let probe = std::mem::take(&mut self.probe);
        let mut state = self.breaker.state.lock();
        let failures = match *state {
            State::Closed { failures } => failures.saturating_add(1),
            _ if probe => self.breaker.failures,
            _ => return false,
        };
        let opens = failures >= self.breaker.failures;
        *state = if opens {
            State::Open { until: Instant::now() + self.breaker.open_for }
        } else {
            State::Closed { failures }
        };
        opens
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        if self.probe {
            // The next one tries.
            *self.breaker.state.lock() = State::Open { until: Instant::now() };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn breaker() -> Breaker {
        Breaker::new(&BreakerConfig { failures: 2, open_ms: 1_000 })
    }

    fn open() -> Breaker {
        let breaker = breaker();
        assert!(!breaker.admit().unwrap().failed());
        assert!(breaker.admit().unwrap().failed());
        breaker
    }

    #[tokio::test(start_paused = true)]
    async fn failures_in_a_row_open_it_and_a_probe_closes_it() {
        let breaker = open();
        assert_eq!(breaker.admit().unwrap_err(), Duration::from_secs(1));
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(breaker.position(), Position::HalfOpen);
        let probe = breaker.admit().unwrap();
        assert_eq!(breaker.admit().unwrap_err(), Duration::ZERO, "one at a time");
        assert!(probe.succeeded());
        assert_eq!(breaker.position(), Position::Closed { failures: 0 });
    }

    #[tokio::test(start_paused = true)]
    async fn a_success_between_failures_keeps_it_closed() {
        let breaker = breaker();
        for _ in 0..5 {
            assert!(!breaker.admit().unwrap().failed());
            assert!(!breaker.admit().unwrap().succeeded());
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_failed_probe_opens_it_again() {
        let breaker = open();
        tokio::time::advance(Duration::from_secs(1)).await;
        assert!(breaker.admit().unwrap().failed());
        assert_eq!(breaker.position(), Position::Open { wait: Duration::from_secs(1) });
    }

    #[tokio::test(start_paused = true)]
    async fn an_abandoned_probe_leaves_room_for_the_next() {
        let breaker = open();
        tokio::time::advance(Duration::from_secs(1)).await;
        drop(breaker.admit().unwrap());
        assert!(breaker.admit().unwrap().succeeded());
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_asked_before_it_opened_does_not_count() {
        let breaker = breaker();
        let (early, late) = (breaker.admit().unwrap(), breaker.admit().unwrap());
        breaker.admit().unwrap().failed();
        breaker.admit().unwrap().failed();
        assert!(!early.succeeded());
        assert!(!late.failed());
        assert_eq!(breaker.position(), Position::Open { wait: Duration::from_secs(1) });
    }
}
