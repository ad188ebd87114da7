//! A CRITICAL message that is published last arrives first, however much bulk data is in its way.

use std::sync::Arc;

use futures_util::FutureExt;
use rstest::rstest;
use tradebus::{Bus, Message, OnFull, Priority, StartFrom, SubscribeOptions, SubscriptionPolicy};

use crate::support::{Backend, GatedStore, Kind, config, numbered, text, until, within};

fn low(n: u64) -> Message {
    numbered("bulk", n).priority(Priority::Low)
}

fn alert() -> Message {
    Message::new("alert", "now").unwrap().priority(Priority::Critical)
}

/// The store confirms nothing, the LOW tier is full, and the CRITICAL message is in the store all the same.
#[rstest]
#[tokio::test]
async fn overtakes_in_the_publisher(
    #[values(OnFull::Wait, OnFull::DropOldest, OnFull::DropNewest)] on_full: OnFull,
) {
    let store = GatedStore::closed();
    let mut config = config("memory:");
    let buffer = &mut config.default_buffer_config;
    (buffer.max_size, buffer.high_water_mark, buffer.low_water_mark) = (100, 80, 20);
    (buffer.batch_size, buffer.max_in_flight, buffer.on_full) = (10, 1, on_full);
    let bus = Bus::with_store(config, Arc::new(store.clone())).unwrap();
    let mut all = bus.subscribe("*", SubscribeOptions::default()).await.unwrap();
    for n in 0..1_000 {
        if let Some(receipt) = bus.publish(low(n)).now_or_never() {
            drop(receipt.unwrap());
        }
        tokio::task::yield_now().await;
    }
    let metrics = bus.metrics();
    assert!(metrics.tiers.iter().any(|tier| tier.priority == Priority::Low && tier.pushing_back));
    drop(bus.publish(alert()).await.unwrap());
    // Some LOW ones had left before the store stalled; far more still wait.
    let mut before = 0;
    while within("the alert", all.next()).await.unwrap().topic.as_str() != "alert" {
        before += 1;
    }
    assert!(before <= 10, "{before} LOW messages came first");
    store.open();
}

/// Nobody takes messages while the LOW ones arrive; the alert comes last and is taken first.
#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn overtakes_in_the_subscription(
    #[values(Kind::Embedded, Kind::Durable, Kind::Port, Kind::Redis)] kind: Kind,
    #[values(SubscriptionPolicy::Wait, SubscriptionPolicy::DropOldest, SubscriptionPolicy::Conflate)]
    policy: SubscriptionPolicy,
    #[values(StartFrom::Latest, StartFrom::Earliest)] from: StartFrom,
) {
    let backend = Backend::start(kind).await;
    let bus = backend.bus(|_| {}).await;
    let options = SubscribeOptions::default().policy(policy).capacity(16).from(from);
    let mut subscription = bus.subscribe("*", options).await.unwrap();
    for n in 0..2_000 {
        drop(bus.publish(low(n)).await.unwrap());
    }
    bus.publish(low(2_000)).await.unwrap().await.unwrap();
    let full = if policy == SubscriptionPolicy::Conflate { 1 } else { 16 };
    until("the queue is full", || subscription.queued() == full).await;
    bus.publish(alert()).await.unwrap().await.unwrap();
    until("the alert is there too", || subscription.queued() > full).await;
    assert_eq!(text(&within("the alert", subscription.next()).await.unwrap()), "now");
}

/// Messages are few but large: the LOW tier is full in bytes.
#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn overtakes_large_messages(
    #[values(Kind::Embedded, Kind::Durable, Kind::Port, Kind::Redis)] kind: Kind,
    #[values(StartFrom::Latest, StartFrom::Earliest)] from: StartFrom,
) {
    let backend = Backend::start(kind).await;
    let bus = backend.bus(|config| config.default_buffer_config.max_bytes = 100_000).await;
    let mut subscription = bus.subscribe("*", SubscribeOptions::default().from(from)).await.unwrap();
    for _ in 0..50 {
        let large = Message::new("bulk", vec![b'x'; 30_000]).unwrap().priority(Priority::Low);
        bus.publish(large).await.unwrap().await.unwrap();
    }
    until("the queue is full", || subscription.queued() == 3).await;
    bus.publish(alert()).await.unwrap().await.unwrap();
    until("the alert is there too", || subscription.queued() == 4).await;
    assert_eq!(text(&within("the alert", subscription.next()).await.unwrap()), "now");
    for _ in 0..50 {
        assert_eq!(within("a large message", subscription.next()).await.unwrap().payload.len(), 30_000);
    }
}

/// Taken already, but not yet given out: the alert still overtakes.
#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn overtakes_what_was_taken_already(
    #[values(Kind::Embedded, Kind::Durable, Kind::Port, Kind::Redis)] kind: Kind,
) {
    let backend = Backend::start(kind).await;
    let bus = backend.bus(|_| {}).await;
    let mut subscription = bus.subscribe("*", SubscribeOptions::default()).await.unwrap();
    for n in 0..50 {
        bus.publish(low(n)).await.unwrap().await.unwrap();
    }
    until("all are there", || subscription.queued() == 50).await;
    assert_eq!(text(&within("the first", subscription.next()).await.unwrap()), "0");
    bus.publish(alert()).await.unwrap().await.unwrap();
    until("the alert is there too", || subscription.queued() == 50).await;
    assert_eq!(text(&within("the alert", subscription.next()).await.unwrap()), "now");
    assert_eq!(text(&within("the second", subscription.next()).await.unwrap()), "1");
}
