//! Subscribers that are slower than the bus.

use rstest::rstest;
use tradebus::{Message, Priority, StartFrom, SubscribeOptions, SubscriptionPolicy};

use super::{Spread, next, publish, take};
use crate::support::{Backend, Kind, numbered, until};

fn options(policy: SubscriptionPolicy, capacity: usize) -> SubscribeOptions {
    SubscribeOptions::default().policy(policy).capacity(capacity)
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_waits_holds_up_nobody_and_misses_nothing(
    #[values(Kind::Embedded, Kind::Redis)] kind: Kind,
    #[values(Spread::Lanes, Spread::Shards, Spread::Single, Spread::Topic)] spread: Spread,
) {
    let backend = Backend::start(kind).await;
    let bus = backend.bus(|config| spread.configure(config)).await;
    let mut slow = bus.subscribe("*", options(SubscriptionPolicy::Wait, 4)).await.unwrap();
    let mut fast = bus.subscribe("*", SubscribeOptions::default()).await.unwrap();
    publish(&bus, "t", 0..1_000).await;
    assert_eq!(take(&mut fast, 1_000).await, (0..1_000).collect::<Vec<_>>());
    assert!(slow.queued() <= 4, "{} wait in a queue for 4", slow.queued());
    assert_eq!(take(&mut slow, 1_000).await, (0..1_000).collect::<Vec<_>>());
    publish(&bus, "t", 1_000..1_010).await;
    assert_eq!(take(&mut slow, 10).await, (1_000..1_010).collect::<Vec<_>>());
    assert_eq!((slow.dropped(), bus.metrics().messages_dropped), (0, 0));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn drop_oldest_keeps_the_newest_of_each_tier(#[values(Kind::Embedded, Kind::Redis)] kind: Kind) {
    let backend = Backend::start(kind).await;
    let bus = backend.bus(|_| {}).await;
    let mut slow = bus.subscribe("*", options(SubscriptionPolicy::DropOldest, 5)).await.unwrap();
    publish(&bus, "t", 0..100).await;
    bus.publish(numbered("t", 7).priority(Priority::Low)).await.unwrap().await.unwrap();
    until("95 are dropped and the LOW one is there", || slow.dropped() == 95 && slow.queued() == 6).await;
    let mut taken = take(&mut slow, 6).await;
    taken.retain(|&number| number != 7);
    assert_eq!(taken, [95, 96, 97, 98, 99]);
    assert_eq!(bus.metrics().messages_dropped, 95);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn conflate_keeps_the_newest_of_each_topic(
    #[values(Kind::Embedded, Kind::Redis)] kind: Kind,
    #[values(StartFrom::Latest, StartFrom::Earliest)] from: StartFrom,
) {
    let backend = Backend::start(kind).await;
    let bus = backend.bus(|_| {}).await;
    let options = options(SubscriptionPolicy::Conflate, 100).from(from);
    let mut screen = bus.subscribe("*", options).await.unwrap();
    for n in 0..200 {
        for topic in ["a", "b", "c"] {
            drop(bus.publish(numbered(topic, n)).await.unwrap());
        }
    }
    publish(&bus, "end", 0..1).await;
    until("the last topic is there", || screen.queued() == 4).await;
    let mut quotes = Vec::new();
    for _ in 0..4 {
        let quote = next(&mut screen).await;
        quotes.push((quote.topic.to_string(), crate::support::number_of(&quote)));
    }
    let newest = [("a", 199), ("b", 199), ("c", 199), ("end", 0)].map(|(topic, n)| (topic.to_owned(), n));
    assert_eq!(quotes, newest);
    assert_eq!(screen.dropped(), 0);
}

/// The next message does not fit in bytes although there is room in messages.
#[rstest]
#[tokio::test]
async fn room_in_bytes_counts_as_much_as_room_in_messages(
    #[values(Kind::Embedded, Kind::Redis)] kind: Kind,
    #[values(Spread::Lanes, Spread::Single, Spread::Topic)] spread: Spread,
    #[values(StartFrom::Latest, StartFrom::Earliest)] from: StartFrom,
) {
    let backend = Backend::start(kind).await;
    let bus = backend
        .bus(|config| {
            spread.configure(config);
            config.default_buffer_config.max_bytes = 1_024;
        })
        .await;
    let mut subscription =
        bus.subscribe("*", options(SubscriptionPolicy::Wait, 100).from(from)).await.unwrap();
    let payload = |n: u64| format!("{n} {}", "x".repeat(600));
    for n in 0..20 {
        bus.publish(Message::new("t", payload(n)).unwrap()).await.unwrap().await.unwrap();
    }
    until("the first is there", || subscription.queued() > 0).await;
    assert!(subscription.queued() == 1, "{} wait where one fits", subscription.queued());
    assert_eq!(take(&mut subscription, 20).await, (0..20).collect::<Vec<_>>());
}
