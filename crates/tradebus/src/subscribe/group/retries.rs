//! Messages that wait to be delivered again.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

use tokio::time::Instant;
use tradebus_engine::EntryId;

use crate::StreamKey;

/// Entries by the time at which they are due. They are in hand, so their number is bounded.
#[derive(Debug, Default)]
pub(super) struct Retries(BinaryHeap<Reverse<(Instant, StreamKey, EntryId, u64)>>);

impl Retries {
    /// Delivers an entry again at a time; `deliveries` is how often it was delivered until now.
    pub(super) fn push(&mut self, at: Instant, stream: StreamKey, id: EntryId, deliveries: u64) {
        self.0.push(Reverse((at, stream, id, deliveries)));
    }

    /// When the next is due.
    pub(super) fn next_at(&self) -> Option<Instant> {
        self.0.peek().map(|Reverse((at, ..))| *at)
    }

    /// Takes those that are due, with the number of their deliveries, by stream.
    pub(super) fn take_due(&mut self, now: Instant) -> Vec<(StreamKey, Vec<(EntryId, u64)>)> {
        let mut due: Vec<(StreamKey, Vec<(EntryId, u64)>)> = Vec::new();
        while self.next_at().is_some_and(|at| at <= now) {
            let Some(Reverse((_, stream, id, deliveries))) = self.0.pop() else { break };
            match due.iter_mut().find(|(known, _)| *known == stream) {
                Some((_, ids)) => ids.push((id, deliveries)),
                None => due.push((stream, vec![(id, deliveries)])),
            }
        }
        due
    }
}

/// How long to wait before the next delivery: doubled with each, at most `most`, and not the same for all that failed together.
pub(super) fn backoff(deliveries: u64, least: Duration, most: Duration) -> Duration {
    let doublings = u32::try_from(deliveries.saturating_sub(1)).unwrap_or(u32::MAX).min(31);
    let full = least.saturating_mul(1 << doublings).min(most);
    full.mul_f64(0.5 + fastrand::f64() / 2.0)
}

#[cfg(test)]
mod tests {
    use super::{Duration, EntryId, Instant, Retries, StreamKey, backoff};

    #[test]
    fn takes_what_is_due() {
        let now = Instant::now();
        let second = Duration::from_secs(1);
        let (one, two) = (StreamKey::from("one"), StreamKey::from("two"));
        let mut retries = Retries::default();
        retries.push(now + second, one.clone(), EntryId::new(1, 0), 1);
        retries.push(now, two.clone(), EntryId::new(2, 0), 2);
        retries.push(now + 2 * second, one.clone(), EntryId::new(3, 0), 3);
        assert_eq!(retries.next_at(), Some(now));
        let due = retries.take_due(now + second);
        assert_eq!(due, [(two, vec![(EntryId::new(2, 0), 2)]), (one, vec![(EntryId::new(1, 0), 1)])]);
        assert_eq!(retries.next_at(), Some(now + 2 * second));
    }

    #[test]
    fn backs_off_with_bounds() {
        let (least, most) = (Duration::from_millis(100), Duration::from_secs(30));
        for (deliveries, full) in [(0, 100), (1, 100), (2, 200), (4, 800), (20, 30_000), (u64::MAX, 30_000)] {
            let full = Duration::from_millis(full);
            let delay = backoff(deliveries, least, most);
            assert!(delay >= full / 2 && delay <= full, "{deliveries}: {delay:?}");
        }
    }
}
