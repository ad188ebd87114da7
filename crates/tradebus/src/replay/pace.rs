//! When the messages of a replay are due.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::options::ReplaySpeed;

/// Longest pause that a clock has to show: a hundred years.
const LONGEST: Duration = Duration::from_hours(100 * 365 * 24);

/// How long after the first event another one is due, given their times in nanoseconds; `None` if it is due at once.
fn due_after(first: u64, event: u64, speed: ReplaySpeed) -> Option<Duration> {
    let ReplaySpeed::Times(times) = speed else { return None };
    let usable = times.is_finite() && times > 0.0;
    let seconds = Duration::from_nanos(event.saturating_sub(first)).as_secs_f64() / times;
    usable.then(|| Duration::try_from_secs_f64(seconds).unwrap_or(LONGEST).min(LONGEST))
}

/// Lets messages go at their times. One that falls behind catches up.
#[derive(Debug)]
pub(super) struct Pace {
    speed: ReplaySpeed,
    /// The time of the first event, and when it was let go.
    first: Option<(u64, Instant)>,
}

impl Pace {
    pub(super) fn new(speed: ReplaySpeed) -> Self {
        Self { speed, first: None }
    }

    /// Returns when an event of this time, in nanoseconds since 1970, is due. Cancel safe.
    pub(super) async fn until(&mut self, event: u64) {
        let &mut (first, started) = self.first.get_or_insert_with(|| (event, Instant::now()));
        if let Some(after) = due_after(first, event, self.speed) {
            sleep_until(started + after).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{LONGEST, ReplaySpeed, due_after};
    use std::time::Duration;

    #[test]
    fn events_are_as_far_apart_as_they_were_or_closer() {
        let s = 1_000_000_000;
        let due = |event, speed| due_after(5 * s, event, speed);
        assert_eq!(due(8 * s, ReplaySpeed::Times(1.0)), Some(Duration::from_secs(3)));
        assert_eq!(due(8 * s, ReplaySpeed::Times(10.0)), Some(Duration::from_millis(300)));
        assert_eq!(due(8 * s, ReplaySpeed::Times(0.5)), Some(Duration::from_secs(6)));
        assert_eq!(due(4 * s, ReplaySpeed::Times(1.0)), Some(Duration::ZERO), "time does not go back");
        assert_eq!(due(8 * s, ReplaySpeed::Max), None);
    }

    #[test]
    fn no_speed_breaks_the_clock() {
        for times in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert_eq!(due_after(0, u64::MAX, ReplaySpeed::Times(times)), None, "{times}");
        }
        assert_eq!(due_after(0, u64::MAX, ReplaySpeed::Times(f64::MIN_POSITIVE)), Some(LONGEST));
    }
}
