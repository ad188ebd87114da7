//! Takes messages out of a queue, a chunk at a time, and counts them.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;
use std::task::{Context, Poll};

use super::queue::{Queue, Waiting};
use crate::clock::now_ns;
use crate::metrics::Meters;
use crate::{Message, Priority};

/// The subscriber's end of a queue.
#[derive(Debug)]
pub(super) struct Outlet<T> {
    meters: Arc<Meters>,
    /// How long messages took counts: not where they wait because some are enough.
    times: bool,
    /// Taken from the queue, to be handed out one by one.
    pub(super) chunk: VecDeque<T>,
}

impl<T: Waiting> Outlet<T> {
    pub(super) fn new(meters: Arc<Meters>) -> Self {
        Self { meters, times: true, chunk: VecDeque::new() }
    }

    /// One that does not count how long messages took.
    pub(super) fn without_times(meters: Arc<Meters>) -> Self {
        Self { times: false, ..Self::new(meters) }
    }

    /// The next message that is of use; `None` once nothing will come any more. Those that are not are counted, and given to `expired`.
    pub(super) fn poll_useful(
        &mut self,
        queue: &Queue<T>,
        cx: &mut Context<'_>,
        mut expired: impl FnMut(T),
    ) -> Poll<Option<T>> {
        loop {
            match self.poll_one(queue, cx) {
                Poll::Ready(Some(next)) if self.is_stale(&next) => expired(next),
                polled => return polled,
            }
        }
    }

    /// The next message, if it is a CRITICAL one that is of use.
    pub(super) fn poll_critical(
        &mut self,
        queue: &Queue<T>,
        cx: &mut Context<'_>,
        mut expired: impl FnMut(T),
    ) -> Poll<T> {
        loop {
            let is_critical = |first: &T| first.message().priority == Priority::Critical;
            if !self.chunk.front().is_some_and(is_critical) {
                match queue.poll_take_critical(&mut self.chunk, cx) {
                    Poll::Pending => return Poll::Pending,
                    Poll::Ready(taken) => self.count(0..taken),
                }
            }
            let Some(next) = self.chunk.pop_front() else { return Poll::Pending };
            if !self.is_stale(&next) {
                return Poll::Ready(next);
            }
            expired(next);
        }
    }

    /// Whether a message is of no more use; counts it then.
    fn is_stale(&self, next: &T) -> bool {
        let stale = next.message().may_expire() && next.message().is_expired(now_ns());
        if stale {
            self.meters.expired.add(1);
        }
        stale
    }

    fn poll_one(&mut self, queue: &Queue<T>, cx: &mut Context<'_>) -> Poll<Option<T>> {
        if self.chunk.is_empty() {
            match queue.poll_take(&mut self.chunk, cx) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(None) => return Poll::Ready(None),
                Poll::Ready(Some(())) => self.count(0..self.chunk.len()),
            }
        } else {
            let critical = queue.take_critical(&mut self.chunk);
            self.count(0..critical);
        }
        Poll::Ready(self.chunk.pop_front())
    }

    /// Counts messages of the chunk that have just been taken.
    fn count(&self, taken: Range<usize>) {
        if taken.is_empty() {
            return;
        }
        let (now, taken) = (now_ns(), self.chunk.range(taken).map(Waiting::message));
        let (mut counts, mut bytes) = ([0; 4], [0; 4]);
        for message in taken.clone() {
            let tier = message.priority.number();
            counts[tier] += 1;
            bytes[tier] += message.payload.len() as u64;
        }
        for tier in Priority::ALL.into_iter().filter(|tier| counts[tier.number()] > 0) {
            let meters = self.meters.tier(tier);
            if self.times {
                let of_tier = taken.clone().filter(|it| it.priority == tier);
                meters.delivery_latency.record_since(now, of_tier.map(Message::deliverable_at));
            }
            meters.received_bytes.add(bytes[tier.number()]);
            meters.received.add(counts[tier.number()]);
        }
    }
}
