//! Messages of the doctor's own, on their way through the bus.

use tradebus::{Bus, Delivery, Message, Priority, SubscribeOptions, Subscription};

use crate::finding::Trouble;
use crate::tally::Tally;

/// A subscription that has room for whatever a check sends.
pub(super) async fn subscribe(bus: &Bus, pattern: &str) -> Result<Subscription, Trouble> {
    Ok(bus.subscribe(pattern, SubscribeOptions::default().capacity(100_000)).await?)
}

/// Publishes messages one behind the other, and waits until all are stored.
pub(super) async fn store_all(
    bus: &Bus,
    tally: &Tally,
    topic: &str,
    tier: Priority,
    payloads: impl IntoIterator<Item = String> + Send,
) -> Result<(), Trouble> {
    let payloads: Vec<String> = payloads.into_iter().collect();
    tally.attempted(payloads.len() as u64);
    let mut receipts = Vec::with_capacity(payloads.len());
    for payload in payloads {
        receipts.push(bus.publish(Message::new(topic, payload)?.priority(tier)).await?);
    }
    for receipt in receipts {
        receipt.await?;
    }
    Ok(())
}

/// The next message, counted.
pub(super) async fn next(subscription: &mut Subscription, tally: &Tally) -> Result<Delivery, Trouble> {
    let delivery = subscription.next().await.ok_or_else(ended)?;
    tally.arrived(1);
    Ok(delivery)
}

pub(super) fn ended() -> Trouble {
    Trouble("the subscription ended before all messages had arrived".to_owned())
}

/// The payload as text; what is none is of somebody else.
pub(super) fn text(delivery: &Delivery) -> &str {
    std::str::from_utf8(&delivery.payload).unwrap_or_default()
}
