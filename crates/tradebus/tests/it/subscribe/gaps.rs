//! What a subscription is told to be missing, and what it is told has come again.

use rstest::rstest;
use tradebus::store::{NewEntry, RangeQuery, Trim};
use tradebus::{
    Bus, BusConfig, EntryId, Gap, Priority, StartFrom, StreamKey, StreamStore, SubscribeOptions,
    SubscriptionPolicy,
};

use super::{Spread, next, publish, take};
use crate::support::{Backend, Fields, Kind, number_of, numbered, until};

async fn numbering(backend: &Backend, configure: impl FnOnce(&mut BusConfig)) -> Bus {
    let configure = |config: &mut BusConfig| {
        config.sequence = true;
        configure(config);
    };
    backend.bus(configure).await
}

fn normal(bus: &Bus) -> StreamKey {
    StreamKey::new(format!("{}:{}", bus.streams().base(), Priority::Normal))
}

fn earliest() -> SubscribeOptions {
    SubscribeOptions::default().from(StartFrom::Earliest)
}

fn runs(gaps: &[Gap]) -> Vec<(u64, u64)> {
    gaps.iter().map(|gap| (gap.from, gap.to)).collect()
}

/// Publishes and returns the ids.
async fn ids(bus: &Bus, topic: &str, numbers: std::ops::Range<u64>) -> Vec<EntryId> {
    let mut ids = Vec::new();
    for number in numbers {
        ids.push(bus.publish(numbered(topic, number)).await.unwrap().await.unwrap());
    }
    ids
}

