//! A subscription, as its owner sees it.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_util::Stream;

use super::gap::Gap;
use super::outlet::Outlet;
use super::readers::Readers;
use super::shared::Subscriber;
use crate::metrics::Meters;
use crate::workers::{Intake, Job, Outcome, Ticket};
use crate::{Delivery, Message, Pattern};

/// Messages whose topics match a pattern, as they arrive: a [`Stream`] that ends when the bus is closed.
///
/// Dropping it ends the subscription. Polling is cancel safe.
#[derive(Debug)]
#[must_use = "a subscription ends when it is dropped"]
pub struct Subscription {
    subscriber: Arc<Subscriber>,
    /// Keeps the readers at work.
    _readers: Readers,
    outlet: Outlet<Delivery>,
}

impl Subscription {
    pub(super) fn new(subscriber: Arc<Subscriber>, readers: Readers, meters: Arc<Meters>) -> Self {
        let outlet = if subscriber.samples { Outlet::without_times(meters) } else { Outlet::new(meters) };
        Self { subscriber, _readers: readers, outlet }
    }

    /// The pattern.
    pub fn pattern(&self) -> &Pattern {
        &self.subscriber.pattern
    }

    /// Messages that wait to be taken.
    pub fn queued(&self) -> usize {
        self.outlet.chunk.len() + self.subscriber.queue.len()
    }

    /// Messages that were dropped because they were not taken fast enough, as the policy says.
    pub fn dropped(&self) -> u64 {
        self.subscriber.queue.dropped()
    }

    /// The gaps that were found since this was last called, the oldest first; 1,024 wait at most, and older ones go. They are found in all records
    /// of the streams, not only in those that match the pattern, where their publishers number them (`sequence = true`). A gap is there when the
    /// message behind it is. What [`dropped`](Self::dropped) counts is no gap.
    pub fn gaps(&self) -> Vec<Gap> {
        self.subscriber.sequences.lock().take_gaps()
    }

    /// Numbered messages that came again, as they do when a publisher has lost its connection. They are handed out all the same.
    pub fn duplicates(&self) -> u64 {
        self.subscriber.sequences.lock().duplicates()
    }

    /// The next message; `None` once the bus is closed and everything was taken. Cancel safe.
    pub async fn next(&mut self) -> Option<Delivery> {
        std::future::poll_fn(|cx| self.outlet.poll_useful(&self.subscriber.queue, cx, drop)).await
    }
}

/// Nobody waits to hear how a broadcast message was handled.
impl Job for Delivery {
    type Ticket = ();

    fn message(&self) -> &Message {
        &self.message
    }

    fn split(self) -> Option<(Delivery, ())> {
        Some((self, ()))
    }
}

impl Ticket for () {
    fn settle(self, _outcome: Outcome) {}
}

impl Intake for Subscription {
    type Job = Delivery;

    fn poll_job(&mut self, cx: &mut Context<'_>) -> Poll<Option<Delivery>> {
        self.outlet.poll_useful(&self.subscriber.queue, cx, drop)
    }

    fn poll_critical(&mut self, cx: &mut Context<'_>) -> Poll<Delivery> {
        self.outlet.poll_critical(&self.subscriber.queue, cx, drop)
    }

    fn fill(&self) -> f64 {
        self.subscriber.queue.fill()
    }
}

impl Stream for Subscription {
    type Item = Delivery;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Delivery>> {
        let Self { subscriber, outlet, .. } = &mut *self;
        outlet.poll_useful(&subscriber.queue, cx, drop)
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.subscriber.queue.close();
    }
}

#[cfg(test)]
mod tests {
    use crate::{Bus, BusConfig, Message, Priority, SubscribeOptions, SubscriptionPolicy};

    async fn bus() -> Bus {
        Bus::connect(BusConfig { store: Some("memory:".into()), ..BusConfig::default() }).await.unwrap()
    }

    #[tokio::test]
    async fn what_a_sample_leaves_out_and_waits_is_not_the_bus_s() {
        let bus = bus().await;
        let options = SubscribeOptions::default().policy(SubscriptionPolicy::DropOldest).capacity(1);
        let mut sample = bus.subscribe("t", options.sampling()).await.unwrap();
        for number in 0..5 {
            bus.publish(Message::new("t", number.to_string()).unwrap()).await.unwrap().await.unwrap();
        }
        while sample.dropped() < 4 {
            tokio::task::yield_now().await;
        }
        assert_eq!(&sample.next().await.unwrap().payload[..], b"4");
        let metrics = bus.metrics();
        let normal = metrics.tiers.iter().find(|tier| tier.priority == Priority::Normal).unwrap();
        assert_eq!((metrics.messages_dropped, normal.received, normal.delivery_latency.count), (0, 1, 0));
        let _ = bus.close().await;
    }

    #[tokio::test]
    async fn only_the_tiers_that_are_wanted_come() {
        let bus = bus().await;
        let options = SubscribeOptions::default().tiers([Priority::High, Priority::Critical]);
        let mut urgent = bus.subscribe("*", options).await.unwrap();
        for tier in [Priority::Low, Priority::High, Priority::Normal, Priority::Critical] {
            let message = Message::new("t", tier.name().to_owned()).unwrap().priority(tier);
            bus.publish(message).await.unwrap().await.unwrap();
        }
        let mut seen = [urgent.next().await.unwrap().priority, urgent.next().await.unwrap().priority];
        seen.sort_unstable();
        assert_eq!(seen, [Priority::High, Priority::Critical]);
        let _ = bus.close().await;
        assert_eq!(urgent.next().await, None);
    }
}
