//! How many messages a worker takes at a time.

use std::time::Duration;

/// Work that a worker takes at a time: long beside the lock that it takes, short beside what anybody waits for.
const WORK_NS: f64 = 100_000.0;
/// Most messages of a chunk.
pub(super) const MOST: usize = 64;
/// Part by which a cheaper chunk moves the estimate.
const CHEAPER: f64 = 0.25;

/// What a message costs, and so how many make up a chunk.
#[derive(Debug)]
pub(super) struct Cost {
    /// Of one message, in nanoseconds.
    estimate: f64,
}

impl Default for Cost {
    /// Nothing is known: one at a time.
    fn default() -> Self {
        Self { estimate: WORK_NS }
    }
}

impl Cost {
    /// So many messages have taken so long.
    pub(super) fn note(&mut self, messages: usize, took: Duration) {
        if messages == 0 {
            return;
        }
        let each = took.as_nanos() as f64 / messages as f64;
        // Slower ones count at once: what a worker has taken, no other can take.
        let part = if each > self.estimate { 1.0 } else { CHEAPER };
        self.estimate += part * (each - self.estimate);
    }

    /// Messages to take, 1 to [`MOST`].
    pub(super) fn chunk(&self) -> usize {
        ((WORK_NS / self.estimate.max(1.0)) as usize).clamp(1, MOST)
    }
}

#[cfg(test)]
mod tests {
    use super::{Cost, MOST};
    use std::time::Duration;

    #[test]
    fn cheap_messages_are_taken_by_the_chunk_and_dear_ones_alone() {
        let mut cost = Cost::default();
        assert_eq!(cost.chunk(), 1);
        for _ in 0..30 {
            cost.note(cost.chunk(), Duration::from_nanos(200) * cost.chunk() as u32);
        }
        assert_eq!(cost.chunk(), MOST);
        cost.note(1, Duration::from_millis(1));
        assert_eq!(cost.chunk(), 1, "one that is dear counts at once");
        for _ in 0..60 {
            cost.note(cost.chunk(), Duration::from_micros(10) * cost.chunk() as u32);
        }
        assert!((9..=10).contains(&cost.chunk()), "{cost:?}");
        cost.note(0, Duration::from_secs(1));
        assert!((9..=10).contains(&cost.chunk()), "no message, no cost");
    }
}
