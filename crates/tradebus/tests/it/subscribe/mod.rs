//! From the store to the subscriber, on both engines and in every layout.

mod delivery;
mod expiry;
mod gaps;
mod hand_over;
mod handlers;
mod malformed;
mod slow;
mod streams;
mod workers;

use tradebus::{Bus, Delivery, Subscription};

use crate::support::{Spread, number_of, numbered, within};

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
