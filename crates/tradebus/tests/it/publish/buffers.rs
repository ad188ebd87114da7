//! What a tier does when it is full. The store confirms nothing until it is told to, so that the queue is as full as the test says.

use std::pin::pin;
use std::sync::Arc;

use futures_util::FutureExt;
use tradebus::{Bus, BusConfig, OnFull, Priority, PublishError, Receipt, TierMetrics};

use super::payloads;
use crate::support::{GatedStore, config, numbered, until, within};

/// A bus that takes 8 messages before it pushes back, until it is down to 2. One message is on its way to the store.
pub(super) async fn stalled(
    on_full: OnFull,
    configure: impl FnOnce(&mut BusConfig),
) -> (Bus, GatedStore, Vec<Receipt>) {
    let store = GatedStore::closed();
    let mut config = config("memory:");
    let buffer = &mut config.default_buffer_config;
    (buffer.max_size, buffer.high_water_mark, buffer.low_water_mark) = (10, 8, 2);
    (buffer.batch_size, buffer.max_in_flight, buffer.on_full) = (1, 1, on_full);
    configure(&mut config);
    let bus = Bus::with_store(config, Arc::new(store.clone())).unwrap();
    let first = bus.publish(numbered("t", 0)).await.unwrap();
    until("the first message is on its way", || normal(&bus).queued == 0).await;
    (bus, store, vec![first])
}

fn normal(bus: &Bus) -> TierMetrics {
    bus.metrics().tiers.into_iter().find(|tier| tier.priority == Priority::Normal).unwrap()
}

async fn publish(bus: &Bus, receipts: &mut Vec<Receipt>, numbers: std::ops::RangeInclusive<u64>) {
    for number in numbers {
        receipts.push(bus.publish(numbered("t", number)).await.unwrap());
    }
}

/// Opens the gate, closes the bus, and returns what is stored.
async fn finish(bus: &Bus, store: &GatedStore) -> Vec<u64> {
    store.open();
    assert_eq!(bus.close().await.unconfirmed, 0);
    payloads(bus, Priority::Normal).await.iter().map(|number| number.parse().unwrap()).collect()
}

#[tokio::test]
async fn error_refuses_from_the_high_mark_to_the_low_mark() {
    let (bus, store, mut receipts) = stalled(OnFull::Error, |_| {}).await;
    publish(&bus, &mut receipts, 1..=8).await;
    assert!(normal(&bus).pushing_back);
    for left in (2..8).rev() {
        let refused = bus.publish(numbered("t", 99)).await.unwrap_err();
        assert!(
            matches!(refused, PublishError::BufferFull { messages, .. } if messages == left + 1),
            "{refused}"
        );
        store.let_through(1);
        until("one more has left", || normal(&bus).queued == left).await;
    }
    assert!(!normal(&bus).pushing_back);
    publish(&bus, &mut receipts, 9..=9).await;
    assert_eq!(finish(&bus, &store).await, (0..=9).collect::<Vec<_>>());
    assert_eq!(bus.metrics().messages_dropped, 0);
}

