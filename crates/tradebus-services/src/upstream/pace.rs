//! How fast and how many at a time.

use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use parking_lot::Mutex;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, sleep, timeout_at};

use super::config::UpstreamConfig;

/// Gives requests their turn: slots for those under way, a token bucket for those that start, and pauses for which the
/// upstream has asked.
#[derive(Debug)]
pub(super) struct Pace {
    slots: Semaphore,
    bucket: DefaultDirectRateLimiter,
    clock: DefaultClock,
    paused_until: Mutex<Option<Instant>>,
}

/// Why a request has no turn before its time is used up.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Denied {
    /// All slots were taken.
    Busy,
    /// The next turn is so far away.
    Wait(Duration),
}

impl Pace {
    pub(super) fn new(config: &UpstreamConfig) -> Self {
        let burst = NonZeroU32::new(config.burst).unwrap_or(NonZeroU32::MIN);
        // Only settings that were checked get here; a period of zero has no quota.
        let period = Duration::from_secs_f64(1.0 / config.requests_per_second.clamp(0.0001, 1_000.0));
        let quota = Quota::with_period(period).unwrap_or_else(|| Quota::per_second(NonZeroU32::MIN));
        let clock = DefaultClock::default();
        Self {
            slots: Semaphore::new(config.max_concurrent as usize),
            bucket: RateLimiter::direct_with_clock(quota.allow_burst(burst), clock.clone()),
            clock,
            paused_until: Mutex::new(None),
        }
    }

    /// Waits for a turn, in the order of asking. Does not wait when it is clear that the turn comes after `deadline`.
    /// Cancel safe.
    pub(super) async fn turn(&self, deadline: Instant) -> Result<SemaphorePermit<'_>, Denied> {
        let Ok(Ok(slot)) = timeout_at(deadline, self.slots.acquire()).await else { return Err(Denied::Busy) };
        loop {
            // First the pause, so that no token is spent on a request that does not go.
            let wait = match self.paused_for() {
                Duration::ZERO => match self.bucket.check() {
                    Ok(()) => return Ok(slot),
                    Err(early) => early.wait_time_from(self.clock.now()),
                },
                pause => pause,
            };
            if Instant::now() + wait >= deadline {
                return Err(Denied::Wait(wait));
            }
            sleep(wait).await;
        }
    }

    /// Sends nothing for so long. A longer pause that holds already stays.
    pub(super) fn pause(&self, wait: Duration) {
        /// No header keeps us away for longer.
        const LONGEST: Duration = Duration::from_hours(1);
        let until = Instant::now() + wait.min(LONGEST);
        let mut paused = self.paused_until.lock();
        *paused = Some(paused.map_or(until, |before| before.max(until)));
    }

    /// How long nothing is sent because the upstream asked for it.
    pub(super) fn paused_for(&self) -> Duration {
        self.paused_until
            .lock()
            .map_or(Duration::ZERO, |until| until.saturating_duration_since(Instant::now()))
    }

    pub(super) fn free_slots(&self) -> usize {
        self.slots.available_permits()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pace(requests_per_second: f64, burst: u32, max_concurrent: u32) -> Pace {
        Pace::new(&UpstreamConfig { requests_per_second, burst, max_concurrent, ..UpstreamConfig::default() })
    }

    fn within(millis: u64) -> Instant {
        Instant::now() + Duration::from_millis(millis)
    }

    #[tokio::test]
    async fn after_the_burst_it_takes_a_while() {
        let pace = pace(0.001, 2, 4);
        drop(pace.turn(within(100)).await.unwrap());
        drop(pace.turn(within(100)).await.unwrap());
        let Err(Denied::Wait(wait)) = pace.turn(within(100)).await else { panic!("a third token") };
        assert!(wait > Duration::from_secs(500), "{wait:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn slots_are_few() {
        let pace = pace(1_000.0, 1_000, 1);
        let slot = pace.turn(within(10)).await.unwrap();
        assert_eq!(pace.turn(within(10)).await.unwrap_err(), Denied::Busy);
        drop(slot);
        drop(pace.turn(within(10)).await.unwrap());
    }

    #[tokio::test(start_paused = true)]
    async fn a_pause_holds_everybody_back() {
        let pace = pace(1_000.0, 1_000, 2);
        pace.pause(Duration::from_secs(2));
        pace.pause(Duration::from_secs(1));
        assert_eq!(pace.turn(within(1_000)).await.unwrap_err(), Denied::Wait(Duration::from_secs(2)));
        let before = Instant::now();
        drop(pace.turn(within(3_000)).await.unwrap());
        assert!(before.elapsed() >= Duration::from_secs(2));
        assert_eq!(pace.paused_for(), Duration::ZERO);
    }
}
