//! Questions to the store that nobody waits for longer than is allowed, and that are not asked while it does not answer.

use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio::time::timeout;

use crate::config::BusConfig;
use crate::connectivity::{Backoff, Breaker, BreakerState, Connectivity};
use crate::store::StoreError;

/// Why a question has no answer.
#[derive(Debug, Clone)]
pub(super) enum Unanswered {
    /// The store says why.
    Error(StoreError),
    /// It did not answer in time.
    Late(Duration),
    /// It was not asked: it has not answered shortly before, and this is why.
    NotAsked(String),
}

impl Unanswered {
    /// Whether further questions are pointless for the time being.
    pub(super) fn is_silence(&self) -> bool {
        match self {
            Self::Error(error) => error.ends_connection(),
            Self::Late(_) | Self::NotAsked(_) => true,
        }
    }
}

impl std::fmt::Display for Unanswered {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Error(error) => error.fmt(f),
            Self::Late(patience) => write!(f, "the store did not answer within {} ms", patience.as_millis()),
            Self::NotAsked(reason) => f.write_str(reason),
        }
    }
}

/// The circuit breaker of the questions that a bus asks its store now and then.
#[derive(Debug)]
pub(super) struct Guard {
    patience: Duration,
    connectivity: Arc<Connectivity>,
    state: Mutex<State>,
    /// It has opened or closed.
    changed: Notify,
}

#[derive(Debug)]
struct State {
    breaker: Breaker,
    /// Why it has opened.
    reason: String,
    /// Connections that had been made again when it opened.
    reconnects: u64,
}

impl Guard {
    pub(super) fn new(config: &BusConfig, connectivity: &Arc<Connectivity>) -> Self {
        let backoff = Backoff::new(config.reconnect_min(), config.reconnect_max());
        let state = State { breaker: Breaker::new(backoff), reason: String::new(), reconnects: 0 };
        Self {
            patience: config.heartbeat_timeout(),
            connectivity: connectivity.clone(),
            state: Mutex::new(state),
            changed: Notify::new(),
        }
    }

    /// Longest that anybody waits for an answer.
    pub(super) fn patience(&self) -> Duration {
        self.patience
    }

    pub(super) fn state(&self) -> BreakerState {
        self.state.lock().breaker.state()
    }

    pub(super) fn trips(&self) -> u64 {
        self.state.lock().breaker.trips()
    }

    /// When the question is due that shows whether the store answers again.
    pub(super) fn retry_at(&self) -> Option<Instant> {
        self.state.lock().breaker.retry_at()
    }

    /// Returns when it has opened or closed since the last call. For one task only. Cancel safe.
    pub(super) async fn changed(&self) {
        self.changed.notified().await;
    }

    /// Asks, if the store answered before, or if a connection works again that was lost. Whoever waits for the answer is not the one to wait for a
    /// time-out again.
    pub(super) async fn ask<T>(
        &self,
        question: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, Unanswered> {
        let is_back = |state: &State| self.connectivity.reconnects() != state.reconnects;
        self.ask_if(is_back, question).await
    }

    /// Asks also if it is time to try again.
    pub(super) async fn try_ask<T>(
        &self,
        question: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, Unanswered> {
        let is_due = |state: &State| state.breaker.retry_at().is_some_and(|at| Instant::now() >= at);
        self.ask_if(is_due, question).await
    }

    /// Asks if the breaker is closed, or open and `may_try`.
    async fn ask_if<T>(
        &self,
        may_try: impl FnOnce(&State) -> bool,
        question: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, Unanswered> {
        {
            let mut state = self.state.lock();
            let may_ask = state.breaker.state() == BreakerState::Closed
                || (may_try(&state) && state.breaker.try_again());
            if !may_ask {
                return Err(Unanswered::NotAsked(state.reason.clone()));
            }
        }
        let asking = Asking { guard: self, settled: false };
        let answer = match timeout(self.patience, question).await {
            Ok(answer) => answer.map_err(Unanswered::Error),
            Err(_elapsed) => Err(Unanswered::Late(self.patience)),
        };
        asking.settle(answer.as_ref().err());
        answer
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        let mut state = self.state.lock();
        let before = state.breaker.state();
        change(&mut state);
        if state.breaker.state() != before {
            self.changed.notify_one();
        }
    }
}

/// A question under way.
struct Asking<'a> {
    guard: &'a Guard,
    settled: bool,
}

impl Asking<'_> {
    fn settle(mut self, failure: Option<&Unanswered>) {
        self.settled = true;
        let guard = self.guard;
        guard.change(|state| match failure.filter(|failure| failure.is_silence()) {
            None => state.breaker.answered(),
            Some(failure) => {
                state.breaker.failed(Instant::now());
                state.reason = failure.to_string();
                state.reconnects = guard.connectivity.reconnects();
            }
        });
    }
}

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        if !self.settled {
            self.guard.change(|state| state.breaker.given_up(Instant::now()));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};
    use std::sync::Arc;

    use futures_util::FutureExt;

    use super::{BreakerState, Connectivity, Guard, StoreError, Unanswered};
    use crate::BusConfig;

    fn guard() -> (Guard, Arc<Connectivity>) {
        let connectivity = Arc::default();
        // Only a sign that the store is back ends the wait.
        let (reconnect_min_ms, reconnect_max_ms) = (600_000, 600_000);
        let config =
            BusConfig { heartbeat_timeout: 0.01, reconnect_min_ms, reconnect_max_ms, ..BusConfig::default() };
        (Guard::new(&config, &connectivity), connectivity)
    }

    fn refused() -> StoreError {
        StoreError::Refused { server: "s".into(), detail: "NOPERM".to_owned() }
    }

    #[tokio::test]
    async fn who_is_not_asked_is_told_what_was_known() {
        let (guard, _) = guard();
        assert_eq!(guard.ask(ready(Ok(1))).await.unwrap(), 1);
        assert!(matches!(guard.ask(pending::<Result<(), _>>()).await, Err(Unanswered::Late(_))));
        assert_eq!((guard.state(), guard.trips()), (BreakerState::Open, 1));
        guard.changed().await;
        for answer in [guard.ask(ready(Ok(1))).await, guard.try_ask(ready(Ok(1))).await] {
            let Err(Unanswered::NotAsked(reason)) = answer else { panic!("{answer:?}") };
            assert_eq!(reason, "the store did not answer within 10 ms");
        }
    }

    #[tokio::test]
    async fn a_refusal_is_an_answer() {
        let (guard, _) = guard();
        let answer = guard.ask(ready(Err::<(), _>(refused()))).await;
        assert!(matches!(&answer, Err(error @ Unanswered::Error(_)) if !error.is_silence()), "{answer:?}");
        assert_eq!(guard.state(), BreakerState::Closed);
    }

    #[tokio::test]
    async fn a_connection_that_works_again_is_reason_to_ask() {
        let (guard, connectivity) = guard();
        guard.ask(pending::<Result<(), _>>()).await.unwrap_err();
        connectivity.down("lane", &refused());
        connectivity.up("lane");
        // Whoever gives up leaves the question to the next.
        assert!(guard.ask(pending::<Result<(), _>>()).now_or_never().is_none());
        assert_eq!(guard.state(), BreakerState::Open);
        assert_eq!(guard.ask(ready(Ok(1))).await.unwrap(), 1);
        assert_eq!((guard.state(), guard.retry_at()), (BreakerState::Closed, None));
    }
}