#[tokio::test]
async fn wait_holds_the_publisher_until_the_low_mark() {
    let (bus, store, mut receipts) = stalled(OnFull::Wait, |_| {}).await;
    publish(&bus, &mut receipts, 1..=8).await;
    let mut waiting = pin!(bus.publish(numbered("t", 9)));
    for left in (2..8).rev() {
        assert!(waiting.as_mut().now_or_never().is_none(), "{} messages wait", left + 1);
        store.let_through(1);
        until("one more has left", || normal(&bus).queued == left).await;
    }
    receipts.push(within("room", waiting).await.unwrap());
    assert_eq!(finish(&bus, &store).await, (0..=9).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_publish_that_was_given_up_is_not_published() {
    let (bus, store, mut receipts) = stalled(OnFull::Wait, |_| {}).await;
    publish(&bus, &mut receipts, 1..=8).await;
    assert!(bus.publish(numbered("t", 99)).now_or_never().is_none());
    assert_eq!(finish(&bus, &store).await, (0..=8).collect::<Vec<_>>());
    assert_eq!(bus.metrics().messages_accepted, 9);
}

#[tokio::test]
async fn closing_lets_go_of_those_who_wait() {
    let (bus, store, mut receipts) = stalled(OnFull::Wait, |_| {}).await;
    publish(&bus, &mut receipts, 1..=8).await;
    let (other, waiting) = (bus.clone(), bus.publish(numbered("t", 99)));
    let mut waiting = pin!(waiting);
    assert!(waiting.as_mut().now_or_never().is_none());
    store.open();
    let (published, closed) = within("both", async { tokio::join!(waiting, other.close()) }).await;
    // The queue may have drained before it was closed; a message is either accepted and stored, or neither.
    let accepted = u64::from(published.is_ok());
    assert!(accepted == 1 || matches!(published, Err(PublishError::Closed)), "{published:?}");
    assert_eq!((closed.unconfirmed, bus.metrics().messages_sent), (0, 9 + accepted));
}

#[tokio::test]
async fn drop_oldest_keeps_the_newest_and_counts() {
    let (bus, store, mut receipts) = stalled(OnFull::DropOldest, |_| {}).await;
    publish(&bus, &mut receipts, 1..=20).await;
    assert_eq!((normal(&bus).queued, normal(&bus).dropped, bus.metrics().messages_dropped), (8, 12, 12));
    let stored: Vec<u64> = std::iter::once(0).chain(13..=20).collect();
    assert_eq!(finish(&bus, &store).await, stored);
    for (number, receipt) in (0..).zip(&receipts) {
        match receipt.stored().await {
            Ok(_) => assert!(stored.contains(&number), "{number}"),
            Err(error) => {
                assert!(!stored.contains(&number), "{number}");
                assert!(matches!(error, PublishError::Dropped { tier: Priority::Normal }), "{error}");
            }
        }
    }
}

#[tokio::test]
async fn drop_newest_keeps_the_oldest_and_counts() {
    let (bus, store, mut receipts) = stalled(OnFull::DropNewest, |_| {}).await;
    publish(&bus, &mut receipts, 1..=20).await;
    assert_eq!((normal(&bus).queued, normal(&bus).dropped, bus.metrics().messages_dropped), (8, 12, 12));
    assert!(matches!(receipts[9].outcome(), Some(Err(PublishError::Dropped { .. }))));
    assert_eq!(finish(&bus, &store).await, (0..=8).collect::<Vec<_>>());
}

#[tokio::test]
async fn bytes_are_bounded_but_one_message_always_fits() {
    let (bus, store, _receipts) = stalled(OnFull::Error, |config| {
        config.default_buffer_config.max_bytes = 1_024;
    })
    .await;
    let sized = |bytes| tradebus::Message::new("t", vec![b'x'; bytes]).unwrap();
    for _ in 0..3 {
        drop(bus.publish(sized(300)).await.unwrap());
    }
    assert!(matches!(bus.publish(sized(300)).await, Err(PublishError::BufferFull { messages: 3, .. })));
    assert_eq!(normal(&bus).queued_bytes, 3 * 301);
    store.open();
    until("the queue is empty", || normal(&bus).queued == 0).await;
    bus.publish(sized(5_000)).await.unwrap().await.unwrap();
    assert_eq!(bus.close().await.unconfirmed, 0);
}

#[tokio::test]
async fn tiers_do_not_share_their_room() {
    let (bus, store, mut receipts) = stalled(OnFull::Error, |_| {}).await;
    publish(&bus, &mut receipts, 1..=8).await;
    assert!(bus.publish(numbered("t", 99)).await.is_err());
    for tier in [Priority::Critical, Priority::High, Priority::Low] {
        drop(bus.publish(numbered("t", 1).priority(tier)).await.unwrap());
    }
    store.open();
    assert_eq!(bus.close().await.unconfirmed, 0);
    assert_eq!(payloads(&bus, Priority::Critical).await, ["1"]);
}
