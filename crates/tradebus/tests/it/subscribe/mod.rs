//! From the store to the subscriber, on both engines and in every layout.

mod delivery;
mod hand_over;
mod handlers;
mod malformed;
mod slow;
mod streams;
mod workers;

use tradebus::{Bus, BusConfig, Delivery, Layout, Subscription};

use crate::support::{number_of, numbered, within};

/// How topics are spread over streams.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Spread {
    Lanes,
    Shards,
    Single,
    Topic,
}

impl Spread {
    fn configure(self, config: &mut BusConfig) {
        (config.layout, config.shards) = match self {
            Self::Lanes => (Layout::Lanes, 0),
            Self::Shards => (Layout::Lanes, 3),
            Self::Single => (Layout::Single, 0),
            Self::Topic => (Layout::Topic, 0),
        };
    }
}

async fn publish(bus: &Bus, topic: &str, numbers: std::ops::Range<u64>) {
    let mut last = None;
    for number in numbers {
        last = Some(bus.publish(numbered(topic, number)).await.unwrap());
    }
    if let Some(last) = last {
        within("a receipt", last).await.unwrap();
    }
}

async fn next(subscription: &mut Subscription) -> Delivery {
    within("a message", subscription.next()).await.expect("an open bus")
}

/// The numbers of the next messages.
async fn take(subscription: &mut Subscription, count: usize) -> Vec<u64> {
    let mut numbers = Vec::new();
    for _ in 0..count {
        numbers.push(number_of(&next(subscription).await));
    }
    numbers
}
