//! Several subscriptions as one: a message that several patterns match comes once.

use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::Stream as _;

use super::Subscription;
use crate::Delivery;

/// Doubles that are passed over before others get a turn.
const MOST_PASSED_OVER: usize = 1024;

/// The messages of several subscriptions, of each in its order; one that several of their patterns match comes once.
#[derive(Debug)]
pub struct Merged {
    subscriptions: Vec<Subscription>,
    /// Which one is asked first, so that none is kept waiting by the others.
    turn: usize,
}

impl Merged {
    /// Of these subscriptions.
    pub fn new(subscriptions: Vec<Subscription>) -> Self {
        Self { subscriptions, turn: 0 }
    }

    /// The next message; `None` once the bus is closed. Cancel safe.
    pub async fn next(&mut self) -> Option<Delivery> {
        std::future::poll_fn(|cx| self.poll(cx)).await
    }

    /// Messages that were dropped because they were not taken fast enough.
    pub fn dropped(&self) -> u64 {
        self.subscriptions.iter().map(Subscription::dropped).sum()
    }

    /// The next message, for those who poll; as [`next`](Self::next).
    pub fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Delivery>> {
        let mut open = false;
        let mut passed_over = 0;
        for offset in 0..self.subscriptions.len() {
            let index = (self.turn + offset) % self.subscriptions.len();
            loop {
                match Pin::new(&mut self.subscriptions[index]).poll_next(cx) {
                    Poll::Ready(Some(delivery)) if self.is_of_another(&delivery, index) => passed_over += 1,
                    Poll::Ready(Some(delivery)) => {
                        self.turn = index + 1;
                        return Poll::Ready(Some(delivery));
                    }
                    Poll::Ready(None) => break,
                    Poll::Pending => {
                        open = true;
                        break;
                    }
                }
                if passed_over >= MOST_PASSED_OVER {
                    cx.waker().wake_by_ref();
                    return Poll::Pending;
                }
            }
        }
        if open { Poll::Pending } else { Poll::Ready(None) }
    }

    /// Whether a subscription before this one gets the message too.
    fn is_of_another(&self, delivery: &Delivery, index: usize) -> bool {
        let topic = delivery.topic.as_bytes();
        self.subscriptions[..index].iter().any(|earlier| earlier.pattern().matches(topic))
    }
}

#[cfg(test)]
mod tests {
    use super::Merged;
    use crate::{Bus, BusConfig, Message, SubscribeOptions};

    #[tokio::test]
    async fn every_message_comes_once_and_none_is_missing() {
        let bus =
            Bus::connect(BusConfig { store: Some("memory:".into()), ..BusConfig::default() }).await.unwrap();
        let mut subscriptions = Vec::new();
        for pattern in ["a.*", "*.x", "*"] {
            subscriptions.push(bus.subscribe(pattern, SubscribeOptions::default()).await.unwrap());
        }
        let mut merged = Merged::new(subscriptions);
        for number in 0..3000 {
            let topic = ["a.x", "a.y", "b.x", "b.y"][number % 4];
            drop(bus.publish(Message::new(topic, number.to_string()).unwrap()).await.unwrap());
        }
        let mut seen: Vec<usize> = Vec::new();
        for _ in 0..3000 {
            let delivery = merged.next().await.unwrap();
            seen.push(std::str::from_utf8(&delivery.payload).unwrap().parse().unwrap());
        }
        seen.sort_unstable();
        assert!(seen.into_iter().eq(0..3000));
        let _ = bus.close().await;
        assert_eq!(merged.next().await, None);
    }
}
