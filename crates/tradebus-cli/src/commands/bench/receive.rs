//! The receiving side: what arrived, how late, and what did not.

use hdrhistogram::Histogram;
use tradebus::{Delivery, Priority};

use super::load::{self, now_ns};

/// Longest latency that is told apart, in nanoseconds: one minute.
const LONGEST_NS: u64 = 60_000_000_000;

/// Everything that arrived.
pub(super) struct Received {
    /// By number of the message: whether it arrived.
    seen: Vec<bool>,
    pub(super) count: u64,
    pub(super) duplicates: u64,
    pub(super) reordered: u64,
    /// By topic and tier: one more than the highest number that arrived.
    latest: Vec<[u64; 4]>,
    /// By number of the tier.
    pub(super) latencies: [Histogram<u64>; 4],
}

impl Received {
    pub(super) fn of(messages: u64, topics: usize) -> Self {
        let histogram = || Histogram::new_with_bounds(1, LONGEST_NS, 3).expect("the bounds are valid");
        Self {
            seen: vec![false; messages as usize],
            count: 0,
            duplicates: 0,
            reordered: 0,
            latest: vec![[0; 4]; topics],
            latencies: std::array::from_fn(|_| histogram()),
        }
    }

    pub(super) fn note(&mut self, delivery: &Delivery) {
        let Some((number, meant_at)) = load::read(&delivery.payload) else { return };
        let Some(seen) = self.seen.get_mut(number as usize) else { return };
        let latency = now_ns().saturating_sub(meant_at).clamp(1, LONGEST_NS);
        self.latencies[delivery.priority.number()].saturating_record(latency);
        if std::mem::replace(seen, true) {
            self.duplicates += 1;
            return;
        }
        self.count += 1;
        self.note_order(number, delivery.priority);
    }

    /// The plan takes the topics in turn, so the number tells the topic.
    fn note_order(&mut self, number: u64, tier: Priority) {
        let topic = (number % self.latest.len() as u64) as usize;
        let latest = &mut self.latest[topic][tier.number()];
        self.reordered += u64::from(*latest > number);
        *latest = (number + 1).max(*latest);
    }

    /// Whether everything has arrived.
    pub(super) fn is_complete(&self) -> bool {
        self.count == self.seen.len() as u64
    }
}
