//! What is counted and measured of each tier.

use std::time::Duration;

use rstest::rstest;
use tradebus::{Bus, Message, Mode, Priority, SubscribeOptions};

use crate::support::{Backend, Kind, within};

/// Messages of each tier, and bytes of each of their payloads: the most urgent first.
const FLOW: [(u64, u64); 4] = [(3, 10), (5, 20), (70, 1), (11, 300)];

/// Publishes the flow, and waits until it is stored.
async fn publish(bus: &Bus) {
    let mut receipts = Vec::new();
    for (tier, (messages, bytes)) in Priority::ALL.into_iter().zip(FLOW) {
        for _ in 0..messages {
            let message = Message::new("t", vec![b'x'; bytes as usize]).unwrap().priority(tier);
            receipts.push(bus.publish(message).await.unwrap());
        }
    }
    for receipt in receipts {
        receipt.await.unwrap();
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_tier_counts_what_was_its(
    #[values(Kind::Embedded, Kind::Redis)] kind: Kind,
    #[values(Mode::Buffered, Mode::Basic)] mode: Mode,
) {
    let backend = Backend::start(kind).await;
    let bus = backend.bus(|config| config.mode = mode).await;
    let mut subscription = bus.subscribe("*", SubscribeOptions::default()).await.unwrap();
    let before = bus.histograms();
    publish(&bus).await;
    for _ in 0..FLOW.iter().map(|(messages, _)| messages).sum() {
        within("a message", subscription.next()).await.unwrap();
    }
    let (metrics, after) = (bus.metrics(), bus.histograms());
    for (at, (messages, bytes)) in FLOW.into_iter().enumerate() {
        let tier = &metrics.tiers[at];
        assert_eq!((tier.sent, tier.sent_bytes), (messages, messages * bytes), "{tier:?}");
        assert_eq!((tier.received, tier.received_bytes), (messages, messages * bytes), "{tier:?}");
        assert_eq!(
            (tier.capacity > 0, tier.capacity_bytes > 0),
            (mode == Mode::Buffered, mode == Mode::Buffered)
        );

        let (earlier, later) = (&before.tiers[at], &after.tiers[at]);
        assert_eq!(later.priority, tier.priority);
        let (publish, delivery) =
            (later.publish.since(&earlier.publish), later.delivery.since(&earlier.delivery));
        assert_eq!((publish.count(), delivery.count()), (messages, messages));
        assert_eq!(delivery.count_up_to(Duration::from_mins(1)), messages);
        assert!(delivery.sum() >= Duration::from_micros(messages), "each is a microsecond at least");
        let batches = later.batch_sizes.since(&earlier.batch_sizes);
        assert_eq!(batches.sum(), messages, "no message is sent twice");
        assert!((1..=messages).contains(&batches.count()), "{batches:?}");
        assert!(mode == Mode::Buffered || batches.count() == messages, "{batches:?}");
    }
    let total: u64 = FLOW.iter().map(|(messages, _)| messages).sum();
    assert_eq!((metrics.messages_sent, metrics.messages_received), (total, total));
    assert_eq!(metrics.buffer_flushes, after.tiers.iter().map(|tier| tier.batch_sizes.count()).sum::<u64>());
}
