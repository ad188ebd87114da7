//! The messages for one client, as fast as it may have them.

use std::time::Duration;

use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};
use tradebus::{Delivery, Merged};

use crate::closing::Closing;

/// What becomes of a client that reads too slowly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OnSlow {
    /// It is told, and its subscription ends.
    Disconnect,
    /// The messages that have waited longest are dropped, and counted.
    Drop,
    /// The newest message of each topic is kept.
    Conflate,
}

/// With a rate, messages are handed out so many times a second.
const TURNS: u64 = 10;
/// At most one note a second about what was left out.
const NOTES: Duration = Duration::from_secs(1);

/// What comes next.
#[derive(Debug)]
pub(super) enum Next {
    /// A message.
    Message(Box<Delivery>),
    /// So many messages were left out since this was last said.
    Skipped(u64),
    /// Nothing more, and why.
    End(String),
}

/// Messages, and what was left out.
#[derive(Debug)]
pub(super) struct Source {
    messages: Merged,
    on_slow: OnSlow,
    rate: Option<Rate>,
    /// What has been told of what was left out.
    told: u64,
    notes: Interval,
    closing: Closing,
    ended: bool,
}

/// So many messages a turn.
#[derive(Debug)]
struct Rate {
    each_turn: Vec<u64>,
    turn: usize,
    left: u64,
    turns: Interval,
}

impl Source {
    pub(super) fn new(messages: Merged, on_slow: OnSlow, max_rate: Option<u64>, closing: Closing) -> Self {
        let notes = every(NOTES);
        Self { messages, on_slow, rate: max_rate.map(Rate::new), told: 0, notes, closing, ended: false }
    }

    /// What comes next; `None` when the end has been told. Cancel safe.
    pub(super) async fn next(&mut self) -> Option<Next> {
        if self.ended {
            return None;
        }
        loop {
            if self.on_slow == OnSlow::Disconnect && self.messages.dropped() > 0 {
                return Some(self.end(format!(
                    "the client reads too slowly: {} messages did not fit into its buffer",
                    self.messages.dropped()
                )));
            }
            tokio::select! {
                biased;
                () = self.closing.begun() => return Some(self.end(Closing::REASON.to_owned())),
                _ = self.notes.tick() => {
                    let skipped = self.messages.dropped() - self.told;
                    if skipped > 0 && self.on_slow != OnSlow::Disconnect {
                        self.told += skipped;
                        return Some(Next::Skipped(skipped));
                    }
                }
                message = take(&mut self.messages, self.rate.as_mut()) => match message {
                    Some(message) => return Some(Next::Message(Box::new(message))),
                    None => return Some(self.end("the bus was closed".to_owned())),
                },
            }
        }
    }

    fn end(&mut self, reason: String) -> Next {
        self.ended = true;
        Next::End(reason)
    }
}

/// The next message, once it may be taken. Cancel safe.
async fn take(messages: &mut Merged, rate: Option<&mut Rate>) -> Option<Delivery> {
    let Some(rate) = rate else { return messages.next().await };
    rate.wait().await;
    let message = messages.next().await;
    rate.left -= 1;
    message
}

impl Rate {
    fn new(a_second: u64) -> Self {
        // 25 a second are 2 or 3 a turn.
        let until = |turn: u64| turn * a_second / TURNS;
        let each_turn: Vec<_> = (0..TURNS).map(|turn| until(turn + 1) - until(turn)).collect();
        Self {
            each_turn,
            turn: 0,
            left: a_second.min(TURNS),
            turns: every(Duration::from_millis(1000 / TURNS)),
        }
    }

    /// Waits until a message may be taken.
    async fn wait(&mut self) {
        while self.left == 0 {
            self.turns.tick().await;
            self.left = self.each_turn[self.turn];
            self.turn = (self.turn + 1) % self.each_turn.len();
        }
    }
}

fn every(time: Duration) -> Interval {
    let mut ticks = interval_at(Instant::now() + time, time);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

#[cfg(test)]
mod tests {
    use tradebus::{Bus, BusConfig, Merged, Message, SubscribeOptions, Subscription, SubscriptionPolicy};

    use super::{Closing, Next, OnSlow, Source};

    async fn bus() -> Bus {
        Bus::connect(BusConfig { store: Some("memory:".into()), ..BusConfig::default() }).await.unwrap()
    }

    async fn subscription(bus: &Bus, capacity: usize) -> Subscription {
        let options = SubscribeOptions::default().policy(SubscriptionPolicy::DropOldest).capacity(capacity);
        bus.subscribe("*", options).await.unwrap()
    }

    async fn publish(bus: &Bus, count: usize) {
        for number in 0..count {
            let message = Message::new("t", number.to_string()).unwrap();
            bus.publish(message).await.unwrap().await.unwrap();
        }
    }

    /// Waits until so many messages were dropped.
    async fn dropped(subscription: &Subscription, messages: u64) {
        while subscription.dropped() < messages {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn a_slow_client_is_disconnected_and_told() {
        let (bus, (_open, closing)) = (bus().await, Closing::new());
        let subscription = subscription(&bus, 2).await;
        publish(&bus, 5).await;
        dropped(&subscription, 3).await;
        let mut source = Source::new(Merged::new(vec![subscription]), OnSlow::Disconnect, None, closing);
        let Some(Next::End(reason)) = source.next().await else { panic!("it goes on") };
        assert!(reason.contains("3 messages did not fit"), "{reason}");
        assert!(source.next().await.is_none());
        let _ = bus.close().await;
    }

    #[tokio::test]
    async fn what_was_dropped_is_told() {
        let (bus, (_open, closing)) = (bus().await, Closing::new());
        let subscription = subscription(&bus, 2).await;
        publish(&bus, 5).await;
        dropped(&subscription, 3).await;
        let mut source = Source::new(Merged::new(vec![subscription]), OnSlow::Drop, None, closing);
        let (mut payloads, mut skipped) = (Vec::new(), 0);
        while payloads.len() < 2 || skipped == 0 {
            match source.next().await {
                Some(Next::Message(message)) => payloads.push(message.payload.clone()),
                Some(Next::Skipped(messages)) => skipped += messages,
                other => panic!("{other:?}"),
            }
        }
        assert_eq!((payloads, skipped), (vec!["3".into(), "4".into()], 3));
        let _ = bus.close().await;
    }
}
