//! A circuit breaker: after a question that was not answered, no other one waits for a time-out until one has been answered.

use std::time::Instant;

use serde::Serialize;

use super::Backoff;

/// Whether the store is asked what it is asked now and then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum BreakerState {
    /// It answered when it was last asked.
    Closed,
    /// It did not answer, and is not asked until a while is over.
    Open,
    /// One question is under way, to see whether it answers again.
    HalfOpen,
}

/// The state machine; the clock is the caller's.
#[derive(Debug)]
pub(crate) struct Breaker {
    state: State,
    backoff: Backoff,
    trips: u64,
}

#[derive(Debug, Clone, Copy)]
enum State {
    Closed,
    Open { retry_at: Instant },
    HalfOpen,
}

impl Breaker {
    /// A closed one; `backoff` says how long it stays open.
    pub(crate) fn new(backoff: Backoff) -> Self {
        Self { state: State::Closed, backoff, trips: 0 }
    }

    pub(crate) fn state(&self) -> BreakerState {
        match self.state {
            State::Closed => BreakerState::Closed,
            State::Open { .. } => BreakerState::Open,
            State::HalfOpen => BreakerState::HalfOpen,
        }
    }

    /// How often it has opened.
    pub(crate) fn trips(&self) -> u64 {
        self.trips
    }

    /// When a question may be tried, if it is open.
    pub(crate) fn retry_at(&self) -> Option<Instant> {
        match self.state {
            State::Open { retry_at } => Some(retry_at),
            State::Closed | State::HalfOpen => None,
        }
    }

    /// Takes the one question that shows whether the store answers again, and tells whether it may be asked: not while it is under way. It must be
    /// followed by [`answered`](Self::answered), [`failed`](Self::failed) or [`given_up`](Self::given_up).
    pub(crate) fn try_again(&mut self) -> bool {
        let may = matches!(self.state, State::Open { .. });
        if may {
            self.state = State::HalfOpen;
        }
        may
    }

    /// A question was answered.
    pub(crate) fn answered(&mut self) {
        self.state = State::Closed;
        self.backoff.reset();
    }

    /// A question was not answered.
    pub(crate) fn failed(&mut self, now: Instant) {
        match self.state {
            // One that was asked before it opened says nothing new.
            State::Open { .. } => return,
            State::Closed => self.trips += 1,
            State::HalfOpen => {}
        }
        self.state = State::Open { retry_at: now + self.backoff.next() };
    }

    /// Whoever asked waits no longer: somebody else may try.
    pub(crate) fn given_up(&mut self, now: Instant) {
        if let State::HalfOpen = self.state {
            self.state = State::Open { retry_at: now };
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::{Backoff, Breaker, BreakerState};

    const LEAST: Duration = Duration::from_millis(50);
    const MOST: Duration = Duration::from_secs(2);

    fn open(now: Instant) -> Breaker {
        let mut breaker = Breaker::new(Backoff::new(LEAST, MOST));
        breaker.failed(now);
        breaker
    }

    #[test]
    fn it_opens_with_a_failure_and_closes_with_an_answer() {
        let start = Instant::now();
        let mut breaker = open(start);
        assert_eq!((breaker.state(), breaker.trips()), (BreakerState::Open, 1));
        let retry_at = breaker.retry_at().unwrap();
        assert!(retry_at >= start + LEAST / 2 && retry_at <= start + LEAST.mul_f64(1.5));

        assert!(breaker.try_again());
        assert_eq!((breaker.state(), breaker.retry_at()), (BreakerState::HalfOpen, None));
        assert!(!breaker.try_again(), "one question is enough");
        breaker.answered();
        assert_eq!((breaker.state(), breaker.trips()), (BreakerState::Closed, 1));
        assert!(!breaker.try_again(), "there is nothing to try");
    }

    #[test]
    fn the_while_grows_up_to_its_bound_and_starts_over() {
        let mut now = Instant::now();
        let mut breaker = open(now);
        for _ in 0..100 {
            let retry_at = breaker.retry_at().unwrap();
            assert!(retry_at >= now + LEAST / 2 && retry_at <= now + MOST);
            now = retry_at;
            assert!(breaker.try_again());
            breaker.failed(now);
        }
        assert_eq!(breaker.trips(), 1, "it was never closed");
        breaker.answered();
        breaker.failed(now);
        assert!(breaker.retry_at().unwrap() <= now + LEAST.mul_f64(1.5));
    }

    #[test]
    fn late_failures_change_nothing_and_what_is_given_up_can_be_tried() {
        let start = Instant::now();
        let mut breaker = open(start);
        let retry_at = breaker.retry_at();
        breaker.failed(start + LEAST);
        assert_eq!(breaker.retry_at(), retry_at, "it was asked before");
        assert!(breaker.try_again());
        breaker.given_up(start);
        assert_eq!((breaker.state(), breaker.retry_at()), (BreakerState::Open, Some(start)));
        assert!(breaker.try_again(), "nobody waits for the other one");
    }
}
