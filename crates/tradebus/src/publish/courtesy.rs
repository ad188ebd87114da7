//! Bulk data gives way: while urgent messages are about, the LOW tier goes in small steps and leaves them most of the time.
//!
//! Tiers share no queue and no connection, but they share the processors and the server. A LOW tier that is always full would keep both
//! busy to the last, and then every urgent message waits for the scheduler. So, within a moment of the last urgent
//! message, LOW has one small batch under way at a time, and rests after each for four times as long as it took.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use tokio::time::Instant;

use crate::Priority;
use crate::clock::now_ns;

/// How long urgent messages are expected to go on.
const MOMENT: Duration = Duration::from_millis(100);
/// Most messages of a batch meanwhile: what nobody has to wait long for, neither here nor in the server.
const STEP: usize = 50;
/// Longest rest after a batch.
const LONGEST_REST: Duration = Duration::from_millis(10);

/// When the last urgent message was published, in nanoseconds since 1970.
#[derive(Debug, Default)]
pub(super) struct Urgent(AtomicU64);

impl Urgent {
    /// A message was published; CRITICAL and HIGH are urgent.
    pub(super) fn note(&self, tier: Priority, ts: u64) {
        if tier >= Priority::High {
            self.0.store(ts, Relaxed);
        }
    }

    fn is_now(&self) -> bool {
        now_ns().saturating_sub(self.0.load(Relaxed)) < MOMENT.as_nanos() as u64
    }
}

/// Whether a lane has to hold back.
#[derive(Debug)]
pub(super) struct Courtesy {
    /// What it gives way to; `None` for the lanes that do not.
    urgent: Option<Arc<Urgent>>,
    rest_until: Instant,
}

impl Courtesy {
    pub(super) fn of(tier: Priority, urgent: &Arc<Urgent>) -> Self {
        let urgent = (tier == Priority::Low).then(|| urgent.clone());
        Self { urgent, rest_until: Instant::now() }
    }

    /// A batch that took so long is answered.
    pub(super) fn answered(&mut self, took: Duration) {
        if self.urgent.is_some() {
            self.rest_until = Instant::now() + (4 * took).min(LONGEST_REST);
        }
    }

    /// Most messages of the next batch.
    pub(super) fn step(&self) -> usize {
        if self.urgent.as_ref().is_some_and(|urgent| urgent.is_now()) { STEP } else { usize::MAX }
    }

    /// Until when to wait before the next batch, given how many are under way; `None` if it may go now.
    pub(super) fn wait(&self, under_way: usize) -> Option<Wait> {
        let urgent = self.urgent.as_ref()?;
        if !urgent.is_now() {
            None
        } else if under_way > 0 {
            Some(Wait::ForAnswer)
        } else {
            (Instant::now() < self.rest_until).then_some(Wait::Until(self.rest_until))
        }
    }
}

/// What to wait for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wait {
    /// The batch under way.
    ForAnswer,
    /// The end of the rest.
    Until(Instant),
}

#[cfg(test)]
mod tests {
    use super::{Courtesy, Urgent, Wait};
    use crate::Priority;
    use crate::clock::now_ns;
    use std::sync::Arc;
    use std::time::Duration;

    #[test]
    fn only_low_gives_way_and_only_to_what_is_urgent() {
        let urgent = Arc::new(Urgent::default());
        let mut low = Courtesy::of(Priority::Low, &urgent);
        let normal = Courtesy::of(Priority::Normal, &urgent);
        low.answered(Duration::from_mins(1));
        urgent.note(Priority::Normal, now_ns());
        assert_eq!((low.wait(1), low.step()), (None, usize::MAX));

        // In the future, so that the moment does not pass while the test runs.
        urgent.note(Priority::Critical, u64::MAX);
        assert_eq!((normal.wait(1), normal.step()), (None, usize::MAX));
        assert_eq!((low.wait(1), low.step()), (Some(Wait::ForAnswer), 50));
        assert!(matches!(low.wait(0), Some(Wait::Until(_))), "it rests");
    }
}
