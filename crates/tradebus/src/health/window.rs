//! What the bus has counted lately: errors long ago say nothing about now, and a million good messages do not hide a hundred bad ones.

use std::time::{Duration, Instant};

use crate::Metrics;

/// Part of the messages above which failing counts as degraded.
const TOLERATED_ERROR_RATE: f64 = 0.01;

/// Deliveries that fail while nothing is acknowledged, from which on they are taken for a loop.
const LOOP: u64 = 3;

/// Where the counters of a bus stand.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Counts {
    /// Messages accepted and received.
    all: u64,
    /// Messages that failed, were dropped, or failed in a handler.
    bad: u64,
    received: u64,
    acked: u64,
    redelivered: u64,
    dead: u64,
    /// Messages that wait in subscriptions.
    waiting: usize,
}

impl Counts {
    pub(super) fn new(metrics: &Metrics, waiting: usize) -> Self {
        Self {
            all: metrics.messages_accepted + metrics.messages_received,
            bad: metrics.messages_failed + metrics.handler_errors + metrics.messages_dropped,
            received: metrics.messages_received,
            acked: metrics.groups.acked,
            redelivered: metrics.groups.redelivered,
            dead: metrics.groups.dead_lettered,
            waiting,
        }
    }
}

/// What was counted between the last check but one and now; the clock is the caller's.
#[derive(Debug)]
pub(super) struct Window {
    /// Longest that messages may wait in subscriptions without any being taken.
    patience: Duration,
    /// The last check but one, and the last one.
    looks: [(Instant, Counts); 2],
    /// Since when messages wait and none is taken.
    idle_since: Instant,
}

impl Window {
    pub(super) fn new(patience: Duration, now: Instant) -> Self {
        Self { patience, looks: [(now, Counts::default()); 2], idle_since: now }
    }

    /// Moves on: a check was made.
    pub(super) fn advance(&mut self, now: Instant, counts: Counts) {
        let last = self.looks[1].1;
        if counts.received != last.received || last.waiting == 0 || counts.waiting == 0 {
            self.idle_since = now;
        }
        self.looks = [self.looks[1], (now, counts)];
    }

    /// What speaks against `healthy`.
    pub(super) fn reasons(&self, now: Instant, counts: Counts) -> Vec<String> {
        let (since, base) = self.looks[0];
        let seconds = now.saturating_duration_since(since).as_secs_f64();
        let grown = |what: fn(&Counts) -> u64| what(&counts).saturating_sub(what(&base));
        let mut reasons = Vec::new();
        let error_rate = grown(|it| it.bad) as f64 / grown(|it| it.all).max(1) as f64;
        if error_rate > TOLERATED_ERROR_RATE {
            reasons.push(format!(
                "{:.1} % of the messages failed in the last {seconds:.1} s",
                error_rate * 100.0
            ));
        }
        let (again, dead) = (grown(|it| it.redelivered), grown(|it| it.dead));
        if again + dead >= LOOP && grown(|it| it.acked) == 0 {
            reasons.push(format!(
                "a poison loop: {again} messages were delivered again and {dead} became dead letters in the last {seconds:.1} s, and none was acknowledged"
            ));
        }
        let idle = now.saturating_duration_since(self.idle_since);
        let last = self.looks[1].1;
        if idle >= self.patience && counts.waiting > 0 && counts.received == last.received {
            let (waiting, idle) = (counts.waiting, idle.as_secs_f64());
            reasons.push(format!(
                "{waiting} messages wait in subscriptions, and none was taken for {idle:.1} s"
            ));
        }
        reasons
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::{Counts, Window};

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn the_error_rate_is_that_of_lately() {
        let start = Instant::now();
        let mut window = Window::new(SECOND * 100, start);
        let counts = |all, bad| Counts { all, bad, ..Counts::default() };
        assert!(window.reasons(start, counts(1000, 10)).is_empty());
        let found = window.reasons(start + SECOND, counts(1000, 25));
        assert_eq!(found, ["2.5 % of the messages failed in the last 1.0 s"]);
        for n in 1..=2 {
            window.advance(start + SECOND * n, counts(1000, 25));
        }
        assert!(window.reasons(start + SECOND * 3, counts(1000, 25)).is_empty(), "that was long ago");
        assert_eq!(window.reasons(start + SECOND * 3, counts(1010, 26)).len(), 1, "whatever was before");
    }

    #[test]
    fn deliveries_without_an_acknowledgement_are_a_loop() {
        let start = Instant::now();
        let window = Window::new(SECOND, start);
        let counts = |redelivered, dead, acked| Counts { acked, redelivered, dead, ..Counts::default() };
        assert!(window.reasons(start, counts(2, 0, 0)).is_empty());
        assert!(window.reasons(start, counts(20, 5, 1)).is_empty());
        let found = window.reasons(start + SECOND, counts(2, 1, 0));
        let expected = "a poison loop: 2 messages were delivered again and 1 became dead letters in the last 1.0 s, and none was acknowledged";
        assert_eq!(found, [expected]);
    }

    #[test]
    fn messages_that_nobody_takes_are_noticed_after_a_while() {
        let start = Instant::now();
        let at = |seconds| start + SECOND * seconds;
        let mut window = Window::new(SECOND * 3, start);
        let counts = |waiting, received| Counts { received, waiting, ..Counts::default() };
        window.advance(at(1), counts(0, 5));
        window.advance(at(10), counts(7, 5));
        assert!(window.reasons(at(12), counts(7, 5)).is_empty(), "they may have come just now");
        window.advance(at(12), counts(7, 5));
        assert_eq!(
            window.reasons(at(13), counts(8, 5)),
            ["8 messages wait in subscriptions, and none was taken for 3.0 s"]
        );
        assert!(window.reasons(at(13), counts(7, 6)).is_empty(), "one was taken");
        window.advance(at(14), counts(7, 6));
        assert!(window.reasons(at(15), counts(7, 6)).is_empty());
    }
}