/// Appends entries of a stream once more, as a publisher does that does not know whether they were stored.
async fn append_again(store: &dyn StreamStore, stream: &StreamKey, first: EntryId, last: EntryId) {
    let range = RangeQuery { start: first, end: last, ..RangeQuery::default() };
    let batch = store.range(stream, range).await.unwrap();
    let entries: Vec<_> = batch.entries().map(|entry| Fields(entry.fields().collect())).collect();
    let entries: Vec<_> = entries.iter().map(|fields| NewEntry { stream, fields }).collect();
    let mut appender = store.appender("again").await.unwrap();
    appender.send(&entries).await.unwrap();
    let mut acks = Vec::new();
    while acks.len() < entries.len() {
        appender.receive(&mut acks).await.unwrap();
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn entries_deleted_in_the_middle_are_missing_whatever_the_pattern(
    #[values(Kind::Embedded, Kind::Redis)] kind: Kind,
    #[values(Spread::Lanes, Spread::Single)] spread: Spread,
) {
    let backend = Backend::start(kind).await;
    let bus = numbering(&backend, |config| spread.configure(config)).await;
    let ids = ids(&bus, "t", 0..10).await;
    publish(&bus, "end", 10..11).await;
    let stream = if spread == Spread::Lanes { normal(&bus) } else { StreamKey::new(bus.streams().base()) };
    bus.store().delete_entries(&stream, &ids[4..6]).await.unwrap();
    for (pattern, count) in [("*", 9), ("end", 1)] {
        let mut subscription = bus.subscribe(pattern, earliest()).await.unwrap();
        take(&mut subscription, count).await;
        let gaps = subscription.gaps();
        assert_eq!(runs(&gaps), [(5, 6)], "{pattern}");
        assert_eq!((&gaps[0].stream, gaps[0].after, gaps[0].before), (&stream, ids[3], ids[6]));
        assert_eq!(subscription.gaps(), [], "they are told once");
    }
    let metrics = bus.metrics();
    assert_eq!((metrics.gaps, metrics.messages_missing, metrics.duplicates), (2, 4, 0));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_live_subscription_finds_them_too(#[values(Kind::Embedded, Kind::Redis)] kind: Kind) {
    let backend = Backend::start(kind).await;
    let bus = numbering(&backend, |_| {}).await;
    let reader = backend.bus(|_| {}).await;
    let mut first = reader.subscribe("*", SubscribeOptions::default()).await.unwrap();
    let ids = ids(&bus, "t", 0..10).await;
    take(&mut first, 10).await;
    // One that was never seen: its number is given, and the next one comes.
    append_again(&**bus.store(), &normal(&bus), ids[3], ids[5]).await;
    publish(&bus, "t", 10..11).await;
    assert_eq!(take(&mut first, 4).await, [3, 4, 5, 10]);
    assert_eq!((first.duplicates(), first.gaps()), (3, vec![]));
    assert_eq!(reader.metrics().duplicates, 3);
    // A second one that joins behind the first makes the reader step back: nothing is told twice.
    let mut second = reader.subscribe("*", earliest()).await.unwrap();
    take(&mut second, 14).await;
    publish(&bus, "t", 11..12).await;
    assert_eq!((take(&mut first, 1).await, take(&mut second, 1).await), (vec![11], vec![11]));
    assert_eq!((first.duplicates(), second.duplicates()), (3, 3));
    assert_eq!((first.gaps(), second.gaps()), (vec![], vec![]));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn producers_are_told_apart_and_a_new_one_begins_anew(
    #[values(Kind::Embedded, Kind::Redis)] kind: Kind,
) {
    let backend = Backend::start(kind).await;
    let (one, two) = (numbering(&backend, |_| {}).await, numbering(&backend, |_| {}).await);
    let mut of_one = Vec::new();
    for number in 0..5 {
        of_one.extend(ids(&one, "one", number..number + 1).await);
        publish(&two, "two", number..number + 1).await;
    }
    assert_eq!(one.close().await.unconfirmed, 0);
    let again = numbering(&backend, |_| {}).await;
    publish(&again, "again", 0..3).await;
    again.store().delete_entries(&normal(&again), &of_one[1..2]).await.unwrap();
    let mut subscription = again.subscribe("*", earliest()).await.unwrap();
    take(&mut subscription, 12).await;
    assert_eq!(runs(&subscription.gaps()), [(2, 2)]);
    assert_eq!(subscription.duplicates(), 0);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_trimmed_under_a_slow_subscriber_is_missing(
    #[values(Kind::Embedded, Kind::Redis)] kind: Kind,
) {
    let backend = Backend::start(kind).await;
    let bus = numbering(&backend, |_| {}).await;
    let options = SubscribeOptions::default().policy(SubscriptionPolicy::Wait).capacity(4);
    let mut slow = bus.subscribe("*", options).await.unwrap();
    let mut fast = bus.subscribe("*", SubscribeOptions::default()).await.unwrap();
    publish(&bus, "t", 0..100).await;
    take(&mut fast, 100).await;
    until("the slow one is full", || slow.queued() == 4).await;
    bus.store().trim(&normal(&bus), Trim::ToLength { keep: 10, approximate: false }).await.unwrap();
    let expected: Vec<u64> = (0..4).chain(90..100).collect();
    assert_eq!(take(&mut slow, 14).await, expected);
    assert_eq!(runs(&slow.gaps()), [(5, 90)]);
    // Joined again, it goes on from where it is.
    publish(&bus, "t", 100..110).await;
    assert_eq!(take(&mut slow, 10).await, (100..110).collect::<Vec<_>>());
    assert_eq!((slow.gaps(), fast.gaps(), slow.duplicates()), (vec![], vec![], 0));
}

#[tokio::test]
async fn what_has_moved_is_late_and_can_be_found() {
    let backend = Backend::start(Kind::Embedded).await;
    let bus = numbering(&backend, |_| {}).await;
    let ids = ids(&bus, "t", 0..5).await;
    let stream = normal(&bus);
    append_again(&**bus.store(), &stream, ids[2], ids[2]).await;
    bus.store().delete_entries(&stream, &ids[2..3]).await.unwrap();
    let mut subscription = bus.subscribe("*", earliest()).await.unwrap();
    assert_eq!(take(&mut subscription, 4).await, [0, 1, 3, 4]);
    let gaps = subscription.gaps();
    assert_eq!(runs(&gaps), [(3, 3)]);
    let mut found = Vec::new();
    let mut pages = bus.streams().read(&stream, RangeQuery { start: gaps[0].after, ..RangeQuery::default() });
    while let Some(page) = pages.next().await.unwrap() {
        found.extend(
            page.entries().filter(|entry| gaps[0].holds(entry.fields())).map(tradebus::store::EntryRef::id),
        );
    }
    let late = next(&mut subscription).await;
    assert_eq!((found, number_of(&late)), (vec![late.id], 2));
    assert_eq!((bus.metrics().messages_late, subscription.duplicates()), (1, 0));
}

#[tokio::test]
async fn streams_of_topics_are_counted_each_by_itself() {
    let backend = Backend::start(Kind::Embedded).await;
    let bus = numbering(&backend, |config| Spread::Topic.configure(config)).await;
    for topic in ["a", "b", "c"] {
        for tier in Priority::ALL {
            for number in 0..5 {
                let message = numbered(topic, number).priority(tier);
                bus.publish(message).await.unwrap().await.unwrap();
            }
        }
    }
    let mut subscription = bus.subscribe("*", earliest()).await.unwrap();
    take(&mut subscription, 60).await;
    assert_eq!((subscription.gaps(), subscription.duplicates()), (vec![], 0));
}
