//! An open loop: so many a second, whatever became of those before.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// Says when the next one is due. One that falls behind catches up, since the rate is an average over the whole time.
pub(crate) struct Pace {
    started: Instant,
    per_second: f64,
    count: u64,
}

impl Pace {
    /// Starts now, with the first one due at once.
    pub(crate) fn new(per_second: f64) -> Self {
        Self { started: Instant::now(), per_second, count: 0 }
    }

    /// Returns when the next one is due. Cancel safe: a call that is dropped has not taken a turn.
    pub(crate) async fn turn(&mut self) {
        let due = self.due();
        if due > Instant::now() {
            sleep_until(due).await;
        }
        self.count += 1;
    }

    /// Forgets what was missed if that is more than a second's worth.
    pub(crate) fn forgive(&mut self) {
        if self.due().elapsed() > Duration::from_secs(1) {
            *self = Self::new(self.per_second);
        }
    }

    fn due(&self) -> Instant {
        let after = Duration::try_from_secs_f64(self.count as f64 / self.per_second).unwrap_or(Duration::MAX);
        // A time that no clock can show never comes; a hundred years will do.
        let never = || self.started + Duration::from_hours(100 * 365 * 24);
        self.started.checked_add(after).unwrap_or_else(never)
    }
}

/// Reads a rate: messages a second, as a number above 0.
pub(crate) fn parse_rate(text: &str) -> Result<f64, String> {
    let rate = text.parse().ok().filter(|rate: &f64| (1e-6..=1e9).contains(rate));
    rate.ok_or_else(|| "allowed are 0.000001 to 1000000000 messages a second".to_owned())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::{Instant, advance, pause};

    use super::{Pace, parse_rate};

    /// Milliseconds on the clock of the test, which stands still unless somebody waits; timers may be late by one.
    fn is_at(start: Instant, ms: u128) {
        let now = start.elapsed().as_millis();
        assert!((ms..=ms + 1).contains(&now), "{now} instead of {ms}");
    }

    #[tokio::test(flavor = "current_thread")]
    async fn turns_come_at_their_times_and_are_made_up_for() {
        pause();
        let start = Instant::now();
        let mut pace = Pace::new(4.0);
        for turn in 0..5 {
            pace.turn().await;
            is_at(start, turn * 250);
        }
        advance(Duration::from_secs(1)).await;
        for _ in 0..4 {
            pace.turn().await;
            // What was missed comes at once.
            is_at(start, 2000);
        }
        pace.turn().await;
        is_at(start, 2250);
    }

    #[tokio::test(flavor = "current_thread")]
    async fn what_is_forgiven_is_not_made_up_for() {
        pause();
        let start = Instant::now();
        let mut pace = Pace::new(10.0);
        pace.turn().await;
        advance(Duration::from_mins(1)).await;
        pace.forgive();
        for turn in 0..5 {
            pace.turn().await;
            is_at(start, 60_000 + turn * 100);
        }
    }

    #[tokio::test(flavor = "current_thread")]
    async fn no_rate_breaks_the_clock() {
        let mut pace = Pace::new(f64::MIN_POSITIVE);
        pace.turn().await;
        assert!(pace.due() > Instant::now());
    }

    #[test]
    fn rates() {
        assert_eq!(parse_rate("0.5"), Ok(0.5));
        for text in ["0", "-1", "nan", "inf", "", "fast", "1e10"] {
            assert!(parse_rate(text).is_err(), "{text}");
        }
    }
}
