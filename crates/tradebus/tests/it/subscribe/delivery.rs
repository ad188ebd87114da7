//! Who gets what.

use std::collections::BTreeMap;
use std::time::Duration;

use rstest::rstest;
use tradebus::{Bus, EntryId, Pattern, Priority, StartFrom, SubscribeOptions};

use super::{Spread, next, publish, take};
use crate::support::{Backend, Kind, number_of, numbered, within};

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everybody_gets_what_matches(
    #[values(Kind::Embedded, Kind::Redis)] kind: Kind,
    #[values(Spread::Lanes, Spread::Shards, Spread::Single, Spread::Topic)] spread: Spread,
) {
    let backend = Backend::start(kind).await;
    let bus = backend.bus(|config| spread.configure(config)).await;
    let publisher = backend.bus(|config| spread.configure(config)).await;
    let patterns = ["*", "data.*", "data.?.X", "data.a.X", "*.X", "nothing", "*", "data.a.*"];
    let mut subscriptions = Vec::new();
    for pattern in patterns {
        subscriptions.push(bus.subscribe(pattern, SubscribeOptions::default()).await.unwrap());
    }
    let topics = ["data.a.X", "data.b.X", "data.aa.X", "data.a.Y", "risk.X", "end"];
    for n in 0..50 {
        for (topic, tier) in topics.iter().zip(Priority::ALL.iter().cycle()) {
            drop(publisher.publish(numbered(topic, n).priority(*tier)).await.unwrap());
        }
    }
    assert_eq!(publisher.close().await.unconfirmed, 0);
    for mut subscription in subscriptions {
        let pattern: Pattern = subscription.pattern().clone();
        let wanted: Vec<&str> =
            topics.into_iter().filter(|topic| pattern.matches(topic.as_bytes())).collect();
        let mut seen: BTreeMap<String, Vec<u64>> = BTreeMap::new();
        for _ in 0..50 * wanted.len() {
            let delivery = next(&mut subscription).await;
            seen.entry(delivery.topic.to_string()).or_default().push(number_of(&delivery));
        }
        assert_eq!(seen.len(), wanted.len(), "{pattern}");
        assert!(seen.values().all(|numbers| numbers.iter().copied().eq(0..50)), "{pattern}: {seen:?}");
        assert_eq!(subscription.queued(), 0, "{pattern}");
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn starts_where_it_is_told_to(
    #[values(Kind::Embedded, Kind::Redis)] kind: Kind,
    #[values(Spread::Lanes, Spread::Shards, Spread::Single, Spread::Topic)] spread: Spread,
) {
    let backend = Backend::start(kind).await;
    let bus = backend.bus(|config| spread.configure(config)).await;
    let mut ids: Vec<EntryId> = Vec::new();
    for n in 0..20 {
        ids.push(bus.publish(numbered("t", n)).await.unwrap().await.unwrap());
    }
    let from = async |from| bus.subscribe("t", SubscribeOptions::default().from(from)).await.unwrap();
    let mut latest = from(StartFrom::Latest).await;
    let mut starts = [
        (from(StartFrom::Earliest).await, 0),
        (from(StartFrom::After(EntryId::MIN)).await, 0),
        (from(StartFrom::After(ids[7])).await, 8),
        (from(StartFrom::After(ids[19])).await, 20),
        (from(StartFrom::Ago(Duration::from_hours(1))).await, 0),
        (from(StartFrom::Ago(Duration::from_secs(u64::MAX / 2))).await, 0),
    ];
    publish(&bus, "t", 20..30).await;
    assert_eq!(take(&mut latest, 10).await, (20..30).collect::<Vec<_>>());
    for (subscription, first) in &mut starts {
        let numbers = take(subscription, 30 - *first as usize).await;
        assert_eq!(numbers, (*first..30).collect::<Vec<_>>());
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn starts_an_amount_of_time_ago(#[values(Kind::Embedded, Kind::Redis)] kind: Kind) {
    let backend = Backend::start(kind).await;
    let bus = backend.bus(|_| {}).await;
    publish(&bus, "t", 0..1).await;
    let border = backend.store.now_ms().await.unwrap() + 1;
    // Time has to pass here, since time is what is asked for.
    while backend.store.now_ms().await.unwrap() < border + 50 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    publish(&bus, "t", 1..2).await;
    let ago = backend.store.now_ms().await.unwrap() - border;
    let options = SubscribeOptions::default().from(StartFrom::Ago(Duration::from_millis(ago)));
    let mut subscription = bus.subscribe("t", options).await.unwrap();
    // The later the subscription is made, the later it starts: the first message may be missing, the zeroth is.
    publish(&bus, "t", 2..3).await;
    let first = take(&mut subscription, 1).await;
    assert!(first == [1] || first == [2], "{first:?}");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn comes_and_goes_under_load(
    #[values(Kind::Embedded, Kind::Redis)] kind: Kind,
    #[values(Spread::Lanes, Spread::Topic)] spread: Spread,
) {
    let backend = Backend::start(kind).await;
    let bus = backend.bus(|config| spread.configure(config)).await;
    let mut steady = bus.subscribe("t", SubscribeOptions::default()).await.unwrap();
    let publisher = tokio::spawn({
        let bus = bus.clone();
        async move { publish(&bus, "t", 0..5_000).await }
    });
    let mut rounds = 0;
    while rounds < 50 || !publisher.is_finished() {
        let start = if rounds % 2 == 0 { StartFrom::Latest } else { StartFrom::Earliest };
        let options = SubscribeOptions::default().from(start);
        let mut passing = within("a subscription", bus.subscribe("*", options)).await.unwrap();
        if start == StartFrom::Earliest {
            assert_eq!(take(&mut passing, 5).await, [0, 1, 2, 3, 4]);
        }
        drop(passing);
        rounds += 1;
    }
    within("the publisher", publisher).await.unwrap();
    assert_eq!(take(&mut steady, 5_000).await, (0..5_000).collect::<Vec<_>>());
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_closed_bus_ends_its_subscriptions(#[values(Kind::Embedded, Kind::Redis)] kind: Kind) {
    let backend = Backend::start(kind).await;
    let bus = backend.bus(|_| {}).await;
    let mut subscription = bus.subscribe("*", SubscribeOptions::default()).await.unwrap();
    publish(&bus, "t", 0..10).await;
    let first = take(&mut subscription, 1).await;
    assert_eq!(first, [0]);
    let _ = bus.close().await;
    let mut rest = 0;
    while within("the end", subscription.next()).await.is_some() {
        rest += 1;
    }
    assert!(rest <= 9, "{rest}");
    assert!(within("the end again", subscription.next()).await.is_none());
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_last_handle_ends_the_subscriptions(#[values(Kind::Embedded, Kind::Redis)] kind: Kind) {
    let backend = Backend::start(kind).await;
    let bus = backend.bus(|_| {}).await;
    let mut subscription = bus.subscribe("*", SubscribeOptions::default()).await.unwrap();
    let other: Bus = bus.clone();
    drop(bus);
    publish(&other, "t", 0..1).await;
    assert_eq!(take(&mut subscription, 1).await, [0]);
    drop(other);
    assert!(within("the end", subscription.next()).await.is_none());
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_received_is_counted_once_for_each_subscription(
    #[values(Kind::Embedded, Kind::Redis)] kind: Kind,
) {
    let backend = Backend::start(kind).await;
    let bus = backend.bus(|_| {}).await;
    let mut one = bus.subscribe("*", SubscribeOptions::default()).await.unwrap();
    let mut two = bus.subscribe("*", SubscribeOptions::default()).await.unwrap();
    for n in 0..300 {
        let message = numbered("t", n).priority(Priority::ALL[n as usize % 4]);
        bus.publish(message).await.unwrap().await.unwrap();
    }
    // Taken one by one, so that CRITICAL messages overtake what was taken from the queue already.
    take(&mut one, 300).await;
    take(&mut two, 300).await;
    let metrics = bus.metrics();
    assert_eq!((metrics.messages_received, metrics.pattern_matches), (600, 600));
    let timed: u64 = metrics.tiers.iter().map(|tier| tier.delivery_latency.count).sum();
    assert_eq!(timed, 600);
}
