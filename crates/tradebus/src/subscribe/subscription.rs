//! A subscription, as its owner sees it.

use std::collections::VecDeque;
use std::ops::Range;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_util::Stream;

use super::readers::Readers;
use super::shared::Subscriber;
use crate::clock::now_ns;
use crate::metrics::Meters;
use crate::workers::{Intake, Job, Outcome, Ticket};
use crate::{Delivery, Message, Pattern, Priority};

/// Messages whose topics match a pattern, as they arrive: a [`Stream`] that ends when the bus is closed.
///
/// Dropping it ends the subscription. Polling is cancel safe.
#[derive(Debug)]
#[must_use = "a subscription ends when it is dropped"]
pub struct Subscription {
    subscriber: Arc<Subscriber>,
    /// Keeps the readers at work.
    _readers: Readers,
    meters: Arc<Meters>,
    /// Taken from the queue, to be handed out one by one.
    chunk: VecDeque<Delivery>,
}

impl Subscription {
    pub(super) fn new(subscriber: Arc<Subscriber>, readers: Readers, meters: Arc<Meters>) -> Self {
        Self { subscriber, _readers: readers, meters, chunk: VecDeque::new() }
    }

    /// The pattern.
    pub fn pattern(&self) -> &Pattern {
        &self.subscriber.pattern
    }

    /// Messages that wait to be taken.
    pub fn queued(&self) -> usize {
        self.chunk.len() + self.subscriber.queue.len()
    }

    /// Messages that were dropped because they were not taken fast enough, as the policy says.
    pub fn dropped(&self) -> u64 {
        self.subscriber.queue.dropped()
    }

    /// The next message; `None` once the bus is closed and everything was taken. Cancel safe.
    pub async fn next(&mut self) -> Option<Delivery> {
        std::future::poll_fn(|cx| self.poll_one(cx)).await
    }

    fn poll_one(&mut self, cx: &mut Context<'_>) -> Poll<Option<Delivery>> {
        if self.chunk.is_empty() {
            match self.subscriber.queue.poll_take(&mut self.chunk, cx) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(None) => return Poll::Ready(None),
                Poll::Ready(Some(())) => self.count(0..self.chunk.len()),
            }
        } else {
            let critical = self.subscriber.queue.take_critical(&mut self.chunk);
            self.count(0..critical);
        }
        Poll::Ready(self.chunk.pop_front())
    }

    /// Counts messages of the chunk that have just been taken.
    fn count(&self, taken: Range<usize>) {
        if taken.is_empty() {
            return;
        }
        let (now, taken) = (now_ns(), self.chunk.range(taken));
        self.meters.received.add(taken.len() as u64);
        self.meters.received_bytes.add(taken.clone().map(|delivery| delivery.payload.len() as u64).sum());
        for tier in Priority::ALL {
            let mut times = taken.clone().filter(|it| it.priority == tier).map(|it| it.ts).peekable();
            if times.peek().is_some() {
                self.meters.delivery_latency[tier.number()].record_since(now, times);
            }
        }
    }
}

/// Nobody waits to hear how a broadcast message was handled.
impl Job for Delivery {
    type Ticket = ();

    fn message(&self) -> &Message {
        &self.message
    }

    fn split(self) -> (Delivery, ()) {
        (self, ())
    }
}

impl Ticket for () {
    fn settle(self, _outcome: Outcome) {}
}

impl Intake for Subscription {
    type Job = Delivery;

    fn poll_job(&mut self, cx: &mut Context<'_>) -> Poll<Option<Delivery>> {
        self.poll_one(cx)
    }

    fn poll_critical(&mut self, cx: &mut Context<'_>) -> Poll<Delivery> {
        let is_critical = |first: &Delivery| first.priority == Priority::Critical;
        if !self.chunk.front().is_some_and(is_critical) {
            match self.subscriber.queue.poll_take_critical(&mut self.chunk, cx) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(taken) => self.count(0..taken),
            }
        }
        self.chunk.pop_front().map_or(Poll::Pending, Poll::Ready)
    }

    fn fill(&self) -> f64 {
        self.subscriber.queue.fill()
    }
}

impl Stream for Subscription {
    type Item = Delivery;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Delivery>> {
        self.poll_one(cx)
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.subscriber.queue.close();
    }
}
